//! The sample workspace of the repository, which the program ships: it has nothing to find fault with, and its
//! environments really differ. What runs of it on a real engine is shown by the live tests.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot read the sample has failed"
)]

use std::path::Path;

use alertdeck::domain::environment::{EnvName, Guard};
use alertdeck::domain::matrix::Cell;
use alertdeck::domain::overview::Overview;
use alertdeck::domain::template::Bytes;
use alertdeck::domain::workspace::build::{Sources, build};

fn sample() -> Overview {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["config", "rules"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            // What people keep there for themselves is not part of the sample.
            if entry.file_type().is_file() && !path.contains("Sensitive.") {
                files.push((path, Bytes::from(std::fs::read(entry.path()).unwrap())));
            }
        }
    }
    Overview::of(build(Sources {
        root: root.to_str().unwrap().to_owned(),
        prefix: "",
        revision: 1,
        files,
        problems: Vec::new(),
        set: &[],
        octopus: false,
    }))
}

fn name(text: &str) -> EnvName {
    text.parse().unwrap()
}

#[test]
fn nothing_is_wrong_with_it() {
    let sample = sample();
    let findings: Vec<String> = sample
        .findings
        .iter()
        .map(|finding| format!("{:?} {} {}", finding.severity, finding.problem.code, finding.problem))
        .collect();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn its_pipeline_grows_more_careful() {
    let sample = sample();
    let pipeline: Vec<(&str, Guard)> = sample
        .workspace
        .environments
        .iter()
        .map(|environment| (environment.name.as_str(), environment.guard))
        .collect();
    let expected = [
        ("Default", Guard::Confirm),
        ("CI", Guard::Open),
        ("Staging", Guard::Confirm),
        ("Production", Guard::TypeName),
    ];
    assert_eq!(pipeline, expected);
}

#[test]
fn ci_leaves_one_rule_out_and_nobody_else_does() {
    let sample = sample();
    for (environment, out) in [("CI", 1), ("Staging", 0), ("Production", 0)] {
        assert_eq!(sample.rendering(&name(environment)).unwrap().excluded.len(), out, "{environment}");
    }
    assert!(sample.matrix.len() >= 8);
    for row in sample.matrix.iter() {
        assert!(
            row.cells.iter().any(|(_, cell)| matches!(cell, Cell::Differs)),
            "{} is the same everywhere",
            row.name
        );
    }
}

#[test]
fn environments_that_stand_side_by_side_write_different_indices() {
    let sample = sample();
    let mut indices: Vec<Option<String>> =
        sample.workspace.environments.iter().map(|environment| environment.search.index.clone()).collect();
    indices.sort();
    indices.dedup();
    assert_eq!(indices.len(), 4, "{indices:?}");
    assert!(indices.iter().all(Option::is_some));
}
