//! One test program for the whole crate.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]

mod cells;
mod common;
mod files;
mod keys;
mod vectors;
