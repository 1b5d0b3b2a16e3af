//! The agency plans the year's campaign and sees how far each unit is.
use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;

use super::super::coverage::{self, COLUMNS, Line as Coverage};
use super::super::logbook;
use super::super::plan::{self, Planning};
use super::super::rules::{self, campaign_year};
use super::super::sheet::{self, Cell, Table};
use super::super::store;
use super::log::Line as LogLine;
use super::{Asked, Row, day, new_key, read_day, row};
use crate::account::{Posted, Signed};
use crate::handover::open::who;
use crate::kernel::id::{OrganisationId, PartitionId, PersonId};
use crate::kernel::web::respond::{XLSX, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role};
use crate::person::follow_up::{self, Plan};

/// What was typed of a plan; kept when something is to be mended.
struct Typed {
    document_no: String,
    issued_on: String,
    lists_by: String,
    declare_by: String,
    hand_over_by: String,
    /// The version the officer saw.
    seen: i32,
    key: String,
}

impl Typed {
    /// The dates of the plan in force, to be changed; a new number and day.
    fn proposed(app: &App, plan: Option<&Plan>) -> Self {
        let of = |pick: fn(&Plan) -> chrono::NaiveDate| plan.map(|plan| day(pick(plan))).unwrap_or_default();
        Self {
            document_no: String::new(),
            issued_on: day(app.clock().today()),
            lists_by: of(|plan| plan.lists_by),
            declare_by: of(|plan| plan.declare_by),
            hand_over_by: of(|plan| plan.hand_over_by),
            seen: plan.map_or(0, |plan| plan.version),
            key: new_key(),
        }
    }

    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            document_no: text("so"),
            issued_on: text("day"),
            lists_by: text("danh-sach"),
            declare_by: text("ke-khai"),
            hand_over_by: text("ban-giao"),
            seen: fields.get("ban").parse().unwrap_or(-1),
            key: text("khoa"),
        }
    }

    fn read(&self, year: i16, errors: &mut FieldErrors) -> Option<Planning> {
        let document_no = rules::document_no(&self.document_no);
        if document_no.is_none() {
            errors.add("so", rules::DOCUMENT_NO);
        }
        let issued_on = read_day("day", "Ngày kế hoạch", &self.issued_on, errors);
        let lists_by = read_day("danh-sach", "Hạn gửi danh sách", &self.lists_by, errors);
        let declare_by = read_day("ke-khai", "Hạn nộp bản kê khai", &self.declare_by, errors);
        let hand_over_by = read_day("ban-giao", "Hạn bàn giao", &self.hand_over_by, errors);
        Some(Planning {
            year,
            seen: self.seen,
            document_no: document_no?,
            issued_on: issued_on?,
            lists_by: lists_by?,
            declare_by: declare_by?,
            hand_over_by: hand_over_by?,
        })
    }
}

struct Version {
    version: i32,
    document_no: String,
    issued_on: String,
    lists_by: String,
    declare_by: String,
    hand_over_by: String,
}

/// A figure of `ui::figures`.
struct Figure {
    value: String,
    label: &'static str,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "campaign/pages/plan.html")]
struct PlanPage {
    page: Page,
    year: i16,
    other_years: Vec<i16>,
    rows: Vec<Row>,
    versions: Vec<Version>,
    figures: Vec<Figure>,
    units: Vec<Coverage>,
    /// The law's last days, beside the fields.
    declare_hint: String,
    hand_over_hint: String,
    typed: Typed,
    errors: FieldErrors,
}

struct Read {
    year: i16,
    years: Vec<i16>,
    plans: Vec<Plan>,
    units: Vec<Coverage>,
}

async fn read(app: &App, signed: &Signed, year: Option<i16>) -> Result<Read> {
    signed.require(&[Role::IntakeOfficer])?;
    let partition = signed.actor.agency().ok_or(Error::Forbidden)?;
    let this_year = campaign_year(app.clock().today())?;
    let year = year.unwrap_or(this_year);
    app.db
        .read(&signed.actor, "campaign.read", async |tx| {
            let mut years = store::years(tx).await?;
            years.push(this_year);
            years.sort_unstable_by(|a, b| b.cmp(a));
            years.dedup();
            Ok(Read {
                year,
                years,
                plans: follow_up::plans(tx, &[partition], Some(year)).await?,
                units: coverage::lines(tx, partition, year).await?,
            })
        })
        .await
}

/// The year's campaign of the agency: its plan with all versions, and every unit under its control with how far it is,
/// those without a list first. Counts only: nothing under seal is opened.
pub(super) async fn show(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    let read = read(&app, &signed, asked.nam).await?;
    let typed = Typed::proposed(&app, read.plans.first());
    html(&page(&app, &signed, read, typed, FieldErrors::default())?)
}

fn page(app: &App, signed: &Signed, read: Read, typed: Typed, errors: FieldErrors) -> Result<PlanPage> {
    let Read { year, mut years, plans, units } = read;
    years.retain(|other| *other != year);
    // A year whose rules are not loaded has no plan; what is known of it is shown all the same.
    let last = rules::last_days(&app.law, year).ok();
    let hint = |last: Option<chrono::NaiveDate>, key: &str| -> Result<String> {
        Ok(match last {
            Some(last) => format!("Hạn của pháp luật: {} ({})", day(last), rules::basis_of(&app.law, year, key)?),
            None => String::new(),
        })
    };
    let rows = match plans.first() {
        Some(plan) => vec![
            row(
                "Kế hoạch",
                format!("số {} ngày {} (phiên bản {})", plan.document_no, day(plan.issued_on), plan.version),
            ),
            row("Đơn vị gửi danh sách chậm nhất", day(plan.lists_by)),
            row("Người kê khai nộp chậm nhất", day(plan.declare_by)),
            row("Đơn vị bàn giao chậm nhất", day(plan.hand_over_by)),
        ],
        None => Vec::new(),
    };
    let total = |pick: fn(&Coverage) -> i64| units.iter().map(pick).sum::<i64>();
    let figure = |count: i64, label| Figure { value: viet::number::group(count), label, href: "" };
    let figures = vec![
        figure(super::super::remind::count(units.len()), "đơn vị"),
        figure(total(|unit| i64::from(!unit.has_list())), "chưa có danh sách"),
        figure(total(|unit| unit.counts.obliged), "phải kê khai"),
        figure(total(|unit| unit.counts.declared), "đã kê khai"),
        figure(total(|unit| unit.counts.late), "quá hạn, chưa nộp"),
        figure(total(|unit| unit.counts.not_submitted), "không nộp sau 02 lần đôn đốc"),
    ];
    Ok(PlanPage {
        page: signed.page("Đợt kê khai"),
        year,
        other_years: years,
        rows,
        versions: plans
            .iter()
            .skip(1)
            .map(|plan| Version {
                version: plan.version,
                document_no: plan.document_no.clone(),
                issued_on: day(plan.issued_on),
                lists_by: day(plan.lists_by),
                declare_by: day(plan.declare_by),
                hand_over_by: day(plan.hand_over_by),
            })
            .collect(),
        figures,
        units,
        declare_hint: hint(last.map(|last| last.declare), "annual")?,
        hand_over_hint: hint(last.map(|last| last.hand_over), "check_and_hand_over")?,
        typed,
        errors,
    })
}

/// Puts down the plan of a year, or a new version of it under a number of its own (article 31; dates never later than the
/// law's, articles 36.3 and 38.3).
pub(super) async fn plan(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed::of(&fields);
    let this_year = app.clock().today().year();
    let asked = fields.get("nam").parse::<i16>().ok();
    let year = asked.filter(|year| (this_year - 5..=this_year).contains(&i32::from(*year)));
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = page(&app, &signed, read(&app, &signed, year).await?, typed, errors)?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    let Some(year) = year else {
        let told = format!("Năm kê khai không đúng. Đề nghị chọn một năm từ {} đến {this_year}.", this_year - 5);
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, &told).await;
    };
    let Some(planning) = typed.read(year, &mut errors).filter(|_| errors.is_empty()) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    match plan::plan(&app, &signed.actor, &planning, &Once::of_form(&typed.key, &planning)?).await {
        Ok(_) => Ok(Redirect::to(&format!("/dot-ke-khai?nam={year}")).into_response()),
        Err(Error::Refused(refusal)) => {
            let field = match refusal.code {
                "issued_on" => "day",
                "document_no" => "so",
                "lists_by" => "danh-sach",
                "declare_by" => "ke-khai",
                "hand_over_by" => "ban-giao",
                _ => "",
            };
            let mut typed = Typed { key: new_key(), ..typed };
            if refusal.code == "changed_meanwhile" {
                // The officer sees the new version now; pressing again is after having seen it.
                typed.seen = read(&app, &signed, Some(year)).await?.plans.first().map_or(0, |plan| plan.version);
            }
            let told = if field.is_empty() { refusal.to_string() } else { String::new() };
            if !field.is_empty() {
                errors.add(field, refusal.to_string());
            }
            again(typed, errors, refusal.status, &told).await
        }
        Err(error) => Err(error),
    }
}

/// The coverage by unit as Excel.
pub(super) async fn workbook(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let read = read(&app, &signed, asked.nam).await?;
    let year = read.year;
    let mut columns = vec![("Cơ quan, tổ chức, đơn vị", 48.0), ("Danh sách", 14.0)];
    columns.extend(COLUMNS.iter().map(|(name, _)| (*name, 14.0)));
    let line = |unit: &Coverage| {
        let list = if unit.has_list() { "Đã có" } else { "Chưa có" };
        let mut cells = vec![Cell::Text(unit.name.clone()), Cell::Text(list.to_owned())];
        cells.extend(COLUMNS.iter().map(|(_, count)| Cell::Count(count(&unit.counts))));
        cells
    };
    let table = Table {
        name: "Theo đơn vị",
        title: signed.title(&format!("Tình hình kê khai năm {year} theo đơn vị")),
        note: format!("{}; lập ngày {}.", signed.place(), day(app.clock().today())),
        columns,
        rows: read.units.iter().map(line).collect(),
        frozen: 1,
    };
    Ok(attachment(XLSX, &signed.file(&format!("dot-ke-khai-{year}.xlsx")), sheet::write(&table)?))
}

/// Someone on the list who owes nothing in the year.
struct Listed {
    name: String,
    position: String,
}

#[derive(Template)]
#[template(path = "campaign/pages/unit.html")]
struct UnitPage {
    page: Page,
    back: String,
    name: String,
    year: i16,
    lines: Vec<LogLine>,
    others: Vec<Listed>,
}

/// One unit's list and how far each is, of the agency's own people (articles 37.1, 38). Names are opened, so looking is
/// one recorded access.
pub(super) async fn unit(
    State(app): State<App>,
    signed: Signed,
    Path(unit): Path<OrganisationId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    let Read { year, units, .. } = read(&app, &signed, asked.nam).await?;
    // A body none of whose people the agency controls is not there.
    let name = units.into_iter().find(|line| line.unit == unit).ok_or(Error::NotFound)?.name;
    let partition: PartitionId = signed.actor.agency().ok_or(Error::Forbidden)?;
    let (entries, said, others) = app
        .db
        .read(&signed.actor, "campaign.unit", async |tx| {
            let entries = logbook::entries(tx, unit, year, "campaign.unit_opened").await?;
            let mut said = BTreeMap::new();
            for fact in store::non_submissions(tx, None, i64::MAX).await?.into_iter().filter(|fact| fact.unit == unit) {
                if let Some(sealed) = &fact.explanation {
                    said.insert(fact.obligation, tx.open(fact.partition, fact.id, sealed)?);
                }
            }
            let shown: BTreeSet<PersonId> = entries.iter().map(|entry| entry.person).collect();
            let mut others = Vec::new();
            for person in store::listed(tx, partition, unit).await? {
                if !shown.contains(&person.id) {
                    let who = who(tx, Some(&person))?;
                    others.push(Listed { name: who.name, position: who.position });
                }
            }
            if !others.is_empty() {
                let people = super::super::remind::count(others.len());
                tx.record(Event::new("roster.opened", partition).unit(unit).count("people", people))?;
            }
            others.sort_by_cached_key(|listed| viet::text::name_sort_key(&listed.name));
            Ok((entries, said, others))
        })
        .await?;
    let line = |entry: logbook::Entry| {
        let explanation = entry.obligation.and_then(|id| said.get(&id)).map(|text| format!("Ý kiến: {text}"));
        let mut line = LogLine::of(entry);
        line.reminders.extend(explanation);
        line
    };
    html(&UnitPage {
        page: signed.page(name.clone()),
        back: format!("/dot-ke-khai?nam={year}"),
        name,
        year,
        lines: entries.into_iter().map(line).collect(),
        others,
    })
}
