//! Rule sets side by side: what a document used stays as it was, what follows another is completed from it, and what
//! changes is told.
use std::collections::BTreeMap;

use form::lawbook::embedded_files;
use form::{Kind, LawBook, diff};

fn book() -> LawBook {
    LawBook::embedded().expect("the law that is built in")
}

/// Declarations were made under this rule set: it is frozen (docs/how-to/add-a-form.md). A change of the law is a new
/// rule set, not a change of this one.
#[test]
fn a_rule_set_that_documents_name_is_frozen() {
    assert_eq!(
        book().get("R1_ND130").unwrap().hash(),
        "49a0b508298ad9ecfca6c0259c5fe4854bb330063b8163ca63844b76485dc178"
    );
}

#[test]
fn each_day_has_the_rule_set_of_its_time() {
    let book = book();
    let on = |day: &str| book.in_force(day.parse().unwrap()).map(|rules| rules.id().to_owned());
    assert_eq!(on("2020-12-19"), None);
    assert_eq!(on("2020-12-20").as_deref(), Some("R1_ND130"));
    assert_eq!(on("2026-06-30").as_deref(), Some("R1_ND130"));
    assert_eq!(on("2026-07-01").as_deref(), Some("R2_2026"));
    assert_eq!(on("2040-01-01").as_deref(), Some("R2_2026"));
}

#[test]
fn what_is_not_loaded_is_said_and_taken_from_the_rule_set_before() {
    let book = book();
    let (first, second) = (book.get("R1_ND130").unwrap(), book.get("R2_2026").unwrap());
    assert_eq!(second.threshold("asset").unwrap().amount, 150_000_000);
    assert_eq!(second.threshold("change").unwrap().amount, 1_000_000_000);
    assert!(second.unknown("forms").unwrap().says.starts_with("Chưa nạp biểu mẫu Nghị định 164/2026/NĐ-CP."));
    for kind in Kind::ALL {
        let form = |rules: &form::RuleSet| form::hash::of(rules.form_for(kind).unwrap());
        assert_eq!(form(first), form(second), "{kind}: the form of before is offered until its file is loaded");
    }
    assert!(first.facts.unknowns.is_empty());
    assert_eq!(second.facts.to, None, "the end of the rule set it follows is not its own");
}

#[test]
fn a_rule_set_with_files_of_its_own_uses_them() {
    let mut files: BTreeMap<_, _> = embedded_files();
    let deadlines = files["r1-nd130/deadlines.toml"].replacen("days = 7", "days = 9", 1);
    files.insert("r2-2026/deadlines.toml".into(), deadlines);
    let book = LawBook::from_files(&files).unwrap();
    let days = |id: &str| book.get(id).unwrap().deadline("redeclare").unwrap().days;
    assert_eq!((days("R1_ND130"), days("R2_2026")), (Some(7), Some(9)));
    let all = diff(book.get("R1_ND130").unwrap(), book.get("R2_2026").unwrap());
    let found = all.iter().find(|difference| difference.what.contains("kê khai lại")).unwrap();
    assert_eq!(
        (found.before.as_str(), found.after.as_str()),
        ("7 ngày từ ngày nhận được yêu cầu", "9 ngày từ ngày nhận được yêu cầu")
    );
}

/// A rule that a later set states stands in place of the one it follows; the rest, and the frozen set, stay as they are.
#[test]
fn a_rule_set_states_single_rules_of_its_own() {
    let book = book();
    let (first, second) = (book.get("R1_ND130").unwrap(), book.get("R2_2026").unwrap());
    let ids = |rules: &form::RuleSet| rules.rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(first), ids(second));
    for id in ["P11", "R15"] {
        let is_active = |rules: &form::RuleSet| rules.rule(id).unwrap().is_active();
        assert_eq!((is_active(first), is_active(second)), (false, true), "{id}");
    }
    assert_eq!(first.rule("R14").unwrap().message, second.rule("R14").unwrap().message);
    let mut files = embedded_files();
    let added =
        "\n[[rule]]\nid = \"R99\"\nseverity = \"I\"\ntitle = \"Mới\"\nbasis = [\"Điều 1\"]\nneeds = \"register\"\n";
    files.get_mut("r2-2026/rules.toml").unwrap().push_str(added);
    let book = LawBook::from_files(&files).unwrap();
    assert!(book.get("R2_2026").unwrap().rule("R99").is_some() && book.get("R1_ND130").unwrap().rule("R99").is_none());
}

#[test]
fn a_rule_set_cannot_follow_itself_or_one_that_is_not_there() {
    for (to, fault) in [("R2_2026", "theo vòng tròn"), ("R9", "không có bộ quy tắc R9 để theo")] {
        let mut files = embedded_files();
        let text = files.get_mut("r2-2026/ruleset.toml").unwrap();
        *text = text.replace("follows = \"R1_ND130\"", &format!("follows = \"{to}\""));
        assert!(LawBook::from_files(&files).unwrap_err().to_string().contains(fault));
    }
    let mut files = embedded_files();
    let text = files["r2-2026/ruleset.toml"].replace("R2_2026", "R1_ND130");
    files.insert("r2-2026/ruleset.toml".into(), text);
    assert!(LawBook::from_files(&files).unwrap_err().to_string().contains("bị trùng"));
}

#[test]
fn what_changes_on_the_first_of_july_2026_is_told_with_its_doubts() {
    let book = book();
    let (first, second) = (book.get("R1_ND130").unwrap(), book.get("R2_2026").unwrap());
    let all = diff(first, second);
    let (rules, amounts): (Vec<_>, Vec<_>) = all.iter().partition(|difference| difference.what.starts_with("Quy tắc "));
    let named: Vec<_> =
        rules.iter().map(|d| (d.what.as_str(), d.before.ends_with("chưa đối chiếu ở bản kê khai)"))).collect();
    assert_eq!(named, [("Quy tắc P11", true), ("Quy tắc R15", true)]);
    let told: Vec<_> =
        amounts.iter().map(|d| (d.what.as_str(), d.before.as_str(), d.after.as_str(), d.doubt.is_some())).collect();
    assert_eq!(
        told,
        [
            ("Mức giá trị tài sản phải kê khai", "50.000.000 đồng", "150.000.000 đồng", true),
            ("Mức biến động phải kê khai bổ sung, giải trình", "300.000.000 đồng", "1.000.000.000 đồng", true),
        ]
    );
    assert_eq!(diff(first, first), []);
}

/// Two thirds of those summoned, in both rule sets; a share that is no whole number is rounded up.
#[test]
fn a_quorum_is_a_share_rounded_up() {
    let book = book();
    for rules in &book.rule_sets {
        let quorum = &rules.publication.quorum;
        for (summoned, needed) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (30, 20), (31, 21)] {
            assert_eq!(quorum.needed(summoned), needed, "{} of {summoned}", rules.id());
        }
    }
}

/// A title proposes a ground where the decree names the title; a deputy is not the director.
#[test]
fn a_position_names_its_ground_or_none() {
    let book = LawBook::embedded().unwrap();
    let first = |position: &str| book.grounds_of(position).first().map(|ground| ground.code.as_str());
    assert_eq!(first("Giám đốc Sở Tài chính"), Some("DIRECTOR_UP"));
    for other in ["Phó Giám đốc Sở Tài chính", "Thư ký Bộ trưởng", "Nguyên Giám đốc Sở Y tế"] {
        assert_eq!(first(other), None, "{other}");
    }
    assert_eq!(first("Chuyên viên kiêm Kế toán viên"), Some("RANK_10_1"));
    assert_eq!(first("Kế toán viên chính, Phòng Tài vụ"), Some("RANK_10_1"));
    assert_eq!(first("thanh tra vien"), Some("RANK_10_1"));
    assert_eq!(first("Chuyên viên"), None);
    assert!(book.ground("RANK_10_1").unwrap().kinds.contains(&form::Kind::Annual));
}
