//! Paths to a value: `buffer_time.minutes`, `filter.0.query`, `a."b.c"`. Keys are parted by points, items of a list are
//! counted from 0, and a key that holds a point or a quote stands between double quotes, with `\"` and `\\` in them.
//! Without quotes a key is looked for as a number, a boolean or a date first and as a text then.

use crate::domain::overlay::flow;
use crate::domain::problem::Problem;
use crate::domain::yaml::{self, Node, Value};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The key, or the number of an item.
    pub text: String,
    /// Whether it stood between quotes, so that it can only be a text.
    pub quoted: bool,
}

/// Reads a path. The empty one leads to the whole.
pub fn parse(text: &str) -> Result<Vec<Segment>, Problem> {
    let refused = |why: &str| {
        Problem::new("why.syntax", format!("`{}` is no path", text.escape_debug())).why(why).hint(
            "keys are parted by points, items counted from 0, and a key with a point is quoted: a.\"b.c\".0",
        )
    };
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (segment, after) = if let Some(inner) = rest.strip_prefix('"') {
            quoted(inner).ok_or_else(|| refused("a quote is not closed"))?
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let (key, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if key.is_empty() {
                return Err(refused("there is nothing between two points"));
            }
            (Segment { text: key.to_owned(), quoted: false }, after)
        };
        segments.push(segment);
        rest = match after.strip_prefix('.') {
            Some("") => return Err(refused("it ends with a point")),
            Some(more) => more,
            None if after.is_empty() => after,
            None => return Err(refused("a point must follow a quoted key")),
        };
    }
    Ok(segments)
}

/// The key up to the closing quote, and what follows it.
fn quoted(inner: &str) -> Option<(Segment, &str)> {
    let mut text = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Segment { text, quoted: true }, inner.get(at + 1..)?)),
            '\\' => text.push(chars.next()?.1),
            c => text.push(c),
        }
    }
    None
}

/// A key as a path names it.
pub fn shown(key: &Node) -> String {
    let Some(text) = key.text() else { return quote_odd(&flow(key)) };
    let plain = !text.is_empty()
        && !text.contains(['.', '"'])
        && text.trim() == text
        && !text.chars().any(char::is_control)
        // `1` and `on` between quotes are other keys than without.
        && (flow(key) == text || yaml::parse(text).is_ok_and(|read| read.root.text() == Some(text)));
    if plain { text.to_owned() } else { quote(text) }
}

/// A key that is no text, such as `1.5`, holds a point at times.
fn quote_odd(text: &str) -> String {
    if text.contains(['.', '"']) { quote(text) } else { text.to_owned() }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A path with one step more.
pub fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

/// What lies one step below a node: the step as a path names it, the key where there is one, and the value.
pub fn below<'n>(node: &'n Node, segment: &Segment) -> Option<(String, Option<&'n Node>, &'n Node)> {
    if !node.items().is_empty() {
        let index: usize = segment.text.parse().ok().filter(|_| !segment.quoted)?;
        return Some((index.to_string(), None, node.items().get(index)?));
    }
    let entry = entry(node.entries(), segment)?;
    Some((shown(&entry.0), Some(&entry.0), &entry.1))
}

/// The entry that a step names.
pub fn entry<'n>(entries: &'n [(Node, Node)], segment: &Segment) -> Option<&'n (Node, Node)> {
    let named = |(key, _): &&(Node, Node)| names(segment, key);
    let odd = entries.iter().filter(|(key, _)| key.text().is_none()).find(named);
    odd.or_else(|| entries.iter().filter(|(key, _)| key.text().is_some()).find(named))
}

/// Whether a step names that key.
pub fn names(segment: &Segment, key: &Node) -> bool {
    if let Some(text) = key.text() {
        return text == segment.text;
    }
    let written = flow(key);
    written == segment.text && (!segment.quoted || written.contains(['.', '"']))
        // `on` is the key true.
        || !segment.quoted && yaml::parse(&segment.text).is_ok_and(|read| read.root == *key && key.is_scalar())
}

/// Is told of a value: path, key, value, and whether it is a leaf.
pub type Visit<'v, 'n> = &'v mut dyn FnMut(&str, Option<&'n Node>, &'n Node, bool);

/// Calls `found` with everything at and below a node: path, key, value, and whether it is a leaf.
pub fn walk<'n>(node: &'n Node, key: Option<&'n Node>, path: &str, found: Visit<'_, 'n>) {
    let leaf = node.items().is_empty() && node.entries().is_empty();
    found(path, key, node, leaf);
    for (index, item) in node.items().iter().enumerate() {
        walk(item, None, &join(path, &index.to_string()), found);
    }
    for (key, value) in node.entries() {
        walk(value, Some(key), &join(path, &shown(key)), found);
    }
}

/// What a value is, in words.
pub fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Integer(_) => "a whole number",
        Value::Sequence(items) | Value::Tuple(items) if items.is_empty() => "an empty list",
        Value::Set(items) if items.is_empty() => "an empty set",
        Value::Mapping(entries) if entries.is_empty() => "an empty mapping",
        _ => node.kind(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn root(text: &str) -> Node {
        yaml::parse(text).unwrap().root
    }

    fn at(text: &str, path: &str) -> Option<String> {
        let root = root(text);
        let mut node = &root;
        for segment in parse(path).unwrap() {
            node = below(node, &segment)?.2;
        }
        Some(flow(node))
    }

    #[test]
    fn keys_items_and_quotes_lead_to_a_value() {
        let text = "a:\n  b: [x, {c: 1}]\n\"d.e\": 2\n2: three\n\"2\": four\non: 5\n'q\"\\': 6\n1.5: 7\n";
        for (path, value) in [
            ("a.b.0", Some("x")),
            ("a.b.1.c", Some("1")),
            ("\"d.e\"", Some("2")),
            ("d.e", None),
            ("2", Some("three")),
            ("\"2\"", Some("four")),
            ("on", Some("5")),
            ("true", Some("5")),
            ("\"on\"", None),
            (r#""q\"\\""#, Some("6")),
            ("\"1.5\"", Some("7")),
            ("a.b.2", None),
            ("a.b.\"0\"", None),
            ("a.b.0.c", None),
        ] {
            assert_eq!(at(text, path).as_deref(), value, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_told() {
        for text in ["a..b", ".a", "a.", "\"a", "\"a\"b", "\"a\\"] {
            assert_eq!(parse(text).unwrap_err().code, "why.syntax", "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_path_that_is_shown_leads_back(
            keys in prop::collection::vec("[a-c.\"\\\\ 0-9]{0,4}|on|~|1\\.5|\\PC{1,3}", 1..5),
        ) {
            let entry = |key: &String| (Node::new(Value::text(key)), Node::new(Value::text(key)));
            let text = flow(&Node::new(Value::Mapping(keys.iter().map(entry).collect())));
            let text = format!("m: [{text}]\n1: x\n1.5: y\non: z\n~: w\n");
            let root = root(&text);
            let mut found = Vec::new();
            walk(&root, None, "", &mut |path, _, node, _| found.push((path.to_owned(), node)));
            for (path, node) in found {
                let mut reached = &root;
                for segment in parse(&path).unwrap() {
                    reached = below(reached, &segment).unwrap_or_else(|| panic!("{path}")).2;
                }
                prop_assert!(std::ptr::eq(reached, node), "{}", path);
            }
        }
    }
}
