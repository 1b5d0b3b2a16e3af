//! R: land, houses, structures and what stands on land; values and certificates of all assets.
use std::collections::BTreeSet;
use std::str::FromStr;

use rust_decimal::Decimal;
use viet::ident::recognise_certificate;
use viet::number::group;
use viet::text::fold;

use super::case::{Entry, spaced};
use super::{Case, Report};
use crate::doc::Answer;

const LAND: [&str; 2] = ["LAND_RES", "LAND_OTHER"];
const BUILDINGS: [&str; 2] = ["HOUSE", "STRUCTURE"];
const ESTATE: [&str; 4] = ["LAND_RES", "LAND_OTHER", "HOUSE", "STRUCTURE"];

/// R01. Areas in m², above 0 and below the rule's limit.
pub fn areas(case: &Case<'_>, report: &mut Report<'_>) {
    let limit = Decimal::from(report.rule.limit.unwrap_or(i64::MAX));
    let shown = report.rule.limit.map(group).unwrap_or_default();
    for asset in case.assets() {
        let Some(item) = case.form.item(asset.code) else { continue };
        let Some(field) = item.fields.iter().find(|field| field.field_type == crate::FieldType::Area) else { continue };
        let path = asset.at(&field.key);
        let area = Decimal::from_str(case.text(&path)).ok();
        let is_wrong = area.map_or(case.is_blank(&path), |area| area <= Decimal::ZERO || area >= limit);
        if is_wrong {
            report.at(&path, &[("limit", &shown)]);
        }
    }
}

/// R02. Note 11: a status; when issued, number and grantee.
pub fn certificates(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&ESTATE) {
        if case.is_blank(&asset.at("certificate.status")) {
            report.at(&asset.at("certificate.status"), &[("fault", "chưa ghi tình trạng cấp giấy chứng nhận")]);
        }
        if case.text(&asset.at("certificate.status")) != "ISSUED" {
            continue;
        }
        for (key, fault) in [("number", "chưa ghi số giấy chứng nhận"), ("grantee", "chưa ghi tên người được cấp")]
        {
            let path = asset.at(&format!("certificate.{key}"));
            if case.is_blank(&path) {
                report.at(&path, &[("fault", fault)]);
            }
        }
    }
}

/// R03. Shape of the number; the same number twice among plots or twice among buildings. One certificate may cover a
/// plot and the house on it.
pub fn certificate_numbers(case: &Case<'_>, report: &mut Report<'_>) {
    for group in [&LAND, &BUILDINGS] {
        let mut seen: Vec<String> = Vec::new();
        for asset in case.assets_of(group) {
            let path = asset.at("certificate.number");
            let number = case.text(&path);
            if number.is_empty() {
                continue;
            }
            let recognised = recognise_certificate(number);
            if recognised.is_none() {
                report.at(&path, &[("number", number), ("fault", "không theo dạng thường gặp")]);
            }
            let canonical = recognised.map_or_else(|| fold(number), |known| known.canonical);
            if seen.contains(&canonical) {
                report.at(&path, &[("number", number), ("fault", "đã ghi cho tài sản khác cùng loại")]);
            }
            seen.push(canonical);
        }
    }
}

/// R04. A grantee outside the family needs "Thông tin khác" (note 12).
pub fn foreign_grantee(case: &Case<'_>, report: &mut Report<'_>) {
    let family: Vec<_> = case
        .persons()
        .iter()
        .map(|person| spaced(case.text(&format!("{}.full_name", person.path))))
        .filter(|name| !name.is_empty())
        .collect();
    for asset in case.assets_of(&ESTATE) {
        let path = asset.at("certificate.grantee");
        let grantee = case.text(&path);
        let is_family = family.iter().any(|name| format!(" {} ", spaced(grantee)).contains(&format!(" {name} ")));
        if !grantee.is_empty() && !is_family && says_nothing(case, &asset.at("other")) {
            report.at(&path, &[("grantee", grantee)]);
        }
    }
}

fn says_nothing(case: &Case<'_>, path: &str) -> bool {
    case.is_blank(path) || matches!(fold(case.text(path)).as_str(), "khong" | "khong co")
}

/// R05. Note 10: an amount, or "không xác định được giá trị".
pub fn values(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets() {
        let has_value = case.form.item(asset.code).is_some_and(|item| item.field("value").is_some());
        let is_settled = case.text(&asset.at("value.kind")) == "UNDETERMINED" || is_illegible(case, &asset);
        if has_value && !is_settled && case.is_blank(&asset.at("value.amount")) {
            report.at(&asset.at("value.amount"), &[]);
        } else if has_value && !is_settled && case.is_blank(&asset.at("value.kind")) {
            report.at(&asset.at("value.kind"), &[]);
        }
    }
}

fn is_illegible(case: &Case<'_>, asset: &Entry<'_>) -> bool {
    case.answer(&asset.at("value")) == Answer::Missing(crate::doc::Missing::Illegible)
}

/// R06. The reason of an undetermined value.
pub fn undetermined_reason(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets() {
        if case.text(&asset.at("value.kind")) == "UNDETERMINED" && case.is_blank(&asset.at("value.reason")) {
            report.at(&asset.at("value.reason"), &[]);
        }
    }
}

/// R07. A gift or inheritance is worth an estimate (note 10).
pub fn gift_is_estimated(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets() {
        let is_price = matches!(case.text(&asset.at("value.kind")), "STATED" | "PURCHASE" | "BUILD");
        if is_price && Case::mentions(case.text(&asset.at("other")), &report.rule.words) {
            report.at(&asset.at("value.kind"), &[]);
        }
    }
}

/// R08. A detached house stands on land. A supplement describes only what is new, so the land may be declared before.
pub fn house_has_land(case: &Case<'_>, report: &mut Report<'_>) {
    if case.form.section("ASSETS").is_none_or(|section| section.same_as.is_some()) {
        return;
    }
    let land = case.assets_of(&LAND);
    for house in case.assets_of(&["HOUSE"]) {
        let detached = Case::is_only(case.text(&house.at("house_type")), &report.rule.words);
        let has_land = land
            .iter()
            .any(|plot| shares(case, plot, &house, "address") || shares(case, plot, &house, "certificate.number"));
        if detached && !has_land {
            report.at(&house.at("address"), &[]);
        }
    }
}

fn shares(case: &Case<'_>, plot: &Entry<'_>, house: &Entry<'_>, key: &str) -> bool {
    let (one, other) = (spaced(case.text(&plot.at(key))), spaced(case.text(&house.at(key))));
    !one.is_empty() && one == other
}

/// R09. The declarant lives somewhere; a hint only, for homes may be rented or lent.
pub fn residence_is_declared(case: &Case<'_>, report: &mut Report<'_>) {
    let residence = spaced(case.text("declarant.residence"));
    let is_whole_form = case.form.section("ASSETS").is_some_and(|section| section.same_as.is_none());
    let is_declared = case.assets_of(&ESTATE).iter().any(|asset| spaced(case.text(&asset.at("address"))) == residence);
    if is_whole_form && !residence.is_empty() && !is_declared {
        report.at("declarant.residence", &[]);
    }
}

/// R15. Note 8: where something lies. The units changed on 01/07/2025; the old text stays, and what cannot be told from it of
/// today's commune is told. One place is told once.
pub fn place_of_today(case: &Case<'_>, report: &mut Report<'_>) {
    let residences = case.persons().into_iter().map(|person| format!("{}.residence", person.path));
    let estates = case.assets().into_iter().map(|asset| asset.at("address"));
    let mut told = BTreeSet::new();
    for path in residences.chain(estates) {
        let text = case.text(&path);
        if text.is_empty() || !told.insert(spaced(text)) {
            continue;
        }
        if let Some(fault) = not_of_today(text) {
            report.at(&path, &[("fault", &fault)]);
        }
    }
}

/// Why the commune of today cannot be told from an address.
fn not_of_today(text: &str) -> Option<String> {
    const NAMED: usize = 4;
    let readings = viet::place::read_address(text);
    let Some(best) = readings.first() else {
        return Some(format!("chưa tìm thấy tỉnh, thành phố hiện nay trong “{text}”"));
    };
    // "Son Ha" typed without marks is two communes of one province.
    let mut today: Vec<viet::place::Successor> = Vec::new();
    for reading in readings.iter().filter(|reading| reading.cost() == best.cost()) {
        for commune in reading.communes_today() {
            if !today.iter().any(|known| known.unit == commune.unit) {
                today.push(commune);
            }
        }
    }
    match &today[..] {
        [_] => None,
        [] => Some(format!("chưa tìm thấy xã, phường hiện nay trong “{text}”")),
        several => {
            let names: Vec<_> = several.iter().take(NAMED).map(|commune| commune.unit.full_name()).collect();
            let more = if several.len() > NAMED { ", …" } else { "" };
            Some(format!("nơi ghi trong “{text}” nay thuộc một trong các đơn vị: {}{more}", names.join(", ")))
        }
    }
}

/// R10. Note 7: land partly for living belongs to 1.1.
pub fn residential_use_in_other_land(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["LAND_OTHER"]) {
        let land_type = case.text(&asset.at("land_type"));
        if Case::mentions(land_type, &report.rule.words) {
            report.at(&asset.at("land_type"), &[("type", land_type)]);
        }
    }
}

/// R11.
pub fn land_type(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["LAND_OTHER"], &["land_type"]);
}

/// R12. Note 14: one of the form's two types.
pub fn house_type(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["HOUSE"]) {
        let path = asset.at("house_type");
        let field = case.form.field(case.document, &path).map(|found| found.field);
        let text = case.text(&path);
        let is_offered = field.is_some_and(|field| field.option(text).is_some());
        if case.is_blank(&path) || (!text.is_empty() && !is_offered) {
            report.at(&path, &[]);
        }
    }
}

/// R13.
pub fn structure_description(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["STRUCTURE"], &["name", "structure_type", "structure_grade"]);
}

/// R14. Note 16: not a dwelling.
pub fn dwelling_as_structure(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["STRUCTURE"]) {
        for key in ["name", "structure_type"] {
            let text = case.text(&asset.at(key));
            if Case::mentions(text, &report.rule.words) {
                report.at(&asset.at(key), &[("name", text)]);
            }
        }
    }
}

/// R16. Notes 18 and 19: planted forest belongs to 3.2.
pub fn forest_as_tree(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["TREE"]) {
        let name = case.text(&asset.at("name"));
        if Case::mentions(name, &report.rule.words) {
            report.at(&asset.at("name"), &[("name", name)]);
        }
    }
}

/// R17. Note 17: each type of item 3 adds up to the threshold. Below it, declaring is voluntary.
pub fn attached_below_threshold(case: &Case<'_>, report: &mut Report<'_>) {
    super::movables::below_threshold(case, report, crate::ruleset::ThresholdMode::PerTypeTotal);
}

/// One finding for every blank field among `keys` of assets with these codes.
pub(super) fn report_blank(case: &Case<'_>, report: &mut Report<'_>, codes: &[&str], keys: &[&str]) {
    for asset in case.assets_of(codes) {
        for path in keys.iter().map(|key| asset.at(key)).filter(|path| case.is_blank(path)) {
            report.at(&path, &[]);
        }
    }
}
