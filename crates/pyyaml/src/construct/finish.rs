//! Objects to values. Python shares what an alias names; a tree of values repeats it, so that there are limits here
//! on how much, and a value that contains itself cannot be held.

use super::{Object, ObjectId};
use crate::error::{Error, ErrorClass};
use crate::limits::Limits;
use crate::value::Value;

pub(super) struct Finish<'d> {
    objects: Vec<Object<'d>>,
    // Objects that are being written, to find one within itself.
    open: Vec<bool>,
    left: usize,
    limits: Limits,
}

impl<'d> Finish<'d> {
    pub(super) fn new(objects: Vec<Object<'d>>, limits: Limits) -> Self {
        let left = limits.values.saturating_add(objects.len());
        Self { open: vec![false; objects.len()], objects, left, limits }
    }

    pub(super) fn value(&mut self, id: ObjectId, depth: usize) -> Result<Value, Error> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Error::new(ErrorClass::Limit, format!("aliases repeat more than {} values", self.limits.values))
        })?;
        let inner = match self.objects.get(id.0) {
            None => return Ok(Value::Null),
            Some(Object::String(text)) => return Ok(Value::String((*text).clone())),
            Some(Object::Leaf(value)) => return Ok(value.clone()),
            Some(object) => object.clone(),
        };
        if self.open.get(id.0) == Some(&true) {
            return Err(Error::new(ErrorClass::Limit, "a value that contains itself"));
        }
        if depth >= self.limits.depth.min(super::DEEPEST) {
            return Err(Error::new(ErrorClass::Limit, "values nested too deep"));
        }
        self.mark(id, true);
        let depth = depth + 1;
        let value = match inner {
            Object::String(text) => Value::String(text.clone()),
            Object::Leaf(value) => value,
            Object::List(items) => Value::List(self.all(&items, depth)?),
            Object::Tuple(items) => Value::Tuple(self.all(&items, depth)?),
            Object::Set(items) => Value::Set(self.all(&items, depth)?),
            Object::Map(pairs) => Value::Map(self.pairs(&pairs, depth)?),
            Object::Pairs(pairs) => Value::OrderedMap(self.pairs(&pairs, depth)?),
        };
        self.mark(id, false);
        Ok(value)
    }

    fn mark(&mut self, id: ObjectId, open: bool) {
        if let Some(slot) = self.open.get_mut(id.0) {
            *slot = open;
        }
    }

    // Loops and not `collect`, whose frames would be on the stack once for each level.
    fn all(&mut self, items: &[ObjectId], depth: usize) -> Result<Vec<Value>, Error> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.value(*item, depth)?);
        }
        Ok(values)
    }

    fn pairs(&mut self, pairs: &[(ObjectId, ObjectId)], depth: usize) -> Result<Vec<(Value, Value)>, Error> {
        let mut values = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            values.push((self.value(*key, depth)?, self.value(*value, depth)?));
        }
        Ok(values)
    }
}
