//! Style, fonts, script and pictures bundled at build (`./dev assets`), served under an address that names their content.
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, DirEntry, include_dir};

use super::Path;
use crate::kernel::Error;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/static");

/// One number for all assets: style refers to fonts by relative address.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    feed(&FILES, &mut context);
    hex::encode(&context.finish().as_ref()[..6])
});

fn feed(dir: &Dir<'_>, context: &mut aws_lc_rs::digest::Context) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => feed(dir, context),
            DirEntry::File(file) => {
                context.update(file.path().as_os_str().as_encoded_bytes());
                context.update(file.contents());
            }
        }
    }
}

/// The address of an asset.
pub fn url(name: &str) -> String {
    debug_assert!(FILES.get_file(name).is_some(), "no asset {name}: run ./dev assets");
    format!("/tinh/{}/{name}", &*VERSION)
}

/// Whether the browser takes gzip.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32))
    })
}

/// Serves an asset, packed if a packed one is there and the browser takes it. Open to all: nothing in it depends on who
/// asks, so nothing can be learned from its length (pages are never packed: they hold secrets beside what others wrote).
pub async fn serve(Path((_version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.get_file(&name) else { return Error::NotFound.into_response() };
    let media_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    let packed = FILES.get_file(format!("{name}.gz")).filter(|_| takes_gzip(&headers));
    let mut response = packed.unwrap_or(file).contents().into_response();
    let headers = response.headers_mut();
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(name: &str, accept: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
        serve(Path((String::new(), name.to_owned())), headers).await
    }

    #[tokio::test]
    async fn style_and_scripts_come_packed_to_those_who_take_it() {
        for name in ["app.css", "app.js", "htmx.js"] {
            for (accept, is_packed) in
                [("gzip, deflate, br", true), ("br;q=1.0, GZIP;q=0.8", true), ("gzip;q=0", false), ("identity", false)]
            {
                let answer = asked(name, accept).await;
                let encoding = answer.headers().get(header::CONTENT_ENCODING).cloned();
                let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
                let plain = FILES.get_file(name).unwrap().contents();
                assert_eq!(encoding.is_some(), is_packed, "{name}, {accept}");
                assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), is_packed, "{name}, {accept}");
                match is_packed {
                    true => assert!(bytes.len() * 2 < plain.len(), "{name}: {} of {}", bytes.len(), plain.len()),
                    false => assert_eq!(bytes, plain),
                }
            }
        }
        let font = asked("fonts/figures-400.woff2", "gzip").await;
        assert!(font.headers().get(header::CONTENT_ENCODING).is_none(), "a font is packed as it is");
    }
}
