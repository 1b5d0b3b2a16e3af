//! The form definition turned into the wizard's sections and boxes. Nothing here knows a particular item: another form
//! or another kind gives other sections.
use form::{ChangeTable, Field, FieldType, Form, Item, Kind, LawBook, Occurs, Required};

/// How a section is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Asked once, always: the declarant, the income.
    Once,
    /// "Có / Không có", then at most one entry: the spouse.
    Optional,
    /// "Có / Không có", then any number of entries.
    Many,
    /// The table of changes: "Có / Không có biến động", rows, and the rows that always stand.
    Changes,
    /// Lines that are added up (`income`) and are part of no document.
    Sheet,
}

/// One box: a field, or a part of a compound field.
#[derive(Debug, Clone)]
pub struct Slot<'f> {
    /// Path inside the entry: "address", "value.amount".
    pub path: String,
    pub field: &'f Field,
    pub whole: Option<&'f Field>,
}

/// One page of the wizard.
#[derive(Debug, Clone)]
pub struct Section<'f> {
    /// Code of the item, or of the section that holds the table; the draft keeps the text under it.
    pub code: &'f str,
    /// The page's address: "ii-1-1".
    pub slug: String,
    /// "1.1"; the part's number for the table.
    pub number: &'f str,
    pub heading: &'f str,
    /// Code of the printed part it stands in.
    pub part: &'f str,
    pub shape: Shape,
    /// Where its entries stand in the document: "assets[]".
    pub path: &'f str,
    /// The word of the repeat label: "Thửa".
    pub repeat: Option<&'f str>,
    /// Key of the guidance note of the whole section.
    pub help: Option<&'f str>,
    /// Asked once beside the entries; the path is that in the document.
    pub tops: Vec<Slot<'f>>,
    pub slots: Vec<Slot<'f>>,
    pub table: Option<&'f ChangeTable>,
}

/// The sections of a kind of declaration, in printed order.
pub fn sections(form: &Form, kind: Kind) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    for part in form.sections.iter().filter(|part| form.has(kind, &part.code)) {
        let items = part.items.iter().filter(|item| item.code.is_some() && form.has(kind, item.code()));
        found.extend(items.map(|item| of_item(form, part, item)));
        if let Some(table) = &part.table {
            found.push(of_table(form, kind, part, table));
        }
    }
    found
}

/// The sheet on which the income is added up source by source, beside the sections of a kind that asks for the income. It
/// is part of no document. Where the form asks for the sum only (Phụ lục II), nobody is asked whose it is.
pub fn income_sheet<'f>(law: &'f LawBook, form: &'f Form, kind: Kind) -> Option<Section<'f>> {
    let item = &law.income.item;
    let asks = |table: &ChangeTable| standing_rows(form, kind, table).contains(&INCOME);
    let is_asked = form.sections.iter().any(|part| form.has(kind, &part.code) && part.table.as_ref().is_some_and(asks));
    let has_parts = form.has(kind, INCOME) && form.item(INCOME).is_some();
    is_asked.then(|| Section {
        code: item.code(),
        slug: "tung-khoan-thu-nhap".to_owned(),
        number: &item.number,
        heading: &item.heading,
        part: "",
        shape: Shape::Sheet,
        path: &item.path,
        repeat: item.repeat.as_deref(),
        help: item.help.as_deref(),
        tops: Vec::new(),
        slots: item.fields.iter().filter(|field| has_parts || field.key != PART).flat_map(slots).collect(),
        table: None,
    })
}

/// The order in which sections are gone through: the table follows from the assets, so it comes last, wherever it is printed.
pub fn in_walking_order<'s, 'f>(sections: &'s [Section<'f>]) -> Vec<&'s Section<'f>> {
    let (tables, others): (Vec<_>, Vec<_>) = sections.iter().partition(|section| section.table.is_some());
    others.into_iter().chain(tables).collect()
}

fn of_item<'f>(form: &'f Form, part: &'f form::Section, item: &'f Item) -> Section<'f> {
    let shape = match item.occurs {
        Occurs::Once => Shape::Once,
        Occurs::Optional => Shape::Optional,
        Occurs::Many => Shape::Many,
    };
    Section {
        code: item.code(),
        slug: slug(&part.number, &item.number),
        number: &item.number,
        heading: &item.heading,
        part: &part.code,
        shape,
        path: &item.path,
        repeat: item.repeat.as_deref(),
        help: item.help.as_deref(),
        tops: tops_of_item(form, item),
        slots: item.fields.iter().flat_map(slots).collect(),
        table: None,
    }
}

fn of_table<'f>(form: &'f Form, kind: Kind, part: &'f form::Section, table: &'f ChangeTable) -> Section<'f> {
    let standing = standing_rows(form, kind, table).into_iter().flat_map(|code| {
        table.columns.iter().filter(|column| column.required != Required::UnlessIncomeRow).map(move |column| Slot {
            path: format!("{code}.{}", column.key),
            field: column,
            whole: None,
        })
    });
    Section {
        code: &part.code,
        slug: slug(&part.number, ""),
        number: &part.number,
        heading: &part.heading,
        part: &part.code,
        shape: Shape::Changes,
        path: &table.path,
        repeat: None,
        help: part.help.as_deref(),
        tops: standing.collect(),
        slots: table.columns.iter().flat_map(slots).collect(),
        table: Some(table),
    }
}

/// Rows every declaration of the kind has: those of an item asked once (item 10; note 32), and of none, where only the table
/// asks for it (the income of Phụ lục II, note 5).
pub fn standing_rows<'f>(form: &'f Form, kind: Kind, table: &'f ChangeTable) -> Vec<&'f str> {
    let stands = |row: &&'f form::ChangeRow| {
        row.code.as_deref().is_some_and(|code| match form.item(code) {
            Some(item) => form.has(kind, code) && item.occurs == Occurs::Once,
            None => row.items.is_empty(),
        })
    };
    table.rows.iter().filter(stands).filter_map(|row| row.code.as_deref()).collect()
}

/// The header's questions are asked with the first person; facts kept beside the form with the item they name.
fn tops_of_item<'f>(form: &'f Form, item: &'f Item) -> Vec<Slot<'f>> {
    let is_first = form.items().next().is_some_and(|first| first.code == item.code);
    let header = form.header.fields.iter().filter(move |field| is_first && field.field_type == FieldType::Org);
    let extras =
        form.extras.iter().filter(|extra| extra.item.as_deref() == Some(item.code())).map(|extra| &extra.field);
    header.chain(extras).map(|field| Slot { path: field.key.clone(), field, whole: None }).collect()
}

fn slots(field: &Field) -> Vec<Slot<'_>> {
    if !field.is_compound() {
        return vec![Slot { path: field.key.clone(), field, whole: None }];
    }
    let parts = field.parts.iter();
    parts.map(|part| Slot { path: format!("{}.{}", field.key, part.key), field: part, whole: Some(field) }).collect()
}

fn slug(part: &str, number: &str) -> String {
    let text = format!("{part} {}", number.replace('.', " "));
    text.split_whitespace().collect::<Vec<_>>().join("-").to_lowercase()
}

impl Section<'_> {
    /// "1.1. Đất ở"; the table's heading is printed in capitals.
    pub fn title(&self) -> String {
        format!("{}. {}", self.number, sentence_case(self.heading))
    }

    /// "Đất ở"; the form's longest headings are whole sentences, and its numbers name them as well.
    pub fn short_heading(&self) -> String {
        const LONGEST: usize = 70;
        let heading = sentence_case(self.heading);
        if heading.chars().count() > LONGEST { format!("Mục {}", self.number) } else { heading }
    }

    /// "Thửa thứ hai", "Dòng thứ ba"; `nth` counts from 1.
    pub fn entry_label(&self, nth: usize) -> String {
        format!("{} thứ {}", self.repeat.unwrap_or("Mục"), form::find::ordinal(nth))
    }

    /// Whether the section asks "Có / Không có" first.
    pub fn asks(&self) -> bool {
        self.shape != Shape::Once
    }

    /// Whether a part of a compound is asked, given what was chosen for its first part.
    pub fn applies(slot: &Slot<'_>, chosen: &str) -> bool {
        let Some(whole) = slot.whole else { return true };
        if whole.parts.first().is_some_and(|first| first.key == slot.field.key) {
            return true;
        }
        match (whole.field_type, slot.field.required) {
            (FieldType::Certificate, _) | (_, Required::IfCertificateIssued) => chosen == ISSUED,
            (_, Required::IfUndetermined) => chosen == UNDETERMINED,
            _ => true,
        }
    }
}

/// The code of the income: of item 10, and of the row of section III that tells its sum.
pub const INCOME: &str = "INCOME";
/// On the income's sheet: whose a line is, by the key of item 10.
pub const PART: &str = "part";

/// The two answers the conditions of a form definition speak of (`Required`).
pub const ISSUED: &str = "ISSUED";
pub const UNDETERMINED: &str = "UNDETERMINED";

/// "BIẾN ĐỘNG TÀI SẢN" as "Biến động tài sản"; anything else as it stands.
pub fn sentence_case(text: &str) -> String {
    if text.chars().any(char::is_lowercase) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_string() + &chars.as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(kind: Kind) -> Vec<String> {
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(kind).unwrap();
        sections(form, kind).iter().map(|section| section.code.to_owned()).collect()
    }

    #[test]
    fn an_annual_declaration_has_a_section_per_item_and_the_table() {
        assert_eq!(
            codes(Kind::Annual),
            [
                "DECLARANT",
                "SPOUSE",
                "CHILD",
                "LAND_RES",
                "LAND_OTHER",
                "HOUSE",
                "STRUCTURE",
                "TREE",
                "FOREST",
                "FIXTURE",
                "PRECIOUS",
                "MONEY",
                "SHARE",
                "BOND",
                "CAPITAL",
                "PAPER",
                "REGISTERED",
                "OTHER",
                "FOREIGN_ASSET",
                "FOREIGN_ACCOUNT",
                "INCOME",
                "CHANGES",
            ]
        );
    }

    #[test]
    fn a_first_declaration_has_neither_income_nor_changes() {
        let annual = codes(Kind::Annual);
        assert_eq!(codes(Kind::First), annual[..annual.len() - 2]);
    }

    #[test]
    fn addresses_are_distinct_and_every_part_of_a_compound_has_a_box() {
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        let sections = sections(form, Kind::Annual);
        let slugs: std::collections::BTreeSet<_> = sections.iter().map(|section| section.slug.clone()).collect();
        assert_eq!(slugs.len(), sections.len());
        assert!(slugs.contains("ii-1-1") && slugs.contains("iii"));
        let land = sections.iter().find(|section| section.code == "LAND_RES").unwrap();
        let paths: Vec<_> = land.slots.iter().map(|slot| slot.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "address",
                "area_m2",
                "value.kind",
                "value.amount",
                "value.reason",
                "certificate.status",
                "certificate.number",
                "certificate.register_number",
                "certificate.grantee",
                "other",
                "holder",
            ]
        );
        let changes = sections.last().unwrap();
        let tops: Vec<_> = changes.tops.iter().map(|slot| slot.path.as_str()).collect();
        assert_eq!(tops, ["INCOME.value", "INCOME.explanation"]);
        assert_eq!(
            changes.title(),
            "III. Biến động tài sản, thu nhập; giải trình nguồn gốc của tài sản, thu nhập tăng thêm"
        );
        assert_eq!(sections[0].tops[0].path, "agency_name");
        assert_eq!(sections[1].tops[0].path, "spouse_status");
    }
}
