//! Ours against others': `openssl cms`, `openssl ts`, `pdfsig`.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]
mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{HANDED_OUT, ask, now, person, root, trusting};
use sign::certificate::to_pem;
use sign::practice::{self, Holder, Wanted};
use sign::{CheckKind, Outcome, SoftwareKey, Trust, Verdict, cms, pades, tsp};
use x509_cert::Certificate;
use x509_cert::der::Encode;

fn pem(certificate: &Certificate) -> String {
    to_pem("CERTIFICATE", &certificate.to_der().expect("DER"))
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().expect("the peer is installed")
}

/// What the peer printed, both ways; for its success see the status.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A folder with what both sides need, as files.
fn folder(root: &Holder, person: &Holder) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("root.pem", pem(&root.certificate).as_bytes());
    write("person.pem", pem(&person.certificate).as_bytes());
    write("key.pem", to_pem("PRIVATE KEY", &person.pkcs8).as_bytes());
    write("content", b"what is signed");
    folder
}

fn rsa_person(root: &Holder, bits: &str) -> Holder {
    let made = run(std::env::temp_dir().as_path(), "openssl", &["genpkey", "-algorithm", "RSA", "-pkeyopt", bits]);
    let key = SoftwareKey::from_pem(&String::from_utf8(made.stdout.clone()).unwrap()).unwrap();
    let pkcs8 =
        sign::certificate::pem_blocks(&String::from_utf8(made.stdout).unwrap(), "PRIVATE KEY").unwrap().remove(0);
    let certificate = root.certify(&common::wanted(&common::PERSON), &key).unwrap();
    Holder { certificate, key, pkcs8 }
}

fn openssl_accepts_ours(root: &Holder, person: &Holder) {
    let folder = folder(root, person);
    let ours = cms::sign_detached(&person.signer(now()), &[b"what is ", b"signed"], true).unwrap();
    std::fs::write(folder.path().join("ours.der"), &ours).unwrap();
    let arguments = [
        "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "ours.der", "-content", "content", "-CAfile",
        "root.pem",
    ];
    let answer = run(folder.path(), "openssl", &arguments);
    assert!(answer.status.success(), "{}", said(&answer));
    std::fs::write(folder.path().join("content"), b"what is signeD").unwrap();
    assert!(!run(folder.path(), "openssl", &arguments).status.success());
}

#[test]
fn openssl_accepts_our_detached_signature() {
    let root = root();
    openssl_accepts_ours(&root, &person(&root));
    openssl_accepts_ours(&root, &rsa_person(&root, "rsa_keygen_bits:2048"));
}

#[test]
fn ours_accepts_a_detached_signature_by_openssl() {
    let root = root();
    for person in [person(&root), rsa_person(&root, "rsa_keygen_bits:2048")] {
        let folder = folder(&root, &person);
        for extra in [&["-md", "sha256"][..], &["-md", "sha512"]] {
            let mut arguments = vec!["cms", "-sign", "-cades", "-binary", "-outform", "DER", "-in", "content"];
            arguments.extend(["-signer", "person.pem", "-inkey", "key.pem", "-out", "theirs.der"]);
            arguments.extend(extra);
            let made = run(folder.path(), "openssl", &arguments);
            assert!(made.status.success(), "{}", said(&made));
            let theirs = std::fs::read(folder.path().join("theirs.der")).unwrap();
            let judged = cms::verify_detached(&theirs, &[b"what is signed"], &trusting(&root), now());
            // Without a list of revocations nothing is known of them; all else holds.
            assert_eq!(judged.report.verdict(), Verdict::NotDecided, "{:#?}", judged.report);
            assert_eq!(judged.report.outcome(CheckKind::Revocation), Some(Outcome::NotDecided));
            let other = cms::verify_detached(&theirs, &[b"what is signeD"], &trusting(&root), now());
            assert_eq!(other.report.outcome(CheckKind::Content), Some(Outcome::Failed));
        }
    }
}

#[test]
fn ours_accepts_rsa_pss_by_openssl() {
    let root = root();
    let person = rsa_person(&root, "rsa_keygen_bits:2048");
    let folder = folder(&root, &person);
    let mut arguments = vec!["cms", "-sign", "-cades", "-binary", "-outform", "DER", "-in", "content", "-md", "sha256"];
    arguments.extend(["-signer", "person.pem", "-inkey", "key.pem", "-out", "theirs.der"]);
    arguments.extend(["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"]);
    let made = run(folder.path(), "openssl", &arguments);
    assert!(made.status.success(), "{}", said(&made));
    let theirs = std::fs::read(folder.path().join("theirs.der")).unwrap();
    let judged = cms::verify_detached(&theirs, &[b"what is signed"], &trusting(&root), now());
    assert_eq!(judged.report.outcome(CheckKind::SignatureValue), Some(Outcome::Passed), "{:#?}", judged.report);
}

#[test]
fn a_signature_by_openssl_with_a_weak_hash_key_or_no_bound_certificate_is_refused_with_its_reason() {
    let root = root();
    let person = person(&root);
    let outcome = |person: &Holder, extra: &[&str]| {
        let folder = folder(&root, person);
        let mut arguments = vec!["cms", "-sign", "-binary", "-outform", "DER", "-in", "content"];
        arguments.extend(["-signer", "person.pem", "-inkey", "key.pem", "-out", "theirs.der"]);
        arguments.extend(extra);
        let made = run(folder.path(), "openssl", &arguments);
        assert!(made.status.success(), "{}", said(&made));
        let theirs = std::fs::read(folder.path().join("theirs.der")).unwrap();
        cms::verify_detached(&theirs, &[b"what is signed"], &trusting(&root), now()).report
    };
    let sha1 = outcome(&person, &["-cades", "-md", "sha1"]);
    assert_eq!(sha1.outcome(CheckKind::Algorithm), Some(Outcome::Failed), "{sha1:#?}");
    let unbound = outcome(&person, &["-md", "sha256"]);
    assert_eq!(unbound.outcome(CheckKind::Attributes), Some(Outcome::Failed), "{unbound:#?}");
    let bare = outcome(&person, &["-noattr", "-md", "sha256"]);
    assert_eq!(bare.outcome(CheckKind::Attributes), Some(Outcome::Failed), "{bare:#?}");
    let weak = openssl_rsa_1024(&root);
    assert_eq!(weak.outcome(CheckKind::Algorithm), Some(Outcome::Failed), "{weak:#?}");
}

/// Made by the peer alone: ours makes no such key or certificate.
fn openssl_rsa_1024(root: &Holder) -> sign::Report {
    let folder = folder(root, root);
    let steps: [&[&str]; 3] = [
        &["req", "-newkey", "rsa:1024", "-nodes", "-keyout", "weak.key", "-subj", "/CN=weak", "-out", "weak.csr"],
        &["x509", "-req", "-in", "weak.csr", "-CA", "root.pem", "-CAkey", "key.pem", "-days", "9", "-out", "weak.pem"],
        &[
            "cms",
            "-sign",
            "-cades",
            "-binary",
            "-outform",
            "DER",
            "-in",
            "content",
            "-signer",
            "weak.pem",
            "-inkey",
            "weak.key",
            "-out",
            "theirs.der",
        ],
    ];
    for step in steps {
        let made = run(folder.path(), "openssl", step);
        assert!(made.status.success(), "{}", said(&made));
    }
    let theirs = std::fs::read(folder.path().join("theirs.der")).unwrap();
    cms::verify_detached(&theirs, &[b"what is signed"], &trusting(root), now()).report
}

/// `pdfsig` with a store of its own that trusts the root.
fn pdfsig(root: &Holder, signed: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.pem"), pem(&root.certificate)).unwrap();
    std::fs::write(folder.path().join("signed.pdf"), signed).unwrap();
    std::fs::create_dir(folder.path().join("store")).unwrap();
    let made = run(folder.path(), "certutil", &["-N", "-d", "store", "--empty-password"]);
    assert!(made.status.success(), "{}", said(&made));
    let trusted = ["-A", "-d", "store", "-n", "root", "-t", "CT,C,C", "-i", "root.pem"];
    let added = run(folder.path(), "certutil", &trusted);
    assert!(added.status.success(), "{}", said(&added));
    said(&run(folder.path(), "pdfsig", &["-nssdir", "store", "signed.pdf"]))
}

#[test]
fn pdfsig_accepts_our_pades_and_its_trust() {
    let root = root();
    for person in [person(&root), rsa_person(&root, "rsa_keygen_bits:3072")] {
        let signed = pades::sign(HANDED_OUT, &person.signer(now()), &ask()).unwrap();
        let told = pdfsig(&root, &signed);
        assert!(told.contains("Signature is Valid."), "{told}");
        assert!(told.contains("Certificate is Trusted."), "{told}");
        assert!(told.contains("Total document signed"), "{told}");
        assert!(told.contains("ETSI.CAdES.detached"), "{told}");
        let mut tampered = signed;
        let middle = HANDED_OUT.len() / 2;
        tampered[middle] ^= 1;
        let told = pdfsig(&root, &tampered);
        assert!(!told.contains("Signature is Valid."), "{told}");
    }
}

#[test]
fn pdfsig_accepts_two_signatures_one_after_the_other() {
    let root = root();
    let first = pades::sign(HANDED_OUT, &person(&root).signer(now()), &ask()).unwrap();
    let second = pades::sign(&first, &person(&root).signer(now()), &ask()).unwrap();
    let told = pdfsig(&root, &second);
    assert_eq!(told.matches("Signature is Valid.").count(), 2, "{told}");
    let judged = pades::verify(&second, HANDED_OUT, &trusting(&root), now());
    assert_eq!(judged.signatures.len(), 2);
    assert_eq!(judged.file.verdict(), Verdict::Valid, "{:#?}", judged.file);
    let second_only = pades::verify(&second, &first, &trusting(&root), now()).single();
    assert_eq!(second_only.report.verdict(), Verdict::NotDecided, "{:#?}", second_only.report);
}

fn authority(root: &Holder) -> Holder {
    let subject = [(practice::COMMON_NAME, "TSA THỰC HÀNH")];
    root.issue(&Wanted { extended: &[practice::TIME_STAMPING], ..common::wanted(&subject) }).unwrap()
}

#[test]
fn openssl_accepts_our_authority_s_time_stamp() {
    let root = root();
    let authority = authority(&root);
    let folder = folder(&root, &authority);
    let asked =
        run(folder.path(), "openssl", &["ts", "-query", "-data", "content", "-sha256", "-cert", "-out", "query"]);
    assert!(asked.status.success(), "{}", said(&asked));
    let query = std::fs::read(folder.path().join("query")).unwrap();
    let answer = practice::stamp(&query, &authority, 7, now()).unwrap();
    std::fs::write(folder.path().join("answer"), answer).unwrap();
    let arguments = ["ts", "-verify", "-queryfile", "query", "-in", "answer", "-CAfile", "root.pem"];
    let verified = run(folder.path(), "openssl", &arguments);
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn ours_accepts_a_time_stamp_by_openssl_and_refuses_another_one() {
    let root = root();
    let authority = authority(&root);
    let folder = folder(&root, &authority);
    let nonce = [9; 16];
    std::fs::write(folder.path().join("query"), tsp::request(b"what is signed", nonce).unwrap()).unwrap();
    let settings = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
                    digests = sha256\ness_cert_id_alg = sha256\n";
    std::fs::write(folder.path().join("tsa.cnf"), settings).unwrap();
    std::fs::write(folder.path().join("serial"), "01\n").unwrap();
    let arguments = [
        "ts",
        "-reply",
        "-config",
        "tsa.cnf",
        "-queryfile",
        "query",
        "-signer",
        "person.pem",
        "-inkey",
        "key.pem",
        "-out",
        "answer",
    ];
    let made = run(folder.path(), "openssl", &arguments);
    assert!(made.status.success(), "{}", said(&made));
    let answer = std::fs::read(folder.path().join("answer")).unwrap();
    let trust = Trust { revocations: vec![root.revocations(&[], now()).unwrap()], ..trusting(&root) };
    let judged = |bytes: &[u8], nonce| tsp::verify_answer(&answer, bytes, nonce, &trust, now());
    let good = judged(b"what is signed", nonce);
    assert_eq!(good.report.failures().count(), 0, "{:#?}", good.report);
    assert!(good.at.is_some());
    assert_eq!(judged(b"something else", nonce).report.outcome(CheckKind::TimeStamp), Some(Outcome::Failed));
    assert_eq!(judged(b"what is signed", [8; 16]).report.outcome(CheckKind::TimeStamp), Some(Outcome::Failed));
    let person = person(&root);
    let by_person = practice::stamp(&tsp::request(b"x", nonce).unwrap(), &person, 1, now()).unwrap();
    let by_person = tsp::verify_answer(&by_person, b"x", nonce, &trust, now());
    assert_eq!(by_person.report.outcome(CheckKind::KeyUsage), Some(Outcome::Failed));
}
