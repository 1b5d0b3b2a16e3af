//! When a correction may be proposed and decided (Quyết định 390/QĐ-TTg, điểm 2 mục II; rule X12), and every refusal.
use axum::http::StatusCode;
use chrono::NaiveDate;
use form::rules::{Effect, Finding};
use serde_json::Value;

use super::model::{Correction, State};
use crate::declaration::Declaration;
use crate::kernel::Refusal;

pub const BASIS: &str = "điểm 2 mục II Quyết định 390/QĐ-TTg";

/// What decides whether a declaration may be corrected now.
pub struct Case<'a> {
    pub declaration: &'a Declaration,
    /// The obligation's last day; none where it answers no obligation.
    pub due_on: Option<NaiveDate>,
    pub is_published: bool,
    /// The newest proposals.
    pub corrections: &'a [Correction],
    pub today: NaiveDate,
}

/// A correction may be proposed once the declaration was received, until the obligation's last day (that day counts), while
/// nothing is demanded, published or proposed already.
///
/// # Returns
/// The last day.
///
/// # Errors
/// The reason, and what to do instead.
pub fn may_propose(case: &Case<'_>) -> Result<NaiveDate, Refusal> {
    let declaration = case.declaration;
    let Some(due_on) = case.due_on else { return Err(no_obligation()) };
    if case.today > due_on {
        return Err(past_the_last_day(due_on));
    }
    if declaration.demand.is_some() {
        return Err(demanded());
    }
    if declaration.received_on.is_none() {
        return Err(not_received());
    }
    if case.is_published {
        return Err(published());
    }
    match case.corrections.iter().find(|one| one.state == State::Waiting) {
        Some(waiting) if waiting.waits(case.today) => Err(already_proposed()),
        Some(_) => Err(lapsed_first()),
        None => Ok(due_on),
    }
}

/// What keeps a version from being composed of the approved differences: rules of severity B it breaks and the version on
/// record does not. A paper keeps what it lacks; approving one thing does not make the declarant mend another.
pub fn newly_broken<'f>(before: &[Finding], composed: &'f [Finding]) -> Vec<&'f Finding> {
    let blocking = |findings: &'f [Finding]| findings.iter().filter(|finding| finding.effect == Effect::Refuse);
    let count = |rule: &str| before.iter().filter(|one| one.effect == Effect::Refuse && one.rule == rule).count();
    let is_more = |rule: &str| blocking(composed).filter(|one| one.rule == rule).count() > count(rule);
    let told = blocking(composed).filter(|finding| is_more(&finding.rule));
    told.filter(|finding| !before.iter().any(|one| one.rule == finding.rule && one.path == finding.path)).collect()
}

fn conflict(code: &'static str, sentence: impl Into<String>, mend: impl Into<String>) -> Refusal {
    Refusal::new(code, sentence, mend).basis(BASIS).status(StatusCode::CONFLICT)
}

pub fn no_obligation() -> Refusal {
    conflict(
        "no_obligation",
        "Bản kê khai này không gắn với nghĩa vụ nào trong danh sách nên không có thời hạn kê khai để sửa đổi.",
        "Đề nghị giải trình bằng văn bản với đơn vị; nội dung đúng được kê khai ở lần kê khai tiếp theo.",
    )
}

pub fn past_the_last_day(due_on: NaiveDate) -> Refusal {
    conflict(
        "past_the_last_day",
        format!(
            "Thời hạn kê khai đã hết ngày {}; sau ngày đó bản kê khai đã tiếp nhận không sửa đổi được nữa.",
            viet::date::format_short(due_on)
        ),
        "Đề nghị giải trình bằng văn bản với đơn vị, và ghi nội dung đúng ở lần kê khai tiếp theo.",
    )
}

fn demanded() -> Refusal {
    conflict(
        "demand_open",
        "Đơn vị đang yêu cầu hoàn thiện hoặc kê khai lại bản kê khai này.",
        "Đề nghị Ông/Bà sửa luôn nội dung cần sửa khi trả lời yêu cầu đó.",
    )
}

fn not_received() -> Refusal {
    conflict(
        "not_received",
        "Bản kê khai chưa được đơn vị tiếp nhận nên chưa lập đề nghị sửa đổi.",
        "Đề nghị báo đơn vị; đơn vị lập yêu cầu hoàn thiện (khoản 2 Điều 38 Luật Phòng, chống tham nhũng 2018) để Ông/Bà sửa.",
    )
}

pub fn published() -> Refusal {
    conflict(
        "published",
        "Bản kê khai này đã hoặc đang được công khai nên không sửa đổi được nữa.",
        "Đề nghị giải trình bằng văn bản với đơn vị, và ghi nội dung đúng ở lần kê khai tiếp theo.",
    )
}

pub fn already_proposed() -> Refusal {
    conflict(
        "correction_open",
        "Bản kê khai này đang có một đề nghị sửa đổi chờ quyết định.",
        "Đề nghị chờ quyết định; muốn sửa đề nghị thì rút đề nghị đang chờ rồi lập lại.",
    )
}

fn lapsed_first() -> Refusal {
    conflict(
        "correction_lapsed",
        "Bản kê khai này còn một đề nghị sửa đổi đã hết hạn mà không được quyết định.",
        "Đề nghị rút đề nghị đó trước khi lập đề nghị mới; nội dung đã đề nghị vẫn được lưu.",
    )
}

/// The unit decides what waits before it demands something else.
pub fn decide_first() -> Refusal {
    conflict(
        "correction_open",
        "Người kê khai đang đề nghị sửa đổi bản kê khai này.",
        "Đề nghị quyết định đề nghị sửa đổi trước khi lập yêu cầu hoàn thiện.",
    )
}

pub fn closed() -> Refusal {
    conflict(
        "correction_closed",
        "Đề nghị sửa đổi này không còn chờ quyết định.",
        "Đề nghị tải lại trang để xem đề nghị đã được quyết định hay đã rút.",
    )
}

pub fn stale() -> Refusal {
    conflict(
        "declared_again",
        "Bản kê khai đang được lưu đã khác với bản dùng để lập đề nghị sửa đổi.",
        "Đề nghị mở lại bản kê khai, xem bản mới rồi thực hiện.",
    )
}

pub fn other_law() -> Refusal {
    conflict(
        "other_form",
        "Bản kê khai được lưu theo mẫu khác với mẫu của nghĩa vụ kê khai nên không sửa đổi trên hệ thống được.",
        "Đề nghị báo đơn vị để được yêu cầu kê khai lại.",
    )
}

pub fn no_difference() -> Refusal {
    Refusal::new(
        "no_difference",
        "Nội dung trong bản nháp không có điểm nào khác với bản kê khai đã lưu.",
        "Đề nghị mở mục cần sửa, ghi nội dung đúng rồi gửi đề nghị.",
    )
    .basis(BASIS)
}

pub fn no_explanation() -> Refusal {
    Refusal::new(
        "no_explanation",
        "Chưa ghi giải trình của việc sửa đổi.",
        "Đề nghị ghi vì sao nội dung đã khai chưa đúng và căn cứ của nội dung mới; người có thẩm quyền đọc giải trình này để quyết định.",
    )
    .basis(BASIS)
}

pub fn handed_over() -> Refusal {
    conflict(
        "already_handed_over",
        "Bản kê khai đã bàn giao cho cơ quan kiểm soát nên đơn vị không quyết định đề nghị này nữa.",
        "Cơ quan kiểm soát đang giữ bản kê khai quyết định; đề nghị liên hệ cơ quan đó nếu sắp hết hạn.",
    )
}

pub fn not_handed_over() -> Refusal {
    conflict(
        "not_handed_over",
        "Bản kê khai chưa được bàn giao nên đề nghị sửa đổi do đơn vị quyết định.",
        "Đề nghị chờ quyết định của đơn vị, hoặc chờ đơn vị bàn giao bản kê khai.",
    )
}

pub fn own_declaration() -> Refusal {
    Refusal::new(
        "own_declaration",
        "Đây là bản kê khai của chính Ông/Bà nên Ông/Bà không ghi quyết định về đề nghị này.",
        "Đề nghị để cán bộ khác ghi quyết định của người có thẩm quyền.",
    )
    .basis(BASIS)
    .status(StatusCode::FORBIDDEN)
}

pub fn approver_is_declarant() -> Refusal {
    Refusal::new(
        "approver_is_declarant",
        "Người quyết định ghi trùng họ tên và chức vụ với người kê khai; không ai tự duyệt sửa đổi bản kê khai của mình.",
        "Đề nghị ghi người có thẩm quyền quản lý người kê khai đó.",
    )
    .basis(BASIS)
}

pub fn not_decided() -> Refusal {
    Refusal::new(
        "not_decided",
        "Còn điểm khác chưa được quyết định.",
        "Đề nghị chọn “Duyệt” hoặc “Từ chối” cho từng điểm.",
    )
    .basis(BASIS)
}

pub fn no_reason() -> Refusal {
    Refusal::new(
        "no_reason",
        "Chưa ghi lý do từ chối.",
        "Đề nghị ghi ngắn gọn vì sao không duyệt điểm này; người kê khai đọc lý do này.",
    )
    .basis(BASIS)
}

/// The approved differences do not stand without others.
/// Whether approving only a part takes something away and leaves out what was to come in its place: nobody proposed to have
/// neither. `record`, what would be composed, and what was proposed.
pub fn is_torn(record: &Value, composed: &Value, proposed: &Value) -> bool {
    let unpaired = |before: &Value, now: &Value| {
        let pairs = form::compare::pair(before, now);
        let count = before["assets"].as_array().map_or(0, Vec::len);
        (0..count).filter(|index| !pairs.iter().any(|pair| pair.before == *index)).count()
    };
    let is_taken_away = unpaired(record, composed) > 0;
    // Proposed as new, and not composed.
    let is_left_out = unpaired(proposed, composed) > 0;
    is_taken_away && is_left_out
}

pub fn torn_family() -> Refusal {
    Refusal::new(
        "belongs_together",
        "Chưa ghi quyết định: có người con được bỏ khỏi bản kê khai mà tài sản vẫn ghi là của người con đó.",
        "Đề nghị duyệt cả hai điểm, hoặc từ chối cả hai, rồi ghi lại.",
    )
    .basis(BASIS)
}

pub fn torn() -> Refusal {
    Refusal::new(
        "belongs_together",
        "Chưa ghi quyết định: có tài sản được bỏ mà tài sản được thêm trong cùng đề nghị lại bị từ chối.",
        "Đề nghị duyệt cả hai, hoặc từ chối cả hai, rồi ghi lại.",
    )
    .basis(BASIS)
}

pub fn belongs_together(broken: &[&Finding]) -> Refusal {
    let sentences: Vec<String> = broken.iter().map(|finding| finding.sentence()).collect();
    Refusal::new(
        "belongs_together",
        format!("Chưa ghi quyết định: chỉ với các điểm được duyệt, bản kê khai sẽ mâu thuẫn. {}", sentences.join(" ")),
        "Các điểm liên quan phải đi cùng nhau: đề nghị duyệt hoặc từ chối cả nhóm rồi ghi lại.",
    )
    .basis(BASIS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A house that was declared as land: nobody proposed to have neither.
    #[test]
    fn what_takes_the_place_of_another_thing_is_not_left_out() {
        let with = |assets: Value| json!({ "assets": assets });
        let house = json!({ "code": "HOUSE", "address": "thôn 3", "floor_area_m2": "100" });
        let land = json!({ "code": "LAND_RES", "address": "thôn 3", "area_m2": "100" });
        let (record, proposed) = (with(json!([house])), with(json!([land])));
        assert!(is_torn(&record, &with(json!([])), &proposed));
        assert!(!is_torn(&record, &proposed, &proposed), "both");
        assert!(!is_torn(&record, &record, &proposed), "neither");
        assert!(!is_torn(&record, &with(json!([house, land])), &proposed), "nothing is lost");
    }
}
