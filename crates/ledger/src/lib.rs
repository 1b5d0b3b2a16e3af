//! The tamper-evident log: Merkle tree (RFC 9162), canonical JSON (RFC 8785), signed checkpoints
//! (C2SP signed-note and tlog-checkpoint), signed promises, and verification of an exported log.
//!
//! Pure: no clock, no network, no database, no private key. Whoever signs hands in a closure.
//! `README.md` describes every format for a second implementation.

mod checkpoint;
mod event;
mod export;
mod finding;
mod hash;
pub mod jcs;
mod note;
mod promise;
mod proof;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, log_origin};
pub use event::event_leaf;
pub use export::{EXPORT_FORMAT, Leaf, Record, verify_export, verify_export_since};
pub use finding::{Finding, Report, Unproved, Which};
pub use hash::Hash;
pub use note::{NoteError, Signature, SignedNote, VerifierKey};
pub use promise::{Promise, PromiseError};
pub use proof::{ConsistencyProof, InclusionProof, Plan, ProofError, plan_consistency, plan_inclusion, plan_root};
pub use tree::{Frontier, FrontierError, NodeId, Tree};
pub use verify::LogVerifier;
