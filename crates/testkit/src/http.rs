//! A client for HTTP/1.1 on the loopback address, one connection kept open.
//!
//! Written by hand because the `client` feature of hyper would make cargo build the server's whole stack a second time,
//! and because a benchmark's client must cost next to nothing on a machine it shares with the server.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection, opened when needed and again after an error.
pub struct Client {
    address: SocketAddr,
    token: Option<String>,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in small letters, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("status {}, not JSON: {}", self.status, self.text()))
    }

    /// The beginning, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(400).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        Self { address, token: token.map(str::to_owned), connection: None }
    }

    /// Acts with another token from now on.
    pub fn authorise(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], &[]).await
    }

    /// Posts `body` under an idempotency key.
    pub async fn post(&mut self, path: &str, media_type: &str, key: &str, body: &[u8]) -> Result<Answer> {
        self.send("POST", path, &[("content-type", media_type), ("idempotency-key", key)], body).await
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let outcome = tokio::time::timeout(PATIENCE, self.exchange(method, path, headers, body)).await;
        let answer = outcome.context("no answer in time").and_then(|answer| answer);
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    async fn exchange(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", self.address, body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(token) = &self.token {
            head += &format!("authorization: Bearer {token}\r\n");
        }
        head += "\r\n";
        let connection = match &mut self.connection {
            Some(open) => open,
            closed => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                closed.insert(BufReader::new(stream))
            }
        };
        let mut message = head.into_bytes();
        message.extend_from_slice(body);
        connection.write_all(&message).await?;
        let (answer, keep) = read_answer(connection).await?;
        if !keep {
            self.connection = None;
        }
        Ok(answer)
    }
}

/// Reads an answer with a length or in chunks; says whether the connection stays open.
async fn read_answer(connection: &mut BufReader<TcpStream>) -> Result<(Answer, bool)> {
    let first = line(connection).await?;
    let status: u16 =
        first.split(' ').nth(1).and_then(|s| s.parse().ok()).with_context(|| format!("no status line: {first:?}"))?;
    let (mut length, mut chunked, mut keep, mut headers) = (None, false, true, Vec::new());
    loop {
        let header = line(connection).await?;
        let Some((name, value)) = header.split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match (name.as_str(), value.to_ascii_lowercase().as_str()) {
            ("content-length", value) => length = Some(value.parse::<usize>()?),
            ("transfer-encoding", "chunked") => chunked = true,
            ("connection", "close") => keep = false,
            _ => {}
        }
        headers.push((name, value));
    }
    let body = match length {
        _ if chunked => read_chunks(connection).await?,
        Some(length) => read_exactly(connection, length).await?,
        None if status == 204 || status == 304 => Vec::new(),
        None => bail!("an answer without a length"),
    };
    Ok((Answer { status, headers, body }, keep))
}

async fn line(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut text = String::new();
    let read = connection.read_line(&mut text).await?;
    ensure!(read > 0, "the connection was closed");
    Ok(text.trim_end().to_owned())
}

async fn read_exactly(connection: &mut BufReader<TcpStream>, length: usize) -> Result<Vec<u8>> {
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(body)
}

async fn read_chunks(connection: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(line(connection).await?.trim(), 16)?;
        body.extend(read_exactly(connection, size).await?);
        line(connection).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that gives one fixed answer and closes.
    async fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = [0u8; 1024];
            let _ = stream.read(&mut seen).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        address
    }

    #[tokio::test]
    async fn reads_a_length_and_chunks() {
        let address = answering("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}").await;
        let answer = Client::new(address, None).get("/").await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (201, b"{}".as_slice()));
        let address =
            answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").await;
        assert_eq!(Client::new(address, None).get("/").await.unwrap().body, b"abcd");
    }

    #[tokio::test]
    async fn an_answer_cut_off_is_an_error() {
        let address = answering("HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{").await;
        assert!(Client::new(address, None).get("/").await.is_err());
    }
}
