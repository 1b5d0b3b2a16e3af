//! How hashes, codes and instants stand on paper.

use chrono::{DateTime, Utc};

use super::engine::vietnam_time;

/// A SHA-256 in eight groups of eight hexadecimal digits, for the eye.
pub(super) fn hash_groups(hash: &[u8; 32]) -> String {
    groups(&hex::encode(hash), 8, " ")
}

/// The first 64 bits of a SHA-256 in groups of four: enough to tell a printed copy's record, short enough for a footer.
pub(super) fn hash_short(hash: &[u8; 32]) -> String {
    groups(&hex::encode(&hash[..8]), 4, " ")
}

/// `text` cut into groups of `size` characters.
pub(super) fn groups(text: &str, size: usize, separator: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(size).map(String::from_iter).collect::<Vec<_>>().join(separator)
}

/// "09 giờ 05 phút 03 giây, ngày 05 tháng 02 năm 2026" (Vietnam time).
pub(super) fn instant_long(instant: DateTime<Utc>) -> String {
    format!("{}, {}", vietnam_time(instant).format("%H giờ %M phút %S giây"), day_long(instant))
}

/// "09:05 ngày 05/02/2026" (Vietnam time).
pub(super) fn instant_short(instant: DateTime<Utc>) -> String {
    vietnam_time(instant).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// "ngày 05 tháng 02 năm 2026" (Vietnam time).
pub(super) fn day_long(instant: DateTime<Utc>) -> String {
    viet::date::format_long(vietnam_time(instant).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_grouped_without_loss() {
        let hash: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).expect("small"));
        let text = hash_groups(&hash);
        assert_eq!(text.split(' ').map(str::len).collect::<Vec<_>>(), [8; 8]);
        assert_eq!(text.replace(' ', ""), hex::encode(hash));
        assert_eq!(hash_short(&hash), "0001 0203 0405 0607");
    }

    #[test]
    fn instants_are_vietnam_time() {
        let new_year = DateTime::from_timestamp(1_767_200_400, 0).expect("valid"); // 2025-12-31T17:00:00Z
        assert_eq!(instant_long(new_year), "00 giờ 00 phút 00 giây, ngày 01 tháng 01 năm 2026");
        assert_eq!(instant_short(new_year), "00:00 ngày 01/01/2026");
        assert_eq!(day_long(new_year), "ngày 01 tháng 01 năm 2026");
    }
}
