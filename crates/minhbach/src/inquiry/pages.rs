//! Pages of requests for information: the agency that asks, and who is asked.
mod agency;
mod asked;
mod new;

use axum::Router;
use axum::routing::{get, post};
use chrono::NaiveDate;

use super::model::{Asked, Named, StepKind};
use super::open::{Linked, OpenStep, Opened};
use super::rules;
use crate::kernel::id::FileId;
use crate::kernel::web::FieldErrors;
use crate::kernel::{App, Refusal, Result};
use crate::person::inquiry::{State, told};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/yeu-cau-thong-tin", get(agency::list))
        .route("/yeu-cau-thong-tin/moi", get(new::form).post(new::ask))
        .route("/yeu-cau-thong-tin/tep/{file}", get(asked::file))
        .route("/yeu-cau-thong-tin/{inquiry}", get(agency::show).post(agency::decide))
        .route("/yeu-cau-thong-tin/{inquiry}/bo-sung", get(new::further_form).post(new::ask_more))
        .route("/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", get(agency::letter))
        .route("/don-vi/yeu-cau-thong-tin", get(asked::unit_list))
        .route("/don-vi/yeu-cau-thong-tin/{inquiry}", get(asked::unit_show))
        .route("/don-vi/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", get(asked::unit_letter))
        .route("/ke-khai/yeu-cau-thong-tin/{inquiry}", get(asked::own_show))
        .route("/ke-khai/yeu-cau-thong-tin/{inquiry}/van-ban.pdf", get(asked::own_letter))
}

/// Files come slowly and have places of their own (`intake::uploads`).
pub fn uploads() -> Router<App> {
    let upload = axum::extract::DefaultBodyLimit::disable();
    Router::new()
        .route("/don-vi/yeu-cau-thong-tin/{inquiry}", post(asked::unit_answer).layer(upload))
        .route("/ke-khai/yeu-cau-thong-tin/{inquiry}", post(asked::own_answer).layer(upload))
}

const AGENCY: &str = "/yeu-cau-thong-tin";
const UNIT: &str = "/don-vi/yeu-cau-thong-tin";
const OWN: &str = "/ke-khai/yeu-cau-thong-tin";

/// A choice of `ui::radios` and `ui::select`.
struct Choice {
    value: String,
    label: String,
    hint: String,
}

impl Choice {
    fn new(value: impl Into<String>, label: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: hint.into() }
    }
}

/// A row of `ui::summary_list`.
struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

fn row(key: &'static str, value: impl Into<String>) -> Row {
    Row { key, value: value.into(), href: "" }
}

fn day(day: NaiveDate) -> String {
    viet::date::format_short(day)
}

fn new_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn named(one: &Named) -> String {
    if one.position.is_empty() { one.name.clone() } else { format!("{}, {}", one.name, one.position) }
}

/// A part of the document.
struct Part {
    heading: &'static str,
    lines: Vec<String>,
}

/// A file of an answer.
struct FileLine {
    id: FileId,
    name: String,
    size: String,
    sha256: String,
}

/// A step as the course shows it.
struct StepLine {
    label: &'static str,
    who: &'static str,
    said_on: String,
    /// Beside the day: by whom, until when, that it came after the last day.
    beside: Vec<String>,
    lines: Vec<String>,
    files: Vec<FileLine>,
    sha256: String,
}

/// A request as its pages show it.
struct Told {
    here: String,
    document_no: String,
    /// Whom it is to, in the heading.
    to: String,
    about: String,
    state: &'static str,
    kind: &'static str,
    due: String,
    distance: String,
    is_waiting: bool,
    is_late: bool,
    rows: Vec<Row>,
    parts: Vec<Part>,
    steps: Vec<StepLine>,
    /// Number and address of the request it asks more about, and of the one that asks more.
    first: Option<(String, String)>,
    next: Option<(String, String)>,
    last: i32,
    /// Withdrawn before who is asked received it, and it is them who read: nothing more is shown.
    is_withheld: bool,
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// "1,2 MB", "340 KB".
fn size(bytes: i64) -> String {
    let kib = bytes / 1024;
    if kib < 1024 { format!("{} KB", kib.max(1)) } else { format!("{},{} MB", kib / 1024, kib % 1024 * 10 / 1024) }
}

impl Told {
    fn of(app: &App, opened: &Opened, base: &'static str) -> Result<Self> {
        let (inquiry, today) = (&opened.inquiry, app.clock().today());
        let (state, kind, distance) = told(inquiry.state, inquiry.due_on, today);
        let Some(statement) = &opened.statement else {
            return Ok(Self::withheld(opened, base));
        };
        let to = match (inquiry.asked, &opened.unit, &statement.to) {
            (Asked::Unit, Some(unit), _) => unit.clone(),
            (_, _, Some(to)) => named(to),
            _ => String::new(),
        };
        let about = statement.about.as_ref().map(named).unwrap_or_default();
        let part = |heading, text: &str| Part { heading, lines: lines(text) };
        let mut parts = vec![
            part("Mục đích, căn cứ yêu cầu cung cấp thông tin", &statement.purpose),
            part("Những thông tin cần được cung cấp", &statement.information),
            part("Hướng dẫn việc cung cấp thông tin bằng văn bản, thông điệp dữ liệu", &statement.guidance),
        ];
        if !statement.other.is_empty() {
            parts.push(part("Yêu cầu khác", &statement.other));
        }
        let mut rows = vec![row("Cơ quan yêu cầu", opened.agency.as_str()), row("Người được yêu cầu", to.as_str())];
        if !about.is_empty() {
            rows.push(row("Về người kê khai", about.as_str()));
        }
        rows.push(row("Văn bản", format!("số {}, ngày {}", inquiry.document_no, day(inquiry.issued_on))));
        rows.push(row("Người ký", format!("{} ({})", named(&statement.signer), inquiry.signatory.label())));
        rows.push(row(
            "Nhận được yêu cầu",
            match inquiry.received_on {
                Some(on) => format!("{} (mở trên hệ thống)", day(on)),
                None => "Chưa mở trên hệ thống; hệ thống tính thời hạn từ ngày mở lần đầu".to_owned(),
            },
        ));
        rows.push(row("Thời hạn của pháp luật", rules::basis_named(&app.law, inquiry)?));
        rows.push(row("Hạn trong văn bản", day(inquiry.first_due_on)));
        rows.push(row("Hạn cung cấp hiện nay", day(inquiry.due_on)));
        rows.push(row("Mã băm yêu cầu", hex::encode(&inquiry.record_hash)));
        let mut steps = Vec::new();
        let mut due_on = inquiry.first_due_on;
        for one in &opened.steps {
            steps.push(step_line(one, due_on));
            due_on = one.step.due_on.unwrap_or(due_on);
        }
        let linked = |to: &Option<Linked>| to.as_ref().map(|to| (to.document_no.clone(), format!("{base}/{}", to.id)));
        Ok(Self {
            here: format!("{base}/{}", inquiry.id),
            document_no: inquiry.document_no.clone(),
            to,
            about,
            state,
            kind,
            due: day(inquiry.due_on),
            distance,
            is_waiting: inquiry.state == State::Waiting,
            is_late: inquiry.state == State::Waiting && today > inquiry.due_on,
            rows,
            parts,
            steps,
            first: linked(&opened.first),
            next: linked(&opened.next),
            last: inquiry.last,
            is_withheld: false,
        })
    }

    /// Number, day, and that it was withdrawn.
    fn withheld(opened: &Opened, base: &'static str) -> Self {
        let inquiry = &opened.inquiry;
        let (state, kind) = inquiry.state.label();
        Self {
            here: format!("{base}/{}", inquiry.id),
            document_no: inquiry.document_no.clone(),
            to: opened.unit.clone().unwrap_or_default(),
            about: String::new(),
            state,
            kind,
            due: String::new(),
            distance: String::new(),
            is_waiting: false,
            is_late: false,
            rows: vec![
                row("Cơ quan yêu cầu", opened.agency.as_str()),
                row("Văn bản", format!("số {}, ngày {}", inquiry.document_no, day(inquiry.issued_on))),
            ],
            parts: Vec::new(),
            steps: Vec::new(),
            first: None,
            next: None,
            last: inquiry.last,
            is_withheld: true,
        }
    }

    fn title(&self) -> String {
        format!("Yêu cầu cung cấp thông tin số {}", self.document_no)
    }
}

/// A step beside the last day that stood when it was made.
fn step_line(one: &OpenStep, due_on: NaiveDate) -> StepLine {
    let step = &one.step;
    let is_answer = matches!(step.kind, StepKind::Answered | StepKind::Pleaded);
    let by = one.said.as_ref().and_then(|said| said.by.as_ref()).map(|by| format!("người trả lời: {}", named(by)));
    let late = (is_answer && step.said_on > due_on).then(|| format!("sau hạn {}", day(due_on)));
    let until = step.due_on.map(|due| format!("hạn cung cấp {}", day(due)));
    StepLine {
        label: step.kind.label(),
        who: if is_answer || step.kind == StepKind::Received {
            "Người được yêu cầu"
        } else {
            "Cơ quan kiểm soát"
        },
        said_on: day(step.said_on),
        beside: [until, late, by].into_iter().flatten().collect(),
        lines: one.said.as_ref().map(|said| lines(&said.text)).unwrap_or_default(),
        files: one
            .files
            .iter()
            .map(|file| FileLine {
                id: file.file,
                name: file.name.clone(),
                size: size(file.size),
                sha256: file.sha256.clone(),
            })
            .collect(),
        sha256: hex::encode(&step.record_hash),
    }
}

/// Puts a refusal beside the field it is about; false when it is about none, and stands above the form.
fn beside_field(refusal: &Refusal, fields: &[(&str, &str)], errors: &mut FieldErrors) -> bool {
    match fields.iter().find(|(code, _)| *code == refusal.code) {
        Some((_, field)) => {
            errors.add(*field, refusal.to_string());
            true
        }
        None => false,
    }
}
