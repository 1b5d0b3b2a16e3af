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

impl App {
    /// The typefaces for a document of a partition. One of a practice partition, or of an installation for practice, bears
    /// the mark on every page: on paper it must not be taken for a real one.
    ///
    /// # Errors
    /// Typefaces that are missing or cannot be read.
    async fn press(&self, partition: PartitionId) -> Result<&'static Fonts> {
        static PLAIN: OnceLock<Fonts> = OnceLock::new();
        static MARKED: OnceLock<Fonts> = OnceLock::new();
        let is_marked = self.practice
            || self.db.read(&Actor::SYSTEM, "press.practice", async |tx| tx.is_practice(partition).await).await?;
        let held = if is_marked { &MARKED } else { &PLAIN };
        if let Some(fonts) = held.get() {
            return Ok(fonts);
        }
        let fonts = tokio::task::spawn_blocking(|| Fonts::load(Path::new(print::DEBIAN_FONT_DIR)))
            .await
            .map_err(|error| crate::bug!("reading typefaces: {error}"))?
            .context("phông chữ để in")?;
        let fonts = if is_marked { fonts.marked(PRACTICE) } else { fonts };
        Ok(held.get_or_init(|| fonts))
    }
}

impl App {
    /// Makes a document of a partition, off the async threads.
    ///
    /// # Errors
    /// Typefaces that are missing; what `make` says.
    pub async fn print(
        &self,
        partition: PartitionId,
        make: impl FnOnce(&'static Fonts) -> anyhow::Result<Vec<u8>> + Send + 'static,
    ) -> Result<Vec<u8>> {
        let fonts = self.press(partition).await?;
        let made =
            tokio::task::spawn_blocking(move || make(fonts)).await.map_err(|error| crate::bug!("printing: {error}"))?;
        Ok(made?)
    }
}

impl super::Tx {
    /// Whether a partition is for practice.
    pub async fn is_practice(&mut self, partition: PartitionId) -> Result<bool> {
        let row = sqlx::query!(
            r#"select exists (select from partition where id = $1 and practice_of is not null) as "is!""#,
            partition.0
        )
        .fetch_one(self.conn())
        .await?;
        Ok(row.is)
    }
}
