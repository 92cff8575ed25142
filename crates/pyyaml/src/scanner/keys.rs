//! Tokens that may turn out to begin a key: at most one at each depth of brackets. They are kept in the order of the
//! text, which is also that of the depths, so that each question costs the same however deep the brackets are.

use super::{Result, Scanner};
use crate::error::{Error, ErrorClass};
use crate::mark::Mark;
use std::collections::VecDeque;

/// A key and the `:` behind it lie at most this many characters apart.
const REACH: usize = 1024;

#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The number of its first token.
    pub(super) token: usize,
    pub(super) mark: Mark,
    index: usize,
    depth: usize,
    // In a block mapping, at its column, there can be nothing but a key.
    required: bool,
}

#[derive(Debug, Default)]
pub(super) struct Keys(VecDeque<Key>);

impl Keys {
    pub(super) fn first_token(&self) -> Option<usize> {
        self.0.front().map(|key| key.token)
    }

    pub(super) fn take(&mut self, depth: usize) -> Option<Key> {
        if self.0.back()?.depth == depth { self.0.pop_back() } else { None }
    }
}

impl Scanner<'_> {
    /// The next token may begin a key.
    pub(super) fn note_key(&mut self) -> Result<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        self.keys.0.push_back(Key {
            token: self.taken + self.tokens.len(),
            mark: self.cursor.mark(),
            index: self.cursor.index(),
            depth: self.flow,
            required: self.flow == 0 && self.indent == self.column(),
        });
        Ok(())
    }

    /// Whatever may have begun a key at this depth has not.
    pub(super) fn drop_key(&mut self) -> Result<()> {
        match self.keys.take(self.flow) {
            Some(key) if key.required => Err(self.missing_value(key)),
            _ => Ok(()),
        }
    }

    /// Keys do not go over lines, nor on for ever.
    pub(super) fn drop_stale_keys(&mut self) -> Result<()> {
        while let Some(key) = self.keys.0.front().copied() {
            if key.mark.line == self.cursor.line() && self.cursor.index() - key.index <= REACH {
                break;
            }
            self.keys.0.pop_front();
            if key.required {
                return Err(self.missing_value(key));
            }
        }
        Ok(())
    }

    fn missing_value(&self, key: Key) -> Error {
        Error::new(ErrorClass::Scanner, "could not find expected ':'")
            .at(self.cursor.mark())
            .context_at("while scanning a simple key", key.mark)
    }
}
