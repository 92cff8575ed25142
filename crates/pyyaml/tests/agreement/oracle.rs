//! PyYAML itself, run by a Python of this machine (`PYYAML_PYTHON`) or in the ElastAlert image
//! (`ALERTDECK_DEV_IMAGE`). Texts go in by a thread of their own, so that neither side waits for the other's pipe.

use std::env;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

const SCRIPT: &str = include_str!("../oracle.py");
/// The version whose behaviour this crate has.
const VERSION: &str = "PyYAML 6.0.3";
const FLUSH: u32 = u32::MAX;

/// A running PyYAML. It ends with its input.
pub(crate) struct Oracle {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// `Python 3.13, PyYAML 6.0.3`
    pub(crate) version: String,
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A Python with PyYAML that will run this script; `None` where the environment names none.
pub(crate) fn python(script: &str) -> Option<Command> {
    let mut command = if let Some(python) = variable("PYYAML_PYTHON") {
        Command::new(python)
    } else {
        let image = variable("ALERTDECK_DEV_IMAGE")?;
        let mut command = Command::new("docker");
        command.args(["run", "--rm", "--interactive", "--network", "none"]);
        command.args(["--entrypoint", "python3", &image]);
        command
    };
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    Some(command)
}

fn write(input: &mut impl Write, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap();
    // An oracle that has ended is noticed where its answer is missing.
    let _ended = input.write_all(&length.to_be_bytes()).and_then(|()| input.write_all(text));
}

impl Oracle {
    /// Starts one; `None` where the environment names none.
    pub(crate) fn start() -> Option<Self> {
        let mut command = python(SCRIPT)?;
        let mut child = command.spawn().unwrap_or_else(|error| panic!("PyYAML cannot be run: {error}"));
        let input = child.stdin.take();
        let output = BufReader::with_capacity(1 << 16, child.stdout.take().unwrap());
        let mut oracle = Self { child, input, output, version: String::new() };
        oracle.version = oracle.line();
        assert!(oracle.version.ends_with(VERSION), "this is {}, and not {VERSION}", oracle.version);
        Some(oracle)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "PyYAML ended instead of answering");
        line.pop();
        line
    }

    /// Its answers to a few texts, at once.
    pub(crate) fn answers(&mut self, texts: &[Vec<u8>]) -> Vec<String> {
        let input = self.input.as_mut().unwrap();
        for text in texts {
            write(input, text);
        }
        let _ended = input.write_all(&FLUSH.to_be_bytes()).and_then(|()| input.flush());
        texts.iter().map(|_| self.line()).collect()
    }

    /// Gives it every text and hands each with its answer to `each`, in order; then it ends.
    pub(crate) fn all(
        mut self,
        texts: impl Iterator<Item = Vec<u8>> + Clone + Send,
        mut each: impl FnMut(&[u8], &str),
    ) {
        let input = self.input.take().unwrap();
        thread::scope(|scope| {
            let given = texts.clone();
            scope.spawn(move || {
                let mut input = BufWriter::with_capacity(1 << 16, input);
                given.for_each(|text| write(&mut input, &text));
            });
            for text in texts {
                let line = self.line();
                each(&text, &line);
            }
        });
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input.take();
        let _ended = self.child.wait();
    }
}
