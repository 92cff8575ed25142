//! `elastalert.yaml`: what the environment overrides, what must be there, times, and all that `ElastAlert` makes of
//! it when it starts, rules aside. What is wrong here keeps every rule from loading.

use std::collections::BTreeMap;

use super::dict::Dict;
use super::durations::{DAY, duration};
use super::fault::{EA, Fault, Result, Stop};
use super::files::Files;
use super::outcome::{Need, Step};
use super::read::Parsed;
use super::value::{self, Value, View};
use super::{alerters, client, logging, modules, python};
use crate::domain::check::facts;

/// The configuration as rules take their defaults from it.
pub(super) fn load<'a>(file: &'a Parsed, variables: &'a BTreeMap<String, String>) -> Result<Dict<'a>> {
    let entries = match file.root().map(value::view) {
        Some(View::Map(entries)) => entries,
        other => return no_mapping(file, other.as_ref()),
    };
    let mut conf = Dict::read(file, entries);
    if let Some(value) = conf.get("logging") {
        logging::check(value, conf.at("logging").as_ref())?;
    }
    overrides(&mut conf, variables)?;
    required(&conf, file, &["run_every", "es_host", "es_port", "writeback_index", "buffer_time"])?;
    conf.set_default("max_query_size", Value::Number(10_000));
    conf.set_default("scroll_keepalive", Value::Text("30s".into()));
    conf.set_default("max_scrolling_count", Value::Number(990));
    conf.set_default("disable_rules_on_error", Value::Bool(true));
    conf.set_default("scan_subdirectories", Value::Bool(true));
    conf.set_default("rules_loader", Value::Text("file".into()));
    conf.set_default("custom_pretty_ts_format", Value::Null);
    for (key, default) in
        [("run_every", 0), ("buffer_time", 0), ("alert_time_limit", 2 * DAY), ("old_query_limit", 7 * DAY)]
    {
        time(&mut conf, key, default)?;
    }
    loader(&conf)?;
    required(&conf, file, &["rules_folder"])?;
    Ok(conf)
}

fn no_mapping<T>(file: &Parsed, root: Option<&View<'_, '_>>) -> Result<T> {
    let at = Some(file.root().map_or_else(|| file.start(), |root| file.at(root.node)));
    let (code, class, message) = match root {
        None | Some(View::Null) => ("yaml.empty", "TypeError", "the configuration holds nothing".to_owned()),
        Some(view) => {
            let walked = matches!(
                view,
                View::Text(_) | View::List(_) | View::Pairs(_) | View::Tuple(_) | View::Set(_)
            );
            let logging = match view {
                View::Text(text) => text.contains("logging"),
                View::List(list) => list.iter().any(|item| item.text() == Some("logging")),
                View::Tuple(items) | View::Set(items) => {
                    items.iter().any(|item| Value::Read(item).text() == Some("logging"))
                }
                _ => false,
            };
            let class = if walked && !logging { "AttributeError" } else { "TypeError" };
            ("yaml.mapping", class, format!("the configuration is {} and not a mapping", view.kind()))
        }
    };
    Fault::new(code, class, message).at(at).stop()
}

/// What variables of the container's environment say instead.
fn overrides<'a>(conf: &mut Dict<'a>, variables: &'a BTreeMap<String, String>) -> Result<()> {
    const TRUE: [&str; 6] = ["true", "on", "ok", "y", "yes", "1"];
    let order = [
        "ES_USE_SSL",
        "ES_BEARER",
        "ES_PASSWORD",
        "ES_USERNAME",
        "ES_API_KEY",
        "ES_HOST",
        "ES_HOSTS",
        "ES_PORT",
        "ES_URL_PREFIX",
        "STATSD_INSTANCE_TAG",
        "STATSD_HOST",
    ];
    for variable in order {
        let key = facts::elastalert().environment.get(variable).and_then(Option::as_ref);
        let (Some(key), Some(given)) = (key, variables.get(variable)) else { continue };
        if given.starts_with("{{") {
            // The library that reads it takes it for the name of another variable, and fails.
            let message = format!("the variable {variable} begins with two braces");
            return Fault::new("config.variable", "TypeError", message).stop();
        }
        let value = if variable == "ES_USE_SSL" {
            Value::Bool(TRUE.contains(&given.to_lowercase().as_str()))
        } else {
            Value::Text(given.into())
        };
        conf.set(key, value);
    }
    Ok(())
}

fn required(conf: &Dict<'_>, file: &Parsed, keys: &[&str]) -> Result<()> {
    let missing: Vec<&str> = keys.iter().filter(|key| !conf.has(key)).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("the configuration gives no {}", super::rule_types::quoted(&missing));
    let mut at = file.start();
    at.range = 0..0;
    Fault::ea("config.required", message).at(Some(at)).stop()
}

fn time(conf: &mut Dict<'_>, key: &'static str, default: i128) -> Result<()> {
    let Some(value) = conf.get(key) else {
        conf.set_default(key, Value::Duration(default));
        return Ok(());
    };
    match duration(value) {
        Ok(micros) => {
            conf.set(key, Value::Duration(micros));
            Ok(())
        }
        Err(error) => {
            let caught = error.class == "TypeError";
            let class = if caught { EA } else { error.class };
            let mut fault = Fault::new("config.duration", class, format!("`{key}` {}", error.message));
            fault = fault.at(conf.at(key)).key(key);
            fault.cause = caught.then_some("TypeError");
            fault.path.extend(error.unit.map(Step::Key));
            fault.stop()
        }
    }
}

/// Rules come from files, or through a module of somebody's.
fn loader(conf: &Dict<'_>) -> Result<()> {
    let key = "rules_loader";
    let Some(value) = conf.get(key) else { return Ok(()) };
    if value.text() == Some("file") || value.text() == Some("elastalert.loaders.FileRulesLoader") {
        return Ok(());
    }
    if let Err(class) = python::hash(value) {
        let message = format!("`{key}` is a {class} and must be a string");
        return Fault::new("config.value", "TypeError", message).at(conf.at(key)).key(key).stop();
    }
    modules::class(value, conf.at(key), key)
}

/// What is made when `ElastAlert` starts: alerters for its own troubles, a pool of threads, clients.
pub(super) fn start(conf: &Dict<'_>, files: &Files<'_>, needs: &mut Vec<Need>) -> Result<()> {
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("config.value", class, message).at(conf.at(key)).key(key).stop()
    };
    if conf.has("notify_alert") {
        let mut own = conf.clone();
        own.put(super::dict::Item {
            key: super::dict::Key::Text("name".into()),
            value: Value::Text("ElastAlert 2 System Error Notification".into()),
            from: None,
        });
        alerters::load(&mut own, "notify_alert", files, needs)?;
    }
    let threads = whole(conf, "max_threads")?;
    if threads.is_some_and(|count| count < 1) {
        return fail("max_threads", "ValueError", "`max_threads` must be at least 1".to_owned());
    }
    if !conf.get("misfire_grace_time").is_some_and(|value| matches!(value.view(), View::Null)) {
        whole(conf, "misfire_grace_time")?;
    }
    if let Some(host) = conf.get("statsd_host").filter(|value| value.is_true()) {
        if host.text().is_none() && python::iterate(host).is_none() {
            return fail(
                "statsd_host",
                "TypeError",
                format!("`statsd_host` is {} and must be a string", host.kind()),
            );
        }
        needs.push(Need::Statsd { at: format!("{}:8125", host.text().unwrap_or_default()) });
    }
    client::check(conf, files).map(|_| ())
}

/// `int()` of an option.
fn whole(conf: &Dict<'_>, key: &str) -> Result<Option<i128>> {
    let fail = |class: &'static str, what: &str| {
        Fault::new("config.value", class, format!("`{key}` {what}")).at(conf.at(key)).key(key).stop()
    };
    let Some(value) = conf.get(key) else { return Ok(None) };
    match value.view() {
        View::Bool(value) => Ok(Some(i128::from(value))),
        View::Int(value) if value.is_negative() => Ok(Some(value.as_i128().unwrap_or(i128::MIN))),
        View::Int(value) => Ok(Some(value.as_i128().unwrap_or(i128::MAX))),
        View::Float(value) if value.is_nan() => fail("ValueError", "is not a number"),
        View::Float(value) if value.is_infinite() => fail("OverflowError", "is infinite"),
        #[expect(clippy::cast_possible_truncation, reason = "as Python's int")]
        View::Float(value) => Ok(Some(value as i128)),
        View::Text(text) => match text.trim().replace('_', "").parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => fail("ValueError", "is no whole number"),
        },
        other => fail("TypeError", &format!("is {} and must be a whole number", other.kind())),
    }
}

/// What stands for a configuration that is not there.
pub(super) fn absent() -> Stop {
    let message = "there is no configuration";
    Stop::Fault(Box::new(Fault::new("config.absent", "FileNotFoundError", message)))
}
