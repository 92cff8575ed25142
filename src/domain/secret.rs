//! Secrets are a type of their own: it can be compared and used, but neither printed nor serialised, and it is
//! wiped from memory when dropped. What a screen shows in its place is made here as well.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::problem::Problem;

/// A value that must never be shown. It has no `Display` and no `Serialize`, and its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value in and hides it.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for the one place that writes it to where it is used.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret comes from. Paths and commands are relative to the workspace root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the process environment.
    Variable(String),
    /// The content of a file.
    File(String),
    /// The first line that a command prints.
    Command(Vec<String>),
    /// Already known: it stands in a `Sensitive` file, or was given on the command line.
    Value(Secret),
}

impl SecretSource {
    /// The provider in words, such as `the variable SLACK_WEBHOOK`.
    pub fn describe(&self) -> String {
        match self {
            Self::Variable(name) => format!("the variable {name}"),
            Self::File(path) => format!("the file {path}"),
            // Arguments can hold anything; the program alone says enough.
            Self::Command(words) => format!("the command {}", words.first().map_or("", String::as_str)),
            Self::Value(_) => "a Sensitive file or --set".to_owned(),
        }
    }
}

/// The shortest value, in bytes, that is looked for in what others write. A shorter one stands in too many places by
/// chance.
pub const SHORTEST: usize = 6;

/// What is to be said of a secret that was had, without its value. `lines`: its command printed more lines than the
/// one that was taken.
pub fn notes(key: &str, source: &SecretSource, secret: &Secret, lines: bool) -> Vec<Problem> {
    let mut notes = Vec::new();
    if lines {
        let what = format!("of what {} printed only the first line is the secret {key}", source.describe());
        notes.push(
            Problem::new("secret.lines", what)
                .why("it printed more lines than one")
                .hint("let it print the value alone; a value of several lines comes from `file:`"),
        );
    }
    if secret.expose().len() < SHORTEST && !secret.expose().is_empty() {
        notes.push(
            Problem::new("secret.short", format!("the secret {key} is too short to be masked in logs"))
                .why(format!("a value of fewer than {SHORTEST} bytes stands in too many places by chance"))
                .hint("take a longer one"),
        );
    }
    notes
}

/// What stands in place of the secret of that key, everywhere where people or programs read. Its length says nothing.
pub fn placeholder(key: &str) -> String {
    format!("‹secret {key}›")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_secret_names_its_key_and_never_its_value() {
        let source = SecretSource::Command(vec!["pass".into(), "show".into()]);
        let told = |value: &str, lines| notes("HOOK", &source, &Secret::new(value.into()), lines);
        assert_eq!(told("canary", false), []);
        let notes = told("canar", true);
        assert_eq!(
            notes.iter().map(|note| note.what.as_str()).collect::<Vec<_>>(),
            [
                "of what the command pass printed only the first line is the secret HOOK",
                "the secret HOOK is too short to be masked in logs"
            ]
        );
        assert!(!format!("{notes:?}").contains("canar"));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("xoxb-canary".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "xoxb-canary");
    }
}
