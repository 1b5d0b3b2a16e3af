//! "Yêu cầu hoàn thiện, kê khai lại": what the employing unit demands of a declarant whose declaration is not on the form or
//! not complete (article 38, clause 2, Luật Phòng, chống tham nhũng 2018), as a letter in the layout of Nghị định
//! 30/2020/NĐ-CP.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::hand_over::Party;
use super::words::hash_groups;
use super::{Fonts, PrintError};

/// A demand, as its letter states it.
#[derive(Debug, Clone)]
pub struct DemandLetter {
    /// "01/YC"
    pub document_no: String,
    pub superior_name: Option<String>,
    pub unit_name: String,
    /// Where the unit is, if known: "Quảng Ngãi".
    pub place: Option<String>,
    pub issued_on: NaiveDate,
    pub full_name: String,
    pub position: String,
    /// "Kê khai hằng năm", and its year.
    pub kind: String,
    pub year: i16,
    /// "hoàn thiện bản kê khai"
    pub asks: String,
    /// Each point on a line of its own.
    pub reasons: Vec<String>,
    /// Days to answer, from when the demand reached the declarant, and their article.
    pub days: u32,
    pub basis: String,
    pub signer: Party,
    /// When the demand was made here; the date of the PDF.
    pub made_at: DateTime<Utc>,
    /// Hash the log keeps of the demand.
    pub demand_sha256: [u8; 32],
}

/// Prints the letter.
///
/// # Errors
/// [`PrintError::Nothing`] for a demand that asks for nothing.
pub fn demand_pdf(fonts: &Fonts, letter: &DemandLetter) -> Result<Vec<u8>, PrintError> {
    if letter.reasons.is_empty() {
        return Err(PrintError::Nothing);
    }
    let ident = format!("demand {} {}", letter.document_no, hex::encode(letter.demand_sha256));
    let data = LetterText::new(letter);
    print(fonts, Job { template: include_str!("demand.typ"), data: &data, dated: letter.made_at, ident })
}

/// The letter as the template reads it: text only.
#[derive(Serialize)]
struct LetterText<'a> {
    document_no: &'a str,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    place: Option<&'a str>,
    day: String,
    full_name: &'a str,
    position: &'a str,
    kind: String,
    year: String,
    asks: &'a str,
    reasons: &'a [String],
    days: String,
    basis: &'a str,
    signer: &'a Party,
    hash: String,
}

impl<'a> LetterText<'a> {
    fn new(letter: &'a DemandLetter) -> Self {
        Self {
            document_no: &letter.document_no,
            superior_name: letter.superior_name.as_deref(),
            unit_name: &letter.unit_name,
            place: letter.place.as_deref(),
            day: viet::date::format_long(letter.issued_on),
            full_name: &letter.full_name,
            position: &letter.position,
            kind: letter.kind.to_lowercase(),
            year: letter.year.to_string(),
            asks: &letter.asks,
            reasons: &letter.reasons,
            days: format!("{:02}", letter.days),
            basis: &letter.basis,
            signer: &letter.signer,
            hash: hash_groups(&letter.demand_sha256),
        }
    }
}
