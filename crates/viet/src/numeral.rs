//! Digits as people group them. Which separator is decimal depends on what is counted, so callers decide.

/// A written number cut at its separators: "3.099,5" is groups 3, 099, 5 with separators '.' and ','.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Numeral<'a> {
    pub groups: Vec<&'a str>,
    /// One of '.', ',' or ' ' between neighbouring groups.
    pub separators: Vec<char>,
}

impl<'a> Numeral<'a> {
    /// Cuts `text`; `None` unless it is digits with single separators between them.
    pub fn cut(text: &'a str) -> Option<Self> {
        let groups: Vec<&str> = text.split(['.', ',', ' ']).collect();
        let digits = |group: &&str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
        groups
            .iter()
            .all(digits)
            .then(|| Self { groups, separators: text.chars().filter(|c| !c.is_ascii_digit()).collect() })
    }

    /// True if groups 1.. up to `end` have three digits and the first has one to three without a leading zero.
    pub fn is_grouped(&self, end: usize) -> bool {
        let first = self.groups[0];
        first.len() <= 3 && !first.starts_with('0') && self.groups[1..end].iter().all(|group| group.len() == 3)
    }

    /// The one separator used everywhere, if it is one.
    pub fn only_separator(&self) -> Option<char> {
        let first = *self.separators.first()?;
        self.separators.iter().all(|s| *s == first).then_some(first)
    }

    /// If all separators but the last are one sign and the last is another of '.' and ',': a decimal part is possible.
    pub fn has_decimal_tail(&self) -> bool {
        match self.separators.split_last() {
            Some((last, [first, rest @ ..])) => *last != ' ' && last != first && rest.iter().all(|s| s == first),
            _ => false,
        }
    }

    /// All digits without separators.
    pub fn digits(&self) -> String {
        self.groups.concat()
    }
}

/// Digits in groups of three: "1234567" gives "1.234.567".
pub(crate) fn group_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

/// The number that `text` starts with (with its inner separators) and what follows it, both trimmed.
/// Blanks beside '.' and ',' between digits are dropped, as recognition puts them there.
pub(crate) fn split_leading_number(text: &str) -> Option<(String, &str)> {
    let bytes = text.as_bytes();
    let mut number = String::new();
    let (mut at, mut end) = (0, 0);
    let mut pending = String::new();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                number.push_str(separator(&pending));
                pending.clear();
                number.push(char::from(byte));
                end = at + 1;
            }
            b'.' | b',' | b' ' if !number.is_empty() && pending.len() < 3 => pending.push(char::from(byte)),
            _ => break,
        }
        at += 1;
    }
    (!number.is_empty()).then(|| (number, text[end..].trim_start()))
}

/// The sign meant by a separator with blanks around it; two signs stay two, so that the number is refused later.
fn separator(pending: &str) -> &str {
    match pending.trim() {
        "" if pending.is_empty() => "",
        "" => " ",
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouping() {
        assert_eq!(group_digits("7"), "7");
        assert_eq!(group_digits("1234567"), "1.234.567");
        assert_eq!(group_digits("123456"), "123.456");
    }

    #[test]
    fn leading_number() {
        let split = |text| split_leading_number(text).map(|(n, rest)| (n, rest.to_owned()));
        assert_eq!(split("805. 000 .000 đồng"), Some(("805.000.000".into(), "đồng".into())));
        assert_eq!(split("1,85tỷ"), Some(("1,85".into(), "tỷ".into())));
        assert_eq!(split("805 000."), Some(("805 000".into(), ".".into())));
        assert_eq!(split("tỷ"), None);
        assert_eq!(Numeral::cut("1..2"), None);
    }
}
