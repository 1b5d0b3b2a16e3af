//! SQL of the figures: counts over `obligation`, which holds ids and words only.
use chrono::Datelike;

use super::rules::Progress;
use crate::kernel::{Result, Tx};

/// Progress per control agency in a year. In the nation's context every agency; in an agency's, itself.
pub async fn by_agency(tx: &mut Tx, year: i16) -> Result<Vec<Progress>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query_as!(
        Progress,
        r#"select p.code, p.name, count(o.id) as "obliged!", count(o.declared_at) as "declared!",
                  count(*) filter (where o.channel = 'PAPER') as "on_paper!", count(*) filter (where o.channel = 'ONLINE') as "online!",
                  count(o.digitised_at) as "digitised!", count(o.received_on) as "received!",
                  (select count(*) from paper_progress w
                   where w.partition_id = p.id and w.state = 'WAITING' and $1::smallint between $3::smallint and $3::smallint + 1) as "awaiting!",
                  0::bigint as "not_submitted!"
           from partition p left join obligation o on o.partition_id = p.id and o.year = $1 and (o.ended_on is null or o.declared_at is not null)
           where p.agency_type > 0 and case when $2::uuid is null then p.practice_of is null else p.id = $2 end
           group by p.id order by p.agency_type, p.name"#,
        year,
        agency,
        first_open_year(tx)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A paper nobody has checked may be this year's or the last one's: it counts with both, so that neither looks better
/// than it is.
fn first_open_year(tx: &Tx) -> i16 {
    (tx.today().year() - 1) as i16
}

/// Papers of the actor's agency that wait to be checked and put on record, for this year and the last.
pub async fn awaiting(tx: &mut Tx, year: i16) -> Result<i64> {
    let agency = tx.actor().agency().map(|p| p.0);
    let row = sqlx::query!(
        r#"select count(*) as "count!" from paper_progress
           where partition_id = $2 and state = 'WAITING' and $1::smallint between $3::smallint and $3::smallint + 1"#,
        year,
        agency,
        first_open_year(tx)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.count)
}

/// Progress per employing unit within what the context shows. Papers that wait belong to no unit yet.
pub async fn by_unit(tx: &mut Tx, year: i16) -> Result<Vec<Progress>> {
    let (agency, unit) = (tx.actor().agency().map(|p| p.0), tx.actor().unit().map(|u| u.0));
    let rows = sqlx::query_as!(
        Progress,
        r#"select g.code, g.name, count(o.id) as "obliged!", count(o.declared_at) as "declared!",
                  count(*) filter (where o.channel = 'PAPER') as "on_paper!", count(*) filter (where o.channel = 'ONLINE') as "online!",
                  count(o.digitised_at) as "digitised!", count(o.received_on) as "received!",
                  0::bigint as "awaiting!", count(n.id) as "not_submitted!"
           from obligation o join organisation g on g.id = o.unit_id
                left join non_submission n on n.partition_id = o.partition_id and n.obligation_id = o.id and n.due_on = o.due_on
           where o.year = $1 and ($2::uuid is null or o.partition_id = $2) and ($3::uuid is null or o.unit_id = $3)
             and (o.ended_on is null or o.declared_at is not null)
           group by g.id order by g.name"#,
        year,
        agency,
        unit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Years that have obligations, newest first.
pub async fn years(tx: &mut Tx) -> Result<Vec<i16>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query!(
        "select distinct year from obligation where ($1::uuid is null or partition_id = $1) order by year desc",
        agency
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| r.year).collect())
}
