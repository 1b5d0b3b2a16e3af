//! Putting the parts together: database, keys, jobs, log, web server; and taking them down again.
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::kernel::app::Parts;
use crate::kernel::cluster::Cluster;
use crate::kernel::config::Config;
use crate::kernel::files::Files;
use crate::kernel::jobs::{Registry, Worker};
use crate::kernel::keys::Keys;
use crate::kernel::web::extract::method_not_allowed;
use crate::kernel::web::respond::problem_json;
use crate::kernel::web::{assets, headers};
use crate::kernel::{App, Clock, Db, Error, migrate};
use crate::{account, audit, declaration, intake, report};

/// What a start is made from.
pub struct Start {
    pub config: Config,
    pub clock: Clock,
    pub practice: bool,
    pub metrics: Option<PrometheusHandle>,
}

/// The database: the private cluster in the data folder, or the server the settings name.
pub struct Database {
    app: PgConnectOptions,
    owner: PgConnectOptions,
    cluster: Option<Cluster>,
    started: bool,
}

impl Database {
    /// Reaches the database, starting the private cluster when it does not run.
    pub async fn reach(config: &Config) -> Result<Self> {
        if let (Some(url), Some(owner)) = (&config.database.url, &config.database.owner_url) {
            return Ok(Self { app: url.parse()?, owner: owner.parse()?, cluster: None, started: false });
        }
        make_private(&config.keys_folder())?;
        let (cluster, started) = Cluster::start(&config.data, &config.keys_folder()).await?;
        Ok(Self { app: cluster.app_options(), owner: cluster.owner_options(), cluster: Some(cluster), started })
    }

    /// How the service connects.
    pub fn app_options(&self) -> PgConnectOptions {
        self.app.clone()
    }

    /// Stops the cluster if this process started it.
    pub fn leave(self) -> Result<()> {
        match self.cluster {
            Some(cluster) if self.started => cluster.stop(),
            _ => Ok(()),
        }
    }
}

/// A connected system.
pub struct System {
    pub app: App,
    database: Database,
}

impl System {
    /// Starts or reaches the database, migrates it, opens the keys.
    ///
    /// # Errors
    /// Among others: a non-empty database without its key file, keys that do not open the partitions' keys.
    pub async fn open(start: Start) -> Result<Self> {
        let Start { config, clock, practice, metrics } = start;
        config.check()?;
        std::fs::create_dir_all(&config.data).with_context(|| format!("tạo thư mục {}", config.data.display()))?;
        make_private(&config.keys_folder())?;
        let database = Database::reach(&config).await?;
        migrate::migrate(database.owner.clone()).await?;
        let keys = Arc::new(Keys::open(&config.keys_folder(), &database.app).await?);
        let files = Files::local(&config.files_folder())?;
        let connections = config.database.max_connections.unwrap_or(24);
        let db = Db::connect(database.app.clone(), connections, clock, keys).await?;
        account::vouch::vouch_for_existing(&db).await?;
        let law = form::LawBook::embedded().context("bộ quy tắc kèm theo chương trình")?;
        let reader_program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("minhbach"));
        let app = App::new(Parts { db, files, config, law, metrics, reader_program, practice });
        Ok(Self { app, database })
    }

    /// Closes the connections and stops the cluster this process started.
    pub async fn close(self) -> Result<()> {
        self.app.db.close().await;
        self.database.leave()
    }
}

fn make_private(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if !folder.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    Ok(())
}

/// The kinds of background work of this version.
pub fn registry(app: &App) -> Registry {
    intake::jobs::register(Registry::default(), app)
}

/// Everything the server answers.
pub fn router(app: App) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(ApiDocument::openapi())
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .merge(declaration::api::routes())
                .merge(intake::api::routes())
                .merge(report::api::routes())
                .merge(audit::api::routes()),
        )
        .split_for_parts();
    let document = Arc::new(document);
    Router::new()
        .merge(account::pages::routes())
        .merge(declaration::pages::routes())
        .merge(intake::pages::routes())
        .merge(report::pages::routes())
        .merge(audit::pages::routes())
        .merge(api)
        .route("/api/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/tinh/{version}/{*name}", get(assets::serve))
        .route("/song", get(alive))
        .route("/san-sang", get(ready))
        .route("/so-do", get(metrics))
        .fallback(|uri: Uri| async move { told(&uri, Error::NotFound) })
        .method_not_allowed_fallback(|uri: Uri| async move { told(&uri, method_not_allowed().into()) })
        .layer(DefaultBodyLimit::max(2 << 20))
        .layer(CatchPanicLayer::custom(|_| Error::Bug(anyhow::anyhow!("a handler panicked")).into_response()))
        .layer(axum::middleware::from_fn(headers::secure))
        .with_state(app)
}

/// An error of no handler: JSON for programs, a page for people.
fn told(uri: &Uri, error: Error) -> Response {
    if uri.path().starts_with("/api/") { problem_json(&error) } else { error.into_response() }
}

/// The API's document (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(title = "Minh Bạch", description = "Giao diện lập trình của Cơ sở dữ liệu quốc gia về kiểm soát tài sản, thu nhập.", license(name = "Apache-2.0")),
    security(("bearer" = [])),
    modifiers(&BearerScheme)
)]
pub struct ApiDocument;

struct BearerScheme;

impl utoipa::Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

/// The process runs.
async fn alive() -> &'static str {
    "ok"
}

/// The database answers and takes writes.
async fn ready(State(app): State<App>) -> Response {
    match app.db.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "not ready");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Prometheus metrics: counts and durations, no content. Served on the loopback address only.
async fn metrics(State(app): State<App>, request: axum::extract::Request) -> Response {
    let from_here = request
        .extensions()
        .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()
        .is_some_and(|info| info.0.ip().is_loopback());
    match (&app.metrics, from_here) {
        (Some(handle), true) => handle.render().into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Runs the web server, the workers and the sequencer until `stop`, then finishes what is under way.
pub async fn run(app: App, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let sequencer = audit::Sequencer::new(app.db.clone(), app.config.log.max_merge_seconds);
    let sequencing = {
        let stop = stop.clone();
        tokio::spawn(async move { sequencer.run(stop).await })
    };
    let workers: Vec<_> = (0..app.config.intake.readers.max(1))
        .map(|_| {
            let worker = Worker::new(app.db.clone(), registry(&app));
            let stop = stop.clone();
            tokio::spawn(async move { worker.run(stop).await })
        })
        .collect();
    let service = router(app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let shutdown = stop.clone();
    axum::serve(listener, service).with_graceful_shutdown(async move { shutdown.cancelled().await }).await?;
    stop.cancel();
    for worker in workers {
        worker.await?;
    }
    sequencing.await?;
    Ok(())
}

/// Cancelled by Ctrl-C or SIGTERM.
pub fn stop_signal() -> Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(stop)
}
