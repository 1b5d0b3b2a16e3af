//! Corrections after receipt, through the real router on the real database.
use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::acts::{self, Outcome, Proposing};
use super::decide::{self, Deciding};
use super::model::Verdict;
use crate::account::model::RoleGrant;
use crate::declaration::demand::tests::{Sent, code, demanded_of, once};
use crate::declaration::submit::reason_key;
use crate::declaration::tests::{World, all_fields, digitise, text_of, value_of};
use crate::declaration::{open, receive, store};
use crate::handover::tests::handed_over;
use crate::kernel::id::{CorrectionId, DeclarationId, PartitionId, VersionId};
use crate::kernel::{Error, Once, Result, Role};
use crate::testing::owner;
use crate::testing::{Answer, Browser, TestApp};

const WHY: &str = "Ghi nhầm chức vụ; quyết định bổ nhiệm ngày 02/12/2025";

/// What is on record, and its version.
async fn record(test: &TestApp, browser: &Browser, id: DeclarationId) -> (Value, VersionId) {
    let read = test.app.db.read(&browser.actor, "test.record", async |tx| {
        let declaration = store::find(tx, id).await?;
        open::open(tx, declaration).await
    });
    let opened = read.await.unwrap();
    (opened.content, opened.version.id)
}

/// Proposes what `change` makes of the record, with a reason wherever one is asked for.
async fn propose(
    test: &TestApp,
    declarant: &Browser,
    id: DeclarationId,
    change: impl FnOnce(&mut Value),
    once: &Once,
) -> Result<CorrectionId> {
    let (mut content, version) = record(test, declarant, id).await;
    change(&mut content);
    let mut asked =
        Proposing { version, content, explanation: WHY.into(), reasons: BTreeMap::new(), decisions: BTreeMap::new() };
    for _ in 0..2 {
        match acts::propose(&test.app, &declarant.actor, id, &asked, once).await? {
            Outcome::Proposed(proposed) => return Ok(proposed.correction),
            Outcome::NotYet(findings) => {
                let wanted = findings.iter().filter(|one| one.effect == form::rules::Effect::AskReason);
                asked.reasons = wanted.map(|one| (reason_key(one), "Đã đối chiếu".to_owned())).collect();
                assert!(!asked.reasons.is_empty(), "{findings:#?}");
            }
        }
    }
    panic!("a reason was given for everything")
}

fn two_changes(content: &mut Value) {
    content["declarant"]["position"] = json!("Phó Giám đốc Sở Tài chính");
    content["assets"][2]["other"] = json!("Cho thuê tầng một từ tháng 3");
}

fn deciding(test: &TestApp, verdicts: &[Option<&str>]) -> Deciding {
    let verdict = |refused: &Option<&str>| Verdict {
        approved: refused.is_none(),
        reason: refused.unwrap_or_default().to_owned(),
    };
    Deciding {
        verdicts: verdicts.iter().map(verdict).collect(),
        decided_on: test.app.clock().today(),
        approver_name: "Trần Văn Duyệt".into(),
        approver_position: "Giám đốc".into(),
    }
}

async fn decide_as(test: &TestApp, officer: &Browser, id: CorrectionId, refused: &[Option<&str>]) -> Result<()> {
    decide::decide(&test.app, &officer.actor, id, &deciding(test, refused), &once()).await.map(drop)
}

/// A received declaration of somebody new with a correction that waits, and its declarant.
pub(crate) async fn proposed(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    name: &str,
    id_no: &str,
) -> (CorrectionId, Browser) {
    let unit = officer.actor.unit().unwrap();
    let (_, obligation) = test.declarant(partition, unit, name, id_no).await;
    let id = digitise(test, &obligation).await;
    received(test, officer, id).await;
    let declarant = test.declarant_browser(&obligation).await;
    let correction = proposed_of(test, &declarant, id).await;
    (correction, declarant)
}

async fn received(test: &TestApp, officer: &Browser, id: DeclarationId) {
    let receipt = receive::Receipt {
        version: None,
        received_on: test.app.clock().today(),
        receiver_name: "Lê Thị Nhận".into(),
        receiver_position: "Chuyên viên".into(),
    };
    receive::receive(&test.app, &officer.actor, id, &receipt).await.unwrap();
}

/// Two differences are proposed.
pub(crate) async fn proposed_of(test: &TestApp, declarant: &Browser, id: DeclarationId) -> CorrectionId {
    propose(test, declarant, id, two_changes, &once()).await.unwrap()
}

/// The first difference is approved, the second refused.
pub(crate) async fn decided(test: &TestApp, officer: &Browser, id: CorrectionId) {
    decide_as(test, officer, id, &[None, Some("Chưa có hợp đồng thuê")]).await.unwrap();
}

impl Sent {
    async fn received_online() -> Self {
        let sent = Self::online().await;
        assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
        sent
    }

    async fn begin(&self) -> Answer {
        self.world.app.post(Some(&self.world.browser), &format!("/ke-khai/ban/{}/sua-doi", self.id), &[]).await
    }

    /// The declarant writes another position into the first section.
    async fn move_up(&self) {
        let page = self.world.get("i-1").await.text();
        let mut fields = all_fields(&page);
        fields.retain(|(name, _)| name != "e0.position" && name != "csrf");
        fields.push(("e0.position".into(), "Phó Giám đốc Sở Tài chính".into()));
        fields.push(("viec".into(), "tiep".into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let saved = self.world.post("i-1", &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", text_of(&saved));
    }

    /// What "Gửi đề nghị sửa đổi" sends.
    async fn about_to_propose(&self, why: &str) -> Vec<(String, String)> {
        let page = self.world.get("kiem-tra").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let mut fields = all_fields(&page.text());
        fields.retain(|(name, _)| name != "csrf" && name != "giai-trinh");
        for (name, value) in &mut fields {
            if name.starts_with("ly-do.") && value.is_empty() {
                *value = "Đã đối chiếu".into();
            }
        }
        fields.push(("giai-trinh".into(), why.into()));
        fields
    }

    /// Writes and proposes two differences through the pages.
    async fn proposed(&self) -> CorrectionId {
        let begun = self.begin().await;
        assert_eq!(begun.location(), format!("/ke-khai/{}", self.world.obligation.id), "{}", text_of(&begun));
        self.complete().await;
        self.move_up().await;
        let answer = self.world.press_send(&self.about_to_propose(WHY).await).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        answer.location().rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn decide(&self, id: CorrectionId, changed: &[(&str, &str)]) -> Answer {
        let page = self.unit(&format!("/don-vi/sua-doi/{id}")).await.text();
        let (key, day) = (value_of(&page, "khoa"), value_of(&page, "day"));
        let mut fields = vec![
            ("khoa", key.as_str()),
            ("day", day.as_str()),
            ("name", "Trần Văn Duyệt"),
            ("position", "Giám đốc"),
            ("kq.0", "duyet"),
            ("kq.1", "duyet"),
        ];
        for (name, value) in changed {
            fields.retain(|(before, _)| before != name);
            fields.push((name, value));
        }
        self.world.app.post(Some(&self.officer), &format!("/don-vi/sua-doi/{id}"), &fields).await
    }

    async fn on_another_day(self, days: i64) -> Self {
        self.world.app.app.clock().advance(TimeDelta::days(days));
        self.signed_in_again().await
    }

    async fn versions(&self) -> Vec<(i32, String)> {
        sqlx::query_as("select version, act from declaration_version where declaration_id = $1 order by version")
            .bind(self.id.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap()
    }

    async fn agency(&self) -> Browser {
        self.world.app.officer(Role::IntakeOfficer, self.world.obligation.partition).await
    }
}

#[tokio::test]
async fn what_is_proposed_is_read_in_words_decided_and_becomes_a_further_version() {
    let sent = Sent::received_online().await;
    let page = text_of(&sent.own(&format!("/ke-khai/ban/{}", sent.id)).await);
    assert!(page.contains("Đề nghị sửa đổi") && page.contains("31/12/2025") && page.contains("390/QĐ-TTg"), "{page}");
    assert_eq!(sent.begin().await.location(), format!("/ke-khai/{}", sent.world.obligation.id));
    let tasks = text_of(&sent.world.get("").await);
    assert!(tasks.contains("đang soạn đề nghị sửa đổi") && tasks.contains("Xem các điểm sửa"), "{tasks}");
    let empty = text_of(&sent.world.get("kiem-tra").await);
    assert!(empty.contains("Chưa có điểm nào khác"), "{empty}");
    // A draft left lying changes nothing, and it is not a way to send again.
    sent.complete().await;
    let token = sent.world.app.token(&sent.world.browser).await;
    let again = json!({"content": record(&sent.world.app, &sent.world.browser, sent.id).await.0, "reasons": {}});
    let path = format!("/api/v1/obligations/{}/declaration", sent.world.obligation.id);
    let again = sent.world.app.api(&token, "POST", &path, Some("another-sending"), Some(&again)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    assert_eq!(sent.versions().await, [(1, "SUBMIT".to_owned())]);
    let owed = text_of(&sent.own("/ke-khai").await);
    assert!(owed.contains("Đang soạn đề nghị sửa đổi"), "{owed}");

    sent.move_up().await;
    let check = text_of(&sent.world.get("kiem-tra").await);
    assert!(
        check.contains("→ Cho thuê tầng một từ tháng 3") && check.contains("→ Phó Giám đốc Sở Tài chính"),
        "both are shown before they are proposed: {check}"
    );
    let bare = sent.world.press_send(&sent.about_to_propose(" ").await).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&bare).contains("Chưa ghi giải trình"), "{}", text_of(&bare));
    let fields = sent.about_to_propose(WHY).await;
    let proposed = sent.world.press_send(&fields).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", text_of(&proposed));
    let id: CorrectionId = proposed.location().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(sent.world.press_send(&fields).await.location(), proposed.location(), "two presses propose once");
    assert!(sent.world.get("i-1").await.location().ends_with(&sent.id.to_string()), "the draft is closed again");
    assert!(text_of(&sent.begin().await).contains("đang có một đề nghị sửa đổi"));
    let own = text_of(&sent.own(&format!("/ke-khai/sua-doi/{id}")).await);
    assert!(own.contains("Chờ quyết định") && own.contains(WHY) && own.contains("còn 23 ngày"), "{own}");
    assert!(text_of(&sent.own("/ke-khai").await).contains("Chờ quyết định sửa đổi"));

    let board = text_of(&sent.unit("/don-vi").await);
    assert!(
        board.contains("đề nghị sửa đổi chờ quyết định") && board.contains("hạn 31/12/2025 (còn 23 ngày)"),
        "{board}"
    );
    let hand_over = text_of(&sent.unit("/don-vi/ban-giao").await);
    assert!(hand_over.contains("Có đề nghị sửa đổi"), "{hand_over}");
    let shown = text_of(&sent.unit(&format!("/don-vi/sua-doi/{id}")).await);
    assert!(shown.contains("→ Phó Giám đốc Sở Tài chính") && shown.contains(WHY), "{shown}");
    let decided = sent.decide(id, &[]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
    assert_eq!(sent.versions().await, [(1, "SUBMIT".to_owned()), (2, "CORRECTION".to_owned())]);

    // Both versions are there to be read; the receipt and its days stand.
    let now = sent.own(&format!("/ke-khai/ban/{}", sent.id)).await;
    let told = text_of(&now);
    for said in [
        "Được duyệt",
        "Trần Văn Duyệt, Giám đốc",
        "Sửa đổi sau tiếp nhận",
        "Điểm khác so với bản trước",
        "→ Cho thuê tầng một từ tháng 3",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(!text_of(&sent.own(&format!("/ke-khai/ban/{}?ban=1", sent.id)).await).contains("Nhà ở: Cho thuê"));
    let unit = text_of(&sent.unit(&format!("/don-vi/ban/{}", sent.id)).await);
    assert!(unit.contains("ngày 08/12/2025") && unit.contains("29/12/2025") && unit.contains("Được duyệt"), "{unit}");
    for page in ["phieu", "phieu.pdf", "ban-ke-khai.pdf"] {
        assert_eq!(sent.own(&format!("/ke-khai/ban/{}/{page}", sent.id)).await.status, StatusCode::OK, "{page}");
    }
    let (previous, first, received): (Vec<u8>, Vec<u8>, Option<chrono::NaiveDate>) = sqlx::query_as(
        "select w.previous_hash, v.document_hash, o.received_on from declaration_version v
         join declaration_version w on w.declaration_id = v.declaration_id and w.version = 2
         join obligation o on o.declaration_id = v.declaration_id where v.declaration_id = $1 and v.version = 1",
    )
    .bind(sent.id.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!(previous, first, "chained to the one before");
    assert_eq!(received.map(|day| day.to_string()).as_deref(), Some("2025-12-08"));
    let replaced: i64 = sqlx::query_scalar("select count(*) from asset_fact_replaced where partition_id = $1")
        .bind(sent.world.obligation.partition.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    assert_eq!(replaced, 1, "only the facts of the version in force count");
    // What is handed over is the version in force, with the receipt of what it corrects.
    handed_over(&sent.world.app, &sent.officer, sent.world.obligation.partition, sent.id).await;
    let batches = sent.unit("/don-vi/ban-giao").await.text();
    let at = batches.find("/don-vi/ban-giao/0").expect("a batch");
    let batch = &batches[at..at + batches[at..].find('"').unwrap()];
    let batch = text_of(&sent.unit(batch).await);
    assert!(batch.contains("08/12/2025") && !batch.contains("đã sửa đổi sau bàn giao"), "{batch}");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn a_part_is_approved_and_what_was_refused_stays_with_its_reason() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let untold = sent.decide(id, &[("kq.1", "")]).await;
    assert_eq!(untold.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&untold).contains("Điểm 2: chưa chọn"), "{}", text_of(&untold));
    assert_eq!(value_of(&untold.text(), "name"), "Trần Văn Duyệt", "what was typed stays");
    let unsaid = sent.decide(id, &[("kq.1", "tu-choi")]).await;
    assert!(text_of(&unsaid).contains("Chưa ghi lý do từ chối"), "{}", text_of(&unsaid));
    let late = sent.decide(id, &[("day", "09/12/2025")]).await;
    assert!(text_of(&late).contains("ở sau hôm nay"), "{}", text_of(&late));
    let early = sent.decide(id, &[("day", "07/12/2025")]).await;
    assert!(text_of(&early).contains("trước ngày đề nghị"), "{}", text_of(&early));
    assert_eq!(sent.versions().await.len(), 1, "nothing was decided");

    let refused = [("kq.1", "tu-choi"), ("ly-do.1", "Chưa có hợp đồng thuê nhà")];
    let decided = sent.decide(id, &refused).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
    let (content, _) = record(&sent.world.app, &sent.world.browser, sent.id).await;
    assert_eq!(content["declarant"]["position"], "Phó Giám đốc Sở Tài chính");
    assert_eq!(content["assets"][2]["other"], Value::Null, "{content}");
    assert_eq!(content["completed_on"], "2025-12-08");
    let own = text_of(&sent.own(&format!("/ke-khai/sua-doi/{id}")).await);
    assert!(own.contains("Được duyệt một phần") && own.contains("Lý do: Chưa có hợp đồng thuê nhà"), "{own}");
    assert!(text_of(&sent.decide_again(id).await).contains("không còn chờ quyết định"));
    // The next one begins with what is on record, not with what was refused.
    assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
    assert_eq!(value_of(&sent.world.get("ii-2-1").await.text(), "e0.other"), "");
    let second = {
        sent.complete().await;
        let answer = sent.world.press_send(&sent.about_to_propose("Nộp kèm hợp đồng thuê").await).await;
        answer.location().rsplit('/').next().unwrap().parse::<CorrectionId>().unwrap()
    };
    let no = sent.decide(second, &[("kq.0", "tu-choi"), ("ly-do.0", "Hợp đồng chưa ký"), ("kq.1", "")]).await;
    assert_eq!(no.status, StatusCode::SEE_OTHER, "{}", text_of(&no));
    assert_eq!(sent.versions().await.len(), 2, "nothing comes of what was refused whole");
    for page in [
        sent.own(&format!("/ke-khai/ban/{}", sent.id)).await,
        sent.unit(&format!("/don-vi/ban/{}", sent.id)).await,
        sent.world.app.get(Some(&sent.agency().await), &format!("/ban-ke-khai/{}", sent.id)).await,
    ] {
        let told = text_of(&page);
        for said in ["Chưa có hợp đồng thuê nhà", "Hợp đồng chưa ký", "Nộp kèm hợp đồng thuê", WHY, "Bị từ chối"]
        {
            assert!(told.contains(said), "every proposal stays: {said}: {told}");
        }
    }
    sent.log_is_whole().await;
}

impl Sent {
    async fn decide_again(&self, id: CorrectionId) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        let fields = [
            ("khoa", key.as_str()),
            ("day", "08/12/2025"),
            ("name", "Trần Văn Duyệt"),
            ("position", "Giám đốc"),
            ("kq.0", "duyet"),
            ("kq.1", "duyet"),
        ];
        self.world.app.post(Some(&self.officer), &format!("/don-vi/sua-doi/{id}"), &fields).await
    }
}

/// On the last day it is still proposed and decided; the day after neither, and what waits lapses.
#[tokio::test]
async fn the_legal_last_day_counts_and_nothing_after_it() {
    let sent = Sent::received_online().await.on_another_day(23).await;
    let id = sent.proposed().await;
    assert!(text_of(&sent.unit("/don-vi").await).contains("phải quyết định trong 7 ngày"));
    assert_eq!(sent.decide(id, &[]).await.status, StatusCode::SEE_OTHER, "31/12/2025 counts");
    let waiting = {
        assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
        let page = sent.world.get("i-1").await.text();
        let mut fields = all_fields(&page);
        fields.retain(|(name, _)| name != "e0.position" && name != "csrf");
        fields.extend([("e0.position".into(), "Giám đốc".into()), ("viec".into(), "tiep".into())]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        sent.world.post("i-1", &fields).await;
        let answer = sent.world.press_send(&sent.about_to_propose(WHY).await).await;
        answer.location().rsplit('/').next().unwrap().parse::<CorrectionId>().unwrap()
    };
    let sent = sent.on_another_day(1).await;
    let lapsed = sent.decide_again(waiting).await;
    assert_eq!(lapsed.status, StatusCode::CONFLICT, "{}", text_of(&lapsed));
    let asked = deciding(&sent.world.app, &[None]);
    let lapsed = decide::decide(&sent.world.app.app, &sent.officer.actor, waiting, &asked, &once()).await;
    let Err(Error::Refused(refusal)) = lapsed else { panic!("{lapsed:?}") };
    assert_eq!(refusal.code, "past_the_last_day");
    assert!(refusal.to_string().contains("31/12/2025") && refusal.to_string().contains("390/QĐ-TTg"), "{refusal}");
    let own = text_of(&sent.own(&format!("/ke-khai/sua-doi/{waiting}")).await);
    assert!(own.contains("Hết hạn, không được quyết định") && own.contains("lần kê khai tiếp theo"), "{own}");
    assert!(!text_of(&sent.unit("/don-vi").await).contains("đề nghị sửa đổi chờ"), "it waits no more");
    let late = text_of(&sent.own(&format!("/ke-khai/ban/{}", sent.id)).await);
    assert!(late.contains("Thời hạn kê khai đã hết ngày 31/12/2025"), "{late}");
    let begun = sent.begin().await;
    assert_eq!(begun.status, StatusCode::CONFLICT, "{}", text_of(&begun));
    // It is still kept, and can be withdrawn.
    let withdrawn = sent.world.app.post(Some(&sent.world.browser), &format!("/ke-khai/sua-doi/{waiting}"), &[]).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text_of(&withdrawn));
    let own = text_of(&sent.own(&format!("/ke-khai/sua-doi/{waiting}")).await);
    assert!(own.contains("Đã rút") && own.contains("→ Giám đốc"), "{own}");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn a_draft_begun_in_time_is_not_proposed_late() {
    let sent = Sent::received_online().await;
    assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
    sent.move_up().await;
    let sent = sent.on_another_day(24).await;
    let fields = sent.about_to_propose(WHY).await;
    let late = sent.world.press_send(&fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text_of(&late));
    assert!(text_of(&late).contains("đã hết ngày 31/12/2025"), "{}", text_of(&late));
    assert_eq!(value_of(&late.text(), "giai-trinh").trim(), WHY, "what was typed stays");
    assert_eq!(sent.events("correction.proposed").await.len(), 0);
}

#[tokio::test]
async fn what_was_withdrawn_is_written_on_and_what_was_given_up_is_not() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let withdraw = format!("/ke-khai/sua-doi/{id}");
    sent.world.app.post(Some(&sent.world.browser), &withdraw, &[]).await;
    assert!(text_of(&sent.decide_again(id).await).contains("không còn chờ quyết định"));
    assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
    let house = sent.world.get("ii-2-1").await.text();
    assert_eq!(value_of(&house, "e0.other"), "Cho thuê tầng một từ tháng 3", "nothing is typed twice");
    let second = sent.world.press_send(&sent.about_to_propose(WHY).await).await;
    let second: CorrectionId = second.location().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(sent.decide(second, &[]).await.status, StatusCode::SEE_OTHER);

    assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
    sent.world
        .app
        .post(Some(&sent.world.browser), &format!("/ke-khai/ban/{}/sua-doi", sent.id), &[("viec", "thoi")])
        .await;
    assert!(sent.world.get("").await.location().ends_with(&sent.id.to_string()), "the draft takes no text");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn a_demand_and_a_proposal_exclude_each_other_and_what_is_not_received_is_demanded() {
    let sent = Sent::online().await;
    let early = sent.begin().await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(text_of(&early).contains("chưa được đơn vị tiếp nhận"), "{}", text_of(&early));
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let id = sent.proposed().await;
    let page = sent.unit(&format!("/don-vi/ban/{}/yeu-cau", sent.id)).await.text();
    let (key, version) = (value_of(&page, "khoa"), value_of(&page, "ban"));
    let fields = [
        ("khoa", key.as_str()),
        ("ban", version.as_str()),
        ("yeu-cau", "COMPLETE"),
        ("reasons", "Mục 5"),
        ("day", "08/12/2025"),
        ("name", "Trần Văn Ký"),
        ("position", "Giám đốc"),
    ];
    let demanded = sent.world.app.post(Some(&sent.officer), &format!("/don-vi/ban/{}/yeu-cau", sent.id), &fields).await;
    assert_eq!(demanded.status, StatusCode::CONFLICT);
    assert!(text_of(&demanded).contains("quyết định đề nghị sửa đổi trước"), "{}", text_of(&demanded));
    assert_eq!(sent.decide(id, &[]).await.status, StatusCode::SEE_OTHER);
    // While one is only being written the unit may demand; the demand has the draft then.
    assert_eq!(sent.begin().await.status, StatusCode::SEE_OTHER);
    demanded_of(&sent.world.app, &sent.officer, sent.id).await;
    let refused = propose(&sent.world.app, &sent.world.browser, sent.id, two_changes, &once()).await;
    assert_eq!(code(refused.map(drop)), "demand_open");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn after_the_hand_over_the_agency_decides_and_after_publication_nobody() {
    let sent = Sent::received_online().await;
    let partition = sent.world.obligation.partition;
    let (id, agency) = (sent.proposed().await, sent.agency().await);
    let test = &sent.world.app;
    let early = decide_as(test, &agency, id, &[None, None]).await;
    assert_eq!(code(early), "not_handed_over");
    handed_over(test, &sent.officer, partition, sent.id).await;
    assert_eq!(code(decide_as(test, &sent.officer, id, &[None, None]).await), "already_handed_over");
    let list = text_of(&test.get(Some(&agency), "/ban-ke-khai").await);
    assert!(list.contains("Đề nghị sửa đổi chờ quyết định") && list.contains("hạn 31/12/2025"), "{list}");
    let page = test.get(Some(&agency), &format!("/ban-ke-khai/sua-doi/{id}")).await;
    let (key, day) = (value_of(&page.text(), "khoa"), value_of(&page.text(), "day"));
    let fields = [
        ("khoa", key.as_str()),
        ("day", day.as_str()),
        ("name", "Phạm Văn Thẩm"),
        ("position", "Chánh Thanh tra"),
        ("kq.0", "duyet"),
        ("kq.1", "duyet"),
    ];
    let decided = test.post(Some(&agency), &format!("/ban-ke-khai/sua-doi/{id}"), &fields).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
    // Both see which version was handed over and that it was corrected since.
    let batch: uuid::Uuid = sqlx::query_scalar("select hand_over_id from hand_over_item where declaration_id = $1")
        .bind(sent.id.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    for (browser, path) in [(&agency, "/ban-giao"), (&sent.officer, "/don-vi/ban-giao")] {
        let told = text_of(&test.get(Some(browser), &format!("{path}/{batch}")).await);
        assert!(told.contains("Bàn giao bản 1; đã sửa đổi sau bàn giao ngày 08/12/2025"), "{told}");
    }
    let record = text_of(&test.get(Some(&agency), &format!("/ban-ke-khai/{}", sent.id)).await);
    assert!(record.contains("cơ quan kiểm soát ghi") && record.contains("Điểm khác so với bản trước"), "{record}");
    let first = text_of(&test.get(Some(&agency), &format!("/ban-ke-khai/{}?ban=1", sent.id)).await);
    assert!(!first.contains("Điểm khác so với bản trước"), "{first}");

    let change = |content: &mut Value| content["declarant"]["position"] = json!("Giám đốc");
    let again = propose(test, &sent.world.browser, sent.id, change, &once()).await.unwrap();
    // What is contested is not hung up while it waits; once it hangs, nothing of it is corrected.
    let posted = crate::disclosure::tests::posting(test, &sent.officer, partition, sent.id).await;
    assert_eq!(code(posted), "correction_waits");
    acts::withdraw(&test.app, &sent.world.browser.actor, again).await.unwrap();
    crate::disclosure::tests::posted(test, &sent.officer, partition, sent.id).await;
    assert_eq!(code(propose(test, &sent.world.browser, sent.id, change, &once()).await), "published");
    let page = text_of(&sent.own(&format!("/ke-khai/ban/{}", sent.id)).await);
    assert!(page.contains("đã hoặc đang được công khai"), "{page}");
    sent.log_is_whole().await;
}

/// An officer who is also a declarant, and an approver who is the declarant.
#[tokio::test]
async fn nobody_decides_their_own_declaration() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let test = &sent.world.app;
    let (partition, unit, person) =
        (sent.world.obligation.partition, sent.world.obligation.unit, sent.world.obligation.person);
    let officer = RoleGrant { role: Role::UnitOfficer, partition, unit: Some(unit), person: None };
    let both = RoleGrant { role: Role::Declarant, person: Some(person), ..officer };
    let both = test.sign_in_to(vec![officer, both]).await;
    assert_eq!(code(decide_as(test, &both, id, &[None, None]).await), "own_declaration");
    let mut asked = deciding(test, &[None, None]);
    asked.approver_name = "ĐẶNG HỮU CƯỜNG".into();
    asked.approver_position = "Chuyên viên".into();
    let itself = decide::decide(&test.app, &sent.officer.actor, id, &asked, &once()).await;
    assert_eq!(code(itself), "approver_is_declarant");
    asked.approver_position = "Giám đốc".into();
    assert_eq!(
        code(decide::decide(&test.app, &sent.officer.actor, id, &asked, &once()).await),
        "done",
        "somebody else of the same name may"
    );
}

#[tokio::test]
async fn two_approvers_at_once_decide_once_and_a_key_decides_once() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let test = &sent.world.app;
    let other = test.unit_officer(sent.world.obligation.partition, sent.world.obligation.unit).await;
    let yes = deciding(test, &[None, None]);
    let no = deciding(test, &[Some("Không có căn cứ"), Some("Không có căn cứ")]);
    let (one, two) = (once(), once());
    let (first, second) = tokio::join!(
        decide::decide(&test.app, &sent.officer.actor, id, &yes, &one),
        decide::decide(&test.app, &other.actor, id, &no, &two)
    );
    let replayed = decide::decide(&test.app, &sent.officer.actor, id, &yes, &one).await;
    match (first, second) {
        (Ok(decided), second) => {
            assert_eq!(code(second.map(drop)), "correction_closed");
            assert_eq!(replayed.unwrap(), decided, "the same key gets the same answer");
            assert_eq!(sent.versions().await.len(), 2);
        }
        (first, Ok(_)) => {
            assert_eq!(code(first.map(drop)), "correction_closed");
            assert_eq!(sent.versions().await.len(), 1);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(sent.events("correction.decided").await.len(), 1);
    let key = once();
    let change = |content: &mut Value| content["declarant"]["position"] = json!("Giám đốc");
    let made = propose(test, &sent.world.browser, sent.id, change, &key).await.unwrap();
    assert_eq!(propose(test, &sent.world.browser, sent.id, change, &key).await.unwrap(), made);
    sent.log_is_whole().await;
}

#[tokio::test]
async fn a_proposal_and_a_withdrawal_and_a_hand_over_take_turns() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let test = &sent.world.app;
    let asked = deciding(test, &[None, None]);
    let key = once();
    let (decided, withdrawn) = tokio::join!(
        decide::decide(&test.app, &sent.officer.actor, id, &asked, &key),
        acts::withdraw(&test.app, &sent.world.browser.actor, id)
    );
    let outcome = (code(decided.map(drop)), code(withdrawn));
    assert!(matches!(outcome, ("done", "correction_closed") | ("correction_closed", "done")), "{outcome:?}");
    sent.log_is_whole().await;
}

/// What the declarant says is not right is not hung up at the same moment: one of the two comes first.
#[tokio::test]
async fn a_proposal_and_a_publication_take_turns() {
    for _ in 0..4 {
        let sent = Sent::received_online().await;
        let (test, partition) = (&sent.world.app, sent.world.obligation.partition);
        handed_over(test, &sent.officer, partition, sent.id).await;
        let change = |content: &mut Value| content["declarant"]["position"] = json!("Giám đốc");
        let key = once();
        let (proposed, posted) = tokio::join!(
            propose(test, &sent.world.browser, sent.id, change, &key),
            crate::disclosure::tests::posting(test, &sent.officer, partition, sent.id)
        );
        let outcome = (code(proposed.map(drop)), code(posted.map(drop)));
        assert!(matches!(outcome, ("done", "correction_waits") | ("published", "done")), "{outcome:?}");
    }
}

/// The declarant proposes to change what they read; a version that came meanwhile is looked at first.
#[tokio::test]
async fn a_proposal_is_about_the_version_that_was_read() {
    let sent = Sent::received_online().await;
    let (mut content, version) = record(&sent.world.app, &sent.world.browser, sent.id).await;
    let id = sent.proposed().await;
    assert_eq!(sent.decide(id, &[]).await.status, StatusCode::SEE_OTHER);
    content["declarant"]["position"] = json!("Giám đốc");
    let asked =
        Proposing { version, content, explanation: WHY.into(), reasons: BTreeMap::new(), decisions: BTreeMap::new() };
    let stale = acts::propose(&sent.world.app.app, &sent.world.browser.actor, sent.id, &asked, &once()).await;
    assert_eq!(code(stale.map(drop)), "declared_again");
    let nothing = propose(&sent.world.app, &sent.world.browser, sent.id, |_| {}, &once()).await;
    assert_eq!(code(nothing.map(drop)), "no_difference");
    let broken = {
        let (mut content, version) = record(&sent.world.app, &sent.world.browser, sent.id).await;
        content["assets"][0]["area_m2"] = json!("0");
        let asked = Proposing { version, content, ..asked };
        acts::propose(&sent.world.app.app, &sent.world.browser.actor, sent.id, &asked, &once()).await.unwrap()
    };
    assert!(matches!(broken, Outcome::NotYet(_)), "a rule of severity B refuses it: {broken:?}");
}

/// What does not stand without another part is told with the rule's sentence, and nothing is written.
#[tokio::test]
async fn what_belongs_together_is_decided_together() {
    let sent = Sent::received_online().await;
    let test = &sent.world.app;
    // Money becomes foreign money: how much and of which currency are two differences.
    let change = |content: &mut Value| {
        content["assets"][8]["foreign_amount"] = json!("20000");
        content["assets"][8]["currency"] = json!("USD");
    };
    let id = propose(test, &sent.world.browser, sent.id, change, &once()).await.unwrap();
    let items = 2;
    let only = |kept: usize| -> Vec<Option<&'static str>> {
        (0..items).map(|index| (index != kept).then_some("Không có căn cứ")).collect()
    };
    for kept in 0..items {
        let alone = decide_as(test, &sent.officer, id, &only(kept)).await;
        let Err(Error::Refused(refusal)) = alone else { panic!("{alone:?}") };
        assert_eq!(refusal.code, "belongs_together");
        let told = refusal.to_string();
        assert!(told.contains("đi cùng nhau") && told.to_lowercase().contains("ngoại tệ"), "{told}");
    }
    assert_eq!(sent.versions().await.len(), 1, "nothing was written");
    assert_eq!(sent.events("correction.decided").await.len(), 0);
    decide_as(test, &sent.officer, id, &[None, None]).await.unwrap();
    sent.log_is_whole().await;
}

#[tokio::test]
async fn a_paper_is_corrected_too_and_keeps_how_it_came() {
    let sent = Sent::on_paper().await;
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let id = sent.proposed().await;
    let decided = sent.decide(id, &[]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
    assert_eq!(sent.versions().await, [(1, "INTAKE".to_owned()), (2, "CORRECTION".to_owned())]);
    let owed = sent.own("/ke-khai").await;
    assert!(text_of(&owed).contains("Đã số hóa bản giấy") && !owed.text().contains("/phieu"), "{}", text_of(&owed));
    assert_eq!(sent.own(&format!("/ke-khai/ban/{}/phieu", sent.id)).await.status, StatusCode::NOT_FOUND);
    sent.log_is_whole().await;
}

#[tokio::test]
async fn nobody_else_proposes_reads_decides_or_withdraws() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let test = &sent.world.app;
    let partition = sent.world.obligation.partition;
    let (elsewhere, other_unit) = (test.agency().await, test.unit().await);
    let stranger = test.unit_officer(partition, other_unit).await;
    assert_eq!(test.get(Some(&stranger), &format!("/don-vi/sua-doi/{id}")).await.status, StatusCode::NOT_FOUND);
    let foreign = test.officer(Role::IntakeOfficer, elsewhere).await;
    assert_eq!(test.get(Some(&foreign), &format!("/ban-ke-khai/sua-doi/{id}")).await.status, StatusCode::NOT_FOUND);
    for browser in [&stranger, &foreign] {
        assert!(matches!(decide_as(test, browser, id, &[None, None]).await, Err(Error::NotFound)));
    }
    let (_, other) = test.declarant(partition, sent.world.obligation.unit, "Lò Văn Pành", "001087831490").await;
    let other = test.declarant_browser(&other).await;
    assert_eq!(test.get(Some(&other), &format!("/ke-khai/sua-doi/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post(Some(&other), &format!("/ke-khai/sua-doi/{id}"), &[]).await.status, StatusCode::NOT_FOUND);
    let begun = test.post(Some(&other), &format!("/ke-khai/ban/{}/sua-doi", sent.id), &[]).await;
    assert_eq!(begun.status, StatusCode::NOT_FOUND);
    let auditor = test.officer(Role::Auditor, partition).await;
    assert_eq!(test.get(Some(&auditor), &format!("/ban-ke-khai/sua-doi/{id}")).await.status, StatusCode::FORBIDDEN);
    assert!(matches!(decide_as(test, &auditor, id, &[None, None]).await, Err(Error::Forbidden)));
    assert!(matches!(decide_as(test, &sent.world.browser, id, &[None, None]).await, Err(Error::Forbidden)));
}

/// The database itself: what was proposed cannot be rewritten, each may only put down their own part, a unit may write no
/// version but a correction.
#[tokio::test]
async fn the_database_keeps_what_was_proposed() {
    let sent = Sent::received_online().await;
    let id = sent.proposed().await;
    let app = &sent.world.app.app;
    let try_as = async |actor: &crate::kernel::Actor, sql: &'static str| -> std::result::Result<u64, String> {
        app.db
            .housekeep(actor, "test.tamper", async |tx| {
                let done = sqlx::query(sql).bind(id.0).execute(tx.conn()).await?;
                Ok(done.rows_affected())
            })
            .await
            .map_err(|error| format!("{error:?}"))
    };
    const DECIDED: &str =
        "update correction set state = 'DECIDED', decided_on = '2025-12-08', decided_by = 'AGENCY', approved = 0,
        verdicts_sealed = '\\x00', approver_name_sealed = '\\x00', approver_position_sealed = '\\x00' where id = $1";
    let (person, unit) = (sent.world.browser.actor, sent.officer.actor);
    let agency = crate::kernel::Actor::system_in(sent.world.obligation.partition);
    for (actor, sql) in [
        (&person, "update correction set proposal_sealed = '\\x00' where id = $1"),
        (&person, "update correction set due_on = '2026-12-31' where id = $1"),
        (&person, "delete from correction where id = $1"),
        (&person, DECIDED),
        (&unit, DECIDED),
        (&unit, "update correction set state = 'WITHDRAWN', withdrawn_on = '2025-12-08' where id = $1"),
        (&agency, "update correction set state = 'WITHDRAWN', withdrawn_on = '2025-12-08' where id = $1"),
        (&agency, "delete from correction where id = $1"),
        // Past the legal last day, approved without a version, a version other than a correction.
        (&agency, "update correction set state = 'DECIDED', decided_on = '2026-01-01', decided_by = 'AGENCY', approved = 0,
            verdicts_sealed = '\\x00', approver_name_sealed = '\\x00', approver_position_sealed = '\\x00' where id = $1"),
        (&agency, "update correction set state = 'DECIDED', decided_on = '2025-12-08', decided_by = 'AGENCY', approved = 1,
            verdicts_sealed = '\\x00', approver_name_sealed = '\\x00', approver_position_sealed = '\\x00' where id = $1"),
        (&unit, "insert into declaration_version select v.partition_id, gen_random_uuid(), v.declaration_id, 2, v.unit_id, v.person_id,
            'REDECLARE', v.document_hash, v.document_hash, v.sealed_hash, v.document_sealed, v.rule_set, v.rule_set_hash, v.form_hash,
            v.facts_hash, null, v.event_id, v.created_at, v.created_by, v.completed_on
            from declaration_version v join correction c on c.version_id = v.id where c.id = $1"),
    ] {
        let outcome = try_as(actor, sql).await;
        assert!(outcome.is_err() || outcome == Ok(0), "{sql}: {outcome:?}");
    }
    sent.log_is_whole().await;
}

#[tokio::test]
async fn the_same_is_done_by_programs() {
    let sent = Sent::received_online().await;
    let test = &sent.world.app;
    let (own, unit) = (test.token(&sent.world.browser).await, test.token(&sent.officer).await);
    let (mut content, version) = record(test, &sent.world.browser, sent.id).await;
    two_changes(&mut content);
    let mut request = json!({"version": version, "content": content, "explanation": WHY, "reasons": {}});
    let path = format!("/api/v1/declarations/{}/corrections", sent.id);
    let mut made = test.api(&own, "POST", &path, Some("propose-one-thing"), Some(&request)).await;
    if made.status == StatusCode::UNPROCESSABLE_ENTITY {
        for finding in made.json()["findings"].as_array().unwrap() {
            request["reasons"][finding["reason_key"].as_str().unwrap()] = json!("Đã đối chiếu");
        }
        made = test.api(&own, "POST", &path, Some("propose-one-thing"), Some(&request)).await;
    }
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let again = test.api(&own, "POST", &path, Some("propose-one-thing"), Some(&request)).await;
    assert_eq!(again.json(), made.json());
    let id = made.json()["correction"].as_str().unwrap().to_owned();
    let shown = test.api(&unit, "GET", &format!("/api/v1/corrections/{id}"), None, None).await.json();
    assert_eq!((&shown["stage"], &shown["items"]), (&json!("WAITING"), &json!(2)), "{shown}");
    assert_eq!(shown["explanation"], WHY);
    let decision = json!({"verdicts": [{"approved": true}, {"approved": false, "reason": "Chưa rõ"}],
        "decided_on": "2025-12-08", "approver_name": "Trần Văn Duyệt", "approver_position": "Giám đốc"});
    let path = format!("/api/v1/corrections/{id}/decision");
    let short = json!({"verdicts": [{"approved": true}], "decided_on": "2025-12-08",
        "approver_name": "Trần Văn Duyệt", "approver_position": "Giám đốc"});
    let refused = test.api(&unit, "POST", &path, Some("decide-too-little"), Some(&short)).await;
    assert_eq!(refused.json()["code"], "not_decided");
    let decided = test.api(&unit, "POST", &path, Some("decide-one-thing"), Some(&decision)).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.text());
    let list = test.api(&own, "GET", "/api/v1/corrections", None, None).await.json();
    assert_eq!((&list[0]["stage"], &list[0]["approved"]), (&json!("PARTLY_APPROVED"), &json!(1)), "{list}");
    let withdrawal = format!("/api/v1/corrections/{id}/withdrawal");
    let closed = test.api(&own, "POST", &withdrawal, None, None).await;
    assert_eq!(closed.json()["code"], "correction_closed");
}

/// A declaration that answers no obligation has no last day.
#[tokio::test]
async fn without_an_obligation_nothing_is_corrected() {
    let world = World::new().await;
    let id = digitise(&world.app, &world.obligation).await;
    let sent = Sent::of(world, id).await;
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    sqlx::query("update declaration set obligation_id = null where id = $1")
        .bind(id.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let begun = sent.begin().await;
    assert_eq!(begun.status, StatusCode::CONFLICT);
    assert!(text_of(&begun).contains("không gắn với nghĩa vụ nào"), "{}", text_of(&begun));
}
