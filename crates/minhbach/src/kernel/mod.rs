//! What every slice uses; knows no slice.
pub mod actor;
pub mod app;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod db;
pub mod error;
pub mod event;
pub mod files;
pub mod id;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod lifecycle;
pub mod load;
pub mod migrate;
pub mod permit;
pub mod press;
pub mod reason;
pub mod stored;
pub mod telemetry;
pub mod web;

pub use actor::{Actor, Context, Role};
pub use app::App;
pub use clock::Clock;
pub use db::{Db, Tx};
pub use error::{Error, Refusal, Result};
pub use event::{Event, Recorded};
pub use idempotency::Once;
pub use permit::{Action, Guarded, Permit};
pub use stored::StoredFile;

#[cfg(test)]
mod isolation_tests;
