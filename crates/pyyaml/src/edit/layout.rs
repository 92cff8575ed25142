//! Where things stand in a text: the content of a node behind its anchor, the last byte that a node has written, the
//! entries of a collection, the lines around them.

use crate::event::ScalarStyle;
use crate::node::{Document, Node, NodeId, NodeKind};

/// What a node is to the node above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Root,
    Item(NodeId, usize),
    Key(NodeId, usize),
    Value(NodeId, usize),
}

/// An entry of a collection: key (none for an item) and value.
pub(super) type Entry = (Option<NodeId>, NodeId);

#[derive(Debug)]
pub(super) struct Layout<'s> {
    pub(super) text: &'s str,
    pub(super) document: Document,
    roles: Vec<Role>,
}

/// The parts of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    /// Where anchor and tag end, if it has one of them.
    pub(super) properties: Option<usize>,
    /// Whether a tag is written.
    pub(super) tagged: bool,
    /// Where its content begins.
    pub(super) content: usize,
}

pub(super) fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

impl<'s> Layout<'s> {
    pub(super) fn new(text: &'s str, document: Document) -> Self {
        let mut roles = vec![Role::Root; document.nodes.len()];
        let mut set = |id: NodeId, role| {
            if let Some(slot) = roles.get_mut(id.index()) {
                *slot = role;
            }
        };
        for (at, node) in (0_u32..).zip(&document.nodes) {
            let parent = NodeId(at);
            match &node.kind {
                NodeKind::Sequence { items, .. } => {
                    items.iter().enumerate().for_each(|(at, id)| set(*id, Role::Item(parent, at)));
                }
                NodeKind::Mapping { pairs, .. } => {
                    for (at, (key, value)) in pairs.iter().enumerate() {
                        set(*key, Role::Key(parent, at));
                        set(*value, Role::Value(parent, at));
                    }
                }
                NodeKind::Scalar { .. } | NodeKind::Alias { .. } => {}
            }
        }
        Self { text, document, roles }
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.document.nodes.get(id.index())
    }

    pub(super) fn role(&self, id: NodeId) -> Role {
        self.roles.get(id.index()).copied().unwrap_or(Role::Root)
    }

    /// The node above.
    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        match self.role(id) {
            Role::Root => None,
            Role::Item(parent, _) | Role::Key(parent, _) | Role::Value(parent, _) => Some(parent),
        }
    }

    /// The last node within a node: all between the two are within it as well.
    pub(super) fn last_within(&self, mut id: NodeId) -> NodeId {
        while let Some((_, value)) = self.count(id).checked_sub(1).and_then(|last| self.entry(id, last)) {
            id = value;
        }
        id
    }

    pub(super) fn count(&self, id: NodeId) -> usize {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Sequence { items, .. }) => items.len(),
            Some(NodeKind::Mapping { pairs, .. }) => pairs.len(),
            _ => 0,
        }
    }

    pub(super) fn entry(&self, id: NodeId, at: usize) -> Option<Entry> {
        match &self.node(id)?.kind {
            NodeKind::Sequence { items, .. } => items.get(at).map(|item| (None, *item)),
            NodeKind::Mapping { pairs, .. } => pairs.get(at).map(|(key, value)| (Some(*key), *value)),
            _ => None,
        }
    }

    fn first_within(&self, id: NodeId) -> Option<&Node> {
        let (key, value) = self.entry(id, 0)?;
        self.node(key.unwrap_or(value))
    }

    /// Whether a collection is written with brackets of its own; `a: b` in `[a: b]` is not.
    pub(super) fn has_brackets(&self, id: NodeId) -> bool {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::Sequence { flow, .. }) => *flow,
            Some(NodeKind::Mapping { flow: true, .. }) => {
                let content = self.parts(id).content;
                let first = self.first_within(id).map(|node| node.span.start.byte);
                self.byte(content) == Some(b'{') && first != Some(content)
            }
            _ => false,
        }
    }

    pub(super) fn is_block(&self, id: NodeId) -> bool {
        let kind = self.node(id).map(|node| &node.kind);
        matches!(kind, Some(NodeKind::Sequence { flow: false, .. } | NodeKind::Mapping { flow: false, .. }))
    }

    /// The style of a scalar behind `|` or `>`.
    pub(super) fn is_block_scalar(&self, id: NodeId) -> bool {
        let kind = self.node(id).map(|node| &node.kind);
        matches!(kind, Some(NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. }))
    }

    /// Whether nothing is written of a node, not even an anchor.
    pub(super) fn is_unwritten(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| {
            matches!(node.kind, NodeKind::Scalar { .. }) && node.span.start.byte == node.span.end.byte
        })
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn from(&self, at: usize) -> &'s str {
        self.text.get(at..).unwrap_or_default()
    }

    pub(super) fn between(&self, from: usize, to: usize) -> &'s str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(super) fn parts(&self, id: NodeId) -> Parts {
        let Some(node) = self.node(id) else { return Parts { properties: None, tagged: false, content: 0 } };
        let start = node.span.start.byte;
        // What stands at the beginning of a first key belongs to the key.
        let limit = self.first_within(id).map_or(node.span.end.byte, |first| first.span.start.byte);
        let mut parts = Parts { properties: None, tagged: false, content: start };
        while parts.content < limit {
            let length = match self.byte(parts.content) {
                Some(b'&') => {
                    let name =
                        |char: char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '&'));
                    self.from(parts.content).find(name)
                }
                Some(b'!') => {
                    parts.tagged = true;
                    self.from(parts.content).find(|char: char| matches!(char, ' ' | '\t') || is_break(char))
                }
                _ => break,
            };
            let end = length.map_or(self.text.len(), |length| parts.content + length).min(limit);
            parts.properties = Some(end);
            parts.content = self.skip_blanks(end).min(limit);
        }
        parts
    }

    /// Moves over blanks, line breaks and comments.
    pub(super) fn skip_blanks(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let rest = self.from(at);
            let text = rest.trim_start_matches(|char| matches!(char, ' ' | '\t') || is_break(char));
            at += rest.len() - text.len();
            if !text.starts_with('#') {
                return at;
            }
            at = self.line_end(at);
        }
    }

    /// Where the line of a byte ends, before its break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.from(at).find(is_break).map_or(self.text.len(), |length| at + length)
    }

    /// Where the next line begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        end + self.break_at(end).len()
    }

    /// The line break at a place.
    pub(super) fn break_at(&self, at: usize) -> &'s str {
        let rest = self.from(at);
        let length = match rest.chars().next() {
            Some('\r') if rest.starts_with("\r\n") => 2,
            Some(char) if is_break(char) => char.len_utf8(),
            _ => 0,
        };
        self.between(at, at + length)
    }

    /// Where the line begins on which only blanks stand before this place.
    pub(super) fn own_line(&self, at: usize) -> Option<usize> {
        let start = self.between(0, at).trim_end_matches(' ').len();
        self.is_line_start(start).then_some(start)
    }

    /// A mark at the beginning of the text comes before the first line.
    pub(super) fn is_line_start(&self, at: usize) -> bool {
        let before = self.between(0, at);
        before.is_empty() || before == "\u{feff}" || before.ends_with(is_break)
    }

    /// How many characters stand before this place on its line.
    pub(super) fn column(&self, at: usize) -> usize {
        let line = self.between(0, at).rsplit(is_break).next().unwrap_or_default();
        line.chars().filter(|char| *char != '\u{feff}').count()
    }

    /// The line break that the text uses.
    pub(super) fn usual_break(&self) -> &'s str {
        let at = self.line_end(0);
        match self.break_at(at) {
            line_break @ ("\n" | "\r\n" | "\r") => line_break,
            _ => "\n",
        }
    }

    /// Behind the last byte that a node has written, without the blank lines and comments that follow.
    pub(super) fn end(&self, mut id: NodeId) -> usize {
        loop {
            let Some(node) = self.node(id) else { return 0 };
            let end = node.span.end.byte;
            let open = match node.kind {
                NodeKind::Scalar { .. } if self.is_block_scalar(id) => {
                    let written = self.between(node.span.start.byte, end);
                    return node.span.start.byte
                        + written.trim_end_matches(|char| char == ' ' || is_break(char)).len();
                }
                NodeKind::Scalar { .. } | NodeKind::Alias { .. } => false,
                NodeKind::Sequence { .. } | NodeKind::Mapping { .. } => !self.has_brackets(id),
            };
            if !open {
                return end;
            }
            match self.count(id).checked_sub(1).and_then(|last| self.entry(id, last)) {
                None => return end,
                Some((Some(key), value)) if self.is_unwritten(value) => {
                    let end = self.end(key);
                    return self.colon_behind(end).map_or(end, |colon| colon + 1);
                }
                Some((_, value)) => id = value,
            }
        }
    }

    /// Behind the last byte of an entry.
    pub(super) fn entry_end(&self, entry: Entry) -> usize {
        match entry {
            (Some(key), value) if self.is_unwritten(value) => {
                let end = self.end(key);
                self.colon_behind(end).map_or(end, |colon| colon + 1)
            }
            (_, value) => self.end(value),
        }
    }

    /// Where an entry begins, its `-` or `?` included.
    pub(super) fn entry_start(&self, collection: NodeId, at: usize) -> usize {
        let brackets = self.has_brackets(collection);
        let Some(before) = at.checked_sub(1).and_then(|before| self.entry(collection, before)) else {
            let content = self.parts(collection).content;
            return if brackets { self.skip_blanks(content + 1) } else { content };
        };
        let from = self.skip_blanks(self.entry_end(before));
        if brackets && self.byte(from) == Some(b',') { self.skip_blanks(from + 1) } else { from }
    }

    /// The colon of a key that ends here.
    pub(super) fn colon_behind(&self, end: usize) -> Option<usize> {
        let at = self.skip_blanks(end);
        (self.byte(at) == Some(b':')).then_some(at)
    }
}
