//! `minhbach law …`: for the people who maintain the definitions.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use form::LawBook;

/// `minhbach law check`: faults in the definitions, and every field of every form once.
pub fn check(folder: Option<&Path>) -> Result<ExitCode> {
    let law = super::load(folder)?;
    let mut listed = BTreeSet::new();
    for rules in &law.rule_sets {
        for form in rules.forms.iter().filter(|form| listed.insert(form::hash::of(form))) {
            println!("{}", form::listing(form));
        }
        for unknown in &rules.facts.unknowns {
            println!("{}: {}: {}", rules.id(), unknown.what, unknown.says);
        }
    }
    let years: Vec<_> = law.calendar.years().map(|year| year.to_string()).collect();
    println!("Lịch ngày làm việc: {}.", years.join(", "));
    println!("Bộ quy tắc và biểu mẫu hợp lệ.");
    Ok(ExitCode::SUCCESS)
}

/// `minhbach law rules R1`: the catalogue of rules as Markdown.
pub fn rules(folder: Option<&Path>, name: &str) -> Result<ExitCode> {
    let law = super::load(folder)?;
    print!("{}", form::rules_table(&law, named(&law, name)?));
    Ok(ExitCode::SUCCESS)
}

/// `minhbach law acts`: the rules that hold for acts, as Markdown.
pub fn acts(folder: Option<&Path>) -> Result<ExitCode> {
    print!("{}", super::acts::of(&super::load(folder)?).context("Chưa nạp bộ quy tắc nào.")?);
    Ok(ExitCode::SUCCESS)
}

/// `minhbach law diff R1 R2`: what changes, for whom, and what of it is not sure. A rule set is named by its id or the
/// part of it before the underscore, in either case.
pub fn diff(folder: Option<&Path>, before: &str, after: &str) -> Result<ExitCode> {
    let law = super::load(folder)?;
    let (before, after) = (named(&law, before)?, named(&law, after)?);
    println!("{} → {}", before.facts.name, after.facts.name);
    println!("Có hiệu lực từ {}.", viet::date::format_short(after.facts.from));
    let differences = form::diff(before, after);
    if differences.is_empty() {
        println!("Hai bộ quy tắc như nhau.");
    }
    for difference in &differences {
        println!("\n{} ({})", difference.what, difference.whom);
        println!("  trước: {}", difference.before);
        println!("  sau:   {}", difference.after);
        if let Some(doubt) = &difference.doubt {
            println!("  chưa chắc chắn: {doubt}");
        }
    }
    for unknown in &after.facts.unknowns {
        println!("\nChưa xác minh: {}\n  {}", unknown.what, unknown.says);
    }
    Ok(ExitCode::SUCCESS)
}

fn named<'l>(law: &'l LawBook, name: &str) -> Result<&'l form::RuleSet> {
    let wanted = name.to_ascii_uppercase();
    let known = || law.rule_sets.iter().map(form::RuleSet::id).collect::<Vec<_>>().join(", ");
    law.rule_sets
        .iter()
        .find(|rules| rules.id() == wanted || rules.id().split('_').next() == Some(&wanted))
        .with_context(|| format!("Không có bộ quy tắc “{name}”. Các bộ quy tắc đã nạp: {}.", known()))
}
