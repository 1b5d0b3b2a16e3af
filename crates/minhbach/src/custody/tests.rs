//! Files passing between agencies, through the real router on the real database.
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use form::Kind;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};

use super::answer::{self, Declining, Taking};
use super::model::{FileOwed, FileVersion, Package, Statement};
use super::policy::{Holding, SendFile};
use super::send::{self, Listed, Sending, Sent};
use super::{package, store};
use crate::audit::Sequencer;
use crate::audit::verify::verify_partition;
use crate::declaration::correction;
use crate::declaration::demand::tests::Sent as Demanded;
use crate::declaration::original;
use crate::declaration::tests::{digitise, submit_with_reasons, text_of, value_of};
use crate::kernel::id::{CustodyId, ObligationId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, Error, Event, Once, Role};
use crate::organisation::Rank;
use crate::person::custody::Reason;
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{AddPerson, Oblige, Place};
use crate::person::store::{NewPerson, Post};
use crate::person::{self, Obligation, PersonFacts};
use crate::roster;
use crate::testing::{Answer, Browser, TestApp, owner};

const NAME: &str = "Nguyễn Văn Chuyển";
const NUMBER: &str = "051080000501";

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn once() -> Once {
    Once::new(&uuid::Uuid::new_v4().to_string(), b"custody").unwrap()
}

pub(crate) async fn sequence(test: &TestApp) {
    let sequencer = Sequencer::new(test.app.db.clone(), 60);
    // Other tests' sequencers may hold a partition for a moment.
    for _ in 0..50 {
        sequencer.run_once().await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// On a unit's list, owing nothing.
pub(crate) async fn listed(
    test: &TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    name: &str,
    id_no: &str,
) -> PersonId {
    let person = PersonId::new();
    let facts = PersonFacts {
        name: name.to_owned(),
        dob: NaiveDate::from_ymd_opt(1980, 5, 2),
        position: "Chuyên viên".to_owned(),
        id_no: Some(id_no.to_owned()),
    };
    test.app
        .db
        .write(&Actor::system_in(partition), "test.listed", async |tx| {
            let permit = tx.permit::<AddPerson, _>(Place { partition, unit })?;
            let (rank, post) = (Rank::BelowDirector, Post::default());
            let new = NewPerson { facts: &facts, rank, party_managed: false, rule: None, post };
            assert!(person::store::insert(tx, &permit, person, &new).await?);
            tx.record(Event::new("person.added", partition).unit(unit).person(person))?;
            Ok(())
        })
        .await
        .unwrap();
    person
}

async fn owes(test: &TestApp, place: Place, person: PersonId, (kind, year): (Kind, i16), due_on: &str) -> ObligationId {
    test.app
        .db
        .write(&Actor::system_in(place.partition), "test.owes", async |tx| {
            let permit = tx.permit::<Oblige, _>(place)?;
            owe(tx, &permit, person, &Terms { kind, year, rule_set: "R1_ND130", due_on: on(due_on) }).await
        })
        .await
        .unwrap()
}

async fn obligation(test: &TestApp, partition: PartitionId, id: ObligationId) -> Obligation {
    let actor = Actor::system_in(partition);
    test.app
        .db
        .read(&actor, "test.obligation", async |tx| person::store::obligation(tx, partition, id).await)
        .await
        .unwrap()
}

/// What the sender's officer states.
pub(crate) fn sending(person: PersonId, to: PartitionId) -> Sending {
    Sending {
        person,
        to,
        reason: Reason::Moved,
        document_no: "12/TTT-KSTS".into(),
        document_on: on("2025-12-08"),
        signer_name: "Trần Văn Ký Gửi".into(),
        signer_position: "Phó Chánh Thanh tra".into(),
    }
}

pub(crate) fn taking(person: PersonId) -> Taking {
    Taking { person, taker_name: "Phạm Thị Nhận Về".into(), taker_position: "Thanh tra viên".into() }
}

/// A person with a declaration on paper who left a unit of one agency, and whose file waits for another.
pub(crate) async fn sent(test: &TestApp, from: PartitionId, to: PartitionId, name: &str, id_no: &str) -> CustodyId {
    let unit = test.unit().await;
    let (person, obligation) = test.declarant(from, unit, name, id_no).await;
    digitise(test, &obligation).await;
    let of_unit = test.unit_officer(from, unit).await;
    roster::keep::leave(&test.app, &of_unit.actor, person, on("2025-12-08"), "MOVED").await.unwrap();
    sequence(test).await;
    let sender = test.officer(Role::IntakeOfficer, from).await;
    let sent = send::send(&test.app, &sender.actor, &sending(person, to), &once()).await.unwrap();
    sent.transfer
}

/// The same, taken: the person where they went.
pub(crate) async fn taken(test: &TestApp, from: PartitionId, to: PartitionId, name: &str, id_no: &str) -> Obligation {
    let id = sent(test, from, to, name, id_no).await;
    let unit = test.unit().await;
    let there = listed(test, to, unit, name, id_no).await;
    let taker = test.officer(Role::IntakeOfficer, to).await;
    answer::take(&test.app, &taker.actor, id, &taking(there), &once()).await.unwrap();
    let next = owes(test, Place { partition: to, unit }, there, (Kind::Annual, 2026), "2026-12-31").await;
    obligation(test, to, next).await
}

/// A person of one agency who moved to a unit of another.
struct World {
    test: TestApp,
    from: PartitionId,
    to: PartitionId,
    old_unit: OrganisationId,
    new_unit: OrganisationId,
    sender: Browser,
    taker: Browser,
    /// At the old agency, with a declaration of 2025.
    person: PersonId,
    /// On the list at the new one.
    there: PersonId,
    declaration: String,
    declarant: Browser,
}

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (from, to) = (test.agency().await, test.agency().await);
        let (old_unit, new_unit) = (test.unit().await, test.unit().await);
        let (person, owed) = test.declarant(from, old_unit, NAME, NUMBER).await;
        let declarant = test.declarant_browser(&owed).await;
        let token = test.token(&declarant).await;
        let declaration = submit_with_reasons(&test, &token, owed.id).await["declaration"].as_str().unwrap().to_owned();
        let there = listed(&test, to, new_unit, NAME, NUMBER).await;
        let sender = test.officer(Role::IntakeOfficer, from).await;
        let taker = test.officer(Role::IntakeOfficer, to).await;
        sequence(&test).await;
        Self { test, from, to, old_unit, new_unit, sender, taker, person, there, declaration, declarant }
    }

    /// The same, and the old unit took them off its list.
    async fn moved() -> Self {
        let world = Self::new().await;
        world.leaves().await;
        world
    }

    async fn leaves(&self) {
        let of_unit = self.test.unit_officer(self.from, self.old_unit).await;
        roster::keep::leave(&self.test.app, &of_unit.actor, self.person, on("2025-12-08"), "MOVED").await.unwrap();
    }

    async fn send(&self) -> crate::kernel::Result<Sent> {
        send::send(&self.test.app, &self.sender.actor, &sending(self.person, self.to), &once()).await
    }

    async fn take(&self, id: CustodyId) -> crate::kernel::Result<answer::Taken> {
        answer::take(&self.test.app, &self.taker.actor, id, &taking(self.there), &once()).await
    }

    async fn page(&self, browser: &Browser, path: &str) -> Answer {
        let answer = self.test.get(Some(browser), path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer
    }

    async fn disagreements(&self, partition: PartitionId) -> String {
        sequence(&self.test).await;
        let keys = self.test.app.db.keys().verifiers();
        let verdict = verify_partition(&self.test.app.db, &self.test.app.files, partition, &keys, &[]).await.unwrap();
        if verdict.is_whole() { String::new() } else { verdict.to_string() }
    }

    async fn events(&self, partition: PartitionId, name: &str) -> Vec<Value> {
        let bodies: Vec<String> =
            sqlx::query_scalar("select body from event where partition_id = $1 and name = $2 order by id")
                .bind(partition.0)
                .bind(name)
                .fetch_all(&mut owner().await)
                .await
                .unwrap();
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn originals(&self) -> i64 {
        sqlx::query_scalar("select count(*) from custody_original where partition_id = $1")
            .bind(self.to.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    }

    /// A file made as the sender makes it, then changed, and put on its way as if nothing were wrong.
    async fn send_forged(&self, forge: impl Fn(&mut Package) + Send + Sync) -> CustodyId {
        let statement = statement();
        self.test
            .app
            .db
            .write(&self.sender.actor, "test.forge", async |tx| {
                let permit = tx.permit::<SendFile, _>(Holding { partition: self.from, person: self.person })?;
                let person = person::store::find(tx, self.from, self.person).await?;
                let mut file = package::make(tx, CustodyId::new(), &person, self.to, &statement).await?;
                forge(&mut file);
                let sent = send::put_on_its_way(tx, &permit, &person, &file, (Reason::Moved, Listed::Left)).await?;
                Ok(sent.transfer)
            })
            .await
            .unwrap()
    }
}

fn statement() -> Statement {
    Statement {
        document_no: "13/TTT".into(),
        document_on: on("2025-12-08"),
        signer_name: "Kẻ Giả".into(),
        signer_position: "Không".into(),
    }
}

fn owed_as(kind: &str, rule_set: &str) -> FileOwed {
    FileOwed { kind: kind.into(), year: 2026, rule_set: rule_set.into(), due_on: on("2026-12-31") }
}

fn refused(outcome: crate::kernel::Result<impl std::fmt::Debug>) -> (&'static str, String) {
    match outcome {
        Err(Error::Refused(refusal)) => (refusal.code, refusal.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_goes_with_its_person_and_both_keep_what_is_theirs() {
    let world = World::moved().await;
    // What was not due when they left is owed where they go, what they declared already is not.
    let old = Place { partition: world.from, unit: world.old_unit };
    let new = Place { partition: world.to, unit: world.new_unit };
    let late = owes(&world.test, old, world.person, (Kind::Annual, 2023), "2024-12-31").await;
    owes(&world.test, old, world.person, (Kind::First, 2026), "2026-01-05").await;
    let again = owes(&world.test, new, world.there, (Kind::Annual, 2025), "2025-12-31").await;
    let next = owes(&world.test, new, world.there, (Kind::Annual, 2026), "2026-12-31").await;

    let listing = text_of(&world.page(&world.sender, "/chuyen-ho-so").await);
    assert!(listing.contains(NAME) && listing.contains("hồ sơ còn ở cơ quan"), "{listing}");
    let path = format!("/chuyen-ho-so/nguoi/{}", world.person);
    let form = world.page(&world.sender, &path).await.text();
    let fields = [
        ("khoa", &*value_of(&form, "khoa")),
        ("den", &world.to.to_string()),
        ("ly-do", "MOVED"),
        ("document_no", "12/TTT-KSTS"),
        ("document_on", "08/12/2025"),
        ("name", "Trần Văn Ký Gửi"),
        ("position", "Phó Chánh Thanh tra"),
    ];
    let sent = world.test.post(Some(&world.sender), &path, &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text_of(&sent));
    let twice = world.test.post(Some(&world.sender), &path, &fields).await;
    assert_eq!(twice.location(), sent.location(), "two presses of one page send one file");
    let here = sent.location();
    let id: CustodyId = here.rsplit('/').next().unwrap().parse().unwrap();
    let shown = text_of(&world.page(&world.sender, &here).await);
    assert!(shown.contains("Chờ bên nhận") && shown.contains("12/TTT-KSTS") && shown.contains("Rút lại"), "{shown}");

    let opened = world.page(&world.taker, &here).await;
    let shown = text_of(&opened);
    for said in
        [NAME, NUMBER, "Trần Văn Ký Gửi", "Kê khai hằng năm, năm 2025", "Kê khai lần đầu, năm 2026, hạn 05/01/2026"]
    {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let page = opened.text();
    let mut fields = vec![
        ("khoa", value_of(&page, "khoa")),
        ("viec", "nhan".to_owned()),
        ("name", "Phạm Thị Nhận Về".to_owned()),
        ("position", "Thanh tra viên".to_owned()),
    ];
    let unsaid: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let unsaid = world.test.post(Some(&world.taker), &here, &unsaid).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value_of(&unsaid.text(), "name"), "Phạm Thị Nhận Về", "what was typed stays");
    fields.push(("nguoi", world.there.to_string()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let taken = world.test.post(Some(&world.taker), &here, &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", text_of(&taken));
    let twice = world.test.post(Some(&world.taker), &here, &fields).await;
    assert_eq!(twice.status, StatusCode::SEE_OTHER);
    assert_eq!(world.originals().await, 1);

    // The receiver reads the copy, the declarant too; the sender reads its original as before, and is told where the file is.
    let shown = world.page(&world.taker, &here).await.text();
    let copy = shown.split("/chuyen-ho-so/ban/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let read = text_of(&world.page(&world.taker, &format!("/chuyen-ho-so/ban/{copy}")).await);
    assert!(read.contains("Bản sao của bản gốc") && read.contains(NAME), "{read}");
    let original = text_of(&world.page(&world.sender, &format!("/ban-ke-khai/{}", world.declaration)).await);
    assert!(original.contains("Hồ sơ đã chuyển ngày 08/12/2025 cho"), "{original}");
    let annual = obligation(&world.test, world.to, next).await;
    let mover = world.test.declarant_browser(&annual).await;
    let home = text_of(&world.page(&mover, "/ke-khai").await);
    assert!(home.contains("Hồ sơ của Ông/Bà được chuyển từ") && home.contains("Kê khai hằng năm, năm 2025"), "{home}");
    let read = text_of(&world.page(&mover, &format!("/ke-khai/ho-so/{copy}")).await);
    assert!(read.contains("Bản sao của bản gốc"), "{read}");
    let before = text_of(&world.page(&world.declarant, "/ke-khai").await);
    assert!(before.contains("Hồ sơ của Ông/Bà đã chuyển ngày 08/12/2025"), "{before}");

    // Carried forward: the next draft begins with what they declared where they come from.
    let begun = world.test.post(Some(&mover), &format!("/ke-khai/{next}/bat-dau"), &[]).await;
    assert_eq!(begun.location(), format!("/ke-khai/{next}/tu-lan-truoc"), "{}", begun.text());
    let tasks = text_of(&world.page(&mover, &format!("/ke-khai/{next}")).await);
    assert!(tasks.contains("bản kê khai ngày 08/12/2025"), "{tasks}");

    // Obligations: 2025 is declared, the first one passed, what was past due stayed.
    assert!(obligation(&world.test, world.to, again).await.ended_on.is_some());
    assert!(obligation(&world.test, world.from, late).await.is_open());
    let passed: Vec<(String, i16, NaiveDate)> = sqlx::query_as(
        "select kind, year, due_on from obligation where partition_id = $1 and person_id = $2 and ended_on is null order by due_on",
    )
    .bind(world.to.0)
    .bind(world.there.0)
    .fetch_all(&mut owner().await)
    .await
    .unwrap();
    let wanted = [("FIRST".to_owned(), 2026, on("2026-01-05")), ("ANNUAL".to_owned(), 2026, on("2026-12-31"))];
    assert_eq!(passed, wanted);

    // Both units read one line, and no more.
    let old_officer = world.test.unit_officer(world.from, world.old_unit).await;
    let new_officer = world.test.unit_officer(world.to, world.new_unit).await;
    let old_list = text_of(&world.page(&old_officer, "/don-vi/danh-sach").await);
    assert!(old_list.contains("Hồ sơ đã chuyển ngày 08/12/2025 cho"), "{old_list}");
    let new_list = text_of(&world.page(&new_officer, "/don-vi/danh-sach").await);
    assert!(new_list.contains("Hồ sơ được chuyển từ") && !new_list.contains("12/TTT-KSTS"), "{new_list}");

    // Both logs have both acts with the same hashes, and are whole; nothing people wrote stands in the clear.
    for name in ["custody.sent", "custody.taken"] {
        let (ours, theirs) = (world.events(world.from, name).await, world.events(world.to, name).await);
        assert_eq!((ours.len(), theirs.len()), (1, 1), "{name}");
        assert_eq!(ours[0]["act"], theirs[0]["act"]);
        for hash in ["record", "package"] {
            assert_eq!(ours[0]["hashes"][hash], theirs[0]["hashes"][hash], "{name} {hash}");
        }
    }
    assert_eq!(world.disagreements(world.from).await, "");
    assert_eq!(world.disagreements(world.to).await, "");
    let kept: String = sqlx::query_scalar(
        "select concat(
            (select string_agg(t::text, ' ') from custody_transfer t where id = $1),
            (select string_agg(p::text, ' ') from custody_package p where id = $1),
            (select string_agg(o::text, ' ') from custody_original o where transfer_id = $1),
            (select string_agg(i::text, ' ') from idempotency i where partition_id in ($2, $3)),
            (select string_agg(e::text, ' ') from event e where partition_id in ($2, $3)))",
    )
    .bind(id.0)
    .bind(world.from.0)
    .bind(world.to.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    for word in [NAME, NUMBER, "12/TTT-KSTS", "Trần Văn Ký Gửi", "Phạm Thị Nhận Về"] {
        assert!(!kept.contains(word) && !kept.contains(&hex::encode(word)), "{word}");
    }
    // Counted once: the copy is no declaration of the receiving partition, and has no facts there.
    let counted: (i64, i64) = sqlx::query_as(
        "select (select count(*) from declaration where partition_id = $1), (select count(*) from asset_fact where partition_id = $1)",
    )
    .bind(world.to.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!(counted, (0, 0));
}

#[tokio::test]
async fn a_forged_file_is_refused_with_what_is_wrong_and_nothing_is_written() {
    let world = World::moved().await;
    type Forge = fn(&mut Package);
    let forgeries: [(Forge, &str); 12] = [
        (
            |file| file.versions[0].document = file.versions[0].document.replacen("ONLINE", "PAPER", 1),
            "nội dung khác với mã băm",
        ),
        (|file| file.versions[0].evidence.nonce[0] ^= 1, "không chứng minh được là có trong nhật ký"),
        (
            |file| file.versions[0].evidence.checkpoint = file.versions[0].evidence.checkpoint.replacen('\n', "\n1", 1),
            "không chứng minh được",
        ),
        (
            |file| file.versions[0].evidence.event = file.versions[0].evidence.event.replacen("ANNUAL", "FIRST", 1),
            "không chứng minh được",
        ),
        (|file| file.versions[0].kind = "FIRST".into(), "sự kiện trong nhật ký là của một bản khác"),
        (
            |file| file.versions[0].declaration = crate::kernel::id::DeclarationId::new(),
            "sự kiện trong nhật ký là của một bản khác",
        ),
        (|file| file.versions[0].completed_on = on("2020-01-01"), "thông tin kèm theo khác với văn bản"),
        (|file| file.versions[0].number = 2, "thông tin kèm theo khác với văn bản"),
        (|file| file.versions[0].year = 1999, "năm hoặc bộ quy định hệ thống không biết"),
        (|file| file.owed.push(owed_as("SUPPLEMENT", "R1_ND130")), "không phải nghĩa vụ chuyển theo hồ sơ"),
        (|file| file.owed.push(owed_as("ANNUAL", "R9")), "không phải nghĩa vụ chuyển theo hồ sơ"),
        // What another person of the agency declared, as this one's.
        (|file| file.person.id = PersonId::new(), "Gói hồ sơ là của một lần chuyển khác"),
    ];
    for (forge, said) in forgeries {
        let id = world.send_forged(forge).await;
        let before = world.events(world.to, "custody.taken").await.len();
        let (code, sentence) = refused(world.take(id).await);
        assert_eq!(code, "file_differs", "{sentence}");
        assert!(sentence.contains(said), "{said}: {sentence}");
        assert_eq!((world.originals().await, world.events(world.to, "custody.taken").await.len()), (0, before));
        let shown = text_of(&world.page(&world.taker, &format!("/chuyen-ho-so/{id}")).await);
        assert!(shown.contains(said) && !shown.contains("Nhận hồ sơ"), "{said}: {shown}");
        let asked =
            Declining {
                reason: said.into(), name: "Phạm Thị Nhận Về".into(), position: "Thanh tra viên".into()
            };
        answer::decline(&world.test.app, &world.taker.actor, id, &asked, &once()).await.unwrap();
    }
    // Honest versions, one of them left out.
    let gap = world.send_forged(|file| {
        let mut second = file.versions[0].clone();
        second.version = crate::kernel::id::VersionId::new();
        second.number = 3;
        file.versions.push(second);
    });
    let (code, _) = refused(world.take(gap.await).await);
    assert_eq!(code, "file_differs");
    assert_eq!(world.disagreements(world.to).await, "");
}

/// Someone with the database exchanges the package for another one, or the sender's record for another one.
#[tokio::test]
async fn what_was_changed_behind_the_services_back_is_not_taken_and_not_sent() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    let mut owner = owner().await;
    owner.execute("set session_replication_role = replica").await.unwrap();
    let other = world.test.app.db.keys().seal::<super::model::PackageCell>(world.to, id.0, &serde_json::from_value(json!({
        "schema": "minhbach-custody/1", "transfer": id, "from": world.from, "to": world.to,
        "person": {"id": world.person, "name": NAME, "dob": null, "id_no": NUMBER, "position": "", "unit": ""},
        "statement": {"document_no": "1", "document_on": "2025-12-08", "signer_name": "x", "signer_position": "y"},
        "versions": [], "owed": []
    })).unwrap()).unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("select package_sealed from custody_package where id = $1")
        .bind(id.0)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    sqlx::query("update custody_package set package_sealed = $2 where id = $1")
        .bind(id.0)
        .bind(other.as_bytes())
        .execute(&mut owner)
        .await
        .unwrap();
    let (code, sentence) = refused(world.take(id).await);
    assert!(code == "file_differs" && sentence.contains("khác với gói đã ghi vào nhật ký"), "{sentence}");
    // With a hash in the row that fits, the logs still have the one that was sent.
    sqlx::query("update custody_transfer set package_hash = sha256($2) where id = $1")
        .bind(id.0)
        .bind(other.as_bytes())
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(refused(world.take(id).await).0, "file_differs");
    for partition in [world.from, world.to] {
        assert!(world.disagreements(partition).await.contains("Lần chuyển hồ sơ"));
    }
    sqlx::query("update custody_package set package_sealed = $2 where id = $1")
        .bind(id.0)
        .bind(&kept)
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::query("update custody_transfer set package_hash = sha256($2) where id = $1")
        .bind(id.0)
        .bind(&kept)
        .execute(&mut owner)
        .await
        .unwrap();
    world.take(id).await.unwrap();
    for partition in [world.from, world.to] {
        assert_eq!(world.disagreements(partition).await, "");
    }
    // The sender's record changed before it is sent: its own log says otherwise.
    let other = World::moved().await;
    let changed = "update declaration_version set completed_on = '2020-01-01' where person_id = $1";
    sqlx::query(changed).bind(other.person.0).execute(&mut owner).await.unwrap();
    let (code, sentence) = refused(other.send().await);
    assert!(code == "record_differs" && sentence.contains("khác với văn bản đã băm"), "{code} {sentence}");
}

#[tokio::test]
async fn verify_log_finds_each_change_on_either_side() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    world.take(id).await.unwrap();
    let own = ledger::log_origin(&world.to);
    sequence(&world.test).await;
    let keys: Vec<_> = world.test.app.db.keys().verifiers().into_iter().filter(|key| key.name() == own).collect();
    let verdict = verify_partition(&world.test.app.db, &world.test.app.files, world.to, &keys, &[]).await.unwrap();
    let said = verdict.to_string();
    assert!(verdict.is_whole() && said.contains("Chưa chứng minh được: 1 bản sao chuyển đến"), "{said}");
    let mut owner = owner().await;
    owner.execute("set session_replication_role = replica").await.unwrap();
    let (from, to) = (world.from, world.to);
    for (table, change, sides) in [
        ("custody_transfer", "state = 'DECLINED', to_unit_id = null, to_person_id = null".to_owned(), vec![from, to]),
        ("custody_transfer", "ended_on = ended_on + 1".to_owned(), vec![from, to]),
        ("custody_transfer", "sent_on = sent_on - 1".to_owned(), vec![from, to]),
        ("custody_transfer", "reason = 'REORGANISED'".to_owned(), vec![from, to]),
        ("custody_transfer", "answer_sealed = 'x'".to_owned(), vec![from, to]),
        ("custody_transfer", format!("to_person_id = '{}'", world.person), vec![from, to]),
        ("custody_transfer", "declared = '{}'".to_owned(), vec![from, to]),
        ("custody_package", "package_sealed = 'x'".to_owned(), vec![from, to]),
        ("custody_package", "package_sealed = null".to_owned(), vec![from, to]),
        ("custody_original", "document_sealed = 'x'".to_owned(), vec![to]),
        ("custody_original", "completed_on = completed_on + 1".to_owned(), vec![to]),
        ("custody_original", "received_on = '2025-12-08'".to_owned(), vec![to]),
        ("custody_original", "year = 2020".to_owned(), vec![to]),
        ("custody_original", "evidence = '{}'".to_owned(), vec![to]),
        ("custody_original", format!("person_id = '{}'", world.person), vec![to]),
        ("custody_original", "transfer_id = gen_random_uuid()".to_owned(), vec![to]),
    ] {
        let key = if table == "custody_original" { "origin_partition_id" } else { "partition_id" };
        let keep = format!("create temporary table kept as select * from {table} where {key} = '{from}'");
        owner.execute(AssertSqlSafe(keep)).await.unwrap();
        owner.execute(AssertSqlSafe(format!("update {table} set {change} where {key} = '{from}'"))).await.unwrap();
        for side in sides {
            let said = world.disagreements(side).await;
            assert!(
                said.contains("Lần chuyển hồ sơ") || said.contains("Bản sao chuyển đến"),
                "{table} {change}: {said}"
            );
        }
        let undo = format!(
            "delete from {table} where {key} = '{from}'; insert into {table} select * from kept; drop table kept"
        );
        sqlx::raw_sql(AssertSqlSafe(undo)).execute(&mut owner).await.unwrap();
        for side in [from, to] {
            assert_eq!(world.disagreements(side).await, "", "undone: {table} {change}");
        }
    }
    // Rows that are gone, and one nobody sent.
    for table in ["custody_original", "custody_package", "custody_transfer"] {
        let key = if table == "custody_original" { "origin_partition_id" } else { "partition_id" };
        owner.execute(AssertSqlSafe(format!("delete from {table} where {key} = '{from}'"))).await.unwrap();
        assert!(world.disagreements(to).await.contains("Lần chuyển hồ sơ"), "{table} is gone");
    }
}

#[tokio::test]
async fn only_the_two_agencies_reach_a_file() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    let third = world.test.agency().await;
    let stranger = world.test.officer(Role::IntakeOfficer, third).await;
    let here = format!("/chuyen-ho-so/{id}");
    assert_eq!(world.test.get(Some(&stranger), &here).await.status, StatusCode::NOT_FOUND);
    let outcome = answer::take(&world.test.app, &stranger.actor, id, &taking(world.there), &once()).await;
    assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    let outcome = send::withdraw(&world.test.app, &stranger.actor, id, &once()).await;
    assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    // A person of another agency cannot be sent.
    let outcome = send::send(&world.test.app, &stranger.actor, &sending(world.person, world.to), &once()).await;
    assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    // Each side does its own: the sender does not take, the receiver does not take back.
    let outcome = answer::take(&world.test.app, &world.sender.actor, id, &taking(world.there), &once()).await;
    assert_eq!(refused(outcome).0, "other_side");
    assert_eq!(refused(send::withdraw(&world.test.app, &world.taker.actor, id, &once()).await).0, "other_side");
    // Other roles of the same agencies: forbidden.
    for (role, partition) in [(Role::AgencyAdmin, world.to), (Role::Auditor, world.to), (Role::AgencyAdmin, world.from)]
    {
        let other = world.test.officer(role, partition).await;
        assert_eq!(world.test.get(Some(&other), &here).await.status, StatusCode::FORBIDDEN);
        let outcome = answer::take(&world.test.app, &other.actor, id, &taking(world.there), &once()).await;
        assert!(matches!(outcome, Err(Error::Forbidden) | Err(Error::Refused(_))), "{outcome:?}");
    }

    // In raw SQL, as someone would who holds the application's password: who sees the row, who the package.
    let pool = world.test.app.db.raw_pool();
    let agency = |p: PartitionId| format!("set local app.context = 'agency'; set local app.partition_id = '{p}'");
    let unit = |u: OrganisationId| format!("set local app.context = 'unit'; set local app.unit_id = '{u}'");
    let person = |p: PartitionId, id: PersonId| {
        format!(
            "set local app.context = 'person'; set local app.partition_id = '{p}'; set local app.person_id = '{id}'"
        )
    };
    let nation = format!("set local app.context = 'nation'; set local app.purpose_id = '{}'", uuid::Uuid::now_v7());
    let contexts = |takes: i64| {
        vec![
            (agency(world.from), 1, 1),
            (agency(world.to), 1, 1),
            (agency(third), 0, 0),
            (unit(world.old_unit), 1, 0),
            (unit(world.new_unit), takes, 0),
            (unit(OrganisationId::new()), 0, 0),
            (person(world.from, world.person), 1, 0),
            (person(world.to, world.there), takes, 0),
            (person(world.to, world.person), 0, 0),
            (person(third, world.person), 0, 0),
            (nation.clone(), 0, 0),
            ("set local app.context = 'system'".to_owned(), 0, 0),
            ("set local app.context = 'agency'".to_owned(), 0, 0),
        ]
    };
    let mut conn = pool.acquire().await.unwrap();
    let mut seen = async |settings: &str, table: &str| -> i64 {
        conn.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
        let sql = format!("select count(*) from {table} where id = '{id}'");
        let count = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await.unwrap();
        conn.execute("rollback").await.unwrap();
        count
    };
    for (settings, rows, packages) in contexts(0) {
        assert_eq!(seen(&settings, "custody_transfer").await, rows, "{settings}");
        assert_eq!(seen(&settings, "custody_package").await, packages, "{settings}");
    }
    // What each may change: the sender takes back, the receiver answers; nobody what was sent.
    let now = "ended_on = '2025-12-08', ended_by = gen_random_uuid(), end_hash = sha256('x')";
    let take = format!(
        "state = 'TAKEN', to_unit_id = gen_random_uuid(), to_person_id = gen_random_uuid(), answer_sealed = 'x', answer_own_sealed = 'x', {now}"
    );
    let changes = async |settings: &str, set: &str| -> u64 {
        let mut conn = pool.acquire().await.unwrap();
        conn.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
        let sql = format!("update custody_transfer set {set} where id = '{id}'");
        let changed = conn.execute(AssertSqlSafe(sql)).await.map(|done| done.rows_affected()).unwrap_or(0);
        conn.execute("rollback").await.unwrap();
        changed
    };
    let withdraw = format!("state = 'WITHDRAWN', {now}");
    assert_eq!(changes(&agency(world.from), &withdraw).await, 1);
    assert_eq!(changes(&agency(world.to), &withdraw).await, 0);
    assert_eq!(changes(&agency(world.to), &take).await, 1);
    let empties = async |settings: &str, end: &str| -> u64 {
        let mut conn = pool.acquire().await.unwrap();
        conn.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
        if !end.is_empty() {
            let sql = format!("update custody_transfer set {end} where id = '{id}'");
            conn.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let sql = format!("update custody_package set package_sealed = null where id = '{id}'");
        let changed = conn.execute(AssertSqlSafe(sql)).await.map(|done| done.rows_affected()).unwrap_or(0);
        conn.execute("rollback").await.unwrap();
        changed
    };
    for settings in [agency(world.from), agency(world.to)] {
        assert_eq!(empties(&settings, "").await, 0, "what waits is not emptied: {settings}");
    }
    assert_eq!(empties(&agency(world.to), &take).await, 0, "nor what was taken");
    assert_eq!(empties(&agency(world.from), &withdraw).await, 1);
    assert_eq!(changes(&agency(world.from), &take).await, 0);
    for settings in [agency(third), unit(world.old_unit), person(world.from, world.person)] {
        assert_eq!(changes(&settings, &withdraw).await + changes(&settings, &take).await, 0, "{settings}");
    }
    for settings in [agency(world.from), agency(world.to)] {
        assert_eq!(changes(&settings, "to_partition_id = partition_id").await, 0);
        assert_eq!(changes(&settings, "package_hash = sha256('x')").await, 0);
    }
    world.take(id).await.unwrap();
    for (settings, rows, packages) in contexts(1) {
        assert_eq!(seen(&settings, "custody_transfer").await, rows, "taken: {settings}");
        assert_eq!(seen(&settings, "custody_package").await, packages, "taken: {settings}");
    }
    let over = changes(&agency(world.from), &withdraw).await + changes(&agency(world.to), &take).await;
    assert_eq!(over, 0, "what ended does not end again");
}

#[tokio::test]
async fn whoever_is_first_is_first() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    assert_eq!(refused(world.send().await).0, "already_sent");
    let other = world.test.officer(Role::IntakeOfficer, world.to).await;
    let (app, there) = (&world.test.app, taking(world.there));
    let (mine, yours, back) = (once(), once(), once());
    let (a, b, c) = tokio::join!(
        answer::take(app, &world.taker.actor, id, &there, &mine),
        answer::take(app, &other.actor, id, &there, &yours),
        send::withdraw(app, &world.sender.actor, id, &back),
    );
    let done = [a.is_ok(), b.is_ok(), c.is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{a:?} {b:?} {c:?}");
    for outcome in [a.err(), b.err(), c.err()].into_iter().flatten() {
        assert_eq!(refused(Err::<(), _>(outcome)).0, "transfer_ended");
    }
    let ended: usize = world.events(world.from, "custody.taken").await.len()
        + world.events(world.from, "custody.withdrawn").await.len();
    assert_eq!(ended, 1);
    assert_eq!(world.originals().await, i64::from(!done[2]));
    for partition in [world.from, world.to] {
        assert_eq!(world.disagreements(partition).await, "");
    }
}

/// The same key is the same act; the same key for another one is refused.
#[tokio::test]
async fn asking_again_with_one_key_acts_once() {
    let world = World::moved().await;
    let (sender, taker) = (world.test.token(&world.sender).await, world.test.token(&world.taker).await);
    let body = json!({"person": world.person, "to": world.to, "reason": "MOVED", "document_no": "12/TTT", "document_on": "2025-12-08", "signer_name": "Trần Văn Ký Gửi", "signer_position": "Phó Chánh Thanh tra"});
    let path = "/api/v1/custody-transfers";
    let first = world.test.api(&sender, "POST", path, Some("khoa-gui-ho-so"), Some(&body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = world.test.api(&sender, "POST", path, Some("khoa-gui-ho-so"), Some(&body)).await;
    assert_eq!(first.json(), again.json());
    let mut other = body.clone();
    other["document_no"] = "13/TTT".into();
    let reused = world.test.api(&sender, "POST", path, Some("khoa-gui-ho-so"), Some(&other)).await;
    assert_eq!(reused.json()["code"], "idempotency_key_reused");

    let id = first.json()["transfer"].as_str().unwrap().to_owned();
    let shown = world.test.api(&taker, "GET", &format!("{path}/{id}"), None, None).await.json();
    assert_eq!(shown["about"]["name"], NAME);
    assert_eq!(shown["candidates"][0]["person"], world.there.to_string());
    let seen = world.test.api(&sender, "GET", &format!("{path}/{id}"), None, None).await.json();
    assert!(seen["about"].is_null() && seen["candidates"].as_array().unwrap().is_empty(), "{seen}");
    let body = json!({"person": world.there, "taker_name": "Phạm Thị Nhận Về", "taker_position": "Thanh tra viên"});
    let take = format!("{path}/{id}/taking");
    let first = world.test.api(&taker, "POST", &take, Some("khoa-nhan-ho-so"), Some(&body)).await;
    assert_eq!((first.status, &first.json()["versions"]), (StatusCode::CREATED, &json!(1)), "{}", first.text());
    let again = world.test.api(&taker, "POST", &take, Some("khoa-nhan-ho-so"), Some(&body)).await;
    assert_eq!(first.json(), again.json());
    let later = world.test.api(&taker, "POST", &take, Some("khoa-nhan-lan-hai"), Some(&body)).await;
    assert_eq!((later.status, later.json()["code"].as_str().unwrap()), (StatusCode::CONFLICT, "transfer_ended"));
    assert_eq!(world.originals().await, 1);
    let shown = world.test.api(&taker, "GET", &format!("{path}/{id}"), None, None).await.json();
    assert_eq!(shown["state"], "TAKEN");
    assert_eq!(shown["originals"][0]["evidence"]["proof"]["path"].as_array().map(Vec::is_empty), Some(false));
    // Taken, nothing new since: not sent again.
    assert_eq!(refused(world.send().await).0, "already_passed");
}

#[tokio::test]
async fn what_was_declined_or_taken_back_is_emptied_and_can_be_sent_again() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    let asked = |reason: &str| Declining {
        reason: reason.into(),
        name: "Phạm Thị Nhận Về".into(),
        position: "Thanh tra viên".into(),
    };
    let app = &world.test.app;
    assert_eq!(refused(answer::decline(app, &world.taker.actor, id, &asked(""), &once()).await).0, "no_reason");
    answer::decline(app, &world.taker.actor, id, &asked("Không thuộc thẩm quyền"), &once()).await.unwrap();
    let shown = text_of(&world.page(&world.sender, &format!("/chuyen-ho-so/{id}")).await);
    assert!(shown.contains("Đã trả lại") && shown.contains("Không thuộc thẩm quyền"), "{shown}");
    let again = world.send().await.unwrap().transfer;
    send::withdraw(app, &world.sender.actor, again, &once()).await.unwrap();
    let shown = text_of(&world.page(&world.taker, &format!("/chuyen-ho-so/{again}")).await);
    assert!(shown.contains("Đã rút lại") && !shown.contains(NAME), "{shown}");
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from custody_package where partition_id = $1 and package_sealed is not null",
    )
    .bind(world.from.0)
    .fetch_one(&mut owner().await)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    let third = world.send().await.unwrap().transfer;
    world.take(third).await.unwrap();
    for partition in [world.from, world.to] {
        assert_eq!(world.disagreements(partition).await, "");
    }
}

#[tokio::test]
async fn who_a_file_is_about_says_the_list_and_nobody_is_doubled() {
    let world = World::new().await;
    // Still on the list of the old unit.
    let (code, sentence) = refused(world.send().await);
    assert!(code == "still_listed" && sentence.contains("Điều 37"), "{sentence}");
    world.leaves().await;
    let app = &world.test.app;
    let mut elsewhere = sending(world.person, world.from);
    assert_eq!(refused(send::send(app, &world.sender.actor, &elsewhere, &once()).await).0, "to");
    elsewhere.to = PartitionId::CENTRE;
    assert_eq!(refused(send::send(app, &world.sender.actor, &elsewhere, &once()).await).0, "to");
    let later = Sending { document_on: on("2025-12-09"), ..sending(world.person, world.to) };
    assert_eq!(refused(send::send(app, &world.sender.actor, &later, &once()).await).0, "document_on");
    let (bare, _) = world.test.declarant(world.from, world.old_unit, "Lê Văn Không", "051080000502").await;
    let of_unit = world.test.unit_officer(world.from, world.old_unit).await;
    roster::keep::leave(app, &of_unit.actor, bare, on("2025-12-08"), "MOVED").await.unwrap();
    let none = send::send(app, &world.sender.actor, &sending(bare, world.to), &once()).await;
    assert_eq!(refused(none).0, "nothing_to_send");

    let id = world.send().await.unwrap().transfer;
    let people = async || -> i64 {
        sqlx::query_scalar("select count(*) from person where partition_id = $1")
            .bind(world.to.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap()
    };
    let take = async |person| answer::take(app, &world.taker.actor, id, &taking(person), &once()).await;
    let stranger = listed(&world.test, world.to, world.new_unit, "Vũ Thị Khác", "051180000503").await;
    assert_eq!(refused(take(stranger).await).0, "someone_else");
    assert_eq!(refused(take(PersonId::new()).await).0, "not_listed");
    assert_eq!(refused(take(world.person).await).0, "not_listed", "of the other partition");
    let there = world.test.unit_officer(world.to, world.new_unit).await;
    roster::keep::leave(app, &there.actor, world.there, on("2025-12-08"), "MOVED").await.unwrap();
    assert_eq!(refused(take(world.there).await).0, "not_listed", "they left there too");
    let shown = text_of(&world.page(&world.taker, &format!("/chuyen-ho-so/{id}")).await);
    assert!(shown.contains("Chưa có ai trong danh sách giống người trong hồ sơ"), "{shown}");
    assert_eq!(people().await, 2, "nobody was added");
    let other_unit = world.test.unit().await;
    let back = listed(&world.test, world.to, other_unit, NAME, NUMBER).await;
    take(back).await.unwrap();
    assert_eq!((people().await, world.originals().await), (3, 1));
}

/// A to B to C: the third has what the first recorded, proved by the first one's log; what is there already is not doubled.
#[tokio::test]
async fn a_file_goes_on_with_the_proofs_of_every_agency() {
    let world = World::moved().await;
    let id = world.send().await.unwrap().transfer;
    world.take(id).await.unwrap();
    let test = &world.test;
    let of_unit = test.unit_officer(world.to, world.new_unit).await;
    let place = Place { partition: world.to, unit: world.new_unit };
    let next = owes(test, place, world.there, (Kind::Annual, 2024), "2025-12-31").await;
    digitise(test, &obligation(test, world.to, next).await).await;
    roster::keep::leave(&test.app, &of_unit.actor, world.there, on("2025-12-08"), "MOVED").await.unwrap();
    sequence(test).await;
    // Back to the first agency, in another unit: a new line of its list.
    let back_unit = test.unit().await;
    let back = listed(test, world.from, back_unit, NAME, NUMBER).await;
    let sent = send::send(&test.app, &world.taker.actor, &sending(world.there, world.from), &once()).await.unwrap();
    assert_eq!((sent.declarations, sent.versions), (2, 2));
    let taken = answer::take(&test.app, &world.sender.actor, sent.transfer, &taking(back), &once()).await.unwrap();
    assert_eq!(taken.versions, 2);
    let origins: Vec<uuid::Uuid> = sqlx::query_scalar(
        "select origin_partition_id from custody_original where partition_id = $1 and person_id = $2 order by 1",
    )
    .bind(world.from.0)
    .bind(back.0)
    .fetch_all(&mut owner().await)
    .await
    .unwrap();
    let mut wanted = [world.from.0, world.to.0];
    wanted.sort();
    assert_eq!(origins, wanted);
    for partition in [world.from, world.to] {
        assert_eq!(world.disagreements(partition).await, "");
    }
    let known = test
        .app
        .db
        .read(&Actor::system_in(world.from), "test.known", async |tx| {
            store::known_versions(tx, Holding { partition: world.from, person: back }).await
        })
        .await
        .unwrap();
    assert_eq!(known.len(), 2);
    // On to a third, with what they declared at the first both before they left it and after they came back.
    let place = Place { partition: world.from, unit: back_unit };
    let next = owes(test, place, back, (Kind::Annual, 2024), "2025-12-31").await;
    digitise(test, &obligation(test, world.from, next).await).await;
    let of_unit = test.unit_officer(world.from, back_unit).await;
    roster::keep::leave(&test.app, &of_unit.actor, back, on("2025-12-08"), "MOVED").await.unwrap();
    sequence(test).await;
    let (third, unit) = (test.agency().await, test.unit().await);
    let there = listed(test, third, unit, NAME, NUMBER).await;
    let sent = send::send(&test.app, &world.sender.actor, &sending(back, third), &once()).await.unwrap();
    let taker = test.officer(Role::IntakeOfficer, third).await;
    let taken = answer::take(&test.app, &taker.actor, sent.transfer, &taking(there), &once()).await.unwrap();
    assert_eq!(taken.versions, 3);
    for partition in [world.from, world.to, third] {
        assert_eq!(world.disagreements(partition).await, "");
    }
}

/// Neither as its own nor as a copy does an agency pass on what somebody else declared.
#[tokio::test]
async fn what_another_person_declared_is_not_taken_as_theirs() {
    let world = World::moved().await;
    let (other, owed) = world.test.declarant(world.from, world.old_unit, "Lê Văn Khác", "051080000509").await;
    digitise(&world.test, &owed).await;
    sequence(&world.test).await;
    let foreign = world.test.app.db.read(&world.sender.actor, "test.file", async |tx| {
        let other = person::store::find(tx, world.from, other).await?;
        let file = package::make(tx, CustodyId::new(), &other, world.to, &statement()).await?;
        tx.record(Event::new("custody.opened", world.from).id("custody", file.transfer))?;
        Ok(file.versions)
    });
    let foreign = foreign.await.unwrap().remove(0);
    let own = foreign.clone();
    let id = world.send_forged(|file| file.versions.push(own.clone())).await;
    let (code, sentence) = refused(world.take(id).await);
    assert!(code == "file_differs" && sentence.contains("sự kiện trong nhật ký là của một bản khác"), "{sentence}");
    send::withdraw(&world.test.app, &world.sender.actor, id, &once()).await.unwrap();
    let id = world.send().await.unwrap().transfer;
    world.take(id).await.unwrap();

    let (third, unit) = (world.test.agency().await, world.test.unit().await);
    let next = World {
        there: listed(&world.test, third, unit, NAME, NUMBER).await,
        sender: world.taker,
        taker: world.test.officer(Role::IntakeOfficer, third).await,
        from: world.to,
        to: third,
        old_unit: world.new_unit,
        new_unit: unit,
        person: world.there,
        ..world
    };
    next.leaves().await;
    let copy = FileVersion { copied: true, ..foreign };
    let id = next.send_forged(|file| file.versions.push(copy.clone())).await;
    let (code, sentence) = refused(next.take(id).await);
    assert!(code == "file_differs" && sentence.contains("là của một người khác"), "{sentence}");
    send::withdraw(&next.test.app, &next.sender.actor, id, &once()).await.unwrap();
    let id = next.send().await.unwrap().transfer;
    assert_eq!(next.take(id).await.unwrap().versions, 1);
}

/// A correction of a paper stays a paper; while one waits nothing is sent.
#[tokio::test]
async fn a_corrected_paper_goes_with_both_its_versions() {
    let test = TestApp::new().await;
    let (from, to, unit) = (test.agency().await, test.agency().await, test.unit().await);
    let of_unit = test.unit_officer(from, unit).await;
    let (correction, declarant) = correction::tests::proposed(&test, &of_unit, from, NAME, NUMBER).await;
    let person = declarant.actor.person().unwrap();
    roster::keep::leave(&test.app, &of_unit.actor, person, on("2025-12-08"), "MOVED").await.unwrap();
    let sender = test.officer(Role::IntakeOfficer, from).await;
    sequence(&test).await;
    let waits = send::send(&test.app, &sender.actor, &sending(person, to), &once()).await;
    assert_eq!(refused(waits).0, "correction_open");
    correction::tests::decided(&test, &of_unit, correction).await;
    sequence(&test).await;
    let sent = send::send(&test.app, &sender.actor, &sending(person, to), &once()).await.unwrap();
    assert_eq!((sent.declarations, sent.versions), (1, 2));
    let there = listed(&test, to, test.unit().await, NAME, NUMBER).await;
    let taker = test.officer(Role::IntakeOfficer, to).await;
    answer::take(&test.app, &taker.actor, sent.transfer, &taking(there), &once()).await.unwrap();
    let copies: Vec<(String, String)> =
        sqlx::query_as("select act, channel from custody_original where partition_id = $1 order by version")
            .bind(to.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
    let paper = |act: &str| (act.to_owned(), "PAPER".to_owned());
    assert_eq!(copies, [paper("INTAKE"), paper("CORRECTION")]);
}

/// Of what was declared again, the last version is carried on and shown; it was begun with the first.
#[tokio::test]
async fn of_a_declaration_made_again_the_last_version_counts() {
    let sent = Demanded::on_paper().await;
    let demand = sent.demand(&[]).await;
    sent.own(&format!("/ke-khai/yeu-cau/{demand}")).await;
    sent.mend(demand).await;
    sent.complete().await;
    let (again, _) = sent.world.send().await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", text_of(&again));
    let (test, owed) = (&sent.world.app, &sent.world.obligation);
    roster::keep::leave(&test.app, &sent.officer.actor, owed.person, on("2025-12-08"), "MOVED").await.unwrap();
    sequence(test).await;
    let (to, unit) = (test.agency().await, test.unit().await);
    let there = listed(test, to, unit, "Đặng Hữu Cường", "092087831496").await;
    let sender = test.officer(Role::IntakeOfficer, owed.partition).await;
    let file = send::send(&test.app, &sender.actor, &sending(owed.person, to), &once()).await.unwrap();
    assert_eq!((file.declarations, file.versions), (1, 2));
    let taker = test.officer(Role::IntakeOfficer, to).await;
    answer::take(&test.app, &taker.actor, file.transfer, &taking(there), &once()).await.unwrap();

    let next = owes(test, Place { partition: to, unit }, there, (Kind::Annual, 2026), "2026-12-31").await;
    let mover = test.declarant_browser(&obligation(test, to, next).await).await;
    let carried = test.app.db.read(&mover.actor, "test.carried", async |tx| original::carried(tx, sent.id).await);
    let (carried, _) = carried.await.unwrap().unwrap();
    assert_eq!((carried.completed_on, carried.channel.as_str()), (on("2025-12-08"), "ONLINE"));
    let home = test.get(Some(&mover), "/ke-khai").await.text();
    let shown: Vec<&str> = home.split("/ke-khai/ho-so/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let last: Vec<(uuid::Uuid, NaiveDate, NaiveDate)> = sqlx::query_as(
        "select o.id, k.begun_on, k.completed_on from declaration_known k
         join custody_original o on o.partition_id = k.partition_id and o.version_id = k.version_id where k.partition_id = $1",
    )
    .bind(to.0)
    .fetch_all(&mut owner().await)
    .await
    .unwrap();
    assert_eq!(
        last.iter().map(|(_, begun, done)| (*begun, *done)).collect::<Vec<_>>(),
        [(on("2025-12-05"), on("2025-12-08"))]
    );
    assert_eq!(shown, [last[0].0.to_string()]);
}

/// Whenever the file is sent, what was not due on the day they left is owed where they go, also where it had ended.
#[tokio::test]
async fn what_was_not_due_when_they_left_is_owed_where_they_go() {
    let world = World::new().await;
    let (old, new) =
        (Place { partition: world.from, unit: world.old_unit }, Place { partition: world.to, unit: world.new_unit });
    owes(&world.test, old, world.person, (Kind::First, 2025), "2025-12-31").await;
    let ended = owes(&world.test, new, world.there, (Kind::First, 2025), "2025-12-30").await;
    let actor = Actor::system_in(world.to);
    let end = world.test.app.db.write(&actor, "test.ended", async |tx| {
        let end = sqlx::query("update obligation set ended_on = '2025-12-08' where id = $1").bind(ended.0);
        assert_eq!(end.execute(tx.conn()).await?.rows_affected(), 1);
        let event = Event::new("obligation.ended", world.to).unit(world.new_unit).person(world.there);
        tx.record(event.id("obligation", ended))?;
        Ok(())
    });
    end.await.unwrap();
    sequence(&world.test).await;
    world.test.app.clock().advance(TimeDelta::days(12));
    let of_unit = world.test.unit_officer(world.from, world.old_unit).await;
    roster::keep::leave(&world.test.app, &of_unit.actor, world.person, on("2025-12-20"), "MOVED").await.unwrap();
    world.test.app.clock().advance(TimeDelta::days(13));
    let id = world.send().await.unwrap().transfer;
    assert_eq!(world.take(id).await.unwrap().owed, 1);
    let owed = obligation(&world.test, world.to, ended).await;
    assert_eq!((owed.due_on, owed.ended_on), (on("2025-12-31"), None));
    assert_eq!(world.events(world.to, "obligation.reopened").await.len(), 1);
    for partition in [world.from, world.to] {
        assert_eq!(world.disagreements(partition).await, "");
    }
}

/// What was declared after it had ended is done: a file that comes back with it owed changes nothing.
#[tokio::test]
async fn what_was_declared_after_it_had_ended_is_not_owed_again() {
    let world = World::new().await;
    let (old, new) =
        (Place { partition: world.from, unit: world.old_unit }, Place { partition: world.to, unit: world.new_unit });
    owes(&world.test, old, world.person, (Kind::Annual, 2026), "2026-12-31").await;
    let ended = owes(&world.test, new, world.there, (Kind::Annual, 2026), "2026-12-31").await;
    let actor = Actor::system_in(world.to);
    let end = world.test.app.db.write(&actor, "test.ended", async |tx| {
        sqlx::query("update obligation set ended_on = '2025-12-08' where id = $1")
            .bind(ended.0)
            .execute(tx.conn())
            .await?;
        let event = Event::new("obligation.ended", world.to).unit(world.new_unit).person(world.there);
        tx.record(event.id("obligation", ended))?;
        Ok(())
    });
    end.await.unwrap();
    digitise(&world.test, &obligation(&world.test, world.to, ended).await).await;
    let before = obligation(&world.test, world.to, ended).await;
    assert!(before.declared_at.is_some() && before.ended_on.is_some());
    let of_unit = world.test.unit_officer(world.from, world.old_unit).await;
    roster::keep::leave(&world.test.app, &of_unit.actor, world.person, on("2025-12-08"), "MOVED").await.unwrap();
    sequence(&world.test).await;
    let id = world.send().await.unwrap().transfer;
    assert_eq!(world.take(id).await.unwrap().owed, 0);
    let after = obligation(&world.test, world.to, ended).await;
    assert_eq!((after.due_on, after.ended_on, &after.rule_set), (before.due_on, before.ended_on, &before.rule_set));
    assert_eq!(world.events(world.to, "obligation.reopened").await.len(), 0);
    assert_eq!(world.disagreements(world.to).await, "");
}

#[tokio::test]
async fn nothing_of_the_own_log_is_recorded_elsewhere() {
    let world = World::new().await;
    let outcome = world.test.app.db.write(&world.sender.actor, "test.elsewhere", async |tx| {
        tx.record_elsewhere(Event::new("custody.sent", world.from))?;
        Ok(())
    });
    assert!(matches!(outcome.await, Err(Error::Bug(_))));
}
