//! What `yaml.load` gives, each part of it knowing the node that it was read from: for tools that have to say where a
//! value stands once merge keys, aliases and equal keys have had their effect.

use crate::construct::Make;
use crate::node::{Document, NodeId};
use crate::value::Value;

/// A document that has been read into values with their nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The tree of nodes, in which spans, styles and anchors are found by id.
    pub document: Document,
    /// The value; `None` for a text without a document, which loads as null.
    pub root: Option<Located>,
    /// Keys that equal an earlier one of the same mapping, in the order in which Python meets them. What a merge
    /// brings is overridden and not given twice.
    pub duplicates: Vec<Duplicate>,
}

/// A value and the node that it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The node that puts it there: its own, or an alias of it. Of equal keys it is that of the one whose value counts.
    pub node: NodeId,
    /// What it is.
    pub content: Content,
}

/// A [`Value`] of which each part knows its node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// What holds no other values.
    Scalar(Value),
    /// `list`
    List(Vec<Located>),
    /// `tuple`
    Tuple(Vec<Located>),
    /// `set`
    Set(Vec<Located>),
    /// `dict`
    Map(Vec<Entry>),
    /// The list of pairs that `!!omap` and `!!pairs` load as.
    OrderedMap(Vec<(Located, Located)>),
}

/// What a mapping holds under one key, in effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Located,
    /// The value of the last of equal keys.
    pub value: Located,
    /// The key `<<` of the mapping that brought it, if it is not the mapping's own.
    pub merged: Option<NodeId>,
}

/// Two equal keys of one mapping, of which the value of the second counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The key that stands there already.
    pub first: NodeId,
    /// The key that stands there again.
    pub again: NodeId,
}

impl Loaded {
    /// The value without its places: what [`load`](crate::load) gives.
    pub fn into_value(self) -> Value {
        self.root.map_or(Value::Null, Located::into_value)
    }
}

impl Located {
    /// The value without its places.
    pub fn into_value(self) -> Value {
        let all = |items: Vec<Self>| items.into_iter().map(Self::into_value).collect();
        match self.content {
            Content::Scalar(value) => value,
            Content::List(items) => Value::List(all(items)),
            Content::Tuple(items) => Value::Tuple(all(items)),
            Content::Set(items) => Value::Set(all(items)),
            Content::Map(entries) => Value::Map(
                entries.into_iter().map(|entry| (entry.key.into_value(), entry.value.into_value())).collect(),
            ),
            Content::OrderedMap(pairs) => Value::OrderedMap(
                pairs.into_iter().map(|(key, value)| (key.into_value(), value.into_value())).collect(),
            ),
        }
    }
}

/// Makes values with their nodes.
pub(crate) struct Places;

impl Make for Places {
    type Made = Located;

    fn leaf(&self, node: NodeId, value: Value) -> Located {
        Located { node, content: Content::Scalar(value) }
    }

    fn list(&self, node: NodeId, items: Vec<Located>) -> Located {
        Located { node, content: Content::List(items) }
    }

    fn tuple(&self, node: NodeId, items: Vec<Located>) -> Located {
        Located { node, content: Content::Tuple(items) }
    }

    fn set(&self, node: NodeId, items: Vec<Located>) -> Located {
        Located { node, content: Content::Set(items) }
    }

    fn map(&self, node: NodeId, entries: Vec<(Located, Located, Option<NodeId>)>) -> Located {
        let entry = |(key, value, merged)| Entry { key, value, merged };
        Located { node, content: Content::Map(entries.into_iter().map(entry).collect()) }
    }

    fn pairs(&self, node: NodeId, pairs: Vec<(Located, Located)>) -> Located {
        Located { node, content: Content::OrderedMap(pairs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_located;

    /// Where each scalar stands: its own bytes, or `alias -> bytes`.
    fn shown(text: &str) -> String {
        fn one(text: &str, document: &Document, located: &Located) -> String {
            let all = |items: &[Located]| {
                items.iter().map(|item| one(text, document, item)).collect::<Vec<_>>().join(" ")
            };
            match &located.content {
                Content::Scalar(_) => {
                    let node = document.node(located.node).unwrap();
                    let bytes = |node: crate::NodeRef<'_>| text.get(node.span().bytes()).unwrap();
                    match node.resolved() {
                        target if target.id() == node.id() => bytes(node).to_owned(),
                        target => format!("{}->{}", bytes(node), bytes(target)),
                    }
                }
                Content::List(items) | Content::Tuple(items) | Content::Set(items) => {
                    format!("[{}]", all(items))
                }
                Content::Map(entries) => entries
                    .iter()
                    .map(|entry| {
                        let merged = entry.merged.map_or(String::new(), |node| {
                            format!("@{}", document.node(node).unwrap().span().start.byte)
                        });
                        let (key, value) = (&entry.key, &entry.value);
                        format!("{}{merged}={}", one(text, document, key), one(text, document, value))
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
                Content::OrderedMap(pairs) => pairs
                    .iter()
                    .map(|(key, value)| {
                        format!("{}={}", one(text, document, key), one(text, document, value))
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
            }
        }
        let loaded = load_located(text.as_bytes()).unwrap();
        let root = loaded.root.as_ref().map(|root| one(text, &loaded.document, root));
        let at = |id| loaded.document.node(id).unwrap().span().start.byte;
        let duplicates =
            loaded.duplicates.iter().map(|found| format!("({} again {})", at(found.first), at(found.again)));
        root.into_iter().chain(duplicates).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_behind_an_alias_stands_at_the_alias_and_is_written_at_its_anchor() {
        assert_eq!(shown("[&a 1, *a, 'x']"), "[&a 1 *a->&a 1 'x']");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn of_equal_keys_the_last_one_counts_and_both_places_are_told() {
        assert_eq!(shown("{1: a, 1.0: b, c: d}"), "1.0=b c=d (1 again 7)");
        assert_eq!(shown("{a: 1, a: 2, a: 3}"), "a=3 (1 again 7) (7 again 13)");
        assert_eq!(shown("!!set {a, b, a}"), "[a b] (7 again 13)");
    }

    #[test]
    fn what_a_merge_brings_knows_its_merge_key_and_is_no_duplicate() {
        assert_eq!(shown("[&b {x: 1, y: 2}, {<<: *b, y: 3}]"), "[x=1 y=2 x@19=1 y=3]");
        assert_eq!(shown("[&b {x: 1}, {y: 3, <<: [*b, {x: 4, z: 5}]}]"), "[x=1 x@19=1 z@19=5 y=3]");
        assert_eq!(shown("[&b {x: 1}, {<<: *b, x: 2, x: 3}]"), "[x=1 x=3] (21 again 27)");
    }

    #[test]
    fn errors_are_those_of_load() {
        for text in ["a: =", "a: !foo x", "&a [*a]", "a:\tb", "2024-13-45", "a\n--- b"] {
            assert_eq!(load_located(text.as_bytes()).unwrap_err(), crate::load(text.as_bytes()).unwrap_err());
        }
    }
}
