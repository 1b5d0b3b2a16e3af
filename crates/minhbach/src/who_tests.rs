//! Who × verb on things that exist: for every route with a parameter, the right person, the same role elsewhere, every
//! wrong role and nobody at all ask for a real declaration, draft, paper or account.
//!
//! To a stranger of the right role a thing that is there must look exactly like one that is not; nobody turned away may
//! read a word of it or change it.
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::account::model::RoleGrant;
use crate::campaign::tests::{delivered, planned, reminded};
use crate::custody;
use crate::declaration::tests::submit_with_reasons;
use crate::disclosure::tests::posted;
use crate::handover::tests::{handed_over, received};
use crate::intake::desk_tests::read_paper;
use crate::kernel::Once;
use crate::kernel::Role::{self, *};
use crate::kernel::id::{
    CorrectionId, CustodyId, DemandId, DisclosureId, FileId, HandOverId, InquiryId, IntakeId, IssueId, ObligationId,
    OlderId, OrganisationId, PartitionId, PersonId, SignatureId, WorkbookId,
};
use crate::person::Occasion;
use crate::person::oblige::{self, Planned};
use crate::routes_tests::PAGES;
use crate::testing::{Answer, Browser, TestApp};

/// What only those who may see a resource may read.
const PLANTED: &[&str] = &[
    "Đặng Hữu Cường",
    "092087831496",
    "Nguyễn Văn An",
    "051080000123",
    "Bùi Thị Nháp",
    "Cao Thị Giao",
    "Sở thử",
    "Mai Văn Trễ",
    "Mai Văn Treo",
    "hành lang phía đông",
    "Tạ Văn Đến",
    "Hồ Thị Sang",
    "hồ Núi Một",
    "phường Trà Bồng",
    "giá 3, hộp 12",
    "Quách Thị Ô Tính",
    "hôm nọ",
];

/// A page's image with a proof of opening that this server did not give.
const PAGE: &str = "1?luot=01a00000-0000-7000-8000-000000000000&dau=00";

struct Cast {
    test: TestApp,
    partition: PartitionId,
    /// Its declaration was sent online.
    sender: Browser,
    /// Has an open draft.
    drafter: Browser,
    unit_officer: Browser,
    officers: Vec<(Role, Browser)>,
    /// Same role, and no business with any of it: other person, other unit of the same agency, other agency.
    strangers: Vec<(Role, Browser)>,
    obligation: ObligationId,
    /// Owed on an occasion: opened by the one with the draft, planned by the unit.
    supplement: ObligationId,
    planned: ObligationId,
    /// On the unit's list.
    person: PersonId,
    declaration: String,
    /// Of that declaration.
    signature: SignatureId,
    intake: IntakeId,
    /// Taken in, with something wrong in it.
    workbook: WorkbookId,
    /// On record on an older form.
    older: OlderId,
    /// A batch of another declaration, handed over and not taken.
    hand_over: HandOverId,
    /// A posting of a third, which hangs.
    disclosure: DisclosureId,
    demand: DemandId,
    /// A correction that waits, and its declarant.
    correction: CorrectionId,
    corrector: Browser,
    unit: OrganisationId,
    /// A written reminder to someone who is late, delivered.
    issue: IssueId,
    /// Came from another agency with their file.
    mover: Browser,
    /// What they declared there.
    original: String,
    /// The file of somebody else, sent and not taken.
    custody: CustodyId,
    /// Requests to the unit and to the one with the draft, each answered with a file.
    to_unit: (InquiryId, FileId),
    to_person: (InquiryId, FileId),
}

const OFFICERS: [Role; 4] = [AgencyAdmin, IntakeOfficer, Auditor, CentreAnalyst];

impl Cast {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let (_, sent) = test.declarant(partition, unit, "Đặng Hữu Cường", "092087831496").await;
        let (_, drafted) = test.declarant(partition, unit, "Bùi Thị Nháp", "051180000777").await;
        let sender = test.declarant_browser(&sent).await;
        let drafter = test.declarant_browser(&drafted).await;
        let token = test.token(&sender).await;
        let declaration = submit_with_reasons(&test, &token, sent.id).await["declaration"].as_str().unwrap().to_owned();
        let signature = crate::signature::data_tests::signed_whole(&test, &sender, &declaration).await;
        let begun = test.post(Some(&drafter), &format!("/ke-khai/{}/bat-dau", drafted.id), &[]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
        let mut officers = Vec::new();
        for role in OFFICERS {
            officers.push((role, test.officer(role, partition).await));
        }
        let reader = &officers.iter().find(|(role, _)| *role == IntakeOfficer).unwrap().1;
        let intake = read_paper(&test, reader, b"%PDF-1.4 who").await;
        let workbook = crate::intake::workbook::tests::imported(&test, reader, "Quách Thị Ô Tính").await;
        let older = crate::intake::older_tests::recorded(&test, reader, drafted.person, "Bùi Thị Nháp").await;
        let unit_officer = test.unit_officer(partition, unit).await;
        let handed = received(&test, &unit_officer, partition, "Cao Thị Giao", "051180000780", "2025-12-05").await;
        let hand_over = handed_over(&test, &unit_officer, partition, handed).await.hand_over;
        let hung = received(&test, &unit_officer, partition, "Mai Văn Treo", "051080000781", "2025-12-05").await;
        handed_over(&test, &unit_officer, partition, hung).await;
        let disclosure = posted(&test, &unit_officer, partition, hung).await.disclosure;
        let demand =
            crate::declaration::demand::tests::demanded_of(&test, &unit_officer, declaration.parse().unwrap()).await;
        let (correction, corrector) = crate::declaration::correction::tests::proposed(
            &test,
            &unit_officer,
            partition,
            "Tạ Văn Sửa",
            "051080000783",
        )
        .await;
        let (_, issue) = reminded(&test, &unit_officer, partition, "Mai Văn Trễ", "051080000782").await;
        delivered(&test, &unit_officer, issue).await;
        planned(&test, reader, "9/KH-TTT", "2025-12-15").await.unwrap();
        let once = || Once::new(&uuid::Uuid::new_v4().to_string(), b"").unwrap();
        let supplement = oblige::supplement(&test.app, &drafter.actor, 2024, &once()).await.unwrap().obligation;
        let plan = Planned { occasion: Occasion::Appointment, on: "2026-02-02".parse().unwrap() };
        let planned =
            oblige::plan(&test.app, &unit_officer.actor, drafted.person, plan, &once()).await.unwrap().obligation;
        let before = test.agency().await;
        let moved = custody::tests::taken(&test, before, partition, "Hồ Thị Sang", "051180000783").await;
        let mover = test.declarant_browser(&moved).await;
        let original = sqlx::query_scalar::<_, uuid::Uuid>("select id from custody_original where partition_id = $1")
            .bind(partition.0)
            .fetch_one(&mut crate::testing::owner().await)
            .await
            .unwrap()
            .to_string();
        let custody = custody::tests::sent(&test, before, partition, "Tạ Văn Đến", "051080000784").await;
        let inquired = crate::inquiry::tests::asked_and_answered;
        let to_unit = inquired(&test, reader, &unit_officer, drafted.person, "1/TTT").await;
        let to_person = inquired(&test, reader, &drafter, drafted.person, "2/TTT").await;
        test.sequence(partition).await;
        test.sequence(before).await;

        let (elsewhere, other_unit) = (test.agency().await, test.unit().await);
        let mut strangers = Vec::new();
        let (_, colleague) = test.declarant(partition, unit, "Lê Văn Khác", "051080000778").await;
        let (_, far) = test.declarant(elsewhere, other_unit, "Vũ Thị Xa", "051180000779").await;
        strangers.push((Declarant, test.declarant_browser(&colleague).await));
        strangers.push((Declarant, test.declarant_browser(&far).await));
        strangers.push((UnitOfficer, test.unit_officer(partition, other_unit).await));
        strangers.push((UnitOfficer, test.unit_officer(elsewhere, other_unit).await));
        for role in [AgencyAdmin, IntakeOfficer] {
            strangers.push((role, test.officer(role, elsewhere).await));
        }
        Self {
            test,
            partition,
            sender,
            drafter,
            unit_officer,
            officers,
            strangers,
            obligation: drafted.id,
            supplement,
            planned,
            person: drafted.person,
            declaration,
            intake,
            workbook,
            older,
            hand_over,
            signature,
            disclosure,
            demand,
            correction,
            corrector,
            unit,
            issue,
            mover,
            original,
            custody,
            to_unit,
            to_person,
        }
    }

    /// The person whose business a route is, in a role.
    fn right(&self, role: Role, path: &str) -> &Browser {
        match role {
            Declarant if path.contains("{correction}") || path.contains("/corrections/") => &self.corrector,
            Declarant
                if ["{declaration}", "/declarations/", "{demand}", "/demands/", "{signature}", "/signatures/"]
                    .iter()
                    .any(|of| path.contains(of)) =>
            {
                &self.sender
            }
            Declarant if path.contains("{original}") => &self.mover,
            Declarant => &self.drafter,
            UnitOfficer => &self.unit_officer,
            role => &self.officers.iter().find(|(r, _)| *r == role).unwrap().1,
        }
    }

    /// A path with what exists in the place of its parameters; accounts by whose business they are.
    fn real(&self, path: &str, role: Role) -> String {
        let id = match path.split('/').nth(1) {
            Some("tiep-nhan") => self.intake.to_string(),
            Some("tai-khoan") if role == UnitOfficer => self.drafter.account.to_string(),
            Some("tai-khoan") => self.right(Auditor, path).account.to_string(),
            _ if path.contains("/workbooks/") => self.workbook.to_string(),
            _ if path.contains("/intakes/") => self.intake.to_string(),
            _ if path.contains("/hand-overs/") => self.hand_over.to_string(),
            _ if path.contains("/disclosures/") => self.disclosure.to_string(),
            _ if path.contains("/corrections/") => self.correction.to_string(),
            _ if path.contains("/demands/") => self.demand.to_string(),
            _ if path.contains("/signatures/{id}") => self.signature.to_string(),
            _ if path.ends_with("/take-back") => self.taken_back(role).to_string(),
            _ if path.contains("/obligations/") => self.obligation.to_string(),
            _ if path.contains("/people/") => self.person.to_string(),
            _ => self.declaration.clone(),
        };
        // Who asks sees both, who is asked only their own.
        let inquiry = if role == Declarant { self.to_person } else { self.to_unit };
        let obligation = if path.ends_with("/thoi") { self.taken_back(role) } else { self.obligation };
        path.replace("{obligation}", &obligation.to_string())
            .replace("{person}", &self.person.to_string())
            .replace("{declaration}", &self.declaration)
            .replace("{hand_over}", &self.hand_over.to_string())
            .replace("{signature}", &self.signature.to_string())
            .replace("{disclosure}", &self.disclosure.to_string())
            .replace("{demand}", &self.demand.to_string())
            .replace("{correction}", &self.correction.to_string())
            .replace("{issue}", &self.issue.to_string())
            .replace("{unit}", &self.unit.to_string())
            .replace("{original}", &self.original)
            .replace("{custody}", &self.custody.to_string())
            .replace("{inquiry}", &inquiry.0.to_string())
            .replace("{older}", &self.older.to_string())
            .replace("{workbook}", &self.workbook.to_string())
            .replace("{file}", &inquiry.1.to_string())
            .replace("{section}", if path.contains("/api/") { "REGISTERED" } else { "i-1" })
            .replace("{page}", PAGE)
            .replace("{side}", side_of(path))
            .replace("{id}", &id)
    }

    /// Who said that something is owed on an occasion takes it back.
    fn taken_back(&self, role: Role) -> ObligationId {
        if role == Declarant { self.supplement } else { self.planned }
    }

    /// The same path naming what does not exist.
    fn unreal(&self, path: &str) -> String {
        let none = uuid::Uuid::now_v7().to_string();
        path.replace("{obligation}", &none)
            .replace("{person}", &none)
            .replace("{declaration}", &none)
            .replace("{hand_over}", &none)
            .replace("{signature}", &none)
            .replace("{disclosure}", &none)
            .replace("{demand}", &none)
            .replace("{correction}", &none)
            .replace("{issue}", &none)
            .replace("{unit}", &none)
            .replace("{original}", &none)
            .replace("{custody}", &none)
            .replace("{inquiry}", &none)
            .replace("{older}", &none)
            .replace("{workbook}", &none)
            .replace("{file}", &none)
            .replace("{section}", if path.contains("/api/") { "REGISTERED" } else { "i-1" })
            .replace("{page}", PAGE)
            .replace("{side}", side_of(path))
            .replace("{id}", &none)
    }

    async fn ask(&self, browser: Option<&Browser>, method: &str, path: &str) -> Answer {
        match method {
            "GET" => self.test.get(browser, path).await,
            // Handlers judge some boxes before they ask the policy; with these it is asked everywhere.
            _ => {
                let fields = [("khoa", &*uuid::Uuid::new_v4().to_string()), ("reason", "DUPLICATE")];
                self.test.post(browser, path, &fields).await
            }
        }
    }

    /// Everything that is recorded or saved in the partition, as one number that any change moves.
    async fn state(&self) -> Value {
        let mut owner = crate::testing::owner().await;
        sqlx::query_scalar(
            "select jsonb_build_array(
                (select jsonb_agg(name order by id) from event where partition_id = $1
                    and name not in ('declaration.opened', 'person.opened', 'intake.opened', 'hand_over.opened', 'demand.opened', 'correction.opened', 'disclosure.opened', 'reminder.opened', 'non_submission.opened', 'custody.opened', 'custody.original_opened', 'inquiry.opened', 'older.opened', 'asset.opened', 'workbook.opened')),
                (select md5(string_agg(encode(content_sealed, 'hex'), ',' order by draft_id, section)) from draft_section where partition_id = $1),
                (select md5(string_agg(coalesce(ended_on::text, ''), ',' order by id)) from obligation where partition_id = $1),
                (select md5(string_agg(state, ',' order by id)) from hand_over where partition_id = $1),
                (select md5(string_agg(state, ',' order by id)) from disclosure where partition_id = $1),
                (select md5(string_agg(state, ',' order by id)) from custody_transfer where $1 in (partition_id, to_partition_id)),
                (select count(*) from custody_original where partition_id = $1),
                (select count(*) from inquiry_step where partition_id = $1),
                (select md5(string_agg(state || coalesce(due_on::text, ''), ',' order by id)) from demand where partition_id = $1),
                (select md5(string_agg(state, ',' order by id)) from correction where partition_id = $1),
                (select count(*) from reminder where partition_id = $1), (select count(*) from reminder_delivery where partition_id = $1),
                (select count(*) from non_submission where partition_id = $1), (select count(*) from campaign_plan where partition_id = $1),
                (select md5(string_agg(state || revision, ',' order by id)) from intake where partition_id = $1),
                (select md5(string_agg(state, ',' order by id)) from workbook where partition_id = $1),
                (select md5(string_agg(state || coalesce(password_hash, ''), ',' order by id)) from account where partition_id = $1))",
        )
        .bind(self.partition.0)
        .fetch_one(&mut owner)
        .await
        .unwrap()
    }
}

/// The side that signs at an address.
fn side_of(path: &str) -> &'static str {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["", "ke-khai", ..] => "nguoi-ke-khai",
        ["", "don-vi", "ban", ..] => "nguoi-nhan",
        ["", "don-vi", "ban-giao", ..] => "ben-giao",
        ["", "ban-giao", ..] => "ben-nhan",
        _ => "nguoi-dung-dau",
    }
}

/// A side whose turn to sign has not come is told so, and gets no file.
fn is_before_its_turn(path: &str, answer: &Answer) -> bool {
    let is_file = path.ends_with("/{side}/tep.pdf") || path.ends_with("/signing-copy");
    is_file && answer.status == StatusCode::UNPROCESSABLE_ENTITY
}

fn reads_nothing(answer: &Answer, who: &str) {
    let text = answer.text();
    for planted in PLANTED {
        assert!(!text.contains(planted), "{who} reads {planted}: {text}");
    }
}

/// A page or answer without what differs from one request to the next: ids and tokens.
fn same_words(answer: &Answer) -> String {
    let text = answer.text();
    let words = text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "-_=".contains(c)));
    words.map(|word| if word.len() > 30 { "…" } else { word }).collect()
}

/// Pages that change what the cast stands on; the right one asks for them last.
fn ends_something(path: &str) -> bool {
    path.contains("/tai-khoan/")
}

#[tokio::test]
async fn pages_about_a_thing_are_for_those_whose_business_it_is() {
    let cast = Cast::new().await;
    let with_parameter =
        || PAGES.iter().filter(|(_, path, roles)| path.contains('{') && roles.is_some() && !path.contains("{version}"));
    assert!(with_parameter().count() > 20);
    let before = cast.state().await;
    for (method, path, roles) in with_parameter() {
        let roles = roles.unwrap();
        let owner = roles[0];
        let (real, unreal) = (cast.real(path, owner), cast.unreal(path));

        let nobody = cast.ask(None, method, &real).await;
        let sent_away = nobody.location() == "/dang-nhap" || nobody.status == StatusCode::UNAUTHORIZED;
        assert!(sent_away, "{method} {path} without signing in: {}", nobody.status);
        reads_nothing(&nobody, "nobody");

        for role in Role::ALL.into_iter().filter(|role| !roles.contains(role)) {
            let who = format!("{role:?} {method} {path}");
            let answer = cast.ask(Some(cast.right(role, path)), method, &real).await;
            assert!(matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{who}: {}", answer.status);
            reads_nothing(&answer, &who);
        }
        for (role, stranger) in cast.strangers.iter().filter(|(role, _)| roles.contains(role)) {
            let who = format!("stranger {role:?} {method} {path}");
            let answer = cast.ask(Some(stranger), method, &cast.real(path, *role)).await;
            let none = cast.ask(Some(stranger), method, &unreal).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}: {}", answer.text());
            assert_eq!(same_words(&answer), same_words(&none), "{who}: what is there looks like what is not");
        }
    }
    assert_eq!(cast.state().await, before, "nobody who was turned away changed anything");

    let (last, first): (Vec<_>, Vec<_>) = with_parameter().partition(|(_, path, _)| ends_something(path));
    for (method, path, roles) in first.into_iter().chain(last) {
        for role in roles.unwrap() {
            let answer = cast.ask(Some(cast.right(*role, path)), method, &cast.real(path, *role)).await;
            let who = format!("{role:?} {method} {path}: {}", answer.status);
            // A page image is shown only under an opening of the review by this session (its own test).
            if path.ends_with("/trang/{page}") {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}");
                continue;
            }
            assert!(!answer.status.is_server_error(), "{who}: {}", answer.text());
            assert!(
                !matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                "{who}: {}",
                answer.text()
            );
            assert_ne!(answer.location(), "/dang-nhap", "{who}");
            if method.eq_ignore_ascii_case("GET") && !is_before_its_turn(path, &answer) {
                assert!(answer.status.is_success() || answer.status.is_redirection(), "{who}: {}", answer.text());
            }
        }
    }
}

/// Verb, path and roles of the API, with a body where one is sent.
fn api() -> Vec<(&'static str, &'static str, &'static [Role], Option<Value>)> {
    let recording = json!({"form": "ND78_2013", "year": 2016, "place": "Kho 1", "who": {"known": PersonId::new()},
        "facts": {"name": "Nguyễn Văn An", "unit_name": "Sở thử"}});
    let receipt =
        json!({"received_on": "2025-12-08", "receiver_name": "Lê Thị Nhận", "receiver_position": "Chuyên viên"});
    let section = json!({"version": 0, "content": {"have": "khong", "entries": []}});
    let declaration = json!({"content": {"form": "PL1", "kind": "ANNUAL"}, "reasons": {}});
    let handing = json!({"agency": PartitionId::new(), "declarations": [], "handed_on": "2025-12-08", "hander_name": "Trần Văn Giao", "hander_position": "Chuyên viên"});
    let taking = json!({"taken_on": "2025-12-08", "taker_name": "Phạm Văn Kiểm", "taker_position": "Thanh tra viên"});
    let publishing =
        json!({"agency": PartitionId::new(), "declarations": [], "from_on": "2025-12-08", "place": "bảng tin"});
    let minutes = json!({"closed_on": "2025-12-08", "head_name": "Trần Văn Đứng Đầu", "head_position": "Giám đốc", "union_name": "Phạm Thị Công Đoàn", "union_position": "Chủ tịch"});
    let breaking = json!({"broken_on": "2025-12-08", "reason": ""});
    let demanded = json!({"version": uuid::Uuid::now_v7(), "asks": "COMPLETE", "reasons": "Mục 5", "issued_on": "2025-12-08", "signer_name": "Trần Văn Ký", "signer_position": "Giám đốc"});
    let proposing = json!({"version": uuid::Uuid::now_v7(), "content": {"kind": "ANNUAL"}, "explanation": "Ghi nhầm"});
    let deciding = json!({"verdicts": [], "decided_on": "2025-12-08", "approver_name": "Trần Văn Duyệt", "approver_position": "Giám đốc"});
    let reminding = json!({"number": 1, "obligations": [], "document_no": "5/STC", "issued_on": "2025-12-08", "answer_by": "2025-12-22", "signer_name": "Trần Văn Ký", "signer_position": "Phó Giám đốc"});
    let delivering = json!({"reminders": [], "way": "HANDED", "delivered_on": "2025-12-08"});
    let passing = json!({"person": PersonId::new(), "to": PartitionId::new(), "reason": "MOVED", "document_no": "1/TTT", "document_on": "2025-12-08", "signer_name": "Trần Văn Ký", "signer_position": "Chánh Thanh tra"});
    let taking_file =
        json!({"person": PersonId::new(), "taker_name": "Phạm Văn Kiểm", "taker_position": "Thanh tra viên"});
    let declining = json!({"reason": "", "name": "Phạm Văn Kiểm", "position": "Thanh tra viên"});
    let document = json!({"document_no": "9/TTT", "issued_on": "2025-12-08", "complex": false, "due_on": "2025-12-17", "purpose": "Xác minh", "information": "", "guidance": "", "other": "", "signatory": "HEAD", "signer_name": "Trần Văn Ký", "signer_position": "Chánh Thanh tra"});
    let asking = json!({"asked": "UNIT", "document": document});
    let asking_more = json!({"seen": 0, "document": document});
    let answering = json!({"answer": {"way": "PROVIDE", "text": ""}});
    let keeping = json!({"seen": 0, "due_on": "2025-12-20", "reason": ""});
    let acceptance = json!({"revision": 0, "who": {"known": uuid::Uuid::now_v7()}});
    const READERS: &[Role] = &[Declarant, UnitOfficer, IntakeOfficer];
    vec![
        ("get", "/obligations", &[Declarant, UnitOfficer], None),
        ("get", "/obligations/{id}/draft/{section}", &[Declarant], None),
        ("put", "/obligations/{id}/draft/{section}", &[Declarant], Some(section)),
        ("post", "/obligations/supplement", &[Declarant], Some(json!({"year": 2025}))),
        (
            "post",
            "/people/{id}/occasions",
            &[UnitOfficer],
            Some(json!({"occasion": "APPOINTMENT", "on": "2026-03-03"})),
        ),
        ("post", "/obligations/{id}/take-back", &[Declarant, UnitOfficer], None),
        ("post", "/obligations/{id}/declaration", &[Declarant], Some(declaration)),
        ("get", "/declarations", READERS, None),
        ("get", "/declarations/{id}", READERS, None),
        ("get", "/declarations/{id}/proof", READERS, None),
        ("post", "/declarations/{id}/receipt", &[UnitOfficer], Some(receipt)),
        ("get", "/demands", READERS, None),
        ("get", "/demands/{id}", &[Declarant, UnitOfficer], None),
        ("post", "/declarations/{id}/demands", &[UnitOfficer], Some(demanded)),
        ("post", "/demands/{id}/delivery", &[UnitOfficer], Some(json!({"handed_on": "2025-12-08"}))),
        ("post", "/demands/{id}/withdrawal", &[UnitOfficer], Some(json!({"reason": "Không cần nữa"}))),
        ("get", "/corrections", READERS, None),
        ("get", "/corrections/{id}", READERS, None),
        ("post", "/declarations/{id}/corrections", &[Declarant], Some(proposing)),
        ("post", "/corrections/{id}/decision", &[UnitOfficer, IntakeOfficer], Some(deciding)),
        ("post", "/corrections/{id}/withdrawal", &[Declarant], None),
        ("get", "/declarations/{id}/signatures", READERS, None),
        ("post", "/declarations/{id}/signatures", &[Declarant, UnitOfficer], None),
        ("get", "/declarations/{id}/signing-copy", &[Declarant, UnitOfficer], None),
        ("get", "/signatures/{id}/document", &[Declarant, IntakeOfficer], None),
        ("get", "/signatures/{id}/detached", READERS, None),
        ("post", "/signatures/{id}/detached", &[Declarant], None),
        ("post", "/signatures/{id}/withdrawal", READERS, Some(json!({"reason": ""}))),
        (
            "post",
            "/signatures/{id}/decision",
            &[UnitOfficer, IntakeOfficer],
            Some(json!({"accepts": true, "reason": ""})),
        ),
        ("post", "/declarations/{id}/paper-signature", &[UnitOfficer], Some(json!({"signed_on": "2025-12-08"}))),
        ("get", "/hand-overs/{id}/signatures", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/hand-overs/{id}/signatures", &[UnitOfficer, IntakeOfficer], None),
        ("get", "/hand-overs/{id}/signing-copy", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/hand-overs/{id}/paper-signature", &[UnitOfficer], Some(json!({"signed_on": "2025-12-08"}))),
        ("get", "/hand-overs", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/hand-overs", &[UnitOfficer], Some(handing)),
        ("get", "/hand-overs/{id}", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/hand-overs/{id}/taking", &[IntakeOfficer], Some(taking)),
        ("get", "/reminders", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/reminders", &[UnitOfficer], Some(reminding)),
        ("post", "/reminders/{issue}/delivery", &[UnitOfficer], Some(delivering)),
        ("get", "/non-submissions", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/obligations/{id}/non-submission", &[UnitOfficer], Some(json!({}))),
        ("get", "/custody-transfers", &[IntakeOfficer], None),
        ("post", "/custody-transfers", &[IntakeOfficer], Some(passing)),
        ("get", "/custody-transfers/{custody}", &[IntakeOfficer], None),
        ("post", "/custody-transfers/{custody}/taking", &[IntakeOfficer], Some(taking_file)),
        ("post", "/custody-transfers/{custody}/declining", &[IntakeOfficer], Some(declining)),
        ("post", "/custody-transfers/{custody}/withdrawal", &[IntakeOfficer], None),
        ("get", "/inquiries", READERS, None),
        ("post", "/inquiries", &[IntakeOfficer], Some(asking)),
        ("get", "/inquiries/{inquiry}", READERS, None),
        ("post", "/inquiries/{inquiry}/further", &[IntakeOfficer], Some(asking_more)),
        ("post", "/inquiries/{inquiry}/answers", &[UnitOfficer, Declarant], Some(answering)),
        ("post", "/inquiries/{inquiry}/keeping", &[IntakeOfficer], Some(keeping)),
        ("post", "/inquiries/{inquiry}/closing", &[IntakeOfficer], Some(json!({"seen": 0}))),
        ("post", "/inquiries/{inquiry}/withdrawal", &[IntakeOfficer], Some(json!({"seen": 0, "reason": ""}))),
        ("get", "/disclosures", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/disclosures", &[UnitOfficer], Some(publishing)),
        ("get", "/disclosures/{id}", &[UnitOfficer, IntakeOfficer], None),
        ("post", "/disclosures/{id}/minutes", &[UnitOfficer], Some(minutes)),
        ("post", "/disclosures/{id}/breaking-off", &[UnitOfficer], Some(breaking)),
        ("post", "/intakes", &[IntakeOfficer], Some(json!({}))),
        ("get", "/intakes", &[IntakeOfficer], None),
        ("get", "/intakes/{id}", &[IntakeOfficer], None),
        ("post", "/intakes/{id}/acceptance", &[IntakeOfficer], Some(acceptance)),
        ("post", "/intakes/{id}/older", &[IntakeOfficer], Some(recording)),
        ("post", "/workbooks", &[IntakeOfficer], Some(json!({}))),
        ("get", "/workbooks", &[IntakeOfficer], None),
        ("get", "/workbooks/{id}", &[IntakeOfficer], None),
        ("get", "/older", &[IntakeOfficer], None),
        ("get", "/older/{older}", &[IntakeOfficer], None),
        ("post", "/older/{older}/place", &[IntakeOfficer], Some(json!({"place": "", "reason": ""}))),
        ("post", "/older/{older}/withdrawal", &[IntakeOfficer], Some(json!({"reason": ""}))),
        ("get", "/progress", &[AgencyAdmin], None),
        ("get", "/log/checkpoint", &[Auditor], None),
    ]
}

#[tokio::test]
async fn verbs_of_the_api_are_for_those_whose_business_they_are() {
    let cast = Cast::new().await;
    let document = cast.test.get(None, "/api/openapi.json").await.json();
    let mut listed: Vec<(String, String)> = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/api/v1").to_owned();
        listed.extend(verbs.as_object().unwrap().keys().map(|verb| (verb.clone(), path.clone())));
    }
    listed.sort();
    let mut decided: Vec<_> = api().iter().map(|(verb, path, _, _)| ((*verb).to_owned(), (*path).to_owned())).collect();
    decided.sort();
    assert_eq!(listed, decided, "verbs nobody decided about, or that are no more");

    let before = cast.state().await;
    for (verb, path, roles, body) in api() {
        let (method, path) = (verb.to_uppercase(), format!("/api/v1{path}"));
        for role in Role::ALL.into_iter().filter(|role| !roles.contains(role)) {
            let token = cast.test.token(cast.right(role, &path)).await;
            let real = cast.real(&path, role);
            let answer = cast.test.api(&token, &method, &real, Some("khoa-sai-vai-1"), body.as_ref()).await;
            let who = format!("{role:?} {method} {path}");
            assert!(matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{who}: {}", answer.text());
            reads_nothing(&answer, &who);
        }
        if !path.contains('{') {
            continue;
        }
        for (role, stranger) in cast.strangers.iter().filter(|(role, _)| roles.contains(role)) {
            let token = cast.test.token(stranger).await;
            let (real, unreal) = (cast.real(&path, *role), cast.unreal(&path));
            let answer = cast.test.api(&token, &method, &real, Some("khoa-nguoi-la-1"), body.as_ref()).await;
            let none = cast.test.api(&token, &method, &unreal, Some("khoa-nguoi-la-2"), body.as_ref()).await;
            let who = format!("stranger {role:?} {method} {path}");
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}: {}", answer.text());
            assert_eq!(same_words(&answer), same_words(&none), "{who}: what is there looks like what is not");
        }
    }
    assert_eq!(cast.state().await, before, "nobody who was turned away changed anything");

    for (verb, path, roles, body) in api() {
        let (method, path) = (verb.to_uppercase(), format!("/api/v1{path}"));
        for role in roles {
            let token = cast.test.token(cast.right(*role, &path)).await;
            let real = cast.real(&path, *role);
            let answer = cast.test.api(&token, &method, &real, Some("khoa-dung-vai-1"), body.as_ref()).await;
            let who = format!("{role:?} {method} {path}: {}", answer.status);
            assert!(!answer.status.is_server_error(), "{who}: {}", answer.text());
            assert!(
                !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                "{who}: {}",
                answer.text()
            );
            if method == "GET" && !is_before_its_turn(&path, &answer) {
                assert!(answer.status.is_success(), "{who}: {}", answer.text());
            }
        }
    }
}

/// A role that was taken away, and an account that was locked, end at once: the next request is nobody's.
#[tokio::test]
async fn what_was_taken_away_opens_nothing() {
    let cast = Cast::new().await;
    for (table, change) in [("account_role", "revoked_at = now()"), ("account", "state = 'DISABLED'")] {
        let officer = cast
            .test
            .sign_in(RoleGrant { role: IntakeOfficer, partition: cast.partition, unit: None, person: None })
            .await;
        let token = cast.test.token(&officer).await;
        let page = format!("/tiep-nhan/{}", cast.intake);
        let verb = format!("/api/v1/intakes/{}", cast.intake);
        assert_eq!(cast.test.get(Some(&officer), &page).await.status, StatusCode::OK);
        assert_eq!(cast.test.api(&token, "GET", &verb, None, None).await.status, StatusCode::OK);
        let column = if table == "account" { "id" } else { "account_id" };
        let statement = format!("update {table} set {change} where {column} = $1");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(officer.account.0)
            .execute(&mut crate::testing::owner().await)
            .await
            .unwrap();
        assert_eq!(cast.test.get(Some(&officer), &page).await.location(), "/dang-nhap", "{table}");
        assert_eq!(cast.test.api(&token, "GET", &verb, None, None).await.status, StatusCode::UNAUTHORIZED, "{table}");
    }
}
