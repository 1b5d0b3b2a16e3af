//! Handing over and taking through the real router on the real database.
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::send::{self, HandedOver, HandingOver};
use crate::declaration::receive::{self, Receipt};
use crate::declaration::tests::{all_values, digitise, text_of, value_of};
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, PartitionId};
use crate::kernel::{Once, Role};
use crate::testing::{Answer, Browser, TestApp, owner, pdf_text};

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A declaration on paper of a new person, received by their unit.
pub(crate) async fn received(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    name: &str,
    id_no: &str,
    received_on: &str,
) -> DeclarationId {
    let unit = officer.actor.unit().unwrap();
    let (_, obligation) = test.declarant(partition, unit, name, id_no).await;
    let id = digitise(test, &obligation).await;
    let receipt = Receipt {
        version: None,
        received_on: on(received_on),
        receiver_name: "Lê Thị Nhận".into(),
        receiver_position: "Chuyên viên".into(),
    };
    receive::receive(&test.app, &officer.actor, id, &receipt).await.unwrap();
    id
}

/// Hands a received declaration over, today.
pub(crate) async fn handed_over(
    test: &TestApp,
    officer: &Browser,
    partition: PartitionId,
    declaration: DeclarationId,
) -> HandedOver {
    let asked = HandingOver {
        agency: partition,
        declarations: [declaration].into(),
        handed_on: test.app.clock().today(),
        hander_name: "Trần Văn Giao".into(),
        hander_position: "Chánh Văn phòng".into(),
    };
    let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"hand over").unwrap();
    send::send(&test.app, &officer.actor, &asked, &once).await.unwrap()
}

struct World {
    test: TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    /// Of the unit.
    officer: Browser,
    /// Of the agency.
    taker: Browser,
}

const PAGE: &str = "/don-vi/ban-giao";

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let officer = test.unit_officer(partition, unit).await;
        let taker = test.officer(Role::IntakeOfficer, partition).await;
        Self { test, partition, unit, officer, taker }
    }

    async fn received(&self, name: &str, id_no: &str, day: &str) -> DeclarationId {
        received(&self.test, &self.officer, self.partition, name, id_no, day).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.test.get(Some(&self.officer), path).await
    }

    /// Presses "Bàn giao" with what the page proposes, but for `changed`; one with the value "" is left out.
    async fn press(&self, page: &str, changed: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(&str, String)> = vec![
            ("khoa", value_of(page, "khoa")),
            ("co-quan", value_of(page, "co-quan")),
            ("name", value_of(page, "name")),
            ("position", value_of(page, "position")),
            ("day", value_of(page, "day")),
        ];
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
        self.test.post(Some(&self.officer), PAGE, &fields).await
    }

    /// Hands everything over that waits for the agency; the address of the batch.
    async fn hand_all_over(&self) -> String {
        let page = self.get(PAGE).await.text();
        let answer = self.press(&page, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        answer.location()
    }

    /// The agency takes a batch; `missing` with their reasons.
    async fn take(&self, batch: &str, missing: &[(DeclarationId, &str)]) -> Answer {
        let path = format!("/ban-giao/{batch}");
        let page = self.test.get(Some(&self.taker), &path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.text();
        let mut fields = vec![
            ("khoa".to_owned(), value_of(&page, "khoa")),
            ("day".to_owned(), value_of(&page, "day")),
            ("name".to_owned(), "Phạm Văn Kiểm".to_owned()),
            ("position".to_owned(), "Thanh tra viên".to_owned()),
        ];
        for (id, reason) in missing {
            fields.push((format!("kq.{id}"), "thieu".to_owned()));
            fields.push((format!("ly-do.{id}"), (*reason).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.test.post(Some(&self.taker), &path, &fields).await
    }

    async fn events(&self, name: &str) -> Vec<Value> {
        self.test.events(self.partition, name).await
    }

    /// Nothing people wrote stands in the clear in what the acts left, as text or as bytes.
    async fn holds_no_word(&self, words: &[&str]) {
        self.test.holds_no_word(self.partition, &["hand_over", "hand_over_item"], "hand_over.taken", words).await;
    }

    async fn is_whole(&self) -> bool {
        let verdict = self.test.verdict(self.partition).await;
        if !verdict.is_whole() {
            println!("{verdict}");
        }
        verdict.is_whole()
    }
}

fn id_of(address: &str) -> String {
    address.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_received_is_handed_over_and_taken_with_one_record() {
    let world = World::new().await;
    world.received("Nguyễn Văn An", "051080000301", "2025-12-05").await;
    world.received("Trần Thị Bình", "051180000302", "2025-12-08").await;
    let board = text_of(&world.get("/don-vi").await);
    assert!(board.contains("Đã tiếp nhận") && !board.contains("Đã bàn giao"), "{board}");
    let page = world.get(PAGE).await;
    let text = text_of(&page);
    assert!(text.contains("Nguyễn Văn An") && text.contains("25/12/2025") && text.contains("còn 17 ngày"), "{text}");
    assert_eq!(value_of(&page.text(), "day"), "08/12/2025");
    assert_eq!(page.text().matches(" checked").count(), 2, "everything is proposed");
    let current: Vec<_> =
        page.text().match_indices("aria-current").map(|(at, _)| page.text()[..at].to_owned()).collect();
    assert!(current[0].ends_with("href=\"/don-vi/ban-giao\" "), "one entry of the navigation is where the person is");

    let batch = id_of(&world.hand_all_over().await);
    let shown = text_of(&world.get(&format!("{PAGE}/{batch}")).await);
    for want in
        ["Biên bản bàn giao số 01/2025", "Chờ cơ quan kiểm soát nhận", "Trần Thị Bình", "Người Thử, Chuyên viên"]
    {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    let board = text_of(&world.get("/don-vi").await);
    assert!(board.contains("Đã bàn giao") && board.contains("bàn giao ngày 08/12/2025"), "{board}");
    let record = pdf_text(&world.get(&format!("{PAGE}/{batch}/bien-ban.pdf")).await.body);
    for want in [
        "BIÊN BẢN BÀN GIAO BẢN KÊ KHAI TÀI SẢN, THU NHẬP",
        "Số: 01/BB",
        "Quảng Ngãi, ngày 08 tháng 12 năm 2025",
        "Nguyễn Văn An",
    ] {
        assert!(record.contains(want), "{want}: {record}");
    }
    assert!(!record.contains("Phạm Văn Kiểm"));

    // A record does not change with the list.
    sqlx::query("update person set name_sealed = '\\x00', position_sealed = '\\x00' where partition_id = $1")
        .bind(world.partition.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let shown = text_of(&world.get(&format!("{PAGE}/{batch}")).await);
    assert!(shown.contains("Trần Thị Bình"), "{shown}");

    let inbox = text_of(&world.test.get(Some(&world.taker), "/ban-giao").await);
    assert!(inbox.contains("Sở thử") && inbox.contains("Chờ nhận, cũ nhất trước"), "{inbox}");
    let taken = world.take(&batch, &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", text_of(&taken));
    let shown = text_of(&world.test.get(Some(&world.taker), &taken.location()).await);
    assert!(shown.contains("Phạm Văn Kiểm, Thanh tra viên") && shown.contains("Đã nhận"), "{shown}");
    for (browser, path) in [(&world.officer, PAGE), (&world.taker, "/ban-giao")] {
        let record = world.test.get(Some(browser), &format!("{path}/{batch}/bien-ban.pdf")).await;
        let record = pdf_text(&record.body);
        assert!(record.contains("Phạm Văn Kiểm") && record.contains("nhận đủ 02 bản"), "{record}");
    }
    // A batch is taken once.
    let again = world
        .test
        .post(
            Some(&world.taker),
            &format!("/ban-giao/{batch}"),
            &[
                ("khoa", "mot-khoa-khac"),
                ("day", "08/12/2025"),
                ("name", "Phạm Văn Kiểm"),
                ("position", "Thanh tra viên"),
            ],
        )
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    // The log has ids, hashes and counts; both sides are compared with it.
    let (sent, end) = (world.events("hand_over.sent").await, world.events("hand_over.taken").await);
    assert_eq!((sent.len(), end.len()), (1, 1));
    assert_eq!(sent[0]["counts"], json!({"declarations": 2, "late": 0}));
    assert_eq!(end[0]["counts"], json!({"taken": 2, "missing": 0}));
    for said in sent.iter().chain(&end) {
        assert_eq!(said["ids"]["hand_over"], json!(batch));
        assert_eq!(said["hashes"]["record"].as_str().unwrap().len(), 64);
        assert!(!said.to_string().contains("Người Thử") && !said.to_string().contains("Phạm"));
    }
    assert!(world.is_whole().await);
    world.holds_no_word(&["Người Thử", "Trần Thị Bình", "Phạm Văn Kiểm", "Thanh tra viên"]).await;
}

/// Each change behind the service's back is found, and undone the record is whole again.
#[tokio::test]
async fn a_record_changed_behind_the_services_back_is_found() {
    let world = World::new().await;
    let there = world.received("Nguyễn Văn An", "051080000303", "2025-12-05").await;
    let gone = world.received("Trần Thị Bình", "051180000304", "2025-12-05").await;
    let batch = id_of(&world.hand_all_over().await);
    assert!(world.is_whole().await, "while it waits");
    assert_eq!(world.take(&batch, &[(gone, "không có trong hồ sơ giao")]).await.status, StatusCode::SEE_OTHER);
    assert!(world.is_whole().await, "once taken");
    let flip = |table: &str, column: &str, row: String| {
        format!("update {table} set {column} = set_byte({column}, 0, get_byte({column}, 0) # 1) where {row}")
    };
    let (of_batch, of_item) = (format!("id = '{batch}'"), format!("hand_over_id = '{batch}'"));
    let back_and_forth = |set: &str, back: &str, table: &str, row: &str| {
        (format!("update {table} set {set} where {row}"), format!("update {table} set {back} where {row}"))
    };
    let same = |sql: String| (sql.clone(), sql);
    let changes = [
        back_and_forth("handed_on = handed_on - 1", "handed_on = handed_on + 1", "hand_over", &of_batch),
        back_and_forth("taken_on = taken_on + 1", "taken_on = taken_on - 1", "hand_over", &of_batch),
        back_and_forth("number = 9", "number = 1", "hand_over", &of_batch),
        back_and_forth("copies = 2", "copies = 1", "hand_over_item", &of_item),
        same(flip("hand_over", "hander_name_sealed", of_batch.clone())),
        same(flip("hand_over", "taker_position_sealed", of_batch.clone())),
        same(flip("hand_over", "sent_hash", of_batch.clone())),
        same(flip("hand_over", "taken_hash", of_batch.clone())),
        same(flip("hand_over_item", "document_hash", of_item.clone())),
        same(flip("hand_over_item", "name_sealed", of_item.clone())),
        same(flip("hand_over_item", "reason_sealed", format!("declaration_id = '{gone}'"))),
        (
            format!(
                "update hand_over_item set state = 'MISSING', reason_sealed = '\\x00' where declaration_id = '{there}'"
            ),
            format!("update hand_over_item set state = 'TAKEN', reason_sealed = null where declaration_id = '{there}'"),
        ),
    ];
    for (change, undo) in changes {
        sqlx::query(sqlx::AssertSqlSafe(change.clone())).execute(&mut owner().await).await.unwrap();
        assert!(!world.is_whole().await, "{change}");
        sqlx::query(sqlx::AssertSqlSafe(undo)).execute(&mut owner().await).await.unwrap();
        assert!(world.is_whole().await, "undone: {change}");
    }
}

#[tokio::test]
async fn two_presses_make_one_batch_and_a_declaration_is_in_one() {
    let world = World::new().await;
    let id = world.received("Nguyễn Văn An", "051080000305", "2025-12-05").await.to_string();
    let page = world.get(PAGE).await.text();
    let first = world.press(&page, &[]).await;
    let second = world.press(&page, &[]).await;
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "{}", text_of(&second));
    assert_eq!(first.location(), second.location());
    assert_eq!(world.events("hand_over.sent").await.len(), 1);
    // Another page that was open before says that it was handed over meanwhile, and keeps what was typed.
    let late = world.press(&page, &[("khoa", "mot-khoa-khac"), ("name", "Vũ Thị Ẵng"), ("ban", &id)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text_of(&late));
    assert!(text_of(&late).contains("vừa được bàn giao trong một biên bản khác"), "{}", text_of(&late));
    assert_eq!(world.events("hand_over.sent").await.len(), 1);
    let none = text_of(&world.get(PAGE).await);
    assert!(none.contains("Không có bản kê khai nào chờ bàn giao") && none.contains("01/2025"), "{none}");
    // The database holds it even when the code is wrong.
    let error = sqlx::query(
        "insert into hand_over_item select partition_id, gen_random_uuid(), hand_over_id, declaration_id, version_id, unit_id,
                name_sealed, position_sealed, document_hash, copies, state from hand_over_item where declaration_id = $1::uuid",
    )
    .bind(id)
    .execute(&mut owner().await)
    .await
    .unwrap_err();
    assert!(error.to_string().contains("unique constraint"), "{error}");
}

/// Fields changed, and how they are answered.
type Case<'a> = (&'a [(&'a str, &'a str)], StatusCode, &'static str);

#[tokio::test]
async fn what_is_to_be_mended_is_said_and_everything_typed_stays() {
    let world = World::new().await;
    let one = world.received("Nguyễn Văn An", "051080000306", "2025-12-08").await.to_string();
    world.received("Trần Thị Bình", "051180000307", "2025-12-05").await;
    let (_, obligation) = world.test.declarant(world.partition, world.unit, "Lê Văn Chờ", "051080000308").await;
    let unreceived = digitise(&world.test, &obligation).await.to_string();
    let page = world.get(PAGE).await.text();
    let csrf = [("csrf", "of-another-session"), ("name", "Vũ Thị Ẵng"), ("ban", one.as_str())];
    let cases: [Case<'_>; 8] = [
        (&[("ban", "")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa chọn bản kê khai nào"),
        (&[("name", " ")], StatusCode::UNPROCESSABLE_ENTITY, "Chưa ghi họ tên người giao"),
        (&[("day", "31/02/2025")], StatusCode::UNPROCESSABLE_ENTITY, "Ngày bàn giao chưa đúng"),
        (&[("day", "09/12/2025")], StatusCode::UNPROCESSABLE_ENTITY, "ở sau hôm nay"),
        (&[("day", "07/12/2025")], StatusCode::UNPROCESSABLE_ENTITY, "trước ngày tiếp nhận (08/12/2025)"),
        (&[("ban", &unreceived)], StatusCode::UNPROCESSABLE_ENTITY, "đơn vị chưa tiếp nhận"),
        (&[("ban", "01a00000-0000-7000-8000-000000000000")], StatusCode::UNPROCESSABLE_ENTITY, "không thuộc đơn vị"),
        (&csrf, StatusCode::CONFLICT, "phiên làm việc khác"),
    ];
    for (changed, status, said) in cases {
        let mut changed = changed.to_vec();
        if !changed.iter().any(|(name, _)| *name == "name") {
            changed.push(("name", "Vũ Thị Ẵng"));
        }
        let answer = world.press(&page, &changed).await;
        assert_eq!(answer.status, status, "{changed:?}: {}", text_of(&answer));
        assert!(text_of(&answer).contains(said), "{said}: {}", text_of(&answer));
        for (name, value) in changed.iter().filter(|(name, _)| ["name", "day"].contains(name)) {
            assert_eq!(value_of(&answer.text(), name), value.trim(), "{changed:?}");
        }
        let ticked = answer.text().matches(" checked").count();
        let asked = if changed.iter().any(|(name, _)| *name == "ban") {
            usize::from(changed.contains(&("ban", &one)))
        } else {
            2
        };
        assert_eq!(ticked, asked, "what was ticked stays: {changed:?}");
    }
    assert!(world.events("hand_over.sent").await.is_empty());
    let carried = world.test.post(None, PAGE, &[("name", "Vũ Thị Ẵng"), ("ban", &one)]).await;
    assert_eq!(carried.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value_of(&carried.text(), "carried.name"), "Vũ Thị Ẵng");
}

#[tokio::test]
async fn one_that_was_missing_is_handed_over_again() {
    let world = World::new().await;
    let there = world.received("Nguyễn Văn An", "051080000309", "2025-12-05").await;
    let gone = world.received("Trần Thị Bình", "051180000310", "2025-12-05").await;
    let batch = id_of(&world.hand_all_over().await);
    let unsaid = world.take(&batch, &[(gone, "")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&unsaid).contains("Chưa ghi lý do của bản kê khai thiếu"), "{}", text_of(&unsaid));
    assert_eq!(value_of(&unsaid.text(), "name"), "Phạm Văn Kiểm");
    let stranger = world.take(&batch, &[(DeclarationId::new(), "không có")]).await;
    assert_eq!(stranger.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&stranger));
    assert_eq!(world.take(&batch, &[(gone, "không có trong hồ sơ giao")]).await.status, StatusCode::SEE_OTHER);
    let shown = text_of(&world.get(&format!("{PAGE}/{batch}")).await);
    assert!(shown.contains("Thiếu") && shown.contains("không có trong hồ sơ giao"), "{shown}");
    let record = pdf_text(&world.get(&format!("{PAGE}/{batch}/bien-ban.pdf")).await.body);
    assert!(record.contains("nhận 01 bản; thiếu 01 bản"), "{record}");
    let page = world.get(PAGE).await;
    assert_eq!(all_values(&page.text(), "ban"), [gone.to_string()], "only what was missing waits again");
    assert!(text_of(&page).contains("Thiếu 1 bản, cần bàn giao lại"));
    // It stood in the first batch until the agency counted: it was not handed over again before that.
    let early = world.press(&page.text(), &[("day", "06/12/2025")]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&early).contains("trước ngày cơ quan kiểm soát ghi thiếu"), "{}", text_of(&early));
    let again = id_of(&world.press(&page.text(), &[]).await.location());
    assert_eq!(world.take(&again, &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!text_of(&world.get(PAGE).await).contains("cần bàn giao lại"), "it has been handed over again");
    let shown = text_of(&world.get(&format!("{PAGE}/{again}")).await);
    assert!(
        shown.contains("02/2025") && shown.contains("Trần Thị Bình") && !shown.contains("Nguyễn Văn An"),
        "{shown}"
    );
    assert!(world.is_whole().await);
    assert_ne!(there, gone);
}

#[tokio::test]
async fn late_ones_stand_first_and_are_marked() {
    let mut world = World::new().await;
    world.received("Nguyễn Văn Sau", "051080000311", "2025-12-08").await;
    world.received("Trần Thị Trước", "051180000312", "2025-12-05").await;
    // The 25th of December is the last day for the second; the first has until the 29th.
    world.test.app.clock().advance(TimeDelta::days(19));
    world.officer = world.test.unit_officer(world.partition, world.unit).await;
    world.taker = world.test.officer(Role::IntakeOfficer, world.partition).await;
    let board = world.get("/don-vi").await;
    let text: String = text_of(&board).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("1 đã tiếp nhận, chưa bàn giao, đã quá hạn"), "{text}");
    assert!(text.contains("1 đã tiếp nhận, chưa bàn giao, đến hạn trong 7 ngày"), "{text}");
    assert!(board.text().contains("href=\"/don-vi/ban-giao\""));
    let text = text_of(&world.get(PAGE).await);
    let (late, soon) = (text.find("Trần Thị Trước").unwrap(), text.find("Nguyễn Văn Sau").unwrap());
    assert!(late < soon && text.contains("quá hạn 2 ngày") && text.contains("còn 2 ngày"), "{text}");
    assert!(text.contains("Có 1 bản đã quá hạn bàn giao"), "{text}");
    let batch = id_of(&world.hand_all_over().await);
    assert_eq!(world.events("hand_over.sent").await[0]["counts"]["late"], 1);
    let shown = text_of(&world.get(&format!("{PAGE}/{batch}")).await);
    assert!(shown.contains("trong đó 1 bản bàn giao quá hạn"), "{shown}");
    let board = text_of(&world.get("/don-vi").await);
    assert!(!board.contains("chưa bàn giao"), "{board}");
}

#[tokio::test]
async fn a_unit_with_people_of_two_agencies_makes_two_batches() {
    let world = World::new().await;
    let elsewhere = world.test.agency().await;
    let other_taker = world.test.officer(Role::IntakeOfficer, elsewhere).await;
    world.received("Nguyễn Văn Tỉnh", "051080000313", "2025-12-05").await;
    let far = received(&world.test, &world.officer, elsewhere, "Trần Thị Bộ", "051180000314", "2025-12-08").await;
    let page = world.get(PAGE).await;
    let text = text_of(&page);
    assert!(text.contains("Nguyễn Văn Tỉnh") && !text.contains("Trần Thị Bộ"), "{text}");
    let other = format!("{PAGE}?co-quan={elsewhere}");
    assert!(page.text().contains(&other), "{}", page.text());
    // One batch is for one agency.
    let mixed = world.press(&page.text(), &[("ban", &far.to_string())]).await;
    assert_eq!(mixed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&mixed));
    let one = id_of(&world.press(&page.text(), &[]).await.location());
    let page = world.get(&other).await;
    assert!(text_of(&page).contains("Trần Thị Bộ"));
    let two = id_of(&world.press(&page.text(), &[]).await.location());
    let list = text_of(&world.get(PAGE).await);
    assert!(list.contains("01/2025") && list.contains("02/2025"), "one row of numbers: {list}");
    for (browser, own, others) in [(&world.taker, &one, &two), (&other_taker, &two, &one)] {
        assert_eq!(world.test.get(Some(browser), &format!("/ban-giao/{own}")).await.status, StatusCode::OK);
        for path in [format!("/ban-giao/{others}"), format!("/ban-giao/{others}/bien-ban.pdf")] {
            assert_eq!(world.test.get(Some(browser), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let inbox = world.test.get(Some(browser), "/ban-giao").await.text();
        assert!(inbox.contains(own.as_str()) && !inbox.contains(others.as_str()));
    }
    let stranger = world.test.unit_officer(world.partition, world.test.unit().await).await;
    assert_eq!(world.test.get(Some(&stranger), &format!("{PAGE}/{one}")).await.status, StatusCode::NOT_FOUND);
    assert!(!text_of(&world.test.get(Some(&stranger), PAGE).await).contains("01/2025"));
    assert_eq!(world.test.get(Some(&world.taker), PAGE).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.test.get(Some(&world.officer), "/ban-giao").await.status, StatusCode::FORBIDDEN);
}

/// What the code must never try, the database refuses: an agency that makes a batch or rewrites one, a unit that takes its
/// own.
#[tokio::test]
async fn the_database_lets_each_side_do_only_its_own() {
    use sqlx::Executor;
    let world = World::new().await;
    world.received("Nguyễn Văn An", "051080000315", "2025-12-05").await;
    let batch = id_of(&world.hand_all_over().await);
    let agency = format!("set local app.context = 'agency'; set local app.partition_id = '{}'", world.partition);
    let unit = format!("set local app.context = 'unit'; set local app.unit_id = '{}'", world.unit);
    let copy = "insert into hand_over (partition_id, id, unit_id, year, number, state, handed_on, hander_name_sealed, hander_position_sealed, sent_hash, created_at, created_by, updated_at, updated_by)
                select partition_id, gen_random_uuid(), unit_id, year, number + 1, state, handed_on, hander_name_sealed, hander_position_sealed, sent_hash, created_at, created_by, updated_at, updated_by from hand_over";
    let mut conn = world.test.app.db.raw_pool().acquire().await.unwrap();
    for (context, sql) in [
        (&agency, copy.to_owned()),
        (&agency, format!("update hand_over set handed_on = handed_on where id = '{batch}'")),
        (&agency, format!("update hand_over set updated_by = 'x' where id = '{batch}'")),
        (&agency, format!("update hand_over_item set document_hash = document_hash where hand_over_id = '{batch}'")),
        (&unit, format!("update hand_over set sent_hash = sent_hash where id = '{batch}'")),
        (&unit, format!("delete from hand_over where id = '{batch}'")),
    ] {
        conn.execute(sqlx::AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let outcome = conn.execute(sqlx::AssertSqlSafe(sql.clone())).await;
        conn.execute("rollback").await.unwrap();
        let Err(sqlx::Error::Database(error)) = outcome else { panic!("{sql}: {outcome:?}") };
        assert_eq!(error.code().as_deref(), Some("42501"), "{sql}: {error}");
    }
    // What a unit may not update it does not even find.
    conn.execute(sqlx::AssertSqlSafe(format!("begin; {unit}"))).await.unwrap();
    let sql = format!("update hand_over set updated_by = 'x' where id = '{batch}'");
    let reached = conn.execute(sqlx::AssertSqlSafe(sql)).await.unwrap().rows_affected();
    conn.execute("rollback").await.unwrap();
    assert_eq!(reached, 0);
}

#[tokio::test]
async fn the_api_hands_over_and_takes_once() {
    let world = World::new().await;
    let there = world.received("Nguyễn Văn An", "051080000316", "2025-12-05").await;
    let gone = world.received("Trần Thị Bình", "051180000317", "2025-12-05").await;
    let (unit, agency) = (world.test.token(&world.officer).await, world.test.token(&world.taker).await);
    let mut asked = json!({
        "agency": world.partition, "declarations": [there, gone], "handed_on": "2025-12-08",
        "hander_name": "Trần Văn Giao", "hander_position": "Chánh Văn phòng",
    });
    let api = async |token: &str, method: &str, path: &str, key: &str, body: Option<&Value>| {
        world.test.api(token, method, &format!("/api/v1{path}"), Some(key), body).await
    };
    assert_eq!(api(&agency, "POST", "/hand-overs", "khoa-giao-0", Some(&asked)).await.status, StatusCode::FORBIDDEN);
    let made = api(&unit, "POST", "/hand-overs", "khoa-giao-1", Some(&asked)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(api(&unit, "POST", "/hand-overs", "khoa-giao-1", Some(&asked)).await.json(), made.json());
    let again = api(&unit, "POST", "/hand-overs", "khoa-giao-2", Some(&asked)).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (StatusCode::CONFLICT, Some("already_handed_over")));
    asked["declarations"] = json!([]);
    let none = api(&unit, "POST", "/hand-overs", "khoa-giao-3", Some(&asked)).await;
    assert_eq!((none.status, none.json()["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("nothing_chosen")));

    let id: HandOverId = made.json()["hand_over"].as_str().unwrap().parse().unwrap();
    let list = api(&agency, "GET", "/hand-overs", "", None).await.json();
    assert_eq!((&list[0]["id"], &list[0]["declarations"]), (&json!(id), &json!(2)));
    let taking = json!({
        "taken_on": "2025-12-08", "taker_name": "Phạm Văn Kiểm", "taker_position": "Thanh tra viên",
        "missing": {gone.to_string(): "không có trong hồ sơ giao"},
    });
    let path = format!("/hand-overs/{id}/taking");
    assert_eq!(api(&unit, "POST", &path, "khoa-nhan-0", Some(&taking)).await.status, StatusCode::FORBIDDEN);
    let taken = api(&agency, "POST", &path, "khoa-nhan-1", Some(&taking)).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    assert_eq!((&taken.json()["taken"], &taken.json()["missing"]), (&json!(1), &json!(1)));
    assert_eq!(api(&agency, "POST", &path, "khoa-nhan-1", Some(&taking)).await.json(), taken.json());
    assert_eq!(api(&agency, "POST", &path, "khoa-nhan-2", Some(&taking)).await.status, StatusCode::CONFLICT);
    let shown = api(&unit, "GET", &format!("/hand-overs/{id}"), "", None).await.json();
    assert_eq!(shown["state"], "TAKEN");
    assert_eq!(shown["sent_sha256"], made.json()["record_sha256"]);
    assert_eq!(shown["taken_sha256"], taken.json()["record_sha256"]);
    let states: Vec<_> =
        shown["declarations"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"TAKEN") && states.contains(&"MISSING"), "{shown}");
    assert!(world.is_whole().await);
}

/// Two officers press at the same moment, each from their own page: one is told that the other was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_is_told_that_the_other_was_first() {
    let world = World::new().await;
    let ids: Vec<String> = (0..4).map(|n| format!("05108000050{n}")).collect();
    for id_no in &ids {
        world.received("Nguyễn Văn An", id_no, "2025-12-05").await;
    }
    let colleague = world.test.unit_officer(world.partition, world.unit).await;
    let page = world.get(PAGE).await.text();
    let chosen = all_values(&page, "ban");
    let agency = world.partition.to_string();
    let press = async |browser: &Browser, key: &str, chosen: &[String]| {
        let mut fields = vec![("khoa", key), ("co-quan", &*agency), ("name", "Trần Văn Giao")];
        fields.extend([("position", "Chánh Văn phòng"), ("day", "08/12/2025")]);
        fields.extend(chosen.iter().map(|id| ("ban", id.as_str())));
        world.test.post(Some(browser), PAGE, &fields).await
    };
    let (one, two) = tokio::join!(
        press(&world.officer, "khoa-cua-mot", &chosen[..3]),
        press(&colleague, "khoa-cua-hai", &chosen[1..])
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", text_of(&one), text_of(&two));
    let batch = id_of(&[one.location(), two.location()].concat());
    let other = world.test.officer(Role::IntakeOfficer, world.partition).await;
    let fields =
        |key| [("khoa", key), ("day", "08/12/2025"), ("name", "Phạm Văn Kiểm"), ("position", "Thanh tra viên")];
    let (path, mine, theirs) = (format!("/ban-giao/{batch}"), fields("khoa-cua-ba"), fields("khoa-cua-bon"));
    let (one, two) =
        tokio::join!(world.test.post(Some(&world.taker), &path, &mine), world.test.post(Some(&other), &path, &theirs));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", text_of(&one), text_of(&two));
    assert_eq!((world.events("hand_over.sent").await.len(), world.events("hand_over.taken").await.len()), (1, 1));
    assert!(world.is_whole().await);
}
