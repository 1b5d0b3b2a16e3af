//! One section of the wizard a page: shown, saved by its buttons or by autosave, and the page that shows two texts when
//! two tabs or devices wrote the same section.
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::sent_instead;
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::declaration::draft::{self, Draft, Saving, Turn};
use crate::declaration::holder::{self, Child};
use crate::declaration::income::Reckoned;
use crate::declaration::review::{Review, State as Progress};
use crate::declaration::typed::Typed;
use crate::declaration::view::{self, Entry, Facts, Note, Question};
use crate::declaration::wizard::{self, Section, Shape};
use crate::declaration::{carry, income};
use crate::kernel::clock::{self, vietnam};
use crate::kernel::id::ObligationId;
use crate::kernel::web::{FieldErrors, Fields, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Result, Role};
use crate::law;
use crate::person::Obligation;

/// The question "Có / Không có" of a section.
struct Ask {
    legend: &'static str,
    value: String,
    none_label: String,
    error: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/section.html")]
struct SectionPage {
    page: Page,
    /// Where in the form the person is: the part, and which page of how many.
    place: String,
    title: String,
    note: Option<Note>,
    /// Names and values the page carries along unseen, beside those of its entries.
    hidden: Vec<(String, String)>,
    /// Whether the page's figures may be reckoned on the income's sheet.
    has_sheet: bool,
    /// What was carried from the previous declaration, or derived from the difference to it; empty when nothing was.
    carried: String,
    /// What the income's lines come to, where the page does not say it itself; empty when nothing is to be said.
    reckoned: String,
    /// The amount that holds instead of the one the note names.
    notice: Option<String>,
    action: String,
    back: String,
    turn: Turn,
    errors: FieldErrors,
    ask: Option<Ask>,
    tops: Vec<Question>,
    entries: Vec<Entry>,
    /// Whether entries can be added and removed.
    is_many: bool,
    add_label: String,
    /// Texts that were not chosen, still kept.
    has_asides: bool,
}

/// What a page shows: the text, which page it is and the revision it was made from, its errors.
struct Shown {
    typed: Typed,
    turn: Turn,
    errors: FieldErrors,
    one_more: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Another empty entry is wanted.
    them: Option<u8>,
    /// Which text set aside is to be compared.
    ban: Option<String>,
}

fn by_slug<'a>(app: &'a App, obligation: &Obligation, slug: &str) -> Result<Section<'a>> {
    let (_, form) = draft::law_of(app, obligation)?;
    let sheet = wizard::income_sheet(&app.law, form, obligation.kind);
    let mut sections = wizard::sections(form, obligation.kind).into_iter().chain(sheet);
    sections.find(|section| section.slug == slug).ok_or(Error::NotFound)
}

fn home_of(obligation: ObligationId) -> String {
    format!("/ke-khai/{obligation}")
}

pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    Path((id, slug)): Path<(ObligationId, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    if let Some(sent) = sent_instead(&obligation) {
        return Ok(sent);
    }
    let section = by_slug(&app, &obligation, &slug)?;
    let Some(draft) = draft else { return Ok(Redirect::to(&home_of(id)).into_response()) };
    if draft.asides.get(section.code).is_some_and(|asides| asides.undecided().is_some()) {
        return Ok(Redirect::to(&format!("{}/{slug}/hai-ban", home_of(id))).into_response());
    }
    let review = Review::of(&app, &obligation, &draft, app.clock().today())?;
    let saved = draft.sections.get(section.code);
    let typed = match section.shape {
        Shape::Sheet => income::with_sales(&app.law, &review.sections, &draft.typed(), &review.shown(section.code)),
        _ => review.shown(section.code),
    };
    let shown = Shown {
        typed,
        turn: Turn {
            tab: uuid::Uuid::now_v7().to_string(),
            revision: saved.map_or(0, |saved| saved.revision),
            number: 0,
        },
        errors: review.faults_of(section.code),
        one_more: asked.them.is_some(),
    };
    Ok(html(&page_of(&app, &signed, &obligation, &section, Some((&draft, &review)), shown)?)?.into_response())
}

fn page_of(
    app: &App,
    signed: &Signed,
    obligation: &Obligation,
    section: &Section<'_>,
    judged: Option<(&Draft, &Review<'_>)>,
    shown: Shown,
) -> Result<SectionPage> {
    let (rules, form) = draft::law_of(app, obligation)?;
    let draft = judged.map(|(draft, _)| draft);
    let facts = Facts {
        rules,
        errors: &shown.errors,
        children: draft.map_or_else(Vec::new, |draft| children(form, obligation, draft)),
        income: judged.and_then(|(_, review)| review.composed.income(form)),
    };
    let tops = view::tops(section, &shown.typed, &facts);
    let entries = view::entries(section, &shown.typed, &facts, shown.one_more);
    let ask = ask(section, &shown);
    Ok(SectionPage {
        page: signed.page(section.title()),
        place: place(form, obligation.kind, section),
        title: section.title(),
        note: Note::find(rules, section.help),
        hidden: hidden_tops(&shown.typed),
        has_sheet: sheet_at(app, obligation, section)?.is_some(),
        carried: draft.map_or_else(String::new, |draft| told_of_carrying(obligation, draft, section)),
        reckoned: judged
            .map_or_else(String::new, |(draft, review)| told_of_income(draft, review, section, &shown.typed)),
        notice: law::amount_notice_for(&app.law, rules, section.code),
        action: format!("{}/{}", home_of(obligation.id), section.slug),
        back: home_of(obligation.id),
        turn: shown.turn,
        ask,
        tops,
        entries,
        is_many: matches!(section.shape, Shape::Many | Shape::Changes | Shape::Sheet),
        add_label: format!("Thêm {}", section.repeat.unwrap_or("mục").to_lowercase()),
        has_asides: draft.is_some_and(|draft| draft.asides.contains_key(section.code)),
        errors: shown.errors,
    })
}

/// Rows and lines the person took away, and what was reckoned into boxes when they were last saved.
fn hidden_tops(typed: &Typed) -> Vec<(String, String)> {
    let names = [carry::TAKEN_AWAY].into_iter().chain(income::HIDDEN_TOPS).map(|name| format!("t.{name}"));
    names.map(|name| (name.clone(), typed.text(&name).to_owned())).filter(|(_, text)| !text.is_empty()).collect()
}

/// Where the income is added up, of the pages that ask for it.
fn sheet_at(app: &App, obligation: &Obligation, section: &Section<'_>) -> Result<Option<String>> {
    let (_, form) = draft::law_of(app, obligation)?;
    let asks =
        section.code == wizard::INCOME || (section.table.is_some() && !form.has(obligation.kind, wizard::INCOME));
    let sheet = wizard::income_sheet(&app.law, form, obligation.kind).filter(|_| asks);
    Ok(sheet.map(|sheet| format!("{}/{}", home_of(obligation.id), sheet.slug)))
}

/// Where the page's text comes from, when the person did not type it.
fn told_of_carrying(obligation: &Obligation, draft: &Draft, section: &Section<'_>) -> String {
    let Some(carried) = &draft.previous else { return String::new() };
    let day = viet::date::format_short(carried.completed_on);
    let typed = draft.sections.get(section.code).map(|saved| &saved.typed);
    let shows_carried =
        typed.is_some_and(|typed| (0..typed.entries.len()).any(|entry| carry::is_carried(typed, entry)));
    if obligation.kind == form::Kind::Supplement && shows_carried {
        return format!(
            "Tài sản đã khai ngày {day} hiện ở đây để Ông/Bà cho biết còn hay không, tăng hay giảm; bản kê khai bổ sung không mô tả lại các tài sản đó, chỉ mô tả tài sản tăng thêm (hướng dẫn số 6, Phụ lục II Nghị định 130/2020/NĐ-CP)."
        );
    }
    if section.table.is_some() {
        return format!(
            "Bảng được lập từ chênh lệch giữa nội dung Ông/Bà vừa khai và bản kê khai ngày {day}. Đề nghị Ông/Bà kiểm tra và ghi nội dung giải trình."
        );
    }
    match draft.sections.get(section.code).is_some_and(|saved| saved.is_carried) {
        true => {
            format!("Nội dung lấy từ bản kê khai ngày {day}. Đề nghị Ông/Bà kiểm tra, sửa nếu có thay đổi rồi lưu.")
        }
        false => String::new(),
    }
}

/// For which time the income is told (note 28), what the sheet's lines come to, and whether a page says so or keeps what the
/// person wrote.
fn told_of_income(draft: &Draft, review: &Review<'_>, section: &Section<'_>, typed: &Typed) -> String {
    let is_sheet = section.shape == Shape::Sheet;
    if !is_sheet && section.code != wizard::INCOME && section.table.is_none() {
        return String::new();
    }
    let period = draft.previous_completed_on.zip(review.completed_on.pred_opt()).filter(|_| is_sheet);
    let period = period.map(|(from, to)| {
        let [from, to] = [from, to].map(viet::date::format_short);
        format!("Kỳ tính thu nhập: từ ngày {from} đến hết ngày {to} (hướng dẫn số 28).")
    });
    let unfinished = is_sheet && !review.errors_of(section.code).is_empty();
    let unfinished = unfinished.then(|| "Còn khoản chưa ghi đủ nên chưa cộng được.".to_owned());
    let proposes =
        is_sheet && (0..typed.entries.len()).any(|entry| !typed.text(&format!("e{entry}.{}", carry::SOLD)).is_empty());
    let proposes = proposes.then(|| {
        "Khoản “bán …” được lập sẵn cho tài sản Ông/Bà ghi là không còn; nếu không bán (cho, tặng, dùng hết) thì xóa khoản đó.".to_owned()
    });
    let sums = review.reckoned.as_ref().map(|reckoned| {
        let label = |slot: &&wizard::Slot<'_>| {
            let sum = reckoned.parts.get(&slot.path).filter(|sum| **sum > 0)?;
            let label = slot.field.label.replacen("Tổng thu nhập ", "", 1);
            Some(format!("{}: {} đồng", label.to_lowercase(), viet::number::group(*sum)))
        };
        let parts: Vec<_> = income::item(&review.sections)
            .into_iter()
            .flat_map(|item| item.slots.iter().filter_map(|s| label(&s)))
            .collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
        let is_own = !is_sheet && is_own(section, typed, reckoned);
        let then = match (is_sheet, is_own) {
            (true, _) => "",
            (false, true) => {
                " Trang này ghi khác; nội dung Ông/Bà tự ghi được giữ nguyên, đề nghị kiểm tra lại một trong hai nơi."
            }
            (false, false) => " Trang này được điền theo đó; đề nghị Ông/Bà kiểm tra rồi lưu.",
        };
        let sum = viet::number::group(reckoned.sum);
        match section.table {
            Some(_) if is_own => {
                format!("Theo các khoản Ông/Bà đã liệt kê, tổng là {sum} đồng: {}{then}", reckoned.explanation)
            }
            _ => format!("Các khoản đã liệt kê cộng lại là {sum} đồng{parts}.{then}"),
        }
    });
    [period, proposes, unfinished, sums].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether a box that is reckoned holds something else, which the person wrote.
fn is_own(section: &Section<'_>, typed: &Typed, reckoned: &Reckoned) -> bool {
    let differs = |name: String, text: &str| typed.text(&name) != text;
    if section.table.is_some() {
        let row = |key: &str| format!("t.{}.{key}", wizard::INCOME);
        let sum = viet::number::group(reckoned.sum);
        return differs(row("value"), &sum) || differs(row("explanation"), &reckoned.explanation);
    }
    let mut parts = reckoned.parts.iter();
    parts.any(|(key, sum)| differs(format!("e0.{key}"), &viet::number::group(*sum)))
}

/// "II. Thông tin mô tả về tài sản, mục 4 trên 22".
fn place(form: &form::Form, kind: form::Kind, section: &Section<'_>) -> String {
    if section.shape == Shape::Sheet {
        return "Bảng tính của riêng Ông/Bà, không nằm trong bản kê khai".to_owned();
    }
    let sections = wizard::sections(form, kind);
    let nth = sections.iter().take_while(|other| other.code != section.code).count() + 1;
    let total = sections.len();
    match form.section(section.part).filter(|part| part.heading != section.heading) {
        Some(part) => {
            format!("{}. {}, mục {nth} trên {total}", part.number, wizard::sentence_case(&part.heading))
        }
        None => format!("Mục {nth} trên {total}"),
    }
}

fn ask(section: &Section<'_>, shown: &Shown) -> Option<Ask> {
    let legend = match (section.shape, section.path) {
        (Shape::Once, _) => return None,
        (Shape::Optional, _) => "Ông/Bà có vợ hoặc chồng không?",
        (Shape::Sheet, _) => "Trong kỳ, Ông/Bà, vợ hoặc chồng, con chưa thành niên có khoản thu nhập nào không?",
        (Shape::Changes, _) => "Tài sản có tăng hoặc giảm so với lần kê khai trước không?",
        (Shape::Many, "assets[]") => "Ông/Bà, vợ hoặc chồng, con chưa thành niên có tài sản thuộc mục này không?",
        (Shape::Many, _) => "Ông/Bà có con chưa thành niên không?",
    };
    Some(Ask {
        legend,
        value: shown.typed.text("have").to_owned(),
        none_label: section.table.map_or_else(|| "Không có".to_owned(), |table| table.no_change_label.clone()),
        error: shown.errors.on("have").to_owned(),
    })
}

/// The children the draft names.
fn children(form: &form::Form, obligation: &Obligation, draft: &Draft) -> Vec<Child> {
    holder::children_of(form, obligation.kind, &draft.typed()).unwrap_or_default()
}

/// What a button asks for after saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    ComeBack,
    /// To the income's sheet.
    AddUp,
    Add,
    Remove(usize),
}

impl Then {
    fn of(fields: &Fields) -> Self {
        match fields.get("viec") {
            "sau" => Then::ComeBack,
            "them" => Then::Add,
            "cong" => Then::AddUp,
            word => word.strip_prefix("xoa-").and_then(|index| index.parse().ok()).map_or(Then::GoOn, Then::Remove),
        }
    }
}

/// What was typed, without the entry that is to go.
fn typed_of(fields: &Fields, then: Then, section: &Section<'_>) -> Typed {
    let Then::Remove(index) = then else { return Typed::from_fields(fields) };
    let gone = format!("e{index}.");
    let names = fields.0.iter().filter(|(name, _)| !name.starts_with(&gone));
    let mut typed = Typed::from_names(names.map(|(name, value)| (name.as_str(), value.as_str())));
    let mark = match section.shape {
        Shape::Changes => carry::TELLS,
        Shape::Sheet => carry::SOLD,
        _ => return typed,
    };
    carry::take_away(&mut typed, fields.get(&format!("{gone}{mark}")));
    typed
}

fn version_of(fields: &Fields) -> i32 {
    fields.get("version").parse().unwrap_or(0)
}

fn turn_of(fields: &Fields) -> Turn {
    let number = fields.get("turn").parse().unwrap_or(0);
    Turn { tab: fields.get("tab").to_owned(), revision: version_of(fields), number }
}

/// Saves whatever was typed, right or wrong; "Lưu và tiếp tục" goes on only when nothing is left to mend.
pub(super) async fn save(
    State(app): State<App>,
    Path((id, slug)): Path<(ObligationId, String)>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    let section = by_slug(&app, &obligation, &slug)?;
    let then = Then::of(&fields);
    let cannot = match (signed.is_fresh(&fields), obligation.takes_text()) {
        (false, _) => Some(STALE),
        (true, false) if obligation.taken_back => Some(TAKEN_BACK),
        (true, false) => Some(SENT),
        (true, true) => None,
    };
    if let Some(told) = cannot {
        return kept(&app, &signed, &obligation, &section, draft.as_ref(), &fields, told);
    }
    let typed = typed_of(&fields, then, &section);
    let turn = turn_of(&fields);
    let saving = draft::save(&app, &signed.actor, id, section.code, &typed, &turn, then == Then::GoOn).await?;
    let here = format!("{}/{slug}", home_of(id));
    let revision = match saving {
        Saving::Saved { revision } => revision,
        Saving::Conflict => return Ok(Redirect::to(&format!("{here}/hai-ban")).into_response()),
        Saving::Closed => return kept(&app, &signed, &obligation, &section, draft.as_ref(), &fields, SENT),
    };
    match then {
        Then::Add => Ok(Redirect::to(&format!("{here}?them=1#muc-{}", typed.entries.len())).into_response()),
        Then::Remove(_) => Ok(Redirect::to(&here).into_response()),
        Then::ComeBack => Ok(Redirect::to(&home_of(id)).into_response()),
        Then::AddUp => Ok(Redirect::to(&sheet_at(&app, &obligation, &section)?.unwrap_or(here)).into_response()),
        Then::GoOn => go_on(&app, &signed, id, &section, Turn { revision, ..turn }).await,
    }
}

/// The next section, or this one again with what is left to mend.
async fn go_on(app: &App, signed: &Signed, id: ObligationId, section: &Section<'_>, turn: Turn) -> Result<Response> {
    let (obligation, draft) = draft::current(app, &signed.actor, id).await?;
    let draft = draft.ok_or(Error::NotFound)?;
    let review = Review::of(app, &obligation, &draft, app.clock().today())?;
    let errors = review.errors_of(section.code);
    if errors.is_empty() && section.shape == Shape::Sheet {
        let table = review.sections.iter().find(|section| section.table.is_some());
        let next = income::item(&review.sections).or(table).map_or("", |next| next.slug.as_str());
        return Ok(Redirect::to(&format!("{}/{next}", home_of(id))).into_response());
    }
    if errors.is_empty() {
        let all = wizard::in_walking_order(&review.sections);
        let mut after = all.iter().skip_while(|other| other.code != section.code).skip(1);
        // With last time's declaration carried, most sections need no visit.
        let is_next = |next: &&&Section<'_>| draft.previous.is_none() || review.state_of(next.code) != Progress::Done;
        let next = after.find(is_next).map_or("kiem-tra", |next| next.slug.as_str());
        return Ok(Redirect::to(&format!("{}/{next}", home_of(id))).into_response());
    }
    // What follows from other sections is shown as it follows now, or saving it again would change nothing.
    let shown = Shown { typed: review.shown(section.code), turn, errors, one_more: false };
    let mut page = page_of(app, signed, &obligation, section, Some((&draft, &review)), shown)?;
    page.page = page.page.flash(
        "info",
        "Nội dung đã được lưu. Các ô dưới đây còn cần sửa trước khi gửi; Ông/Bà có thể sửa ngay hoặc quay lại sau.",
    );
    Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response())
}

/// What was typed cannot be saved now: the same page with every word of it, and why.
fn kept(
    app: &App,
    signed: &Signed,
    obligation: &Obligation,
    section: &Section<'_>,
    draft: Option<&Draft>,
    fields: &Fields,
    told: &str,
) -> Result<Response> {
    let shown = Shown {
        typed: Typed::from_fields(fields),
        turn: turn_of(fields),
        errors: FieldErrors::default(),
        one_more: false,
    };
    let review = draft.map(|draft| Review::of(app, obligation, draft, app.clock().today())).transpose()?;
    let mut page = page_of(app, signed, obligation, section, draft.zip(review.as_ref()), shown)?;
    page.page = page.page.flash("wrong", told);
    Ok(html_with(StatusCode::CONFLICT, &page)?.into_response())
}

const STALE: &str = "Trang này được mở trong một phiên làm việc khác nên chưa lưu. Nội dung Ông/Bà vừa nhập vẫn còn nguyên \
                     bên dưới; đề nghị bấm lại nút lưu.";
const TAKEN_BACK: &str = "Việc kê khai này đã được hủy nên nội dung dưới đây không được lưu. Nội dung vẫn còn trên trang để \
                          Ông/Bà chép lại nếu cần.";
const SENT: &str = "Bản kê khai này đã được gửi nên nội dung dưới đây không được lưu vào bản nháp. Nội dung vẫn còn trên trang \
                    để Ông/Bà chép lại nếu cần; muốn sửa bản đã gửi, đề nghị liên hệ đơn vị.";

/// The contract of `data-autosave` (assets/app.js).
pub(super) async fn autosave(
    State(app): State<App>,
    signed: Signed,
    Path((id, slug)): Path<(ObligationId, String)>,
    fields: Fields,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let conflict = |message: String| (StatusCode::CONFLICT, Json(json!({ "message": message }))).into_response();
    if !signed.is_fresh(&fields) {
        return Ok(conflict(stale_form().to_string()));
    }
    let section = |obligation: &Obligation| Ok(by_slug(&app, obligation, &slug)?.code.to_owned());
    let typed = Typed::from_fields(&fields);
    match draft::autosave(&app, &signed.actor, id, section, &typed, &turn_of(&fields)).await? {
        Saving::Closed => Ok(conflict(
            "Bản kê khai này đã được gửi nên không lưu thêm vào bản nháp. Nội dung vừa nhập vẫn còn trên trang.".into(),
        )),
        Saving::Saved { revision } => {
            let at = app.clock().now().with_timezone(&vietnam()).format("%H:%M").to_string();
            Ok(Json(json!({ "saved_at": at, "version": revision.to_string() })).into_response())
        }
        Saving::Conflict => Ok(conflict(
            "Mục này vừa được sửa ở một thẻ hoặc máy khác. Cả hai bản đều được giữ; bấm nút lưu để xem và chọn.".into(),
        )),
    }
}

/// One box in which two texts differ.
struct Difference {
    name: String,
    label: String,
    saved: String,
    other: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/both.html")]
struct BothPage {
    page: Page,
    title: String,
    action: String,
    back: String,
    tab: String,
    version: i32,
    other_at: String,
    saved_at: String,
    is_decided: bool,
    differences: Vec<Difference>,
    /// Further texts that are kept: address and time.
    others: Vec<(String, String)>,
    errors: FieldErrors,
}

/// Both texts side by side, box by box.
pub(super) async fn both(
    State(app): State<App>,
    signed: Signed,
    Path((id, slug)): Path<(ObligationId, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let page = both_page(&app, &signed, id, &slug, asked.ban.as_deref(), FieldErrors::default()).await?;
    match page {
        Some(page) => Ok(html(&page)?.into_response()),
        None => Ok(Redirect::to(&format!("{}/{slug}", home_of(id))).into_response()),
    }
}

async fn both_page(
    app: &App,
    signed: &Signed,
    id: ObligationId,
    slug: &str,
    tab: Option<&str>,
    errors: FieldErrors,
) -> Result<Option<BothPage>> {
    let (obligation, draft) = draft::current(app, &signed.actor, id).await?;
    let section = by_slug(app, &obligation, slug)?;
    let draft = draft.ok_or(Error::NotFound)?;
    let Some(asides) = draft.asides.get(section.code).filter(|_| obligation.takes_text()) else {
        return Ok(None);
    };
    let aside = match tab {
        Some(tab) => asides.from_tab(tab),
        None => asides.undecided().or(asides.list.last()),
    };
    let aside = aside.ok_or(Error::NotFound)?;
    let saved = draft.sections.get(section.code).ok_or(Error::NotFound)?;
    let here = format!("{}/{slug}", home_of(id));
    let others = asides.list.iter().filter(|other| other.tab != aside.tab);
    Ok(Some(BothPage {
        page: signed.page("Chọn giữa hai bản nhập"),
        title: section.title(),
        action: format!("{here}/hai-ban"),
        others: others.map(|other| (format!("{here}/hai-ban?ban={}", other.tab), clock::minute(other.at))).collect(),
        back: here,
        tab: aside.tab.clone(),
        version: saved.revision,
        other_at: clock::minute(aside.at),
        saved_at: clock::minute(saved.updated_at),
        is_decided: aside.decided,
        differences: differences(app, &obligation, &draft, &section, &saved.typed, &aside.typed)?,
        errors,
    }))
}

fn differences(
    app: &App,
    obligation: &Obligation,
    draft: &Draft,
    section: &Section<'_>,
    saved: &Typed,
    other: &Typed,
) -> Result<Vec<Difference>> {
    let (rules, form) = draft::law_of(app, obligation)?;
    let errors = FieldErrors::default();
    let facts = Facts { rules, errors: &errors, children: children(form, obligation, draft), income: None };
    let longer = if saved.entries.len() >= other.entries.len() { saved } else { other };
    let mut boxes: Vec<(String, Question)> =
        view::tops(section, longer, &facts).into_iter().map(|top| (String::new(), top)).collect();
    for entry in view::entries(section, longer, &facts, false) {
        for question in entry.questions {
            boxes.extend(with_opened(question).into_iter().map(|question| (entry.label.clone(), question)));
        }
    }
    let shown = |name: String| {
        let found = boxes.iter().find(|(_, question)| question.name == name);
        let text = |typed: &Typed| match (typed.text(&name), found) {
            ("", _) => String::new(),
            ("co", None) => "Có".to_owned(),
            ("khong", None) => "Không có".to_owned(),
            (raw, Some((_, question))) => question
                .choices
                .iter()
                .find(|choice| choice.value == raw || choice.value == holder::chosen(raw, &facts.children))
                .map_or_else(|| raw.to_owned(), |choice| choice.label.clone()),
            (raw, None) => raw.to_owned(),
        };
        let label = match found {
            Some((entry, question)) if entry.is_empty() => question.label.clone(),
            Some((entry, question)) => format!("{entry}: {}", question.label),
            None => "Có hay không có".to_owned(),
        };
        Difference { saved: text(saved), other: text(other), label, name }
    };
    Ok(saved.differences(other).into_iter().filter(|name| carry::is_seen(name)).map(shown).collect())
}

/// A question with all that its answers open.
fn with_opened(question: Question) -> Vec<Question> {
    let opened: Vec<_> =
        question.choices.iter().flat_map(|choice| choice.opens.clone()).flat_map(with_opened).collect();
    std::iter::once(question).chain(opened).collect()
}

/// The person chooses: everything of one text, or box by box. What is not chosen stays on this page.
pub(super) async fn decide(
    State(app): State<App>,
    signed: Signed,
    Path((id, slug)): Path<(ObligationId, String)>,
    fields: Fields,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    let tab = fields.get("tab").to_owned();
    let Some(page) = both_page(&app, &signed, id, &slug, Some(&tab), FieldErrors::default()).await? else {
        return Ok(Redirect::to(&format!("{}/{slug}", home_of(id))).into_response());
    };
    let names = page.differences.iter().map(|difference| difference.name.clone());
    let from_other: Vec<String> = match fields.get("viec") {
        "luu" => Vec::new(),
        "khac" => names.collect(),
        _ => {
            let open: Vec<_> = page.differences.iter().filter(|d| !fields.has(&format!("chon.{}", d.name))).collect();
            if !open.is_empty() {
                let mut errors = FieldErrors::default();
                for difference in open {
                    let text = format!("{}: chưa chọn bản nào. Đề nghị Ông/Bà chọn một trong hai.", difference.label);
                    errors.add(format!("chon.{}", difference.name), text);
                }
                let page = BothPage { errors, ..page };
                return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
            }
            names.filter(|name| fields.get(&format!("chon.{name}")) == "khac").collect()
        }
    };
    let section_code = {
        let (obligation, _) = draft::current(&app, &signed.actor, id).await?;
        by_slug(&app, &obligation, &slug)?.code.to_owned()
    };
    draft::decide(&app, &signed.actor, id, &section_code, &tab, &from_other, version_of(&fields)).await?;
    Ok(Redirect::to(&format!("{}/{slug}", home_of(id))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_says_where_in_the_form_it_stands() {
        let law = form::LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(form::Kind::Annual).unwrap();
        let sections = wizard::sections(form, form::Kind::Annual);
        let places: Vec<_> = sections.iter().map(|section| place(form, form::Kind::Annual, section)).collect();
        assert_eq!(places[0], "I. Thông tin chung, mục 1 trên 22");
        assert_eq!(places[3], "II. Thông tin mô tả về tài sản, mục 4 trên 22");
        // The table of changes is a part of its own: its heading is not said twice.
        assert_eq!(places[21], "Mục 22 trên 22");
    }

    #[test]
    fn removing_an_entry_leaves_the_others() {
        let fields = Fields::parse(b"have=co&e0.name=A&e1.name=B&e2.name=C&viec=xoa-1");
        let then = Then::of(&fields);
        assert_eq!(then, Then::Remove(1));
        let law = form::LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(form::Kind::Annual).unwrap();
        let sections = wizard::sections(form, form::Kind::Annual);
        let typed = typed_of(&fields, then, &sections[3]);
        assert_eq!(typed.entries.iter().map(|entry| entry["name"].as_str()).collect::<Vec<_>>(), ["A", "C"]);
    }
}
