//! The tree against the reference vectors of certificate transparency, the example of RFC 9162 §2.1.5, the
//! definition of RFC 9162 §2.1 written out, and the independent implementation `ct-merkle`.
#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a panic is the failure")]

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ledger::{ConsistencyProof, Frontier, Hash, InclusionProof, NodeId, ProofError, Tree};
use ledger::{plan_consistency, plan_inclusion, plan_root};
use proptest::prelude::*;
use sha2::Sha256;

/// Inputs and roots of the certificate-transparency reference tests (google/certificate-transparency).
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(hex: &str) -> Hash {
    hex.parse().unwrap()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| Hash::leaf(&n.to_be_bytes())).collect()
}

/// `MTH(D[n])` word for word from RFC 9162 §2.1.1, over leaf hashes.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            Hash::node(&root_by_definition(&leaves[..k]), &root_by_definition(&leaves[k..]))
        }
    }
}

#[test]
fn reference_vectors() {
    assert_eq!(Hash::empty_root(), hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    let mut tree = Tree::default();
    assert_eq!(tree.root(), Hash::empty_root());
    for (input, root) in INPUTS.iter().zip(ROOTS) {
        tree.append(Hash::leaf(&hex::decode(input).unwrap()));
        assert_eq!(tree.root(), hash(root));
    }
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(tree.root_at(size).unwrap(), hash(root));
    }
    let path = tree.prove_consistency(6, 8).unwrap().path;
    let want = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(path, want.map(hash));
}

#[test]
fn example_of_rfc_9162_2_1_5() {
    let d = leaves(7);
    let [a, b, c, dd, e, f] = [d[0], d[1], d[2], d[3], d[4], d[5]];
    let (g, h, i) = (Hash::node(&a, &b), Hash::node(&c, &dd), Hash::node(&e, &f));
    let j = d[6];
    let (k, l) = (Hash::node(&g, &h), Hash::node(&i, &j));
    let tree: Tree = d.into_iter().collect();
    assert_eq!(tree.root(), Hash::node(&k, &l));
    let inclusion = |index| tree.prove_inclusion(index, 7).unwrap().path;
    assert_eq!(inclusion(0), [b, h, l]);
    assert_eq!(inclusion(3), [c, g, l]);
    assert_eq!(inclusion(4), [f, j, k]);
    assert_eq!(inclusion(6), [i, k]);
    let consistency = |old| tree.prove_consistency(old, 7).unwrap().path;
    assert_eq!(consistency(3), [c, dd, g, l]);
    assert_eq!(consistency(4), [l]);
    assert_eq!(consistency(6), [i, j, k]);
}

#[test]
fn every_proof_up_to_70_leaves_verifies_and_no_other_root_does() {
    let leaves = leaves(70);
    let tree: Tree = leaves.iter().copied().collect();
    let roots: Vec<_> = (0..=70).map(|size| tree.root_at(size).unwrap()).collect();
    for size in 0..=70u64 {
        let root = roots[size as usize];
        assert_eq!(root, root_by_definition(&leaves[..size as usize]));
        for index in 0..size {
            let proof = tree.prove_inclusion(index, size).unwrap();
            proof.verify(&leaves[index as usize], &root).unwrap();
            assert_eq!(proof.verify(&leaves[(index as usize + 1) % 70], &root), Err(ProofError::RootMismatch));
            assert_eq!(proof.verify(&leaves[index as usize], &Hash([0; 32])), Err(ProofError::RootMismatch));
        }
        for old in 0..=size {
            let proof = tree.prove_consistency(old, size).unwrap();
            let old_root = roots[old as usize];
            proof.verify(&old_root, &root).unwrap();
            assert!(proof.verify(&Hash([0; 32]), &root).is_err());
            assert!(old == 0 || proof.verify(&old_root, &Hash([0; 32])).is_err());
        }
    }
}

#[test]
fn requests_outside_the_tree_are_refused() {
    let tree: Tree = leaves(5).into_iter().collect();
    assert_eq!(tree.prove_inclusion(5, 5), Err(ProofError::IndexOutOfRange { index: 5, size: 5 }));
    assert_eq!(tree.prove_inclusion(0, 6), Err(ProofError::NodeMissing { level: 1, index: 2 }));
    assert_eq!(tree.prove_consistency(4, 3), Err(ProofError::SizesOutOfOrder { old: 4, new: 3 }));
    assert!(tree.root_at(8).is_err());
    let proof = InclusionProof { index: 9, size: 3, path: vec![] };
    assert_eq!(proof.verify(&Hash([0; 32]), &Hash([0; 32])), Err(ProofError::IndexOutOfRange { index: 9, size: 3 }));
    let proof = ConsistencyProof { old_size: 0, new_size: 3, path: vec![Hash([0; 32])] };
    assert_eq!(proof.verify(&Hash::empty_root(), &Hash([0; 32])), Err(ProofError::WrongLength));
}

#[test]
fn a_stored_frontier_goes_on_where_it_stopped() {
    let leaves = leaves(300);
    let mut frontier = Frontier::default();
    for (n, leaf) in leaves.iter().enumerate() {
        let stored = serde_json::to_string(&frontier).unwrap();
        frontier = serde_json::from_str(&stored).unwrap();
        let mut completed = 0;
        frontier.append(*leaf, |_, _| completed += 1);
        assert_eq!(completed, (n + 1).trailing_zeros() + 1, "an append completes only the nodes it must");
        assert_eq!(frontier.size(), n as u64 + 1);
    }
    assert_eq!(frontier.root(), root_by_definition(&leaves));
    assert_eq!(Frontier::new(frontier.size(), frontier.roots().to_vec()).unwrap(), frontier);
    assert!(Frontier::new(3, vec![Hash([0; 32])]).is_err());
    assert!(serde_json::from_str::<Frontier>(r#"{"size":2,"roots":[]}"#).is_err());
}

#[test]
fn a_store_of_nodes_serves_proofs_without_leaves_of_other_branches() {
    let mut nodes: HashMap<NodeId, Hash> = HashMap::new();
    let mut frontier = Frontier::default();
    for leaf in leaves(1000) {
        frontier.append(leaf, |id, hash| assert!(nodes.insert(id, hash).is_none(), "a node is completed once"));
    }
    let plan = plan_inclusion(333, 1000).unwrap();
    assert!(plan.nodes().count() <= 16, "logarithmic: {}", plan.nodes().count());
    let path = plan.resolve(|id| nodes.get(&id).copied().ok_or(id)).unwrap();
    InclusionProof { index: 333, size: 1000, path }.verify(&leaves(1000)[333], &frontier.root()).unwrap();
    assert_eq!(plan_root(1000).resolve(|id| nodes.get(&id).copied().ok_or(id)).unwrap(), [frontier.root()]);
    let plan = plan_consistency(500, 1000).unwrap();
    let first = plan.nodes().next().unwrap();
    nodes.remove(&first);
    assert_eq!(plan.resolve(|id| nodes.get(&id).copied().ok_or(id)), Err(first));
}

/// The same leaves in `ct-merkle`, which hashes leaf data itself.
fn oracle(count: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..count).for_each(|n| tree.push(n.to_be_bytes().to_vec()));
    tree
}

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn roots_and_proofs_equal_those_of_ct_merkle(size in 1u64..600, pick in any::<prop::sample::Index>()) {
        let index = pick.index(size as usize) as u64;
        let (tree, oracle) = (leaves(size).into_iter().collect::<Tree>(), oracle(size));
        let root = oracle.root();
        prop_assert_eq!(&tree.root().0[..], &root.as_bytes()[..]);
        let proof = tree.prove_inclusion(index, size).unwrap();
        let theirs = oracle.prove_inclusion(index as usize);
        prop_assert_eq!(bytes(&proof.path), theirs.as_bytes());
        let ours = ct_merkle::InclusionProof::try_from_bytes(bytes(&proof.path)).unwrap();
        prop_assert!(root.verify_inclusion(&index.to_be_bytes().to_vec(), index, &ours).is_ok());
        let added = size - index - 1;
        if added > 0 {
            let proof = tree.prove_consistency(index + 1, size).unwrap();
            let theirs = oracle.prove_consistency(added as usize);
            prop_assert_eq!(bytes(&proof.path), theirs.as_bytes());
        }
    }

    #[test]
    fn a_changed_proof_is_refused(size in 2u64..400, pick in any::<prop::sample::Index>(),
                                  at in any::<prop::sample::Index>(), bit in 0u8..8, what in 0..5) {
        let all = leaves(size);
        let tree: Tree = all.iter().copied().collect();
        let index = pick.index(size as usize) as u64;
        let mut proof = tree.prove_inclusion(index, size).unwrap();
        let step = at.index(proof.path.len());
        match what {
            0 => proof.path[step].0[step % 32] ^= 1 << bit,
            1 => drop(proof.path.remove(step)),
            2 => proof.path.insert(step, Hash([7; 32])),
            3 => proof.index = (proof.index + 1) % size,
            _ => proof.path.reverse(),
        }
        let unchanged = proof == tree.prove_inclusion(index, size).unwrap();
        prop_assert_eq!(proof.verify(&all[index as usize], &tree.root()).is_ok(), unchanged);
    }

    #[test]
    fn a_changed_consistency_proof_is_refused(old in 1u64..300, added in 1u64..300,
                                              at in any::<prop::sample::Index>(), what in 0..3) {
        let tree: Tree = leaves(old + added).into_iter().collect();
        let mut proof = tree.prove_consistency(old, old + added).unwrap();
        let step = at.index(proof.path.len());
        match what {
            0 => proof.path[step].0[0] ^= 1,
            1 => drop(proof.path.remove(step)),
            _ => proof.path.insert(step, Hash([7; 32])),
        }
        prop_assert!(proof.verify(&tree.root_at(old).unwrap(), &tree.root()).is_err());
    }

    #[test]
    fn a_rewritten_leaf_breaks_consistency(old in 1u64..200, added in 0u64..200, pick in any::<prop::sample::Index>()) {
        let honest: Tree = leaves(old).into_iter().collect();
        let mut changed = leaves(old + added);
        changed[pick.index(old as usize)] = Hash([1; 32]);
        let forged: Tree = changed.into_iter().collect();
        let proof = forged.prove_consistency(old, old + added).unwrap();
        prop_assert!(proof.verify(&honest.root(), &forged.root()).is_err());
    }
}
