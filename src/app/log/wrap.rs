//! Where a line breaks when it is wrapped at a number of cells, and what is left of it when it is cut. Wide characters
//! take two cells and are never halved.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest line that is laid out whole; more than this many bytes of one line help nobody on a screen.
const LONGEST: usize = 16 << 10;

/// The byte ranges of the rows that a text takes; one even when it is empty.
pub fn wrap(text: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(2);
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or(text);
    let mut rows = Vec::new();
    let (mut start, mut cells, mut space) = (0, 0, None);
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if cells + wide > width {
            // Between words, unless that leaves half of the row free.
            let (end, kept) = match space {
                Some((end, used)) if used * 2 > width => (end, cells - used),
                _ => (at, 0),
            };
            rows.push(start..end);
            (start, cells, space) = (end, kept, None);
        }
        cells += wide;
        if c == ' ' {
            space = Some((at + 1, cells));
        }
    }
    rows.push(start..text.len());
    rows
}

/// The part of a text that is seen after scrolling so many cells to the right, at most `width` cells of it.
pub fn cut(text: &str, left: usize, width: usize) -> &str {
    let start = after(text, left);
    let rest = text.get(start..).unwrap_or_default();
    if rest.len() <= width && rest.width() <= width {
        return rest;
    }
    rest.get(..after_most(rest, width)).unwrap_or_default()
}

/// The byte at which so many cells lie to the left, or more where a wide character stands across.
fn after(text: &str, cells: usize) -> usize {
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= cells {
            return at;
        }
        seen += c.width().unwrap_or(0);
    }
    if cells == 0 { 0 } else { text.len() }
}

/// The byte up to which at most so many cells are taken.
fn after_most(text: &str, cells: usize) -> usize {
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        seen += c.width().unwrap_or(0);
        if seen > cells {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_hold_the_whole_text_and_fit(text in "[a-zé日 ]{0,60}", width in 2usize..20) {
            let rows = wrap(&text, width);
            let joined: String = rows.iter().filter_map(|row| text.get(row.clone())).collect();
            prop_assert_eq!(&joined, &text);
            for row in rows {
                prop_assert!(text.get(row).unwrap().width() <= width);
            }
        }

        #[test]
        fn a_cut_fits(text in "[a-zé日 ]{0,60}", left in 0usize..30, width in 0usize..20) {
            prop_assert!(cut(&text, left, width).width() <= width);
        }
    }

    #[test]
    fn rows_break_between_words_where_they_can() {
        let text = "one two three fourfivesix";
        let rows: Vec<&str> = wrap(text, 9).into_iter().map(|row| text.get(row).unwrap()).collect();
        assert_eq!(rows, ["one two ", "three ", "fourfives", "ix"]);
    }

    #[test]
    fn wide_characters_are_not_halved_and_huge_lines_are_bounded() {
        assert_eq!(wrap("日本語", 5), [0..6, 6..9]);
        assert_eq!(wrap("", 5).len(), 1);
        assert_eq!(cut("日本", 1, 9), "本");
        assert!(wrap(&"é".repeat(1 << 20), 80).len() < 300);
    }
}
