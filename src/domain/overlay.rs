//! Overlays: structural overrides of one key of `elastalert.yaml` or of one rule. They are edits of the rendered text
//! in place, so that comments and order stay; the result is read back, and refused unless it means exactly what was
//! asked for.

use std::fmt::Write as _;
use std::ops::Range;

use crate::domain::problem::{Place, Problem};
use crate::domain::yaml::{self, Node, Value};

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

/// The edits that overlays make to a text, in order and without overlap. Of two overlays for one key the later wins.
/// The text that [`apply`] makes of them has been read back.
pub fn edits(text: &str, overlays: &[&Overlay]) -> Result<Vec<Edit>, Problem> {
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
    let documents = yaml::parse(text).map_err(|_syntax| refused(0, "the rendered file is no YAML"))?;
    if documents.len() > 1 {
        return Err(refused(0, "the rendered file holds more than one document"));
    }
    let empty = Node { value: Value::Mapping(Vec::new()), range: None };
    let root = documents.first().filter(|root| root.value != Value::Null).unwrap_or(&empty);
    if !matches!(root.value, Value::Mapping(_)) {
        return Err(refused(0, "the rendered file is no mapping"));
    }
    let mut expected = root.clone();
    let mut edits = Vec::new();
    for (index, overlay) in overlays.iter().enumerate() {
        if overlays.iter().skip(index + 1).any(|later| later.key == overlay.key) {
            continue;
        }
        match root.entry(&overlay.key) {
            Some((key, old)) => {
                replace(text, key, old, &overlay.value, &overlay.key, index, &mut edits)
                    .ok_or_else(|| refused(index, "where its value stands cannot be told"))?;
            }
            None => edits.push(append(text, root, overlay, index)),
        }
        set(&mut expected, overlay);
    }
    edits.sort_by_key(|edit| edit.range.start);
    let read_back = yaml::read(&apply(text, &edits));
    match read_back.as_deref() {
        Ok([only]) if *only == expected => Ok(edits),
        _ => Err(refused(0, "read back, the edited file does not mean what the overlay asks for")),
    }
}

/// The text after its edits.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn set(root: &mut Node, overlay: &Overlay) {
    let Value::Mapping(entries) = &mut root.value else { return };
    if let Some((_, value)) = entries.iter_mut().rev().find(|(key, _)| key.text() == Some(&overlay.key)) {
        *value = overlay.value.clone();
    } else {
        let key = Node { value: Value::Text(overlay.key.clone()), range: None };
        entries.push((key, overlay.value.clone()));
    }
}

/// Splices the new value over the old one; below two mappings with the same keys, scalar by scalar.
fn replace(
    text: &str,
    key: &Node,
    old: &Node,
    new: &Node,
    path: &str,
    overlay: usize,
    edits: &mut Vec<Edit>,
) -> Option<()> {
    if old == new && old.is_scalar() && means_one_thing(text, old) {
        return Some(());
    }
    if !old.items().is_empty() && old == new {
        for (index, (old, new)) in old.items().iter().zip(new.items()).enumerate() {
            replace(text, key, old, new, &format!("{path}.{index}"), overlay, edits)?;
        }
        return Some(());
    }
    let same_keys = !old.entries().is_empty()
        && old.entries().len() == new.entries().len()
        && old
            .entries()
            .iter()
            .zip(new.entries())
            .all(|((left, _), (right, _))| left == right && left.text().is_some());
    if same_keys {
        for ((key, old), (_, new)) in old.entries().iter().zip(new.entries()) {
            let path = format!("{path}.{}", key.text().unwrap_or_default());
            replace(text, key, old, new, &path, overlay, edits)?;
        }
        return Some(());
    }
    let value = flow(new);
    let (range, lead) = match &old.range {
        Some(range) if !range.is_empty() => {
            let written = text.get(range.clone())?;
            let kept = written.trim_end().len();
            (range.start..range.start + kept, String::new())
        }
        // `key:` with nothing behind it: the value comes after the colon.
        _ => {
            let end = key.range.as_ref()?.end;
            let colon = end + text.get(end..)?.find(':')? + 1;
            (colon..colon, " ".to_owned())
        }
    };
    // A block that begins on the line below its key is drawn up to it.
    let before = text.get(..range.start)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let (range, lead) = if lead.is_empty() && before.get(line_start..)?.trim().is_empty() {
        let end = key.range.as_ref()?.end;
        let colon = end + text.get(end..range.start)?.find(':')? + 1;
        (colon..range.end, " ".to_owned())
    } else {
        (range, lead)
    };
    let start = lead.len();
    let text = format!("{lead}{value}");
    let value = start..text.len();
    edits.push(Edit { range, text, value, path: path.to_owned(), overlay });
    Some(())
}

/// Whether a scalar is written so that every version of YAML reads the same: `0o7` and `on` are not.
fn means_one_thing(text: &str, node: &Node) -> bool {
    let written = node.range.clone().and_then(|range| text.get(range)).map_or("", str::trim);
    match &node.value {
        Value::Text(value) => written.starts_with(['"', '\'', '|', '>']) || is_plain(value),
        _ => written == flow(node),
    }
}

/// A key that is not there yet comes at the end, at the indentation of its siblings.
fn append(text: &str, root: &Node, overlay: &Overlay, index: usize) -> Edit {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let key = Node { value: Value::Text(overlay.key.clone()), range: None };
    let mut line = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        line.push_str(line_end);
    }
    let first = root.entries().first().map_or(0, |(key, _)| key.start());
    let before = text.get(..first).unwrap_or_default();
    let indent = before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
    line.push_str(indent.trim_start_matches('\u{feff}'));
    line.push_str(&flow(&key));
    line.push_str(": ");
    let start = line.len();
    line.push_str(&flow(&overlay.value));
    let value = start..line.len();
    line.push_str(line_end);
    Edit { range: text.len()..text.len(), text: line, value, path: overlay.key.clone(), overlay: index }
}

/// A value on one line, in a form that every version of YAML reads alike.
pub fn flow(node: &Node) -> String {
    let mut out = String::new();
    write_flow(node, &mut out);
    out
}

fn write_flow(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => out.push_str(&value.to_string()),
        Value::Float(value) if value.is_nan() => out.push_str(".nan"),
        Value::Float(value) if value.is_infinite() => {
            out.push_str(if *value > 0.0 { ".inf" } else { "-.inf" });
        }
        // Never with an exponent: YAML 1.1 reads `1e3` as a text.
        Value::Float(value) => {
            let plain = value.to_string();
            out.push_str(&plain);
            if !plain.contains('.') {
                out.push_str(".0");
            }
        }
        Value::Text(text) if is_plain(text) => out.push_str(text),
        Value::Text(text) => quote(text, out),
        Value::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_flow(item, out);
            }
            out.push(']');
        }
        Value::Mapping(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_flow(key, out);
                out.push_str(": ");
                write_flow(value, out);
            }
            out.push('}');
        }
    }
}

/// Whether a text needs no quotes anywhere. Words that YAML 1.1 takes for something else do need them.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '-'))
        && !WORDS.contains(&text.to_lowercase().as_str())
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a string does not fail.
                write!(out, "\\u{:04X}", u32::from(c)).unwrap_or_default();
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn overlay(key: &str, value: &str) -> Overlay {
        Overlay {
            subject: Subject::Config,
            key: key.into(),
            value: yaml::parse(value).unwrap().remove(0),
            layer: "CI".into(),
            place: Place::line("config/environments/CI.yaml", 1),
        }
    }

    fn edited(text: &str, overlays: &[(&str, &str)]) -> String {
        let overlays: Vec<Overlay> = overlays.iter().map(|(key, value)| overlay(key, value)).collect();
        let overlays: Vec<&Overlay> = overlays.iter().collect();
        apply(text, &edits(text, &overlays).unwrap())
    }

    #[test]
    fn a_scalar_is_replaced_and_everything_else_stays() {
        let text = "# top\r\na: 1 # one\r\nb:   \"two\"   # two\r\nc: 3\r\n";
        assert_eq!(edited(text, &[("b", "50")]), "# top\r\na: 1 # one\r\nb:   50   # two\r\nc: 3\r\n");
        assert_eq!(edited("a: 1", &[("a", "[x, on]")]), "a: [x, \"on\"]");
    }

    #[test]
    fn a_value_that_only_some_versions_of_yaml_read_alike_is_written_anew() {
        assert_eq!(edited("a: 0o0\n", &[("a", "0")]), "a: 0\n");
        assert_eq!(edited("a: on # x\n", &[("a", "\"on\"")]), "a: \"on\" # x\n");
        assert_eq!(edited("a:\n- x # keep\n- 0x1\n", &[("a", "[x, 1]")]), "a:\n- x # keep\n- 1\n");
        assert_eq!(edited("a: 'word'\n", &[("a", "word")]), "a: 'word'\n");
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
        assert_eq!(edited(text, &[("t", "z")]), "t: z\nb: 1\n");
    }

    #[test]
    fn a_key_without_value_and_a_missing_key_get_one() {
        assert_eq!(edited("a:\nb: 1\n", &[("a", "x")]), "a: x\nb: 1\n");
        assert_eq!(edited("a: 1", &[("b", "x: 1")]), "a: 1\nb: {x: 1}\n");
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
        for text in ["a: &x 1\nb: *x\n", "- a\n", "{a: 1}\n---\nb: 1\n", "a: [\n", "a: 1\n...\n"] {
            let overlay = [overlay("a", "2"), overlay("new", "1")];
            let refused = edits(text, &overlay.iter().collect::<Vec<_>>());
            assert_eq!(refused.unwrap_err().code, "overlay.refused", "{text:?}");
        }
    }

    #[test]
    fn texts_that_yaml_takes_for_something_else_are_quoted() {
        let text = |text: &str| flow(&Node { value: Value::Text(text.into()), range: None });
        for (given, written) in [
            ("on", "\"on\""),
            ("1:30", "\"1:30\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a\u{85}b\n", "\"a\\u0085b\\n\""),
            ("plain words", "plain words"),
            ("1e3", "\"1e3\""),
        ] {
            assert_eq!(text(given), written);
        }
        assert_eq!(flow(&Node { value: Value::Float(1e20), range: None }), "100000000000000000000.0");
    }

    proptest! {
        #[test]
        fn any_text_survives_being_written(text in "\\PC{0,20}|[\\x00-\\x7f]{0,12}") {
            let node = Node { value: Value::Mapping(vec![(
                Node { value: Value::Text("k".into()), range: None },
                Node { value: Value::Text(text), range: None },
            )]), range: None };
            let written = format!("[{}]", flow(&node));
            let read = yaml::parse(&written).unwrap();
            prop_assert_eq!(&read[0].items()[0], &node);
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
            let meant = format!("{head}key: {} # keep\ntail: 1\n", flow(&yaml::parse(&new).unwrap()[0]));
            prop_assert!(edited == meant || edited == text && yaml::read(&meant) == yaml::read(&text));
        }
    }
}
