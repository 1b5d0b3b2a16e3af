//! Signing the document itself, beside the file: through the real router on the real database, and beside `openssl cms`.
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
use crate::kernel::clock::Clock;
use crate::kernel::files::sha256;
use crate::kernel::id::{PartitionId, SignatureId};
use crate::kernel::{Event, Role, Tx};
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
    let strange = test.officer(Role::IntakeOfficer, test.agency().await).await;
    for file in ["du-lieu.json", "du-lieu.p7s"] {
        assert_eq!(test.get(Some(&strange), &format!("/ky-so/{id}/{file}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(document(test, &officer, id).await, bytes);
    let taken = test.events(partition, "signature.document_taken").await;
    assert_eq!(taken.last().unwrap()["hashes"]["document"], hex::encode(sha256(&bytes)));
    let accesses = test.get(Some(&world.browser), "/ke-khai/ai-da-xem").await;
    assert!(text_of(&accesses).contains("Tải dữ liệu của bản kê khai đã ký"), "{}", text_of(&accesses));
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
    withdraw(&world, id).await;
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
    withdraw(&world, first).await;
    let second = signed_again(&world, &page, &own).await;
    let returned = bring(test, browser, second, &file).await;
    assert_eq!(returned.status, StatusCode::CONFLICT, "{}", text_of(&returned));
    assert!(text_of(&returned).contains("đã được nộp trước đây"), "{}", text_of(&returned));
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
async fn what_is_open_of_a_detached_signature_is_open_of_the_file_or_refuses_it() {
    let (world, root, own, page, id) = signed().await;
    let (test, browser, partition) = (&world.app, &world.browser, world.obligation.partition);
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let unit_page = page.replace("/ke-khai/ban", "/don-vi/ban");
    // The file's signature is whole: an hour that cannot be keeps the detached one out, and there is nothing to decide.
    let early = card_signed(&own, &document(test, browser, id).await, TimeDelta::days(-1));
    let answer = bring(test, browser, id, &early).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&answer));
    for words in ["trước khi bản kê khai được ghi nhận", "không phụ thuộc vào chữ ký rời"] {
        assert!(text_of(&answer).contains(words), "{words}: {}", text_of(&answer));
    }
    assert!(!text_of(&test.get(Some(&unit), &unit_page).await).contains("Kết quả đối chiếu"));

    // A certificate without a number: nobody is established in the file, and nobody by what stands beside it.
    withdraw(&world, id).await;
    let nameless = card(&root, NAME, "");
    for (word, stands, says) in
        [("khong", false, "Không được chấp nhận"), ("chap-nhan", true, "Được chấp nhận sau khi đối chiếu")]
    {
        let id = signed_again(&world, &page, &nameless).await;
        // Accepted before or after it came: what was decided is the certificate, which is the same.
        let bring_it = async || {
            let bytes = document(test, browser, id).await;
            let answer =
                bring(test, browser, id, &card_signed(&nameless, &bytes, TimeDelta::minutes(i64::from(stands)))).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
            let token = test.token(browser).await;
            let declaration = page.split('/').nth(3).unwrap();
            let list = format!("/api/v1/declarations/{declaration}/signatures");
            let list = test.api(&token, "GET", &list, None, None).await.json();
            let last = list.as_array().unwrap().last().unwrap().clone();
            assert_eq!(last["detached"]["verdict"], "NOT_DECIDED", "{last}");
        };
        if !stands {
            bring_it().await;
        }
        let key = uuid::Uuid::new_v4().to_string();
        let fields = [("khoa", &*key), (&*format!("ly-do-{id}"), "Đã đối chiếu căn cước"), ("quyet-dinh", word)];
        let decided = test.post(Some(&unit), &format!("/ky-so/{id}/quyet-dinh"), &fields).await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", text_of(&decided));
        if stands {
            bring_it().await;
        }
        let found = followed(test, partition, id).await;
        assert_eq!((found.stands(), found.waits_for_decision()), (stands, false));
        let told = text_of(&test.get(Some(browser), &page).await);
        let of_data = told.rsplit("Chữ ký trên dữ liệu bản kê khai").next().unwrap();
        assert!(of_data.contains(says), "{says}: {of_data}");
    }
    assert!(test.verdict(partition).await.is_whole());
}

async fn withdraw(world: &World, id: SignatureId) {
    let fields = [("khoa", "rut-chu-ky-1"), (&*format!("ly-do-{id}"), "Ký nhầm")];
    let withdrawn = world.app.post(Some(&world.browser), &format!("/ky-so/{id}/rut"), &fields).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", text_of(&withdrawn));
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
    // What is signed is not opened for an authority that is not there.
    assert!(stamp(&test.app, partition, job).await.is_err());
    assert_eq!(test.events(partition, "signature.data_stamp_asked").await.len(), 0);
    for _ in 0..2 {
        stamp(&with_authority, partition, job).await.unwrap();
    }
    assert_eq!(test.events(partition, "signature.data_stamp_asked").await.len(), 1);
    let told = text_of(&test.get(Some(browser), &page).await);
    assert!(told.contains("Dấu thời gian của chữ ký trên dữ liệu"), "{told}");
    assert_eq!(test.events(partition, "signature.data_stamped").await.len(), 1);
    assert_eq!(test.events(partition, "signature.stamped").await.len(), 0, "the one in the file waits by itself");
    // A stamp put under the other signature is found.
    for (beside, is_whole) in [("FILE", false), ("DATA", true)] {
        let moved = "update signature_stamp set beside = $2 where partition_id = $1";
        sqlx::query(moved).bind(partition.0).bind(beside).execute(&mut owner().await).await.unwrap();
        assert_eq!(test.verdict(partition).await.is_whole(), is_whole, "{beside}");
    }
    // A job of before there were two of them is about the file.
    let job: StampSignature = serde_json::from_value(serde_json::json!({ "signature": id })).unwrap();
    assert_eq!(job.beside, Beside::File);
    stamp(&with_authority, partition, job).await.unwrap();
    assert!(test.verdict(partition).await.is_whole());
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
    // Signatures it cannot stand beside, each but for one thing its declarant's own, with a key, on the declaration.
    let like = "insert into signature (partition_id, id, unit_id, person_id, subject, subject_id, root_id, side, channel, copy_id, file_id,
                                       verdict, value_hash, certificate_sealed, report_sealed, paper_on, record_hash, created_at, created_by)
                select partition_id, $2, unit_id, person_id, subject, $2, root_id, $3, case when $4 then 'DIGITAL' else 'PAPER' end,
                       case when $4 then copy_id end, case when $4 then file_id end, case when $4 then verdict end,
                       case when $4 then value_hash end, case when $4 then certificate_sealed end, case when $4 then report_sealed end,
                       case when not $4 then current_date end, record_hash, created_at, created_by
                from signature where partition_id = $1 and id = $5";
    let mut unlike = vec![receipt];
    for (side, is_digital) in [("RECEIVER", true), ("DECLARANT", false)] {
        let other = SignatureId::new();
        let insert = sqlx::query(like).bind(partition.0).bind(other.0).bind(side).bind(is_digital).bind(id.0);
        insert.execute(&mut owner().await).await.unwrap();
        unlike.push(other);
    }
    let plant = |beside: SignatureId, unit: &str| {
        format!(
            "insert into signature_data (partition_id, signature_id, unit_id, person_id, document_hash, verdict, value_hash, cms_sealed, report_sealed, record_hash, created_at, created_by)
             select partition_id, '{beside}', {unit}, person_id, document_hash, verdict, value_hash, cms_sealed, report_sealed, record_hash, created_at, created_by
             from signature_data where signature_id = '{id}'"
        )
    };
    let context = format!(
        "begin; set local app.context = 'person'; set local app.partition_id = '{partition}'; set local app.person_id = '{}'",
        received.world.obligation.person
    );
    let mut conn = test.app.db.raw_pool().acquire().await.unwrap();
    let mut planted: Vec<_> = unlike.iter().map(|beside| plant(*beside, "unit_id")).collect();
    planted.push(plant(id, "gen_random_uuid()"));
    for plant in planted {
        conn.execute(sqlx::AssertSqlSafe(context.clone())).await.unwrap();
        let outcome = conn.execute(sqlx::AssertSqlSafe(plant.clone())).await;
        conn.execute("rollback").await.unwrap();
        let Err(sqlx::Error::Database(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.code().as_deref(), Some("42501"), "{plant}: {error}");
    }
    sqlx::query("delete from signature where partition_id = $1 and id = any($2)")
        .bind(partition.0)
        .bind(unlike[1..].iter().map(|id| id.0).collect::<Vec<_>>())
        .execute(&mut owner().await)
        .await
        .unwrap();
    received.log_is_whole().await;
    // Planted with all an event could say of it, it is found by what it stands beside.
    let actor = crate::kernel::Actor::system_in(partition);
    let mut data = followed(test, partition, id).await.data.unwrap();
    data.signature = receipt;
    let hash = data.hash().unwrap();
    sqlx::query(sqlx::AssertSqlSafe(plant(receipt, "unit_id"))).execute(&mut owner().await).await.unwrap();
    sqlx::query("update signature_data set record_hash = $2 where signature_id = $1")
        .bind(receipt.0)
        .bind(&hash[..])
        .execute(&mut owner().await)
        .await
        .unwrap();
    let of = &followed(test, partition, receipt).await.signature;
    let document: [u8; 32] = data.document_hash.clone().try_into().unwrap();
    let event = Event::new("signature.data_signed", partition)
        .unit(of.unit)
        .person_if(of.person)
        .id("signature", receipt)
        .id("root", of.root)
        .hash("document", document)
        .hash("record", hash);
    let write = async |tx: &mut Tx| tx.record(event.clone()).map(|_| ());
    test.app.db.write(&actor, "test.plant", write).await.unwrap();
    test.sequence(partition).await;
    let found = test.verdict(partition).await.disagreements;
    assert_eq!(found, [Disagreement::SignatureDiffers { signature: receipt.to_string() }]);
}

/// Another signature under the seal, with everything beside it made to fit, is found by opening it.
#[tokio::test]
async fn what_lies_under_the_seal_is_the_signature_that_was_recorded() {
    let (world, _, own, _, id) = signed().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    data_signed(test, &world.browser, id, &own).await;
    let mut data = followed(test, partition, id).await.data.unwrap();
    let other = card_signed(&own, &document(test, &world.browser, id).await, TimeDelta::minutes(2));
    data.cms = test.app.db.keys().seal(partition, id.0, &STANDARD.encode(other)).unwrap();
    let hash = data.hash().unwrap();
    sqlx::query("update signature_data set cms_sealed = $2, record_hash = $3 where signature_id = $1")
        .bind(id.0)
        .bind(data.cms.as_bytes())
        .bind(&hash[..])
        .execute(&mut owner().await)
        .await
        .unwrap();
    let on = &followed(test, partition, id).await.signature;
    let document: [u8; 32] = data.document_hash.clone().try_into().unwrap();
    let event = Event::new("signature.data_signed", partition).unit(on.unit).person_if(on.person);
    let event = event.id("signature", id).id("root", on.root).hash("document", document).hash("record", hash);
    let write = async |tx: &mut Tx| tx.record(event.clone()).map(|_| ());
    test.app.db.write(&crate::kernel::Actor::system_in(partition), "test.plant", write).await.unwrap();
    let found = test.verdict(partition).await.disagreements;
    assert!(found.contains(&Disagreement::SignatureDiffers { signature: id.to_string() }), "{found:?}");
    assert!(found.iter().any(|one| matches!(one, Disagreement::ToldTwice { .. })), "{found:?}");
}

async fn followed(test: &TestApp, partition: PartitionId, id: SignatureId) -> super::model::Followed {
    let actor = crate::kernel::Actor::system_in(partition);
    test.app.db.read(&actor, "test.followed", async |tx| store::followed(tx, id).await).await.unwrap()
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
