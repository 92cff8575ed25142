//! A rule with all that it imports: depth first, the last import of a file first, what stands nearer to the rule
//! wins, and filters are put one after the other. An import that leads back to itself never ends, and is told.

use std::sync::Arc;

use pyyaml::{Content, Entry};

use super::dict::{Dict, Item, Key};
use super::fault::{Fault, Result, Stop};
use super::files::{Files, folder, join};
use super::outcome::{At, Need};
use super::python;
use super::read::{self, Parsed};
use super::value::{self, Value, View};

/// The files of a rule in the order in which they are read.
#[derive(Debug)]
pub(super) struct Chain {
    files: Vec<Arc<Parsed>>,
    /// The rule is a set, which the loader takes as far as the schema.
    pub(super) is_set: bool,
}

/// A file that will be read, and the reads that led to it.
struct Next {
    path: String,
    at: Option<At>,
    parent: Option<usize>,
}

/// How many files one rule may have, imports repeated: with more nobody waits for its end.
const MOST: usize = 3_000;

/// Reads a rule and what it imports.
pub(super) fn gather(files: &Files<'_>, path: &str) -> Result<Chain> {
    let mut chain = Chain { files: Vec::new(), is_set: false };
    let mut reads: Vec<(String, Option<usize>)> = Vec::new();
    let mut stack = vec![Next { path: path.to_owned(), at: None, parent: None }];
    let mut filter: Option<Sort> = None;
    while let Some(next) = stack.pop() {
        if is_endless(&reads, &next) {
            let message = "it imports itself, and loading it never ends";
            return Fault::new("rule.import", "hangs", message).at(next.at).key("import").stop();
        }
        if reads.len() >= MOST {
            return Err(Stop::Unknown(Need::Other { what: "a rule with thousands of imports".into() }));
        }
        let file = read_one(files, &next)?;
        let at = reads.len();
        if chain.is_set {
            return no_update(&file);
        }
        match file.root().map(|root| &root.content) {
            Some(Content::Map(entries)) => {
                if let Some(entry) = entry(entries, "filter") {
                    let sort = Sort::of(&value::view(&entry.value));
                    filter = Some(match filter {
                        None => sort,
                        Some(other) if sort == other && sort != Sort::Other => sort,
                        Some(_) => {
                            let message = "its filters cannot be put together: one is no list";
                            let fault = Fault::new("rule.import", "TypeError", message);
                            return fault.at(Some(file.at(entry.value.node))).key("filter").stop();
                        }
                    });
                }
                if let Some(entry) = entry(entries, "import") {
                    let place = file.at(entry.value.node);
                    for path in imports(&Value::Read(&entry.value), path, &place)? {
                        stack.push(Next { path, at: Some(place.clone()), parent: Some(at) });
                    }
                }
            }
            Some(Content::Set(items)) => {
                let has = |name: &str| items.iter().any(|item| Value::Read(item).text() == Some(name));
                if (filter.is_some() && has("filter")) || has("import") {
                    let message = "the rule is a set and not a mapping";
                    return Fault::new("yaml.mapping", "TypeError", message).at(Some(root_at(&file))).stop();
                }
                chain.is_set = true;
            }
            _ => return no_mapping(&file, filter.is_some()),
        }
        reads.push((next.path, next.parent));
        chain.files.push(file);
    }
    Ok(chain)
}

fn read_one(files: &Files<'_>, next: &Next) -> Result<Arc<Parsed>> {
    let what = if next.at.is_some() { "what it imports" } else { "the rule" };
    let read = if next.at.is_some() {
        files.parse_shared(&next.path, what)
    } else {
        files.parse(&next.path, what).map(Arc::new)
    };
    read.map_err(|stop| match read::caught(stop) {
        // A missing file has no place of its own; what names it has.
        Stop::Fault(mut fault) if fault.at.is_none() => {
            fault.at.clone_from(&next.at);
            fault.code = "rule.import";
            Stop::Fault(fault)
        }
        stop => stop,
    })
}

/// Whether a file is read on behalf of itself for the second time: then it will be again and again.
fn is_endless(reads: &[(String, Option<usize>)], next: &Next) -> bool {
    let mut parent = next.parent;
    let mut times = 0;
    while let Some((path, above)) = parent.and_then(|at| reads.get(at)) {
        times += usize::from(*path == next.path);
        parent = *above;
    }
    times >= 2
}

fn entry<'f>(entries: &'f [Entry], name: &str) -> Option<&'f Entry> {
    entries.iter().find(|entry| Value::Read(&entry.key).text() == Some(name))
}

fn root_at(file: &Parsed) -> At {
    file.root().map_or_else(|| file.start(), |root| file.at(root.node))
}

/// What becomes of a file that is no mapping.
fn no_mapping<T>(file: &Parsed, filtered: bool) -> Result<T> {
    let Some(root) = file.root() else {
        let class = if filtered { "TypeError" } else { "AttributeError" };
        return Fault::new("yaml.empty", class, "the file holds nothing").at(Some(root_at(file))).stop();
    };
    let seen = value::view(root);
    let holds = |name: &str| match &seen {
        View::Text(text) => text.contains(name),
        View::List(list) => list.iter().any(|item| item.text() == Some(name)),
        View::Tuple(items) => items.iter().any(|item| Value::Read(item).text() == Some(name)),
        View::Pairs(_) => false,
        _ => true,
    };
    let class = if filtered && holds("filter") { "TypeError" } else { "AttributeError" };
    let (code, message) = match seen {
        View::Null => ("yaml.empty", "the file holds nothing".to_owned()),
        _ => ("yaml.mapping", format!("the file holds {} and not a mapping", seen.kind())),
    };
    Fault::new(code, class, message).at(Some(root_at(file))).stop()
}

/// A set stands where the next file wants to be joined with it.
fn no_update<T>(file: &Parsed) -> Result<T> {
    let message = "what imports it is a set and not a mapping";
    Fault::new("yaml.mapping", "ValueError", message).at(Some(root_at(file))).stop()
}

/// The paths that `import` names, made complete.
fn imports(value: &Value<'_>, rule: &str, place: &At) -> Result<Vec<String>> {
    let fault = |message: String| {
        Fault::new("rule.import", "TypeError", message).at(Some(place.clone())).key("import").stop()
    };
    let unwritten = || {
        let fault = Fault::new("rule.import", "UnicodeEncodeError", "`import` holds half of a character");
        fault.at(Some(place.clone())).key("import").stop()
    };
    let complete = |path: &str| join(folder(rule), path);
    if value.names_no_file() {
        return unwritten();
    }
    if let Some(path) = value.text() {
        return Ok(vec![complete(path)]);
    }
    let Some(items) = python::iterate(value) else {
        return fault(format!("`import` is {} and not a path", value.kind()));
    };
    let mut paths = Vec::with_capacity(items.len());
    for item in items {
        match item.text() {
            Some(_) if item.names_no_file() => return unwritten(),
            Some(path) => paths.push(complete(path)),
            None => return fault(format!("`import` names {} and not a path", item.kind())),
        }
    }
    Ok(paths)
}

/// What `+` makes of a filter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    List,
    Text,
    Bytes,
    Tuple,
    Number,
    Other,
}

impl Sort {
    fn of(view: &View<'_, '_>) -> Self {
        match view {
            View::List(_) | View::Pairs(_) => Self::List,
            View::Text(_) => Self::Text,
            View::Bytes(_) => Self::Bytes,
            View::Tuple(_) => Self::Tuple,
            View::Bool(_) | View::Int(_) | View::Float(_) | View::Complex(..) => Self::Number,
            _ => Self::Other,
        }
    }
}

/// The rule that a chain of files makes.
pub(super) fn merge<'a>(chain: &'a Chain, path: &str) -> Dict<'a> {
    let mut rule = Dict::default();
    rule.set_default("rule_file", Value::Text(path.to_owned().into()));
    for file in &chain.files {
        let Some(Content::Map(entries)) = file.root().map(|root| &root.content) else { continue };
        let mut loaded = Dict::read(file, entries);
        if let (Some(near), Some(far)) = (rule.get_item("filter"), loaded.get("filter")) {
            let value = match (python::iterate(far), python::iterate(&near.value)) {
                (Some(far), Some(near)) if rule.get("filter").is_some_and(Value::is_list) => {
                    Value::List(far.into_iter().chain(near).collect())
                }
                _ => Value::Odd(near.value.class()),
            };
            let item = Item { key: Key::Text("filter".into()), value, from: near.from };
            rule.put(item);
        }
        loaded.update(&rule);
        loaded.remove("import");
        rule = loaded;
    }
    rule
}
