//! The real binary as a child process on a data folder of its own.
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgConnection;
use tempfile::TempDir;

use crate::http::Client;
use crate::postgres::{As, Postgres};

/// A practice installation in a temporary folder, stopped and removed when dropped.
pub struct Service {
    program: PathBuf,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    config: Option<PathBuf>,
}

impl Service {
    /// The binary beside this program, or the one `MINHBACH_BIN` names, with an empty data folder. Not started yet.
    pub fn prepare(name: &str) -> Result<Self> {
        let program = match std::env::var_os("MINHBACH_BIN") {
            Some(named) => PathBuf::from(named),
            None => std::env::current_exe()?.with_file_name("minhbach"),
        };
        ensure!(
            program.exists(),
            "{} is missing: build it with cargo build -p minhbach, or set MINHBACH_BIN",
            program.display()
        );
        // Not /tmp: user postgres must reach it, and it must lie on a disk, not in memory.
        let folder = tempfile::Builder::new().prefix(&format!("minhbach-{name}-")).tempdir_in("/var/tmp")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { program, folder, port, child: None, config: None })
    }

    /// Settings of the service from its next start on (TOML).
    pub fn configure(&mut self, settings: &str) -> Result<()> {
        let path = self.data().join("testkit.toml");
        std::fs::write(&path, settings)?;
        self.config = Some(path);
        Ok(())
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    pub fn postgres(&self) -> Result<Postgres> {
        Postgres::of(self.data())
    }

    /// Where the service may lay opened papers: in memory, in a folder named after the data folder, or in that.
    pub fn workshops(&self) -> Result<[PathBuf; 2]> {
        let script = "printf %s \"$1\" | sha256sum | cut -c1-16";
        let out = Command::new("sh").args(["-c", script, "sh"]).arg(self.data()).output()?;
        let in_memory = format!("/dev/shm/minhbach-{}", String::from_utf8(out.stdout)?.trim());
        Ok([in_memory.into(), self.data().join("tmp")])
    }

    fn log(&self) -> PathBuf {
        self.data().join("testkit.log")
    }

    /// Starts the service in the invented world; a service that runs already is left alone.
    pub fn spawn(&mut self) -> Result<()> {
        if let Some(child) = &mut self.child
            && child.try_wait()?.is_none()
        {
            return Ok(());
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(&self.program);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command.arg("demo").arg("--data").arg(self.data()).args(["--port", &self.port.to_string()]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().with_context(|| format!("starting {}", self.program.display()))?);
        Ok(())
    }

    /// Whether the service answers and its database takes writes.
    pub async fn is_ready(&self) -> bool {
        Client::new(self.address(), None).get("/san-sang").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Waits until the service is ready.
    ///
    /// # Errors
    /// It ended, or took longer than `limit`; the error shows the end of its log.
    pub async fn wait_ready(&mut self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !self.is_ready().await {
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                bail!("the service ended ({status}):\n{}", self.log_end());
            }
            ensure!(Instant::now() < deadline, "not ready in {} s:\n{}", limit.as_secs(), self.log_end());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Waits until no paper waits to be read and every event has its leaf.
    pub async fn wait_quiet(&self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut owner = self.postgres()?.connect(As::Owner, "minhbach").await?;
        loop {
            let (jobs, events) = waiting(&mut owner).await?;
            if jobs == 0 && events == 0 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{jobs} jobs and {events} events still wait:\n{}", self.log_end());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Kills the service with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(child) = &mut self.child {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks the service to stop, and waits for it.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if child.try_wait()?.is_none() {
            kill_process(Pid::from_child(&child), Signal::TERM)?;
            let deadline = Instant::now() + Duration::from_secs(120);
            while child.try_wait()?.is_none() {
                if Instant::now() > deadline {
                    child.kill()?;
                    child.wait()?;
                    bail!("the service did not stop in two minutes:\n{}", self.log_end());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }

    /// Runs another command of the binary on the same data folder.
    pub fn command(&self, args: &[&str]) -> Result<Output> {
        let out =
            Command::new(&self.program).args(args).arg("--data").arg(self.data()).stdin(Stdio::null()).output()?;
        Ok(out)
    }

    /// The standard output of a command that must succeed.
    pub fn command_output(&self, args: &[&str]) -> Result<String> {
        let out = self.command(args)?;
        ensure!(out.status.success(), "{args:?} failed ({}):\n{}", out.status, String::from_utf8_lossy(&out.stderr));
        Ok(String::from_utf8(out.stdout)?)
    }

    /// A bearer token for a practice account.
    pub fn token(&self, login: &str, role: &str) -> Result<String> {
        let out = self.command_output(&["admin", "token", "--login", login, "--role", role, "--label", "testkit"])?;
        out.lines().last().map(str::to_owned).context("admin token printed nothing")
    }

    /// What the verifier says of the whole data folder: exit code 0, and its words.
    pub fn verify_log(&self) -> Result<(bool, String)> {
        let keys = self.data().join("log-public-keys.txt");
        let out = self.command(&["verify-log", "--key", &keys.to_string_lossy()])?;
        let words = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        Ok((out.status.success(), words))
    }

    /// The last lines the service wrote.
    pub fn log_end(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let stopped = self.stop().and_then(|()| match self.postgres() {
            Ok(postgres) => postgres.stop(),
            // It never came as far as a cluster.
            Err(_) => Ok(()),
        });
        if let Err(error) = stopped {
            eprintln!("cleaning up: {error:#}");
        }
        // The folder in memory does not go with the data folder it belongs to. There may be none.
        if let Ok([in_memory, _]) = self.workshops() {
            let _missing = std::fs::remove_dir_all(in_memory);
        }
    }
}

/// Jobs not finished and events without a leaf.
async fn waiting(owner: &mut PgConnection) -> Result<(i64, i64)> {
    let counts = sqlx::query_as(
        "select (select count(*) from job where state in ('WAITING', 'RUNNING')), (select count(*) from event_queue)",
    );
    Ok(counts.fetch_one(owner).await?)
}
