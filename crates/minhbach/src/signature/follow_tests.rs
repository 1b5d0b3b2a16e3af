//! What comes of a signature, and who signs after whom, through the real router on the real database.
use axum::http::StatusCode;
use chrono::TimeDelta;

use super::model::{ActKind, Followed};
use super::store;
use super::tests::{NAME, NUMBER};
use super::tests::{card, copy_of, sent, signed_with, stored, trusted, upload};
use crate::declaration::tests::{text_of, value_of};
use crate::disclosure::tests::posted;
use crate::handover::tests::{handed_over, received};
use crate::kernel::Role;
use crate::kernel::id::{PartitionId, SignatureId};
use crate::testing::{Answer, Browser, TestApp, owner};

async fn followed(test: &TestApp, partition: PartitionId, id: SignatureId) -> Followed {
    let actor = crate::kernel::Actor::system_in(partition);
    test.app.db.read(&actor, "test.followed", async |tx| store::followed(tx, id).await).await.unwrap()
}

/// Sends the form of an act on a signature.
async fn press(test: &TestApp, browser: &Browser, id: SignatureId, act: &str, reason: &str, word: &str) -> Answer {
    let (key, name) = (uuid::Uuid::new_v4().to_string(), format!("ly-do-{id}"));
    let fields = [("khoa", key.as_str()), (name.as_str(), reason), ("quyet-dinh", word)];
    test.post(Some(browser), &format!("/ky-so/{id}/{act}"), &fields).await
}

async fn is_whole(test: &TestApp, partition: PartitionId) {
    let verdict = test.verdict(partition).await;
    assert!(verdict.disagreements.is_empty(), "{:?}", verdict.disagreements);
}

#[tokio::test]
async fn a_signature_is_withdrawn_by_who_signed_and_followed_by_another() {
    let (world, id, page) = sent().await;
    let (test, partition, me) = (&world.app, world.obligation.partition, &world.browser);
    let card = card(&trusted(test), NAME, NUMBER);
    let copy = copy_of(test, me, &page).await;
    upload(test, me, &page, "khoa-chong-trung", &signed_with(&card, &copy)).await;
    let first = stored(test, partition).await[0].id;
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    assert_eq!(press(test, &unit, first, "rut", "không phải của mình", "").await.status, StatusCode::FORBIDDEN);
    let blank = press(test, me, first, "rut", "  ", "").await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&blank).contains("Chưa ghi lý do"), "{}", text_of(&blank));
    let reason = "Ký nhầm bằng thẻ cũ";
    let answer = press(test, me, first, "rut", reason, "").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.clone()), "{}", text_of(&answer));
    assert_eq!(press(test, me, first, "rut", reason, "").await.status, StatusCode::CONFLICT);
    for (browser, address) in [(me, page.clone()), (&unit, format!("/don-vi/ban/{id}/ky-so"))] {
        let told = text_of(&test.get(Some(browser), &address).await);
        assert!(told.contains("Đã rút") && told.contains(reason), "{told}");
    }
    let again = upload(test, me, &page, "khoa-thu-hai", &signed_with(&card, &copy)).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", text_of(&again));
    let all = stored(test, partition).await;
    assert_eq!((all.len(), all[1].follows), (2, Some(first)));
    let third = upload(test, me, &page, "khoa-thu-ba", &signed_with(&card, &copy)).await;
    assert_eq!(third.status, StatusCode::CONFLICT, "one stands");
    assert_eq!(text_of(&test.get(Some(me), &page).await).matches("Tải tệp đã ký").count(), 2, "the earlier stays");
    test.holds_no_word(partition, &["signature_act"], "WITHDRAWN", &[reason]).await;
    is_whole(test, partition).await;
    for change in [
        "update signature_act set created_by = partition_id where partition_id = $1",
        "update signature_act set act = 'REFUSED' where partition_id = $1",
        "update signature set created_at = created_at - interval '1 day' where partition_id = $1",
        "update signature set follows_id = null, subject_id = id where partition_id = $1 and follows_id is not null",
    ] {
        let mut conn = owner().await;
        sqlx::query("begin").execute(&mut conn).await.unwrap();
        for table in ["signature", "signature_act"] {
            let kept = sqlx::AssertSqlSafe(format!(
                "create temp table kept_{table} as select * from {table} where partition_id = '{}'",
                partition.0
            ));
            sqlx::query(kept).execute(&mut conn).await.unwrap();
        }
        sqlx::query(change).bind(partition.0).execute(&mut conn).await.unwrap();
        sqlx::query("commit").execute(&mut conn).await.unwrap();
        assert!(!test.verdict(partition).await.disagreements.is_empty(), "{change}");
        for restore in [
            "update signature_act a set created_by = k.created_by, act = k.act from kept_signature_act k
             where k.partition_id = a.partition_id and k.signature_id = a.signature_id",
            "update signature s set created_at = k.created_at, follows_id = k.follows_id, subject_id = k.subject_id
             from kept_signature k where k.partition_id = s.partition_id and k.id = s.id",
        ] {
            sqlx::query(restore).execute(&mut conn).await.unwrap();
        }
    }
    is_whole(test, partition).await;
    // The database by itself: nothing follows a signature that stands, and nothing comes twice after one.
    for (follows, name) in [
        (None, "signature_first"),
        (Some(first), "signature_followed_once"),
        (Some(all[1].id), "signature_partition_id_follows_id_fkey"),
    ] {
        let copy = "insert into signature (partition_id, id, unit_id, person_id, subject, subject_id, root_id, side, channel, paper_on, record_hash, created_at, created_by, follows_id)
                    select partition_id, $2, unit_id, person_id, subject, subject_id, root_id, side, 'PAPER', current_date, record_hash, created_at, created_by, $3
                    from signature where partition_id = $1 limit 1";
        let done = sqlx::query(copy)
            .bind(partition.0)
            .bind(uuid::Uuid::now_v7())
            .bind(follows.map(|id| id.0))
            .execute(&mut owner().await)
            .await;
        let error = done.unwrap_err();
        assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some(name));
    }
}

#[tokio::test]
async fn what_could_not_be_checked_is_decided_by_the_other_side() {
    let (world, id, page) = sent().await;
    let (test, partition, me) = (&world.app, world.obligation.partition, &world.browser);
    let card = card(&trusted(test), NAME, "");
    let copy = copy_of(test, me, &page).await;
    upload(test, me, &page, "khoa-chong-trung", &signed_with(&card, &copy)).await;
    let first = stored(test, partition).await[0].id;
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let unit_page = format!("/don-vi/ban/{id}/ky-so");
    let told = text_of(&test.get(Some(&unit), &unit_page).await);
    assert!(told.contains("Danh tính người ký chưa được xác định") && told.contains("Chấp nhận chữ ký"), "{told}");
    assert!(!text_of(&test.get(Some(me), &page).await).contains("Chấp nhận chữ ký"), "not one's own");
    assert_eq!(press(test, me, first, "quyet-dinh", "chính là tôi", "chap-nhan").await.status, StatusCode::FORBIDDEN);
    let refused = press(test, &unit, first, "quyet-dinh", "Số hiệu thẻ không phải của người kê khai", "khong").await;
    assert_eq!(
        (refused.status, refused.location()),
        (StatusCode::SEE_OTHER, unit_page.clone()),
        "{}",
        text_of(&refused)
    );
    assert!(!followed(test, partition, first).await.stands());
    assert!(text_of(&test.get(Some(me), &page).await).contains("Không được chấp nhận"));
    upload(test, me, &page, "khoa-thu-hai", &signed_with(&card, &copy)).await;
    let second = stored(test, partition).await[1].id;
    let accepted = press(test, &officer, second, "quyet-dinh", "Đã đối chiếu căn cước", "chap-nhan").await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", text_of(&accepted));
    let late = press(test, &unit, second, "quyet-dinh", "khác", "khong").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let now = followed(test, partition, second).await;
    assert!(now.stands() && now.acts[0].act == ActKind::Accepted);
    let told = text_of(&test.get(Some(me), &page).await);
    assert!(told.contains("Được chấp nhận sau khi đối chiếu") && told.contains("Đã đối chiếu căn cước"), "{told}");
    // What was accepted may still be withdrawn by who signed.
    assert_eq!(press(test, me, second, "rut", "Ký lại", "").await.status, StatusCode::SEE_OTHER);
    is_whole(test, partition).await;
}

#[tokio::test]
async fn the_agency_signs_the_file_the_unit_signed() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.unit_officer(partition, unit).await;
    let taker = test.officer(Role::IntakeOfficer, partition).await;
    let declaration = received(&test, &officer, partition, "Người Kê Khai", "051080000555", "2025-12-08").await;
    let batch = handed_over(&test, &officer, partition, declaration).await.hand_over;
    let root = trusted(&test);
    let (theirs, ours) = (format!("/don-vi/ban-giao/{batch}/ky-so"), format!("/ban-giao/{batch}/ky-so"));
    let (giving, taking) = (format!("{theirs}/ben-giao"), format!("{ours}/ben-nhan"));
    let early = test.get(Some(&taker), &format!("{taking}/tep.pdf")).await;
    assert!(text_of(&early).contains("sau khi cơ quan kiểm soát đã nhận"), "{}", text_of(&early));
    let take = format!("/ban-giao/{batch}");
    let form = test.get(Some(&taker), &take).await.text();
    let (key, day) = (value_of(&form, "khoa"), value_of(&form, "day"));
    let fields = [("khoa", key.as_str()), ("day", &day), ("name", "Phạm Văn Kiểm"), ("position", "Thanh tra viên")];
    assert_eq!(test.post(Some(&taker), &take, &fields).await.status, StatusCode::SEE_OTHER);
    let alone = test.get(Some(&taker), &format!("{taking}/tep.pdf")).await;
    assert!(text_of(&alone).contains("Đơn vị chưa ký số"), "{}", text_of(&alone));

    let copy = copy_of(&test, &officer, &giving).await;
    let by_unit = signed_with(&card(&root, "Trần Văn Giao", ""), &copy);
    let answer = upload(&test, &officer, &giving, "khoa-chong-trung", &by_unit).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    assert_eq!(copy_of(&test, &taker, &taking).await, by_unit, "the unit's file, as it came");
    let beside = signed_with(&card(&root, "Phạm Văn Kiểm", ""), &copy);
    let refused = upload(&test, &taker, &taking, "khoa-chong-trung", &beside).await;
    assert!(text_of(&refused).contains("không bắt đầu bằng đúng tệp"), "{}", text_of(&refused));
    let over = signed_with(&card(&root, "Phạm Văn Kiểm", ""), &by_unit);
    let answer = upload(&test, &taker, &taking, "khoa-thu-hai", &over).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let all = stored(&test, partition).await;
    assert_eq!((all.len(), all[1].over), (2, Some(all[0].id)));
    // Each side's is decided by the other one.
    let of_unit = all[0].id;
    assert_eq!(press(&test, &officer, of_unit, "quyet-dinh", "đúng", "chap-nhan").await.status, StatusCode::FORBIDDEN);
    assert_eq!(press(&test, &taker, of_unit, "quyet-dinh", "đúng", "chap-nhan").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        press(&test, &officer, all[1].id, "quyet-dinh", "đúng", "chap-nhan").await.status,
        StatusCode::SEE_OTHER
    );
    for (browser, address) in [(&officer, &theirs), (&taker, &ours)] {
        let told = text_of(&test.get(Some(browser), address).await);
        assert_eq!(told.matches("Được chấp nhận sau khi đối chiếu").count(), 4, "{told}");
    }
    is_whole(&test, partition).await;
    // A declaration that came in on paper has its signature there.
    let own = format!("/don-vi/ban/{declaration}/ky-so");
    assert!(text_of(&test.get(Some(&officer), &own).await).contains("số hóa từ bản giấy"));
}

#[tokio::test]
async fn who_received_a_declaration_signs_over_its_declarant() {
    let (world, id, page) = sent().await;
    let (test, partition) = (&world.app, world.obligation.partition);
    let unit = test.unit_officer(partition, world.obligation.unit).await;
    let root = trusted(test);
    let seat = format!("/don-vi/ban/{id}/ky-so/nguoi-nhan");
    let early = test.get(Some(&unit), &format!("{seat}/tep.pdf")).await;
    assert!(text_of(&early).contains("sau khi đơn vị đã ghi nhận việc tiếp nhận"), "{}", text_of(&early));
    let by_declarant = signed_with(&card(&root, NAME, NUMBER), &copy_of(test, &world.browser, &page).await);
    upload(test, &world.browser, &page, "khoa-chong-trung", &by_declarant).await;
    let fields = [("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "08/12/2025")];
    let answer = test.post(Some(&unit), &format!("/don-vi/ban/{id}/tiep-nhan"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    assert_eq!(copy_of(test, &unit, &seat).await, by_declarant);
    let over = signed_with(&card(&root, "Lê Thị Nhận", ""), &by_declarant);
    let answer = upload(test, &unit, &seat, "khoa-chong-trung", &over).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let told = text_of(&test.get(Some(&world.browser), &page).await);
    assert!(told.contains("Người nhận bản kê khai") && told.contains("Tên trên chứng thư trùng"), "{told}");
    // A unit does not sign for the declarant, nor a declarant for the unit.
    let as_declarant = upload(test, &unit, &seat.replace("nguoi-nhan", "nguoi-ke-khai"), "khoa-thu-hai", &over).await;
    assert_eq!(as_declarant.status, StatusCode::FORBIDDEN);
    let as_unit = upload(test, &world.browser, &format!("{page}/nguoi-nhan"), "khoa-thu-hai", &over).await;
    assert_eq!(as_unit.status, StatusCode::FORBIDDEN);
    is_whole(test, partition).await;
}

#[tokio::test]
async fn the_minutes_of_a_publication_are_signed_by_both_one_after_the_other() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let officer = test.unit_officer(partition, unit).await;
    let declaration = received(&test, &officer, partition, "Người Kê Khai", "051080000556", "2025-12-08").await;
    handed_over(&test, &officer, partition, declaration).await;
    let posting = posted(&test, &officer, partition, declaration).await.disclosure;
    let (address, page) = (format!("/don-vi/cong-khai/{posting}"), format!("/don-vi/cong-khai/{posting}/ky-so"));
    assert!(text_of(&test.get(Some(&officer), &page).await).contains("sau khi đơn vị đã kết thúc việc công khai"));
    test.app.clock().advance(TimeDelta::days(20));
    let officer = test.unit_officer(partition, unit).await;
    let form = test.get(Some(&officer), &format!("{address}/bien-ban")).await.text();
    let (key, day) = (value_of(&form, "khoa"), value_of(&form, "day"));
    let fields = [
        ("khoa", key.as_str()),
        ("day", &day),
        ("head_name", "Trần Văn Đứng Đầu"),
        ("head_position", "Giám đốc"),
        ("union_name", "Phạm Thị Công Đoàn"),
        ("union_position", "Chủ tịch Công đoàn"),
    ];
    let closed = test.post(Some(&officer), &format!("{address}/bien-ban"), &fields).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", text_of(&closed));
    assert!(test.get(Some(&officer), &address).await.text().contains(&page), "the way there");
    let root = trusted(&test);
    let (head, union) = (format!("{page}/nguoi-dung-dau"), format!("{page}/cong-doan"));
    let copy = copy_of(&test, &officer, &union).await;
    assert_eq!(copy_of(&test, &officer, &head).await, copy, "one file for both while nobody signed");
    let first = signed_with(&card(&root, "Phạm Thị Công Đoàn", ""), &copy);
    assert_eq!(upload(&test, &officer, &union, "khoa-chong-trung", &first).await.status, StatusCode::SEE_OTHER);
    let beside = signed_with(&card(&root, "Trần Văn Đứng Đầu", ""), &copy);
    let beside = upload(&test, &officer, &head, "khoa-chong-trung", &beside).await;
    assert_eq!(beside.status, StatusCode::UNPROCESSABLE_ENTITY, "the other signed meanwhile");
    let over = signed_with(&card(&root, "Trần Văn Đứng Đầu", ""), &copy_of(&test, &officer, &head).await);
    let answer = upload(&test, &officer, &head, "khoa-thu-hai", &over).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    let reader = test.officer(Role::IntakeOfficer, partition).await;
    let told = text_of(&test.get(Some(&reader), &format!("/cong-khai/{posting}/ky-so")).await);
    assert!(told.contains("Đại diện công đoàn") && told.matches("Chấp nhận chữ ký").count() == 2, "{told}");
    is_whole(&test, partition).await;
}
