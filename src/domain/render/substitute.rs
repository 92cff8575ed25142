//! Substitution: one pass over a template that puts the values of the layers in place of its tokens. Every other
//! byte stays as it is, and each inserted value knows where it comes from.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::layer::Resolved;
use crate::domain::position::count;
use crate::domain::problem::Place;
use crate::domain::render::Insertion;
use crate::domain::secret::{Secret, placeholder};
use crate::domain::token::{Token, tokens};

/// A token that no layer gives a value to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Its key.
    pub key: String,
    /// Its bytes in the template.
    pub range: Range<usize>,
}

/// A template after substitution.
#[derive(Debug, Default)]
pub struct Substituted {
    /// The text, secrets filled in where they were known.
    pub text: Zeroizing<String>,
    /// What was put in.
    pub insertions: Vec<Insertion>,
    /// Tokens that stay as they are.
    pub unresolved: Vec<Unresolved>,
    /// Keys of secrets that are used and not known.
    pub holes: Vec<String>,
}

/// Replaces the tokens of a template. `path` is where the template is, for places.
pub fn substitute(
    path: &str,
    template: &str,
    values: &BTreeMap<String, Resolved>,
    secrets: &BTreeMap<String, Secret>,
) -> Substituted {
    let mut lines = Onward { text: template, at: 0, line: 1, start: 0 };
    let mut done = Substituted::default();
    let mut at = 0;
    // Grown text would leave copies of secrets behind, so room is made once.
    let room = tokens(template).filter_map(|token| length(&token, values, secrets)).sum::<usize>();
    done.text = Zeroizing::new(String::with_capacity(template.len() + room));
    for token in tokens(template) {
        let Some(resolved) = values.get(token.key) else {
            done.unresolved.push(Unresolved { key: token.key.to_owned(), range: token.range });
            continue;
        };
        done.text.push_str(template.get(at..token.range.start).unwrap_or_default());
        at = token.range.end;
        let start = done.text.len();
        match (&resolved.value, secrets.get(token.key)) {
            (Some(value), _) => done.text.push_str(value),
            (None, Some(secret)) => done.text.push_str(secret.expose()),
            (None, None) => {
                done.text.push_str(&placeholder(token.key));
                if !done.holes.iter().any(|hole| hole == token.key) {
                    done.holes.push(token.key.to_owned());
                }
            }
        }
        done.insertions.push(Insertion {
            range: start..done.text.len(),
            replaced: token.range.clone(),
            key: token.key.to_owned(),
            secret: resolved.value.is_none(),
            overlay: false,
            template: lines.place(path, token.range.start),
            chain: Arc::clone(&resolved.chain),
        });
    }
    done.text.push_str(template.get(at..).unwrap_or_default());
    done
}

/// Lines that are counted on the way from one token to the next.
struct Onward<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Where the line begins.
    start: usize,
}

impl Onward<'_> {
    /// The place of a byte that is not before the one asked for last.
    fn place(&mut self, file: &str, offset: usize) -> Place {
        let passed = self.text.as_bytes().get(self.at..offset).unwrap_or_default();
        for found in memchr::memchr_iter(b'\n', passed) {
            self.line += 1;
            self.start = self.at + found + 1;
        }
        self.at = offset;
        let line = self.text.get(self.start..offset).unwrap_or_default();
        let column = line.trim_start_matches('\u{feff}').chars().count() + 1;
        Place { file: file.to_owned(), line: count(self.line), column: count(column) }
    }
}

fn length(
    token: &Token<'_>,
    values: &BTreeMap<String, Resolved>,
    secrets: &BTreeMap<String, Secret>,
) -> Option<usize> {
    let resolved = values.get(token.key)?;
    Some(match (&resolved.value, secrets.get(token.key)) {
        (Some(value), _) => value.len(),
        (None, Some(secret)) => secret.expose().len(),
        (None, None) => placeholder(token.key).len(),
    })
}
