//! The binary: hands the arguments to the shell and its answer to the operating system.
//! Everything else is in the library, so that tests and benchmarks reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    alertdeck::shell::main()
}
