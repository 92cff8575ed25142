//! The place in the text up to which it has been read, with line and column kept as PyYAML counts them. Runs of
//! characters are taken at once; only line breaks and characters beyond ASCII cost anything more.

use crate::mark::Mark;

/// A run of bytes in which nothing needs attention, as a table.
pub(super) type Table = [bool; 256];

/// `true` for the bytes in `stop` and for the first bytes of the line breaks beyond ASCII, U+0085, U+2028 and U+2029.
pub(super) const fn table(stop: &[u8]) -> Table {
    let mut table = [false; 256];
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated when compiled, where an iterator cannot be")]
    while at < stop.len() {
        table[stop[at] as usize] = true;
        at += 1;
    }
    table[0xc2] = true;
    table[0xe2] = true;
    table
}

#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    line: usize,
    // The bytes so far that are not the first of their character: what tells a count of characters from one of bytes.
    inner: usize,
    // The count of characters at the start of the line, plus one for each byte order mark in it, which has no column.
    line_index: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), pos: 0, line: 0, inner: 0, line_index: 0 }
    }

    /// The byte at the place; 0 behind the end (the reader lets no NUL through).
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.pos).copied().unwrap_or(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> u8 {
        self.bytes.get(self.pos + offset).copied().unwrap_or(0)
    }

    pub(super) fn peek_char(&self) -> char {
        self.rest().chars().next().unwrap_or('\0')
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or("")
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Characters from the start of the text.
    pub(super) fn index(&self) -> usize {
        self.pos - self.inner
    }

    pub(super) fn column(&self) -> usize {
        self.index() - self.line_index
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { byte: self.pos, line: self.line, column: self.column() }
    }

    /// Moves over bytes that are known to be ASCII and no line breaks.
    pub(super) fn skip(&mut self, count: usize) {
        self.pos = (self.pos + count).min(self.bytes.len());
    }

    /// Moves over any one character.
    pub(super) fn skip_char(&mut self) {
        if self.take_break().is_none() {
            let end = self.pos + self.peek_char().len_utf8();
            self.skip_to(end.min(self.bytes.len()));
        }
    }

    /// Moves to `end`; no line break may lie on the way.
    pub(super) fn skip_to(&mut self, end: usize) {
        let run = self.bytes.get(self.pos..end).unwrap_or(&[]);
        if !run.is_ascii() {
            self.inner += run.iter().filter(|byte| **byte & 0xc0 == 0x80).count();
            self.line_index += run.windows(3).filter(|part| *part == [0xef, 0xbb, 0xbf]).count();
        }
        self.pos = end;
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == b' ' {
            self.pos += 1;
        }
    }

    /// Moves to the end of the line and gives what lay on the way.
    pub(super) fn take_line(&mut self) -> &'a str {
        const STOP: Table = table(b"\r\n");
        let end = self.find(&STOP, |_, _| true);
        let line = self.slice(self.pos, end);
        self.skip_to(end);
        line
    }

    /// The offset of the first byte from here on that is in the table and for which `stops` says so, or the end.
    /// Line breaks beyond ASCII always stop.
    pub(super) fn find(&self, table: &Table, mut stops: impl FnMut(u8, usize) -> bool) -> usize {
        let mut at = self.pos;
        loop {
            let rest = self.bytes.get(at..).unwrap_or(&[]);
            let Some(length) = rest.iter().position(|byte| table.get(usize::from(*byte)) == Some(&true))
            else {
                return self.bytes.len();
            };
            at += length;
            let byte = rest.get(length).copied().unwrap_or(0);
            if if byte < 0x80 { stops(byte, at) } else { self.break_length(at) > 0 } {
                return at;
            }
            at += 1;
        }
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The bytes that the line break at this offset takes, 0 when there is none.
    pub(super) fn break_length(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\r' if self.byte(at + 1) == b'\n' => 2,
            b'\n' | b'\r' => 1,
            0xc2 if self.byte(at + 1) == 0x85 => 2,
            0xe2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    pub(super) fn at_break(&self) -> bool {
        self.break_length(self.pos) > 0
    }

    /// Whether blank, tab, line break or the end stands at this offset.
    pub(super) fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), 0 | b' ' | b'\t') || self.break_length(at) > 0
    }

    pub(super) fn at_blank(&self, offset: usize) -> bool {
        self.is_blank(self.pos + offset)
    }

    /// Where what stands before this place on its line ends, blanks and an indicator left out; `None` when nothing does.
    pub(super) fn end_before(&self, mark: Mark, indicators: &[char]) -> Option<Mark> {
        let line = self.slice(0, mark.byte);
        let before = line.trim_end_matches(' ');
        if line.len() - before.len() == mark.column {
            return None;
        }
        let before = before.strip_suffix(indicators).unwrap_or(before).trim_end_matches(' ');
        let column = mark.column.saturating_sub(mark.byte - before.len());
        Some(Mark { byte: before.len(), line: mark.line, column })
    }

    /// Whether a line break or the end stands here.
    pub(super) fn at_line_end(&self) -> bool {
        self.peek() == 0 || self.at_break()
    }

    /// `---` or `...` with a blank behind, wherever in the line.
    pub(super) fn at_separator(&self) -> bool {
        matches!((self.peek(), self.peek_at(1), self.peek_at(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.at_blank(3)
    }

    /// Moves over a line break and gives what it means in a scalar: `\n`, but U+2028 and U+2029 themselves.
    pub(super) fn take_break(&mut self) -> Option<&'static str> {
        let length = self.break_length(self.pos);
        let meaning = match (length, self.peek_at(2)) {
            (0, _) => return None,
            (3, 0xa8) => "\u{2028}",
            (3, _) => "\u{2029}",
            _ => "\n",
        };
        self.inner += if self.peek() < 0x80 { 0 } else { length - 1 };
        self.pos += length;
        self.line += 1;
        self.line_index = self.index();
        Some(meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_break_begins_a_line_and_a_byte_order_mark_has_no_column() {
        let mut cursor = Cursor::new("a\r\nb\u{85}\u{2028}\u{2029}\u{feff}äx\rc");
        for _ in 0..9 {
            cursor.skip_char();
        }
        assert_eq!(cursor.mark(), Mark { byte: 18, line: 4, column: 2 });
        cursor.skip_char();
        assert_eq!(cursor.mark(), Mark { byte: 19, line: 5, column: 0 });
    }
}
