//! One-time activation slips, six to an A4 page with cut lines, for units that hand out accounts in bulk.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::words::{groups, instant_short};
use super::{Fonts, PrintError};

/// One account to activate. `Debug` does not show the code.
#[derive(Clone)]
pub struct ActivationSlip {
    pub full_name: String,
    pub unit_name: String,
    pub user_name: String,
    /// One-time code; spaces and hyphens in it are for the eye and ignored.
    pub code: String,
    /// Address of the activation page.
    pub address: String,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for ActivationSlip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivationSlip").field("user_name", &self.user_name).finish_non_exhaustive()
    }
}

/// Prints the slips in the given order. `issued_at` is the date of the document.
///
/// # Errors
/// [`PrintError::Nothing`] for an empty list.
pub fn activation_slips_pdf(
    fonts: &Fonts,
    slips: &[ActivationSlip],
    issued_at: DateTime<Utc>,
) -> Result<Vec<u8>, PrintError> {
    let first = slips.first().ok_or(PrintError::Nothing)?;
    let ident = format!("activation {} {} {}", first.user_name, slips.len(), issued_at.timestamp());
    let data: Vec<_> = slips.iter().map(SlipText::new).collect();
    print(fonts, Job { template: include_str!("activation.typ"), data: &data, dated: issued_at, ident })
}

#[derive(Serialize)]
struct SlipText<'a> {
    full_name: &'a str,
    unit_name: &'a str,
    user_name: &'a str,
    code: String,
    address: &'a str,
    expires_at: String,
}

impl<'a> SlipText<'a> {
    fn new(slip: &'a ActivationSlip) -> Self {
        let code: String = slip.code.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        Self {
            full_name: &slip.full_name,
            unit_name: &slip.unit_name,
            user_name: &slip.user_name,
            code: groups(&code, 4, "-"),
            address: &slip.address,
            expires_at: instant_short(slip.expires_at),
        }
    }
}
