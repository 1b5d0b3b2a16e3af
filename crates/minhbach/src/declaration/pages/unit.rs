//! The employing unit: a board of its people and their declarations, reading one, receiving it.
use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;

use super::sent::{Published, VersionRow, blocks_of, differences_of, published, version_rows};
use super::{correction, deciding};
use crate::account::{Posted, Signed};
use crate::declaration::correction as corrections;
use crate::declaration::correction::Correction;
use crate::declaration::demand::{self, Demand};
use crate::declaration::model::{Act, Channel, Declaration};
use crate::declaration::publication::{self, Publication, Stage, ToPublish, Unended};
use crate::declaration::receive::{self, Receipt};
use crate::declaration::summary::Block;
use crate::declaration::{findings, open, store};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{CorrectionId, DeclarationId, DemandId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::web::{FieldErrors, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Result, Role, Tx};
use crate::person::follow_up::{self, FollowUp};
use crate::person::model::year_shown;
use crate::person::{self, Obligation, inquiry};
use crate::{law, organisation};

/// One person's obligation, or a declaration that answers none of the list.
struct Line {
    name: String,
    position: String,
    agency: String,
    kind: String,
    due: String,
    /// How far the due day is, while it is not met.
    distance: String,
    state: &'static str,
    state_kind: &'static str,
    said: String,
    declaration: Option<DeclarationId>,
    can_receive: bool,
    demand: Option<DemandId>,
    /// A correction the unit is to decide.
    correction: Option<CorrectionId>,
}

#[derive(Template)]
#[template(path = "declaration/pages/unit.html")]
struct BoardPage {
    page: Page,
    lines: Vec<Line>,
    year: i16,
    /// Other years with obligations, newest first.
    other_years: Vec<i16>,
    obliged: usize,
    declared: usize,
    received: usize,
    agencies: usize,
    /// What is late and what falls due within the week.
    work: Vec<Figure>,
    /// What the plans of the control agencies ask.
    plans: Vec<String>,
    /// Code and name of the forms of today, as workbooks for places without a line.
    blanks: Vec<(String, String)>,
}

/// A figure of `ui::figures`.
struct Figure {
    value: String,
    label: String,
    href: &'static str,
}

/// Where received declarations are handed over.
/// Where requests for information are answered.
const ASKED: &str = "/don-vi/yeu-cau-thong-tin";
const HAND_OVER: &str = "/don-vi/ban-giao";

/// Where those who are late are followed up.
const REMIND: &str = "/don-vi/don-doc";
/// Where what was handed over is published.
const PUBLISH: &str = "/don-vi/cong-khai";

/// Days ahead that count as this week.
const WEEK: i64 = 7;

/// What is late, what falls due within a week, what waits for the unit: each that is not nothing, with where it is worked
/// off.
fn work(
    obligations: &[Obligation],
    declarations: &[Declaration],
    to_hand_over: &[Declaration],
    (demands, corrections, asked): (&[Demand], &[Correction], &[inquiry::Asked]),
    to_publish: &ToTell,
    today: NaiveDate,
) -> Vec<Figure> {
    let ahead = |day: NaiveDate| (day - today).num_days();
    let missing: Vec<i64> = obligations.iter().filter(|o| o.is_open()).map(|o| ahead(o.due_on)).collect();
    let waiting = declarations.iter().filter(|d| d.received_on.is_none() && d.demand.is_none()).count();
    let unread = demands.iter().filter(|demand| demand.reached_on.is_none()).count();
    let demanded: Vec<i64> = demands.iter().filter_map(|demand| demand.due_on).map(ahead).collect();
    let proposed: Vec<i64> = corrections.iter().map(|one| ahead(one.due_on)).collect();
    let asked: Vec<i64> = asked.iter().map(|one| ahead(one.due_on)).collect();
    let kept = to_hand_over.iter().filter_map(|declaration| declaration.hand_over_due_on);
    let kept: Vec<i64> = kept.map(ahead).collect();
    let late = |days: &[i64]| days.iter().filter(|days| **days < 0).count();
    let soon = |days: &[i64]| days.iter().filter(|days| (0..=WEEK).contains(*days)).count();
    let figures = [
        (late(&missing), "chưa kê khai, đã quá hạn", REMIND),
        (soon(&missing), "chưa kê khai, đến hạn trong 7 ngày", ""),
        (waiting, "chờ đơn vị tiếp nhận", ""),
        (unread, "yêu cầu hoàn thiện chưa đến người kê khai", ""),
        (late(&demanded), "yêu cầu hoàn thiện đã quá hạn", ""),
        (soon(&demanded), "yêu cầu hoàn thiện đến hạn trong 7 ngày", ""),
        (soon(&proposed), "đề nghị sửa đổi phải quyết định trong 7 ngày", ""),
        (proposed.len() - soon(&proposed), "đề nghị sửa đổi chờ quyết định", ""),
        (late(&asked), "yêu cầu cung cấp thông tin đã quá hạn trả lời", ASKED),
        (asked.len() - late(&asked), "yêu cầu cung cấp thông tin chờ trả lời", ASKED),
        (late(&kept), "đã tiếp nhận, chưa bàn giao, đã quá hạn", HAND_OVER),
        (soon(&kept), "đã tiếp nhận, chưa bàn giao, đến hạn trong 7 ngày", HAND_OVER),
        (late(&to_publish.due), "đã bàn giao, chưa công khai, đã quá hạn", PUBLISH),
        (soon(&to_publish.due), "đã bàn giao, chưa công khai, đến hạn trong 7 ngày", PUBLISH),
        (to_publish.minutes_due, "lần công khai chờ biên bản", PUBLISH),
    ];
    let figures = figures.into_iter().filter(|(count, ..)| *count > 0);
    figures.map(|(count, label, href)| Figure { value: count.to_string(), label: label.to_owned(), href }).collect()
}

/// What the board tells of publication.
#[derive(Default)]
struct ToTell {
    /// Days left of each declaration that waits.
    due: Vec<i64>,
    /// Publications whose minutes can be made.
    minutes_due: usize,
}

impl ToTell {
    fn of(app: &App, waiting: &[ToPublish], unended: &[Unended], today: NaiveDate) -> Result<Self> {
        let mut due = Vec::new();
        for declaration in waiting {
            if publication::is_for_workplace(&app.law, &declaration.rule_set, declaration.kind)? {
                let last = publication::due_on(&app.law, &declaration.rule_set, declaration.handed_on)?;
                due.push((last - today).num_days());
            }
        }
        let wants_minutes =
            |one: &&Unended| Stage::of(one.mode, publication::State::Open, one.until_on, today) == Stage::MinutesDue;
        Ok(Self { due, minutes_due: unended.iter().filter(wants_minutes).count() })
    }
}

/// Publications that were not broken off, by declaration.
type Publications = BTreeMap<DeclarationId, Publication>;

/// Names of people the unit manages, opened once for the whole board.
type People = BTreeMap<(PartitionId, PersonId), (String, String)>;

/// One look at the board is one access, told to every log whose people were shown.
async fn people(tx: &mut Tx, unit: OrganisationId) -> Result<People> {
    let mut names = People::new();
    let mut counts: BTreeMap<PartitionId, i64> = BTreeMap::new();
    for person in person::store::of_unit(tx, unit).await? {
        let name = tx.open(person.partition, person.id.0, &person.name)?;
        let position = tx.open(person.partition, person.id.0, &person.position)?;
        names.insert((person.partition, person.id), (name, position));
        *counts.entry(person.partition).or_default() += 1;
    }
    for (partition, count) in counts {
        tx.record(Event::new("unit.board_opened", partition).unit(unit).count("people", count))?;
    }
    Ok(names)
}

/// Which year's board is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    nam: Option<i16>,
}

/// The unit's people and how far each one's obligation of a year is; without a year, the newest on the list.
pub(super) async fn board(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let (
        people,
        mut obligations,
        declarations,
        (to_hand_over, demands, mut corrections, asked),
        agencies,
        year,
        (follow_ups, plans),
        (published, (waiting, unended)),
    ) = app
        .db
        .read(&signed.actor, "unit.board", async |tx| {
            let people = people(tx, unit).await?;
            let obligations = person::store::obligations(tx, None).await?;
            let years: Vec<i16> = obligations.iter().map(|obligation| obligation.year).collect();
            let year = asked.nam.unwrap_or_else(|| year_shown(&years, tx.today()));
            let declarations = store::of_year(tx, year).await?;
            // Of every year: those of last year are due in January.
            let to_hand_over = store::to_hand_over(tx, unit).await?;
            let mut demands = demand::store::list(tx, None, i64::MAX).await?;
            demands.retain(|demand| demand.state == demand::State::Issued);
            let agencies = organisation::store::partitions(tx).await?;
            let follow_ups = follow_up::of_obligations(tx, None).await?;
            let of = people.keys().map(|(partition, _)| *partition).chain([tx.actor().home]);
            let plans = follow_up::plan_sentences(tx, of.collect::<Vec<_>>(), year).await?;
            let published = store::publications_of_year(tx, unit, year).await?;
            let to_publish = (store::to_publish(tx, unit).await?, store::unended_publications(tx, unit).await?);
            let mut asked = inquiry::asked(tx).await?;
            asked.retain(|one| one.state == inquiry::State::Waiting);
            let to_do = (to_hand_over, demands, corrections::store::waiting(tx).await?, asked);
            let of_publishing = (published, to_publish);
            Ok((people, obligations, declarations, to_do, agencies, year, (follow_ups, plans), of_publishing))
        })
        .await?;
    let agencies: BTreeMap<PartitionId, String> = agencies.into_iter().map(|agency| (agency.id, agency.name)).collect();
    let agency = |partition: PartitionId| agencies.get(&partition).cloned().unwrap_or_default();
    let mut other_years: Vec<i16> = obligations.iter().map(|o| o.year).filter(|other| *other != year).collect();
    other_years.dedup();
    obligations.retain(|obligation| obligation.year == year);
    let by_id: BTreeMap<DeclarationId, &Declaration> = declarations.iter().map(|d| (d.id, d)).collect();
    let today = app.clock().today();
    // Once the copy was handed over the agency decides.
    let is_here = |id: &DeclarationId| by_id.get(id).is_none_or(|declaration| declaration.handed_over_on.is_none());
    corrections.retain(|one| one.waits(today) && is_here(&one.declaration));
    let proposed = correction::by_declaration(&corrections, today);
    let published: Publications = published.into_iter().map(|one| (one.declaration, one)).collect();
    let mut lines: Vec<Line> = obligations
        .iter()
        .map(|obligation| {
            let declaration = obligation.declaration.and_then(|id| by_id.get(&id).copied());
            let follow_up = follow_ups.get(&obligation.id);
            let told = (follow_up, &published);
            of_obligation(obligation, declaration, told, &people, agency(obligation.partition), today)
        })
        .collect();
    let answering: BTreeSet<DeclarationId> =
        obligations.iter().filter_map(|obligation| obligation.declaration).collect();
    let unasked = declarations.iter().filter(|declaration| !answering.contains(&declaration.id));
    lines.extend(
        unasked
            .map(|declaration| of_declaration(declaration, &people, &published, agency(declaration.partition), today)),
    );
    lines.sort_by_cached_key(|line| viet::text::name_sort_key(&line.name));
    for line in &mut lines {
        if let Some(one) = line.declaration.and_then(|id| proposed.get(&id)) {
            line.correction = Some(one.id);
            line.said = [line.said.clone(), correction::waiting_sentence(one, today)].join("; ");
        }
    }
    let to_tell = ToTell::of(&app, &waiting, &unended, today)?;
    let blanks =
        law::in_force(&app.law, today)?.forms.iter().map(|form| (form.code.clone(), form.name.clone())).collect();
    let shown: BTreeSet<_> = people.keys().map(|(partition, _)| partition).collect();
    html(&BoardPage {
        page: signed.page("Bản kê khai của đơn vị"),
        year,
        other_years,
        obliged: obligations.iter().filter(|o| o.counts()).count(),
        declared: obligations.iter().filter(|o| o.declared_at.is_some()).count(),
        received: obligations.iter().filter(|o| o.received_on.is_some()).count(),
        agencies: shown.len(),
        work: work(&obligations, &declarations, &to_hand_over, (&demands, &corrections, &asked), &to_tell, today),
        plans,
        blanks,
        lines,
    })
}

/// How far an obligation is stands in the obligation; the declaration only adds what was handed in and how.
fn of_obligation(
    obligation: &Obligation,
    declaration: Option<&Declaration>,
    (follow_up, published): (Option<&FollowUp>, &Publications),
    people: &People,
    agency: String,
    today: NaiveDate,
) -> Line {
    let publication = declaration.and_then(|declaration| published.get(&declaration.id));
    let (name, position) = people.get(&(obligation.partition, obligation.person)).cloned().unwrap_or_default();
    let kind = obligation.title();
    let is_paper = obligation.channel.as_deref() == Some(Channel::Paper.word());
    let (state, state_kind) = match (obligation.received_on, obligation.declared_at) {
        _ if obligation.demand.is_some() => demanded(obligation.demand_due_on, today),
        (Some(_), _) => received(declaration, publication, today),
        (None, Some(_)) => waiting(declaration, is_paper),
        (None, None) if !obligation.is_open() => ("Không còn phải nộp", ""),
        (None, None) if follow_up.is_some_and(|done| done.not_submitted_on.is_some()) => {
            ("Không nộp sau 02 lần đôn đốc", "wrong")
        }
        (None, None) if today > obligation.due_on => ("Quá hạn", "wrong"),
        (None, None) => ("Chưa kê khai", ""),
    };
    Line {
        name,
        position,
        agency,
        kind,
        due: viet::date::format_short(obligation.due_on),
        distance: if obligation.is_open() { law::distance(obligation.due_on, today) } else { String::new() },
        state,
        state_kind,
        said: told(declaration, publication, follow_up),
        declaration: obligation.declaration,
        can_receive: obligation.declaration.is_some()
            && obligation.received_on.is_none()
            && obligation.demand.is_none(),
        demand: obligation.demand,
        correction: None,
    }
}

/// What was handed in, or how a late one was followed up. A non-submission that was recorded stays said, also when the
/// declaration came after all.
fn told(declaration: Option<&Declaration>, publication: Option<&Publication>, follow_up: Option<&FollowUp>) -> String {
    let done = follow_up.filter(|done| declaration.is_none() || done.not_submitted_on.is_some());
    let parts = [declaration.map(|declaration| said(declaration, publication)), done.map(FollowUp::sentence)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Received by the unit, and perhaps handed over to the control agency and published.
fn received(
    declaration: Option<&Declaration>,
    publication: Option<&Publication>,
    today: NaiveDate,
) -> (&'static str, &'static str) {
    if let Some(publication) = publication {
        return publication.stage(today).label();
    }
    match declaration.and_then(|declaration| declaration.handed_over_on) {
        Some(_) => ("Đã bàn giao", "good"),
        None => ("Đã tiếp nhận", "good"),
    }
}

/// Handed in, or handed in again, and not yet received by the unit.
fn waiting(declaration: Option<&Declaration>, is_paper: bool) -> (&'static str, &'static str) {
    match declaration.map(|declaration| declaration.act) {
        Some(Act::Redeclare) => ("Chờ tiếp nhận lại", "wait"),
        _ if is_paper => ("Đã số hóa bản giấy", "wait"),
        _ => ("Chờ tiếp nhận", "wait"),
    }
}

/// To be completed or made again (article 38.2); without a last day it has not reached the declarant yet.
fn demanded(due_on: Option<NaiveDate>, today: NaiveDate) -> (&'static str, &'static str) {
    match due_on {
        Some(due) if today > due => ("Quá hạn hoàn thiện", "wrong"),
        _ => ("Chờ hoàn thiện", "wait"),
    }
}

fn said(declaration: &Declaration, publication: Option<&Publication>) -> String {
    let channel = declaration.act.label();
    let sent = viet::date::format_short(date_in_vietnam(declaration.version_at));
    if declaration.demand.is_some() {
        return match declaration.demand_due_on {
            Some(due) => format!("{channel}; hoàn thiện chậm nhất {}", viet::date::format_short(due)),
            None => format!("{channel}; người kê khai chưa nhận được yêu cầu"),
        };
    }
    if let Some(publication) = publication {
        let minutes = publication.minutes().map(|number| format!("; biên bản số {number}")).unwrap_or_default();
        return format!("{}, {}{minutes}", publication.mode.label(), publication.days());
    }
    match (declaration.handed_over_on, declaration.hand_over_due_on) {
        (Some(on), _) => format!("{channel}; bàn giao ngày {}", viet::date::format_short(on)),
        (None, Some(due)) => format!("{channel}; bàn giao chậm nhất {}", viet::date::format_short(due)),
        (None, None) => format!("{channel}, lưu ngày {sent}"),
    }
}

fn of_declaration(
    declaration: &Declaration,
    people: &People,
    published: &Publications,
    agency: String,
    today: NaiveDate,
) -> Line {
    let publication = published.get(&declaration.id);
    let (name, position) = people.get(&(declaration.partition, declaration.person)).cloned().unwrap_or_default();
    let (state, state_kind) = match declaration.received_on {
        _ if declaration.demand.is_some() => demanded(declaration.demand_due_on, today),
        Some(_) => received(Some(declaration), publication, today),
        None => waiting(Some(declaration), declaration.channel == Channel::Paper.word()),
    };
    Line {
        name,
        position,
        agency,
        kind: crate::person::model::title(declaration.kind, declaration.year),
        due: String::new(),
        distance: String::new(),
        state,
        state_kind,
        said: said(declaration, publication),
        declaration: Some(declaration.id),
        can_receive: declaration.received_on.is_none() && declaration.demand.is_none(),
        demand: declaration.demand,
        correction: None,
    }
}

#[derive(Template)]
#[template(path = "declaration/pages/unit_declaration.html")]
struct DeclarationPage {
    page: Page,
    receive: String,
    title: String,
    caption: String,
    received: Option<Received>,
    published: Vec<Published>,
    /// Handed in again on a demand.
    is_again: bool,
    /// What waits for an answer.
    demand: Option<DemandLine>,
    can_demand: bool,
    signing: String,
    demand_href: String,
    /// What was recorded beside the version in force.
    found: Vec<Found>,
    /// What it says differently from the version before.
    differences: Vec<String>,
    versions: Vec<VersionRow>,
    demands: Vec<DemandLine>,
    corrections: Vec<correction::Told>,
    blocks: Vec<Block>,
}

/// A receipt as it is shown.
struct Received {
    on: String,
    by: String,
    position: String,
    hand_over_due_on: String,
    handed_over_on: String,
}

/// A finding as it is shown.
struct Found {
    text: String,
    reason: String,
}

/// A demand as it is shown with its declaration.
struct DemandLine {
    id: DemandId,
    reference: String,
    issued_on: String,
    state: &'static str,
    due: String,
    distance: String,
}

impl DemandLine {
    fn of(demand: &Demand, today: NaiveDate) -> Self {
        Self {
            id: demand.id,
            reference: demand.reference(),
            issued_on: viet::date::format_short(demand.issued_on),
            state: if demand.is_late(today) { "quá hạn hoàn thiện" } else { demand.state.label().0 },
            due: demand.due_on.map(viet::date::format_short).unwrap_or_default(),
            distance: demand.due_on.map(|due| law::distance(due, today)).unwrap_or_default(),
        }
    }
}

/// A declaration of the unit's people, for reading and checking that it is complete: what was found when it was recorded,
/// and after it was handed in again, what differs. Opening it is recorded.
pub(super) async fn declaration(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<super::sent::Asked>,
) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let (opened, versions, differences, received, published, (demands, corrections), found) = app
        .db
        .read(&signed.actor, "unit.declaration", async |tx| {
            let declaration = store::find(tx, id).await?;
            let received = received_as(tx, &declaration).await?;
            let published = published(tx, &declaration).await?;
            let demands = demand::store::list(tx, Some(id), i64::MAX).await?;
            let versions = store::versions(tx, &declaration).await?;
            let partition = declaration.partition;
            let mut found = Vec::new();
            let version = store::version(tx, &declaration, asked.ban).await?;
            for shortcoming in store::shortcomings(tx, partition, version.id).await? {
                let reason = match &shortcoming.reason {
                    Some(reason) => tx.open(partition, shortcoming.id, reason)?,
                    None => String::new(),
                };
                found.push((shortcoming, reason));
            }
            let corrections = corrections::store::of_declaration(tx, id).await?;
            let corrections = correction::told_of(tx, corrections, deciding::UNIT).await?;
            let opened = open::open_version(tx, declaration, asked.ban).await?;
            let differences = differences_of(&app, tx, &opened).await?;
            Ok((opened, versions, differences, received, published, (demands, corrections), found))
        })
        .await?;
    let today = app.clock().today();
    let declaration = &opened.declaration;
    let name = form::doc::text(&opened.content, "declarant.full_name").unwrap_or_default().to_owned();
    let rules = law::named(&app.law, &opened.version.rule_set)?;
    let told = |(shortcoming, reason): &(_, String)| Found {
        text: findings::told(rules, declaration.kind, &opened.content, shortcoming),
        reason: reason.clone(),
    };
    let found = found.iter().map(told).collect();
    let waiting = demands.iter().find(|demand| demand.state == demand::State::Issued);
    html(&DeclarationPage {
        page: signed.page(format!("Bản kê khai của {name}")),
        receive: format!("/don-vi/ban/{id}/tiep-nhan"),
        title: name,
        caption: format!(
            "{} năm {}, {}, hoàn thành ngày {}",
            crate::person::model::kind_label(declaration.kind),
            declaration.year,
            opened.version.act.label().to_lowercase(),
            form::doc::text(&opened.content, "completed_on")
                .and_then(|day| day.parse().ok())
                .map_or_else(|| "không ghi".to_owned(), viet::date::format_short)
        ),
        received,
        published,
        is_again: opened.version.version > 1,
        demand: waiting.map(|demand| DemandLine::of(demand, today)),
        signing: format!("/don-vi/ban/{}/ky-so", declaration.id),
        can_demand: declaration.handed_over_on.is_none() && waiting.is_none() && declaration.obligation.is_some(),
        demand_href: format!("/don-vi/ban/{id}/yeu-cau"),
        found,
        differences,
        versions: version_rows(&versions, opened.version.version, &format!("/don-vi/ban/{id}")),
        demands: demands.iter().map(|demand| DemandLine::of(demand, today)).collect(),
        corrections,
        blocks: blocks_of(&app, &opened)?,
    })
}

/// The receipt of what was last handed in; none while that waits to be received.
async fn received_as(tx: &mut Tx, declaration: &Declaration) -> Result<Option<Received>> {
    if declaration.received_on.is_none() {
        return Ok(None);
    }
    let Some(receipt) = store::receipts(tx, declaration).await?.into_iter().next() else { return Ok(None) };
    Ok(Some(Received {
        by: tx.open(declaration.partition, receipt.id.0, &receipt.receiver_name)?,
        position: tx.open(declaration.partition, receipt.id.0, &receipt.receiver_position)?,
        on: viet::date::format_short(receipt.received_on),
        hand_over_due_on: viet::date::format_short(receipt.hand_over_due_on),
        handed_over_on: declaration.handed_over_on.map(viet::date::format_short).unwrap_or_default(),
    }))
}

#[derive(Template)]
#[template(path = "declaration/pages/receive.html")]
struct ReceivePage {
    page: Page,
    id: DeclarationId,
    /// What the officer sees; another version may come meanwhile.
    version: String,
    back: String,
    title: String,
    name: String,
    position: String,
    day: String,
    hand_over_days: u32,
    basis: String,
    errors: FieldErrors,
}

/// What the receiver typed; kept when something is to be mended.
struct Typed {
    /// The version that was read.
    version: Option<VersionId>,
    name: String,
    position: String,
    day: String,
}

async fn receive_page(
    app: &App,
    signed: &Signed,
    id: DeclarationId,
    typed: Typed,
    errors: FieldErrors,
) -> Result<ReceivePage> {
    let (declaration, rule_set) = app
        .db
        .read(&signed.actor, "unit.receipt", async |tx| {
            let declaration = store::find(tx, id).await?;
            let rule_set = store::latest_version(tx, &declaration).await?.rule_set;
            Ok((declaration, rule_set))
        })
        .await?;
    let rules = crate::law::named(&app.law, &rule_set)?;
    let limit =
        rules.deadline("check_and_hand_over").ok_or_else(|| crate::bug!("deadline check_and_hand_over is missing"))?;
    Ok(ReceivePage {
        page: signed.page("Tiếp nhận bản kê khai"),
        id,
        version: typed.version.unwrap_or(declaration.version).to_string(),
        back: format!("/don-vi/ban/{id}"),
        title: crate::person::model::title(declaration.kind, declaration.year),
        name: typed.name,
        position: typed.position,
        day: typed.day,
        hand_over_days: limit.days.unwrap_or_default(),
        basis: limit.basis.clone(),
        errors,
    })
}

/// The officer's own name and position and today are proposed; they are the usual answer and can be changed.
pub(super) async fn receipt_form(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed {
        version: None,
        name: signed.badge.name.clone(),
        position: signed.badge.position.clone(),
        day: viet::date::format_short(app.clock().today()),
    };
    html(&receive_page(&app, &signed, id, typed, FieldErrors::default()).await?)
}

/// Receives a declaration: who, in which position, on which day (note 1 of Phụ lục I; article 38).
pub(super) async fn receive(
    State(app): State<App>,
    Path(id): Path<DeclarationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed {
        version: fields.get("ban").parse().ok(),
        name: viet::text::normalise(fields.get("name")),
        position: viet::text::normalise(fields.get("position")),
        day: fields.get("day").to_owned(),
    };
    if !signed.is_fresh(&fields) {
        let mut page = receive_page(&app, &signed, id, typed, FieldErrors::default()).await?;
        let told = "Trang này được mở trong một phiên làm việc khác nên chưa ghi. Nội dung vừa nhập vẫn còn; đề nghị bấm lại “Tiếp nhận”.";
        page.page = page.page.flash("wrong", told);
        return Ok(html_with(StatusCode::CONFLICT, &page)?.into_response());
    }
    let mut errors = FieldErrors::default();
    if typed.name.is_empty() {
        errors.add(
            "name",
            "Chưa ghi họ tên người nhận. Đề nghị ghi rõ họ tên (hướng dẫn số 1, Phụ lục I Nghị định 130/2020/NĐ-CP).",
        );
    }
    if typed.position.is_empty() {
        errors.add("position", "Chưa ghi chức vụ, chức danh người nhận. Đề nghị ghi theo chữ ký trên bản kê khai.");
    }
    let day = viet::date::parse_date(&typed.day);
    if day.is_err() {
        errors.add("day", "Ngày tiếp nhận chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
    }
    if let (Ok(received_on), true) = (day, errors.is_empty()) {
        let receipt = Receipt {
            version: typed.version,
            received_on,
            receiver_name: typed.name.clone(),
            receiver_position: typed.position.clone(),
        };
        match receive::receive(&app, &signed.actor, id, &receipt).await {
            Ok(_) => return Ok(Redirect::to(&format!("/don-vi/ban/{id}")).into_response()),
            Err(Error::Refused(refusal)) if refusal.code == "received_on" => errors.add("day", refusal.to_string()),
            Err(error) => return Err(error),
        }
    }
    let page = receive_page(&app, &signed, id, typed, errors).await?;
    Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::ObligationId;

    /// A board of thousands reads no declaration twice and misses none: the obligation alone says how far it is.
    #[test]
    fn the_obligation_decides_not_the_declaration_at_hand() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let id = DeclarationId::new();
        let mut obligation = Obligation {
            partition: PartitionId::new(),
            id: ObligationId::new(),
            unit: OrganisationId::new(),
            person: PersonId::new(),
            kind: form::Kind::Annual,
            year: 2025,
            rule_set: "R1_ND130".into(),
            due_on: NaiveDate::from_ymd_opt(2025, 12, 31).unwrap(),
            channel: Some("ONLINE".into()),
            declared_at: Some(chrono::DateTime::UNIX_EPOCH),
            received_on: None,
            digitised_at: None,
            declaration: Some(id),
            ended_on: None,
            taken_back: false,
            nth: 1,
            occasion: None,
            demand: None,
            demand_due_on: None,
            correcting: None,
        };
        let line = |obligation: &Obligation| {
            let told = (None, &Publications::new());
            of_obligation(obligation, None, told, &People::new(), String::new(), day)
        };
        let sent = line(&obligation);
        assert_eq!((sent.state, sent.declaration, sent.can_receive), ("Chờ tiếp nhận", Some(id), true));
        obligation.demand = Some(DemandId::new());
        assert_eq!((line(&obligation).state, line(&obligation).can_receive), ("Chờ hoàn thiện", false));
        obligation.demand_due_on = day.pred_opt();
        assert_eq!(line(&obligation).state, "Quá hạn hoàn thiện");
        (obligation.demand, obligation.demand_due_on) = (None, None);
        obligation.received_on = Some(day);
        assert_eq!((line(&obligation).state, line(&obligation).can_receive), ("Đã tiếp nhận", false));
        (obligation.received_on, obligation.declared_at, obligation.declaration) = (None, None, None);
        assert_eq!((line(&obligation).state, line(&obligation).can_receive), ("Quá hạn", false));
        obligation.ended_on = Some(day);
        let ended = line(&obligation);
        assert_eq!((ended.state, ended.distance.as_str(), obligation.counts()), ("Không còn phải nộp", "", false));
    }
}
