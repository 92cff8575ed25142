//! The alerters of a rule: named alone, in a list, or with options of their own; each with what it requires and what
//! its constructor looks at. Options of an alerter's own win over those of the rule.

use pyyaml::Content;

use super::dict::{Dict, Item, Key};
use super::durations::{duration, is_unwritable};
use super::fault::{EA, Fault, Result, Stop};
use super::files::{Files, folder, join};
use super::jinja;
use super::modules;
use super::outcome::{At, Need};
use super::python;
use super::read::Parsed;
use super::references;
use super::rule_types::quoted;
use super::value::{Value, View};
use crate::domain::check::facts;

/// What `except (KeyError, EAException)` catches.
const CAUGHT: [&str; 1] = ["KeyError"];

/// One alerter and the options that it sees: the rule's, or those with its own on top.
struct Named<'a> {
    name: Value<'a>,
    own: Option<Dict<'a>>,
    at: Option<At>,
}

/// Makes the alerters of a rule. `key` is the option that names them.
pub(super) fn load(
    rule: &mut Dict<'_>,
    key: &'static str,
    files: &Files<'_>,
    needs: &mut Vec<Need>,
) -> Result<()> {
    let Some(value) = rule.get(key).cloned() else { return Ok(()) };
    make(rule, key, &value, files, needs).map_err(|stop| stop.wrapped(&CAUGHT))
}

fn make<'a>(
    rule: &mut Dict<'a>,
    key: &'static str,
    value: &Value<'a>,
    files: &Files<'_>,
    needs: &mut Vec<Need>,
) -> Result<()> {
    let items = match value.view() {
        View::List(list) => list.iter().collect(),
        View::Pairs(pairs) => pairs.iter().map(|(key, value)| Value::Pair(key, value)).collect(),
        _ => vec![value.clone()],
    };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(normalise(rule, key, item, files)?);
    }
    // Jira goes first, so that what follows can name its ticket.
    all.sort_by_key(|named| i32::from(named.name.text() != Some("jira")));
    for named in all {
        let Named { name, own, at } = named;
        match own {
            Some(mut own) => create(&name, &mut own, at, key, files, needs)?,
            None => create(&name, rule, at, key, files, needs)?,
        }
    }
    Ok(())
}

/// Takes one entry apart: a name, or a name with options.
fn normalise<'a>(
    rule: &Dict<'a>,
    key: &'static str,
    item: Value<'a>,
    files: &Files<'_>,
) -> Result<Named<'a>> {
    let from = rule.get_item(key).and_then(|item| item.from);
    let at = match (&item, from) {
        (Value::Read(located), Some((file, ..))) => Some(file.at(located.node)),
        _ => rule.at(key),
    };
    if item.text().is_some() {
        return Ok(Named { name: item, own: None, at });
    }
    let Value::Read(located) = item else {
        return Fault::ea("alerter.form", "an alerter is a name, or a name with options")
            .at(at)
            .key(key)
            .stop();
    };
    let Content::Map(entries) = &located.content else {
        let message =
            format!("an alerter is a name, or a name with options, not {}", item_kind(&Value::Read(located)));
        return Fault::ea("alerter.form", message).at(at).key(key).stop();
    };
    let Some(entry) = entries.first() else {
        let message = "an alerter with options has no name";
        return Fault::new("alerter.form", "StopIteration", message).at(at).key(key).stop();
    };
    let name = Value::Read(&entry.key);
    let mut own = rule.clone();
    update(&mut own, &Value::Read(&entry.value), from.map(|(file, ..)| file), key, at.as_ref())?;
    jinja::load(&mut own, files)?;
    Ok(Named { name, own: Some(own), at })
}

fn item_kind(value: &Value<'_>) -> &'static str {
    value.kind()
}

/// `dict.update` with whatever stands behind the alerter's name.
fn update<'a>(
    own: &mut Dict<'a>,
    value: &Value<'a>,
    file: Option<&'a Parsed>,
    key: &str,
    at: Option<&At>,
) -> Result<()> {
    let fail = |class: &'static str, message: String| {
        let fault = Fault::new("alerter.form", class, message).at(at.cloned()).key(key);
        fault.hint("options of an alerter stand below its name, indented").stop()
    };
    match value.view() {
        View::Map(entries) => {
            for entry in entries {
                let key = match Value::Read(&entry.key).text_owned() {
                    Some(text) => Key::Text(text),
                    None => Key::Odd(&entry.key),
                };
                let from = file.map(|file| (file, entry.key.node, entry.value.node));
                own.put(Item { key, value: Value::Read(&entry.value), from });
            }
            Ok(())
        }
        View::Null => fail("TypeError", "an alerter with a colon has no options".to_owned()),
        View::Pairs(pairs) => {
            for (name, value) in pairs {
                let key = match Value::Read(name).text_owned() {
                    Some(text) => Key::Text(text),
                    None => Key::Odd(name),
                };
                own.put(Item { key, value: Value::Read(value), from: None });
            }
            Ok(())
        }
        _ => match python::iterate(value) {
            None => fail(
                "TypeError",
                format!("the options of an alerter are {} and must be a mapping", value.kind()),
            ),
            Some(items) if items.is_empty() => Ok(()),
            Some(items) => pairs(own, &items, fail),
        },
    }
}

/// `dict.update` with a list: each item is a key and its value.
fn pairs<'a>(
    own: &mut Dict<'a>,
    items: &[Value<'a>],
    fail: impl Fn(&'static str, String) -> Result<()>,
) -> Result<()> {
    for item in items {
        let message = || "the options of an alerter must be a mapping".to_owned();
        let Some(parts) = python::iterate(item) else { return fail("TypeError", message()) };
        let [name, value] = parts.as_slice() else { return fail("ValueError", message()) };
        let key = match (name.text_owned(), name) {
            (Some(text), _) => Key::Text(text),
            (None, _) if python::hash(name).is_err() => return fail("TypeError", message()),
            (None, Value::Read(located)) => Key::Odd(located),
            (None, _) => continue,
        };
        own.put(Item { key, value: value.clone(), from: None });
    }
    Ok(())
}

fn create<'a>(
    name: &Value<'a>,
    options: &mut Dict<'a>,
    at: Option<At>,
    key: &'static str,
    files: &Files<'_>,
    needs: &mut Vec<Need>,
) -> Result<()> {
    let facts = facts::elastalert();
    let text = name.text().unwrap_or_default();
    let named = facts.alerters.get_key_value(text);
    let classed = || facts.alerters.iter().find(|(_, alerter)| alerter.class == text);
    let Some((known, alerter)) = named.or_else(classed) else {
        if let Some(gone) = facts.gone.get(text) {
            return removed(text, gone, at, key);
        }
        if name.text().is_some() && !text.contains('.') {
            return unknown(text, at, key);
        }
        modules::class(name, at.clone(), key)?;
        return unknown(text, at, key);
    };
    let missing: Vec<&str> =
        alerter.required.iter().map(String::as_str).filter(|option| !options.has(option)).collect();
    if !missing.is_empty() {
        let message = format!("the alerter `{known}` has no {}", quoted(&missing));
        return Fault::ea("alerter.required", message).at(at).key(key).stop();
    }
    written(options, at.as_ref())?;
    references::resolve(options);
    construct(known, options, at.as_ref(), files, needs)
}

fn unknown(name: &str, at: Option<At>, key: &str) -> Result<()> {
    let facts = facts::elastalert();
    let mut fault = Fault::ea("alerter.unknown", format!("there is no alerter `{}`", name.escape_debug()));
    fault.cause = Some("ValueError");
    if let Some(near) = crate::domain::token::nearest(name, facts.alerters.keys().map(String::as_str)) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    fault.at(at).key(key).stop()
}

fn removed(name: &str, gone: &facts::Gone, at: Option<At>, key: &str) -> Result<()> {
    let since = gone.since.as_ref().map_or(String::new(), |since| format!(" since {since}"));
    let message = format!("ElastAlert has no alerter `{name}`{since}: {}", gone.why);
    let mut fault = Fault::ea("alerter.removed", message).at(at).key(key);
    fault.cause = Some("ValueError");
    if let Some(instead) = &gone.instead {
        fault = fault.hint(format!("use `{instead}`"));
    }
    fault.stop()
}

/// Every alerter writes out every option, which fails for one kind of value: a whole number of thousands of digits.
fn written(options: &Dict<'_>, at: Option<&At>) -> Result<()> {
    fn long(value: &Value<'_>) -> bool {
        match value.view() {
            View::Map(entries) => entries.iter().any(|entry| long(&Value::Read(&entry.value))),
            View::List(list) => list.iter().any(|item| long(&item)),
            other => is_unwritable(&other),
        }
    }
    if options.items().any(|item| long(&item.value)) {
        let message = "a whole number has more digits than Python writes";
        return Fault::new("rule.value", "ValueError", message).at(at.cloned()).stop();
    }
    Ok(())
}

fn construct(
    name: &str,
    options: &mut Dict<'_>,
    at: Option<&At>,
    files: &Files<'_>,
    needs: &mut Vec<Need>,
) -> Result<()> {
    let place = |options: &Dict<'_>, key: &str| options.at(key).or_else(|| at.cloned());
    let fail = |options: &Dict<'_>, key: &str, class: &'static str, message: String| {
        Fault::new("alerter.option", class, message).at(place(options, key)).key(key).stop()
    };
    match name {
        "alertmanager" => {
            if let Some(value) = options.get("alertmanager_resolve_time")
                && let Err(error) = duration(value)
            {
                let message = format!("`alertmanager_resolve_time` {}", error.message);
                return fail(options, "alertmanager_resolve_time", error.class, message);
            }
        }
        "email" => {
            for key in ["email_image_keys", "email_image_values"] {
                if let Some(value) = options.get(key).filter(|value| python::iterate(value).is_none()) {
                    let message = format!("`{key}` is {} and must be a list", value.kind());
                    return fail(options, key, "TypeError", message);
                }
            }
            if let Some(value) = options.get("smtp_auth_file").filter(|value| value.is_true()) {
                account(options, "smtp_auth_file", value, files, &[&["user", "password"]])?;
            }
            domain(options, "email_add_domain", at)?;
        }
        "ses" => domain(options, "ses_email_add_domain", at)?,
        "gelf" => gelf(options, at)?,
        "opsgenie" => {
            if let Some(value) = options.get("opsgenie_tags").filter(|value| !value.is_list()) {
                let message = format!("`opsgenie_tags` is {} and must be a list", value.kind());
                return fail(options, "opsgenie_tags", "TypeError", message);
            }
        }
        "sqs" => sqs(options, at)?,
        "jira" => jira(options, files, needs, at)?,
        _ => {}
    }
    Ok(())
}

/// A domain that is put behind addresses.
fn domain(options: &Dict<'_>, key: &str, at: Option<&At>) -> Result<()> {
    match options.get(key).filter(|value| value.is_true() && value.text().is_none()) {
        None => Ok(()),
        Some(value) => {
            let message = format!("`{key}` is {} and must be a string", value.kind());
            let fault = Fault::new("alerter.option", "AttributeError", message);
            fault.at(options.at(key).or_else(|| at.cloned())).key(key).stop()
        }
    }
}

fn gelf(options: &Dict<'_>, at: Option<&At>) -> Result<()> {
    let key = "gelf_type";
    let fail = |class: &'static str, message: &str| {
        Fault::new("alerter.option", class, message)
            .at(options.at(key).or_else(|| at.cloned()))
            .key(key)
            .stop()
    };
    let Some(value) = options.get(key) else { return Ok(()) };
    let http = match value.view() {
        View::Text(text) => text.contains("http"),
        View::List(_) | View::Tuple(_) | View::Set(_) | View::Map(_) | View::Pairs(_) => {
            python::iterate(value).unwrap_or_default().iter().any(|item| item.text() == Some("http"))
        }
        _ => return fail("TypeError", "`gelf_type` must be http or tcp"),
    };
    let there = |key: &str| options.get(key).is_some_and(|value| !matches!(value.view(), View::Null));
    if http && !there("gelf_endpoint") {
        return fail(EA, "with `gelf_type: http` there must be a `gelf_endpoint`");
    }
    if !(http || there("gelf_host") && there("gelf_port")) {
        return fail(EA, "with `gelf_type: tcp` there must be a `gelf_host` and a `gelf_port`");
    }
    Ok(())
}

fn sqs(options: &Dict<'_>, at: Option<&At>) -> Result<()> {
    if options.is_true("sqs_aws_region") {
        return Ok(());
    }
    let key = "sqs_queue_url";
    let fail = |class: &'static str, message: String| {
        Fault::new("alerter.option", class, message)
            .at(options.at(key).or_else(|| at.cloned()))
            .key(key)
            .stop()
    };
    let Some(value) = options.get(key).filter(|value| value.is_true()) else { return Ok(()) };
    match value.text() {
        None => match value.view() {
            View::Bytes(_) => fail("TypeError", format!("`{key}` is binary data and must be a string")),
            other => fail("AttributeError", format!("`{key}` is {} and must be a string", other.kind())),
        },
        Some(url) => {
            let rest = url.split_once("//").map_or("", |(_, rest)| rest);
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.contains('[') != host.contains(']') {
                return fail("ValueError", format!("`{key}` is no address"));
            }
            Ok(())
        }
    }
}

/// A file with a name and a password, beside the rule.
fn account(
    options: &Dict<'_>,
    key: &str,
    value: &Value<'_>,
    files: &Files<'_>,
    either: &[&[&str]],
) -> Result<()> {
    let at = options.at(key);
    let fail = |class: &'static str, message: String| {
        Fault::new("alerter.file", class, message).at(at.clone()).key(key).stop()
    };
    let Some(path) = value.text() else {
        return fail("TypeError", format!("`{key}` is {} and must be a path", value.kind()));
    };
    if value.names_no_file() {
        return fail("UnicodeEncodeError", format!("`{key}` holds half of a character"));
    }
    let rule = options.get("rule_file").and_then(Value::text);
    let path = match rule {
        _ if path.starts_with('/') => path.to_owned(),
        Some(rule) => join(folder(rule), path),
        None => return fail("KeyError", format!("`{key}` must be a whole path here")),
    };
    let what = format!("the file that `{key}` names");
    let file = files.parse_shared(&path, &what).map_err(|stop| match stop {
        Stop::Fault(mut fault) if fault.at.is_none() => {
            fault.at.clone_from(&at);
            fault.code = "alerter.file";
            Stop::Fault(fault)
        }
        stop => stop,
    })?;
    let holds = |name: &str| -> Option<bool> {
        match file.root().map(super::value::view) {
            Some(View::Map(entries)) => {
                Some(entries.iter().any(|entry| Value::Read(&entry.key).text() == Some(name)))
            }
            Some(View::Text(text)) => Some(text.contains(name)),
            Some(View::List(list)) => Some(list.iter().any(|item| item.text() == Some(name))),
            Some(View::Tuple(items) | View::Set(items)) => {
                Some(items.iter().any(|item| Value::Read(item).text() == Some(name)))
            }
            Some(View::Pairs(_)) => Some(false),
            _ => None,
        }
    };
    if holds("user").is_none() {
        return fail("TypeError", format!("{what} is no mapping"));
    }
    let met = either.iter().any(|names| names.iter().all(|name| holds(name) == Some(true)));
    if !met {
        let names: Vec<String> = either.iter().map(|names| quoted(names)).collect();
        return fail(EA, format!("{what} must hold {}", names.join(", or ")));
    }
    if !matches!(file.root().map(super::value::view), Some(View::Map(_))) {
        return fail("TypeError", format!("{what} is no mapping"));
    }
    Ok(())
}

fn jira(options: &Dict<'_>, files: &Files<'_>, needs: &mut Vec<Need>, at: Option<&At>) -> Result<()> {
    let place = |key: &str| options.at(key).or_else(|| at.cloned());
    if let Some(value) = options.get("jira_account_file") {
        account(options, "jira_account_file", value, files, &[&["user", "password"], &["apikey"]])?;
    }
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("alerter.option", class, message).at(place(key)).key(key).stop()
    };
    if options.is_true("jira_bump_in_statuses") && options.is_true("jira_bump_not_in_statuses") {
        for key in ["jira_bump_in_statuses", "jira_bump_not_in_statuses"] {
            let parts = options.get(key).and_then(python::iterate);
            if !parts.is_some_and(|parts| parts.iter().all(|part| part.text().is_some())) {
                return fail(key, "TypeError", format!("`{key}` must hold strings"));
            }
        }
    }
    let server = options.get("jira_server").and_then(Value::text).unwrap_or_default();
    needs.push(Need::Jira { at: server.to_owned() });
    if !options.is_plain() {
        let message = "a key of the rule is no string, which Jira's alerter does not take";
        return Fault::new("alerter.option", "AttributeError", message).at(at.cloned()).stop();
    }
    Ok(())
}
