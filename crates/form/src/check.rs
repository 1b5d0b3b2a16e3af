//! `minhbach law check`: faults in the definitions that loading cannot see.
use std::collections::BTreeSet;

use crate::rules::has_logic;
use crate::ruleset::{Deadline, Needs};
use crate::{Field, FieldType, Form, LawBook, RuleDef, RuleSet, Severity};

/// A fault in `law/`, for the person who maintains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Rule set, then form or file.
    pub place: String,
    pub what: String,
}

/// All faults of a book; empty when it may be used.
pub fn check(book: &LawBook) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_dates(book, &mut problems);
    check_questions(book, &mut problems);
    check_income(book, &mut problems);
    check_grounds(book, &mut problems);
    check_older_forms(book, &mut problems);
    check_signals(book, &mut problems);
    check_deadlines(&book.terms, &mut Found { place: "terms.toml".into(), problems: &mut problems });
    for rules in &book.rule_sets {
        let mut found = Found { place: rules.id().to_owned(), problems: &mut problems };
        check_kinds(rules, &mut found);
        check_thresholds(rules, &mut found);
        check_rules(rules, &mut found);
        check_publication(rules, &mut found);
        for form in &rules.forms {
            found.place = format!("{} {}", rules.id(), form.code);
            check_form(rules, form, &mut found);
        }
    }
    problems
}

struct Found<'a> {
    place: String,
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    fn add(&mut self, what: String) {
        self.problems.push(Problem { place: self.place.clone(), what });
    }
}

/// Rule sets follow each other day by day.
fn check_dates(book: &LawBook, problems: &mut Vec<Problem>) {
    for pair in book.rule_sets.windows(2) {
        let [earlier, later] = pair else { continue };
        let next = earlier.facts.to.and_then(|last| last.succ_opt());
        let what = match next {
            Some(day) if day == later.facts.from => continue,
            Some(day) if day < later.facts.from => "có ngày không bộ quy tắc nào có hiệu lực trước",
            _ => "chồng hiệu lực với",
        };
        problems.push(Problem { place: earlier.id().to_owned(), what: format!("{what} {}", later.id()) });
    }
    for rules in book.rule_sets.iter().filter(|rules| rules.facts.to.is_some_and(|to| to < rules.facts.from)) {
        problems.push(Problem {
            place: rules.id().to_owned(), what: "hết hiệu lực trước khi có hiệu lực".into()
        });
    }
    for id in duplicates(book.rule_sets.iter().map(RuleSet::id)) {
        problems.push(Problem { place: id.clone(), what: "mã bộ quy tắc bị trùng".into() });
    }
}

/// Every item that is carried forward is asked about once, and nothing else.
fn check_questions(book: &LawBook, problems: &mut Vec<Problem>) {
    let mut found = Found { place: "questions.toml".into(), problems };
    let asked = || book.questions.iter().flat_map(|question| question.items.iter().map(String::as_str));
    for code in duplicates(asked()).into_iter().chain(duplicates(book.questions.iter().map(|q| q.code.as_str()))) {
        found.add(format!("{code} bị trùng"));
    }
    let forms = || book.rule_sets.iter().flat_map(|rules| &rules.forms);
    let is_carried = |item: &&crate::Item| item.code.is_some() && item.path != "income";
    let items: BTreeSet<_> =
        forms().flat_map(|form| form.items().filter(is_carried).map(crate::Item::code).collect::<Vec<_>>()).collect();
    for code in items.iter().filter(|code| !asked().any(|other| other == **code)) {
        found.add(format!("chưa hỏi về mục {code}"));
    }
    for code in asked().filter(|code| !items.contains(code)) {
        found.add(format!("không có mục {code}"));
    }
}

/// The sheet of the income asks for a source and an amount, and for the parts of item 10 as the forms have them.
fn check_income(book: &LawBook, problems: &mut Vec<Problem>) {
    let mut found = Found { place: "income.toml".into(), problems };
    let item = &book.income.item;
    let options = |key: &str| -> BTreeSet<&str> {
        let field = item.fields.iter().find(|field| field.key == key);
        field.map(|field| field.options.iter().map(|option| option.code.as_str()).collect()).unwrap_or_default()
    };
    for key in ["source", "amount", "times", "from"] {
        if !item.fields.iter().any(|field| field.key == key) {
            found.add(format!("thiếu trường {key}"));
        }
    }
    if !options("source").contains(book.income.sale.as_str()) {
        found.add(format!("không có nguồn {}", book.income.sale));
    }
    let forms = || book.rule_sets.iter().flat_map(|rules| &rules.forms);
    for code in book.income.not_sold.iter().filter(|code| !forms().any(|form| form.item(code).is_some())) {
        found.add(format!("không có mục {code}"));
    }
    for form in forms() {
        let Some(income) = form.items().find(|item| item.path == "income") else { continue };
        let parts: BTreeSet<_> = income.fields.iter().map(|field| field.key.as_str()).collect();
        if parts != options("part") {
            found.add(format!("các phần thu nhập khác với mục {} của {}", income.number, form.code));
        }
    }
    if let Some(help) = item.help.as_deref().filter(|help| book.rule_sets.iter().any(|set| set.note(help).is_none())) {
        found.add(format!("không có hướng dẫn {help}"));
    }
}

/// Every ground has its own code, kinds the rule sets know, and a rank article 30 asks about.
fn check_grounds(book: &LawBook, problems: &mut Vec<Problem>) {
    let mut found = Found { place: "grounds.toml".into(), problems };
    for code in duplicates(book.grounds.iter().map(|ground| ground.code.as_str())) {
        found.add(format!("{code} bị trùng"));
    }
    for ground in &book.grounds {
        if ground.kinds.is_empty() || ground.basis.is_empty() || ground.title.is_empty() {
            found.add(format!("{} thiếu phương thức kê khai, tên hoặc căn cứ", ground.code));
        }
        if !["DIRECTOR_UP", "BELOW_DIRECTOR"].contains(&ground.rank.as_str()) {
            found.add(format!("{}: không có cấp {}", ground.code, ground.rank));
        }
    }
}

/// Every older form has its own code, and days before the first rule set.
fn check_older_forms(book: &LawBook, problems: &mut Vec<Problem>) {
    let mut found = Found { place: "older-forms.toml".into(), problems };
    for code in duplicates(book.older_forms.iter().map(|form| form.code.as_str())) {
        found.add(format!("{code} bị trùng"));
    }
    let first = book.rule_sets.first().map(|rules| rules.facts.from);
    for form in &book.older_forms {
        if form.from > form.until || first.is_some_and(|first| form.until >= first) {
            found.add(format!("{}: thời gian dùng không đúng, hoặc trùng với bộ quy tắc đầu tiên", form.code));
        }
    }
}

fn check_kinds(rules: &RuleSet, found: &mut Found<'_>) {
    for kind in crate::Kind::ALL {
        let Some(entry) = rules.kind(kind) else {
            found.add(format!("thiếu phương thức {kind}"));
            continue;
        };
        if rules.form_for(kind).is_none_or(|form| form.kind(kind).is_none()) {
            found.add(format!("phương thức {kind}: mẫu {} không có phương thức này", entry.form));
        }
        if rules.deadline(&entry.deadline).is_none() {
            found.add(format!("phương thức {kind}: không có thời hạn {}", entry.deadline));
        }
    }
    check_deadlines(&rules.deadlines, found);
}

fn check_deadlines(deadlines: &[Deadline], found: &mut Found<'_>) {
    for key in duplicates(deadlines.iter().map(|deadline| deadline.key.as_str())) {
        found.add(format!("thời hạn {key} bị trùng"));
    }
    for deadline in deadlines {
        let counted = deadline.days.is_some() && deadline.unit.is_some() && deadline.direction.is_some();
        if counted == deadline.by.is_some() {
            found.add(format!("thời hạn {}: cần số ngày, đơn vị và chiều, hoặc một ngày trong năm", deadline.key));
        }
    }
}

fn check_thresholds(rules: &RuleSet, found: &mut Found<'_>) {
    for key in ["asset", "change"] {
        if rules.threshold(key).is_none_or(|threshold| threshold.amount <= 0) {
            found.add(format!("thiếu mức giá trị {key}"));
        }
    }
    for code in rules.forms.iter().flat_map(Form::asset_items).map(crate::Item::code).collect::<BTreeSet<_>>() {
        if rules.aggregation(code).is_none() {
            found.add(format!("mục {code}: chưa nói cách so với mức giá trị"));
        }
    }
    for aggregation in &rules.facts.aggregations {
        check_note(rules, Some(&aggregation.note), "cách cộng giá trị", found);
        for code in aggregation.items.iter().filter(|code| !rules.forms.iter().any(|form| form.item(code).is_some())) {
            found.add(format!("cách cộng giá trị: không có mục {code}"));
        }
    }
}

fn check_rules(rules: &RuleSet, found: &mut Found<'_>) {
    for id in duplicates(rules.rules.iter().map(|rule| rule.id.as_str())) {
        found.add(format!("quy tắc {id} bị trùng"));
    }
    for rule in &rules.rules {
        let id = &rule.id;
        if rule.severity == Severity::Signal && rule.is_active() {
            found.add(format!("quy tắc {id}: dấu hiệu chỉ dành cho cơ quan kiểm soát, phải nằm trong signals.toml"));
        }
        // What needs no more than the declaration can be answered, and is.
        let is_answered = matches!(rule.needs, None | Some(Needs::Previous | Needs::List));
        if rule.is_active() && !has_logic(id) || rule.is_active() != is_answered {
            found.add(format!("quy tắc {id}: khai báo và chương trình không khớp"));
        }
        check_words(rule, found);
        for entry in rule.basis.iter().filter(|entry| looks_like_note(entry)) {
            check_note(rules, Some(entry), &format!("quy tắc {id}"), found);
        }
        for covered in &rule.covers {
            check_covered(rules, id, covered, found);
        }
    }
    for key in
        duplicates(rules.notes.iter().map(crate::ruleset::Note::key).collect::<Vec<_>>().iter().map(String::as_str))
    {
        found.add(format!("hướng dẫn {key} bị trùng"));
    }
}

/// A rule says what it is about and why; one that is run says what is wrong, where, and what to do.
fn check_words(rule: &RuleDef, found: &mut Found<'_>) {
    let id = &rule.id;
    if rule.basis.is_empty() || rule.title.trim().is_empty() {
        found.add(format!("quy tắc {id}: thiếu tên hoặc căn cứ"));
    }
    if rule.is_active() && (!rule.message.as_deref().unwrap_or("").contains("{where}") || rule.mend.is_none()) {
        found.add(format!("quy tắc {id}: câu báo phải nêu nơi sai và cách sửa"));
    }
}

/// A signal is of severity S, has its words and its logic, and one definition for a day.
fn check_signals(book: &LawBook, problems: &mut Vec<Problem>) {
    let mut found = Found { place: "signals.toml".into(), problems };
    for (nth, signal) in book.signals.iter().enumerate() {
        let id = &signal.id;
        check_words(signal, &mut found);
        if signal.severity != Severity::Signal || !signal.is_active() || !has_logic(id) {
            found.add(format!("{id}: không phải là dấu hiệu, hoặc khai báo và chương trình không khớp"));
        }
        let lacks = match id.as_str() {
            "I16" => signal.words.is_empty() || signal.except.is_empty(),
            "I18" => signal.least.is_none() || signal.min_chars.is_none() || signal.limit.is_none_or(|unit| unit <= 0),
            "I17" => signal.limit.is_none(),
            "I21" => signal.least.is_none(),
            _ => false,
        };
        if lacks {
            found.add(format!("{id}: thiếu từ ngữ hoặc con số để so sánh"));
        }
        let Some(from) = signal.from else {
            found.add(format!("{id}: thiếu ngày bắt đầu"));
            continue;
        };
        if signal.until.is_some_and(|until| until < from) {
            found.add(format!("{id}: hết hiệu lực trước khi có hiệu lực"));
        }
        let overlaps = |other: &RuleDef| {
            other.id == *id && (other.holds_on(from) || other.from.is_some_and(|day| signal.holds_on(day)))
        };
        if book.signals[..nth].iter().any(overlaps) {
            found.add(format!("{id}: hai định nghĩa cùng có hiệu lực một ngày"));
        }
    }
}

/// The limits of publication are there, a quorum is a share of the whole, and every place says both ways.
fn check_publication(rules: &RuleSet, found: &mut Found<'_>) {
    for key in ["publish", "posting"] {
        if rules.deadline(key).is_none_or(|deadline| deadline.days.is_none()) {
            found.add(format!("công khai: thiếu thời hạn {key}"));
        }
    }
    let publication = &rules.publication;
    let quorum = &publication.quorum;
    if quorum.present == 0 || quorum.present > quorum.summoned {
        found.add("công khai: số người phải có mặt không phải là một phần của số được triệu tập".into());
    }
    if publication.kinds.is_empty() || publication.basis.is_empty() || quorum.basis.is_empty() {
        found.add("công khai: thiếu phương thức kê khai hoặc căn cứ".into());
    }
    let says = |text: &String| !text.trim().is_empty();
    if publication.places.is_empty()
        || !publication.places.iter().all(|p| says(&p.whose) && says(&p.posting) && says(&p.meeting))
    {
        found.add("công khai: chưa nói đủ bản kê khai của ai công khai ở đâu".into());
    }
}

fn looks_like_note(entry: &str) -> bool {
    !entry.contains(' ')
}

fn check_covered(rules: &RuleSet, id: &str, covered: &str, found: &mut Found<'_>) {
    let (item, key) = covered.split_once('.').unwrap_or((covered, ""));
    let exists = rules.forms.iter().any(|form| {
        let in_items = form.items().any(|other| (item == "*" || other.code() == item) && other.field(key).is_some());
        let in_table =
            item == "CHANGES" && form.table().is_some_and(|table| table.columns.iter().any(|column| column.key == key));
        in_items || in_table
    });
    if !exists {
        found.add(format!("quy tắc {id}: không có trường {covered}"));
    }
}

fn check_note(rules: &RuleSet, key: Option<&str>, place: &str, found: &mut Found<'_>) {
    if let Some(key) = key.filter(|key| rules.note(key).is_none()) {
        found.add(format!("{place}: không có hướng dẫn {key}"));
    }
}

fn check_form(rules: &RuleSet, form: &Form, found: &mut Found<'_>) {
    for code in duplicates(form.items().map(crate::Item::code)) {
        found.add(format!("mã mục {code} bị trùng"));
    }
    let kinds: Vec<_> = form.kinds.iter().map(|kind| kind.code.as_str()).collect();
    for kind in &form.kinds {
        for omitted in kind.omits.iter().filter(|code| form.section(code).is_none() && form.item(code).is_none()) {
            found.add(format!("phương thức {}: bỏ {omitted} không tồn tại", kind.code));
        }
    }
    for code in duplicates(kinds.into_iter()) {
        found.add(format!("phương thức {code} bị trùng"));
    }
    if form.none_words.is_empty() {
        found.add("thiếu chữ in khi không có tài sản".into());
    }
    form.header.fields.iter().for_each(|field| check_field(rules, field, &field.key, found));
    for section in &form.sections {
        check_help(rules, section.help.as_deref(), &section.code, found);
        for item in &section.items {
            check_item(rules, item, found);
        }
        check_table(rules, form, section, found);
    }
    form.extras.iter().for_each(|extra| check_field(rules, &extra.field, &extra.field.key, found));
    form.signatures
        .iter()
        .flat_map(|block| &block.fields)
        .for_each(|field| check_field(rules, field, &field.key, found));
}

fn check_item(rules: &RuleSet, item: &crate::Item, found: &mut Found<'_>) {
    let name = if item.code().is_empty() { item.number.clone() } else { item.code().to_owned() };
    check_help(rules, item.help.as_deref(), &name, found);
    if item.heading.trim().is_empty() || item.number.trim().is_empty() {
        found.add(format!("mục {name}: thiếu số hoặc tên in"));
    }
    if item.code.is_some() && (item.path.is_empty() || item.fields.is_empty()) {
        found.add(format!("mục {name}: thiếu nơi lưu hoặc không có trường nào"));
    }
    if (item.occurs == crate::Occurs::Many) != item.path.ends_with("[]") {
        found.add(format!("mục {name}: số lần lặp không khớp nơi lưu {}", item.path));
    }
    for key in duplicates(item.fields.iter().map(|field| field.key.as_str())) {
        found.add(format!("mục {name}: trường {key} bị trùng"));
    }
    item.fields.iter().for_each(|field| check_field(rules, field, &format!("{name}.{}", field.key), found));
}

fn check_table(rules: &RuleSet, form: &Form, section: &crate::Section, found: &mut Found<'_>) {
    let Some(table) = &section.table else { return };
    table
        .columns
        .iter()
        .for_each(|column| check_field(rules, column, &format!("{}.{}", section.code, column.key), found));
    for code in duplicates(table.rows.iter().filter_map(|row| row.code.as_deref())) {
        found.add(format!("dòng biến động {code} bị trùng"));
    }
    for row in table.rows.iter().filter(|row| row.label.trim().is_empty()) {
        found.add(format!("dòng biến động {}: thiếu tên in", row.number));
    }
    for item in form.asset_items().filter(|item| form.change_row_for(item.code()).is_none()) {
        found.add(format!("mục {} không có dòng biến động", item.code()));
    }
}

fn check_help(rules: &RuleSet, help: Option<&str>, place: &str, found: &mut Found<'_>) {
    check_note(rules, help, place, found);
}

fn check_field(rules: &RuleSet, field: &Field, place: &str, found: &mut Found<'_>) {
    check_note(rules, field.help.as_deref(), place, found);
    if field.label.trim().is_empty() {
        found.add(format!("trường {place}: thiếu nhãn"));
    }
    if (field.field_type == FieldType::Enum) == field.options.is_empty() {
        found.add(format!("trường {place}: danh sách giá trị không khớp kiểu"));
    }
    if field.is_compound() == field.parts.is_empty() {
        found.add(format!("trường {place}: các phần không khớp kiểu"));
    }
    for code in duplicates(field.options.iter().map(|option| option.code.as_str())) {
        found.add(format!("trường {place}: giá trị {code} bị trùng"));
    }
    field.parts.iter().for_each(|part| check_field(rules, part, &format!("{place}.{}", part.key), found));
}

fn duplicates<'a>(codes: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    codes.filter(|code| !seen.insert(code.to_owned())).map(str::to_owned).collect()
}
