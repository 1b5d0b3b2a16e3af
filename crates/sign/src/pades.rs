//! PAdES (ETSI EN 319 142): a signature inside a PDF, appended as an incremental update; and its judgement against the
//! bytes that were handed out to be signed.
use chrono::{DateTime, NaiveDateTime, Utc};
use lopdf::{Dictionary, Document, IncrementalDocument, LoadOptions, Object, ObjectId, StringFormat};

use crate::certificate::Trust;
use crate::cms::{self, Signature, Signer};
use crate::report::{CheckKind, Report};
use crate::{Error, Result, increment, revision};

/// Bytes left for the CMS: a chain of three RSA-4096 certificates and a time stamp fit.
const ROOM: usize = 16 * 1024;
/// What a stream of a signed file may unpack to.
const MOST_UNPACKED: usize = 64 << 20;
/// A chain with its lists of revocations and a time stamp fits; what is in it is sorted before it is judged.
const MOST_CMS: usize = 128 << 10;
/// Signatures one file may bring.
const MOST_SIGNATURES: usize = 8;
/// Marks the numbers of the byte range until they are known; ten digits hold any file.
const UNKNOWN: i64 = 9_999_999_999;

/// What stands beside a signature in the file.
pub struct Ask<'a> {
    pub signer_name: &'a str,
    /// Why it is signed ("Người kê khai ký bản kê khai").
    pub reason: &'a str,
    pub at: DateTime<Utc>,
}

/// A PDF with an empty signature appended.
pub struct Prepared {
    bytes: Vec<u8>,
    /// From `<` to behind `>`.
    hole: std::ops::Range<usize>,
}

/// Reads a file strictly: one whose cross-reference table had to be repaired would be shown differently elsewhere.
pub(crate) fn load(bytes: &[u8]) -> Result<Document> {
    let options = LoadOptions { max_decompressed_size: Some(MOST_UNPACKED), strict: true, ..Default::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| Error::Pdf(error.to_string()))?;
    if document.xref_recovery.is_some() {
        return Err(Error::Pdf("the cross-reference table is damaged".into()));
    }
    if document.trailer.has(b"Encrypt") {
        return Err(Error::Pdf("the file is encrypted".into()));
    }
    Ok(document)
}

/// Appends an empty, invisible signature to a PDF. Every byte of the PDF stays.
///
/// # Errors
/// A PDF that cannot be read, or without a page.
pub fn prepare(pdf: &[u8], ask: &Ask<'_>) -> Result<Prepared> {
    let before = load(pdf)?;
    let page = before.page_iter().next().ok_or_else(|| Error::Pdf("no page".into()))?;
    let root = before.trailer.get(b"Root").and_then(Object::as_reference).map_err(pdf_error)?;
    let name = format!("ChuKySo{}", increment::fields(&before).len() + 1);
    let mut document = IncrementalDocument::create_from(pdf.to_vec(), before);
    let signature = document.new_document.add_object(signature_dictionary(ask));
    let widget = document.new_document.add_object(widget_dictionary(&name, signature, page));
    append_to(&mut document, page, b"Annots", widget)?;
    add_field(&mut document, root, widget)?;
    let mut bytes = Vec::with_capacity(pdf.len() + 3 * ROOM);
    document.save_to(&mut bytes).map_err(|error| Error::Pdf(error.to_string()))?;
    if !bytes.starts_with(pdf) {
        return Err(Error::Unsupported("the update changed what was before it"));
    }
    fill_byte_range(bytes, pdf.len())
}

fn pdf_error(error: lopdf::Error) -> Error {
    Error::Pdf(error.to_string())
}

fn signature_dictionary(ask: &Ask<'_>) -> Dictionary {
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", Object::Name(b"Sig".to_vec()));
    dictionary.set("Filter", Object::Name(b"Adobe.PPKLite".to_vec()));
    dictionary.set("SubFilter", Object::Name(b"ETSI.CAdES.detached".to_vec()));
    let range = [0, UNKNOWN, UNKNOWN, UNKNOWN].map(Object::Integer);
    dictionary.set("ByteRange", Object::Array(range.to_vec()));
    dictionary.set("Contents", Object::String(vec![0; ROOM], StringFormat::Hexadecimal));
    dictionary.set("M", Object::String(pdf_time(ask.at).into_bytes(), StringFormat::Literal));
    dictionary.set("Name", text_string(ask.signer_name));
    dictionary.set("Reason", text_string(ask.reason));
    dictionary
}

/// Text as a PDF has it: UTF-16 with its mark where it is more than ASCII.
fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().to_vec(), StringFormat::Literal);
    }
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}

fn pdf_time(at: DateTime<Utc>) -> String {
    at.format("D:%Y%m%d%H%M%S+00'00'").to_string()
}

/// Print (4) and locked (128), with no area: nothing to see, and nothing to move.
fn widget_dictionary(name: &str, signature: ObjectId, page: ObjectId) -> Dictionary {
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", Object::Name(b"Annot".to_vec()));
    dictionary.set("Subtype", Object::Name(b"Widget".to_vec()));
    dictionary.set("FT", Object::Name(b"Sig".to_vec()));
    dictionary.set("T", Object::String(name.as_bytes().to_vec(), StringFormat::Literal));
    dictionary.set("V", Object::Reference(signature));
    dictionary.set("F", Object::Integer(132));
    dictionary.set("Rect", Object::Array(vec![Object::Integer(0); 4]));
    dictionary.set("P", Object::Reference(page));
    dictionary
}

/// Adds a reference to an array that a dictionary has or refers to.
fn append_to(document: &mut IncrementalDocument, owner: ObjectId, key: &[u8], added: ObjectId) -> Result<()> {
    document.opt_clone_object_to_new_document(owner).map_err(pdf_error)?;
    let dictionary = document.new_document.get_dictionary(owner).map_err(pdf_error)?;
    if let Ok(Object::Reference(array)) = dictionary.get(key) {
        let array = *array;
        document.opt_clone_object_to_new_document(array).map_err(pdf_error)?;
        let array = document.new_document.get_object_mut(array).and_then(Object::as_array_mut).map_err(pdf_error)?;
        array.push(Object::Reference(added));
        return Ok(());
    }
    let mut array = dictionary.get(key).and_then(Object::as_array).cloned().unwrap_or_default();
    array.push(Object::Reference(added));
    let dictionary = document.new_document.get_object_mut(owner).and_then(Object::as_dict_mut).map_err(pdf_error)?;
    dictionary.set(key, Object::Array(array));
    Ok(())
}

fn add_field(document: &mut IncrementalDocument, root: ObjectId, field: ObjectId) -> Result<()> {
    document.opt_clone_object_to_new_document(root).map_err(pdf_error)?;
    let catalog = document.new_document.get_dictionary(root).map_err(pdf_error)?;
    let form = match catalog.get(b"AcroForm") {
        Ok(Object::Reference(form)) => *form,
        other => {
            let form = other.and_then(Object::as_dict).cloned().unwrap_or_default();
            let form = document.new_document.add_object(form);
            let catalog = document.new_document.get_object_mut(root).and_then(Object::as_dict_mut);
            catalog.map_err(pdf_error)?.set("AcroForm", Object::Reference(form));
            form
        }
    };
    append_to(document, form, b"Fields", field)?;
    let form = document.new_document.get_object_mut(form).and_then(Object::as_dict_mut).map_err(pdf_error)?;
    form.set("SigFlags", Object::Integer(3));
    Ok(())
}

fn position(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    revision::position(bytes.get(from..)?, wanted).map(|at| from + at)
}

/// Writes the byte range over its placeholder, in as many bytes.
fn fill_byte_range(mut bytes: Vec<u8>, from: usize) -> Result<Prepared> {
    const MISSING: Error = Error::Unsupported("the empty signature was not found again");
    let range = position(&bytes, from, b"/ByteRange").ok_or(MISSING)?;
    let open = position(&bytes, range, b"[").ok_or(MISSING)?;
    let close = position(&bytes, open, b"]").ok_or(MISSING)?;
    let contents = position(&bytes, close, b"/Contents").ok_or(MISSING)?;
    let start = position(&bytes, contents, b"<").ok_or(MISSING)?;
    let end = start + 2 * ROOM + 2;
    if bytes.get(end - 1) != Some(&b'>') {
        return Err(MISSING);
    }
    let numbers = format!("0 {start} {end} {}", bytes.len() - end);
    let width = close - open - 1;
    if numbers.len() > width {
        return Err(MISSING);
    }
    bytes[open + 1..close].copy_from_slice(format!("{numbers:<width$}").as_bytes());
    Ok(Prepared { bytes, hole: start..end })
}

impl Prepared {
    /// What is to be signed: every byte but the signature's own place.
    pub fn pieces(&self) -> [&[u8]; 2] {
        [&self.bytes[..self.hole.start], &self.bytes[self.hole.end..]]
    }

    /// The signed file.
    ///
    /// # Errors
    /// A signature larger than the space left for it.
    pub fn embed(mut self, cms: &[u8]) -> Result<Vec<u8>> {
        if cms.len() > ROOM {
            return Err(Error::NoRoom(cms.len()));
        }
        let digits = hex::encode(cms);
        self.bytes[self.hole.start + 1..][..digits.len()].copy_from_slice(digits.as_bytes());
        Ok(self.bytes)
    }
}

/// Signs a PDF, as a client on the signer's own machine does.
///
/// # Errors
/// A PDF that cannot be read, a key that does not sign.
pub fn sign(pdf: &[u8], signer: &Signer<'_>, ask: &Ask<'_>) -> Result<Vec<u8>> {
    let prepared = prepare(pdf, ask)?;
    let cms = cms::sign_detached(signer, &prepared.pieces(), false)?;
    prepared.embed(&cms)
}

/// What a signed file came to.
#[derive(Debug, Clone)]
pub struct Judged {
    /// About the file as a whole.
    pub file: Report,
    /// Signatures added since the bytes were handed out, in the order in which they were made.
    pub signatures: Vec<Signature>,
}

impl Judged {
    /// All checks of a file that was to be signed by one person.
    pub fn single(self) -> Signature {
        let Self { file: mut report, signatures } = self;
        let mut signatures = signatures.into_iter();
        match (signatures.next(), signatures.next()) {
            (Some(signature), None) => {
                report.checks.extend(signature.report.checks);
                Signature { report, signer: signature.signer }
            }
            (Some(_), Some(_)) => {
                report.failed(CheckKind::Structure, "Tệp có nhiều chữ ký mới; mỗi lần nộp chỉ nhận một chữ ký.");
                Signature { report, signer: None }
            }
            (None, _) => Signature { report, signer: None },
        }
    }
}

/// A signature as it lies in the file.
struct Found {
    range: [usize; 4],
    dictionary: Dictionary,
}

/// Judges a file that came back signed against the bytes handed out.
pub fn verify(signed: &[u8], original: &[u8], trust: &Trust, at: DateTime<Utc>) -> Judged {
    let mut file = Report::default();
    if !signed.starts_with(original) {
        file.failed(
            CheckKind::Original,
            "Tệp nộp lên không bắt đầu bằng đúng tệp đã tải về: là tệp khác, hoặc phần mềm ký đã ghi lại tệp.",
        );
        return Judged { file, signatures: Vec::new() };
    }
    file.passed(CheckKind::Original, "Tệp nộp lên giữ nguyên từng byte của tệp đã tải về.");
    if signed.len() - original.len() > revision::MOST_APPENDED {
        file.failed(CheckKind::Structure, "Phần thêm vào tệp quá lớn so với một chữ ký số.");
        return Judged { file, signatures: Vec::new() };
    }
    let found = match load(signed) {
        Ok(document) => found_in(&document, original.len()),
        Err(_) => {
            file.failed(CheckKind::Structure, "Không đọc được tệp PDF, hoặc tệp bị hỏng, hoặc được đặt mật khẩu.");
            return Judged { file, signatures: Vec::new() };
        }
    };
    let Some(found) = found.filter(|found| !found.is_empty()) else {
        let said = if signed.len() == original.len() {
            "Tệp chưa được ký: đây đúng là tệp đã tải về."
        } else {
            "Không có chữ ký số nào đọc được trong phần thêm vào tệp."
        };
        file.failed(CheckKind::Structure, said);
        return Judged { file, signatures: Vec::new() };
    };
    judge_coverage(&mut file, signed, &found);
    judge_increments(&mut file, signed, original.len(), &found);
    // A file that says two things is not looked at further: its signatures may be made to take long.
    if file.verdict() == crate::Verdict::Invalid {
        return Judged { file, signatures: Vec::new() };
    }
    let signatures = found.iter().map(|one| judge_one(signed, one, trust, at)).collect();
    Judged { file, signatures }
}

/// The values of a file's signatures, read and not judged: what time stamps are over.
pub fn values(signed: &[u8]) -> Vec<Vec<u8>> {
    let found = load(signed).ok().and_then(|document| all_in(&document, 0)).unwrap_or_default();
    found.iter().filter_map(|one| cms::value(&one.cms(signed)?)).collect()
}

/// The signatures that end behind what was handed out, by where they end. Nothing when one of them cannot be placed.
fn found_in(document: &Document, handed_out: usize) -> Option<Vec<Found>> {
    all_in(document, handed_out).filter(|found| found.len() <= MOST_SIGNATURES)
}

/// The same, however many there are.
fn all_in(document: &Document, handed_out: usize) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for field in increment::fields(document) {
        let Ok(value) = document.get_dictionary(field).and_then(|field| field.get_deref(b"V", document)) else {
            continue;
        };
        let dictionary = value.as_dict().ok()?.clone();
        let numbers = dictionary.get(b"ByteRange").and_then(Object::as_array).ok()?;
        let numbers: Vec<usize> =
            numbers.iter().map(|n| n.as_i64().ok().and_then(|n| usize::try_from(n).ok())).collect::<Option<_>>()?;
        let range: [usize; 4] = numbers.try_into().ok()?;
        if range[2].checked_add(range[3])? > handed_out {
            found.push(Found { range, dictionary });
        }
    }
    found.sort_by_key(Found::end);
    Some(found)
}

impl Found {
    fn end(&self) -> usize {
        self.range[2].saturating_add(self.range[3])
    }

    /// The two signed pieces and the hexadecimal string between them, when the range is one the file has.
    fn parts<'a>(&self, file: &'a [u8]) -> Option<([&'a [u8]; 2], &'a [u8])> {
        let [zero, before, after, _] = self.range;
        if zero != 0 || before >= after {
            return None;
        }
        let pieces = [file.get(..before)?, file.get(after..self.end())?];
        let digits = file.get(before..after)?.strip_prefix(b"<")?.strip_suffix(b">")?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some((pieces, digits))
    }

    /// The CMS without the zeros behind it.
    fn cms(&self, file: &[u8]) -> Option<Vec<u8>> {
        let (_, digits) = self.parts(file)?;
        let bytes = hex::decode(digits).ok()?;
        let inside = self.dictionary.get(b"Contents").and_then(Object::as_str).ok()?;
        let length = der_length(&bytes)?;
        let rest_is_empty = bytes.get(length..)?.iter().all(|byte| *byte == 0);
        (inside == bytes && rest_is_empty).then(|| bytes[..length].to_vec())
    }
}

/// The length of the first DER value with its header.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some(2 + first);
    }
    let count = first & 0x7f;
    let length = bytes.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
    let length = length.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
    (2 + count).checked_add(length)
}

/// Every signature covers its revision but its own place; the last one the whole file, to its last byte.
fn judge_coverage(report: &mut Report, file: &[u8], found: &[Found]) {
    let kind = CheckKind::Coverage;
    if found.iter().any(|one| one.cms(file).is_none()) {
        return report.failed(
            kind,
            "Vùng được ký (ByteRange) không hợp lệ: chữ ký phải bao trùm từ byte đầu, chỉ trừ chỗ của chính chữ ký.",
        );
    }
    if found.last().map(Found::end) != Some(file.len()) {
        return report.failed(kind, "Sau chữ ký cuối cùng, tệp còn phần được thêm vào mà không được ký.");
    }
    report.passed(kind, "Chữ ký bao trùm mọi byte của tệp, chỉ trừ chỗ của chính chữ ký.");
}

/// What each revision changed of the one before it.
fn judge_increments(report: &mut Report, file: &[u8], handed_out: usize, found: &[Found]) {
    let kind = CheckKind::Increment;
    let mut ends = vec![handed_out];
    ends.extend(found.iter().map(Found::end));
    let mut visible = Vec::new();
    for pair in ends.windows(2) {
        if file.get(..pair[1]).and_then(|revised| revision::is_plain(revised, pair[0])).is_none() {
            return report.failed(kind, NOT_PLAIN);
        }
        let revisions = pair.iter().map(|end| file.get(..*end).and_then(|bytes| load(bytes).ok()));
        let revisions: Option<Vec<_>> = revisions.collect();
        let Some([before, after]) = revisions.and_then(|both| <[Document; 2]>::try_from(both).ok()) else {
            return report.failed(kind, "Không đọc được từng lần ký của tệp để so sánh với tệp đã tải về.");
        };
        if containers(&before) != containers(&after) {
            return report.failed(kind, NOT_PLAIN);
        }
        let change = increment::compare(&before, &after, pair[1]);
        if let Some(offence) = change.offences.first() {
            return report.failed(kind, offence.sentence());
        }
        visible.extend(change.visible_on);
    }
    if visible.is_empty() {
        report.passed(kind, "Phần thêm vào chỉ là chữ ký; không thay đổi nội dung nhìn thấy.");
    } else {
        let pages: Vec<String> = visible.iter().map(ToString::to_string).collect();
        report.not_decided(
            kind,
            format!(
                "Phần thêm vào là chữ ký có hình hiển thị trên trang {}. Đề nghị xem tệp để chắc rằng hình không che nội dung.",
                pages.join(", ")
            ),
        );
    }
}

const NOT_PLAIN: &str = "Phần thêm vào không phải là một lần ký đơn giản: bảng tham chiếu của nó có thể được đọc theo hai cách. \
                         Đề nghị ký lại tệp đã tải về, một lần, bằng phần mềm ghi thêm chữ ký theo PAdES.";

/// Streams that hold objects or tables: what was appended may bring none.
fn containers(document: &Document) -> usize {
    document.objects.values().filter(|object| increment::is_container(object)).count()
}

fn judge_one(file: &[u8], found: &Found, trust: &Trust, at: DateTime<Utc>) -> Signature {
    let mut report = Report::default();
    let (Some((pieces, _)), Some(cms)) = (found.parts(file), found.cms(file)) else {
        report.failed(CheckKind::Structure, "Không đọc được chữ ký trong tệp PDF.");
        return Signature { report, signer: None };
    };
    let sub_filter = found.dictionary.get(b"SubFilter").and_then(Object::as_name).unwrap_or_default();
    if sub_filter != b"ETSI.CAdES.detached" && sub_filter != b"adbe.pkcs7.detached" {
        report.failed(CheckKind::Structure, "Kiểu chữ ký trong tệp PDF không được chấp nhận (yêu cầu PAdES).");
        return Signature { report, signer: None };
    }
    if cms.len() > MOST_CMS {
        report.failed(CheckKind::Structure, "Chữ ký trong tệp PDF quá lớn.");
        return Signature { report, signer: None };
    }
    let Signature { report: judged, mut signer } = cms::verify_detached(&cms, &pieces, trust, at);
    report.checks.extend(judged.checks);
    if let Some(signer) = &mut signer
        && signer.signing_time.is_none()
    {
        signer.signing_time = found.dictionary.get(b"M").and_then(Object::as_str).ok().and_then(read_pdf_time);
    }
    Signature { report, signer }
}

/// "D:20261122101500+07'00'", to the second.
fn read_pdf_time(text: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("D:")?;
    let (day, zone) = text.split_at_checked(14)?;
    let local = NaiveDateTime::parse_from_str(day, "%Y%m%d%H%M%S").ok()?.and_utc();
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let minutes = match digits.as_str() {
        "" => 0,
        _ => digits.get(..2)?.parse::<i64>().ok()? * 60 + digits.get(2..4).map_or(Ok(0), str::parse::<i64>).ok()?,
    };
    let offset = chrono::TimeDelta::minutes(minutes);
    if zone.starts_with('-') { local.checked_add_signed(offset) } else { local.checked_sub_signed(offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_its_zone() {
        let at = |text: &str| read_pdf_time(text.as_bytes()).map(|at| at.to_rfc3339());
        assert_eq!(at("D:20261122101500+07'00'").as_deref(), Some("2026-11-22T03:15:00+00:00"));
        assert_eq!(at("D:20261122101500Z").as_deref(), Some("2026-11-22T10:15:00+00:00"));
        assert_eq!(at("D:2026"), None);
        assert_eq!(at("20261122101500"), None);
    }
}
