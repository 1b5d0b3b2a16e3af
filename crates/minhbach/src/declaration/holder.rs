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
    let name = |entry: &BTreeMap<String, String>| entry.get("full_name").map_or("", |name| name.trim()).to_owned();
    Some(typed.entries.iter().zip(marks(typed)).map(|(entry, mark)| Child { mark, name: name(entry) }).collect())
}

/// The mark of each entry. One that no page gave a mark goes by its number, and keeps that as its mark.
pub fn marks(typed: &Typed) -> Vec<String> {
    let mut marks: Vec<String> = Vec::new();
    let given = |entry: &BTreeMap<String, String>| entry.get(MARK).cloned().filter(|mark| !mark.is_empty());
    for (index, entry) in typed.entries.iter().enumerate() {
        let is_taken =
            |mark: &String| marks.contains(mark) || typed.entries.iter().filter_map(given).any(|other| other == *mark);
        let own = || (index + 1..).map(|n| n.to_string()).find(|mark| !is_taken(mark)).unwrap_or_default();
        marks.push(given(entry).filter(|mark| !marks.contains(mark)).unwrap_or_else(own));
    }
    marks
}

/// The mark of a child of a recorded declaration: the same wherever the same child is named, so that what is carried from
/// one record and from a later one means one child.
pub fn mark_of(children: &[Value], index: usize) -> Option<String> {
    let of = |child: &Value| {
        let said = |key: &str| viet::text::normalise(child.get(key).and_then(Value::as_str).unwrap_or_default());
        let digest = sha256(["full_name", "dob", "id_no"].map(said).join("\n").as_bytes());
        hex::encode(&digest[..8])
    };
    let mark = of(children.get(index)?);
    // Two of whom nothing differs are told apart by their order.
    match children.iter().take(index).filter(|other| of(other) == mark).count() {
        0 => Some(mark),
        before => Some(format!("{mark}-{}", before + 1)),
    }
}

/// What stands in CHILD(…).
fn within(text: &str) -> Option<&str> {
    text.strip_prefix("CHILD(")?.strip_suffix(')')
}

/// The holder a record states, as a draft names it.
pub fn in_draft(text: &str, content: &Value) -> String {
    let children = content.get("children").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mark = within(text).and_then(|nth| mark_of(children, nth.parse::<usize>().ok()?.checked_sub(1)?));
    mark.map_or_else(|| text.to_owned(), |mark| format!("CHILD({mark})"))
}

/// How a child is chosen.
pub fn choice(child: &Child) -> String {
    format!("CHILD({})", child.mark)
}

/// What stands as chosen where a text names a child: the choice of the one that is meant now.
pub fn chosen(text: &str, children: &[Child]) -> String {
    let child = index_of(text, children).and_then(|index| children.get(index));
    child.map_or_else(|| text.to_owned(), choice)
}

/// Where among the children the one a text names stands; none if it is not there, or the text names no child.
pub fn index_of(text: &str, children: &[Child]) -> Option<usize> {
    let name = within(text)?;
    let by_mark = children.iter().position(|child| child.mark == name);
    // A program that fills a draft counts, as the declaration does; once a child was taken away, only marks are sure.
    let is_counted = children.iter().all(|child| child.mark.parse::<usize>().is_err());
    by_mark.or_else(|| name.parse::<usize>().ok()?.checked_sub(1).filter(|index| is_counted && *index < children.len()))
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
        let child = asset.get(HOLDER).and_then(Value::as_str).and_then(within);
        child.is_some_and(|nth| nth.parse::<usize>().map_or(true, |nth| nth == 0 || nth > count))
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
        let (an, binh) = (
            json!({"full_name": "Lê Bảo An", "dob": "2010-01-02"}),
            json!({"full_name": "Lê Bảo Ân", "dob": "2010-01-02"}),
        );
        let both = json!({ "children": [an, binh] });
        let one = json!({ "children": [both["children"][1]] });
        assert_eq!(in_draft("CHILD(2)", &both), in_draft("CHILD(1)", &one));
        assert_ne!(in_draft("CHILD(1)", &both), in_draft("CHILD(2)", &both));
        for other in ["SELF", "JOINT", "CHILD(3)", "CHILD(0)"] {
            assert_eq!(in_draft(other, &both), other);
        }
    }

    /// Twins of one name told apart by their order, and nothing by chance the mark of another.
    #[test]
    fn two_of_whom_nothing_differs_are_told_apart() {
        let content = json!({ "children": [{}, {}] });
        assert_ne!(in_draft("CHILD(1)", &content), in_draft("CHILD(2)", &content));
    }

    #[test]
    fn a_declaration_counts_the_children_that_are_there() {
        let children = [child("b"), child("c")];
        assert_eq!(in_document("CHILD(b)", &children).as_deref(), Some("CHILD(1)"));
        assert_eq!(in_document("CHILD(2)", &children).as_deref(), Some("CHILD(2)"));
        assert_eq!(in_document("CHILD(a)", &children), None);
        assert_eq!(in_document("CHILD(3)", &children), None);
        assert_eq!(in_document("SPOUSE", &children).as_deref(), Some("SPOUSE"));
    }

    /// A draft of before there were marks, or a program's: the number is the mark, also when the first is taken away.
    #[test]
    fn a_number_stays_with_its_entry() {
        let entry =
            |mark: &str| BTreeMap::from([("full_name".to_owned(), "x".to_owned()), (MARK.to_owned(), mark.to_owned())]);
        let mut typed =
            Typed { have: Some(Have::Co), entries: vec![entry(""), entry(""), entry("")], ..Typed::default() };
        let children = |typed: &Typed| marks(typed).iter().map(|mark| child(mark)).collect::<Vec<_>>();
        assert_eq!(marks(&typed), ["1", "2", "3"]);
        typed.entries = vec![entry("2"), entry("3"), entry("")];
        assert_eq!(marks(&typed), ["2", "3", "4"]);
        assert_eq!(in_document("CHILD(2)", &children(&typed)).as_deref(), Some("CHILD(1)"));
        assert_eq!(in_document("CHILD(1)", &children(&typed)), None);
    }

    #[test]
    fn a_holder_that_no_child_is_has_its_place() {
        let asset = |holder: &str| json!({ "code": "MONEY", "holder": holder });
        let content = json!({ "children": [{}], "assets": [asset("CHILD(1)"), asset("SELF"), asset("CHILD(2)"), asset("CHILD(0)"), asset("CHILD(x)")] });
        let law = form::LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        assert_eq!(unnamed(form, &content), ["assets[2].holder", "assets[3].holder", "assets[4].holder"]);
    }
}
