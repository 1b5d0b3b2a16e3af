//! Publishing through the real router on the real database, under a clock that moves.
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::begin::{self, Beginning, Started};
use crate::declaration::receive::{self, Receipt};
use crate::declaration::tests::{all_values, digitise, submit_with_reasons, text_of, value_of};
use crate::handover::tests::handed_over;
use crate::kernel::id::{DeclarationId, OrganisationId, PartitionId};
use crate::kernel::{Once, Role};
use crate::person::Obligation;
use crate::testing::{Answer, Browser, TestApp, owner, pdf_text};

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Posts a declaration that was handed over, today.
pub(crate) async fn posted(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    declaration: DeclarationId,
) -> Started {
    posting(test, officer, partition, declaration).await.unwrap()
}

/// The same, as it is answered.
pub(crate) async fn posting(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    declaration: DeclarationId,
) -> crate::kernel::Result<Started> {
    let asked = Beginning {
        agency: partition,
        declarations: [declaration].into(),
        from_on: test.app.clock().today(),
        place: "hành lang phía đông".into(),
        meeting: None,
    };
    let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"post").unwrap();
    begin::begin(&test.app, &officer.actor, &asked, &once).await
}

struct World {
    test: TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    /// Of the unit.
    officer: Browser,
    /// Of the agency.
    reader: Browser,
}

const PAGE: &str = "/don-vi/cong-khai";
const POSTING: &str = "/don-vi/cong-khai/niem-yet";
const MEETING: &str = "/don-vi/cong-khai/cuoc-hop";

/// What a posting needs beside what the page proposes.
const PLACE: [(&str, &str); 1] = [("place", "Bảng tin tầng 1, trụ sở Sở thử")];

/// A meeting of thirty with its quorum.
const HELD: [(&str, &str); 7] = [
    ("place", "Phòng họp tầng 2"),
    ("summoned", "30"),
    ("present", "20"),
    ("chair_name", "Lê Thị Chủ Trì"),
    ("chair_position", "Phó Giám đốc"),
    ("reading", "DELEGATE"),
    ("questions", "Ông Hỏi hỏi về thửa đất.\r\n\r\nNgười kê khai trả lời: được thừa kế."),
];

const SIGNED: [(&str, &str); 4] = [
    ("head_name", "Trần Văn Đứng Đầu"),
    ("head_position", "Giám đốc"),
    ("union_name", "Phạm Thị Công Đoàn"),
    ("union_position", "Chủ tịch Công đoàn"),
];

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let officer = test.unit_officer(partition, unit).await;
        let reader = test.officer(Role::IntakeOfficer, partition).await;
        Self { test, partition, unit, officer, reader }
    }

    /// Days later, everybody signed in again.
    async fn later(&mut self, days: i64) {
        self.test.app.clock().advance(TimeDelta::days(days));
        self.officer = self.test.unit_officer(self.partition, self.unit).await;
        self.reader = self.test.officer(Role::IntakeOfficer, self.partition).await;
    }

    /// A declaration on paper of a new person, received by the unit and handed over today.
    async fn handed(&self, name: &str, id_no: &str) -> (DeclarationId, Obligation) {
        let (_, obligation) = self.test.declarant(self.partition, self.unit, name, id_no).await;
        let id = digitise(&self.test, &obligation).await;
        self.receive(id).await;
        (id, obligation)
    }

    /// Received by the unit, and handed over.
    async fn receive(&self, id: DeclarationId) {
        let receipt = Receipt {
            version: None,
            received_on: on("2025-12-08"),
            receiver_name: "Lê Thị Nhận".into(),
            receiver_position: "Chuyên viên".into(),
        };
        receive::receive(&self.test.app, &self.officer.actor, id, &receipt).await.unwrap();
        handed_over(&self.test, &self.officer, self.partition, id).await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.test.get(Some(&self.officer), path).await
    }

    /// Presses a form's button with what its page proposes and `changed`; one with the value "" is left out.
    async fn press(&self, path: &str, page: &str, changed: &[(&str, &str)]) -> Answer {
        press(&self.test, &self.officer, path, page, changed).await
    }

    /// Opens a form and presses its button.
    async fn do_at(&self, path: &str, changed: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        self.press(path, &page.text(), changed).await
    }

    /// Posts everything that waits, today; the address of the publication.
    async fn post_all(&self) -> String {
        moved(&self.do_at(POSTING, &PLACE).await)
    }

    async fn events(&self, name: &str) -> Vec<Value> {
        self.test.events(self.partition, name).await
    }

    /// Nothing people wrote stands in the clear in what the acts left, as text or as bytes.
    async fn holds_no_word(&self, words: &[&str]) {
        self.test.holds_no_word(self.partition, &["disclosure", "disclosure_item"], "disclosure.", words).await;
    }

    async fn is_whole(&self) -> bool {
        let verdict = self.test.verdict(self.partition).await;
        if !verdict.is_whole() {
            println!("{verdict}");
        }
        verdict.is_whole()
    }
}

async fn press(test: &TestApp, browser: &Browser, path: &str, page: &str, changed: &[(&str, &str)]) -> Answer {
    let mut fields: Vec<(&str, String)> = vec![("khoa", value_of(page, "khoa")), ("day", value_of(page, "day"))];
    fields.extend(all_values(page, "co-quan").into_iter().map(|agency| ("co-quan", agency)));
    if !changed.iter().any(|(name, _)| *name == "ban") {
        fields.extend(all_values(page, "ban").into_iter().map(|id| ("ban", id)));
    }
    for (name, value) in changed {
        fields.retain(|(before, _)| before != name || *name == "ban");
        if *name != "ban" || !value.is_empty() {
            fields.push((name, (*value).to_owned()));
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    test.post(Some(browser), path, &fields).await
}

fn moved(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(answer));
    answer.location()
}

fn words(answer: &Answer) -> String {
    text_of(answer).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_posting_hangs_for_its_days_and_is_closed_with_minutes() {
    let mut world = World::new().await;
    let (first, obligation) = world.handed("Nguyễn Văn An", "051080000601").await;
    world.handed("Trần Thị Bình", "051180000602").await;
    let waiting = words(&world.get(PAGE).await);
    for want in ["Nguyễn Văn An", "15/12/2025", "còn 7 ngày", "chậm nhất 5 ngày kể từ ngày bàn giao", "đủ 15 ngày"]
    {
        assert!(waiting.contains(want), "{want}: {waiting}");
    }
    let form = words(&world.get(POSTING).await);
    assert!(form.contains("Phòng, ban, đơn vị nơi người đó làm việc"), "{form}");
    assert!(form.contains("Điều 11 Nghị định 130/2020") && !form.contains("Toàn thể"), "{form}");
    let form = words(&world.get(MEETING).await);
    assert!(form.contains("Toàn thể cán bộ, công chức cấp xã") && form.contains("ít nhất 2/3"), "{form}");
    let address = world.post_all().await;
    let shown = words(&world.get(&address).await);
    for want in [
        "Niêm yết từ 08/12/2025 đến hết 23/12/2025",
        "Đang niêm yết",
        "Bảng tin tầng 1, trụ sở Sở thử",
        "phải treo đến hết ngày 23/12/2025",
        "Gỡ sớm",
    ] {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    assert!(!shown.contains("Lập biên bản "), "{shown}");
    let board = words(&world.get("/don-vi").await);
    assert!(board.contains("Đang niêm yết") && !board.contains("chờ biên bản"), "{board}");
    assert!(words(&world.get(PAGE).await).contains("Không có bản kê khai nào chờ công khai"));

    // Its declarant reads how, where and how long.
    let declarant = world.test.declarant_browser(&obligation).await;
    let own = words(&world.test.get(Some(&declarant), &format!("/ke-khai/ban/{first}")).await);
    for want in ["Công khai tại nơi làm việc", "Bảng tin tầng 1, trụ sở Sở thử", "từ 08/12/2025 đến hết 23/12/2025"]
    {
        assert!(own.contains(want), "{want}: {own}");
    }
    assert!(!own.contains("Trần Thị Bình"), "{own}");

    // On the last day it still has to hang.
    world.later(15).await;
    let minutes = format!("{address}/bien-ban");
    let early = world.do_at(&minutes, &SIGNED).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words(&early).contains("Niêm yết chưa đủ thời gian"), "{}", text_of(&early));
    assert_eq!(value_of(&early.text(), "union_name"), "Phạm Thị Công Đoàn", "what was typed stays");
    world.later(1).await;
    let due = words(&world.get(PAGE).await);
    assert!(due.contains("Chờ biên bản công khai") && due.contains("Lập biên bản"), "{due}");
    assert!(words(&world.get("/don-vi").await).contains("1 lần công khai chờ biên bản"));
    let before = pdf_text(&world.get(&format!("{address}/bien-ban.pdf")).await.body);
    assert!(before.contains("NIÊM YẾT CÔNG KHAI BẢN KÊ KHAI") && !before.contains("BB-CK"), "{before}");
    // Backdated minutes are no way around.
    let backdated = world.do_at(&minutes, &[&SIGNED[..], &[("day", "23/12/2025")]].concat()).await;
    assert_eq!(backdated.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&backdated));
    let unsigned = world.do_at(&minutes, &[&SIGNED[..], &[("union_name", " ")]].concat()).await;
    assert!(words(&unsigned).contains("Chưa ghi họ tên đại diện công đoàn"), "{}", text_of(&unsigned));
    assert_eq!(moved(&world.do_at(&minutes, &SIGNED).await), address);

    let shown = words(&world.get(&address).await);
    for want in ["Biên bản công khai số 01/2025", "Đã công khai", "Phạm Thị Công Đoàn, Chủ tịch Công đoàn"]
    {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    assert!(!shown.contains("Gỡ sớm"), "{shown}");
    for (browser, place) in [(&world.officer, PAGE), (&world.reader, "/cong-khai")] {
        let id = address.rsplit('/').next().unwrap();
        let record = pdf_text(&world.test.get(Some(browser), &format!("{place}/{id}/bien-ban.pdf")).await.body);
        for want in ["Số: 01/BB-CK", "Trần Văn Đứng Đầu", "đủ 15 ngày, từ", "Nguyễn Văn An", "Quảng Ngãi, ngày 24"]
        {
            assert!(record.contains(want), "{want}: {record}");
        }
    }
    let board = words(&world.get("/don-vi").await);
    assert!(board.contains("Đã công khai") && board.contains("biên bản số 01/2025"), "{board}");
    let declarant = world.test.declarant_browser(&obligation).await;
    let own = words(&world.test.get(Some(&declarant), &format!("/ke-khai/ban/{first}")).await);
    assert!(own.contains("Đã công khai") && own.contains("01/2025"), "{own}");
    let figures = words(&world.test.get(Some(&world.reader), "/cong-khai").await);
    assert!(
        figures.contains("Đã bàn giao 2 bản, đã công khai 2 , đang công khai 0 , chờ công khai 0 ; quá hạn 0"),
        "{figures}"
    );

    // A record does not change with the list; what has ended is never changed again.
    sqlx::query("update person set name_sealed = '\\x00' where partition_id = $1")
        .bind(world.partition.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    assert!(words(&world.get(&address).await).contains("Trần Thị Bình"));
    let again = [("khoa", "mot-khoa-khac"), ("day", "24/12/2025")];
    let again = world.test.post(Some(&world.officer), &minutes, &[&again[..], &SIGNED[..]].concat()).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", text_of(&again));
    assert_eq!(world.get(&minutes).await.location(), address, "no form for what has ended");

    let (begun, closed) = (world.events("disclosure.posted").await, world.events("disclosure.closed").await);
    assert_eq!((begun.len(), closed.len()), (1, 1));
    assert_eq!(begun[0]["counts"], json!({"declarations": 2, "late": 0}));
    assert_eq!(begun[0]["words"], json!({"mode": "POSTING"}));
    world.holds_no_word(&["Nguyễn Văn An", "Bảng tin", "Trần Văn Đứng Đầu", "Công Đoàn", "Chủ tịch"]).await;
    assert!(world.is_whole().await);
    let by_declaration = world
        .test
        .app
        .db
        .read(&world.officer.actor, "test.logbook", async |tx| super::store::by_declaration(tx, world.unit, 2025).await)
        .await
        .unwrap();
    let of = &by_declaration[&first];
    assert_eq!((by_declaration.len(), of.from_on, of.to()), (2, on("2025-12-08"), on("2025-12-23")));
    assert_eq!(of.minutes().as_deref(), Some("01/2025"));
}

/// Five days from hand-over by the rule set; the fifth is a Saturday, so the Monday after is the last.
#[tokio::test]
async fn beginning_after_the_last_day_is_late_and_told() {
    let mut world = World::new().await;
    world.handed("Nguyễn Văn An", "051080000603").await;
    world.handed("Trần Thị Bình", "051180000604").await;
    world.later(7).await;
    let page = world.get(POSTING).await;
    assert!(words(&page).contains("hôm nay là ngày cuối"), "{}", text_of(&page));
    let one = all_values(&page.text(), "ban").remove(0);
    let in_time = moved(&world.press(POSTING, &page.text(), &[&PLACE[..], &[("ban", &one)]].concat()).await);
    assert!(!words(&world.get(&in_time).await).contains("quá hạn"));
    world.later(1).await;
    let text = words(&world.get(PAGE).await);
    assert!(text.contains("Có 1 bản đã quá hạn công khai") && text.contains("quá hạn 1 ngày"), "{text}");
    assert!(words(&world.get("/don-vi").await).contains("1 đã bàn giao, chưa công khai, đã quá hạn"));
    let figures = words(&world.test.get(Some(&world.reader), "/cong-khai").await);
    assert!(
        figures.contains("Đã bàn giao 2 bản, đã công khai 0 , đang công khai 1 , chờ công khai 1 ; quá hạn 1"),
        "{figures}"
    );
    let late = world.post_all().await;
    assert!(words(&world.get(&late).await).contains("trong đó 1 bản công khai quá hạn"));
    assert_eq!(world.events("disclosure.posted").await[1]["counts"]["late"], 1);
    let record = pdf_text(&world.get(&format!("{late}/bien-ban.pdf")).await.body);
    assert!(record.contains("Trong đó 01 bản bắt đầu công khai sau thời hạn 05 ngày kể từ ngày bàn giao"), "{record}");
    let figures = words(&world.test.get(Some(&world.reader), "/cong-khai").await);
    assert!(figures.contains("đang công khai 2 , chờ công khai 0 ; quá hạn 1"), "late stays late: {figures}");
    assert!(world.is_whole().await);
}

#[tokio::test]
async fn a_meeting_counts_with_two_thirds_and_not_with_one_fewer() {
    let world = World::new().await;
    world.handed("Nguyễn Văn An", "051080000605").await;
    let short = moved(&world.do_at(MEETING, &[&HELD[..], &[("present", "19")]].concat()).await);
    let shown = words(&world.get(&short).await);
    for want in ["Không đủ thành phần", "còn thiếu 1 người có mặt", "ít nhất 2/3, bằng 20 người", "30 người, 19 người"]
    {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    let minutes = format!("{short}/bien-ban");
    let page = world.get(&minutes).await.text();
    assert_eq!(value_of(&page, "head_name"), "Lê Thị Chủ Trì", "who chaired signs");
    let refused = world.press(&minutes, &page, &SIGNED).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words(&refused).contains("còn thiếu 1 người có mặt"), "{}", text_of(&refused));
    assert!(words(&world.get(PAGE).await).contains("Ghi dừng công khai"));
    moved(&world.do_at(&format!("{short}/dung"), &[("reason", "không đủ hai phần ba")]).await);
    assert!(words(&world.get(&short).await).contains("không đủ hai phần ba"));

    let held = moved(&world.do_at(MEETING, &HELD).await);
    assert_eq!(moved(&world.do_at(&format!("{held}/bien-ban"), &SIGNED).await), held);
    let shown = words(&world.get(&held).await);
    for want in ["Biên bản công khai số 01/2025", "Người được phân công đọc", "được thừa kế"]
    {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    let record = pdf_text(&world.get(&format!("{held}/bien-ban.pdf")).await.body);
    for want in ["CUỘC HỌP CÔNG KHAI", "có mặt 20 người", "Ông Hỏi hỏi về thửa đất.", "(người được phân công đọc)"]
    {
        assert!(record.contains(want), "{want}: {record}");
    }
    world.holds_no_word(&["Chủ Trì", "thừa kế", "hai phần ba", "Phòng họp"]).await;
    assert!(world.is_whole().await);
}

#[tokio::test]
async fn what_was_taken_down_early_is_published_again() {
    let mut world = World::new().await;
    let (id, obligation) = world.handed("Nguyễn Văn An", "051080000606").await;
    let first = world.post_all().await;
    world.later(3).await;
    let form = format!("{first}/dung");
    let silent = world.do_at(&form, &[("reason", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words(&silent).contains("Chưa ghi lý do dừng công khai"), "{}", text_of(&silent));
    let ahead = world.do_at(&form, &[("reason", "bão"), ("day", "12/12/2025")]).await;
    assert!(words(&ahead).contains("ở sau hôm nay"), "{}", text_of(&ahead));
    assert_eq!(value_of(&ahead.text(), "reason").trim(), "bão", "what was typed stays");
    let too_soon = world.do_at(&form, &[("reason", "bão"), ("day", "07/12/2025")]).await;
    assert!(words(&too_soon).contains("trước ngày bắt đầu công khai (08/12/2025)"), "{}", text_of(&too_soon));
    assert!(world.events("disclosure.broken_off").await.is_empty());
    moved(&world.do_at(&form, &[("reason", "bảng tin bị bão làm hỏng")]).await);
    let shown = words(&world.get(&first).await);
    assert!(
        shown.contains("Đã dừng công khai") && shown.contains("ngày 11/12/2025: bảng tin bị bão làm hỏng"),
        "{shown}"
    );
    let waiting = words(&world.get(PAGE).await);
    assert!(waiting.contains("Công khai lại") && waiting.contains("Không có biên bản"), "{waiting}");
    let board = words(&world.get("/don-vi").await);
    assert!(board.contains("Đã bàn giao") && !board.contains("Đang niêm yết"), "{board}");
    let before = world.do_at(POSTING, &[&PLACE[..], &[("day", "10/12/2025")]].concat()).await;
    assert!(words(&before).contains("trước ngày dừng lần công khai trước (11/12/2025)"), "{}", text_of(&before));
    let again = moved(&world.do_at(POSTING, &[("place", "Bảng tin tầng 2")]).await);
    let declarant = world.test.declarant_browser(&obligation).await;
    let own = words(&world.test.get(Some(&declarant), &format!("/ke-khai/ban/{id}")).await);
    let (now, then) = (own.find("Bảng tin tầng 2").unwrap(), own.find("Bảng tin tầng 1").unwrap());
    assert!(now < then && own.contains("từ 08/12/2025 đến hết 11/12/2025"), "each of them, the newest first: {own}");
    // A posting that hung for all its days was not taken down early.
    world.later(16).await;
    let lasted = world.do_at(&format!("{again}/dung"), &[("reason", "đã gỡ")]).await;
    assert!(words(&lasted).contains("không còn là gỡ sớm"), "{}", text_of(&lasted));
    moved(&world.do_at(&format!("{again}/bien-ban"), &SIGNED).await);
    assert!(world.is_whole().await);
}

/// Fields changed, and how they are answered.
type Case<'a> = (&'a [(&'a str, &'a str)], StatusCode, &'static str);

#[tokio::test]
async fn what_is_to_be_mended_is_said_and_everything_typed_stays() {
    let world = World::new().await;
    let (one, _) = world.handed("Nguyễn Văn An", "051080000607").await;
    world.handed("Trần Thị Bình", "051180000608").await;
    let (_, obligation) = world.test.declarant(world.partition, world.unit, "Lê Văn Chờ", "051080000609").await;
    let (one, kept) = (one.to_string(), digitise(&world.test, &obligation).await.to_string());
    let page = world.get(MEETING).await.text();
    let stale = [("csrf", "of-another-session"), ("ban", one.as_str())];
    let cases: [Case<'_>; 13] = [
        (&[("ban", "")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa chọn bản kê khai nào để công khai"),
        (&[("place", " ")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa ghi nơi công khai"),
        (&[("day", "31/02/2025")], StatusCode::UNPROCESSABLE_ENTITY, "Ngày họp chưa đúng"),
        (&[("day", "09/12/2025")], StatusCode::UNPROCESSABLE_ENTITY, "ở sau hôm nay"),
        (&[("day", "07/12/2025")], StatusCode::UNPROCESSABLE_ENTITY, "trước ngày bàn giao (08/12/2025)"),
        (&[("summoned", "ba mươi")], StatusCode::UNPROCESSABLE_ENTITY, "Số người được triệu tập chưa đúng"),
        (&[("summoned", "0")], StatusCode::UNPROCESSABLE_ENTITY, "Số người được triệu tập chưa đúng"),
        (&[("present", "31")], StatusCode::UNPROCESSABLE_ENTITY, "không lớn hơn số được triệu tập"),
        (&[("chair_name", "")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa ghi họ tên người chủ trì"),
        (&[("reading", "X")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa chọn cách đọc"),
        (&[("ban", &kept)], StatusCode::UNPROCESSABLE_ENTITY, "chưa bàn giao cho cơ quan kiểm soát"),
        (&[("ban", "01a00000-0000-7000-8000-000000000000")], StatusCode::UNPROCESSABLE_ENTITY, "không thuộc đơn vị"),
        (&stale, StatusCode::CONFLICT, "phiên làm việc khác"),
    ];
    for (changed, status, said) in cases {
        let mut fields = HELD.to_vec();
        for (name, value) in changed {
            fields.retain(|(before, _)| before != name);
            fields.push((name, value));
        }
        let answer = world.press(MEETING, &page, &fields).await;
        assert_eq!(answer.status, status, "{changed:?}: {}", text_of(&answer));
        assert!(words(&answer).contains(said), "{said}: {}", text_of(&answer));
        for (name, value) in fields.iter().filter(|(name, _)| ["place", "summoned", "day", "chair_name"].contains(name))
        {
            assert_eq!(value_of(&answer.text(), name), value.trim(), "{changed:?}");
        }
        assert!(value_of(&answer.text(), "questions").contains("thừa kế"), "{changed:?}");
        let ticked = answer.text().matches("name=\"ban\"").count();
        assert_eq!(ticked, 2, "{changed:?}");
    }
    assert!(world.events("disclosure.meeting_held").await.is_empty());
    let carried = world.test.post(None, POSTING, &[("place", "Bảng tin Ẵng"), ("ban", &one)]).await;
    assert_eq!(carried.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value_of(&carried.text(), "carried.place"), "Bảng tin Ẵng");
}

#[tokio::test]
async fn two_presses_begin_one_publication_and_a_declaration_is_in_one() {
    let world = World::new().await;
    let id = world.handed("Nguyễn Văn An", "051080000610").await.0.to_string();
    let page = world.get(POSTING).await.text();
    let first = world.press(POSTING, &page, &PLACE).await;
    let second = world.press(POSTING, &page, &PLACE).await;
    assert_eq!(moved(&first), moved(&second));
    assert_eq!(world.events("disclosure.posted").await.len(), 1);
    let other = [("khoa", "mot-khoa-khac"), ("place", "Bảng tin Ẵng"), ("ban", &id)];
    let late = world.press(POSTING, &page, &other).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text_of(&late));
    assert!(words(&late).contains("vừa được công khai trong một lần khác"), "{}", text_of(&late));
    // The database holds it even when the code is wrong.
    let error = sqlx::query(
        "insert into disclosure_item select partition_id, gen_random_uuid(), disclosure_id, declaration_id, version_id, unit_id,
                person_id, mode, from_on, until_on, handed_on, due_on, name_sealed, position_sealed, place_sealed, document_hash, state
         from disclosure_item where declaration_id = $1::uuid",
    )
    .bind(id)
    .execute(&mut owner().await)
    .await
    .unwrap_err();
    assert!(error.to_string().contains("unique constraint"), "{error}");
}

/// Two officers press at the same moment, each from their own page: one is told that the other was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_is_told_that_the_other_was_first() {
    let mut world = World::new().await;
    for n in 0..4 {
        world.handed("Nguyễn Văn An", &format!("05108000062{n}")).await;
    }
    let colleague = world.test.unit_officer(world.partition, world.unit).await;
    let page = world.get(POSTING).await.text();
    let chosen = all_values(&page, "ban");
    let begin = async |browser: &Browser, key: &str, chosen: &[String]| {
        let mut fields = vec![("khoa", key), PLACE[0]];
        fields.extend(chosen.iter().map(|id| ("ban", id.as_str())));
        press(&world.test, browser, POSTING, &page, &fields).await
    };
    let (one, two) = tokio::join!(
        begin(&world.officer, "khoa-cua-mot", &chosen[..3]),
        begin(&colleague, "khoa-cua-hai", &chosen[1..])
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", text_of(&one), text_of(&two));
    let address = [one.location(), two.location()].concat();
    world.later(16).await;
    let colleague = world.test.unit_officer(world.partition, world.unit).await;
    let fields = |key| [&[("khoa", key), ("day", "24/12/2025")][..], &SIGNED[..]].concat();
    let broken = [("khoa", "khoa-cua-bon"), ("day", "23/12/2025"), ("reason", "gỡ sớm một ngày")];
    let (minutes, dung, mine) = (format!("{address}/bien-ban"), format!("{address}/dung"), fields("khoa-cua-ba"));
    let (one, two) = tokio::join!(
        world.test.post(Some(&world.officer), &minutes, &mine),
        world.test.post(Some(&colleague), &dung, &broken)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", text_of(&one), text_of(&two));
    let ends = world.events("disclosure.closed").await.len() + world.events("disclosure.broken_off").await.len();
    assert_eq!((world.events("disclosure.posted").await.len(), ends), (1, 1));
    assert!(world.is_whole().await);
}

#[tokio::test]
async fn each_agencys_declarations_are_published_apart_and_seen_by_it_alone() {
    let world = World::new().await;
    let elsewhere = world.test.agency().await;
    let other_reader = world.test.officer(Role::IntakeOfficer, elsewhere).await;
    world.handed("Nguyễn Văn Tỉnh", "051080000630").await;
    // The same unit's person whom another agency controls.
    let of_other = World {
        test: TestApp::new().await,
        partition: elsewhere,
        unit: world.unit,
        officer: world.officer.clone(),
        reader: other_reader.clone(),
    };
    let (far, _) = of_other.handed("Trần Thị Bộ", "051180000631").await;
    let page = world.get(POSTING).await;
    assert!(words(&page).contains("Nguyễn Văn Tỉnh") && !words(&page).contains("Trần Thị Bộ"), "{}", text_of(&page));
    let far = far.to_string();
    let mixed = world.press(POSTING, &page.text(), &[&PLACE[..], &[("ban", &far)]].concat()).await;
    assert_eq!(mixed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&mixed));
    let one = moved(&world.press(POSTING, &page.text(), &PLACE).await);
    let page = world.get(&format!("{POSTING}?co-quan={elsewhere}")).await.text();
    let two = moved(&world.press(POSTING, &page, &PLACE).await);
    let (one, two) = (one.rsplit('/').next().unwrap().to_owned(), two.rsplit('/').next().unwrap().to_owned());
    for (browser, own, others) in [(&world.reader, &one, &two), (&other_reader, &two, &one)] {
        assert_eq!(world.test.get(Some(browser), &format!("/cong-khai/{own}")).await.status, StatusCode::OK);
        for path in [format!("/cong-khai/{others}"), format!("/cong-khai/{others}/bien-ban.pdf")] {
            assert_eq!(world.test.get(Some(browser), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let list = world.test.get(Some(browser), "/cong-khai").await.text();
        assert!(list.contains(own.as_str()) && !list.contains(others.as_str()));
    }
    let stranger = world.test.unit_officer(world.partition, world.test.unit().await).await;
    for page in ["", "/bien-ban", "/dung", "/bien-ban.pdf", "/ban-ke-khai.pdf"] {
        let path = format!("{PAGE}/{one}{page}");
        assert_eq!(world.test.get(Some(&stranger), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(world.test.get(Some(&world.reader), &path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [PAGE, POSTING, MEETING] {
        assert_eq!(world.test.get(Some(&world.reader), path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.get("/cong-khai").await.status, StatusCode::FORBIDDEN);
}

/// What is posted is printed in one file, and each declaration's opening is told to the log.
#[tokio::test]
async fn the_declarations_are_printed_in_one_file_and_each_opening_is_recorded() {
    let world = World::new().await;
    world.handed("Nguyễn Văn An", "051080000640").await;
    world.handed("Trần Thị Bình", "051180000641").await;
    let address = world.post_all().await;
    let before = world.events("declaration.opened").await.len();
    // While another bundle is printed nobody waits for it, and nothing is opened.
    let printing = super::pages::PRINTING.acquire().await.unwrap();
    let refused = world.get(&format!("{address}/ban-ke-khai.pdf")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().contains("Đang in một tập khác") && refused.text().contains("sau ít phút"));
    assert_eq!(world.events("declaration.opened").await.len(), before);
    drop(printing);
    let file = world.get(&format!("{address}/ban-ke-khai.pdf")).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text());
    let text = pdf_text(&file.body);
    assert_eq!(text.matches("BẢN KÊ KHAI TÀI SẢN, THU NHẬP HẰNG NĂM").count(), 2, "{text}");
    assert_eq!(world.events("declaration.opened").await.len(), before + 2);
    assert_eq!(world.events("disclosure.printed").await[0]["counts"]["declarations"], 2);
    // Opening the publication itself is told too.
    world.get(&address).await;
    assert_eq!(world.events("disclosure.opened").await.len(), 1);
}

/// What is posted is printed anew from what was declared: nothing of the signed file goes with it (certificate, signature,
/// revisions, attachments), nothing of the record beside the form, and a number that is covered is nowhere in it.
#[tokio::test]
async fn a_public_copy_holds_no_envelope_of_what_it_hides() {
    let number = "092087831496";
    let mut world = World::new().await;
    world.test.under(|law| {
        for rules in &mut law.rule_sets {
            rules.publication.mask_id_numbers = true;
        }
    });
    let (_, obligation) = world.test.declarant(world.partition, world.unit, "Đặng Hữu Cường", number).await;
    let declarant = world.test.declarant_browser(&obligation).await;
    let token = world.test.token(&declarant).await;
    let sent = submit_with_reasons(&world.test, &token, obligation.id).await;
    let declaration = sent["declaration"].as_str().unwrap();
    let signature = crate::signature::tests::signed(&world.test, &declarant, declaration).await;
    let signed = world.test.get(Some(&declarant), &format!("/ky-so/{signature}/tep.pdf")).await.body;
    world.receive(declaration.parse().unwrap()).await;
    let address = world.post_all().await;
    let public = world.get(&format!("{address}/ban-ke-khai.pdf")).await;
    assert_eq!(public.status, StatusCode::OK, "{}", public.text());
    let (plain, signed_plain) = (unpacked(&public.body), unpacked(&signed));
    let has = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    for envelope in ["/ByteRange", "/SigFlags", "/FT /Sig"] {
        assert!(has(&signed_plain, envelope), "the signed file has {envelope}, so it could be found");
        assert!(!has(&plain, envelope), "{envelope}");
    }
    for envelope in ["/EmbeddedFile", "/Filespec", "/DSS", "/Metadata 0", "minhbach-declaration", "nonce"] {
        assert!(!has(&plain, envelope), "{envelope}");
    }
    let revisions = |bytes: &[u8]| bytes.windows(9).filter(|window| window == b"startxref").count();
    assert_eq!((revisions(&public.body), revisions(&signed)), (1, 2), "one revision, and nothing below it");
    let (said, in_full) = (pdf_text(&public.body), pdf_text(&signed));
    assert!(in_full.contains(number) && said.contains("*********496"), "{said}");
    let utf16: String = number.encode_utf16().map(|unit| format!("{unit:04x}")).collect();
    for spelled in [number.to_owned(), utf16.clone(), utf16.to_uppercase()] {
        assert!(!said.contains(&spelled) && !has(&plain, &spelled), "{spelled}");
    }
}

/// A PDF with every stream unpacked and no streams of objects, by a reader that is not ours.
fn unpacked(pdf: &[u8]) -> Vec<u8> {
    let (file, out) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(file.path(), pdf).unwrap();
    let mut command = std::process::Command::new("qpdf");
    command.args(["--qdf", "--object-streams=disable", "--decode-level=all"]).arg(file.path()).arg(out.path());
    let status = command.status().unwrap();
    // 3: with warnings.
    assert!(matches!(status.code(), Some(0 | 3)), "{status}");
    std::fs::read(out.path()).unwrap()
}

/// Declarations for personnel work are published at the vote of confidence (article 39.2), not here.
#[tokio::test]
async fn kinds_that_are_published_elsewhere_are_told_of_and_refused() {
    let world = World::new().await;
    let (id, _) = world.handed("Nguyễn Văn An", "051080000642").await;
    world.handed("Trần Thị Bình", "051180000643").await;
    sqlx::query("update declaration set kind = 'PERSONNEL' where partition_id = $1 and id = $2")
        .bind(world.partition.0)
        .bind(id.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let page = words(&world.get(PAGE).await);
    assert!(page.contains("1 bản phục vụ công tác cán bộ") && !page.contains("Nguyễn Văn An"), "{page}");
    let form = world.get(POSTING).await.text();
    let refused = world.press(POSTING, &form, &[&PLACE[..], &[("ban", &id.to_string())]].concat()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words(&refused).contains("không công khai tại nơi làm việc"), "{}", text_of(&refused));
    assert!(words(&world.test.get(Some(&world.reader), "/cong-khai").await).contains("Đã bàn giao 1 bản"));
}

/// One that the agency finds missing is to be handed over again before it is published; one that hangs goes on hanging.
#[tokio::test]
async fn what_was_missing_at_the_agency_does_not_wait_to_be_published() {
    let world = World::new().await;
    let (gone, _) = world.handed("Nguyễn Văn An", "051080000644").await;
    sqlx::query("update hand_over_item set state = 'MISSING', reason_sealed = '\\x00' where declaration_id = $1")
        .bind(gone.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    assert!(words(&world.get(PAGE).await).contains("Không có bản kê khai nào chờ công khai"));
}

/// Each change behind the service's back is found, and undone the record is whole again.
#[tokio::test]
async fn a_publication_changed_behind_the_services_back_is_found() {
    let mut world = World::new().await;
    world.handed("Nguyễn Văn An", "051080000645").await;
    let first = world.post_all().await;
    assert!(world.is_whole().await, "while it hangs");
    moved(&world.do_at(&format!("{first}/dung"), &[("reason", "bão")]).await);
    assert!(world.is_whole().await, "broken off");
    let held = moved(&world.do_at(MEETING, &HELD).await);
    world.later(1).await;
    moved(&world.do_at(&format!("{held}/bien-ban"), &SIGNED).await);
    assert!(world.is_whole().await, "closed");
    let flip = |table: &str, column: &str| {
        let row = if table == "disclosure" { "id" } else { "disclosure_id" };
        let sql = format!(
            "update {table} set {column} = set_byte({column}, 0, get_byte({column}, 0) # 1) where {row} = '{}'",
            id_of(&held)
        );
        (sql.clone(), sql)
    };
    let both = |table: &str, set: &str, back: &str, row: String| {
        (format!("update {table} set {set} where {row}"), format!("update {table} set {back} where {row}"))
    };
    let (of_held, of_first) = (format!("id = '{}'", id_of(&held)), format!("id = '{}'", id_of(&first)));
    let item = format!("disclosure_id = '{}'", id_of(&held));
    let mut changes: Vec<(String, String)> = ["place_sealed", "chair_name_sealed", "questions_sealed", "begun_hash"]
        .into_iter()
        .chain(["head_name_sealed", "head_position_sealed", "union_name_sealed", "union_position_sealed", "end_hash"])
        .map(|column| flip("disclosure", column))
        .collect();
    changes.extend(
        ["name_sealed", "position_sealed", "place_sealed", "document_hash"].map(|c| flip("disclosure_item", c)),
    );
    changes.extend([
        both("disclosure", "present = 30", "present = 20", of_held.clone()),
        both("disclosure", "summoned = 29", "summoned = 30", of_held.clone()),
        both("disclosure", "needed = 10", "needed = 20", of_held.clone()),
        both("disclosure", "reading = 'CHAIR'", "reading = 'DELEGATE'", of_held.clone()),
        both("disclosure", "rule_set = 'R2_2026'", "rule_set = 'R1_ND130'", of_held.clone()),
        both("disclosure", "closed_on = closed_on + 1", "closed_on = closed_on - 1", of_held.clone()),
        both("disclosure", "minutes_number = 9", "minutes_number = 1", of_held.clone()),
        both("disclosure", "broken_on = broken_on + 1", "broken_on = broken_on - 1", of_first.clone()),
        both("disclosure_item", "due_on = due_on + 1", "due_on = due_on - 1", item.clone()),
        both("disclosure_item", "minutes_number = 9", "minutes_number = 1", item.clone()),
        both(
            "disclosure_item",
            "state = 'BROKEN', broken_on = from_on, minutes_number = null, minutes_year = null",
            "state = 'CLOSED', broken_on = null, minutes_number = 1, minutes_year = 2025",
            item.clone(),
        ),
    ]);
    for (change, undo) in changes {
        let done = sqlx::query(sqlx::AssertSqlSafe(change.clone())).execute(&mut owner().await).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{change}");
        assert!(!world.is_whole().await, "{change}");
        sqlx::query(sqlx::AssertSqlSafe(undo)).execute(&mut owner().await).await.unwrap();
        assert!(world.is_whole().await, "undone: {change}");
    }
}

fn id_of(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

/// What the code must never try, the database refuses: to begin as ended, to rewrite what was begun, to end twice, to close
/// a posting on its last day or a meeting without its quorum.
#[tokio::test]
async fn the_database_lets_a_unit_end_what_is_open_once_and_lawfully() {
    use sqlx::Executor;
    let world = World::new().await;
    world.handed("Nguyễn Văn An", "051080000647").await;
    world.handed("Trần Thị Bình", "051180000648").await;
    let page = world.get(POSTING).await.text();
    let ids = all_values(&page, "ban");
    let posting = moved(&world.press(POSTING, &page, &[&PLACE[..], &[("ban", &ids[0])]].concat()).await);
    let meeting = moved(&world.do_at(MEETING, &[&HELD[..], &[("present", "19")]].concat()).await);
    let (posting, meeting) = (id_of(&posting), id_of(&meeting));
    let agency = format!("set local app.context = 'agency'; set local app.partition_id = '{}'", world.partition);
    let unit = format!("set local app.context = 'unit'; set local app.unit_id = '{}'", world.unit);
    let end = |day: &str| {
        format!(
            "state = 'CLOSED', closed_on = '{day}', minutes_year = 2025, minutes_number = 1, head_name_sealed = 'x', head_position_sealed = 'x',
             union_name_sealed = 'x', union_position_sealed = 'x', end_hash = begun_hash, ended_by = gen_random_uuid()"
        )
    };
    let mut conn = world.test.app.db.raw_pool().acquire().await.unwrap();
    for (context, sql, code) in [
        (&unit, format!("update disclosure set place_sealed = place_sealed where id = '{posting}'"), "42501"),
        (&unit, format!("update disclosure set from_on = from_on where id = '{posting}'"), "42501"),
        (&unit, format!("update disclosure set updated_by = 'x' where id = '{posting}'"), "42501"),
        (&unit, format!("update disclosure_item set document_hash = document_hash where disclosure_id = '{posting}'"), "42501"),
        (&unit, format!("delete from disclosure where id = '{posting}'"), "42501"),
        (&unit, format!("update disclosure set {} where id = '{posting}'", end("2025-12-23")), "23514"),
        (&unit, format!("update disclosure set {} where id = '{meeting}'", end("2025-12-08")), "23514"),
        (&unit,
         "insert into disclosure_item select partition_id, gen_random_uuid(), disclosure_id, declaration_id, version_id, unit_id, person_id,
                 mode, from_on, until_on, handed_on, due_on, name_sealed, position_sealed, place_sealed, document_hash, 'BROKEN', from_on
          from disclosure_item".to_owned(), "42501"),
        (&agency,
         "insert into disclosure_item select partition_id, gen_random_uuid(), disclosure_id, declaration_id, version_id, unit_id, person_id,
                 mode, from_on, until_on, handed_on, due_on, name_sealed, position_sealed, place_sealed, document_hash, state
          from disclosure_item".to_owned(), "42501"),
    ] {
        conn.execute(sqlx::AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let outcome = conn.execute(sqlx::AssertSqlSafe(sql.clone())).await;
        conn.execute("rollback").await.unwrap();
        let Err(sqlx::Error::Database(error)) = outcome else { panic!("{sql}: {outcome:?}") };
        assert_eq!(error.code().as_deref(), Some(code), "{sql}: {error}");
    }
    // An agency does not even find what it may not end; a unit does, and only once.
    let lawful = format!("update disclosure set {} where id = '{posting}'", end("2025-12-24"));
    conn.execute(sqlx::AssertSqlSafe(format!("begin; {agency}"))).await.unwrap();
    let reached = conn.execute(sqlx::AssertSqlSafe(lawful.clone())).await.unwrap().rows_affected();
    assert_eq!(reached, 0);
    conn.execute(sqlx::AssertSqlSafe(format!("rollback; begin; {unit}"))).await.unwrap();
    let first = conn.execute(sqlx::AssertSqlSafe(lawful.clone())).await.unwrap().rows_affected();
    let second = conn.execute(sqlx::AssertSqlSafe(lawful)).await.unwrap().rows_affected();
    conn.execute("rollback").await.unwrap();
    assert_eq!((first, second), (1, 0));
}

#[tokio::test]
async fn the_api_publishes_closes_and_breaks_off_once() {
    let mut world = World::new().await;
    let (one, _) = world.handed("Nguyễn Văn An", "051080000649").await;
    let (two, _) = world.handed("Trần Thị Bình", "051180000650").await;
    let (unit, agency) = (world.test.token(&world.officer).await, world.test.token(&world.reader).await);
    let mut asked = json!({
        "agency": world.partition, "declarations": [one], "from_on": "2025-12-08", "place": "Bảng tin  tầng 1",
    });
    let api = async |test: &TestApp, token: &str, method: &str, path: &str, key: &str, body: Option<&Value>| {
        test.api(token, method, &format!("/api/v1{path}"), Some(key), body).await
    };
    let t = &world.test;
    assert_eq!(api(t, &agency, "POST", "/disclosures", "khoa-bd-0", Some(&asked)).await.status, StatusCode::FORBIDDEN);
    let made = api(t, &unit, "POST", "/disclosures", "khoa-bd-1", Some(&asked)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!((&made.json()["until_on"], &made.json()["late"]), (&json!("2025-12-23"), &json!(0)));
    assert_eq!(api(t, &unit, "POST", "/disclosures", "khoa-bd-1", Some(&asked)).await.json(), made.json());
    let again = api(t, &unit, "POST", "/disclosures", "khoa-bd-2", Some(&asked)).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("already_published")));
    asked["declarations"] = json!([two]);
    asked["meeting"] = json!({
        "summoned": 3, "present": 1, "chair_name": "Lê Thị Chủ Trì", "chair_position": "Giám đốc", "reading": "DECLARANT",
    });
    let meeting = api(t, &unit, "POST", "/disclosures", "khoa-bd-3", Some(&asked)).await;
    assert_eq!((meeting.status, &meeting.json()["missing_present"]), (StatusCode::CREATED, &json!(1)));

    let path =
        |made: &Answer, page: &str| format!("/disclosures/{}{page}", made.json()["disclosure"].as_str().unwrap());
    let minutes = json!({
        "closed_on": "2025-12-08", "head_name": "Trần Văn Đứng Đầu", "head_position": "Giám đốc",
        "union_name": "Phạm Thị Công Đoàn", "union_position": "Chủ tịch Công đoàn",
    });
    let short = api(t, &unit, "POST", &path(&meeting, "/minutes"), "khoa-bb-1", Some(&minutes)).await;
    assert_eq!((short.status, short.json()["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("no_quorum")));
    let early = api(t, &unit, "POST", &path(&made, "/minutes"), "khoa-bb-2", Some(&minutes)).await;
    assert_eq!((early.status, early.json()["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("not_over")));
    let stop = json!({"broken_on": "2025-12-08", "reason": "không đủ người"});
    let broken = api(t, &unit, "POST", &path(&meeting, "/breaking-off"), "khoa-dung-1", Some(&stop)).await;
    assert_eq!(broken.status, StatusCode::CREATED, "{}", broken.text());
    let again = api(t, &unit, "POST", &path(&meeting, "/breaking-off"), "khoa-dung-2", Some(&stop)).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("already_ended")));

    world.later(16).await;
    let (unit, agency) = (world.test.token(&world.officer).await, world.test.token(&world.reader).await);
    let t = &world.test;
    let mut unsigned = minutes.clone();
    unsigned["closed_on"] = json!("2025-12-24");
    let signed = unsigned.clone();
    unsigned["union_name"] = json!(" ");
    let refused = api(t, &unit, "POST", &path(&made, "/minutes"), "khoa-bb-3", Some(&unsigned)).await;
    assert_eq!(refused.json()["code"], "unsigned", "{}", refused.text());
    let closed = api(t, &unit, "POST", &path(&made, "/minutes"), "khoa-bb-4", Some(&signed)).await;
    assert_eq!((closed.status, &closed.json()["number"]), (StatusCode::CREATED, &json!(1)), "{}", closed.text());
    assert_eq!(api(t, &unit, "POST", &path(&made, "/minutes"), "khoa-bb-4", Some(&signed)).await.json(), closed.json());
    let list = api(t, &agency, "GET", "/disclosures", "", None).await.json();
    let states: Vec<_> = list.as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&"CLOSED") && states.contains(&"BROKEN"), "{list}");
    let shown = api(t, &agency, "GET", &path(&made, ""), "", None).await.json();
    assert_eq!(shown["begun_sha256"], made.json()["record_sha256"]);
    assert_eq!(shown["end_sha256"], closed.json()["record_sha256"]);
    assert_eq!(shown["declarations"][0]["publish_due_on"], "2025-12-15");
    assert!(!shown.to_string().contains("Nguyễn Văn An"), "{shown}");
    assert!(world.is_whole().await);
}
