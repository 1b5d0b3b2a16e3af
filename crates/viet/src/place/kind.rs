use crate::text::{fold, tone_fold};

/// The level of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    Province,
    /// Only until 30/06/2025.
    District,
    Commune,
}

/// The kind of a unit; with the name it is the full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// Tỉnh.
    Province,
    /// Thành phố: under the centre, or until 30/06/2025 under a province or city.
    City,
    /// Huyện.
    RuralDistrict,
    /// Quận.
    UrbanDistrict,
    /// Thị xã.
    Town,
    /// Thị trấn.
    Township,
    /// Xã.
    Commune,
    /// Phường.
    Ward,
    /// Đặc khu.
    SpecialZone,
}

impl UnitKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Province => "Tỉnh",
            Self::City => "Thành phố",
            Self::RuralDistrict => "Huyện",
            Self::UrbanDistrict => "Quận",
            Self::Town => "Thị xã",
            Self::Township => "Thị trấn",
            Self::Commune => "Xã",
            Self::Ward => "Phường",
            Self::SpecialZone => "Đặc khu",
        }
    }

    /// True if units of this kind stand on this level.
    pub(super) fn stands_on(self, tier: Tier) -> bool {
        match self {
            Self::Province => tier == Tier::Province,
            Self::City => tier != Tier::Commune,
            Self::RuralDistrict | Self::UrbanDistrict | Self::Town => tier == Tier::District,
            Self::Township | Self::Commune | Self::Ward | Self::SpecialZone => tier == Tier::Commune,
        }
    }

    /// By the short form of the tables, which is also how addresses abbreviate.
    pub(super) fn from_short(short: &str) -> Option<Self> {
        Some(match short {
            "t" => Self::Province,
            "tp" => Self::City,
            "h" => Self::RuralDistrict,
            "q" => Self::UrbanDistrict,
            "tx" => Self::Town,
            "tt" => Self::Township,
            "x" => Self::Commune,
            "p" => Self::Ward,
            "dk" => Self::SpecialZone,
            _ => return None,
        })
    }

    /// The label without marks.
    pub(super) fn folded(self) -> &'static str {
        match self {
            Self::Province => "tinh",
            Self::City => "thanh pho",
            Self::RuralDistrict => "huyen",
            Self::UrbanDistrict => "quan",
            Self::Town => "thi xa",
            Self::Township => "thi tran",
            Self::Commune => "xa",
            Self::Ward => "phuong",
            Self::SpecialZone => "dac khu",
        }
    }
}

/// Kinds, those of two words first so that "thị xã" is not taken for a name before "xã".
pub(super) const KINDS: [UnitKind; 9] = [
    UnitKind::City,
    UnitKind::Town,
    UnitKind::Township,
    UnitKind::SpecialZone,
    UnitKind::RuralDistrict,
    UnitKind::UrbanDistrict,
    UnitKind::Commune,
    UnitKind::Ward,
    UnitKind::Province,
];

/// A piece of an address cut into kind and name: "TP.HCM", "Q.1", "xã Định Hiệp".
pub(super) struct Piece {
    pub kind: Option<UnitKind>,
    /// Lower case with marks, the kind written out: "thành phố hcm".
    pub spelled: String,
    /// [`fold_name`] of the name alone: "hcm".
    pub name: String,
}

impl Piece {
    pub fn new(text: &str) -> Self {
        let text = tone_fold(text).replace('.', " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let (kind, label, name) = match stated_kind(&words).or_else(|| abbreviated_kind(&words)) {
            Some((kind, label, name)) => (Some(kind), label + " ", name),
            None => (None, String::new(), words.join(" ")),
        };
        let name = without_leading_zeros(&name);
        Self { kind, spelled: format!("{label}{name}"), name: fold_name(name) }
    }
}

/// "xã Định Hiệp": the kind, the kind as written, and the name.
fn stated_kind(words: &[&str]) -> Option<(UnitKind, String, String)> {
    let first = words.get(..2).map(|both| fold(both[0]))?;
    let second = fold(words[1]);
    KINDS.into_iter().find_map(|kind| {
        let length = match kind.folded().split_once(' ') {
            Some(both) => (both == (&first, &second)).then_some(2),
            None => (kind.folded() == first).then_some(1),
        }?;
        let (label, name) = words.split_at(length);
        (!name.is_empty()).then(|| (kind, label.join(" "), name.join(" ")))
    })
}

/// "tp hcm", "tphcm", "q 1", "q1".
fn abbreviated_kind(words: &[&str]) -> Option<(UnitKind, String, String)> {
    let (first, rest) = words.split_first()?;
    let digits = first.find(|c: char| c.is_ascii_digit()).unwrap_or(first.len());
    let (short, name) = match (*first, rest) {
        ("tphcm", []) => ("tp", "hcm".to_owned()),
        (_, []) => (&first[..digits], first[digits..].to_owned()),
        _ => (*first, rest.join(" ")),
    };
    let kind = UnitKind::from_short(&fold(short)).filter(|_| !name.is_empty())?;
    Some((kind, kind.label().to_lowercase(), name))
}

/// The key under which names are looked up: no marks, single spaces, no blanks beside hyphens.
pub(super) fn fold_name(name: &str) -> String {
    let folded = fold(name);
    if folded.contains(['-', '–', '—']) { folded.replace(['–', '—'], "-").replace(" - ", "-") } else { folded }
}

/// "08" as "8": wards with numbers are written both ways.
fn without_leading_zeros(name: &str) -> &str {
    let numbered = name.bytes().all(|byte| byte.is_ascii_digit());
    if numbered { name.trim_start_matches('0') } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_taken_off() {
        for (text, kind, name, spelled) in [
            ("xã Định Hiệp", Some(UnitKind::Commune), "dinh hiep", "xã định hiệp"),
            ("Thị xã Sơn Tây", Some(UnitKind::Town), "son tay", "thị xã sơn tây"),
            ("TP. Hoà Bình", Some(UnitKind::City), "hoa binh", "thành phố hòa bình"),
            ("TP.HCM", Some(UnitKind::City), "hcm", "thành phố hcm"),
            ("TPHCM", Some(UnitKind::City), "hcm", "thành phố hcm"),
            ("Q1", Some(UnitKind::UrbanDistrict), "1", "quận 1"),
            ("P. 08", Some(UnitKind::Ward), "8", "phường 8"),
            ("phường 08", Some(UnitKind::Ward), "8", "phường 8"),
            ("xa Dinh Hiep", Some(UnitKind::Commune), "dinh hiep", "xa dinh hiep"),
            ("Hà Nội", None, "ha noi", "hà nội"),
            ("Tỉnh", None, "tinh", "tỉnh"),
            ("Bà Rịa - Vũng Tàu", None, "ba ria-vung tau", "bà rịa - vũng tàu"),
        ] {
            let piece = Piece::new(text);
            assert_eq!((piece.kind, piece.name.as_str(), piece.spelled.as_str()), (kind, name, spelled), "{text}");
        }
    }
}
