//! The log grows, proves, and notices every change made behind the service's back.
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::verify::{Disagreement, verify_partition};
use super::{Sequencer, place_of, store};
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, Event};
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

async fn sequence(test: &TestApp) {
    let sequencer = Sequencer::new(test.app.db.clone(), 60);
    // Other tests' sequencers may hold a partition for a moment.
    for _ in 0..50 {
        sequencer.run_once().await.unwrap();
        tokio::task::yield_now().await;
    }
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
    sequence(&test).await;
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
    sequence(&test).await;
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
    sequence(&test).await;
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
    sequence(&test).await;
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
    sequence(&test).await;
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
    sequence(&test).await;
    let recorded = act(&test, partition, 1).await;
    sequence(&test).await;
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
