//! Sets keys at the top of a file, or removes them, and prints the file as it is then, comments and all:
//! `cargo run --example set -- rule.yaml num_events=10 'realert={minutes: 5}' old=`.

#![expect(clippy::print_stdout, reason = "this is what the program is for")]

use std::env;
use std::error::Error;
use std::fs;

use pyyaml::Edit;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let source = fs::read(arguments.next().ok_or("the name of a file is missing")?)?;
    let mut edit = Edit::new(&source)?;
    for argument in arguments {
        let (key, value) = argument.split_once('=').ok_or("write key=value, or key= to remove it")?;
        if value.is_empty() {
            edit.remove(edit.root()?, key)?;
        } else {
            edit.put_at_root(key, value)?;
        }
    }
    print!("{}", String::from_utf8(edit.finish()?.source)?);
    Ok(())
}
