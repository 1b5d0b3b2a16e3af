//! Following up and planning through the real router on the real database, with time that moves.
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use form::Kind;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};

use super::model::Way;
use super::non_submission::{self, Recorded, Recording};
use super::plan::{self, Planning};
use super::remind::{self, Delivering, Issued, Reminding};
use crate::audit::verify::Disagreement;
use crate::declaration::tests::{all_values, digitise, text_of, value_of};
use crate::kernel::id::{IssueId, ObligationId, OrganisationId, PartitionId};
use crate::kernel::{Actor, Clock, Error, Once, Result, Role};
use crate::person::Obligation;
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{Oblige, Place};
use crate::roster::keep;
use crate::testing::{Answer, Browser, TestApp, owner, pdf_text};

const PAGE: &str = "/don-vi/don-doc";
const LOG: &str = "/don-vi/so-theo-doi";
const PLAN: &str = "/dot-ke-khai";

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn a_key() -> Once {
    Once::new(&uuid::Uuid::new_v4().to_string(), b"campaign").unwrap()
}

/// Someone of a unit whose first declaration was due in November 2025 and has not come; reminded once, today.
pub(crate) async fn reminded(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    name: &str,
    id_no: &str,
) -> (ObligationId, IssueId) {
    let unit = officer.actor.unit().unwrap();
    let (person, _) = test.declarant(partition, unit, name, id_no).await;
    let owed = test
        .app
        .db
        .write(&Actor::system_in(partition), "test.oblige", async |tx| {
            let permit = tx.permit::<Oblige, _>(Place { partition, unit })?;
            let due = on("2025-11-20");
            let terms = Terms { kind: Kind::First, year: 2025, rule_set: "R1_ND130", due_on: due };
            owe(tx, &permit, person, &terms).await
        })
        .await
        .unwrap();
    let today = test.app.clock().today();
    let asked = asking(
        1,
        &[owed],
        &format!("{}/STC-VP", id_no.trim_start_matches('0').len()),
        today,
        today + chrono::Days::new(14),
    );
    let issued = remind::remind(&test.app, &officer.actor, &asked, &a_key()).await.unwrap();
    (owed, issued.issue)
}

/// Says that a reminder reached everyone it was for, today.
pub(crate) async fn delivered(test: &TestApp, officer: &Browser, issue: IssueId) {
    let unit = officer.actor.unit();
    let all = test
        .app
        .db
        .read(&officer.actor, "test.reminders", async |tx| super::store::reminders(tx, unit, Some(issue), 100).await)
        .await
        .unwrap();
    let reminders = all.iter().map(|reminder| reminder.id).collect();
    let asked = Delivering { reminders, way: Way::Handed, delivered_on: test.app.clock().today() };
    remind::deliver(&test.app, &officer.actor, issue, &asked, &a_key()).await.unwrap();
}

/// Plans the year 2025 of an agency.
pub(crate) async fn planned(test: &TestApp, officer: &Browser, document_no: &str, declare_by: &str) -> Result<i32> {
    let seen = test
        .app
        .db
        .read(&officer.actor, "test.plans", async |tx| {
            crate::person::follow_up::plans(tx, &[tx.actor().home], Some(2025)).await
        })
        .await?
        .first()
        .map_or(0, |plan| plan.version);
    let asked = Planning {
        year: 2025,
        seen,
        document_no: document_no.into(),
        issued_on: on("2025-11-28"),
        lists_by: on("2025-12-09"),
        declare_by: on(declare_by),
        hand_over_by: on("2026-01-16"),
    };
    plan::plan(&test.app, &officer.actor, &asked, &a_key()).await.map(|planned| planned.version)
}

fn asking(number: i16, owed: &[ObligationId], document_no: &str, issued_on: NaiveDate, by: NaiveDate) -> Reminding {
    Reminding {
        number,
        obligations: owed.iter().copied().collect(),
        document_no: document_no.to_owned(),
        issued_on,
        answer_by: by,
        signer_name: "Trần Văn Ký".into(),
        signer_position: "Phó Giám đốc".into(),
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        Err(Error::NotFound) => "NOT_FOUND",
        Err(Error::Forbidden) => "FORBIDDEN",
        other => panic!("not refused: {other:?}"),
    }
}

struct World {
    test: TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    officer: Browser,
    agency: Browser,
}

impl World {
    /// Monday 5 January 2026: the last day of 2025 has passed.
    async fn new() -> Self {
        Self::at(2026, 1, 5).await
    }

    async fn at(year: i32, month: u32, day: u32) -> Self {
        let morning = Utc.with_ymd_and_hms(year, month, day, 2, 0, 0).unwrap();
        let test = TestApp::at(Clock::fixed(morning)).await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let officer = test.unit_officer(partition, unit).await;
        let agency = test.officer(Role::IntakeOfficer, partition).await;
        Self { test, partition, unit, officer, agency }
    }

    async fn owes(&self, name: &str, id_no: &str) -> Obligation {
        self.test.declarant(self.partition, self.unit, name, id_no).await.1
    }

    /// Days pass; sessions end, so everyone signs in again.
    async fn days(&mut self, days: i64) {
        self.test.app.clock().advance(TimeDelta::days(days));
        self.officer = self.test.unit_officer(self.partition, self.unit).await;
        self.agency = self.test.officer(Role::IntakeOfficer, self.partition).await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.test.get(Some(&self.officer), path).await
    }

    async fn remind(&self, asked: &Reminding) -> Result<Issued> {
        remind::remind(&self.test.app, &self.officer.actor, asked, &a_key()).await
    }

    async fn record(&self, obligation: ObligationId, explanation: &str) -> Result<Recorded> {
        let asked = Recording { obligation, explanation: explanation.into() };
        non_submission::record(&self.test.app, &self.officer.actor, &asked, &a_key()).await
    }

    /// Both reminders to one person, the terms the shortest there are: seven days, and Monday where they end on a Sunday.
    async fn remind_twice(&mut self, owed: &Obligation) {
        let first = asking(1, &[owed.id], "12/STC-VP", on("2026-01-05"), on("2026-01-12"));
        let first = self.remind(&first).await.unwrap();
        delivered(&self.test, &self.officer, first.issue).await;
        self.days(8).await;
        let second = asking(2, &[owed.id], "40/STC-VP", on("2026-01-13"), on("2026-01-20"));
        let second = self.remind(&second).await.unwrap();
        delivered(&self.test, &self.officer, second.issue).await;
        self.days(8).await;
    }

    /// Presses "Đôn đốc" with what the page proposes, but for `changed`.
    async fn press(&self, page: &str, changed: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(&str, String)> = ["khoa", "lan", "day", "han", "name", "position"]
            .into_iter()
            .map(|name| (name, value_of(page, name)))
            .collect();
        fields.push(("so", "12/STC-VP".to_owned()));
        fields.extend(all_values(page, "nv").into_iter().map(|id| ("nv", id)));
        for (name, value) in changed {
            fields.retain(|(before, _)| before != name);
            fields.push((name, (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.test.post(Some(&self.officer), PAGE, &fields).await
    }

    async fn events(&self, name: &str) -> Vec<Value> {
        self.test.events(self.partition, name).await
    }

    /// Nothing people wrote stands in the clear in what the acts left, as text or as bytes.
    async fn holds_no_word(&self, words: &[&str]) {
        self.test
            .holds_no_word(self.partition, &["reminder", "non_submission"], "non_submission.recorded", words)
            .await;
    }

    async fn disagreements(&self) -> Vec<Disagreement> {
        self.test.verdict(self.partition).await.disagreements
    }
}

/// Two reminders with their terms, delivery, letters, the fact, and a declaration that comes all the same.
#[tokio::test]
async fn two_reminders_then_the_fact_and_a_declaration_is_still_taken() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000401").await;
    world.owes("Trần Thị Trễ", "051180000402").await;
    let board = world.get("/don-vi").await;
    assert!(text_of(&board).contains("Quá hạn") && board.text().contains("href=\"/don-vi/don-doc\""));
    let page = world.get(PAGE).await;
    let text = text_of(&page);
    assert!(text.contains("Nguyễn Văn Chậm") && text.contains("quá hạn 5 ngày"), "{text}");
    assert_eq!((value_of(&page.text(), "lan"), value_of(&page.text(), "han")), ("1".into(), "12/01/2026".into()));
    assert_eq!(page.text().matches(" checked").count(), 2, "everyone who is late is proposed");
    let sent = world.press(&page.text(), &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text_of(&sent));
    let address = sent.location();
    let shown = world.get(&address).await;
    let text = text_of(&shown);
    for want in ["Công văn đôn đốc lần 1 số 12/STC-VP", "12/01/2026", "Người Thử, Chuyên viên", "Trần Thị Trễ"]
    {
        assert!(text.contains(want), "{want}: {text}");
    }
    let letters = world.get(&format!("{address}/cong-van.pdf")).await;
    let letters = pdf_text(&letters.body);
    for want in
        ["Kính gửi: Ông/Bà Nguyễn Văn Chậm", "Kính gửi: Ông/Bà Trần Thị Trễ", "chậm nhất ngày 12 tháng 01 năm 2026"]
    {
        assert!(letters.contains(want), "{want}: {letters}");
    }
    let issued = world.events("reminder.issued").await;
    assert_eq!(issued.len(), 2, "one event for each person");
    assert_eq!((&issued[0]["counts"]["number"], &issued[0]["counts"]["answer_by"]), (&json!(1), &json!(20260112)));

    // How it reached them, by hand and day.
    let one = all_values(&shown.text(), "nhac")[0].clone();
    let key = value_of(&shown.text(), "khoa");
    let nothing = world.test.post(Some(&world.officer), &address, &[("khoa", &key), ("day", "05/01/2026")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&nothing).contains("Chưa chọn cách giao, gửi"));
    let early = [("khoa", &*key), ("nhac", &*one), ("cach", "HANDED"), ("day", "04/01/2026")];
    let early = world.test.post(Some(&world.officer), &address, &early).await;
    assert!(text_of(&early).contains("trước ngày của văn bản"), "{}", text_of(&early));
    let fields = [("khoa", "khoa-giao-mot"), ("nhac", &*one), ("cach", "HANDED"), ("day", "05/01/2026")];
    let done = world.test.post(Some(&world.officer), &address, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", text_of(&done));
    assert!(text_of(&world.get(&address).await).contains("Giao tận tay, 05/01/2026"));

    // The person sees it with day, term and article.
    let declarant = world.test.declarant_browser(&owed).await;
    let text = text_of(&world.test.get(Some(&declarant), "/ke-khai").await);
    for want in ["Đôn đốc lần 1", "ngày 05/01/2026", "chậm nhất 12/01/2026", "khoản 2 Điều 20"] {
        assert!(text.contains(want), "{want}: {text}");
    }

    let text = text_of(&world.test.get(Some(&declarant), &format!("/ke-khai/{}", owed.id)).await);
    assert!(text.contains("công văn số 12/STC-VP ngày 05/01/2026"), "{text}");

    // On the last day of the term it still runs; the day after, the second is offered.
    world.days(7).await;
    let text = text_of(&world.get(PAGE).await);
    assert!(text.contains("Đang trong thời hạn") && !text.contains("Hạn mới\n"), "{text}");
    assert_eq!(world.get(&format!("{PAGE}?viec=lan-2")).await.text().matches("name=\"nv\"").count(), 0);
    world.days(1).await;
    let page = world.get(PAGE).await.text();
    assert_eq!((value_of(&page, "lan"), value_of(&page, "day")), ("2".into(), "13/01/2026".into()));
    let used = world.press(&page, &[]).await;
    assert_eq!(used.status, StatusCode::CONFLICT, "the number is that of the first: {}", text_of(&used));
    let second = world.press(&page, &[("so", "40/STC-VP"), ("nv", &owed.id.to_string())]).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", text_of(&second));
    let letters = world.get(&format!("{}/cong-van.pdf", second.location())).await;
    assert!(pdf_text(&letters.body).contains("đã đôn đốc lần 1 bằng Công văn số 12/STC-VP ngày 05 tháng 01 năm 2026"));

    let address = format!("{PAGE}/khong-nop/{}", owed.id);
    world.days(7).await;
    assert_eq!(code(world.record(owed.id, "").await), "term_runs", "on the last day of the second term");
    assert!(text_of(&world.get(&address).await).contains("còn đến hết ngày 20/01/2026"));
    world.days(1).await;
    // A reminder nobody received reminded nobody: the second one's delivery is written down first, within its term.
    assert_eq!(code(world.record(owed.id, "").await), "not_delivered");
    assert!(text_of(&world.get(&address).await).contains("lần 2 chưa ghi đã giao, gửi"));
    let letter = world.get(&second.location()).await.text();
    let (nhac, key) = (all_values(&letter, "nhac")[0].clone(), value_of(&letter, "khoa"));
    let fields = [("khoa", &*key), ("nhac", &*nhac), ("cach", "HANDED"), ("day", "14/01/2026")];
    let done = world.test.post(Some(&world.officer), &second.location(), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", text_of(&done));
    let page = world.get(&address).await.text();
    let key = value_of(&page, "khoa");
    let unchecked = [("khoa", &*key), ("y-kien", "Đang điều trị dài ngày tại bệnh viện")];
    let unchecked = world.test.post(Some(&world.officer), &address, &unchecked).await;
    assert!(text_of(&unchecked).contains("đánh dấu đã kiểm tra"), "{}", text_of(&unchecked));
    let fields = [("khoa", &*key), ("y-kien", "Đang điều trị dài ngày tại bệnh viện"), ("da-kiem-tra", "co")];
    let done = world.test.post(Some(&world.officer), &address, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", text_of(&done));
    let text = text_of(&world.get(&address).await);
    assert!(text.contains("21/01/2026") && text.contains("Đang điều trị dài ngày"), "{text}");
    assert_eq!(code(world.record(owed.id, "").await), "already_recorded");
    assert!(text_of(&world.get("/don-vi").await).contains("Không nộp sau 02 lần đôn đốc"));
    let entry = text_of(&world.get(&format!("{LOG}?nam=2025&tt=khong-nop")).await);
    assert!(entry.contains("Nguyễn Văn Chậm") && !entry.contains("Trần Thị Trễ"), "{entry}");
    world.holds_no_word(&["Nguyễn Văn Chậm", "Đang điều trị", "Người Thử", "Chuyên viên"]).await;

    // A declaration that comes all the same is taken; the fact stays, for unit, agency and person.
    digitise(&world.test, &owed).await;
    let text = text_of(&world.get("/don-vi").await);
    assert!(text.contains("ghi nhận ngày 21/01/2026") && text.contains("Đã số hóa bản giấy"), "{text}");
    let text = text_of(&world.get(&format!("{LOG}?nam=2025")).await);
    assert!(text.contains("Ghi nhận không nộp: 21/01/2026"), "{text}");
    let text = text_of(&world.test.get(Some(&world.agency), &format!("{PLAN}/don-vi/{}?nam=2025", world.unit)).await);
    for want in ["Ghi nhận không nộp: 21/01/2026", "40/STC-VP, 13/01/2026", "Ý kiến: Đang điều trị dài ngày"]
    {
        assert!(text.contains(want), "{want}: {text}");
    }
    assert_eq!(world.disagreements().await, []);
}

/// Every step has its day, number and people; what does not fit is refused whole and stays typed.
#[tokio::test]
async fn what_is_too_early_too_short_or_once_too_often_is_refused() {
    let mut world = World::at(2025, 12, 31).await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000403").await;
    let (today, by) = (on("2025-12-31"), on("2026-01-30"));
    assert_eq!(code(world.remind(&asking(1, &[owed.id], "12/STC", today, by)).await), "not_late", "on the last day");
    world.days(1).await;
    let today = on("2026-01-01");
    let at = |number, no: &str, issued_on, by| asking(number, &[owed.id], no, issued_on, by);
    for (asked, refused) in [
        (at(1, "12/STC", on("2025-12-31"), by), "not_late"),
        (at(1, "12/STC", on("2026-01-02"), by), "issued_on"),
        (at(1, "12/STC", today, on("2026-01-07")), "answer_by"),
        (at(1, "Nguyễn Văn An", today, by), "document_no"),
        (at(2, "12/STC", today, by), "first_reminder_missing"),
        (at(3, "12/STC", today, by), "number"),
        (asking(1, &[], "12/STC", today, by), "nothing_chosen"),
        (asking(1, &[owed.id, ObligationId::new()], "12/STC", today, by), "not_of_unit"),
    ] {
        assert_eq!(code(world.remind(&asked).await), refused, "{asked:?}");
    }
    assert!(world.events("reminder.issued").await.is_empty());
    // A longer term than the least is the officer's to give; and then it runs that long.
    world.remind(&at(1, "12/STC", today, on("2026-01-15"))).await.unwrap();
    assert_eq!(code(world.remind(&at(1, "13/STC", today, by)).await), "term_runs");
    world.days(14).await;
    assert_eq!(code(world.remind(&at(2, "13/STC", on("2026-01-15"), by)).await), "term_runs");
    assert_eq!(code(world.record(owed.id, "").await), "term_runs");
    world.days(1).await;
    let second = at(2, "13/STC", on("2026-01-16"), on("2026-01-23"));
    // A document of an earlier day still cannot give a day that is past, nor stand in the first one's term.
    assert_eq!(code(world.remind(&at(2, "13/STC", on("2026-01-15"), on("2026-01-23"))).await), "term_runs");
    assert_eq!(code(world.remind(&at(1, "13/STC", on("2026-01-16"), by)).await), "second_reminder_missing");
    assert_eq!(code(world.record(owed.id, "").await), "second_reminder_missing");
    world.remind(&second).await.unwrap();
    world.days(8).await;
    for number in [1, 2] {
        let third = asking(number, &[owed.id], "14/STC", on("2026-01-24"), on("2026-03-02"));
        assert_eq!(code(world.remind(&third).await), "reminded_twice", "never a third");
    }

    // On the page what was typed stays, with a sentence at the box.
    let other = world.owes("Trần Thị Trễ", "051180000404").await;
    let page = world.get(&format!("{PAGE}?viec=lan-1")).await.text();
    for (changed, says) in [
        (vec![("so", "mười hai")], "Số, ký hiệu văn bản chưa đúng"),
        (vec![("day", "31/02/2026")], "Ngày văn bản chưa đúng"),
        (vec![("han", "25/01/2026")], "ngắn hơn mức tối thiểu"),
        (vec![("name", "")], "Chưa ghi họ tên người ký"),
        (vec![("csrf", "cu")], "phiên làm việc khác"),
    ] {
        let answer = world.press(&page, &changed).await;
        let text = text_of(&answer);
        assert!(answer.status.is_client_error() && text.contains(says), "{changed:?}: {text}");
        for (name, value) in changed.iter().filter(|(name, _)| *name != "csrf") {
            assert_eq!(value_of(&answer.text(), name), *value, "{changed:?}");
        }
        assert_eq!(all_values(&answer.text(), "nv"), [other.id.to_string()]);
    }
    assert_eq!(world.disagreements().await, []);
}

/// The person leaves, or declares, between the steps.
#[tokio::test]
async fn who_left_or_declared_between_is_followed_up_no_more() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000405").await;
    let declares = world.owes("Trần Thị Nộp", "051180000406").await;
    world.remind_twice(&declares).await;
    digitise(&world.test, &declares).await;
    assert_eq!(code(world.record(declares.id, "").await), "declared");
    // What was late when they left stays owed, and is marked; what was not due ended.
    let today = world.test.app.clock().today();
    keep::leave(&world.test.app, &world.officer.actor, owed.person, today, "RETIRED").await.unwrap();
    let page = world.get(PAGE).await;
    let text = text_of(&page);
    assert!(text.contains("Đã ra khỏi danh sách") && text.contains("Nghỉ hưu, từ ngày"), "{text}");
    assert_eq!(page.text().matches(" checked").count(), 0, "who left is not proposed");
    let next_year = world
        .test
        .app
        .db
        .write(&Actor::system_in(world.partition), "test.oblige", async |tx| {
            let permit = tx.permit::<Oblige, _>(Place { partition: world.partition, unit: world.unit })?;
            let due_on = on("2026-12-31");
            let terms = Terms { kind: Kind::Annual, year: 2026, rule_set: "R2_2026", due_on };
            owe(tx, &permit, declares.person, &terms).await
        })
        .await
        .unwrap();
    keep::leave(&world.test.app, &world.officer.actor, declares.person, today, "MOVED").await.unwrap();
    let asked = asking(1, &[next_year], "50/STC", today, today + chrono::Days::new(30));
    assert_eq!(code(world.remind(&asked).await), "ended");
    assert_eq!(code(world.record(next_year, "").await), "ended");
    assert_eq!(code(world.record(ObligationId::new(), "").await), "NOT_FOUND");
    assert_eq!(world.disagreements().await, []);
    // A mended last day starts anew: reminders of before it do not count.
    sqlx::query("update obligation set due_on = '2026-01-19' where id = $1")
        .bind(owed.id.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    assert!(text_of(&world.get(PAGE).await).contains("quá hạn 2 ngày"));
}

/// A unit whose people belong to two agencies reminds them under one document; each agency has its own in its log, and sees
/// no other.
#[tokio::test]
async fn one_document_may_be_for_people_of_two_agencies() {
    let world = World::new().await;
    let elsewhere = world.test.agency().await;
    let near = world.owes("Nguyễn Văn Tỉnh", "051080000420").await;
    let (_, far) = world.test.declarant(elsewhere, world.unit, "Trần Thị Bộ", "051180000421").await;
    let asked = asking(1, &[near.id, far.id], "12/STC", on("2026-01-05"), on("2026-01-12"));
    let issue = world.remind(&asked).await.unwrap().issue;
    delivered(&world.test, &world.officer, issue).await;
    let text = text_of(&world.get(&format!("{PAGE}/cong-van/{issue}")).await);
    assert!(text.contains("Nguyễn Văn Tỉnh") && text.contains("Trần Thị Bộ"), "{text}");
    let other = world.test.officer(Role::IntakeOfficer, elsewhere).await;
    for (browser, own, others) in
        [(&world.agency, "Nguyễn Văn Tỉnh", "Trần Thị Bộ"), (&other, "Trần Thị Bộ", "Nguyễn Văn Tỉnh")]
    {
        let path = format!("{PLAN}/don-vi/{}?nam=2025", world.unit);
        let text = text_of(&world.test.get(Some(browser), &path).await);
        assert!(text.contains(own) && !text.contains(others) && text.contains("12/STC, 05/01/2026"), "{text}");
    }
    assert_eq!(world.events("reminder.issued").await.len(), 1);
    assert_eq!(world.disagreements().await, []);
    assert_eq!(World { partition: elsewhere, ..world }.disagreements().await, []);
}

/// Two officers press at the same moment: one is told that the other was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_is_told_that_the_other_was_first() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000407").await;
    let (app, one) = (&world.test.app, &world.officer.actor);
    let colleague = world.test.unit_officer(world.partition, world.unit).await;
    let (first, other) = (
        asking(1, &[owed.id], "12/STC", on("2026-01-05"), on("2026-01-12")),
        asking(1, &[owed.id], "13/STC", on("2026-01-05"), on("2026-01-12")),
    );
    let (keys, again) = ((a_key(), a_key()), a_key());
    let (a, b) =
        tokio::join!(remind::remind(app, one, &first, &keys.0), remind::remind(app, &colleague.actor, &other, &keys.1));
    assert_eq!([&a, &b].iter().filter(|done| done.is_ok()).count(), 1, "{a:?} {b:?}");
    let issue = a.as_ref().or(b.as_ref()).unwrap().issue;
    delivered(&world.test, &world.officer, issue).await;
    assert_eq!(code(if a.is_ok() { b } else { a }), "term_runs");
    // One key, one document.
    let third = asking(2, &[owed.id], "20/STC", on("2026-01-13"), on("2026-01-20"));
    world.days(8).await;
    let app = &world.test.app;
    let sent = remind::remind(app, &world.officer.actor, &third, &again).await.unwrap();
    assert_eq!(remind::remind(app, &world.officer.actor, &third, &again).await.unwrap(), sent);
    delivered(&world.test, &world.officer, sent.issue).await;
    world.days(8).await;
    let colleague = world.test.unit_officer(world.partition, world.unit).await;
    let app = &world.test.app;
    let asked = Recording { obligation: owed.id, explanation: String::new() };
    let keys = (a_key(), a_key());
    let (a, b) = tokio::join!(
        non_submission::record(app, &world.officer.actor, &asked, &keys.0),
        non_submission::record(app, &colleague.actor, &asked, &keys.1)
    );
    assert_eq!([&a, &b].iter().filter(|done| done.is_ok()).count(), 1, "{a:?} {b:?}");
    assert_eq!(code(if a.is_ok() { b } else { a }), "already_recorded");
    assert_eq!(
        (world.events("reminder.issued").await.len(), world.events("non_submission.recorded").await.len()),
        (2, 1)
    );
    assert_eq!(world.disagreements().await, []);
}

#[tokio::test]
async fn other_units_agencies_and_roles_see_and_do_nothing() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000408").await;
    world.remind_twice(&owed).await;
    let issue: String =
        sqlx::query_scalar("select issue_id::text from reminder where partition_id = $1 and number = 2")
            .bind(world.partition.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
    let (elsewhere, other_unit) = (world.test.agency().await, world.test.unit().await);
    let strangers = [
        world.test.unit_officer(world.partition, other_unit).await,
        world.test.unit_officer(elsewhere, other_unit).await,
    ];
    for stranger in &strangers {
        for path in [
            format!("{PAGE}/cong-van/{issue}"),
            format!("{PAGE}/cong-van/{issue}/cong-van.pdf"),
            format!("{PAGE}/khong-nop/{}", owed.id),
        ] {
            assert_eq!(world.test.get(Some(stranger), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in [PAGE, LOG] {
            let text = text_of(&world.test.get(Some(stranger), path).await);
            assert!(!text.contains("Nguyễn Văn Chậm") && !text.contains("STC-VP"), "{text}");
        }
        let asked = Recording { obligation: owed.id, explanation: String::new() };
        let outcome = non_submission::record(&world.test.app, &stranger.actor, &asked, &a_key()).await;
        assert_eq!(code(outcome), "NOT_FOUND");
        let asked = asking(1, &[owed.id], "12/STC", on("2026-01-05"), on("2026-03-12"));
        assert_eq!(code(remind::remind(&world.test.app, &stranger.actor, &asked, &a_key()).await), "not_of_unit");
    }
    let far = world.test.officer(Role::IntakeOfficer, elsewhere).await;
    let path = format!("{PLAN}/don-vi/{}", world.unit);
    assert_eq!(world.test.get(Some(&far), &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.test.get(Some(&world.agency), &path).await.status, StatusCode::OK);
    assert!(!text_of(&world.test.get(Some(&far), PLAN).await).contains("Sở thử"));
    let admin = world.test.officer(Role::AgencyAdmin, world.partition).await;
    for (browser, path) in
        [(&world.agency, PAGE), (&world.agency, LOG), (&world.officer, PLAN), (&admin, PLAN), (&admin, PAGE)]
    {
        assert_eq!(world.test.get(Some(browser), path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let asked = asking(1, &[owed.id], "12/STC", on("2026-01-05"), on("2026-03-12"));
    assert_eq!(code(remind::remind(&world.test.app, &world.agency.actor, &asked, &a_key()).await), "FORBIDDEN");
    assert_eq!(code(planned(&world.test, &world.officer, "9/KH-TTT", "2025-12-15").await), "FORBIDDEN");
    assert_eq!(code(planned(&world.test, &admin, "9/KH-TTT", "2025-12-15").await), "FORBIDDEN");
}

/// What the code must never try, the database refuses by itself.
#[tokio::test]
async fn the_database_lets_no_step_be_skipped() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000409").await;
    let fresh = world.owes("Trần Thị Trễ", "051180000410").await;
    world.remind_twice(&owed).await;
    let unit = format!("set local app.context = 'unit'; set local app.unit_id = '{}'", world.unit);
    let agency = format!("set local app.context = 'agency'; set local app.partition_id = '{}'", world.partition);
    let reminder = |number: i16, issued_on: &str, after: &str, obligation: &Obligation| {
        format!(
            "insert into reminder (partition_id, id, unit_id, person_id, obligation_id, issue_id, number, due_on, document_no, issued_on, answer_by,
                 after_id, after_number, after_answer_by, signer_name_sealed, signer_position_sealed, name_sealed, position_sealed, record_hash, created_at, created_by)
             select o.partition_id, gen_random_uuid(), o.unit_id, o.person_id, o.id, gen_random_uuid(), {number}, o.due_on, '9/STC', '{issued_on}', '2026-03-01',
                 {after}, 'x', 'x', 'x', 'x', sha256('x'), now(), gen_random_uuid()
             from obligation o where o.id = '{}'",
            obligation.id
        )
    };
    let fact = |number: i16, on: &str, obligation: &Obligation| {
        format!(
            "insert into non_submission (partition_id, id, unit_id, person_id, obligation_id, due_on, second_id, second_number, second_answer_by,
                 recorded_on, record_hash, created_at, created_by)
             select r.partition_id, gen_random_uuid(), r.unit_id, r.person_id, '{}', r.due_on, r.id, 2, r.answer_by, '{on}', sha256('x'), now(), gen_random_uuid()
             from reminder r where r.obligation_id = '{}' and r.number = {number}",
            obligation.id, owed.id
        )
    };
    let mut conn = world.test.app.db.raw_pool().acquire().await.unwrap();
    for (context, sql, refused) in [
        (&unit, reminder(1, "2025-12-31", "null, null, null", &fresh), "23514"),
        (&unit, reminder(2, "2026-01-13", "null, null, null", &fresh), "23514"),
        (&unit, reminder(3, "2026-01-13", "null, null, null", &fresh), "23514"),
        (&unit, reminder(2, "2026-01-13", "gen_random_uuid(), 1, '2026-01-12'", &fresh), "23503"),
        (&unit, reminder(1, "2026-01-13", "null, null, null", &owed), "23505"),
        (&unit, fact(1, "2026-02-01", &owed), "23503"),
        (&unit, fact(2, "2026-01-20", &owed), "23514"),
        (&unit, fact(2, "2026-02-01", &fresh), "23503"),
        (&agency, reminder(1, "2026-01-05", "null, null, null", &fresh), "42501"),
        (&agency, fact(2, "2026-02-01", &owed), "42501"),
        (&unit, "update reminder set answer_by = '2026-01-06'".into(), "42501"),
        (&unit, "delete from reminder".into(), "42501"),
        (&unit, "update non_submission set recorded_on = '2026-02-01'".into(), "42501"),
        (&agency, "update campaign_plan set version = 7".into(), "42501"),
        (&unit, "insert into campaign_plan (partition_id, id, year, version, document_no, issued_on, lists_by, declare_by, hand_over_by, record_hash, created_at, created_by)
                 values (gen_random_uuid(), gen_random_uuid(), 2025, 1, '9/KH', now(), now(), now(), now(), sha256('x'), now(), gen_random_uuid())".into(), "42501"),
    ] {
        conn.execute(AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let outcome = conn.execute(AssertSqlSafe(sql.clone())).await;
        conn.execute("rollback").await.unwrap();
        let Err(sqlx::Error::Database(error)) = outcome else { panic!("{sql}: {outcome:?}") };
        assert_eq!(error.code().as_deref(), Some(refused), "{sql}: {error}");
    }
    // The same, whole: it is the step that was wrong above, not the statement.
    for sql in [reminder(1, "2026-01-05", "null, null, null", &fresh), fact(2, "2026-02-01", &owed)] {
        conn.execute(AssertSqlSafe(format!("begin; {unit}"))).await.unwrap();
        let done = conn.execute(AssertSqlSafe(sql.clone())).await.map(|done| done.rows_affected());
        conn.execute("rollback").await.unwrap();
        assert_eq!(done.unwrap(), 1, "{sql}");
    }
}

#[tokio::test]
async fn every_change_behind_the_services_back_is_found() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000411").await;
    planned(&world.test, &world.agency, "9/KH-TTT", "2025-12-15").await.unwrap();
    let first = asking(1, &[owed.id], "12/STC", on("2026-01-05"), on("2026-01-12"));
    let issue = world.remind(&first).await.unwrap().issue;
    delivered(&world.test, &world.officer, issue).await;
    world.days(8).await;
    let second = asking(2, &[owed.id], "40/STC", on("2026-01-13"), on("2026-01-20"));
    let second = world.remind(&second).await.unwrap();
    delivered(&world.test, &world.officer, second.issue).await;
    world.days(8).await;
    world.record(owed.id, "Chưa trả lời").await.unwrap();
    assert_eq!(world.disagreements().await, []);
    let p = world.partition;
    let flip = |column: &str| format!("set_byte({column}, 0, get_byte({column}, 0) # 1)");
    let changes = [
        ("reminder", "document_no = translate(document_no, '12', '21')".to_owned()),
        ("reminder", format!("signer_name_sealed = {}", flip("signer_name_sealed"))),
        ("reminder", format!("name_sealed = {}", flip("name_sealed"))),
        ("reminder", format!("record_hash = {}", flip("record_hash"))),
        ("reminder_delivery", "way = case way when 'HANDED' then 'POSTED' else 'HANDED' end".to_owned()),
        ("non_submission", format!("explanation_sealed = {}", flip("explanation_sealed"))),
        ("non_submission", format!("record_hash = {}", flip("record_hash"))),
        ("campaign_plan", "version = 3 - version".to_owned()),
        ("campaign_plan", format!("record_hash = {}", flip("record_hash"))),
    ];
    let mut tampering = owner().await;
    tampering.execute("set session_replication_role = replica").await.unwrap();
    for (table, change) in changes {
        let sql = format!("update {table} set {change} where partition_id = '{p}'");
        tampering.execute(AssertSqlSafe(sql.clone())).await.unwrap();
        let found = world.disagreements().await;
        assert!(found.iter().any(|d| matches!(d, Disagreement::CampaignDiffers { .. })), "{sql}: {found:?}");
        tampering.execute(AssertSqlSafe(sql)).await.unwrap();
        assert_eq!(world.disagreements().await, [], "undone");
    }
    for table in ["non_submission", "reminder_delivery", "campaign_plan", "reminder"] {
        let gone = format!(
            "create temp table kept as select * from {table} where partition_id = '{p}'; delete from {table} where partition_id = '{p}'"
        );
        tampering.execute(AssertSqlSafe(gone)).await.unwrap();
        let found = world.disagreements().await;
        assert!(found.iter().any(|d| matches!(d, Disagreement::CampaignDiffers { .. })), "{table}: {found:?}");
        let back = format!("insert into {table} select * from kept; drop table kept");
        tampering.execute(AssertSqlSafe(back)).await.unwrap();
        assert_eq!(world.disagreements().await, [], "undone");
    }
}

/// The logbook has every obligation and every declaration that answers none, and narrows without JavaScript.
#[tokio::test]
async fn the_logbook_follows_each_declaration_from_giving_to_taking() {
    let world = World::new().await;
    let test = &world.test;
    let late = world.owes("Nguyễn Văn Chậm", "051080000412").await;
    let day = "2025-12-08";
    let there =
        crate::handover::tests::received(test, &world.officer, world.partition, "Cao Thị Giao", "051180000413", day)
            .await;
    crate::handover::tests::handed_over(test, &world.officer, world.partition, there).await;
    crate::handover::tests::received(test, &world.officer, world.partition, "Bùi Văn Nhận", "051080000414", day).await;
    world.remind(&asking(1, &[late.id], "12/STC", on("2026-01-05"), on("2026-01-12"))).await.unwrap();
    let text = text_of(&world.get(LOG).await);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(
        at("Nguyễn Văn Chậm") < at("Cao Thị Giao") && at("Cao Thị Giao") < at("Bùi Văn Nhận"),
        "by given name: {text}"
    );
    for want in [
        "Quá hạn, chưa nộp",
        "Đã bàn giao",
        "Quá hạn bàn giao",
        "12/STC, 05/01/2026",
        "biên bản số 01/2026",
        "Lê Thị Nhận",
        "Đầy đủ",
    ] {
        assert!(text.contains(want), "{want}: {text}");
    }
    let narrowed = text_of(&world.get(&format!("{LOG}?nam=2025&tt=da-ban-giao")).await);
    assert!(narrowed.contains("Cao Thị Giao") && !narrowed.contains("Nguyễn Văn Chậm"), "{narrowed}");
    assert_eq!(world.get(&format!("{LOG}?nam=2024")).await.status, StatusCode::OK);
    let workbook = world.get(&format!("{LOG}/excel?nam=2025")).await;
    let rows = rows_of(&workbook.body);
    assert_eq!(rows[3].len(), super::logbook::COLUMNS.len());
    assert_eq!(rows.len(), 4 + 3, "{rows:?}");
    let cell = |name: &str| rows[3].iter().position(|head| head == name).unwrap();
    let row = rows.iter().find(|row| row[1] == "Cao Thị Giao").unwrap();
    assert_eq!((&*row[cell("Số biên bản")], &*row[cell("Ngày tiếp nhận")]), ("01/2026", "08/12/2025"));
    let row = rows.iter().find(|row| row[1] == "Nguyễn Văn Chậm").unwrap();
    assert_eq!(row[cell("Đôn đốc lần 1 (số, ngày)")], "12/STC, 05/01/2026");
    assert_eq!(row[cell("Tình trạng")], "Quá hạn, chưa nộp");
    let opened = world.events("logbook.opened").await;
    assert_eq!((opened[0]["counts"]["lines"].as_i64(), opened.len()), (Some(3), 2), "an empty year shows nobody");
    assert_eq!(world.events("logbook.exported").await.len(), 1, "taking names out is told apart");
}

fn rows_of(book: &[u8]) -> Vec<Vec<String>> {
    use calamine::{Reader, Xlsx};
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(book.to_vec())).unwrap();
    let name = book.sheet_names()[0].clone();
    let sheet = book.worksheet_range(&name).unwrap();
    sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// A plan sets dates no later than the law's; a new version stands beside the old one; everyone it is for sees it.
#[tokio::test]
async fn a_plan_is_numbered_versioned_and_never_later_than_the_law() {
    let world = World::at(2025, 12, 8).await;
    let owed = world.owes("Nguyễn Văn An", "051080000415").await;
    let page = world.test.get(Some(&world.agency), &format!("{PLAN}?nam=2025")).await;
    assert!(text_of(&page).contains("Hạn của pháp luật: 31/12/2025") && text_of(&page).contains("20/01/2026"));
    let press = async |changed: &[(&str, &str)]| {
        let page = world.test.get(Some(&world.agency), &format!("{PLAN}?nam=2025")).await.text();
        let (key, seen) = (value_of(&page, "khoa"), value_of(&page, "ban"));
        let mut fields =
            vec![("khoa", &*key), ("ban", &*seen), ("nam", "2025"), ("so", "9/KH-TTT"), ("day", "28/11/2025")];
        fields.extend([("danh-sach", "09/12/2025"), ("ke-khai", "15/12/2025"), ("ban-giao", "16/01/2026")]);
        for (name, value) in changed {
            fields.retain(|(before, _)| before != name);
            fields.push((name, value));
        }
        world.test.post(Some(&world.agency), PLAN, &fields).await
    };
    for (changed, says) in [
        (("ke-khai", "01/01/2026"), "khoản 3 Điều 36"),
        (("ban-giao", "21/01/2026"), "khoản 3 Điều 38"),
        (("danh-sach", "16/12/2025"), "trước hạn gửi danh sách"),
        (("day", "09/12/2025"), "sau hôm nay"),
        (("day", "31/02/2025"), "Ngày kế hoạch chưa đúng"),
        (("so", "kế hoạch chín"), "Số, ký hiệu văn bản chưa đúng"),
        (("nam", "2030"), "Năm kê khai không đúng"),
        (("csrf", "cu"), "phiên làm việc khác"),
    ] {
        let answer = press(&[changed]).await;
        let text = text_of(&answer);
        assert!(answer.status.is_client_error() && text.contains(says), "{changed:?}: {text}");
        assert!(
            changed.0 == "csrf" || changed.0 == "nam" || value_of(&answer.text(), changed.0) == changed.1,
            "{changed:?}"
        );
    }
    assert!(world.events("campaign.planned").await.is_empty());
    let done = press(&[("ke-khai", "31/12/2025"), ("ban-giao", "20/01/2026")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "the law's own days: {}", text_of(&done));
    let same = press(&[]).await;
    assert!(text_of(&same).contains("đã có ở một phiên bản trước"), "{}", text_of(&same));
    let stale = press(&[("so", "12/KH-TTT"), ("ban", "0")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", text_of(&stale));
    assert_eq!(value_of(&stale.text(), "ban"), "1", "now it was seen");
    assert_eq!(press(&[("so", "12/KH-TTT")]).await.status, StatusCode::SEE_OTHER);
    let text = text_of(&world.test.get(Some(&world.agency), &format!("{PLAN}?nam=2025")).await);
    assert!(
        text.contains("12/KH-TTT") && text.contains("phiên bản 2") && text.contains("9/KH-TTT"),
        "both stay: {text}"
    );

    for path in ["/don-vi?nam=2025", "/don-vi/danh-sach"] {
        let text = text_of(&world.get(path).await);
        assert!(text.contains("Kế hoạch số 12/KH-TTT") && text.contains("15/12/2025"), "{path}: {text}");
        assert!(!text.contains("9/KH-TTT"), "the version in force only: {text}");
    }
    let declarant = world.test.declarant_browser(&owed).await;
    let text = text_of(&world.test.get(Some(&declarant), "/ke-khai").await);
    assert!(text.contains("31/12/2025") && text.contains("Kế hoạch của cơ quan kiểm soát: 15/12/2025"), "{text}");
    let other = world.test.unit_officer(world.test.agency().await, world.test.unit().await).await;
    assert!(!text_of(&world.test.get(Some(&other), "/don-vi").await).contains("12/KH-TTT"));
    assert_eq!(world.disagreements().await, []);
}

/// Every unit under the agency's control is there, one without a list first.
#[tokio::test]
async fn coverage_names_the_units_without_a_list_first() {
    let mut world = World::new().await;
    let late = world.owes("Nguyễn Văn Chậm", "051080000416").await;
    let there = crate::handover::tests::received(
        &world.test,
        &world.officer,
        world.partition,
        "Cao Thị Giao",
        "051180000417",
        "2025-12-08",
    )
    .await;
    crate::handover::tests::handed_over(&world.test, &world.officer, world.partition, there).await;
    let empty = world.test.unit().await;
    world.test.route(empty, world.partition).await;
    world.remind_twice(&late).await;
    world.record(late.id, "").await.unwrap();
    let page = world.test.get(Some(&world.agency), &format!("{PLAN}?nam=2025")).await.text();
    let (first, second) = (page.find(&empty.to_string()).unwrap(), page.find(&world.unit.to_string()).unwrap());
    assert!(first < second, "{page}");
    let rows = rows_of(&world.test.get(Some(&world.agency), &format!("{PLAN}/excel?nam=2025")).await.body);
    let line = |unit: OrganisationId| rows.iter().find(|row| row[0].contains(&unit.to_string())).unwrap().clone();
    assert_eq!(line(empty)[1], "Chưa có");
    let cell = |name: &str| rows[3].iter().position(|head| head == name).unwrap();
    let ours = line(world.unit);
    for (name, want) in [
        ("Trong danh sách", "2"),
        ("Phải kê khai", "2"),
        ("Đã kê khai", "1"),
        ("Quá hạn, chưa nộp", "1"),
        ("Đã tiếp nhận", "1"),
        ("Đã bàn giao", "1"),
        ("Đôn đốc lần 1", "1"),
        ("Đôn đốc lần 2", "1"),
        ("Không nộp sau 02 lần đôn đốc", "1"),
    ] {
        assert_eq!(ours[cell(name)], want, "{name}: {ours:?}");
    }
    let admin = world.test.officer(Role::AgencyAdmin, world.partition).await;
    let report = text_of(&world.test.get(Some(&admin), "/tong-hop?nam=2025").await);
    assert!(report.contains("Không nộp sau 02 lần đôn đốc"), "{report}");
}

#[tokio::test]
async fn a_notice_names_who_declares_what_by_when() {
    let world = World::at(2025, 12, 8).await;
    world.owes("Nguyễn Văn An", "051080000418").await;
    planned(&world.test, &world.agency, "9/KH-TTT", "2025-12-15").await.unwrap();
    let page = world.get("/don-vi/thong-bao").await.text();
    let fields = [
        ("year", "2025"),
        ("so", "15/TB-STC"),
        ("day", "08/12/2025"),
        ("name", "Trần Văn Ký"),
        ("position", "Phó Giám đốc"),
    ];
    assert_eq!((value_of(&page, "year"), value_of(&page, "day")), ("2025".into(), "08/12/2025".into()));
    let printed = world.test.post(Some(&world.officer), "/don-vi/thong-bao", &fields).await;
    let text = pdf_text(&printed.body);
    for want in ["Số: 15/TB-STC", "Nguyễn Văn An", "15/12/2025", "31/12/2025", "Kế hoạch số 9/KH-TTT", "Trần Văn Ký"]
    {
        assert!(text.contains(want), "{want}: {text}");
    }
    assert_eq!(world.events("notice.printed").await[0]["counts"]["people"], 1);
    let none = world
        .test
        .post(
            Some(&world.officer),
            "/don-vi/thong-bao",
            &[("year", "2024"), ("so", "15/TB"), ("day", "08/12/2025"), ("name", "A"), ("position", "B")],
        )
        .await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&none).contains("không có ai còn phải nộp"), "{}", text_of(&none));
}

#[tokio::test]
async fn the_api_follows_up_like_the_pages() {
    let mut world = World::new().await;
    let owed = world.owes("Nguyễn Văn Chậm", "051080000419").await;
    let (unit, agency) = (world.test.token(&world.officer).await, world.test.token(&world.agency).await);
    let asked = json!({
        "number": 1, "obligations": [owed.id], "document_no": "12/STC-VP", "issued_on": "2026-01-05", "answer_by": "2026-01-12",
        "signer_name": "Trần Văn Ký", "signer_position": "Phó Giám đốc",
    });
    let api = async |token: &str, method: &str, path: &str, key: &str, body: Option<&Value>| {
        world.test.api(token, method, &format!("/api/v1{path}"), Some(key), body).await
    };
    assert_eq!(api(&agency, "POST", "/reminders", "khoa-nhac-0", Some(&asked)).await.status, StatusCode::FORBIDDEN);
    let made = api(&unit, "POST", "/reminders", "khoa-nhac-1", Some(&asked)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(api(&unit, "POST", "/reminders", "khoa-nhac-1", Some(&asked)).await.json(), made.json());
    let again = api(&unit, "POST", "/reminders", "khoa-nhac-2", Some(&asked)).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("document_no")));
    let list = api(&agency, "GET", "/reminders", "", None).await.json();
    assert_eq!((&list[0]["obligation"], &list[0]["answer_by"]), (&json!(owed.id), &json!("2026-01-12")));
    assert!(!list.to_string().contains("Chậm"));
    let delivery = json!({"reminders": [list[0]["id"]], "way": "POSTED", "delivered_on": "2026-01-05"});
    let path = format!("/reminders/{}/delivery", made.json()["issue"].as_str().unwrap());
    assert_eq!(api(&agency, "POST", &path, "khoa-giao-0", Some(&delivery)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(api(&unit, "POST", &path, "khoa-giao-1", Some(&delivery)).await.status, StatusCode::CREATED);
    let twice = api(&unit, "POST", &path, "khoa-giao-2", Some(&delivery)).await;
    assert_eq!((twice.status, twice.json()["code"].as_str()), (StatusCode::CONFLICT, Some("already_delivered")));
    let fact = json!({"explanation": "Chưa trả lời"});
    let path = format!("/obligations/{}/non-submission", owed.id);
    let early = api(&unit, "POST", &path, "khoa-ghi-0", Some(&fact)).await;
    assert_eq!(early.json()["code"], "term_runs", "{}", early.text());
    world.days(8).await;
    let second = asking(2, &[owed.id], "40/STC", on("2026-01-13"), on("2026-01-20"));
    let second = world.remind(&second).await.unwrap();
    delivered(&world.test, &world.officer, second.issue).await;
    world.days(8).await;
    let (unit, agency) = (world.test.token(&world.officer).await, world.test.token(&world.agency).await);
    let api = async |token: &str, method: &str, path: &str, key: &str, body: Option<&Value>| {
        world.test.api(token, method, &format!("/api/v1{path}"), Some(key), body).await
    };
    let made = api(&unit, "POST", &path, "khoa-ghi-1", Some(&fact)).await;
    assert_eq!(
        (made.status, made.json()["recorded_on"].as_str()),
        (StatusCode::CREATED, Some("2026-01-21")),
        "{}",
        made.text()
    );
    let list = api(&agency, "GET", "/non-submissions", "", None).await.json();
    assert_eq!((&list[0]["record_sha256"], &list[0]["has_explanation"]), (&made.json()["record_sha256"], &json!(true)));
    assert_eq!(world.disagreements().await, []);
}
