//! Declarations on record as the intake officer sees them: a list, and one of them read-only.
use askama::Template;
use axum::extract::State as Part;
use form::{Form, leaves};
use serde::Deserialize;
use serde_json::Value;

use super::super::accept::findings;
use crate::account::Signed;
use crate::declaration::model::{Act, Channel, Shortcoming, Version};
use crate::declaration::open::{self, Opened};
use crate::declaration::pages::correction::{Told, told_of, waiting_sentence};
use crate::declaration::pages::deciding::AGENCY;
use crate::declaration::pages::sent::{VersionRow, differences_of, version_rows};
use crate::declaration::signals::{self, Pointed};
use crate::declaration::{self, Declaration, findings as recorded, store};
use crate::handover::pages::agencies;
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{DeclarationId, FileId, IntakeId, PersonId};
use crate::kernel::web::{Html, Page, Path, Query, html};
use crate::kernel::{App, Error, Event, Result, Role, Tx};
use crate::person::model::kind_label;
use crate::{organisation, person};

const NEWEST: i64 = 200;

struct Line {
    id: DeclarationId,
    name: String,
    unit: String,
    kind: &'static str,
    completed_on: String,
    channel: &'static str,
    received: String,
}

/// A correction that waits for the agency.
struct ToDecide {
    href: String,
    name: String,
    said: String,
}

#[derive(Template)]
#[template(path = "intake/pages/records.html")]
struct RecordsPage {
    page: Page,
    lines: Vec<Line>,
    /// Corrections the agency is to decide.
    to_decide: Vec<ToDecide>,
}

/// The newest declarations of the agency. Names are under seal, so the list is one recorded access.
pub(super) async fn list(Part(app): Part<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let (lines, to_decide) = app
        .db
        .read(&signed.actor, "declaration.list", async |tx| {
            let declarations = store::list(tx, NEWEST).await?;
            let people: Vec<_> = declarations.iter().map(|declaration| declaration.person).collect();
            let people = person::store::find_all(tx, &people).await?;
            let units: Vec<_> = declarations.iter().map(|declaration| declaration.unit).collect();
            let units = organisation::store::names(tx, &units).await?;
            let mut lines = Vec::new();
            for declaration in &declarations {
                let person = people.get(&declaration.person).ok_or(Error::NotFound)?;
                let name = tx.open(person.partition, person.id.0, &person.name)?;
                let unit = units.get(&declaration.unit).cloned().unwrap_or_default();
                lines.push(line(declaration, name, unit));
            }
            if !lines.is_empty() {
                let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
                tx.record(Event::new("declaration.list_opened", signed.actor.home).count("declarations", count))?;
            }
            Ok((lines, to_decide(tx).await?))
        })
        .await?;
    html(&RecordsPage { page: signed.page("Bản kê khai"), lines, to_decide })
}

/// Corrections of what was handed over, that with the nearest last day first; opening the names is part of the same access.
async fn to_decide(tx: &mut Tx) -> Result<Vec<ToDecide>> {
    let today = tx.today();
    let mut waiting = declaration::correction::store::waiting(tx).await?;
    waiting.retain(|one| one.waits(today));
    waiting.sort_by_key(|one| (one.due_on, one.created_at));
    let mut list = Vec::new();
    for one in &waiting {
        let declaration = store::find(tx, one.declaration).await?;
        if declaration.handed_over_on.is_none() {
            continue;
        }
        let person = person::store::find(tx, one.partition, one.person).await?;
        list.push(ToDecide {
            href: format!("{AGENCY}/{}", one.id),
            name: tx.open(person.partition, person.id.0, &person.name)?,
            said: waiting_sentence(one, today),
        });
    }
    if !list.is_empty() {
        let count = i64::try_from(list.len()).unwrap_or(i64::MAX);
        tx.record(Event::new("correction.list_opened", tx.actor().home).count("corrections", count))?;
    }
    Ok(list)
}

fn line(declaration: &Declaration, name: String, unit: String) -> Line {
    Line {
        id: declaration.id,
        name,
        unit,
        kind: kind_label(declaration.kind),
        completed_on: viet::date::format_short(declaration.completed_on),
        channel: Channel::label(&declaration.channel),
        received: declaration.received_on.map_or_else(|| "Chưa tiếp nhận".to_owned(), viet::date::format_short),
    }
}

/// A shortcoming, or what was asked about, with what the declarant said to it.
struct Shortfall {
    sentence: String,
    reason: String,
}

/// Values under one heading.
struct Block {
    heading: String,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    value: String,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "intake/pages/record.html")]
struct RecordPage {
    page: Page,
    line: Line,
    blocks: Vec<Block>,
    shortcomings: Vec<Shortfall>,
    pointed: Vec<Pointed>,
    versions: Vec<VersionRow>,
    differences: Vec<String>,
    corrections: Vec<Told>,
    sha256: String,
    form: String,
    intake: Option<IntakeId>,
    person: PersonId,
    /// Where the person's file went or came from.
    passed: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Which version; the one in force without.
    ban: Option<i32>,
    moi: Option<String>,
    /// Filed beside the declaration that had fulfilled the obligation.
    #[serde(rename = "cung-ky")]
    beside: Option<String>,
    /// Filed as what a unit had demanded.
    #[serde(rename = "theo-yeu-cau")]
    answers: Option<String>,
}

/// One declaration, read-only; opening it is a recorded access.
pub(super) async fn show(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let page = signed.page("Bản kê khai");
    let page = match asked.moi {
        Some(_) if asked.beside.is_some() => page.flash(
            "info",
            "Đã ghi nhận thêm bản kê khai này. Nghĩa vụ của kỳ kê khai đã có một bản được ghi nhận trước; bản đó và trạng thái nghĩa vụ giữ nguyên.",
        ),
        Some(_) if asked.answers.is_some() => page.flash(
            "success",
            "Đã ghi nhận là bản hoàn thiện theo yêu cầu của đơn vị: bản mới của cùng bản kê khai; bản trước vẫn được lưu.",
        ),
        Some(_) => {
            page.flash("success", "Đã ghi nhận bản kê khai. Văn bản, mã băm và sự kiện đã vào nhật ký của phân vùng.")
        }
        None => page,
    };
    let shown = app
        .db
        .read(&signed.actor, "declaration.open", async |tx| {
            let declaration = store::find(tx, id).await?;
            let versions = store::versions(tx, &declaration).await?;
            let corrections = declaration::correction::store::of_declaration(tx, id).await?;
            let corrections = told_of(tx, corrections, AGENCY).await?;
            let opened = open::open_version(tx, declaration, asked.ban).await?;
            let differences = differences_of(&app, tx, &opened).await?;
            let pointed = signals::pointed(&app, tx, &opened).await?;
            let Opened { declaration, version, content, .. } = opened;
            let person = person::store::find(tx, declaration.partition, declaration.person).await?;
            let name = tx.open(person.partition, person.id.0, &person.name)?;
            let unit = organisation::store::organisation(tx, declaration.unit).await?.name;
            let passed = passed(tx, declaration.person).await?;
            let mut stored = Vec::new();
            for found in store::shortcomings(tx, declaration.partition, version.id).await? {
                let reason = match &found.reason {
                    Some(reason) => tx.open(declaration.partition, found.id, reason)?,
                    None => String::new(),
                };
                stored.push((found, reason));
            }
            let intake = match scan_of(tx, &declaration, &version).await? {
                Some(file) => super::super::store::of_file(tx, declaration.partition, file, id).await?,
                None => None,
            };
            let told = (versions, differences, corrections, passed, pointed);
            Ok((declaration, version, content, name, unit, (stored, intake), told))
        })
        .await?;
    let (declaration, version, content, name, unit, (stored, intake), told) = shown;
    let (versions, differences, corrections, passed, pointed) = told;
    let rules =
        app.law.get(&version.rule_set).ok_or_else(|| crate::bug!("rule set {} is not loaded", version.rule_set))?;
    let form = rules.form_for(declaration.kind).ok_or_else(|| crate::bug!("no form for {}", declaration.kind))?;
    let said = findings(rules, declaration.kind, &content, date_in_vietnam(version.created_at))?;
    // What came of comparing with something else than the declaration itself is told by its rule.
    let told = |(found, reason): (Shortcoming, String)| {
        let again = said.iter().find(|other| other.rule == found.rule && other.path == found.path);
        let rule = || format!("{}.", recorded::told(rules, declaration.kind, &content, &found));
        Shortfall { sentence: again.map_or_else(rule, form::Finding::sentence), reason }
    };
    let shortcomings = stored.into_iter().map(told).collect();
    html(&RecordPage {
        page,
        line: line(&declaration, name, unit),
        blocks: blocks(form, &content),
        shortcomings,
        pointed,
        versions: version_rows(&versions, version.version, &format!("/ban-ke-khai/{id}")),
        differences,
        corrections,
        sha256: hex::encode(&version.document_hash),
        form: form.basis.clone(),
        intake,
        person: declaration.person,
        passed,
    })
}

/// The scan a version was read from, or one before it: a correction has none of its own.
async fn scan_of(tx: &mut Tx, declaration: &Declaration, version: &Version) -> Result<Option<FileId>> {
    let mut version = version.clone();
    while version.source_file.is_none() && version.act == Act::Correction {
        match store::version_before(tx, declaration, version.version).await? {
            Some(before) => version = before,
            None => break,
        }
    }
    Ok(version.source_file)
}

/// Where a person's file went or came from.
async fn passed(tx: &mut Tx, person: PersonId) -> Result<Vec<String>> {
    let passages = person::custody::passages(tx, Some(person)).await?;
    let agencies = agencies(tx).await?;
    Ok(passages.iter().filter_map(|passage| passage.told(person, &agencies)).collect())
}

/// The declaration's values as people read them, under the form's headings.
fn blocks(form: &Form, content: &Value) -> Vec<Block> {
    let mut blocks: Vec<(String, Block)> = Vec::new();
    for leaf in leaves::leaves(form, content) {
        let (heading, key, value) = match form.field(content, &leaf.path) {
            Some(found) => {
                let heading = match (found.item, found.row) {
                    (Some(item), _) => format!("{} ({})", item.heading, form.place_of(item)),
                    (None, Some(row)) => format!("Biến động: {}", row.label),
                    (None, None) => "Thông tin của bản kê khai".to_owned(),
                };
                let key = match found.whole {
                    Some(whole) => format!("{}: {}", whole.label, found.field.label),
                    None => found.field.label.clone(),
                };
                let value = match (found.field.field_type, leaf.value.as_str().and_then(form::Kind::from_code)) {
                    (form::FieldType::Kind, Some(kind)) => kind_label(kind).to_owned(),
                    (form::FieldType::ItemCodes, _) => items_of(form, leaf.value),
                    _ => form::display(found.field, leaf.value),
                };
                (heading, key, value)
            }
            None if leaf.path == "no_change" && leaf.value.is_boolean() => {
                let stated =
                    if leaf.value == &Value::Bool(true) { "Không có biến động" } else { "Có biến động" };
                ("Biến động tài sản, thu nhập".to_owned(), "Bản kê khai ghi".to_owned(), stated.to_owned())
            }
            None => continue,
        };
        let root = leaf.path.split_once('.').map_or("", |(root, _)| root).to_owned();
        let row = Row { key, value, href: "" };
        match blocks.last_mut() {
            Some((before, block)) if *before == root && block.heading == heading => block.rows.push(row),
            _ => blocks.push((root, Block { heading, rows: vec![row] })),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

/// Items by their place and name on the form, as it prints them.
fn items_of(form: &Form, codes: &Value) -> String {
    let codes = codes.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
    let named = |code: &str| match form.item(code) {
        Some(item) => format!("{} {}", item.number, item.heading),
        None => code.to_owned(),
    };
    codes.map(named).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_declaration_is_shown_under_its_heading() {
        let law = form::LawBook::embedded().unwrap();
        let form = law.rule_sets[0].form("PL1").unwrap();
        let content = serde_json::json!({
            "form": "PL1", "kind": "ANNUAL", "completed_on": "2025-12-01",
            "declarant": {"full_name": "Nguyễn Văn An"},
            "assets": [
                {"code": "MONEY", "name": "Tiền mặt", "value": {"kind": "STATED", "amount": 60_000_000}},
                {"code": "MONEY", "name": "Tiền gửi", "value": {"kind": "STATED", "amount": 90_000_000}},
            ],
            "no_change": true, "changes": [], "none": ["HOUSE", "BOND"],
        });
        let blocks = blocks(form, &content);
        assert_eq!(blocks[0].rows[0].value, "Kê khai hằng năm", "not the code of the kind");
        let text: Vec<String> = blocks
            .iter()
            .flat_map(|b| b.rows.iter().map(|r| format!("{} / {} / {}", b.heading, r.key, r.value)))
            .collect();
        assert!(text.iter().any(|line| line.ends_with("Số tiền / 90.000.000 đồng")), "{text:#?}");
        assert!(text.iter().any(|line| line.ends_with("Không có biến động")), "{text:#?}");
        assert!(text.iter().any(|line| line.contains("2.1 Nhà ở") && !line.contains("BOND")), "{text:#?}");
        assert_eq!(blocks.iter().filter(|b| b.heading.starts_with("Tiền")).count(), 2, "{text:#?}");
    }
}
