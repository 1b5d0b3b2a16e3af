//! Which acts of others are news to whom, in words: the catalogue of what the log has. What is told is made from the log's
//! events, so it names nobody and holds no text anybody wrote.
use std::time::Duration;

use serde_json::Value;

use crate::kernel::Role;
use crate::kernel::id::EventId;

/// One kind of news.
#[derive(Debug)]
pub struct News {
    /// The event of the log it is made from.
    pub event: &'static str,
    pub to: Role,
    pub says: &'static str,
    /// Where it is read: an address, with the name of the id that ends it.
    link: Link,
    /// The day it is due by, among the event's counts.
    due: &'static str,
}

const fn news(event: &'static str, to: Role, says: &'static str, link: Link) -> News {
    News { event, to, says, link, due: "" }
}

const fn due(mut news: News, due: &'static str) -> News {
    news.due = due;
    news
}

type Link = (&'static str, &'static str);

const HOME: Link = ("/ke-khai", "");
const OWN_DECLARATION: Link = ("/ke-khai/ban/", "declaration");
const OWN_DEMAND: Link = ("/ke-khai/yeu-cau/", "demand");
const OWN_CORRECTION: Link = ("/ke-khai/sua-doi/", "correction");
const OWN_INQUIRY: Link = ("/ke-khai/yeu-cau-thong-tin/", "inquiry");
const UNIT_DECLARATION: Link = ("/don-vi/ban/", "declaration");
const UNIT_CORRECTION: Link = ("/don-vi/sua-doi/", "correction");
const UNIT_HAND_OVER: Link = ("/don-vi/ban-giao/", "hand_over");
const UNIT_INQUIRY: Link = ("/don-vi/yeu-cau-thong-tin/", "inquiry");
const AGENCY_INQUIRY: Link = ("/yeu-cau-thong-tin/", "inquiry");
const AGENCY_HAND_OVER: Link = ("/ban-giao/", "hand_over");
const AGENCY_CUSTODY: Link = ("/chuyen-ho-so/", "custody");

/// All there are. Nobody is told of what they did themselves, an agency not of what its officers did.
pub const CATALOGUE: &[News] = &[
    due(news("obligation.added", Role::Declarant, "Ông/Bà có nghĩa vụ kê khai mới.", HOME), "due_on"),
    news("obligation.taken_back", Role::Declarant, "Một nghĩa vụ kê khai đã lập cho Ông/Bà được hủy.", HOME),
    news("obligation.ended", Role::Declarant, "Một nghĩa vụ kê khai của Ông/Bà không còn phải thực hiện.", HOME),
    due(
        news("obligation.reopened", Role::Declarant, "Một nghĩa vụ kê khai của Ông/Bà phải thực hiện trở lại.", HOME),
        "due_on",
    ),
    due(news("obligation.redated", Role::Declarant, "Hạn của một nghĩa vụ kê khai thay đổi.", HOME), "due_on"),
    due(news("reminder.issued", Role::Declarant, "Đơn vị đôn đốc Ông/Bà kê khai bằng văn bản.", HOME), "answer_by"),
    news(
        "non_submission.recorded",
        Role::Declarant,
        "Đơn vị ghi nhận chưa nhận được bản kê khai của Ông/Bà sau 02 lần đôn đốc.",
        HOME,
    ),
    news("declaration.received", Role::Declarant, "Đơn vị đã tiếp nhận bản kê khai của Ông/Bà.", OWN_DECLARATION),
    news(
        "declaration.digitised",
        Role::Declarant,
        "Bản kê khai giấy của Ông/Bà đã được đưa vào hệ thống.",
        OWN_DECLARATION,
    ),
    news(
        "demand.issued",
        Role::Declarant,
        "Đơn vị yêu cầu Ông/Bà hoàn thiện hoặc kê khai lại. Mở ra đọc là đã nhận yêu cầu.",
        OWN_DEMAND,
    ),
    news("demand.withdrawn", Role::Declarant, "Đơn vị rút yêu cầu hoàn thiện, kê khai lại.", OWN_DEMAND),
    news(
        "correction.decided",
        Role::Declarant,
        "Đề nghị sửa đổi bản kê khai của Ông/Bà đã có quyết định.",
        OWN_CORRECTION,
    ),
    news("declaration.submitted", Role::UnitOfficer, "Có bản kê khai mới gửi đến, chờ tiếp nhận.", UNIT_DECLARATION),
    news("declaration.revised", Role::UnitOfficer, "Có bản kê khai làm lại theo yêu cầu.", UNIT_DECLARATION),
    news("declaration.revised", Role::Declarant, "Bản kê khai làm lại của Ông/Bà đã được ghi nhận.", OWN_DECLARATION),
    news(
        "inquiry.issued",
        Role::Declarant,
        "Cơ quan kiểm soát yêu cầu Ông/Bà cung cấp thông tin. Mở ra đọc là đã nhận yêu cầu.",
        OWN_INQUIRY,
    ),
    news("inquiry.closed", Role::Declarant, "Cơ quan kiểm soát kết thúc yêu cầu cung cấp thông tin.", OWN_INQUIRY),
    news(
        "inquiry.kept",
        Role::Declarant,
        "Cơ quan kiểm soát giữ yêu cầu cung cấp thông tin và ấn định hạn; mở ra để xem thời hạn.",
        OWN_INQUIRY,
    ),
    news("inquiry.withdrawn", Role::Declarant, "Cơ quan kiểm soát rút yêu cầu cung cấp thông tin.", OWN_INQUIRY),
    news(
        "inquiry.issued",
        Role::UnitOfficer,
        "Cơ quan kiểm soát yêu cầu đơn vị cung cấp thông tin. Mở ra đọc là đã nhận yêu cầu.",
        UNIT_INQUIRY,
    ),
    news("inquiry.closed", Role::UnitOfficer, "Cơ quan kiểm soát kết thúc yêu cầu cung cấp thông tin.", UNIT_INQUIRY),
    news(
        "inquiry.kept",
        Role::UnitOfficer,
        "Cơ quan kiểm soát giữ yêu cầu cung cấp thông tin và ấn định hạn; mở ra để xem thời hạn.",
        UNIT_INQUIRY,
    ),
    news("inquiry.withdrawn", Role::UnitOfficer, "Cơ quan kiểm soát rút yêu cầu cung cấp thông tin.", UNIT_INQUIRY),
    news("inquiry.answered", Role::IntakeOfficer, "Có trả lời yêu cầu cung cấp thông tin.", AGENCY_INQUIRY),
    news("inquiry.pleaded", Role::IntakeOfficer, "Có đề nghị xem xét về yêu cầu cung cấp thông tin.", AGENCY_INQUIRY),
    news("correction.proposed", Role::UnitOfficer, "Có đề nghị sửa đổi bản kê khai đã tiếp nhận.", UNIT_CORRECTION),
    news("correction.withdrawn", Role::UnitOfficer, "Một đề nghị sửa đổi đã được người kê khai rút.", UNIT_CORRECTION),
    news("hand_over.taken", Role::UnitOfficer, "Cơ quan kiểm soát đã nhận bản kê khai bàn giao.", UNIT_HAND_OVER),
    news("hand_over.sent", Role::IntakeOfficer, "Có đợt bàn giao bản kê khai gửi đến, chờ nhận.", AGENCY_HAND_OVER),
    news("custody.sent", Role::IntakeOfficer, "Có hồ sơ do cơ quan kiểm soát khác chuyển đến.", AGENCY_CUSTODY),
    news("custody.taken", Role::IntakeOfficer, "Cơ quan nhận đã nhận hồ sơ chuyển đi.", AGENCY_CUSTODY),
    news("custody.declined", Role::IntakeOfficer, "Cơ quan nhận trả lại hồ sơ chuyển đi.", AGENCY_CUSTODY),
    news("custody.withdrawn", Role::IntakeOfficer, "Cơ quan gửi đã rút lại hồ sơ chuyển đến.", AGENCY_CUSTODY),
];

/// The names of the events that are news to a role.
pub fn names(role: Role) -> Vec<String> {
    CATALOGUE.iter().filter(|news| news.to == role).map(|news| news.event.to_owned()).collect()
}

/// What an event is to a role.
pub fn of(role: Role, event: &str) -> Option<&'static News> {
    CATALOGUE.iter().find(|news| news.to == role && news.event == event)
}

impl News {
    /// Where it is read, from the event's body.
    pub fn href(&self, body: &Value) -> String {
        let (address, key) = self.link;
        match body["ids"][key].as_str() {
            Some(id) => format!("{address}{id}"),
            None => address.trim_end_matches('/').to_owned(),
        }
    }

    /// The day it is due by, as the number its digits make.
    pub fn due(&self, body: &Value) -> Option<i64> {
        body["counts"][self.due].as_i64()
    }
}

/// Roles that are told news.
pub fn is_told(role: Role) -> bool {
    CATALOGUE.iter().any(|news| news.to == role)
}

/// The oldest id an event can have that is still told as new: whoever never looked is not told of years gone by.
pub fn since() -> EventId {
    EventId::made_ago(KEPT_NEW)
}

const KEPT_NEW: Duration = Duration::from_secs(120 * 86_400);

/// Most that is counted; more is said to be more.
pub const MOST: i64 = 100;
