//! What every page and every JSON answer shares: the page frame, forms that keep what was typed, protection against
//! forged requests, headers, errors as sentences.
pub mod arriving;
pub mod assets;
pub mod csrf;
pub mod extract;
pub mod form;
pub mod headers;
pub mod help;
pub mod respond;
pub mod shed;

pub use extract::{Multipart, Path, Query, api};
pub use form::{FieldError, FieldErrors, Fields};
pub use respond::{ApiError, Html, html, html_with, is_htmx, problem_page};

/// What the frame of a page needs (`layout.html`).
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub title: String,
    pub user: Option<UserBadge>,
    pub nav: Vec<NavItem>,
    pub csrf: String,
    pub flash: Option<Flash>,
    /// Whether this installation shows invented data.
    pub practice: bool,
    /// The part of a guide that is beside this page; the guides' first page where nobody is signed in.
    pub help: String,
    /// The number to quote when asking for help.
    pub trace_id: String,
}

/// Who is signed in, for the page header.
#[derive(Debug, Clone)]
pub struct UserBadge {
    pub name: String,
    pub role_label: String,
    pub place_label: String,
}

#[derive(Debug, Clone)]
pub struct NavItem {
    pub label: &'static str,
    pub href: &'static str,
    pub current: bool,
    /// How many are new there ("3", "trên 99"); empty for none.
    pub new: String,
}

/// A message above the content. `kind`: success | info | wrong.
#[derive(Debug, Clone)]
pub struct Flash {
    pub kind: &'static str,
    pub text: String,
}

impl Page {
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    pub fn flash(mut self, kind: &'static str, text: impl Into<String>) -> Self {
        self.flash = Some(Flash { kind, text: text.into() });
        self
    }

    /// The address of a bundled asset, which changes with its content.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}
