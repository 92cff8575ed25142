//! Laws that hold for any bytes: no panic, marks within the text and in order, no time out of proportion. What the
//! answers have to be is the business of the agreement tests.

use proptest::prelude::*;
use pyyaml::{Document, ErrorClass, Limits, Loaded, Mark, NodeKind, NodeRef, Value};
use std::time::{Duration, Instant};

/// Texts made of what means something in YAML, which get further than random bytes.
fn yaml_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "a",
        "b: ",
        ": ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        " ",
        "#",
        " # c",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "!!int ",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "!!python/tuple ",
        "<<: ",
        "'",
        "\"",
        "\\",
        "\\x4",
        "\\ud800",
        "|",
        ">-",
        "|2\n",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "---\n",
        "...\n",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "ä",
        "😀",
        "12",
        "1:30",
        "2001-01-01",
        "~",
        "=",
        "0x",
        ".inf",
        "\0",
        "@",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let utf16 = yaml_like().prop_map(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    });
    prop_oneof![4 => yaml_like(), 1 => utf16, 1 => prop::collection::vec(any::<u8>(), 0..60)]
}

fn check_mark(mark: Mark, source: &[u8]) {
    assert!(mark.byte <= source.len() && mark.column <= mark.byte && mark.line <= mark.byte);
}

fn check_tree(document: &Document, source: &[u8]) {
    for (index, node) in document.nodes().iter().enumerate() {
        check_mark(node.span.start, source);
        check_mark(node.span.end, source);
        assert!(node.span.start <= node.span.end);
        if let NodeKind::Alias { target } = node.kind {
            let target_kind = document.nodes().get(target.index()).map(|node| &node.kind);
            assert!(target.index() < index && !matches!(target_kind, None | Some(NodeKind::Alias { .. })));
        }
    }
}

/// What is loaded with its places is what is loaded, or the same error. Compared as text: a NaN equals nothing.
fn check_located(source: &[u8]) {
    let value = format!("{:?}", pyyaml::load(source));
    assert_eq!(format!("{:?}", pyyaml::load_located(source).map(Loaded::into_value)), value);
    if let Ok(document) = pyyaml::parse(source) {
        assert_eq!(format!("{:?}", document.root().map_or(Ok(Value::Null), NodeRef::value)), value);
    }
}

#[test]
fn every_file_of_the_corpus_has_the_same_value_with_and_without_places() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let families = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for family in families.filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(family).unwrap() {
            check_located(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
    }
    assert!(count > 500);
}

proptest! {
    #[test]
    fn nothing_panics_and_all_marks_lie_within_the_text(source in texts()) {
        for event in pyyaml::events(&source).flatten() {
            check_mark(event.span.start, &source);
            check_mark(event.span.end, &source);
        }
        match pyyaml::parse(&source) {
            Ok(document) => check_tree(&document, &source),
            Err(error) => {
                error.mark().into_iter().chain(error.context_mark()).for_each(|mark| check_mark(mark, &source));
                prop_assert!(error.render(&source, "text").starts_with(error.context().unwrap_or(error.problem())));
                let again = pyyaml::load(&source).unwrap_err();
                prop_assert_eq!(again, error);
            }
        }
        check_located(&source);
    }

    #[test]
    fn line_ends_change_neither_tree_nor_places(source in yaml_like()) {
        let source = String::from_utf8(source).unwrap().replace('\r', "");
        let windows = source.replace('\n', "\r\n");
        let shape = |text: &str| pyyaml::parse(text.as_bytes()).map(|document| {
            let place = |mark: Mark| (mark.line, mark.column);
            let nodes = document.nodes().iter();
            nodes.map(|node| (place(node.span.start), place(node.span.end), node.kind.clone())).collect::<Vec<_>>()
        }).map_err(|error| (error.class(), error.mark().map(|mark| (mark.line, mark.column)), error.problem().to_owned()));
        prop_assume!(!source.contains('\0'));
        // Messages name the character that was found, which is another one at the end of a line.
        match (shape(&source), shape(&windows)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!((one.0, one.1), (other.0, other.1)),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }
}

#[test]
fn deep_and_long_texts_take_time_in_proportion() {
    let many = 100_000;
    let numbered = |write: fn(usize) -> String| (0..many).map(write).collect::<String>();
    for text in [
        "{a: ".repeat(many),
        "[".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        "!a".repeat(many),
        format!("\"{}\"", "a \t ".repeat(many)),
        format!("'{}'", "a \n ".repeat(many)),
        "a \n".repeat(many),
        format!("- &a x\n{}", "- *a\n".repeat(many)),
        format!("x: &a {{b: 1}}\ny:\n{}", "  <<: *a\n".repeat(many)),
        format!("- {}", "1:".repeat(many)),
        numbered(|n| format!("k{n}: v\n")),
        numbered(|n| format!("- &a{n} x\n")),
    ] {
        let start = Instant::now();
        let _last = pyyaml::events(text.as_bytes()).last();
        let _value = pyyaml::load(text.as_bytes());
        let took = start.elapsed();
        // A square would be minutes; this leaves room for a debug build on a busy machine.
        assert!(took < Duration::from_secs(20), "{took:?} for {}", text.chars().take(30).collect::<String>());
    }
}

#[test]
fn aliases_of_aliases_meet_a_limit_and_not_the_memory() {
    let bomb = |first: &str, more: fn(usize, usize) -> String| {
        let lines = (1..40).map(|n| more(n, n - 1));
        format!("- &a0 {first}\n{}", lines.collect::<String>())
    };
    for text in [
        bomb("[x]", |n, m| format!("- &a{n} [*a{m}, *a{m}]\n")),
        bomb("{x: y}", |n, m| format!("- &a{n} {{<<: [*a{m}, *a{m}]}}\n")),
        bomb("!!python/tuple [x]", |n, m| format!("- &a{n} !!python/tuple [*a{m}, *a{m}]\n"))
            + "- {*a39 : b}\n",
        "&a [*a]".to_owned(),
    ] {
        let limits = Limits { values: 10_000, ..Limits::default() };
        assert_eq!(
            pyyaml::load_within(text.as_bytes(), limits).unwrap_err().class(),
            ErrorClass::Limit,
            "{text}"
        );
        assert!(pyyaml::parse(text.as_bytes()).is_ok());
    }
}

#[test]
fn each_limit_has_an_error_of_its_own() {
    let refused = |text: &str, limits| pyyaml::load_within(text.as_bytes(), limits).unwrap_err();
    let limits = Limits::default();
    assert_eq!(refused("a: b", Limits { bytes: 3, ..limits }).problem(), "the text is longer than 3 bytes");
    assert_eq!(refused("[[a]]", Limits { depth: 1, ..limits }).class(), ErrorClass::Recursion);
    assert_eq!(refused("[&a x, *a, *a]", Limits { aliases: 1, ..limits }).problem(), "more than 1 aliases");
    assert_eq!(
        refused("[&a x, *a, *a, *a]", Limits { values: 2, ..limits }).problem(),
        "aliases repeat more than 2 values"
    );
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(pyyaml::load(deep(493).as_bytes()).is_ok());
    assert_eq!(pyyaml::load(deep(494).as_bytes()).unwrap_err().class(), ErrorClass::Recursion);
    // No limit lets the stack overflow.
    let unlimited = Limits { depth: usize::MAX, ..limits };
    assert!(pyyaml::parse_within(deep(50_000).as_bytes(), unlimited).is_ok());
    assert_eq!(refused(&deep(50_000), unlimited).class(), ErrorClass::Limit);
    let tuples = format!("{}{}", "!!python/tuple [".repeat(50_000), "]".repeat(50_000));
    assert_eq!(refused(&tuples, unlimited).class(), ErrorClass::Recursion);
    assert_eq!(pyyaml::load(b"").unwrap(), Value::Null);
}
