//! What the parts of a text of YAML are, for the colours of a screen: keys, texts, numbers, comments and the rest,
//! as the parser that reads it for ElastAlert sees them. What is not named is a sign or a blank.

use std::ops::Range;

use pyyaml::{Document, NodeKind};

/// What a part of a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Token {
    /// Nothing of the others: signs, blanks.
    #[default]
    Plain,
    /// The key of a mapping.
    Key,
    /// A text.
    Text,
    /// A number, a date.
    Number,
    /// A boolean, nothing.
    Word,
    /// A comment.
    Comment,
    /// An anchor, an alias, a tag.
    Anchor,
}

/// The parts of a text in order, without those that are [`Token::Plain`].
pub(super) fn tokens(text: &[u8], document: &Document) -> Vec<(Range<usize>, Token)> {
    let mut tokens = Vec::new();
    let mut keys = vec![false; document.nodes().len()];
    for node in document.nodes() {
        if let NodeKind::Mapping { pairs, .. } = &node.kind {
            for (key, _) in pairs {
                if let Some(is_key) = keys.get_mut(key.index()) {
                    *is_key = true;
                }
            }
        }
    }
    for (node, is_key) in document.nodes().iter().zip(keys) {
        let range = node.span.bytes();
        let token = match &node.kind {
            NodeKind::Alias { .. } => Token::Anchor,
            NodeKind::Scalar { .. } if is_key => Token::Key,
            NodeKind::Scalar { .. } => scalar(&node.tag),
            NodeKind::Sequence { .. } | NodeKind::Mapping { .. } => Token::Plain,
        };
        let content = properties(text, &range);
        if content > range.start {
            tokens.push((range.start..content, Token::Anchor));
        }
        if token != Token::Plain && content < range.end {
            tokens.push((content..range.end, token));
        }
    }
    // A comment within the span of a block scalar stands behind its header.
    tokens.extend(document.comments().iter().map(|comment| (comment.span().bytes(), Token::Comment)));
    tokens.sort_by_key(|(range, token)| (range.start, *token != Token::Comment));
    apart(tokens)
}

fn scalar(tag: &str) -> Token {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("int" | "float" | "timestamp") => Token::Number,
        Some("bool" | "null") => Token::Word,
        _ => Token::Text,
    }
}

/// Where the content of a node begins, behind its anchor and its tag.
fn properties(text: &[u8], range: &Range<usize>) -> usize {
    let bytes = text.get(range.clone()).unwrap_or_default();
    let mut at = 0;
    let mut end = 0;
    while matches!(bytes.get(at), Some(b'&' | b'!')) {
        let rest = bytes.get(at..).unwrap_or_default();
        let word = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        end = at + word;
        let blanks = bytes.get(end..).unwrap_or_default();
        at = end + blanks.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }
    range.start + if end == 0 { 0 } else { at }
}

/// Cuts what lies within another part out of it.
fn apart(tokens: Vec<(Range<usize>, Token)>) -> Vec<(Range<usize>, Token)> {
    let mut out: Vec<(Range<usize>, Token)> = Vec::with_capacity(tokens.len());
    for (range, token) in tokens {
        let tail = match out.last_mut() {
            Some((last, kind)) if range.start < last.end => {
                let tail = (range.end < last.end).then_some((range.end..last.end, *kind));
                last.end = range.start;
                tail
            }
            _ => None,
        };
        if out.last().is_some_and(|(last, _)| last.is_empty()) {
            out.pop();
        }
        out.push((range, token));
        out.extend(tail);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(Range<usize>, Token)> {
        crate::domain::yaml::painted(text).1
    }

    fn shown(text: &str) -> Vec<(&str, Token)> {
        read(text).into_iter().map(|(range, token)| (text.get(range).unwrap(), token)).collect()
    }

    #[test]
    fn parts_are_what_the_parser_says() {
        use Token::{Anchor, Comment, Key, Number, Text, Word};
        assert_eq!(
            shown("# c\na: on # d\nb: [010, 'x', ~, 2024-01-02]\n"),
            [
                ("# c", Comment),
                ("a", Key),
                ("on", Word),
                ("# d", Comment),
                ("b", Key),
                ("010", Number),
                ("'x'", Text),
                ("~", Word),
                ("2024-01-02", Number)
            ]
        );
        assert_eq!(
            shown("a: &x 1\nb: *x\nc: !!str 1\nd: &y {e: f}\n"),
            [
                ("a", Key),
                ("&x ", Anchor),
                ("1", Number),
                ("b", Key),
                ("*x", Anchor),
                ("c", Key),
                ("!!str ", Anchor),
                ("1", Text),
                ("d", Key),
                ("&y ", Anchor),
                ("e", Key),
                ("f", Text)
            ]
        );
        assert_eq!(
            shown("a: | # c\n  # text\nb: 1\n"),
            [("a", Key), ("| ", Text), ("# c", Comment), ("\n  # text\n", Text), ("b", Key), ("1", Number)]
        );
        assert_eq!(shown("a: [\n"), []);
    }

    proptest! {
        #[test]
        fn parts_lie_one_behind_the_other(text in "[ab:#&*!|>'\\[\\]{}, \n-]{0,40}") {
            let mut at = 0;
            for (range, _) in read(&text) {
                prop_assert!(at <= range.start && range.start < range.end && range.end <= text.len());
                prop_assert!(text.get(range.clone()).is_some());
                at = range.end;
            }
        }
    }
}
