//! Who is asked reads the request, answers it, or asks that it be considered.
use axum::http::StatusCode;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::ask::{require_short, wrong};
use super::course::{Brings, hashed, step, turn};
use super::decide::Stepped;
use super::model::{Attachment, Inquiry, Named, Said, Step, StepKind};
use super::policy::Answer;
use super::{rules, store};
use crate::intake::model::media_type;
use crate::kernel::id::InquiryId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Once, Refusal, Result, StoredFile, Tx};

/// What is said: the information, or why it cannot be provided, or not in time (article 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Way {
    Provide,
    Plead,
}

impl Way {
    pub const ALL: [Way; 2] = [Way::Provide, Way::Plead];

    pub fn word(self) -> &'static str {
        match self {
            Way::Provide => "PROVIDE",
            Way::Plead => "PLEAD",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    fn kind(self) -> StepKind {
        match self {
            Way::Provide => StepKind::Answered,
            Way::Plead => StepKind::Pleaded,
        }
    }
}

/// An answer without its files.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    pub way: Way,
    pub text: String,
    /// Who answers for a unit, and in which position; a declarant answers for themselves.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub position: String,
}

/// A file as it came.
#[derive(Debug, Clone)]
pub struct Brought {
    pub name: String,
    pub bytes: Bytes,
}

/// Files of one answer.
pub const MOST_FILES: usize = 10;

/// Kinds of files that are taken, in words.
pub const KINDS: &str = "PDF, JPEG, PNG hoặc TIFF";

/// What a file is, where it is of a kind that is taken.
pub fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    Some(media_type(bytes)).filter(|kind| *kind != "application/octet-stream")
}

/// Turns away whoever is not asked, before anything of what they sent is looked at.
pub async fn require_asked(app: &App, actor: &Actor, id: InquiryId) -> Result<()> {
    app.db
        .read(actor, "inquiry.find", async |tx| {
            let inquiry = store::find(tx, id).await?;
            tx.permit::<Answer, _>(inquiry).map(|_| ())
        })
        .await
}

/// The first time who is asked reads it, they have received it: the days of article 7.1 run from today.
pub(super) async fn receive(app: &App, tx: &mut Tx, inquiry: Inquiry) -> Result<Inquiry> {
    if inquiry.received_on.is_some() || rules::after(inquiry.state, StepKind::Received).is_none() {
        return Ok(inquiry);
    }
    let (id, today) = (inquiry.id, tx.today());
    let due_on = Some(rules::due_after_receipt(&app.law, &inquiry, today)?);
    put_down(tx, inquiry, StepKind::Received, &Brings { due_on, said: None }, &[]).await?;
    store::find(tx, id).await
}

/// A file in the store that is to be named with the answer.
struct Put {
    stored: StoredFile,
    /// What kind of file it is, by its first bytes.
    media: &'static str,
    name: String,
}

async fn put_down(tx: &mut Tx, inquiry: Inquiry, kind: StepKind, brings: &Brings<'_>, files: &[Put]) -> Result<Step> {
    let to = rules::next(&inquiry, kind)?;
    let mut step = step(tx, &inquiry, kind, to, brings)?;
    let mut attached = Vec::with_capacity(files.len());
    for (place, Put { stored, media, name }) in (1..).zip(files) {
        attached.push((
            *stored,
            Attachment {
                partition: inquiry.partition,
                file: stored.id,
                step: step.id,
                inquiry: inquiry.id,
                unit: inquiry.unit,
                person: inquiry.person,
                place,
                name: tx.keys().seal(inquiry.partition, stored.id.0, name)?,
                media_type: (*media).to_owned(),
                size: i64::try_from(stored.size).map_err(anyhow::Error::from)?,
                original: stored.original.to_vec(),
                sealed: stored.sealed.to_vec(),
            },
        ));
    }
    let attachments: Vec<_> = attached.iter().map(|(_, attachment)| attachment.clone()).collect();
    let event = hashed(&inquiry, &mut step, &attachments)?;
    let stored_events: Vec<_> = files
        .iter()
        .map(|Put { stored, .. }| {
            let event = inquiry.event("inquiry.file_stored").id("step", step.id).id("file", stored.id);
            event.hash("original", stored.original).hash("sealed", stored.sealed)
        })
        .collect();
    let permit = tx.permit::<Answer, _>(inquiry)?;
    store::insert_answer(tx, &permit, &step, &attached).await?;
    for event in stored_events {
        tx.record(event)?;
    }
    tx.record(event)?;
    Ok(step)
}

/// Answers a request, once for each key: with text, with files, or both; again as often as there is more to say, until the
/// agency has ended it. Or puts forward why it cannot be answered, or not in time, for the agency to decide (article 7.2).
pub async fn answer(
    app: &App,
    actor: &Actor,
    id: InquiryId,
    asked: &Answering,
    files: Vec<Brought>,
    once: &Once,
) -> Result<Stepped> {
    let partition = app
        .db
        .read(actor, "inquiry.find", async |tx| {
            let inquiry = store::find(tx, id).await?;
            Ok(tx.permit::<Answer, _>(inquiry)?.on().partition)
        })
        .await?;
    let said = said(actor, asked, files.len())?;
    check_files(&files)?;
    let mut put = Vec::with_capacity(files.len());
    for file in files {
        let media = kind_of(&file.bytes).ok_or_else(|| crate::bug!("a file was not checked"))?;
        let name = file_name(&file.name);
        match app.store_file(partition, file.bytes).await {
            Ok(stored) => put.push(Put { stored, media, name }),
            Err(error) => {
                discard(app, &put).await;
                return Err(error);
            }
        }
    }
    let outcome = app
        .db
        .write_once(actor, "inquiry.answer", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Stepped>()? {
                return Ok((before, false));
            }
            turn(tx, id).await?;
            let inquiry = store::find(tx, id).await?;
            rules::next(&inquiry, asked.way.kind())?;
            let inquiry = receive(app, tx, inquiry).await?;
            // An officer of a unit of two agencies is answered again where their account is at home.
            let owner = Owner { partition: actor.home, unit: inquiry.unit, person: inquiry.person };
            let brings = Brings { due_on: None, said: Some(&said) };
            let step = put_down(tx, inquiry, asked.way.kind(), &brings, &put).await?;
            let stepped = Stepped { last: step.n, record_sha256: hex::encode(&step.record_hash) };
            tx.keep(owner, &stepped)?;
            Ok((stepped, true))
        })
        .await;
    match outcome {
        Ok((stepped, true)) => Ok(stepped),
        Ok((stepped, false)) => {
            discard(app, &put).await;
            Ok(stepped)
        }
        Err(error @ (Error::Refused(_) | Error::NotFound | Error::Forbidden)) => {
            discard(app, &put).await;
            Err(error)
        }
        // Whether a commit that failed took effect is not known, so its files stay.
        Err(error) => Err(error),
    }
}

async fn discard(app: &App, put: &[Put]) {
    for Put { stored, .. } in put {
        app.discard_file(stored).await;
    }
}

fn said(actor: &Actor, asked: &Answering, files: usize) -> Result<Said> {
    let text = viet::text::normalise_lines(&asked.text);
    match asked.way {
        Way::Provide if text.is_empty() && files == 0 => {
            let mend = "Đề nghị ghi nội dung trả lời, hoặc chọn tệp kèm theo.";
            return Err(wrong("text", "Chưa có nội dung cung cấp thông tin.".to_owned(), mend));
        }
        Way::Plead if text.is_empty() => {
            let mend = "Đề nghị ghi lý do khách quan và đề nghị của Ông/Bà để cơ quan kiểm soát xem xét.";
            return Err(wrong("text", "Chưa ghi lý do không cung cấp được hoặc không đúng hạn.".to_owned(), mend));
        }
        _ => require_short("text", &text)?,
    }
    let by = Named { name: viet::text::normalise(&asked.name), position: viet::text::normalise(&asked.position) };
    if actor.unit().is_none() {
        return Ok(Said { text, by: None });
    }
    if by.name.is_empty() || by.position.is_empty() {
        let mend = "Đề nghị ghi họ tên, chức vụ của người trả lời cho đơn vị.";
        return Err(wrong("signer", "Chưa ghi người trả lời.".to_owned(), mend));
    }
    Ok(Said { text, by: Some(by) })
}

fn check_files(files: &[Brought]) -> Result<()> {
    if files.len() > MOST_FILES {
        return Err(too_many().into());
    }
    for file in files {
        if kind_of(&file.bytes).is_none() {
            return Err(Refusal::new(
                "file_kind",
                format!("Tệp “{}” không phải là {KINDS}.", file_name(&file.name)),
                "Đề nghị xuất hoặc quét thành PDF rồi gửi lại.",
            )
            .into());
        }
    }
    Ok(())
}

pub fn too_many() -> Refusal {
    Refusal::new(
        "too_many_files",
        format!("Một lần trả lời nhận tối đa {MOST_FILES} tệp."),
        "Đề nghị ghép các tệp thành một tệp PDF, hoặc gửi tiếp trong lần trả lời bổ sung.",
    )
}

/// More bytes than one answer may bring.
pub fn too_large(limit_mib: u64) -> Refusal {
    Refusal::new(
        "file_too_large",
        format!("Các tệp lớn hơn mức {limit_mib} MB cho một lần trả lời nên không được lưu."),
        "Đề nghị giảm dung lượng, hoặc chia thành nhiều lần trả lời.",
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

/// The last part of the sender's file name in NFC, at most 120 characters.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = viet::text::normalise(last).chars().filter(|c| !c.is_control()).take(120).collect();
    if clean.is_empty() { "tệp kèm theo".to_owned() } else { clean }
}
