//! The service's private PostgreSQL cluster, seen from outside: connections as its roles, and its death.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

/// The cluster under a data folder.
pub struct Postgres {
    folder: PathBuf,
    socket: PathBuf,
    passwords: Passwords,
}

#[derive(Deserialize)]
struct Passwords {
    superuser: String,
    owner: String,
    app: String,
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    Superuser,
    /// Owns the tables and sees every row.
    Owner,
    /// What the service is.
    App,
}

impl Postgres {
    /// The cluster of a data folder in which the service has been started before.
    pub fn of(data: &Path) -> Result<Self> {
        let file = data.join("keys/database.json");
        let text = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        Ok(Self {
            folder: data.join("postgres"),
            socket: data.join("postgres-run"),
            passwords: serde_json::from_slice(&text)?,
        })
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Role name and password.
    pub fn login(&self, who: As) -> (&'static str, &str) {
        match who {
            As::Superuser => ("postgres", &self.passwords.superuser),
            As::Owner => ("minhbach_owner", &self.passwords.owner),
            As::App => ("minhbach_app", &self.passwords.app),
        }
    }

    pub async fn connect(&self, who: As, database: &str) -> Result<PgConnection> {
        let (role, password) = self.login(who);
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.socket.to_string_lossy())
            .username(role)
            .password(password)
            .database(database);
        PgConnection::connect_with(&options).await.with_context(|| format!("connecting to {database} as {role}"))
    }

    /// Kills the server and every process of it with SIGKILL, as a power cut would.
    pub fn kill(&self) -> Result<()> {
        let text = std::fs::read_to_string(self.folder.join("postmaster.pid")).context("PostgreSQL does not run")?;
        let server: i32 = text.lines().next().unwrap_or_default().trim().parse().context("postmaster.pid")?;
        ensure!(is_postgres(server), "process {server} is not a PostgreSQL server");
        let children = children_of(server)?;
        for pid in std::iter::once(server).chain(children) {
            // One that has ended meanwhile is as dead as it should be.
            let _ = kill_process(Pid::from_raw(pid).context("a process number")?, Signal::KILL);
        }
        Ok(())
    }

    /// Writes everything the database holds as text, decompressed, as a superuser's dump does.
    pub fn dump(&self, database: &str, to: &Path) -> Result<()> {
        let (role, password) = self.login(As::Superuser);
        let status = Command::new(newest_bin()?.join("pg_dump"))
            .arg("-h")
            .arg(&self.socket)
            .args(["-U", role, "-d", database, "-f"])
            .arg(to)
            .env("PGPASSWORD", password)
            .stdin(Stdio::null())
            .status()?;
        ensure!(status.success(), "pg_dump: {status}");
        Ok(())
    }

    pub fn is_running(&self) -> Result<bool> {
        self.pg_ctl(&["status"])
    }

    /// Stops it if it runs.
    pub fn stop(&self) -> Result<()> {
        if self.is_running()? {
            self.pg_ctl(&["-m", "immediate", "-w", "stop"])?;
        }
        Ok(())
    }

    fn pg_ctl(&self, args: &[&str]) -> Result<bool> {
        let mut command = Command::new(newest_bin()?.join("pg_ctl"));
        command
            .arg("-D")
            .arg(&self.folder)
            .args(args)
            .current_dir("/")
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin");
        as_postgres(&mut command)?;
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
    }
}

/// The folder of the newest PostgreSQL programs of Debian.
pub fn newest_bin() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("pg_ctl").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).context("PostgreSQL is not installed")
}

/// Root may not run PostgreSQL.
fn as_postgres(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    if rustix::process::geteuid().is_root() {
        let number = |flag: &str| -> Result<u32> {
            let out = Command::new("/usr/bin/id").args([flag, "postgres"]).output()?;
            String::from_utf8_lossy(&out.stdout).trim().parse().context("user postgres")
        };
        command.uid(number("-u")?).gid(number("-g")?);
    }
    Ok(())
}

fn is_postgres(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// The processes whose parent is `parent`.
pub fn children_of(parent: i32) -> Result<Vec<i32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // "pid (name) state ppid …"; the name may hold blanks and brackets.
        let ppid = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<i32>().ok());
        if ppid == Some(parent) {
            found.push(pid);
        }
    }
    Ok(found)
}
