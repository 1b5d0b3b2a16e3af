//! Minutes of the publication of declarations at the workplace (article 11, Nghị định 130/2020/NĐ-CP): of a posting, or of
//! the meeting at which they were read; in the layout of Nghị định 30/2020/NĐ-CP, with what is known so far.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::words::{hash_groups, hash_short};
use super::{Fonts, Party, PrintError};

/// One declaration that was published.
#[derive(Debug, Clone)]
pub struct PublicationRow {
    pub full_name: String,
    pub position: String,
    /// "Kê khai hằng năm".
    pub kind: String,
    pub year: i16,
    /// When it was handed over to the control agency.
    pub handed_on: NaiveDate,
    pub document_sha256: [u8; 32],
}

/// The meeting at which declarations were read.
#[derive(Debug, Clone)]
pub struct PublicationMeeting {
    pub summoned: u32,
    pub present: u32,
    /// How many had to be there, and the share of the law: "2/3".
    pub needed: u32,
    pub share: String,
    pub chair: Party,
    /// "người chủ trì đọc".
    pub reading: String,
    /// What was asked and answered, line by line.
    pub questions: String,
}

/// The minutes as they are signed.
#[derive(Debug, Clone)]
pub struct SignedMinutes {
    pub on: NaiveDate,
    /// The head of the unit; of a meeting, who chaired.
    pub head: Party,
    pub union: Party,
}

/// A publication, as its minutes state it.
#[derive(Debug, Clone)]
pub struct PublicationMinutes {
    /// "05/BB-CK"; `None` until the minutes have their number.
    pub reference: Option<String>,
    pub superior_name: Option<String>,
    pub unit_name: String,
    /// Where the unit is, if known: "Quảng Ngãi".
    pub province: Option<String>,
    pub basis: String,
    /// Where it hangs, or where the meeting was.
    pub place: String,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    /// Days a posting lasts by the rule set.
    pub days: u32,
    /// `None`: a posting.
    pub meeting: Option<PublicationMeeting>,
    pub rows: Vec<PublicationRow>,
    /// Begun after their last day; "05 ngày kể từ ngày bàn giao" is the limit.
    pub late: u32,
    pub limit: String,
    pub signed: Option<SignedMinutes>,
    /// Broken off: when, why.
    pub broken: Option<(NaiveDate, String)>,
    /// When the publication was put down; the date of the PDF.
    pub made_at: DateTime<Utc>,
    /// Hash the log keeps of how it began, and of how it ended.
    pub begun_sha256: [u8; 32],
    pub end_sha256: Option<[u8; 32]>,
}

/// Prints the minutes: A4, as many pages as the list needs.
///
/// # Errors
/// [`PrintError::Nothing`] for a publication of nothing.
pub fn publication_pdf(fonts: &Fonts, minutes: &PublicationMinutes) -> Result<Vec<u8>, PrintError> {
    if minutes.rows.is_empty() {
        return Err(PrintError::Nothing);
    }
    let last = minutes.end_sha256.unwrap_or(minutes.begun_sha256);
    let ident = format!("publication {}", hex::encode(last));
    let data = MinutesText::new(minutes);
    print(fonts, Job { template: include_str!("publication.typ"), data: &data, dated: minutes.made_at, ident })
}

/// The minutes as the template reads them: text only.
#[derive(Serialize)]
struct MinutesText<'a> {
    reference: Option<&'a str>,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    province: Option<&'a str>,
    basis: &'a str,
    place: &'a str,
    from_day: String,
    until_day: String,
    days: String,
    meeting: Option<MeetingText<'a>>,
    rows: Vec<RowText<'a>>,
    copies: String,
    late: Option<String>,
    limit: &'a str,
    closed_day: Option<String>,
    head: Option<&'a Party>,
    union: Option<&'a Party>,
    broken: Option<BrokenText<'a>>,
    begun_sha256: String,
    end_sha256: Option<String>,
}

#[derive(Serialize)]
struct MeetingText<'a> {
    summoned: String,
    present: String,
    needed: String,
    share: &'a str,
    chair: &'a Party,
    reading: &'a str,
    questions: Vec<&'a str>,
}

#[derive(Serialize)]
struct BrokenText<'a> {
    day: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct RowText<'a> {
    number: usize,
    full_name: &'a str,
    position: &'a str,
    kind: &'a str,
    year: String,
    handed_on: String,
    hash: String,
}

/// Below ten with a nought before it, as documents write numbers.
fn two_digits(number: impl Into<u64>) -> String {
    format!("{:02}", number.into())
}

impl<'a> MinutesText<'a> {
    fn new(minutes: &'a PublicationMinutes) -> Self {
        let day = viet::date::format_long;
        let signed = minutes.signed.as_ref();
        Self {
            reference: minutes.reference.as_deref(),
            superior_name: minutes.superior_name.as_deref(),
            unit_name: &minutes.unit_name,
            province: minutes.province.as_deref(),
            basis: &minutes.basis,
            place: minutes.place.trim_end_matches('.'),
            from_day: day(minutes.from_on),
            until_day: day(minutes.until_on),
            days: format!("{} ngày", two_digits(minutes.days)),
            meeting: minutes.meeting.as_ref().map(MeetingText::new),
            rows: minutes.rows.iter().enumerate().map(RowText::new).collect(),
            copies: format!("{:02}", minutes.rows.len()),
            late: (minutes.late > 0).then(|| two_digits(minutes.late)),
            limit: &minutes.limit,
            closed_day: signed.map(|signed| day(signed.on)),
            head: signed.map(|signed| &signed.head),
            union: signed.map(|signed| &signed.union),
            broken: minutes.broken.as_ref().map(|(on, reason)| BrokenText { day: day(*on), reason }),
            begun_sha256: hash_groups(&minutes.begun_sha256),
            end_sha256: minutes.end_sha256.as_ref().map(hash_groups),
        }
    }
}

impl<'a> MeetingText<'a> {
    fn new(meeting: &'a PublicationMeeting) -> Self {
        Self {
            summoned: two_digits(meeting.summoned),
            present: two_digits(meeting.present),
            needed: two_digits(meeting.needed),
            share: &meeting.share,
            chair: &meeting.chair,
            reading: &meeting.reading,
            questions: meeting.questions.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        }
    }
}

impl<'a> RowText<'a> {
    fn new((index, row): (usize, &'a PublicationRow)) -> Self {
        Self {
            number: index + 1,
            full_name: &row.full_name,
            position: &row.position,
            kind: &row.kind,
            year: row.year.to_string(),
            handed_on: viet::date::format_short(row.handed_on),
            hash: hash_short(&row.document_sha256),
        }
    }
}
