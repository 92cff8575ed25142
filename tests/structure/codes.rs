//! Every code of a finding that the sources use has its entry in the table that tells of them, and no entry is left over.
//! The sources are read as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use alertdeck::domain::check::codes;

use crate::root;

/// Codes of the same areas that end a run and are no findings.
const ENDS: [&str; 7] = [
    "check.failed",
    "environment.absent",
    "environment.unknown",
    "preflight.failed",
    "preflight.image",
    "workspace.missing",
    "workspace.unreadable",
];

/// Where findings are made.
const MADE: [&str; 12] = [
    "domain/check",
    "domain/environment",
    "domain/preflight",
    "domain/render",
    "domain/workspace",
    "domain/yaml",
    "domain/layer.rs",
    "domain/overlay.rs",
    "domain/by_hand.rs",
    "domain/problem.rs",
    "domain/secret.rs",
    "engine",
];

fn below(at: &Path, found: &mut Vec<PathBuf>) {
    if !at.is_dir() {
        found.push(at.to_path_buf());
        return;
    }
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let apart = ["codes", "fake"].contains(&name.as_str());
        if !name.contains("tests") && !apart {
            below(&path, found);
        }
    }
}

/// Every text of the form `area.kind` in the code of the sources, tests aside.
fn written() -> BTreeSet<String> {
    let root = root().join("src");
    let mut paths = Vec::new();
    for made in MADE {
        below(&root.join(made), &mut paths);
    }
    let mut codes = BTreeSet::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for literal in line.split('"').skip(1).step_by(2) {
                let Some((area, kind)) = literal.split_once('.') else { continue };
                let word =
                    |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
                if word(area) && word(kind) && !["yaml", "yml", "json", "conf", "txt", "py"].contains(&kind) {
                    codes.insert(literal.to_owned());
                }
            }
        }
    }
    codes
}

#[test]
fn every_code_of_the_sources_is_told_and_every_code_told_is_in_the_sources() {
    let areas: BTreeSet<&str> =
        codes::all().iter().filter_map(|entry| entry.code.split('.').next()).collect();
    let told: BTreeSet<String> = codes::all().iter().map(|entry| entry.code.to_owned()).collect();
    let written = written();
    let found: BTreeSet<String> = written
        .into_iter()
        .filter(|code| areas.contains(code.split('.').next().unwrap()) && !ENDS.contains(&code.as_str()))
        .collect();
    let missing: Vec<&String> = found.difference(&told).collect();
    let unused: Vec<&String> = told.difference(&found).collect();
    assert!(missing.is_empty(), "used and not told: {missing:?}");
    assert!(unused.is_empty(), "told and not used: {unused:?}");
    assert_eq!(told.len(), codes::all().len(), "no code is told twice");
}
