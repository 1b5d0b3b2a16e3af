use super::normalise::{is_apostrophe, is_invisible};
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The form in which texts are searched: no marks, đ as d, lower case, straight apostrophes, single spaces.
///
/// `fold("Đắk Lắk") == "dak lak"`. Different names may fold alike (Sơn Hà, Sơn Hạ): a match is a candidate, not a proof.
/// Idempotent.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        let before = out.len();
        fold_char(c, &mut out);
        if gap && out.len() > before {
            out.insert(before, ' ');
            gap = false;
        }
    }
    out
}

fn fold_char(c: char, out: &mut String) {
    if c.is_ascii() {
        if !c.is_ascii_control() {
            out.push(if c == '`' { '\'' } else { c.to_ascii_lowercase() });
        }
    } else if !is_invisible(c) {
        decompose_canonical(c, |part| match part {
            'đ' | 'Đ' => out.push('d'),
            // The acute accent on its own decomposes to itself, as do the curly quotes.
            _ if is_apostrophe(part) => out.push('\''),
            _ => out.extend(part.to_lowercase().filter(|low| !is_combining_mark(*low))),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn marks_case_and_spaces_go() {
        assert_eq!(fold("  Đắk  Lắk "), "dak lak");
        assert_eq!(fold("NGUYỄN THỊ Ỷ"), "nguyen thi y");
        assert_eq!(fold("Ea H’Leo"), "ea h'leo");
        assert_eq!(fold("a \u{301} b"), "a b");
        assert_eq!(fold("1,2 ha (m²)"), "1,2 ha (m²)");
    }

    proptest! {
        #[test]
        fn idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn composition_does_not_matter(text in "[a-yA-YàÁảÃạăÂđĐêộƠừ ]{0,20}") {
            prop_assert_eq!(fold(&text), fold(&text.nfd().collect::<String>()));
        }
    }
}
