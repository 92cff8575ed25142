//! Proof that alertdeck and ElastAlert 2.31.0 say the same of a workspace: about the corpus always, against recorded
//! answers, and about those answers and thousands of edits wherever the image is. docs/development.md has the commands.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "these are tests, and they run another program"
)]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use compare::{Difference, Tally};
use judge::{Judge, variable};
use told::Answers;
use workspace::Workspace;

mod cases;
mod compare;
mod edits;
mod judge;
mod recorded;
mod shrink;
mod subject;
mod templates;
mod told;
mod workspace;

/// Edits of a live run, unless `ALERTDECK_EDITS` says otherwise.
const EDITS: u64 = 10_000;
/// The seed of the edits, unless `ALERTDECK_SEED` says otherwise.
const SEED: u64 = 20_261_124;
/// Templates of a live run, unless `ALERTDECK_TEMPLATES` says otherwise.
const TEMPLATES: u64 = 20_000;
/// So many of the edits are recorded.
const SAMPLE: u64 = 400;
/// Loaders that run side by side, and how many workspaces one is given at once.
const JUDGES: usize = 2;
const BATCH: usize = 200;
/// Disagreements of one kind that are printed.
const SHOWN: usize = 8;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agreement")
}

fn corpus() -> Vec<Workspace> {
    cases::corpus(&tests().join("corpus"))
}

fn number(name: &str, otherwise: u64) -> u64 {
    variable(name)
        .map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// Prints what every run is to show; the test harness would hide what `println!` prints of a test that passes.
fn say(text: &str) {
    io::stdout().write_all(format!("\n{text}\n").as_bytes()).unwrap();
}

/// A disagreement and the workspace it is about.
struct Found {
    difference: Difference,
    workspace: Workspace,
}

/// Prints what was found, the first of each kind only, and writes all where `ALERTDECK_REPRODUCERS` says.
fn show(found: &[Found]) {
    let folder = variable("ALERTDECK_REPRODUCERS").map(PathBuf::from);
    for kind in compare::KINDS {
        let of_kind: Vec<_> = found.iter().filter(|one| one.difference.kind == kind).collect();
        for Found { difference, workspace } in of_kind.iter().take(SHOWN) {
            say(&format!("{}: {difference}", workspace.name));
        }
        if of_kind.len() > SHOWN {
            say(&format!("and {} more about {kind}", of_kind.len() - SHOWN));
        }
    }
    let Some(folder) = folder else { return };
    fs::create_dir_all(&folder).unwrap();
    for Found { difference, workspace } in found {
        let name: String = format!("{}-{}", difference.kind, workspace.name)
            .chars()
            .map(|char| if char.is_alphanumeric() { char } else { '-' })
            .take(120)
            .collect();
        let told = difference.to_string().replace('\n', "\n# ");
        fs::write(folder.join(name + ".txt"), format!("# {told}\n{}", workspace.show())).unwrap();
    }
}

/// What the loader says about all of them, in their order; `None` where the environment names no image.
fn judged(workspaces: &[Workspace]) -> Option<(String, Vec<told::Answer>)> {
    let share = workspaces.len().div_ceil(JUDGES).max(1);
    let parts: Option<Vec<_>> = thread::scope(|scope| {
        let ask = |part| {
            move || {
                let mut judge = Judge::start()?;
                let answers: Vec<_> =
                    <[Workspace]>::chunks(part, BATCH).flat_map(|some| judge.ask(some)).collect();
                Some((judge.version.clone(), answers))
            }
        };
        let threads: Vec<_> = workspaces.chunks(share).map(|part| scope.spawn(ask(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let parts = parts?;
    let version = parts.first().map(|(version, _)| version.clone()).unwrap_or_default();
    Some((version, parts.into_iter().flat_map(|(_, answers)| answers).collect()))
}

/// Says why nothing live was compared, and fails where that must not be.
fn not_run(what: &str) {
    assert_ne!(variable("CI").as_deref(), Some("true"), "with CI=true, ALERTDECK_DEV_IMAGE is needed");
    say(&format!("{what}: not asked anew, since ALERTDECK_DEV_IMAGE names no image"));
}

/// The corpus, and the sample of the edits.
fn recordable() -> Vec<Workspace> {
    let mut all = corpus();
    let bases = edits::bases(&all);
    all.extend((0..SAMPLE).map(|number| edits::edited(&bases, SEED, number)));
    all
}

fn compared(workspaces: Vec<Workspace>, answers: &[told::Answer]) -> (Tally, Vec<Found>) {
    let mut tally = Tally::default();
    let mut found = Vec::new();
    for (workspace, theirs) in workspaces.into_iter().zip(answers) {
        let differences = tally.count(theirs, &subject::answer(&workspace));
        if let Some(difference) = differences.into_iter().next() {
            found.push(Found { difference, workspace });
        }
    }
    (tally, found)
}

#[test]
fn the_corpus_is_judged_as_elastalert_judges_it() {
    let workspaces = recordable();
    let folder = tests().join("answers");
    if variable("ALERTDECK_RECORD").is_some() {
        let Some((version, answers)) = judged(&workspaces) else {
            panic!("ALERTDECK_RECORD needs ALERTDECK_DEV_IMAGE")
        };
        let names = workspaces.iter().map(|workspace| workspace.name.clone());
        recorded::write(&folder, &version, &names.zip(answers).collect::<Answers>());
    }
    let (version, recorded) = recorded::read(&folder);
    assert_eq!(recorded.len(), workspaces.len(), "answers and cases are not the same: record them again");
    let answers: Vec<_> = workspaces
        .iter()
        .map(|workspace| {
            let answer = recorded.get(&workspace.name);
            let answer = answer.unwrap_or_else(|| panic!("no answer is recorded for {}", workspace.name));
            assert_eq!(answer.print, workspace.print(), "{} was changed: record again", workspace.name);
            answer.clone()
        })
        .collect();
    let begin = Instant::now();
    let (tally, found) = compared(workspaces, &answers);
    say(&format!("corpus, {version}, {:.1} s to ask alertdeck: {tally}", begin.elapsed().as_secs_f32()));
    show(&found);
    assert_eq!(tally.disagreed, 0);
}

#[test]
fn the_recorded_answers_are_those_of_the_image() {
    let workspaces = recordable();
    let Some((version, answers)) = judged(&workspaces) else { return not_run("corpus") };
    let (recorded_version, recorded) = recorded::read(&tests().join("answers"));
    assert_eq!(recorded_version, version);
    let mut wrong = Vec::new();
    for (workspace, answer) in workspaces.iter().zip(answers) {
        if recorded.get(&workspace.name).map(told::Answer::without_words) != Some(answer.without_words()) {
            wrong.push(workspace.name.clone());
        }
    }
    assert!(wrong.is_empty(), "the image says otherwise of {wrong:#?}");
}

#[test]
fn edits_are_judged_as_elastalert_judges_them() {
    let (seed, count) = (number("ALERTDECK_SEED", SEED), number("ALERTDECK_EDITS", EDITS));
    let bases = edits::bases(&corpus());
    let workspaces: Vec<_> = (0..count).map(|number| edits::edited(&bases, seed, number)).collect();
    let begin = Instant::now();
    let Some((version, answers)) = judged(&workspaces) else { return not_run("edits") };
    let asked = begin.elapsed();
    let (tally, mut found) = compared(workspaces, &answers);
    let took = begin.elapsed().saturating_sub(asked);
    say(&format!(
        "edits, seed {seed}, {version}, {:.1} s to ask it and {:.1} s to ask alertdeck: {tally}",
        asked.as_secs_f32(),
        took.as_secs_f32()
    ));
    shrink::shrink(&mut found);
    show(&found);
    assert_eq!(tally.disagreed, 0);
}

#[test]
fn templates_are_judged_as_jinja_judges_them() {
    let (seed, count) = (number("ALERTDECK_SEED", SEED), number("ALERTDECK_TEMPLATES", TEMPLATES));
    let workspaces: Vec<_> =
        (0..count.div_ceil(templates::RULES)).map(|number| templates::made(seed, number)).collect();
    let Some((version, answers)) = judged(&workspaces) else { return not_run("templates") };
    let (tally, mut found) = compared(workspaces, &answers);
    say(&format!("templates, seed {seed}, {version}: {tally}"));
    for one in &mut found {
        let path = &one.difference.path;
        one.workspace.files.retain(|file, _| file == workspace::CONFIG || file == path);
    }
    shrink::shrink(&mut found);
    show(&found);
    assert_eq!(tally.disagreed, 0);
}

#[test]
fn every_exception_is_explained() {
    let guide = fs::read_to_string(tests().join("../../docs/development.md")).unwrap();
    for name in compare::exceptions() {
        assert!(
            guide.contains(&format!("| {name} |")),
            "docs/development.md does not say what is meant by {name}"
        );
    }
}
