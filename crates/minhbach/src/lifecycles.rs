//! Every life cycle of the service, drawn for the documentation: `./dev lifecycles`.
use crate::kernel::lifecycle::drawn;
use crate::{declaration, handover, intake, person};

/// `docs/LIFECYCLES.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Life cycles\n\nDrawn from the code (`kernel::lifecycle`) by `./dev lifecycles`; a test fails when this page is not what the code says. \
         An act of a person is refused in any other state, with a sentence; the reader of scans leaves alone what moved on meanwhile. Facts that a step needs besides (days, quorum, who) are judged in the slice's rules, and decide where a step has two ends.\n\n",
    );
    let sections = [
        drawn::<intake::model::State>(),
        drawn::<declaration::demand::State>(),
        drawn::<declaration::correction::model::State>(),
        drawn::<handover::model::State>(),
        drawn::<handover::model::ItemState>(),
        drawn::<declaration::publication::State>(),
        drawn::<person::custody::State>(),
    ];
    text.push_str(&sections.join("\n"));
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kernel::lifecycle::LifeCycle;
    use crate::testing::{TestApp, owner};

    #[test]
    fn the_page_is_what_the_code_says() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/LIFECYCLES.md")).unwrap();
        assert_eq!(page, document(), "run ./dev lifecycles");
    }

    /// The table of a life cycle and the database's own rule name the same states; each is reached, and each act is one.
    async fn holds<S: LifeCycle>(sources: &str) {
        let words: BTreeSet<String> = S::STATES.iter().map(|state| state.word().to_owned()).collect();
        assert_eq!(words.len(), S::STATES.len(), "{}", S::TITLE);
        let rule: String = sqlx::query_scalar(
            "select pg_get_constraintdef(oid) from pg_constraint
             where conrelid = $1::regclass and contype = 'c' and conkey = array[(
                 select attnum from pg_attribute where attrelid = $1::regclass and attname = 'state')]",
        )
        .bind(S::TABLE)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
        let kept: BTreeSet<String> = rule.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(kept, words, "{}", S::TABLE);
        for state in S::STATES {
            assert!(S::STEPS.iter().any(|step| step.to == *state), "{} is never reached", state.word());
        }
        for act in S::STEPS.iter().flat_map(|step| step.acts) {
            assert!(sources.contains(&format!("\"{act}\"")), "{act} is no write");
        }
        assert!(S::STATES.iter().any(|state| state.is_last()), "{} never ends", S::TITLE);
    }

    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let named = source.lines().filter(|line| !line.trim_start().starts_with("acts:"));
                text.extend(named);
            }
        }
    }

    #[tokio::test]
    async fn every_table_names_the_states_of_the_database_and_acts_there_are() {
        TestApp::new().await;
        let mut text = String::new();
        sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut text);
        holds::<intake::model::State>(&text).await;
        holds::<declaration::demand::State>(&text).await;
        holds::<declaration::correction::model::State>(&text).await;
        holds::<handover::model::State>(&text).await;
        holds::<handover::model::ItemState>(&text).await;
        holds::<declaration::publication::State>(&text).await;
        holds::<person::custody::State>(&text).await;
    }
}
