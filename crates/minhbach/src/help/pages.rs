//! The guides. They are open to everyone: they hold nothing but what the product does and what the law says.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use crate::account::Signed;
use crate::kernel::web::help::{Guide, HOME, anchor, guides};
use crate::kernel::web::{Html, Page, Path, html};
use crate::kernel::{App, Error, Result};
use crate::law;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/huong-dan", get(all))
        .route("/huong-dan/{guide}", get(guide))
        .route("/huong-dan/mau/{form}", get(notes))
}

/// A link of a list.
struct Link {
    href: String,
    text: String,
}

#[derive(Template)]
#[template(path = "help/pages/all.html")]
struct AllPage {
    page: Page,
    /// Those of the reader's own role first.
    guides: Vec<Link>,
    forms: Vec<Link>,
}

#[derive(Template)]
#[template(path = "help/pages/guide.html")]
struct GuidePage {
    page: Page,
    home: &'static str,
    title: String,
    parts: Vec<Link>,
    body: String,
}

/// One of the law's notes on how a form is written.
struct NoteLine {
    number: u32,
    paragraphs: Vec<String>,
}

#[derive(Template)]
#[template(path = "help/pages/notes.html")]
struct NotesPage {
    page: Page,
    home: &'static str,
    title: String,
    source: String,
    notes: Vec<NoteLine>,
}

type Reader = std::result::Result<Signed, Error>;

fn frame(app: &App, reader: &Reader, title: &str) -> Page {
    match reader {
        Ok(signed) => signed.page(title),
        Err(_) => crate::account::pages::anonymous(app, title),
    }
}

/// All guides; whoever is signed in finds their own first.
async fn all(State(app): State<App>, reader: Reader) -> Result<Html> {
    let mine = |guide: &&Guide| reader.as_ref().is_ok_and(|signed| guide.roles.contains(&signed.role()));
    let (own, others): (Vec<_>, Vec<_>) = guides().iter().partition(mine);
    let link =
        |guide: &Guide| Link { href: format!("{HOME}/{}", guide.file), text: viet::text::capitalised(guide.title()) };
    let rules = law::in_force(&app.law, app.clock().today())?;
    let form = |form: &form::Form| Link { href: format!("{HOME}/mau/{}", form.code), text: form.name.clone() };
    html(&AllPage {
        page: frame(&app, &reader, "Hướng dẫn"),
        guides: own.into_iter().chain(others).map(link).collect(),
        forms: rules.forms.iter().map(form).collect(),
    })
}

async fn guide(State(app): State<App>, Path(name): Path<String>, reader: Reader) -> Result<Html> {
    let guide = Guide::find(&name).ok_or(Error::NotFound)?;
    let title = format!("Hướng dẫn: {}", guide.title());
    let headings = guide.text().lines().filter_map(|line| line.strip_prefix("## "));
    html(&GuidePage {
        page: frame(&app, &reader, &title),
        home: HOME,
        parts: headings.map(|text| Link { href: format!("#{}", anchor(text)), text: text.to_owned() }).collect(),
        body: rendered(guide.text()),
        title,
    })
}

/// How the form is written, note by note, as the law says it (Phụ lục of Nghị định 130/2020/NĐ-CP, or of what holds today).
async fn notes(State(app): State<App>, Path(code): Path<String>, reader: Reader) -> Result<Html> {
    let rules = law::in_force(&app.law, app.clock().today())?;
    let form = rules.form(&code).ok_or(Error::NotFound)?;
    let of_form = rules.notes.iter().filter(|note| note.form == code);
    let title = "Hướng dẫn ghi mẫu kê khai";
    html(&NotesPage {
        page: frame(&app, &reader, title),
        home: HOME,
        title: title.to_owned(),
        source: form.basis.clone(),
        notes: of_form
            .map(|note| NoteLine {
                number: note.number,
                paragraphs: note.text.trim().split("\n\n").map(str::to_owned).collect(),
            })
            .collect(),
    })
}

/// The guide's text without its first heading; each further heading can be linked to.
fn rendered(text: &str) -> String {
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    let mut events: Vec<Event<'_>> = Parser::new_ext(body, Options::ENABLE_TABLES).collect();
    for index in 0..events.len() {
        let (before, rest) = events.split_at_mut(index + 1);
        let Event::Start(Tag::Heading { id, .. }) = &mut before[index] else { continue };
        let words: String = rest
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        *id = Some(CowStr::from(anchor(&words)));
    }
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_can_be_linked_to_and_tables_are_tables() {
        let html = rendered("# A\n\n## Sau khi *gửi*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(html.contains("<h2 id=\"sau-khi-gui\">Sau khi <em>gửi</em></h2>"), "{html}");
        assert!(html.contains("<table>") && !html.contains("<h1"), "{html}");
    }
}
