//! What must be refused, each by its own check.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]
mod common;

use chrono::TimeDelta;
use common::{HANDED_OUT, PERSON, ask, now, person, root, trusting, wanted};
use lopdf::{Dictionary, Document, IncrementalDocument, Object, ObjectId, Stream};
use sign::increment::{Offence, compare};
use sign::pades::prepare;
use sign::practice::{COMMON_NAME, Holder, TIME_STAMPING, Wanted};
use sign::{CheckKind, Outcome, Signature, Trust, Verdict, cms, pades};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const EMAIL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const OF_ITS_OWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.9");

fn judged(signed: &[u8], trust: &Trust) -> Signature {
    pades::verify(signed, HANDED_OUT, trust, now()).single()
}

/// Refused, and by this check.
fn refused(signed: &[u8], trust: &Trust, kind: CheckKind) {
    let report = judged(signed, trust).report;
    assert_eq!(report.verdict(), Verdict::Invalid, "{report:#?}");
    assert_eq!(report.outcome(kind), Some(Outcome::Failed), "{report:#?}");
}

fn signed_by(person: &Holder) -> Vec<u8> {
    pades::sign(HANDED_OUT, &person.signer(now()), &ask()).unwrap()
}

/// An increment over a file, as somebody makes it who wants to show another text.
fn changed(file: &[u8], change: impl FnOnce(&mut IncrementalDocument)) -> Vec<u8> {
    let mut document = IncrementalDocument::create_from(file.to_vec(), Document::load_mem(file).unwrap());
    change(&mut document);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    assert!(bytes.starts_with(file));
    bytes
}

#[test]
fn what_is_whole_is_valid_once_its_issuer_says_that_nothing_was_revoked() {
    let root = root();
    let person = person(&root);
    let signed = signed_by(&person);
    let known = Trust { revocations: vec![root.revocations(&[], now()).unwrap()], ..trusting(&root) };
    let good = judged(&signed, &known);
    assert_eq!(good.report.verdict(), Verdict::Valid, "{:#?}", good.report);
    let signer = good.signer.unwrap();
    assert_eq!(signer.identity.name, "Nguyễn Văn An");
    assert_eq!(signer.identity.personal_number.as_deref(), Some("001065012345"));
    assert!((signer.signing_time.unwrap() - now()).abs() < TimeDelta::minutes(1));
    assert_eq!(judged(&signed, &trusting(&root)).report.verdict(), Verdict::NotDecided);
    let revoked = root.revocations(&[&person.certificate], now() - TimeDelta::hours(1)).unwrap();
    refused(&signed, &Trust { revocations: vec![revoked], ..trusting(&root) }, CheckKind::Revocation);
    let stale = root.revocations(&[], now() - TimeDelta::days(30)).unwrap();
    let stale = Trust { revocations: vec![stale], ..trusting(&root) };
    assert_eq!(judged(&signed, &stale).report.outcome(CheckKind::Revocation), Some(Outcome::NotDecided));
    let forged = Holder::root(&Wanted { issues: Some(1), ..wanted(&[(COMMON_NAME, "x")]) }).unwrap();
    let mut forged = forged.revocations(&[], now()).unwrap();
    forged.tbs_cert_list.issuer = root.certificate.tbs_certificate.subject.clone();
    let forged = Trust { revocations: vec![forged], ..trusting(&root) };
    assert_eq!(judged(&signed, &forged).report.outcome(CheckKind::Revocation), Some(Outcome::NotDecided));
}

#[test]
fn every_byte_of_the_file_is_covered() {
    let root = root();
    let (trust, signed) = (trusting(&root), signed_by(&person(&root)));
    let with = |at: usize| {
        let mut tampered = signed.clone();
        tampered[at] ^= 1;
        tampered
    };
    for at in (0..HANDED_OUT.len()).step_by(7919) {
        refused(&with(at), &trust, CheckKind::Original);
    }
    // Behind what was handed out the file may break instead: never anything but invalid.
    for at in (HANDED_OUT.len()..signed.len()).step_by(397) {
        let report = judged(&with(at), &trust).report;
        let hole = signed[at] == b'0' && signed[at - 1] == b'0' && signed[at + 1] == b'0';
        assert_eq!(report.verdict(), Verdict::Invalid, "byte {at} (in the hole: {hole}): {report:#?}");
    }
    let mut longer = signed.clone();
    longer.extend_from_slice(b"\n% one more line\n");
    refused(&longer, &trust, CheckKind::Coverage);
    refused(HANDED_OUT, &trust, CheckKind::Structure);
    refused(b"", &trust, CheckKind::Original);
}

#[test]
fn a_moved_byte_range_is_refused() {
    let root = root();
    let signed = signed_by(&person(&root));
    let text = String::from_utf8_lossy(&signed[HANDED_OUT.len()..]).into_owned();
    let start = text.find("/ByteRange[").unwrap() + HANDED_OUT.len() + "/ByteRange[".len();
    let end = start + signed[start..].iter().position(|byte| *byte == b']').unwrap();
    let numbers: Vec<usize> =
        String::from_utf8_lossy(&signed[start..end]).split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [zero, before, after, rest] = numbers[..] else { panic!("four numbers") };
    for moved in [
        [zero, before, after + 2, rest - 2],
        [zero, before - 8, after, rest],
        [zero, before, after, rest - 1],
        [1, before - 1, after, rest],
        [zero, HANDED_OUT.len() - 10, after, rest],
    ] {
        let mut other = signed.clone();
        let written = moved.map(|n| n.to_string()).join(" ");
        let written = format!("{written:<width$}", width = end - start);
        other.splice(start..end, written.bytes());
        let report = judged(&other, &trusting(&root)).report;
        assert_eq!(report.outcome(CheckKind::Coverage), Some(Outcome::Failed), "{moved:?}: {report:#?}");
    }
}

#[test]
fn an_increment_that_shows_something_else_is_refused_though_it_is_signed() {
    let root = root();
    let (trust, person) = (trusting(&root), person(&root));
    let sign = |file: &[u8]| pades::sign(file, &person.signer(now()), &ask()).unwrap();
    let page_of = |document: &IncrementalDocument| document.get_prev_documents().page_iter().next().unwrap();
    let other_contents = changed(HANDED_OUT, |document| {
        let page = page_of(document);
        let id = document.new_document.add_object(Stream::new(Dictionary::new(), b"BT ET".to_vec()));
        document.opt_clone_object_to_new_document(page).unwrap();
        let page = document.new_document.get_object_mut(page).unwrap().as_dict_mut().unwrap();
        page.set("Contents", Object::Reference(id));
    });
    refused(&sign(&other_contents), &trust, CheckKind::Increment);
    let same_contents = changed(HANDED_OUT, |document| {
        let page = page_of(document);
        let before = document.get_prev_documents();
        let contents = before.get_dictionary(page).unwrap().get(b"Contents").unwrap().clone();
        let id = match contents {
            Object::Reference(id) => id,
            Object::Array(list) => list[0].as_reference().unwrap(),
            _ => panic!("contents are referred to"),
        };
        document.new_document.set_object(id, Stream::new(Dictionary::new(), b"BT ET".to_vec()));
    });
    refused(&sign(&same_contents), &trust, CheckKind::Increment);
    let more_pages = changed(HANDED_OUT, |document| {
        let page = page_of(document);
        let copy = document.get_prev_documents().get_dictionary(page).unwrap().clone();
        let tree = copy.get(b"Parent").unwrap().as_reference().unwrap();
        let added = document.new_document.add_object(copy);
        document.opt_clone_object_to_new_document(tree).unwrap();
        let tree = document.new_document.get_object_mut(tree).unwrap().as_dict_mut().unwrap();
        tree.get_mut(b"Kids").unwrap().as_array_mut().unwrap().push(Object::Reference(added));
        let count = tree.get(b"Count").unwrap().as_i64().unwrap();
        tree.set("Count", count + 1);
    });
    refused(&sign(&more_pages), &trust, CheckKind::Increment);
    let a_note = changed(HANDED_OUT, |document| {
        let page = page_of(document);
        let mut note = Dictionary::new();
        note.set("Type", Object::Name(b"Annot".to_vec()));
        note.set("Subtype", Object::Name(b"FreeText".to_vec()));
        let note = document.new_document.add_object(note);
        document.opt_clone_object_to_new_document(page).unwrap();
        let page = document.new_document.get_object_mut(page).unwrap().as_dict_mut().unwrap();
        page.set("Annots", Object::Array(vec![Object::Reference(note)]));
    });
    refused(&sign(&a_note), &trust, CheckKind::Increment);
    let an_action = changed(HANDED_OUT, |document| {
        let root = document.get_prev_documents().trailer.get(b"Root").unwrap().as_reference().unwrap();
        document.opt_clone_object_to_new_document(root).unwrap();
        let root = document.new_document.get_object_mut(root).unwrap().as_dict_mut().unwrap();
        root.set("OpenAction", Object::Null);
    });
    refused(&sign(&an_action), &trust, CheckKind::Increment);
    let another_form = changed(HANDED_OUT, |document| {
        let root = document.get_prev_documents().trailer.get(b"Root").unwrap().as_reference().unwrap();
        document.opt_clone_object_to_new_document(root).unwrap();
        let root = document.new_document.get_object_mut(root).unwrap().as_dict_mut().unwrap();
        let mut form = Dictionary::new();
        form.set("Fields", Object::Array(Vec::new()));
        form.set("XFA", Object::string_literal("<xdp/>"));
        root.set("AcroForm", Object::Dictionary(form));
    });
    refused(&sign(&another_form), &trust, CheckKind::Increment);
    // The same after the signature: nothing of it is signed.
    let after = changed(&signed_by(&person), |document| {
        let page = page_of(document);
        document.opt_clone_object_to_new_document(page).unwrap();
        document.new_document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Rotate", 90);
    });
    refused(&after, &trust, CheckKind::Coverage);
}

/// The catalog in a revision under way, to be changed.
fn catalog_of(document: &mut IncrementalDocument) -> &mut Dictionary {
    let root = document.get_prev_documents().trailer.get(b"Root").unwrap().as_reference().unwrap();
    document.opt_clone_object_to_new_document(root).unwrap();
    document.new_document.get_object_mut(root).unwrap().as_dict_mut().unwrap()
}

fn stream_of(kind: &[u8], subtype: Option<&[u8]>) -> Object {
    let mut head = Dictionary::new();
    head.set("Type", Object::Name(kind.to_vec()));
    if let Some(subtype) = subtype {
        head.set("Subtype", Object::Name(subtype.to_vec()));
    }
    Object::Stream(Stream::new(head, b"BT ET".to_vec()))
}

/// In two steps: first something is called metadata that tells nothing of itself, then it becomes what a page shows.
#[test]
fn what_is_called_metadata_never_becomes_what_is_shown() {
    let compared = |before: &[u8], after: &[u8]| {
        let (before, later) = (Document::load_mem(before).unwrap(), Document::load_mem(after).unwrap());
        compare(&before, &later, after.len()).offences
    };
    let replaced_in = |file: &[u8], id: ObjectId, object: Object| {
        changed(file, |document| {
            document.new_document.set_object(id, object);
        })
    };
    let mut type_only = Dictionary::new();
    type_only.set("Type", Object::Name(b"Metadata".to_vec()));
    for (what, first) in [
        ("an empty dictionary", Object::Dictionary(Dictionary::new())),
        ("a type and nothing else", Object::Dictionary(type_only)),
        ("a stream that is no XML", stream_of(b"Metadata", None)),
        ("a picture", stream_of(b"Metadata", Some(b"Image"))),
    ] {
        let mut id = None;
        let begun = changed(HANDED_OUT, |document| {
            let added = document.new_document.add_object(first.clone());
            id = Some(added);
            catalog_of(document).set("Metadata", Object::Reference(added));
        });
        let id = id.unwrap();
        let then = replaced_in(&begun, id, stream_of(b"XObject", Some(b"Form")));
        assert_eq!(compared(&begun, &then), [Offence::Replaced(id)], "{what}");
    }
    // What truly is metadata may become other metadata, and nothing else.
    let handed_out = Document::load_mem(HANDED_OUT).unwrap();
    let id = handed_out.catalog().unwrap().get(b"Metadata").unwrap().as_reference().unwrap();
    let other = replaced_in(HANDED_OUT, id, stream_of(b"Metadata", Some(b"XML")));
    assert_eq!(compared(HANDED_OUT, &other), []);
    let shown = replaced_in(HANDED_OUT, id, stream_of(b"XObject", Some(b"Form")));
    assert_eq!(compared(HANDED_OUT, &shown), [Offence::Replaced(id)]);
    // Rights that a reader would follow are not a signature's to add.
    let root = handed_out.trailer.get(b"Root").unwrap().as_reference().unwrap();
    let rights =
        changed(HANDED_OUT, |document| catalog_of(document).set("Perms", Object::Dictionary(Dictionary::new())));
    assert_eq!(compared(HANDED_OUT, &rights), [Offence::Replaced(root)]);
}

/// A signed file in whose update these bytes were written over, as many by as many, before it was signed.
fn signed_with_other(person: &Holder, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut file = prepare(HANDED_OUT, &ask()).unwrap().embed(&[]).unwrap();
    let at = file.windows(from.len()).rposition(|window| window == from.as_bytes()).unwrap();
    file[at..at + to.len()].copy_from_slice(to.as_bytes());
    signed_in_place(person, file)
}

/// Signs a file whose place for the signature is empty.
fn signed_in_place(person: &Holder, mut file: Vec<u8>) -> Vec<u8> {
    let hole = file.windows(10).rposition(|window| window == b"/Contents<").unwrap() + 9;
    let end = hole + file[hole..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let value = cms::sign_detached(&person.signer(now()), &[&file[..hole], &file[end..]], false).unwrap();
    let digits = hex::encode(value);
    file[hole + 1..][..digits.len()].copy_from_slice(digits.as_bytes());
    file
}

#[test]
fn a_visible_mark_is_told_and_left_to_people() {
    let root = root();
    let visible = signed_with_other(&person(&root), "[0 0 0 0]", "[0 0 9 9]");
    let report = judged(&visible, &trusting(&root)).report;
    assert_eq!(report.outcome(CheckKind::Increment), Some(Outcome::NotDecided), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::NotDecided, "{report:#?}");
}

/// An update as [`prepare`] makes it, with its widget changed before it was written, and signed.
fn signed_with_widget(person: &Holder, change: impl FnOnce(&mut Dictionary)) -> Vec<u8> {
    let prepared = prepare(HANDED_OUT, &ask()).unwrap().embed(&[]).unwrap();
    let document = Document::load_mem(&prepared).unwrap();
    let before = Document::load_mem(HANDED_OUT).unwrap();
    let mut update = IncrementalDocument::create_from(HANDED_OUT.to_vec(), before.clone());
    for (id, object) in &document.objects {
        let is_container = object.as_stream().is_ok_and(|stream| stream.dict.has(b"W") || stream.dict.has(b"First"));
        if before.objects.get(id) != Some(object) && !is_container {
            update.new_document.set_object(*id, object.clone());
        }
    }
    let is_widget = |object: &Object| object.as_dict().is_ok_and(|dictionary| dictionary.has(b"Rect"));
    let widget = update.new_document.objects.values_mut().find(|object| is_widget(object)).unwrap();
    change(widget.as_dict_mut().unwrap());
    update.new_document.max_id = document.max_id;
    let mut file = Vec::new();
    update.save_to(&mut file).unwrap();
    // The range that was known before does not fit the new file: written over in as many bytes.
    let open = file.windows(11).rposition(|window| window == b"/ByteRange[").unwrap() + 11;
    let close = open + file[open..].iter().position(|byte| *byte == b']').unwrap();
    let hole = file.windows(10).rposition(|window| window == b"/Contents<").unwrap() + 9;
    let end = hole + file[hole..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let range = format!("0 {hole} {end} {}", file.len() - end);
    let missing = range.len() as i64 - (close - open) as i64;
    assert_eq!(missing, 0, "the numbers have as many digits as before");
    file[open..close].copy_from_slice(range.as_bytes());
    signed_in_place(person, file)
}

#[test]
fn a_mark_that_is_printed_and_not_shown_is_refused() {
    let root = root();
    let (trust, person) = (trusting(&root), person(&root));
    for (flags, what) in
        [("134", "hidden"), ("164", "not viewed"), ("388", "toggled"), ("133", "invisible"), ("128", "not printed")]
    {
        let file = signed_with_widget(&person, |widget| {
            widget.set("F", Object::Integer(flags.parse().unwrap()));
            widget.set("Rect", Object::Array([0, 0, 9, 9].map(Object::Integer).to_vec()));
        });
        let report = judged(&file, &trust).report;
        assert_eq!(report.outcome(CheckKind::Increment), Some(Outcome::Failed), "{what}: {report:#?}");
        assert!(report.failures().any(|check| check.said.contains("ẩn trên màn hình")), "{what}: {report:#?}");
    }
    let in_a_layer = signed_with_widget(&person, |widget| {
        widget.set("Rect", Object::Array([0, 0, 9, 9].map(Object::Integer).to_vec()));
        widget.set("OC", Object::Dictionary(Dictionary::new()));
        widget.remove(b"Type");
    });
    refused(&in_a_layer, &trust, CheckKind::Increment);
    // Without an area nothing is shown, whatever its flags say.
    let nothing = signed_with_widget(&person, |widget| widget.set("F", Object::Integer(134)));
    assert_eq!(judged(&nothing, &trust).report.outcome(CheckKind::Increment), Some(Outcome::Passed));
}

#[test]
fn a_field_on_no_page_or_over_another_part_of_the_file_is_refused() {
    let root = root();
    let (trust, person) = (trusting(&root), person(&root));
    let with_field = |on_page: bool, range: Option<[i64; 4]>| {
        changed(HANDED_OUT, |document| {
            let before = document.get_prev_documents();
            let page = before.page_iter().next().unwrap();
            let catalog = before.trailer.get(b"Root").unwrap().as_reference().unwrap();
            let mut field = Dictionary::new();
            field.set("Subtype", Object::Name(b"Widget".to_vec()));
            field.set("FT", Object::Name(b"Sig".to_vec()));
            field.set("T", Object::string_literal("first"));
            field.set("Rect", Object::Array(vec![Object::Integer(0); 4]));
            if let Some(range) = range {
                let mut value = Dictionary::new();
                value.set("ByteRange", Object::Array(range.map(Object::Integer).to_vec()));
                field.set("V", Object::Dictionary(value));
            }
            let field = Object::Reference(document.new_document.add_object(field));
            if on_page {
                document.opt_clone_object_to_new_document(page).unwrap();
                let page = document.new_document.get_object_mut(page).unwrap().as_dict_mut().unwrap();
                page.set("Annots", Object::Array(vec![field.clone()]));
            }
            document.opt_clone_object_to_new_document(catalog).unwrap();
            let catalog = document.new_document.get_object_mut(catalog).unwrap().as_dict_mut().unwrap();
            let mut form = Dictionary::new();
            form.set("Fields", Object::Array(vec![field]));
            catalog.set("AcroForm", Object::Dictionary(form));
        })
    };
    let handed_out = i64::try_from(HANDED_OUT.len()).unwrap();
    let before = Document::load_mem(HANDED_OUT).unwrap();
    for (what, on_page, range) in [
        ("ends inside what was handed out", true, Some([0, 10, 20, handed_out - 20])),
        ("ends inside, on no page", false, Some([0, 10, 20, 30])),
        ("empty", true, None),
        ("empty, on no page", false, None),
    ] {
        let file = with_field(on_page, range);
        let after = Document::load_mem(&file).unwrap();
        let change = compare(&before, &after, file.len());
        assert!(change.offences.contains(&Offence::Misplaced), "{what}: {change:?}");
        // In the one revision in which a good signature comes too.
        let twice = pades::sign(&file, &person.signer(now()), &ask()).unwrap();
        assert_eq!(judged(&twice, &trust).report.verdict(), Verdict::Invalid, "{what}");
    }
}

#[test]
fn a_foreign_document_is_refused() {
    let root = root();
    let mut document = Document::load_mem(HANDED_OUT).unwrap();
    let mut foreign = Vec::new();
    document.save_to(&mut foreign).unwrap();
    let signed = pades::sign(&foreign, &person(&root).signer(now()), &ask()).unwrap();
    refused(&signed, &trusting(&root), CheckKind::Original);
}

#[test]
fn a_certificate_that_is_not_good_for_it_is_refused() {
    let root = root();
    let trust = trusting(&root);
    let with = |change: &dyn Fn(&mut Wanted<'_>)| {
        let mut wanted = wanted(&PERSON);
        change(&mut wanted);
        signed_by(&root.issue(&wanted).unwrap())
    };
    refused(&with(&|wanted| wanted.to = now() - TimeDelta::minutes(1)), &trust, CheckKind::Validity);
    refused(&with(&|wanted| wanted.from = now() + TimeDelta::days(1)), &trust, CheckKind::Validity);
    refused(&with(&|wanted| wanted.usage = KeyUsages::KeyEncipherment.into()), &trust, CheckKind::KeyUsage);
    let usage = |oids: &'static [ObjectIdentifier]| with(&|wanted| wanted.extended = oids);
    refused(&usage(&[SERVER]), &trust, CheckKind::KeyUsage);
    refused(&usage(&[SERVER, TIME_STAMPING]), &trust, CheckKind::KeyUsage);
    for (oids, outcome) in [
        (&[EMAIL][..], Outcome::Passed),
        (&[SERVER, EMAIL], Outcome::Passed),
        (&[SERVER, OF_ITS_OWN], Outcome::NotDecided),
    ] {
        assert_eq!(judged(&usage(oids), &trust).report.outcome(CheckKind::KeyUsage), Some(outcome), "{oids:?}");
    }
    let signed = signed_by(&person(&root));
    refused(&signed, &Trust::default(), CheckKind::Chain);
    // Another root of the same name.
    refused(&signed, &trusting(&common::root()), CheckKind::Chain);
    // Somebody who was given a certificate gives one.
    let between = signed_by(&person(&person(&root)));
    refused(&between, &trust, CheckKind::Chain);
}

#[test]
fn a_path_may_be_as_long_as_its_authorities_allow() {
    let root = root();
    let authority = |below, issuer: &Holder| {
        let usage = KeyUsages::KeyCertSign.into();
        let subject = [(COMMON_NAME, if below == 0 { "CA 2" } else { "CA 1" })];
        issuer.issue(&Wanted { issues: Some(below), usage, ..wanted(&subject) }).unwrap()
    };
    let first = authority(1, &root);
    let second = authority(0, &first);
    let judged_with = |person: &Holder, between: &[&Holder]| {
        let between: Vec<_> = between.iter().map(|holder| holder.certificate.clone()).collect();
        let signer = cms::Signer { key: &person.key, certificate: &person.certificate, between: &between, at: now() };
        let signed = pades::sign(HANDED_OUT, &signer, &ask()).unwrap();
        judged(&signed, &trusting(&root)).report
    };
    let one = judged_with(&person(&first), &[&first]);
    assert_eq!(one.outcome(CheckKind::Chain), Some(Outcome::Passed), "{one:#?}");
    let missing = judged_with(&person(&first), &[]);
    assert_eq!(missing.outcome(CheckKind::Chain), Some(Outcome::Failed), "{missing:#?}");
    let two = judged_with(&person(&second), &[&first, &second]);
    assert_eq!(two.outcome(CheckKind::Chain), Some(Outcome::Failed), "{two:#?}");
}

#[test]
fn rubbish_is_told_to_be_unreadable_and_never_breaks_the_judge() {
    let root = root();
    let trust = trusting(&root);
    let with = |tail: &[u8]| [HANDED_OUT, tail].concat();
    for tail in [&b"\n%%EOF\n"[..], b"\nstartxref\n999999999\n%%EOF", b"\n1 0 obj\n<<>>\nendobj\nstartxref\n5\n%%EOF\n"]
    {
        let report = judged(&with(tail), &trust).report;
        assert_eq!(report.verdict(), Verdict::Invalid, "{report:#?}");
    }
    for der in [&b""[..], b"0", b"\x30\x80\x06\x09", &[0x30; 64]] {
        let report = cms::verify_detached(der, &[b"x"], &trust, now()).report;
        assert_eq!(report.outcome(CheckKind::Structure), Some(Outcome::Failed));
    }
}
