//! What verification says, as data; its Vietnamese sentences stand here and nowhere else.

use std::fmt;

use serde::Serialize;

use crate::{Checkpoint, Hash};

/// A checkpoint spoken of: the n-th of the log (from 1), or the one the auditor kept outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    Logged(usize),
    Outside,
}

/// Something that is wrong. One is enough for the log not to be whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// An export's line cannot be read (line from 1).
    LineUnreadable { line: u64, reason: String },
    /// Not a checkpoint of this log with a good signature of a trusted key.
    CheckpointRefused { which: Which, reason: String },
    /// A later checkpoint is smaller than one before it.
    CheckpointShrinks { which: Which, size: u64, before: u64 },
    /// Two signed checkpoints of one size with different roots: the log was shown in two versions.
    Fork { which: Which, size: u64, root: Hash, other_root: Hash },
    /// The first `size` leaves do not give the checkpoint's root; up to `good_size` they agree with a checkpoint.
    RootMismatch { which: Which, size: u64, good_size: u64, root: Hash, computed: Hash },
    /// The checkpoint covers more leaves than there are.
    LeavesCutOff { which: Which, size: u64, leaves: u64 },
    /// Leaves `from..to` are not there.
    LeavesMissing { from: u64, to: u64 },
    /// A leaf comes again or too late.
    LeafRepeated { index: u64 },
    /// The event and nonce do not give the stored leaf hash.
    EventMismatch { index: u64, stored: Hash, computed: Hash },
    /// The event is not canonical JSON.
    EventNotCanonical { index: u64 },
}

/// Something that could not be proved, though nothing wrong was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unproved {
    /// No checkpoint kept outside was given: whoever holds the log's key could have made the whole log anew.
    NoOutsideCheckpoint,
    /// Leaves after the outside checkpoint rest on the log's own signature alone.
    AfterOutsideCheckpoint { from: u64, to: u64 },
    /// No signed checkpoint agrees with these leaves.
    NoCheckpoint { from: u64, to: u64 },
    /// After leaf `from` went missing, checkpoints above it cannot be recomputed.
    RootsAfterGap { from: u64 },
}

/// Outcome of verifying one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub origin: String,
    /// Leaves seen.
    pub leaves: u64,
    /// Checkpoints of the log seen (without the outside one).
    pub checkpoints: usize,
    /// The first so many leaves agree with a signed checkpoint.
    pub proved_size: u64,
    /// The first so many leaves agree with the checkpoint kept outside.
    pub anchored_size: u64,
    pub findings: Vec<Finding>,
    pub unproved: Vec<Unproved>,
}

impl Report {
    /// Nothing wrong was found. What is merely unproved stands in `unproved`.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, leaves, checkpoints, proved_size, anchored_size, .. } = self;
        let verdict = if self.is_whole() { "TOÀN VẸN" } else { "KHÔNG TOÀN VẸN" };
        writeln!(f, "Nhật ký {origin}: {verdict}")?;
        writeln!(f, "Số lá: {leaves}; số điểm niêm phong: {checkpoints}")?;
        writeln!(
            f,
            "Khớp với điểm niêm phong đã ký: {proved_size} lá; với điểm niêm phong giữ bên ngoài: {anchored_size} lá"
        )?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "Sai lệch: {finding}"))?;
        self.unproved.iter().try_for_each(|unproved| writeln!(f, "Chưa chứng minh được: {unproved}"))
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logged(position) => write!(f, "Điểm niêm phong thứ {position}"),
            Self::Outside => write!(f, "Điểm niêm phong giữ bên ngoài"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineUnreadable { line, reason } => write!(f, "Dòng {line} của tệp không đọc được: {reason}."),
            Self::CheckpointRefused { which, reason } => write!(f, "{which} không được chấp nhận: {reason}."),
            Self::CheckpointShrinks { which, size, before } => {
                write!(f, "{which} chỉ có {size} lá, ít hơn điểm niêm phong trước nó ({before} lá).")
            }
            Self::Fork { which, size, root, other_root } => write!(
                f,
                "{which} mâu thuẫn với một điểm niêm phong khác cùng {size} lá: mã băm gốc {root} và {other_root}; \
                 nhật ký đã có hai bản khác nhau."
            ),
            Self::RootMismatch { which, size, good_size, root, computed } => write!(
                f,
                "{which} ({size} lá) có mã băm gốc {root}, các lá cho {computed}: lá số {good_size} đến {} có thay đổi.",
                size.saturating_sub(1)
            ),
            Self::LeavesCutOff { which, size, leaves } => {
                write!(f, "{which} chốt {size} lá nhưng chỉ còn {leaves} lá: phần cuối nhật ký bị mất.")
            }
            Self::LeavesMissing { from, to } if to - from == 1 => write!(f, "Thiếu lá số {from}."),
            Self::LeavesMissing { from, to } => write!(f, "Thiếu các lá số {from} đến {}.", to - 1),
            Self::LeafRepeated { index } => write!(f, "Lá số {index} bị lặp lại hoặc sai thứ tự."),
            Self::EventMismatch { index, stored, computed } => {
                write!(f, "Sự kiện của lá số {index} đã bị sửa: mã băm lưu là {stored}, tính lại là {computed}.")
            }
            Self::EventNotCanonical { index } => {
                write!(f, "Sự kiện của lá số {index} không phải JSON ở dạng chuẩn (RFC 8785).")
            }
        }
    }
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOutsideCheckpoint => write!(
                f,
                "Không có điểm niêm phong giữ bên ngoài (--since): người giữ khóa ký có thể đã lập lại toàn bộ nhật ký."
            ),
            Self::AfterOutsideCheckpoint { from, to } => write!(
                f,
                "Lá số {from} đến {} nằm sau điểm niêm phong giữ bên ngoài, chỉ dựa vào chữ ký của chính hệ thống.",
                to - 1
            ),
            Self::NoCheckpoint { from, to } => {
                write!(f, "Lá số {from} đến {} chưa có điểm niêm phong đã ký nào khớp.", to - 1)
            }
            Self::RootsAfterGap { from } => {
                write!(f, "Các điểm niêm phong sau lá số {from} không tính lại được vì thiếu lá.")
            }
        }
    }
}

/// A checkpoint as verification holds it, with the name findings call it by.
pub(crate) struct Named {
    pub which: Which,
    pub checkpoint: Checkpoint,
}
