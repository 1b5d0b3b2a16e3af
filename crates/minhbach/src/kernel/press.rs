//! What documents are printed with: the typefaces, and the mark of practice where it belongs.
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context as _;
use paper::print::{self, Fonts};

use super::actor::Actor;
use super::app::App;
use super::error::Result;
use super::id::PartitionId;

/// On every page of what is printed in a world of practice.
const PRACTICE: [&str; 2] = ["BẢN THỰC HÀNH", "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"];

/// Before the title of a table somebody who practises exports, and before the name of its file.
pub const TITLE: &str = "BẢN THỰC HÀNH: ";
pub const FILE: &str = "thuc-hanh-";

/// The typefaces, read once; the marked ones bear [`PRACTICE`] on every page.
fn typefaces(is_marked: bool) -> anyhow::Result<&'static Fonts> {
    static PLAIN: OnceLock<Fonts> = OnceLock::new();
    static MARKED: OnceLock<Fonts> = OnceLock::new();
    let held = if is_marked { &MARKED } else { &PLAIN };
    if let Some(fonts) = held.get() {
        return Ok(fonts);
    }
    let fonts = Fonts::load(Path::new(print::DEBIAN_FONT_DIR)).context("phông chữ để in")?;
    Ok(held.get_or_init(|| if is_marked { fonts.marked(PRACTICE) } else { fonts }))
}

impl App {
    /// Makes a document of a partition, off the async threads. One of a practice partition, or of an installation for
    /// practice, bears the mark on every page: on paper it must not be taken for a real one.
    ///
    /// # Errors
    /// Typefaces that are missing or cannot be read; what `make` says.
    pub async fn print(
        &self,
        partition: PartitionId,
        make: impl FnOnce(&'static Fonts) -> anyhow::Result<Vec<u8>> + Send + 'static,
    ) -> Result<Vec<u8>> {
        let is_marked = self.practice
            || self.db.read(&Actor::SYSTEM, "print.practice", async |tx| tx.is_practice(partition).await).await?;
        let made = tokio::task::spawn_blocking(move || make(typefaces(is_marked)?));
        Ok(made.await.map_err(|error| crate::bug!("printing: {error}"))??)
    }
}

impl super::Tx {
    /// The agency whose practice partition this is; none of a real one.
    pub async fn practice_of(&mut self, partition: PartitionId) -> Result<Option<PartitionId>> {
        let row = sqlx::query!(
            r#"select practice_of as "practice_of: PartitionId" from partition where id = $1"#,
            partition.0
        )
        .fetch_optional(self.conn())
        .await?;
        Ok(row.and_then(|row| row.practice_of))
    }

    /// Whether a partition is for practice.
    pub async fn is_practice(&mut self, partition: PartitionId) -> Result<bool> {
        Ok(self.practice_of(partition).await?.is_some())
    }
}
