//! What is pointed out to the agency, and to nobody else.
use sqlx::{AssertSqlSafe, Executor};

use super::tests::{submit_saying, submit_with_reasons, text_of};
use crate::account::model::RoleGrant;
use crate::kernel::Role;
use crate::kernel::id::{DeclarationId, OrganisationId, PersonId};
use crate::testing::{TestApp, owner};

const SAME: &str = "Mua bằng tiền tiết kiệm của hai vợ chồng trong các năm từ 2015 đến 2024, theo hai sổ tiết kiệm";

fn id_of(submitted: &serde_json::Value) -> DeclarationId {
    submitted["declaration"].as_str().unwrap().parse().unwrap()
}

/// I18: the same words in the declarations of other people; not in one's own, not in those of the family, not in what was
/// replaced since.
#[tokio::test]
async fn words_that_others_gave_too_are_pointed_out_to_the_agency_only() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let mut sent = Vec::new();
    // The first declares under his own number; the third is the spouse that declaration names.
    for (name, number) in [
        ("Đặng Hữu Cường", "092087831496"),
        ("Lê Văn Hai", "051080000201"),
        ("Tô Ngọc Hạnh", "092188479991"),
        ("Phạm Văn Tư", "051080000202"),
    ] {
        let (_, owed) = test.declarant(partition, unit, name, number).await;
        let declarant = test.declarant_browser(&owed).await;
        let token = test.token(&declarant).await;
        sent.push((id_of(&submit_saying(&test, &token, owed.id, SAME).await), declarant, owed));
    }
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let shown = async |id: DeclarationId| test.get(Some(&officer), &format!("/ban-ke-khai/{id}")).await;
    let page = shown(sent[0].0).await;
    let text = text_of(&page);
    assert!(text.contains("Chênh lệch cần làm rõ") && text.contains("chưa phải là nhận xét"), "{text}");
    assert!(
        text.contains("giống nhau (không xét dấu thanh, chữ hoa, dấu câu) với bản kê khai của 2 người khác"),
        "{text}"
    );
    for (index, is_linked) in [(1, true), (2, false), (3, true)] {
        let link = format!("href=\"/ban-ke-khai/{}\"", sent[index].0);
        assert_eq!(page.text().contains(&link), is_linked, "{index}");
    }
    // Nobody else is told.
    let of_unit = test.unit_officer(partition, unit).await;
    for (who, path) in
        [(&sent[0].1, format!("/ke-khai/ban/{}", sent[0].0)), (&of_unit, format!("/don-vi/ban/{}", sent[0].0))]
    {
        let text = text_of(&test.get(Some(who), &path).await);
        assert!(!text.contains("giải trình giống nhau") && !text.contains("Chênh lệch cần làm rõ"), "{text}");
    }
    let person = sent[0].2.person;
    let own = {
        let declarant = RoleGrant { role: Role::Declarant, partition, unit: None, person: Some(person) };
        let office = RoleGrant { role: Role::IntakeOfficer, partition, unit: None, person: None };
        test.sign_in_to(vec![office, declarant]).await
    };
    let text = text_of(&test.get(Some(&own), &format!("/ban-ke-khai/{}", sent[0].0)).await);
    assert!(text.contains("Đặng Hữu Cường") && !text.contains("Chênh lệch cần làm rõ"), "{text}");
    // Nor by way of the other: whoever declared as the second is not told of themselves on the page of the first.
    let second = {
        let declarant = RoleGrant { role: Role::Declarant, partition, unit: None, person: Some(sent[1].2.person) };
        let office = RoleGrant { role: Role::IntakeOfficer, partition, unit: None, person: None };
        test.sign_in_to(vec![office, declarant]).await
    };
    let page = test.get(Some(&second), &format!("/ban-ke-khai/{}", sent[0].0)).await;
    assert!(text_of(&page).contains("với bản kê khai của 1 người khác"), "{}", text_of(&page));
    assert!(!page.text().contains(&format!("href=\"/ban-ke-khai/{}\"", sent[1].0)));
    let colleague = test.officer(Role::IntakeOfficer, test.agency().await).await;
    assert_eq!(test.get(Some(&colleague), &format!("/ban-ke-khai/{}", sent[0].0)).await.status, 404);
    // What the second says anew replaces what was alike.
    super::demand::tests::demanded_of(&test, &of_unit, sent[1].0).await;
    let token = test.token(&sent[1].1).await;
    submit_with_reasons(&test, &token, sent[1].2.id).await;
    let text = text_of(&shown(sent[0].0).await);
    assert!(text.contains("với bản kê khai của 1 người khác"), "{text}");
    test.sequence(partition).await;
    let verdict = test.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
    // Still oneself after the role was taken away, and as a line of the list the account never declared as.
    let mut behind = owner().await;
    sqlx::query("update account_role set revoked_at = now() where person_id = $1")
        .bind(person.0)
        .execute(&mut behind)
        .await
        .unwrap();
    sqlx::query("update person set id_no_index = (select id_no_index from person where id = $1), left_on = '2025-01-01', left_reason = 'RETIRED' where id = $2")
        .bind(sent[3].2.person.0)
        .bind(person.0)
        .execute(&mut behind)
        .await
        .unwrap();
    let text = text_of(&test.get(Some(&own), &format!("/ban-ke-khai/{}", sent[3].0)).await);
    assert!(text.contains("Phạm Văn Tư") && !text.contains("Chênh lệch cần làm rõ"), "{text}");
    assert!(text_of(&shown(sent[3].0).await).contains("Chênh lệch cần làm rõ"));
}

/// What holds when the code is wrong: nobody marks what others declared.
#[tokio::test]
async fn a_mark_is_of_the_versions_own_unit_and_person() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let mut sent = Vec::new();
    for (name, number) in [("Đặng Hữu Cường", "092087831496"), ("Lê Văn Hai", "051080000201")] {
        let (person, owed) = test.declarant(partition, unit, name, number).await;
        let token = test.token(&test.declarant_browser(&owed).await).await;
        let id = id_of(&submit_saying(&test, &token, owed.id, SAME).await);
        let version: uuid::Uuid = sqlx::query_scalar("select id from declaration_version where declaration_id = $1")
            .bind(id.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
        sent.push((person, version));
    }
    let mark = |version: uuid::Uuid, unit: OrganisationId, person: PersonId| {
        format!(
            "insert into declaration_mark (partition_id, version_id, unit_id, person_id, path, mark)
             values ('{partition}', '{version}', '{unit}', '{person}', 'x', sha256('x'))"
        )
    };
    let (own, other) = (sent[0], sent[1]);
    let foreign = test.unit().await;
    let as_person = format!(
        "set local app.context = 'person'; set local app.partition_id = '{partition}'; set local app.person_id = '{}'",
        own.0
    );
    let as_unit = format!("set local app.context = 'unit'; set local app.unit_id = '{foreign}'");
    let mut conn = test.app.db.raw_pool().acquire().await.unwrap();
    for (context, sql, refused) in [
        (&as_person, mark(own.1, unit, own.0), None),
        (&as_person, mark(other.1, unit, own.0), Some("23503")),
        (&as_person, mark(other.1, unit, other.0), Some("42501")),
        (&as_person, mark(own.1, foreign, own.0), Some("23503")),
        (&as_unit, mark(own.1, foreign, own.0), Some("23503")),
        (&as_unit, mark(own.1, unit, own.0), Some("42501")),
    ] {
        conn.execute(AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let outcome = conn.execute(AssertSqlSafe(sql.clone())).await;
        conn.execute("rollback").await.unwrap();
        let code = outcome.err().and_then(|error| error.into_database_error()?.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), refused, "{context} {sql}");
    }
}

/// Reasons that were given for a warning stand on the agency's page, also where it came of a comparison.
#[tokio::test]
async fn the_agency_reads_what_was_asked_and_the_reason_that_was_given() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let (_, owed) = test.declarant(partition, unit, "Đặng Hữu Cường", "092087831496").await;
    let declarant = test.declarant_browser(&owed).await;
    let token = test.token(&declarant).await;
    let id = id_of(&submit_saying(&test, &token, owed.id, "mua").await);
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let stored = sqlx::query_scalar::<_, i64>("select count(*) from shortcoming where declaration_id = $1");
    let stored = stored.bind(id.0).fetch_one(&mut owner().await).await.unwrap();
    let page = text_of(&test.get(Some(&officer), &format!("/ban-ke-khai/{id}")).await);
    assert!(stored > 0);
    let told = page.matches("Lý do người kê khai ghi: Đã đối chiếu, ghi đúng thực tế").count();
    assert_eq!(i64::try_from(told).unwrap(), stored, "{page}");
}
