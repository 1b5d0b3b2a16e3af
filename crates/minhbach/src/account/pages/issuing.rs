//! Accounts as those see them who issue them: the list, issuing, new codes, closing.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use paper::print::{ActivationSlip, activation_slips_pdf};

use crate::account::issue::{self, Handed};
use crate::account::model::{Badge, Managed, NewAccount, RoleGrant, is_login};
use crate::account::pages::Posted;
use crate::account::policy::Reissue;
use crate::account::session::{Signed, stale_form};
use crate::account::store;
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::files::sha256;
use crate::kernel::id::{AccountId, OrganisationId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{Actor, App, Error, Event, Guarded, Once, Result, Role};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tai-khoan", get(accounts))
        .route("/tai-khoan/cap", get(officer_form).post(issue_officer))
        .route("/tai-khoan/cap-moi", post(issue_missing))
        .route("/tai-khoan/cap-lai", post(reissue_many))
        .route("/tai-khoan/{id}/cap-lai", post(reissue))
        .route("/tai-khoan/{id}/khoa", post(disable))
}

/// An account in a list.
struct AccountLine {
    id: AccountId,
    login: String,
    badge: Badge,
    state: &'static str,
    kind: &'static str,
    is_closed: bool,
    /// Whether the reader may give it a new code or close it.
    is_managed: bool,
}

#[derive(Template)]
#[template(path = "account/pages/accounts.html")]
struct AccountsPage {
    page: Page,
    lines: Vec<AccountLine>,
    /// People of the unit who have no account yet.
    missing: usize,
    is_agency: bool,
    /// Made with the page: a button pressed twice acts once.
    key: String,
}

async fn accounts(State(app): State<App>, signed: Signed) -> Result<Html> {
    html(&accounts_page(&app, &signed).await?)
}

/// The accounts an administrator or a unit's officer may issue and close. Opening the list opens names under seal, so it
/// is one recorded access.
async fn accounts_page(app: &App, signed: &Signed) -> Result<AccountsPage> {
    signed.require(&[Role::AgencyAdmin, Role::UnitOfficer])?;
    let (listed, missing) = app
        .db
        .read(&signed.actor, "account.list", async |tx| {
            let mut listed = Vec::new();
            for account in store::list(tx).await? {
                let badge = tx.open(account.partition, account.id.0, &account.badge)?;
                listed.push((account, badge));
            }
            let count = i64::try_from(listed.len()).unwrap_or(i64::MAX);
            let mut event = Event::new("account.list_opened", tx.actor().home).count("accounts", count);
            let mut missing = 0;
            if let Some(unit) = tx.actor().unit() {
                event = event.unit(unit);
                missing = issue::without_account(tx, unit).await?.len();
            }
            tx.record(event)?;
            Ok((listed, missing))
        })
        .await?;
    let ids: Vec<AccountId> = listed.iter().map(|(account, _)| account.id).collect();
    let mut grants = app.db.read(&Actor::SYSTEM, "account.grants", async |tx| store::grants_of(tx, &ids).await).await?;
    let lines = listed.into_iter().map(|(account, badge)| {
        let grants = grants.remove(&account.id).unwrap_or_default();
        line(&signed.actor, Managed { account, grants }, badge)
    });
    Ok(AccountsPage {
        page: signed.page("Tài khoản"),
        lines: lines.collect(),
        missing,
        is_agency: signed.role() == Role::AgencyAdmin,
        key: uuid::Uuid::new_v4().to_string(),
    })
}

fn line(actor: &Actor, managed: Managed, badge: Badge) -> AccountLine {
    let is_managed = Guarded::<Reissue>::allows(&managed, actor);
    let account = managed.account;
    let (state, kind) = match account.state.as_str() {
        "ACTIVE" => ("Đang dùng", "good"),
        "ISSUED" => ("Chờ kích hoạt", "wait"),
        _ => ("Đã khóa", ""),
    };
    let is_closed = account.state == "DISABLED";
    AccountLine { id: account.id, login: account.login, badge, state, kind, is_closed, is_managed }
}

/// A slip as the page shows it.
struct SlipLine {
    name: String,
    login: String,
    code: String,
}

#[derive(Template)]
#[template(path = "account/pages/issued.html")]
struct IssuedPage {
    page: Page,
    slips: Vec<SlipLine>,
    expires_on: String,
    /// The slips as PDF in the page itself: the codes exist nowhere else. Empty when printing failed.
    pdf: String,
}

/// Shows the codes, this once.
async fn issued_page(app: &App, signed: &Signed, handed: Vec<Handed>) -> Result<Response> {
    let place = signed.place().to_owned();
    let address = format!("{}/kich-hoat", app.config.web.public_url.trim_end_matches('/'));
    let now = app.clock().now();
    let expires_on = handed.first().map(|first| viet::date::format_short(date_in_vietnam(first.slip.expires_at)));
    let printed: Vec<ActivationSlip> = handed
        .iter()
        .map(|one| ActivationSlip {
            full_name: one.badge.name.clone(),
            unit_name: place.clone(),
            user_name: one.login.clone(),
            code: one.slip.code.clone(),
            address: address.clone(),
            expires_at: one.slip.expires_at,
        })
        .collect();
    let pdf = app.print(signed.actor.home, move |fonts| Ok(activation_slips_pdf(fonts, &printed, now)?)).await;
    // The codes are valid already: a page without the PDF still hands them over.
    let pdf = pdf.map(|bytes| BASE64.encode(bytes)).unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "activation slips could not be printed");
        String::new()
    });
    let slips = handed.into_iter().map(|one| SlipLine { name: one.badge.name, login: one.login, code: one.slip.code });
    let slips = slips.collect();
    let page = signed.page("Mã kích hoạt");
    Ok(html(&IssuedPage { page, slips, expires_on: expires_on.unwrap_or_default(), pdf })?.into_response())
}

/// The list again, with a sentence about what was not done.
async fn list_with(app: &App, signed: &Signed, status: StatusCode, kind: &'static str, told: &str) -> Result<Response> {
    let mut page = accounts_page(app, signed).await?;
    page.page = page.page.flash(kind, told);
    Ok(html_with(status, &page)?.into_response())
}

const PRESSED_TWICE: &str = "Lần bấm trước đã cấp mã; lần này không cấp thêm. Mã chỉ hiện một lần; nếu chưa nhận được trang \
                             có mã, đề nghị chọn tài khoản rồi cấp lại.";

/// Issues an account to everyone of the unit who has none.
async fn issue_missing(State(app): State<App>, signed: Signed, fields: Fields) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    signed.require_fresh(&fields)?;
    let handed = issue::issue_missing(&app, &signed.actor).await?;
    if handed.is_empty() {
        let told = "Mọi người trong danh sách của đơn vị đã có tài khoản nên không cấp thêm. Nếu chưa nhận được trang có mã, đề nghị chọn tài khoản rồi cấp lại.";
        return list_with(&app, &signed, StatusCode::OK, "info", told).await;
    }
    issued_page(&app, &signed, handed).await
}

/// A new one-time code for a holder who lost theirs or their password; what they had before stops working at once.
async fn reissue(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<AccountId>,
    fields: Fields,
) -> Result<Response> {
    reissue_all(&app, &signed, vec![id], &fields).await
}

/// The same for everyone chosen in the list.
async fn reissue_many(State(app): State<App>, signed: Signed, fields: Fields) -> Result<Response> {
    let mut ids: Vec<AccountId> =
        fields.all("id").map(|id| id.parse().map_err(|_| Error::NotFound)).collect::<Result<_>>()?;
    // In one order, so that two requests for the same accounts wait for each other instead of locking up.
    ids.sort();
    ids.dedup();
    reissue_all(&app, &signed, ids, &fields).await
}

async fn reissue_all(app: &App, signed: &Signed, ids: Vec<AccountId>, fields: &Fields) -> Result<Response> {
    signed.require(&[Role::AgencyAdmin, Role::UnitOfficer])?;
    signed.require_fresh(fields)?;
    if ids.is_empty() {
        let told = "Chưa chọn tài khoản nào. Đề nghị đánh dấu những người cần mã mới rồi bấm lại.";
        return list_with(app, signed, StatusCode::UNPROCESSABLE_ENTITY, "wrong", told).await;
    }
    let asked = serde_json::to_vec(&ids).map_err(|error| Error::Bug(error.into()))?;
    // One key a page; the choice is part of it, so that after going back another holder can still be given a code.
    let key: uuid::Uuid = fields.get("khoa").parse().map_err(|_| stale_form())?;
    let once = Once::new(&format!("{key}-{}", &hex::encode(sha256(&asked))[..16]), &asked)?;
    match issue::reissue(app, &signed.actor, &ids, &once).await? {
        Some(handed) => issued_page(app, signed, handed).await,
        None => list_with(app, signed, StatusCode::OK, "info", PRESSED_TWICE).await,
    }
}

/// Closes an account; its sessions end at once.
async fn disable(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<AccountId>,
    fields: Fields,
) -> Result<Redirect> {
    signed.require(&[Role::AgencyAdmin, Role::UnitOfficer])?;
    signed.require_fresh(&fields)?;
    let grants = app.db.read(&Actor::SYSTEM, "account.grants", async |tx| store::grants_of(tx, &[id]).await).await?;
    app.db
        .write(&signed.actor, "account.disable", async |tx| {
            let account = store::by_id(tx, id).await?;
            issue::close(tx, Managed { account, grants: grants.get(&id).cloned().unwrap_or_default() }).await
        })
        .await?;
    issue::end_sessions(&app, &[id]).await?;
    Ok(Redirect::to("/tai-khoan"))
}

/// A choice of `ui::radios`.
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

/// Roles an agency's administrator gives (`policy`).
const OFFICERS: [(Role, &str); 3] = [
    (Role::IntakeOfficer, "Tiếp nhận, đối chiếu bản kê khai giấy"),
    (Role::UnitOfficer, "Cấp tài khoản, tiếp nhận bản kê khai trong một đơn vị"),
    (Role::Auditor, "Xem và đối chiếu nhật ký"),
];

/// What the administrator typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    role: String,
    name: String,
    position: String,
    login: String,
    unit: String,
    key: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        Self {
            role: fields.get("role").to_owned(),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            login: fields.get("login").to_lowercase(),
            unit: fields.get("unit").to_owned(),
            key: fields.get("khoa").to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "account/pages/issue_officer.html")]
struct OfficerPage {
    page: Page,
    roles: Vec<Choice>,
    typed: Typed,
    errors: FieldErrors,
}

fn officer_page(signed: &Signed, typed: Typed, errors: FieldErrors) -> OfficerPage {
    let choice = |(role, hint): &(Role, &'static str)| Choice { value: role.word(), label: role.label(), hint };
    OfficerPage {
        page: signed.page("Cấp tài khoản cán bộ"),
        roles: OFFICERS.iter().map(choice).collect(),
        typed,
        errors,
    }
}

async fn officer_form(signed: Signed) -> Result<Html> {
    signed.require(&[Role::AgencyAdmin])?;
    let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..Typed::default() };
    html(&officer_page(&signed, typed, FieldErrors::default()))
}

/// Issues an officer's account; the code is shown once.
async fn issue_officer(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::AgencyAdmin])?;
    let typed = Typed::of(&fields);
    if !signed.is_fresh(&fields) {
        let mut page = officer_page(&signed, typed, FieldErrors::default());
        page.page = page.page.flash("wrong", format!("{} Nội dung vừa nhập vẫn còn dưới đây.", stale_form().sentence));
        return Ok(html_with(StatusCode::CONFLICT, &page)?.into_response());
    }
    let mut errors = FieldErrors::default();
    if let Some(new) = read_officer(&app, &signed, &typed, &mut errors).await? {
        let asked = [&typed.role, &typed.name, &typed.position, &typed.login, &typed.unit];
        let once = Once::of_form(&typed.key, &asked)?;
        match issue::issue_officer(&app, &signed.actor, &new, &once).await {
            Ok(Some(handed)) => return issued_page(&app, &signed, vec![handed]).await,
            Ok(None) => return list_with(&app, &signed, StatusCode::OK, "info", PRESSED_TWICE).await,
            Err(Error::Refused(refusal)) if refusal.code == "login_taken" => errors.add("login", refusal.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &officer_page(&signed, typed, errors))?.into_response())
}

/// The account asked for; none when something is to be mended.
async fn read_officer(
    app: &App,
    signed: &Signed,
    typed: &Typed,
    errors: &mut FieldErrors,
) -> Result<Option<NewAccount>> {
    let role = OFFICERS.iter().map(|(role, _)| *role).find(|role| role.word() == typed.role);
    if role.is_none() {
        errors.add("role", "Chưa chọn vai trò. Đề nghị chọn một vai trò.");
    }
    if typed.name.is_empty() {
        errors.add("name", "Chưa ghi họ và tên người giữ tài khoản. Đề nghị ghi đủ họ, đệm và tên.");
    }
    if typed.position.is_empty() {
        errors.add("position", "Chưa ghi chức vụ, chức danh. Đề nghị ghi theo quyết định phân công.");
    }
    if !is_login(&typed.login) {
        errors.add("login", issue::login_refused().to_string());
    }
    let unit: Option<OrganisationId> = match role {
        Some(Role::UnitOfficer) => {
            let units = issue::units_under(app, &signed.actor).await?;
            issue::unit_typed(&units, &typed.unit).map_err(|sentence| errors.add("unit", sentence)).ok()
        }
        _ => None,
    };
    let (Some(role), true) = (role, errors.is_empty()) else { return Ok(None) };
    Ok(Some(NewAccount {
        login: typed.login.clone(),
        badge: Badge { name: typed.name.clone(), position: typed.position.clone() },
        grants: vec![RoleGrant { role, partition: signed.actor.home, unit, person: None }],
    }))
}
