//! Which algorithms count (Thông tư 15/2025/TT-BKHCN: RSA from 2048 bits, ECDSA from 256, SHA-2), and their verification.
use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as s, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{ObjectIdentifier, Uint};
use der::{Any, Decode, Encode, Sequence};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

pub const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
pub const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub const SHA256_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
pub const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
pub const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// The hash functions that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn of(algorithm: &ObjectIdentifier) -> Option<Self> {
        match *algorithm {
            SHA256 => Some(Hash::Sha256),
            SHA384 => Some(Hash::Sha384),
            SHA512 => Some(Hash::Sha512),
            _ => None,
        }
    }

    /// The digest of several pieces as of one.
    pub fn digest(self, pieces: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        });
        pieces.iter().for_each(|piece| context.update(piece));
        context.finish().as_ref().to_vec()
    }
}

/// Why a signature value is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Below the strength that counts, or not known: in words.
    Weak(String),
    Wrong,
}

#[derive(Sequence)]
struct RsaPublicKey {
    modulus: Uint,
    exponent: Uint,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Pkcs1,
    Pss,
    Ecdsa,
}

/// Judges a signature value over `message`. `stated`: the hash said beside the signature, where the algorithm does not
/// say one itself or must agree with it.
///
/// # Errors
/// What is weak or wrong about it.
pub fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    stated: Option<&ObjectIdentifier>,
    message: &[u8],
    value: &[u8],
) -> Result<(), Fault> {
    let (scheme, own) = match algorithm.oid {
        RSA => (Scheme::Pkcs1, None),
        SHA256_RSA => (Scheme::Pkcs1, Some(SHA256)),
        SHA384_RSA => (Scheme::Pkcs1, Some(SHA384)),
        SHA512_RSA => (Scheme::Pkcs1, Some(SHA512)),
        RSA_PSS => (Scheme::Pss, pss_hash(algorithm)),
        ECDSA_SHA256 => (Scheme::Ecdsa, Some(SHA256)),
        ECDSA_SHA384 => (Scheme::Ecdsa, Some(SHA384)),
        ECDSA_SHA512 => (Scheme::Ecdsa, Some(SHA512)),
        other => return Err(weak(format!("thuật toán ký {other}"))),
    };
    let hash = match (own, stated) {
        (Some(own), Some(stated)) if own != *stated => return Err(Fault::Wrong),
        (own, stated) => own.or(stated.copied()),
    };
    let hash = hash.and_then(|oid| Hash::of(&oid)).ok_or_else(|| weak("hàm băm không thuộc họ SHA-2".into()))?;
    let bits = key.subject_public_key.raw_bytes();
    check_key(key, scheme, bits)?;
    let verifier = verifier(key, scheme, hash).ok_or_else(|| weak("loại khóa hoặc đường cong".into()))?;
    UnparsedPublicKey::new(verifier, bits).verify(message, value).map_err(|_| Fault::Wrong)
}

fn weak(what: String) -> Fault {
    Fault::Weak(what)
}

fn check_key(key: &SubjectPublicKeyInfoOwned, scheme: Scheme, bits: &[u8]) -> Result<(), Fault> {
    if scheme == Scheme::Ecdsa {
        return Ok(());
    }
    if key.algorithm.oid != RSA && key.algorithm.oid != RSA_PSS {
        return Err(Fault::Wrong);
    }
    let rsa = RsaPublicKey::from_der(bits).map_err(|_| Fault::Wrong)?;
    let modulus = rsa.modulus.as_bytes();
    let length = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if length < 2048 { Err(weak(format!("khóa RSA {length} bit, yêu cầu từ 2048 bit"))) } else { Ok(()) }
}

fn curve(key: &SubjectPublicKeyInfoOwned) -> Option<ObjectIdentifier> {
    (key.algorithm.oid == EC).then(|| key.algorithm.parameters.as_ref()?.decode_as().ok()).flatten()
}

fn verifier(key: &SubjectPublicKeyInfoOwned, scheme: Scheme, hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (scheme, hash) {
        (Scheme::Pkcs1, Hash::Sha256) => &s::RSA_PKCS1_2048_8192_SHA256,
        (Scheme::Pkcs1, Hash::Sha384) => &s::RSA_PKCS1_2048_8192_SHA384,
        (Scheme::Pkcs1, Hash::Sha512) => &s::RSA_PKCS1_2048_8192_SHA512,
        (Scheme::Pss, Hash::Sha256) => &s::RSA_PSS_2048_8192_SHA256,
        (Scheme::Pss, Hash::Sha384) => &s::RSA_PSS_2048_8192_SHA384,
        (Scheme::Pss, Hash::Sha512) => &s::RSA_PSS_2048_8192_SHA512,
        (Scheme::Ecdsa, hash) => match (curve(key)?, hash) {
            (P256, Hash::Sha256) => &s::ECDSA_P256_SHA256_ASN1,
            (P256, Hash::Sha384) => &s::ECDSA_P256_SHA384_ASN1,
            (P256, Hash::Sha512) => &s::ECDSA_P256_SHA512_ASN1,
            (P384, Hash::Sha256) => &s::ECDSA_P384_SHA256_ASN1,
            (P384, Hash::Sha384) => &s::ECDSA_P384_SHA384_ASN1,
            (P384, Hash::Sha512) => &s::ECDSA_P384_SHA512_ASN1,
            (P521, Hash::Sha256) => &s::ECDSA_P521_SHA256_ASN1,
            (P521, Hash::Sha384) => &s::ECDSA_P521_SHA384_ASN1,
            (P521, Hash::Sha512) => &s::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        },
    })
}

/// RSASSA-PSS-params: the first member, `[0]`, names the hash; without it the hash is SHA-1, which does not count.
fn pss_hash(algorithm: &AlgorithmIdentifierOwned) -> Option<ObjectIdentifier> {
    #[derive(Sequence)]
    struct Params {
        #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
        hash: Option<AlgorithmIdentifierOwned>,
        #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
        mask: Option<Any>,
        #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
        salt: Option<Any>,
        #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
        trailer: Option<Any>,
    }
    let encoded = algorithm.parameters.as_ref()?.to_der().ok()?;
    Params::from_der(&encoded).ok()?.hash.map(|hash| hash.oid)
}
