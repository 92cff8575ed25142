//! YAML 1.1 exactly as PyYAML 6.0.3's `FullLoader` reads it: the same verdict, the same error at the same place in
//! the same words, the same tree, the same values. For tools that have to say what a Python program will make of a
//! file: ElastAlert, Ansible, Salt, Home Assistant.
//!
//! Three ways in, each built on the one before: [`events`], [`parse`] and [`load`]. What goes wrong is an [`Error`] with
//! PyYAML's class, words and marks; every [`Node`] carries the [`Span`] it stands at, in bytes too. [`Edit`] changes a
//! text in place.
//!
//! ```
//! use pyyaml::Value;
//!
//! let source = b"enabled: off\n";
//! let document = pyyaml::parse(source).unwrap();
//! let node = document.root().and_then(|root| root.get("enabled")).unwrap();
//! assert_eq!(node.tag(), "tag:yaml.org,2002:bool");
//! assert_eq!(&source[node.span().bytes()], b"off");
//!
//! assert!(matches!(pyyaml::load(source), Ok(Value::Map(pairs)) if pairs[0].1 == Value::Bool(false)));
//!
//! let error = pyyaml::load(b"enabled:\toff\n").unwrap_err();
//! assert_eq!(error.class().name(), "ScannerError");
//! assert_eq!(error.mark().unwrap().to_string(), "line 1, column 9");
//! ```
//!
//! The README says how the agreement is proven, and what is excepted.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod comment;
mod composer;
mod construct;
mod edit;
mod error;
mod event;
mod frame;
mod int;
mod limits;
mod located;
mod mark;
mod node;
mod parser;
mod python_utf8;
mod reader;
mod repr;
mod resolver;
mod scanner;
#[cfg(feature = "serde")]
mod serde;
mod stream;
mod text;
mod token;
mod utf16;
mod value;

pub use comment::Comment;
pub use edit::{Edit, EditError, Edited, Splice, to_flow, to_flow_like};
pub use error::{Error, ErrorClass};
pub use event::{Event, EventKind, Properties, ScalarStyle};
pub use int::Int;
pub use limits::Limits;
pub use located::{Content, Duplicate, Entry, Loaded, Located};
pub use mark::{Mark, Span};
pub use node::{Document, Node, NodeId, NodeKind, NodeRef};
#[cfg(feature = "serde")]
pub use serde::{from_slice, from_slice_within, from_value};
pub use text::Text;
pub use value::{Date, DateTime, Value};

/// The events of a text, as `yaml.parse` gives them. The first error ends them.
pub fn events(source: &[u8]) -> impl Iterator<Item = Result<Event<'_>, Error>> {
    events_within(source, Limits::default())
}

/// [`events`] with limits of your own.
pub fn events_within(source: &[u8], limits: Limits) -> impl Iterator<Item = Result<Event<'_>, Error>> {
    stream::Stream::new(source, limits)
}

/// Reads a text of one document into a tree, as `yaml.compose` does.
pub fn parse(source: &[u8]) -> Result<Document, Error> {
    parse_within(source, Limits::default())
}

/// [`parse`] with limits of your own.
pub fn parse_within(source: &[u8], limits: Limits) -> Result<Document, Error> {
    let source = reader::read(source, limits)?;
    let composed = composer::compose(&source.text, limits);
    if source.is_as_given() {
        return composed;
    }
    let mut document = composed.map_err(|error| error.map_marks(|mark| source.restore(mark)))?;
    document.map_marks(|mark| source.restore(mark));
    Ok(document)
}

/// Reads a text of one document into a value, as `yaml.load` does with `FullLoader`.
pub fn load(source: &[u8]) -> Result<Value, Error> {
    load_within(source, Limits::default())
}

/// [`load`] with limits of your own.
pub fn load_within(source: &[u8], limits: Limits) -> Result<Value, Error> {
    parse_within(source, limits)?.value_within(limits)
}

/// Reads a text of one document into a value as [`load`] does, each part of it with the node that it was read from.
pub fn load_located(source: &[u8]) -> Result<Loaded, Error> {
    load_located_within(source, Limits::default())
}

/// [`load_located`] with limits of your own.
pub fn load_located_within(source: &[u8], limits: Limits) -> Result<Loaded, Error> {
    let document = parse_within(source, limits)?;
    let (root, duplicates) = match document.root() {
        None => (None, Vec::new()),
        Some(root) => {
            let (root, duplicates) = construct::construct(&document, root.id(), limits, located::Places)?;
            (Some(root), duplicates)
        }
    };
    Ok(Loaded { document, root, duplicates })
}
