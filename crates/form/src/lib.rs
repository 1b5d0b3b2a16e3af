//! The declaration form as one definition, and the rule sets that say when it holds.
//!
//! Everything that shows, reads, checks or prints a declaration is generated from [`Form`]: the web wizard, the paper
//! template, server validation, the PDF, the JSON schema. The definitions are data in `law/`; see
//! `docs/how-to/add-a-form.md`.
//!
//! A declaration itself is plain JSON ([`serde_json::Value`]); [`doc`] reads and writes it by path
//! (`assets[0].value.amount`).
pub mod calendar;
mod check;
pub mod compare;
pub mod deadline;
pub mod diff;
pub mod doc;
pub mod find;
pub mod hash;
pub mod input;
pub mod lawbook;
pub mod leaves;
mod listing;
pub mod model;
pub mod rules;
pub mod ruleset;
mod schema;
mod source;
pub mod thread;

pub use calendar::{Calendar, NoCalendar};
pub use check::{Problem, check};
pub use deadline::{CannotCount, Clock, Due, Standing, due};
pub use diff::{Difference, diff};
pub use input::{InputError, display, input_text, parse_input};
pub use lawbook::{Ground, Hashes, IncomeSheet, LawBook, LawError, OlderForm, Question};
pub use listing::{listing, rules_table};
pub use model::{
    ChangeRow, ChangeTable, Channel, EnumOption, Extra, Field, FieldRef, FieldType, Form, FormKind, Header, Item, Kind,
    Occurs, Required, Section, Signature,
};
pub use rules::{Alike, Context, Effect, Finding, LastDay, Listed, Mark, OnRecord, Previous, marks, signals, validate};
pub use ruleset::{Publication, RuleDef, RuleSet, Severity};
pub use schema::json_schema;
