use super::{all_digits, compact};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;
use thiserror::Error;

/// Số định danh cá nhân (also the number of the căn cước): 12 digits, PPP G YY NNNNNN. It has no check digit.
///
/// PPP is the place of birth registration, G century and sex, YY the year of birth
/// (structure from secondary sources; table and vectors of the MIT package `vn-ident`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Male,
    Female,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CitizenIdError {
    #[error("Số định danh cá nhân chỉ gồm chữ số")]
    NotDigits,
    #[error("Số định danh cá nhân phải có 12 chữ số, đã ghi {0} chữ số")]
    Length(usize),
}

/// What does not fit. A warning, never a refusal: faulty and corrected records exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CitizenIdDiscrepancy {
    /// The first three digits are none of the 63 provinces; a birth registered abroad has a country code there.
    UnknownBirthPlace,
    Sex {
        in_number: Sex,
        stated: Sex,
    },
    BirthYear {
        in_number: i32,
        stated: i32,
    },
}

impl CitizenId {
    /// Reads 12 digits; blanks, dots and hyphens between them do not count.
    ///
    /// # Errors
    /// [`CitizenIdError`] if something else stands there.
    pub fn parse(text: &str) -> Result<Self, CitizenIdError> {
        let digits = compact(text);
        match (all_digits(&digits), digits.len()) {
            (true, 12) => Ok(Self(digits)),
            (true, length) => Err(CitizenIdError::Length(length)),
            (false, _) if digits.is_empty() => Err(CitizenIdError::Length(0)),
            (false, _) => Err(CitizenIdError::NotDigits),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Code of the place of birth registration, before the merger of 2025 or of a country.
    pub fn birth_place_code(&self) -> &str {
        &self.0[..3]
    }

    /// The province (one of the 63) where the birth was registered. Never derive a present province from it.
    pub fn birth_province(&self) -> Option<&'static str> {
        birth_province(self.birth_place_code())
    }

    pub fn sex(&self) -> Sex {
        if self.digit(3).is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }

    /// 0, 1 are the 20th century, 2, 3 the 21st, up to 8, 9 the 24th.
    pub fn birth_year(&self) -> i32 {
        let [century, tens, ones] = [3, 4, 5].map(|at| i32::from(self.digit(at)));
        1900 + century / 2 * 100 + tens * 10 + ones
    }

    /// Compares the number with what is stated about its holder.
    pub fn discrepancies(&self, sex: Option<Sex>, birth_year: Option<i32>) -> Vec<CitizenIdDiscrepancy> {
        let place = self.birth_province().is_none().then_some(CitizenIdDiscrepancy::UnknownBirthPlace);
        let sex = sex
            .filter(|stated| *stated != self.sex())
            .map(|stated| CitizenIdDiscrepancy::Sex { in_number: self.sex(), stated });
        let year = birth_year
            .filter(|stated| *stated != self.birth_year())
            .map(|stated| CitizenIdDiscrepancy::BirthYear { in_number: self.birth_year(), stated });
        [place, sex, year].into_iter().flatten().collect()
    }

    fn digit(&self, at: usize) -> u8 {
        self.0.as_bytes()[at] - b'0'
    }
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of the province with this code in identity numbers: the 63 codes given out before the merger stay in use.
pub fn birth_province(code: &str) -> Option<&'static str> {
    static PROVINCES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        include_str!("../../data/birth_provinces.csv").lines().filter_map(|l| l.split_once(',')).collect()
    });
    PROVINCES.get(code).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts() {
        let id = CitizenId::parse("079 301 012345").expect("12 digits");
        assert_eq!((id.birth_province(), id.sex(), id.birth_year()), (Some("Hồ Chí Minh"), Sex::Female, 2001));
        assert_eq!(id.to_string(), "079301012345");
        assert_eq!(CitizenId::parse("001090012345").expect("12 digits").birth_year(), 1990);
    }

    #[test]
    fn refusals() {
        assert_eq!(CitizenId::parse("00109001234"), Err(CitizenIdError::Length(11)));
        assert_eq!(CitizenId::parse("0010900I2345"), Err(CitizenIdError::NotDigits));
        assert_eq!(CitizenId::parse(" "), Err(CitizenIdError::Length(0)));
        assert_eq!(CitizenId::parse("٠٠١٠٩٠٠١٢٣٤٥"), Err(CitizenIdError::NotDigits));
    }

    #[test]
    fn discrepancies_are_told_apart() {
        let id = CitizenId::parse("003090012345").expect("12 digits");
        assert_eq!(
            id.discrepancies(Some(Sex::Female), Some(1991)),
            [
                CitizenIdDiscrepancy::UnknownBirthPlace,
                CitizenIdDiscrepancy::Sex { in_number: Sex::Male, stated: Sex::Female },
                CitizenIdDiscrepancy::BirthYear { in_number: 1990, stated: 1991 },
            ]
        );
        let good = CitizenId::parse("001090012345").expect("12 digits");
        assert_eq!(good.discrepancies(Some(Sex::Male), Some(1990)), []);
        assert_eq!(good.discrepancies(None, None), []);
    }

    #[test]
    fn all_63_birth_provinces_are_known() {
        assert_eq!((0..1000).filter(|code| birth_province(&format!("{code:03}")).is_some()).count(), 63);
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = CitizenId::parse(&text);
        }

        #[test]
        fn twelve_digits_always_have_parts(text in "[0-9]{12}") {
            let id = CitizenId::parse(&text).expect("12 digits");
            prop_assert!((1900..2400).contains(&id.birth_year()));
            prop_assert_eq!(id.as_str(), text);
        }
    }
}
