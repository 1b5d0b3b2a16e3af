use super::normalise::{normalise, straighten_apostrophes};

/// Lower-case NFC with the tone of open oa, oe, uy on the first vowel, so that hoà = hòa, khoẻ = khỏe, thuý = thúy.
///
/// Marks stay: only spellings of the same syllable become equal. Closed syllables (hoàn) have one spelling.
/// In `qu` the u belongs to the consonant: quý keeps its tone on y, and the misspelling qúy is read as quý.
/// `gi` needs no care, because ia, io, iu are left alone. Idempotent.
pub fn tone_fold(text: &str) -> String {
    let text = normalise(&text.to_lowercase());
    let text = straighten_apostrophes(&text);
    let mut out = String::with_capacity(text.len());
    let mut word = Vec::with_capacity(8);
    for c in text.chars() {
        if c.is_alphabetic() {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

fn flush(word: &mut Vec<char>, out: &mut String) {
    move_tone(word);
    out.extend(word.drain(..));
}

/// Moves the tone within the last two letters of one lower-case word.
fn move_tone(word: &mut [char]) {
    let [before @ .., first, second] = word else { return };
    let after_q = before.last() == Some(&'q');
    let moved = match (*first, *second) {
        ('u', y) if !after_q => shift(y, "yỳýỷỹỵ", "uùúủũụ").map(|u| (u, 'y')),
        (u, 'y') if after_q => shift(u, "uùúủũụ", "yỳýỷỹỵ").map(|y| ('u', y)),
        ('o', a) => {
            shift(a, "aàáảãạ", "oòóỏõọ").map(|o| (o, 'a')).or_else(|| shift(a, "eèéẻẽẹ", "oòóỏõọ").map(|o| (o, 'e')))
        }
        _ => None,
    };
    if let Some(pair) = moved {
        (*first, *second) = pair;
    }
}

/// The letter of `to` that bears the same tone as `letter` in `from`.
fn shift(letter: char, from: &str, to: &str) -> Option<char> {
    let tone = from.chars().position(|c| c == letter)?;
    to.chars().nth(tone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_spellings_of_one_syllable_are_equal() {
        for (new, old) in [
            ("Hoà", "Hòa"),
            ("Thuý", "Thúy"),
            ("Uỷ ban", "Ủy ban"),
            ("khoẻ", "khỏe"),
            ("Thoạ Huỵ", "Thọa Hụy"),
            ("HOÀ BÌNH", "Hòa Bình"),
            ("Quý", "Qúy"),
        ] {
            assert_eq!(tone_fold(new), tone_fold(old), "{new} {old}");
        }
        assert_eq!(tone_fold("Thuý"), "thúy");
        // U+1FFD composes to an acute accent, which is an apostrophe here.
        assert_eq!(tone_fold("H\u{1ffd}Hen"), "h'hen");
    }

    #[test]
    fn protected_and_closed_syllables_stay() {
        for text in ["quý", "quỳ", "già", "giáo", "hoàn", "thuyền", "khuya", "quả", "qua", "huy", "loe"] {
            assert_eq!(tone_fold(text), text);
        }
        assert_ne!(tone_fold("Hòa"), tone_fold("Họa"));
        assert_ne!(tone_fold("Hòa"), tone_fold("Hoa"));
    }

    proptest! {
        #[test]
        fn idempotent(text in any::<String>()) {
            let once = tone_fold(&text);
            prop_assert_eq!(tone_fold(&once), once);
        }

        #[test]
        fn idempotent_on_syllables(text in "[qghut]{0,2}[oòóuùúy][aàáeèéyỳý]") {
            let once = tone_fold(&text);
            prop_assert_eq!(tone_fold(&once), once);
        }
    }
}
