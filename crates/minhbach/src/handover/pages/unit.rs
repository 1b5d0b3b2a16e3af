//! The unit hands over what it received.
use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;

use super::super::open::{Who, who};
use super::super::send::{self, HandingOver, count};
use super::{BatchLine, Typed, Work, agencies, batch_page, batches, by_agency, opened, record_pdf};
use crate::account::{Posted, Signed};
use crate::declaration::pages::correction::{by_declaration, waiting_sentence};
use crate::declaration::{self, Declaration};
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, PartitionId};
use crate::kernel::web::{FieldErrors, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role, Tx};
use crate::law;
use crate::person::{self, model::title};

/// A declaration that waits to be handed over.
struct Line {
    id: DeclarationId,
    name: String,
    position: String,
    title: String,
    received_on: String,
    due: String,
    distance: String,
    is_late: bool,
    /// The correction that waits, if one does: the agency decides it from then on.
    proposed: String,
    checked: bool,
}

/// What waits for one agency.
struct Group {
    agency: PartitionId,
    name: String,
    late: usize,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "handover/pages/waiting.html")]
struct WaitingPage {
    page: Page,
    works: Vec<Work>,
    group: Option<Group>,
    typed: Typed,
    batches: Vec<BatchLine>,
    errors: FieldErrors,
}

/// Which agency's declarations are asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "co-quan")]
    agency: Option<PartitionId>,
}

/// Declarations the unit received and has not handed over, by control agency: one batch is for one agency. Without one
/// named, the agency with the earliest last day (article 38.3). The late ones stand first. Names are opened, so looking
/// is one recorded access.
pub(super) async fn waiting(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed::proposed(&app, &signed);
    html(&waiting_page(&app, &signed, asked.agency, None, typed, FieldErrors::default()).await?)
}

/// `ticked`: what was chosen before; nothing was, when the page is new, and everything is proposed.
async fn waiting_page(
    app: &App,
    signed: &Signed,
    asked: Option<PartitionId>,
    ticked: Option<&BTreeSet<DeclarationId>>,
    typed: Typed,
    errors: FieldErrors,
) -> Result<WaitingPage> {
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let (works, group, batches) = app
        .db
        .read(&signed.actor, "hand_over.waiting", async |tx| {
            let agencies = agencies(tx).await?;
            let waiting = declaration::store::to_hand_over(tx, unit).await?;
            let (works, current) =
                by_agency(waiting, |declaration| declaration.partition, asked, "/don-vi/ban-giao", &agencies);
            let group = match current {
                Some((partition, waiting)) => Some(group(tx, unit, partition, &waiting, &agencies, ticked).await?),
                None => None,
            };
            Ok((works, group, batches(tx, &agencies).await?))
        })
        .await?;
    Ok(WaitingPage { page: signed.page("Bàn giao bản kê khai"), works, group, typed, batches, errors })
}

async fn group(
    tx: &mut Tx,
    unit: OrganisationId,
    agency: PartitionId,
    waiting: &[Declaration],
    agencies: &HashMap<PartitionId, String>,
    ticked: Option<&BTreeSet<DeclarationId>>,
) -> Result<Group> {
    let today = tx.today();
    let people: Vec<_> = waiting.iter().map(|declaration| declaration.person).collect();
    let people = person::store::find_all(tx, &people).await?;
    let corrections = declaration::correction::store::waiting(tx).await?;
    let proposed = by_declaration(&corrections, today);
    let mut lines = Vec::with_capacity(waiting.len());
    for declaration in waiting {
        let who = who(tx, people.get(&declaration.person))?;
        let proposed = proposed.get(&declaration.id).map(|one| waiting_sentence(one, today));
        lines.push(Line { proposed: proposed.unwrap_or_default(), ..line(declaration, who, ticked, today) });
    }
    tx.record(Event::new("hand_over.list_opened", agency).unit(unit).count("declarations", count(lines.len())))?;
    Ok(Group {
        agency,
        name: agencies.get(&agency).cloned().unwrap_or_default(),
        late: lines.iter().filter(|line| line.is_late).count(),
        lines,
    })
}

fn line(declaration: &Declaration, who: Who, ticked: Option<&BTreeSet<DeclarationId>>, today: NaiveDate) -> Line {
    let due = declaration.hand_over_due_on;
    Line {
        id: declaration.id,
        name: who.name,
        position: who.position,
        title: title(declaration.kind, declaration.year),
        received_on: declaration.received_on.map(viet::date::format_short).unwrap_or_default(),
        due: due.map(viet::date::format_short).unwrap_or_default(),
        distance: due.map(|due| law::distance(due, today)).unwrap_or_default(),
        is_late: due.is_some_and(|due| today > due),
        proposed: String::new(),
        checked: ticked.is_none_or(|ticked| ticked.contains(&declaration.id)),
    }
}

/// Hands the chosen declarations over to one agency as one batch (article 38.3): date, name and position of who hands
/// over. Two presses of one page make one batch.
pub(super) async fn send(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let (typed, agency) = (Typed::of(&fields), fields.get("co-quan").parse::<PartitionId>().ok());
    let ticked: BTreeSet<DeclarationId> = fields.all("ban").filter_map(|id| id.parse().ok()).collect();
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = waiting_page(&app, &signed, agency, Some(&ticked), typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    if ticked.is_empty() {
        errors.add("ban", "Chưa chọn bản kê khai nào để bàn giao. Đề nghị đánh dấu ít nhất một bản trong danh sách.");
    }
    let day = typed.check("bàn giao", "người giao", &mut errors);
    let (Some(agency), Some(handed_on), true) = (agency, day, errors.is_empty()) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let asked = HandingOver {
        agency,
        declarations: ticked.clone(),
        handed_on,
        hander_name: typed.name.clone(),
        hander_position: typed.position.clone(),
    };
    let once = Once::of_form(&typed.key, &asked)?;
    match send::send(&app, &signed.actor, &asked, &once).await {
        Ok(handed) => Ok(Redirect::to(&format!("/don-vi/ban-giao/{}", handed.hand_over)).into_response()),
        Err(Error::Refused(refusal)) if refusal.code == "handed_on" => {
            errors.add("day", refusal.to_string());
            again(typed, errors, refusal.status, "").await
        }
        // The key was used up by another request; with a new one the officer can go on from the page they see.
        Err(Error::Refused(refusal)) => {
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            again(typed, errors, refusal.status, &refusal.to_string()).await
        }
        Err(error) => Err(error),
    }
}

/// A batch of the unit with what became of it; opening it is recorded.
pub(super) async fn batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    batch_page(&signed, &opened(&app, &signed, id).await?, "/don-vi/ban-giao")
}

pub(super) async fn record(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    record_pdf(&app, &signed, id).await
}
