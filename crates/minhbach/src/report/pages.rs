//! The nation's and the agency's figures.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::Datelike;
use serde::Deserialize;

use super::rules::{Progress, Share};
use super::{sheet, store};
use crate::account::Signed;
use crate::kernel::id::PartitionId;
use crate::kernel::web::respond::{XLSX, attachment};
use crate::kernel::web::{Page, Query, html};
use crate::kernel::{App, Context, Event, Result, Role};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/toan-quoc", get(nation))
        .route("/toan-quoc/excel", get(nation_sheet))
        .route("/tong-hop", get(agency))
        .route("/tong-hop/excel", get(agency_sheet))
}

#[derive(Deserialize)]
struct Asked {
    nam: Option<i16>,
}

/// A milestone of Quyết định 390/QĐ-TTg as a bar.
struct Milestone {
    id: &'static str,
    label: &'static str,
    percent: f64,
    mark: f64,
    met: bool,
    text: String,
}

impl Milestone {
    fn of(id: &'static str, label: &'static str, share: Option<Share>, mark: i64, part: i64, whole: i64) -> Self {
        let met = share.is_some_and(|s| s.reached(mark));
        let text = match share {
            Some(share) => format!(
                "{share}: {} trên {} bản kê khai; mốc {mark}%{}",
                viet::number::group(part),
                viet::number::group(whole),
                if met { ", đã đạt" } else { "" }
            ),
            None => "Chưa có bản kê khai nào trong năm.".to_owned(),
        };
        Self { id, label, percent: share.map_or(0.0, Share::percent), mark: mark as f64, met, text }
    }
}

#[derive(Template)]
#[template(path = "report/pages/progress.html")]
struct ProgressPage {
    page: Page,
    scope: &'static str,
    line_heading: &'static str,
    excel: String,
    base: &'static str,
    year: i16,
    years: Vec<i16>,
    lines: Vec<Progress>,
    total: Progress,
    milestones: Vec<Milestone>,
    /// Whether lines know of papers that wait: agencies do, units do not.
    awaiting_by_line: bool,
}

impl ProgressPage {
    fn group(&self, n: &i64) -> String {
        viet::number::group(*n)
    }

    fn share(&self, share: Option<Share>) -> String {
        share.map_or_else(|| "–".to_owned(), |s| s.to_string())
    }
}

/// What a page or a workbook shows.
struct Figures {
    year: i16,
    years: Vec<i16>,
    lines: Vec<Progress>,
    total: Progress,
}

impl Figures {
    fn milestones(&self) -> Vec<Milestone> {
        let total = &self.total;
        vec![
            Milestone::of(
                "moc-ke-khai",
                "Đã kê khai, trên số người phải kê khai",
                total.declared_share(),
                100,
                total.declared,
                total.obliged,
            ),
            Milestone::of(
                "moc-so-hoa",
                "Bản kê khai đã số hóa, lưu trữ",
                total.digitised_share(),
                100,
                total.digitised,
                total.at_hand(),
            ),
            Milestone::of(
                "moc-thay-giay",
                "Bản giấy được thay bằng kê khai trực tuyến",
                total.online_share(),
                50,
                total.online,
                total.declared,
            ),
        ]
    }
}

fn this_year(app: &App) -> i16 {
    app.clock().today().year() as i16
}

/// An officer of the centre sees the nation per control agency (law 36/2018 article 53.1: statistics for the whole
/// country). Only counts; the purpose and the look itself stand in the centre's log.
async fn nation_figures(app: &App, signed: &Signed, year: Option<i16>) -> Result<Option<Figures>> {
    signed.require(&[Role::CentreAnalyst])?;
    let Context::Nation { purpose } = signed.actor.context else { return Ok(None) };
    let year = year.unwrap_or_else(|| this_year(app));
    app.db
        .read(&signed.actor, "report.nation", async |tx| {
            let lines = store::by_agency(tx, year).await?;
            let years = store::years(tx).await?;
            tx.record(
                Event::new("report.nation_viewed", PartitionId::CENTRE)
                    .id("purpose", purpose)
                    .count("year", i64::from(year)),
            )?;
            let total = Progress::total("", "Toàn quốc", &lines);
            Ok(Some(Figures { year, years, lines, total }))
        })
        .await
}

async fn nation(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let Some(figures) = nation_figures(&app, &signed, asked.nam).await? else {
        return Ok(Redirect::to("/muc-dich").into_response());
    };
    let milestones = figures.milestones();
    let page = ProgressPage {
        page: signed.page("Tổng hợp toàn quốc"),
        scope: "Toàn quốc",
        line_heading: "Cơ quan kiểm soát",
        excel: format!("/toan-quoc/excel?nam={}", figures.year),
        base: "/toan-quoc",
        year: figures.year,
        years: figures.years,
        lines: figures.lines,
        total: figures.total,
        milestones,
        awaiting_by_line: true,
    };
    Ok(html(&page)?.into_response())
}

async fn nation_sheet(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let Some(figures) = nation_figures(&app, &signed, asked.nam).await? else {
        return Ok(Redirect::to("/muc-dich").into_response());
    };
    workbook(&app, "Tiến độ kê khai, số hóa toàn quốc", &figures, &format!("tien-do-toan-quoc-{}.xlsx", figures.year))
}

/// An agency's administrator sees the agency's units.
async fn agency_figures(app: &App, signed: &Signed, year: Option<i16>) -> Result<Figures> {
    signed.require(&[Role::AgencyAdmin])?;
    let year = year.unwrap_or_else(|| this_year(app));
    app.db
        .read(&signed.actor, "report.agency", async |tx| {
            let lines = store::by_unit(tx, year).await?;
            let years = store::years(tx).await?;
            let total =
                Progress { awaiting: store::awaiting(tx, year).await?, ..Progress::total("", "Tổng cộng", &lines) };
            Ok(Figures { year, years, lines, total })
        })
        .await
}

async fn agency(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let figures = agency_figures(&app, &signed, asked.nam).await?;
    let milestones = figures.milestones();
    let page = ProgressPage {
        page: signed.page("Tình hình kê khai"),
        scope: "Theo đơn vị",
        line_heading: "Cơ quan, tổ chức, đơn vị",
        excel: format!("/tong-hop/excel?nam={}", figures.year),
        base: "/tong-hop",
        year: figures.year,
        years: figures.years,
        lines: figures.lines,
        total: figures.total,
        milestones,
        awaiting_by_line: false,
    };
    Ok(html(&page)?.into_response())
}

async fn agency_sheet(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let figures = agency_figures(&app, &signed, asked.nam).await?;
    workbook(&app, "Tiến độ kê khai, số hóa theo đơn vị", &figures, &format!("tien-do-{}.xlsx", figures.year))
}

fn workbook(app: &App, title: &str, figures: &Figures, name: &str) -> Result<Response> {
    let title = format!("{title} năm {}", figures.year);
    let note = format!(
        "Lập lúc {} từ cơ sở dữ liệu; số liệu đếm theo nghĩa vụ kê khai.",
        viet::date::format_short(app.clock().today())
    );
    let bytes = sheet::progress(&title, &note, &figures.lines, &figures.total)?;
    Ok(attachment(XLSX, name, bytes))
}
