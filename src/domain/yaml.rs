//! YAML as a tree of values with their byte ranges, and the place of what is wrong with it. It is the one file that
//! knows which crates read YAML: `yaml_serde` decides what a text means, `yaml-edit` where each value stands. What
//! `ElastAlert` itself would read can differ in corners of YAML 1.1 that neither knows.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, VariantAccess, Visitor};
use yaml_edit::{Document, YamlFile, YamlNode};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes in the text, quotes included; `None` where that could not be told.
    pub range: Option<Range<usize>>,
}

/// What a node is. Mappings keep their order and their duplicate keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values.
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// In words; never a piece of the text.
    pub message: String,
    /// Line from 1; 0 when it is not known.
    pub line: u32,
    /// Column from 1; 0 when it is not known.
    pub column: u32,
}

/// Two nodes are the same when their values are, wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// The value of a key of a mapping; the last one when it stands there twice, as `ElastAlert` reads it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value of a mapping's entry.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        self.entries()
            .iter()
            .rev()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(key, value)| (key, value))
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is neither a list nor a mapping.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.value, Value::Sequence(_) | Value::Mapping(_))
    }

    /// Where it begins.
    pub fn start(&self) -> usize {
        self.range.as_ref().map_or(0, |range| range.start)
    }

    /// A scalar as text: as it is written when it is a number, a boolean or the like, so that `1.50` stays `1.50`.
    /// `None` where that cannot be told, as behind an alias: `1.5` would be another text.
    pub fn written(&self, source: &str) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Null => Some(String::new()),
            Value::Sequence(_) | Value::Mapping(_) => None,
            _ => {
                let written = self.range.clone().and_then(|range| source.get(range)).map(str::trim);
                written.filter(|written| !written.starts_with(['*', '&', '!'])).map(str::to_owned)
            }
        }
    }

    /// In one word, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

/// Reads all documents of a text, each value with its range. An empty text has none or an empty one, as the parser
/// sees it.
pub fn parse(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut documents = read(text)?;
    let content = text.trim_start_matches('\u{feff}');
    let tree = YamlFile::parse(content).tree();
    let found: Vec<Document> = tree.documents().collect();
    if found.len() == documents.len() {
        for (node, document) in documents.iter_mut().zip(&found) {
            if let Some(root) = root(document) {
                locate(node, &root, text.len() - content.len());
            }
        }
    }
    Ok(documents)
}

/// Reads all documents of a text without looking for ranges, which takes most of the time.
pub fn read(text: &str) -> Result<Vec<Node>, SyntaxError> {
    // A byte order mark is no content.
    let content = text.trim_start_matches('\u{feff}');
    serde_yaml::Deserializer::from_str(content)
        .map(|document| Node::deserialize(document).map_err(|error| syntax_error(&error)))
        .collect()
}

fn root(document: &Document) -> Option<YamlNode> {
    document
        .as_mapping()
        .map(YamlNode::Mapping)
        .or_else(|| document.as_sequence().map(YamlNode::Sequence))
        .or_else(|| document.as_scalar().map(YamlNode::Scalar))
}

/// Notes where a node and everything in it stands, as far as both readers agree on its shape.
fn locate(node: &mut Node, tree: &YamlNode, shift: usize) {
    let bytes = tree.byte_range();
    node.range = Some(bytes.start as usize + shift..bytes.end as usize + shift);
    match (&mut node.value, tree) {
        (Value::Mapping(entries), YamlNode::Mapping(mapping)) => {
            let found: Vec<_> = mapping.entries().collect();
            if found.len() == entries.len() {
                for ((key, value), entry) in entries.iter_mut().zip(found) {
                    if let Some(tree) = entry.key_node() {
                        locate(key, &tree, shift);
                    }
                    if let Some(tree) = entry.value_node() {
                        locate(value, &tree, shift);
                    }
                }
            }
        }
        (Value::Sequence(items), YamlNode::Sequence(sequence)) => {
            let found: Vec<_> = sequence.values().collect();
            if found.len() == items.len() {
                for (item, tree) in items.iter_mut().zip(&found) {
                    locate(item, tree, shift);
                }
            }
        }
        _ => {}
    }
}

fn syntax_error(error: &serde_yaml::Error) -> SyntaxError {
    let full = error.to_string();
    let message = full.split(" at line ").next().unwrap_or_default().to_owned();
    let at = error.location();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    SyntaxError {
        message,
        line: at.as_ref().map_or(0, |at| number(at.line())),
        column: at.as_ref().map_or(0, |at| number(at.column())),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(|value| Self { value, range: None })
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Float(value.to_string().parse().unwrap_or(f64::INFINITY)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Mapping(entries))
    }

    /// A value with a tag of its own is what stands behind the tag.
    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (_, content): (String, _) = access.variant()?;
        content.newtype_variant::<Node>().map(|node| node.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(node: &Node, text: &str) {
        if let Some(range) = &node.range {
            assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
        }
        node.entries().iter().for_each(|(key, value)| {
            whole(key, text);
            whole(value, text);
        });
        node.items().iter().for_each(|item| whole(item, text));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_ranges_lie_in_it(
            pieces in prop::collection::vec(
                "[a-c]{1,2}|[ \n]{1,3}|: |- |\\? |\\[|\\]|\\{|\\}|, |#|&a |\\*a |!t |\\||>|\"|'|ä|\t|---\n|\r\n|\u{feff}|%|@",
                0..16,
            ),
        ) {
            let text = pieces.concat();
            if let Ok(documents) = parse(&text) {
                for node in &documents {
                    whole(node, &text);
                }
                prop_assert_eq!(read(&text).unwrap(), documents);
            }
        }
    }

    #[test]
    fn few_words_cannot_make_a_large_tree() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = level - 1;
            let ten = vec![format!("*a{below}"); 10].join(", ");
            text.extend([format!("a{level}: &a{level} [{ten}]\n")]);
        }
        assert!(parse(&text).is_err());
    }

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    fn at<'a>(text: &'a str, node: &Node) -> &'a str {
        text.get(node.range.clone().unwrap()).unwrap()
    }

    #[test]
    fn every_value_knows_its_bytes() {
        let text = "# head\nname: \"a b\" # why\nlist:\n  - x\n  - {k: 'v'}\nport: 9200\nlast: |\n  text\n";
        let node = one(text);
        assert_eq!(at(text, node.get("name").unwrap()), "\"a b\"");
        assert_eq!(at(text, &node.get("list").unwrap().items()[0]), "x");
        assert_eq!(at(text, node.get("list").unwrap().items()[1].get("k").unwrap()), "'v'");
        assert_eq!(at(text, node.get("port").unwrap()), "9200");
        assert_eq!(at(text, node.entry("port").unwrap().0), "port");
        assert_eq!(node.get("last").unwrap().text(), Some("text\n"));
    }

    #[test]
    fn ranges_hold_under_line_ends_of_other_systems_and_a_byte_order_mark() {
        let text = "\u{feff}a: one\r\nb:\r\n  c: 1.50\r\n";
        let node = one(text);
        assert_eq!(at(text, node.get("a").unwrap()), "one");
        assert_eq!(node.get("b").unwrap().get("c").unwrap().written(text).unwrap(), "1.50");
    }

    #[test]
    fn scalars_keep_how_they_are_written() {
        let text = "a: 1.50\nb: yes\nc: 0777\nd: '09'\ne: ~\nf: 1e3\ng: true\n";
        let node = one(text);
        let written: Vec<String> =
            node.entries().iter().map(|(_, value)| value.written(text).unwrap()).collect();
        assert_eq!(written, ["1.50", "yes", "0777", "09", "", "1e3", "true"]);
    }

    #[test]
    fn duplicate_keys_are_kept_and_the_last_one_counts() {
        let node = one("a: 1\nb: 2\na: 3\n");
        assert_eq!(node.entries().len(), 3);
        assert_eq!(node.get("a").unwrap().value, Value::Integer(3));
    }

    #[test]
    fn errors_say_where_and_never_quote_the_text() {
        let error = parse("a: b\nc: canary: d\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 10));
        assert!(!error.message.contains("canary"), "{}", error.message);
        assert!(parse("a: @@X@@\n").is_err());
        assert!(parse("a: [1\n").is_err());
    }

    #[test]
    fn documents_are_told_apart() {
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().len(), 2);
        assert!(parse("").unwrap().iter().all(|node| node.value == Value::Null));
        assert!(parse("# only a comment\n").unwrap().iter().all(|node| node.value == Value::Null));
    }

    #[test]
    fn hostile_nesting_is_an_error_and_no_crash() {
        assert!(parse(&"[".repeat(2_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(500), "]".repeat(500))).is_err());
    }
}
