use serde::{Deserialize, Serialize};

use crate::Hash;
use crate::proof::{ConsistencyProof, InclusionProof, ProofError, plan_consistency, plan_inclusion, plan_root};

/// Address of a complete subtree: `level` 0 is a leaf; the node covers leaves
/// `index·2^level .. (index+1)·2^level`. Its hash never changes once those leaves exist, so it can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId {
    pub level: u8,
    pub index: u64,
}

/// All that is needed to go on appending: the size and the roots of the complete subtrees, largest first
/// (one per 1-bit of the size).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredFrontier", into = "StoredFrontier")]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Takes up a stored frontier; refuses one whose number of roots does not fit its size.
    pub fn new(size: u64, roots: Vec<Hash>) -> Result<Self, FrontierError> {
        if roots.len() != size.count_ones() as usize {
            return Err(FrontierError { size, roots: roots.len() });
        }
        Ok(Self { size, roots })
    }

    /// Number of leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends one leaf hash and reports every node completed by it, the leaf first.
    /// Amortised cost: one node hash.
    pub fn append(&mut self, leaf: Hash, mut on_node: impl FnMut(NodeId, Hash)) {
        let mut id = NodeId { level: 0, index: self.size };
        let mut hash = leaf;
        on_node(id, hash);
        while id.index & 1 == 1 {
            let left = self.roots.pop().expect("a right child's sibling is among the roots");
            hash = Hash::node(&left, &hash);
            id = NodeId { level: id.level + 1, index: id.index >> 1 };
            on_node(id, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// Root of the tree of all leaves so far (RFC 9162 §2.1.1).
    pub fn root(&self) -> Hash {
        fold(&self.roots)
    }
}

/// Hash over neighbouring complete subtrees, largest first; of none, the empty root.
pub(crate) fn fold(roots: &[Hash]) -> Hash {
    roots.iter().copied().rev().reduce(|right, left| Hash::node(&left, &right)).unwrap_or_else(Hash::empty_root)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFrontier {
    size: u64,
    roots: Vec<Hash>,
}

impl TryFrom<StoredFrontier> for Frontier {
    type Error = FrontierError;

    fn try_from(stored: StoredFrontier) -> Result<Self, FrontierError> {
        Self::new(stored.size, stored.roots)
    }
}

impl From<Frontier> for StoredFrontier {
    fn from(frontier: Frontier) -> Self {
        Self { size: frontier.size, roots: frontier.roots }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("biên của cây có {roots} nút, không khớp với cỡ {size}")]
pub struct FrontierError {
    pub size: u64,
    pub roots: usize,
}

/// A tree with all its nodes in memory, for tests, auditors and small logs. A service keeps the nodes in its store
/// and resolves [`crate::Plan`]s instead.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    frontier: Frontier,
    levels: Vec<Vec<Hash>>,
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.append(leaf));
        tree
    }
}

impl Tree {
    pub fn append(&mut self, leaf: Hash) {
        let levels = &mut self.levels;
        self.frontier.append(leaf, |id, hash| match levels.get_mut(usize::from(id.level)) {
            Some(level) => level.push(hash),
            None => levels.push(vec![hash]),
        });
    }

    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Root the tree had when it held `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Hash, ProofError> {
        Ok(plan_root(size).resolve(|id| self.node(id))?[0])
    }

    /// Proof that leaf `index` is in the tree of the first `size` leaves (RFC 9162 §2.1.3.1).
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, ProofError> {
        let path = plan_inclusion(index, size)?.resolve(|id| self.node(id))?;
        Ok(InclusionProof { index, size, path })
    }

    /// Proof that the first `old_size` of `new_size` leaves were not changed (RFC 9162 §2.1.4.1).
    pub fn prove_consistency(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, ProofError> {
        let path = plan_consistency(old_size, new_size)?.resolve(|id| self.node(id))?;
        Ok(ConsistencyProof { old_size, new_size, path })
    }

    fn node(&self, id: NodeId) -> Result<Hash, ProofError> {
        let level = self.levels.get(usize::from(id.level));
        let hash = level.and_then(|level| level.get(usize::try_from(id.index).ok()?));
        hash.copied().ok_or(ProofError::NodeMissing { level: id.level, index: id.index })
    }
}
