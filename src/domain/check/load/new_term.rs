//! `new_term`, the one rule type that asks the search engine while it is loaded: for all terms of the last thirty
//! days. It is not asked here: only what keeps the question from being asked is told.

use super::client;
use super::dict::Dict;
use super::durations::{DAY, duration};
use super::fault::{EA, Fault, Result, Stop};
use super::files::Files;
use super::outcome::Need;
use super::python;
use super::value::{List, Value, View};

/// How many searches nobody waits for.
const PATIENCE: i128 = 100_000;

/// The most days between the year 1 or 9999 and today.
const YEARS: i128 = 739_000;

/// Checks what the constructor checks, and notes that it searches.
pub(super) fn check(rule: &Dict<'_>, files: &Files<'_>, needs: &mut Vec<Need>) -> Result<()> {
    let fail = |key: &str, class: &'static str, message: &str| {
        Fault::new("rule.option", class, message).at(rule.at(key).or_else(|| rule.at("type"))).key(key).stop()
    };
    let from = if rule.has("fields") { "fields" } else { "query_key" };
    let Some(value) = rule.get(from) else {
        return fail("type", EA, "a rule of type `new_term` needs `fields` or `query_key`");
    };
    if !value.is_true() {
        return fail(from, EA, "`fields` must not be empty");
    }
    let fields =
        if value.is_list() { python::iterate(value).unwrap_or_default() } else { vec![value.clone()] };
    if rule.is_true("use_terms_query") {
        match fields.as_slice() {
            [one] if !one.is_list() => {
                let Some(key) = rule.get("query_key") else {
                    return fail("use_terms_query", "KeyError", "`use_terms_query` needs a `query_key`");
                };
                if !python::equal(key, one) {
                    let message = "with `use_terms_query`, `query_key` and `fields` must be the same";
                    return fail("use_terms_query", EA, message);
                }
                if key.text().is_none() {
                    return fail("query_key", "AttributeError", "`query_key` must be a string");
                }
            }
            _ => return fail("use_terms_query", EA, "`use_terms_query` works with a single field only"),
        }
    }
    // Whatever goes wrong from here on is caught, and told as one error.
    search(rule, &fields, files, needs).map_err(|stop| match stop {
        Stop::Fault(mut fault) if fault.class != EA && fault.class != "hangs" => {
            fault.cause = Some(fault.class);
            fault.class = EA;
            Stop::Fault(fault)
        }
        other => other,
    })
}

fn search(rule: &Dict<'_>, fields: &[Value<'_>], files: &Files<'_>, needs: &mut Vec<Need>) -> Result<()> {
    let at = client::check(rule, files)?;
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("rule.option", class, message).at(rule.at(key)).key(key).stop()
    };
    let time = |key: &str, default: i128| match rule.get(key) {
        None => Ok(default),
        Some(value) => duration(value).map_err(|error| super::options::no_time(rule, key, error)),
    };
    let window = time("terms_window_size", 30 * DAY)?;
    start_date(rule)?;
    let step = time("window_step_size", DAY)?;
    if window.abs() / DAY > YEARS || step.abs() / DAY > YEARS {
        return fail("terms_window_size", "OverflowError", "the window goes beyond the calendar".to_owned());
    }
    if rule.get("timestamp_type").and_then(Value::text) == Some("custom") {
        if rule.get("timestamp_format").is_some_and(|format| format.text().is_none()) {
            return fail("timestamp_format", "TypeError", "`timestamp_format` must be a string".to_owned());
        }
        if rule.has("timestamp_format_expr") {
            return Err(Stop::Unknown(Need::Expression { option: "timestamp_format_expr".to_owned() }));
        }
    }
    writable(rule)?;
    let unwritten = rule.get("index").is_some_and(Value::has_no_utf8);
    for field in fields {
        names(rule, field)?;
        if window > 0 && unwritten {
            return fail("index", "UnicodeEncodeError", "`index` holds half of a character".to_owned());
        }
        if window > 0 && needs.is_empty() {
            needs.push(Need::Search { at: at.clone() });
        }
        if window > 0 && (step < 0 || (step > 0 && window / step > PATIENCE)) {
            let message =
                "the window has so many steps that loading takes longer than anybody waits".to_owned();
            return fail("window_step_size", "hangs", message);
        }
    }
    Ok(())
}

/// The day on which a search ends instead of now.
fn start_date(rule: &Dict<'_>) -> Result<()> {
    let Some(value) = rule.get("start_date") else { return Ok(()) };
    match value.view() {
        View::Text(text) if is_iso(text) => Ok(()),
        View::Text(_) | View::DateTime(_) | View::Bytes(_) => {
            Err(Stop::Unknown(Need::Other { what: "`start_date`".into() }))
        }
        other => {
            let message = format!("`start_date` is {} and must be a string", other.kind());
            Fault::new("rule.type", "TypeError", message).at(rule.at("start_date")).key("start_date").stop()
        }
    }
}

/// `2026-01-31`, or that with `T12:00:00` and perhaps `Z`.
fn is_iso(text: &str) -> bool {
    let shape: String = text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    let two = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u8>().ok());
    let day = matches!(two(5..7), Some(1..=12)) && matches!(two(8..10), Some(1..=28));
    let hour = two(11..13).is_none_or(|hour| hour < 24);
    let minute = two(14..16).is_none_or(|minute| minute < 60) && two(17..19).is_none_or(|second| second < 60);
    let shapes = ["0000-00-00", "0000-00-00T00:00:00", "0000-00-00T00:00:00Z"];
    let year = text.get(..2).is_some_and(|century| ["19", "20"].contains(&century));
    shapes.contains(&shape.as_str()) && year && day && hour && minute
}

/// The names of a field, or of the fields that make a term together.
fn names(rule: &Dict<'_>, field: &Value<'_>) -> Result<()> {
    let postfix = rule.get("use_keyword_postfix").is_none_or(Value::is_true);
    let fail = |class: &'static str, field: &Value<'_>| {
        let message = format!("a field is {} and must be a string", field.kind());
        Fault::new("rule.option", class, message).at(rule.at("fields")).key("fields").stop()
    };
    let parts =
        if field.is_list() { python::iterate(field).unwrap_or_default() } else { vec![field.clone()] };
    for part in parts {
        if python::hash(&part).is_err() {
            return fail("TypeError", &part);
        }
        if postfix && part.text().is_none() {
            return fail("AttributeError", &part);
        }
    }
    Ok(())
}

/// Whether the filters can be written as JSON.
fn writable(rule: &Dict<'_>) -> Result<()> {
    let Some(value) = rule.get("filter") else { return Ok(()) };
    let Some(filters) = python::iterate(value) else {
        let message = "`filter` must be a list";
        return Fault::new("rule.type", "TypeError", message).at(rule.at("filter")).key("filter").stop();
    };
    if filters.iter().all(is_writable) {
        return Ok(());
    }
    let message = "`filter` holds something that JSON has no form for";
    Fault::new("rule.value", "SerializationError", message).at(rule.at("filter")).key("filter").stop()
}

fn is_writable(value: &Value<'_>) -> bool {
    match value.view() {
        View::Null
        | View::Bool(_)
        | View::Int(_)
        | View::Float(_)
        | View::Text(_)
        | View::Date(_)
        | View::DateTime(_) => true,
        View::List(List::Made(items)) => items.iter().all(is_writable),
        View::List(List::Read(items)) | View::Tuple(items) => {
            items.iter().all(|item| is_writable(&Value::Read(item)))
        }
        View::Map(entries) => entries.iter().all(|entry| {
            let key = Value::Read(&entry.key);
            matches!(key.view(), View::Null | View::Bool(_) | View::Int(_) | View::Float(_) | View::Text(_))
                && is_writable(&Value::Read(&entry.value))
        }),
        View::Pairs(pairs) => pairs
            .iter()
            .all(|(key, value)| is_writable(&Value::Read(key)) && is_writable(&Value::Read(value))),
        View::Complex(..) | View::Bytes(_) | View::Duration(_) | View::Set(_) | View::Other(_) => false,
    }
}
