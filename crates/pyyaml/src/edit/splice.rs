//! Edits to splices: which bytes go and what comes in their place, so that comments, line ends and everything else stay.

use super::error::EditError;
use super::expect::{Expected, Fresh, Patch};
use super::layout::{Layout, Role, is_break};
use crate::mark::Mark;
use crate::node::NodeId;
use std::ops::Range;

type Result<T> = std::result::Result<T, EditError>;

/// Bytes of a text and what comes in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go; none for an insertion.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
    /// The bytes of `text` that are the new value; `None` where something only goes.
    pub value: Option<Range<usize>>,
    /// Which edit asked for it, counted from 0 in the order of the calls. One edit may make several splices.
    pub edit: usize,
}

impl Splice {
    /// A text after its splices, which are in order and do not overlap.
    pub fn apply(source: &[u8], splices: &[Self]) -> Vec<u8> {
        let mut out = Vec::with_capacity(source.len());
        let mut at = 0;
        for splice in splices {
            out.extend_from_slice(source.get(at..splice.range.start).unwrap_or_default());
            out.extend_from_slice(splice.text.as_bytes());
            at = splice.range.end;
        }
        out.extend_from_slice(source.get(at..).unwrap_or_default());
        out
    }
}

/// The splices that make a text what is expected of it.
pub(super) struct Splicer<'l, 's> {
    pub(super) layout: &'l Layout<'s>,
    pub(super) expected: &'l Expected,
    pub(super) splices: Vec<Splice>,
}

impl Splicer<'_, '_> {
    fn cut(&mut self, range: Range<usize>, edit: usize) {
        if !range.is_empty() {
            self.splices.push(Splice { range, text: String::new(), value: None, edit });
        }
    }

    /// Puts a value between `before` and `behind` in the place of some bytes.
    fn put(&mut self, range: Range<usize>, before: &str, value: &str, behind: &str, edit: usize) {
        let text = [before, value, behind].concat();
        let value = Some(before.len()..before.len() + value.len());
        self.splices.push(Splice { range, text, value, edit });
    }

    /// [`put`](Self::put) with blanks where the value would run into what stands beside it.
    fn put_apart(&mut self, range: Range<usize>, before: &str, value: &str, edit: usize) {
        let last = range.start.checked_sub(1).and_then(|at| self.layout.byte(at));
        let before = [if last == Some(b':') { " " } else { "" }, before].concat();
        let behind = if self.layout.byte(range.end) == Some(b'#') { " " } else { "" };
        self.put(range, &before, value, behind, edit);
    }

    /// The splices in order, unless two concern the same place.
    pub(super) fn finish(mut self) -> Result<Vec<Splice>> {
        self.splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        for (one, next) in self.splices.iter().zip(self.splices.iter().skip(1)) {
            if one.range.end > next.range.start {
                return Err(EditError::Conflict(self.mark(next.range.start)));
            }
        }
        Ok(self.splices)
    }

    fn mark(&self, byte: usize) -> Mark {
        let before = self.layout.between(0, byte);
        let line = before.matches(is_break).count() - before.matches("\r\n").count();
        Mark { byte, line, column: self.layout.column(byte) }
    }

    /// The value of a node replaced by another.
    pub(super) fn set(&mut self, id: NodeId, new: &str, edit: usize) -> Result<()> {
        let layout = self.layout;
        let Some(node) = layout.node(id) else { return Ok(()) };
        if layout.is_unwritten(id) {
            return self.set_unwritten(id, new, edit);
        }
        let parts = layout.parts(id);
        let end = layout.end(id);
        // A tag says what the old value was, and goes with it; an anchor stays.
        let anchor = if parts.tagged { node.own_anchor() } else { None };
        let anchor = anchor.map_or_else(String::new, |name| format!("&{name} "));
        let start = if parts.tagged { node.span.start.byte } else { parts.content };
        if parts.content == node.span.end.byte && parts.properties.is_some() {
            // Nothing is written behind anchor or tag.
            let at = parts.properties.unwrap_or(end);
            if parts.tagged {
                self.put(start..at, &anchor, new, "", edit);
            } else {
                self.put(at..at, " ", new, "", edit);
            }
            return Ok(());
        }
        if layout.is_block_scalar(id) {
            let header = parts.content + 1;
            let more = layout.from(header).find(|char: char| !matches!(char, '+' | '-' | '1'..='9'));
            let header = header + more.unwrap_or(0);
            self.replace_lines(start..header, header, end.max(header), &anchor, new, edit);
            return Ok(());
        }
        if !layout.is_block(id) {
            self.put_apart(start..end, &anchor, new, edit);
            return Ok(());
        }
        let indicator = match (layout.role(id), parts.properties) {
            (Role::Key(..), _) => return Err(EditError::Target("a key of several lines is not replaced")),
            (_, Some(at)) => Some(at),
            (Role::Root, None) => None,
            (Role::Item(parent, at), None) => Some(layout.entry_start(parent, at) + 1),
            (Role::Value(parent, at), None) => {
                let key = layout.entry(parent, at).and_then(|(key, _)| key);
                key.and_then(|key| layout.colon_behind(layout.end(key))).map(|colon| colon + 1)
            }
        };
        let drawn_up = |at: &usize| layout.own_line(parts.content).is_some() && *at <= parts.content;
        match indicator.filter(drawn_up) {
            None => self.put_apart(start..end, &anchor, new, edit),
            Some(at) => {
                let start = if parts.tagged { start } else { at };
                let before = if parts.tagged { anchor } else { " ".to_owned() };
                // The comment behind the last line goes with the line.
                self.replace_lines(start..at, at, layout.line_end(end), &before, new, edit);
            }
        }
        Ok(())
    }

    /// Replaces what stands at `range`, and the lines below it down to `end`. A comment on the first line stays.
    fn replace_lines(
        &mut self,
        range: Range<usize>,
        first: usize,
        end: usize,
        before: &str,
        new: &str,
        edit: usize,
    ) {
        let line_end = self.layout.line_end(first);
        if line_end >= end || self.layout.between(first, line_end).trim_matches(' ').is_empty() {
            let end = if line_end >= end { range.end } else { end };
            self.put(range.start..end, before, new, "", edit);
        } else {
            self.put(range, before, new, "", edit);
            self.cut(line_end..end, edit);
        }
    }

    fn set_unwritten(&mut self, id: NodeId, new: &str, edit: usize) -> Result<()> {
        let layout = self.layout;
        let at = layout.node(id).map_or(0, |node| node.span.start.byte);
        match layout.role(id) {
            Role::Key(..) => return Err(EditError::Target("a key that is not written is not replaced")),
            Role::Item(..) => self.put(at..at, " ", new, "", edit),
            Role::Root => self.add_line(at, "", new, edit),
            Role::Value(parent, index) => {
                let Some((Some(key), _)) = layout.entry(parent, index) else { return Ok(()) };
                let end = layout.end(key);
                if let Some(colon) = layout.colon_behind(end) {
                    let behind = if layout.byte(colon + 1) == Some(b'#') { " " } else { "" };
                    self.put(colon + 1..colon + 1, " ", new, behind, edit);
                } else if layout.is_block(parent) {
                    // `? key` without a value.
                    let start = layout.entry_start(parent, index);
                    let indent = " ".repeat(layout.column(start));
                    let line = layout.line_end(end);
                    let before = [layout.usual_break(), &indent, ": "].concat();
                    self.put(line..line, &before, new, "", edit);
                } else {
                    self.put(end..end, ": ", new, "", edit);
                }
            }
        }
        Ok(())
    }

    /// Adds a line at a place that begins a line or ends the text.
    fn add_line(&mut self, at: usize, head: &str, new: &str, edit: usize) {
        let line_break = self.layout.usual_break();
        if self.layout.is_line_start(at) {
            self.put(at..at, head, new, line_break, edit);
        } else {
            self.put(at..at, &[line_break, head].concat(), new, "", edit);
        }
    }

    /// Keys for a text that has no mapping yet.
    pub(super) fn add_root(&mut self, entries: &[(Fresh, Fresh)], edits: &[usize]) {
        let layout = self.layout;
        let root = layout.document.root.and_then(|id| layout.node(id));
        let at = root.map_or(layout.text.len(), |root| root.span.start.byte);
        for ((key, value), edit) in entries.iter().zip(edits) {
            self.add_line(at, &[&key.text, ": "].concat(), &value.text, *edit);
        }
    }

    /// Entries of a collection removed and added.
    pub(super) fn patch(&mut self, id: NodeId, patch: &Patch, edits: &[(usize, usize)]) -> Result<()> {
        let count = self.layout.count(id);
        let kept_last = (0..count).rev().find(|at| !patch.removed.contains(at));
        if kept_last.is_none() && count > 0 && !self.layout.has_brackets(id) {
            if !patch.added.is_empty() {
                return Err(EditError::Target(
                    "the last entries are not replaced by others; set the collection",
                ));
            }
            let is_map = self.layout.entry(id, 0).is_some_and(|(key, _)| key.is_some());
            let brackets = if is_map { "{}" } else { "[]" };
            let edit = edits.first().map_or(0, |(_, edit)| *edit);
            return self.empty(id, brackets, edit);
        }
        for (at, edit) in edits {
            if self.layout.has_brackets(id) {
                self.remove_in_brackets(id, *at, kept_last, *edit);
            } else {
                self.remove_lines(id, *at, *edit);
            }
        }
        if self.layout.has_brackets(id) {
            self.add_in_brackets(id, patch, kept_last);
        } else {
            self.add_lines(id, patch, kept_last);
        }
        Ok(())
    }

    /// Nothing but brackets is left; anchor and tag stay.
    fn empty(&mut self, id: NodeId, brackets: &str, edit: usize) -> Result<()> {
        let from = self.splices.len();
        self.set(id, brackets, edit)?;
        let parts = self.layout.parts(id);
        let Some(start) = self.layout.node(id).map(|node| node.span.start.byte) else { return Ok(()) };
        if let (true, Some(properties), Some(splice)) =
            (parts.tagged, parts.properties, self.splices.get_mut(from))
        {
            // `set` has written the anchor again, without the tag.
            let kept = [self.layout.between(start, properties), " "].concat();
            splice.text = [&kept, brackets].concat();
            splice.value = Some(kept.len()..splice.text.len());
        }
        for splice in self.splices.iter_mut().skip(from) {
            splice.value = None;
        }
        Ok(())
    }

    fn remove_in_brackets(&mut self, id: NodeId, at: usize, kept_last: Option<usize>, edit: usize) {
        let layout = self.layout;
        let Some(entry) = layout.entry(id, at) else { return };
        let (start, end) = (layout.entry_start(id, at), layout.entry_end(entry));
        let behind = layout.skip_blanks(end);
        let comma = (layout.byte(behind) == Some(b',')).then_some(behind + 1);
        let before = at.checked_sub(1).and_then(|before| layout.entry(id, before));
        let before = before.map_or(start, |before| layout.entry_end(before));
        let no_comment = |from, to| !layout.between(from, to).contains('#');
        // What is behind the last entry that stays loses the comma before it, others the one behind them.
        if kept_last.is_some_and(|last| at > last) && no_comment(before, start) {
            self.cut(before..end, edit);
            return;
        }
        let Some(comma) = comma else { return self.cut(start..end, edit) };
        let next = if at + 1 < layout.count(id) { layout.entry_start(id, at + 1) } else { comma };
        if no_comment(end, next) {
            self.cut(start..next, edit);
        } else if no_comment(end, comma) {
            self.cut(start..comma, edit);
        } else {
            self.cut(start..end, edit);
            self.cut(behind..comma, edit);
        }
    }

    fn add_in_brackets(&mut self, id: NodeId, patch: &Patch, kept_last: Option<usize>) {
        let layout = self.layout;
        let last = kept_last.and_then(|at| layout.entry(id, at));
        let at = last.map_or_else(|| layout.parts(id).content + 1, |last| layout.entry_end(last));
        let mut lead = String::new();
        if let Some(kept) = kept_last {
            // Where each entry has a line of its own, the new one has one too.
            let start = layout.entry_start(id, kept);
            lead = match layout.own_line(start) {
                Some(line) => [",", layout.usual_break(), layout.between(line, start)].concat(),
                None => ", ".to_owned(),
            };
        }
        for (key, value, edit) in &patch.added {
            let before = match key {
                Some(key) => [&lead, &key.text, ": "].concat(),
                None => lead.clone(),
            };
            self.put(at..at, &before, &value.text, "", *edit);
            if lead.is_empty() {
                lead.push_str(", ");
            }
        }
    }

    fn remove_lines(&mut self, id: NodeId, at: usize, edit: usize) {
        let layout = self.layout;
        let Some(entry) = layout.entry(id, at) else { return };
        let (start, end) = (layout.entry_start(id, at), layout.entry_end(entry));
        let line_end = layout.line_end(end);
        if let Some(line) = layout.own_line(start) {
            let next = self.behind_lines(entry.1, end);
            if next == layout.text.len() && next == line_end && line > 0 {
                // The text ends without a line break, and goes on doing so.
                let before = layout.between(0, line).trim_end_matches(is_break).len();
                // But the text before may need its last line break.
                let first = entry.0.unwrap_or(entry.1);
                let needed = first.0.checked_sub(1).is_some_and(|at| layout.is_block_scalar(NodeId(at)));
                self.cut(if needed { line } else { before }..next, edit);
            } else {
                self.cut(line..next, edit);
            }
            return;
        }
        // `- a: 1`: the first key shares its line with what it belongs to.
        let next = if at + 1 < layout.count(id) { layout.entry_start(id, at + 1) } else { end };
        if layout.between(line_end, next).contains('#') {
            let start = layout.between(0, start).trim_end_matches(' ').len();
            self.cut(start..line_end, edit);
        } else {
            self.cut(start..next, edit);
        }
    }

    /// Where the line behind an entry begins; blank lines that a scalar keeps belong to it.
    fn behind_lines(&self, value: NodeId, end: usize) -> usize {
        let last = self.layout.last_within(value);
        let kept = self.keeps_lines(last).then(|| self.layout.node(last).map(|node| node.span.end.byte));
        kept.flatten().unwrap_or_else(|| self.layout.next_line(end))
    }

    /// The indicators behind `|` or `>`, and where they begin.
    fn header(&self, id: NodeId) -> Option<(usize, &str)> {
        if !self.layout.is_block_scalar(id) {
            return None;
        }
        let start = self.layout.parts(id).content + 1;
        let rest = self.layout.from(start);
        let length = rest.find(|char: char| !matches!(char, '+' | '-' | '1'..='9')).unwrap_or(rest.len());
        Some((start, self.layout.between(start, start + length)))
    }

    fn keeps_lines(&self, id: NodeId) -> bool {
        self.header(id).is_some_and(|(_, header)| header.contains('+'))
    }

    fn add_lines(&mut self, id: NodeId, patch: &Patch, kept_last: Option<usize>) {
        let layout = self.layout;
        let Some((kept, last)) = kept_last.and_then(|at| Some((at, layout.entry(id, at)?))) else { return };
        let Some((_, _, first)) = patch.added.first() else { return };
        let column = layout.column(layout.entry_start(id, kept));
        let leaf = layout.last_within(last.1);
        let mut at = layout.line_end(layout.entry_end(last));
        let header = self.header(leaf).filter(|_| !self.is_edited(leaf));
        match header.map(|(header, indicators)| (header, indicators.to_owned())) {
            // A line break behind a scalar that ends the text without one would become part of it.
            Some((header, indicators)) if at == layout.text.len() && !indicators.contains('-') => {
                let text = [indicators.replace('+', "").as_str(), "-"].concat();
                let range = header..header + indicators.len();
                self.splices.push(Splice { range, text, value: None, edit: *first });
            }
            Some((_, indicators)) if indicators.contains('+') => {
                at = layout.node(leaf).map_or(at, |leaf| leaf.span.end.byte);
            }
            _ => at = layout.next_line(self.behind_comments(id, at, column)),
        }
        let indent = " ".repeat(column);
        for (key, value, edit) in &patch.added {
            let head = match key {
                Some(key) => [&indent, &key.text, ": "].concat(),
                None => [&indent, "- "].concat(),
            };
            self.add_line(at, &head, &value.text, *edit);
        }
    }

    /// Whether a node is replaced or removed, or one around it.
    fn is_edited(&self, id: NodeId) -> bool {
        self.expected.replaced.contains_key(&id) || self.is_within_edited(id)
    }

    /// Whether a node is removed, or one around it replaced or removed.
    fn is_within_edited(&self, mut id: NodeId) -> bool {
        loop {
            let (parent, at) = match self.layout.role(id) {
                Role::Root => return false,
                Role::Item(parent, at) | Role::Key(parent, at) | Role::Value(parent, at) => (parent, at),
            };
            let patch = self.expected.patched.get(&parent);
            if patch.is_some_and(|patch| patch.removed.contains(&at))
                || self.expected.replaced.contains_key(&parent)
            {
                return true;
            }
            id = parent;
        }
    }

    /// Comments that follow at the indentation of a collection belong to it.
    fn behind_comments(&self, id: NodeId, from: usize, column: usize) -> usize {
        let layout = self.layout;
        let outer = layout.parent(id).map(|parent| layout.column(layout.parts(parent).content));
        if outer == Some(column) {
            // `- x` below `key:` in the same column: a comment there may be about the next key.
            return from;
        }
        let mut at = from;
        let mut line = layout.next_line(from);
        while line < layout.text.len() {
            let end = layout.line_end(line);
            let text = layout.between(line, end);
            let written = text.trim_start_matches(' ');
            if written.starts_with('#') && text.len() - written.len() >= column {
                at = end;
            } else if !written.is_empty() {
                break;
            }
            line = layout.next_line(line);
        }
        at
    }
}

/// All splices that the expectation needs.
pub(super) fn splices(
    layout: &Layout<'_>,
    expected: &Expected,
    sets: &[(NodeId, usize)],
    removals: &[(NodeId, usize, usize)],
    roots: &[usize],
) -> Result<Vec<Splice>> {
    let mut splicer = Splicer { layout, expected, splices: Vec::new() };
    for id in expected.replaced.keys().chain(expected.patched.keys()) {
        if splicer.is_within_edited(*id) {
            return Err(EditError::Conflict(
                layout.node(*id).map_or(Mark::default(), |node| node.span.start),
            ));
        }
    }
    for (id, edit) in sets {
        if let Some(fresh) = expected.replaced.get(id) {
            splicer.set(*id, &fresh.text, *edit)?;
        }
    }
    let mut patched: Vec<_> = expected.patched.iter().collect();
    // Inner collections first: where both end at the same place, what is added to them comes before.
    patched.sort_by_key(|(id, _)| std::cmp::Reverse(**id));
    let mut removals = removals.to_vec();
    removals.sort_unstable();
    for (id, patch) in patched {
        let from = removals.partition_point(|(removed, ..)| removed < id);
        let to = removals.partition_point(|(removed, ..)| removed <= id);
        let edits: Vec<_> =
            removals.get(from..to).unwrap_or_default().iter().map(|(_, at, edit)| (*at, *edit)).collect();
        splicer.patch(*id, patch, &edits)?;
    }
    splicer.add_root(&expected.root, roots);
    splicer.finish()
}
