//! CMS SignedData (RFC 5652) with the signed attributes of CAdES-BES (RFC 5126): making it, and judging it.
use chrono::{DateTime, Utc};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode, Encode, Sequence};
use x509_cert::Certificate;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use crate::algorithm::{self, Fault, Hash};
use crate::certificate::{self, Identity, Purpose, Trust, describe, identity};
use crate::key::SigningKey;
use crate::report::{CheckKind, Report};
use crate::{Error, Result, sha256};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// RFC 5035; the hash is SHA-256 where none is named.
#[derive(Sequence)]
struct EssCertIdV2 {
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// Who signs, with what, and when they say so.
pub struct Signer<'a> {
    pub key: &'a dyn SigningKey,
    pub certificate: &'a Certificate,
    /// Certificates between it and a root, handed along.
    pub between: &'a [Certificate],
    pub at: DateTime<Utc>,
}

/// A signature over bytes that stand elsewhere, given in pieces (PAdES, and the hash of a document).
///
/// # Errors
/// When the key does not sign.
pub fn sign_detached(signer: &Signer<'_>, pieces: &[&[u8]], with_signing_time: bool) -> Result<Vec<u8>> {
    let digest = sha256(pieces);
    let content = EncapsulatedContentInfo { econtent_type: DATA, econtent: None };
    signed_data(signer, content, &digest, with_signing_time)
}

/// A signature that carries what it signs, under its type (a time stamp's TSTInfo).
pub(crate) fn sign_enclosed(signer: &Signer<'_>, content_type: ObjectIdentifier, content: &[u8]) -> Result<Vec<u8>> {
    let digest = sha256(&[content]);
    let econtent = Some(Any::encode_from(&OctetString::new(content)?)?);
    signed_data(signer, EncapsulatedContentInfo { econtent_type: content_type, econtent }, &digest, true)
}

fn signed_data(
    signer: &Signer<'_>,
    content: EncapsulatedContentInfo,
    digest: &[u8],
    with_signing_time: bool,
) -> Result<Vec<u8>> {
    let digest_alg = AlgorithmIdentifierOwned { oid: algorithm::SHA256, parameters: None };
    let attributes = signed_attributes(signer, content.econtent_type, digest, with_signing_time)?;
    let value = signer.key.sign(&attributes.to_der()?)?;
    let tbs = &signer.certificate.tbs_certificate;
    let sid = IssuerAndSerialNumber { issuer: tbs.issuer.clone(), serial_number: tbs.serial_number.clone() };
    let version = if content.econtent_type == DATA { CmsVersion::V1 } else { CmsVersion::V3 };
    let info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(sid),
        digest_alg: digest_alg.clone(),
        signed_attrs: Some(attributes),
        signature_algorithm: signer.key.algorithm(),
        signature: OctetString::new(value)?,
        unsigned_attrs: None,
    };
    let handed = std::iter::once(signer.certificate).chain(signer.between);
    let certificates: Vec<_> = handed.cloned().map(CertificateChoices::Certificate).collect();
    let data = SignedData {
        version,
        digest_algorithms: SetOfVec::try_from(vec![digest_alg])?,
        encap_content_info: content,
        certificates: Some(CertificateSet(SetOfVec::try_from(certificates)?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![info])?),
    };
    Ok(ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&data)? }.to_der()?)
}

fn signed_attributes(
    signer: &Signer<'_>,
    content_type: ObjectIdentifier,
    digest: &[u8],
    with_signing_time: bool,
) -> Result<Attributes> {
    let hash = sha256(&[&signer.certificate.to_der()?]);
    let id = EssCertIdV2 { hash_algorithm: None, cert_hash: OctetString::new(hash)?, issuer_serial: None };
    let mut attributes = vec![
        attribute(CONTENT_TYPE, &content_type)?,
        attribute(MESSAGE_DIGEST, &OctetString::new(digest)?)?,
        attribute(SIGNING_CERTIFICATE_V2, &SigningCertificateV2 { certs: vec![id], policies: None })?,
    ];
    if with_signing_time {
        let seconds = u64::try_from(signer.at.timestamp()).map_err(|_| Error::Unsupported("a time before 1970"))?;
        let time = UtcTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
        attributes.push(attribute(SIGNING_TIME, &Time::UtcTime(time))?);
    }
    Ok(SetOfVec::try_from(attributes)?)
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

/// What a signature says of itself; to be believed only as far as the report goes.
#[derive(Debug, Clone)]
pub struct SignerFacts {
    pub identity: Identity,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// When the signer says they signed.
    pub signing_time: Option<DateTime<Utc>>,
    /// The signature value: what a time stamp is over.
    pub value: Vec<u8>,
}

/// A signature with its judgement.
#[derive(Debug, Clone)]
pub struct Signature {
    pub report: Report,
    /// Nothing when the signature cannot be read.
    pub signer: Option<SignerFacts>,
}

/// Judges a detached signature over bytes given in pieces.
pub fn verify_detached(der: &[u8], pieces: &[&[u8]], trust: &Trust, at: DateTime<Utc>) -> Signature {
    let mut report = Report::default();
    let signer = match parse(der) {
        Ok(data) if data.encap_content_info.econtent.is_some() || data.encap_content_info.econtent_type != DATA => {
            report.failed(CheckKind::Structure, "Chữ ký mang nội dung riêng; yêu cầu chữ ký rời (detached).");
            None
        }
        Ok(data) => judge(&mut report, &data, pieces, trust, Purpose::Document, at),
        Err(_) => {
            report.failed(CheckKind::Structure, "Không đọc được chữ ký: không đúng cấu trúc CMS mã hóa DER.");
            None
        }
    };
    Signature { report, signer }
}

/// Judges a signature that carries its content under a type; also the content.
pub(crate) fn verify_enclosed(
    report: &mut Report,
    der: &[u8],
    content_type: ObjectIdentifier,
    trust: &Trust,
    purpose: Purpose,
    at: DateTime<Utc>,
) -> Option<(Vec<u8>, SignerFacts)> {
    let data = parse(der).ok().filter(|data| data.encap_content_info.econtent_type == content_type);
    let content = data.as_ref().and_then(|data| data.encap_content_info.econtent.as_ref()?.decode_as().ok());
    let (Some(data), Some(content)) = (data, content.map(|content: OctetString| content.into_bytes())) else {
        report.failed(CheckKind::Structure, "Không đọc được chữ ký kèm nội dung.");
        return None;
    };
    let facts = judge(report, &data, &[&content], trust, purpose, at)?;
    Some((content, facts))
}

/// The value of a signature of one person, read and not judged.
pub fn value(der: &[u8]) -> Option<Vec<u8>> {
    match parse(der).ok()?.signer_infos.0.as_slice() {
        [info] => Some(info.signature.as_bytes().to_vec()),
        _ => None,
    }
}

fn parse(der: &[u8]) -> Result<SignedData> {
    let info = ContentInfo::from_der(der)?;
    if info.content_type != SIGNED_DATA {
        return Err(Error::Unsupported("not SignedData"));
    }
    Ok(info.content.decode_as()?)
}

fn judge(
    report: &mut Report,
    data: &SignedData,
    pieces: &[&[u8]],
    trust: &Trust,
    purpose: Purpose,
    at: DateTime<Utc>,
) -> Option<SignerFacts> {
    let handed = handed(data);
    let [info] = data.signer_infos.0.as_slice() else {
        report.failed(CheckKind::Structure, "Chữ ký phải của đúng một người.");
        return None;
    };
    let Some(signer) = handed.iter().find(|certificate| is_named(certificate, &info.sid)) else {
        report.failed(CheckKind::Structure, "Chữ ký không kèm chứng thư của người ký.");
        return None;
    };
    let Some(hash) = Hash::of(&info.digest_alg.oid) else {
        let weak = Fault::Weak(format!("hàm băm {} (yêu cầu SHA-256 trở lên)", info.digest_alg.oid));
        report.failed(CheckKind::Algorithm, describe(&weak, "Hàm băm của nội dung"));
        return None;
    };
    let attributes = signed_part(report, info, data.encap_content_info.econtent_type)?;
    judge_content(report, hash, &attributes, pieces);
    judge_value(report, info, &attributes, signer);
    judge_signing_certificate(report, &attributes, signer);
    certificate::judge(report, signer, &handed, trust, purpose, at);
    Some(SignerFacts {
        identity: identity(signer),
        certificate: signer.to_der().ok()?,
        signing_time: one::<Time>(&attributes, SIGNING_TIME).map(|time| certificate::instant(&time)),
        value: info.signature.as_bytes().to_vec(),
    })
}

fn handed(data: &SignedData) -> Vec<Certificate> {
    let choices = data.certificates.iter().flat_map(|set| set.0.iter());
    choices
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect()
}

fn is_named(certificate: &Certificate, sid: &SignerIdentifier) -> bool {
    let tbs = &certificate.tbs_certificate;
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            tbs.issuer == named.issuer && tbs.serial_number == named.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => {
            tbs.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *named)
        }
    }
}

/// The signed attributes, when those are there that must be: without them only the bare content would be signed, and
/// nothing would bind the certificate.
fn signed_part(report: &mut Report, info: &SignerInfo, content_type: ObjectIdentifier) -> Option<Attributes> {
    let kind = CheckKind::Attributes;
    let Some(attributes) = &info.signed_attrs else {
        report.failed(kind, "Chữ ký không có thuộc tính được ký; yêu cầu chữ ký theo chuẩn CAdES.");
        return None;
    };
    let mut kinds: Vec<_> = attributes.iter().map(|attribute| attribute.oid).collect();
    kinds.sort();
    if kinds.windows(2).any(|pair| pair[0] == pair[1]) {
        report.failed(kind, "Một thuộc tính được ký xuất hiện hai lần.");
        return None;
    }
    if one::<ObjectIdentifier>(attributes, CONTENT_TYPE) != Some(content_type) {
        report.failed(kind, "Thiếu thuộc tính loại nội dung (content-type), hoặc thuộc tính này không đúng.");
        return None;
    }
    if one::<OctetString>(attributes, MESSAGE_DIGEST).is_none() {
        report.failed(kind, "Thiếu thuộc tính mã băm nội dung (message-digest).");
        return None;
    }
    if one::<SigningCertificateV2>(attributes, SIGNING_CERTIFICATE_V2).is_none() {
        report.failed(
            kind,
            "Thiếu thuộc tính gắn chứng thư (signing-certificate-v2); yêu cầu chữ ký theo chuẩn CAdES hoặc PAdES.",
        );
        return None;
    }
    report.passed(kind, "Chữ ký có đủ thuộc tính được ký theo chuẩn CAdES.");
    Some(attributes.clone())
}

/// The single value of an attribute.
fn one<T: for<'a> Decode<'a>>(attributes: &Attributes, oid: ObjectIdentifier) -> Option<T> {
    let attribute = attributes.iter().find(|attribute| attribute.oid == oid)?;
    let [value] = attribute.values.as_slice() else { return None };
    T::from_der(&value.to_der().ok()?).ok()
}

fn judge_content(report: &mut Report, hash: Hash, attributes: &Attributes, pieces: &[&[u8]]) {
    let kind = CheckKind::Content;
    let signed = one::<OctetString>(attributes, MESSAGE_DIGEST);
    if signed.is_some_and(|signed| signed.as_bytes() == hash.digest(pieces)) {
        report.passed(kind, "Mã băm trong chữ ký khớp với nội dung.");
    } else {
        report.failed(kind, "Nội dung không phải là nội dung đã ký: mã băm không khớp.");
    }
}

fn judge_value(report: &mut Report, info: &SignerInfo, attributes: &Attributes, signer: &Certificate) {
    let Ok(message) = attributes.to_der() else {
        return report.failed(CheckKind::SignatureValue, "Không đọc được thuộc tính được ký.");
    };
    let key = &signer.tbs_certificate.subject_public_key_info;
    let stated = Some(&info.digest_alg.oid);
    match algorithm::verify(key, &info.signature_algorithm, stated, &message, info.signature.as_bytes()) {
        Ok(()) => {
            report.passed(CheckKind::Algorithm, "Thuật toán ký đủ mạnh.");
            report.passed(CheckKind::SignatureValue, "Chữ ký được tạo bằng khóa của chứng thư.");
        }
        Err(fault @ Fault::Weak(_)) => report.failed(CheckKind::Algorithm, describe(&fault, "Thuật toán ký")),
        Err(fault @ Fault::Wrong) => {
            report.failed(CheckKind::SignatureValue, describe(&fault, "Giá trị chữ ký"));
        }
    }
}

fn judge_signing_certificate(report: &mut Report, attributes: &Attributes, signer: &Certificate) {
    let kind = CheckKind::SigningCertificate;
    let named = one::<SigningCertificateV2>(attributes, SIGNING_CERTIFICATE_V2);
    let is_own = named.as_ref().and_then(|named| named.certs.first()).is_some_and(|id| {
        let hash = id.hash_algorithm.as_ref().map_or(Some(Hash::Sha256), |algorithm| Hash::of(&algorithm.oid));
        let (Some(hash), Ok(der)) = (hash, signer.to_der()) else { return false };
        hash.digest(&[&der]) == id.cert_hash.as_bytes()
    });
    if is_own {
        report.passed(kind, "Chữ ký ghi đúng chứng thư của người ký.");
    } else {
        report.failed(kind, "Chứng thư kèm theo không phải là chứng thư ghi trong chữ ký.");
    }
}
