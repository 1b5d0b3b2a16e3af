//! A population for load and crash tests: people with obligations, accounts, tokens and lawful declarations not yet sent.
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chrono::{Datelike, TimeDelta};
use clap::Args;
use form::Kind;
use serde_json::{Value, json};

use super::clock_of;
use crate::account::model::{Badge, NewAccount, RoleGrant};
use crate::account::session::{cookie_name, new_secret, new_token};
use crate::account::{issue, store as accounts};
use crate::cli::configure;
use crate::declaration::submit::{self, Before};
use crate::kernel::id::{AccountId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, App, Event, Role};
use crate::law;
use crate::organisation::{self, Rank};
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{AddPerson, Oblige, Place};
use crate::person::store::{NewPerson, Post};
use crate::person::{self, Obligation, PersonFacts};
use crate::practice::{declarations, names};
use crate::serve::{Start, System};

#[derive(Args)]
pub struct BenchArgs {
    /// Thư mục dữ liệu của bản thực hành đang chạy
    #[arg(long)]
    data: std::path::PathBuf,
    /// Số người kê khai thêm vào
    #[arg(long)]
    count: usize,
    /// Số người kê khai đã thêm trước đó
    #[arg(long, default_value_t = 0)]
    after: usize,
    /// Mỗi người có thêm một phiên làm việc trên trình duyệt
    #[arg(long)]
    sessions: bool,
}

const PARTITION: &str = "H48.TT";
const UNIT: &str = "H48.02";
const POSITION: &str = "Chuyên viên";
/// People made in one transaction.
const BATCH: usize = 100;
/// The world's own people are the first ones.
const FIRST: usize = 1000;

/// One person of the population.
struct Member {
    person: PersonId,
    obligation: Obligation,
    body: Value,
}

/// Prints one line of JSON per person: bearer token, obligation, body of the request that submits, the cookie of a session
/// if one was asked for.
pub async fn run(config: Option<&Path>, args: BenchArgs) -> Result<ExitCode> {
    let config = configure(config, Some(args.data.clone()))?;
    let (clock, practice) = clock_of(&config.data)?;
    anyhow::ensure!(practice, "chỉ dùng với thư mục dữ liệu của bản thực hành");
    let system = System::open(Start { config, clock, practice, metrics: None }).await?;
    let outcome = populate(&system.app, &args).await;
    system.close().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn populate(app: &App, args: &BenchArgs) -> Result<()> {
    let end = args.after + args.count;
    let (partition, unit, unit_name) = place(app).await?;
    let mut out = std::io::stdout().lock();
    for from in (args.after..end).step_by(BATCH) {
        let members = add_people(app, Place { partition, unit }, &unit_name, from..end.min(from + BATCH)).await?;
        for (member, secrets) in members.iter().zip(issue_tokens(app, &members, args.sessions).await?) {
            let (token, obligation) = (secrets.token, member.obligation.id);
            let line = json!({"token": token, "obligation": obligation, "body": member.body, "cookie": secrets.cookie});
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

async fn place(app: &App) -> Result<(PartitionId, OrganisationId, String)> {
    let found = app.db.read(&Actor::SYSTEM, "bench.place", async |tx| {
        Ok((organisation::store::partitions(tx).await?, organisation::store::organisations(tx).await?))
    });
    let (partitions, bodies) = found.await?;
    let partition = partitions.iter().find(|p| p.code == PARTITION).context("bản thực hành chưa dựng xong")?;
    let body = bodies.iter().find(|b| b.code == UNIT).context("bản thực hành chưa dựng xong")?;
    Ok((partition.id, body.id, body.name.clone()))
}

async fn add_people(app: &App, place: Place, unit_name: &str, range: std::ops::Range<usize>) -> Result<Vec<Member>> {
    let today = app.clock().today();
    let rules = law::in_force(&app.law, today)?;
    let due_on = law::due_on(&app.law, rules, Kind::Annual, today.year(), None)?;
    let year = i16::try_from(today.year())?;
    let people: Vec<_> = range.clone().map(|n| (PersonId::new(), names::person(FIRST + n))).collect();
    let obligations = app
        .db
        .write(&Actor::system_in(place.partition), "bench.add_people", async |tx| {
            let mut made = Vec::new();
            for (person, invented) in &people {
                let facts = PersonFacts {
                    name: invented.name.clone(),
                    dob: Some(invented.dob),
                    position: POSITION.into(),
                    id_no: Some(invented.id_no.clone()),
                };
                let add = tx.permit::<AddPerson, _>(place)?;
                let new = NewPerson {
                    facts: &facts,
                    rank: Rank::BelowDirector,
                    party_managed: false,
                    rule: None,
                    post: Post::default(),
                };
                person::store::insert(tx, &add, *person, &new).await?;
                let oblige = tx.permit::<Oblige, _>(place)?;
                tx.record(Event::new("person.added", place.partition).unit(place.unit).person(*person))?;
                let terms = Terms { kind: Kind::Annual, year, rule_set: rules.id(), due_on };
                let id = owe(tx, &oblige, *person, &terms).await?;
                made.push(person::store::obligation(tx, place.partition, id).await?);
            }
            Ok(made)
        })
        .await?;
    let members = people.into_iter().zip(obligations).zip(range);
    members
        .map(|(((person, invented), obligation), n)| {
            let content = declarations::content(&invented, POSITION, unit_name, Kind::Annual, today, n % 500);
            let findings = submit::judge(app, &obligation, &content, today, &Before::default())?;
            let reasons: BTreeMap<String, &str> =
                findings.iter().map(|finding| (submit::reason_key(finding), "Dữ liệu đo tải.")).collect();
            Ok(Member { person, obligation, body: json!({"content": content, "reasons": reasons}) })
        })
        .collect()
}

/// What lets a program and a browser in.
struct Secrets {
    token: String,
    cookie: Option<String>,
}

/// An active account for each, with a token and, if wanted, a session. The accounts have no password: nobody can sign in
/// to them.
async fn issue_tokens(app: &App, members: &[Member], with_sessions: bool) -> Result<Vec<Secrets>> {
    let tokens: Vec<(String, [u8; 32])> = members.iter().map(|_| new_token()).collect::<crate::kernel::Result<_>>()?;
    let sessions: Vec<_> = if with_sessions {
        members.iter().map(|_| NewSession::new()).collect::<crate::kernel::Result<_>>()?
    } else {
        Vec::new()
    };
    let logins: Vec<String> = members.iter().map(|_| issue::declarant_login()).collect::<crate::kernel::Result<_>>()?;
    app.db
        .write(&Actor::SYSTEM, "bench.issue_tokens", async |tx| {
            for (index, ((member, login), (_, hash))) in members.iter().zip(&logins).zip(&tokens).enumerate() {
                let account = issue_to(tx, app, member, login).await?;
                let granted = accounts::grants(tx, account).await?;
                let granted = granted.first().ok_or_else(|| crate::bug!("an account without a role"))?;
                let expires_at = tx.now() + TimeDelta::days(2);
                accounts::insert_token(tx, hash, granted, "bench", expires_at).await?;
                if let Some(session) = sessions.get(index) {
                    let expires_at = tx.now() + TimeDelta::hours(app.config.session.absolute_hours);
                    let NewSession { hash, csrf_secret, .. } = session;
                    accounts::insert_session(tx, hash, account, granted.id, csrf_secret, expires_at).await?;
                }
                tx.record(
                    Event::new("token.issued", member.obligation.partition)
                        .id("account", account)
                        .id("role", granted.id),
                )?;
            }
            Ok(())
        })
        .await?;
    let mut cookies = sessions.into_iter().map(|session| format!("{}={}", cookie_name(app), session.token));
    Ok(tokens.into_iter().map(|(token, _)| Secrets { token, cookie: cookies.next() }).collect())
}

/// A session about to be opened.
struct NewSession {
    token: String,
    hash: [u8; 32],
    csrf_secret: [u8; 32],
}

impl NewSession {
    fn new() -> crate::kernel::Result<Self> {
        let (token, hash) = new_token()?;
        Ok(Self { token, hash, csrf_secret: new_secret()? })
    }
}

async fn issue_to(
    tx: &mut crate::kernel::Tx,
    app: &App,
    member: &Member,
    login: &str,
) -> crate::kernel::Result<AccountId> {
    let on = &member.obligation;
    let new = NewAccount {
        login: login.to_owned(),
        badge: Badge { name: "Người kê khai đo tải".into(), position: POSITION.into() },
        grants: vec![RoleGrant {
            role: Role::Declarant,
            partition: on.partition,
            unit: Some(on.unit),
            person: Some(member.person),
        }],
    };
    let slip = issue::issue(tx, &new, app.config.session.activation_days).await?;
    let account = accounts::by_id(tx, slip.account).await?;
    let permit = tx.permit::<crate::account::policy::Activate, _>(account)?;
    // A hash no password has.
    accounts::activate(tx, &permit, "*").await?;
    tx.record(Event::new("account.activated", on.partition).id("account", slip.account))?;
    Ok(slip.account)
}
