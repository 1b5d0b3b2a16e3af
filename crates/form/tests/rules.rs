//! Every active rule has an example that fails and one that passes (tests/rules/*.toml), and its sentences say what is
//! wrong, where, and how to mend it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use form::ruleset::Needs;
use form::{
    Alike, Channel, Context, Effect, Finding, Kind, LastDay, LawBook, Listed, OnRecord, Previous, RuleSet, Severity,
    doc, marks, signals, validate,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    rule: String,
    #[serde(default = "annual")]
    base: String,
    #[serde(default)]
    previous: Option<String>,
    /// Edits of the previous declaration.
    #[serde(default)]
    before: Vec<Edit>,
    /// The previous declaration without its edits passes.
    #[serde(default)]
    passes_before: bool,
    /// The last day that holds, of the obligation or of a demand.
    #[serde(default)]
    last_day: Option<String>,
    #[serde(default)]
    demanded: bool,
    /// What the unit's list says: position, unit.
    #[serde(default)]
    listed: Option<[String; 2]>,
    /// The year it is for, and the person's declarations: kind and year.
    #[serde(default)]
    filed: Vec<(Kind, i32)>,
    /// Where the same stands in declarations of others, and of how many people; before the passing edits.
    #[serde(default)]
    alike: Vec<(String, usize)>,
    /// Judged now under this rule set.
    #[serde(default = "first_rule_set")]
    rule_set: String,
    fail: Vec<Edit>,
    /// The base itself passes when nothing stands here.
    #[serde(default)]
    pass: Vec<Edit>,
    path: String,
    what: String,
    #[serde(rename = "where")]
    place: String,
    how: String,
    basis: String,
}

fn first_rule_set() -> String {
    "R1_ND130".into()
}

fn annual() -> String {
    "annual".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    at: String,
    #[serde(default)]
    to: Value,
    #[serde(default)]
    clear: bool,
}

fn tests_dir() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

fn examples() -> Vec<Example> {
    let mut all = Vec::new();
    for group in ["general", "persons", "land", "movables", "abroad", "income", "previous", "process", "signals"] {
        let text = std::fs::read_to_string(tests_dir().join(format!("rules/{group}.toml"))).unwrap();
        all.extend(toml::from_str::<Examples>(&text).unwrap_or_else(|error| panic!("{group}: {error}")).example);
    }
    all
}

fn base(name: &str) -> Value {
    let text = std::fs::read_to_string(tests_dir().join(format!("data/{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn edited(name: &str, edits: &[Edit]) -> Value {
    let mut document = base(name);
    for edit in edits {
        assert_eq!(edit.clear, edit.to.is_null(), "{}: either `to` or `clear`", edit.at);
        doc::set(&mut document, &edit.at, edit.to.clone()).unwrap();
    }
    document
}

fn rules() -> RuleSet {
    LawBook::embedded().unwrap().rule_sets.remove(0)
}

fn run(rules: &RuleSet, document: &Value, channel: Channel, previous: Option<&str>) -> Vec<Finding> {
    judged(rules, document, channel, previous, None, None)
}

fn judged(
    rules: &RuleSet,
    document: &Value,
    channel: Channel,
    completed: Option<&str>,
    before: Option<&Value>,
    last_day: Option<LastDay>,
) -> Vec<Finding> {
    listed_too(rules, document, channel, completed, before, last_day, None)
}

fn listed_too(
    rules: &RuleSet,
    document: &Value,
    channel: Channel,
    completed: Option<&str>,
    before: Option<&Value>,
    last_day: Option<LastDay>,
    listed: Option<Listed>,
) -> Vec<Finding> {
    let first = self::rules();
    let code = document["form"].as_str().unwrap();
    let context = Context {
        today: "2025-12-20".parse().unwrap(),
        channel,
        previous_completed_on: completed.map(|date| date.parse().unwrap()),
        previous: before.map(|document| Previous { rules: &first, document, decisions: BTreeMap::new() }),
        last_day,
        listed,
    };
    validate(rules, rules.form(code).unwrap(), document, &context)
}

impl Example {
    /// What the rule finds at the path after `edits`, compared with the previous declaration if it is one of those rules.
    fn found(&self, law: &LawBook, edits: &[Edit], channel: Channel, edits_before: &[Edit]) -> Vec<Finding> {
        if law.signals.iter().any(|signal| signal.id == self.rule) {
            return self.signalled(law, edits);
        }
        let rules = law.get(&self.rule_set).unwrap();
        let needs = rules.rule(&self.rule).unwrap().needs;
        let needs_previous = needs == Some(Needs::Previous) || !self.before.is_empty();
        let compared = needs_previous || self.what.contains("lần kê khai trước");
        let before = compared.then(|| edited("annual-before", edits_before));
        let document = edited(&self.base, edits);
        let last_day =
            self.last_day.as_ref().map(|day| LastDay { on: day.parse().unwrap(), is_demanded: self.demanded });
        let listed = self.listed.clone().map(|[position, unit]| Listed { position, unit });
        let before = before.as_ref();
        let mut found = listed_too(rules, &document, channel, self.previous.as_deref(), before, last_day, listed);
        found.retain(|finding| finding.rule == self.rule && finding.path == self.path);
        found
    }

    /// What the signal says to the agency after `edits`.
    fn signalled(&self, law: &LawBook, edits: &[Edit]) -> Vec<Finding> {
        let rules = law.get(&self.rule_set).unwrap();
        let document = edited(&self.base, edits);
        let is_failing = std::ptr::eq(edits, &raw const *self.fail);
        let alike = self.alike.iter().filter(|_| is_failing);
        let record = OnRecord {
            year: 2025,
            filed: self.filed.clone(),
            alike: alike.map(|(path, people)| Alike { path: path.clone(), people: *people }).collect(),
            ..OnRecord::default()
        };
        let context = Context {
            today: "2025-12-20".parse().unwrap(),
            channel: Channel::Online,
            previous_completed_on: self.previous.as_deref().map(|date| date.parse().unwrap()),
            previous: None,
            last_day: None,
            listed: None,
        };
        let form = rules.form(document["form"].as_str().unwrap()).unwrap();
        let mut found = signals(law, (rules, form, &document), &context, &record);
        found.retain(|finding| finding.rule == self.rule && finding.path == self.path);
        found
    }
}

#[test]
fn complete_declarations_raise_nothing() {
    let rules = rules();
    for name in ["annual", "first", "supplement", "annual-before"] {
        for channel in [Channel::Online, Channel::Paper] {
            assert_eq!(run(&rules, &base(name), channel, None), [], "{name}");
        }
    }
    let before = base("annual-before");
    assert_eq!(judged(&rules, &base("annual"), Channel::Online, Some("2024-12-05"), Some(&before), None), []);
}

#[test]
fn each_example_fails_and_passes_as_it_says() {
    let law = LawBook::embedded().unwrap();
    for example in examples() {
        let Example { rule, path, before, .. } = &example;
        let found = example.found(&law, &example.fail, Channel::Online, before);
        let [finding] = &found[..] else { panic!("{rule} at {path}: {} findings", found.len()) };
        for (text, part) in [
            (&finding.message_vi, &example.what),
            (&finding.message_vi, &example.place),
            (&finding.how_to_mend, &example.how),
            (&finding.basis, &example.basis),
        ] {
            assert!(text.contains(part.as_str()), "{rule}: “{part}” is not in “{text}”");
        }
        assert!(!finding.sentence().contains(['{', '}']), "{rule}: {}", finding.sentence());
        let before: &[Edit] = if example.passes_before { &[] } else { before };
        let passing = example.found(&law, &example.pass, Channel::Online, before);
        assert_eq!(passing, [], "{rule} at {path} after the passing edits");
    }
}

#[test]
fn blocking_rules_are_shortcomings_on_paper() {
    let law = LawBook::embedded().unwrap();
    let mut blocking = 0;
    for example in examples() {
        let of_rule = |channel| example.found(&law, &example.fail, channel, &example.before).into_iter().next();
        let (online, paper) = (of_rule(Channel::Online).unwrap(), of_rule(Channel::Paper));
        assert_eq!(online.effect == Effect::Refuse, online.severity == Severity::Block);
        if online.severity == Severity::Block {
            blocking += 1;
            assert_eq!(paper.unwrap().effect, Effect::Shortcoming, "{}", example.rule);
        }
    }
    assert!(blocking > 15, "{blocking} blocking examples");
}

#[test]
fn every_active_rule_has_an_example() {
    let shown: BTreeSet<_> = examples().into_iter().map(|example| example.rule).collect();
    let law = LawBook::embedded().unwrap();
    let all = law.rule_sets.iter().flat_map(|rules| &rules.rules).chain(&law.signals);
    let active: BTreeSet<_> = all.filter(|rule| rule.is_active()).map(|rule| rule.id.clone()).collect();
    assert_eq!(shown, active);
}

/// Of groups G to I, only what a national register would have to answer has no logic yet.
#[test]
fn what_waits_waits_for_a_register() {
    let law = LawBook::embedded().unwrap();
    let latest = law.rule_sets.last().unwrap();
    let is_told = |rule: &&form::RuleDef| rule.is_active() || law.signals.iter().any(|signal| signal.id == rule.id);
    let waiting = latest.rules.iter().filter(|rule| !is_told(rule) && !rule.id.starts_with('X'));
    let of_acts = |needs| matches!(needs, Some(Needs::Process | Needs::Signature | Needs::Export));
    let waiting: Vec<_> =
        waiting.filter(|rule| !of_acts(rule.needs)).map(|rule| (rule.id.as_str(), rule.needs)).collect();
    assert!(waiting.iter().all(|(_, needs)| *needs == Some(Needs::Register)), "{waiting:?}");
}

/// A signal is for the agency: no run of the rules, whatever the declaration says, gives one to a declarant or a unit.
#[test]
fn a_signal_is_never_among_what_a_declarant_is_told() {
    let law = LawBook::embedded().unwrap();
    for example in examples().iter().filter(|example| law.signals.iter().any(|signal| signal.id == example.rule)) {
        let told = example.found(&law, &example.fail, Channel::Online, &[]);
        assert_eq!(told[0].severity, Severity::Signal, "{}", example.rule);
        for rules in &law.rule_sets {
            let found = run(rules, &edited(&example.base, &example.fail), Channel::Online, example.previous.as_deref());
            assert!(found.iter().all(|finding| finding.severity != Severity::Signal), "{}", example.rule);
        }
    }
}

/// Little is left of a year in November: a first declaration then, and the yearly one of the next, leave nothing untold.
#[test]
fn the_last_days_of_a_year_are_no_year_without_declaration() {
    let law = LawBook::embedded().unwrap();
    let mut example = examples().into_iter().rev().find(|example| example.rule == "I17").unwrap();
    assert_eq!(example.found(&law, &example.fail, Channel::Online, &[]).len(), 1);
    example.previous = Some("2024-11-10".into());
    assert_eq!(example.found(&law, &example.fail, Channel::Online, &[]), []);
}

/// What is compared with others: own words and figures, not a common phrase, not the income.
#[test]
fn marks_are_of_own_words_and_figures_only() {
    let law = LawBook::embedded().unwrap();
    let signal = law.signals.iter().find(|signal| signal.id == "I18").unwrap();
    assert_eq!(marks(signal, &base("annual")), [], "short words, two rows");
    let own = "Mua bằng tiền bán thửa đất tại thôn 3 và tiền tiết kiệm của hai vợ chồng từ năm 2019";
    let row = |code: &str, value: i64, why: &str| serde_json::json!({ "code": code, "quantity": "+ 1", "value": value, "explanation": why });
    let mut document = base("annual");
    document["changes"] = serde_json::json!([
        row("MONEY", 210_000_000, own),
        row("HOUSE", 1_250_000_000, "được cho"),
        row("SHARE", 33_000_000, "mua"),
        row("CAPITAL", 90_000_000, ""),
        row("INCOME", 500_000_000, own),
    ]);
    let found = marks(signal, &document);
    let paths: Vec<_> = found.iter().map(|mark| mark.path.as_str()).collect();
    assert_eq!(paths, ["changes[0].explanation", "changes"]);
    // Marks, case, punctuation and the order of the rows make no other text.
    document["changes"][0]["explanation"] = own.to_uppercase().replace(' ', "  ").into();
    document["changes"].as_array_mut().unwrap().swap(1, 2);
    assert_eq!(marks(signal, &document), found);
    // What was sold is not what was bought.
    document["changes"][1]["quantity"] = "- 1".into();
    assert_ne!(marks(signal, &document)[1], found[1]);
    document["changes"][1]["quantity"] = "+ 1".into();
    document["changes"][1]["value"] = 33_000_001.into();
    assert_ne!(marks(signal, &document)[1], found[1]);
}

#[test]
fn no_sentence_calls_anybody_dishonest() {
    let law = LawBook::embedded().unwrap();
    for rule in law.rule_sets.iter().flat_map(|set| &set.rules).chain(&law.signals) {
        for text in [Some(&rule.title), rule.message.as_ref(), rule.mend.as_ref()].into_iter().flatten() {
            assert!(!text.contains("trung thực"), "{}: {text}", rule.id);
        }
    }
}

/// A declaration of every kind of fault at once must not make any rule panic.
#[test]
fn a_wrecked_declaration_is_only_reported() {
    let law = LawBook::embedded().unwrap();
    for (rules, kind) in law.rule_sets.iter().flat_map(|set| Kind::ALL.map(|kind| (set, kind))) {
        let form = rules.form_for(kind).unwrap();
        for document in [
            serde_json::json!({}),
            serde_json::json!([]),
            serde_json::json!({ "form": form.code, "kind": kind.as_str() }),
            serde_json::json!({ "form": form.code, "kind": kind.as_str(), "declarant": 1, "spouse": [], "children": {},
                "assets": [null, {}, {"code": "NONE"}, {"code": "LAND_RES", "value": 3, "certificate": "x"}],
                "changes": [7, {"code": "INCOME", "value": "x"}], "income": false, "none": {}, "no_change": "x" }),
        ] {
            for channel in [Channel::Online, Channel::Paper] {
                let context = Context {
                    today: "2025-12-20".parse().unwrap(),
                    channel,
                    previous_completed_on: "2023-12-10".parse().ok(),
                    previous: None,
                    last_day: None,
                    listed: Some(Listed { position: "-".into(), unit: " ".into() }),
                };
                let findings = validate(rules, form, &document, &context);
                assert!(!findings.is_empty());
                signals(&law, (rules, form, &document), &context, &OnRecord::default());
                for signal in &law.signals {
                    marks(signal, &document);
                }
            }
        }
    }
}
