//! The income added up source by source, through the pages.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::carry_tests::{answer, before, digitise, leads_to, pass, recorded};
use super::compose::tests::annual;
use super::occasion_tests::{for_obligation, id_in, open_supplement, without_annual};
use super::tests::{World, all_fields, all_values, text_of, value_of};

const SHEET: &str = "tung-khoan-thu-nhap";

/// A declarant of whom a paper of the year before says that the family had plot B and nothing else.
async fn owner_of_plot_b() -> World {
    let mut paper = before();
    let codes: std::collections::BTreeSet<String> = annual()["assets"]
        .as_array()
        .into_iter()
        .chain(paper["assets"].as_array())
        .flatten()
        .map(|asset| asset["code"].as_str().unwrap().to_owned())
        .chain(paper["none"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()))
        .filter(|code| code != "LAND_RES")
        .collect();
    paper["none"] = json!(codes);
    paper["assets"] = json!([{
        "code": "LAND_RES", "address": "thửa đất B", "area_m2": "100",
        "value": { "kind": "PURCHASE", "amount": 500_000_000 },
        "certificate": { "status": "ISSUED", "number": "BM 001122", "grantee": "Đặng Hữu Cường" },
    }]);
    let world = World::new().await;
    digitise(&world, 2024, paper).await;
    world
}

fn row(code: &str, quantity: &str, million: i64, explanation: &str) -> Value {
    json!({ "code": code, "quantity": quantity, "value": million * 1_000_000, "explanation": explanation })
}

/// The decree's worked example (note 32; law.md §4.7), entered as it would be: plot B sold for 4 billion, apartment C, a car
/// and savings bought, a salary of 600 million, 1 billion from investments. What is declared is its section III, to the đồng.
#[tokio::test]
async fn the_decrees_example_entered_on_the_pages_gives_its_section_three() {
    let world = owner_of_plot_b().await;
    assert_eq!(leads_to(&world.post("bat-dau", &[]).await), "tu-lan-truoc");
    assert_eq!(answer(&world, &["dat", "nha", "tien", "xe-khac"]).await, "ii-1-1");
    pass(&world, "ii-1-1", &[("e0.nay", "het")]).await;
    pass(&world, "ii-1-2", &[]).await;
    let paid = |amount: &'static str| [("have", "co"), ("e0.value.kind", "PURCHASE"), ("e0.value.amount", amount)];
    let with = |amount, more: &[(&'static str, &'static str)]| [&paid(amount)[..], more].concat();
    let apartment = [
        ("e0.address", "căn hộ C"),
        ("e0.house_type", "căn hộ"),
        ("e0.floor_area_m2", "100"),
        ("e0.certificate.status", "ISSUED"),
        ("e0.certificate.number", "CC 334455"),
        ("e0.certificate.grantee", "Đặng Hữu Cường"),
    ];
    pass(&world, "ii-2-1", &with("3.500.000.000", &apartment)).await;
    pass(&world, "ii-2-2", &[]).await;
    pass(&world, "ii-5", &with("500.000.000", &[("e0.name", "Tiết kiệm tại ngân hàng D")])).await;
    let car = [("e0.name", "Xe ô tô"), ("e0.registration", "18E-033.55")];
    pass(&world, "ii-7-1", &with("1.000.000.000", &car)).await;
    assert_eq!(pass(&world, "ii-7-2", &[]).await, "ii-10");

    // Item 10 leads to the sheet, and the sheet knows what was sold.
    let item = world.get("ii-10").await.text();
    let typed = all_fields(&item);
    let mut asked: Vec<_> = with_go_on(&typed);
    asked.retain(|(name, _)| *name != "viec");
    asked.push(("viec", "cong"));
    assert_eq!(leads_to(&world.post("ii-10", &asked).await), SHEET, "what was typed is saved on the way");
    let sheet = world.get(SHEET).await;
    assert!(text_of(&sheet).contains("Kỳ tính thu nhập: từ ngày 05/12/2024 đến hết ngày"), "{}", text_of(&sheet));
    assert_eq!(all_values(&sheet.text(), "e0.from"), ["bán thửa đất B"]);
    let lines = [
        ("have", "co"),
        ("e0.part", "common"),
        ("e0.amount", "4 tỷ"),
        ("e1.source", "SALARY"),
        ("e1.part", "common"),
        ("e1.amount", "50.000.000"),
        ("e1.times", "12"),
        ("e2.source", "INVESTMENT"),
        ("e2.part", "common"),
        ("e2.amount", "1.000.000.000"),
    ];
    assert_eq!(pass(&world, SHEET, &lines).await, "ii-10");
    let item = world.get("ii-10").await.text();
    assert_eq!(value_of(&item, "e0.common"), "5.600.000.000");
    assert_eq!(value_of(&item, "e0.spouse"), "0");
    assert_eq!(pass(&world, "ii-10", &[]).await, "iii");

    let page = world.get("iii").await.text();
    assert_eq!(value_of(&page, "t.INCOME.value"), "5.600.000.000");
    let sources = "Lương, phụ cấp, trợ cấp: 600.000.000 đồng (12 × 50.000.000); \
                   Tiền thu do bán tài sản: 4.000.000.000 đồng (bán thửa đất B); \
                   Thu nhập hưởng lợi từ các khoản đầu tư: 1.000.000.000 đồng.";
    assert_eq!(value_of(&page, "t.INCOME.explanation"), sources);
    let explained = [
        ("e0.explanation", "Giảm do bán"),
        ("e1.explanation", "Mua nhà từ tiền bán thửa đất B"),
        ("e2.quantity", "+ 01 sổ tiết kiệm"),
        ("e2.explanation", "Tiết kiệm từ thu nhập"),
        ("e3.explanation", "Mua từ tiền bán đất và thu nhập trong năm"),
    ];
    assert_eq!(pass(&world, "iii", &explained).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let declared = recorded(&world).await;
    assert_eq!(
        declared["changes"],
        json!([
            row("LAND_RES", "- 100 m²", 500, "Giảm do bán"),
            row("HOUSE", "+ 100 m²", 3_500, "Mua nhà từ tiền bán thửa đất B"),
            row("MONEY", "+ 01 sổ tiết kiệm", 500, "Tiết kiệm từ thu nhập"),
            row("REGISTERED", "+ 01", 1_000, "Mua từ tiền bán đất và thu nhập trong năm"),
            { "code": "INCOME", "value": 5_600_000_000_i64, "explanation": sources },
        ])
    );
    assert_eq!(declared["income"], json!({ "declarant": 0, "spouse": 0, "children": 0, "common": 5_600_000_000_i64 }));
}

/// The sheet serves the person: what they wrote themselves stays, a line taken away does not come back, and no line that was
/// begun is left out of a sum unsaid.
#[tokio::test]
async fn the_sheet_writes_over_nobodys_words() {
    let world = owner_of_plot_b().await;
    world.post("bat-dau", &[]).await;
    answer(&world, &["dat"]).await;
    pass(&world, "ii-1-1", &[("e0.nay", "het")]).await;
    pass(&world, "ii-1-2", &[]).await;

    // Given away, not sold: the proposed line is taken away.
    let sheet = world.get(SHEET).await.text();
    let ban = value_of(&sheet, "e0.ban");
    let without =
        [("have", "co"), ("e0.source", "SALE"), ("e0.ban", &ban), ("version", "0"), ("tab", "t"), ("viec", "xoa-0")];
    assert_eq!(leads_to(&world.post(SHEET, &without).await), SHEET);
    assert!(all_values(&world.get(SHEET).await.text(), "e0.ban").is_empty());

    let wages = [("e0.source", "SALARY"), ("e0.part", "declarant"), ("e0.amount", "150 triệu"), ("have", "co")];
    assert_eq!(pass(&world, SHEET, &wages).await, "ii-10");
    assert_eq!(pass(&world, "ii-10", &[("e0.spouse", "110.000.000")]).await, "iii");
    let page = world.get("iii").await.text();
    assert_eq!(value_of(&page, "t.INCOME.value"), "260.000.000", "the row tells what item 10 says");
    assert_eq!(value_of(&page, "t.INCOME.explanation"), "", "150 million explain no 260 million");
    assert!(page.contains("Trang này ghi khác"), "{page}");
    let own = "Lương của tôi: 150.000.000; lương của vợ: 110.000.000";
    let explained = [("e0.explanation", "Tặng cho em ruột"), ("t.INCOME.explanation", own)];
    assert_eq!(pass(&world, "iii", &explained).await, "kiem-tra");

    // A raise: the box that was reckoned follows, to be looked at; the spouse's, typed by hand, stays, as do the words.
    assert_eq!(pass(&world, SHEET, &[("e0.amount", "160 triệu")]).await, "ii-10");
    let check = text_of(&world.get("kiem-tra").await);
    assert!(check.contains("các khoản thu nhập vừa thay đổi nên tổng được tính lại"), "{check}");
    let item = world.get("ii-10").await;
    assert!(text_of(&item).contains("nội dung Ông/Bà tự ghi được giữ nguyên"), "{}", text_of(&item));
    assert_eq!(value_of(&item.text(), "e0.declarant"), "160.000.000");
    assert_eq!(value_of(&item.text(), "e0.spouse"), "110.000.000");
    pass(&world, "ii-10", &[]).await;
    let page = world.get("iii").await;
    assert_eq!(value_of(&page.text(), "t.INCOME.value"), "270.000.000");
    assert_eq!(value_of(&page.text(), "t.INCOME.explanation"), own);
    assert!(
        text_of(&page).contains("Theo các khoản Ông/Bà đã liệt kê, tổng là 160.000.000 đồng: Lương"),
        "{}",
        text_of(&page)
    );
    pass(&world, "iii", &[]).await;

    // A line begun and not finished is in the way until it is finished or taken away.
    let sheet = world.get(SHEET).await.text();
    let (version, wage) =
        (value_of(&sheet, "version"), [("e0.source", "SALARY"), ("e0.part", "declarant"), ("e0.amount", "160 triệu")]);
    let half = [("have", "co"), ("version", version.as_str()), ("tab", "t"), ("viec", "sau"), ("e1.source", "GIFT")];
    assert_eq!(leads_to(&world.post(SHEET, &[&half[..], &wage].concat()).await), world.obligation.id.to_string());
    assert!(text_of(&world.get(SHEET).await).contains("Còn khoản chưa ghi đủ nên chưa cộng được"));
    let check = world.get("kiem-tra").await;
    assert!(check.text().contains(&format!("{SHEET}#e1.amount")), "{}", check.text());
    assert!(text_of(&check).contains("Từng khoản thu nhập trong kỳ: Số tiền: chưa ghi"), "{}", text_of(&check));
    let version = value_of(&world.get(SHEET).await.text(), "version");
    let without = [("have", "co"), ("version", version.as_str()), ("tab", "t"), ("viec", "xoa-1")];
    assert_eq!(leads_to(&world.post(SHEET, &[&without[..], &wage].concat()).await), SHEET);
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui");
    let declared = recorded(&world).await;
    assert_eq!(declared["income"]["declarant"], json!(160_000_000));
    assert!(declared.get("income_sources").is_none(), "the sheet is the person's own");
}

/// A page of section III that was opened before the income changed is shown anew when it is saved, and can be saved then.
#[tokio::test]
async fn an_old_page_of_section_three_is_shown_anew_and_can_be_saved() {
    let world = owner_of_plot_b().await;
    world.post("bat-dau", &[]).await;
    answer(&world, &[]).await;
    let wages = [("e0.source", "SALARY"), ("e0.part", "declarant"), ("e0.amount", "150 triệu"), ("have", "co")];
    pass(&world, SHEET, &wages).await;
    pass(&world, "ii-10", &[]).await;
    let old = all_fields(&world.get("iii").await.text());
    pass(&world, SHEET, &[("e0.amount", "160 triệu")]).await;
    pass(&world, "ii-10", &[]).await;
    let again = world.post("iii", &with_go_on(&old)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&again));
    assert_eq!(value_of(&again.text(), "t.INCOME.value"), "160.000.000");
    assert_eq!(value_of(&again.text(), "t.INCOME.explanation"), "Lương, phụ cấp, trợ cấp: 160.000.000 đồng.");
    let anew = all_fields(&again.text());
    assert_eq!(leads_to(&world.post("iii", &with_go_on(&anew)).await), "kiem-tra");
}

fn with_go_on(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let fields = fields.iter().filter(|(name, _)| name != "viec");
    fields.map(|(name, value)| (name.as_str(), value.as_str())).chain([("viec", "tiep")]).collect()
}

/// "Không có biến động" above rows that were derived is the person's answer: rule I15 asks for the reason, nothing loops.
#[tokio::test]
async fn no_change_said_above_derived_rows_is_asked_about_and_not_a_loop() {
    let world = owner_of_plot_b().await;
    world.post("bat-dau", &[]).await;
    answer(&world, &["dat"]).await;
    pass(&world, "ii-1-1", &[("e0.nay", "het")]).await;
    pass(&world, "ii-1-2", &[]).await;
    let incomes = [("e0.declarant", "1"), ("e0.spouse", "0"), ("e0.children", "0"), ("e0.common", "0")];
    pass(&world, "ii-10", &incomes).await;
    let said = [("have", "khong"), ("e0.explanation", "Bán"), ("t.INCOME.explanation", "Lương: 1 đồng")];
    assert_eq!(pass(&world, "iii", &said).await, "kiem-tra");
    let check = text_of(&world.get("kiem-tra").await);
    assert!(!check.contains("được lập lại"), "{check}");
    assert!(
        check.contains("ghi “Không có biến động” nhưng so với lần kê khai trước có 1 tài sản tăng hoặc giảm"),
        "{check}"
    );
}

/// Phụ lục II asks for the sum only: the sheet asks nobody whose a line is, and leads to the table.
#[tokio::test]
async fn the_income_of_a_supplement_is_added_up_for_the_table() {
    let world = owner_of_plot_b().await;
    without_annual(&world).await;
    let opened = open_supplement(&world, "2025").await;
    let world = for_obligation(world, id_in(&opened.location())).await;
    world.post("bat-dau", &[]).await;
    let table = leads_to(&{
        let shown = world.get(SHEET).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", text_of(&shown));
        assert!(!shown.text().contains("e0.part"), "{}", shown.text());
        let fields = all_fields(&shown.text());
        let mut fields = with_go_on(&fields);
        fields.retain(|(name, _)| *name != "have" && !name.starts_with("e0."));
        fields.extend([("have", "co"), ("e0.source", "BONUS"), ("e0.amount", "30 triệu")]);
        world.post(SHEET, &fields).await
    });
    let page = world.get(&table).await;
    assert_eq!(value_of(&page.text(), "t.INCOME.value"), "30.000.000");
    assert_eq!(value_of(&page.text(), "t.INCOME.explanation"), "Thưởng, thù lao: 30.000.000 đồng.");
}
