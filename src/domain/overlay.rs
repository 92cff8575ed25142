//! Overlays: structural overrides of one key of `elastalert.yaml` or of one rule. They are edits of the rendered text
//! in place, so that comments and order stay; the result is read back, and refused unless it means exactly what was
//! asked for.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::domain::problem::{Place, Problem};
use crate::domain::yaml::{self, Date, DateTime, Document, Node, Text, Value};

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
pub fn edit(text: &str, document: &Document, overlays: &[&Overlay]) -> Result<Edited, Problem> {
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
    let mut expected = match &document.root.value {
        Value::Mapping(_) => document.root.clone(),
        Value::Null => Node::new(Value::Mapping(Vec::new())),
        _ => return Err(refused(0, "the rendered file is no mapping")),
    };
    let root = expected.clone();
    let mut edits = Vec::new();
    for (index, overlay) in overlays.iter().enumerate() {
        if overlays.iter().skip(index + 1).any(|later| later.key == overlay.key) {
            continue;
        }
        match root.entry(&overlay.key) {
            // What a merge brings is overridden by a key of the mapping's own.
            Some((key, old)) if key.alias.is_none() => {
                replace(text, key, old, &overlay.value, &overlay.key, index, &mut edits)
                    .ok_or_else(|| refused(index, "where its value stands cannot be told"))?;
            }
            _ => edits.push(append(text, &root, overlay, index)),
        }
        set(&mut expected, overlay);
    }
    edits.sort_by_key(|edit| edit.range.start);
    let text = Zeroizing::new(apply(text, &edits));
    match yaml::parse(&text) {
        Ok(document) if document.root == expected => Ok(Edited { edits, text, document }),
        _ => Err(refused(0, "read back, the edited file does not mean what the overlay asks for")),
    }
}

/// The text after its edits.
fn apply(text: &str, edits: &[Edit]) -> String {
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
    if let Some((_, value)) = entries.iter_mut().find(|(key, _)| key.text() == Some(&overlay.key)) {
        *value = overlay.value.clone();
    } else {
        entries.push((Node::new(Value::text(&overlay.key)), overlay.value.clone()));
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
    // What stands behind an alias stands elsewhere too, so that the alias is what goes.
    let own = old.alias.is_none();
    if own && old == new && old.is_scalar() && means_one_thing(text, old) {
        return Some(());
    }
    if own && matches!(old.value, Value::Sequence(_)) && !old.items().is_empty() && old == new {
        for (index, (old, new)) in old.items().iter().zip(new.items()).enumerate() {
            replace(text, key, old, new, &format!("{path}.{index}"), overlay, edits)?;
        }
        return Some(());
    }
    let same_keys =
        own && !old.entries().is_empty()
            && old.entries().len() == new.entries().len()
            && old.entries().iter().zip(new.entries()).all(|((left, _), (right, _))| {
                left == right && left.text().is_some() && left.alias.is_none()
            });
    if same_keys {
        for ((key, old), (_, new)) in old.entries().iter().zip(new.entries()) {
            let path = format!("{path}.{}", key.text().unwrap_or_default());
            replace(text, key, old, new, &path, overlay, edits)?;
        }
        return Some(());
    }
    let value = flow(new);
    let old = old.place();
    let (range, lead) = if old.is_empty() {
        // `key:` with nothing behind it: the value comes after the colon.
        let end = key.range.end;
        let colon = end + text.get(end..)?.find(':')? + 1;
        (colon..colon, " ".to_owned())
    } else {
        (old.clone(), String::new())
    };
    // A block that begins on the line below its key is drawn up to it.
    let before = text.get(..range.start)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let (range, lead) = if lead.is_empty() && before.get(line_start..)?.trim().is_empty() {
        let end = key.range.end;
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
    let written = text.get(node.range.clone()).unwrap_or_default();
    match &node.value {
        Value::Text(value) => written.starts_with(['"', '\'', '|', '>']) || is_plain(value.as_str()),
        _ => written == flow(node),
    }
}

/// A key that is not there yet comes at the end, at the indentation of its siblings.
fn append(text: &str, root: &Node, overlay: &Overlay, index: usize) -> Edit {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let key = Node::new(Value::text(&overlay.key));
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

// Writing to a string does not fail.
fn write_flow(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // Python reads no more than 4,300 decimal digits.
        Value::Integer(value) => match value.to_string() {
            long if long.len() > 4_000 => write!(out, "{value:#x}").unwrap_or_default(),
            decimal => out.push_str(&decimal),
        },
        Value::Float(value) => out.push_str(&float(*value)),
        Value::Complex(real, imaginary) => {
            let sign = if imaginary.is_sign_negative() { "" } else { "+" };
            write!(out, "!!python/complex \"{real}{sign}{imaginary}j\"").unwrap_or_default();
        }
        Value::Text(text) if text.surrogates().is_empty() && is_plain(text.as_str()) => {
            out.push_str(text.as_str());
        }
        Value::Text(text) => quote(text, out),
        Value::Binary(bytes) => {
            write!(out, "!!binary \"{}\"", BASE64_STANDARD.encode(bytes)).unwrap_or_default();
        }
        Value::Date(date) => out.push_str(&day(*date)),
        Value::DateTime(time) => out.push_str(&moment(time)),
        Value::Sequence(items) => write_items("[", items, "]", out),
        Value::Tuple(items) => write_items("!!python/tuple [", items, "]", out),
        Value::Set(items) => write_items("!!set {", items, "}", out),
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

fn write_items(open: &str, items: &[Node], close: &str, out: &mut String) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        write_flow(item, out);
    }
    out.push_str(close);
}

/// Never with an exponent: YAML 1.1 reads `1e3` as a text.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

fn day(Date { year, month, day }: Date) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn moment(time: &DateTime) -> String {
    let DateTime { date, hour, minute, second, microsecond, offset } = *time;
    let zone = offset.map_or(String::new(), |seconds| {
        let (sign, minutes) = if seconds < 0 { ('-', -seconds / 60) } else { ('+', seconds / 60) };
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    });
    format!("{}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}{zone}", day(date))
}

/// Whether a text needs no quotes anywhere. Words that YAML 1.1 takes for something else do need them.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '-'))
        && !WORDS.contains(&text.to_lowercase().as_str())
}

fn quote(text: &Text<'_>, out: &mut String) {
    out.push('"');
    for code in text.code_points() {
        match char::from_u32(code) {
            Some(c @ ('"' | '\\')) => {
                out.push('\\');
                out.push(c);
            }
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some(c)
                if !c.is_control()
                    && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push(c);
            }
            // Half of a character, or one that may not stand in YAML. Writing to a string does not fail.
            _ => write!(out, "\\u{code:04X}").unwrap_or_default(),
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
            value: yaml::parse(value).unwrap().root,
            layer: "CI".into(),
            place: Place::line("config/environments/CI.yaml", 1),
        }
    }

    fn edited(text: &str, overlays: &[(&str, &str)]) -> String {
        let overlays: Vec<Overlay> = overlays.iter().map(|(key, value)| overlay(key, value)).collect();
        let overlays: Vec<&Overlay> = overlays.iter().collect();
        let edited = edit(text, &yaml::parse(text).unwrap(), &overlays).unwrap();
        edited.text.to_string()
    }

    #[test]
    fn a_scalar_is_replaced_and_everything_else_stays() {
        let text = "# top\r\na: 1 # one\r\nb:   \"two\"   # two\r\nc: 3\r\n";
        assert_eq!(edited(text, &[("b", "50")]), "# top\r\na: 1 # one\r\nb:   50   # two\r\nc: 3\r\n");
        assert_eq!(edited("a: 1", &[("a", "[x, on, 'on']")]), "a: [x, true, \"on\"]");
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
        for text in ["a: &x 1\nb: *x\n", "- a\n", "{a: 1}\n", "a: 1\n...\n"] {
            let overlay = [overlay("a", "2"), overlay("new", "1")];
            let refused = edit(text, &yaml::parse(text).unwrap(), &overlay.iter().collect::<Vec<_>>());
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
            ("a\u{85}b\n", "\"a\\u0085b\\n\""),
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
            let meant = format!("{head}key: {} # keep\ntail: 1\n", flow(&yaml::parse(&new).unwrap().root));
            let root = |text: &str| yaml::parse(text).unwrap().root;
            prop_assert!(edited == meant || edited == text && root(&meant) == root(&text));
        }
    }
}
