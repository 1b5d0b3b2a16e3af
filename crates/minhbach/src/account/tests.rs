//! Sign-in, activation, sessions, through the router.
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;

use super::issue;
use super::model::{Badge, NewAccount, RoleGrant};
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, Role};
use crate::testing::TestApp;

const PASSWORD: &str = "Một câu dễ nhớ 1!";

async fn issued(test: &TestApp, partition: PartitionId, role: Role) -> (String, String) {
    let login = format!("a-{}", &uuid::Uuid::now_v7().simple().to_string()[12..]);
    let new = NewAccount {
        login: login.clone(),
        badge: Badge { name: "Trần Thị Thử".into(), position: "Chuyên viên".into() },
        grants: vec![RoleGrant { role, partition, unit: None, person: None }],
    };
    let slip =
        test.app.db.write(&Actor::SYSTEM, "test.issue", async |tx| issue::issue(tx, &new, 30).await).await.unwrap();
    (login, slip.code)
}

async fn activated(test: &TestApp) -> String {
    let agency = test.agency().await;
    let (login, code) = issued(test, agency, Role::IntakeOfficer).await;
    let answer = test
        .post(
            None,
            "/kich-hoat",
            &[("login", &login), ("code", &code), ("password", PASSWORD), ("password_again", PASSWORD)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    login
}

#[tokio::test]
async fn a_code_activates_once_in_any_spelling() {
    let test = TestApp::new().await;
    let agency = test.agency().await;
    let (login, code) = issued(&test, agency, Role::IntakeOfficer).await;
    let typed = code.to_lowercase().replace('-', " ");
    let fields =
        [("login", login.as_str()), ("code", typed.as_str()), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(test.post(None, "/kich-hoat", &fields).await.status, StatusCode::OK);
    let again = test.post(None, "/kich-hoat", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("Mã") || again.text().contains("mã"), "says what is wrong");
}

#[tokio::test]
async fn a_right_password_opens_a_session_with_a_guarded_cookie() {
    let test = TestApp::new().await;
    let login = activated(&test).await;
    let answer = test.post(None, "/dang-nhap", &[("login", &login), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_the_same_and_five_wrong_ones_lock() {
    let test = TestApp::new().await;
    let login = activated(&test).await;
    let nobody = test.post(None, "/dang-nhap", &[("login", "khong-co-ai"), ("password", "x")]).await;
    let wrong = test.post(None, "/dang-nhap", &[("login", &login), ("password", "x")]).await;
    let sentence = "Tên đăng nhập hoặc mật khẩu chưa đúng";
    assert!(nobody.text().contains(sentence) && wrong.text().contains(sentence));
    assert_eq!(nobody.status, wrong.status);
    for _ in 0..4 {
        test.post(None, "/dang-nhap", &[("login", &login), ("password", "x")]).await;
    }
    let locked = test.post(None, "/dang-nhap", &[("login", &login), ("password", PASSWORD)]).await;
    assert_eq!(locked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(locked.text().contains("tạm khóa"), "the right password does not open a locked account");
    test.app.clock().advance(TimeDelta::minutes(test.app.config.session.lock_minutes + 1));
    assert_eq!(
        test.post(None, "/dang-nhap", &[("login", &login), ("password", PASSWORD)]).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn an_idle_session_ends() {
    let test = TestApp::new().await;
    let agency = test.agency().await;
    let browser = test.officer(Role::Auditor, agency).await;
    assert_eq!(test.get(Some(&browser), "/nhat-ky").await.status, StatusCode::OK);
    test.app.clock().advance(TimeDelta::minutes(14));
    assert_eq!(test.get(Some(&browser), "/nhat-ky").await.status, StatusCode::OK);
    test.app.clock().advance(TimeDelta::minutes(16));
    assert_eq!(test.get(Some(&browser), "/nhat-ky").await.location(), "/dang-nhap");
}

#[tokio::test]
async fn another_site_cannot_act_and_a_stale_form_is_refused() {
    let test = TestApp::new().await;
    let agency = test.agency().await;
    let browser = test.officer(Role::AgencyAdmin, agency).await;
    let (login, _) = issued(&test, agency, Role::IntakeOfficer).await;
    let account = test
        .app
        .db
        .read(&Actor::SYSTEM, "test.find", async |tx| super::store::by_login(tx, &login).await)
        .await
        .unwrap()
        .unwrap();
    let path = format!("/tai-khoan/{}/khoa", account.id);
    let stale = test.post(Some(&browser), &path, &[("csrf", "cũ")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let cross = Request::post(&path)
        .header(header::COOKIE, &browser.cookie)
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!("csrf={}", browser.csrf)))
        .unwrap();
    assert_eq!(test.send(cross).await.status, StatusCode::CONFLICT);
    assert_eq!(test.post(Some(&browser), &path, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_administrator_manages_only_their_own_agency() {
    let test = TestApp::new().await;
    let (ours, theirs) = (test.agency().await, test.agency().await);
    let admin = test.officer(Role::AgencyAdmin, ours).await;
    let (login, _) = issued(&test, theirs, Role::IntakeOfficer).await;
    let account = test
        .app
        .db
        .read(&Actor::SYSTEM, "test.find", async |tx| super::store::by_login(tx, &login).await)
        .await
        .unwrap()
        .unwrap();
    let answer = test.post(Some(&admin), &format!("/tai-khoan/{}/cap-lai", account.id), &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "another agency's account is not there at all");
    assert!(!test.get(Some(&admin), "/tai-khoan").await.text().contains(&login));
}

#[tokio::test]
async fn a_closed_account_is_out_at_once() {
    let test = TestApp::new().await;
    let agency = test.agency().await;
    let admin = test.officer(Role::AgencyAdmin, agency).await;
    let officer = test.officer(Role::Auditor, agency).await;
    assert_eq!(test.get(Some(&officer), "/nhat-ky").await.status, StatusCode::OK);
    let token = test.token(&officer).await;
    assert_eq!(
        test.post(Some(&admin), &format!("/tai-khoan/{}/khoa", officer.account), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(test.get(Some(&officer), "/nhat-ky").await.location(), "/dang-nhap");
    let api = test.api(&token, "GET", "/api/v1/log/checkpoint", None, None).await;
    assert_eq!(api.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn codes_are_long_enough_and_without_look_alikes() {
    let code = super::model::activation_code().unwrap();
    assert_eq!(code.chars().filter(|c| *c != '-').count(), 20);
    assert!(!code.contains(['0', '1', 'O', 'I']));
}
