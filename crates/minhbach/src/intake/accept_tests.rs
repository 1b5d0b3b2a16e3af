//! From paper to record: which obligation it fulfils, what it may leave out, whose it is not.
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeZone, Utc};
use form::Kind;
use serde_json::Value;

use super::accept::{self, Acceptance, Accepted, NewPerson, Outcome, Who};
use super::desk_tests::read_paper;
use crate::declaration::{self, Declaration};
use crate::kernel::id::{DeclarationId, IntakeId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, Clock, Error, Result, Role};
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{Oblige, Place};
use crate::person::{self, Obligation};
use crate::testing::{Browser, TestApp};

const ID_NO: &str = "051080000123";

struct World {
    test: TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    officer: Browser,
    person: PersonId,
    annual: Obligation,
}

impl World {
    async fn at(year: i32, month: u32, day: u32) -> Self {
        let test = TestApp::at(Clock::fixed(Utc.with_ymd_and_hms(year, month, day, 2, 0, 0).unwrap())).await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let officer = test.officer(Role::IntakeOfficer, partition).await;
        let (person, annual) = test.declarant(partition, unit, "Nguyễn Văn An", ID_NO).await;
        Self { test, partition, unit, officer, person, annual }
    }

    /// A paper that was read, corrected by the officer and waits to be put on record.
    async fn paper(&self, bytes: &'static [u8], typed: &[(&str, &str)]) -> IntakeId {
        let id = read_paper(&self.test, &self.officer, bytes).await;
        let mut fields = vec![("revision", "0"), ("act", "save")];
        fields.extend(typed);
        let saved = self.test.post(Some(&self.officer), &format!("/tiep-nhan/{id}"), &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
        id
    }

    async fn accept(&self, id: IntakeId, who: Who, kind: Option<Kind>) -> Result<Outcome> {
        let acceptance = Acceptance { revision: 1, who, kind };
        accept::accept(&self.test.app, &self.officer.actor, id, &acceptance, None).await
    }

    async fn file(&self, id: IntakeId, kind: Option<Kind>) -> Accepted {
        match self.accept(id, Who::Known(self.person), kind).await.unwrap() {
            Outcome::Accepted(accepted) => accepted,
            Outcome::Duplicate(before) => panic!("refused as a duplicate of {before}"),
        }
    }

    async fn declaration(&self, id: DeclarationId) -> (Declaration, Value) {
        self.test
            .app
            .db
            .read(&self.officer.actor, "test.declaration", async |tx| {
                let found = declaration::store::find(tx, id).await?;
                let version = declaration::store::latest_version(tx, &found).await?;
                let text = tx.keys().clone().open_cell(version.partition, version.id.0, &version.document)?;
                Ok((found, serde_json::from_str(&text).unwrap()))
            })
            .await
            .unwrap()
    }

    async fn obligation(&self, id: &Obligation) -> Obligation {
        let (partition, id) = (self.partition, id.id);
        let found = self.test.app.db.read(&self.officer.actor, "test.obligation", async |tx| {
            person::store::obligation(tx, partition, id).await
        });
        found.await.unwrap()
    }

    async fn oblige(&self, kind: Kind, year: i16) -> Obligation {
        let (place, person) = (Place { partition: self.partition, unit: self.unit }, self.person);
        let due_on = NaiveDate::from_ymd_opt(i32::from(year), 12, 31).unwrap();
        self.test
            .app
            .db
            .write(&Actor::system_in(self.partition), "test.oblige", async |tx| {
                let permit = tx.permit::<Oblige, _>(place)?;
                let id = owe(tx, &permit, person, &Terms { kind, year, rule_set: "R1_ND130", due_on }).await?;
                person::store::obligation(tx, place.partition, id).await
            })
            .await
            .unwrap()
    }

    /// Rules and places of the shortcomings of a declaration.
    async fn shortcomings(&self, id: DeclarationId) -> Vec<(String, String)> {
        let found = self.test.app.db.read(&self.officer.actor, "test.shortcomings", async |tx| {
            let declaration = declaration::store::find(tx, id).await?;
            declaration::store::shortcomings(tx, declaration.partition, declaration.version).await
        });
        found.await.unwrap().into_iter().map(|s| (s.rule, s.path)).collect()
    }
}

#[tokio::test]
async fn an_annual_declaration_completed_in_january_fulfils_the_year_before() {
    let world = World::at(2026, 1, 20).await;
    let id = world.paper(b"%PDF-1.4 january", &[("completed_on", "05/01/2026")]).await;
    let accepted = world.file(id, None).await;
    let (declaration, _) = world.declaration(accepted.declaration).await;
    assert_eq!((declaration.year, declaration.obligation), (2025, Some(world.annual.id)));
    assert_eq!(world.obligation(&world.annual).await.declaration, Some(accepted.declaration));
    let tag_years: Vec<i16> = world
        .test
        .app
        .db
        .read(&world.officer.actor, "test.facts", async |tx| {
            let facts = sqlx::query_scalar("select distinct year from asset_fact where partition_id = $1");
            Ok(facts.bind(world.partition.0).fetch_all(tx.conn()).await?)
        })
        .await
        .unwrap();
    assert_eq!(tag_years, [2025], "the facts are of the obligation's year");
}

#[tokio::test]
async fn the_year_of_an_open_obligation_goes_before_the_year_before() {
    let world = World::at(2026, 1, 20).await;
    let next = world.oblige(Kind::Annual, 2026).await;
    let id = world.paper(b"%PDF-1.4 both years", &[("completed_on", "05/01/2026")]).await;
    let accepted = world.file(id, None).await;
    assert_eq!(world.obligation(&next).await.declaration, Some(accepted.declaration));
    assert_eq!(world.obligation(&world.annual).await.declaration, None);
}

#[tokio::test]
async fn a_first_declaration_fulfils_the_first_obligation_of_whichever_year() {
    let world = World::at(2026, 1, 20).await;
    let first = world.oblige(Kind::First, 2024).await;
    let id = world.paper(b"%PDF-1.4 first", &[("kind", "FIRST"), ("completed_on", "05/01/2026")]).await;
    let accepted = world.file(id, None).await;
    assert_eq!(world.obligation(&first).await.declaration, Some(accepted.declaration));
    assert_eq!(world.declaration(accepted.declaration).await.0.year, 2024);
    assert_eq!(world.obligation(&world.annual).await.declaration, None, "another kind is still owed");
}

#[tokio::test]
async fn a_sheet_without_date_and_kind_is_filed_and_what_is_missing_stays_missing() {
    let world = World::at(2025, 12, 8).await;
    let id = world.paper(b"%PDF-1.4 bare", &[("completed_on", ""), ("kind", "")]).await;
    let path = format!("/tiep-nhan/{id}/ghi-nhan");
    let page = world.test.get(Some(&world.officer), &path).await.text();
    assert!(page.contains("Bản giấy không ghi") && page.contains("Phương thức kê khai để ghi nhận"), "{page}");
    let who = world.person.to_string();
    let unchosen = world.test.post(Some(&world.officer), &path, &[("revision", "1"), ("who", &who)]).await;
    assert!(unchosen.text().contains("chưa chọn phương thức"), "{}", unchosen.text());

    let accepted = world.file(id, Some(Kind::Annual)).await;
    let (declaration, document) = world.declaration(accepted.declaration).await;
    assert_eq!(declaration.completed_on, NaiveDate::from_ymd_opt(2025, 12, 8).unwrap(), "the upload day");
    assert_eq!(declaration.kind, Kind::Annual);
    assert!(document["content"]["completed_on"].is_null() && document["content"]["kind"].is_null(), "{document}");
    assert_eq!(world.obligation(&world.annual).await.declaration, Some(accepted.declaration));
    let missing = world.shortcomings(accepted.declaration).await;
    for path in ["completed_on", "kind"] {
        assert!(missing.iter().any(|(rule, at)| rule == "G00" && at == path), "{path}: {missing:?}");
    }
}

#[tokio::test]
async fn a_corrected_sheet_is_filed_beside_the_first_and_the_obligation_is_not_touched() {
    let world = World::at(2025, 12, 8).await;
    let first = world.paper(b"%PDF-1.4 first sheet", &[]).await;
    let before = world.file(first, None).await;
    let fulfilled = world.obligation(&world.annual).await;

    let corrected = world.paper(b"%PDF-1.4 corrected sheet", &[("completed_on", "05/12/2025")]).await;
    let who = world.person.to_string();
    let path = format!("/tiep-nhan/{corrected}/ghi-nhan");
    let answer = world.test.post(Some(&world.officer), &path, &[("revision", "1"), ("who", &who)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let shown = world.test.get(Some(&world.officer), &answer.location()).await.text();
    assert!(shown.contains("Đã ghi nhận thêm") && shown.contains("giữ nguyên"), "{shown}");
    let after = world.obligation(&world.annual).await;
    assert_eq!((after.declaration, after.declared_at), (Some(before.declaration), fulfilled.declared_at));

    // The same person, kind and date again is a duplicate.
    let copy = world.paper(b"%PDF-1.4 corrected again", &[("completed_on", "05/12/2025")]).await;
    let outcome = world.accept(copy, Who::Known(world.person), None).await.unwrap();
    assert!(matches!(outcome, Outcome::Duplicate(_)));
}

/// What the unit demanded (article 38.2) and came in on paper is a further version of what it had found wanting.
#[tokio::test]
async fn the_sheet_a_unit_demanded_takes_the_place_of_the_first() {
    let world = World::at(2025, 12, 8).await;
    let first = world.paper(b"%PDF-1.4 found wanting", &[]).await;
    let before = world.file(first, None).await;
    let unit = world.test.unit_officer(world.partition, world.unit).await;
    let demand = crate::declaration::demand::tests::demanded_of(&world.test, &unit, before.declaration).await;

    // A copy of what was found wanting answers nothing; what was completed before the demand does not either.
    let copy = world.paper(b"%PDF-1.4 a copy", &[]).await;
    let outcome = world.accept(copy, Who::Known(world.person), None).await.unwrap();
    assert!(matches!(outcome, Outcome::Duplicate(_)), "{outcome:?}");
    let older = world.paper(b"%PDF-1.4 older", &[("completed_on", "05/12/2025")]).await;
    assert_eq!(world.file(older, None).await.answers, None);
    let again = world
        .paper(b"%PDF-1.4 completed", &[("completed_on", "08/12/2025"), ("declarant.position", "Trưởng phòng")])
        .await;
    let after = world.file(again, None).await;
    assert_eq!(after.answers, Some(demand));
    assert_eq!((after.declaration, after.beside), (before.declaration, None));
    assert_ne!(after.version, before.version);
    let obligation = world.obligation(&world.annual).await;
    assert_eq!((obligation.declaration, obligation.demand), (Some(before.declaration), None));
    let (state, answer): (String, uuid::Uuid) =
        sqlx::query_as("select state, answer_version_id from demand where id = $1")
            .bind(demand.0)
            .fetch_one(&mut crate::testing::owner().await)
            .await
            .unwrap();
    assert_eq!((state.as_str(), answer), ("ANSWERED", after.version.0));
    // The next sheet nobody asked for.
    let third = world.paper(b"%PDF-1.4 a third", &[("completed_on", "06/12/2025")]).await;
    assert_eq!(world.file(third, None).await.beside, Some(before.declaration));
}

#[tokio::test]
async fn a_namesake_with_another_number_does_not_get_the_paper() {
    let world = World::at(2025, 12, 8).await;
    let id = world.paper(b"%PDF-1.4 namesake", &[("declarant.id_no", "051080000777")]).await;
    let outcome = world.accept(id, Who::Known(world.person), None).await;
    assert!(matches!(outcome, Err(Error::Refused(refusal)) if refusal.code == "id_no_differs"));
    assert_eq!(world.obligation(&world.annual).await.declaration, None);
    // Adding a new person is not stopped by the number (here by whose officials the unit's are).
    let new = Who::New(NewPerson { unit: world.unit, director_up: false, party_managed: false });
    assert!(
        !matches!(world.accept(id, new, None).await, Err(Error::Refused(refusal)) if refusal.code.starts_with("id_no"))
    );
}

/// Who moved stands on two units' lists with one number; a paper of before is filed at the unit it was made at.
#[tokio::test]
async fn a_paper_of_someone_who_moved_is_filed_where_it_belongs() {
    let world = World::at(2025, 12, 8).await;
    let id = world.paper(b"%PDF-1.4 moved", &[("declarant.id_no", ID_NO)]).await;
    sqlx::query("update person set left_on = '2025-12-01', left_reason = 'MOVED' where id = $1")
        .bind(world.person.0)
        .execute(&mut crate::testing::owner().await)
        .await
        .unwrap();
    let next = world.test.unit().await;
    world.test.declarant(world.partition, next, "Nguyễn Văn An", ID_NO).await;
    let accepted = world.file(id, None).await;
    let (declaration, _) = world.declaration(accepted.declaration).await;
    assert_eq!((declaration.unit, declaration.person), (world.unit, world.person));
}

#[tokio::test]
async fn every_namesake_shown_is_an_opening_of_that_person() {
    let world = World::at(2025, 12, 8).await;
    let (other, _) = world.test.declarant(world.partition, world.unit, "Nguyễn Văn An", "051080000999").await;
    let id = world.paper(b"%PDF-1.4 openings", &[]).await;
    let page = world.test.get(Some(&world.officer), &format!("/tiep-nhan/{id}/ghi-nhan")).await;
    assert_eq!(page.status, StatusCode::OK);
    let mut opened: Vec<uuid::Uuid> = world
        .test
        .app
        .db
        .read(&world.officer.actor, "test.events", async |tx| {
            let events = sqlx::query_scalar(
                "select person_id from event where partition_id = $1 and name = 'person.opened' and account_id = $2",
            );
            Ok(events.bind(world.partition.0).bind(world.officer.account.0).fetch_all(tx.conn()).await?)
        })
        .await
        .unwrap();
    opened.sort();
    let mut shown = [world.person.0, other.0];
    shown.sort();
    assert_eq!(opened, shown);
}
