//! Every life cycle of the service, drawn for the documentation: `./dev lifecycles`.
use crate::kernel::lifecycle::Drawing;
use crate::{declaration, handover, intake, person, practice};

/// All there are, in the order a paper goes through them.
fn all() -> [Drawing; 11] {
    [
        Drawing::of::<person::course::State>(),
        Drawing::of::<intake::model::State>(),
        Drawing::of::<intake::workbook::State>(),
        Drawing::of::<declaration::demand::State>(),
        Drawing::of::<declaration::correction::model::State>(),
        Drawing::of::<handover::model::State>(),
        Drawing::of::<handover::model::ItemState>(),
        Drawing::of::<declaration::publication::State>(),
        Drawing::of::<person::custody::State>(),
        Drawing::of::<person::inquiry::State>(),
        Drawing::of::<practice::model::State>(),
    ]
}

/// `docs/LIFECYCLES.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Life cycles\n\nDrawn from the code (`kernel::lifecycle`) by `./dev lifecycles`; a test fails when this page is not what the code says. \
         An act of a person is refused in any other state, with a sentence; the reader of scans leaves alone what moved on meanwhile. Facts that a step needs besides (days, quorum, who) are judged in the slice's rules, and decide where a step has two ends.\n\n",
    );
    text.push_str(&all().map(|cycle| cycle.section).join("\n"));
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::{TestApp, owner};

    #[test]
    fn the_page_is_what_the_code_says() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/LIFECYCLES.md")).unwrap();
        assert_eq!(page, document(), "run ./dev lifecycles");
    }

    /// The table of a life cycle and the database's own rule name the same states; each is reached, and each act is one.
    async fn holds(cycle: &Drawing, sources: &str) {
        let words: BTreeSet<&str> = cycle.states.iter().map(|(word, _)| *word).collect();
        assert_eq!(words.len(), cycle.states.len(), "{}", cycle.title);
        let rule: String = sqlx::query_scalar(
            "select pg_get_constraintdef(oid) from pg_constraint
             where conrelid = $1::regclass and contype = 'c' and conkey = array[(
                 select attnum from pg_attribute where attrelid = $1::regclass and attname = $2)]",
        )
        .bind(cycle.table)
        .bind(cycle.column)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
        let kept: BTreeSet<&str> = rule.split('\'').skip(1).step_by(2).collect();
        assert_eq!(kept, words, "{}", cycle.table);
        for word in words {
            assert!(cycle.steps.iter().any(|(to, _)| *to == word), "{word} is never reached");
        }
        for act in cycle.steps.iter().flat_map(|(_, acts)| *acts) {
            assert!(sources.contains(&format!("\"{act}\"")), "{act} is no write");
        }
        assert!(cycle.states.iter().any(|(_, is_last)| *is_last), "{} never ends", cycle.title);
    }

    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let named = source.lines().filter(|line| !line.contains("acts: &["));
                text.extend(named);
            }
        }
    }

    #[tokio::test]
    async fn every_table_names_the_states_of_the_database_and_acts_there_are() {
        TestApp::new().await;
        let mut text = String::new();
        sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut text);
        for cycle in all() {
            holds(&cycle, &text).await;
        }
    }
}
