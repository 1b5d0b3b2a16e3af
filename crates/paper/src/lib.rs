//! (set up)

pub mod print;
pub mod read;
