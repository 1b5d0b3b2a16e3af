//! The coverage beside the logbook, where they could tell one declaration differently.
use chrono::{NaiveDate, TimeDelta};
use form::Kind;
use serde_json::{Value, json};

use super::{logbook, store};
use crate::declaration;
use crate::declaration::demand::acts::{self as demands, Demanded};
use crate::declaration::demand::model::Asks;
use crate::declaration::receive::{self, Receipt};
use crate::intake::accept::{self, Acceptance, Accepted, Outcome, Who};
use crate::intake::desk;
use crate::intake::desk_tests::read_paper;
use crate::kernel::id::{DeclarationId, PersonId};
use crate::kernel::{Once, Role};
use crate::practice::{declarations, names};
use crate::testing::{Browser, TestApp};

async fn file(test: &TestApp, officer: &Browser, scan: &'static [u8], person: PersonId, content: Value) -> Accepted {
    let paper = read_paper(test, officer, scan).await;
    let mut checked = desk::open(&test.app, &officer.actor, paper).await.unwrap().checked;
    checked.content = content;
    assert!(desk::save(&test.app, &officer.actor, paper, &checked, 0).await.unwrap());
    let acceptance = Acceptance { revision: 1, who: Who::Known(person), kind: None };
    match accept::accept(&test.app, &officer.actor, paper, &acceptance, None).await.unwrap() {
        Outcome::Accepted(accepted) => accepted,
        Outcome::Duplicate(before) => panic!("a duplicate of {before}"),
    }
}

async fn receive_today(test: &TestApp, officer: &Browser, declaration: DeclarationId) {
    let receipt = Receipt {
        version: None,
        received_on: test.app.clock().today(),
        receiver_name: "Lê Thị Nhận".into(),
        receiver_position: "Chuyên viên".into(),
    };
    receive::receive(&test.app, &officer.actor, declaration, &receipt).await.unwrap();
}

/// Article 38.2: what was handed in by the last day and made again on a demand did not come late.
#[tokio::test]
async fn a_paper_made_again_after_the_last_day_was_not_handed_in_late() {
    let test = TestApp::new().await;
    let (partition, unit) = (test.agency().await, test.unit().await);
    let (officer, agency) =
        (test.unit_officer(partition, unit).await, test.officer(Role::IntakeOfficer, partition).await);
    let someone = names::person(3);
    let (person, _) = test.declarant(partition, unit, &someone.name, &someone.id_no).await;
    let content = |day: &str| {
        let day: NaiveDate = day.parse().unwrap();
        declarations::content(&someone, "Chuyên viên", "Sở thử", Kind::Annual, day, 3)
    };
    let id = file(&test, &agency, b"%PDF-1.4 first sheet", person, content("2025-12-05")).await.declaration;
    receive_today(&test, &officer, id).await;
    let version = test
        .app
        .db
        .read(&officer.actor, "test.version", async |tx| Ok(declaration::store::find(tx, id).await?.version));
    let asked = Demanded {
        version: version.await.unwrap(),
        asks: Asks::Complete,
        reasons: "Mục 2.1: chưa ghi tình trạng cho thuê nhà.".into(),
        issued_on: test.app.clock().today(),
        signer_name: "Trần Văn Ký".into(),
        signer_position: "Phó Giám đốc".into(),
        handed_on: Some(test.app.clock().today()),
    };
    let once = Once::new(&uuid::Uuid::new_v4().to_string(), b"demand").unwrap();
    demands::issue(&test.app, &officer.actor, id, &asked, &once).await.unwrap();
    test.app.clock().advance(TimeDelta::days(28));
    let mut mended = content("2025-12-12");
    mended["assets"][1]["other"] = json!("Cho thuê tầng một");
    let again = file(&test, &agency, b"%PDF-1.4 second sheet", person, mended).await;
    assert_eq!((again.declaration, again.answers.is_some()), (id, true));
    receive_today(&test, &officer, id).await;

    let told = test.app.db.read(&agency.actor, "test.coverage", async |tx| store::counts(tx, partition, 2025).await);
    let told = told.await.unwrap();
    assert_eq!((told[0].declared, told[0].received, told[0].declared_late), (1, 1, 0));
    let lines = test
        .app
        .db
        .read(&officer.actor, "test.logbook", async |tx| logbook::entries(tx, unit, 2025, "logbook.opened").await);
    let lines = lines.await.unwrap();
    assert!(!lines[0].is_handed_in_late() && lines[0].received_again_on.is_some());
}
