//! The template of an alert's text, which is compiled while a rule is loaded. What it renders to is known only when
//! an alert is sent.

mod grammar;
#[cfg(test)]
mod tests;

use super::dict::Dict;
use super::fault::{Fault, Result, Stop};
use super::files::{Files, Found, join};
use super::outcome::{At, Need};
use super::python;
use super::value::{Value, View};

/// Loads the template, if the rule has one.
pub(super) fn load(rule: &mut Dict<'_>, files: &Files<'_>) -> Result<()> {
    if rule.get("alert_text_type").and_then(Value::text) != Some("alert_text_jinja") {
        return Ok(());
    }
    if let Some(filters) = rule.get("jinja_filters").filter(|value| value.is_true()) {
        filter_modules(rule, filters)?;
    }
    let template = "jinja2.environment.Template";
    match rule.get("jinja_template_path").filter(|value| value.is_true()).cloned() {
        Some(path) => from_file(rule, &path, files)?,
        None => from_text(rule)?,
    }
    rule.set("jinja_template", Value::Object(template));
    Ok(())
}

/// Filters are modules of Python's.
fn filter_modules(rule: &Dict<'_>, filters: &Value<'_>) -> Result<()> {
    let Some(items) = python::iterate(filters) else {
        let message = format!("`jinja_filters` is {} and must be a list", filters.kind());
        return Fault::new("rule.type", "TypeError", message)
            .at(rule.at("jinja_filters"))
            .key("jinja_filters")
            .stop();
    };
    for item in items {
        super::modules::class(&item, rule.at("jinja_filters"), "jinja_filters")?;
    }
    Ok(())
}

fn from_text(rule: &Dict<'_>) -> Result<()> {
    let key = "alert_text";
    let Some(value) = rule.get(key) else { return Ok(()) };
    match value.view() {
        View::Text(text) => grammar::compile(text).or_else(|error| refuse(&error, rule.at(key), key)),
        // `str()` of anything else; what stands in a list or a mapping may still be a template.
        View::Null | View::Bool(_) | View::Int(_) | View::Float(_) | View::Date(_) | View::DateTime(_) => {
            Ok(())
        }
        _ => Err(Stop::Unknown(Need::Other { what: format!("`{key}` is {}", value.kind()) })),
    }
}

fn from_file(rule: &Dict<'_>, path: &Value<'_>, files: &Files<'_>) -> Result<()> {
    let key = "jinja_template_path";
    let names = match path.text() {
        Some(name) => vec![name.to_owned()],
        None if path.is_list() => {
            let names = python::iterate(path).unwrap_or_default();
            names.iter().filter_map(|name| name.text().map(str::to_owned)).collect()
        }
        None => {
            let message = format!("`{key}` is {} and must be a path", path.kind());
            return Fault::new("rule.type", "TypeError", message).at(rule.at(key)).key(key).stop();
        }
    };
    for name in &names {
        // A leading slash is lost: paths are always taken from the folder in which ElastAlert starts.
        let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            continue;
        }
        match files.find(&parts.join("/")) {
            Found::File(_, bytes) => {
                let Ok(text) = std::str::from_utf8(bytes) else {
                    let message = "the template is not UTF-8";
                    return Fault::new("rule.jinja", "UnicodeDecodeError", message)
                        .at(rule.at(key))
                        .key(key)
                        .stop();
                };
                return grammar::compile(text).or_else(|error| refuse(&error, rule.at(key), key));
            }
            Found::Elsewhere => {
                let path = join("/", &parts.join("/"));
                return Err(Stop::Unknown(Need::File { path }));
            }
            _ => {}
        }
    }
    let class = if names.len() == 1 { "TemplateNotFound" } else { "TemplatesNotFound" };
    let message = format!("`{key}` names a template that does not exist");
    let fault = Fault::new("rule.jinja", class, message).at(rule.at(key)).key(key);
    fault.hint("the path is taken from the folder in which ElastAlert starts, whether it begins with a slash or not").stop()
}

/// Tells of a template that cannot be compiled.
fn refuse(refused: &grammar::Refused, at: Option<At>, key: &str) -> Result<()> {
    if refused.class == grammar::DOUBT {
        return Err(Stop::Unknown(Need::Other {
            what: "a template with an arm that may never be reached".into(),
        }));
    }
    let message = match refused.line {
        Some(line) => format!("the template is wrong in its line {line}: {}", refused.message),
        None => format!("the template is wrong: {}", refused.message),
    };
    let mut fault = Fault::new("rule.jinja", refused.class, message).at(at).key(key);
    fault.template_line = refused.line;
    fault.stop()
}
