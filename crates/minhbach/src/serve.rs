//! Putting the parts together: database, keys, jobs, log, web server; and taking them down again.
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

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
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::kernel::app::Parts;
use crate::kernel::cluster::Cluster;
use crate::kernel::config::Config;
use crate::kernel::files::{Files, private_folder};
use crate::kernel::jobs::{Registry, Worker};
use crate::kernel::keys::Keys;
use crate::kernel::load::{Class, Gate, Limits};
use crate::kernel::web::arriving::BODY_LIMIT;
use crate::kernel::web::extract::method_not_allowed;
use crate::kernel::web::respond::{panicked, problem_json};
use crate::kernel::web::shed::Door;
use crate::kernel::web::{assets, headers};
use crate::kernel::{App, Clock, Db, Error, migrate};
use crate::{
    account, audit, campaign, custody, declaration, disclosure, handover, help, inquiry, intake, law, notification,
    person, practice, report, roster, signature,
};

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
    cluster: Option<Arc<Cluster>>,
    /// Whether this process stops the cluster when it leaves.
    ours: bool,
    data: PathBuf,
}

impl Database {
    /// Reaches the database, starting the private cluster when it does not run.
    pub async fn reach(config: &Config) -> Result<Self> {
        if let (Some(url), Some(owner)) = (&config.database.url, &config.database.owner_url) {
            return Ok(Self {
                app: url.parse()?,
                owner: owner.parse()?,
                cluster: None,
                ours: false,
                data: config.data.clone(),
            });
        }
        private_folder(&config.keys_folder())?;
        let (cluster, ours) = Cluster::start(&config.data, &config.keys_folder()).await?;
        Ok(Self {
            app: cluster.app_options(),
            owner: cluster.owner_options(),
            cluster: Some(Arc::new(cluster)),
            ours,
            data: config.data.clone(),
        })
    }

    /// How the service connects.
    pub fn app_options(&self) -> PgConnectOptions {
        self.app.clone()
    }

    /// Stops the cluster if this process started it, or took over what a killed service had left running. A command on
    /// the console leaves it to the service that has taken charge of the folder meanwhile.
    pub fn leave(self) -> Result<()> {
        let lock = service_lock(&self.data)?;
        if lock.try_lock().is_ok() { self.stop() } else { Ok(()) }
    }

    fn stop(self) -> Result<()> {
        match self.cluster {
            Some(cluster) if self.ours => cluster.stop(),
            _ => Ok(()),
        }
    }
}

/// A connected system.
pub struct System {
    pub app: App,
    database: Database,
    /// Held while this process is the service of its data folder.
    service_lock: Option<File>,
    /// The watch over the private cluster, with what ends it.
    watch: Option<(CancellationToken, JoinHandle<()>)>,
}

/// Locked by the service of a data folder, as long as it lives.
const SERVICE_LOCK: &str = "service.lock";

fn service_lock(data: &Path) -> Result<File> {
    let path = data.join(SERVICE_LOCK);
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("mở {}", path.display()))
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
        private_folder(&config.keys_folder())?;
        let database = Database::reach(&config).await?;
        migrate::migrate(database.owner.clone()).await?;
        let keys = Arc::new(Keys::open(&config.keys_folder(), &database.app).await?);
        let files = Files::local(&config.files_folder())?;
        let connections = config.database.connections();
        let db = Db::connect(database.app.clone(), connections, clock, keys).await?;
        account::vouch::vouch_for_existing(&db, &config.keys_folder()).await?;
        let law = law::load(config.law.folder.as_deref())?;
        if let Some(year) = law::calendar_missing(&law, db.clock().today()) {
            tracing::warn!(year, "no calendar of working days: limits that end in this year may turn out to move");
        }
        if let Some(why) = intake::reader::second_reader_missing(&config.intake) {
            tracing::warn!(why, "no second recogniser: handwriting is read with much less confidence");
        }
        let reader_program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("minhbach"));
        let app = App::new(Parts { db, files, config, law, metrics, reader_program, practice });
        Ok(Self { app, database, service_lock: None, watch: None })
    }

    /// Takes charge of the data folder until `stop`: the private cluster is started again when it dies, and stopped at
    /// the end even if a service that was killed had started it; what cut-off writes left in the store is removed.
    /// A second service on the same folder does none of this.
    pub fn take_charge(&mut self, stop: &CancellationToken) -> Result<()> {
        let lock = service_lock(&self.app.config.data)?;
        if lock.try_lock().is_err() {
            tracing::warn!("another service runs on this data folder");
            return Ok(());
        }
        self.service_lock = Some(lock);
        match self.app.files.sweep_staged() {
            Ok(0) => {}
            Ok(removed) => tracing::warn!(removed, "removed half-written files of writes that were cut off"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the file store cannot be swept"),
        }
        if let Some(cluster) = &self.database.cluster {
            self.database.ours = true;
            let (cluster, over) = (cluster.clone(), stop.child_token());
            let until = over.clone();
            self.watch = Some((over, tokio::spawn(async move { cluster.keep_alive(until).await })));
        }
        Ok(())
    }

    /// Closes the connections and stops the cluster this process is in charge of.
    pub async fn close(self) -> Result<()> {
        if let Some((over, watch)) = self.watch {
            // A watch that goes on would start the cluster again.
            over.cancel();
            watch.await?;
        }
        self.app.db.close().await;
        match &self.service_lock {
            Some(_) => self.database.stop()?,
            None => self.database.leave()?,
        }
        if self.service_lock.is_some() {
            intake::reader::leave(&self.app.config);
        }
        Ok(())
    }
}

/// The kinds of background work of this version.
pub fn registry(app: &App) -> Registry {
    let registry = intake::jobs::register(Registry::default(), app);
    let registry = intake::workbook::jobs::register(registry, app);
    practice::register(signature::stamp::register(registry, app), app)
}

/// Everything the server answers, behind a door of its own.
pub fn router(app: App) -> Router {
    let limits = Limits::of(&app.config.load, app.config.database.connections());
    router_behind(app, Gate::new(limits))
}

/// The same behind a door that is given. Health and the files of the pages stand before it.
pub fn router_behind(app: App, gate: Gate) -> Router {
    let pulse = Pulse::default();
    let door = Door::new(app.clone(), gate, account::session::cookie_name(&app));
    let saving = door.of(Class::Autosave);
    let (api, document) = OpenApiRouter::with_openapi(ApiDocument::openapi())
        .nest(
            "/api/v1",
            door.before_api(api_routes())
                .merge(saving.before_api(declaration::api::autosave_routes()))
                .merge(intake::api::uploads())
                .merge(intake::workbook::api::uploads())
                .merge(signature::api::uploads()),
        )
        .split_for_parts();
    let document = Arc::new(document);
    door.before(page_routes())
        .merge(door.entrance().before(account::pages::entrance()))
        .merge(saving.before(declaration::pages::autosave_routes()))
        .merge(door.of(Class::Act).before(declaration::pages::sending_routes()))
        .merge(intake::pages::uploads())
        .merge(intake::workbook::pages::uploads())
        .merge(signature::pages::uploads())
        .merge(inquiry::pages::uploads())
        .merge(roster::pages::uploads())
        .merge(api)
        .route("/api/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/tinh/{version}/{*name}", get(assets::serve))
        .route("/song", get(alive))
        .route("/san-sang", get(move |State(app): State<App>| async move { pulse.answer(&app).await }))
        .fallback(|uri: Uri| async move { told(&uri, Error::NotFound) })
        .method_not_allowed_fallback(|uri: Uri| async move { told(&uri, method_not_allowed().into()) })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(|_| panicked().into_response()))
        .layer(axum::middleware::from_fn(headers::secure))
        .with_state(app)
}

fn api_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(person::api::routes())
        .merge(declaration::api::routes())
        .merge(declaration::demand::api::routes())
        .merge(declaration::correction::api::routes())
        .merge(handover::api::routes())
        .merge(custody::api::routes())
        .merge(campaign::api::routes())
        .merge(inquiry::api::routes())
        .merge(disclosure::api::routes())
        .merge(intake::api::routes())
        .merge(intake::older_api::routes())
        .merge(intake::workbook::api::routes())
        .merge(signature::api::routes())
        .merge(report::api::routes())
        .merge(audit::api::routes())
}

fn page_routes() -> Router<App> {
    Router::new()
        .merge(account::pages::routes())
        .merge(notification::pages::routes())
        .merge(declaration::pages::routes())
        .merge(handover::pages::routes())
        .merge(custody::pages::routes())
        .merge(campaign::pages::routes())
        .merge(inquiry::pages::routes())
        .merge(practice::pages::routes())
        .merge(disclosure::pages::routes())
        .merge(intake::pages::routes())
        .merge(intake::workbook::pages::routes())
        .merge(signature::pages::routes())
        .merge(report::pages::routes())
        .merge(roster::pages::routes())
        .merge(audit::pages::routes())
        .merge(help::pages::routes())
}

/// An error of no handler: JSON for programs, a page for people.
fn told(uri: &Uri, error: Error) -> Response {
    if uri.path() == "/api" || uri.path().starts_with("/api/") { problem_json(&error) } else { error.into_response() }
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

/// Whether the database answers and takes writes. Anybody may ask, so it is asked one at a time, for all who wait.
#[derive(Debug, Clone, Default)]
struct Pulse(Arc<tokio::sync::Mutex<Option<(Instant, bool)>>>);

impl Pulse {
    async fn answer(&self, app: &App) -> Response {
        let is_ready = self.felt(async || match app.db.ping().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "not ready");
                false
            }
        });
        match is_ready.await {
            true => "ok".into_response(),
            false => (StatusCode::SERVICE_UNAVAILABLE, "chưa sẵn sàng: cơ sở dữ liệu không trả lời").into_response(),
        }
    }

    /// What `ping` says. One is under way at a time, and it answers all who asked before it began: an answer of before one
    /// asked could be of a database that has died since.
    async fn felt(&self, ping: impl AsyncFnOnce() -> bool) -> bool {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        match *last {
            Some((begun, is_ready)) if begun >= asked => is_ready,
            _ => {
                let begun = Instant::now();
                let is_ready = ping().await;
                *last = Some((begun, is_ready));
                is_ready
            }
        }
    }
}

/// Prometheus metrics: counts and durations, no content. On an address of their own, because behind a proxy every
/// request comes from the loopback address. Nothing else is served there, so every path answers.
fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().fallback(move || async move { handle.render() })
}

/// Runs the web server, the workers and the sequencer until `stop`, then finishes what is under way.
pub async fn run(app: App, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let sequencer = audit::Sequencer::new(app.db.clone(), app.config.log.max_merge_seconds);
    let sequencing = {
        let stop = stop.clone();
        tokio::spawn(async move { sequencer.run(stop).await })
    };
    // Looks at every partition; the first page need not wait for it.
    let stamping = app.clone();
    tokio::spawn(async move {
        if let Err(error) = signature::stamp::resume(&stamping).await {
            tracing::error!(error = format!("{error:#}"), "time stamps that were given up are not asked for again");
        }
    });
    let workers: Vec<_> = (0..app.config.intake.readers.max(1))
        .map(|_| {
            let worker = Worker::new(app.db.clone(), registry(&app));
            let stop = stop.clone();
            tokio::spawn(async move { worker.run(stop).await })
        })
        .collect();
    let posting = notification::post::Post::open(&app.config.mail, &app.config.web.public_url)?.map(|post| {
        let (app, stop) = (app.clone(), stop.clone());
        tokio::spawn(async move { post.run(app, stop).await })
    });
    if let (Some(address), Some(handle)) = (app.config.web.metrics, &app.metrics) {
        let listener = TcpListener::bind(address).await.with_context(|| format!("mở cổng số đo {address}"))?;
        let (router, stop) = (metrics_router(handle.clone()), stop.clone());
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await });
    }
    let service = router(app).into_make_service();
    let shutdown = stop.clone();
    axum::serve(listener, service).with_graceful_shutdown(async move { shutdown.cancelled().await }).await?;
    stop.cancel();
    for worker in workers {
        worker.await?;
    }
    sequencing.await?;
    if let Some(posting) = posting {
        posting.await?;
    }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_pulse_is_felt_once_for_all_who_ask() {
        let (pulse, pings, lives) = (Pulse::default(), AtomicUsize::new(0), AtomicBool::new(true));
        let ask = || {
            pulse.felt(async || {
                tokio::time::sleep(Duration::from_millis(20)).await;
                pings.fetch_add(1, Ordering::Relaxed);
                lives.load(Ordering::Relaxed)
            })
        };
        assert_eq!(futures::future::join_all((0..50).map(|_| ask())).await, [true; 50]);
        assert!(pings.load(Ordering::Relaxed) <= 2, "{pings:?}: the first asks, the next for all who came meanwhile");
        lives.store(false, Ordering::Relaxed);
        assert!(!ask().await, "an answer of before one asked is no answer");
    }
}
