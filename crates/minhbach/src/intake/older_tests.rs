//! Scans on forms of before Nghị định 130/2020/NĐ-CP, through the real router and database.
use axum::http::StatusCode;
use paper::read::refusal::Refusal as Unreadable;

use super::desk_tests::read_paper;
use super::model::{Intake, State, refusal_text};
use super::store;
use crate::account::model::RoleGrant;
use crate::audit::verify::Disagreement;
use crate::kernel::id::{IntakeId, OlderId, PartitionId, PersonId};
use crate::kernel::{Actor, Role};
use crate::testing::{Answer, Browser, TestApp, owner};

const PLACE: &str = "Kho lưu trữ tầng 2, giá 3, hộp 12, hồ sơ 45";

/// A scan of the desk's officer on record as a declaration of 2016 by somebody of this name.
pub(crate) async fn recorded(test: &TestApp, officer: &Browser, person: PersonId, name: &str) -> OlderId {
    let intake = read_paper(test, officer, b"%PDF-1.4 older").await;
    let answer = record(test, officer, intake, &[("who", &person.to_string()), ("id_no", ""), ("name", name)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location().rsplit('/').next().unwrap().parse().unwrap()
}

/// Says that the paper of a record lies elsewhere now.
pub(crate) async fn moved(test: &TestApp, officer: &Browser, older: OlderId, place: &str) {
    let answer = follow(test, officer, older, "noi-luu", &[("place", place), ("place-why", "Chuyển kho")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

/// Sends the form of an act on a record.
async fn follow(test: &TestApp, officer: &Browser, older: OlderId, act: &str, fields: &[(&str, &str)]) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    let mut all = vec![("khoa", key.as_str())];
    all.extend_from_slice(fields);
    test.post(Some(officer), &format!("/ban-ke-khai/mau-cu/{older}/{act}"), &all).await
}

/// The form as it is filled in, with some boxes otherwise.
async fn record(test: &TestApp, officer: &Browser, intake: IntakeId, other: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("form", "ND78_2013"),
        ("year", "2016"),
        ("completed_on", "20/12/2016"),
        ("name", "Nguyễn Văn An"),
        ("dob", ""),
        ("id_no", "212345678"),
        ("position", "Kế toán viên"),
        ("unit_name", "Sở Tài chính tỉnh Quảng Ngãi"),
        ("place", PLACE),
    ];
    fields.retain(|(name, _)| !other.iter().any(|(with, _)| with == name));
    fields.extend_from_slice(other);
    // The list of people the page showed was made for what stands in the boxes.
    for (shown, of) in [("looked_name", "name"), ("looked_id_no", "id_no")] {
        if !fields.iter().any(|(name, _)| *name == shown) {
            let value = fields.iter().find(|(name, _)| *name == of).map_or("", |(_, value)| value);
            fields.push((shown, value));
        }
    }
    test.post(Some(officer), &format!("/tiep-nhan/{intake}/mau-cu"), &fields).await
}

async fn paper(test: &TestApp, actor: &Actor, id: IntakeId) -> Intake {
    test.app.db.read(actor, "test.paper", async |tx| store::find(tx, id).await).await.unwrap()
}

async fn counted(partition: PartitionId, intake: IntakeId) -> String {
    sqlx::query_scalar("select state from paper_progress where partition_id = $1 and id = $2")
        .bind(partition.0)
        .bind(intake.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn basic_fields_the_scan_and_where_the_paper_lies_are_kept() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (person, owed) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let intake = read_paper(&test, &officer, b"%PDF-1.4 older kept").await;
    let path = format!("/tiep-nhan/{intake}/mau-cu");
    // What the machine read stands there, and whose it may be.
    let page = test.get(Some(&officer), &path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("Mẫu theo Nghị định 78/2013/NĐ-CP") && page.text().contains("name=\"place\""));
    assert!(test.get(Some(&officer), &format!("/tiep-nhan/{intake}")).await.text().contains(&path), "the way there");

    // Nothing typed is lost, and each fault is told in its place.
    let who = person.to_string();
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("form", "")], "Chưa chọn mẫu bản kê khai"),
        (&[("year", "hai nghìn")], "Chưa ghi năm kê khai"),
        (&[("year", "2009")], "không hợp với mẫu đã chọn"),
        (&[("completed_on", "20/12/2020")], "không nằm trong thời gian dùng mẫu"),
        (&[("completed_on", "31/02/2016")], "Ngày hoàn thành chưa đúng"),
        (&[("id_no", "12345")], "Số này không có dạng"),
        (&[("place", " ")], "Chưa ghi nơi lưu bản giấy"),
        (&[("name", "")], "Chưa ghi họ và tên"),
    ];
    for (other, says) in cases {
        let mut other = other.to_vec();
        other.push(("who", &who));
        let answer = record(&test, &officer, intake, &other).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}: {}", answer.text());
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
        assert!(answer.text().contains("Kế toán viên") && answer.text().contains("Sở Tài chính tỉnh Quảng Ngãi"));
    }
    let nobody = record(&test, &officer, intake, &[]).await;
    assert!(nobody.text().contains("Chưa chọn người kê khai"), "{}", nobody.text());
    assert!(nobody.text().contains(&format!("value=\"{person}\"")), "the namesake is offered: {}", nobody.text());
    assert_eq!(paper(&test, &officer.actor, intake).await.state, State::Read);
    assert_eq!(counted(partition, intake).await, "WAITING");

    // An identity card of nine digits is no other number than today's.
    let answer = record(&test, &officer, intake, &[("who", &who)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let shown = test.get(Some(&officer), &answer.location()).await;
    for says in ["212345678", PLACE, "20/12/2016", "Sở Tài chính tỉnh Quảng Ngãi", "Mẫu theo Nghị định 78/2013/NĐ-CP"]
    {
        assert!(shown.text().contains(says), "{says}: {}", shown.text());
    }
    assert_eq!(paper(&test, &officer.actor, intake).await.state, State::Older);
    assert_eq!(counted(partition, intake).await, "RECORDED", "it is digitised");
    assert!(test.get(Some(&officer), &format!("/tiep-nhan/{intake}")).await.text().contains(&answer.location()));
    assert!(test.get(Some(&officer), "/ban-ke-khai/mau-cu").await.text().contains("Nguyễn Văn An"));
    // Once: the second press finds it done, and what was typed is still to be read.
    let twice = record(&test, &officer, intake, &[("who", &who)]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text().contains(PLACE) && twice.text().contains("Đã ghi nhận theo mẫu cũ"), "{}", twice.text());
    // The same sheet, scanned once more.
    let copy = read_paper(&test, &officer, b"%PDF-1.4 older copy").await;
    let again = record(&test, &officer, copy, &[("who", &who)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("cùng mẫu, cùng ngày hoàn thành"), "{}", again.text());
    // Found by name, whatever the marks; nobody else's.
    let found = test.get(Some(&officer), "/ban-ke-khai/mau-cu?ten=nguyen+van+an").await.text();
    assert!(found.contains(&answer.location()), "{found}");
    let other = test.get(Some(&officer), "/ban-ke-khai/mau-cu?ten=L%C3%AA+V%C4%83n+Kh%C3%A1c").await.text();
    assert!(!other.contains(&answer.location()) && other.contains("Không có bản nào của người tên này"), "{other}");
    // The declarant has it in their history, and it fulfils nothing.
    let own = test.get(Some(&test.declarant_browser(&owed).await), "/ke-khai").await.text();
    assert!(own.contains("theo mẫu cũ đã số hóa"), "{own}");
    let declared: Option<chrono::DateTime<chrono::Utc>> =
        sqlx::query_scalar("select declared_at from obligation where partition_id = $1 and person_id = $2")
            .bind(partition.0)
            .bind(person.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
    assert_eq!(declared, None);
    test.holds_no_word(partition, &["older_declaration"], "ND78_2013", &["Kế toán viên", "hộp 12", "212345678"]).await;
}

#[tokio::test]
async fn somebody_not_on_the_list_is_added_and_a_paper_that_could_not_be_read_is_recorded_too() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    test.route(unit, partition).await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let intake = read_paper(&test, &officer, b"%PDF-1.4 older unread").await;
    let refused = async |why: &Unreadable| {
        sqlx::query("update intake set state = 'REFUSED', refusal = $3 where partition_id = $1 and id = $2")
            .bind(partition.0)
            .bind(intake.0)
            .bind(refusal_text(why).unwrap())
            .execute(&mut owner().await)
            .await
            .unwrap();
    };
    // What is no paper at all is none on an older form either.
    refused(&Unreadable::NotADocument).await;
    let nothing = record(&test, &officer, intake, &[("who", "moi")]).await;
    assert_eq!(nothing.status, StatusCode::CONFLICT, "{}", nothing.text());
    refused(&Unreadable::Timeout).await;
    let unit = unit.to_string();
    let new = [("who", "moi"), ("unit", unit.as_str()), ("rank", "BELOW_DIRECTOR"), ("name", "Trần Thị Cũ")];
    let answer = record(&test, &officer, intake, &new).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    // Known from a paper of 2016 alone: on no list of today, and owing nothing.
    let (left, owed): (Option<String>, i64) = sqlx::query_as(
        "select left_reason, (select count(*) from obligation o where o.person_id = p.id) from person p where p.partition_id = $1",
    )
    .bind(partition.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!((left.as_deref(), owed), (Some("OLDER_PAPER"), 0));
    let other = test.officer(Role::IntakeOfficer, test.agency().await).await;
    assert_eq!(test.get(Some(&other), &answer.location()).await.status, StatusCode::NOT_FOUND);
    assert!(!test.get(Some(&other), "/ban-ke-khai/mau-cu").await.text().contains("Trần Thị Cũ"));
}

/// Nobody's paper comes into somebody else's history by a name that was mended after they were chosen.
#[tokio::test]
async fn whose_it_is_is_asked_for_the_name_that_stands_there() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (person, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let (carded, _) = test.declarant(partition, unit, "Lê Thị Thẻ", "212345678").await;
    let intake = read_paper(&test, &officer, b"%PDF-1.4 older who").await;
    let (an, who) = (("who", person.to_string()), carded.to_string());
    let mended =
        [("name", "Nguyễn Văn Ấn Khác"), ("looked_name", "Nguyễn Văn An"), ("id_no", ""), (an.0, an.1.as_str())];
    let answer = record(&test, &officer, intake, &mended).await;
    assert!(answer.text().contains("được tìm lại"), "{}", answer.text());
    assert!(!answer.text().contains(" checked"), "nobody of the new list is chosen yet: {}", answer.text());
    // A program that names another than the paper is told so.
    let other = [("name", "Nguyễn Văn Khác"), ("id_no", ""), (an.0, an.1.as_str())];
    let answer = record(&test, &officer, intake, &other).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("không trùng họ tên"), "{}", answer.text());
    // The list has a card of nine digits: its holder is found by it.
    let page = record(&test, &officer, intake, &[("name", "Lê Thị Thẻ"), ("act", "tim")]).await;
    assert!(page.text().contains("Tìm thấy theo số căn cước") && page.text().contains(&who), "{}", page.text());
    let answer = record(&test, &officer, intake, &[("name", "Lê Thị Thẻ"), ("who", &who)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

/// The scan is one of the three things kept: it is looked at where the record is.
#[tokio::test]
async fn the_scan_is_shown_with_the_record() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let (person, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let (officer, intake) = super::desk_tests::paper_with_image(&test, partition).await;
    let who = person.to_string();
    let answer = record(&test, &officer, intake.id, &[("who", &who), ("id_no", "")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = test.get(Some(&officer), &answer.location()).await.text();
    let image = page.split("<img src=\"").nth(1).unwrap_or_else(|| panic!("{page}")).split('"').next().unwrap();
    let image = image.replace("&amp;", "&").replace("&#38;", "&");
    assert_eq!(test.get(Some(&officer), &image).await.status, StatusCode::OK, "{image}");
    let forged = format!("{}0", &image[..image.len() - 1]);
    let other = if forged == image { format!("{}1", &image[..image.len() - 1]) } else { forged };
    assert_eq!(test.get(Some(&officer), &other).await.status, StatusCode::NOT_FOUND, "under a recorded opening only");
}

#[tokio::test]
async fn what_is_on_record_is_what_the_log_says() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (person, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let older = recorded(&test, &officer, person, "Nguyễn Văn An").await;
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict:?}");
    for change in [
        "update older_declaration set year = 2017 where id = $1",
        "update older_declaration set year = 2016, place_sealed = facts_sealed where id = $1",
        "update older_declaration set intake_id = intake_id, form = 'OTHER' where id = $1",
    ] {
        sqlx::query(change).bind(older.0).execute(&mut owner().await).await.unwrap();
        let verdict = test.verdict(partition).await;
        let is_told =
            |one: &Disagreement| matches!(one, Disagreement::OlderDiffers { older: id } if *id == older.to_string());
        assert!(verdict.disagreements.iter().any(is_told), "{change}: {verdict:?}");
    }
    // A paper that is only said to be on record, and one that is and is said to wait.
    let waits = read_paper(&test, &officer, b"%PDF-1.4 older said").await;
    for (state, intake) in [("OLDER", waits), ("READ", waits)] {
        sqlx::query("update intake set state = $3 where partition_id = $1 and id = $2")
            .bind(partition.0)
            .bind(intake.0)
            .bind(state)
            .execute(&mut owner().await)
            .await
            .unwrap();
        let verdict = test.verdict(partition).await;
        let is_told = verdict
            .disagreements
            .iter()
            .any(|one| matches!(one, Disagreement::OlderScanDiffers { intake: id } if *id == waits.to_string()));
        assert_eq!(is_told, state == "OLDER", "{verdict:?}");
    }
}

#[tokio::test]
async fn a_record_made_by_mistake_is_taken_back_and_its_scan_put_on_record_anew() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (wrong, owed) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let (right, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000124").await;
    let older = recorded(&test, &officer, wrong, "Nguyễn Văn An").await;
    let page = format!("/ban-ke-khai/mau-cu/{older}");
    let intake = test.get(Some(&officer), &page).await.text();
    let intake: IntakeId = intake.split("/tiep-nhan/").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();

    // Nothing is done without a reason, and nothing typed is lost.
    let long = "x".repeat(crate::kernel::reason::LONGEST_REASON + 1);
    type Boxes<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Boxes<'_>, &str); 6] = [
        ("rut", &[("why", " ")], "Chưa ghi lý do"),
        ("rut", &[("why", &long)], "nhiều hơn mức"),
        ("noi-luu", &[("place", "Hộp 99"), ("place-why", "")], "Chưa ghi lý do"),
        ("noi-luu", &[("place", ""), ("place-why", "Chuyển kho")], "Chưa ghi nơi lưu mới"),
        ("noi-luu", &[("place", PLACE), ("place-why", "Chuyển kho")], "là nơi đang ghi"),
        ("noi-luu", &[("place", &long), ("place-why", "Chuyển kho")], "dài quá"),
    ];
    for (act, fields, says) in cases {
        let answer = follow(&test, &officer, older, act, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}: {}", answer.text());
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
        for (_, typed) in fields.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
            assert!(answer.text().contains(typed), "{typed}: {}", answer.text());
        }
    }
    // The paper is moved twice: the last place counts, each stays to be read.
    moved(&test, &officer, older, "Kho B, hộp 1").await;
    moved(&test, &officer, older, "Kho C, hộp 2").await;
    let shown = test.get(Some(&officer), &page).await.text();
    for says in [PLACE, "Kho B, hộp 1", "Kho C, hộp 2"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    // A stranger's officer finds nothing; the agency's takes it back.
    let stranger = test.officer(Role::IntakeOfficer, test.agency().await).await;
    let reason = "Ghi nhầm sang người trùng tên";
    let nothing = follow(&test, &stranger, older, "rut", &[("why", reason)]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let taken = follow(&test, &officer, older, "rut", &[("why", reason)]).await;
    assert_eq!((taken.status, taken.location()), (StatusCode::SEE_OTHER, page.clone()), "{}", taken.text());
    let shown = test.get(Some(&officer), &page).await.text();
    assert!(shown.contains("đã được rút") && shown.contains(reason) && !shown.contains("/rut\""), "{shown}");
    for (act, fields) in [("rut", [("why", reason), ("x", "")]), ("noi-luu", [("place", "Kho D"), ("place-why", "x")])]
    {
        assert_eq!(follow(&test, &officer, older, act, &fields).await.status, StatusCode::CONFLICT, "{act}");
    }
    assert_eq!(paper(&test, &officer.actor, intake).await.state, State::Read);
    assert_eq!(counted(partition, intake).await, "WAITING");
    let own = test.get(Some(&test.declarant_browser(&owed).await), "/ke-khai").await.text();
    assert!(!own.contains("theo mẫu cũ đã số hóa"), "{own}");
    assert!(test.get(Some(&officer), "/ban-ke-khai/mau-cu").await.text().contains("Đã rút ghi nhận"));
    assert!(test.get(Some(&officer), &format!("/tiep-nhan/{intake}")).await.status == StatusCode::OK);
    assert!(test.verdict(partition).await.is_whole());

    // What was typed stands in the form; only what was wrong is chosen anew.
    let form = test.get(Some(&officer), &format!("/tiep-nhan/{intake}/mau-cu")).await.text();
    for says in ["Kho C, hộp 2", "Sở Tài chính tỉnh Quảng Ngãi", "20/12/2016"] {
        assert!(form.contains(says), "{says}: {form}");
    }
    // It says where that comes from, and nobody is chosen: it was of somebody else.
    assert!(form.contains(&format!("href=\"{page}\">ghi nhận đã rút")) && !form.contains(" checked"), "{form}");
    let who = right.to_string();
    // Written before the record was taken back, it does not go on record unread; what was typed stays.
    let stale = [("who", who.as_str()), ("id_no", ""), ("place", "Kho C, hộp 2"), ("revision", "0")];
    let stale = record(&test, &officer, intake, &stale).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    assert!(stale.text().contains("Nội dung vừa nhập vẫn còn") && stale.text().contains("Kho C, hộp 2"));
    let anew = record(&test, &officer, intake, &[("who", &who), ("id_no", ""), ("place", "Kho C, hộp 2")]).await;
    assert_eq!(anew.status, StatusCode::SEE_OTHER, "{}", anew.text());
    assert_ne!(anew.location(), page);
    assert_eq!(counted(partition, intake).await, "RECORDED");
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
    // Each names the other, and the scan is told to be where it is.
    let old = test.get(Some(&officer), &page).await.text();
    assert!(old.contains(&format!("href=\"{}\">Ghi nhận thay thế", anew.location())), "{old}");
    assert!(old.contains("đã được ghi nhận lại theo mẫu cũ") && !old.contains("<img src=\"/tiep-nhan"), "{old}");
    let new = test.get(Some(&officer), &anew.location()).await.text();
    assert!(new.contains(&format!("href=\"{page}\">Thay cho ghi nhận đã rút")), "{new}");
    // Whose it is now sees that its scan was looked at.
    test.get(Some(&officer), &format!("/tiep-nhan/{intake}")).await;
    let opened = test.events(partition, "intake.opened").await;
    assert_eq!(opened.last().unwrap()["person"], right.to_string());
    // The paper of somebody who keeps no book of it: one that was not taken back is not put on record twice.
    let twice = "insert into older_declaration (partition_id, id, unit_id, person_id, intake_id, file_id, form, year, facts_sealed, place_sealed, record_hash, created_at, created_by, follows_id)
                 select partition_id, gen_random_uuid(), unit_id, person_id, intake_id, file_id, form, year, facts_sealed, place_sealed, record_hash, created_at, created_by, $2
                 from older_declaration where partition_id = $1 and follows_id is null";
    let second: OlderId = anew.location().rsplit('/').next().unwrap().parse().unwrap();
    for (follows, name) in [
        (None, "older_first"),
        (Some(older.0), "older_followed_once"),
        (Some(second.0), "older_declaration_partition_id_follows_id_fkey"),
    ] {
        let done = sqlx::query(twice).bind(partition.0).bind(follows).execute(&mut owner().await).await;
        let error = done.unwrap_err();
        assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some(name));
    }
    test.holds_no_word(partition, &["older_act"], "WITHDRAWN", &[reason, "Kho B"]).await;
    // Whoever changes an act, or takes one away, is found.
    for change in [
        "update older_act set created_at = created_at - interval '1 day' where partition_id = $1 and number = 1",
        "update older_act set created_at = created_at + interval '1 day', place_sealed = reason_sealed where partition_id = $1 and number = 1",
        "delete from older_act where partition_id = $1 and number = 1",
    ] {
        sqlx::query(change).bind(partition.0).execute(&mut owner().await).await.unwrap();
        let verdict = test.verdict(partition).await;
        let told = Disagreement::OlderDiffers { older: older.to_string() };
        assert!(verdict.disagreements.contains(&told), "{change}: {verdict}");
    }
}

/// Whose paper it is neither moves it nor takes it back, whichever account of the desk they hold too.
#[tokio::test]
async fn nobody_takes_back_their_own_and_what_could_not_be_read_waits_as_such() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (person, owed) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let older = recorded(&test, &officer, person, "Nguyễn Văn An").await;
    let office = RoleGrant { role: Role::IntakeOfficer, partition, unit: None, person: None };
    let own = RoleGrant { role: Role::Declarant, unit: Some(unit), person: Some(owed.person), ..office };
    let both = test.sign_in_to(vec![office, own]).await;
    for (act, fields) in [("rut", [("why", "x"), ("y", "")]), ("noi-luu", [("place", "Kho D"), ("place-why", "x")])] {
        let answer = follow(&test, &both, older, act, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{act}");
        assert!(answer.text().contains("chính Ông/Bà"), "{}", answer.text());
    }
    let intake: (uuid::Uuid,) = sqlx::query_as("select intake_id from older_declaration where id = $1")
        .bind(older.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    sqlx::query("update intake set refusal = $2 where id = $1")
        .bind(intake.0)
        .bind(refusal_text(&Unreadable::Timeout).unwrap())
        .execute(&mut owner().await)
        .await
        .unwrap();
    let token = test.token(&officer).await;
    let path = format!("/api/v1/older/{older}/withdrawal");
    let body = serde_json::json!({"reason": "Không phải bản kê khai"});
    let of_scan = format!("/api/v1/older?intake={}", intake.0);
    let listed = test.api(&token, "GET", &of_scan, None, None).await.json();
    assert_eq!((&listed[0]["id"], &listed[0]["is_withdrawn"]), (&older.to_string().into(), &false.into()), "{listed}");
    let whole = test.api(&token, "GET", &format!("/api/v1/older/{older}"), None, None).await.json();
    assert_eq!((&whole["facts"]["name"], &whole["places"][0]), (&"Nguyễn Văn An".into(), &PLACE.into()), "{whole}");
    let first = test.api(&token, "POST", &path, Some("rut-lai-1"), Some(&body)).await;
    let again = test.api(&token, "POST", &path, Some("rut-lai-1"), Some(&body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(first.json(), again.json());
    assert_eq!(paper(&test, &officer.actor, IntakeId(intake.0)).await.state, State::Refused);
    assert_eq!(test.api(&token, "GET", &of_scan, None, None).await.json()[0]["is_withdrawn"], true);
}

#[tokio::test]
async fn a_program_records_once_and_is_told_what_is_wrong() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let (person, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let intake = read_paper(&test, &officer, b"%PDF-1.4 older api").await;
    let token = test.token(&officer).await;
    let path = format!("/api/v1/intakes/{intake}/older");
    let mut body = serde_json::json!({"form": "ND78_2013", "year": 2016, "completed_on": null, "place": "   ", "who": {"known": person},
        "facts": {"name": "Nguyễn Văn An", "position": "Kế toán viên", "unit_name": "Sở Tài chính"}});
    let refused = test.api(&token, "POST", &path, Some("older-once-1"), Some(&body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.text().contains("Chưa ghi nơi lưu bản giấy"), "{}", refused.text());
    body["place"] = PLACE.into();
    let first = test.api(&token, "POST", &path, Some("older-once-2"), Some(&body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = test.api(&token, "POST", &path, Some("older-once-2"), Some(&body)).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    let twice = test.api(&token, "POST", &path, Some("older-once-3"), Some(&body)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text());
    test.holds_no_word(partition, &["older_declaration"], "ND78_2013", &["Kế toán viên", "hộp 12"]).await;
}
