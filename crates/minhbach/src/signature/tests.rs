//! Signing through the real router on the real database, with certificates of a practice authority.
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use sign::certificate::to_pem;
use sign::pades::{self, Ask};
use sign::practice::{self, COMMON_NAME, Holder, USER_ID, Wanted};
use x509_cert::der::Encode as _;
use x509_cert::ext::pkix::KeyUsages;

use super::model::Beside;
use super::stamp::{StampSignature, stamp};
use super::store;
use crate::declaration::tests::{World, text_of, value_of};
use crate::kernel::id::{DeclarationId, PartitionId, SignatureId};
use crate::kernel::{Clock, Role};
use crate::testing::{Answer, Browser, TestApp, morning, owner, pdf_text};

pub(super) const NAME: &str = "Đặng Hữu Cường";
pub(super) const NUMBER: &str = "CCCD:092087831496";

fn wanted<'a>(subject: &'a [(x509_cert::der::asn1::ObjectIdentifier, &'a str)]) -> Wanted<'a> {
    Wanted {
        subject,
        from: morning() - TimeDelta::days(1),
        to: morning() + TimeDelta::days(100),
        usage: KeyUsages::DigitalSignature.into(),
        issues: None,
        extended: &[],
    }
}

/// An authority the application trusts from here on, with a list of revocations that names nobody.
pub(super) fn trusted(test: &TestApp) -> Holder {
    let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let root = Holder::root(&Wanted { issues: Some(0), usage, ..wanted(&[(COMMON_NAME, "CA THỰC HÀNH")]) }).unwrap();
    let folder = test.app.config.signature.trust.clone().unwrap();
    let certificate = to_pem("CERTIFICATE", &root.certificate.to_der().unwrap());
    let list = root.revocations(&[], morning()).unwrap().to_der().unwrap();
    std::fs::write(folder.join("root.pem"), certificate + &to_pem("X509 CRL", &list)).unwrap();
    root
}

pub(super) fn card(root: &Holder, name: &str, number: &str) -> Holder {
    let (name, number) = ((COMMON_NAME, name), (USER_ID, number));
    if number.1.is_empty() { root.issue(&wanted(&[name])) } else { root.issue(&wanted(&[number, name])) }.unwrap()
}

pub(super) fn signed_with(card: &Holder, pdf: &[u8]) -> Vec<u8> {
    let ask = Ask { signer_name: NAME, reason: "Ký", at: morning() };
    pades::sign(pdf, &card.signer(morning()), &ask).unwrap()
}

/// `page`: the page of signing, and the side ("nguoi-ke-khai" where none is named).
pub(super) async fn upload(test: &TestApp, browser: &Browser, page: &str, key: &str, file: &[u8]) -> Answer {
    let path = if page.ends_with("/ky-so") { format!("{page}/nguoi-ke-khai") } else { page.to_owned() };
    let mut body = Vec::new();
    for (name, value) in [("csrf", browser.csrf.as_str()), ("khoa", key)] {
        body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--X\r\nContent-Disposition: form-data; name=\"tep-x\"; filename=\"a.pdf\"\r\n\r\n");
    body.extend_from_slice(file);
    body.extend(b"\r\n--X--\r\n");
    let request = Request::post(path)
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(Body::from(body));
    test.send(request.unwrap()).await
}

/// A declaration sent online, with the address of its page of signing.
pub(super) async fn sent() -> (World, DeclarationId, String) {
    sent_by(World::opened().await).await
}

pub(super) async fn sent_by(world: World) -> (World, DeclarationId, String) {
    world.type_everything().await;
    let (answer, _) = world.send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let id = answer.location().split('/').nth(3).unwrap().parse().unwrap();
    (world, id, format!("/ke-khai/ban/{id}/ky-so"))
}

pub(super) async fn copy_of(test: &TestApp, browser: &Browser, page: &str) -> Vec<u8> {
    let page = if page.ends_with("/ky-so") { format!("{page}/nguoi-ke-khai") } else { page.to_owned() };
    let answer = test.get(Some(browser), &format!("{page}/tep.pdf")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", text_of(&answer));
    answer.body
}

pub(super) async fn stored(test: &TestApp, partition: PartitionId) -> Vec<super::model::Signature> {
    let actor = crate::kernel::Actor::system_in(partition);
    let asked = store::Asked { partition: Some(partition), ..Default::default() };
    test.app.db.read(&actor, "test.signatures", async |tx| store::list(tx, asked).await).await.unwrap()
}

/// A declaration signed by its declarant, with a certificate the application trusts from here on.
pub(crate) async fn signed(test: &TestApp, browser: &Browser, declaration: &str) -> SignatureId {
    let page = format!("/ke-khai/ban/{declaration}/ky-so");
    let file = signed_with(&card(&trusted(test), NAME, NUMBER), &copy_of(test, browser, &page).await);
    let answer = upload(test, browser, &page, "khoa-chong-trung", &file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    stored(test, browser.actor.home).await[0].id
}

#[tokio::test]
async fn a_declaration_is_signed_told_check_by_check_and_in_the_log() {
    let (world, id, page) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let root = trusted(test);
    let copy = copy_of(test, &world.browser, &page).await;
    assert_eq!(copy, copy_of(test, &world.browser, &page).await, "the same bytes each time");
    assert!(pdf_text(&copy).contains(NAME));
    let signed = signed_with(&card(&root, NAME, NUMBER), &copy);
    let key = value_of(&test.get(Some(&world.browser), &page).await.text(), "khoa");
    for _ in 0..2 {
        let answer = upload(test, &world.browser, &page, &key, &signed).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.clone()), "{}", text_of(&answer));
    }
    let told = text_of(&test.get(Some(&world.browser), &page).await);
    for words in
        ["Người kê khai", "Ký số", "Chữ ký hợp lệ", "Người trên chứng thư", "Không có dấu thời gian", "CA THỰC HÀNH"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let all = stored(test, partition).await;
    let [one] = all.as_slice() else { panic!("one signature, not {}", all.len()) };
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    for (browser, address) in [
        (&world.browser, page.clone()),
        (&unit, format!("/don-vi/ban/{id}/ky-so")),
        (&officer, format!("/ban-ke-khai/{id}/ky-so")),
    ] {
        let seen = test.get(Some(browser), &address).await;
        assert!(text_of(&seen).contains("Chữ ký hợp lệ"), "{address}");
        let file = test.get(Some(browser), &format!("/ky-so/{}/tep.pdf", one.id)).await;
        assert!(file.status == StatusCode::OK && file.body == signed);
    }
    let second = upload(test, &world.browser, &page, "khoa-thu-hai", &signed).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(text_of(&second).contains("đã có chữ ký"), "{}", text_of(&second));
    test.holds_no_word(partition, &["signature", "signing_copy"], "DIGITAL", &[NAME, "092087831496", "THỰC HÀNH"])
        .await;
    let verdict = test.verdict(partition).await;
    assert!(verdict.disagreements.is_empty(), "{:?}", verdict.disagreements);
}

#[tokio::test]
async fn a_file_that_fails_a_check_leaves_only_that_it_was_refused() {
    let (world, _, page) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let (me, key) = (&world.browser, "khoa-chong-trung");
    let before = upload(test, me, &page, key, b"%PDF-1.7").await;
    assert!(text_of(&before).contains("Chưa có tệp nào được tải về"), "{}", text_of(&before));
    let copy = copy_of(test, me, &page).await;
    let no_trust = upload(test, me, &page, key, &copy).await;
    assert_eq!(no_trust.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&no_trust).contains("chưa được cấu hình"), "{}", text_of(&no_trust));
    let root = trusted(test);
    let foreign = test.get(Some(me), &page.replace("ky-so", "phieu.pdf")).await.body;
    let mut tampered = signed_with(&card(&root, NAME, NUMBER), &copy);
    let last = tampered.len();
    tampered[last - 200] ^= 1;
    let stranger = Holder::root(&Wanted { issues: Some(0), ..wanted(&[(COMMON_NAME, "CA THỰC HÀNH")]) }).unwrap();
    let files: [(&str, Vec<u8>); 6] = [
        ("Chưa chọn tệp", Vec::new()),
        ("Tệp chưa được ký", copy.clone()),
        ("không bắt đầu bằng đúng tệp", signed_with(&card(&root, NAME, NUMBER), &foreign)),
        ("là của người khác", signed_with(&card(&root, NAME, "CCCD:001065000001"), &copy)),
        ("Chữ ký của “CA THỰC HÀNH” trên chứng thư", signed_with(&card(&stranger, NAME, NUMBER), &copy)),
        ("chưa được nhận", tampered),
    ];
    for (words, file) in &files {
        let answer = upload(test, me, &page, key, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(text_of(&answer).contains(words), "{words}: {}", text_of(&answer));
    }
    assert!(stored(test, partition).await.is_empty());
    assert_eq!(test.events(partition, "signature.refused").await.len(), files.len() - 1);
    let verdict = test.verdict(partition).await;
    assert!(verdict.disagreements.is_empty(), "{:?}", verdict.disagreements);
}

#[tokio::test]
async fn another_name_without_a_number_is_left_to_people() {
    let (world, _, page) = sent().await;
    let test = &world.app;
    let card = card(&trusted(test), "Trần Thị Khác", "");
    let signed = signed_with(&card, &copy_of(test, &world.browser, &page).await);
    let answer = upload(test, &world.browser, &page, "khoa-chong-trung", &signed).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let told = text_of(&test.get(Some(&world.browser), &page).await);
    assert!(
        told.contains("Tên trên chứng thư khác") && told.contains("Danh tính người ký chưa được xác định"),
        "{told}"
    );
}

#[tokio::test]
async fn the_unit_records_a_signature_on_paper_once_and_on_a_day_that_can_be() {
    let (world, id, own_page) = sent().await;
    let test = &world.app;
    let unit = test.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let page = format!("/don-vi/ban/{id}/ky-so");
    let press = async |day: &str| {
        let key = value_of(&test.get(Some(&unit), &page).await.text(), "khoa");
        test.post(Some(&unit), &format!("{page}/nguoi-ke-khai/giay"), &[("khoa", &key), ("day-nguoi-ke-khai", day)])
            .await
    };
    for (day, words) in
        [("hôm qua", "Ngày ký chưa đúng"), ("09/12/2025", "ở sau hôm nay"), ("01/01/2020", "trước ngày")]
    {
        let answer = press(day).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        assert!(
            text_of(&answer).contains(words) && value_of(&answer.text(), "day-nguoi-ke-khai") == day,
            "{}",
            text_of(&answer)
        );
    }
    assert_eq!(press("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let told = text_of(&test.get(Some(&world.browser), &own_page).await);
    assert!(told.contains("Ký trên giấy") && told.contains("08/12/2025"), "{told}");
    let again = test
        .post(
            Some(&unit),
            &format!("{page}/nguoi-ke-khai/giay"),
            &[("khoa", "khoa-thu-hai"), ("day-nguoi-ke-khai", "08/12/2025")],
        )
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let verdict = test.verdict(world.obligation.partition).await;
    assert!(verdict.disagreements.is_empty(), "{:?}", verdict.disagreements);
}

#[tokio::test]
async fn nobody_else_sees_or_signs_it() {
    let (world, id, page) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let signed = signed_with(&card(&trusted(test), NAME, NUMBER), &copy_of(test, &world.browser, &page).await);
    upload(test, &world.browser, &page, "khoa-chong-trung", &signed).await;
    let signature = stored(test, partition).await[0].id;
    let elsewhere = test.agency().await;
    let (_, other) = test.declarant(partition, world.obligation.unit, "Người Khác", "051080000777").await;
    let (other, stranger) = (test.declarant_browser(&other).await, test.unit().await);
    let stranger = test.unit_officer(partition, stranger).await;
    let agency = test.officer(Role::IntakeOfficer, elsewhere).await;
    let file = format!("/ky-so/{signature}/tep.pdf");
    for (browser, address) in [
        (&other, page.clone()),
        (&stranger, format!("/don-vi/ban/{id}/ky-so")),
        (&agency, format!("/ban-ke-khai/{id}/ky-so")),
    ] {
        assert_eq!(test.get(Some(browser), &address).await.status, StatusCode::NOT_FOUND, "{address}");
        assert_eq!(test.get(Some(browser), &file).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    assert_eq!(upload(test, &other, &page, "khoa-chong-trung", &signed).await.status, StatusCode::NOT_FOUND);
    // The unit may read the declaration, and not sign it.
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    assert_eq!(
        test.get(Some(&unit), &format!("{}/nguoi-ke-khai/tep.pdf", page.replace("/ke-khai/", "/don-vi/"))).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn what_was_changed_in_the_database_is_found() {
    let (world, id, page) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let signed = signed_with(&card(&trusted(test), NAME, NUMBER), &copy_of(test, &world.browser, &page).await);
    upload(test, &world.browser, &page, "khoa-chong-trung", &signed).await;
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    assert!(text_of(&test.get(Some(&unit), &format!("/don-vi/ban/{id}/ky-so")).await).contains("hợp lệ"));
    for change in [
        "update signature set verdict = 'NOT_DECIDED' where partition_id = $1",
        "update signature set signed_at = signed_at - interval '1 day' where partition_id = $1",
        "update signature set report_sealed = certificate_sealed where partition_id = $1",
        "update signing_copy set root_id = id where partition_id = $1",
        "delete from signature where partition_id = $1",
    ] {
        let mut conn = owner().await;
        sqlx::query("begin").execute(&mut conn).await.unwrap();
        sqlx::query("create temp table before_signature as select * from signature").execute(&mut conn).await.unwrap();
        sqlx::query("create temp table before_copy as select * from signing_copy").execute(&mut conn).await.unwrap();
        sqlx::query(change).bind(partition.0).execute(&mut conn).await.unwrap();
        sqlx::query("commit").execute(&mut conn).await.unwrap();
        let verdict = test.verdict(partition).await;
        assert!(!verdict.disagreements.is_empty(), "{change}");
        sqlx::query("delete from signature where partition_id = $1")
            .bind(partition.0)
            .execute(&mut conn)
            .await
            .unwrap();
        sqlx::query("update signing_copy c set root_id = b.root_id from before_copy b where b.id = c.id and c.partition_id = $1")
            .bind(partition.0)
            .execute(&mut conn)
            .await
            .unwrap();
        sqlx::query("insert into signature select * from before_signature where partition_id = $1")
            .bind(partition.0)
            .execute(&mut conn)
            .await
            .unwrap();
    }
    assert!(test.verdict(partition).await.disagreements.is_empty());
}

/// A time stamp authority on a port of its own, as the practice one is.
pub(super) async fn authority(root: &Holder) -> String {
    async fn answer(State(holder): State<std::sync::Arc<Holder>>, request: Bytes) -> Vec<u8> {
        static SERIAL: AtomicU64 = AtomicU64::new(1);
        practice::stamp(&request, &holder, SERIAL.fetch_add(1, Ordering::Relaxed), morning()).unwrap()
    }
    let holder = root
        .issue(&Wanted { extended: &[practice::TIME_STAMPING], ..wanted(&[(COMMON_NAME, "TSA THỰC HÀNH")]) })
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/tsa", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(std::sync::Arc::new(holder));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn a_time_stamp_is_asked_for_later_and_nothing_waits_for_it() {
    // Nothing answers there: signing goes on all the same, and the job says why it did not end.
    let unreachable = "http://127.0.0.1:1/tsa".to_owned();
    let test = TestApp::configured(Clock::fixed(morning()), |config| config.signature.tsa = Some(unreachable)).await;
    let (world, _, page) = sent_by(World::of(test).await.open().await).await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let root = trusted(test);
    let signed = signed_with(&card(&root, NAME, NUMBER), &copy_of(test, &world.browser, &page).await);
    let answer = upload(test, &world.browser, &page, "khoa-chong-trung", &signed).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let id: SignatureId = stored(test, partition).await[0].id;
    let queued: i64 =
        sqlx::query_scalar("select count(*) from job where partition_id = $1 and kind = 'signature.timestamp'")
            .bind(partition.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
    assert_eq!(queued, 1);
    let job = StampSignature { signature: id, beside: Beside::File };
    assert!(stamp(&test.app, partition, job).await.is_err());
    assert!(text_of(&test.get(Some(&world.browser), &page).await).contains("Chưa có dấu thời gian"));

    let tsa = authority(&root).await;
    let with_authority = test.again(|config| config.signature.tsa = Some(tsa));
    for _ in 0..2 {
        stamp(&with_authority, partition, job).await.unwrap();
    }
    let told = text_of(&test.get(Some(&world.browser), &page).await);
    assert!(told.contains("Dấu thời gian 09:00:00 ngày 08/12/2025"), "{told}");
    assert_eq!(test.events(partition, "signature.stamped").await.len(), 1);
    assert!(test.verdict(partition).await.disagreements.is_empty());
    let changed = "update signature_stamp set stamped_at = stamped_at - interval '1 day' where partition_id = $1";
    sqlx::query(changed).bind(partition.0).execute(&mut owner().await).await.unwrap();
    assert!(!test.verdict(partition).await.disagreements.is_empty());
}

#[tokio::test]
async fn the_api_does_the_same_once_per_key() {
    let (world, id, _) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let root = trusted(test);
    let token = test.token(&world.browser).await;
    let copy = test.api(&token, "GET", &format!("/api/v1/declarations/{id}/signing-copy"), None, None).await;
    assert_eq!(copy.status, StatusCode::OK, "{}", copy.text());
    let signed = signed_with(&card(&root, NAME, NUMBER), &copy.body);
    let send = async |file: &[u8], key: &str| {
        let request = Request::post(format!("/api/v1/declarations/{id}/signatures"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", key)
            .body(Body::from(file.to_vec()));
        test.send(request.unwrap()).await
    };
    let refused = send(&copy.body, "khoa-mot-mot").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["code"], "signature_invalid");
    let (first, again) = (send(&signed, "khoa-hai-hai").await, send(&signed, "khoa-hai-hai").await);
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(first.json(), again.json());
    let list = test.api(&token, "GET", &format!("/api/v1/declarations/{id}/signatures"), None, None).await.json();
    assert_eq!((&list[0]["verdict"], &list[0]["channel"]), (&"VALID".into(), &"DIGITAL".into()), "{list}");
    assert_eq!(stored(test, partition).await.len(), 1);
}
