//! What is read from texts, and where it stands in them. What Python itself would say is tested in the crate that
//! reads; here it is what becomes of it.

use proptest::prelude::*;

use super::*;

fn whole(node: &Node, text: &str) {
    assert!(text.get(node.range.clone()).is_some(), "{:?} of {text:?}", node.range);
    assert!(text.get(node.place().clone()).is_some(), "{:?} of {text:?}", node.alias);
    node.entries().iter().for_each(|(key, value)| {
        whole(key, text);
        whole(value, text);
    });
    node.items().iter().for_each(|item| whole(item, text));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_ranges_lie_in_it(
        pieces in prop::collection::vec(
            "[a-c]{1,2}|[ \n]{1,3}|: |- |\\? |\\[|\\]|\\{|\\}|, |#|&a |\\*a |!!str |!t |<<: |\\||>|\"|'|ä|\t|---\n|\r\n|\u{feff}|%|@",
            0..16,
        ),
    ) {
        let text = pieces.concat();
        match parse(&text) {
            Ok(document) => {
                whole(&document.root, &text);
                for found in &document.duplicates {
                    prop_assert!(found.first.start < found.again.start);
                }
            }
            Err(error) => prop_assert!(error.at().is_none_or(|at| text.is_char_boundary(at))),
        }
    }
}

fn one(text: &str) -> Node {
    parse(text).unwrap().root
}

fn at<'a>(text: &'a str, node: &Node) -> &'a str {
    text.get(node.range.clone()).unwrap()
}

#[test]
fn every_value_knows_its_bytes_and_no_others() {
    let text = "# head\nname: \"a b\" # why\nlist: # l\n  - x\n  - {k: 'v'}\n  # end\n\nport: 9200\nlast: |\n  text\n\n# tail\n";
    let node = one(text);
    assert_eq!(at(text, node.get("name").unwrap()), "\"a b\"");
    assert_eq!(at(text, node.get("list").unwrap()), "- x\n  - {k: 'v'}");
    assert_eq!(at(text, &node.get("list").unwrap().items()[0]), "x");
    assert_eq!(at(text, node.get("list").unwrap().items()[1].get("k").unwrap()), "'v'");
    assert_eq!(at(text, node.get("port").unwrap()), "9200");
    assert_eq!(at(text, node.entry("port").unwrap().0), "port");
    assert_eq!(at(text, node.get("last").unwrap()), "|\n  text");
    assert_eq!(node.get("last").unwrap().text(), Some("text\n"));
}

#[test]
fn ranges_hold_under_line_ends_of_other_systems_and_a_byte_order_mark() {
    let text = "\u{feff}a: one\r\nb:\r\n  c: 1.50\r\n";
    let node = one(text);
    assert_eq!(at(text, node.get("a").unwrap()), "one");
    assert_eq!(node.get("b").unwrap().get("c").unwrap().written(text).unwrap(), "1.50");
}

#[test]
fn what_an_alias_or_a_merge_brings_knows_both_places() {
    let text = "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n";
    let node = one(text);
    let b = node.get("b").unwrap();
    assert_eq!((at(text, b), text.get(b.place().clone()).unwrap()), ("&x {k: 1}", "*x"));
    let (key, value) = node.get("c").unwrap().entry("k").unwrap();
    assert_eq!((at(text, key), text.get(key.place().clone()).unwrap(), at(text, value)), ("k", "<<", "1"));
}

#[test]
fn scalars_keep_how_they_are_written() {
    let text = "a: 1.50\nb: yes\nc: 0777\nd: '09'\ne: ~\nf: 1e3\ng: true\nh: 2024-01-02\ni: 1:30\nj: &x !!float 1.0\nk: *x\nl: !!int '1'\n";
    let node = one(text);
    let written: Vec<Option<String>> = node.entries().iter().map(|(_, value)| value.written(text)).collect();
    let told = ["1.50", "yes", "0777", "09", "", "1e3", "true", "2024-01-02", "1:30", "1.0", "1.0"];
    let told = told.into_iter().map(|text| Some(text.to_owned()));
    assert_eq!(written, told.chain([None]).collect::<Vec<_>>());
}

#[test]
fn scalars_mean_what_python_makes_of_them() {
    let node = one("a: on\nb: 010\nc: 1:30\nd: 1e3\ne: y\nf: 2024-01-02\non: x\ng: \"\\ud800\"\n");
    assert_eq!(node.get("a").unwrap().value, Value::Bool(true));
    assert_eq!(node.get("b").unwrap().value, Value::Integer(8.into()));
    assert_eq!(node.get("c").unwrap().value, Value::Integer(90.into()));
    assert_eq!(node.get("d").unwrap().value, Value::text("1e3"));
    assert_eq!(node.get("e").unwrap().value, Value::text("y"));
    assert_eq!(node.get("f").unwrap().kind(), "a date");
    assert!(node.get("on").is_none(), "the key is true");
    assert_eq!(node.get("g").unwrap().text(), Some("\u{fffd}"));
    assert_ne!(node.get("g").unwrap().value, Value::text("\u{fffd}"));
}

#[test]
fn every_type_is_true_or_false_as_in_python() {
    let falsy =
        ["~", "no", "0", "0.0", "-0.0", "''", "[]", "{}", "!!set {}", "!!binary ''", "!!python/tuple []"];
    let truthy =
        ["yes", "-1", ".nan", "'false'", "[~]", "{a: }", "!!set {a}", "!!binary YQ==", "2024-01-02", "0x10"];
    assert!(falsy.iter().all(|text| !one(text).is_truthy()));
    assert!(truthy.iter().all(|text| one(text).is_truthy()));
}

#[test]
fn the_last_of_equal_keys_counts_and_both_places_are_known() {
    let text = "a: 1\nb: 2\na: 3\n";
    let document = parse(text).unwrap();
    assert_eq!(document.root.entries().len(), 2);
    assert_eq!(document.root.get("a").unwrap().value, Value::Integer(3.into()));
    assert_eq!(document.duplicates, [Duplicate { key: "a".into(), first: 0..1, again: 10..11 }]);
}

#[test]
fn a_refusal_can_be_told_without_the_text() {
    for text in [
        "a: *canary\n",
        "a: &canary x\nb: &canary x\n",
        "a: !canary x\n",
        "a: !!int canary\n",
        "a: !!float canary\n",
        "a: !!bool canary\n",
        "a: !!python/name:canary x\n",
        "a: !canary!x y\n",
        "%YAML canary\n---\na\n",
        "%TAG canary\n---\na\n",
        "a: \"\\canary\"\n",
        "a: !<canary\n",
        "a: |canary\n x\n",
        "a: !!binary canary-ä\n",
        "a: !!timestamp canary\n",
        "{a: [canary}\n",
        "canary\nb: c\n",
        "a: canary: b\n",
        "? {canary: 1}\n: b\n",
    ] {
        let error = parse(text).unwrap_err();
        assert!(!error.discreet().contains("canary"), "{}", error.discreet());
        assert!(error.at().is_some(), "{text}");
    }
    let long = format!("a: !!int {}\n", "x".repeat(5000));
    assert!(parse(&long).unwrap_err().words().chars().count() < 200);
}

#[test]
fn refusals_know_what_they_are_and_who_catches_them() {
    let told = |text: &str| {
        let error = parse(text).unwrap_err();
        (error.kind(), error.class(), error.is_caught(), error.at())
    };
    assert_eq!(told("a:\tb\n"), (Kind::Syntax, "ScannerError", true, Some(2)));
    assert_eq!(told("a: [\n"), (Kind::Syntax, "ParserError", false, Some(5)));
    assert_eq!(told("a: \0\n"), (Kind::Syntax, "ReaderError", false, Some(3)));
    assert_eq!(told("a: *b\n"), (Kind::Syntax, "ComposerError", false, Some(3)));
    assert_eq!(told("a: 1\n---\nb: 2\n"), (Kind::Documents, "ComposerError", false, Some(5)));
    assert_eq!(told("a: =\n"), (Kind::Value, "ConstructorError", false, Some(3)));
    assert_eq!(told("a: 2024-13-45\n"), (Kind::Value, "ValueError", false, Some(3)));
    assert_eq!(told("&a [*a]\n").0, Kind::Limit);
}

#[test]
fn nothing_is_null() {
    for text in ["", "# only a comment\n", "---\n", "~"] {
        assert_eq!(one(text).value, Value::Null, "{text:?}");
    }
}

#[test]
fn hostile_texts_are_errors_and_no_crash() {
    assert!(parse(&"[".repeat(2_000)).is_err());
    assert!(parse(&format!("{}{}", "[".repeat(500), "]".repeat(500))).is_err());
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = level - 1;
        let ten = vec![format!("*a{below}"); 10].join(", ");
        text.extend([format!("a{level}: &a{level} [{ten}]\n")]);
    }
    assert_eq!(parse(&text).unwrap_err().kind(), Kind::Limit, "few words cannot make a large tree");
}
