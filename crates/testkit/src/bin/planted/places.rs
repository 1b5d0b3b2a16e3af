//! Everything a person or a program can write into, and that what was written arrived.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use testkit::browser::{Browser, Form, Kind, Page};
use testkit::http::{Answer, Client};
use testkit::service::Service;
use testkit::world;

use crate::garden::Garden;

const PASSWORD: &str = "Thuc hanh 2025!";

pub async fn plant_everywhere(service: &mut Service, garden: &mut Garden) -> Result<()> {
    draft(service, garden, "kk.mot").await?;
    let obligation = obligation_of(&mut browser(service, "kk.mot").await?).await?;
    let obligation = obligation.rsplit('/').next().unwrap_or_default().to_owned();
    let mut lawful = world::declarants(service, 1)?.pop().context("somebody to copy from")?.body["content"].take();
    // As the pages would say it: they ask for an answer, and a correction is written in them.
    lawful["no_change"] = serde_json::Value::Bool(true);
    let declaration = submission(service, garden, "declaration", &obligation, &lawful).await?;
    demands(service, garden, &declaration, &obligation, &lawful).await?;
    receipt(service, garden, &declaration).await?;
    corrections(service, garden, &declaration, &obligation).await?;
    list(service, garden).await?;
    hand_over(service, garden).await?;
    reminder(service, garden).await?;
    publication(service, garden).await?;
    papers(service, garden, &declaration).await?;
    custody(service, garden).await?;
    purpose(service, garden).await?;
    accounts(service, garden).await?;
    wrong_doors(service, garden).await
}

/// A draft and a scan are under way when service and database die.
pub async fn plant_and_die(service: &mut Service, garden: &mut Garden) -> Result<()> {
    draft(service, garden, "kk.hai").await?;
    let mut declarant = browser(service, "kk.mot").await?;
    let sent = declarant.get("/ke-khai").await?;
    let link = sent.links("/ke-khai/ban/").into_iter().next().context("what was sent before is listed")?;
    let declaration = link.trim_start_matches("/ke-khai/ban/").split('/').next().unwrap_or_default();
    let mut pdf = pdf_of(&mut declarant, declaration).await?;
    pdf.extend(b"\n% once more\n");
    let mut officer = browser(service, "qn.tiepnhan").await?;
    let name = format!("{}.pdf", garden.text("file name before a death"));
    upload(&mut officer, &name, &pdf).await?;
    // Recognition has opened it by now, and needs longer than this.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let database = service.postgres()?;
    service.kill()?;
    database.kill()
}

async fn browser(service: &Service, login: &str) -> Result<Browser> {
    Browser::signed_in(service.address(), login, PASSWORD).await
}

/// Types a text of its own into every box; every question is answered with yes.
fn fill(form: &mut Form, garden: &mut Garden, place: &str) -> Vec<String> {
    let mut typed = Vec::new();
    for one in &mut form.controls {
        match one.kind {
            Kind::Text => {
                one.value = garden.text(format!("{place}: {}", one.name));
                typed.push(one.value.clone());
            }
            Kind::Choice if one.name == "have" => one.value = "co".into(),
            Kind::Choice | Kind::Hidden | Kind::File => {}
        }
    }
    typed
}

/// A text that did not arrive proves nothing.
fn arrived(page: &Page, typed: &[String], garden: &Garden) -> Result<()> {
    let lost: Vec<&str> = typed.iter().filter(|text| !page.says(text)).map(|text| garden.place(text)).collect();
    ensure!(lost.is_empty(), "{} of {} texts did not arrive: {lost:?}", lost.len(), typed.len());
    Ok(())
}

fn moved_on(answer: &Answer, place: &str) -> Result<()> {
    ensure!(answer.status == 303, "{place}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(())
}

/// Every section of a declarant's wizard.
async fn draft(service: &Service, garden: &mut Garden, login: &str) -> Result<()> {
    let mut declarant = browser(service, login).await?;
    let home = obligation_of(&mut declarant).await?;
    let mut tasks = declarant.get(&home).await?;
    if let Ok(form) = tasks.form("/bat-dau") {
        moved_on(&declarant.submit(&form, None).await?, "beginning a draft")?;
        tasks = declarant.get(&home).await?;
    }
    let sections: Vec<String> =
        tasks.links(&format!("{home}/")).into_iter().filter(|link| !link.ends_with("/kiem-tra")).collect();
    let mut boxes = 0;
    for link in &sections {
        let mut form = declarant.get(&format!("{link}?them=1")).await?.form(link)?;
        let typed = fill(&mut form, garden, &format!("{login} {link}"));
        moved_on(&declarant.submit(&form, Some(("viec", "sau"))).await?, link)?;
        arrived(&declarant.get(link).await?, &typed, garden)?;
        boxes += typed.len();
    }
    ensure!(sections.len() > 10 && boxes > 60, "{login}: only {} sections with {boxes} boxes", sections.len());
    println!("{login}: {boxes} boxes of {} sections", sections.len());
    Ok(())
}

async fn obligation_of(declarant: &mut Browser) -> Result<String> {
    let owed = declarant.get("/ke-khai").await?;
    let is_obligation = |link: &String| link.len() == "/ke-khai/".len() + 36;
    owed.links("/ke-khai/").into_iter().find(is_obligation).context("an obligation is listed")
}

/// A whole declaration with reasons for its warnings. Returns its id.
async fn submission(
    service: &Service,
    garden: &mut Garden,
    what: &str,
    obligation: &str,
    lawful: &Value,
) -> Result<String> {
    let mut content = lawful.clone();
    let path = format!("/api/v1/obligations/{obligation}/declaration");
    for place in [
        "/agency_name",
        "/declarant/full_name",
        "/declarant/position",
        "/declarant/unit",
        "/declarant/residence",
        "/declarant/id_place",
        "/assets/0/address",
        "/assets/0/certificate/grantee",
        "/assets/0/other",
        // A house that shares neither address nor certificate with a plot: warnings that want reasons (R03, R08).
        "/assets/1/address",
        "/assets/1/certificate/number",
        "/assets/1/certificate/grantee",
        "/assets/1/other",
        "/assets/2/name",
        "/changes/0/explanation",
    ] {
        let text = garden.text(format!("{what} {place}"));
        let there = content.pointer_mut(place).with_context(|| format!("the lawful declaration has {place}"))?;
        // An explanation must state each part of the income: it keeps its text.
        let before = there.as_str().filter(|_| place.ends_with("/explanation")).unwrap_or_default();
        *there = format!("{before} {text}").trim().into();
    }
    let id_no = content["declarant"]["id_no"].as_str().context("an identity number")?.to_owned();
    garden.adopt(&id_no, "identity number");
    let mut client = Client::new(service.address(), Some(&service.token("kk.mot", "DECLARANT")?));
    let mut reasons = serde_json::Map::new();
    for attempt in 0..2 {
        let body = json!({"content": content, "reasons": reasons}).to_string();
        let key = garden.plain("idempotency key");
        let answer = client.post(&path, "application/json", &format!("{attempt}-{key}"), body.as_bytes()).await?;
        let said = answer.json()?;
        match answer.status {
            201 => {
                ensure!(!reasons.is_empty(), "no warning asked for a reason: none was planted");
                return Ok(said["declaration"].as_str().context("the answer names it")?.to_owned());
            }
            422 => {
                for finding in said["findings"].as_array().context("findings")? {
                    ensure!(finding["wants_reason"] == true, "a planted text is not lawful: {finding}");
                    let key = finding["reason_key"].as_str().context("a key")?.to_owned();
                    reasons.insert(key.clone(), garden.text(format!("reason {key}")).into());
                }
            }
            _ => bail!("{} {said}", answer.status),
        }
    }
    bail!("the declaration was not taken with its reasons")
}

/// One demand is withdrawn with a reason, the next is answered with a second version.
async fn demands(
    service: &Service,
    garden: &mut Garden,
    declaration: &str,
    obligation: &str,
    lawful: &Value,
) -> Result<()> {
    let mut officer = browser(service, "qn.sotc").await?;
    for round in ["withdrawn", "answered"] {
        let path = format!("/don-vi/ban/{declaration}/yeu-cau");
        let mut form = officer.get(&path).await?.form("/yeu-cau")?;
        let mut typed = Vec::new();
        for one in &mut form.controls {
            if ["reasons", "name", "position"].contains(&one.name.as_str()) {
                one.value = garden.text(format!("{round} demand: {}", one.name));
                typed.push(one.value.clone());
            }
        }
        ensure!(typed.len() == 3, "the demand asks for its reasons and who signs");
        let answer = officer.submit(&form, None).await?;
        moved_on(&answer, "a demand")?;
        let demand = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        let demand = demand.context("the demand's own page")?;
        arrived(&officer.get(&demand).await?, &typed, garden)?;
        if round == "withdrawn" {
            let why = garden.text("why a demand is withdrawn");
            // Another form of the page says that it was handed over.
            let forms = officer.get(&demand).await?.forms();
            let withdraws = |form: &Form| form.controls.iter().any(|one| one.name == "why");
            let mut form = forms.into_iter().find(withdraws).context("a form to withdraw")?;
            form.controls.iter_mut().filter(|one| one.name == "why").for_each(|one| one.value.clone_from(&why));
            moved_on(&officer.submit(&form, Some(("viec", "rut"))).await?, "withdrawing a demand")?;
            arrived(&officer.get(&demand).await?, &[why], garden)?;
        }
    }
    let mut declarant = browser(service, "kk.mot").await?;
    let owed = declarant.get("/ke-khai").await?;
    let demand = owed.links("/ke-khai/yeu-cau/").into_iter().next().context("the declarant is told of the demand")?;
    let form = declarant.get(&demand).await?.form("/sua")?;
    moved_on(&declarant.submit(&form, None).await?, "opening what is to be mended")?;
    let again = submission(service, garden, "second version", obligation, lawful).await?;
    ensure!(again == declaration, "a further version of the same declaration");
    Ok(())
}

/// One correction is withdrawn; of the next one difference is approved and one refused with a reason.
async fn corrections(service: &Service, garden: &mut Garden, declaration: &str, obligation: &str) -> Result<()> {
    let mut declarant = browser(service, "kk.mot").await?;
    let mut officer = browser(service, "qn.sotc").await?;
    for round in ["withdrawn", "decided"] {
        let begin = declarant.get(&format!("/ke-khai/ban/{declaration}")).await?.form("/sua-doi")?;
        moved_on(&declarant.submit(&begin, None).await?, "beginning a correction")?;
        let mut section = declarant.get(&format!("/ke-khai/{obligation}/i-1")).await?.form("/i-1")?;
        let mut typed = Vec::new();
        for one in &mut section.controls {
            if ["e0.residence", "e0.position"].contains(&one.name.as_str()) {
                one.value = garden.text(format!("{round} correction: {}", one.name));
                typed.push(one.value.clone());
            }
        }
        ensure!(typed.len() == 2, "a correction of two boxes");
        moved_on(&declarant.submit(&section, Some(("viec", "tiep"))).await?, "writing a correction")?;
        let check = declarant.get(&format!("/ke-khai/{obligation}/kiem-tra")).await?;
        arrived(&check, &typed, garden)?;
        let mut form = check.form("/kiem-tra")?;
        let wanted = |name: &str| name == "giai-trinh" || name.starts_with("ly-do.");
        for one in form.controls.iter_mut().filter(|one| wanted(&one.name) && one.value.trim().is_empty()) {
            one.value = garden.text(format!("{round} correction: {}", one.name));
        }
        let answer = declarant.submit(&form, None).await?;
        moved_on(&answer, "proposing a correction")?;
        let own = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        let own = own.context("the correction's own page")?;
        if round == "withdrawn" {
            let form = declarant.get(&own).await?.form(&own)?;
            moved_on(&declarant.submit(&form, None).await?, "withdrawing a correction")?;
            continue;
        }
        let page = own.replace("/ke-khai/", "/don-vi/");
        let mut form = officer.get(&page).await?.form(&page)?;
        let mut typed = Vec::new();
        for one in &mut form.controls {
            if ["name", "position", "ly-do.1"].contains(&one.name.as_str()) {
                one.value = garden.text(format!("decided correction: {}", one.name));
                typed.push(one.value.clone());
            }
        }
        ensure!(typed.len() == 3, "the decision asks who decided and why one is refused");
        for one in &mut form.controls {
            match one.name.as_str() {
                "kq.0" => one.value = "duyet".to_owned(),
                "kq.1" => one.value = "tu-choi".to_owned(),
                _ => {}
            }
        }
        moved_on(&officer.submit(&form, None).await?, "deciding a correction")?;
        arrived(&officer.get(&page).await?, &typed, garden)?;
    }
    Ok(())
}

async fn receipt(service: &Service, garden: &mut Garden, declaration: &str) -> Result<()> {
    let mut officer = browser(service, "qn.sotc").await?;
    let page = officer.get(&format!("/don-vi/ban/{declaration}/tiep-nhan")).await?;
    let mut form = page.form("/tiep-nhan")?;
    for one in form.controls.iter_mut().filter(|one| one.kind == Kind::Text && one.name != "day") {
        one.value = garden.text(format!("receipt: {}", one.name));
    }
    moved_on(&officer.submit(&form, None).await?, "receipt")?;
    let names: Vec<String> = form
        .controls
        .iter()
        .filter(|one| one.kind == Kind::Text && one.name == "name")
        .map(|one| one.value.clone())
        .collect();
    ensure!(!names.is_empty(), "the receipt asks for a name");
    arrived(&officer.get(&format!("/don-vi/ban/{declaration}")).await?, &names, garden)
}

/// A person on the unit's list, added and then changed: what the line said before is kept too.
async fn list(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut officer = browser(service, "qn.sotc").await?;
    let people = |page: &Page| -> Vec<String> {
        let lines = page.links("/don-vi/danh-sach/").into_iter();
        lines.filter(|link| link.len() == "/don-vi/danh-sach/".len() + 36).collect()
    };
    let before = people(&officer.get("/don-vi/danh-sach").await?);
    let mut form = officer.get("/don-vi/danh-sach/them").await?.form("/danh-sach/them")?;
    let number = garden.citizen_number("list: identity number");
    let typed = line(&mut form, garden, &number, "01/12/2025");
    moved_on(&officer.submit(&form, None).await?, "a line of the list")?;
    let page = officer.get("/don-vi/danh-sach").await?;
    arrived(&page, &typed, garden)?;
    let new = people(&page).into_iter().find(|link| !before.contains(link)).context("the line stands in the list")?;
    let mut form = officer.get(&new).await?.form(&new)?;
    let typed = line(&mut form, garden, &number, "01/12/2025");
    moved_on(&officer.submit(&form, None).await?, "a changed line of the list")?;
    arrived(&officer.get("/don-vi/danh-sach").await?, &typed, garden)
}

fn line(form: &mut Form, garden: &mut Garden, number: &str, since: &str) -> Vec<String> {
    let mut typed = Vec::new();
    for one in &mut form.controls {
        match one.name.as_str() {
            "name" | "position" => {
                one.value = garden.text(format!("list: {}", one.name));
                typed.push(one.value.clone());
            }
            "dob" => one.value = "05/02/1980".into(),
            "in_post_since" => one.value = since.into(),
            "id_no" => one.value = number.to_owned(),
            "ground" => one.value = "CIVIL_SERVANT".into(),
            _ => {}
        }
    }
    typed
}

/// What was received is handed over and counted, one declaration missing.
async fn hand_over(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut officer = browser(service, "qn.sotc").await?;
    let mut form = officer.get("/don-vi/ban-giao").await?.form("/don-vi/ban-giao")?;
    let named = |form: &mut Form, garden: &mut Garden, side: &str| -> Vec<String> {
        let boxes = form.controls.iter_mut().filter(|one| ["name", "position"].contains(&one.name.as_str()));
        boxes
            .map(|one| {
                one.value = garden.text(format!("{side}: {}", one.name));
                one.value.clone()
            })
            .collect()
    };
    let given = named(&mut form, garden, "handing over");
    moved_on(&officer.submit(&form, None).await?, "handing over")?;
    let mut taker = browser(service, "qn.tiepnhan").await?;
    let batch = taker.get("/ban-giao").await?.links("/ban-giao/").into_iter().next().context("a batch waits")?;
    let page = taker.get(&batch).await?;
    arrived(&page, &given, garden)?;
    let mut form = page.form(&batch)?;
    let mut typed = named(&mut form, garden, "taking over");
    let missing = form.controls.iter().find_map(|one| one.name.strip_prefix("kq.").map(str::to_owned));
    let missing = missing.context("a declaration to count")?;
    for one in &mut form.controls {
        if one.name == format!("kq.{missing}") {
            one.value = "thieu".into();
        } else if one.name == format!("ly-do.{missing}") {
            one.value = garden.text("taking over: why one is missing");
            typed.push(one.value.clone());
        }
    }
    moved_on(&taker.submit(&form, None).await?, "taking over")?;
    arrived(&taker.get(&batch).await?, &typed, garden)
}

/// A person's file is sent to another agency, which declines it and says why.
async fn custody(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut officer = browser(service, "qn.tiepnhan").await?;
    let records = officer.get("/ban-ke-khai").await?.links("/ban-ke-khai/");
    let record = officer.get(records.last().context("a declaration on record")?).await?;
    let person = record.links("/chuyen-ho-so/nguoi/").into_iter().next().context("its person's file can be sent")?;
    let page = officer.get(&person).await?;
    let agency = page.html.split("<option value=\"").find(|option| option.contains(">Thanh tra Chính phủ<"));
    let agency = agency.and_then(|option| option.split('"').next()).context("another agency")?.to_owned();
    let plant = |form: &mut Form, garden: &mut Garden, names: &[&str], side: &str| -> Vec<String> {
        let boxes = form.controls.iter_mut().filter(|one| names.contains(&one.name.as_str()));
        let typed = boxes.map(|one| {
            one.value = garden.text(format!("{side}: {}", one.name));
            one.value.clone()
        });
        typed.collect()
    };
    let mut form = page.form(&person)?;
    let sent = plant(&mut form, garden, &["document_no", "name", "position"], "sending a file");
    for one in &mut form.controls {
        match one.name.as_str() {
            "den" => one.value.clone_from(&agency),
            "ly-do" => one.value = "RANK_CHANGED".into(),
            _ => {}
        }
    }
    moved_on(&officer.submit(&form, None).await?, "sending a file")?;
    let mut taker = browser(service, "ttcp.tiepnhan").await?;
    let file = taker.get("/chuyen-ho-so").await?.links("/chuyen-ho-so/").into_iter().next().context("a file waits")?;
    let page = taker.get(&file).await?;
    arrived(&page, &sent, garden)?;
    let mut form = page.form(&file)?;
    let said = plant(&mut form, garden, &["reason", "name", "position"], "declining a file");
    moved_on(&taker.submit(&form, Some(("viec", "tra-lai"))).await?, "declining a file")?;
    arrived(&taker.get(&file).await?, &said, garden)?;
    let page = officer.get(&file).await?;
    arrived(&page, &sent, garden)?;
    arrived(&page, &said, garden)
}

/// Someone whose first declaration is late is reminded in writing. What they say to not submitting can be written down
/// only weeks later: `campaign/tests.rs` looks for it.
async fn reminder(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut officer = browser(service, "qn.sotc").await?;
    let mut form = officer.get("/don-vi/danh-sach/them").await?.form("/danh-sach/them")?;
    let number = garden.citizen_number("reminder: identity number");
    // A first declaration is owed: nothing is ticked.
    form.controls.retain(|one| one.name != "marks");
    let who = line(&mut form, garden, &number, "03/11/2025");
    moved_on(&officer.submit(&form, None).await?, "someone who is late")?;
    let page = officer.get("/don-vi/don-doc").await?;
    arrived(&page, &who, garden)?;
    let mut form = page.form("/don-vi/don-doc")?;
    let mut typed = who;
    for one in &mut form.controls {
        match one.name.as_str() {
            // A code by design: nobody's name fits there, and the page says so.
            "so" => one.value = "7/STC-VP".into(),
            "name" | "position" => {
                one.value = garden.text(format!("reminder: {}", one.name));
                typed.push(one.value.clone());
            }
            _ => {}
        }
    }
    moved_on(&officer.submit(&form, None).await?, "a reminder")?;
    let issue = officer.get("/don-vi/don-doc?viec=dang-cho").await?;
    let issue = issue.links("/don-vi/don-doc/cong-van/").into_iter().next().context("the document is listed")?;
    arrived(&officer.get(&issue).await?, &typed, garden)?;
    arrived(&officer.get("/don-vi/so-theo-doi").await?, &typed[..1], garden)
}

/// What is handed over again is posted, taken down early, read at a meeting and closed with its minutes.
async fn publication(service: &Service, garden: &mut Garden) -> Result<()> {
    const HOME: &str = "/don-vi/cong-khai";
    let mut officer = browser(service, "qn.sotc").await?;
    let form = officer.get("/don-vi/ban-giao").await?.form("/don-vi/ban-giao")?;
    moved_on(&officer.submit(&form, None).await?, "handing over again")?;
    let step = async |officer: &mut Browser, garden: &mut Garden, path: &str, place: &str| -> Result<String> {
        let mut form = officer.get(path).await?.form(path)?;
        let mut typed = Vec::new();
        for one in form.controls.iter_mut().filter(|one| one.kind == Kind::Text && one.name != "day") {
            one.value = match one.name.as_str() {
                "summoned" | "present" => "3".to_owned(),
                name => garden.text(format!("{place}: {name}")),
            };
            typed.push(one.value.clone());
        }
        let answer = officer.submit(&form, None).await?;
        moved_on(&answer, place)?;
        let address = answer.header("location").context("the publication's address")?.to_owned();
        arrived(&officer.get(&address).await?, &typed, garden)?;
        Ok(address)
    };
    let posting = step(&mut officer, garden, &format!("{HOME}/niem-yet"), "posting").await?;
    step(&mut officer, garden, &format!("{posting}/dung"), "taking a posting down").await?;
    let meeting = step(&mut officer, garden, &format!("{HOME}/cuoc-hop"), "meeting").await?;
    step(&mut officer, garden, &format!("{meeting}/bien-ban"), "minutes").await?;
    for file in ["bien-ban.pdf", "ban-ke-khai.pdf"] {
        let answer = officer.fetch(&format!("{meeting}/{file}")).await?;
        ensure!(answer.status == 200 && answer.body.starts_with(b"%PDF"), "no {file}: {}", answer.status);
    }
    Ok(())
}

async fn pdf_of(declarant: &mut Browser, declaration: &str) -> Result<Vec<u8>> {
    let answer = declarant.fetch(&format!("/ke-khai/ban/{declaration}/ban-ke-khai.pdf")).await?;
    ensure!(answer.status == 200 && answer.body.starts_with(b"%PDF"), "no PDF of {declaration}: {}", answer.status);
    Ok(answer.body)
}

async fn upload(officer: &mut Browser, name: &str, bytes: &[u8]) -> Result<()> {
    let form = officer.get("/tiep-nhan").await?.form("/tiep-nhan")?;
    let answer = officer.upload(&form, name, bytes).await?;
    let page = Page { status: answer.status, html: String::from_utf8_lossy(&answer.body).into_owned() };
    ensure!(page.status == 200 && page.says(name), "{name} was not taken: {}", answer.text());
    Ok(())
}

/// The declaration comes on paper too, and an officer corrects every field of another paper.
async fn papers(service: &Service, garden: &mut Garden, declaration: &str) -> Result<()> {
    let mut officer = browser(service, "qn.tiepnhan").await?;
    let waiting = |page: &Page| -> Vec<String> {
        let is_paper = |link: &String| link.len() == "/tiep-nhan/".len() + 36;
        page.links("/tiep-nhan/").into_iter().filter(is_paper).collect()
    };
    let before = waiting(&officer.get("/tiep-nhan?trang-thai=READ").await?);
    let other = before.first().context("a sample scan waits to be checked")?;
    let page = officer.get(other).await?;
    let mut form = page.form(other)?;
    let typed = fill(&mut form, garden, "correction of a paper");
    moved_on(&officer.submit(&form, Some(("act", "save"))).await?, "correction")?;
    arrived(&officer.get(other).await?, &typed, garden)?;
    println!("{} boxes of a paper", typed.len());

    let mut declarant = browser(service, "kk.mot").await?;
    let pdf = pdf_of(&mut declarant, declaration).await?;
    upload(&mut officer, &format!("Bản quét {}.pdf", garden.text("file name")), &pdf).await?;
    let program = service.token("qn.tiepnhan", "INTAKE_OFFICER")?;
    let mut client = Client::new(service.address(), Some(&program));
    let name = garden.plain("file name through the API");
    let not_whole = &pdf[..pdf.len() / 2];
    let path = format!("/api/v1/intakes?name={name}.pdf");
    let answer = client.post(&path, "application/pdf", &garden.plain("idempotency key of a file"), not_whole).await?;
    ensure!(answer.status == 201, "the API took no paper: {} {}", answer.status, answer.text());
    service.wait_quiet(Duration::from_secs(600)).await?;
    let after = waiting(&officer.get("/tiep-nhan?trang-thai=READ").await?);
    let new = after.iter().find(|link| !before.contains(link)).context("the paper was read")?;
    let page = officer.get(new).await?;
    let id_no = garden.texts().into_iter().find(|text| garden.place(text) == "identity number").unwrap_or_default();
    arrived(&page, &[id_no], garden)?;
    let form = officer.get(&format!("{new}/ghi-nhan")).await?.form("/ghi-nhan")?;
    moved_on(&officer.submit(&form, None).await?, "putting the paper on record")
}

async fn purpose(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut analyst = browser(service, "trunguong").await?;
    let mut form = analyst.get("/muc-dich").await?.form("/muc-dich")?;
    ensure!(!fill(&mut form, garden, "purpose").is_empty(), "the purpose has a reference to type");
    moved_on(&analyst.submit(&form, None).await?, "purpose")?;
    ensure!(analyst.get("/toan-quoc").await?.status == 200, "the figures open");
    Ok(())
}

async fn accounts(service: &Service, garden: &mut Garden) -> Result<()> {
    let mut administrator = browser(service, "qn.quantri").await?;
    let mut form = administrator.get("/tai-khoan/cap").await?.form("/tai-khoan/cap")?;
    let mut typed = Vec::new();
    for one in &mut form.controls {
        match one.name.as_str() {
            // A code by design: nobody's name may stand there, and the page says so.
            "login" => one.value = "qn.kin".into(),
            "role" => one.value = "INTAKE_OFFICER".into(),
            "name" | "position" => {
                one.value = garden.text(format!("account: {}", one.name));
                typed.push(one.value.clone());
            }
            _ => {}
        }
    }
    let answer = administrator.submit(&form, None).await?;
    ensure!(answer.status == 200, "the account was not issued: {} {}", answer.status, answer.text());
    arrived(&administrator.get("/tai-khoan").await?, &typed[..1], garden)?;
    let (name, position) = (garden.text("agency: name"), garden.text("agency: position"));
    service.command_output(&[
        "admin",
        "agency",
        "--partition",
        "H48.TT",
        "--login",
        "qn.kinhai",
        "--name",
        &name,
        "--position",
        &position,
    ])?;
    let (name, position) = (garden.text("centre: name"), garden.text("centre: position"));
    service.command_output(&["admin", "centre", "--login", "tu.kinba", "--name", &name, "--position", &position])?;
    let label = garden.text("label of a token");
    service.command_output(&["admin", "token", "--login", "qn.kiemtoan", "--role", "AUDITOR", "--label", &label])?;
    Ok(())
}

/// What is refused must not stand in a log or an error either.
async fn wrong_doors(service: &Service, garden: &mut Garden) -> Result<()> {
    let address: SocketAddr = service.address();
    let mut stranger = Browser::new(address);
    let mut outcomes = Vec::new();
    for zero in ["", "\0"] {
        let (login, secret) = (garden.text("wrong login") + zero, garden.text("wrong password") + zero);
        outcomes.push(stranger.post("/dang-nhap", &[("login", &login), ("password", &secret)]).await?);
        let (login, code) = (garden.text("wrong login to activate") + zero, garden.text("wrong code") + zero);
        let secret = garden.text("wrong new password");
        let fields = [("login", login.as_str()), ("code", &code), ("password", &secret), ("repeat", &secret)];
        outcomes.push(stranger.post("/kich-hoat", &fields).await?);
    }
    let plain = garden.plain("an address");
    outcomes.push(stranger.fetch(&format!("/{plain}?ten={plain}")).await?);
    let mut administrator = browser(service, "qn.quantri").await?;
    let year = garden.plain("a year");
    outcomes.push(administrator.fetch(&format!("/tong-hop?nam={year}")).await?);
    let mut client = Client::new(address, Some(&service.token("kk.hai", "DECLARANT")?));
    let obligations: Value = client.get("/api/v1/obligations").await?.json()?;
    let id = obligations[0]["id"].as_str().context("an obligation")?.to_owned();
    let text = garden.text("a request nobody can read");
    for body in [
        format!("{{\"content\": \"{text}"),
        format!("{{\"{text}\": 1}}"),
        format!(
            "{{\"content\": {{\"form\": \"{text}\", \"kind\": \"FIRST\"}}, \"reasons\": {{\"{text}\": \"{text}\"}}}}"
        ),
        format!("{{\"content\": \"\\u0000{text}\", \"reasons\": {{}}}}"),
    ] {
        let path = format!("/api/v1/obligations/{id}/declaration");
        let key = garden.plain("key of a request nobody can read");
        outcomes.push(client.post(&path, "application/json", &key, body.as_bytes()).await?);
    }
    for answer in &outcomes {
        ensure!((400..500).contains(&answer.status), "not refused: {} {}", answer.status, answer.text());
    }
    println!("{} requests were refused", outcomes.len());
    Ok(())
}
