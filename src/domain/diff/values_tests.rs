//! Cases and laws of comparing values: what is a change for ElastAlert and what only for the eye, and that no secret
//! is in what is told. Secrets stand between `<` and `>`.

use proptest::prelude::*;

use super::*;
use crate::domain::diff::side::SideFile;
use crate::domain::render::origin::Mask;

/// A file whose text between `<` and `>` is a secret; between `{{` and `}}` a hole.
fn file(text: &str) -> SideFile {
    let mut bytes = String::new();
    let mut masks = Vec::new();
    let mut start = 0;
    for c in text.chars() {
        match c {
            '<' | '«' => start = bytes.len(),
            '>' | '»' => {
                let shown = "‹secret S›".to_owned();
                masks.push(Mask { range: start..bytes.len(), shown, hole: c == '»' });
            }
            c => bytes.push(c),
        }
    }
    SideFile::told("rules/a.yaml", bytes.as_bytes(), masks)
}

fn changes(old: &str, new: &str) -> Vec<ValueChange> {
    let (old, new) = (file(old), file(new));
    compare(&Doc::new(Some(&old), true), &Doc::new(Some(&new), true)).unwrap()
}

fn told(old: &str, new: &str) -> Vec<String> {
    let value =
        |side: &Option<ValueSide>| side.as_ref().map_or_else(|| "-".to_owned(), |side| side.value.clone());
    let line = |change: &ValueChange| {
        format!(
            "{} {:?} {} → {} {}",
            change.path,
            change.status,
            value(&change.old),
            value(&change.new),
            change.class
        )
    };
    changes(old, new).iter().map(line).collect()
}

#[test]
fn comments_order_and_ways_of_writing_are_no_change() {
    for (old, new) in [
        ("a: 1\nb: 2\n", "# x\nb: 2\n\na: 1 # y\n"),
        ("a: on\n", "a: true\n"),
        ("a: 010\n", "a: 8\n"),
        ("a: 1:30\n", "a: 90\n"),
        ("a: [x, y]\n", "a:\n- x\n- 'y'\n"),
        ("a: {b: &x 1, c: *x}\n", "a:\n  c: 1\n  b: 1\n"),
        ("a: |\n  t\n", "a: \"t\\n\"\n"),
        ("", "# nothing\n"),
    ] {
        assert_eq!(told(old, new), Vec::<String>::new(), "{old:?} {new:?}");
    }
}

#[test]
fn each_value_that_differs_is_told_with_its_path() {
    assert_eq!(
        told(
            "num_events: 5\ntimeframe: {minutes: 5}\nold: x\nfilter:\n- term: {a.b: 1}\n",
            "num_events: 6\ntimeframe: {hours: 1}\nfilter:\n- term: {a.b: 2}\nnew: [1, {x: y}]\n"
        ),
        [
            "num_events Changed 5 → 6 THRESHOLD",
            "timeframe.hours Added - → 1 SCHEDULE",
            "timeframe.minutes Removed 5 → - SCHEDULE",
            "filter[0].term.\"a.b\" Changed 1 → 2 OTHER",
            "new Added - → [1, {x: y}] OTHER",
            "old Removed x → - OTHER",
        ]
    );
}

#[test]
fn types_are_named_where_they_are_the_difference() {
    assert_eq!(told("a: 1e3\n", "a: 1000\n"), ["a Changed 1e3 (a text) → 1000 (a number) OTHER"]);
    assert_eq!(told("a: '5'\n", "a: 5\n"), ["a Changed '5' (a text) → 5 (a number) OTHER"]);
    assert_eq!(told("a:\n", "a: x\n"), ["a Changed nothing → x (a text) OTHER"]);
    assert_eq!(told("a: [x]\n", "a: x\n"), ["a Changed [x] → x (a text) OTHER"]);
}

#[test]
fn items_are_known_by_what_they_are() {
    assert_eq!(
        told(
            "filter:\n- query: {a: 1, b: 2, c: 3}\n- range: {x: 1}\n",
            "filter:\n- new: 1\n- query: {a: 1, b: 2, c: 4}\n- range: {x: 1}\n"
        ),
        ["filter[0] Added - → {new: 1} OTHER", "filter[1].query.c Changed 3 → 4 OTHER"]
    );
    assert_eq!(told("alert: [debug]\n", "alert: [slack]\n"), ["alert[0] Changed debug → slack NOTIFY"]);
    assert_eq!(told("a: [x, y]\n", "a: [y, x]\n"), ["a Reordered [x, y] → [y, x] OTHER"]);
}

#[test]
fn what_is_run_is_seen_wherever_it_hides() {
    assert_eq!(
        told("", "alert: [{command: {command: [rm]}}]\n"),
        ["alert Added - → [{command: {command: [rm]}}] EXEC"]
    );
    assert_eq!(told("type: any\n", "type: my.Rule\n"), ["type Changed any → my.Rule EXEC"]);
    assert_eq!(told("alert: debug\n", "alert: [debug, x.Y]\n")[0].split(' ').next_back(), Some("EXEC"));
}

#[test]
fn secrets_are_the_same_or_changed_and_nothing_else() {
    let same = told("k: \"x<canary>\"\n", "k: 'x<canary>'\n");
    assert_eq!(same, Vec::<String>::new());
    let changed = told("k: \"x<canary-1>\"\n", "k: \"x<canary-two>\"\n");
    assert_eq!(changed, ["k Changed \"x‹secret S›\" → \"x‹secret S›\" (changed) SECRET"]);
    let unknown = told("k: <canary>\n", "k: «h»\n");
    assert_eq!(unknown, ["k NotCompared ‹secret S› → ‹secret S› (not compared) SECRET"]);
    let added = told("", "k: {a: [<canary>, y]}\n<canary>: 1\n");
    assert!(!added.concat().contains("canary"), "{added:?}");
    assert!(added.iter().all(|line| line.contains("‹secret S›")), "{added:?}");
    assert_eq!(told("es_password: a\n", "es_password: b\n")[0].split(' ').next_back(), Some("SECRET"));
}

#[test]
fn long_values_are_cut_and_still_differ() {
    let long = "x".repeat(1_000);
    let found = changes(&format!("a: {long}1\n"), &format!("a: {long}2\n"));
    let [change] = found.as_slice() else { panic!("{found:?}") };
    let (old, new) = (change.old.as_ref().unwrap(), change.new.as_ref().unwrap());
    assert!(old.value.chars().count() < 500 && old.value != new.value);
}

#[test]
fn values_know_their_lines() {
    let found = changes("a: 1\nb:\n  c: 1\n", "# x\na: 1\nb:\n  c: 2\n");
    assert_eq!((found[0].old.as_ref().unwrap().line, found[0].new.as_ref().unwrap().line), (3, 4));
    assert_eq!(found[0].new.as_ref().unwrap().origin, "rules/a.yaml:4");
}

fn yaml() -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["[a-c]", "[0-9]", Just("on".to_owned()), Just("'x y'".to_owned())];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map("[a-d]", inner, 0..3).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn laws_of_comparing_values(
        old in prop::collection::btree_map("[a-e]", yaml(), 0..4),
        new in prop::collection::btree_map("[a-e]", yaml(), 0..4),
    ) {
        let text = |entries: &std::collections::BTreeMap<String, String>, backward: bool| {
            let mut lines: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
            if backward { lines.reverse(); }
            lines.join("# between\n")
        };
        let (before, after) = (text(&old, false), text(&new, false));
        prop_assert!(changes(&before, &text(&old, true)).is_empty(), "order and comments are nothing");
        let there = changes(&before, &after);
        let read = |text: &str| crate::domain::diff::tree::read(text).unwrap().digest;
        prop_assert_eq!(there.is_empty(), read(&before) == read(&after));
        // Looked at the other way round, what was added is removed.
        let back = changes(&after, &before);
        let count = |changes: &[ValueChange], status| changes.iter().filter(|change| change.status == status).count();
        prop_assert_eq!(count(&there, ValueStatus::Added) > 0 || count(&there, ValueStatus::Removed) > 0,
            count(&back, ValueStatus::Added) > 0 || count(&back, ValueStatus::Removed) > 0);
    }

    #[test]
    fn no_secret_is_told_wherever_it_stands(at in 0usize..60, length in 1usize..20, new in "[a-z: \\[\\]{},\n-]{0,60}") {
        let text = "k: [a, b]\ncanary: {x: canary, y: [canary]}\nz: |\n  canary\n";
        let end = (at + length).min(text.len());
        let mut masks = vec![Mask { range: at.min(end)..end, shown: "‹s›".into(), hole: false }];
        masks.extend(crate::domain::render::origin::find(text.as_bytes(), b"canary", "‹s›"));
        let old = SideFile::told("a.yaml", text.as_bytes(), masks);
        let new = SideFile::told("a.yaml", new.as_bytes(), Vec::new());
        if let Some(found) = compare(&Doc::new(Some(&old), true), &Doc::new(Some(&new), true)) {
            prop_assert!(!serde_json::to_string(&found).unwrap().contains("canary"));
        }
    }
}
