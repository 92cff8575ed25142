//! Reading, rendering, checking and comparing a large workspace, each against its limit: a time or what something else
//! takes in the same run. `--check` ends with 1 when a limit is broken, `--rules N` makes another size, `--edits N` only
//! edits one rule that often (for a profiler), `--write DIR` only writes the workspace into a folder.
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

/// What some rounds of a work took.
#[derive(Clone, Copy)]
struct Took {
    /// By the clock, the best of them: it is the one that others disturbed least.
    time: Duration,
    /// Of all processors together, on average; what was made is let go within it as well.
    cpu: Duration,
}

/// What the rounds of a work take; each gives its time by the clock.
fn rounds(count: usize, round: impl FnMut(usize) -> Duration) -> Took {
    let before = cpu();
    let time = (0..count).map(round).min().unwrap();
    Took { time, cpu: cpu().saturating_sub(before) / u32::try_from(count).unwrap() }
}

fn best<T>(mut work: impl FnMut() -> T) -> Took {
    rounds(ROUNDS, |_| {
        let begin = Instant::now();
        let made = black_box(work());
        let time = begin.elapsed();
        drop(made);
        time
    })
}

/// The time that processors have spent on this process and on those that it waited for, in steps of 10 ms: Linux tells
/// it in hundredths of a second.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    // `utime`, `stime`, `cutime` and `cstime` are the fields 14 to 17, and what is left begins with the third.
    let ticks: u64 = fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

struct Table {
    broken: usize,
}

impl Table {
    fn row(&mut self, what: &str, took: Took, limit: Option<(&str, Duration)>) {
        let of = |time: Duration| format!("{:8.1} ms", time.as_secs_f64() * 1e3);
        let both = format!("{} {}", of(took.time), of(took.cpu));
        let Some((name, limit)) = limit else {
            println!("{what:<66} {both}");
            return;
        };
        let ratio = took.time.as_secs_f64() / limit.as_secs_f64();
        let word = if ratio <= 1.0 { "kept" } else { "BROKEN" };
        self.broken += usize::from(ratio > 1.0);
        println!("{what:<66} {both} {ratio:6.2} of {name}: {word}");
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
    count: usize,
) -> Took {
    std::thread::sleep(Duration::from_secs(4)); // until the files are old enough to be known by their times
    drop(runtime.block_on(engine.open(1)).unwrap());
    rounds(count, |round| {
        // The last one breaks the rule, which must not go unseen.
        let broken = round + 1 == count;
        let end = if broken { "name: [" } else { "# edit" };
        std::fs::write(root.join(path), format!("{text}{end} {round}\n")).unwrap();
        let begin = Instant::now();
        let opened = runtime.block_on(engine.open(round as u64 + 2)).unwrap();
        let time = begin.elapsed();
        let errors = opened.findings.iter().filter(|finding| finding.problem.code == "yaml.syntax").count();
        assert_eq!(errors, usize::from(broken));
        time
    })
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |flag: &str| -> Option<usize> {
        words.get(words.iter().position(|word| word == flag)? + 1)?.parse().ok()
    };
    let rules = number("--rules").unwrap_or(5_000);
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
    println!("{:<66} {:>11} {:>11}", "", "time", "CPU");
    if let Some(count) = number("--edits") {
        let took = editing(&engine(), &root, files.last().unwrap(), &runtime, count);
        return table.row("after an edit of one rule, all environments again", took, None);
    }

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
    table.row("rendering one environment", rendered, Some(("1.5 x reading", read.time.mul_f64(1.5))));
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

    let fresh = editing(&engine(), &root, files.last().unwrap(), &runtime, ROUNDS);
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
    table.row("rendering both and comparing them", compared, Some(("diff -r", rival.time)));
    comparing(&mut table, two);
    if let Some(peak) = peak() {
        println!("most memory: {peak} MB");
    }
    if check && table.broken > 0 {
        std::process::exit(1);
    }
}
