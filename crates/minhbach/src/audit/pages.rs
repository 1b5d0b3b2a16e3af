//! The log's viewer for an agency's auditor.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::store::{self, LogLine};
use crate::account::Signed;
use crate::kernel::web::respond::{TEXT, attachment};
use crate::kernel::web::{Html, Page, html};
use crate::kernel::{App, Error, Result, Role};

/// Lines on one page.
const LINES: i64 = 200;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/nhat-ky", get(log))
        .route("/nhat-ky/diem-niem-phong", get(checkpoint))
        .route("/nhat-ky/khoa", get(key))
}

#[derive(Template)]
#[template(path = "audit/pages/log.html")]
struct LogPage {
    page: Page,
    lines: Vec<Line>,
    size: u64,
    checkpoint: Option<store::StoredCheckpoint>,
    key: String,
}

/// An event in words.
struct Line {
    leaf: String,
    at: String,
    name: &'static str,
    body: String,
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        Self {
            leaf: line.leaf_index.map_or_else(|| "đang chờ".to_owned(), |index| index.to_string()),
            at: line
                .occurred_at
                .with_timezone(&crate::kernel::clock::vietnam())
                .format("%d/%m/%Y %H:%M:%S")
                .to_string(),
            name: event_label(&line.name),
            body: line.body,
        }
    }
}

/// What an event is called for people.
pub fn event_label(name: &str) -> &'static str {
    match name {
        "account.signed_in" => "Đăng nhập",
        "account.signed_out" => "Đăng xuất",
        "account.sign_in_failed" => "Đăng nhập không thành công",
        "account.locked" => "Tạm khóa tài khoản",
        "account.activated" => "Kích hoạt tài khoản",
        "account.issued" => "Cấp tài khoản",
        "account.reissued" => "Cấp lại mã kích hoạt",
        "account.disabled" => "Khóa tài khoản",
        "account.role_switched" => "Đổi vai trò",
        "account.list_opened" => "Mở danh sách tài khoản",
        "token.issued" => "Cấp khóa truy cập API",
        "notification.address_given" => "Ghi địa chỉ thư điện tử nhận tin",
        "notification.address_confirmed" => "Xác nhận địa chỉ thư điện tử",
        "notification.address_forgotten" => "Bỏ địa chỉ thư điện tử",
        "notification.address_refused" => "Máy chủ thư không nhận địa chỉ",
        "notification.code_wrong" => "Ghi sai mã xác nhận địa chỉ thư",
        "notification.mailed" => "Gửi thư báo tin",
        "notification.code_expired" => "Mã xác nhận hết hạn trước khi gửi được",
        "purpose.stated" => "Nêu mục đích tra cứu",
        "report.nation_viewed" => "Xem số liệu toàn quốc",
        "signature.data_signed" => "Ghi nhận chữ ký rời trên dữ liệu bản kê khai",
        "signature.data_refused" => "Không nhận chữ ký rời trên dữ liệu bản kê khai",
        "asset.opened" => "Xem tài sản của một người qua các lần kê khai",
        "asset.stated" => "Ghi nhận hai tài sản là một hay khác nhau",
        "older.recorded" => "Ghi nhận bản kê khai theo mẫu cũ",
        "older.placed" => "Ghi lại nơi lưu bản giấy của bản kê khai theo mẫu cũ",
        "older.withdrawn" => "Rút ghi nhận bản kê khai theo mẫu cũ",
        "older.list_opened" => "Mở danh sách bản kê khai theo mẫu cũ",
        "older.opened" => "Xem bản kê khai theo mẫu cũ",
        "practice.begun" => "Lập bản thực hành",
        "practice.opened" => "Bản thực hành đã dựng xong",
        "practice.failed" => "Không dựng được bản thực hành",
        "practice.closed" => "Đóng bản thực hành",
        "practice.password_opened" => "Xem mật khẩu chung của bản thực hành",
        "person.added" => "Thêm người có nghĩa vụ kê khai",
        "person.list_opened" => "Mở danh sách người kê khai",
        "person.opened" => "Mở thông tin người kê khai",
        "obligation.added" => "Lập nghĩa vụ kê khai",
        "obligation.taken_back" => "Hủy nghĩa vụ kê khai đã lập",
        "obligation.ended" => "Nghĩa vụ kê khai không còn phải thực hiện",
        "obligation.reopened" => "Nghĩa vụ kê khai phải thực hiện trở lại",
        "obligation.redated" => "Đổi hạn của nghĩa vụ kê khai",
        "draft.opened" => "Mở bản nháp",
        "draft.reopened" => "Mở lại bản nháp để hoàn thiện, kê khai lại",
        "draft.carried" => "Đưa bản kê khai mới nhất vào bản nháp",
        "declaration.submitted" => "Gửi bản kê khai",
        "declaration.digitised" => "Số hóa bản kê khai giấy",
        "declaration.revised" => "Gửi lại bản kê khai theo yêu cầu",
        "declaration.corrected" => "Ghi bản kê khai sửa đổi được duyệt",
        "correction.begun" => "Bắt đầu soạn đề nghị sửa đổi",
        "correction.dropped" => "Thôi soạn đề nghị sửa đổi",
        "correction.proposed" => "Đề nghị sửa đổi bản kê khai",
        "correction.decided" => "Quyết định đề nghị sửa đổi",
        "correction.withdrawn" => "Rút đề nghị sửa đổi",
        "correction.opened" => "Xem đề nghị sửa đổi",
        "correction.list_opened" => "Mở danh sách đề nghị sửa đổi",
        "demand.issued" => "Yêu cầu hoàn thiện, kê khai lại",
        "demand.reached" => "Người kê khai nhận được yêu cầu hoàn thiện",
        "demand.opened" => "Xem yêu cầu hoàn thiện",
        "demand.answered" => "Trả lời yêu cầu hoàn thiện",
        "demand.withdrawn" => "Rút yêu cầu hoàn thiện",
        "declaration.received" => "Tiếp nhận bản kê khai",
        "declaration.opened" => "Xem bản kê khai",
        "declaration.unreadable" => "Không mở được bản kê khai đã lưu",
        "declaration.list_opened" => "Mở danh sách bản kê khai",
        "hand_over.sent" => "Bàn giao bản kê khai",
        "hand_over.taken" => "Nhận bàn giao bản kê khai",
        "hand_over.opened" => "Mở biên bản bàn giao",
        "hand_over.list_opened" => "Mở danh sách chờ bàn giao",
        "custody.sent" => "Gửi hồ sơ cho cơ quan kiểm soát khác",
        "custody.taken" => "Nhận hồ sơ từ cơ quan kiểm soát khác",
        "custody.declined" => "Trả lại hồ sơ chuyển đến",
        "custody.withdrawn" => "Rút lại hồ sơ đã gửi",
        "custody.opened" => "Mở hồ sơ chuyển",
        "custody.original_opened" => "Xem bản sao bản kê khai chuyển đến",
        "signature.handed_out" => "Giao tệp để ký số",
        "signature.copy_known" => "Giao lại tệp để ký số",
        "signature.signer_compared" => "Đối chiếu người ký",
        "signature.recorded" => "Ghi nhận chữ ký",
        "signature.refused" => "Không nhận tệp ký số",
        "signature.opened" => "Xem chữ ký",
        "signature.file_opened" => "Tải tệp đã ký",
        "signature.document_taken" => "Tải dữ liệu của bản kê khai để ký hoặc để chứng minh",
        "signature.data_opened" => "Tải chữ ký rời trên dữ liệu bản kê khai",
        "signature.data_stamp_asked" => "Đọc chữ ký rời để xin dấu thời gian",
        "signature.data_stamped" => "Ghi dấu thời gian của chữ ký rời trên dữ liệu",
        "signature.copy_opened" => "Tải tệp để ký số",
        "signature.signed_handed_out" => "Giao tệp bên kia đã ký để ký tiếp",
        "signature.withdrawn" => "Rút chữ ký",
        "signature.accepted" => "Chấp nhận chữ ký sau khi đối chiếu",
        "signature.turned_down" => "Không chấp nhận chữ ký",
        "signature.stamped" => "Ghi dấu thời gian của chữ ký",
        "inquiry.issued" => "Yêu cầu cung cấp thông tin",
        "inquiry.received" => "Nhận được yêu cầu cung cấp thông tin",
        "inquiry.answered" => "Cung cấp thông tin",
        "inquiry.pleaded" => "Đề nghị xem xét yêu cầu cung cấp thông tin",
        "inquiry.kept" => "Giữ yêu cầu cung cấp thông tin",
        "inquiry.closed" => "Kết thúc yêu cầu cung cấp thông tin",
        "inquiry.followed" => "Yêu cầu cung cấp thông tin bổ sung",
        "inquiry.withdrawn" => "Rút yêu cầu cung cấp thông tin",
        "inquiry.opened" => "Xem yêu cầu cung cấp thông tin",
        "inquiry.file_stored" => "Lưu tệp kèm câu trả lời",
        "inquiry.file_opened" => "Tải tệp kèm câu trả lời",
        "inquiry.list_opened" => "Xem danh sách yêu cầu cung cấp thông tin",
        "inquiry.people_listed" => "Xem danh sách người của đơn vị để lập yêu cầu",
        "signature.stamp_known" => "Dấu thời gian đã có",
        "custody.list_opened" => "Mở danh sách người đã chuyển công tác",
        "campaign.planned" => "Ghi kế hoạch đợt kê khai",
        "campaign.unit_opened" => "Mở danh sách của một đơn vị",
        "reminder.issued" => "Đôn đốc bằng văn bản",
        "reminder.delivered" => "Ghi đã giao, gửi văn bản đôn đốc",
        "reminder.opened" => "Mở văn bản đôn đốc",
        "reminder.list_opened" => "Mở danh sách đôn đốc",
        "non_submission.recorded" => "Ghi nhận không nộp sau 02 lần đôn đốc",
        "non_submission.opened" => "Mở việc không nộp sau 02 lần đôn đốc",
        "logbook.opened" => "Mở sổ theo dõi kê khai",
        "logbook.exported" => "Tải sổ theo dõi kê khai (Excel)",
        "notice.printed" => "In thông báo kê khai",
        "disclosure.posted" => "Niêm yết bản kê khai",
        "disclosure.meeting_held" => "Ghi cuộc họp công khai bản kê khai",
        "disclosure.closed" => "Lập biên bản công khai",
        "disclosure.broken_off" => "Dừng công khai trước hạn",
        "disclosure.opened" => "Mở lần công khai",
        "disclosure.printed" => "In bản kê khai để công khai",
        "disclosure.list_opened" => "Mở danh sách chờ công khai",
        "intake.received" => "Nhận bản quét",
        "intake.read" => "Nhận dạng xong",
        "intake.refused" => "Không nhận dạng được",
        "intake.opened" => "Mở bản quét để đối chiếu",
        "intake.accepted" => "Chấp nhận bản đã đối chiếu",
        "intake.checked" => "Lưu bản đang đối chiếu",
        "intake.duplicate_found" => "Bản quét trùng với bản đã nhận",
        "intake.duplicate_refused" => "Không ghi nhận vì trùng bản đã có",
        "intake.list_opened" => "Mở danh sách bản quét",
        "intake.page_stored" => "Lưu ảnh trang",
        "intake.resumed" => "Lấy lại bản quét để riêng",
        "unit.board_opened" => "Mở bảng theo dõi của đơn vị",
        "workbook.received" => "Nhận bảng tính bản kê khai",
        "workbook.duplicate_found" => "Bảng tính trùng với tệp đã nhận",
        "workbook.entered" => "Lập bản kê khai chờ đối chiếu từ dòng bảng tính",
        "workbook.portion_taken" => "Nhập một phần bảng tính",
        "workbook.imported" => "Nhập xong bảng tính",
        "workbook.refused" => "Không nhập được bảng tính",
        "workbook.resumed" => "Nhập tiếp bảng tính sau sự cố",
        "workbook.opened" => "Mở kết quả nhập bảng tính",
        "workbook.list_opened" => "Mở danh sách bảng tính",
        "workbook.taken_out" => "Tải bản gốc của bảng tính",
        "intake.set_aside" => "Để riêng bản quét",
        "places.loaded" => "Nạp danh mục đơn vị hành chính",
        "partition.added" => "Lập phân vùng dữ liệu",
        "organisation.added" => "Thêm cơ quan, đơn vị",
        "routing.added" => "Thêm quy tắc phân công kiểm soát",
        _ => "Sự kiện khác",
    }
}

/// An auditor of the agency sees its log: what happened, when, by which account, in ids and hashes. Nothing under seal is
/// opened, so looking is not itself an access.
async fn log(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::Auditor])?;
    let partition = signed.actor.home;
    let (lines, size, checkpoint) = app
        .db
        .read(&signed.actor, "log.view", async |tx| {
            let lines = store::newest(tx, partition, LINES).await?;
            Ok((lines, store::tree_size(tx, partition).await?, store::latest_checkpoint(tx, partition).await?))
        })
        .await?;
    let key = own_key(&app, &signed)?;
    html(&LogPage {
        page: signed.page("Nhật ký"),
        lines: lines.into_iter().map(Line::from).collect(),
        size,
        checkpoint,
        key,
    })
}

fn own_key(app: &App, signed: &Signed) -> Result<String> {
    let origin = ledger::log_origin(&signed.actor.home);
    app.db
        .keys()
        .verifiers()
        .into_iter()
        .find(|key| key.name() == origin)
        .map(|key| key.to_string())
        .ok_or(Error::NotFound)
}

/// The newest signed checkpoint as a file, to be kept outside the system.
async fn checkpoint(State(app): State<App>, signed: Signed) -> Result<Response> {
    signed.require(&[Role::Auditor])?;
    let partition = signed.actor.home;
    let found =
        app.db.read(&signed.actor, "log.checkpoint", async |tx| store::latest_checkpoint(tx, partition).await).await?;
    let checkpoint = found.ok_or(Error::NotFound)?;
    Ok(attachment(TEXT, &format!("diem-niem-phong-{}.txt", checkpoint.tree_size), checkpoint.note))
}

/// The log's public key as a file.
async fn key(State(app): State<App>, signed: Signed) -> Result<Response> {
    signed.require(&[Role::Auditor])?;
    Ok(attachment(TEXT, "khoa-cong-khai-nhat-ky.txt", format!("{}\n", own_key(&app, &signed)?)))
}
