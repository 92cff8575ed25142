//! What Python does with values: equality, hashes, and what can be gone through. Only what the loader needs of it.

use std::collections::HashSet;

use pyyaml::{Int, Located};

use super::value::{Value, View};

/// What a `dict` or a `set` compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Hash {
    Null,
    Whole(Int),
    Broken(u64, u64),
    Text(String),
    Bytes(Vec<u8>),
    Date(pyyaml::Date),
    DateTime(pyyaml::DateTime),
    Duration(i128),
    Tuple(Vec<Self>),
    Other(&'static str),
}

/// The hash of a value, or the class that has none.
pub(super) fn hash(value: &Value<'_>) -> Result<Hash, &'static str> {
    let all =
        |items: &[Located]| items.iter().map(|item| hash(&Value::Read(item))).collect::<Result<Vec<_>, _>>();
    if let Value::Pair(key, value) = value {
        return Ok(Hash::Tuple(vec![hash(&Value::Read(key))?, hash(&Value::Read(value))?]));
    }
    Ok(match value.view() {
        View::Null => Hash::Null,
        View::Bool(value) => Hash::Whole(Int::from(i64::from(value))),
        View::Int(value) => Hash::Whole(value.into_owned()),
        View::Float(value) => number(value),
        View::Complex(real, 0.0) => number(real),
        View::Complex(real, imaginary) => Hash::Broken(real.to_bits(), imaginary.to_bits()),
        View::Text(text) => Hash::Text(text.to_owned()),
        View::Bytes(bytes) => Hash::Bytes(bytes.to_vec()),
        View::Date(date) => Hash::Date(date),
        View::DateTime(time) => Hash::DateTime(time),
        View::Duration(micros) => Hash::Duration(micros),
        View::Tuple(items) => Hash::Tuple(all(items)?),
        View::Other(name) => Hash::Other(name),
        View::List(_) | View::Pairs(_) => return Err("list"),
        View::Set(_) => return Err("set"),
        View::Map(_) => return Err("dict"),
    })
}

fn number(value: f64) -> Hash {
    whole(value).map_or(Hash::Broken(value.to_bits(), 0), Hash::Whole)
}

/// The integer that a float is, if it is one that fits.
#[expect(clippy::cast_possible_truncation, reason = "it is whole and its size is looked at")]
fn whole(value: f64) -> Option<Int> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= LARGEST).then(|| Int::from(value as i64))
}

/// Whether two keys are one.
pub(super) fn equal(one: &Value<'_>, other: &Value<'_>) -> bool {
    matches!((hash(one), hash(other)), (Ok(one), Ok(other)) if one == other)
}

/// The items that a `for` goes through, or `None` where there is nothing to go through.
pub(super) fn iterate<'a>(value: &Value<'a>) -> Option<Vec<Value<'a>>> {
    let read = |items: &'a [Located]| items.iter().map(Value::Read).collect();
    match value.view() {
        View::List(list) => Some(list.iter().collect()),
        View::Tuple(items) | View::Set(items) => Some(read(items)),
        View::Map(entries) => Some(entries.iter().map(|entry| Value::Read(&entry.key)).collect()),
        View::Pairs(pairs) => Some(pairs.iter().map(|(key, value)| Value::Pair(key, value)).collect()),
        View::Text(text) => Some(text.chars().map(|char| Value::Text(char.to_string().into())).collect()),
        View::Bytes(bytes) => Some(bytes.iter().map(|byte| Value::Number(i64::from(*byte))).collect()),
        _ => None,
    }
}

/// `list(set(items))` in the order of the first of each; or the class that has no hash.
pub(super) fn distinct(items: Vec<Value<'_>>) -> Result<Vec<Value<'_>>, &'static str> {
    // Nearly always all are strings, and few.
    let mut known = HashSet::with_capacity(items.len());
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if known.insert(hash(&item)?) {
            kept.push(item);
        }
    }
    Ok(kept)
}
