//! A rule as JSON, in the form in which the preflight shows what the loader made of it, so that the two compare. It
//! is bounded as that one is.

use std::fmt::Write as _;

use base64::Engine as _;
use pyyaml::{Date, DateTime, Located};
use serde_json::{Map, Number, Value as Json, json};

use super::dict::{Dict, Key};
use super::value::{self, Value, View};

/// More nodes than anybody reads.
const MOST: usize = 200_000;
/// Deeper than anybody reads.
const DEEPEST: usize = 100;

/// There is too much of it.
struct TooMuch;

/// The whole rule.
pub(super) fn rule(rule: &Dict<'_>) -> Json {
    let mut left = MOST - 1;
    match dict(rule, &mut left) {
        Ok(mut json) => {
            let map = json.get_mut("$map").and_then(Json::as_array_mut).and_then(|pairs| {
                pairs
                    .iter_mut()
                    .find(|pair| pair.get(0).and_then(Json::as_str) == Some("include"))?
                    .get_mut(1)
            });
            // Its order is that of a set: none.
            let include = if map.is_some() { map } else { json.get_mut("include") };
            if let Some(Json::Array(include)) = include {
                include.sort_by_cached_key(repr);
            }
            json
        }
        Err(TooMuch) => json!({ "$toomuch": true }),
    }
}

fn dict(rule: &Dict<'_>, left: &mut usize) -> Result<Json, TooMuch> {
    let plain = rule.items().all(|item| item.name().is_some_and(|name| !name.starts_with('$')));
    let mut map = Map::new();
    let mut pairs = Vec::new();
    for item in rule.items() {
        let value = one(&item.value, left, 1)?;
        match &item.key {
            Key::Text(name) if plain => _ = map.insert(name.clone().into_owned(), value),
            Key::Text(name) => pairs.push(json!([name, value])),
            Key::Odd(key) => {
                let key = one(&Value::Read(key), left, 1)?;
                pairs.push(json!([key, value]));
            }
        }
    }
    Ok(if plain { Json::Object(map) } else { json!({ "$map": pairs }) })
}

fn one(value: &Value<'_>, left: &mut usize, depth: usize) -> Result<Json, TooMuch> {
    *left = left.checked_sub(1).ok_or(TooMuch)?;
    if depth > DEEPEST {
        return Err(TooMuch);
    }
    let deeper = depth + 1;
    Ok(match value {
        Value::Named(name) => json!({ "$name": name }),
        Value::Object(class) | Value::Odd(class) => json!({ "$object": class }),
        Value::Pair(key, value) => {
            let pair = [one(&Value::Read(key), left, deeper)?, one(&Value::Read(value), left, deeper)?];
            json!({ "$tuple": pair })
        }
        Value::List(items) => {
            Json::Array(items.iter().map(|item| one(item, left, deeper)).collect::<Result<_, _>>()?)
        }
        _ => match value.view() {
            View::Null => Json::Null,
            View::Bool(value) => Json::Bool(value),
            View::Int(value) => match (value.as_i64(), value.as_u64()) {
                (Some(number), _) => Json::from(number),
                (None, Some(number)) => Json::from(number),
                (None, None) => {
                    value.to_string().parse().ok().and_then(Number::from_f64).map_or(Json::Null, Json::Number)
                }
            },
            View::Float(value) => match Number::from_f64(value) {
                Some(number) => Json::Number(number),
                None if value.is_nan() => json!({ "$float": "nan" }),
                None => json!({ "$float": if value > 0.0 { "inf" } else { "-inf" } }),
            },
            View::Complex(..) => json!({ "$object": "builtins.complex" }),
            View::Text(text) => Json::String(text.to_owned()),
            View::Bytes(bytes) => {
                json!({ "$bytes": base64::engine::general_purpose::STANDARD.encode(bytes) })
            }
            View::Date(day) => json!({ "$date": date(day) }),
            View::DateTime(time) => json!({ "$datetime": moment(time) }),
            View::Duration(micros) => json!({ "$timedelta": seconds(micros) }),
            View::List(list) => {
                Json::Array(list.iter().map(|item| one(&item, left, deeper)).collect::<Result<_, _>>()?)
            }
            View::Tuple(items) => json!({ "$tuple": all(items, left, deeper)? }),
            View::Set(items) => {
                let mut items = all(items, left, deeper)?;
                items.sort_by_cached_key(repr);
                json!({ "$set": items })
            }
            View::Map(entries) => mapping(entries, left, deeper)?,
            View::Pairs(pairs) => {
                let mut out = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    *left = left.checked_sub(1).ok_or(TooMuch)?;
                    let pair = [
                        one(&Value::Read(key), left, deeper + 1)?,
                        one(&Value::Read(value), left, deeper + 1)?,
                    ];
                    out.push(json!({ "$tuple": pair }));
                }
                Json::Array(out)
            }
            View::Other(class) => json!({ "$object": class }),
        },
    })
}

fn all(items: &[Located], left: &mut usize, depth: usize) -> Result<Vec<Json>, TooMuch> {
    items.iter().map(|item| one(&Value::Read(item), left, depth)).collect()
}

fn mapping(entries: &[pyyaml::Entry], left: &mut usize, depth: usize) -> Result<Json, TooMuch> {
    let name = |entry: &pyyaml::Entry| match value::view(&entry.key) {
        View::Text(text) if !text.starts_with('$') => Some(text.to_owned()),
        _ => None,
    };
    let mut map = Map::new();
    let plain = entries.iter().all(|entry| name(entry).is_some());
    let mut pairs = Vec::new();
    for entry in entries {
        if plain {
            map.insert(name(entry).unwrap_or_default(), one(&Value::Read(&entry.value), left, depth)?);
        } else {
            let key = one(&Value::Read(&entry.key), left, depth)?;
            pairs.push(json!([key, one(&Value::Read(&entry.value), left, depth)?]));
        }
    }
    Ok(if plain { Json::Object(map) } else { json!({ "$map": pairs }) })
}

/// What Python's `repr` begins with, as far as it decides the order.
fn repr(json: &Json) -> String {
    match json {
        Json::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Json::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        other => other.to_string(),
    }
}

/// Seconds, rounded once, as Python's division of integers does.
fn seconds(micros: i128) -> f64 {
    let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000).parse().unwrap_or(f64::NAN)
}

fn date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

fn moment(time: DateTime) -> String {
    let mut text = format!("{}T{:02}:{:02}:{:02}", date(time.date), time.hour, time.minute, time.second);
    // Writing to a string does not fail.
    if time.microsecond > 0 {
        write!(text, ".{:06}", time.microsecond).unwrap_or_default();
    }
    if let Some(offset) = time.offset {
        let sign = if offset < 0 { '-' } else { '+' };
        let size = offset.unsigned_abs();
        write!(text, "{sign}{:02}:{:02}", size / 3600, size % 3600 / 60).unwrap_or_default();
        if size % 60 > 0 {
            write!(text, ":{:02}", size % 60).unwrap_or_default();
        }
    }
    text
}
