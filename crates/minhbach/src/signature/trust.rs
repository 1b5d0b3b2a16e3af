//! Whom to trust: the PEM files of the folder the settings name, read anew for each judgement, so that a new list of
//! revocations counts at once.
use std::path::Path;

use anyhow::Context as _;
use sign::Trust;

use crate::kernel::{App, Refusal, Result};

/// A list of revocations of a large authority; a larger file is none.
const LARGEST: u64 = 64 << 20;

/// The trust of this installation. Call it off the async threads.
///
/// # Errors
/// A refusal, when no root is configured; a fault, when the folder or a file of it cannot be read.
pub fn load(app: &App) -> Result<Trust> {
    let Some(folder) = &app.config.signature.trust else { return Err(no_trust().into()) };
    let trust = read(folder)?;
    if trust.anchors.is_empty() { Err(no_trust().into()) } else { Ok(trust) }
}

fn read(folder: &Path) -> anyhow::Result<Trust> {
    let mut trust = Trust::default();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("đọc thư mục tin cậy {}", folder.display()))?
        .collect::<std::io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        let path = file.path();
        let is_pem = path.extension().is_some_and(|ending| ["pem", "crt", "crl"].iter().any(|known| ending == *known));
        if !is_pem || file.metadata()?.len() > LARGEST {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("đọc {}", path.display()))?;
        trust.add_pem(&text).with_context(|| format!("chứng thư trong {}", path.display()))?;
    }
    Ok(trust)
}

fn no_trust() -> Refusal {
    Refusal::new(
        "no_trust",
        "Hệ thống này chưa được cấu hình tổ chức chứng thực nào được tin cậy nên chưa nhận tệp ký số.",
        "Đề nghị ký trên giấy và nộp cho đơn vị; quản trị máy chủ đặt thư mục chứng thư ở mục [signature] trust.",
    )
}
