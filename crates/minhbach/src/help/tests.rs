//! Every page has its part of a guide beside it, and the guides can be read.
use axum::http::StatusCode;
use scraper::{Html, Selector};

use crate::account::pages::navigation;
use crate::kernel::Role;
use crate::kernel::web::help::{beside, guides};
use crate::routes_tests::PAGES;
use crate::testing::TestApp;

#[test]
fn every_page_a_role_may_open_has_a_part_of_its_guide() {
    for role in Role::ALL {
        let guide = guides().iter().find(|guide| guide.roles.contains(&role)).unwrap();
        for item in navigation(role, "/", 0) {
            assert!(guide.pages.iter().any(|place| place.path == item.href), "{role:?} {}", item.href);
        }
        for (method, path, roles) in PAGES {
            let is_theirs = roles.is_some_and(|roles| roles.contains(&role)) && *method == "GET" && *path != "/";
            assert!(!is_theirs || beside(role, path).contains('#'), "{role:?} {path}: {}", beside(role, path));
        }
    }
}

/// The link of a page leads to a heading that is there; also for whoever is not signed in.
#[tokio::test]
async fn the_guide_beside_a_page_opens_at_its_part() {
    let test = TestApp::new().await;
    for guide in guides() {
        for place in &guide.pages {
            let (address, part) = beside_of(guide.roles[0], &place.path);
            let answer = test.get(None, &address).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            let heading = Selector::parse(&format!("h2#{part}")).unwrap();
            let page = Html::parse_document(&answer.text());
            let found = page.select(&heading).next().unwrap_or_else(|| panic!("{address}#{part}"));
            assert_eq!(found.text().collect::<String>(), place.heading);
        }
    }
    let sign_in = test.get(None, "/dang-nhap").await.text();
    assert!(sign_in.contains("href=\"/huong-dan\""), "{sign_in}");
    let notes = test.get(None, "/huong-dan/mau/PL1").await.text();
    assert!(notes.contains("Hướng dẫn số 28") && notes.contains("tiền thu do bán tài sản"), "{notes}");
    assert_eq!(test.get(None, "/huong-dan/khong-co").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get(None, "/huong-dan/mau/PL9").await.status, StatusCode::NOT_FOUND);
}

fn beside_of(role: Role, path: &str) -> (String, String) {
    let (address, part) = beside(role, path).split_once('#').map(|(a, p)| (a.to_owned(), p.to_owned())).unwrap();
    (address, part)
}
