//! "Tài sản qua các lần kê khai": every asset of a person over years, kinds and paper, drawn and told; for the control agency
//! with what is to be confirmed, for the declarant to read.
use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form::compare::{Gone, is_number, said};
use form::thread::{Place, Thread, Tie, are_one};
use form::{Kind, LawBook};
use serde::Deserialize;

use crate::account::{Posted, Signed};
use crate::declaration::asset::acts::{self, Stating};
use crate::declaration::asset::history::Sheet;
use crate::declaration::asset::model::ReasonCell;
use crate::declaration::asset::{AssetPlace, History};
use crate::declaration::carry::line_of_asset;
use crate::declaration::model::Channel;
use crate::declaration::wizard::{self, Section};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::PersonId;
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Once, Refusal, Result, Role, Tx};
use crate::law;
use crate::person::model::title;

/// Names of the boxes: a suggested joint, a standing one that is parted, the two that are joined.
const JOINT: &str = "noi.";
const PART: &str = "tach";
const ONE: &str = "mot";
const OTHER: &str = "hai";
const REASON: &str = "ly-do";
/// The suggestions between places that read the same, and whether all of them are confirmed at once.
const ALIKE: &str = "giong";
const ALL_ALIKE: &str = "ca-giong";

/// A declaration on the drawing.
struct Column {
    title: String,
    day: String,
    channel: &'static str,
    href: String,
}

/// Where an asset stands in a declaration, drawn and in words.
struct Cell {
    mark: &'static str,
    said: &'static str,
}

/// An asset on the drawing.
struct Line {
    anchor: String,
    name: String,
    cells: Vec<Cell>,
}

/// An asset as one version declares it.
struct Stand {
    title: String,
    day: String,
    channel: &'static str,
    href: String,
    is_replaced: bool,
    text: String,
}

/// What joins two of them.
struct Joint {
    name: String,
    /// The two places.
    pair: String,
    legend: String,
    how: &'static str,
    /// Only likeness suggests it, and somebody is asked.
    is_suggested: bool,
    /// Both read the same.
    is_word_for_word: bool,
    /// What was chosen.
    value: String,
}

struct Asset {
    anchor: String,
    heading: String,
    name: String,
    stands: Vec<Stand>,
    joints: Vec<Joint>,
    /// Whether one of those that stand was chosen to be parted.
    is_parting: bool,
    /// When its declarant said that it is there no more.
    gone: String,
}

impl Asset {
    /// Whether somebody said of its places that they are one.
    fn has_standing(&self) -> bool {
        self.joints.iter().any(|joint| !joint.is_suggested)
    }
}

/// A choice of a list, or of radios.
struct Choice {
    value: String,
    label: String,
}

/// What was put down before.
struct Stated {
    day: String,
    text: String,
    reason: String,
    /// What has become of it: a later statement of the same two, a version that was replaced.
    note: &'static str,
}

#[derive(Template)]
#[template(path = "declaration/pages/assets.html")]
struct AssetsPage {
    page: Page,
    back: (&'static str, &'static str),
    /// Empty for the declarant's own.
    name: String,
    /// Where the form is sent; empty where nothing is stated.
    action: String,
    columns: Vec<Column>,
    lines: Vec<Line>,
    assets: Vec<Asset>,
    answers: Vec<Choice>,
    choices: Vec<Choice>,
    stated: Vec<Stated>,
    /// Joints that only likeness suggests, and those of them that read the same.
    open: usize,
    alike: Vec<String>,
    unreadable: usize,
    seen: String,
    typed: Typed,
    errors: FieldErrors,
}

/// What the officer chose and typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    joints: BTreeMap<String, String>,
    parted: BTreeSet<String>,
    one: String,
    other: String,
    reason: String,
    all_alike: bool,
    alike: Vec<String>,
    seen: String,
    /// Idempotency key, made with the page.
    key: String,
}

impl Typed {
    fn new() -> Self {
        Self { key: uuid::Uuid::new_v4().to_string(), ..Self::default() }
    }

    fn of(fields: &Fields) -> Self {
        let joints =
            fields.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(JOINT)?.to_owned(), value.clone())));
        Self {
            joints: joints.collect(),
            parted: fields.all(PART).map(str::to_owned).collect(),
            one: fields.get(ONE).to_owned(),
            other: fields.get(OTHER).to_owned(),
            reason: viet::text::normalise(fields.get(REASON)),
            all_alike: fields.get(ALL_ALIKE) == "co",
            alike: fields.all(ALIKE).map(str::to_owned).collect(),
            seen: fields.get("da-thay").to_owned(),
            key: fields.get("khoa").to_owned(),
        }
    }

    /// What is to be put down, or what is to be mended.
    fn stating(&self, errors: &mut FieldErrors) -> Vec<Stating> {
        let stating = |pair: &str, is_same: bool| {
            let (one, other) = pair.split_once('~')?;
            Some(Stating { one: one.parse().ok()?, other: other.parse().ok()?, is_same, in_bulk: false })
        };
        let answered = self.joints.iter().filter_map(|(pair, answer)| match answer.as_str() {
            "cung" => stating(pair, true),
            "khac" => stating(pair, false),
            _ => None,
        });
        let mut all: Vec<Stating> = answered.collect();
        // What was answered by itself goes before what is confirmed with the rest.
        let is_answered = |pair: &&String| self.joints.get(*pair).is_some_and(|answer| !answer.is_empty());
        let rest = self.alike.iter().filter(|pair| self.all_alike && !is_answered(pair));
        all.extend(rest.filter_map(|pair| Some(Stating { in_bulk: true, ..stating(pair, true)? })));
        all.extend(self.parted.iter().filter_map(|pair| stating(pair, false)));
        match (self.one.is_empty(), self.other.is_empty()) {
            (true, true) => {}
            (false, false) => all.extend(stating(&format!("{}~{}", self.one, self.other), true)),
            (true, false) => {
                errors.add(ONE, "Chưa chọn tài sản thứ nhất. Đề nghị chọn đủ hai tài sản, hoặc bỏ chọn cả hai.")
            }
            (false, true) => {
                errors.add(OTHER, "Chưa chọn tài sản thứ hai. Đề nghị chọn đủ hai tài sản, hoặc bỏ chọn cả hai.")
            }
        }
        all
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "da-ghi")]
    stated: Option<usize>,
}

/// Every asset of a person, opened by the control agency: one recorded access for each version on record.
pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<PersonId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let mut page = of_person(&app, &signed, id, Typed::new(), FieldErrors::default()).await?;
    if let Some(count) = asked.stated {
        page.page = page.page.flash("success", format!("Đã ghi {count} nội dung. Bản kê khai giữ nguyên."));
    }
    html(&page)
}

/// The officer puts down which assets are one and which are two (điểm 1 mục II Quyết định 390/QĐ-TTg: the agency keeps and
/// compares what is declared). It changes no declaration; every statement stays, the last about the same two counts.
pub(super) async fn state(
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed::of(&fields);
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = of_person(&app, &signed, id, typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    let stating = typed.stating(&mut errors);
    if !errors.is_empty() {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    }
    let once = Once::of_form(&typed.key, &(id, &stating, &typed.reason))?;
    match acts::state(&app, &signed.actor, id, &typed.seen, &stating, &typed.reason, &once).await {
        Ok(count) => Ok(Redirect::to(&format!("/ban-ke-khai/nguoi/{id}/tai-san?da-ghi={count}")).into_response()),
        Err(Error::Refused(refusal)) => {
            // The key was used up; with a new one the officer can go on from the page they see.
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            refused(&refusal, &mut errors);
            let told = if errors.is_empty() { refusal.to_string() } else { String::new() };
            again(typed, errors, refusal.status, &told).await
        }
        Err(error) => Err(error),
    }
}

/// What is about one box is told there.
fn refused(refusal: &Refusal, errors: &mut FieldErrors) {
    if matches!(refusal.code, "no_reason" | "long_reason") {
        errors.add(REASON, refusal.to_string());
    }
    if matches!(refusal.code, "one_sheet" | "already_one") {
        errors.add(OTHER, refusal.to_string());
    }
}

/// The declarant's own, for reading: what they said, and what is only alike. What an officer states is the agency's.
pub(super) async fn own(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    let person = signed.actor.person().ok_or(Error::Forbidden)?;
    let history = app
        .db
        .read(&signed.actor, "asset.own", async |tx| History::of(tx, signed.actor.home, person, Vec::new()).await)
        .await?;
    let drawn = Drawn::of(&app.law, &history, true)?;
    html(&AssetsPage {
        page: signed.page("Tài sản qua các lần kê khai"),
        back: ("/ke-khai", "Kê khai của tôi"),
        name: String::new(),
        action: String::new(),
        columns: drawn.columns(),
        lines: drawn.lines()?,
        assets: drawn.assets(&Typed::default())?,
        answers: Vec::new(),
        choices: Vec::new(),
        stated: Vec::new(),
        open: 0,
        alike: Vec::new(),
        unreadable: history.unreadable,
        seen: String::new(),
        typed: Typed::default(),
        errors: FieldErrors::default(),
    })
}

async fn of_person(
    app: &App,
    signed: &Signed,
    id: PersonId,
    mut typed: Typed,
    errors: FieldErrors,
) -> Result<AssetsPage> {
    let (name, history, stated) = app
        .db
        .read(&signed.actor, "asset.open", async |tx| {
            let (person, history) = acts::open(tx, id).await?;
            let name = tx.open(person.partition, person.id.0, &person.name)?;
            let stated = stated(tx, &Drawn::of(&app.law, &history, false)?)?;
            Ok((name, history, stated))
        })
        .await?;
    let drawn = Drawn::of(&app.law, &history, false)?;
    let assets = drawn.assets(&typed)?;
    let suggested: Vec<_> = assets.iter().flat_map(|asset| &asset.joints).filter(|joint| joint.is_suggested).collect();
    let open = suggested.len();
    let alike: Vec<_> =
        suggested.iter().filter(|joint| joint.is_word_for_word).map(|joint| joint.pair.clone()).collect();
    // A tick over other joints than those that were seen is none.
    typed.all_alike &= typed.alike == alike;
    let choice = |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned() };
    Ok(AssetsPage {
        page: signed.page("Tài sản qua các lần kê khai"),
        back: ("/ban-ke-khai", "Danh sách bản kê khai"),
        name,
        action: format!("/ban-ke-khai/nguoi/{id}/tai-san"),
        columns: drawn.columns(),
        lines: drawn.lines()?,
        open,
        alike,
        assets,
        answers: vec![
            choice("cung", "Cùng một tài sản"),
            choice("khac", "Hai tài sản khác nhau"),
            choice("sau", "Để sau"),
        ],
        choices: drawn.choices()?,
        stated,
        unreadable: history.unreadable,
        seen: history.seen(),
        typed,
        errors,
    })
}

/// Everything stated so far, the last first. Opening the reasons is part of the same access.
fn stated(tx: &mut Tx, drawn: &Drawn<'_>) -> Result<Vec<Stated>> {
    let history = drawn.history;
    let mut all = Vec::new();
    let mut later: Vec<(AssetPlace, AssetPlace)> = Vec::new();
    for statement in history.statements.iter().rev() {
        let pair = (statement.one.min(statement.other), statement.one.max(statement.other));
        let places = history.place(pair.0).zip(history.place(pair.1));
        let is_in_force = |place: Place| history.sheets.get(place.sheet).is_some_and(|sheet| sheet.is_in_force);
        let note = match places {
            _ if later.contains(&pair) => "Đã được thay bằng ghi nhận sau.",
            None => "Bản kê khai liên quan không mở được.",
            Some((one, other)) if are_one(&history.threads, one, other) != statement.is_same => {
                "Trái với nội dung khác đã ghi nên không còn tác dụng; đề nghị xem lại."
            }
            Some((one, other)) if !is_in_force(one) || !is_in_force(other) => {
                "Bản kê khai liên quan đã được thay bằng bản sau; đề nghị xem lại."
            }
            Some(_) => "",
        };
        later.push(pair);
        let line = |place: AssetPlace| match history.place(place) {
            Some(place) => drawn.named(place),
            None => Ok("tài sản ở bản kê khai không mở được".to_owned()),
        };
        let word = if statement.is_same { "là cùng một tài sản" } else { "là hai tài sản khác nhau" };
        all.push(Stated {
            day: viet::date::format_short(date_in_vietnam(statement.created_at)),
            text: format!("“{}” và “{}” {word}", line(statement.one)?, line(statement.other)?),
            reason: tx.open::<ReasonCell>(statement.partition, statement.id.0, &statement.reason)?,
            note,
        });
    }
    Ok(all)
}

/// A history as it is shown.
struct Drawn<'a> {
    history: &'a History,
    is_own: bool,
    /// Of each sheet, the sections of its form.
    sections: Vec<Vec<Section<'a>>>,
}

impl<'a> Drawn<'a> {
    fn of(law: &'a LawBook, history: &'a History, is_own: bool) -> Result<Self> {
        let mut sections = Vec::with_capacity(history.sheets.len());
        for sheet in &history.sheets {
            let form = law::named(law, &sheet.rule_set)?.form_for(sheet.kind);
            let form = form.ok_or_else(|| crate::bug!("no form for {}", sheet.kind))?;
            sections.push(wizard::sections(form, sheet.kind));
        }
        Ok(Self { history, is_own, sections })
    }

    fn sheet(&self, place: Place) -> Result<&Sheet> {
        self.history.sheets.get(place.sheet).ok_or_else(|| crate::bug!("no sheet {}", place.sheet))
    }

    /// The item's heading and what the asset says of itself.
    fn text(&self, place: Place) -> Result<(String, String)> {
        let sheet = self.sheet(place)?;
        let asset = sheet.assets().get(place.asset).ok_or_else(|| crate::bug!("no asset {}", place.asset))?;
        let sections = &self.sections[place.sheet];
        let code = asset.get("code").and_then(serde_json::Value::as_str).unwrap_or_default();
        Ok(match sections.iter().find(|section| section.code == code) {
            Some(section) => (section.short_heading(), line_of_asset(section, asset)),
            None => (String::new(), code.to_owned()),
        })
    }

    /// "Kê khai hằng năm, năm 2025 (08/12/2025): Đất ở: số 12, đường Lê Lợi (100 m²)"
    fn named(&self, place: Place) -> Result<String> {
        let (heading, text) = self.text(place)?;
        Ok(format!("{}: {heading}: {text}", self.dated(self.sheet(place)?)))
    }

    fn title(&self, sheet: &Sheet) -> String {
        let title = title(sheet.kind, sheet.year);
        if sheet.number > 1 || !sheet.is_in_force { format!("{title}, bản {}", sheet.number) } else { title }
    }

    /// Two declarations of one kind and year are told apart by their day.
    fn dated(&self, sheet: &Sheet) -> String {
        format!("{} ({})", self.title(sheet), viet::date::format_short(sheet.completed_on))
    }

    fn href(&self, sheet: &Sheet) -> String {
        let base = if self.is_own { "/ke-khai/ban" } else { "/ban-ke-khai" };
        match (sheet.is_copy, sheet.is_in_force) {
            (true, _) => String::new(),
            (false, true) => format!("{base}/{}", sheet.declaration),
            (false, false) => format!("{base}/{}?ban={}", sheet.declaration, sheet.number),
        }
    }

    /// Indices of the versions in force: those the drawing has a column for.
    fn in_force(&self) -> impl Iterator<Item = (usize, &Sheet)> {
        self.history.sheets.iter().enumerate().filter(|(_, sheet)| sheet.is_in_force)
    }

    fn columns(&self) -> Vec<Column> {
        let column = |(_, sheet): (usize, &Sheet)| Column {
            title: title(sheet.kind, sheet.year),
            day: viet::date::format_short(sheet.completed_on),
            channel: Channel::label(&sheet.channel),
            href: self.href(sheet),
        };
        self.in_force().map(column).collect()
    }

    fn lines(&self) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        for (number, thread) in self.history.threads.iter().enumerate() {
            let last = last_of(thread);
            let (heading, text) = self.text(last)?;
            let cells = self.in_force().map(|(index, sheet)| self.cell(thread, index, sheet)).collect();
            lines.push(Line { anchor: format!("ts-{}", number + 1), name: format!("{heading}: {text}"), cells });
        }
        Ok(lines)
    }

    fn cell(&self, thread: &Thread, index: usize, sheet: &Sheet) -> Cell {
        let cell = |mark, said| Cell { mark, said };
        let first = thread.places.first().map_or(usize::MAX, |place| place.sheet);
        if let Some(place) = thread.places.iter().find(|place| place.sheet == index) {
            // How this declaration, in any of its versions, is joined to another.
            let is_of_it =
                |at: usize| self.history.sheets.get(at).is_some_and(|one| one.declaration == sheet.declaration);
            let mut into = thread.ties.iter().filter(|(from, later, _)| is_of_it(later.sheet) && !is_of_it(from.sheet));
            return match into.next_back().filter(|_| first < place.sheet).map(|(.., tie)| *tie) {
                Some(Tie::Alike(_)) => cell("○", "có, nối theo gợi ý"),
                Some(Tie::Stated) => cell("◆", "có, cán bộ ghi nhận"),
                _ => cell("●", "có"),
            };
        }
        let same_declaration =
            |at: usize| self.history.sheets.get(at).map(|one| one.declaration) == Some(sheet.declaration);
        match thread.gone {
            Some((gone, why)) if gone == index || same_declaration(gone) => cell("×", said_gone(why)),
            Some((gone, _)) if gone < index => cell("", "người kê khai đã ghi lý do không khai nữa"),
            _ if index < first => cell("", "chưa có"),
            _ if sheet.kind == Kind::Supplement => cell("·", "không khai lại: bản bổ sung chỉ khai phần thay đổi"),
            _ => cell("–", "không ghi"),
        }
    }

    fn assets(&self, typed: &Typed) -> Result<Vec<Asset>> {
        let mut assets = Vec::new();
        for (number, thread) in self.history.threads.iter().enumerate() {
            let (heading, name) = self.text(last_of(thread))?;
            let mut stands: Vec<Stand> = Vec::new();
            let mut said = String::new();
            for place in &thread.places {
                let sheet = self.sheet(*place)?;
                let text = self.text(*place)?.1;
                stands.push(Stand {
                    title: self.title(sheet),
                    day: viet::date::format_short(sheet.completed_on),
                    channel: Channel::label(&sheet.channel),
                    href: self.href(sheet),
                    is_replaced: !sheet.is_in_force,
                    text: if text == said { "như lần trước".to_owned() } else { text.clone() },
                });
                said = text;
            }
            let mut joints = Vec::new();
            for (from, to, tie) in &thread.ties {
                joints.extend(self.joint(*from, *to, *tie, typed)?);
            }
            let is_parting = joints.iter().any(|joint: &Joint| typed.parted.contains(&joint.pair));
            let gone = match thread.gone.and_then(|(gone, why)| Some((self.history.sheets.get(gone)?, why))) {
                Some((sheet, why)) => {
                    let who = if self.is_own { "Ông/Bà" } else { "người kê khai" };
                    format!("Tại bản {}, {who} ghi: {}.", self.dated(sheet), said_gone(why))
                }
                None => String::new(),
            };
            assets.push(Asset {
                anchor: format!("ts-{}", number + 1),
                heading,
                name,
                stands,
                joints,
                is_parting,
                gone,
            });
        }
        Ok(assets)
    }

    fn joint(&self, from: Place, to: Place, tie: Tie, typed: &Typed) -> Result<Option<Joint>> {
        let (one, other) = (self.sheet(from)?, self.sheet(to)?);
        // A declarant knows what they said, and which asset a further version is about.
        let is_of_one = one.declaration == other.declaration;
        if tie == Tie::Version || (self.is_own && (tie == Tie::Said || is_of_one)) {
            return Ok(None);
        }
        let has_number = one.assets().get(from.asset).is_some_and(is_number);
        let pair = match (self.history.name_of(from), self.history.name_of(to)) {
            (Some(one), Some(other)) => format!("{one}~{other}"),
            _ => return Ok(None),
        };
        let text = |sheet: &Sheet, place: Place| sheet.assets().get(place.asset).map(said);
        let is_word_for_word = text(one, from) == text(other, to);
        let how = match tie {
            Tie::Stated => "cán bộ đã ghi nhận là một",
            Tie::Said | Tie::Version => "người kê khai đã ghi là một",
            Tie::Alike(_) if is_word_for_word => "gợi ý: ghi giống hệt nhau",
            Tie::Alike(0) if has_number => "gợi ý: trùng số giấy chứng nhận, biển số hoặc số tài khoản",
            Tie::Alike(_) => "gợi ý: trùng một phần (tên, địa chỉ, số lượng hoặc giá trị)",
        };
        Ok(Some(Joint {
            name: format!("{JOINT}{pair}"),
            legend: format!("{} – {}", self.dated(one), self.dated(other)),
            how,
            is_suggested: matches!(tie, Tie::Alike(_)),
            is_word_for_word,
            value: typed.joints.get(&pair).cloned().unwrap_or_default(),
            pair,
        }))
    }

    /// Every asset as each version declares it.
    fn choices(&self) -> Result<Vec<Choice>> {
        let mut choices = Vec::new();
        for (sheet, declared) in self.history.sheets.iter().enumerate() {
            for asset in 0..declared.assets().len() {
                let place = Place { sheet, asset };
                let Some(name) = self.history.name_of(place) else { continue };
                choices.push(Choice { value: name.to_string(), label: self.named(place)? });
            }
        }
        Ok(choices)
    }
}

/// Why an asset is not there, in the words of a sentence about its declarant.
fn said_gone(why: Gone) -> &'static str {
    match why {
        Gone::Disposed | Gone::Untold => "không còn tài sản này",
        Gone::LeftScope => "tài sản không thuộc phạm vi phải khai nữa",
        Gone::BelowThreshold => "tài sản dưới mức giá trị phải kê khai",
    }
}

/// As it was declared last.
fn last_of(thread: &Thread) -> Place {
    thread.places.last().copied().unwrap_or(Place { sheet: usize::MAX, asset: 0 })
}
