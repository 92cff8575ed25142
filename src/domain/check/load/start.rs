//! What is done with a rule that was loaded and is enabled, before it runs: lists join the filter, and a job is made.
//! Errors here end `ElastAlert` even where it skips invalid rules.

use super::dict::Dict;
use super::durations::DAY;
use super::fault::{Fault, Result};
use super::python;
use super::value::{Value, View};

/// Days from now to the end of Python's calendar, and a little more.
const CALENDAR: i128 = 2_912_000;

/// Whether a rule can be made ready to run.
pub(super) fn check(rule: &Dict<'_>, config: &Dict<'_>) -> Result<()> {
    lists(rule)?;
    let raw = rule.get("raw_count_keys").is_none_or(Value::is_true);
    if raw && let Some(value) = rule.get("top_count_keys") {
        let Some(keys) = python::iterate(value) else {
            let message = format!("`top_count_keys` is {} and must be a list", value.kind());
            return Fault::new("rule.type", "TypeError", message)
                .at(rule.at("top_count_keys"))
                .key("top_count_keys")
                .stop();
        };
        let postfix = config.get("string_multi_field_name").filter(|value| value.is_true());
        if !keys.is_empty() && postfix.is_some_and(|value| value.text().is_none()) {
            let message = "`string_multi_field_name` must be a string";
            return Fault::new("config.value", "TypeError", message)
                .at(config.at("string_multi_field_name"))
                .stop();
        }
        let end = postfix.and_then(Value::text).unwrap_or(".keyword");
        if !value.is_list() && keys.iter().any(|key| key.text().is_some_and(|key| !key.ends_with(end))) {
            // The postfix is put behind each of them where it stands.
            let class = if matches!(value.view(), View::Map(_)) { "KeyError" } else { "TypeError" };
            let message = format!("`top_count_keys` is {} and must be a list", value.kind());
            let fault = Fault::new("rule.type", class, message).at(rule.at("top_count_keys"));
            return fault.key("top_count_keys").stop();
        }
        if keys.iter().any(|key| key.text().is_none()) {
            let message = "`top_count_keys` must hold strings";
            return Fault::new("rule.type", "AttributeError", message)
                .at(rule.at("top_count_keys"))
                .key("top_count_keys")
                .stop();
        }
    }
    let key = "run_every";
    match rule.get(key).map(Value::view) {
        Some(View::Duration(micros)) if micros / DAY > CALENDAR || micros / DAY < -740_000 => {
            let message = "`run_every` goes beyond the calendar";
            Fault::new("rule.duration", "OverflowError", message).at(rule.at(key)).key(key).stop()
        }
        _ => Ok(()),
    }
}

/// A list of what to look for joins the filter, whatever the type of the rule.
fn lists(rule: &Dict<'_>) -> Result<()> {
    if !rule.get("filter_by_list").is_none_or(Value::is_true) {
        return Ok(());
    }
    let Some(key) = ["blacklist", "whitelist"].into_iter().find(|key| rule.has(key)) else { return Ok(()) };
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("rule.type", class, message).at(rule.at(key)).key(key).stop()
    };
    let Some(terms) = rule.get(key).and_then(python::iterate) else {
        let kind = rule.get(key).map_or("nothing", Value::kind);
        return fail(key, "TypeError", format!("`{key}` is {kind} and must be a list"));
    };
    for term in terms {
        if term.text().is_none() {
            let class = if matches!(term.view(), View::Bytes(_)) { "TypeError" } else { "AttributeError" };
            return fail(key, class, format!("`{key}` holds {} and must hold strings", term.kind()));
        }
        match rule.get("compare_key") {
            None => return fail(key, "KeyError", format!("`{key}` needs a `compare_key`")),
            Some(value) if value.text().is_none() => {
                return fail(
                    "compare_key",
                    "TypeError",
                    format!("`compare_key` is {} and must be a string", value.kind()),
                );
            }
            Some(_) => {}
        }
    }
    match rule.get("filter") {
        Some(value) if !value.is_list() => {
            fail("filter", "AttributeError", format!("`filter` is {} and must be a list", value.kind()))
        }
        _ => Ok(()),
    }
}
