//! The application for tests: the real router on the real PostgreSQL, a world of its own for each test.
//!
//! `./dev` starts the test server and names its socket in `MINHBACH_TEST_SOCKET`. A test that needs a partition makes one;
//! row-level security is exercised by every test.
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use form::Kind;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::account::model::{Badge, NewAccount, RoleGrant};
use crate::account::policy::Activate;
use crate::account::session::new_token;
use crate::account::{issue, store as accounts};
use crate::audit::Sequencer;
use crate::audit::verify::{Verdict, verify_partition};
use crate::kernel::app::Parts;
use crate::kernel::config::Config;
use crate::kernel::files::Files;
use crate::kernel::id::{AccountId, OrganisationId, PartitionId, PersonId, RoutingRuleId};
use crate::kernel::keys::Keys;
use crate::kernel::web::csrf;
use crate::kernel::{Actor, App, Clock, Db, Event, Role, migrate};
use crate::organisation::{self, Organisation, Partition, Rank, RoutingRule, Sector};
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{AddPerson, Oblige, Place};
use crate::person::store::{NewPerson, Post};
use crate::person::{self, Obligation, PersonFacts};

pub struct TestApp {
    pub app: App,
    pub router: Router,
    /// Where opened scans lie while they are read.
    pub workshop: PathBuf,
    _folder: TempDir,
}

/// A signed-in browser.
#[derive(Clone)]
pub struct Browser {
    pub actor: Actor,
    pub account: AccountId,
    pub cookie: String,
    pub csrf: String,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn location(&self) -> String {
        self.headers.get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

/// A morning in the last month in which the forms of Nghị định 130/2020 are used for 2025.
pub fn morning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 12, 8, 2, 0, 0).unwrap()
}

fn socket() -> PathBuf {
    std::env::var_os("MINHBACH_TEST_SOCKET")
        .map(PathBuf::from)
        .expect("MINHBACH_TEST_SOCKET is set by ./dev check, ./dev test and ./dev cluster")
}

fn options(role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().host(socket().to_str().unwrap()).username(role).database(database)
}

fn database_name() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let migrations: Vec<u8> = files.iter().flat_map(|f| std::fs::read(f).unwrap()).collect();
    // A long run has a database of its own, which `./dev` drops afterwards.
    let apart = std::env::var("MINHBACH_TEST_APART").map(|name| format!("_{name}")).unwrap_or_default();
    format!("test_{}{apart}", &hex::encode(crate::kernel::files::sha256(&migrations))[..12])
}

/// The test database as its superuser, who sees everything.
pub async fn owner() -> PgConnection {
    PgConnection::connect_with(&options("postgres", &database_name())).await.unwrap()
}

/// The words of a PDF, one space between them.
pub fn pdf_text(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let out = std::process::Command::new("pdftotext").arg(file.path()).arg("-").output().unwrap();
    String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The test database of these migrations, made by the first test that asks.
async fn database() -> String {
    let name = database_name();
    let mut conn = PgConnection::connect_with(&options("postgres", "postgres")).await.expect("the test server runs");
    sqlx::query("select pg_advisory_lock(164)").execute(&mut conn).await.unwrap();
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    if !exists {
        sqlx::query(AssertSqlSafe(format!("create database {name} owner minhbach_owner")))
            .execute(&mut conn)
            .await
            .unwrap();
    }
    migrate::migrate(options("minhbach_owner", &name)).await.unwrap();
    conn.close().await.unwrap();
    name
}

impl TestApp {
    pub async fn new() -> Self {
        Self::at(Clock::fixed(morning())).await
    }

    pub async fn at(clock: Clock) -> Self {
        Self::configured(clock, |_| ()).await
    }

    /// The same with other settings. The folder of trusted certificates is there, and empty.
    pub async fn configured(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let database = database().await;
        let folder = tempfile::tempdir().unwrap();
        // All tests share the database and so its keys; files are each test's own.
        let key_folder = socket().join(format!("keys-{database}"));
        std::fs::create_dir_all(&key_folder).unwrap();
        let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
        let workshop = folder.path().join("workshop");
        config.intake.workshop = Some(workshop.clone());
        let trust = folder.path().join("trust");
        std::fs::create_dir(&trust).unwrap();
        config.signature.trust = Some(trust);
        change(&mut config);
        let app_options = options("minhbach_app", &database);
        let keys = {
            let mut conn = PgConnection::connect_with(&options("postgres", "postgres")).await.unwrap();
            sqlx::query("select pg_advisory_lock(165)").execute(&mut conn).await.unwrap();
            let keys = Keys::open(&key_folder, &app_options).await.unwrap();
            conn.close().await.unwrap();
            Arc::new(keys)
        };
        let db = Db::connect(app_options, 8, clock, keys).await.unwrap();
        let app = App::new(Parts {
            db,
            files: Files::local(&config.files_folder()).unwrap(),
            config,
            law: form::LawBook::embedded().unwrap(),
            metrics: None,
            reader_program: PathBuf::from("/nonexistent/reader"),
            practice: false,
        });
        Self { router: crate::serve::router(app.clone()), app, workshop, _folder: folder }
    }

    /// The same application with other settings, for what runs beside the router.
    pub fn again(&self, change: impl FnOnce(&mut Config)) -> App {
        let mut config = self.app.config.clone();
        change(&mut config);
        self.with(config, form::LawBook::embedded().unwrap())
    }

    /// The same under a law with other settings, from here on.
    pub fn under(&mut self, change: impl FnOnce(&mut form::LawBook)) {
        let mut law = form::LawBook::embedded().unwrap();
        change(&mut law);
        self.app = self.with(self.app.config.clone(), law);
        self.router = crate::serve::router(self.app.clone());
    }

    fn with(&self, config: Config, law: form::LawBook) -> App {
        App::new(Parts {
            db: self.app.db.clone(),
            files: self.app.files.clone(),
            config,
            law,
            metrics: None,
            reader_program: PathBuf::from("/nonexistent/reader"),
            practice: false,
        })
    }

    /// A new control agency with keys of its own.
    pub async fn agency(&self) -> PartitionId {
        let id = PartitionId::new();
        self.app
            .db
            .write(&Actor::SYSTEM, "test.agency", async |tx| {
                let code = format!("T{}", &id.0.simple().to_string()[16..].to_uppercase());
                let partition = Partition {
                    id,
                    code,
                    name: format!("Thanh tra thử {id}"),
                    agency_type: 2,
                    province_code: None,
                    practice_of: None,
                };
                organisation::store::insert_partition(tx, &partition).await?;
                tx.record(Event::new("partition.added", id))?;
                Ok(())
            })
            .await
            .unwrap();
        id
    }

    /// A new employing unit.
    pub async fn unit(&self) -> OrganisationId {
        let id = OrganisationId::new();
        self.app
            .db
            .write(&Actor::SYSTEM, "test.unit", async |tx| {
                let body = Organisation {
                    id,
                    parent: None,
                    code: format!("U{}", &id.0.simple().to_string()[16..].to_uppercase()),
                    name: format!("Sở thử {id}"),
                    sector: Sector::LocalGovernment,
                    province_code: Some("51".into()),
                    valid_from: NaiveDate::from_ymd_opt(2025, 7, 1).unwrap(),
                    valid_to: None,
                    practice_in: None,
                };
                organisation::store::insert_organisation(tx, &body, "PROVINCE").await?;
                tx.record(Event::new("organisation.added", PartitionId::CENTRE).id("organisation", id))?;
                Ok(())
            })
            .await
            .unwrap();
        id
    }

    /// Puts a unit's people under an agency (article 30).
    pub async fn route(&self, unit: OrganisationId, partition: PartitionId) {
        let rule = RoutingRule {
            id: RoutingRuleId::new(),
            partition,
            precedence: 90,
            sector: None,
            province_code: None,
            organisation: Some(unit),
            rank: None,
            party_managed: None,
            basis: "Điều 30".into(),
            valid_from: NaiveDate::from_ymd_opt(2020, 12, 20).unwrap(),
            valid_to: None,
        };
        self.app
            .db
            .write(&Actor::SYSTEM, "test.route", async |tx| {
                organisation::store::insert_routing_rule(tx, &rule).await?;
                tx.record(Event::new("routing.added", partition).id("rule", rule.id))?;
                Ok(())
            })
            .await
            .unwrap();
    }

    /// A person on a unit's list with an annual obligation for 2025.
    pub async fn declarant(
        &self,
        partition: PartitionId,
        unit: OrganisationId,
        name: &str,
        id_no: &str,
    ) -> (PersonId, Obligation) {
        let person = PersonId::new();
        let facts = PersonFacts {
            name: name.to_owned(),
            dob: NaiveDate::from_ymd_opt(1980, 5, 2),
            position: "Chuyên viên".to_owned(),
            id_no: Some(id_no.to_owned()),
        };
        let obligation = self
            .app
            .db
            .write(&Actor::system_in(partition), "test.declarant", async |tx| {
                let place = Place { partition, unit };
                let add = tx.permit::<AddPerson, _>(place)?;
                let new = NewPerson {
                    facts: &facts,
                    rank: Rank::BelowDirector,
                    party_managed: false,
                    rule: None,
                    post: Post::default(),
                };
                person::store::insert(tx, &add, person, &new).await?;
                let oblige = tx.permit::<Oblige, _>(place)?;
                let due_on = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
                tx.record(Event::new("person.added", partition).unit(unit).person(person))?;
                let terms = Terms { kind: Kind::Annual, year: 2025, rule_set: "R1_ND130", due_on };
                let id = owe(tx, &oblige, person, &terms).await?;
                person::store::obligation(tx, partition, id).await
            })
            .await
            .unwrap();
        (person, obligation)
    }

    /// An active account that acts in one role, signed in.
    pub async fn sign_in(&self, grant: RoleGrant) -> Browser {
        self.sign_in_to(vec![grant]).await
    }

    /// The same with several roles; it acts in the first.
    pub async fn sign_in_to(&self, grants: Vec<RoleGrant>) -> Browser {
        let grant = grants[0];
        let login = format!("t-{}", &uuid::Uuid::now_v7().simple().to_string()[12..]);
        let new = NewAccount {
            login: login.clone(),
            badge: Badge { name: "Người Thử".into(), position: "Chuyên viên".into() },
            grants,
        };
        let slip = self
            .app
            .db
            .write(&Actor::SYSTEM, "test.account", async |tx| issue::issue(tx, &new, 30).await)
            .await
            .unwrap();
        let (token, hash) = new_token().unwrap();
        let secret = [7u8; 32];
        let expires_at = self.app.clock().now() + chrono::TimeDelta::hours(12);
        self.app
            .db
            .housekeep(&Actor::SYSTEM, "test.session", async |tx| {
                let account = accounts::by_id(tx, slip.account).await?;
                let permit = tx.permit::<Activate, _>(account)?;
                // A hash no password has.
                accounts::activate(tx, &permit, "*").await?;
                let role = accounts::grants(tx, slip.account).await?.remove(0);
                accounts::insert_session(tx, &hash, slip.account, role.id, &secret, expires_at).await
            })
            .await
            .unwrap();
        Browser {
            actor: grant.actor(slip.account, None),
            account: slip.account,
            cookie: format!("minhbach={token}"),
            csrf: csrf::token(&secret),
        }
    }

    pub async fn officer(&self, role: Role, partition: PartitionId) -> Browser {
        self.sign_in(RoleGrant { role, partition, unit: None, person: None }).await
    }

    pub async fn unit_officer(&self, partition: PartitionId, unit: OrganisationId) -> Browser {
        self.sign_in(RoleGrant { role: Role::UnitOfficer, partition, unit: Some(unit), person: None }).await
    }

    pub async fn declarant_browser(&self, obligation: &Obligation) -> Browser {
        self.sign_in(RoleGrant {
            role: Role::Declarant,
            partition: obligation.partition,
            unit: Some(obligation.unit),
            person: Some(obligation.person),
        })
        .await
    }

    /// A bearer token for a browser's account.
    pub async fn token(&self, browser: &Browser) -> String {
        let (token, hash) = new_token().unwrap();
        let expires_at = self.app.clock().now() + chrono::TimeDelta::days(1);
        self.app
            .db
            .housekeep(&Actor::SYSTEM, "test.token", async |tx| {
                let role = accounts::grants(tx, browser.account).await?.remove(0);
                accounts::insert_token(tx, &hash, &role, "test", expires_at).await
            })
            .await
            .unwrap();
        token
    }

    /// The bodies of a partition's events of one name, in their order.
    pub async fn events(&self, partition: PartitionId, name: &str) -> Vec<serde_json::Value> {
        let bodies: Vec<String> =
            sqlx::query_scalar("select body from event where partition_id = $1 and name = $2 order by id")
                .bind(partition.0)
                .bind(name)
                .fetch_all(&mut owner().await)
                .await
                .unwrap();
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// Nothing people wrote stands in the clear in what the acts left in these tables of a partition, in its events and
    /// in the answers kept, as text or as bytes. `left` stands there, so there was something to look through.
    pub async fn holds_no_word(&self, partition: PartitionId, tables: &[&str], left: &str, words: &[&str]) {
        let mut kept = String::new();
        for table in tables.iter().chain(&["idempotency", "event"]) {
            let rows = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t where partition_id = $1");
            let rows: String =
                sqlx::query_scalar(AssertSqlSafe(rows)).bind(partition.0).fetch_one(&mut owner().await).await.unwrap();
            kept.push_str(&rows);
        }
        assert!(kept.contains(left), "{kept}");
        for word in words {
            assert!(!kept.contains(word) && !kept.contains(&hex::encode(word)), "{word}: {kept}");
        }
    }

    /// Every event has its place, also when another test's sequencer is at work on this partition.
    pub async fn sequence(&self, partition: PartitionId) {
        let sequencer = Sequencer::new(self.app.db.clone(), 60);
        for _ in 0..200 {
            sequencer.run_once().await.unwrap();
            let waiting: i64 = sqlx::query_scalar("select count(*) from event_queue where partition_id = $1")
                .bind(partition.0)
                .fetch_one(&mut owner().await)
                .await
                .unwrap();
            if waiting == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("events wait for their places");
    }

    /// What the verification says of a partition, every event in its place.
    pub async fn verdict(&self, partition: PartitionId) -> Verdict {
        self.sequence(partition).await;
        let keys = self.app.db.keys().verifiers();
        verify_partition(&self.app.db, &self.app.files, partition, &keys, &[]).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec();
        Answer { status, headers, body }
    }

    pub async fn get(&self, browser: Option<&Browser>, path: &str) -> Answer {
        let mut request = Request::get(path);
        if let Some(browser) = browser {
            request = request.header(header::COOKIE, &browser.cookie);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Posts a form with the session's fresh token.
    pub async fn post(&self, browser: Option<&Browser>, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(browser) = browser {
            if !fields.iter().any(|(name, _)| *name == "csrf") {
                form.append_pair("csrf", &browser.csrf);
            }
            request = request.header(header::COOKIE, &browser.cookie);
        }
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    pub async fn api(
        &self,
        token: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&serde_json::Value>,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }
}
