//! "Công văn đôn đốc kê khai": the employing unit's written reminder to a person who has not declared in time (article 20,
//! clause 2, Nghị định 130/2020/NĐ-CP), in the layout of Nghị định 30/2020/NĐ-CP. One letter for each person, all of one
//! document in one file.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::hand_over::Party;
use super::words::hash_groups;
use super::{Fonts, PrintError};

/// What all letters of a document share.
#[derive(Debug, Clone)]
pub struct ReminderIssue {
    /// "12/STC-VP"
    pub document_no: String,
    /// 1 or 2.
    pub number: i16,
    pub superior_name: Option<String>,
    pub unit_name: String,
    /// Where the unit is, if known: "Quảng Ngãi".
    pub place: Option<String>,
    pub issued_on: NaiveDate,
    pub answer_by: NaiveDate,
    pub signer: Party,
    /// "khoản 2 Điều 20 Nghị định 130/2020/NĐ-CP"
    pub basis: String,
    pub letters: Vec<ReminderLetter>,
    /// When the document was made here; the date of the PDF.
    pub made_at: DateTime<Utc>,
}

/// One person's letter.
#[derive(Debug, Clone)]
pub struct ReminderLetter {
    pub full_name: String,
    pub position: String,
    /// "Kê khai hằng năm", and its year.
    pub kind: String,
    pub year: i16,
    /// The law's last day, and its article.
    pub due_on: NaiveDate,
    pub due_basis: String,
    /// Number and day of the first reminder, on a second.
    pub after: Option<(String, NaiveDate)>,
    /// Hash the log keeps of the reminder.
    pub record_sha256: [u8; 32],
}

/// Prints the letters of one document, each on a page of its own.
///
/// # Errors
/// [`PrintError::Nothing`] for a document without letters.
pub fn reminders_pdf(fonts: &Fonts, issue: &ReminderIssue) -> Result<Vec<u8>, PrintError> {
    let Some(first) = issue.letters.first() else { return Err(PrintError::Nothing) };
    let ident = format!("reminder {} {}", issue.document_no, hex::encode(first.record_sha256));
    let data = IssueText::new(issue);
    print(fonts, Job { template: include_str!("reminder.typ"), data: &data, dated: issue.made_at, ident })
}

/// The document as the template reads it: text only.
#[derive(Serialize)]
struct IssueText<'a> {
    document_no: &'a str,
    number: i16,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    place: Option<&'a str>,
    day: String,
    answer_by: String,
    signer: &'a Party,
    basis: &'a str,
    letters: Vec<LetterText<'a>>,
}

#[derive(Serialize)]
struct LetterText<'a> {
    full_name: &'a str,
    position: &'a str,
    kind: String,
    year: String,
    due_on: String,
    due_basis: &'a str,
    after: Option<AfterText<'a>>,
    hash: String,
}

#[derive(Serialize)]
struct AfterText<'a> {
    document_no: &'a str,
    day: String,
}

impl<'a> IssueText<'a> {
    fn new(issue: &'a ReminderIssue) -> Self {
        Self {
            document_no: &issue.document_no,
            number: issue.number,
            superior_name: issue.superior_name.as_deref(),
            unit_name: &issue.unit_name,
            place: issue.place.as_deref(),
            day: viet::date::format_long(issue.issued_on),
            answer_by: viet::date::format_long(issue.answer_by),
            signer: &issue.signer,
            basis: &issue.basis,
            letters: issue.letters.iter().map(LetterText::new).collect(),
        }
    }
}

impl<'a> LetterText<'a> {
    fn new(letter: &'a ReminderLetter) -> Self {
        Self {
            full_name: &letter.full_name,
            position: &letter.position,
            kind: letter.kind.to_lowercase(),
            year: letter.year.to_string(),
            due_on: viet::date::format_long(letter.due_on),
            due_basis: &letter.due_basis,
            after: letter
                .after
                .as_ref()
                .map(|(document_no, day)| AfterText { document_no, day: viet::date::format_long(*day) }),
            hash: hash_groups(&letter.record_sha256),
        }
    }
}
