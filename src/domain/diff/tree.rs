//! A text of YAML as the values that ElastAlert reads from it, each with the bytes where it is written and a digest
//! that tells equal ones apart from others at one look. The order of keys makes no difference.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use crate::domain::yaml;

/// A value and where it is written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The bytes that it is written with.
    pub range: Range<usize>,
    /// Where it stands: the same bytes, or those of the alias or the merge key that brings it there.
    pub place: Range<usize>,
    /// Equal values have equal ones.
    pub digest: u64,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A value that holds no others.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and values; of equal keys only the one that counts.
    Map(Vec<(Node, Node)>),
}

/// A value that holds no others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scalar {
    /// Its type in words: `a text`.
    pub kind: &'static str,
    /// What tells it from others of its type; a text as it is read.
    pub value: String,
}

impl Scalar {
    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.kind == "a text"
    }
}

impl Node {
    fn new(kind: Kind, range: Range<usize>, place: Range<usize>) -> Self {
        let mut hasher = DefaultHasher::new();
        match &kind {
            Kind::Scalar(scalar) => (0u8, scalar).hash(&mut hasher),
            Kind::List(items) => {
                1u8.hash(&mut hasher);
                for item in items {
                    item.digest.hash(&mut hasher);
                }
            }
            Kind::Map(entries) => {
                let mut all: Vec<(u64, u64)> =
                    entries.iter().map(|(key, value)| (key.digest, value.digest)).collect();
                all.sort_unstable();
                (2u8, all).hash(&mut hasher);
            }
        }
        Self { kind, range, place, digest: hasher.finish() }
    }

    /// A scalar's text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.is_text() => Some(&scalar.value),
            _ => None,
        }
    }

    /// The keys and values of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }
}

/// What is read from a text that the reader has taken. Nothing is an empty mapping, so that everything of the other side
/// is added or removed.
pub fn of(root: &yaml::Node) -> Node {
    let empty = matches!(root.value, yaml::Value::Null) && root.range.is_empty();
    if empty { nothing() } else { node(root) }
}

/// What is read from a text; `None` is one that `ElastAlert` would refuse.
pub fn read(text: &str) -> Option<Node> {
    yaml::parse(text).ok().map(|document| of(&document.root))
}

/// A mapping without keys.
pub fn nothing() -> Node {
    Node::new(Kind::Map(Vec::new()), 0..0, 0..0)
}

fn node(from: &yaml::Node) -> Node {
    use yaml::Value as Is;
    let all = |items: &[yaml::Node]| items.iter().map(node).collect();
    let kind = match &from.value {
        Is::Sequence(items) | Is::Tuple(items) | Is::Set(items) => Kind::List(all(items)),
        Is::Mapping(entries) => {
            Kind::Map(entries.iter().map(|(key, value)| (node(key), node(value))).collect())
        }
        scalar => Kind::Scalar(Scalar { kind: from.kind(), value: told(scalar) }),
    };
    Node::new(kind, from.range.clone(), from.place().clone())
}

/// What tells a scalar from others of its type.
fn told(value: &yaml::Value) -> String {
    match value {
        yaml::Value::Text(text) => text.as_str().to_owned(),
        yaml::Value::Bool(value) => value.to_string(),
        yaml::Value::Integer(value) => value.to_string(),
        yaml::Value::Float(value) => format!("{value:?}"),
        yaml::Value::Null => String::new(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_keys_and_the_way_of_writing_make_no_difference() {
        let digest = |text: &str| read(text).unwrap().digest;
        assert_eq!(digest("a: 1\nb: [x, 'y']\n"), digest("# c\nb:\n- x\n- \"y\"\na: 1\n"));
        assert_ne!(digest("a: 1\n"), digest("a: '1'\n"));
        assert_ne!(digest("a: [x, y]\n"), digest("a: [y, x]\n"));
        assert_ne!(digest("a: []\n"), digest("a: {}\n"));
        assert_eq!(
            digest("a: on\nb: 010\nc: 1:30\n"),
            digest("a: true\nb: 8\nc: 90\n"),
            "as Python reads it"
        );
        assert_ne!(digest("a: 1e3\n"), digest("a: 1000\n"), "a text in Python");
        assert_eq!(digest("x: &x {b: 1}\na: {<<: *x, c: 2}\n"), digest("x: {b: 1}\na: {c: 2, b: 1}\n"));
    }

    #[test]
    fn values_know_their_bytes() {
        let text = "a: 1\nb:\n  c: 'x y'\n";
        let root = read(text).unwrap();
        let c = root.get("b").and_then(|b| b.get("c")).unwrap();
        assert_eq!(text.get(c.range.clone()), Some("'x y'"));
    }

    #[test]
    fn what_is_no_yaml_has_no_values_and_nothing_is_an_empty_mapping() {
        assert!(read("a: [\n").is_none());
        assert!(read("a: 1\n---\nb: 2\n").is_none());
        assert!(read("").unwrap().entries().is_empty());
    }
}
