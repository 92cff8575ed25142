//! The one sentence that says why something Python ended. A traceback ends with `package.Error: message`, the message
//! may go on over the next lines, and one that was raised while another was handled counts more than that one.

use super::telling;
use crate::domain::log::is_exception;

/// How long a sentence may be.
const LONGEST: usize = 400;
/// How many lines a message may go on.
const LINES: usize = 3;

/// Begins what follows a message and is of no use.
const NOISE: [&str; 5] = [
    "Failed validating ",
    "On instance",
    "During handling of the above exception",
    "The above exception was the direct cause",
    "Traceback (most recent call last)",
];

/// Collects the cause, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cause {
    parts: Vec<String>,
    within: Within,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// Nothing of it.
    #[default]
    Nowhere,
    /// Between `Traceback` and the exception.
    Traceback,
    /// In the message, which may go on.
    Message,
}

impl Cause {
    /// Takes a line that says nothing else.
    pub(super) fn take(&mut self, text: &str) {
        if telling::begins_anew(text) {
            self.end();
            return;
        }
        if text.starts_with("Traceback (most recent call last)") {
            self.within = Within::Traceback;
            return;
        }
        match self.within {
            Within::Nowhere => {}
            Within::Traceback => {
                if is_exception(text) {
                    self.parts = vec![shorten(text)];
                    self.within = Within::Message;
                }
            }
            Within::Message => {
                if text.trim().is_empty()
                    || NOISE.iter().any(|noise| text.starts_with(noise))
                    || self.parts.len() > LINES
                {
                    self.within = Within::Nowhere;
                } else {
                    self.parts.push(shorten(text.trim()));
                }
            }
        }
    }

    /// The line after it is by somebody else.
    pub(super) fn end(&mut self) {
        if self.within == Within::Message {
            self.within = Within::Nowhere;
        }
    }

    /// Something said the cause in its own words.
    pub(super) fn set(&mut self, sentence: String) {
        self.parts = vec![sentence];
        self.within = Within::Nowhere;
    }

    pub(super) fn sentence(&self) -> Option<String> {
        let first = self.parts.first()?;
        let message = first.split_once("EAException: ").map_or(first.as_str(), |(_, message)| message);
        // `yaml.scanner.ScannerError: while …` says enough without its packages.
        let (name, rest) = message.split_once(": ").unwrap_or((message, ""));
        let message = match name.rsplit_once('.') {
            Some((_, last)) if is_exception(name) && !rest.is_empty() => format!("{last}: {rest}"),
            _ => message.to_owned(),
        };
        let mut sentence = message.clone();
        if let Some((file, rest)) =
            message.strip_prefix("Error loading file ").and_then(|m| m.split_once(": "))
        {
            sentence = if rest.strip_prefix("Invalid Rule file: ").is_some_and(|again| again == file) {
                file.to_owned()
            } else {
                format!("{file}: {rest}")
            };
        }
        for part in self.parts.iter().skip(1) {
            sentence.push_str(": ");
            sentence.push_str(part);
        }
        Some(cut(&sentence))
    }
}

/// The sentence that says why the program of this output ended; `None` when there is no traceback in it.
pub fn condense<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut cause = Cause::default();
    for line in lines {
        if super::read(line).is_some() {
            cause.end();
        } else {
            cause.take(line);
        }
    }
    cause.sentence()
}

/// A text of at most [`LONGEST`] characters, its end kept: that is where a long message has its point.
pub(super) fn shorten(text: &str) -> String {
    // Before it stands the whole rule, secrets and all.
    let unmet = " is not valid under any of the given schemas";
    if text.ends_with(unmet) {
        return format!("it{unmet}");
    }
    cut(text)
}

fn cut(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let front: String = text.chars().take(LONGEST * 3 / 4).collect();
    let back: String = text.chars().skip(count - LONGEST / 4 + 1).collect();
    format!("{front}…{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_what_a_person_would_point_at() {
        for (output, sentence) in [
            (
                "Traceback (most recent call last):\n  File \"x\", line 1\nyaml.scanner.ScannerError: while scanning for the next token\nfound character '@' that cannot start any token\n  in \"/opt/config/elastalert.yaml\", line 3, column 10",
                "ScannerError: while scanning for the next token: found character '@' that cannot start any token: in \"/opt/config/elastalert.yaml\", line 3, column 10",
            ),
            (
                "Traceback (most recent call last):\nelastalert.util.EAException: Error loading file rules/a.yaml: Duplicate rule named rule A\nINFO:elastalert:10 rules loaded",
                "rules/a.yaml: Duplicate rule named rule A",
            ),
            (
                "Traceback (most recent call last):\nPermissionError: [Errno 13] Permission denied: '/opt/config/elastalert.yaml'",
                "PermissionError: [Errno 13] Permission denied: '/opt/config/elastalert.yaml'",
            ),
            (
                "Traceback (most recent call last):\n  raise\nelastalert.util.EAException: Error initiating alert slack: Missing required option(s): slack_webhook_url",
                "Error initiating alert slack: Missing required option(s): slack_webhook_url",
            ),
            ("Traceback (most recent call last):\nAssertionError", "AssertionError"),
            // supervisord speaks on the same output, about another program too.
            (
                "Traceback (most recent call last):\nFileNotFoundError: [Errno 2] No such file\n2026-11-24 07:12:59,374 INFO success: logs entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
                "FileNotFoundError: [Errno 2] No such file",
            ),
        ] {
            assert_eq!(condense(output.lines()).unwrap(), sentence);
        }
        assert_eq!(condense(["all is well", "SomeError: without a traceback"]), None);
    }

    #[test]
    fn the_rule_itself_is_not_repeated() {
        let output = [
            "Traceback (most recent call last):",
            "elastalert.util.EAException: Error loading file r.yaml: Invalid Rule file: r.yaml",
            "{'name': 'x', 'slack_webhook_url': 'https://canary'} is not valid under any of the given schemas",
        ];
        assert_eq!(condense(output).unwrap(), "r.yaml: it is not valid under any of the given schemas");
    }

    #[test]
    fn a_sentence_is_bounded() {
        let long = format!("Traceback (most recent call last):\nKeyError: {}end", "é".repeat(5000));
        let sentence = condense(long.lines()).unwrap();
        assert!(sentence.chars().count() <= LONGEST && sentence.ends_with("end"));
    }
}
