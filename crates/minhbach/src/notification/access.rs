//! Who looked at a person's file, for that person: the log's own events of openings.
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kernel::id::{AccountId, EventId, OrganisationId, PersonId};
use crate::kernel::{Error, Result, Role, Tx};
use crate::organisation;

/// Events that say a part of one person's file was opened, with what was opened. Lists, records and letters of many people are
/// not among them, nor scans before they are on record: those events name nobody one by one.
const OPENINGS: &[(&str, &str)] = &[
    ("declaration.opened", "Bản kê khai"),
    ("declaration.unreadable", "Bản kê khai (không mở được)"),
    ("correction.opened", "Đề nghị sửa đổi"),
    ("custody.original_opened", "Bản sao bản kê khai từ cơ quan kiểm soát khác"),
    ("custody.opened", "Hồ sơ chuyển"),
    ("demand.opened", "Yêu cầu hoàn thiện, kê khai lại"),
    ("person.opened", "Thông tin cá nhân"),
    ("older.opened", "Bản kê khai theo mẫu cũ"),
    ("intake.opened", "Bản quét đã ghi nhận"),
    ("asset.opened", "Tài sản qua các lần kê khai"),
    ("non_submission.opened", "Ghi nhận không nộp sau 02 lần đôn đốc"),
    ("signature.copy_opened", "Tệp để ký số"),
    ("signature.document_taken", "Tải dữ liệu của bản kê khai đã ký"),
    ("signature.data_opened", "Chữ ký trên dữ liệu bản kê khai"),
    ("signature.file_opened", "Tệp đã ký"),
    ("signature.handed_out", "Tệp để ký số"),
    ("signature.signed_handed_out", "Tệp đã ký"),
    ("signature.opened", "Chữ ký"),
];

/// One opening by somebody else.
#[derive(Debug)]
pub struct Access {
    pub event: EventId,
    pub at: DateTime<Utc>,
    pub what: &'static str,
    /// The role and the body the person acted for: "Cán bộ đầu mối của đơn vị, Sở Tài chính". Not their name.
    pub by: String,
}

/// Who else opened something of the actor's own file, the newest first, older than `before`.
///
/// # Errors
/// [`Error::Forbidden`] for anyone but a declarant.
pub async fn of_own(tx: &mut Tx, before: Option<EventId>, limit: i64) -> Result<Vec<Access>> {
    let actor = *tx.actor();
    let person: PersonId = actor.person().ok_or(Error::Forbidden)?;
    let names: Vec<String> = OPENINGS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select e.id as "event: EventId", e.name, e.occurred_at, e.body, e.account_id as "account: AccountId",
                  e.unit_id as "unit: OrganisationId", p.name as partition_name
           from event e join partition p on p.id = e.partition_id
           where e.partition_id = $1 and e.person_id = $2 and e.name = any($3) and e.id < $4
             and e.account_id is distinct from $5
             -- Whoever looks at the assets over the years, or takes the document, opens declarations in one act: one line tells it.
             and (e.name not in ('declaration.opened', 'custody.original_opened')
                  or not exists (select from event a where a.partition_id = $1 and a.person_id = $2 and a.name in ('asset.opened', 'signature.document_taken')
                                   and a.act_id = e.act_id))
           order by e.id desc limit $6"#,
        actor.home.0,
        person.0,
        &names,
        before.map_or(uuid::Uuid::max(), |event| event.0),
        actor.account.map(|account| account.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let units: Vec<OrganisationId> = rows.iter().filter_map(|row| row.unit).collect();
    let units = organisation::store::names(tx, &units).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let body: Value = serde_json::from_str(&row.body).map_err(anyhow::Error::from)?;
        let role = Role::ALL.into_iter().find(|role| body["actor"]["role"].as_str() == Some(role.word()));
        let unit = row.unit.and_then(|unit| units.get(&unit)).map_or("", String::as_str);
        let by = match (role, body["actor"]["context"].as_str()) {
            (Some(role), Some("unit")) => format!("{}, {unit}", role.label()),
            (Some(role), _) => format!("{}, {}", role.label(), row.partition_name),
            (None, _) => "Hệ thống".to_owned(),
        };
        let what = OPENINGS.iter().find(|(name, _)| *name == row.name).map_or("", |(_, what)| *what);
        found.push(Access { event: row.event, at: row.occurred_at, what, by });
    }
    Ok(found)
}
