//! Declarations owed on an occasion: who may ask for them, when they are due, how they are made.
use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::NaiveDate;
use form::Kind;
use form::thread::Tie;
use serde_json::{Value, json};

use super::asset::tests as assets;
use super::carry_tests::{answer, before, digitise, filled, leads_to, pass, recorded, second_year};
use super::tests::{World, all_fields, all_values, text_of, value_of};
use crate::kernel::id::ObligationId;
use crate::person::{self, Obligation};
use crate::testing::{Answer, Browser, owner};

fn on(day: &str) -> NaiveDate {
    day.parse().unwrap()
}

/// The annual declaration of the world's declarant is not asked for.
pub(super) async fn without_annual(world: &World) {
    sqlx::query("update obligation set ended_on = '2025-01-02' where id = $1")
        .bind(world.obligation.id.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
}

pub(super) async fn open_supplement(world: &World, year: &str) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    world.app.post(Some(&world.browser), "/ke-khai/bo-sung", &[("nam", year), ("khoa", &key)]).await
}

/// The world with the obligation an address leads to in place of its first.
pub(super) async fn for_obligation(world: World, id: ObligationId) -> World {
    let (actor, partition) = (world.browser.actor, world.obligation.partition);
    let db = &world.app.app.db;
    let obligation = db
        .read(&actor, "test.obligation", async |tx| person::store::obligation(tx, partition, id).await)
        .await
        .unwrap();
    World { obligation, ..world }
}

pub(super) fn id_in(location: &str) -> ObligationId {
    location.rsplit('/').next().unwrap().parse().unwrap()
}

async fn obligations(world: &World) -> Vec<Obligation> {
    let db = &world.app.app.db;
    let person = Some(world.obligation.person);
    db.read(&world.browser.actor, "test.owed", async |tx| person::store::obligations(tx, person).await).await.unwrap()
}

async fn unit_officer(world: &World) -> Browser {
    world.app.unit_officer(world.obligation.partition, world.obligation.unit).await
}

async fn plan(world: &World, officer: &Browser, occasion: &str, day: &str) -> Answer {
    let path = format!("/don-vi/danh-sach/{}/dip", world.obligation.person);
    let key = uuid::Uuid::new_v4().to_string();
    world.app.post(Some(officer), &path, &[("viec", occasion), ("ngay", day), ("khoa", &key)]).await
}

/// Article 36.3: what the annual declaration says is not declared a second time; the year before has its own obligation.
#[tokio::test]
async fn nobody_supplements_a_year_they_declare_annually() {
    let world = World::new().await;
    let refused = open_supplement(&world, "2025").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let told = text_of(&refused);
    assert!(told.contains("biến động trong năm được ghi ở Phần III") && told.contains("khoản 3 Điều 36"), "{told}");
    for wrong in ["", "2023", "năm nay", "99999999999"] {
        let refused = open_supplement(&world, wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(obligations(&world).await.len(), 1, "{wrong}");
    }
    // Of last year, whose time has run out: late, and taken all the same.
    let opened = open_supplement(&world, "2024").await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", text_of(&opened));
    let late = obligations(&world).await.into_iter().find(|o| o.kind == Kind::Supplement).unwrap();
    assert_eq!((late.year, late.due_on, late.rule_set.as_str()), (2024, on("2024-12-31"), "R1_ND130"));
    let world = for_obligation(world, late.id).await;
    assert!(text_of(&world.get("").await).contains("Đã quá hạn gửi"));
}

#[tokio::test]
async fn one_supplement_at_a_time_and_what_was_opened_by_mistake_is_taken_back() {
    let world = World::new().await;
    without_annual(&world).await;
    let first = open_supplement(&world, "2025").await;
    let again = open_supplement(&world, "2025").await;
    assert_eq!(first.location(), again.location(), "gone on with, not opened twice");
    let list = text_of(&world.app.get(Some(&world.browser), "/ke-khai").await);
    assert!(list.contains("Kê khai bổ sung, năm 2025") && list.contains("31/12/2025"), "{list}");

    let world = for_obligation(world, id_in(&first.location())).await;
    world.post("bat-dau", &[]).await;
    let officer = unit_officer(&world).await;
    let stranger = {
        let (_, other) =
            world.app.declarant(world.obligation.partition, world.obligation.unit, "Vũ Thị Bé", "051085000321").await;
        world.app.declarant_browser(&other).await
    };
    let path = format!("/ke-khai/{}/thoi", world.obligation.id);
    assert_eq!(world.app.post(Some(&stranger), &path, &[]).await.status, StatusCode::NOT_FOUND);
    let by_unit = format!("/don-vi/nghia-vu/{}/thoi", world.obligation.id);
    assert_eq!(world.app.post(Some(&officer), &by_unit, &[]).await.status, StatusCode::FORBIDDEN, "only who said so");
    assert_eq!(world.post("thoi", &[]).await.location(), "/ke-khai");
    assert_eq!(world.post("thoi", &[]).await.status, StatusCode::CONFLICT);
    let list = text_of(&world.app.get(Some(&world.browser), "/ke-khai").await);
    assert!(list.contains("Đã hủy"), "{list}");
    assert_eq!(world.get("").await.location(), "/ke-khai", "it is not gone on with");
    let kept = world.post("iii-1-1", &[("have", "khong"), ("version", "0"), ("tab", "t")]).await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(text_of(&kept).contains("đã được hủy nên nội dung dưới đây không được lưu"), "{}", text_of(&kept));

    let next = open_supplement(&world, "2025").await;
    let next = for_obligation(world, id_in(&next.location())).await;
    assert_eq!((next.obligation.nth, next.obligation.title().as_str()), (2, "Kê khai bổ sung lần 2, năm 2025"));
}

/// Article 36.2 and Phụ lục II: the table and what is new, nothing else; next time it is all there.
#[tokio::test]
async fn a_supplement_is_made_from_what_changed_and_carried_into_the_next_year() {
    let world = second_year().await;
    let annual = world.obligation.id;
    without_annual(&world).await;
    let opened = open_supplement(&world, "2025").await;
    let world = for_obligation(world, id_in(&opened.location())).await;
    let start = text_of(&world.get("").await);
    assert!(start.contains("chỉ mô tả tài sản tăng thêm"), "{start}");
    assert_eq!(leads_to(&world.post("bat-dau", &[]).await), "tu-lan-truoc");
    assert_eq!(answer(&world, &["dat", "gan-lien-dat"]).await, "iii-1-1", "the table comes last, though printed first");
    assert!(text_of(&world.get("iii-1-1").await).contains("hướng dẫn số 6, Phụ lục II"));
    assert_eq!(pass(&world, "iii-1-1", &[("e1.nay", "het")]).await, "iii-1-2");
    assert_eq!(pass(&world, "iii-1-2", &[]).await, "iii-3-1");
    let pepper = [
        ("have", "co"),
        ("e0.name", "Hồ tiêu"),
        ("e0.quantity", "1900 cây"),
        ("e0.value.kind", "BUILD"),
        ("e0.value.amount", "245.000.000"),
    ];
    assert_eq!(pass(&world, "iii-3-1", &pepper).await, "iii-3-2");
    assert_eq!(pass(&world, "iii-3-2", &[]).await, "iii-3-3");
    assert_eq!(pass(&world, "iii-3-3", &[]).await, "ii");
    let table = world.get("ii").await.text();
    assert_eq!(value_of(&table, "e0.quantity"), "- 283 m²");
    assert_eq!(value_of(&table, "e1.quantity"), "+ 1900 cây");
    assert!(!table.contains("e2.quantity"), "what is not spoken of did not change: {table}");
    let explained = [
        ("e0.explanation", "Bán cho người khác"),
        ("e1.explanation", "Mua từ tiền bán thửa đất năm 2025"),
        ("t.INCOME.value", "1.909.000.000"),
        ("t.INCOME.explanation", "Lương: 289.000.000; bán thửa đất: 1.620.000.000"),
    ];
    assert_eq!(pass(&world, "ii", &explained).await, "kiem-tra");
    let check = text_of(&world.get("kiem-tra").await);
    assert!(
        check.contains("tăng 245.000.000 đồng, giảm 260.000.000 đồng") && check.contains("từ 300.000.000 đồng"),
        "{check}"
    );
    assert!(!check.contains("Mazda CX-5"), "what was declared before is not described again: {check}");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));
    let declared = recorded(&world).await;
    let names: Vec<&str> = declared["assets"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!((names, &declared["form"], &declared["kind"]), (vec!["Hồ tiêu"], &json!("PL2"), &json!("SUPPLEMENT")));
    let rows: Vec<&str> = declared["changes"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert_eq!(rows, ["LAND_RES", "TREE_OR_FOREST", "INCOME"], "note 5: the income as well");
    let none = declared["none"].as_array().unwrap();
    assert!(none.contains(&json!("REGISTERED")) && none.contains(&json!("LAND_RES")) && !none.contains(&json!("TREE")));

    // Printed on the second form.
    let id: uuid::Uuid = sqlx::query_scalar("select declaration_id from obligation where id = $1")
        .bind(world.obligation.id.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    let pdf = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}/ban-ke-khai.pdf")).await;
    assert_eq!(pdf.status, StatusCode::OK);

    // The next declaration begins with all of it.
    sqlx::query("update obligation set ended_on = null where id = $1")
        .bind(annual.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let world = for_obligation(world, annual).await;
    world.post("bat-dau", &[]).await;
    let asked = text_of(&world.get("tu-lan-truoc").await);
    for there in
        ["Xe ô tô Mazda CX-5", "Hồ tiêu (1900 cây): 245.000.000 đồng", "Số 12, đường Lê Lợi".to_lowercase().as_str()]
    {
        assert!(asked.to_lowercase().contains(&there.to_lowercase()), "{there}: {asked}");
    }
    assert!(!asked.contains("Nông Tiến"), "{asked}");
}

/// A supplement with nothing in its table is none.
#[tokio::test]
async fn a_supplement_tells_a_change() {
    let world = second_year().await;
    without_annual(&world).await;
    let opened = open_supplement(&world, "2025").await;
    let world = for_obligation(world, id_in(&opened.location())).await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &[]).await, "ii");
    let page = world.get("ii").await.text();
    let mut fields = all_fields(&page);
    fields.retain(|(name, _)| name != "viec" && name != "csrf" && name != "have");
    fields.extend([("have".into(), "khong".into()), ("viec".into(), "tiep".into())]);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let kept = world.post("ii", &fields).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&kept).contains("bản kê khai bổ sung ghi “Không có biến động”"), "{}", text_of(&kept));
}

/// Articles 36.4 and 34.4: the unit says what is planned; the days run back from it.
#[tokio::test]
async fn what_is_planned_for_a_person_is_declared_before_it() {
    let world = second_year().await;
    let officer = unit_officer(&world).await;
    let page =
        text_of(&world.app.get(Some(&officer), &format!("/don-vi/danh-sach/{}/dip", world.obligation.person)).await);
    assert!(page.contains("chậm nhất 10 ngày trước") && page.contains("chậm nhất 42 ngày trước ngày bầu cử"), "{page}");
    for (occasion, day, field) in [
        ("", "05/01/2026", "Chưa chọn việc"),
        ("APPOINTMENT", "30/02/2026", "Ngày dự kiến chưa đúng"),
        ("APPOINTMENT", "07/12/2025", "đã qua"),
        ("APPOINTMENT", "07/12/2099", "quá xa"),
    ] {
        let refused = plan(&world, &officer, occasion, day).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{occasion} {day}");
        let told = text_of(&refused);
        assert!(told.contains(field), "{field}: {told}");
        assert!(refused.text().contains(day), "what was typed stays");
    }
    assert_eq!(plan(&world, &officer, "APPOINTMENT", "05/01/2026").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        plan(&world, &officer, "APPOINTMENT", "05/01/2026").await.status,
        StatusCode::SEE_OTHER,
        "asked for once"
    );
    assert_eq!(plan(&world, &officer, "PEOPLES_COUNCIL", "15/03/2026").await.status, StatusCode::SEE_OTHER);
    let owed = obligations(&world).await;
    let of = |kind| owed.iter().filter(move |o: &&Obligation| o.kind == kind).collect::<Vec<_>>();
    let (personnel, candidate) = (of(Kind::Personnel), of(Kind::Candidate));
    assert_eq!((personnel.len(), candidate.len()), (1, 1));
    assert_eq!((personnel[0].due_on, personnel[0].year), (on("2025-12-26"), 2025));
    assert_eq!((candidate[0].due_on, candidate[0].year), (on("2026-02-01"), 2026));
    assert_eq!(personnel[0].title(), "Kê khai phục vụ công tác cán bộ (bổ nhiệm, dự kiến 05/01/2026), năm 2025");
    // Another unit's officer and another person's account find nobody.
    let other = world.app.unit_officer(world.obligation.partition, world.app.unit().await).await;
    assert_eq!(plan(&world, &other, "APPOINTMENT", "06/01/2026").await.status, StatusCode::NOT_FOUND);
    assert_eq!(plan(&world, &world.browser, "APPOINTMENT", "06/01/2026").await.status, StatusCode::FORBIDDEN);

    // The plan came to nothing.
    let candidate = candidate[0].id;
    let back = world.app.post(Some(&officer), &format!("/don-vi/nghia-vu/{candidate}/thoi"), &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let elsewhere = world.app.post(Some(&other), &format!("/don-vi/nghia-vu/{}/thoi", personnel[0].id), &[]).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);

    // It is made as the annual one is, from what was declared last.
    let personnel = personnel[0].id;
    let world = for_obligation(world, personnel).await;
    assert_eq!(leads_to(&world.post("bat-dau", &[]).await), "tu-lan-truoc");
    assert_eq!(answer(&world, &[]).await, "ii-10");
    let incomes = [("e0.declarant", "10"), ("e0.spouse", "20"), ("e0.children", "0"), ("e0.common", "0")];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");
    assert_eq!(pass(&world, "iii", &[("t.INCOME.explanation", "Lương, phụ cấp: 30")]).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));
    let declared = recorded(&world).await;
    assert_eq!((&declared["kind"], &declared["form"]), (&json!("PERSONNEL"), &json!("PL1")));
    assert_eq!(declared["assets"].as_array().unwrap().len(), before()["assets"].as_array().unwrap().len());
    let back = world.app.post(Some(&officer), &format!("/don-vi/nghia-vu/{personnel}/thoi"), &[]).await;
    assert_eq!(back.status, StatusCode::CONFLICT, "what was sent is not taken back");
}

/// Who still owes a first declaration makes that one, for whatever occasion.
#[tokio::test]
async fn a_first_declaration_comes_first() {
    let world = World::new().await;
    sqlx::query("update obligation set kind = 'FIRST' where id = $1")
        .bind(world.obligation.id.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let officer = unit_officer(&world).await;
    for refused in [plan(&world, &officer, "APPOINTMENT", "05/01/2026").await, open_supplement(&world, "2025").await] {
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(
            text_of(&refused).contains("Bản kê khai lần đầu (hạn 31/12/2025) chưa được nộp"),
            "{}",
            text_of(&refused)
        );
    }
    assert_eq!(obligations(&world).await.len(), 1);
}

/// A paper fulfils what is owed of its kind, also the second time in a year, and nothing that was taken back.
#[tokio::test]
async fn a_paper_answers_the_occasion_that_is_open() {
    let world = World::new().await;
    let officer = unit_officer(&world).await;
    for day in ["25/12/2025", "15/03/2026", "05/01/2026"] {
        assert_eq!(plan(&world, &officer, "APPOINTMENT", day).await.status, StatusCode::SEE_OTHER);
    }
    let owed: Vec<Obligation> = obligations(&world).await.into_iter().filter(|o| o.kind == Kind::Personnel).collect();
    let of = |day: &str| owed.iter().find(|o| o.occasion.unwrap().1 == on(day)).unwrap().id;
    let taken_back = format!("/don-vi/nghia-vu/{}/thoi", of("2025-12-25"));
    assert_eq!(world.app.post(Some(&officer), &taken_back, &[]).await.status, StatusCode::SEE_OTHER);
    let partition = world.obligation.partition;
    let found = world
        .app
        .app
        .db
        .read(&officer.actor, "test.paper", async |tx| {
            let person = world.obligation.person;
            person::store::obligation_for(tx, partition, person, Kind::Personnel, on("2025-12-20")).await
        })
        .await
        .unwrap();
    assert_eq!(
        found.map(|o| o.id),
        Some(of("2026-01-05")),
        "the first due, which is not the first asked for, in another year or not"
    );
}

#[tokio::test]
async fn the_same_verbs_as_json() {
    let world = World::new().await;
    without_annual(&world).await;
    let (own, unit) = (world.app.token(&world.browser).await, world.app.token(&unit_officer(&world).await).await);
    let year = json!({ "year": 2025 });
    let post = async |token: &str, path: &str, body: &Value| {
        world.app.api(token, "POST", &format!("/api/v1{path}"), Some("khoa-thu-nghiem"), Some(body)).await
    };
    let opened = post(&own, "/obligations/supplement", &year).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    assert_eq!(post(&own, "/obligations/supplement", &year).await.json(), opened.json(), "asked twice, done once");
    assert_eq!(post(&unit, "/obligations/supplement", &year).await.status, StatusCode::FORBIDDEN);
    let occasions = format!("/people/{}/occasions", world.obligation.person);
    let planned = json!({ "occasion": "APPOINTMENT", "on": "2026-01-05" });
    let asked = post(&unit, &occasions, &planned).await;
    assert_eq!(
        (asked.status, asked.json()["due_on"].as_str()),
        (StatusCode::CREATED, Some("2025-12-26")),
        "{}",
        asked.text()
    );
    assert_eq!(post(&own, &occasions, &planned).await.status, StatusCode::FORBIDDEN);
    let list = world.app.api(&own, "GET", "/api/v1/obligations", None, None).await.json();
    let personnel = list.as_array().unwrap().iter().find(|o| o["kind"] == "PERSONNEL").unwrap();
    assert_eq!(
        (&personnel["occasion"], &personnel["occasion_on"], &personnel["nth"]),
        (&json!("APPOINTMENT"), &json!("2026-01-05"), &json!(1))
    );
    let back = format!("/obligations/{}/take-back", asked.json()["obligation"].as_str().unwrap());
    assert_eq!(post(&own, &back, &json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&unit, &back, &json!({})).await.status, StatusCode::NO_CONTENT);
}

/// What is more of the same is told, described as it is now, and carried as it is now; nothing is told twice.
#[tokio::test]
async fn an_asset_that_changed_in_a_supplement_is_carried_as_it_is_since() {
    let world = second_year().await;
    let annual = world.obligation.id;
    without_annual(&world).await;
    let opened = open_supplement(&world, "2025").await;
    let world = for_obligation(world, id_in(&opened.location())).await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &["tien"]).await, "iii-5");
    assert_eq!(pass(&world, "iii-5", &[("e0.value.amount", "1.035.000.000")]).await, "ii");
    let table = world.get("ii").await.text();
    assert_eq!(value_of(&table, "e0.value"), "500.000.000");
    let explained = [
        ("e0.explanation", "Tiền bán xe"),
        ("t.INCOME.value", "500.000.000"),
        ("t.INCOME.explanation", "Bán xe: 500.000.000"),
    ];
    assert_eq!(pass(&world, "ii", &explained).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));
    let declared = recorded(&world).await;
    let assets = declared["assets"].as_array().unwrap();
    assert_eq!((assets.len(), &assets[0]["value"]["amount"]), (1, &json!(1_035_000_000)), "{declared}");
    assert!(!declared["none"].as_array().unwrap().contains(&json!("MONEY")), "there is more money, not none");

    sqlx::query("update obligation set ended_on = null where id = $1")
        .bind(annual.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let world = for_obligation(world, annual).await;
    world.post("bat-dau", &[]).await;
    let asked = text_of(&world.get("tu-lan-truoc").await);
    assert!(asked.contains("1.035.000.000 đồng") && !asked.contains("535.000.000 đồng"), "{asked}");
    answer(&world, &[]).await;
    let incomes = [("e0.declarant", "1"), ("e0.spouse", "1"), ("e0.children", "0"), ("e0.common", "0")];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");
    let table = world.get("iii").await.text();
    assert_eq!(all_values(&table, "e0.quantity"), [""], "what the supplement told is not told again");
    assert!(table.contains(r#"value="khong" checked"#), "{table}");

    // One asset from the paper over the supplement to this year, as its declarant said each time.
    assert_eq!(pass(&world, "iii", &[("t.INCOME.explanation", "Lương: 2")]).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));
    let history = assets::history(&world.app, world.obligation.partition, world.obligation.person).await;
    assert_eq!(history.sheets.len(), 3);
    for thread in &history.threads {
        let (places, ties) = assets::told(&history, thread);
        let is_changed = history.sheets[0].assets()[thread.places[0].asset]["value"]["amount"] == 535_000_000;
        let sheets: Vec<_> = places.iter().map(|(sheet, _)| *sheet).collect();
        assert_eq!(sheets, if is_changed { vec![0, 1, 2] } else { vec![0, 2] }, "{places:?}");
        assert!(ties.iter().all(|tie| *tie == Tie::Said), "{places:?}: {ties:?}");
    }
}

/// Sends the supplement that tells of a plot sold and pepper bought.
async fn sell_a_plot(world: World, supplement: ObligationId) -> World {
    let world = for_obligation(world, supplement).await;
    world.post("bat-dau", &[]).await;
    answer(&world, &["dat", "gan-lien-dat"]).await;
    pass(&world, "iii-1-1", &[("e1.nay", "het")]).await;
    pass(&world, "iii-1-2", &[]).await;
    let pepper = [
        ("have", "co"),
        ("e0.name", "Hồ tiêu"),
        ("e0.quantity", "1900 cây"),
        ("e0.value.kind", "BUILD"),
        ("e0.value.amount", "245.000.000"),
    ];
    pass(&world, "iii-3-1", &pepper).await;
    pass(&world, "iii-3-2", &[]).await;
    assert_eq!(pass(&world, "iii-3-3", &[]).await, "ii");
    let explained = [
        ("e0.explanation", "Bán cho người khác"),
        ("e1.explanation", "Mua từ tiền bán thửa đất"),
        ("t.INCOME.value", "5"),
        ("t.INCOME.explanation", "Lương: 5"),
    ];
    assert_eq!(pass(&world, "ii", &explained).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));
    world
}

/// A supplement sent while another declaration is being drafted: what it sold goes out of the draft, what it added comes in
/// and waits for the person, also where they had said that nothing changed.
#[tokio::test]
async fn a_supplement_sent_meanwhile_is_followed_by_the_draft() {
    let world = second_year().await;
    without_annual(&world).await;
    let officer = unit_officer(&world).await;
    plan(&world, &officer, "APPOINTMENT", "05/01/2026").await;
    let personnel = obligations(&world).await.into_iter().find(|o| o.kind == Kind::Personnel).unwrap().id;
    let supplement = open_supplement(&world, "2025").await;
    let drafted = for_obligation(world, personnel).await;
    drafted.post("bat-dau", &[]).await;
    answer(&drafted, &["dat"]).await;
    assert_eq!(pass(&drafted, "ii-1-1", &[("e1.nay", "het")]).await, "ii-1-2");

    let drafted = for_obligation(sell_a_plot(drafted, id_in(&supplement.location())).await, personnel).await;
    let check = text_of(&drafted.get("kiem-tra").await);
    assert!(check.contains("Mục 3.1. Cây lâu năm: nội dung lấy từ lần kê khai trước, Ông/Bà chưa xác nhận"), "{check}");
    let land = drafted.get("ii-1-1").await.text();
    assert!(!land.contains("Nông Tiến"), "the plot that was told as sold is told no more: {land}");
    assert_eq!(value_of(&drafted.get("ii-3-1").await.text(), "e0.name"), "Hồ tiêu");
    assert_eq!(answer(&drafted, &["dat"]).await, "ii-1-2", "what the person had saved stays saved");
    let incomes = [("e0.declarant", "1"), ("e0.spouse", "1"), ("e0.children", "0"), ("e0.common", "0")];
    pass(&drafted, "ii-1-2", &[]).await;
    assert_eq!(pass(&drafted, "ii-10", &incomes).await, "iii");
    let table = drafted.get("iii").await.text();
    assert_eq!(all_values(&table, "e0.quantity"), [""], "nothing changed since the supplement");
}

/// What was being typed into a carried section stays when a supplement of other hours is followed, also about what was sold;
/// the page it was typed on is from before, and is told so.
#[tokio::test]
async fn what_is_being_typed_stays_when_the_draft_follows() {
    let world = second_year().await;
    without_annual(&world).await;
    let officer = unit_officer(&world).await;
    plan(&world, &officer, "APPOINTMENT", "05/01/2026").await;
    let personnel = obligations(&world).await.into_iter().find(|o| o.kind == Kind::Personnel).unwrap().id;
    let supplement = open_supplement(&world, "2025").await;
    let drafted = for_obligation(world, personnel).await;
    drafted.post("bat-dau", &[]).await;
    let mut fields: BTreeMap<String, String> = filled(&drafted.get("ii-1-1").await.text()).into_iter().collect();
    let typing = async |drafted: &World, fields: &BTreeMap<String, String>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        drafted.post("ii-1-1/tu-luu", &fields).await.status
    };
    fields.insert("turn".into(), "1".into());
    fields.insert("e1.other".into(), "Đang cho mượn làm bãi đỗ xe".into());
    assert_eq!(typing(&drafted, &fields).await, StatusCode::OK);

    let drafted = for_obligation(sell_a_plot(drafted, id_in(&supplement.location())).await, personnel).await;
    let land = drafted.get("ii-1-1").await.text();
    assert!(land.contains("Đang cho mượn làm bãi đỗ xe"), "{}", text_of(&drafted.get("ii-1-1").await));
    let check = text_of(&drafted.get("kiem-tra").await);
    assert!(check.contains("Mục 1.1. Đất ở: nội dung lấy từ lần kê khai trước"), "typing confirmed nothing: {check}");
    fields.insert("turn".into(), "2".into());
    fields.insert("e0.other".into(), "Gõ tiếp trên trang cũ".into());
    assert_eq!(typing(&drafted, &fields).await, StatusCode::CONFLICT);
    let both = text_of(&drafted.get("ii-1-1/hai-ban").await);
    assert!(both.contains("Gõ tiếp trên trang cũ"), "{both}");
}

/// Article 38.2 does not reorder what was declared: a further version stands where the first one stood.
#[tokio::test]
async fn a_version_made_on_demand_leaves_the_order_of_declarations() {
    let world = second_year().await;
    let mut supplement: Value = serde_json::from_str(include_str!("../../../form/tests/data/supplement.json")).unwrap();
    supplement["completed_on"] = json!("2025-06-01");
    digitise(&world, 2025, supplement).await;
    let mut whole = before();
    whole["completed_on"] = json!("2025-07-01");
    whole["kind"] = json!("PERSONNEL");
    digitise(&world, 2025, whole).await;
    // The supplement is completed anew, after the declaration that holds what it added.
    sqlx::query("update declaration_version set completed_on = '2025-08-01' where person_id = $1 and completed_on = '2025-06-01'")
        .bind(world.obligation.person.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let latest = world
        .app
        .app
        .db
        .read(&world.browser.actor, "test.latest", async |tx| {
            super::store::latest(tx, world.obligation.partition, world.obligation.person, None).await
        })
        .await
        .unwrap();
    assert_eq!((latest.supplements.len(), latest.completed_on), (0, Some(on("2025-08-01"))));
}

/// Who left the list has nothing new to declare; who comes back finds what they owed, once.
#[tokio::test]
async fn nothing_new_is_owed_by_who_left() {
    let world = World::new().await;
    without_annual(&world).await;
    let officer = unit_officer(&world).await;
    assert_eq!(open_supplement(&world, "2025").await.status, StatusCode::SEE_OTHER);
    let leave = format!("/don-vi/danh-sach/{}/roi", world.obligation.person);
    let left = world.app.post(Some(&officer), &leave, &[("reason", "RETIRED"), ("left_on", "08/12/2025")]).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", text_of(&left));
    for refused in [open_supplement(&world, "2025").await, plan(&world, &officer, "APPOINTMENT", "05/01/2026").await] {
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(text_of(&refused).contains("đã ra khỏi danh sách"), "{}", text_of(&refused));
    }
    assert!(obligations(&world).await.iter().all(|o| o.ended_on.is_some()));
}

/// Planned less than the law's days ahead: the plan is late, not the person.
#[tokio::test]
async fn a_late_plan_leaves_the_declarant_today() {
    let world = World::new().await;
    let officer = unit_officer(&world).await;
    assert_eq!(plan(&world, &officer, "APPOINTMENT", "10/12/2025").await.status, StatusCode::SEE_OTHER);
    let owed = obligations(&world).await.into_iter().find(|o| o.kind == Kind::Personnel).unwrap();
    assert_eq!(owed.due_on, on("2025-12-08"));
    let page = text_of(&world.app.get(Some(&officer), &format!("/don-vi/danh-sach/{}/dip", owed.person)).await);
    assert!(page.contains("hạn của pháp luật là 30/11/2025"), "{page}");
}

/// What is owed on an occasion is judged by the law of the day it is declared, not of the day it was planned.
#[tokio::test]
async fn an_occasion_is_judged_by_the_law_in_force_when_it_is_declared() {
    let world = World::new().await;
    let owed = Obligation { kind: Kind::Personnel, ..world.obligation.clone() };
    assert_eq!(owed.law_day(on("2026-07-01")), Some(on("2026-07-01")));
    let change = Obligation { kind: Kind::Supplement, year: 2025, ..world.obligation.clone() };
    assert_eq!(change.law_day(on("2026-07-15")), Some(on("2025-12-31")), "of a change, the law of its year");
    assert_eq!(world.obligation.law_day(on("2026-07-01")), None);
    let (rules, _) = super::draft::law_of(&world.app.app, &owed).unwrap();
    assert_eq!(rules.id(), "R1_ND130");
    world.app.app.clock().advance(chrono::TimeDelta::days(210));
    let (rules, _) = super::draft::law_of(&world.app.app, &owed).unwrap();
    assert_eq!(rules.id(), "R2_2026");
}
