//! Traces the service's system calls during one upload and shows that the file and every folder on its way are on disk
//! before the COMMIT that names them is sent. Needs Debian's strace.
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use testkit::http::Client;
use testkit::service::Service;

#[path = "sync-trace/trace.rs"]
mod trace;

/// The calls that create, write, sync and name files, and those that speak to PostgreSQL.
const CALLS: &str =
    "trace=openat,mkdir,mkdirat,fsync,fdatasync,rename,renameat,renameat2,link,linkat,write,writev,sendto,sendmsg";

#[tokio::main]
async fn main() -> Result<()> {
    let mut service = Service::prepare("trace")?;
    service.spawn()?;
    service.wait_ready(Duration::from_secs(300)).await?;
    service.wait_quiet(Duration::from_secs(900)).await?;
    let officer = service.token("qn.tiepnhan", "INTAKE_OFFICER")?;
    // A fresh process has prepared no statement yet: the text of every INSERT passes through the trace.
    service.stop()?;
    service.spawn()?;
    service.wait_ready(Duration::from_secs(120)).await?;

    let output = service.data().join("strace.txt");
    let tracer = attach(service.pid().context("the service runs")?, &output)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut client = Client::new(service.address(), Some(&officer));
    let paper = b"%PDF-1.4\n% a paper that is none\n";
    let answer = client.post("/api/v1/intakes", "application/pdf", "sync-trace-1", paper).await?;
    ensure!(matches!(answer.status, 200..=202), "the upload answered {}: {}", answer.status, answer.text());
    detach(tracer)?;
    service.stop()?;

    let text = std::fs::read_to_string(&output).context("strace wrote nothing")?;
    let files = service.data().join("files");
    let evidence = trace::judge(&text, &files)?;
    evidence.iter().for_each(|line| println!("{line}"));
    println!("sync-trace: file and folders are synced before the COMMIT that names them");
    Ok(())
}

fn attach(pid: u32, output: &Path) -> Result<Child> {
    Command::new("strace")
        .args(["-f", "-y", "-s", "400", "-e", CALLS, "-p", &pid.to_string(), "-o"])
        .arg(output)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("strace is missing: install Debian's package strace")
}

fn detach(mut tracer: Child) -> Result<()> {
    kill_process(Pid::from_child(&tracer), Signal::INT)?;
    tracer.wait()?;
    Ok(())
}
