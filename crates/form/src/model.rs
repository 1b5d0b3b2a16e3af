//! The types of a form definition, in printed order. Units: money in đồng, areas in m².
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Kind of declaration (Điều 36 Luật Phòng, chống tham nhũng 2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    First,
    Annual,
    Supplement,
    Personnel,
    Candidate,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::First, Self::Annual, Self::Supplement, Self::Personnel, Self::Candidate];

    /// The code that stands in a document (`"FIRST"`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "FIRST",
            Self::Annual => "ANNUAL",
            Self::Supplement => "SUPPLEMENT",
            Self::Personnel => "PERSONNEL",
            Self::Candidate => "CANDIDATE",
        }
    }

    /// The kind with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a declaration reaches us. On paper a missing answer is recorded, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Online,
    Paper,
}

/// One form of a decree's appendix.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// "PL1"; stands in a document's `form`.
    pub code: String,
    pub name: String,
    /// How the form is cited: "Phụ lục I Nghị định 130/2020/NĐ-CP".
    pub basis: String,
    /// What is printed and read where an item has nothing; the first is printed.
    pub none_words: Vec<String>,
    /// Code of the form whose compounds, extras, signatures and (by `as`) sections this one takes over.
    #[serde(default)]
    pub extends: Option<String>,
    #[serde(rename = "kind")]
    pub kinds: Vec<FormKind>,
    pub header: Header,
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
    /// Facts kept in the document that have no place on the paper.
    #[serde(default, rename = "extra")]
    pub extras: Vec<Extra>,
    /// Fields kept beside every asset that have no place on the paper; copied into the items at load.
    #[serde(default, rename = "asset_extra")]
    pub asset_extras: Vec<Field>,
    #[serde(default, rename = "signature")]
    pub signatures: Vec<Signature>,
    /// Compound fields by name; copied into the fields that use them (`Field::parts`) at load.
    #[serde(default, rename = "compound")]
    pub compounds: IndexMap<String, Compound>,
}

/// A kind of declaration made on this form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormKind {
    pub code: Kind,
    /// The title printed for this kind.
    pub title: String,
    /// Codes of sections and items this kind does not have (note 1: FIRST).
    #[serde(default)]
    pub omits: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Quốc hiệu.
    pub state: String,
    /// Tiêu ngữ.
    pub motto: String,
    /// `agency_name`, `kind`, `completed_on`.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// A part with a roman number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// GENERAL, ASSETS or CHANGES.
    pub code: String,
    /// "II"
    pub number: String,
    pub heading: String,
    /// Number of the note printed after the heading.
    #[serde(default)]
    pub note: Option<u32>,
    #[serde(default)]
    pub help: Option<String>,
    /// Code of the section of `Form::extends` whose items or table rows this section repeats.
    #[serde(default, rename = "as")]
    pub same_as: Option<String>,
    /// Items of that section left out here.
    #[serde(default)]
    pub without: Vec<String>,
    /// Headings and items, one after the other as printed.
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
    #[serde(default)]
    pub table: Option<ChangeTable>,
}

/// A numbered heading, with fields when it has a `code`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Semantic code ("LAND_RES"); none for a bare heading ("1. Quyền sử dụng thực tế đối với đất").
    #[serde(default)]
    pub code: Option<String>,
    /// "1.1"
    pub number: String,
    pub heading: String,
    #[serde(default)]
    pub note: Option<u32>,
    /// Key of the help text ("PL1.8"); at load taken from `note` when absent.
    #[serde(default)]
    pub help: Option<String>,
    /// Where its values stand in a document: "declarant", "children[]", "assets[]", "income".
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub occurs: Occurs,
    /// The word of the printed repeat label: "Thửa" gives "1.1.1. Thửa thứ nhất:".
    #[serde(default)]
    pub repeat: Option<String>,
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

/// How often an item may stand in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurs {
    #[default]
    Once,
    Optional,
    Many,
}

/// One answer of the form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Key inside its item: "address", or of a part: "amount" in `value`.
    pub key: String,
    /// Label on screens, and on paper unless `printed` differs.
    pub label: String,
    /// Label on paper where it differs; empty when the value follows the previous one without a label.
    #[serde(default)]
    pub printed: Option<String>,
    /// Other printed labels the paper reader accepts.
    #[serde(default)]
    pub also: Vec<String>,
    /// What stands on paper in place of a value that does not exist ("chưa được cấp").
    #[serde(default)]
    pub absent_words: Vec<String>,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Name of the compound in the form definition, for `value` and `certificate`.
    #[serde(default)]
    pub compound: Option<String>,
    pub required: Required,
    /// Number of the note printed after the label.
    #[serde(default)]
    pub note: Option<u32>,
    /// Key of the help text; at load taken from `note` when absent.
    #[serde(default)]
    pub help: Option<String>,
    /// Heading over several columns of a table; `{30}` stands where note 30 is printed.
    #[serde(default)]
    pub over: Option<String>,
    /// Printed on the line of the field before it. A reader accepts it on a line of its own as well.
    #[serde(default)]
    pub same_line: bool,
    /// False for facts kept beside the form (`holder`).
    #[serde(default = "yes")]
    pub on_paper: bool,
    /// What may be written, shown below the label ("lương Sở Tài chính"). A form of the law has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    #[serde(default, rename = "option")]
    pub options: Vec<EnumOption>,
    /// The parts of a compound, filled at load.
    #[serde(default)]
    pub parts: Vec<Field>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compound {
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// What kind of answer a field takes; how it is typed, shown and stored follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    Text,
    LongText,
    Name,
    /// ISO date in the record, dd/mm/yyyy on screens.
    Date,
    IdNo,
    Address,
    Org,
    Position,
    /// Integer đồng.
    Amount,
    /// Decimal string, m².
    Area,
    /// Compound: kind, amount, reason (note 10).
    Value,
    /// Compound: status, number, register_number, grantee (note 11).
    Certificate,
    CertificateNo,
    /// Text: a number with its unit as printed ("1900 cây").
    Quantity,
    /// The same with + or − (notes 30, 31).
    SignedQuantity,
    Registration,
    AccountNo,
    Country,
    Year,
    Currency,
    /// Decimal string in the field `currency` beside it.
    ForeignAmount,
    Enum,
    /// Kind of declaration; options are the kinds of the form.
    Kind,
    /// SELF, SPOUSE, CHILD(n), JOINT or UNSTATED.
    Holder,
    /// List of item codes.
    ItemCodes,
}

/// Whether the law asks for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    Always,
    No,
    /// Unless the value is UNDETERMINED.
    IfDetermined,
    IfUndetermined,
    IfCertificateIssued,
    /// Note 3 asks date and place of issue only where the number is a CMND.
    IfOldIdentityCard,
    /// A child has a number only when a card was issued.
    IfCardIssued,
    IfForeignCurrency,
    UnlessIncomeRow,
    UnlessAccountRow,
    /// Filled by the receiver, not the declarant.
    OnReceipt,
}

impl Required {
    /// The condition in Vietnamese, as in listings and hints.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Always => "bắt buộc",
            Self::No => "không bắt buộc",
            Self::IfDetermined => "nếu xác định được giá trị",
            Self::IfUndetermined => "nếu không xác định được giá trị",
            Self::IfCertificateIssued => "nếu đã được cấp giấy chứng nhận",
            Self::IfOldIdentityCard => "nếu là số chứng minh thư",
            Self::IfCardIssued => "nếu đã được cấp",
            Self::IfForeignCurrency => "nếu là ngoại tệ",
            Self::UnlessIncomeRow => "trừ dòng tổng thu nhập",
            Self::UnlessAccountRow => "trừ dòng tài khoản ở nước ngoài",
            Self::OnReceipt => "khi tiếp nhận",
        }
    }
}

/// One value of an enum field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumOption {
    /// The value in the document.
    pub code: String,
    pub label: String,
    /// The phrase the form prints for it, where that is not the code ("không xác định được giá trị, lý do:").
    #[serde(default)]
    pub printed: Option<String>,
    /// The only channel that offers it; none: both.
    #[serde(default)]
    pub channel: Option<Channel>,
}

/// The table of changes and explanations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeTable {
    /// "changes[]"; each element carries the row's `code`.
    pub path: String,
    pub no_change_path: String,
    /// Printed right after the heading when nothing changed (note 29).
    pub no_change_label: String,
    /// Heading of the first column, which holds the row labels.
    pub row_heading: String,
    #[serde(rename = "column")]
    pub columns: Vec<Field>,
    #[serde(default, rename = "row")]
    pub rows: Vec<ChangeRow>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRow {
    /// None for a heading row. Rows are told apart by code, never by printed number: sections II and III differ.
    #[serde(default)]
    pub code: Option<String>,
    /// Items whose changes stand in this row, where it is not the item of the same code.
    #[serde(default)]
    pub items: Vec<String>,
    pub number: String,
    pub label: String,
}

/// A fact of the document that the paper does not ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The item it belongs to on screens.
    #[serde(default)]
    pub item: Option<String>,
    pub field: Field,
}

/// A signature block, left to right.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// RECEIVER or DECLARANT.
    pub code: String,
    /// Printed date line with `{dd}`, `{mm}`, `{yyyy}`.
    pub date: String,
    pub date_path: String,
    /// Where the printed name comes from, if it is not one of `fields`.
    #[serde(default)]
    pub name_path: Option<String>,
    pub heading: String,
    pub instruction: String,
    #[serde(default)]
    pub help: Option<String>,
    /// Object of the document that `fields` stand in.
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

/// A field found by path, with the item or table it stands in.
#[derive(Debug, Clone, Copy)]
pub struct FieldRef<'a> {
    pub field: &'a Field,
    /// The compound field it is a part of.
    pub whole: Option<&'a Field>,
    pub item: Option<&'a Item>,
    pub row: Option<&'a ChangeRow>,
}
