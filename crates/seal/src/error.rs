use std::io;

/// Why something could not be sealed, opened or loaded. Never holds key or plaintext.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("dữ liệu niêm phong không mở được: đã bị thay đổi, sai chỗ hoặc sai khóa")]
    Refused,
    #[error("dữ liệu niêm phong không đúng dạng")]
    Malformed,
    #[error("tệp niêm phong bị cắt cụt, thừa hoặc đảo phần")]
    FileDamaged,
    #[error("không có khóa dữ liệu thế hệ {0}")]
    NoDataKey(u32),
    #[error("bộ khóa dữ liệu của phân vùng thiếu hoặc trùng thế hệ")]
    IncompleteRing,
    #[error("không có khóa chủ {0}")]
    NoMasterKey(String),
    #[error("khóa bọc có mục đích khác")]
    WrongPurpose,
    #[error("khóa dữ liệu đã niêm phong đủ 2^32 ô, phải thay khóa")]
    KeyExhausted,
    #[error("tệp quá lớn để niêm phong")]
    FileTooLarge,
    #[error("tệp khóa {path} {reason}")]
    KeyFile { path: String, reason: &'static str },
    #[error("bộ sinh số ngẫu nhiên hoặc thư viện mật mã báo lỗi")]
    Crypto,
    #[error("đọc hoặc ghi không được: {0}")]
    Io(#[from] io::Error),
}

impl From<aws_lc_rs::error::Unspecified> for SealError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Crypto
    }
}
