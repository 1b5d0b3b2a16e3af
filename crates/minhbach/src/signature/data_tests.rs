//! Signing the document itself, beside the file: through the real router on the real database, and beside `openssl cms`.
use axum::http::StatusCode;
use sign::cms;
use sign::practice::Holder;
use x509_cert::der::Encode as _;

use super::store;
use super::tests::{NAME, NUMBER, card, copy_of, sent, signed_with, stored, trusted, upload};
use crate::audit::verify::Disagreement;
use crate::declaration::tests::{World, text_of};
use crate::kernel::Role;
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
    assert!(!told.text().contains("du-lieu.json"), "once");
    // The other sides see the signature and take it; the document, which says more than the form prints, stays its declarant's.
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    for browser in [&world.browser, &unit, &officer] {
        let taken = test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.p7s")).await;
        assert_eq!((taken.status, &taken.body), (StatusCode::OK, &file));
    }
    for browser in [&unit, &officer] {
        let refused = test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.json")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
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
    assert_eq!(test.get(Some(browser), &format!("/ky-so/{id}/du-lieu.json")).await.status, StatusCode::FORBIDDEN);
}
