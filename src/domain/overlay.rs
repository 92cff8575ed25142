//! Overlays: structural overrides of one key of `elastalert.yaml` or of one rule. They are edits of the rendered text
//! in place, so that comments and order stay; the result is read back, and refused unless it means exactly what was
//! asked for.

use std::collections::BTreeMap;
use std::ops::Range;

use pyyaml::{EditError, NodeRef};
use zeroize::Zeroizing;

use crate::domain::problem::{Place, Problem};
use crate::domain::yaml::{self, Document, Node, Value};

/// What an overlay changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// `config/elastalert.yaml`.
    Config,
    /// The rule of that name.
    Rule(String),
}

/// A key and the value that stands in place of what the template gives it. The whole value is replaced, also when
/// both are mappings.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// What it changes.
    pub subject: Subject,
    /// A key at the top of that file.
    pub key: String,
    /// Its new value.
    pub value: Node,
    /// The layer that asks for it.
    pub layer: String,
    /// Where it is written.
    pub place: Place,
}

/// A piece of a text and what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the text that go; none for an insertion.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
    /// The bytes of `text` that are the value.
    pub value: Range<usize>,
    /// The changed value by its keys, such as `buffer_time.minutes`.
    pub path: String,
    /// Which of the overlays it belongs to.
    pub overlay: usize,
}

/// A text with the edits that overlays make to it.
#[derive(Debug)]
pub struct Edited {
    /// The edits, in order and without overlap.
    pub edits: Vec<Edit>,
    /// The text after them.
    pub text: Zeroizing<String>,
    /// What that text means.
    pub document: Document,
}

/// Makes the edits of overlays in a text that has been read. Of two overlays for one key the later wins.
pub fn edit(text: &str, root: &Node, overlays: &[&Overlay]) -> Result<Edited, Problem> {
    let refused = |index: usize, why: &str| {
        let overlay = overlays.get(index);
        let key = overlay.map_or("", |overlay| overlay.key.as_str());
        let mut problem = Problem::new(
            "overlay.refused",
            format!("the overlay of `{}` cannot be made in place", key.escape_debug()),
        )
        .why(why)
        .hint("put a token at that place of the template and override the token");
        problem.place = overlay.map(|overlay| overlay.place.clone());
        problem
    };
    let mut expected = match &root.value {
        Value::Mapping(_) => root.clone(),
        Value::Null => Node::new(Value::Mapping(Vec::new())),
        _ => return Err(refused(0, "the rendered file is no mapping")),
    };
    let mut edit = pyyaml::Edit::new(text.as_bytes()).map_err(|error| refused(0, reason(&error)))?;
    let mut owners = BTreeMap::new();
    for (index, overlay) in overlays.iter().enumerate() {
        if overlays.iter().skip(index + 1).any(|later| later.key == overlay.key) {
            continue;
        }
        let old = edit.document().root().and_then(|root| root.get(&overlay.key)).map(NodeRef::id);
        let value = overlay.value.to_value();
        let made = match old {
            Some(old) => edit.update(old, &value),
            // What a merge brings is overridden by a key of the mapping's own.
            None => pyyaml::to_flow(&value)
                .and_then(|value| edit.put_at_root(&overlay.key, &value))
                .map(|edit| vec![edit]),
        };
        let made = made.map_err(|error| refused(index, reason(&error)))?;
        owners.extend(made.into_iter().map(|edit| (edit, index)));
        set(&mut expected, overlay);
    }
    let done = edit.finish().map_err(|error| refused(0, reason(&error)))?;
    let edits = done
        .splices
        .into_iter()
        .map(|splice| {
            let overlay = owners.get(&splice.edit).copied().unwrap_or(0);
            let key = overlays.get(overlay).map_or("", |overlay| overlay.key.as_str());
            let path = path(root, key, splice.range.start);
            let value = splice.value.unwrap_or(splice.text.len()..splice.text.len());
            Edit { range: splice.range, text: splice.text, value, path, overlay }
        })
        .collect();
    // It was UTF-8, and what came is text.
    let text = Zeroizing::new(String::from_utf8(done.source).unwrap_or_default());
    match yaml::parse(&text) {
        Ok(document) if document.root == expected => Ok(Edited { edits, text, document }),
        _ => Err(refused(0, "read back, the edited file does not mean what the overlay asks for")),
    }
}

/// Why an edit is refused, in words that repeat nothing of the text: it may hold secrets.
fn reason(error: &EditError) -> &'static str {
    match error {
        EditError::Shared { .. } => "the value is one that aliases repeat elsewhere",
        EditError::Aliased { .. } => "the old value holds an anchor that is needed elsewhere",
        EditError::Unwritable(_) => "the value cannot be written in place",
        EditError::Target(why) => why,
        _ => "the edited file would not mean what the overlay asks for",
    }
}

/// The keys that lead from a key of the root to an edit within its value.
fn path(root: &Node, key: &str, at: usize) -> String {
    let mut path = key.to_owned();
    let mut node = root.get(key);
    while let Some(inner) = node.filter(|node| node.alias.is_none()) {
        let around = |(key, _): &&(Node, Node)| key.alias.is_none() && key.start() < at;
        let entry = inner.entries().iter().filter(around).max_by_key(|(key, _)| key.start());
        if let Some(name) = entry.and_then(|(key, _)| key.text()) {
            path.push('.');
            path.push_str(name);
        }
        node = entry.map(|(_, value)| value);
    }
    path
}

fn set(root: &mut Node, overlay: &Overlay) {
    let Value::Mapping(entries) = &mut root.value else { return };
    if let Some((_, value)) = entries.iter_mut().find(|(key, _)| key.text() == Some(&overlay.key)) {
        *value = overlay.value.clone();
    } else {
        entries.push((Node::new(Value::text(&overlay.key)), overlay.value.clone()));
    }
}

/// A value on one line.
pub fn flow(node: &Node) -> String {
    // Only what is nested too deep to be read cannot be written.
    pyyaml::to_flow(&node.to_value()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn overlay(key: &str, value: &str) -> Overlay {
        Overlay {
            subject: Subject::Config,
            key: key.into(),
            value: yaml::parse(value).unwrap().root,
            layer: "CI".into(),
            place: Place::line("config/environments/CI.yaml", 1),
        }
    }

    fn edited(text: &str, overlays: &[(&str, &str)]) -> String {
        let overlays: Vec<Overlay> = overlays.iter().map(|(key, value)| overlay(key, value)).collect();
        let overlays: Vec<&Overlay> = overlays.iter().collect();
        let edited = edit(text, &yaml::parse(text).unwrap().root, &overlays).unwrap();
        edited.text.to_string()
    }

    #[test]
    fn a_scalar_is_replaced_and_everything_else_stays() {
        let text = "# top\r\na: 1 # one\r\nb:   \"two\"   # two\r\nc: 3\r\n";
        assert_eq!(edited(text, &[("b", "50")]), "# top\r\na: 1 # one\r\nb:   50   # two\r\nc: 3\r\n");
        assert_eq!(edited("a: 1", &[("a", "[x, on, 'on']")]), "a: [x, true, \"on\"]");
    }

    #[test]
    fn what_means_the_value_already_stays_as_it_is_written() {
        assert_eq!(edited("a: 010\n", &[("a", "8")]), "a: 010\n");
        assert_eq!(edited("a: on # x\n", &[("a", "\"on\"")]), "a: \"on\" # x\n");
        assert_eq!(edited("a:\n- x # keep\n- 0x1\n", &[("a", "[x, 1]")]), "a:\n- x # keep\n- 0x1\n");
        assert_eq!(edited("a: 'word'\n", &[("a", "word")]), "a: 'word'\n");
    }

    #[test]
    fn an_edit_knows_the_keys_that_lead_to_it() {
        let text = "a: 1\nb:\n  c: 1\n  d: {e: 1, f: 2}\ng:\nh: [1]\n";
        let overlays = [overlay("b", "{c: 2, d: {e: 1, f: 3}}"), overlay("g", "x"), overlay("h", "{i: 1}")];
        let root = yaml::parse(text).unwrap().root;
        let edited = edit(text, &root, &overlays.iter().collect::<Vec<_>>()).unwrap();
        let paths: Vec<_> = edited.edits.iter().map(|edit| (edit.path.as_str(), edit.overlay)).collect();
        assert_eq!(paths, [("b.c", 0), ("b.d.f", 0), ("g", 1), ("h", 2)]);
        for edit in &edited.edits {
            assert!(edit.text.get(edit.value.clone()).is_some_and(|value| !value.is_empty()));
        }
    }

    #[test]
    fn a_mapping_with_the_same_keys_is_edited_value_by_value() {
        let text = "buffer_time:\n  minutes: 15 # long\nb: 1\n";
        assert_eq!(
            edited(text, &[("buffer_time", "{minutes: 45}")]),
            "buffer_time:\n  minutes: 45 # long\nb: 1\n"
        );
    }

    #[test]
    fn another_mapping_takes_the_place_of_the_old_one() {
        let text = "buffer_time:\n  hours: 1\nb: 1\n";
        assert_eq!(edited(text, &[("buffer_time", "{minutes: 45}")]), "buffer_time: {minutes: 45}\nb: 1\n");
        let text = "a:\n- x\n- y\n# about b\nb: 1\n";
        assert_eq!(edited(text, &[("a", "z")]), "a: z\n# about b\nb: 1\n");
        let text = "t: |\n  one\n  two\nb: 1\n";
        assert_eq!(edited(text, &[("t", "z")]), "t: \"z\"\nb: 1\n");
    }

    #[test]
    fn a_key_without_value_and_a_missing_key_get_one() {
        assert_eq!(edited("a:\nb: 1\n", &[("a", "x")]), "a: x\nb: 1\n");
        assert_eq!(edited("a: 1", &[("b", "x: 1")]), "a: 1\nb: {x: 1}");
        assert_eq!(edited("", &[("b", "1")]), "b: 1\n");
        assert_eq!(edited("# only talk\n", &[("b", "1")]), "# only talk\nb: 1\n");
        assert_eq!(edited("a: |+\n  x\n\n", &[("b", "1")]), "a: |+\n  x\n\nb: 1\n");
    }

    #[test]
    fn the_later_overlay_of_a_key_wins() {
        assert_eq!(edited("a: 1\n", &[("a", "2"), ("a", "3")]), "a: 3\n");
    }

    #[test]
    fn what_cannot_be_made_in_place_is_refused() {
        for text in ["a: &x 1\nb: *x\n", "- a\n", "x\n", "a: {b: &x 1}\nc: *x\n"] {
            let overlay = [overlay("a", "2"), overlay("new", "1")];
            let refused = edit(text, &yaml::parse(text).unwrap().root, &overlay.iter().collect::<Vec<_>>());
            assert_eq!(refused.unwrap_err().code, "overlay.refused", "{text:?}");
        }
    }

    #[test]
    fn texts_that_yaml_takes_for_something_else_are_quoted() {
        let text = |text: &str| flow(&Node::new(Value::text(text)));
        for (given, written) in [
            ("on", "\"on\""),
            ("1:30", "\"1:30\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a\u{85}b\n", "\"a\\x85b\\n\""),
            ("plain words", "plain words"),
            ("1e3", "\"1e3\""),
        ] {
            assert_eq!(text(given), written);
        }
        assert_eq!(flow(&Node::new(Value::Float(1e20))), "100000000000000000000.0");
    }

    #[test]
    fn an_alias_goes_and_what_it_names_stays() {
        let text = "a: &x {k: 1}\nb: *x\nc: *x\n";
        assert_eq!(edited(text, &[("b", "{k: 2}")]), "a: &x {k: 1}\nb: {k: 2}\nc: *x\n");
        assert_eq!(edited("b: &x {k: 1}\na: {<<: *x}\n", &[("a", "{k: 2}")]), "b: &x {k: 1}\na: {k: 2}\n");
        assert_eq!(edited("b: &x {k: 1}\n<<: *x\n", &[("k", "2")]), "b: &x {k: 1}\n<<: *x\nk: 2\n");
    }

    #[test]
    fn every_value_of_python_survives_being_written() {
        for text in [
            "[on, ~, 010, 0x1F, -1.5, 1.0e+300, -0.0, .inf, .nan, 1e3, y]",
            "[2024-01-02, 2024-01-02 03:04:05.06 -07:30, 2024-01-02T03:04:05Z]",
            "[!!binary YWI=, !!set {a, 1}, !!omap [a: 1, b: [2]], !!python/tuple [1, {a: b}]]",
            "[!!python/complex 1-2.5j, \"\\ud800x\\udc00\", \"\\uffff\\x00\", {2: a, ? [x] : b}]",
            &format!("[0x{}]", "f".repeat(4000)),
        ] {
            let text = text.replace("? [x] : b", "? !!python/tuple [x] : b");
            let node = yaml::parse(&text).unwrap().root;
            let written = flow(&node);
            assert_eq!(yaml::parse(&written).unwrap().root, node, "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_being_written(text in "\\PC{0,20}|[\\x00-\\x7f]{0,12}") {
            let node = Node::new(Value::Mapping(vec![(
                Node::new(Value::text("k")),
                Node::new(Value::text(&text)),
            )]));
            let written = format!("[{}]", flow(&node));
            let read = yaml::parse(&written).unwrap();
            prop_assert_eq!(&read.root.items()[0], &node);
        }

        #[test]
        fn only_the_edited_value_changes(
            before in prop::collection::vec("[a-z]{1,4}", 0..4),
            old in "[a-z0-9]{1,6}|\"[a-z ]{0,5}\"|\\[1, 2\\]",
            new in "[a-z]{1,6}|[0-9]{1,3}|\\[3\\]",
        ) {
            let head: Vec<String> =
                before.iter().enumerate().map(|(i, word)| format!("k{i}: {word} # c\n")).collect();
            let head = head.concat();
            let text = format!("{head}key: {old} # keep\ntail: 1\n");
            let edited = edited(&text, &[("key", &new)]);
            let meant = yaml::parse(&format!("{head}key: {new}\ntail: 1\n")).unwrap().root;
            prop_assert_eq!(&yaml::parse(&edited).unwrap().root, &meant);
            let (before, behind) = (format!("{head}key: "), " # keep\ntail: 1\n");
            prop_assert!(edited.starts_with(&before) && edited.ends_with(behind), "{}", edited);
        }
    }
}
