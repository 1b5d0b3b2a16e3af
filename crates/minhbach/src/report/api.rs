//! The figures as JSON.
use axum::extract::State;
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rules::Progress;
use super::store;
use crate::account::Bearer;
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Query};
use crate::kernel::{App, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(progress))
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Asked {
    /// Year of the obligation; this year when left out.
    year: Option<i16>,
}

/// Figures of one agency's units.
#[derive(Serialize, utoipa::ToSchema)]
struct ProgressAnswer {
    year: i16,
    units: Vec<Progress>,
    total: Progress,
}

/// Obliged, declared, on paper, online, digitised and received, per unit of the token's agency.
#[utoipa::path(get, path = "/progress", params(Asked), tag = "report",
    responses((status = 200, body = ProgressAnswer), (status = 401), (status = 403)))]
async fn progress(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Query(asked): Query<Asked>,
) -> Result<Json<ProgressAnswer>, ApiError> {
    actor.require(&[Role::AgencyAdmin])?;
    let year = asked.year.unwrap_or_else(|| app.clock().today().year() as i16);
    let (units, awaiting) = app
        .db
        .read(&actor, "report.agency", async |tx| {
            Ok((store::by_unit(tx, year).await?, store::awaiting(tx, year).await?))
        })
        .await?;
    let total = Progress { awaiting, ..Progress::total("", "Tổng cộng", &units) };
    Ok(Json(ProgressAnswer { year, units, total }))
}
