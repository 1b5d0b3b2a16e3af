//! What the server's administrator does on its console. Every command that changes something is an act in the log; none
//! shows what is sealed.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use clap::Subcommand;

use super::issue::{self, Slip, issue, login_refused};
use super::model::{Badge, NewAccount, RoleGrant, is_login};
use super::session::new_token;
use super::store;
use crate::cli::configure;
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, App, Error, Event, Role};
use crate::organisation;
use crate::serve::{Start, System};

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Cấp khóa truy cập API cho một vai trò của tài khoản
    Token {
        #[arg(long)]
        data: Option<PathBuf>,
        /// Tên đăng nhập
        #[arg(long)]
        login: String,
        /// Vai trò, ví dụ DECLARANT, UNIT_OFFICER, INTAKE_OFFICER
        #[arg(long)]
        role: String,
        /// Dùng để làm gì
        #[arg(long)]
        label: String,
        #[arg(long, default_value_t = 30)]
        days: i64,
    },
    /// Cấp tài khoản quản trị cho một cơ quan kiểm soát
    Agency {
        #[arg(long)]
        data: Option<PathBuf>,
        /// Mã phân vùng
        #[arg(long)]
        partition: String,
        #[arg(long)]
        login: String,
        /// Họ và tên người giữ tài khoản
        #[arg(long)]
        name: String,
        #[arg(long)]
        position: String,
    },
    /// Cấp tài khoản chuyên viên tổng hợp của Thanh tra Chính phủ
    Centre {
        #[arg(long)]
        data: Option<PathBuf>,
        #[arg(long)]
        login: String,
        /// Họ và tên người giữ tài khoản
        #[arg(long)]
        name: String,
        #[arg(long)]
        position: String,
    },
    /// In khóa công khai của mọi nhật ký, để giữ ở bên ngoài
    PublicKeys {
        #[arg(long)]
        data: Option<PathBuf>,
    },
}

pub async fn run(config: Option<&Path>, command: AdminCommand) -> Result<ExitCode> {
    let data = match &command {
        AdminCommand::Token { data, .. }
        | AdminCommand::Agency { data, .. }
        | AdminCommand::Centre { data, .. }
        | AdminCommand::PublicKeys { data } => data.clone(),
    };
    let config = configure(config, data)?;
    let (clock, practice) = crate::demo::clock_of(&config.data)?;
    let system = System::open(Start { config, clock, practice, metrics: None }).await?;
    let outcome = act(&system.app, command).await;
    system.close().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn act(app: &App, command: AdminCommand) -> Result<()> {
    match command {
        AdminCommand::Token { login, role, label, days, .. } => {
            let role =
                Role::ALL.into_iter().find(|r| r.word() == role).with_context(|| format!("không có vai trò {role}"))?;
            println!("{}", issue_token(app, &login, role, &label, days).await?);
        }
        AdminCommand::Agency { partition, login, name, position, .. } => {
            let days = app.config.session.activation_days;
            let slip = app
                .db
                .write(&Actor::SYSTEM, "admin.issue_agency", async |tx| {
                    let partitions = organisation::store::partitions(tx).await?;
                    let partition = partitions.iter().find(|p| p.code == partition).ok_or(Error::NotFound)?.id;
                    let new = NewAccount {
                        login: login.clone(),
                        badge: Badge { name: name.clone(), position: position.clone() },
                        grants: vec![RoleGrant { role: Role::AgencyAdmin, partition, unit: None, person: None }],
                    };
                    issue(tx, &new, days).await
                })
                .await?;
            println!("Tên đăng nhập: {login}\nMã kích hoạt (hiện một lần): {}", slip.code);
        }
        AdminCommand::Centre { login, name, position, .. } => {
            let slip = issue_centre(app, &login, Badge { name, position }).await?;
            println!("Tên đăng nhập: {login}\nMã kích hoạt (hiện một lần): {}", slip.code);
        }
        AdminCommand::PublicKeys { .. } => {
            for key in app.db.keys().verifiers() {
                println!("{key}");
            }
        }
    }
    Ok(())
}

/// An account for the centre's analyst. It belongs to no control agency: its badge is sealed and its acts are logged in
/// the centre's own partition.
pub async fn issue_centre(app: &App, login: &str, badge: Badge) -> crate::kernel::Result<Slip> {
    if !is_login(login) {
        return Err(login_refused().into());
    }
    let days = app.config.session.activation_days;
    let grant = RoleGrant { role: Role::CentreAnalyst, partition: PartitionId::CENTRE, unit: None, person: None };
    let new = NewAccount { login: login.to_owned(), badge, grants: vec![grant] };
    app.db
        .write(&Actor::SYSTEM, "admin.issue_centre", async |tx| issue(tx, &new, days).await)
        .await
        .map_err(issue::told)
}

/// Makes a bearer token for one role of an account. Only its hash is kept.
pub async fn issue_token(app: &App, login: &str, role: Role, label: &str, days: i64) -> crate::kernel::Result<String> {
    let (token, hash) = new_token()?;
    app.db
        .write(&Actor::SYSTEM, "admin.issue_token", async |tx| {
            let account = store::by_login(tx, login).await?.ok_or(Error::NotFound)?;
            let granted = store::grants(tx, account.id)
                .await?
                .into_iter()
                .find(|g| g.grant.role == role)
                .ok_or(Error::NotFound)?;
            let expires_at = tx.now() + TimeDelta::days(days);
            store::insert_token(tx, &hash, &granted, label, expires_at).await?;
            tx.record(
                Event::new("token.issued", granted.grant.partition)
                    .id("account", account.id)
                    .id("role", granted.id)
                    .word("role_word", role.word()),
            )?;
            Ok(())
        })
        .await?;
    Ok(token)
}
