//! "Kiểm tra lại": everything that was written, what is in the way, reasons for warnings, and sending.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use super::{correction, sent_instead};
use crate::account::{Posted, Signed};
use crate::declaration::asset::Said;
use crate::declaration::draft::{self, Draft};
use crate::declaration::review::Review;
use crate::declaration::submit::{self, Outcome, Submission, reason_key};
use crate::declaration::summary::{self, Block};
use crate::declaration::supplement;
use crate::declaration::wizard::Section;
use crate::kernel::id::ObligationId;
use crate::kernel::web::{FieldErrors, Fields, Page, Path, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::person::Obligation;

/// A sentence that leads to where it is mended; href empty where nothing can be typed.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: String,
}

/// A warning that wants a reason.
pub(super) struct Warning {
    /// Name of the box for the reason, and its label.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) sentence: String,
    pub(super) href: String,
    pub(super) reason: String,
    pub(super) error: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/check.html")]
struct CheckPage {
    page: Page,
    title: String,
    obligation: ObligationId,
    back: String,
    errors: FieldErrors,
    obstacles: Vec<Link>,
    warnings: Vec<Warning>,
    remarks: Vec<String>,
    blocks: Vec<Block>,
    completed_on: String,
    /// The same as a date of the calendar, to notice a press after midnight.
    day: NaiveDate,
    /// Idempotency key of the sending, made with the page.
    key: String,
    /// The demand that is answered, if one is: another sending than the first.
    demand: String,
    /// What the page shows; the draft may change elsewhere meanwhile.
    revision: i64,
}

/// What the person wrote on the page.
struct Typed {
    reasons: BTreeMap<String, String>,
    key: String,
    demand: String,
}

pub(super) const REASON: &str = "ly-do.";

impl Typed {
    fn of(fields: &Fields) -> Self {
        Self {
            reasons: reasons_of(fields),
            key: fields.get("khoa").to_owned(),
            demand: fields.get("yeu-cau").to_owned(),
        }
    }

    /// Reasons that say something.
    fn given(&self) -> BTreeMap<String, String> {
        let texts = self.reasons.iter().map(|(key, text)| (key.clone(), viet::text::normalise(text)));
        texts.filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// Reasons typed for warnings, by `reason_key`.
pub(super) fn reasons_of(fields: &Fields) -> BTreeMap<String, String> {
    let named =
        fields.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(REASON)?.to_owned(), value.clone())));
    named.collect()
}

pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<ObligationId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::to_send(&app, &signed.actor, id).await?;
    if let Some(sent) = sent_instead(&obligation) {
        return Ok(sent);
    }
    let Some(draft) = draft else { return Ok(Redirect::to(&format!("/ke-khai/{id}")).into_response()) };
    if obligation.corrects().is_some() {
        return correction::show(&app, &signed, &obligation, &draft).await;
    }
    let typed =
        Typed { reasons: BTreeMap::new(), key: uuid::Uuid::new_v4().to_string(), demand: demand_of(&obligation) };
    let review = Review::of(&app, &obligation, &draft, app.clock().today())?;
    let page = page_of(&app, &signed, &obligation, &draft, &review, &typed, FieldErrors::default())?;
    Ok(html_with(StatusCode::OK, &page)?.into_response())
}

fn demand_of(obligation: &Obligation) -> String {
    obligation.demand.map(|demand| demand.to_string()).unwrap_or_default()
}

fn page_of(
    app: &App,
    signed: &Signed,
    obligation: &Obligation,
    draft: &Draft,
    review: &Review<'_>,
    typed: &Typed,
    errors: FieldErrors,
) -> Result<CheckPage> {
    let today = review.completed_on;
    let (_, form) = draft::law_of(app, obligation)?;
    let base = format!("/ke-khai/{}", obligation.id);
    Ok(CheckPage {
        page: signed.page("Kiểm tra lại"),
        title: obligation.title(),
        obligation: obligation.id,
        back: base.clone(),
        obstacles: obstacles(review, draft, &base),
        warnings: warnings(review, &typed.reasons, &errors, &base),
        remarks: remarks(review),
        blocks: summary::blocks(form, obligation.kind, &review.composed.document, &base),
        completed_on: viet::date::format_short(today),
        day: today,
        key: typed.key.clone(),
        demand: typed.demand.clone(),
        revision: draft.revision(),
        errors,
    })
}

fn remarks(review: &Review<'_>) -> Vec<String> {
    let is_supplement = review.kind == form::Kind::Supplement;
    let sums = is_supplement.then(|| supplement::told(review.rules, &review.composed.document)).flatten();
    sums.into_iter().chain(review.remarks().map(form::rules::Finding::sentence)).collect()
}

pub(super) fn obstacles(review: &Review<'_>, draft: &Draft, base: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for section in review.sections.iter().chain(&review.sheet) {
        if has_two(draft, section) {
            let text = format!("Mục {} có hai bản nhập khác nhau. Đề nghị Ông/Bà chọn một.", section.title());
            links.push(Link { href: format!("{base}/{}/hai-ban", section.slug), text });
        }
        // A section nobody has begun is one thing to do, not twenty.
        let of_section = review.obstacles.iter().filter(|obstacle| obstacle.section.as_deref() == Some(section.code));
        if !draft.sections.contains_key(section.code) {
            if of_section.count() > 0 {
                let text = format!("Mục {}: chưa ghi. Đề nghị Ông/Bà mở mục và trả lời.", section.title());
                links.push(Link { href: format!("{base}/{}", section.slug), text });
            }
            continue;
        }
        links.extend(of_section.map(|obstacle| Link {
            href: format!("{base}/{}#{}", section.slug, obstacle.name),
            text: obstacle.sentence.clone(),
        }));
    }
    let unplaced = review.obstacles.iter().filter(|obstacle| obstacle.section.is_none());
    links.extend(unplaced.map(|obstacle| Link { href: String::new(), text: obstacle.sentence.clone() }));
    links
}

fn has_two(draft: &Draft, section: &Section<'_>) -> bool {
    draft.asides.get(section.code).is_some_and(|asides| asides.undecided().is_some())
}

pub(super) fn warnings(
    review: &Review<'_>,
    reasons: &BTreeMap<String, String>,
    errors: &FieldErrors,
    base: &str,
) -> Vec<Warning> {
    let warning = |(nth, finding): (usize, &form::rules::Finding)| {
        let key = reason_key(finding);
        let name = format!("{REASON}{key}");
        let place = review.composed.box_of(&review.sections, &finding.path);
        let link = place.and_then(|(section, name)| review.link_to(Some(&section), &name));
        Warning {
            label: format!("Lý do (điểm {})", nth + 1),
            sentence: finding.sentence(),
            href: link.map_or_else(String::new, |link| format!("{base}/{link}")),
            reason: reasons.get(&key).cloned().unwrap_or_default(),
            error: errors.on(&name).to_owned(),
            name,
        }
    };
    review.warnings().enumerate().map(warning).collect()
}

/// Sends the declaration, or proposes the correction, the person has just read: not another, not twice.
pub(super) async fn send(
    State(app): State<App>,
    Path(id): Path<ObligationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::to_send(&app, &signed.actor, id).await?;
    let draft = draft.ok_or(Error::NotFound)?;
    if obligation.corrects().is_some() || fields.get("viec") == "sua-doi" {
        return correction::propose(&app, &signed, &obligation, &draft, &fields).await;
    }
    let typed = Typed::of(&fields);
    let review = Review::of(&app, &obligation, &draft, app.clock().today())?;
    let again = |status: StatusCode, errors: FieldErrors, told: &str| -> Result<Response> {
        // While nothing stands as sent, the next press is a new sending: the key may have sent an earlier version.
        let fresh = Typed {
            reasons: typed.reasons.clone(),
            key: uuid::Uuid::new_v4().to_string(),
            demand: demand_of(&obligation),
        };
        let shown = if obligation.takes_text() { &fresh } else { &typed };
        let mut page = page_of(&app, &signed, &obligation, &draft, &review, shown, errors)?;
        page.page = page.page.flash("wrong", told);
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        let told = "Trang này được mở trong một phiên làm việc khác nên chưa gửi. Các lý do Ông/Bà vừa ghi vẫn còn; đề nghị xem lại rồi bấm gửi một lần nữa.";
        return again(StatusCode::CONFLICT, FieldErrors::default(), told);
    }
    // A declaration that was sent is asked for again with its key, and answered as before.
    if obligation.takes_text() {
        if typed.demand != demand_of(&obligation) {
            let told =
                "Đơn vị vừa yêu cầu hoàn thiện hoặc vừa rút yêu cầu nên chưa gửi. Đề nghị Ông/Bà xem lại rồi gửi.";
            return again(StatusCode::CONFLICT, FieldErrors::default(), told);
        }
        if fields.get("ban-nhap").parse::<i64>() != Ok(draft.revision()) {
            let told = "Bản nháp vừa được sửa ở một thẻ hoặc máy khác nên chưa gửi. Dưới đây là nội dung hiện tại; đề nghị Ông/Bà xem lại rồi gửi.";
            return again(StatusCode::CONFLICT, FieldErrors::default(), told);
        }
        // The page showed the day of completion; after midnight another would be recorded than was read.
        if fields.get("ngay").parse::<NaiveDate>() != Ok(review.completed_on) {
            let told = format!(
                "Đã sang ngày khác nên chưa gửi. Ngày hoàn thành việc kê khai bây giờ là {}; đề nghị Ông/Bà xem lại rồi bấm gửi một lần nữa (hướng dẫn số 2, Phụ lục I Nghị định 130/2020/NĐ-CP).",
                viet::date::format_short(review.completed_on)
            );
            return again(StatusCode::CONFLICT, FieldErrors::default(), &told);
        }
        if !obstacles(&review, &draft, "").is_empty() {
            return again(
                StatusCode::UNPROCESSABLE_ENTITY,
                FieldErrors::default(),
                "Chưa gửi: còn nội dung cần ghi hoặc cần sửa.",
            );
        }
    }
    let once = Once::new(&typed.key, format!("{id} {}", typed.demand).as_bytes())?;
    let submission = Submission {
        content: review.composed.document.clone(),
        reasons: typed.given(),
        said: draft.previous.as_ref().map(|carried| Said {
            of: carried.source(),
            decisions: review.decisions.clone(),
            described: review.composed.described(),
        }),
        holdings: draft
            .previous
            .as_ref()
            .and_then(|carried| review.composed.holdings(carried.source(), &draft.typed())),
        draft: Some(draft.revision()),
    };
    match submit::submit(&app, &signed.actor, id, submission, &once).await {
        // Saved on another page between our reading and our writing: shown as it is now, with the reasons.
        Err(Error::Refused(refusal)) if refusal.code == submit::DRAFT_MOVED => {
            Box::pin(send(State(app), Path(id), Posted { signed, fields })).await
        }
        Err(other) => Err(other),
        Ok(Outcome::Submitted(submitted)) => {
            Ok(Redirect::to(&format!("/ke-khai/ban/{}/da-gui", submitted.declaration)).into_response())
        }
        Ok(Outcome::NotYet(findings)) => {
            let mut errors = FieldErrors::default();
            for finding in &findings {
                let text = format!("Chưa ghi lý do. {}", finding.message_vi);
                errors.add(format!("{REASON}{}", reason_key(finding)), text);
            }
            again(StatusCode::UNPROCESSABLE_ENTITY, errors, "Chưa gửi: còn nội dung cần ghi lý do.")
        }
    }
}
