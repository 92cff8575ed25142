//! A file of one side, looked at closely: its lines as they may be shown, its values, the colours of its parts, where
//! its values come from. It is made for files that differ, and for no others.

use std::ops::Range;

use crate::domain::diff::side::{Origin, SideFile, TemplateLines};
use crate::domain::diff::tree::{self, Node};
use crate::domain::problem::Place;
use crate::domain::render::origin::{Mask, MaskedLine, masked_lines};
use crate::domain::text::sanitise;
use crate::domain::yaml::{Painted, painted};

/// The most origins that are told of one line.
const MOST_ORIGINS: usize = 8;

/// A file and all that is to be known of it.
pub struct Doc<'a> {
    /// Its real bytes.
    pub bytes: &'a [u8],
    /// What must not be shown, in order and apart from each other.
    masks: Vec<Mask>,
    /// Its lines, masked.
    pub lines: Vec<MaskedLine>,
    /// Its parts, for their colours.
    pub tokens: Painted,
    origins: Vec<Origin>,
    template: Option<TemplateLines<'a>>,
    path: &'a str,
    file: Option<&'a SideFile>,
    /// What is read from it; `None` when it is no YAML.
    pub root: Option<Node>,
}

impl<'a> Doc<'a> {
    /// Looks at a file; with `values` it is YAML. No file is an empty one.
    pub fn new(file: Option<&'a SideFile>, values: bool) -> Self {
        let bytes = file.map_or(&[][..], SideFile::bytes);
        let masks = file.map_or_else(Vec::new, SideFile::masks);
        let lines = masked_lines(bytes, &masks);
        let text = std::str::from_utf8(bytes).ok().filter(|_| values);
        let (tokens, root) = match (file, text) {
            (None, _) => (Vec::new(), values.then(tree::nothing)),
            (_, Some(text)) => {
                let (document, tokens) = painted(text);
                (tokens, document.ok().map(|document| tree::of(&document.root)))
            }
            (_, None) => (Vec::new(), None),
        };
        Self {
            bytes,
            masks: apart(masks),
            lines,
            tokens,
            origins: file.map_or_else(Vec::new, SideFile::origins),
            template: file.and_then(SideFile::template),
            path: file.map_or("", |file| &file.path),
            file,
            root,
        }
    }

    /// A text of YAML in which nothing has to be hidden, for its values alone.
    pub(super) fn part(text: &'a str) -> Self {
        let values = tree::read(text);
        Self {
            bytes: text.as_bytes(),
            lines: masked_lines(text.as_bytes(), &[]),
            root: values,
            ..Self::new(None, false)
        }
    }

    /// A text that was read from it, as it may be shown: what an escape stands for can be a secret as well.
    pub fn told(&self, text: &str) -> String {
        let text = text.to_owned();
        sanitise(
            match self.file {
                Some(file) => file.hide(text),
                None => text,
            }
            .as_bytes(),
        )
    }

    /// Whether any secret of it is not known.
    pub fn has_hole(&self) -> bool {
        self.masks.iter().any(|mask| mask.hole)
    }

    fn masks_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Mask> {
        let (start, end) = (range.start, range.end);
        let first = self.masks.partition_point(|mask| mask.range.end <= start);
        self.masks.get(first..).unwrap_or_default().iter().take_while(move |mask| mask.range.start < end)
    }

    /// Whether a secret stands in these bytes: `Some(true)` when it is not known.
    pub fn hidden(&self, range: &Range<usize>) -> Option<bool> {
        self.masks_in(range).map(|mask| mask.hole).reduce(|left, right| left || right)
    }

    /// These bytes as they may be shown on one line.
    pub fn shown(&self, range: &Range<usize>) -> String {
        let mut text = String::new();
        let mut at = range.start;
        let plain = |text: &mut String, from: usize, to: usize| {
            text.push_str(&String::from_utf8_lossy(self.bytes.get(from..to).unwrap_or_default()));
        };
        for mask in self.masks_in(range) {
            plain(&mut text, at, mask.range.start.max(at));
            text.push_str(&mask.shown);
            at = mask.range.end;
        }
        plain(&mut text, at, range.end.max(at));
        sanitise(text.split_whitespace().collect::<Vec<_>>().join(" ").as_bytes())
    }

    /// The number of the line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        let ended = self.lines.partition_point(|line| line.range.end <= offset);
        ended.min(self.lines.len().saturating_sub(1)) + 1
    }

    /// Which layers gave the values in these bytes, in words, and the place of the first.
    pub fn layers(&self, range: &Range<usize>) -> Option<(String, Option<Place>)> {
        let first = self.origins.partition_point(|origin| origin.range.end <= range.start);
        let met = self.origins.get(first..).unwrap_or_default();
        let mut found: Vec<&str> = Vec::new();
        let mut place = None;
        for origin in met.iter().take_while(|origin| origin.range.start < range.end) {
            if !found.contains(&origin.words.as_str()) && found.len() < MOST_ORIGINS {
                found.push(&origin.words);
                place = place.or_else(|| origin.place.clone());
            }
        }
        (!found.is_empty()).then(|| (sanitise(found.join(", ").as_bytes()), place))
    }

    /// Where the value in these bytes comes from: the layers, or the line of the template.
    pub fn origin(&self, range: &Range<usize>) -> (String, Option<Place>) {
        self.layers(range).unwrap_or_else(|| match &self.template {
            Some(template) => {
                let place = template.place(range.start);
                (sanitise(place.to_string().as_bytes()), template.is_today.then_some(place))
            }
            None => (sanitise(format!("{}:{}", self.path, self.line(range.start)).as_bytes()), None),
        })
    }
}

/// Masks in order, those that overlap as one.
fn apart(mut masks: Vec<Mask>) -> Vec<Mask> {
    masks.sort_by_key(|mask| mask.range.start);
    masks.dedup_by(|next, last| {
        let meets = next.range.start < last.range.end;
        if meets {
            last.range.end = last.range.end.max(next.range.end);
            last.hole = last.hole && next.hole;
        }
        meets
    });
    masks
}
