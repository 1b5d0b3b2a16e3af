use super::{fold, normalise, straighten_apostrophes, tone_fold};

/// How two personal names agree, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameMatch {
    /// The same letters and marks; capitals do not count (forms print names in capitals).
    Exact,
    /// The same after tone placement: Hoà, Hòa.
    TonePlacement,
    /// The same only without marks. Weak: needs a birth date or an identity number beside it.
    Folded,
}

/// Compares two names in the Vietnamese order of parts (họ, tên đệm, tên); `None` if they differ even without marks.
pub fn match_names(left: &str, right: &str) -> Option<NameMatch> {
    let plain = |name: &str| straighten_apostrophes(&normalise(&name.to_lowercase())).into_owned();
    if plain(left) == plain(right) {
        Some(NameMatch::Exact)
    } else if tone_fold(left) == tone_fold(right) {
        Some(NameMatch::TonePlacement)
    } else if fold(left) == fold(right) {
        Some(NameMatch::Folded)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers() {
        assert_eq!(match_names("ĐẶNG HỮU CƯỜNG", "Đặng  Hữu Cường"), Some(NameMatch::Exact));
        assert_eq!(match_names("Nguyễn Thị Hoà", "Nguyễn Thị Hòa"), Some(NameMatch::TonePlacement));
        assert_eq!(match_names("Nguyễn Văn Ân", "Nguyen Van An"), Some(NameMatch::Folded));
        assert_eq!(match_names("H’Hen Niê", "H'Hen Niê"), Some(NameMatch::Exact));
        assert_eq!(match_names("Trần Văn An", "Trần An Văn"), None);
        assert!(NameMatch::Exact < NameMatch::Folded);
    }
}
