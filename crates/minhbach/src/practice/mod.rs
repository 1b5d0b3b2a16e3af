//! A partition to practise in, on any installation (bản thực hành; requirement G5): invented people, bodies and accounts
//! beside the real ones, founded by an agency's administrator and begun anew whenever they like.
//!
//! ```text
//! begin (administrator) ──▶ BUILDING ──job──▶ OPEN ──close, or begin anew──▶ CLOSED: its accounts open nothing any more
//!                              └──given up──▶ FAILED
//! ```
//!
//! To the service it is a partition like any other, so what is practised is the real thing. What keeps it apart: accounts of
//! its own, a mark on every page and every print (`kernel::press`), no rule of article 30 that leads out of it
//! (`organisation::rules`), no file that passes into or out of it (`custody`), and no place in the nation's figures
//! (migration 0022). Beginning anew founds another partition: nothing is ever deleted, and nothing of the one before is
//! found in the next.
pub mod acts;
mod build;
pub(crate) mod declarations;
pub mod model;
pub(crate) mod names;
pub mod pages;
pub mod policy;
pub mod store;
pub(crate) mod world;

pub use build::register;

#[cfg(test)]
mod tests;
