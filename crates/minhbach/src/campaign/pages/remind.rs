//! Who is late, what was done about each, and reminding in writing.
use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::remind::{self, Reminding, count};
use super::super::rules::{self, Next};
use super::super::store;
use super::{Signing, Work, day, read_day};
use crate::account::{Posted, Signed};
use crate::handover::open::who;
use crate::kernel::id::{IssueId, ObligationId, PartitionId};
use crate::kernel::web::{FieldErrors, Html, Page, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role};
use crate::law;
use crate::person::follow_up::{self, FollowUp, Round};
use crate::person::{self, Obligation};
use crate::roster::keep::left_label;

/// Late obligations by what is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    First,
    Second,
    Ripe,
    Waiting,
    Recorded,
}

impl Group {
    const ALL: [Group; 5] = [Group::First, Group::Second, Group::Ripe, Group::Waiting, Group::Recorded];

    fn of(next: Next) -> Self {
        match next {
            Next::Remind(Round::First) => Group::First,
            Next::Remind(Round::Second) => Group::Second,
            Next::Record => Group::Ripe,
            Next::Wait(..) => Group::Waiting,
            Next::Recorded(_) => Group::Recorded,
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Group::First => "lan-1",
            Group::Second => "lan-2",
            Group::Ripe => "du-2-lan",
            Group::Waiting => "dang-cho",
            Group::Recorded => "da-ghi",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Group::First => "Đôn đốc lần 1",
            Group::Second => "Đôn đốc lần 2",
            Group::Ripe => "Đủ 02 lần đôn đốc",
            Group::Waiting => "Đang trong thời hạn",
            Group::Recorded => "Đã ghi nhận không nộp",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Group::First => "Đã qua hạn của pháp luật, chưa nộp, chưa được đôn đốc bằng văn bản.",
            Group::Second => "Thời hạn trong văn bản đôn đốc lần 1 đã qua, vẫn chưa nộp.",
            Group::Ripe => {
                "Thời hạn trong văn bản đôn đốc lần 2 đã qua, vẫn chưa nộp: đơn vị ghi nhận sự việc không nộp."
            }
            Group::Waiting => "Đã được đôn đốc, thời hạn trong văn bản chưa qua: chờ người kê khai nộp.",
            Group::Recorded => {
                "Đã ghi nhận không nộp sau 02 lần đôn đốc. Bản kê khai nộp sau đó vẫn được nhận; việc đã ghi nhận giữ nguyên."
            }
        }
    }

    fn round(self) -> Option<Round> {
        match self {
            Group::First => Some(Round::First),
            Group::Second => Some(Round::Second),
            _ => None,
        }
    }
}

struct Line {
    id: ObligationId,
    name: String,
    position: String,
    title: String,
    due: String,
    distance: String,
    done: Vec<String>,
    left: String,
    checked: bool,
}

struct IssueLine {
    id: IssueId,
    number: i16,
    document_no: String,
    issued_on: String,
    answer_by: String,
    people: i64,
    delivered: i64,
}

#[derive(Template)]
#[template(path = "campaign/pages/remind.html")]
struct RemindPage {
    page: Page,
    works: Vec<Work>,
    heading: &'static str,
    hint: &'static str,
    /// Number of the reminder that can be issued to these; 0 for none.
    number: i16,
    /// Whether non-submission can be recorded of these.
    is_ripe: bool,
    /// Whether it was: each opens.
    is_recorded: bool,
    lines: Vec<Line>,
    typed: Signing,
    answer_by: String,
    least: String,
    basis: &'static str,
    issues: Vec<IssueLine>,
    errors: FieldErrors,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    viec: Option<String>,
}

/// Documents shown at once.
const NEWEST: i64 = 200;

/// Who of the unit did not declare by the law's last day, by what can be done now; longest overdue first. Names are
/// opened, so looking is one recorded access.
pub(super) async fn list(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let group = Group::ALL.into_iter().find(|group| asked.viec.as_deref() == Some(group.slug()));
    html(&page(&app, &signed, group, None, Signing::proposed(&app, &signed), None, FieldErrors::default()).await?)
}

struct Late {
    obligation: Obligation,
    follow_up: FollowUp,
    next: Next,
}

/// `ticked`, `answer_by`: what was chosen and typed before; on a new page everyone who is still on the list is proposed,
/// and the least term.
async fn page(
    app: &App,
    signed: &Signed,
    asked: Option<Group>,
    ticked: Option<&BTreeSet<ObligationId>>,
    typed: Signing,
    answer_by: Option<String>,
    errors: FieldErrors,
) -> Result<RemindPage> {
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let (groups, group, lines, least, issues) = app
        .db
        .read(&signed.actor, "reminder.list", async |tx| {
            let today = tx.today();
            let mut follow_ups = follow_up::of_obligations(tx, None).await?;
            let mut late: Vec<Late> = Vec::new();
            for obligation in person::store::obligations(tx, None).await? {
                let follow_up = follow_ups.remove(&obligation.id).unwrap_or_default();
                if let Ok(next) = rules::next(&obligation, &follow_up, today) {
                    late.push(Late { obligation, follow_up, next });
                }
            }
            let groups = Group::ALL.map(|group| (group, late.iter().filter(|l| Group::of(l.next) == group).count()));
            let group = asked.or_else(|| groups.iter().find(|(_, n)| *n > 0).map(|(group, _)| *group));
            let group = group.unwrap_or(Group::First);
            late.retain(|late| Group::of(late.next) == group);
            late.sort_by_key(|late| (late.obligation.due_on, late.obligation.id));
            let ids: Vec<_> = late.iter().map(|late| late.obligation.person).collect();
            let people = person::store::find_all(tx, &ids).await?;
            let left = store::left(tx, unit).await?;
            let mut counts: BTreeMap<PartitionId, usize> = BTreeMap::new();
            let mut lines = Vec::with_capacity(late.len());
            for late in &late {
                *counts.entry(late.obligation.partition).or_default() += 1;
                let who = who(tx, people.get(&late.obligation.person))?;
                let left = left.get(&late.obligation.person).map(|(on, reason)| left_words(*on, reason));
                lines.push(line(late, who, left.unwrap_or_default(), ticked, today));
            }
            for (partition, people) in counts {
                tx.record(Event::new("reminder.list_opened", partition).unit(unit).count("people", count(people)))?;
            }
            let least = rules::least_answer_by(&app.law, today)?;
            Ok((groups, group, lines, least, store::issues(tx, unit, NEWEST).await?))
        })
        .await?;
    let work = |(of, n): (Group, usize)| Work {
        label: of.label().to_owned(),
        count: viet::number::group(count(n)),
        href: format!("/don-vi/don-doc?viec={}", of.slug()),
        current: of == group,
    };
    Ok(RemindPage {
        page: signed.page("Đôn đốc kê khai"),
        works: groups.into_iter().map(work).collect(),
        heading: group.label(),
        hint: group.hint(),
        number: group.round().map_or(0, Round::number),
        is_ripe: group == Group::Ripe,
        is_recorded: group == Group::Recorded,
        lines,
        typed,
        answer_by: answer_by.unwrap_or_else(|| day(least)),
        least: day(least),
        basis: rules::BASIS,
        issues: issues
            .into_iter()
            .map(|issue| IssueLine {
                id: issue.issue,
                number: issue.number,
                document_no: issue.document_no,
                issued_on: day(issue.issued_on),
                answer_by: day(issue.answer_by),
                people: issue.people,
                delivered: issue.delivered,
            })
            .collect(),
        errors,
    })
}

/// "Nghỉ hưu, từ ngày 01/12/2025"
fn left_words(on: chrono::NaiveDate, reason: &str) -> String {
    let label = left_label(reason);
    format!("{label}, từ ngày {}", day(on))
}

fn line(
    late: &Late,
    who: crate::handover::open::Who,
    left: String,
    ticked: Option<&BTreeSet<ObligationId>>,
    today: chrono::NaiveDate,
) -> Line {
    let owed = &late.obligation;
    let told = |round: Round, told: &follow_up::Told| {
        let delivered = match told.delivered_on {
            Some(on) => format!("đã giao, gửi {}", day(on)),
            None => "chưa ghi đã giao, gửi".to_owned(),
        };
        format!("Lần {}: số {}, hạn {}; {delivered}", round.number(), told.reference(), day(told.answer_by))
    };
    let mut done: Vec<String> = Vec::new();
    done.extend(late.follow_up.first.as_ref().map(|first| told(Round::First, first)));
    done.extend(late.follow_up.second.as_ref().map(|second| told(Round::Second, second)));
    done.extend(late.follow_up.not_submitted_on.map(|on| format!("Ghi nhận không nộp ngày {}", day(on))));
    Line {
        id: owed.id,
        name: who.name,
        position: who.position,
        title: owed.title(),
        due: day(owed.due_on),
        distance: law::distance(owed.due_on, today),
        done,
        checked: ticked.map_or(left.is_empty(), |ticked| ticked.contains(&owed.id)),
        left,
    }
}

/// Reminds the chosen people in writing, the first or the second time (article 20.2 of the decree): number and day of the
/// document, who signs it, the new last day. Two presses of one page make one document.
pub(super) async fn send(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Signing::of(&fields);
    let answer_by = fields.get("han").to_owned();
    let round = fields.get("lan").parse().ok().and_then(Round::of);
    let group = round.map(|round| if round == Round::First { Group::First } else { Group::Second });
    let ticked: BTreeSet<ObligationId> = fields.all("nv").filter_map(|id| id.parse().ok()).collect();
    let again = async |typed: Signing, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = page(&app, &signed, group, Some(&ticked), typed, Some(answer_by.clone()), errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    if ticked.is_empty() {
        errors.add("nv", "Chưa chọn người nào để đôn đốc. Đề nghị đánh dấu ít nhất một người trong danh sách.");
    }
    let document = typed.check(&mut errors);
    let until = read_day("han", "Hạn mới", &answer_by, &mut errors);
    let (Some(round), Some((document_no, issued_on)), Some(until), true) = (round, document, until, errors.is_empty())
    else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let asked = Reminding {
        number: round.number(),
        obligations: ticked.clone(),
        document_no,
        issued_on,
        answer_by: until,
        signer_name: typed.name.clone(),
        signer_position: typed.position.clone(),
    };
    match remind::remind(&app, &signed.actor, &asked, &Once::of_form(&typed.key, &asked)?).await {
        Ok(issued) => Ok(Redirect::to(&format!("/don-vi/don-doc/cong-van/{}", issued.issue)).into_response()),
        Err(Error::Refused(refusal)) => {
            let field = match refusal.code {
                "issued_on" | "not_late" | "term_runs" => "day",
                "answer_by" => "han",
                "document_no" => "so",
                _ => "",
            };
            let told = if field.is_empty() { refusal.to_string() } else { String::new() };
            if !field.is_empty() {
                errors.add(field, refusal.to_string());
            }
            again(typed.renewed(), errors, refusal.status, &told).await
        }
        Err(error) => Err(error),
    }
}
