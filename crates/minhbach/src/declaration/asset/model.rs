//! What is said of an asset declared before, and what is stated of two.
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use form::compare::Decision;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cells;
use crate::declaration::carry::Source;
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{AccountId, AssetStatementId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;

cells! {
    /// Why two assets are one, or are two.
    ReasonCell = "asset_statement"."reason_sealed" -> String;
}

/// An asset as a version declares it: which version, and its index among the assets there. It names the asset for good, since
/// versions do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetPlace {
    pub version: VersionId,
    pub asset: u16,
}

impl AssetPlace {
    /// The assets of a version, in their order.
    pub fn all(version: VersionId, count: usize) -> Vec<Option<Self>> {
        (0..count).map(|asset| Self::at(version, asset)).collect()
    }

    pub fn at(version: VersionId, asset: usize) -> Option<Self> {
        Some(Self { version, asset: u16::try_from(asset).ok()? })
    }
}

impl std::fmt::Display for AssetPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.version, self.asset)
    }
}

impl std::str::FromStr for AssetPlace {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (version, asset) = text.split_once('.').ok_or(())?;
        Ok(Self { version: version.parse().map_err(|_| ())?, asset: asset.parse().map_err(|_| ())? })
    }
}

/// What became of an asset declared before; part of the hashed document, and on no printed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Became {
    pub of: AssetPlace,
    pub now: Now,
}

/// What it is now, as its declarant says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Now {
    /// The asset at this index of the declaration, as it was or changed.
    Is(u16),
    Disposed,
    LeftScope,
    BelowThreshold,
}

/// What a person says became of the assets declared before.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The source the indices before are of.
    pub of: Source,
    pub decisions: BTreeMap<usize, Decision>,
    /// Of each asset the family has now, which one of the document it is: a supplementary declaration is silent about what
    /// stayed as it was. The decisions count in the former.
    pub described: Vec<Option<usize>>,
}

impl Said {
    /// In the terms of the record. `places` and `before` are the assets declared before, `now` all the family has. A thing of
    /// another kind is not the same thing, whoever says so; `is_below` says of which assets a raised amount is why they are not
    /// declared. Of what a supplementary declaration is silent about nothing needs to be said.
    pub fn became(
        &self,
        (before, places): (&[Value], &[Option<AssetPlace>]),
        now: &[Value],
        is_below: impl Fn(usize) -> bool,
    ) -> Vec<Became> {
        let item = |asset: Option<&Value>| asset.and_then(|asset| asset.get("code")).cloned();
        let mut found = Vec::new();
        for (index, decision) in &self.decisions {
            let Some(of) = places.get(*index).copied().flatten() else { continue };
            let became = match decision {
                Decision::Is(at) if item(before.get(*index)) == item(now.get(*at)) => {
                    let described = self.described.get(*at).copied().flatten();
                    described.and_then(|at| u16::try_from(at).ok()).map(Now::Is)
                }
                Decision::BelowThreshold if is_below(*index) => Some(Now::BelowThreshold),
                Decision::Disposed => Some(Now::Disposed),
                Decision::LeftScope => Some(Now::LeftScope),
                Decision::Is(_) | Decision::BelowThreshold => None,
            };
            found.extend(became.map(|now| Became { of, now }));
        }
        found
    }

    /// Where each asset the family has now is declared: in the document, or before where it is silent.
    pub fn held(&self, places: &[Option<AssetPlace>]) -> Vec<Option<Held>> {
        let before = |now: usize| {
            let from = self.decisions.iter().find(|(_, decision)| **decision == Decision::Is(now))?;
            places.get(*from.0).copied().flatten().map(Held::Before)
        };
        let here = |at: usize| u16::try_from(at).ok().map(Held::Here);
        let held = |(now, at): (usize, &Option<usize>)| at.map_or_else(|| before(now), here);
        self.described.iter().enumerate().map(held).collect()
    }
}

/// Where an asset the family has after a supplementary declaration is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Held {
    /// The asset at this index of the declaration.
    Here(u16),
    /// It is as it was declared before.
    Before(AssetPlace),
}

impl Held {
    pub fn place(self, version: VersionId) -> AssetPlace {
        match self {
            Held::Here(asset) => AssetPlace { version, asset },
            Held::Before(place) => place,
        }
    }
}

/// The places after a supplementary declaration of which only its text is known ([`form::compare::with_supplement`]): those of
/// before that stayed, in their order (of equal ones the first), then what it describes.
pub fn places_after(
    (before, places): (&[Value], &[Option<AssetPlace>]),
    (version, told): (VersionId, usize),
    now: &[Value],
) -> Vec<Option<AssetPlace>> {
    let mut from = 0;
    let stayed = now.iter().take(now.len().saturating_sub(told)).map(|asset| {
        let at = from + before.get(from..)?.iter().position(|other| other == asset)?;
        from = at + 1;
        places.get(at).copied().flatten()
    });
    let stayed: Vec<_> = stayed.collect();
    stayed.into_iter().chain(AssetPlace::all(version, told)).collect()
}

/// Whether two assets are one, as an officer of the control agency stated. It changes no declaration; a later statement of the
/// same two counts instead.
#[derive(Debug, Clone)]
pub struct Statement {
    pub partition: PartitionId,
    pub id: AssetStatementId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub number: i32,
    pub one: AssetPlace,
    pub other: AssetPlace,
    pub is_same: bool,
    pub reason: Sealed<ReasonCell>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

impl Statement {
    /// SHA-256 over what is on record; the reason goes in by the hash of its sealed bytes, which are random.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "statement": self.id,
            "partition": self.partition,
            "unit": self.unit,
            "person": self.person,
            "number": self.number,
            "one": self.one,
            "other": self.other,
            "is_same": self.is_same,
            "reason_sealed": hex::encode(sha256(self.reason.as_bytes())),
            "at": self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "by": self.created_by,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(name: &str) -> Value {
        json!({"code": "MONEY", "name": name})
    }

    /// The second of two books that read the same is new: the first stays what it was.
    #[test]
    fn a_supplement_speaks_of_what_is_new_and_holds_what_it_is_silent_about() {
        let version = VersionId::new();
        let places = AssetPlace::all(version, 4);
        let before = [money("a"), money("b"), money("c"), json!({"code": "LAND_RES"})];
        let now = [money("a"), money("a"), money("b, thêm"), money("mới")];
        let decisions = BTreeMap::from([
            (0, Decision::Is(0)),
            (1, Decision::Is(2)),
            (2, Decision::BelowThreshold),
            // A thing of another kind, by a box a page carries along unseen.
            (3, Decision::Is(3)),
        ]);
        let said = Said { of: Source::default(), decisions, described: vec![None, Some(0), Some(1), Some(2)] };
        let is = |asset: u16, now: Now| Became { of: AssetPlace { version, asset }, now };
        assert_eq!(said.became((&before, &places), &now, |_| false), [is(1, Now::Is(1))]);
        let below = said.became((&before, &places), &now, |index| index == 2);
        assert_eq!(below, [is(1, Now::Is(1)), is(2, Now::BelowThreshold)]);
        let held = said.held(&places);
        let old = Held::Before(AssetPlace { version, asset: 0 });
        assert_eq!(held, [Some(old), Some(Held::Here(0)), Some(Held::Here(1)), Some(Held::Here(2))]);
        let (kept, next) = (places[0].unwrap(), VersionId::new());
        assert_eq!((old.place(next), Held::Here(0).place(next)), (kept, AssetPlace { version: next, asset: 0 }));
    }

    #[test]
    fn after_a_supplement_on_paper_each_asset_is_where_it_was_declared_last() {
        let (year, later) = (VersionId::new(), VersionId::new());
        let before = [money("a"), money("b"), money("a")];
        let now = [money("a"), money("a"), money("a")];
        let places = places_after((&before, &AssetPlace::all(year, 3)), (later, 1), &now);
        assert_eq!(places, [AssetPlace::at(year, 0), AssetPlace::at(year, 2), AssetPlace::at(later, 0)]);
        assert_eq!(places_after((&[], &[]), (later, 0), &now), [None, None, None]);
    }

    #[test]
    fn a_place_is_written_and_read() {
        let place = AssetPlace { version: VersionId::new(), asset: 12 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "x.1", &format!("{}", place.version), &format!("{}.-1", place.version)] {
            assert!(wrong.parse::<AssetPlace>().is_err(), "{wrong}");
        }
    }
}
