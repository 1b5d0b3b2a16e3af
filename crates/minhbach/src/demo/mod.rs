//! The demonstration: the real system with an invented world dated December 2025, when the forms of Nghị định 130/2020
//! were in force. Nothing here exists only for show: the world is entered through the same doors people use.
mod bench;
mod store;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::kernel::config::{Config, default_data_folder};
use crate::kernel::{App, Clock, telemetry};
use crate::serve::{self, Start, System};

pub use bench::{BenchArgs, run as bench_world};

#[derive(Args)]
pub struct DemoArgs {
    /// Thư mục dữ liệu (mặc định: một thư mục riêng cho bản thực hành)
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Cổng trên địa chỉ 127.0.0.1
    #[arg(long)]
    pub port: Option<u16>,
    /// Dựng, đọc bản quét mẫu, in số liệu dạng JSON rồi dừng
    #[arg(long)]
    pub once: bool,
}

/// The file that makes a data folder a practice installation, with its own time.
const PRACTICE_FILE: &str = "practice.json";

#[derive(Serialize, Deserialize)]
struct Practice {
    /// How far the practice world's clock is from the machine's, in seconds.
    clock_offset_seconds: i64,
}

/// The clock of a data folder: the machine's, or the practice world's.
pub fn clock_of(data: &Path) -> Result<(Clock, bool)> {
    let file = data.join(PRACTICE_FILE);
    if !file.exists() {
        return Ok((Clock::system(), false));
    }
    let practice: Practice =
        serde_json::from_slice(&std::fs::read(&file)?).with_context(|| format!("đọc {}", file.display()))?;
    Ok((Clock::System { offset: TimeDelta::seconds(practice.clock_offset_seconds) }, true))
}

/// Monday, 8 December 2025, half past eight in the morning in Vietnam.
fn world_start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 12, 8, 1, 30, 0).single().expect("a date of the calendar")
}

fn begin_practice(data: &Path) -> Result<()> {
    let file = data.join(PRACTICE_FILE);
    if !file.exists() {
        anyhow::ensure!(
            !data.join("postgres").exists() && !data.join("keys").exists(),
            "thư mục {} chứa dữ liệu thật, không phải bản thực hành. Chọn thư mục khác bằng --data",
            data.display()
        );
        std::fs::create_dir_all(data)?;
        let offset = world_start() - Clock::system().now();
        let practice = Practice { clock_offset_seconds: offset.num_seconds() };
        crate::kernel::cluster::write_private(&file, serde_json::to_string(&practice)?.as_bytes())?;
    }
    Ok(())
}

/// Stands in the folder once the world is whole.
const BUILT_FILE: &str = "world-built";

/// A first start that was cut off leaves half a world; a practice folder is invented data only, so it begins again.
fn forget_half_built(data: &Path) -> Result<()> {
    if data.join(BUILT_FILE).exists() || !data.join("keys").exists() {
        return Ok(());
    }
    crate::kernel::cluster::Cluster::stop_in(data)?;
    for folder in ["postgres", "postgres-run", "files", "keys", "tmp"] {
        let folder = data.join(folder);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("xóa {}", folder.display()))?;
        }
    }
    Ok(())
}

/// What `--once` prints.
#[derive(Debug, Serialize)]
struct Figures {
    partitions: i64,
    organisations: i64,
    provinces: i64,
    communes: i64,
    people: i64,
    obligations: i64,
    declarations: i64,
    scans_read: i64,
    scans_waiting: i64,
    log_leaves: i64,
    log_waiting: i64,
    seconds_to_ready: f64,
    seconds_total: f64,
}

/// Starts everything, builds the world on the first start, and serves until stopped.
pub async fn run(mut config: Config, args: DemoArgs) -> Result<ExitCode> {
    let begun = Instant::now();
    config.data = match args.data {
        Some(data) => std::path::absolute(data)?,
        None => default_data_folder().with_file_name("minhbach-demo"),
    };
    if let Some(port) = args.port {
        config.web.listen.set_port(port);
    }
    // Bound before anything is built, so that a taken port is said at once.
    let listener = TcpListener::bind(config.web.listen).await.with_context(|| {
        format!(
            "không mở được cổng {} (đang được chương trình khác dùng?). Chọn cổng khác bằng --port",
            config.web.listen.port()
        )
    })?;
    config.web.public_url = format!("http://{}", listener.local_addr()?);
    begin_practice(&config.data)?;
    forget_half_built(&config.data)?;
    let stop = serve::stop_signal()?;
    let (clock, practice) = clock_of(&config.data)?;
    let metrics = Some(telemetry::init_metrics()?);
    let mut system = System::open(Start { config, clock, practice, metrics }).await?;
    system.take_charge(&stop)?;
    let app = system.app.clone();
    let outcome = async {
        world::build(&app).await.context("dựng thế giới thực hành")?;
        crate::kernel::cluster::write_private(&app.config.data.join(BUILT_FILE), b"")?;
        write_public_keys(&app)?;
        write_signers(&app)?;
        let ready = begun.elapsed();
        let server = tokio::spawn(serve::run(app.clone(), listener, stop.clone()));
        if args.once {
            wait_until_quiet(&app, Duration::from_secs(900)).await?;
            let mut figures = figures(&app).await?;
            figures.seconds_to_ready = ready.as_secs_f64();
            figures.seconds_total = begun.elapsed().as_secs_f64();
            println!("{}", serde_json::to_string_pretty(&figures)?);
            stop.cancel();
        } else {
            print_welcome(&app);
        }
        server.await?
    }
    .await;
    system.close().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

fn print_welcome(app: &App) {
    println!();
    println!("Minh Bạch, bản thực hành: {}", app.config.web.public_url);
    println!("Dữ liệu: {} (giả định, tháng 12 năm 2025)", app.config.data.display());
    println!("Khóa công khai của nhật ký: {}", app.config.data.join(PUBLIC_KEYS_FILE).display());
    println!();
    println!("Tài khoản thực hành (mật khẩu chung: {}):", world::PRACTICE_PASSWORD);
    for (login, what) in world::PRACTICE_ACCOUNTS {
        println!("  {login:<22} {what}");
    }
    println!();
    println!("Dừng: Ctrl-C. Chạy lại sẽ tiếp tục với cùng dữ liệu.");
}

const PUBLIC_KEYS_FILE: &str = "log-public-keys.txt";

fn write_public_keys(app: &App) -> Result<()> {
    let text: String = app.db.keys().verifiers().iter().map(|key| format!("{key}\n")).collect();
    std::fs::write(app.config.data.join(PUBLIC_KEYS_FILE), text)?;
    Ok(())
}

/// Who may be given a practice certificate, for the practice signer that stands beside (`practice-signer`).
const SIGNERS_FILE: &str = "practice-signers.json";

fn write_signers(app: &App) -> Result<()> {
    std::fs::write(app.config.data.join(SIGNERS_FILE), serde_json::to_vec_pretty(&world::signers())?)?;
    Ok(())
}

/// Waits until no scan waits to be read and no event waits for its leaf.
async fn wait_until_quiet(app: &App, limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        let now = figures(app).await?;
        if now.scans_waiting == 0 && now.log_waiting == 0 {
            return Ok(());
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "sau {} giây vẫn còn {} bản quét chưa đọc",
            limit.as_secs(),
            now.scans_waiting
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn figures(app: &App) -> Result<Figures> {
    world::figures(app).await
}
