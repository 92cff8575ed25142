//! The type of a rule and its enhancements: whether they exist, what a type requires, and what the constructor of
//! each looks at. Facts say what is required; what constructors do besides is followed here.

use super::dict::Dict;
use super::durations::divides;
use super::fault::Stop;
use super::fault::{Fault, Result};
use super::files::{Files, Found};
use super::modules;
use super::new_term;
use super::outcome::Need;
use super::python;
use super::value::{Value, View};
use crate::domain::check::facts;

/// What `except (KeyError, EAException)` catches.
const CAUGHT: [&str; 1] = ["KeyError"];

/// A rule type that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its name, as a rule gives it.
    pub(super) name: &'static str,
}

/// Finds the enhancements and the type, and looks at what they look at.
pub(super) fn load(rule: &mut Dict<'_>, files: &Files<'_>, needs: &mut Vec<Need>) -> Result<Kind> {
    enhancements(rule)?;
    let kind = kind(rule)?;
    let known = facts::elastalert().rule_types.get(kind.name);
    let missing: Vec<&str> = known
        .into_iter()
        .flat_map(|known| &known.required)
        .map(String::as_str)
        .filter(|key| !rule.has(key))
        .collect();
    if !missing.is_empty() {
        let message = format!("a rule of type `{}` has no {}", kind.name, quoted(&missing));
        return Fault::ea("rule.option", message).at(rule.at("type")).key("type").stop();
    }
    for (key, value) in [("category", ""), ("description", ""), ("owner", ""), ("priority", "2")] {
        rule.set_default(key, Value::Text(value.into()));
    }
    construct(kind, rule, files, needs).map_err(|stop| stop.wrapped(&CAUGHT))?;
    Ok(kind)
}

/// `a`, `b`: names of options in code marks.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn enhancements(rule: &Dict<'_>) -> Result<()> {
    let key = "match_enhancements";
    let Some(value) = rule.get(key) else { return Ok(()) };
    let Some(items) = python::iterate(value) else {
        let message = format!("`{key}` is {} and must be a list", value.kind());
        return Fault::new("rule.type", "TypeError", message).at(rule.at(key)).key(key).stop();
    };
    for item in items {
        let name = item.text().unwrap_or_default();
        let known = |name: &str| facts::elastalert().enhancements.contains(name);
        if known(name) || name.strip_prefix("elastalert.enhancements.").is_some_and(known) {
            continue;
        }
        match name {
            "DropMatchException" | "elastalert.enhancements.DropMatchException" => {
                let message = "`DropMatchException` is no enhancement";
                return Fault::ea("rule.module", message).at(rule.at(key)).key(key).stop();
            }
            "pretty_ts" | "__builtins__" | "__cached__" | "__doc__" | "__file__" | "__loader__"
            | "__name__" | "__package__" | "__spec__" => {
                let message = format!("`{name}` is no class");
                return Fault::new("rule.module", "TypeError", message).at(rule.at(key)).key(key).stop();
            }
            _ => modules::class(&item, rule.at(key), key)?,
        }
    }
    Ok(())
}

fn kind(rule: &Dict<'_>) -> Result<Kind> {
    let facts = facts::elastalert();
    let Some(value) = rule.get("type") else {
        return Fault::ea("rule.required", "the rule has no `type`").stop();
    };
    if let Some(name) = value.text() {
        let named = facts.rule_types.keys().find(|known| *known == name);
        let classed = facts.rule_types.iter().find(|(_, known)| known.class == name).map(|(known, _)| known);
        if let Some(name) = named.or(classed) {
            return Ok(Kind { name });
        }
    }
    if let Err(class) = python::hash(value) {
        let message = format!("`type` is a {class} and must be a string");
        return Fault::new("rule.type", "TypeError", message).at(rule.at("type")).key("type").stop();
    }
    modules::class(value, rule.at("type"), "type")?;
    Fault::ea("rule.type", "there is no such rule type").at(rule.at("type")).key("type").stop()
}

fn construct(kind: Kind, rule: &mut Dict<'_>, files: &Files<'_>, needs: &mut Vec<Need>) -> Result<()> {
    match kind.name {
        "blacklist" => entries(rule, "blacklist", files),
        "whitelist" => entries(rule, "whitelist", files),
        "cardinality" => one_of(rule, kind, ["max_cardinality", "min_cardinality"]),
        "new_term" => new_term::check(rule, files, needs),
        "metric_aggregation" => {
            bucket_interval(rule)?;
            one_of(rule, kind, ["max_threshold", "min_threshold"])?;
            metric(rule)
        }
        "spike_aggregation" => {
            bucket_interval(rule)?;
            metric(rule)?;
            if rule.is_true("bucket_interval") {
                let message = "`bucket_interval` may not stand in a rule of type `spike_aggregation`";
                let fault = Fault::ea("rule.option", message).at(rule.at("bucket_interval"));
                return fault.key("bucket_interval").stop();
            }
            Ok(())
        }
        "percentage_match" => {
            bucket_interval(rule)?;
            one_of(rule, kind, ["max_percentage", "min_percentage"])
        }
        _ => Ok(()),
    }
}

fn one_of(rule: &Dict<'_>, kind: Kind, options: [&str; 2]) -> Result<()> {
    if options.iter().any(|option| rule.has(option)) {
        return Ok(());
    }
    let message = format!("a rule of type `{}` needs `{}` or `{}`", kind.name, options[0], options[1]);
    Fault::ea("rule.option", message).at(rule.at("type")).key("type").stop()
}

/// Lists may name files that hold more of them.
fn entries(rule: &mut Dict<'_>, key: &'static str, files: &Files<'_>) -> Result<()> {
    let fail = |rule: &Dict<'_>, class: &'static str, message: String| {
        Fault::new("rule.file", class, message).at(rule.at(key)).key(key).stop()
    };
    let Some(items) = rule.get(key).and_then(python::iterate) else {
        return fail(rule, "TypeError", format!("`{key}` is no list"));
    };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = item.text() else {
            return fail(
                rule,
                "AttributeError",
                format!("`{key}` holds {} and must hold strings", item.kind()),
            );
        };
        if !text.starts_with("!file") {
            all.push(item);
            continue;
        }
        let Some(path) = text.split_whitespace().nth(1) else {
            return fail(rule, "IndexError", format!("`{key}` has a `!file` that names no file"));
        };
        if item.names_no_file() {
            return fail(rule, "UnicodeEncodeError", format!("`{key}` names a file by half of a character"));
        }
        match files.find(path) {
            Found::File(_, bytes) => {
                let Ok(text) = std::str::from_utf8(bytes) else {
                    let message = format!("`{key}` names a file that is not UTF-8");
                    return fail(rule, "UnicodeDecodeError", message);
                };
                all.extend(text.lines().map(|line| Value::Text(line.trim_end().to_owned().into())));
            }
            _ => {
                files.open(path, &format!("the file that `{key}` names")).map_err(|stop| match stop {
                    Stop::Fault(fault) => Stop::Fault(Box::new((*fault).at(rule.at(key)).key(key))),
                    Stop::Unknown(need) => Stop::Unknown(need),
                })?;
            }
        }
    }
    rule.set(key, Value::List(all));
    Ok(())
}

/// Buckets of time that the query is parted into: one unit, and it must go into the time of a query.
fn bucket_interval(rule: &Dict<'_>) -> Result<()> {
    let key = "bucket_interval";
    if !rule.is_true(key) {
        return Ok(());
    }
    let fail = |class: &'static str, message: &str| {
        Fault::new("rule.duration", class, message).at(rule.at(key)).key(key).stop()
    };
    let Some(value) = rule.get(key) else { return Ok(()) };
    let units = ["seconds", "minutes", "hours", "days", "weeks"];
    let named: Vec<Value<'_>> = match value.view() {
        View::Text(text) if !units.iter().any(|unit| text.contains(unit)) => {
            return fail("EAException", "`bucket_interval` has none of seconds, minutes, hours, days, weeks");
        }
        View::Text(_) => return fail("TypeError", "`bucket_interval` is a string and must be a mapping"),
        View::Map(_) => python::iterate(value).unwrap_or_default(),
        _ => match python::iterate(value) {
            Some(items) if items.iter().any(|item| item.text().is_some_and(|text| units.contains(&text))) => {
                return fail("TypeError", "`bucket_interval` is a list and must be a mapping");
            }
            Some(items) => items,
            None => return fail("TypeError", "`bucket_interval` must be a mapping"),
        },
    };
    if !named.iter().any(|unit| unit.text().is_some_and(|unit| units.contains(&unit))) {
        return fail("EAException", "`bucket_interval` has none of seconds, minutes, hours, days, weeks");
    }
    let (whole, name) = if rule.is_true("use_run_every_query_size") {
        (rule.get("run_every"), "run_every")
    } else {
        (rule.get("buffer_time"), "buffer_time")
    };
    let Some(Value::Duration(part)) = rule.get("bucket_interval_timedelta") else {
        // One that comes from the configuration was never made into a time.
        return fail("KeyError", "`bucket_interval` cannot come from the configuration");
    };
    let whole = match whole.map(Value::view) {
        Some(View::Duration(micros)) => micros,
        Some(View::Null) => 0,
        None => return fail("KeyError", &format!("there is no `{name}`")),
        Some(_) => return fail("AttributeError", &format!("`{name}` is no time")),
    };
    match divides(*part, whole) {
        None => fail("ZeroDivisionError", "`bucket_interval` is no time at all"),
        Some(true) => Ok(()),
        Some(false) => fail("EAException", &format!("`{name}` must be a multiple of `bucket_interval`")),
    }
}

/// What is counted, and how.
fn metric(rule: &Dict<'_>) -> Result<()> {
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("rule.value", class, message).at(rule.at(key)).key(key).stop()
    };
    let known = ["min", "max", "avg", "sum", "cardinality", "value_count", "percentiles"];
    for key in ["metric_agg_key", "metric_agg_type"] {
        let value = rule.get(key);
        if value.and_then(Value::text).is_none() {
            let kind = value.map_or("nothing", Value::kind);
            return fail(key, "TypeError", format!("`{key}` is {kind} and must be a string"));
        }
    }
    let kind = rule.get("metric_agg_type").and_then(Value::text).unwrap_or_default();
    if !known.contains(&kind) {
        return fail(
            "metric_agg_type",
            "EAException",
            format!("`metric_agg_type` must be one of {}", known.join(", ")),
        );
    }
    if kind == "percentiles" {
        match rule.get("percentile_range").map(Value::view) {
            None => {
                let message = "percentiles need a `percentile_range`".to_owned();
                return fail("metric_agg_type", "KeyError", message);
            }
            Some(View::Null) => {
                let message = "percentiles need a `percentile_range`".to_owned();
                return fail("percentile_range", "EAException", message);
            }
            Some(_) => {}
        }
        // The query is completed in place, and a script that is a text is made a mapping first.
    }
    Ok(())
}
