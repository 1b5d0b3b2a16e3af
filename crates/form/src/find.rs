//! Finding one's way in a form: items, fields, printed lines.
use serde_json::Value;

use crate::doc::{self, Segment};
use crate::hash;
use crate::{
    ChangeRow, ChangeTable, Channel, EnumOption, Field, FieldRef, FieldType, Form, FormKind, Item, Kind, Section,
};

impl Form {
    /// SHA-256 (hex) of the completed form; stands in every document made on it.
    pub fn hash(&self) -> String {
        hash::of(self)
    }

    pub fn section(&self, code: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.code == code)
    }

    /// All items that have fields, in printed order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items).filter(|item| item.code.is_some())
    }

    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items().find(|item| item.code.as_deref() == Some(code))
    }

    /// The items whose values stand in `assets`.
    pub fn asset_items(&self) -> impl Iterator<Item = &Item> {
        self.items().filter(|item| item.path == "assets[]")
    }

    /// The bare heading above an item: "1. Quyền sử dụng…" for 1.1.
    pub fn parent(&self, item: &Item) -> Option<&Item> {
        let (number, _) = item.number.split_once('.')?;
        let section = self.sections.iter().find(|section| section.items.iter().any(|other| other.code == item.code))?;
        section.items.iter().find(|other| other.number == number)
    }

    /// Where the item's kind and number stand in a sentence: "mục 1.1, Phần II".
    pub fn place_of(&self, item: &Item) -> String {
        let section = self.sections.iter().find(|section| section.items.iter().any(|other| other.code == item.code));
        match section {
            Some(section) => format!("mục {} Phần {}", item.number, section.number),
            None => format!("mục {}", item.number),
        }
    }

    pub fn kind(&self, kind: Kind) -> Option<&FormKind> {
        self.kinds.iter().find(|entry| entry.code == kind)
    }

    /// Whether a declaration of this kind has the section or item.
    pub fn has(&self, kind: Kind, code: &str) -> bool {
        let exists = self.section(code).is_some() || self.item(code).is_some();
        exists && self.kind(kind).is_some_and(|entry| !entry.omits.iter().any(|omitted| omitted == code))
    }

    /// The table of changes.
    pub fn table(&self) -> Option<&ChangeTable> {
        self.sections.iter().find_map(|section| section.table.as_ref())
    }

    pub fn change_row(&self, code: &str) -> Option<&ChangeRow> {
        self.table()?.rows.iter().find(|row| row.code.as_deref() == Some(code))
    }

    /// The row of the table in which changes of an item stand (TREE → TREE_OR_FOREST).
    pub fn change_row_for(&self, item: &str) -> Option<&ChangeRow> {
        let rows = &self.table()?.rows;
        rows.iter()
            .find(|row| row.items.iter().any(|code| code == item))
            .or_else(|| rows.iter().find(|row| row.code.as_deref() == Some(item)))
    }

    /// The field at a path of a document. The document is needed because what `assets[3].name` means depends on the
    /// code standing in `assets[3].code`.
    pub fn field<'a>(&'a self, document: &Value, path: &str) -> Option<FieldRef<'a>> {
        let segments = doc::parse_path(path).ok()?;
        let (first, rest) = segments.split_first()?;
        let Segment::Key(root) = first else { return None };
        match rest {
            [] => self.top_level(root).map(|field| FieldRef { field, whole: None, item: None, row: None }),
            [Segment::Index(index), keys @ ..] => self.in_list(document, root, *index, keys),
            keys => self.in_object(root, keys),
        }
    }

    fn top_level(&self, key: &str) -> Option<&Field> {
        let extras = self.extras.iter().map(|extra| &extra.field);
        self.header.fields.iter().chain(extras).find(|field| field.key == key)
    }

    fn in_list<'a>(&'a self, document: &Value, root: &str, index: usize, keys: &[Segment]) -> Option<FieldRef<'a>> {
        let element = document.get(root).and_then(|list| list.get(index));
        let code = element.and_then(|element| element.get("code")).and_then(Value::as_str);
        match root {
            "changes" => {
                let row = code.and_then(|code| self.change_row(code));
                let (field, whole) = descend(&self.table()?.columns, keys)?;
                Some(FieldRef { field, whole, item: None, row })
            }
            "assets" => in_item(self.item(code?)?, keys),
            _ => in_item(self.items().find(|item| item.path == format!("{root}[]"))?, keys),
        }
    }

    fn in_object<'a>(&'a self, root: &str, keys: &[Segment]) -> Option<FieldRef<'a>> {
        if let Some(item) = self.items().find(|item| item.path == root) {
            return in_item(item, keys);
        }
        let signature = self.signatures.iter().find(|signature| signature.path.as_deref() == Some(root))?;
        let (field, whole) = descend(&signature.fields, keys)?;
        Some(FieldRef { field, whole, item: None, row: None })
    }
}

fn in_item<'a>(item: &'a Item, keys: &[Segment]) -> Option<FieldRef<'a>> {
    let (field, whole) = descend(&item.fields, keys)?;
    Some(FieldRef { field, whole, item: Some(item), row: None })
}

fn descend<'a>(fields: &'a [Field], keys: &[Segment]) -> Option<(&'a Field, Option<&'a Field>)> {
    match keys {
        [Segment::Key(key)] => Some((fields.iter().find(|field| field.key == *key)?, None)),
        [Segment::Key(key), Segment::Key(part)] => {
            let whole = fields.iter().find(|field| field.key == *key)?;
            Some((whole.parts.iter().find(|field| field.key == *part)?, Some(whole)))
        }
        _ => None,
    }
}

impl Item {
    /// The item's code; empty for a bare heading.
    pub fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    /// The fields the paper prints, line by line.
    pub fn lines(&self) -> Vec<Vec<&Field>> {
        let mut lines: Vec<Vec<&Field>> = Vec::new();
        for field in self.fields.iter().filter(|field| field.on_paper) {
            match lines.last_mut() {
                Some(line) if field.same_line => line.push(field),
                _ => lines.push(vec![field]),
            }
        }
        lines
    }

    /// "1.1.2. Thửa thứ hai:" for the second plot; none where the form numbers nothing. `nth` counts from 1.
    pub fn repeat_label(&self, nth: usize) -> Option<String> {
        let word = self.repeat.as_ref()?;
        Some(format!("{}.{nth}. {word} thứ {}:", self.number, ordinal(nth)))
    }

    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

/// The Vietnamese ordinal word; digits beyond "mười".
pub fn ordinal(nth: usize) -> String {
    const WORDS: [&str; 10] = ["nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười"];
    nth.checked_sub(1).and_then(|index| WORDS.get(index)).map_or_else(|| nth.to_string(), |word| (*word).to_owned())
}

impl Field {
    /// The label as printed on paper.
    pub fn printed_label(&self) -> &str {
        self.printed.as_deref().unwrap_or(&self.label)
    }

    pub fn option(&self, code: &str) -> Option<&EnumOption> {
        self.options.iter().find(|option| option.code == code)
    }

    /// The options a channel offers: a price paid is chosen online, an amount merely stated is read from paper.
    pub fn options_for(&self, channel: Channel) -> impl Iterator<Item = &EnumOption> {
        self.options.iter().filter(move |option| option.channel.is_none_or(|only| only == channel))
    }

    pub fn part(&self, key: &str) -> Option<&Field> {
        self.parts.iter().find(|part| part.key == key)
    }

    pub fn is_compound(&self) -> bool {
        matches!(self.field_type, FieldType::Value | FieldType::Certificate)
    }
}
