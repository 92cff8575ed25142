//! The place in the text of a value that does not fit: it is loaded once more, now with its nodes, and the steps are
//! followed. Only an error costs this.

use super::Step;
use crate::construct;
use crate::limits::Limits;
use crate::located::{Content, Located, Places};
use crate::mark::Mark;
use crate::node::Document;

/// Where the steps lead, which are in the order from the inside.
pub(super) fn find(document: &Document, limits: Limits, steps: &[Step]) -> Option<Mark> {
    let root = document.root()?;
    let (root, _) = construct::construct(document, root.id(), limits, Places).ok()?;
    let mut steps = steps.iter().rev();
    let mut at = &root;
    while let Some(step) = steps.next() {
        at = match (&at.content, step) {
            (Content::List(items) | Content::Tuple(items) | Content::Set(items), Step::Item(item)) => {
                items.get(*item)?
            }
            (Content::Map(entries), Step::Key(entry, _)) => &entries.get(*entry)?.key,
            (Content::Map(entries), Step::Under(entry, _)) => &entries.get(*entry)?.value,
            (Content::OrderedMap(pairs), Step::Item(pair)) => half(pairs.get(*pair)?, steps.next()),
            // One that is read as something else, as bytes are as a list.
            _ => break,
        };
    }
    Some(document.node(at.node)?.span().start)
}

/// The key of a pair, or its value when a step leads there.
fn half<'l>((key, value): &'l (Located, Located), step: Option<&Step>) -> &'l Located {
    if matches!(step, Some(Step::Item(1))) { value } else { key }
}
