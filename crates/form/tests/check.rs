//! `law check`: the shipped law is sound, and each fault we plant is found.
use std::collections::BTreeMap;

use form::lawbook::embedded_files;
use form::{LawBook, check};

const FORM: &str = "r1-nd130/form-pl1.toml";
const FACTS: &str = "r1-nd130/ruleset.toml";
const RULES: &str = "r1-nd130/rules.toml";
const OWN: &str = "r2-2026/rules.toml";
const SIGNALS: &str = "signals.toml";
const PUBLICATION: &str = "r1-nd130/publication.toml";

fn faults(files: &BTreeMap<String, String>) -> Vec<String> {
    let book = LawBook::from_files(files).expect("loads");
    check(&book).into_iter().map(|problem| problem.what).collect()
}

#[test]
fn the_shipped_law_is_sound() {
    assert_eq!(faults(&embedded_files()), Vec::<String>::new());
}

#[test]
fn planted_faults_are_found() {
    for (file, from, to, fault) in [
        (FORM, "note = 12\n", "note = 99\n", "không có hướng dẫn PL1.99"),
        (FORM, "code = \"LAND_OTHER\"", "code = \"LAND_RES\"", "mã mục LAND_RES bị trùng"),
        (FORM, "label = \"Diện tích\"", "label = \" \"", "thiếu nhãn"),
        (
            FORM,
            "type = \"enum\"\nrequired = \"always\"\nnote = 14",
            "type = \"text\"\nrequired = \"always\"\nnote = 14",
            "danh sách giá trị không khớp kiểu",
        ),
        (FORM, "omits = [\"CHANGES\"", "omits = [\"CHANGE\"", "bỏ CHANGE không tồn tại"),
        (FACTS, "asset = {", "assets = {", "thiếu mức giá trị asset"),
        (FACTS, "amount = 50_000_000", "amount = 0", "thiếu mức giá trị asset"),
        (FACTS, "items = [\"PRECIOUS\"]", "items = [\"GOLD\"]", "mục PRECIOUS: chưa nói cách so với mức giá trị"),
        (FACTS, "deadline = \"annual\"", "deadline = \"yearly\"", "không có thời hạn yearly"),
        (FACTS, "code = \"CANDIDATE\"", "code = \"PERSONNEL\"", "thiếu phương thức CANDIDATE"),
        (RULES, "id = \"R01\"", "id = \"R02\"", "quy tắc R02 bị trùng"),
        (RULES, "id = \"G02\"", "id = \"G99\"", "quy tắc G99: khai báo và chương trình không khớp"),
        (RULES, "id = \"G01\"", "id = \"R01\"", "quy tắc R01 bị trùng"),
        (RULES, "needs = \"staff\"\n", "", "quy tắc P11: khai báo và chương trình không khớp"),
        (OWN, "needs = \"list\"", "needs = \"staff\"", "quy tắc P11: khai báo và chương trình không khớp"),
        (OWN, "id = \"R15\"", "id = \"P11\"", "quy tắc P11 bị trùng"),
        (SIGNALS, "severity = \"S\"", "severity = \"W\"", "I16: không phải là dấu hiệu"),
        (SIGNALS, "id = \"I21\"", "id = \"I99\"", "I99: không phải là dấu hiệu, hoặc khai báo"),
        (SIGNALS, "from = \"2020-12-20\"\n", "", "I16: thiếu ngày bắt đầu"),
        (SIGNALS, "limit = 100_000_000\n", "", "I18: thiếu từ ngữ hoặc con số"),
        (SIGNALS, "except = [", "covers = [", "I16: thiếu từ ngữ hoặc con số"),
        (OWN, "id = \"R15\"\nseverity = \"I\"", "id = \"I16\"\nseverity = \"S\"", "phải nằm trong signals.toml"),
        (SIGNALS, "id = \"I21\"", "id = \"I16\"", "I16: hai định nghĩa cùng có hiệu lực một ngày"),
        (RULES, "\"HOUSE.house_type\"", "\"HOUSE.type\"", "không có trường HOUSE.type"),
        (RULES, "{where}: chưa có giá trị.", "Chưa có giá trị.", "câu báo phải nêu nơi sai"),
        (RULES, "basis = [\"PL1.13\"]", "basis = [\"PL1.33\"]", "không có hướng dẫn PL1.33"),
        (PUBLICATION, "present = 2", "present = 4", "số người phải có mặt"),
        (PUBLICATION, "kinds = [\"FIRST\", \"ANNUAL\", \"SUPPLEMENT\"]", "kinds = []", "thiếu phương thức kê khai"),
        (PUBLICATION, "posting = \"Trụ sở doanh nghiệp\"", "posting = \"\"", "chưa nói đủ bản kê khai của ai"),
        ("r1-nd130/deadlines.toml", "key = \"posting\"", "key = \"post\"", "thiếu thời hạn posting"),
        ("grounds.toml", "code = \"UNIT_MANAGER\"", "code = \"RANK_10_1\"", "RANK_10_1 bị trùng"),
        ("grounds.toml", "kinds = [\"FIRST\"]", "kinds = []", "thiếu phương thức kê khai"),
        ("grounds.toml", "rank = \"DIRECTOR_UP\"", "rank = \"MINISTER\"", "không có cấp MINISTER"),
        ("terms.toml", "days = 7\n", "", "thời hạn reminder_term: cần số ngày"),
        ("older-forms.toml", "code = \"OTHER\"", "code = \"ND78_2013\"", "ND78_2013 bị trùng"),
        (
            "older-forms.toml",
            "until = \"2013-09-04\"",
            "until = \"2021-01-01\"",
            "ND37_2007: thời gian dùng không đúng",
        ),
        ("income.toml", "sale = \"SALE\"", "sale = \"SOLD\"", "không có nguồn SOLD"),
        ("income.toml", "\"FOREIGN_ACCOUNT\"]", "\"ACCOUNT\"]", "không có mục ACCOUNT"),
        ("income.toml", "code = \"children\"", "code = \"child\"", "các phần thu nhập khác với mục 10"),
        ("income.toml", "key = \"times\"", "key = \"often\"", "thiếu trường times"),
        ("income.toml", "help = \"PL1.28\"", "help = \"PL1.99\"", "không có hướng dẫn PL1.99"),
        ("questions.toml", "\"HOUSE\", ", "", "chưa hỏi về mục HOUSE"),
        ("questions.toml", "[\"MONEY\"]", "[\"MONEY\", \"CASH\"]", "không có mục CASH"),
        ("questions.toml", "[\"MONEY\"]", "[\"MONEY\", \"HOUSE\"]", "HOUSE bị trùng"),
    ] {
        let mut files = embedded_files();
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replacen(from, to, 1);
        let found = faults(&files);
        assert!(found.iter().any(|what| what.contains(fault)), "{from} → {to}: {found:#?}");
    }
}

#[test]
fn gaps_and_overlaps_between_rule_sets_are_found() {
    for (from, fault) in
        [("2026-07-02", "có ngày không bộ quy tắc nào"), ("2026-06-30", "chồng hiệu lực"), ("2026-07-01", "")]
    {
        let only_first =
            |path: &str| path.starts_with("r1-nd130/") || !path.contains('/') || path.starts_with("calendar/");
        let mut files: BTreeMap<_, _> = embedded_files().into_iter().filter(|(path, _)| only_first(path)).collect();
        for (path, text) in files.clone() {
            let text =
                text.replace("R1_ND130", "R2_TEST").replace("from = \"2020-12-20\"", &format!("from = \"{from}\""));
            if path.starts_with("r1-nd130/") {
                files.insert(path.replace("r1-nd130", "r2-test"), text.replace("to = \"2026-06-30\"\n", ""));
            }
        }
        let found = faults(&files);
        let is_found = found.iter().any(|what| what.contains(fault));
        assert!(if fault.is_empty() { found.is_empty() } else { is_found }, "{from}: {found:#?}");
    }
}

#[test]
fn unreadable_files_are_named() {
    let mut files = embedded_files();
    files.insert(FORM.into(), "code = 1".into());
    assert!(LawBook::from_files(&files).unwrap_err().to_string().contains(FORM));
    files.remove(FORM);
    assert!(LawBook::from_files(&files).unwrap_err().to_string().contains(FORM));
    assert!(LawBook::from_files(&BTreeMap::new()).is_err());
}

#[test]
fn unknown_keys_are_refused() {
    let mut files = embedded_files();
    files.get_mut(FORM).unwrap().insert_str(0, "colour = \"red\"\n");
    assert!(LawBook::from_files(&files).unwrap_err().to_string().contains("colour"));
}
