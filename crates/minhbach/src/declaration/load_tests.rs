//! Too much at once, through the real router: looking is turned away first, then autosave, and what is sent waits for its
//! turn; nothing typed is lost.
use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use scraper::{Html, Selector};

use super::tests::{World, all_fields, text_of};
use crate::kernel::load::{Class, Gate, Limits, Place};
use crate::serve::router_behind;
use crate::testing::Answer;

/// Looking, autosave, acts: in milliseconds.
const USUAL: [u64; 3] = [20, 100, 20_000];

/// A world behind a door with one place, which is taken.
async fn crowded(mut world: World, patience: [u64; 3]) -> (World, Place) {
    let gate = Gate::new(Limits::new(1, patience.map(Duration::from_millis), 100));
    let taken = gate.admit(Class::Act).await.unwrap();
    world.app.router = router_behind(world.app.app.clone(), gate);
    (world, taken)
}

impl World {
    /// Saves a text as the page's script does.
    async fn autosave(&self, section: &str, body: &str) -> Answer {
        let request = Request::post(format!("/ke-khai/{}/{section}/tu-luu", self.obligation.id))
            .header(header::COOKIE, &self.browser.cookie)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("{body}&csrf={}", self.browser.csrf)));
        self.app.send(request.unwrap()).await
    }
}

#[tokio::test]
async fn looking_is_turned_away_before_autosave_and_a_submission_waits() {
    let world = World::opened().await;
    world.type_everything().await;
    let sending = world.about_to_send().await;
    let (world, taken) = crowded(world, USUAL).await;

    let answered = Mutex::new(Vec::new());
    let told = async |class, answer: Answer| {
        answered.lock().unwrap().push(class);
        answer
    };
    let (looked, saved, sent, ()) = tokio::join!(
        async { told(Class::Browse, world.get("").await).await },
        async { told(Class::Autosave, world.autosave("i-1", "version=1&turn=1&tab=t&e0.residence=X").await).await },
        async { told(Class::Act, world.press_send(&sending).await).await },
        async {
            // Longer than autosave has patience; meanwhile health and files of the pages answer.
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert_eq!(world.app.get(None, "/song").await.status, StatusCode::OK);
            assert_eq!(world.app.get(None, "/tinh/0/app.css").await.status, StatusCode::OK);
            drop(taken);
        },
    );
    assert_eq!(*answered.lock().unwrap(), Class::ALL, "who is answered when: the lowest class is turned away first");
    for answer in [&looked, &saved] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[header::RETRY_AFTER], "10");
    }
    assert!(text_of(&looked).contains("đợi khoảng 10 giây rồi tải lại trang"), "{}", looked.text());
    assert_eq!(saved.json()["code"], "busy");
    assert!(saved.json()["mend"].as_str().unwrap().contains("vẫn còn"));
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    assert!(sent.location().ends_with("/da-gui"), "{}", sent.location());
    assert_eq!(world.app.get(Some(&world.browser), "/ke-khai").await.status, StatusCode::OK, "the place is free again");
}

#[tokio::test]
async fn a_form_turned_away_is_shown_again_with_what_was_typed() {
    let (world, taken) = crowded(World::opened().await, [5; 3]).await;
    let typed =
        [("version", "1"), ("tab", "t"), ("turn", "1"), ("e0.residence", "Số 1 \"phố\" <Huế>"), ("viec", "sau")];
    let refused = world.post("i-1", &typed).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text_of(&refused).contains("chưa có gì được ghi"), "{}", refused.text());
    drop(taken);
    // The page's own button sends it again, as it was.
    let fields = all_fields(&refused.text());
    let page = refused.text();
    let page = Html::parse_document(&page);
    let form = page.select(&Selector::parse("main form").unwrap()).next().unwrap();
    assert_eq!(form.attr("action"), Some(format!("/ke-khai/{}/i-1", world.obligation.id).as_str()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let sent = world.post("i-1", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    assert!(all_fields(&world.get("i-1").await.text()).contains(&("e0.residence".into(), typed[3].1.into())));
}

#[tokio::test]
async fn a_refusal_keeps_no_password_and_shows_another_site_nothing() {
    let (world, _taken) = crowded(World::new().await, USUAL).await;
    let secret = [("login", "kk.thu"), ("password", "Mat khau 2025!"), ("carried.e0.x", "Nội dung")];
    let refused = world.app.post(None, "/dang-nhap", &secret).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "coming in is turned away like looking");
    assert!(refused.text().contains("Nội dung") && !refused.text().contains("Mat khau"), "{}", refused.text());
    assert!(all_fields(&refused.text()).contains(&("password".into(), String::new())), "{}", refused.text());

    let request = Request::post("/dang-nhap")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("login=gai-bay"));
    let answer = world.app.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.text().contains("gai-bay") && !answer.text().contains("<form"), "{}", answer.text());
}

/// What comes slowly takes no place: the text of a form is read before its turn is asked for.
#[tokio::test]
async fn a_slow_line_holds_up_nobody() {
    let mut world = World::opened().await;
    let gate =
        Gate::new(Limits::new(1, [Duration::from_millis(5), Duration::from_millis(5), Duration::from_secs(5)], 9));
    world.app.router = router_behind(world.app.app.clone(), gate);
    let (feed, slow) = tokio::sync::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
    let body = futures::stream::unfold(slow, async |mut slow| slow.recv().await.map(|piece| (piece, slow)));
    let request = Request::post(format!("/ke-khai/{}/i-1", world.obligation.id))
        .header(header::COOKIE, &world.browser.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from_stream(body))
        .unwrap();
    let text = format!("version=1&tab=t&e0.residence=Hu%E1%BA%BF&viec=sau&csrf={}", world.browser.csrf);
    let (slow, ()) = tokio::join!(world.app.send(request), async {
        feed.send(Ok(text[..20].to_owned().into())).await.unwrap();
        for _ in 0..3 {
            assert_eq!(world.get("").await.status, StatusCode::OK);
        }
        feed.send(Ok(text[20..].to_owned().into())).await.unwrap();
        drop(feed);
    });
    assert_eq!(slow.status, StatusCode::SEE_OTHER, "{}", slow.text());
}
