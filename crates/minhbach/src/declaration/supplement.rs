//! A supplementary declaration (article 36.2; Phụ lục II) beside the amount from which it is owed.
use form::RuleSet;
use serde_json::Value;

/// "Phần II ghi tài sản tăng 1.050.000.000 đồng, giảm 260.000.000 đồng. …": what the table of a supplementary declaration
/// adds up to, and the amount of the rule set. It informs: whoever declares less than they must not be asked for declares all
/// the same.
pub fn told(rules: &RuleSet, document: &Value) -> Option<String> {
    let threshold = rules.threshold("change")?;
    let rows = document.get("changes")?.as_array()?;
    let sum = |sign: char| {
        let of_sign = rows
            .iter()
            .filter(|row| row["quantity"].as_str().is_some_and(|quantity| quantity.trim_start().starts_with(sign)));
        of_sign.filter_map(|row| row["value"].as_i64()).try_fold(0i64, i64::checked_add)
    };
    let dong = viet::number::format_dong;
    Some(format!(
        "Phần II ghi tài sản tăng {}, giảm {}. Mức biến động trong năm phải kê khai bổ sung là từ {} ({}).",
        dong(sum('+')?),
        dong(sum('-')?),
        dong(threshold.amount),
        threshold.basis
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increases_and_decreases_are_added_up_and_income_is_neither() {
        let law = form::LawBook::embedded().unwrap();
        let document: Value = serde_json::from_str(include_str!("../../../form/tests/data/supplement.json")).unwrap();
        let told = |rules: &str| told(law.get(rules).unwrap(), &document).unwrap();
        assert_eq!(
            told("R1_ND130"),
            "Phần II ghi tài sản tăng 245.000.000 đồng, giảm 260.000.000 đồng. Mức biến động trong năm phải kê khai bổ sung là \
             từ 300.000.000 đồng (khoản 2 Điều 36 Luật Phòng, chống tham nhũng 2018)."
        );
        assert!(told("R2_2026").contains("từ 1.000.000.000 đồng"));
    }
}
