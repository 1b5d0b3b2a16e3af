//! The official lists and addresses that name them.

use proptest::prelude::*;
use std::collections::HashSet;
use viet::place::{Extent, Reading, Standing, Tier, Unit, UnitKind, gazetteer, read_address};

fn one(text: &str) -> Reading {
    let mut readings = read_address(text);
    assert_eq!(readings.len(), 1, "{text}: {readings:#?}");
    readings.remove(0)
}

fn communes() -> impl Iterator<Item = &'static Unit> {
    gazetteer().provinces().flat_map(|province| gazetteer().children(Some(province)))
}

fn old_communes() -> Vec<&'static Unit> {
    let places = gazetteer();
    let provinces = places.children(None).filter(|unit| unit.standing == Standing::Ended);
    provinces.flat_map(|p| places.children(Some(p))).flat_map(|d| places.children(Some(d))).collect()
}

#[test]
fn counts_are_those_of_the_decision() {
    assert_eq!(gazetteer().provinces().count(), 34);
    let listed: Vec<_> = communes().filter(|unit| unit.standing == Standing::Listed).collect();
    let count = |kind| listed.iter().filter(|unit| unit.kind == kind).count();
    assert_eq!(
        (listed.len(), count(UnitKind::Commune), count(UnitKind::Ward), count(UnitKind::SpecialZone)),
        (3321, 2621, 687, 13)
    );
    assert_eq!(communes().filter(|unit| unit.standing == Standing::AwaitingList).count(), 10);
    assert_eq!(old_communes().len(), 10_035);
}

#[test]
fn every_old_commune_has_one_default_successor() {
    let mut divided = 0;
    for unit in old_communes() {
        let heirs = unit.successors();
        assert_eq!(heirs.iter().filter(|heir| heir.is_default).count(), 1, "{}", unit.path());
        assert!(heirs[0].is_default && heirs.len() <= 5, "{}", unit.path());
        divided += usize::from(heirs.iter().all(|heir| heir.extent == Extent::Partial));
    }
    assert_eq!(divided, 440);
}

#[test]
fn codes_were_reused_with_another_meaning() {
    let places = gazetteer();
    let name = |code, from| places.by_key(code, from).map(Unit::full_name);
    let from = places.listed("01").expect("Hà Nội").key.valid_from;
    assert_eq!(name("00004", None).as_deref(), Some("Phường Trúc Bạch"));
    assert_eq!(name("00004", from).as_deref(), Some("Phường Ba Đình"));
    assert_eq!(name("44", None).as_deref(), Some("Tỉnh Quảng Bình"));
    assert_eq!(name("44", from).as_deref(), Some("Tỉnh Quảng Trị"));
    assert_eq!(name("99999", from), None);
}

#[test]
fn folded_names_collide_and_full_names_decide() {
    let places = gazetteer();
    let quang_ngai = places.listed("51").expect("Quảng Ngãi");
    let names: HashSet<_> = places.candidates(Some(quang_ngai), "Sơn Hà").into_iter().map(Unit::full_name).collect();
    assert_eq!(names, HashSet::from(["Xã Sơn Hà".to_owned(), "Xã Sơn Hạ".to_owned()]));
    let found = places.by_full_name(Some(quang_ngai), "xã Sơn Hạ").expect("Xã Sơn Hạ");
    assert_eq!(found.full_name(), "Xã Sơn Hạ");
    assert_eq!(places.by_full_name(Some(quang_ngai), "Phường Sơn Hạ"), None);
    // Without marks both are meant.
    assert_eq!(read_address("xa Son Ha, tinh Quang Ngai").len(), 2);
    assert_eq!(one("xã Sơn Hạ, tỉnh Quảng Ngãi").distance(), 0);
}

#[test]
fn three_levels() {
    let reading = one("số 303, đường Hoàng Hoa Thám, xã Định Hiệp, huyện Dầu Tiếng, tỉnh Bình Dương");
    assert_eq!(reading.detail, "số 303, đường Hoàng Hoa Thám");
    assert!(reading.is_complete() && !reading.is_two_level());
    assert_eq!(reading.distance(), 0);
    let today = reading.communes_today();
    assert_eq!(today[0].unit.province().name, "Hồ Chí Minh");
    let reading = one("huyện Côn Đảo, tỉnh Bà Rịa - Vũng Tàu");
    assert_eq!(reading.communes_today()[0].unit.path(), "Đặc khu Côn Đảo, Thành phố Hồ Chí Minh");
}

#[test]
fn two_levels() {
    let reading = one("buôn 5, xã Ea H’Leo, tỉnh Đắk Lắk");
    assert_eq!((reading.detail.as_str(), reading.distance()), ("buôn 5", 0));
    assert!(reading.is_complete() && reading.is_two_level());
    assert_eq!(reading.communes_today()[0].unit.key, reading.commune.expect("a commune").unit.key);
}

#[test]
fn abbreviations_tone_placement_and_lost_commas() {
    for (text, official) in [
        ("12 Lê Lợi, P. Bến Nghé, Q.1, TP.HCM", "12 Lê Lợi, phường Bến Nghé, quận 1, thành phố Hồ Chí Minh"),
        ("phường 9, quận 3, TPHCM, Việt Nam", "phường 9, quận 3, thành phố Hồ Chí Minh"),
        ("thôn 3 xã Quang Kim huyện Bát Xát tỉnh Lào Cai", "thôn 3, xã Quang Kim, huyện Bát Xát, tỉnh Lào Cai"),
        ("thôn 3. xã Quang Kim. huyện Bát Xát. tỉnh Lào Cai.", "thôn 3, xã Quang Kim, huyện Bát Xát, tỉnh Lào Cai"),
        ("xã Vĩnh Ngọc, thành phố Nha Trang, tỉnh Khánh Hoà", "xã Vĩnh Ngọc, thành phố Nha Trang, tỉnh Khánh Hòa"),
        ("xã Phú Diên, huyện Phú Vang, tỉnh Thừa Thiên Huế", "xã Phú Diên, huyện Phú Vang, thành phố Huế"),
        ("Định Hiệp, Dầu Tiếng, Bình Dương", "xã Định Hiệp, huyện Dầu Tiếng, tỉnh Bình Dương"),
    ] {
        let reading = one(text);
        assert_eq!((reading.official().as_str(), reading.distance()), (official, 0), "{text}");
    }
}

#[test]
fn a_text_that_fits_both_lists_has_two_readings() {
    let readings = read_address("Vĩnh Ngọc, Nha Trang, Khánh Hòa");
    let official: Vec<_> = readings.iter().map(Reading::official).collect();
    assert_eq!(
        official,
        ["Vĩnh Ngọc, phường Nha Trang, tỉnh Khánh Hòa", "xã Vĩnh Ngọc, thành phố Nha Trang, tỉnh Khánh Hòa"]
    );
    assert!(readings[0].is_two_level() && !readings[1].is_two_level());
}

#[test]
fn damaged_text_finds_the_nearest_official_spelling() {
    for (text, official, distance) in [
        ("xã Dịnh Hiệp, huyện Dầu Tiềng, tỉnh Binh Dương", "xã Định Hiệp, huyện Dầu Tiếng, tỉnh Bình Dương", 3),
        ("xa Dinh Hiep, huyen Dau Tieng, tinh Binh Duong", "xã Định Hiệp, huyện Dầu Tiếng, tỉnh Bình Dương", 11),
        ("xo Định Hiep, huyện Dầu Tiếng, tỉnh Bình Dưdng", "xã Định Hiệp, huyện Dầu Tiếng, tỉnh Bình Dương", 3),
        ("huyện An Dương, thành phố Hải Phòng", "quận An Dương, thành phố Hải Phòng", 3),
    ] {
        let reading = one(text);
        assert_eq!((reading.official().as_str(), reading.distance()), (official, distance), "{text}");
    }
    assert!(!one("phường 99, quận 3, thành phố Hồ Chí Minh").is_complete(), "numbers are never guessed");
}

#[test]
fn no_province_no_reading() {
    for text in ["", ",", "số 3 đường Lê Lợi", "Hoa Kỳ", "Việt Nam"] {
        assert_eq!(read_address(text), [], "{text}");
    }
}

#[test]
fn a_change_that_awaits_the_list_is_understood_but_not_offered() {
    let reading = one("phường Trảng Bom, thành phố Đồng Nai");
    let commune = reading.commune.as_ref().expect("a commune");
    assert_eq!((commune.unit.standing, reading.distance()), (Standing::AwaitingList, 0));
    assert_eq!(one("xã Trảng Bom, tỉnh Đồng Nai").distance(), 0);
    let offered = gazetteer().search("trang bom", None, 10);
    assert!(offered.iter().all(|unit| unit.standing == Standing::Listed));
    assert_eq!(offered[0].path(), "Xã Trảng Bom, Tỉnh Đồng Nai");
}

#[test]
fn search_for_pick_lists() {
    let places = gazetteer();
    let first = |typed: &str| places.search(typed, None, 5).first().map(|unit| unit.path());
    assert_eq!(first("ha noi").as_deref(), Some("Thành phố Hà Nội"));
    assert_eq!(first("son ha, quang ngai").as_deref(), Some("Xã Sơn Hà, Tỉnh Quảng Ngãi"));
    assert_eq!(first("Sơn Hạ, quảng").as_deref(), Some("Xã Sơn Hạ, Tỉnh Quảng Ngãi"));
    assert_eq!(first("phường bến thành").as_deref(), Some("Phường Bến Thành, Thành phố Hồ Chí Minh"));
    assert_eq!(first("ea h'leo").as_deref(), Some("Xã Ea H'Leo, Tỉnh Đắk Lắk"));
    assert_eq!(first("  "), None);
    let hanoi = places.listed("01").expect("Hà Nội");
    let inside = places.search("ba", Some(hanoi), 50);
    assert!(!inside.is_empty() && inside.iter().all(|unit| unit.province() == hanoi && unit.tier == Tier::Commune));
}

#[test]
fn every_official_path_is_read_back() {
    for unit in communes().chain(old_communes()) {
        let readings = read_address(&format!("số 1, {}", unit.path()));
        let hit = |reading: &Reading| {
            reading.commune.as_ref().is_some_and(|level| level.unit == unit) && reading.detail == "số 1"
        };
        // A unit awaiting the list stands under a province that has both names.
        assert!(readings.iter().any(hit), "{}: {readings:#?}", unit.path());
        assert_eq!(readings[0].distance(), 0, "{}", unit.path());
    }
}

/// The addresses of the sample declarations, where the samples stand beside the clone.
#[test]
fn every_address_of_the_samples_agrees_with_the_lists() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/paper");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("no samples beside the clone: not checked");
        return;
    };
    let mut addresses = HashSet::new();
    for file in files.map(|file| file.expect("a readable folder").path()) {
        if file.extension().is_some_and(|kind| kind == "json") {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            collect_addresses(&serde_json::from_str(&text).expect("JSON"), &mut addresses);
        }
    }
    assert!(addresses.len() >= 50, "{}", addresses.len());
    for address in addresses {
        let reading = one(&address);
        assert!(reading.is_complete() && reading.distance() == 0, "{address}: {reading:#?}");
        assert!(!reading.communes_today().is_empty(), "{address}");
    }
}

fn collect_addresses(value: &serde_json::Value, found: &mut HashSet<String>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(text) if matches!(key.as_str(), "address" | "residence") => {
                found.insert(text.clone());
            }
            other => collect_addresses(other, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect_addresses(item, found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        read_address(&text);
        gazetteer().search(&text, None, 3);
    }

    #[test]
    fn never_panics_on_likely_words(text in "((xã|tp\\.|q\\.|p|thị|huyện|tỉnh|An|Hà Nội|1|0) ?[,.;]? ?){0,12}") {
        read_address(&text);
        gazetteer().search(&text, None, 3);
    }
}
