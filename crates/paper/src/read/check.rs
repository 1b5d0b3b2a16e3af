//! Cross-checks: what values say about each other and what official lists say about them.
//!
//! Agreement of independent readings raises confidence; contradiction lowers it. A correction needs evidence and never
//! leaves a value as sure as one that was read clearly.

mod money;
mod names;
mod people;
mod places;
mod plausible;
mod spelling;
mod titles;

use super::assemble::Declared;

/// Confidence of a value that independent evidence confirms.
pub(super) const CONFIRMED: f64 = 0.97;
/// Highest confidence of a value that was corrected on good evidence.
pub(super) const CORRECTED: f64 = 0.88;
/// Confidence of a value that something contradicts.
pub(super) const CONTRADICTED: f64 = 0.4;

/// Runs every check on a declaration; `twice` when two recognisers read it.
pub fn check(declared: &mut Declared, twice: bool) {
    names::check(declared);
    places::check(&mut declared.drafts);
    spelling::check(&mut declared.drafts);
    titles::check(&mut declared.drafts);
    people::check(declared);
    money::check(&mut declared.drafts);
    plausible::check(declared, twice);
}
