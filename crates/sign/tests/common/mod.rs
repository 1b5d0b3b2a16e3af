//! A small world of authorities and a document to sign.
use chrono::{DateTime, TimeDelta, Utc};
use sign::Trust;
use sign::pades::Ask;
use sign::practice::{COMMON_NAME, Holder, USER_ID, Wanted};
use x509_cert::ext::pkix::KeyUsages;

/// A record of a hand-over as the service prints it: PDF/A-2b with cross-reference stream and object streams.
pub const HANDED_OUT: &[u8] = include_bytes!("../files/hand-over.pdf");

#[expect(clippy::disallowed_methods, reason = "the peers judge at the machine's own time")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

pub fn wanted<'a>(subject: &'a [(x509_cert::der::asn1::ObjectIdentifier, &'a str)]) -> Wanted<'a> {
    Wanted {
        subject,
        from: now() - TimeDelta::days(1),
        to: now() + TimeDelta::days(300),
        usage: KeyUsages::DigitalSignature.into(),
        issues: None,
        extended: &[],
    }
}

pub fn root() -> Holder {
    let subject = [(COMMON_NAME, "CA THỰC HÀNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ")];
    Holder::root(&Wanted { issues: Some(1), usage: KeyUsages::KeyCertSign | KeyUsages::CRLSign, ..wanted(&subject) })
        .expect("a root")
}

pub const PERSON: [(x509_cert::der::asn1::ObjectIdentifier, &str); 2] =
    [(USER_ID, "CCCD:001065012345"), (COMMON_NAME, "Nguyễn Văn An")];

pub fn person(root: &Holder) -> Holder {
    root.issue(&wanted(&PERSON)).expect("a certificate")
}

pub fn trusting(root: &Holder) -> Trust {
    Trust { anchors: vec![root.certificate.clone()], ..Trust::default() }
}

pub fn ask() -> Ask<'static> {
    Ask { signer_name: "Nguyễn Văn An", reason: "Ký biên bản bàn giao", at: now() }
}
