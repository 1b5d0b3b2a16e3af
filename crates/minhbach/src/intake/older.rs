//! A scan of a declaration on an older form is put on record: basic fields, the scan, and where the paper lies (điểm 1 mục II
//! Quyết định 390/QĐ-TTg). Its content is not read: no rule of today is for it.
use chrono::{Datelike, NaiveDate};
use form::{LawBook, OlderForm};
use serde::{Deserialize, Serialize};

use axum::http::StatusCode;
use viet::ident::recognise_personal_id;

use super::accept::{self, Who};
use super::older_acts::to_follow;
use super::policy::RecordOlder;
use super::store;
use crate::declaration::older::{self, Asked, FactsCell, Older, OlderFacts, PlaceCell};
use crate::kernel::id::{IntakeId, OlderId, OrganisationId, PartitionId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Event, Once, Refusal, Result, Tx};
use crate::person::policy::{AddPerson, Place};
use crate::person::{self, PersonFacts};

/// Characters of where the paper lies.
pub const LONGEST_PLACE: usize = 300;

/// What the officer puts on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Code of `law/older-forms.toml`: ND78_2013, ND37_2007, OTHER.
    pub form: String,
    /// The year it was made for.
    pub year: i16,
    #[serde(default)]
    pub completed_on: Option<NaiveDate>,
    pub facts: OlderFacts,
    /// Where the paper lies: store, shelf, box, file.
    pub place: String,
    pub who: Who,
    /// The revision of the paper this was written from; left out, whatever it is now.
    #[serde(default)]
    pub revision: Option<i32>,
}

/// What stands on record now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    pub older: OlderId,
    /// SHA-256 over the record, hex; the log has it.
    pub record_sha256: String,
}

/// The facts by which a person is looked for: the number whatever it is, and the name.
pub fn sought(facts: &OlderFacts) -> PersonFacts {
    PersonFacts {
        name: facts.name.clone(),
        dob: facts.dob,
        position: facts.position.clone(),
        id_no: facts.id_no.clone(),
    }
}

/// Characters of a text on the paper.
const LONGEST_TEXT: usize = 300;

impl Recording {
    /// As it is kept: blanks and marks in one way, however they were typed or sent.
    pub fn normalised(self) -> Self {
        let text = |text: &str| viet::text::normalise(text);
        let facts = OlderFacts {
            name: text(&self.facts.name),
            dob: self.facts.dob,
            id_no: self.facts.id_no.map(|number| text(&number)).filter(|number| !number.is_empty()),
            position: text(&self.facts.position),
            unit_name: text(&self.facts.unit_name),
        };
        Self { place: text(&self.place), facts, ..self }
    }
}

/// What is to be mended before it can stand on record, each with the box it is about.
pub fn faults(law: &LawBook, new: &Recording, today: NaiveDate) -> Vec<(&'static str, String)> {
    let mut faults = of_its_time(law.older_form(&new.form), new.year, new.completed_on, today);
    let mut add = |field, said: &str| faults.push((field, said.to_owned()));
    let facts = &new.facts;
    if facts.name.is_empty() {
        add("name", "Chưa ghi họ và tên người kê khai. Đề nghị ghi như trên bản giấy.");
    }
    if facts.id_no.as_deref().is_some_and(|number| recognise_personal_id(number).is_none()) {
        add(
            "id_no",
            "Số này không có dạng căn cước (12 chữ số), chứng minh nhân dân (9 chữ số), hộ chiếu hay chứng minh quân đội, công an. Đề nghị xem lại bản quét, hoặc để trống nếu bản giấy không ghi.",
        );
    }
    if facts.unit_name.is_empty() {
        add("unit_name", "Chưa ghi cơ quan, đơn vị công tác. Đề nghị ghi tên như trên bản giấy.");
    }
    for (field, what, text) in [
        ("name", "Họ và tên", &facts.name),
        ("position", "Chức vụ", &facts.position),
        ("unit_name", "Tên cơ quan, đơn vị", &facts.unit_name),
    ] {
        if text.chars().count() > LONGEST_TEXT {
            add(field, &format!("{what} dài quá {LONGEST_TEXT} ký tự. Đề nghị ghi như trên bản giấy."));
        }
    }
    if new.place.is_empty() {
        add("place", "Chưa ghi nơi lưu bản giấy. Đề nghị ghi kho, giá, hộp, số hồ sơ để tìm lại được bản gốc.");
    } else if new.place.chars().count() > LONGEST_PLACE {
        add("place", &format!("Nơi lưu bản giấy dài quá {LONGEST_PLACE} ký tự. Đề nghị ghi ngắn lại."));
    }
    faults
}

/// Why a paper cannot be of this form, year and day.
fn of_its_time(
    form: Option<&OlderForm>,
    year: i16,
    completed_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<(&'static str, String)> {
    let Some(form) = form else {
        return vec![("form", "Chưa chọn mẫu bản kê khai. Đề nghị chọn theo tiêu đề trên bản giấy.".to_owned())];
    };
    let day = viet::date::format_short;
    let mut faults = Vec::new();
    // The declaration of a year was completed until the spring after it.
    let years = form.from.year() - 1..=form.until.year();
    if !years.contains(&i32::from(year)) {
        let (first, last) = (years.start(), years.end());
        faults.push((
            "year",
            format!("Năm {year} không hợp với mẫu đã chọn ({first}–{last}). Đề nghị xem lại năm hoặc mẫu."),
        ));
    }
    if let Some(completed) = completed_on {
        if completed > today {
            faults.push(("completed_on", "Ngày hoàn thành ở sau hôm nay. Đề nghị xem lại bản quét.".to_owned()));
        } else if completed < form.from || completed > form.until {
            let said = format!(
                "Ngày {} không nằm trong thời gian dùng mẫu đã chọn ({} đến {}). Đề nghị xem lại ngày hoặc mẫu.",
                day(completed),
                day(form.from),
                day(form.until)
            );
            faults.push(("completed_on", said));
        } else if !(0..=1).contains(&(completed.year() - i32::from(year))) {
            let said =
                format!("Ngày {} không thuộc kỳ kê khai năm {year}. Đề nghị xem lại ngày hoặc năm.", day(completed));
            faults.push(("completed_on", said));
        }
    }
    faults
}

/// Puts a scan on record as a declaration on an older form, of someone on the list or added to it now. The person, the record
/// and the log in one transaction; the scan itself is on record since it arrived. Asking twice with one key records once.
pub async fn record(app: &App, actor: &Actor, id: IntakeId, new: &Recording, once: Option<&Once>) -> Result<Recorded> {
    let new = new.clone().normalised();
    if let Some((_, said)) = faults(&app.law, &new, app.clock().today()).into_iter().next() {
        return Err(Refusal::new("older", said, "").into());
    }
    app.db
        .write_once(actor, "intake.record_older", once, async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok(before);
            }
            let intake = store::find_locked(tx, id).await?;
            intake.require(tx.name())?;
            if new.revision.is_some_and(|seen| seen != intake.revision) {
                return Err(accept::changed_since().into());
            }
            let (partition, file, original) = (intake.partition, intake.file, intake.original()?);
            let permit = tx.permit::<RecordOlder, _>(intake)?;
            let (person, unit) = settle(tx, partition, &new).await?;
            let asked = Asked { partition: Some(partition), people: Some(&[person]), ..Asked::default() };
            let before = older::list(tx, asked).await?;
            let is_same =
                |one: &Older| (&one.form, one.year, one.completed_on) == (&new.form, new.year, new.completed_on);
            if before.iter().any(|one| !one.is_withdrawn && is_same(one)) {
                return Err(known_already(new.year).into());
            }
            let of_scan = Asked { partition: Some(partition), intake: Some(id), ..Asked::default() };
            let follows = to_follow(tx, of_scan).await?.map(|one| one.id);
            let older = OlderId::new();
            let mut record = Older {
                partition,
                id: older,
                unit,
                person,
                intake: id,
                file,
                form: new.form.clone(),
                year: new.year,
                completed_on: new.completed_on,
                facts: tx.keys().seal::<FactsCell>(partition, older.0, &new.facts)?,
                place: tx.keys().seal::<PlaceCell>(partition, older.0, &new.place)?,
                follows,
                record_hash: Vec::new(),
                created_at: tx.now(),
                created_by: tx.actor().account_or_nil(),
                is_withdrawn: false,
            };
            let hash = record.hash()?;
            record.record_hash = hash.to_vec();
            older::insert(tx, &permit, &record).await?;
            store::set_older(tx, &permit).await?;
            tx.record(
                Event::new("older.recorded", partition)
                    .unit(unit)
                    .person(person)
                    .id("older", older)
                    .id("intake", id)
                    .id("file", file)
                    .hash("record", hash)
                    .hash("original", original),
            )?;
            let answer = Recorded { older, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition, unit: None, person: None }, &answer)?;
            Ok(answer)
        })
        .await
}

/// Whose it is: somebody on record under the name on the paper or with its number, or somebody added now, who stands on no
/// list of today. Which agency they belong to is today's question: the rules of the paper's day may not be known.
async fn settle(tx: &mut Tx, partition: PartitionId, new: &Recording) -> Result<(PersonId, OrganisationId)> {
    let facts = sought(&new.facts);
    match &new.who {
        Who::Known(chosen) => {
            let alike = person::store::candidates(tx, partition, facts.id_no.as_deref(), &facts.name).await?;
            if !alike.iter().any(|person| person.id == *chosen) {
                return Err(another_name().into());
            }
            // A card of nine digits gave way to another number: only today's can contradict today's.
            let id_no = facts.id_no.clone().filter(|number| number.len() == 12);
            accept::settle_person(tx, partition, &PersonFacts { id_no, ..facts }, &new.who, tx.today()).await
        }
        Who::New(place) => {
            if accept::holder_of_number(tx, partition, &facts).await?.is_some() {
                return Err(accept::number_of_another().into());
            }
            if let Some(number) = &facts.id_no {
                // Who stands on no list is found by the number too: one person, one row, one paper counted once.
                for person in person::store::candidates(tx, partition, Some(number), &facts.name).await? {
                    if person::store::has_number(tx, partition, person.id, number).await? {
                        return Err(on_record_already().into());
                    }
                }
            }
            let (person, unit) = accept::add_person(tx, partition, &facts, place, tx.today()).await?;
            let permit = tx.permit::<AddPerson, _>(Place { partition, unit })?;
            person::store::keep_off_list(tx, &permit, person).await?;
            Ok((person, unit))
        }
    }
}

fn another_name() -> Refusal {
    Refusal::new(
        "older_who",
        "Người đã chọn không trùng họ tên, cũng không trùng số giấy tờ với bản giấy.",
        "Đề nghị bấm “Tìm lại người”, đối chiếu rồi chọn đúng người.",
    )
    .status(StatusCode::CONFLICT)
}

fn on_record_already() -> Refusal {
    Refusal::new(
        "older_who",
        "Số giấy tờ này là của một người đã có trong hệ thống (không còn trong danh sách phải kê khai).",
        "Đề nghị bấm “Tìm lại người”, đối chiếu rồi chọn người đó; nếu số giấy tờ ghi nhầm, sửa lại theo bản giấy.",
    )
    .status(StatusCode::CONFLICT)
}

fn known_already(year: i16) -> Refusal {
    Refusal::new(
        "older_known",
        format!("Người này đã có bản kê khai năm {year} cùng mẫu, cùng ngày hoàn thành trong hệ thống."),
        "Đề nghị xem ở trang “Bản kê khai theo mẫu cũ”; nếu là cùng một bản giấy, để riêng bản quét này (bản trùng).",
    )
    .status(StatusCode::CONFLICT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_paper_is_of_a_year_and_a_day_its_form_was_in_use() {
        let law = form::LawBook::embedded().unwrap();
        let form = law.older_form("ND78_2013");
        let today = day("2025-12-08");
        let said = |year, completed: Option<&str>| -> Vec<&'static str> {
            of_its_time(form, year, completed.map(day), today).into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(said(2016, Some("2016-12-20")), [""; 0]);
        assert_eq!(said(2016, Some("2017-03-01")), [""; 0], "of the year before");
        assert_eq!(said(2016, None), [""; 0]);
        assert_eq!(said(2016, Some("2018-03-01")), ["completed_on"]);
        assert_eq!(said(2009, Some("2009-12-01")), ["year", "completed_on"]);
        assert_eq!(said(2021, None), ["year"]);
        assert_eq!(said(2020, Some("2020-12-20")), ["completed_on"], "on that day another decree was in force");
        assert_eq!(of_its_time(None, 2016, None, today)[0].0, "form");
    }
}
