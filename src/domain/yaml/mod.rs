//! YAML as `ElastAlert` reads it: the values that Python would make of a text, each with the bytes it is written at,
//! and the places of keys that are given twice. It and `overlay`, which edits, are what knows the crate that
//! reads YAML.

mod paint;
mod read;
mod refused;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use paint::Token;
pub use pyyaml::{Date, DateTime, Int, Text};
pub use read::{Loaded, Painted, painted, parse, parse_for_both};
pub use refused::{Kind, Refused};

/// What a text holds: one document. An empty one holds nothing, which is null.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it means.
    pub root: Node,
    /// Keys that are given twice, in all of its mappings.
    pub duplicates: Vec<Duplicate>,
}

/// Two equal keys of one mapping; the value of the second counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The key as the second writes it.
    pub key: String,
    /// The bytes of the first.
    pub first: Range<usize>,
    /// The bytes of the second.
    pub again: Range<usize>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// The bytes that it is written with, anchor, tag and quotes included; nothing else, also not the comments that
    /// follow it.
    pub range: Range<usize>,
    /// Where the alias or the merge key stands that brings it from `range` to its place.
    pub alias: Option<Range<usize>>,
}

/// What a node is. Mappings are in Python's order, hold each key once and have what they merge.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `no`, `On` …
    Bool(bool),
    /// A whole number of any size.
    Integer(Int),
    /// Any other number.
    Float(f64),
    /// A number with an imaginary part.
    Complex(f64, f64),
    /// Text.
    Text(Text<'static>),
    /// Bytes.
    Binary(Vec<u8>),
    /// A day.
    Date(Date),
    /// A day and a time.
    DateTime(DateTime),
    /// A list.
    Sequence(Vec<Node>),
    /// A list that Python cannot change.
    Tuple(Vec<Node>),
    /// Keys without values.
    Set(Vec<Node>),
    /// Keys and values.
    Mapping(Vec<(Node, Node)>),
}

/// Two nodes are the same when their values are, wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// Two values are the same when nothing could tell them apart: `1` is not `1.0`, and a NaN is itself.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: f64, other: f64| one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan();
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Integer(one), Self::Integer(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => same(*one, *other),
            (Self::Complex(real, imaginary), Self::Complex(other, part)) => {
                same(*real, *other) && same(*imaginary, *part)
            }
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Binary(one), Self::Binary(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::DateTime(one), Self::DateTime(other)) => one == other,
            (Self::Sequence(one), Self::Sequence(other))
            | (Self::Tuple(one), Self::Tuple(other))
            | (Self::Set(one), Self::Set(other)) => one == other,
            (Self::Mapping(one), Self::Mapping(other)) => one == other,
            _ => false,
        }
    }
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(Text::from(text.to_owned()))
    }
}

impl Node {
    /// A value that stands nowhere.
    pub fn new(value: Value) -> Self {
        Self { value, range: 0..0, alias: None }
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value of a mapping's entry.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        let found = self.entries().iter().find(|(name, _)| name.text() == Some(key));
        found.map(|(key, value)| (key, value))
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list or of a set; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) | Value::Tuple(items) | Value::Set(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one. Half of a character that only Python can hold is a replacement character here.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// Whether it holds no other values.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.value, Value::Sequence(_) | Value::Tuple(_) | Value::Set(_) | Value::Mapping(_))
    }

    /// Whether Python takes it for true: `"false"` is a text that is not empty.
    pub fn is_truthy(&self) -> bool {
        match &self.value {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Integer(value) => *value != Int::default(),
            Value::Float(value) => *value != 0.0,
            Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Binary(bytes) => !bytes.is_empty(),
            Value::Date(_) | Value::DateTime(_) => true,
            Value::Sequence(items) | Value::Tuple(items) | Value::Set(items) => !items.is_empty(),
            Value::Mapping(entries) => !entries.is_empty(),
        }
    }

    /// The bytes that bring it where it is: an alias or a merge key, else its own.
    pub fn place(&self) -> &Range<usize> {
        self.alias.as_ref().unwrap_or(&self.range)
    }

    /// Where it begins.
    pub fn start(&self) -> usize {
        self.place().start
    }

    /// A scalar as text: as it is written when it is a number, a boolean or the like, so that `1.50` stays `1.50`.
    /// `None` where that cannot be told, as for a number that a tag makes of a text between quotes.
    pub fn written(&self, source: &str) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.as_str().to_owned()),
            Value::Null => Some(String::new()),
            _ if !self.is_scalar() => None,
            _ => {
                let mut written = source.get(self.range.clone())?.trim();
                // An anchor or a tag is not part of the value.
                while written.starts_with(['&', '!']) {
                    written = written.split_once(char::is_whitespace)?.1.trim_start();
                }
                let plain =
                    !written.starts_with(['"', '\'', '|', '>', '#']) && !written.contains(['\r', '\n']);
                plain.then(|| written.to_owned())
            }
        }
    }

    /// What it is, without its places.
    pub fn to_value(&self) -> pyyaml::Value {
        let all = |items: &[Self]| items.iter().map(Self::to_value).collect();
        match &self.value {
            Value::Null => pyyaml::Value::Null,
            Value::Bool(value) => pyyaml::Value::Bool(*value),
            Value::Integer(value) => pyyaml::Value::Int(value.clone()),
            Value::Float(value) => pyyaml::Value::Float(*value),
            Value::Complex(real, imaginary) => pyyaml::Value::Complex(*real, *imaginary),
            Value::Text(text) => pyyaml::Value::String(text.clone()),
            Value::Binary(bytes) => pyyaml::Value::Binary(bytes.clone()),
            Value::Date(date) => pyyaml::Value::Date(*date),
            Value::DateTime(time) => pyyaml::Value::DateTime(*time),
            Value::Sequence(items) => pyyaml::Value::List(all(items)),
            Value::Tuple(items) => pyyaml::Value::Tuple(all(items)),
            Value::Set(items) => pyyaml::Value::Set(all(items)),
            Value::Mapping(entries) => pyyaml::Value::Map(
                entries.iter().map(|(key, value)| (key.to_value(), value.to_value())).collect(),
            ),
        }
    }

    /// In one word, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) | Value::Complex(..) => "a number",
            Value::Text(_) => "a text",
            Value::Binary(_) => "bytes",
            Value::Date(_) => "a date",
            Value::DateTime(_) => "a time",
            Value::Sequence(_) | Value::Tuple(_) => "a list",
            Value::Set(_) => "a set",
            Value::Mapping(_) => "a mapping",
        }
    }
}
