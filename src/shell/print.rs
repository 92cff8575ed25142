//! The only file that prints. Data goes to standard output, as text for people or as JSON lines for programs; talk
//! goes to standard error. Colours and progress appear only on a terminal, and a reader that went away is no error.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use crate::domain::problem::{Problem, code};

/// How long a status may be, so that it stays on one line of the narrowest terminal.
const STATUS: usize = 78;

/// The version of the JSON lines, in the first line of each output. A new minor number adds, a new major one breaks:
/// docs/decisions/013 has the rule, and what came with which number.
const SCHEMA: &str = "2.0";

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON lines: one object a line, each with its `type`; the first is the schema version.
    Json,
}

/// How a run ended, as the operating system hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Yes, or nothing to do.
    Ok = 0,
    /// Something went wrong.
    Error = 1,
    /// There are changes, or the answer is no.
    Changes = 2,
    /// A check found errors.
    CheckFailed = 3,
    /// Another deploy holds the lock.
    Locked = 4,
    /// The deploy failed and what ran before runs again.
    PutBack = 5,
    /// The deploy failed and nothing runs.
    Down = 6,
    /// No engine answers.
    Unreachable = 8,
    /// The person stopped it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&Problem> for Exit {
    /// What a problem that ended the run means for the caller.
    fn from(problem: &Problem) -> Self {
        match problem.code {
            code::ENGINE_UNREACHABLE | code::ENGINE_TIMEOUT => Self::Unreachable,
            code::CHECK_FAILED => Self::CheckFailed,
            code::LOCKED => Self::Locked,
            code::INTERRUPTED => Self::Interrupted,
            _ => Self::Error,
        }
    }
}

/// What a text means, for its colour. The meaning never stands in the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Headings.
    Strong,
    /// Less important.
    Dim,
    /// As it should be, or added.
    Good,
    /// Needs a look, or changed.
    Warn,
    /// Bad, or removed.
    Bad,
    /// Places and names to copy.
    Name,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Name => AnsiColor::Cyan.on_default(),
        }
    }
}

/// Prints. One exists for each run.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    format: Format,
    colour: bool,
    talk_colour: bool,
    live: bool,
}

impl Printer {
    /// A printer for this process; `plain` is the wish for no colours (`NO_COLOR`).
    pub fn new(format: Format, plain: bool) -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { format, colour: out && !plain, talk_colour: err && !plain, live: err }
    }

    /// Whether data is JSON lines.
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether standard error is a terminal, where progress may move.
    pub fn live(&self) -> bool {
        self.live
    }

    /// Writes the schema version, once and first; only as JSON.
    pub fn begin(&self) -> Result<(), Problem> {
        if self.json() {
            self.record("version", &serde_json::json!({ "schema": SCHEMA }))?;
        }
        Ok(())
    }

    /// Writes a line of data for people. Call it only when [`Self::json`] is false.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Problem> {
        write_line(&mut io::stdout().lock(), text.as_ref())
    }

    /// Writes bytes as they are, such as a rendered file.
    pub fn raw(&self, bytes: &[u8]) -> Result<(), Problem> {
        finish(io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush()))
    }

    /// Writes one JSON line: the fields of the value, and its type.
    pub fn record(&self, kind: &str, value: &impl Serialize) -> Result<(), Problem> {
        let failed = |error: serde_json::Error| {
            Problem::new("print.json", "the answer does not fit into JSON").why(error.to_string())
        };
        let kind = serde_json::to_string(kind).map_err(failed)?;
        let value = serde_json::to_string(value).map_err(failed)?;
        // The type comes first, so that a person who looks at the lines sees what each is.
        let line = match value.strip_prefix('{') {
            Some("}") => format!("{{\"type\":{kind}}}"),
            Some(fields) => format!("{{\"type\":{kind},{fields}"),
            None => format!("{{\"type\":{kind},\"value\":{value}}}"),
        };
        self.line(line)
    }

    /// A text of data in the colour of its role, where there are colours.
    pub fn paint(&self, role: Role, text: &str) -> String {
        paint(self.colour, role, text)
    }

    /// What changed within such a text: it stands out of it.
    pub fn paint_marked(&self, role: Role, text: &str) -> String {
        if self.colour {
            let style = role.style().invert();
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Whether data has colours.
    pub fn coloured(&self) -> bool {
        self.colour
    }

    /// Whether talk has colours.
    pub fn live_colour(&self) -> bool {
        self.talk_colour
    }

    /// Says something on standard error.
    pub fn talk(&self, text: impl AsRef<str>) {
        // A status may stand there.
        self.status("");
        say(text.as_ref());
    }

    /// Shows a line on standard error that the next one replaces, where that is a terminal; elsewhere nothing.
    pub fn status(&self, text: &str) {
        if !self.live {
            return;
        }
        let text: String = text.chars().take(STATUS).collect();
        let shown = io::stderr().lock().write_all(format!("\r\x1b[K{text}").as_bytes());
        if shown.is_err() {
            tracing::debug!("standard error is closed");
        }
    }

    /// A text of talk in the colour of its role, where there are colours.
    pub fn paint_talk(&self, role: Role, text: &str) -> String {
        paint(self.talk_colour, role, text)
    }

    /// Says what went wrong: on standard error for people, as a JSON line on standard output for programs.
    pub fn problem(&self, problem: &Problem) {
        if self.json() {
            if let Err(lost) = self.record("problem", problem) {
                say(&lost.to_string());
            }
            return;
        }
        let mut lines = vec![format!(
            "{}{} {}",
            self.paint_talk(Role::Bad, "error"),
            self.paint_talk(Role::Dim, &format!("[{}]:", problem.code)),
            self.paint_talk(Role::Strong, &problem.what)
        )];
        if let Some(place) = &problem.place {
            lines.push(format!("  at {}", self.paint_talk(Role::Name, &place.to_string())));
        }
        lines.extend(problem.why.iter().map(|why| format!("  because {why}")));
        if let Some(hint) = &problem.hint {
            lines.push(format!("{} {hint}", self.paint_talk(Role::Good, "hint:")));
        }
        say(&lines.join("\n"));
    }
}

fn paint(colour: bool, role: Role, text: &str) -> String {
    if colour {
        let style = role.style();
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

fn write_line(out: &mut impl Write, text: &str) -> Result<(), Problem> {
    finish(out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")))
}

/// Prints what the flags came to: the help or the version that was asked for, or what is wrong with them. Clap itself
/// would end with 2 for a wrong flag, which here means that there are changes.
pub fn usage(answer: &clap::Error) -> Exit {
    if answer.print().is_err() {
        tracing::debug!("the help has no reader");
    }
    if answer.use_stderr() { Exit::Error } else { Exit::Ok }
}

/// Talk that cannot be written is lost: there is nowhere left to say so.
fn say(text: &str) {
    if write_line(&mut io::stderr().lock(), text).is_err() {
        tracing::debug!("standard error is closed");
    }
}

/// The code of a reader that went away, which ends a run quietly and well.
pub const READER_GONE: &str = "print.reader-gone";

fn finish(written: io::Result<()>) -> Result<(), Problem> {
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Problem::new(READER_GONE, "the reader of the output went away")
        } else {
            Problem::new("print.failed", "cannot write the output").why(error.to_string())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_wrap_the_text_and_end_with_it() {
        assert_eq!(paint(false, Role::Bad, "down"), "down");
        assert_eq!(paint(true, Role::Good, "ok"), "\u{1b}[32mok\u{1b}[0m");
    }

    #[test]
    fn problems_choose_the_exit_code() {
        let exit = |code| Exit::from(&Problem::new(code, "x"));
        assert_eq!(exit(code::ENGINE_UNREACHABLE), Exit::Unreachable);
        assert_eq!(exit(code::LOCKED), Exit::Locked);
        assert_eq!(exit("anything.else"), Exit::Error);
        assert_eq!(Exit::Interrupted as u8, 130);
    }
}
