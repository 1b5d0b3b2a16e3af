//! How far an obligation to declare is: one word that follows from its columns (migration 0028), and the steps it may take. Each
//! step is told by its event; `verify-log` walks them.
use crate::kernel::lifecycle::{LifeCycle, Step};

/// How far an obligation is. What is late, reminded or demanded of it is told besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    /// A declaration stands for it.
    Declared,
    /// The unit received that declaration.
    Received,
    /// Unfulfilled: its person stands on the list no more, or their file went to another agency.
    Ended,
    /// Opened by mistake, or its occasion came to nothing.
    TakenBack,
}

impl LifeCycle for State {
    const TITLE: &'static str = "Nghĩa vụ kê khai";
    const TABLE: &'static str = "obligation";
    const BASIS: &'static str = "Điều 33 đến Điều 38 Luật Phòng, chống tham nhũng 2018";
    const STATES: &'static [Self] = &[State::Open, State::Declared, State::Received, State::Ended, State::TakenBack];
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["obligation.added"], says: "phát sinh nghĩa vụ", from: &[], to: State::Open },
        Step { acts: &["obligation.redated"], says: "hạn thay đổi", from: &[State::Open], to: State::Open },
        Step {
            acts: &["declaration.submitted", "declaration.digitised"],
            says: "kê khai trực tuyến, hoặc số hóa bản giấy",
            from: &[State::Open, State::Ended],
            to: State::Declared,
        },
        Step {
            acts: &["declaration.received"],
            says: "đơn vị tiếp nhận",
            from: &[State::Declared],
            to: State::Received,
        },
        Step {
            acts: &["declaration.revised"],
            says: "hoàn thiện, kê khai lại theo yêu cầu",
            from: &[State::Declared, State::Received],
            to: State::Declared,
        },
        Step {
            acts: &["declaration.corrected"],
            says: "sửa đổi đã duyệt: không phải tiếp nhận lại",
            from: &[State::Declared],
            to: State::Declared,
        },
        Step {
            acts: &["declaration.corrected"],
            says: "sửa đổi đã duyệt: không phải tiếp nhận lại",
            from: &[State::Received],
            to: State::Received,
        },
        Step {
            acts: &["obligation.ended"],
            says: "không còn phải kê khai: ra khỏi danh sách, chuyển cơ quan",
            from: &[State::Open],
            to: State::Ended,
        },
        Step {
            acts: &["obligation.reopened", "obligation.redated"],
            says: "phải kê khai trở lại",
            from: &[State::Ended],
            to: State::Open,
        },
        Step {
            acts: &["obligation.taken_back"],
            says: "hủy: lập nhầm, việc cán bộ không thực hiện",
            from: &[State::Open],
            to: State::TakenBack,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            State::Open => "OPEN",
            State::Declared => "DECLARED",
            State::Received => "RECEIVED",
            State::Ended => "ENDED",
            State::TakenBack => "TAKEN_BACK",
        }
    }

    fn called(self) -> &'static str {
        match self {
            State::Open => "Chưa kê khai",
            State::Declared => "Đã kê khai",
            State::Received => "Đã tiếp nhận",
            State::Ended => "Không còn phải kê khai",
            State::TakenBack => "Đã hủy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::verify::Disagreement;
    use crate::kernel::{Actor, Event, Tx};
    use crate::testing::{TestApp, owner};

    #[tokio::test]
    async fn the_word_follows_from_the_columns() {
        let test = TestApp::new().await;
        let (partition, unit) = (test.agency().await, test.unit().await);
        let (_, owed) = test.declarant(partition, unit, "Nguyễn Văn An", "051080000123").await;
        let columns = |state: State| match state {
            State::Open => {
                "channel = null, declared_at = null, declaration_id = null, received_on = null, ended_on = null, taken_back = false"
            }
            State::Declared => {
                "channel = 'ONLINE', declared_at = now(), declaration_id = id, received_on = null, taken_back = false"
            }
            State::Received => "received_on = '2025-12-08'",
            State::Ended => "ended_on = '2025-12-08'",
            State::TakenBack => "taken_back = true",
        };
        for state in [State::Open, State::Ended, State::TakenBack, State::Declared, State::Received, State::Open] {
            let sql = format!("update obligation set {} where id = $1 returning state", columns(state));
            let word: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(owed.id.0)
                .fetch_one(&mut owner().await)
                .await
                .unwrap();
            assert_eq!(word, state.word());
        }
    }

    #[tokio::test]
    async fn a_step_that_could_not_be_taken_is_found() {
        let test = TestApp::new().await;
        let (partition, _) = crate::audit::tests::worked(&test).await;
        let verdict = test.verdict(partition).await;
        assert!(verdict.is_whole(), "{verdict}");
        let open: uuid::Uuid = sqlx::query_scalar(
            "select id from obligation where partition_id = $1 and state = 'OPEN' and occasion is not null limit 1",
        )
        .bind(partition.0)
        .fetch_one(&mut owner().await)
        .await
        .unwrap();
        let added = test.events(partition, "obligation.added").await;
        let added = added.iter().find(|body| body["ids"]["obligation"] == open.to_string()).unwrap();
        let (unit, person) = (added["unit"].as_str().unwrap(), added["person"].as_str().unwrap());
        let (unit, person) = (unit.parse().unwrap(), person.parse().unwrap());
        // What was never ended is not owed again.
        let write = async |tx: &mut Tx| {
            let event = Event::new("obligation.reopened", partition).unit(unit).person(person);
            tx.record(event.id("obligation", open)).map(|_| ())
        };
        test.app.db.write(&Actor::system_in(partition), "test.step", write).await.unwrap();
        let found = test.verdict(partition).await.disagreements;
        assert_eq!(found, [Disagreement::ObligationDiffers { obligation: open.to_string() }]);
    }
}
