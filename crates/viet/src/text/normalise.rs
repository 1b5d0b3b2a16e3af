use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// One line of text as it is stored: NFC, without invisible characters, every run of white space one plain space,
/// no space at either end (TCVN 6909:2001). Idempotent.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !is_invisible(*c)).nfc() {
        if c.is_whitespace() {
            gap = !out.is_empty();
        } else {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    out
}

/// Text of several lines as it is stored: each line as [`normalise`] makes it, none blank. Idempotent.
pub fn normalise_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(normalise).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Typographic apostrophes (’ ‘ ʼ ′ ` ´) as `'`: "Ea H’Leo" and "Ea H'Leo" are one commune.
pub fn straighten_apostrophes(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_apostrophe) {
        Cow::Owned(text.chars().map(|c| if is_apostrophe(c) { '\'' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '’' | '‘' | 'ʼ' | '′' | '`' | '´')
}

/// Zero-width and direction marks, the soft hyphen, and control characters other than white space.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decomposed_invisible_and_odd_spaces_become_one_form() {
        assert_eq!(normalise(" Tra\u{300}\u{200b}n\u{a0}\u{3000} Văn\tA\u{323}\u{302}n\r\n"), "Tràn Văn Ận");
        assert_eq!(normalise("Nguye\u{302}\u{303}n"), "Nguyễn");
        // A mark separated from its letter by a zero-width joiner still composes.
        assert_eq!(normalise("o\u{200d}\u{31b}"), "ơ");
        assert_eq!(normalise("\u{feff}  "), "");
    }

    #[test]
    fn apostrophes_are_straightened() {
        assert_eq!(straighten_apostrophes("Ea H’Leo, M‘Drắk"), "Ea H'Leo, M'Drắk");
        assert!(matches!(straighten_apostrophes("Ea H'Leo"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn idempotent(text in any::<String>()) {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
