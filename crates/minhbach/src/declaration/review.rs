//! A draft judged: what is in the way of sending, where, and how far each section is.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use form::doc::{Answer, answer};
use form::rules::Finding;
use form::{Kind, RuleSet, Severity};

use super::carry;
use super::compose::{self, Composed, Frame};
use super::draft::{self, Draft};
use super::income::{self, Reckoned};
use super::submit::{self, Before};
use super::typed::Typed;
use super::wizard::{self, Section};
use crate::kernel::web::{FieldError, FieldErrors};
use crate::kernel::{App, Result};
use crate::person::Obligation;

/// How far a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    NotStarted,
    InProgress,
    ToMend,
    Done,
}

impl State {
    pub fn label(self) -> &'static str {
        match self {
            State::NotStarted => "Chưa bắt đầu",
            State::InProgress => "Đang làm",
            State::ToMend => "Cần sửa",
            State::Done => "Đã xong",
        }
    }

    /// The kind of the tag that shows it (`ui::tag`).
    pub fn kind(self) -> &'static str {
        match self {
            State::NotStarted => "",
            State::InProgress => "wait",
            State::ToMend => "wrong",
            State::Done => "good",
        }
    }
}

/// Something in the way of sending, with the box it leads to.
#[derive(Debug, Clone)]
pub struct Obstacle {
    /// None: not typed anywhere (the day of completion).
    pub section: Option<String>,
    pub name: String,
    pub sentence: String,
    pub missing: bool,
}

/// A draft put together and judged.
pub struct Review<'a> {
    pub rules: &'a RuleSet,
    pub kind: Kind,
    /// The day it would be completed on if it were sent now.
    pub completed_on: NaiveDate,
    pub today: NaiveDate,
    pub sections: Vec<Section<'a>>,
    pub composed: Composed,
    pub findings: Vec<Finding>,
    pub obstacles: Vec<Obstacle>,
    /// What the person said became of the assets of the previous declaration.
    pub decisions: BTreeMap<usize, form::compare::Decision>,
    /// What the income's sheet comes to, once every line of it can be read.
    pub reckoned: Option<Reckoned>,
    /// The income's sheet, once it was begun.
    pub sheet: Option<Section<'a>>,
    /// Sections as their page shows them, where they follow from others: item 10, section III.
    follows: BTreeMap<String, Typed>,
    draft: &'a Draft,
}

impl<'a> Review<'a> {
    /// Judges a draft as if it were completed and sent today; a correction keeps the day the declaration was completed on.
    pub fn of(app: &'a App, obligation: &Obligation, draft: &'a Draft, today: NaiveDate) -> Result<Self> {
        let (rules, form) = draft::law_of(app, obligation)?;
        let completed_on = draft.completed_on.unwrap_or(today);
        let before = draft.content_before();
        let frame = Frame { rules, form, kind: obligation.kind, completed_on, before };
        let mut typed = draft.typed();
        let mut composed = compose::compose(&frame, &typed).map_err(anyhow::Error::from)?;
        let decisions = carry::decisions(&typed, &composed);
        let sections = wizard::sections(form, obligation.kind);
        let sheet = wizard::income_sheet(&app.law, form, obligation.kind);
        let sheet = sheet.filter(|sheet| draft.sections.contains_key(sheet.code));
        let (mut reckoned, mut unfinished) = (None, FieldErrors::default());
        if let Some(sheet) = &sheet {
            match income::reckon(rules, sheet, &draft.sections[sheet.code].typed) {
                Ok(found) => reckoned = found,
                Err(errors) => unfinished = errors,
            }
        }
        // Item 10 follows the sheet, section III the assets and the income; what is judged is what their pages show.
        let mut follows = BTreeMap::new();
        let mut moved_on = Vec::new();
        let saved = |section: &Section<'_>| draft.sections.get(section.code).map(|saved| &saved.typed);
        if let (Some(reckoned), Some(item)) = (&reckoned, income::item(&sections)) {
            let derived = income::filled(item, saved(item), reckoned);
            if saved(item).is_some_and(|saved| differs(saved, &derived)) {
                moved_on.push((item, Moved::Lines));
                typed.insert(item.code.to_owned(), derived.clone());
                composed = compose::compose(&frame, &typed).map_err(anyhow::Error::from)?;
            }
            follows.insert(item.code.to_owned(), derived);
        }
        if let Some(table) = sections.iter().find(|section| section.table.is_some()) {
            let mut derived = match &draft.previous {
                Some(carried) => carry::changes(&app.law, &frame, carried, &composed, &decisions, &typed)?,
                None => saved(table).cloned().unwrap_or_default(),
            };
            let stated = income::item(&sections).map(|_| composed.income(form));
            income::tell(&mut derived.top, stated, reckoned.as_ref());
            let moved = saved(table).and_then(|saved| moved(saved, &derived));
            if let Some(what) = moved {
                moved_on.push((table, what));
                typed.insert(table.code.to_owned(), derived.clone());
                composed = compose::compose(&frame, &typed).map_err(anyhow::Error::from)?;
            }
            follows.insert(table.code.to_owned(), derived);
        }
        let before = Before {
            completed_on: draft.previous_completed_on,
            declared: draft.previous.as_ref().map(|carried| (carried, &decisions)),
            listed: draft.listed.clone(),
        };
        let findings = submit::judge(app, obligation, &composed.document, completed_on, &before)?;
        let mut obstacles = obstacles(&sections, &composed, &findings);
        // Whoever begins the sheet finishes it or takes the line away: a sum that leaves out a line is nobody's.
        obstacles.extend(sheet.iter().flat_map(|sheet| unfinished.list().iter().map(|error| on_sheet(sheet, error))));
        obstacles.extend(moved_on.into_iter().map(|(section, what)| unseen(section, what)));
        obstacles.extend(sections.iter().filter(|section| draft.awaits(&app.law, section.code)).map(unconfirmed));
        let kind = obligation.kind;
        Ok(Self {
            rules,
            kind,
            completed_on,
            today,
            sections,
            composed,
            findings,
            obstacles,
            decisions,
            reckoned,
            sheet,
            follows,
            draft,
        })
    }

    /// A section as its page shows it: as it was saved, or as it follows from others now.
    pub fn shown(&self, section: &str) -> Typed {
        let saved = || self.draft.sections.get(section).map(|saved| saved.typed.clone());
        self.follows.get(section).cloned().or_else(saved).unwrap_or_default()
    }

    /// The sentences of one section, each on its box.
    pub fn errors_of(&self, section: &str) -> FieldErrors {
        let mut errors = FieldErrors::default();
        for obstacle in self.obstacles_of(section) {
            errors.add(obstacle.name.clone(), obstacle.sentence.clone());
        }
        errors
    }

    /// The same without what is merely not filled in yet: what a page shows before it was sent.
    pub fn faults_of(&self, section: &str) -> FieldErrors {
        let mut errors = FieldErrors::default();
        for obstacle in self.obstacles_of(section).filter(|obstacle| !obstacle.missing) {
            errors.add(obstacle.name.clone(), obstacle.sentence.clone());
        }
        errors
    }

    fn obstacles_of(&self, section: &str) -> impl Iterator<Item = &Obstacle> {
        self.obstacles.iter().filter(move |obstacle| obstacle.section.as_deref() == Some(section))
    }

    pub fn state_of(&self, section: &str) -> State {
        let typed = self.draft.sections.get(section).map(|saved| &saved.typed);
        if typed.is_none_or(super::typed::Typed::is_blank) {
            return State::NotStarted;
        }
        let mut obstacles = self.obstacles_of(section).peekable();
        match (obstacles.peek().is_some(), obstacles.any(|obstacle| !obstacle.missing)) {
            (_, true) => State::ToMend,
            (true, false) => State::InProgress,
            (false, false) => State::Done,
        }
    }

    /// How many sections have nothing in the way.
    pub fn done(&self) -> usize {
        self.sections.iter().filter(|section| self.state_of(section.code) == State::Done).count()
    }

    /// Warnings: each wants a reason before sending (law.md §12.2). What is in the way already is not warned of too.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warn && !self.is_obstacle(&finding.path))
    }

    fn is_obstacle(&self, path: &str) -> bool {
        let place = self.composed.box_of(&self.sections, path);
        place.is_some_and(|(section, name)| self.obstacles_of(&section).any(|obstacle| obstacle.name == name))
    }

    /// Things to know; nothing is asked.
    pub fn remarks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Info)
    }

    /// The page and box of a finding: "ii-1-1#e0.area_m2"; none where nothing can be typed.
    pub fn link_to(&self, section: Option<&str>, name: &str) -> Option<String> {
        let section = self.sections.iter().chain(&self.sheet).find(|known| Some(known.code) == section)?;
        Some(format!("{}#{name}", section.slug))
    }
}

fn on_sheet(sheet: &Section<'_>, error: &FieldError) -> Obstacle {
    let (name, sentence) = (error.field.clone(), format!("{}: {}", sheet.heading, error.text));
    Obstacle { section: Some(sheet.code.to_owned()), name, sentence, missing: false }
}

/// Whether boxes a person sees differ.
fn differs(saved: &Typed, derived: &Typed) -> bool {
    saved.differences(derived).iter().any(|name| carry::is_seen(name))
}

/// What a section follows that is not as it was when the person last saved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// The lines of the income's sheet.
    Lines,
    Assets,
    Income,
}

/// What moved of section III: its rows, which follow the assets, or the row of the income. The answer above the rows is the
/// person's (rule I15 says where the two contradict each other).
fn moved(saved: &Typed, derived: &Typed) -> Option<Moved> {
    let of_income = |top: &BTreeMap<String, String>| -> Vec<_> {
        income::HIDDEN_TOPS
            .iter()
            .map(|name| top.get(name.trim_end_matches(".goc")).cloned().unwrap_or_default())
            .collect()
    };
    match (saved.entries != derived.entries, of_income(&saved.top) != of_income(&derived.top)) {
        (true, _) => Some(Moved::Assets),
        (false, true) => Some(Moved::Income),
        (false, false) => None,
    }
}

/// What follows from other sections became something else since the person last saved it.
fn unseen(section: &Section<'_>, what: Moved) -> Obstacle {
    let (because, mend) = match what {
        Moved::Lines => ("các khoản thu nhập vừa thay đổi nên tổng được tính lại", "xem"),
        Moved::Assets => ("tài sản đã khai vừa thay đổi nên bảng biến động được lập lại", "xem, ghi giải trình"),
        Moved::Income => ("thu nhập đã khai vừa thay đổi nên dòng tổng thu nhập được lập lại", "xem, ghi giải trình"),
    };
    Obstacle {
        section: Some(section.code.to_owned()),
        name: if section.asks() { "have".to_owned() } else { String::new() },
        sentence: format!(
            "Mục {}: {because}. Đề nghị Ông/Bà mở mục này, {mend} rồi bấm “Lưu và tiếp tục”.",
            section.number
        ),
        missing: true,
    }
}

/// What was carried and that nobody has looked at yet.
fn unconfirmed(section: &Section<'_>) -> Obstacle {
    Obstacle {
        section: Some(section.code.to_owned()),
        name: if section.asks() { "have".to_owned() } else { String::new() },
        sentence: format!(
            "Mục {}: nội dung lấy từ lần kê khai trước, Ông/Bà chưa xác nhận. Đề nghị trả lời phần “Từ lần kê khai trước”, hoặc mở mục này, xem rồi bấm “Lưu và tiếp tục”.",
            section.title()
        ),
        missing: true,
    }
}

/// Texts that cannot be read, then what blocks; one sentence per box, because one fault often breaks several rules.
fn obstacles(sections: &[Section<'_>], composed: &Composed, findings: &[Finding]) -> Vec<Obstacle> {
    let mut found: Vec<Obstacle> = Vec::new();
    for problem in &composed.problems {
        found.push(Obstacle {
            section: Some(problem.section.clone()),
            name: problem.name.clone(),
            sentence: problem.sentence.clone(),
            missing: problem.missing,
        });
    }
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Block) {
        let (section, name) = match composed.box_of(sections, &finding.path) {
            Some((section, name)) => (Some(section), name),
            None => (None, String::new()),
        };
        let is_told = section.is_some() && found.iter().any(|other| other.section == section && other.name == name);
        if !is_told {
            let missing = matches!(answer(&composed.document, &finding.path), Answer::Absent);
            found.push(Obstacle { section, name, sentence: finding.sentence(), missing });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use form::LawBook;
    use std::collections::BTreeMap;

    #[test]
    fn an_unanswered_item_is_missing_and_a_wrong_area_is_a_fault() {
        let law = LawBook::embedded().unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let form = rules.form_for(Kind::First).unwrap();
        let today = NaiveDate::from_ymd_opt(2025, 12, 8).unwrap();
        let frame = Frame { rules, form, kind: Kind::First, completed_on: today, before: None };
        let land = Typed::from_names([("have", "co"), ("e0.area_m2", "0"), ("e0.address", "thôn 3")].into_iter());
        let composed = compose::compose(&frame, &BTreeMap::from([("LAND_RES".to_owned(), land)])).unwrap();
        let context = form::rules::Context {
            today,
            channel: form::Channel::Online,
            previous_completed_on: None,
            previous: None,
            last_day: None,
            listed: None,
        };
        let findings = form::rules::validate(rules, form, &composed.document, &context);
        let sections = wizard::sections(form, Kind::First);
        let obstacles = obstacles(&sections, &composed, &findings);
        let of = |section: &str, name: &str| {
            obstacles.iter().find(|o| o.section.as_deref() == Some(section) && o.name == name).map(|o| o.missing)
        };
        assert_eq!(of("LAND_RES", "e0.area_m2"), Some(false), "{obstacles:#?}");
        assert_eq!(of("HOUSE", "have"), Some(true));
        assert_eq!(of("DECLARANT", "e0.full_name"), Some(true));
        assert_eq!(of("LAND_RES", "e0.address"), None);
        assert!(obstacles.iter().all(|o| o.section.is_some()), "{obstacles:#?}");
    }
}
