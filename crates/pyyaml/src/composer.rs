//! Events to a tree, node by node as they come, so that the first error of any kind is the one reported. Open
//! collections wait on a stack of their own; nothing recurses.

use crate::error::{Error, ErrorClass};
use crate::event::{Event, EventKind, Properties};
use crate::limits::Limits;
use crate::mark::{Mark, Span};
use crate::node::{Document, Node, NodeId, NodeKind};
use crate::parser::Parser;
use crate::{repr, resolver};
use std::borrow::Cow;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, Error>;

/// A collection whose end has not been seen.
enum Open {
    Sequence { id: NodeId, flow: bool, items: Vec<NodeId> },
    Mapping { id: NodeId, flow: bool, pairs: Vec<(NodeId, NodeId)>, key: Option<NodeId> },
}

struct Composer<'a> {
    limits: Limits,
    document: Document,
    open: Vec<Open>,
    anchors: HashMap<Cow<'a, str>, (NodeId, Mark)>,
    aliases: usize,
}

pub(crate) fn compose(text: &str, limits: Limits) -> Result<Document> {
    let mut parser = Parser::with_comments(text);
    let mut composer = Composer {
        limits,
        document: Document::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
        aliases: 0,
    };
    while let Some(event) = parser.next()? {
        composer.add(event)?;
    }
    composer.document.comments = parser.take_comments();
    Ok(composer.document)
}

impl<'a> Composer<'a> {
    fn add(&mut self, event: Event<'a>) -> Result<()> {
        let span = event.span;
        match event.kind {
            EventKind::StreamStart | EventKind::StreamEnd | EventKind::DocumentEnd { .. } => {}
            EventKind::DocumentStart { .. } => {
                if let Some(root) = self.document.root() {
                    return Err(Error::new(ErrorClass::Composer, "but found another document")
                        .at(span.start)
                        .context_at("expected a single document in the stream", root.span().start));
                }
            }
            EventKind::Alias { anchor } => self.alias(&anchor, span)?,
            EventKind::Scalar { properties, value, style, implicit } => {
                let tag = tag(&properties).unwrap_or_else(|| resolver::scalar(&value, implicit.0).into());
                let kind = NodeKind::Scalar { value: value.into_owned(), style };
                let id = self.node(kind, tag, properties, span)?;
                self.place(id);
            }
            EventKind::SequenceStart { properties, flow, .. } => {
                let tag = tag(&properties).unwrap_or(Cow::Borrowed(resolver::SEQUENCE));
                let kind = NodeKind::Sequence { items: Vec::new(), flow };
                let id = self.node(kind, tag, properties, span)?;
                self.open.push(Open::Sequence { id, flow, items: Vec::new() });
            }
            EventKind::MappingStart { properties, flow, .. } => {
                let tag = tag(&properties).unwrap_or(Cow::Borrowed(resolver::MAPPING));
                let kind = NodeKind::Mapping { pairs: Vec::new(), flow };
                let id = self.node(kind, tag, properties, span)?;
                self.open.push(Open::Mapping { id, flow, pairs: Vec::new(), key: None });
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(span.end),
        }
        Ok(())
    }

    fn alias(&mut self, name: &str, span: Span) -> Result<()> {
        let Some((target, _)) = self.anchors.get(name) else {
            let problem = format!("found undefined alias {}", repr::string(name));
            return Err(Error::new(ErrorClass::Composer, problem).at(span.start));
        };
        let target = *target;
        self.aliases += 1;
        if self.aliases > self.limits.aliases {
            let problem = format!("more than {} aliases", self.limits.aliases);
            return Err(Error::new(ErrorClass::Limit, problem).at(span.start));
        }
        let anchor = Some(name.into());
        let id =
            self.push(Node { kind: NodeKind::Alias { target }, tag: Cow::Borrowed(""), anchor, span })?;
        self.place(id);
        Ok(())
    }

    /// A new node that is no alias; its anchor is known from now on, also to what it contains.
    fn node(
        &mut self,
        kind: NodeKind,
        tag: Cow<'static, str>,
        properties: Properties<'a>,
        span: Span,
    ) -> Result<NodeId> {
        if self.open.len() >= self.limits.depth {
            let problem = format!("nested deeper than {} levels", self.limits.depth);
            return Err(Error::new(ErrorClass::Recursion, problem).at(span.start));
        }
        let anchor = properties.anchor.as_deref().map(Into::into);
        let id = self.push(Node { kind, tag, anchor, span })?;
        if let Some(name) = properties.anchor {
            if let Some((_, first)) = self.anchors.get(&name) {
                let context = format!("found duplicate anchor {}; first occurrence", repr::string(&name));
                let error = Error::new(ErrorClass::Composer, "second occurrence").at(span.start);
                return Err(error.context_at(context, *first));
            }
            self.anchors.insert(name, (id, span.start));
        }
        Ok(id)
    }

    fn push(&mut self, node: Node) -> Result<NodeId> {
        let Ok(id) = u32::try_from(self.document.nodes.len()) else {
            return Err(Error::new(ErrorClass::Limit, "too many nodes").at(node.span.start));
        };
        self.document.nodes.push(node);
        Ok(NodeId(id))
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, id: NodeId) {
        match self.open.last_mut() {
            None => self.document.root = Some(id),
            Some(Open::Sequence { items, .. }) => items.push(id),
            Some(Open::Mapping { pairs, key, .. }) => match key.take() {
                None => *key = Some(id),
                Some(key) => pairs.push((key, id)),
            },
        }
    }

    fn close(&mut self, end: Mark) {
        let (id, kind) = match self.open.pop() {
            None => return,
            Some(Open::Sequence { id, flow, items }) => (id, NodeKind::Sequence { items, flow }),
            Some(Open::Mapping { id, flow, pairs, .. }) => (id, NodeKind::Mapping { pairs, flow }),
        };
        if let Some(node) = self.document.nodes.get_mut(id.index()) {
            node.kind = kind;
            node.span.end = end;
        }
        self.place(id);
    }
}

/// The explicit tag, unless it is `!`, which asks for the same as none.
fn tag(properties: &Properties<'_>) -> Option<Cow<'static, str>> {
    properties.tag.as_deref().filter(|tag| *tag != "!").map(resolver::known_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Error {
        compose(text, Limits::default()).unwrap_err()
    }

    #[test]
    fn an_alias_points_at_its_node_even_from_within() {
        let document = compose("&a [x, *a]", Limits::default()).unwrap();
        let root = document.root().unwrap();
        let alias = root.items().last().unwrap();
        assert_eq!(
            (alias.resolved().id(), alias.span().bytes(), alias.anchor()),
            (root.id(), 7..9, Some("a"))
        );
    }

    #[test]
    fn the_first_error_is_the_one_reported() {
        assert_eq!(error("- *a\n- '").problem(), "found undefined alias 'a'");
        let twice = error("[&a x, &a y]");
        assert_eq!(twice.context(), Some("found duplicate anchor 'a'; first occurrence"));
        assert_eq!((twice.context_mark().unwrap().column, twice.mark().unwrap().column), (1, 7));
        assert_eq!(error("a\n--- b").problem(), "but found another document");
        assert_eq!(error("a\n--- '").problem(), "but found another document");
    }
}
