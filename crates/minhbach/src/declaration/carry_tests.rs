//! The second year: what was declared is carried forward, and only what changed is written.
use std::collections::BTreeMap;

use axum::http::StatusCode;
use form::{Kind, LawBook};
use serde_json::{Value, json};

use super::Channel;
use super::compose::tests::{annual, frame, typed_for};
use super::findings::NewFindings;
use super::policy::{FileDeclaration, Filing};
use super::record::{self, NewRecord};
use super::tests::{World, all_values, api_path, text_of, value_of};
use crate::kernel::Role;
use crate::testing::owner;

/// The declaration before `annual()`: one more plot, no pepper garden.
pub(super) fn before() -> Value {
    serde_json::from_str(include_str!("../../../form/tests/data/annual-before.json")).unwrap()
}

/// A declarant whose declaration of the year before came on paper.
pub(super) async fn second_year() -> World {
    let world = World::new().await;
    digitise(&world, 2024, before()).await;
    world
}

/// Puts a paper of the world's declarant on record, dated as it says.
pub(super) async fn digitise(world: &World, year: i16, content: Value) {
    let officer = world.app.officer(Role::IntakeOfficer, world.obligation.partition).await;
    let law = LawBook::embedded().unwrap();
    let rules = law.get("R1_ND130").unwrap();
    world
        .app
        .app
        .db
        .write(&officer.actor, "test.digitise", async |tx| {
            let filing = Filing { obligation: None, ..Filing::of(&world.obligation) };
            let permit = tx.permit::<FileDeclaration, _>(filing)?;
            let new = NewRecord {
                kind: Kind::from_code(content["kind"].as_str().unwrap()).unwrap(),
                year,
                completed_on: content["completed_on"].as_str().unwrap().parse().unwrap(),
                channel: Channel::Paper,
                rules,
                law: &world.app.app.law,
                content: content.clone(),
                source: None,
                holdings: None,
                became: Vec::new(),
                findings: NewFindings::default(),
                replaces: None,
                max_merge: chrono::TimeDelta::seconds(60),
            };
            record::file(tx, &permit, new).await
        })
        .await
        .unwrap();
}

/// The last part of an address a page leads to.
pub(super) fn leads_to(answer: &crate::testing::Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(answer));
    answer.location().rsplit('/').next().unwrap_or_default().to_owned()
}

/// The names and values of every box and choice of a page, as a browser would send them.
pub(super) fn filled(page: &str) -> Vec<(String, String)> {
    let html = scraper::Html::parse_document(page);
    let boxes = scraper::Selector::parse("main input, main textarea, main select").unwrap();
    let mut fields = Vec::new();
    for element in html.select(&boxes) {
        let value = element.value();
        let Some(name) = value.attr("name").filter(|name| *name != "csrf" && *name != "viec") else { continue };
        let text = match (value.name(), value.attr("type")) {
            ("input", Some("radio" | "checkbox")) if value.attr("checked").is_none() => continue,
            ("select", _) => {
                let option = scraper::Selector::parse("option[selected]").unwrap();
                element.select(&option).next().and_then(|o| o.value().attr("value")).unwrap_or_default().to_owned()
            }
            ("textarea", _) => element.text().collect(),
            _ => value.attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((name.to_owned(), text));
    }
    fields
}

/// Opens a page, changes some of its boxes and saves it; returns where it leads.
pub(super) async fn pass(world: &World, page: &str, changes: &[(&str, &str)]) -> String {
    let shown = world.get(page).await;
    assert_eq!(shown.status, StatusCode::OK, "{page}: {}", text_of(&shown));
    let mut fields: BTreeMap<String, String> = filled(&shown.text()).into_iter().collect();
    for (name, value) in changes {
        fields.insert((*name).to_owned(), (*value).to_owned());
    }
    fields.insert("viec".into(), "tiep".into());
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    leads_to(&world.post(page, &fields).await)
}

const QUESTIONS: [&str; 9] =
    ["gia-dinh", "dat", "nha", "gan-lien-dat", "vang", "tien", "co-phan", "xe-khac", "nuoc-ngoai"];

/// Answers the questions about the time since: "Có" to those named.
pub(super) async fn answer(world: &World, yes: &[&str]) -> String {
    let answers: Vec<_> = QUESTIONS
        .into_iter()
        .map(|code| (format!("t.{code}"), if yes.contains(&code) { "co" } else { "khong" }))
        .collect();
    let answers: Vec<_> = answers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    pass(world, "tu-lan-truoc", &answers).await
}

/// What stands on record of the world's obligation.
pub(super) async fn recorded(world: &World) -> Value {
    let id: uuid::Uuid = sqlx::query_scalar("select declaration_id from obligation where id = $1")
        .bind(world.obligation.id.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    let token = world.app.token(&world.browser).await;
    let answer = world.app.api(&token, "GET", &format!("/api/v1/declarations/{id}"), None, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["content"].clone()
}

/// Requirement B2: a year with no change takes no retyping.
#[tokio::test]
async fn a_year_without_change_is_confirmed_and_only_the_income_is_written() {
    let world = second_year().await;
    assert_eq!(leads_to(&world.post("bat-dau", &[]).await), "tu-lan-truoc");
    let asked = text_of(&world.get("tu-lan-truoc").await);
    for carried in [
        "tổ 4, phường Nông Tiến",
        "Xe ô tô Mazda CX-5 (30E-803.59): 965.000.000 đồng",
        "Tài khoản ở nước ngoài: không có",
        "Đặng Hữu Lộc",
    ] {
        assert!(asked.contains(carried), "{carried}: {asked}");
    }
    // Nothing is confirmed by itself.
    let check = text_of(&world.get("kiem-tra").await);
    assert!(check.contains("Mục 1.1. Đất ở: nội dung lấy từ lần kê khai trước, Ông/Bà chưa xác nhận"), "{check}");
    // An answer that is missing is asked for, those given stay.
    let some = [("t.dat", "khong"), ("version", "0"), ("tab", "t")];
    let missing = world.post("tu-lan-truoc", &some).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&missing).contains("Chưa trả lời: Có mua, bán, xây mới"), "{}", text_of(&missing));

    assert_eq!(answer(&world, &[]).await, "ii-10");
    let incomes =
        [("e0.declarant", "150.000.000"), ("e0.spouse", "110 triệu"), ("e0.children", "0"), ("e0.common", "0")];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");
    let page = world.get("iii").await.text();
    assert_eq!(value_of(&page, "t.INCOME.value"), "260.000.000");
    assert!(page.contains("Không có biến động"));
    assert_eq!(pass(&world, "iii", &[("t.INCOME.explanation", "Lương, phụ cấp: 260.000.000")]).await, "kiem-tra");
    // Six pages: the list, the start, the questions, the income, section III, the check.
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let declared = recorded(&world).await;
    let before = before();
    for part in ["assets", "none", "spouse", "children"] {
        assert_eq!(without_nulls(&declared[part]), without_nulls(&before[part]), "{part}");
    }
    assert_eq!(declared["no_change"], json!(true));
    assert_eq!(declared["changes"].as_array().unwrap().len(), 1);
}

/// A record says "not answered" by silence.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null() && **value != json!(""));
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn what_was_sold_and_bought_becomes_section_three_with_the_explanation_left_to_write() {
    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &["dat", "gan-lien-dat"]).await, "ii-1-1");
    let land = world.get("ii-1-1").await.text();
    assert!(land.contains("Đã khai lần trước. Đến nay"), "{land}");
    assert_eq!(all_values(&land, "e1.tu"), ["1"]);
    assert_eq!(pass(&world, "ii-1-1", &[("e1.nay", "het")]).await, "ii-1-2");
    assert_eq!(pass(&world, "ii-1-2", &[]).await, "ii-3-1");
    let pepper = [
        ("have", "co"),
        ("e0.name", "Hồ tiêu"),
        ("e0.quantity", "1900 cây"),
        ("e0.value.kind", "BUILD"),
        ("e0.value.amount", "245.000.000"),
    ];
    assert_eq!(pass(&world, "ii-3-1", &pepper).await, "ii-3-2");
    assert_eq!(pass(&world, "ii-3-2", &[]).await, "ii-3-3");
    assert_eq!(pass(&world, "ii-3-3", &[]).await, "ii-10");
    let incomes = [
        ("e0.declarant", "169.000.000"),
        ("e0.spouse", "120.000.000"),
        ("e0.children", "0"),
        ("e0.common", "1.620.000.000"),
    ];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");

    let page = world.get("iii").await.text();
    assert_eq!(
        (value_of(&page, "e0.quantity"), value_of(&page, "e0.value")),
        ("- 283 m²".to_owned(), "260.000.000".to_owned())
    );
    assert_eq!(
        (value_of(&page, "e1.quantity"), value_of(&page, "e1.value")),
        ("+ 1900 cây".to_owned(), "245.000.000".to_owned())
    );
    let explained = [
        ("e0.explanation", "Giảm do bán cho người khác"),
        ("e1.explanation", "Mua từ tiền bán thửa đất năm 2025"),
        ("t.INCOME.explanation", "Lương, phụ cấp của vợ chồng: 289.000.000; bán thửa đất: 1.620.000.000"),
    ];
    assert_eq!(pass(&world, "iii", &explained).await, "kiem-tra");
    let check = text_of(&world.get("kiem-tra").await);
    assert!(!check.contains("Lý do (điểm"), "nothing is left to give a reason for: {check}");

    // Said to be still there after all, the row goes; what was written in it does not.
    pass(&world, "ii-1-1", &[("e1.nay", "con")]).await;
    let again = world.get("iii").await.text();
    assert_eq!(value_of(&again, "e0.quantity"), "+ 1900 cây", "{again}");
    assert_eq!(value_of(&again, "e1.explanation"), "Giảm do bán cho người khác");
    let told = text_of(&world.get("kiem-tra").await);
    assert!(told.contains("tài sản đã khai vừa thay đổi nên bảng biến động được lập lại"), "{told}");
    assert!(
        told.contains("bảng có dòng giảm nhưng so với lần kê khai trước không có tài sản giảm tương ứng"),
        "{told}"
    );
    pass(&world, "ii-1-1", &[("e1.nay", "het")]).await;
    assert_eq!(value_of(&world.get("iii").await.text(), "e0.explanation"), "Giảm do bán cho người khác");
    pass(&world, "iii", &[]).await;

    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let declared = recorded(&world).await;
    let rows: Vec<_> =
        declared["changes"].as_array().unwrap().iter().map(|row| (row["code"].clone(), row["value"].clone())).collect();
    assert_eq!(
        rows,
        [
            (json!("LAND_RES"), json!(260_000_000)),
            (json!("TREE_OR_FOREST"), json!(245_000_000)),
            (json!("INCOME"), json!(1_909_000_000))
        ]
    );
    assert_eq!(declared["assets"].as_array().unwrap().len(), annual()["assets"].as_array().unwrap().len());
}

/// A paper accepted while a draft is open becomes what the draft is compared with, and what was carried points at it.
#[tokio::test]
async fn a_declaration_recorded_meanwhile_is_what_the_draft_is_compared_with() {
    let world = World::opened().await;
    world.type_everything().await;
    // Nothing was there to compare with; now there is.
    digitise(&world, 2024, before()).await;
    let check = text_of(&world.get("kiem-tra").await);
    assert!(!check.contains("chưa xác nhận"), "what the person typed themselves waits for nobody: {check}");
    // Section III was typed by hand: its rows are taken for those that are derived, and seen once more.
    assert!(check.contains("bảng biến động được lập lại"), "{check}");
    let rows = all_values(&world.get("iii").await.text(), "e0.explanation");
    assert_eq!(rows, ["Giảm do bán cho người khác"]);
    assert_eq!(pass(&world, "iii", &[]).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "every reason that is asked for has its box");
    assert_eq!(recorded(&world).await["changes"].as_array().unwrap().len(), 3, "no row twice");

    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    assert_eq!(all_values(&world.get("ii-1-1").await.text(), "e1.tu"), ["1"]);
    // The same assets in another order, the second plot gone already.
    let mut later = before();
    later["completed_on"] = json!("2025-03-01");
    let assets = later["assets"].as_array_mut().unwrap();
    assets.remove(1);
    assets.reverse();
    let last = assets.len() - 1;
    digitise(&world, 2025, later).await;
    let land = world.get("ii-1-1").await.text();
    assert_eq!(all_values(&land, "e0.tu"), [last.to_string()], "{land}");
    assert!(all_values(&land, "e1.tu").is_empty(), "the plot the later one does not have is new to it");
    assert!(text_of(&world.get("").await).contains("bản kê khai ngày 01/03/2025"));
    let events: Vec<String> =
        sqlx::query_scalar("select name from event where partition_id = $1 and name = 'draft.carried'")
            .bind(world.obligation.partition.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
    assert_eq!(events.len(), 1);
}

/// Somebody who damages an old record keeps nobody from declaring, and the log has it.
#[tokio::test]
async fn a_damaged_record_is_told_and_left_aside() {
    let world = second_year().await;
    sqlx::query("update declaration_version set document_hash = sha256('x') where partition_id = $1")
        .bind(world.obligation.partition.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    assert_eq!(leads_to(&world.post("bat-dau", &[]).await), world.obligation.id.to_string());
    world.type_everything().await;
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let told: i64 =
        sqlx::query_scalar("select count(*) from event where partition_id = $1 and name = 'declaration.unreadable'")
            .bind(world.obligation.partition.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
    assert!(told >= 2, "at opening and at sending: {told}");
}

/// A supplementary declaration describes only what is new: what a year is compared with is the whole before it, with what it
/// added and without what it says was sold.
#[tokio::test]
async fn a_supplement_is_taken_into_the_whole_and_not_for_it() {
    let world = second_year().await;
    let supplement: Value = serde_json::from_str(include_str!("../../../form/tests/data/supplement.json")).unwrap();
    let mut later = supplement;
    later["completed_on"] = json!("2025-06-01");
    digitise(&world, 2025, later).await;
    world.post("bat-dau", &[]).await;
    let asked = text_of(&world.get("tu-lan-truoc").await);
    assert!(asked.contains("01/06/2025") && asked.contains("Xe ô tô Mazda CX-5"), "{asked}");
    assert!(asked.contains("Hồ tiêu (1900 cây): 245.000.000 đồng") && !asked.contains("Nông Tiến"), "{asked}");
    // What a program or an older page says became of assets holds for what they were read from only: here the plot that
    // was told as sold is neither untold nor to be told again.
    answer(&world, &[]).await;
    let incomes = [("e0.declarant", "1"), ("e0.spouse", "1"), ("e0.children", "0"), ("e0.common", "0")];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");
    let table = world.get("iii").await.text();
    assert_eq!(all_values(&table, "e0.quantity"), [""], "{table}");
}

/// What a sheet left blank or unreadable is asked for again, whoever says that nothing changed.
#[tokio::test]
async fn what_paper_did_not_say_is_not_carried() {
    let world = World::new().await;
    let mut paper = before();
    paper["spouse"] = Value::Null;
    paper["children"] = json!([]);
    paper["assets"][0]["value"] = json!({ "kind": "STATED", "amount": { "missing": "illegible" } });
    digitise(&world, 2024, paper).await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &[]).await, "i-2", "whether there is a spouse");
    let land = world.get("ii-1-1").await.text();
    assert_eq!(all_values(&land, "e0.value.amount"), [""]);
    let check = text_of(&world.get("kiem-tra").await);
    assert!(check.contains("Mục 1.1 Phần II, Thửa thứ nhất, “Giá trị”"), "{check}");
}

/// The person's own figures stand while the assets change; a row taken away does not come back.
#[tokio::test]
async fn section_three_follows_the_assets_and_keeps_what_the_person_wrote() {
    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    answer(&world, &["tien"]).await;
    let book = |amount: &'static str| {
        [("e2.name", "Sổ tiết kiệm ngân hàng D"), ("e2.value.kind", "PURCHASE"), ("e2.value.amount", amount)]
    };
    // An empty entry gets its mark with the page that shows it.
    let page = world.get("ii-5?them=1").await.text();
    let mark = value_of(&page, "e2.ma");
    assert!(mark.len() > 20, "{mark}");
    let mut fields: Vec<(&str, &str)> = vec![("e2.ma", &mark)];
    fields.extend(book("500.000.000"));
    assert_eq!(pass(&world, "ii-5", &fields).await, "ii-10");
    let incomes = [("e0.declarant", "600.000.000"), ("e0.spouse", "0"), ("e0.children", "0"), ("e0.common", "0")];
    pass(&world, "ii-10", &incomes).await;
    assert_eq!(value_of(&world.get("iii").await.text(), "e0.quantity"), "+ 01");
    let own = [
        ("e0.quantity", "+ 01 sổ tiết kiệm"),
        ("e0.explanation", "Tiết kiệm từ thu nhập trong năm"),
        ("t.INCOME.explanation", "Lương: 600.000.000"),
    ];
    pass(&world, "iii", &own).await;
    // Another name and another amount: the same row, with their words and the new value.
    pass(&world, "ii-5", &[("e2.name", "Sổ tiết kiệm tại ngân hàng E"), ("e2.value.amount", "550.000.000")]).await;
    let page = world.get("iii").await.text();
    let row = ["quantity", "value", "explanation"].map(|key| value_of(&page, &format!("e0.{key}")));
    assert_eq!(row, ["+ 01 sổ tiết kiệm", "550.000.000", "Tiết kiệm từ thu nhập trong năm"]);
    assert!(all_values(&page, "e1.quantity").is_empty(), "{page}");
    // Taken away, it stays away, and the rules ask why.
    assert_eq!(remove(&world, "iii", 0).await, "iii");
    assert!(all_values(&world.get("iii").await.text(), "e0.quantity").iter().all(String::is_empty));
    let check = text_of(&world.get("kiem-tra").await);
    assert!(
        check.contains("so với lần kê khai trước có 1 tài sản tăng hoặc giảm")
            || check.contains("bảng biến động không có dòng tăng"),
        "{check}"
    );
}

/// Typing into what was carried is not saying that it is all so.
#[tokio::test]
async fn a_keystroke_does_not_confirm_what_was_carried() {
    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    let page = world.get("ii-7-1").await.text();
    let mut fields: Vec<_> = filled(&page).into_iter().collect();
    fields.push(("e0.holder".into(), "SELF".into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let saved = world.post("ii-7-1/tu-luu", &fields).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let check = text_of(&world.get("kiem-tra").await);
    assert!(check.contains("Mục 7.1") && check.contains("chưa xác nhận"), "{check}");
    pass(&world, "ii-7-1", &[]).await;
    let check = text_of(&world.get("kiem-tra").await);
    assert!(!check.contains("Mục 7.1. Tài sản theo quy định"), "{check}");
}

/// What left the scope is told with its reason, and is no row.
#[tokio::test]
async fn a_thing_of_a_grown_child_leaves_without_a_row() {
    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &["xe-khac"]).await, "ii-7-1");
    assert_eq!(pass(&world, "ii-7-1", &[("e0.nay", "ngoai")]).await, "ii-7-2");
    pass(&world, "ii-7-2", &[]).await;
    let incomes =
        [("e0.declarant", "150.000.000"), ("e0.spouse", "110.000.000"), ("e0.children", "0"), ("e0.common", "0")];
    pass(&world, "ii-10", &incomes).await;
    let page = world.get("iii").await.text();
    assert_eq!(all_values(&page, "e0.quantity"), [""], "an empty row to write in, and no derived one");
    pass(&world, "iii", &[("have", "khong"), ("t.INCOME.explanation", "Lương, phụ cấp: 260.000.000")]).await;
    let check = text_of(&world.get("kiem-tra").await);
    assert!(check.contains("“30E-803.59” đã khai lần trước") && check.contains("Lý do (điểm 1)"), "{check}");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let declared = recorded(&world).await;
    assert!(declared["assets"].as_array().unwrap().iter().all(|asset| asset["code"] != "REGISTERED"));
    assert!(declared["none"].as_array().unwrap().contains(&json!("REGISTERED")));
}

/// An asset stays with its child when another child leaves the declaration, and is asked about when its own does.
#[tokio::test]
async fn an_asset_stays_with_its_child_when_another_leaves() {
    let world = World::new().await;
    let mut earlier = before();
    earlier["assets"][14]["holder"] = json!("CHILD(2)");
    digitise(&world, 2024, earlier).await;
    world.post("bat-dau", &[]).await;
    answer(&world, &["gia-dinh", "xe-khac"]).await;
    let car = world.get("ii-7-1").await.text();
    let holders = |page: &str| {
        let html = scraper::Html::parse_document(page);
        let chosen = scraper::Selector::parse("select[name='e0.holder'] option[selected]").unwrap();
        html.select(&chosen).map(|option| option.text().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(holders(&car), ["Con thứ hai: Đặng Ngọc Mai"]);
    // The first child leaves; what is the second's is the second's still, who is the only one now.
    remove(&world, "i-3", 0).await;
    pass(&world, "i-3", &[]).await;
    assert_eq!(holders(&world.get("ii-7-1").await.text()), ["Con thứ nhất: Đặng Ngọc Mai"]);
    assert_eq!(pass(&world, "ii-7-1", &[]).await, "ii-7-2");
    pass(&world, "ii-7-2", &[]).await;
    let incomes =
        [("e0.declarant", "150.000.000"), ("e0.spouse", "110.000.000"), ("e0.children", "0"), ("e0.common", "0")];
    pass(&world, "ii-10", &incomes).await;
    let rows = [("have", "khong"), ("t.INCOME.explanation", "Lương, phụ cấp: 260.000.000")];
    pass(&world, "iii", &rows).await;
    let composed = |page: String| page.contains("người con đã chọn không còn");
    assert!(!composed(text_of(&world.get("kiem-tra").await)));
    // With their own child gone it is said, and asked anew.
    remove(&world, "i-3", 0).await;
    let check = text_of(&world.get("kiem-tra").await);
    assert!(composed(check.clone()), "{check}");
    let token = world.app.token(&world.browser).await;
    let law = LawBook::embedded().unwrap();
    let mut content = annual();
    content["none"] =
        super::compose::compose(&frame(&law, Kind::Annual), &typed_for(&frame(&law, Kind::Annual), &annual()))
            .unwrap()
            .document["none"]
            .clone();
    content["assets"][0]["holder"] = json!("CHILD(3)");
    let body = json!({ "content": content, "reasons": {} });
    let path = api_path(world.obligation.id, "declaration");
    let told = world.app.api(&token, "POST", &path, Some("con-thu-ba"), Some(&body)).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text());
    assert!(told.text().contains("assets[0].holder"), "{}", told.text());
}

/// Takes an entry of a section away by its plain button.
async fn remove(world: &World, page: &str, entry: usize) -> String {
    let shown = world.get(page).await.text();
    let button = format!("xoa-{entry}");
    let mut fields = filled(&shown);
    fields.push(("viec".into(), button));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    leads_to(&world.post(page, &fields).await)
}

/// A program that sends a whole declaration is compared with the one before all the same.
#[tokio::test]
async fn the_api_compares_with_the_declaration_before() {
    let world = second_year().await;
    let token = world.app.token(&world.browser).await;
    let law = LawBook::embedded().unwrap();
    let frame = frame(&law, Kind::Annual);
    let mut content = annual();
    content["none"] = super::compose::compose(&frame, &typed_for(&frame, &annual())).unwrap().document["none"].clone();
    content["changes"].as_array_mut().unwrap().remove(0);
    let body = json!({ "content": content, "reasons": {} });
    let path = api_path(world.obligation.id, "declaration");
    let answer = world.app.api(&token, "POST", &path, Some("so-voi-lan-truoc"), Some(&body)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    let found: Vec<_> = answer.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["rule"].clone(), f["wants_reason"].clone()))
        .collect();
    assert!(found.contains(&(json!("I12"), json!(true))), "{found:?}");
}
