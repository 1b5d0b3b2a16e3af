//! The rules that one declaration, or it and the one before, can answer. Words, severity and basis of a rule stand in `law/…/rules.toml`;
//! here is its logic, one small function each, found by id.
mod abroad;
mod case;
mod general;
mod income;
mod land;
mod movables;
mod persons;
mod previous;
mod signals;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::Value;

pub use case::Case;
pub(crate) use case::spaced;
pub use signals::{Alike, Mark, marks};

use crate::compare::Decision;
use crate::ruleset::Needs;
use crate::{Channel, Form, Kind, LawBook, RuleDef, RuleSet, Severity};

/// What the rules must know beside the declaration.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The legal date, in Asia/Ho_Chi_Minh.
    pub today: NaiveDate,
    pub channel: Channel,
    /// `completed_on` of the person's previous declaration, where one is known.
    pub previous_completed_on: Option<NaiveDate>,
    /// That declaration itself, where it may be compared with.
    pub previous: Option<Previous<'a>>,
    /// The last day that holds for this declaration, where one is known.
    pub last_day: Option<LastDay>,
    /// What the unit's list says of the declarant, where the declaration is compared with it.
    pub listed: Option<Listed>,
}

/// A person as the unit's list of obliged persons has them (article 37.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub position: String,
    pub unit: String,
}

/// What the control agency has on record beside a declaration, for the signals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// The year the declaration is for.
    pub year: i32,
    /// Every declaration of the person: its kind and the year it is for.
    pub filed: Vec<(Kind, i32)>,
    /// Amounts of article 36.2 by the rule set in force at the end of each year. Filled in by [`signals`].
    pub thresholds: BTreeMap<i32, i64>,
    /// What stands in declarations of other people too.
    pub alike: Vec<Alike>,
}

/// The last day of a time limit for declaring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDay {
    pub on: NaiveDate,
    /// Of a demand to complete or declare again (article 38.2), not of the obligation itself (article 36).
    pub is_demanded: bool,
}

/// The person's previous declaration as it was declared.
#[derive(Debug, Clone)]
pub struct Previous<'a> {
    pub rules: &'a RuleSet,
    pub document: &'a Value,
    /// What the person said became of its assets, by index.
    pub decisions: BTreeMap<usize, Decision>,
}

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Online: cannot be sent before it is mended.
    Refuse,
    /// On paper: recorded as "thiếu sót"; the paper is accepted.
    Shortcoming,
    /// A reason is asked for.
    AskReason,
    Inform,
}

/// One thing a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub rule: String,
    pub severity: Severity,
    pub effect: Effect,
    /// The path the finding leads to; an item without any asset is `assets[CODE]`.
    pub path: String,
    /// What is wrong and where.
    pub message_vi: String,
    pub how_to_mend: String,
    /// Notes and articles as cited to people.
    pub basis: String,
}

impl Finding {
    /// The whole sentence as people see it.
    pub fn sentence(&self) -> String {
        format!("{} {} ({}).", self.message_vi, self.how_to_mend.trim_end_matches('.'), self.basis)
    }
}

type Logic = fn(&Case<'_>, &mut Report<'_>);

const LOGIC: &[(&str, Logic)] = &[
    ("G00", general::required_fields),
    ("G02", general::form_fits_kind),
    ("G03", general::first_has_no_changes),
    ("G04", general::changes_are_stated),
    ("G05", general::completion_date),
    ("G06", general::late),
    ("G12", general::items_are_answered),
    ("G13", general::supplement_tells_a_change),
    ("P01", persons::identity_numbers),
    ("P03", persons::married_without_spouse),
    ("P04", persons::spouse_without_marriage),
    ("P05", persons::spouse_workplace),
    ("P06", persons::adult_child),
    ("P07", previous::missing_child),
    ("P08", persons::repeated_identity_number),
    ("P09", previous::child_of_age),
    ("P10", previous::marriage),
    ("P11", persons::as_listed),
    ("R01", land::areas),
    ("R02", land::certificates),
    ("R03", land::certificate_numbers),
    ("R04", land::foreign_grantee),
    ("R05", land::values),
    ("R06", land::undetermined_reason),
    ("R07", land::gift_is_estimated),
    ("R08", land::house_has_land),
    ("R09", land::residence_is_declared),
    ("R10", land::residential_use_in_other_land),
    ("R11", land::land_type),
    ("R12", land::house_type),
    ("R13", land::structure_description),
    ("R14", land::dwelling_as_structure),
    ("R15", land::place_of_today),
    ("R16", land::forest_as_tree),
    ("R17", land::attached_below_threshold),
    ("M01", movables::group_below_threshold),
    ("M02", movables::foreign_currency),
    ("M03", movables::counterparty),
    ("M04", movables::shares_and_bonds),
    ("M05", movables::capital_form),
    ("M07", movables::registration),
    ("M09", movables::first_year),
    ("M10", movables::debts),
    ("A01", abroad::country),
    ("A02", abroad::account),
    ("A03", abroad::anything_abroad),
    ("A04", abroad::wallets),
    ("I01", income::four_components),
    ("I02", income::row_equals_sum),
    ("I03", income::itemised_sources),
    ("I05", income::spouse_income),
    ("I07", income::sale_proceeds),
    ("I08", previous::decrease_at_declared_value),
    ("I09", income::explanations),
    ("I10", income::signs),
    ("I11", previous::rows_match_differences),
    ("I12", previous::gone_without_row),
    ("I13", previous::new_without_row),
    ("I14", previous::value_of_unchanged_asset),
    ("I15", income::no_change_contradicted),
    ("I16", signals::increases_beyond_means),
    ("I17", signals::change_without_declaration),
    ("I18", signals::like_others),
    ("I19", income::thin_explanations),
    ("I20", previous::spared_by_raised_amount),
    ("I21", signals::one_purchase_in_parts),
    ("X02", general::late_answer),
];

/// Whether the program has the logic of a rule.
pub fn has_logic(id: &str) -> bool {
    LOGIC.iter().any(|(known, _)| *known == id)
}

/// Runs every active rule of the rule set, in the order of its catalogue.
pub fn validate(rules: &RuleSet, form: &Form, document: &Value, context: &Context<'_>) -> Vec<Finding> {
    let kind = document.get("kind").and_then(Value::as_str).and_then(Kind::from_code);
    let case = Case { rules, form, document, context, kind, record: None, movements: OnceCell::new() };
    // Rules that compare with something wait for it.
    let can_run = |rule: &&RuleDef| match rule.needs {
        Some(Needs::Previous) => context.previous.is_some(),
        Some(Needs::List) => context.listed.is_some(),
        _ => true,
    };
    let active = rules.rules.iter().filter(|rule| rule.is_active()).filter(can_run);
    active.flat_map(|rule| run(rule, &case)).collect()
}

/// What is pointed out to the control agency beside a declaration (severity S): a difference to explain, never a judgement, and
/// never told to the declarant or the unit. The signals are those in force on the day of looking; amounts are those of the
/// declaration's own rule set, but for a year gone by (I17) those that held then.
pub fn signals(
    book: &LawBook,
    (rules, form, document): (&RuleSet, &Form, &Value),
    context: &Context<'_>,
    record: &OnRecord,
) -> Vec<Finding> {
    let kind = document.get("kind").and_then(Value::as_str).and_then(Kind::from_code);
    let years = context.previous_completed_on.map_or(0, |day| day.year())..=context.today.year();
    let amount = |year: i32| {
        let rules = book.in_force(NaiveDate::from_ymd_opt(year, 12, 31)?)?;
        Some((year, rules.threshold("change")?.amount))
    };
    let thresholds =
        if context.previous_completed_on.is_some() { years.filter_map(amount).collect() } else { BTreeMap::new() };
    let record = &OnRecord { thresholds, ..record.clone() };
    let case = Case { rules, form, document, context, kind, record: Some(record), movements: OnceCell::new() };
    book.signals_on(context.today).flat_map(|signal| run(signal, &case)).collect()
}

fn run(rule: &RuleDef, case: &Case<'_>) -> Vec<Finding> {
    let mut report = Report { rule, case, findings: Vec::new() };
    if let Some((_, logic)) = LOGIC.iter().find(|(id, _)| *id == rule.id) {
        logic(case, &mut report);
    }
    report.findings
}

/// Collects what one rule finds and gives it its words.
pub(crate) struct Report<'a> {
    pub rule: &'a RuleDef,
    case: &'a Case<'a>,
    findings: Vec<Finding>,
}

impl Report<'_> {
    /// A finding at a path; `facts` fill the `{name}`s of the rule's sentences.
    pub fn at(&mut self, path: &str, facts: &[(&str, &str)]) {
        let place = self.case.place(path);
        let fill = |template: &Option<String>| {
            let text = template.as_deref().unwrap_or_default().replace("{where}", &place);
            facts.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        self.findings.push(Finding {
            rule: self.rule.id.clone(),
            severity: self.rule.severity,
            effect: effect(self.rule.severity, self.case.context.channel),
            path: path.to_owned(),
            message_vi: fill(&self.rule.message),
            how_to_mend: fill(&self.rule.mend),
            basis: self.case.rules.cite(&self.rule.basis),
        });
    }
}

fn effect(severity: Severity, channel: Channel) -> Effect {
    match (severity, channel) {
        (Severity::Block, Channel::Online) => Effect::Refuse,
        (Severity::Block, Channel::Paper) => Effect::Shortcoming,
        (Severity::Warn, _) => Effect::AskReason,
        (Severity::Info | Severity::Signal, _) => Effect::Inform,
    }
}
