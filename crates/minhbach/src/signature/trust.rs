//! Whom to trust: the files of the folder the settings name, read anew for each judgement, so that a new list of
//! revocations counts at once. A file that cannot be read is left out and told: it must not stop all others.
use std::path::{Path, PathBuf};

use sign::Trust;

use crate::kernel::{App, Refusal, Result};

/// A list of revocations of a large authority; a larger file is none.
const LARGEST: u64 = 64 << 20;
/// How the files are called, PEM or DER.
const ENDINGS: [&str; 5] = ["pem", "crt", "cer", "der", "crl"];

/// What the folder holds.
#[derive(Default)]
pub struct Folder {
    pub trust: Trust,
    /// Files left out, each with why.
    pub left_out: Vec<(PathBuf, String)>,
}

/// The trust of this installation. Call it off the async threads.
///
/// # Errors
/// A refusal, when no root is configured or readable.
pub fn load(app: &App) -> Result<Trust> {
    let folder = app.config.signature.trust.as_deref().map(read).unwrap_or_default();
    for (file, why) in &folder.left_out {
        tracing::warn!(file = %file.display(), why, "a file of the folder of trust is left out");
    }
    if folder.trust.anchors.is_empty() { Err(no_trust().into()) } else { Ok(folder.trust) }
}

/// Whether a signed file could be accepted at all.
pub async fn is_ready(app: &App) -> bool {
    let app = app.clone();
    tokio::task::spawn_blocking(move || load(&app).is_ok()).await.unwrap_or(false)
}

/// Reads a folder of trust, as far as it can be read.
pub fn read(folder: &Path) -> Folder {
    let mut found = Folder::default();
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut files = match listed {
        Ok(files) => files,
        Err(error) => {
            found.left_out.push((folder.to_owned(), error.to_string()));
            return found;
        }
    };
    files.sort_by_key(std::fs::DirEntry::file_name);
    for path in files.iter().map(std::fs::DirEntry::path) {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            continue;
        }
        if let Err(why) = add(&mut found.trust, &path) {
            found.left_out.push((path, why));
        }
    }
    found
}

fn add(trust: &mut Trust, path: &Path) -> std::result::Result<(), String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("{size} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    trust.add(&bytes).map_err(|error| error.to_string())
}

fn no_trust() -> Refusal {
    Refusal::new(
        "no_trust",
        "Hệ thống này chưa được cấu hình tổ chức chứng thực nào được tin cậy nên chưa nhận tệp ký số.",
        "Đề nghị ký trên giấy và nộp cho đơn vị; quản trị máy chủ đặt thư mục chứng thư ở mục [signature] trust.",
    )
}

#[cfg(test)]
mod tests {
    use sign::certificate::to_pem;
    use sign::practice::{COMMON_NAME, Holder, Wanted};
    use x509_cert::der::Encode as _;
    use x509_cert::ext::pkix::KeyUsages;

    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_left_out_and_told_and_both_spellings_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let now = crate::testing::morning();
        let wanted = Wanted {
            subject: &[(COMMON_NAME, "CA THỰC HÀNH")],
            from: now,
            to: now + chrono::TimeDelta::days(9),
            usage: KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            issues: Some(0),
            extended: &[],
        };
        let (one, other) = (Holder::root(&wanted).unwrap(), Holder::root(&wanted).unwrap());
        let list = other.revocations(&[], now).unwrap().to_der().unwrap();
        let pem = to_pem("CERTIFICATE", &one.certificate.to_der().unwrap());
        for (name, bytes) in [
            ("a.pem", pem.clone().into_bytes()),
            ("b.cer", other.certificate.to_der().unwrap()),
            ("c.CRL", list),
            ("d.pem", pem.replace("END", "ENDE").into_bytes()),
            ("e.crt", b"no certificate".to_vec()),
            ("f.pem", Vec::new()),
            ("notes.txt", b"what the operator wrote down".to_vec()),
        ] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let found = read(folder.path());
        assert_eq!((found.trust.anchors.len(), found.trust.revocations.len()), (2, 1));
        let left_out: Vec<_> =
            found.left_out.iter().map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(left_out, ["d.pem", "e.crt", "f.pem"]);
        assert!(read(&folder.path().join("missing")).trust.anchors.is_empty());
    }
}
