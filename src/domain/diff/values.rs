//! What ElastAlert reads differently on two sides: the path of each value, what it was and is, where each comes from
//! and what it touches. Comments, order of keys and ways of writing are no change of a value.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

use crate::domain::diff::class::{Class, of_value};
use crate::domain::diff::doc::Doc;
use crate::domain::diff::lists;
use crate::domain::diff::tree::{Kind, Node};
use crate::domain::problem::Place;

/// The longest text of a value that is kept for showing.
const LONGEST: usize = 400;

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueStatus {
    /// Another value.
    Changed,
    /// Only on the new side.
    Added,
    /// Only on the old side.
    Removed,
    /// A list with the same items in another order.
    Reordered,
    /// A secret that could not be had, so that nobody knows.
    NotCompared,
}

/// A value of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueSide {
    /// As it is written, on one line, secrets masked; with its type in words where that is what differs.
    pub value: String,
    /// Its line in the file.
    pub line: usize,
    /// Where it comes from, in words.
    pub origin: String,
    /// The place of that in the workspace as it is today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueChange {
    /// Its path: `filter[0].term.status`.
    pub path: String,
    /// What happened to it.
    pub status: ValueStatus,
    /// What it touches.
    pub class: Class,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<ValueSide>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<ValueSide>,
    /// The bytes that it takes on each side, key included.
    #[serde(skip)]
    pub(super) ranges: Ranges,
}

/// The bytes of a change on the old side and on the new one: where it stands, and where it is written when that is
/// elsewhere.
pub(super) type Ranges = (Vec<Range<usize>>, Vec<Range<usize>>);

/// A value that only one side has, and its bytes.
type One<'a> = (&'a Node, Vec<Range<usize>>);

/// A step of a path.
#[derive(Clone, Debug)]
enum Step {
    /// A key, and how it is shown.
    Key(String, String),
    /// An item of a list.
    Item(usize),
}

/// The changes of two files, in the order of the new one; `None` when either is no YAML.
pub fn compare(old: &Doc<'_>, new: &Doc<'_>) -> Option<Vec<ValueChange>> {
    let (Some(before), Some(after)) = (&old.root, &new.root) else { return None };
    let holes = old.has_hole() || new.has_hole();
    let mut walk = Walk { old, new, holes, path: Vec::new(), found: Vec::new() };
    walk.both(before, after, (whole(None, before), whole(None, after)));
    Some(walk.found)
}

struct Walk<'a> {
    old: &'a Doc<'a>,
    new: &'a Doc<'a>,
    /// Whether equal bytes can stand for values that nobody knows.
    holes: bool,
    path: Vec<Step>,
    found: Vec<ValueChange>,
}

impl Walk<'_> {
    fn both(&mut self, old: &Node, new: &Node, ranges: Ranges) {
        if old.digest == new.digest && !self.holes {
            return;
        }
        match (&old.kind, &new.kind) {
            (Kind::Map(before), Kind::Map(after)) => self.maps(before, after),
            (Kind::List(before), Kind::List(after)) => self.lists(before, after, &ranges),
            _ => self.leaf(old, new, ranges),
        }
    }

    fn maps(&mut self, old: &[(Node, Node)], new: &[(Node, Node)]) {
        let known: HashMap<u64, &(Node, Node)> = old.iter().map(|entry| (entry.0.digest, entry)).collect();
        for (key, value) in new {
            self.path.push(step(self.new, key));
            match known.get(&key.digest) {
                Some((old_key, old_value)) => {
                    let ranges = (whole(Some(old_key), old_value), whole(Some(key), value));
                    self.both(old_value, value, ranges);
                }
                None => self.one(None, Some((value, whole(Some(key), value)))),
            }
            self.path.pop();
        }
        let kept: HashSet<u64> = new.iter().map(|(key, _)| key.digest).collect();
        for (key, value) in old.iter().filter(|(key, _)| !kept.contains(&key.digest)) {
            self.path.push(step(self.old, key));
            self.one(Some((value, whole(Some(key), value))), None);
            self.path.pop();
        }
    }

    fn lists(&mut self, old: &[Node], new: &[Node], ranges: &Ranges) {
        let matched = lists::compare(old, new, self.holes);
        if matched.reordered {
            let text = |doc: &Doc<'_>, ranges: &[Range<usize>], items: &[Node]| {
                let range = ranges.last().cloned().unwrap_or_default();
                side(doc, &range, cut(flow_list(doc, items)))
            };
            let sides = (text(self.old, &ranges.0, old), text(self.new, &ranges.1, new));
            let class = of_value(&self.keys(), &[]);
            self.push(ValueStatus::Reordered, class, Some(sides.0), Some(sides.1), ranges.clone());
        }
        for (before, after) in matched.pairs {
            let (old, new) = (before.and_then(|at| old.get(at)), after.and_then(|at| new.get(at)));
            self.path.push(Step::Item(after.or(before).unwrap_or(0)));
            match (old, new) {
                (Some(old), Some(new)) => self.both(old, new, (whole(None, old), whole(None, new))),
                (old, new) => self.one(
                    old.map(|node| (node, whole(None, node))),
                    new.map(|node| (node, whole(None, node))),
                ),
            }
            self.path.pop();
        }
    }

    /// A value that only one side has.
    fn one(&mut self, old: Option<One<'_>>, new: Option<One<'_>>) {
        let status = if old.is_some() { ValueStatus::Removed } else { ValueStatus::Added };
        let sides = [(self.old, &old), (self.new, &new)];
        let mut class = Class::Cosmetic;
        for (doc, side) in sides {
            if let Some((node, _)) = side {
                let keys = self.keys().into_iter().map(str::to_owned).collect();
                class = class.min(weightiest(doc, node, &keys));
            }
        }
        let text =
            |doc: &Doc<'_>, side: &Option<One<'_>>| side.as_ref().map(|(node, _)| shown(doc, node, false));
        let (before, after) = (text(self.old, &old), text(self.new, &new));
        let ranges = (old.map_or_else(Vec::new, |(_, at)| at), new.map_or_else(Vec::new, |(_, at)| at));
        self.push(status, class, before, after, ranges);
    }

    /// Two values of which at least one holds no others.
    fn leaf(&mut self, old: &Node, new: &Node, ranges: Ranges) {
        let hidden = (self.old.hidden(&old.range), self.new.hidden(&new.range));
        let unknown = hidden.0 == Some(true) || hidden.1 == Some(true);
        if old.digest == new.digest && !unknown {
            return;
        }
        let class = if hidden.0.is_some() || hidden.1.is_some() {
            Class::Secret
        } else {
            let keys: Vec<String> = self.keys().into_iter().map(str::to_owned).collect();
            of_value(&self.keys(), &[old.text(), new.text()])
                .min(weightiest(self.old, old, &keys))
                .min(weightiest(self.new, new, &keys))
        };
        let words = kind(old) != kind(new);
        let (mut before, mut after) = (shown(self.old, old, words), shown(self.new, new, words));
        if before.value == after.value && hidden.0.is_none() && hidden.1.is_none() {
            // Both are cut, or written alike: say at least that they are not the same.
            before.value.push_str(" (another text)");
        }
        if hidden.1.is_some() {
            after.value.push_str(if unknown { " (not compared)" } else { " (changed)" });
        }
        let status = if unknown { ValueStatus::NotCompared } else { ValueStatus::Changed };
        self.push(status, class, Some(before), Some(after), ranges);
    }

    fn push(
        &mut self,
        status: ValueStatus,
        class: Class,
        old: Option<ValueSide>,
        new: Option<ValueSide>,
        ranges: Ranges,
    ) {
        self.found.push(ValueChange { path: self.shown_path(), status, class, old, new, ranges });
    }

    fn keys(&self) -> Vec<&str> {
        self.path
            .iter()
            .filter_map(|step| match step {
                Step::Key(key, _) => Some(key.as_str()),
                Step::Item(_) => None,
            })
            .collect()
    }

    fn shown_path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Key(_, shown) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(shown);
                }
                // Writing to a string does not fail.
                Step::Item(index) => write!(path, "[{index}]").unwrap_or_default(),
            }
        }
        if path.is_empty() { "(the whole file)".to_owned() } else { path }
    }
}

/// The bytes of a value and its key: where it stands, and where it is written when that is elsewhere.
fn whole(key: Option<&Node>, value: &Node) -> Vec<Range<usize>> {
    let start = key.map_or(value.place.start, |key| key.place.start.min(value.place.start));
    let end = key.map_or(value.place.end, |key| key.place.end.max(value.place.end));
    let elsewhere = (value.range != value.place).then(|| value.range.clone());
    std::iter::once(start..end).chain(elsewhere).collect()
}

fn step(doc: &Doc<'_>, key: &Node) -> Step {
    let shown = match key.text() {
        Some(text) if doc.hidden(&key.range).is_none() => {
            let simple = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '/' | '*' | '$');
            let quoted = text.is_empty() || !text.chars().all(simple);
            let text = doc.told(text);
            if quoted { format!("{text:?}") } else { text }
        }
        _ => doc.shown(&key.range),
    };
    Step::Key(key.text().unwrap_or_default().to_owned(), cut(shown))
}

/// The weightiest class of a value and all that it holds.
fn weightiest(doc: &Doc<'_>, node: &Node, keys: &Vec<String>) -> Class {
    let mut class = if doc.hidden(&node.range).is_some() {
        Class::Secret
    } else {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        of_value(&keys, &[node.text()])
    };
    for item in node.items() {
        class = class.min(weightiest(doc, item, keys));
    }
    for (key, value) in node.entries() {
        let mut below = keys.clone();
        below.push(key.text().unwrap_or_default().to_owned());
        class = class.min(weightiest(doc, value, &below));
    }
    class
}

fn kind(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.kind,
        Kind::List(_) => "a list",
        Kind::Map(_) => "a mapping",
    }
}

fn shown(doc: &Doc<'_>, node: &Node, words: bool) -> ValueSide {
    let mut value = cut(flow(doc, node));
    if words && matches!(node.kind, Kind::Scalar(_)) && doc.hidden(&node.range).is_none() {
        let kind = kind(node);
        value = if value.is_empty() { kind.to_owned() } else { format!("{value} ({kind})") };
    }
    side(doc, &node.range, value)
}

fn side(doc: &Doc<'_>, range: &Range<usize>, value: String) -> ValueSide {
    let (origin, place) = doc.origin(range);
    ValueSide { value, line: doc.line(range.start), origin, place }
}

/// A value on one line. What it holds is written as it is there.
fn flow(doc: &Doc<'_>, node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(_) => doc.shown(&node.range),
        Kind::List(items) => flow_list(doc, items),
        Kind::Map(entries) => {
            let mut text = "{".to_owned();
            for (index, (key, value)) in entries.iter().enumerate() {
                if text.len() > 2 * LONGEST {
                    break;
                }
                let comma = if index == 0 { "" } else { ", " };
                // Writing to a string does not fail.
                write!(text, "{comma}{}: {}", flow(doc, key), flow(doc, value)).unwrap_or_default();
            }
            text + "}"
        }
    }
}

fn flow_list(doc: &Doc<'_>, items: &[Node]) -> String {
    let mut text = "[".to_owned();
    for (index, item) in items.iter().enumerate() {
        if text.len() > 2 * LONGEST {
            break;
        }
        text.push_str(if index == 0 { "" } else { ", " });
        text.push_str(&flow(doc, item));
    }
    text + "]"
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut text: String = text.chars().take(LONGEST).collect();
    text.push('…');
    text
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
