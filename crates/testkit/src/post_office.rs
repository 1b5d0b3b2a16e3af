//! A post office for practice: takes messages by SMTP (RFC 5321) on this machine, keeps them, and delivers none.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Mailboxes that are not there, whose server wants nothing of us, and those that are busy: their names begin so.
pub const UNKNOWN: &str = "khong-co";
pub const BLOCKED: &str = "bi-chan";
pub const BUSY: &str = "dang-ban";
/// The largest message.
const LARGEST: usize = 1 << 20;

/// A message as it was handed in.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    /// Headers and body as sent.
    pub raw: String,
}

impl Letter {
    /// The body in words, whichever way it was encoded for transport.
    pub fn text(&self) -> String {
        let (head, body) = self.raw.split_once("\r\n\r\n").unwrap_or((&self.raw, ""));
        let head = head.to_lowercase();
        let bytes = if head.contains("content-transfer-encoding: base64") {
            let packed: String = body.split_whitespace().collect();
            STANDARD.decode(packed).unwrap_or_default()
        } else if head.contains("content-transfer-encoding: quoted-printable") {
            unquoted(body)
        } else {
            body.as_bytes().to_vec()
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// RFC 2045, section 6.7.
fn unquoted(body: &str) -> Vec<u8> {
    let body = body.replace("=\r\n", "");
    let (bytes, mut plain, mut at) = (body.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'=');
        match pair.and_then(|pair| hex::decode(pair).ok()) {
            Some(byte) => {
                plain.extend(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}

/// What came in so far.
#[derive(Debug, Clone, Default)]
pub struct PostOffice {
    letters: Arc<Mutex<Vec<Letter>>>,
    folder: Option<PathBuf>,
}

impl PostOffice {
    /// Opens a post office on any free port of this machine; it is open as long as the program runs.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn open() -> Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a port for the post office")?;
        let address = listener.local_addr()?;
        let office = Self::default();
        let open = office.clone();
        tokio::spawn(async move { open.serve(listener).await });
        Ok((office, address))
    }

    /// One that writes each message into a file of `folder`.
    pub fn keeping(folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..Self::default() }
    }

    /// Takes messages until the program ends.
    pub async fn serve(&self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let office = self.clone();
            tokio::spawn(async move {
                if let Err(error) = office.attend(stream).await {
                    eprintln!("post office: {error:#}");
                }
            });
        }
    }

    /// All that came in, in their order.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, letter: Letter) -> Result<()> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &self.folder {
            let file = folder.join(format!("{:04}.eml", letters.len() + 1));
            std::fs::write(&file, &letter.raw).with_context(|| format!("writing {}", file.display()))?;
        }
        letters.push(letter);
        Ok(())
    }

    async fn attend(&self, stream: TcpStream) -> Result<()> {
        let (read, mut write) = stream.into_split();
        // Whoever sends without end is heard no longer.
        let mut read = BufReader::new(read.take(LARGEST as u64 * 8));
        say(&mut write, "220 post office for practice").await?;
        let (mut to, mut line) = (Vec::new(), String::new());
        loop {
            line.clear();
            if read.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let (verb, rest) = line.trim_end().split_at(line.trim_end().len().min(4));
            let answer = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => "250-practice\r\n250 8BITMIME",
                "HELO" | "NOOP" => "250 ok",
                "MAIL" | "RSET" => {
                    to.clear();
                    "250 ok"
                }
                "RCPT" => {
                    let mailbox = rest.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    match () {
                        () if mailbox.starts_with(UNKNOWN) => "550 5.1.1 no such mailbox",
                        () if mailbox.starts_with(BLOCKED) => "550 5.7.1 not from you",
                        () if mailbox.starts_with(BUSY) => "451 4.2.0 busy, later",
                        () => {
                            to.push(mailbox);
                            "250 ok"
                        }
                    }
                }
                "DATA" if to.is_empty() => "503 for whom?",
                "DATA" => {
                    say(&mut write, "354 go on").await?;
                    let raw = message(&mut read).await?;
                    for to in to.drain(..) {
                        self.keep(Letter { to, raw: raw.clone() })?;
                    }
                    "250 kept"
                }
                "QUIT" => {
                    say(&mut write, "221 goodbye").await?;
                    return Ok(());
                }
                _ => "502 not known here",
            };
            say(&mut write, answer).await?;
        }
    }
}

async fn say(write: &mut OwnedWriteHalf, answer: &str) -> Result<()> {
    Ok(write.write_all(format!("{answer}\r\n").as_bytes()).await?)
}

/// Everything until a line with a dot alone; a dot that begins a line was doubled (section 4.5.2).
async fn message(read: &mut BufReader<tokio::io::Take<OwnedReadHalf>>) -> Result<String> {
    let (mut whole, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        anyhow::ensure!(read.read_line(&mut line).await? > 0, "a message broke off");
        if line == ".\r\n" {
            return Ok(whole);
        }
        anyhow::ensure!(whole.len() + line.len() <= LARGEST, "a message is too large");
        whole.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_however_they_were_encoded() {
        let letter = |encoding: &str, body: &str| Letter {
            to: String::new(),
            raw: format!("Subject: x\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"),
        };
        assert_eq!(letter("quoted-printable", "M=C3=A3 1=\r\n2=3D").text(), "Mã 12=");
        assert_eq!(letter("base64", "TcOj\r\nIDE=").text(), "Mã 1");
        assert_eq!(letter("7bit", "ma = 1").text(), "ma = 1");
    }
}
