//! Keys as a `dict` compares them: numbers by their value whatever their type, times by the moment, a NaN by which
//! object it is.

use super::number::SHARED_NAN;
use super::{Object, ObjectId};
use crate::int::Int;
use crate::text::Text;
use crate::value::{Date, DateTime, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key<'d> {
    Null,
    Number(Number, Number),
    /// The NaN of `.nan`.
    SharedNan,
    /// Another NaN equals nothing, but a `dict` takes the same object for the same key.
    Nan(ObjectId),
    String(&'d Text<'static>),
    Bytes(Vec<u8>),
    Date(Date),
    Naive(DateTime),
    /// Microseconds since the year 0, in UTC.
    Moment(i64),
    Tuple(Vec<Self>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Number {
    Whole(Int),
    /// The bits of a float that is not whole.
    Broken(u64),
}

fn number(float: f64) -> Number {
    Int::from_whole(float).map_or_else(|| Number::Broken(float.to_bits()), Number::Whole)
}

/// Why an object is no key.
pub(super) enum Flaw {
    /// Its Python type has no hash.
    Unhashable(&'static str),
    /// Tuples within tuples, named by aliases again and again.
    TooLarge,
}

/// The key that an object is. `budget` is how many more objects may be looked at, in all of the document.
pub(super) fn key<'d>(objects: &[Object<'d>], id: ObjectId, budget: &mut usize) -> Result<Key<'d>, Flaw> {
    let zero = || Number::Whole(Int::default());
    *budget = budget.checked_sub(1).ok_or(Flaw::TooLarge)?;
    Ok(match objects.get(id.0) {
        Some(Object::String(text)) => Key::String(text),
        Some(Object::Leaf(value)) => match value {
            Value::Bool(value) => Key::Number(Number::Whole(Int::from(i64::from(*value))), zero()),
            Value::Int(value) => Key::Number(Number::Whole(value.clone()), zero()),
            Value::Float(value) if value.to_bits() == SHARED_NAN.to_bits() => Key::SharedNan,
            Value::Float(value) if value.is_nan() => Key::Nan(id),
            Value::Float(value) => Key::Number(number(*value), zero()),
            Value::Complex(real, imaginary) if real.is_nan() || imaginary.is_nan() => Key::Nan(id),
            Value::Complex(real, imaginary) => Key::Number(number(*real), number(*imaginary)),
            Value::Binary(value) => Key::Bytes(value.clone()),
            Value::Date(value) => Key::Date(*value),
            Value::DateTime(value) => moment(*value),
            _ => Key::Null,
        },
        Some(Object::Tuple(items)) => {
            Key::Tuple(items.iter().map(|item| key(objects, item.object, budget)).collect::<Result<_, _>>()?)
        }
        Some(Object::Map(_)) => return Err(Flaw::Unhashable("dict")),
        Some(Object::Set(_)) => return Err(Flaw::Unhashable("set")),
        Some(Object::List(_) | Object::Pairs(_)) => return Err(Flaw::Unhashable("list")),
        None => Key::Null,
    })
}

fn moment(time: DateTime) -> Key<'static> {
    let Some(offset) = time.offset else { return Key::Naive(time) };
    let Date { year, month, day } = time.date;
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    // Days by the usual formula for years that begin in March.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + day;
    let seconds =
        ((days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute)) * 60 + i64::from(time.second);
    Key::Moment((seconds - i64::from(offset)) * 1_000_000 + i64::from(time.microsecond))
}

/// The keys that a mapping has so far. Most mappings have few, for which comparing is faster than hashing.
#[derive(Default)]
pub(super) struct Known<'d> {
    few: Vec<Key<'d>>,
    many: HashMap<Key<'d>, usize>,
}

impl<'d> Known<'d> {
    /// The place of a key in the order of insertion, if it is there; if not, it is from now on.
    pub(super) fn add(&mut self, key: Key<'d>) -> Option<usize> {
        const FEW: usize = 12;
        if self.many.is_empty() {
            let found = self.few.iter().position(|known| *known == key);
            if found.is_some() || self.few.len() < FEW {
                if found.is_none() {
                    self.few.push(key);
                }
                return found;
            }
            self.many = self.few.drain(..).enumerate().map(|(at, key)| (key, at)).collect();
        }
        let count = self.many.len();
        match self.many.entry(key) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                entry.insert(count);
                None
            }
        }
    }
}
