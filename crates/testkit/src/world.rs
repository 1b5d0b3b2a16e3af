//! Declarants made for load: `minhbach bench-world` lists people with obligations, tokens and lawful declarations.
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::service::Service;

/// Somebody who has not declared yet, and what they will declare.
#[derive(Debug, Clone, Deserialize)]
pub struct Declarant {
    pub token: String,
    pub obligation: Uuid,
    /// The request's body: content, and reasons for warnings.
    pub body: Value,
    /// `Cookie:` of a session in a browser, if one was asked for.
    pub cookie: Option<String>,
}

impl Declarant {
    /// Where the declaration is sent.
    pub fn path(&self) -> String {
        format!("/api/v1/obligations/{}/declaration", self.obligation)
    }
}

/// Adds `count` declarants to the running service's world.
pub fn declarants(service: &Service, count: usize) -> Result<Vec<Declarant>> {
    read(&service.command_output(&["bench-world", "--count", &count.to_string()])?)
}

/// The same, each signed in to a browser; `after` so many added before.
pub fn signed_in(service: &Service, after: usize, count: usize) -> Result<Vec<Declarant>> {
    let (after, count) = (after.to_string(), count.to_string());
    read(&service.command_output(&["bench-world", "--sessions", "--after", &after, "--count", &count])?)
}

fn read(out: &str) -> Result<Vec<Declarant>> {
    out.lines().map(|line| serde_json::from_str(line).context("a line of bench-world")).collect()
}
