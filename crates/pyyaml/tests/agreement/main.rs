//! Proof that this crate and PyYAML 6.0.3 say the same: about the corpus always, against recorded answers, and about
//! generated edits wherever PyYAML is to be had. The README has the commands and the environment variables.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests, and they run another program"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use answer::answer;
use compare::{Tally, first_difference};
use oracle::{Oracle, variable};

mod answer;
mod compare;
mod edits;
mod json;
mod oracle;
mod shrink;

/// Edits of one run, unless `PYYAML_EDITS` says otherwise.
const EDITS: u64 = 100_000;
/// The seed of the edits, unless `PYYAML_SEED` says otherwise.
const SEED: u64 = 20_261_124;
/// Oracles that run side by side.
const ORACLES: u64 = 2;
/// Reproducers of one kind that are printed.
const SHOWN: usize = 5;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The files of the corpus by name, sorted.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let root = tests().join("corpus");
    let mut files = Vec::new();
    for family in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for path in fs::read_dir(family).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// What is edited: what composes of the small files of the corpus, and its rules often enough to be a third of it.
fn bases() -> Vec<Vec<u8>> {
    let recorded = recorded();
    let composes = |name: &str| !recorded[name].starts_with(r#"{"error":{"stage":"compose""#);
    // Where the stack ends, edits show nothing but an exception.
    let deep = |name: &str, text: &[u8]| name.starts_with("depth/") && text.len() > 900;
    let good =
        corpus().into_iter().filter(|(name, text)| text.len() < 1500 && composes(name) && !deep(name, text));
    let (rules, others): (Vec<_>, Vec<_>) = good.partition(|(name, _)| name.starts_with("rules/"));
    let times = others.len() / rules.len() / 2;
    let rules = std::iter::repeat_n(rules, times).flatten();
    rules.chain(others).map(|(_, text)| text).collect()
}

/// Recorded answers by name of the file, and by no name what gave them: a tab parts both.
fn recorded() -> BTreeMap<String, String> {
    let text = fs::read_to_string(tests().join("answers.jsonl")).unwrap();
    let pair = |line: &str| line.split_once('\t').map(|(name, answer)| (name.to_owned(), answer.to_owned()));
    text.lines().filter_map(pair).collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    variable(name)
        .map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// Prints what every run is to show; the test harness would hide what `println!` prints of a test that passes.
fn say(text: &str) {
    io::stdout().write_all(format!("\n{text}\n").as_bytes()).unwrap();
}

/// A disagreement, found and perhaps made smaller.
struct Found {
    kind: &'static str,
    name: String,
    text: Vec<u8>,
}

/// Prints what was found, the first of each kind only, and writes it where `PYYAML_REPRODUCERS` says.
fn show(found: &[Found]) {
    let folder = variable("PYYAML_REPRODUCERS").map(PathBuf::from);
    for Found { kind, name, text } in found {
        say(&format!("{kind} of {name}: \"{}\"", text.escape_ascii()));
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).unwrap();
            let file: String = format!("{kind}-{name}")
                .chars()
                .map(|char| if char.is_alphanumeric() { char } else { '-' })
                .collect();
            fs::write(folder.join(file), text).unwrap();
        }
    }
}

#[test]
fn the_corpus_is_read_as_pyyaml_reads_it() {
    let corpus = corpus();
    assert!(corpus.len() >= 500, "the corpus has only {} files", corpus.len());
    if variable("PYYAML_RECORD").is_some() {
        record(&corpus);
    }
    let recorded = recorded();
    let mut tally = Tally::of(&recorded[""]);
    let mut found = Vec::new();
    for (name, text) in corpus {
        let theirs = recorded.get(&name).unwrap_or_else(|| panic!("no answer is recorded for {name}"));
        if let Some(kind) = tally.count(&text, theirs, &answer(&text)) {
            found.push(Found { kind, name, text });
        }
    }
    say(&format!("corpus: {tally}"));
    show(&found);
    assert_eq!(tally.disagreed, 0);
}

/// Asks PyYAML about every file and writes down what it says.
fn record(corpus: &[(String, Vec<u8>)]) {
    let oracle = Oracle::start().expect("PYYAML_RECORD needs ALERTDECK_DEV_IMAGE or PYYAML_PYTHON");
    let mut text = format!("\t{}\n", oracle.version);
    let mut names = corpus.iter();
    oracle.all(corpus.iter().map(|(_, text)| text.clone()), |_, answer| {
        text.extend([&names.next().unwrap().0, "\t", answer, "\n"]);
    });
    fs::write(tests().join("answers.jsonl"), text).unwrap();
}

#[test]
fn edits_are_read_as_pyyaml_reads_them() {
    let (seed, edits) = (number("PYYAML_SEED", SEED), number("PYYAML_EDITS", EDITS));
    let begin = Instant::now();
    let bases = bases();
    let part = |at: u64| {
        let oracle = Oracle::start()?;
        let mut tally = Tally::of(&oracle.version);
        let mut found: Vec<Found> = Vec::new();
        let mut numbers = (at..edits).step_by(usize::try_from(ORACLES).unwrap());
        let texts = numbers.clone().map(|number| edits::edited(&bases, seed, number));
        oracle.all(texts, |text, theirs| {
            let name = format!("edit {} of seed {seed}", numbers.next().unwrap());
            if let Some(kind) = tally.count(text, theirs, &answer(text))
                && found.iter().filter(|one| one.kind == kind).count() < SHOWN
            {
                found.push(Found { kind, name, text: text.to_vec() });
            }
        });
        Some((tally, found))
    };
    let part = &part;
    let parts: Option<Vec<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..ORACLES).map(|at| scope.spawn(move || part(at))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let Some(parts) = parts else {
        assert_ne!(variable("CI").as_deref(), Some("true"), "with CI=true, ALERTDECK_DEV_IMAGE is needed");
        say("edits: not run, since neither ALERTDECK_DEV_IMAGE nor PYYAML_PYTHON names a PyYAML");
        return;
    };
    let mut tally = Tally::default();
    let mut found = Vec::new();
    for (its_tally, its_found) in parts {
        tally.merge(&its_tally);
        found.extend(its_found);
    }
    say(&format!("edits, seed {seed}, {}, {} s: {tally}", tally.python, begin.elapsed().as_secs()));
    if !found.is_empty() {
        let mut oracle = Oracle::start().unwrap();
        for one in &mut found {
            one.text = shrink::shrink(&mut oracle, &one.text, one.kind);
        }
    }
    show(&found);
    assert_eq!(tally.disagreed, 0);
}

#[test]
fn the_readme_names_every_exception() {
    let readme = fs::read_to_string(tests().join("../README.md")).unwrap();
    for name in compare::exceptions() {
        assert!(readme.contains(&format!("| {name} |")), "README.md does not say what is meant by {name}");
    }
}

#[test]
fn nothing_else_hides_behind_an_exception() {
    let (recorded, corpus) = (recorded(), corpus().into_iter().collect::<BTreeMap<_, _>>());
    for (name, exception, changes) in [
        (
            "anchors/self.yaml",
            "cycles",
            vec![("itself", "another"), ("Limit", "ValueError"), ("2002:seq", "2002:map")],
        ),
        (
            "tags/python-name-known.yaml",
            "python objects",
            vec![("[2,0,2]", "[3,0,3]"), ("sequence", "mapping")],
        ),
        (
            "depth/aliases-600.yaml",
            "depth through aliases",
            vec![("\"x\"", "\"y\""), ("construct", "compose")],
        ),
        ("depth/tuple-400.yaml", "depth", vec![("python/tuple", "seq"), ("construct", "compose")]),
        ("depth/list-2000.yaml", "depth", vec![("RecursionError", "ValueError"), ("compose", "construct")]),
        ("directives/yaml-big.yaml", "numbers of directives", vec![("str:", "int:"), ("34,35", "34,36")]),
    ] {
        let (text, theirs) = (&corpus[name], &recorded[name]);
        let ours = answer(text);
        let explained = |theirs: &str| compare::exception(&recorded[""], text, theirs, &ours);
        assert_eq!(explained(theirs), Some(exception), "{name}");
        for (from, to) in changes {
            assert!(theirs.contains(from), "{name} has no {from}");
            assert_eq!(explained(&theirs.replacen(from, to, 1)), None, "{name} with {to}");
        }
    }
}

#[test]
fn a_difference_is_seen_where_it_is() {
    let recorded = recorded();
    let right = &recorded["block/list-root.yaml"];
    assert_eq!(first_difference(right, right), None);
    assert_eq!(first_difference(right, &right.replace("str:b", "str:x")), Some("values"));
    assert_eq!(first_difference(right, &right.replace("[2,0,2,3,0,3]", "[2,0,2,3,0,4]")), Some("positions"));
}
