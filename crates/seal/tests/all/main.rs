//! One test program for the whole crate.

mod cells;
mod common;
mod files;
mod keys;
