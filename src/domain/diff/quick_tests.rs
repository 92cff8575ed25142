//! The quick count says what the whole comparison says. It is tried on renderings as workspaces make them.

use proptest::prelude::*;

use super::*;
use crate::domain::diff::FileStatus;
use crate::domain::diff::compare::{self, diff};
use crate::domain::diff::pair::pairs;
use crate::domain::diff::side::{Side, Sides};
use crate::domain::render::render;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

/// A rule in two environments, which give `A` and `B` other values.
fn sides(rule: &str, values: [&str; 4]) -> Arc<Sides> {
    let file = |path: &str, text: String| (path.to_owned(), Bytes::from(text.into_bytes()));
    let layer = |a: &str, b: &str| format!("A={a}\nB={b}\n");
    let workspace = Arc::new(build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: vec![
            file("config/elastalert.yaml", "es_host: h\nes_port: 1\n".into()),
            file("config/substitutions/Default.conf", layer(values[0], values[1])),
            file("config/substitutions/Lab.conf", layer(values[2], values[3])),
            file("rules/r.yaml", rule.to_owned()),
        ],
        problems: Vec::new(),
        set: &[],
        octopus: false,
    }));
    let side = |at: usize| {
        let rendering = render(&workspace, &workspace.environments[at], &std::collections::BTreeMap::new());
        Side::of(Arc::new(rendering), Arc::clone(&workspace))
    };
    Arc::new(Sides { old: side(0), new: side(1) })
}

/// Whether the quick count could tell; it must say what the whole says.
fn agrees(sides: &Arc<Sides>) -> bool {
    let quick = Quick::default();
    let mut told = false;
    for pair in pairs(&sides.old, &sides.new) {
        let (whole, seen) = compare::whole(sides, pair);
        let lazy = compare::file(sides, pair, &quick);
        let mut plain = whole.clone();
        plain.details = lazy.details.clone();
        assert_eq!(plain, lazy);
        assert_eq!(*lazy.details.seen(), seen);
        let files = pair
            .old
            .and_then(|at| sides.old.files.get(at))
            .zip(pair.new.and_then(|at| sides.new.files.get(at)));
        told |= whole.status == FileStatus::Changed
            && files.is_some_and(|(old, new)| quick.count(old, new).is_some());
    }
    told
}

const RULE: &str = "# @@A@@\nname: R\ntype: any\nindex: i\nalert: debug\n";

#[test]
fn what_people_write_is_counted_quickly() {
    for (rule, values) in [
        ("num_events: @@A@@\n", ["1", "x", "2", "x"]),
        ("num_events: @@A@@\n# @@B@@\ntimeframe:\n  minutes: @@A@@\n", ["1", "x", "2", "y"]),
        ("query_key: \"@@A@@-*\" # @@B@@\nrun_every: {minutes: @@B@@}\n", ["a", "1", "b", "2"]),
        ("alert_text: |\n  it's [@@A@@\n\n  {\nnum_events: 1\n", ["a", "", "b", ""]),
        (
            "filter:\n- term: {a: \"@@A@@\"}\n- query:\n    query_string: {query: 'x: @@A@@'}\n",
            ["a", "", "b", ""],
        ),
        ("num_events: @@A@@\n", ["10", "", "0xA", ""]),
    ] {
        assert!(agrees(&sides(&format!("{RULE}{rule}"), values)), "{rule}");
    }
}

#[test]
fn what_is_not_sure_is_left_to_the_whole() {
    for rule in [
        "x: &a @@A@@\ny: *a\n",
        "x: \"a\nname2: @@A@@\"\n",
        "x: [a,\n  @@A@@]\n",
        "num_events: 1\nnum_events: @@A@@\n",
        "x: 'it\n  @@A@@'\n",
        "? x\n: @@A@@\n",
        "x: !!str @@A@@\n",
        "@@A@@: 1\n",
        "x: 1\r\ny: @@A@@\r\n",
    ] {
        assert!(
            !agrees(&sides(&format!("{}{rule}", RULE.trim_start_matches("# @@A@@\n")), ["1", "", "2", ""])),
            "{rule}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_quick_count_is_that_of_the_whole(
        parts in prop::collection::vec(prop::sample::select(vec![
            "num_events: @@A@@", "threshold: '@@B@@'", "timeframe: {minutes: @@A@@, days: @@B@@}", "x:", "- @@A@@",
            "- {y: @@B@@}", "  z: @@A@@", "  - @@B@@", "# @@A@@", "", "  # @@B@@", "a: |", "  text @@A@@", "  it's",
            "b: >-", "c: \"@@A@@ '@@B@@\"", "x: [@@A@@, @@B@@]", "d: &e @@A@@", "f: *e", "g: \"open", "  closed\"",
            "name: @@A@@ R", "es_password: @@B@@", "alert: [@@A@@]", "h: {i: [@@A@@", "  ]}", "@@B@@: 1", "---",
            "j: 'a''@@A@@'", "k: \"\\\"@@A@@\"", "l: http://@@A@@/#@@B@@", "num_events: @@A@@", "", "",
        ]), 0..9),
        values in prop::collection::vec(prop::sample::select(vec!["1", "2", "01", "on", "true", "a b", "x: y", "", "~", "a", "#"]), 4),
    ) {
        let rule = format!("name: R\ntype: any\n{}\n", parts.join("\n"));
        agrees(&sides(&rule, [values[0], values[1], values[2], values[3]]));
    }
}

#[test]
fn many_rules_with_one_change_are_read_once_and_found_later() {
    let sides = sides(&format!("{RULE}num_events: @@A@@\n"), ["1", "", "2", ""]);
    let both = diff(&sides.old, &sides.new);
    let file = both.files.iter().find(|file| file.path == "rules/r.yaml").unwrap();
    assert_eq!((file.added, file.removed, file.classes.words().as_str()), (2, 2, "THRESHOLD 1, COSMETIC 1"));
    assert_eq!(file.values().unwrap().len(), 1);
    assert_eq!(file.hunks().len(), 1);
}
