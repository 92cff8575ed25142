//! Merge keys. `<<` puts the pairs of other mappings before the mapping's own, so that the own ones win; Python does
//! so in the tree itself, and what an alias of the mapping sees later depends on it.

use super::{Constructor, DEEPEST, Pairs, Result, too_deep};
use crate::error::{Error, ErrorClass};
use crate::node::{NodeId, NodeKind};
use crate::resolver;
use std::collections::VecDeque;

/// A mapping whose origins are being made, or have been.
#[derive(Debug, Default)]
pub(super) struct Flat {
    done: Pairs,
    rest: VecDeque<(NodeId, NodeId)>,
    // For the first of `done`, the merge key of this mapping that brought each.
    origins: Vec<NodeId>,
}

impl Flat {
    /// The pairs as they are now.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &(NodeId, NodeId)> {
        self.done.iter().chain(&self.rest)
    }
}

impl Constructor<'_> {
    /// Makes the origins of a mapping. One that leads back to the mapping finds it without the key that led there, and
    /// makes the others.
    pub(super) fn flatten(&mut self, id: NodeId, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(too_deep(self.mark(id)));
        }
        if !self.flattened.contains_key(&id) {
            let Some(NodeKind::Mapping { pairs, .. }) = self.kind(id) else { return Ok(()) };
            let special = |(key, _): &(NodeId, NodeId)| {
                matches!(self.tag(self.target(*key)), resolver::MERGE | resolver::VALUE)
            };
            if !pairs.iter().any(special) {
                return Ok(());
            }
            let rest = pairs.iter().copied().collect();
            self.flattened.insert(id, Flat { rest, ..Flat::default() });
        }
        let mut merged = Pairs::new();
        let mut origins = Vec::new();
        while let Some((key, value)) = self.flattened.get_mut(&id).and_then(|flat| flat.rest.pop_front()) {
            let target = self.target(key);
            match self.tag(target) {
                resolver::MERGE => {
                    self.merge(id, self.target(value), &mut merged, depth)?;
                    origins.resize(merged.len(), key);
                    continue;
                }
                resolver::VALUE => _ = self.renamed.insert(target),
                _ => {}
            }
            if let Some(flat) = self.flattened.get_mut(&id) {
                flat.done.push((key, value));
            }
        }
        if let Some(flat) = self.flattened.get_mut(&id)
            && !merged.is_empty()
        {
            merged.append(&mut flat.done);
            flat.done = merged;
            origins.append(&mut flat.origins);
            flat.origins = origins;
        }
        Ok(())
    }

    pub(super) fn current_pairs(&self, id: NodeId) -> Pairs {
        match (self.flattened.get(&id), self.kind(id)) {
            (Some(flat), _) => flat.pairs().copied().collect(),
            (None, Some(NodeKind::Mapping { pairs, .. })) => pairs.clone(),
            _ => Pairs::new(),
        }
    }

    /// For the first of the pairs as they are now, the merge key that brought each; the others are the mapping's own.
    pub(super) fn origins(&self, id: NodeId) -> Vec<NodeId> {
        self.flattened.get(&id).map(|flat| flat.origins.clone()).unwrap_or_default()
    }

    fn merge(&mut self, id: NodeId, value: NodeId, merged: &mut Pairs, depth: usize) -> Result<()> {
        let refuse = |this: &Self, problem: String, at| {
            Err(this.refuse(problem, at).context_at("while constructing a mapping", this.mark(id)))
        };
        match self.kind(value) {
            Some(NodeKind::Mapping { .. }) => {
                self.flatten(value, depth + 1)?;
                self.count(value, id)?;
                merged.append(&mut self.current_pairs(value));
            }
            Some(NodeKind::Sequence { items, .. }) => {
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    let item = self.target(*item);
                    if !matches!(self.kind(item), Some(NodeKind::Mapping { .. })) {
                        let name = self.kind_name(item);
                        let problem = format!("expected a mapping for merging, but found {name}");
                        return refuse(self, problem, item);
                    }
                    self.flatten(item, depth + 1)?;
                    self.count(item, id)?;
                    parts.push(self.current_pairs(item));
                }
                merged.extend(parts.into_iter().rev().flatten());
            }
            _ => {
                let name = self.kind_name(value);
                let problem = format!("expected a mapping or list of mappings for merging, but found {name}");
                return refuse(self, problem, value);
            }
        }
        Ok(())
    }

    /// Merges repeat pairs, and origins of origins repeat them again; counts what that comes to.
    fn count(&mut self, from: NodeId, id: NodeId) -> Result<()> {
        let pairs = match (self.flattened.get(&from), self.kind(from)) {
            (Some(flat), _) => flat.done.len() + flat.rest.len(),
            (None, Some(NodeKind::Mapping { pairs, .. })) => pairs.len(),
            _ => 0,
        };
        self.merged = self.merged.saturating_add(pairs);
        if self.merged > self.limits.values {
            let problem = format!("merge keys repeat more than {} pairs", self.limits.values);
            return Err(Error::new(ErrorClass::Limit, problem).at(self.mark(id)));
        }
        Ok(())
    }
}
