//! One asset over years, kinds and paper, through the real router on the real database.
use axum::http::StatusCode;
use form::compare::Gone;
use form::thread::{Thread, Tie};
use serde_json::{Value, json};

use super::acts;
use super::history::History;
use crate::audit::verify::Disagreement;
use crate::declaration::carry_tests::{answer, before, digitise, leads_to, pass, second_year};
use crate::declaration::tests::{World, all_fields, text_of};
use crate::kernel::Role;
use crate::kernel::id::{PartitionId, PersonId};
use crate::testing::{Answer, Browser, TestApp, owner};

/// Everything on record of a person's assets, as the control agency opens it.
pub(crate) async fn history(test: &TestApp, partition: PartitionId, person: PersonId) -> History {
    let officer = test.officer(Role::IntakeOfficer, partition).await;
    let open = test.app.db.read(&officer.actor, "test.assets", async |tx| acts::open(tx, person).await);
    open.await.unwrap().1
}

/// The assets' items of a thread, in the order of the sheets, and what joins them.
pub(crate) fn told(history: &History, thread: &Thread) -> (Vec<(usize, String)>, Vec<Tie>) {
    let item = |place: &form::thread::Place| {
        let asset = &history.sheets[place.sheet].assets()[place.asset];
        let name = ["name", "address"].into_iter().find_map(|key| asset[key].as_str()).unwrap_or_default();
        (place.sheet, format!("{} {name}", asset["code"].as_str().unwrap()))
    };
    (thread.places.iter().map(item).collect(), thread.ties.iter().map(|(.., tie)| *tie).collect())
}

pub(crate) fn thread_of<'h>(history: &'h History, name: &str) -> &'h Thread {
    let is_it = |thread: &&Thread| told(history, thread).0.iter().any(|(_, told)| told.contains(name));
    let found: Vec<_> = history.threads.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{name}: {found:#?}");
    found[0]
}

fn path(world: &World) -> String {
    format!("/ban-ke-khai/nguoi/{}/tai-san", world.obligation.person)
}

/// What the page would send, with some boxes otherwise.
async fn state(world: &World, officer: &Browser, choose: impl Fn(&mut Vec<(String, String)>)) -> Answer {
    let page = world.app.get(Some(officer), &path(world)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let mut fields = all_fields(&page.text());
    fields.retain(|(name, _)| name != "csrf" && name != "tach" && name != "ca-giong" && !name.starts_with("noi."));
    choose(&mut fields);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    world.app.post(Some(officer), &path(world), &fields).await
}

fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(known, _)| known != name);
    fields.push((name.to_owned(), value.to_owned()));
}

/// The two places of an item that an officer said are two.
fn history_of_apart(history: &History, item: &str) -> (String, String) {
    let is_it = |place: &form::thread::Place| history.sheets[place.sheet].assets()[place.asset]["code"] == item;
    let places = history.threads.iter().flat_map(|thread| &thread.places).filter(|place| is_it(place));
    let names: Vec<_> = places.map(|place| history.name_of(*place).unwrap().to_string()).collect();
    (names[0].clone(), names[1].clone())
}

/// Names of the boxes that ask about a suggestion, in the page's order.
fn suggestions(page: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(page);
    let radios = scraper::Selector::parse("input[type=radio]").unwrap();
    let mut names: Vec<String> =
        html.select(&radios).filter_map(|radio| radio.value().attr("name")).map(str::to_owned).collect();
    names.dedup();
    names
}

#[tokio::test]
async fn what_a_declarant_says_became_of_each_asset_is_on_record_and_told() {
    let world = second_year().await;
    world.post("bat-dau", &[]).await;
    assert_eq!(answer(&world, &["dat"]).await, "ii-1-1");
    assert_eq!(pass(&world, "ii-1-1", &[("e1.nay", "het")]).await, "ii-1-2");
    assert_eq!(pass(&world, "ii-1-2", &[]).await, "ii-10");
    let incomes = [("e0.declarant", "1"), ("e0.spouse", "1"), ("e0.children", "0"), ("e0.common", "1.620.000.000")];
    assert_eq!(pass(&world, "ii-10", &incomes).await, "iii");
    let explained =
        [("e0.explanation", "Bán cho người khác"), ("t.INCOME.explanation", "Lương: 2; bán thửa đất: 1.620.000.000")];
    assert_eq!(pass(&world, "iii", &explained).await, "kiem-tra");
    let (sent, _) = world.send().await;
    assert_eq!(leads_to(&sent), "da-gui", "{}", text_of(&sent));

    let (partition, person) = (world.obligation.partition, world.obligation.person);
    let found = history(&world.app, partition, person).await;
    assert_eq!((found.sheets.len(), found.unreadable), (2, 0));
    assert_eq!(found.sheets[1].became.len(), found.sheets[0].assets().len(), "each asset of before has its word");
    let sold = thread_of(&found, "Nông Tiến");
    assert_eq!((sold.places.len(), sold.gone), (1, Some((1, Gone::Disposed))));
    for thread in found.threads.iter().filter(|thread| *thread != sold) {
        let (places, ties) = told(&found, thread);
        assert_eq!(
            (places.len(), &ties[..]),
            (2, &[Tie::Said][..]),
            "the declarant said it, nothing is guessed: {places:?}"
        );
    }

    // Drawn for the agency and for the declarant; the declarant states nothing there.
    let officer = world.app.officer(Role::IntakeOfficer, partition).await;
    let page = text_of(&world.app.get(Some(&officer), &path(&world)).await);
    assert!(
        page.contains("người kê khai ghi: không còn tài sản này") && page.contains("người kê khai đã ghi là một"),
        "{page}"
    );
    let own = world.app.get(Some(&world.browser), "/ke-khai/tai-san").await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(
        text_of(&own).contains("tổ 4, phường Nông Tiến") && !own.text().contains("name=\"ly-do\""),
        "{}",
        own.text()
    );
    assert_eq!(
        world.app.post(Some(&world.browser), &path(&world), &[]).await.status,
        StatusCode::FORBIDDEN,
        "who declares does not state"
    );
}

/// Two papers of one person: likeness suggests, an officer confirms, parts and joins; each time on record.
async fn two_papers() -> (World, Browser) {
    let world = second_year().await;
    let mut later = before();
    later["completed_on"] = json!("2025-03-01");
    // A new certificate after the street was renamed: nothing of it is like the old one.
    later["assets"][0]["address"] = json!("số 9, đường Nguyễn Huệ");
    later["assets"][0]["certificate"]["number"] = json!("AA 00112233");
    later["assets"][0]["area_m2"] = json!("249");
    later["assets"].as_array_mut().unwrap().reverse();
    digitise(&world, 2025, later).await;
    let officer = world.app.officer(Role::IntakeOfficer, world.obligation.partition).await;
    (world, officer)
}

#[tokio::test]
async fn likeness_suggests_and_an_officer_says_which_is_which() {
    let (world, officer) = two_papers().await;
    let (partition, person) = (world.obligation.partition, world.obligation.person);
    let page = world.app.get(Some(&officer), &path(&world)).await.text();
    let asked = suggestions(&page);
    let count = before()["assets"].as_array().unwrap().len();
    assert_eq!(asked.len(), count - 1, "all but the one that is told anew: {page}");
    assert!(page.contains(&format!("Có {} liên kết theo gợi ý chưa có người xác nhận", count - 1)), "{page}");

    // A suggestion is confirmed and another refused without a word more.
    let done = state(&world, &officer, |fields| {
        set(fields, &asked[0], "cung");
        set(fields, &asked[1], "khac");
    })
    .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", text_of(&done));
    let after = history(&world.app, partition, person).await;
    assert_eq!(after.statements.len(), 2);
    let page = world.app.get(Some(&officer), &done.location()).await.text();
    assert_eq!(suggestions(&page).len(), count - 3);
    assert!(page.contains("Đã ghi 2 nội dung") && page.contains("cán bộ đã ghi nhận là một"), "{page}");

    // Joining two wants a reason, and nothing that was chosen is lost for want of it.
    let first = |name: &str| {
        let thread = thread_of(&after, name);
        after.name_of(thread.places[0]).unwrap().to_string()
    };
    let (old, new) = (first("LAND_RES số 12"), first("Nguyễn Huệ"));
    let join = |reason: &'static str, one: String, other: String| {
        move |fields: &mut Vec<(String, String)>| {
            set(fields, "mot", &one);
            set(fields, "hai", &other);
            set(fields, "ly-do", reason);
        }
    };
    let refused = state(&world, &officer, join("", old.clone(), new.clone())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", text_of(&refused));
    assert!(text_of(&refused).contains("Chưa ghi lý do") && refused.text().contains(&format!("{old}\" selected")));
    let half = state(&world, &officer, join("x", old.clone(), String::new())).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(&half).contains("Chưa chọn tài sản thứ hai"), "{}", text_of(&half));
    let same_sheet = state(&world, &officer, join("x", old.clone(), first("Nông Tiến"))).await;
    assert!(text_of(&same_sheet).contains("cùng nằm trong một bản kê khai"), "{}", text_of(&same_sheet));
    let reason = "Cấp đổi giấy chứng nhận ngày 10/01/2025";
    let joined = state(&world, &officer, join(reason, old.clone(), new.clone())).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", text_of(&joined));
    let after = history(&world.app, partition, person).await;
    let (places, ties) = told(&after, thread_of(&after, "Nguyễn Huệ"));
    assert_eq!((places.len(), &ties[..]), (2, &[Tie::Stated][..]), "{places:?}");
    assert!(world.app.get(Some(&officer), &path(&world)).await.text().contains(reason));
    assert!(
        !world.app.get(Some(&world.browser), "/ke-khai/tai-san").await.text().contains(reason),
        "what the agency states is the agency's"
    );

    // Two statements that cannot both stand are refused whole.
    let torn = state(&world, &officer, |fields| {
        join(reason, first("Nông Tiến"), new.clone())(fields);
    })
    .await;
    assert_eq!(torn.status, StatusCode::CONFLICT);
    assert!(text_of(&torn).contains("mâu thuẫn với nhau"), "{}", text_of(&torn));
    // Nor does a new one silence what was stated before, or say again what is one.
    let again = state(&world, &officer, join(reason, old.clone(), new.clone())).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "confirmed once more");
    let apart = |place: &str| history_of_apart(&after, place);
    let (lot, lot_now) = apart("LAND_OTHER");
    let silenced = state(&world, &officer, join(reason, old.clone(), lot_now.clone())).await;
    assert_eq!(silenced.status, StatusCode::CONFLICT, "it would part what an officer joined: {}", text_of(&silenced));
    assert_ne!(lot, lot_now);
    // Parting what an officer joined wants a reason too, and the last word counts.
    let part = |reason: &'static str| {
        let pair = format!("{old}~{new}");
        move |fields: &mut Vec<(String, String)>| {
            set(fields, "tach", &pair);
            set(fields, "ly-do", reason);
        }
    };
    assert!(text_of(&state(&world, &officer, part("")).await).contains("Chưa ghi lý do"));
    assert_eq!(state(&world, &officer, part("Nhầm thửa")).await.status, StatusCode::SEE_OTHER);
    let after = history(&world.app, partition, person).await;
    assert_eq!(thread_of(&after, "Nguyễn Huệ").places.len(), 1);
    assert_eq!(after.statements.len(), 5, "every statement stays");

    // What reads the same is confirmed in one act, but for what was answered otherwise; the reason stays where it is needed.
    let rest = world.app.get(Some(&officer), &path(&world)).await.text();
    let left = suggestions(&rest).len();
    let all = state(&world, &officer, |fields| {
        set(fields, "ca-giong", "co");
        set(fields, "ly-do", "không liên quan");
    })
    .await;
    assert_eq!(all.status, StatusCode::SEE_OTHER, "{}", text_of(&all));
    let after = history(&world.app, partition, person).await;
    assert_eq!(after.statements.len(), 5 + left, "all of them read the same");
    let page = world.app.get(Some(&officer), &path(&world)).await.text();
    assert!(
        suggestions(&page).is_empty()
            && !page.contains("không liên quan")
            && page.contains("Đã được thay bằng ghi nhận sau")
    );

    // Nothing that was written stands in the clear, and the log knows each.
    world.app.holds_no_word(partition, &["asset_statement"], &person.to_string(), &[reason, "Nhầm thửa"]).await;
    assert_eq!(world.app.events(partition, "asset.stated").await.len(), 5 + left);
    let verdict = world.app.verdict(partition).await;
    assert!(verdict.is_whole(), "{verdict}");
    for change in [
        "is_same = not is_same",
        "one_asset = one_asset + 1",
        "number = number + 100",
        "one_version_id = gen_random_uuid()",
    ] {
        let sql = format!("update asset_statement set {change} where partition_id = $1 and number = 1 returning id");
        let was: uuid::Uuid =
            sqlx::query_scalar("select one_version_id from asset_statement where partition_id = $1 and number = 1")
                .bind(partition.0)
                .fetch_one(&mut owner().await)
                .await
                .unwrap();
        let changed: uuid::Uuid =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(partition.0).fetch_one(&mut owner().await).await.unwrap();
        let found = world.app.verdict(partition).await.disagreements;
        let differs = Disagreement::AssetStatementDiffers { statement: changed.to_string() };
        assert!(found.contains(&differs), "{change}: {found:?}");
        let back = match change.split_once(" = ").unwrap().0 {
            "is_same" => "is_same = not is_same".to_owned(),
            "one_asset" => "one_asset = one_asset - 1".to_owned(),
            "number" => "number = number - 100".to_owned(),
            _ => format!("one_version_id = '{was}'"),
        };
        let sql = format!("update asset_statement set {back} where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(changed).execute(&mut owner().await).await.unwrap();
    }
    sqlx::query("delete from asset_statement where partition_id = $1 and number = 2")
        .bind(partition.0)
        .execute(&mut owner().await)
        .await
        .unwrap();
    let found = world.app.verdict(partition).await.disagreements;
    assert!(found.iter().any(|one| matches!(one, Disagreement::AssetStatementDiffers { .. })), "{found:?}");
}

#[tokio::test]
async fn a_page_made_before_somebody_else_stated_is_shown_anew_with_what_was_chosen() {
    let (world, officer) = two_papers().await;
    let colleague = world.app.officer(Role::IntakeOfficer, world.obligation.partition).await;
    let page = world.app.get(Some(&officer), &path(&world)).await.text();
    let asked = suggestions(&page);
    let first = state(&world, &colleague, |fields| set(fields, &asked[0], "cung")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let mut fields = all_fields(&page);
    fields.retain(|(name, _)| name != "csrf" && name != "ca-giong" && !name.starts_with("noi."));
    fields.push((asked[1].clone(), "khac".into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let late = world.app.post(Some(&officer), &path(&world), &fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text_of(&late));
    assert!(text_of(&late).contains("Hồ sơ vừa có thay đổi"), "{}", text_of(&late));
    assert!(late.text().contains("value=\"khac\" checked"), "the choice stands: {}", late.text());
    // Two presses of one page state once.
    let fresh = all_fields(&late.text());
    let mut fresh: Vec<_> = fresh
        .into_iter()
        .filter(|(name, _)| name != "csrf" && name != "ca-giong" && !name.starts_with("noi."))
        .collect();
    fresh.push((asked[1].clone(), "khac".into()));
    let fresh: Vec<_> = fresh.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for _ in 0..2 {
        let answer = world.app.post(Some(&officer), &path(&world), &fresh).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
    }
    assert_eq!(history(&world.app, world.obligation.partition, world.obligation.person).await.statements.len(), 2);
}

#[tokio::test]
async fn nobody_else_sees_it_and_nobody_states_of_their_own() {
    let (world, officer) = two_papers().await;
    let (partition, person) = (world.obligation.partition, world.obligation.person);
    let stranger = world.app.officer(Role::IntakeOfficer, world.app.agency().await).await;
    assert_eq!(world.app.get(Some(&stranger), &path(&world)).await.status, StatusCode::NOT_FOUND);
    let own = {
        use crate::account::model::RoleGrant;
        let declarant = RoleGrant { role: Role::Declarant, partition, unit: None, person: Some(person) };
        let office = RoleGrant { role: Role::IntakeOfficer, partition, unit: None, person: None };
        world.app.sign_in_to(vec![office, declarant]).await
    };
    let asked = suggestions(&world.app.get(Some(&officer), &path(&world)).await.text());
    // Neither read nor written.
    let read = world.app.get(Some(&own), &path(&world)).await;
    assert_eq!(read.status, StatusCode::FORBIDDEN, "{}", text_of(&read));
    let fields = [(asked[0].as_str(), "cung"), ("khoa", &*uuid::Uuid::new_v4().to_string()), ("da-thay", "x")];
    let refused = world.app.post(Some(&own), &path(&world), &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", text_of(&refused));
    assert!(text_of(&refused).contains("tài sản của chính Ông/Bà"), "{}", text_of(&refused));
    assert!(history(&world.app, partition, person).await.statements.is_empty());
}

/// The declarant of a file that moved: what was declared there stands beside what is declared here.
#[tokio::test]
async fn a_file_that_moved_brings_its_assets_along() {
    let test = TestApp::new().await;
    let (from, to) = (test.agency().await, test.agency().await);
    let here = crate::custody::tests::taken(&test, from, to, "Nguyễn Văn Chuyển", "051080000577").await;
    let found = history(&test, to, here.person).await;
    assert!(!found.sheets.is_empty() && found.sheets.iter().all(|sheet| sheet.is_copy));
    assert_eq!(found.unreadable, 0);
    let officer = test.officer(Role::IntakeOfficer, to).await;
    let page = test.get(Some(&officer), &format!("/ban-ke-khai/nguoi/{}/tai-san", here.person)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let events: Vec<Value> = test.events(to, "custody.original_opened").await;
    assert!(!events.is_empty(), "each opening is recorded");
}
