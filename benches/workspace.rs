//! Reading, rendering, checking and comparing a large workspace, each against its limit: a time or what something else
//! takes in the same run. `--check` ends with 1 when a limit is broken, `--rules N` makes another size, `--write DIR` only
//! writes the workspace into a folder.
//!
//!     cargo bench --bench workspace -- --check

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark writes files, runs its rival, looks at the clock and prints a table"
)]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alertdeck::domain::diff::compare::diff_of;
use alertdeck::domain::diff::side::{Side, Sides};
use alertdeck::domain::overview::Overview;
use alertdeck::domain::render::kept::{Kept, OneByOne, Texts};
use alertdeck::domain::workspace::Workspace;
use alertdeck::engine::docker::DockerSettings;
use alertdeck::engine::live::RealWorld;
use alertdeck::engine::processors::Processors;
use alertdeck::engine::{Engine, Files, World};

mod generated;

const ROUNDS: usize = 7;

/// The best of some rounds; the best one is the one that others disturbed least.
fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    let round = |_| {
        let begin = Instant::now();
        let made = black_box(work());
        let time = begin.elapsed();
        drop(made);
        time
    };
    (0..ROUNDS).map(round).min().unwrap()
}

struct Table {
    broken: usize,
}

impl Table {
    fn row(&mut self, what: &str, time: Duration, limit: Option<(&str, Duration)>) {
        let of = |time: Duration| format!("{:8.1} ms", time.as_secs_f64() * 1e3);
        let Some((name, limit)) = limit else {
            println!("{what:<66} {}", of(time));
            return;
        };
        let ratio = time.as_secs_f64() / limit.as_secs_f64();
        let word = if ratio <= 1.0 { "kept" } else { "BROKEN" };
        self.broken += usize::from(ratio > 1.0);
        println!("{what:<66} {} {ratio:6.2} of {name}: {word}", of(time));
    }
}

fn write(root: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn lay_out(root: &Path, overview: &Overview, at: usize) {
    let files: Vec<(String, String)> = overview.renderings[at]
        .files
        .iter()
        .map(|file| (file.path.clone(), String::from_utf8(file.bytes.to_vec()).unwrap()))
        .collect();
    write(root, &files);
}

fn only(workspace: &Workspace, count: usize) -> Workspace {
    let mut workspace = workspace.clone();
    workspace.environments.truncate(count);
    workspace
}

/// The most memory that this process ever had, in MB.
fn peak() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

/// What comparing takes by itself, and with everything that is made later.
fn comparing(table: &mut Table, two: Workspace) {
    let (overview, _) = Overview::after(two, &Kept::default(), &Processors);
    let side =
        |index: usize| Side::of(Arc::clone(&overview.renderings[index]), Arc::clone(&overview.workspace));
    let sides = Arc::new(Sides { old: side(0), new: side(1) });
    table.row("  comparing them, when they are rendered", best(|| diff_of(&sides, &Processors)), None);
    let all = best(|| {
        let diff = diff_of(&sides, &Processors);
        diff.prepare(&Processors);
        diff
    });
    table.row("  … with all lines and values, as the console has them", all, None);
    println!("files that differ: {}", diff_of(&sides, &Processors).count().changed);
}

/// What it takes until all environments are fresh, after an edit of a rule.
fn editing(
    engine: &Engine<RealWorld>,
    root: &Path,
    (path, text): &(String, String),
    runtime: &tokio::runtime::Runtime,
) -> Duration {
    std::thread::sleep(Duration::from_secs(4)); // until the files are old enough to be known by their times
    drop(runtime.block_on(engine.open(1)).unwrap());
    let rounds = (2..ROUNDS as u64 + 2).map(|revision| {
        // The last one breaks the rule, which must not go unseen.
        let broken = revision == ROUNDS as u64 + 1;
        let end = if broken { "name: [" } else { "# edit" };
        std::fs::write(root.join(path), format!("{text}{end} {revision}\n")).unwrap();
        let begin = Instant::now();
        let opened = runtime.block_on(engine.open(revision)).unwrap();
        let time = begin.elapsed();
        let errors = opened.findings.iter().filter(|finding| finding.problem.code == "yaml.syntax").count();
        assert_eq!(errors, usize::from(broken));
        time
    });
    rounds.min().unwrap()
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let rules =
        words.iter().position(|word| word == "--rules").and_then(|at| words.get(at + 1)?.parse().ok());
    let rules: usize = rules.unwrap_or(5_000);
    let check = words.iter().any(|word| word == "--check");
    if let Some(at) = words.iter().position(|word| word == "--write") {
        return write(Path::new(&words[at + 1]), &generated::workspace(rules));
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("workspace");
    let files = generated::workspace(rules);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    write(&root, &files);
    println!(
        "{rules} rules, {} tokens, 4 environments, {} KiB; best of {ROUNDS}",
        generated::TOKENS,
        bytes / 1024
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let engine = || Engine::new(RealWorld::new(DockerSettings::default()), root.clone(), Vec::new());
    let mut table = Table { broken: 0 };

    let world = RealWorld::new(DockerSettings::default());
    let read = best(|| world.files().read_tree(&root, &["config", "rules"]).unwrap());
    table.row("reading the files, and nothing else", read, None);

    let opened = runtime.block_on(engine().open(1)).unwrap();
    assert_eq!(opened.renderings.len(), 4);
    assert_eq!(opened.renderings[0].rules.len(), rules);
    let told: Vec<&str> = opened.findings.iter().map(|finding| finding.problem.code).collect();
    assert_eq!(told, vec!["rule.unknown"; generated::findings(rules)]);
    let workspace = &*opened.workspace;
    let one = Arc::new(only(workspace, 1));
    let rendered = best(|| Texts::new(Arc::clone(&one), &Texts::default(), &Processors));
    table.row("rendering one environment", rendered, Some(("1.5 x reading", read.mul_f64(1.5))));
    let rendered = best(|| Texts::new(Arc::clone(&one), &Texts::default(), &OneByOne));
    table.row("  on one processor", rendered, None);
    let checked = best(|| Overview::after(Workspace::clone(&one), &Kept::default(), &Processors));
    table.row("rendering and checking one environment", checked, None);
    let checked = best(|| Overview::after(workspace.clone(), &Kept::default(), &Processors));
    table.row(
        "rendering and checking four environments",
        checked,
        Some(("a second", Duration::from_secs(1))),
    );
    let whole = best(|| runtime.block_on(engine().open(1)).unwrap());
    table.row("opening the workspace: reading, rendering, checking", whole, None);

    let fresh = editing(&engine(), &root, files.last().unwrap(), &runtime);
    let limit = Some(("50 ms", Duration::from_millis(50)));
    table.row("after an edit of one rule, all environments again", fresh, limit);

    let (left, right) = (folder.path().join("left"), folder.path().join("right"));
    lay_out(&left, &opened, 0);
    lay_out(&right, &opened, 3);
    let rival = best(|| Command::new("diff").arg("-r").arg(&left).arg(&right).output().unwrap());
    table.row("diff -r of two environments that are laid out", rival, None);
    let mut two = only(workspace, 4);
    two.environments.drain(1..3);
    let compared = best(|| {
        let (overview, _) = Overview::after(two.clone(), &Kept::default(), &Processors);
        let side =
            |index: usize| Side::of(Arc::clone(&overview.renderings[index]), Arc::clone(&overview.workspace));
        (diff_of(&Arc::new(Sides { old: side(0), new: side(1) }), &Processors), overview)
    });
    table.row("rendering both and comparing them", compared, Some(("diff -r", rival)));
    comparing(&mut table, two);
    if let Some(peak) = peak() {
        println!("most memory: {peak} MB");
    }
    if check && table.broken > 0 {
        std::process::exit(1);
    }
}
