//! (set up)

pub mod print;
