//! The command table as text: the help overlay and `docs/keys.md`. Both say the same, because neither is written by
//! hand.

use std::fmt::Write as _;

use super::command::{Availability, COMMANDS, Spec};
use super::key::Key;
use super::model::Model;
use super::scope::{self, CONTEXTS, Scope};

/// A line of the help: keys, what they do, and why they do nothing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    /// The keys.
    pub keys: String,
    /// What they do.
    pub doc: &'static str,
    /// Why not now.
    pub reason: Option<&'static str>,
}

/// All keys of a command, as a person reads them.
pub fn keys(spec: &Spec) -> String {
    spec.bound().map(Key::label).collect::<Vec<_>>().join(" ")
}

/// The scopes in the order of the documentation.
fn scopes() -> Vec<Scope> {
    let mut all = vec![Scope::Always, Scope::Console];
    for context in CONTEXTS {
        all.extend(context.first().filter(|scope| !all.contains(scope)));
    }
    all
}

/// The help where the keys go now: the innermost scope first. Commands of several scopes stand in the first of them.
pub fn sections(model: &Model) -> Vec<(&'static str, Vec<HelpLine>)> {
    let active = scope::beneath(model);
    let rest = scopes().into_iter().filter(|scope| !active.contains(scope));
    active
        .iter()
        .copied()
        .chain(rest)
        .map(|scope| {
            let lines = COMMANDS
                .iter()
                .filter(|spec| spec.scopes.contains(&scope))
                .map(|spec| HelpLine {
                    keys: keys(spec),
                    doc: spec.doc.trim(),
                    reason: match spec.availability(model) {
                        Availability::No(reason) if active.contains(&scope) => Some(reason),
                        Availability::No(_) | Availability::Yes => None,
                    },
                })
                .collect();
            (scope.title(), lines)
        })
        .collect()
}

/// The table as plain text, for a terminal.
pub fn plain() -> String {
    let mut text = String::new();
    for scope in scopes() {
        text.push_str(scope.title());
        text.push('\n');
        for spec in COMMANDS.iter().filter(|spec| spec.scopes.contains(&scope)) {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "  {:<16} {}", keys(spec), spec.doc.trim());
        }
        text.push('\n');
    }
    text
}

/// The table as Markdown, for `docs/keys.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Keys\n\nMade by `alertdeck keys --markdown`; do not edit. “Changes” asks as the guard of the environment \
         says, “touches” asks where it wants a name.\n",
    );
    for scope in scopes() {
        // Writing to a string cannot fail.
        let _written =
            write!(text, "\n## {}\n\n| keys | command | does | risk |\n|---|---|---|---|\n", scope.title());
        for spec in COMMANDS.iter().filter(|spec| spec.scopes.contains(&scope)) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            let _written = writeln!(
                text,
                "| {} | `{}` | {} | {} |",
                keys.join(" "),
                spec.name,
                spec.doc.trim(),
                spec.risk.word()
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_is_the_table() {
        let written = include_str!("../../docs/keys.md");
        assert_eq!(written, markdown(), "run `alertdeck keys --markdown >docs/keys.md`");
    }

    #[test]
    fn the_documentation_names_every_command() {
        let text = markdown();
        for spec in COMMANDS {
            assert!(text.contains(&format!("`{}`", spec.name)), "{}", spec.name);
        }
    }
}
