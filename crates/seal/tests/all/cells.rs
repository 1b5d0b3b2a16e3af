//! Cells and blind indexes: what is bound, what is refused, what can be seen.

use std::collections::HashSet;

use crate::common::{OTHER, PARTITION, fixture, stored};
use proptest::prelude::*;
use seal::{Cell, KeyRing, SealError, same};

const CELL: Cell<'static> = Cell { table: "person", row: b"0001", column: "name" };
const NAME: &str = "Nguyễn Thị Hường";

#[test]
fn a_cell_opens_only_where_it_was_sealed() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let sealed = ring.seal_cell(CELL, NAME.as_bytes()).unwrap();
    assert_eq!(&**ring.open_cell(CELL, &sealed).unwrap(), NAME.as_bytes());
    let elsewhere = [
        Cell { table: "account", ..CELL },
        Cell { row: b"0002", ..CELL },
        Cell { column: "address", ..CELL },
        // The same letters, divided otherwise.
        Cell { table: "person0", row: b"001", ..CELL },
        Cell { row: b"0001n", column: "ame", ..CELL },
    ];
    for cell in elsewhere {
        assert!(matches!(ring.open_cell(cell, &sealed), Err(SealError::Refused)), "{cell:?}");
    }
    assert!(matches!(f.ring(OTHER).open_cell(CELL, &sealed), Err(SealError::Refused)));
    assert!(matches!(f.ring(PARTITION).open_cell(CELL, &sealed), Err(SealError::Refused)), "another key");
}

#[test]
fn a_changed_or_cut_cell_is_refused() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let sealed = ring.seal_cell(CELL, NAME.as_bytes()).unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(ring.open_cell(CELL, &changed).is_err(), "byte {at} bit {bit}");
        }
        assert!(ring.open_cell(CELL, &sealed[..at]).is_err());
    }
    assert!(ring.open_cell(CELL, &[&sealed[..], b"x"].concat()).is_err());
}

#[test]
fn the_form_is_the_documented_one_and_never_repeats_a_nonce() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let mut nonces = HashSet::new();
    for _ in 0..2000 {
        let sealed = ring.seal_cell(CELL, b"abc").unwrap();
        assert_eq!(sealed.len(), 1 + 4 + 12 + 3 + 16);
        assert_eq!(sealed[..5], [1, 0, 0, 0, 1]);
        assert!(nonces.insert(sealed[5..17].to_vec()));
    }
    assert_eq!(ring.sealed_cells(), 2000);
}

#[test]
fn sealed_bytes_and_the_key_row_hold_no_plaintext() {
    let f = fixture();
    let wrapped = f.key(PARTITION, None);
    let ring = KeyRing::open(&f.store, PARTITION, &[stored(&wrapped)]).unwrap();
    let mut seen = wrapped.bytes.clone();
    let planted = [NAME, "001085012345", "Số 12 ngõ 34, phường Ba Đình, Hà Nội", "29A-123.45"];
    let index = ring.blind_index("person.id_no").unwrap();
    for text in planted {
        seen.extend(ring.seal_cell(CELL, text.as_bytes()).unwrap());
        let mut file = Vec::new();
        ring.seal_file(b"f", text.as_bytes(), &mut file).unwrap();
        seen.extend(file);
        seen.extend(index.tag(text.as_bytes()));
    }
    for text in planted {
        for piece in text.as_bytes().windows(6) {
            assert!(!seen.windows(6).any(|window| window == piece), "{text}");
        }
    }
}

#[test]
fn a_blind_index_is_keyed_by_partition_and_column() {
    let f = fixture();
    let (ring, other) = (f.ring(PARTITION), f.ring(OTHER));
    let index = ring.blind_index("person.id_no").unwrap();
    let tag = index.tag(b"001085012345");
    assert_eq!(tag, ring.blind_index("person.id_no").unwrap().tag(b"001085012345"));
    assert_ne!(tag, index.tag(b"001085012346"));
    assert_ne!(tag, ring.blind_index("person.name").unwrap().tag(b"001085012345"));
    assert_ne!(tag, other.blind_index("person.id_no").unwrap().tag(b"001085012345"));
    assert_eq!(index.short_tag(b"x"), index.tag(b"x")[..16]);
    assert!(same(&tag, &tag.clone()));
    assert!(!same(&tag, &index.tag(b"y")) && !same(&tag, &tag[..16]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_value_comes_back_and_only_from_its_own_cell(
        plaintext in prop::collection::vec(any::<u8>(), 0..300),
        (table, column) in ("[a-z]{0,6}", "[a-z]{0,6}"),
        (other_table, other_column) in ("[a-z]{0,6}", "[a-z]{0,6}"),
        row in prop::collection::vec(any::<u8>(), 0..20),
        other_row in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let f = fixture();
        let ring = f.ring(PARTITION);
        let cell = Cell { table: &table, row: &row, column: &column };
        let other = Cell { table: &other_table, row: &other_row, column: &other_column };
        let sealed = ring.seal_cell(cell, &plaintext).unwrap();
        prop_assert_eq!(&**ring.open_cell(cell, &sealed).unwrap(), &plaintext[..]);
        let is_same = (&table, &row, &column) == (&other_table, &other_row, &other_column);
        prop_assert_eq!(ring.open_cell(other, &sealed).is_ok(), is_same);
    }
}
