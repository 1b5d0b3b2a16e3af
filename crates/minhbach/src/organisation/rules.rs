//! Article 30 as a pure function of rules, body, rank and date.
use chrono::NaiveDate;

use super::model::{Organisation, Rank, RoutingRule};
use crate::kernel::{Error, Refusal};

/// Why no control agency, or more than one, was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    #[error("chưa có quy tắc phân công cơ quan kiểm soát cho trường hợp này")]
    NoRule,
    #[error("hai quy tắc cùng độ ưu tiên phân công hai cơ quan kiểm soát khác nhau")]
    Contradiction,
}

impl From<RoutingError> for Error {
    fn from(error: RoutingError) -> Self {
        Refusal::new(
            "routing",
            format!("Chưa xác định được cơ quan kiểm soát: {error}."),
            "Đề nghị quản trị hệ thống bổ sung quy tắc phân công.",
        )
        .basis("Điều 30 Luật Phòng, chống tham nhũng")
        .into()
    }
}

/// The rule that says who controls a person of `rank` in `body` on `date` (Điều 30 Luật Phòng, chống tham nhũng). An
/// invented body's people stay in the practice partition it belongs to, whatever their rank.
///
/// # Errors
/// No rule matches, or two of the same precedence name different agencies: a person decides, the software never guesses.
pub fn controller<'r>(
    rules: &'r [RoutingRule],
    body: &Organisation,
    rank: Rank,
    party_managed: bool,
    date: NaiveDate,
) -> Result<&'r RoutingRule, RoutingError> {
    let matching = || rules.iter().filter(|rule| matches(rule, body, rank, party_managed, date));
    let best = matching().max_by_key(|rule| rule.precedence).ok_or(RoutingError::NoRule)?;
    if matching().any(|rule| rule.precedence == best.precedence && rule.partition != best.partition) {
        return Err(RoutingError::Contradiction);
    }
    Ok(best)
}

fn matches(rule: &RoutingRule, body: &Organisation, rank: Rank, party_managed: bool, date: NaiveDate) -> bool {
    body.practice_in.is_none_or(|own| own == rule.partition)
        && rule.valid_from <= date
        && rule.valid_to.is_none_or(|end| date < end)
        && rule.sector.is_none_or(|sector| sector == body.sector)
        && (rule.province_code.is_none() || rule.province_code == body.province_code)
        && rule.organisation.is_none_or(|id| id == body.id)
        && rule.rank.is_none_or(|r| r == rank)
        && rule.party_managed.is_none_or(|p| p == party_managed)
}

#[cfg(test)]
mod tests {
    use super::super::model::Sector;
    use super::*;
    use crate::kernel::id::{OrganisationId, PartitionId, RoutingRuleId};

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn body(province: &str) -> Organisation {
        Organisation {
            id: OrganisationId::new(),
            parent: None,
            code: "H1".into(),
            name: "Sở".into(),
            sector: Sector::LocalGovernment,
            province_code: Some(province.into()),
            valid_from: day(2025, 7, 1),
            valid_to: None,
            practice_in: None,
        }
    }

    fn rule(partition: PartitionId, precedence: i32) -> RoutingRule {
        RoutingRule {
            id: RoutingRuleId::new(),
            partition,
            precedence,
            sector: Some(Sector::LocalGovernment),
            province_code: None,
            organisation: None,
            rank: None,
            party_managed: None,
            basis: "Điều 30".into(),
            valid_from: day(2020, 12, 20),
            valid_to: None,
        }
    }

    #[test]
    fn directors_belong_to_the_government_inspectorate_the_rest_to_the_province() {
        let (ttcp, province) = (PartitionId::new(), PartitionId::new());
        let rules = [
            RoutingRule { rank: Some(Rank::DirectorUp), ..rule(ttcp, 20) },
            RoutingRule { province_code: Some("51".into()), ..rule(province, 10) },
        ];
        let on = day(2025, 12, 1);
        assert_eq!(controller(&rules, &body("51"), Rank::DirectorUp, false, on).unwrap().partition, ttcp);
        assert_eq!(controller(&rules, &body("51"), Rank::BelowDirector, false, on).unwrap().partition, province);
        assert_eq!(controller(&rules, &body("75"), Rank::BelowDirector, false, on).unwrap_err(), RoutingError::NoRule);
    }

    #[test]
    fn a_rule_ends_the_day_it_is_replaced() {
        let (before, after) = (PartitionId::new(), PartitionId::new());
        let change = day(2026, 7, 1);
        let rules = [
            RoutingRule { valid_to: Some(change), ..rule(before, 10) },
            RoutingRule { valid_from: change, ..rule(after, 10) },
        ];
        let found = |date| controller(&rules, &body("51"), Rank::BelowDirector, false, date).unwrap().partition;
        assert_eq!(found(day(2026, 6, 30)), before);
        assert_eq!(found(change), after);
    }

    #[test]
    fn an_invented_bodys_people_stay_in_their_practice_partition() {
        let (ttcp, practice) = (PartitionId::new(), PartitionId::new());
        let invented = Organisation { practice_in: Some(practice), ..body("51") };
        let own = RoutingRule { organisation: Some(invented.id), sector: None, ..rule(practice, 1) };
        let rules = [RoutingRule { rank: Some(Rank::DirectorUp), ..rule(ttcp, 20) }, own];
        let on = day(2025, 12, 1);
        for rank in [Rank::DirectorUp, Rank::BelowDirector] {
            assert_eq!(controller(&rules, &invented, rank, false, on).unwrap().partition, practice);
        }
        assert_eq!(controller(&rules, &body("51"), Rank::BelowDirector, false, on).unwrap_err(), RoutingError::NoRule);
        assert_eq!(controller(&rules[..1], &invented, Rank::DirectorUp, false, on).unwrap_err(), RoutingError::NoRule);
    }

    #[test]
    fn two_equal_rules_are_for_a_person_to_decide() {
        let rules = [rule(PartitionId::new(), 10), rule(PartitionId::new(), 10)];
        let outcome = controller(&rules, &body("51"), Rank::BelowDirector, false, day(2025, 12, 1));
        assert_eq!(outcome.unwrap_err(), RoutingError::Contradiction);
    }
}
