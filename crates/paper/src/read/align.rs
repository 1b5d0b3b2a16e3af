//! Finds the form's labels in the stream of words: the best consistent sequence of fuzzy matches.
//!
//! Every place where some label may stand is scored by likeness; a dynamic programme then chooses the sequence with the
//! highest total that respects the form's order (items may repeat, anything may be missing).

use super::stream::{Token, key_of};
use super::template::{Role, Slot};

/// A label found on paper.
#[derive(Debug, Clone)]
pub struct Found {
    /// Index of the slot in the template.
    pub slot: usize,
    /// First token that belongs to the label or its number or dash.
    pub start: usize,
    /// First token of the value.
    pub value: usize,
    /// Letters of that token that still belong to the label ("trị:805.000").
    pub value_offset: usize,
    /// 0–1: likeness of the printed words to the label.
    pub likeness: f32,
    /// A colon follows.
    colon: bool,
    score: f32,
}

/// Least likeness of an accepted label.
const LIKE: f32 = 0.74;
/// Gap that sets a label off from the value before it, letter heights.
const TAB: f32 = 1.1;

/// The labels of `slots` in `tokens`, in reading order.
pub fn align(tokens: &[Token], slots: &[Slot<'_>]) -> Vec<Found> {
    let candidates = candidates(tokens, slots);
    best_sequence(candidates, slots)
}

fn candidates(tokens: &[Token], slots: &[Slot<'_>]) -> Vec<Found> {
    let mut out = Vec::new();
    for line in lines(tokens) {
        let prefix = prefix_len(&tokens[line.clone()]);
        for first in line.clone() {
            let in_prefix = first < line.start + prefix;
            if in_prefix && tokens[first].key.len() < 3 {
                continue;
            }
            let at_start = first == line.start + prefix || first == line.start;
            let set_off = at_start || tokens[first].gap > TAB || is_dash(&tokens[first - 1].text);
            let start = if at_start {
                line.start
            } else {
                first - usize::from(is_dash(&tokens[first - 1].text) && first > line.start)
            };
            let number: String = if at_start {
                tokens[line.start..line.start + prefix].iter().map(|t| t.text.as_str()).collect()
            } else {
                String::new()
            };
            for (index, slot) in slots.iter().enumerate() {
                let heading = matches!(slot.role, Role::Section(_) | Role::Heading(_) | Role::Repeat(_));
                if heading && !at_start {
                    continue;
                }
                if let Some(mut found) = slot
                    .keys
                    .iter()
                    .filter_map(|key| compare(tokens, first, key, slot, index))
                    .max_by(|a, b| a.score.total_cmp(&b.score))
                {
                    found.start = start;
                    if !slot.inline {
                        // The form's own words inside a value: "chưa được cấp giấy chứng nhận quyền sử dụng đất".
                        let small = tokens[first].text.starts_with(char::is_lowercase);
                        if small || !(set_off || found.colon) {
                            found.score -= 3.0;
                        }
                        // A worn colon is lost; then only a gap tells a label inside a line.
                        if !at_start && !found.colon {
                            if small || tokens[first].gap <= TAB {
                                continue;
                            }
                            found.score -= 1.0;
                        }
                    }
                    if set_off {
                        found.score += 1.0;
                    }
                    if heading {
                        found.score += number_score(&number, slot);
                    }
                    if matches!(slot.role, Role::Repeat(_)) {
                        found.value = line.end;
                        found.value_offset = 0;
                    }
                    if found.score > 0.0 {
                        out.push(found);
                    }
                }
            }
        }
    }
    out
}

/// Ranges of tokens on one line.
fn lines(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    for index in 0..tokens.len() {
        match out.last_mut() {
            Some(range) if tokens[range.start].line == tokens[index].line => range.end = index + 1,
            _ => out.push(index..index + 1),
        }
    }
    out
}

/// Tokens before the words of a line: dashes, "1.1.", "II.".
fn prefix_len(line: &[Token]) -> usize {
    let mut count = 0;
    for token in line.iter().take(3) {
        let number = token.key.len() <= 6
            && token.text.ends_with(['.', ')', ':', ','])
            && token.key.chars().all(|c| c.is_ascii_digit() || "ilvh".contains(c));
        let bare_number = count == 0
            && token.key.len() <= 3
            && !token.key.is_empty()
            && token.text.chars().all(|c| c.is_ascii_digit() || "IVLl.".contains(c));
        if is_dash(&token.text) || token.key.is_empty() || number || bare_number {
            count += 1;
        } else {
            break;
        }
    }
    if count == line.len() { 0 } else { count }
}

fn is_dash(text: &str) -> bool {
    matches!(text, "-" | "–" | "—" | "~" | "_" | "•" | "*" | "+" | "=" | "~~" | "--")
}

fn number_score(printed: &str, slot: &Slot<'_>) -> f32 {
    let Some(number) = slot.number else { return 0.0 };
    let (printed, number) = (key_of(printed), key_of(number));
    if printed == number {
        1.5
    } else if printed.is_empty() {
        -0.8
    } else if strsim::levenshtein(&printed, &number) <= 1 && number.len() > 1 {
        0.3
    } else {
        -0.6
    }
}

/// Compares the words from `first` on with a label.
fn compare(tokens: &[Token], first: usize, key: &str, slot: &Slot<'_>, index: usize) -> Option<Found> {
    let label: &[u8] = key.as_bytes();
    let mut text: Vec<u8> = Vec::with_capacity(label.len() + 16);
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let room = label.len() + label.len() / 4 + 4;
    let one_line = matches!(slot.role, Role::Repeat(_))
        || (label.len() <= 5 && !matches!(slot.role, Role::Heading(_) | Role::Section(_)));
    'words: for (position, token) in tokens.iter().enumerate().skip(first) {
        if one_line && token.line != tokens[first].line {
            break;
        }
        for (offset, letter) in token.text.char_indices() {
            for byte in key_of(letter.encode_utf8(&mut [0; 4])).bytes() {
                text.push(byte);
                ends.push((position, offset + letter.len_utf8()));
                if text.len() >= room {
                    break 'words;
                }
            }
        }
    }
    if text.len() + text.len() / 3 < label.len() || !alike_start(label, &text) {
        return None;
    }
    let (distance, end) = prefix_distance(label, &text);
    let likeness = 1.0 - distance as f32 / label.len() as f32;
    let needed = if label.len() <= 5 { 0.8 } else { LIKE };
    if likeness < needed || end == 0 {
        return None;
    }
    let (position, offset) = ends[end - 1];
    let (value, value_offset, colon) = skip_note(tokens, position, offset);
    if label.len() <= 5 && !colon && !matches!(slot.role, Role::Heading(_) | Role::Section(_)) {
        return None;
    }
    let score = likeness * likeness * (2.0 + label.len().min(30) as f32 / 6.0) + if colon { 1.0 } else { 0.0 };
    Some(Found { slot: index, start: first, value, value_offset, likeness, colon, score })
}

/// Cheap test before the full comparison: the first six letters share at least half.
fn alike_start(label: &[u8], text: &[u8]) -> bool {
    let n = label.len().min(6);
    let (distance, _) = prefix_distance(&label[..n], &text[..text.len().min(n + 3)]);
    distance * 2 <= n
}

/// Edit distance of the whole label to the best prefix of the text, with that prefix's length.
fn prefix_distance(label: &[u8], text: &[u8]) -> (usize, usize) {
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (i, &a) in label.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in text.iter().enumerate() {
            let substitute = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let best = row.iter().copied().min().unwrap_or(label.len());
    // Of equally good prefixes the one as long as the label: a letter misread is likelier than one lost.
    let end = (0..row.len()).filter(|&j| row[j] == best).min_by_key(|&j| j.abs_diff(label.len())).unwrap_or(0);
    (best, end)
}

/// After a label: the note number "(10)", as garbled as it may be, and the colon. Returns where the value starts.
fn skip_note(tokens: &[Token], position: usize, offset: usize) -> (usize, usize, bool) {
    const COLON: [char; 2] = [':', ';'];
    let token = &tokens[position];
    let rest = &token.text[offset..];
    if let Some(at) = rest.find(COLON) {
        let after = offset + at + 1;
        return if token.text[after..].is_empty() { (position + 1, 0, true) } else { (position, after, true) };
    }
    let next = tokens.get(position + 1).filter(|next| next.line == token.line);
    if let Some(next) = next
        && next.text.chars().count() <= 6
        && next.text.ends_with(COLON)
        && next.key.len() <= 3
    {
        return (position + 2, 0, true);
    }
    // A long tail glued to the label is the value ("cấp17/03/2022"); a short one is the note number.
    if key_of(rest).len() > 4 { (position, offset, false) } else { (position + 1, 0, false) }
}

/// Highest-scoring sequence of matches in the form's order.
fn best_sequence(mut candidates: Vec<Found>, slots: &[Slot<'_>]) -> Vec<Found> {
    candidates.sort_by_key(|found| (found.start, found.value));
    let mut total: Vec<f32> = Vec::with_capacity(candidates.len());
    let mut from: Vec<Option<usize>> = Vec::with_capacity(candidates.len());
    for (index, found) in candidates.iter().enumerate() {
        let mut best = found.score + transition(None, found.slot, slots).unwrap_or(-10.0);
        let mut before = None;
        for (earlier, other) in candidates[..index].iter().enumerate() {
            let apart = other.value < found.start || (other.value == found.start && other.value_offset == 0);
            if !apart {
                continue;
            }
            if let Some(step) = transition(Some(other.slot), found.slot, slots) {
                let sum = total[earlier] + found.score + step;
                if sum > best {
                    best = sum;
                    before = Some(earlier);
                }
            }
        }
        total.push(best);
        from.push(before);
    }
    let mut chain = Vec::new();
    let mut at = (0..candidates.len()).max_by(|&a, &b| total[a].total_cmp(&total[b]));
    while let Some(index) = at {
        chain.push(candidates[index].clone());
        at = from[index];
    }
    chain.reverse();
    chain
}

/// What it costs to find label `to` after label `from`; `None` when the form does not allow it.
fn transition(from: Option<usize>, to: usize, slots: &[Slot<'_>]) -> Option<f32> {
    let Some(from) = from else {
        return Some(-0.3 * headings(slots, 0, to) - if matches!(slots[to].role, Role::Field(..)) { 1.0 } else { 0.0 });
    };
    let (a, b) = (&slots[from], &slots[to]);
    if a.group == b.group {
        if to > from {
            return Some(-0.4 * (to - from - 1) as f32);
        }
        if !b.repeats() {
            return None;
        }
        let first_field = slots.iter().position(|slot| slot.group == b.group && matches!(slot.role, Role::Field(..)));
        return match b.role {
            Role::Repeat(_) => Some(0.0),
            Role::Field(item, _) if first_field == Some(to) => Some(if item.repeat.is_some() { -0.7 } else { 0.0 }),
            Role::Field(..) => Some(-1.2),
            _ => None,
        };
    }
    if to < from {
        return None;
    }
    let skipped = headings(slots, from + 1, to);
    Some(match b.role {
        Role::Section(_) | Role::Heading(_) => -0.6 * skipped,
        Role::Repeat(_) => -0.4 - 0.6 * skipped,
        Role::Field(..) => -1.4 - 0.6 * skipped,
    })
}

fn headings(slots: &[Slot<'_>], from: usize, to: usize) -> f32 {
    slots[from..to].iter().filter(|slot| matches!(slot.role, Role::Section(_) | Role::Heading(_))).count() as f32
}

#[cfg(test)]
mod tests {
    use form::LawBook;

    use super::*;
    use crate::read::sample::tokens;
    use crate::read::template::slots;

    /// The labels found: item number or code, field key, and the first words of the value.
    fn labels(page: &str) -> Vec<(String, String, String)> {
        let book = LawBook::embedded().expect("embedded");
        let form = book.rule_sets[0].form("PL1").expect("PL1");
        let slots = slots(form);
        let tokens = tokens(page);
        let found = align(&tokens, &slots);
        let end = |index: usize| found.get(index + 1).map_or(tokens.len(), |next| next.start);
        found
            .iter()
            .enumerate()
            .filter_map(|(index, label)| match slots[label.slot].role {
                Role::Field(item, field) => {
                    let value = tokens[label.value.min(end(index))..end(index)].iter().map(|t| t.text.as_str());
                    Some((
                        item.code.clone().unwrap_or_default(),
                        field.key.clone(),
                        value.collect::<Vec<_>>().join(" "),
                    ))
                }
                _ => None,
            })
            .collect()
    }

    fn triple(code: &str, key: &str, value: &str) -> (String, String, String) {
        (code.into(), key.into(), value.into())
    }

    #[test]
    fn garbled_labels_repeats_and_labels_inside_values() {
        let found = labels(
            "II. THÔNG TIN MÔ TẢ VỀ TÀI SẢN®\n1. Quyền sử dụng thực tế đối với đất”:\n1.1. Đất ởU:\n\
             1.1.1. Thửa thứ nhất:\n- Địa chỉ?: ấp 10, xã Định Hiệp\n- Diện tich”: 72,6m2\n- Giá trịC?: 805.000.000 VNĐ\n\
             - Giấy chứng nhận quyền sử dụng”°: chưa được cấp giấy chứng nhận quyền sử dụng\nđất\n\
             1.1.2. Thửa thứ hai:\n~ Địa chỉ: thôn 12\n- Giá trị09); không xác định được giá trị, lý do: đã lâu\n\
             1.2. Các loại đất khác:\nKhông",
        );
        assert_eq!(
            found,
            [
                triple("LAND_RES", "address", "ấp 10, xã Định Hiệp"),
                triple("LAND_RES", "area_m2", "72,6m2"),
                triple("LAND_RES", "value", "805.000.000 VNĐ"),
                triple("LAND_RES", "certificate", "chưa được cấp giấy chứng nhận quyền sử dụng đất"),
                triple("LAND_RES", "address", "thôn 12"),
                triple("LAND_RES", "value", "không xác định được giá trị, lý do: đã lâu"),
            ]
        );
    }

    #[test]
    fn fields_on_one_line_and_a_label_broken_over_lines() {
        let found = labels(
            "4. Vàng, kim cương, bạch kim và các kim loại quý, đá quý khác có tổng giá trị từ 50 triệu đồng trở lên:\n\
             - Loại: Vàng SJC\tSố lượng: 43 chỉ\tGiá trị: 625 triệu đồng\n- Loại: Bạch kim\tSố lượng: 2 chỉ\tGiá\n\
             trị: 90 triệu đồng",
        );
        assert_eq!(
            found,
            [
                triple("PRECIOUS", "name", "Vàng SJC"),
                triple("PRECIOUS", "quantity", "43 chỉ"),
                triple("PRECIOUS", "value", "625 triệu đồng"),
                triple("PRECIOUS", "name", "Bạch kim"),
                triple("PRECIOUS", "quantity", "2 chỉ"),
                triple("PRECIOUS", "value", "90 triệu đồng"),
            ]
        );
    }

    #[test]
    fn date_and_place_of_issue_inside_the_line() {
        let found = labels(
            "I. THÔNG TIN CHUNG\n1. Người kê khai tài sản, thu nhập\n- Họ và tên: Lê Đức Tuấn\n\
             - Số căn cước công dân hoặc giấy chứng minh nhân dân®: 066083610983 ngày\n\
             cấp 04/03/2021 nơi cấp Cục Cảnh sát",
        );
        assert_eq!(
            found,
            [
                triple("DECLARANT", "full_name", "Lê Đức Tuấn"),
                triple("DECLARANT", "id_no", "066083610983"),
                triple("DECLARANT", "id_date", "04/03/2021"),
                triple("DECLARANT", "id_place", "Cục Cảnh sát"),
            ]
        );
    }
}
