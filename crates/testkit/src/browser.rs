//! A person at a browser without JavaScript: cookies, pages, and the forms that stand on them.
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use scraper::{ElementRef, Html, Selector};

use crate::http::{Answer, Client};

/// A browser of one person.
pub struct Browser {
    client: Client,
    cookies: Vec<(String, String)>,
}

/// A page as it was shown.
pub struct Page {
    pub status: u16,
    pub html: String,
}

/// A form on a page, as it would be sent if nothing were typed.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub controls: Vec<Control>,
}

/// A control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub name: String,
    pub value: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sent as it is.
    Hidden,
    /// Whatever a person types.
    Text,
    /// One of the values offered: a list, or buttons of which one is pressed in.
    Choice,
    File,
}

const BOUNDARY: &str = "minhbach-testkit-boundary";

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self { client: Client::new(address, None), cookies: Vec::new() }
    }

    /// A browser in which an account is signed in.
    pub async fn signed_in(address: SocketAddr, login: &str, password: &str) -> Result<Self> {
        let mut browser = Self::new(address);
        let answer = browser.post("/dang-nhap", &[("login", login), ("password", password)]).await?;
        ensure!(answer.status == 303, "{login} is not signed in: {} {}", answer.status, answer.text());
        Ok(browser)
    }

    pub async fn get(&mut self, path: &str) -> Result<Page> {
        let answer = self.fetch(path).await?;
        Ok(Page { status: answer.status, html: String::from_utf8_lossy(&answer.body).into_owned() })
    }

    /// The bytes behind an address.
    pub async fn fetch(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, None, &[]).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = encoded(fields.iter().copied());
        self.send("POST", path, Some("application/x-www-form-urlencoded"), body.as_bytes()).await
    }

    /// Sends a form as it stands, with one of its buttons.
    pub async fn submit(&mut self, form: &Form, button: Option<(&str, &str)>) -> Result<Answer> {
        let mut fields: Vec<(&str, &str)> =
            form.controls.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
        fields.extend(button);
        self.post(&form.action, &fields).await
    }

    /// Sends a form with a file in the box `files`.
    pub async fn upload(&mut self, form: &Form, name: &str, bytes: &[u8]) -> Result<Answer> {
        let mut body = Vec::new();
        for one in form.controls.iter().filter(|one| one.kind != Kind::File) {
            let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"\r\n\r\n", one.name);
            body.extend(format!("{head}{}\r\n", one.value).into_bytes());
        }
        let head = format!("content-disposition: form-data; name=\"files\"; filename=\"{name}\"");
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\ncontent-type: application/pdf\r\n\r\n").into_bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", &form.action, Some(&media_type), &body).await
    }

    async fn send(&mut self, method: &str, path: &str, media_type: Option<&str>, body: &[u8]) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = Vec::new();
        if !cookies.is_empty() {
            headers.push(("cookie", cookies.as_str()));
        }
        headers.extend(media_type.map(|value| ("content-type", value)));
        let answer = self.client.send(method, path, &headers, body).await?;
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        Ok(answer)
    }
}

impl Page {
    /// The form whose action ends with `action`.
    pub fn form(&self, action: &str) -> Result<Form> {
        let forms = self.forms();
        let found = forms.iter().find(|form| form.action.ends_with(action)).cloned();
        found.with_context(|| {
            format!("no form to {action:?} among {:?}", forms.iter().map(|f| &f.action).collect::<Vec<_>>())
        })
    }

    pub fn forms(&self) -> Vec<Form> {
        let page = Html::parse_document(&self.html);
        page.select(&selector("form[method=post]"))
            .map(|form| Form { action: form.attr("action").unwrap_or_default().to_owned(), controls: controls(form) })
            .collect()
    }

    /// Addresses of links that begin with `prefix`, each once.
    pub fn links(&self, prefix: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let mut found: Vec<String> = Vec::new();
        for link in page.select(&selector("a[href]")).filter_map(|link| link.attr("href")) {
            let link = link.split('#').next().unwrap_or_default();
            if link.starts_with(prefix) && !found.iter().any(|known| known == link) {
                found.push(link.to_owned());
            }
        }
        found
    }

    /// What stands in the boxes and in the text, without tags; a code may have been put into capitals.
    pub fn says(&self, text: &str) -> bool {
        let page = Html::parse_document(&self.html);
        let said: String = page.root_element().text().collect();
        let text = text.to_lowercase();
        let in_a_box = |form: &Form| form.controls.iter().any(|one| one.value.to_lowercase().contains(&text));
        said.to_lowercase().contains(&text) || self.forms().iter().any(in_a_box)
    }
}

/// Fields as a form sends them.
pub fn encoded<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    fields.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector of this program")
}

fn controls(form: ElementRef<'_>) -> Vec<Control> {
    let mut found: Vec<Control> = Vec::new();
    for control in form.select(&selector("input[name], textarea[name], select[name]")) {
        let name = control.attr("name").unwrap_or_default().to_owned();
        let value = control.attr("value").unwrap_or_default().to_owned();
        let (kind, value) = match (control.value().name(), control.attr("type").unwrap_or("text")) {
            ("textarea", _) => (Kind::Text, control.text().collect()),
            ("select", _) => (Kind::Choice, chosen(control)),
            ("input", "hidden") => (Kind::Hidden, value),
            ("input", "file") => (Kind::File, value),
            ("input", "submit" | "button") => continue,
            ("input", "radio" | "checkbox") => {
                let checked = control.attr("checked").is_some();
                match found.iter_mut().find(|one| one.name == name) {
                    // Of the buttons of one name the pressed one counts, and without one the first.
                    Some(known) if checked => known.value = value,
                    Some(_) => {}
                    None => found.push(Control { name, value, kind: Kind::Choice }),
                }
                continue;
            }
            _ => (Kind::Text, value),
        };
        found.push(Control { name, value, kind });
    }
    found
}

/// The option that is chosen, or the first that says something.
fn chosen(list: ElementRef<'_>) -> String {
    let options: Vec<_> = list.select(&selector("option")).collect();
    let value = |option: &ElementRef<'_>| option.attr("value").unwrap_or_default().to_owned();
    let selected = options.iter().find(|option| option.attr("selected").is_some()).map(value);
    selected
        .filter(|value| !value.is_empty())
        .or_else(|| options.iter().map(value).find(|value| !value.is_empty()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would_send_it() {
        let html = r#"<a href="/x/1#a">1</a><form method="post" action="/x"><input type="hidden" name="csrf" value="k">
            <input name="a" value="1 &amp; 2"><textarea name="b">dòng</textarea>
            <input type="radio" name="c" value="co"><input type="radio" name="c" value="khong" checked>
            <select name="d"><option value=""></option><option value="D">d</option></select>
            <button name="act" value="save">Lưu</button></form>"#;
        let page = Page { status: 200, html: html.to_owned() };
        let form = page.form("/x").unwrap();
        let sent: Vec<_> = form.controls.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
        assert_eq!(sent, [("csrf", "k"), ("a", "1 & 2"), ("b", "dòng"), ("c", "khong"), ("d", "D")]);
        assert_eq!(page.links("/x/"), ["/x/1"]);
        assert!(page.says("1 & 2") && page.says("dòng") && !page.says("csrf"));
    }
}
