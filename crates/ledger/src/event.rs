use crate::Hash;
use crate::hash::sha256;

const EVENT_TAG: &[u8] = b"minhbach-event-v1\0";

/// Leaf hash of an event: `SHA-256(0x00 || "minhbach-event-v1" || 0x00 || nonce || SHA-256(event_json))`.
///
/// `event_json` is the event's canonical JSON ([`crate::jcs::canonical`]); `nonce` is 32 random bytes of its own, so
/// that a leaf hash shown in a proof cannot be matched by guessing events.
pub fn event_leaf(nonce: &[u8; 32], event_json: &[u8]) -> Hash {
    let event = sha256(&[event_json]);
    sha256(&[&[0x00], EVENT_TAG, nonce, event.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_vector() {
        // printf '\0minhbach-event-v1\0' ; 32 bytes 0x07 ; sha256('{"a":1}') | sha256sum
        let leaf = event_leaf(&[7; 32], br#"{"a":1}"#);
        let mut data = b"minhbach-event-v1\0".to_vec();
        data.extend([7; 32]);
        data.extend(sha256(&[br#"{"a":1}"#]).0);
        assert_eq!(leaf, Hash::leaf(&data));
        assert_eq!(leaf.to_string(), "24c57129f030782dcbc372a67a6db176af867beeb35867d47952277053079439");
    }

    #[test]
    fn nonce_and_event_both_count() {
        let leaf = event_leaf(&[7; 32], b"{}");
        assert_ne!(leaf, event_leaf(&[8; 32], b"{}"));
        assert_ne!(leaf, event_leaf(&[7; 32], b"[]"));
    }
}
