//! Values to and from Rust types, with serde. The README has the mapping; an error names the path to what does
//! not fit, and its place in the text.

mod de;
mod place;
mod ser;
mod whole;

use crate::error::Error;
use crate::limits::Limits;
use crate::text::Text;
use crate::value::Value;
use serde_core::de::{Deserialize, DeserializeOwned};
use std::fmt::{self, Write as _};

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Item(usize),
    /// The key at this place in the order of a mapping.
    Key(usize, Name),
    /// What stands under it.
    Under(usize, Name),
}

/// A key as an error names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    Text(Text<'static>),
    Other(String),
}

impl Name {
    fn of(key: &Value) -> Self {
        Self::Other(match key {
            Value::String(text) => return Self::Text(text.clone()),
            Value::Null => "null".into(),
            Value::Bool(value) => value.to_string(),
            Value::Int(int) => int.as_i128().map_or_else(|| "?".into(), |int| int.to_string()),
            Value::Float(value) => value.to_string(),
            Value::Date(date) => date.to_string(),
            Value::DateTime(time) => time.to_string(),
            _ => "?".into(),
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Reads a text of one document into a type, as [`load`](crate::load) and [`from_value`] do together.
///
/// ```
/// #[derive(serde::Deserialize, Debug)]
/// struct Rule {
///     name: String,
///     num_events: u32,
/// }
///
/// let source = b"name: spike\nnum_events: many\n";
/// let error = pyyaml::from_slice::<Rule>(source).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "while reading num_events, invalid type: string \"many\", expected u32 (line 2, column 13)"
/// );
/// ```
pub fn from_slice<T: DeserializeOwned>(source: &[u8]) -> Result<T, Error> {
    from_slice_within(source, Limits::default())
}

/// [`from_slice`] with limits of your own.
pub fn from_slice_within<T: DeserializeOwned>(source: &[u8], limits: Limits) -> Result<T, Error> {
    let document = crate::parse_within(source, limits)?;
    let value = document.value_within(limits)?;
    from_value(&value).map_err(|error| match place::find(&document, limits, error.steps()) {
        Some(mark) => error.at(mark),
        None => error,
    })
}

/// Reads a value into a type, which may borrow its strings and bytes from the value.
pub fn from_value<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, Error> {
    T::deserialize(de::Reader::new(value))
}

/// `while reading filter[0].term`; the steps are in the order from the inside.
pub(crate) fn path(steps: &[Step]) -> Option<String> {
    let mut path = String::from("while reading ");
    let start = path.len();
    for step in steps.iter().rev() {
        let dot = if path.len() > start { "." } else { "" };
        // A `String` takes all that is written to it.
        let _infallible = match step {
            Step::Item(at) => write!(path, "[{at}]"),
            Step::Key(_, name) | Step::Under(_, name) => write!(path, "{dot}{name}"),
        };
    }
    (path.len() > start).then_some(path)
}
