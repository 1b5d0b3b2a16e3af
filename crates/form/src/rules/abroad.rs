//! A: assets and accounts abroad.
use super::land::report_blank;
use super::{Case, Report};

/// A01. Note 26.
pub fn country(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["FOREIGN_ASSET"], &["country"]);
}

/// A02. Note 27.
pub fn account(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["FOREIGN_ACCOUNT"], &["holder", "account", "institution"]);
}

/// A03. One notice for the whole declaration.
pub fn anything_abroad(case: &Case<'_>, report: &mut Report<'_>) {
    if let Some(asset) = case.assets_of(&["FOREIGN_ASSET", "FOREIGN_ACCOUNT"]).first() {
        report.at(&format!("assets[{}]", asset.code), &[]);
    }
}

/// A04. Note 27: wallets and exchanges abroad are accounts abroad.
pub fn wallets(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets().iter().filter(|asset| asset.code != "FOREIGN_ACCOUNT") {
        let name = case.text(&asset.at("name"));
        if Case::mentions(name, &report.rule.words) {
            report.at(&asset.at("name"), &[("name", name)]);
        }
    }
}
