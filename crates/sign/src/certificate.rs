//! Certificates: reading them, whom they name, and the path from a signer to a trusted root (RFC 5280).
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{Decode, Encode, Tag, Tagged};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::time::Time;

use crate::algorithm::{self, Fault};
use crate::report::{CheckKind, Report};
use crate::{Error, Result};

pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
pub const USER_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
pub const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// Extended usages under which people sign: e-mail, client, documents (RFC 9336, Microsoft, Adobe), any.
const SIGNING_USAGES: [ObjectIdentifier; 6] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"),
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),
];
/// Those of a server, of programs, of stamps, of answers about revocation: not of a person.
const OTHER_USAGES: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"),
    TIME_STAMPING,
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9"),
];

/// Certificates between a signer and a root; more is no path of an office.
const LONGEST_PATH: usize = 6;
/// Certificates looked at while a path is sought; a hostile file may hold many that name each other.
const MOST_LOOKED_AT: usize = 64;

/// The bytes of each block with this label.
///
/// # Errors
/// A block that does not end, or is not base64.
pub fn pem_blocks(text: &str, label: &str) -> Result<Vec<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, after) = after.split_once(&end).ok_or(Error::Pem("a block does not end"))?;
        let body: String = body.split_whitespace().collect();
        found.push(STANDARD.decode(body).map_err(|_| Error::Pem("a block is not base64"))?);
        rest = after;
    }
    Ok(found)
}

/// DER as a PEM block.
pub fn to_pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The certificates of a PEM text.
///
/// # Errors
/// One that cannot be read.
pub fn from_pem(text: &str) -> Result<Vec<Certificate>> {
    pem_blocks(text, "CERTIFICATE")?.iter().map(|der| Ok(Certificate::from_der(der)?)).collect()
}

fn pem_lists(text: &str) -> Result<Vec<CertificateList>> {
    pem_blocks(text, "X509 CRL")?.iter().map(|der| Ok(CertificateList::from_der(der)?)).collect()
}

/// Whom to trust: roots, certificates between, lists of what was revoked.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub anchors: Vec<Certificate>,
    pub between: Vec<Certificate>,
    pub revocations: Vec<CertificateList>,
}

impl Trust {
    /// Adds what a file holds, as DER or PEM: self-issued certificates are roots, others stand between, `X509 CRL` are
    /// lists. A file that cannot be read whole adds nothing.
    ///
    /// # Errors
    /// A block that cannot be read, or none.
    pub fn add(&mut self, file: &[u8]) -> Result<()> {
        let (certificates, lists) = match std::str::from_utf8(file).ok().filter(|text| text.contains("-----BEGIN ")) {
            Some(text) => (from_pem(text)?, pem_lists(text)?),
            None => match Certificate::from_der(file) {
                Ok(certificate) => (vec![certificate], Vec::new()),
                Err(_) => (Vec::new(), vec![CertificateList::from_der(file)?]),
            },
        };
        if certificates.is_empty() && lists.is_empty() {
            return Err(Error::Pem("no certificate and no list of revocations"));
        }
        for certificate in certificates {
            let is_root = certificate.tbs_certificate.issuer == certificate.tbs_certificate.subject;
            if is_root { self.anchors.push(certificate) } else { self.between.push(certificate) }
        }
        self.revocations.extend(lists);
        Ok(())
    }
}

/// Whom a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The common name, as written.
    pub name: String,
    /// Twelve digits of a personal identification number in serialNumber or UID ("CCCD:012345678901").
    pub personal_number: Option<String>,
    /// The whole subject and issuer, as RFC 4514 writes them.
    pub subject: String,
    pub issuer: String,
    /// Hex.
    pub serial: String,
}

/// Whom a certificate names.
pub fn identity(certificate: &Certificate) -> Identity {
    let tbs = &certificate.tbs_certificate;
    let values = |oid| attributes(certificate).filter(move |a| a.oid == oid).filter_map(text).collect::<Vec<_>>();
    let numbers = [values(SERIAL_NUMBER), values(USER_ID)].concat();
    Identity {
        name: values(COMMON_NAME).pop().unwrap_or_default(),
        personal_number: numbers.iter().find_map(|value| personal_number(value)),
        subject: readable(&tbs.subject),
        issuer: readable(&tbs.issuer),
        serial: hex::encode(tbs.serial_number.as_bytes()),
    }
}

fn readable(name: &x509_cert::name::Name) -> String {
    let part = |attribute: &AttributeTypeAndValue| match text(attribute) {
        Some(value) => format!("{}={value}", short_name(&attribute.oid)),
        None => attribute.to_string(),
    };
    let parts: Vec<String> = name.0.iter().rev().flat_map(|rdn| rdn.0.iter()).map(part).collect();
    parts.join(", ")
}

fn short_name(oid: &ObjectIdentifier) -> String {
    match oid.to_string().as_str() {
        "2.5.4.3" => "CN".into(),
        "2.5.4.5" => "SERIALNUMBER".into(),
        "2.5.4.6" => "C".into(),
        "2.5.4.7" => "L".into(),
        "2.5.4.8" => "ST".into(),
        "2.5.4.10" => "O".into(),
        "2.5.4.11" => "OU".into(),
        "2.5.4.12" => "T".into(),
        "0.9.2342.19200300.100.1.1" => "UID".into(),
        other => other.into(),
    }
}

fn attributes(certificate: &Certificate) -> impl Iterator<Item = &AttributeTypeAndValue> {
    certificate.tbs_certificate.subject.0.iter().flat_map(|rdn| rdn.0.iter())
}

fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let value = &attribute.value;
    if value.tag() == Tag::BmpString {
        let units: Vec<u16> =
            value.value().chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&units).ok();
    }
    String::from_utf8(value.value().to_vec()).ok()
}

/// The number of a personal identification card: "CCCD:012345678901", "CCCD-…", "PNOVN-…" or bare. A number of another
/// kind of paper ("MST:", "CMND:") is none.
fn personal_number(value: &str) -> Option<String> {
    let digits: String = value.chars().skip_while(|c| !c.is_ascii_digit()).collect();
    let prefix = value[..value.len() - digits.len()].trim().trim_end_matches([':', '-', ' ']).to_uppercase();
    let known = ["", "CCCD", "CC", "CĂN CƯỚC", "DDCN", "PNOVN", "IDCVN"].contains(&prefix.as_str());
    (known && digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// What a certificate is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Document,
    TimeStamp,
}

pub fn instant(time: &Time) -> DateTime<Utc> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Judges a signer's certificate at a time: its path to a root, each validity, what it is for, and whether it was revoked.
pub fn judge(
    report: &mut Report,
    signer: &Certificate,
    handed: &[Certificate],
    trust: &Trust,
    purpose: Purpose,
    at: DateTime<Utc>,
) {
    judge_usage(report, signer, purpose);
    let mut looked_at = 0;
    let mut best = Vec::new();
    let path = path_from(signer, handed, trust, at, &mut vec![signer], &mut looked_at, &mut best);
    let Some(path) = path else {
        let why = best.first().cloned().unwrap_or_else(|| {
            "Không tìm thấy nơi cấp chứng thư này trong các tổ chức chứng thực được tin cậy.".to_owned()
        });
        report.failed(CheckKind::Chain, why);
        judge_validity(report, signer, at);
        return;
    };
    let root = path.last().map(|certificate| identity(certificate).name).unwrap_or_default();
    report.passed(CheckKind::Chain, format!("Chứng thư do tổ chức được tin cậy cấp: {root}."));
    judge_validity(report, signer, at);
    judge_revocation(report, &path, trust, at);
}

fn judge_validity(report: &mut Report, certificate: &Certificate, at: DateTime<Utc>) {
    let day = |time: &Time| instant(time).format("%d/%m/%Y").to_string();
    let validity = &certificate.tbs_certificate.validity;
    let said = format!("Chứng thư có hiệu lực từ {} đến {}.", day(&validity.not_before), day(&validity.not_after));
    if is_valid_at(certificate, at) {
        report.passed(CheckKind::Validity, said);
    } else {
        report.failed(CheckKind::Validity, format!("{said} Thời điểm kiểm tra ở ngoài khoảng này."));
    }
}

fn is_valid_at(certificate: &Certificate, at: DateTime<Utc>) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    instant(&validity.not_before) <= at && at <= instant(&validity.not_after)
}

fn judge_usage(report: &mut Report, signer: &Certificate, purpose: Purpose) {
    let kind = CheckKind::KeyUsage;
    let usage = signer.tbs_certificate.get::<KeyUsage>();
    let extended = signer.tbs_certificate.get::<ExtendedKeyUsage>();
    let (Ok(usage), Ok(extended)) = (usage, extended) else {
        return report.failed(kind, "Không đọc được mục đích sử dụng ghi trong chứng thư.");
    };
    if let Some(unknown) = unknown_critical(signer) {
        return report.failed(kind, format!("Chứng thư có điều kiện bắt buộc mà hệ thống không biết ({unknown})."));
    }
    let signs = usage.is_some_and(|(_, usage)| usage.digital_signature() || usage.non_repudiation());
    match purpose {
        Purpose::Document if !signs => {
            report.failed(kind, "Chứng thư không được cấp để ký số (digitalSignature, nonRepudiation).")
        }
        Purpose::Document => judge_extended(report, extended.map(|(_, extended)| extended.0)),
        Purpose::TimeStamp => {
            let only = extended.is_some_and(|(critical, extended)| critical && extended.0 == [TIME_STAMPING]);
            if only {
                report.passed(kind, "Chứng thư được cấp riêng để đóng dấu thời gian.");
            } else {
                report.failed(kind, "Chứng thư không được cấp riêng để đóng dấu thời gian.");
            }
        }
    }
}

/// Without extended usages a key signs whatever its usage allows. One for servers, programs or stamps only is not a
/// person's; one under usages not known here is left to people.
fn judge_extended(report: &mut Report, usages: Option<Vec<ObjectIdentifier>>) {
    let kind = CheckKind::KeyUsage;
    match usages {
        Some(usages) if !usages.iter().any(|usage| SIGNING_USAGES.contains(usage)) => {
            let said: Vec<String> = usages.iter().map(ToString::to_string).collect();
            let said = said.join(", ");
            if usages.iter().all(|usage| OTHER_USAGES.contains(usage)) {
                report.failed(
                    kind,
                    format!("Chứng thư được cấp cho mục đích khác, không phải để người ký văn bản ({said})."),
                );
            } else {
                report.not_decided(kind, format!("Chứng thư ghi mục đích riêng mà hệ thống không biết ({said})."));
            }
        }
        _ => report.passed(kind, "Chứng thư được cấp để ký số."),
    }
}

fn unknown_critical(certificate: &Certificate) -> Option<ObjectIdentifier> {
    let known = [BasicConstraints::OID, KeyUsage::OID, ExtendedKeyUsage::OID, CERTIFICATE_POLICIES];
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    extensions.into_iter().find(|e| e.critical && !known.contains(&e.extn_id)).map(|e| e.extn_id)
}

/// The path from the last certificate of `so_far` to a root, the first that holds; `why` collects what was wrong with
/// the others.
fn path_from<'a>(
    certificate: &'a Certificate,
    handed: &'a [Certificate],
    trust: &'a Trust,
    at: DateTime<Utc>,
    so_far: &mut Vec<&'a Certificate>,
    looked_at: &mut usize,
    why: &mut Vec<String>,
) -> Option<Vec<&'a Certificate>> {
    for (issuer, is_root) in issuers_of(certificate, handed, trust) {
        *looked_at += 1;
        if *looked_at > MOST_LOOKED_AT || so_far.len() > LONGEST_PATH || so_far.contains(&issuer) {
            continue;
        }
        if let Err(fault) = is_issued_by(certificate, issuer, so_far.len() - 1, is_root, at) {
            why.push(fault);
            continue;
        }
        so_far.push(issuer);
        if is_root {
            return Some(so_far.clone());
        }
        if let Some(path) = path_from(issuer, handed, trust, at, so_far, looked_at, why) {
            return Some(path);
        }
        so_far.pop();
    }
    None
}

/// Those whose name stands as issuer, roots first.
fn issuers_of<'a>(
    certificate: &Certificate,
    handed: &'a [Certificate],
    trust: &'a Trust,
) -> Vec<(&'a Certificate, bool)> {
    let name = &certificate.tbs_certificate.issuer;
    let roots = trust.anchors.iter().map(|one| (one, true));
    let others = trust.between.iter().chain(handed).map(|one| (one, false));
    roots.chain(others).filter(|(one, _)| one.tbs_certificate.subject == *name).collect()
}

/// Whether one link holds: the issuer's signature, that it may issue with so many certificates below it, and that it was
/// valid. A root is trusted by being named in the settings; version 1 roots without extensions are refused all the same.
fn is_issued_by(
    certificate: &Certificate,
    issuer: &Certificate,
    below: usize,
    is_root: bool,
    at: DateTime<Utc>,
) -> std::result::Result<(), String> {
    let name = identity(issuer).name;
    let constraints = issuer.tbs_certificate.get::<BasicConstraints>().ok().flatten();
    let Some((_, constraints)) = constraints.filter(|(_, constraints)| constraints.ca) else {
        return Err(format!("Chứng thư của “{name}” không được dùng để cấp chứng thư khác."));
    };
    if constraints.path_len_constraint.is_some_and(|most| below > usize::from(most)) {
        return Err(format!("Chuỗi chứng thư dài hơn mức “{name}” được phép cấp."));
    }
    let usage = issuer.tbs_certificate.get::<KeyUsage>().ok();
    let may_sign = match usage {
        Some(Some((_, usage))) => usage.0.contains(KeyUsages::KeyCertSign),
        Some(None) => is_root,
        None => false,
    };
    if !may_sign {
        return Err(format!("Khóa của “{name}” không được dùng để cấp chứng thư."));
    }
    if let Some(unknown) = unknown_critical(issuer) {
        return Err(format!("Chứng thư của “{name}” có điều kiện bắt buộc mà hệ thống không biết ({unknown})."));
    }
    if !is_valid_at(issuer, at) {
        return Err(format!("Chứng thư của “{name}” không còn hoặc chưa có hiệu lực."));
    }
    if certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return Err("Chứng thư ghi hai thuật toán ký khác nhau.".into());
    }
    let tbs = certificate.tbs_certificate.to_der().map_err(|_| unreadable())?;
    verified_by(issuer, &certificate.signature_algorithm, &tbs, certificate.signature.raw_bytes())
        .map_err(|fault| describe(&fault, &format!("Chữ ký của “{name}” trên chứng thư")))
}

fn unreadable() -> String {
    "Không đọc được chứng thư.".into()
}

fn verified_by(
    issuer: &Certificate,
    algorithm: &x509_cert::spki::AlgorithmIdentifierOwned,
    message: &[u8],
    value: &[u8],
) -> std::result::Result<(), Fault> {
    algorithm::verify(&issuer.tbs_certificate.subject_public_key_info, algorithm, None, message, value)
}

pub(crate) fn describe(fault: &Fault, what: &str) -> String {
    match fault {
        Fault::Weak(weak) => format!("{what} không đủ mạnh hoặc không được chấp nhận: {weak}."),
        Fault::Wrong => format!("{what} không đúng."),
    }
}

/// Every certificate of the path but the root is looked up in the lists at hand. Without a current list nothing is known.
fn judge_revocation(report: &mut Report, path: &[&Certificate], trust: &Trust, at: DateTime<Utc>) {
    let kind = CheckKind::Revocation;
    let mut unknown = false;
    for link in path.windows(2) {
        let [certificate, issuer] = link else { continue };
        match revoked(certificate, issuer, trust, at) {
            Some(Some(day)) => {
                let name = identity(certificate).name;
                let day = day.format("%d/%m/%Y");
                return report.failed(kind, format!("Chứng thư “{name}” đã bị thu hồi ngày {day}."));
            }
            Some(None) => {}
            None => unknown = true,
        }
    }
    if unknown {
        report.not_decided(
            kind,
            "Chưa kiểm tra được việc thu hồi: hệ thống không có danh sách thu hồi còn hạn của nơi cấp chứng thư.",
        );
    } else {
        report.passed(kind, "Chứng thư không có trong danh sách thu hồi.");
    }
}

/// The day a certificate was revoked, or that it was not; nothing without a current list signed by its issuer. A list with
/// a condition that is not understood (`issuingDistributionPoint`, deltas) tells nothing.
fn revoked(
    certificate: &Certificate,
    issuer: &Certificate,
    trust: &Trust,
    at: DateTime<Utc>,
) -> Option<Option<DateTime<Utc>>> {
    let lists = trust.revocations.iter().filter(|list| is_current(list, issuer, at));
    let mut told = None;
    for list in lists {
        let entries = list.tbs_cert_list.revoked_certificates.iter().flatten();
        let serial = &certificate.tbs_certificate.serial_number;
        let entry = entries.into_iter().find(|entry| entry.serial_number == *serial);
        let day = entry.map(|entry| instant(&entry.revocation_date));
        told = Some(told.flatten().or(day));
    }
    told
}

fn is_current(list: &CertificateList, issuer: &Certificate, at: DateTime<Utc>) -> bool {
    let tbs = &list.tbs_cert_list;
    let extensions = tbs.crl_extensions.iter().flatten();
    let has_condition = extensions.into_iter().any(|extension| extension.critical);
    let is_fresh = tbs.next_update.as_ref().is_some_and(|next| at <= instant(next)) && instant(&tbs.this_update) <= at;
    let may_sign = issuer
        .tbs_certificate
        .get::<KeyUsage>()
        .is_ok_and(|usage| usage.is_none_or(|(_, usage)| usage.0.contains(KeyUsages::CRLSign)));
    tbs.issuer == issuer.tbs_certificate.subject
        && !has_condition
        && is_fresh
        && may_sign
        && tbs.signature == list.signature_algorithm
        && tbs.to_der().is_ok_and(|message| {
            verified_by(issuer, &list.signature_algorithm, &message, list.signature.raw_bytes()).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_number_is_known_in_each_way_it_is_written() {
        for value in
            ["CCCD:012345678901", "CCCD-012345678901", "012345678901", "cccd: 012345678901", "PNOVN-012345678901"]
        {
            assert_eq!(personal_number(value).as_deref(), Some("012345678901"), "{value}");
        }
        for value in
            ["MST:0123456789", "CMND:012345678", "MST:012345678901", "", "CCCD:0123456789012", "CCCD:01234567890a"]
        {
            assert_eq!(personal_number(value), None, "{value}");
        }
    }
}
