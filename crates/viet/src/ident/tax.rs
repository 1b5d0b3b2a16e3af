use super::{CitizenId, all_digits, compact};
use std::fmt;
use thiserror::Error;

/// Mã số thuế; of an enterprise it is also the mã số doanh nghiệp.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TaxCode {
    /// 10 digits, the last a check digit.
    Main(String),
    /// A branch: the 10 digits of the main unit and a number 001–999. Displays as "0314409058-002".
    Branch { main: String, number: u16 },
    /// Individuals since 01/07/2025: the personal identity number.
    Individual(CitizenId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TaxCodeError {
    #[error("Mã số thuế chỉ gồm chữ số và dấu gạch nối")]
    NotDigits,
    #[error("Mã số thuế phải có 10, 12 hoặc 13 chữ số, đã ghi {0} chữ số")]
    Length(usize),
    #[error("Mã số thuế không đúng chữ số kiểm tra, đề nghị đối chiếu lại")]
    CheckDigit,
    #[error("Ba chữ số cuối của mã số thuế đơn vị phụ thuộc phải từ 001 đến 999")]
    BranchNumber,
}

impl TaxCode {
    /// Reads a tax code with or without hyphen and blanks (Thông tư 105/2020/TT-BTC, Điều 5).
    ///
    /// # Errors
    /// See [`TaxCodeError`].
    pub fn parse(text: &str) -> Result<Self, TaxCodeError> {
        let digits = compact(text);
        if !digits.is_empty() && !all_digits(&digits) {
            return Err(TaxCodeError::NotDigits);
        }
        match digits.len() {
            10 => check(&digits).map(|()| Self::Main(digits)),
            13 => Self::branch(&digits[..10], &digits[10..]),
            12 => CitizenId::parse(&digits).map(Self::Individual).map_err(|_| TaxCodeError::NotDigits),
            length => Err(TaxCodeError::Length(length)),
        }
    }

    fn branch(main: &str, number: &str) -> Result<Self, TaxCodeError> {
        check(main)?;
        match number.parse() {
            Ok(number @ 1..=999) => Ok(Self::Branch { main: main.to_owned(), number }),
            _ => Err(TaxCodeError::BranchNumber),
        }
    }
}

impl fmt::Display for TaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main(main) => f.write_str(main),
            Self::Branch { main, number } => write!(f, "{main}-{number:03}"),
            Self::Individual(id) => id.fmt(f),
        }
    }
}

/// N10 = 10 − (Σ Nᵢ·wᵢ mod 11); a result of 10 is never given out.
fn check(ten: &str) -> Result<(), TaxCodeError> {
    const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    let digits = || ten.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    if digits().nth(9) == Some(10 - sum % 11) { Ok(()) } else { Err(TaxCodeError::CheckDigit) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_and_refusals() {
        assert_eq!(TaxCode::parse("0314409058002").map(|code| code.to_string()), Ok("0314409058-002".into()));
        assert!(matches!(TaxCode::parse("001090012345"), Ok(TaxCode::Individual(_))));
        assert_eq!(TaxCode::parse("0314409058-000"), Err(TaxCodeError::BranchNumber));
        assert_eq!(TaxCode::parse("0314409059-001"), Err(TaxCodeError::CheckDigit));
        assert_eq!(TaxCode::parse(""), Err(TaxCodeError::Length(0)));
        assert_eq!(TaxCode::parse("01002334O8"), Err(TaxCodeError::NotDigits));
    }

    proptest! {
        #[test]
        fn a_wrong_digit_is_noticed(at in 0..10_usize, add in 1..10_u8) {
            let mut digits = *b"0100233488";
            digits[at] = (digits[at] - b'0' + add) % 10 + b'0';
            let text = String::from_utf8_lossy(&digits).into_owned();
            prop_assert_eq!(TaxCode::parse(&text), Err(TaxCodeError::CheckDigit));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = TaxCode::parse(&text);
        }

        #[test]
        fn never_panics_on_digits(text in "[0-9]{9,14}") {
            if let Ok(code) = TaxCode::parse(&text) {
                prop_assert_eq!(TaxCode::parse(&code.to_string()), Ok(code));
            }
        }
    }
}
