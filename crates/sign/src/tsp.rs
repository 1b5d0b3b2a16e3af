//! Time stamps (RFC 3161): the request, and the judgement of the answer.
use chrono::{DateTime, Utc};
use cms::content_info::ContentInfo;
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Any, Decode, Encode, Sequence};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion, TstInfo};

use crate::certificate::{Purpose, Trust};
use crate::report::{CheckKind, Report};
use crate::{Result, algorithm, cms as envelope, sha256};

pub(crate) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// An answer whose status is read as a bare integer, whatever text an authority adds.
#[derive(Sequence)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    #[asn1(optional = "true")]
    pub(crate) token: Option<ContentInfo>,
}

#[derive(Sequence)]
pub(crate) struct Status {
    pub(crate) status: u8,
    #[asn1(optional = "true")]
    pub(crate) text: Option<Vec<Any>>,
    #[asn1(optional = "true")]
    pub(crate) failure: Option<der::asn1::BitString>,
}

/// A request for a stamp over these bytes. `nonce`: random, told again by the answer.
///
/// # Errors
/// Not for the bytes' sake.
pub fn request(bytes: &[u8], nonce: [u8; 16]) -> Result<Vec<u8>> {
    let request = TimeStampReq {
        version: TspVersion::V1,
        message_imprint: imprint(&sha256(&[bytes]))?,
        req_policy: None,
        nonce: Some(nonce_number(nonce)?),
        cert_req: true,
        extensions: None,
    };
    Ok(request.to_der()?)
}

fn imprint(hash: &[u8]) -> Result<MessageImprint> {
    Ok(MessageImprint {
        hash_algorithm: AlgorithmIdentifierOwned { oid: algorithm::SHA256, parameters: None },
        hashed_message: OctetString::new(hash)?,
    })
}

/// A positive number of at most sixteen bytes, in the shortest form DER allows.
fn nonce_number(mut nonce: [u8; 16]) -> Result<Int> {
    nonce[0] = (nonce[0] & 0x3f) | 0x40;
    Ok(Int::new(&nonce)?)
}

/// A stamp with its judgement.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub report: Report,
    /// The token, DER; nothing when the authority gave none.
    pub token: Option<Vec<u8>>,
    pub at: Option<DateTime<Utc>>,
    pub authority: String,
}

/// Judges an authority's answer to a request over `bytes` with `nonce`.
pub fn verify_answer(answer: &[u8], bytes: &[u8], nonce: [u8; 16], trust: &Trust, at: DateTime<Utc>) -> Stamp {
    let mut report = Report::default();
    let Ok(answer) = Answer::from_der(answer) else {
        report.failed(CheckKind::Structure, "Không đọc được trả lời của máy chủ dấu thời gian.");
        return Stamp { report, token: None, at: None, authority: String::new() };
    };
    let token = answer.token.filter(|_| answer.status.status <= 1).and_then(|token| token.to_der().ok());
    let Some(token) = token else {
        let said = format!("Máy chủ dấu thời gian từ chối (trạng thái {}).", answer.status.status);
        report.failed(CheckKind::Structure, said);
        return Stamp { report, token: None, at: None, authority: String::new() };
    };
    verify_token(token, bytes, Some(nonce), trust, at)
}

/// Judges a token over `bytes`; a token kept is judged without its nonce.
pub fn verify_token(token: Vec<u8>, bytes: &[u8], nonce: Option<[u8; 16]>, trust: &Trust, at: DateTime<Utc>) -> Stamp {
    let mut report = Report::default();
    let found = envelope::verify_enclosed(&mut report, &token, TST_INFO, trust, Purpose::TimeStamp, at);
    let info = found.as_ref().and_then(|(content, _)| TstInfo::from_der(content).ok());
    let authority = found.map(|(_, facts)| facts.identity.name).unwrap_or_default();
    let Some(info) = info else {
        report.failed(CheckKind::TimeStamp, "Không đọc được nội dung dấu thời gian.");
        return Stamp { report, token: Some(token), at: None, authority };
    };
    let stamped_at = judge_info(&mut report, &info, bytes, nonce, at);
    Stamp { report, token: Some(token), at: stamped_at, authority }
}

fn judge_info(
    report: &mut Report,
    info: &TstInfo,
    bytes: &[u8],
    nonce: Option<[u8; 16]>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let kind = CheckKind::TimeStamp;
    let seconds = i64::try_from(info.gen_time.to_unix_duration().as_secs()).ok()?;
    let stamped_at = DateTime::from_timestamp(seconds, 0)?;
    let imprint = &info.message_imprint;
    let is_ours =
        imprint.hash_algorithm.oid == algorithm::SHA256 && imprint.hashed_message.as_bytes() == sha256(&[bytes]);
    let is_answer = match nonce {
        None => true,
        Some(nonce) => nonce_number(nonce).ok().is_some_and(|asked| info.nonce.as_ref() == Some(&asked)),
    };
    if !is_ours {
        report.failed(kind, "Dấu thời gian đóng trên nội dung khác.");
    } else if !is_answer {
        report.failed(kind, "Dấu thời gian không phải là trả lời cho yêu cầu này (số nonce khác).");
    } else if stamped_at > at + chrono::TimeDelta::minutes(5) {
        report.failed(kind, "Dấu thời gian ở sau thời điểm kiểm tra.");
    } else {
        // Vietnam keeps UTC+7 all year.
        let time = (stamped_at + chrono::TimeDelta::hours(7)).format("%H:%M:%S ngày %d/%m/%Y");
        report.passed(kind, format!("Dấu thời gian {time} (giờ Việt Nam)."));
    }
    Some(stamped_at)
}
