//! Sign-in, activation, sessions, through the router.
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;

use scraper::{Html, Selector};

use super::issue;
use super::model::{Badge, NewAccount, RoleGrant};
use crate::kernel::id::{AccountId, OrganisationId, PartitionId};
use crate::kernel::{Actor, Role};
use crate::organisation;
use crate::testing::{Answer, Browser, TestApp};

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
    let answer = test.post(Some(&admin), &format!("/tai-khoan/{}/cap-lai", account.id), &[("khoa", &key())]).await;
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

/// What a page carries to notice a button pressed twice.
fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Login names and codes of a page of slips.
fn slips(answer: &Answer) -> Vec<(String, String)> {
    let page = Html::parse_document(&answer.text());
    let texts = |selector: &str| -> Vec<String> {
        page.select(&Selector::parse(selector).unwrap()).map(|element| element.text().collect()).collect()
    };
    texts("tbody code").into_iter().zip(texts("tbody [id^=ma-]")).collect()
}

/// The slips to print, which the page itself carries.
fn printed(answer: &Answer) -> Vec<u8> {
    use base64::Engine;
    let page = Html::parse_document(&answer.text());
    let link = page.select(&Selector::parse("a[download]").unwrap()).next().expect("a link to the slips");
    let data = link.value().attr("href").unwrap().strip_prefix("data:application/pdf;base64,").unwrap().to_owned();
    base64::engine::general_purpose::STANDARD.decode(data).unwrap()
}

async fn activate(test: &TestApp, login: &str, code: &str) -> StatusCode {
    let fields = [("login", login), ("code", code), ("password", PASSWORD), ("password_again", PASSWORD)];
    test.post(None, "/kich-hoat", &fields).await.status
}

async fn count(test: &TestApp, sql: &'static str, id: uuid::Uuid) -> i64 {
    test.app
        .db
        .read(&Actor::SYSTEM, "test.count", async |tx| {
            Ok(sqlx::query_scalar(sql).bind(id).fetch_one(tx.conn()).await?)
        })
        .await
        .unwrap()
}

async fn unit_of_two(test: &TestApp) -> (OrganisationId, Browser) {
    let (one, two, unit) = (test.agency().await, test.agency().await, test.unit().await);
    test.declarant(one, unit, "Nguyễn Văn Cấp", "001080000011").await;
    test.declarant(two, unit, "Trần Thị Mã", "001180000012").await;
    (unit, test.unit_officer(one, unit).await)
}

#[tokio::test]
async fn a_unit_issues_to_everyone_without_an_account_and_a_second_press_issues_nothing() {
    let test = TestApp::new().await;
    let (unit, officer) = unit_of_two(&test).await;
    assert!(test.get(Some(&officer), "/tai-khoan").await.text().contains("Cấp tài khoản cho người chưa có"));
    let issued = test.post(Some(&officer), "/tai-khoan/cap-moi", &[]).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    assert!(issued.text().contains("Nguyễn Văn Cấp") && issued.text().contains("Trần Thị Mã"));
    assert!(printed(&issued).starts_with(b"%PDF-"));
    let slips = slips(&issued);
    assert_eq!(slips.len(), 2);
    let again = test.post(Some(&officer), "/tai-khoan/cap-moi", &[]).await;
    assert!(again.text().contains("không cấp thêm"), "{}", again.text());
    assert!(!again.text().contains("Cấp tài khoản cho người chưa có"));
    let accounts = "select count(*) from account where unit_id = $1 and kind = 'DECLARANT'";
    let events = "select count(*) from event where unit_id = $1 and name = 'account.issued' and person_id is not null";
    assert_eq!((count(&test, accounts, unit.0).await, count(&test, events, unit.0).await), (2, 2));
    for (login, code) in &slips {
        assert_eq!(activate(&test, login, code).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn two_presses_at_one_moment_issue_one_account_a_person() {
    let test = TestApp::new().await;
    let (unit, officer) = unit_of_two(&test).await;
    let press = || issue::issue_missing(&test.app, &officer.actor);
    let (one, two) = tokio::join!(press(), press());
    let mut issued = [one.unwrap().len(), two.unwrap().len()];
    issued.sort_unstable();
    assert_eq!(issued, [0, 2]);
    assert_eq!(count(&test, "select count(*) from account where unit_id = $1 and kind = 'DECLARANT'", unit.0).await, 2);
}

#[tokio::test]
async fn chosen_holders_get_new_codes_once_and_the_old_ones_are_void() {
    let test = TestApp::new().await;
    let (_, officer) = unit_of_two(&test).await;
    let first = slips(&test.post(Some(&officer), "/tai-khoan/cap-moi", &[]).await);
    let list = test.get(Some(&officer), "/tai-khoan").await.text();
    let page = Html::parse_document(&list);
    let boxes: Vec<String> = page
        .select(&Selector::parse("input[form=cap-lai-nhieu]").unwrap())
        .map(|element| element.value().attr("value").unwrap().to_owned())
        .collect();
    assert_eq!(boxes.len(), 2, "the officer's own account cannot be chosen: {list}");
    let nobody = test.post(Some(&officer), "/tai-khoan/cap-lai", &[("khoa", &key())]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let key = key();
    let fields = [("khoa", key.as_str()), ("id", boxes[0].as_str()), ("id", boxes[1].as_str())];
    let issued = test.post(Some(&officer), "/tai-khoan/cap-lai", &fields).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    let second = slips(&issued);
    assert_eq!(second.len(), 2);
    let twice = test.post(Some(&officer), "/tai-khoan/cap-lai", &fields).await;
    assert!(twice.text().contains("Lần bấm trước đã cấp mã") && slips(&twice).is_empty());
    assert_eq!(activate(&test, &first[0].0, &first[0].1).await, StatusCode::UNPROCESSABLE_ENTITY);
    for (login, code) in &second {
        assert_eq!(activate(&test, login, code).await, StatusCode::OK);
    }
}

/// Puts a unit under an agency.
async fn route(test: &TestApp, unit: OrganisationId, partition: PartitionId) -> String {
    test.route(unit, partition).await;
    let found = async |tx: &mut crate::kernel::Tx| organisation::store::organisation(tx, unit).await;
    test.app.db.read(&Actor::SYSTEM, "test.unit", found).await.unwrap().code
}

#[tokio::test]
async fn an_administrator_issues_a_units_officer_by_typing_the_unit() {
    let test = TestApp::new().await;
    let (ours, theirs) = (test.agency().await, test.agency().await);
    let (unit, foreign) = (test.unit().await, test.unit().await);
    let (code, foreign_code) = (route(&test, unit, ours).await, route(&test, foreign, theirs).await);
    let admin = test.officer(Role::AgencyAdmin, ours).await;
    let login = format!("dv-{}", &uuid::Uuid::now_v7().simple().to_string()[12..]);
    let key = key();
    let fields = |unit| {
        [
            ("khoa", key.as_str()),
            ("role", "UNIT_OFFICER"),
            ("name", "Lê Thị Đầu Mối"),
            ("position", "Chuyên viên"),
            ("login", login.as_str()),
            ("unit", unit),
        ]
    };
    let wrong = test.post(Some(&admin), "/tai-khoan/cap", &fields(foreign_code.as_str())).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "a unit of another agency is not theirs to open");
    assert!(
        wrong.text().contains("Lê Thị Đầu Mối") && wrong.text().contains("Không có đơn vị nào"),
        "{}",
        wrong.text()
    );
    let mut stale = fields(code.as_str()).to_vec();
    stale.push(("csrf", "cũ"));
    let stale = test.post(Some(&admin), "/tai-khoan/cap", &stale).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("Lê Thị Đầu Mối"));
    let issued = test.post(Some(&admin), "/tai-khoan/cap", &fields(code.as_str())).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    assert!(printed(&issued).starts_with(b"%PDF-"));
    let handed = slips(&issued);
    let twice = test.post(Some(&admin), "/tai-khoan/cap", &fields(code.as_str())).await;
    assert!(twice.text().contains("Lần bấm trước đã cấp mã") && slips(&twice).is_empty(), "{}", twice.text());
    let other = self::key();
    let mut taken = fields(code.as_str());
    taken[0] = ("khoa", other.as_str());
    let taken = test.post(Some(&admin), "/tai-khoan/cap", &taken).await;
    assert!(taken.text().contains("đã có tài khoản khác dùng"), "{}", taken.text());
    assert_eq!(activate(&test, &handed[0].0, &handed[0].1).await, StatusCode::OK);
    assert_eq!(handed[0].0, login);
}

#[tokio::test]
async fn nobody_gets_a_code_for_a_colleague_above_beside_or_themselves() {
    let test = TestApp::new().await;
    let (agency, unit) = (test.agency().await, test.unit().await);
    let (_, obligation) = test.declarant(agency, unit, "Nguyễn Văn Dân", "001080000013").await;
    let admin = test.officer(Role::AgencyAdmin, agency).await;
    let beside = test.officer(Role::AgencyAdmin, agency).await;
    let above = test.officer(Role::CentreAnalyst, agency).await;
    let declarant = test.declarant_browser(&obligation).await;
    let officer = test.unit_officer(agency, unit).await;
    let colleague = test.unit_officer(agency, unit).await;
    let attempts: [(&Browser, AccountId); 6] = [
        (&admin, admin.account),
        (&admin, beside.account),
        (&admin, above.account),
        (&admin, declarant.account),
        (&officer, officer.account),
        (&officer, colleague.account),
    ];
    for (nth, (browser, account)) in attempts.into_iter().enumerate() {
        for verb in ["cap-lai", "khoa"] {
            let answer = test.post(Some(browser), &format!("/tai-khoan/{account}/{verb}"), &[("khoa", &key())]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "attempt {nth} {verb}: {}", answer.text());
        }
    }
    let list = test.get(Some(&admin), "/tai-khoan").await.text();
    assert!(!list.contains(&declarant.account.to_string()), "declarants are the unit's to manage");
    let path = format!("/tai-khoan/{}/cap-lai", declarant.account);
    assert_eq!(test.post(Some(&officer), &path, &[("khoa", &key())]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_console_issues_the_centres_analyst() {
    let test = TestApp::new().await;
    let login = format!("tu-{}", &uuid::Uuid::now_v7().simple().to_string()[12..]);
    let badge = || Badge { name: "Lê Thị Trung Ương".into(), position: "Thanh tra viên".into() };
    let slip = super::admin::issue_centre(&test.app, &login, badge()).await.unwrap();
    assert_eq!(activate(&test, &login, &slip.code).await, StatusCode::OK);
    let entered = test.post(None, "/dang-nhap", &[("login", &login), ("password", PASSWORD)]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    let twice = super::admin::issue_centre(&test.app, &login, badge()).await.unwrap_err();
    assert!(twice.to_string().contains("đã có tài khoản khác dùng"), "{twice}");
    assert!(super::admin::issue_centre(&test.app, "Chữ Hoa", badge()).await.is_err());
}

/// As someone who can write to the database and does not hold the key file.
async fn behind_the_service(sql: &str) {
    let mut owner = crate::testing::owner().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
}

async fn forgeries(account: AccountId) -> Vec<String> {
    sqlx::query_scalar(
        "select body::jsonb #>> '{words,table}' from event where name = 'account.forgery_found' and body::jsonb #>> '{ids,account}' = $1 order by id",
    )
    .bind(account.0.to_string())
    .fetch_all(&mut crate::testing::owner().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_session_planted_or_changed_in_the_database_opens_nothing() {
    let test = TestApp::new().await;
    let (ours, theirs) = (test.agency().await, test.agency().await);
    let victim = test.officer(Role::Auditor, theirs).await;
    let insider = test.officer(Role::Auditor, ours).await;
    let (token, hash) = super::session::new_token().unwrap();
    // A session of the victim's with a token the insider knows.
    behind_the_service(&format!(
        "insert into session (token_hash, account_id, account_role_id, csrf_secret, created_at, last_seen_at, expires_at, vouch)
         select '\\x{}', s.account_id, s.account_role_id, s.csrf_secret, s.created_at, s.last_seen_at, s.expires_at, s.vouch
         from session s where s.account_id = '{}'",
        hex::encode(hash),
        victim.account
    ))
    .await;
    let planted = Browser { cookie: format!("minhbach={token}"), ..victim.clone() };
    assert_eq!(test.get(Some(&planted), "/nhat-ky").await.location(), "/dang-nhap");
    assert_eq!(forgeries(victim.account).await, ["session"]);
    assert_eq!(test.get(Some(&victim), "/nhat-ky").await.status, StatusCode::OK, "the true session goes on");
    // The insider's own session moved to the victim's role.
    behind_the_service(&format!(
        "update session set account_role_id = (select id from account_role where account_id = '{}') where account_id = '{}'",
        victim.account, insider.account
    ))
    .await;
    assert_eq!(test.get(Some(&insider), "/nhat-ky").await.location(), "/dang-nhap");
    assert_eq!(forgeries(insider.account).await, ["account_role"]);
    // A session that would never end.
    behind_the_service(&format!(
        "update session set expires_at = '2100-01-01' where account_id = '{}'",
        victim.account
    ))
    .await;
    assert_eq!(test.get(Some(&victim), "/nhat-ky").await.location(), "/dang-nhap");
}

#[tokio::test]
async fn a_role_or_token_planted_in_the_database_opens_nothing() {
    let test = TestApp::new().await;
    let (ours, theirs) = (test.agency().await, test.agency().await);
    let insider = test.officer(Role::Auditor, ours).await;
    let program = test.token(&insider).await;
    assert_eq!(test.api(&program, "GET", "/api/v1/obligations", None, None).await.status, StatusCode::FORBIDDEN);
    // The role the session and the token act in, moved to another agency.
    behind_the_service(&format!(
        "update account_role set partition_id = '{theirs}' where account_id = '{}'",
        insider.account
    ))
    .await;
    assert_eq!(test.get(Some(&insider), "/nhat-ky").await.location(), "/dang-nhap");
    assert_eq!(test.api(&program, "GET", "/api/v1/log/checkpoint", None, None).await.status, StatusCode::UNAUTHORIZED);
    behind_the_service(&format!(
        "update account_role set partition_id = '{ours}' where account_id = '{}'",
        insider.account
    ))
    .await;
    assert_eq!(test.get(Some(&insider), "/nhat-ky").await.status, StatusCode::OK);
    // A second role, planted beside the true one, cannot be chosen.
    let planted = uuid::Uuid::now_v7();
    behind_the_service(&format!(
        "insert into account_role (id, account_id, role, partition_id, valid_from, vouch)
         select '{planted}', account_id, 'AGENCY_ADMIN', '{theirs}', now(), vouch from account_role where account_id = '{}'",
        insider.account
    ))
    .await;
    let chosen = test.post(Some(&insider), "/vai-tro", &[("role", &planted.to_string())]).await;
    let after = test.get(Some(&insider), "/tai-khoan").await;
    assert!(!after.status.is_success(), "{} {}", chosen.status, after.status);
    // A token nobody issued.
    let (token, hash) = super::session::new_token().unwrap();
    behind_the_service(&format!(
        "insert into api_token select (jsonb_populate_record(t, jsonb_build_object('token_hash', '\\x{}'))).*
         from api_token t join account_role r on r.id = t.account_role_id where r.account_id = '{}'",
        hex::encode(hash),
        insider.account
    ))
    .await;
    assert_eq!(test.api(&token, "GET", "/api/v1/log/checkpoint", None, None).await.status, StatusCode::UNAUTHORIZED);
    assert!(forgeries(insider.account).await.contains(&"api_token".to_owned()));
}

#[tokio::test]
async fn a_password_planted_in_the_database_opens_nothing() {
    let test = TestApp::new().await;
    let (victim, insider) = (activated(&test).await, activated(&test).await);
    let sign_in =
        async |login: &str| test.post(None, "/dang-nhap", &[("login", login), ("password", PASSWORD)]).await.status;
    assert_eq!(sign_in(&victim).await, StatusCode::SEE_OTHER);
    // The hash of a password the insider knows (salt and all), in the victim's row.
    behind_the_service(&format!(
        "update account v set password_hash = i.password_hash from account i where v.login = '{victim}' and i.login = '{insider}'"
    ))
    .await;
    assert_eq!(sign_in(&victim).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&insider).await, StatusCode::SEE_OTHER);
    // A closed account opened again without the service.
    behind_the_service(&format!("update account set state = 'DISABLED' where login = '{insider}'")).await;
    assert_eq!(sign_in(&insider).await, StatusCode::UNPROCESSABLE_ENTITY);
    // The verifier counts them, too.
    let forged =
        test.app.db.read(&Actor::SYSTEM, "test.forged", async |tx| super::store::forged_rows(tx).await).await.unwrap();
    assert!(forged.get("account").is_some_and(|count| *count >= 2), "{forged:?}");
}

#[tokio::test]
async fn rows_from_before_are_vouched_for_once() {
    let test = TestApp::new().await;
    let login = activated(&test).await;
    behind_the_service(&format!(
        "update account set vouch = null where login = '{login}';
         update account_role set vouch = null where account_id = (select id from account where login = '{login}')"
    ))
    .await;
    let sign_in = async || test.post(None, "/dang-nhap", &[("login", &login), ("password", PASSWORD)]).await.status;
    assert_eq!(sign_in().await, StatusCode::UNPROCESSABLE_ENTITY);
    let count = test
        .app
        .db
        .housekeep(&Actor::SYSTEM, "test.vouch", async |tx| super::store::vouch_for_unvouched(tx).await)
        .await
        .unwrap();
    assert!(count >= 2);
    assert_eq!(sign_in().await, StatusCode::SEE_OTHER);
    // The service does it at its first start and never again, also when its marker is lost.
    let folder = tempfile::tempdir().unwrap();
    super::vouch::vouch_for_existing(&test.app.db, folder.path()).await.unwrap();
    behind_the_service(&format!("update account set vouch = null where login = '{login}'")).await;
    super::vouch::vouch_for_existing(&test.app.db, folder.path()).await.unwrap();
    assert_eq!(sign_in().await, StatusCode::UNPROCESSABLE_ENTITY, "a row without a code is forged from then on");
    let empty = tempfile::tempdir().unwrap();
    super::vouch::vouch_for_existing(&test.app.db, empty.path()).await.unwrap();
    assert_eq!(sign_in().await, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A writer of the database who is also a unit's officer moves an account under their unit, hides its true role behind a
/// planted one, and asks the service for a new code: the service signs nothing it did not write.
#[tokio::test]
async fn an_account_moved_under_a_strangers_unit_gets_no_code() {
    let test = TestApp::new().await;
    let (ours, unit) = (test.agency().await, test.unit().await);
    let insider = test.unit_officer(ours, unit).await;
    let victim = activated(&test).await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from account where login = $1")
        .bind(&victim)
        .fetch_one(&mut crate::testing::owner().await)
        .await
        .unwrap();
    let planted = format!(
        "insert into account_role (id, account_id, role, partition_id, unit_id, person_id, valid_from)
         values (gen_random_uuid(), '{id}', 'DECLARANT', '{ours}', '{unit}', gen_random_uuid(), now())"
    );
    let hidden = format!("update account_role set revoked_at = now() where account_id = '{id}' and vouch is not null");
    let moved = format!("update account set unit_id = '{unit}' where id = '{id}'");
    let asked = format!("/tai-khoan/{id}/cap-lai");
    for step in [&planted, &hidden, &moved] {
        behind_the_service(step).await;
        let answer = test.post(Some(&insider), &asked, &[("khoa", &key())]).await;
        assert!(!answer.status.is_success() && !answer.status.is_redirection(), "{step}: {}", answer.text());
        let closed = test.post(Some(&insider), &format!("/tai-khoan/{id}/khoa"), &[]).await;
        assert!(!closed.status.is_success() && !closed.status.is_redirection(), "{step}: {}", closed.text());
    }
    // The list of the unit still opens, without the account that was moved under it: its holder's name is not the unit's.
    let (_, obligation) = test.declarant(ours, unit, "Vi Văn Páo", "002080004451").await;
    let theirs = test.declarant_browser(&obligation).await.account;
    let list = async || {
        let page = test.get(Some(&insider), "/tai-khoan").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        page.text()
    };
    let page = list().await;
    let again = |id: AccountId| format!("/tai-khoan/{id}/cap-lai");
    assert!(!page.contains(&victim) && page.contains(&again(theirs)), "{page}");
    // One planted role takes one account out of the officer's hands, not the whole list.
    behind_the_service(&format!(
        "insert into account_role (id, account_id, role, partition_id, valid_from) values (gen_random_uuid(), '{theirs}', 'AUDITOR', '{ours}', now())"
    ))
    .await;
    let page = list().await;
    assert!(!page.contains(&again(theirs)), "{page}");
    assert_eq!(test.post(Some(&insider), &again(theirs), &[("khoa", &key())]).await.status, StatusCode::FORBIDDEN);
    // A closed account does not come back by one column, for a program's token either.
    let officer = test.officer(Role::IntakeOfficer, ours).await;
    let token = test.token(&officer).await;
    assert_eq!(test.api(&token, "GET", "/api/v1/intakes", None, None).await.status, StatusCode::OK);
    behind_the_service(&format!("update account set login = 'x' || login where id = '{}'", officer.account)).await;
    assert_eq!(test.api(&token, "GET", "/api/v1/intakes", None, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(test.get(Some(&officer), "/tiep-nhan").await.location(), "/dang-nhap");
    assert_eq!(forgeries(officer.account).await, ["account", "account"]);
}
