//! Style, fonts, script and pictures bundled at build (`./dev assets`), served under an address that names their content.
use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, DirEntry, include_dir};

use super::Path;

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

/// Serves an asset. Open to all: nothing in it depends on who asks.
pub async fn serve(Path((_version, name)): Path<(String, String)>) -> Response {
    let Some(file) = FILES.get_file(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let media_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    let mut response = file.contents().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
