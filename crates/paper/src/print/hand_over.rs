//! "Biên bản bàn giao bản kê khai": what the employing unit hands to the control agency (article 38, clause 3, Luật Phòng,
//! chống tham nhũng 2018), in the layout of Nghị định 30/2020/NĐ-CP, with the sides that have signed so far.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::words::{hash_groups, hash_short};
use super::{Fonts, PrintError};

/// A person who signs for a side.
#[derive(Debug, Clone, Serialize)]
pub struct Party {
    pub name: String,
    pub position: String,
}

/// One declaration of the batch.
#[derive(Debug, Clone)]
pub struct RecordRow {
    pub full_name: String,
    pub position: String,
    /// "Kê khai hằng năm".
    pub kind: String,
    pub year: i16,
    /// When the unit received it.
    pub received_on: NaiveDate,
    pub copies: u32,
    pub document_sha256: [u8; 32],
    /// Why it was not there, once the agency counted.
    pub missing: Option<String>,
}

/// A batch, as its record states it.
#[derive(Debug, Clone)]
pub struct HandOverRecord {
    /// "05/BB".
    pub reference: String,
    pub superior_name: Option<String>,
    pub unit_name: String,
    pub agency_name: String,
    /// Where the unit is, if known: "Quảng Ngãi".
    pub place: Option<String>,
    pub handed_on: NaiveDate,
    pub hander: Party,
    /// Who took it and when; `None` until the agency did.
    pub taken: Option<(Party, NaiveDate)>,
    /// "khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018".
    pub basis: String,
    pub rows: Vec<RecordRow>,
    /// When the batch was made; the date of the PDF.
    pub made_at: DateTime<Utc>,
    /// Hash the log keeps of the unit's side, and of the agency's.
    pub sent_sha256: [u8; 32],
    pub taken_sha256: Option<[u8; 32]>,
}

/// Prints the record: A4, as many pages as the list needs.
///
/// # Errors
/// [`PrintError::Nothing`] for an empty batch.
pub fn hand_over_pdf(fonts: &Fonts, record: &HandOverRecord) -> Result<Vec<u8>, PrintError> {
    if record.rows.is_empty() {
        return Err(PrintError::Nothing);
    }
    let last = record.taken_sha256.unwrap_or(record.sent_sha256);
    let ident = format!("hand-over {} {}", record.reference, hex::encode(last));
    let data = RecordText::new(record);
    print(fonts, Job { template: include_str!("hand_over.typ"), data: &data, dated: record.made_at, ident })
}

/// The record as the template reads it: text only.
#[derive(Serialize)]
struct RecordText<'a> {
    reference: &'a str,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    agency_name: &'a str,
    place: Option<&'a str>,
    day: String,
    hander: &'a Party,
    taker: Option<&'a Party>,
    taken_day: Option<String>,
    basis: &'a str,
    rows: Vec<RowText<'a>>,
    /// Copies in all, of those that were there, and of those that were not.
    copies: String,
    taken_copies: String,
    missing_copies: String,
    missing: Vec<MissingText<'a>>,
    sent_sha256: String,
    taken_sha256: Option<String>,
}

#[derive(Serialize)]
struct RowText<'a> {
    number: usize,
    full_name: &'a str,
    position: &'a str,
    kind: &'a str,
    year: String,
    received_on: String,
    copies: String,
    hash: String,
}

#[derive(Serialize)]
struct MissingText<'a> {
    number: usize,
    full_name: &'a str,
    reason: &'a str,
}

impl<'a> RecordText<'a> {
    fn new(record: &'a HandOverRecord) -> Self {
        let missing = |(index, row): (usize, &'a RecordRow)| {
            let reason = row.missing.as_deref()?;
            Some(MissingText { number: index + 1, full_name: &row.full_name, reason })
        };
        Self {
            reference: &record.reference,
            superior_name: record.superior_name.as_deref(),
            unit_name: &record.unit_name,
            agency_name: &record.agency_name,
            place: record.place.as_deref(),
            day: viet::date::format_long(record.handed_on),
            hander: &record.hander,
            taker: record.taken.as_ref().map(|(party, _)| party),
            taken_day: record.taken.as_ref().map(|(_, day)| viet::date::format_long(*day)),
            basis: &record.basis,
            rows: record.rows.iter().enumerate().map(RowText::new).collect(),
            copies: copies_of(record.rows.iter()),
            taken_copies: copies_of(record.rows.iter().filter(|row| row.missing.is_none())),
            missing_copies: copies_of(record.rows.iter().filter(|row| row.missing.is_some())),
            missing: record.rows.iter().enumerate().filter_map(missing).collect(),
            sent_sha256: hash_groups(&record.sent_sha256),
            taken_sha256: record.taken_sha256.as_ref().map(hash_groups),
        }
    }
}

fn copies_of<'a>(rows: impl Iterator<Item = &'a RecordRow>) -> String {
    format!("{:02}", rows.map(|row| row.copies).sum::<u32>())
}

impl<'a> RowText<'a> {
    fn new((index, row): (usize, &'a RecordRow)) -> Self {
        Self {
            number: index + 1,
            full_name: &row.full_name,
            position: &row.position,
            kind: &row.kind,
            year: row.year.to_string(),
            received_on: viet::date::format_short(row.received_on),
            copies: format!("{:02}", row.copies),
            hash: hash_short(&row.document_sha256),
        }
    }
}
