//! Whose an asset is, where it is a child's. A declaration counts its children: CHILD(2) is the second it names. While it is
//! written children come and go (one is born, one comes of age), so a draft names a child by the mark of its entry and the
//! number is given when the declaration is put together: an asset never passes to another child unsaid.
use std::collections::BTreeMap;

use super::typed::{Have, MARK, Typed};
use super::wizard;
use crate::kernel::files::sha256;
use form::{Form, Kind};
use serde_json::Value;

/// The field of an asset that names who of the family holds it.
pub const HOLDER: &str = "holder";

/// A child as a draft names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Empty for an entry that no page has shown yet: it goes by its number only.
    pub mark: String,
    pub name: String,
}

/// The children a draft names, in their order; none where the form does not ask for them.
pub fn children_of(form: &Form, kind: Kind, draft: &BTreeMap<String, Typed>) -> Option<Vec<Child>> {
    let sections = wizard::sections(form, kind);
    let section = sections.iter().find(|section| section.path == "children[]")?;
    let Some(typed) = draft.get(section.code).filter(|typed| typed.have == Some(Have::Co)) else {
        return Some(Vec::new());
    };
    let text = |entry: &BTreeMap<String, String>, key: &str| entry.get(key).cloned().unwrap_or_default();
    let child = |entry| Child { mark: text(entry, MARK), name: text(entry, "full_name").trim().to_owned() };
    Some(typed.entries.iter().map(child).collect())
}

/// The mark of a child of a recorded declaration: the same wherever the same child is named, so that what is carried from
/// one record and from a later one means one child.
pub fn mark_of(child: &Value) -> String {
    let said = |key: &str| viet::text::fold(child.get(key).and_then(Value::as_str).unwrap_or_default());
    let digest = sha256(format!("{}\n{}", said("full_name"), said("dob")).as_bytes());
    hex::encode(&digest[..8])
}

/// What stands in CHILD(…).
fn within(text: &str) -> Option<&str> {
    text.strip_prefix("CHILD(")?.strip_suffix(')')
}

/// The holder a record states, as a draft names it.
pub fn in_draft(text: &str, content: &Value) -> String {
    let child = within(text).and_then(|nth| content.get("children")?.get(nth.parse::<usize>().ok()?.checked_sub(1)?));
    child.map_or_else(|| text.to_owned(), |child| format!("CHILD({})", mark_of(child)))
}

/// How a child that stands at an index is chosen.
pub fn choice(index: usize, child: &Child) -> String {
    if child.mark.is_empty() { format!("CHILD({})", index + 1) } else { format!("CHILD({})", child.mark) }
}

/// What stands as chosen where a text names a child: the choice of the one that is meant now.
pub fn chosen(text: &str, children: &[Child]) -> String {
    let child = index_of(text, children).and_then(|index| Some((index, children.get(index)?)));
    child.map_or_else(|| text.to_owned(), |(index, child)| choice(index, child))
}

/// Where among the children the one a text names stands; none if it is not there, or the text names no child.
pub fn index_of(text: &str, children: &[Child]) -> Option<usize> {
    let name = within(text)?;
    let by_mark = children.iter().position(|child| !child.mark.is_empty() && child.mark == name);
    // A program that fills a draft counts, as the declaration does.
    by_mark.or_else(|| name.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < children.len()))
}

/// A holder as the declaration states it. `None`: a child that the draft does not name any more.
pub fn in_document(text: &str, children: &[Child]) -> Option<String> {
    if within(text).is_none() {
        return Some(text.to_owned());
    }
    index_of(text, children).map(|index| format!("CHILD({})", index + 1))
}

/// The paths of assets whose holder is a child the declaration does not name; none where the form does not ask for children.
pub fn unnamed(form: &Form, content: &Value) -> Vec<String> {
    if form.items().all(|item| item.path != "children[]") {
        return Vec::new();
    }
    let count = content.get("children").and_then(Value::as_array).map_or(0, Vec::len);
    let assets = content.get("assets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_unnamed = |asset: &Value| {
        let nth = asset.get(HOLDER).and_then(Value::as_str).and_then(within).and_then(|nth| nth.parse::<usize>().ok());
        nth.is_some_and(|nth| nth > count)
    };
    let unnamed = assets.iter().enumerate().filter(|(_, asset)| is_unnamed(asset));
    unnamed.map(|(index, _)| format!("assets[{index}].{HOLDER}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn child(mark: &str) -> Child {
        Child { mark: mark.to_owned(), name: String::new() }
    }

    #[test]
    fn a_child_keeps_its_mark_whatever_its_place() {
        let (an, binh) = (json!({"full_name": "Lê An", "dob": "2010-01-02"}), json!({"full_name": "Lê  BÌNH"}));
        let both = json!({ "children": [an, binh] });
        let one = json!({ "children": [both["children"][1]] });
        assert_eq!(in_draft("CHILD(2)", &both), in_draft("CHILD(1)", &one));
        assert_ne!(in_draft("CHILD(1)", &both), in_draft("CHILD(2)", &both));
        for other in ["SELF", "JOINT", "CHILD(3)", "CHILD(0)"] {
            assert_eq!(in_draft(other, &both), other);
        }
    }

    #[test]
    fn a_declaration_counts_the_children_that_are_there() {
        let children = [child("b"), child("")];
        assert_eq!(in_document("CHILD(b)", &children).as_deref(), Some("CHILD(1)"));
        assert_eq!(in_document("CHILD(2)", &children).as_deref(), Some("CHILD(2)"));
        assert_eq!(in_document("CHILD(a)", &children), None);
        assert_eq!(in_document("CHILD(3)", &children), None);
        assert_eq!(in_document("SPOUSE", &children).as_deref(), Some("SPOUSE"));
    }

    #[test]
    fn a_holder_that_no_child_is_has_its_place() {
        let asset = |holder: &str| json!({ "code": "MONEY", "holder": holder });
        let content = json!({ "children": [{}], "assets": [asset("CHILD(1)"), asset("SELF"), asset("CHILD(2)")] });
        let law = form::LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        assert_eq!(unnamed(form, &content), ["assets[2].holder"]);
    }
}
