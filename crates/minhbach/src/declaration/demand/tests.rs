//! Demands to complete or to declare again, through the real router on the real database.
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::acts::{self, Demanded};
use super::model::Asks;
use crate::declaration::receive::{self, Receipt};
use crate::declaration::store;
use crate::declaration::tests::{World, digitise, text_of, value_of};
use crate::handover::tests::handed_over;
use crate::kernel::id::{DeclarationId, DemandId};
use crate::kernel::{Error, Once, Result, Role};
use crate::testing::{Answer, Browser, TestApp, owner};

/// A declaration sent online, and an officer of its unit.
pub(crate) struct Sent {
    pub(crate) world: World,
    pub(crate) officer: Browser,
    pub(crate) id: DeclarationId,
}

const REASONS: &str = "Mục 2.1: chưa ghi tình trạng cho thuê nhà.\nMục 5: chưa ghi nơi gửi tiền.";

impl Sent {
    pub(crate) async fn online() -> Self {
        let world = World::opened().await;
        world.type_everything().await;
        let (sent, _) = world.send().await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text_of(&sent));
        let id = sent.location().split('/').nth(3).unwrap().parse().unwrap();
        Self::of(world, id).await
    }

    pub(crate) async fn on_paper() -> Self {
        let world = World::new().await;
        let id = digitise(&world.app, &world.obligation).await;
        Self::of(world, id).await
    }

    pub(crate) async fn of(world: World, id: DeclarationId) -> Self {
        let officer = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
        Self { world, officer, id }
    }

    /// On another day.
    pub(crate) async fn signed_in_again(self) -> Self {
        let browser = self.world.app.declarant_browser(&self.world.obligation).await;
        Self::of(World { browser, ..self.world }, self.id).await
    }

    /// The officer presses "Lập yêu cầu" with what the page proposes and `changed`.
    async fn press(&self, changed: &[(&str, &str)]) -> Answer {
        let path = format!("/don-vi/ban/{}/yeu-cau", self.id);
        let page = self.unit(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        self.press_on(&page.text(), changed).await
    }

    async fn press_on(&self, page: &str, changed: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(&str, String)> =
            ["khoa", "ban", "day", "name", "position", "handed"].map(|name| (name, value_of(page, name))).into();
        fields.extend([("yeu-cau", "COMPLETE".to_owned()), ("reasons", REASONS.to_owned())]);
        for (name, value) in changed {
            fields.retain(|(before, _)| before != name);
            fields.push((name, (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.world.app.post(Some(&self.officer), &format!("/don-vi/ban/{}/yeu-cau", self.id), &fields).await
    }

    pub(crate) async fn demand(&self, changed: &[(&str, &str)]) -> DemandId {
        let answer = self.press(changed).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        answer.location().rsplit('/').next().unwrap().parse().unwrap()
    }

    pub(crate) async fn unit(&self, path: &str) -> Answer {
        self.world.app.get(Some(&self.officer), path).await
    }

    pub(crate) async fn own(&self, path: &str) -> Answer {
        self.world.app.get(Some(&self.world.browser), path).await
    }

    async fn follow(&self, demand: DemandId, fields: &[(&str, &str)]) -> Answer {
        self.world.app.post(Some(&self.officer), &format!("/don-vi/yeu-cau/{demand}"), fields).await
    }

    /// The declarant opens the demand and presses "Mở bản kê khai để sửa".
    pub(crate) async fn mend(&self, demand: DemandId) {
        let answer =
            self.world.app.post(Some(&self.world.browser), &format!("/ke-khai/yeu-cau/{demand}/sua"), &[]).await;
        assert_eq!(answer.location(), format!("/ke-khai/{}", self.world.obligation.id), "{}", text_of(&answer));
    }

    /// Writes into the house's other facts, as the demand asks.
    pub(crate) async fn complete(&self) {
        let page = self.world.get("ii-2-1").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.text();
        let mut fields = crate::declaration::tests::all_fields(&page);
        fields.retain(|(name, _)| name != "e0.other" && name != "csrf");
        fields.push(("e0.other".into(), "Cho thuê tầng một từ tháng 3".into()));
        fields.push(("viec".into(), "tiep".into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let saved = self.world.post("ii-2-1", &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", text_of(&saved));
    }

    pub(crate) async fn receive(&self, day: &str) -> Answer {
        let address = format!("/don-vi/ban/{}/tiep-nhan", self.id);
        let fields = [("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", day)];
        self.world.app.post(Some(&self.officer), &address, &fields).await
    }

    pub(crate) async fn events(&self, name: &str) -> Vec<Value> {
        self.world.app.events(self.world.obligation.partition, name).await
    }

    pub(crate) async fn log_is_whole(&self) {
        let verdict = self.world.app.verdict(self.world.obligation.partition).await;
        assert!(verdict.is_whole(), "{verdict}");
    }
}

#[tokio::test]
async fn what_is_demanded_is_read_mended_sent_again_and_received_again() {
    let sent = Sent::online().await;
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let demand = sent.demand(&[]).await;
    let board = text_of(&sent.unit("/don-vi").await);
    assert!(board.contains("Chờ hoàn thiện") && board.contains("người kê khai chưa nhận được yêu cầu"), "{board}");
    // While it waits, nothing is received or handed over.
    assert!(text_of(&sent.unit("/don-vi/ban-giao").await).contains("Không có bản kê khai nào chờ bàn giao"));
    let refused = sent.receive("08/12/2025").await;
    assert!(text_of(&refused).contains("đang chờ người kê khai hoàn thiện"), "{}", text_of(&refused));

    sent.world.app.app.clock().advance(TimeDelta::days(1));
    let sent = sent.signed_in_again().await;
    let owed = sent.own("/ke-khai").await;
    assert!(text_of(&owed).contains("Cần hoàn thiện, kê khai lại"), "{}", text_of(&owed));
    // The way into the draft leads past the demand.
    assert_eq!(sent.world.get("").await.location(), format!("/ke-khai/yeu-cau/{demand}"));
    let read = text_of(&sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await);
    for said in
        ["chưa ghi tình trạng cho thuê nhà", "chưa ghi nơi gửi tiền", "16/12/2025", "còn 7 ngày", "khoản 2 Điều 38"]
    {
        assert!(read.contains(said), "{said}: {read}");
    }
    for letter in [
        sent.own(&format!("/ke-khai/yeu-cau/{demand}/yeu-cau.pdf")).await,
        sent.unit(&format!("/don-vi/yeu-cau/{demand}/yeu-cau.pdf")).await,
    ] {
        assert!(letter.status == StatusCode::OK && letter.body.starts_with(b"%PDF-"), "{}", letter.text());
    }
    sent.mend(demand).await;
    let tasks = text_of(&sent.world.get("").await);
    assert!(
        tasks.contains("yêu cầu của đơn vị") && tasks.contains("Hạn gửi:") && tasks.contains("16/12/2025"),
        "{tasks}"
    );
    sent.complete().await;
    let (again, key) = sent.world.send().await;
    assert_eq!(again.location(), format!("/ke-khai/ban/{}/da-gui", sent.id), "{}", text_of(&again));
    // The same button again gives the same answer, and no third version.
    let twice = [("khoa", key.as_str()), ("ban-nhap", "0"), ("yeu-cau", &demand.to_string())];
    let twice = sent.world.post("kiem-tra", &twice).await;
    assert_eq!(twice.location(), again.location());
    assert!(text_of(&sent.own(&format!("/ke-khai/ban/{}", sent.id)).await).contains("Cho thuê tầng một"));
    assert!(sent.world.get("ii-2-1").await.location().ends_with(&sent.id.to_string()), "the draft is closed again");

    let board = text_of(&sent.unit("/don-vi").await);
    assert!(board.contains("Chờ tiếp nhận lại"), "{board}");
    let shown = text_of(&sent.unit(&format!("/don-vi/ban/{}", sent.id)).await);
    assert!(
        shown.contains("Điểm khác so với bản trước") && shown.contains("→ Cho thuê tầng một từ tháng 3"),
        "{shown}"
    );
    // The new version came today: it cannot have been received yesterday.
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let received = sent.receive("09/12/2025").await;
    assert_eq!(received.status, StatusCode::SEE_OTHER, "{}", text_of(&received));
    let shown = text_of(&sent.unit(&format!("/don-vi/ban/{}", sent.id)).await);
    assert!(shown.contains("ngày 09/12/2025") && shown.contains("29/12/2025"), "the days begin anew: {shown}");
    handed_over(&sent.world.app, &sent.officer, sent.world.obligation.partition, sent.id).await;

    let (act, names_first): (String, bool) = sqlx::query_as(
        "select n.act, n.previous_hash = o.document_hash from declaration_version n
         join declaration_version o on o.partition_id = n.partition_id and o.declaration_id = n.declaration_id and o.version = 1
         where n.declaration_id = $1 and n.version = (select max(version) from declaration_version where declaration_id = $1) and n.version = 2",
    )
    .bind(sent.id.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!((act.as_str(), names_first), ("REDECLARE", true), "the second names the first, which stands");
    assert_eq!(sent.events("declaration.revised").await.len(), 1);
    assert_eq!(sent.events("demand.reached").await.len(), 1);
    assert_eq!(sent.events("demand.answered").await[0]["ids"]["demand"], json!(demand));
    let told = text_of(&sent.unit(&format!("/don-vi/yeu-cau/{demand}")).await);
    assert!(told.contains("Đã gửi lại") && told.contains("người kê khai mở trên hệ thống"), "{told}");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn what_is_not_demanded_stays_as_it_was_sent() {
    let sent = Sent::online().await;
    let late = sent.world.post("ii-7-1/tu-luu", &[("version", "1"), ("tab", "t"), ("have", "khong")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let demand = sent.demand(&[]).await;
    // Withdrawn, the draft is shut again and what was sent stands.
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    sent.complete().await;
    let without = sent.follow(demand, &[("viec", "rut"), ("why", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&without).contains("Chưa ghi lý do rút yêu cầu"));
    let withdrawn = sent.follow(demand, &[("viec", "rut"), ("why", "Bản giấy đã có nội dung này")]).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text_of(&withdrawn));
    let again = sent.world.get("kiem-tra").await;
    assert!(again.location().ends_with(&sent.id.to_string()), "{}", text_of(&again));
    assert!(!text_of(&sent.own(&format!("/ke-khai/ban/{}", sent.id)).await).contains("Cho thuê tầng một"));
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    // The next one has the next number.
    let second = sent.demand(&[("yeu-cau", "REDECLARE")]).await;
    let told = text_of(&sent.unit(&format!("/don-vi/yeu-cau/{second}")).await);
    assert!(told.contains("Yêu cầu kê khai lại số 02/2025"), "{told}");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn an_answer_after_the_last_day_is_taken_and_says_why() {
    let sent = Sent::online().await;
    // Handed over on paper: the days run from then, and opening it later changes nothing.
    let demand = sent.demand(&[("handed", "08/12/2025")]).await;
    sent.world.app.app.clock().advance(TimeDelta::days(8));
    let sent = sent.signed_in_again().await;
    let read = text_of(&sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await);
    assert!(read.contains("quá hạn 1 ngày") && read.contains("15/12/2025"), "{read}");
    assert!(text_of(&sent.unit("/don-vi").await).contains("Quá hạn hoàn thiện"));
    sent.mend(demand).await;
    sent.complete().await;
    let page = sent.world.get("kiem-tra").await;
    assert!(text_of(&page).contains("sau hạn hoàn thiện, kê khai lại 15/12/2025"), "{}", text_of(&page));
    let page = page.text();
    let bare: Vec<(&str, String)> =
        ["khoa", "ban-nhap", "ngay", "yeu-cau"].map(|name| (name, value_of(&page, name))).into();
    let bare: Vec<(&str, &str)> = bare.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(sent.world.post("kiem-tra", &bare).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (again, _) = sent.world.send().await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", text_of(&again));
    let shown = text_of(&sent.unit(&format!("/don-vi/ban/{}", sent.id)).await);
    assert!(shown.contains("Hoàn thiện, kê khai lại sau hạn của yêu cầu"), "{shown}");
    assert!(shown.contains("Đã đối chiếu, ghi đúng thực tế"), "the reason given: {shown}");
    sent.log_is_whole().await;
}

#[tokio::test]
async fn what_a_paper_said_is_mended_online() {
    let sent = Sent::on_paper().await;
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    let tasks = text_of(&sent.world.get("").await);
    assert!(tasks.contains("Đã xong 22 trên 22 mục"), "everything the paper said stands in the draft: {tasks}");
    sent.complete().await;
    let (again, _) = sent.world.send().await;
    assert_eq!(again.location(), format!("/ke-khai/ban/{}/da-gui", sent.id), "{}", text_of(&again));
    let slip = sent.own(&format!("/ke-khai/ban/{}/phieu.pdf", sent.id)).await;
    assert!(slip.body.starts_with(b"%PDF-"), "{}", slip.text());
    let (act, channel): (String, String) = sqlx::query_as(
        "select n.version_act, o.channel from declaration_now n join obligation o on o.id = n.obligation_id where n.id = $1",
    )
    .bind(sent.id.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!((act.as_str(), channel.as_str()), ("REDECLARE", "PAPER"), "how it first came stays");
    sent.log_is_whole().await;
}

/// An old key, pressed again from a page that was left open, sends nothing and says nothing was sent.
#[tokio::test]
async fn the_key_of_the_first_sending_does_not_answer_for_the_second() {
    let world = World::opened().await;
    world.type_everything().await;
    let (first, key) = world.send().await;
    let id: DeclarationId = first.location().split('/').nth(3).unwrap().parse().unwrap();
    let sent = Sent::of(world, id).await;
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    let page = sent.world.get("kiem-tra").await.text();
    let (revision, day) = (value_of(&page, "ban-nhap"), value_of(&page, "ngay"));
    let fields = [("khoa", key.as_str()), ("ban-nhap", revision.as_str()), ("ngay", day.as_str()), ("yeu-cau", "")];
    let old = sent.world.post("kiem-tra", &fields).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "{} {}", old.location(), text_of(&old));
    assert_ne!(value_of(&old.text(), "khoa"), key, "the next press is a sending of its own");
    assert_eq!(sent.events("declaration.revised").await.len(), 0);
}

/// What was taken out of the draft under a demand that was withdrawn comes back under the next; it stays aside too.
#[tokio::test]
async fn a_draft_begins_each_time_with_what_is_on_record() {
    let sent = Sent::online().await;
    let first = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{first}")).await;
    sent.mend(first).await;
    sent.complete().await;
    sent.follow(first, &[("viec", "rut"), ("why", "Không cần nữa")]).await;
    let second = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{second}")).await;
    sent.mend(second).await;
    assert_eq!(value_of(&sent.world.get("ii-2-1").await.text(), "e0.other"), "", "as it was sent");
    let aside = text_of(&sent.world.get("ii-2-1/hai-ban").await);
    assert!(aside.contains("Cho thuê tầng một"), "{aside}");
}

/// A page from before the demand types on: what is on record comes in first, and what was typed is kept to choose from.
#[tokio::test]
async fn typing_on_a_page_from_before_a_demand_is_kept_aside() {
    let sent = Sent::online().await;
    let first = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{first}")).await;
    sent.mend(first).await;
    sent.complete().await;
    sent.follow(first, &[("viec", "rut"), ("why", "Không cần nữa")]).await;
    sent.demand(&[]).await;
    let typed = [("version", "1"), ("turn", "1"), ("tab", "t"), ("have", "co"), ("e0.other", "Đang gõ trên trang cũ")];
    assert_eq!(sent.world.post("ii-2-1/tu-luu", &typed).await.status, StatusCode::CONFLICT);
    assert_eq!(sent.events("draft.reopened").await.len(), 2, "for each demand");
    let both = text_of(&sent.world.get("ii-2-1/hai-ban").await);
    assert!(both.contains("Đang gõ trên trang cũ"), "{both}");
}

/// The first version stays to be read, printed and proved; so does its receipt.
#[tokio::test]
async fn every_version_stays_to_be_read() {
    let sent = Sent::online().await;
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    sent.complete().await;
    assert!(sent.world.send().await.0.location().ends_with("/da-gui"));
    let base = format!("/ke-khai/ban/{}", sent.id);
    let (first, second) = (sent.own(&format!("{base}?ban=1")).await, sent.own(&base).await);
    assert!(!text_of(&first).contains("Cho thuê tầng một") && text_of(&second).contains("Cho thuê tầng một"));
    assert!(text_of(&second).contains("Các bản đã nộp") && second.text().contains("?ban=1"));
    for page in ["phieu?ban=1", "phieu.pdf?ban=1", "ban-ke-khai.pdf?ban=1"] {
        assert_eq!(sent.own(&format!("{base}/{page}")).await.status, StatusCode::OK, "{page}");
    }
    assert_eq!(sent.own(&format!("{base}?ban=3")).await.status, StatusCode::NOT_FOUND);
    let unit = text_of(&sent.unit(&format!("/don-vi/ban/{}", sent.id)).await);
    assert!(unit.contains("tiếp nhận ngày 08/12/2025, hạn bàn giao khi đó 29/12/2025"), "{unit}");
}

#[tokio::test]
async fn what_is_wrong_with_a_demand_is_said_and_nothing_typed_is_lost() {
    let sent = Sent::online().await;
    let page = sent.unit(&format!("/don-vi/ban/{}/yeu-cau", sent.id)).await.text();
    for (changed, says) in [
        (("reasons", " "), "Chưa ghi nội dung phải hoàn thiện"),
        (("yeu-cau", ""), "Chưa chọn yêu cầu"),
        (("day", "31/02/2025"), "Ngày yêu cầu chưa đúng"),
        (("day", "09/12/2025"), "ở sau hôm nay"),
        (("day", "01/12/2025"), "trước ngày hoàn thành bản kê khai"),
        (("handed", "09/12/2025"), "Ngày giao 09/12/2025 ở sau hôm nay"),
        (("handed", "x"), "Ngày giao chưa đúng"),
        (("name", ""), "Chưa ghi họ tên người ký"),
    ] {
        let answer = sent.press_on(&page, &[changed, ("position", "Chánh Văn phòng")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{changed:?}: {}", text_of(&answer));
        assert!(text_of(&answer).contains(says), "{changed:?}: {}", text_of(&answer));
        assert_eq!(value_of(&answer.text(), "position"), "Chánh Văn phòng");
        assert_eq!(sent.events("demand.issued").await.len(), 0, "{changed:?}");
    }
    let stale = sent.press_on(&page, &[("csrf", "of-another-session")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(value_of(&stale.text(), "reasons"), REASONS);
    // One page makes one demand, and there is one at a time.
    let first = sent.press_on(&page, &[]).await;
    assert_eq!(sent.press_on(&page, &[]).await.location(), first.location());
    let second = sent.press_on(&page, &[("khoa", "another-key-of-another-page")]).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(text_of(&second).contains("đang có một yêu cầu hoàn thiện"), "{}", text_of(&second));
}

#[tokio::test]
async fn nobody_else_demands_reads_or_answers() {
    let sent = Sent::online().await;
    let demand = sent.demand(&[]).await;
    let app = &sent.world.app;
    let partition = sent.world.obligation.partition;
    let other_unit = app.unit().await;
    let stranger = app.unit_officer(partition, other_unit).await;
    for path in [format!("/don-vi/yeu-cau/{demand}"), format!("/don-vi/ban/{}/yeu-cau", sent.id)] {
        assert_eq!(app.get(Some(&stranger), &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let page = format!("/don-vi/yeu-cau/{demand}");
    let withdrawn = app.post(Some(&stranger), &page, &[("viec", "rut"), ("why", "x")]).await;
    assert_eq!(withdrawn.status, StatusCode::NOT_FOUND);
    let (_, other) = app.declarant(partition, sent.world.obligation.unit, "Lò Văn Pành", "001087831490").await;
    let other = app.declarant_browser(&other).await;
    assert_eq!(app.get(Some(&other), &format!("/ke-khai/yeu-cau/{demand}")).await.status, StatusCode::NOT_FOUND);
    let mend = app.post(Some(&other), &format!("/ke-khai/yeu-cau/{demand}/sua"), &[]).await;
    assert_eq!(mend.status, StatusCode::NOT_FOUND);
    let agency = app.officer(Role::IntakeOfficer, partition).await;
    assert_eq!(app.get(Some(&agency), &format!("/don-vi/yeu-cau/{demand}")).await.status, StatusCode::FORBIDDEN);
}

fn demanded(version: crate::kernel::id::VersionId, today: chrono::NaiveDate) -> Demanded {
    Demanded {
        version,
        asks: Asks::Complete,
        reasons: REASONS.into(),
        issued_on: today,
        signer_name: "Trần Văn Ký".into(),
        signer_position: "Giám đốc".into(),
        handed_on: None,
    }
}

/// Issues a demand about the version in force, today.
pub(crate) async fn demanded_of(test: &TestApp, officer: &Browser, declaration: DeclarationId) -> DemandId {
    let found = test.app.db.read(&officer.actor, "test.find", async |tx| store::find(tx, declaration).await);
    let asked = demanded(found.await.unwrap().version, test.app.clock().today());
    acts::issue(&test.app, &officer.actor, declaration, &asked, &once()).await.unwrap().demand
}

pub(crate) fn once() -> Once {
    Once::new(&uuid::Uuid::new_v4().to_string(), b"demand").unwrap()
}

pub(crate) fn code<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(Error::Refused(refusal)) => refusal.code,
        Err(error) => panic!("{error:?}"),
    }
}

/// A declaration is handed over or demanded back, never both; it is answered or the demand is withdrawn, never both.
#[tokio::test]
async fn two_at_once_take_turns() {
    let sent = Sent::online().await;
    let app = &sent.world.app.app;
    let actor = &sent.officer.actor;
    let receipt = Receipt {
        version: None,
        received_on: app.clock().today(),
        receiver_name: "Lê Thị Nhận".into(),
        receiver_position: "Chuyên viên".into(),
    };
    receive::receive(app, actor, sent.id, &receipt).await.unwrap();
    let version = app.db.read(actor, "test.find", async |tx| store::find(tx, sent.id).await).await.unwrap().version;
    let asked = demanded(version, app.clock().today());
    let handing = crate::handover::send::HandingOver {
        agency: sent.world.obligation.partition,
        declarations: [sent.id].into(),
        handed_on: app.clock().today(),
        hander_name: "Trần Văn Giao".into(),
        hander_position: "Chánh Văn phòng".into(),
    };
    let (one, other) = (once(), once());
    let (issued, handed) = tokio::join!(
        acts::issue(app, actor, sent.id, &asked, &one),
        crate::handover::send::send(app, actor, &handing, &other)
    );
    let outcome = (code(issued.map(drop)), code(handed));
    assert!(
        matches!(outcome, ("done", "demand_open") | ("already_handed_over", "done")),
        "one of the two: {outcome:?}"
    );

    let sent = Sent::online().await;
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    sent.complete().await;
    let withdraw = [("viec", "rut"), ("why", "Không cần nữa")];
    let fields = sent.world.about_to_send().await;
    let (withdrawn, answered) = tokio::join!(sent.follow(demand, &withdraw), sent.world.press_send(&fields));
    let outcome = (withdrawn.status == StatusCode::SEE_OTHER, answered.location().ends_with("/da-gui"));
    assert!(outcome.0 != outcome.1, "one of the two: {outcome:?} {}", text_of(&answered));
    sent.log_is_whole().await;
}

/// The officer demands what they read; a version that came meanwhile is looked at first.
#[tokio::test]
async fn a_demand_is_about_the_version_that_was_read() {
    let sent = Sent::online().await;
    let page = sent.unit(&format!("/don-vi/ban/{}/yeu-cau", sent.id)).await.text();
    let receipt = sent.unit(&format!("/don-vi/ban/{}/tiep-nhan", sent.id)).await.text();
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    sent.complete().await;
    assert!(sent.world.send().await.0.location().ends_with("/da-gui"));
    let stale = sent.press_on(&page, &[]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(text_of(&stale).contains("vừa gửi lại bản kê khai"), "{}", text_of(&stale));
    let fields = [
        ("name", "Lê Thị Nhận"),
        ("position", "Chuyên viên"),
        ("day", "08/12/2025"),
        ("ban", &value_of(&receipt, "ban")),
    ];
    let unseen = sent.world.app.post(Some(&sent.officer), &format!("/don-vi/ban/{}/tiep-nhan", sent.id), &fields).await;
    assert_eq!(unseen.status, StatusCode::CONFLICT, "{}", text_of(&unseen));
}

/// The database itself: who issued cannot be rewritten, and only the unit's demand can be made or withdrawn by it.
#[tokio::test]
async fn the_database_keeps_what_was_issued() {
    let sent = Sent::online().await;
    let demand = sent.demand(&[]).await;
    let app = &sent.world.app.app;
    let try_as = async |actor: &crate::kernel::Actor, sql: &'static str| -> std::result::Result<u64, String> {
        app.db
            .housekeep(actor, "test.tamper", async |tx| {
                let done = sqlx::query(sql).bind(demand.0).execute(tx.conn()).await?;
                Ok(done.rows_affected())
            })
            .await
            .map_err(|error| format!("{error:?}"))
    };
    let person = sent.world.browser.actor;
    for sql in [
        "update demand set issued_on = '2025-12-01' where id = $1",
        "update demand set issue_hash = reasons_sealed where id = $1",
        "delete from demand where id = $1",
        "update demand set state = 'WITHDRAWN', withdrawn_on = '2025-12-08', withdrawal_sealed = '\\x00' where id = $1",
    ] {
        let outcome = try_as(&person, sql).await;
        assert!(outcome.is_err() || outcome == Ok(0), "{sql}: {outcome:?}");
    }
    let unit = sent.officer.actor;
    let answered = "update demand set state = 'ANSWERED', answered_on = '2025-12-08', answer_version_id = version_id where id = $1";
    let outcome = try_as(&unit, answered).await;
    assert!(outcome.is_err(), "a unit does not answer for a declarant: {outcome:?}");
    let agency = crate::kernel::Actor::system_in(sent.world.obligation.partition);
    let outcome = try_as(
        &agency,
        "update demand set reached_on = '2025-12-08', reached_by = 'HANDED', due_on = '2025-12-09' where id = $1",
    )
    .await;
    assert!(outcome.is_err() || outcome == Ok(0), "{outcome:?}");
    sent.log_is_whole().await;
}
