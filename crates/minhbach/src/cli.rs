//! The commands of the binary.
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use crate::kernel::config::Config;
use crate::kernel::telemetry;
use crate::serve::{self, Start, System};
use crate::{audit, demo};

#[derive(Parser)]
#[command(name = "minhbach", version, about = "Minh Bạch: cơ sở dữ liệu quốc gia về kiểm soát tài sản, thu nhập")]
struct Cli {
    /// Tệp cấu hình TOML
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Chạy dịch vụ: trang web, API, nhận dạng, nhật ký
    Serve(DataArgs),
    /// Dựng thế giới giả định và chạy trên máy này
    Demo(demo::DemoArgs),
    /// Nâng cấp lược đồ dữ liệu rồi thoát
    Migrate(DataArgs),
    /// Kiểm tra bộ quy tắc, biểu mẫu
    Law {
        #[command(subcommand)]
        command: LawCommand,
    },
    /// Nhận dạng bản kê khai giấy, không cần máy chủ
    Intake {
        #[command(subcommand)]
        command: IntakeCommand,
    },
    /// Kiểm tra nhật ký, văn bản, tệp và số liệu chiếu
    VerifyLog(audit::verify::VerifyArgs),
    /// Xuất nhật ký của một phân vùng để kiểm tra ở máy khác
    ExportLog(audit::verify::ExportArgs),
    /// Công việc của quản trị máy chủ; mọi lệnh đều vào nhật ký
    Admin {
        #[command(subcommand)]
        command: crate::account::admin::AdminCommand,
    },
    /// Thêm người kê khai giả định để đo tải (chỉ trên bản thực hành)
    #[command(hide = true)]
    BenchWorld(demo::BenchArgs),
    /// Tiến trình con của nhận dạng
    #[command(hide = true)]
    ReadWorker {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

#[derive(Args, Clone)]
pub struct DataArgs {
    /// Thư mục dữ liệu
    #[arg(long)]
    pub data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum LawCommand {
    /// Kiểm tra và liệt kê từng trường của mọi biểu mẫu
    Check,
    /// In danh mục quy tắc kiểm tra của một bộ quy tắc (Markdown)
    Rules {
        /// Mã bộ quy tắc, ví dụ r1
        name: String,
    },
    /// In những quy tắc áp dụng ở các bước xử lý, mỗi quy tắc với hai phép thử (Markdown)
    Acts,
    /// In vòng đời của từng loại hồ sơ, vẽ từ mã nguồn (Markdown)
    Lifecycles,
    /// In những gì thay đổi giữa hai bộ quy tắc và đối với ai
    Diff {
        /// Mã bộ quy tắc trước, ví dụ r1
        before: String,
        /// Mã bộ quy tắc sau, ví dụ r2
        after: String,
    },
}

#[derive(Subcommand)]
enum IntakeCommand {
    /// Đọc một tệp và in bản kê khai kèm nguồn gốc từng giá trị
    Read {
        file: PathBuf,
        /// In JSON (mặc định và duy nhất)
        #[arg(long)]
        json: bool,
    },
    /// Đọc mọi tệp PDF có tệp .json cùng tên ghi đúng nội dung, in tỷ lệ đọc đúng, cần đối chiếu và sai không đánh dấu
    Score {
        folder: PathBuf,
        /// Ghi đường cong độ tin cậy ra tệp SVG này
        #[arg(long)]
        curve: Option<PathBuf>,
    },
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::ReadWorker { args } = cli.command {
        return crate::intake::reader::worker_main(args);
    }
    telemetry::init_logs();
    // An image of this process in a core file would hold keys and opened texts.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
        eprintln!("Không tắt được việc ghi tệp core: {error}");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("Không khởi động được: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The configuration with `--data` laid over it.
pub fn configure(file: Option<&std::path::Path>, data: Option<PathBuf>) -> Result<Config> {
    let mut config = Config::load(file)?;
    if let Some(data) = data {
        config.data = std::path::absolute(data)?;
    }
    Ok(config)
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => {
            let config = configure(file, args.data)?;
            let metrics = Some(telemetry::init_metrics()?);
            let stop = serve::stop_signal()?;
            let listen = config.web.listen;
            let (clock, practice) = demo::clock_of(&config.data)?;
            let mut system = System::open(Start { config, clock, practice, metrics }).await?;
            system.take_charge(&stop)?;
            let listener = TcpListener::bind(listen).await.with_context(|| format!("mở cổng {listen}"))?;
            println!("Minh Bạch đang chạy tại {}", system.app.config.web.public_url);
            let outcome = serve::run(system.app.clone(), listener, stop).await;
            system.close().await?;
            outcome?;
        }
        Command::Demo(args) => return demo::run(configure(file, args.data.clone())?, args).await,
        Command::Migrate(args) => {
            let config = configure(file, args.data)?;
            let (clock, practice) = demo::clock_of(&config.data)?;
            let system = System::open(Start { config, clock, practice, metrics: None }).await?;
            println!("Lược đồ dữ liệu đã ở phiên bản mới nhất.");
            system.close().await?;
        }
        Command::Law { command: LawCommand::Check } => {
            return crate::law::command::check(configure(file, None)?.law.folder.as_deref());
        }
        Command::Law { command: LawCommand::Rules { name } } => {
            return crate::law::command::rules(configure(file, None)?.law.folder.as_deref(), &name);
        }
        Command::Law { command: LawCommand::Acts } => {
            return crate::law::command::acts(configure(file, None)?.law.folder.as_deref());
        }
        Command::Law { command: LawCommand::Lifecycles } => print!("{}", crate::lifecycles::document()),
        Command::Law { command: LawCommand::Diff { before, after } } => {
            return crate::law::command::diff(configure(file, None)?.law.folder.as_deref(), &before, &after);
        }
        Command::Intake { command: IntakeCommand::Read { file: scan, json: _ } } => {
            return crate::intake::reader::read_command(&configure(file, None)?.intake, &scan).await;
        }
        Command::Intake { command: IntakeCommand::Score { folder, curve } } => {
            let settings = configure(file, None)?.intake;
            return crate::intake::reader::score_command(&settings, &folder, curve.as_deref()).await;
        }
        Command::VerifyLog(args) => return audit::verify::verify_command(file, args).await,
        Command::ExportLog(args) => return audit::verify::export_command(file, args).await,
        Command::Admin { command } => return crate::account::admin::run(file, command).await,
        Command::BenchWorld(args) => return demo::bench_world(file, args).await,
        Command::ReadWorker { .. } => unreachable!("handled before the runtime starts"),
    }
    Ok(ExitCode::SUCCESS)
}
