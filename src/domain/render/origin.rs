//! Where the lines of a rendered file come from, and how they look with their secrets masked. Lines are cut at line
//! ends outside of secrets only, so that a secret of many lines is one placeholder on one line.

use std::fmt::Write as _;
use std::ops::Range;

use crate::domain::layer::LayerValue;
use crate::domain::position::Lines;
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, RenderedFile};
use crate::domain::secret::placeholder;

/// A line of a rendered file as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginLine {
    /// The text without line end, secrets masked.
    pub text: String,
    /// The line of the template that it comes from.
    pub template: Place,
    /// Which values were put into it and from where, in words; `None` when it is as the template has it.
    pub origin: Option<String>,
}

/// Bytes that must not be shown, and what is shown for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The bytes.
    pub range: Range<usize>,
    /// What is shown.
    pub shown: String,
    /// Whether the bytes are a placeholder already, because the secret was not known.
    pub hole: bool,
}

/// A line between line ends outside of masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedLine {
    /// Its bytes, line end included.
    pub range: Range<usize>,
    /// What is shown, line end not included.
    pub text: String,
    /// The masks in it, in order, and where each stands in `text`.
    pub masks: Vec<(Range<usize>, bool)>,
}

/// Cuts bytes into lines with the masks applied. Masks that overlap become one.
pub fn masked_lines(bytes: &[u8], masks: &[Mask]) -> Vec<MaskedLine> {
    let mut lines = Vec::new();
    let mut line = MaskedLine { range: 0..0, text: String::new(), masks: Vec::new() };
    let mut push_plain = |from: usize, to: usize, line: &mut MaskedLine| {
        let piece = bytes.get(from..to).unwrap_or_default();
        let mut at = from;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            at += part.len();
            line.text.push_str(&String::from_utf8_lossy(part));
            if part.ends_with(b"\n") {
                line.range.end = at;
                line.text.truncate(line.text.trim_end_matches(['\n', '\r']).len());
                lines.push(std::mem::replace(
                    line,
                    MaskedLine { range: at..at, text: String::new(), masks: Vec::new() },
                ));
            }
        }
        line.range.end = to;
    };
    let mut at = 0;
    for mask in merge(masks) {
        let end = mask.range.end.min(bytes.len());
        push_plain(at, mask.range.start.min(end), &mut line);
        let start = line.text.len();
        line.text.push_str(&mask.shown);
        line.masks.push((start..line.text.len(), mask.hole));
        at = end;
        line.range.end = end;
    }
    push_plain(at, bytes.len(), &mut line);
    if !line.range.is_empty() {
        lines.push(line);
    }
    lines
}

/// Masks in order and without overlap; those that overlap become one.
pub fn merge(masks: &[Mask]) -> Vec<Mask> {
    let mut sorted = masks.to_vec();
    // Of masks that begin together the first given names the secret best.
    sorted.sort_by_key(|mask| mask.range.start);
    let mut merged: Vec<Mask> = Vec::new();
    for mask in sorted {
        match merged.last_mut() {
            Some(last) if mask.range.start < last.range.end => {
                last.range.end = last.range.end.max(mask.range.end);
                last.hole = last.hole && mask.hole;
            }
            _ => merged.push(mask),
        }
    }
    merged
}

impl Insertion {
    /// Where the value comes from, in words: `ES_HOST from config/environments/CI.yaml:7`, and what the layer below
    /// had.
    pub fn describe(&self) -> String {
        self.described(str::to_owned)
    }

    /// The same, with the value of the layer below as `shown` lets it be seen; it is called before the value is cut,
    /// because half a secret is not known for one.
    pub fn described(&self, shown: impl Fn(&str) -> String) -> String {
        let what = if self.overlay { format!("overlay {}", self.key) } else { self.key.clone() };
        let from = |value: &LayerValue| {
            value.place.as_ref().map_or_else(|| value.layer.clone(), ToString::to_string)
        };
        let mut text = match self.chain.first() {
            Some(winner) => format!("{what} from {}", from(winner)),
            None => what,
        };
        if !self.secret
            && let Some(below) = self.chain.get(1)
        {
            let shown: String = shown(&below.shown).chars().take(60).collect();
            // Writing to a string does not fail.
            write!(text, " ({}: {shown})", below.layer).unwrap_or_default();
        }
        text
    }
}

impl RenderedFile {
    /// What must not be shown of this file: its secrets, and every other place where one of them stands.
    pub fn masks(&self) -> Vec<Mask> {
        let mut masks = Vec::new();
        for insertion in self.insertions.iter().filter(|insertion| insertion.secret) {
            let shown = placeholder(&insertion.key);
            let bytes = self.bytes.get(insertion.range.clone()).unwrap_or_default();
            let hole = bytes == shown.as_bytes();
            masks.push(Mask { range: insertion.range.clone(), shown: shown.clone(), hole });
            if !hole {
                masks.extend(find(&self.bytes, bytes, &shown));
            }
        }
        masks
    }

    /// The bytes with every secret masked; they can be shown anywhere.
    pub fn masked(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len());
        let mut at = 0;
        for mask in merge(&self.masks()) {
            out.extend_from_slice(self.bytes.get(at..mask.range.start).unwrap_or_default());
            out.extend_from_slice(mask.shown.as_bytes());
            at = mask.range.end;
        }
        out.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        out
    }

    /// The byte of the template that a byte of the file comes from.
    pub fn template_offset(&self, offset: usize) -> usize {
        template_offset(&self.insertions, offset)
    }

    /// The lines for a pane that shows the file: masked, each with its origin. `template` is the text before
    /// substitution, `path` its path for places.
    pub fn lines(&self, path: &str, template: &str) -> Vec<OriginLine> {
        let lines = Lines::new(template);
        masked_lines(&self.bytes, &self.masks())
            .into_iter()
            .map(|line| {
                let (number, _) = lines.position(self.template_offset(line.range.start));
                OriginLine {
                    text: line.text,
                    template: Place::line(path, number),
                    origin: self.origin(&line.range),
                }
            })
            .collect()
    }

    /// Which values were put into these bytes, in words.
    pub fn origin(&self, range: &Range<usize>) -> Option<String> {
        let inside = |insertion: &&Insertion| {
            insertion.range.start < range.end && insertion.range.end > range.start
                || insertion.range.is_empty() && range.contains(&insertion.range.start)
        };
        let mut described: Vec<String> = Vec::new();
        for insertion in self.insertions.iter().filter(inside) {
            let text = insertion.describe();
            if !described.contains(&text) {
                described.push(text);
            }
        }
        (!described.is_empty()).then(|| described.join(", "))
    }
}

/// The byte of the template that a byte of the rendered text comes from.
pub fn template_offset(insertions: &[Insertion], offset: usize) -> usize {
    match insertions.iter().rev().find(|insertion| insertion.range.start <= offset) {
        None => offset,
        Some(insertion) if offset < insertion.range.end => insertion.replaced.start,
        Some(insertion) => offset - insertion.range.end + insertion.replaced.end,
    }
}

/// Every place where a secret stands in bytes.
pub fn find<'a>(bytes: &'a [u8], secret: &'a [u8], shown: &'a str) -> impl Iterator<Item = Mask> + 'a {
    let length = secret.len();
    bytes
        .windows(length.max(1))
        .enumerate()
        .filter(move |(_, window)| length > 0 && *window == secret)
        .map(move |(at, _)| Mask { range: at..at + length, shown: shown.to_owned(), hole: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(range: Range<usize>) -> Mask {
        Mask { range, shown: "‹s›".into(), hole: false }
    }

    #[test]
    fn a_secret_of_many_lines_is_one_placeholder() {
        let lines = masked_lines(b"a\nkey: one\ntwo\nb\r\n", &[mask(7..14)]);
        let shown: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(shown, ["a", "key: ‹s›", "b"]);
        assert_eq!(lines[1].range, 2..15);
        assert_eq!(lines[1].masks, [(5..12, false)]);
    }

    #[test]
    fn lines_cover_every_byte_whatever_the_masks() {
        let bytes = b"ab\ncd\nef";
        for masks in
            [vec![], vec![mask(0..8)], vec![mask(2..3)], vec![mask(1..4), mask(3..6)], vec![mask(6..99)]]
        {
            let lines = masked_lines(bytes, &masks);
            let mut at = 0;
            for line in &lines {
                assert_eq!(line.range.start, at, "{masks:?}");
                at = line.range.end;
            }
            assert_eq!(at, bytes.len(), "{masks:?}");
        }
    }
}
