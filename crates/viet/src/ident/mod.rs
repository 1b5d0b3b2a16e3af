//! Numbers that identify persons, taxpayers, certificates and vehicles.
//!
//! Recognisers are lenient: they tell the kind and the canonical writing for cross-checks of what was read,
//! and never prove that the number was issued.

mod certificate;
mod citizen;
mod person;
mod plate;
mod tax;

pub use certificate::{Certificate, CertificateKind, recognise_certificate};
pub use citizen::{CitizenId, CitizenIdDiscrepancy, CitizenIdError, Sex, birth_province};
pub use person::{PersonalId, recognise_personal_id};
pub use plate::{Plate, PlateKind, recognise_plate};
pub use tax::{TaxCode, TaxCodeError};

/// Capitals without blanks, dots and hyphens: how numbers are compared.
fn compact(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !matches!(c, '.' | '-' | '–' | '_');
    crate::text::normalise(text).chars().filter(kept).flat_map(char::to_uppercase).collect()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
