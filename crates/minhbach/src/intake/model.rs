//! A paper under way: where it stands, what was read, what an officer checked.
use chrono::{DateTime, Utc};
use paper::read::refusal::Refusal as Unreadable;
use paper::read::result::Reading;
use serde::{Deserialize, Serialize};

use super::check::Checked;
use crate::cells;
use crate::kernel::Refusal;
use crate::kernel::id::{DeclarationId, FileId, IntakeId, PartitionId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};

cells! {
    /// What was read, with the origin of every value.
    ReadingCell = "intake"."reading_sealed" -> Reading;
    /// What an officer made of it.
    CheckedCell = "intake"."checked_sealed" -> Checked;
    /// The name the file came with; may hold a person's name.
    FileName = "file"."name_sealed" -> String;
}

/// Where a paper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Stored, waits for recognition.
    Received,
    Reading,
    /// Waits for an officer.
    Read,
    Accepted,
    /// Could not be read; a sentence says why.
    Refused,
    /// Put away by an officer.
    SetAside,
    /// On record as a declaration on a form of before Nghị định 130/2020/NĐ-CP.
    Older,
}

impl State {
    pub const ALL: [State; 7] =
        [State::Received, State::Reading, State::Read, State::Refused, State::Accepted, State::Older, State::SetAside];

    /// The word the database keeps.
    pub fn word(self) -> &'static str {
        match self {
            State::Received => "RECEIVED",
            State::Reading => "READING",
            State::Read => "READ",
            State::Accepted => "ACCEPTED",
            State::Refused => "REFUSED",
            State::SetAside => "SET_ASIDE",
            State::Older => "OLDER",
        }
    }

    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }

    /// What the paper counts as among the nation's figures (`paper_progress`).
    pub fn counted_as(self) -> &'static str {
        match self {
            State::Received | State::Reading | State::Read | State::Refused => "WAITING",
            State::Accepted | State::Older => "RECORDED",
            State::SetAside => "PUT_AWAY",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            State::Received => "Chờ nhận dạng",
            State::Reading => "Đang nhận dạng",
            State::Read => "Chờ đối chiếu",
            State::Accepted => "Đã ghi nhận",
            State::Refused => "Không đọc được",
            State::SetAside => "Để riêng",
            State::Older => "Đã ghi nhận theo mẫu cũ",
        }
    }

    /// The kind of sign shown beside the label (`ui.html`).
    pub fn sign(self) -> &'static str {
        match self {
            State::Received | State::SetAside => "",
            State::Reading => "info",
            State::Read => "wait",
            State::Accepted | State::Older => "good",
            State::Refused => "wrong",
        }
    }

    /// Whether recognition is still to come to an end, by the paper's state alone.
    pub fn is_under_way(self) -> bool {
        matches!(self, State::Received | State::Reading)
    }
}

/// Taking a paper up again whose recognition nobody does any more.
pub const STALLED: &str = "intake.resume.stalled";

impl LifeCycle for State {
    const TITLE: &'static str = "Bản kê khai giấy được số hóa";
    const TABLE: &'static str = "intake";
    const BASIS: &'static str = "Điểm 2 mục II Quyết định 390/QĐ-TTg";
    const STATES: &'static [Self] = &State::ALL;
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["intake.receive"], says: "tải bản quét lên", from: &[], to: State::Received },
        Step {
            acts: &["intake.progress"],
            says: "nhận dạng từng trang",
            from: &[State::Received, State::Reading],
            to: State::Reading,
        },
        Step {
            acts: &["intake.read"],
            says: "nhận dạng xong",
            from: &[State::Received, State::Reading],
            to: State::Read,
        },
        Step {
            acts: &["intake.refuse"],
            says: "không nhận dạng được",
            from: &[State::Received, State::Reading],
            to: State::Refused,
        },
        Step {
            acts: &["intake.check"], says: "đối chiếu với bản quét", from: &[State::Read], to: State::Read
        },
        Step { acts: &["intake.accept"], says: "ghi nhận bản kê khai", from: &[State::Read], to: State::Accepted },
        Step {
            acts: &["intake.record_older"],
            says: "ghi nhận theo mẫu cũ: nội dung cơ bản, bản quét, nơi lưu bản giấy",
            from: &[State::Read, State::Refused],
            to: State::Older,
        },
        Step {
            acts: &["older.take_back"],
            says: "rút ghi nhận theo mẫu cũ, kèm lý do",
            from: &[State::Older],
            to: State::Read,
        },
        Step {
            acts: &["older.take_back"],
            says: "rút ghi nhận theo mẫu cũ của bản không đọc được",
            from: &[State::Older],
            to: State::Refused,
        },
        Step {
            acts: &["intake.set_aside"],
            says: "để riêng, kèm lý do",
            from: &[State::Read, State::Refused],
            to: State::SetAside,
        },
        Step {
            acts: &["intake.resume"],
            says: "làm tiếp bằng tay, hoặc đã nhận dạng",
            from: &[State::SetAside, State::Refused],
            to: State::Read,
        },
        Step {
            acts: &["intake.resume"],
            says: "nhận dạng lại",
            from: &[State::SetAside, State::Refused],
            to: State::Received,
        },
        Step {
            acts: &[STALLED],
            says: "nhận dạng lại khi việc đang làm bị dừng",
            from: &[State::Received, State::Reading, State::SetAside, State::Refused],
            to: State::Received,
        },
        Step {
            acts: &[STALLED],
            says: "làm bằng tay khi việc đang làm bị dừng",
            from: &[State::Received, State::Reading, State::SetAside, State::Refused],
            to: State::Read,
        },
        Step {
            acts: &["intake.read"], says: "tách từ tệp có nhiều bản kê khai", from: &[], to: State::Read
        },
        Step {
            acts: &["workbook.import"], says: "lập từ một dòng của bảng tính", from: &[], to: State::Read
        },
    ];

    fn word(self) -> &'static str {
        State::word(self)
    }

    fn called(self) -> &'static str {
        self.label()
    }
}

/// Why an officer puts a paper away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    Duplicate,
    NotADeclaration,
    OtherAgency,
    ScanAgain,
}

impl Aside {
    pub const ALL: [Aside; 4] = [Aside::Duplicate, Aside::NotADeclaration, Aside::OtherAgency, Aside::ScanAgain];

    pub fn word(self) -> &'static str {
        match self {
            Aside::Duplicate => "DUPLICATE",
            Aside::NotADeclaration => "NOT_A_DECLARATION",
            Aside::OtherAgency => "OTHER_AGENCY",
            Aside::ScanAgain => "SCAN_AGAIN",
        }
    }

    pub fn from_word(word: &str) -> Option<Aside> {
        Aside::ALL.into_iter().find(|reason| reason.word() == word)
    }

    pub fn label(self) -> &'static str {
        match self {
            Aside::Duplicate => "Bản trùng: bản kê khai này đã có trong hệ thống",
            Aside::NotADeclaration => "Không phải bản kê khai",
            Aside::OtherAgency => "Bản kê khai thuộc cơ quan kiểm soát khác",
            Aside::ScanAgain => "Bản quét không rõ, cần quét lại",
        }
    }
}

/// A paper with its original; what was read and checked stays under seal ([`SealedPapers`]).
#[derive(Debug, Clone)]
pub struct Intake {
    pub partition: PartitionId,
    pub id: IntakeId,
    pub state: State,
    pub file: FileId,
    pub name: Option<Sealed<FileName>>,
    pub size_bytes: i64,
    pub media_type: String,
    /// SHA-256 of the original and of the sealed file.
    pub original_sha256: Vec<u8>,
    pub sealed_sha256: Vec<u8>,
    pub page_count: Option<i16>,
    pub pages_done: i16,
    pub refusal: Option<String>,
    pub doubtful: Option<i32>,
    pub revision: i32,
    pub declaration: Option<DeclarationId>,
    pub created_at: DateTime<Utc>,
}

/// Kept as the reason of a refused paper that recognition could not come to: a fault of ours, not of the paper.
pub const FAULT: &str = "FAULT";

impl Intake {
    /// SHA-256 of the original.
    pub fn original(&self) -> crate::kernel::Result<[u8; 32]> {
        as_hash(&self.original_sha256)
    }

    /// Whether a refused file may still be one sheet somebody can look at: pages nobody could read are, what is no document, has
    /// a password, is cut off or holds a whole folder is not.
    pub fn may_be_a_sheet(&self) -> bool {
        let is_illegible = |kept| matches!(serde_json::from_str(kept), Ok(Unreadable::Unreadable { .. }));
        self.refusal.as_deref().is_some_and(|kept| is_our_fault(kept) || is_illegible(kept))
    }

    /// Why it was refused or set aside, as a sentence; empty otherwise.
    pub fn why(&self) -> String {
        let Some(kept) = self.refusal.as_deref() else { return String::new() };
        match self.state {
            State::Refused if kept == FAULT => {
                "Hệ thống gặp sự cố lưu trữ nên chưa nhận dạng được tệp này. Đề nghị bấm “Đọc lại” sau ít phút; nếu vẫn \
                 không được, báo quản trị hệ thống."
                    .to_owned()
            }
            State::Refused => serde_json::from_str::<Unreadable>(kept).map(|r| r.to_string()).unwrap_or_default(),
            State::SetAside => Aside::from_word(kept).map(|r| format!("{}.", r.label())).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// Whether a refused paper may be read after all when it is tried again: the fault lay with us, not with the file.
    pub fn is_worth_again(&self) -> bool {
        self.refusal.as_deref().is_some_and(is_our_fault)
    }

    /// Whether it was typed into a workbook: there is no picture of it, and nothing was recognised.
    pub fn is_typed(&self) -> bool {
        self.media_type == super::workbook::model::MEDIA_TYPE
    }

    /// Refuses an act that this state does not allow.
    pub fn require(&self, act: &str) -> crate::kernel::Result<()> {
        if self.state.takes(act) {
            return Ok(());
        }
        Err(Refusal::new(
            "intake_state",
            format!("Bản quét này đang ở trạng thái “{}” nên chưa làm được việc vừa chọn.", self.state.label()),
            "Đề nghị tải lại trang để xem trạng thái mới nhất; có thể một cán bộ khác vừa xử lý.",
        )
        .status(axum::http::StatusCode::CONFLICT)
        .into())
    }
}

fn is_our_fault(kept: &str) -> bool {
    use Unreadable::{Crashed, NoRecogniser, OutOfMemory, Storage, Timeout};
    let is_ours = |refusal| matches!(refusal, Timeout | OutOfMemory | Crashed | NoRecogniser | Storage);
    kept == FAULT || serde_json::from_str(kept).is_ok_and(is_ours)
}

/// A stored hash as an array.
fn as_hash(bytes: &[u8]) -> crate::kernel::Result<[u8; 32]> {
    bytes.try_into().map_err(|_| crate::bug!("a stored hash is not 32 bytes"))
}

/// What a paper keeps under seal.
#[derive(Debug, Clone)]
pub struct SealedPapers {
    pub reading: Option<Sealed<ReadingCell>>,
    pub checked: Option<Sealed<CheckedCell>>,
}

/// A page image for the review screen; its file is sealed.
#[derive(Debug, Clone)]
pub struct PageImage {
    pub page: i16,
    pub file: FileId,
    pub width: i32,
    pub height: i32,
    pub sealed_sha256: Vec<u8>,
}

/// What kind of file the bytes are, by their first bytes; the name and the sender's word decide nothing.
pub fn media_type(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(1024)];
    match bytes {
        _ if head.windows(5).any(|window| window == b"%PDF-") => "application/pdf",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "image/tiff",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ => "application/octet-stream",
    }
}

/// The refusal of a reader as the database keeps it: no name, no text of the paper.
pub fn refusal_text(refusal: &Unreadable) -> crate::kernel::Result<String> {
    serde_json::to_string(refusal).map_err(|error| crate::kernel::Error::Bug(error.into()))
}

/// The refusal's stable word, for events.
pub fn refusal_word(refusal: &Unreadable) -> &'static str {
    match refusal {
        Unreadable::Empty => "EMPTY",
        Unreadable::TooLarge { .. } => "TOO_LARGE",
        Unreadable::NotADocument => "NOT_A_DOCUMENT",
        Unreadable::Executable => "EXECUTABLE",
        Unreadable::Encrypted => "ENCRYPTED",
        Unreadable::Truncated => "TRUNCATED",
        Unreadable::TooManyPages { .. } => "TOO_MANY_PAGES",
        Unreadable::TooManyPixels { .. } => "TOO_MANY_PIXELS",
        Unreadable::Unreadable { .. } => "UNREADABLE",
        Unreadable::NoPages => "NO_PAGES",
        Unreadable::Timeout => "TIMEOUT",
        Unreadable::OutOfMemory => "OUT_OF_MEMORY",
        Unreadable::Crashed => "CRASHED",
        Unreadable::NoRecogniser => "NO_RECOGNISER",
        Unreadable::Storage => "STORAGE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fault_of_ours_is_worth_another_reading() {
        let ours = [Unreadable::Timeout, Unreadable::OutOfMemory, Unreadable::Crashed, Unreadable::Storage];
        for refusal in &ours {
            assert!(is_our_fault(&refusal_text(refusal).unwrap()), "{refusal:?}");
        }
        assert!(is_our_fault(FAULT));
        let theirs = [
            Unreadable::Empty,
            Unreadable::Executable,
            Unreadable::Encrypted,
            Unreadable::TooManyPages { pages: 61, limit: 60 },
        ];
        for refusal in &theirs {
            assert!(!is_our_fault(&refusal_text(refusal).unwrap()), "{refusal:?}");
        }
        assert!(!is_our_fault(Aside::ScanAgain.word()));
    }
}
