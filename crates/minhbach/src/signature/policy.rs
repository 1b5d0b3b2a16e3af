//! Who may sign, record a signature on paper, withdraw one, decide one, and put a time stamp beside one.
use super::model::{Channel, Followed, Party, Side, Signable, Signature};
use crate::kernel::id::{OrganisationId, PartitionId, PersonId};
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Take the file and bring it back signed.
pub struct Sign;
impl Action for Sign {
    const NAME: &'static str = "signature.sign";
}

/// Record that it was signed on paper.
pub struct RecordPaper;
impl Action for RecordPaper {
    const NAME: &'static str = "signature.record_paper";
}

/// Sign the document itself, beside the file.
pub struct SignData;
impl Action for SignData {
    const NAME: &'static str = "signature.sign_data";
}

/// Take the document itself, to sign it or to prove what was signed.
pub struct TakeDocument;
impl Action for TakeDocument {
    const NAME: &'static str = "signature.take_document";
}

/// Withdraw a signature, with a reason.
pub struct Withdraw;
impl Action for Withdraw {
    const NAME: &'static str = "signature.withdraw";
}

/// Accept or refuse a signature of which something could not be checked.
pub struct Decide;
impl Action for Decide {
    const NAME: &'static str = "signature.decide";
}

/// Put the authority's time stamp beside a signature.
pub struct PutStamp;
impl Action for PutStamp {
    const NAME: &'static str = "signature.stamp";
}

/// Whose rows they are.
struct Rows {
    partition: PartitionId,
    unit: OrganisationId,
    person: Option<PersonId>,
}

fn is_of(actor: &Actor, party: Party, rows: &Rows) -> bool {
    match (party, actor.context) {
        (Party::Person, Context::Person { partition, person }) => {
            actor.is(Role::Declarant) && partition == rows.partition && Some(person) == rows.person
        }
        (Party::Person, _) => false,
        (Party::Unit, _) => actor.is(Role::UnitOfficer) && actor.unit() == Some(rows.unit),
        (Party::Agency, _) => actor.is(Role::IntakeOfficer) && actor.agency() == Some(rows.partition),
    }
}

impl Signable {
    fn rows(&self) -> Rows {
        Rows { partition: self.partition, unit: self.unit, person: self.person }
    }
}

impl Signature {
    fn rows(&self) -> Rows {
        Rows { partition: self.partition, unit: self.unit, person: self.person }
    }
}

/// Where the paper of a side lies: with the agency its own, with the unit all others.
fn keeper_of_paper(side: Side) -> Party {
    if side == Side::Agency { Party::Agency } else { Party::Unit }
}

/// Only who signs: the declarant their own declaration, the unit what it received, handed over or published, the agency its
/// side of a hand-over. What came in on paper has its signature there.
impl Guarded<Sign> for Signable {
    fn allows(&self, actor: &Actor) -> bool {
        is_of(actor, self.side.party(), &self.rows()) && self.takes_key
    }
}

/// An officer of where the paper lies.
impl Guarded<RecordPaper> for Signable {
    fn allows(&self, actor: &Actor) -> bool {
        is_of(actor, keeper_of_paper(self.side), &self.rows())
    }
}

/// The declarant who signed the file, while that signature stands.
impl Guarded<SignData> for Followed {
    fn allows(&self, actor: &Actor) -> bool {
        let one = &self.signature;
        one.is_of_declarant_with_key() && self.stands() && is_of(actor, Party::Person, &one.rows())
    }
}

/// The declarant who may sign it, or did. Once it is signed, its agency too: what is signed is proved with the very bytes. They
/// say more than the form prints, so nobody else.
impl Guarded<TakeDocument> for Followed {
    fn allows(&self, actor: &Actor) -> bool {
        let (one, is_signed) = (&self.signature, self.data.is_some());
        let is_declarants = is_of(actor, Party::Person, &one.rows()) && (is_signed || self.stands());
        one.is_of_declarant_with_key() && (is_declarants || (is_signed && is_of(actor, Party::Agency, &one.rows())))
    }
}

/// Who signed; what was recorded on paper, whoever records it.
impl Guarded<Withdraw> for Followed {
    fn allows(&self, actor: &Actor) -> bool {
        let one = &self.signature;
        let party = if one.channel == Channel::Digital { one.side.party() } else { keeper_of_paper(one.side) };
        self.stands() && is_of(actor, party, &one.rows())
    }
}

/// The other side, for whom the signature is meant: of a declarant's the unit or its agency, of a unit's the agency, of the
/// agency's the unit; once, and never the account that put it on record.
impl Guarded<Decide> for Followed {
    fn allows(&self, actor: &Actor) -> bool {
        let one = &self.signature;
        let others: &[Party] = match one.side.party() {
            Party::Person => &[Party::Unit, Party::Agency],
            Party::Unit => &[Party::Agency],
            Party::Agency => &[Party::Unit],
        };
        self.waits_for_decision()
            && actor.account_or_nil() != one.created_by
            && others.iter().any(|party| is_of(actor, *party, &one.rows()))
    }
}

/// The job, in the agency's partition.
impl Guarded<PutStamp> for Signature {
    fn allows(&self, actor: &Actor) -> bool {
        actor.role.is_none() && actor.context == Context::Agency { partition: self.partition }
    }
}
