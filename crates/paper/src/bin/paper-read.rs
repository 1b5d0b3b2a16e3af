//! The reading worker as a program of its own, for tests and benchmarks; the service has it as a hidden subcommand.

fn main() {
    std::process::exit(paper::read::worker::worker_main(std::env::args_os().skip(1)));
}
