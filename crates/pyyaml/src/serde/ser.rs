//! What values are in other formats. Python has more types than serde: those become the nearest that it has.

use crate::int::Int;
use crate::text::Text;
use crate::value::{Date, DateTime, Value};
use serde_core::ser::{Error as _, Serialize, Serializer};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => value.serialize(serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Complex(real, imaginary) => (real, imaginary).serialize(serializer),
            Self::String(value) => value.serialize(serializer),
            Self::Binary(value) => serializer.serialize_bytes(value),
            Self::Date(value) => value.serialize(serializer),
            Self::DateTime(value) => value.serialize(serializer),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => serializer.collect_seq(items),
            Self::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
            Self::OrderedMap(pairs) => serializer.collect_seq(pairs),
        }
    }
}

impl Serialize for Int {
    /// Refused beyond 128 bits, which serde does not have.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.as_i64() {
            serializer.serialize_i64(value)
        } else if let Some(value) = self.as_u64() {
            serializer.serialize_u64(value)
        } else if let Some(value) = self.as_i128() {
            serializer.serialize_i128(value)
        } else if let Some(value) = self.as_u128() {
            serializer.serialize_u128(value)
        } else {
            Err(S::Error::custom("an integer of more than 128 bits"))
        }
    }
}

impl Serialize for Text<'_> {
    /// Refused with a lone surrogate, as Python refuses to encode it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.surrogates().is_empty() {
            serializer.serialize_str(self.as_str())
        } else {
            Err(S::Error::custom("a string with a lone surrogate"))
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
