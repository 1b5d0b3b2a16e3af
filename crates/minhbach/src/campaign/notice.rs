//! The unit's notice to its people (thông báo kê khai; article 37.1: the unit guides and organises the declaration).
use std::collections::BTreeMap;

use chrono::NaiveDate;
use form::Kind;
use paper::print::{self, Notice, NoticeRow, Party};

use super::remind::count;
use crate::handover::open::who;
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, App, Error, Event, Refusal, Result};
use crate::law;
use crate::organisation::{self, places::province_name};
use crate::person::{self, Obligation, follow_up};

/// What the unit writes on the notice.
pub struct Noticing {
    pub year: i16,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub signer: Party,
}

/// The notice of a year as PDF/A: everyone of the unit who still owes a declaration of that year, what kind, until when by
/// the agency's plan and by the law. Printing opens names and is recorded; nothing is changed by it.
pub async fn pdf(app: &App, actor: &Actor, asked: Noticing) -> Result<Vec<u8>> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    let year = asked.year;
    let (rows, plans, unit) = app
        .db
        .read(actor, "notice.print", async |tx| {
            let mut owed = person::store::obligations(tx, None).await?;
            // What somebody owes for a change of their own, or for a plan of the unit's, is nobody else's to read.
            let is_by_calendar = |o: &Obligation| matches!(o.kind, Kind::First | Kind::Annual);
            owed.retain(|obligation| obligation.year == year && obligation.is_open() && is_by_calendar(obligation));
            let ids: Vec<_> = owed.iter().map(|obligation| obligation.person).collect();
            let people = person::store::find_all(tx, &ids).await?;
            let mut counts: BTreeMap<PartitionId, usize> = BTreeMap::new();
            for obligation in &owed {
                *counts.entry(obligation.partition).or_default() += 1;
            }
            let agencies: Vec<PartitionId> = counts.keys().copied().collect();
            let plans = follow_up::plans_in_force(tx, &agencies, Some(year)).await?;
            let mut rows = Vec::with_capacity(owed.len());
            for obligation in &owed {
                let who = who(tx, people.get(&obligation.person))?;
                let rules = law::named(&app.law, &obligation.rule_set)?;
                rows.push(NoticeRow {
                    full_name: who.name,
                    position: who.position,
                    kind: obligation.kind_label().to_owned(),
                    asked_by: plans.iter().find_map(|plan| plan.asks(obligation)),
                    due_on: obligation.due_on,
                    basis: rules.kind(obligation.kind).map(|kind| kind.basis.clone()).unwrap_or_default(),
                });
            }
            for (partition, people) in counts {
                tx.record(
                    Event::new("notice.printed", partition)
                        .unit(unit)
                        .count("people", count(people))
                        .count("year", year.into()),
                )?;
            }
            let sentences = follow_up::plan_sentences(tx, agencies, year).await?;
            Ok((rows, sentences, organisation::store::letterhead(tx, unit).await?))
        })
        .await?;
    if rows.is_empty() {
        return Err(Refusal::new(
            "nobody_owes",
            format!("Năm {year} đơn vị không có ai còn phải nộp bản kê khai."),
            "Đề nghị chọn năm khác, hoặc mở đợt kê khai hằng năm trước.",
        )
        .into());
    }
    let (unit_name, superior_name, province_code) = unit;
    let mut rows = rows;
    rows.sort_by_cached_key(|row: &NoticeRow| viet::text::name_sort_key(&row.full_name));
    let notice = Notice {
        document_no: asked.document_no,
        superior_name,
        unit_name,
        place: province_code.as_deref().and_then(province_name),
        issued_on: asked.issued_on,
        signer: asked.signer,
        year,
        plans,
        rows,
        made_at: app.clock().now(),
    };
    app.print(actor.home, move |fonts| Ok(print::notice_pdf(fonts, &notice)?)).await
}
