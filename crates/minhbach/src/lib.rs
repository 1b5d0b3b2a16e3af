//! Minh Bạch: the national database on control of assets and income (Quyết định 390/QĐ-TTg).
//!
//! Read `docs/ARCHITECTURE.md` first. One folder per concept of the law; `kernel` is what they share.
pub mod account;
pub mod audit;
pub mod campaign;
pub mod cli;
pub mod custody;
pub mod declaration;
pub mod demo;
pub mod disclosure;
pub mod handover;
pub mod help;
pub mod inquiry;
pub mod intake;
pub mod kernel;
pub mod law;
pub mod lifecycles;
pub mod notification;
pub mod organisation;
pub mod person;
pub mod practice;
pub mod report;
pub mod roster;
pub mod serve;
pub mod signature;

#[cfg(test)]
mod testing;

#[cfg(test)]
mod routes_tests;
#[cfg(test)]
mod simulated_year;
#[cfg(test)]
mod who_tests;
