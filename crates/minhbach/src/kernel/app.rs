//! What every handler and job can reach.
use std::ops::Deref;
use std::sync::Arc;

use form::LawBook;
use metrics_exporter_prometheus::PrometheusHandle;

use super::clock::Clock;
use super::config::Config;
use super::db::Db;
use super::files::Files;

/// The running service. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub db: Db,
    pub files: Files,
    pub config: Config,
    pub law: LawBook,
    pub metrics: Option<PrometheusHandle>,
    /// The program that recognition runs as a child process: this one, in production.
    pub reader_program: std::path::PathBuf,
    /// Whether this installation shows invented data.
    pub practice: bool,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
