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
    #[error("Tệp có {} trang; mỗi lần tải lên đọc tối đa {} trang. Hãy tách thành nhiều tệp.", grouped(*pages as u64), grouped(*limit as u64))]
    TooManyPages { pages: usize, limit: usize },
    #[error(
        "Trang {page} có kích thước {} × {} điểm ảnh, vượt mức cho phép. Hãy quét với độ phân giải 300 dpi.",
        grouped(*width),
        grouped(*height)
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

/// "30.000".
fn grouped(number: u64) -> String {
    viet::number::group(i64::try_from(number).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_people_read_them() {
        let pages = Refusal::TooManyPages { pages: 5_000, limit: 60 }.to_string();
        assert!(pages.starts_with("Tệp có 5.000 trang; mỗi lần tải lên đọc tối đa 60 trang."), "{pages}");
        let pixels = Refusal::TooManyPixels { page: 1, width: 30_000, height: 29_999 }.to_string();
        assert!(pixels.starts_with("Trang 1 có kích thước 30.000 × 29.999 điểm ảnh,"), "{pixels}");
    }
}
