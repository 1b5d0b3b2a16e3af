//! Accounts, sign-in, sessions, roles (requirement A1).
//!
//! Accounts are issued from above (centre → control agency → unit → person) with a one-time activation; nobody signs
//! themselves up. A holder may act in several roles; a session acts in exactly one.
//!
//! ```text
//! ISSUED ──activate (one-time code, own password)──▶ ACTIVE ──disable──▶ DISABLED
//!    ▲                                                  │
//!    └───────────────── reissue (new code) ─────────────┘
//! ```
pub mod admin;
pub mod issue;
pub mod model;
pub mod news;
pub mod pages;
pub mod password;
pub mod policy;
pub mod session;
pub mod store;
pub mod vouch;

#[cfg(test)]
mod tests;

pub use model::{Badge, NewAccount, RoleGrant};
pub use pages::Posted;
pub use session::{Bearer, Signed};
