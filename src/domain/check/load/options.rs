//! The options of a rule: times become durations, what is missing comes from the configuration or is what
//! `ElastAlert` takes for granted, and some of it is looked at. The order is the loader's, since the first error ends
//! it.

use std::borrow::Cow;

use super::dict::Dict;
use super::durations::{NoDuration, duration};
use super::fault::{EA, Fault, Result, Stop};
use super::files::{Files, stem};
use super::jinja;
use super::outcome::Step;
use super::python;
use super::schema;
use super::value::Value;

/// Minutes between two alerts of one rule, unless it says otherwise: one.
const REALERT: i128 = 60_000_000;

/// Times of a rule, in the order in which they are made.
const TIMES: [&str; 4] = ["query_delay", "buffer_time", "run_every", "bucket_interval"];
/// Those that come after them.
const LATER: [&str; 5] = [
    "exponential_realert",
    "kibana_discover_from_timedelta",
    "kibana_discover_to_timedelta",
    "opensearch_discover_from_timedelta",
    "opensearch_discover_to_timedelta",
];

/// Loads the options of a rule.
pub(super) fn load<'a>(rule: &mut Dict<'a>, config: &Dict<'a>, path: &str, files: &Files<'_>) -> Result<()> {
    schema::validate(rule)?;
    times(rule)?;
    defaults(rule, config, path);
    timestamps(rule)?;
    if config.has("verify_certs") {
        for key in ["verify_certs", "ca_certs", "client_cert", "client_key"] {
            rule.set_default(key, config.get(key).cloned().unwrap_or(Value::Null));
        }
    }
    keys(rule)?;
    if rule.is_true("use_terms_query") && !rule.has("query_key") {
        let message = "`use_terms_query` needs a `query_key`";
        return Fault::ea("rule.option", message)
            .at(rule.at("use_terms_query"))
            .key("use_terms_query")
            .stop();
    }
    if rule.is_true("use_strftime_index") {
        strftime_index(rule)?;
    }
    if rule.is_true("scan_entire_timeframe") && !rule.is_true("timeframe") {
        let message = "`scan_entire_timeframe` needs a `timeframe`";
        let fault = Fault::ea("rule.option", message);
        return fault.at(rule.at("scan_entire_timeframe")).key("scan_entire_timeframe").stop();
    }
    jinja::load(rule, files)
}

/// Makes a duration of what stands under a key.
fn time(rule: &mut Dict<'_>, key: &'static str, into: &'static str) -> Result<()> {
    let Some(value) = rule.get(key) else { return Ok(()) };
    match duration(value) {
        Ok(micros) => {
            rule.set(into, Value::Duration(micros));
            Ok(())
        }
        Err(error) => Err(no_time(rule, key, error)),
    }
}

/// The error of a time that is none.
pub(super) fn no_time(rule: &Dict<'_>, key: &str, error: NoDuration) -> Stop {
    let NoDuration { class, message, unit } = error;
    // `except (KeyError, TypeError)`
    let (class, cause) = if class == "TypeError" { (EA, Some(class)) } else { (class, None) };
    let mut fault =
        Fault::new("rule.duration", class, format!("`{key}` {message}")).at(rule.at(key)).key(key);
    fault.cause = cause;
    fault.path.extend(unit.map(Step::Key));
    Stop::Fault(Box::new(fault))
}

fn times(rule: &mut Dict<'_>) -> Result<()> {
    time(rule, "timeframe", "timeframe")?;
    if rule.has("realert") {
        time(rule, "realert", "realert")?;
    } else {
        let realert = if rule.has("aggregation") { 0 } else { REALERT };
        rule.set("realert", Value::Duration(realert));
    }
    let scheduled = rule.get("aggregation").is_some_and(|value| {
        let super::value::View::Map(entries) = value.view() else { return false };
        let schedule = entries.iter().find(|entry| Value::Read(&entry.key).text() == Some("schedule"));
        schedule.is_some_and(|entry| Value::Read(&entry.value).is_true())
    });
    if !scheduled {
        time(rule, "aggregation", "aggregation")?;
    }
    for key in TIMES {
        let into = if key == "bucket_interval" { "bucket_interval_timedelta" } else { key };
        time(rule, key, into)?;
    }
    for key in LATER {
        time(rule, key, key)?;
    }
    Ok(())
}

fn defaults<'a>(rule: &mut Dict<'a>, config: &Dict<'a>, path: &str) {
    rule.set_defaults(config);
    rule.set_default("name", Value::Text(stem(path).to_owned().into()));
    rule.set_default("realert", Value::Duration(0));
    let name = rule.get("name").cloned().unwrap_or(Value::Null);
    rule.set_default("realert_key", name);
    rule.set_default("aggregation", Value::Duration(0));
    rule.set_default("query_delay", Value::Duration(0));
    rule.set_default("timestamp_field", Value::Text("@timestamp".into()));
    rule.set_default("filter", Value::List(Vec::new()));
    rule.set_default("timestamp_type", Value::Text("iso".into()));
    rule.set_default("timestamp_format", Value::Text("%Y-%m-%dT%H:%M:%SZ".into()));
    rule.set_default("_source_enabled", Value::Bool(true));
    rule.set_default("use_local_time", Value::Bool(true));
    rule.set_default("description", Value::Text("".into()));
    rule.set_default("jinja_root_name", Value::Text("_data".into()));
    rule.set_default("query_timezone", Value::Text("".into()));
    rule.set_default("include_fields", Value::Null);
}

fn timestamps(rule: &mut Dict<'_>) -> Result<()> {
    let key = "timestamp_type";
    let Some(kind) = rule.get(key).and_then(Value::text) else {
        let kind = rule.get(key).map_or("nothing", Value::kind);
        let message = format!("`{key}` is {kind} and must be a string");
        return Fault::new("rule.type", "AttributeError", message).at(rule.at(key)).key(key).stop();
    };
    let kind = strip(kind).to_lowercase();
    let (there, back) = match kind.as_str() {
        "iso" => ("elastalert.util.ts_to_dt", "elastalert.util.dt_to_ts"),
        "unix" => ("elastalert.util.unix_to_dt", "elastalert.util.dt_to_unix"),
        "unix_ms" => ("elastalert.util.unixms_to_dt", "elastalert.util.dt_to_unixms"),
        "custom" => (
            "elastalert.loaders.RulesLoader.load_options.<locals>._ts_to_dt_with_format",
            "elastalert.loaders.RulesLoader.load_options.<locals>._dt_to_ts_with_format",
        ),
        _ => {
            let message = format!("`{key}` must be one of iso, unix, unix_ms, custom");
            return Fault::ea("rule.value", message).at(rule.at(key)).key(key).stop();
        }
    };
    rule.set(key, Value::Text(Cow::Owned(kind)));
    rule.set("ts_to_dt", Value::Named(there));
    rule.set("dt_to_ts", Value::Named(back));
    Ok(())
}

/// `str.strip()`
fn strip(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || ('\x1c'..='\x1f').contains(&char))
}

/// Keys that may be lists: the parts stay beside the whole, and all of them are asked for in a query.
fn keys(rule: &mut Dict<'_>) -> Result<()> {
    for key in ["include", "include_fields"] {
        let may_be_nothing = key == "include_fields";
        if let Some(value) = rule.get(key)
            && !value.is_list()
            && !(may_be_nothing && value.class() == "NoneType")
        {
            let message = format!("`{key}` is {} and must be a list", value.kind());
            return Fault::ea("rule.type", message).at(rule.at(key)).key(key).stop();
        }
    }
    if let Some(value) = rule.get("query_key").cloned()
        && value.is_list()
    {
        let parts = python::iterate(&value).unwrap_or_default();
        match parts.as_slice() {
            [] => rule.remove("query_key"),
            [one] => rule.set("query_key", one.clone()),
            _ => {
                let joined = join(rule, "query_key", &parts)?;
                rule.set("compound_query_key", value);
                rule.set("query_key", joined);
            }
        }
    }
    if let Some(value) = rule.get("aggregation_key").cloned()
        && value.is_list()
    {
        let parts = python::iterate(&value).unwrap_or_default();
        rule.set("compound_aggregation_key", value);
        let joined = join(rule, "aggregation_key", &parts)?;
        rule.set("aggregation_key", joined);
    }
    if let Some(value) = rule.get("compare_key").cloned() {
        if value.is_list() {
            let parts = python::iterate(&value).unwrap_or_default();
            rule.set("compound_compare_key", value);
            let joined = join(rule, "compare_key", &parts)?;
            rule.set("compare_key", joined);
        } else {
            rule.set("compound_compare_key", Value::List(vec![value]));
        }
    }
    include(rule)
}

fn include(rule: &mut Dict<'_>) -> Result<()> {
    let mut all = match rule.get("include") {
        Some(value) => python::iterate(value).unwrap_or_default(),
        None => vec![Value::Text("*".into())],
    };
    let one = |rule: &Dict<'_>, key: &str| rule.get(key).is_some();
    for (key, whole) in [
        ("query_key", true),
        ("compound_query_key", false),
        ("compound_aggregation_key", false),
        ("compare_key", true),
        ("compound_compare_key", false),
        ("top_count_keys", false),
        ("timestamp_field", true),
    ] {
        if !one(rule, key) {
            continue;
        }
        let Some(value) = rule.get(key) else { continue };
        if whole {
            all.push(value.clone());
            continue;
        }
        if let Some(parts) = python::iterate(value) {
            all.extend(parts);
        } else {
            let message = format!("`{key}` is {} and must be a list", value.kind());
            return Fault::new("rule.type", "TypeError", message).at(rule.at(key)).key(key).stop();
        }
    }
    match python::distinct(all) {
        Ok(kept) => {
            rule.set("include", Value::List(kept));
            Ok(())
        }
        Err(class) => {
            let message = format!("a key that the query asks for is a {class} and must be a string");
            let blamed = ["compare_key", "query_key", "include", "top_count_keys", "timestamp_field"];
            let blamed =
                blamed.into_iter().find(|key| rule.get(key).is_some_and(|value| value.text().is_none()));
            let mut fault = Fault::new("rule.type", "TypeError", message);
            if let Some(key) = blamed {
                fault = fault.at(rule.at(key)).key(key);
            }
            fault.stop()
        }
    }
}

/// `','.join(parts)`
fn join<'a>(rule: &Dict<'_>, key: &str, parts: &[Value<'a>]) -> Result<Value<'a>> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        if let Some(text) = part.text() {
            texts.push(text);
        } else {
            let message = format!("`{key}` holds {} and must hold strings", part.kind());
            return Fault::new("rule.type", "TypeError", message).at(rule.at(key)).key(key).stop();
        }
    }
    Ok(Value::Text(Cow::Owned(texts.join(","))))
}

fn strftime_index(rule: &Dict<'_>) -> Result<()> {
    let Some(index) = rule.get("index") else { return Ok(()) };
    if index.text().is_none() {
        let message = format!("`index` is {} and must be a string", index.kind());
        return Fault::new("rule.type", "TypeError", message).at(rule.at("index")).key("index").stop();
    }
    Ok(())
}
