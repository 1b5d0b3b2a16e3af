//! Where messages go: an address is used once the code sent to it came back.
use chrono::{DateTime, TimeDelta, Utc};

use super::model::{Address, AddressCell, CodeCell};
use super::policy::KeepAddress;
use super::store::{self, Given};
use crate::kernel::id::AccountId;
use crate::kernel::{Actor, App, Event, Refusal, Result, Tx};

/// How long a code counts, how often it may be tried, and how many are sent on a day to the addresses of one account:
/// eight digits are not guessed, and nobody's letter box is filled through us.
const CODE_MINUTES: i64 = 30;
const TRIES: i16 = 5;
const CODES_A_DAY: i16 = 5;
/// RFC 5321, section 4.5.3.1.3, without the brackets.
const LONGEST: usize = 254;

/// The account itself acts; what it keeps of itself is sign-in's.
fn own(account: AccountId) -> Actor {
    Actor { account: Some(account), ..Actor::SYSTEM }
}

/// How the address of an account stands, with the address in words.
pub struct Standing {
    pub address: String,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub refused_at: Option<DateTime<Utc>>,
    /// Whether a code that was sent may still come back.
    pub waits_for_code: bool,
}

/// The address of an account, for whoever holds it.
pub async fn standing(app: &App, account: AccountId) -> Result<Option<Standing>> {
    let now = app.clock().now();
    let address =
        app.db.read(&own(account), "notification.address", async |tx| Ok(store::own(tx, account).await?.1)).await?;
    let Some(Address { partition, address: Some(sealed), confirmed_at, refused_at, code_expires_at, .. }) = address
    else {
        return Ok(None);
    };
    Ok(Some(Standing {
        // Showing people what they gave themselves is not an access to be recorded.
        address: app.db.keys().open_cell(partition, account.0, &sealed)?,
        confirmed_at,
        refused_at,
        waits_for_code: code_expires_at.is_some_and(|until| now <= until),
    }))
}

/// The holder of an account gives an address for messages that there is news. A code is sent to it; until that comes back
/// nothing else is. Another address replaces the one before, which is forgotten.
pub async fn give(app: &App, account: AccountId, typed: &str) -> Result<()> {
    if app.config.mail.server.is_none() {
        return Err(no_server().into());
    }
    let address = readable(typed)?;
    let mut digits = [0u8; 8];
    aws_lc_rs::rand::fill(&mut digits).map_err(|_| crate::bug!("no randomness from the system"))?;
    let code = format!("{:08}", u64::from_le_bytes(digits) % 100_000_000);
    app.db
        .write(&own(account), "notification.give_address", async |tx| {
            let (on, before) = store::own_in_turn(tx, account).await?;
            let permit = tx.permit::<KeepAddress, _>(on)?;
            if tx.is_practice(on.partition).await? {
                return Err(for_practice().into());
            }
            let today = tx.today();
            let sent = before.filter(|before| before.codes_on == Some(today)).map_or(0, |before| before.codes_sent);
            if sent >= CODES_A_DAY {
                return Err(too_many_codes().into());
            }
            let given = Given {
                address: &tx.keys().seal::<AddressCell>(on.partition, account.0, &address)?,
                code: &tx.keys().seal::<CodeCell>(on.partition, account.0, &code)?,
                expires_at: tx.now() + TimeDelta::minutes(CODE_MINUTES),
                codes_on: today,
                codes_sent: sent + 1,
            };
            store::give(tx, &permit, given).await?;
            tx.record(Event::new("notification.address_given", on.partition).id("account", account))?;
            Ok(())
        })
        .await
}

/// Only the shape is judged; that it is theirs the code shows.
fn readable(typed: &str) -> Result<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Refusal::new("no_address", "Chưa ghi địa chỉ thư điện tử.", "Đề nghị ghi địa chỉ.").into());
    }
    let is_address = typed.len() <= LONGEST && typed.parse::<lettre::Address>().is_ok();
    match is_address {
        true => Ok(typed.to_owned()),
        false => Err(Refusal::new(
            "bad_address",
            "Địa chỉ thư điện tử chưa đúng dạng.",
            "Đề nghị ghi đủ phần trước và sau ký hiệu @, ví dụ ten@coquan.gov.vn.",
        )
        .into()),
    }
}

/// The code that came by mail is typed back.
pub async fn confirm(app: &App, account: AccountId, typed: &str) -> Result<()> {
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    let outcome = app
        .db
        .write(&own(account), "notification.confirm_address", async |tx| {
            let (on, address) = store::own_in_turn(tx, account).await?;
            let permit = tx.permit::<KeepAddress, _>(on)?;
            let Some(Address { code: Some(code), code_expires_at, code_failures, .. }) = address else {
                return Err(no_code().into());
            };
            if code_failures >= TRIES || code_expires_at.is_none_or(|until| tx.now() > until) {
                return Err(no_code().into());
            }
            let is_right = is_code(tx, on.partition, account, &code, &typed)?;
            let name = if is_right { "notification.address_confirmed" } else { "notification.code_wrong" };
            if is_right {
                store::confirm(tx, &permit).await?;
            } else {
                store::count_wrong(tx, &permit).await?;
            }
            tx.record(Event::new(name, on.partition).id("account", account))?;
            Ok(is_right)
        })
        .await?;
    if outcome {
        return Ok(());
    }
    Err(Refusal::new(
        "wrong_code",
        "Mã xác nhận không đúng.",
        "Đề nghị xem lại thư mới nhất và ghi đủ 8 chữ số trong thư.",
    )
    .into())
}

fn is_code(
    tx: &mut Tx,
    partition: crate::kernel::id::PartitionId,
    account: AccountId,
    code: &crate::kernel::keys::Sealed<CodeCell>,
    typed: &str,
) -> Result<bool> {
    let code = tx.open(partition, account.0, code)?;
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok())
}

/// The holder wants no messages any more: the address is forgotten.
pub async fn take_back(app: &App, account: AccountId) -> Result<()> {
    app.db
        .write(&own(account), "notification.forget_address", async |tx| {
            let (on, address) = store::own_in_turn(tx, account).await?;
            let permit = tx.permit::<KeepAddress, _>(on)?;
            if address.is_none_or(|address| address.address.is_none()) {
                tx.nothing_done();
                return Ok(());
            }
            crate::account::store::forget_address(tx, permit.on().account).await?;
            tx.record(Event::new("notification.address_forgotten", on.partition).id("account", account))?;
            Ok(())
        })
        .await
}

fn no_server() -> Refusal {
    Refusal::new(
        "no_mail",
        "Hệ thống này chưa được cài đặt để gửi thư điện tử.",
        "Đề nghị xem thông báo ở trang này; cơ quan quản trị có thể cài đặt máy chủ thư.",
    )
}

fn for_practice() -> Refusal {
    Refusal::new(
        "practice",
        "Bản thực hành không gửi thư điện tử.",
        "Đề nghị xem thông báo ở trang này; tài khoản thật thì nhận thư được.",
    )
}

fn no_code() -> Refusal {
    Refusal::new(
        "no_code",
        "Không còn mã xác nhận nào dùng được: mã đã hết hạn, đã dùng, hoặc đã ghi sai quá 5 lần.",
        "Đề nghị bấm “Gửi mã” để nhận mã mới.",
    )
}

fn too_many_codes() -> Refusal {
    Refusal::new(
        "too_many_codes",
        format!("Hôm nay đã gửi {CODES_A_DAY} mã xác nhận, là mức nhiều nhất trong một ngày."),
        "Đề nghị dùng mã trong thư mới nhất, hoặc xin mã mới vào ngày mai.",
    )
    .status(axum::http::StatusCode::TOO_MANY_REQUESTS)
}
