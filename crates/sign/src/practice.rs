//! Certificates and time stamps for practice and tests: what an authority does, with keys in memory. The names of the
//! practice world's authorities say that they have no legal value.
use std::time::Duration;

use chrono::{DateTime, Utc};
use der::asn1::{BitString, GeneralizedTime, Int, ObjectIdentifier, OctetString, SetOfVec, UtcTime, Utf8StringRef};
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use der::{Any, Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_tsp::{TimeStampReq, TspVersion, TstInfo};

use crate::algorithm;
use crate::algorithm::{EC, P256};
pub use crate::certificate::{COMMON_NAME, TIME_STAMPING, USER_ID};
use crate::cms::{self, Signer};
use crate::key::{SigningKey, SoftwareKey};
use crate::tsp::{Answer, Status, TST_INFO};
use crate::{Error, Result, sha256};

pub const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
/// Of private use: no authority's policy.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");

/// What a certificate is to say.
pub struct Wanted<'a> {
    pub subject: &'a [(ObjectIdentifier, &'a str)],
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub usage: FlagSet<KeyUsages>,
    /// May issue, with so many authorities below it.
    pub issues: Option<u8>,
    /// Extended usages, critical; none when empty. An authority of time stamps has [`TIME_STAMPING`] alone.
    pub extended: &'a [ObjectIdentifier],
}

/// A certificate with its key.
pub struct Holder {
    pub certificate: Certificate,
    pub key: SoftwareKey,
    /// The key as PKCS#8, to be kept.
    pub pkcs8: Vec<u8>,
}

impl Holder {
    /// A root: issued by itself.
    ///
    /// # Errors
    /// No randomness.
    pub fn root(wanted: &Wanted<'_>) -> Result<Self> {
        let (key, pkcs8) = SoftwareKey::generate()?;
        let certificate = certify(wanted, &key, &name(wanted.subject)?, &key)?;
        Ok(Self { certificate, key, pkcs8 })
    }

    /// A certificate with a new key, issued by this one.
    ///
    /// # Errors
    /// No randomness.
    pub fn issue(&self, wanted: &Wanted<'_>) -> Result<Self> {
        let (key, pkcs8) = SoftwareKey::generate()?;
        let certificate = self.certify(wanted, &key)?;
        Ok(Self { certificate, key, pkcs8 })
    }

    /// A certificate for a key that exists.
    ///
    /// # Errors
    /// What cannot be encoded.
    pub fn certify(&self, wanted: &Wanted<'_>, key: &SoftwareKey) -> Result<Certificate> {
        certify(wanted, key, &self.certificate.tbs_certificate.subject, &self.key)
    }

    pub fn signer(&self, at: DateTime<Utc>) -> Signer<'_> {
        Signer { key: &self.key, certificate: &self.certificate, between: &[], at }
    }

    /// The list of what was revoked, current for a week.
    ///
    /// # Errors
    /// What cannot be encoded.
    pub fn revocations(&self, revoked: &[&Certificate], at: DateTime<Utc>) -> Result<CertificateList> {
        let entry = |one: &&Certificate| -> Result<RevokedCert> {
            let serial_number = one.tbs_certificate.serial_number.clone();
            Ok(RevokedCert { serial_number, revocation_date: time(at)?, crl_entry_extensions: None })
        };
        let entries: Vec<_> = revoked.iter().map(entry).collect::<Result<_>>()?;
        let tbs_cert_list = TbsCertList {
            version: Version::V2,
            signature: self.key.algorithm(),
            issuer: self.certificate.tbs_certificate.subject.clone(),
            this_update: time(at)?,
            next_update: Some(time(at + chrono::TimeDelta::days(7))?),
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: None,
        };
        let value = self.key.sign(&tbs_cert_list.to_der()?)?;
        let signature = BitString::from_bytes(&value)?;
        Ok(CertificateList { tbs_cert_list, signature_algorithm: self.key.algorithm(), signature })
    }
}

fn certify(wanted: &Wanted<'_>, key: &SoftwareKey, issuer: &Name, issuing: &SoftwareKey) -> Result<Certificate> {
    let mut serial = [0u8; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| Error::Key("no randomness"))?;
    serial[0] = (serial[0] & 0x7f) | 0x40;
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial)?,
        signature: issuing.algorithm(),
        issuer: issuer.clone(),
        validity: Validity { not_before: time(wanted.from)?, not_after: time(wanted.to)? },
        subject: name(wanted.subject)?,
        subject_public_key_info: public_key(key)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions(wanted, key, issuing)?),
    };
    let value = issuing.sign(&tbs_certificate.to_der()?)?;
    let signature = BitString::from_bytes(&value)?;
    Ok(Certificate { tbs_certificate, signature_algorithm: issuing.algorithm(), signature })
}

fn extensions(wanted: &Wanted<'_>, key: &SoftwareKey, issuing: &SoftwareKey) -> Result<Vec<Extension>> {
    let extension = |extn_id, critical, value: Vec<u8>| -> Result<Extension> {
        Ok(Extension { extn_id, critical, extn_value: OctetString::new(value)? })
    };
    let key_id = |key: &SoftwareKey| OctetString::new(sha256(&[key.public_key()])[..20].to_vec());
    let of_issuer = AuthorityKeyIdentifier { key_identifier: Some(key_id(issuing)?), ..Default::default() };
    let mut extensions = vec![
        extension(SubjectKeyIdentifier::OID, false, SubjectKeyIdentifier(key_id(key)?).to_der()?)?,
        extension(AuthorityKeyIdentifier::OID, false, of_issuer.to_der()?)?,
        extension(KeyUsage::OID, true, KeyUsage(wanted.usage).to_der()?)?,
    ];
    if let Some(below) = wanted.issues {
        let constraints = BasicConstraints { ca: true, path_len_constraint: Some(below) };
        extensions.push(extension(BasicConstraints::OID, true, constraints.to_der()?)?);
    }
    if !wanted.extended.is_empty() {
        let usages = ExtendedKeyUsage(wanted.extended.to_vec());
        extensions.push(extension(ExtendedKeyUsage::OID, true, usages.to_der()?)?);
    }
    Ok(extensions)
}

fn public_key(key: &SoftwareKey) -> Result<SubjectPublicKeyInfoOwned> {
    let algorithm = match key {
        SoftwareKey::Rsa(_) => {
            AlgorithmIdentifierOwned { oid: algorithm::RSA, parameters: Some(Any::from(der::asn1::Null)) }
        }
        SoftwareKey::P256(_) => AlgorithmIdentifierOwned { oid: EC, parameters: Some(Any::encode_from(&P256)?) },
    };
    Ok(SubjectPublicKeyInfoOwned { algorithm, subject_public_key: BitString::from_bytes(key.public_key())? })
}

fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name> {
    let part = |(oid, text): &(ObjectIdentifier, &str)| -> Result<RelativeDistinguishedName> {
        let value = Any::encode_from(&Utf8StringRef::new(text)?)?;
        Ok(RelativeDistinguishedName(SetOfVec::try_from(vec![AttributeTypeAndValue { oid: *oid, value }])?))
    };
    Ok(x509_cert::name::RdnSequence(parts.iter().map(part).collect::<Result<_>>()?))
}

fn since_1970(at: DateTime<Utc>) -> Result<Duration> {
    Ok(Duration::from_secs(u64::try_from(at.timestamp()).map_err(|_| Error::Unsupported("a time before 1970"))?))
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
fn time(at: DateTime<Utc>) -> Result<Time> {
    let since = since_1970(at)?;
    Ok(match UtcTime::from_unix_duration(since) {
        Ok(time) => Time::UtcTime(time),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_unix_duration(since)?),
    })
}

/// What a time stamp authority answers to a request (RFC 3161).
///
/// # Errors
/// A request that cannot be read.
pub fn stamp(request: &[u8], authority: &Holder, serial: u64, at: DateTime<Utc>) -> Result<Vec<u8>> {
    let request = TimeStampReq::from_der(request)?;
    let info = TstInfo {
        version: TspVersion::V1,
        policy: POLICY,
        message_imprint: request.message_imprint,
        serial_number: Int::new(&[&[0x40], serial.to_be_bytes().as_slice()].concat())?,
        gen_time: GeneralizedTime::from_unix_duration(since_1970(at)?)?,
        accuracy: None,
        ordering: false,
        nonce: request.nonce,
        tsa: None,
        extensions: None,
    };
    let token = cms::sign_enclosed(&authority.signer(at), TST_INFO, &info.to_der()?)?;
    let token = ::cms::content_info::ContentInfo::from_der(&token)?;
    let status = Status { status: 0, text: None, failure: None };
    Ok(Answer { status, token: Some(token) }.to_der()?)
}
