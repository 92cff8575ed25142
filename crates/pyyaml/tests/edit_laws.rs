//! Thousands of edits of real files, and laws of writing. What an edit made is held against a tree that this test
//! changes by itself, so that the crate's own proof is proven too.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests may fail as the tests themselves"
)]

use proptest::prelude::*;
use pyyaml::{
    Date, DateTime, Document, Edit, EditError, Int, NodeId, NodeKind, NodeRef, ScalarStyle, Text, Value,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A tree that knows nothing of places. Anchors are names, and aliases too, which is enough where none repeats.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Scalar(String, Text<'static>, ScalarStyle, Option<String>),
    Alias(String),
    Sequence(String, bool, Vec<Self>, Option<String>),
    Mapping(String, bool, Vec<(Self, Self)>, Option<String>),
}

impl Tree {
    fn of(node: NodeRef<'_>) -> Self {
        let (tag, anchor) = (node.tag().to_owned(), node.anchor().map(str::to_owned));
        match node.kind() {
            NodeKind::Scalar { value, style } => Self::Scalar(tag, value.clone(), *style, anchor),
            NodeKind::Alias { .. } => Self::Alias(anchor.unwrap()),
            NodeKind::Sequence { flow, .. } => {
                Self::Sequence(tag, *flow, node.items().map(Self::of).collect(), anchor)
            }
            NodeKind::Mapping { flow, .. } => {
                let pairs = node.pairs().map(|(key, value)| (Self::of(key), Self::of(value)));
                Self::Mapping(tag, *flow, pairs.collect(), anchor)
            }
        }
    }

    fn read(source: &[u8]) -> Self {
        Self::of(pyyaml::parse(source).unwrap().root().unwrap())
    }

    /// The tree at a path of places, a key being even and a value odd.
    fn at(&mut self, path: &[usize]) -> &mut Self {
        let Some((first, rest)) = path.split_first() else { return self };
        match self {
            Self::Sequence(_, _, items, _) => items[*first].at(rest),
            Self::Mapping(_, _, pairs, _) => {
                let pair = &mut pairs[first / 2];
                if first % 2 == 0 { pair.0.at(rest) } else { pair.1.at(rest) }
            }
            _ => unreachable!(),
        }
    }

    fn set(&mut self, new: Self) {
        let kept = match self {
            Self::Alias(_) => None,
            Self::Scalar(.., anchor) | Self::Sequence(.., anchor) | Self::Mapping(.., anchor) => {
                anchor.take()
            }
        };
        *self = new;
        if let (
            Some(kept),
            Self::Scalar(.., anchor) | Self::Sequence(.., anchor) | Self::Mapping(.., anchor),
        ) = (kept, self)
        {
            *anchor = Some(kept);
        }
    }
}

fn paths(document: &Document) -> Vec<(NodeId, Vec<usize>)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = document.root().map(|root| (root, Vec::new())).into_iter().collect();
    while let Some((node, path)) = open.pop() {
        found.push((node.id(), path.clone()));
        let below = |at: usize| [path.as_slice(), &[at]].concat();
        match node.kind() {
            NodeKind::Sequence { .. } => {
                open.extend(node.items().enumerate().map(|(at, item)| (item, below(at))));
            }
            NodeKind::Mapping { .. } => {
                for (at, (key, value)) in node.pairs().enumerate() {
                    open.extend([(key, below(2 * at)), (value, below(2 * at + 1))]);
                }
            }
            _ => {}
        }
    }
    found
}

const fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[derive(Debug, Default)]
struct Counts {
    made: usize,
    refused: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Counts {
    fn count(&mut self, source: &[u8], what: &str, result: Result<Vec<u8>, EditError>, expected: &Tree) {
        let why = match result {
            Ok(edited) => {
                let right = pyyaml::parse(&edited)
                    .is_ok_and(|document| document.root().is_some_and(|root| Tree::of(root) == *expected));
                let before = String::from_utf8_lossy(source).into_owned();
                let after = String::from_utf8_lossy(&edited).into_owned();
                let ended = |text: &str| what.starts_with("remove") || text.ends_with(is_break);
                let bom = |text: &str| text.starts_with('\u{feff}');
                if right && bom(&before) == bom(&after) && ended(&before) == ended(&after) {
                    self.made += 1;
                } else {
                    self.wrong.push(format!("{what}: {before:?} to {after:?}"));
                }
                return;
            }
            Err(EditError::Shared { .. } | EditError::Aliased { .. }) => "an alias needs it",
            Err(EditError::Target(why)) => why,
            Err(EditError::Changed { .. }) => "something else would change",
            Err(EditError::Unreadable(_)) => "the result would be no YAML",
            Err(error) => panic!("{what} of {source:?}: {error}"),
        };
        if std::env::var_os("PYYAML_SHOW_REFUSED").is_some() {
            println!("{what} refused: {why}: {:?}", String::from_utf8_lossy(source));
        }
        *self.refused.entry(why).or_default() += 1;
    }
}

const NEW: [&str; 8] = ["5", "word", "\"on\"", "'it''s'", "[1, {a: b}]", "{}", "null", "two words"];

fn exercise(source: &[u8], counts: &mut [Counts; 4]) {
    let Ok(document) = pyyaml::parse(source) else { return };
    let Some(root) = document.root() else { return };
    // Not what this test is about: UTF-16, and trees too deep for its recursion.
    if source.starts_with(b"\xfe\xff") || source.starts_with(b"\xff\xfe") || document.nodes().len() > 2000 {
        return;
    }
    let tree = Tree::of(root);
    let [sets, additions, removals, pushes] = counts;
    let finish = |edit: Edit<'_>| edit.finish().map(|edited| edited.source);
    for (number, (id, path)) in paths(&document).into_iter().enumerate() {
        let new = NEW[number % NEW.len()];
        let mut expected = tree.clone();
        expected.at(&path).set(Tree::read(new.as_bytes()));
        let mut edit = Edit::new(source).unwrap();
        let result = edit.set(id, new).and_then(|_| finish(edit));
        let is_key = matches!(document.node(id).unwrap().kind(), NodeKind::Scalar { .. });
        if is_key || path.last().is_none_or(|at| at % 2 == 1) {
            sets.count(source, &format!("set {path:?}"), result, &expected);
        }
        let count = match document.node(id).unwrap().kind() {
            NodeKind::Mapping { pairs, .. } => pairs.len(),
            NodeKind::Sequence { items, .. } => items.len(),
            _ => continue,
        };
        let mut expected = tree.clone();
        let mut edit = Edit::new(source).unwrap();
        let new = Tree::read(new.as_bytes());
        match expected.at(&path) {
            Tree::Mapping(_, _, pairs, _) => {
                pairs.push((Tree::read(b"a new key"), new));
                let result = edit.insert(id, "a new key", NEW[number % NEW.len()]);
                let result = result.and_then(|_| finish(edit));
                additions.count(source, &format!("add {path:?}"), result, &expected);
            }
            Tree::Sequence(_, _, items, _) => {
                items.push(new);
                let result = edit.push(id, NEW[number % NEW.len()]).and_then(|_| finish(edit));
                pushes.count(source, &format!("push {path:?}"), result, &expected);
            }
            _ => {}
        }
        for at in 0..count {
            let mut expected = tree.clone();
            match expected.at(&path) {
                Tree::Mapping(_, flow, pairs, _) => {
                    pairs.remove(at);
                    *flow |= pairs.is_empty();
                }
                Tree::Sequence(_, flow, items, _) => {
                    items.remove(at);
                    *flow |= items.is_empty();
                }
                _ => {}
            }
            let mut edit = Edit::new(source).unwrap();
            let result = edit.remove_entry(id, at).and_then(|_| finish(edit));
            removals.count(source, &format!("remove {path:?} {at}"), result, &expected);
        }
    }
}

fn report(name: &str, counts: &[Counts; 4]) {
    for (kind, counts) in ["set", "key added", "entry removed", "item added"].iter().zip(counts) {
        let refused: usize = counts.refused.values().sum();
        println!(
            "{name}: {kind}: made {}, refused {refused} {:?}, wrong {}",
            counts.made,
            counts.refused,
            counts.wrong.len()
        );
    }
    for counts in counts {
        assert!(counts.wrong.is_empty(), "{:#?}", counts.wrong.iter().take(10).collect::<Vec<_>>());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn no_edit_of_the_corpus_is_wrong() {
    let mut counts = <[Counts; 4]>::default();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")) {
        let text = std::fs::read(path).unwrap();
        // Each node is edited, and each edit read back, so that one of six hundred aliases would take a minute.
        if text.len() < 5_100 {
            exercise(&text, &mut counts);
        }
    }
    report("corpus", &counts);
    assert!(counts.iter().all(|counts| counts.made > 200), "{counts:?}");
}

/// A file as people write them: comments everywhere, lists at the column of their key, now and then CRLF or no line
/// break at the end.
fn rule(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pick = |count: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % count
    };
    let mut text = String::new();
    if pick(3) == 0 {
        text.push_str("# What this rule is for\n\n");
    }
    for key in 0..3 + pick(6) {
        if pick(3) == 0 {
            text.push_str("# about the next one\n");
        }
        let comment = if pick(3) == 0 { "  # why" } else { "" };
        let lines = match pick(12) {
            0 => format!("key{key}: some words{comment}\n"),
            1 => format!("key{key}: \"quoted # text\"{comment}\n"),
            2 => format!("'key{key}': 'it''s'{comment}\n"),
            3 => format!("key{key}:{comment}\n  minutes: 5{comment}\n  # inner\n  hours: 1\n"),
            4 => format!(
                "key{key}:{comment}\n- query:\n    match:\n      a: \"b: c\"{comment}\n- term: {{x: [1, 2]}}\n"
            ),
            5 => format!("key{key}:\n  - one{comment}\n  # between\n  - two: 2\n    three: 3\n"),
            6 => format!("key{key}: |{comment}\n  text\n    more # no comment\n\n  end\n\n"),
            7 => format!("key{key}: >-\n  folded\n  text\n"),
            8 => format!("key{key}: [a, 'b', {{c: d}}]{comment}\n"),
            9 => format!("key{key}: {{a: 1, # one\n    b: 2{comment}\n  }}\n"),
            10 => format!("key{key}:{comment}\n"),
            _ => format!("key{key}: a plain text\n  of two lines{comment}\n"),
        };
        text.push_str(&lines);
        if pick(5) == 0 {
            text.push('\n');
        }
    }
    if pick(4) == 0 {
        text = text.replace('\n', "\r\n");
    }
    if pick(4) == 0 {
        text.truncate(text.trim_end().len());
    }
    text
}

#[test]
fn no_edit_of_a_rule_with_comments_is_wrong() {
    let mut counts = <[Counts; 4]>::default();
    for seed in 0..150 {
        exercise(rule(seed).as_bytes(), &mut counts);
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    if rules.is_dir() {
        for path in files(&rules) {
            // The tokens of a template are no YAML; what a rendering puts there is.
            let text = std::fs::read_to_string(path).unwrap();
            let plain: Vec<&str> =
                text.split("@@").enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "7" }).collect();
            exercise(plain.concat().as_bytes(), &mut counts);
        }
    }
    report("rules", &counts);
}

fn same(one: &Value, other: &Value) -> bool {
    // NaN is equal to none, and so are values with one in them; what is shown is the same.
    one == other || format!("{one:?}") == format!("{other:?}")
}

fn texts() -> impl Strategy<Value = Value> {
    let words = [
        "on",
        "~",
        "null",
        "1e3",
        "1:30",
        "0o7",
        "0x1f",
        "010",
        "=",
        "<<",
        "2001-01-01",
        "",
        " ",
        "a: b",
        "- a",
        "# a",
        "a #b",
        "a\n",
        "\ta",
        "y",
        ".5",
        "...",
        "---",
        "\u{85}",
        "\u{feff}",
        "'",
        "\"",
        "\\",
        "?",
        "@a",
        "%a",
        "1_0",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        "\\PC{0,12}",
        "[\\x00-\\x7f]{0,12}",
        any::<String>(),
        "[a-z ]{0,20}",
    ]
    .prop_map(|text| Value::String(text.into()))
}

fn whole() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>().prop_map(Int::from), (0..5_i64).prop_map(Int::from)].prop_map(Value::Int)
}

fn scalars() -> impl Strategy<Value = Value> {
    let time = (
        1..=9999_u16,
        1..=12_u8,
        1..=28_u8,
        0..24_u8,
        0..60_u8,
        0..1_000_000_u32,
        prop::option::of(-1439..1440_i32),
    );
    prop_oneof![
        4 => texts(),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => whole(),
        2 => prop::num::f64::ANY.prop_map(|float| Value::Float(if float.is_nan() { f64::NAN } else { float })),
        1 => prop::collection::vec(any::<u8>(), 0..10).prop_map(Value::Binary),
        1 => (any::<f32>(), any::<f32>()).prop_filter("numbers", |(a, b)| a.is_finite() && b.is_finite())
            .prop_map(|(a, b)| Value::Complex(a.into(), b.into())),
        1 => time.prop_map(|(year, month, day, hour, minute, microsecond, offset)| {
            let date = Date { year, month, day };
            let offset = offset.map(|minutes| minutes * 60);
            Value::DateTime(DateTime { date, hour, minute, second: minute, microsecond, offset })
        }),
        1 => (1..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Value::Date(Date { year, month, day })),
    ]
}

/// Pairs whose keys no Python takes for one another.
fn distinct(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut kept: Vec<(Value, Value)> = Vec::new();
    for (key, value) in pairs {
        if !kept.iter().any(|(known, _)| *known == key) {
            kept.push((key, value));
        }
    }
    kept
}

fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(4, 40, 5, |inner| {
        let keys =
            || prop_oneof![4 => texts(), 1 => prop::collection::vec(texts(), 0..3).prop_map(Value::Tuple)];
        let pairs = prop::collection::vec((keys(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec(inner, 0..5).prop_map(Value::Tuple),
            pairs.clone().prop_map(|pairs| Value::Map(distinct(pairs))),
            pairs.clone().prop_map(Value::OrderedMap),
            pairs.prop_map(|pairs| Value::Set(distinct(pairs).into_iter().map(|(key, _)| key).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_read_back_as_it_was_written(value in values()) {
        let text = pyyaml::to_flow(&value).unwrap();
        let inside = format!("a:\n- {text}\n- [{text}, {{k: {text}}}] # c\n");
        let loaded = pyyaml::load(inside.as_bytes()).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        let of = |value: &Value| Value::Map(vec![(
            Value::String("a".into()),
            Value::List(vec![
                value.clone(),
                Value::List(vec![
                    value.clone(),
                    Value::Map(vec![(Value::String("k".into()), value.clone())]),
                ]),
            ]),
        )]);
        prop_assert!(same(&loaded, &of(&value)), "{}: {:?}", text, loaded);
    }

    #[test]
    fn a_text_takes_any_quotes_and_stays_the_same(text in texts(), single in any::<bool>()) {
        let style = if single { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted };
        let written = pyyaml::to_flow_like(&text, style).unwrap();
        prop_assert_eq!(pyyaml::load(written.as_bytes()).unwrap(), text);
    }

    #[test]
    fn values_are_set_and_added_and_the_rest_stays(seed in any::<u64>(), value in values(), at in any::<prop::sample::Index>()) {
        let source = rule(seed);
        let Ok(Value::Map(mut pairs)) = pyyaml::load(source.as_bytes()) else { return Ok(()) };
        let mut edit = Edit::new(source.as_bytes()).unwrap();
        let at = at.index(pairs.len());
        let Value::String(key) = pairs[at].0.clone() else { return Ok(()) };
        let node = edit.document().root().unwrap().get(key.as_str()).unwrap().id();
        edit.update(node, &value).unwrap();
        edit.put_at_root("new", &pyyaml::to_flow(&value).unwrap()).unwrap();
        pairs[at].1 = value.clone();
        pairs.push((Value::String("new".into()), value));
        let edited = edit.finish().unwrap();
        prop_assert!(same(&pyyaml::load(&edited.source).unwrap(), &Value::Map(pairs)));
        // Each line that is a comment is there still, unless its block was replaced.
        let comments = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
        prop_assert_eq!(comments(&source), comments(std::str::from_utf8(&edited.source).unwrap()));
    }

    #[test]
    fn several_edits_at_once_are_as_right_as_one(seed in any::<u64>(), picks in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<prop::sample::Index>()), 1..7)) {
        let source = rule(seed);
        let document = pyyaml::parse(source.as_bytes()).unwrap();
        let nodes = paths(&document);
        let mut tree = Tree::of(document.root().unwrap());
        let mut edit = Edit::new(source.as_bytes()).unwrap();
        let (mut set, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (pick, what, entry)) in picks.into_iter().enumerate() {
            let (id, path) = pick.get(&nodes);
            let node = document.node(*id).unwrap();
            let new = NEW[number];
            let count = node.pairs().len().max(node.items().len());
            match node.kind() {
                NodeKind::Mapping { .. } if what == 0 => {
                    let key = format!("new{number}");
                    if edit.insert(*id, &key, new).is_err() { return Ok(()) }
                    added.push((path, key, new));
                }
                NodeKind::Sequence { .. } if what == 0 => {
                    if edit.push(*id, new).is_err() { return Ok(()) }
                    added.push((path, String::new(), new));
                }
                NodeKind::Mapping { .. } | NodeKind::Sequence { .. } if what < 3 => {
                    let at = entry.index(count.max(1));
                    if edit.remove_entry(*id, at).is_err() { return Ok(()) }
                    removed.push((path.clone(), at));
                }
                _ if path.last().is_none_or(|at| at % 2 == 1) => {
                    if edit.set(*id, new).is_err() { return Ok(()) }
                    set.push((path, new));
                }
                _ => {}
            }
        }
        removed.sort();
        let edited = match edit.finish() {
            Ok(edited) => edited,
            // Two edits of one place, or the last entries replaced by others.
            Err(EditError::Conflict(_) | EditError::Target(_)) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {source:?}"))),
        };
        for (path, new) in set {
            tree.at(path).set(Tree::read(new.as_bytes()));
        }
        for (path, key, new) in added {
            match tree.at(path) {
                Tree::Mapping(_, _, pairs, _) => pairs.push((Tree::read(key.as_bytes()), Tree::read(new.as_bytes()))),
                Tree::Sequence(_, _, items, _) => items.push(Tree::read(new.as_bytes())),
                _ => return Err(TestCaseError::fail(format!("no conflict: {source:?}"))),
            }
        }
        for (path, at) in removed.into_iter().rev() {
            match tree.at(&path) {
                Tree::Mapping(_, flow, pairs, _) => {
                    pairs.remove(at);
                    *flow |= pairs.is_empty();
                }
                Tree::Sequence(_, flow, items, _) => {
                    items.remove(at);
                    *flow |= items.is_empty();
                }
                _ => return Ok(()),
            }
        }
        prop_assert_eq!(Tree::read(&edited.source), tree);
    }

    #[test]
    fn nothing_panics(source in prop_oneof![
        "[a\\-?:,\\[\\]{}#&*!|>'\"%@ \n\t\r]{0,30}",
        "(a|b|: |- |\\? |\\[|\\]|\\{|\\}|, |\n|\n  |\r\n|# c|&a |\\*a|!t |'|\"|\\|\n|x\u{85}|\u{2028}|\u{feff}|ä|---|\\.\\.\\.|<<: ){0,24}",
    ], at in 0..20_usize) {
        let mut counts = <[Counts; 4]>::default();
        let Ok(document) = pyyaml::parse(source.as_bytes()) else { return Ok(()) };
        exercise(source.as_bytes(), &mut counts);
        for counts in &counts {
            prop_assert!(counts.wrong.is_empty(), "{:?}", counts.wrong);
        }
        let Ok(mut edit) = Edit::new(source.as_bytes()) else { return Ok(()) };
        if edit.put_at_root("k", "1").is_ok() && edit.finish().is_ok() && document.root().is_none() {
            let edit = Edit::new(source.as_bytes()).unwrap();
            prop_assert!(edit.root().is_err() && at < 20);
        }
    }
}

#[test]
fn numbers_of_any_size_are_written() {
    let big = format!("0x{}", "f".repeat(5000));
    let value = pyyaml::load(big.as_bytes()).unwrap();
    assert_eq!(pyyaml::to_flow(&value).unwrap(), big);
    let value = pyyaml::load(format!("-{}", "9".repeat(4000)).as_bytes()).unwrap();
    assert_eq!(pyyaml::load(pyyaml::to_flow(&value).unwrap().as_bytes()).unwrap(), value);
    for text in ["\"\\ud800\\udc00\"", "'\u{fffd}'", "{? \"\\ud800\" : 1}"] {
        let value = pyyaml::load(text.as_bytes()).unwrap();
        assert_eq!(pyyaml::load(pyyaml::to_flow(&value).unwrap().as_bytes()).unwrap(), value);
    }
    let long = Value::Map(vec![(Value::String("k".repeat(3000).into()), Value::Null)]);
    assert_eq!(pyyaml::load(pyyaml::to_flow(&long).unwrap().as_bytes()).unwrap(), long);
}
