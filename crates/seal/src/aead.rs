//! AES-256-GCM and the unambiguous encoding of what it binds.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::SealError;

pub const KEY_LEN: usize = 32;
pub const NONCE_LEN: usize = 12;
pub const TAG_LEN: usize = 16;

/// 32 secret bytes, wiped when dropped.
pub type Secret = Zeroizing<[u8; KEY_LEN]>;

/// A fresh random key.
pub fn random_secret() -> Result<Secret, SealError> {
    let mut secret = Secret::default();
    rand::fill(&mut *secret)?;
    Ok(secret)
}

/// An AES-256-GCM key in use. (Its `Debug` shows the algorithm only.)
pub fn cipher(key: &[u8; KEY_LEN]) -> Result<LessSafeKey, SealError> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

/// Subkey by HKDF-SHA256 (RFC 5869).
pub fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Secret, SealError> {
    let mut subkey = Secret::default();
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(&[info], HKDF_SHA256)?.fill(&mut *subkey)?;
    Ok(subkey)
}

/// Each field preceded by its length as 8 bytes big-endian, so that no two lists of fields give the same bytes
/// (as Janus, the Prio aggregator of ISRG, does for its database columns).
pub fn bind(fields: &[&[u8]]) -> Vec<u8> {
    let field = |field: &&[u8]| [&(field.len() as u64).to_be_bytes(), *field].concat();
    fields.iter().flat_map(field).collect()
}

/// `nonce || ciphertext || tag`, with a random nonce.
pub fn seal(key: &LessSafeKey, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce)?;
    let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + TAG_LEN);
    sealed.extend(nonce);
    sealed.extend(plaintext);
    let body = &mut sealed[NONCE_LEN..];
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)?;
    sealed.extend(tag.as_ref());
    Ok(sealed)
}

/// The plaintext of [`seal`], in memory that is wiped.
pub fn open(key: &LessSafeKey, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Malformed)?;
    let mut body = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = key.open_in_place(nonce, Aad::from(aad), &mut body).map_err(|_| SealError::Refused)?.len();
    body.truncate(length);
    Ok(body)
}
