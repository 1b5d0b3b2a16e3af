//! A log exported, then changed in every way the auditor must notice.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]

use std::convert::Infallible;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ledger::{
    Checkpoint, Finding, Frontier, Hash, Leaf, Record, Report, Unproved, VerifierKey, Which, event_leaf, verify_export,
};

const ORIGIN: &str = "minhbach/0198c0de-0000-7000-8000-000000000001";

/// A log of `events` with a checkpoint at each of `sizes`, signed with the key of `seed`.
struct Log {
    leaves: Vec<Leaf>,
    checkpoints: Vec<String>,
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn key(seed: u8) -> VerifierKey {
    VerifierKey::new(ORIGIN, pair(seed).public_key().as_ref().try_into().unwrap()).unwrap()
}

fn sign(seed: u8, size: u64, root: Hash) -> String {
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root, extensions: vec![] };
    let pair = pair(seed);
    let signer = |text: &[u8]| Ok::<_, Infallible>(pair.sign(text).as_ref().try_into().unwrap());
    checkpoint.sign(&key(seed), signer).unwrap().to_string()
}

fn leaf(index: u64, event: String) -> Leaf {
    let nonce = [index as u8; 32];
    Leaf { index, leaf_hash: event_leaf(&nonce, event.as_bytes()), nonce, event }
}

fn log(events: u64, sizes: &[u64]) -> Log {
    let leaves: Vec<_> = (0..events).map(|n| leaf(n, format!(r#"{{"act":"submit","id":{n}}}"#))).collect();
    let checkpoints = sizes.iter().map(|size| sign(1, *size, root(&leaves[..*size as usize]))).collect();
    Log { leaves, checkpoints }
}

fn root(leaves: &[Leaf]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.append(leaf.leaf_hash, |_, _| ()));
    frontier.root()
}

impl Log {
    fn export(&self) -> String {
        let checkpoints = self.checkpoints.iter().map(|note| Record::Checkpoint { note: note.clone() });
        let leaves = self.leaves.iter().cloned().map(Record::Leaf);
        [Record::header(ORIGIN)].into_iter().chain(checkpoints).chain(leaves).map(|r| r.to_line().unwrap()).collect()
    }

    fn verify(&self, since: Option<&str>) -> Report {
        verify(&self.export(), since)
    }
}

fn verify(export: &str, since: Option<&str>) -> Report {
    verify_export(export.as_bytes(), ORIGIN, &[key(1)], since).unwrap()
}

#[test]
fn a_whole_log_is_whole_and_says_what_rests_on_its_own_word() {
    let log = log(10, &[0, 4, 4, 9]);
    let report = log.verify(None);
    assert_eq!(report.findings, []);
    assert_eq!((report.leaves, report.checkpoints, report.proved_size, report.anchored_size), (10, 4, 9, 0));
    assert_eq!(report.unproved, [Unproved::NoOutsideCheckpoint, Unproved::NoCheckpoint { from: 9, to: 10 }]);
    let report = log.verify(Some(&log.checkpoints[2]));
    assert_eq!((report.is_whole(), report.anchored_size), (true, 4));
    let after = Unproved::AfterOutsideCheckpoint { from: 4, to: 10 };
    assert_eq!(report.unproved, [after, Unproved::NoCheckpoint { from: 9, to: 10 }]);
    let full = sign(1, 10, root(&log.leaves));
    assert_eq!(log.verify(Some(&full)).unproved, []);
    let report = self::log(0, &[]).verify(None);
    assert_eq!((report.findings, report.unproved), (vec![], vec![Unproved::NoOutsideCheckpoint]));
}

#[test]
fn a_changed_event_is_named() {
    let mut log = log(10, &[10]);
    log.leaves[6].event = r#"{"act":"delete","id":6}"#.into();
    let report = log.verify(None);
    assert!(matches!(report.findings[..], [Finding::EventMismatch { index: 6, .. }]), "{report}");
    assert!(report.to_string().contains("Sự kiện của lá số 6 đã bị sửa"), "{report}");
    log.leaves[6].event = "không phải JSON".into();
    assert!(log.verify(None).findings.contains(&Finding::EventNotCanonical { index: 6 }));
}

#[test]
fn a_changed_nonce_is_named() {
    let mut log = log(10, &[10]);
    log.leaves[3].nonce[31] ^= 1;
    assert!(matches!(log.verify(None).findings[..], [Finding::EventMismatch { index: 3, .. }]));
}

#[test]
fn an_event_and_its_hash_changed_together_break_the_checkpoints_after_it() {
    let mut log = log(10, &[4, 7, 10]);
    log.leaves[5] = leaf(5, r#"{"act":"other","id":5}"#.into());
    let report = log.verify(None);
    let place = |finding: &Finding| match finding {
        Finding::RootMismatch { which, size, good_size, .. } => (*which, *size, *good_size),
        other => panic!("{other}"),
    };
    let failing: Vec<_> = report.findings.iter().map(place).collect();
    assert_eq!(failing, [(Which::Logged(2), 7, 4), (Which::Logged(3), 10, 4)]);
    assert_eq!(report.proved_size, 4);
}

#[test]
fn an_event_hashed_without_being_canonical_is_named() {
    let mut log = log(3, &[]);
    log.leaves[1] = leaf(1, r#"{"id":1,"act":"submit"}"#.into());
    assert_eq!(log.verify(None).findings, [Finding::EventNotCanonical { index: 1 }]);
}

#[test]
fn a_missing_leaf_is_named_and_later_roots_are_unproved() {
    let mut log = log(10, &[4, 10]);
    log.leaves.drain(5..7);
    let report = log.verify(None);
    assert_eq!(report.findings, [Finding::LeavesMissing { from: 5, to: 7 }]);
    assert!(report.unproved.contains(&Unproved::RootsAfterGap { from: 5 }));
    assert_eq!((report.proved_size, report.leaves), (4, 8));
}

#[test]
fn repeated_and_swapped_leaves_are_named() {
    let mut repeated = log(6, &[6]);
    repeated.leaves.insert(3, repeated.leaves[2].clone());
    assert_eq!(repeated.verify(None).findings, [Finding::LeafRepeated { index: 2 }]);
    let mut swapped = log(6, &[6]);
    swapped.leaves.swap(2, 3);
    let findings = swapped.verify(None).findings;
    assert_eq!(findings[..2], [Finding::LeavesMissing { from: 2, to: 3 }, Finding::LeafRepeated { index: 2 }]);
    let mut renumbered = log(6, &[6]);
    renumbered.leaves.swap(2, 3);
    (renumbered.leaves[2].index, renumbered.leaves[3].index) = (2, 3);
    assert!(matches!(renumbered.verify(None).findings[..], [Finding::RootMismatch { size: 6, .. }]));
}

#[test]
fn a_cut_off_end_shows_by_the_checkpoint_and_without_it_only_by_the_one_kept_outside() {
    let mut log = log(10, &[5, 10]);
    let outside = log.checkpoints[1].clone();
    log.leaves.truncate(7);
    let cut = |which| Finding::LeavesCutOff { which, size: 10, leaves: 7 };
    assert_eq!(log.verify(None).findings, [cut(Which::Logged(2))]);
    log.checkpoints.pop();
    assert_eq!(log.verify(None).findings, []);
    assert_eq!(log.verify(Some(&outside)).findings, [cut(Which::Outside)]);
}

#[test]
fn a_log_made_anew_by_the_holder_of_the_key_shows_only_against_an_outside_checkpoint() {
    let outside = log(10, &[8]).checkpoints[0].clone();
    let mut anew = log(10, &[]);
    anew.leaves[2] = leaf(2, r#"{"act":"nothing","id":2}"#.into());
    anew.checkpoints = vec![sign(1, 8, root(&anew.leaves[..8])), sign(1, 10, root(&anew.leaves))];
    let report = anew.verify(None);
    assert!(report.is_whole() && report.unproved.contains(&Unproved::NoOutsideCheckpoint));
    let report = anew.verify(Some(&outside));
    assert!(matches!(report.findings[0], Finding::Fork { which: Which::Outside, size: 8, .. }), "{report}");
    assert!(matches!(report.findings[1], Finding::RootMismatch { which: Which::Outside, size: 8, .. }), "{report}");
    assert_eq!(report.anchored_size, 0);
}

#[test]
fn shrinking_forked_foreign_and_unsigned_checkpoints_are_named() {
    let mut log = log(6, &[4, 2, 6]);
    log.checkpoints.push(sign(1, 6, Hash([3; 32])));
    log.checkpoints.push(sign(2, 6, root(&log.leaves)));
    log.checkpoints.push("rác".into());
    let findings = log.verify(None).findings;
    let refused =
        |n| findings.iter().any(|f| matches!(f, Finding::CheckpointRefused { which: Which::Logged(m), .. } if *m == n));
    assert!(refused(5) && refused(6) && !refused(1));
    assert!(findings.contains(&Finding::CheckpointShrinks { which: Which::Logged(2), size: 2, before: 4 }));
    let fork = |f: &Finding| matches!(f, Finding::Fork { which: Which::Logged(4), size: 6, .. });
    assert!(findings.iter().any(fork));
    // The true checkpoint of that size still counts.
    assert_eq!(log.verify(None).proved_size, 6);
}

#[test]
fn a_log_whose_key_was_changed_verifies_with_both_keys() {
    let mut log = log(6, &[3]);
    log.checkpoints.push(sign(2, 6, root(&log.leaves)));
    let report = verify_export(log.export().as_bytes(), ORIGIN, &[key(1), key(2)], None).unwrap();
    assert_eq!((report.findings, report.proved_size), (vec![], 6));
}

#[test]
fn damaged_lines_are_named_by_number() {
    let export = log(4, &[4]).export();
    let unreadable = |export: &str| {
        let findings = verify(export, None).findings;
        findings
            .iter()
            .filter_map(|f| if let Finding::LineUnreadable { line, .. } = f { Some(*line) } else { None })
            .collect::<Vec<_>>()
    };
    assert_eq!(unreadable(&export), [0u64; 0]);
    assert_eq!(unreadable(""), [1]);
    assert_eq!(unreadable(&export.replacen("export/1", "export/9", 1)), [1]);
    assert_eq!(unreadable(&export.replacen(ORIGIN, "minhbach/x", 1)), [1]);
    let lines: Vec<_> = export.lines().collect();
    assert_eq!(unreadable(&lines[1..].join("\n")), [1]);
    let mut damaged = lines.clone();
    damaged[4] = &damaged[4][..40];
    assert_eq!(unreadable(&damaged.join("\n")), [5]);
    assert!(verify(&damaged.join("\n"), None).findings.contains(&Finding::LeavesMissing { from: 2, to: 3 }));
    let mut misplaced = lines.clone();
    misplaced.swap(1, 3);
    assert_eq!(unreadable(&misplaced.join("\n")), [4]);
    let unknown = export.replacen(r#"{"kind":"leaf","#, r#"{"kind":"leaf","more":1,"#, 1);
    assert_eq!(unreadable(&unknown), [3]);
}

/// Whatever single bit of an export is changed, the verdict changes.
#[test]
fn no_flipped_bit_goes_unnoticed() {
    let log = log(3, &[2, 3]);
    let export = log.export().into_bytes();
    let clean = log.verify(None);
    for at in 0..export.len() {
        for bit in [0, 1, 5] {
            let mut changed = export.clone();
            changed[at] ^= 1 << bit;
            let report = verify_export(&changed[..], ORIGIN, &[key(1)], None).unwrap();
            let same_value = same_records(&changed, &export);
            assert!(same_value || report != clean, "byte {at} bit {bit} unnoticed");
        }
    }
}

/// A flip of 0x20 turns a hexadecimal digit from `a` to `A`: other bytes, the same record.
fn same_records(a: &[u8], b: &[u8]) -> bool {
    let records = |bytes: &[u8]| {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice::<Record>(line).ok()).collect::<Option<Vec<_>>>()
    };
    matches!((records(a), records(b)), (Some(a), Some(b)) if a == b)
}

#[test]
fn the_report_is_vietnamese_and_serialises() {
    let mut log = log(4, &[4]);
    log.leaves.pop();
    let report = log.verify(None);
    let text = report.to_string();
    assert!(text.contains("KHÔNG TOÀN VẸN") && text.contains("phần cuối nhật ký bị mất"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["findings"][0]["kind"], "leaves_cut_off");
    assert_eq!(json["findings"][0]["which"], serde_json::json!({"logged": 1}));
}
