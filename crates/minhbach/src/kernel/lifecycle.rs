//! Life cycles: the states of a thing, and which act leads from which to which. One table each: the acts ask it whether they
//! may, and the documentation is drawn from it (`docs/LIFECYCLES.md`).
use std::fmt::Write as _;

/// One step of a life cycle.
#[derive(Debug)]
pub struct Step<S: 'static> {
    /// The names of the writes that do it ([`super::Tx::name`]), or of the events that tell it.
    pub acts: &'static [&'static str],
    /// What is done, in words.
    pub says: &'static str,
    /// The states it may be done in; none when it is how the thing comes to be.
    pub from: &'static [S],
    pub to: S,
}

/// Implemented by the enum of a thing's states.
pub trait LifeCycle: Copy + PartialEq + 'static {
    /// What the thing is called.
    const TITLE: &'static str;
    /// The table that keeps it.
    const TABLE: &'static str;
    /// The column of the table.
    const COLUMN: &'static str = "state";
    /// The article it follows from.
    const BASIS: &'static str;
    const STATES: &'static [Self];
    const STEPS: &'static [Step<Self>];

    /// The word the database keeps.
    fn word(self) -> &'static str;

    /// What people call it.
    fn called(self) -> &'static str;

    /// Whether the act may be done in this state.
    fn takes(self, act: &str) -> bool {
        Self::STEPS.iter().any(|step| step.acts.contains(&act) && step.from.contains(&self))
    }

    /// The state the act leads to from this one; none where it cannot be done.
    fn after(self, act: &str) -> Option<Self> {
        let leads = |step: &&Step<Self>| step.acts.contains(&act) && step.from.contains(&self);
        Self::STEPS.iter().find(leads).map(|step| step.to)
    }

    /// Whether nothing more can be done.
    fn is_last(self) -> bool {
        !Self::STEPS.iter().any(|step| step.from.contains(&self))
    }
}

/// A life cycle as it is told, whatever its states are in the code.
#[derive(Debug)]
pub struct Drawing {
    pub title: &'static str,
    pub table: &'static str,
    pub column: &'static str,
    /// The words of its states, and whether nothing comes after.
    pub states: Vec<(&'static str, bool)>,
    /// The word of the state each step leads to, and the acts that do it.
    pub steps: Vec<(&'static str, &'static [&'static str])>,
    /// Its section of a Markdown document.
    pub section: String,
}

impl Drawing {
    pub fn of<S: LifeCycle>() -> Self {
        Self {
            title: S::TITLE,
            table: S::TABLE,
            column: S::COLUMN,
            states: S::STATES.iter().map(|state| (state.word(), state.is_last())).collect(),
            steps: S::STEPS.iter().map(|step| (step.to.word(), step.acts)).collect(),
            section: drawn::<S>(),
        }
    }
}

/// A section of a Markdown document: a diagram, and the names of the acts.
fn drawn<S: LifeCycle>() -> String {
    let mut text = format!("## {}\n`{}`. {}.\n\n```mermaid\nstateDiagram-v2\n", S::TITLE, S::TABLE, S::BASIS);
    for state in S::STATES {
        let _ = writeln!(text, "    {} : {}", state.word(), state.called());
    }
    for step in S::STEPS {
        if step.from.is_empty() {
            let _ = writeln!(text, "    [*] --> {} : {}", step.to.word(), step.says);
        }
        for from in step.from {
            let _ = writeln!(text, "    {} --> {} : {}", from.word(), step.to.word(), step.says);
        }
    }
    for state in S::STATES.iter().filter(|state| state.is_last()) {
        let _ = writeln!(text, "    {} --> [*]", state.word());
    }
    text.push_str("```\n\n| Bước | Từ | Đến | Giao dịch |\n|---|---|---|---|\n");
    for step in S::STEPS {
        let from: Vec<_> = step.from.iter().map(|state| state.called()).collect();
        let from = if from.is_empty() { "–".to_owned() } else { from.join("; ") };
        let acts: Vec<_> = step.acts.iter().map(|act| format!("`{act}`")).collect();
        let _ = writeln!(text, "| {} | {from} | {} | {} |", step.says, step.to.called(), acts.join(", "));
    }
    text
}
