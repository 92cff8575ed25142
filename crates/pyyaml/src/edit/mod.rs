//! Editing in place: values replaced, entries added and removed in a text whose comments, line ends and layout stay.
//! What comes out is read back and compared with what was asked for, and refused if anything else changed.

mod error;
mod expect;
mod layout;
mod splice;
mod write;

pub use error::EditError;
pub use splice::Splice;
pub use write::{to_flow, to_flow_like};

use crate::error::{Error, ErrorClass};
use crate::event::ScalarStyle;
use crate::mark::Mark;
use crate::node::{Document, NodeId, NodeKind};
use crate::resolver;
use crate::text::Text;
use crate::utf16;
use crate::value::Value;
use expect::{Expected, Fresh};
use layout::{Layout, Role};
use std::collections::{HashMap, HashSet};

type Result<T> = std::result::Result<T, EditError>;

/// Edits of one text, collected and then made together by [`finish`](Self::finish).
///
/// Nodes are named by their [`NodeId`] in [`document`](Self::document), which stays as it was read. New values are given
/// as text: one value as YAML writes it, on one line or in brackets; [`to_flow`] makes it of a [`Value`]. Each edit gives
/// its number, by which [`Splice::edit`] tells whose a splice is.
///
/// ```
/// use pyyaml::Edit;
///
/// let source = b"# paging\nnum_events: 50  # too many\nfilter:\n- term: a\nold: 1\n";
/// let mut edit = Edit::new(source)?;
/// let root = edit.root()?;
/// edit.put(root, "num_events", "10")?;
/// edit.put(root, "realert", "{minutes: 5}")?;
/// edit.remove(root, "old")?;
/// let edited = edit.finish()?;
/// assert_eq!(edited.source, b"# paging\nnum_events: 10  # too many\nfilter:\n- term: a\nrealert: {minutes: 5}\n");
/// # Ok::<(), pyyaml::EditError>(())
/// ```
#[derive(Debug)]
pub struct Edit<'s> {
    layout: Layout<'s>,
    // For each node that aliases stand for, the last of them.
    aliases: HashMap<NodeId, NodeId>,
    shared: bool,
    expected: Expected,
    names: HashMap<NodeId, Names>,
    sets: Vec<(NodeId, usize)>,
    removals: Vec<(NodeId, usize, usize)>,
    roots: Vec<usize>,
    count: usize,
}

/// The keys of a mapping, looked at once however many edits there are.
#[derive(Debug, Default)]
struct Names {
    /// The places of each key, in order.
    entries: HashMap<String, Vec<usize>>,
    added: HashSet<String>,
}

/// An edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub source: Vec<u8>,
    /// What it reads as.
    pub document: Document,
    /// What was spliced into the text that it was made of, in order and without overlap.
    pub splices: Vec<Splice>,
}

impl<'s> Edit<'s> {
    /// Reads a text that is to be edited.
    pub fn new(source: &'s [u8]) -> Result<Self> {
        if utf16::is_marked(source) {
            return Err(EditError::Utf16);
        }
        let document = crate::parse(source).map_err(EditError::Source)?;
        // Only UTF-8 can be read.
        let text = std::str::from_utf8(source)
            .map_err(|error| EditError::Source(Error::new(ErrorClass::Reader, error.to_string())))?;
        let mut aliases = HashMap::new();
        for (at, node) in (0_u32..).zip(document.nodes()) {
            if let NodeKind::Alias { target } = node.kind {
                aliases.insert(target, NodeId(at));
            }
        }
        Ok(Self {
            layout: Layout::new(text, document),
            aliases,
            shared: false,
            expected: Expected::default(),
            names: HashMap::new(),
            sets: Vec::new(),
            removals: Vec::new(),
            roots: Vec::new(),
            count: 0,
        })
    }

    /// Allows edits of what aliases stand for: all of them change.
    #[must_use]
    pub fn with_aliases(mut self) -> Self {
        self.shared = true;
        self
    }

    /// The tree of the text as it was read.
    pub fn document(&self) -> &Document {
        &self.layout.document
    }

    /// The root, for a text that has one. A text without is edited by [`put_at_root`](Self::put_at_root).
    pub fn root(&self) -> Result<NodeId> {
        self.document().root.ok_or(EditError::Target("the text holds no value"))
    }

    /// Replaces a node by another value. An anchor stays, a tag goes.
    pub fn set(&mut self, node: NodeId, new: &str) -> Result<usize> {
        let Some(old) = self.layout.node(node) else {
            return Err(EditError::Target("the node is of another document"));
        };
        let start = old.span.start;
        if self.expected.replaced.contains_key(&node) || self.expected.patched.contains_key(&node) {
            return Err(EditError::Conflict(start));
        }
        let keeps_anchor = old.own_anchor().is_some();
        let fresh = fresh(new, self.layout.role(node) == Role::Root)?;
        self.check_shared(node)?;
        self.check_aliased(node, keeps_anchor)?;
        self.expected.replaced.insert(node, fresh);
        let edit = self.next();
        self.sets.push((node, edit));
        Ok(edit)
    }

    /// Replaces a node by a value. A string takes the quotes of the scalar that it replaces.
    pub fn set_value(&mut self, node: NodeId, new: &Value) -> Result<usize> {
        let style = match self.layout.node(node).map(|node| &node.kind) {
            Some(NodeKind::Scalar { style, .. }) => *style,
            _ => ScalarStyle::Plain,
        };
        self.set(node, &to_flow_like(new, style)?)
    }

    /// Makes a node mean a value with as few changes as can be: what means it already stays, and in mappings with the
    /// same keys only values change. Gives the numbers of the edits, none if there was nothing to do.
    pub fn update(&mut self, node: NodeId, new: &Value) -> Result<Vec<usize>> {
        let mut edits = Vec::new();
        self.update_within(node, new, &mut edits)?;
        Ok(edits)
    }

    fn update_within(&mut self, node: NodeId, new: &Value, edits: &mut Vec<usize>) -> Result<()> {
        if self.means(node, new) {
            return Ok(());
        }
        if let (Some(pairs), Value::Map(values)) = (self.plain_pairs(node), new)
            && pairs.len() == values.len()
            && pairs.iter().zip(values).all(|((key, _), (name, _))| self.means(*key, name))
        {
            let pairs = pairs.to_vec();
            for ((_, node), (_, value)) in pairs.into_iter().zip(values) {
                self.update_within(node, value, edits)?;
            }
            return Ok(());
        }
        edits.push(self.set_value(node, new)?);
        Ok(())
    }

    /// The keys and values of a mapping that loads as just these.
    fn plain_pairs(&self, node: NodeId) -> Option<&[(NodeId, NodeId)]> {
        let node = self.layout.node(node)?;
        let NodeKind::Mapping { pairs, .. } = &node.kind else { return None };
        (node.tag == resolver::MAPPING && !pairs.is_empty()).then_some(pairs)
    }

    /// Whether a node certainly loads as this value.
    fn means(&self, node: NodeId, value: &Value) -> bool {
        let Some(found) = self.layout.node(node) else { return false };
        match (&found.kind, value) {
            (NodeKind::Scalar { .. }, _) => {
                let alone =
                    Document { nodes: vec![found.clone()], root: Some(NodeId(0)), ..Document::default() };
                let loaded = alone.value();
                found.tag != resolver::MERGE && loaded.is_ok_and(|loaded| is_same(&loaded, value))
            }
            (NodeKind::Sequence { items, .. }, Value::List(values)) => {
                found.tag == resolver::SEQUENCE
                    && items.len() == values.len()
                    && items.iter().zip(values).all(|(item, value)| self.means(*item, value))
            }
            (NodeKind::Mapping { pairs, .. }, Value::Map(values)) => {
                // Values have each key once, so that pairs that mean them have, too.
                found.tag == resolver::MAPPING
                    && pairs.len() == values.len()
                    && pairs.iter().zip(values).all(|((key, node), (name, value))| {
                        self.means(*key, name) && self.means(*node, value)
                    })
            }
            _ => false,
        }
    }

    /// Adds a key at the end of a mapping that does not have it.
    pub fn insert(&mut self, mapping: NodeId, key: &str, new: &str) -> Result<usize> {
        if !matches!(self.layout.node(mapping).map(|node| &node.kind), Some(NodeKind::Mapping { .. })) {
            return self.insert_at_root(Some(mapping), key, new);
        }
        let names = self.names(mapping);
        if names.entries.contains_key(key) || names.added.contains(key) {
            return Err(EditError::Present(key.to_owned()));
        }
        self.check_growing(mapping)?;
        let (name, new) = (new_key(key)?, fresh(new, false)?);
        self.names(mapping).added.insert(key.to_owned());
        let edit = self.next();
        self.expected.patched.entry(mapping).or_default().added.push((Some(name), new, edit));
        Ok(edit)
    }

    fn insert_at_root(&mut self, root: Option<NodeId>, key: &str, new: &str) -> Result<usize> {
        let is_root = root == self.document().root;
        if !is_root || root.is_some_and(|root| !self.layout.is_unwritten(root)) {
            return Err(EditError::Target("a key can be added to a mapping only"));
        }
        let (name, new) = (new_key(key)?, fresh(new, false)?);
        if self.expected.root.iter().any(|(known, _)| known.text == name.text) {
            return Err(EditError::Present(key.to_owned()));
        }
        let edit = self.next();
        self.expected.root.push((name, new));
        self.roots.push(edit);
        Ok(edit)
    }

    /// Sets a key of a mapping, or adds it. Of equal keys the last is set, which is the one that counts.
    pub fn put(&mut self, mapping: NodeId, key: &str, new: &str) -> Result<usize> {
        match self.find(mapping, key) {
            Some(value) => self.set(value, new),
            None => self.insert(mapping, key, new),
        }
    }

    /// [`put`](Self::put) at the top of the text, also of one that is empty or holds nothing but comments.
    pub fn put_at_root(&mut self, key: &str, new: &str) -> Result<usize> {
        match self.document().root {
            Some(root) => self.put(root, key, new),
            None => self.insert_at_root(None, key, new),
        }
    }

    /// Removes a key from a mapping, with its value and its lines; of equal keys all. A mapping without any keys left
    /// becomes `{}`.
    pub fn remove(&mut self, mapping: NodeId, key: &str) -> Result<usize> {
        let Some(found) = self.names(mapping).entries.get(key).cloned() else {
            return Err(EditError::Missing(key.to_owned()));
        };
        self.remove_all(mapping, &found)
    }

    /// Removes an entry of a collection by its place: a pair of a mapping or an item of a sequence, which becomes `[]`
    /// when none is left.
    pub fn remove_entry(&mut self, collection: NodeId, at: usize) -> Result<usize> {
        if self.layout.entry(collection, at).is_none() {
            return Err(EditError::Target("there is no such entry"));
        }
        self.remove_all(collection, &[at])
    }

    fn remove_all(&mut self, collection: NodeId, entries: &[usize]) -> Result<usize> {
        self.check_growing(collection)?;
        for at in entries {
            let Some((key, value)) = self.layout.entry(collection, *at) else { continue };
            for node in key.into_iter().chain([value]) {
                self.check_aliased(node, false)?;
            }
        }
        let edit = self.count;
        let patch = self.expected.patched.entry(collection).or_default();
        for at in entries {
            if !patch.removed.insert(*at) {
                let mark = self.layout.node(collection).map_or(Mark::default(), |node| node.span.start);
                return Err(EditError::Conflict(mark));
            }
            self.removals.push((collection, *at, edit));
        }
        Ok(self.next())
    }

    /// Adds an item at the end of a sequence.
    pub fn push(&mut self, sequence: NodeId, new: &str) -> Result<usize> {
        if !matches!(self.layout.node(sequence).map(|node| &node.kind), Some(NodeKind::Sequence { .. })) {
            return Err(EditError::Target("an item can be added to a sequence only"));
        }
        self.check_growing(sequence)?;
        let new = fresh(new, false)?;
        let edit = self.next();
        self.expected.patched.entry(sequence).or_default().added.push((None, new, edit));
        Ok(edit)
    }

    /// Makes all edits together, reads the result back, and refuses it unless it is exactly what was asked for.
    pub fn finish(mut self) -> Result<Edited> {
        for (id, patch) in &mut self.expected.patched {
            let bare = !self.layout.has_brackets(*id);
            patch.emptied = bare && patch.added.is_empty() && patch.removed.len() == self.layout.count(*id);
        }
        let splices = splice::splices(&self.layout, &self.expected, &self.sets, &self.removals, &self.roots)?;
        let source = Splice::apply(self.layout.text.as_bytes(), &splices);
        let document = crate::parse(&source).map_err(EditError::Unreadable)?;
        expect::prove(&self.layout.document, &self.expected, &document)?;
        expect::prove_comments(&self.layout, &splices, &source, &document)?;
        Ok(Edited { source, document, splices })
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    fn names(&mut self, mapping: NodeId) -> &mut Names {
        let document = &self.layout.document;
        self.names.entry(mapping).or_insert_with(|| {
            let mut names = Names::default();
            let node = document.node(mapping).filter(|node| matches!(node.kind(), NodeKind::Mapping { .. }));
            for (at, (key, _)) in node.into_iter().flat_map(crate::NodeRef::pairs).enumerate() {
                if let Some(name) = key.as_str() {
                    names.entries.entry(name.to_owned()).or_default().push(at);
                }
            }
            names
        })
    }

    /// The value of the last key of that text.
    fn find(&mut self, mapping: NodeId, key: &str) -> Option<NodeId> {
        let last = *self.names(mapping).entries.get(key)?.last()?;
        self.layout.entry(mapping, last).map(|(_, value)| value)
    }

    fn check_growing(&self, collection: NodeId) -> Result<()> {
        let Some(node) = self.layout.node(collection) else {
            return Err(EditError::Target("the node is of another document"));
        };
        if self.expected.replaced.contains_key(&collection) {
            return Err(EditError::Conflict(node.span.start));
        }
        let flow = !self.layout.is_block(collection);
        if flow && !self.layout.has_brackets(collection) {
            return Err(EditError::Target("a pair in brackets is no mapping that could grow or shrink"));
        }
        self.check_shared(collection)
    }

    /// Refuses when a node, or one around it, has aliases elsewhere.
    fn check_shared(&self, node: NodeId) -> Result<()> {
        let mut around = if self.shared || self.aliases.is_empty() { None } else { Some(node) };
        while let Some(id) = around {
            if self.aliases.get(&id).is_some_and(|last| *last > self.layout.last_within(id)) {
                let (anchor, mark) = self.anchor(id);
                return Err(EditError::Shared { anchor, mark });
            }
            around = self.layout.parent(id);
        }
        Ok(())
    }

    /// Refuses when something within a node is needed by an alias outside of it.
    fn check_aliased(&self, node: NodeId, keeps_anchor: bool) -> Result<()> {
        if self.aliases.is_empty() {
            return Ok(());
        }
        let last = self.layout.last_within(node);
        let first = if keeps_anchor { node.0.saturating_add(1) } else { node.0 };
        for id in (first..=last.0).map(NodeId) {
            if self.aliases.get(&id).is_some_and(|alias| *alias > last) {
                let (anchor, mark) = self.anchor(id);
                return Err(EditError::Aliased { anchor, mark });
            }
        }
        Ok(())
    }

    fn anchor(&self, id: NodeId) -> (String, Mark) {
        let node = self.layout.node(id);
        let anchor = node.and_then(|node| node.anchor.as_deref()).unwrap_or_default();
        (anchor.to_owned(), node.map_or(Mark::default(), |node| node.span.start))
    }
}

fn new_key(key: &str) -> Result<Fresh> {
    fresh(&to_flow(&Value::String(Text::from(key.to_owned())))?, false)
}

/// A text that is one value and nothing else.
fn fresh(new: &str, at_root: bool) -> Result<Fresh> {
    let text = new.trim_matches([' ', '\n', '\r']);
    let refuse = |why: &str| Err(EditError::Value(why.to_owned()));
    let document = crate::parse(text.as_bytes()).map_err(|error| EditError::Value(error.to_string()))?;
    let Some(root) = document.root else { return refuse("nothing is written; null is `null`") };
    let layout = Layout::new(text, document);
    let start = layout.node(root).map_or(0, |node| node.span.start.byte);
    if start != 0 || layout.end(root) != text.len() {
        return refuse("something else stands beside it");
    }
    if !at_root && (layout.is_block(root) || layout.is_block_scalar(root)) {
        return refuse("it has to be written in brackets or on one line");
    }
    Ok(Fresh { text: text.to_owned(), document: layout.document })
}

/// Whether two values are one and the same; every NaN is.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        }
        _ => one == other,
    }
}
