//! Who × verb for every route: anonymous, wrong role, right role. A route that is not in the table fails the test.
use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::account::model::RoleGrant;
use crate::kernel::Role::{self, *};
use crate::testing::{Browser, TestApp};

/// A route for people and the roles that may use it; `None`: open to everyone, by decision.
pub(crate) const PAGES: &[(&str, &str, Option<&[Role]>)] = &[
    ("GET", "/", Some(&Role::ALL)),
    ("GET", "/dang-nhap", None),
    ("POST", "/dang-nhap", None),
    ("POST", "/dang-xuat", Some(&Role::ALL)),
    ("GET", "/kich-hoat", None),
    ("POST", "/kich-hoat", None),
    ("GET", "/vai-tro", Some(&Role::ALL)),
    ("POST", "/vai-tro", Some(&Role::ALL)),
    ("GET", "/muc-dich", Some(&[CentreAnalyst])),
    ("POST", "/muc-dich", Some(&[CentreAnalyst])),
    ("GET", "/tai-khoan", Some(&[AgencyAdmin, UnitOfficer])),
    ("GET", "/tai-khoan/cap", Some(&[AgencyAdmin])),
    ("POST", "/tai-khoan/cap", Some(&[AgencyAdmin])),
    ("POST", "/tai-khoan/cap-moi", Some(&[UnitOfficer])),
    ("POST", "/tai-khoan/cap-lai", Some(&[AgencyAdmin, UnitOfficer])),
    ("POST", "/tai-khoan/{id}/cap-lai", Some(&[AgencyAdmin, UnitOfficer])),
    ("POST", "/tai-khoan/{id}/khoa", Some(&[AgencyAdmin, UnitOfficer])),
    ("GET", "/thuc-hanh", Some(&[AgencyAdmin])),
    ("POST", "/thuc-hanh", Some(&[AgencyAdmin])),
    ("GET", "/thuc-hanh/tien-do", Some(&[AgencyAdmin])),
    ("POST", "/thuc-hanh/dong", Some(&[AgencyAdmin])),
    ("GET", "/tiep-nhan/bang-tinh", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/bang-tinh", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/bang-tinh/mau", Some(&[IntakeOfficer, UnitOfficer])),
    ("GET", "/tiep-nhan/bang-tinh/{workbook}", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/bang-tinh/{workbook}/tien-do", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/bang-tinh/{workbook}/tep", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/bang-tinh/{workbook}/nhap-tiep", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/{id}/mau-cu", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/{id}/mau-cu", Some(&[IntakeOfficer])),
    ("GET", "/ban-ke-khai/mau-cu", Some(&[IntakeOfficer])),
    ("GET", "/ban-ke-khai/mau-cu/{older}", Some(&[IntakeOfficer])),
    ("POST", "/ban-ke-khai/mau-cu/{older}/noi-luu", Some(&[IntakeOfficer])),
    ("POST", "/ban-ke-khai/mau-cu/{older}/rut", Some(&[IntakeOfficer])),
    ("GET", "/toan-quoc", Some(&[CentreAnalyst])),
    ("GET", "/toan-quoc/excel", Some(&[CentreAnalyst])),
    ("GET", "/tong-hop", Some(&[AgencyAdmin])),
    ("GET", "/tong-hop/excel", Some(&[AgencyAdmin])),
    ("GET", "/nhat-ky", Some(&[Auditor])),
    ("GET", "/nhat-ky/diem-niem-phong", Some(&[Auditor])),
    ("GET", "/nhat-ky/khoa", Some(&[Auditor])),
    ("GET", "/thong-bao", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/thong-bao/thu-dien-tu", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/thong-bao/thu-dien-tu/xac-nhan", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/thong-bao/thu-dien-tu/bo", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("GET", "/ke-khai/ai-da-xem", Some(&[Declarant])),
    ("GET", "/ke-khai", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/da-gui", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/phieu", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/phieu.pdf", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/ban-ke-khai.pdf", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/ky-so", Some(&[Declarant])),
    ("POST", "/ke-khai/ban/{declaration}/ky-so/{side}", Some(&[Declarant])),
    ("GET", "/ke-khai/ban/{declaration}/ky-so/{side}/tep.pdf", Some(&[Declarant])),
    ("GET", "/don-vi/ban/{declaration}/ky-so", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban/{declaration}/ky-so/{side}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban/{declaration}/ky-so/{side}/tep.pdf", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban/{declaration}/ky-so/{side}/giay", Some(&[UnitOfficer])),
    ("GET", "/ban-ke-khai/{declaration}/ky-so", Some(&[IntakeOfficer])),
    ("GET", "/ky-so/{signature}/du-lieu.json", Some(&[Declarant, IntakeOfficer])),
    ("GET", "/ky-so/{signature}/du-lieu.p7s", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/ky-so/{signature}/du-lieu", Some(&[Declarant])),
    ("GET", "/don-vi/ban-giao/{hand_over}/ky-so", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban-giao/{hand_over}/ky-so/{side}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban-giao/{hand_over}/ky-so/{side}/tep.pdf", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban-giao/{hand_over}/ky-so/{side}/giay", Some(&[UnitOfficer])),
    ("GET", "/ban-giao/{hand_over}/ky-so", Some(&[IntakeOfficer])),
    ("POST", "/ban-giao/{hand_over}/ky-so/{side}", Some(&[IntakeOfficer])),
    ("GET", "/ban-giao/{hand_over}/ky-so/{side}/tep.pdf", Some(&[IntakeOfficer])),
    ("POST", "/ban-giao/{hand_over}/ky-so/{side}/giay", Some(&[IntakeOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/ky-so", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/{disclosure}/ky-so/{side}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/ky-so/{side}/tep.pdf", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/{disclosure}/ky-so/{side}/giay", Some(&[UnitOfficer])),
    ("GET", "/cong-khai/{disclosure}/ky-so", Some(&[IntakeOfficer])),
    ("GET", "/ky-so/{signature}/tep.pdf", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/ky-so/{signature}/rut", Some(&[Declarant, UnitOfficer, IntakeOfficer])),
    ("POST", "/ky-so/{signature}/quyet-dinh", Some(&[UnitOfficer, IntakeOfficer])),
    ("POST", "/ke-khai/ban/{declaration}/sua-doi", Some(&[Declarant])),
    ("GET", "/ke-khai/sua-doi/{correction}", Some(&[Declarant])),
    ("POST", "/ke-khai/sua-doi/{correction}", Some(&[Declarant])),
    ("GET", "/ke-khai/ho-so/{original}", Some(&[Declarant])),
    ("GET", "/ke-khai/yeu-cau/{demand}", Some(&[Declarant])),
    ("POST", "/ke-khai/yeu-cau/{demand}/sua", Some(&[Declarant])),
    ("GET", "/ke-khai/yeu-cau/{demand}/yeu-cau.pdf", Some(&[Declarant])),
    ("GET", "/ke-khai/bo-sung", Some(&[Declarant])),
    ("POST", "/ke-khai/bo-sung", Some(&[Declarant])),
    ("GET", "/ke-khai/{obligation}", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/thoi", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/bat-dau", Some(&[Declarant])),
    ("GET", "/ke-khai/{obligation}/tu-lan-truoc", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/tu-lan-truoc", Some(&[Declarant])),
    ("GET", "/ke-khai/{obligation}/kiem-tra", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/kiem-tra", Some(&[Declarant])),
    ("GET", "/ke-khai/{obligation}/{section}", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/{section}", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/{section}/tu-luu", Some(&[Declarant])),
    ("GET", "/ke-khai/{obligation}/{section}/hai-ban", Some(&[Declarant])),
    ("POST", "/ke-khai/{obligation}/{section}/hai-ban", Some(&[Declarant])),
    ("GET", "/don-vi", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban/{declaration}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban/{declaration}/tiep-nhan", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban/{declaration}/tiep-nhan", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban/{declaration}/yeu-cau", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban/{declaration}/yeu-cau", Some(&[UnitOfficer])),
    ("GET", "/don-vi/sua-doi/{correction}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/sua-doi/{correction}", Some(&[UnitOfficer])),
    ("GET", "/ban-ke-khai/sua-doi/{correction}", Some(&[IntakeOfficer])),
    ("POST", "/ban-ke-khai/sua-doi/{correction}", Some(&[IntakeOfficer])),
    ("GET", "/don-vi/yeu-cau/{demand}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/yeu-cau/{demand}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/yeu-cau/{demand}/yeu-cau.pdf", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach/them", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/them", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach/excel", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/excel", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach/mo-dot", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/mo-dot", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach/{person}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/{person}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/{person}/roi", Some(&[UnitOfficer])),
    ("GET", "/don-vi/danh-sach/{person}/dip", Some(&[UnitOfficer])),
    ("POST", "/don-vi/danh-sach/{person}/dip", Some(&[UnitOfficer])),
    ("POST", "/don-vi/nghia-vu/{obligation}/thoi", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban-giao", Some(&[UnitOfficer])),
    ("POST", "/don-vi/ban-giao", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban-giao/{hand_over}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/ban-giao/{hand_over}/bien-ban.pdf", Some(&[UnitOfficer])),
    ("GET", "/don-vi/don-doc", Some(&[UnitOfficer])),
    ("POST", "/don-vi/don-doc", Some(&[UnitOfficer])),
    ("GET", "/don-vi/don-doc/cong-van/{issue}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/don-doc/cong-van/{issue}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/don-doc/cong-van/{issue}/cong-van.pdf", Some(&[UnitOfficer])),
    ("GET", "/don-vi/don-doc/khong-nop/{obligation}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/don-doc/khong-nop/{obligation}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/so-theo-doi", Some(&[UnitOfficer])),
    ("GET", "/don-vi/so-theo-doi/excel", Some(&[UnitOfficer])),
    ("GET", "/yeu-cau-thong-tin", Some(&[IntakeOfficer])),
    ("GET", "/yeu-cau-thong-tin/moi", Some(&[IntakeOfficer])),
    ("POST", "/yeu-cau-thong-tin/moi", Some(&[IntakeOfficer])),
    ("GET", "/yeu-cau-thong-tin/tep/{file}", Some(&[UnitOfficer, Declarant, IntakeOfficer])),
    ("GET", "/yeu-cau-thong-tin/{inquiry}", Some(&[IntakeOfficer])),
    ("POST", "/yeu-cau-thong-tin/{inquiry}", Some(&[IntakeOfficer])),
    ("GET", "/yeu-cau-thong-tin/{inquiry}/bo-sung", Some(&[IntakeOfficer])),
    ("POST", "/yeu-cau-thong-tin/{inquiry}/bo-sung", Some(&[IntakeOfficer])),
    ("GET", "/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", Some(&[IntakeOfficer])),
    ("GET", "/don-vi/yeu-cau-thong-tin", Some(&[UnitOfficer])),
    ("GET", "/don-vi/yeu-cau-thong-tin/{inquiry}", Some(&[UnitOfficer])),
    ("POST", "/don-vi/yeu-cau-thong-tin/{inquiry}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", Some(&[UnitOfficer])),
    ("GET", "/ke-khai/yeu-cau-thong-tin/{inquiry}", Some(&[Declarant])),
    ("POST", "/ke-khai/yeu-cau-thong-tin/{inquiry}", Some(&[Declarant])),
    ("GET", "/ke-khai/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", Some(&[Declarant])),
    ("GET", "/don-vi/thong-bao", Some(&[UnitOfficer])),
    ("POST", "/don-vi/thong-bao", Some(&[UnitOfficer])),
    ("GET", "/dot-ke-khai", Some(&[IntakeOfficer])),
    ("POST", "/dot-ke-khai", Some(&[IntakeOfficer])),
    ("GET", "/dot-ke-khai/excel", Some(&[IntakeOfficer])),
    ("GET", "/dot-ke-khai/don-vi/{unit}", Some(&[IntakeOfficer])),
    ("GET", "/don-vi/cong-khai", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/niem-yet", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/niem-yet", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/cuoc-hop", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/cuoc-hop", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/bien-ban", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/{disclosure}/bien-ban", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/dung", Some(&[UnitOfficer])),
    ("POST", "/don-vi/cong-khai/{disclosure}/dung", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/bien-ban.pdf", Some(&[UnitOfficer])),
    ("GET", "/don-vi/cong-khai/{disclosure}/ban-ke-khai.pdf", Some(&[UnitOfficer])),
    ("GET", "/cong-khai", Some(&[IntakeOfficer])),
    ("GET", "/cong-khai/{disclosure}", Some(&[IntakeOfficer])),
    ("GET", "/cong-khai/{disclosure}/bien-ban.pdf", Some(&[IntakeOfficer])),
    ("GET", "/ban-giao", Some(&[IntakeOfficer])),
    ("GET", "/ban-giao/{hand_over}", Some(&[IntakeOfficer])),
    ("POST", "/ban-giao/{hand_over}", Some(&[IntakeOfficer])),
    ("GET", "/ban-giao/{hand_over}/bien-ban.pdf", Some(&[IntakeOfficer])),
    ("GET", "/chuyen-ho-so", Some(&[IntakeOfficer])),
    ("GET", "/chuyen-ho-so/nguoi/{person}", Some(&[IntakeOfficer])),
    ("POST", "/chuyen-ho-so/nguoi/{person}", Some(&[IntakeOfficer])),
    ("GET", "/chuyen-ho-so/ban/{original}", Some(&[IntakeOfficer])),
    ("GET", "/chuyen-ho-so/{custody}", Some(&[IntakeOfficer])),
    ("POST", "/chuyen-ho-so/{custody}", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/{id}", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/{id}", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/{id}/tien-do", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/{id}/trang/{page}", Some(&[IntakeOfficer])),
    ("GET", "/tiep-nhan/{id}/ghi-nhan", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/{id}/ghi-nhan", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/{id}/de-rieng", Some(&[IntakeOfficer])),
    ("POST", "/tiep-nhan/{id}/lam-lai", Some(&[IntakeOfficer])),
    ("GET", "/ban-ke-khai", Some(&[IntakeOfficer])),
    ("GET", "/ban-ke-khai/nguoi/{person}/tai-san", Some(&[IntakeOfficer])),
    ("POST", "/ban-ke-khai/nguoi/{person}/tai-san", Some(&[IntakeOfficer])),
    ("GET", "/ke-khai/tai-san", Some(&[Declarant])),
    ("GET", "/ban-ke-khai/{id}", Some(&[IntakeOfficer])),
    ("GET", "/huong-dan", None),
    ("GET", "/huong-dan/{guide}", None),
    ("GET", "/huong-dan/mau/{form}", None),
    ("GET", "/api/openapi.json", None),
    ("GET", "/tinh/{version}/{*name}", None),
    ("GET", "/song", None),
    ("GET", "/san-sang", None),
];

/// Every `.route("…", get(…).post(…))` in the sources of the service.
fn routes_in_source() -> BTreeSet<(String, String)> {
    fn walk(folder: &std::path::Path, found: &mut BTreeSet<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("routes_tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for line in text.lines() {
                    for part in line.split(".route(\"").skip(1) {
                        let Some((route, handlers)) = part.split_once('"') else { continue };
                        for (method, word) in
                            [("GET", "get("), ("POST", "post("), ("PUT", "put("), ("DELETE", "delete(")]
                        {
                            let own = handlers.trim_start_matches([',', ' ']).starts_with(word)
                                || handlers.contains(&format!(").{word}"));
                            if own {
                                found.insert((method.to_owned(), route.to_owned()));
                            }
                        }
                    }
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    found
}

#[test]
fn no_route_is_left_out_of_the_table() {
    let listed: BTreeSet<_> =
        PAGES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let source = routes_in_source();
    assert!(source.len() > 30, "{source:?}");
    let uncovered: Vec<_> = source.difference(&listed).collect();
    assert_eq!(uncovered, Vec::<&(String, String)>::new(), "routes nobody decided about");
    let gone: Vec<_> = listed.difference(&source).collect();
    assert_eq!(gone, Vec::<&(String, String)>::new(), "routes that are no more");
}

/// A path whose parameters name nothing that exists.
fn concrete(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        out.push('/');
        match part {
            "{section}" => out.push_str("declarant"),
            "{page}" => out.push('1'),
            "{version}" => out.push('0'),
            "{*name}" => out.push_str("app.css"),
            _ if part.starts_with('{') => out.push_str(&uuid::Uuid::now_v7().to_string()),
            _ => out.push_str(part),
        }
    }
    out
}

async fn browser_of(test: &TestApp, role: Role) -> Browser {
    let partition = test.agency().await;
    match role {
        UnitOfficer => {
            let unit = test.unit().await;
            test.unit_officer(partition, unit).await
        }
        Declarant => {
            let unit = test.unit().await;
            let (_, obligation) = test.declarant(partition, unit, "Nguyễn Văn Thử", "051080000199").await;
            test.declarant_browser(&obligation).await
        }
        _ => test.sign_in(RoleGrant { role, partition, unit: None, person: None }).await,
    }
}

#[tokio::test]
async fn anonymous_visitors_reach_only_what_is_open() {
    let test = TestApp::new().await;
    for (method, path, roles) in PAGES {
        let path = concrete(path);
        let answer = if *method == "GET" { test.get(None, &path).await } else { test.post(None, &path, &[]).await };
        let sent_to_sign_in = answer.location() == "/dang-nhap" || answer.status == StatusCode::UNAUTHORIZED;
        assert_eq!(sent_to_sign_in, roles.is_some(), "{method} {path}: {} {}", answer.status, answer.location());
    }
}

#[tokio::test]
async fn every_role_reaches_its_own_routes_and_no_other() {
    let test = TestApp::new().await;
    for role in Role::ALL {
        for (method, path, roles) in PAGES {
            let Some(roles) = roles else { continue };
            if *path == "/dang-xuat" {
                continue; // it would end the session under test
            }
            let browser = browser_of(&test, role).await;
            let path = concrete(path);
            let answer = if *method == "GET" {
                test.get(Some(&browser), &path).await
            } else {
                test.post(Some(&browser), &path, &[]).await
            };
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{role:?} {method} {path}: {}", answer.text());
            if roles.contains(&role) {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{role:?} may {method} {path}");
                assert_ne!(answer.location(), "/dang-nhap", "{role:?} is signed in at {method} {path}");
            } else {
                assert!(
                    matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                    "{role:?} {method} {path}: {} {}",
                    answer.status,
                    answer.location()
                );
            }
        }
    }
}

/// The API's routes from its own document: no token, a false token, and each wrong role are turned away.
#[tokio::test]
async fn the_api_turns_away_whoever_has_no_business_there() {
    let test = TestApp::new().await;
    let document = test.get(None, "/api/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 8, "{:?}", paths.keys().collect::<Vec<_>>());
    for (path, verbs) in paths {
        for method in
            verbs.as_object().unwrap().keys().filter(|m| ["get", "post", "put", "delete"].contains(&m.as_str()))
        {
            let (method, path) = (method.to_uppercase(), concrete(path));
            for token in ["", "x", &"0".repeat(64)] {
                let answer =
                    test.api(token, &method, &path, Some("khoa-chong-trung"), Some(&serde_json::json!({}))).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} with token {token:?}");
            }
        }
    }
}

/// What is wrong with a request is said in Vietnamese: as a page to people, as JSON to programs.
#[tokio::test]
async fn requests_that_cannot_be_read_are_refused_in_vietnamese() {
    let test = TestApp::new().await;
    let declarant = browser_of(&test, Declarant).await;
    let analyst = browser_of(&test, AgencyAdmin).await;
    let pages = [
        (test.get(Some(&declarant), "/ke-khai/khong-phai-ma").await, StatusCode::NOT_FOUND),
        (test.get(Some(&analyst), "/tong-hop?nam=hai-nghin").await, StatusCode::BAD_REQUEST),
        (test.get(None, "/khong-co").await, StatusCode::NOT_FOUND),
        (test.get(None, "/so-do").await, StatusCode::NOT_FOUND),
        (test.get(None, "/tinh").await, StatusCode::NOT_FOUND),
        (test.get(None, "/tinh/0/khong-co.css").await, StatusCode::NOT_FOUND),
        (test.get(None, "/song/khong-co").await, StatusCode::NOT_FOUND),
        (test.post(Some(&declarant), "/ke-khai", &[]).await, StatusCode::METHOD_NOT_ALLOWED),
        (test.post(None, "/dang-nhap", &[("login", &"a".repeat(3 << 20))]).await, StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (answer, status) in pages {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains("lang=\"vi\"") && answer.text().contains("Đề nghị"), "{}", answer.text());
    }
    let token = test.token(&declarant).await;
    let address = format!("/api/v1/obligations/{}/declaration", uuid::Uuid::now_v7());
    let answers = [
        (test.api(&token, "GET", "/api/v1/khong-co", None, None).await, StatusCode::NOT_FOUND, "not_found"),
        (test.api(&token, "GET", "/api/", None, None).await, StatusCode::NOT_FOUND, "not_found"),
        (test.api(&token, "GET", "/api", None, None).await, StatusCode::NOT_FOUND, "not_found"),
        (test.api(&token, "GET", "/api/v1", None, None).await, StatusCode::NOT_FOUND, "not_found"),
        (
            test.api(&token, "GET", "/api/v1/declarations/khong-phai-ma", None, None).await,
            StatusCode::NOT_FOUND,
            "not_found",
        ),
        (
            test.api(&token, "DELETE", "/api/v1/obligations", None, None).await,
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        ),
        (
            test.api(&token, "POST", &address, Some("khoa-chong-trung"), None).await,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unreadable_json",
        ),
        (
            test.api(&token, "POST", &address, Some("khoa-chong-trung"), Some(&serde_json::json!({"la": 1}))).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable_json",
        ),
    ];
    for (answer, status, code) in answers {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.json()["code"], code, "{}", answer.text());
        assert!(answer.json()["mend"].as_str().unwrap().contains("Đề nghị"));
    }
}
