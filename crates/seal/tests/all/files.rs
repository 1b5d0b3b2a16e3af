//! Sealed files: round trip at every chunk boundary; truncation, reordering, repetition and exchange are refused.

use std::io::{self, Read};

use crate::common::{OTHER, PARTITION, fixture};
use proptest::prelude::*;
use seal::{CHUNK, FileDigest, KeyRing, SealError};

const NAME: &[u8] = b"file-1";
const HEADER: usize = 40;
const SEALED_CHUNK: usize = CHUNK + 16;

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 + n / 251) as u8).collect()
}

fn seal(ring: &KeyRing, plain: &[u8]) -> (Vec<u8>, FileDigest) {
    let mut sealed = Vec::new();
    let digest = ring.seal_file(NAME, plain, &mut sealed).unwrap();
    (sealed, digest)
}

fn open(ring: &KeyRing, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut plain = Vec::new();
    ring.open_file(NAME, sealed, &mut plain)?;
    Ok(plain)
}

#[test]
fn files_come_back_at_every_chunk_boundary_with_their_digests() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5] {
        let plain = bytes(len);
        let (sealed, digest) = seal(&ring, &plain);
        let chunks = len.div_ceil(CHUNK).max(1);
        assert_eq!(sealed.len(), HEADER + len + 16 * chunks, "{len}");
        let mut back = Vec::new();
        assert_eq!(ring.open_file(NAME, &sealed[..], &mut back).unwrap(), digest);
        assert!(back == plain, "{len}");
        assert_eq!((digest.plain_len, digest.sealed_len), (len as u64, sealed.len() as u64));
        assert_eq!(digest.plain_sha256, sha256(&plain));
        assert_eq!(digest.sealed_sha256, sha256(&sealed));
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let (sealed, _) = seal(&ring, &bytes(2 * CHUNK + 100));
    let second = HEADER + SEALED_CHUNK;
    let cuts = [0, 1, HEADER - 1, HEADER, HEADER + 16, second - 1, second, second + 1, second + SEALED_CHUNK];
    for cut in cuts.into_iter().chain([sealed.len() - 1]) {
        assert!(matches!(open(&ring, &sealed[..cut]), Err(SealError::FileDamaged)), "{cut}");
    }
    assert!(matches!(open(&ring, &[&sealed[..], b"x"].concat()), Err(SealError::FileDamaged)));
}

#[test]
fn reordered_repeated_dropped_and_foreign_chunks_are_refused() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let plain = bytes(3 * CHUNK);
    let (sealed, _) = seal(&ring, &plain);
    let (twin, _) = seal(&ring, &plain);
    let (header, body) = sealed.split_at(HEADER);
    let c: Vec<_> = body.chunks(SEALED_CHUNK).collect();
    let of_twin: Vec<_> = twin[HEADER..].chunks(SEALED_CHUNK).collect();
    let wrong = [
        vec![c[1], c[0], c[2]],
        vec![c[0], c[0], c[1], c[2]],
        vec![c[0], c[2]],
        vec![c[1], c[2]],
        vec![c[0], c[1]],
        vec![c[0], c[1], c[2], c[2]],
        vec![c[0], of_twin[1], c[2]],
        vec![c[2]],
    ];
    for (n, chunks) in wrong.iter().enumerate() {
        let forged = [header, &chunks.concat()].concat();
        assert!(matches!(open(&ring, &forged), Err(SealError::FileDamaged)), "{n}");
    }
    assert!(open(&ring, &[&twin[..HEADER], body].concat()).is_err(), "the header of another file");
    assert!(open(&ring, &[header, body].concat()).unwrap() == plain);
}

#[test]
fn a_file_opens_only_under_its_name_partition_and_key() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let (sealed, _) = seal(&ring, b"noi dung");
    let mut sink = Vec::new();
    assert!(matches!(ring.open_file(b"file-2", &sealed[..], &mut sink), Err(SealError::FileDamaged)));
    assert!(matches!(open(&f.ring(OTHER), &sealed), Err(SealError::FileDamaged)));
    assert!(matches!(open(&f.ring(PARTITION), &sealed), Err(SealError::FileDamaged)));
    assert_eq!(sink, b"", "nothing unverified is written");
    let mut magic = sealed.clone();
    magic[0] = b'X';
    assert!(matches!(open(&ring, &magic), Err(SealError::Malformed)));
    let mut generation = sealed.clone();
    generation[7] = 9;
    assert!(matches!(open(&ring, &generation), Err(SealError::NoDataKey(9))));
    assert_eq!(open(&ring, &sealed).unwrap(), b"noi dung");
}

/// Gives its bytes a few at a time, as a network or a pipe does.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.0.len()).min(4093);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn the_chunking_does_not_depend_on_how_the_input_arrives() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let plain = bytes(CHUNK + 77_777);
    let mut sealed = Vec::new();
    ring.seal_file(NAME, Dribble(&plain), &mut sealed).unwrap();
    let mut back = Vec::new();
    ring.open_file(NAME, Dribble(&sealed), &mut back).unwrap();
    assert!(back == plain && open(&ring, &sealed).unwrap() == plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_bit_is_refused(len in 0usize..2000, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let f = fixture();
        let ring = f.ring(PARTITION);
        let (mut sealed, _) = seal(&ring, &bytes(len));
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&ring, &sealed).is_err());
    }
}
