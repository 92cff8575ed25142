//! Two answers to one text, compared kind by kind: verdict, class, mark and wording of an error, tree, styles,
//! positions, events and values. What may differ stands in one table, which the README shows too.

use std::collections::BTreeMap;
use std::fmt;

use pyyaml::{EventKind, NodeId, NodeKind};
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

/// One text and what both made of it.
struct Case<'a> {
    python: &'a str,
    text: &'a [u8],
    theirs: Json,
    ours: Json,
}

/// What is meant to be otherwise: its name, which the README explains, and how it is told. Each lets differ only what
/// it explains, so that no other difference hides behind it.
struct Exception {
    name: &'static str,
    holds: fn(&Case<'_>) -> bool,
}

const EXCEPTIONS: [Exception; 7] = [
    // The next three are told by what the oracle says itself once PyYAML is done, so that all must agree.
    Exception {
        name: "python objects",
        holds: |case| is_limit(case, "what a Python name means only Python knows"),
    },
    Exception { name: "cycles", holds: |case| is_limit(case, "a value that contains itself") },
    Exception { name: "depth through aliases", holds: |case| is_limit(case, "values nested too deep") },
    Exception {
        name: "aliases that multiply",
        holds: |case| {
            case.ours["error"]["text"] == "aliases repeat more than 1000000 values"
                && case.theirs["values"][0] == "endless"
                && agree_about(&COMPOSED, case)
        },
    },
    // Python counts its own frames, and each version differently.
    Exception {
        name: "depth",
        holds: |case| {
            let stage = |answer: &Json| {
                let error = &answer["error"];
                (error["class"] == "RecursionError").then(|| error["stage"] == "compose")
            };
            match (stage(&case.theirs), stage(&case.ours)) {
                (Some(true), Some(true)) => depth(case.text) > 493,
                // Of the frames below PyYAML the oracle has a few less than a program that calls `yaml.load`.
                (None, Some(true)) => (494..=497).contains(&depth(case.text)),
                (Some(false), _) => depth_of_values(case.text) > 300 && agree_about(&COMPOSED, case),
                (None, Some(false)) => depth_of_values(case.text) > 493 && agree_about(&COMPOSED, case),
                _ => false,
            }
        },
    },
    Exception {
        name: "numbers of directives",
        holds: |case| {
            let mut theirs = case.theirs.clone();
            for event in theirs["events"].as_array_mut().into_iter().flatten() {
                if event[0] == "document"
                    && let Some(version) = event[4].as_array_mut()
                {
                    // More than 64 bits are a float to this reader of JSON.
                    let clamp = |part: &Json| part.as_u64().unwrap_or(u64::MAX).min(u64::from(u32::MAX));
                    for part in version {
                        *part = clamp(part).into();
                    }
                }
            }
            case.theirs != case.ours && theirs == case.ours
        },
    },
    Exception {
        name: "other versions of Python",
        holds: |case| {
            let tagged = |tag| case.theirs["tree"].to_string().contains(tag);
            let binary = tagged("2002:binary") || tagged("python/bytes");
            let large = case.ours["error"]["text"] == "chr() arg not in range(0x110000)";
            !case.python.starts_with(PYTHON)
                && (binary && agree_about(&COMPOSED, case)
                    || large && agree_about(&["verdict", "error class", "events"], case))
        },
    },
];

/// The kinds that are certain once a tree is composed.
const COMPOSED: [&str; 4] = ["tree", "styles", "positions", "events"];

fn is_limit(case: &Case<'_>, text: &str) -> bool {
    let error = &case.theirs["error"];
    error["class"] == "Limit" && error["text"] == text && case.theirs == case.ours
}

fn agree_about(kinds: &[&str], case: &Case<'_>) -> bool {
    kinds.iter().all(|kind| {
        let theirs = part(kind, &case.theirs);
        theirs.is_some() && theirs == part(kind, &case.ours)
    })
}

/// How deep nodes lie in the text, as far as it has events.
fn depth(text: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0);
    for event in pyyaml::events(text).map_while(Result::ok) {
        match event.kind {
            EventKind::SequenceStart { .. } | EventKind::MappingStart { .. } => now += 1,
            EventKind::SequenceEnd | EventKind::MappingEnd => now -= 1,
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

/// How deep collections lie in each other when aliases are followed, other than back into what holds them.
fn depth_of_values(text: &[u8]) -> usize {
    let Ok(document) = pyyaml::parse(text) else { return 0 };
    // A collection comes before what it holds, and an alias behind what it names, unless that holds it.
    let mut depths = vec![0; document.nodes().len()];
    let mut changed = true;
    let mut rounds = 0;
    while changed && rounds < 2_000 {
        changed = false;
        rounds += 1;
        for (at, node) in document.nodes().iter().enumerate().rev() {
            let inner = |ids: &mut dyn Iterator<Item = NodeId>| {
                1 + ids.map(|id| depths[id.index()]).max().unwrap_or(0)
            };
            let depth = match &node.kind {
                NodeKind::Scalar { .. } => 0,
                NodeKind::Alias { target } => depths[target.index()],
                NodeKind::Sequence { items, .. } => inner(&mut items.iter().copied()),
                NodeKind::Mapping { pairs, .. } => {
                    inner(&mut pairs.iter().flat_map(|(key, value)| [*key, *value]))
                }
            };
            changed |= depth != depths[at];
            depths[at] = depth;
        }
    }
    document.root().map_or(0, |root| depths[root.id().index()])
}

/// The name of the exception that explains a difference, or that both agree to make.
pub(crate) fn exception(python: &str, text: &[u8], theirs: &str, ours: &str) -> Option<&'static str> {
    let case = Case { python, text, theirs: read(theirs), ours: read(ours) };
    EXCEPTIONS.iter().find(|exception| (exception.holds)(&case)).map(|exception| exception.name)
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
    pub(crate) fn count(&mut self, text: &[u8], theirs: &str, ours: &str) -> Option<&'static str> {
        self.texts += 1;
        // The oracle calls by the name of `Limit` only what an exception explains.
        let excepted = theirs != ours || theirs.contains(r#""class":"Limit""#);
        if let Some(name) = excepted.then(|| exception(&self.python, text, theirs, ours)).flatten() {
            *self.excepted.entry(name).or_default() += 1;
            return None;
        }
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
