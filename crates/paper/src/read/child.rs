//! Waiting for child processes with a clock.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How waiting ended when not with an exit status.
#[derive(Debug, PartialEq, Eq)]
pub enum WaitError {
    /// Still running when the time was up; it was killed.
    Timeout,
    /// The operating system refused to say.
    Lost,
}

/// Waits for a child at most `time`, then kills it.
pub fn wait(child: &mut Child, time: Duration) -> Result<ExitStatus, WaitError> {
    let end = Instant::now() + time;
    let mut pause = Duration::from_millis(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= end => {
                let _already_gone = child.kill();
                let _reaped = child.wait();
                return Err(WaitError::Timeout);
            }
            Ok(None) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(_) => return Err(WaitError::Lost),
        }
    }
}
