use super::{MAX_DONG, WordsError, parse_words};
use crate::numeral::{Numeral, split_leading_number};
use crate::text::fold;
use thiserror::Error;

/// A sum of money as read, in whole đồng (0 ..= [`MAX_DONG`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    Certain(u64),
    /// More than one sum is meant by such a text; the likelier first. Ask, do not choose.
    Ambiguous {
        candidates: Vec<u64>,
        doubt: AmountDoubt,
    },
}

/// Why a text means more than one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountDoubt {
    /// "1.850 tỷ", "805.000,000": a separator may group thousands or start decimals.
    Separator,
    /// "1 tỷ 2": two hundred million in speech, two đồng by the letter.
    Colloquial,
    /// The figure and the words in brackets differ.
    FigureAndWordsDiffer,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    #[error("Chưa có số tiền")]
    Empty,
    #[error("Không đọc được số tiền: “{0}”")]
    NotAnAmount(String),
    #[error("Số tiền phải là số nguyên đồng, không có phần lẻ")]
    NotWhole,
    #[error("Số tiền không được âm")]
    Negative,
    #[error("Số tiền vượt quá 9.007.199.254.740.991 đồng")]
    TooLarge,
}

/// Reads a sum as forms and people write it: "805.000.000 VNĐ", "1,85 tỷ đồng", "850 triệu", "1 tỷ 200 triệu",
/// "1 tỷ rưỡi", "tám trăm linh năm triệu đồng", a figure with its words in brackets.
///
/// # Errors
/// See [`AmountError`]. A foreign currency is [`AmountError::NotAnAmount`]: it is not a sum in đồng.
pub fn parse_amount(text: &str) -> Result<Amount, AmountError> {
    let folded = fold(text);
    let (figure, words) = split_brackets(&folded);
    let figure = strip_currency(figure);
    if figure.is_empty() {
        return Err(AmountError::Empty);
    }
    if figure.starts_with(['-', '−', '–']) {
        return Err(AmountError::Negative);
    }
    let amount = read(figure.strip_prefix('+').unwrap_or(figure).trim_start(), text)?;
    match words.map(read_words) {
        Some(Some(in_words)) => Ok(compare_with_words(amount, in_words)),
        Some(None) => Err(AmountError::NotAnAmount(text.trim().to_owned())),
        None => Ok(amount),
    }
}

/// "805.000.000 dong (bang chu: ...)" into the figure and the words.
fn split_brackets(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((figure, rest)) => (figure, Some(rest.trim_end_matches(['.', ';', ' ']).trim_end_matches(')'))),
        None => (text, None),
    }
}

fn read_words(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = text.strip_prefix("bang chu").map_or(text, |rest| rest.trim_start_matches([':', ' ']));
    parse_words(text).ok()
}

/// Drops "đồng", "VNĐ", "đ" and closing punctuation. The text is folded.
fn strip_currency(text: &str) -> &str {
    let text = text.trim().trim_end_matches(['.', ',', ';', '/', ' ', '-']);
    let stripped = ["viet nam dong", "dong viet nam", "dong chan", "dong", "vnd", "d"]
        .iter()
        .find_map(|currency| text.strip_suffix(currency))
        // "5d" and "5 dong", but not the end of another word such as "usd".
        .filter(|rest| !rest.ends_with(|c: char| c.is_alphabetic()) || is_scale_end(rest));
    stripped.unwrap_or(text).trim_end_matches(['.', ',', ' '])
}

fn is_scale_end(text: &str) -> bool {
    ["ty", "ti", "trieu", "nghin", "ngan", "tr"].iter().any(|scale| text.ends_with(scale))
}

fn compare_with_words(amount: Amount, in_words: u64) -> Amount {
    match amount {
        Amount::Certain(value) if value != in_words => {
            Amount::Ambiguous { candidates: vec![value, in_words], doubt: AmountDoubt::FigureAndWordsDiffer }
        }
        // The words decide between two readings of the figure.
        Amount::Ambiguous { candidates, .. } if candidates.contains(&in_words) => Amount::Certain(in_words),
        Amount::Ambiguous { mut candidates, .. } => {
            candidates.push(in_words);
            Amount::Ambiguous { candidates, doubt: AmountDoubt::FigureAndWordsDiffer }
        }
        same => same,
    }
}

fn read(figure: &str, original: &str) -> Result<Amount, AmountError> {
    let unreadable = || AmountError::NotAnAmount(original.trim().to_owned());
    if !figure.starts_with(|c: char| c.is_ascii_digit()) {
        return match parse_words(figure) {
            Ok(value) => within(value.into()).map(Amount::Certain),
            Err(WordsError::TooLarge) => Err(AmountError::TooLarge),
            Err(_) => Err(unreadable()),
        };
    }
    let (first, rest) = split_leading_number(figure).ok_or_else(unreadable)?;
    let numeral = Numeral::cut(&first).ok_or_else(unreadable)?;
    if rest.is_empty() {
        return plain(&numeral).unwrap_or_else(|| Err(unreadable()));
    }
    let (scale, rest) = split_scale(rest).ok_or_else(unreadable)?;
    let head = scaled(&numeral, scale).unwrap_or_else(|| Err(unreadable()))?;
    add_tail(head, scale, rest).unwrap_or_else(|| Err(unreadable()))
}

/// A number of đồng without a scale word; `None` if its groups make no sense.
fn plain(numeral: &Numeral) -> Option<Result<Amount, AmountError>> {
    let all = numeral.groups.len();
    if all == 1 {
        return Some(digits(numeral.groups[0]).map(Amount::Certain));
    }
    let (last, whole) = numeral.groups.split_last()?;
    if numeral.has_decimal_tail() && numeral.is_grouped(all - 1) {
        let without = digits(&whole.concat());
        return Some(match (last.len(), last.bytes().all(|b| b == b'0')) {
            // "805.000,000" is two readings; "805.000,00" is one.
            (3, true) => both(digits(&numeral.digits()), without),
            (3, false) => digits(&numeral.digits()).map(|value| ambiguous_separator(vec![value])),
            (_, true) => without.map(Amount::Certain),
            (_, false) => Err(AmountError::NotWhole),
        });
    }
    numeral.only_separator()?;
    if numeral.is_grouped(all) {
        return Some(digits(&numeral.digits()).map(Amount::Certain));
    }
    // "1,5" without a scale word: đồng have no decimals.
    (all == 2 && last.len() <= 2 && numeral.separators[0] != ' ').then_some(Err(AmountError::NotWhole))
}

fn ambiguous_separator(candidates: Vec<u64>) -> Amount {
    Amount::Ambiguous { candidates, doubt: AmountDoubt::Separator }
}

fn both(first: Result<u64, AmountError>, second: Result<u64, AmountError>) -> Result<Amount, AmountError> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok(ambiguous_separator(vec![first, second])),
        (Ok(value), Err(_)) | (Err(_), Ok(value)) => Ok(Amount::Certain(value)),
        (Err(error), Err(_)) => Err(error),
    }
}

/// A number before a scale word: "1,85" tỷ, "1.200" triệu.
fn scaled(numeral: &Numeral, scale: u64) -> Option<Result<Amount, AmountError>> {
    let all = numeral.groups.len();
    let decimal = || with_decimals(&numeral.groups[..all - 1].concat(), numeral.groups[all - 1], scale);
    let grouped = || with_decimals(&numeral.digits(), "", scale);
    match numeral.only_separator() {
        None if all == 1 => Some(grouped().map(Amount::Certain)),
        None if numeral.has_decimal_tail() && numeral.is_grouped(all - 1) => Some(decimal().map(Amount::Certain)),
        None => None,
        Some(' ') => numeral.is_grouped(all).then(|| grouped().map(Amount::Certain)),
        Some(_) if all > 2 => numeral.is_grouped(all).then(|| grouped().map(Amount::Certain)),
        Some('.') if numeral.is_grouped(2) => Some(both(grouped(), decimal())),
        Some(_) if numeral.is_grouped(2) => Some(both(decimal(), grouped())),
        Some(_) => Some(decimal().map(Amount::Certain)),
    }
}

/// `whole`,`decimals` × scale, exactly.
fn with_decimals(whole: &str, decimals: &str, scale: u64) -> Result<u64, AmountError> {
    let decimals = decimals.trim_end_matches('0');
    if whole.len() + decimals.len() > 24 {
        return Err(AmountError::TooLarge);
    }
    let number: u128 = format!("{whole}{decimals}").parse().map_err(|_| AmountError::TooLarge)?;
    let product = number * u128::from(scale);
    let divisor = 10_u128.pow(u32::try_from(decimals.len()).map_err(|_| AmountError::TooLarge)?);
    if product.is_multiple_of(divisor) { within(product / divisor) } else { Err(AmountError::NotWhole) }
}

fn digits(text: &str) -> Result<u64, AmountError> {
    text.parse::<u128>().map_err(|_| AmountError::TooLarge).and_then(within)
}

fn within(value: u128) -> Result<u64, AmountError> {
    u64::try_from(value).ok().filter(|value| *value <= MAX_DONG).ok_or(AmountError::TooLarge)
}

/// The scale word that `text` (folded) starts with, and the rest.
fn split_scale(text: &str) -> Option<(u64, &str)> {
    const SCALES: [(&str, u64); 9] = [
        ("nghin ty", 1_000_000_000_000),
        ("ngan ty", 1_000_000_000_000),
        ("trieu", 1_000_000),
        ("nghin", 1_000),
        ("ngan", 1_000),
        ("ty", 1_000_000_000),
        ("ti", 1_000_000_000),
        ("tr", 1_000_000),
        ("k", 1_000),
    ];
    SCALES.iter().find_map(|(word, scale)| {
        let rest = text.strip_prefix(word)?;
        (!rest.starts_with(|c: char| c.is_alphabetic())).then(|| (*scale, rest.trim_start()))
    })
}

/// What follows "1 tỷ": nothing, "rưỡi", "200 triệu", "200.000.000", or a short colloquial number.
fn add_tail(head: Amount, scale: u64, tail: &str) -> Option<Result<Amount, AmountError>> {
    let tail = tail.trim_start_matches([',', ' ']);
    if tail.is_empty() {
        return Some(Ok(head));
    }
    let Amount::Certain(head) = head else { return None };
    if !head.is_multiple_of(scale) {
        return None; // "1,5 tỷ 200 triệu" is not how anyone writes a sum.
    }
    let sum = |more: u64| within(u128::from(head) + u128::from(more));
    if tail == "ruoi" {
        return Some(sum(scale / 2).map(Amount::Certain));
    }
    let (number, rest) = split_leading_number(tail)?;
    let numeral = Numeral::cut(&number)?;
    if let Some((smaller, rest)) = split_scale(rest) {
        let Ok(Amount::Certain(middle)) = scaled(&numeral, smaller)? else { return None };
        return if middle < scale { add_tail(Amount::Certain(sum(middle).ok()?), smaller, rest) } else { None };
    }
    let Ok(Amount::Certain(value)) = plain(&numeral)? else { return None };
    if !rest.is_empty() || value >= scale {
        return None;
    }
    if numeral.groups.len() > 1 || value >= 1_000 {
        return Some(sum(value).map(Amount::Certain));
    }
    let step = 10_u64.pow(u32::try_from(number.len()).ok()?);
    let spoken = sum(value * (scale / step)).ok()?;
    let candidates = vec![spoken, sum(value).ok()?];
    Some(Ok(Amount::Ambiguous { candidates, doubt: AmountDoubt::Colloquial }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_with_one_meaning() {
        for (text, value) in [
            ("805.000.000 VNĐ", 805_000_000),
            ("805.000.000đ", 805_000_000),
            ("805,000,000 đồng", 805_000_000),
            ("805 000 000", 805_000_000),
            ("805. 000. 000 đồng.", 805_000_000),
            ("805000000", 805_000_000),
            ("1,85 tỷ đồng", 1_850_000_000),
            ("1.85 tỷ", 1_850_000_000),
            ("5,2 tỷ", 5_200_000_000),
            ("5,2 tỉ đồng", 5_200_000_000),
            ("850 triệu", 850_000_000),
            ("850 triệu đồng", 850_000_000),
            ("850tr", 850_000_000),
            ("850trđ", 850_000_000),
            ("1 tỷ 200 triệu", 1_200_000_000),
            ("1 tỷ 200 triệu 500 nghìn đồng", 1_200_500_000),
            ("1 tỷ 200.000.000 đồng", 1_200_000_000),
            ("1 tỷ rưỡi", 1_500_000_000),
            ("1.234.567 triệu", 1_234_567_000_000),
            ("1 nghìn tỷ", 1_000_000_000_000),
            ("1.234.567,00 đồng", 1_234_567),
            ("Tám trăm linh năm triệu đồng", 805_000_000),
            ("805.000.000 đồng (Tám trăm linh năm triệu đồng chẵn./.)", 805_000_000),
            ("1.850 tỷ đồng (một tỷ tám trăm năm mươi triệu đồng)", 1_850_000_000),
            ("+ 245.000.000", 245_000_000),
            ("0", 0),
            ("không đồng", 0),
            ("9.007.199.254.740.991", MAX_DONG),
        ] {
            assert_eq!(parse_amount(text), Ok(Amount::Certain(value)), "{text}");
        }
    }

    #[test]
    fn sums_with_two_meanings_are_said_to_be_so() {
        for (text, candidates, doubt) in [
            ("1.850 tỷ", vec![1_850_000_000_000, 1_850_000_000], AmountDoubt::Separator),
            ("1,850 tỷ", vec![1_850_000_000, 1_850_000_000_000], AmountDoubt::Separator),
            ("805.000,000", vec![805_000_000, 805_000], AmountDoubt::Separator),
            ("805.000,500", vec![805_000_500], AmountDoubt::Separator),
            ("1 tỷ 2", vec![1_200_000_000, 1_000_000_002], AmountDoubt::Colloquial),
            ("1tr5", vec![1_500_000, 1_000_005], AmountDoubt::Colloquial),
            (
                "805.000.000 đồng (tám trăm triệu đồng)",
                vec![805_000_000, 800_000_000],
                AmountDoubt::FigureAndWordsDiffer,
            ),
        ] {
            assert_eq!(parse_amount(text), Ok(Amount::Ambiguous { candidates, doubt }), "{text}");
        }
    }

    #[test]
    fn what_is_no_sum_is_refused() {
        for text in [
            "80.5000.000",
            "1.5000",
            "12 USD",
            "5.000 $",
            "không có",
            "abc",
            "1..000",
            "12 tháng",
            "005.000",
            "1 tỷ 2 tỷ",
        ] {
            assert!(matches!(parse_amount(text), Err(AmountError::NotAnAmount(_))), "{text}: {:?}", parse_amount(text));
        }
        assert_eq!(parse_amount(" đồng"), Err(AmountError::Empty));
        assert_eq!(parse_amount(""), Err(AmountError::Empty));
        assert_eq!(parse_amount("1,5"), Err(AmountError::NotWhole));
        assert_eq!(parse_amount("1,0005 nghìn"), Err(AmountError::NotWhole));
        assert_eq!(parse_amount("1.234.567,89 đồng"), Err(AmountError::NotWhole));
        assert_eq!(parse_amount("-5"), Err(AmountError::Negative));
        assert_eq!(parse_amount("9.007.199.254.740.992"), Err(AmountError::TooLarge));
        assert_eq!(parse_amount("99999999999999999999999999999999999999999999999999"), Err(AmountError::TooLarge));
        assert_eq!(parse_amount("9.999.999 tỷ"), Err(AmountError::TooLarge));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_amount(&text);
        }

        #[test]
        fn never_panics_on_likely_signs(text in "[0-9., ]{0,30}( ?(tỷ|triệu|tr|nghìn|đồng|rưỡi|\\(|linh|\\)) ?[0-9., ]{0,9}){0,4}") {
            if let Ok(Amount::Certain(value)) = parse_amount(&text) {
                prop_assert!(value <= MAX_DONG);
            }
        }

        #[test]
        fn separators_do_not_change_the_sum(value in 0..=MAX_DONG, sign in "[., ]") {
            let text = crate::numeral::group_digits(&value.to_string()).replace('.', &sign);
            prop_assert_eq!(parse_amount(&text), Ok(Amount::Certain(value)));
        }
    }
}
