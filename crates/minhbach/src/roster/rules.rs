//! What a line of the list says and what follows from it, without a database.
use chrono::{Datelike, NaiveDate};
use form::{Ground, Kind, LawBook};
use serde::{Deserialize, Serialize};
use viet::ident::{PersonalId, recognise_personal_id};

use crate::bug;
use crate::kernel::Result;
use crate::kernel::web::FieldErrors;
use crate::law;
use crate::organisation::Rank;
use crate::person::PersonFacts;

/// A line as it was typed or stood in a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub dob: String,
    pub id_no: String,
    pub position: String,
    /// A ground's code or title; empty where the position says it.
    pub ground: String,
    pub in_post_since: String,
    pub has_declared_first: bool,
    pub party_managed: bool,
}

/// A line of the list. What it said before a change is kept in this shape under seal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub dob: Option<NaiveDate>,
    pub id_no: Option<String>,
    pub position: String,
    /// Absent on lines from before grounds were kept.
    pub ground: Option<String>,
    pub in_post_since: Option<NaiveDate>,
    pub has_declared_first: bool,
    pub party_managed: bool,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line(..)")
    }
}

impl Line {
    pub fn facts(&self) -> PersonFacts {
        PersonFacts {
            name: self.name.clone(),
            dob: self.dob,
            position: self.position.clone(),
            id_no: self.id_no.clone(),
        }
    }

    /// Whether both lines are of one person: by number where both have one, else by name and day of birth.
    pub fn is_same_person(&self, other: &Self) -> bool {
        match (&self.id_no, &other.id_no) {
            (Some(one), Some(two)) => PersonFacts::id_key(one) == PersonFacts::id_key(two),
            _ => self.dob == other.dob && PersonFacts::name_key(&self.name) == PersonFacts::name_key(&other.name),
        }
    }
}

/// What article 30 asks of the rank of a person listed on this ground.
pub fn rank_of(ground: &Ground) -> Rank {
    if ground.rank == Rank::DirectorUp.word() { Rank::DirectorUp } else { Rank::BelowDirector }
}

/// Reads a line: every fault with its field and how to mend it, never a guess.
pub fn read(law: &LawBook, typed: &Typed, today: NaiveDate) -> std::result::Result<Line, FieldErrors> {
    let mut errors = FieldErrors::default();
    let (name, position) = (viet::text::normalise(&typed.name), viet::text::normalise(&typed.position));
    if name.is_empty() {
        errors.add("name", "Chưa ghi họ và tên. Đề nghị ghi đúng như trên căn cước.");
    }
    if position.is_empty() {
        errors.add("position", "Chưa ghi chức vụ, chức danh. Đề nghị ghi theo quyết định bổ nhiệm hoặc phân công.");
    }
    let dob = date("dob", "Ngày sinh", &typed.dob, today, &mut errors);
    if typed.dob.trim().is_empty() {
        errors.add("dob", "Chưa ghi ngày sinh. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/1980.");
    }
    let id_no = id_no(&typed.id_no, &mut errors);
    let since = date("in_post_since", "Ngày giữ chức vụ", &typed.in_post_since, today, &mut errors);
    if typed.in_post_since.trim().is_empty() && !typed.has_declared_first {
        errors.add(
            "in_post_since",
            "Chưa ghi ngày được tiếp nhận, tuyển dụng, bố trí vào chức vụ. Đề nghị ghi ngày đó, vì hạn kê khai lần đầu tính từ ngày đó (điểm b khoản 1 Điều 36); người đã kê khai lần đầu thì đánh dấu “Đã kê khai lần đầu”.",
        );
    }
    let ground = match ground(law, &typed.ground, &position) {
        Ok(ground) => Some(ground.code.clone()),
        Err(sentence) => {
            errors.add("ground", sentence);
            None
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Line {
        name,
        dob,
        id_no,
        position,
        ground,
        in_post_since: since,
        has_declared_first: typed.has_declared_first,
        party_managed: typed.party_managed,
    })
}

fn date(field: &str, label: &str, typed: &str, today: NaiveDate, errors: &mut FieldErrors) -> Option<NaiveDate> {
    if typed.trim().is_empty() {
        return None;
    }
    match viet::date::parse_date(typed) {
        Ok(day) if day > today => {
            errors.add(field, format!("{label} {} ở sau hôm nay. Đề nghị ghi lại.", viet::date::format_short(day)));
            None
        }
        Ok(day) => Some(day),
        Err(_) => {
            errors.add(
                field,
                format!("{label} “{}” chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/1980.", typed.trim()),
            );
            None
        }
    }
}

fn id_no(typed: &str, errors: &mut FieldErrors) -> Option<String> {
    let typed = viet::text::normalise(typed);
    if typed.is_empty() {
        return None;
    }
    let Some(number) = recognise_personal_id(&typed) else {
        errors.add(
            "id_no",
            format!("Số “{typed}” không phải số căn cước (12 chữ số), chứng minh nhân dân (9 chữ số), hộ chiếu hoặc chứng minh quân đội, công an. Đề nghị đối chiếu giấy tờ và ghi lại."),
        );
        return None;
    };
    Some(match number {
        PersonalId::Citizen(id) => id.as_str().to_owned(),
        PersonalId::OldCard(id) | PersonalId::Passport(id) | PersonalId::Military(id) => id,
    })
}

/// The ground that was stated, or the one the position names by itself.
fn ground<'l>(law: &'l LawBook, typed: &str, position: &str) -> std::result::Result<&'l Ground, String> {
    let key = viet::text::fold(typed);
    if key.is_empty() {
        return law.grounds_of(position).into_iter().next().ok_or_else(|| {
            "Chưa ghi căn cứ phải kê khai và chức vụ không tự cho biết căn cứ. Đề nghị chọn một căn cứ trong danh mục (Điều 34, khoản 3 Điều 36 Luật Phòng, chống tham nhũng 2018; Điều 10 Nghị định 130/2020/NĐ-CP)."
                .to_owned()
        });
    }
    law.grounds
        .iter()
        .find(|ground| viet::text::fold(&ground.code) == key || viet::text::fold(&ground.title) == key)
        .ok_or_else(|| {
            format!("Không có căn cứ “{}” trong danh mục. Đề nghị chọn một căn cứ của danh mục.", typed.trim())
        })
}

/// A declaration owed: kind, year, under which rule set and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub kind: Kind,
    pub year: i16,
    pub rule_set: String,
    pub due_on: NaiveDate,
}

/// The first declaration of someone newly in a post that obliges (article 36.1b), if none was made before. A post held
/// since before the oldest rule set loaded counts from that set's first day.
pub fn first_owed(law: &LawBook, line: &Line) -> Result<Option<Owed>> {
    let (false, Some(since)) = (line.has_declared_first, line.in_post_since) else { return Ok(None) };
    let oldest = law.rule_sets.first().map_or(since, |rules| rules.facts.from);
    let from = since.max(oldest);
    let rules = law::in_force(law, from)?;
    let due_on = law::due_on(rules, Kind::First, from.year(), Some(from))?;
    Ok(Some(Owed { kind: Kind::First, year: year(from)?, rule_set: rules.id().to_owned(), due_on }))
}

/// The annual declaration of a year (article 36.3), for those whose ground obliges to it every year and who were in
/// their post by its end. The year of the first declaration has that one and no annual one beside it.
pub fn annual_owed(law: &LawBook, line: &Line, for_year: i16) -> Result<Option<Owed>> {
    let Some(ground) = line.ground.as_deref().and_then(|code| law.ground(code)) else { return Ok(None) };
    if !ground.kinds.contains(&Kind::Annual) || line.in_post_since.is_some_and(|since| since.year() > for_year.into()) {
        return Ok(None);
    }
    if first_owed(law, line)?.is_some_and(|first| first.year == for_year) {
        return Ok(None);
    }
    let last = NaiveDate::from_ymd_opt(for_year.into(), 12, 31).ok_or_else(|| bug!("year {for_year}"))?;
    let rules = law::in_force(law, last)?;
    let due_on = law::due_on(rules, Kind::Annual, for_year.into(), None)?;
    Ok(Some(Owed { kind: Kind::Annual, year: for_year, rule_set: rules.id().to_owned(), due_on }))
}

fn year(day: NaiveDate) -> Result<i16> {
    i16::try_from(day.year()).map_err(|_| bug!("a day in year {}", day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law() -> LawBook {
        LawBook::embedded().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn typed() -> Typed {
        Typed {
            name: "Nguyễn Văn An".into(),
            dob: "05/02/1980".into(),
            id_no: "051080000123".into(),
            position: "Kế toán viên".into(),
            in_post_since: "01/12/2025".into(),
            ..Typed::default()
        }
    }

    fn faults(typed: &Typed) -> Vec<String> {
        let errors = read(&law(), typed, day("2025-12-08")).unwrap_err();
        errors.list().iter().map(|error| error.field.clone()).collect()
    }

    #[test]
    fn the_position_gives_the_ground_where_it_names_one() {
        let line = read(&law(), &typed(), day("2025-12-08")).unwrap();
        assert_eq!(line.ground.as_deref(), Some("RANK_10_1"));
        let other = Typed { position: "Chuyên viên".into(), ..typed() };
        assert_eq!(faults(&other), ["ground"]);
        let stated = Typed { ground: "civil_servant".into(), ..other };
        assert_eq!(read(&law(), &stated, day("2025-12-08")).unwrap().ground.as_deref(), Some("CIVIL_SERVANT"));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let all = Typed {
            dob: "30/02/1980".into(),
            id_no: "123".into(),
            in_post_since: "01/01/2030".into(),
            ..Typed::default()
        };
        assert_eq!(faults(&all), ["name", "position", "dob", "id_no", "in_post_since", "ground"]);
    }

    #[test]
    fn a_new_post_owes_a_first_declaration_and_no_annual_one_that_year() {
        let law = law();
        let line = read(&law, &typed(), day("2025-12-08")).unwrap();
        let first = first_owed(&law, &line).unwrap().unwrap();
        assert_eq!((first.kind, first.year, first.due_on), (Kind::First, 2025, day("2025-12-11")));
        assert_eq!(annual_owed(&law, &line, 2025).unwrap(), None);
        let next = annual_owed(&law, &line, 2026).unwrap().unwrap();
        assert_eq!((next.kind, next.year, next.rule_set.as_str()), (Kind::Annual, 2026, "R2_2026"));
        let before = Line { has_declared_first: true, ..line.clone() };
        assert_eq!(first_owed(&law, &before).unwrap(), None);
        assert_eq!(annual_owed(&law, &before, 2025).unwrap().unwrap().due_on, day("2025-12-31"));
        assert_eq!(annual_owed(&law, &before, 2024).unwrap(), None);
        let clerk = Line { ground: Some("CIVIL_SERVANT".into()), ..before };
        assert_eq!(annual_owed(&law, &clerk, 2025).unwrap(), None);
    }
}
