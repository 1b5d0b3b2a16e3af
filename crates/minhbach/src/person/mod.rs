//! People with an obligation to declare, and their obligations (articles 33–36). Names and numbers are sealed; exact
//! search goes through blind indexes keyed per partition.
pub mod api;
pub mod course;
pub mod custody;
pub mod follow_up;
pub mod inquiry;
pub mod model;
pub mod oblige;
pub mod policy;
pub mod store;

pub use model::{Obligation, Occasion, Person, PersonFacts};
