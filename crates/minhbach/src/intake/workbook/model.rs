//! A workbook under way: where it stands, how far it is, what is wrong in which cell.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::model::{FAULT, FileName};
use crate::cells;
use crate::kernel::id::{FileId, IntakeId, PartitionId, WorkbookId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};

cells! {
    /// What is wrong in the cells of a row; quotes what was typed.
    FaultsCell = "workbook_row"."faults_sealed" -> Vec<Fault>;
}

/// What Excel's newer format is called among files.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Where a workbook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = WorkbookState)]
pub enum State {
    /// Stored, waits for its turn.
    Received,
    Importing,
    /// Every row was looked at.
    Done,
    /// Could not be read, or not to its end; a sentence says why.
    Refused,
}

/// Going on with a workbook that nobody works on any more.
pub const STALLED: &str = "workbook.resume.stalled";

impl State {
    pub const ALL: [State; 4] = [State::Received, State::Importing, State::Done, State::Refused];

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            State::Received => "Chờ nhập",
            State::Importing => "Đang nhập",
            State::Done => "Đã nhập xong",
            State::Refused => "Không nhập được",
        }
    }

    /// The kind of sign shown beside the label (`ui.html`).
    pub fn sign(self) -> &'static str {
        match self {
            State::Received => "",
            State::Importing => "info",
            State::Done => "good",
            State::Refused => "wrong",
        }
    }

    pub fn is_under_way(self) -> bool {
        matches!(self, State::Received | State::Importing)
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Bảng tính bản kê khai được nhập";
    const TABLE: &'static str = "workbook";
    const BASIS: &'static str = "Điểm 2 mục II Quyết định 390/QĐ-TTg";
    const STATES: &'static [Self] = &State::ALL;
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["workbook.receive"], says: "tải bảng tính lên", from: &[], to: State::Received },
        Step {
            acts: &["workbook.progress", "workbook.import"],
            says: "nhập từng phần",
            from: &[State::Received, State::Importing],
            to: State::Importing,
        },
        Step {
            acts: &["workbook.finish"],
            says: "nhập xong mọi dòng",
            from: &[State::Received, State::Importing],
            to: State::Done,
        },
        Step {
            acts: &["workbook.refuse"],
            says: "không nhập được",
            from: &[State::Received, State::Importing],
            to: State::Refused,
        },
        Step {
            acts: &["workbook.resume", STALLED],
            says: "nhập tiếp sau sự cố của hệ thống",
            from: &[State::Refused],
            to: State::Received,
        },
        Step {
            acts: &[STALLED],
            says: "nhập tiếp khi việc đang làm bị dừng",
            from: &[State::Received, State::Importing],
            to: State::Received,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            State::Received => "RECEIVED",
            State::Importing => "IMPORTING",
            State::Done => "DONE",
            State::Refused => "REFUSED",
        }
    }

    fn called(self) -> &'static str {
        self.label()
    }
}

/// Why a whole workbook cannot be taken. Kept without anything of its content but names of our own sheets and columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unfit {
    NotASheet,
    TooLarge,
    NotOurs,
    OtherVersion,
    Practice,
    Nobody,
    SheetMissing {
        sheet: String,
    },
    ColumnMissing {
        sheet: String,
        column: String,
    },
    /// Reading it took the program down, or ended in a panic.
    Crashed,
}

impl Unfit {
    /// What is wrong, and what to do.
    pub fn sentence(&self) -> String {
        let again = "Đề nghị tải mẫu bảng tính ở trang này, chép nội dung sang mẫu và tải lên lại.";
        match self {
            Self::NotASheet => format!(
                "Tệp không phải bảng tính Excel (.xlsx) đọc được, hoặc có mật khẩu. Đề nghị mở tệp bằng Excel, lưu lại dạng .xlsx không đặt mật khẩu; nếu vẫn không được: {}",
                again.trim_start_matches("Đề nghị ")
            ),
            Self::TooLarge => format!(
                "Bảng tính quá lớn: nhiều hơn {} dòng, hoặc có ô dài quá mức. Đề nghị chia thành nhiều tệp, mỗi tệp một số người.",
                viet::number::group(super::cells::MAX_ROWS as i64)
            ),
            Self::NotOurs => {
                format!("Tệp này không phải mẫu bảng tính của hệ thống, hoặc các trang tính, hàng ẩn của mẫu đã bị xóa. {again}")
            }
            Self::OtherVersion => {
                format!("Bảng tính lập theo phiên bản khác của mẫu kê khai nên hệ thống không đoán ô nào là nội dung nào. {again}")
            }
            Self::Practice => "Bảng tính này tải về từ bản thực hành, người trong đó là giả định, nên không nhập vào hồ sơ thật. Đề nghị chọn đúng tệp.".into(),
            Self::Nobody => "Trang tính “Người kê khai” chưa có dòng nào. Đề nghị ghi mỗi người một dòng, từ dòng 4.".into(),
            Self::SheetMissing { sheet } => format!("Thiếu trang tính “{sheet}”. {again}"),
            Self::ColumnMissing { sheet, column } => {
                format!("Trang tính “{sheet}” thiếu cột “{column}”; thiếu một cột thì hệ thống không đoán. {again}")
            }
            Self::Crashed => "Hệ thống dừng bất thường mỗi khi đọc tệp này nên không nhập. Đề nghị chép nội dung sang mẫu mới tải về và tải lên lại; nếu vẫn không được, báo quản trị hệ thống.".into(),
        }
    }

    /// Its stable word, for events and programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotASheet => "NOT_A_SHEET",
            Self::TooLarge => "TOO_LARGE",
            Self::NotOurs => "NOT_OURS",
            Self::OtherVersion => "OTHER_VERSION",
            Self::Practice => "PRACTICE",
            Self::Nobody => "NOBODY",
            Self::SheetMissing { .. } => "SHEET_MISSING",
            Self::ColumnMissing { .. } => "COLUMN_MISSING",
            Self::Crashed => "CRASHED",
        }
    }
}

/// What is wrong in a cell, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = WorkbookFault)]
pub struct Fault {
    pub sheet: String,
    /// "C7"; the row's first cell where the row as a whole is meant.
    pub cell: String,
    /// What is wrong and what to do, as whole sentences.
    pub said: String,
}

/// A workbook with its original.
#[derive(Debug, Clone)]
pub struct Workbook {
    pub partition: PartitionId,
    pub id: WorkbookId,
    pub state: State,
    pub file: FileId,
    pub name: Option<Sealed<FileName>>,
    pub size_bytes: i64,
    pub original_sha256: Vec<u8>,
    pub sealed_sha256: Vec<u8>,
    pub refusal: Option<String>,
    /// "PL1"; known once it was read.
    pub form: Option<String>,
    /// Rows of people, and how many were looked at.
    pub people: Option<i32>,
    pub people_done: i32,
    /// All rows of all sheets.
    pub row_count: Option<i32>,
    /// The last row of people that was put down, as Excel numbers it.
    pub last_row: i32,
    pub papers: i32,
    /// People whose row was taken before, word for word.
    pub same: i32,
    /// People no paper was made of.
    pub left_out: i32,
    pub faults: i32,
    pub started_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Workbook {
    /// Why it was refused, as a sentence; empty otherwise.
    pub fn why(&self) -> String {
        match (self.state, self.refusal.as_deref()) {
            (State::Refused, Some(FAULT)) => {
                "Hệ thống gặp sự cố nên chưa nhập hết bảng tính này. Những người đã nhập vẫn còn. Đề nghị bấm “Nhập tiếp” sau ít phút; nếu vẫn không được, báo quản trị hệ thống."
                    .to_owned()
            }
            (State::Refused, Some(kept)) => {
                serde_json::from_str::<Unfit>(kept).map(|unfit| unfit.sentence()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// Whether it ended by a fault of ours, so that going on may end otherwise.
    pub fn is_our_fault(&self) -> bool {
        self.state == State::Refused && self.refusal.as_deref() == Some(FAULT)
    }
}

/// What came of a row: the paper it became, and how many cells are wrong.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Which sheet, by its place in the layout; people are the first.
    pub sheet: i16,
    pub row: i32,
    pub intake: Option<IntakeId>,
    /// The paper was made before, of a row that said the same.
    pub is_same: bool,
    pub faults: i32,
    pub faults_sealed: Option<Sealed<FaultsCell>>,
    pub paper: Option<super::super::State>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_the_same_after_it_was_kept() {
        let all = [
            Unfit::NotASheet,
            Unfit::TooLarge,
            Unfit::NotOurs,
            Unfit::OtherVersion,
            Unfit::Practice,
            Unfit::Nobody,
            Unfit::SheetMissing { sheet: "Con".into() },
            Unfit::ColumnMissing { sheet: "Con".into(), column: "Họ và tên".into() },
            Unfit::Crashed,
        ];
        for unfit in all {
            let kept = serde_json::to_string(&unfit).unwrap();
            assert!(kept.contains(unfit.word()), "{kept}");
            let back: Unfit = serde_json::from_str(&kept).unwrap();
            assert_eq!(back.sentence(), unfit.sentence());
            assert!(unfit.sentence().contains("Đề nghị"), "{}", unfit.sentence());
        }
    }
}
