//! A round of practice, and the seats in it.
use chrono::{DateTime, Utc};

use crate::cells;
use crate::kernel::Role;
use crate::kernel::id::{PartitionId, PracticeId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};

cells! {
    /// The one password of a round's accounts, under the key of the agency it is for.
    PasswordCell = "practice_round"."password_sealed" -> String;
}

/// How far a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Building,
    Open,
    Failed,
    Closed,
}

impl State {
    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::Building => ("Đang dựng", "wait"),
            State::Open => ("Đang mở", "good"),
            State::Failed => ("Chưa dựng được", "wrong"),
            State::Closed => ("Đã đóng", ""),
        }
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Bản thực hành của một cơ quan";
    const TABLE: &'static str = "practice_round";
    const BASIS: &'static str = "Yêu cầu G5: tập huấn bằng dữ liệu giả định";
    const STATES: &'static [Self] = &[State::Building, State::Open, State::Failed, State::Closed];
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["practice.begin"], says: "quản trị cơ quan lập", from: &[], to: State::Building },
        Step { acts: &["practice.open"], says: "hệ thống dựng xong", from: &[State::Building], to: State::Open },
        Step {
            acts: &["practice.fail", "practice.begin"],
            says: "dựng không thành",
            from: &[State::Building],
            to: State::Failed,
        },
        Step {
            acts: &["practice.close", "practice.begin"],
            says: "đóng, hoặc làm lại từ đầu",
            from: &[State::Open],
            to: State::Closed,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            State::Building => "BUILDING",
            State::Open => "OPEN",
            State::Failed => "FAILED",
            State::Closed => "CLOSED",
        }
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

/// What an agency asked for: a world of its own to practise in.
#[derive(Debug, Clone)]
pub struct Round {
    /// The agency it is for.
    pub partition: PartitionId,
    pub id: PracticeId,
    pub state: State,
    /// Parts of the world that are built, of [`PARTS`].
    pub built: i16,
    /// The practice partition; none before the world is whole.
    pub practice: Option<PartitionId>,
    /// What the names of its accounts begin with.
    pub prefix: Option<String>,
    pub password: Option<Sealed<PasswordCell>>,
    pub created_at: DateTime<Utc>,
    /// When it last came further.
    pub moved_at: DateTime<Utc>,
}

/// Bodies, people, what they declared, accounts, a scanned paper.
pub const PARTS: i16 = 5;

/// Somebody to sign in as: what the name of the account ends with, and what there is to do.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    pub ending: &'static str,
    pub role: Role,
    pub says: &'static str,
    pub who: Who,
}

/// Whom of the world a seat is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Agency,
    /// A unit, by its place among the world's.
    Unit(usize),
    /// A person, by their place among the world's.
    Person(usize),
}

const fn seat(ending: &'static str, role: Role, who: Who, says: &'static str) -> Seat {
    Seat { ending, role, says, who }
}

/// All seats of a world.
pub const SEATS: [Seat; 10] = [
    seat("tiepnhan", Role::IntakeOfficer, Who::Agency, "tiếp nhận bản giấy, nhận bàn giao, đợt kê khai"),
    seat("kiemtoan", Role::Auditor, Who::Agency, "xem, đối chiếu nhật ký"),
    seat(
        "donvi1",
        Role::UnitOfficer,
        Who::Unit(0),
        "đơn vị thứ nhất: danh sách, tiếp nhận, đôn đốc, bàn giao, công khai",
    ),
    seat("donvi2", Role::UnitOfficer, Who::Unit(1), "đơn vị thứ hai"),
    seat("kk1", Role::Declarant, Who::Person(1), "kê khai hằng năm, chuyển tiếp từ bản kê khai lần đầu"),
    seat("kk2", Role::Declarant, Who::Person(2), "kê khai hằng năm, chuyển tiếp từ bản kê khai lần đầu"),
    seat("kk3", Role::Declarant, Who::Person(4), "kê khai lần đầu"),
    seat("kk4", Role::Declarant, Who::Person(6), "kê khai hằng năm, chuyển tiếp từ bản kê khai lần đầu"),
    seat("kk5", Role::Declarant, Who::Person(7), "kê khai hằng năm"),
    seat("kk6", Role::Declarant, Who::Person(9), "kê khai lần đầu"),
];
