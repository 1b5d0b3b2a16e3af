//! Two declarations of one person side by side: which asset of now is which of before, and what that makes of section III
//! (notes 29 to 32). Matching suggests; a person confirms ([`Decision`]).
use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;
use viet::area::Area;

use crate::doc;
use crate::rules::spaced;
use crate::ruleset::ThresholdMode;
use crate::{FieldType, Form, RuleSet};

/// What a person says became of an asset that was declared before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is the asset at this index of the new declaration, as it was or changed.
    Is(usize),
    /// Sold, given away, used up, destroyed.
    Disposed,
    /// It is no longer in the family's scope: a child came of age, a marriage ended. Not a disposal (rules P09, P10).
    LeftScope,
    /// It need no longer be declared, because the amount from which assets are declared was raised (rule I20).
    BelowThreshold,
}

/// Two entries that are the same thing, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub before: usize,
    pub now: usize,
    /// The first of [`keys`] they share: 0 is a number that only one thing bears.
    pub level: usize,
}

/// What became of the assets between two declarations.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub movements: Vec<Movement>,
    /// Pairs in which nothing that moves was changed.
    pub kept: Vec<Pair>,
}

/// A difference that section III must tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// Code of the asset's item.
    pub item: String,
    pub cause: Cause,
    pub before: Option<usize>,
    pub now: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    New,
    Gone(Gone),
    /// More or less of the same thing.
    Altered {
        measure: Option<Decimal>,
        amount: Option<i64>,
    },
    /// The same thing with another historic value, which does not change by itself (rule I14).
    Revalued {
        before: Option<i64>,
        now: Option<i64>,
    },
}

/// Why an asset of before is not there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Nobody said.
    Untold,
    Disposed,
    LeftScope,
    BelowThreshold,
}

impl Movement {
    /// Whether section III has a row for it. What left the scope, or is no longer declared, is no disposal; another
    /// historic value is no change of assets.
    pub fn has_row(&self) -> bool {
        !matches!(self.cause, Cause::Gone(Gone::LeftScope | Gone::BelowThreshold) | Cause::Revalued { .. })
    }
}

/// A row of section III as it follows from a movement; what is left to write is the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Code of the row (an asset code, TREE_OR_FOREST).
    pub code: String,
    /// "- 100 m²", "+ 01"
    pub quantity: String,
    /// đồng, always positive; none where no amount was declared.
    pub value: Option<i64>,
}

/// The assets of a declaration, by index.
pub(crate) fn assets(document: &Value) -> &[Value] {
    document.get("assets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn code(asset: &Value) -> &str {
    asset.get("code").and_then(Value::as_str).unwrap_or_default()
}

fn text<'a>(asset: &'a Value, path: &str) -> &'a str {
    doc::text(asset, path).unwrap_or_default()
}

/// A number written with or without spaces and dots is the same number.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// What tells an asset from others of its kind, the surest first. Two assets are compared level by level; an empty key
/// tells nothing.
fn keys(asset: &Value) -> [String; 4] {
    let joined = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| spaced(part)).collect();
        if parts.iter().all(|part| !part.is_empty()) { parts.join("|") } else { String::new() }
    };
    let certificate = || {
        let number = bare(text(asset, "certificate.number"));
        if number.is_empty() { bare(text(asset, "certificate.register_number")) } else { number }
    };
    let (name, address) = (text(asset, "name"), text(asset, "address"));
    let amount = doc::integer(asset, "value.amount").map_or_else(String::new, |amount| amount.to_string());
    let measure = measure(asset).map_or_else(String::new, |measure| measure.normalize().to_string());
    match code(asset) {
        "LAND_RES" | "LAND_OTHER" | "HOUSE" => {
            [certificate(), joined(&[address, &measure]), joined(&[address]), joined(&[&measure, &amount])]
        }
        "STRUCTURE" => [certificate(), joined(&[name, address]), joined(&[name]), joined(&[address])],
        "REGISTERED" => [bare(text(asset, "registration")), joined(&[name, &amount]), joined(&[name]), String::new()],
        "OTHER" => {
            let year = doc::integer(asset, "first_year").map_or_else(String::new, |year| year.to_string());
            [joined(&[name, &year, &amount]), joined(&[name, &year]), joined(&[name]), String::new()]
        }
        "FOREIGN_ACCOUNT" => {
            let (holder, institution) = (text(asset, "holder"), text(asset, "institution"));
            [bare(text(asset, "account")), joined(&[institution, holder]), joined(&[institution]), String::new()]
        }
        "FOREIGN_ASSET" => [
            joined(&[name, text(asset, "country"), &amount]),
            joined(&[name, text(asset, "country")]),
            joined(&[name]),
            String::new(),
        ],
        "MONEY" => {
            // The number of an account or book, where the name holds one; amounts and dates have no run this long.
            let runs = name.split(|c: char| !c.is_ascii_digit());
            let number = runs.filter(|run| run.len() >= 6).max_by_key(|run| run.len()).unwrap_or_default().to_owned();
            [number, joined(&[name, &amount]), joined(&[name]), String::new()]
        }
        _ => [
            joined(&[name, &measure, &amount]),
            joined(&[name, text(asset, "quantity"), &amount]),
            joined(&[name, &amount]),
            joined(&[name]),
        ],
    }
}

/// Suggests which asset of now is which of before: of one item, by the surest key both have. Equal things are paired in
/// their order.
pub fn pair(before: &Value, now: &Value) -> Vec<Pair> {
    Keyed::of(before).pair(&Keyed::of(now), |_, _| true)
}

/// The assets of a declaration with what tells them from others.
pub(crate) struct Keyed<'a> {
    assets: &'a [Value],
    keys: Vec<[String; 4]>,
}

impl<'a> Keyed<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        let assets = assets(document);
        Self { assets, keys: distinct_keys(assets) }
    }

    pub(crate) fn len(&self) -> usize {
        self.assets.len()
    }

    /// [`pair`], of one declaration with many, among what `may` be paired.
    pub(crate) fn pair(&self, now: &Keyed<'_>, may: impl Fn(usize, usize) -> bool) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        for level in 0..4 {
            for (b, old) in self.assets.iter().enumerate() {
                if self.keys[b][level].is_empty() || pairs.iter().any(|pair| pair.before == b) {
                    continue;
                }
                // A number both have and do not share tells them apart, whatever else is alike.
                let is_apart = |n: usize| {
                    let (old_number, new_number) = (&self.keys[b][0], &now.keys[n][0]);
                    is_number(old) && !old_number.is_empty() && !new_number.is_empty() && old_number != new_number
                };
                let same = |n: &usize| {
                    code(&now.assets[*n]) == code(old)
                        && now.keys[*n][level] == self.keys[b][level]
                        && pairs.iter().all(|pair| pair.now != *n)
                        && !is_apart(*n)
                        && may(b, *n)
                };
                if let Some(n) = (0..now.len()).find(same) {
                    pairs.push(Pair { before: b, now: n, level });
                }
            }
        }
        pairs.sort_by_key(|pair| pair.before);
        pairs
    }
}

/// The keys of each asset. A number that two assets of one item share (one certificate over two plots) tells neither.
fn distinct_keys(assets: &[Value]) -> Vec<[String; 4]> {
    let mut all: Vec<_> = assets.iter().map(keys).collect();
    let numbers: Vec<_> =
        assets.iter().zip(&all).map(|(asset, keys)| (code(asset).to_owned(), keys[0].clone())).collect();
    for (asset, keys) in assets.iter().zip(&mut all) {
        let is_shared = numbers.iter().filter(|(item, number)| item == code(asset) && *number == keys[0]).count() > 1;
        if is_number(asset) && is_shared {
            keys[0].clear();
        }
    }
    all
}

/// Whether the surest key of the item is a number that only one thing bears: of a certificate, a plate, an account.
pub fn is_number(asset: &Value) -> bool {
    matches!(
        code(asset),
        "LAND_RES" | "LAND_OTHER" | "HOUSE" | "STRUCTURE" | "REGISTERED" | "FOREIGN_ACCOUNT" | "MONEY"
    )
}

/// Square metres, or the number a quantity begins with.
fn measure(asset: &Value) -> Option<Decimal> {
    let area = ["area_m2", "floor_area_m2"].into_iter().find_map(|key| match asset.get(key)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    });
    area.or_else(|| leading_number(text(asset, "quantity")))
}

/// "1.900 cây" as 1900; what could be read in two ways ("1.5 lượng") is no number.
fn leading_number(text: &str) -> Option<Decimal> {
    let number = numeral(text).trim_end_matches(['.', ',']);
    let (whole, fraction) = number.split_once(',').unwrap_or((number, ""));
    let mut groups = whole.split('.');
    let first = groups.next()?;
    if groups.any(|group| group.len() != 3) || (whole.contains('.') && first.len() > 3) {
        return None;
    }
    let digits = whole.replace('.', "");
    if fraction.is_empty() { digits.parse().ok() } else { format!("{digits}.{fraction}").parse().ok() }
}

/// The numeral a text begins with.
fn numeral(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(text.len());
    &text[..end]
}

/// What a quantity counts: "cây" of "1.900 cây". Quantities of different units are not compared.
fn unit_of(asset: &Value) -> String {
    let quantity = text(asset, "quantity");
    spaced(&quantity[numeral(quantity).len()..])
}

/// Compares two declarations. `decisions` are what a person said of each asset of before; where nothing was said, pairs
/// are suggested, and an asset that only a raised amount keeps out of the declaration counts as that.
pub fn compare(
    before: (&RuleSet, &Value),
    now: (&RuleSet, &Value),
    decisions: impl Fn(usize) -> Option<Decision>,
) -> Comparison {
    let suggested = pair(before.1, now.1);
    let (old, new) = (assets(before.1), assets(now.1));
    let said: Vec<_> = (0..old.len()).map(&decisions).collect();
    let is_said_to_be = |n: usize| said.contains(&Some(Decision::Is(n)));
    let mut found = Comparison { movements: Vec::new(), kept: Vec::new() };
    let mut met = vec![false; new.len()];
    for (b, asset) in old.iter().enumerate() {
        let suggestion = suggested.iter().find(|pair| pair.before == b);
        let same = match said[b] {
            // Something of another kind is not the same thing, whoever says so.
            Some(Decision::Is(n)) => {
                new.get(n).filter(|now| code(now) == code(asset)).map(|_| Pair { before: b, now: n, level: 0 })
            }
            Some(_) => None,
            None => suggestion.filter(|pair| !is_said_to_be(pair.now)).copied(),
        };
        if let Some(pair) = same.filter(|pair| !met[pair.now]) {
            met[pair.now] = true;
            match difference(asset, &new[pair.now]) {
                Some(cause) => found.movements.push(movement(asset, cause, Some(b), Some(pair.now))),
                None => found.kept.push(pair),
            }
            continue;
        }
        let gone = match said[b] {
            Some(Decision::Disposed) => Gone::Disposed,
            Some(Decision::LeftScope) => Gone::LeftScope,
            Some(Decision::BelowThreshold) if is_below(now.0, before.1, asset) => Gone::BelowThreshold,
            _ if is_spared_by(now.0, before, asset) => Gone::BelowThreshold,
            _ => Gone::Untold,
        };
        found.movements.push(movement(asset, Cause::Gone(gone), Some(b), None));
    }
    for (n, asset) in new.iter().enumerate().filter(|(n, _)| !met[*n]) {
        found.movements.push(movement(asset, Cause::New, None, Some(n)));
    }
    found
}

fn movement(asset: &Value, cause: Cause, before: Option<usize>, now: Option<usize>) -> Movement {
    Movement { item: code(asset).to_owned(), cause, before, now }
}

/// What is more or less of one thing; none when only words differ.
fn difference(before: &Value, now: &Value) -> Option<Cause> {
    let measures = measure(now).zip(measure(before)).filter(|_| unit_of(before) == unit_of(now));
    let measured = measures.and_then(|(now, before)| now.checked_sub(before)).filter(|d| !d.is_zero());
    let amounts = (doc::integer(before, "value.amount"), doc::integer(now, "value.amount"));
    let by = amounts.0.zip(amounts.1).and_then(|(before, now)| now.checked_sub(before)).filter(|d| *d != 0);
    // Money is its amount; of everything else the amount is what was once paid.
    let is_money = matches!(code(before), "MONEY" | "CAPITAL" | "PAPER");
    match (measured, by) {
        (None, None) if amounts.0.is_some() != amounts.1.is_some() => {
            Some(Cause::Revalued { before: amounts.0, now: amounts.1 })
        }
        (None, None) => None,
        (None, Some(_)) if !is_money => Some(Cause::Revalued { before: amounts.0, now: amounts.1 }),
        (measure, amount) => Some(Cause::Altered { measure, amount }),
    }
}

/// Whether an asset declared under `before` need not be declared under `rules`, and had to be before: the amount was
/// raised, nothing was sold.
fn is_spared_by(rules: &RuleSet, before: (&RuleSet, &Value), asset: &Value) -> bool {
    is_below(rules, before.1, asset) && !is_below(before.0, before.1, asset)
}

/// Whether an asset need not be declared under `rules` for what it is worth.
fn is_below(rules: &RuleSet, document: &Value, asset: &Value) -> bool {
    let total = total_of(rules, document, asset);
    total.zip(rules.threshold("asset")).is_some_and(|(total, threshold)| total < threshold.amount)
}

/// What is compared with the asset threshold for this asset: its amount, its type's or its group's total; none when it
/// is declared whatever it is worth or an amount is missing.
fn total_of(rules: &RuleSet, document: &Value, asset: &Value) -> Option<i64> {
    let aggregation = rules.aggregation(code(asset))?;
    let amount = |asset: &Value| doc::integer(asset, "value.amount");
    let all = assets(document).iter();
    match aggregation.mode {
        ThresholdMode::Always => None,
        ThresholdMode::PerAsset => amount(asset),
        ThresholdMode::PerTypeTotal => {
            let kind = |asset: &Value| (code(asset).to_owned(), spaced(text(asset, "name")));
            all.filter(|other| kind(other) == kind(asset))
                .map(amount)
                .try_fold(0i64, |sum, amount| sum.checked_add(amount?))
        }
        ThresholdMode::PerGroupTotal => {
            let of_group = all.filter(|other| aggregation.items.iter().any(|item| item == code(other)));
            of_group.map(amount).try_fold(0i64, |sum, amount| sum.checked_add(amount?))
        }
    }
}

/// The rows of section III for the movements, in the table's order (notes 30, 31): an increase with what it was bought
/// for, a decrease with the value declared before.
pub fn rows(form: &Form, before: &Value, now: &Value, movements: &[Movement]) -> Vec<Row> {
    let order =
        |code: &str| form.table().and_then(|table| table.rows.iter().position(|row| row.code.as_deref() == Some(code)));
    let mut rows: Vec<_> = movements.iter().filter_map(|movement| row(form, before, now, movement)).collect();
    rows.sort_by_key(|row| order(&row.code).unwrap_or(usize::MAX));
    rows
}

/// What a family has after a supplementary declaration of which only its text is known: what it had before, the assets
/// described there, without those whose decrease it tells (Phụ lục II, notes 3 to 6). An asset described there that bears the
/// number of one of before, or is the same in every word, takes its place. A row names its asset by kind, quantity and value
/// only: where as many assets fit as rows tell of them they are gone; where it stays open which is meant they stay.
pub fn with_supplement(form: &Form, before: &Value, supplement: &Value) -> Value {
    let names_children =
        supplement.get("children").and_then(Value::as_array).is_some_and(|children| !children.is_empty());
    let renumbered = if names_children { Some(renumbered(assets(before), before, supplement)) } else { None };
    let (old, new) = (renumbered.as_deref().unwrap_or(assets(before)), assets(supplement));
    let decreases: Vec<_> = (0..old.len()).map(|index| decrease(form, before, index)).collect();
    let rows = supplement.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_told = |wanted: &Row| {
        let told = rows.iter().filter(|row| says(row, wanted)).count();
        told == decreases.iter().flatten().filter(|other| *other == wanted).count()
    };
    let same = pair(before, supplement);
    let takes_its_place = |pair: &Pair| {
        let (old, new) = (&old[pair.before], &new[pair.now]);
        said(old) == said(new) || (pair.level == 0 && is_number(old))
    };
    let stays = |index: &usize| {
        decreases[*index].as_ref().is_none_or(|wanted| !is_told(wanted))
            && !same.iter().any(|pair| pair.before == *index && takes_its_place(pair))
    };
    let kept = (0..old.len()).filter(stays).map(|index| old[index].clone());
    restated(before, supplement, kept.chain(new.iter().cloned()).collect())
}

/// Whether two children of different declarations are one: by number, or by name and birthday as far as both are said.
fn is_child(a: &Value, b: &Value) -> bool {
    let said =
        |value: &Value, key: &str| doc::text(value, key).map(viet::text::normalise).filter(|text| !text.is_empty());
    let same = |key: &str| said(a, key).zip(said(b, key)).map(|(a, b)| a == b);
    match (same("id_no"), same("full_name")) {
        (Some(is_same), _) => is_same,
        (None, Some(true)) => same("dob").unwrap_or(true),
        _ => false,
    }
}

/// The assets with the holder of each that is a child's counted among other children: CHILD(2) is the second child of the
/// declaration it stands in. Of a child that is not among them nothing is said any more.
pub fn renumbered(assets: &[Value], before: &Value, now: &Value) -> Vec<Value> {
    let children = |of: &Value| of.get("children").and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (children(before), children(now));
    let nth = |text: &str| text.strip_prefix("CHILD(")?.strip_suffix(')')?.parse::<usize>().ok()?.checked_sub(1);
    let mut assets = assets.to_vec();
    for asset in &mut assets {
        let Some(index) = asset.get("holder").and_then(Value::as_str).and_then(nth) else { continue };
        let now = old.get(index).and_then(|child| new.iter().position(|other| is_child(child, other)));
        asset["holder"] = now.map_or(Value::Null, |now| Value::from(format!("CHILD({})", now + 1)));
    }
    assets
}

/// The declaration of before with the assets a family has since, and with who it is as it was said last; what was left
/// blank says nothing.
pub fn restated(before: &Value, said: &Value, all: Vec<Value>) -> Value {
    let is_there = |item: &str| all.iter().any(|asset| code(asset) == item);
    let said_none = before.get("none").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let none: BTreeSet<&str> =
        said_none.chain(assets(before).iter().map(code)).filter(|item| !is_there(item)).collect();
    let mut now = before.clone();
    now["none"] = none.into_iter().map(Value::from).collect();
    for key in ["agency_name", "declarant", "spouse_status", "spouse", "children"] {
        let said = said.get(key).filter(|said| !said.is_null() && said.as_array().is_none_or(|list| !list.is_empty()));
        if let Some(said) = said {
            now[key] = said.clone();
        }
    }
    if doc::text(&now, "spouse_status").is_some_and(|status| status != "MARRIED") {
        now["spouse"] = Value::Null;
    }
    now["assets"] = Value::Array(all);
    now
}

/// An asset without what it does not say: two that say the same are the same text.
pub fn said(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let says = |value: &Value| !value.is_null() && *value != "" && doc::Missing::of(value).is_none();
            let kept = fields.iter().filter(|(_, value)| says(value));
            Value::Object(kept.map(|(key, value)| (key.clone(), said(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(said).collect()),
        other => other.clone(),
    }
}

/// The row that would tell that an asset is gone.
fn decrease(form: &Form, before: &Value, index: usize) -> Option<Row> {
    let item = code(assets(before).get(index)?).to_owned();
    row(form, before, before, &Movement { item, cause: Cause::Gone(Gone::Disposed), before: Some(index), now: None })
}

/// Whether a row of a declaration says what `wanted` says: "-283 m2" is "- 283 m²".
fn says(row: &Value, wanted: &Row) -> bool {
    let bare = |quantity: &str| {
        quantity
            .replace('²', "2")
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '.')
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    text(row, "code") == wanted.code
        && bare(text(row, "quantity")) == bare(&wanted.quantity)
        && doc::integer(row, "value") == wanted.value
}

/// The row of one movement; none when it has none.
pub fn row(form: &Form, before: &Value, now: &Value, movement: &Movement) -> Option<Row> {
    if !movement.has_row() {
        return None;
    }
    let code = form.change_row_for(&movement.item)?.code.clone()?;
    let of = |index: Option<usize>, document| index.and_then(|index| assets(document).get(index));
    let (sign, quantity, value) = match &movement.cause {
        Cause::New => ('+', quantity(form, of(movement.now, now)?), amount(of(movement.now, now)?)),
        Cause::Gone(_) => ('-', quantity(form, of(movement.before, before)?), amount(of(movement.before, before)?)),
        Cause::Altered { measure, amount } => {
            let asset = of(movement.now, now)?;
            let is_less = measure.map_or_else(|| amount.is_some_and(|by| by < 0), |by| by.is_sign_negative());
            let quantity = match (measure, amount) {
                (Some(by), _) => measured(form, asset, by.abs()),
                (None, Some(by)) => viet::number::format_dong(by.checked_abs()?),
                (None, None) => return None,
            };
            // Less of it for more money, or the other way about: the person says what happened.
            let agrees = |by: &i64| (*by < 0) == is_less;
            (if is_less { '-' } else { '+' }, quantity, amount.filter(agrees).and_then(i64::checked_abs))
        }
        Cause::Revalued { .. } => return None,
    };
    Some(Row { code, quantity: format!("{sign} {quantity}"), value })
}

fn amount(asset: &Value) -> Option<i64> {
    doc::integer(asset, "value.amount")
}

/// How much of an asset there is, as the quantity column says it: "100 m²", its own quantity, or one of it.
fn quantity(form: &Form, asset: &Value) -> String {
    match measure(asset).filter(|_| is_measured_in_area(form, asset)) {
        Some(area) => measured(form, asset, area),
        None => match text(asset, "quantity") {
            "" => "01".to_owned(),
            quantity => quantity.to_owned(),
        },
    }
}

fn is_measured_in_area(form: &Form, asset: &Value) -> bool {
    form.item(code(asset)).is_some_and(|item| item.fields.iter().any(|field| field.field_type == FieldType::Area))
}

fn measured(form: &Form, asset: &Value, by: Decimal) -> String {
    if is_measured_in_area(form, asset) {
        return Area::from_m2(by).map_or_else(|| by.to_string(), |area| area.to_string());
    }
    // "12 cây" that became 15 are "3 cây".
    let quantity = text(asset, "quantity");
    let unit = &quantity[numeral(quantity).len()..];
    format!("{}{unit}", by.normalize().to_string().replace('.', ","))
}
