//! What the simulated people declare.
use chrono::NaiveDate;
use form::Kind;
use serde_json::{Value, json};

use super::unit::Member;
use crate::practice::declarations;

/// A declaration of a member that the rules accept.
pub(super) fn of(member: &Member, kind: Kind, unit: &str, completed_on: NaiveDate) -> Value {
    let position = member.line().position;
    let whole = declarations::content(&member.invented, &position, unit, kind, completed_on, member.index % 500);
    match kind {
        Kind::Supplement => supplement(whole),
        _ => whole,
    }
}

/// The same, with the house's other facts as a demand asked for them.
pub(super) fn mended(member: &Member, kind: Kind, unit: &str, completed_on: NaiveDate) -> Value {
    let mut content = of(member, kind, unit, completed_on);
    content["assets"][1]["other"] = json!("Cho thuê tầng một từ tháng 3");
    content
}

/// On the second form: only what is new, with the table.
fn supplement(whole: Value) -> Value {
    let told = include_str!("../../../form/tests/data/supplement.json");
    let mut content: Value = serde_json::from_str(told).unwrap();
    for same in ["agency_name", "completed_on", "declarant", "spouse_status", "spouse", "children"] {
        content[same] = whole[same].clone();
    }
    content
}
