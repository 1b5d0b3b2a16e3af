//! The submission slip ("phiếu xác nhận đã gửi"): what was hashed, the log's promise and, later, place and proof. It is
//! not the receipt, which is an act of the employing unit (note 1 of Phụ lục I, Nghị định 130/2020/NĐ-CP).
use chrono::{DateTime, Utc};
use ledger::{Promise, SignedNote};
use paper::print::{self, Bundled, DeclarationOptions, Fonts, RecordMark};

use super::model::{Act, Declaration, Version};
use super::open::Opened;
use super::store;
use super::wizard::sentence_case;
use crate::audit::{self, Place};
use crate::kernel::id::PartitionId;
use crate::kernel::{App, Error, Result, Tx};
use crate::{law, organisation};

/// What a slip states about one submission. Nothing under seal is opened for it.
pub struct Slip {
    pub declaration: Declaration,
    pub version: Version,
    pub place: Place,
    pub unit_name: String,
    pub superior_name: Option<String>,
}

/// The slip of a declaration the context may see, of a version by its number or of the one in force. A paper was not sent
/// here: the system digitised it and confirms no sending. A correction was decided, not sent: the slip is of what it corrects.
pub async fn slip_of(tx: &mut Tx, declaration: Declaration, number: Option<i32>) -> Result<Slip> {
    let mut version = store::version(tx, &declaration, number).await?;
    while version.act == Act::Correction {
        version = store::version_before(tx, &declaration, version.version).await?.ok_or(Error::NotFound)?;
    }
    if version.act == Act::Intake {
        return Err(Error::NotFound);
    }
    let place = audit::place_of(tx, declaration.partition, version.event).await?;
    let (unit_name, superior_name, _) = organisation::store::letterhead(tx, declaration.unit).await?;
    Ok(Slip { declaration, version, place, unit_name, superior_name })
}

impl Slip {
    /// A number to quote: the year and the random end of the declaration's id ("2025-3F2A-91BC-77D0").
    pub fn reference(&self) -> String {
        let hex = self.declaration.id.0.simple().to_string().to_uppercase();
        let end = &hex[hex.len() - 12..];
        format!("{}-{}-{}-{}", self.declaration.year, &end[..4], &end[4..8], &end[8..])
    }

    /// "Bản kê khai tài sản, thu nhập hằng năm", as the form titles it.
    pub fn kind_label(&self, app: &App) -> Result<String> {
        let rules = app
            .law
            .get(&self.version.rule_set)
            .ok_or_else(|| crate::bug!("rule set {} is not loaded", self.version.rule_set))?;
        let kind = rules.form_for(self.declaration.kind).and_then(|form| form.kind(self.declaration.kind));
        Ok(kind.map(|kind| sentence_case(&kind.title)).unwrap_or_default())
    }

    pub fn document_sha256(&self) -> String {
        hex::encode(&self.version.document_hash)
    }

    /// The slip as a PDF/A page, made off the async threads.
    ///
    /// # Errors
    /// A submission without a promise: only online ones have a slip.
    pub async fn pdf(self, app: &App, full_name: String) -> Result<Vec<u8>> {
        let (partition, data) = (self.declaration.partition, self.data(app, full_name)?);
        app.print(partition, move |fonts| Ok(print::slip_pdf(fonts, &data)?)).await
    }

    fn data(&self, app: &App, full_name: String) -> Result<print::SlipData> {
        let rules = app
            .law
            .get(&self.version.rule_set)
            .ok_or_else(|| crate::bug!("rule set {} is not loaded", self.version.rule_set))?;
        let limit = |key: &str| {
            let deadline = rules.deadline(key).ok_or_else(|| crate::bug!("deadline {key} is missing"))?;
            let days = deadline.days.ok_or_else(|| crate::bug!("deadline {key} has no days"))?;
            Ok::<_, crate::kernel::Error>(print::StatutoryPeriod { days, basis: deadline.basis.clone() })
        };
        let mark = mark(&self.version)?;
        Ok(print::SlipData {
            reference: self.reference(),
            superior_name: self.superior_name.clone(),
            unit_name: self.unit_name.clone(),
            full_name,
            kind_label: self.kind_label(app)?,
            period: format!("Năm {}", self.declaration.year),
            version: mark.version,
            received_at: self.version.created_at,
            document_sha256: mark.document_sha256,
            promise: self.promise(app)?,
            inclusion: self.inclusion()?,
            hand_over: limit("check_and_hand_over")?,
            redeclare: limit("redeclare")?,
            verify_command: "minhbach verify-log --data THU-MUC --key KHOA-CONG-KHAI".into(),
            address: app.config.web.public_url.clone(),
        })
    }

    fn promise(&self, app: &App) -> Result<print::Promise> {
        let text =
            self.place.promise.as_deref().ok_or_else(|| crate::bug!("a submission without the log's promise"))?;
        let note: SignedNote = text.parse().map_err(anyhow::Error::from)?;
        let promise: Promise = note.text().parse().map_err(anyhow::Error::from)?;
        let signature = note.signatures().first().ok_or_else(|| crate::bug!("a promise without signature"))?;
        let key = app.db.keys().verifiers().into_iter().find(|key| key.name() == promise.log_origin);
        Ok(print::Promise {
            leaf_hash: promise.event_hash.0,
            promised_at: instant(promise.promised_at_ms)?,
            deadline: instant(promise.due_ms())?,
            verifier_key: key.ok_or_else(|| crate::bug!("the log's key is not open"))?.to_string(),
            signature: signature.bytes.clone(),
            origin: promise.log_origin,
        })
    }

    fn inclusion(&self) -> Result<Option<print::Inclusion>> {
        let Some((proof, checkpoint)) = &self.place.proof else { return Ok(None) };
        let note: SignedNote = checkpoint.parse().map_err(anyhow::Error::from)?;
        let signed: ledger::Checkpoint = note.text().parse().map_err(anyhow::Error::from)?;
        Ok(Some(print::Inclusion {
            leaf_index: proof.index,
            tree_size: proof.size,
            root: signed.root.0,
            checkpoint: checkpoint.clone(),
            proof: proof.path.iter().map(|hash| hash.0).collect(),
        }))
    }
}

/// The whole declaration as a PDF to print twice and sign, bound to its record by hash and version.
pub async fn declaration_pdf(app: &App, opened: Opened) -> Result<Vec<u8>> {
    let (of_task, partition) = (app.clone(), opened.declaration.partition);
    let make = move |fonts: &Fonts| {
        let Opened { declaration, version, content, .. } = opened;
        let rules = of_task
            .law
            .get(&version.rule_set)
            .ok_or_else(|| crate::bug!("rule set {} is not loaded", version.rule_set))?;
        let form = rules.form_for(declaration.kind).ok_or_else(|| crate::bug!("no form for {}", declaration.kind))?;
        let options = DeclarationOptions { dated: version.created_at, record: Some(mark(&version)?) };
        Ok(print::declaration_pdf(fonts, form, &content, &options)?)
    };
    app.print(partition, make).await
}

/// Several declarations as the form prints them, one after the other in one file.
pub async fn declarations_pdf(
    app: &App,
    partition: PartitionId,
    opened: Vec<Opened>,
    title: &'static str,
    dated: DateTime<Utc>,
    ident: String,
) -> Result<Vec<u8>> {
    let of_task = app.clone();
    let make = move |fonts: &Fonts| {
        let mut sheets = Vec::with_capacity(opened.len());
        for Opened { declaration, version, content, .. } in &opened {
            let rules = law::named(&of_task.law, &version.rule_set)?;
            let kind = declaration.kind;
            let form = rules.form_for(kind).ok_or_else(|| crate::bug!("no form for {kind}"))?;
            let options = DeclarationOptions { dated: version.created_at, record: Some(mark(version)?) };
            sheets.push((form, content, options));
        }
        let bundle = sheets.iter().map(|(form, document, options)| Bundled { form, document, options });
        let bundle: Vec<_> = bundle.collect();
        Ok(print::declarations_pdf(fonts, &bundle, title, dated, ident)?)
    };
    app.print(partition, make).await
}

fn mark(version: &Version) -> Result<RecordMark> {
    let document_sha256 =
        version.document_hash.as_slice().try_into().map_err(|_| crate::bug!("a document hash is not 32 bytes"))?;
    let version = u32::try_from(version.version).map_err(|_| crate::bug!("a version below zero"))?;
    Ok(RecordMark { document_sha256, version })
}

fn instant(milliseconds: u64) -> Result<DateTime<Utc>> {
    let milliseconds = i64::try_from(milliseconds).ok();
    milliseconds.and_then(DateTime::from_timestamp_millis).ok_or_else(|| crate::bug!("a promise outside of time"))
}
