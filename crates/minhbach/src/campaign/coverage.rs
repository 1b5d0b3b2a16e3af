//! How far every unit under an agency's control is with a year's campaign.
use std::collections::HashMap;

use chrono::NaiveDate;

use super::store::{self, Counts};
use crate::kernel::id::{OrganisationId, PartitionId};
use crate::kernel::{Result, Tx};
use crate::organisation::rules::controller;
use crate::organisation::{self, Organisation, Rank, RoutingRule};

/// A unit with its figures.
#[derive(Debug, Clone)]
pub struct Line {
    pub unit: OrganisationId,
    pub name: String,
    pub counts: Counts,
}

impl Line {
    pub fn has_list(&self) -> bool {
        self.counts.listed > 0
    }

    /// For a tag.
    pub fn late_text(&self) -> String {
        self.counts.late.to_string()
    }
}

/// A column of page and workbook after the unit's name.
pub type Column = (&'static str, fn(&Counts) -> i64);

pub const COLUMNS: [Column; 10] = [
    ("Trong danh sách", |c| c.listed),
    ("Phải kê khai", |c| c.obliged),
    ("Đã kê khai", |c| c.declared),
    ("Nộp muộn", |c| c.declared_late),
    ("Quá hạn, chưa nộp", |c| c.late),
    ("Đã tiếp nhận", |c| c.received),
    ("Đã bàn giao", |c| c.handed_over),
    ("Đôn đốc lần 1", |c| c.first_reminders),
    ("Đôn đốc lần 2", |c| c.second_reminders),
    ("Không nộp sau 02 lần đôn đốc", |c| c.not_submitted),
];

/// Whether an agency controls any of a body's people, by rule (article 30).
pub fn controls(rules: &[RoutingRule], body: &Organisation, partition: PartitionId, today: NaiveDate) -> bool {
    [Rank::DirectorUp, Rank::BelowDirector].into_iter().any(|rank| {
        [false, true]
            .into_iter()
            .any(|party| controller(rules, body, rank, party, today).is_ok_and(|rule| rule.partition == partition))
    })
}

/// Every unit whose people the agency controls, by rule (article 30) or because some are on the list: those without a list
/// first, then those with the most who are late, then by name.
pub async fn lines(tx: &mut Tx, partition: PartitionId, year: i16) -> Result<Vec<Line>> {
    let mut counts: HashMap<OrganisationId, Counts> = store::counts(tx, partition, year)
        .await?
        .into_iter()
        .filter_map(|counts| Some((counts.unit?, counts)))
        .collect();
    let (today, rules) = (tx.today(), organisation::store::routing_rules(tx).await?);
    let mut lines = Vec::new();
    for body in organisation::store::organisations(tx).await? {
        let counts = counts.remove(&body.id);
        if counts.is_some() || controls(&rules, &body, partition, today) {
            lines.push(Line { unit: body.id, name: body.name, counts: counts.unwrap_or_default() });
        }
    }
    // Bodies that are no more, and still have people of the agency.
    let gone: Vec<OrganisationId> = counts.keys().copied().collect();
    let names = organisation::store::names(tx, &gone).await?;
    for (unit, counts) in counts {
        lines.push(Line { unit, name: names.get(&unit).cloned().unwrap_or_default(), counts });
    }
    lines.sort_by_cached_key(|line| {
        (line.has_list(), -line.counts.late, viet::text::name_sort_key(&line.name), line.unit)
    });
    Ok(lines)
}
