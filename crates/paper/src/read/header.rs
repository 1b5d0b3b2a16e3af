//! The head of page one: agency on the left, quốc hiệu on the right, title with the kind, date of completion.

use form::{Form, FormKind};
use serde_json::json;

use super::draft::{Draft, Nature, Span};
use super::stream::{Token, key_of};
use super::values;

/// What the title says.
pub struct Title<'f> {
    pub form: &'f Form,
    pub kind: &'f FormKind,
    /// Tokens of the title.
    pub start: usize,
    pub end: usize,
    /// 0–1: likeness to the printed title.
    pub likeness: f64,
}

/// Words every title begins with.
const TITLE: &str = "bankekhaitaisanthunhap";

/// Whether a line of text opens a declaration.
pub fn is_title(line: &str) -> bool {
    let key = key_of(line);
    let start = &key[..key.len().min(TITLE.len())];
    key.len() + 4 >= TITLE.len() && strsim::levenshtein(start, TITLE) <= 4 && is_capital(line)
}

/// Titles stand in capitals; the same words inside a sentence do not.
fn is_capital(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic());
    let (capital, all) = letters.fold((0, 0), |(up, all), c| (up + usize::from(c.is_uppercase()), all + 1));
    capital * 10 >= all * 8
}

/// Finds the title and the kind it names, among the kinds of all forms.
pub fn title<'f>(tokens: &[Token], forms: &[&'f Form]) -> Option<Title<'f>> {
    let lines = line_ranges(tokens);
    let first = lines.iter().position(|range| is_title(&joined(&tokens[range.clone()])))?;
    let mut end = lines[first].end;
    // A long title goes on until the date in brackets.
    for range in &lines[first + 1..(first + 3).min(lines.len())] {
        let line = joined(&tokens[range.clone()]);
        if is_capital(&line) && key_of(&line).len() > 5 && !line.starts_with('(') && !starts_section(&line) {
            end = range.end;
        } else {
            break;
        }
    }
    let printed = letters(&joined(&tokens[lines[first].start..end]));
    let kinds = forms.iter().flat_map(|form| form.kinds.iter().map(move |kind| (*form, kind)));
    let mut best: Option<(&Form, &FormKind, f64)> = None;
    for (form, kind) in kinds {
        let likeness = strsim::normalized_levenshtein(&printed, &letters(&kind.title));
        // The first of kinds with the same title.
        if best.is_none_or(|(_, _, known)| likeness > known) {
            best = Some((form, kind, likeness));
        }
    }
    let (form, kind, likeness) = best?;
    Some(Title { form, kind, start: lines[first].start, end, likeness })
}

fn starts_section(line: &str) -> bool {
    line.trim_start().starts_with(['I', '1', 'l'])
}

/// Letters with their marks, capitals, nothing else: note numbers after the title drop out.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_uppercase).collect()
}

pub fn line_ranges(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    for index in 0..tokens.len() {
        match out.last_mut() {
            Some(range) if tokens[range.start].line == tokens[index].line => range.end = index + 1,
            _ => out.push(index..index + 1),
        }
    }
    out
}

pub fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The agency: what stands left of the quốc hiệu and above the title.
pub fn agency(tokens: &[Token], form: &Form) -> Draft {
    let state = key_of(&form.header.state);
    let Some(left_end) = state_left(tokens, &state) else {
        return Draft::unread(Span::default(), Nature::Title);
    };
    let kept: Vec<Token> =
        tokens.iter().filter(|token| token.bounds().x1 <= left_end && !token.key.is_empty()).cloned().collect();
    values::text(&Span::of_tokens(&kept, 0), Nature::Title)
}

/// Left edge of the quốc hiệu, pixels.
fn state_left(tokens: &[Token], state: &str) -> Option<u32> {
    line_ranges(tokens)
        .into_iter()
        .flat_map(|range| range.clone().map(move |start| start..range.end))
        .map(|range| {
            let key: String = tokens[range.clone()].iter().map(|token| token.key.as_str()).collect();
            (strsim::normalized_levenshtein(&key, state), tokens[range.start].bounds().x0)
        })
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, left)| left)
}

/// The date in brackets under the title.
pub fn completed_on(tokens: &[Token]) -> Draft {
    line_ranges(tokens)
        .into_iter()
        .take(3)
        .map(|range| values::date(&Span::of_tokens(&tokens[range], 0)))
        .find(|draft| !draft.value.is_null())
        .unwrap_or_else(|| Draft::unread(Span::default(), Nature::Date))
}

/// Form and kind as leaves.
pub fn form_and_kind(title: &Title<'_>, tokens: &[Token]) -> [(String, Draft); 2] {
    let span = Span::of_tokens(&tokens[title.start..title.end], 0);
    let trust = if title.likeness >= 0.85 { 0.98 } else { 0.5 };
    [
        ("form".into(), Draft::phrase(json!(title.form.code), span.clone(), trust)),
        ("kind".into(), Draft::phrase(json!(title.kind.code.as_str()), span, trust)),
    ]
}
