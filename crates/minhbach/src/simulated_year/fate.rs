//! What became of an obligation, judged against the law's life cycle from what stands in the database.
use chrono::NaiveDate;

/// What is known of one obligation at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Facts {
    pub id: uuid::Uuid,
    pub kind: String,
    pub due_on: NaiveDate,
    pub ended_on: Option<NaiveDate>,
    pub is_declared: bool,
    /// Of the version in force.
    pub received_on: Option<NaiveDate>,
    pub is_demanded: bool,
    /// "LISTED" or "TAKEN", of the batch it was not missing in.
    pub handing: Option<String>,
    pub handed_on: Option<NaiveDate>,
    /// The last day to begin its publication, by the rule set.
    #[sqlx(skip)]
    pub publish_by: Option<NaiveDate>,
    /// "OPEN" or "CLOSED", of the publication that was not broken off, with its last day.
    pub publication: Option<String>,
    pub until_on: Option<NaiveDate>,
    /// Reminders that reached the person within their terms.
    pub reminded: i64,
    pub not_submitted_on: Option<NaiveDate>,
}

/// The lawful ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Declared, received, handed over, taken, and published where its kind is.
    Fulfilled,
    /// The same, and it hangs, or may still be begun to be published.
    BeingPublished,
    Ended,
    NotSubmitted,
    Open,
}

/// The kinds published at the workplace (article 39.1).
const AT_WORKPLACE: [&str; 3] = ["FIRST", "ANNUAL", "SUPPLEMENT"];

/// Which lawful end it is, or what is not done.
pub(super) fn judge(facts: &Facts, today: NaiveDate) -> Result<Fate, &'static str> {
    if facts.is_declared {
        return fulfilled(facts, today);
    }
    if facts.handing.is_some() || facts.received_on.is_some() || facts.publication.is_some() {
        return Err("nothing was declared, and it went on");
    }
    match (facts.ended_on, facts.not_submitted_on) {
        (Some(_), Some(_)) => Err("ended, and recorded as not submitted"),
        (Some(_), None) => Ok(Fate::Ended),
        (None, Some(_)) if facts.reminded == 2 => Ok(Fate::NotSubmitted),
        (None, Some(_)) => Err("recorded without two reminders that arrived"),
        (None, None) if today <= facts.due_on => Ok(Fate::Open),
        (None, None) => Err("open after its last day"),
    }
}

fn fulfilled(facts: &Facts, today: NaiveDate) -> Result<Fate, &'static str> {
    if facts.ended_on.is_some() {
        return Err("ended, though it was declared");
    }
    if facts.is_demanded {
        return Err("a demand waits for its answer");
    }
    if facts.received_on.is_none() {
        return Err("not received");
    }
    match facts.handing.as_deref() {
        Some("TAKEN") => {}
        Some(_) => return Err("handed over and not taken"),
        None => return Err("not handed over"),
    }
    let is_for_workplace = AT_WORKPLACE.contains(&facts.kind.as_str());
    match (facts.publication.as_deref(), is_for_workplace) {
        (Some(_), false) => Err("published at the workplace, where its kind is not"),
        (None, false) | (Some("CLOSED"), true) => Ok(Fate::Fulfilled),
        (Some(_), true) if facts.until_on.is_some_and(|until| today <= until) => Ok(Fate::BeingPublished),
        (Some(_), true) => Err("the publication has no minutes"),
        (None, true) if facts.publish_by.is_some_and(|last| today <= last) => Ok(Fate::BeingPublished),
        (None, true) => Err("not published"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 2, day).unwrap()
    }

    fn declared() -> Facts {
        Facts {
            kind: "ANNUAL".into(),
            due_on: on(1),
            is_declared: true,
            received_on: Some(on(2)),
            handing: Some("TAKEN".into()),
            publish_by: Some(on(10)),
            publication: Some("CLOSED".into()),
            until_on: Some(on(20)),
            ..Facts::default()
        }
    }

    #[test]
    fn a_declaration_goes_all_the_way() {
        assert_eq!(judge(&declared(), on(28)), Ok(Fate::Fulfilled));
        for (broken, said) in [
            (Facts { is_demanded: true, ..declared() }, "a demand waits for its answer"),
            (Facts { received_on: None, ..declared() }, "not received"),
            (Facts { handing: None, ..declared() }, "not handed over"),
            (Facts { handing: Some("LISTED".into()), ..declared() }, "handed over and not taken"),
            (Facts { publication: None, ..declared() }, "not published"),
            (Facts { publication: Some("OPEN".into()), ..declared() }, "the publication has no minutes"),
            (Facts { ended_on: Some(on(3)), ..declared() }, "ended, though it was declared"),
        ] {
            assert_eq!(judge(&broken, on(28)), Err(said));
        }
        let hanging = Facts { publication: Some("OPEN".into()), ..declared() };
        assert_eq!(judge(&hanging, on(20)), Ok(Fate::BeingPublished), "on its last day");
        let waiting = Facts { publication: None, ..declared() };
        assert_eq!(judge(&waiting, on(10)), Ok(Fate::BeingPublished), "may still be begun");
        assert_eq!(judge(&waiting, on(11)), Err("not published"));
        let personnel = Facts { kind: "PERSONNEL".into(), ..waiting };
        assert_eq!(judge(&personnel, on(28)), Ok(Fate::Fulfilled), "published where else the law says");
    }

    #[test]
    fn what_was_not_declared_ended_or_was_recorded_or_is_not_due() {
        let owed = Facts { kind: "ANNUAL".into(), due_on: on(10), ..Facts::default() };
        assert_eq!(judge(&owed, on(10)), Ok(Fate::Open));
        assert_eq!(judge(&owed, on(11)), Err("open after its last day"));
        assert_eq!(judge(&Facts { ended_on: Some(on(3)), ..owed.clone() }, on(11)), Ok(Fate::Ended));
        let recorded = Facts { not_submitted_on: Some(on(20)), reminded: 2, ..owed };
        assert_eq!(judge(&recorded, on(28)), Ok(Fate::NotSubmitted));
        let reminded_once = Facts { reminded: 1, ..recorded };
        assert_eq!(judge(&reminded_once, on(28)), Err("recorded without two reminders that arrived"));
    }
}
