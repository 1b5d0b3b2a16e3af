//! Structured logs without personal data, and metrics. Logs carry ids; never names, texts or amounts.
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// JSON lines on standard error. The level comes from `MINHBACH_LOG` (default `info`).
pub fn init_logs() {
    let filter = EnvFilter::try_from_env("MINHBACH_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    // A second initialisation happens only in tests and changes nothing.
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// The recorder behind `/so-do`.
///
/// # Errors
/// When a recorder is already installed.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}
