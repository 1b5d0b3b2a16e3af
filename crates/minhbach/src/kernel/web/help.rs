//! Which part of which guide stands beside which page: `docs/guide/*.md` and `docs/guide/pages.toml`.
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::kernel::Role;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/guide");

/// A guide for people of certain roles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Its file without the ending, and its address.
    pub file: String,
    pub roles: Vec<Role>,
    #[serde(rename = "page")]
    pub pages: Vec<Place>,
}

/// The part that is beside the pages whose address begins with `path`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub path: String,
    pub heading: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guides {
    guide: Vec<Guide>,
}

/// All guides.
///
/// # Panics
/// `pages.toml` is part of the program; a test reads it.
pub fn guides() -> &'static [Guide] {
    static GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| {
        let text = file("pages.toml").unwrap_or_default();
        toml::from_str::<Guides>(text).expect("docs/guide/pages.toml is read by a test").guide
    });
    &GUIDES
}

fn file(name: &str) -> Option<&'static str> {
    FOLDER.get_file(name)?.contents_utf8()
}

impl Guide {
    pub fn find(name: &str) -> Option<&'static Self> {
        guides().iter().find(|guide| guide.file == name)
    }

    /// The guide's text (CommonMark with tables).
    pub fn text(&self) -> &'static str {
        file(&format!("{}.md", self.file)).unwrap_or_default()
    }

    /// "người kê khai": the first heading without "Hướng dẫn:".
    pub fn title(&self) -> &'static str {
        let first = self.text().lines().next().unwrap_or_default();
        first.trim_start_matches(['#', ' ']).trim_start_matches("Hướng dẫn:").trim()
    }

    fn place(&self, path: &str) -> Option<&Place> {
        let is_above = |place: &&Place| {
            path.strip_prefix(place.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.pages.iter().filter(is_above).max_by_key(|place| place.path.len())
    }
}

/// What is beside a page for somebody in a role; the guide's beginning where no part is. Empty for nobody's page.
pub fn beside(role: Role, path: &str) -> String {
    let Some(guide) = guides().iter().find(|guide| guide.roles.contains(&role)) else { return String::new() };
    match guide.place(path) {
        Some(place) => format!("{HOME}/{}#{}", guide.file, anchor(&place.heading)),
        None => format!("{HOME}/{}", guide.file),
    }
}

/// Where the guides are.
pub const HOME: &str = "/huong-dan";

/// The name of a heading in an address: "Sau khi gửi" is "sau-khi-gui".
pub fn anchor(heading: &str) -> String {
    let folded = viet::text::fold(heading);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_of_the_folder_is_somebodys_and_its_parts_are_headings() {
        for name in FOLDER.files().filter_map(|file| file.path().file_stem()?.to_str()).filter(|name| *name != "pages")
        {
            let guide = Guide::find(name).unwrap_or_else(|| panic!("{name} is nobody's"));
            assert!(!guide.title().is_empty(), "{name}");
            let headings: Vec<_> = guide.text().lines().filter_map(|line| line.strip_prefix("## ")).collect();
            for place in &guide.pages {
                assert!(headings.contains(&place.heading.as_str()), "{name}: {}", place.heading);
            }
        }
    }

    #[test]
    fn the_longest_path_tells_the_part() {
        assert_eq!(beside(Role::Declarant, "/ke-khai/bo-sung"), "/huong-dan/nguoi-ke-khai#ke-khai-bo-sung");
        assert_eq!(beside(Role::Declarant, "/ke-khai/bo-sung-khac"), "/huong-dan/nguoi-ke-khai#ke-khai");
        assert_eq!(beside(Role::UnitOfficer, "/don-vi/ban-giao/1"), "/huong-dan/can-bo-dau-moi#ban-giao");
    }
}
