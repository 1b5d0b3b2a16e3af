//! One asset over years, kinds and paper (requirement B2). Three things tell which asset is which: what its declarant said when
//! declaring (in the hashed document), what an officer of the control agency states, and likeness, which only suggests.
//! `form::thread` joins them; nothing here changes a declaration.
pub mod acts;
pub mod history;
pub mod model;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use history::History;
pub use model::{AssetPlace, Became, Held, Now, Said, Statement, places_after};
