//! The place in the text of a value that does not fit: the steps to it are walked through the tree.

use super::{Name, Step};
use crate::mark::Mark;
use crate::node::{Document, NodeKind, NodeRef};
use crate::resolver;
use crate::text::Text;

/// Keys that are looked at for one, since merges may lead through many mappings and through one again and again.
const MOST: usize = 1_000_000;

/// Where the steps lead, which are in the order from the inside; as far as the tree can be followed.
pub(super) fn find(document: &Document, steps: &[Step]) -> Option<Mark> {
    let mut node = document.root()?;
    for step in steps.iter().rev() {
        match next(node.resolved(), step) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    Some(node.span().start)
}

fn next<'d>(node: NodeRef<'d>, step: &Step) -> Option<NodeRef<'d>> {
    match (step, node.kind()) {
        (Step::Item(at), NodeKind::Sequence { .. }) => node.items().nth(*at),
        // A pair of `!!omap` or `!!pairs`.
        (Step::Item(at), NodeKind::Mapping { pairs, .. }) if pairs.len() == 1 => {
            let (key, value) = node.pairs().next()?;
            Some(if *at == 0 { key } else { value })
        }
        (Step::Key(Name::Text(name)), _) => entry(node, name, &mut MOST.clone()).map(|(key, _)| key),
        (Step::Under(Name::Text(name)), _) => entry(node, name, &mut MOST.clone()).map(|(_, value)| value),
        _ => None,
    }
}

/// The pair whose value counts: the last of equal keys, else one that is merged.
fn entry<'d>(node: NodeRef<'d>, name: &Text<'_>, left: &mut usize) -> Option<(NodeRef<'d>, NodeRef<'d>)> {
    *left = left.checked_sub(1 + node.pairs().len())?;
    let is_named = |(key, _): &(NodeRef<'d>, NodeRef<'d>)| {
        let key = key.resolved();
        let text = matches!(key.tag(), resolver::STRING | resolver::VALUE);
        text && matches!(key.kind(), NodeKind::Scalar { value, .. } if value == name)
    };
    if let Some(found) = node.pairs().filter(is_named).last() {
        return Some(found);
    }
    let merges: Vec<NodeRef<'d>> = node
        .pairs()
        .filter(|(key, _)| key.resolved().tag() == resolver::MERGE)
        .map(|(_, value)| value.resolved())
        .collect();
    merges.into_iter().rev().find_map(|merged| match merged.kind() {
        NodeKind::Mapping { .. } => entry(merged, name, left),
        _ => merged.items().find_map(|item| entry(item.resolved(), name, left)),
    })
}
