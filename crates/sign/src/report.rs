//! What a judgement says: check by check, in words an official accepts, and as a whole.
use serde::{Deserialize, Serialize};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckKind {
    /// The file can be read, and holds the signature asked for.
    Structure,
    /// The file begins with exactly the bytes that were handed out.
    Original,
    /// The signature covers every byte but its own place.
    Coverage,
    /// What was appended changes nothing but the signature itself.
    Increment,
    Algorithm,
    /// The signed attributes a CAdES signature must have.
    Attributes,
    /// The hash in the signature is that of the content.
    Content,
    /// The value was made with the certificate's key.
    SignatureValue,
    /// The signature names its own certificate.
    SigningCertificate,
    /// A path to a trusted root.
    Chain,
    Validity,
    KeyUsage,
    Revocation,
    /// Of a time stamp: that it is for this request.
    TimeStamp,
    /// The person on the certificate is the one who signs.
    Subject,
    /// When the signer says they signed can be.
    SigningTime,
}

impl CheckKind {
    /// What people read beside the outcome.
    pub fn label(self) -> &'static str {
        match self {
            CheckKind::Structure => "Tệp ký số",
            CheckKind::Original => "Đúng tệp đã tải về",
            CheckKind::Coverage => "Chữ ký bao trùm toàn bộ tệp",
            CheckKind::Increment => "Nội dung không thay đổi sau khi tải về",
            CheckKind::Algorithm => "Thuật toán ký",
            CheckKind::Attributes => "Thuộc tính được ký",
            CheckKind::Content => "Nội dung được ký",
            CheckKind::SignatureValue => "Giá trị chữ ký",
            CheckKind::SigningCertificate => "Chứng thư gắn với chữ ký",
            CheckKind::Chain => "Nơi cấp chứng thư",
            CheckKind::Validity => "Thời hạn chứng thư",
            CheckKind::KeyUsage => "Mục đích chứng thư",
            CheckKind::Revocation => "Thu hồi chứng thư",
            CheckKind::TimeStamp => "Dấu thời gian",
            CheckKind::Subject => "Người trên chứng thư",
            CheckKind::SigningTime => "Thời điểm ký",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    Passed,
    Failed,
    NotDecided,
}

/// One thing looked at, with a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub kind: CheckKind,
    pub outcome: Outcome,
    pub said: String,
}

/// The whole: invalid when one check failed, valid when all passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    Valid,
    Invalid,
    NotDecided,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    pub fn passed(&mut self, kind: CheckKind, said: impl Into<String>) {
        self.add(kind, Outcome::Passed, said);
    }

    pub fn failed(&mut self, kind: CheckKind, said: impl Into<String>) {
        self.add(kind, Outcome::Failed, said);
    }

    pub fn not_decided(&mut self, kind: CheckKind, said: impl Into<String>) {
        self.add(kind, Outcome::NotDecided, said);
    }

    fn add(&mut self, kind: CheckKind, outcome: Outcome, said: impl Into<String>) {
        self.checks.push(Check { kind, outcome, said: said.into() });
    }

    /// A report that checked nothing is not a valid one.
    pub fn verdict(&self) -> Verdict {
        let any = |outcome| self.checks.iter().any(|check| check.outcome == outcome);
        if any(Outcome::Failed) {
            Verdict::Invalid
        } else if self.checks.is_empty() || any(Outcome::NotDecided) {
            Verdict::NotDecided
        } else {
            Verdict::Valid
        }
    }

    /// What a check of this kind came to; the worst where there are several.
    pub fn outcome(&self, kind: CheckKind) -> Option<Outcome> {
        let of_kind = || self.checks.iter().filter(|check| check.kind == kind).map(|check| check.outcome);
        [Outcome::Failed, Outcome::NotDecided, Outcome::Passed]
            .into_iter()
            .find(|outcome| of_kind().any(|found| found == *outcome))
    }

    /// The sentences of what failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome == Outcome::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_makes_it_invalid_and_one_doubt_undecided() {
        let mut report = Report::default();
        assert_eq!(report.verdict(), Verdict::NotDecided);
        report.passed(CheckKind::Content, "");
        assert_eq!(report.verdict(), Verdict::Valid);
        report.not_decided(CheckKind::Revocation, "");
        assert_eq!(report.verdict(), Verdict::NotDecided);
        report.failed(CheckKind::Content, "");
        assert_eq!(report.verdict(), Verdict::Invalid);
        assert_eq!(report.outcome(CheckKind::Content), Some(Outcome::Failed));
        assert_eq!(report.outcome(CheckKind::Chain), None);
    }
}
