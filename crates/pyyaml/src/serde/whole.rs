//! Values as what serde reads into. From a [`Value`] one comes out as it went in, dates, sets and lone surrogates
//! included: this crate's own deserializer knows who asks.

use super::de::unexpected;
use crate::error::Error;
use crate::int::Int;
use crate::text::Text;
use crate::value::{Date, DateTime, Value};
use serde_core::de::value::U32Deserializer;
use serde_core::de::{
    Deserialize, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

/// By this name a value asks for itself.
pub(super) const NAME: &str = "$pyyaml::Value";
/// The number of the variant that says that it is ready.
const READY: u32 = 221;

thread_local! {
    /// A value on its way from the deserializer to the visitor that asks for it: serde has no word for it.
    static ON_ITS_WAY: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Gives a value to the visitor that asked for it by [`NAME`].
pub(super) fn hand_over<'de, V: Visitor<'de>>(value: &Value, visitor: V) -> Result<V::Value, Error> {
    ON_ITS_WAY.set(Some(value.clone()));
    let number: U32Deserializer<Error> = READY.into_deserializer();
    let taken = visitor.visit_enum(number);
    ON_ITS_WAY.set(None);
    taken
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, Whatever)
    }
}

/// Takes whatever comes.
struct Whatever;

impl<'de> Visitor<'de> for Whatever {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(Int::from_u128(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Int(Int::from_i128(value)))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Int(Int::from_u128(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned().into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Binary(value.to_vec()))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Binary(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            match known.entry(identity(&key)) {
                Entry::Occupied(entry) => {
                    if let Some(pair) = pairs.get_mut(*entry.get()) {
                        pair.1 = value;
                    }
                }
                Entry::Vacant(entry) => {
                    entry.insert(pairs.len());
                    pairs.push((key, value));
                }
            }
        }
        Ok(Value::Map(pairs))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (number, variant) = data.variant::<u32>()?;
        variant.unit_variant()?;
        let value = if number == READY { ON_ITS_WAY.take() } else { None };
        value.ok_or_else(|| A::Error::invalid_type(Unexpected::Enum, &self))
    }
}

/// Equal for keys that Python takes for one: `1`, `1.0` and `true`.
fn identity(key: &Value) -> String {
    match key {
        Value::Bool(value) => format!("{:?}", Value::Int(i64::from(*value).into())),
        Value::Float(value) => match Int::from_whole(*value) {
            Some(int) => format!("{:?}", Value::Int(int)),
            None => format!("{key:?}"),
        },
        _ => format!("{key:?}"),
    }
}

/// Reads a value and takes out of it what is wanted.
fn part<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    take: impl FnOnce(Value) -> Result<T, Value>,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    take(value).map_err(|value| D::Error::invalid_type(unexpected(&value), &expected))
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        part(
            deserializer,
            "an integer",
            |value| if let Value::Int(int) = value { Ok(int) } else { Err(value) },
        )
    }
}

impl<'de> Deserialize<'de> for Text<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        part(
            deserializer,
            "a string",
            |value| if let Value::String(text) = value { Ok(text) } else { Err(value) },
        )
    }
}

/// The date or time that is written in a string, as other formats have them.
fn written(value: Value) -> Value {
    match &value {
        Value::String(text) if text.as_str().len() <= 40 => {
            crate::load(text.as_str().as_bytes()).unwrap_or(value)
        }
        _ => value,
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        part(deserializer, "a date", |value| match written(value) {
            Value::Date(date) => Ok(date),
            other => Err(other),
        })
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        part(deserializer, "a time", |value| match written(value) {
            Value::DateTime(time) => Ok(time),
            other => Err(other),
        })
    }
}
