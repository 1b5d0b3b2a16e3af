//! Provinces and communes as rows for the database, from the list `viet` carries.
use super::store::AdminUnitRow;

/// The name of a province, as documents name the place they are made in.
pub fn province_name(code: &str) -> Option<String> {
    viet::place::gazetteer().provinces().find(|unit| unit.key.code == code).map(|unit| unit.name.to_owned())
}

/// The 34 provinces and 3,321 communes in force since 01/07/2025 (Quyết định 19/2025/QĐ-TTg).
pub fn units() -> Vec<AdminUnitRow> {
    let gazetteer = viet::place::gazetteer();
    let mut rows = Vec::with_capacity(3400);
    for province in gazetteer.provinces() {
        rows.push(row(province, province.key.code, "PROVINCE"));
        rows.extend(
            gazetteer
                .children(Some(province))
                .filter(|c| c.standing == viet::place::Standing::Listed)
                .map(|commune| row(commune, province.key.code, "COMMUNE")),
        );
    }
    rows
}

fn row(unit: &viet::place::Unit, province: &str, level: &'static str) -> AdminUnitRow {
    AdminUnitRow {
        code: unit.key.code.to_owned(),
        level,
        kind: unit.kind.label().to_owned(),
        name: unit.name.to_owned(),
        full_name: unit.full_name(),
        province_code: province.to_owned(),
        search_key: viet::text::fold(unit.name),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_whole() {
        let units = super::units();
        assert_eq!(units.iter().filter(|u| u.level == "PROVINCE").count(), 34);
        assert_eq!(units.iter().filter(|u| u.level == "COMMUNE").count(), 3321);
    }
}
