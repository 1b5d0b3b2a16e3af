//! A demand as a letter, for the unit to sign and for the declarant to keep.
use paper::print::{self, DemandLetter, Party};

use super::acts::{self, Opened};
use crate::declaration::store as declarations;
use crate::kernel::id::{DemandId, PartitionId};
use crate::kernel::{App, Result, Tx};
use crate::organisation::places::province_name;
use crate::person::model::kind_label;
use crate::{law, organisation, person};

/// What the letter states: the demand with whom it is for and who sends it. Opening it is recorded.
pub async fn of(app: &App, tx: &mut Tx, id: DemandId) -> Result<DemandLetter> {
    let Opened { demand, reasons, signer_name, signer_position, .. } = acts::open(tx, id).await?;
    let declaration = declarations::find(tx, demand.declaration).await?;
    let rule_set = declarations::latest_version(tx, &declaration).await?.rule_set;
    let rules = law::named(&app.law, &rule_set)?;
    let limit = rules.deadline("redeclare").ok_or_else(|| crate::bug!("deadline redeclare is missing"))?;
    let person = person::store::find(tx, demand.partition, demand.person).await?;
    let (unit_name, superior_name, province_code) = organisation::store::letterhead(tx, demand.unit).await?;
    Ok(DemandLetter {
        document_no: format!("{:02}/YC", demand.number),
        superior_name,
        place: province_code.as_deref().and_then(province_name),
        unit_name,
        issued_on: demand.issued_on,
        full_name: tx.open(person.partition, person.id.0, &person.name)?,
        position: tx.open(person.partition, person.id.0, &person.position)?,
        kind: kind_label(declaration.kind).to_owned(),
        year: declaration.year,
        asks: demand.asks.label().to_owned(),
        reasons: reasons.lines().map(str::to_owned).collect(),
        days: limit.days.unwrap_or_default(),
        basis: limit.basis.clone(),
        signer: Party { name: signer_name, position: signer_position },
        made_at: demand.created_at,
        demand_sha256: demand.issue_hash.as_slice().try_into().map_err(|_| crate::bug!("a demand's hash is cut"))?,
    })
}

/// The letter as PDF/A, made off the async threads.
pub async fn pdf(app: &App, partition: PartitionId, letter: DemandLetter) -> Result<Vec<u8>> {
    app.print(partition, move |fonts| Ok(print::demand_pdf(fonts, &letter)?)).await
}
