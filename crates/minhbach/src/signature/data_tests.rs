//! Signing the document itself, beside the file: through the real router on the real database, and beside `openssl cms`.
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use sign::cms;
use sign::practice::Holder;
use x509_cert::der::Encode as _;

use super::model::Beside;
use super::stamp::{StampSignature, stamp};
use super::store;
use super::tests::{NAME, NUMBER, authority, card, copy_of, sent, sent_by, signed_with, stored, trusted, upload};
use crate::audit::verify::Disagreement;
use crate::declaration::demand::tests::Sent;
use crate::declaration::tests::{World, text_of};
use crate::kernel::Role;
use crate::kernel::clock::Clock;
use crate::kernel::files::sha256;
use crate::kernel::id::SignatureId;
use crate::testing::{Answer, Browser, TestApp, morning, owner};

/// A declaration signed in its file; the authority, the card, the page and the signature.
async fn signed() -> (World, Holder, Holder, String, SignatureId) {
    let (world, _, page) = sent().await;
    let root = trusted(&world.app);
    let card = card(&root, NAME, NUMBER);
    let file = signed_with(&card, &copy_of(&world.app, &world.browser, &page).await);
    let answer = upload(&world.app, &world.browser, &page, "khoa-chong-trung", &file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let id = stored(&world.app, world.obligation.partition).await[0].id;
    (world, root, card, page, id)
}

async fn document(test: &TestApp, browser: &Browser, id: SignatureId) -> Vec<u8> {
    let answer = test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.json")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", text_of(&answer));
    answer.body
}

async fn bring(test: &TestApp, browser: &Browser, id: SignatureId, file: &[u8]) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    upload(test, browser, &format!("/ky-so/{id}/du-lieu"), &key, file).await
}

fn detached(card: &Holder, document: &[u8]) -> Vec<u8> {
    cms::sign_detached(&card.signer(morning()), &[document], true).unwrap()
}

/// A declaration signed by its declarant in its file and as a document, with a certificate the application trusts from here on.
pub(crate) async fn signed_whole(test: &TestApp, browser: &Browser, declaration: &str) -> SignatureId {
    let page = format!("/ke-khai/ban/{declaration}/ky-so");
    let card = card(&trusted(test), NAME, NUMBER);
    let file = signed_with(&card, &copy_of(test, browser, &page).await);
    let answer = upload(test, browser, &page, "khoa-chong-trung", &file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let id = stored(test, browser.actor.home).await[0].id;
    data_signed(test, browser, id, &card).await;
    id
}

/// Signs the document of a signature, with the card it was signed with.
async fn data_signed(test: &TestApp, browser: &Browser, id: SignatureId, card: &Holder) {
    let file = detached(card, &document(test, browser, id).await);
    let answer = bring(test, browser, id, &file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
}

#[tokio::test]
async fn the_document_is_signed_beside_the_file_and_openssl_agrees() {
    let (world, root, card, page, id) = signed().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let bytes = document(test, &world.browser, id).await;
    // The very bytes whose hash the log has.
    let submitted = &test.events(partition, "declaration.submitted").await[0];
    assert_eq!(submitted["hashes"]["document"].as_str().unwrap(), hex::encode(sha256(&bytes)));
    let file = detached(&card, &bytes);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let early = test.get(Some(&officer), &format!("/ky-so/{id}/du-lieu.json")).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "nothing is to be proved yet");
    let offered = test.get(Some(&world.browser), &page).await;
    assert!(offered.text().contains(&format!("/ky-so/{id}/du-lieu.json")), "{}", offered.text());
    for key in ["khoa-mot-lan", "khoa-mot-lan"] {
        let answer = upload(test, &world.browser, &format!("/ky-so/{id}/du-lieu"), key, &file).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.clone()), "{}", text_of(&answer));
    }
    let told = test.get(Some(&world.browser), &page).await;
    for words in
        ["Chữ ký trên dữ liệu bản kê khai", "Chứng thư là chứng thư đã ký bản kê khai", &hex::encode(sha256(&bytes))]
    {
        assert!(text_of(&told).contains(words), "{words}: {}", text_of(&told));
    }
    assert!(!told.text().contains("Nộp chữ ký rời"), "once");
    // The other sides see the signature and take it; the document, which says more than the form prints, only the agency, which
    // has to prove what was declared.
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    for browser in [&world.browser, &unit, &officer] {
        let taken = test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.p7s")).await;
        assert_eq!((taken.status, &taken.body), (StatusCode::OK, &file));
    }
    let refused = test.get(Some(&unit), &format!("/ky-so/{id}/du-lieu.json")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(document(test, &officer, id).await, bytes);
    assert_eq!(document(test, &world.browser, id).await, bytes, "the declarant's, for good");
    let taken = test.events(partition, "signature.data_opened").await;
    assert_eq!(taken.len(), 3, "each who took the signature");
    openssl_agrees(&root, &file, &bytes);

    // The log has each, and whoever changes a row is found.
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
    let words = [NAME, "Đặng", "CA THỰC HÀNH"];
    test.holds_no_word(partition, &["signature_data"], &id.to_string(), &words).await;
    for change in ["document_hash = sha256('x')", "verdict = 'NOT_DECIDED'", "created_by = gen_random_uuid()"] {
        let sql = format!("update signature_data set {change} where partition_id = $1");
        let was: (Vec<u8>, String, uuid::Uuid) =
            sqlx::query_as("select document_hash, verdict, created_by from signature_data where partition_id = $1")
                .bind(partition.0)
                .fetch_one(&mut owner().await)
                .await
                .unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(partition.0).execute(&mut owner().await).await.unwrap();
        let found = test.verdict(partition).await.disagreements;
        assert!(found.contains(&Disagreement::SignatureDiffers { signature: id.to_string() }), "{change}: {found:?}");
        sqlx::query(
            "update signature_data set document_hash = $2, verdict = $3, created_by = $4 where partition_id = $1",
        )
        .bind(partition.0)
        .bind(was.0)
        .bind(was.1)
        .bind(was.2)
        .execute(&mut owner().await)
        .await
        .unwrap();
    }
}

/// Verified by another program from what a person has in hand: the document, the signature, the authority's certificate.
fn openssl_agrees(root: &Holder, file: &[u8], document: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("root.pem", sign::certificate::to_pem("CERTIFICATE", &root.certificate.to_der().unwrap()).as_bytes());
    put("du-lieu.p7s", file);
    let verify = |document: &[u8]| {
        put("du-lieu.json", document);
        let mut command = std::process::Command::new("openssl");
        command.current_dir(folder.path()).args(["cms", "-verify", "-cades", "-binary", "-inform", "DER"]);
        command.args(["-in", "du-lieu.p7s", "-content", "du-lieu.json", "-CAfile", "root.pem", "-purpose", "any"]);
        command.args(["-attime", &morning().timestamp().to_string(), "-out", "out"]);
        command.output().unwrap()
    };
    let good = verify(document);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let mut other = document.to_vec();
    other.push(b' ');
    assert!(!verify(&other).status.success(), "another document is not what was signed");
}

#[tokio::test]
async fn what_is_not_a_signature_of_this_document_with_this_certificate_is_refused() {
    let (world, root, own, _, id) = signed().await;
    let (test, browser) = (&world.app, &world.browser);
    let bytes = document(test, browser, id).await;
    let mut other = bytes.clone();
    other.push(b' ');
    let second = card(&root, NAME, NUMBER);
    let mut torn = detached(&own, &bytes);
    torn.truncate(torn.len() / 2);
    let refusals: [(Vec<u8>, &str); 6] = [
        (detached(&own, &other), "không đạt"),
        (detached(&second, &bytes), "Chứng thư khác với chứng thư đã ký bản kê khai"),
        (torn, "không đúng cấu trúc CMS mã hóa DER"),
        (bytes.clone(), "không đúng cấu trúc CMS mã hóa DER"),
        (vec![b'x'; super::data::LARGEST + 1], "256 KB"),
        (Vec::new(), "Chưa chọn tệp"),
    ];
    for (file, says) in refusals {
        let answer = bring(test, browser, id, &file).await;
        assert!(answer.status.is_client_error(), "{says}: {}", answer.status);
        assert!(text_of(&answer).contains(says), "{says}: {}", text_of(&answer));
    }
    assert_eq!(
        test.events(world.obligation.partition, "signature.data_refused").await.len(),
        4,
        "the log has each that was judged"
    );
    // Nobody signs for somebody else, and nothing is signed twice or beside what was withdrawn.
    let (_, other) =
        test.declarant(world.obligation.partition, world.obligation.unit, "Lê Văn Khác", "051080000889").await;
    let stranger = test.declarant_browser(&other).await;
    assert_eq!(bring(test, &stranger, id, &detached(&own, &bytes)).await.status, StatusCode::NOT_FOUND);
    data_signed(test, browser, id, &own).await;
    let twice = bring(test, browser, id, &detached(&own, &bytes)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", text_of(&twice));
    let actor = crate::kernel::Actor::system_in(world.obligation.partition);
    let partition = world.obligation.partition;
    let kept = test.app.db.read(&actor, "test.data", async |tx| store::data(tx, partition, None).await).await.unwrap();
    assert_eq!(kept.len(), 1);
    let fields = [("khoa", "rut-chu-ky-1"), (&*format!("ly-do-{id}"), "Ký nhầm")];
    let withdrawn = test.post(Some(browser), &format!("/ky-so/{id}/rut"), &fields).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text_of(&withdrawn));
    // What was signed stays its declarant's to take; it signs nothing more.
    assert_eq!(document(test, browser, id).await, bytes);
    let after = bring(test, browser, id, &detached(&own, &bytes)).await;
    assert_eq!(after.status, StatusCode::FORBIDDEN, "{}", text_of(&after));
}

/// Signs the file of a page anew; the signature that stands now.
async fn signed_again(world: &World, page: &str, card: &Holder) -> SignatureId {
    let (test, browser) = (&world.app, &world.browser);
    let file = signed_with(card, &copy_of(test, browser, page).await);
    let answer = upload(test, browser, page, &uuid::Uuid::new_v4().to_string(), &file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    stored(test, world.obligation.partition).await.last().unwrap().id
}

#[tokio::test]
async fn a_detached_signature_that_was_withdrawn_does_not_come_back() {
    let (world, _, own, page, first) = signed().await;
    let (test, browser) = (&world.app, &world.browser);
    let bytes = document(test, browser, first).await;
    let file = detached(&own, &bytes);
    assert_eq!(bring(test, browser, first, &file).await.status, StatusCode::SEE_OTHER);
    let fields = [("khoa", "rut-chu-ky-1"), (&*format!("ly-do-{first}"), "Ký nhầm")];
    let withdrawn = test.post(Some(browser), &format!("/ky-so/{first}/rut"), &fields).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text_of(&withdrawn));
    let second = signed_again(&world, &page, &own).await;
    let returned = bring(test, browser, second, &file).await;
    assert_eq!(returned.status, StatusCode::CONFLICT, "{}", text_of(&returned));
    let later = card_signed(&own, &bytes, TimeDelta::minutes(1));
    assert_eq!(bring(test, browser, second, &later).await.status, StatusCode::SEE_OTHER, "a new one is welcome");
    assert!(test.verdict(world.obligation.partition).await.is_whole());
}

fn card_signed(card: &Holder, document: &[u8], after: TimeDelta) -> Vec<u8> {
    cms::sign_detached(&card.signer(morning() + after), &[document], true).unwrap()
}

#[tokio::test]
async fn of_a_replaced_version_nothing_more_is_signed_and_what_was_stays() {
    for is_signed in [false, true] {
        let (world, _, own, page, id) = signed().await;
        let declaration = page.split('/').nth(3).unwrap().parse().unwrap();
        let sent = Sent::of(world, declaration).await;
        let (test, browser) = (&sent.world.app, &sent.world.browser);
        let bytes = document(test, browser, id).await;
        if is_signed {
            data_signed(test, browser, id, &own).await;
        }
        let demand = sent.demand(&[]).await;
        sent.mend(demand).await;
        sent.complete().await;
        let (again, _) = sent.world.send().await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", text_of(&again));
        let taken = test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.json")).await;
        let brought = bring(test, browser, id, &detached(&own, &bytes)).await;
        assert_eq!(brought.status, StatusCode::CONFLICT, "{}", text_of(&brought));
        if is_signed {
            assert_eq!((taken.status, &taken.body), (StatusCode::OK, &bytes), "what was signed stays to be proved");
        } else {
            assert_eq!(taken.status, StatusCode::CONFLICT);
        }
        // The further version is signed by itself.
        let second = signed_again(&sent.world, &page, &own).await;
        assert_ne!(document(test, browser, second).await, bytes);
        data_signed(test, browser, second, &own).await;
        sent.log_is_whole().await;
    }
}

#[tokio::test]
async fn a_detached_signature_with_something_open_is_decided_with_the_one_in_the_file() {
    for (word, stands) in [("chap-nhan", true), ("khong", false)] {
        let (world, _, own, page, id) = signed().await;
        let (test, browser, partition) = (&world.app, &world.browser, world.obligation.partition);
        let unit = test.unit_officer(partition, world.obligation.unit).await;
        let unit_page = page.replace("/ke-khai/ban", "/don-vi/ban");
        assert!(!text_of(&test.get(Some(&unit), &unit_page).await).contains("Kết quả đối chiếu"), "nothing is open");
        let early = card_signed(&own, &document(test, browser, id).await, TimeDelta::days(-1));
        let answer = bring(test, browser, id, &early).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        let told = text_of(&test.get(Some(&unit), &unit_page).await);
        for words in
            ["trước khi bản kê khai được ghi nhận", "Kết quả đối chiếu", "cả chữ ký trong tệp và chữ ký trên dữ liệu"]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
        let key = uuid::Uuid::new_v4().to_string();
        let fields = [("khoa", &*key), (&*format!("ly-do-{id}"), "Đã hỏi người ký"), ("quyet-dinh", word)];
        let decided = test.post(Some(&unit), &format!("/ky-so/{id}/quyet-dinh"), &fields).await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
        let actor = crate::kernel::Actor::system_in(partition);
        let found = test.app.db.read(&actor, "test.followed", async |tx| store::followed(tx, id).await).await.unwrap();
        assert_eq!((found.stands(), found.waits_for_decision()), (stands, false));
        assert!(test.verdict(partition).await.is_whole());
    }
}

#[tokio::test]
async fn a_time_stamp_is_put_beside_the_detached_signature_too() {
    let unreachable = "http://127.0.0.1:1/tsa".to_owned();
    let test = TestApp::configured(Clock::fixed(morning()), |config| config.signature.tsa = Some(unreachable)).await;
    let (world, _, page) = sent_by(World::of(test).await.open().await).await;
    let (test, partition, browser) = (&world.app, world.obligation.partition, &world.browser);
    let root = trusted(test);
    let card = card(&root, NAME, NUMBER);
    let id = signed_again(&world, &page, &card).await;
    data_signed(test, browser, id, &card).await;
    let queued: Vec<String> =
        sqlx::query_scalar("select dedup_key from job where partition_id = $1 and kind = 'signature.timestamp'")
            .bind(partition.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
    assert_eq!(queued.len(), 2, "{queued:?}");
    let with_authority = {
        let tsa = authority(&root).await;
        test.again(|config| config.signature.tsa = Some(tsa))
    };
    let job = StampSignature { signature: id, beside: Beside::Data };
    for _ in 0..2 {
        stamp(&with_authority, partition, job).await.unwrap();
    }
    let told = text_of(&test.get(Some(browser), &page).await);
    assert!(told.contains("Dấu thời gian của chữ ký trên dữ liệu"), "{told}");
    assert_eq!(test.events(partition, "signature.data_stamped").await.len(), 1);
    assert_eq!(test.events(partition, "signature.stamped").await.len(), 0, "the one in the file waits by itself");
    stamp(&with_authority, partition, StampSignature { beside: Beside::File, ..job }).await.unwrap();
    assert!(test.verdict(partition).await.is_whole());
    // A stamp put under the other signature is found; nothing is stamped that is not there.
    let swap = "update signature_stamp set beside = case beside when 'FILE' then 'DATA' else 'FILE' end where partition_id = $1 and beside = 'DATA'";
    sqlx::query("delete from signature_stamp where partition_id = $1 and beside = 'FILE'")
        .bind(partition.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    assert!(!test.verdict(partition).await.is_whole(), "one is missing");
    sqlx::query(swap).bind(partition.0).execute(&mut owner().await).await.unwrap();
    assert!(!test.verdict(partition).await.is_whole());
}

/// What no code asks for, the database refuses, and the check of the log finds.
#[tokio::test]
async fn a_detached_signature_stands_beside_a_declarants_own_and_nowhere_else() {
    use sqlx::Executor as _;
    let (world, _, own, page, id) = signed().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    data_signed(test, &world.browser, id, &own).await;
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let fields = [("khoa", "da-nhan-giay"), ("day-nguoi-nhan", "08/12/2025")];
    let received = Sent::of(world, page.split('/').nth(3).unwrap().parse().unwrap()).await;
    let answer = received.receive("08/12/2025").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let test = &received.world.app;
    let place = format!("{}/nguoi-nhan/giay", page.replace("/ke-khai/ban", "/don-vi/ban"));
    let answer = test.post(Some(&unit), &place, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let receipt = stored(test, partition).await.into_iter().find(|one| one.id != id).unwrap().id;
    let plant = format!(
        "insert into signature_data (partition_id, signature_id, unit_id, person_id, document_hash, verdict, value_hash, cms_sealed, report_sealed, record_hash, created_at, created_by)
         select partition_id, '{receipt}', unit_id, person_id, document_hash, verdict, value_hash, cms_sealed, report_sealed, record_hash, created_at, created_by
         from signature_data where signature_id = '{id}'"
    );
    let context = format!(
        "begin; set local app.context = 'person'; set local app.partition_id = '{partition}'; set local app.person_id = '{}'",
        received.world.obligation.person
    );
    let mut conn = test.app.db.raw_pool().acquire().await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(context)).await.unwrap();
    let outcome = conn.execute(sqlx::AssertSqlSafe(plant.clone())).await;
    conn.execute("rollback").await.unwrap();
    let Err(sqlx::Error::Database(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.code().as_deref(), Some("42501"), "{error}");
    received.log_is_whole().await;
    sqlx::query(sqlx::AssertSqlSafe(plant)).execute(&mut owner().await).await.unwrap();
    let found = test.verdict(partition).await.disagreements;
    assert!(found.contains(&Disagreement::SignatureDiffers { signature: receipt.to_string() }), "{found:?}");
}

#[tokio::test]
async fn the_api_signs_the_document_once_per_key() {
    let (world, _, own, page, id) = signed().await;
    let test = &world.app;
    let token = test.token(&world.browser).await;
    let bytes = test.api(&token, "GET", &format!("/api/v1/signatures/{id}/document"), None, None).await;
    assert_eq!(bytes.status, StatusCode::OK, "{}", bytes.text());
    let file = detached(&own, &bytes.body);
    let send = async |file: &[u8], key: &str| {
        let request = Request::post(format!("/api/v1/signatures/{id}/detached"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", key)
            .body(Body::from(file.to_vec()));
        test.send(request.unwrap()).await
    };
    let large = send(&vec![0; super::data::LARGEST + 1], "khoa-lon-lon").await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", large.text());
    let refused = send(&bytes.body, "khoa-mot-mot").await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("signature_invalid"))
    );
    let (first, again) = (send(&file, "khoa-hai-hai").await, send(&file, "khoa-hai-hai").await);
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(first.json(), again.json());
    let taken = test.api(&token, "GET", &format!("/api/v1/signatures/{id}/detached"), None, None).await;
    assert_eq!(taken.body, file);
    let declaration = page.split('/').nth(3).unwrap();
    let list =
        test.api(&token, "GET", &format!("/api/v1/declarations/{declaration}/signatures"), None, None).await.json();
    assert_eq!(list[0]["detached"]["document_sha256"], hex::encode(sha256(&bytes.body)), "{list}");
}
