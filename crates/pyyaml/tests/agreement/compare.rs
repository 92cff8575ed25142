//! Two answers to one text, compared kind by kind: verdict, class, mark and wording of an error, tree, styles,
//! positions, events and values. What may differ stands in one table, which the README shows too.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

/// What is compared, in the order in which a difference is worth looking at.
pub(crate) const KINDS: [&str; 10] = [
    "verdict",
    "error class",
    "error mark",
    "wording",
    "frame",
    "tree",
    "styles",
    "positions",
    "events",
    "values",
];

/// The recorded answers and the image have this version, whose own habits the crate has too.
const PYTHON: &str = "Python 3.13,";

/// A difference that is meant: its name, which the README explains, and how it is told.
struct Exception {
    name: &'static str,
    holds: fn(python: &str, theirs: &Json, ours: &Json) -> bool,
}

const EXCEPTIONS: [Exception; 5] = [
    // Python objects are not values of a YAML file.
    Exception {
        name: "python objects",
        holds: |_, theirs, ours| ours["error"]["class"] == "Limit" && theirs.to_string().contains("python/"),
    },
    // Values are trees.
    Exception {
        name: "cycles",
        holds: |_, theirs, ours| ours["error"]["class"] == "Limit" && theirs["values"][0] == "endless",
    },
    // Python counts its own frames, and each version differently.
    Exception {
        name: "depth",
        holds: |_, theirs, ours| {
            let deep = |answer: &Json| answer["error"]["class"] == "RecursionError";
            deep(theirs) || deep(ours)
        },
    },
    Exception {
        name: "numbers of directives",
        holds: |_, theirs, ours| {
            let version = theirs["events"][1][4].as_array();
            version.is_some_and(|parts| {
                parts.iter().any(|part| part.as_u64().is_none_or(|part| part > 0xffff_ffff))
            }) && agree_but_for("events", theirs, ours)
        },
    },
    Exception {
        name: "other versions of Python",
        holds: |python, theirs, ours| {
            let tagged = |tag| theirs["tree"].to_string().contains(tag);
            let binary = tagged("2002:binary") || tagged("python/bytes");
            let large = ours["error"]["text"] == "chr() arg not in range(0x110000)";
            !python.starts_with(PYTHON) && (binary || large)
        },
    },
];

fn agree_but_for(kind: &str, theirs: &Json, ours: &Json) -> bool {
    KINDS.iter().filter(|other| **other != kind).all(|other| part(other, theirs) == part(other, ours))
}

/// The name of the exception that explains a difference.
pub(crate) fn exception(python: &str, theirs: &str, ours: &str) -> Option<&'static str> {
    let (theirs, ours) = (read(theirs), read(ours));
    EXCEPTIONS
        .iter()
        .find(|exception| (exception.holds)(python, &theirs, &ours))
        .map(|exception| exception.name)
}

pub(crate) fn exceptions() -> impl Iterator<Item = &'static str> {
    EXCEPTIONS.iter().map(|exception| exception.name)
}

fn read(line: &str) -> Json {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

/// The part of an answer that a kind is about; `None` when the kind does not apply to it.
fn part(kind: &str, answer: &Json) -> Option<Json> {
    let error = &answer["error"];
    let marked = error.get("problem").is_some();
    let column = |keep: &[usize]| {
        let nodes = answer["tree"].as_array().into_iter().flatten();
        let keep = |node: &Json| match node.as_array() {
            Some(parts) => keep.iter().filter_map(|at| parts.get(*at)).cloned().collect(),
            None => node.clone(),
        };
        Some(nodes.map(keep).collect::<Json>())
    };
    match kind {
        "verdict" => Some(if error.is_null() { Json::Null } else { error["stage"].clone() }),
        "error class" => (!error.is_null()).then(|| error["class"].clone()),
        "error mark" => {
            marked.then(|| Json::from(vec![error["context_mark"].clone(), error["problem_mark"].clone()]))
        }
        "wording" if marked => Some(Json::from(vec![error["context"].clone(), error["problem"].clone()])),
        "wording" => (!error.is_null()).then(|| error["text"].clone()),
        "frame" => marked.then(|| error["text"].clone()),
        _ if error["stage"] == "compose" && kind != "events" => None,
        "tree" => column(&[0, 1, 2]),
        "styles" => column(&[3]),
        "positions" => column(&[4]),
        "events" => Some(answer["events"].clone()),
        _ => error.is_null().then(|| answer["values"].clone()),
    }
}

/// The first kind about which two answers differ.
pub(crate) fn first_difference(theirs: &str, ours: &str) -> Option<&'static str> {
    differences(theirs, ours).into_iter().find(|(_, agree)| !agree).map(|(kind, _)| kind)
}

/// For each kind that applies to PyYAML's answer and, if they agree so far, to ours, whether they agree. Where the
/// verdicts differ the rest means nothing.
fn differences(theirs: &str, ours: &str) -> Vec<(&'static str, bool)> {
    let (theirs, ours) = (read(theirs), read(ours));
    let mut all = Vec::new();
    for kind in KINDS {
        let (their_part, our_part) = (part(kind, &theirs), part(kind, &ours));
        if their_part.is_none() && our_part.is_none() {
            continue;
        }
        all.push((kind, their_part == our_part));
        if kind == "verdict" && their_part != our_part {
            break;
        }
    }
    all
}

/// How often both agreed, by kind.
#[derive(Default)]
pub(crate) struct Tally {
    /// What answered: `Python 3.13, PyYAML 6.0.3`
    pub(crate) python: String,
    texts: usize,
    agreed: BTreeMap<&'static str, (usize, usize)>,
    excepted: BTreeMap<&'static str, usize>,
    pub(crate) disagreed: usize,
}

impl Tally {
    pub(crate) fn of(python: &str) -> Self {
        Self { python: python.to_owned(), ..Self::default() }
    }

    /// Counts one text and says about which kind the answers differ first, when no exception explains it.
    pub(crate) fn count(&mut self, theirs: &str, ours: &str) -> Option<&'static str> {
        self.texts += 1;
        if theirs == ours {
            // Which kinds apply can be told without reading the line.
            let refused = theirs.starts_with(r#"{"error":{"#);
            let composed = !theirs.starts_with(r#"{"error":{"stage":"compose""#);
            let marked = refused && theirs.contains(r#","problem_mark":"#);
            for kind in KINDS {
                let applies = match kind {
                    "verdict" | "events" => true,
                    "error class" | "wording" => refused,
                    "error mark" | "frame" => marked,
                    "values" => !refused,
                    _ => composed,
                };
                self.add(kind, applies, true);
            }
            return None;
        }
        if let Some(name) = exception(&self.python, theirs, ours) {
            *self.excepted.entry(name).or_default() += 1;
            return None;
        }
        let differences = differences(theirs, ours);
        for (kind, agree) in &differences {
            self.add(kind, true, *agree);
        }
        self.disagreed += 1;
        Some(differences.iter().find(|(_, agree)| !agree).map_or("form", |(kind, _)| *kind))
    }

    fn add(&mut self, kind: &'static str, applies: bool, agree: bool) {
        let (agreed, of) = self.agreed.entry(kind).or_default();
        *of += usize::from(applies);
        *agreed += usize::from(applies && agree);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.python.clone_from(&other.python);
        self.texts += other.texts;
        self.disagreed += other.disagreed;
        for (kind, (agreed, of)) in &other.agreed {
            let entry = self.agreed.entry(kind).or_default();
            *entry = (entry.0 + agreed, entry.1 + of);
        }
        for (name, count) in &other.excepted {
            *self.excepted.entry(name).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} texts, {} disagreements", self.texts, self.disagreed)?;
        for kind in KINDS {
            let (agreed, of) = self.agreed.get(kind).copied().unwrap_or_default();
            // Rounded down: 100 means all.
            let share = (agreed * 10_000).checked_div(of).unwrap_or(10_000);
            writeln!(f, "  {kind:<12} {agreed:>7} of {of:>7}  {:>3}.{:02} %", share / 100, share % 100)?;
        }
        for (name, count) in &self.excepted {
            writeln!(f, "  exception: {name}, {count} times")?;
        }
        Ok(())
    }
}
