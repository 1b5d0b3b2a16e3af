use serde::{Deserialize, Serialize};

use crate::tree::fold;
use crate::{Hash, NodeId};

/// Proof that a leaf stands at `index` in the tree of `size` leaves; `path` from the leaf up (RFC 9162 §2.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    pub index: u64,
    pub size: u64,
    pub path: Vec<Hash>,
}

/// Proof that the tree of `new_size` leaves only added to that of `old_size` (RFC 9162 §2.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    pub old_size: u64,
    pub new_size: u64,
    pub path: Vec<Hash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("vị trí {index} nằm ngoài cây có {size} lá")]
    IndexOutOfRange { index: u64, size: u64 },
    #[error("cỡ cũ {old} lớn hơn cỡ mới {new}")]
    SizesOutOfOrder { old: u64, new: u64 },
    #[error("thiếu nút ở tầng {level}, vị trí {index}")]
    NodeMissing { level: u8, index: u64 },
    #[error("bằng chứng có số mã băm không đúng")]
    WrongLength,
    #[error("mã băm gốc tính từ bằng chứng không khớp")]
    RootMismatch,
    #[error("mã băm gốc của cây cũ tính từ bằng chứng không khớp")]
    OldRootMismatch,
}

/// Which stored nodes a proof or root is made of. Lets a store fetch them in one query, without loading the leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One entry per hash of the result: neighbouring complete subtrees, largest first, to be folded into one hash.
    parts: Vec<Vec<NodeId>>,
}

impl Plan {
    /// Every node needed. All are complete subtrees.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.parts.iter().flatten().copied()
    }

    /// The hashes of the proof path (or the one root), given a way to look nodes up.
    pub fn resolve<E>(&self, mut node: impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
        let part = |ids: &Vec<NodeId>| Ok(fold(&ids.iter().map(|id| node(*id)).collect::<Result<Vec<_>, E>>()?));
        self.parts.iter().map(part).collect()
    }
}

/// Plan of the root of the first `size` leaves: resolves to exactly one hash.
pub fn plan_root(size: u64) -> Plan {
    Plan { parts: vec![subtrees(0, size)] }
}

/// Plan of the inclusion path of leaf `index` in the tree of `size` leaves: `PATH(m, D[n])` of RFC 9162 §2.1.3.1.
pub fn plan_inclusion(index: u64, size: u64) -> Result<Plan, ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutOfRange { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut parts = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            parts.push(subtrees(middle, end));
            end = middle;
        } else {
            parts.push(subtrees(start, middle));
            start = middle;
        }
    }
    parts.reverse();
    Ok(Plan { parts })
}

/// Plan of the consistency path between two sizes: `SUBPROOF(m, D[n], true)` of RFC 9162 §2.1.4.1.
/// Empty when the old tree is empty or the sizes are equal.
pub fn plan_consistency(old_size: u64, new_size: u64) -> Result<Plan, ProofError> {
    if old_size > new_size {
        return Err(ProofError::SizesOutOfOrder { old: old_size, new: new_size });
    }
    let (mut start, mut end) = (0, new_size);
    let mut parts = Vec::new();
    while old_size != end && old_size != 0 {
        let middle = start + split(end - start);
        if old_size <= middle {
            parts.push(subtrees(middle, end));
            end = middle;
        } else {
            parts.push(subtrees(start, middle));
            start = middle;
        }
    }
    // The verifier already knows the old root; the subtree is named only when it is not that root.
    if start > 0 {
        parts.push(subtrees(start, end));
    }
    parts.reverse();
    Ok(Plan { parts })
}

/// Largest power of two smaller than `n` (RFC 9162 §2.1.1: `k < n <= 2k`), for n > 1.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The complete subtrees that make up leaves `start..end`, largest first.
/// `start` is a multiple of the largest one, as every range of a proof is.
fn subtrees(mut start: u64, end: u64) -> Vec<NodeId> {
    let mut ids = Vec::new();
    while start < end {
        let level = (end - start).ilog2();
        ids.push(NodeId { level: level as u8, index: start >> level });
        start += 1 << level;
    }
    ids
}

impl InclusionProof {
    /// Checks that `leaf` is at `index` under `root` (RFC 9162 §2.1.3.2).
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        if self.index >= self.size {
            return Err(ProofError::IndexOutOfRange { index: self.index, size: self.size });
        }
        let mut climb = Climb { node: self.index, last: self.size - 1 };
        let mut hash = *leaf;
        for sibling in &self.path {
            hash = match climb.step()? {
                Side::Left => Hash::node(sibling, &hash),
                Side::Right => Hash::node(&hash, sibling),
            };
        }
        climb.finish()?;
        if hash == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
    }
}

impl ConsistencyProof {
    /// Checks that the tree with `new_root` only added leaves to the one with `old_root` (RFC 9162 §2.1.4.2).
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        if self.old_size > self.new_size {
            return Err(ProofError::SizesOutOfOrder { old: self.old_size, new: self.new_size });
        }
        if self.old_size == 0 || self.old_size == self.new_size {
            return self.verify_trivial(old_root, new_root);
        }
        let mut path = self.path.iter();
        // An old tree of a power of two leaves is itself a node of the new one; the proof leaves it out.
        let first = if self.old_size.is_power_of_two() { Some(old_root) } else { path.next() };
        let first = *first.ok_or(ProofError::WrongLength)?;
        let mut climb = Climb { node: self.old_size - 1, last: self.new_size - 1 };
        climb.skip_right_edges();
        let (mut old, mut new) = (first, first);
        for sibling in path {
            match climb.step()? {
                Side::Left => {
                    old = Hash::node(sibling, &old);
                    new = Hash::node(sibling, &new);
                }
                Side::Right => new = Hash::node(&new, sibling),
            }
        }
        climb.finish()?;
        if old != *old_root {
            return Err(ProofError::OldRootMismatch);
        }
        if new == *new_root { Ok(()) } else { Err(ProofError::RootMismatch) }
    }

    /// Nothing before, or nothing added: the path is empty and the known roots decide.
    fn verify_trivial(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        if !self.path.is_empty() {
            return Err(ProofError::WrongLength);
        }
        if self.old_size == 0 && *old_root != Hash::empty_root() {
            return Err(ProofError::OldRootMismatch);
        }
        if self.old_size == self.new_size && old_root != new_root {
            return Err(ProofError::RootMismatch);
        }
        Ok(())
    }
}

/// On which side of the current node its sibling stands.
enum Side {
    Left,
    Right,
}

/// The walk from a node to the root, as the verification algorithms of RFC 9162 do it (`fn` and `sn` there).
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::WrongLength);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Ok(side)
    }

    fn skip_right_edges(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    fn finish(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::WrongLength) }
    }
}
