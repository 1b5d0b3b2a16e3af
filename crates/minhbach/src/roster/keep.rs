//! Keeping the list: lines added, changed and taken off, by hand or from a sheet, and what each person owes from it.
use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::NaiveDate;
use form::Kind;

use super::rules::{self, Identity, Line, Owed, Seat};
use super::store;
use crate::kernel::id::{ObligationId, OrganisationId, PartitionId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::web::FieldErrors;
use crate::kernel::{Actor, App, Error, Event, Once, Permit, Refusal, Result, Tx};
use crate::organisation::rules::controller;
use crate::organisation::{self, Organisation, RoutingRule};
use crate::person::oblige::owed_event;
use crate::person::policy::{AddPerson, KeepPerson, Oblige, Place};
use crate::person::store::NewPerson;
use crate::person::{self, Person};

/// A line of the list with its person.
pub struct Listed {
    pub person: Person,
    pub line: Line,
    /// When and why they left; a word of [`LEFT`], or that they stand under another agency now.
    pub left: Option<(NaiveDate, String)>,
}

/// Why people leave the list, by the word the database keeps.
pub const LEFT: [(&str, &str); 5] = [
    ("RETIRED", "Nghỉ hưu"),
    ("MOVED", "Chuyển công tác sang đơn vị khác"),
    ("LEFT_SERVICE", "Thôi việc"),
    ("DECEASED", "Qua đời"),
    ("NO_LONGER_OBLIGED", "Không còn giữ chức vụ phải kê khai"),
];

/// Why someone left the list under one agency who stands on it under another: no choice of the unit's.
const MOVED_OVER: (&str, &str) = ("OTHER_AGENCY", "Vẫn ở đơn vị, thuộc cơ quan kiểm soát khác");

/// Somebody known from a declaration on an older form alone.
const NEVER_LISTED: (&str, &str) = ("OLDER_PAPER", "Chỉ có bản kê khai theo mẫu cũ");

/// What people call the reason somebody left for.
pub fn left_label(reason: &str) -> &'static str {
    let known = LEFT.iter().chain([&MOVED_OVER, &NEVER_LISTED]).find(|(word, _)| *word == reason);
    known.map_or("", |(_, label)| label)
}

/// What came of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    Added,
    Changed,
    Unchanged,
    Refused(FieldErrors),
}

/// What lines are judged by: the body, who controls whom, who has had a first declaration to make.
struct Book {
    unit: Organisation,
    rules: Vec<RoutingRule>,
    with_first: BTreeSet<(PersonId, i16)>,
}

impl Book {
    /// Opens the book for writing: two officers of a unit, or one who pressed twice, take turns.
    async fn open(tx: &mut Tx, unit: OrganisationId) -> Result<Self> {
        take_turn(tx, unit).await?;
        Ok(Self {
            unit: organisation::store::organisation(tx, unit).await?,
            rules: organisation::store::routing_rules(tx).await?,
            with_first: store::with_first(tx, unit).await?,
        })
    }
}

/// Whoever writes to a unit's list waits for its turn, first of all: what is judged is what stands.
async fn take_turn(tx: &mut Tx, unit: OrganisationId) -> Result<()> {
    tx.take_turn("roster", unit).await
}

/// Every line of a unit, those who left included. Names are opened, so it is one access, told to every log whose people
/// were shown.
pub async fn lines(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Listed>> {
    let mut kept: BTreeMap<PersonId, store::Kept> =
        store::kept(tx, unit).await?.into_iter().map(|kept| (kept.person, kept)).collect();
    let mut counts: BTreeMap<PartitionId, i64> = BTreeMap::new();
    let mut listed = Vec::new();
    for person in person::store::of_unit(tx, unit).await? {
        let Some(kept) = kept.remove(&person.id) else { continue };
        let (partition, row) = (person.partition, person.id.0);
        let line = Line {
            name: tx.open(partition, row, &person.name)?,
            dob: tx.open(partition, row, &person.dob)?.parse().ok(),
            id_no: person.id_no.as_ref().map(|cell| tx.open(partition, row, cell)).transpose()?,
            position: tx.open(partition, row, &person.position)?,
            ground: kept.ground,
            in_post_since: kept.in_post_since,
            has_declared_first: kept.has_declared_first,
            party_managed: person.party_managed,
        };
        *counts.entry(partition).or_default() += 1;
        listed.push(Listed { person, line, left: kept.left_on.zip(kept.left_reason) });
    }
    for (partition, count) in counts {
        tx.record(Event::new("roster.opened", partition).unit(unit).count("people", count))?;
    }
    listed.sort_by_cached_key(|listed| viet::text::name_sort_key(&listed.line.name));
    Ok(listed)
}

/// Puts checked lines on the list: who is not on it is added under the agency that controls them (article 30), who is on
/// it is changed where the line says something else. A line that cannot be put is refused and the others go on; the same
/// lines twice change nothing.
///
/// # Errors
/// Of the database; then nothing was put.
pub async fn put_all(app: &App, actor: &Actor, lines: &[Line]) -> Result<Vec<Put>> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    take_up_keys(app, actor).await?;
    app.db
        .write(actor, "roster.put", async |tx| {
            let mut book = Book::open(tx, unit).await?;
            let mut listed = self::lines(tx, unit).await?;
            leave_out_moved(&mut listed);
            let mut known: Vec<Identity> = listed.iter().map(|listed| listed.line.identity()).collect();
            let mut taken = BTreeSet::new();
            let mut done = Vec::with_capacity(lines.len());
            for line in lines {
                let who = line.identity();
                done.push(match rules::seat(&known, &who) {
                    Seat::New => {
                        let put = add(app, tx, &mut book, line).await?;
                        if put == Put::Added {
                            known.push(who);
                        }
                        put
                    }
                    Seat::Known(at) if at >= listed.len() || !taken.insert(at) => refused("name", TWICE),
                    Seat::Known(at) if listed[at].left.is_some() => refused("name", GONE),
                    Seat::Known(at) => {
                        // A sheet that leaves the number out does not take it away; the person's own form does.
                        let id_no = line.id_no.clone().or_else(|| listed[at].line.id_no.clone());
                        let line = Line { id_no, ..line.clone() };
                        let put = change(app, tx, &mut book, &mut listed[at], &line).await?;
                        known[at] = listed[at].line.identity();
                        put
                    }
                    Seat::Unclear(field, sentence) => refused(field, sentence),
                });
            }
            let count = |put: Put| i64::try_from(done.iter().filter(|one| **one == put).count()).unwrap_or(i64::MAX);
            let event = Event::new("roster.put", actor.home).unit(unit).count("added", count(Put::Added));
            tx.record(event.count("changed", count(Put::Changed)).count("lines", done.len() as i64))?;
            Ok(done)
        })
        .await
}

/// Whoever moved over to another agency stands on the list twice; a sheet is about them as they are.
fn leave_out_moved(listed: &mut Vec<Listed>) {
    let there: Vec<(PartitionId, Identity)> = listed
        .iter()
        .filter(|listed| listed.left.is_none())
        .map(|listed| (listed.person.partition, listed.line.identity()))
        .collect();
    listed.retain(|listed| {
        let who = listed.line.identity();
        let is_now =
            |(partition, other): &(PartitionId, Identity)| *partition != listed.person.partition && who.may_be(other);
        listed.left.is_none() || !there.iter().any(is_now)
    });
}

/// Adds one person who is not on the list yet.
pub async fn add_one(app: &App, actor: &Actor, line: &Line) -> Result<Put> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    take_up_keys(app, actor).await?;
    app.db
        .write(actor, "roster.add", async |tx| {
            let mut book = Book::open(tx, unit).await?;
            let who = line.identity();
            if lines(tx, unit).await?.iter().any(|listed| who.may_be(&listed.line.identity())) {
                let field = if line.id_no.is_some() { "id_no" } else { "name" };
                tx.nothing_done();
                return Ok(refused(
                    field,
                    "Người này đã có trong danh sách của đơn vị. Đề nghị mở dòng của người đó để sửa.",
                ));
            }
            let put = add(app, tx, &mut book, line).await?;
            told(tx, put)
        })
        .await
}

/// Changes one person's line; `brings_back` says that the officer saw the person had left, and brings them back by it.
pub async fn change_one(app: &App, actor: &Actor, person: PersonId, line: &Line, brings_back: bool) -> Result<Put> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .write(actor, "roster.change", async |tx| {
            let mut book = Book::open(tx, unit).await?;
            let mut listed = lines(tx, unit).await?;
            let at = listed.iter().position(|listed| listed.person.id == person).ok_or(Error::NotFound)?;
            if listed[at].left.is_some() && !brings_back {
                tx.nothing_done();
                return Ok(refused("name", GONE_MEANWHILE));
            }
            let who = line.identity();
            let partition = listed[at].person.partition;
            let is_other = |other: &&Listed| {
                // Who moved over to another agency stands on the list twice: as they were there, and as they are.
                other.person.id != person && (other.left.is_none() || other.person.partition == partition)
            };
            if listed.iter().filter(is_other).any(|other| who.has_number_of(&other.line.identity())) {
                tx.nothing_done();
                return Ok(refused("id_no", "Số này là của một người khác trong danh sách. Đề nghị đối chiếu lại."));
            }
            let put = change(app, tx, &mut book, &mut listed[at], line).await?;
            told(tx, put)
        })
        .await
}

/// A person leaves the list on a day, for a reason. What they owe and is not due yet ends; what they had failed to declare
/// in time stays owed, whichever day is written.
pub async fn leave(app: &App, actor: &Actor, person: PersonId, on: NaiveDate, reason: &'static str) -> Result<()> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .write(actor, "roster.leave", async |tx| {
            take_turn(tx, unit).await?;
            let listed = lines(tx, unit).await?.into_iter().find(|listed| listed.person.id == person);
            let listed = listed.ok_or(Error::NotFound)?;
            if listed.left.is_some() {
                return Err(already_gone().into());
            }
            let partition = listed.person.partition;
            let permit = tx.permit::<KeepPerson, _>(listed.person)?;
            store::keep_before(tx, &permit, &listed.line, None).await?;
            let today = tx.today();
            let ended = store::leave(tx, &permit, on, reason, today).await?;
            let event = Event::new("person.left", partition).unit(unit).person(person).word("reason", reason);
            tx.record(event.day("on", on))?;
            tell_ended(tx, Place { partition, unit }, person, &ended, on)
        })
        .await
}

/// An event for each of a person's obligations that end with a day.
fn tell_ended(
    tx: &mut Tx,
    place: Place,
    person: PersonId,
    obligations: &[ObligationId],
    ended_on: NaiveDate,
) -> Result<()> {
    for obligation in obligations {
        let event = Event::new("obligation.ended", place.partition).unit(place.unit).person(person);
        tx.record(event.id("obligation", *obligation).day("ended_on", ended_on))?;
    }
    Ok(())
}

fn already_gone() -> Refusal {
    Refusal::new(
        "already_gone",
        "Người này đã ra khỏi danh sách từ trước.",
        "Đề nghị tải lại trang danh sách để xem ngày và lý do.",
    )
    .status(StatusCode::CONFLICT)
}

const GONE_MEANWHILE: &str = "Người này vừa được đưa ra khỏi danh sách ở nơi khác nên chưa ghi. Nếu đưa người này trở lại, đề nghị bấm ghi lần nữa.";
const TWICE: &str = "Một dòng trước của tệp đã là người này. Đề nghị giữ một dòng cho mỗi người.";
const GONE: &str = "Người này đã ra khỏi danh sách. Nếu trở lại, đề nghị đưa trở lại ở trang danh sách; nếu không, bỏ dòng này khỏi tệp.";

/// What opening a year came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Opened {
    /// Obliged now.
    pub obliged: usize,
    /// Obliged before: opened already, or by a paper that came first.
    pub before: usize,
    /// On the list, and not obliged to declare this year.
    pub not_this_year: usize,
    /// On the list without a ground: nothing can follow from them.
    pub without_ground: usize,
}

/// Obliges everyone on the list who must declare for a year (article 36.3), each under the rule set of its last day. Opened
/// twice it obliges only who was added since.
pub async fn open_year(app: &App, actor: &Actor, year: i16, once: &Once) -> Result<Opened> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .write_once(actor, "roster.open_year", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Opened>()? {
                return Ok(before);
            }
            take_turn(tx, unit).await?;
            let with_first = store::with_first(tx, unit).await?;
            let elsewhere = person::custody::declared_elsewhere(tx, unit).await?;
            let done = format!("{}-{year}", Kind::Annual.as_str());
            let mut owed: BTreeMap<PartitionId, Vec<(PersonId, Owed)>> = BTreeMap::from([(actor.home, Vec::new())]);
            let mut opened = Opened::default();
            for listed in lines(tx, unit).await?.iter().filter(|listed| listed.left.is_none()) {
                let with_first = with_first.contains(&(listed.person.id, year));
                match rules::annual_owed(&app.law, &listed.line, year, with_first)? {
                    // Declared where they come from.
                    Some(_) if elsewhere.iter().any(|(id, what)| *id == listed.person.id && *what == done) => {
                        opened.before += 1;
                    }
                    Some(one) => owed.entry(listed.person.partition).or_default().push((listed.person.id, one)),
                    None if listed.line.ground.is_none() => opened.without_ground += 1,
                    None => opened.not_this_year += 1,
                }
            }
            for (partition, owed) in owed {
                let new = oblige(tx, Place { partition, unit }, &owed).await?;
                opened.obliged += new;
                opened.before += owed.len() - new;
                let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
                let event = Event::new("year.opened", partition).unit(unit).count("year", year.into());
                tx.record(event.count("obliged", count(new)).count("people", count(owed.len())))?;
            }
            tx.keep(Owner { partition: actor.home, unit: Some(unit), person: None }, &opened)?;
            Ok(opened)
        })
        .await
}

async fn oblige(tx: &mut Tx, place: Place, owed: &[(PersonId, Owed)]) -> Result<usize> {
    let permit = tx.permit::<Oblige, _>(place)?;
    let new = store::oblige(tx, &permit, owed).await?;
    for one in &new {
        let name = if one.is_new { "obligation.added" } else { "obligation.reopened" };
        tx.record(owed_event(name, place, one.person, one.obligation, &one.owed.terms()))?;
    }
    for (person, obligation) in store::end_supplements(tx, &permit, owed).await? {
        let today = tx.today();
        tell_ended(tx, place, person, &[obligation], today)?;
    }
    Ok(new.len())
}

async fn add(app: &App, tx: &mut Tx, book: &mut Book, line: &Line) -> Result<Put> {
    let rule = match route(app, tx, book, line) {
        Ok(rule) => rule,
        Err(refused) => return Ok(refused),
    };
    let (place, rank, id) = (Place { partition: rule.partition, unit: book.unit.id }, rank(app, line), PersonId::new());
    let permit = tx.permit::<AddPerson, _>(place)?;
    let new = NewPerson {
        facts: &line.facts(),
        rank,
        party_managed: line.party_managed,
        rule: Some(rule.id),
        post: line.post(),
    };
    if !person::store::insert(tx, &permit, id, &new).await? {
        return number_elsewhere(tx, place);
    }
    tx.record(Event::new("person.added", place.partition).unit(place.unit).person(id).id("routing_rule", rule.id))?;
    first(app, tx, book, place, id, line).await?;
    Ok(Put::Added)
}

async fn change(app: &App, tx: &mut Tx, book: &mut Book, listed: &mut Listed, line: &Line) -> Result<Put> {
    if listed.line == *line && listed.left.is_none() {
        return Ok(Put::Unchanged);
    }
    let rule = match route(app, tx, book, line) {
        Ok(rule) => rule,
        Err(refused) => return Ok(refused),
    };
    let partition = listed.person.partition;
    if rule.partition != partition {
        let to = rule.partition;
        return move_over(app, tx, book, listed, line, to).await;
    }
    let permit = tx.permit::<KeepPerson, _>(listed.person.clone())?;
    let (place, id) = (Place { partition, unit: book.unit.id }, listed.person.id);
    if !store::change(tx, &permit, (&listed.line, listed.left.as_ref()), line, rank(app, line), rule.id).await? {
        return number_elsewhere(tx, place);
    }
    let mut event = Event::new("person.changed", partition).unit(place.unit).person(id);
    if listed.left.take().is_some() {
        event = event.word("back", "YES");
        let reopened = store::reopen(tx, &permit, rules::first_owed(&app.law, line)?.is_some()).await?;
        for obligation in reopened {
            let event = Event::new("obligation.reopened", partition).unit(place.unit).person(id);
            tx.record(event.id("obligation", obligation))?;
        }
    }
    tx.record(event)?;
    mend_first(app, tx, book, &permit, &listed.line, line).await?;
    listed.line = line.clone();
    Ok(Put::Changed)
}

/// On this ground another agency controls the person. Once the one that holds their file has sent it there, their line of
/// before leaves the list, with what was not due when the file was sent, unless they had left before; and they are listed under
/// the other agency.
async fn move_over(
    app: &App,
    tx: &mut Tx,
    book: &mut Book,
    listed: &mut Listed,
    line: &Line,
    to: PartitionId,
) -> Result<Put> {
    let (partition, unit, id) = (listed.person.partition, book.unit.id, listed.person.id);
    let Some(passage) = person::custody::waiting(tx, unit, id, to).await? else {
        return Ok(refused(
            "ground",
            "Với căn cứ này, người này thuộc thẩm quyền của cơ quan kiểm soát khác (Điều 30 Luật Phòng, chống tham nhũng 2018). Đề nghị báo cơ quan kiểm soát hiện tại để chuyển hồ sơ (trang “Chuyển hồ sơ”); sau khi hồ sơ được gửi, ghi lại dòng này. Dòng này chưa thay đổi.",
        ));
    };
    let owed = person::store::obligations(tx, Some(id)).await?;
    // Declared, online or on paper, and not merely owed.
    let owes_first = owed.iter().any(|owed| owed.kind == Kind::First && owed.is_open());
    let has_first = !owes_first && book.with_first.iter().any(|(known, _)| *known == id);
    let line = Line { has_declared_first: line.has_declared_first || has_first, ..line.clone() };
    let put = add(app, tx, book, &line).await?;
    if put != Put::Added {
        return Ok(put);
    }
    // Who had left already and comes back under the other agency leaves nothing more.
    if listed.left.is_some() {
        return Ok(Put::Changed);
    }
    let permit = tx.permit::<KeepPerson, _>(listed.person.clone())?;
    store::keep_before(tx, &permit, &listed.line, None).await?;
    let today = tx.today();
    let ended = store::leave(tx, &permit, today, MOVED_OVER.0, passage.sent_on).await?;
    let event = Event::new("person.left", partition).unit(unit).person(id).word("reason", MOVED_OVER.0);
    tx.record(event.id("custody", passage.id).day("on", today))?;
    tell_ended(tx, Place { partition, unit }, id, &ended, today)?;
    listed.left = Some((today, MOVED_OVER.0.to_owned()));
    Ok(Put::Changed)
}

/// The first declaration of someone newly in post, once.
async fn first(app: &App, tx: &mut Tx, book: &mut Book, place: Place, person: PersonId, line: &Line) -> Result<()> {
    let has_one = book.with_first.iter().any(|(known, _)| *known == person);
    if let (Some(owed), false) = (rules::first_owed(&app.law, line)?, has_one) {
        book.with_first.insert((person, owed.year));
        oblige(tx, place, &[(person, owed)]).await?;
    }
    Ok(())
}

/// A mended day in post, or a mark that was forgotten, mends the first declaration that follows from it, as long as
/// nothing was declared: it ends, or is due on another day.
async fn mend_first(
    app: &App,
    tx: &mut Tx,
    book: &mut Book,
    permit: &Permit<KeepPerson, Person>,
    before: &Line,
    line: &Line,
) -> Result<()> {
    let (was, is) = (rules::first_owed(&app.law, before)?, rules::first_owed(&app.law, line)?);
    if was == is {
        return Ok(());
    }
    let (partition, unit, person) = (permit.on().partition, permit.on().unit, permit.on().id);
    let mended = match &is {
        Some(owed) => store::redate_first(tx, permit, owed).await?,
        None => store::end_first(tx, permit).await?,
    };
    for obligation in mended {
        let (place, today) = (Place { partition, unit }, tx.today());
        match &is {
            Some(owed) => {
                drop(tx.record(owed_event("obligation.redated", place, person, obligation, &owed.terms()))?)
            }
            None => tell_ended(tx, place, person, &[obligation], today)?,
        }
    }
    first(app, tx, book, Place { partition, unit }, person, line).await
}

fn route(app: &App, tx: &Tx, book: &Book, line: &Line) -> std::result::Result<RoutingRule, Put> {
    let on = tx.today().max(book.unit.valid_from);
    match controller(&book.rules, &book.unit, rank(app, line), line.party_managed, on) {
        Ok(rule) => Ok(rule.clone()),
        Err(error) => Err(refused(
            "ground",
            format!(
                "Chưa xác định được cơ quan kiểm soát: {error}. Đề nghị quản trị hệ thống bổ sung quy tắc phân công (Điều 30 Luật Phòng, chống tham nhũng 2018)."
            ),
        )),
    }
}

fn rank(app: &App, line: &Line) -> organisation::Rank {
    let ground = line.ground.as_deref().and_then(|code| app.law.ground(code));
    ground.map_or(organisation::Rank::BelowDirector, rules::rank_of)
}

/// A line that was refused is an act judged and not done.
fn told(tx: &mut Tx, put: Put) -> Result<Put> {
    if matches!(put, Put::Refused(_) | Put::Unchanged) {
        tx.nothing_done();
    }
    Ok(put)
}

fn refused(field: &str, sentence: impl Into<String>) -> Put {
    let mut errors = FieldErrors::default();
    errors.add(field, sentence);
    Put::Refused(errors)
}

/// Says no more than that: where the other person works is not this unit's to know. Asking leaves a trace, so that trying
/// numbers one after the other is seen.
fn number_elsewhere(tx: &mut Tx, place: Place) -> Result<Put> {
    tx.record(Event::new("roster.number_refused", place.partition).unit(place.unit))?;
    Ok(refused(
        "id_no",
        "Số này đang thuộc một người khác do cùng cơ quan kiểm soát quản lý. Đề nghị đối chiếu lại số; nếu người này vừa chuyển đến, đề nghị đơn vị cũ đưa ra khỏi danh sách rồi ghi lại.",
    ))
}

/// An agency that another process founded since this one started.
async fn take_up_keys(app: &App, actor: &Actor) -> Result<()> {
    let rules = app.db.read(actor, "roster.routing", async |tx| organisation::store::routing_rules(tx).await).await?;
    for partition in rules.iter().map(|rule| rule.partition).collect::<BTreeSet<_>>() {
        app.db.take_up_keys(partition).await?;
    }
    Ok(())
}
