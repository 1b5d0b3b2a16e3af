//! The agency's plan for a year's campaign.
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::policy::{Agency, PlanCampaign};
use super::record::plan_hash;
use super::remind::no_number;
use super::rules;
use super::store;
use crate::kernel::id::PlanId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result};
use crate::person::follow_up::{self, Plan};

/// What the agency puts down of its plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planning {
    pub year: i16,
    /// The version the officer saw; 0 when there was none. A plan changed meanwhile is not overwritten unseen.
    pub seen: i32,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub lists_by: NaiveDate,
    pub declare_by: NaiveDate,
    pub hand_over_by: NaiveDate,
}

/// A version put down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub version: i32,
}

/// Puts down the agency's plan for a year: number and day of the document, and the days by which its units make their
/// lists, people hand in and units hand over. They are earlier than the law's or the same, never later (articles 36.3,
/// 38.3). A plan is changed by a new version under its own number; both stay.
pub async fn plan(app: &App, actor: &Actor, asked: &Planning, once: &Once) -> Result<Planned> {
    let partition = actor.agency().ok_or(Error::Forbidden)?;
    let document_no = rules::document_no(&asked.document_no).ok_or_else(no_number)?;
    check(app, asked)?;
    app.db
        .write_once(actor, "campaign.plan", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Planned>()? {
                return Ok(before);
            }
            if asked.issued_on > tx.today() {
                let sentence = format!("Ngày kế hoạch {} ở sau hôm nay.", day(asked.issued_on));
                return Err(wrong("issued_on", sentence, "Đề nghị ghi đúng ngày ban hành kế hoạch.".into()));
            }
            let permit = tx.permit::<PlanCampaign, _>(Agency(partition))?;
            tx.take_turn("campaign.plan", partition).await?;
            let before = follow_up::plans(tx, &[partition], Some(asked.year)).await?;
            let last = before.first().map_or(0, |plan| plan.version);
            if last != asked.seen {
                return Err(changed_meanwhile(last).into());
            }
            if before.iter().any(|plan| plan.document_no == document_no && plan.issued_on == asked.issued_on) {
                let sentence =
                    format!("Kế hoạch số {document_no} ngày {} đã có ở một phiên bản trước.", day(asked.issued_on));
                let mend = "Thay đổi kế hoạch là một văn bản mới; đề nghị ghi số, ngày của văn bản đó.".to_owned();
                return Err(wrong("document_no", sentence, mend));
            }
            let mut plan = Plan {
                partition,
                id: PlanId::new(),
                year: asked.year,
                version: last + 1,
                document_no: document_no.clone(),
                issued_on: asked.issued_on,
                lists_by: asked.lists_by,
                declare_by: asked.declare_by,
                hand_over_by: asked.hand_over_by,
                record_hash: Vec::new(),
            };
            let hash = plan_hash(&plan)?;
            plan.record_hash = hash.to_vec();
            store::insert_plan(tx, &permit, &plan).await?;
            tx.record(
                Event::new("campaign.planned", partition)
                    .id("plan", plan.id)
                    .hash("record", hash)
                    .count("year", i64::from(plan.year))
                    .count("version", i64::from(plan.version))
                    .day("declare_by", plan.declare_by),
            )?;
            let planned = Planned { version: plan.version };
            tx.keep(Owner { partition, unit: None, person: None }, &planned)?;
            Ok(planned)
        })
        .await
}

fn day(day: NaiveDate) -> String {
    viet::date::format_short(day)
}

fn wrong(code: &'static str, sentence: String, mend: String) -> Error {
    Refusal::new(code, sentence, mend).into()
}

/// One day after the other, and none after the law's.
fn check(app: &App, asked: &Planning) -> Result<()> {
    // A change comes when a day of the plan before may have passed.
    let begins = if asked.seen == 0 { asked.issued_on } else { asked.lists_by };
    let last = rules::last_days(&app.law, asked.year)?;
    let order = [
        ("lists_by", begins, asked.lists_by, "Hạn gửi danh sách", "ngày kế hoạch"),
        ("declare_by", asked.lists_by, asked.declare_by, "Hạn nộp bản kê khai", "hạn gửi danh sách"),
        ("hand_over_by", asked.declare_by, asked.hand_over_by, "Hạn bàn giao", "hạn nộp bản kê khai"),
    ];
    for (field, before, after, what, other) in order {
        if after < before {
            let sentence = format!("{what} {} trước {other} ({}).", day(after), day(before));
            return Err(wrong(field, sentence, "Đề nghị ghi lại các ngày theo thứ tự.".into()));
        }
    }
    let laws = [
        ("declare_by", asked.declare_by, last.declare, "Hạn nộp bản kê khai", "annual"),
        ("hand_over_by", asked.hand_over_by, last.hand_over, "Hạn bàn giao", "check_and_hand_over"),
    ];
    for (field, planned, last, what, key) in laws {
        if planned > last {
            let basis = rules::basis_of(&app.law, asked.year, key)?;
            let sentence = format!("{what} {} ở sau hạn của pháp luật ({}; {basis}).", day(planned), day(last));
            return Err(wrong(field, sentence, format!("Đề nghị ghi ngày {} hoặc sớm hơn.", day(last))));
        }
    }
    Ok(())
}

fn changed_meanwhile(last: i32) -> Refusal {
    Refusal::new(
        "changed_meanwhile",
        format!("Kế hoạch năm này vừa có phiên bản {last} do người khác ghi."),
        "Phiên bản đó hiện ở trên; nội dung vừa nhập vẫn còn. Đề nghị xem lại rồi bấm ghi lần nữa nếu vẫn cần.",
    )
    .status(StatusCode::CONFLICT)
}
