//! Too much at once, through the real router: looking is turned away first, then autosave, and what is sent waits for its
//! turn; nothing typed is lost.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use scraper::{Html, Selector};
use tokio::sync::Notify;
use tower::ServiceExt;

use super::tests::{World, all_fields, text_of};
use crate::kernel::load::{Class, Gate, Limits, Place};
use crate::kernel::web::arriving::SMALL_BODY;
use crate::kernel::web::shed::Door;
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

#[tokio::test]
async fn the_pages_without_which_nobody_can_send_wait_like_sending() {
    let world = World::opened().await;
    world.type_everything().await;
    let (world, taken) = crowded(world, USUAL).await;
    let answered = Mutex::new(Vec::new());
    let ask = async |rest| {
        let status = world.get(rest).await.status;
        answered.lock().unwrap().push((rest, status));
    };
    tokio::join!(ask("kiem-tra"), ask("i-1"), ask(""), async {
        // Somebody without a session only looks, whatever they ask for.
        let path = format!("/ke-khai/{}/kiem-tra", world.obligation.id);
        assert_eq!(world.app.get(None, &path).await.status, StatusCode::SERVICE_UNAVAILABLE);
        let typed = world.app.post(None, &path, &[("y-kien", "Nội dung lạ")]).await;
        assert_eq!(typed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!typed.text().contains("Nội dung lạ"), "nothing of who is unknown is shown");
        tokio::time::sleep(Duration::from_millis(700)).await;
        drop(taken);
    });
    let expected =
        [("", 503), ("i-1", 503), ("kiem-tra", 200)].map(|(rest, status)| (rest, status.try_into().unwrap()));
    assert_eq!(*answered.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_program_is_told_in_json_whatever_it_accepts() {
    let (world, _taken) = crowded(World::new().await, [5; 3]).await;
    let send = format!("/api/v1/obligations/{}/declaration", world.obligation.id);
    for request in [Request::get("/api/v1/obligations"), Request::post(send)] {
        let request = request.header(header::AUTHORIZATION, "Bearer x").body(Body::empty()).unwrap();
        let refused = world.app.send(request).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.json()["code"], "busy");
        assert_eq!(refused.headers[header::RETRY_AFTER], "10");
    }
}

#[tokio::test]
async fn what_comes_in_is_small_and_its_secrets_are_not_shown() {
    let (world, _taken) = crowded(World::new().await, [5; 3]).await;
    let typed = [("login", "kk.thu"), ("code", "ABCD-EFGH"), ("password", "Mat khau 2025!")];
    let refused = world.app.post(None, "/kich-hoat", &typed).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!refused.text().contains("ABCD") && !refused.text().contains("Mat khau"), "{}", refused.text());
    assert!(all_fields(&refused.text()).contains(&("code".into(), String::new())));
    assert!(all_fields(&refused.text()).contains(&("login".into(), "kk.thu".into())));
    let much = "x".repeat(SMALL_BODY);
    let refused = world.app.post(None, "/dang-nhap", &[("carried.e0.x", &much)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Of somebody signed in it is taken, but not shown again.
    let refused = world.post("i-1", &[("e0.residence", &much)]).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().len() < much.len() && !refused.text().contains("<form"));
}

/// Files have places of their own: a list from Excel is not turned away at the door.
#[tokio::test]
async fn a_sheet_is_no_request_of_the_door() {
    let (world, _taken) = crowded(World::new().await, [5; 3]).await;
    let answer = world.app.post(Some(&world.browser), "/don-vi/danh-sach/excel", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(world.app.get(Some(&world.browser), "/don-vi/danh-sach/excel").await.status.as_u16(), 503);
}

const SLOW: &str = "/cham";

/// One route that works until it is told to stop, and panics when it is posted to without a body; behind a door.
struct Slow {
    router: Router,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Slow {
    fn behind(world: &World, gate: &Gate, door: impl Fn(&Door) -> Door) -> Self {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = {
            let (begun, go_on) = (begun.clone(), go_on.clone());
            async move |body: String| {
                assert_ne!(body, "hoảng", "asked to panic");
                begun.notify_one();
                go_on.notified().await;
            }
        };
        let door = door(&Door::new(world.app.app.clone(), gate.clone(), "minhbach"));
        let routes = Router::new().route(SLOW, get(work.clone()).post(work));
        Self { router: door.before(routes).with_state(world.app.app.clone()), begun, go_on }
    }

    async fn send(&self, method: &str, body: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(SLOW).body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }
}

fn gate(in_work: usize) -> Gate {
    Gate::new(Limits::new(in_work, [Duration::from_millis(5); 3], 9))
}

#[tokio::test]
async fn who_goes_away_leaves_the_place_taken_until_the_work_is_done() {
    let (world, gate) = (World::new().await, gate(1));
    let slow = Slow::behind(&world, &gate, Door::clone);
    let request = Request::get(SLOW).body(Body::empty()).unwrap();
    let client = tokio::spawn(slow.router.clone().oneshot(request));
    slow.begun.notified().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert!(gate.admit(Class::Act).await.is_err(), "the work goes on, so the place is taken");
    slow.go_on.notify_one();
    let free = async { while gate.admit(Class::Act).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(10), free).await.expect("the place came back");
}

#[tokio::test]
async fn a_handler_that_panics_answers_and_gives_its_place_back() {
    let (world, gate) = (World::new().await, gate(1));
    let slow = Slow::behind(&world, &gate, Door::clone);
    assert_eq!(slow.send("POST", "hoảng").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(gate.admit(Class::Act).await.is_ok());
}

/// A rush at the door leaves half of the places to look for those who are in.
#[tokio::test]
async fn few_come_in_at_a_time_and_the_others_take_no_place() {
    let (world, gate) = (World::new().await, gate(4));
    let slow = Slow::behind(&world, &gate, Door::entrance);
    let first = async {
        assert_eq!(slow.send("POST", "").await, StatusCode::OK);
    };
    tokio::join!(first, async {
        slow.begun.notified().await;
        assert_eq!(slow.send("POST", "").await, StatusCode::SERVICE_UNAVAILABLE);
        let place = gate.admit(Class::Browse).await;
        assert!(place.is_ok(), "the other place to look is free");
        assert!(gate.admit(Class::Browse).await.is_err(), "and was the last one");
        slow.go_on.notify_one();
    });
}
