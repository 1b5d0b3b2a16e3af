//! Identity numbers against birth dates; dates against each other.

use chrono::{Datelike, NaiveDate};
use viet::ident::CitizenId;

use super::super::assemble::Declared;
use super::super::draft::Drafts;
use super::{CONFIRMED, CONTRADICTED};

pub fn check(declared: &mut Declared) {
    let signed = declared.signatures.completed_on.as_ref().and_then(|draft| draft.text().map(str::to_owned));
    let drafts = &mut declared.drafts;
    if let (Some(draft), Some(signed)) = (drafts.get_mut("completed_on"), signed) {
        if draft.text() == Some(signed.as_str()) {
            draft.at_least(CONFIRMED);
        } else if draft.value.is_null() {
            draft.value = serde_json::json!(signed);
            draft.confidence = 0.6;
        } else {
            draft.at_most(0.6);
        }
    }
    let people: Vec<String> = drafts.keys().filter_map(|path| path.strip_suffix(".id_no")).map(str::to_owned).collect();
    for person in people {
        number_and_birth(drafts, &person);
        in_order(drafts, &format!("{person}.dob"), &format!("{person}.id_date"));
        in_order(drafts, &format!("{person}.dob"), "completed_on");
        in_order(drafts, &format!("{person}.id_date"), "completed_on");
    }
    in_order(drafts, "completed_on", "receipt.received_on");
}

fn date(drafts: &Drafts, path: &str) -> Option<NaiveDate> {
    drafts.get(path)?.text()?.parse().ok()
}

/// A citizen's number carries sex and year of birth (Nghị định 137/2015/NĐ-CP, Điều 13).
fn number_and_birth(drafts: &mut Drafts, person: &str) {
    let (number, birth) = (format!("{person}.id_no"), format!("{person}.dob"));
    let Some(id) = drafts.get(&number).and_then(|draft| draft.text()).and_then(|text| CitizenId::parse(text).ok())
    else {
        return;
    };
    let Some(born) = date(drafts, &birth) else { return };
    let agrees = id.discrepancies(None, Some(born.year())).is_empty();
    for path in [&number, &birth] {
        if let Some(draft) = drafts.get_mut(path) {
            if agrees {
                // Two of twelve digits and the century are confirmed, so the rest is likelier right too.
                let raised = draft.confidence + (CONFIRMED - draft.confidence) * 0.5;
                draft.at_least(raised);
            } else {
                draft.at_most(CONTRADICTED);
            }
        }
    }
}

/// The earlier date must not lie after the later one.
fn in_order(drafts: &mut Drafts, earlier: &str, later: &str) {
    let (Some(a), Some(b)) = (date(drafts, earlier), date(drafts, later)) else { return };
    if a > b {
        for path in [earlier, later] {
            if let Some(draft) = drafts.get_mut(path) {
                draft.at_most(CONTRADICTED);
            }
        }
    }
}
