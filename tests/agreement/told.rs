//! What is said about one workspace, by whomever: a line for the configuration and one for each rule. The judge's lines
//! are read into it, and it is what the recorded answers hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// Everything that is said about one workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// What the workspace was when it was asked about.
    pub(crate) print: String,
    pub(crate) config: Told,
    pub(crate) rules: Vec<Told>,
}

/// What is said about one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    pub(crate) path: String,
    /// `loads`, `refused`, `unsure`, `hangs` or `died`
    pub(crate) verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The class of the exception that ends the loader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
    /// The class of what it was raised for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// Whether `skip_invalid` would step over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caught: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<String>,
    /// For people; it is not compared with ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The rule as the loader has it; in the recorded answers only where it differs from the plainest rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Json>,
}

impl Answer {
    /// Without the sentences, in which Python may print a set in any order.
    pub(crate) fn without_words(&self) -> Self {
        let quiet = |told: &Told| Told { message: None, ..told.clone() };
        Self {
            config: quiet(&self.config),
            rules: self.rules.iter().map(quiet).collect(),
            print: self.print.clone(),
        }
    }
}

impl Told {
    /// A line of the judge's.
    pub(crate) fn read(line: &Json) -> Self {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let error = &line["error"];
        let needs = line["needs"].as_array().into_iter().flatten();
        let mut needs: Vec<String> = needs
            .map(|need| format!("{} {}", need["kind"].as_str().unwrap(), need["where"].as_str().unwrap()))
            .collect();
        needs.sort();
        let verdict = text(&line["verdict"]).unwrap();
        // A place is one in the rule only as long as that is what is read.
        let line_is_known =
            line["stage"].is_null() || line["stage"] == "read" || error["class"] != "UnicodeDecodeError";
        let values = if verdict == "loads" { line.get("values").cloned().map(in_order) } else { None };
        Self {
            path: text(&line["path"]).unwrap(),
            name: text(&line["name"]),
            class: text(&error["class"]),
            cause: text(&error["cause"]),
            line: error["line"].as_u64().filter(|_| line_is_known),
            caught: line["skip_invalid_catches"].as_bool(),
            message: text(&error["message"]),
            needs,
            verdict,
            values,
        }
    }

    pub(crate) fn loads(&self) -> bool {
        self.verdict == "loads"
    }
}

/// The loader makes a set of what is to be included: it has no order that means anything.
pub(crate) fn in_order(mut values: Json) -> Json {
    for pair in values.get_mut("$map").and_then(Json::as_array_mut).into_iter().flatten() {
        if pair[0] == "include"
            && let Some(items) = pair[1].as_array_mut()
        {
            items.sort_by_cached_key(ToString::to_string);
        }
    }
    values
}

/// The keys in which a rule differs from the plainest one: those that differ or are new, and the names of those that
/// it lacks.
pub(crate) fn shortened(values: &Json, plain: &Map<String, Json>) -> Json {
    let Some(values) = values.as_object() else { return values.clone() };
    let more: Map<String, Json> = values
        .iter()
        .filter(|(key, value)| plain.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let less: Vec<&String> = plain.keys().filter(|key| !values.contains_key(*key)).collect();
    if less.is_empty() { json!({ "more": more }) } else { json!({ "more": more, "less": less }) }
}

/// The whole of what was shortened.
pub(crate) fn lengthened(short: &Json, plain: &Map<String, Json>) -> Json {
    let Some(more) = short["more"].as_object() else { return short.clone() };
    let mut values = plain.clone();
    for key in short["less"].as_array().into_iter().flatten() {
        values.remove(key.as_str().unwrap());
    }
    values.extend(more.clone());
    Json::Object(values)
}

/// Answers by the name of the workspace.
pub(crate) type Answers = BTreeMap<String, Answer>;
