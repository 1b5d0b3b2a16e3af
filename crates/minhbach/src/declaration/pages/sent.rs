//! What was sent: the confirmation, the slip, the declaration as it stands on record, and their PDFs.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::correction::{self, Offer, Told as Correction};
use crate::account::Signed;
use crate::declaration::correction::acts::Standing;
use crate::declaration::difference::differences;
use crate::declaration::model::{Act, Declaration};
use crate::declaration::open::{self, Opened};
use crate::declaration::slip::{self, Slip};
use crate::declaration::store::{self, VersionLine};
use crate::declaration::summary::{self, Block};
use crate::kernel::clock::{self, date_in_vietnam};
use crate::kernel::id::DeclarationId;
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{Html, Page, Path, Query, html};
use crate::kernel::{App, Result, Role, Tx};
use crate::law;

/// What the pages of a sent declaration share.
struct Told {
    id: DeclarationId,
    reference: String,
    kind_label: String,
    sent_at: String,
    sha256: String,
    version: i32,
    unit_name: String,
    promise: Option<String>,
    proof: Option<Proof>,
    received_on: Option<String>,
    hand_over_due_on: Option<String>,
    hand_over_days: String,
}

/// The place in the log.
struct Proof {
    index: u64,
    size: u64,
    path: Vec<String>,
    checkpoint: String,
}

impl Told {
    fn of(app: &App, slip: &Slip) -> Result<Self> {
        let rules = law::named(&app.law, &slip.version.rule_set)?;
        let days = rules.deadline("check_and_hand_over").and_then(|deadline| deadline.days);
        Ok(Self {
            id: slip.declaration.id,
            reference: slip.reference(),
            kind_label: slip.kind_label(app)?,
            sent_at: clock::second(slip.version.created_at),
            sha256: slip.document_sha256(),
            version: slip.version.version,
            unit_name: slip.unit_name.clone(),
            promise: slip.place.promise.clone(),
            proof: slip.place.proof.as_ref().map(|(proof, checkpoint)| Proof {
                index: proof.index,
                size: proof.size,
                path: proof.path.iter().map(ToString::to_string).collect(),
                checkpoint: checkpoint.clone(),
            }),
            received_on: slip.declaration.received_on.map(viet::date::format_short),
            hand_over_due_on: slip.declaration.hand_over_due_on.map(viet::date::format_short),
            hand_over_days: days.map(|days| days.to_string()).unwrap_or_default(),
        })
    }
}

impl Told {
    /// Address of a page of this declaration.
    fn href(&self, page: &str) -> String {
        format!("/ke-khai/ban/{}/{page}", self.id)
    }
}

/// Which version is asked for; without one, the one in force.
#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) ban: Option<i32>,
}

async fn slip_of(app: &App, signed: &Signed, id: DeclarationId, asked: &Asked) -> Result<Slip> {
    signed.require(&[Role::Declarant])?;
    app.db
        .read(&signed.actor, "declaration.slip", async |tx| {
            let declaration = store::find(tx, id).await?;
            slip::slip_of(tx, declaration, asked.ban).await
        })
        .await
}

async fn told(app: &App, signed: &Signed, id: DeclarationId, asked: &Asked) -> Result<Told> {
    Told::of(app, &slip_of(app, signed, id, asked).await?)
}

#[derive(Template)]
#[template(path = "declaration/pages/confirmation.html")]
struct ConfirmationPage {
    page: Page,
    told: Told,
}

pub(super) async fn confirmation(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
) -> Result<Html> {
    let told = told(&app, &signed, id, &Asked { ban: None }).await?;
    html(&ConfirmationPage { page: signed.page("Đã gửi bản kê khai"), told })
}

#[derive(Template)]
#[template(path = "declaration/pages/slip.html")]
struct SlipPage {
    page: Page,
    told: Told,
    name: String,
}

pub(super) async fn slip(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    let told = told(&app, &signed, id, &asked).await?;
    let name = signed.badge.name.clone();
    html(&SlipPage { page: signed.page("Phiếu xác nhận đã gửi"), told, name })
}

pub(super) async fn slip_pdf(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let slip = slip_of(&app, &signed, id, &asked).await?;
    let name = format!("phieu-xac-nhan-{}.pdf", slip.reference());
    let bytes = slip.pdf(&app, signed.badge.name.clone()).await?;
    Ok(attachment(PDF, &name, bytes))
}

/// A declaration of one's own with all its page tells.
struct Whole {
    opened: Opened,
    versions: Vec<VersionLine>,
    published: Vec<Published>,
    /// What the version shown says differently from the one before it.
    differences: Vec<String>,
    offer: Offer,
    corrections: Vec<Correction>,
}

async fn whole(app: &App, signed: &Signed, id: DeclarationId, asked: &Asked) -> Result<Whole> {
    signed.require(&[Role::Declarant])?;
    app.db
        .read(&signed.actor, "declaration.open", async |tx| {
            let declaration = store::find(tx, id).await?;
            let versions = store::versions(tx, &declaration).await?;
            let published = published(tx, &declaration).await?;
            let standing = Standing::of(tx, &declaration).await?;
            let offer = Offer::of(&standing, &declaration, tx.today());
            let corrections = correction::told_of(tx, standing.corrections, correction::OWN).await?;
            let opened = open::open_version(tx, declaration, asked.ban).await?;
            let differences = differences_of(app, tx, &opened).await?;
            Ok(Whole { opened, versions, published, differences, offer, corrections })
        })
        .await
}

/// What a version says differently from the one before it; nothing for a first one.
pub(crate) async fn differences_of(app: &App, tx: &mut Tx, opened: &Opened) -> Result<Vec<String>> {
    let Some(before) = open::before(tx, &opened.declaration, opened.version.version).await? else {
        return Ok(Vec::new());
    };
    let rules = law::named(&app.law, &opened.version.rule_set)?;
    let kind = opened.declaration.kind;
    let form = rules.form_for(kind).ok_or_else(|| crate::bug!("no form for {kind}"))?;
    Ok(differences(rules, form, &before, &opened.content))
}

async fn opened(app: &App, signed: &Signed, id: DeclarationId, asked: &Asked) -> Result<Opened> {
    signed.require(&[Role::Declarant])?;
    app.db
        .read(&signed.actor, "declaration.open", async |tx| {
            let declaration = store::find(tx, id).await?;
            open::open_version(tx, declaration, asked.ban).await
        })
        .await
}

/// A publication of a declaration as its pages tell of it.
pub(super) struct Published {
    pub(super) mode: &'static str,
    pub(super) place: String,
    pub(super) days: String,
    pub(super) minutes: String,
    pub(super) state: &'static str,
    pub(super) kind: &'static str,
}

/// How, where and how long a declaration was published (article 39), the newest first. The caller records the opening.
pub(super) async fn published(tx: &mut Tx, declaration: &Declaration) -> Result<Vec<Published>> {
    let today = tx.today();
    let mut told = Vec::new();
    for publication in store::publications(tx, declaration).await? {
        let (state, kind) = publication.stage(today).label();
        told.push(Published {
            mode: publication.mode.label(),
            place: tx.open(publication.partition, publication.item, &publication.place)?,
            days: publication.days(),
            minutes: publication.minutes().unwrap_or_default(),
            state,
            kind,
        });
    }
    Ok(told)
}

#[derive(Template)]
#[template(path = "declaration/pages/declaration.html")]
struct DeclarationPage {
    page: Page,
    id: DeclarationId,
    print: String,
    title: String,
    channel: &'static str,
    has_slip: bool,
    /// "?ban=1" behind an address, for a version another has replaced.
    which: String,
    versions: Vec<VersionRow>,
    completed_on: String,
    sha256: String,
    published: Vec<Published>,
    differences: Vec<String>,
    offer: Offer,
    corrections: Vec<Correction>,
    blocks: Vec<Block>,
}

/// The declaration as it stands on record; opening it is recorded.
pub(super) async fn declaration(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    let Whole { opened, versions, published, differences, offer, corrections } =
        whole(&app, &signed, id, &asked).await?;
    let which = asked.ban.map(|number| format!("?ban={number}")).unwrap_or_default();
    let title = crate::person::model::title(opened.declaration.kind, opened.declaration.year);
    html(&DeclarationPage {
        page: signed.page(title.clone()),
        id,
        print: format!("/ke-khai/ban/{id}/ban-ke-khai.pdf{which}"),
        title,
        channel: opened.version.act.label(),
        has_slip: !matches!(opened.version.act, Act::Intake | Act::Correction),
        which,
        versions: version_rows(&versions, opened.version.version, &format!("/ke-khai/ban/{id}")),
        completed_on: form::doc::text(&opened.content, "completed_on")
            .and_then(|day| day.parse().ok())
            .map(viet::date::format_short)
            .unwrap_or_default(),
        sha256: hex::encode(&opened.version.document_hash),
        published,
        differences,
        offer,
        corrections,
        blocks: blocks_of(&app, &opened)?,
    })
}

/// A version in the list of what was handed in.
pub(crate) struct VersionRow {
    pub(crate) number: i32,
    pub(crate) href: String,
    pub(crate) shown: bool,
    pub(crate) how: &'static str,
    pub(crate) on: String,
    pub(crate) received: String,
    pub(crate) due: String,
}

/// Every version, with the address it is read at.
pub(crate) fn version_rows(versions: &[VersionLine], shown: i32, base: &str) -> Vec<VersionRow> {
    let day = viet::date::format_short;
    let row = |version: &VersionLine| VersionRow {
        number: version.number,
        href: format!("{base}?ban={}", version.number),
        shown: version.number == shown,
        how: version.act.label(),
        on: day(date_in_vietnam(version.created_at)),
        received: version.received_on.map(day).unwrap_or_default(),
        due: version.hand_over_due_on.map(day).unwrap_or_default(),
    };
    versions.iter().map(row).collect()
}

/// What a record says, by the form it was made on.
pub(super) fn blocks_of(app: &App, opened: &Opened) -> Result<Vec<Block>> {
    let rules = law::named(&app.law, &opened.version.rule_set)?;
    let kind = opened.declaration.kind;
    let form = rules.form_for(kind).ok_or_else(|| crate::bug!("no form for {kind}"))?;
    Ok(summary::blocks(form, kind, &opened.content, ""))
}

pub(super) async fn declaration_pdf(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let opened = opened(&app, &signed, id, &asked).await?;
    let name = format!("ban-ke-khai-{}.pdf", opened.declaration.year);
    let bytes = slip::declaration_pdf(&app, opened).await?;
    Ok(attachment(PDF, &name, bytes))
}
