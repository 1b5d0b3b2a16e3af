//! Signed notes, checkpoints and promises against the published vectors of Go's `sumdb/note`, and their refusals.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]

use std::convert::Infallible;

use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::{
    Checkpoint, CheckpointError, Hash, NoteError, Promise, PromiseError, Signature, SignedNote, Tree, VerifierKey,
};
use proptest::prelude::*;

/// Keys and note of golang.org/x/mod/sumdb/note (note_test.go).
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
/// A second verifier key of the same tests.
const GO_OTHER: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const ORIGIN: &str = "minhbach/0198c0de-0000-7000-8000-000000000001";

fn key_pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn signer(pair: &Ed25519KeyPair) -> impl Fn(&[u8]) -> Result<[u8; 64], Infallible> + '_ {
    |message| Ok(pair.sign(message).as_ref().try_into().unwrap())
}

fn verifier(name: &str, pair: &Ed25519KeyPair) -> VerifierKey {
    VerifierKey::new(name, pair.public_key().as_ref().try_into().unwrap()).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    let root = (0..size).map(|n| Hash::leaf(&n.to_be_bytes())).collect::<Tree>().root();
    Checkpoint { origin: ORIGIN.into(), size, root, extensions: vec![] }
}

#[test]
fn go_keys_round_trip() {
    for text in [GO_VERIFIER, GO_OTHER] {
        assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    }
    let parse = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    assert_eq!(parse(&GO_VERIFIER.replace("c74f20a3", "c74f20a4")), NoteError::KeyIdMismatch);
    assert_eq!(parse(&GO_VERIFIER.replace("PeterNeumann", "Peter Neumann")), NoteError::BadKeyName);
    assert_eq!(parse("PeterNeumann+c74f20a3"), NoteError::BadVerifierKey);
    assert_eq!(parse(&GO_VERIFIER.replace("+ARpc", "+AhpC")), NoteError::BadVerifierKey);
}

#[test]
fn go_note_verifies_and_is_signed_byte_for_byte_alike() {
    let key: VerifierKey = GO_VERIFIER.parse().unwrap();
    let note: SignedNote = GO_NOTE.parse().unwrap();
    assert_eq!(note.verified_by(std::slice::from_ref(&key)).unwrap(), [&key]);
    assert_eq!(note.to_string(), GO_NOTE);
    let seed = STANDARD.decode(GO_SEED).unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed[1..]).unwrap();
    let mut signed = SignedNote::new(note.text().to_owned()).unwrap();
    signed.sign(&key, signer(&pair)).unwrap();
    assert_eq!(signed.to_string(), GO_NOTE);
}

#[test]
fn unknown_signatures_are_ignored_but_a_wrong_known_one_refuses_the_note() {
    let (a, b) = (key_pair(1), key_pair(2));
    let (key_a, key_b) = (verifier("a", &a), verifier("witness.example/b", &b));
    let mut note = SignedNote::new("chữ\n".into()).unwrap();
    note.sign(&key_a, signer(&a)).unwrap();
    note.sign(&key_b, signer(&b)).unwrap();
    let note: SignedNote = note.to_string().parse().unwrap();
    assert_eq!(note.verified_by(std::slice::from_ref(&key_a)).unwrap(), [&key_a]);
    assert_eq!(note.verified_by(&[key_a.clone(), key_b.clone()]).unwrap(), [&key_a, &key_b]);
    assert_eq!(note.verified_by(&[GO_VERIFIER.parse().unwrap()]), Err(NoteError::NoKnownSignature));
    let mut forged = SignedNote::new("khác\n".into()).unwrap();
    forged.sign(&key_a, signer(&a)).unwrap();
    forged.add(note.signatures()[1].clone());
    let keys = [key_a.clone(), key_b];
    assert_eq!(forged.verified_by(&keys), Err(NoteError::BadSignature { name: "witness.example/b".into() }));
    let wrong_key = SignedNote::new("x\n".into()).unwrap().sign(&key_a, signer(&b));
    assert_eq!(wrong_key, Err(NoteError::BadSignature { name: "a".into() }));
    let failing = SignedNote::new("x\n".into()).unwrap().sign(&key_a, |_| Err::<[u8; 64], _>("khóa đã đóng"));
    assert_eq!(failing, Err(NoteError::Signer("khóa đã đóng".into())));
}

#[test]
fn malformed_notes_are_refused() {
    for text in ["", "no newline", "tab\t\n", "cr\r\n"] {
        assert_eq!(SignedNote::new(text.into()), Err(NoteError::BadText), "{text:?}");
    }
    let bad = [
        GO_NOTE.trim_end().to_owned(),
        GO_NOTE.replace("— ", "- "),
        GO_NOTE.replace("\n\n", "\n"),
        GO_NOTE.replace("x08go/", "x08go!"),
        format!("{GO_NOTE}\n"),
        GO_NOTE.to_owned() + &GO_NOTE[GO_NOTE.find('—').unwrap()..].repeat(100),
    ];
    for note in bad {
        assert!(note.parse::<SignedNote>().is_err(), "{note:?}");
    }
    assert_eq!("— a AAAAAA==".parse::<Signature>(), Err(NoteError::BadSignatureLine));
}

#[test]
fn checkpoint_text_is_that_of_tlog_checkpoint() {
    let mut checkpoint = checkpoint(3);
    checkpoint.extensions.push("thời điểm 1".into());
    let root = STANDARD.encode(checkpoint.root.0);
    assert_eq!(checkpoint.to_string(), format!("{ORIGIN}\n3\n{root}\nthời điểm 1\n"));
    assert_eq!(checkpoint.to_string().parse::<Checkpoint>().unwrap(), checkpoint);
    let bad =
        ["", "\n3\nR\n", "o\n03\nR\n", "o\n+3\nR\n", "o\n-3\nR\n", "o\n3\nAA==\n", "o\n3\n", "o\n3\nR", "o\n3\nR\n\n"];
    for text in bad.map(|text| text.replace('R', &root)) {
        assert_eq!(text.parse::<Checkpoint>(), Err(CheckpointError::Malformed), "{text:?}");
    }
}

#[test]
fn checkpoint_opens_only_for_its_own_log_and_key() {
    let (own, other) = (key_pair(1), key_pair(2));
    let key = verifier(ORIGIN, &own);
    let note = checkpoint(3).sign(&key, signer(&own)).unwrap().to_string();
    let keys = [key.clone()];
    assert_eq!(Checkpoint::open(&note, ORIGIN, &keys).unwrap(), checkpoint(3));
    assert!(matches!(Checkpoint::open(&note, "minhbach/x", &keys), Err(CheckpointError::WrongOrigin { .. })));
    let larger = note.replacen("\n3\n", "\n4\n", 1);
    let bad = CheckpointError::Note(NoteError::BadSignature { name: ORIGIN.into() });
    assert_eq!(Checkpoint::open(&larger, ORIGIN, &keys), Err(bad));
    let stranger = verifier("minhbach/other", &other);
    assert!(matches!(checkpoint(3).sign(&stranger, signer(&other)), Err(CheckpointError::WrongOrigin { .. })));
    // A witness's signature alone does not make a checkpoint of the log.
    let mut note = SignedNote::new(checkpoint(3).to_string()).unwrap();
    note.sign(&stranger, signer(&other)).unwrap();
    let alone = Checkpoint::open(&note.to_string(), ORIGIN, &[key.clone(), stranger]);
    assert_eq!(alone, Err(NoteError::NoKnownSignature.into()));
    let unreadable = Checkpoint { extensions: vec![String::new()], ..checkpoint(3) };
    assert_eq!(unreadable.sign(&key, signer(&own)), Err(CheckpointError::Malformed));
}

#[test]
fn checkpoints_extend_one_another_by_proof() {
    let tree: Tree = (0..9u64).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
    let proof = tree.prove_consistency(3, 9).unwrap();
    checkpoint(9).verify_extends(&checkpoint(3), &proof).unwrap();
    assert!(checkpoint(9).verify_extends(&checkpoint(4), &proof).is_err());
    let elsewhere = Checkpoint { origin: "minhbach/x".into(), ..checkpoint(3) };
    assert!(checkpoint(9).verify_extends(&elsewhere, &proof).is_err());
    let rewritten = Checkpoint { root: Hash([9; 32]), ..checkpoint(3) };
    assert!(checkpoint(9).verify_extends(&rewritten, &proof).is_err());
}

fn promise() -> Promise {
    let event_hash = Hash([0xab; 32]);
    Promise { log_origin: ORIGIN.into(), event_hash, promised_at_ms: 1_763_757_600_123, max_merge_delay_s: 60 }
}

#[test]
fn promise_text_and_signature() {
    let pair = key_pair(1);
    let key = verifier(ORIGIN, &pair);
    let note = promise().sign(&key, signer(&pair)).unwrap().to_string();
    let text = format!("minhbach-promise-v1\n{ORIGIN}\n{}\n1763757600123\n60\n", "ab".repeat(32));
    assert!(note.starts_with(&(text + "\n— ")), "{note}");
    assert_eq!(Promise::open(&note, &key).unwrap(), promise());
    assert_eq!(promise().due_ms(), 1_763_757_660_123);
    let later = note.replacen("\n60\n", "\n61\n", 1);
    assert!(matches!(Promise::open(&later, &key), Err(PromiseError::Note(NoteError::BadSignature { .. }))));
    let other = verifier("minhbach/other", &pair);
    assert!(matches!(Promise::open(&note, &other), Err(PromiseError::WrongOrigin { .. })));
    assert!(matches!(promise().sign(&other, signer(&pair)), Err(PromiseError::WrongOrigin { .. })));
}

#[test]
fn a_promise_is_never_a_checkpoint_nor_the_reverse() {
    assert!(promise().to_string().parse::<Checkpoint>().is_err());
    assert!(checkpoint(3).to_string().parse::<Promise>().is_err());
    let text = promise().to_string();
    let bad =
        [text.replace("-v1", "-v2"), text.clone() + "x\n", text.replace("\n60", "\n060"), text.replace("abab", "ABAB")];
    for text in bad {
        assert_eq!(text.parse::<Promise>(), Err(PromiseError::Malformed), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_changed_byte_of_a_signed_checkpoint_is_refused(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let pair = key_pair(1);
        let key = verifier(ORIGIN, &pair);
        let note = checkpoint(5).sign(&key, signer(&pair)).unwrap().to_string();
        let mut bytes = note.clone().into_bytes();
        let index = at.index(bytes.len());
        bytes[index] = to;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert_eq!(Checkpoint::open(&changed, ORIGIN, &[key]).is_ok(), changed == note);
        }
    }
}
