//! Which acts of others are news to whom, in words: the catalogue of what the log has. What is told is made from the log's
//! events, so it names nobody and holds no text anybody wrote.
use serde_json::Value;
use uuid::{NoContext, Timestamp, Uuid};

use crate::kernel::Role;

/// One kind of news.
#[derive(Debug)]
pub struct News {
    /// The event of the log it is made from.
    pub event: &'static str,
    pub to: Role,
    pub says: &'static str,
    /// Where it is read: an address, with the name of the id that ends it.
    link: (&'static str, &'static str),
    /// The day it is due by, among the event's counts.
    due: &'static str,
}

const fn news(event: &'static str, to: Role, says: &'static str, link: (&'static str, &'static str)) -> News {
    News { event, to, says, link, due: "" }
}

const fn due(mut news: News, due: &'static str) -> News {
    news.due = due;
    news
}

const HOME: (&str, &str) = ("/ke-khai", "");

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
    news(
        "declaration.received",
        Role::Declarant,
        "Đơn vị đã tiếp nhận bản kê khai của Ông/Bà.",
        ("/ke-khai/ban/", "declaration"),
    ),
    news(
        "declaration.digitised",
        Role::Declarant,
        "Bản kê khai giấy của Ông/Bà đã được đưa vào hệ thống.",
        ("/ke-khai/ban/", "declaration"),
    ),
    news(
        "demand.issued",
        Role::Declarant,
        "Đơn vị yêu cầu Ông/Bà hoàn thiện hoặc kê khai lại. Mở ra đọc là đã nhận yêu cầu.",
        ("/ke-khai/yeu-cau/", "demand"),
    ),
    news(
        "demand.withdrawn",
        Role::Declarant,
        "Đơn vị rút yêu cầu hoàn thiện, kê khai lại.",
        ("/ke-khai/yeu-cau/", "demand"),
    ),
    news(
        "correction.decided",
        Role::Declarant,
        "Đề nghị sửa đổi bản kê khai của Ông/Bà đã có quyết định.",
        ("/ke-khai/sua-doi/", "correction"),
    ),
    news(
        "declaration.submitted",
        Role::UnitOfficer,
        "Có bản kê khai mới gửi đến, chờ tiếp nhận.",
        ("/don-vi/ban/", "declaration"),
    ),
    news(
        "declaration.revised",
        Role::UnitOfficer,
        "Có bản kê khai làm lại theo yêu cầu.",
        ("/don-vi/ban/", "declaration"),
    ),
    news(
        "declaration.revised",
        Role::Declarant,
        "Bản kê khai làm lại của Ông/Bà đã được ghi nhận.",
        ("/ke-khai/ban/", "declaration"),
    ),
    news(
        "inquiry.issued",
        Role::Declarant,
        "Cơ quan kiểm soát yêu cầu Ông/Bà cung cấp thông tin. Mở ra đọc là đã nhận yêu cầu.",
        ("/ke-khai/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.closed",
        Role::Declarant,
        "Cơ quan kiểm soát kết thúc yêu cầu cung cấp thông tin.",
        ("/ke-khai/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.kept",
        Role::Declarant,
        "Cơ quan kiểm soát giữ yêu cầu cung cấp thông tin và ấn định hạn; mở ra để xem thời hạn.",
        ("/ke-khai/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.withdrawn",
        Role::Declarant,
        "Cơ quan kiểm soát rút yêu cầu cung cấp thông tin.",
        ("/ke-khai/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.issued",
        Role::UnitOfficer,
        "Cơ quan kiểm soát yêu cầu đơn vị cung cấp thông tin. Mở ra đọc là đã nhận yêu cầu.",
        ("/don-vi/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.closed",
        Role::UnitOfficer,
        "Cơ quan kiểm soát kết thúc yêu cầu cung cấp thông tin.",
        ("/don-vi/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.kept",
        Role::UnitOfficer,
        "Cơ quan kiểm soát giữ yêu cầu cung cấp thông tin và ấn định hạn; mở ra để xem thời hạn.",
        ("/don-vi/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.withdrawn",
        Role::UnitOfficer,
        "Cơ quan kiểm soát rút yêu cầu cung cấp thông tin.",
        ("/don-vi/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.answered",
        Role::IntakeOfficer,
        "Có trả lời yêu cầu cung cấp thông tin.",
        ("/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "inquiry.pleaded",
        Role::IntakeOfficer,
        "Có đề nghị xem xét về yêu cầu cung cấp thông tin.",
        ("/yeu-cau-thong-tin/", "inquiry"),
    ),
    news(
        "correction.proposed",
        Role::UnitOfficer,
        "Có đề nghị sửa đổi bản kê khai đã tiếp nhận.",
        ("/don-vi/sua-doi/", "correction"),
    ),
    news(
        "correction.withdrawn",
        Role::UnitOfficer,
        "Một đề nghị sửa đổi đã được người kê khai rút.",
        ("/don-vi/sua-doi/", "correction"),
    ),
    news(
        "hand_over.taken",
        Role::UnitOfficer,
        "Cơ quan kiểm soát đã nhận bản kê khai bàn giao.",
        ("/don-vi/ban-giao/", "hand_over"),
    ),
    news(
        "hand_over.sent",
        Role::IntakeOfficer,
        "Có đợt bàn giao bản kê khai gửi đến, chờ nhận.",
        ("/ban-giao/", "hand_over"),
    ),
    news(
        "custody.sent",
        Role::IntakeOfficer,
        "Có hồ sơ do cơ quan kiểm soát khác chuyển đến.",
        ("/chuyen-ho-so/", "custody"),
    ),
    news("custody.taken", Role::IntakeOfficer, "Cơ quan nhận đã nhận hồ sơ chuyển đi.", ("/chuyen-ho-so/", "custody")),
    news(
        "custody.declined",
        Role::IntakeOfficer,
        "Cơ quan nhận trả lại hồ sơ chuyển đi.",
        ("/chuyen-ho-so/", "custody"),
    ),
    news(
        "custody.withdrawn",
        Role::IntakeOfficer,
        "Cơ quan gửi đã rút lại hồ sơ chuyển đến.",
        ("/chuyen-ho-so/", "custody"),
    ),
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
pub fn since() -> Uuid {
    const DAYS: u64 = 120;
    let (seconds, nanos) = Timestamp::now(NoContext).to_unix();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds.saturating_sub(DAYS * 86_400), nanos))
}

/// Most that is counted; more is said to be more.
pub const MOST: i64 = 100;
