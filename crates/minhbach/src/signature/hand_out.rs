//! Handing out the file to be signed. The first time it is stored, and from then on the same bytes are given: a signature
//! is judged against them.
use bytes::Bytes;
use uuid::Uuid;

use super::model::{Channel, Followed, HandedOut, Side, Signable, Signature};
use super::policy::Sign;
use super::sign::{changed_since, require_key_turn};
use super::store;
use super::subject::Seat;
use crate::kernel::files::sha256;
use crate::kernel::id::SigningCopyId;
use crate::kernel::{Actor, App, Error, Event, Refusal, Result, StoredFile, Tx};

/// The file to be signed: the one the other side signed last, or else the printed one, made when nobody took it yet (only
/// by who is to sign it).
pub async fn hand_out(app: &App, actor: &Actor, seat: Seat) -> Result<Vec<u8>> {
    let (on, base) = known(app, actor, seat).await?;
    if let Some(copy) = &base.copy {
        return open_base(app, copy, base.over.as_ref()).await;
    }
    let (of, printed) = seat.root.print(app, actor).await?;
    let printed = Bytes::from(printed);
    let file = app.store_file(on.partition, printed.clone()).await?;
    match app.db.write(actor, "signature.hand_out", async |tx| put_down(tx, seat, of, &file).await).await {
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
    let (_, base) = known(app, actor, seat).await?;
    let copy = base.copy.ok_or_else(|| crate::bug!("a copy that was there is gone"))?;
    open_base(app, &copy, base.over.as_ref()).await
}

/// What a side signs: the copy handed out, and over whose signature.
pub(super) struct Base {
    pub copy: Option<HandedOut>,
    pub over: Option<Signature>,
}

/// What a side signs now. The other side's signature that stands comes first: the second is an increment over it.
pub(super) async fn base(tx: &mut Tx, on: &Signable) -> Result<Base> {
    let is_other = |one: &Followed| {
        let signature = &one.signature;
        let of_it = (signature.subject, signature.subject_id) == (on.subject, on.id);
        of_it && signature.side != on.side && signature.channel == Channel::Digital && one.stands()
    };
    let over = store::of_root(tx, on).await?.into_iter().rfind(is_other).map(|one| one.signature);
    Ok(Base { copy: store::copy(tx, on).await?, over })
}

/// The bytes a side signs.
pub(super) async fn open_base(app: &App, copy: &HandedOut, over: Option<&Signature>) -> Result<Vec<u8>> {
    match over {
        Some(over) => open_signed(app, over).await,
        None => open_copy(app, copy).await,
    }
}

/// The bytes of a signed file.
pub(super) async fn open_signed(app: &App, one: &Signature) -> Result<Vec<u8>> {
    let file = one.file.ok_or_else(|| crate::bug!("signature {} has no file", one.id))?;
    let actor = Actor::system_in(one.partition);
    let sealed =
        app.db.read(&actor, "signature.file", async |tx| store::sealed_name(tx, one.partition, file).await).await?;
    app.open_file(one.partition, file, &sealed).await
}

/// Names what was printed as the copy handed out; `false` when another was handed out meanwhile.
async fn put_down(tx: &mut Tx, seat: Seat, of: Uuid, file: &StoredFile) -> Result<bool> {
    let on = seat.signable(tx).await?;
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

async fn known(app: &App, actor: &Actor, seat: Seat) -> Result<(Signable, Base)> {
    app.db
        .read(actor, "signature.copy", async |tx| {
            let on = seat.signable(tx).await?;
            if !on.takes_key {
                return Err(signed_on_paper().into());
            }
            tx.permit::<Sign, _>(on)?;
            require_key_turn(&on)?;
            let base = base(tx, &on).await?;
            require_below(&on, &base)?;
            // Whoever takes it reads what it says.
            match (&base.over, &base.copy) {
                (Some(over), _) => {
                    tx.record(event_of(&on, "signature.signed_handed_out").id("subject", on.id).id("over", over.id))?;
                }
                (None, Some(copy)) => {
                    tx.record(event_of(&on, "signature.copy_opened").id("subject", on.id).id("copy", copy.id))?;
                }
                (None, None) => {}
            }
            Ok((on, base))
        })
        .await
}

/// The agency signs over what the unit signed, never the bare copy.
pub(super) fn require_below(on: &Signable, base: &Base) -> Result<()> {
    if on.side != Side::Agency {
        return Ok(());
    }
    if base.over.is_none() {
        return Err(unit_first().into());
    }
    Ok(())
}

fn unit_first() -> Refusal {
    Refusal::new(
        "unit_first",
        "Đơn vị chưa ký số biên bản này nên cơ quan chưa có tệp để ký.",
        "Cơ quan ký số trên chính tệp đơn vị đã ký; nếu đơn vị ký trên giấy thì ghi nhận ngày ký trên giấy.",
    )
}

fn signed_on_paper() -> Refusal {
    Refusal::new(
        "signed_on_paper",
        "Bản kê khai này được số hóa từ bản giấy đã ký nên không ký số trên hệ thống.",
        "Bản giấy có chữ ký là bản chính; đơn vị ghi nhận ngày ký trên giấy.",
    )
}

/// The bytes of a copy, checked against their hash.
async fn open_copy(app: &App, copy: &HandedOut) -> Result<Vec<u8>> {
    let bytes = app.open_file(copy.partition, copy.file, &copy.sealed_sha256).await?;
    if sha256(&bytes)[..] != copy.pdf_hash[..] {
        return Err(crate::bug!("the file handed out {} is not what was stored", copy.file));
    }
    Ok(bytes)
}
