//! Texts that are made to hurt: deep, endless, repeated, with many anchors or merges. Whatever a reader answers to them
//! it answers soon, and four times as much text takes about four times as long.

use std::time::{Duration, Instant};

use pyyaml::{Edit, EditError, ErrorClass, Limits, NodeKind};

/// Bytes of the shorter text of each pair.
const SIZE: usize = 20_000;

fn read(text: &[u8]) {
    pyyaml::events(text).for_each(drop);
    if let Ok(document) = pyyaml::parse(text) {
        let nodes = document
            .root()
            .into_iter()
            .flat_map(|root| root.items().chain(root.pairs().flat_map(|(key, value)| [key, value])));
        // What stands around a node is looked up for every one of them.
        let comments = nodes.filter_map(|node| {
            node.comments_before().len().checked_add(node.comment_behind()?.span().start.byte)
        });
        assert!(comments.count() <= document.comments().len());
    }
    drop(pyyaml::from_slice::<Vec<u8>>(text));
    drop(pyyaml::load(text));
}

/// Four times the text must not take more than eight times as long. Other programs run too, so three tries count.
fn is_linear(name: &str, text: impl Fn(usize) -> String) {
    is_linear_by(name, text, read);
}

fn is_linear_by(name: &str, text: impl Fn(usize) -> String, run: impl Fn(&[u8])) {
    let time = |text: String| {
        let begin = Instant::now();
        run(text.as_bytes());
        begin.elapsed()
    };
    let ratio = || {
        let (short, long) = (time(text(SIZE)), time(text(SIZE * 4)));
        // What takes less than ten milliseconds says nothing on a machine that does other things too.
        long.as_secs_f64() / short.as_secs_f64().max(0.01)
    };
    let best = (0..3).map(|_| ratio()).find(|ratio| *ratio < 8.0);
    assert!(best.is_some(), "four times as much of {name} takes more than eight times as long");
}

fn repeated(piece: &'static str) -> impl Fn(usize) -> String {
    move |size| piece.repeat(size / piece.len())
}

#[test]
fn repetition_takes_linear_time() {
    for piece in [
        "{a: ",
        "[",
        "[a: ",
        "- ",
        "? ",
        ": ",
        "!a ",
        "&a ",
        "&a\n",
        "*a ",
        "a\n",
        "a: b\n",
        "- a\n",
        "? a\n",
        "{a},",
        "a ",
        " ",
        "\n",
        "\t",
        "\"",
        "'",
        "''",
        "\\",
        "#",
        "# a\n",
        "%A\n",
        "---\n",
        "...\n",
        "|\n ",
        ">\n ",
        "a: |\n b\n",
        "a,",
        "]",
        "}",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{1f600}",
        "\r",
        "[a, ",
        "- [] \n",
        "- {}\n",
        "1:",
        "0_",
        "1.",
        "- 1:1\n",
        "- 2020-01-01\n",
        "- \"a\\\n  b\"\n",
        "- a # c\n",
        "# c\n- a\n",
        "a: # c\n",
        "- # c\n  a\n",
        "- !!str a\n",
        "- !<tag:yaml.org,2002:str> a\n",
        "- !!int 1\n",
        "- !\n",
        "- !!set {a, b}\n",
        "- !!omap [a: b, c: d]\n",
        "? a\n: b\n",
        "? - a\n",
        "? !!python/tuple [1, 2]\n: b\n",
        "1: a\n1.0: b\n",
        "2020-01-01: a\n",
        ".nan: a\n",
        "=: a\n",
        "<<: {a: b}\n",
        "<<: [{a: b}, {c: d}]\n",
        "- |\n a\n",
        "- >+\n\n a\n\n",
        "\\x4",
        "- 0b1\n",
        "[]: a\n",
        "{a: b}: c\n",
        "a\n\n",
    ] {
        is_linear(piece, repeated(piece));
    }
}

#[test]
fn long_tokens_take_linear_time() {
    for (head, piece, tail) in [
        ("\"", "a ", "\""),
        ("\"", "\\x41", "\""),
        ("\"", "\n", "\""),
        ("'", "''", "'"),
        ("'", "a\n", "'"),
        ("a: |\n", " a\n", ""),
        ("a: >\n", " a\n\n", ""),
        ("a: >\n", "  \n", "b"),
        ("a: |+\n", "\n", ""),
        ("a: ", "b ", ""),
        ("a: ", "b\n  ", ""),
        ("# ", "a", ""),
        ("!", "a", " b"),
        ("!<", "a", "> b"),
        ("&", "a", " b"),
        ("%TAG !a! ", "a", "\n--- b"),
        ("[", "a, ", "]"),
        ("[", "a b ", "]"),
        ("{", "a, ", "}"),
        ("{", "? a : b, ", "}"),
        ("!!binary ", "YWFh", ""),
        ("0x", "f", ""),
        ("0b", "1", ""),
        ("0", "7", ""),
        ("1:", "1:", "1"),
        ("1", "1", ".0"),
        ("1", "1", "e+1"),
        ("_", "_", ""),
        ("2020-01-01 00:00:00.", "0", ""),
        ("[", "a, # c\n", "]"),
        ("{", "a: b, # c\n", "}"),
        ("[", "[], ", "]"),
        ("[", "a: b, ", "]"),
        ("[", "!!str a, ", "]"),
        ("[", "'a', ", "]"),
        ("- &a b\n", "- *a\n", ""),
        ("- &a b\n- {", "*a : c, ", "}"),
        ("- &a {b: c}\n- {<<: [", "*a, ", "]}"),
        ("- &a {b: c}\n- {", "<<: *a, ", "}"),
        ("- &a [b]\n- [", "*a, ", "]"),
        ("!!omap\n", "- a: b\n", ""),
        ("!!pairs\n", "- a: b\n", ""),
        ("!!set\n", "? a\n", ""),
        ("!!set {", "a, ", "}"),
        ("!!python/tuple [", "1, ", "]"),
        ("? !!python/tuple [", "1, ", "]\n: a"),
        ("a: |1\n", "  a\n", ""),
        ("a\n", "\n", "b"),
        ("a: 'b", "\n\n", "c'"),
        ("%FOO ", "a ", "\n--- b"),
        ("--- ", "# c\n", "a"),
        ("!!binary |\n", "  YWFh\n", ""),
        ("!!int ", "1_", "1"),
        ("!!float ", "1_", "1"),
        ("!!int ", "7:", "7"),
        ("!!float ", "1:", "1.5"),
        ("!!python/complex ", "1", "+1j"),
        ("!", "%41", " b"),
    ] {
        is_linear(piece, |size| [head, &piece.repeat(size / piece.len()), tail].concat());
    }
}

fn numbered(size: usize, line: impl Fn(usize) -> String) -> String {
    (0..size / 20).map(line).collect()
}

#[test]
fn many_names_take_linear_time() {
    is_linear("anchors", |size| numbered(size, |at| format!("- &x{at} a\n- *x{at}\n")));
    is_linear("keys", |size| numbered(size, |at| format!("key{at}: value\n")));
    is_linear("numbers as keys", |size| numbered(size, |at| format!("{at}: {at}.5\n{at}.0: a\n")));
    is_linear("members", |size| format!("!!set\n{}", numbered(size, |at| format!("? member {at}\n"))));
    is_linear("merges", |size| {
        format!("- &x {{a: 1}}\n{}", numbered(size, |at| format!("- {{<<: *x, b: {at}}}\n")))
    });
    is_linear("tags", |size| format!("{}---\na", numbered(size, |at| format!("%TAG !t{at}! x\n"))));
}

#[test]
fn what_aliases_multiply_is_refused_and_not_made() {
    let many = |line: fn(usize) -> String| (1..40).map(line).collect::<Vec<_>>().concat();
    let laughs = many(|at| format!("- &x{at} [*x{0}, *x{0}]\n", at - 1));
    let merges = many(|at| format!("- &x{at} {{<<: [*x{0}, *x{0}]}}\n", at - 1));
    let pairs = many(|at| format!("- &x{at} !!pairs [a: *x{0}, a: *x{0}]\n", at - 1));
    for text in
        [format!("- &x0 [a]\n{laughs}"), format!("- &x0 {{a: 1}}\n{merges}"), format!("- &x0 [a]\n{pairs}")]
    {
        let begin = Instant::now();
        let limits = Limits { values: 100_000, ..Limits::default() };
        let class = pyyaml::load_within(text.as_bytes(), limits).map(drop).map_err(|error| error.class());
        assert!(matches!(class, Ok(()) | Err(ErrorClass::Limit)), "{class:?}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{}", text.lines().next_back().unwrap());
    }
}

#[test]
fn depth_ends_in_an_error_and_not_in_an_overflowing_stack() {
    for piece in ["[", "{a: ", "- ", "? ", "!!set {? ", "[a: ", "{? "] {
        let class = pyyaml::load(piece.repeat(100_000).as_bytes()).map(drop).unwrap_err().class();
        assert_eq!(class, ErrorClass::Recursion, "{piece}");
    }
}

/// As many edits of a text as fit: each key of its root set, removed or given an entry, and keys added at the end.
fn edit(text: &[u8]) -> Result<(), EditError> {
    let mut edit = Edit::new(text)?;
    let Some(root) = edit.document().root() else { return Ok(()) };
    let entries: Vec<_> = match root.kind() {
        NodeKind::Mapping { .. } => root.pairs().map(|(_, value)| value).collect(),
        _ => root.items().collect(),
    };
    let entries: Vec<_> = entries
        .into_iter()
        .map(|node| (node.id(), matches!(node.kind(), NodeKind::Mapping { .. })))
        .collect();
    let root = root.id();
    for (at, (node, is_mapping)) in entries.into_iter().enumerate() {
        match at % 3 {
            0 => drop(edit.set(node, "new")),
            1 => drop(edit.remove_entry(root, at)),
            _ if is_mapping => drop(edit.insert(node, "new", "1")),
            _ => drop(edit.put(root, &format!("new key {at}"), "1")),
        }
    }
    edit.finish().map(drop)
}

#[test]
fn edits_take_linear_time() {
    for (head, piece, tail) in [
        ("", "- a\n", ""),
        ("", "- - a\n", ""),
        ("", "- a: 1\n  b: 2 # c\n", ""),
        ("", "- # a\n  # b\n  c\n", ""),
        ("", "- |\n  a\n\n", ""),
        ("", "- {a: 1}\n", ""),
        ("[", "a, ", "]"),
        ("[", "{a: 1}, ", "]"),
        ("[", "a: b, ", "]"),
        ("- &x a\n", "- *x\n", ""),
        ("a: 1\n", "# a\n", ""),
        ("a: ", "b\n  ", ""),
        ("a: |\n", " b\n", ""),
        ("a: {b: 1", "\n", "}"),
        ("a: {b: 1", " ", "}"),
        ("a:", " ", "1"),
    ] {
        is_linear_by(
            piece,
            |size| [head, &piece.repeat(size / 2 / piece.len()), tail].concat(),
            |text| {
                edit(text).unwrap();
            },
        );
    }
    let keys = |size: usize, line: fn(usize) -> String| (0..size / 10).map(line).collect::<String>();
    for (name, line) in [
        ("keys", (|at| format!("k{at}: a\n")) as fn(usize) -> String),
        ("mappings", |at| format!("k{at}:\n  a: 1\n")),
        ("explicit keys", |at| format!("? k{at}\n")),
    ] {
        is_linear_by(name, |size| keys(size, line), |text| edit(text).unwrap());
    }
}

#[test]
fn deep_texts_are_edited_without_recursion_that_overflows() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[a: ", "]"), ("{? ", "}")] {
        let text = [open.repeat(490), close.repeat(490)].concat();
        let Ok(document) = pyyaml::parse(text.as_bytes()) else { continue };
        for (at, _) in document.nodes().iter().enumerate().step_by(37) {
            let mut edit = Edit::new(text.as_bytes()).unwrap();
            let mut node = document.root().unwrap();
            for _ in 0..at {
                let Some(below) = node.items().next().or_else(|| node.pairs().next().map(|(key, _)| key))
                else {
                    break;
                };
                node = below;
            }
            if edit.set(node.id(), "x").or_else(|_| edit.remove_entry(node.id(), 0)).is_ok() {
                drop(edit.finish());
            }
        }
    }
}
