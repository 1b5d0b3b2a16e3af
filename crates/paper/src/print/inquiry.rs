//! "Yêu cầu cung cấp thông tin": what a control agency asks of a unit or of a declarant (article 31, Luật Phòng, chống tham
//! nhũng 2018; article 6, Nghị định 130/2020/NĐ-CP), as a letter in the layout of Nghị định 30/2020/NĐ-CP.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::hand_over::Party;
use super::words::hash_groups;
use super::{Fonts, PrintError};

/// A request, as its letter states it. Texts of several lines come line by line.
#[derive(Debug, Clone)]
pub struct InquiryLetter {
    /// "12/TTT-NV1"
    pub document_no: String,
    pub agency_name: String,
    /// Where the agency is, if known: "Quảng Ngãi".
    pub place: Option<String>,
    pub issued_on: NaiveDate,
    /// "Sở Tài chính tỉnh Quảng Ngãi", "Ông/Bà Nguyễn Văn An, Kế toán trưởng"
    pub to: String,
    /// Whose matter it is, where a unit is asked about one of its people.
    pub about: Option<String>,
    /// Number and day of the request this one asks more about: "12/TTT-NV1 ngày 08 tháng 12 năm 2025".
    pub first: Option<String>,
    /// a) of article 6.2
    pub purpose: Vec<String>,
    /// b)
    pub information: Vec<String>,
    /// c), with the law's days and their article
    pub due_on: NaiveDate,
    pub days: u32,
    pub term_basis: String,
    /// Articles the agency asks by.
    pub basis: String,
    /// d)
    pub guidance: Vec<String>,
    /// đ); empty where nothing else is asked.
    pub other: Vec<String>,
    pub signer: Party,
    /// When the request was made here; the date of the PDF.
    pub made_at: DateTime<Utc>,
    /// Hash the log keeps of the request.
    pub inquiry_sha256: [u8; 32],
}

/// Prints the letter.
///
/// # Errors
/// [`PrintError::Nothing`] for a request that asks for nothing.
pub fn inquiry_pdf(fonts: &Fonts, letter: &InquiryLetter) -> Result<Vec<u8>, PrintError> {
    if letter.information.is_empty() {
        return Err(PrintError::Nothing);
    }
    let ident = format!("inquiry {} {}", letter.document_no, hex::encode(letter.inquiry_sha256));
    let data = LetterText::new(letter);
    print(fonts, Job { template: include_str!("inquiry.typ"), data: &data, dated: letter.made_at, ident })
}

/// The letter as the template reads it: text only.
#[derive(Serialize)]
struct LetterText<'a> {
    document_no: &'a str,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    place: Option<&'a str>,
    day: String,
    to: &'a str,
    about: Option<&'a str>,
    first: Option<&'a str>,
    purpose: &'a [String],
    information: &'a [String],
    due_on: String,
    days: String,
    term_basis: &'a str,
    basis: &'a str,
    guidance: &'a [String],
    other: &'a [String],
    signer: &'a Party,
    hash: String,
}

impl<'a> LetterText<'a> {
    fn new(letter: &'a InquiryLetter) -> Self {
        Self {
            document_no: &letter.document_no,
            superior_name: None,
            unit_name: &letter.agency_name,
            place: letter.place.as_deref(),
            day: viet::date::format_long(letter.issued_on),
            to: &letter.to,
            about: letter.about.as_deref(),
            first: letter.first.as_deref(),
            purpose: &letter.purpose,
            information: &letter.information,
            due_on: viet::date::format_long(letter.due_on),
            days: format!("{:02}", letter.days),
            term_basis: &letter.term_basis,
            basis: &letter.basis,
            guidance: &letter.guidance,
            other: &letter.other,
            signer: &letter.signer,
            hash: hash_groups(&letter.inquiry_sha256),
        }
    }
}
