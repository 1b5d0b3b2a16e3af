//! Asking for information and answering, through the real router on the real database.
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

use super::answer::{self, Answering, Brought, Way};
use super::ask::{self, Asking, Document, Further};
use super::decide::{self, Deciding, Keeping, Stepped};
use super::model::{Asked, Inquiry, Signatory};
use super::{open, store};
use crate::audit::verify::Disagreement;
use crate::declaration::tests::{digitise, text_of, value_of};
use crate::kernel::id::{FileId, InquiryId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, Clock, Error, Once, Result, Role};
use crate::person::Obligation;
use crate::person::inquiry::State;
use crate::testing::{Answer, Browser, TestApp, morning, owner, pdf_text};

const NAME: &str = "Phùng Thị Nguyệt";
const ASKED_FOR: &str = "Nguồn tiền mua thửa đất ven hồ Núi Một";
const SAID: &str = "Tiền bán căn hộ ở phường Trà Bồng";
const PDF: &[u8] = b"%PDF-1.7 sao ke";

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn a_key() -> Once {
    Once::new(&uuid::Uuid::new_v4().to_string(), b"inquiry").unwrap()
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        Err(Error::NotFound) => "NOT_FOUND",
        Err(Error::Forbidden) => "FORBIDDEN",
        other => panic!("not refused: {other:?}"),
    }
}

/// A document of today, 8 December 2025 unless the clock was moved; five working days end on the 15th.
fn document(number: &str) -> Document {
    Document {
        document_no: number.into(),
        issued_on: on("2025-12-08"),
        complex: false,
        due_on: on("2025-12-17"),
        purpose: "Phục vụ xác minh; căn cứ điểm b khoản 2 Điều 31".into(),
        information: ASKED_FOR.into(),
        guidance: "Trả lời trên hệ thống, kèm sao kê".into(),
        other: String::new(),
        signatory: Signatory::Head,
        signer_name: "Lương Văn Chánh".into(),
        signer_position: "Chánh Thanh tra".into(),
    }
}

fn provide(text: &str) -> Answering {
    Answering {
        way: Way::Provide, text: text.into(), name: "Mạc Thị Đáp".into(), position: "Chánh Văn phòng".into()
    }
}

fn plead(text: &str) -> Answering {
    Answering { way: Way::Plead, ..provide(text) }
}

fn file(name: &str, bytes: &'static [u8]) -> Brought {
    Brought { name: name.into(), bytes: Bytes::from_static(bytes) }
}

/// Asks a unit about one of its people, or that person themselves; what is answered brings one file.
pub(crate) async fn asked_and_answered(
    test: &TestApp,
    officer: &Browser,
    answering: &Browser,
    subject: PersonId,
    number: &str,
) -> (InquiryId, FileId) {
    let unit = answering.actor.unit();
    let asked = if unit.is_some() { Asked::Unit } else { Asked::Person };
    let asking = Asking { asked, unit, person: Some(subject), declaration: None, document: document(number) };
    let id = ask::ask(&test.app, &officer.actor, &asking, &a_key()).await.unwrap().inquiry;
    answer::answer(&test.app, &answering.actor, id, &provide(SAID), vec![file("a.pdf", PDF)], &a_key()).await.unwrap();
    let opened = test.app.db.read(&officer.actor, "test.open", async |tx| open::open(tx, id).await).await.unwrap();
    (id, opened.steps.last().unwrap().files[0].file)
}

struct World {
    test: TestApp,
    partition: PartitionId,
    unit: OrganisationId,
    owed: Obligation,
    agency: Browser,
    officer: Browser,
    declarant: Browser,
}

impl World {
    async fn new() -> Self {
        let test = TestApp::at(Clock::fixed(morning())).await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let (_, owed) = test.declarant(partition, unit, NAME, "051180000901").await;
        let agency = test.officer(Role::IntakeOfficer, partition).await;
        // Of a unit whose people belong to two agencies, with an account from the other one.
        let officer = test.unit_officer(test.agency().await, unit).await;
        let declarant = test.declarant_browser(&owed).await;
        Self { test, partition, unit, owed, agency, officer, declarant }
    }

    fn to_unit(&self, number: &str) -> Asking {
        let person = Some(self.owed.person);
        Asking { asked: Asked::Unit, unit: Some(self.unit), person, declaration: None, document: document(number) }
    }

    fn to_person(&self, number: &str) -> Asking {
        Asking { asked: Asked::Person, unit: None, ..self.to_unit(number) }
    }

    async fn ask(&self, asking: &Asking) -> Result<InquiryId> {
        ask::ask(&self.test.app, &self.agency.actor, asking, &a_key()).await.map(|issued| issued.inquiry)
    }

    async fn answer(&self, who: &Browser, id: InquiryId, asked: &Answering, files: Vec<Brought>) -> Result<Stepped> {
        answer::answer(&self.test.app, &who.actor, id, asked, files, &a_key()).await
    }

    async fn now(&self, id: InquiryId) -> Inquiry {
        self.test.app.db.read(&self.agency.actor, "test.find", async |tx| store::find(tx, id).await).await.unwrap()
    }

    async fn close(&self, id: InquiryId, seen: i32) -> Result<Stepped> {
        let asked = Deciding { seen, reason: String::new() };
        decide::close(&self.test.app, &self.agency.actor, id, &asked, &a_key()).await
    }

    async fn withdraw(&self, id: InquiryId, seen: i32, reason: &str) -> Result<Stepped> {
        let asked = Deciding { seen, reason: reason.into() };
        decide::withdraw(&self.test.app, &self.agency.actor, id, &asked, &a_key()).await
    }

    async fn keep(&self, id: InquiryId, seen: i32, due_on: &str, reason: &str) -> Result<Stepped> {
        let asked = Keeping { seen, due_on: on(due_on), reason: reason.into() };
        decide::keep(&self.test.app, &self.agency.actor, id, &asked, &a_key()).await
    }

    async fn disagreements(&self) -> Vec<Disagreement> {
        self.test.verdict(self.partition).await.disagreements
    }
}

async fn upload(
    test: &TestApp,
    browser: &Browser,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &[u8])],
) -> Answer {
    let mut body = Vec::new();
    let csrf = ("csrf", browser.csrf.as_str());
    for (name, value) in std::iter::once(&csrf).filter(|_| !fields.iter().any(|(n, _)| *n == "csrf")).chain(fields) {
        body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        body.extend(
            format!("--X\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    let request = Request::post(path)
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(Body::from(body));
    test.send(request.unwrap()).await
}

#[tokio::test]
async fn a_unit_is_asked_reads_answers_adds_and_the_agency_closes() {
    let world = World::new().await;
    let test = &world.test;
    let form = "/yeu-cau-thong-tin/moi";
    let begin = test.get(Some(&world.agency), &format!("{form}?don-vi={}", world.unit)).await;
    assert!(text_of(&begin).contains(NAME) && text_of(&begin).contains("15/12/2025"), "{}", text_of(&begin));
    let (unit, person) = (world.unit.to_string(), world.owed.person.to_string());
    let key = value_of(&begin.text(), "khoa");
    let fields = [
        ("khoa", &*key),
        ("don-vi", &*unit),
        ("asked", "UNIT"),
        ("person", &*person),
        ("document_no", "12/TTT-NV1"),
        ("issued_on", "08/12/2025"),
        ("purpose", "Phục vụ xác minh"),
        ("information", ASKED_FOR),
        ("complex", "thuong"),
        ("due_on", "17/12/2025"),
        ("guidance", "Trả lời trên hệ thống"),
        ("signatory", "HEAD"),
        ("name", "Lương Văn Chánh"),
        ("position", "Chánh Thanh tra"),
    ];
    let mut page = String::new();
    for _ in 0..2 {
        let answer = test.post(Some(&world.agency), form, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        assert!(page.is_empty() || page == answer.location(), "two presses make one request");
        page = answer.location();
    }
    let id: InquiryId = page.rsplit('/').next().unwrap().parse().unwrap();
    let listed = text_of(&test.get(Some(&world.agency), "/yeu-cau-thong-tin").await);
    assert!(listed.contains("12/TTT-NV1") && listed.contains("Chờ trả lời"), "{listed}");
    assert_eq!(world.now(id).await.received_on, None);

    assert!(
        text_of(&test.get(Some(&world.officer), "/don-vi").await).contains("yêu cầu cung cấp thông tin chờ trả lời")
    );
    let own = format!("/don-vi/yeu-cau-thong-tin/{id}");
    let read = test.get(Some(&world.officer), &own).await;
    let told = text_of(&read);
    for words in [ASKED_FOR, NAME, "còn 9 ngày", "05 ngày làm việc", "Người đứng đầu"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(world.now(id).await.received_on, Some(on("2025-12-08")));
    let key = value_of(&read.text(), "khoa");
    let typed =
        [("khoa", &*key), ("way", "PROVIDE"), ("text", SAID), ("name", "Mạc Thị Đáp"), ("position", "Chánh Văn phòng")];
    for _ in 0..2 {
        let sent = upload(test, &world.officer, &own, &typed, &[("sao kê.pdf", PDF)]).await;
        assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, own.clone()), "{}", text_of(&sent));
    }
    assert_eq!((world.now(id).await.state, world.now(id).await.last), (State::Answered, 2));
    world.answer(&world.officer, id, &provide("Gửi thêm hợp đồng"), vec![]).await.unwrap();
    assert_eq!(code(world.close(id, 2).await), "changed_meanwhile", "not over what was not read");
    let seen = test.get(Some(&world.agency), &page).await;
    let told = text_of(&seen);
    for words in [SAID, "Gửi thêm hợp đồng", "Mạc Thị Đáp", "sao kê.pdf"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let href = seen.text().split("/yeu-cau-thong-tin/tep/").nth(1).unwrap()[..36].to_owned();
    for who in [&world.agency, &world.officer] {
        let brought = test.get(Some(who), &format!("/yeu-cau-thong-tin/tep/{href}")).await;
        assert!(brought.status == StatusCode::OK && brought.body == PDF);
    }
    let letter = pdf_text(&test.get(Some(&world.agency), &format!("{page}/van-ban.pdf")).await.body);
    for words in [
        "Số: 12/TTT-NV1",
        "1. Mục đích, căn cứ yêu cầu cung cấp thông tin",
        "2. Những thông tin cần được cung cấp",
        "3. Thời hạn cung cấp thông tin",
        "4. Hướng dẫn việc cung cấp thông tin",
        ASKED_FOR,
        NAME,
        "Chậm nhất ngày 17 tháng 12 năm 2025",
        "05 ngày làm việc",
        "Lương Văn Chánh",
        "CHÁNH THANH TRA",
    ] {
        assert!(letter.contains(words), "{words}: {letter}");
    }
    let (key, last) = (value_of(&seen.text(), "khoa"), value_of(&seen.text(), "seen"));
    let closed = test.post(Some(&world.agency), &page, &[("khoa", &key), ("seen", &last), ("viec", "dong")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", text_of(&closed));
    assert_eq!(world.now(id).await.state, State::Closed);
    assert_eq!(code(world.answer(&world.officer, id, &provide("muộn"), vec![]).await), "inquiry_ended");
    assert_eq!(code(world.withdraw(id, 4, "thôi").await), "inquiry_ended");
    let words = [NAME, ASKED_FOR, SAID, "Mạc Thị Đáp", "Lương Văn Chánh", "sao kê", "hợp đồng"];
    test.holds_no_word(world.partition, &["inquiry", "inquiry_step", "inquiry_file", "file"], "ANSWERED", &words).await;
    assert_eq!(world.disagreements().await, []);
}

#[tokio::test]
async fn a_declarant_pleads_is_kept_to_it_answers_and_is_asked_more() {
    let world = World::new().await;
    let (test, me) = (&world.test, &world.declarant);
    let declaration = digitise(test, &world.owed).await;
    let asking = Asking { declaration: Some(declaration), ..world.to_person("3/TTT") };
    let id = world.ask(&asking).await.unwrap();
    let home = text_of(&test.get(Some(me), "/ke-khai").await);
    assert!(home.contains("Yêu cầu số 3/TTT") && home.contains("còn 9 ngày"), "{home}");
    assert_eq!(code(world.close(id, 0).await), "no_reason", "nothing was answered here");
    let further = Further { seen: 0, document: document("4/TTT") };
    let early = ask::ask_more(&test.app, &world.agency.actor, id, &further, &a_key()).await;
    assert_eq!(code(early), "not_answered");
    world.answer(me, id, &plead("Ngân hàng chưa cấp sao kê"), vec![]).await.unwrap();
    // Answering unread, they have received it with that.
    assert_eq!((world.now(id).await.state, world.now(id).await.last), (State::Pleaded, 2));
    for (due_on, reason, refused) in [
        ("2025-12-16", "Cho thêm", "due_on"),
        ("2025-12-20", "Cho thêm", "due_on"),
        ("2026-12-31", "Cho thêm", "due_on"),
        ("2025-12-24", " ", "no_reason"),
    ] {
        assert_eq!(code(world.keep(id, 2, due_on, reason).await), refused, "{due_on}");
    }
    assert_eq!(code(world.close(id, 2).await), "no_reason", "why what was put forward is accepted is said");
    world.keep(id, 2, "2025-12-24", "Gia hạn đến khi có sao kê").await.unwrap();
    let told = text_of(&test.get(Some(me), &format!("/ke-khai/yeu-cau-thong-tin/{id}")).await);
    assert!(told.contains("24/12/2025") && told.contains("Gia hạn đến khi có sao kê"), "{told}");
    world.answer(me, id, &provide(""), vec![file("b.png", b"\x89PNG\r\n\x1a\n")]).await.unwrap();
    assert_eq!(code(world.keep(id, 4, "2025-12-26", "Thêm").await), "already_answered");
    assert_eq!(code(world.answer(me, id, &plead("Thôi"), vec![]).await), "already_answered");

    let further = |seen, number: &str| Further { seen, document: document(number) };
    let ask_more = async |seen, number: &str| {
        ask::ask_more(&test.app, &world.agency.actor, id, &further(seen, number), &a_key()).await
    };
    assert_eq!(code(ask_more(2, "4/TTT").await), "changed_meanwhile");
    assert_eq!(code(ask_more(4, "3/TTT").await), "number_used");
    let next = ask_more(4, "4/TTT").await.unwrap().inquiry;
    assert_eq!(code(ask_more(4, "5/TTT").await), "inquiry_ended");
    let (first, second) = (world.now(id).await, world.now(next).await);
    assert_eq!((first.state, first.next), (State::Followed, Some(next)));
    assert_eq!((second.after, second.person, second.declaration), (Some(id), first.person, Some(declaration)));
    let told = text_of(&test.get(Some(me), &format!("/ke-khai/yeu-cau-thong-tin/{next}")).await);
    assert!(told.contains("yêu cầu số 3/TTT"), "{told}");
    let letter = test.get(Some(me), &format!("/ke-khai/yeu-cau-thong-tin/{next}/van-ban.pdf")).await;
    let letter = pdf_text(&letter.body);
    assert!(letter.contains("bổ sung") && letter.contains(&format!("Ông/Bà {NAME}")), "{letter}");
    assert_eq!(code(world.withdraw(next, 1, "").await), "no_reason");
    world.withdraw(next, 1, "Đã có thông tin từ nguồn khác").await.unwrap();
    assert_eq!(world.now(next).await.state, State::Withdrawn);
    let on_paper = world.ask(&world.to_person("6/TTT")).await.unwrap();
    let asked = Deciding { seen: 0, reason: "Văn bản 15/STC ngày 08/12/2025".into() };
    decide::close(&test.app, &world.agency.actor, on_paper, &asked, &a_key()).await.unwrap();
    assert_eq!(world.now(on_paper).await.state, State::Closed);
    assert_eq!(world.disagreements().await, []);
}

#[tokio::test]
async fn what_cannot_be_asked_or_answered_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let (test, elsewhere) = (&world.test, world.test.agency().await);
    let (stranger, far) = (test.unit().await, test.unit().await);
    let (other, _) = test.declarant(elsewhere, far, "Người Nơi Khác", "051080000902").await;
    let (colleague, _) = test.declarant(world.partition, stranger, "Người Sở Khác", "051080000903").await;
    let declaration = digitise(test, &world.owed).await;
    let with = |change: &dyn Fn(&mut Document)| {
        let mut asking = world.to_unit("7/TTT");
        change(&mut asking.document);
        asking
    };
    let cases = [
        (with(&|d| d.due_on = on("2025-12-14")), "due_on"),
        (with(&|d| d.due_on = on("2025-12-20")), "due_on"),
        (with(&|d| (d.complex, d.due_on) = (true, on("2025-12-26"))), "due_on"),
        (with(&|d| d.due_on = on("2027-12-17")), "due_on"),
        (with(&|d| d.issued_on = on("2025-12-09")), "issued_on"),
        (with(&|d| d.document_no = "số bảy".into()), "document_no"),
        (with(&|d| d.purpose = " \n".into()), "purpose"),
        (with(&|d| d.information = String::new()), "information"),
        (with(&|d| d.guidance = String::new()), "guidance"),
        (with(&|d| d.information = "a".repeat(20_001)), "information"),
        (with(&|d| d.signer_position = String::new()), "signer"),
        (Asking { unit: None, ..world.to_unit("7/TTT") }, "unit"),
        (Asking { unit: Some(far), person: None, ..world.to_unit("7/TTT") }, "NOT_FOUND"),
        (Asking { person: Some(colleague), ..world.to_unit("7/TTT") }, "person"),
        (Asking { person: Some(other), ..world.to_person("7/TTT") }, "NOT_FOUND"),
        (Asking { person: None, ..world.to_person("7/TTT") }, "person"),
        (Asking { person: Some(colleague), declaration: Some(declaration), ..world.to_person("7/TTT") }, "declaration"),
    ];
    for (asking, refused) in &cases {
        assert_eq!(code(world.ask(asking).await), *refused, "{asking:?}");
    }
    for actor in
        [&world.officer.actor, &world.declarant.actor, &test.officer(Role::AgencyAdmin, world.partition).await.actor]
    {
        assert_eq!(code(ask::ask(&test.app, actor, &world.to_unit("7/TTT"), &a_key()).await), "FORBIDDEN");
    }
    let id = world.ask(&world.to_unit("7/TTT")).await.unwrap();
    assert_eq!(code(world.ask(&world.to_person("7/TTT")).await), "number_used", "of the agency, whoever is asked");
    let mut last_year = world.to_person("7/TTT");
    last_year.document.issued_on = on("2024-12-30");
    world.ask(&last_year).await.unwrap();

    let who = &world.officer;
    let many = (0..11).map(|_| file("a.pdf", PDF)).collect();
    for (asked, files, refused) in [
        (provide(" "), vec![], "text"),
        (plead(""), vec![file("a.pdf", PDF)], "text"),
        (Answering { name: String::new(), ..provide(SAID) }, vec![], "signer"),
        (provide(SAID), vec![file("a.pdf", b"MZ\x90 a program")], "file_kind"),
        (provide(SAID), vec![file("a.pdf", PDF), file("a.docx", b"PK\x03\x04")], "file_kind"),
        (provide(SAID), many, "too_many_files"),
    ] {
        assert_eq!(code(world.answer(who, id, &asked, files).await), refused, "{asked:?}");
    }
    assert_eq!(world.now(id).await.last, 0);
    world.withdraw(id, 0, "Nhầm đơn vị").await.unwrap();
    assert_eq!(code(world.answer(who, id, &provide(SAID), vec![file("a.pdf", PDF)]).await), "inquiry_ended");
    let verdict = test.verdict(world.partition).await;
    assert_eq!(verdict.disagreements, []);
    let kept = test.app.files.names().await.unwrap();
    assert!(kept.iter().all(|name| verdict.files.contains(name)), "no file is left that nobody names");
}

/// Of a request that was withdrawn before they opened it, who is asked reads its number and day, and that it was withdrawn.
#[tokio::test]
async fn what_was_withdrawn_unread_stays_unread() {
    let world = World::new().await;
    let test = &world.test;
    let to_unit = world.ask(&world.to_unit("1/TTT")).await.unwrap();
    let to_person = world.ask(&world.to_person("2/TTT")).await.unwrap();
    let token = test.token(&world.officer).await;
    let listed = test.api(&token, "GET", "/api/v1/inquiries", None, None).await.json();
    assert!(listed[0]["subject"].is_null() && listed[0]["complex"].is_null(), "not received: {listed}");
    for id in [to_unit, to_person] {
        world.withdraw(id, 0, "Nhầm người").await.unwrap();
    }
    for (who, page, number) in [
        (&world.officer, format!("/don-vi/yeu-cau-thong-tin/{to_unit}"), "1/TTT"),
        (&world.declarant, format!("/ke-khai/yeu-cau-thong-tin/{to_person}"), "2/TTT"),
    ] {
        let told = text_of(&test.get(Some(who), &page).await);
        assert!(told.contains(number) && told.contains("08/12/2025") && told.contains("Đã rút"), "{told}");
        for words in [ASKED_FOR, "Nhầm người", "Phục vụ xác minh", "Lương Văn Chánh"] {
            assert!(!told.contains(words), "{words}: {told}");
        }
        let letter = test.get(Some(who), &format!("{page}/van-ban.pdf")).await;
        assert_eq!(letter.status, StatusCode::CONFLICT, "{page}");
    }
    let read = test.api(&token, "GET", &format!("/api/v1/inquiries/{to_unit}"), None, None).await.json();
    assert_eq!((&read["state"], &read["steps"]), (&json!("WITHDRAWN"), &json!([])), "{read}");
    assert!(read["information"].is_null() && read["subject"].is_null(), "{read}");
    let told = text_of(&test.get(Some(&world.agency), &format!("/yeu-cau-thong-tin/{to_unit}")).await);
    assert!(told.contains(ASKED_FOR) && told.contains("Nhầm người"), "{told}");
    assert_eq!(world.now(to_unit).await.received_on, None);
    assert_eq!(world.disagreements().await, []);
}

/// What an officer wants to do is not guessed, and a form shown again still says what was read.
#[tokio::test]
async fn a_decision_is_not_guessed_and_is_over_what_was_read() {
    let world = World::new().await;
    let (test, agency) = (&world.test, &world.agency);
    let (id, _) = asked_and_answered(test, agency, &world.officer, world.owed.person, "1/TTT").await;
    let page = format!("/yeu-cau-thong-tin/{id}");
    let post = async |seen: &str, act: &str| {
        test.post(Some(agency), &page, &[("khoa", &a_form_key()), ("seen", seen), ("viec", act)]).await
    };
    let unknown = post("2", "").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&unknown).contains("Chưa rõ việc cần làm") && world.now(id).await.state == State::Answered);
    world.answer(&world.officer, id, &provide("Gửi thêm hợp đồng"), vec![]).await.unwrap();
    let wrong = post("2", "").await;
    assert_eq!(value_of(&wrong.text(), "seen"), "2", "still what was read");
    let meanwhile = post("2", "dong").await;
    assert_eq!(meanwhile.status, StatusCode::CONFLICT);
    assert_eq!(value_of(&meanwhile.text(), "seen"), "3", "it is read now");
    assert_eq!(post("3", "dong").await.status, StatusCode::SEE_OTHER);
}

fn a_form_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Two forms that are wrong come back with everything that was typed.
#[tokio::test]
async fn nothing_typed_is_lost() {
    let world = World::new().await;
    let test = &world.test;
    let unit = world.unit.to_string();
    let typed = [
        ("khoa", "khoa-chong-trung"),
        ("don-vi", &*unit),
        ("document_no", "bảy"),
        ("issued_on", "31/02/2026"),
        ("due_on", "mai"),
        ("purpose", "Mục đích đã ghi"),
        ("information", ASKED_FOR),
        ("guidance", "Hướng dẫn đã ghi"),
        ("other", "Khác đã ghi"),
        ("name", "Lương Văn Chánh"),
    ];
    let answer = test.post(Some(&world.agency), "/yeu-cau-thong-tin/moi", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (name, value) in &typed[2..] {
        assert_eq!(value_of(&answer.text(), name).trim(), *value, "{name}");
    }
    let stale =
        test.post(Some(&world.agency), "/yeu-cau-thong-tin/moi", &[&typed[..], &[("csrf", "cũ")]].concat()).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.text().contains(ASKED_FOR));
    let id = world.ask(&world.to_person("8/TTT")).await.unwrap();
    let page = format!("/ke-khai/yeu-cau-thong-tin/{id}");
    for (fields, files, words) in [
        (vec![("khoa", "khoa-chong-trung"), ("text", SAID)], vec![("a.pdf", PDF)], "Chưa chọn cách trả lời"),
        (
            vec![("khoa", "khoa-chong-trung"), ("way", "PROVIDE"), ("text", SAID)],
            vec![("a.exe", &b"MZ"[..])],
            "không phải là PDF",
        ),
        (vec![("csrf", "cũ"), ("way", "PROVIDE"), ("text", SAID)], vec![("a.pdf", PDF)], "phiên làm việc khác"),
    ] {
        let again = upload(test, &world.declarant, &page, &fields, &files).await;
        assert!(again.status.is_client_error(), "{words}: {}", again.status);
        assert!(text_of(&again).contains(words), "{words}: {}", text_of(&again));
        assert_eq!(value_of(&again.text(), "text").trim(), SAID);
    }
    // The session ended while they typed: it rides along through signing in, and comes back to be sent.
    let nobody = Browser { cookie: String::new(), csrf: String::new(), ..world.declarant };
    let ended = upload(test, &nobody, &page, &[("way", "PROVIDE"), ("text", SAID)], &[("a.pdf", PDF)]).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value_of(&ended.text(), "carried.text"), SAID);
    let me = test.declarant_browser(&world.owed).await;
    let carried = test.post(Some(&me), &page, &[("way", "PROVIDE"), ("text", SAID)]).await;
    assert_eq!(carried.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&carried).contains("chọn lại tệp") && value_of(&carried.text(), "text").trim() == SAID);
    assert_eq!(world.now(id).await.state, State::Waiting);
}

/// The unit sees nothing of what its person is asked, the person nothing of what the unit is asked about them: not on the
/// pages, and not in any row of the database.
#[tokio::test]
async fn each_sees_only_what_is_asked_of_them() {
    let world = World::new().await;
    let test = &world.test;
    let to_unit = asked_and_answered(test, &world.agency, &world.officer, world.owed.person, "1/TTT").await;
    let to_person = asked_and_answered(test, &world.agency, &world.declarant, world.owed.person, "2/TTT").await;
    let elsewhere = test.agency().await;
    let foreign = test.officer(Role::IntakeOfficer, elsewhere).await;
    let neighbour = test.unit_officer(world.partition, test.unit().await).await;
    let (_, colleague) = test.declarant(world.partition, world.unit, "Đồng Nghiệp", "051080000905").await;
    let colleague = test.declarant_browser(&colleague).await;
    let unit_page = |id: InquiryId| format!("/don-vi/yeu-cau-thong-tin/{id}");
    let own_page = |id: InquiryId| format!("/ke-khai/yeu-cau-thong-tin/{id}");
    let agency_page = |id: InquiryId| format!("/yeu-cau-thong-tin/{id}");
    let tep = |id: FileId| format!("/yeu-cau-thong-tin/tep/{id}");
    for (who, paths) in [
        (&world.officer, vec![unit_page(to_person.0), tep(to_person.1)]),
        (&world.declarant, vec![own_page(to_unit.0), tep(to_unit.1)]),
        (&neighbour, vec![unit_page(to_unit.0), tep(to_unit.1)]),
        (&colleague, vec![own_page(to_person.0), own_page(to_unit.0), tep(to_person.1)]),
        (&foreign, vec![agency_page(to_unit.0), agency_page(to_person.0), tep(to_unit.1)]),
    ] {
        for path in paths {
            assert_eq!(test.get(Some(who), &path).await.status, StatusCode::NOT_FOUND, "{path}");
            let pdf = test.get(Some(who), &format!("{path}/van-ban.pdf")).await;
            assert_eq!(pdf.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(!text_of(&test.get(Some(&world.officer), "/don-vi/yeu-cau-thong-tin").await).contains("2/TTT"));
    assert!(!text_of(&test.get(Some(&world.declarant), "/ke-khai").await).contains("1/TTT"));
    assert_eq!(code(world.answer(&world.officer, to_person.0, &provide(SAID), vec![]).await), "NOT_FOUND");
    assert_eq!(code(world.answer(&world.agency, to_unit.0, &provide(SAID), vec![]).await), "FORBIDDEN");
    let asked = Deciding { seen: 2, reason: "x".into() };
    let done = decide::withdraw(&test.app, &world.officer.actor, to_unit.0, &asked, &a_key()).await;
    assert_eq!(code(done), "FORBIDDEN");

    let (p, unit, person) = (world.partition, world.unit, world.owed.person);
    let as_unit = format!("set local app.context = 'unit'; set local app.unit_id = '{unit}'");
    let as_person = format!(
        "set local app.context = 'person'; set local app.partition_id = '{p}'; set local app.person_id = '{person}'"
    );
    let as_foreign = format!("set local app.context = 'agency'; set local app.partition_id = '{elsewhere}'");
    let mut conn = test.app.db.raw_pool().acquire().await.unwrap();
    for (context, hidden) in [
        (&as_unit, vec![to_person.0.0, to_person.1.0]),
        (&as_person, vec![to_unit.0.0, to_unit.1.0]),
        (&as_foreign, vec![to_unit.0.0, to_person.0.0, to_unit.1.0, to_person.1.0]),
    ] {
        for table in ["inquiry", "inquiry_step", "inquiry_file", "file", "event", "idempotency", "log_promise"] {
            conn.execute(AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("select t::text from {table} t")))
                .fetch_all(&mut *conn)
                .await
                .unwrap();
            conn.execute("rollback").await.unwrap();
            for id in &hidden {
                assert!(!rows.iter().any(|row| row.contains(&id.to_string())), "{table} under {context}: {id}");
            }
        }
    }
}

/// What holds when the code is wrong: each side's own steps, one after the other, nothing changed.
#[tokio::test]
async fn the_database_judges_by_itself() {
    let world = World::new().await;
    let (id, _) = asked_and_answered(&world.test, &world.agency, &world.officer, world.owed.person, "1/TTT").await;
    let (p, unit) = (world.partition, world.unit);
    let agency = format!("set local app.context = 'agency'; set local app.partition_id = '{p}'");
    let as_unit = format!("set local app.context = 'unit'; set local app.unit_id = '{unit}'");
    let step = |n: i32, kind: &str, from: &str, to: &str, said: &str| {
        format!(
            "insert into inquiry_step (partition_id, id, inquiry_id, asked, unit_id, n, kind, from_state, to_state, said_on, said_sealed, files,
                 record_hash, created_at, created_by)
             values ('{p}', gen_random_uuid(), '{id}', 'UNIT', '{unit}', {n}, '{kind}', '{from}', '{to}', '2025-12-09', {said}, 0,
                 sha256('x'), now(), gen_random_uuid())"
        )
    };
    let mut conn = world.test.app.db.raw_pool().acquire().await.unwrap();
    for (context, sql, refused) in [
        (&agency, step(3, "ANSWERED", "ANSWERED", "ANSWERED", "'x'"), "42501"),
        (&as_unit, step(3, "CLOSED", "ANSWERED", "CLOSED", "null"), "42501"),
        (&agency, step(3, "CLOSED", "WAITING", "CLOSED", "null"), "23514"),
        (&agency, step(3, "KEPT", "ANSWERED", "WAITING", "'x'"), "23514"),
        (&agency, step(3, "CLOSED", "PLEADED", "CLOSED", "null"), "23503"),
        (&agency, step(2, "WITHDRAWN", "WAITING", "WITHDRAWN", "'x'"), "23505"),
        (&agency, step(4, "CLOSED", "ANSWERED", "CLOSED", "null"), "23503"),
        (&agency, step(3, "WITHDRAWN", "ANSWERED", "WITHDRAWN", "null"), "23514"),
        (&agency, "update inquiry set due_on = '2026-01-01'".into(), "42501"),
        (&agency, "update inquiry_step set files = 2".into(), "42501"),
        (&as_unit, "delete from inquiry_file".into(), "42501"),
        (
            &as_unit,
            "insert into inquiry (partition_id, id) values (gen_random_uuid(), gen_random_uuid())".into(),
            "42501",
        ),
    ] {
        conn.execute(AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let outcome = conn.execute(AssertSqlSafe(sql.clone())).await;
        conn.execute("rollback").await.unwrap();
        let Err(sqlx::Error::Database(error)) = outcome else { panic!("{sql}: {outcome:?}") };
        assert_eq!(error.code().as_deref(), Some(refused), "{sql}: {error}");
    }
    // The same, whole: it is the step that was wrong above, not the statement.
    for (context, sql) in [
        (&agency, step(3, "CLOSED", "ANSWERED", "CLOSED", "null")),
        (&as_unit, step(3, "ANSWERED", "ANSWERED", "ANSWERED", "'x'")),
    ] {
        conn.execute(AssertSqlSafe(format!("begin; {context}"))).await.unwrap();
        let done = conn.execute(AssertSqlSafe(sql.clone())).await.map(|done| done.rows_affected());
        conn.execute("rollback").await.unwrap();
        assert_eq!(done.unwrap(), 1, "{sql}");
    }
}

#[tokio::test]
async fn every_change_behind_the_services_back_is_found() {
    let world = World::new().await;
    asked_and_answered(&world.test, &world.agency, &world.officer, world.owed.person, "1/TTT").await;
    asked_and_answered(&world.test, &world.agency, &world.declarant, world.owed.person, "2/TTT").await;
    assert_eq!(world.disagreements().await, []);
    let p = world.partition;
    let flip = |column: &str| format!("{column} = set_byte({column}, 0, get_byte({column}, 0) # 1)");
    let changes = [
        ("inquiry", "document_no = document_no || 'X'".to_owned()),
        ("inquiry", "complex = not complex".to_owned()),
        ("inquiry", flip("statement_sealed")),
        ("inquiry", flip("record_hash")),
        ("inquiry", "created_at = created_at + interval '1 hour'".to_owned()),
        ("inquiry_step", "created_by = gen_random_uuid()".to_owned()),
        ("inquiry_step", flip("said_sealed")),
        ("inquiry_step", flip("record_hash")),
        ("inquiry_step", "said_on = said_on + 1".to_owned()),
        ("inquiry_step", "due_on = due_on + 1".to_owned()),
        ("inquiry_file", flip("name_sealed")),
        ("inquiry_file", "place = place + 1".to_owned()),
        ("file", flip("original_sha256")),
        ("file", "media_type = 'image/png'".to_owned()),
    ];
    let mut tampering = owner().await;
    tampering.execute("set session_replication_role = replica").await.unwrap();
    let is_found = |found: &[Disagreement]| found.iter().any(|one| matches!(one, Disagreement::InquiryDiffers { .. }));
    for (table, change) in changes {
        let keep = format!("create temp table kept as select * from {table} where partition_id = '{p}'");
        tampering.execute(AssertSqlSafe(keep)).await.unwrap();
        let sql = format!("update {table} set {change} where partition_id = '{p}'");
        tampering.execute(AssertSqlSafe(sql.clone())).await.unwrap();
        let found = world.disagreements().await;
        assert!(is_found(&found), "{sql}: {found:?}");
        put_back(&mut tampering, table, p).await;
        assert_eq!(world.disagreements().await, [], "undone");
    }
    for table in ["inquiry_file", "inquiry_step", "inquiry"] {
        let gone = format!(
            "create temp table kept as select * from {table} where partition_id = '{p}'; delete from {table} where partition_id = '{p}'"
        );
        tampering.execute(AssertSqlSafe(gone)).await.unwrap();
        let found = world.disagreements().await;
        assert!(is_found(&found), "{table}: {found:?}");
        put_back(&mut tampering, table, p).await;
    }
    // The last step alone gone, and one planted that the log does not know.
    let last = format!("partition_id = '{p}' and kind = 'ANSWERED'");
    let gone = format!(
        "create temp table kept as select * from inquiry_step where partition_id = '{p}'; delete from inquiry_step where {last}"
    );
    tampering.execute(AssertSqlSafe(gone)).await.unwrap();
    assert!(is_found(&world.disagreements().await));
    put_back(&mut tampering, "inquiry_step", p).await;
    let planted = format!(
        "create temp table kept as select * from inquiry_step where partition_id = '{p}';
         insert into inquiry_step (partition_id, id, inquiry_id, asked, unit_id, person_id, n, kind, from_state, to_state, said_on, files,
             record_hash, created_at, created_by)
         select partition_id, gen_random_uuid(), inquiry_id, asked, unit_id, person_id, n + 1, 'CLOSED', to_state, 'CLOSED', said_on, 0,
             record_hash, created_at, created_by from inquiry_step where {last}"
    );
    tampering.execute(AssertSqlSafe(planted)).await.unwrap();
    assert!(is_found(&world.disagreements().await));
    put_back(&mut tampering, "inquiry_step", p).await;
    assert_eq!(world.disagreements().await, []);
}

/// Puts the rows of a table back as they were kept; generated columns make themselves.
async fn put_back(conn: &mut sqlx::PgConnection, table: &str, partition: PartitionId) {
    let columns: String = sqlx::query_scalar(
        "select string_agg(attname::text, ', ' order by attnum) from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
    )
    .bind(table)
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    let sql = format!(
        "delete from {table} where partition_id = '{partition}'; insert into {table} ({columns}) select {columns} from kept; drop table kept"
    );
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
}

/// Two answers and a decision at once: each happens whole, one after the other, or is refused because it saw less.
#[tokio::test]
async fn answers_and_a_decision_at_once_follow_each_other() {
    let world = World::new().await;
    let (id, _) = asked_and_answered(&world.test, &world.agency, &world.officer, world.owed.person, "1/TTT").await;
    let seen = world.now(id).await.last;
    let second = world.test.unit_officer(world.partition, world.unit).await;
    let said = [provide("Một"), provide("Hai")];
    let (one, other, closed) = tokio::join!(
        world.answer(&world.officer, id, &said[0], vec![file("1.pdf", PDF)]),
        world.answer(&second, id, &said[1], vec![file("2.pdf", PDF)]),
        world.close(id, seen),
    );
    let now = world.now(id).await;
    let answers = [&one, &other].iter().filter(|outcome| outcome.is_ok()).count();
    match closed {
        // First of all: nothing was added.
        Ok(_) => assert_eq!((now.state, answers, now.last), (State::Closed, 0, seen + 1)),
        Err(_) => assert_eq!((now.state, answers, now.last), (State::Answered, 2, seen + 2)),
    }
    let verdict = world.test.verdict(world.partition).await;
    assert_eq!(verdict.disagreements, []);
    let kept = world.test.app.files.names().await.unwrap();
    assert!(kept.iter().all(|name| verdict.files.contains(name)), "no file is left that nobody names");
}

/// Who reads it late has the law's days from then; who does not answer is shown as late, and nothing else is said of them.
#[tokio::test]
async fn the_days_run_from_when_it_was_received_and_then_it_is_overdue() {
    let world = World::new().await;
    let test = &world.test;
    let id = world.ask(&world.to_unit("1/TTT")).await.unwrap();
    test.app.clock().advance(TimeDelta::days(8));
    let officer = test.unit_officer(world.partition, world.unit).await;
    test.get(Some(&officer), &format!("/don-vi/yeu-cau-thong-tin/{id}")).await;
    // Received on Tuesday 16 December: five working days end on the 23rd, after the 17th the document gave.
    assert_eq!(
        (world.now(id).await.received_on, world.now(id).await.due_on),
        (Some(on("2025-12-16")), on("2025-12-23"))
    );
    test.app.clock().advance(TimeDelta::days(7));
    let agency = test.officer(Role::IntakeOfficer, world.partition).await;
    let late = async |browser: &Browser, path: &str| text_of(&test.get(Some(browser), path).await);
    assert!(!late(&agency, "/yeu-cau-thong-tin?trang-thai=qua-han").await.contains("1/TTT"), "on the last day");
    test.app.clock().advance(TimeDelta::days(1));
    let (agency, officer) = (
        test.officer(Role::IntakeOfficer, world.partition).await,
        test.unit_officer(world.partition, world.unit).await,
    );
    for (browser, path) in [
        (&agency, "/yeu-cau-thong-tin?trang-thai=qua-han".to_owned()),
        (&agency, format!("/yeu-cau-thong-tin/{id}")),
        (&officer, "/don-vi/yeu-cau-thong-tin".to_owned()),
        (&officer, format!("/don-vi/yeu-cau-thong-tin/{id}")),
    ] {
        let told = late(browser, &path).await;
        assert!(told.contains("Quá hạn trả lời") && told.contains("quá hạn 1 ngày"), "{path}: {told}");
        assert!(!told.contains("trung thực"), "{path}");
    }
    assert!(late(&officer, "/don-vi").await.contains("yêu cầu cung cấp thông tin đã quá hạn trả lời"));
    world.answer(&officer, id, &provide(SAID), vec![]).await.unwrap();
    assert!(late(&agency, &format!("/yeu-cau-thong-tin/{id}")).await.contains("sau hạn 23/12/2025"));
    assert!(!late(&agency, "/yeu-cau-thong-tin?trang-thai=qua-han").await.contains("1/TTT"));
    assert_eq!(world.disagreements().await, []);
}

#[tokio::test]
async fn programs_ask_and_answer_by_the_same_rules() {
    let world = World::new().await;
    let test = &world.test;
    let (agency, unit) = (test.token(&world.agency).await, test.token(&world.officer).await);
    let asking = serde_json::to_value(world.to_unit("1/TTT")).unwrap();
    let mut id = String::new();
    for _ in 0..2 {
        let made = test.api(&agency, "POST", "/api/v1/inquiries", Some("khoa-yeu-cau"), Some(&asking)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        id = made.json()["inquiry"].as_str().unwrap().to_owned();
    }
    let one = format!("/api/v1/inquiries/{id}");
    let read = test.api(&unit, "GET", &one, None, None).await.json();
    assert_eq!((&read["information"], &read["last"]), (&json!(ASKED_FOR), &json!(1)));
    let body = json!({"answer": {"way": "PROVIDE", "text": SAID, "name": "Mạc Thị Đáp", "position": "Chánh Văn phòng"},
                      "files": [{"name": "a.pdf", "content": "JVBERi0xLjc="}]});
    let answers = format!("{one}/answers");
    let sent = test.api(&unit, "POST", &answers, Some("khoa-tra-loi"), Some(&body)).await;
    assert_eq!((sent.status, &sent.json()["last"]), (StatusCode::CREATED, &json!(2)), "{}", sent.text());
    let wrong = json!({"answer": body["answer"], "files": [{"name": "a.pdf", "content": "không"}]});
    let refused = test.api(&unit, "POST", &answers, Some("khoa-tra-loi-2"), Some(&wrong)).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("file_content")));
    let stale =
        test.api(&agency, "POST", &format!("{one}/closing"), Some("khoa-dong-1"), Some(&json!({"seen": 1}))).await;
    assert_eq!(stale.json()["code"], "changed_meanwhile");
    let done =
        test.api(&agency, "POST", &format!("{one}/closing"), Some("khoa-dong-2"), Some(&json!({"seen": 2}))).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    let listed = test.api(&unit, "GET", "/api/v1/inquiries", None, None).await.json();
    assert_eq!(listed[0]["state"], "CLOSED");
    assert_eq!(world.disagreements().await, []);
    // A job or a command in the agency's context decides nothing.
    let asked = Deciding { seen: 3, reason: "x".into() };
    let system = Actor::system_in(world.partition);
    let done = decide::withdraw(&test.app, &system, id.parse().unwrap(), &asked, &a_key()).await;
    assert_eq!(code(done), "FORBIDDEN");
}
