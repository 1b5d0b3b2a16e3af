//! Every write carries a key; asking twice acts once. An error seen by a client does not mean "not saved": it asks again
//! with the same key and gets the first answer.
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use super::actor::Actor;
use super::db::Tx;
use super::error::{Error, Refusal, Result};
use super::files::sha256;
use super::id::AccountId;
use super::jobs::Owner;

/// The key of a request with the hash of what it asks for.
#[derive(Debug, Clone)]
pub struct Once {
    /// A hash of the client's key: what a client puts there is its own affair, and stays out of the database.
    pub(super) key: String,
    pub(super) request_hash: [u8; 32],
}

impl Once {
    /// # Errors
    /// A key outside 8 to 100 characters.
    pub fn new(key: &str, request: &[u8]) -> Result<Self> {
        if !(8..=100).contains(&key.len()) || !key.is_ascii() {
            return Err(Refusal::new(
                "idempotency_key",
                "Yêu cầu ghi thiếu khóa chống trùng (Idempotency-Key), hoặc khóa không dài từ 8 đến 100 ký tự.",
                "Đề nghị gửi kèm một khóa ngẫu nhiên, giữ nguyên khi gửi lại cùng một yêu cầu.",
            )
            .status(StatusCode::BAD_REQUEST)
            .into());
        }
        Ok(Self { key: hex::encode(sha256(key.as_bytes())), request_hash: sha256(request) })
    }

    /// The key from the header `Idempotency-Key`.
    pub fn from_headers(headers: &HeaderMap, request: &[u8]) -> Result<Self> {
        Self::new(headers.get("idempotency-key").and_then(|v| v.to_str().ok()).unwrap_or_default(), request)
    }

    /// For what was typed into a form with the form's key. The key is random and stays out of the database; with it in
    /// the request's hash, the hash gives nobody a name or a text to guess at.
    pub fn of_form(key: &str, request: &impl Serialize) -> Result<Self> {
        Self::new(key, &serde_json::to_vec(&(key, request)).map_err(anyhow::Error::from)?)
    }

    /// For what a client sent as JSON, with the key from the header, which is in the request's hash as in
    /// [`Once::of_form`].
    pub fn of_request(headers: &HeaderMap, request: &impl Serialize) -> Result<Self> {
        let key = headers.get("idempotency-key").map(|key| key.as_bytes());
        Self::from_headers(headers, &serde_json::to_vec(&(key, request)).map_err(anyhow::Error::from)?)
    }
}

impl Once {
    /// Two requests of one account with one key take turns: waits for the turn, then says what was answered before.
    pub(super) async fn take_turn(&self, conn: &mut PgConnection, actor: &Actor) -> Result<Option<Before>> {
        let account = actor.account_or_nil();
        let row = sqlx::query_as!(
            Before,
            r#"select request_hash as "request_hash!", answer as "answer!" from answer_in_turn($1, $2, $3, $4)"#,
            self.turn(account),
            actor.home.0,
            account.0,
            self.key
        )
        .fetch_optional(conn)
        .await?;
        Ok(row)
    }

    /// The first eight bytes of a hash: two keys that meet merely wait for each other.
    fn turn(&self, account: AccountId) -> i64 {
        let hash = sha256(format!("{account}/{}", self.key).as_bytes());
        i64::from_be_bytes(hash[..8].try_into().expect("eight bytes of a hash"))
    }
}

/// The answer given to a key before, and what it was given to.
pub(super) struct Before {
    request_hash: Vec<u8>,
    answer: serde_json::Value,
}

/// An answer to be kept with the change it belongs to.
pub(super) struct Kept {
    pub owner: Owner,
    pub answer: serde_json::Value,
}

impl Tx {
    /// The answer given to this request's key before, if it was used; `None` also when the request carries no key. The
    /// transaction took the key's turn when it began ([`super::Db::write_once`]), so an answer given meanwhile is seen.
    ///
    /// # Errors
    /// The key was used for another request.
    pub fn replay<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let Some((once, before)) = self.answered() else { return Ok(None) };
        if before.request_hash != once.request_hash {
            return Err(Refusal::new(
                "idempotency_key_reused",
                "Khóa chống trùng này đã dùng cho một yêu cầu khác.",
                "Đề nghị dùng khóa mới cho yêu cầu mới.",
            )
            .status(StatusCode::CONFLICT)
            .into());
        }
        let answer = before.answer.clone();
        self.answered_before();
        serde_json::from_value(answer).map(Some).map_err(|error| Error::Bug(error.into()))
    }

    /// Keeps the answer with the change it belongs to; written with the events. Nothing is kept without a key.
    pub fn keep<T: Serialize>(&mut self, owner: Owner, answer: &T) -> Result<()> {
        let answer = serde_json::to_value(answer).map_err(anyhow::Error::from)?;
        self.set_kept(Kept { owner, answer });
        Ok(())
    }
}
