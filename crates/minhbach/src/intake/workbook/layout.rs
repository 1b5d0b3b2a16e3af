//! What stands where in a workbook: its sheets and their columns, worked out from the form's definition. Writing and reading both
//! go by it, so that they cannot differ.
use form::{ChangeTable, Channel, EnumOption, Field, FieldType, Form, InputError, Item, RuleSet, display, input_text};
use serde_json::{Value, json};
use viet::text::fold;

/// The row of the columns' keys, hidden; of the headings of their groups; of their titles; the first of people. From zero.
pub const KEYS: u32 = 0;
pub const GROUPS: u32 = 1;
pub const TITLES: u32 = 2;
pub const FIRST: u32 = 3;

/// A workbook for one form.
pub struct Layout<'l> {
    pub rules: &'l RuleSet,
    pub form: &'l Form,
    pub plans: Vec<Plan<'l>>,
}

/// A sheet.
pub struct Plan<'l> {
    pub name: String,
    pub about: About<'l>,
    pub columns: Vec<Column<'l>>,
}

/// What a row of the sheet is.
#[derive(Clone, Copy)]
pub enum About<'l> {
    /// A person with all that stands in a declaration once.
    People,
    /// An entry of a list whose entries are of one item: a child.
    Entries(&'l Item),
    /// An asset of the item the row names.
    Assets,
    /// A row of the table of changes.
    Changes(&'l ChangeTable),
}

impl About<'_> {
    /// The list of the document the rows stand in; none for people.
    pub fn list(&self) -> Option<&str> {
        let path = match self {
            Self::People => return None,
            Self::Entries(item) => &item.path,
            Self::Assets => "assets[]",
            Self::Changes(table) => &table.path,
        };
        Some(path.trim_end_matches("[]"))
    }
}

/// A column.
pub struct Column<'l> {
    /// Stands in the hidden row, so that a heading may be read anew and the column is still found.
    pub key: String,
    pub group: String,
    pub title: String,
    pub holds: Holds<'l>,
}

/// What a column holds.
pub enum Holds<'l> {
    /// Whose row it is: the same word in every sheet.
    Code,
    /// Of which item an asset is, of which row of the table a change.
    Entry,
    /// Whether it is stated that nothing changed.
    NoChange,
    /// A field; of assets, the fields of several items that are the same answer.
    Fields(Vec<Place<'l>>),
}

/// A field with its place in the document, or in the entry of a list.
#[derive(Clone)]
pub struct Place<'l> {
    pub path: String,
    pub field: &'l Field,
    /// The compound it is a part of.
    pub whole: Option<&'l Field>,
    /// The item of assets it belongs to.
    pub item: Option<&'l Item>,
}

impl<'l> Layout<'l> {
    pub fn of(rules: &'l RuleSet, form: &'l Form) -> Self {
        let mut plans = vec![people(form)];
        for item in form.items().filter(|item| item.path.ends_with("[]") && item.path != "assets[]") {
            plans.push(entries(item));
        }
        if form.asset_items().next().is_some() {
            plans.push(assets(form));
        }
        plans.extend(form.table().map(changes));
        Self { rules, form, plans }
    }

    /// The labels of the items or rows a sheet's entries may be of, each with its code.
    pub fn entries(&self, about: About<'l>) -> Vec<(&'l str, String)> {
        let label = |number: &str, heading: &str| format!("{number}. {heading}");
        match about {
            About::People | About::Entries(_) => Vec::new(),
            About::Assets => {
                self.form.asset_items().map(|item| (item.code(), label(&item.number, &item.heading))).collect()
            }
            About::Changes(table) => {
                let rows = table.rows.iter();
                rows.filter_map(|row| Some((row.code.as_deref()?, label(&row.number, &row.label)))).collect()
            }
        }
    }

    /// The code of the entry a cell names: by its whole label, its number or the code itself.
    pub fn entry(&self, about: About<'l>, written: &str) -> Option<&'l str> {
        let folded = fold(written);
        let number = written.trim().trim_end_matches('.');
        let is_it = |(code, label): &(&str, String)| {
            let own = label.split_once(". ").map_or("", |(own, _)| own);
            fold(label) == folded || own == number || *code == written
        };
        self.entries(about).into_iter().find(is_it).map(|(code, _)| code)
    }

    /// What may be chosen in a column; empty where anything is typed.
    pub fn choices(&self, plan: &Plan<'l>, column: &Column<'l>) -> Vec<String> {
        match &column.holds {
            Holds::Code => Vec::new(),
            Holds::Entry => self.entries(plan.about).into_iter().map(|(_, label)| label).collect(),
            Holds::NoChange => self.no_change().map(|(label, _)| label.to_owned()).into(),
            Holds::Fields(places) => {
                let mut all: Vec<String> = Vec::new();
                for place in places {
                    let own = self.labels(place.field).into_iter().map(|(_, label)| label);
                    all.extend(own.filter(|label| !all.contains(label)).collect::<Vec<_>>());
                }
                all
            }
        }
    }

    /// The answers to whether something changed.
    pub fn no_change(&self) -> [(&'l str, bool); 2] {
        [(self.form.table().map_or("", |table| &table.no_change_label), true), ("Có biến động", false)]
    }

    /// Codes and labels a field of choices has on paper.
    fn labels(&self, field: &Field) -> Vec<(String, String)> {
        let shown = |code: String| (code.clone(), display(field, &json!(code)));
        match field.field_type {
            FieldType::Enum => {
                let on_paper = |option: &&EnumOption| option.channel != Some(Channel::Online);
                field.options.iter().filter(on_paper).map(|o| (o.code.clone(), o.label.clone())).collect()
            }
            FieldType::Kind => {
                let kinds = self.rules.facts.kinds.iter().filter(|kind| kind.form == self.form.code);
                kinds.map(|kind| (kind.code.as_str().to_owned(), kind.label.clone())).collect()
            }
            FieldType::Holder => {
                let children = (1..=CHILDREN).map(|nth| format!("CHILD({nth})"));
                ["SELF", "SPOUSE", "JOINT", "UNSTATED"]
                    .map(str::to_owned)
                    .into_iter()
                    .chain(children)
                    .map(shown)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Reads what was typed for `place`, by the labels of the drop-down first.
    pub fn parse(&self, column: &[Place<'l>], place: &Place<'l>, text: &str) -> Result<Value, InputError> {
        let (field, folded) = (place.field, fold(text));
        if field.field_type == FieldType::ItemCodes {
            return self.item_codes(field, text);
        }
        if let Some((code, _)) = self.labels(field).into_iter().find(|(_, label)| fold(label) == folded) {
            return Ok(json!(code));
        }
        if field.field_type == FieldType::Kind {
            return self.kind(field, text);
        }
        let own = form::parse_input(field, text);
        // Two items that share a column word the same answer in their own way ("quyền sử dụng đất", "quyền sở hữu").
        let of_others = || {
            let options = column.iter().flat_map(|other| &other.field.options);
            let code = &options.into_iter().find(|option| fold(&option.label) == folded)?.code;
            field.option(code).map(|option| json!(option.code))
        };
        match own {
            Err(error) if field.field_type == FieldType::Enum => of_others().ok_or(error),
            own => own,
        }
    }

    /// How a value stands in a cell; [`Layout::parse`] reads it back.
    pub fn text(&self, field: &Field, value: &Value) -> String {
        match (field.field_type, value.as_str(), value.as_array()) {
            (FieldType::Enum | FieldType::Holder, Some(_), _) => display(field, value),
            (FieldType::Kind, Some(code), _) => {
                let labels = self.labels(field);
                labels.into_iter().find(|(other, _)| other == code).map_or_else(|| code.to_owned(), |(_, label)| label)
            }
            (FieldType::ItemCodes, _, Some(codes)) => {
                let codes = codes.iter().filter_map(Value::as_str).filter_map(|code| self.form.item(code));
                codes.map(|item| self.number(item)).collect::<Vec<_>>().join("; ")
            }
            _ => input_text(field, value),
        }
    }

    /// "II.1.1": the number of an item with its section's, which no other item has.
    fn number(&self, item: &Item) -> String {
        let sections = self.form.sections.iter();
        let mut of = sections.filter(|section| section.items.iter().any(|other| other.code == item.code));
        format!("{}.{}", of.next().map_or("", |section| &section.number), item.number)
    }

    /// A kind by its code, of those made on this form only.
    fn kind(&self, field: &Field, text: &str) -> Result<Value, InputError> {
        let labels = self.labels(field);
        if labels.iter().any(|(code, _)| code == text) {
            return Ok(json!(text));
        }
        let shown: Vec<_> = labels.iter().map(|(_, label)| format!("“{label}”")).collect();
        Err(InputError {
            what: format!("mẫu này không dùng cho “{text}”"),
            place: field.label.clone(),
            mend: format!("Đề nghị chọn một trong: {}", shown.join(", ")),
            note: field.help.clone(),
        })
    }

    fn item_codes(&self, field: &Field, text: &str) -> Result<Value, InputError> {
        let mut codes: Vec<&str> = Vec::new();
        for written in text.split([';', ',']).map(str::trim).filter(|written| !written.is_empty()) {
            let is_it = |item: &&Item| self.number(item).eq_ignore_ascii_case(written) || item.code() == written;
            let Some(item) = self.form.items().find(is_it) else {
                return Err(InputError {
                    what: format!("không có mục “{written}”"),
                    place: field.label.clone(),
                    mend: "Đề nghị ghi số phần và số mục, ví dụ II.1.1; II.4".into(),
                    note: None,
                });
            };
            codes.push(item.code());
        }
        codes.dedup();
        Ok(if codes.is_empty() { Value::Null } else { json!(codes) })
    }
}

/// Children a drop-down offers to be holders; a further one can be typed.
const CHILDREN: usize = 10;

fn column<'l>(key: &str, group: &str, title: &str, holds: Holds<'l>) -> Column<'l> {
    Column { key: key.to_owned(), group: group.to_owned(), title: title.to_owned(), holds }
}

/// The first column of every sheet.
fn code() -> Column<'static> {
    column("#", "", "Mã người kê khai", Holds::Code)
}

/// The leaves of fields under a parent's path: a compound by its parts.
fn places<'l>(parent: &str, fields: &'l [Field], item: Option<&'l Item>) -> Vec<Place<'l>> {
    let mut found = Vec::new();
    for field in fields {
        let path = if parent.is_empty() { field.key.clone() } else { format!("{parent}.{}", field.key) };
        if field.is_compound() {
            let part =
                |part: &'l Field| Place { path: format!("{path}.{}", part.key), field: part, whole: Some(field), item };
            found.extend(field.parts.iter().map(part));
        } else {
            found.push(Place { path, field, whole: None, item });
        }
    }
    found
}

/// "Giá trị: số tiền" for a part of a compound.
fn title(place: &Place<'_>) -> String {
    match place.whole {
        Some(whole) => format!("{}: {}", whole.label, super::super::review::lower_first(&place.field.label)),
        None => place.field.label.clone(),
    }
}

fn own_columns<'l>(group: &str, places: Vec<Place<'l>>) -> Vec<Column<'l>> {
    places
        .into_iter()
        .map(|place| column(&place.path.clone(), group, &title(&place), Holds::Fields(vec![place])))
        .collect()
}

/// What stands in a declaration once.
fn people(form: &Form) -> Plan<'_> {
    let mut columns = vec![code()];
    columns.extend(own_columns("Đầu bản kê khai", places("", &form.header.fields, None)));
    let extras = |code: Option<&str>| -> Vec<_> {
        let of = form.extras.iter().filter(|extra| extra.item.as_deref() == code);
        of.map(|extra| Place { path: extra.field.key.clone(), field: &extra.field, whole: None, item: None }).collect()
    };
    for item in form.items().filter(|item| !item.path.ends_with("[]")) {
        columns.extend(own_columns(&item.heading, extras(item.code.as_deref())));
        columns.extend(own_columns(&item.heading, places(&item.path, &item.fields, None)));
    }
    if let Some(table) = form.table() {
        let group = "Biến động tài sản, thu nhập";
        columns.push(column(&table.no_change_path, group, "Có biến động không", Holds::NoChange));
    }
    columns.extend(own_columns("Nội dung khác", extras(None)));
    for signature in &form.signatures {
        if let Some(path) = &signature.path {
            columns.extend(own_columns("Người nhận bản kê khai", places(path, &signature.fields, None)));
        }
    }
    Plan { name: "Người kê khai".into(), about: About::People, columns }
}

/// A list whose entries are all of one item.
fn entries(item: &Item) -> Plan<'_> {
    let mut columns = vec![code()];
    columns.extend(own_columns(&item.heading, places("", &item.fields, None)));
    Plan { name: item.repeat.clone().unwrap_or_else(|| item.code().to_owned()), about: About::Entries(item), columns }
}

/// All assets in one sheet. Fields of several items with the same key and type are one column: what one item calls "Loại cây"
/// another calls "Tên cổ phiếu".
fn assets(form: &Form) -> Plan<'_> {
    let mut shared: Vec<Vec<Place<'_>>> = Vec::new();
    for place in form.asset_items().flat_map(|item| places("", &item.fields, Some(item))) {
        let is_same = |other: &Place<'_>| other.path == place.path && other.field.field_type == place.field.field_type;
        match shared.iter_mut().find(|column| is_same(&column[0])) {
            Some(column) => column.push(place),
            None => shared.push(vec![place]),
        }
    }
    let mut columns = vec![code(), column("@", "", "Mục tài sản", Holds::Entry)];
    for places in shared {
        let twins = columns.iter().filter(|column| column.key.split('~').next() == Some(&*places[0].path)).count();
        let key = if twins == 0 { places[0].path.clone() } else { format!("{}~{}", places[0].path, twins + 1) };
        let group = places[0].whole.map_or("", |whole| &whole.label);
        columns.push(column(&key, group, &shared_title(&places), Holds::Fields(places)));
    }
    Plan { name: "Tài sản".into(), about: About::Assets, columns }
}

/// Every label the fields of a column have, with the items that call it so where there are several.
fn shared_title(places: &[Place<'_>]) -> String {
    let mut titles: Vec<(String, Vec<&str>)> = Vec::new();
    for place in places {
        let (own, number) = (title(place), place.item.map_or("", |item| &item.number));
        match titles.iter_mut().find(|(other, _)| *other == own) {
            Some((_, numbers)) => numbers.push(number),
            None => titles.push((own, vec![number])),
        }
    }
    match titles.as_slice() {
        [(only, _)] => only.clone(),
        _ => titles.iter().map(|(own, of)| format!("{own} (mục {})", of.join(", "))).collect::<Vec<_>>().join("; "),
    }
}

fn changes(table: &ChangeTable) -> Plan<'_> {
    let mut columns = vec![code(), column("@", "", &table.row_heading, Holds::Entry)];
    columns.extend(own_columns("", places("", &table.columns, None)));
    Plan { name: "Biến động".into(), about: About::Changes(table), columns }
}

impl<'l> Column<'l> {
    pub fn places(&self) -> &[Place<'l>] {
        match &self.holds {
            Holds::Fields(places) => places,
            _ => &[],
        }
    }

    /// The field of the column that an asset of an item has; in other sheets the only one.
    pub fn place(&self, item: Option<&str>) -> Option<&Place<'l>> {
        self.places().iter().find(|place| place.item.is_none_or(|own| Some(own.code()) == item))
    }
}
