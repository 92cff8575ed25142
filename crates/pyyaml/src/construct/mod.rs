//! A tree to values. Python builds collections in the order of their depth, and an error in a deep scalar comes after
//! one in a key near the root; the same order is kept here, with a queue of collections that are yet to be filled.

mod base64;
mod finish;
mod key;
mod merge;
mod number;
mod timestamp;

use crate::error::{Error, ErrorClass};
use crate::limits::Limits;
use crate::located::Duplicate;
use crate::mark::Mark;
use crate::node::{Document, NodeId, NodeKind};
use crate::repr;
use crate::resolver;
use crate::text::Text;
use crate::value::Value;
use std::collections::{HashMap, HashSet, VecDeque};

pub(crate) use finish::{Make, Values};

type Result<T> = std::result::Result<T, Error>;
type Pairs = Vec<(NodeId, NodeId)>;

/// The deepest recursion, whatever the limits say, so that no stack overflows.
const DEEPEST: usize = 500;
const PYTHON_NAME: &str = "tag:yaml.org,2002:python/name:";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ObjectId(usize);

/// An object within a collection, and the node that puts it there: its own, or an alias.
#[derive(Debug, Clone, Copy)]
struct Use {
    object: ObjectId,
    node: NodeId,
}

/// What a mapping holds under one key.
#[derive(Debug, Clone, Copy)]
struct Pair {
    key: Use,
    value: Use,
    /// The merge key that brought it.
    merged: Option<NodeId>,
}

/// A Python object; collections hold others by reference, as in Python.
#[derive(Debug, Clone)]
enum Object<'d> {
    String(&'d Text<'static>),
    Leaf(Value),
    List(Vec<Use>),
    Tuple(Vec<Use>),
    Set(Vec<Use>),
    Map(Vec<Pair>),
    Pairs(Vec<(Use, Use)>),
}

/// How far the object of a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Built {
    Not,
    /// It is being made, and needs itself if it is asked for now.
    Half,
    As(ObjectId),
}

/// What a tag makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Null,
    Bool,
    Int,
    Float,
    Complex,
    Binary,
    Timestamp,
    String,
    List,
    Tuple,
    Map,
    Set,
    OrderedMap,
    Pairs,
}

fn maker(tag: &str) -> Option<Maker> {
    Some(match tag.strip_prefix("tag:yaml.org,2002:")? {
        "str" | "python/str" | "python/unicode" => Maker::String,
        "map" | "python/dict" => Maker::Map,
        "seq" | "python/list" => Maker::List,
        "int" | "python/int" | "python/long" => Maker::Int,
        "bool" | "python/bool" => Maker::Bool,
        "null" | "python/none" => Maker::Null,
        "float" | "python/float" => Maker::Float,
        "timestamp" => Maker::Timestamp,
        "binary" | "python/bytes" => Maker::Binary,
        "set" => Maker::Set,
        "omap" => Maker::OrderedMap,
        "pairs" => Maker::Pairs,
        "python/complex" => Maker::Complex,
        "python/tuple" => Maker::Tuple,
        _ => return None,
    })
}

/// The value of a node, in the form that `make` gives it.
pub(crate) fn construct<M: Make>(
    document: &Document,
    root: NodeId,
    limits: Limits,
    make: M,
) -> Result<(M::Made, Vec<Duplicate>)> {
    let mut constructor = Constructor {
        document,
        limits,
        objects: Vec::new(),
        built: vec![Built::Not; document.nodes().len()],
        queue: VecDeque::new(),
        flattened: HashMap::new(),
        renamed: HashSet::new(),
        merged: 0,
        keys_left: limits.values,
        duplicates: Vec::new(),
    };
    let root = Use { object: constructor.object(root, 0)?, node: root };
    while let Some((node, object, maker)) = constructor.queue.pop_front() {
        constructor.fill(node, object, maker)?;
    }
    let value = finish::Finish::new(constructor.objects, limits, make).value(root, 0)?;
    Ok((value, constructor.duplicates))
}

struct Constructor<'d> {
    document: &'d Document,
    limits: Limits,
    objects: Vec<Object<'d>>,
    built: Vec<Built>,
    // Collections that are made but empty.
    queue: VecDeque<(NodeId, ObjectId, Maker)>,
    // Mappings whose merge keys have been replaced by what they merge.
    flattened: HashMap<NodeId, merge::Flat>,
    // Keys `=` that have become strings.
    renamed: HashSet<NodeId>,
    merged: usize,
    keys_left: usize,
    duplicates: Vec<Duplicate>,
}

impl<'d> Constructor<'d> {
    /// The node itself, or the one that it is an alias of.
    fn target(&self, id: NodeId) -> NodeId {
        match self.document.node(id).map(crate::NodeRef::kind) {
            Some(NodeKind::Alias { target }) => *target,
            _ => id,
        }
    }

    fn kind(&self, id: NodeId) -> Option<&'d NodeKind> {
        self.document.node(id).map(crate::NodeRef::kind)
    }

    fn tag(&self, id: NodeId) -> &'d str {
        if self.renamed.contains(&id) {
            return resolver::STRING;
        }
        self.document.node(id).map_or("", crate::NodeRef::tag)
    }

    fn mark(&self, id: NodeId) -> Mark {
        self.document.node(id).map_or_else(Mark::default, |node| node.span().start)
    }

    /// What PyYAML calls the kind of node.
    fn kind_name(&self, id: NodeId) -> &'static str {
        match self.kind(id) {
            Some(NodeKind::Sequence { .. }) => "sequence",
            Some(NodeKind::Mapping { .. }) => "mapping",
            _ => "scalar",
        }
    }

    fn refuse(&self, problem: impl Into<std::borrow::Cow<'static, str>>, id: NodeId) -> Error {
        Error::new(ErrorClass::Constructor, problem).at(self.mark(id))
    }

    fn add(&mut self, object: Object<'d>) -> ObjectId {
        self.objects.push(object);
        ObjectId(self.objects.len() - 1)
    }

    /// The object of a node; collections are empty as yet.
    fn object(&mut self, id: NodeId, depth: usize) -> Result<ObjectId> {
        let id = self.target(id);
        match self.built.get(id.index()) {
            Some(Built::As(object)) => return Ok(*object),
            Some(Built::Half) => return Err(self.refuse("found unconstructable recursive node", id)),
            _ => {}
        }
        if depth > self.limits.depth.min(DEEPEST) {
            return Err(too_deep(self.mark(id)));
        }
        self.set_built(id, Built::Half);
        let tag = self.tag(id);
        let Some(maker) = maker(tag) else { return Err(self.unknown(tag, id, depth)) };
        let object = match maker {
            Maker::List => self.later(Object::List(Vec::new()), id, maker),
            Maker::Map => self.later(Object::Map(Vec::new()), id, maker),
            Maker::Set => self.later(Object::Set(Vec::new()), id, maker),
            Maker::OrderedMap | Maker::Pairs => self.later(Object::Pairs(Vec::new()), id, maker),
            Maker::Tuple => {
                let items = self.items(id, depth + 1)?;
                self.add(Object::Tuple(items))
            }
            Maker::String => {
                let text = self.scalar_text(id, depth)?;
                self.add(Object::String(text))
            }
            _ => {
                let value = self.scalar(id, maker, depth)?;
                self.add(Object::Leaf(value))
            }
        };
        self.set_built(id, Built::As(object));
        Ok(object)
    }

    fn set_built(&mut self, id: NodeId, built: Built) {
        if let Some(slot) = self.built.get_mut(id.index()) {
            *slot = built;
        }
    }

    fn later(&mut self, object: Object<'d>, id: NodeId, maker: Maker) -> ObjectId {
        let object = self.add(object);
        self.queue.push_back((id, object, maker));
        object
    }

    fn unknown(&self, tag: &str, id: NodeId, depth: usize) -> Error {
        let Some(name) = tag.strip_prefix(PYTHON_NAME) else {
            let problem = format!("could not determine a constructor for the tag {}", repr::string(tag));
            return self.refuse(problem, id);
        };
        let context = |context, problem: String| self.refuse(problem, id).context_at(context, self.mark(id));
        match self.scalar_text(id, depth) {
            Err(error) => error,
            Ok(text) if !text.is_empty() => {
                let problem = format!("expected the empty value, but found {}", repr::text_of(text));
                context("while constructing a Python name", problem)
            }
            Ok(_) if name.is_empty() => {
                let problem = "expected non-empty name appended to the tag".into();
                context("while constructing a Python object", problem)
            }
            Ok(_) => {
                Error::new(ErrorClass::Limit, "what a Python name means only Python knows").at(self.mark(id))
            }
        }
    }

    /// The text of a scalar, or of the value of the key `=` in a mapping.
    fn scalar_text(&self, id: NodeId, depth: usize) -> Result<&'d Text<'static>> {
        let id = self.target(id);
        if depth > self.limits.depth.min(DEEPEST) {
            return Err(too_deep(self.mark(id)));
        }
        match self.kind(id) {
            Some(NodeKind::Scalar { value, .. }) => return Ok(value),
            Some(NodeKind::Mapping { pairs, .. }) => {
                let is_value = |(key, _): &&(NodeId, NodeId)| self.tag(self.target(*key)) == resolver::VALUE;
                let found = match self.flattened.get(&id) {
                    Some(flat) => flat.pairs().find(is_value),
                    None => pairs.iter().find(is_value),
                };
                if let Some((_, value)) = found {
                    return self.scalar_text(*value, depth + 1);
                }
            }
            _ => {}
        }
        Err(self.refuse(format!("expected a scalar node, but found {}", self.kind_name(id)), id))
    }

    fn scalar(&self, id: NodeId, maker: Maker, depth: usize) -> Result<Value> {
        let text = self.scalar_text(id, depth)?;
        let at = |error: Error| error.at(self.mark(id));
        Ok(match maker {
            Maker::Null => Value::Null,
            Maker::Bool => {
                let lower = text.to_lowercase();
                let value = match lower.as_str() {
                    "yes" | "true" | "on" => true,
                    "no" | "false" | "off" => false,
                    _ => return Err(at(Error::new(ErrorClass::Key, repr::text_of(&lower)))),
                };
                Value::Bool(value)
            }
            Maker::Int => Value::Int(number::int(text).map_err(at)?),
            Maker::Float => Value::Float(number::float(text).map_err(at)?),
            Maker::Complex => {
                let (real, imaginary) = number::complex(text).map_err(at)?;
                Value::Complex(real, imaginary)
            }
            Maker::Timestamp => {
                if !matches!(self.kind(id), Some(NodeKind::Scalar { .. })) {
                    let problem = "expected string or bytes-like object, got 'list'";
                    return Err(at(Error::new(ErrorClass::Type, problem)));
                }
                timestamp::timestamp(text.as_str()).map_err(at)?
            }
            Maker::Binary => Value::Binary(self.binary(text, id)?),
            _ => Value::String(text.clone()),
        })
    }

    fn binary(&self, text: &Text<'_>, id: NodeId) -> Result<Vec<u8>> {
        let foreign = |code: &u32| *code >= 0x80;
        let mut codes = text.code_points().skip_while(|code| !foreign(code)).take_while(foreign);
        if let Some(first) = codes.next() {
            let start = text.code_points().take_while(|code| !foreign(code)).count();
            let more = codes.count();
            let what = if more > 0 {
                format!("characters in position {start}-{}", start + more)
            } else {
                format!("character '{}' in position {start}", repr::escape(first))
            };
            let reason = format!("'ascii' codec can't encode {what}: ordinal not in range(128)");
            return Err(self.refuse(format!("failed to convert base64 data into ascii: {reason}"), id));
        }
        base64::decode(text.as_str().as_bytes())
            .map_err(|reason| self.refuse(format!("failed to decode base64 data: {reason}"), id))
    }

    /// Fills a collection.
    fn fill(&mut self, id: NodeId, object: ObjectId, maker: Maker) -> Result<()> {
        let filled = match maker {
            Maker::List => Object::List(self.items(id, 0)?),
            Maker::Map => Object::Map(self.mapping(id)?),
            Maker::Set => Object::Set(self.mapping(id)?.into_iter().map(|pair| pair.key).collect()),
            Maker::OrderedMap => Object::Pairs(self.pairs(id, "while constructing an ordered map")?),
            _ => Object::Pairs(self.pairs(id, "while constructing pairs")?),
        };
        if let Some(slot) = self.objects.get_mut(object.0) {
            *slot = filled;
        }
        Ok(())
    }

    fn items(&mut self, id: NodeId, depth: usize) -> Result<Vec<Use>> {
        let Some(NodeKind::Sequence { items, .. }) = self.kind(id) else {
            let problem = format!("expected a sequence node, but found {}", self.kind_name(id));
            return Err(self.refuse(problem, id));
        };
        // A loop and not `collect`, whose frames would be on the stack once for each level.
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            objects.push(Use { object: self.object(*item, depth)?, node: *item });
        }
        Ok(objects)
    }

    fn mapping(&mut self, id: NodeId) -> Result<Vec<Pair>> {
        if !matches!(self.kind(id), Some(NodeKind::Mapping { .. })) {
            let problem = format!("expected a mapping node, but found {}", self.kind_name(id));
            return Err(self.refuse(problem, id));
        }
        self.flatten(id, 0)?;
        let pairs = self.current_pairs(id);
        let origins = self.origins(id);
        let mut known = key::Known::default();
        let mut out: Vec<Pair> = Vec::with_capacity(pairs.len());
        for (at, (key_node, value_node)) in pairs.into_iter().enumerate() {
            let key = self.object(key_node, 0)?;
            if !matches!(
                self.objects.get(key.0),
                Some(Object::String(_) | Object::Leaf(_) | Object::Tuple(_))
            ) {
                let error = self.refuse("found unhashable key", self.target(key_node));
                return Err(error.context_at("while constructing a mapping", self.mark(id)));
            }
            let value = Use { object: self.object(value_node, 0)?, node: value_node };
            let hash = key::key(&self.objects, key, &mut self.keys_left).map_err(|flaw| {
                let error = match flaw {
                    key::Flaw::Unhashable(class) => {
                        Error::new(ErrorClass::Type, format!("unhashable type: '{class}'"))
                    }
                    key::Flaw::TooLarge => Error::new(ErrorClass::Limit, "keys that are too large"),
                };
                error.at(self.mark(self.target(key_node)))
            })?;
            let merged = origins.get(at).copied();
            match known.add(hash).and_then(|at| out.get_mut(at)) {
                Some(slot) => {
                    if slot.merged.is_none() && merged.is_none() {
                        self.duplicates.push(Duplicate { first: slot.key.node, again: key_node });
                    }
                    // The first of equal keys stays, as in a `dict`, but stands where its value does.
                    slot.key.node = key_node;
                    slot.value = value;
                    slot.merged = merged;
                }
                None => out.push(Pair { key: Use { object: key, node: key_node }, value, merged }),
            }
        }
        Ok(out)
    }

    /// The items of `!!omap` and `!!pairs`: mappings of one pair each, merge keys being keys like others.
    fn pairs(&mut self, id: NodeId, context: &'static str) -> Result<Vec<(Use, Use)>> {
        let mark = self.mark(id);
        let Some(NodeKind::Sequence { items, .. }) = self.kind(id) else {
            let problem = format!("expected a sequence, but found {}", self.kind_name(id));
            return Err(self.refuse(problem, id).context_at(context, mark));
        };
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let item = self.target(*item);
            let Some(NodeKind::Mapping { pairs, .. }) = self.kind(item) else {
                let problem = format!("expected a mapping of length 1, but found {}", self.kind_name(item));
                return Err(self.refuse(problem, item).context_at(context, mark));
            };
            let pairs: Pairs = match self.flattened.get(&item) {
                Some(flat) => flat.pairs().copied().collect(),
                None => pairs.clone(),
            };
            let [(key, value)] = *pairs.as_slice() else {
                let problem = format!("expected a single mapping item, but found {} items", pairs.len());
                return Err(self.refuse(problem, item).context_at(context, mark));
            };
            let key = Use { object: self.object(key, 0)?, node: key };
            out.push((key, Use { object: self.object(value, 0)?, node: value }));
        }
        Ok(out)
    }
}

fn too_deep(mark: Mark) -> Error {
    Error::new(ErrorClass::Recursion, "maximum recursion depth exceeded").at(mark)
}

#[cfg(test)]
mod tests {
    use crate::{Value, load};

    fn shown(text: &str) -> String {
        fn show(value: &Value) -> String {
            let all = |items: &[Value]| items.iter().map(show).collect::<Vec<_>>().join(" ");
            match value {
                Value::String(text) => text.to_string(),
                Value::Int(value) => value.to_string(),
                Value::List(items) => format!("[{}]", all(items)),
                Value::Tuple(items) | Value::Set(items) => format!("({})", all(items)),
                Value::Map(pairs) | Value::OrderedMap(pairs) => pairs
                    .iter()
                    .map(|(key, value)| format!("{}={}", show(key), show(value)))
                    .collect::<Vec<_>>()
                    .join(" "),
                other => format!("{other:?}"),
            }
        }
        load(text.as_bytes())
            .map_or_else(|error| format!("{}: {}", error.class(), error.problem()), |value| show(&value))
    }

    #[test]
    fn equal_keys_are_one_key_and_the_last_value_counts() {
        assert_eq!(shown("{1: a, 1.0: b, true: c, '1': d}"), "1=c 1=d");
        assert_eq!(shown("{2001-01-01 00:00:00Z: a, 2001-01-01 01:00:00+1: b}").matches('=').count(), 1);
        assert_eq!(shown("{.nan: a, .NaN: b, !!float nan: c}").matches('=').count(), 2);
        assert_eq!(shown("{&n .nan : a, *n : b}").matches('=').count(), 1);
        assert_eq!(shown("{? !!python/tuple [1, 2] : a, ? !!python/tuple [1.0, 2] : b}"), "(1 2)=b");
    }

    #[test]
    fn merges_come_first_and_lose_to_explicit_keys() {
        assert_eq!(shown("{b: 4, <<: [{a: 1}, {a: 2, b: 3}]}"), "a=1 b=4");
        assert_eq!(shown("&a {<<: *a, b: c}"), "b=c");
        assert_eq!(
            shown("<<: a"),
            "ConstructorError: expected a mapping or list of mappings for merging, but found scalar"
        );
        assert_eq!(shown("{= : a}"), "==a");
    }

    #[test]
    fn errors_come_in_the_order_in_which_python_builds() {
        assert_eq!(shown("{a: [!foo x], ? [q] : y}"), "ConstructorError: found unhashable key");
        assert_eq!(shown("[{a: !foo x}, 2024-13-45]"), "ValueError: month must be in 1..12");
        assert_eq!(shown("? !!python/tuple [[a]]\n: b"), "TypeError: unhashable type: 'list'");
        assert_eq!(shown("&a !!python/tuple [*a]"), "ConstructorError: found unconstructable recursive node");
        assert_eq!(shown("!!timestamp x"), "AttributeError: 'NoneType' object has no attribute 'groupdict'");
    }
}
