//! What one file may cost. Checked before anything is decoded, and again by the operating system (rlimits) in the child.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on one intake file and on the child process that reads it. The defaults are those of the service's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Size of the file, bytes.
    pub max_file_bytes: u64,
    /// Pages (images of a TIFF count as pages).
    pub max_pages: usize,
    /// Pixels of one page image.
    pub max_page_pixels: u64,
    /// Length of one side of a page image, pixels.
    pub max_side: u32,
    /// Address space of the child and of each recogniser it starts, bytes.
    pub max_memory_bytes: u64,
    /// Largest file the child may write, bytes.
    pub max_output_bytes: u64,
    /// Wall clock for one run of a recogniser on one page.
    pub page_time: Duration,
    /// Wall clock for the whole file; CPU time is limited to the same figure.
    pub file_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 60 * 1024 * 1024,
            max_pages: 60,
            max_page_pixels: 80_000_000,
            max_side: 20_000,
            max_memory_bytes: 3 * 1024 * 1024 * 1024,
            max_output_bytes: 256 * 1024 * 1024,
            page_time: Duration::from_secs(60),
            file_time: Duration::from_secs(10 * 60),
        }
    }
}
