//! Plain scalars: text without quotes, the most of any file. Runs between blanks are found by table, and a scalar of
//! one line is borrowed from the source.

use super::cursor::{Table, table};
use super::{Result, Scanner};
use crate::event::ScalarStyle;
use crate::text::Text;
use crate::token::{Token, TokenKind};

const STOP: Table = table(b" \t\r\n:");
const FLOW_STOP: Table = table(b" \t\r\n:,?[]{}");

impl Scanner<'_> {
    pub(super) fn at_plain(&self) -> bool {
        let byte = self.cursor.peek();
        if self.cursor.at_blank(0) {
            return false;
        }
        if !b"-?:,[]{}#&*!|>'\"%@`".contains(&byte) {
            return true;
        }
        (byte == b'-' || self.flow == 0 && matches!(byte, b'?' | b':')) && !self.cursor.at_blank(1)
    }

    pub(super) fn fetch_plain(&mut self) -> Result<()> {
        self.note_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let mut end = start;
        let mut value = Text::default();
        // Where the run began that `value` will borrow; text is copied only once a line is folded.
        let mut borrowed = start.byte;
        let mut stop = self.plain_run_end();
        while stop > self.cursor.pos() {
            self.key_allowed = false;
            self.cursor.skip_to(stop);
            end = self.cursor.mark();
            let blanks = self.cursor.pos();
            self.cursor.skip_spaces();
            if !self.cursor.at_break() {
                if blanks == self.cursor.pos() || self.cursor.peek() == b'#' {
                    break;
                }
                stop = self.plain_run_end();
                continue;
            }
            let Some(folded) = self.plain_breaks() else { break };
            if self.cursor.peek() == b'#' || self.flow == 0 && self.column() <= self.indent {
                break;
            }
            // Folding counts only when more text follows.
            let here = self.cursor.pos();
            stop = self.plain_run_end();
            if stop == here {
                break;
            }
            value.push_str(self.cursor.slice(borrowed, end.byte));
            value.push_str(folded.first);
            for part in &folded.rest {
                value.push_str(part);
            }
            borrowed = here;
        }
        value.push_str(self.cursor.slice(borrowed, end.byte));
        let kind = TokenKind::Scalar(value, ScalarStyle::Plain);
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }

    fn plain_run_end(&self) -> usize {
        let cursor = &self.cursor;
        if self.flow > 0 {
            cursor.find(&FLOW_STOP, |byte, at| {
                byte != b':' || cursor.is_blank(at + 1) || b",[]{}".contains(&cursor.byte(at + 1))
            })
        } else {
            cursor.find(&STOP, |byte, at| byte != b':' || cursor.is_blank(at + 1))
        }
    }

    /// Moves over line breaks and the blanks of the following lines, and gives what they fold to; nothing when a
    /// document separator follows, which ends the scalar.
    fn plain_breaks(&mut self) -> Option<Folded> {
        let first = self.cursor.take_break().unwrap_or("");
        self.key_allowed = true;
        let mut rest = Vec::new();
        if self.cursor.at_separator() {
            return None;
        }
        loop {
            self.cursor.skip_spaces();
            let Some(next) = self.cursor.take_break() else { break };
            rest.push(next);
            if self.cursor.at_separator() {
                return None;
            }
        }
        Some(Folded { first: fold(first, rest.is_empty()), rest })
    }
}

pub(super) struct Folded {
    pub(super) first: &'static str,
    pub(super) rest: Vec<&'static str>,
}

/// What the first of several line breaks means: a blank when it is the only one, nothing when others follow, but
/// U+2028 and U+2029 stay.
pub(super) fn fold(first: &'static str, alone: bool) -> &'static str {
    match (first, alone) {
        ("\n", true) => " ",
        ("\n", false) => "",
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn text_goes_on_over_lines_and_ends_before_what_means_something() {
        let value = |text: &str| {
            let document = parse(text.as_bytes()).unwrap();
            let root = document.root().unwrap();
            (root.as_str().unwrap().to_owned(), root.span().bytes())
        };
        assert_eq!(value("a  b \n\n c # d"), ("a  b\nc".into(), 0..9));
        assert_eq!(value("a:b #c"), ("a:b".into(), 0..3));
        assert_eq!(value("a\u{85} b\u{2028}c"), ("a b\u{2028}c".into(), 0..9));
        assert_eq!(value("a\n... "), ("a".into(), 0..1));
        assert_eq!(value("-a?[]{},"), ("-a?[]{},".into(), 0..8));
        assert_eq!(parse(b"[a?b]").unwrap_err().problem(), "expected ',' or ']', but got '?'");
    }
}
