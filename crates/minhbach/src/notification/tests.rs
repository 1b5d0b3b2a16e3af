//! News and messages, through the real router on the real database and a mail server that speaks SMTP.
use axum::http::StatusCode;
use chrono::TimeDelta;
use testkit::post_office::{Letter, PostOffice};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::follow::follow;
use super::post::Post;
use super::store;
use crate::account::news;
use crate::declaration::demand::tests::Sent;
use crate::declaration::tests::{World, text_of};
use crate::kernel::id::EventId;
use crate::kernel::{Actor, Clock, Event, Role};
use crate::testing::{Answer, Browser, TestApp, morning, owner};

/// Messages that are owed are one queue of the whole database: these tests take turns at it.
static QUEUE: Mutex<()> = Mutex::const_new(());

const PAGE: &str = "/thong-bao";
const MAIL: &str = "/thong-bao/thu-dien-tu";
const NEWS: &str = "Ông/Bà có thông báo mới";

/// An installation with a mail server of its own.
struct Mailed {
    sent: Sent,
    office: PostOffice,
    /// The mailbox nobody else uses.
    address: String,
}

fn mailbox(name: &str) -> String {
    format!("{name}-{}@vi-du.vn", uuid::Uuid::new_v4().simple())
}

impl Mailed {
    async fn new() -> Self {
        let (office, server) = PostOffice::open().await.unwrap();
        let test = TestApp::configured(Clock::fixed(morning()), |config| {
            config.mail.server = Some(format!("smtp://{server}"));
            config.mail.from = Some("Minh Bạch <khong-tra-loi@vi-du.vn>".into());
        })
        .await;
        let world = World::of(test).await.open().await;
        world.type_everything().await;
        let (answer, _) = world.send().await;
        let id = answer.location().split('/').nth(3).unwrap().parse().unwrap();
        Self { sent: Sent::of(world, id).await, office, address: mailbox("can-bo") }
    }

    fn test(&self) -> &TestApp {
        &self.sent.world.app
    }

    fn browser(&self) -> &Browser {
        &self.sent.world.browser
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.test().post(Some(self.browser()), path, fields).await
    }

    async fn page(&self) -> String {
        text_of(&self.test().get(Some(self.browser()), PAGE).await)
    }

    /// What the mail server got for the mailbox, after everything due was sent.
    async fn letters(&self) -> Vec<Letter> {
        let app = &self.test().app;
        self.test().sequence(self.sent.world.obligation.partition).await;
        follow(&app.db).await.unwrap();
        let post = Post::open(&app.config.mail, "https://minhbach.vi-du.vn").unwrap().unwrap();
        post.send_due(app, &CancellationToken::new()).await.unwrap();
        self.office.letters().into_iter().filter(|letter| letter.to == self.address).collect()
    }

    async fn code(&self) -> String {
        let letter = self.letters().await.pop().unwrap().text();
        letter.split_once("Mã xác nhận địa chỉ thư: ").unwrap().1[..8].to_owned()
    }

    /// With the address confirmed, and the logs read so far.
    async fn confirmed() -> Self {
        let mailed = Self::new().await;
        assert_eq!(mailed.post(MAIL, &[("dia-chi", &mailed.address)]).await.status, StatusCode::SEE_OTHER);
        let code = mailed.code().await;
        let answer = mailed.post(&format!("{MAIL}/xac-nhan"), &[("ma", &code)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text_of(&answer));
        mailed
    }

    /// Where the declarant looked last lies behind everything there is.
    async fn looked(&self) {
        let app = &self.test().app;
        let role: uuid::Uuid = sqlx::query_scalar("select id from account_role where account_id = $1")
            .bind(self.browser().account.0)
            .fetch_one(&mut owner().await)
            .await
            .unwrap();
        let role = crate::kernel::id::AccountRoleId(role);
        let upto = EventId::new();
        app.db.housekeep(&Actor::SYSTEM, "test.look", async |tx| store::set_seen(tx, role, upto).await).await.unwrap();
    }

    async fn recorded(&self, name: &str) -> usize {
        self.sent.events(name).await.len()
    }
}

#[tokio::test]
async fn each_is_told_what_others_did_that_concerns_them() {
    let sent = Sent::online().await;
    let test = &sent.world.app;
    let told = text_of(&test.get(Some(&sent.officer), PAGE).await);
    assert!(told.contains("Có bản kê khai mới gửi đến, chờ tiếp nhận.") && told.contains("Mới"), "{told}");
    let link = format!("href=\"/don-vi/ban/{}\"", sent.id);
    assert!(test.get(Some(&sent.officer), PAGE).await.text().contains(&link));
    assert_eq!(sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let demand = sent.demand(&[]).await;
    let own = test.get(Some(&sent.world.browser), PAGE).await.text();
    for says in [
        "Ông/Bà có nghĩa vụ kê khai mới.",
        "Đơn vị đã tiếp nhận bản kê khai của Ông/Bà.",
        "Đơn vị yêu cầu Ông/Bà hoàn thiện hoặc kê khai lại.",
    ] {
        assert!(own.contains(says), "{own}");
    }
    assert!(own.contains(&format!("href=\"/ke-khai/yeu-cau/{demand}\"")), "{own}");
    assert!(own.contains("<span class=\"mb-nav__new\">3"), "the number beside the page: {own}");

    // Nobody else is: another of the unit's people, another unit, another agency.
    let (_, other) =
        test.declarant(sent.world.obligation.partition, sent.world.obligation.unit, "Người Khác", "051080000777").await;
    let other = test.declarant_browser(&other).await;
    let (agency, unit) = (test.agency().await, test.unit().await);
    let elsewhere = test.unit_officer(agency, unit).await;
    let control = test.officer(Role::IntakeOfficer, agency).await;
    for browser in [&other, &elsewhere, &control] {
        let told = test.get(Some(browser), PAGE).await;
        assert_eq!(told.status, StatusCode::OK);
        let told = text_of(&told);
        assert!(
            !told.contains("tiếp nhận bản kê khai")
                && !told.contains("chờ tiếp nhận")
                && !told.contains("hoàn thiện hoặc"),
            "{told}"
        );
    }
    for role in [Role::AgencyAdmin, Role::Auditor] {
        let browser = test.officer(role, agency).await;
        assert_eq!(test.get(Some(&browser), PAGE).await.status, StatusCode::FORBIDDEN);
        let answer = test.post(Some(&browser), MAIL, &[("dia-chi", "a@vi-du.vn")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn what_was_looked_at_is_new_no_longer() {
    let _turn = QUEUE.lock().await;
    let mailed = Mailed::new().await;
    assert_eq!(mailed.sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    assert!(mailed.page().await.contains("Mới"));
    // What was being committed while the page was made stays new for a minute.
    assert!(mailed.page().await.contains("Mới"));
    mailed.looked().await;
    let raw = mailed.test().get(Some(mailed.browser()), PAGE).await.text();
    assert!(raw.contains("Đơn vị đã tiếp nhận") && !raw.contains("mb-news__item--new"), "{raw}");
    assert!(!raw.contains("mb-nav__new"), "{raw}");
    // More than one page: all of it is new until the last of it was looked at.
    for _ in 0..55 {
        told_again(&mailed).await;
    }
    let mark = async || {
        sqlx::query_scalar::<_, uuid::Uuid>(
            "select seen_id from news_seen s join account_role r on r.id = s.account_role_id where r.account_id = $1",
        )
        .bind(mailed.browser().account.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap()
    };
    let before = mark().await;
    let first = mailed.test().get(Some(mailed.browser()), PAGE).await.text();
    assert_eq!(mark().await, before);
    let older = first.split("href=\"/thong-bao?").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let older = older.replace("&amp;", "&");
    let rest = mailed.test().get(Some(mailed.browser()), &format!("{PAGE}?{older}")).await;
    assert_eq!(rest.status, StatusCode::OK);
    assert!(mark().await >= before);
    mailed.looked().await;
    // A look back takes nothing of it away.
    mailed.page().await;
    assert!(!mailed.test().get(Some(mailed.browser()), "/ke-khai").await.text().contains("mb-nav__new"));
}

/// A message says only that there is something to read; the next goes out when they looked, or after a day.
#[tokio::test]
async fn a_message_goes_to_a_confirmed_address_and_says_nothing() {
    let _turn = QUEUE.lock().await;
    let mailed = Mailed::confirmed().await;
    let partition = mailed.sent.world.obligation.partition;
    assert!(mailed.page().await.contains("Đã xác nhận"));
    assert_eq!(mailed.letters().await.len(), 1, "the code only: nothing new since");
    assert_eq!(mailed.sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    let letters = mailed.letters().await;
    assert_eq!(letters.len(), 2);
    let text = letters[1].text();
    assert!(text.contains(NEWS) && text.contains("https://minhbach.vi-du.vn"), "{text}");
    for word in ["Nguyễn", "tiếp nhận", "bản kê khai của", "Sở", "href", "08/12"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let demand = mailed.sent.demand(&[]).await;
    assert_eq!(mailed.letters().await.len(), 2, "no second before they looked");
    mailed.test().app.clock().advance(TimeDelta::minutes(1));
    mailed.looked().await;
    mailed.sent.world.app.app.clock().advance(TimeDelta::minutes(1));
    assert_eq!(mailed.letters().await.len(), 2, "looking makes no news");
    let page = mailed.sent.unit(&format!("/don-vi/yeu-cau/{demand}")).await;
    assert_eq!(page.status, StatusCode::OK);
    told_again(&mailed).await;
    assert_eq!(mailed.letters().await.len(), 3, "they looked, and there is something new");
    told_again(&mailed).await;
    assert_eq!(mailed.letters().await.len(), 3);
    mailed.test().app.clock().advance(TimeDelta::hours(25));
    assert_eq!(mailed.letters().await.len(), 4, "what waited goes when a day has passed");
    told_again(&mailed).await;
    assert_eq!(mailed.letters().await.len(), 4);
    assert_eq!(mailed.recorded("notification.mailed").await, 4);
    let tables = ["notification_address", "news_mark"];
    mailed.test().holds_no_word(partition, &tables, "notification.mailed", &[&mailed.address, "can-bo-"]).await;
    mailed.sent.log_is_whole().await;
}

/// Something more that is news to the declarant.
async fn told_again(mailed: &Mailed) {
    let on = &mailed.sent.world.obligation;
    let (partition, unit, person) = (on.partition, on.unit, on.person);
    let officer = mailed.sent.officer.actor;
    mailed
        .test()
        .app
        .db
        .write(&officer, "test.news", async |tx| {
            tx.record(Event::new("obligation.redated", partition).unit(unit).person(person))?;
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_address_counts_when_the_code_came_back() {
    let _turn = QUEUE.lock().await;
    let mailed = Mailed::new().await;
    let confirm = format!("{MAIL}/xac-nhan");
    let bad = mailed.post(MAIL, &[("dia-chi", "khong phai dia chi")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        text_of(&bad).contains("chưa đúng dạng") && bad.text().contains("khong phai dia chi"),
        "what was typed stays"
    );
    assert_eq!(mailed.post(&confirm, &[("ma", "12345678")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(mailed.post(MAIL, &[("dia-chi", &mailed.address)]).await.status, StatusCode::SEE_OTHER);
    assert!(mailed.page().await.contains("Chờ xác nhận"));
    let code = mailed.code().await;
    assert_eq!(mailed.sent.receive("08/12/2025").await.status, StatusCode::SEE_OTHER);
    assert_eq!(mailed.letters().await.len(), 1, "nothing goes to an address that is not confirmed");
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    for _ in 0..5 {
        let answer = mailed.post(&confirm, &[("ma", wrong)]).await;
        assert!(text_of(&answer).contains("Mã xác nhận không đúng"), "{}", text_of(&answer));
        assert!(
            answer.text().contains(&format!("name=\"ma\" type=\"text\" value=\"{wrong}\"")),
            "in its own field: {}",
            answer.text()
        );
        assert!(!answer.text().contains(&format!("name=\"dia-chi\" type=\"email\" value=\"{wrong}\"")));
    }
    let answer = mailed.post(&confirm, &[("ma", &code)]).await;
    assert!(text_of(&answer).contains("Không còn mã"), "five tries were all: {}", text_of(&answer));
    // Another code, too late; then one in time.
    assert_eq!(mailed.post(MAIL, &[("dia-chi", &mailed.address)]).await.status, StatusCode::SEE_OTHER);
    let code = mailed.code().await;
    mailed.test().app.clock().advance(TimeDelta::minutes(31));
    let browser = mailed.test().declarant_browser(&mailed.sent.world.obligation).await;
    let another = text_of(&mailed.test().get(Some(&browser), PAGE).await);
    assert!(another.contains("Địa chỉ thư điện tử") && !another.contains(&mailed.address), "each account has its own");
    let late = super::address::confirm(&mailed.test().app, mailed.browser().account, &code).await;
    assert!(late.is_err());
    for _ in 2..5 {
        super::address::give(&mailed.test().app, mailed.browser().account, &mailed.address).await.unwrap();
    }
    let sixth = super::address::give(&mailed.test().app, mailed.browser().account, &mailed.address).await;
    assert!(matches!(sixth, Err(crate::kernel::Error::Refused(refusal)) if refusal.code == "too_many_codes"));
    let code = mailed.code().await;
    super::address::confirm(&mailed.test().app, mailed.browser().account, &code).await.unwrap();
    super::address::take_back(&mailed.test().app, mailed.browser().account).await.unwrap();
    assert!(super::address::standing(&mailed.test().app, mailed.browser().account).await.unwrap().is_none());
    let before = mailed.letters().await.len();
    told_again(&mailed).await;
    assert_eq!(mailed.letters().await.len(), before, "forgotten");
}

#[tokio::test]
async fn a_server_that_does_not_take_it_keeps_nobody_waiting() {
    let _turn = QUEUE.lock().await;
    let mut mailed = Mailed::new().await;
    // For good: the page says so, and nothing more is tried.
    mailed.address = mailbox(testkit::post_office::UNKNOWN);
    assert_eq!(mailed.post(MAIL, &[("dia-chi", &mailed.address)]).await.status, StatusCode::SEE_OTHER);
    assert!(mailed.letters().await.is_empty());
    assert!(mailed.page().await.contains("Máy chủ thư không nhận địa chỉ này"));
    // For now: later and later, until it is given up.
    mailed.address = mailbox(testkit::post_office::BUSY);
    assert_eq!(mailed.post(MAIL, &[("dia-chi", &mailed.address)]).await.status, StatusCode::SEE_OTHER);
    let holder = mailed.browser().account;
    let due = async || {
        sqlx::query_as::<_, (Option<chrono::DateTime<chrono::Utc>>, i16)>(
            "select try_at, failures from notification_address where account_id = $1",
        )
        .bind(holder.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap()
    };
    let clock = mailed.test().app.clock();
    for (failures, minutes) in [(1, 1), (2, 2), (3, 4)] {
        assert!(mailed.letters().await.is_empty());
        assert_eq!(due().await, (Some(clock.now() + TimeDelta::minutes(minutes)), failures));
        clock.advance(TimeDelta::minutes(minutes));
    }
    clock.advance(TimeDelta::minutes(31));
    assert!(mailed.letters().await.is_empty());
    assert_eq!(due().await, (None, 0), "a code that counts no longer is not sent");
    let ended =
        (mailed.recorded("notification.code_expired").await, mailed.recorded("notification.address_refused").await);
    assert_eq!(ended, (1, 1));
    // What a server has against us closes nobody's address.
    let account = holder;
    mailed.address = mailbox(testkit::post_office::BLOCKED);
    super::address::give(&mailed.test().app, account, &mailed.address).await.unwrap();
    assert!(mailed.letters().await.is_empty());
    let standing = super::address::standing(&mailed.test().app, account).await.unwrap().unwrap();
    assert!(standing.refused_at.is_none() && standing.waits_for_code);
    assert_eq!(due().await.1, 1);
}

#[tokio::test]
async fn people_see_who_else_opened_their_file() {
    let sent = Sent::online().await;
    let test = &sent.world.app;
    let path = "/ke-khai/ai-da-xem";
    let none = text_of(&test.get(Some(&sent.world.browser), path).await);
    assert!(none.contains("Chưa ghi nhận lần nào người khác mở riêng"), "{none}");
    // Their own looking is no access by others.
    assert_eq!(sent.own(&format!("/ke-khai/ban/{}", sent.id)).await.status, StatusCode::OK);
    assert_eq!(sent.unit(&format!("/don-vi/ban/{}", sent.id)).await.status, StatusCode::OK);
    let told = text_of(&test.get(Some(&sent.world.browser), path).await);
    assert!(told.contains("Bản kê khai") && told.contains("Cán bộ đầu mối của đơn vị, "), "{told}");
    assert!(!told.contains("Người kê khai,") && !told.contains("Người Thử,"), "no names, not themselves: {told}");
    let (_, other) =
        test.declarant(sent.world.obligation.partition, sent.world.obligation.unit, "Người Khác", "051080000777").await;
    let other = test.declarant_browser(&other).await;
    assert!(text_of(&test.get(Some(&other), path).await).contains("Chưa ghi nhận lần nào người khác mở riêng"));
    assert_eq!(test.get(Some(&sent.officer), path).await.status, StatusCode::FORBIDDEN);
}

/// Each piece of news can be met, and leads somewhere.
#[tokio::test]
async fn the_catalogue_names_events_and_pages_there_are() {
    let labelled = |event: &str| crate::audit::pages::event_label(event) != crate::audit::pages::event_label("");
    for one in news::CATALOGUE {
        assert!(labelled(one.event), "{}", one.event);
        assert!(one.says.ends_with('.'), "{}", one.says);
    }
    let test = TestApp::new().await;
    let inside = test
        .app
        .db
        .read(&Actor::SYSTEM, "test.count", async |tx| {
            let none: Vec<String> = Vec::new();
            let asked = sqlx::query("select news_count($1, 'DECLARANT', $1, $1, $1, $1, $2, $1, 1)");
            Ok(asked.bind(uuid::Uuid::nil()).bind(none).execute(tx.conn()).await.is_err())
        })
        .await;
    assert!(inside.is_err() || inside.unwrap(), "asked inside a transaction it refuses");
}
