//! Reads a text into values with their bytes. The tree of nodes gives the bytes, the loaded value what they mean.

use std::ops::Range;
use std::sync::Arc;

use pyyaml::{Content, Located, NodeId, NodeKind, ScalarStyle};

use super::paint::{Token, tokens};
use super::{Document, Duplicate, Node, Refused, Value};

/// The parts of a text in order, and what each is, without those that are nothing but signs and blanks.
pub type Painted = Vec<(Range<usize>, Token)>;

/// Reads a text as `ElastAlert` does.
pub fn parse(text: &str) -> Result<Document, Refused> {
    Ok(document(text, &pyyaml::load_located(text.as_bytes()).map_err(Refused)?))
}

/// What the crate that reads YAML makes of a text, for those who want the nodes themselves.
pub type Loaded = Result<Arc<pyyaml::Loaded>, pyyaml::Error>;

/// Reads a text once for both: those who want its values, and those who want the nodes.
pub fn parse_for_both(text: &str) -> (Result<Document, Refused>, Loaded) {
    let loaded = pyyaml::load_located(text.as_bytes()).map(Arc::new);
    (loaded.as_ref().map(|loaded| document(text, loaded)).map_err(|error| Refused(error.clone())), loaded)
}

/// Reads a text, and says what its parts are. Where it means nothing to Python, the parts may be there all the same.
pub fn painted(text: &str) -> (Result<Document, Refused>, Painted) {
    match pyyaml::load_located(text.as_bytes()) {
        Ok(loaded) => {
            let tokens = tokens(text.as_bytes(), &loaded.document);
            (Ok(document(text, &loaded)), tokens)
        }
        Err(refused) => {
            let tree = pyyaml::parse(text.as_bytes());
            (Err(Refused(refused)), tree.map_or_else(|_| Vec::new(), |tree| tokens(text.as_bytes(), &tree)))
        }
    }
}

fn document(text: &str, loaded: &pyyaml::Loaded) -> Document {
    let places = Places { document: &loaded.document, ends: ends(text, &loaded.document) };
    let duplicates = loaded
        .duplicates
        .iter()
        .map(|found| {
            let (first, again) = (places.own(found.first), places.own(found.again));
            let scalar = loaded.document.node(found.again).and_then(pyyaml::NodeRef::as_str);
            let key = scalar.or_else(|| text.get(again.clone())).unwrap_or_default().to_owned();
            Duplicate { key, first, again }
        })
        .collect();
    let root = loaded.root.as_ref().map_or_else(|| Node::new(Value::Null), |root| places.node(root));
    Document { root, duplicates }
}

/// Where each node ends. A block ends for the parser where the next thing begins; here with its last content.
fn ends(text: &str, document: &pyyaml::Document) -> Vec<usize> {
    let nodes = document.nodes();
    let mut ends: Vec<usize> = nodes.iter().map(|node| node.span.end.byte).collect();
    // What a collection holds comes after it.
    for (at, node) in nodes.iter().enumerate().rev() {
        let end = |id: &NodeId| ends.get(id.index()).copied();
        let last = match &node.kind {
            NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                let written = text.get(node.span.bytes()).unwrap_or_default();
                Some(node.span.start.byte + written.trim_end().len())
            }
            NodeKind::Sequence { items, flow: false } => items.last().and_then(end),
            NodeKind::Mapping { pairs, flow: false } => {
                pairs.last().and_then(|(key, value)| end(key).max(end(value)))
            }
            _ => None,
        };
        if let (Some(last), Some(end)) = (last, ends.get_mut(at)) {
            *end = last.max(node.span.start.byte);
        }
    }
    ends
}

struct Places<'d> {
    document: &'d pyyaml::Document,
    ends: Vec<usize>,
}

impl Places<'_> {
    /// The bytes of a node itself, be it an alias.
    fn own(&self, id: NodeId) -> Range<usize> {
        let start = self.document.node(id).map_or(0, |node| node.span().start.byte);
        start..self.ends.get(id.index()).copied().unwrap_or(start)
    }

    fn node(&self, located: &Located) -> Node {
        let id = located.node;
        let target = self.document.node(id).map_or(id, |node| node.resolved().id());
        let range = self.own(target);
        let alias = (target != id).then(|| self.own(id));
        let all = |items: &[Located]| items.iter().map(|item| self.node(item)).collect();
        let value = match &located.content {
            Content::Scalar(value) => scalar(value),
            Content::List(items) => Value::Sequence(all(items)),
            Content::Tuple(items) => Value::Tuple(all(items)),
            Content::Set(items) => Value::Set(all(items)),
            Content::Map(entries) => {
                let mut found = Vec::with_capacity(entries.len());
                for entry in entries {
                    let (mut key, mut value) = (self.node(&entry.key), self.node(&entry.value));
                    if let Some(merge) = entry.merged {
                        let merge = self.own(merge);
                        key.alias = Some(merge.clone());
                        value.alias = Some(merge);
                    }
                    found.push((key, value));
                }
                Value::Mapping(found)
            }
            Content::OrderedMap(pairs) => {
                let pair = |(key, value): &(Located, Located)| {
                    let (key, value) = (self.node(key), self.node(value));
                    let range = key.place().start..value.place().end;
                    Node { value: Value::Tuple(vec![key, value]), range, alias: None }
                };
                Value::Sequence(pairs.iter().map(pair).collect())
            }
            _ => Value::Null,
        };
        Node { value, range, alias }
    }
}

fn scalar(value: &pyyaml::Value) -> Value {
    match value {
        pyyaml::Value::Bool(value) => Value::Bool(*value),
        pyyaml::Value::Int(value) => Value::Integer(value.clone()),
        pyyaml::Value::Float(value) => Value::Float(*value),
        pyyaml::Value::Complex(real, imaginary) => Value::Complex(*real, *imaginary),
        pyyaml::Value::String(text) => Value::Text(text.clone()),
        pyyaml::Value::Binary(bytes) => Value::Binary(bytes.clone()),
        pyyaml::Value::Date(date) => Value::Date(*date),
        pyyaml::Value::DateTime(time) => Value::DateTime(*time),
        // Null; what holds other values is no scalar.
        _ => Value::Null,
    }
}
