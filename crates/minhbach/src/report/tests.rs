//! The figures through the router: what a declaration online, a paper that waits and a paper on record do to them.
use axum::http::StatusCode;
use scraper::{Html, Selector};

use crate::account::model::RoleGrant;
use crate::declaration::tests::submit_with_reasons;
use crate::intake::accept::{self, Acceptance, Who};
use crate::intake::desk_tests::read_paper;
use crate::kernel::Role;
use crate::testing::{Browser, TestApp};

/// The figure under a heading of the page, as people read it.
fn figure(page: &str, label: &str) -> Option<String> {
    let page = Html::parse_document(page);
    let [figures, dt, dd] = [".mb-figure", "dt", "dd"].map(|selector| Selector::parse(selector).unwrap());
    page.select(&figures)
        .find(|f| f.select(&dt).any(|e| e.text().collect::<String>().trim() == label))
        .and_then(|f| f.select(&dd).next().map(|e| e.text().collect::<String>().trim().to_owned()))
}

async fn shown(test: &TestApp, admin: &Browser) -> String {
    let answer = test.get(Some(admin), "/tong-hop?nam=2025").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.text()
}

#[tokio::test]
async fn a_paper_counts_as_not_digitised_until_it_is_on_record() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let admin = test.officer(Role::AgencyAdmin, partition).await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (_, sent) = test.declarant(partition, unit, "Đặng Hữu Cường", "092087831496").await;
    let (on_paper, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    test.declarant(partition, unit, "Lê Thị Chậm", "051180000124").await;

    let page = shown(&test, &admin).await;
    assert_eq!(figure(&page, "Phải kê khai").as_deref(), Some("3"));
    assert_eq!(figure(&page, "Đã kê khai").as_deref(), Some("0"));

    let token = test.token(&test.declarant_browser(&sent).await).await;
    submit_with_reasons(&test, &token, sent.id).await;
    let page = shown(&test, &admin).await;
    assert_eq!(figure(&page, "Trực tuyến").as_deref(), Some("1"));
    assert_eq!(figure(&page, "Bản giấy chờ ghi nhận"), None);
    assert!(page.contains("100,0%: 1 trên 1 bản kê khai"), "{page}");

    let intake = read_paper(&test, &officer, b"%PDF-1.4 figures").await;
    let page = shown(&test, &admin).await;
    assert_eq!(figure(&page, "Bản giấy chờ ghi nhận").as_deref(), Some("1"));
    assert_eq!(figure(&page, "Đã số hóa").as_deref(), Some("1"));
    assert!(page.contains("50,0%: 1 trên 2 bản kê khai"), "a paper that waits is not digitised: {page}");
    let program = test.token(&admin).await;
    let figures = test.api(&program, "GET", "/api/v1/progress?year=2025", None, None).await.json();
    assert_eq!((&figures["total"]["awaiting"], &figures["total"]["declared"]), (&1.into(), &1.into()), "{figures}");
    // An older year knows nothing of it.
    let older = test.api(&program, "GET", "/api/v1/progress?year=2023", None, None).await.json();
    assert_eq!(older["total"]["awaiting"], 0, "{older}");

    let acceptance = Acceptance { revision: 0, who: Who::Known(on_paper), kind: None };
    accept::accept(&test.app, &officer.actor, intake, &acceptance, None).await.unwrap();
    let page = shown(&test, &admin).await;
    assert_eq!(figure(&page, "Bản giấy").as_deref(), Some("1"));
    assert_eq!(figure(&page, "Bản giấy chờ ghi nhận"), None);
    assert!(page.contains("100,0%: 2 trên 2 bản kê khai") && page.contains("50,0%: 1 trên 2"), "{page}");
}

/// The centre needs a purpose for every look, sees counts per agency and nothing of a unit or person.
#[tokio::test]
async fn the_centre_sees_counts_per_agency_under_a_recorded_purpose() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    test.declarant(partition, unit, "Đặng Hữu Cường", "092087831496").await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    read_paper(&test, &officer, b"%PDF-1.4 nation").await;
    let centre = crate::kernel::id::PartitionId::CENTRE;
    let analyst =
        test.sign_in(RoleGrant { role: Role::CentreAnalyst, partition: centre, unit: None, person: None }).await;
    assert_eq!(test.get(Some(&analyst), "/toan-quoc?nam=2025").await.location(), "/muc-dich");
    let page = test.get(Some(&analyst), "/muc-dich").await.text();
    let html = Html::parse_document(&page);
    let radio = Selector::parse("input[name=purpose]").unwrap();
    let code = html.select(&radio).next().unwrap().value().attr("value").unwrap().to_owned();
    let fields = [("purpose", code.as_str()), ("reference", "15/KH-TTCP")];
    let given = test.post(Some(&analyst), "/muc-dich", &fields).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text());
    let page = test.get(Some(&analyst), "/toan-quoc?nam=2025").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let text = page.text();
    assert!(text.contains(&format!("Thanh tra thử {partition}")), "{text}");
    assert!(!text.contains("Sở thử") && !text.contains("Đặng Hữu Cường"), "no unit and no person: {text}");
    let row = Html::parse_document(&text)
        .select(&Selector::parse("tr").unwrap())
        .map(|r| r.text().collect::<Vec<_>>().join(" "))
        .find(|r| r.contains(&format!("Thanh tra thử {partition}")))
        .unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    // obliged 1, declared 0, paper 0, online 0, waiting 1
    assert!(words.windows(2).any(|w| w == ["1", "0"]), "{row}");
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from paper_progress where partition_id = $1 and state = 'WAITING'")
            .bind(partition.0)
            .fetch_one(&mut crate::testing::owner().await)
            .await
            .unwrap();
    assert_eq!(waiting, 1);
    let excel = test.get(Some(&analyst), "/toan-quoc/excel?nam=2025").await;
    assert!(excel.status == StatusCode::OK && excel.body.starts_with(b"PK"));
}

/// Whatever the other tests did to papers, what the nation counts is what the papers are.
#[tokio::test]
async fn every_paper_is_counted_as_what_it_is() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    read_paper(&test, &officer, b"%PDF-1.4 every").await;
    let apart: Vec<(String, Option<String>)> = sqlx::query_as(
        "select i.state, p.state from intake i left join paper_progress p on p.partition_id = i.partition_id and p.id = i.id
         where p.state is distinct from case i.state when 'ACCEPTED' then 'RECORDED' when 'OLDER' then 'RECORDED' when 'SET_ASIDE' then 'PUT_AWAY' else 'WAITING' end",
    )
    .fetch_all(&mut crate::testing::owner().await)
    .await
    .unwrap();
    assert_eq!(apart, Vec::new());
}
