//! What a revision of a PDF changed of the one before it. A signature may add its field, its mark on a page, what is needed
//! to check it later (DSS) and metadata; anything else that a later revision puts in the place of an earlier object would
//! let people see another text than the one signed, and is refused.
use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// Depth of fields below fields.
const DEEPEST: usize = 8;

/// What may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offence {
    /// An object of the earlier revision is another one now.
    Replaced(ObjectId),
    Removed(ObjectId),
    /// The file begins at another catalog.
    OtherRoot,
    /// An annotation or field that is no signature, or does more than sign.
    NoSignature,
    /// A mark with an area that is printed or shown at one time and not at another.
    HiddenMark,
    /// A new signature that stands on no page, or signs another part of the file than its own revision.
    Misplaced,
}

impl Offence {
    pub fn sentence(&self) -> String {
        match self {
            Offence::Replaced((number, _)) => format!(
                "Phần thêm vào thay đổi nội dung của tệp đã tải về (đối tượng số {number}), không chỉ thêm chữ ký."
            ),
            Offence::Removed((number, _)) => {
                format!("Phần thêm vào xóa một phần của tệp đã tải về (đối tượng số {number}).")
            }
            Offence::OtherRoot => "Phần thêm vào thay toàn bộ tài liệu bằng tài liệu khác.".into(),
            Offence::HiddenMark => {
                "Hình của chữ ký được đặt ẩn trên màn hình hoặc chỉ hiện khi in, nên người xem không thấy đủ nội dung."
                    .into()
            }
            Offence::Misplaced => {
                "Phần thêm vào có ô chữ ký trống, nằm ngoài trang, hoặc ghi vùng được ký không phải của lần ký này."
                    .into()
            }
            Offence::NoSignature => "Phần thêm vào có ghi chú, ô nhập hoặc hành động không phải là chữ ký.".into(),
        }
    }
}

/// What a revision did.
#[derive(Debug, Default)]
pub struct Change {
    pub offences: Vec<Offence>,
    /// Pages, from 1, on which a signature shows a mark.
    pub visible_on: Vec<usize>,
}

/// The fields of a document's form that have a value or a type of their own, below fields too.
pub fn fields(document: &Document) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let form =
        document.catalog().and_then(|catalog| catalog.get_deref(b"AcroForm", document)).and_then(Object::as_dict);
    if let Ok(form) = form {
        collect(document, form, b"Fields", DEEPEST, &mut found);
    }
    found
}

fn collect(document: &Document, owner: &Dictionary, key: &[u8], deepest: usize, found: &mut Vec<ObjectId>) {
    let Ok(array) = owner.get_deref(key, document).and_then(Object::as_array) else { return };
    for id in array.iter().filter_map(|one| one.as_reference().ok()) {
        let Ok(field) = document.get_dictionary(id) else { continue };
        if found.contains(&id) {
            continue;
        }
        found.push(id);
        if deepest > 0 {
            collect(document, field, b"Kids", deepest - 1, found);
        }
    }
}

/// Compares two revisions of one file; `end`: where the later one ends.
pub fn compare(before: &Document, after: &Document, end: usize) -> Change {
    let mut change = Change::default();
    let root = |document: &Document| document.trailer.get(b"Root").and_then(Object::as_reference).ok();
    if root(before).is_none() || root(before) != root(after) {
        change.offences.push(Offence::OtherRoot);
        return change;
    }
    let places = Places::of(before);
    for (id, old) in &before.objects {
        match after.objects.get(id) {
            _ if is_container(old) => {}
            None => change.offences.push(Offence::Removed(*id)),
            Some(new) if same(old, new) => {}
            Some(new) if places.allows(*id, old, new, before, after) => {}
            Some(_) => change.offences.push(Offence::Replaced(*id)),
        }
    }
    judge_added(before, after, end, &mut change);
    change
}

/// Cross-reference and object streams hold the file together; what is in them is compared by itself.
pub fn is_container(object: &Object) -> bool {
    object
        .as_stream()
        .is_ok_and(|stream| is_named(&stream.dict, b"Type", b"XRef") || is_named(&stream.dict, b"Type", b"ObjStm"))
}

/// Equal in what they say; where a stream lies in the file is not part of it.
fn same(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::Stream(one), Object::Stream(other)) => one.dict == other.dict && one.content == other.content,
        _ => one == other,
    }
}

/// The objects of a revision that a signature may touch, and how.
struct Places {
    root: Option<ObjectId>,
    form: Option<ObjectId>,
    pages: HashSet<ObjectId>,
    /// Arrays of annotations and fields that stand by themselves.
    lists: HashSet<ObjectId>,
    /// Metadata and what later checks need: nothing of it is shown.
    unseen: HashSet<ObjectId>,
}

impl Places {
    fn of(document: &Document) -> Self {
        let catalog = document.catalog().ok();
        let reference = |owner: Option<&Dictionary>, key: &[u8]| owner?.get(key).and_then(Object::as_reference).ok();
        let form = catalog.and_then(|catalog| catalog.get_deref(b"AcroForm", document).and_then(Object::as_dict).ok());
        let pages: HashSet<ObjectId> = document.page_iter().collect();
        let annotations = pages.iter().filter_map(|page| reference(document.get_dictionary(*page).ok(), b"Annots"));
        let mut unseen: HashSet<ObjectId> =
            [b"Metadata".as_slice(), b"DSS"].into_iter().filter_map(|key| reference(catalog, key)).collect();
        unseen.extend(reference(Some(&document.trailer), b"Info"));
        unseen.retain(|id| is_unseen_kind(document, *id));
        Self {
            root: document.trailer.get(b"Root").and_then(Object::as_reference).ok(),
            form: reference(catalog, b"AcroForm"),
            lists: annotations.chain(reference(form, b"Fields")).collect(),
            pages,
            unseen,
        }
    }

    fn allows(&self, id: ObjectId, old: &Object, new: &Object, before: &Document, after: &Document) -> bool {
        if self.unseen.contains(&id) {
            return is_unseen_kind(after, id);
        }
        if self.lists.contains(&id) {
            return only_longer(Some(old), Some(new));
        }
        let (Ok(old), Ok(new)) = (old.as_dict(), new.as_dict()) else { return false };
        if Some(id) == self.root {
            let form = |dictionary: &Dictionary| dictionary.get(b"AcroForm").ok().cloned();
            return only_differs_in(old, new, &[b"AcroForm", b"DSS", b"Extensions", b"Metadata", b"Version"])
                && forms_agree(form(old).as_ref(), form(new).as_ref(), before, after);
        }
        if Some(id) == self.form {
            return form_grew(old, new, before, after);
        }
        self.pages.contains(&id)
            && only_differs_in(old, new, &[b"Annots"])
            && list_grew(old.get(b"Annots").ok(), new.get(b"Annots").ok(), before, after)
    }
}

/// By its own shape: a revision may call anything its metadata, also what a page shows.
fn is_unseen_kind(document: &Document, id: ObjectId) -> bool {
    match document.get_object(id) {
        Ok(Object::Stream(stream)) => {
            is_named(&stream.dict, b"Type", b"Metadata") && is_named(&stream.dict, b"Subtype", b"XML")
        }
        // An empty one, or one with a type only, could become anything.
        Ok(Object::Dictionary(dictionary)) => {
            let tells = dictionary.iter().any(|(name, _)| name != b"Type");
            tells && (has_only(dictionary, INFORMATION) || has_only(dictionary, LATER_CHECKS))
        }
        _ => false,
    }
}

/// The keys of the information dictionary, and of what later checks need (DSS).
const INFORMATION: &[&[u8]] =
    &[b"Title", b"Author", b"Subject", b"Keywords", b"Creator", b"Producer", b"CreationDate", b"ModDate", b"Trapped"];
const LATER_CHECKS: &[&[u8]] = &[b"Type", b"VRI", b"Certs", b"CRLs", b"OCSPs"];
/// The keys a form of signatures needs; others (XFA) would show something.
const FORM: &[&[u8]] = &[b"Fields", b"SigFlags", b"DR", b"DA"];

fn has_only(dictionary: &Dictionary, keys: &[&[u8]]) -> bool {
    dictionary.iter().all(|(name, _)| keys.contains(&name.as_slice()))
}

fn is_named(dictionary: &Dictionary, key: &[u8], name: &[u8]) -> bool {
    dictionary.get(key).and_then(Object::as_name).is_ok_and(|found| found == name)
}

fn only_differs_in(old: &Dictionary, new: &Dictionary, keys: &[&[u8]]) -> bool {
    let names = old.iter().chain(new.iter()).map(|(name, _)| name.as_slice());
    names.into_iter().filter(|name| !keys.contains(name)).all(|name| old.get(name).ok() == new.get(name).ok())
}

/// The form of the catalog: added, the same reference, or one that stands in the catalog itself and grew.
fn forms_agree(old: Option<&Object>, new: Option<&Object>, before: &Document, after: &Document) -> bool {
    match (old, new) {
        (None, _) => true,
        (Some(Object::Reference(old)), Some(Object::Reference(new))) => old == new,
        (Some(Object::Dictionary(old)), Some(new)) => {
            let new = after.dereference(new).ok().and_then(|(_, new)| new.as_dict().ok());
            new.is_some_and(|new| form_grew(old, new, before, after))
        }
        _ => false,
    }
}

fn form_grew(old: &Dictionary, new: &Dictionary, before: &Document, after: &Document) -> bool {
    only_differs_in(old, new, FORM) && list_grew(old.get(b"Fields").ok(), new.get(b"Fields").ok(), before, after)
}

/// An array that stands in its owner or by itself, before and after.
fn list_grew(old: Option<&Object>, new: Option<&Object>, before: &Document, after: &Document) -> bool {
    let resolve = |document: &Document, object: Option<&Object>| {
        object.and_then(|object| document.dereference(object).ok().map(|(_, object)| object.clone()))
    };
    only_longer(resolve(before, old).as_ref(), resolve(after, new).as_ref())
}

/// All that was there stands first, as it was.
fn only_longer(old: Option<&Object>, new: Option<&Object>) -> bool {
    let Some(old) = old else { return true };
    match (old.as_array(), new.map(Object::as_array)) {
        (Ok(old), Some(Ok(new))) => new.starts_with(old),
        _ => false,
    }
}

/// New fields are signatures, new annotations are their marks, and neither acts.
fn judge_added(before: &Document, after: &Document, end: usize, change: &mut Change) {
    let known: HashSet<ObjectId> = fields(before).into_iter().collect();
    let added: HashSet<ObjectId> = fields(after).into_iter().filter(|id| !known.contains(id)).collect();
    let is_new = |id: &ObjectId| !before.objects.contains_key(id);
    let form = after.catalog().and_then(|catalog| catalog.get_deref(b"AcroForm", after)).and_then(Object::as_dict);
    let shows_more =
        form.is_ok_and(|form| !has_only(form, FORM)) && before.catalog().is_ok_and(|c| !c.has(b"AcroForm"));
    if shows_more || !added.iter().all(|id| is_new(id) && is_signature(after, *id, DEEPEST)) {
        change.offences.push(Offence::NoSignature);
    }
    let mut on_pages = HashSet::new();
    for (number, page) in after.page_iter().enumerate() {
        let old = annotations(before, page);
        for annotation in annotations(after, page).into_iter().filter(|one| !old.contains(one)) {
            let id = annotation.as_reference().ok().filter(|id| added.contains(id));
            on_pages.extend(id);
            let mark = id.and_then(|id| after.get_dictionary(id).ok()).filter(|mark| is_mark(mark));
            match mark {
                None => change.offences.push(Offence::NoSignature),
                Some(mark) if !has_area(after, mark) => {}
                Some(mark) if is_always_seen(mark) => change.visible_on.push(number + 1),
                Some(_) => change.offences.push(Offence::HiddenMark),
            }
        }
    }
    let is_placed = |id: &ObjectId| match after.get_dictionary(*id) {
        Ok(field) if field.has(b"Kids") => range_end(after, *id, 0).is_none_or(|found| found == end),
        Ok(_) => on_pages.contains(id) && range_end(after, *id, DEEPEST) == Some(end),
        Err(_) => false,
    };
    if !added.iter().all(is_placed) {
        change.offences.push(Offence::Misplaced);
    }
}

/// Where the signature of a field ends, or that of the fields above it.
fn range_end(document: &Document, field: ObjectId, above: usize) -> Option<usize> {
    let field = document.get_dictionary(field).ok()?;
    if let Ok(value) = field.get_deref(b"V", document) {
        let range = value.as_dict().ok()?.get(b"ByteRange").and_then(Object::as_array).ok()?;
        let number = |at: usize| usize::try_from(range.get(at)?.as_i64().ok()?).ok();
        return number(2)?.checked_add(number(3)?);
    }
    let parent = field.get(b"Parent").and_then(Object::as_reference).ok()?;
    if above == 0 { None } else { range_end(document, parent, above - 1) }
}

fn annotations(document: &Document, page: ObjectId) -> Vec<Object> {
    let page = document.get_dictionary(page);
    let list = page.and_then(|page| page.get_deref(b"Annots", document)).and_then(Object::as_array);
    list.cloned().unwrap_or_default()
}

fn is_signature(document: &Document, id: ObjectId, deepest: usize) -> bool {
    let Ok(field) = document.get_dictionary(id) else { return false };
    let acts = field.has(b"A") || field.has(b"AA");
    let parent = || field.get(b"Parent").and_then(Object::as_reference).ok();
    let kind = field.get(b"FT").and_then(Object::as_name);
    !acts
        && match kind {
            Ok(kind) => kind == b"Sig",
            Err(_) => deepest > 0 && parent().is_some_and(|parent| is_signature(document, parent, deepest - 1)),
        }
}

fn is_mark(annotation: &Dictionary) -> bool {
    is_named(annotation, b"Subtype", b"Widget")
}

/// Flags under which a mark is seen at one time and not at another: invisible (1), hidden (2), not viewed (32), toggled (256).
const SOMETIMES: i64 = 1 | 2 | 32 | 256;
/// The flag without which a mark is not printed.
const PRINTED: i64 = 4;

/// Seen on the screen as it is on paper: no such flag, no layer that can be turned off.
fn is_always_seen(annotation: &Dictionary) -> bool {
    let flags = annotation.get(b"F").map(Object::as_i64);
    let flags = flags.map_or(Some(0), std::result::Result::ok);
    let is_plain = flags.is_some_and(|flags| flags & SOMETIMES == 0 && flags & PRINTED != 0);
    is_plain && !annotation.has(b"OC")
}

/// What cannot be read counts as an area.
fn has_area(document: &Document, annotation: &Dictionary) -> bool {
    let corner = |object: &Object| document.dereference(object).ok().and_then(|(_, number)| number.as_float().ok());
    let corners = annotation
        .get_deref(b"Rect", document)
        .and_then(Object::as_array)
        .map(|corners| corners.iter().map(corner).collect::<Option<Vec<f32>>>());
    match corners {
        Ok(Some(corners)) if corners.len() == 4 => corners[0] != corners[2] && corners[1] != corners[3],
        _ => true,
    }
}
