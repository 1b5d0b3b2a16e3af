//! A document reminders were issued with: who has it, the letters, how they reached people.
use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::letter::{self, OpenIssue};
use super::super::model::Way;
use super::super::remind::{self, Delivering};
use super::{Row, day, new_key, read_day, row};
use crate::account::{Posted, Signed};
use crate::kernel::id::{IssueId, ReminderId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::person;

struct Line {
    id: ReminderId,
    name: String,
    position: String,
    title: String,
    due: String,
    /// How and when it reached the person; empty while that is not said.
    delivered: String,
    hash: String,
    checked: bool,
}

/// A choice of `ui::radios`.
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

#[derive(Template)]
#[template(path = "campaign/pages/issue.html")]
struct IssuePage {
    page: Page,
    id: IssueId,
    title: String,
    rows: Vec<Row>,
    lines: Vec<Line>,
    /// How many have it not said yet.
    open: usize,
    ways: Vec<Choice>,
    way: String,
    day: String,
    key: String,
    errors: FieldErrors,
}

async fn opened(app: &App, signed: &Signed, id: IssueId) -> Result<OpenIssue> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    app.db.read(&signed.actor, "reminder.open", async |tx| letter::open(tx, unit, id).await).await
}

fn page(app: &App, signed: &Signed, id: IssueId, opened: &OpenIssue) -> Result<IssuePage> {
    let first = opened.first()?;
    let title = format!("Công văn đôn đốc lần {} số {}", first.round.number(), first.document_no);
    let mut rows = vec![
        row("Ngày văn bản", day(first.issued_on)),
        row("Hạn mới", day(first.answer_by)),
        row("Người ký", format!("{}, {}", opened.signer.name, opened.signer.position)),
        row("Số người", opened.reminders.len().to_string()),
    ];
    if let Some((number, on)) = &first.after {
        rows.insert(1, row("Sau công văn lần 1", format!("số {number}, {}", day(*on))));
    }
    let lines: Vec<Line> = opened
        .reminders
        .iter()
        .map(|open| {
            let reminder = &open.reminder;
            Line {
                id: reminder.id,
                name: open.who.name.clone(),
                position: open.who.position.clone(),
                title: person::model::title(reminder.kind, reminder.year),
                due: day(reminder.due_on),
                delivered: reminder
                    .delivered
                    .map(|(way, on)| format!("{}, {}", way.label(), day(on)))
                    .unwrap_or_default(),
                hash: hex::encode(reminder.record_hash.iter().take(8).copied().collect::<Vec<_>>()),
                checked: true,
            }
        })
        .collect();
    Ok(IssuePage {
        page: signed.page(title.clone()),
        id,
        title,
        rows,
        open: lines.iter().filter(|line| line.delivered.is_empty()).count(),
        lines,
        ways: Way::ALL.map(|way| Choice { value: way.word(), label: way.label(), hint: "" }).into(),
        way: String::new(),
        day: day(app.clock().today()),
        key: new_key(),
        errors: FieldErrors::default(),
    })
}

/// A document of the unit with its people; opening it is recorded.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<IssueId>) -> Result<Html> {
    let opened = opened(&app, &signed, id).await?;
    html(&page(&app, &signed, id, &opened)?)
}

/// The letters to print and sign, one for each person.
pub(super) async fn letters(State(app): State<App>, signed: Signed, Path(id): Path<IssueId>) -> Result<Response> {
    let opened = opened(&app, &signed, id).await?;
    let name = format!("don-doc-lan-{}-{}.pdf", opened.first()?.round.number(), opened.first()?.issued_on);
    let bytes = letter::pdf(&app, opened).await?;
    Ok(attachment(PDF, &name, bytes))
}

/// Records how and on which day the chosen letters reached their people, once each.
pub(super) async fn deliver(
    State(app): State<App>,
    Path(id): Path<IssueId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    // Before anything else is said: a document of another unit is not there.
    let shown = opened(&app, &signed, id).await?;
    let ticked: BTreeSet<ReminderId> = fields.all("nhac").filter_map(|id| id.parse().ok()).collect();
    let way = Way::ALL.into_iter().find(|way| way.word() == fields.get("cach"));
    let typed = fields.get("day").to_owned();
    let mut errors = FieldErrors::default();
    if ticked.is_empty() {
        errors.add("nhac", "Chưa chọn người nào. Đề nghị đánh dấu những người đã được giao, gửi văn bản.");
    }
    if way.is_none() {
        errors.add("cach", "Chưa chọn cách giao, gửi. Đề nghị chọn một cách.");
    }
    let on = read_day("day", "Ngày giao, gửi", &typed, &mut errors);
    let mut key = fields.get("khoa").to_owned();
    let fresh = signed.is_fresh(&fields);
    let (mut status, mut told) = (StatusCode::UNPROCESSABLE_ENTITY, String::new());
    if !fresh {
        (status, told, errors) = (StatusCode::CONFLICT, Signed::STALE.to_owned(), FieldErrors::default());
    } else if let (Some(way), Some(delivered_on), true) = (way, on, errors.is_empty()) {
        let asked = Delivering { reminders: ticked.clone(), way, delivered_on };
        match remind::deliver(&app, &signed.actor, id, &asked, &Once::of_form(&key, &(id, &asked))?).await {
            Ok(_) => return Ok(Redirect::to(&format!("/don-vi/don-doc/cong-van/{id}")).into_response()),
            Err(Error::Refused(refusal)) => {
                (status, key) = (refusal.status, new_key());
                match refusal.code {
                    "delivered_on" => errors.add("day", refusal.to_string()),
                    _ => told = refusal.to_string(),
                }
            }
            Err(error) => return Err(error),
        }
    }
    // What another officer put down meanwhile is shown; where nothing was tried the page is as it was.
    let shown = if told.is_empty() { shown } else { opened(&app, &signed, id).await? };
    let mut page = page(&app, &signed, id, &shown)?;
    for line in &mut page.lines {
        line.checked = ticked.contains(&line.id);
    }
    (page.way, page.day, page.key, page.errors) = (fields.get("cach").to_owned(), typed, key, errors);
    if !told.is_empty() {
        page.page = page.page.flash("wrong", told);
    }
    Ok(html_with(status, &page)?.into_response())
}
