//! One declarant at a browser: a draft that is open, and what the service has acknowledged of it.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use testkit::browser::{self, Form, Page};
use testkit::http::{Answer, Client};
use testkit::world::Declarant;

/// The section that is typed into; it holds what the system knew of the person, so the texts are of a usual size.
const SECTION: &str = "i-1";
/// The box that is typed into.
const BOX: &str = "e0.residence";
/// How often a page that is turned away is asked for again before anything is measured.
const COME_AGAIN: usize = 100;

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// 503 with `Retry-After`: asked to come again.
    Shed,
}

pub struct Person {
    pub declarant: Declarant,
    address: SocketAddr,
    client: Client,
    cookie: String,
    home: String,
    /// Every other field of the section's form, as it is sent.
    fields: String,
    version: i64,
    /// The text sent last, by its number.
    typed: u32,
    /// The text acknowledged last, and its revision.
    pub saved: Option<(u32, i64)>,
    /// What was answered to the submission.
    pub submitted: Option<Value>,
    key: String,
}

impl Person {
    /// Opens the draft and the section's page, as a person does before they type.
    pub async fn sit_down(address: SocketAddr, declarant: Declarant) -> Result<Self> {
        let cookie = declarant.cookie.clone().context("bench-world gave no session")?;
        let mut person = Self {
            address,
            client: Client::new(address, Some(&declarant.token)),
            cookie,
            home: format!("/ke-khai/{}", declarant.obligation),
            fields: String::new(),
            version: 0,
            typed: 0,
            saved: None,
            submitted: None,
            key: format!("surge-{}", declarant.obligation),
            declarant,
        };
        let home = person.home.clone();
        let begin = person.form(&home, "/bat-dau").await?;
        let fields = browser::encoded(begin.controls.iter().map(|one| (one.name.as_str(), one.value.as_str())));
        let answer = person.post(&begin.action, &fields).await?;
        ensure!(answer.status == 303, "the draft did not open: {} {}", answer.status, answer.text());
        let form = person.form(&format!("{home}/{SECTION}"), SECTION).await?;
        let value = |name: &str| form.controls.iter().find(|one| one.name == name).map(|one| one.value.as_str());
        person.version = value("version").context("the page has no version")?.parse()?;
        ensure!(value(BOX).is_some(), "the page has no box {BOX}");
        let other = form.controls.iter().filter(|one| !["version", "turn", BOX].contains(&one.name.as_str()));
        person.fields = browser::encoded(other.map(|one| (one.name.as_str(), one.value.as_str())));
        Ok(person)
    }

    async fn form(&mut self, path: &str, action: &str) -> Result<Form> {
        let mut answer = self.get(path).await?;
        // Nothing is measured yet; whoever is turned away comes again.
        for _ in 0..COME_AGAIN {
            if !shed(&answer)? {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            answer = self.get(path).await?;
        }
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
        Page { status: 200, html: String::from_utf8_lossy(&answer.body).into_owned() }.form(action)
    }

    async fn get(&mut self, path: &str) -> Result<Answer> {
        self.client.send("GET", path, &[("cookie", &self.cookie)], &[]).await
    }

    async fn post(&mut self, path: &str, fields: &str) -> Result<Answer> {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        self.client.send("POST", path, &headers, fields.as_bytes()).await
    }

    /// What is typed as the text of this number.
    pub fn text(number: u32) -> String {
        format!("Số {number} đường Trần Phú, phường Hải Châu, thành phố Đà Nẵng")
    }

    /// Sends one text more, as the page's script does.
    pub async fn save(&mut self) -> Result<Outcome> {
        self.typed += 1;
        let (number, version) = (self.typed.to_string(), self.version.to_string());
        let text = Self::text(self.typed);
        let own = browser::encoded([(BOX, text.as_str()), ("turn", &number), ("version", &version)].into_iter());
        let (path, fields) = (format!("{}/{SECTION}/tu-luu", self.home), format!("{}&{own}", self.fields));
        let answer = self.post(&path, &fields).await?;
        if shed(&answer)? {
            return Ok(Outcome::Shed);
        }
        ensure!(answer.status == 200, "autosave answered {}: {}", answer.status, answer.text());
        let version = answer.json()?["version"].as_str().and_then(|text| text.parse().ok());
        self.version = version.context("autosave answered no version")?;
        self.saved = Some((self.typed, self.version));
        Ok(Outcome::Done)
    }

    /// Opens one of the pages a declarant goes back to. The section and the check before sending are none of these: who
    /// cannot open them cannot send, so they are turned away with autosave and sending.
    pub async fn browse(&mut self, which: usize) -> Result<Outcome> {
        let path = if which.is_multiple_of(2) { "/ke-khai".to_owned() } else { self.home.clone() };
        let answer = self.get(&path).await?;
        if shed(&answer)? {
            return Ok(Outcome::Shed);
        }
        // What was sent may lead on.
        ensure!(matches!(answer.status, 200 | 303), "{path} answered {}: {}", answer.status, answer.text());
        Ok(Outcome::Done)
    }

    /// Sends the declaration; asked again, under the same key.
    pub async fn submit(&mut self) -> Result<Outcome> {
        let (path, body) = (self.declarant.path(), self.declarant.body.to_string());
        let answer = self.client.post(&path, "application/json", &self.key, body.as_bytes()).await?;
        if shed(&answer)? {
            return Ok(Outcome::Shed);
        }
        ensure!(answer.status == 201, "submission answered {}: {}", answer.status, answer.text());
        self.submitted = Some(answer.json()?);
        Ok(Outcome::Done)
    }

    /// What is missing of what was acknowledged, asked of the service as this person.
    pub async fn missing(&mut self) -> Result<Vec<String>> {
        // The service may have died since, and with it the connection.
        self.client = Client::new(self.address, Some(&self.declarant.token));
        let mut missing = Vec::new();
        if let Some((number, revision)) = self.saved {
            let path = format!("/api/v1/obligations/{}/draft/DECLARANT", self.declarant.obligation);
            let answer = self.client.get(&path).await?;
            ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
            let draft = answer.json()?;
            let text = draft["content"]["entries"][0]["residence"].as_str().unwrap_or_default();
            // A later text may have been saved though nobody heard of it.
            let is_there = (number..=self.typed).any(|number| text == Self::text(number));
            if !is_there || draft["version"].as_i64().is_none_or(|version| version < revision) {
                missing.push(format!("{path}: text {number} of revision {revision} is acknowledged, {draft} is there"));
            }
        }
        if let Some(said) = &self.submitted {
            let path = format!("/api/v1/declarations/{}", said["declaration"].as_str().unwrap_or_default());
            let answer = self.client.get(&path).await?;
            let found = if answer.status == 200 { answer.json()? } else { Value::Null };
            if found["document_sha256"] != said["document_sha256"] || found["version_id"] != said["version"] {
                missing.push(format!("{path}: {said} is acknowledged, {} is there", answer.text()));
            }
        }
        Ok(missing)
    }
}

/// Whether the service asked to come again; a 503 that does not say when is an error.
fn shed(answer: &Answer) -> Result<bool> {
    match (answer.status, answer.header("retry-after")) {
        (503, Some(_)) => Ok(true),
        (503, None) => bail!("a 503 that does not say when to come again: {}", answer.text()),
        _ => Ok(false),
    }
}
