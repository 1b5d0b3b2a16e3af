use super::MAX_DONG;
use crate::text::fold;
use thiserror::Error;

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
const TY: u64 = 1_000_000_000;

/// A number in words: 1005 is "một nghìn không trăm linh năm". Groups of zeros are skipped.
pub fn to_words(number: u64) -> String {
    if number == 0 {
        return DIGITS[0].to_owned();
    }
    let mut words = Vec::new();
    write(number, false, &mut words);
    words.join(" ")
}

/// `padded`: something stands before, so hundreds are spelled even when zero.
fn write(number: u64, padded: bool, words: &mut Vec<&'static str>) {
    let (high, low) = (number / TY, number % TY);
    if high > 0 {
        write(high, padded, words);
        words.push("tỷ");
    }
    let padded = padded || high > 0;
    let groups = [(low / 1_000_000, Some("triệu")), (low / 1_000 % 1_000, Some("nghìn")), (low % 1_000, None)];
    let mut started = padded;
    for (group, scale) in groups {
        if group > 0 {
            write_group(group, started, words);
            words.extend(scale);
            started = true;
        }
    }
}

/// 1 ..= 999.
fn write_group(group: u64, padded: bool, words: &mut Vec<&'static str>) {
    let digit = |d: u64| DIGITS[usize::try_from(d % 10).expect("a digit fits")];
    let (hundreds, tens, ones) = (group / 100, group / 10 % 10, group % 10);
    let with_hundreds = padded || hundreds > 0;
    if with_hundreds {
        words.extend([digit(hundreds), "trăm"]);
    }
    match tens {
        0 if ones > 0 && with_hundreds => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(tens), "mươi"]),
    }
    match (tens, ones) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (2.., 4) => words.push("tư"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(digit(ones)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WordsError {
    #[error("Không đọc được số bằng chữ")]
    NotANumber,
    /// "một trăm hai", "hai triệu tư": means 120 or 102, 2.400.000 or 2.000.004.
    #[error("Số bằng chữ có thể hiểu theo hai cách")]
    Colloquial,
    #[error("Số bằng chữ quá lớn")]
    TooLarge,
}

/// Reads a number in words, with or without marks and "đồng": linh or lẻ, nghìn or ngàn, tỷ or tỉ, bốn or tư.
///
/// # Errors
/// See [`WordsError`]; numbers above [`MAX_DONG`] are too large.
pub fn parse_words(text: &str) -> Result<u64, WordsError> {
    let folded = fold(text);
    let mut tokens: Vec<&str> = folded.split([' ', ',', '-', '.', '/']).filter(|word| !word.is_empty()).collect();
    for closing in ["chan", "dong"] {
        if tokens.last() == Some(&closing) {
            tokens.pop();
        }
    }
    if tokens == ["khong"] {
        return Ok(0);
    }
    let value = match tokens.iter().rposition(|word| matches!(*word, "ty" | "ti")) {
        Some(at) => {
            let high = below_ty(&tokens[..at])?;
            let low = if at + 1 < tokens.len() { lower_part(&tokens[at + 1..])? } else { 0 };
            high.checked_mul(TY).and_then(|high| high.checked_add(low)).ok_or(WordsError::TooLarge)?
        }
        None => below_ty(&tokens)?,
    };
    if value <= MAX_DONG { Ok(value) } else { Err(WordsError::TooLarge) }
}

/// Everything after "tỷ": a bare digit there is colloquial.
fn lower_part(tokens: &[&str]) -> Result<u64, WordsError> {
    if tokens.len() == 1 { Err(WordsError::Colloquial) } else { below_ty(tokens) }
}

/// Groups with "triệu" and "nghìn" in falling order: 1 ..= 999,999,999.
fn below_ty(mut tokens: &[&str]) -> Result<u64, WordsError> {
    if tokens.is_empty() {
        return Err(WordsError::NotANumber);
    }
    let mut value = 0;
    for (names, scale) in [(["trieu", "trieu"], 1_000_000), (["nghin", "ngan"], 1_000)] {
        if let Some(at) = tokens.iter().position(|word| names.contains(word)) {
            value += group(&tokens[..at])? * scale;
            tokens = &tokens[at + 1..];
        }
    }
    match tokens {
        [] => Ok(value),
        [digit] if value > 0 && one(digit).is_some() => Err(WordsError::Colloquial),
        rest => Ok(value + group(rest)?),
    }
}

/// One group of up to three digits.
fn group(tokens: &[&str]) -> Result<u64, WordsError> {
    let (hundreds, rest) = match tokens {
        [digit, "tram", rest @ ..] => (Some(one(digit).ok_or(WordsError::NotANumber)?), rest),
        _ => (None, tokens),
    };
    let low = match (rest, hundreds) {
        ([], Some(_)) => 0,
        (["linh" | "le", digit], Some(_)) => one(digit).filter(|d| *d > 0).ok_or(WordsError::NotANumber)?,
        (["linh" | "le", ..], _) => return Err(WordsError::NotANumber),
        (["muoi"], _) => 10,
        ([digit], None) => one(digit).filter(|d| *d > 0).ok_or(WordsError::NotANumber)?,
        ([_], Some(_)) => return Err(WordsError::Colloquial),
        (["muoi", ones], _) => 10 + after_tens(ones)?,
        ([tens, "muoi"], _) => 10 * some_tens(tens)?,
        ([tens, "muoi", ones], _) | ([tens, ones], _) => 10 * some_tens(tens)? + after_tens(ones)?,
        _ => return Err(WordsError::NotANumber),
    };
    Ok(hundreds.unwrap_or(0) * 100 + low)
}

fn some_tens(word: &str) -> Result<u64, WordsError> {
    one(word).filter(|digit| *digit >= 2).ok_or(WordsError::NotANumber)
}

/// The ones after tens, where 1, 4, 5 have names of their own.
fn after_tens(word: &str) -> Result<u64, WordsError> {
    match word {
        "lam" | "nham" => Ok(5),
        _ => one(word).filter(|digit| *digit > 0).ok_or(WordsError::NotANumber),
    }
}

/// A digit by its folded name.
fn one(word: &str) -> Option<u64> {
    Some(match word {
        "khong" => 0,
        "mot" => 1,
        "hai" => 2,
        "ba" => 3,
        "bon" | "tu" => 4,
        "nam" => 5,
        "sau" => 6,
        "bay" => 7,
        "tam" => 8,
        "chin" => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variants_are_read() {
        for (text, value) in [
            ("tám trăm lẻ năm triệu đồng chẵn", 805_000_000),
            ("hai mươi bốn ngàn", 24_000),
            ("MỘT TỈ NĂM MƯƠI TRIỆU", 1_050_000_000),
            ("tam tram linh nam trieu", 805_000_000),
            ("hai mươi mốt", 21),
            ("hai mốt", 21),
            ("một nghìn mười", 1_010),
            ("hai triệu không trăm mười nghìn tỷ", 2_010_000_000_000_000),
            ("chín triệu không trăm linh bảy nghìn một trăm chín mươi chín tỷ", 9_007_199_000_000_000),
        ] {
            assert_eq!(parse_words(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn nonsense_and_double_meanings_are_refused() {
        for text in
            ["", "có", "trăm", "một một tỷ tỷ", "linh năm", "nghìn", "một nghìn triệu", "hai trăm linh", "không tỷ"]
        {
            assert_eq!(parse_words(text), Err(WordsError::NotANumber), "{text}");
        }
        for text in ["một trăm hai", "hai triệu tư", "một tỷ hai"] {
            assert_eq!(parse_words(text), Err(WordsError::Colloquial), "{text}");
        }
        assert_eq!(parse_words("chín mươi triệu tỷ"), Err(WordsError::TooLarge));
    }

    proptest! {
        #[test]
        fn words_give_the_number_back(number in 0..=MAX_DONG) {
            prop_assert_eq!(parse_words(&to_words(number)), Ok(number));
        }

        #[test]
        fn round_numbers_too(digits in 0..1000_u64, power in 0..13_u32, more in 0..1000_u64) {
            let number = digits * 10_u64.pow(power) + more;
            prop_assert_eq!(parse_words(&to_words(number)), Ok(number));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_words(&text);
        }

        #[test]
        fn every_number_has_words(number in any::<u64>()) {
            prop_assert!(!to_words(number).is_empty());
        }
    }
}
