//! Comments, which YAML reads past and people write for other people: where each stands, and which node it speaks of.

use crate::event::ScalarStyle;
use crate::mark::{Mark, Span};
use crate::node::{Document, NodeKind, NodeRef};

/// A comment. What stands behind `#` in quotes, in a block scalar or within a word is text and none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub(crate) span: Span,
    // Where what stands before it on its line ends; nothing does so for a comment that is alone.
    pub(crate) behind: Option<Mark>,
}

impl Comment {
    /// From the `#` up to, not including, the end of the line.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether nothing but blanks stands before it on its line.
    pub fn is_alone(&self) -> bool {
        self.behind.is_none()
    }

    pub(crate) fn marks(&mut self) -> impl Iterator<Item = &mut Mark> {
        [&mut self.span.start, &mut self.span.end].into_iter().chain(&mut self.behind)
    }
}

impl Document {
    /// All comments, in the order of the text. The line of a directive that YAML does not know is a part of it to its end.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    fn comment_in_line(&self, line: usize) -> Option<(usize, &Comment)> {
        let at = self.comments.partition_point(|comment| comment.span.start.line < line);
        self.comments.get(at).filter(|comment| comment.span.start.line == line).map(|comment| (at, comment))
    }
}

impl<'d> NodeRef<'d> {
    /// The comments on lines of their own directly above the line in which the node begins, if it is the first node of
    /// that line. A line without a comment ends them. A mapping and its first key,
    /// and a sequence and its first item, have the same ones.
    pub fn comments_before(self) -> &'d [Comment] {
        let start = self.span().start;
        let before = self.document.nodes().get(..self.id().index()).unwrap_or(&[]);
        // A block collection that begins earlier in the line holds the node, as in `- a`.
        let is_block = |kind: &NodeKind| {
            matches!(kind, NodeKind::Sequence { flow: false, .. } | NodeKind::Mapping { flow: false, .. })
        };
        let earlier =
            before.iter().rev().find(|node| node.span.start.byte < start.byte && !is_block(&node.kind));
        let shares_line = earlier.is_some_and(|node| {
            let is_leaf = matches!(node.kind, NodeKind::Scalar { .. } | NodeKind::Alias { .. });
            // A block scalar ends at the beginning of the line behind it.
            let ends_here = is_leaf && node.span.end.line == start.line && node.span.end.column > 0;
            node.span.start.line == start.line || ends_here
        });
        let alone = |line| self.document.comment_in_line(line).filter(|(_, comment)| comment.is_alone());
        let mut line = start.line;
        if shares_line {
            return &[];
        }
        let Some((last, _)) = line.checked_sub(1).and_then(alone) else { return &[] };
        let mut first = last;
        line -= 1;
        while let Some((at, _)) = line.checked_sub(1).and_then(alone) {
            first = at;
            line -= 1;
        }
        self.document.comments.get(first..=last).unwrap_or(&[])
    }

    /// The comment behind the node on its last line, with no more than a `,` or `:` between them; for a block scalar
    /// the one behind its `|` or `>`. A comment behind `key:` is the key's.
    pub fn comment_behind(self) -> Option<&'d Comment> {
        let span = self.span();
        if matches!(self.kind(), NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. }) {
            // None lies within its text, so that the last one within the node is that of the header.
            let comments = &self.document.comments;
            let end = comments.partition_point(|comment| comment.span.start.byte < span.end.byte);
            let last = end.checked_sub(1).and_then(|at| comments.get(at))?;
            return (last.span.start.byte > span.start.byte).then_some(last);
        }
        let (_, comment) = self.document.comment_in_line(span.end.line)?;
        (comment.behind?.byte == span.end.byte).then_some(comment)
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a span is a place in its text")]
mod tests {
    use crate::{Document, NodeRef, parse};

    fn texts(text: &str) -> Vec<String> {
        let document = parse(text.as_bytes()).unwrap();
        document.comments().iter().map(|comment| text[comment.span().bytes()].to_owned()).collect()
    }

    /// The comments of the first node with this text: those above, then the one behind.
    fn of(text: &str, name: &str) -> String {
        let document = parse(text.as_bytes()).unwrap();
        let named = |node: &NodeRef<'_>| node.as_str() == Some(name);
        let node = all(&document).find(named).unwrap();
        let comments = node.comments_before().iter().chain(node.comment_behind());
        comments.map(|comment| &text[comment.span().bytes()]).collect::<Vec<_>>().join(" ")
    }

    fn all(document: &Document) -> impl Iterator<Item = NodeRef<'_>> {
        let mut todo: Vec<_> = document.root().into_iter().collect();
        std::iter::from_fn(move || {
            let node = todo.pop()?;
            let children: Vec<_> =
                node.items().chain(node.pairs().flat_map(|(key, value)| [key, value])).collect();
            todo.extend(children.into_iter().rev());
            Some(node)
        })
    }

    #[test]
    fn comments_are_found_wherever_they_may_stand_and_nowhere_else() {
        assert_eq!(texts("# a\n\r\n  #b\r\n\"x\"#c \u{85}#d"), ["# a", "#b", "#c ", "#d"]);
        assert_eq!(texts("a: |+ # b\n # c\n  d\n# e\n#f"), ["# b", "# e", "#f"]);
        assert_eq!(
            texts("- 'a # b\n  # c'\n- \"# d\"\n- e#f # g\n- [h, # i\n  j]# k"),
            ["# g", "# i", "# k"]
        );
        assert_eq!(
            texts("%YAML 1.1 # a\n# b\n%X c # d\n--- # e\nf\n... # g\n# h"),
            ["# a", "# b", "# e", "# g", "# h"]
        );
        assert_eq!(texts("\u{feff}# a\n&b # c\n!!str # d\n e"), ["# a", "# c", "# d"]);
        assert_eq!(texts("# only"), ["# only"]);
    }

    #[test]
    fn comments_above_belong_to_what_begins_the_line() {
        let text =
            "# head\n\n# one\n # two\na: b # c\n# three\nd:\n# four\n- e\n- # five\n  f\n- [g,\n# six\nh]\n";
        assert_eq!(of(text, "a"), "# one # two");
        assert_eq!((of(text, "b"), of(text, "d")), ("# c".into(), "# three".into()));
        assert_eq!(
            (of(text, "e"), of(text, "f"), of(text, "h")),
            ("# four".into(), String::new(), "# six".into())
        );
        let document = parse(text.as_bytes()).unwrap();
        assert_eq!(document.root().unwrap().comments_before().len(), 2);
        assert!(document.comments()[0].is_alone() && !document.comments()[3].is_alone());
    }

    #[test]
    fn comments_behind_belong_to_what_ends_before_them() {
        assert_eq!((of("a: b, # c", "b,"), of("a : # c\n  b", "a")), ("# c".into(), "# c".into()));
        assert_eq!((of("a: # c", "a"), of("a: # c", "")), ("# c".into(), String::new()));
        assert_eq!((of("[a, # c\n b]", "a"), of("{a: b # c\n}", "b")), ("# c".into(), "# c".into()));
        assert_eq!(
            (of("[a, b] # c", "b"), of("a: &x !!str > # c\n b\n", "b\n")),
            (String::new(), "# c".into())
        );
        assert_eq!(
            (of("a: > # c\n b\nd: e # f", "e"), of("a: >\n b\n# c\n", "b\n")),
            ("# f".into(), String::new())
        );
        let text = "- [a, {b: c}] # d\n- x\n";
        let document = parse(text.as_bytes()).unwrap();
        let list = document.root().unwrap().items().next().unwrap();
        assert_eq!(list.comment_behind().unwrap().span().bytes(), 14..17);
        let utf16: Vec<u8> = "\u{feff}ä: b # c".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let document = parse(&utf16).unwrap();
        let value = document.root().unwrap().get("ä").unwrap();
        assert_eq!(value.comment_behind().unwrap().span().bytes(), 12..18);
    }
}
