//! Help beside every screen (requirement G5): a short guide for each role, and how the form is written in the law's own words.
//! Which part is beside which page: `kernel::web::help`.
pub mod pages;

#[cfg(test)]
mod tests;
