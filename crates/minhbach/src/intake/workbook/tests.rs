//! Workbooks through the real router and database: stored, taken in row by row, seen by nobody else.
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use serde_json::{Value, json};

use super::jobs::{self, ImportRows, PORTION};
use super::layout::Layout;
use super::look::{self, Asked};
use super::model::{State, Workbook};
use super::sheet_tests::{Typed, form_of, law, typed, worked_content, worked_example};
use super::write::write;
use super::{receive, store};
use crate::intake;
use crate::intake::accept::{self, Acceptance, Who};
use crate::intake::desk;
use crate::kernel::id::{IntakeId, PartitionId, WorkbookId};
use crate::kernel::jobs::Run;
use crate::kernel::{Actor, Role, press};
use crate::testing::{Answer, Browser, TestApp};

async fn find(test: &TestApp, actor: &Actor, id: WorkbookId) -> Workbook {
    test.app.db.read(actor, "test.workbook", async |tx| store::find(tx, id).await).await.unwrap()
}

async fn brought(test: &TestApp, officer: &Browser, bytes: Vec<u8>) -> WorkbookId {
    let received = receive(&test.app, &officer.actor, "so-tai-chinh.xlsx", Bytes::from(bytes), None).await.unwrap();
    assert!(!received.duplicate);
    received.workbook
}

async fn run(test: &TestApp, partition: PartitionId, workbook: WorkbookId) {
    jobs::import(&test.app, partition, ImportRows { workbook, round: 0 }, Run::nth(1, 0)).await.unwrap();
}

async fn papers(test: &TestApp, actor: &Actor) -> Vec<intake::Intake> {
    test.app.db.read(actor, "test.papers", async |tx| intake::store::list(tx, None, None, 10_000).await).await.unwrap()
}

/// A person with a name, and what else is typed.
fn person(code: usize, name: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, Typed)> {
    let mut row: Vec<(&'static str, Typed)> =
        vec![("#", code.to_string().as_str().into()), ("declarant.full_name", name.into())];
    row.extend(more.iter().map(|(key, text)| (*key, Typed::from(*text))));
    row
}

/// Many people, each with an asset; everybody is somebody else.
fn many(count: usize) -> Vec<u8> {
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let people = (1..=count).map(|n| person(n, &format!("Nguyễn Văn {n}"), &[("kind", "Kê khai hằng năm")])).collect();
    let assets = (1..=count).map(|n| {
        vec![
            ("#", Typed::from(n.to_string().as_str())),
            ("@", "4".into()),
            ("name", "Vàng".into()),
            ("value.amount", Typed::Number(60_000_000.0)),
        ]
    });
    typed(rules, form, &[("Người kê khai", people), ("Tài sản", assets.collect())])
}

/// A workbook that was taken in: a good person, one with something wrong, a row of nobody; for tests that need one there.
pub(crate) async fn imported(test: &TestApp, officer: &Browser, name: &str) -> WorkbookId {
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let people = vec![person(1, name, &[]), person(2, name, &[("declarant.dob", "hôm nọ")])];
    let stray = vec![("#", Typed::from("9")), ("full_name", name.into())];
    let bytes = typed(rules, form, &[("Người kê khai", people), ("Con", vec![stray])]);
    let workbook = brought(test, officer, bytes).await;
    run(test, officer.actor.home, workbook).await;
    workbook
}

async fn upload(test: &TestApp, browser: &Browser, csrf: &str, content: &[u8]) -> Answer {
    let mut body = format!("--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n").into_bytes();
    body.extend_from_slice(content);
    body.extend(b"\r\n--X--\r\n");
    let request = Request::post("/tiep-nhan/bang-tinh")
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(Body::from(body));
    test.send(request.unwrap()).await
}

/// The decree's worked example from the workbook to the record, exactly; the paper is then on record as any other.
#[tokio::test]
async fn the_decrees_worked_example_becomes_a_declaration() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (declarant, _) = test.declarant(partition, unit, "Nguyễn Văn A", "008075881496").await;
    let workbook = brought(&test, &officer, worked_example(&law())).await;
    run(&test, partition, workbook).await;
    let papers = papers(&test, &officer.actor).await;
    assert_eq!(papers.len(), 1);
    let open = desk::open(&test.app, &officer.actor, papers[0].id).await.unwrap();
    assert_eq!(open.checked.content, worked_content());
    assert!(open.checked.raw.is_empty());
    assert_eq!(open.reading.provenance["income.common"].cell.as_deref(), Some("Người kê khai!Y4"));
    let (rules, form) = form_of(&test.app.law, "PL1");
    let found =
        accept::findings(rules, form::Kind::Annual, &open.checked.content, "2020-12-21".parse().unwrap()).unwrap();
    let said: Vec<_> =
        found.iter().map(|finding| format!("{:?} {} {}", finding.severity, finding.rule, finding.path)).collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(form.code, "PL1");
    let page = test.get(Some(&officer), &format!("/tiep-nhan/{}", papers[0].id)).await.text();
    assert!(page.contains("Ô Tài sản!") && page.contains("Đối chiếu bảng tính"), "{page}");
    let acceptance = Acceptance { revision: 0, who: Who::Known(declarant), kind: None };
    let accepted = accept::accept(&test.app, &officer.actor, papers[0].id, &acceptance, None).await.unwrap();
    let accept::Outcome::Accepted(accepted) = accepted else { panic!("{accepted:?}") };
    let record = test.get(Some(&officer), &format!("/ban-ke-khai/{}", accepted.declaration)).await.text();
    assert!(
        record.contains("5.600.000.000 đồng") && record.contains(&format!("/tiep-nhan/{}", papers[0].id)),
        "{record}"
    );
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn a_bad_row_stops_no_good_one_and_everything_wrong_is_told_by_cell() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let name = "Nguyễn Thị Bí Mật";
    let workbook = imported(&test, &officer, name).await;
    let kept = find(&test, &officer.actor, workbook).await;
    assert_eq!((kept.state, kept.people, kept.papers, kept.faults), (State::Done, Some(2), 2, 2));
    let page = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}")).await.text();
    assert!(page.contains("Người kê khai, dòng 5") && page.contains("không phải là một ngày"), "{page}");
    assert!(page.contains("Con, dòng 4") && page.contains("Không có người nào mang mã “9”"), "{page}");
    assert!(!page.contains("Người kê khai, dòng 4"), "a row without faults is among all rows only");
    let all = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}?xem=tat-ca")).await.text();
    assert!(all.contains("Người kê khai, dòng 4"), "{all}");
    // The text that did not fit waits for the officer as it was typed.
    let unfit = papers(&test, &officer.actor).await.into_iter().find(|paper| paper.doubtful == Some(1)).unwrap();
    let review = test.get(Some(&officer), &format!("/tiep-nhan/{}", unfit.id)).await.text();
    assert!(review.contains("hôm nọ") && review.contains("không phải là một ngày"), "{review}");
    let entered = test.events(partition, "workbook.entered").await.len();
    assert_eq!((entered, test.events(partition, "workbook.imported").await.len()), (2, 1));
    let tables = ["workbook", "workbook_row", "intake", "file", "job"];
    test.holds_no_word(partition, &tables, &workbook.to_string(), &[name, "hôm nọ", "so-tai-chinh"]).await;
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_a_mended_one_brings_only_what_was_mended() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let file = |dob: &str| {
        let people = vec![person(1, "An", &[]), person(2, "Bình", &[("declarant.dob", dob)])];
        typed(rules, form, &[("Người kê khai", people)])
    };
    let bytes = file("hôm nọ");
    let first = upload(&test, &officer, &officer.csrf, &bytes).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text());
    let workbook: WorkbookId = first.location().rsplit('/').next().unwrap().parse().unwrap();
    run(&test, partition, workbook).await;
    let before = papers(&test, &officer.actor).await.len();
    let again = upload(&test, &officer, &officer.csrf, &bytes).await;
    assert_eq!(again.location(), format!("/tiep-nhan/bang-tinh/{workbook}?trung=1"));
    let told = test.get(Some(&officer), &again.location()).await.text();
    assert!(told.contains("Tệp giống hệt đã được nhập trước đây"), "{told}");
    run(&test, partition, workbook).await;
    assert_eq!(papers(&test, &officer.actor).await.len(), before);
    assert_eq!(test.app.files.names().await.unwrap().len(), 1, "stored once");

    let mended = brought(&test, &officer, file("05/02/1980")).await;
    run(&test, partition, mended).await;
    let kept = find(&test, &officer.actor, mended).await;
    assert_eq!((kept.papers, kept.same, kept.faults), (1, 1, 0));
    assert_eq!(papers(&test, &officer.actor).await.len(), before + 1);
    let all = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{mended}")).await.text();
    assert!(all.contains("Nội dung giống hệt dòng đã nhập trước"), "{all}");

    // Another agency may bring the same file: it learns nothing of the first.
    let other = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let theirs = brought(&test, &other, bytes).await;
    run(&test, other.actor.home, theirs).await;
    assert_eq!(find(&test, &other.actor, theirs).await.papers, 2);
}

/// A run that was cut off goes on after the last portion; two runs at once, and one that comes late, double nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_off_goes_on_and_doubles_nobody() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let count = 2 * PORTION + 7;
    let workbook = brought(&test, &officer, many(count)).await;
    let system = Actor::system_in(partition);
    let begun = find(&test, &officer.actor, workbook).await;
    jobs::import_once(&test.app, &system, &begun, 1).await.unwrap();
    let half = find(&test, &officer.actor, workbook).await;
    assert_eq!((half.state, half.people_done, half.papers), (State::Importing, PORTION as i32, PORTION as i32));
    let page = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}")).await.text();
    assert!(page.contains(&format!("{PORTION}/{count}")) && page.contains("http-equiv=\"refresh\""), "{page}");
    // One that read how far it was before the first portion comes too late for it.
    jobs::import_once(&test.app, &system, &begun, usize::MAX).await.unwrap();
    assert_eq!(find(&test, &officer.actor, workbook).await.people_done, PORTION as i32);
    // Two at once: one of them takes each portion.
    let job = ImportRows { workbook, round: 0 };
    let both = [
        jobs::import(&test.app, partition, job, Run::nth(2, 0)),
        jobs::import(&test.app, partition, job, Run::nth(3, 0)),
    ];
    for outcome in futures::future::join_all(both).await {
        outcome.unwrap();
    }
    jobs::import(&test.app, partition, job, Run::nth(4, 0)).await.unwrap();
    let done = find(&test, &officer.actor, workbook).await;
    let all = i32::try_from(count).unwrap();
    assert_eq!((done.state, done.people_done, done.papers, done.same), (State::Done, all, all, 0));
    let papers = papers(&test, &officer.actor).await;
    assert_eq!(papers.len(), count);
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_sentence_and_nothing_is_made_of_it() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (law, mark) = (law(), press::TITLE);
    let (rules, form) = form_of(&law, "PL1");
    let practised = write(rules, form, &[json!({"declarant": {"full_name": "Giả Định"}})], mark).unwrap();
    for (bytes, said) in [(b"MZ no sheet".to_vec(), "không phải bảng tính Excel"), (practised, "bản thực hành")]
    {
        let workbook = brought(&test, &officer, bytes).await;
        run(&test, partition, workbook).await;
        assert_eq!(find(&test, &officer.actor, workbook).await.state, State::Refused);
        let page = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}")).await.text();
        assert!(page.contains(said), "{page}");
        // A file that was refused for what it is is not gone on with.
        let again = test.post(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}/nhap-tiep"), &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    }
    assert!(papers(&test, &officer.actor).await.is_empty());
}

/// A fault of ours leaves the workbook where an officer can go on with it.
#[tokio::test]
async fn an_import_that_was_given_up_is_gone_on_with() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let workbook = brought(&test, &officer, many(3)).await;
    let kept = find(&test, &officer.actor, workbook).await;
    let name: [u8; 32] = kept.sealed_sha256.as_slice().try_into().unwrap();
    let sealed = test.app.files.get(&name).await.unwrap();
    test.app.files.discard(&name).await.unwrap();
    let job = ImportRows { workbook, round: 0 };
    assert!(jobs::import(&test.app, partition, job, Run::nth(1, 0)).await.is_err(), "tried again by the queue");
    jobs::import(&test.app, partition, job, Run::nth(6, 5)).await.unwrap();
    let page = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}")).await.text();
    assert!(page.contains("Hệ thống gặp sự cố") && page.contains("Nhập tiếp"), "{page}");
    test.app.files.put(sealed).await.unwrap();
    let again = test.post(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}/nhap-tiep"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    run(&test, partition, workbook).await;
    assert_eq!(find(&test, &officer.actor, workbook).await.papers, 3);
    // One whose job is gone stands still until somebody says so.
    let stopped = brought(&test, &officer, many(4)).await;
    sqlx::query("update job set state = 'FAILED' where partition_id = $1 and payload ->> 'workbook' = $2")
        .bind(partition.0)
        .bind(stopped.to_string())
        .execute(&mut crate::testing::owner().await)
        .await
        .unwrap();
    let page = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{stopped}/tien-do")).await.text();
    assert!(page.contains("Việc nhập đã dừng vì sự cố"), "{page}");
    let again = test.post(Some(&officer), &format!("/tiep-nhan/bang-tinh/{stopped}/nhap-tiep"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
}

#[tokio::test]
async fn an_upload_from_another_session_or_without_a_file_stores_nothing() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    assert_eq!(upload(&test, &officer, "AAAA", b"PK").await.status, StatusCode::CONFLICT);
    let empty = upload(&test, &officer, &officer.csrf, b"").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("Chưa chọn tệp nào"), "{}", empty.text());
    let large = upload(&test, &officer, &officer.csrf, &vec![7u8; 61 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(test.app.files.names().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_empty_workbook_of_every_form_is_given_out_and_holds_nobody() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let list = test.get(Some(&officer), "/tiep-nhan/bang-tinh").await.text();
    for form in ["PL1", "PL2"] {
        let href = format!("/tiep-nhan/bang-tinh/mau?mau={form}");
        assert!(list.contains(&href), "{list}");
        let given = test.get(Some(&officer), &href).await;
        assert_eq!(given.status, StatusCode::OK);
        assert_eq!(super::cells::read(&law(), &given.body, false), Err(super::model::Unfit::Nobody));
    }
    assert_eq!(test.get(Some(&officer), "/tiep-nhan/bang-tinh/mau?mau=PL9").await.status, StatusCode::NOT_FOUND);
}

/// The original is given out as it came, and who took it is in the log.
#[tokio::test]
async fn the_original_is_given_out_byte_for_byte_and_recorded() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let bytes = many(1);
    let workbook = brought(&test, &officer, bytes.clone()).await;
    let given = test.get(Some(&officer), &format!("/tiep-nhan/bang-tinh/{workbook}/tep")).await;
    assert!(given.body == bytes);
    assert_eq!(test.events(partition, "workbook.taken_out").await.len(), 1);
}

#[tokio::test]
async fn programs_hand_a_workbook_in_and_read_what_came_of_it() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let token = test.token(&officer).await;
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let bytes = typed(rules, form, &[("Người kê khai", vec![person(1, "An", &[("declarant.dob", "hôm nọ")])])]);
    let send = |key: &'static str| {
        let request = Request::post("/api/v1/workbooks?name=a.xlsx")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", key)
            .body(Body::from(bytes.clone()))
            .unwrap();
        test.send(request)
    };
    let first = send("workbook-1").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = send("workbook-1").await;
    assert_eq!(again.json(), first.json(), "asked twice, answered once");
    assert_eq!(send("workbook-2").await.status, StatusCode::OK);
    let id: WorkbookId = serde_json::from_value(first.json()["workbook"].clone()).unwrap();
    run(&test, partition, id).await;
    let answer = test.api(&token, "GET", &format!("/api/v1/workbooks/{id}"), None, None).await.json();
    assert_eq!((&answer["state"], &answer["papers"], &answer["faults"]), (&json!("DONE"), &json!(1), &json!(1)));
    assert_eq!(answer["outcome"][0]["faults"][0]["cell"], "F4");
    let made: IntakeId = serde_json::from_value(answer["outcome"][0]["intake"].clone()).unwrap();
    assert_eq!(papers(&test, &officer.actor).await[0].id, made);
}

/// Rows by the thousand are taken in portion by portion with their progress to be seen. `MINHBACH_WORKBOOK_PEOPLE` says how many
/// people, each with four more rows; the figure in docs/OPERATIONS.md was measured with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_are_taken_in_with_their_progress_to_be_seen() {
    let people: usize = std::env::var("MINHBACH_WORKBOOK_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(450);
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (rules, form) = form_of(&test.app.law, "PL1");
    let sample: Value = serde_json::from_str(include_str!("../../../../form/tests/data/annual.json")).unwrap();
    let documents: Vec<Value> = (0..people).map(|n| household(&sample, n)).collect();
    let bytes = write(rules, form, &documents, "").unwrap();
    let size = bytes.len();
    drop(documents);
    let workbook = brought(&test, &officer, bytes).await;
    let began = std::time::Instant::now();
    let job = jobs::import(&test.app, partition, ImportRows { workbook, round: 0 }, Run::nth(1, 0));
    let watch = async {
        let mut seen = Vec::new();
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let now = look::progress(&test.app, &officer.actor, workbook).await.unwrap().workbook;
            if !now.state.is_under_way() {
                return seen;
            }
            seen.push(now.people_done);
            seen.dedup();
        }
    };
    let (outcome, seen) = tokio::join!(job, watch);
    outcome.unwrap();
    let done = find(&test, &officer.actor, workbook).await;
    let rows = done.row_count.unwrap();
    println!(
        "{people} people, {rows} rows, {size} bytes: {:?}, {} states of progress seen",
        began.elapsed(),
        seen.len()
    );
    assert_eq!((done.state, done.papers, done.faults), (State::Done, i32::try_from(people).unwrap(), 0));
    assert_eq!(rows, i32::try_from(5 * people).unwrap());
    assert!(seen.iter().any(|done| *done > 0), "{seen:?}");
    let asked = Asked { with_faults: false, after: (-1, 0), limit: 5 };
    assert_eq!(look::open(&test.app, &officer.actor, workbook, asked).await.unwrap().lines.len(), 5);
    assert!(Layout::of(rules, form).plans.len() == 4);
}

/// The sample with a name, a child, two assets and a change of its own.
fn household(sample: &Value, n: usize) -> Value {
    let mut one = sample.clone();
    one["declarant"]["full_name"] = json!(format!("Đặng Hữu Cường {n}"));
    one["declarant"]["id_no"] = json!(format!("{:012}", 92_087_000_000_u64 + n as u64));
    for (list, most) in [("children", 1), ("assets", 2), ("changes", 1)] {
        one[list].as_array_mut().unwrap().truncate(most);
    }
    one
}
