//! The judgement of a file that came back: the crate's checks, then whose the certificate is and when it says it signed.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sign::{CheckKind, Report, SignerFacts, Trust, pades};

use super::model::{CertificateFacts, Verdict};
use super::sign::Waiting;
use super::subject::Signer;
use super::trust;
use crate::kernel::{App, Result, clock};

/// How far a signer's clock may be from ours.
const TOLERANCE: TimeDelta = TimeDelta::minutes(10);

/// Reads a hostile file off the async threads; a reader that gives up on it has refused it.
pub(super) async fn read_apart(
    app: &App,
    at: DateTime<Utc>,
    unreadable: &'static str,
    read: impl FnOnce(&Trust, DateTime<Utc>) -> sign::Signature + Send + 'static,
) -> Result<sign::Signature> {
    let of_task = app.clone();
    let judged = tokio::task::spawn_blocking(move || Ok(read(&trust::load(&of_task)?, at))).await;
    judged.unwrap_or_else(|_| {
        let mut report = Report::default();
        report.failed(CheckKind::Structure, unreadable);
        Ok(sign::Signature { report, signer: None })
    })
}

/// The judgement of a file that came back.
pub(super) async fn judge(app: &App, signed: Bytes, original: Vec<u8>, waiting: &Waiting) -> Result<sign::Signature> {
    let at = app.clock().now();
    let verify = move |trust: &Trust, at| pades::verify(&signed, &original, trust, at).single();
    let mut judged = read_apart(app, at, "Không đọc được tệp PDF.", verify).await?;
    if let Some(signer) = &judged.signer {
        compare(&mut judged.report, signer, &waiting.signer);
        // What is signed over did not exist before it was put on record.
        let existed =
            waiting.over.as_ref().map_or(waiting.copy.created_at, |over| over.created_at.max(waiting.copy.created_at));
        let before = "trước khi tệp được tải về để ký lần đầu";
        judge_time(&mut judged.report, signer.signing_time, (existed, before), at);
    }
    Ok(judged)
}

/// What of a judged signature can be put on record; none of one that failed a check.
pub(super) fn acceptable(judged: &sign::Signature) -> Option<(Verdict, &SignerFacts)> {
    let verdict = match judged.report.verdict() {
        sign::Verdict::Valid => Verdict::Valid,
        sign::Verdict::NotDecided => Verdict::NotDecided,
        sign::Verdict::Invalid => return None,
    };
    Some((verdict, judged.signer.as_ref()?))
}

/// Only equal personal numbers establish who it is: names are shared by many, so an equal one leaves it to people too.
fn compare(report: &mut Report, signer: &SignerFacts, ours: &Signer) {
    let kind = CheckKind::Subject;
    let identity = &signer.identity;
    let missing = match (identity.personal_number.as_deref(), ours.number.as_deref()) {
        (Some(theirs), Some(ours)) if theirs == ours => {
            return report.passed(kind, "Số định danh cá nhân trên chứng thư là của người ký.");
        }
        (Some(_), Some(_)) => return report.failed(kind, "Số định danh cá nhân trên chứng thư là của người khác."),
        (None, _) => "chứng thư không ghi số định danh cá nhân",
        (Some(_), None) => "hệ thống không có số định danh cá nhân của người ký để đối chiếu",
    };
    let name = if spelled(&identity.name) == spelled(&ours.name) {
        "Tên trên chứng thư trùng với tên người ký, nhưng nhiều người có thể trùng tên.".to_owned()
    } else {
        format!("Tên trên chứng thư khác tên người ký: “{}”.", identity.name)
    };
    report.not_decided(kind, format!("Chưa xác định được danh tính: {missing}. {name}"));
}

/// A name as it is compared: its marks tell people apart (Sơn Hà, Sơn Hạ), its capitals do not.
fn spelled(name: &str) -> String {
    viet::text::normalise(name).to_lowercase()
}

/// The hour a signer writes is theirs to write: not after ours, and not before what is signed existed.
pub(super) fn judge_time(
    report: &mut Report,
    claimed: Option<DateTime<Utc>>,
    (existed, before): (DateTime<Utc>, &str),
    at: DateTime<Utc>,
) {
    let kind = CheckKind::SigningTime;
    let Some(claimed) = claimed else { return };
    if claimed > at + TOLERANCE {
        let said = "ở sau giờ của hệ thống. Đề nghị chỉnh đồng hồ của máy ký rồi ký lại.";
        report.failed(kind, format!("Thời điểm ký ghi trong chữ ký ({}) {said}", clock::minute(claimed)));
    } else if claimed < existed - TOLERANCE {
        let (claimed, when) = (clock::minute(claimed), clock::minute(existed));
        report.not_decided(kind, format!("Thời điểm ký ghi trong chữ ký ({claimed}) ở {before} ({when})."));
    } else {
        report.passed(kind, "Thời điểm ký (theo người ký) ở giữa lúc có nội dung để ký và lúc nộp.");
    }
}

/// Whom the certificate names, to be kept.
pub(super) fn facts(signer: &SignerFacts) -> CertificateFacts {
    let identity = &signer.identity;
    CertificateFacts {
        name: identity.name.clone(),
        subject: identity.subject.clone(),
        issuer: identity.issuer.clone(),
        serial: identity.serial.clone(),
        der: STANDARD.encode(&signer.certificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_a_signer_writes_lies_between_handing_out_and_now() {
        let minute = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        let outcome = |claimed: Option<i64>| {
            let mut report = Report::default();
            judge_time(&mut report, claimed.map(minute), (minute(100), "trước"), minute(200));
            report.outcome(CheckKind::SigningTime)
        };
        use sign::Outcome::{Failed, NotDecided, Passed};
        for (claimed, expected) in
            [(89, NotDecided), (90, Passed), (150, Passed), (210, Passed), (211, Failed), (0, NotDecided)]
        {
            assert_eq!(outcome(Some(claimed)), Some(expected), "{claimed}");
        }
        assert_eq!(outcome(None), None);
    }
}
