//! What is told once of one thing. A second event would let whoever writes into the database replace the first unseen: the row is
//! compared with the later one.
use std::collections::HashSet;

use super::{CORRECTED, Check, Disagreement, FILED, Logged, RECEIVED, REVISED, id_of};

/// Events of which there is at most one for each id under the key.
pub(in crate::audit) const ONCE: &[(&[&str], &str)] = &[
    (&[FILED[0], FILED[1], REVISED, CORRECTED], "version"),
    (&[RECEIVED], "receipt"),
    (&["demand.issued"], "demand"),
    (&["demand.reached"], "demand"),
    (&["demand.answered", "demand.withdrawn"], "demand"),
    (&["correction.proposed"], "correction"),
    (&["correction.decided", "correction.withdrawn"], "correction"),
    (&["hand_over.sent"], "hand_over"),
    (&["hand_over.taken"], "hand_over"),
    (&["campaign.planned"], "plan"),
    (&["reminder.issued"], "reminder"),
    (&["reminder.delivered"], "delivery"),
    (&["non_submission.recorded"], "non_submission"),
    (&["disclosure.posted", "disclosure.meeting_held"], "disclosure"),
    (&["disclosure.closed", "disclosure.broken_off"], "disclosure"),
    (&["custody.sent"], "custody"),
    (&["custody.taken", "custody.declined", "custody.withdrawn"], "custody"),
    (&["signature.handed_out"], "copy"),
    (&["signature.recorded"], "signature"),
    (&["signature.withdrawn"], "signature"),
    (&["signature.accepted", "signature.turned_down"], "signature"),
    (&["signature.stamped"], "signature"),
    (&["signature.data_signed"], "signature"),
    (&["signature.data_stamped"], "signature"),
    (&["older.recorded"], "older"),
    (&["older.withdrawn"], "older"),
    (&["asset.stated"], "statement"),
    (&["workbook.entered"], "intake"),
    (&["workbook.imported"], "workbook"),
    (
        &[
            "intake.received",
            "intake.page_stored",
            "workbook.received",
            "signature.handed_out",
            "signature.recorded",
            "inquiry.file_stored",
        ],
        "file",
    ),
];

impl Check<'_> {
    /// Tells every event that says anew what was said of the same thing.
    pub(super) fn told_once(&self, logged: &Logged, found: &mut Vec<Disagreement>) {
        for (names, key) in ONCE {
            let mut told = HashSet::new();
            for (event, body) in logged.named(names) {
                if let Some(id) = id_of(body, key)
                    && !told.insert(id)
                {
                    let name = body["event"].as_str().map(str::to_owned).unwrap_or_default();
                    found.push(Disagreement::ToldTwice { event: event.to_string(), name, id: id.to_string() });
                }
            }
        }
    }
}
