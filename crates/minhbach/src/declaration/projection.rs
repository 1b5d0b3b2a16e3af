//! Facts for statistics, made from a document. Pure, so that they can be made again and compared.
use serde_json::{Value, json};

use super::model::AssetFact;
use crate::kernel::Result;
use crate::kernel::files::canonical_hash;

/// The facts of a declaration's assets, in their order. They carry no name, number, address or text.
pub fn facts(content: &Value) -> Vec<AssetFact> {
    let assets = content.get("assets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    assets
        .iter()
        .zip(0i16..)
        .map(|(asset, position)| {
            let text = |pointer: &str| asset.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            AssetFact {
                position,
                code: text("/code").unwrap_or_default(),
                value_kind: text("/value/kind"),
                amount: asset.pointer("/value/amount").and_then(Value::as_i64).filter(|a| *a >= 0),
                area_m2: text("/area_m2").or_else(|| text("/floor_area_m2")),
                province_code: text("/address").and_then(|address| province_of(&address)),
            }
        })
        .collect()
}

/// The code of today's province an address lies in, if the lists know it: the only part of an address statistics need.
fn province_of(address: &str) -> Option<String> {
    let reading = viet::place::read_address(address).into_iter().next()?;
    let successors = reading.communes_today();
    let today = successors.iter().find(|s| s.is_default).map(|s| s.unit.province());
    let province = today.or_else(|| {
        (reading.province.unit.standing == viet::place::Standing::Listed).then_some(reading.province.unit)
    })?;
    Some(province.key.code.to_owned())
}

/// Hash of the facts in canonical JSON; stands in the event, so that a changed projection is noticed.
pub fn facts_hash(facts: &[AssetFact]) -> Result<[u8; 32]> {
    canonical_hash(&json!(facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_carry_no_identity() {
        let content = json!({
            "declarant": {"full_name": "Nguyễn Văn An"},
            "assets": [
                {"code": "LAND_RES", "address": "thôn 3, xã Sơn Linh, tỉnh Quảng Ngãi", "area_m2": "250.5",
                 "value": {"kind": "STATED", "amount": 800000000}, "certificate": {"number": "BK 294093", "grantee": "Nguyễn Văn An"}},
                {"code": "MONEY", "name": "Sổ tiết kiệm của bà Bình", "value": {"kind": "UNDETERMINED", "reason": "x"}},
            ],
        });
        let facts = facts(&content);
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[0].amount, Some(800_000_000));
        assert_eq!(facts[0].area_m2.as_deref(), Some("250.5"));
        assert_eq!(facts[1].amount, None);
        let text = serde_json::to_string(&facts).unwrap();
        for planted in ["An", "Bình", "294093", "thôn", "Sơn Linh"] {
            assert!(!text.contains(planted), "{planted} in {text}");
        }
        assert_ne!(facts_hash(&facts).unwrap(), facts_hash(&facts[..1]).unwrap());
    }
}
