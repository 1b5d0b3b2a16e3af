//! Centre, three control agencies, twelve employing units, sixty declarants.
use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use form::Kind;

use super::Figures;
use crate::account::model::{Badge, NewAccount, RoleGrant};
use crate::account::{issue, password, store as accounts};
use crate::inquiry::ask::{Asking, Document};
use crate::inquiry::model::{Asked, Signatory};
use crate::kernel::id::{OrganisationId, PartitionId, RoutingRuleId};
use crate::kernel::{Actor, App, Event, Once, Role};
use crate::organisation::{self, Organisation, Partition, Rank, RoutingRule, Sector};
use crate::person::policy::Place;
use crate::practice::world::{self, Listing, Placed};
use crate::{inquiry, intake};

/// The password of every practice account; this installation holds invented data only.
pub const PRACTICE_PASSWORD: &str = "Thuc hanh 2025!";

/// Accounts printed at the start: login and what it is.
pub const PRACTICE_ACCOUNTS: [(&str, &str); 13] = [
    ("trunguong", "Chuyên viên tổng hợp, Thanh tra Chính phủ: số liệu toàn quốc"),
    ("qn.quantri", "Quản trị, Thanh tra tỉnh Quảng Ngãi: tình hình kê khai, tài khoản"),
    ("qn.tiepnhan", "Cán bộ tiếp nhận bản giấy, Thanh tra tỉnh Quảng Ngãi"),
    ("qn.kiemtoan", "Kiểm toán nhật ký, Thanh tra tỉnh Quảng Ngãi"),
    ("dn.tiepnhan", "Cán bộ tiếp nhận bản giấy, Thanh tra tỉnh Đồng Nai"),
    ("ttcp.tiepnhan", "Cán bộ tiếp nhận bản giấy, Thanh tra Chính phủ"),
    ("qn.sotc", "Cán bộ đầu mối Sở Tài chính tỉnh Quảng Ngãi (người do hai cơ quan kiểm soát)"),
    ("qn.soct", "Cán bộ đầu mối Sở Công Thương tỉnh Quảng Ngãi"),
    ("kk.mot", "Người kê khai hằng năm, Sở Tài chính tỉnh Quảng Ngãi"),
    ("kk.hai", "Người kê khai lần đầu, Sở Tài chính tỉnh Quảng Ngãi"),
    ("kk.ba", "Người kê khai hằng năm, Sở Công Thương tỉnh Quảng Ngãi, đã kê khai lần đầu năm 2024"),
    ("kk.bon", "Người kê khai hằng năm, Sở Công Thương tỉnh Quảng Ngãi, đã kê khai lần đầu năm 2024"),
    ("kk.giamdoc", "Giám đốc Sở Tài chính tỉnh Quảng Ngãi (Thanh tra Chính phủ kiểm soát)"),
];

const SCANS: [(&str, &[u8]); 4] = [
    ("to-khai-1.pdf", include_bytes!("../practice/samples/001-scan.pdf")),
    ("to-khai-2.pdf", include_bytes!("../practice/samples/002-poor.pdf")),
    ("to-khai-3.pdf", include_bytes!("../practice/samples/012-clean.pdf")),
    ("to-khai-4.pdf", include_bytes!("../practice/samples/009-scan.pdf")),
];

struct AgencyPlan {
    code: &'static str,
    name: &'static str,
    agency_type: i16,
    province: Option<&'static str>,
}

/// Codes of provinces since 01/07/2025: 51 Quảng Ngãi, 75 Đồng Nai.
const AGENCIES: [AgencyPlan; 3] = [
    AgencyPlan { code: "G20", name: "Thanh tra Chính phủ", agency_type: 1, province: None },
    AgencyPlan { code: "H48.TT", name: "Thanh tra tỉnh Quảng Ngãi", agency_type: 2, province: Some("51") },
    AgencyPlan { code: "H19.TT", name: "Thanh tra tỉnh Đồng Nai", agency_type: 2, province: Some("75") },
];

const UNITS: [(&str, &str, &str); 12] = [
    ("H48.01", "Sở Tài chính tỉnh Quảng Ngãi", "51"),
    ("H48.02", "Sở Công Thương tỉnh Quảng Ngãi", "51"),
    ("H48.03", "Sở Xây dựng tỉnh Quảng Ngãi", "51"),
    ("H48.04", "Sở Y tế tỉnh Quảng Ngãi", "51"),
    ("H48.05", "Sở Giáo dục và Đào tạo tỉnh Quảng Ngãi", "51"),
    ("H48.06", "Ủy ban nhân dân xã Sơn Linh, tỉnh Quảng Ngãi", "51"),
    ("H19.01", "Sở Tài chính tỉnh Đồng Nai", "75"),
    ("H19.02", "Sở Nông nghiệp và Môi trường tỉnh Đồng Nai", "75"),
    ("H19.03", "Sở Xây dựng tỉnh Đồng Nai", "75"),
    ("H19.04", "Sở Y tế tỉnh Đồng Nai", "75"),
    ("H19.05", "Sở Khoa học và Công nghệ tỉnh Đồng Nai", "75"),
    ("H19.06", "Ủy ban nhân dân phường Bình Phước, tỉnh Đồng Nai", "75"),
];

/// People per unit: a director and four others.
const PER_UNIT: usize = 5;

const POSITIONS: [&str; PER_UNIT] =
    ["Giám đốc", "Phó Trưởng phòng Kế hoạch", "Kế toán viên", "Thanh tra viên", "Chuyên viên"];

/// On which ground each of them is obliged, the director of a Sở aside (law/grounds.toml).
const GROUNDS: [&str; PER_UNIT] = ["DEPUTY_HEAD_FIELD", "DEPUTY_HEAD_FIELD", "RANK_10_1", "RANK_10_1", "CIVIL_SERVANT"];

/// Builds the world once; later starts find it built. One that was cut off was cleared away before this runs.
pub async fn build(app: &App) -> Result<()> {
    load_places(app).await.context("danh mục đơn vị hành chính")?;
    if organisations(app).await?.is_empty() {
        found_bodies(app).await.context("cơ quan kiểm soát và đơn vị")?;
        let people = list_people(app).await.context("danh sách người kê khai")?;
        issue_accounts(app, &people).await.context("tài khoản thực hành")?;
        record_first(app, &people).await.context("bản kê khai lần đầu năm 2024")?;
        declare(app, &people).await.context("bản kê khai trực tuyến")?;
        hand_in_scans(app).await.context("bản quét mẫu")?;
        ask_for_information(app, &people).await.context("yêu cầu cung cấp thông tin mẫu")?;
    }
    Ok(())
}

async fn organisations(app: &App) -> Result<Vec<Organisation>> {
    Ok(app
        .db
        .read(&Actor::SYSTEM, "demo.organisations", async |tx| organisation::store::organisations(tx).await)
        .await?)
}

async fn partition(app: &App, code: &str) -> Result<PartitionId> {
    let all =
        app.db.read(&Actor::SYSTEM, "demo.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    Ok(all.iter().find(|p| p.code == code).with_context(|| format!("phân vùng {code}"))?.id)
}

/// The 34 provinces and 3,321 communes in force since 01/07/2025.
async fn load_places(app: &App) -> Result<()> {
    let from = NaiveDate::from_ymd_opt(2025, 7, 1).context("a date of the calendar")?;
    let units = organisation::places::units();
    app.db
        .write(&Actor::SYSTEM, "demo.load_places", async |tx| {
            let added = organisation::store::load_admin_units(tx, from, &units).await?;
            tx.record(
                Event::new("places.loaded", PartitionId::CENTRE)
                    .count("added", i64::try_from(added).unwrap_or(i64::MAX)),
            )?;
            Ok(())
        })
        .await?;
    Ok(())
}

async fn found_bodies(app: &App) -> Result<()> {
    let since = NaiveDate::from_ymd_opt(2025, 7, 1).context("a date of the calendar")?;
    let in_force = NaiveDate::from_ymd_opt(2020, 12, 20).context("a date of the calendar")?;
    app.db
        .write(&Actor::SYSTEM, "demo.found_bodies", async |tx| {
            let mut ids = Vec::new();
            for plan in &AGENCIES {
                let partition = Partition {
                    id: PartitionId::new(),
                    code: plan.code.into(),
                    name: plan.name.into(),
                    agency_type: plan.agency_type,
                    province_code: plan.province.map(Into::into),
                    practice_of: None,
                };
                organisation::store::insert_partition(tx, &partition).await?;
                tx.record(Event::new("partition.added", partition.id))?;
                ids.push(partition.id);
            }
            for (code, name, province) in UNITS {
                let body = Organisation {
                    id: OrganisationId::new(),
                    parent: None,
                    code: code.into(),
                    name: name.into(),
                    sector: Sector::LocalGovernment,
                    province_code: Some(province.into()),
                    valid_from: since,
                    valid_to: None,
                    practice_in: None,
                };
                let level = if name.starts_with("Ủy ban") { "COMMUNE" } else { "PROVINCE" };
                organisation::store::insert_organisation(tx, &body, level).await?;
                tx.record(Event::new("organisation.added", PartitionId::CENTRE).id("organisation", body.id))?;
            }
            let rule = |partition, precedence, province: Option<&str>, rank, basis: &str| RoutingRule {
                id: RoutingRuleId::new(),
                partition,
                precedence,
                sector: Some(Sector::LocalGovernment),
                province_code: province.map(Into::into),
                organisation: None,
                rank,
                party_managed: None,
                basis: basis.into(),
                valid_from: in_force,
                valid_to: None,
            };
            let rules = [
                rule(ids[0], 20, None, Some(Rank::DirectorUp), "khoản 1 Điều 30 Luật Phòng, chống tham nhũng 2018"),
                rule(ids[1], 10, Some("51"), None, "khoản 2 Điều 30 Luật Phòng, chống tham nhũng 2018"),
                rule(ids[2], 10, Some("75"), None, "khoản 2 Điều 30 Luật Phòng, chống tham nhũng 2018"),
            ];
            for rule in &rules {
                organisation::store::insert_routing_rule(tx, rule).await?;
                tx.record(Event::new("routing.added", rule.partition).id("rule", rule.id))?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Five people a unit. The director of a Sở falls to the Government Inspectorate by rule, the rest to the province.
async fn list_people(app: &App) -> Result<Vec<Placed>> {
    let bodies = organisations(app).await?;
    let rules =
        app.db.read(&Actor::SYSTEM, "demo.rules", async |tx| organisation::store::routing_rules(tx).await).await?;
    let today = app.clock().today();
    let mut placed = Vec::new();
    for (unit_index, (code, unit_name, _)) in UNITS.into_iter().enumerate() {
        let body = bodies.iter().find(|b| b.code == code).context("a unit just founded")?;
        for (n, position) in POSITIONS.into_iter().enumerate() {
            let index = unit_index * PER_UNIT + n;
            let rank =
                if n == 0 && code.ends_with(|c: char| c != '6') { Rank::DirectorUp } else { Rank::BelowDirector };
            let rule = organisation::rules::controller(&rules, body, rank, false, today)?;
            let place = Place { partition: rule.partition, unit: body.id };
            // The newest member of each unit took up the post this week: a first declaration.
            let kind = if n == PER_UNIT - 1 { Kind::First } else { Kind::Annual };
            let ground = if rank == Rank::DirectorUp { "DIRECTOR_UP" } else { GROUNDS[n] };
            let rule = rule.id;
            placed
                .push(world::list(app, Listing { index, place, unit_name, position, ground, rank, rule, kind }).await?);
        }
    }
    Ok(placed)
}

async fn issue_one(app: &App, login: &str, badge: Badge, grant: RoleGrant) -> Result<Actor> {
    let new = NewAccount { login: login.to_owned(), badge, grants: vec![grant] };
    let days = app.config.session.activation_days;
    let is_practised = PRACTICE_ACCOUNTS.iter().any(|(practice, _)| *practice == login);
    let hash = if is_practised { Some(password::hash(PRACTICE_PASSWORD.to_owned()).await?) } else { None };
    let account = app
        .db
        .write(&Actor::SYSTEM, "demo.issue_account", async |tx| match &hash {
            Some(hash) => issue::issue_active(tx, &new, hash, days).await,
            None => Ok(issue::issue(tx, &new, days).await?.account),
        })
        .await?;
    Ok(grant.actor(account, None))
}

async fn issue_accounts(app: &App, people: &[Placed]) -> Result<()> {
    let (ttcp, qn, dn) =
        (partition(app, "G20").await?, partition(app, "H48.TT").await?, partition(app, "H19.TT").await?);
    let badge = |name: &str, position: &str| Badge { name: name.into(), position: position.into() };
    let officer = |role, partition| RoleGrant { role, partition, unit: None, person: None };
    issue_one(app, "trunguong", badge("Lê Thị Minh Tâm", "Thanh tra viên"), officer(Role::CentreAnalyst, ttcp)).await?;
    issue_one(app, "qn.quantri", badge("Võ Đình Khoa", "Phó Chánh Văn phòng"), officer(Role::AgencyAdmin, qn)).await?;
    issue_one(app, "qn.tiepnhan", badge("Trương Thị Kim Chi", "Thanh tra viên"), officer(Role::IntakeOfficer, qn))
        .await?;
    issue_one(app, "qn.kiemtoan", badge("Huỳnh Tấn Lộc", "Thanh tra viên chính"), officer(Role::Auditor, qn)).await?;
    issue_one(app, "dn.tiepnhan", badge("Ngô Quang Vinh", "Thanh tra viên"), officer(Role::IntakeOfficer, dn)).await?;
    issue_one(app, "ttcp.tiepnhan", badge("Phan Thị Hòa", "Thanh tra viên"), officer(Role::IntakeOfficer, ttcp))
        .await?;
    let unit_of = |code: &str| people.iter().find(|p| UNITS[p.index / PER_UNIT].0 == code && p.place.partition != ttcp);
    for (login, name, code) in [("qn.sotc", "Đoàn Thị Thu Hà", "H48.01"), ("qn.soct", "Lý Văn Thịnh", "H48.02")]
    {
        let unit = unit_of(code).context("a unit with people")?.place.unit;
        let grant = RoleGrant { role: Role::UnitOfficer, partition: qn, unit: Some(unit), person: None };
        issue_one(app, login, badge(name, "Chuyên viên Văn phòng"), grant).await?;
    }
    for placed in people {
        let login = match DECLARANTS.iter().find(|(index, _)| *index == placed.index) {
            Some((_, login)) => (*login).to_owned(),
            None => issue::declarant_login()?,
        };
        let badge = badge(&placed.invented.name, placed.position);
        issue_one(app, &login, badge, placed.grant()).await?;
    }
    Ok(())
}

/// Declarants of the practice world with a login of their own, by their index.
const DECLARANTS: [(usize, &str); 5] = [(0, "kk.giamdoc"), (1, "kk.mot"), (4, "kk.hai"), (6, "kk.ba"), (7, "kk.bon")];

/// Somebody the practice signer gives a certificate.
#[derive(serde::Serialize)]
pub struct Signer {
    login: &'static str,
    name: String,
    id_no: Option<String>,
}

/// The declarants with their numbers; an officer's number is not known, so their certificate has none.
pub fn signers() -> Vec<Signer> {
    let declarant = |(index, login): (usize, &'static str)| {
        let invented = crate::practice::names::person(index);
        Signer { login, name: invented.name, id_no: Some(invented.id_no) }
    };
    let officer = |(login, name): (&'static str, &str)| Signer { login, name: name.to_owned(), id_no: None };
    let officers = [("qn.soct", "Lý Văn Thịnh"), ("qn.sotc", "Đoàn Thị Thu Hà"), ("qn.tiepnhan", "Trương Thị Kim Chi")];
    DECLARANTS.into_iter().map(declarant).chain(officers.into_iter().map(officer)).collect()
}

/// Two practice declarants filed their first declaration on paper a year before.
async fn record_first(app: &App, people: &[Placed]) -> Result<()> {
    let completed_on = NaiveDate::from_ymd_opt(2024, 11, 20).context("a date of the calendar")?;
    for placed in people.iter().filter(|p| [6, 7].contains(&p.index)) {
        world::record_earlier(app, placed, completed_on).await?;
    }
    Ok(())
}

/// Every third person has declared online; every second of these has been received. The practice declarants have not.
async fn declare(app: &App, people: &[Placed]) -> Result<()> {
    for placed in people.iter().filter(|p| p.index % 3 == 2) {
        world::declare(app, placed, placed.index % 2 == 0).await?;
    }
    Ok(())
}

/// The officer of the province who receives papers, as they are signed in.
async fn receiving_officer(app: &App) -> Result<Actor> {
    let qn = partition(app, "H48.TT").await?;
    let officer = app
        .db
        .read(&Actor::SYSTEM, "demo.officer", async |tx| accounts::by_login(tx, "qn.tiepnhan").await)
        .await?
        .context("tài khoản qn.tiepnhan")?;
    Ok(RoleGrant { role: Role::IntakeOfficer, partition: qn, unit: None, person: None }.actor(officer.id, None))
}

/// Four scans through the same door an officer's upload takes.
async fn hand_in_scans(app: &App) -> Result<()> {
    let actor = receiving_officer(app).await?;
    for (name, bytes) in SCANS {
        intake::receive(app, &actor, name, bytes::Bytes::from_static(bytes)).await?;
    }
    Ok(())
}

/// One request to a unit and one to a practice declarant, sent today.
async fn ask_for_information(app: &App, people: &[Placed]) -> Result<()> {
    let (actor, today) = (receiving_officer(app).await?, app.clock().today());
    let person = people.iter().find(|placed| placed.index == 6).context("a practice declarant")?;
    let requests = [
        (
            Asked::Unit,
            None,
            "21/TTT-NV2",
            "Số người được bổ nhiệm, điều động trong năm và ngày giữ vị trí của từng người.",
        ),
        (Asked::Person, Some(person.person), "22/TTT-NV2", "Nguồn tiền hình thành khoản tiết kiệm đã kê khai lần đầu."),
    ];
    for (asked, about, document_no, information) in requests {
        let document = Document {
            document_no: document_no.into(),
            issued_on: today,
            complex: false,
            due_on: inquiry::rules::terms(&app.law, false, today)?.least,
            purpose: "Quản lý, cập nhật thông tin về kiểm soát tài sản, thu nhập; căn cứ khoản 2 Điều 31 Luật Phòng, chống tham nhũng 2018.".into(),
            information: information.into(),
            guidance: "Cung cấp trên trang của yêu cầu này, hoặc bằng văn bản gửi Thanh tra tỉnh Quảng Ngãi.".into(),
            other: String::new(),
            signatory: Signatory::DeputyHead,
            signer_name: "Đinh Quốc Thắng".into(),
            signer_position: "Phó Chánh Thanh tra".into(),
        };
        let asking = Asking { asked, unit: Some(person.place.unit), person: about, declaration: None, document };
        let once = Once::new(&format!("demo-{document_no}"), b"demo")?;
        inquiry::ask::ask(app, &actor, &asking, &once).await?;
    }
    Ok(())
}

/// Counts for `--once`, each partition asked in its own context.
pub async fn figures(app: &App) -> Result<Figures> {
    let mut figures = Figures {
        partitions: 0,
        organisations: 0,
        provinces: 0,
        communes: 0,
        people: 0,
        obligations: 0,
        declarations: 0,
        scans_read: 0,
        scans_waiting: 0,
        log_leaves: 0,
        log_waiting: 0,
        seconds_to_ready: 0.0,
        seconds_total: 0.0,
    };
    let partitions =
        app.db.read(&Actor::SYSTEM, "demo.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    for partition in partitions.iter().map(|p| p.id) {
        let (people, obligations, declarations, read, waiting) = app
            .db
            .read(&Actor::system_in(partition), "demo.figures", async |tx| super::store::counts(tx, partition).await)
            .await?;
        let (leaves, queue) = app
            .db
            .read(&Actor::SYSTEM, "demo.log_figures", async |tx| {
                let size = crate::audit::store::tree_size(tx, partition).await?;
                Ok((size, crate::audit::store::waiting_count(tx, partition).await?))
            })
            .await?;
        figures.people += people;
        figures.obligations += obligations;
        figures.declarations += declarations;
        figures.scans_read += read;
        figures.scans_waiting += waiting;
        figures.log_leaves += i64::try_from(leaves)?;
        figures.log_waiting += queue;
    }
    figures.partitions = i64::try_from(partitions.iter().filter(|p| p.is_agency()).count())?;
    figures.organisations = i64::try_from(organisations(app).await?.len())?;
    (figures.provinces, figures.communes) =
        app.db.read(&Actor::SYSTEM, "demo.places", async |tx| super::store::places(tx).await).await?;
    Ok(figures)
}
