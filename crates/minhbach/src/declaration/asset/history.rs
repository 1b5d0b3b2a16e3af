//! Everything a person declared, side by side, and which asset is which.
use std::collections::HashMap;

use chrono::NaiveDate;
use form::Kind;
use form::compare::Gone;
use form::thread::{self, Known, Place, Thread};
use serde_json::Value;

use super::model::{AssetPlace, Became, Now, Statement};
use super::store;
use crate::declaration::carry::assets_of;
use crate::declaration::model::Act;
use crate::declaration::original::{self, Asked};
use crate::declaration::{open, store as declarations};
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, PartitionId, PersonId, VersionId};
use crate::kernel::{Error, Result, Tx};

/// One version of a declaration.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub number: i32,
    /// Whether it is the last of its declaration.
    pub is_in_force: bool,
    /// A copy that came with the person's file from another agency.
    pub is_copy: bool,
    pub kind: Kind,
    pub year: i16,
    pub completed_on: NaiveDate,
    /// ONLINE or PAPER.
    pub channel: String,
    pub act: Act,
    pub rule_set: String,
    pub content: Value,
    pub became: Vec<Became>,
}

impl Sheet {
    pub fn assets(&self) -> &[Value] {
        assets_of(&self.content)
    }
}

/// What is on record of one person's assets.
#[derive(Debug, Clone)]
pub struct History {
    /// In the order in which the declarations were begun; of one declaration, in the order of its versions.
    pub sheets: Vec<Sheet>,
    pub threads: Vec<Thread>,
    /// In the order in which they were made; those that name no asset of the sheets count for nothing.
    pub statements: Vec<Statement>,
    /// How many versions on record could not be opened.
    pub unreadable: usize,
}

impl History {
    /// Opens everything the person declared: recorded accesses, one for each version. Statements are given by whoever may see
    /// them. What is not what was recorded is told to the log and left aside.
    pub async fn of(
        tx: &mut Tx,
        partition: PartitionId,
        person: PersonId,
        statements: Vec<Statement>,
    ) -> Result<History> {
        let mut copies: HashMap<DeclarationId, Vec<original::Original>> = HashMap::new();
        for copy in original::list(tx, Asked { person: Some(person), ..Asked::default() }).await? {
            copies.entry(copy.declaration).or_default().push(copy);
        }
        let (mut sheets, mut unreadable) = (Vec::new(), 0);
        for id in store::declared(tx, partition, person).await? {
            match copies.remove(&id) {
                Some(versions) => unreadable += of_copies(tx, versions, &mut sheets)?,
                None => unreadable += of_declaration(tx, id, &mut sheets).await?,
            }
        }
        let threads = join(&sheets, &known(&sheets, &statements));
        Ok(History { sheets, threads, statements, unreadable })
    }

    /// Where a place of the record is among the sheets.
    pub fn place(&self, place: AssetPlace) -> Option<Place> {
        place_in(&self.sheets, place)
    }

    /// The name of a place for good.
    pub fn name_of(&self, place: Place) -> Option<AssetPlace> {
        AssetPlace::at(self.sheets.get(place.sheet)?.version, place.asset)
    }

    /// What was said and stated of the places.
    pub fn known(&self) -> Known {
        known(&self.sheets, &self.statements)
    }

    /// The threads as they would be with further statements.
    pub fn with(&self, further: &[(Place, Place, bool)]) -> Vec<Thread> {
        let mut known = self.known();
        known.stated.extend_from_slice(further);
        join(&self.sheets, &known)
    }

    /// What a page was made from: another once a version or a statement has come.
    pub fn seen(&self) -> String {
        let versions: Vec<String> = self.sheets.iter().map(|sheet| sheet.version.to_string()).collect();
        let seen = format!("{} {}", versions.join(" "), self.statements.len());
        hex::encode(&sha256(seen.as_bytes())[..16])
    }
}

fn place_in(sheets: &[Sheet], place: AssetPlace) -> Option<Place> {
    let sheet = sheets.iter().position(|sheet| sheet.version == place.version)?;
    let asset = usize::from(place.asset);
    (asset < sheets[sheet].assets().len()).then_some(Place { sheet, asset })
}

fn join(sheets: &[Sheet], known: &Known) -> Vec<Thread> {
    let mut declarations: Vec<DeclarationId> = Vec::new();
    let number = |sheet: &Sheet| match declarations.iter().position(|known| *known == sheet.declaration) {
        Some(number) => number,
        None => {
            declarations.push(sheet.declaration);
            declarations.len() - 1
        }
    };
    let numbers: Vec<usize> = sheets.iter().map(number).collect();
    let sheets =
        sheets.iter().zip(numbers).map(|(sheet, declaration)| thread::Sheet { document: &sheet.content, declaration });
    thread::threads(&sheets.collect::<Vec<_>>(), known)
}

fn known(sheets: &[Sheet], statements: &[Statement]) -> Known {
    let mut known = Known::default();
    for (index, sheet) in sheets.iter().enumerate() {
        for became in &sheet.became {
            let Some(of) = place_in(sheets, became.of) else { continue };
            if is_taken_back(&sheets[index..], became) {
                continue;
            }
            match became.now {
                Now::Is(asset) => known.said.push((of, Place { sheet: index, asset: usize::from(asset) })),
                Now::Disposed => known.gone.push((of, index, Gone::Disposed)),
                Now::LeftScope => known.gone.push((of, index, Gone::LeftScope)),
                Now::BelowThreshold => known.gone.push((of, index, Gone::BelowThreshold)),
            }
        }
    }
    for statement in statements {
        if let (Some(one), Some(other)) = (place_in(sheets, statement.one), place_in(sheets, statement.other)) {
            known.stated.push((one, other, statement.is_same));
        }
    }
    known
}

/// Whether a later version of the same declaration says something else of the asset: what was said by mistake binds nobody. Two
/// versions that say which asset it is say the same unless one of those is, by what it bears, another asset of the other version.
fn is_taken_back(since: &[Sheet], became: &Became) -> bool {
    let Some((sheet, later)) = since.split_first() else { return false };
    let of_it = later.iter().filter(|other| other.declaration == sheet.declaration);
    let last = of_it.rev().find_map(|other| {
        let word = other.became.iter().find(|word| word.of == became.of)?;
        Some((other, word.now))
    });
    match (became.now, last) {
        (_, None) => false,
        (Now::Is(one), Some((other, Now::Is(now)))) => {
            let pairs = form::compare::pair(&sheet.content, &other.content);
            let (one, now) = (usize::from(one), usize::from(now));
            pairs.iter().any(|pair| (pair.before == one) != (pair.now == now))
        }
        (said, Some((_, now))) => said != now,
    }
}

/// Every version of a declaration of this partition. Returns how many could not be opened.
async fn of_declaration(tx: &mut Tx, id: DeclarationId, sheets: &mut Vec<Sheet>) -> Result<usize> {
    let declaration = declarations::find(tx, id).await?;
    let versions = declarations::versions(tx, &declaration).await?;
    let mut unreadable = 0;
    for line in &versions {
        match open::open_version(tx, declaration.clone(), Some(line.number)).await {
            Ok(opened) => sheets.push(Sheet {
                declaration: id,
                version: opened.version.id,
                number: line.number,
                is_in_force: opened.version.id == declaration.version,
                is_copy: false,
                kind: declaration.kind,
                year: declaration.year,
                completed_on: line.completed_on,
                channel: line.act.channel(&declaration.channel).to_owned(),
                act: line.act,
                rule_set: opened.version.rule_set,
                content: opened.content,
                became: opened.became,
            }),
            Err(Error::Bug(error)) => {
                open::record_unreadable(tx, &declaration, None, &error)?;
                unreadable += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(unreadable)
}

/// Every version of a declaration that came as a copy.
fn of_copies(tx: &mut Tx, mut versions: Vec<original::Original>, sheets: &mut Vec<Sheet>) -> Result<usize> {
    versions.sort_by_key(|version| version.number);
    let last = versions.last().map(|version| version.version);
    let mut unreadable = 0;
    for copy in versions {
        match original::open_with(tx, &copy)? {
            Some((content, became)) => sheets.push(Sheet {
                declaration: copy.declaration,
                version: copy.version,
                number: copy.number,
                is_in_force: Some(copy.version) == last,
                is_copy: true,
                kind: copy.kind,
                year: copy.year,
                completed_on: copy.completed_on,
                channel: copy.channel,
                act: copy.act,
                rule_set: copy.rule_set,
                content,
                became,
            }),
            None => unreadable += 1,
        }
    }
    Ok(unreadable)
}
