//! A request as a letter in the layout of Nghị định 30/2020/NĐ-CP, for the agency to sign and for who is asked to keep.
use axum::http::StatusCode;
use paper::print::{self, InquiryLetter, Party};

use super::model::Asked;
use super::open::{self, Opened};
use super::rules;
use crate::kernel::id::{InquiryId, PartitionId};
use crate::kernel::{App, Refusal, Result, Tx};
use crate::law;
use crate::organisation;
use crate::organisation::places::province_name;

/// What the letter states. Opening the request is recorded.
pub async fn of(app: &App, tx: &mut Tx, id: InquiryId) -> Result<InquiryLetter> {
    let Opened { inquiry, statement, agency, unit, first, .. } = open::open(tx, id).await?;
    let statement = statement.ok_or_else(withdrawn_unread)?;
    let province = organisation::store::partitions(tx).await?;
    let province = province.into_iter().find(|one| one.id == inquiry.partition).and_then(|one| one.province_code);
    let rules_of = law::named(&app.law, &inquiry.rule_set)?;
    let term =
        rules_of.deadline(inquiry.term()).ok_or_else(|| crate::bug!("deadline {} is missing", inquiry.term()))?;
    let named = |one: &super::model::Named| format!("{}, {}", one.name, one.position);
    let to = match (inquiry.asked, unit, &statement.to) {
        (Asked::Unit, Some(unit), _) => unit,
        (Asked::Person, _, Some(to)) => format!("Ông/Bà {}", named(to)),
        _ => return Err(crate::bug!("inquiry {id} is to nobody")),
    };
    Ok(InquiryLetter {
        document_no: inquiry.document_no.clone(),
        agency_name: agency,
        place: province.as_deref().and_then(province_name),
        issued_on: inquiry.issued_on,
        to,
        about: statement.about.as_ref().map(named),
        first: first.map(|one| format!("{} {}", one.document_no, viet::date::format_long(one.issued_on))),
        purpose: lines(&statement.purpose),
        information: lines(&statement.information),
        due_on: inquiry.first_due_on,
        days: term.days.unwrap_or_default(),
        term_basis: term.basis.clone(),
        basis: rules::BASIS.to_owned(),
        guidance: lines(&statement.guidance),
        other: lines(&statement.other),
        signer: Party { name: statement.signer.name, position: statement.signer.position },
        made_at: inquiry.created_at,
        inquiry_sha256: inquiry
            .record_hash
            .as_slice()
            .try_into()
            .map_err(|_| crate::bug!("an inquiry's hash is cut"))?,
    })
}

fn withdrawn_unread() -> Refusal {
    Refusal::new(
        "withdrawn_unread",
        "Yêu cầu này đã được rút trước khi được mở nên không có văn bản để tải.",
        "Không phải trả lời yêu cầu này; khi cần, đề nghị liên hệ cơ quan kiểm soát theo số và ngày văn bản.",
    )
    .basis(rules::BASIS)
    .status(StatusCode::CONFLICT)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// The letter as PDF/A, made off the async threads.
pub async fn pdf(app: &App, partition: PartitionId, letter: InquiryLetter) -> Result<Vec<u8>> {
    app.print(partition, move |fonts| Ok(print::inquiry_pdf(fonts, &letter)?)).await
}
