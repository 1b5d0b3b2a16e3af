//! The list through its pages, against the database.
use axum::http::{Request, StatusCode, header};
use chrono::{NaiveDate, TimeDelta};

use super::sheet;
use crate::custody;
use crate::custody::send::Sending;
use crate::kernel::id::{OrganisationId, PartitionId, PersonId, RoutingRuleId};
use crate::kernel::{Actor, Error, Event, Once, Role};
use crate::organisation::{self, Rank, RoutingRule};
use crate::person::custody::Reason;
use crate::testing::{Answer, Browser, TestApp, owner};

struct World {
    test: TestApp,
    province: PartitionId,
    ministry: PartitionId,
    unit: OrganisationId,
    officer: Browser,
}

impl World {
    /// A unit whose director is another agency's than its other people (article 30).
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (province, ministry, unit) = (test.agency().await, test.agency().await, test.unit().await);
        let from = NaiveDate::from_ymd_opt(2020, 12, 20).unwrap();
        let rule = |partition, precedence, rank| RoutingRule {
            id: RoutingRuleId::new(),
            partition,
            precedence,
            sector: None,
            province_code: None,
            organisation: Some(unit),
            rank,
            party_managed: None,
            basis: "Điều 30".into(),
            valid_from: from,
            valid_to: None,
        };
        let rules = [rule(ministry, 200, Some(Rank::DirectorUp)), rule(province, 100, None)];
        test.app
            .db
            .write(&Actor::SYSTEM, "test.routing", async |tx| {
                for rule in &rules {
                    organisation::store::insert_routing_rule(tx, rule).await?;
                    tx.record(Event::new("routing.added", rule.partition).id("rule", rule.id))?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let officer = test.unit_officer(province, unit).await;
        Self { test, province, ministry, unit, officer }
    }

    async fn add(&self, line: &[(&str, &str)]) -> Answer {
        self.test.post(Some(&self.officer), "/don-vi/danh-sach/them", line).await
    }

    async fn list(&self) -> String {
        let page = self.test.get(Some(&self.officer), "/don-vi/danh-sach").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        page.text()
    }

    async fn open_year(&self, year: &str) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        self.test.post(Some(&self.officer), "/don-vi/danh-sach/mo-dot", &[("year", year), ("khoa", &key)]).await
    }

    /// A workbook sent as a browser sends it.
    async fn bring_in(&self, bytes: &[u8]) -> Answer {
        let mut body = Vec::new();
        let part = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n";
        body.extend_from_slice(format!("{part}{}\r\n", self.officer.csrf).as_bytes());
        body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"sheet\"; filename=\"ds.xlsx\"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = Request::post("/don-vi/danh-sach/excel")
            .header(header::COOKIE, &self.officer.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(body.into())
            .unwrap();
        self.test.send(request).await
    }

    /// Kind, year, last day and partition of every obligation of the unit, ended ones marked.
    async fn owed(&self) -> Vec<(String, i16, NaiveDate, bool, bool)> {
        sqlx::query_as(
            "select kind, year, due_on, partition_id = $2, ended_on is not null from obligation where unit_id = $1 order by kind, year, due_on",
        )
        .bind(self.unit.0)
        .bind(self.province.0)
        .fetch_all(&mut owner().await)
        .await
        .unwrap()
    }

    async fn events(&self, partition: PartitionId, name: &str) -> i64 {
        sqlx::query_scalar("select count(*) from event where partition_id = $1 and name = $2")
            .bind(partition.0)
            .bind(name)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    }

    async fn person(&self) -> uuid::Uuid {
        sqlx::query_scalar("select id from person where unit_id = $1")
            .bind(self.unit.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const ACCOUNTANT: [(&str, &str); 5] = [
    ("name", "Trần Thị Bưởi"),
    ("dob", "05/02/1980"),
    ("id_no", "051180000106"),
    ("position", "Kế toán viên"),
    ("in_post_since", "01/12/2025"),
];

/// What the page promises is taken in: eight mebibytes, more than other forms may have.
#[tokio::test]
async fn a_large_sheet_arrives_and_a_larger_one_is_told_so() {
    let world = World::new().await;
    let answer = world.bring_in(&vec![b'x'; 8 << 20]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.text().contains("bị ngắt") && !answer.text().contains("lớn hơn"), "{}", answer.text());
    let answer = world.bring_in(&vec![b'x'; 9 << 20]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Tệp lớn hơn 8 MB"), "{}", answer.text());
}

#[tokio::test]
async fn a_person_added_stands_with_ground_and_agency_and_owes_a_first_declaration() {
    let world = World::new().await;
    let added = world.add(&ACCOUNTANT).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text());
    let list = world.list().await;
    assert!(list.contains("Trần Thị Bưởi") && list.contains("khoản 1 Điều 10 Nghị định 130/2020/NĐ-CP"), "{list}");
    assert_eq!(world.owed().await, [("FIRST".to_owned(), 2025, day("2025-12-11"), true, false)]);
    // The director is the ministry's.
    let director = [
        ("name", "Lê Văn Cả"),
        ("dob", "01/01/1970"),
        ("position", "Giám đốc Sở Tài chính"),
        ("ground", "DIRECTOR_UP"),
        ("in_post_since", "01/07/2021"),
        ("marks", "first"),
    ];
    assert_eq!(world.add(&director).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.events(world.ministry, "person.added").await, 1);
    assert_eq!(world.owed().await.len(), 1, "who declared before owes no first declaration");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    let world = World::new().await;
    let wrong = world
        .add(&[("name", "Trần Thị Bưởi"), ("dob", "31/02/1980"), ("id_no", "12"), ("position", "Chuyên viên")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = wrong.text();
    for said in [
        "31/02/1980",
        "không phải số căn cước",
        "Chưa ghi căn cứ phải kê khai",
        "điểm b khoản 1 Điều 36",
        "Trần Thị Bưởi",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(world.owed().await.is_empty());
    assert_eq!(world.add(&ACCOUNTANT).await.status, StatusCode::SEE_OTHER);
    let twice = world.add(&ACCOUNTANT).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.text().contains("đã có trong danh sách"), "{}", twice.text());
}

/// A number of somebody another unit keeps is refused without a word about who or where that is.
#[tokio::test]
async fn a_number_of_another_unit_is_refused() {
    let world = World::new().await;
    let elsewhere = world.test.unit().await;
    world.test.declarant(world.province, elsewhere, "Phạm Văn Kín", "051180000106").await;
    let refused = world.add(&ACCOUNTANT).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("đang thuộc một người khác") && !refused.text().contains("Phạm Văn Kín"));
    let other = [("id_no", "051180000107")];
    let line: Vec<_> = ACCOUNTANT.iter().filter(|(key, _)| *key != "id_no").chain(&other).copied().collect();
    assert_eq!(world.add(&line).await.status, StatusCode::SEE_OTHER);
    let changed = world
        .test
        .post(Some(&world.officer), &format!("/don-vi/danh-sach/{}", world.person().await), &ACCOUNTANT)
        .await;
    assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(changed.text().contains("đang thuộc một người khác"), "{}", changed.text());
}

#[tokio::test]
async fn a_changed_line_keeps_what_it_said_and_leaving_ends_what_is_not_due() {
    let world = World::new().await;
    let line: Vec<_> = ACCOUNTANT.iter().chain(&[("marks", "first")]).copied().collect();
    assert_eq!(world.add(&line).await.status, StatusCode::SEE_OTHER);
    let opened = world.open_year("2025").await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    assert_eq!(world.owed().await, [("ANNUAL".to_owned(), 2025, day("2025-12-31"), true, false)]);
    let path = format!("/don-vi/danh-sach/{}", world.person().await);
    let promoted: Vec<_> =
        line.iter().map(|(key, value)| (*key, if *key == "position" { "Thanh tra viên" } else { *value })).collect();
    assert_eq!(world.test.post(Some(&world.officer), &path, &promoted).await.status, StatusCode::SEE_OTHER);
    let before: i64 = sqlx::query_scalar("select count(*) from person_before where unit_id = $1")
        .bind(world.unit.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    assert_eq!(before, 1);
    assert_eq!(world.events(world.province, "person.changed").await, 1);
    // The director's post would move the person to another agency: not by a change of the list.
    let director = [("ground", "DIRECTOR_UP")];
    let moved: Vec<_> = line
        .iter()
        .chain(&director)
        .map(|(key, value)| (*key, if *key == "position" { "Giám đốc Sở Y tế" } else { *value }))
        .collect();
    let refused = world.test.post(Some(&world.officer), &path, &moved).await;
    assert!(refused.text().contains("cơ quan kiểm soát khác"), "{}", refused.text());

    let without = world.test.post(Some(&world.officer), &format!("{path}/roi"), &[("left_on", "08/12/2025")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = [("reason", "RETIRED"), ("left_on", "01/12/2025")];
    assert_eq!(
        world.test.post(Some(&world.officer), &format!("{path}/roi"), &gone).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(world.list().await.contains("Nghỉ hưu, từ ngày 01/12/2025"));
    assert!(world.owed().await[0].4, "what was not due ends");
    // A form opened before says nothing of the person being gone: it does not bring them back unseen.
    let unseen = world.test.post(Some(&world.officer), &path, &promoted).await;
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unseen.text().contains("vừa được đưa ra khỏi danh sách") && unseen.text().contains("name=\"gone\""));
    let back: Vec<_> = promoted.iter().chain(&[("gone", "1")]).copied().collect();
    assert_eq!(world.test.post(Some(&world.officer), &path, &back).await.status, StatusCode::SEE_OTHER);
    assert!(!world.owed().await[0].4, "who comes back owes again");
}

#[tokio::test]
async fn a_year_is_opened_once_for_each_and_again_for_who_came_later() {
    let world = World::new().await;
    let line: Vec<_> = ACCOUNTANT.iter().chain(&[("marks", "first")]).copied().collect();
    assert_eq!(world.add(&line).await.status, StatusCode::SEE_OTHER);
    world.test.declarant(world.province, world.unit, "Ngô Văn Cũ", "051080000999").await;
    let key = [("year", "2025"), ("khoa", "mot-khoa-cua-trang")];
    for _ in 0..2 {
        let opened = world.test.post(Some(&world.officer), "/don-vi/danh-sach/mo-dot", &key).await;
        assert!(
            opened.text().contains("vừa được giao nghĩa vụ: <strong class=\"mb-number\">1</strong>"),
            "{}",
            opened.text()
        );
        assert!(opened.text().contains("Chưa ghi căn cứ nên chưa giao được: <strong class=\"mb-number\">1</strong>"));
    }
    let again = world.open_year("2025").await.text();
    assert!(again.contains("vừa được giao nghĩa vụ: <strong class=\"mb-number\">0</strong>"), "{again}");
    assert_eq!(world.owed().await.len(), 2, "one from before, one opened");
    let unknown = world.open_year("2031").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text().contains("2031"));
}

/// What fell due while they were away is owed again when its year is opened again, and told as that.
#[tokio::test]
async fn a_year_opened_again_reopens_what_had_ended() {
    let mut world = World::new().await;
    let line: Vec<_> = ACCOUNTANT.iter().chain(&[("marks", "first")]).copied().collect();
    assert_eq!(world.add(&line).await.status, StatusCode::SEE_OTHER);
    world.open_year("2025").await;
    let path = format!("/don-vi/danh-sach/{}", world.person().await);
    let gone = [("reason", "RETIRED"), ("left_on", "01/12/2025")];
    let left = world.test.post(Some(&world.officer), &format!("{path}/roi"), &gone).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.text());
    world.test.app.clock().advance(TimeDelta::days(30));
    world.officer = world.test.unit_officer(world.province, world.unit).await;
    let back: Vec<_> = line.iter().chain(&[("gone", "1")]).copied().collect();
    let back = world.test.post(Some(&world.officer), &path, &back).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    assert!(world.owed().await[0].4, "its last day passed while they were away");
    let opened = world.open_year("2025").await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    assert!(!world.owed().await[0].4);
    let told = (
        world.events(world.province, "obligation.added").await,
        world.events(world.province, "obligation.reopened").await,
    );
    assert_eq!(told, (1, 1));
    let verdict = world.test.verdict(world.province).await;
    assert!(verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn a_sheet_goes_out_is_mended_and_comes_back() {
    let world = World::new().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let cells = book.add_worksheet();
    let heads = [
        "Họ và tên",
        "Ngày sinh",
        "Số căn cước",
        "Chức vụ, chức danh",
        "Căn cứ phải kê khai",
        "Ngày giữ chức vụ",
        "Đã kê khai lần đầu",
        "Diện Đảng quản lý",
    ];
    let rows = [
        ["Trần Thị Bưởi", "05/02/1980", "051180000106", "Kế toán viên", "", "", "x", ""],
        ["Lê Văn Sai", "05/13/1980", "051080000107", "Chuyên viên", "không có căn cứ này", "", "x", "không"],
        [
            "Giám Đốc Ông",
            "01/01/1970",
            "051070000108",
            "Giám đốc Sở",
            "Giữ chức vụ từ Giám đốc sở và tương đương trở lên",
            "",
            "có",
            "",
        ],
    ];
    for (row, line) in (0u32..).zip(std::iter::once(&heads).chain(&rows)) {
        for (column, cell) in (0u16..).zip(line) {
            cells.write_string(row, column, *cell).unwrap();
        }
    }
    let sent = book.save_to_buffer().unwrap();
    let first = world.bring_in(&sent).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let said = first.text();
    for part in [
        "Thêm mới <strong class=\"mb-number\">2</strong>",
        "chưa ghi được <strong class=\"mb-number\">1</strong>",
        ">B3<",
        ">E3<",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let second = world.bring_in(&sent).await.text();
    assert!(
        second.contains("không đổi <strong class=\"mb-number\">2</strong>")
            && second.contains("Thêm mới <strong class=\"mb-number\">0</strong>"),
        "{second}"
    );

    let out = world.test.get(Some(&world.officer), "/don-vi/danh-sach/excel").await;
    assert_eq!(out.status, StatusCode::OK);
    assert_eq!(sheet::read(&out.body, false).unwrap().rows.len(), 2);
    assert_eq!(world.events(world.ministry, "roster.exported").await, 1);
    let back = world.bring_in(&out.body).await.text();
    assert!(back.contains("không đổi <strong class=\"mb-number\">2</strong>"), "{back}");

    let garbage = world.bring_in(b"%PDF-1.4").await;
    assert_eq!(garbage.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(garbage.text().contains("không phải bảng tính Excel"));
}

/// What was overdue stays owed whichever day is written, a mended day mends what follows from it, and who left comes back
/// by the officer's own act only, not with an old sheet.
#[tokio::test]
async fn leaving_hides_nothing_and_an_old_sheet_brings_nobody_back() {
    let world = World::new().await;
    let since = |day: &'static str| {
        let mended =
            |(key, value): &(&'static str, &'static str)| (*key, if *key == "in_post_since" { day } else { *value });
        ACCOUNTANT.iter().map(mended).collect::<Vec<_>>()
    };
    assert_eq!(world.add(&since("01/12/2025")).await.status, StatusCode::SEE_OTHER);
    let path = format!("/don-vi/danh-sach/{}", world.person().await);
    assert_eq!(world.test.post(Some(&world.officer), &path, &since("01/11/2025")).await.status, StatusCode::SEE_OTHER);
    let overdue = [("FIRST".to_owned(), 2025, day("2025-11-11"), true, false)];
    assert_eq!(world.owed().await, overdue);
    let sheet = world.test.get(Some(&world.officer), "/don-vi/danh-sach/excel").await;
    let gone = [("reason", "RETIRED"), ("left_on", "01/01/2025")];
    let leave = format!("{path}/roi");
    assert_eq!(world.test.post(Some(&world.officer), &leave, &gone).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.owed().await, overdue);
    assert_eq!(world.test.post(Some(&world.officer), &leave, &gone).await.status, StatusCode::CONFLICT);
    let back = world.bring_in(&sheet.body).await.text();
    assert!(
        back.contains("đã ra khỏi danh sách") && back.contains("sửa <strong class=\"mb-number\">0</strong>"),
        "{back}"
    );
    // The number is free for the unit the person went to.
    let next = world.test.unit().await;
    world.test.declarant(world.province, next, "Trần Thị Bưởi", "051180000106").await;
    let back: Vec<_> = since("01/11/2025").into_iter().chain([("gone", "1")]).collect();
    let squatted = world.test.post(Some(&world.officer), &path, &back).await;
    assert!(squatted.text().contains("đang thuộc một người khác"), "{}", squatted.text());
    assert_eq!(world.events(world.province, "roster.number_refused").await, 1);
}

/// Two presses of one button add one person.
#[tokio::test]
async fn two_at_once_take_turns() {
    let world = World::new().await;
    let line: Vec<_> = ACCOUNTANT.iter().filter(|(key, _)| *key != "id_no").copied().collect();
    let (one, two) = tokio::join!(world.add(&line), world.add(&line));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
    assert_eq!(world.owed().await.len(), 1);
    let empty = World::new().await;
    assert_eq!(empty.open_year("2025").await.status, StatusCode::OK, "nobody on the list yet");
}

/// Someone on the list with a declaration of 2025 on record, and their line.
async fn declared(world: &World) -> (PersonId, Vec<(&'static str, &'static str)>) {
    let mut line = ACCOUNTANT.to_vec();
    line.push(("marks", "first"));
    assert_eq!(world.add(&line).await.status, StatusCode::SEE_OTHER);
    let person = PersonId(world.person().await);
    assert_eq!(world.open_year("2025").await.status, StatusCode::OK);
    let actor = Actor::system_in(world.province);
    let owed = world
        .test
        .app
        .db
        .read(&actor, "test.owed", async |tx| crate::person::store::obligations(tx, Some(person)).await);
    crate::declaration::tests::digitise(&world.test, &owed.await.unwrap().remove(0)).await;
    custody::tests::sequence(&world.test).await;
    (person, line)
}

/// Who had left and comes back as a director stays gone under the one agency and is listed under the other.
#[tokio::test]
async fn who_left_and_comes_back_higher_is_listed_under_the_other_agency() {
    let world = World::new().await;
    let test = &world.test;
    let (person, mut line) = declared(&world).await;
    super::keep::leave(&test.app, &world.officer.actor, person, day("2025-12-08"), "MOVED").await.unwrap();
    let sender = test.officer(Role::IntakeOfficer, world.province).await;
    let asked = custody::tests::sending(person, world.ministry);
    let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"custody").unwrap();
    custody::send::send(&test.app, &sender.actor, &asked, &once).await.unwrap();
    line.retain(|(name, _)| *name != "position");
    line.extend([("position", "Giám đốc Sở Y tế"), ("ground", "DIRECTOR_UP"), ("gone", "1")]);
    let back = test.post(Some(&world.officer), &format!("/don-vi/danh-sach/{person}"), &line).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    let rows: Vec<(uuid::Uuid, Option<String>)> =
        sqlx::query_as("select partition_id, left_reason from person where unit_id = $1 order by left_on nulls first")
            .bind(world.unit.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
    assert_eq!(rows, [(world.ministry.0, None), (world.province.0, Some("MOVED".to_owned()))]);
    assert_eq!(world.events(world.province, "person.left").await, 1);
}

/// Another agency controls whoever rises to director: the unit writes the line again once the file was sent there.
#[tokio::test]
async fn who_rises_to_another_agency_is_listed_there_once_their_file_is_sent() {
    let world = World::new().await;
    let test = &world.test;
    let (person, mut line) = declared(&world).await;
    let path = format!("/don-vi/danh-sach/{person}");
    line.retain(|(name, _)| *name != "position");
    line.extend([("position", "Giám đốc Sở Y tế"), ("ground", "DIRECTOR_UP")]);
    let refused = test.post(Some(&world.officer), &path, &line).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("chuyển hồ sơ (trang “Chuyển hồ sơ”)"), "{}", refused.text());

    let sender = test.officer(Role::IntakeOfficer, world.province).await;
    let taker = test.officer(Role::IntakeOfficer, world.ministry).await;
    let once = || Once::new(&uuid::Uuid::new_v4().to_string(), b"custody").unwrap();
    let asked = Sending { reason: Reason::RankChanged, ..custody::tests::sending(person, world.ministry) };
    let sent = custody::send::send(&test.app, &sender.actor, &asked, &once()).await.unwrap();
    let take = async |person| {
        let taking = custody::tests::taking(person);
        custody::answer::take(&test.app, &taker.actor, sent.transfer, &taking, &once()).await
    };
    // A namesake with the number in another unit of that agency is not who was on this unit's list.
    let elsewhere = test.unit().await;
    let other = custody::tests::listed(test, world.ministry, elsewhere, "Trần Thị Bưởi", "051180000106").await;
    let Err(Error::Refused(refusal)) = take(other).await else { panic!("taken for another unit's") };
    assert_eq!(refusal.code, "other_unit", "{refusal}");
    let there = test.unit_officer(world.ministry, elsewhere).await;
    super::keep::leave(&test.app, &there.actor, other, day("2025-12-08"), "LEFT_SERVICE").await.unwrap();

    let again = test.post(Some(&world.officer), &path, &line).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    let rows: Vec<(uuid::Uuid, uuid::Uuid, Option<String>)> = sqlx::query_as(
        "select id, partition_id, left_reason from person where unit_id = $1 order by left_on nulls first",
    )
    .bind(world.unit.0)
    .fetch_all(&mut owner().await)
    .await
    .unwrap();
    let (now, before) = (rows[0].clone(), rows[1].clone());
    assert_eq!((now.1, now.2), (world.ministry.0, None));
    assert_eq!((before.0, before.2), (person.0, Some("OTHER_AGENCY".into())));
    take(PersonId(now.0)).await.unwrap();
    let list = world.list().await;
    assert!(list.contains("Hồ sơ đã chuyển ngày") && list.contains("Hồ sơ được chuyển từ"), "{list}");
    // The line as it is now is changed like any other, and a sheet is about it.
    line.retain(|(name, _)| *name != "position");
    line.push(("position", "Giám đốc Sở Tài chính"));
    let changed = test.post(Some(&world.officer), &format!("/don-vi/danh-sach/{}", now.0), &line).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text());
    let out = test.get(Some(&world.officer), "/don-vi/danh-sach/excel").await;
    let said = world.bring_in(&out.body).await.text();
    assert!(said.contains("không đổi <strong class=\"mb-number\">1</strong>"), "{said}");
    // 2025 is declared: opening the year again obliges nobody anew, here or there.
    assert_eq!(world.open_year("2025").await.status, StatusCode::OK);
    assert_eq!(world.owed().await.len(), 1);
}
