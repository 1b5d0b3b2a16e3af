use super::{CitizenId, all_digits, compact};

/// A number of a paper that identifies a person, by its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonalId {
    Citizen(CitizenId),
    /// Chứng minh nhân dân: 9 digits, no longer issued; kept as history.
    OldCard(String),
    /// One letter and 7 or 8 digits.
    Passport(String),
    /// Chứng minh of officers and soldiers: up to four letters (SQ, QN, CN, VC, CA …) and 6 to 8 digits,
    /// or 8 digits alone. No public rule was found: the shape is an assumption, a hint only.
    Military(String),
}

/// Recognises the kind of a personal number; `None` if the shape fits none. Blanks, dots, hyphens do not count.
pub fn recognise_personal_id(text: &str) -> Option<PersonalId> {
    if let Ok(id) = CitizenId::parse(text) {
        return Some(PersonalId::Citizen(id));
    }
    let number = compact(text);
    let letters = number.find(|c: char| c.is_ascii_digit())?;
    let (prefix, digits) = number.split_at(letters);
    if !all_digits(digits) || !prefix.chars().all(|c| c.is_ascii_uppercase() || c == 'Đ') {
        return None;
    }
    match (prefix.chars().count(), digits.len()) {
        (0, 9) => Some(PersonalId::OldCard(number)),
        (1, 7 | 8) => Some(PersonalId::Passport(number)),
        (2..=4, 6..=8) | (0, 8) => Some(PersonalId::Military(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_by_shape() {
        assert!(matches!(recognise_personal_id("001090012345"), Some(PersonalId::Citizen(_))));
        assert_eq!(recognise_personal_id("012 345 678"), Some(PersonalId::OldCard("012345678".into())));
        assert_eq!(recognise_personal_id("c1234567"), Some(PersonalId::Passport("C1234567".into())));
        assert_eq!(recognise_personal_id("P01234567"), Some(PersonalId::Passport("P01234567".into())));
        assert_eq!(recognise_personal_id("SQ-123456"), Some(PersonalId::Military("SQ123456".into())));
        for text in ["", "1234567", "00109001234", "12A45678", "ABCDE123456", "C123456"] {
            assert_eq!(recognise_personal_id(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = recognise_personal_id(&text);
        }
    }
}
