//! Issuing and reissuing accounts, from whichever surface: pages, the console, the demonstration.
use axum::http::StatusCode;
use chrono::TimeDelta;

use super::model::{Badge, Managed, NewAccount, RoleGrant, activation_code, activation_digest};
use super::policy::{Activate, DisableAccount, IssueAccount, Reissue};
use super::store::{self, Issued};
use crate::kernel::id::{AccountId, OrganisationId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Role, Tx};
use crate::organisation::{self, Organisation, Rank, rules::controller};
use crate::person::{self, Person};

/// An account that waits for its holder, with the one-time code that only this answer holds.
#[derive(Debug, Clone)]
pub struct Slip {
    pub account: AccountId,
    pub code: String,
    pub expires_at: chrono::DateTime<chrono::Utc>,
}

/// Issues an account with its roles; each role is asked of the policy.
pub async fn issue(tx: &mut Tx, new: &NewAccount, valid_days: i64) -> Result<Slip> {
    let first: RoleGrant =
        *new.grants.first().ok_or_else(|| crate::bug!("an account is issued with at least one role"))?;
    let code = activation_code()?;
    let account = AccountId::new();
    let expires_at = tx.now() + TimeDelta::days(valid_days);
    let issued = Issued {
        id: account,
        login: &new.login,
        badge: tx.keys().seal(first.partition, account.0, &new.badge)?,
        activation_hash: activation_digest(&code),
        activation_expires_at: expires_at,
    };
    let permit = tx.permit::<IssueAccount, _>(first)?;
    store::insert(tx, &permit, &issued).await?;
    for grant in &new.grants {
        let permit = tx.permit::<IssueAccount, _>(*grant)?;
        store::insert_grant(tx, &permit, account).await?;
        let mut event = Event::new("account.issued", grant.partition)
            .person_if(grant.person)
            .id("account", account)
            .word("role", grant.role.word());
        if let Some(unit) = grant.unit {
            event = event.unit(unit);
        }
        tx.record(event)?;
    }
    Ok(Slip { account, code, expires_at })
}

/// The same, ready to sign in with the password `hash` is of: for invented people only, whom nobody hands a code.
pub async fn issue_active(tx: &mut Tx, new: &NewAccount, hash: &str, valid_days: i64) -> Result<AccountId> {
    let slip = issue(tx, new, valid_days).await?;
    let account = store::by_id(tx, slip.account).await?;
    let partition = account.partition;
    let permit = tx.permit::<Activate, _>(account)?;
    store::activate(tx, &permit, hash).await?;
    tx.record(Event::new("account.activated", partition).id("account", slip.account))?;
    Ok(slip.account)
}

/// Closes an account. Its sessions open nothing any more; [`end_sessions`] ends them.
pub async fn close(tx: &mut Tx, managed: Managed) -> Result<()> {
    let permit = tx.permit::<DisableAccount, _>(managed)?;
    store::disable(tx, &permit).await?;
    let account = &permit.on().account;
    let mut event = Event::new("account.disabled", account.partition).id("account", account.id);
    if let Some(unit) = account.unit {
        event = event.unit(unit);
    }
    tx.record(event)?;
    Ok(())
}

/// What a holder is handed: a slip with everything on it.
pub struct Handed {
    pub login: String,
    pub badge: Badge,
    pub slip: Slip,
}

/// Issues an account to every person of the actor's unit who has none. Asking again finds nobody and issues nothing.
pub async fn issue_missing(app: &App, actor: &Actor) -> Result<Vec<Handed>> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    let days = app.config.session.activation_days;
    app.db
        .write(actor, "account.issue_missing", async |tx| {
            // One at a time issues accounts for a unit's people.
            tx.take_turn("account.issue", unit).await?;
            let mut handed = Vec::new();
            for person in without_account(tx, unit).await? {
                let badge = Badge {
                    name: tx.open(person.partition, person.id.0, &person.name)?,
                    position: tx.open(person.partition, person.id.0, &person.position)?,
                };
                let grant = RoleGrant {
                    role: Role::Declarant,
                    partition: person.partition,
                    unit: Some(unit),
                    person: Some(person.id),
                };
                let new = NewAccount { login: declarant_login()?, badge, grants: vec![grant] };
                let slip = issue(tx, &new, days).await?;
                handed.push(Handed { login: new.login, badge: new.badge, slip });
            }
            if handed.is_empty() {
                tx.nothing_done();
            }
            Ok(handed)
        })
        .await
}

/// People of a unit who are to have an account and have none. Whom only a paper on an older form names has nothing to declare.
pub async fn without_account(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Person>> {
    let have = store::people_with_account(tx, unit).await?;
    let never = person::store::never_listed(tx, unit).await?;
    let mut people = person::store::of_unit(tx, unit).await?;
    people.retain(|person| !have.contains(&person.id) && !never.contains(&person.id));
    Ok(people)
}

/// New codes for holders who lost theirs or their password; what they had before stops working at once. `None`: this
/// key was used before, and nothing was issued now.
pub async fn reissue(app: &App, actor: &Actor, accounts: &[AccountId], once: &Once) -> Result<Option<Vec<Handed>>> {
    let days = app.config.session.activation_days;
    let grants = app.db.read(&Actor::SYSTEM, "account.grants", async |tx| store::grants_of(tx, accounts).await).await?;
    let handed = app
        .db
        .write_once(actor, "account.reissue", Some(once), async |tx| {
            if tx.replay::<usize>()?.is_some() {
                return Ok(None);
            }
            let mut handed = Vec::with_capacity(accounts.len());
            for id in accounts {
                handed.push(reissue_one(tx, *id, grants.get(id).cloned().unwrap_or_default(), days).await?);
            }
            tx.keep(owner(actor), &handed.len())?;
            Ok(Some(handed))
        })
        .await?;
    if handed.is_some() {
        end_sessions(app, accounts).await?;
    }
    Ok(handed)
}

async fn reissue_one(tx: &mut Tx, id: AccountId, grants: Vec<RoleGrant>, days: i64) -> Result<Handed> {
    let account = store::by_id(tx, id).await?;
    let permit = tx.permit::<Reissue, _>(Managed { account, grants })?;
    let account = &permit.on().account;
    let badge = tx.open(account.partition, id.0, &account.badge)?;
    let code = activation_code()?;
    let expires_at = tx.now() + TimeDelta::days(days);
    store::reissue(tx, &permit, activation_digest(&code), expires_at).await?;
    let mut event = Event::new("account.reissued", account.partition).id("account", id);
    if let Some(unit) = account.unit {
        event = event.unit(unit);
    }
    tx.record(event)?;
    Ok(Handed { login: account.login.clone(), badge, slip: Slip { account: id, code, expires_at } })
}

/// Issues an officer's account. `None`: this key was used before, and nothing was issued now.
pub async fn issue_officer(app: &App, actor: &Actor, new: &NewAccount, once: &Once) -> Result<Option<Handed>> {
    let days = app.config.session.activation_days;
    app.db
        .write_once(actor, "account.issue_officer", Some(once), async |tx| {
            if tx.replay::<usize>()?.is_some() {
                return Ok(None);
            }
            let slip = issue(tx, new, days).await?;
            tx.keep(owner(actor), &1usize)?;
            Ok(Some(Handed { login: new.login.clone(), badge: new.badge.clone(), slip }))
        })
        .await
        .map_err(told)
}

/// The actor's own act, in the actor's own place.
fn owner(actor: &Actor) -> Owner {
    Owner { partition: actor.home, unit: actor.unit(), person: None }
}

/// The bodies whose people the actor's agency controls today (article 30), leaders who belong elsewhere aside.
pub async fn units_under(app: &App, actor: &Actor) -> Result<Vec<Organisation>> {
    let agency = actor.agency().ok_or(Error::Forbidden)?;
    app.db
        .read(actor, "account.units", async |tx| {
            let rules = organisation::store::routing_rules(tx).await?;
            let mut bodies = organisation::store::organisations(tx).await?;
            let today = tx.today();
            bodies.retain(|body| {
                controller(&rules, body, Rank::BelowDirector, false, today).is_ok_and(|rule| rule.partition == agency)
            });
            Ok(bodies)
        })
        .await
}

/// The one body meant by what was typed: its code, its name, or a part of the name that only one bears.
pub fn unit_typed(units: &[Organisation], typed: &str) -> Result<OrganisationId, String> {
    const MOST: usize = 8;
    let key = viet::text::fold(typed);
    if key.is_empty() {
        return Err("Chưa ghi đơn vị. Đề nghị gõ mã hoặc tên đơn vị.".to_owned());
    }
    if let Some(unit) = units.iter().find(|unit| unit.code.eq_ignore_ascii_case(typed.trim())) {
        return Ok(unit.id);
    }
    let same: Vec<_> = units.iter().filter(|unit| viet::text::fold(&unit.name) == key).collect();
    let found = match same.is_empty() {
        true => units.iter().filter(|unit| viet::text::fold(&unit.name).contains(&key)).collect(),
        false => same,
    };
    match found.as_slice() {
        [unit] => Ok(unit.id),
        [] => Err("Không có đơn vị nào thuộc cơ quan kiểm soát này khớp với nội dung vừa gõ. Đề nghị kiểm tra lại mã hoặc tên.".to_owned()),
        several => {
            let names: Vec<_> = several.iter().take(MOST).map(|unit| format!("{} ({})", unit.code, unit.name)).collect();
            let more = if several.len() > MOST { "; …" } else { "" };
            Err(format!("Có {} đơn vị khớp. Đề nghị gõ mã của đúng đơn vị: {}{more}.", several.len(), names.join("; ")))
        }
    }
}

/// Sessions live in a table only the system context sees. A disabled or reissued account opens none anyway
/// (`find_session` asks for state ACTIVE); ending them keeps the list of live sessions true.
pub async fn end_sessions(app: &App, accounts: &[AccountId]) -> Result<()> {
    app.db
        .housekeep(&Actor::SYSTEM, "session.end_all", async |tx| {
            for account in accounts {
                store::end_sessions_of(tx, *account).await?;
            }
            Ok(())
        })
        .await
}

/// A name another account bears is the issuer's to mend.
pub fn told(error: Error) -> Error {
    match error.constraint() {
        Some("account_login_key") => Refusal::new(
            "login_taken",
            "Tên đăng nhập này đã có tài khoản khác dùng.",
            "Đề nghị chọn tên đăng nhập khác.",
        )
        .status(StatusCode::CONFLICT)
        .into(),
        _ => error,
    }
}

/// The sentence for a name no account can bear.
pub fn login_refused() -> Refusal {
    Refusal::new(
        "login",
        "Tên đăng nhập chưa đúng dạng.",
        "Đề nghị dùng từ 3 đến 41 ký tự gồm chữ thường không dấu, chữ số, dấu chấm hoặc gạch nối, bắt đầu bằng chữ hoặc số.",
    )
}

/// A login name for a declarant: a code that says nothing about the person.
pub fn declarant_login() -> Result<String> {
    let code = activation_code()?.to_lowercase().replace('-', "");
    Ok(format!("kk-{}", &code[..8]))
}
