//! Why a file is not read. Each refusal is a sentence an officer can act on.

use serde::{Deserialize, Serialize};

/// A file that is refused, or whose reading was cut short. The original stays stored either way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    #[error("Tệp rỗng, không có nội dung để đọc. Hãy quét lại bản kê khai rồi tải lên.")]
    Empty,
    #[error(
        "Tệp quá lớn ({megabytes} MB); mức cho phép là {limit_megabytes} MB. Hãy quét với độ phân giải 300 dpi hoặc tách thành nhiều tệp."
    )]
    TooLarge { megabytes: u64, limit_megabytes: u64 },
    #[error("Tệp không phải là PDF, TIFF, JPEG hoặc PNG. Hãy tải lên bản quét của bản kê khai.")]
    NotADocument,
    #[error("Tệp là chương trình máy tính, không phải bản quét, dù tên tệp có đuôi tài liệu. Tệp không được mở.")]
    Executable,
    #[error("Tệp PDF được đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu rồi tải lên lại.")]
    Encrypted,
    #[error("Tệp bị cắt cụt hoặc hỏng, không đọc được đến hết. Hãy quét hoặc sao chép lại tệp gốc.")]
    Truncated,
    #[error("Tệp có {pages} trang; mỗi lần tải lên đọc tối đa {limit} trang. Hãy tách thành nhiều tệp.")]
    TooManyPages { pages: usize, limit: usize },
    #[error(
        "Trang {page} có kích thước {width} × {height} điểm ảnh, vượt mức cho phép. Hãy quét với độ phân giải 300 dpi."
    )]
    TooManyPixels { page: usize, width: u64, height: u64 },
    #[error("Trang {page} không mở được: dữ liệu ảnh bị hỏng hoặc dùng kiểu nén không hỗ trợ.")]
    Unreadable { page: usize },
    #[error("Tệp không có trang nào.")]
    NoPages,
    #[error(
        "Việc nhận dạng vượt quá thời gian cho phép nên đã dừng. Tệp gốc vẫn được lưu; hãy nhập tay hoặc quét lại."
    )]
    Timeout,
    #[error(
        "Việc nhận dạng cần nhiều bộ nhớ hơn mức cho phép nên đã dừng. Tệp gốc vẫn được lưu; hãy nhập tay hoặc quét lại."
    )]
    OutOfMemory,
    #[error("Chương trình nhận dạng dừng bất thường. Tệp gốc vẫn được lưu; hãy nhập tay hoặc thử lại.")]
    Crashed,
    #[error("Máy chủ chưa cài bộ nhận dạng chữ (tesseract với ngôn ngữ vie). Tệp gốc vẫn được lưu.")]
    NoRecogniser,
    #[error("Không ghi được kết quả nhận dạng xuống đĩa. Tệp gốc vẫn được lưu; hãy thử lại.")]
    Storage,
}
