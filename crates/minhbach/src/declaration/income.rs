//! The income added up source by source (notes 28 and 32): the sheet's lines make the four sums of item 10, and the sum and
//! the explanation of the last row of section III. Nothing is written over what a person wrote themselves: a box takes the
//! new figure only while it holds the one that was reckoned before, and the person saves it by the page's button.
use std::collections::BTreeMap;

use form::doc::Missing;
use form::{Field, InputError, LawBook, RuleSet, parse_input};

use super::carry::{self, Fate, SOLD};
use super::typed::{Have, Typed};
use super::wizard::{INCOME, PART, Section};
use crate::kernel::web::FieldErrors;

/// What the lines of a sheet come to. Money in đồng.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    /// By the key of item 10, every one of them; empty where the form asks for the sum only.
    pub parts: BTreeMap<String, i64>,
    pub sum: i64,
    /// Each source with its sum (note 32): "Lương, phụ cấp, trợ cấp: 180.000.000 đồng (12 × 15.000.000)."
    pub explanation: String,
}

/// One line that can be read.
struct Line {
    entry: usize,
    source: String,
    part: String,
    amount: i64,
    times: i64,
    total: i64,
    from: String,
}

/// What a sheet comes to. Nothing before it was answered.
///
/// # Errors
/// A sentence on each box that is missing or cannot be read, of amounts too great to be added too.
pub fn reckon(rules: &RuleSet, sheet: &Section<'_>, typed: &Typed) -> Result<Option<Reckoned>, FieldErrors> {
    let is_blank = typed.is_blank();
    let entries = match typed.have {
        None if is_blank => return Ok(None),
        Some(Have::Khong) => 0,
        None | Some(Have::Co) => typed.entries.len(),
    };
    let mut errors = FieldErrors::default();
    match typed.have {
        None => errors.add("have", "Chưa chọn Có hoặc Không có. Đề nghị Ông/Bà chọn một trong hai."),
        Some(Have::Co) if entries == 0 => {
            errors.add("have", "Đã chọn Có mà chưa ghi khoản nào. Đề nghị Ông/Bà ghi từng khoản, hoặc chọn Không có.");
        }
        _ => {}
    }
    let lines: Vec<_> = (0..entries).filter_map(|entry| line(rules, sheet, typed, entry, &mut errors)).collect();
    let asks_parts = field(sheet, PART);
    let mut parts: BTreeMap<String, i64> = asks_parts
        .map(|field| field.options.iter().map(|option| (option.code.clone(), 0)).collect())
        .unwrap_or_default();
    let mut sum = 0_i64;
    for line in &lines {
        let part = parts.get_mut(&line.part);
        let added = sum.checked_add(line.total).filter(|sum| *sum <= MOST_DONG);
        match added {
            Some(added) => sum = added,
            None => errors.add(format!("e{}.amount", line.entry), TOO_GREAT),
        }
        if let Some(part) = part {
            *part = part.saturating_add(line.total);
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Some(Reckoned { parts, sum, explanation: explanation(sheet, &lines) }))
}

const TOO_GREAT: &str = "Số tiền: tổng quá lớn. Đề nghị Ông/Bà kiểm tra lại số tiền và số lần.";

fn field<'f>(sheet: &Section<'f>, key: &str) -> Option<&'f Field> {
    sheet.slots.iter().map(|slot| slot.field).find(|field| field.key == key)
}

/// A line; none with a sentence on each of its boxes that is in the way.
fn line(rules: &RuleSet, sheet: &Section<'_>, typed: &Typed, entry: usize, errors: &mut FieldErrors) -> Option<Line> {
    let name = |key: &str| format!("e{entry}.{key}");
    let mut read = |key: &str| -> Option<serde_json::Value> {
        let field = field(sheet, key)?;
        let told = match parse_input(field, typed.text(&name(key))) {
            Ok(serde_json::Value::Null) => missing(field),
            // "không biết" and the like are answers to the form, not something to add.
            Ok(value) if Missing::of(&value).is_some() => no_answer(field),
            Ok(value) => return Some(value),
            Err(error) => InputError::sentence(&error, rules),
        };
        errors.add(name(key), told);
        None
    };
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let (source, part) = (read("source").and_then(word), read(PART).and_then(word));
    let amount = read("amount").and_then(|amount| amount.as_i64());
    let times = match typed.text(&name("times")).trim() {
        "" => Some(1),
        text => text.parse::<i64>().ok().filter(|times| (1..=MOST_TIMES).contains(times)),
    };
    if times.is_none() {
        errors.add(name("times"), NOT_A_COUNT);
    }
    let part = if field(sheet, PART).is_some() { part? } else { String::new() };
    let (source, amount, times) = (source?, amount?, times?);
    let total = amount.checked_mul(times).filter(|total| *total <= MOST_DONG);
    if total.is_none() {
        errors.add(name("amount"), TOO_GREAT);
    }
    let from = viet::text::normalise(typed.text(&name("from"))).trim_end_matches(['.', ';', ',']).to_owned();
    Some(Line { entry, source, part, amount, times, total: total?, from })
}

/// More cannot be told apart by whoever reads the document (`viet::number::MAX_DONG`).
const MOST_DONG: i64 = viet::number::MAX_DONG.cast_signed();

/// A slip of the pen beyond: twice a day for a year.
const MOST_TIMES: i64 = 732;
const NOT_A_COUNT: &str = "Số lần: phải là một số nguyên từ 1 đến 732. Đề nghị Ông/Bà ghi số lần nhận trong kỳ, ví dụ 12; \
                           hoặc để trống nếu số tiền đã là tổng.";

fn missing(field: &Field) -> String {
    let verb = if field.options.is_empty() { "ghi" } else { "chọn" };
    format!("{}: chưa {verb}. Đề nghị Ông/Bà {verb}, hoặc xóa khoản này.", field.label)
}

fn no_answer(field: &Field) -> String {
    format!("{}: không cộng được. Đề nghị Ông/Bà ghi bằng số, hoặc xóa khoản này.", field.label)
}

/// Sources in the law's order, each with its sum; below it what it is from, with its own sum where there are several.
fn explanation(sheet: &Section<'_>, lines: &[Line]) -> String {
    if lines.is_empty() {
        return "Trong kỳ không có khoản thu nhập nào.".to_owned();
    }
    let options = field(sheet, "source").map(|field| field.options.as_slice()).unwrap_or_default();
    let told = options.iter().filter_map(|option| {
        let mine: Vec<_> = lines.iter().filter(|line| line.source == option.code).collect();
        let sum: i64 = mine.iter().map(|line| line.total).sum();
        let is_one = mine.len() == 1;
        let parts: Vec<_> = mine.iter().map(|line| line.told(is_one)).filter(|text| !text.is_empty()).collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
        (!mine.is_empty()).then(|| format!("{}: {} đồng{parts}", option.label, viet::number::group(sum)))
    });
    format!("{}.", told.collect::<Vec<_>>().join("; "))
}

impl Line {
    fn told(&self, is_alone: bool) -> String {
        let counted = match (self.times, is_alone) {
            (1, true) => String::new(),
            (1, false) => viet::number::group(self.total),
            (times, _) => format!("{times} × {}", viet::number::group(self.amount)),
        };
        let texts = [self.from.as_str(), &counted];
        texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")
    }
}

/// In the section of item 10: what was reckoned into each box when it was last saved ("15000000|0|0|0").
const RECKONED: &str = carry::DERIVED;

/// Item 10 as the sheet makes it: a box that is empty or holds what was reckoned before takes the new sum.
pub fn filled(item: &Section<'_>, saved: Option<&Typed>, reckoned: &Reckoned) -> Typed {
    let mut typed = saved.cloned().unwrap_or_default();
    if typed.entries.is_empty() {
        typed.entries.push(BTreeMap::new());
    }
    let entry = &mut typed.entries[0];
    let seen = entry.get(RECKONED).cloned().unwrap_or_default();
    let seen: Vec<_> = seen.split('|').collect();
    let sums: Vec<_> = item.slots.iter().map(|slot| reckoned.parts.get(&slot.path).copied().unwrap_or(0)).collect();
    for (place, (slot, sum)) in item.slots.iter().zip(&sums).enumerate() {
        take(entry, &slot.path, seen.get(place).copied().unwrap_or_default(), &viet::number::group(*sum));
    }
    let all = sums.iter().map(|sum| viet::number::group(*sum)).collect::<Vec<_>>().join("|");
    entry.insert(RECKONED.to_owned(), all);
    typed
}

/// Beside the rows of section III: what was put into the boxes of the income's row when it was last saved.
pub const HIDDEN_TOPS: [&str; 2] = ["INCOME.value.goc", "INCOME.explanation.goc"];

/// The boxes of the income's row in section III: the sum of item 10 (rule I02), or of the sheet where the form has no item
/// 10 (`stated` is none), and each source with its sum (rule I03), as long as both come to the same.
pub fn tell(top: &mut BTreeMap<String, String>, stated: Option<Option<i64>>, reckoned: Option<&Reckoned>) {
    let sum = match stated {
        Some(item) => item,
        None => reckoned.map(|reckoned| reckoned.sum),
    };
    let explanation = reckoned.map(|reckoned| match sum {
        Some(sum) if sum == reckoned.sum => reckoned.explanation.clone(),
        // What does not add up to the sum explains it no more; what the person wrote stays.
        _ => String::new(),
    });
    for (hidden, text) in HIDDEN_TOPS.into_iter().zip([sum.map(viet::number::group), explanation]) {
        let Some((text, name)) = text.zip(hidden.strip_suffix(".goc")) else { continue };
        let seen = top.get(hidden).cloned().unwrap_or_default();
        take(top, name, &seen, &text);
        top.insert(hidden.to_owned(), text);
        top.retain(|_, text| !text.is_empty());
    }
}

/// A box takes what is reckoned while it is empty or holds what was reckoned before.
fn take(boxes: &mut BTreeMap<String, String>, name: &str, seen: &str, text: &str) {
    let written = boxes.get(name).map_or("", String::as_str);
    if written.is_empty() || written == seen {
        boxes.insert(name.to_owned(), text.to_owned());
    }
}

/// A sheet with a line for each asset the person said is gone and that no line tells of: what was sold brought in money
/// (rule I07). A line they took away does not come back.
pub fn with_sales(law: &LawBook, sections: &[Section<'_>], draft: &BTreeMap<String, Typed>, typed: &Typed) -> Typed {
    let mut typed = typed.clone();
    let taken_away = typed.text(&format!("t.{}", carry::TAKEN_AWAY)).to_owned();
    let told: Vec<_> = typed.entries.iter().filter_map(|entry| entry.get(SOLD).cloned()).collect();
    for section in sections.iter().filter(|section| section.path == "assets[]") {
        let Some(assets) =
            draft.get(section.code).filter(|_| !law.income.not_sold.iter().any(|code| code == section.code))
        else {
            continue;
        };
        for entry in (0..assets.entries.len()).filter(|entry| Fate::of(assets, *entry) == Fate::Disposed) {
            let Some(mark) = carry::from(assets, entry).map(|index| index.to_string()) else { continue };
            if told.contains(&mark) || taken_away.lines().any(|line| line == mark) {
                continue;
            }
            let name = carry::name_of_entry(section, assets, entry);
            let from = format!("bán {name}");
            typed.entries.push(BTreeMap::from([
                ("source".to_owned(), law.income.sale.clone()),
                ("from".to_owned(), from),
                (SOLD.to_owned(), mark),
            ]));
            typed.have = Some(Have::Co);
        }
    }
    typed
}

/// The sheet after the declaration before became another: what tells of an asset points at the same asset there, or at none.
pub fn follow(typed: &mut Typed, to: impl Fn(usize) -> Option<usize>) {
    let moved = |mark: &str| mark.parse().ok().and_then(&to).map(|index| index.to_string());
    for entry in &mut typed.entries {
        if let Some(mark) = entry.remove(SOLD) {
            entry.extend(moved(&mark).map(|mark| (SOLD.to_owned(), mark)));
        }
    }
    if let Some(marks) = typed.top.remove(carry::TAKEN_AWAY) {
        let marks: Vec<_> = marks.lines().filter_map(moved).collect();
        typed.top.extend((!marks.is_empty()).then(|| (carry::TAKEN_AWAY.to_owned(), marks.join("\n"))));
    }
}

/// The section that holds the parts of the income, if the form has one.
pub fn item<'s, 'f>(sections: &'s [Section<'f>]) -> Option<&'s Section<'f>> {
    sections.iter().find(|section| section.code == INCOME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::wizard;
    use form::Kind;

    fn reckoned(kind: Kind, names: &[(&str, &str)]) -> Result<Option<Reckoned>, Vec<(String, String)>> {
        let law = LawBook::embedded().unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let sheet = wizard::income_sheet(&law, rules.form_for(kind).unwrap(), kind).unwrap();
        let typed = Typed::from_names(names.iter().copied());
        let told = |errors: FieldErrors| errors.map().into_iter().map(|(at, text)| (at.into(), text.into())).collect();
        reckon(rules, &sheet, &typed).map_err(told)
    }

    #[test]
    fn lines_are_added_by_whose_they_are_and_told_by_source_in_the_laws_order() {
        let sheet = [
            ("have", "co"),
            ("e0.source", "SALE"),
            ("e0.part", "common"),
            ("e0.amount", "4 tỷ"),
            ("e0.from", "bán thửa đất B."),
            ("e1.source", "SALARY"),
            ("e1.part", "declarant"),
            ("e1.amount", "15.000.000"),
            ("e1.times", "12"),
            ("e2.source", "SALARY"),
            ("e2.part", "spouse"),
            ("e2.amount", "120.000.000"),
            ("e2.from", "lương giáo viên"),
        ];
        let found = reckoned(Kind::Annual, &sheet).unwrap().unwrap();
        assert_eq!(found.sum, 4_300_000_000);
        let parts = [("children", 0), ("common", 4_000_000_000), ("declarant", 180_000_000), ("spouse", 120_000_000)];
        assert_eq!(found.parts, parts.map(|(key, sum)| (key.to_owned(), sum)).into());
        assert_eq!(
            found.explanation,
            "Lương, phụ cấp, trợ cấp: 300.000.000 đồng (12 × 15.000.000; lương giáo viên: 120.000.000); \
             Tiền thu do bán tài sản: 4.000.000.000 đồng (bán thửa đất B)."
        );
    }

    #[test]
    fn none_at_all_is_an_answer_and_silence_is_not() {
        assert_eq!(reckoned(Kind::Annual, &[]), Ok(None));
        let none = reckoned(Kind::Annual, &[("have", "khong")]).unwrap().unwrap();
        assert_eq!((none.sum, none.parts.len()), (0, 4));
        assert_eq!(none.explanation, "Trong kỳ không có khoản thu nhập nào.");
    }

    #[test]
    fn what_cannot_be_added_is_said_on_its_box() {
        let at = |names: &[(&str, &str)]| {
            let all: Vec<_> =
                [("have", "co"), ("e0.source", "SALARY"), ("e0.part", "spouse")].iter().chain(names).copied().collect();
            reckoned(Kind::Annual, &all).unwrap_err()
        };
        for (names, name, text) in [
            (&[("e0.amount", "mười x")][..], "e0.amount", "không đọc được số tiền"),
            (&[("e0.amount", "không biết")], "e0.amount", "không cộng được"),
            (&[("e0.amount", "không có")], "e0.amount", "không cộng được"),
            (&[("e0.amount", "từ chối khai")], "e0.amount", "không cộng được"),
            (&[("e0.from", "lương")], "e0.amount", "Số tiền: chưa ghi"),
            (&[("e0.amount", "5 triệu"), ("e0.times", "0")], "e0.times", "số nguyên từ 1 đến 732"),
            (&[("e0.amount", "5 triệu"), ("e0.times", "một năm")], "e0.times", "số nguyên từ 1 đến 732"),
            (&[("e0.amount", "9007199254740991"), ("e0.times", "2")], "e0.amount", "tổng quá lớn"),
            (
                &[("e0.amount", "9007199254740991"), ("e1.source", "GIFT"), ("e1.part", "spouse"), ("e1.amount", "1")],
                "e1.amount",
                "tổng quá lớn",
            ),
        ] {
            let errors = at(names);
            assert!(errors.iter().any(|(at, told)| at == name && told.contains(text)), "{names:?}: {errors:?}");
        }
        let unanswered = reckoned(Kind::Annual, &[("e0.source", "SALARY")]).unwrap_err();
        assert!(unanswered.iter().any(|(at, _)| at == "have"), "{unanswered:?}");
        let none = reckoned(Kind::Annual, &[("have", "co")]).unwrap_err();
        assert_eq!(none[0].0, "have");
        let nobodys =
            reckoned(Kind::Annual, &[("have", "co"), ("e0.source", "SALARY"), ("e0.amount", "1")]).unwrap_err();
        assert_eq!(
            nobodys,
            [("e0.part".to_owned(), "Của ai: chưa chọn. Đề nghị Ông/Bà chọn, hoặc xóa khoản này.".to_owned())]
        );
    }

    #[test]
    fn a_form_without_item_10_asks_for_the_sum_only() {
        let sheet = [("have", "co"), ("e0.source", "BONUS"), ("e0.amount", "30 triệu")];
        let found = reckoned(Kind::Supplement, &sheet).unwrap().unwrap();
        assert_eq!((found.sum, found.parts.len()), (30_000_000, 0));
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::First).unwrap();
        assert!(wizard::income_sheet(&law, form, Kind::First).is_none(), "a first declaration tells no income");
    }

    #[test]
    fn own_words_stay_and_what_was_reckoned_follows() {
        let told = |sum: i64| Reckoned { parts: BTreeMap::new(), sum, explanation: format!("Lương: {sum}.") };
        let mut top = BTreeMap::new();
        tell(&mut top, None, Some(&told(5)));
        assert_eq!((top["INCOME.value"].as_str(), top["INCOME.explanation"].as_str()), ("5", "Lương: 5."));
        top.insert("INCOME.explanation".into(), "Lương của tôi: 5".into());
        tell(&mut top, None, Some(&told(7)));
        assert_eq!((top["INCOME.value"].as_str(), top["INCOME.explanation"].as_str()), ("7", "Lương của tôi: 5"));
        // The sum of item 10, where there is one, is what the row tells; what does not add up to it explains it no more.
        top.remove("INCOME.explanation");
        tell(&mut top, Some(Some(7)), Some(&told(7)));
        assert_eq!(top["INCOME.explanation"], "Lương: 7.");
        tell(&mut top, Some(Some(9)), Some(&told(7)));
        assert_eq!((top["INCOME.value"].as_str(), top.get("INCOME.explanation")), ("9", None));
        // An item 10 that cannot be read says nothing.
        tell(&mut top, Some(None), Some(&told(7)));
        assert_eq!(top["INCOME.value"], "9");
    }
}
