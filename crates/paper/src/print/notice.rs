//! "Thông báo kê khai tài sản, thu nhập": the employing unit tells its people who declares what by when (article 37,
//! clause 1, Luật Phòng, chống tham nhũng 2018), in the layout of Nghị định 30/2020/NĐ-CP.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::hand_over::Party;
use super::{Fonts, PrintError};

/// A notice, as it is signed.
#[derive(Debug, Clone)]
pub struct Notice {
    /// "15/TB-STC"
    pub document_no: String,
    pub superior_name: Option<String>,
    pub unit_name: String,
    pub place: Option<String>,
    pub issued_on: NaiveDate,
    pub signer: Party,
    pub year: i16,
    /// What the plans of the control agencies ask, a sentence each.
    pub plans: Vec<String>,
    pub rows: Vec<NoticeRow>,
    pub made_at: DateTime<Utc>,
}

/// One person and what they owe.
#[derive(Debug, Clone)]
pub struct NoticeRow {
    pub full_name: String,
    pub position: String,
    pub kind: String,
    /// The day the agency's plan asks for, where there is one.
    pub asked_by: Option<NaiveDate>,
    pub due_on: NaiveDate,
    pub basis: String,
}

/// Prints the notice: A4, as many pages as the list needs.
///
/// # Errors
/// [`PrintError::Nothing`] when nobody is in it.
pub fn notice_pdf(fonts: &Fonts, notice: &Notice) -> Result<Vec<u8>, PrintError> {
    if notice.rows.is_empty() {
        return Err(PrintError::Nothing);
    }
    let ident = format!("notice {} {} {}", notice.document_no, notice.issued_on, notice.made_at.timestamp_micros());
    let data = NoticeText::new(notice);
    print(fonts, Job { template: include_str!("notice.typ"), data: &data, dated: notice.made_at, ident })
}

#[derive(Serialize)]
struct NoticeText<'a> {
    document_no: &'a str,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    place: Option<&'a str>,
    day: String,
    signer: &'a Party,
    year: String,
    plans: &'a [String],
    rows: Vec<RowText<'a>>,
}

#[derive(Serialize)]
struct RowText<'a> {
    number: usize,
    full_name: &'a str,
    position: &'a str,
    kind: &'a str,
    asked_by: String,
    due_on: String,
    basis: &'a str,
}

impl<'a> NoticeText<'a> {
    fn new(notice: &'a Notice) -> Self {
        let row = |(index, row): (usize, &'a NoticeRow)| RowText {
            number: index + 1,
            full_name: &row.full_name,
            position: &row.position,
            kind: &row.kind,
            asked_by: row.asked_by.map(viet::date::format_short).unwrap_or_default(),
            due_on: viet::date::format_short(row.due_on),
            basis: &row.basis,
        };
        Self {
            document_no: &notice.document_no,
            superior_name: notice.superior_name.as_deref(),
            unit_name: &notice.unit_name,
            place: notice.place.as_deref(),
            day: viet::date::format_long(notice.issued_on),
            signer: &notice.signer,
            year: notice.year.to_string(),
            plans: &notice.plans,
            rows: notice.rows.iter().enumerate().map(row).collect(),
        }
    }
}
