//! What a printed form looks like to the reader: its labels in order, taken from the form's definition.

use form::{Field, Form, Item, Occurs};

use super::stream::key_of;

/// One label that may be found on paper.
#[derive(Debug, Clone)]
pub struct Slot<'f> {
    pub role: Role<'f>,
    /// Position of the item in the template; labels of one item share it.
    pub group: usize,
    /// Accepted wordings, letters and digits only.
    pub keys: Vec<String>,
    /// Printed number ("1.1"), for headings.
    pub number: Option<&'f str>,
    /// May start anywhere in a line, without a colon ("ngày cấp").
    pub inline: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Role<'f> {
    Section(&'f form::Section),
    Heading(&'f Item),
    /// "Thửa thứ …".
    Repeat(&'f Item),
    Field(&'f Item, &'f Field),
}

impl<'f> Role<'f> {
    pub fn item(&self) -> Option<&'f Item> {
        match *self {
            Self::Section(_) => None,
            Self::Heading(item) | Self::Repeat(item) | Self::Field(item, _) => Some(item),
        }
    }
}

impl Slot<'_> {
    pub fn repeats(&self) -> bool {
        self.role.item().is_some_and(|item| item.occurs == Occurs::Many)
    }
}

/// The labels of a form in printed order.
pub fn slots(form: &Form) -> Vec<Slot<'_>> {
    let mut out = Vec::new();
    let mut group = 0;
    for section in &form.sections {
        out.push(Slot {
            role: Role::Section(section),
            group,
            keys: vec![key_of(&section.heading)],
            number: Some(&section.number),
            inline: false,
        });
        group += 1;
        for item in &section.items {
            item_slots(item, group, &mut out);
            group += 1;
        }
    }
    out
}

fn item_slots<'f>(item: &'f Item, group: usize, out: &mut Vec<Slot<'f>>) {
    out.push(Slot {
        role: Role::Heading(item),
        group,
        keys: vec![key_of(&item.heading)],
        number: Some(&item.number),
        inline: false,
    });
    if let Some(word) = &item.repeat {
        let keys = vec![key_of(&format!("{word} thứ"))];
        out.push(Slot { role: Role::Repeat(item), group, keys, number: None, inline: false });
    }
    for field in item.fields.iter().filter(|field| field.on_paper) {
        let printed = field.printed.as_deref().unwrap_or(&field.label);
        let keys: Vec<String> = std::iter::once(printed)
            .chain(field.also.iter().map(String::as_str))
            .map(key_of)
            .filter(|key| !key.is_empty())
            .collect();
        if keys.is_empty() {
            continue;
        }
        // A label printed in lower case stands inside a sentence.
        let inline = printed.starts_with(char::is_lowercase);
        out.push(Slot { role: Role::Field(item, field), group, keys, number: None, inline });
    }
}
