//! Demands to complete or to declare again: the unit issues and follows them, the declarant reads and answers.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;

use crate::account::{Posted, Signed};
use crate::declaration::demand::acts::{self, Demanded, Opened};
use crate::declaration::demand::model::Asks;
use crate::declaration::summary::Row;
use crate::declaration::{demand, draft, findings, open, store};
use crate::kernel::id::{DeclarationId, DemandId, VersionId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::person::model::title;
use crate::{law, organisation, person};

/// A choice of `ui::radios`.
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

const CHOICES: [Choice; 2] = [
    Choice {
        value: "COMPLETE", label: "Hoàn thiện bản kê khai", hint: "Đúng mẫu nhưng chưa đầy đủ nội dung."
    },
    Choice {
        value: "REDECLARE", label: "Kê khai lại", hint: "Không đúng mẫu, hoặc phải ghi lại phần lớn nội dung."
    },
];

/// What the officer typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    asks: String,
    reasons: String,
    day: String,
    name: String,
    position: String,
    handed: String,
    /// The version that was read.
    version: String,
    /// Idempotency key, made with the page.
    key: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/demand_form.html")]
struct FormPage {
    page: Page,
    id: DeclarationId,
    back: String,
    title: String,
    days: u32,
    basis: String,
    choices: [Choice; 2],
    typed: Typed,
    errors: FieldErrors,
}

async fn form_page(
    app: &App,
    signed: &Signed,
    id: DeclarationId,
    typed: Typed,
    errors: FieldErrors,
) -> Result<FormPage> {
    let (declaration, rule_set) = app
        .db
        .read(&signed.actor, "demand.form", async |tx| {
            let declaration = store::find(tx, id).await?;
            let rule_set = store::latest_version(tx, &declaration).await?.rule_set;
            Ok((declaration, rule_set))
        })
        .await?;
    let rules = law::named(&app.law, &rule_set)?;
    let limit = rules.deadline("redeclare").ok_or_else(|| crate::bug!("deadline redeclare is missing"))?;
    Ok(FormPage {
        page: signed.page("Yêu cầu hoàn thiện bản kê khai"),
        id,
        back: format!("/don-vi/ban/{id}"),
        title: title(declaration.kind, declaration.year),
        days: limit.days.unwrap_or_default(),
        basis: limit.basis.clone(),
        choices: CHOICES,
        typed,
        errors,
    })
}

/// The form of a demand: what was found when the declaration was recorded is proposed as its text, the officer and today as
/// who signs and when. All of it can be changed.
pub(super) async fn form(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let (opened, found) = app
        .db
        .read(&signed.actor, "demand.form", async |tx| {
            let declaration = store::find(tx, id).await?;
            let found = store::shortcomings(tx, declaration.partition, declaration.version).await?;
            Ok((open::open(tx, declaration).await?, found))
        })
        .await?;
    let rules = law::named(&app.law, &opened.version.rule_set)?;
    let blocking = found.iter().filter(|found| found.severity == "B");
    let lines: Vec<String> = blocking
        .map(|found| format!("- {}", findings::told(rules, opened.declaration.kind, &opened.content, found)))
        .collect();
    let typed = Typed {
        asks: Asks::Complete.word().to_owned(),
        reasons: lines.join("\n"),
        day: viet::date::format_short(app.clock().today()),
        name: signed.badge.name.clone(),
        position: signed.badge.position.clone(),
        handed: String::new(),
        version: opened.version.id.to_string(),
        key: uuid::Uuid::new_v4().to_string(),
    };
    html(&form_page(&app, &signed, id, typed, FieldErrors::default()).await?)
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        Self {
            asks: fields.get("yeu-cau").to_owned(),
            reasons: fields.get("reasons").trim().to_owned(),
            day: fields.get("day").to_owned(),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            handed: fields.get("handed").to_owned(),
            version: fields.get("ban").to_owned(),
            key: fields.get("khoa").to_owned(),
        }
    }

    /// The demand, or what is to be mended.
    fn check(&self, errors: &mut FieldErrors) -> Option<Demanded> {
        let asks = Asks::from_word(&self.asks);
        if asks.is_none() {
            errors.add("yeu-cau", "Chưa chọn yêu cầu. Đề nghị chọn hoàn thiện hoặc kê khai lại.");
        }
        if self.reasons.is_empty() {
            errors.add("reasons", acts::no_reasons().to_string());
        }
        let issued_on = viet::date::parse_date(&self.day).ok();
        if issued_on.is_none() {
            errors.add("day", "Ngày yêu cầu chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
        }
        let handed_on = match self.handed.trim() {
            "" => None,
            text => {
                let day = viet::date::parse_date(text).ok();
                if day.is_none() {
                    errors.add("handed", HANDED_DAY);
                }
                day
            }
        };
        if self.name.is_empty() {
            errors.add("name", "Chưa ghi họ tên người ký. Đề nghị ghi rõ họ tên người ký yêu cầu.");
        }
        if self.position.is_empty() {
            errors.add("position", "Chưa ghi chức vụ người ký. Đề nghị ghi chức vụ của người ký yêu cầu.");
        }
        let version = self.version.parse::<VersionId>().ok().filter(|_| errors.is_empty())?;
        Some(Demanded {
            version,
            asks: asks?,
            reasons: viet::text::normalise_lines(&self.reasons),
            issued_on: issued_on?,
            signer_name: self.name.clone(),
            signer_position: self.position.clone(),
            handed_on,
        })
    }
}

const HANDED_DAY: &str = "Ngày giao chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.";

/// Demands that a declaration be completed or made again, saying why, who signs and on which day (article 38.2). Two presses
/// of one page make one demand.
pub(super) async fn issue(
    State(app): State<App>,
    Path(id): Path<DeclarationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed::of(&fields);
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = form_page(&app, &signed, id, typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    let Some(asked) = typed.check(&mut errors) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let once = Once::of_form(&typed.key, &(id, &asked))?;
    match acts::issue(&app, &signed.actor, id, &asked, &once).await {
        Ok(issued) => Ok(Redirect::to(&format!("/don-vi/yeu-cau/{}", issued.demand)).into_response()),
        Err(Error::Refused(refusal)) => {
            let told = refusal.to_string();
            let field = match refusal.code {
                "issued_on" => "day",
                "handed_on" => "handed",
                _ => "",
            };
            // The key was used up; with a new one the officer can go on from the page they see.
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            if field.is_empty() {
                return again(typed, errors, refusal.status, &told).await;
            }
            errors.add(field, told);
            again(typed, errors, refusal.status, "").await
        }
        Err(error) => Err(error),
    }
}

/// What the pages of a demand show of it.
struct Told {
    id: DemandId,
    declaration: DeclarationId,
    reference: String,
    asks: &'static str,
    title: String,
    reasons: Vec<String>,
    rows: Vec<Row>,
    state: &'static str,
    kind: &'static str,
    is_open: bool,
    is_late: bool,
    is_reached: bool,
    due: String,
    distance: String,
}

impl Told {
    fn of(opened: &Opened, title: String, today: NaiveDate) -> Self {
        let demand = &opened.demand;
        let day = viet::date::format_short;
        let is_open = demand.state == demand::State::Issued;
        let is_late = demand.is_late(today);
        let (state, kind) = if is_late { ("Quá hạn hoàn thiện", "wrong") } else { demand.state.label() };
        let row = |key: &str, value: String| Row { key: key.to_owned(), value, href: String::new() };
        let mut rows = vec![
            row("Ngày yêu cầu", day(demand.issued_on)),
            row("Người ký", format!("{}, {}", opened.signer_name, opened.signer_position)),
        ];
        match (demand.reached_on, demand.reached_by, demand.due_on) {
            (Some(on), Some(by), Some(due)) => {
                rows.push(row("Người kê khai nhận được", format!("{} ({})", day(on), by.label())));
                rows.push(row("Hạn hoàn thiện", day(due)));
            }
            _ if is_open => {
                rows.push(row("Người kê khai nhận được", "Chưa; thời hạn tính từ ngày nhận được yêu cầu".to_owned()))
            }
            _ => {}
        }
        if let Some(on) = demand.answered_on {
            rows.push(row("Ngày gửi lại", day(on)));
        }
        if let Some(on) = demand.withdrawn_on {
            rows.push(row("Ngày rút", day(on)));
            rows.push(row("Lý do rút", opened.withdrawal.clone()));
        }
        Self {
            id: demand.id,
            declaration: demand.declaration,
            reference: demand.reference(),
            asks: demand.asks.label(),
            title,
            reasons: opened.reasons.lines().map(str::to_owned).collect(),
            rows,
            state,
            kind,
            is_open,
            is_late,
            is_reached: demand.reached_on.is_some(),
            due: demand.due_on.map(day).unwrap_or_default(),
            distance: demand.due_on.map(|due| law::distance(due, today)).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "declaration/pages/demand.html")]
struct DemandPage {
    page: Page,
    name: String,
    told: Told,
    handed: String,
    why: String,
    errors: FieldErrors,
}

/// A demand with the declarant's name and the title of the declaration.
async fn opened(app: &App, signed: &Signed, id: DemandId) -> Result<(Opened, String, String)> {
    app.db
        .read(&signed.actor, "demand.open", async |tx| {
            let opened = acts::open(tx, id).await?;
            let declaration = store::find(tx, opened.demand.declaration).await?;
            let person = person::store::find(tx, declaration.partition, declaration.person).await?;
            let name = tx.open(person.partition, person.id.0, &person.name)?;
            Ok((opened, title(declaration.kind, declaration.year), name))
        })
        .await
}

async fn demand_page(
    app: &App,
    signed: &Signed,
    id: DemandId,
    typed: (&str, &str),
    errors: FieldErrors,
) -> Result<DemandPage> {
    let (opened, title, name) = opened(app, signed, id).await?;
    let told = Told::of(&opened, title, app.clock().today());
    let (handed, why) = (typed.0.to_owned(), typed.1.to_owned());
    Ok(DemandPage { page: signed.page(format!("Yêu cầu số {}", told.reference)), name, told, handed, why, errors })
}

/// A demand of the unit with how far it is; opening it is recorded.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<DemandId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    html(&demand_page(&app, &signed, id, ("", ""), FieldErrors::default()).await?)
}

/// The unit records the day on which the demand was handed to the declarant, which begins the days of article 38.2; or
/// withdraws it and says why.
pub(super) async fn follow(
    State(app): State<App>,
    Path(id): Path<DemandId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let (handed, why) = (fields.get("handed"), fields.get("why"));
    let again = async |errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = demand_page(&app, &signed, id, (handed, why), errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    let (field, done) = if fields.get("viec") == "rut" {
        ("why", acts::withdraw(&app, &signed.actor, id, why).await)
    } else {
        let Ok(day) = viet::date::parse_date(handed) else {
            errors.add("handed", HANDED_DAY);
            return again(errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
        };
        ("handed", acts::hand(&app, &signed.actor, id, day).await.map(drop))
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/don-vi/yeu-cau/{id}")).into_response()),
        Err(Error::Refused(refusal)) if matches!(refusal.code, "no_reason" | "handed_on") => {
            errors.add(field, refusal.to_string());
            again(errors, refusal.status, "").await
        }
        Err(Error::Refused(refusal)) => again(errors, refusal.status, &refusal.to_string()).await,
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "declaration/pages/demand_own.html")]
struct OwnPage {
    page: Page,
    unit: String,
    told: Told,
}

/// The declarant reads what their unit demands of them and until when; the first reading begins the days of article 38.2,
/// unless the unit had recorded an earlier day.
pub(super) async fn own(State(app): State<App>, signed: Signed, Path(id): Path<DemandId>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    let opened = acts::open_own(&app, &signed.actor, id).await?;
    let (title, unit) = app
        .db
        .read(&signed.actor, "demand.own", async |tx| {
            let declaration = store::find(tx, opened.demand.declaration).await?;
            let unit = organisation::store::organisation(tx, declaration.unit).await?.name;
            Ok((title(declaration.kind, declaration.year), unit))
        })
        .await?;
    let told = Told::of(&opened, title, app.clock().today());
    html(&OwnPage { page: signed.page(format!("Yêu cầu số {}", told.reference)), unit, told })
}

/// Opens the draft of the declaration again, with what was declared in it.
pub(super) async fn mend(
    State(app): State<App>,
    Path(id): Path<DemandId>,
    Posted { signed, fields }: Posted,
) -> Result<Redirect> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    let (demand, declaration) = app
        .db
        .read(&signed.actor, "demand.mend", async |tx| {
            let demand = demand::store::find(tx, id).await?;
            let declaration = store::find(tx, demand.declaration).await?;
            Ok((demand, declaration))
        })
        .await?;
    // Withdrawn or answered meanwhile: its page says so.
    if demand.state != demand::State::Issued {
        return Ok(Redirect::to(&format!("/ke-khai/yeu-cau/{id}")));
    }
    let obligation = declaration.obligation.ok_or(Error::NotFound)?;
    draft::open(&app, &signed.actor, obligation).await?;
    Ok(Redirect::to(&format!("/ke-khai/{obligation}")))
}

/// The demand as a letter in the layout of Nghị định 30/2020/NĐ-CP, for the unit to sign and for the declarant to keep.
pub(super) async fn letter(State(app): State<App>, signed: Signed, Path(id): Path<DemandId>) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    printed(&app, &signed, id).await
}

/// The same for the declarant, once they have opened the demand.
pub(super) async fn own_letter(State(app): State<App>, signed: Signed, Path(id): Path<DemandId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    acts::open_own(&app, &signed.actor, id).await?;
    printed(&app, &signed, id).await
}

async fn printed(app: &App, signed: &Signed, id: DemandId) -> Result<Response> {
    let letter = app.db.read(&signed.actor, "demand.letter", async |tx| demand::letter::of(app, tx, id).await).await?;
    let name = format!("yeu-cau-{}.pdf", letter.document_no.replace('/', "-"));
    Ok(attachment(PDF, &name, demand::letter::pdf(app, signed.actor.home, letter).await?))
}
