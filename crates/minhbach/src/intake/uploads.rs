//! Uploads under way: few at a time since each holds a file in memory, one per account, and none that stands still.
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::kernel::id::AccountId;
use crate::kernel::{App, Error, Refusal, Result};

/// Uploads taken in at the same time; each holds one file in memory.
static PLACES: Semaphore = Semaphore::const_new(3);
/// Accounts that hold or wait for a place.
static BUSY: Mutex<BTreeSet<AccountId>> = Mutex::new(BTreeSet::new());
/// How long an upload waits for a place.
const WAIT: Duration = Duration::from_secs(30);
/// How long an upload may stand still.
pub const STALL: Duration = Duration::from_secs(20);

/// A place among the uploads under way; given back when dropped.
#[derive(Debug)]
pub struct Slot {
    _place: SemaphorePermit<'static>,
    _account: Busy,
}

#[derive(Debug)]
struct Busy(AccountId);

impl Busy {
    fn new(account: AccountId) -> Option<Self> {
        // Made only when free: one made and dropped here would wait for the lock it stands under, and free another's place.
        let free = BUSY.lock().unwrap_or_else(PoisonError::into_inner).insert(account);
        free.then(|| Self(account))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Whoever sends a file, found out a few at a time: uploads pass no door ([`crate::kernel::web::shed`]), and asking who
/// somebody is costs a look into the database before anything else is known of them.
#[derive(Debug)]
pub struct Sender<T>(pub T);

/// Senders found out at the same time.
static LOOK_UPS: Semaphore = Semaphore::const_new(2);

impl<T> FromRequestParts<App> for Sender<T>
where
    T: FromRequestParts<App>,
    T::Rejection: From<Error>,
{
    type Rejection = T::Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, T::Rejection> {
        let turn = timeout(STALL, LOOK_UPS.acquire()).await.map_err(|_| Error::from(full()))?;
        let _turn = turn.map_err(|error| Error::Bug(error.into()))?;
        T::from_request_parts(parts, app).await.map(Self)
    }
}

fn full() -> Refusal {
    Refusal::new(
        "uploads_full",
        "Hệ thống đang nhận nhiều lượt tải lên cùng lúc nên chưa nhận được lượt này; chưa có tệp nào được lưu.",
        "Đề nghị tải lên lại sau một phút.",
    )
    .status(StatusCode::SERVICE_UNAVAILABLE)
}

/// Waits a while for a place.
///
/// # Errors
/// When the account has an upload under way already, or no place becomes free.
pub async fn slot(account: AccountId) -> Result<Slot> {
    let busy = Busy::new(account).ok_or_else(|| {
        Refusal::new(
            "upload_under_way",
            "Tài khoản này đang tải lên một lượt khác nên chưa nhận được lượt này; chưa có tệp nào của lượt này được lưu.",
            "Đề nghị đợi lượt đang tải xong rồi tải lên lại.",
        )
        .status(StatusCode::TOO_MANY_REQUESTS)
    })?;
    let place = timeout(WAIT, PLACES.acquire()).await.map_err(|_| full())?;
    Ok(Slot { _place: place.map_err(|error| Error::Bug(error.into()))?, _account: busy })
}

/// What a program is told whose upload did not arrive whole.
pub fn cut_off() -> Refusal {
    Refusal::new(
        "upload_cut_off",
        "Việc tải lên bị ngắt hoặc đứng quá lâu giữa chừng; tệp chưa được lưu.",
        "Đề nghị gửi lại với cùng khóa Idempotency-Key.",
    )
    .status(StatusCode::REQUEST_TIMEOUT)
}

/// What came of taking in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    Whole(Bytes),
    /// More bytes than allowed; none are kept.
    TooLarge,
    /// The sender broke off, or stood still too long.
    CutOff,
}

/// The bytes of one file. With `to_the_end` one that is too large is let pass unread, so that what follows is reached.
pub async fn collect<E>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    limit: usize,
    stall: Duration,
    to_the_end: bool,
) -> Content {
    let mut chunks = pin!(chunks);
    let mut bytes = BytesMut::new();
    let mut is_over = false;
    loop {
        let chunk = match timeout(stall, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => return Content::CutOff,
        };
        is_over |= bytes.len() + chunk.len() > limit;
        if !is_over {
            bytes.extend_from_slice(&chunk);
        } else if to_the_end {
            bytes = BytesMut::new();
        } else {
            break;
        }
    }
    if is_over { Content::TooLarge } else { Content::Whole(bytes.freeze()) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;

    use super::*;

    fn chunk(text: &'static str) -> Result<Bytes, Infallible> {
        Ok(Bytes::from_static(text.as_bytes()))
    }

    #[tokio::test]
    async fn an_upload_that_stands_still_is_cut_off() {
        let still = stream::iter([chunk("%PDF")]).chain(stream::pending());
        assert_eq!(collect(still, 100, Duration::from_millis(10), true).await, Content::CutOff);
    }

    #[tokio::test]
    async fn a_file_too_large_is_not_kept() {
        let file = || stream::iter([chunk("1234"), chunk("5678")]);
        assert_eq!(collect(file(), 8, STALL, true).await, Content::Whole(Bytes::from_static(b"12345678")));
        assert_eq!(collect(file(), 7, STALL, true).await, Content::TooLarge);
        let endless = stream::iter([chunk("1234"), chunk("5678")]).chain(stream::pending());
        assert_eq!(collect(endless, 7, STALL, false).await, Content::TooLarge, "a program's body is not read on");
    }

    #[tokio::test]
    async fn an_account_has_one_upload_at_a_time() {
        let account = AccountId::new();
        let first = slot(account).await.unwrap();
        let second = slot(account).await;
        assert!(matches!(second, Err(Error::Refused(refusal)) if refusal.code == "upload_under_way"));
        drop(first);
        assert!(slot(account).await.is_ok());
    }
}
