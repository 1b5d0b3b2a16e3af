//! Electronic signatures without the service: detached CMS (CAdES-BES), PAdES by incremental update, RFC 3161 time
//! stamps, and the judgement of all three.
//!
//! Nothing here knows a person, a database or a clock: trust anchors, the time to judge at and the bytes that were handed
//! out come from the caller. Every judgement is a [`Report`]: a list of named checks, each with an outcome and a sentence.
//! What could not be decided is said to be so and never taken for valid.
//!
//! Primitives are aws-lc-rs; the `cms` and `x509-cert` crates only read and write structures.
mod algorithm;
pub mod certificate;
pub mod cms;
pub mod increment;
pub mod key;
pub mod pades;
pub mod practice;
pub mod report;
mod revision;
pub mod tsp;

pub use certificate::{Identity, Trust, identity};
pub use cms::{Signature, SignerFacts};
pub use key::{SigningKey, SoftwareKey};
pub use report::{Check, CheckKind, Outcome, Report, Verdict};

/// Why something could not be read or made. Never says anything about a signature's worth: that is a [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not readable as DER: {0}")]
    Der(#[from] der::Error),
    #[error("not readable as PEM: {0}")]
    Pem(&'static str),
    #[error("not readable as PDF: {0}")]
    Pdf(String),
    #[error("key: {0}")]
    Key(&'static str),
    #[error("the signature ({0} bytes) does not fit into the space left for it")]
    NoRoom(usize),
    #[error("{0}")]
    Unsupported(&'static str),
}

pub type Result<T> = std::result::Result<T, Error>;

/// SHA-256 of several pieces as of one.
pub fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    pieces.iter().for_each(|piece| context.update(piece));
    let mut out = [0u8; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}
