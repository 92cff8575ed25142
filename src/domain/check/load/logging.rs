//! `logging` in the configuration, which Python's `dictConfig` takes: the forms that people write are followed, the
//! rest only Python can tell. Nothing is set up.

use super::fault::{Fault, Result, Stop};
use super::outcome::{At, Need};
use super::python;
use super::value::{self, Value, View};

/// Names of levels.
const LEVELS: [&str; 8] = ["CRITICAL", "FATAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG", "NOTSET"];

/// Checks it.
pub(super) fn check(given: &Value<'_>, at: Option<&At>) -> Result<()> {
    let fail = |class: &'static str, message: String| {
        Fault::new("config.logging", class, message).at(at.cloned()).key("logging").stop()
    };
    let View::Map(_) = given.view() else {
        let class = if python::iterate(given).is_none() { "TypeError" } else { "ValueError" };
        return fail(class, format!("`logging` is {} and must be a mapping", given.kind()));
    };
    match get(given, "version").map(|version| is_one(&version)) {
        None => return fail("ValueError", "`logging` has no `version: 1`".to_owned()),
        Some(false) => return fail("ValueError", "`logging` must have `version: 1`".to_owned()),
        Some(true) => {}
    }
    if get(given, "incremental").is_some_and(|value| value.is_true()) {
        let more = ["handlers", "loggers", "root"]
            .iter()
            .any(|key| get(given, key).is_some_and(|value| value.is_true()));
        return if more { unknown("`logging` that is incremental") } else { Ok(()) };
    }
    if get(given, "filters").is_some_and(|value| value.is_true()) {
        return unknown("`logging` with filters");
    }
    let names = |key: &str| -> Result<Vec<(String, Value<'_>)>> {
        match get(given, key) {
            None => Ok(Vec::new()),
            Some(section) => match entries(&section) {
                Some(all) => Ok(all),
                None => unknown("`logging` of an unusual form"),
            },
        }
    };
    let (layouts, handlers, mut sections) = (names("formatters")?, names("handlers")?, names("loggers")?);
    for (name, section) in &layouts {
        if let Err(what) = format(section)? {
            return fail("ValueError", format!("the formatter `{}` {what}", name.escape_debug()));
        }
    }
    for (name, section) in &handlers {
        let chosen = get(section, "formatter");
        let known = |value: &Value<'_>| layouts.iter().any(|(name, _)| value.text() == Some(name));
        if chosen.as_ref().is_some_and(|value| value.is_true() && !known(value)) {
            let message =
                format!("the handler `{}` names a formatter that is not there", name.escape_debug());
            return fail("ValueError", message);
        }
        if !level(section) {
            return fail("ValueError", format!("the handler `{}` has no such level", name.escape_debug()));
        }
        if !get(section, "class").is_some_and(|class| class.text().is_none_or(|class| class.contains('.')))
            && get(section, "()").is_none()
        {
            return fail("ValueError", format!("the handler `{}` has no class", name.escape_debug()));
        }
        sink(section)?;
    }
    sections.extend(get(given, "root").filter(Value::is_true).map(|root| ("root".to_owned(), root)));
    for (name, section) in &sections {
        if !level(section) {
            return fail("ValueError", format!("the logger `{}` has no such level", name.escape_debug()));
        }
        let Some(value) = get(section, "handlers").filter(Value::is_true) else { continue };
        let Some(chosen) = python::iterate(&value) else {
            return fail(
                "ValueError",
                format!("the logger `{}` has handlers that are no list", name.escape_debug()),
            );
        };
        let known = |value: &Value<'_>| handlers.iter().any(|(name, _)| value.text() == Some(name));
        if !chosen.iter().all(known) {
            let message = format!("the logger `{}` names a handler that is not there", name.escape_debug());
            return fail("ValueError", message);
        }
    }
    Ok(())
}

fn unknown<T>(what: &str) -> Result<T> {
    Err(Stop::Unknown(Need::Other { what: what.to_owned() }))
}

fn get<'a>(value: &Value<'a>, key: &str) -> Option<Value<'a>> {
    let View::Map(entries) = value.view() else { return None };
    let entry = entries.iter().find(|entry| Value::Read(&entry.key).text() == Some(key))?;
    Some(Value::Read(&entry.value))
}

fn entries<'a>(value: &Value<'a>) -> Option<Vec<(String, Value<'a>)>> {
    let View::Map(entries) = value.view() else { return None };
    entries
        .iter()
        .map(|entry| {
            let View::Map(_) = value::view(&entry.value) else { return None };
            Some((Value::Read(&entry.key).text()?.to_owned(), Value::Read(&entry.value)))
        })
        .collect()
}

fn is_one(value: &Value<'_>) -> bool {
    python::equal(value, &Value::Number(1))
}

fn level(section: &Value<'_>) -> bool {
    match get(section, "level").map(|level| level.text().map(str::to_owned).ok_or(level)) {
        None => true,
        Some(Ok(name)) => name.is_empty() || LEVELS.contains(&name.as_str()),
        Some(Err(level)) => !level.is_true() || matches!(level.view(), View::Int(_)),
    }
}

/// A format in the style of `%`.
fn format(layout: &Value<'_>) -> Result<std::result::Result<(), &'static str>> {
    let View::Map(entries) = layout.view() else { return unknown("`logging` of an unusual form") };
    let plain = ["format", "datefmt"];
    if entries.iter().any(|entry| !Value::Read(&entry.key).text().is_some_and(|key| plain.contains(&key))) {
        return unknown("a formatter of an unusual form");
    }
    match get(layout, "format") {
        None => Ok(Ok(())),
        Some(format) if !format.is_true() => Ok(Ok(())),
        Some(format) => match format.text() {
            None => Ok(Err("has a format that is no string")),
            Some(text) if has_a_field(text) => Ok(Ok(())),
            Some(_) => Ok(Err("has a format without any field, such as %(message)s")),
        },
    }
}

/// Whether `%(name)s`, flags and widths included, is found.
fn has_a_field(text: &str) -> bool {
    text.match_indices("%(").any(|(at, _)| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let Some((name, rest)) = rest.split_once(')') else { return false };
        let named = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
        let rest = rest.trim_start_matches(['#', '0', '+', ' ', '-']);
        let width = |rest: &str| -> usize {
            if rest.starts_with('*') {
                1
            } else {
                rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len()
            }
        };
        let rest = rest.get(width(rest)..).unwrap_or_default();
        let rest = match rest.strip_prefix('.') {
            Some(after) if width(after) > 0 => after.get(width(after)..).unwrap_or_default(),
            _ => rest,
        };
        named && rest.starts_with(|char: char| "diouxefgcrsa%DIOUXEFGCRSA".contains(char))
    })
}

/// Where a handler writes to.
fn sink(handler: &Value<'_>) -> Result<()> {
    let View::Map(entries) = handler.view() else { return unknown("`logging` of an unusual form") };
    let plain = ["class", "level", "formatter", "stream"];
    let others =
        entries.iter().any(|entry| !Value::Read(&entry.key).text().is_some_and(|key| plain.contains(&key)));
    let class = get(handler, "class");
    let stream = get(handler, "stream");
    let usual =
        stream.is_none_or(|stream| matches!(stream.text(), Some("ext://sys.stdout" | "ext://sys.stderr")));
    match class.as_ref().and_then(Value::text) {
        Some("logging.StreamHandler" | "logging.NullHandler") if !others && usual => Ok(()),
        _ => unknown("a handler of `logging`"),
    }
}
