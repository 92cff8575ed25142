//! A value as a deserializer: Rust types are read from it, with strings and bytes borrowed.

use super::whole;
use super::{Name, Step};
use crate::error::{Error, ErrorClass};
use crate::value::Value;
use serde_core::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use std::fmt;

type Result<T> = std::result::Result<T, Error>;

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorClass::Mismatch, message.to_string())
    }
}

/// Collections within each other that a type is read from; a type that goes deeper is meant to hurt. A `Value` is read
/// at any depth, since it is handed over as it is.
const DEEPEST: usize = 128;

/// A value that is read from.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    value: &'de Value,
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(value: &'de Value) -> Self {
        Self { value, depth: 0 }
    }

    fn inner(self, value: &'de Value) -> Self {
        Self { value, depth: self.depth + 1 }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let is_collection = matches!(
            self.value,
            Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::Map(_) | Value::OrderedMap(_)
        );
        if is_collection && self.depth >= DEEPEST {
            let problem = format!("a type is read from no more than {DEEPEST} levels");
            return Err(Error::new(ErrorClass::Limit, problem));
        }
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(int) => {
                if let Some(value) = int.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = int.as_i64() {
                    visitor.visit_i64(value)
                } else if let Some(value) = int.as_i128() {
                    visitor.visit_i128(value)
                } else if let Some(value) = int.as_u128() {
                    visitor.visit_u128(value)
                } else {
                    Err(de::Error::invalid_value(
                        Unexpected::Other("integer of more than 128 bits"),
                        &visitor,
                    ))
                }
            }
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Complex(real, imaginary) => {
                visitor.visit_seq(de::value::SeqDeserializer::new([*real, *imaginary].into_iter()))
            }
            Value::String(text) if text.surrogates().is_empty() => visitor.visit_borrowed_str(text.as_str()),
            Value::String(_) => {
                Err(de::Error::invalid_value(Unexpected::Other("string with a lone surrogate"), &visitor))
            }
            Value::Binary(bytes) => visitor.visit_borrowed_bytes(bytes),
            Value::Date(date) => visitor.visit_string(date.to_string()),
            Value::DateTime(time) => visitor.visit_string(time.to_string()),
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                all(items.len(), visitor, |visitor, rest| {
                    visitor.visit_seq(Items { reader: self, list: items, next: 0, rest })
                })
            }
            Value::Map(pairs) => all(pairs.len(), visitor, |visitor, rest| {
                visitor.visit_map(Entries { reader: self, pairs, next: 0, ordered: false, rest })
            }),
            Value::OrderedMap(pairs) => all(pairs.len(), visitor, |visitor, rest| {
                visitor.visit_seq(Pairs { reader: self, list: pairs, next: 0, rest })
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if matches!(self.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == whole::NAME {
            return whole::hand_over(self.value, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value {
            // For `Vec<u8>`, which asks for a sequence.
            Value::Binary(bytes) => visitor.visit_seq(de::value::SeqDeserializer::new(bytes.iter().copied())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value {
            Value::OrderedMap(pairs) => all(pairs.len(), visitor, |visitor, rest| {
                visitor.visit_map(Entries { reader: self, pairs, next: 0, ordered: true, rest })
            }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value {
            Value::Int(int) if int.as_i64().is_none() => match float(int) {
                Some(value) => visitor.visit_f64(value),
                None => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.value {
            Value::Map(pairs) => match pairs.as_slice() {
                [(key, value)] => visitor.visit_enum(Variant { reader: self, key, value: Some(value) }),
                _ => Err(de::Error::invalid_value(Unexpected::Map, &"a map with a single key")),
            },
            Value::String(_) => visitor.visit_enum(Variant { reader: self, key: self.value, value: None }),
            _ => Err(de::Error::invalid_type(unexpected(self.value), &"a string or a map with a single key")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    serde_core::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct struct identifier
    }
}

/// An integer as a float, which Python's `float` would make of it.
fn float(int: &crate::int::Int) -> Option<f64> {
    let is_small = int.as_i128().is_some() || int.as_u128().is_some();
    if is_small { int.to_string().parse().ok() } else { None }
}

/// What serde's messages call a value.
pub(super) fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Int(int) => int
            .as_i64()
            .map(Unexpected::Signed)
            .or_else(|| int.as_u64().map(Unexpected::Unsigned))
            .unwrap_or(Unexpected::Other("large integer")),
        Value::Float(value) => Unexpected::Float(*value),
        Value::Complex(..) => Unexpected::Other("complex number"),
        Value::String(text) => Unexpected::Str(text.as_str()),
        Value::Binary(bytes) => Unexpected::Bytes(bytes),
        Value::Date(_) => Unexpected::Other("date"),
        Value::DateTime(_) => Unexpected::Other("time"),
        Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::OrderedMap(_) => Unexpected::Seq,
        Value::Map(_) => Unexpected::Map,
    }
}

/// Hands a collection to a visitor, and refuses it when the visitor leaves something of it.
fn all<'de, V: Visitor<'de>>(
    length: usize,
    visitor: V,
    visit: impl FnOnce(V, &mut usize) -> Result<V::Value>,
) -> Result<V::Value> {
    let mut rest = length;
    let value = visit(visitor, &mut rest)?;
    if rest == 0 {
        return Ok(value);
    }
    let expected = format!("{} elements", length - rest);
    Err(de::Error::invalid_length(length, &expected.as_str()))
}

struct Items<'de, 'r> {
    reader: Reader<'de>,
    list: &'de [Value],
    next: usize,
    rest: &'r mut usize,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let at = self.next;
        let Some(item) = self.list.get(at) else { return Ok(None) };
        self.next += 1;
        *self.rest = self.list.len() - self.next;
        seed.deserialize(self.reader.inner(item)).map(Some).map_err(|error| error.within(Step::Item(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(*self.rest)
    }
}

/// The pairs of `!!omap` and `!!pairs` as the tuples that Python has.
struct Pairs<'de, 'r> {
    reader: Reader<'de>,
    list: &'de [(Value, Value)],
    next: usize,
    rest: &'r mut usize,
}

impl<'de> SeqAccess<'de> for Pairs<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let at = self.next;
        let Some((key, value)) = self.list.get(at) else { return Ok(None) };
        self.next += 1;
        *self.rest = self.list.len() - self.next;
        seed.deserialize(Pair([key, value].map(|part| self.reader.inner(part))))
            .map(Some)
            .map_err(|error| error.within(Step::Item(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(*self.rest)
    }
}

struct Pair<'de>([Reader<'de>; 2]);

impl<'de> Deserializer<'de> for Pair<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        struct Both<'de, 'r>([Reader<'de>; 2], &'r mut usize);

        impl<'de> SeqAccess<'de> for Both<'de, '_> {
            type Error = Error;

            fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
                let at = 2 - (*self.1).min(2);
                let Some(value) = self.0.get(at) else { return Ok(None) };
                *self.1 -= 1;
                seed.deserialize(*value).map(Some).map_err(|error| error.within(Step::Item(at)))
            }

            fn size_hint(&self) -> Option<usize> {
                Some(*self.1)
            }
        }

        all(2, visitor, |visitor, rest| visitor.visit_seq(Both(self.0, rest)))
    }

    serde_core::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries<'de, 'r> {
    reader: Reader<'de>,
    pairs: &'de [(Value, Value)],
    next: usize,
    // Of `!!omap`, where the place of a pair says more than its key.
    ordered: bool,
    rest: &'r mut usize,
}

impl Entries<'_, '_> {
    fn within(&self, error: Error, key: &Value, is_key: bool) -> Error {
        if self.ordered {
            return error.within(Step::Item(usize::from(!is_key))).within(Step::Item(self.next));
        }
        let name = Name::of(key);
        error.within(if is_key { Step::Key(self.next, name) } else { Step::Under(self.next, name) })
    }
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((key, _)) = self.pairs.get(self.next) else { return Ok(None) };
        seed.deserialize(self.reader.inner(key)).map(Some).map_err(|error| self.within(error, key, true))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let Some((key, value)) = self.pairs.get(self.next) else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let value =
            seed.deserialize(self.reader.inner(value)).map_err(|error| self.within(error, key, false))?;
        self.next += 1;
        *self.rest = self.pairs.len() - self.next;
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(*self.rest)
    }
}

/// An enum as most formats write it: its name, or a mapping of the name to what it holds.
struct Variant<'de> {
    reader: Reader<'de>,
    key: &'de Value,
    value: Option<&'de Value>,
}

impl<'de> Variant<'de> {
    fn content<T>(self, kind: &dyn Expected, read: impl FnOnce(Reader<'de>) -> Result<T>) -> Result<T> {
        let Some(value) = self.value else {
            return Err(de::Error::invalid_type(Unexpected::UnitVariant, kind));
        };
        read(self.reader.inner(value)).map_err(|error| error.within(Step::Under(0, Name::of(self.key))))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let name = seed.deserialize(self.reader.inner(self.key)).map_err(|error| match self.value {
            Some(_) => error.within(Step::Key(0, Name::of(self.key))),
            None => error,
        })?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.value {
            None => Ok(()),
            Some(_) => self.content(&"unit variant", de::Deserialize::deserialize),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.content(&"newtype variant", |value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.content(&"tuple variant", |value| value.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.content(&"struct variant", |value| value.deserialize_map(visitor))
    }
}
