//! Reads typed fields out of the YAML of an environment file. Whatever does not fit becomes a finding with its place
//! and the rest is still read, so that one slip does not hide the environment.

use crate::domain::check::Finding;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::token::nearest;
use crate::domain::yaml::{Duplicate, Node, Value};

/// A text and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// A file that is being read, and what was found wrong with it.
#[derive(Debug)]
pub struct Fields<'a> {
    /// Path relative to the workspace root.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Lines of the text.
    pub lines: Lines<'a>,
    /// Its keys that are given twice.
    pub duplicates: &'a [Duplicate],
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl<'a> Fields<'a> {
    /// Begins to read a file.
    pub fn new(path: &'a str, text: &'a str, duplicates: &'a [Duplicate]) -> Self {
        Self { path, text, lines: Lines::new(text), duplicates, findings: Vec::new() }
    }

    /// Where a node is written.
    pub fn place(&self, node: &Node) -> Place {
        self.lines.place(self.path, node.start())
    }

    /// Notes that a node is not what it should be.
    pub fn wrong(&mut self, node: &Node, what: impl Into<String>) {
        let place = self.place(node);
        self.findings.push(Finding::error(Problem::new("environment.value", what).at(place)));
    }

    /// The entries of a mapping with text keys. With `known`, any other key is an error with the nearest one.
    pub fn entries<'n>(
        &mut self,
        name: &str,
        node: &'n Node,
        known: Option<&[&'static str]>,
    ) -> Vec<(String, &'n Node, &'n Node)> {
        if node.value == Value::Null {
            return Vec::new();
        }
        if node.is_scalar() || !node.items().is_empty() {
            self.wrong(node, format!("{name} is a mapping, not {}", node.kind()));
            return Vec::new();
        }
        let mut entries: Vec<(String, &Node, &Node)> = Vec::new();
        for (key, value) in node.entries() {
            let Some(text) = key.written(self.text) else {
                self.wrong(key, format!("a key of {name} is a text, not {}", key.kind()));
                continue;
            };
            if let Some(known) = known
                && !known.contains(&text.as_str())
            {
                let place = self.place(key);
                let shown = text.escape_debug();
                let mut problem =
                    Problem::new("environment.key", format!("unknown key `{shown}` in {name}")).at(place);
                problem.hint = Some(match nearest(&text, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", known.join(", ")),
                });
                self.findings.push(Finding::error(problem));
                continue;
            }
            // Equal in Python, or written alike, as `1` and `"1"` are.
            let twice = self.duplicates.iter().any(|found| found.again == *key.place());
            if twice || entries.iter().any(|(before, ..)| *before == text) {
                let place = self.place(key);
                let shown = text.escape_debug();
                self.findings.push(Finding::error(
                    Problem::new("environment.twice", format!("{name} gives `{shown}` twice"))
                        .at(place)
                        .hint("keep one of the two"),
                ));
                continue;
            }
            entries.push((text, key, value));
        }
        entries
    }

    /// A scalar as it is written.
    pub fn scalar(&mut self, name: &str, node: &Node) -> Option<Written> {
        let written = node.written(self.text);
        if written.is_none() && node.is_scalar() {
            self.wrong(node, format!("how {name} is written cannot be told; write it out, between quotes"));
            return None;
        }
        if written.is_none() || node.value == Value::Null {
            self.wrong(node, format!("{name} is a text, not {}", node.kind()));
            return None;
        }
        written.map(|text| Written { text, place: self.place(node) })
    }

    /// A list of scalars.
    pub fn list(&mut self, name: &str, node: &Node) -> Vec<Written> {
        if node.is_scalar() || !node.entries().is_empty() {
            self.wrong(node, format!("{name} is a list, not {}", node.kind()));
            return Vec::new();
        }
        node.items().iter().filter_map(|item| self.scalar(name, item)).collect()
    }

    /// A command: a list of words, or one text that blanks part.
    pub fn words(&mut self, name: &str, node: &Node) -> Option<Vec<Written>> {
        if !node.is_scalar() {
            return Some(self.list(name, node));
        }
        let written = self.scalar(name, node)?;
        if written.text.contains(['"', '\'', '\\', '$']) {
            self.wrong(
                node,
                format!("{name} holds a quote or another sign of the shell; write it as a list"),
            );
            return None;
        }
        let place = &written.place;
        let word = |word: &str| Written { text: word.to_owned(), place: place.clone() };
        Some(written.text.split_whitespace().map(word).collect())
    }
}
