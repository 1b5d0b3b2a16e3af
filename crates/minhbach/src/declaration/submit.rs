//! Sending a declaration online: validate, seal, log, project, commit.
use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use form::RuleSet;
use form::compare::{Cause, Decision, Gone, Movement, compare};
use form::rules::{Effect, Finding};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asset::{AssetPlace, Became, Said};
use super::carry::{self, Carried};
use super::findings::{NewFindings, NewShortcoming};
use super::holder;
use super::model::Channel;
use super::policy::{FileDeclaration, Filing};
use super::record::{self, Holdings, NewRecord};
use super::store;
use super::{demand, draft};
use crate::kernel::id::{DeclarationId, EventId, ObligationId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Once, Refusal, Result};
use crate::law;
use crate::person::{self, Obligation};

/// What the declarant gets for a submission: where it is, what was hashed, and the log's promise.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Submitted {
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub event: EventId,
    /// SHA-256 of the canonical document, hex.
    pub document_sha256: String,
    /// The log's signed promise (docs/API.md).
    pub promise: String,
    pub submitted_at: chrono::DateTime<chrono::Utc>,
}

/// What came of trying to submit.
#[derive(Debug)]
pub enum Outcome {
    Submitted(Submitted),
    /// What blocks it, and warnings that want a reason first.
    NotYet(Vec<Finding>),
}

/// What is known beside a declaration: of the person's latest one before it, and of the person.
#[derive(Debug, Clone, Default)]
pub struct Before<'a> {
    /// When it was completed.
    pub completed_on: Option<NaiveDate>,
    /// What it said, and what the person says became of its assets.
    pub declared: Option<(&'a Carried, &'a BTreeMap<usize, Decision>)>,
    /// What the unit's list says of the person, where it is compared with.
    pub listed: Option<form::Listed>,
}

/// Everything the rules say about `content` under the obligation's own rule set, for online sending.
pub fn judge(
    app: &App,
    obligation: &Obligation,
    content: &Value,
    today: NaiveDate,
    before: &Before<'_>,
) -> Result<Vec<Finding>> {
    let (rules, form) = draft::law_of(app, obligation)?;
    let previous = match before.declared {
        Some((carried, decisions)) => Some(form::Previous {
            rules: carried.rules(&app.law)?,
            document: &carried.content,
            decisions: decisions.clone(),
        }),
        None => None,
    };
    let previous_completed_on = before.completed_on;
    let context = form::Context {
        today,
        channel: form::Channel::Online,
        previous_completed_on,
        previous,
        last_day: last_day(obligation),
        listed: before.listed.clone(),
    };
    Ok(form::validate(rules, form, content, &context))
}

/// The last day that holds for what is sent: of the demand it answers, or of the obligation.
fn last_day(obligation: &Obligation) -> Option<form::LastDay> {
    match (obligation.demand, obligation.demand_due_on) {
        (None, _) => Some(form::LastDay { on: obligation.due_on, is_demanded: false }),
        (Some(_), due) => due.map(|on| form::LastDay { on, is_demanded: true }),
    }
}

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The declaration in the shape of the form's definition.
    pub content: Value,
    /// Reasons for warnings, by [`reason_key`].
    pub reasons: BTreeMap<String, String>,
    /// What the person says became of the assets they declared before; where nothing is said, the rules match them by
    /// themselves.
    pub said: Option<Said>,
    /// With a supplementary declaration: what the family has since.
    pub holdings: Option<Holdings>,
    /// The revision of the draft it was composed of ([`Draft::revision`](draft::Draft::revision)): what was saved there since
    /// was not read by the person who sends. `None` from a program, which sends no draft.
    pub draft: Option<i64>,
}

/// Sends a declaration. Rules of severity B refuse it; warnings (W) want a reason, which is kept with it
/// (law.md §12.2). Asking twice with one key submits once. The declarant submits for themselves only. What was sent is
/// sent again only where the unit demands it (article 38.2): as a further version, with the first one kept.
pub async fn submit(
    app: &App,
    actor: &Actor,
    obligation: ObligationId,
    mut submission: Submission,
    once: &Once,
) -> Result<Outcome> {
    form::leaves::normalise(&mut submission.content);
    let Submission { content, reasons, said, holdings, draft: composed_of } = &submission;
    let nothing_said = BTreeMap::new();
    let max_merge = TimeDelta::seconds(app.config.log.max_merge_seconds);
    app.db
        .write_once(actor, "declaration.submit", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Submitted>()? {
                return Ok(Outcome::Submitted(before));
            }
            draft::turn(tx, obligation).await?;
            let mut obligation = person::store::obligation(tx, actor.home, obligation).await?;
            if let Some(declaration) = obligation.declaration {
                // The unit may be withdrawing its demand, or issuing one, just now.
                demand::acts::turn(tx, declaration).await?;
                obligation = person::store::obligation(tx, actor.home, obligation.id).await?;
            }
            if obligation.taken_back {
                return Err(taken_back().into());
            }
            if !obligation.takes_text() || obligation.corrects().is_some() {
                return Err(already_sent(obligation.year).into());
            }
            if let Some(composed_of) = *composed_of
                && draft::load(tx, obligation.id).await?.1.is_none_or(|draft| draft.revision() != composed_of)
            {
                return Err(draft_moved().into());
            }
            if content.get("kind").and_then(Value::as_str) != Some(obligation.kind.as_str()) {
                return Err(other_kind(obligation.kind_label()).into());
            }
            if let Some(path) = holder::unnamed(draft::law_of(app, &obligation)?.1, content).first() {
                return Err(no_such_child(path).into());
            }
            // Opened again here, not taken from the draft: another may have been recorded since.
            let latest = store::latest(tx, obligation.partition, obligation.person, obligation.declaration).await?;
            let last = carry::latest(tx, &app.law, &latest).await?;
            // Of another source the places mean nothing.
            let said = said.as_ref().filter(|said| last.as_ref().is_some_and(|carried| said.of == carried.source()));
            let decisions = said.map_or(&nothing_said, |said| &said.decisions);
            let before = Before {
                completed_on: latest.completed_on,
                declared: last.as_ref().map(|carried| (carried, decisions)),
                listed: draft::listed(app, tx, &obligation).await?,
            };
            let findings = judge(app, &obligation, content, tx.today(), &before)?;
            let open = |finding: &&Finding| match finding.effect {
                Effect::Refuse => true,
                Effect::AskReason => reasons.get(&reason_key(finding)).is_none_or(|reason| reason.trim().is_empty()),
                _ => false,
            };
            if findings.iter().any(|finding| open(&finding)) {
                tx.nothing_done();
                return Ok(Outcome::NotYet(findings.iter().filter(open).cloned().collect()));
            }
            let (rules, _) = draft::law_of(app, &obligation)?;
            let completed_on = completed_on(content)?;
            if completed_on != tx.today() {
                return Err(another_day(completed_on, tx.today()).into());
            }
            let permit = tx.permit::<FileDeclaration, _>(Filing::of(&obligation))?;
            let reasons_given = findings
                .iter()
                .filter(|finding| finding.effect == Effect::AskReason)
                .map(|finding| NewShortcoming {
                    rule: finding.rule.clone(),
                    severity: "W",
                    path: finding.path.clone(),
                    reason: reasons.get(&reason_key(finding)).cloned(),
                })
                .collect();
            let replaces = match obligation.declaration {
                Some(declaration) => {
                    let declaration = store::find(tx, declaration).await?;
                    Some(store::latest_version(tx, &declaration).await?)
                }
                None => None,
            };
            let (became, holdings) = match (&last, said) {
                (Some(carried), Some(said)) => {
                    let before = (carried.rules(&app.law)?, &carried.content);
                    became(said, (before, &carried.places), (rules, content), holdings.clone())
                }
                _ => (Vec::new(), holdings.clone()),
            };
            let new = NewRecord {
                kind: obligation.kind,
                year: obligation.year,
                completed_on,
                channel: Channel::Online,
                rules,
                law: &app.law,
                content: content.clone(),
                source: None,
                holdings,
                became,
                findings: NewFindings { shortcomings: reasons_given, demanded: Vec::new() },
                replaces: replaces.as_ref(),
                max_merge,
            };
            let filed = record::file(tx, &permit, new).await?.ok_or_else(|| already_sent(obligation.year))?;
            if let Some(demand) = obligation.demand {
                demand::acts::answer(tx, demand, filed.version, tx.today()).await?;
            }
            let owner =
                Owner { partition: obligation.partition, unit: Some(obligation.unit), person: Some(obligation.person) };
            let submitted = Submitted {
                declaration: filed.declaration,
                version: filed.version,
                event: filed.event.id,
                document_sha256: hex::encode(filed.document_hash),
                promise: filed.promise.note,
                submitted_at: tx.now(),
            };
            tx.keep(owner, &submitted)?;
            Ok(Outcome::Submitted(submitted))
        })
        .await
}

/// What a person says became of what they declared before, and what the family has since, in the terms of the record.
fn became(
    said: &Said,
    (before, places): ((&RuleSet, &Value), &[Option<AssetPlace>]),
    (rules, content): (&RuleSet, &Value),
    mut holdings: Option<Holdings>,
) -> (Vec<Became>, Option<Holdings>) {
    let mut whole = content.clone();
    if let Some(holdings) = &mut holdings {
        whole["assets"] = Value::Array(holdings.assets.clone());
        holdings.are = said.held(places);
    }
    let found = compare(before, (rules, &whole), |index| said.decisions.get(&index).copied());
    let is_below = |index: usize| {
        let is_it = |movement: &&Movement| movement.before == Some(index);
        found.movements.iter().find(is_it).is_some_and(|movement| movement.cause == Cause::Gone(Gone::BelowThreshold))
    };
    let became = said.became((carry::assets_of(before.1), places), carry::assets_of(&whole), is_below);
    (became, holdings)
}

/// Under which key the reason for a warning is sent: rule and place.
pub fn reason_key(finding: &Finding) -> String {
    format!("{}@{}", finding.rule, finding.path)
}

/// The code of the refusal of what was composed of a draft that was saved again since.
pub const DRAFT_MOVED: &str = "draft_moved";

fn draft_moved() -> Refusal {
    Refusal::new(
        DRAFT_MOVED,
        "Bản nháp vừa được sửa ở một thẻ hoặc máy khác nên chưa gửi.",
        "Đề nghị xem lại nội dung hiện tại rồi gửi.",
    )
    .status(StatusCode::CONFLICT)
}

pub(super) fn already_sent(year: i16) -> Refusal {
    Refusal::new(
        "already_sent",
        format!("Bản kê khai năm {year} của Ông/Bà đã được gửi."),
        "Muốn sửa nội dung đã gửi, đề nghị mở bản kê khai đã gửi và lập đề nghị sửa đổi, hoặc liên hệ đơn vị quản lý; bản đã gửi không bị thay thế.",
    )
    .basis("điểm 2 mục II Quyết định 390/QĐ-TTg")
    .status(StatusCode::CONFLICT)
}

fn taken_back() -> Refusal {
    Refusal::new(
        "taken_back",
        "Việc kê khai này đã được hủy nên không gửi bản kê khai cho việc này nữa.",
        "Đề nghị mở trang “Kê khai của tôi” để xem những việc còn phải làm.",
    )
    .status(StatusCode::CONFLICT)
}

pub fn other_kind(kind: &str) -> Refusal {
    Refusal::new(
        "other_kind",
        format!("Phương thức kê khai ghi trong bản kê khai khác với nghĩa vụ phải thực hiện ({kind})."),
        "Đề nghị lập bản kê khai theo đúng phương thức của nghĩa vụ.",
    )
    .basis("Điều 36 Luật Phòng, chống tham nhũng 2018")
}

/// Article 33: who declares, declares what is theirs, their spouse's and their minor children's; whose child an asset is said to be of stands in it.
pub fn no_such_child(path: &str) -> Refusal {
    Refusal::new(
        "no_such_child",
        format!("Tài sản tại {path} ghi là của một người con không có trong mục con chưa thành niên của bản kê khai."),
        "Đề nghị ghi lại người đứng tên hoặc sử dụng, hoặc bổ sung người con đó vào bản kê khai.",
    )
    .basis("Điều 33 Luật Phòng, chống tham nhũng 2018")
}

/// A declaration sent online is completed by being sent (note 2): its day of completion is the day of sending.
fn another_day(completed_on: NaiveDate, today: NaiveDate) -> Refusal {
    Refusal::new(
        "completed_on_not_today",
        format!(
            "Ngày hoàn thành ghi trong bản kê khai ({}) không phải ngày gửi ({}).",
            viet::date::format_short(completed_on),
            viet::date::format_short(today)
        ),
        "Đề nghị ghi ngày hoàn thành là ngày gửi rồi gửi lại.",
    )
    .basis("hướng dẫn số 2 Phụ lục I Nghị định 130/2020/NĐ-CP")
}

/// The day the declaration was completed (note 2).
pub fn completed_on(content: &Value) -> Result<NaiveDate> {
    content.get("completed_on").and_then(Value::as_str).and_then(|text| text.parse().ok()).ok_or_else(|| {
        Refusal::new(
            "completed_on",
            "Bản kê khai chưa có ngày hoàn thành.",
            "Đề nghị ghi ngày hoàn thành việc kê khai (hướng dẫn số 2, Phụ lục I Nghị định 130/2020/NĐ-CP).",
        )
        .into()
    })
}

/// The rule set a declaration completed on a day is judged under.
pub fn rules_on(app: &App, day: NaiveDate) -> Result<&form::RuleSet> {
    law::in_force(&app.law, day)
}
