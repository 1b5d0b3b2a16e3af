//! What can go wrong, once for all slices. A refusal is a sentence for a person; anything else is a bug with a number.
use axum::http::StatusCode;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal in three parts: what is wrong, where, how to mend it; with the article when the law is the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A word for programs, stable over time.
    pub code: &'static str,
    /// The sentence for people, in Vietnamese.
    pub sentence: String,
    /// What to do about it, in Vietnamese.
    pub mend: String,
    /// Article or standard, where there is one.
    pub basis: Option<&'static str>,
    pub status: StatusCode,
}

impl Refusal {
    /// A refusal of something the caller can mend (422).
    pub fn new(code: &'static str, sentence: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            mend: mend.into(),
            basis: None,
            status: StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The article or standard behind it.
    pub fn basis(mut self, basis: &'static str) -> Self {
        self.basis = Some(basis);
        self
    }

    /// Another status than 422.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.sentence, self.mend)?;
        match self.basis {
            Some(basis) => write!(f, " ({basis})"),
            None => Ok(()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not visible to this actor: the two look the same (404).
    #[error("not found")]
    NotFound,
    /// Visible, but this actor may not do it (403).
    #[error("forbidden")]
    Forbidden,
    /// Nobody is signed in (redirect or 401).
    #[error("not signed in")]
    NotSignedIn,
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Another process added this partition since; its keys are to be taken up, and the work done again.
    #[error("partition {0} has no keys in this process")]
    KeysMissing(super::id::PartitionId),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A fault of ours; logged once, shown as a number.
    #[error(transparent)]
    Bug(#[from] anyhow::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(Box::new(refusal))
    }
}

impl Error {
    /// The name of the constraint the database refused a row with, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Error::Database(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }

    /// Whether running the transaction again may succeed (serialization failure, deadlock).
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Database(sqlx::Error::Database(error)) => {
                // Two requests with one idempotency key: the second runs again and finds the first one's answer.
                matches!(error.code().as_deref(), Some("40001" | "40P01"))
                    || error.constraint() == Some("idempotency_pkey")
            }
            _ => false,
        }
    }
}

/// A bug, from a message.
#[macro_export]
macro_rules! bug {
    ($($arg:tt)*) => { $crate::kernel::Error::Bug(anyhow::anyhow!($($arg)*)) };
}
