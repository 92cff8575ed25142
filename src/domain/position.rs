//! Where a byte of a text is: its line and column, counted from 1 as editors do. Columns count characters, so that
//! a caret stands under what a person sees.

use crate::domain::problem::Place;

/// The beginnings of all lines of a text.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The line and column of a byte, both from 1. An offset past the end is the end.
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        (count(line), count(column))
    }

    /// The place of a byte in the file of that path.
    pub fn place(&self, file: &str, offset: usize) -> Place {
        let (line, column) = self.position(offset);
        Place { file: file.to_owned(), line, column }
    }

    /// The byte of a line and column, both from 1.
    pub fn offset(&self, line: u32, column: u32) -> usize {
        let range = self.range(line);
        let text = self.text.get(range.clone()).unwrap_or_default();
        let skipped = (column as usize).saturating_sub(1);
        text.char_indices().nth(skipped).map_or(range.end, |(at, _)| range.start + at)
    }

    /// The byte range of a line, from 1, without its line end.
    pub fn range(&self, line: u32) -> std::ops::Range<usize> {
        let index = (line as usize).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len() + 1) - 1;
        let end = end.max(start);
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.trim_end_matches('\r').len()
    }

    /// How many lines there are; a line end at the very end begins no further line.
    pub fn count(&self) -> usize {
        self.starts.len() - usize::from(self.text.is_empty() || self.text.ends_with('\n'))
    }
}

/// A count as places hold it; a text with more lines than that is not read in the first place.
pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let lines = Lines::new("ä: b\r\ncd\n");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(3), (1, 3));
        assert_eq!(lines.position(7), (2, 1));
        assert_eq!(lines.position(99), (3, 1));
        assert_eq!(lines.range(1), 0..5);
        assert_eq!(lines.range(2), 7..9);
        assert_eq!(lines.range(3), 10..10);
        assert_eq!(lines.range(9), 10..10);
        assert_eq!((lines.offset(1, 3), lines.offset(2, 9)), (3, 9));
        assert_eq!(lines.count(), 2);
        assert_eq!(Lines::new("").count(), 0);
        assert_eq!(Lines::new("a").count(), 1);
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(Lines::new("\u{feff}a: b").position(3), (1, 1));
    }
}
