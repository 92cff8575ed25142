//! ElastAlert's own loader, in a container of the image that `ALERTDECK_DEV_IMAGE` names, without a network. It is asked
//! through the preflight's script, many workspaces one after another, and ends with its input.

use std::env;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::{Value as Json, json};

use crate::told::{Answer, Told};
use crate::workspace::{VARIABLES, Workspace};

const STARTER: &str = include_str!("judge.py");
const FILES: [(&str, &str); 4] = [
    ("preflight.py", include_str!("../../src/engine/preflight/script/preflight.py")),
    ("attempt.py", include_str!("../../src/engine/preflight/script/attempt.py")),
    ("telling.py", include_str!("../../src/engine/preflight/script/telling.py")),
    ("world.py", include_str!("../../src/engine/preflight/script/world.py")),
];
/// The version whose loader is meant.
const VERSION: &str = "2.31.0";

/// A loader that waits for workspaces.
pub(crate) struct Judge {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// `ElastAlert 2.31.0, Python 3.13.5, PyYAML 6.0.3`
    pub(crate) version: String,
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

impl Judge {
    /// Starts one; `None` where the environment names no image.
    pub(crate) fn start() -> Option<Self> {
        let image = variable("ALERTDECK_DEV_IMAGE")?;
        let mut command = Command::new("docker");
        command.args(["run", "--rm", "--interactive", "--network", "none", "--user", "0:0"]);
        command.args(["--label", "alertdeck.dev=true", "--entrypoint", "python3", &image, "-c", STARTER]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("docker cannot be run: {error}"));
        let mut input = child.stdin.take().unwrap();
        let files: serde_json::Map<String, Json> =
            FILES.iter().map(|(name, text)| ((*name).to_owned(), Json::from(*text))).collect();
        let variables: serde_json::Map<String, Json> =
            VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect();
        writeln!(input, "{}", json!({ "files": files, "variables": variables })).unwrap();
        let output = BufReader::with_capacity(1 << 16, child.stdout.take().unwrap());
        let mut judge = Self { child, input: Some(input), output, version: String::new() };
        let image = judge.line();
        let part = |key: &str| image[key].as_str().unwrap_or("?").to_owned();
        assert_eq!(part("elastalert"), VERSION, "another ElastAlert is in the image: {image}");
        judge.version = format!(
            "ElastAlert {}, Python {}, PyYAML {}, jsonschema {}",
            part("elastalert"),
            part("python"),
            part("yaml"),
            part("jsonschema")
        );
        Some(judge)
    }

    fn line(&mut self) -> Json {
        self.try_line().unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    fn try_line(&mut self) -> Result<Json, String> {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        if !line.ends_with('\n') {
            return Err("the loader ended instead of answering".to_owned());
        }
        let line = whole(&line);
        serde_json::from_str(&line).map_err(|error| format!("{error} in {line}"))
    }

    fn answer(&mut self, workspace: &Workspace) -> Result<Answer, String> {
        let mut answer = Answer { print: workspace.print(), ..Answer::default() };
        loop {
            let line = self.try_line()?;
            let wrong = || Err(format!("about {}: {line}", workspace.name));
            if line["workspace"].as_str() != Some(workspace.name.as_str()) {
                return wrong();
            }
            match line["kind"].as_str() {
                Some("config") => {
                    let message = line["error"]["message"].as_str().unwrap_or_default();
                    if message.starts_with("its files cannot be laid out") {
                        return wrong();
                    }
                    answer.config = Told { values: None, name: None, ..Told::read(&line) };
                }
                Some("rule") => answer.rules.push(Told::read(&line)),
                Some("summary") => return Ok(answer),
                _ => return wrong(),
            }
        }
    }

    /// What it says about a few workspaces, at once.
    pub(crate) fn ask(&mut self, workspaces: &[Workspace]) -> Vec<Answer> {
        let input = self.input.take();
        let answers: Result<Vec<Answer>, String> = thread::scope(|scope| {
            let writer = scope.spawn(move || {
                let mut input = BufWriter::with_capacity(1 << 16, input.unwrap());
                for workspace in workspaces {
                    // A loader that has ended is noticed where its answer is missing.
                    let _ended = writeln!(input, "{}", workspace.job());
                }
                let _ended = input.flush();
                input.into_parts().0
            });
            let answers: Result<_, String> =
                workspaces.iter().map(|workspace| self.answer(workspace)).collect();
            if answers.is_err() {
                // Else the writer waits for a reader that is gone.
                let _ended = self.child.kill();
            }
            self.input = Some(writer.join().unwrap());
            answers
        });
        answers.unwrap_or_else(|wrong| panic!("{wrong}"))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.input.take();
        let _ended = self.child.wait();
    }
}

/// Halves of characters, which Python's text may hold and no other JSON reader takes, as the sign for what is unknown.
fn whole(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at..];
        let half = |text: &str, high: bool| {
            let digits = text.strip_prefix("\\u").and_then(|digits| digits.get(..4));
            let digits = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            digits.is_some_and(|code| if high { code & 0xfc00 == 0xd800 } else { code & 0xfc00 == 0xdc00 })
        };
        let (kept, length) = if half(escape, true) && escape.get(6..).is_some_and(|next| half(next, false)) {
            (&escape[..12], 12)
        } else if half(escape, true) || half(escape, false) {
            ("\\ufffd", 6)
        } else {
            (&escape[..2], 2)
        };
        out.push_str(&rest[..at]);
        out.push_str(kept);
        rest = &escape[length..];
    }
    out.push_str(rest);
    out
}
