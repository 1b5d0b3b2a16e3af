//! Handing out the file to be signed. The first time it is stored, and from then on the same bytes are given: a signature
//! is judged against them.
use std::sync::Arc;

use super::model::HandedOut;
use super::policy::Sign;
use super::sign::changed_since;
use super::store::{self, StoredFile};
use super::subject::Root;
use crate::kernel::files::sha256;
use crate::kernel::id::{FileId, PartitionId, SigningCopyId};
use crate::kernel::{Actor, App, Event, Refusal, Result};

/// The file to be signed, made when nobody took it yet (only by who is to sign it).
pub async fn hand_out(app: &App, actor: &Actor, root: Root) -> Result<Vec<u8>> {
    if let Some(copy) = known(app, actor, root).await? {
        return open_copy(app, &copy).await;
    }
    let (of, printed) = root.print(app, actor).await?;
    let partition = app.db.read(actor, "signature.find", async |tx| Ok(root.signable(tx).await?.partition)).await?;
    let file = put(app, partition, &printed).await?;
    let written = app
        .db
        .write(actor, "signature.hand_out", async |tx| {
            let on = root.signable(tx).await?;
            // A version that came on record while this one was printed is not what was printed.
            if on.id != of {
                return Err(changed_since());
            }
            let permit = tx.permit::<Sign, _>(on)?;
            let id = SigningCopyId::new();
            let is_ours = store::insert_copy(tx, &permit, id, &file).await?;
            let name = if is_ours { "signature.handed_out" } else { "signature.copy_known" };
            let mut event = Event::new(name, on.partition).unit(on.unit).word("subject", on.subject.word());
            event = event.id("subject", on.id).id("root", on.root);
            if let Some(person) = on.person {
                event = event.person(person);
            }
            if is_ours {
                event = event.id("copy", id).id("file", file.id);
                event = event.hash("original", file.original).hash("sealed", file.sealed);
            }
            tx.record(event)?;
            Ok(is_ours)
        })
        .await;
    if let Ok(true) = written {
        return Ok(printed);
    }
    if let Err(error) = app.files.discard(&file.sealed).await {
        tracing::warn!(file = %file.id, error = format!("{error:#}"), "a file nobody names stays in the store");
    }
    written?;
    let copy = known(app, actor, root).await?.ok_or_else(|| crate::bug!("a copy that was there is gone"))?;
    open_copy(app, &copy).await
}

async fn known(app: &App, actor: &Actor, root: Root) -> Result<Option<HandedOut>> {
    app.db
        .read(actor, "signature.copy", async |tx| {
            let on = root.signable(tx).await?;
            if !on.takes_key {
                return Err(signed_on_paper().into());
            }
            tx.permit::<Sign, _>(on)?;
            store::copy(tx, &on).await
        })
        .await
}

fn signed_on_paper() -> Refusal {
    Refusal::new(
        "signed_on_paper",
        "Bản kê khai này được số hóa từ bản giấy đã ký nên không ký số trên hệ thống.",
        "Bản giấy có chữ ký là bản chính; đơn vị ghi nhận ngày ký trên giấy.",
    )
}

/// The bytes of a copy, checked against their hash.
pub async fn open_copy(app: &App, copy: &HandedOut) -> Result<Vec<u8>> {
    let bytes = open_file(app, copy.partition, copy.file, &copy.sealed_sha256).await?;
    if sha256(&bytes)[..] != copy.pdf_hash[..] {
        return Err(crate::bug!("the file handed out {} is not what was stored", copy.file));
    }
    Ok(bytes)
}

/// Opens a stored file.
pub(super) async fn open_file(app: &App, partition: PartitionId, file: FileId, sealed: &[u8]) -> Result<Vec<u8>> {
    let name: [u8; 32] = sealed.try_into().map_err(|_| crate::bug!("a hash of {} bytes", sealed.len()))?;
    let sealed = app.files.get(&name).await?;
    let keys = app.db.keys().clone();
    tokio::task::spawn_blocking(move || keys.open_file(partition, file.0, &sealed))
        .await
        .map_err(|error| crate::bug!("opening task: {error}"))?
}

/// Seals and stores a file that no transaction names yet.
pub(super) async fn put(app: &App, partition: PartitionId, bytes: &[u8]) -> Result<StoredFile> {
    let id = FileId::new();
    let (keys, plain) = (app.db.keys().clone(), Arc::<[u8]>::from(bytes));
    let sealed = tokio::task::spawn_blocking(move || keys.seal_file(partition, id.0, &plain))
        .await
        .map_err(|error| crate::bug!("sealing task: {error}"))??;
    let sealed = app.files.put(sealed.into()).await?;
    Ok(StoredFile { id, size: bytes.len(), original: sha256(bytes), sealed })
}
