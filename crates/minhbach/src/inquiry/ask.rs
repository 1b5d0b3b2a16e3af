//! Asking for information, and asking for more.
use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::course::{Brings, decided, hashed, step, turn};
use super::model::{Asked, Inquiry, Named, Signatory, Statement, StepKind};
use super::policy::{Ask, Decide};
use super::rules::{self, BASIS};
use super::store;
use crate::campaign::coverage::controls;
use crate::campaign::policy::Agency;
use crate::campaign::rules::{DOCUMENT_NO, document_no};
use crate::declaration;
use crate::handover::open::who;
use crate::kernel::id::{DeclarationId, InquiryId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, App, Error, Once, Permit, Refusal, Result, Tx};
use crate::person::inquiry::State;
use crate::{law, organisation, person};

/// The document (article 6.2).
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Number and sign, "12/TTT-NV1"; one request of the agency has it in a year.
    pub document_no: String,
    pub issued_on: NaiveDate,
    /// Complex information, or such as is not at hand: the longer term (article 7.1b).
    pub complex: bool,
    /// The last day to answer: not before the law's days have run from today.
    pub due_on: NaiveDate,
    /// Purpose and ground.
    pub purpose: String,
    /// The information to be provided.
    pub information: String,
    /// How to provide it, on paper or as data messages.
    pub guidance: String,
    /// Other requests; may be empty.
    pub other: String,
    pub signatory: Signatory,
    pub signer_name: String,
    pub signer_position: String,
}

/// A request to a unit (`unit`, and `person` where it is about one of its people) or to a declarant (`person`).
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    pub asked: Asked,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    /// A declaration of that person.
    pub declaration: Option<DeclarationId>,
    pub document: Document,
}

/// A request made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issued {
    pub inquiry: InquiryId,
    pub due_on: NaiveDate,
    /// SHA-256 over what the log has of it, hex.
    pub record_sha256: String,
}

/// Longest text of a part, in characters.
pub const LONGEST: usize = 20_000;

/// Asks a unit or a declarant under the agency's control for information, in writing (article 31.2, 31.3 of the law; article 6
/// of the decree): number and day of the document, purpose and ground, what is asked for, until when, how to provide it, who
/// signs. The term is at least the law's (article 7.1), counted from today: the request is there for who is asked from now on.
pub async fn ask(app: &App, actor: &Actor, asked: &Asking, once: &Once) -> Result<Issued> {
    let partition = actor.agency().ok_or(Error::Forbidden)?;
    app.db
        .write_once(actor, "inquiry.ask", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Issued>()? {
                return Ok(before);
            }
            // Before anybody's name is opened.
            let permit = tx.permit::<Ask, _>(Agency(partition))?;
            let place = addressed(tx, partition, asked).await?;
            issue(app, tx, &permit, place, None, &asked.document).await
        })
        .await
}

/// What an officer asks for more with, having read the answer.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Further {
    /// `last` of the request that was read.
    pub seen: i32,
    pub document: Document,
}

/// Asks who answered for more (article 6.3): a further request with the same parts, which names the first one; the first one
/// ends with that.
pub async fn ask_more(app: &App, actor: &Actor, id: InquiryId, asked: &Further, once: &Once) -> Result<Issued> {
    app.db
        .write_once(actor, "inquiry.ask_more", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Issued>()? {
                return Ok(before);
            }
            turn(tx, id).await?;
            let first = store::find(tx, id).await?;
            let first = tx.permit::<Decide, _>(first)?.on().clone();
            rules::next(&first, StepKind::Followed)?;
            rules::require_seen(&first, asked.seen)?;
            if asked.document.issued_on < first.issued_on {
                let day = viet::date::format_short(first.issued_on);
                let sentence = format!("Ngày văn bản yêu cầu bổ sung trước ngày văn bản đầu ({day}).");
                return Err(wrong("issued_on", sentence, "Đề nghị ghi đúng ngày của văn bản."));
            }
            decided(tx, first.clone(), StepKind::Followed, &Brings::default()).await?;
            let statement = tx.open(first.partition, first.id.0, &first.statement)?;
            let place = Place {
                asked: first.asked,
                unit: first.unit,
                person: first.person,
                subject: first.subject,
                declaration: first.declaration,
                to: statement.to,
                about: statement.about,
            };
            let permit = tx.permit::<Ask, _>(Agency(first.partition))?;
            issue(app, tx, &permit, place, Some(first.id), &asked.document).await
        })
        .await
}

/// Whom a request is for, and about whom.
struct Place {
    asked: Asked,
    unit: Option<OrganisationId>,
    person: Option<PersonId>,
    subject: Option<PersonId>,
    declaration: Option<DeclarationId>,
    to: Option<Named>,
    about: Option<Named>,
}

/// Whom a request names, each of them under the agency's control; names are opened here, and the request is their record.
async fn addressed(tx: &mut Tx, partition: PartitionId, asked: &Asking) -> Result<Place> {
    let subject = match asked.person {
        Some(id) => {
            let person = person::store::find(tx, partition, id).await?;
            let known = who(tx, Some(&person))?;
            Some((person, Named { name: known.name, position: known.position }))
        }
        None => None,
    };
    if let Some(id) = asked.declaration {
        let declaration = declaration::store::find(tx, id).await?;
        if Some(declaration.person) != asked.person {
            return Err(wrong(
                "declaration",
                "Bản kê khai được nêu không phải của người được chọn.".to_owned(),
                "Đề nghị mở bản kê khai của người đó rồi lập yêu cầu từ đấy.",
            ));
        }
    }
    let mut place = Place {
        asked: asked.asked,
        unit: None,
        person: None,
        subject: asked.person,
        declaration: asked.declaration,
        to: None,
        about: None,
    };
    match (asked.asked, asked.unit, subject) {
        (Asked::Person, _, Some((_, named))) => {
            place.person = asked.person;
            place.to = Some(named);
        }
        (Asked::Person, _, None) => {
            let mend = "Đề nghị chọn người có nghĩa vụ kê khai trong danh sách của đơn vị.";
            return Err(wrong("person", "Chưa chọn người được yêu cầu.".to_owned(), mend));
        }
        (Asked::Unit, Some(unit), subject) => {
            require_controlled(tx, partition, unit).await?;
            // A unit is told of nobody who is not of its list.
            if let Some((person, named)) = subject {
                if person.unit != unit {
                    let mend = "Đề nghị chọn người trong danh sách của đơn vị được yêu cầu.";
                    let sentence = "Người được chọn không thuộc danh sách của đơn vị được yêu cầu.".to_owned();
                    return Err(wrong("person", sentence, mend));
                }
                place.about = Some(named);
            }
            place.unit = Some(unit);
        }
        (Asked::Unit, None, _) => {
            let mend = "Đề nghị chọn cơ quan, tổ chức, đơn vị được yêu cầu.";
            return Err(wrong("unit", "Chưa chọn đơn vị được yêu cầu.".to_owned(), mend));
        }
    }
    Ok(place)
}

/// The units an agency can ask: those whose people it controls, by rule or because some are on the list.
pub async fn units(tx: &mut Tx, partition: PartitionId) -> Result<Vec<(OrganisationId, String)>> {
    let (today, routing) = (tx.today(), organisation::store::routing_rules(tx).await?);
    let with_people = store::units_with_people(tx, partition).await?;
    let bodies = organisation::store::organisations(tx).await?;
    let mut units: Vec<(OrganisationId, String)> = bodies
        .into_iter()
        .filter(|body| with_people.contains(&body.id) || controls(&routing, body, partition, today))
        .map(|body| (body.id, body.name))
        .collect();
    units.sort_by_cached_key(|(id, name)| (viet::text::name_sort_key(name), *id));
    Ok(units)
}

async fn require_controlled(tx: &mut Tx, partition: PartitionId, unit: OrganisationId) -> Result<()> {
    // What is not under the agency's control looks like what is not there.
    if units(tx, partition).await?.iter().any(|(id, _)| *id == unit) { Ok(()) } else { Err(Error::NotFound) }
}

async fn issue(
    app: &App,
    tx: &mut Tx,
    permit: &Permit<Ask, Agency>,
    place: Place,
    after: Option<InquiryId>,
    document: &Document,
) -> Result<Issued> {
    let document_no = document_no(&document.document_no)
        .ok_or_else(|| wrong("document_no", DOCUMENT_NO.to_owned(), "Văn bản có số mới được gửi."))?;
    let today = tx.today();
    if document.issued_on > today {
        let sentence = format!("Ngày văn bản {} ở sau hôm nay.", viet::date::format_short(document.issued_on));
        return Err(wrong("issued_on", sentence, "Đề nghị ghi đúng ngày của văn bản yêu cầu."));
    }
    rules::check_due(&app.law, &rules::terms(&app.law, document.complex, today)?, document.due_on)?;
    let statement = statement(document, place.to, place.about)?;
    let (id, partition) = (InquiryId::new(), permit.on().0);
    let mut new = Inquiry {
        partition,
        id,
        asked: place.asked,
        unit: place.unit,
        person: place.person,
        subject: place.subject,
        declaration: place.declaration,
        after,
        document_no,
        issued_on: document.issued_on,
        complex: document.complex,
        rule_set: law::in_force(&app.law, today)?.id().to_owned(),
        first_due_on: document.due_on,
        signatory: document.signatory,
        statement: tx.keys().seal(partition, id.0, &statement)?,
        record_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
        state: State::Waiting,
        last: 0,
        due_on: document.due_on,
        received_on: None,
        next: None,
    };
    let hash = new.hash()?;
    new.record_hash = hash.to_vec();
    let brings = Brings { due_on: Some(new.due_on), said: None };
    let mut first = step(tx, &new, StepKind::Issued, State::Waiting, &brings)?;
    let event = hashed(&new, &mut first, &[])?;
    store::insert(tx, permit, &new).await.map_err(|error| match error.constraint() {
        Some("inquiry_number") => number_used(&new.document_no, new.issued_on).into(),
        _ => error,
    })?;
    store::insert_first(tx, permit, &new, &first).await?;
    let event = event.hash("record", hash).word("asked", new.asked.word()).day("issued_on", new.issued_on);
    let event = after.into_iter().fold(event, |event, first| event.id("after", first));
    tx.record(new.subject.into_iter().fold(event, |event, subject| event.id("subject", subject)))?;
    let issued = Issued { inquiry: id, due_on: new.due_on, record_sha256: hex::encode(hash) };
    tx.keep(crate::kernel::jobs::Owner { partition, unit: None, person: None }, &issued)?;
    Ok(issued)
}

/// The parts of the document and its signer (rule X08): none of the three that must be there empty, none longer than a
/// request has place for.
fn statement(document: &Document, to: Option<Named>, about: Option<Named>) -> Result<Statement> {
    let parts = [
        ("purpose", "mục đích, căn cứ yêu cầu cung cấp thông tin", &document.purpose),
        ("information", "những thông tin cần được cung cấp", &document.information),
        ("guidance", "hướng dẫn việc cung cấp thông tin bằng văn bản, thông điệp dữ liệu", &document.guidance),
        ("other", "yêu cầu khác", &document.other),
    ];
    let mut texts = Vec::with_capacity(parts.len());
    for (field, what, typed) in parts {
        let text = viet::text::normalise_lines(typed);
        if text.is_empty() && field != "other" {
            return Err(wrong(field, format!("Chưa ghi {what}."), "Đề nghị ghi đủ các nội dung của văn bản yêu cầu."));
        }
        require_short(field, &text)?;
        texts.push(text);
    }
    let signer = Named {
        name: viet::text::normalise(&document.signer_name),
        position: viet::text::normalise(&document.signer_position),
    };
    if signer.name.is_empty() || signer.position.is_empty() {
        let mend = "Đề nghị ghi người đứng đầu, cấp phó hoặc Tổ trưởng Tổ xác minh đã ký văn bản.";
        return Err(wrong("signer", "Chưa ghi họ tên hoặc chức vụ người ký.".to_owned(), mend));
    }
    let [purpose, information, guidance, other] =
        texts.try_into().map_err(|_| crate::bug!("a document has four parts of text"))?;
    Ok(Statement { purpose, information, guidance, other, signer, to, about })
}

/// A text has a limit: what is longer goes along as a file.
pub(super) fn require_short(field: &'static str, text: &str) -> Result<()> {
    if text.chars().count() <= LONGEST {
        return Ok(());
    }
    let most = viet::number::group(i64::try_from(LONGEST).unwrap_or(i64::MAX));
    let sentence = format!("Nội dung dài hơn {most} ký tự.");
    Err(wrong(field, sentence, "Đề nghị rút gọn; nội dung dài hơn thì gửi thành tệp hoặc văn bản riêng."))
}

pub(super) fn wrong(code: &'static str, sentence: String, mend: &'static str) -> Error {
    Refusal::new(code, sentence, mend).basis(BASIS).into()
}

fn number_used(document_no: &str, issued_on: NaiveDate) -> Refusal {
    Refusal::new(
        "number_used",
        format!("Số {document_no} năm {} đã dùng cho một văn bản yêu cầu khác của cơ quan.", issued_on.year()),
        "Mỗi văn bản yêu cầu có số riêng; đề nghị ghi đúng số trên văn bản, hoặc mở yêu cầu đã gửi với số này.",
    )
    .status(StatusCode::CONFLICT)
}
