//! The log as JSON: checkpoint and key of the token's partition.
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store;
use crate::account::Bearer;
use crate::kernel::web::ApiError;
use crate::kernel::web::api::Json;
use crate::kernel::{App, Error, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(checkpoint))
}

/// The newest signed checkpoint of a log.
#[derive(Serialize, utoipa::ToSchema)]
struct CheckpointAnswer {
    /// C2SP signed note.
    note: String,
    /// Number of leaves it covers.
    tree_size: i64,
    /// The log's public key as C2SP verifier key.
    key: String,
}

/// The newest signed checkpoint of the token's partition, to be kept outside.
#[utoipa::path(get, path = "/log/checkpoint", tag = "log",
    responses((status = 200, body = CheckpointAnswer), (status = 401), (status = 403), (status = 404)))]
async fn checkpoint(State(app): State<App>, Bearer(actor): Bearer) -> Result<Json<CheckpointAnswer>, ApiError> {
    actor.require(&[Role::Auditor])?;
    let found =
        app.db.read(&actor, "log.checkpoint", async |tx| store::latest_checkpoint(tx, actor.home).await).await?;
    let checkpoint = found.ok_or(Error::NotFound)?;
    let origin = ledger::log_origin(&actor.home);
    let key = app.db.keys().verifiers().into_iter().find(|key| key.name() == origin).ok_or(Error::NotFound)?;
    Ok(Json(CheckpointAnswer { note: checkpoint.note, tree_size: checkpoint.tree_size, key: key.to_string() }))
}
