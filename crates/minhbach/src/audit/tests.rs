//! The log grows, proves, and notices every change made behind the service's back.
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::verify::{Disagreement, verify_partition};
use super::{Sequencer, place_of, store};
use crate::campaign::tests::{delivered, planned, reminded};
use crate::declaration::tests::submit_with_reasons;
use crate::intake::accept::{self, Acceptance, Who};
use crate::intake::desk_tests::read_paper;
use crate::kernel::Once;
use crate::kernel::id::{OrganisationId, PartitionId};
use crate::kernel::{Actor, Event, Role};
use crate::person::Occasion;
use crate::person::oblige::{self, Planned};
use crate::testing::TestApp;

async fn act(test: &TestApp, partition: PartitionId, times: usize) -> crate::kernel::Recorded {
    let mut last = None;
    for _ in 0..times {
        let recorded = test
            .app
            .db
            .write(&Actor::system_in(partition), "test.act", async |tx| {
                let event = tx.record(Event::new("test.happened", partition).count("n", 1))?;
                tx.promise(&event, chrono::TimeDelta::seconds(60))?;
                Ok(event)
            })
            .await
            .unwrap();
        last = Some(recorded);
    }
    last.unwrap()
}

/// Goes behind the service's back, as someone with the database's superuser would.
async fn tamper(test: &TestApp, sql: &str) {
    let options: &PgConnectOptions = &test.app.db.raw_pool().connect_options();
    let mut conn = PgConnection::connect_with(&options.clone().username("postgres")).await.unwrap();
    conn.execute(AssertSqlSafe(format!("set session_replication_role = replica; {sql}"))).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn every_act_gets_its_place_and_a_proof_that_holds() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let recorded = act(&test, partition, 7).await;
    test.sequence(partition).await;
    let place = test
        .app
        .db
        .read(&Actor::system_in(partition), "test.place", async |tx| place_of(tx, partition, recorded.id).await)
        .await
        .unwrap();
    let (proof, note) = place.proof.expect("sequenced");
    let key = test.app.db.keys().verifiers().into_iter().find(|k| k.name() == ledger::log_origin(&partition)).unwrap();
    let checkpoint = ledger::Checkpoint::open(&note, key.name(), std::slice::from_ref(&key)).unwrap();
    proof.verify(&recorded.leaf_hash, &checkpoint.root).unwrap();
    assert_eq!(proof.size, checkpoint.size);
    let promise = ledger::Promise::open(&place.promise.unwrap(), &key).unwrap();
    assert_eq!(promise.event_hash, recorded.leaf_hash);
}

#[tokio::test]
async fn two_sequencers_do_not_give_one_place_twice() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    act(&test, partition, 40).await;
    let (a, b) = (Sequencer::new(test.app.db.clone(), 60), Sequencer::new(test.app.db.clone(), 60));
    for _ in 0..10 {
        let (x, y) = tokio::join!(a.run_once(), b.run_once());
        x.unwrap();
        y.unwrap();
    }
    test.sequence(partition).await;
    let size =
        test.app.db.read(&Actor::SYSTEM, "test.size", async |tx| store::tree_size(tx, partition).await).await.unwrap();
    // The agency's own founding and forty acts.
    assert_eq!(size, 41);
    let verdict =
        verify_partition(&test.app.db, &test.app.files, partition, &test.app.db.keys().verifiers(), &[]).await.unwrap();
    assert!(verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn a_changed_a_missing_and_a_rewritten_event_are_found() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    let recorded = act(&test, partition, 5).await;
    test.sequence(partition).await;
    let keys = test.app.db.keys().verifiers();
    let check = async || verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(check().await.is_whole());

    let id = recorded.id;
    tamper(
        &test,
        &format!("update event set body = replace(body, 'test.happened', 'test.happenex') where id = '{id}'"),
    )
    .await;
    let verdict = check().await;
    assert!(verdict.log.findings.iter().any(|f| matches!(f, ledger::Finding::EventMismatch { .. })), "{verdict}");
    tamper(
        &test,
        &format!("update event set body = replace(body, 'test.happenex', 'test.happened') where id = '{id}'"),
    )
    .await;
    assert!(check().await.is_whole());

    tamper(&test, &format!("delete from event where id = '{id}'")).await;
    assert!(check().await.disagreements.iter().any(|d| matches!(d, Disagreement::EventMissing { .. })));
}

#[tokio::test]
async fn a_leaf_cut_from_the_end_is_found_by_the_checkpoint() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    act(&test, partition, 5).await;
    test.sequence(partition).await;
    tamper(&test, &format!("delete from log_leaf where partition_id = '{partition}' and leaf_index = 5")).await;
    let keys = test.app.db.keys().verifiers();
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(!verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn without_a_checkpoint_kept_outside_the_report_says_what_stays_unproved() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    act(&test, partition, 3).await;
    test.sequence(partition).await;
    let keys = test.app.db.keys().verifiers();
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(verdict.log.unproved.contains(&ledger::Unproved::NoOutsideCheckpoint));
    let checkpoint = test
        .app
        .db
        .read(&Actor::SYSTEM, "test.checkpoint", async |tx| store::latest_checkpoint(tx, partition).await)
        .await
        .unwrap()
        .unwrap();
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[&checkpoint.note]).await.unwrap();
    assert!(verdict.is_whole() && verdict.log.unproved.is_empty(), "{verdict}");
}

#[tokio::test]
async fn an_event_kept_out_of_the_log_is_found() {
    let test = TestApp::new().await;
    let partition = test.agency().await;
    test.sequence(partition).await;
    let recorded = act(&test, partition, 1).await;
    test.sequence(partition).await;
    // As if the row had been taken off the queue before any sequencer saw it.
    let hidden = crate::kernel::id::EventId::new();
    tamper(
        &test,
        &format!(
            "insert into event (partition_id, id, act_id, name, occurred_at, nonce, body, leaf_hash)
             select partition_id, '{hidden}', act_id, name, occurred_at, nonce, body, leaf_hash from event where id = '{id}';
             insert into log_promise (partition_id, event_id, promise, due_at)
             select partition_id, '{hidden}', promise, due_at from log_promise where event_id = '{id}'",
            id = recorded.id
        ),
    )
    .await;
    let keys = test.app.db.keys().verifiers();
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(verdict.disagreements.contains(&Disagreement::EventKeptOut { event: hidden.to_string() }), "{verdict}");
    test.app.clock().advance(chrono::TimeDelta::seconds(61));
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(verdict.disagreements.contains(&Disagreement::PromiseBroken { event: hidden.to_string() }), "{verdict}");
}

/// What an agency has after a year's work: a declaration sent online and received, one on paper with shortcomings and a
/// demand, its file, their obligations; the plan of the campaign and a reminder to someone who is late.
pub(crate) async fn worked(test: &TestApp) -> (PartitionId, OrganisationId) {
    let (partition, unit) = (test.agency().await, test.unit().await);
    let (_, sent) = test.declarant(partition, unit, "Đặng Hữu Cường", "092087831496").await;
    let declarant = test.declarant_browser(&sent).await;
    let token = test.token(&declarant).await;
    let submitted = submit_with_reasons(test, &token, sent.id).await;
    let of_unit = test.unit_officer(partition, unit).await;
    // The unit demands that it be completed, and it is sent again.
    let first = submitted["declaration"].as_str().unwrap().parse().unwrap();
    crate::declaration::demand::tests::demanded_of(test, &of_unit, first).await;
    submit_with_reasons(test, &token, sent.id).await;
    let unit_officer = test.token(&of_unit).await;
    let receipt = serde_json::json!(
        {"received_on": "2025-12-08", "receiver_name": "Lê Thị Nhận", "receiver_position": "Chuyên viên"});
    let path = format!("/api/v1/declarations/{}/receipt", submitted["declaration"].as_str().unwrap());
    assert_eq!(test.api(&unit_officer, "POST", &path, None, Some(&receipt)).await.status, 201);
    let received = submitted["declaration"].as_str().unwrap().parse().unwrap();
    // What was received is corrected in part.
    let correction = crate::declaration::correction::tests::proposed_of(test, &declarant, received).await;
    crate::declaration::correction::tests::decided(test, &of_unit, correction).await;
    crate::handover::tests::handed_over(test, &of_unit, partition, received).await;
    crate::disclosure::tests::posted(test, &of_unit, partition, received).await;
    let (on_paper, _) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let intake = read_paper(test, &officer, b"%PDF-1.4 tampered with").await;
    // Without address and area the first plot is not whole: a demand to complete is proposed.
    let emptied = [("revision", "0"), ("act", "save"), ("assets[0].address", ""), ("assets[0].area_m2", "")];
    test.post(Some(&officer), &format!("/tiep-nhan/{intake}"), &emptied).await;
    let acceptance = Acceptance { revision: 1, who: Who::Known(on_paper), kind: None };
    let accepted = accept::accept(&test.app, &officer.actor, intake, &acceptance, None).await.unwrap();
    let accept::Outcome::Accepted(accepted) = accepted else { panic!("{accepted:?}") };
    assert!(accepted.shortcomings > 0, "the paper leaves something open");
    let (_, issue) = reminded(test, &of_unit, partition, "Mai Văn Trễ", "051080000124").await;
    delivered(test, &of_unit, issue).await;
    planned(test, &officer, "9/KH-TTT", "2025-12-15").await.unwrap();
    // Two declarations are asked for before an appointment; one plan comes to nothing.
    for day in ["2026-02-02", "2026-03-03"] {
        let plan = Planned { occasion: Occasion::Appointment, on: day.parse().unwrap() };
        let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"").unwrap();
        let owed = oblige::plan(&test.app, &of_unit.actor, on_paper, plan, &once).await.unwrap();
        if day == "2026-03-03" {
            oblige::take_back(&test.app, &of_unit.actor, owed.obligation).await.unwrap();
        }
    }
    test.sequence(partition).await;
    (partition, unit)
}

/// Every change behind the service's back that `verify-log` promises to find, one by one: it is found under its own
/// name, and once undone the log is whole again.
#[tokio::test]
async fn each_change_behind_the_services_back_is_found_under_its_name() {
    let test = TestApp::new().await;
    let ((p, _), elsewhere) = (worked(&test).await, test.agency().await);
    let keys = test.app.db.keys().verifiers();
    let check = async || verify_partition(&test.app.db, &test.app.files, p, &keys, &[]).await.unwrap();
    let before = check().await;
    assert!(before.is_whole(), "{before}");
    assert_eq!((before.versions, before.files.len()), (4, 1));

    let flip = |table: &str, column: &str| {
        format!(
            "update {table} set {column} = set_byte({column}, 0, get_byte({column}, 0) # 1) where partition_id = '{p}'"
        )
    };
    // Done twice, each of these is undone.
    let mut changes: Vec<(&str, String, Option<String>)> =
        ["document_hash", "sealed_hash", "facts_hash", "form_hash", "rule_set_hash"]
            .map(|column| ("VersionDiffers", flip("declaration_version", column), None))
            .to_vec();
    changes.extend([
        ("VersionDiffers", format!("update declaration set kind = case kind when 'ANNUAL' then 'FIRST' else 'ANNUAL' end where partition_id = '{p}'"), None),
        ("VersionDiffers", format!("update declaration set channel = case channel when 'PAPER' then 'ONLINE' else 'PAPER' end where partition_id = '{p}'"), None),
        ("ObligationDiffers",
         format!("update obligation set due_on = due_on + 1 where partition_id = '{p}' and occasion is not null"),
         Some(format!("update obligation set due_on = due_on - 1 where partition_id = '{p}' and occasion is not null"))),
        ("ObligationDiffers",
         format!("update obligation set occasion_on = occasion_on + 1 where partition_id = '{p}' and occasion is not null"),
         Some(format!("update obligation set occasion_on = occasion_on - 1 where partition_id = '{p}' and occasion is not null"))),
        ("ObligationDiffers",
         format!("update obligation set occasion = case occasion when 'APPROVAL' then 'APPOINTMENT' else 'APPROVAL' end where partition_id = '{p}' and occasion is not null"), None),
        ("ObligationDiffers",
         format!("update obligation set taken_back = false where partition_id = '{p}' and taken_back"),
         Some(format!("update obligation set taken_back = true where partition_id = '{p}' and occasion is not null and ended_on is not null"))),
        ("ObligationDiffers",
         format!("update obligation set ended_on = due_on where partition_id = '{p}' and occasion is not null and not taken_back"),
         Some(format!("update obligation set ended_on = null where partition_id = '{p}' and occasion is not null and not taken_back"))),
        ("ObligationDiffers",
         format!("update obligation set ended_on = ended_on + 1 where partition_id = '{p}' and ended_on is not null"),
         Some(format!("update obligation set ended_on = ended_on - 1 where partition_id = '{p}' and ended_on is not null"))),
        ("ObligationDiffers",
         format!("update obligation set year = year + 1 where partition_id = '{p}' and declared_at is not null"),
         Some(format!("update obligation set year = year - 1 where partition_id = '{p}' and declared_at is not null"))),
        ("ObligationDiffers",
         format!("update obligation set rule_set = '~' || rule_set where partition_id = '{p}' and state = 'OPEN'"),
         Some(format!("update obligation set rule_set = substr(rule_set, 2) where partition_id = '{p}' and state = 'OPEN'"))),
        ("ObligationDiffers",
         format!("update obligation o set unit_id = (select id from organisation where id <> o.unit_id order by id limit 1) where partition_id = '{p}' and state = 'OPEN'"),
         Some(format!("update obligation o set unit_id = (select unit_id from person q where q.partition_id = o.partition_id and q.id = o.person_id) where partition_id = '{p}' and state = 'OPEN'"))),
        ("ObligationDiffers",
         format!("insert into obligation (partition_id, id, unit_id, person_id, kind, year, rule_set, due_on, created_at, updated_at, updated_by) \
                  select partition_id, '00000000-0000-0000-0000-000000000002', unit_id, person_id, 'ANNUAL', 2001, rule_set, due_on, created_at, updated_at, updated_by \
                  from obligation where partition_id = '{p}' limit 1"),
         Some(format!("delete from obligation where partition_id = '{p}' and year = 2001"))),
        ("VersionDiffers",
         format!("update declaration set completed_on = completed_on + 1 where partition_id = '{p}'"),
         Some(format!("update declaration set completed_on = completed_on - 1 where partition_id = '{p}'"))),
        ("VersionUnlogged",
         format!("update declaration_version set event_id = overlay(event_id::text placing case left(event_id::text, 1) when '0' then '1' else '0' end from 1 for 1)::uuid where partition_id = '{p}'"), None),
        ("DocumentDiffers", flip("declaration_version", "document_sealed"), None),
        ("FactsDiffer", format!("update asset_fact set amount = amount # 1 where partition_id = '{p}'"), None),
        ("FactsOrphaned", flip("asset_fact", "tag"), None),
        ("MarksDiffer", flip("declaration_mark", "mark"), None),
        ("MarksDiffer",
         format!("update declaration_mark set path = case when path like '~%' then substr(path, 2) else '~' || path end where partition_id = '{p}'"), None),
        ("FindingsDiffer", format!("update shortcoming set path = case when path like '~%' then substr(path, 2) else '~' || path end where partition_id = '{p}'"), None),
        ("FindingsDiffer", format!("update shortcoming set severity = translate(severity, 'BW', 'WB') where partition_id = '{p}'"), None),
        ("FindingsDiffer",
         format!("update shortcoming set reason_sealed = '\\x00' where partition_id = '{p}' and reason_sealed is null"),
         Some(format!("update shortcoming set reason_sealed = null where partition_id = '{p}' and reason_sealed = '\\x00'"))),
        ("FindingsDiffer",
         format!("update completion_demand set rules = rules || array['G99'] where partition_id = '{p}'"),
         Some(format!("update completion_demand set rules = array_remove(rules, 'G99') where partition_id = '{p}'"))),
        ("FindingsDiffer",
         format!("insert into completion_demand select partition_id, '00000000-0000-0000-0000-000000000001', declaration_id, unit_id, person_id, state, array['G98'], created_at, created_by, version_id from completion_demand where partition_id = '{p}'"),
         Some(format!("delete from completion_demand where partition_id = '{p}' and rules = array['G98']"))),
        ("VersionDiffers",
         format!("update declaration_version set source_file_id = null where partition_id = '{p}'"),
         Some(format!("update declaration_version v set source_file_id = (select id from file where partition_id = '{p}') where partition_id = '{p}' and act = 'INTAKE'"))),
        ("EventRelabelled",
         format!("update event set name = 'person.' || name where partition_id = '{p}'"),
         Some(format!("update event set name = substr(name, 8) where partition_id = '{p}'"))),
        ("EventRelabelled",
         format!("update event set occurred_at = occurred_at + interval '1 day' where partition_id = '{p}'"),
         Some(format!("update event set occurred_at = occurred_at - interval '1 day' where partition_id = '{p}'"))),
        ("PapersMiscounted", format!("update paper_progress set state = case state when 'RECORDED' then 'WAITING' else 'RECORDED' end where partition_id = '{p}'"), None),
        ("FileDiffers", flip("file", "original_sha256"), None),
        ("ReceiptDiffers",
         format!("update receipt set received_on = received_on + 1 where partition_id = '{p}'"),
         Some(format!("update receipt set received_on = received_on - 1 where partition_id = '{p}'"))),
        ("ReceiptDiffers", flip("receipt", "receiver_name_sealed"), None),
        ("ReceiptDiffers",
         format!("update receipt r set version_id = (select id from declaration_version v where v.declaration_id = r.declaration_id and version = 1) where partition_id = '{p}'"),
         Some(format!("update receipt r set version_id = (select id from declaration_version v where v.declaration_id = r.declaration_id and version = 2) where partition_id = '{p}'"))),
        ("VersionDiffers", flip("declaration_version", "previous_hash"), None),
        ("VersionDiffers",
         format!("update declaration_version set completed_on = completed_on + 1 where partition_id = '{p}' and version = 2"),
         Some(format!("update declaration_version set completed_on = completed_on - 1 where partition_id = '{p}' and version = 2"))),
        ("FactsDiffer", flip("asset_fact_replaced", "tag"), None),
        ("DemandDiffers", flip("demand", "reasons_sealed"), None),
        ("DemandDiffers", flip("demand", "issue_hash"), None),
        ("DemandDiffers",
         format!("update demand set answered_on = answered_on + 1 where partition_id = '{p}'"),
         Some(format!("update demand set answered_on = answered_on - 1 where partition_id = '{p}'"))),
        ("CorrectionDiffers", flip("correction", "proposal_sealed"), None),
        ("CorrectionDiffers", flip("correction", "verdicts_sealed"), None),
        ("CorrectionDiffers",
         format!("update correction set due_on = due_on + 1 where partition_id = '{p}'"),
         Some(format!("update correction set due_on = due_on - 1 where partition_id = '{p}'"))),
        ("HandOverDiffers", flip("hand_over", "hander_name_sealed"), None),
        ("HandOverDiffers", flip("hand_over_item", "document_hash"), None),
        ("CampaignDiffers", flip("campaign_plan", "record_hash"), None),
        ("CampaignDiffers", flip("reminder", "signer_name_sealed"), None),
        ("CampaignDiffers", format!("update reminder_delivery set way = case way when 'HANDED' then 'POSTED' else 'HANDED' end where partition_id = '{p}'"), None),
        ("DisclosureDiffers", flip("disclosure", "place_sealed"), None),
        ("DisclosureDiffers", flip("disclosure_item", "document_hash"), None),
        ("ObligationDiffers", format!("update obligation set channel = case channel when 'PAPER' then 'ONLINE' when 'ONLINE' then 'PAPER' end where partition_id = '{p}'"), None),
    ]);
    // What is gone: the row moved out of the partition.
    for (name, table) in [
        ("VersionMissing", "declaration_version"),
        ("FindingsDiffer", "shortcoming"),
        ("MarksDiffer", "declaration_mark"),
        ("FindingsDiffer", "completion_demand"),
        ("FileDiffers", "file"),
        ("ReceiptDiffers", "receipt"),
        ("DemandDiffers", "demand"),
        ("CorrectionDiffers", "correction"),
        ("FactsDiffer", "asset_fact_replaced"),
        ("HandOverDiffers", "hand_over"),
        ("HandOverDiffers", "hand_over_item"),
        ("CampaignDiffers", "campaign_plan"),
        ("CampaignDiffers", "reminder"),
        ("CampaignDiffers", "reminder_delivery"),
        ("DisclosureDiffers", "disclosure"),
        ("DisclosureDiffers", "disclosure_item"),
        ("ObligationDiffers", "obligation"),
    ] {
        changes.push((
            name,
            format!("update {table} set partition_id = '{elsewhere}' where partition_id = '{p}'"),
            Some(format!("update {table} set partition_id = '{p}' where partition_id = '{elsewhere}'")),
        ));
    }
    for (name, change, undo) in &changes {
        tamper(&test, change).await;
        let verdict = check().await;
        let found = verdict.disagreements.iter().any(|d| format!("{d:?}").starts_with(name));
        assert!(found, "{name} after: {change}\n{verdict}");
        tamper(&test, undo.as_ref().unwrap_or(change)).await;
        let verdict = check().await;
        assert!(verdict.is_whole(), "undone: {change}\n{verdict}");
    }
    a_changed_file_is_found(&test, p).await;
}

async fn a_changed_file_is_found(test: &TestApp, partition: PartitionId) {
    let keys = test.app.db.keys().verifiers();
    let mut folders = vec![test.app.config.files_folder()];
    let mut changed = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(&path, bytes).unwrap();
            changed += 1;
        }
    }
    assert_eq!(changed, 1);
    let verdict = verify_partition(&test.app.db, &test.app.files, partition, &keys, &[]).await.unwrap();
    assert!(verdict.disagreements.iter().any(|d| matches!(d, Disagreement::FileDiffers { .. })), "{verdict}");
}

/// Whoever can write an event into the database cannot have a record compared with it instead of with the first.
#[tokio::test]
async fn what_is_said_once_is_not_said_again() {
    let test = TestApp::new().await;
    let (partition, _) = worked(&test).await;
    let actor = crate::kernel::Actor::system_in(partition);
    let before = test.verdict(partition).await;
    assert!(before.is_whole(), "{before}");
    let mut again = Vec::new();
    for (names, key) in crate::audit::verify::once::ONCE {
        for name in *names {
            let first = test.events(partition, name).await.into_iter().find(|body| body["ids"][key].is_string());
            again.extend(first.map(|body| (*name, *key, body["ids"][key].as_str().unwrap().to_owned())));
        }
    }
    assert!(again.len() > 3, "{again:?}");
    for (name, key, id) in &again {
        let of: uuid::Uuid = id.parse().unwrap();
        let write = async |tx: &mut crate::kernel::Tx| {
            tx.record(crate::kernel::Event::new(name, partition).id(key, of)).map(|_| ())
        };
        test.app.db.write(&actor, "test.again", write).await.unwrap();
    }
    let verdict = test.verdict(partition).await;
    for (name, _, id) in &again {
        let is_told = |one: &Disagreement| matches!(one, Disagreement::ToldTwice { name: of, id: about, .. } if of == name && about == id);
        assert!(verdict.disagreements.iter().any(is_told), "{name}: {verdict}");
    }
}
