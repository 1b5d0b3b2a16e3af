//! The tamper-evident log: one RFC 9162 tree per partition.
//!
//! Every act commits its events with its change. The sequencer gives them their leaves within a second, without making
//! writers wait for each other, and signs a checkpoint. Whoever holds a checkpoint can later be shown that nothing
//! before it was changed.
pub mod api;
pub mod pages;
pub mod proof;
pub mod sequencer;
pub mod store;
pub mod verify;

#[cfg(test)]
pub(crate) mod tests;

pub use proof::{Place, place_of};
pub use sequencer::Sequencer;
