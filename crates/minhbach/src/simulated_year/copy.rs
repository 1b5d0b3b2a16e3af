//! The peer: the same rows by COPY into tables with the same columns, checks and indexes.
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Executor};

use crate::kernel::id::PartitionId;
use crate::testing::owner;

/// Copies every row of a partition, whichever table it is in, into empty tables beside, and drops these; the number of rows
/// and how long putting them in took.
pub(super) async fn by_copy(partition: PartitionId) -> (u64, Duration) {
    let mut conn = owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.table_name::text from information_schema.columns c
         join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
         where c.table_schema = 'public' and c.column_name = 'partition_id' and t.table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let schema = format!("copied_{}", uuid::Uuid::new_v4().simple());
    conn.execute(AssertSqlSafe(format!("create schema {schema}"))).await.unwrap();
    let mut rows: Vec<(String, Vec<Bytes>)> = Vec::new();
    for table in tables {
        let made = format!("create table {schema}.{table} (like public.{table} including all)");
        conn.execute(AssertSqlSafe(made)).await.unwrap();
        // What follows from the other columns is not copied.
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns
             where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'",
        )
        .bind(&table)
        .fetch_one(&mut conn)
        .await
        .unwrap();
        let out = format!(
            "copy (select {columns} from public.{table} where partition_id = '{partition}') to stdout with (format binary)"
        );
        let out: Vec<Bytes> = conn.copy_out_raw(&out).await.unwrap().try_collect().await.unwrap();
        rows.push((format!("{schema}.{table} ({columns})"), out));
    }
    let begun = Instant::now();
    let mut copied = 0;
    conn.execute("begin").await.unwrap();
    for (table, out) in &rows {
        let mut copy = conn.copy_in_raw(&format!("copy {table} from stdin with (format binary)")).await.unwrap();
        for bytes in out {
            copy.send(&bytes[..]).await.unwrap();
        }
        copied += copy.finish().await.unwrap();
    }
    conn.execute("commit").await.unwrap();
    let took = begun.elapsed();
    conn.execute(AssertSqlSafe(format!("drop schema {schema} cascade"))).await.unwrap();
    (copied, took)
}
