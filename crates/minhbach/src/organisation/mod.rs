//! Bodies, and who controls whom on a date (requirement A2; law 36/2018 article 30).
//!
//! Which control agency a person falls under follows routing rules as data, with dates: posts from Giám đốc sở and
//! equivalent upward belong to the Government Inspectorate, the rest of a province to its inspectorate, and so on.
pub mod model;
pub mod places;
pub mod rules;
pub mod store;

pub use model::{Organisation, Partition, Rank, RoutingRule, Sector};
