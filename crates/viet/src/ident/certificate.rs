use super::{all_digits, compact};

/// The shape of a number of a certificate of land or house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateKind {
    /// Số phát hành of the older forms: one or two letters and 6 digits, "BK 123456".
    Serial6,
    /// Số phát hành of the newer forms: two letters and 8 digits, "AA 00012345".
    Serial8,
    /// Mã Giấy chứng nhận under the QR code: 12 characters, the first two tell the authority
    /// (Thông tư 10/2024/TT-BTNMT). The shapes of the other kinds are custom, not checked against a rule.
    Code,
    /// Số vào sổ cấp Giấy chứng nhận: one to four letters and up to 5 digits, "CH 01234", "H 00123".
    Register,
}

/// A recognised number in its usual writing: capitals, one blank between letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    pub kind: CertificateKind,
    pub canonical: String,
}

/// Recognises a certificate number by its shape; `None` if it fits none. Other numbers are lawful: a hint only.
pub fn recognise_certificate(text: &str) -> Option<Certificate> {
    let number = compact(text);
    let letters = number.find(|c: char| c.is_ascii_digit())?;
    let (prefix, digits) = number.split_at(letters);
    let is_letter = |c: char| c.is_ascii_uppercase() || c == 'Đ';
    if all_digits(digits) && prefix.chars().all(is_letter) {
        let kind = match (prefix.chars().count(), digits.len()) {
            (1 | 2, 6) => CertificateKind::Serial6,
            (2, 8) => CertificateKind::Serial8,
            (1..=4, 1..=5) => CertificateKind::Register,
            _ => return code(number),
        };
        return Some(Certificate { kind, canonical: format!("{prefix} {digits}") });
    }
    code(number)
}

/// Twelve letters and digits that start with a letter.
fn code(number: String) -> Option<Certificate> {
    let shape = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (shape && number.starts_with(|c: char| c.is_ascii_uppercase()))
        .then_some(Certificate { kind: CertificateKind::Code, canonical: number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_by_shape() {
        for (text, kind, canonical) in [
            ("BK 123456", CertificateKind::Serial6, "BK 123456"),
            ("da687609", CertificateKind::Serial6, "DA 687609"),
            ("Đ 123456", CertificateKind::Serial6, "Đ 123456"),
            ("AA 00012345", CertificateKind::Serial8, "AA 00012345"),
            ("T1AB12345678", CertificateKind::Code, "T1AB12345678"),
            ("CH 01234", CertificateKind::Register, "CH 01234"),
            ("H 00123", CertificateKind::Register, "H 00123"),
        ] {
            let found = recognise_certificate(text);
            assert_eq!(found, Some(Certificate { kind, canonical: canonical.to_owned() }), "{text}");
        }
        for text in ["", "123456", "ABCDE 1234", "BK 1234567", "chưa cấp", "0123456789AB"] {
            assert_eq!(recognise_certificate(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_writing_is_recognised_again(text in "[A-Z]{1,4} ?[0-9]{1,10}") {
            if let Some(found) = recognise_certificate(&text) {
                prop_assert_eq!(recognise_certificate(&found.canonical), Some(found));
            }
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = recognise_certificate(&text);
        }
    }
}
