//! Making the file of a person, and opening it where it went.
use super::model::{FilePerson, FileVersion, Package, PackageCell, SCHEMA, Statement, Transfer};
use super::policy::Holding;
use super::store::{self, OwnVersion};
use crate::audit;
use crate::declaration::original::{self, Asked, Evidence};
use crate::kernel::files::sha256;
use crate::kernel::id::{CustodyId, PartitionId};
use crate::kernel::{Actor, App, Error, Refusal, Result, Tx};
use crate::organisation;
use crate::person::{Person, PersonFacts};

/// Takes up the keys of agencies another process has founded since this one started: a file is sealed for one, and proved
/// by the logs of all it came through.
pub(super) async fn take_up_keys(app: &App, actor: &Actor) -> Result<()> {
    let agencies = app.db.read(actor, "custody.agencies", async |tx| organisation::store::partitions(tx).await).await?;
    for agency in agencies {
        app.db.take_up_keys(agency.id).await?;
    }
    Ok(())
}

/// What identifies a person, opened. The caller records why.
pub fn facts(tx: &mut Tx, person: &Person) -> Result<PersonFacts> {
    let (partition, row) = (person.partition, person.id.0);
    Ok(PersonFacts {
        name: tx.open(partition, row, &person.name)?,
        dob: tx.open(partition, row, &person.dob)?.parse().ok(),
        position: tx.open(partition, row, &person.position)?,
        id_no: person.id_no.as_ref().map(|cell| tx.open(partition, row, cell)).transpose()?,
    })
}

/// Everything that passes, opened from under the sender's seal. The caller records it.
pub async fn make(
    tx: &mut Tx,
    transfer: CustodyId,
    person: &Person,
    to: PartitionId,
    statement: &Statement,
) -> Result<Package> {
    let on = Holding { partition: person.partition, person: person.id };
    let mut versions = Vec::new();
    for version in store::versions(tx, on).await? {
        versions.push(own(tx, on.partition, version).await?);
    }
    for copy in original::list(tx, Asked { person: Some(person.id), ..Asked::default() }).await? {
        versions.push(FileVersion {
            origin: copy.origin,
            declaration: copy.declaration,
            version: copy.version,
            number: copy.number,
            kind: copy.kind.as_str().to_owned(),
            year: copy.year,
            channel: copy.channel,
            act: copy.act.word().to_owned(),
            completed_on: copy.completed_on,
            recorded_at: copy.recorded_at,
            received_on: copy.received_on,
            rule_set: copy.rule_set,
            document: tx.open(copy.partition, copy.id.0, &copy.document)?,
            evidence: serde_json::from_str(&copy.evidence).map_err(anyhow::Error::from)?,
            copied: true,
        });
    }
    let known = facts(tx, person)?;
    let today = tx.today();
    Ok(Package {
        schema: SCHEMA.to_owned(),
        transfer,
        from: on.partition,
        to,
        person: FilePerson {
            id: person.id,
            name: known.name,
            dob: known.dob,
            id_no: known.id_no,
            position: known.position,
            unit: organisation::store::organisation(tx, person.unit).await?.name,
        },
        statement: statement.clone(),
        versions,
        owed: store::owed(tx, on, today).await?,
    })
}

async fn own(tx: &mut Tx, partition: PartitionId, version: OwnVersion) -> Result<FileVersion> {
    let place = audit::place_of(tx, partition, version.event).await?;
    let Some((proof, checkpoint)) = place.proof else { return Err(not_in_log_yet().into()) };
    let nonce = version.nonce.try_into().map_err(|_| crate::bug!("the nonce of an event is not 32 bytes"))?;
    let channel = version.act.channel(&version.channel).to_owned();
    Ok(FileVersion {
        origin: partition,
        declaration: version.declaration,
        version: version.version,
        number: version.number,
        kind: version.kind,
        year: version.year,
        channel,
        act: version.act.word().to_owned(),
        completed_on: version.completed_on,
        recorded_at: version.recorded_at,
        received_on: version.received_on,
        rule_set: version.rule_set,
        document: tx.open(partition, version.version.0, &version.document)?,
        evidence: Evidence { event: version.body, nonce, proof, checkpoint },
        copied: false,
    })
}

fn not_in_log_yet() -> Refusal {
    Refusal::new(
        "not_in_log_yet",
        "Có bản kê khai vừa được ghi nhận, chưa có chỗ trong nhật ký nên chưa chứng minh được với cơ quan nhận.",
        "Đề nghị gửi lại sau ít phút.",
    )
    .status(axum::http::StatusCode::CONFLICT)
}

/// Opens a file where it went: the very bytes that both logs have. The caller records it.
///
/// # Errors
/// A refusal when it is not what was sent.
pub async fn open(tx: &mut Tx, transfer: &Transfer) -> Result<Package> {
    let sealed = store::package(tx, transfer).await?.ok_or_else(|| not_what_was_sent("Không còn gói hồ sơ."))?;
    let hash = hex::encode(sha256(sealed.as_bytes()));
    let logged = store::hashes_in_log(tx, transfer.to, transfer.id).await?;
    let record = hex::encode(transfer.sent_record()?);
    if logged != Some((record, hash.clone())) || hash != hex::encode(&transfer.package_hash) {
        return Err(not_what_was_sent("Gói hồ sơ khác với gói đã ghi vào nhật ký khi gửi.").into());
    }
    let package: Package = match tx.open::<PackageCell>(transfer.to, transfer.id.0, &sealed) {
        Ok(package) => package,
        Err(Error::Bug(error)) => {
            tracing::error!(%error, transfer = %transfer.id, "a file that was sent cannot be opened");
            return Err(not_what_was_sent("Gói hồ sơ không mở được.").into());
        }
        Err(error) => return Err(error),
    };
    if (package.transfer, package.from, package.to, package.person.id)
        != (transfer.id, transfer.partition, transfer.to, transfer.person)
    {
        return Err(not_what_was_sent("Gói hồ sơ là của một lần chuyển khác.").into());
    }
    let counted = (i32::try_from(package.declarations()).ok(), i32::try_from(package.versions.len()).ok());
    if package.declared() != transfer.declared || counted != (Some(transfer.declarations), Some(transfer.versions)) {
        return Err(not_what_was_sent("Số bản kê khai trong gói khác với số đã ghi khi gửi.").into());
    }
    Ok(package)
}

/// A file that is not what it says; nothing of it is written.
pub fn not_what_was_sent(what: &str) -> Refusal {
    Refusal::new(
        "file_differs",
        format!("Hồ sơ không khớp với nhật ký nên không nhận được, không có gì được ghi. {what}"),
        "Đề nghị trả lại hồ sơ cho cơ quan gửi kèm nội dung này, và báo quản trị hệ thống chạy verify-log.",
    )
    .status(axum::http::StatusCode::CONFLICT)
}
