//! Typed values from the text after a label.

use std::sync::LazyLock;

use chrono::NaiveDate;
use form::{Field, FieldType};
use regex::Regex;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use viet::area::{AreaReading, parse_area};
use viet::number::{Amount, parse_amount};
use viet::text::fold;

use super::draft::{Draft, Nature, Span};
use super::glyph::{Glyph, Glyphs};
use super::stream::key_of;

/// Reads the value of a field; compound fields give several leaves. The paths are relative to the field
/// ("" or ".amount").
pub fn read(field: &Field, span: &Span) -> Vec<(String, Draft)> {
    let one = |draft| vec![(String::new(), draft)];
    match field.field_type {
        FieldType::Value => value(span),
        FieldType::Certificate => certificate(field, span),
        FieldType::Amount => one(amount(span)),
        FieldType::Area => one(area(span)),
        FieldType::Date => one(date(span)),
        FieldType::IdNo => one(identity(field, span)),
        FieldType::Year => one(year(span)),
        FieldType::Enum => one(option(field, span)),
        FieldType::ForeignAmount => foreign(span),
        FieldType::Quantity => one(quantity(span)),
        FieldType::Registration => one(plate(span)),
        FieldType::CertificateNo | FieldType::AccountNo => one(code(span)),
        FieldType::Name => one(text(span, Nature::Name)),
        FieldType::Address => one(text(span, Nature::Address)),
        FieldType::Org | FieldType::Position => one(text(span, Nature::Title)),
        _ => one(text(span, Nature::Text)),
    }
}

/// Dots or lines where the form leaves room to write, and nothing else.
pub fn is_blank(text: &str) -> bool {
    key_of(text).is_empty()
}

fn is_loose(character: char) -> bool {
    character.is_whitespace() || ".,;:_…-–—~'`|\"”“’‘*°^".contains(character)
}

/// Text without the leader dots and stray marks around it.
fn tidy(span: &Span) -> Span {
    let glyphs = span.glyphs.clone().trimmed(is_loose);
    // A closing bracket belongs to the text only when it was opened there.
    Span { glyphs, place: span.place }
}

pub fn text(span: &Span, nature: Nature) -> Draft {
    let span = tidy(span);
    if is_blank(&span.text()) {
        return Draft::unread(span, nature);
    }
    if nature == Nature::Name {
        return name(span);
    }
    Draft::new(Value::String(span.text()), span, nature)
}

/// Names hold letters, blanks, apostrophes and hyphens.
fn only_name(span: Span) -> Span {
    let mut glyphs = span.glyphs.clone();
    for index in 1..glyphs.0.len().saturating_sub(1) {
        let between = glyphs.0[index - 1].text.is_alphabetic() && glyphs.0[index + 1].text.is_alphabetic();
        if between && "\"”“„*°^".contains(glyphs.0[index].text) {
            glyphs.0[index].text = '\'';
        }
    }
    let kept = glyphs.0.iter().filter(|g| g.text.is_alphabetic() || " '-".contains(g.text)).cloned().collect();
    Span { glyphs: Glyphs(kept).trimmed(is_loose), place: span.place }
}

fn name(span: Span) -> Draft {
    let mut span = only_name(span);
    // Ê Đê women's names begin with H': the small mark is easily lost ("HHen").
    let lost: Vec<usize> = (1..span.glyphs.0.len().saturating_sub(1))
        .filter(|&at| {
            let letter = |index: usize| span.glyphs.0[index].text;
            let starts_word = at == 1 || letter(at - 2) == ' ';
            starts_word && letter(at - 1) == 'H' && letter(at).is_uppercase() && letter(at + 1).is_lowercase()
        })
        .collect();
    for &at in lost.iter().rev() {
        span.glyphs.0.insert(at, Glyph { text: '\'', confidence: 0.9, margin: 0.15, others: Vec::new() });
    }
    Draft::new(Value::String(span.text()), span, Nature::Name)
}

/// Digits the recogniser took for letters.
fn as_digit(character: char) -> Option<char> {
    Some(match character {
        'O' | 'o' | 'Ó' | 'Q' | 'D' => '0',
        'l' | 'I' | '|' | 'i' | '!' => '1',
        'Z' | 'z' => '2',
        'S' | 's' => '5',
        'B' => '8',
        'g' => '9',
        _ => return None,
    })
}

/// Letters between digits read as digits; says whether any was.
fn digitised(glyphs: &Glyphs) -> (Glyphs, bool) {
    let mut out = glyphs.clone();
    let mut changed = false;
    for index in 0..out.0.len() {
        let digit_at = |at: Option<usize>| at.and_then(|at| out.0.get(at)).is_some_and(|g| g.text.is_ascii_digit());
        let beside = digit_at(index.checked_sub(1)) || digit_at(Some(index + 1));
        if let Some(digit) = as_digit(out.0[index].text).filter(|_| beside) {
            out.0[index].text = digit;
            out.0[index].margin = 0.0;
            changed = true;
        }
    }
    (out, changed)
}

pub fn date(span: &Span) -> Draft {
    static SHORT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})").expect("constant pattern"));
    static LONG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(\d{1,2})\D{1,3}\s*th\S{1,4}\s*(\d{1,2})\D{1,3}\s*n\S{1,3}\s*(\d{4})").expect("constant pattern")
    });
    let span = tidy(span);
    let (glyphs, changed) = digitised(&span.glyphs);
    let text = glyphs.text();
    let folded = fold(&text);
    let found = SHORT.captures(&text).or_else(|| LONG.captures(&folded));
    let read = found.and_then(|parts| {
        let number = |at: usize| parts.get(at)?.as_str().parse::<u32>().ok();
        NaiveDate::from_ymd_opt(number(3)?.try_into().ok()?, number(2)?, number(1)?)
    });
    let Some(date) = read else { return Draft::unread(span, Nature::Date) };
    let digits = Glyphs(glyphs.0.iter().filter(|g| g.text.is_ascii_digit()).cloned().collect());
    let place = span.place;
    let mut draft =
        Draft::new(json!(date.format("%Y-%m-%d").to_string()), Span { glyphs: digits, place }, Nature::Date);
    if changed {
        draft.at_most(0.6);
    }
    draft
}

fn identity(field: &Field, span: &Span) -> Draft {
    let span = tidy(span);
    let folded = fold(&span.text());
    if field.absent_words.iter().any(|words| near(&key_of(&folded), &key_of(words))) || is_blank(&span.text()) {
        return Draft::phrase(Value::Null, span, 0.95);
    }
    let (glyphs, changed) = digitised(&span.glyphs);
    let kept: Vec<_> = glyphs.0.iter().filter(|g| g.text.is_alphanumeric()).cloned().collect();
    let number = Glyphs(kept);
    let text = number.text();
    let mut draft = Draft::new(json!(text), Span { glyphs: number, place: span.place }, Nature::Identity);
    let shape = viet::ident::recognise_personal_id(&text).is_some();
    if !shape || changed {
        draft.at_most(0.3);
    }
    draft
}

/// Whether two keys are the same but for a misread letter or two.
pub fn near(read: &str, wanted: &str) -> bool {
    strsim::levenshtein(read, wanted) * 5 <= wanted.len()
}

/// Whether `wanted` stands somewhere in `read` but for a misread letter or two.
pub fn contains_near(read: &str, wanted: &str) -> bool {
    let n = wanted.len();
    // Keys are ASCII, so bytes are letters.
    read.len() + n / 6 >= n
        && (0..=read.len().saturating_sub(n)).any(|from| {
            let part = &read[from..(from + n).min(read.len())];
            strsim::levenshtein(part, wanted) * 6 <= n
        })
}

/// A sum in đồng, always positive: a sign before it belongs to the direction of a change.
pub fn amount(span: &Span) -> Draft {
    let span = tidy(span);
    let glyphs = span.glyphs.clone().trimmed(|c| "+-–—−~ ".contains(c));
    if is_blank(&glyphs.text()) {
        return Draft::unread(span, Nature::Amount);
    }
    let (digits, changed) = digitised(&glyphs);
    let text = digits.text();
    let read = parse_amount(&text).or_else(|error| parse_amount(&number_part(&text)).map_err(|_| error));
    let value_span = |glyphs: &Glyphs| Span { glyphs: numeric(glyphs), place: span.place };
    match read {
        Ok(Amount::Certain(amount)) => {
            let mut draft = Draft::new(json!(amount), value_span(&digits), Nature::Amount);
            if changed || !well_grouped(&text) {
                draft.at_most(0.6);
            }
            draft
        }
        Ok(Amount::Ambiguous { candidates, .. }) => {
            let mut draft = Draft::new(json!(candidates.first()), value_span(&digits), Nature::Amount);
            draft.at_most(0.4);
            draft
        }
        Err(_) => Draft::unread(span, Nature::Amount),
    }
}

/// The figure with its scale and currency, without what a misread mark added around it.
fn number_part(text: &str) -> String {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\d[\d.,]*(?:\s*(?:tỷ|tỉ|triệu|nghìn|ngàn))?(?:\s*\d+\s*(?:triệu|nghìn))?")
            .expect("constant pattern")
    });
    FIGURE
        .find(&text.to_lowercase())
        .map_or_else(String::new, |found| found.as_str().trim_end_matches(['.', ',']).to_owned())
}

/// "4.725.000.000": groups of three after the first. A figure without points is well grouped up to five digits.
fn well_grouped(text: &str) -> bool {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d[\d.,]*").expect("constant pattern"));
    let Some(figure) = FIGURE.find(text) else { return true };
    let figure = figure.as_str().trim_end_matches(['.', ',']);
    let scaled = ["tỷ", "tỉ", "triệu"].iter().any(|scale| text.to_lowercase().contains(scale));
    let groups: Vec<&str> = figure.split(['.', ',']).collect();
    match groups.split_first() {
        Some((first, [])) => scaled || first.len() <= 5,
        Some((first, rest)) => scaled || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3)),
        None => true,
    }
}

/// Digits, separators and the scale word; the currency's letters say nothing about the sum.
fn numeric(glyphs: &Glyphs) -> Glyphs {
    let last = glyphs.0.iter().rposition(|g| g.text.is_ascii_digit()).map_or(0, |at| at + 1);
    Glyphs(glyphs.0[..last].to_vec())
}

fn value(span: &Span) -> Vec<(String, Draft)> {
    let span = tidy(span);
    let text = span.text();
    let key = key_of(&text);
    if contains_near(&key, "khongxacdinhduocgiatri") {
        let reason = after_words(&span.glyphs, &["lydo"]).map(|from| {
            let part = tidy(&span.slice(from, span.glyphs.0.len()));
            self::text(&part, Nature::Text)
        });
        let reason = reason.unwrap_or_else(|| Draft::unread(span.clone(), Nature::Text));
        return vec![(".kind".into(), Draft::phrase(json!("UNDETERMINED"), span, 0.97)), (".reason".into(), reason)];
    }
    let estimated = contains_near(&key, "giatriuoctinh") || contains_near(&key, "uoctinh");
    let figure = text.chars().position(|c| c == '(').filter(|_| estimated);
    let sum = match figure {
        Some(at) => amount(&span.slice(0, at)),
        None => amount(&span),
    };
    let kind = if estimated { "ESTIMATED" } else { "STATED" };
    let kind_trust = match (sum.value.is_null(), estimated) {
        (true, _) => 0.3,
        (false, true) => 0.97,
        // Something more than a sum and its currency stands there.
        (false, false) => {
            if key_of(&text).len() > 34 {
                0.6
            } else {
                0.97
            }
        }
    };
    vec![(".kind".into(), Draft::phrase(json!(kind), span, kind_trust)), (".amount".into(), sum)]
}

/// Index of the letter after the first near occurrence of one of these words (letters only, folded).
fn after_words(glyphs: &Glyphs, words: &[&str]) -> Option<usize> {
    let mut key = String::new();
    let mut at = Vec::new();
    for (index, glyph) in glyphs.0.iter().enumerate() {
        for byte in key_of(glyph.text.encode_utf8(&mut [0; 4])).chars() {
            key.push(byte);
            at.push(index);
        }
    }
    for word in words {
        let exact = key.find(word).map(|from| from + word.len());
        let end = exact.or_else(|| {
            if word.len() < 8 {
                return None;
            }
            (0..key.len().saturating_sub(word.len() - 1))
                .filter(|&from| strsim::levenshtein(&key[from..from + word.len()], word) * 6 <= word.len())
                .min_by_key(|&from| strsim::levenshtein(&key[from..from + word.len()], word))
                .map(|from| from + word.len())
        });
        if let Some(end) = end {
            return Some(at.get(end - 1).map_or(glyphs.0.len(), |index| index + 1));
        }
    }
    None
}

fn certificate(field: &Field, span: &Span) -> Vec<(String, Draft)> {
    let span = tidy(span);
    let key = key_of(&span.text());
    if is_blank(&span.text()) {
        return vec![(".status".into(), Draft::unread(span, Nature::Phrase))];
    }
    let not_issued = field.parts.iter().flat_map(|part| &part.options).filter(|option| option.code == "NOT_ISSUED");
    let phrases = not_issued.filter_map(|option| option.printed.as_deref()).map(key_of);
    if contains_near(&key, "chuaduoccap") || phrases.into_iter().any(|phrase| near(&key, &phrase)) {
        return vec![(".status".into(), Draft::phrase(json!("NOT_ISSUED"), span, 0.97))];
    }
    let mut out = vec![(".status".to_owned(), Draft::phrase(json!("ISSUED"), span.clone(), 0.97))];
    let length = span.glyphs.0.len();
    let grantee_from = after_words(&span.glyphs, &["tennguoiduoccap", "nguoiduoccap", "nguoidaidien"]);
    let register_from = after_words(&span.glyphs, &["sovaosocapgiaychungnhan", "vaosocapgcn", "sovaoso", "vaoso"]);
    let numbers_end = grantee_from.map_or(length, |from| start_of_words(&span.glyphs, from, 15));
    let number_end = register_from.map_or(numbers_end, |from| start_of_words(&span.glyphs, from, 7)).min(numbers_end);
    let number_from = after_words(&span.glyphs.slice(0, number_end), &["sophathanh", "soseri", "so"]).unwrap_or(0);
    out.push((".number".into(), certificate_number(&span.slice(number_from, number_end))));
    if let Some(from) = register_from {
        out.push((".register_number".into(), certificate_number(&span.slice(from, numbers_end.max(from)))));
    }
    let grantee = match grantee_from {
        Some(from) => grantee(&span.slice(from, length)),
        None => Draft::unread(span, Nature::Name),
    };
    out.push((".grantee".into(), grantee));
    out
}

/// Index of the letter `letters` alphanumerics before `end`: where the words that end there begin.
fn start_of_words(glyphs: &Glyphs, end: usize, letters: usize) -> usize {
    let mut left = letters;
    for index in (0..end).rev() {
        if glyphs.0[index].text.is_alphanumeric() {
            left -= 1;
            if left == 0 {
                return index;
            }
        }
    }
    0
}

fn grantee(span: &Span) -> Draft {
    let span = tidy(span);
    if is_blank(&span.text()) {
        return Draft::unread(span, Nature::Name);
    }
    Draft::new(json!(span.text()), span, Nature::Name)
}

fn certificate_number(span: &Span) -> Draft {
    let mut draft = code(span);
    let known = draft.text().and_then(viet::ident::recognise_certificate);
    match known {
        // The blank between letters and digits is often lost or doubled by the recogniser.
        Some(known) if draft.text().is_some_and(|text| text.replace(' ', "") == known.canonical.replace(' ', "")) => {
            draft.value = json!(known.canonical);
        }
        _ => draft.at_most(0.5),
    }
    draft
}

/// A plate in its usual writing, when only separators were lost.
fn plate(span: &Span) -> Draft {
    let mut draft = code(span);
    let known = draft.text().and_then(viet::ident::recognise_plate);
    match known {
        Some(plate) if draft.text() == Some(plate.canonical.as_str()) => {}
        Some(plate) if draft.text().is_some_and(|text| key_of(text) == key_of(&plate.canonical)) => {
            draft.value = json!(plate.canonical);
            draft.at_most(0.75);
        }
        // Ships, machines and others have numbers of their own shape.
        _ => draft.at_most(0.8),
    }
    draft
}

/// A code keeps its letters as they stand.
fn code(span: &Span) -> Draft {
    let span = tidy(span);
    if is_blank(&span.text()) {
        return Draft::unread(span, Nature::Code);
    }
    Draft::new(json!(span.text()), span, Nature::Code)
}

/// Square metres.
pub fn area(span: &Span) -> Draft {
    let span = tidy(span);
    let (glyphs, changed) = digitised_area(&span.glyphs);
    let read = parse_area(&glyphs.text());
    let figure = Span { glyphs: numeric_area(&glyphs), place: span.place };
    let (area, limit): (_, f64) = match read {
        Ok(AreaReading::Certain(area)) => (area, 1.0),
        Ok(AreaReading::Ambiguous { candidates, .. }) => match candidates.first() {
            Some((area, _)) => (*area, 0.5),
            None => return Draft::unread(span, Nature::Area),
        },
        Err(_) => return Draft::unread(span, Nature::Area),
    };
    let Some(number) = area.m2().to_f64() else { return Draft::unread(span, Nature::Area) };
    let mut draft = Draft::new(json!(number), figure, Nature::Area);
    draft.at_most(if changed { limit.min(0.6) } else { limit });
    draft
}

fn digitised_area(glyphs: &Glyphs) -> (Glyphs, bool) {
    // The unit's own digit ("m2", also read "m?" or "m°") is not part of the number.
    let unit = glyphs.0.iter().position(|g| g.text == 'm');
    let (head, tail) = glyphs.0.split_at(unit.unwrap_or(glyphs.0.len()));
    let (mut head, changed) = digitised(&Glyphs(head.to_vec()));
    match unit {
        Some(_) if tail.len() <= 3 => {
            head.0.extend("m2".chars().map(|text| Glyph { text, confidence: 1.0, margin: 1.0, others: Vec::new() }));
        }
        _ => head.0.extend_from_slice(tail),
    }
    (head, changed)
}

fn numeric_area(glyphs: &Glyphs) -> Glyphs {
    let end = glyphs.0.iter().position(|g| g.text == 'm').unwrap_or(glyphs.0.len());
    Glyphs(glyphs.0[..end].to_vec()).trimmed(char::is_whitespace)
}

fn year(span: &Span) -> Draft {
    let span = tidy(span);
    let (glyphs, changed) = digitised(&span.glyphs);
    let digits: String = glyphs.text().chars().filter(char::is_ascii_digit).collect();
    match digits.parse::<i64>() {
        Ok(year) if (1900..=2100).contains(&year) => {
            let mut draft = Draft::new(json!(year), Span { glyphs, place: span.place }, Nature::Number);
            if changed {
                draft.at_most(0.6);
            }
            draft
        }
        _ => Draft::unread(span, Nature::Number),
    }
}

/// A quantity with its unit, as printed.
fn quantity(span: &Span) -> Draft {
    let span = tidy(span);
    if is_blank(&span.text()) {
        return Draft::unread(span, Nature::Number);
    }
    Draft::new(json!(span.text()), span, Nature::Number)
}

/// A quantity with + or − (notes 30, 31): the sign, a blank, the quantity as printed.
pub fn signed_quantity(span: &Span) -> Draft {
    let glyphs = span.glyphs.clone().trimmed(|c| c.is_whitespace() || ".,;:_…'`|".contains(c));
    let text = glyphs.text();
    let sign = match text.chars().next() {
        Some('+' | '†' | 't') => Some('+'),
        Some('-' | '–' | '—' | '−' | '~' | '_') => Some('-'),
        _ => None,
    };
    let rest = Span { glyphs: glyphs.slice(usize::from(sign.is_some()), glyphs.0.len()), place: span.place };
    let rest = tidy(&rest);
    if is_blank(&rest.text()) {
        return Draft::unread(rest, Nature::Number);
    }
    let written = match sign {
        Some(sign) => format!("{sign} {}", rest.text()),
        None => rest.text(),
    };
    let mut draft = Draft::new(json!(written), rest, Nature::Number);
    if sign.is_none() {
        draft.at_most(0.5);
    }
    draft
}

/// "20.000 USD" into the foreign amount and its currency.
fn foreign(span: &Span) -> Vec<(String, Draft)> {
    let span = tidy(span);
    let split = span.glyphs.0.iter().position(|g| g.text.is_alphabetic()).unwrap_or(span.glyphs.0.len());
    let number: String = span.glyphs.slice(0, split).text().chars().filter(char::is_ascii_digit).collect();
    let sum = match number.parse::<i64>() {
        Ok(sum) => Draft::new(json!(sum), span.slice(0, split), Nature::Amount),
        Err(_) => Draft::unread(span.clone(), Nature::Amount),
    };
    let currency = text(&span.slice(split, span.glyphs.0.len()), Nature::Code);
    vec![(String::new(), sum), ("~currency".into(), currency)]
}

/// One of the phrases the form offers; anything else as read and doubtful.
fn option(field: &Field, span: &Span) -> Draft {
    let span = tidy(span);
    if is_blank(&span.text()) {
        return Draft::unread(span, Nature::Phrase);
    }
    let nearest = field
        .options
        .iter()
        .map(|option| (span.glyphs.distance(&option.code).min(span.glyphs.distance(&option.label)), &option.code))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((distance, code)) if f64::from(distance) <= 0.12 * code.chars().count() as f64 => {
            Draft::phrase(json!(code), span, 0.97 - 0.1 * f64::from(distance))
        }
        _ => {
            let mut draft = Draft::new(json!(span.text()), span, Nature::Text);
            draft.at_most(0.6);
            draft
        }
    }
}

#[cfg(test)]
mod tests {
    use form::LawBook;

    use super::*;
    use crate::read::sample::span;
    use crate::read::trust::DOUBTFUL;

    fn read_as(item: &str, key: &str, text: &str) -> Vec<(String, Value)> {
        let book = LawBook::embedded().expect("embedded");
        let form = book.rule_sets[0].form("PL1").expect("PL1");
        let items = form.sections.iter().flat_map(|section| &section.items);
        let field = items
            .filter(|candidate| candidate.code.as_deref() == Some(item))
            .flat_map(|item| &item.fields)
            .find(|field| field.key == key)
            .expect("the form has this field");
        read(field, &span(text)).into_iter().map(|(path, draft)| (path, draft.value)).collect()
    }

    fn leaf(path: &str, value: impl Into<Value>) -> (String, Value) {
        (path.into(), value.into())
    }

    #[test]
    fn values_in_every_notation() {
        let stated = |amount: u64| vec![leaf(".kind", "STATED"), leaf(".amount", amount)];
        for (text, amount) in [
            ("4.725.000.000 đồng", 4_725_000_000),
            ("805.000.000 VNĐ", 805_000_000),
            ("1.455.000.000đ", 1_455_000_000),
            ("1,13 tỷ đồng", 1_130_000_000),
            ("195 triệu đồng", 195_000_000),
        ] {
            assert_eq!(read_as("LAND_RES", "value", text), stated(amount), "{text}");
        }
        assert_eq!(
            read_as("LAND_RES", "value", "4.725.000.000 đồng (giá trị ước tính)"),
            [leaf(".kind", "ESTIMATED"), leaf(".amount", 4_725_000_000u64)]
        );
        assert_eq!(
            read_as("LAND_RES", "value", "không xác định được giá trị, lý do: tài sản sử dụng đã quá lâu"),
            [leaf(".kind", "UNDETERMINED"), leaf(".reason", "tài sản sử dụng đã quá lâu")]
        );
    }

    #[test]
    fn misread_digits_and_broken_groups_are_doubtful() {
        for text in ["4.725.0O0.000 đồng", "4.72.000.000 đồng"] {
            let draft = amount(&span(text));
            assert!(draft.confidence < DOUBTFUL, "{text}: {draft:?}");
        }
        assert!(amount(&span("4.725.000.000 đồng")).confidence >= DOUBTFUL);
    }

    #[test]
    fn certificates() {
        assert_eq!(
            read_as("LAND_RES", "certificate", "số BK 425418, tên người được cấp: ông Lê Đức Tuấn và bà Tô Ngọc Hạnh"),
            [
                leaf(".status", "ISSUED"),
                leaf(".number", "BK 425418"),
                leaf(".grantee", "ông Lê Đức Tuấn và bà Tô Ngọc Hạnh"),
            ]
        );
        assert_eq!(
            read_as(
                "LAND_RES",
                "certificate",
                "số phát hành CH 935477, số vào sổ CH 32416, tên người được cấp: Vũ Thúy Uyên"
            ),
            [
                leaf(".status", "ISSUED"),
                leaf(".number", "CH 935477"),
                leaf(".register_number", "CH 32416"),
                leaf(".grantee", "Vũ Thúy Uyên"),
            ]
        );
        assert_eq!(
            read_as("HOUSE", "certificate", "chưa được cấp giấy chứng nhận quyền sở hữu"),
            [leaf(".status", "NOT_ISSUED")]
        );
    }

    #[test]
    fn areas_dates_identity_and_foreign_money() {
        assert_eq!(area(&span("72,6m2")).value, json!(72.6));
        assert_eq!(area(&span("3.099,5 m2")).value, json!(3099.5));
        assert_eq!(area(&span("1,2 ha")).value, json!(12000.0));
        assert_eq!(date(&span("05/05/1987")).value, json!("1987-05-05"));
        assert_eq!(date(&span("……, ngày 16 tháng 12 năm 2024")).value, json!("2024-12-16"));
        assert_eq!(date(&span("31/02/2020")).value, json!(null));
        assert_eq!(read_as("CHILD", "id_no", "chưa được cấp"), [leaf("", Value::Null)]);
        assert_eq!(read_as("DECLARANT", "id_no", "092087831496"), [leaf("", "092087831496")]);
        assert_eq!(read_as("MONEY", "foreign_amount", "20.000 USD"), [leaf("", 20_000), leaf("~currency", "USD")]);
    }

    #[test]
    fn quantities_keep_their_sign_and_writing() {
        assert_eq!(signed_quantity(&span("+ 320,5m2")).value, json!("+ 320,5m2"));
        assert_eq!(signed_quantity(&span("— 140,3 m2")).value, json!("- 140,3 m2"));
        assert_eq!(signed_quantity(&span("+ 01")).value, json!("+ 01"));
        assert!(signed_quantity(&span("01")).confidence < DOUBTFUL);
    }
}
