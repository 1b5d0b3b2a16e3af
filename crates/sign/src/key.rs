//! A key that signs. A smart card's or VGCA client's stays with the person; this one is for practice and tests.
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use der::Any;
use der::asn1::Null;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm::{ECDSA_SHA256, SHA256_RSA};
use crate::certificate::pem_blocks;
use crate::{Error, Result};

/// Whatever can sign with SHA-256: software, a card, a module.
pub trait SigningKey {
    /// The signature algorithm as it stands beside the value.
    fn algorithm(&self) -> AlgorithmIdentifierOwned;
    /// The signature value over the message, which is hashed by the key.
    ///
    /// # Errors
    /// When the key does not sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

/// A key in memory.
pub enum SoftwareKey {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

impl SoftwareKey {
    /// From PKCS#8, as DER.
    ///
    /// # Errors
    /// Neither RSA nor ECDSA on P-256.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            return Ok(Self::P256(Box::new(key)));
        }
        let key = RsaKeyPair::from_pkcs8(der).map_err(|_| Error::Key("neither RSA nor ECDSA P-256 in PKCS#8"))?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// From a PEM file that holds a `PRIVATE KEY`.
    ///
    /// # Errors
    /// No such block, or a key of another kind.
    pub fn from_pem(text: &str) -> Result<Self> {
        let blocks = pem_blocks(text, "PRIVATE KEY")?;
        Self::from_pkcs8(blocks.first().ok_or(Error::Pem("no PRIVATE KEY"))?)
    }

    /// A new ECDSA P-256 key, with its PKCS#8.
    ///
    /// # Errors
    /// No randomness.
    pub fn generate() -> Result<(Self, Vec<u8>)> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| Error::Key("no key was made"))?;
        Ok((Self::from_pkcs8(made.as_ref())?, made.as_ref().to_vec()))
    }

    /// As the BIT STRING of a SubjectPublicKeyInfo has it.
    pub(crate) fn public_key(&self) -> &[u8] {
        match self {
            SoftwareKey::Rsa(key) => key.public_key().as_ref(),
            SoftwareKey::P256(key) => key.public_key().as_ref(),
        }
    }
}

impl SigningKey for SoftwareKey {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            SoftwareKey::Rsa(_) => AlgorithmIdentifierOwned { oid: SHA256_RSA, parameters: Some(Any::from(Null)) },
            SoftwareKey::P256(_) => AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None },
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            SoftwareKey::Rsa(key) => {
                let mut value = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut value).map_err(|_| Error::Key("did not sign"))?;
                Ok(value)
            }
            SoftwareKey::P256(key) => {
                let value = key.sign(&random, message).map_err(|_| Error::Key("did not sign"))?;
                Ok(value.as_ref().to_vec())
            }
        }
    }
}
