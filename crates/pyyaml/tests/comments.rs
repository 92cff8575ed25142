//! Laws of comments: they are what can be written otherwise without changing anything, and every `#` that is not in a
//! scalar or a directive begins one or stands in one.

#![expect(clippy::string_slice, reason = "these are tests")]

use proptest::prelude::*;
use pyyaml::{Document, EventKind, NodeKind, ScalarStyle};

const BREAKS: [char; 4] = ['\n', '\r', '\u{85}', '\u{2028}'];

fn with_comments() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        " ",
        "#",
        " # c",
        " # ä",
        "# c\n",
        "\n# d\n",
        "\n  # e\n",
        "&a ",
        "*a ",
        "!!str ",
        "'",
        "'x # y'",
        "\"",
        "\"x # y\"",
        "|",
        "| # f\n  g\n",
        ">-\n",
        "|+\n  h # i\n",
        "\n  # j",
        "x#y",
        "%YAML 1.1",
        "%TAG ! x",
        "%FOO ",
        "---",
        "--- ",
        "...",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "😀",
        "12",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn shape(document: &Document) -> Vec<(NodeKind, String)> {
    document.nodes().iter().map(|node| (node.kind.clone(), node.tag.to_string())).collect()
}

fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_comments_say_changes_nothing(source in with_comments()) {
        let Ok(document) = pyyaml::parse(source.as_bytes()) else { return Ok(()) };
        let mut other = source.clone().into_bytes();
        for comment in document.comments() {
            let bytes = comment.span().bytes();
            prop_assert_eq!(source.as_bytes()[bytes.start], b'#');
            prop_assert!(!source[bytes.clone()].contains(BREAKS));
            prop_assert!(source.len() == bytes.end || source[bytes.end..].starts_with(BREAKS));
            other[bytes.start + 1..bytes.end].fill(b'\'');
        }
        let other = pyyaml::parse(&other).unwrap();
        prop_assert_eq!(other.nodes().iter().map(|node| node.span.bytes()).collect::<Vec<_>>(),
            document.nodes().iter().map(|node| node.span.bytes()).collect::<Vec<_>>());
        prop_assert_eq!(shape(&other), shape(&document));
    }

    #[test]
    fn without_comments_there_is_the_same_tree(source in with_comments()) {
        let Ok(document) = pyyaml::parse(source.as_bytes()) else { return Ok(()) };
        // What comes to stand first there is skipped.
        if source.contains('\u{feff}') {
            return Ok(());
        }
        // A comment ends a block scalar, to which the lines behind it would belong without it.
        let block = |kind: &NodeKind| matches!(kind, NodeKind::Scalar { style, .. } if is_block(*style));
        let keep = document.nodes().iter().any(|node| block(&node.kind));
        let mut without = source.clone();
        for comment in document.comments().iter().rev() {
            let mut bytes = comment.span().bytes();
            if comment.is_alone() {
                if keep {
                    continue;
                }
                // The whole line.
                bytes.start -= source[..bytes.start].bytes().rev().take_while(|byte| *byte == b' ').count();
                let next = source[bytes.end..].chars().next();
                bytes.end += match next {
                    Some('\r') if source[bytes.end..].starts_with("\r\n") => 2,
                    Some(next) => next.len_utf8(),
                    None => 0,
                };
            }
            without.replace_range(bytes, "");
        }
        let without = pyyaml::parse(without.as_bytes()).unwrap();
        prop_assert!(keep || without.comments().is_empty());
        prop_assert_eq!(shape(&without), shape(&document));
    }

    #[test]
    fn each_hash_is_text_or_begins_a_comment(source in with_comments()) {
        let Ok(document) = pyyaml::parse(source.as_bytes()) else { return Ok(()) };
        let mut hashes = vec![false; source.len()];
        for (at, _) in source.match_indices('#') {
            hashes[at] = true;
        }
        for comment in document.comments() {
            hashes[comment.span().bytes()].fill(false);
        }
        for event in pyyaml::events(source.as_bytes()) {
            let event = event.unwrap();
            let EventKind::Scalar { properties, style, .. } = &event.kind else { continue };
            hashes[event.span.bytes()].fill(false);
            let inside = |at: usize| event.span.bytes().contains(&at);
            let comments = document.comments().iter().filter(|comment| inside(comment.span().start.byte));
            for comment in comments {
                // In the header, or between the properties and the text.
                let header = is_block(*style) && comment.span().start.line == event.span.start.line;
                prop_assert!(header || properties.anchor.is_some() || properties.tag.is_some());
            }
        }
        for (at, _) in hashes.iter().enumerate().filter(|(_, hash)| **hash) {
            let line = source[..at].rfind(BREAKS).map_or("", |from| &source[from..at]);
            let line = if line.is_empty() { &source[..at] } else { line };
            prop_assert!(line.contains('%'), "{at} in {source:?}");
        }
    }

    #[test]
    fn each_comment_belongs_to_at_most_one_leaf(source in with_comments()) {
        let Ok(document) = pyyaml::parse(source.as_bytes()) else { return Ok(()) };
        let mut owners = vec![0; document.comments().len()];
        let place = |comment| document.comments().iter().position(|other| other == comment).unwrap();
        for node in all(&document) {
            let (start, end) = (node.span().start.byte, node.span().end.byte);
            for comment in node.comments_before() {
                prop_assert!(comment.is_alone() && comment.span().end.byte <= start);
            }
            if let Some(comment) = node.comment_behind() {
                prop_assert!(comment.span().start.byte >= start);
                owners[place(comment)] += usize::from(start < end);
            }
        }
        prop_assert!(owners.iter().all(|count| *count <= 1), "{owners:?} {source:?}");
    }
}

fn all(document: &Document) -> Vec<pyyaml::NodeRef<'_>> {
    let mut found: Vec<pyyaml::NodeRef<'_>> = document.root().into_iter().collect();
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        at += 1;
        if !matches!(node.kind(), NodeKind::Alias { .. }) {
            found.extend(node.items().chain(node.pairs().flat_map(|(key, value)| [key, value])));
        }
    }
    found
}
