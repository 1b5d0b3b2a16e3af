//! Text in one form: normalising at the edge, folding for search, comparing names, sorting.

mod capital;
mod collate;
mod fold;
mod name;
mod normalise;
mod tone;

pub use capital::capitalised;
pub use collate::{collation_key, compare, compare_names, name_sort_key};
pub use fold::fold;
pub use name::{NameMatch, match_names};
pub use normalise::{normalise, normalise_lines, straighten_apostrophes};
pub use tone::tone_fold;
