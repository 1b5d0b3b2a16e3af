use zeroize::Zeroizing;

use crate::SealError;

/// Where master keys live. They never leave it: it wraps and unwraps data keys. A key file now
/// ([`crate::FileKeyStore`]); a hardware module (PKCS#11) stands behind the same trait later.
pub trait KeyStore: Send + Sync {
    /// Ids of all master keys; the first wraps, all unwrap.
    fn kids(&self) -> Vec<String>;

    /// Wraps `key` under the first master key, bound to `aad`. The result names the master key.
    fn wrap(&self, aad: &[u8], key: &[u8]) -> Result<Vec<u8>, SealError>;

    /// The key of [`KeyStore::wrap`], if `aad` is the same.
    fn unwrap(&self, aad: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError>;
}
