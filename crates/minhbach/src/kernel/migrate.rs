//! Brings the schema forward, as role `minhbach_owner`.
use anyhow::{Context, Result, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Runs every migration that has not run. Safe to call from several processes at once: sqlx holds an advisory lock.
///
/// # Errors
/// A migration that fails, a migration edited after it ran, or a role `minhbach_app` that could bypass the policies.
pub async fn migrate(owner: PgConnectOptions) -> Result<usize> {
    let mut conn = PgConnection::connect_with(&owner).await.context("kết nối với vai trò minhbach_owner")?;
    let before = applied(&mut conn).await;
    MIGRATIONS.run(&mut conn).await.context("nâng cấp lược đồ dữ liệu")?;
    let unsafe_role: bool =
        sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = 'minhbach_app'")
            .fetch_one(&mut conn)
            .await?;
    ensure!(!unsafe_role, "vai trò minhbach_app vượt được chính sách theo dòng; sửa quyền của vai trò rồi chạy lại");
    let after = applied(&mut conn).await;
    conn.close().await?;
    Ok(after - before)
}

async fn applied(conn: &mut PgConnection) -> usize {
    // Before the first migration the table is not there; that counts as none.
    let count: Result<i64, _> =
        sqlx::query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(conn).await;
    count.map_or(0, |n| usize::try_from(n).unwrap_or(0))
}
