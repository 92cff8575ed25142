//! What the verdict on a rule depends on besides its own text: the files that it asks for, the variables of the container's
//! environment, and the configuration. As long as none of it changes the verdict is what it was.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyyaml::{Content, Located};
use sha2::{Digest, Sha256};

use super::dict::Dict;
use super::files::Found;
use super::value::{Value, View};

/// A text that somebody else has read, or why it cannot be read.
pub type Given = std::result::Result<Arc<pyyaml::Loaded>, pyyaml::Error>;

/// What a rule that asks for a path is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A file: its path in the rendering, and the SHA-256 of its bytes.
    File(String, [u8; 32]),
    /// Anything else.
    Other(&'static str),
}

impl Answer {
    pub(super) fn of(found: Found<'_>) -> Self {
        match found {
            Found::File(path, bytes) => Self::File(path.to_owned(), Sha256::digest(bytes).into()),
            Found::Folder => Self::Other("folder"),
            Found::Missing => Self::Other("missing"),
            Found::NoFolder => Self::Other("no folder"),
            Found::TooLong => Self::Other("too long"),
            Found::Elsewhere => Self::Other("elsewhere"),
        }
    }
}

/// What the verdict on a rule depends on besides its own text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depends {
    /// The paths that were asked for, the rule's own aside, and what was answered.
    pub(super) asked: Vec<(String, Answer)>,
    /// Variables of the environment had a say.
    pub variables: bool,
    /// So had what configurations differ in.
    pub config: bool,
}

/// The keys in which some configurations differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Varying {
    keys: BTreeSet<String>,
    /// Whether whoever goes through all options could tell the configurations apart. All that is looked for so is text
    /// that begins with `$`, numbers that are too large, and keys that are no strings.
    telling: bool,
}

/// Sees whether somebody asks for what varies.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    varying: &'a Varying,
    met: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(varying: &'a Varying) -> Self {
        Self { varying, met: AtomicBool::new(false) }
    }

    /// Whether somebody did.
    pub(super) fn is_met(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }

    /// Somebody asks for a key.
    pub(super) fn key(&self, key: &str) {
        if self.varying.keys.contains(key) {
            self.met.store(true, Ordering::Relaxed);
        }
    }

    /// Somebody goes through all of them.
    pub(super) fn all(&self) {
        if self.varying.telling {
            self.met.store(true, Ordering::Relaxed);
        }
    }
}

impl Varying {
    /// The keys in which these differ.
    pub(super) fn of(configs: &[&Dict<'_>]) -> Self {
        let Some((first, others)) = configs.split_first() else { return Self::default() };
        let names: BTreeSet<&str> =
            configs.iter().flat_map(|config| config.items().filter_map(|item| item.name())).collect();
        let varies = |name: &&str| {
            others.iter().any(|other| match (first.get(name), other.get(name)) {
                (Some(one), Some(other)) => !same(one, other),
                (one, other) => one.is_some() || other.is_some(),
            })
        };
        let keys: BTreeSet<String> = names.into_iter().filter(varies).map(str::to_owned).collect();
        let bland = |key: &String| {
            configs.iter().filter_map(|config| config.get(key)).all(|value| match value.view() {
                View::Null | View::Bool(_) => true,
                View::Text(text) => !text.starts_with('$'),
                View::Int(value) => value.as_i64().is_some(),
                _ => false,
            })
        };
        let telling = !keys.iter().all(bland) || !configs.iter().all(|config| config.is_plain());
        Self { keys, telling }
    }
}

/// Whether two values are the same, wherever they stand. Where that is not plain to see they are not.
fn same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Read(one), Value::Read(other)) => same_content(one, other),
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Number(one), Value::Number(other)) => one == other,
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Duration(one), Value::Duration(other)) => one == other,
        _ => false,
    }
}

fn same_content(one: &Located, other: &Located) -> bool {
    let all = |one: &[Located], other: &[Located]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_content(one, other))
    };
    match (&one.content, &other.content) {
        (Content::Scalar(one), Content::Scalar(other)) => one == other,
        (Content::List(one), Content::List(other))
        | (Content::Tuple(one), Content::Tuple(other))
        | (Content::Set(one), Content::Set(other)) => all(one, other),
        (Content::Map(one), Content::Map(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| {
                    same_content(&one.key, &other.key) && same_content(&one.value, &other.value)
                })
        }
        _ => false,
    }
}
