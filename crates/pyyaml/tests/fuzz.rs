//! Everything at once, on edits of the corpus and on bytes: no panic, and nothing that one way in says and another denies.
//! `PROPTEST_CASES` says how many cases; the README has the command for a long run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use proptest::prelude::*;
use pyyaml::{Limits, NodeKind, NodeRef, Value};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

#[path = "agreement/edits.rs"]
mod edits;

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let families = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")).unwrap();
    let folders = families.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut files: Vec<_> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read(file).unwrap());
    texts.filter(|text| text.len() < 1500).collect()
});

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let edit = any::<(u64, u64)>().prop_map(|(seed, number)| edits::edited(&CORPUS, seed, number));
    let bytes = prop::collection::vec(any::<u8>(), 0..80);
    let broken = (edit.clone(), any::<(prop::sample::Index, u8)>()).prop_map(|(mut text, (at, byte))| {
        if !text.is_empty() {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    });
    prop_oneof![8 => edit, 2 => broken, 1 => bytes]
}

fn look_at(node: NodeRef<'_>, source: &[u8]) {
    assert!(source.get(node.span().bytes()).is_some());
    for comment in node.comments_before().iter().chain(node.comment_behind()) {
        assert!(source.get(comment.span().bytes()).is_some_and(|text| text.contains(&b'#')));
    }
    if matches!(node.kind(), NodeKind::Alias { .. }) {
        return;
    }
    for child in node.items().chain(node.pairs().flat_map(|(key, value)| [key, value])) {
        look_at(child, source);
    }
}

proptest! {
    #[test]
    fn all_ways_in_agree_on_any_bytes(source in texts()) {
        let begin = Instant::now();
        let limits = Limits { values: 10_000, depth: 100, ..Limits::default() };
        let events = pyyaml::events(&source).last();
        let parsed = pyyaml::parse_within(&source, limits);
        let loaded = pyyaml::load_within(&source, limits);
        if let Ok(document) = &parsed {
            prop_assert!(matches!(events, Some(Ok(_))));
            if let Some(root) = document.root() {
                look_at(root, &source);
            }
        }
        if let Err(error) = &parsed {
            prop_assert_eq!(loaded.as_ref().unwrap_err(), error);
            prop_assert!(error.render(&source, "text").contains(error.problem()));
        }
        let typed = pyyaml::from_slice_within::<Value>(&source, limits);
        // A NaN is not equal to itself.
        prop_assert_eq!(format!("{typed:?}"), format!("{loaded:?}"));
        if let Err(error) = pyyaml::from_slice_within::<Vec<Option<u8>>>(&source, limits) {
            prop_assert!(error.mark().is_none_or(|mark| mark.byte <= source.len()));
        }
        prop_assert!(begin.elapsed() < Duration::from_secs(5));
    }
}
