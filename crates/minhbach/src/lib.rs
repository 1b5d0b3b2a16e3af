//! Minh Bạch (being assembled).
pub mod account;
pub mod audit;
pub mod kernel;
pub mod law;
pub mod organisation;
pub mod person;
pub mod report;
