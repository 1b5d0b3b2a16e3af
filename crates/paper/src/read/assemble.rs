//! From words to a declaration: labels found in order, values between them, table, header and signatures.

use form::{ChangeTable, Field, Form, Item, Occurs, Required};
use indexmap::IndexMap;
use serde_json::json;

use super::align::{Found, align};
use super::changes;
use super::draft::{Draft, Drafts, Nature, Span};
use super::header;
use super::page::ReadPage;
use super::signature::{self, Signatures};
use super::stream::{Token, key_of, tokens};
use super::template::{Role, Slot, slots};
use super::values;

/// A declaration as read, before cross-checks.
pub struct Declared {
    /// Leaves by path.
    pub drafts: Drafts,
    /// Paths of containers that are empty or absent on paper, with what stands for them (null or []).
    pub empty: IndexMap<String, serde_json::Value>,
    /// Further readings of values that stand elsewhere too.
    pub signatures: Signatures,
    /// Rows of the table of changes were not found: entries may be missing or stand under the wrong row.
    pub rows_missing: bool,
}

/// Reads the declaration on these pages (index in the file, page).
pub fn assemble(pages: &[(usize, &ReadPage)], forms: &[&Form]) -> Option<Declared> {
    let all = tokens(pages.iter().copied());
    let title = header::title(&all, forms)?;
    let form = title.form;
    let mut drafts = Drafts::new();
    drafts.extend(header::form_and_kind(&title, &all));
    drafts.insert("agency_name".into(), header::agency(&all[..title.start], form));
    drafts.insert("completed_on".into(), header::completed_on(&all[title.end..]));

    let rest = &all[title.end..];
    let body_end = signature::start(rest, form).unwrap_or(rest.len());
    let (body, foot) = rest.split_at(body_end);
    let slots = slots(form);
    let found = align(body, &slots);

    let omitted = &title.kind.omits;
    let mut builder = Builder { body, slots: &slots, found: &found, drafts, empty: IndexMap::new(), omitted };
    builder.items();
    let Builder { mut drafts, mut empty, .. } = builder;
    let mut rows_missing = false;
    if let Some(table) = form.sections.iter().find_map(|section| section.table.as_ref()) {
        rows_missing = !change_table(pages, table, body, &slots, &found, omitted, &mut drafts, &mut empty);
    }
    let mut signatures = signature::read(foot, form);
    match signatures.receipt.take() {
        Some(leaves) => drafts.extend(leaves.into_iter().map(|(key, draft)| (format!("receipt.{key}"), draft))),
        None => {
            empty.insert("receipt".into(), json!(null));
        }
    }
    Some(Declared { drafts, empty, signatures, rows_missing })
}

struct Builder<'a, 'f> {
    body: &'a [Token],
    slots: &'a [Slot<'f>],
    found: &'a [Found],
    drafts: Drafts,
    empty: IndexMap<String, serde_json::Value>,
    omitted: &'a [String],
}

/// The labels found for one item: its heading, and the fields of each time it stands there.
#[derive(Default)]
struct Standing<'a> {
    heading: Option<usize>,
    instances: Vec<Vec<&'a Found>>,
}

impl<'a> Builder<'a, '_> {
    fn items(&mut self) {
        let mut order: Vec<&Item> = Vec::new();
        for slot in self.slots {
            if let Role::Heading(item) = slot.role {
                order.push(item);
            }
        }
        let mut counts: IndexMap<String, usize> = IndexMap::new();
        for item in order {
            if item.fields.is_empty() {
                continue;
            }
            let standing = self.standing(item);
            self.item(item, &standing, &mut counts);
        }
        self.note_empty(&counts);
    }

    fn standing(&self, item: &Item) -> Standing<'a> {
        let mut out = Standing::default();
        let all: &'a [Found] = self.found;
        let mut last_slot = usize::MAX;
        for (index, found) in all.iter().enumerate() {
            match self.slots[found.slot].role {
                Role::Heading(other) if std::ptr::eq(other, item) => out.heading = Some(index),
                Role::Repeat(other) if std::ptr::eq(other, item) => {
                    out.instances.push(Vec::new());
                    last_slot = found.slot;
                }
                Role::Field(other, _) if std::ptr::eq(other, item) => {
                    if out.instances.is_empty() || (found.slot <= last_slot && last_slot != usize::MAX) {
                        out.instances.push(Vec::new());
                    }
                    if let Some(instance) = out.instances.last_mut() {
                        instance.push(found);
                    }
                    last_slot = found.slot;
                }
                _ => {}
            }
        }
        out.instances.retain(|instance| !instance.is_empty());
        out
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>, counts: &mut IndexMap<String, usize>) {
        let code = item.code.as_deref().unwrap_or_default();
        let mut leaves = Vec::new();
        for instance in &standing.instances {
            let prefix = match item.path.strip_suffix("[]") {
                Some(list) => {
                    let count = counts.entry(list.to_owned()).or_default();
                    *count += 1;
                    format!("{list}[{}]", *count - 1)
                }
                None => item.path.clone(),
            };
            if item.path == "assets[]" {
                let span = standing.heading.map_or_else(Span::default, |index| self.label_span(index));
                leaves.push((format!("{prefix}.code"), Draft::phrase(json!(code), span, 0.97)));
            }
            self.instance(item, instance, &prefix, &mut leaves);
        }
        if standing.instances.is_empty() && item.occurs != Occurs::Many && !item.path.is_empty() {
            self.empty.insert(item.path.clone(), json!(null));
        }
        self.drafts.extend(leaves);
    }

    fn instance(&self, item: &Item, instance: &[&Found], prefix: &str, leaves: &mut Vec<(String, Draft)>) {
        let fields: Vec<&Field> = item.fields.iter().filter(|field| field.on_paper).collect();
        for field in &fields {
            let found = instance.iter().find(|found| self.is_field(found, field));
            let Some(found) = found else {
                self.missing(field, prefix, leaves);
                continue;
            };
            let span = self.value_span(found);
            for (part, draft) in values::read(field, &span) {
                match part.strip_prefix('~') {
                    Some(sibling) => leaves.push((format!("{prefix}.{sibling}"), draft)),
                    None => leaves.push((format!("{prefix}.{}{part}", field.key), draft)),
                }
            }
        }
        // "chưa được cấp" says that date and place of issue do not exist either.
        let number = leaves.iter().rposition(|(path, _)| path == &format!("{prefix}.id_no"));
        if let Some(at) = number
            && leaves[at].1.value.is_null()
            && leaves[at].1.confidence > 0.9
        {
            for (path, draft) in leaves.iter_mut() {
                if (path == &format!("{prefix}.id_date") || path == &format!("{prefix}.id_place"))
                    && draft.value.is_null()
                {
                    draft.at_least(0.95);
                }
            }
        }
    }

    fn is_field(&self, found: &Found, field: &Field) -> bool {
        matches!(self.slots[found.slot].role, Role::Field(_, other) if std::ptr::eq(other, field))
    }

    /// A field without its label: null and doubtful where the form demands it, left out where it does not.
    fn missing(&self, field: &Field, prefix: &str, leaves: &mut Vec<(String, Draft)>) {
        let unlabelled = field.printed.as_deref() == Some("");
        let optional = matches!(field.required, Required::No | Required::IfForeignCurrency) || unlabelled;
        if !optional {
            leaves.push((format!("{prefix}.{}", field.key), Draft::unread(Span::default(), Nature::Text)));
        }
    }

    fn label_span(&self, index: usize) -> Span {
        let found = &self.found[index];
        Span::of_tokens(&self.body[found.start..found.value.max(found.start + 1).min(self.body.len())], 0)
    }

    /// The words between a label and the next.
    fn value_span(&self, found: &Found) -> Span {
        let next =
            self.found.iter().find(|other| other.start > found.start).map_or(self.body.len(), |other| other.start);
        let words = &self.body[found.value.min(next)..next];
        Span::of_tokens(&without_noise(words), found.value_offset)
    }

    /// Lists without entries and sections this kind does not have.
    fn note_empty(&mut self, counts: &IndexMap<String, usize>) {
        for list in ["children", "assets"] {
            if !counts.contains_key(list) {
                self.empty.insert(list.into(), json!([]));
            }
        }
        if self.omitted.iter().any(|code| code == "INCOME") {
            self.drafts.retain(|path, _| !path.starts_with("income"));
        }
        if !self.drafts.keys().any(|path| path.starts_with("income")) {
            self.empty.insert("income".into(), json!(null));
        }
    }
}

/// Leaves out what is not writing of the declarant: initials at the page foot, page numbers, strokes read as letters.
fn without_noise(words: &[Token]) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(words.len());
    for (index, token) in words.iter().enumerate() {
        let lonely = token.starts_line() && words.get(index + 1).is_none_or(Token::starts_line);
        let at_page_end = words.get(index + 1).is_none_or(|next| next.page != token.page);
        let page_number = lonely
            && at_page_end
            && index > 0
            && token.key.len() <= 2
            && token.text.chars().all(|c| c.is_ascii_digit() || c == '-');
        let no_letters = token.key.is_empty() && token.text.chars().count() <= 3 && token.word.confidence < 0.6;
        let stroke = token.gap > 2.5 && token.word.confidence < 0.45 && at_page_end;
        if !(page_number || stroke || (no_letters && (lonely || at_page_end))) {
            kept.push(token.clone());
        }
    }
    kept
}

/// Reads the table of changes; says whether every row of the form was found.
#[expect(clippy::too_many_arguments, reason = "the parts of one assembly, split only for length")]
fn change_table(
    pages: &[(usize, &ReadPage)],
    table: &ChangeTable,
    body: &[Token],
    slots: &[Slot<'_>],
    found: &[Found],
    omitted: &[String],
    drafts: &mut Drafts,
    empty: &mut IndexMap<String, serde_json::Value>,
) -> bool {
    if omitted.iter().any(|code| code == "CHANGES") {
        empty.insert("no_change".into(), json!(null));
        empty.insert("changes".into(), json!([]));
        return true;
    }
    let heading =
        found.iter().position(|f| matches!(slots[f.slot].role, Role::Section(section) if section.table.is_some()));
    let (said, span) = match heading {
        Some(at) => {
            let next = found.get(at + 1).map_or(body.len(), |next| next.start);
            let words = &body[found[at].start..next];
            let key = key_of(&header::joined(words));
            (values::contains_near(&key, &key_of(&table.no_change_label)), Span::of_tokens(words, 0))
        }
        None => (false, Span::default()),
    };
    let trust = if heading.is_some() { 0.97 } else { 0.4 };
    drafts.insert(table.no_change_path.clone(), Draft::phrase(json!(said), span, trust));
    let changes::Changes { entries, complete } = changes::read(pages.iter().copied(), table);
    let list = table.path.trim_end_matches("[]");
    if entries.is_empty() {
        empty.insert(list.into(), json!([]));
    }
    for (index, leaves) in entries.into_iter().enumerate() {
        for (key, draft) in leaves {
            drafts.insert(format!("{list}[{index}].{key}"), draft);
        }
    }
    complete
}
