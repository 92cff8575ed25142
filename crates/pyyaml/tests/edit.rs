//! Edits of texts that are written in every way that people write them: what changes, what stays, and what is refused.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests may fail as the tests themselves")]

use pyyaml::{Edit, EditError, Edited, NodeId, Splice, Text, Value};

fn top<'t>(text: &'t str, path: &[&str]) -> (Edit<'t>, NodeId) {
    let edit = Edit::new(text.as_bytes()).unwrap();
    let mut node = edit.document().root().unwrap();
    for step in path {
        let item = step.parse::<usize>().ok().and_then(|at| node.items().nth(at));
        node = item.or_else(|| node.get(step)).unwrap();
    }
    let id = node.id();
    (edit, id)
}

fn made(edit: Edit<'_>) -> Result<String, EditError> {
    edit.finish().map(|edited| String::from_utf8(edited.source).unwrap())
}

fn set(text: &str, path: &[&str], new: &str) -> Result<String, EditError> {
    let (mut edit, node) = top(text, path);
    edit.set(node, new)?;
    made(edit)
}

fn remove(text: &str, path: &[&str], key: &str) -> Result<String, EditError> {
    let (mut edit, node) = top(text, path);
    match key.parse() {
        Ok(at) => edit.remove_entry(node, at)?,
        Err(_) => edit.remove(node, key)?,
    };
    made(edit)
}

fn insert(text: &str, path: &[&str], key: &str, new: &str) -> Result<String, EditError> {
    let (mut edit, node) = top(text, path);
    edit.insert(node, key, new)?;
    made(edit)
}

fn push(text: &str, path: &[&str], new: &str) -> Result<String, EditError> {
    let (mut edit, node) = top(text, path);
    edit.push(node, new)?;
    made(edit)
}

fn put(text: &str, key: &str, new: &str) -> Result<String, EditError> {
    let mut edit = Edit::new(text.as_bytes())?;
    edit.put_at_root(key, new)?;
    made(edit)
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    for (text, path, new, result) in [
        ("a: 1 # one\r\nb:   \"two\"   # two\r\n", "b", "50", "a: 1 # one\r\nb:   50   # two\r\n"),
        ("\u{feff}a: 1", "a", "[x, y]", "\u{feff}a: [x, y]"),
        ("a:\n  # about\n  1 # one\n", "a", "2", "a:\n  # about\n  2 # one\n"),
        ("'a' : x\n", "a", "y", "'a' : y\n"),
        ("? a\n: x # c\n", "a", "y", "? a\n: y # c\n"),
        ("? a\n: - x\n  - y\nb: 1\n", "a", "y", "? a\n: y\nb: 1\n"),
        ("a: {b: [1, 2], c: 3}\n", "a b", "x", "a: {b: x, c: 3}\n"),
        ("a: [1, {b: 2}]\n", "a 1 b", "null", "a: [1, {b: null}]\n"),
        ("{\"a\":1}", "a", "x", "{\"a\": x}"),
        ("a: 'x'#c\n", "a", "y", "a: y #c\n"),
        ("a: x\n  y\n  z # c\nb: 1\n", "a", "q", "a: q # c\nb: 1\n"),
        ("a: !!str 1 # c\n", "a", "2", "a: 2 # c\n"),
        ("a: &x 1 # c\n", "a", "2", "a: &x 2 # c\n"),
        ("a: &x !!str 1 # c\n", "a", "2", "a: &x 2 # c\n"),
        ("ä: 'ö' # ü\nb: ß\n", "ä", "é", "ä: é # ü\nb: ß\n"),
        ("--- # head\na: 1\n...\n", "a", "2", "--- # head\na: 2\n...\n"),
        ("a: &x\nb: !!null\nc: 1\n", "a", "2", "a: &x 2\nb: !!null\nc: 1\n"),
        ("a: &x\nb: !!null\nc: 1\n", "b", "2", "a: &x\nb: 2\nc: 1\n"),
    ] {
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(set(text, &path, new).as_deref(), Ok(result), "{text:?}");
    }
}

#[test]
fn a_key_without_value_gets_one() {
    for (text, path, result) in [
        ("a:\nb: 1\n", "a", "a: 2\nb: 1\n"),
        ("a: # c\nb: 1\n", "a", "a: 2 # c\nb: 1\n"),
        ("a:", "a", "a: 2"),
        ("{a: , b: 1}", "a", "{a: 2 , b: 1}"),
        ("{a, b: 1}", "a", "{a: 2, b: 1}"),
        ("? a # c\n? b\n", "a", "? a # c\n: 2\n? b\n"),
        ("a:\n-\n- x\n", "a 0", "a:\n- 2\n- x\n"),
    ] {
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(set(text, &path, "2").as_deref(), Ok(result), "{text:?}");
    }
}

#[test]
fn a_block_is_replaced_with_its_lines() {
    for (text, result) in [
        ("a:\n  b: 1\n  c: 2 # two\n# next\nd: 1\n", "a: z\n# next\nd: 1\n"),
        ("a: # keep\n  b: 1\nd: 1\n", "a: z # keep\nd: 1\n"),
        ("a:\n- x\n- y\n# about b\nb: 1\n", "a: z\n# about b\nb: 1\n"),
        ("a:\n  - x:\n    - y\n\nb: 1\n", "a: z\n\nb: 1\n"),
        ("a: |\n  one\n\n  two\n\nb: 1\n", "a: z\n\nb: 1\n"),
        ("a: >-  # folded\n  one\n\n\n# c\nb: 1\n", "a: z  # folded\n\n\n# c\nb: 1\n"),
        ("a: |+\n  one\n\n\n", "a: z\n\n\n"),
        ("a: |\nb: 1\n", "a: z\nb: 1\n"),
        ("a: &x\n  b: 1\nc: 1\n", "a: &x z\nc: 1\n"),
        ("a: !!map # c\n  b: 1\nc: 1\n", "a: z # c\nc: 1\n"),
        ("a: &x !!omap\n- b: 1\nc: 1\n", "a: &x z\nc: 1\n"),
        ("a: !t |\n  b\nc: 1\n", "a: z\nc: 1\n"),
        ("a:\r\n  b: 1\r\nc: 1\r\n", "a: z\r\nc: 1\r\n"),
        ("a:\n  b:\n  c:", "a: z"),
    ] {
        assert_eq!(set(text, &["a"], "z").as_deref(), Ok(result), "{text:?}");
    }
    assert_eq!(set("- a: 1\n  b: 2 # c\n- x\n", &["0"], "z").as_deref(), Ok("- z # c\n- x\n"));
    assert_eq!(set("-\n  a: 1\n  b: 2 # c\n- x\n", &["0"], "z").as_deref(), Ok("- z\n- x\n"));
    assert_eq!(set("# c\na: 1\nb: 2\n# d\n", &[], "[]").as_deref(), Ok("# c\n[]\n# d\n"));
    assert_eq!(set("# c\n- 1\n", &[], "a: 1").as_deref(), Ok("# c\na: 1\n"));
}

#[test]
fn a_key_is_added_behind_its_siblings() {
    for (text, result) in [
        ("a: 1\n", "a: 1\nk: v\n"),
        ("a: 1", "a: 1\nk: v"),
        ("a: 1\r\nb:\r\n- x\r\n", "a: 1\r\nb:\r\n- x\r\nk: v\r\n"),
        ("  a: 1 # c\n  # end\n\n", "  a: 1 # c\n  # end\n  k: v\n\n"),
        ("a: 1\n# end", "a: 1\n# end\nk: v"),
        ("a: 1\n...\n", "a: 1\nk: v\n...\n"),
        ("--- # head\na: 1\n--- # no\n", ""),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\nk: v\n"),
        ("a: |\n  x\n\n\n", "a: |\n  x\nk: v\n\n\n"),
        ("a: |\n  x", "a: |-\n  x\nk: v"),
        ("a: >2+\n   x", "a: >2-\n   x\nk: v"),
        ("a: |-\n  x", "a: |-\n  x\nk: v"),
        ("a:\n  - |+\n    x\n\nb:\n", "a:\n  - |+\n    x\n\nb:\nk: v\n"),
        ("a:", "a:\nk: v"),
        ("? a\n", "? a\nk: v\n"),
        ("{a: 1}", "{a: 1, k: v}"),
        ("{a: 1, }", "{a: 1, k: v, }"),
        ("{}", "{k: v}"),
        ("{ }\n", "{k: v }\n"),
        ("{a}", "{a, k: v}"),
        ("{a: }", "{a:, k: v }"),
        ("{\n  a: 1, # one\n  b: 2 # two\n}\n", "{\n  a: 1, # one\n  b: 2,\n  k: v # two\n}\n"),
        ("\u{feff}a: 1\n", "\u{feff}a: 1\nk: v\n"),
        ("!t\na: 1\n", "!t\na: 1\nk: v\n"),
        ("a: 'x'\n", "a: 'x'\nk: v\n"),
    ] {
        if result.is_empty() {
            assert!(matches!(Edit::new(text.as_bytes()), Err(EditError::Source(_))));
        } else {
            assert_eq!(insert(text, &[], "k", "v").as_deref(), Ok(result), "{text:?}");
        }
    }
    for (text, path, result) in [
        ("a:\n  b: 1 # c\n  # of a\n# of d\nd: 1\n", "a", "a:\n  b: 1 # c\n  # of a\n  k: v\n# of d\nd: 1\n"),
        ("- a: 1\n- b: 2\n", "0", "- a: 1\n  k: v\n- b: 2\n"),
        ("a: {b: {c: 1}}\n", "a b", "a: {b: {c: 1, k: v}}\n"),
        ("- - a: 1\n", "0 0", "- - a: 1\n    k: v\n"),
    ] {
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(insert(text, &path, "k", "v").as_deref(), Ok(result), "{text:?}");
    }
    assert_eq!(insert("a: 1\n", &[], "on", "{b: \"c\"}").as_deref(), Ok("a: 1\n\"on\": {b: \"c\"}\n"));
    assert_eq!(
        insert("[a: 1]\n", &["0"], "k", "v").unwrap_err().to_string(),
        "a pair in brackets is no mapping that could grow or shrink"
    );
    assert_eq!(insert("a: 1\n", &[], "a", "v"), Err(EditError::Present("a".into())));
}

#[test]
fn a_text_without_a_mapping_gets_one() {
    for (text, result) in [
        ("", "k: v\n"),
        ("# only talk\n", "# only talk\nk: v\n"),
        ("# only talk", "# only talk\nk: v"),
        ("# a\r\n# b\r\n", "# a\r\n# b\r\nk: v\r\n"),
        ("---\n", "---\nk: v\n"),
        ("--- # c\n# d\n...\n", "--- # c\n# d\nk: v\n...\n"),
        ("---", "---\nk: v"),
        ("\u{feff}", "\u{feff}k: v\n"),
        ("\n\n", "\n\nk: v\n"),
    ] {
        assert_eq!(put(text, "k", "v").as_deref(), Ok(result), "{text:?}");
    }
    let mut edit = Edit::new(b"# c").unwrap();
    edit.put_at_root("a", "1").unwrap();
    edit.put_at_root("b", "2").unwrap();
    assert!(matches!(edit.put_at_root("b", "3"), Err(EditError::Present(_))));
    assert_eq!(made(edit).as_deref(), Ok("# c\na: 1\nb: 2"));
    for text in ["- a\n", "a", "~", "[]"] {
        assert!(matches!(put(text, "k", "v"), Err(EditError::Target(_))), "{text}");
    }
}

#[test]
fn a_key_is_removed_with_its_lines_and_no_others() {
    for (text, key, result) in [
        ("# a\na: 1 # one\n# b\nb: 2\n", "a", "# a\n# b\nb: 2\n"),
        ("a: 1\nb: 2", "b", "a: 1"),
        ("a: 1\r\nb: 2", "b", "a: 1"),
        ("a: 1\n\nb: 2", "b", "a: 1"),
        ("a: 1\r\nb:\r\n- x\r\n- y\r\n# c\r\nc: 3\r\n", "b", "a: 1\r\n# c\r\nc: 3\r\n"),
        ("\u{feff}a: 1\nb: 2\n", "a", "\u{feff}b: 2\n"),
        ("a: |\n  x\n\n# c\nb: 2\n", "a", "\n# c\nb: 2\n"),
        ("a: |+\n  x\n\nb: 2\n", "a", "b: 2\n"),
        ("? a\n# c\n: x\nb: 2\n", "a", "b: 2\n"),
        ("'a' :\n  # c\n  x # d\nb: 2\n", "a", "b: 2\n"),
        ("a: 1\nb: 2\na: 3\n", "a", "b: 2\n"),
        ("{a: 1, b: 2}", "a", "{b: 2}"),
        ("{b: 2, a: 1}", "a", "{b: 2}"),
        ("{b: 2, a: 1, }", "a", "{b: 2, }"),
        ("{a: 1}", "a", "{}"),
        ("{a: 1, }", "a", "{ }"),
        ("{a: 1, # one\n  b: 2} # two", "a", "{ # one\n  b: 2} # two"),
        ("{b: 2, # two\n  a: 1}", "a", "{b: 2, # two\n  }"),
        ("{\n  a: 1,\n  b: 2\n}\n", "a", "{\n  b: 2\n}\n"),
        ("{\n  b: 2,\n  a: 1\n}\n", "a", "{\n  b: 2\n}\n"),
        ("{a: 1, b: 2, a: 3, a: 4}", "a", "{b: 2}"),
        ("{? a : 1, b: 2}", "a", "{b: 2}"),
        ("a: 1\n", "a", "{}\n"),
        ("# c\na: 1 # d", "a", "# c\n{} # d"),
        ("&x a: 1\nb: 2\n", "a", "b: 2\n"),
        ("&x\na: 1\nb: 2\n", "a", "&x\nb: 2\n"),
    ] {
        assert_eq!(remove(text, &[], key).as_deref(), Ok(result), "{text:?}");
    }
    for (text, path, key, result) in [
        ("a:\n  b: 1\n  c: 2\nd: 3\n", "a", "c", "a:\n  b: 1\nd: 3\n"),
        ("a:\n  b: 1 # c\nd: 3\n", "a", "b", "a: {}\nd: 3\n"),
        ("a: !!omap\n- b: 1\nd: 3\n", "a", "0", "a: !!omap []\nd: 3\n"),
        ("a: &x !!map\n  b: 1\nd: 3\n", "a", "b", "a: &x !!map {}\nd: 3\n"),
        ("- a: 1\n  b: 2\n", "0", "a", "- b: 2\n"),
        ("- a: 1 # one\n  # two\n  b: 2\n", "0", "a", "-\n  # two\n  b: 2\n"),
        ("- a: 1\n  b: 2\n", "0", "b", "- a: 1\n"),
        ("- a: 1\n- b: 2\n", "0", "a", "- {}\n- b: 2\n"),
        ("a:\n- x # one\n# c\n- y\nb: 1\n", "a", "0", "a:\n# c\n- y\nb: 1\n"),
        ("a:\n- x\n- y: 1\n  z: 2\nb: 1\n", "a", "1", "a:\n- x\nb: 1\n"),
        ("a: [x, [y], z]\n", "a", "1", "a: [x, z]\n"),
        ("a: [x]\n", "a", "0", "a: []\n"),
        ("- - x\n  - y\n", "0", "0", "- - y\n"),
        ("a:\n-\n- x\n", "a", "0", "a:\n- x\n"),
    ] {
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(remove(text, &path, key).as_deref(), Ok(result), "{text:?}");
    }
    assert_eq!(remove("a: 1\n", &[], "b"), Err(EditError::Missing("b".into())));
}

#[test]
fn an_item_is_added_at_the_end() {
    for (text, path, result) in [
        ("a:\n- x # c\n# b\nb: 1\n", "a", "a:\n- x # c\n- v\n# b\nb: 1\n"),
        ("a:\n  - x\n  # c\nb: 1\n", "a", "a:\n  - x\n  # c\n  - v\nb: 1\n"),
        ("a: [x]\n", "a", "a: [x, v]\n"),
        ("a: [x, # c\n  ]\n", "a", "a: [x, v, # c\n  ]\n"),
        ("a: []\n", "a", "a: [v]\n"),
        ("a:\n-\nb: 1\n", "a", "a:\n-\n- v\nb: 1\n"),
        ("a:\n- b: 1\n  c: 2", "a", "a:\n- b: 1\n  c: 2\n- v"),
    ] {
        let path: Vec<&str> = path.split(' ').collect();
        assert_eq!(push(text, &path, "v").as_deref(), Ok(result), "{text:?}");
    }
}

#[test]
fn what_aliases_need_is_kept() {
    let shared = |result: Result<String, EditError>| matches!(result, Err(EditError::Shared { .. }));
    let aliased = |result: Result<String, EditError>| matches!(result, Err(EditError::Aliased { .. }));
    assert!(shared(set("a: &x 1\nb: *x\n", &["a"], "2")));
    assert!(shared(set("a: &x\n  c: 1\nb: {<<: *x}\n", &["a", "c"], "2")));
    assert!(shared(insert("a: &x\n  c: 1\nb: {<<: *x}\n", &["a"], "d", "2")));
    assert!(shared(remove("a: &x {c: 1}\nb: *x\n", &["a"], "c")));
    assert!(aliased(set("a: {c: &x 1}\nb: *x\n", &["a"], "2")));
    assert!(aliased(remove("&x a: 1\nb: *x\n", &[], "a")));
    assert!(aliased(remove("a: &x 1\nb: *x\n", &[], "a")));
    // What aliases itself, or is aliased in what goes too, may go.
    assert_eq!(remove("a: [&x 1, *x]\nb: 2\n", &[], "a").as_deref(), Ok("b: 2\n"));
    assert_eq!(set("a: &x 1\nb: *x\n", &["b"], "2").as_deref(), Ok("a: &x 1\nb: 2\n"));
    let (edit, node) = top("a: &x 1\nb: *x\n", &["a"]);
    let mut edit = edit.with_aliases();
    edit.set(node, "2").unwrap();
    assert_eq!(made(edit).as_deref(), Ok("a: &x 2\nb: *x\n"));
    let (edit, node) = top("a: &x\n- 1\nb: *x\n", &["a"]);
    let mut edit = edit.with_aliases();
    edit.push(node, "2").unwrap();
    assert_eq!(made(edit).as_deref(), Ok("a: &x\n- 1\n- 2\nb: *x\n"));
}

#[test]
fn what_would_change_something_else_is_refused() {
    let changed = |result: Result<String, EditError>| {
        matches!(result, Err(EditError::Changed { .. } | EditError::Unreadable(_)))
    };
    assert!(changed(set("{a: 1}", &["a"], "x, b")), "a comma means something in brackets");
    assert!(changed(remove("a: |+\n  x\n\nb: 1\n\nc: 2\n", &[], "b")), "the blank line would go to a");
    assert!(changed(remove("a: |\n  x\nb: 1\n  # c\n", &[], "b")), "the comment would become text");
    for new in ["", " ", "# c", "1 # c", "a: 1", "- a", "|\n a", "'", "*x", "--- 1", "1\n...", "@"] {
        assert!(matches!(set("a: 1\n", &["a"], new), Err(EditError::Value(_))), "{new:?}");
    }
    assert!(matches!(
        Edit::new("\u{feff}a".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>().as_slice()),
        Err(EditError::Utf16)
    ));
    for text in ["a: [", "a: 1\n---\nb: 1\n", "\0", "a:\tb"] {
        assert!(matches!(Edit::new(text.as_bytes()), Err(EditError::Source(_))), "{text:?}");
    }
}

#[test]
fn several_edits_are_one_result_and_each_splice_says_whose_it_is() {
    let text = "a: 1\nb:\n  c: 2\n  d: 3\n";
    let (mut edit, root) = top(text, &[]);
    let inner = edit.document().root().unwrap().get("b").unwrap().id();
    let numbers = [
        edit.put(root, "new", "[1, 2]").unwrap(),
        edit.put(root, "a", "\"x\"").unwrap(),
        edit.remove(inner, "c").unwrap(),
        edit.insert(inner, "e", "4").unwrap(),
    ];
    assert_eq!(numbers, [0, 1, 2, 3]);
    let Edited { source, splices, document } = edit.finish().unwrap();
    assert_eq!(String::from_utf8(source.clone()).unwrap(), "a: \"x\"\nb:\n  d: 3\n  e: 4\nnew: [1, 2]\n");
    assert_eq!(Splice::apply(text.as_bytes(), &splices), source);
    assert_eq!(document, pyyaml::parse(&source).unwrap());
    let values: Vec<_> = splices
        .iter()
        .map(|splice| (splice.edit, splice.value.clone().map(|value| splice.text.get(value).unwrap())))
        .collect();
    assert_eq!(values, [(1, Some("\"x\"")), (2, None), (3, Some("4")), (0, Some("[1, 2]"))]);
}

#[test]
fn edits_of_one_place_do_not_go_together() {
    let (mut edit, root) = top("a: {b: 1}\nc: 2\n", &[]);
    let a = edit.document().root().unwrap().get("a").unwrap();
    let (a, b) = (a.id(), a.get("b").unwrap().id());
    edit.set(a, "1").unwrap();
    assert!(matches!(edit.set(a, "2"), Err(EditError::Conflict(_))));
    assert!(matches!(edit.insert(a, "k", "2"), Err(EditError::Conflict(_))));
    edit.set(b, "2").unwrap();
    assert!(matches!(edit.finish(), Err(EditError::Conflict(_))));
    let (mut edit, _) = top("a: {b: 1}\nc: 2\n", &[]);
    edit.remove(root, "a").unwrap();
    edit.set(b, "2").unwrap();
    assert!(matches!(edit.finish(), Err(EditError::Conflict(_))));
    let (mut edit, _) = top("a: {b: 1}\nc: 2\n", &[]);
    edit.remove_entry(root, 0).unwrap();
    assert!(matches!(edit.remove_entry(root, 0), Err(EditError::Conflict(_))));
}

#[test]
fn updating_leaves_what_means_the_same() {
    let update = |text: &str, new: &str| {
        let (mut edit, node) = top(text, &[]);
        edit.update(node, &pyyaml::load(new.as_bytes()).unwrap()).unwrap();
        made(edit).unwrap()
    };
    let text = "a: 010 # eight\nb:\n  c: 'x' # c\n  d: [1, 2]\n";
    assert_eq!(update(text, "{a: 8, b: {c: x, d: [1, 2]}}"), text);
    assert_eq!(
        update(text, "{a: 9, b: {c: y z, d: [1, 2]}}"),
        text.replace("010", "9").replace("'x'", "'y z'")
    );
    assert_eq!(update(text, "{a: 8, b: {c: x}}"), "a: 010 # eight\nb: {c: x}\n");
    assert_eq!(update(text, "{a: 8.0, b: {c: x, d: 1}}"), "a: 8.0 # eight\nb:\n  c: 'x' # c\n  d: 1\n");
    assert_eq!(update("a: &x {b: 1}\nc: {<<: *x}\n", "{a: {b: 1}, c: {b: 2}}"), "a: &x {b: 1}\nc: {b: 2}\n");
}

#[test]
fn a_value_takes_the_quotes_of_what_it_replaces() {
    let string = |text: &str| Value::String(Text::from(text.to_owned()));
    for (text, new, result) in [
        ("a: 'x'\n", string("y"), "a: 'y'\n"),
        ("a: \"x\"\n", string("y"), "a: \"y\"\n"),
        ("a: x\n", string("on"), "a: \"on\"\n"),
        ("a: 'x'\n", string("y\tz"), "a: \"y\\tz\"\n"),
        ("a: 'x'\n", Value::Int(5.into()), "a: 5\n"),
        ("a: |\n  x\n", string("y\nz\n"), "a: \"y\\nz\\n\"\n"),
    ] {
        let (mut edit, node) = top(text, &["a"]);
        edit.set_value(node, &new).unwrap();
        assert_eq!(made(edit).as_deref(), Ok(result));
    }
}
