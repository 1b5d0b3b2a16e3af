//! Money in đồng: written with groups, in words, and read from what people write. Always whole đồng, never floats.

mod amount;
mod words;

pub use amount::{Amount, AmountDoubt, AmountError, parse_amount};
pub use words::{WordsError, parse_words, to_words};

use crate::numeral::group_digits;

/// The largest amount the record can hold, 2⁵³ − 1 đồng: integers beyond are not exact in JSON (RFC 8785, I-JSON).
pub const MAX_DONG: u64 = (1 << 53) - 1;

/// "1.234.567": groups of three, with a sign if negative.
pub fn group(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", group_digits(&value.unsigned_abs().to_string()))
}

/// "1.234.567 đồng".
pub fn format_dong(value: i64) -> String {
    format!("{} đồng", group(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formats() {
        assert_eq!(format_dong(1_234_567_890), "1.234.567.890 đồng");
        assert_eq!(format_dong(0), "0 đồng");
        assert_eq!(group(-1_500), "-1.500");
        assert_eq!(group(i64::MIN), "-9.223.372.036.854.775.808");
    }

    proptest! {
        #[test]
        fn reading_what_was_formatted_gives_it_back(value in 0..=MAX_DONG) {
            let text = format_dong(i64::try_from(value).expect("within 2^53"));
            prop_assert_eq!(parse_amount(&text), Ok(Amount::Certain(value)));
        }

        #[test]
        fn with_words_beside_too(value in 0..=MAX_DONG) {
            let number = i64::try_from(value).expect("within 2^53");
            let text = format!("{} (Bằng chữ: {} đồng)", format_dong(number), to_words(value));
            prop_assert_eq!(parse_amount(&text), Ok(Amount::Certain(value)));
        }
    }
}
