//! The declarant's and the unit's side through the real router on the real database.
use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use form::{Kind, LawBook};
use scraper::{Html, Selector};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::compose::tests::{annual, frame, typed_for};
use super::findings::NewFindings;
use super::policy::{FileDeclaration, Filing};
use super::record::{self, NewRecord};
use super::{Channel, wizard};
use crate::kernel::id::{DeclarationId, ObligationId};
use crate::kernel::{Clock, Role};
use crate::person::Obligation;
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{Oblige, Place};
use crate::testing::{Answer, Browser, TestApp, owner};

/// The first value of a hidden or typed box on a page.
pub(crate) fn value_of(page: &str, name: &str) -> String {
    let found = all_values(page, name);
    found.first().cloned().unwrap_or_else(|| panic!("no box {name} in {page}"))
}

pub(crate) fn all_values(page: &str, name: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let boxes = Selector::parse("input, textarea").unwrap();
    let named = page.select(&boxes).filter(|element| element.value().attr("name") == Some(name));
    named.map(|element| element.value().attr("value").map_or_else(|| element.text().collect(), str::to_owned)).collect()
}

/// Every box of the page's main form as a browser would send it.
pub(crate) fn all_fields(page: &str) -> Vec<(String, String)> {
    let page = Html::parse_document(page);
    let boxes = Selector::parse("main input, main textarea, main select").unwrap();
    let mut fields = Vec::new();
    for element in page.select(&boxes) {
        let attr = |name: &str| element.value().attr(name);
        let Some(name) = attr("name") else { continue };
        let is_choice = matches!(attr("type"), Some("radio" | "checkbox"));
        if is_choice && attr("checked").is_none() {
            continue;
        }
        let value = match element.value().name() {
            "select" => {
                let chosen = Selector::parse("option[selected]").unwrap();
                element.select(&chosen).next().and_then(|o| o.value().attr("value")).unwrap_or_default().to_owned()
            }
            "textarea" => element.text().collect::<String>().trim_start_matches('\n').to_owned(),
            _ => attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((name.to_owned(), value));
    }
    fields
}

pub(crate) fn text_of(answer: &Answer) -> String {
    Html::parse_document(&answer.text()).root_element().text().collect::<Vec<_>>().join(" ")
}

pub(crate) struct World {
    pub app: TestApp,
    pub browser: Browser,
    pub obligation: Obligation,
}

impl World {
    pub async fn new() -> Self {
        Self::of(TestApp::new().await).await
    }

    pub async fn of(app: TestApp) -> Self {
        let (agency, unit) = (app.agency().await, app.unit().await);
        let (_, obligation) = app.declarant(agency, unit, "Đặng Hữu Cường", "092087831496").await;
        let browser = app.declarant_browser(&obligation).await;
        Self { app, browser, obligation }
    }

    /// The same with an opened draft.
    pub async fn opened() -> Self {
        Self::new().await.open().await
    }

    pub async fn open(self) -> Self {
        let world = self;
        let answer = world.post("bat-dau", &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        world
    }

    fn path(&self, rest: &str) -> String {
        format!("/ke-khai/{}/{rest}", self.obligation.id)
    }

    pub async fn get(&self, rest: &str) -> Answer {
        self.app.get(Some(&self.browser), self.path(rest).trim_end_matches('/')).await
    }

    pub async fn post(&self, rest: &str, fields: &[(&str, &str)]) -> Answer {
        self.app.post(Some(&self.browser), &self.path(rest), fields).await
    }

    /// Types a whole annual declaration, one section after the other.
    pub async fn type_everything(&self) {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::Annual);
        let draft = typed_for(&frame, &annual());
        for section in wizard::sections(frame.form, Kind::Annual) {
            let page = self.get(&section.slug).await;
            assert_eq!(page.status, StatusCode::OK, "{}: {}", section.code, page.text());
            let version = value_of(&page.text(), "version");
            let names = draft[section.code].names();
            let mut fields: Vec<(&str, &str)> =
                names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            fields.extend([("version", version.as_str()), ("tab", "t"), ("viec", "tiep")]);
            let answer = self.post(&section.slug, &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}: {}", section.code, text_of(&answer));
        }
    }

    /// What the page sends when its button is pressed, with a reason wherever one is asked for.
    pub async fn about_to_send(&self) -> Vec<(String, String)> {
        let page = self.get("kiem-tra").await.text();
        let boxes = Selector::parse("textarea").unwrap();
        let html = Html::parse_document(&page);
        let reasons = html.select(&boxes).filter_map(|t| t.value().attr("name"));
        let mut fields: Vec<(String, String)> =
            reasons.map(|name| (name.to_owned(), "Đã đối chiếu, ghi đúng thực tế".to_owned())).collect();
        fields.extend(["khoa", "ban-nhap", "ngay", "yeu-cau"].map(|name| (name.to_owned(), value_of(&page, name))));
        fields
    }

    pub async fn press_send(&self, fields: &[(String, String)]) -> Answer {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post("kiem-tra", &fields).await
    }

    /// Sends what was typed; the answer, and the key it was sent with.
    pub async fn send(&self) -> (Answer, String) {
        let fields = self.about_to_send().await;
        let key = fields.iter().find(|(name, _)| name == "khoa").map(|(_, key)| key.clone()).unwrap();
        (self.press_send(&fields).await, key)
    }
}

#[tokio::test]
async fn a_draft_opens_with_what_the_unit_knows_and_the_log_has_it() {
    let world = World::opened().await;
    let page = world.get("i-1").await.text();
    assert_eq!(value_of(&page, "e0.full_name"), "Đặng Hữu Cường");
    assert_eq!(value_of(&page, "e0.dob"), "02/05/1980");
    assert_eq!(value_of(&page, "e0.id_no"), "092087831496");
    let events: Vec<String> =
        sqlx::query_scalar("select name from event where partition_id = $1 and person_id = $2 order by name")
            .bind(world.obligation.partition.0)
            .bind(world.obligation.person.0)
            .fetch_all(&mut owner().await)
            .await
            .unwrap();
    assert!(
        events.iter().any(|name| name == "draft.opened") && events.iter().any(|name| name == "person.opened"),
        "{events:?}"
    );
    // Opening again opens nothing new.
    world.post("bat-dau", &[]).await;
    let tasks = text_of(&world.get("").await);
    assert!(tasks.contains("1.1. Đất ở") && tasks.contains("Chưa bắt đầu") && tasks.contains("III."), "{tasks}");
}

#[tokio::test]
async fn a_wrong_amount_is_kept_and_shown_with_its_error() {
    let world = World::opened().await;
    let fields = [
        ("version", "0"),
        ("tab", "t"),
        ("have", "co"),
        ("e0.address", "thôn 3"),
        ("e0.value.kind", "PURCHASE"),
        ("e0.value.amount", "tám trăm x"),
        ("viec", "tiep"),
    ];
    let answer = world.post("ii-1-1", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value_of(&answer.text(), "e0.value.amount"), "tám trăm x");
    assert!(text_of(&answer).contains("hướng dẫn số 10, Phụ lục I Nghị định 130/2020/NĐ-CP"), "{}", text_of(&answer));
    let again = world.get("ii-1-1").await;
    assert_eq!(value_of(&again.text(), "e0.value.amount"), "tám trăm x");
    assert_eq!(value_of(&again.text(), "version"), "1");
    assert!(text_of(&world.get("").await).contains("Cần sửa"));
}

#[tokio::test]
async fn entries_are_added_and_removed_by_plain_buttons() {
    let world = World::opened().await;
    let first = [("version", "0"), ("tab", "t"), ("have", "co"), ("e0.name", "Xe A"), ("viec", "them")];
    let answer = world.post("ii-7-1", &first).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = world.app.get(Some(&world.browser), answer.location().split('#').next().unwrap()).await.text();
    assert_eq!(value_of(&page, "e0.name"), "Xe A");
    assert_eq!(value_of(&page, "e1.name"), "");
    let second =
        [("version", "1"), ("tab", "t"), ("have", "co"), ("e0.name", "Xe A"), ("e1.name", "Xe B"), ("viec", "xoa-0")];
    world.post("ii-7-1", &second).await;
    let page = world.get("ii-7-1").await.text();
    assert_eq!(value_of(&page, "e0.name"), "Xe B");
    assert!(all_values(&page, "e1.name").is_empty());
}

#[tokio::test]
async fn a_stale_form_keeps_every_word_and_is_not_saved() {
    let world = World::opened().await;
    let fields = [
        ("csrf", "of-another-session"),
        ("version", "0"),
        ("tab", "t"),
        ("have", "co"),
        ("e0.name", "Xe ẴẶ \"<b>\""),
        ("viec", "tiep"),
    ];
    let answer = world.post("ii-7-1", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(value_of(&answer.text(), "e0.name"), "Xe ẴẶ \"<b>\"");
    assert_eq!(value_of(&world.get("ii-7-1").await.text(), "e0.name"), "", "nothing was saved");
    // Sent again from the page that came back, it is saved.
    let csrf = value_of(&answer.text(), "csrf");
    let again = [
        ("csrf", csrf.as_str()),
        ("version", "0"),
        ("tab", "t"),
        ("have", "co"),
        ("e0.name", "Xe ẴẶ \"<b>\""),
        ("viec", "sau"),
    ];
    assert_eq!(world.post("ii-7-1", &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(value_of(&world.get("ii-7-1").await.text(), "e0.name"), "Xe ẴẶ \"<b>\"");
}

#[tokio::test]
async fn what_was_typed_rides_through_signing_in_again() {
    let world = World::opened().await;
    let fields = [("csrf", "x"), ("version", "0"), ("tab", "t"), ("have", "co"), ("e0.name", "Xe A"), ("viec", "tiep")];
    let answer = world.app.post(None, &world.path("ii-7-1"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value_of(&answer.text(), "carried.e0.name"), "Xe A");
    assert_eq!(value_of(&answer.text(), "carried_to"), world.path("ii-7-1"));
}

#[tokio::test]
async fn two_tabs_neither_text_is_lost_and_the_person_chooses() {
    let world = World::opened().await;
    let one = [
        ("version", "0"),
        ("tab", "one"),
        ("have", "co"),
        ("e0.name", "Xe của thẻ một"),
        ("e0.registration", "30A-111.11"),
        ("viec", "sau"),
    ];
    assert_eq!(world.post("ii-7-1", &one).await.location(), format!("/ke-khai/{}", world.obligation.id));
    // The other tab was opened before: by autosave it is told, by its button it is shown both.
    let other = [
        ("version", "0"),
        ("tab", "two"),
        ("have", "co"),
        ("e0.name", "Xe của thẻ hai"),
        ("e0.registration", "30A-111.11"),
    ];
    let told = world.post("ii-7-1/tu-luu", &other).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.json()["message"].as_str().unwrap().contains("Cả hai bản đều được giữ"));
    let mut pressed = other.to_vec();
    pressed.push(("viec", "tiep"));
    assert!(world.post("ii-7-1", &pressed).await.location().ends_with("/hai-ban"));
    assert!(world.get("ii-7-1").await.location().ends_with("/hai-ban"));
    let both = world.get("ii-7-1/hai-ban").await;
    let text = text_of(&both);
    assert!(text.contains("Xe của thẻ một") && text.contains("Xe của thẻ hai"), "{text}");
    assert!(!text.contains("30A-111.11"), "only what differs is asked");
    assert!(text_of(&world.get("kiem-tra").await).contains("hai bản nhập khác nhau"));
    // Without a choice nothing happens.
    let unchosen = [("tab", "two"), ("version", "1"), ("viec", "tung-o")];
    assert_eq!(world.post("ii-7-1/hai-ban", &unchosen).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let chosen = [("tab", "two"), ("version", "1"), ("viec", "tung-o"), ("chon.e0.name", "khac")];
    assert_eq!(world.post("ii-7-1/hai-ban", &chosen).await.status, StatusCode::SEE_OTHER);
    let page = world.get("ii-7-1").await;
    assert_eq!(value_of(&page.text(), "e0.name"), "Xe của thẻ hai");
    assert_eq!(value_of(&page.text(), "e0.registration"), "30A-111.11");
    // The loser can still be had.
    let kept = text_of(&world.get("ii-7-1/hai-ban").await);
    assert!(kept.contains("Xe của thẻ một"), "{kept}");
}

#[tokio::test]
async fn autosave_answers_as_the_script_expects_and_a_lost_answer_is_no_conflict() {
    let world = World::opened().await;
    let fields = [("version", "0"), ("tab", "t"), ("have", "co"), ("e0.name", "Xe A")];
    let first = world.post("ii-7-1/tu-luu", &fields).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.json(), json!({"saved_at": "09:00", "version": "1"}));
    let again = world.post("ii-7-1/tu-luu", &fields).await;
    assert_eq!(again.json(), json!({"saved_at": "09:00", "version": "1"}), "the same text, sent again");
}

/// On a bad line the answer to a save is lost and the person types on; or the page is left while a save is under way.
#[tokio::test]
async fn a_page_whose_answer_was_lost_is_no_conflict_with_itself() {
    let world = World::opened().await;
    let text = |turn, name| [("version", "0"), ("tab", "t"), ("turn", turn), ("have", "co"), ("e0.name", name)];
    let first = world.post("ii-7-1/tu-luu", &text("1", "Xe")).await;
    assert_eq!(first.json()["version"], "1");
    let later = world.post("ii-7-1/tu-luu", &text("3", "Xe máy biển số 76")).await;
    assert_eq!((later.status, later.json()["version"].as_str()), (StatusCode::OK, Some("2")));
    let late = world.post("ii-7-1/tu-luu", &text("2", "Xe máy")).await;
    assert_eq!(
        (late.status, late.json()["version"].as_str()),
        (StatusCode::OK, Some("2")),
        "an earlier text comes late"
    );
    let page = world.get("ii-7-1").await.text();
    assert_eq!(value_of(&page, "e0.name"), "Xe máy biển số 76");
    // Its button, pressed before any answer came, carries the next number.
    let mut pressed = text("4", "Xe máy biển số 76-B1").to_vec();
    pressed.push(("viec", "sau"));
    assert!(!world.post("ii-7-1", &pressed).await.location().ends_with("/hai-ban"));
    // Another page made from the same revision, and a page without a script, are others.
    for other in [[("tab", "u"), ("turn", "9")], [("tab", "t"), ("turn", "0")]] {
        let mut fields = vec![("version", "0"), ("have", "co"), ("e0.name", "Ô tô")];
        fields.extend(other);
        assert_eq!(world.post("ii-7-1/tu-luu", &fields).await.status, StatusCode::CONFLICT, "{other:?}");
    }
    let both = text_of(&world.get("ii-7-1/hai-ban").await);
    assert!(both.contains("Xe máy biển số 76-B1") && both.contains("Ô tô"), "{both}");
}

#[tokio::test]
async fn an_empty_draft_cannot_be_sent_and_every_section_is_named() {
    let world = World::opened().await;
    let (answer, _) = world.send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = text_of(&answer);
    assert!(text.contains("Mục 1.1. Đất ở: chưa ghi") && text.contains("Chưa gửi"), "{text}");
}

#[tokio::test]
async fn a_whole_declaration_is_typed_sent_once_and_received() {
    let world = World::opened().await;
    world.type_everything().await;
    let tasks = text_of(&world.get("").await);
    assert!(tasks.contains("Đã xong 22 trên 22 mục"), "{tasks}");
    let (sent, key) = world.send().await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text_of(&sent));
    // The same button again gives the same declaration.
    let again = world.post("kiem-tra", &[("khoa", key.as_str()), ("ban-nhap", "0")]).await;
    assert_eq!(again.location(), sent.location());
    let confirmation = world.app.get(Some(&world.browser), &sent.location()).await;
    let text = text_of(&confirmation);
    assert!(text.contains("Đã gửi bản kê khai") && text.contains("minhbach-promise-v1"), "{text}");
    let id = sent.location().split('/').nth(3).unwrap().to_owned();
    let record = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}")).await;
    assert!(text_of(&record).contains("805.000.000 đồng"), "{}", text_of(&record));
    // A draft that was sent takes nothing more.
    let late = world.post("ii-7-1/tu-luu", &[("version", "1"), ("tab", "t"), ("have", "khong")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(world.get("ii-7-1").await.location().ends_with(&id));
    prints(&world, &id).await;
    received_by_the_unit(&world, &id).await;
}

/// Slip and declaration as PDF.
async fn prints(world: &World, id: &str) {
    for name in ["phieu.pdf", "ban-ke-khai.pdf"] {
        let answer = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text());
        assert!(answer.body.starts_with(b"%PDF-"), "{name}");
    }
}

async fn received_by_the_unit(world: &World, id: &str) {
    let officer = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let board = text_of(&world.app.get(Some(&officer), "/don-vi").await);
    assert!(board.contains("Đặng Hữu Cường") && board.contains("Chờ tiếp nhận"), "{board}");
    let address = format!("/don-vi/ban/{id}/tiep-nhan");
    let wrong = world
        .app
        .post(Some(&officer), &address, &[("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "31/02/2025")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value_of(&wrong.text(), "name"), "Lê Thị Nhận");
    // Rule G10: who received it stands there by name and position.
    for (name, position) in [("", "Chuyên viên"), ("Lê Thị Nhận", "")] {
        let fields = [("name", name), ("position", position), ("day", "08/12/2025")];
        let blank = world.app.post(Some(&officer), &address, &fields).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {position}");
    }
    let early = world
        .app
        .post(Some(&officer), &address, &[("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "07/12/2025")])
        .await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = world
        .app
        .post(Some(&officer), &address, &[("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "08/12/2025")])
        .await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", text_of(&right));
    let shown = text_of(&world.app.get(Some(&officer), &right.location()).await);
    assert!(shown.contains("Lê Thị Nhận") && shown.contains("29/12/2025"), "{shown}");
    let twice = world
        .app
        .post(Some(&officer), &address, &[("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "08/12/2025")])
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_draft_changed_elsewhere_is_not_sent_unread() {
    let world = World::opened().await;
    world.type_everything().await;
    let page = world.get("kiem-tra").await.text();
    let (key, revision) = (value_of(&page, "khoa"), value_of(&page, "ban-nhap"));
    let version = value_of(&world.get("ii-2-1").await.text(), "version");
    let law = LawBook::embedded().unwrap();
    let draft = typed_for(&frame(&law, Kind::Annual), &annual());
    let mut names: BTreeMap<String, String> = draft["HOUSE"].names().into_iter().collect();
    names.insert("e0.other".into(), "cho thuê tầng một".into());
    let mut fields: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("version", version.as_str()), ("tab", "two"), ("viec", "sau")]);
    assert_eq!(world.post("ii-2-1", &fields).await.status, StatusCode::SEE_OTHER);
    let sent = world.post("kiem-tra", &[("khoa", key.as_str()), ("ban-nhap", revision.as_str())]).await;
    assert_eq!(sent.status, StatusCode::CONFLICT);
    assert!(text_of(&sent).contains("cho thuê tầng một"));
}

/// What is typed while the declaration is being sent is either read before it goes, or said not to be in it.
#[tokio::test]
async fn what_is_typed_while_it_is_sent_is_in_it_or_is_said_not_to_be() {
    for is_typed_first in [true, false] {
        let world = World::opened().await;
        world.type_everything().await;
        let page = world.get("kiem-tra").await.text();
        let sending = ["khoa", "ban-nhap", "ngay", "yeu-cau"].map(|name| (name, value_of(&page, name)));
        let sending = sending.each_ref().map(|(name, value)| (*name, value.as_str()));
        let shown = world.get("ii-2-1").await.text();
        let mut fields = all_fields(&shown);
        fields.retain(|(name, _)| name != "e0.other");
        fields.extend([("e0.other".to_owned(), "Cho thuê tầng một".to_owned()), ("turn".to_owned(), "1".to_owned())]);
        let typing: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // Both have read the draft and wait for its turn, in this order.
        let mut holder = owner().await;
        let draft = format!("draft {}", world.obligation.id);
        let turn = async |holder: &mut PgConnection, statement: &'static str| {
            sqlx::query(statement).bind(&draft).execute(holder).await.unwrap();
        };
        turn(&mut holder, "select pg_advisory_lock(hashtextextended($1, 0))").await;
        let waits = |second: bool| tokio::time::sleep(Duration::from_millis(if second { 1500 } else { 0 }));
        let (saved, sent, ()) = tokio::join!(
            async {
                waits(!is_typed_first).await;
                world.post("ii-2-1/tu-luu", &typing).await
            },
            async {
                waits(is_typed_first).await;
                world.post("kiem-tra", &sending).await
            },
            async {
                tokio::time::sleep(Duration::from_millis(3000)).await;
                turn(&mut holder, "select pg_advisory_unlock(hashtextextended($1, 0))").await;
            }
        );
        if is_typed_first {
            assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
            assert_eq!(sent.status, StatusCode::CONFLICT, "{}", sent.location());
            assert!(text_of(&sent).contains("Cho thuê tầng một"), "{}", text_of(&sent));
        } else {
            assert_eq!(saved.status, StatusCode::CONFLICT, "{}", saved.text());
            assert!(saved.text().contains("đã được gửi"), "{}", saved.text());
            assert!(sent.location().ends_with("/da-gui"), "{}", text_of(&sent));
        }
    }
}

#[tokio::test]
async fn nobody_else_sees_a_draft_or_a_declaration() {
    let world = World::opened().await;
    let stranger = World::new().await;
    for rest in ["", "i-1", "kiem-tra"] {
        let answer = world.app.get(Some(&stranger.browser), world.path(rest).trim_end_matches('/')).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{rest}");
        assert!(!answer.text().contains("Đặng Hữu Cường"));
    }
    let saved = world
        .app
        .post(Some(&stranger.browser), &world.path("ii-7-1"), &[("version", "0"), ("tab", "t"), ("have", "co")])
        .await;
    assert_eq!(saved.status, StatusCode::NOT_FOUND);
    let officer = world.app.officer(Role::IntakeOfficer, world.obligation.partition).await;
    assert_eq!(world.app.get(Some(&officer), "/ke-khai").await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.app.get(Some(&officer), "/don-vi").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_unit_sees_its_people_of_both_agencies_and_no_other_units() {
    let app = TestApp::new().await;
    let (one, two) = (app.agency().await, app.agency().await);
    let (unit, other) = (app.unit().await, app.unit().await);
    app.declarant(one, unit, "Nguyễn Văn Tỉnh", "001080000001").await;
    app.declarant(two, unit, "Trần Thị Bộ", "001180000002").await;
    app.declarant(one, other, "Lê Văn Khác", "001080000003").await;
    let officer = app.unit_officer(one, unit).await;
    let board = text_of(&app.get(Some(&officer), "/don-vi").await);
    assert!(board.contains("Nguyễn Văn Tỉnh") && board.contains("Trần Thị Bộ"), "{board}");
    assert!(!board.contains("Lê Văn Khác"));
    let looks: i64 = sqlx::query_scalar("select count(*) from event where unit_id = $1 and name = 'unit.board_opened'")
        .bind(unit.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
    assert_eq!(looks, 2, "one access, told to both logs");
}

/// What is asked of the API for an obligation.
pub(super) fn api_path(obligation: ObligationId, rest: &str) -> String {
    format!("/api/v1/obligations/{obligation}/{rest}")
}

#[tokio::test]
async fn the_api_drafts_submits_once_and_proves() {
    let world = World::new().await;
    let token = world.app.token(&world.browser).await;
    let id = world.obligation.id;
    let owed = world.app.api(&token, "GET", "/api/v1/obligations", None, None).await.json();
    assert_eq!(owed[0]["id"], json!(id));
    let section = json!({"version": 0, "content": {"have": "co", "entries": [{"name": "Xe A"}]}});
    let saved = world.app.api(&token, "PUT", &api_path(id, "draft/REGISTERED"), None, Some(&section)).await;
    assert_eq!(saved.json()["version"], 1, "{}", saved.text());
    let other = json!({"version": 0, "content": {"have": "khong", "entries": []}});
    assert_eq!(
        world.app.api(&token, "PUT", &api_path(id, "draft/REGISTERED"), None, Some(&other)).await.status,
        StatusCode::CONFLICT
    );
    let read = world.app.api(&token, "GET", &api_path(id, "draft/REGISTERED"), None, None).await.json();
    assert_eq!(read["content"]["entries"][0]["name"], "Xe A");
    assert_eq!(read["others"][0]["have"], "khong");
    let bad = json!({"content": {"form": "PL1", "kind": "ANNUAL"}, "reasons": {}});
    let refused = world.app.api(&token, "POST", &api_path(id, "declaration"), Some("key-one-1"), Some(&bad)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.json()["findings"].as_array().unwrap().len() > 5);
    let submitted = submit_with_reasons(&world.app, &token, id).await;
    let declaration = submitted["declaration"].as_str().unwrap().to_owned();
    let proof =
        world.app.api(&token, "GET", &format!("/api/v1/declarations/{declaration}/proof"), None, None).await.json();
    assert_eq!(proof["document_sha256"], submitted["document_sha256"]);
    assert_eq!(proof["promise"], submitted["promise"]);
    let whole = world.app.api(&token, "GET", &format!("/api/v1/declarations/{declaration}"), None, None).await.json();
    assert_eq!(whole["content"]["declarant"]["full_name"], "Đặng Hữu Cường");
    assert_eq!(
        world.app.api(&token, "GET", "/api/v1/declarations", None, None).await.json()[0]["id"],
        json!(declaration)
    );
    let receipt =
        json!({"received_on": "2025-12-08", "receiver_name": "Lê Thị Nhận", "receiver_position": "Chuyên viên"});
    let address = format!("/api/v1/declarations/{declaration}/receipt");
    assert_eq!(world.app.api(&token, "POST", &address, None, Some(&receipt)).await.status, StatusCode::FORBIDDEN);
    let officer = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let officer = world.app.token(&officer).await;
    let received = world.app.api(&officer, "POST", &address, None, Some(&receipt)).await;
    assert_eq!(received.status, StatusCode::CREATED, "{}", received.text());
    assert_eq!(received.json()["hand_over_due_on"], "2025-12-29");
}

/// Sends the whole declaration, answering each warning; then asks again with the same key.
pub(crate) async fn submit_with_reasons(test: &TestApp, token: &str, id: ObligationId) -> Value {
    submit_saying(test, token, id, "Mua từ tiền bán thửa đất số 41 tại phường Minh Xuân tháng 3 năm 2025, còn lại là tiền lương tích lũy từ năm 2021").await
}

/// The same with an explanation of the second change.
pub(crate) async fn submit_saying(test: &TestApp, token: &str, id: ObligationId, why: &str) -> Value {
    let mut content = annual();
    content["changes"][1]["explanation"] = json!(why);
    let law = LawBook::embedded().unwrap();
    let none: Vec<Value> =
        super::compose::compose(&frame(&law, Kind::Annual), &typed_for(&frame(&law, Kind::Annual), &annual()))
            .unwrap()
            .document["none"]
            .as_array()
            .cloned()
            .unwrap();
    content["none"] = Value::Array(none);
    let mut reasons = serde_json::Map::new();
    let first_key = uuid::Uuid::new_v4().to_string();
    let first = test
        .api(
            token,
            "POST",
            &api_path(id, "declaration"),
            Some(&first_key),
            Some(&json!({"content": content, "reasons": {}})),
        )
        .await;
    if first.status == StatusCode::UNPROCESSABLE_ENTITY {
        for finding in first.json()["findings"].as_array().unwrap() {
            assert_eq!(finding["wants_reason"], true, "{finding}");
            reasons.insert(finding["reason_key"].as_str().unwrap().to_owned(), json!("Đã đối chiếu, ghi đúng thực tế"));
        }
    }
    let body = json!({"content": content, "reasons": reasons});
    let key = uuid::Uuid::new_v4().to_string();
    let sent = test.api(token, "POST", &api_path(id, "declaration"), Some(&key), Some(&body)).await;
    if first.status == StatusCode::CREATED {
        let again = test
            .api(
                token,
                "POST",
                &api_path(id, "declaration"),
                Some(&first_key),
                Some(&json!({"content": content, "reasons": {}})),
            )
            .await;
        assert_eq!(again.json(), first.json(), "the same key gives the same answer");
        assert_eq!(sent.status, StatusCode::CONFLICT, "another key sends nothing more");
        return first.json();
    }
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let again = test.api(token, "POST", &api_path(id, "declaration"), Some(&key), Some(&body)).await;
    assert_eq!(again.json(), sent.json());
    let other = test.api(token, "POST", &api_path(id, "declaration"), Some("key-four-4"), Some(&body)).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    sent.json()
}

/// The forms of Nghị định 130/2020 are no longer in force in July 2026, but an obligation of 2025 is still fulfilled on
/// them: what was accepted can be shown, printed and received.
#[tokio::test]
async fn a_late_declaration_is_accepted_shown_and_received_under_its_own_rules() {
    use chrono::TimeZone;
    let july = chrono::Utc.with_ymd_and_hms(2026, 7, 10, 2, 0, 0).unwrap();
    let world = World::of(TestApp::at(Clock::fixed(july)).await).await.open().await;
    world.type_everything().await;
    let (sent, _) = world.send().await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", text_of(&sent));
    let id = sent.location().split('/').nth(3).unwrap().to_owned();
    for page in ["", "/da-gui", "/phieu", "/phieu.pdf", "/ban-ke-khai.pdf"] {
        let answer = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}{page}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.text());
    }
    let officer = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let address = format!("/don-vi/ban/{id}/tiep-nhan");
    assert_eq!(world.app.get(Some(&officer), &address).await.status, StatusCode::OK);
    let fields = [("name", "Lê Thị Nhận"), ("position", "Chuyên viên"), ("day", "10/07/2026")];
    let received = world.app.post(Some(&officer), &address, &fields).await;
    assert_eq!(received.status, StatusCode::SEE_OTHER, "{}", text_of(&received));
    let shown = text_of(&world.app.get(Some(&officer), &received.location()).await);
    assert!(shown.contains("30/07/2026"), "{shown}");
}

/// Puts a paper that answers an obligation on record, as intake does.
pub(crate) async fn digitise(app: &TestApp, obligation: &Obligation) -> DeclarationId {
    let officer = app.officer(Role::IntakeOfficer, obligation.partition).await;
    let law = LawBook::embedded().unwrap();
    let rules = law.get("R1_ND130").unwrap();
    let completed_on = chrono::NaiveDate::from_ymd_opt(2025, 12, 5).unwrap();
    let mut content = annual();
    content["completed_on"] = json!(completed_on);
    app.app
        .db
        .write(&officer.actor, "test.digitise", async |tx| {
            let permit = tx.permit::<FileDeclaration, _>(Filing::of(obligation))?;
            let new = NewRecord {
                kind: Kind::Annual,
                year: 2025,
                completed_on,
                channel: Channel::Paper,
                rules,
                law: &app.app.law,
                content: content.clone(),
                source: None,
                holdings: None,
                became: Vec::new(),
                findings: NewFindings::default(),
                replaces: None,
                max_merge: chrono::TimeDelta::seconds(60),
            };
            Ok(record::file(tx, &permit, new).await?.expect("nothing fulfils the obligation yet").declaration)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_paper_has_no_slip_of_sending() {
    let world = World::new().await;
    let id = digitise(&world.app, &world.obligation).await;
    let owed = world.app.get(Some(&world.browser), "/ke-khai").await;
    assert!(text_of(&owed).contains("Đã số hóa bản giấy"), "{}", text_of(&owed));
    assert!(!owed.text().contains("/phieu") && owed.text().contains(&format!("/ke-khai/ban/{id}")));
    let record = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}")).await;
    assert_eq!(record.status, StatusCode::OK);
    assert!(!record.text().contains("/phieu"), "{}", record.text());
    for page in ["da-gui", "phieu", "phieu.pdf"] {
        let answer = world.app.get(Some(&world.browser), &format!("/ke-khai/ban/{id}/{page}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
    }
    let officer = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let board = text_of(&world.app.get(Some(&officer), "/don-vi").await);
    assert!(board.contains("Đã số hóa bản giấy") && board.contains("Bản giấy, lưu ngày"), "{board}");
}

#[tokio::test]
async fn a_press_after_midnight_shows_the_new_day_before_it_is_recorded() {
    let world = World::opened().await;
    world.type_everything().await;
    let page = world.get("kiem-tra").await.text();
    assert_eq!(value_of(&page, "ngay"), "2025-12-08");
    let (key, revision) = (value_of(&page, "khoa"), value_of(&page, "ban-nhap"));
    // From 09:00 in Vietnam to 00:01.
    world.app.app.clock().advance(chrono::TimeDelta::minutes(15 * 60 + 1));
    let browser = world.app.declarant_browser(&world.obligation).await;
    let fields = [("khoa", key.as_str()), ("ban-nhap", revision.as_str()), ("ngay", "2025-12-08")];
    let late = world.app.post(Some(&browser), &world.path("kiem-tra"), &fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", text_of(&late));
    assert!(
        text_of(&late).contains("Đã sang ngày khác") && text_of(&late).contains("09/12/2025"),
        "{}",
        text_of(&late)
    );
    assert_eq!(value_of(&late.text(), "ngay"), "2025-12-09");
}

/// Rule G01: what is owed is declared, not something else.
#[tokio::test]
async fn the_api_takes_no_other_kind_than_is_owed() {
    let world = World::new().await;
    let token = world.app.token(&world.browser).await;
    let mut content = annual();
    content["kind"] = json!("FIRST");
    let body = json!({"content": content, "reasons": {}});
    let path = api_path(world.obligation.id, "declaration");
    let refused = world.app.api(&token, "POST", &path, Some("khai-lan-dau"), Some(&body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.json()["code"], "other_kind", "{}", refused.text());
    assert!(refused.json()["basis"].as_str().unwrap().contains("Điều 36"));
}

#[tokio::test]
async fn the_api_takes_no_other_day_of_completion_than_today() {
    let world = World::new().await;
    let token = world.app.token(&world.browser).await;
    let id = world.obligation.id;
    let mut content = annual();
    let law = LawBook::embedded().unwrap();
    let frame = frame(&law, Kind::Annual);
    content["none"] = super::compose::compose(&frame, &typed_for(&frame, &annual())).unwrap().document["none"].clone();
    content["completed_on"] = json!("2025-12-07");
    let body = json!({"content": content, "reasons": {}});
    let first = world.app.api(&token, "POST", &api_path(id, "declaration"), Some("ngay-khac-1"), Some(&body)).await;
    let mut reasons = serde_json::Map::new();
    for finding in first.json()["findings"].as_array().into_iter().flatten() {
        assert_eq!(finding["wants_reason"], true, "{finding}");
        reasons.insert(finding["reason_key"].as_str().unwrap().to_owned(), json!("Đã đối chiếu"));
    }
    let body = json!({"content": content, "reasons": reasons});
    let refused = world.app.api(&token, "POST", &api_path(id, "declaration"), Some("ngay-khac-2"), Some(&body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.json()["code"], "completed_on_not_today", "{}", refused.text());
    assert!(refused.json()["sentence"].as_str().unwrap().contains("07/12/2025"));
}

/// A further annual obligation of the world's declarant.
async fn oblige(world: &World, year: i16, rule_set: &str) -> ObligationId {
    let obligation = &world.obligation;
    let place = Place { partition: obligation.partition, unit: obligation.unit };
    world
        .app
        .app
        .db
        .write(&crate::kernel::Actor::system_in(obligation.partition), "test.oblige", async |tx| {
            let permit = tx.permit::<Oblige, _>(place)?;
            let due_on = chrono::NaiveDate::from_ymd_opt(i32::from(year), 12, 31).unwrap();
            owe(tx, &permit, obligation.person, &Terms { kind: Kind::Annual, year, rule_set, due_on }).await
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn while_a_rule_sets_forms_are_not_loaded_the_pages_say_so_and_which_amount_holds() {
    let world = World::new().await;
    let id = oblige(&world, 2026, "R2_2026").await;
    let declarant = world.browser.clone();
    let page = async |path: String| text_of(&world.app.get(Some(&declarant), &path).await);
    let (missing, holds) = ("Chưa nạp biểu mẫu Nghị định 164/2026/NĐ-CP.", "mức đang áp dụng là 150.000.000 đồng");
    let start = page(format!("/ke-khai/{id}")).await;
    assert!(start.contains(missing) && start.contains(holds), "{start}");
    let started = world.app.post(Some(&declarant), &format!("/ke-khai/{id}/bat-dau"), &[]).await;
    assert_eq!(started.location(), format!("/ke-khai/{id}"));
    let tasks = page(format!("/ke-khai/{id}")).await;
    assert!(tasks.contains(missing) && tasks.contains(holds), "{tasks}");
    let (gold, land) = (page(format!("/ke-khai/{id}/ii-4")).await, page(format!("/ke-khai/{id}/ii-1-1")).await);
    assert!(gold.contains(holds), "{gold}");
    assert!(land.contains("Đất ở") && !land.contains(holds), "land is declared whatever it is worth: {land}");
    let before = page(format!("/ke-khai/{}", world.obligation.id)).await;
    assert!(!before.contains("Chưa nạp") && !before.contains("150.000.000"), "{before}");
}

/// P11 and R15, which the rule set of 2026 states: another position than on the unit's list wants a reason, on the page and
/// through the API; a commune that is no more is told and keeps nobody from sending.
#[tokio::test]
async fn what_differs_from_the_units_list_wants_a_reason() {
    let mut world = World::new().await;
    let id = oblige(&world, 2026, "R2_2026").await;
    world.obligation.id = id;
    world.post("bat-dau", &[]).await;
    let check = async || text_of(&world.get("kiem-tra").await);
    let asked = "danh sách người có nghĩa vụ kê khai của đơn vị ghi";
    assert!(!check().await.contains(asked), "the draft begins with what the list says");
    let (position, nowhere) = ("Chủ tịch Hội đồng quản trị", "thôn 3, xã Không Có Tên, tỉnh Tuyên Quang");
    super::carry_tests::pass(&world, "i-1", &[("e0.position", position), ("e0.residence", nowhere)]).await;
    let page = check().await;
    assert!(page.contains(asked) && page.contains(position), "{page}");
    assert!(page.contains("chưa tìm thấy xã, phường hiện nay"), "{page}");

    let mut content = annual();
    let law = LawBook::embedded().unwrap();
    let frame = frame(&law, Kind::Annual);
    content["none"] = super::compose::compose(&frame, &typed_for(&frame, &annual())).unwrap().document["none"].clone();
    content["declarant"]["position"] = json!(position);
    content["declarant"]["residence"] = json!(nowhere);
    let token = world.app.token(&world.browser).await;
    let send = async |key: &str, reasons: Value| {
        let body = json!({"content": content, "reasons": reasons});
        world.app.api(&token, "POST", &api_path(id, "declaration"), Some(key), Some(&body)).await
    };
    let refused = send("khong-ly-do", json!({})).await;
    let told = refused.json();
    let findings = told["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["rule"] == "P11" && f["wants_reason"] == true), "{told}");
    assert!(findings.iter().all(|f| f["rule"] != "R15"), "what is only worth knowing is not asked about: {told}");
    let reasons = findings.iter().map(|f| (f["reason_key"].as_str().unwrap().to_owned(), json!("Mới bổ nhiệm")));
    let sent = send("co-ly-do", Value::Object(reasons.collect())).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    // The unit reads what differs, and why.
    let unit = world.app.unit_officer(world.obligation.partition, world.obligation.unit).await;
    let path = format!("/don-vi/ban/{}", sent.json()["declaration"].as_str().unwrap());
    let page = text_of(&world.app.get(Some(&unit), &path).await);
    assert!(page.contains("Đơn vị, chức vụ khác với danh sách của đơn vị") && page.contains("Mới bổ nhiệm"), "{page}");
}

#[tokio::test]
async fn the_board_shows_one_year_and_leads_to_the_others() {
    let world = World::new().await;
    oblige(&world, 2024, "R1_ND130").await;
    let obligation = &world.obligation;
    let officer = world.app.unit_officer(obligation.partition, obligation.unit).await;
    let newest = world.app.get(Some(&officer), "/don-vi").await;
    let text = text_of(&newest);
    assert!(text.contains("hằng năm, năm 2025") && !text.contains("hằng năm, năm 2024"), "{text}");
    assert!(newest.text().contains("/don-vi?nam=2024"));
    let before = text_of(&world.app.get(Some(&officer), "/don-vi?nam=2024").await);
    assert!(before.contains("hằng năm, năm 2024") && before.contains("Quá hạn"), "{before}");
    // How far each last day is, and what is to be done.
    assert!(text.contains("còn 23 ngày") && !text.contains("Việc cần làm"), "{text}");
    assert!(before.contains("quá hạn 342 ngày") && before.contains("chưa kê khai, đã quá hạn"), "{before}");
}
