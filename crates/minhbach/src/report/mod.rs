//! First figures (requirements B6, F1): obliged, declared, on paper and online, digitised; per agency, unit and nation.
//! Counted from rows of ids and words; nothing under seal is opened.
pub mod api;
pub mod pages;
pub mod rules;
pub mod sheet;
pub mod store;

#[cfg(test)]
mod tests;
