//! P: the declarant, spouse and minor children.
use viet::ident::{PersonalId, recognise_personal_id};
use viet::text::normalise;

use super::case::spaced;
use super::{Case, Report};

/// P01. Note 3: a căn cước number, or a chứng minh thư with date and place of issue. A child may have no card yet.
pub fn identity_numbers(case: &Case<'_>, report: &mut Report<'_>) {
    for person in case.persons() {
        let path = format!("{}.id_no", person.path);
        if case.is_blank(&path) {
            if !person.is_child {
                report.at(&path, &[("fault", "chưa ghi số căn cước công dân hoặc chứng minh thư")]);
            }
            continue;
        }
        let number = case.text(&path);
        match recognise_personal_id(number) {
            _ if number.is_empty() => (),
            Some(PersonalId::Citizen(_)) => (),
            Some(PersonalId::OldCard(_) | PersonalId::Military(_)) => issue_of_old_card(case, report, &person.path),
            Some(PersonalId::Passport(_)) | None => {
                let fault = format!(
                    "“{number}” không phải số căn cước công dân (12 chữ số) hay chứng minh thư (9 hoặc 12 chữ số)"
                );
                report.at(&path, &[("fault", &fault)]);
            }
        }
    }
}

fn issue_of_old_card(case: &Case<'_>, report: &mut Report<'_>, person: &str) {
    for (key, fault) in
        [("id_date", "chứng minh thư phải ghi ngày cấp"), ("id_place", "chứng minh thư phải ghi nơi cấp")]
    {
        let path = format!("{person}.{key}");
        if case.is_blank(&path) {
            report.at(&path, &[("fault", fault)]);
        }
    }
}

/// P03. Said to be married, section I.2 empty.
pub fn married_without_spouse(case: &Case<'_>, report: &mut Report<'_>) {
    if case.text("spouse_status") == "MARRIED" && case.is_blank("spouse") {
        report.at("spouse", &[]);
    }
}

/// P04. Said to be without spouse, section I.2 filled.
pub fn spouse_without_marriage(case: &Case<'_>, report: &mut Report<'_>) {
    let status = case.text("spouse_status");
    if case.is_blank("spouse") || !matches!(status, "SINGLE" | "DIVORCED" | "WIDOWED") {
        return;
    }
    let mut fields = case.form.extras.iter().map(|extra| &extra.field);
    let option = fields.find(|field| field.key == "spouse_status").and_then(|field| field.option(status));
    report.at("spouse", &[("status", option.map_or(status, |option| &option.label))]);
}

/// P05. Note 4.
pub fn spouse_workplace(case: &Case<'_>, report: &mut Report<'_>) {
    if !case.is_blank("spouse") && case.is_blank("spouse.workplace") {
        report.at("spouse.workplace", &[]);
    }
}

/// P06. Note 5: minor children only.
pub fn adult_child(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(on) = case.date("completed_on") else { return };
    let limit = case.rules.facts.persons.minor_under_age;
    for person in case.persons().into_iter().filter(|person| person.is_child) {
        let path = format!("{}.dob", person.path);
        let age = case.date(&path).and_then(|born| on.years_since(born));
        if age.is_some_and(|age| age >= limit) {
            report.at(&path, &[("age", &limit.to_string())]);
        }
    }
}

/// P11. Article 37.1: the unit lists who must declare, with their position. One of the two texts may say more than the other:
/// "Trưởng phòng" and "Đảng ủy viên, Trưởng phòng Tổ chức" do not contradict each other, "Giám đốc" and "Phó Giám đốc" do; so
/// do two bodies neither of which names the other ("Phòng Kế toán, Sở Tài chính" names "Sở Tài chính").
pub fn as_listed(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(listed) = &case.context.listed else { return };
    let words = report.rule.words.clone();
    let mut compare = |path: &str, listed: &str, agrees: fn(&str, &str, &[String]) -> bool| {
        let text = case.text(path);
        if !spaced(text).is_empty() && !spaced(listed).is_empty() && !agrees(text, listed, &words) {
            report.at(path, &[("text", text), ("listed", listed)]);
        }
    };
    compare("declarant.position", &listed.position, is_same_post);
    compare("declarant.unit", &listed.unit, is_same_body);
}

/// Of the posts that the two do not share, one of the one begins as one of the other; or the one has no more of them.
fn is_same_post(one: &str, other: &str, short: &[String]) -> bool {
    let posts = |text: &str| -> Vec<String> {
        // With its mark: "kiêm" joins two posts, "Kiểm tra", "Kiểm lâm" name one.
        let text = normalise(text).to_lowercase().replace(" kiêm ", ",");
        text.split([',', ';', '(', '/', '-', '–'])
            .map(|post| in_full(post, short) + " ")
            .filter(|post| post != " ")
            // "P. Giám đốc"
            .map(|post| post.strip_prefix("p ").map_or(post.clone(), |rest| format!("pho {rest}")))
            .collect()
    };
    let (one, other) = (posts(one), posts(other));
    let without = |all: &[String], known: &[String]| -> Vec<String> {
        all.iter().filter(|post| !known.contains(post)).cloned().collect()
    };
    let (one, other) = (without(&one, &other), without(&other, &one));
    if one.is_empty() || other.is_empty() {
        return true;
    }
    one.iter().any(|a| other.iter().any(|b| a.starts_with(b.as_str()) || b.starts_with(a.as_str())))
}

fn is_same_body(one: &str, other: &str, short: &[String]) -> bool {
    let (one, other) = (in_full(one, short), in_full(other, short));
    let names = |long: &str, name: &str| format!(" {long} ").contains(&format!(" {name} "));
    names(&one, &other) || names(&other, &one)
}

/// Words without marks and punctuation, what is usually written short written in full ("UBND=ủy ban nhân dân").
fn in_full(text: &str, short: &[String]) -> String {
    let words = spaced(text);
    let full = words.split(' ').map(|word| {
        let pairs = || short.iter().filter_map(|pair| pair.split_once('='));
        pairs().find(|(short, _)| spaced(short) == word).map_or_else(|| word.to_owned(), |(_, full)| spaced(full))
    });
    full.collect::<Vec<_>>().join(" ")
}

/// P08. A number belongs to one person.
pub fn repeated_identity_number(case: &Case<'_>, report: &mut Report<'_>) {
    let persons = case.persons();
    let number = |at: usize| case.text(&format!("{}.id_no", persons[at].path));
    for later in 1..persons.len() {
        let earlier = (0..later).find(|earlier| !number(later).is_empty() && number(*earlier) == number(later));
        if let Some(earlier) = earlier {
            let name = case.text(&format!("{}.full_name", persons[earlier].path));
            report.at(&format!("{}.id_no", persons[later].path), &[("other", name)]);
        }
    }
}
