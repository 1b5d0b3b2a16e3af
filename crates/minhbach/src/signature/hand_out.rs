//! Handing out the file to be signed. The first time it is stored, and from then on the same bytes are given: a signature
//! is judged against them.
use bytes::Bytes;
use uuid::Uuid;

use super::model::{HandedOut, Signable};
use super::policy::Sign;
use super::sign::changed_since;
use super::store;
use super::subject::Root;
use crate::kernel::files::sha256;
use crate::kernel::id::SigningCopyId;
use crate::kernel::{Actor, App, Error, Event, Refusal, Result, StoredFile, Tx};

/// The file to be signed, made when nobody took it yet (only by who is to sign it).
pub async fn hand_out(app: &App, actor: &Actor, root: Root) -> Result<Vec<u8>> {
    let (on, copy) = known(app, actor, root).await?;
    if let Some(copy) = copy {
        return open_copy(app, &copy).await;
    }
    let (of, printed) = root.print(app, actor).await?;
    let printed = Bytes::from(printed);
    let file = app.store_file(on.partition, printed.clone()).await?;
    match app.db.write(actor, "signature.hand_out", async |tx| put_down(tx, root, of, &file).await).await {
        Ok(true) => return Ok(printed.into()),
        Ok(false) => app.discard_file(&file).await,
        Err(error) => {
            // Whether a commit that failed took effect is not known: only a refusal is certain to name nothing.
            if matches!(error, Error::Refused(_)) {
                app.discard_file(&file).await;
            }
            return Err(error);
        }
    }
    let (_, copy) = known(app, actor, root).await?;
    open_copy(app, &copy.ok_or_else(|| crate::bug!("a copy that was there is gone"))?).await
}

/// Names what was printed as the copy handed out; `false` when another was handed out meanwhile.
async fn put_down(tx: &mut Tx, root: Root, of: Uuid, file: &StoredFile) -> Result<bool> {
    let on = root.signable(tx).await?;
    // A version that came on record while this one was printed is not what was printed.
    if on.id != of {
        return Err(changed_since());
    }
    let permit = tx.permit::<Sign, _>(on)?;
    let id = SigningCopyId::new();
    let is_ours = store::insert_copy(tx, &permit, id, file).await?;
    let name = if is_ours { "signature.handed_out" } else { "signature.copy_known" };
    let mut event = event_of(&on, name).id("subject", on.id).word("subject", on.subject.word());
    if is_ours {
        event = event.id("copy", id).id("file", file.id);
        event = event.hash("original", file.original).hash("sealed", file.sealed);
    }
    tx.record(event)?;
    Ok(is_ours)
}

/// An event about one thing that is signed.
pub(super) fn event_of(on: &Signable, name: &'static str) -> Event {
    Event::new(name, on.partition).unit(on.unit).person_if(on.person).id("root", on.root)
}

async fn known(app: &App, actor: &Actor, root: Root) -> Result<(Signable, Option<HandedOut>)> {
    app.db
        .read(actor, "signature.copy", async |tx| {
            let on = root.signable(tx).await?;
            if !on.takes_key {
                return Err(signed_on_paper().into());
            }
            tx.permit::<Sign, _>(on)?;
            let copy = store::copy(tx, &on).await?;
            Ok((on, copy))
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
    let bytes = app.open_file(copy.partition, copy.file, &copy.sealed_sha256).await?;
    if sha256(&bytes)[..] != copy.pdf_hash[..] {
        return Err(crate::bug!("the file handed out {} is not what was stored", copy.file));
    }
    Ok(bytes)
}
