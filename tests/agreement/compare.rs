//! Two answers about one workspace, compared file by file and kind by kind. What may differ stands in one table, which
//! docs/development.md shows too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::told::{Answer, Told};
use crate::workspace::straight;

/// What is compared, in the order in which a difference is worth looking at.
pub(crate) const KINDS: [&str; 9] =
    ["files", "verdict", "class", "cause", "skip_invalid", "line", "needs", "name", "values"];

/// A difference that is meant: its name, which docs/development.md explains, and how it is told.
struct Exception {
    name: &'static str,
    holds: fn(theirs: &Told, ours: &Told) -> bool,
}

const EXCEPTIONS: [Exception; 4] = [
    // Whether a module is there, and what it does, only its interpreter can tell.
    Exception { name: "custom Python", holds: |_, ours| unsure_of(ours, &["module", "expression"]) },
    // What else lies in the image.
    Exception { name: "files of the image", holds: |_, ours| unsure_of(ours, &["file", "folder", "aws"]) },
    // Values that hold themselves, texts deeper or larger than anybody writes, dates in words, handlers of logs.
    Exception { name: "not followed", holds: |_, ours| unsure_of(ours, &["other"]) },
    // A connection that is made while it loads: nobody makes it here.
    Exception {
        name: "network",
        holds: |theirs, ours| {
            theirs.verdict == "unsure" && ours.verdict == "unsure" && !ours.needs.is_empty()
        },
    },
];

/// Whether alertdeck says that it cannot tell, and for one of these reasons.
fn unsure_of(ours: &Told, reasons: &[&str]) -> bool {
    let named = |need: &String| reasons.iter().any(|reason| need.split(' ').next() == Some(reason));
    ours.verdict == "unsure" && ours.needs.iter().any(named)
}

pub(crate) fn exceptions() -> impl Iterator<Item = &'static str> {
    EXCEPTIONS.iter().map(|exception| exception.name)
}

/// A disagreement about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) kind: &'static str,
    pub(crate) path: String,
    pub(crate) theirs: String,
    pub(crate) ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, theirs, ours } = self;
        write!(f, "{kind} of {path}\n    ElastAlert: {theirs}\n    alertdeck:  {ours}")
    }
}

/// What one kind compares of a file, as text; `None` when it does not apply to it.
fn part(kind: &str, told: &Told) -> Option<String> {
    let refused = told.verdict == "refused";
    match kind {
        "verdict" => Some(told.verdict.clone()),
        "class" if refused => told.class.clone(),
        "cause" if refused => told.cause.clone().filter(|cause| told.class.as_ref() != Some(cause)),
        "skip_invalid" if refused => told.caught.map(|caught| caught.to_string()),
        "line" if refused => told.line.map(|line| line.to_string()),
        "needs" => Some(told.needs.join(", ")),
        "name" => told.name.clone(),
        "values" if told.loads() => told.values.as_ref().map(ToString::to_string),
        _ => None,
    }
}

/// The first place at which two values differ.
fn values_differ(theirs: &Told, ours: &Told) -> (String, String) {
    let empty = serde_json::Map::new();
    let object =
        |told: &Told| told.values.as_ref().and_then(|values| values.as_object()).unwrap_or(&empty).clone();
    let (theirs, ours) = (object(theirs), object(ours));
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let show = |map: &serde_json::Map<String, serde_json::Value>, key: &String| {
        map.get(key).map_or_else(|| format!("no {key}"), |value| format!("{key}: {value}"))
    };
    keys.into_iter()
        .find(|key| theirs.get(*key) != ours.get(*key))
        .map_or_else(Default::default, |key| (show(&theirs, key), show(&ours, key)))
}

/// The rules by their paths, without what leads nowhere in them, and how often the path came before.
fn numbered(answer: &Answer) -> BTreeMap<(String, usize), &Told> {
    let mut all = BTreeMap::new();
    for told in &answer.rules {
        let path = straight(&Path::new("/opt").join(&told.path).to_string_lossy());
        let before = all.range((path.clone(), 0)..).take_while(|((known, _), _)| *known == path).count();
        all.insert((path, before), told);
    }
    all
}

/// How often both agreed, by kind.
#[derive(Default)]
pub(crate) struct Tally {
    workspaces: usize,
    files: usize,
    /// By verdict of the loader.
    verdicts: BTreeMap<String, usize>,
    agreed: BTreeMap<&'static str, (usize, usize)>,
    excepted: BTreeMap<&'static str, usize>,
    pub(crate) disagreed: usize,
}

impl Tally {
    /// Counts one workspace and gives what both say differently, the exceptions aside.
    pub(crate) fn count(&mut self, theirs: &Answer, ours: &Answer) -> Vec<Difference> {
        self.workspaces += 1;
        let mut found = Vec::new();
        self.file(&theirs.config, &ours.config, &mut found);
        if theirs.config.loads() && ours.config.loads() {
            let (their_files, our_files) = (numbered(theirs), numbered(ours));
            let agree = their_files.keys().eq(our_files.keys());
            self.add("files", agree);
            if !agree {
                found.push(Difference {
                    kind: "files",
                    path: "rules".to_owned(),
                    theirs: format!("{:?}", their_files.keys()),
                    ours: format!("{:?}", our_files.keys()),
                });
            }
            for (path, told) in &their_files {
                if let Some(ours) = our_files.get(path) {
                    self.file(told, ours, &mut found);
                }
            }
        }
        self.disagreed += usize::from(!found.is_empty());
        found
    }

    fn file(&mut self, theirs: &Told, ours: &Told, found: &mut Vec<Difference>) {
        self.files += 1;
        *self.verdicts.entry(theirs.verdict.clone()).or_default() += 1;
        if let Some(exception) = EXCEPTIONS.iter().find(|exception| (exception.holds)(theirs, ours)) {
            *self.excepted.entry(exception.name).or_default() += 1;
            return;
        }
        for kind in KINDS.into_iter().skip(1) {
            let (their_part, our_part) = (part(kind, theirs), part(kind, ours));
            // What only alertdeck says, nobody can judge.
            if their_part.is_none() {
                continue;
            }
            let agree = their_part == our_part;
            self.add(kind, agree);
            if agree {
                continue;
            }
            let (said, we_said) = if kind == "values" && our_part.is_some() {
                values_differ(theirs, ours)
            } else {
                (with_message(their_part, theirs), with_message(our_part, ours))
            };
            found.push(Difference { kind, path: theirs.path.clone(), theirs: said, ours: we_said });
            if kind == "verdict" {
                break;
            }
        }
    }

    fn add(&mut self, kind: &'static str, agree: bool) {
        let (agreed, of) = self.agreed.entry(kind).or_default();
        *of += 1;
        *agreed += usize::from(agree);
    }
}

fn with_message(part: Option<String>, told: &Told) -> String {
    let message = told.message.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
    part.map_or_else(|| "nothing".to_owned(), |part| part + &message)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspaces, files, disagreed, .. } = self;
        let verdicts: Vec<String> =
            self.verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        writeln!(
            f,
            "{workspaces} workspaces, {disagreed} disagreements; {files} files: {}",
            verdicts.join(", ")
        )?;
        for kind in KINDS {
            let (agreed, of) = self.agreed.get(kind).copied().unwrap_or_default();
            // Rounded down: 100 means all.
            let share = (agreed * 10_000).checked_div(of).unwrap_or(10_000);
            writeln!(f, "  {kind:<12} {agreed:>7} of {of:>7}  {:>3}.{:02} %", share / 100, share % 100)?;
        }
        for name in exceptions() {
            let count = self.excepted.get(name).copied().unwrap_or_default();
            writeln!(f, "  not counted: {name}, {count} files")?;
        }
        Ok(())
    }
}
