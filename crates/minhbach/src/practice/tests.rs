//! Worlds to practise in, built by their job on the real database and entered by the door people use.
use axum::http::{StatusCode, header};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};

use super::build::{build, shut};
use super::model::{Round, SEATS, State};
use super::store;
use crate::account::model::RoleGrant;
use crate::audit::verify::Disagreement;
use crate::custody::send::{self, Sending};
use crate::kernel::id::{AccountId, OrganisationId, PartitionId, PersonId};
use crate::kernel::jobs::Run;
use crate::kernel::{Actor, Clock, Once, Role};
use crate::person::custody::Reason;
use crate::testing::{Browser, TestApp, morning, owner, pdf_text};

const PAGE: &str = "/thuc-hanh";

/// An agency with an administrator who practises.
struct School {
    test: TestApp,
    agency: PartitionId,
    admin: Browser,
}

impl School {
    async fn at(now: DateTime<Utc>) -> Self {
        let test = TestApp::at(Clock::fixed(now)).await;
        let agency = test.agency().await;
        let admin = test.officer(Role::AgencyAdmin, agency).await;
        Self { test, agency, admin }
    }

    async fn newest(&self) -> Round {
        let agency = self.agency;
        let rounds = self
            .test
            .app
            .db
            .read(&Actor::system_in(agency), "test.rounds", async |tx| store::newest(tx, agency).await)
            .await;
        rounds.unwrap().unwrap()
    }

    async fn page(&self) -> String {
        let answer = self.test.get(Some(&self.admin), PAGE).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.text()
    }

    /// Begins a round by the page and runs its job.
    async fn begin(&self) -> Round {
        let key = uuid::Uuid::new_v4().to_string();
        let before = self.page().await;
        let round =
            before.split("name=\"vong\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let mut fields = vec![("khoa", key.as_str())];
        fields.extend(round.as_deref().map(|round| ("vong", round)));
        fields.extend(round.is_some().then_some(("dong-y", "co")));
        let answer = self.test.post(Some(&self.admin), PAGE, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let waits = self.newest().await;
        assert_eq!(waits.state, State::Building);
        assert!(self.page().await.contains("Đang dựng"));
        assert_eq!(self.jobs("practice.build").await, 1 + self.built().await, "its job is queued with it");
        // Pressed twice, it is the same round.
        assert_eq!(self.test.post(Some(&self.admin), PAGE, &fields).await.status, StatusCode::SEE_OTHER);
        assert_eq!(self.newest().await.id, waits.id);
        build(&self.test.app, self.agency, waits.id, Run::nth(1, 0)).await.unwrap();
        let round = self.newest().await;
        assert_eq!((round.id, round.state), (waits.id, State::Open));
        round
    }

    async fn jobs(&self, kind: &str) -> i64 {
        sqlx::query_scalar("select count(*) from job where partition_id = $1 and kind = $2")
            .bind(self.agency.0)
            .bind(kind)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    }

    /// Rounds that are built, or that nobody builds any more.
    async fn built(&self) -> i64 {
        sqlx::query_scalar("select count(*) from practice_round where partition_id = $1 and state <> 'BUILDING'")
            .bind(self.agency.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    }

    async fn password(&self) -> String {
        let page = self.page().await;
        let shown = page.split("id=\"mat-khau\">").nth(1).unwrap_or_else(|| panic!("{page}"));
        shown.split('<').next().unwrap().to_owned()
    }

    /// Signs in as people do; the cookie, or none.
    async fn sign_in(&self, login: &str, password: &str) -> Option<Browser> {
        let answer = self.test.post(None, "/dang-nhap", &[("login", login), ("password", password)]).await;
        let cookie = answer.headers.get(header::SET_COOKIE)?.to_str().unwrap().split(';').next()?.to_owned();
        let is_in = answer.status == StatusCode::SEE_OTHER;
        is_in.then_some(Browser { actor: Actor::SYSTEM, account: AccountId::new(), cookie, csrf: String::new() })
    }
}

fn login(round: &Round, ending: &str) -> String {
    format!("th{}.{ending}", round.prefix.as_deref().unwrap())
}

#[tokio::test]
async fn a_world_is_built_practised_in_and_begun_anew() {
    let school = School::at(morning()).await;
    assert!(school.page().await.contains("Lập bản thực hành"));
    let round = school.begin().await;
    let (page, password) = (school.page().await, school.password().await);
    for seat in &SEATS {
        assert!(page.contains(&login(&round, seat.ending)), "{}: {page}", seat.ending);
    }
    // The administrator's own pages are no practice; those of its accounts are.
    let mark = "<strong>Bản thực hành.</strong>";
    assert!(!page.contains(mark), "{page}");
    let starts = [
        ("tiepnhan", "/tiep-nhan", "ban-ke-khai-thuc-hanh.pdf"),
        ("kiemtoan", "/nhat-ky", "Nhật ký"),
        ("donvi1", "/don-vi", "Chờ tiếp nhận"),
        ("donvi2", "/don-vi/danh-sach", "Kế toán viên"),
        ("kk1", "/ke-khai", "Kê khai hằng năm"),
        ("kk3", "/ke-khai", "Kê khai lần đầu"),
    ];
    for (ending, path, says) in starts {
        let browser = school.sign_in(&login(&round, ending), &password).await.unwrap_or_else(|| panic!("{ending}"));
        let page = school.test.get(Some(&browser), path).await.text();
        assert!(page.contains(mark) && page.contains(says), "{ending}: {page}");
    }
    // A class shares the accounts: wrong passwords keep them waiting for a minute, not for half a day.
    for _ in 0..6 {
        assert!(school.sign_in(&login(&round, "kk1"), "sai").await.is_none());
    }
    assert!(school.sign_in(&login(&round, "kk1"), &password).await.is_none(), "locked");
    school.test.app.clock().advance(TimeDelta::seconds(61));

    // What was typed in a world is not looked for in the next; who began it anew said so.
    let sitting = school.sign_in(&login(&round, "kk1"), &password).await.unwrap();
    let id = round.id.to_string();
    let key = uuid::Uuid::new_v4().to_string();
    let refused = school.test.post(Some(&school.admin), PAGE, &[("khoa", &key), ("vong", &id)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Chưa đánh dấu đồng ý"), "{}", refused.text());
    // A page from before the round knows nothing of it, and ends nothing.
    let late = school.test.post(Some(&school.admin), PAGE, &[("khoa", &key)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("Đã có một bản thực hành khác đang mở"), "{}", late.text());
    assert_eq!(school.newest().await.id, round.id);
    let program = school.test.officer(Role::IntakeOfficer, round.practice.unwrap()).await;
    let token = school.test.token(&program).await;
    assert_eq!(school.test.api(&token, "GET", "/api/v1/intakes", None, None).await.status, StatusCode::OK);
    let next = school.begin().await;
    // At once, whatever the job still has to tidy; also what was issued inside.
    assert_eq!(school.test.get(Some(&sitting), "/ke-khai").await.location(), "/dang-nhap");
    assert_eq!(school.test.api(&token, "GET", "/api/v1/intakes", None, None).await.status, StatusCode::UNAUTHORIZED);
    assert!(school.sign_in(&login(&round, "kk1"), &password).await.is_none());
    assert_eq!(school.jobs("practice.shut").await, 1);
    shut(&school.test.app, round.practice.unwrap()).await.unwrap();
    let live = "select count(*) from account where partition_id = $1 and state <> 'DISABLED'";
    let live: i64 =
        sqlx::query_scalar(live).bind(round.practice.unwrap().0).fetch_one(&mut owner().await).await.unwrap();
    assert_eq!(live, 0);
    assert!(next.practice != round.practice && next.prefix != round.prefix);
    assert_eq!(school.test.get(Some(&sitting), "/ke-khai").await.location(), "/dang-nhap");
    assert!(school.sign_in(&login(&round, "kk1"), &password).await.is_none());
    let again = school.password().await;
    assert_ne!(again, password);
    assert!(school.sign_in(&login(&next, "kk1"), &again).await.is_some());

    // Closed, nothing of it opens, and the password is nowhere.
    let closed = next.id.to_string();
    let answer = school.test.post(Some(&school.admin), "/thuc-hanh/dong", &[("vong", &closed)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(school.sign_in(&login(&next, "kk1"), &again).await.is_none());
    assert_eq!(school.jobs("practice.shut").await, 2);
    let after = school.newest().await;
    assert!(after.state == State::Closed && after.password.is_none());
    assert!(!school.page().await.contains(&again));
    for partition in [school.agency, round.practice.unwrap()] {
        let verdict = school.test.verdict(partition).await;
        assert!(verdict.is_whole(), "{verdict:?}");
    }
    school.test.holds_no_word(school.agency, &["practice_round", "job"], "practice.closed", &[&password, &again]).await;
}

/// Also when the form of the decree in force is not loaded (issue of 2026), and only so often a day.
#[tokio::test]
async fn a_world_is_of_the_year_it_is_built_in() {
    let school = School::at(Utc.with_ymd_and_hms(2026, 11, 20, 2, 0, 0).unwrap()).await;
    for _ in 0..5 {
        let round = school.begin().await;
        let practice = round.practice.unwrap();
        let years: Vec<i16> = sqlx::query_scalar("select distinct year from obligation where partition_id = $1")
            .bind(practice.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
        assert_eq!(years, [2026]);
    }
    let id = school.newest().await.id.to_string();
    let key = uuid::Uuid::new_v4().to_string();
    let fields = [("khoa", key.as_str()), ("vong", id.as_str()), ("dong-y", "co")];
    let answer = school.test.post(Some(&school.admin), PAGE, &fields).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("Hôm nay đã lập 5 bản thực hành"), "{}", answer.text());
    assert_eq!(school.newest().await.state, State::Open, "the one there is stays");
    school.test.app.clock().advance(TimeDelta::days(1));
    let admin = school.test.officer(Role::AgencyAdmin, school.agency).await;
    let answer = school.test.post(Some(&admin), PAGE, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

#[tokio::test]
async fn a_world_that_cannot_be_built_says_so_and_another_may_be_begun() {
    let school = School::at(morning()).await;
    let key = uuid::Uuid::new_v4().to_string();
    assert_eq!(school.test.post(Some(&school.admin), PAGE, &[("khoa", &key)]).await.status, StatusCode::SEE_OTHER);
    let round = school.newest().await;
    // Two at a time there are not.
    let key = uuid::Uuid::new_v4().to_string();
    let second = school.test.post(Some(&school.admin), PAGE, &[("khoa", &key)]).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.text().contains("đang được dựng"), "{}", second.text());
    build(&school.test.app, school.agency, round.id, Run::nth(21, 0)).await.unwrap();
    assert_eq!(school.newest().await.state, State::Failed);
    assert!(school.page().await.contains("chưa dựng được bản thực hành"));
    // Nobody builds at it for half an hour: another may be begun, and nobody waits for ever.
    school.begin().await;
    let id = school.newest().await.id.to_string();
    let key = uuid::Uuid::new_v4().to_string();
    let fields = [("khoa", key.as_str()), ("vong", id.as_str()), ("dong-y", "co")];
    assert_eq!(school.test.post(Some(&school.admin), PAGE, &fields).await.status, StatusCode::SEE_OTHER);
    let stuck = school.newest().await;
    school.test.app.clock().advance(TimeDelta::minutes(31));
    let admin = school.test.officer(Role::AgencyAdmin, school.agency).await;
    let key = uuid::Uuid::new_v4().to_string();
    assert_eq!(school.test.post(Some(&admin), PAGE, &[("khoa", &key)]).await.status, StatusCode::SEE_OTHER);
    assert_ne!(school.newest().await.id, stuck.id);
    // A late run of the same job does nothing.
    for late in [round.id, stuck.id] {
        build(&school.test.app, school.agency, late, Run::nth(1, 0)).await.unwrap();
    }
    assert_eq!(school.newest().await.state, State::Building);
}

/// What hangs on it (marks, figures, where files may pass) cannot be changed in secret.
#[tokio::test]
async fn that_it_is_practice_stands_in_the_log() {
    let school = School::at(morning()).await;
    let practice = school.begin().await.practice.unwrap();
    assert!(school.test.verdict(practice).await.is_whole());
    let told = async |partition: PartitionId| {
        let verdict = school.test.verdict(partition).await;
        verdict.disagreements.iter().any(|one| matches!(one, Disagreement::PracticeDiffers { .. }))
    };
    let change = async |sql: &'static str, partition: PartitionId| {
        sqlx::query(sql).bind(partition.0).execute(&mut owner().await).await.unwrap();
    };
    change("update partition set practice_of = null where id = $1", practice).await;
    assert!(told(practice).await, "invented people would be counted");
    change("update partition set practice_of = id where id = $1", school.agency).await;
    assert!(told(school.agency).await, "an agency would vanish from the figures");
    change("update partition set practice_of = null where id = $1", school.agency).await;
    assert!(!told(school.agency).await);
}

/// No figure of the nation, no file that passes, no agency to choose, nothing another agency sees; and no founding in there.
#[tokio::test]
async fn nothing_leads_out_of_a_world_of_practice() {
    let school = School::at(morning()).await;
    let practice = school.begin().await.practice.unwrap();
    let test = &school.test;
    let counted = async |context: &str| {
        let mut conn = test.app.db.without_context().await.unwrap();
        let mut tx = sqlx::Connection::begin(&mut *conn).await.unwrap();
        let set = format!(
            "set local app.context = '{context}'; set local app.purpose_id = '{practice}'; set local app.partition_id = '{practice}'"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *tx).await.unwrap();
        let (owed, papers): (i64, i64) = sqlx::query_as(
            "select (select count(*) from obligation where partition_id = $1), (select count(*) from paper_progress where partition_id = $1)",
        )
        .bind(practice.0)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        (owed, papers)
    };
    assert_eq!(counted("agency").await, (10, 1), "there they are");
    assert_eq!(counted("nation").await, (0, 0), "and in no figure");
    let centre = PartitionId::CENTRE;
    let analyst =
        test.sign_in(RoleGrant { role: Role::CentreAnalyst, partition: centre, unit: None, person: None }).await;
    let purpose = test.get(Some(&analyst), "/muc-dich").await.text();
    let purpose =
        purpose.split("name=\"purpose\" type=\"radio\" value=\"").nth(1).unwrap_or_else(|| panic!("{purpose}"));
    let purpose = purpose.split('"').next().unwrap();
    test.post(Some(&analyst), "/muc-dich", &[("purpose", purpose), ("reference", "15/KH-TTCP")]).await;
    let nation = test.get(Some(&analyst), "/toan-quoc?nam=2025").await.text();
    // By its own name: another test takes the word off its world's row to see that it is found.
    let real = format!("Thanh tra thử {}", school.agency);
    assert!(nation.contains(&real) && !nation.contains(&format!("Bản thực hành của {real}")), "{nation}");

    // Files do not pass, in or out.
    let other = test.agency().await;
    let (person, unit): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select id, unit_id from person where partition_id = $1 limit 1")
            .bind(practice.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
    let inside = test.officer(Role::IntakeOfficer, practice).await;
    let outside = test.officer(Role::IntakeOfficer, other).await;
    let unit = OrganisationId(unit);
    let real_unit = test.unit().await;
    let (real, _) = test.declarant(other, real_unit, "Nguyễn Văn Thật", "051080000901").await;
    for (officer, person, to, why) in [(&inside, PersonId(person), other, "practice"), (&outside, real, practice, "to")]
    {
        let asked = Sending {
            person,
            to,
            reason: Reason::RankChanged,
            document_no: "1/TTT".into(),
            document_on: test.app.clock().today(),
            signer_name: "Trần Thị Nộp".into(),
            signer_position: "Thanh tra viên".into(),
        };
        let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"practice").unwrap();
        let sent = send::send(&test.app, &officer.actor, &asked, &once).await;
        assert!(matches!(&sent, Err(crate::kernel::Error::Refused(refusal)) if refusal.code == why), "{sent:?}");
    }

    // Whoever its unit's officer lists, of whatever rank, stays in it.
    let bodies = test
        .app
        .db
        .read(&Actor::system_in(practice), "test.bodies", async |tx| {
            let rules = crate::organisation::store::routing_rules(tx).await?;
            Ok((rules, crate::organisation::store::organisation(tx, unit).await?))
        })
        .await
        .unwrap();
    for rank in [crate::organisation::Rank::DirectorUp, crate::organisation::Rank::BelowDirector] {
        let rule = crate::organisation::rules::controller(&bodies.0, &bodies.1, rank, false, test.app.clock().today());
        assert_eq!(rule.unwrap().partition, practice);
    }
    let founder = test.officer(Role::AgencyAdmin, practice).await;
    let key = uuid::Uuid::new_v4().to_string();
    assert_eq!(test.post(Some(&founder), PAGE, &[("khoa", &key)]).await.status, StatusCode::FORBIDDEN);
    // Another agency's administrator finds nothing of it, and closes nothing.
    let stranger = test.officer(Role::AgencyAdmin, other).await;
    let page = test.get(Some(&stranger), PAGE).await.text();
    assert!(page.contains("Lập bản thực hành") && !page.contains("Mật khẩu chung"), "{page}");
    let id = school.newest().await.id.to_string();
    assert_eq!(test.post(Some(&stranger), "/thuc-hanh/dong", &[("vong", &id)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(school.newest().await.state, State::Open);
}

/// On paper too it is practice.
#[tokio::test]
async fn what_is_printed_in_a_world_of_practice_bears_the_mark() {
    let school = School::at(morning()).await;
    let practice = school.begin().await.practice.unwrap();
    let test = &school.test;
    let print = async |partition: PartitionId| {
        let (unit, person, declaration): (uuid::Uuid, uuid::Uuid, uuid::Uuid) = sqlx::query_as(
            "select unit_id, person_id, id from declaration where partition_id = $1 and channel = 'ONLINE' limit 1",
        )
        .bind(partition.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
        let grant = RoleGrant {
            role: Role::Declarant,
            partition,
            unit: Some(OrganisationId(unit)),
            person: Some(PersonId(person)),
        };
        let own = test.sign_in(grant).await;
        let answer = test.get(Some(&own), &format!("/ke-khai/ban/{declaration}/ban-ke-khai.pdf")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        pdf_text(&answer.body)
    };
    let text = print(practice).await;
    assert!(text.contains("BẢN THỰC HÀNH") && text.contains("KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"), "{text}");
    let unit = test.unit().await;
    let (_, real) = test.declarant(school.agency, unit, "Nguyễn Văn Thật", "051080000902").await;
    let token = test.token(&test.declarant_browser(&real).await).await;
    crate::declaration::tests::submit_with_reasons(test, &token, real.id).await;
    assert!(!print(school.agency).await.contains("THỰC HÀNH"));
}
