//! Scalars in quotes, with escapes and folded lines. Tabs count as blanks here, other than anywhere else.

use super::cursor::{Table, table};
use super::plain::{Folded, fold};
use super::{Result, Scanner};
use crate::error::{Error, ErrorClass};
use crate::event::ScalarStyle;
use crate::mark::Mark;
use crate::repr;
use crate::text::Text;
use crate::token::{Token, TokenKind};

const SINGLE_STOP: Table = table(b" \t\r\n'");
const DOUBLE_STOP: Table = table(b" \t\r\n\"\\");

impl<'a> Scanner<'a> {
    pub(super) fn fetch_quoted(&mut self, style: ScalarStyle) -> Result<()> {
        self.note_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let double = style == ScalarStyle::DoubleQuoted;
        let (quote, table) = if double { (b'"', &DOUBLE_STOP) } else { (b'\'', &SINGLE_STOP) };
        self.cursor.skip(1);
        let mut value = Text::default();
        loop {
            let from = self.cursor.pos();
            self.cursor.skip_to(self.cursor.find(table, |byte, at| {
                // Blanks within a line are text like any other.
                !matches!(byte, b' ' | b'\t') || self.blanks_end_line(at)
            }));
            value.push_str(self.cursor.slice(from, self.cursor.pos()));
            match self.cursor.peek() {
                b'\'' if !double && self.cursor.peek_at(1) == b'\'' => {
                    value.push_str("'");
                    self.cursor.skip(2);
                }
                byte if byte == quote => break,
                b'\\' if double => self.escape(&mut value, start)?,
                _ => self.quoted_breaks(&mut value, start)?,
            }
        }
        self.cursor.skip(1);
        self.tokens.push_back(Token {
            kind: TokenKind::Scalar(value, style),
            start,
            end: self.cursor.mark(),
        });
        Ok(())
    }

    /// Whether the blanks from here run into the end of the line. Looks only at runs that it is asked about at their
    /// beginning, or, inside of one, that go on to text.
    fn blanks_end_line(&self, at: usize) -> bool {
        if at > self.cursor.pos() && matches!(self.cursor.byte(at - 1), b' ' | b'\t') {
            return false;
        }
        let mut at = at;
        while matches!(self.cursor.byte(at), b' ' | b'\t') {
            at += 1;
        }
        self.cursor.byte(at) == 0 || self.cursor.break_length(at) > 0
    }

    fn quoted_breaks(&mut self, value: &mut Text<'a>, start: Mark) -> Result<()> {
        self.skip_blanks();
        let Some(first) = self.cursor.take_break() else {
            return Err(self
                .error("found unexpected end of stream")
                .context_at("while scanning a quoted scalar", start));
        };
        let rest = self.empty_lines(start)?;
        let folded = Folded { first: fold(first, rest.is_empty()), rest };
        value.push_str(folded.first);
        folded.rest.iter().for_each(|part| value.push_str(part));
        Ok(())
    }

    fn empty_lines(&mut self, start: Mark) -> Result<Vec<&'static str>> {
        let mut breaks = Vec::new();
        loop {
            if self.cursor.at_separator() {
                let error = self.error("found unexpected document separator");
                return Err(error.context_at("while scanning a quoted scalar", start));
            }
            self.skip_blanks();
            match self.cursor.take_break() {
                Some(next) => breaks.push(next),
                None => return Ok(breaks),
            }
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.cursor.peek(), b' ' | b'\t') {
            self.cursor.skip(1);
        }
    }

    fn escape(&mut self, value: &mut Text<'a>, start: Mark) -> Result<()> {
        self.cursor.skip(1);
        let code = self.cursor.peek();
        let text = match code {
            b'0' => "\0",
            b'a' => "\x07",
            b'b' => "\x08",
            b't' | b'\t' => "\t",
            b'n' => "\n",
            b'v' => "\x0b",
            b'f' => "\x0c",
            b'r' => "\r",
            b'e' => "\x1b",
            b' ' => " ",
            b'"' => "\"",
            b'\\' => "\\",
            b'/' => "/",
            b'N' => "\u{85}",
            b'_' => "\u{a0}",
            b'L' => "\u{2028}",
            b'P' => "\u{2029}",
            b'x' => return self.hex_escape(2, value, start),
            b'u' => return self.hex_escape(4, value, start),
            b'U' => return self.hex_escape(8, value, start),
            _ => {
                if self.cursor.take_break().is_some() {
                    self.empty_lines(start)?.into_iter().for_each(|part| value.push_str(part));
                    return Ok(());
                }
                let found = repr::char(self.cursor.peek_char());
                let error = self.error(format!("found unknown escape character {found}"));
                return Err(error.context_at("while scanning a double-quoted scalar", start));
            }
        };
        value.push_str(text);
        self.cursor.skip(1);
        Ok(())
    }

    fn hex_escape(&mut self, length: usize, value: &mut Text<'a>, start: Mark) -> Result<()> {
        self.cursor.skip(1);
        let mut code = 0_u32;
        for char in self.cursor.rest().chars().chain(['\0']).take(length) {
            let Some(digit) = char.to_digit(16) else {
                let found = repr::char(char);
                let problem =
                    format!("expected escape sequence of {length} hexadecimal numbers, but found {found}");
                return Err(self.error(problem).context_at("while scanning a double-quoted scalar", start));
            };
            code = code << 4 | digit;
        }
        match (char::from_u32(code), u16::try_from(code)) {
            (Some(char), _) => value.push(char),
            (None, Ok(surrogate)) => value.push_surrogate(surrogate),
            // Python's `chr` refuses these.
            (None, Err(_)) => {
                let error = Error::new(ErrorClass::Value, "chr() arg not in range(0x110000)");
                return Err(error.at(self.cursor.mark()));
            }
        }
        self.cursor.skip(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{EventKind, events};

    fn value(text: &str) -> Result<String, String> {
        for event in events(text.as_bytes()) {
            if let EventKind::Scalar { value, .. } = event.map_err(|error| error.problem().to_owned())?.kind {
                return Ok(value.into_string());
            }
        }
        Err("no scalar".into())
    }

    #[test]
    fn lines_fold_and_escapes_are_replaced() {
        assert_eq!(value("'a\n\n b''c'").unwrap(), "a\nb'c");
        assert_eq!(value("\"a \t\n\t b\\\n  c\"").unwrap(), "a bc");
        assert_eq!(value("\"\\x41\\u00e4\\U0001f600\\N\\_\\/\"").unwrap(), "Aä😀\u{85}\u{a0}/");
        assert_eq!(value("\"a\u{2028}\n b\"").unwrap(), "a\u{2028}\nb");
    }

    #[test]
    fn wrong_escapes_and_ends_are_named() {
        let problem = |text| value(text).unwrap_err();
        assert_eq!(problem("\"\\z\""), "found unknown escape character 'z'");
        assert_eq!(problem("\"\\xg\""), "expected escape sequence of 2 hexadecimal numbers, but found 'g'");
        assert_eq!(problem("\"\\U00110000\""), "chr() arg not in range(0x110000)");
        assert_eq!(problem("'a"), "found unexpected end of stream");
        assert_eq!(problem("'a\n--- b'"), "found unexpected document separator");
    }
}
