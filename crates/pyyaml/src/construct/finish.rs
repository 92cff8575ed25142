//! Objects to what a caller wants, values or values with their places. Python shares what an alias names; a tree
//! repeats it, so that there are limits here on how much, and a value that contains itself cannot be held.

use super::{Object, Pair, Use};
use crate::error::{Error, ErrorClass};
use crate::limits::Limits;
use crate::node::NodeId;
use crate::value::Value;

/// Makes one form of a value. `node` is where it is used: its own node, or an alias.
pub(crate) trait Make {
    type Made;
    fn leaf(&self, node: NodeId, value: Value) -> Self::Made;
    fn list(&self, node: NodeId, items: Vec<Self::Made>) -> Self::Made;
    fn tuple(&self, node: NodeId, items: Vec<Self::Made>) -> Self::Made;
    fn set(&self, node: NodeId, items: Vec<Self::Made>) -> Self::Made;
    /// Keys, values, and the merge keys that brought them.
    fn map(&self, node: NodeId, entries: Vec<(Self::Made, Self::Made, Option<NodeId>)>) -> Self::Made;
    fn pairs(&self, node: NodeId, pairs: Vec<(Self::Made, Self::Made)>) -> Self::Made;
}

type MadePair<M> = (<M as Make>::Made, <M as Make>::Made);
type MadeEntry<M> = (<M as Make>::Made, <M as Make>::Made, Option<NodeId>);

/// Makes plain values.
pub(crate) struct Values;

impl Make for Values {
    type Made = Value;

    fn leaf(&self, _: NodeId, value: Value) -> Value {
        value
    }

    fn list(&self, _: NodeId, items: Vec<Value>) -> Value {
        Value::List(items)
    }

    fn tuple(&self, _: NodeId, items: Vec<Value>) -> Value {
        Value::Tuple(items)
    }

    fn set(&self, _: NodeId, items: Vec<Value>) -> Value {
        Value::Set(items)
    }

    fn map(&self, _: NodeId, entries: Vec<(Value, Value, Option<NodeId>)>) -> Value {
        Value::Map(entries.into_iter().map(|(key, value, _)| (key, value)).collect())
    }

    fn pairs(&self, _: NodeId, pairs: Vec<(Value, Value)>) -> Value {
        Value::OrderedMap(pairs)
    }
}

pub(super) struct Finish<'d, M> {
    objects: Vec<Object<'d>>,
    // Objects that are being written, to find one within itself.
    open: Vec<bool>,
    left: usize,
    limits: Limits,
    make: M,
}

impl<'d, M: Make> Finish<'d, M> {
    pub(super) fn new(objects: Vec<Object<'d>>, limits: Limits, make: M) -> Self {
        let left = limits.values.saturating_add(objects.len());
        Self { open: vec![false; objects.len()], objects, left, limits, make }
    }

    pub(super) fn value(&mut self, used: Use, depth: usize) -> Result<M::Made, Error> {
        let Use { object, node } = used;
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Error::new(ErrorClass::Limit, format!("aliases repeat more than {} values", self.limits.values))
        })?;
        let inner = match self.objects.get(object.0) {
            None => return Ok(self.make.leaf(node, Value::Null)),
            Some(Object::String(text)) => return Ok(self.make.leaf(node, Value::String((*text).clone()))),
            Some(Object::Leaf(value)) => return Ok(self.make.leaf(node, value.clone())),
            Some(object) => object.clone(),
        };
        if self.open.get(object.0) == Some(&true) {
            return Err(Error::new(ErrorClass::Limit, "a value that contains itself"));
        }
        if depth >= self.limits.depth.min(super::DEEPEST) {
            return Err(Error::new(ErrorClass::Limit, "values nested too deep"));
        }
        self.mark(object.0, true);
        let depth = depth + 1;
        let value = match inner {
            Object::String(text) => self.make.leaf(node, Value::String(text.clone())),
            Object::Leaf(value) => self.make.leaf(node, value),
            Object::List(items) => {
                let items = self.all(&items, depth)?;
                self.make.list(node, items)
            }
            Object::Tuple(items) => {
                let items = self.all(&items, depth)?;
                self.make.tuple(node, items)
            }
            Object::Set(items) => {
                let items = self.all(&items, depth)?;
                self.make.set(node, items)
            }
            Object::Map(entries) => {
                let entries = self.entries(&entries, depth)?;
                self.make.map(node, entries)
            }
            Object::Pairs(pairs) => {
                let pairs = self.pairs(&pairs, depth)?;
                self.make.pairs(node, pairs)
            }
        };
        self.mark(object.0, false);
        Ok(value)
    }

    fn mark(&mut self, object: usize, open: bool) {
        if let Some(slot) = self.open.get_mut(object) {
            *slot = open;
        }
    }

    // Loops and not `collect`, whose frames would be on the stack once for each level.
    fn all(&mut self, items: &[Use], depth: usize) -> Result<Vec<M::Made>, Error> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.value(*item, depth)?);
        }
        Ok(values)
    }

    fn entries(&mut self, entries: &[Pair], depth: usize) -> Result<Vec<MadeEntry<M>>, Error> {
        let mut values = Vec::with_capacity(entries.len());
        for Pair { key, value, merged } in entries {
            values.push((self.value(*key, depth)?, self.value(*value, depth)?, *merged));
        }
        Ok(values)
    }

    fn pairs(&mut self, pairs: &[(Use, Use)], depth: usize) -> Result<Vec<MadePair<M>>, Error> {
        let mut values = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            values.push((self.value(*key, depth)?, self.value(*value, depth)?));
        }
        Ok(values)
    }
}
