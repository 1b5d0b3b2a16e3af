//! Areas in square metres, read from what forms and people write.

use crate::numeral::{Numeral, group_digits, split_leading_number};
use crate::text::fold;
use rust_decimal::Decimal;
use std::fmt;
use thiserror::Error;

/// An area in m², zero or more, exact. Displays as "3.099,5 m²".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(Decimal);

impl Area {
    /// `m2` in square metres; `None` if negative.
    pub fn from_m2(m2: Decimal) -> Option<Self> {
        (!m2.is_sign_negative() || m2.is_zero()).then(|| Self(m2.abs().normalize()))
    }

    /// Square metres.
    pub fn m2(self) -> Decimal {
        self.0
    }

    /// The form in the record: "3099.5", '.' before decimals, no zeros at the end, no exponent.
    pub fn canonical(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let canonical = self.canonical();
        let (whole, decimals) = canonical.split_once('.').unwrap_or((&canonical, ""));
        let comma = if decimals.is_empty() { "" } else { "," };
        write!(f, "{}{comma}{decimals} m²", group_digits(whole))
    }
}

/// Units of area with their size in m². The traditional ones differ by region; their sizes are custom, not law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaUnit {
    SquareMetre,
    /// 10,000 m².
    Hectare,
    SquareKilometre,
    /// 360 m².
    SaoNorth,
    /// 500 m² as reckoned, 497 m² as measured.
    SaoCentral,
    SaoCentralMeasured,
    /// Công, or sào of the South: 1,000 m².
    Cong,
    /// 10 sào of the North: 3,600 m².
    MauNorth,
    /// 10 sào of the Centre: 5,000 m² as reckoned, 4,970 m² as measured.
    MauCentral,
    MauCentralMeasured,
    /// 10 công: 10,000 m².
    MauSouth,
}

impl AreaUnit {
    /// Size of one unit in m².
    pub fn m2(self) -> Decimal {
        Decimal::from(match self {
            Self::SquareMetre => 1,
            Self::SaoNorth => 360,
            Self::SaoCentral => 500,
            Self::SaoCentralMeasured => 497,
            Self::Cong => 1_000,
            Self::MauNorth => 3_600,
            Self::MauCentral => 5_000,
            Self::MauCentralMeasured => 4_970,
            Self::Hectare | Self::MauSouth => 10_000,
            Self::SquareKilometre => 1_000_000,
        })
    }
}

/// An area as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaReading {
    Certain(Area),
    /// The text means more than one area; the likelier first. Ask, do not choose.
    Ambiguous {
        candidates: Vec<(Area, AreaUnit)>,
        doubt: AreaDoubt,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaDoubt {
    /// A sào or mẫu whose region is not said, or whose size in that region varies.
    RegionalUnit,
    /// "3,099 m²", "1.250 ha": a separator may group thousands or start decimals.
    Separator,
    /// No unit is written; m² is only likely.
    NoUnit,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AreaError {
    #[error("Chưa có diện tích")]
    Empty,
    #[error("Không đọc được diện tích: “{0}”")]
    NotAnArea(String),
    #[error("Diện tích không được âm")]
    Negative,
    #[error("Diện tích quá lớn")]
    TooLarge,
}

/// Reads an area: "250,5 m²", "3.099,5 m2", "1,2 ha", "2 sào Bắc Bộ", "5 công", "1 mẫu".
///
/// # Errors
/// See [`AreaError`].
pub fn parse_area(text: &str) -> Result<AreaReading, AreaError> {
    let folded = fold(text);
    if folded.is_empty() {
        return Err(AreaError::Empty);
    }
    if folded.starts_with(['-', '−', '–']) {
        return Err(AreaError::Negative);
    }
    let unreadable = || AreaError::NotAnArea(text.trim().to_owned());
    let (number, unit_text) =
        split_leading_number(folded.strip_prefix('+').unwrap_or(&folded).trim_start()).ok_or_else(unreadable)?;
    let numeral = Numeral::cut(&number).ok_or_else(unreadable)?;
    let (units, unit_doubt) = units(unit_text).ok_or_else(unreadable)?;
    let numbers = numbers(&numeral, units[0] == AreaUnit::SquareMetre).ok_or_else(unreadable)?;
    let candidates = combine(&numbers, &units).ok_or(AreaError::TooLarge)?;
    let doubt = if numbers.len() > 1 { Some(AreaDoubt::Separator) } else { unit_doubt };
    Ok(match doubt {
        None => AreaReading::Certain(candidates[0].0),
        Some(doubt) => AreaReading::Ambiguous { candidates, doubt },
    })
}

fn combine(numbers: &[Decimal], units: &[AreaUnit]) -> Option<Vec<(Area, AreaUnit)>> {
    let pairs = numbers.iter().flat_map(|number| units.iter().map(move |unit| (number, unit)));
    pairs.map(|(number, unit)| Some((Area::from_m2(number.checked_mul(unit.m2())?)?, *unit))).collect()
}

/// The units a folded text may mean, likeliest first.
fn units(text: &str) -> Option<(Vec<AreaUnit>, Option<AreaDoubt>)> {
    use AreaUnit::*;
    let text = text.trim_end_matches(['.', ',', ';', ' ', ')']).trim_start_matches(['(', ' ']);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "()".contains(c)).filter(|w| !w.is_empty()).collect();
    let sure = |unit| Some((vec![unit], None));
    let regional = |units: &[AreaUnit]| Some((units.to_vec(), Some(AreaDoubt::RegionalUnit)));
    match words.as_slice() {
        [] => Some((vec![SquareMetre], Some(AreaDoubt::NoUnit))),
        ["m2" | "m²" | "m^2"] | ["m", "2" | "²"] | ["met", "vuong"] => sure(SquareMetre),
        ["ha" | "hecta" | "hec-ta"] | ["hec", "ta"] => sure(Hectare),
        ["km2" | "km²"] => sure(SquareKilometre),
        ["sao", "bac", "bo"] => sure(SaoNorth),
        ["sao", "trung", "bo"] => regional(&[SaoCentral, SaoCentralMeasured]),
        ["sao", "nam", "bo"] | ["cong"] | ["cong", "dat"] | ["cong", "nam", "bo"] => sure(Cong),
        ["sao"] => regional(&[SaoNorth, SaoCentral, SaoCentralMeasured, Cong]),
        ["mau", "bac", "bo"] => sure(MauNorth),
        ["mau", "trung", "bo"] => regional(&[MauCentral, MauCentralMeasured]),
        ["mau", "nam", "bo"] => sure(MauSouth),
        ["mau"] => regional(&[MauNorth, MauCentral, MauCentralMeasured, MauSouth]),
        _ => None,
    }
}

/// What the digits may mean. Square metres have at most two decimals, so "3.099 m²" can only be grouped;
/// hectares often have three or four.
fn numbers(numeral: &Numeral, in_m2: bool) -> Option<Vec<Decimal>> {
    let all = numeral.groups.len();
    let decimal = || format!("{}.{}", numeral.groups[..all - 1].concat(), numeral.groups[all - 1]).parse().ok();
    let grouped = || numeral.digits().parse().ok();
    let readings: Vec<Option<Decimal>> = match numeral.only_separator() {
        None if all == 1 => vec![grouped()],
        None if numeral.has_decimal_tail() && numeral.is_grouped(all - 1) => {
            match (numeral.groups[all - 1].len(), numeral.separators[all - 2]) {
                (3, _) => vec![decimal(), grouped()],
                _ => vec![decimal()],
            }
        }
        None => return None,
        Some(separator) if separator == ' ' || all > 2 => {
            if !numeral.is_grouped(all) {
                return None;
            }
            vec![grouped()]
        }
        Some('.') if numeral.is_grouped(2) => {
            if in_m2 {
                vec![grouped()]
            } else {
                vec![grouped(), decimal()]
            }
        }
        Some(_) if numeral.is_grouped(2) && in_m2 => vec![decimal(), grouped()],
        Some(_) => vec![decimal()],
    };
    readings.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn certain(text: &str) -> Option<String> {
        match parse_area(text) {
            Ok(AreaReading::Certain(area)) => Some(area.canonical()),
            _ => None,
        }
    }

    #[test]
    fn areas_with_one_meaning() {
        for (text, m2) in [
            ("250,5 m²", "250.5"),
            ("250,50 m2", "250.5"),
            ("3.099,5 m2", "3099.5"),
            ("3.099 m²", "3099"),
            ("14.800m2", "14800"),
            ("+ 320,5m2", "320.5"),
            ("72.6 m2", "72.6"),
            ("1,2 ha", "12000"),
            ("0,1250 ha", "1250"),
            ("2 sào Bắc Bộ", "720"),
            ("2 sào (Bắc Bộ)", "720"),
            ("5 công đất", "5000"),
            ("1 mẫu Nam Bộ", "10000"),
            ("0,5 km²", "500000"),
            ("1.234.567 m2", "1234567"),
        ] {
            assert_eq!(certain(text).as_deref(), Some(m2), "{text}: {:?}", parse_area(text));
        }
    }

    #[test]
    fn areas_with_several_meanings_are_said_to_be_so() {
        for (text, expected, why) in [
            ("2 sào", vec!["720", "1000", "994", "2000"], AreaDoubt::RegionalUnit),
            ("2 sào Trung Bộ", vec!["1000", "994"], AreaDoubt::RegionalUnit),
            ("1 mẫu", vec!["3600", "5000", "4970", "10000"], AreaDoubt::RegionalUnit),
            ("3,099 m2", vec!["3.099", "3099"], AreaDoubt::Separator),
            ("1.250 ha", vec!["12500000", "12500"], AreaDoubt::Separator),
            ("250,5", vec!["250.5"], AreaDoubt::NoUnit),
        ] {
            let Ok(AreaReading::Ambiguous { candidates, doubt }) = parse_area(text) else {
                panic!("{text}: {:?}", parse_area(text))
            };
            let areas: Vec<String> = candidates.iter().map(|(area, _)| area.canonical()).collect();
            assert_eq!((areas, doubt), (expected.into_iter().map(str::to_owned).collect(), why), "{text}");
        }
    }

    #[test]
    fn what_is_no_area_is_refused() {
        for text in ["m2", "12 m", "1.2.3 m2", "12 chỉ", "30.99,5 m2", "x"] {
            assert!(matches!(parse_area(text), Err(AreaError::NotAnArea(_))), "{text}: {:?}", parse_area(text));
        }
        assert_eq!(parse_area(" "), Err(AreaError::Empty));
        assert_eq!(parse_area("-5 m2"), Err(AreaError::Negative));
        assert_eq!(parse_area("79228162514264337593543950335 ha"), Err(AreaError::TooLarge));
    }

    #[test]
    fn display() {
        let area = |text: &str| Area::from_m2(text.parse().expect("a decimal")).expect("not negative");
        assert_eq!(area("3099.50").to_string(), "3.099,5 m²");
        assert_eq!(area("250").to_string(), "250 m²");
        assert_eq!(area("7200.0").canonical(), "7200");
        assert_eq!(area("0.00").to_string(), "0 m²");
        assert_eq!(Area::from_m2(Decimal::NEGATIVE_ONE), None);
    }

    proptest! {
        #[test]
        fn reading_what_was_displayed_gives_it_back(hundredths in 0..10_000_000_000_i64) {
            let area = Area::from_m2(Decimal::new(hundredths, 2)).expect("not negative");
            prop_assert_eq!(parse_area(&area.to_string()), Ok(AreaReading::Certain(area)));
            prop_assert_eq!(area.canonical().parse::<Decimal>(), Ok(area.m2()));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_area(&text);
        }

        #[test]
        fn never_panics_on_likely_signs(text in "[-+]?[0-9., ]{0,40} ?(m2|ha|sào|mẫu|km2|)( Bắc Bộ| Trung Bộ)?") {
            let _ = parse_area(&text);
        }
    }
}
