//! Paper through the real router and database: stored, read, checked, on record; seen by nobody else.
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use paper::read::result::PageInfo;

use super::accept::{self, Acceptance, NewPerson, Outcome, Who};
use super::jobs::{self, ReadIntake};
use super::model::{Aside, Intake, State};
use super::tests::reading;
use super::{desk, receive, store};
use crate::declaration;
use crate::kernel::id::{IntakeId, PartitionId};
use crate::kernel::jobs::{Job, Run};
use crate::kernel::{Actor, Error, Role};
use crate::person;
use crate::testing::{Answer, Browser, TestApp};

const ID_NO: &str = "051080000123";

async fn paper(test: &TestApp, actor: &Actor, id: IntakeId) -> Intake {
    test.app.db.read(actor, "test.paper", async |tx| store::find(tx, id).await).await.unwrap()
}

/// A paper that has been read, as the job leaves it.
pub(crate) async fn read_paper(test: &TestApp, officer: &Browser, bytes: &'static [u8]) -> IntakeId {
    let received = receive(&test.app, &officer.actor, "ban-ke-khai.pdf", Bytes::from_static(bytes)).await.unwrap();
    assert!(!received.duplicate);
    let intake = paper(test, &officer.actor, received.intake).await;
    jobs::finish(&test.app, &Actor::system_in(intake.partition), &intake, &reading(), &[]).await.unwrap();
    received.intake
}

async fn upload(test: &TestApp, browser: &Browser, csrf: &str, files: &[(&str, &[u8])]) -> Answer {
    let mut body = format!("--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n").into_bytes();
    for (name, content) in files {
        body.extend(
            format!("--X\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    let request = Request::post("/tiep-nhan")
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(Body::from(body));
    test.send(request.unwrap()).await
}

async fn list(test: &TestApp, actor: &Actor) -> Vec<Intake> {
    test.app.db.read(actor, "test.list", async |tx| store::list(tx, None, None, 100).await).await.unwrap()
}

#[tokio::test]
async fn a_file_too_large_is_refused_and_the_others_of_the_upload_are_kept() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let large = vec![7u8; 61 << 20];
    let answer = upload(
        &test,
        &officer,
        &officer.csrf,
        &[("a.pdf", b"%PDF-1.4 a"), ("to.pdf", &large), ("b.pdf", b"%PDF-1.4 b")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.text().contains("lớn hơn mức 60 MB"), "{}", answer.text());
    let papers = list(&test, &officer.actor).await;
    assert_eq!(papers.len(), 2);
    let kept = test.app.files.get(&papers[0].sealed_sha256.as_slice().try_into().unwrap()).await.unwrap();
    assert!(!kept.windows(4).any(|w| w == b"%PDF"), "the original is sealed");
    let original = test.app.db.keys().open_file(papers[0].partition, papers[0].file.0, &kept).unwrap();
    assert_eq!(original, b"%PDF-1.4 a");
}

#[tokio::test]
async fn an_upload_from_another_session_stores_nothing() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let answer = upload(&test, &officer, "AAAA", &[("a.pdf", b"%PDF-1.4")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(list(&test, &officer.actor).await.is_empty());
}

#[tokio::test]
async fn the_same_file_twice_is_one_paper() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    upload(&test, &officer, &officer.csrf, &[("a.pdf", b"%PDF-1.4 same")]).await;
    let answer = upload(&test, &officer, &officer.csrf, &[("khac.pdf", b"%PDF-1.4 same")]).await;
    assert!(answer.text().contains("Bản trùng"), "{}", answer.text());
    let papers = list(&test, &officer.actor).await;
    assert_eq!(papers.len(), 1);
    assert!(answer.text().contains(&format!("/tiep-nhan/{}", papers[0].id)));
    assert_eq!(test.app.files.names().await.unwrap().len(), 1, "stored once");
    // Another agency may receive the same file: it learns nothing of the first.
    let other = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &other.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 same")).await.unwrap();
    assert!(!received.duplicate);
}

#[tokio::test]
async fn the_same_file_from_many_hands_at_once_is_stored_once() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let uploads = (0..6).map(|n| {
        let name = format!("{n}.pdf");
        let (app, actor) = (&test.app, &officer.actor);
        async move { receive(app, actor, &name, Bytes::from_static(b"%PDF-1.4 together")).await.unwrap() }
    });
    let received = futures::future::join_all(uploads).await;
    assert_eq!(received.iter().filter(|r| !r.duplicate).count(), 1);
    assert!(received.iter().all(|r| r.intake == received[0].intake));
    assert_eq!(test.app.files.names().await.unwrap().len(), 1, "what the others stored is not left behind");
}

#[tokio::test]
async fn a_reader_that_cannot_run_is_tried_again_and_then_the_paper_says_so() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 x")).await.unwrap();
    let partition = officer.actor.home;
    let job = ReadIntake { intake: received.intake, round: 0 };
    for failed in 0..=2 {
        // Ten runs that were cut off are no fault of the paper.
        let outcome = jobs::read(&test.app, partition, job, Run::nth(failed + 11, failed)).await;
        assert_eq!(outcome.is_err(), failed < 2, "after {failed} failures");
    }
    let paper = paper(&test, &officer.actor, received.intake).await;
    assert_eq!(paper.state, State::Refused);
    assert!(paper.why().contains("dừng bất thường"), "{}", paper.why());
    assert_eq!(std::fs::read_dir(&test.workshop).unwrap().count(), 0, "nothing in the clear is left");
    // Typed by hand instead.
    let state = desk::resume(&test.app, &officer.actor, received.intake, true).await.unwrap();
    assert_eq!(state, State::Read);
    let shown = test.get(Some(&officer), &format!("/tiep-nhan/{}", received.intake)).await;
    assert!(shown.text().contains("declarant.full_name"), "{}", shown.text());
}

async fn set_job(test: &TestApp, officer: &Browser, state: &'static str) {
    let partition = officer.actor.home.0;
    test.app
        .db
        .housekeep(&Actor::SYSTEM, "test.job", async |tx| {
            sqlx::query("update job set state = $1 where partition_id = $2 and kind = $3")
                .bind(state)
                .bind(partition)
                .bind(ReadIntake::KIND)
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_paper_that_takes_the_service_down_with_it_is_refused_unread() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 bomb")).await.unwrap();
    let job = ReadIntake { intake: received.intake, round: 0 };
    jobs::read(&test.app, officer.actor.home, job, Run::nth(21, 0)).await.unwrap();
    assert_eq!(paper(&test, &officer.actor, received.intake).await.state, State::Refused);
    assert!(!test.workshop.exists(), "it was not opened again");
}

#[tokio::test]
async fn a_fault_on_the_last_run_refuses_the_paper_which_can_be_read_again() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 lost")).await.unwrap();
    std::fs::remove_dir_all(test.app.config.files_folder()).unwrap();
    let job = ReadIntake { intake: received.intake, round: 0 };
    let early = jobs::read(&test.app, officer.actor.home, job, Run::nth(5, 4)).await;
    assert!(early.is_err(), "there is another run to come");
    assert_eq!(paper(&test, &officer.actor, received.intake).await.state, State::Received);
    jobs::read(&test.app, officer.actor.home, job, Run::nth(6, 5)).await.unwrap();
    let refused = paper(&test, &officer.actor, received.intake).await;
    assert_eq!(refused.state, State::Refused);
    assert!(refused.why().contains("sự cố lưu trữ"), "{}", refused.why());
    let again = test.post(Some(&officer), &format!("/tiep-nhan/{}/lam-lai", received.intake), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    assert_eq!(paper(&test, &officer.actor, received.intake).await.state, State::Received);
}

#[tokio::test]
async fn the_page_of_a_paper_whose_job_was_given_up_offers_to_read_it_again() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 stuck")).await.unwrap();
    let path = format!("/tiep-nhan/{}", received.intake);
    let early = test.post(Some(&officer), &format!("{path}/lam-lai"), &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "its job is still to run: {}", early.text());
    set_job(&test, &officer, "FAILED").await;
    let shown = test.get(Some(&officer), &path).await.text();
    assert!(shown.contains("Đọc lại") && !shown.contains("every 2s"), "{shown}");
    let again = test.post(Some(&officer), &format!("{path}/lam-lai"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    assert_eq!(paper(&test, &officer.actor, received.intake).await.state, State::Received);
}

#[tokio::test]
async fn a_paper_whose_job_gave_up_can_be_read_again() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 stalled")).await.unwrap().intake;
    let outcome = desk::resume(&test.app, &officer.actor, id, false).await;
    assert!(matches!(outcome, Err(Error::Refused(_))), "its job still waits");
    test.app
        .db
        .housekeep(&Actor::SYSTEM, "test.give_up", async |tx| {
            sqlx::query("update job set state = 'FAILED' where partition_id = $1")
                .bind(officer.actor.home.0)
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(desk::resume(&test.app, &officer.actor, id, false).await.unwrap(), State::Received);
    let open = desk::open(&test.app, &officer.actor, id).await.unwrap();
    assert!(!open.is_stalled, "a new job waits");
}

#[tokio::test]
async fn a_result_is_put_down_once() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 once").await;
    let mut stale = paper(&test, &officer.actor, id).await;
    assert_eq!((stale.state, stale.doubtful), (State::Read, Some(2)));
    stale.state = State::Reading;
    jobs::finish(&test.app, &Actor::system_in(stale.partition), &stale, &reading(), &[]).await.unwrap();
    assert_eq!(list(&test, &officer.actor).await.len(), 1);
}

#[tokio::test]
async fn a_further_declaration_of_the_file_is_a_paper_of_its_own() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received =
        receive(&test.app, &officer.actor, "hai-ban.pdf", Bytes::from_static(b"%PDF-1.4 two")).await.unwrap();
    let intake = paper(&test, &officer.actor, received.intake).await;
    let one = reading();
    let further = paper::read::result::ReadDeclaration {
        declaration: one.declaration.clone(),
        provenance: one.provenance.clone(),
    };
    let both = paper::read::result::Reading { also: vec![further], ..one };
    jobs::finish(&test.app, &Actor::system_in(intake.partition), &intake, &both, &[]).await.unwrap();
    let papers = list(&test, &officer.actor).await;
    assert_eq!(papers.len(), 2);
    assert!(papers.iter().all(|paper| paper.state == State::Read && paper.file == intake.file));
}

#[tokio::test]
async fn two_officers_saving_one_paper_lose_nothing() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 conflict").await;
    let path = format!("/tiep-nhan/{id}");
    let shown = test.get(Some(&officer), &path).await.text();
    assert!(shown.contains("Cần đối chiếu với bản quét") && shown.contains("data-confidence=\"0.5\""), "{shown}");
    let first = test
        .post(Some(&officer), &path, &[("revision", "0"), ("act", "save"), ("declarant.position", "Phó Trưởng phòng")])
        .await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text());
    let second = test
        .post(Some(&officer), &path, &[("revision", "0"), ("act", "save"), ("declarant.position", "Trưởng phòng")])
        .await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(
        second.text().contains("Phó Trưởng phòng") && second.text().contains(">Trưởng phòng<"),
        "{}",
        second.text()
    );
    let stale = test
        .post(Some(&officer), &path, &[("csrf", "AAAA"), ("revision", "1"), ("declarant.position", "Chánh Văn phòng")])
        .await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("Chánh Văn phòng"), "what was typed survives: {}", stale.text());
    assert_eq!(paper(&test, &officer.actor, id).await.revision, 1);
}

#[tokio::test]
async fn a_form_of_another_session_does_not_overwrite_a_colleague() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 stale and old").await;
    let path = format!("/tiep-nhan/{id}");
    let saved = [("revision", "0"), ("act", "save"), ("declarant.position", "Phó Trưởng phòng")];
    test.post(Some(&officer), &path, &saved).await;
    let stale = [("csrf", "AAAA"), ("revision", "0"), ("act", "save"), ("declarant.position", "Chánh Văn phòng")];
    let answer = test.post(Some(&officer), &path, &stale).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let text = answer.text();
    assert!(text.contains(">Chánh Văn phòng</td>"), "what was typed is shown beside: {text}");
    assert!(text.matches("Phó Trưởng phòng").count() >= 2, "and the form holds what the colleague saved: {text}");
}

#[tokio::test]
async fn what_an_officer_typed_outlives_the_session_and_the_papers_leaving_the_desk() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 idle").await;
    let path = format!("/tiep-nhan/{id}");
    // A colleague put the paper away meanwhile.
    desk::set_aside(&test.app, &officer.actor, id, Aside::ScanAgain).await.unwrap();
    let typed = [("revision", "0"), ("act", "save"), ("declarant.position", "Chánh Văn phòng")];
    let gone = test.post(Some(&officer), &path, &typed).await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert!(gone.text().contains("Chánh Văn phòng"), "{}", gone.text());

    test.app.clock().advance(chrono::TimeDelta::minutes(16));
    let idle = test.post(Some(&officer), &path, &typed).await;
    assert_eq!(idle.status, StatusCode::UNAUTHORIZED);
    assert!(idle.text().contains("carried.declarant.position") && idle.text().contains("Chánh Văn phòng"));
    let chosen = [("revision", "0"), ("who", "moi"), ("unit", "0193e5a0-0000-7000-8000-000000000001")];
    let idle = test.post(None, &format!("{path}/ghi-nhan"), &chosen).await;
    assert_eq!(idle.status, StatusCode::UNAUTHORIZED);
    assert!(idle.text().contains("carried.unit"), "{}", idle.text());
}

#[tokio::test]
async fn a_stale_acceptance_keeps_what_was_chosen() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 stale choice").await;
    let stale = [("csrf", "AAAA"), ("revision", "0"), ("who", "moi"), ("rank", "DIRECTOR_UP"), ("party", "1")];
    let answer = test.post(Some(&officer), &format!("/tiep-nhan/{id}/ghi-nhan"), &stale).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains("value=\"DIRECTOR_UP\" checked") && text.contains("value=\"1\" checked"), "{text}");
}

/// A paper with the image of its one page, as the job leaves it.
pub(crate) async fn paper_with_image(test: &TestApp, partition: PartitionId) -> (Browser, Intake) {
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 image")).await.unwrap();
    let intake = paper(test, &officer.actor, received.intake).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page-1.jpg"), b"an image").unwrap();
    let page = PageInfo { page: 1, width: 10, height: 10, image: Some("page-1.jpg".into()) };
    let images = jobs::store_images(&test.app, partition, folder.path(), &[page]).await.unwrap();
    jobs::finish(&test.app, &Actor::system_in(partition), &intake, &reading(), &images).await.unwrap();
    (officer, intake)
}

#[tokio::test]
async fn page_images_are_shown_only_under_an_opening_of_this_session() {
    let test = TestApp::new().await;
    let agency = test.agency().await;
    let (officer, intake) = paper_with_image(&test, agency).await;

    // What a browser can compute from what it knows is no proof of an opening.
    let opening = uuid::Uuid::now_v7();
    let known = format!("minhbach page images v1\n{}\n{}\n{opening}", officer.csrf, intake.id);
    let forged = hex::encode(crate::kernel::files::sha256(known.as_bytes()));
    let path = format!("/tiep-nhan/{}", intake.id);
    for proof in [forged.as_str(), &officer.csrf, ""] {
        let image = format!("{path}/trang/1?luot={opening}&dau={proof}");
        assert_eq!(test.get(Some(&officer), &image).await.status, StatusCode::NOT_FOUND, "{proof}");
    }
    let shown = test.get(Some(&officer), &path).await.text();
    let (_, rest) = shown.split_once("<div class=\"mb-sheet\"><img src=\"").unwrap();
    let src = rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let image = test.get(Some(&officer), &src).await;
    assert_eq!((image.status, image.body.as_slice()), (StatusCode::OK, b"an image".as_slice()), "{src}");
}

#[tokio::test]
async fn an_open_page_that_asks_for_progress_does_not_keep_a_session_alive() {
    let test = TestApp::new().await;
    let officer = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let received = receive(&test.app, &officer.actor, "a.pdf", Bytes::from_static(b"%PDF-1.4 poll")).await.unwrap();
    let progress = format!("/tiep-nhan/{}/tien-do", received.intake);
    test.app.clock().advance(chrono::TimeDelta::minutes(10));
    assert_eq!(test.get(Some(&officer), &progress).await.status, StatusCode::OK);
    test.app.clock().advance(chrono::TimeDelta::minutes(6));
    assert_eq!(test.get(Some(&officer), "/tiep-nhan").await.status, StatusCode::SEE_OTHER, "idle for 16 minutes");
}

#[tokio::test]
async fn a_checked_paper_becomes_a_declaration_once() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (declarant, obligation) = test.declarant(partition, unit, "Nguyễn Văn An", ID_NO).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 accept").await;
    let confirm = test.get(Some(&officer), &format!("/tiep-nhan/{id}/ghi-nhan")).await.text();
    assert!(confirm.contains("Tìm thấy theo số căn cước") && confirm.contains(&declarant.to_string()), "{confirm}");

    let fields = [("revision", "0"), ("who", &declarant.to_string())];
    let answer = test.post(Some(&officer), &format!("/tiep-nhan/{id}/ghi-nhan"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let record = test.get(Some(&officer), &answer.location()).await.text();
    assert!(record.contains("800.000.000 đồng") && record.contains("250,5 m²"), "{record}");
    let fulfilled = test
        .app
        .db
        .read(&officer.actor, "test.obligation", async |tx| {
            person::store::obligation(tx, partition, obligation.id).await
        })
        .await
        .unwrap();
    assert_eq!(fulfilled.channel.as_deref(), Some("PAPER"));
    assert_eq!(fulfilled.declaration, paper(&test, &officer.actor, id).await.declaration);

    let again = test.post(Some(&officer), &format!("/tiep-nhan/{id}/ghi-nhan"), &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    // Another scan of the same declaration.
    let copy = read_paper(&test, &officer, b"%PDF-1.4 another scan").await;
    let duplicate = test.post(Some(&officer), &format!("/tiep-nhan/{copy}/ghi-nhan"), &fields).await;
    assert_eq!(duplicate.status, StatusCode::CONFLICT);
    assert!(
        duplicate.text().contains("Bản trùng")
            && duplicate.text().contains(&format!("/ban-ke-khai/{}", fulfilled.declaration.unwrap()))
    );
    let declarations =
        test.app.db.read(&officer.actor, "test.list", async |tx| declaration::store::list(tx, 10).await).await.unwrap();
    assert_eq!(declarations.len(), 1);
    desk::set_aside(&test.app, &officer.actor, copy, Aside::Duplicate).await.unwrap();
    assert_eq!(paper(&test, &officer.actor, copy).await.state, State::SetAside);
}

#[tokio::test]
async fn what_the_declarant_left_out_is_a_shortcoming_with_a_proposed_demand() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (declarant, _) = test.declarant(partition, unit, "Nguyễn Văn An", ID_NO).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 gaps").await;
    let fields = [("revision", "0"), ("act", "save"), ("assets[0].address", ""), ("assets[0].area_m2", "")];
    test.post(Some(&officer), &format!("/tiep-nhan/{id}"), &fields).await;
    let acceptance = Acceptance { revision: 1, who: Who::Known(declarant), kind: None };
    let Outcome::Accepted(accepted) = accept::accept(&test.app, &officer.actor, id, &acceptance, None).await.unwrap()
    else {
        panic!("a lawful paper is put on record")
    };
    assert!(accepted.shortcomings > 0);
    let demands: i64 = test
        .app
        .db
        .read(&officer.actor, "test.demands", async |tx| {
            let count = sqlx::query_scalar(
                "select count(*) from completion_demand where declaration_id = $1 and 'G00' = any(rules)",
            );
            Ok(count.bind(accepted.declaration.0).fetch_one(tx.conn()).await?)
        })
        .await
        .unwrap();
    assert_eq!(demands, 1);
}

#[tokio::test]
async fn a_number_decides_and_nobody_is_added_twice() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    test.declarant(partition, unit, "Nguyễn Văn An", ID_NO).await;
    let (other, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000999").await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 number").await;
    for who in [Who::Known(other), Who::New(NewPerson { unit, director_up: false, party_managed: false })] {
        let outcome =
            accept::accept(&test.app, &officer.actor, id, &Acceptance { revision: 0, who, kind: None }, None).await;
        assert!(matches!(outcome, Err(Error::Refused(refusal)) if refusal.code == "id_no_taken"));
    }
}

#[tokio::test]
async fn nobody_else_sees_a_paper() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let id = read_paper(&test, &officer, b"%PDF-1.4 mine").await;
    let stranger = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let admin = test.officer(Role::AgencyAdmin, partition).await;
    for path in [format!("/tiep-nhan/{id}"), format!("/tiep-nhan/{id}/tien-do"), format!("/tiep-nhan/{id}/ghi-nhan")] {
        assert_eq!(test.get(Some(&stranger), &path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(test.get(Some(&admin), &path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(test.get(None, &path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    let image = format!("/tiep-nhan/{id}/trang/1?luot={}&dau=00", uuid::Uuid::now_v7());
    assert_eq!(
        test.get(Some(&officer), &image).await.status,
        StatusCode::NOT_FOUND,
        "no image without an opened review"
    );
}

#[tokio::test]
async fn a_program_hands_in_follows_and_accepts() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let token = test.token(&officer).await;
    let (declarant, _) = test.declarant(partition, unit, "Nguyễn Văn An", ID_NO).await;
    let hand_in = || {
        let request = Request::post("/api/v1/intakes?name=a.pdf")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", "hand-in-000001")
            .body(Body::from("%PDF-1.4 program"));
        test.send(request.unwrap())
    };
    let first = hand_in().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(hand_in().await.json(), first.json(), "asking twice acts once");
    let id: IntakeId = first.json()["intake"].as_str().unwrap().parse().unwrap();
    let intake = paper(&test, &officer.actor, id).await;
    jobs::finish(&test.app, &Actor::system_in(intake.partition), &intake, &reading(), &[]).await.unwrap();
    let shown = test.api(&token, "GET", &format!("/api/v1/intakes/{id}"), None, None).await.json();
    assert_eq!((shown["state"].as_str(), shown["doubtful"].as_i64()), (Some("READ"), Some(2)), "{shown}");
    let body = serde_json::json!({"revision": 0, "who": {"known": declarant}});
    let path = format!("/api/v1/intakes/{id}/acceptance");
    let accepted = test.api(&token, "POST", &path, Some("accept-000001"), Some(&body)).await;
    assert_eq!(accepted.status, StatusCode::CREATED, "{}", accepted.text());
    let again = test.api(&token, "POST", &path, Some("accept-000001"), Some(&body)).await;
    assert_eq!(again.json(), accepted.json());
}
