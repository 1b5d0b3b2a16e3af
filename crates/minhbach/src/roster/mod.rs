//! The list of obliged persons (danh sách người có nghĩa vụ kê khai), which the employing unit makes and sends to the
//! control agency (article 37.1): who is on it, on which ground, under which agency, and what each owes in a year.
//!
//! ```text
//! listed ──► changed (what stood before is kept) ──► left (open obligations end)
//!    └► a first declaration is owed within its limit, if none was made before; opening a year obliges the annual ones
//! ```
pub mod keep;
pub mod pages;
pub mod rules;
mod sheet;
pub mod store;
#[cfg(test)]
mod tests;
