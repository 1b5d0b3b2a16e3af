//! The private PostgreSQL cluster in the data folder: Debian's binaries, a Unix socket, no network, nothing to configure.
//! Run by root, it belongs to user `postgres`, because PostgreSQL refuses to run as root.
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

/// The oldest PostgreSQL the schema is made for (Debian 12).
const OLDEST_MAJOR: u32 = 15;
const DATABASE: &str = "minhbach";
/// A Unix socket's path may hold 107 bytes on Linux.
const SOCKET_PATH_MAX: usize = 107;
const SOCKET_FILE: &str = ".s.PGSQL.5432";

/// A running private cluster.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    socket: PathBuf,
    passwords: Passwords,
    run_as: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Passwords {
    superuser: String,
    owner: String,
    app: String,
}

/// What the server's log must not quote, given at every start: a cluster made by an older version lacks it in its file.
const QUIET: &str =
    "-c log_error_verbosity=terse -c log_min_error_statement=panic -c log_parameter_max_length_on_error=0";

impl Cluster {
    /// Starts the cluster under `data`, making it first when there is none. The answer says whether this
    /// call started the server: one that runs already belongs to a process that runs, or was left by one that was killed.
    ///
    /// # Errors
    /// PostgreSQL missing, the folder out of reach of user `postgres`, another major version's data, or no start.
    pub async fn start(data: &Path, keys: &Path) -> Result<(Self, bool)> {
        let bin = newest_binaries()?;
        let run_as = if rustix::process::geteuid().is_root() { Some(postgres_user()?) } else { None };
        let folder = data.join("postgres");
        let socket = socket_folder(&folder)?;
        make_folders(data, &folder, &socket, run_as)?;
        let passwords = Passwords::load_or_make(&keys.join("database.json"))?;
        let cluster = Self { bin, folder, socket, passwords, run_as };
        cluster.check_reachable()?;
        if !cluster.folder.join("PG_VERSION").exists() {
            cluster.initdb().context("tạo cụm PostgreSQL riêng")?;
        }
        cluster.check_version()?;
        let started = cluster.bring_up().await?;
        cluster.prepare_database().await?;
        Ok((cluster, started))
    }

    /// Starts the server unless one answers on the socket. The answer says whether this call started it.
    ///
    /// `pg_ctl status` is not asked: it only looks whether the process in `postmaster.pid` exists, and takes for a
    /// running server one that is just dying, or a stranger that got its number after a power cut.
    async fn bring_up(&self) -> Result<bool> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if self.answers() {
                return Ok(false);
            }
            let log = self.log_file();
            match self
                .run("pg_ctl", &["-D", path(&self.folder)?, "-w", "-t", "120", "-l", path(&log)?, "-o", QUIET, "start"])
            {
                Ok(()) => return Ok(true),
                // The last of the dead server's processes still holds its memory, or another process starts it just now.
                Err(_) if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(300)).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts the server again whenever it has died, until `stop`. What it had acknowledged it recovers from its log.
    pub async fn keep_alive(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
            if self.answers() {
                continue;
            }
            tracing::error!("the private database server does not answer; it is started again");
            match self.bring_up().await {
                Ok(_) => tracing::warn!("the private database server runs again"),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the private database server does not start");
                }
            }
        }
    }

    /// Whether a server listens on the socket.
    fn answers(&self) -> bool {
        std::os::unix::net::UnixStream::connect(self.socket.join(SOCKET_FILE)).is_ok()
    }

    /// Stops a server that may still run on a data folder, if there is one.
    pub fn stop_in(data: &Path) -> Result<()> {
        let folder = data.join("postgres");
        if !folder.join("postmaster.pid").exists() {
            return Ok(());
        }
        let run_as = if rustix::process::geteuid().is_root() { Some(postgres_user()?) } else { None };
        let passwords = Passwords { superuser: String::new(), owner: String::new(), app: String::new() };
        Self { bin: newest_binaries()?, socket: socket_folder(&folder)?, folder, passwords, run_as }.stop()
    }

    /// Stops the server; open transactions are rolled back, acknowledged ones are on disk.
    pub fn stop(&self) -> Result<()> {
        if self.is_running()? {
            self.run("pg_ctl", &["-D", path(&self.folder)?, "-w", "-t", "120", "-m", "fast", "stop"])?;
        }
        Ok(())
    }

    /// How the service connects: role `minhbach_app`.
    pub fn app_options(&self) -> PgConnectOptions {
        self.options("minhbach_app", &self.passwords.app).database(DATABASE)
    }

    /// How migrations connect: role `minhbach_owner`.
    pub fn owner_options(&self) -> PgConnectOptions {
        self.options("minhbach_owner", &self.passwords.owner).database(DATABASE)
    }

    /// The operating system's number of the server process, for tests that kill it.
    pub fn server_pid(&self) -> Result<i32> {
        let text = fs::read_to_string(self.folder.join("postmaster.pid"))?;
        text.lines().next().unwrap_or_default().trim().parse().context("postmaster.pid")
    }

    fn options(&self, role: &str, password: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().host(&self.socket.to_string_lossy()).username(role).password(password)
    }

    fn log_file(&self) -> PathBuf {
        self.socket.join("postgres.log")
    }

    fn check_reachable(&self) -> Result<()> {
        let Some((uid, gid)) = self.run_as else { return Ok(()) };
        let status = Command::new("/usr/bin/test").arg("-w").arg(&self.folder).uid(uid).gid(gid).status()?;
        ensure!(
            status.success(),
            "người dùng hệ thống postgres không vào được thư mục {}. Hãy chọn --data DIR ở nơi postgres đi tới được (ví dụ /var/lib/minhbach)",
            self.folder.display()
        );
        Ok(())
    }

    fn initdb(&self) -> Result<()> {
        let password_file = self.socket.join("initdb-password");
        write_private(&password_file, self.passwords.superuser.as_bytes())?;
        if let Some((uid, gid)) = self.run_as {
            std::os::unix::fs::chown(&password_file, Some(uid), Some(gid))?;
        }
        let made = self.run(
            "initdb",
            &[
                "-D",
                path(&self.folder)?,
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-A",
                "scram-sha-256",
                "--pwfile",
                path(&password_file)?,
                "--data-checksums",
            ],
        );
        fs::remove_file(&password_file)?;
        made?;
        // Terse and without statements: a detail line ("Failing row contains …") would quote what someone wrote.
        // Without a socket folder of its own and with the network closed, only this machine's root and the service reach it.
        let settings = format!(
            "\n# Minh Bạch\nlisten_addresses = ''\nunix_socket_directories = '{}'\nunix_socket_permissions = 0700\n\
             max_connections = 100\nshared_buffers = 256MB\nlog_min_messages = warning\nlog_min_error_statement = panic\n\
             log_parameter_max_length_on_error = 0\nlog_error_verbosity = terse\nidle_in_transaction_session_timeout = 60s\n",
            self.socket.display()
        );
        let conf = self.folder.join("postgresql.conf");
        let mut text = fs::read_to_string(&conf)?;
        text.push_str(&settings);
        fs::write(&conf, text)?;
        Ok(())
    }

    fn check_version(&self) -> Result<()> {
        let have = fs::read_to_string(self.folder.join("PG_VERSION"))?;
        let want = major_of(&self.bin).unwrap_or_default();
        ensure!(
            have.trim() == want.to_string(),
            "dữ liệu trong {} thuộc PostgreSQL {}, máy có PostgreSQL {want}. Xem docs/OPERATIONS.md, mục nâng cấp",
            self.folder.display(),
            have.trim()
        );
        Ok(())
    }

    fn is_running(&self) -> Result<bool> {
        // pg_ctl status: 0 running, 3 not running, 4 no accessible data folder.
        let status =
            self.command("pg_ctl").args(["-D", path(&self.folder)?, "status"]).stdout(Stdio::null()).status()?;
        Ok(status.success())
    }

    /// Roles and the database. Idempotent: a first start that was cut off is finished by the next.
    async fn prepare_database(&self) -> Result<()> {
        let superuser = self.options("postgres", &self.passwords.superuser).database("postgres");
        let mut conn = connect_patiently(&superuser).await.context("kết nối cụm PostgreSQL riêng")?;
        for (role, password) in [("minhbach_owner", &self.passwords.owner), ("minhbach_app", &self.passwords.app)] {
            let known: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
                .bind(role)
                .fetch_one(&mut conn)
                .await?;
            if !known {
                // The password is our own hex; role attributes are spelled out so that a default cannot weaken them.
                let bypass = if role == "minhbach_owner" { "bypassrls" } else { "nobypassrls" };
                conn.execute(AssertSqlSafe(format!(
                    "create role {role} login nosuperuser nocreatedb nocreaterole {bypass} password '{password}'"
                )))
                .await?;
            }
        }
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut conn)
            .await?;
        if !exists {
            conn.execute("create database minhbach owner minhbach_owner").await?;
        }
        conn.execute("revoke connect, temporary on database minhbach from public").await?;
        conn.execute("grant connect on database minhbach to minhbach_app, minhbach_owner").await?;
        conn.close().await?;
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin").current_dir("/").stdin(Stdio::null());
        if let Some((uid, gid)) = self.run_as {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        // pg_ctl's server inherits its output; a pipe would stay open for ever.
        let log = self.socket.join("pg_ctl.log");
        let out = fs::File::create(&log)?;
        let Output { status, .. } = self
            .command(program)
            .args(args)
            .stdout(out.try_clone()?)
            .stderr(out)
            .output()
            .with_context(|| format!("chạy {program}"))?;
        if !status.success() {
            bail!("{program} không chạy được ({status}): {}", fs::read_to_string(&log).unwrap_or_default().trim());
        }
        Ok(())
    }
}

/// Connects; a server that listens but still recovers from its log is waited for.
async fn connect_patiently(options: &PgConnectOptions) -> Result<PgConnection> {
    const CANNOT_CONNECT_NOW: &str = "57P03";
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        match PgConnection::connect_with(options).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(CANNOT_CONNECT_NOW) && Instant::now() < deadline =>
            {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            outcome => return Ok(outcome?),
        }
    }
}

impl Passwords {
    fn load_or_make(file: &Path) -> Result<Self> {
        if file.exists() {
            return serde_json::from_slice(&fs::read(file)?).with_context(|| format!("đọc {}", file.display()));
        }
        let made = Self { superuser: random_hex()?, owner: random_hex()?, app: random_hex()? };
        write_private(file, serde_json::to_string_pretty(&made)?.as_bytes())?;
        Ok(made)
    }
}

fn random_hex() -> Result<String> {
    let mut bytes = [0u8; 24];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness from the system"))?;
    Ok(hex::encode(bytes))
}

/// Writes a file only its owner can read, on disk before this returns.
pub fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    if let Some(parent) = file.parent() {
        fs::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn make_folders(data: &Path, folder: &Path, socket: &Path, run_as: Option<(u32, u32)>) -> Result<()> {
    fs::create_dir_all(data)?;
    for (dir, mode) in [(folder, 0o700), (socket, 0o700)] {
        if !dir.exists() {
            fs::DirBuilder::new().recursive(true).mode(mode).create(dir)?;
        }
        if let Some((uid, gid)) = run_as {
            std::os::unix::fs::chown(dir, Some(uid), Some(gid))?;
        }
    }
    if run_as.is_some() {
        // postgres must pass through the data folder, and read nothing in it.
        fs::set_permissions(data, fs::Permissions::from_mode(0o711))?;
    }
    Ok(())
}

/// Beside the cluster when the path is short enough for a socket, else in the system's folder for run-time files.
fn socket_folder(folder: &Path) -> Result<PathBuf> {
    let beside = folder.with_file_name("postgres-run");
    if beside.as_os_str().len() + "/.s.PGSQL.5432.lock".len() <= SOCKET_PATH_MAX {
        return Ok(beside);
    }
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, folder.as_os_str().as_encoded_bytes());
    Ok(std::env::temp_dir().join(format!("minhbach-{}", hex::encode(&digest.as_ref()[..8]))))
}

fn newest_binaries() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .filter_map(|bin| Some((major_of(&bin)?, bin)))
        .collect();
    found.sort();
    match found.pop() {
        Some((major, bin)) if major >= OLDEST_MAJOR => Ok(bin),
        _ => bail!("thiếu PostgreSQL {OLDEST_MAJOR} trở lên. Cài gói postgresql của Debian, hoặc khai database.url"),
    }
}

fn major_of(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

fn postgres_user() -> Result<(u32, u32)> {
    let number = |flag: &str| -> Result<u32> {
        let out = Command::new("/usr/bin/id").args([flag, "postgres"]).output()?;
        ensure!(out.status.success(), "máy không có người dùng hệ thống postgres; cài gói postgresql của Debian");
        Ok(String::from_utf8_lossy(&out.stdout).trim().parse()?)
    };
    Ok((number("-u")?, number("-g")?))
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("đường dẫn {} không phải UTF-8", path.display()))
}
