//! The tree of a document: nodes with tag, anchor, style and span, kept in one list and named by index, so that an
//! alias can point at a node above itself. [`NodeRef`] walks it without the list in hand.

use crate::comment::Comment;
use crate::construct;
use crate::error::Error;
use crate::event::ScalarStyle;
use crate::limits::Limits;
use crate::mark::{Mark, Span};
use crate::text::Text;
use crate::value::Value;
use std::borrow::Cow;

/// The place of a node in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The index in [`Document::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A composed document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: Option<NodeId>,
    pub(crate) comments: Vec<Comment>,
}

impl Document {
    /// The root; `None` for a text without a document, which loads as null.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.root.and_then(|id| self.node(id))
    }

    /// All nodes in the order in which they begin; aliases are nodes of their own.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The value of the document, as `yaml.load` gives it.
    pub fn value(&self) -> Result<Value, Error> {
        self.value_within(Limits::default())
    }

    pub(crate) fn value_within(&self, limits: Limits) -> Result<Value, Error> {
        let Some(root) = self.root else { return Ok(Value::Null) };
        construct::construct(self, root, limits, construct::Values).map(|(value, _)| value)
    }

    pub(crate) fn map_marks(&mut self, mut map: impl FnMut(&mut Mark)) {
        for node in &mut self.nodes {
            map(&mut node.span.start);
            map(&mut node.span.end);
        }
        self.comments.iter_mut().flat_map(Comment::marks).for_each(map);
    }

    /// The node of this id; `None` when the id comes from another document.
    pub fn node(&self, id: NodeId) -> Option<NodeRef<'_>> {
        self.nodes.get(id.index()).map(|node| NodeRef { document: self, node, id })
    }
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The resolved tag, as `tag:yaml.org,2002:str`; empty for an alias.
    pub tag: Cow<'static, str>,
    /// The name behind `&`, for an alias that behind `*`.
    pub anchor: Option<Box<str>>,
    /// Where it stands, properties (`&a !t`) included.
    pub span: Span,
}

/// The content of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar.
    Scalar {
        /// Its text, unescaped and with its lines folded.
        value: Text<'static>,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A sequence.
    Sequence {
        /// Its items in order.
        items: Vec<NodeId>,
        /// Whether it is written with brackets.
        flow: bool,
    },
    /// A mapping.
    Mapping {
        /// Its keys and values in order, equal keys included.
        pairs: Vec<(NodeId, NodeId)>,
        /// Whether it is written with braces.
        flow: bool,
    },
    /// `*name`, standing for the node `target`.
    Alias {
        /// The anchored node; never an alias itself.
        target: NodeId,
    },
}

/// A node together with its document.
#[derive(Debug, Clone, Copy)]
pub struct NodeRef<'d> {
    pub(crate) document: &'d Document,
    node: &'d Node,
    id: NodeId,
}

impl<'d> NodeRef<'d> {
    /// Its id.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The node itself.
    pub fn node(self) -> &'d Node {
        self.node
    }

    /// What it is.
    pub fn kind(self) -> &'d NodeKind {
        &self.node.kind
    }

    /// The resolved tag.
    pub fn tag(self) -> &'d str {
        &self.node.tag
    }

    /// The anchor.
    pub fn anchor(self) -> Option<&'d str> {
        self.node.anchor.as_deref()
    }

    /// Where it stands.
    pub fn span(self) -> Span {
        self.node.span
    }

    /// The node that an alias stands for, any other node itself.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self.node.kind {
            NodeKind::Alias { target } => self.document.node(target).unwrap_or(self),
            _ => self,
        }
    }

    /// Its value, as `yaml.load` would give it if it were the whole document. Takes time with the size of the document.
    pub fn value(self) -> Result<Value, Error> {
        construct::construct(self.document, self.id, Limits::default(), construct::Values)
            .map(|(value, _)| value)
    }

    /// The text of a scalar (or of the scalar that an alias stands for), with U+FFFD for lone surrogates.
    pub fn as_str(self) -> Option<&'d str> {
        match self.resolved().kind() {
            NodeKind::Scalar { value, .. } => Some(value.as_str()),
            _ => None,
        }
    }

    /// The items of a sequence; none for any other node.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> + Clone {
        let Self { document, .. } = self;
        let items: &'d [NodeId] = match self.resolved().kind() {
            NodeKind::Sequence { items, .. } => items,
            _ => &[],
        };
        items.iter().map(move |id| document.node(*id).unwrap_or(self))
    }

    /// The keys and values of a mapping; none for any other node.
    pub fn pairs(self) -> impl ExactSizeIterator<Item = (Self, Self)> + Clone {
        let Self { document, .. } = self;
        let pairs: &'d [(NodeId, NodeId)] = match self.resolved().kind() {
            NodeKind::Mapping { pairs, .. } => pairs,
            _ => &[],
        };
        let node = move |id| document.node(id).unwrap_or(self);
        pairs.iter().map(move |(key, value)| (node(*key), node(*value)))
    }

    /// The value of the last key whose text is `key`: the one that counts when a mapping has it twice.
    pub fn get(self, key: &str) -> Option<Self> {
        self.pairs().filter(|(node, _)| node.as_str() == Some(key)).last().map(|(_, value)| value)
    }
}
