use crate::export::Leaf;
use crate::finding::Named;
use crate::{Checkpoint, Finding, Frontier, Hash, Report, Unproved, VerifierKey, Which, event_leaf, jcs};

/// Verifies one log, leaf by leaf in memory that does not grow with the leaves. The service feeds it from its
/// database, an offline program from an export ([`crate::verify_export`]).
///
/// Every checkpoint's root is recomputed from the leaves, so consistency between all checkpoints follows from it.
pub struct LogVerifier {
    origin: String,
    /// Checkpoints still to be met, by size, smallest last.
    pending: Vec<Named>,
    checkpoints: usize,
    outside_size: Option<u64>,
    frontier: Frontier,
    leaves: u64,
    /// Index of the next leaf.
    next: u64,
    gap_at: Option<u64>,
    proved_size: u64,
    anchored_size: u64,
    findings: Vec<Finding>,
}

impl LogVerifier {
    /// `checkpoints` in the order the log made them; `since` is a checkpoint kept outside; `keys` are all keys the
    /// auditor trusts for this log (several after a change of key).
    pub fn new<'a>(
        origin: &str,
        keys: &[VerifierKey],
        checkpoints: impl IntoIterator<Item = &'a str>,
        since: Option<&'a str>,
    ) -> Self {
        Self::with_outside(origin, keys, checkpoints, since)
    }

    /// The same with any number of checkpoints kept outside, taken at different times.
    pub fn with_outside<'a>(
        origin: &str,
        keys: &[VerifierKey],
        checkpoints: impl IntoIterator<Item = &'a str>,
        since: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut findings = Vec::new();
        let mut open = |which, note: &str| match Checkpoint::open(note, origin, keys) {
            Ok(checkpoint) => Some(Named { which, checkpoint }),
            Err(error) => {
                findings.push(Finding::CheckpointRefused { which, reason: error.to_string() });
                None
            }
        };
        let notes: Vec<_> = checkpoints.into_iter().collect();
        let logged = notes.iter().enumerate().filter_map(|(n, note)| open(Which::Logged(n + 1), note));
        let mut pending: Vec<_> = logged.collect();
        let outside: Vec<_> = since.into_iter().filter_map(|note| open(Which::Outside, note)).collect();
        findings.extend(shrinking(&pending));
        let outside_size = outside.iter().map(|named| named.checkpoint.size).max();
        pending.extend(outside);
        pending.sort_by_key(|named| named.checkpoint.size);
        findings.extend(forks(&pending));
        pending.reverse();
        let mut verifier = Self {
            origin: origin.to_owned(),
            pending,
            checkpoints: notes.len(),
            outside_size,
            frontier: Frontier::default(),
            leaves: 0,
            next: 0,
            gap_at: None,
            proved_size: 0,
            anchored_size: 0,
            findings,
        };
        verifier.meet_checkpoints();
        verifier
    }

    /// Takes the next leaf, in order of index.
    pub fn leaf(&mut self, leaf: &Leaf) {
        self.leaves += 1;
        self.check_event(leaf);
        if leaf.index < self.next {
            self.findings.push(Finding::LeafRepeated { index: leaf.index });
            return;
        }
        if leaf.index > self.next {
            self.findings.push(Finding::LeavesMissing { from: self.next, to: leaf.index });
            self.gap_at.get_or_insert(self.next);
        }
        self.next = leaf.index.saturating_add(1);
        if self.gap_at.is_none() {
            self.frontier.append(leaf.leaf_hash, |_, _| ());
            self.meet_checkpoints();
        }
    }

    /// Records something the caller could not read.
    pub fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The verdict, after the last leaf.
    pub fn finish(mut self) -> Report {
        let leaves = self.next;
        let beyond = self.pending.iter().rev().filter(|named| named.checkpoint.size > leaves);
        let cut_off = |named: &Named| Finding::LeavesCutOff { which: named.which, size: named.checkpoint.size, leaves };
        self.findings.extend(beyond.map(cut_off));
        let unproved = self.unproved();
        Report {
            origin: self.origin,
            leaves: self.leaves,
            checkpoints: self.checkpoints,
            proved_size: self.proved_size,
            anchored_size: self.anchored_size,
            findings: self.findings,
            unproved,
        }
    }

    fn check_event(&mut self, leaf: &Leaf) {
        let computed = event_leaf(&leaf.nonce, leaf.event.as_bytes());
        if computed != leaf.leaf_hash {
            self.findings.push(Finding::EventMismatch { index: leaf.index, stored: leaf.leaf_hash, computed });
        }
        if !jcs::is_canonical(leaf.event.as_bytes()) {
            self.findings.push(Finding::EventNotCanonical { index: leaf.index });
        }
    }

    /// Compares the root with every checkpoint of exactly the present size.
    fn meet_checkpoints(&mut self) {
        let size = self.frontier.size();
        let good_size = self.proved_size;
        let mut root = None;
        while let Some(named) = self.pending.pop_if(|named| named.checkpoint.size == size) {
            let computed: Hash = *root.get_or_insert_with(|| self.frontier.root());
            let (which, root) = (named.which, named.checkpoint.root);
            if computed != root {
                self.findings.push(Finding::RootMismatch { which, size, good_size, root, computed });
                continue;
            }
            self.proved_size = size;
            if which == Which::Outside {
                self.anchored_size = size;
            }
        }
    }

    fn unproved(&self) -> Vec<Unproved> {
        let to = self.next;
        let mut unproved = Vec::new();
        match self.outside_size {
            None => unproved.push(Unproved::NoOutsideCheckpoint),
            Some(from) if from < to => unproved.push(Unproved::AfterOutsideCheckpoint { from, to }),
            Some(_) => {}
        }
        if self.proved_size < to {
            unproved.push(Unproved::NoCheckpoint { from: self.proved_size, to });
        }
        if let Some(from) = self.gap_at {
            unproved.push(Unproved::RootsAfterGap { from });
        }
        unproved
    }
}

/// Checkpoints smaller than the one before them, in the order the log made them.
fn shrinking(made: &[Named]) -> Vec<Finding> {
    let shrinks = |pair: &[Named]| {
        let (before, size) = (pair[0].checkpoint.size, pair[1].checkpoint.size);
        (size < before).then_some(Finding::CheckpointShrinks { which: pair[1].which, size, before })
    };
    made.windows(2).filter_map(shrinks).collect()
}

/// Checkpoints of one size with different roots.
fn forks(by_size: &[Named]) -> Vec<Finding> {
    let fork = |pair: &[Named]| {
        let (a, b) = (&pair[0].checkpoint, &pair[1].checkpoint);
        let forked = a.size == b.size && a.root != b.root;
        forked.then_some(Finding::Fork { which: pair[1].which, size: a.size, root: b.root, other_root: a.root })
    };
    by_size.windows(2).filter_map(fork).collect()
}
