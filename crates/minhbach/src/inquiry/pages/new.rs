//! The agency writes a request, or one that asks for more.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::ask::{self, Asking, Document, Further};
use super::super::model::{Asked, Signatory};
use super::super::policy::Decide;
use super::super::{rules, store};
use super::{AGENCY, Choice, Told, beside_field, day, new_key};
use crate::account::{Posted, Signed};
use crate::campaign::rules::{DOCUMENT_NO, document_no};
use crate::kernel::id::{DeclarationId, InquiryId, OrganisationId, PartitionId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role, Tx};
use crate::{declaration, organisation, person};

/// Which unit, or which declaration, a request is begun from.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct From {
    #[serde(rename = "don-vi")]
    unit: Option<OrganisationId>,
    #[serde(rename = "ban")]
    declaration: Option<DeclarationId>,
}

/// What was typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    unit: String,
    declaration: String,
    asked: String,
    person: String,
    document_no: String,
    issued_on: String,
    complex: String,
    due_on: String,
    purpose: String,
    information: String,
    guidance: String,
    other: String,
    signatory: String,
    name: String,
    position: String,
    seen: String,
    key: String,
}

const SIMPLE: &str = "thuong";
const COMPLEX: &str = "phuc-tap";

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            unit: text("don-vi"),
            declaration: text("ban"),
            asked: text("asked"),
            person: text("person"),
            document_no: text("document_no"),
            issued_on: text("issued_on"),
            complex: text("complex"),
            due_on: text("due_on"),
            purpose: text("purpose"),
            information: text("information"),
            guidance: text("guidance"),
            other: text("other"),
            signatory: text("signatory"),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            seen: text("seen"),
            key: text("khoa"),
        }
    }

    /// The document, or what is to be mended.
    fn document(&self, errors: &mut FieldErrors) -> Option<Document> {
        let number = document_no(&self.document_no);
        if number.is_none() {
            errors.add("document_no", DOCUMENT_NO);
        }
        let mut date = |field: &str, what: &str, typed: &str| {
            let read = viet::date::parse_date(typed).ok();
            if read.is_none() {
                errors.add(field, format!("{what} chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026."));
            }
            read
        };
        let issued_on = date("issued_on", "Ngày văn bản", &self.issued_on);
        let due_on = date("due_on", "Hạn cung cấp thông tin", &self.due_on);
        if ![SIMPLE, COMPLEX].contains(&&*self.complex) {
            errors.add("complex", "Chưa chọn loại thông tin. Đề nghị chọn để tính thời hạn của pháp luật.");
        }
        for (field, what, typed) in [
            ("purpose", "mục đích, căn cứ yêu cầu", &self.purpose),
            ("information", "những thông tin cần được cung cấp", &self.information),
            ("guidance", "hướng dẫn việc cung cấp thông tin", &self.guidance),
        ] {
            if typed.is_empty() {
                errors.add(field, format!("Chưa ghi {what}. Văn bản yêu cầu phải có nội dung này (khoản 2 Điều 6 Nghị định 130/2020/NĐ-CP)."));
            }
        }
        let signatory = Signatory::from_word(&self.signatory);
        if signatory.is_none() {
            errors.add("signatory", "Chưa chọn thẩm quyền ký. Đề nghị chọn người đã ký văn bản là ai (khoản 3 Điều 31 Luật Phòng, chống tham nhũng 2018).");
        }
        if self.name.is_empty() {
            errors.add("name", "Chưa ghi họ và tên người ký. Đề nghị ghi rõ họ tên người ký văn bản.");
        }
        if self.position.is_empty() {
            errors.add("position", "Chưa ghi chức vụ người ký. Đề nghị ghi chức vụ của người ký văn bản.");
        }
        if !errors.is_empty() {
            return None;
        }
        Some(Document {
            document_no: number?,
            issued_on: issued_on?,
            complex: self.complex == COMPLEX,
            due_on: due_on?,
            purpose: self.purpose.clone(),
            information: self.information.clone(),
            guidance: self.guidance.clone(),
            other: self.other.clone(),
            signatory: signatory?,
            signer_name: self.name.clone(),
            signer_position: self.position.clone(),
        })
    }

    fn asking(&self, errors: &mut FieldErrors) -> Option<Asking> {
        let asked = Asked::from_word(&self.asked);
        if asked.is_none() {
            errors.add("asked", "Chưa chọn người được yêu cầu. Đề nghị chọn đơn vị hoặc người kê khai.");
        }
        let person = self.person.parse().ok();
        if asked == Some(Asked::Person) && person.is_none() {
            errors.add("person", "Chưa chọn người kê khai được yêu cầu. Đề nghị chọn một người trong danh sách.");
        }
        let document = self.document(errors)?;
        let declaration = self.declaration.parse().ok();
        Some(Asking { asked: asked?, unit: self.unit.parse().ok(), person, declaration, document })
    }
}

/// Which field a refusal of the act is about.
const FIELDS: [(&str, &str); 12] = [
    ("document_no", "document_no"),
    ("number_used", "document_no"),
    ("issued_on", "issued_on"),
    ("due_on", "due_on"),
    ("purpose", "purpose"),
    ("information", "information"),
    ("guidance", "guidance"),
    ("other", "other"),
    ("signer", "name"),
    ("person", "person"),
    ("declaration", "person"),
    ("unit", "person"),
];

#[derive(Template)]
#[template(path = "inquiry/pages/new.html")]
struct NewPage {
    page: Page,
    /// Units to choose from, until one is chosen.
    units: Vec<Choice>,
    unit_name: String,
    people: Vec<Choice>,
    asks: Vec<Choice>,
    terms: Vec<Choice>,
    signatories: Vec<Choice>,
    /// The request that more is asked about.
    told: Option<Told>,
    action: String,
    typed: Typed,
    errors: FieldErrors,
}

/// What a form needs besides what was typed.
struct Frame {
    agency: String,
    units: Vec<Choice>,
    unit_name: String,
    people: Vec<Choice>,
}

/// Units; the people of the chosen one, whose names are opened for that, which is recorded.
async fn frame(tx: &mut Tx, partition: PartitionId, unit: Option<OrganisationId>) -> Result<Frame> {
    let partitions = organisation::store::partitions(tx).await?;
    let agency = partitions.into_iter().find(|one| one.id == partition).map(|one| one.name).unwrap_or_default();
    let units = ask::units(tx, partition).await?;
    let mut people = Vec::new();
    let mut unit_name = String::new();
    if let Some(unit) = unit {
        unit_name = units.iter().find(|(id, _)| *id == unit).map(|(_, name)| name.clone()).ok_or(Error::NotFound)?;
        for one in person::store::of_unit(tx, unit).await?.into_iter().filter(|one| one.partition == partition) {
            let name = tx.open(partition, one.id.0, &one.name)?;
            let position = tx.open(partition, one.id.0, &one.position)?;
            people.push(Choice::new(one.id.to_string(), format!("{name}, {position}"), ""));
        }
        people.sort_by_cached_key(|one| viet::text::name_sort_key(&one.label));
        let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
        tx.record(Event::new("inquiry.people_listed", partition).id("unit", unit).count("people", count))?;
    }
    let units = units.into_iter().map(|(id, name)| Choice::new(id.to_string(), name, "")).collect();
    Ok(Frame { agency, units, unit_name, people })
}

fn page(app: &App, signed: &Signed, frame: Frame, typed: Typed, errors: FieldErrors) -> Result<NewPage> {
    let today = app.clock().today();
    let (simple, complex) = (rules::terms(&app.law, false, today)?, rules::terms(&app.law, true, today)?);
    let term = |value: &str, label: &str, terms: &rules::Terms| {
        let hint = format!("Không sớm hơn ngày {} nếu gửi hôm nay ({}).", day(terms.least), terms.basis);
        Choice::new(value, label, hint)
    };
    let asks = vec![
        Choice::new(
            Asked::Unit.word(),
            format!("Đơn vị: {}", frame.unit_name),
            "Người kê khai không thấy yêu cầu này.",
        ),
        Choice::new(Asked::Person.word(), "Người kê khai được chọn ở dưới", "Đơn vị không thấy yêu cầu này."),
    ];
    Ok(NewPage {
        page: signed.page("Yêu cầu cung cấp thông tin"),
        units: frame.units,
        unit_name: frame.unit_name,
        people: frame.people,
        asks,
        terms: vec![
            term(SIMPLE, "Thông tin có sẵn", &simple),
            term(COMPLEX, "Thông tin phức tạp, không có sẵn", &complex),
        ],
        signatories: Signatory::ALL.iter().map(|one| Choice::new(one.word(), one.label(), "")).collect(),
        told: None,
        action: format!("{AGENCY}/moi"),
        typed,
        errors,
    })
}

/// What is proposed: today, the shortest term, and that the answer is given here or on paper.
fn proposed(app: &App, agency: &str) -> Result<Typed> {
    let today = app.clock().today();
    Ok(Typed {
        issued_on: day(today),
        due_on: day(rules::terms(&app.law, false, today)?.least),
        complex: SIMPLE.to_owned(),
        guidance: format!(
            "Cung cấp trên trang của yêu cầu này trong hệ thống Minh Bạch (nội dung trả lời và tệp kèm theo), hoặc bằng văn bản gửi {agency}."
        ),
        key: new_key(),
        ..Typed::default()
    })
}

/// The form of a request: the unit is chosen first, or a declaration names unit and person.
pub(super) async fn form(Part(app): Part<App>, signed: Signed, Query(from): Query<From>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let partition = signed.actor.agency().ok_or(Error::Forbidden)?;
    let (frame, begun) = app
        .db
        .read(&signed.actor, "inquiry.form", async |tx| {
            let begun = match from.declaration {
                Some(id) => {
                    let declaration = declaration::store::find(tx, id).await?;
                    let person = person::store::find(tx, partition, declaration.person).await?;
                    Some((person.unit, person.id, id))
                }
                None => None,
            };
            let unit = begun.map(|(unit, ..)| unit).or(from.unit);
            Ok((frame(tx, partition, unit).await?, begun))
        })
        .await?;
    let mut typed = proposed(&app, &frame.agency)?;
    typed.unit = from.unit.map(|unit| unit.to_string()).unwrap_or_default();
    if let Some((unit, person, declaration)) = begun {
        typed.unit = unit.to_string();
        typed.person = person.to_string();
        typed.declaration = declaration.to_string();
    }
    html(&page(&app, &signed, frame, typed, FieldErrors::default())?)
}

async fn again(
    app: &App,
    signed: &Signed,
    first: Option<InquiryId>,
    typed: Typed,
    errors: FieldErrors,
    (status, above): (StatusCode, &str),
) -> Result<Response> {
    let partition = signed.actor.agency().ok_or(Error::Forbidden)?;
    let mut page = match first {
        Some(id) => further_page(app, signed, id, typed, errors).await?,
        None => {
            let unit = typed.unit.parse().ok();
            let frame = app.db.read(&signed.actor, "inquiry.form", async |tx| frame(tx, partition, unit).await).await?;
            page(app, signed, frame, typed, errors)?
        }
    };
    if !above.is_empty() {
        page.page = page.page.flash("wrong", above);
    }
    Ok(html_with(status, &page)?.into_response())
}

/// Sends a request: it is there for who is asked at once. Two presses of one page make one request.
pub(super) async fn ask(Part(app): Part<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed::of(&fields);
    if !signed.is_fresh(&fields) {
        let above = (StatusCode::CONFLICT, Signed::STALE);
        return again(&app, &signed, None, typed, FieldErrors::default(), above).await;
    }
    let mut errors = FieldErrors::default();
    let Some(asking) = typed.asking(&mut errors).filter(|_| errors.is_empty()) else {
        return again(&app, &signed, None, typed, errors, (StatusCode::UNPROCESSABLE_ENTITY, "")).await;
    };
    let once = Once::of_form(&typed.key, &asking)?;
    let done = ask::ask(&app, &signed.actor, &asking, &once).await;
    answered(&app, &signed, None, typed, done).await
}

async fn answered(
    app: &App,
    signed: &Signed,
    first: Option<InquiryId>,
    typed: Typed,
    done: Result<ask::Issued>,
) -> Result<Response> {
    match done {
        Ok(issued) => Ok(Redirect::to(&format!("{AGENCY}/{}", issued.inquiry)).into_response()),
        Err(Error::Refused(refusal)) => {
            let mut errors = FieldErrors::default();
            let above = if beside_field(&refusal, &FIELDS, &mut errors) { String::new() } else { refusal.to_string() };
            // The key was used up; with a new one the officer can go on from the page they see.
            let mut typed = Typed { key: new_key(), ..typed };
            // What came meanwhile is on the page that is shown now.
            if refusal.code == rules::CHANGED {
                typed.seen = String::new();
            }
            again(app, signed, first, typed, errors, (refusal.status, &above)).await
        }
        Err(error) => Err(error),
    }
}

async fn further_page(app: &App, signed: &Signed, id: InquiryId, typed: Typed, errors: FieldErrors) -> Result<NewPage> {
    let opened = app.db.read(&signed.actor, "inquiry.open", async |tx| super::super::open::open(tx, id).await).await?;
    let told = Told::of(app, &opened, AGENCY)?;
    let frame =
        Frame { agency: opened.agency.clone(), units: Vec::new(), unit_name: told.to.clone(), people: Vec::new() };
    let mut typed = typed;
    if typed.seen.is_empty() {
        typed.seen = told.last.to_string();
    }
    let mut page = page(app, signed, frame, typed, errors)?;
    page.page = signed.page("Yêu cầu cung cấp thông tin bổ sung");
    page.told = Some(told);
    page.action = format!("{AGENCY}/{id}/bo-sung");
    Ok(page)
}

/// The form of a further request to who answered.
pub(super) async fn further_form(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let agency = signed.place().to_owned();
    html(&further_page(&app, &signed, id, proposed(&app, &agency)?, FieldErrors::default()).await?)
}

/// Sends a further request, which ends the first (article 6.3).
pub(super) async fn ask_more(
    Part(app): Part<App>,
    Path(id): Path<InquiryId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    require_ours(&app, &signed, id).await?;
    let typed = Typed::of(&fields);
    if !signed.is_fresh(&fields) {
        let above = (StatusCode::CONFLICT, Signed::STALE);
        return again(&app, &signed, Some(id), typed, FieldErrors::default(), above).await;
    }
    let mut errors = FieldErrors::default();
    let Some(document) = typed.document(&mut errors) else {
        return again(&app, &signed, Some(id), typed, errors, (StatusCode::UNPROCESSABLE_ENTITY, "")).await;
    };
    let further = Further { seen: typed.seen.parse().unwrap_or(-1), document };
    let once = Once::of_form(&typed.key, &(id, &further))?;
    let done = ask::ask_more(&app, &signed.actor, id, &further, &once).await;
    answered(&app, &signed, Some(id), typed, done).await
}

/// What is not the agency's is not there, whatever was typed.
pub(super) async fn require_ours(app: &App, signed: &Signed, id: InquiryId) -> Result<()> {
    app.db
        .read(&signed.actor, "inquiry.find", async |tx| {
            let inquiry = store::find(tx, id).await?;
            tx.permit::<Decide, _>(inquiry).map(|_| ())
        })
        .await
}
