//! A mail server for practice, as a process of its own: `post-office --folder F [--port P]`. Prints its address, writes each
//! message into a file, delivers none.
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use testkit::post_office::PostOffice;
use tokio::net::TcpListener;

#[derive(Parser)]
struct Args {
    /// Where messages are kept
    #[arg(long)]
    folder: PathBuf,
    /// Port on 127.0.0.1; any free one when left out
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.folder).with_context(|| format!("making {}", args.folder.display()))?;
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await.context("opening the port")?;
    println!("{}", listener.local_addr()?);
    PostOffice::keeping(args.folder).serve(listener).await;
    Ok(())
}
