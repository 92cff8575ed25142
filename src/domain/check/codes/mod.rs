//! Every code that a finding can have, told once: what it says, why it matters, an example and the way out. The
//! command line's `check --explain`, `docs/checks.md` and the tests all read this table.

mod alerters;
mod image;
mod layers;
mod loaded;
mod rules;
mod settings;
mod workspace;

use std::fmt::Write as _;

use crate::domain::check::{Severity, facts};
use crate::domain::token::nearest;

/// What there is to say of one code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The code, `area.kind`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What it says, in full.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// How it comes about.
    pub example: Example,
}

/// How a code comes about.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// Files that are put over a sound workspace: with `wrong` it is found, with `right` in their place it is not.
    Files {
        /// What is wrong.
        wrong: &'static [File],
        /// What of it is written otherwise once it is right.
        right: &'static [File],
    },
    /// What only an image, a disk or a flag can show.
    Words(&'static str),
}

/// A file of an example.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path in the workspace.
    pub path: &'static str,
    /// What it holds.
    pub text: Text,
}

/// What a file holds.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// Text, as UTF-8.
    Utf8(&'static str),
    /// Text, as Latin-1.
    Latin1(&'static str),
    /// Nothing: there is no such file.
    Gone,
}

const fn file(path: &'static str, text: &'static str) -> File {
    File { path, text: Text::Utf8(text) }
}

const fn latin1(path: &'static str, text: &'static str) -> File {
    File { path, text: Text::Latin1(text) }
}

const fn gone(path: &'static str) -> File {
    File { path, text: Text::Gone }
}

/// The sound workspace that the files of an example are put over.
pub const SOUND: [File; 3] = [CONFIG, file("config/environments/CI.yaml", "order: 10\n"), RULE];

const CONFIG: File = file(
    "config/elastalert.yaml",
    "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\n\
     es_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
);
const RULE: File = file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: debug\n");

/// All codes, sorted.
pub fn all() -> Vec<&'static Code> {
    let tables = [
        alerters::CODES,
        image::CODES,
        layers::CODES,
        loaded::CODES,
        rules::CODES,
        settings::CODES,
        workspace::CODES,
    ];
    let mut all: Vec<&Code> = tables.into_iter().flatten().collect();
    all.sort_by_key(|entry| entry.code);
    all
}

/// What there is to say of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    all().into_iter().find(|entry| entry.code == code)
}

/// The code that is meant by one that there is not.
pub fn near(code: &str) -> Option<&'static str> {
    nearest(code, all().into_iter().map(|entry| entry.code))
}

impl Code {
    /// The entry as text, `width` columns wide.
    pub fn plain(&self, width: usize) -> String {
        let mut out = format!("{}[{}]: {}\n", self.severity.word(), self.code, self.title);
        for (name, text) in [("", self.what), ("Why: ", self.why), ("Fix: ", self.fix)] {
            out.push('\n');
            for line in wrap(&format!("{name}{text}"), width) {
                out.push_str(&line);
                out.push('\n');
            }
        }
        self.shown(&mut out, str::to_owned, "", "  ");
        out
    }

    fn markdown(&self, out: &mut String) {
        let Self { code, severity, title, what, why, fix, .. } = self;
        // Writing to a string does not fail.
        write!(
            out,
            "\n## <a id=\"{code}\"></a>`{code}`\n\n**{}**: {title}\n\n{what}\n\n**Why.** {why}\n\n**Fix.** {fix}\n",
            severity.word()
        )
        .unwrap_or_default();
        self.shown(out, |heading| format!("**{heading}**"), "```text\n", "");
    }

    /// The example, each file under its path.
    fn shown(&self, out: &mut String, bold: impl Fn(&str) -> String, fence: &str, indent: &str) {
        let end = if fence.is_empty() { "" } else { "```\n" };
        let mut block = |heading: &str, lines: &mut dyn Iterator<Item = String>| {
            write!(out, "\n{}\n\n{fence}", bold(heading)).unwrap_or_default();
            for line in lines {
                out.push_str(format!("{indent}{line}").trim_end());
                out.push('\n');
            }
            out.push_str(end);
        };
        match self.example {
            Example::Words(text) => block("Example", &mut text.lines().map(str::to_owned)),
            Example::Files { wrong, right } => {
                block("Example", &mut files(wrong));
                block("Fixed", &mut files(right));
            }
        }
    }
}

fn files(files: &[File]) -> impl Iterator<Item = String> {
    files.iter().flat_map(|file| {
        let (note, text) = match file.text {
            Text::Utf8(text) => ("", text),
            Text::Latin1(text) => (", saved as Latin-1", text),
            Text::Gone => (" is not there", ""),
        };
        std::iter::once(format!("# {}{note}", file.path)).chain(text.lines().map(str::to_owned))
    })
}

/// The words of a text in lines of at most `width` columns, longer words aside.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The table as Markdown, for `docs/checks.md`.
pub fn markdown() -> String {
    let mut out = format!(
        "# What `check` finds\n\n\
         <!-- Made by `alertdeck checks --markdown`; do not edit. -->\n\n\
         Every finding has a code that stays. `alertdeck check --explain CODE` prints its entry. What is said of\n\
         loading speaks for {}. The files of an example lie in a workspace that is sound without them.\n\n\
         | code | severity | what is wrong |\n|---|---|---|\n",
        facts::elastalert()
    );
    for Code { code, severity, title, .. } in all() {
        writeln!(out, "| [`{code}`](#{code}) | {} | {title} |", severity.word()).unwrap_or_default();
    }
    for entry in all() {
        entry.markdown(&mut out);
    }
    out
}

/// The table as text, one line for each code.
pub fn plain() -> String {
    let widest = all().iter().map(|entry| entry.code.len()).max().unwrap_or_default();
    all().into_iter().fold(String::new(), |mut out, Code { code, severity, title, .. }| {
        writeln!(out, "{code:widest$}  {:7}  {title}", severity.word()).unwrap_or_default();
        out
    })
}

#[cfg(test)]
mod tests;
