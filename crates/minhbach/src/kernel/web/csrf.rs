//! Protection against requests another site makes a browser send: a token bound to the session in every form, and the
//! browser's own word on where an unsafe request comes from.
use axum::http::{HeaderMap, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

/// The token forms of a session carry: HMAC-SHA256 of a constant under the session's secret.
pub fn token(session_secret: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, session_secret);
    BASE64.encode(aws_lc_rs::hmac::sign(&key, b"minhbach form v1"))
}

/// Whether `given` is the session's token, compared in constant time.
pub fn is_fresh(session_secret: &[u8], given: &str) -> bool {
    let Ok(given) = BASE64.decode(given) else { return false };
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, session_secret);
    aws_lc_rs::hmac::verify(&key, b"minhbach form v1", &given).is_ok()
}

/// A mark only this server can make for a session: HMAC-SHA256 under the session's secret, apart from the forms' token,
/// which the browser knows.
pub fn mark(session_secret: &[u8], content: &[u8]) -> String {
    BASE64.encode(aws_lc_rs::hmac::sign(&marking(session_secret), content))
}

/// Whether `given` is the session's mark of `content`, compared in constant time.
pub fn is_mark(session_secret: &[u8], content: &[u8], given: &str) -> bool {
    let Ok(given) = BASE64.decode(given) else { return false };
    aws_lc_rs::hmac::verify(&marking(session_secret), content, &given).is_ok()
}

/// A key of its own, so that no content can be chosen whose mark is the forms' token.
fn marking(session_secret: &[u8]) -> aws_lc_rs::hmac::Key {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, session_secret);
    let derived = aws_lc_rs::hmac::sign(&key, b"minhbach marks v1");
    aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, derived.as_ref())
}

/// Whether a request asks for nothing to be done (RFC 9110, section 9.2.1).
pub fn only_looks(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the browser says that an unsafe request comes from another site. A client that says nothing is not a browser
/// of our time; it holds no cookie of ours by accident, and the token still protects.
pub fn is_cross_site(method: &Method, headers: &HeaderMap, public_url: &str) -> bool {
    if only_looks(method) {
        return false;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return !(site == "same-origin" || site == "none");
    }
    match headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) {
        Some(origin) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            origin != public_url.trim_end_matches('/') && origin.split_once("://").map(|(_, rest)| rest) != Some(host)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_session() {
        let token = token(b"one session's secret");
        assert!(is_fresh(b"one session's secret", &token));
        assert!(!is_fresh(b"another session's secret", &token));
        assert!(!is_fresh(b"one session's secret", ""));
    }

    #[test]
    fn a_mark_is_no_token_and_belongs_to_one_session_and_content() {
        let mark = mark(b"secret", b"minhbach form v1");
        assert_ne!(mark, token(b"secret"));
        assert!(is_mark(b"secret", b"minhbach form v1", &mark));
        assert!(!is_mark(b"secret", b"another content", &mark));
        assert!(!is_mark(b"another secret", b"minhbach form v1", &mark));
    }

    #[test]
    fn another_site_cannot_post() {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
        assert!(is_cross_site(&Method::POST, &headers, "https://a"));
        assert!(!is_cross_site(&Method::GET, &headers, "https://a"));
        let mut headers = HeaderMap::new();
        headers.insert("origin", "https://b".parse().unwrap());
        headers.insert("host", "a".parse().unwrap());
        assert!(is_cross_site(&Method::POST, &headers, "https://a"));
        headers.insert("origin", "https://a".parse().unwrap());
        assert!(!is_cross_site(&Method::POST, &headers, "https://a"));
    }
}
