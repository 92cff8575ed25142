//! Counts what differs between two renderings of a rule without reading all of them: of a rule that ElastAlert can
//! read, only the top-level keys whose text differs are read, and each such text once for all rules that have it. What
//! is counted is what a look at the whole counts; where that is not sure, it says so and the whole is looked at.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::diff::class::{Class, ClassCount};
use crate::domain::diff::compare::covered;
use crate::domain::diff::doc::Doc;
use crate::domain::diff::edit;
use crate::domain::diff::side::{Plain, SideFile};
use crate::domain::diff::values;
use crate::domain::text::sanitise;

/// So many texts of keys are remembered.
const MOST: usize = 20_000;

/// What is counted of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) classes: ClassCount,
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) rule: String,
    pub(super) was: Option<String>,
}

/// What became of the value of one key at the top.
struct Change {
    /// What each value that differs touches.
    values: Vec<Class>,
    /// What the lines of the old text and of the new one touch.
    lines: (Vec<Class>, Vec<Class>),
}

type Known = (String, String, Option<Arc<Change>>);

/// Counts, and remembers what it has read.
#[derive(Default)]
pub(super) struct Quick {
    known: RwLock<HashMap<u64, Known>>,
}

impl Quick {
    /// What differs between two files under one path; `None` when only the whole can tell.
    pub(super) fn count(&self, old: &SideFile, new: &SideFile) -> Option<Count> {
        let (before, after) = (old.plain()?, new.plain()?);
        let (olds, news) = (tops(before.text)?, tops(after.text)?);
        if olds.len() != news.len() {
            return None;
        }
        let changes = changes(before.text, after.text);
        let mut classes = ClassCount::default();
        let mut left = vec![Class::Cosmetic; lines(before.text).count()];
        let mut right = vec![Class::Cosmetic; lines(after.text).count()];
        for at in 0..olds.len() {
            let (from, to) = (olds.get(at)?, news.get(at)?);
            if from.key != to.key {
                return None;
            }
            if from.text == to.text {
                continue;
            }
            // Of equal keys one counts, and here nobody looks which.
            if olds.iter().filter(|other| other.key == from.key).count() > 1 {
                return None;
            }
            let change = self.change(from, to)?;
            change.values.iter().for_each(|class| classes.add(*class));
            for (all, top, own) in [(&mut left, from, &change.lines.0), (&mut right, to, &change.lines.1)] {
                for (class, own) in all.iter_mut().skip(top.line).zip(own) {
                    *class = *own;
                }
            }
        }
        let (mut added, mut removed) = (0, 0);
        for (from, to) in changes {
            removed += from.len();
            added += to.len();
            let touched = left.get(from).into_iter().chain(right.get(to)).flatten();
            if touched.min().is_none_or(|class| *class == Class::Cosmetic) {
                classes.add(Class::Cosmetic);
            }
        }
        let told = |file: &SideFile, plain: &Plain<'_>| {
            sanitise(file.hide(plain.name.lines().next().unwrap_or_default().to_owned()).as_bytes())
        };
        let (was, rule) = (told(old, &before), told(new, &after));
        Some(Count { classes, added, removed, was: Some(was).filter(|was| *was != rule), rule })
    }

    fn change(&self, old: &Top<'_>, new: &Top<'_>) -> Option<Arc<Change>> {
        let mut hasher = DefaultHasher::new();
        (old.text, new.text).hash(&mut hasher);
        let hash = hasher.finish();
        let is = |known: &&Known| known.0 == old.text && known.1 == new.text;
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&hash).filter(is) {
            return known.2.clone();
        }
        let found = look(old, new).map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(hash, (old.text.to_owned(), new.text.to_owned(), found.clone()));
        }
        found
    }
}

/// Reads two texts of one key. An anchor in them could be meant elsewhere.
fn look(old: &Top<'_>, new: &Top<'_>) -> Option<Change> {
    if old.text.contains('&') || new.text.contains('&') {
        return None;
    }
    let (before, after) = (Doc::part(old.text), Doc::part(new.text));
    for (doc, top) in [(&before, old), (&after, new)] {
        let [(key, _)] = doc.root.as_ref()?.entries() else { return None };
        key.text().filter(|key| *key == top.key)?;
    }
    let values = values::compare(&before, &after)?;
    let lines = (covered(&before, &values, |ranges| &ranges.0), covered(&after, &values, |ranges| &ranges.1));
    Some(Change { values: values.iter().map(|change| change.class).collect(), lines })
}

fn lines(text: &str) -> impl Iterator<Item = &[u8]> + Clone {
    text.as_bytes().split_inclusive(|byte| *byte == b'\n')
}

/// The changes from one text to another, line by line.
fn changes(old: &str, new: &str) -> Vec<edit::Change> {
    one_line(old, new).unwrap_or_else(|| edit::lines(lines(old), lines(new)))
}

/// The change, when it is one line that became another one and stands apart from its neighbours.
fn one_line(old: &str, new: &str) -> Option<Vec<edit::Change>> {
    let (mut olds, mut news) = (lines(old), lines(new));
    let (mut last, mut at) = (None, 0);
    let (from, to) = loop {
        let (from, to) = (olds.next()?, news.next()?);
        if from != to {
            break (from, to);
        }
        last = Some(from);
        at += 1;
    };
    let next = olds.clone().next();
    let apart = |line: &[u8]| Some(line) != last && Some(line) != next;
    (olds.eq(news) && apart(from) && apart(to)).then(|| vec![(at..at + 1, at..at + 1)])
}

/// A key at the top of a rule, with its value, as it is written.
#[derive(Debug, PartialEq, Eq)]
struct Top<'a> {
    key: &'a str,
    text: &'a str,
    /// How many lines are before it.
    line: usize,
}

/// The keys at the top, in order; `None` unless each is plain, and whatever is put into quotes or brackets ends on its
/// line. The text is one that can be read.
fn tops(text: &str) -> Option<Vec<Top<'_>>> {
    let strange = |text: &str| text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
    if text.as_bytes().contains(&b'\r') || !text.is_ascii() && strange(text) {
        return None;
    }
    // Where each begins, and on which line.
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    let mut in_block = false;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let begin = at;
        at += line.len();
        let bare = line.trim_end_matches('\n');
        match bare.as_bytes().first() {
            None => {}
            Some(b' ') if in_block => {}
            Some(b' ') => {
                let blank = bare.trim_start_matches(' ').is_empty();
                if !blank && (found.is_empty() || !is_closed(bare.as_bytes())) {
                    return None;
                }
            }
            Some(b'#') => in_block = false,
            Some(b'-') => {
                in_block = false;
                if found.is_empty() || !(bare == "-" || bare.starts_with("- ")) || !is_closed(bare.as_bytes())
                {
                    return None;
                }
            }
            Some(_) => {
                let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
                let key = bare.get(..bare.find(|c: char| !is_sign(c))?).filter(|key| !key.is_empty())?;
                let value = bare.get(key.len()..)?.strip_prefix(':')?;
                if !(value.is_empty() || value.starts_with(' ')) {
                    return None;
                }
                in_block = value.trim_start().starts_with(['|', '>']);
                if !in_block && !is_closed(value.as_bytes()) {
                    return None;
                }
                found.push((begin, number, key));
            }
        }
    }
    let ends = found.iter().skip(1).map(|(begin, ..)| *begin).chain([text.len()]);
    let tops = found.iter().zip(ends);
    tops.map(|((begin, line, key), end)| Some(Top { key, text: text.get(*begin..end)?, line: *line }))
        .collect()
}

/// Whether all quotes and brackets that could open on a line end on it. Rather no than yes: what only looks like one
/// counts as well.
fn is_closed(line: &[u8]) -> bool {
    let mut depth = 0usize;
    // What stands before a value.
    let mut last = b':';
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        let opens = matches!(last, b':' | b'-' | b'?' | b'[' | b'{' | b',');
        match byte {
            b' ' | b'\t' => {
                at += 1;
                continue;
            }
            b'#' if at == 0 || line.get(at - 1).is_some_and(|before| matches!(before, b' ' | b'\t')) => break,
            b'&' | b'!' | b'?' | b'%' | b'@' | b'`' if opens => return false,
            b'"' | b'\'' if opens => match quoted(line, at) {
                Some(end) => at = end,
                None => return false,
            },
            b'[' | b'{' if opens => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = *byte;
        at += 1;
    }
    depth == 0
}

/// Where the text ends that a quote begins.
fn quoted(line: &[u8], from: usize) -> Option<usize> {
    let quote = *line.get(from)?;
    let mut at = from + 1;
    loop {
        match line.get(at)? {
            b'\\' if quote == b'"' => at += 1,
            byte if *byte == quote => {
                if quote == b'"' || line.get(at + 1) != Some(&quote) {
                    return Some(at);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
#[path = "quick_tests.rs"]
mod tests;
