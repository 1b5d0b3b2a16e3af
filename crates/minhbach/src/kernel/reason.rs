//! Why something was done that stays to be read: every act that ends or changes what stands on record asks for it.
use super::{Refusal, Result};

/// Characters of a reason.
pub const LONGEST_REASON: usize = 1000;

/// A reason as it is kept: blanks and marks in one way.
///
/// # Errors
/// A refusal `reason` when there is none, or it is too long.
pub fn reason(typed: &str) -> Result<String> {
    let reason = viet::text::normalise(typed);
    let sentence = match reason.chars().count() {
        0 => "Chưa ghi lý do.".to_owned(),
        count if count > LONGEST_REASON => format!("Lý do dài {count} ký tự, nhiều hơn mức {LONGEST_REASON}."),
        _ => return Ok(reason),
    };
    Err(Refusal::new("reason", sentence, "Đề nghị ghi ngắn gọn vì sao, để người xem sau này hiểu được.").into())
}
