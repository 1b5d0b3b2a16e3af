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
use crate::person::oblige::Terms;
use crate::person::store::Post;

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

    pub fn post(&self) -> Post {
        Post {
            ground: self.ground.clone(),
            in_post_since: self.in_post_since,
            has_declared_first: self.has_declared_first,
        }
    }

    /// What tells this person from others. Made once per line: a sheet of thousands is compared with a list of thousands.
    pub fn identity(&self) -> Identity {
        Identity {
            number: self.id_no.as_deref().map(PersonFacts::id_key),
            name: viet::text::tone_fold(&viet::text::normalise(&self.name)),
            dob: self.dob,
        }
    }
}

/// A person as lines are compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    number: Option<String>,
    /// Marks and all; only where a tone mark is put does not count.
    name: String,
    dob: Option<NaiveDate>,
}

impl Identity {
    /// Whether both have a number and it is the same.
    pub fn has_number_of(&self, other: &Self) -> bool {
        self.number.is_some() && self.number == other.number
    }

    /// Whether both have a number and they differ.
    fn has_other_number(&self, other: &Self) -> bool {
        self.number.is_some() && other.number.is_some() && self.number != other.number
    }

    fn has_name_and_birthday_of(&self, other: &Self) -> bool {
        self.dob == other.dob && self.name == other.name
    }

    /// The same number, or the same name and birthday and no number that says otherwise.
    pub fn may_be(&self, other: &Self) -> bool {
        self.has_number_of(other) || self.has_name_and_birthday_of(other) && !self.has_other_number(other)
    }
}

/// Whose line of the list a line is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Seat {
    /// Nobody's: a new person.
    New,
    /// Of the person at this place of the list.
    Known(usize),
    /// A person must say: the field and the sentence.
    Unclear(&'static str, &'static str),
}

/// Whose line it is: the number decides; without one, name and birthday. Where they say different things nobody is
/// overwritten and nobody doubled: a person decides.
pub fn seat(listed: &[Identity], who: &Identity) -> Seat {
    if let Some((at, other)) = listed.iter().enumerate().find(|(_, other)| who.has_number_of(other)) {
        return if other.name == who.name || other.dob == who.dob {
            Seat::Known(at)
        } else {
            Seat::Unclear(
                "id_no",
                "Số này trong danh sách là của một người có họ tên, ngày sinh khác. Đề nghị đối chiếu lại số; nếu đúng là một người, sửa dòng của người đó ở trang danh sách.",
            )
        };
    }
    let alike = listed.iter().enumerate().filter(|(_, other)| who.has_name_and_birthday_of(other));
    let alike: Vec<usize> = alike.map(|(at, _)| at).collect();
    match alike[..] {
        [] => Seat::New,
        [at] if !who.has_other_number(&listed[at]) => Seat::Known(at),
        [_] => Seat::Unclear(
            "id_no",
            "Danh sách đã có người cùng họ tên, ngày sinh nhưng số khác. Nếu người đó đổi số, sửa dòng của người đó ở trang danh sách; nếu là người khác, dùng “Thêm người”.",
        ),
        _ => Seat::Unclear(
            "name",
            "Danh sách có nhiều người cùng họ tên, ngày sinh này. Đề nghị ghi số căn cước, hoặc sửa từng dòng ở trang danh sách.",
        ),
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
    let ground = ground(law, &typed.ground, &position);
    let asks_no_first = ground.as_ref().is_ok_and(|ground| !ground.kinds.contains(&Kind::First));
    if typed.in_post_since.trim().is_empty() && !typed.has_declared_first && !asks_no_first {
        errors.add(
            "in_post_since",
            "Chưa ghi ngày giữ chức vụ (điểm b khoản 1 Điều 36). Đề nghị ghi ngày đó, hoặc đánh dấu “Đã kê khai lần đầu”.",
        );
    }
    let ground = match ground {
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
        let proposed = law.grounds_of(position).into_iter().next();
        // Who is a director decides which agency is asked: that is stated, not read out of a title.
        return proposed.filter(|ground| rank_of(ground) != Rank::DirectorUp).ok_or_else(|| {
            "Chưa ghi căn cứ phải kê khai (Điều 34, khoản 3 Điều 36), chức vụ cũng không tự cho biết. Đề nghị chọn một căn cứ trong danh mục."
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

impl Owed {
    pub fn terms(&self) -> Terms<'_> {
        Terms { kind: self.kind, year: self.year, rule_set: &self.rule_set, due_on: self.due_on }
    }
}

/// The first declaration of someone newly in a post that obliges (article 36.1b), if none was made before. A post held
/// since before the oldest rule set loaded counts from that set's first day.
pub fn first_owed(law: &LawBook, line: &Line) -> Result<Option<Owed>> {
    let ground = line.ground.as_deref().and_then(|code| law.ground(code));
    let (false, Some(since)) = (line.has_declared_first, line.in_post_since) else { return Ok(None) };
    // Standing for election alone asks for no first declaration (article 34.4).
    if ground.is_some_and(|ground| !ground.kinds.contains(&Kind::First)) {
        return Ok(None);
    }
    let oldest = law.rule_sets.first().map_or(since, |rules| rules.facts.from);
    let from = since.max(oldest);
    let rules = law::in_force(law, from)?;
    let due_on = law::due_on(law, rules, Kind::First, from.year(), Some(from))?;
    Ok(Some(Owed { kind: Kind::First, year: year(from)?, rule_set: rules.id().to_owned(), due_on }))
}

/// The annual declaration of a year (article 36.3), for those whose ground obliges to it every year and who were in
/// their post by its end. The year of the first declaration (`with_first`) has that one and no annual one beside it.
pub fn annual_owed(law: &LawBook, line: &Line, for_year: i16, with_first: bool) -> Result<Option<Owed>> {
    let Some(ground) = line.ground.as_deref().and_then(|code| law.ground(code)) else { return Ok(None) };
    let later = line.in_post_since.is_some_and(|since| since.year() > for_year.into());
    if with_first || later || !ground.kinds.contains(&Kind::Annual) {
        return Ok(None);
    }
    let last = NaiveDate::from_ymd_opt(for_year.into(), 12, 31).ok_or_else(|| bug!("year {for_year}"))?;
    let rules = law::in_force(law, last)?;
    let due_on = law::due_on(law, rules, Kind::Annual, for_year.into(), None)?;
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
        let annual = |line: &Line, year, with_first| annual_owed(&law, line, year, with_first).unwrap();
        assert_eq!(annual(&line, 2025, true), None);
        let next = annual(&line, 2026, false).unwrap();
        assert_eq!((next.kind, next.year, next.rule_set.as_str()), (Kind::Annual, 2026, "R2_2026"));
        let before = Line { has_declared_first: true, ..line.clone() };
        assert_eq!(first_owed(&law, &before).unwrap(), None);
        assert_eq!(annual(&before, 2025, false).unwrap().due_on, day("2025-12-31"));
        assert_eq!(annual(&before, 2024, false), None);
        let clerk = Line { ground: Some("CIVIL_SERVANT".into()), ..before };
        assert_eq!(annual(&clerk, 2025, false), None);
        // Ten days from the 3rd end on a Saturday: the last day is the Monday after.
        let weekend = Line { in_post_since: Some(day("2025-12-03")), ..line };
        assert_eq!(first_owed(&law, &weekend).unwrap().unwrap().due_on, day("2025-12-15"));
    }

    /// Article 34.4: who stands for election and holds no post owes nothing by the calendar.
    #[test]
    fn a_candidate_without_a_post_owes_nothing_by_the_calendar() {
        let law = law();
        let stated = Typed { position: "Ứng cử viên".into(), ground: "CANDIDATE".into(), ..typed() };
        let without_day = Typed { in_post_since: String::new(), ..stated.clone() };
        for typed in [stated, without_day] {
            let line = read(&law, &typed, day("2025-12-08")).unwrap();
            assert_eq!(first_owed(&law, &line).unwrap(), None);
            assert_eq!(annual_owed(&law, &line, 2025, false).unwrap(), None);
        }
    }

    /// Nobody is overwritten by a mistyped number and nobody doubled by a new one.
    #[test]
    fn whose_line_it_is_is_never_guessed() {
        let line = |name: &str, dob: &str, id_no: &str| Line {
            name: name.into(),
            dob: Some(day(dob)),
            id_no: (!id_no.is_empty()).then(|| id_no.to_owned()),
            position: String::new(),
            ground: None,
            in_post_since: None,
            has_declared_first: true,
            party_managed: false,
        };
        let (an, hoa) = (line("Nguyễn Văn An", "1980-02-05", "051080000123"), line("Lê Thị Hòa", "1985-01-01", ""));
        let listed = [an.identity(), hoa.identity()];
        let seat = |line: &Line| super::seat(&listed, &line.identity());
        assert_eq!(seat(&line("Nguyễn Văn An", "1980-02-05", "051080000123")), Seat::Known(0));
        assert_eq!(
            seat(&line("Nguyễn Văn Ân", "1980-02-05", "051080000123")),
            Seat::Known(0),
            "a name that was mended"
        );
        assert_eq!(
            seat(&line("Lê Thị Hoà", "1985-01-01", "051185000124")),
            Seat::Known(1),
            "a number that was missing"
        );
        assert_eq!(seat(&line("Nguyễn Văn Án", "1980-02-05", "")), Seat::New, "marks tell names apart");
        assert!(matches!(seat(&line("Vũ Văn Bé", "1970-03-03", "051080000123")), Seat::Unclear("id_no", _)));
        assert!(matches!(seat(&line("Nguyễn Văn An", "1980-02-05", "051080000999")), Seat::Unclear("id_no", _)));
        let twins = [hoa.identity(), hoa.identity()];
        assert!(matches!(super::seat(&twins, &hoa.identity()), Seat::Unclear("name", _)));
    }
}
