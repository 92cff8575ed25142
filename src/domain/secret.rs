//! Secrets are a type of their own: it can be compared and used, but neither printed nor serialised, and it is
//! wiped from memory when dropped. What a screen shows in its place is made here as well.

use std::fmt;

use zeroize::Zeroizing;

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

/// What stands in place of the secret of that key, everywhere where people or programs read. Its length says nothing.
pub fn placeholder(key: &str) -> String {
    format!("‹secret {key}›")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("xoxb-canary".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "xoxb-canary");
    }
}
