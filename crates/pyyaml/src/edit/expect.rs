//! The proof of an edit: what the edited text reads as is compared, node by node, with the tree that it was made of and
//! the changes that were asked for. Nothing but the
//! comments is taken from the text itself.

use super::error::EditError;
use super::layout::Layout;
use super::splice::Splice;
use crate::mark::Mark;
use crate::node::{Document, Node, NodeId, NodeKind};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// What is to become of the nodes of a document.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// Nodes that another tree replaces.
    pub(super) replaced: HashMap<NodeId, Fresh>,
    /// Collections that lose or gain entries.
    pub(super) patched: HashMap<NodeId, Patch>,
    /// The entries of a mapping that becomes the root of a text that had none.
    pub(super) root: Vec<(Fresh, Fresh)>,
}

/// A new value.
#[derive(Debug, Clone)]
pub(super) struct Fresh {
    pub(super) text: String,
    pub(super) document: Document,
}

/// What becomes of a collection.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// Entries that go.
    pub(super) removed: HashSet<usize>,
    /// Entries that come at the end, with the number of their request.
    pub(super) added: Vec<(Option<Fresh>, Fresh, usize)>,
    /// Whether nothing is left of it but a pair of brackets.
    pub(super) emptied: bool,
}

/// A node that is expected: which document it is of, and which node of that.
#[derive(Clone, Copy)]
struct Side<'e> {
    document: &'e Document,
    id: NodeId,
    /// Nodes of the edited document are subject to the changes.
    original: bool,
    /// The anchor that a new value takes over.
    anchor: Option<&'e str>,
}

struct Proof<'e> {
    expected: &'e Expected,
    original: &'e Document,
    actual: &'e Document,
    /// Which node each anchored one became.
    became: HashMap<(*const Document, NodeId), NodeId>,
    open: Vec<(Side<'e>, NodeId)>,
}

/// Whether `actual` is exactly what `original` has to become.
pub(super) fn prove(original: &Document, expected: &Expected, actual: &Document) -> Result<(), EditError> {
    let mut proof = Proof { expected, original, actual, became: HashMap::new(), open: Vec::new() };
    let found = actual.root;
    if expected.root.is_empty() {
        match (original.root, found) {
            (None, None) => {}
            (Some(id), Some(found)) => proof.expect(proof.original(id), found),
            _ => return Err(EditError::Changed { what: "the document", mark: Mark::default() }),
        }
    } else {
        let Some((Node { kind: NodeKind::Mapping { pairs, flow: false }, .. }, ..)) =
            found.and_then(|id| actual.nodes.get(id.index())).map(|node| (node,))
        else {
            return Err(EditError::Changed { what: "the root", mark: Mark::default() });
        };
        if pairs.len() != expected.root.len() {
            return Err(EditError::Changed { what: "the keys of the root", mark: Mark::default() });
        }
        for ((key, value), (found_key, found_value)) in expected.root.iter().zip(pairs) {
            proof.expect_fresh(key, *found_key);
            proof.expect_fresh(value, *found_value);
        }
    }
    while let Some((side, found)) = proof.open.pop() {
        proof.check(side, found)?;
    }
    Ok(())
}

/// Whether the comments outside of what went are all there, and no others but those of new values.
pub(super) fn prove_comments(
    layout: &Layout<'_>,
    splices: &[Splice],
    source: &[u8],
    actual: &Document,
) -> Result<(), EditError> {
    let mut came = Vec::with_capacity(splices.len());
    let (mut read, mut written) = (0, 0);
    for splice in splices {
        written += splice.range.start - read;
        came.push(written..written + splice.text.len());
        written += splice.text.len();
        read = splice.range.end;
    }
    let went: Vec<_> = splices.iter().map(|splice| splice.range.clone()).collect();
    let before = outside(layout.text.as_bytes(), &layout.document, &went).map(|(text, _)| text);
    let after = outside(source, actual, &came);
    let mut before = before.fuse();
    for (text, mark) in after {
        if before.next() != Some(text) {
            return Err(EditError::Changed { what: "a comment", mark });
        }
    }
    match before.next() {
        None => Ok(()),
        Some(_) => Err(EditError::Changed { what: "the last comment", mark: Mark::default() }),
    }
}

/// The comments that do not begin in one of the ranges, which are in order.
fn outside<'t>(
    source: &'t [u8],
    document: &'t Document,
    ranges: &'t [Range<usize>],
) -> impl Iterator<Item = (&'t [u8], Mark)> {
    let mut at = 0;
    document.comments().iter().filter_map(move |comment| {
        let span = comment.span();
        while ranges.get(at).is_some_and(|range| range.end <= span.start.byte) {
            at += 1;
        }
        let within = ranges.get(at).is_some_and(|range| range.contains(&span.start.byte));
        let text = source.get(span.bytes()).unwrap_or_default();
        (!within).then_some((text, span.start))
    })
}

impl<'e> Proof<'e> {
    fn original(&self, id: NodeId) -> Side<'e> {
        Side { document: self.original, id, original: true, anchor: None }
    }

    fn expect(&mut self, side: Side<'e>, found: NodeId) {
        self.open.push((side, found));
    }

    fn expect_fresh(&mut self, fresh: &'e Fresh, found: NodeId) {
        if let Some(id) = fresh.document.root {
            self.expect(Side { document: &fresh.document, id, original: false, anchor: None }, found);
        }
    }

    fn check(&mut self, mut side: Side<'e>, found: NodeId) -> Result<(), EditError> {
        let Some(actual) = self.actual.nodes.get(found.index()) else { return Ok(()) };
        let changed = |what| Err(EditError::Changed { what, mark: actual.span.start });
        let Some(mut node) = side.document.nodes.get(side.id.index()) else { return changed("a node") };
        // An alias of what stood here stands for what came in its place.
        let key = (std::ptr::from_ref(side.document), side.id);
        if side.original
            && let Some(fresh) = self.expected.replaced.get(&side.id)
        {
            let Some(id) = fresh.document.root else { return changed("a new value") };
            side = Side { document: &fresh.document, id, original: false, anchor: node.own_anchor() };
            let Some(new) = fresh.document.nodes.get(id.index()) else { return changed("a new value") };
            node = new;
        }
        let anchor = side.anchor.or(node.anchor.as_deref());
        if actual.anchor.as_deref() != anchor {
            return changed("an anchor");
        }
        if actual.tag != node.tag {
            return changed("a tag, or the type of a value");
        }
        if anchor.is_some() {
            self.became.insert(key, found);
            self.became.insert((std::ptr::from_ref(side.document), side.id), found);
        }
        let patch = if side.original { self.expected.patched.get(&side.id) } else { None };
        let flows = |was: bool, is: bool| is == (was || patch.is_some_and(|patch| patch.emptied));
        match (&node.kind, &actual.kind) {
            (
                NodeKind::Scalar { value, style },
                NodeKind::Scalar { value: found_value, style: found_style },
            ) => {
                if value != found_value {
                    return changed("the text of a scalar");
                }
                if style != found_style {
                    return changed("the style of a scalar");
                }
            }
            (NodeKind::Alias { target }, NodeKind::Alias { target: found_target }) => {
                let expected = self.became.get(&(std::ptr::from_ref(side.document), *target));
                if expected != Some(found_target) {
                    return changed("what an alias stands for");
                }
            }
            (
                NodeKind::Sequence { items, flow },
                NodeKind::Sequence { items: found_items, flow: found_flow },
            ) if flows(*flow, *found_flow) => {
                let expected = items.iter().map(|id| (None, *id));
                let found = found_items.iter().map(|id| (None, *id));
                if !self.entries(side, expected, found, patch) {
                    return changed("the items of a sequence");
                }
            }
            (
                NodeKind::Mapping { pairs, flow },
                NodeKind::Mapping { pairs: found_pairs, flow: found_flow },
            ) if flows(*flow, *found_flow) => {
                let expected = pairs.iter().map(|(key, value)| (Some(*key), *value));
                let found = found_pairs.iter().map(|(key, value)| (Some(*key), *value));
                if !self.entries(side, expected, found, patch) {
                    return changed("the keys of a mapping");
                }
            }
            _ => return changed("the kind of a node"),
        }
        Ok(())
    }

    /// Whether there are as many entries as there have to be; what is in them is looked at next, in order.
    fn entries(
        &mut self,
        side: Side<'e>,
        expected: impl Iterator<Item = (Option<NodeId>, NodeId)>,
        found: impl DoubleEndedIterator<Item = (Option<NodeId>, NodeId)> + ExactSizeIterator,
        patch: Option<&'e Patch>,
    ) -> bool {
        let inner = |id| Side { id, anchor: None, ..side };
        let fresh = |fresh: &'e Fresh| {
            let id = fresh.document.root?;
            Some(Side { document: &fresh.document, id, original: false, anchor: None })
        };
        let mut sides: Vec<(Option<Side<'e>>, Option<Side<'e>>)> = expected
            .enumerate()
            .filter(|(at, _)| patch.is_none_or(|patch| !patch.removed.contains(at)))
            .map(|(_, (key, value))| (key.map(inner), Some(inner(value))))
            .collect();
        for (key, value, _) in patch.map_or(&[][..], |patch| &patch.added) {
            sides.push((key.as_ref().and_then(fresh), fresh(value)));
        }
        if sides.len() != found.len() {
            return false;
        }
        // The last first, so that the first is the next to be looked at.
        for ((key, value), (found_key, found_value)) in sides.into_iter().zip(found).rev() {
            self.open.extend(value.map(|value| (value, found_value)));
            self.open.extend(key.zip(found_key));
        }
        true
    }
}

impl Node {
    /// The anchor that it defines; an alias defines none.
    pub(super) fn own_anchor(&self) -> Option<&str> {
        if matches!(self.kind, NodeKind::Alias { .. }) { None } else { self.anchor.as_deref() }
    }
}
