//! Documents to print: the declaration in the form of Nghị định 130/2020/NĐ-CP, the submission slip, activation slips,
//! the record of a hand-over, the minutes of a publication, demands, requests for information, written reminders and the notice of a year, as tagged PDF/A-2b in the layout of Nghị định 30/2020/NĐ-CP (Phụ lục I).
//!
//! All functions are synchronous and busy the processor for tens of milliseconds: call them off the async threads. The
//! same input gives the same bytes. Text from people is data, never Typst markup.

mod activation;
mod declaration;
mod demand;
mod engine;
mod fonts;
mod hand_over;
mod inquiry;
mod notice;
mod publication;
mod reminder;
mod slip;
mod words;

use std::path::PathBuf;

use chrono::{DateTime, Utc};

pub use activation::{ActivationSlip, activation_slips_pdf};
pub use declaration::{Bundled, DeclarationOptions, RecordMark, blank_form, declaration_pdf, declarations_pdf};
pub use demand::{DemandLetter, demand_pdf};
pub use fonts::{DEBIAN_FONT_DIR, Fonts};
pub use hand_over::{HandOverRecord, Party, RecordRow, hand_over_pdf};
pub use inquiry::{InquiryLetter, inquiry_pdf};
pub use notice::{Notice, NoticeRow, notice_pdf};
pub use publication::{PublicationMeeting, PublicationMinutes, PublicationRow, SignedMinutes, publication_pdf};
pub use reminder::{ReminderIssue, ReminderLetter, reminders_pdf};
pub use slip::{Inclusion, Promise, SlipData, StatutoryPeriod, slip_pdf};

/// Why nothing was printed. Messages name no person and no value.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error(
        "Thiếu tệp phông chữ {path}. Hãy cài gói Debian fonts-liberation2 (apt-get install fonts-liberation2) \
         hoặc sửa thư mục phông chữ trong cấu hình."
    )]
    FontMissing { path: PathBuf },
    #[error(
        "Phông chữ {path} không có đủ chữ tiếng Việt (Liberation phiên bản 1). Hãy cài gói Debian fonts-liberation2 \
         hoặc sửa thư mục phông chữ trong cấu hình."
    )]
    FontOutdated { path: PathBuf },
    #[error("Không đọc được tệp phông chữ {path}: {reason}.")]
    FontUnreadable { path: PathBuf, reason: String },
    #[error("Ngày của tài liệu nằm ngoài phạm vi in được: {0}.")]
    Date(DateTime<Utc>),
    #[error("Mẫu bản kê khai không dùng cho phương thức kê khai “{0}”.")]
    Kind(String),
    #[error("Giá trị tại {0} không có chỗ trong mẫu bản kê khai này; không in để không bỏ sót.")]
    Unplaced(String),
    #[error("Không có gì để in.")]
    Nothing,
    #[error("Mẫu in bị lỗi: {0}.")]
    Template(String),
    #[error("Không chuyển được dữ liệu sang mẫu in: {0}.")]
    Data(#[from] serde_json::Error),
}
