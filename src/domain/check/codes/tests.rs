//! The table against its own examples, and against the page that is made of it. That it tells of every code that the
//! sources use is held by the structure test.

use std::collections::BTreeMap;

use super::*;
use crate::domain::check::Finding;
use crate::domain::overview::Overview;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

fn bytes(text: Text) -> Option<Vec<u8>> {
    match text {
        Text::Utf8(text) => Some(text.as_bytes().to_vec()),
        Text::Latin1(text) => Some(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()),
        Text::Gone => None,
    }
}

fn check(files: &[&[File]]) -> Vec<Finding> {
    let mut laid: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for file in SOUND.iter().chain(files.iter().copied().flatten()) {
        match bytes(file.text) {
            Some(bytes) => laid.insert(file.path, bytes),
            None => laid.remove(file.path),
        };
    }
    let workspace = build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: laid.into_iter().map(|(path, bytes)| (path.to_owned(), Bytes::from(bytes))).collect(),
        problems: Vec::new(),
        set: &[],
        octopus: false,
    });
    Overview::of(workspace).findings.to_vec()
}

#[test]
fn every_example_is_found_with_its_code_and_gone_with_its_fix() {
    assert_eq!(check(&[]), [], "the workspace under the examples is sound");
    let mut wrongs = Vec::new();
    for entry in all() {
        let Example::Files { wrong, right } = entry.example else { continue };
        let found = check(&[wrong]);
        if !found
            .iter()
            .any(|finding| finding.problem.code == entry.code && finding.severity == entry.severity)
        {
            wrongs.push(format!("{}: not found: {found:?}", entry.code));
        }
        let left = check(&[wrong, right]);
        let bad =
            |finding: &&Finding| finding.problem.code == entry.code || finding.severity >= Severity::Warning;
        if let Some(bad) = left.iter().find(bad) {
            wrongs.push(format!("{}: fixed, there is still {bad:?}", entry.code));
        }
    }
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
}

#[test]
fn only_what_no_file_can_show_is_told_in_words() {
    let words = all().into_iter().filter(|entry| matches!(entry.example, Example::Words(_)));
    for entry in words {
        let elsewhere =
            ["workspace.file", "workspace.large", "workspace.link", "workspace.linked", "rule.glob"]
                .contains(&entry.code);
        // What a provider gives is in no file either.
        let given = ["secret.lines", "secret.missing", "secret.short"].contains(&entry.code);
        assert!(entry.code.starts_with("preflight.") || elsewhere || given, "{}", entry.code);
    }
}

#[test]
fn the_page_is_what_the_table_says() {
    let page = include_str!("../../../../docs/checks.md");
    assert_eq!(page, markdown(), "run `alertdeck checks --markdown >docs/checks.md`");
}

#[test]
fn an_unknown_code_leads_to_the_nearest() {
    assert_eq!(near("token.unkown"), Some("token.unknown"));
    assert_eq!(near("zzz"), None);
    let text = find("token.shape").unwrap().plain(60);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.starts_with("error[token.shape]: ") && text.contains("name: '@@NAME@@'"), "{text}");
}
