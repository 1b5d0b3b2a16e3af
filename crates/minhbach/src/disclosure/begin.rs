//! Beginning to publish: which declarations, posted where from which day, or read at which meeting.
use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::model::{ItemName, ItemPosition, Place, Reading};
use super::policy::{Begin, Lot};
use super::record::{Begun, BegunMeeting, Line};
use super::store::{self, NewDisclosure, NewMeeting};
use crate::declaration::publication::{self, Mode, PublishedPlace, ToPublish};
use crate::handover::open::who;
use crate::handover::send::count;
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PartitionId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::{declaration, law, person};

const BASIS: &str = "Điều 39 Luật Phòng, chống tham nhũng năm 2018, Điều 11 Nghị định 130/2020/NĐ-CP";

/// What the unit says of a posting, or of a meeting that was held.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// The control agency; all declarations are its.
    pub agency: PartitionId,
    pub declarations: BTreeSet<DeclarationId>,
    /// First day of the posting, or the day of the meeting.
    pub from_on: NaiveDate,
    /// Where it hangs, or where the meeting was.
    pub place: String,
    /// Absent for a posting.
    #[serde(default)]
    pub meeting: Option<Meeting>,
}

/// A meeting at which declarations were read.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    pub summoned: u32,
    pub present: u32,
    pub chair_name: String,
    pub chair_position: String,
    pub reading: Reading,
    /// Questions asked and what was answered; empty when nobody asked.
    #[serde(default)]
    pub questions: String,
}

/// A publication begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Started {
    pub disclosure: DisclosureId,
    /// The last day of the posting; of a meeting its day.
    pub until_on: NaiveDate,
    /// Declarations whose last day to begin had passed.
    pub late: i64,
    /// How many more had to be present for the meeting to count; 0 for a posting.
    pub missing_present: i64,
    /// SHA-256 over the publication as it was begun, hex.
    pub record_sha256: String,
}

/// Letters of a place; it stands beside every declaration that is published there.
const LONGEST_PLACE: usize = 300;

fn long_place() -> Refusal {
    Refusal::new(
        "no_place",
        format!("Nơi công khai dài quá {LONGEST_PLACE} ký tự."),
        "Đề nghị ghi ngắn gọn nơi niêm yết hoặc nơi họp.",
    )
}

/// The unit publishes declarations it handed over (article 39): it posts them, and the last day of the posting follows from
/// the rule set, or it puts down the meeting at which they were read. It is to begin within the days of khoản 3 Điều 11
/// Nghị định 130/2020/NĐ-CP after hand-over; later is recorded as late and not refused. A declaration is published once,
/// unless that publication was broken off. The day is not in the future, not before any of them was handed over, nor before
/// an earlier publication was broken off. Asking twice with one key begins one.
pub async fn begin(app: &App, actor: &Actor, asked: &Beginning, once: &Once) -> Result<Started> {
    let lot = Lot { partition: asked.agency, unit: actor.unit().ok_or(Error::Forbidden)? };
    app.db
        .write_once(actor, "disclosure.begin", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Started>()? {
                return Ok(before);
            }
            let permit = tx.permit::<Begin, _>(lot)?;
            if asked.place.is_empty() {
                return Err(no_place().into());
            }
            if asked.place.chars().count() > LONGEST_PLACE {
                return Err(long_place().into());
            }
            // What another officer began to publish, or a declarant asked to correct, meanwhile is seen.
            tx.take_turn("disclosure.begin", lot.unit).await?;
            let chosen = chosen(app, tx, lot, asked).await?;
            check_day(tx, asked.from_on, &chosen)?;
            let id = DisclosureId::new();
            let rules = law::in_force(&app.law, asked.from_on)?;
            let mode = if asked.meeting.is_some() { Mode::Meeting } else { Mode::Posting };
            let until_on = match mode {
                Mode::Posting => law::limit(&app.law, rules, "posting", asked.from_on)?.due.on,
                Mode::Meeting => asked.from_on,
            };
            let meeting = match &asked.meeting {
                Some(meeting) => Some(sealed_meeting(tx, lot, id, meeting, &rules.publication.quorum)?),
                None => None,
            };
            let lines = lines(app, tx, lot, asked, &chosen).await?;
            let late = count(lines.iter().filter(|line| asked.from_on > line.due_on).count());
            let place = tx.keys().seal::<Place>(lot.partition, id.0, &asked.place)?;
            let begun = Begun {
                id,
                unit: lot.unit,
                mode,
                rule_set: rules.id(),
                from_on: asked.from_on,
                until_on,
                place_sealed: place.as_bytes(),
                meeting: meeting.as_ref().map(|meeting| BegunMeeting {
                    summoned: meeting.summoned,
                    present: meeting.present,
                    needed: meeting.needed,
                    reading: meeting.reading,
                    chair_name_sealed: meeting.chair_name.as_bytes(),
                    chair_position_sealed: meeting.chair_position.as_bytes(),
                    questions_sealed: meeting.questions.as_bytes(),
                }),
                lines: &lines,
            };
            let hash = begun.hash()?;
            let new = NewDisclosure {
                id,
                mode,
                rule_set: rules.id(),
                from_on: asked.from_on,
                until_on,
                place: &place,
                meeting: meeting.as_ref(),
                hash,
                lines: &lines,
            };
            store::insert(tx, &permit, &new).await.map_err(|error| match error.constraint() {
                Some("disclosure_item_once") => already_published().into(),
                _ => error,
            })?;
            let event = match mode {
                Mode::Posting => Event::new("disclosure.posted", lot.partition),
                Mode::Meeting => Event::new("disclosure.meeting_held", lot.partition),
            };
            tx.record(
                event
                    .unit(lot.unit)
                    .id("disclosure", id)
                    .hash("record", hash)
                    .word("mode", mode.word())
                    .count("declarations", count(lines.len()))
                    .count("late", late),
            )?;
            let missing_present =
                meeting.as_ref().map_or(0, |meeting| i64::from((meeting.needed - meeting.present).max(0)));
            let started = Started { disclosure: id, until_on, late, missing_present, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition: lot.partition, unit: Some(lot.unit), person: None }, &started)?;
            Ok(started)
        })
        .await
}

/// The meeting with its quorum by the rule set, names and texts under seal.
fn sealed_meeting(
    tx: &mut Tx,
    lot: Lot,
    id: DisclosureId,
    meeting: &Meeting,
    quorum: &form::ruleset::Quorum,
) -> Result<NewMeeting> {
    if meeting.summoned == 0 || meeting.present > meeting.summoned {
        return Err(attendance().into());
    }
    if meeting.chair_name.is_empty() || meeting.chair_position.is_empty() {
        return Err(no_chair().into());
    }
    let number = |n: u32| i32::try_from(n).map_err(|_| Error::from(attendance()));
    let keys = tx.keys().clone();
    Ok(NewMeeting {
        summoned: number(meeting.summoned)?,
        present: number(meeting.present)?,
        needed: number(quorum.needed(meeting.summoned))?,
        reading: meeting.reading,
        chair_name: keys.seal(lot.partition, id.0, &meeting.chair_name)?,
        chair_position: keys.seal(lot.partition, id.0, &meeting.chair_position)?,
        questions: keys.seal(lot.partition, id.0, &meeting.questions)?,
    })
}

/// What the minutes say of each declaration: its version in force, the declarant as the list has them today, its last day.
async fn lines(app: &App, tx: &mut Tx, lot: Lot, asked: &Beginning, chosen: &[ToPublish]) -> Result<Vec<Line>> {
    let people: Vec<PersonId> = chosen.iter().map(|declaration| declaration.person).collect();
    let people = person::store::find_all(tx, &people).await?;
    let mut lines = Vec::with_capacity(chosen.len());
    for declaration in chosen {
        let id = uuid::Uuid::now_v7();
        let who = who(tx, people.get(&declaration.person))?;
        let keys = tx.keys();
        lines.push(Line {
            id,
            declaration: declaration.declaration,
            version: declaration.version,
            person: declaration.person,
            handed_on: declaration.handed_on,
            due_on: publication::due_on(&app.law, &declaration.rule_set, declaration.handed_on)?,
            name_sealed: keys.seal::<ItemName>(lot.partition, id, &who.name)?.as_bytes().to_vec(),
            position_sealed: keys.seal::<ItemPosition>(lot.partition, id, &who.position)?.as_bytes().to_vec(),
            place_sealed: keys.seal::<PublishedPlace>(lot.partition, id, &asked.place)?.as_bytes().to_vec(),
            document_hash: declaration.document_hash.clone(),
        });
    }
    Ok(lines)
}

/// What a unit handed over and has not published.
pub struct Waiting {
    /// To be published at the workplace, by the kinds of the rule set.
    pub here: Vec<ToPublish>,
    /// How many are published where else the law says.
    pub elsewhere: usize,
}

pub async fn waiting(app: &App, tx: &mut Tx, unit: OrganisationId) -> Result<Waiting> {
    let mut waiting = Waiting { here: Vec::new(), elsewhere: 0 };
    for declaration in declaration::store::to_publish(tx, unit).await? {
        if publication::is_for_workplace(&app.law, &declaration.rule_set, declaration.kind)? {
            waiting.here.push(declaration);
        } else {
            waiting.elsewhere += 1;
        }
    }
    Ok(waiting)
}

/// A text of several lines: each normalised, none empty.
pub fn paragraphs(text: &str) -> String {
    let lines = text.lines().map(viet::text::normalise).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The chosen declarations, each one handed over to the agency and waiting.
async fn chosen(app: &App, tx: &mut Tx, lot: Lot, asked: &Beginning) -> Result<Vec<ToPublish>> {
    if asked.declarations.is_empty() {
        return Err(nothing_chosen().into());
    }
    let waiting = waiting(app, tx, lot.unit).await?.here;
    let waiting = waiting.into_iter().filter(|declaration| declaration.partition == lot.partition);
    let mut waiting: BTreeMap<DeclarationId, ToPublish> = waiting.map(|d| (d.declaration, d)).collect();
    let today = tx.today();
    let contested = declaration::correction::store::waiting(tx).await?.into_iter().filter(|one| one.waits(today));
    let contested: BTreeSet<DeclarationId> = contested.map(|one| one.declaration).collect();
    let mut chosen = Vec::with_capacity(asked.declarations.len());
    for id in &asked.declarations {
        match waiting.remove(id) {
            Some(_) if contested.contains(id) => return Err(correction_waits().into()),
            Some(declaration) => chosen.push(declaration),
            None => return Err(why_not(app, tx, lot.partition, *id).await?.into()),
        }
    }
    Ok(chosen)
}

/// What the declarant says is not right is not hung up while the competent person has not decided.
fn correction_waits() -> Refusal {
    Refusal::new(
        "correction_waits",
        "Có bản kê khai được chọn mà người kê khai đã đề nghị sửa đổi và đề nghị còn chờ quyết định.",
        "Đề nghị bỏ chọn bản đó, công khai sau khi có quyết định hoặc khi đề nghị hết hiệu lực.",
    )
    .basis(BASIS)
    .status(StatusCode::CONFLICT)
}

/// Why a declaration cannot be published now.
async fn why_not(app: &App, tx: &mut Tx, agency: PartitionId, id: DeclarationId) -> Result<Refusal> {
    let found = match declaration::store::find(tx, id).await {
        Ok(found) => Some(found).filter(|declaration| declaration.partition == agency),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let Some(declaration) = found else {
        return Ok(Refusal::new(
            "not_of_agency",
            "Có bản kê khai được chọn không thuộc đơn vị hoặc không thuộc cơ quan kiểm soát này.",
            "Đề nghị tải lại trang và chọn trong danh sách hiện có; mỗi lần công khai bản kê khai của một cơ quan kiểm soát.",
        )
        .basis(BASIS));
    };
    if declaration.handed_over_on.is_none() {
        return Ok(Refusal::new(
            "not_handed_over",
            "Có bản kê khai được chọn mà đơn vị chưa bàn giao cho cơ quan kiểm soát, hoặc cơ quan kiểm soát ghi thiếu.",
            "Đề nghị bàn giao trước khi công khai.",
        )
        .basis(BASIS));
    }
    let version = declaration::store::latest_version(tx, &declaration).await?;
    if !publication::is_for_workplace(&app.law, &version.rule_set, declaration.kind)? {
        return Ok(Refusal::new(
            "not_at_workplace",
            "Có bản kê khai phục vụ công tác cán bộ hoặc của người ứng cử; bản này không công khai tại nơi làm việc.",
            "Đề nghị công khai tại cuộc họp lấy phiếu tín nhiệm, hoặc theo pháp luật về bầu cử.",
        )
        .basis("khoản 2, khoản 3 Điều 39 Luật Phòng, chống tham nhũng năm 2018"));
    }
    Ok(already_published())
}

pub(super) fn nothing_chosen() -> Refusal {
    Refusal::new(
        "nothing_chosen",
        "Chưa chọn bản kê khai nào để công khai.",
        "Đề nghị đánh dấu ít nhất một bản trong danh sách.",
    )
}

pub(super) fn no_place() -> Refusal {
    Refusal::new(
        "no_place",
        "Chưa ghi nơi công khai.",
        "Đề nghị ghi rõ, ví dụ “bảng tin tầng 1, trụ sở cơ quan”, theo hướng dẫn trên trang.",
    )
}

pub(super) fn no_chair() -> Refusal {
    Refusal::new("no_chair", "Chưa ghi họ tên hoặc chức vụ người chủ trì cuộc họp.", "Đề nghị ghi đủ cả hai.")
}

pub(super) fn attendance() -> Refusal {
    Refusal::new(
        "attendance",
        "Số người được triệu tập, có mặt chưa đúng.",
        "Đề nghị ghi số nguyên; số người có mặt không lớn hơn số được triệu tập.",
    )
}

fn already_published() -> Refusal {
    Refusal::new(
        "already_published",
        "Có bản kê khai được chọn vừa được công khai trong một lần khác.",
        "Danh sách đã được cập nhật; đề nghị xem lại rồi công khai những bản còn lại.",
    )
    .status(StatusCode::CONFLICT)
}

/// Not after today, not before any of them was handed over, nor before an earlier publication of it was broken off.
fn check_day(tx: &Tx, from_on: NaiveDate, chosen: &[ToPublish]) -> Result<()> {
    let day = viet::date::format_short;
    let handed = chosen.iter().map(|declaration| declaration.handed_on).max();
    let broken = chosen.iter().filter_map(|declaration| declaration.broken_on).max();
    let sentence = match (handed, broken) {
        _ if from_on > tx.today() => format!("Ngày công khai {} ở sau hôm nay.", day(from_on)),
        (Some(handed), _) if from_on < handed => {
            format!("Ngày công khai {} trước ngày bàn giao ({}) của bản được chọn.", day(from_on), day(handed))
        }
        (_, Some(broken)) if from_on < broken => format!(
            "Ngày công khai {} trước ngày dừng lần công khai trước ({}) của bản được chọn.",
            day(from_on),
            day(broken)
        ),
        _ => return Ok(()),
    };
    Err(Refusal::new("from_on", sentence, "Đề nghị ghi đúng ngày bắt đầu niêm yết hoặc ngày họp.").basis(BASIS).into())
}
