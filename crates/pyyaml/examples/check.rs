//! Says of each file whether a Python program could load it, and if not, in the words in which Python would say so:
//! `cargo run --example check -- rules/*.yaml`.

#![expect(clippy::print_stdout, reason = "this is what the program is for")]

use std::env;
use std::fs;
use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for path in env::args().skip(1) {
        let source = fs::read(&path)?;
        match pyyaml::load(&source) {
            Ok(_) => println!("{path}: loads"),
            Err(error) => {
                // Code that catches yaml.YAMLError lets the others through.
                let caught =
                    if error.class().is_yaml_error() { "" } else { ", which is not a yaml.YAMLError" };
                println!("{path}: {}{caught}\n{}", error.class(), error.render(&source, &path));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
