//! A text with its lines put together. Base64 is often wrapped: in a block of YAML, between quotes, with the line ends
//! written out.

use std::ops::Range;

use zeroize::Zeroizing;

/// Signs that may stand where a line goes on: indentation, those of comments and blocks, quotes around each part.
const AROUND: [u8; 9] = *b" \t\r\\\"'#>|";

/// A text without its line ends and what stands around them.
pub(super) struct Joined {
    pub(super) text: Zeroizing<String>,
    /// Where parts begin: here and in the text that they were taken from.
    parts: Vec<(usize, usize)>,
}

/// Puts the lines of a text together; nothing when it has one only.
pub(super) fn joined(text: &str) -> Option<Joined> {
    let bytes = text.as_bytes();
    let mut made = Zeroizing::new(String::with_capacity(text.len()));
    let mut parts = vec![(0, 0)];
    let mut at = 0;
    while let Some((end, mut next)) = line_end(bytes, at) {
        let around = |byte: &u8| AROUND.contains(byte);
        let line = bytes.get(at..end).unwrap_or_default();
        let kept = line.len() - line.iter().rev().take_while(|byte| around(byte)).count();
        // A line end that is written out may be followed by one that is none.
        loop {
            next += bytes.get(next..)?.iter().take_while(|byte| around(byte) || **byte == b'\n').count();
            let before = bytes.get(..next)?;
            match bytes.get(next) {
                Some(b'n' | b'r') if before.last() == Some(&b'\\') => next += 1,
                _ => break,
            }
        }
        made.push_str(text.get(at..at + kept)?);
        parts.push((made.len(), next));
        at = next;
    }
    if parts.len() < 2 {
        return None;
    }
    made.push_str(text.get(at..)?);
    Some(Joined { text: made, parts })
}

/// The next line end from a byte on, as such or written out: where it begins, and where it ends.
fn line_end(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(from..)?;
    let mut last = 0;
    for (index, byte) in rest.iter().enumerate() {
        match byte {
            b'\n' => return Some((from + index, from + index + 1)),
            b'n' if last == b'\\' => return Some((from + index - 1, from + index + 1)),
            _ => last = *byte,
        }
    }
    None
}

impl Joined {
    /// The bytes of the text that a stretch was taken from, when it stood on more than one line.
    pub(super) fn over_lines(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let part = |at: usize| self.parts.partition_point(|(begin, _)| *begin <= at).checked_sub(1);
        let (first, last) = (part(range.start)?, part(range.end.checked_sub(1)?)?);
        let place = |part: usize, at: usize| self.parts.get(part).map(|(begin, from)| from + at - begin);
        (first < last).then_some(place(first, range.start)?..place(last, range.end - 1)? + 1)
    }
}
