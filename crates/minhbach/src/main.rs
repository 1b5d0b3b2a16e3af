//! The one binary.
use std::process::ExitCode;

fn main() -> ExitCode {
    minhbach::cli::main()
}
