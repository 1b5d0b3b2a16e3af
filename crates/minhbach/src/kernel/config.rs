//! One TOML file; an unknown key is fatal. Secrets are files, never keys of this one.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use paper::read::limits::Limits;
use serde::Deserialize;

/// Every setting there is, with what it does when left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where everything this machine keeps lives: files, keys, the private database cluster.
    pub data: PathBuf,
    pub web: Web,
    pub database: Database,
    pub intake: Intake,
    pub session: Session,
    pub log: Log,
    pub law: Law,
    pub load: Load,
    pub signature: Signature,
    pub mail: Mail,
    pub inquiry: Inquiry,
}

/// Messages that there is news (thư điện tử). Without a server none are sent, and nobody is asked for an address.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtps://host[:port]`, or `smtp://host[:port]?tls=required` for STARTTLS; plain `smtp://` on this machine only.
    pub server: Option<String>,
    /// Who it is from: "Minh Bạch <khong-tra-loi@example.gov.vn>".
    pub from: Option<String>,
    pub user: Option<String>,
    /// A file with the password of `user`.
    pub password_file: Option<PathBuf>,
}

/// Electronic signatures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signature {
    /// A folder of PEM files: roots, certificates between, lists of revocations. Without it no signed file is accepted.
    pub trust: Option<PathBuf>,
    /// The time stamp authority, plain http (RFC 3161: the answer is signed). Without it no time stamp is asked for.
    pub tsa: Option<String>,
    /// The largest signed file.
    pub max_file_mib: u64,
}

impl Default for Signature {
    fn default() -> Self {
        Self { trust: None, tsa: None, max_file_mib: 20 }
    }
}

/// Answers to requests for information.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inquiry {
    /// The largest size of all files of one answer together.
    pub max_answer_mib: u64,
}

impl Default for Inquiry {
    fn default() -> Self {
        Self { max_answer_mib: 20 }
    }
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Law {
    /// Rule sets, forms and calendars beside or in place of those built in.
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    pub listen: SocketAddr,
    /// The address people type. Cookies are `Secure` and carry the `__Host-` prefix when it is https.
    pub public_url: String,
    /// Where metrics are served, apart from everything people reach; nowhere when left out.
    pub metrics: Option<SocketAddr>,
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// PostgreSQL as role `minhbach_app`. Left out: a private cluster in the data folder.
    pub url: Option<String>,
    /// The same database as role `minhbach_owner`, for migrations.
    pub owner_url: Option<String>,
    pub max_connections: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intake {
    pub max_file_mib: u64,
    pub max_pages: u32,
    pub max_megapixels: u32,
    /// Papers read at the same time.
    pub readers: usize,
    pub seconds_per_file: u64,
    pub memory_mib: u64,
    /// Where opened scans lie while they are read. Left out: in memory, or in the data folder when there is too little.
    pub workshop: Option<PathBuf>,
    /// The folder of the second recogniser (handwriting). Left out: where its package puts it, if it is there.
    pub second_reader: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// TCVN 14423:2026 as digested in govit.md §5.2: 15 minutes for business users.
    pub idle_minutes: i64,
    pub absolute_hours: i64,
    /// Failures before an account is locked, and for how long.
    pub max_failures: i16,
    pub lock_minutes: i64,
    pub activation_days: i64,
    /// A password without a second factor: govit.md §5.2.
    pub min_password: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How long a leaf may wait for its place in the log before the monitor alarms.
    pub max_merge_seconds: i64,
}

/// What is done when more is asked than can be done at once (`kernel/load.rs`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Requests at work at a time; left out: four for each core, at least eight. Fewer than `database.max_connections`.
    pub in_work: Option<usize>,
    /// How long a request may wait in a queue that stands; four times as long in a burst.
    pub browse_ms: u64,
    pub autosave_ms: u64,
    pub act_ms: u64,
    /// Requests of one class that may wait.
    pub waiting: usize,
}

impl Load {
    /// Fewer places have no room for a floor in each class, a short queue turns away a burst that would pass.
    const LEAST_IN_WORK: usize = 4;
    const LEAST_WAITING: usize = 50;

    fn check(&self) -> Result<()> {
        anyhow::ensure!(
            0 < self.browse_ms && self.browse_ms <= self.autosave_ms && self.autosave_ms <= self.act_ms,
            "load.browse_ms, autosave_ms, act_ms phải lớn hơn 0 và không giảm dần ({}, {}, {})",
            self.browse_ms,
            self.autosave_ms,
            self.act_ms
        );
        anyhow::ensure!(
            self.waiting >= Self::LEAST_WAITING,
            "load.waiting phải từ {} trở lên ({})",
            Self::LEAST_WAITING,
            self.waiting
        );
        let in_work = self.in_work.unwrap_or(Self::LEAST_IN_WORK);
        anyhow::ensure!(
            in_work >= Self::LEAST_IN_WORK,
            "load.in_work phải từ {} trở lên ({in_work})",
            Self::LEAST_IN_WORK
        );
        Ok(())
    }
}

impl Mail {
    fn check(&self) -> Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        let url: url::Url = server.parse().with_context(|| format!("mail.server: {server}"))?;
        // Of a scheme that is not the web's, an address is read as a name.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_here =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let is_sealed = url.scheme() == "smtps" || url.query() == Some("tls=required");
        anyhow::ensure!(
            matches!(url.scheme(), "smtp" | "smtps") && (is_sealed || is_here),
            "mail.server phải là smtps://… hoặc smtp://…?tls=required; smtp:// không mã hóa chỉ dùng trên chính máy này ({server})"
        );
        anyhow::ensure!(
            url.password().is_none() && url.username().is_empty(),
            "mail.server không ghi tên và mật khẩu: dùng mail.user và mail.password_file"
        );
        anyhow::ensure!(self.from.is_some(), "thiếu mail.from");
        anyhow::ensure!(
            self.user.is_some() == self.password_file.is_some(),
            "mail.user và mail.password_file phải cùng có hoặc cùng không có"
        );
        Ok(())
    }
}

impl Database {
    pub fn connections(&self) -> u32 {
        self.max_connections.unwrap_or(24)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: default_data_folder(),
            web: Web::default(),
            database: Database::default(),
            intake: Intake::default(),
            session: Session::default(),
            log: Log::default(),
            law: Law::default(),
            load: Load::default(),
            signature: Signature::default(),
            mail: Mail::default(),
            inquiry: Inquiry::default(),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: ([127, 0, 0, 1], 8390).into(), public_url: "http://127.0.0.1:8390".into(), metrics: None }
    }
}

impl Default for Intake {
    fn default() -> Self {
        // The reader's own figures, so that there is one set of them.
        let limits = Limits::default();
        Self {
            max_file_mib: limits.max_file_bytes >> 20,
            max_pages: u32::try_from(limits.max_pages).unwrap_or(u32::MAX),
            max_megapixels: u32::try_from(limits.max_page_pixels / 1_000_000).unwrap_or(u32::MAX),
            readers: 1,
            seconds_per_file: limits.file_time.as_secs(),
            memory_mib: limits.max_memory_bytes >> 20,
            workshop: None,
            second_reader: None,
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            idle_minutes: 15,
            absolute_hours: 12,
            max_failures: 5,
            lock_minutes: 720,
            activation_days: 30,
            min_password: 14,
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self { in_work: None, browse_ms: 250, autosave_ms: 800, act_ms: 10_000, waiting: 2000 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { max_merge_seconds: 60 }
    }
}

/// A folder that user `postgres` can reach also when root starts the service.
pub fn default_data_folder() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return "/var/lib/minhbach".into();
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
    home.join(".local/share/minhbach")
}

impl Config {
    /// Reads the file, or the defaults when there is none to read.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, a value of the wrong type.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("đọc tệp cấu hình {}", path.display()))?;
        let config: Config = toml::from_str(&text).with_context(|| format!("tệp cấu hình {}", path.display()))?;
        config.check()?;
        Ok(config)
    }

    /// Refuses settings that would quietly weaken the system.
    pub fn check(&self) -> Result<()> {
        let https = self.web.public_url.starts_with("https://");
        anyhow::ensure!(
            https || self.web.listen.ip().is_loopback(),
            "web.public_url phải là https:// khi máy chủ nghe ngoài địa chỉ nội bộ ({})",
            self.web.listen
        );
        anyhow::ensure!(
            self.database.url.is_some() == self.database.owner_url.is_some(),
            "database.url và database.owner_url phải cùng có hoặc cùng không có"
        );
        anyhow::ensure!(
            self.signature.tsa.as_deref().is_none_or(|tsa| tsa.starts_with("http://")),
            "signature.tsa phải là địa chỉ http:// (dấu thời gian đã có chữ ký nên không cần https)"
        );
        self.mail.check()?;
        self.load.check()
    }

    pub fn keys_folder(&self) -> PathBuf {
        self.data.join("keys")
    }

    pub fn files_folder(&self) -> PathBuf {
        self.data.join("files")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_fatal() {
        assert!(toml::from_str::<Config>("data = '/tmp/x'\n[web]\nlisten_port = 3\n").is_err());
        assert!(toml::from_str::<Config>("[web]\nlisten = '127.0.0.1:1'\n").is_ok());
    }

    #[test]
    fn a_load_that_would_turn_everybody_away_is_refused() {
        let checked = |load: &str| toml::from_str::<Config>(&format!("[load]\n{load}\n")).unwrap().check();
        for wrong in ["browse_ms = 0", "browse_ms = 900", "act_ms = 700", "waiting = 49", "in_work = 3"] {
            assert!(checked(wrong).is_err(), "{wrong}");
        }
        for right in ["", "in_work = 4", "waiting = 50", "browse_ms = 800\nact_ms = 800"] {
            assert!(checked(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn messages_leave_this_machine_sealed_only() {
        let checked = |server: &str| {
            let from = "from = 'Minh Bạch <a@b.vn>'";
            toml::from_str::<Config>(&format!("[mail]\nserver = '{server}'\n{from}\n")).unwrap().check()
        };
        let right = [
            "smtps://thu.vn",
            "smtp://thu.vn:587?tls=required",
            "smtp://127.0.0.1:25",
            "smtp://[::1]:25",
            "smtp://localhost",
        ];
        for server in right {
            assert!(checked(server).is_ok(), "{server}");
        }
        for server in ["smtp://thu.vn", "smtp://10.0.0.1:25", "http://127.0.0.1", "smtps://a:b@thu.vn", "thu.vn"] {
            assert!(checked(server).is_err(), "{server}");
        }
        assert!(
            toml::from_str::<Config>("[mail]\nserver = 'smtps://thu.vn'\n").unwrap().check().is_err(),
            "from whom?"
        );
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        let config: Config = toml::from_str("[web]\nlisten = '0.0.0.0:80'\npublic_url = 'http://x'\n").unwrap();
        assert!(config.check().is_err());
    }
}
