//! Declarations owed on an occasion, not by the calendar: supplementary (article 36.2), for personnel work (article 36.4), of
//! candidates (article 34.4).
//!
//! ```text
//! a change in the year ──the declarant says so──▶ owed by the end of the year ─┐
//! a plan for a person  ──the unit says so──▶ owed before the planned day ──────┴─▶ declared, or taken back
//! ```
use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use form::{Kind, LawBook, RuleSet};
use serde::{Deserialize, Serialize};

use super::model::{Obligation, Occasion, Person};
use super::policy::{Oblige, ObligeOnOccasion, Place, TakeBack};
use super::store::{self, NewOccasion};
use crate::kernel::files::sha256;
use crate::kernel::id::{ObligationId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Permit, Refusal, Result, Tx};
use crate::law;

/// A declaration owed from now on, or owed already for the same occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Owed {
    pub obligation: ObligationId,
    /// The last day on which it is in time.
    pub due_on: NaiveDate,
}

/// What is owed: under which rule set, for which year, until when.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub kind: Kind,
    pub year: i16,
    pub rule_set: &'a str,
    pub due_on: NaiveDate,
}

/// The event of an obligation that is owed on these terms from now on: the log has all that the obligation says.
pub fn owed_event(
    name: &'static str,
    place: Place,
    person: PersonId,
    obligation: ObligationId,
    terms: &Terms<'_>,
) -> Event {
    let event = Event::new(name, place.partition).unit(place.unit).person(person).id("obligation", obligation);
    let event = event.word("kind", terms.kind.as_str()).count("year", terms.year.into()).day("due_on", terms.due_on);
    event.hash(RULE_SET, sha256(terms.rule_set.as_bytes()))
}

/// In the event of an obligation: the SHA-256 of its rule set's id.
pub const RULE_SET: &str = "rule_set_id";

/// A person owes a declaration that their post or the calendar asks for (articles 36.1 and 36.3).
pub async fn owe(
    tx: &mut Tx,
    permit: &Permit<Oblige, Place>,
    person: PersonId,
    terms: &Terms<'_>,
) -> Result<ObligationId> {
    let id = store::insert_obligation(tx, permit, person, terms).await?;
    tx.record(owed_event("obligation.added", *permit.on(), person, id, terms))?;
    Ok(id)
}

/// What a unit plans for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    pub occasion: Occasion,
    /// The day of the election, approval or appointment.
    pub on: NaiveDate,
}

/// The years a change may lie in that is told now: this one, and the last, whose time has run out.
pub fn years_of_change(today: NaiveDate) -> [i32; 2] {
    [today.year(), today.year() - 1]
}

/// A declarant whose assets or income changed within the year by the amount of the rule set or more declares that by the end
/// of the year, unless their annual declaration of the year says it (articles 36.2 and 36.3). They say so themselves; one
/// that is begun and not sent is gone on with. Whoever still owes a first declaration makes that one.
pub async fn supplement(app: &App, actor: &Actor, year: i32, once: &Once) -> Result<Owed> {
    app.db
        .write_once(actor, "obligation.supplement", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Owed>()? {
                return Ok(before);
            }
            let today = tx.today();
            if !years_of_change(today).contains(&year) {
                return Err(no_such_year(today).into());
            }
            let person = store::find(tx, actor.home, actor.person().ok_or(Error::Forbidden)?).await?;
            take_turn(tx, person.id).await?;
            let owed = store::obligations(tx, Some(person.id)).await?;
            let is_of = |o: &&Obligation, kind| o.kind == kind && i32::from(o.year) == year;
            if let Some(open) = owed.iter().find(|o| is_of(o, Kind::Supplement) && o.is_open()) {
                tx.nothing_done();
                return Ok(Owed { obligation: open.id, due_on: open.due_on });
            }
            refuse_who_left(tx, &person).await?;
            refuse_before_first(&owed)?;
            let is_declared = store::has_declared_annually(tx, &person, small(year)?).await?;
            if is_declared || owed.iter().any(|o| is_of(&o, Kind::Annual) && o.counts()) {
                return Err(told_by_the_annual(year, is_declared).into());
            }
            let last = NaiveDate::from_ymd_opt(year, 12, 31).ok_or_else(|| crate::bug!("year {year}"))?;
            let rules = law::in_force(&app.law, today.min(last))?;
            let new = NewOccasion {
                kind: Kind::Supplement,
                year: small(year)?,
                rule_set: rules.id(),
                due_on: law::due_on(&app.law, rules, Kind::Supplement, year, None)?,
                occasion: None,
            };
            add(tx, person, &new).await
        })
        .await
}

/// A unit that means to have a person elected, approved, appointed, appointed again or given another post has them declare
/// before the planned day by the days of the rule set (article 36.4); a candidate for the National Assembly or a People's
/// Council by those of the election law (article 34.4). Whoever still owes a first declaration makes that one, and it serves
/// this purpose too.
pub async fn plan(app: &App, actor: &Actor, person: PersonId, planned: Planned, once: &Once) -> Result<Owed> {
    app.db
        .write_once(actor, "obligation.plan", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Owed>()? {
                return Ok(before);
            }
            let unit = actor.unit().ok_or(Error::Forbidden)?;
            let found = store::find_all(tx, &[person]).await?.remove(&person);
            let person = found.filter(|person| person.unit == unit).ok_or(Error::NotFound)?;
            take_turn(tx, person.id).await?;
            let today = tx.today();
            refuse_who_left(tx, &person).await?;
            if planned.on < today || planned.on.year() > today.year() + FURTHEST {
                return Err(not_a_plan(planned, today).into());
            }
            let owed = store::obligations(tx, Some(person.id)).await?;
            let same = |o: &&Obligation| o.occasion == Some((planned.occasion, planned.on)) && o.counts();
            if let Some(same) = owed.iter().find(same) {
                tx.nothing_done();
                return Ok(Owed { obligation: same.id, due_on: same.due_on });
            }
            refuse_before_first(&owed)?;
            let rules = law::in_force(&app.law, today)?;
            // Planned too late, it is the plan that was late: the declarant has today.
            let due_on = due_before(&app.law, rules, planned)?.max(today);
            let new = NewOccasion {
                kind: planned.occasion.kind(),
                year: small(due_on.year())?,
                rule_set: rules.id(),
                due_on,
                occasion: Some((planned.occasion, planned.on)),
            };
            add(tx, person, &new).await
        })
        .await
}

/// Plans reach this many years ahead; a later day is a slip of the pen.
const FURTHEST: i32 = 2;

/// The law's last day before a planned one, which may have passed.
pub fn due_before(law: &LawBook, rules: &RuleSet, planned: Planned) -> Result<NaiveDate> {
    law::due_on(law, rules, planned.occasion.kind(), planned.on.year(), Some(planned.on))
}

/// Ends what is owed on an occasion and was not sent: opened by mistake, or nothing came of the plan. What was drafted stays
/// its author's, and is read no more. Says whose it was.
pub async fn take_back(app: &App, actor: &Actor, id: ObligationId) -> Result<PersonId> {
    app.db
        .write(actor, "obligation.take_back", async |tx| {
            let obligation = match actor.unit() {
                Some(unit) => store::obligations_locked(tx, unit, [id]).await?.pop().ok_or(Error::NotFound)?,
                None => store::obligation(tx, actor.home, id).await?,
            };
            let permit = tx.permit::<TakeBack, _>(obligation)?;
            if !store::take_back(tx, &permit).await? {
                return Err(no_longer_open().into());
            }
            let (on, today) = (permit.on(), tx.today());
            let event = Event::new("obligation.taken_back", on.partition).unit(on.unit).person(on.person);
            tx.record(event.id("obligation", on.id).day("ended_on", today))?;
            Ok(on.person)
        })
        .await
}

/// What is owed by a person is judged and added by one at a time.
async fn take_turn(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.take_turn("occasion", person).await
}

async fn add(tx: &mut Tx, person: Person, new: &NewOccasion<'_>) -> Result<Owed> {
    let permit = tx.permit::<ObligeOnOccasion, _>(person)?;
    let (obligation, nth) = store::insert_occasion(tx, &permit, new).await?;
    let on = permit.on();
    let terms = Terms { kind: new.kind, year: new.year, rule_set: new.rule_set, due_on: new.due_on };
    let place = Place { partition: on.partition, unit: on.unit };
    let mut event = owed_event("obligation.added", place, on.id, obligation, &terms).count("nth", nth.into());
    if let Some((occasion, day)) = new.occasion {
        event = event.word("occasion", occasion.word()).day("occasion_on", day);
    }
    tx.record(event)?;
    let owed = Owed { obligation, due_on: new.due_on };
    tx.keep(Owner { partition: on.partition, unit: Some(on.unit), person: Some(on.id) }, &owed)?;
    Ok(owed)
}

fn small(year: i32) -> Result<i16> {
    i16::try_from(year).map_err(|_| crate::bug!("year {year}"))
}

fn refuse_before_first(owed: &[Obligation]) -> Result<()> {
    match owed.iter().find(|o| o.kind == Kind::First && o.is_open()) {
        Some(first) => Err(first_comes_first(first).into()),
        None => Ok(()),
    }
}

fn first_comes_first(first: &Obligation) -> Refusal {
    Refusal::new(
        "first_comes_first",
        format!(
            "Bản kê khai lần đầu (hạn {}) chưa được nộp; bản đó dùng luôn cho việc này.",
            viet::date::format_short(first.due_on)
        ),
        "Đề nghị kê khai lần đầu trước; không lập thêm bản khác.",
    )
    .basis("khoản 1 Điều 36 Luật Phòng, chống tham nhũng 2018")
    .status(StatusCode::CONFLICT)
}

/// Nothing new is owed by who is on no list any more.
async fn refuse_who_left(tx: &mut Tx, person: &Person) -> Result<()> {
    if store::is_listed(tx, person).await? {
        return Ok(());
    }
    Err(Refusal::new(
        "left_the_list",
        "Người này đã ra khỏi danh sách người có nghĩa vụ kê khai của đơn vị.",
        "Nếu người này trở lại, đề nghị đơn vị đưa trở lại danh sách trước.",
    )
    .basis("khoản 1 Điều 37 Luật Phòng, chống tham nhũng 2018")
    .status(StatusCode::CONFLICT)
    .into())
}

/// Article 36.3: what the annual declaration of the year says is not declared a second time.
fn told_by_the_annual(year: i32, is_declared: bool) -> Refusal {
    let (what, mend) = if is_declared {
        (
            format!("Ông/Bà đã kê khai hằng năm cho năm {year} nên không phải kê khai bổ sung cho năm đó."),
            "Biến động sau ngày hoàn thành bản kê khai hằng năm được ghi vào bản kê khai của năm sau.",
        )
    } else {
        (
            format!("Ông/Bà phải kê khai hằng năm cho năm {year}; biến động trong năm được ghi ở Phần III của bản đó."),
            "Đề nghị mở bản kê khai hằng năm ở trang “Kê khai của tôi” và ghi biến động vào đó.",
        )
    };
    Refusal::new("told_by_the_annual", what, mend)
        .basis("khoản 2 và khoản 3 Điều 36 Luật Phòng, chống tham nhũng 2018")
        .status(StatusCode::CONFLICT)
}

fn no_such_year(today: NaiveDate) -> Refusal {
    let [this, last] = years_of_change(today);
    Refusal::new(
        "year_of_change",
        format!("Năm có biến động phải là {this} hoặc {last}."),
        "Đề nghị chọn năm có biến động; biến động của các năm trước nữa được ghi vào bản kê khai gần nhất sau đó.",
    )
    .basis("khoản 2 Điều 36 Luật Phòng, chống tham nhũng 2018")
}

fn not_a_plan(planned: Planned, today: NaiveDate) -> Refusal {
    let day = viet::date::format_short(planned.on);
    let (what, mend) = if planned.on < today {
        (format!("Ngày dự kiến {day} đã qua."), "Đề nghị ghi ngày dự kiến từ hôm nay trở đi.".to_owned())
    } else {
        let furthest = today.year() + FURTHEST;
        (format!("Ngày dự kiến {day} quá xa."), format!("Đề nghị ghi một ngày không sau năm {furthest}."))
    };
    let basis = match planned.occasion.kind() {
        Kind::Candidate => "khoản 4 Điều 34 Luật Phòng, chống tham nhũng 2018",
        _ => "khoản 4 Điều 36 Luật Phòng, chống tham nhũng 2018",
    };
    Refusal::new("planned_day", what, mend).basis(basis)
}

fn no_longer_open() -> Refusal {
    Refusal::new(
        "no_longer_open",
        "Bản kê khai này đã được gửi, không còn phải nộp, hoặc đã có văn bản đôn đốc nên không hủy được nữa.",
        "Đề nghị tải lại trang để xem tình trạng hiện tại.",
    )
    .status(StatusCode::CONFLICT)
}
