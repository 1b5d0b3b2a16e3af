//! Sends the messages that are owed, by SMTP. Nothing waits for it: a server that cannot be reached is asked again, at longer
//! and longer intervals, for days.
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio_util::sync::CancellationToken;

use super::follow::follow;
use super::model::Owed;
use super::store::{self, End};
use crate::kernel::config::Mail;
use crate::kernel::{Actor, App, Event, Result, jobs};

/// How often the logs are looked at for news, and messages for being due.
const PAUSE: Duration = Duration::from_secs(5);
/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages taken and sent at the same time; each ends well within [`LEASE`].
const AT_ONCE: i64 = 4;
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// Rounds after which the logs are looked at again.
const ROUNDS: usize = 50;
/// Seconds before a message is tried again, the first time and at most.
const FIRST_PAUSE: i64 = 60;
const LONGEST_PAUSE: i64 = 3600;

/// Where messages are handed in.
#[derive(Debug, Clone)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    public_url: String,
}

impl Post {
    /// The server of the settings; none when there is none.
    ///
    /// # Errors
    /// Settings that name no server or sender, a password file that cannot be read.
    pub fn open(mail: &Mail, public_url: &str) -> anyhow::Result<Option<Self>> {
        let Some(server) = &mail.server else { return Ok(None) };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server)
            .with_context(|| format!("mail.server: {server}"))?
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(file)) = (&mail.user, &mail.password_file) {
            let password = std::fs::read_to_string(file).with_context(|| format!("đọc {}", file.display()))?;
            transport = transport.credentials(Credentials::new(user.clone(), password.trim().to_owned()));
        }
        let from = mail.from.as_deref().unwrap_or_default();
        let from = from.parse().with_context(|| format!("mail.from: {from}"))?;
        Ok(Some(Self { transport: transport.build(), from, public_url: public_url.to_owned() }))
    }

    /// Follows the logs and sends until `stop`.
    pub async fn run(self, app: App, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = follow(&app.db).await {
                tracing::error!(error = format!("{error:#}"), "the logs cannot be read for news");
            }
            match self.send_due(&app, &stop).await {
                // More may be due: the logs, then on.
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(error = format!("{error:#}"), "messages cannot be sent"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Sends what is due, for a while; whether more may be due.
    pub async fn send_due(&self, app: &App, stop: &CancellationToken) -> Result<bool> {
        for _ in 0..ROUNDS {
            if stop.is_cancelled() {
                return Ok(false);
            }
            // A lease is not an act; whether a message went out is.
            let due = app
                .db
                .housekeep(&Actor::SYSTEM, "notification.take_due", async |tx| {
                    let again_at = tx.now() + LEASE;
                    store::take_due(tx, again_at, AT_ONCE).await
                })
                .await?;
            if due.is_empty() {
                return Ok(false);
            }
            for ended in futures::future::join_all(due.into_iter().map(|owed| self.send_one(app, owed))).await {
                if let Err(error) = ended {
                    tracing::error!(error = format!("{error:#}"), "how a message ended is not kept");
                }
            }
        }
        Ok(true)
    }

    async fn send_one(&self, app: &App, owed: Owed) -> Result<()> {
        let now = app.clock().now();
        // A code that counts no longer is of no use to anybody.
        if owed.code.is_some() && owed.code_expires_at.is_none_or(|until| now > until) {
            return settle(app, &owed, End::Expired).await;
        }
        let handed_in = tokio::time::timeout(PATIENCE, self.hand_in(app, &owed)).await;
        match handed_in.unwrap_or_else(|_| Err(Failure::Later("the server does not answer in time".to_owned()))) {
            Ok(()) => settle(app, &owed, End::Sent).await,
            Err(Failure::Refused) => settle(app, &owed, End::Refused).await,
            Err(Failure::Later(why)) => {
                metrics::counter!("messages_put_off_total").increment(1);
                tracing::warn!(account = %owed.account, why, "a message was not sent");
                let pause = jobs::pause(FIRST_PAUSE, LONGEST_PAUSE, owed.failures.saturating_add(1));
                app.db
                    .housekeep(&Actor::SYSTEM, "notification.put_off", async |tx| {
                        store::put_off(tx, &owed, now + pause).await
                    })
                    .await
            }
        }
    }

    async fn hand_in(&self, app: &App, owed: &Owed) -> Result<(), Failure> {
        let (address, code) = opened(app, owed).map_err(|error| Failure::Later(format!("{error:#}")))?;
        let (subject, text) = match &code {
            Some(code) => ("Minh Bạch: mã xác nhận địa chỉ thư", code_text(code)),
            None => ("Minh Bạch: có thông báo mới", news_text(&self.public_url)),
        };
        // What was given has the shape of an address; one that still makes no message is like one that is refused.
        let to: lettre::Address = address.parse().map_err(|_| Failure::Refused)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|_| Failure::Refused)?;
        self.transport.send(message).await.map(|_| ()).map_err(Failure::from)
    }
}

/// Why a message was not taken. What a server says may quote the address, so only its number is kept.
enum Failure {
    Refused,
    Later(String),
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        let code = error.status().map(|code| code.to_string());
        match code {
            Some(_) if names_mailbox(&error.to_string()) => Self::Refused,
            Some(code) => Self::Later(format!("the server answered {code}")),
            None if error.is_client() => Self::Refused,
            None => Self::Later("the server cannot be reached or spoken to".to_owned()),
        }
    }
}

/// Whether the answer is about the mailbox itself (RFC 3463, section 3.2: 5.1.1 to 5.1.3, 5.1.6, 5.1.10). Any other refusal,
/// as of who we are or of what we send, is the installation's to mend and closes nobody's address.
fn names_mailbox(answer: &str) -> bool {
    ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"]
        .iter()
        .any(|code| answer.split(|c: char| !c.is_ascii_digit() && c != '.').any(|word| word == *code))
}

/// Whom and what, out of seal: the system's own work, which the event of sending records.
fn opened(app: &App, owed: &Owed) -> Result<(String, Option<String>)> {
    let keys = app.db.keys();
    let address = keys.open_cell(owed.partition, owed.account.0, &owed.address)?;
    let code = match &owed.code {
        Some(code) => Some(keys.open_cell(owed.partition, owed.account.0, code)?),
        None => None,
    };
    Ok((address, code))
}

/// Puts down how it ended.
async fn settle(app: &App, owed: &Owed, end: End) -> Result<()> {
    let name = match end {
        End::Sent => "notification.mailed",
        End::Refused => "notification.address_refused",
        End::Expired => "notification.code_expired",
    };
    app.db
        .write(&Actor::SYSTEM, "notification.settle", async |tx| {
            store::settle(tx, owed, end).await?;
            let what = if owed.code.is_some() { "CODE" } else { "NEWS" };
            tx.record(Event::new(name, owed.partition).id("account", owed.account).word("message", what))?;
            Ok(())
        })
        .await
}

/// Neither what is new nor about whom.
fn news_text(public_url: &str) -> String {
    format!(
        "Ông/Bà có thông báo mới trong hệ thống kiểm soát tài sản, thu nhập.\r\n\r\n\
         Đề nghị tự mở trang {public_url}, đăng nhập rồi chọn “Thông báo” để xem.\r\n\r\n\
         Vì an toàn, thư này không ghi nội dung thông báo, không có tệp kèm theo và không yêu cầu trả lời. \
         Hệ thống không bao giờ hỏi mật khẩu qua thư hay điện thoại.\r\n\
         Muốn ngừng nhận thư, Ông/Bà bỏ địa chỉ ở trang “Thông báo”.\r\n"
    )
}

fn code_text(code: &str) -> String {
    format!(
        "Mã xác nhận địa chỉ thư: {code}\r\n\r\n\
         Đề nghị ghi mã này ở trang “Thông báo” của hệ thống kiểm soát tài sản, thu nhập. Mã dùng được trong 30 phút.\r\n\r\n\
         Nếu Ông/Bà không yêu cầu, xin bỏ qua thư này; không có gì được gửi thêm đến địa chỉ này.\r\n"
    )
}
