//! Corrections after receipt: the declarant writes, proposes, follows and withdraws one.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::check::{self, Link, REASON, Warning};
use crate::account::{Posted, Signed};
use crate::declaration::correction::acts::{self, Opened, Outcome, Proposing, Standing};
use crate::declaration::correction::model::{Correction, DecidedBy};
use crate::declaration::difference::Differences;
use crate::declaration::draft::Draft;
use crate::declaration::model::Declaration;
use crate::declaration::review::Review;
use crate::declaration::submit::reason_key;
use crate::declaration::summary::Row;
use crate::declaration::{Channel, correction, open, store};
use crate::kernel::id::{CorrectionId, DeclarationId, ObligationId, VersionId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Refusal, Result, Role, Tx};
use crate::law;
use crate::person::Obligation;
use crate::person::model::title;

/// One difference with what was decided of it.
pub(crate) struct Item {
    pub(crate) index: usize,
    pub(crate) lines: Vec<String>,
    pub(crate) details: Vec<String>,
    /// Nothing while it was not decided.
    pub(crate) verdict: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) reason: String,
}

/// What the pages show of a correction.
pub(crate) struct Told {
    pub(crate) id: CorrectionId,
    pub(crate) declaration: DeclarationId,
    pub(crate) proposed_on: String,
    pub(crate) state: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) is_waiting: bool,
    /// Not decided, in time or not: the declarant can withdraw it.
    pub(crate) is_open: bool,
    pub(crate) due: String,
    pub(crate) distance: String,
    pub(crate) explanation: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) items: Vec<Item>,
    /// Where its own page is; nothing on that page itself.
    pub(crate) href: String,
}

impl Told {
    /// `base`: where the reader's corrections are.
    pub(crate) fn of(opened: &Opened, base: &str, today: NaiveDate) -> Self {
        let one = &opened.correction;
        let day = viet::date::format_short;
        let (state, kind) = one.stage(today).label();
        let row = |key: &str, value: String| Row { key: key.to_owned(), value, href: String::new() };
        let mut rows = vec![row("Ngày đề nghị", day(one.proposed_on)), row("Hạn cuối để sửa đổi", day(one.due_on))];
        if let (Some(on), Some(by)) = (one.decided_on, one.decided_by) {
            let by = DecidedBy::label(by);
            rows.push(row(
                "Người quyết định",
                format!("{}, {} ({by})", opened.approver_name, opened.approver_position),
            ));
            rows.push(row("Ngày quyết định", day(on)));
        }
        if let Some(on) = one.withdrawn_on {
            rows.push(row("Ngày rút", day(on)));
        }
        let item = |(index, difference): (usize, &crate::declaration::difference::Difference)| {
            let verdict = opened.verdicts.get(index);
            let (word, kind) = match verdict.map(|verdict| verdict.approved) {
                Some(true) => ("Được duyệt", "good"),
                Some(false) => ("Bị từ chối", "wrong"),
                None => ("", ""),
            };
            Item {
                index,
                lines: difference.lines.clone(),
                details: difference.details.clone(),
                verdict: word,
                kind,
                reason: verdict.map(|verdict| verdict.reason.clone()).unwrap_or_default(),
            }
        };
        Self {
            id: one.id,
            declaration: one.declaration,
            proposed_on: day(one.proposed_on),
            state,
            kind,
            is_waiting: one.waits(today),
            is_open: one.is_untouched(),
            due: day(one.due_on),
            distance: law::distance(one.due_on, today),
            explanation: opened.explanation.lines().map(str::to_owned).collect(),
            rows,
            items: opened.proposal.differences.list.iter().enumerate().map(item).collect(),
            href: format!("{base}/{}", one.id),
        }
    }
}

/// Every correction of a declaration for its page; opening them is recorded.
pub(crate) async fn told_of(tx: &mut Tx, corrections: Vec<Correction>, base: &str) -> Result<Vec<Told>> {
    let today = tx.today();
    let opened = acts::open_all(tx, corrections).await?;
    Ok(opened.iter().map(|opened| Told::of(opened, base, today)).collect())
}

/// Where the declarant's corrections are.
pub(super) const OWN: &str = "/ke-khai/sua-doi";

/// What the declarant's page of a declaration offers.
pub(super) struct Offer {
    /// "31/12/2025": until when a correction may be proposed; nothing when none may.
    pub(super) until: String,
    /// Why none may.
    pub(super) why_not: String,
    /// The draft in which one is being written.
    pub(super) writing: String,
}

impl Offer {
    pub(super) fn of(standing: &Standing, declaration: &Declaration, today: NaiveDate) -> Self {
        let may = standing.may_propose(declaration, today);
        let writing = standing.obligation.as_ref().filter(|obligation| may.is_ok() && obligation.corrects().is_some());
        Self {
            writing: writing.map(|obligation| format!("/ke-khai/{}", obligation.id)).unwrap_or_default(),
            until: may.as_ref().map(|day| viet::date::format_short(*day)).unwrap_or_default(),
            why_not: may.err().map(|refusal| refusal.to_string()).unwrap_or_default(),
        }
    }
}

/// Opens the draft of a received declaration to write a correction in it, or gives up one that was not proposed.
pub(super) async fn begin(
    State(app): State<App>,
    Path(id): Path<DeclarationId>,
    Posted { signed, fields }: Posted,
) -> Result<Redirect> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    if fields.get("viec") == "thoi" {
        acts::drop_draft(&app, &signed.actor, id).await?;
        return Ok(Redirect::to(&format!("/ke-khai/ban/{id}")));
    }
    let obligation = acts::begin(&app, &signed.actor, id).await?;
    Ok(Redirect::to(&format!("/ke-khai/{obligation}")))
}

/// What the declarant wrote on the page that checks a correction.
struct Typed {
    reasons: BTreeMap<String, String>,
    explanation: String,
    /// Idempotency key, made with the page.
    key: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/correction_check.html")]
struct CheckPage {
    page: Page,
    title: String,
    obligation: ObligationId,
    declaration: DeclarationId,
    back: String,
    due: String,
    distance: String,
    errors: FieldErrors,
    obstacles: Vec<Link>,
    items: Vec<Item>,
    warnings: Vec<Warning>,
    typed: Typed,
    /// The version that was read, and the draft's revision.
    version: String,
    revision: i64,
}

/// The record as it is compared with the draft.
struct Compared {
    declaration: Declaration,
    due_on: std::result::Result<NaiveDate, Refusal>,
    recorded: BTreeMap<String, String>,
    differences: Differences,
}

async fn compared(app: &App, signed: &Signed, id: DeclarationId, review: &Review<'_>) -> Result<Compared> {
    let (record, recorded, standing) = app
        .db
        .read(&signed.actor, "correction.compare", async |tx| {
            let declaration = store::find(tx, id).await?;
            let standing = Standing::of(tx, &declaration).await?;
            let record = open::open(tx, declaration).await?;
            let recorded = acts::recorded_reasons(tx, &record).await?;
            Ok((record, recorded, standing))
        })
        .await?;
    let (law, form) = acts::law_of(app, &record)?;
    let differences = Differences::of(law, form, &record.content, &review.composed.document);
    let due_on = standing.may_propose(&record.declaration, app.clock().today());
    Ok(Compared { declaration: record.declaration, due_on, recorded, differences })
}

fn page_of(
    signed: &Signed,
    obligation: &Obligation,
    draft: &Draft,
    review: &Review<'_>,
    compared: &Compared,
    mut typed: Typed,
    errors: FieldErrors,
) -> CheckPage {
    let base = format!("/ke-khai/{}", obligation.id);
    // Reasons on record are the usual answer and can be changed.
    for (key, reason) in &compared.recorded {
        typed.reasons.entry(key.clone()).or_insert_with(|| reason.clone());
    }
    let item = |(index, one): (usize, &crate::declaration::difference::Difference)| Item {
        index,
        lines: one.lines.clone(),
        details: one.details.clone(),
        verdict: "",
        kind: "",
        reason: String::new(),
    };
    CheckPage {
        page: signed.page("Đề nghị sửa đổi bản kê khai"),
        title: obligation.title(),
        obligation: obligation.id,
        declaration: compared.declaration.id,
        back: base.clone(),
        due: viet::date::format_short(obligation.due_on),
        distance: law::distance(obligation.due_on, review.today),
        obstacles: check::obstacles(review, draft, &base),
        items: compared.differences.list.iter().enumerate().map(item).collect(),
        warnings: check::warnings(review, &typed.reasons, &errors, &base),
        version: compared.declaration.version.to_string(),
        revision: draft.revision(),
        typed,
        errors,
    }
}

/// What would be proposed, difference by difference, before it is.
pub(super) async fn show(app: &App, signed: &Signed, obligation: &Obligation, draft: &Draft) -> Result<Response> {
    let id = obligation.declaration.ok_or(Error::NotFound)?;
    let review = Review::of(app, obligation, draft, app.clock().today())?;
    let compared = compared(app, signed, id, &review).await?;
    let typed = Typed { reasons: BTreeMap::new(), explanation: String::new(), key: uuid::Uuid::new_v4().to_string() };
    let mut page = page_of(signed, obligation, draft, &review, &compared, typed, FieldErrors::default());
    if let Err(refusal) = &compared.due_on {
        page.page = page.page.flash("wrong", refusal.to_string());
    }
    Ok(html_with(StatusCode::OK, &page)?.into_response())
}

/// Proposes the correction the declarant has just read: not another, not twice.
pub(super) async fn propose(
    app: &App,
    signed: &Signed,
    obligation: &Obligation,
    draft: &Draft,
    fields: &Fields,
) -> Result<Response> {
    let id = obligation.declaration.ok_or(Error::NotFound)?;
    let review = Review::of(app, obligation, draft, app.clock().today())?;
    let typed = || Typed {
        reasons: check::reasons_of(fields),
        explanation: fields.get("giai-trinh").to_owned(),
        // The key was used up; with a new one the declarant can go on from the page they see.
        key: uuid::Uuid::new_v4().to_string(),
    };
    let again = async |status: StatusCode, errors: FieldErrors, told: &str| -> Result<Response> {
        let compared = compared(app, signed, id, &review).await?;
        let mut page = page_of(signed, obligation, draft, &review, &compared, typed(), errors);
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(fields) {
        return again(StatusCode::CONFLICT, FieldErrors::default(), Signed::STALE).await;
    }
    // A proposal that was made is asked for again with its key, and answered as before.
    if obligation.corrects().is_some() {
        if fields.get("ban-nhap").parse::<i64>() != Ok(draft.revision()) {
            let told = "Bản nháp vừa được sửa ở một thẻ hoặc máy khác nên chưa gửi đề nghị. Dưới đây là nội dung hiện tại; đề nghị Ông/Bà xem lại rồi gửi.";
            return again(StatusCode::CONFLICT, FieldErrors::default(), told).await;
        }
        if !check::obstacles(&review, draft, "").is_empty() {
            let told = "Chưa gửi đề nghị: còn nội dung cần ghi hoặc cần sửa.";
            return again(StatusCode::UNPROCESSABLE_ENTITY, FieldErrors::default(), told).await;
        }
    }
    let Ok(version) = fields.get("ban").parse::<VersionId>() else { return Err(Error::NotFound) };
    let key = fields.get("khoa");
    let explanation = form::leaves::normalise_text(fields.get("giai-trinh"));
    // The key is random and stays out of the database, so the request's hash gives nobody a text to guess at.
    let request = serde_json::to_vec(&(key, id, version, &explanation)).map_err(anyhow::Error::from)?;
    let once = Once::new(key, &request)?;
    let asked = Proposing {
        version,
        content: review.composed.document.clone(),
        explanation,
        reasons: check::reasons_of(fields),
        decisions: review.decisions.clone(),
    };
    match acts::propose(app, &signed.actor, id, &asked, &once).await {
        Ok(Outcome::Proposed(proposed)) => Ok(Redirect::to(&format!("{OWN}/{}", proposed.correction)).into_response()),
        Ok(Outcome::NotYet(findings)) => {
            let mut errors = FieldErrors::default();
            for finding in &findings {
                let text = format!("Chưa ghi lý do. {}", finding.message_vi);
                errors.add(format!("{REASON}{}", reason_key(finding)), text);
            }
            let told = "Chưa gửi đề nghị: còn nội dung cần ghi lý do.";
            again(StatusCode::UNPROCESSABLE_ENTITY, errors, told).await
        }
        Err(Error::Refused(refusal)) if refusal.code == "no_explanation" => {
            let mut errors = FieldErrors::default();
            errors.add("giai-trinh", refusal.to_string());
            again(refusal.status, errors, "").await
        }
        Err(Error::Refused(refusal)) => again(refusal.status, FieldErrors::default(), &refusal.to_string()).await,
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "declaration/pages/correction_own.html")]
struct OwnPage {
    page: Page,
    title: String,
    told: Told,
}

/// The declarant follows a proposal of theirs: how far it is, what was decided of each difference and why.
pub(super) async fn own(State(app): State<App>, signed: Signed, Path(id): Path<CorrectionId>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    let (told, title) = app
        .db
        .read(&signed.actor, "correction.open", async |tx| {
            let opened = acts::open_one(tx, id).await?;
            let declaration = store::find(tx, opened.correction.declaration).await?;
            Ok((Told::of(&opened, OWN, tx.today()), title(declaration.kind, declaration.year)))
        })
        .await?;
    html(&OwnPage { page: signed.page("Đề nghị sửa đổi"), title, told })
}

/// Withdraws a proposal nobody decided.
pub(super) async fn withdraw(
    State(app): State<App>,
    Path(id): Path<CorrectionId>,
    Posted { signed, fields }: Posted,
) -> Result<Redirect> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    match acts::withdraw(&app, &signed.actor, id).await {
        // Decided or withdrawn meanwhile: its page says so.
        Err(Error::Refused(refusal)) if refusal.code == "correction_closed" => {}
        other => other?,
    }
    Ok(Redirect::to(&format!("{OWN}/{id}")))
}

/// Proposals that wait, by declaration.
pub(crate) fn by_declaration(waiting: &[Correction], today: NaiveDate) -> BTreeMap<DeclarationId, &Correction> {
    waiting.iter().filter(|one| one.waits(today)).map(|one| (one.declaration, one)).collect()
}

/// How a declaration first came, for who cannot see its versions yet.
pub(super) fn is_of_paper(declaration: &Declaration) -> bool {
    use crate::declaration::model::Act;
    match declaration.act {
        Act::Intake => true,
        Act::Correction => declaration.channel == Channel::Paper.word(),
        _ => false,
    }
}

/// "Còn 5 ngày để quyết định": for lists.
pub(crate) fn waiting_sentence(one: &correction::Correction, today: NaiveDate) -> String {
    format!(
        "Đề nghị sửa đổi chờ quyết định, hạn {} ({})",
        viet::date::format_short(one.due_on),
        law::distance(one.due_on, today)
    )
}
