//! `ElastAlert`'s JSON Schema over Python's values. Not everything that YAML gives is JSON: a date is of no type, a key
//! may be a number, `5.0` is an integer and `True` is none. It stops at the first thing that is wrong and knows where.

use std::collections::HashMap;
use std::sync::OnceLock;

use pyyaml::Located;
use serde_json::Value as Json;

use super::dict::{Dict, Item};
use super::fault::{EA, Fault, Result};
use super::outcome::Step;
use super::value::{self, Value, View};
use crate::domain::check::facts;

/// A schema, ready to be held against values.
#[derive(Debug, Default)]
struct Schema {
    types: Vec<Type>,
    values: Option<Vec<Json>>,
    required: Vec<String>,
    properties: HashMap<String, Self>,
    closed: bool,
    each: Option<Box<Self>>,
    items: Option<Box<Self>>,
    any: Vec<Self>,
    one: Vec<Self>,
    least: Option<f64>,
    most: Option<f64>,
    shortest: usize,
    fewest: usize,
    dotted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

impl Type {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            "null" => Self::Null,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Array => "a list",
            Self::Object => "a mapping",
            Self::Null => "nothing",
        }
    }

    fn takes(self, view: &View<'_, '_>) -> bool {
        match self {
            Self::String => matches!(view, View::Text(_)),
            Self::Integer => match view {
                View::Int(_) => true,
                View::Float(value) => value.is_finite() && value.fract() == 0.0,
                _ => false,
            },
            Self::Number => matches!(view, View::Int(_) | View::Float(_) | View::Complex(..)),
            Self::Boolean => matches!(view, View::Bool(_)),
            Self::Array => matches!(view, View::List(_) | View::Pairs(_)),
            Self::Object => matches!(view, View::Map(_)),
            Self::Null => matches!(view, View::Null),
        }
    }
}

/// What is wrong, and the way to it from the value that was looked at.
struct Wrong<'v> {
    class: &'static str,
    code: &'static str,
    message: String,
    path: Vec<Step>,
    node: Option<&'v Located>,
}

type Verdict<'v> = std::result::Result<(), Box<Wrong<'v>>>;

fn wrong<'v>(code: &'static str, message: String, node: Option<&'v Located>) -> Verdict<'v> {
    Err(Box::new(Wrong { class: EA, code, message, path: Vec::new(), node }))
}

impl Schema {
    fn read(json: &Json) -> Self {
        let list = |key: &str| json.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let boxed = |key: &str| json.get(key).map(|inner| Box::new(Self::read(inner)));
        let strings = |key: &str| list(key).iter().filter_map(Json::as_str).map(str::to_owned).collect();
        let size =
            |key: &str| json.get(key).and_then(Json::as_u64).and_then(|size| usize::try_from(size).ok());
        let types = match json.get("type") {
            Some(Json::String(name)) => Type::of(name).into_iter().collect(),
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).filter_map(Type::of).collect(),
            _ => Vec::new(),
        };
        let properties = json.get("properties").and_then(Json::as_object);
        let patterns = json.get("patternProperties").and_then(Json::as_object);
        Self {
            types,
            values: json.get("enum").and_then(Json::as_array).cloned(),
            required: strings("required"),
            properties: properties
                .map(|all| all.iter().map(|(key, inner)| (key.clone(), Self::read(inner))).collect())
                .unwrap_or_default(),
            closed: json.get("additionalProperties") == Some(&Json::Bool(false)),
            each: patterns.and_then(|all| all.values().next()).map(|inner| Box::new(Self::read(inner))),
            items: boxed("items"),
            any: list("anyOf").iter().map(Self::read).collect(),
            one: list("oneOf").iter().map(Self::read).collect(),
            least: json.get("minimum").and_then(Json::as_f64),
            most: json.get("maximum").and_then(Json::as_f64),
            shortest: size("minLength").unwrap_or(0),
            fewest: size("minItems").or_else(|| size("minProperties")).unwrap_or(0),
            dotted: json.get("pattern").is_some(),
        }
    }

    fn check<'v>(&self, view: &View<'v, 'v>, node: Option<&'v Located>) -> Verdict<'v> {
        if !self.types.is_empty() && !self.types.iter().any(|each| each.takes(view)) {
            let wanted: Vec<&str> = self.types.iter().map(|each| each.name()).collect();
            return wrong(
                "rule.type",
                format!("is {} and must be {}", view.kind(), wanted.join(" or ")),
                node,
            );
        }
        if let Some(values) = &self.values
            && !values.iter().any(|json| equals(json, view))
        {
            let known: Vec<String> = values.iter().map(shown).collect();
            return wrong("rule.value", format!("must be one of {}", known.join(", ")), node);
        }
        match view {
            View::Text(text) => {
                if text.chars().take(self.shortest).count() < self.shortest {
                    return wrong("rule.value", "must not be empty".to_owned(), node);
                }
                if self.dotted && !text.contains('.') {
                    return wrong("rule.value", "must be the path of a Python class".to_owned(), node);
                }
            }
            View::Int(_) | View::Float(_) => self.check_bounds(view, node)?,
            View::List(list) => {
                if list.len() < self.fewest {
                    return wrong("rule.value", "must not be empty".to_owned(), node);
                }
                if let Some(schema) = &self.items {
                    for (index, item) in list.iter().enumerate() {
                        if let Value::Read(item) = item {
                            within(schema.check(&value::view(item), Some(item)), || Step::Index(index))?;
                        }
                    }
                }
            }
            View::Pairs(pairs) => {
                if pairs.len() < self.fewest {
                    return wrong("rule.value", "must not be empty".to_owned(), node);
                }
                if let (Some(schema), false) = (&self.items, pairs.is_empty()) {
                    within(schema.check(&View::Other("tuple"), node), || Step::Index(0))?;
                }
            }
            View::Map(entries) => self.check_map(entries, node)?,
            _ => {}
        }
        self.check_branches(view, node)
    }

    fn check_bounds<'v>(&self, view: &View<'v, 'v>, node: Option<&'v Located>) -> Verdict<'v> {
        if self.least.is_none() && self.most.is_none() {
            return Ok(());
        }
        let number = match view {
            View::Int(value) => value.to_string().parse().unwrap_or(f64::NAN),
            View::Float(value) => *value,
            _ => return Ok(()),
        };
        if let Some(least) = self.least.filter(|least| number < *least) {
            return wrong("rule.value", format!("must be at least {least}"), node);
        }
        if let Some(most) = self.most.filter(|most| number > *most) {
            return wrong("rule.value", format!("must be at most {most}"), node);
        }
        Ok(())
    }

    fn check_map<'v>(&self, entries: &'v [pyyaml::Entry], node: Option<&'v Located>) -> Verdict<'v> {
        if entries.len() < self.fewest {
            return wrong("rule.value", "must not be empty".to_owned(), node);
        }
        for name in &self.required {
            if !entries.iter().any(|entry| Value::Read(&entry.key).text() == Some(name)) {
                return wrong("rule.option", format!("has no `{name}`"), node);
            }
        }
        for entry in entries {
            let key = Value::Read(&entry.key);
            let Some(name) = key.text() else {
                if self.each.is_some() {
                    let message = format!("has {} as a key, where only strings may stand", key.kind());
                    let class = "TypeError";
                    let node = Some(&entry.key);
                    return Err(Box::new(Wrong {
                        class,
                        code: "rule.value",
                        message,
                        path: Vec::new(),
                        node,
                    }));
                }
                if self.closed {
                    return wrong("rule.value", "has a key that is no string".to_owned(), Some(&entry.key));
                }
                continue;
            };
            let check = |schema: &Self| {
                within(schema.check(&value::view(&entry.value), Some(&entry.value)), || {
                    Step::Key(name.to_owned())
                })
            };
            if let Some(schema) = self.properties.get(name) {
                check(schema)?;
                continue;
            }
            match &self.each {
                Some(schema) if has_a_line(name) => check(schema)?,
                _ if self.closed => return self.unknown(name, entry),
                _ => {}
            }
        }
        Ok(())
    }

    fn unknown<'v>(&self, name: &str, entry: &'v pyyaml::Entry) -> Verdict<'v> {
        let mut known: Vec<&str> = self.properties.keys().map(String::as_str).collect();
        known.sort_unstable();
        let near = crate::domain::token::nearest(name, known.iter().copied());
        let shown = name.escape_debug();
        let message = match near {
            Some(near) => format!("has no `{shown}`; did you mean `{near}`?"),
            None => format!("has no `{shown}`; it knows {}", known.join(", ")),
        };
        let verdict = wrong("rule.value", message, Some(&entry.key));
        within(verdict, || Step::Key(name.to_owned()))
    }

    fn check_branches<'v>(&self, view: &View<'v, 'v>, node: Option<&'v Located>) -> Verdict<'v> {
        if !self.any.is_empty() {
            let mut first = Ok(());
            for branch in &self.any {
                match branch.check(view, node) {
                    Ok(()) => return Ok(()),
                    wrong => first = deeper(first, wrong),
                }
            }
            return first;
        }
        if self.one.is_empty() {
            return Ok(());
        }
        let mut first = Ok(());
        let mut met = 0;
        for branch in &self.one {
            match branch.check(view, node) {
                Ok(()) => met += 1,
                Err(error) if error.class != EA => return Err(error),
                wrong => first = deeper(first, wrong),
            }
        }
        match met {
            0 => first,
            1 => Ok(()),
            _ => wrong("rule.value", "can be read in two ways".to_owned(), node),
        }
    }
}

/// Of two errors the one that lies deeper: it comes from the branch that was meant.
fn deeper<'v>(one: Verdict<'v>, other: Verdict<'v>) -> Verdict<'v> {
    match (one, other) {
        (Err(one), Err(other)) => Err(if other.path.len() > one.path.len() { other } else { one }),
        (Ok(()), other) => other,
        (one, Ok(())) => one,
    }
}

fn within(verdict: Verdict<'_>, step: impl FnOnce() -> Step) -> Verdict<'_> {
    verdict.map_err(|mut wrong| {
        wrong.path.insert(0, step());
        wrong
    })
}

/// Whether `^.+$` is found in a key.
fn has_a_line(key: &str) -> bool {
    let line = key.strip_suffix('\n').unwrap_or(key);
    !line.is_empty() && !line.contains('\n')
}

fn equals(json: &Json, view: &View<'_, '_>) -> bool {
    match (json, view) {
        (Json::String(json), View::Text(text)) => json == text,
        (Json::Number(json), View::Int(value)) => {
            json.as_i64().is_some_and(|json| value.as_i64() == Some(json))
        }
        #[expect(clippy::float_cmp, reason = "Python compares them so")]
        (Json::Number(json), View::Float(value)) => json.as_f64().is_some_and(|json| json == *value),
        (Json::Number(json), View::Complex(real, imaginary)) => {
            *imaginary == 0.0 && json.as_f64().is_some_and(|json| (json - real).abs() == 0.0)
        }
        (Json::Bool(json), View::Bool(value)) => json == value,
        (Json::Null, View::Null) => true,
        _ => false,
    }
}

fn shown(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::read(&facts::elastalert().schema))
}

/// Holds the schema against a rule.
pub(super) fn validate(rule: &Dict<'_>) -> Result<()> {
    let schema = schema();
    for name in &schema.required {
        if !rule.has(name) {
            return refuse(Fault::ea("rule.required", format!("the rule has no `{name}`")));
        }
    }
    if let Some(item) = rule.get_item("type") {
        check_type(schema, item, rule)?;
    }
    // In the order of the rule, which is how a person reads; the loader goes by the order of the schema.
    let mut error = None;
    for item in rule.items() {
        let Some((name, property)) = item.name().and_then(|name| Some((name, schema.properties.get(name)?)))
        else {
            continue;
        };
        if let Err(found) = check_item(property, name, item) {
            error = error.or(Some(found));
        }
    }
    error.map_or(Ok(()), Err)
}

/// The branch of the schema that speaks of the rule's type.
fn check_type(schema: &Schema, item: &Item<'_>, rule: &Dict<'_>) -> Result<()> {
    // Anything but a string passes for the name of a module: patterns speak of strings only.
    let Some(kind) = item.value.text() else { return Ok(()) };
    if kind.contains('.') {
        return Ok(());
    }
    let named = |branch: &&Schema| {
        let values = branch.properties.get("type").and_then(|schema| schema.values.as_ref());
        values.is_some_and(|values| values.iter().any(|value| value.as_str() == Some(kind)))
    };
    let Some(branch) = schema.one.iter().find(named) else {
        let known: Vec<&str> = facts::elastalert().rule_types.keys().map(String::as_str).collect();
        let mut fault = Fault::ea("rule.type", format!("there is no rule type `{}`", kind.escape_debug()));
        fault = match crate::domain::token::nearest(kind, known.iter().copied()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault.hint(format!("the types are {}", known.join(", "))),
        };
        return refuse(fault.at(item.at()).key("type"));
    };
    for name in &branch.required {
        if !rule.has(name) {
            let message = format!("a rule of type `{kind}` has no `{name}`");
            return refuse(Fault::ea("rule.option", message).at(item.at()).key(name));
        }
    }
    for item in rule.items() {
        let property = item.name().filter(|name| *name != "type");
        if let Some((name, property)) = property.and_then(|name| Some((name, branch.properties.get(name)?))) {
            check_item(property, name, item)?;
        }
    }
    Ok(())
}

fn check_item(property: &Schema, name: &str, item: &Item<'_>) -> Result<()> {
    let node = if let Value::Read(located) = item.value { Some(located) } else { None };
    let Err(wrong) = property.check(&item.value.view(), node) else { return Ok(()) };
    let Wrong { class, code, message, mut path, node } = *wrong;
    path.insert(0, Step::Key(name.to_owned()));
    let shown: Vec<String> = path.iter().map(|step| step.to_string().escape_debug().to_string()).collect();
    let at = match (item.from, node) {
        (Some((file, ..)), Some(node)) => Some(file.at(node.node)),
        _ => item.at(),
    };
    let mut fault = Fault::new(code, class, format!("`{}` {message}", shown.join("."))).at(at);
    fault.path = path;
    if class == EA { refuse(fault) } else { fault.stop() }
}

fn refuse(mut fault: Fault) -> Result<()> {
    fault.cause = Some("ValidationError");
    fault.stop()
}
