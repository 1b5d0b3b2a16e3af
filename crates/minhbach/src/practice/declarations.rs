//! Invented declarations that the rules accept.
use chrono::NaiveDate;
use form::Kind;
use serde_json::{Value, json};

use super::names::Invented;

/// What the n-th person declares: a plot, the house on it, savings, a vehicle for some; nothing changed since last year.
pub fn content(person: &Invented, position: &str, unit: &str, kind: Kind, today: NaiveDate, n: usize) -> Value {
    let address = format!("tổ dân phố {}, xã Sơn Linh, tỉnh Quảng Ngãi", 1 + n % 9);
    let n = n as i64;
    let mut assets = vec![
        json!({"code": "LAND_RES", "address": address, "area_m2": format!("{}.5", 90 + n % 60),
               "value": {"kind": "PURCHASE", "amount": 350_000_000 + n * 7_000_000},
               "certificate": {"status": "ISSUED", "number": format!("CH {:06}", 120_000 + n * 37), "grantee": person.name}, "other": "không"}),
        json!({"code": "HOUSE", "address": address, "house_type": "nhà ở riêng lẻ", "floor_area_m2": format!("{}", 80 + n % 90),
               "value": {"kind": "BUILD", "amount": 420_000_000 + n * 5_000_000},
               "certificate": {"status": "ISSUED", "number": format!("CH {:06}", 120_000 + n * 37), "grantee": person.name}, "other": "không"}),
        json!({"code": "MONEY", "name": "Tiền gửi tiết kiệm tại Ngân hàng TMCP Ngoại thương Việt Nam",
               "value": {"kind": "PURCHASE", "amount": 80_000_000 + n * 3_000_000}}),
    ];
    let mut none = vec![
        "LAND_OTHER",
        "STRUCTURE",
        "TREE",
        "FOREST",
        "FIXTURE",
        "PRECIOUS",
        "SHARE",
        "BOND",
        "CAPITAL",
        "PAPER",
        "OTHER",
        "FOREIGN_ASSET",
        "FOREIGN_ACCOUNT",
    ];
    if n % 2 == 0 {
        assets.push(json!({"code": "REGISTERED", "name": "Xe ô tô Toyota Vios", "registration": format!("76A-{:03}.{:02}", 100 + n, 10 + n % 80),
                           "value": {"kind": "PURCHASE", "amount": 520_000_000}}));
    } else {
        none.push("REGISTERED");
    }
    let income = 180_000_000 + n * 2_000_000;
    let first = kind == Kind::First;
    json!({
        "form": "PL1",
        "kind": kind.as_str(),
        "agency_name": unit.to_uppercase(),
        "completed_on": today,
        "declarant": {"full_name": person.name, "dob": person.dob, "position": position, "unit": unit, "residence": address,
                      "id_no": person.id_no, "id_date": "2021-06-10", "id_place": "Cục Cảnh sát quản lý hành chính về trật tự xã hội"},
        "spouse_status": "SINGLE",
        "spouse": null,
        "children": [],
        "assets": assets,
        "none": none,
        "income": if first { Value::Null } else { json!({"declarant": income, "spouse": 0, "children": 0, "common": 0}) },
        "no_change": if first { Value::Null } else { json!(false) },
        "changes": if first { json!([]) } else {
            json!([{"code": "INCOME", "quantity": null, "value": income,
                    "explanation": format!("Lương, phụ cấp, thưởng trong năm: {}", viet::number::group(income))}])
        },
        "receipt": null,
    })
}
