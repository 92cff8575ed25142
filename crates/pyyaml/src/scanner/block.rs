//! Scalars behind `|` and `>`: lines taken as they are, or folded, down to where the indentation ends.

use super::{Result, Scanner};
use crate::error::Error;
use crate::event::ScalarStyle;
use crate::mark::Mark;
use crate::text::Text;
use crate::token::{Token, TokenKind};

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn fetch_block_scalar(&mut self, style: ScalarStyle) -> Result<()> {
        self.key_allowed = true;
        self.drop_key()?;
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let (chomping, explicit) = self.block_indicators(start)?;
        self.block_header_end(start)?;
        let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        let mut value = Text::default();
        let mut breaks = Vec::new();
        let (indent, mut end) = match explicit {
            Some(by) => {
                let indent = least + by - 1;
                (indent, self.block_empty_lines(indent, &mut breaks))
            }
            None => self.block_indentation(least, &mut breaks),
        };
        let mut line_break = "";
        while self.cursor.column() == indent && self.cursor.peek() != 0 {
            breaks.drain(..).for_each(|part| value.push_str(part));
            let indented = matches!(self.cursor.peek(), b' ' | b'\t');
            value.push_str(self.cursor.take_line());
            line_break = self.cursor.take_break().unwrap_or("");
            end = self.block_empty_lines(indent, &mut breaks);
            if self.cursor.column() != indent || self.cursor.peek() == 0 {
                break;
            }
            let folds = style == ScalarStyle::Folded && line_break == "\n" && !indented;
            if !folds || matches!(self.cursor.peek(), b' ' | b'\t') {
                value.push_str(line_break);
            } else if breaks.is_empty() {
                value.push_str(" ");
            }
        }
        if chomping != Chomping::Strip {
            value.push_str(line_break);
        }
        if chomping == Chomping::Keep {
            breaks.drain(..).for_each(|part| value.push_str(part));
        }
        self.tokens.push_back(Token { kind: TokenKind::Scalar(value, style), start, end });
        Ok(())
    }

    fn block_indicators(&mut self, start: Mark) -> Result<(Chomping, Option<usize>)> {
        let mut chomping = self.block_chomping();
        let explicit = match self.cursor.peek() {
            b'0' => {
                let problem = "expected indentation indicator in the range 1-9, but found 0";
                return Err(in_scalar(self.error(problem), start));
            }
            digit @ b'1'..=b'9' => {
                self.cursor.skip(1);
                Some(usize::from(digit - b'0'))
            }
            _ => None,
        };
        if explicit.is_some() && chomping.is_none() {
            chomping = self.block_chomping();
        }
        if self.cursor.peek() != b' ' && !self.cursor.at_line_end() {
            return Err(in_scalar(self.expected("chomping or indentation indicators"), start));
        }
        Ok((chomping.unwrap_or(Chomping::Clip), explicit))
    }

    fn block_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.peek() {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.skip(1);
        Some(chomping)
    }

    fn block_header_end(&mut self, start: Mark) -> Result<()> {
        self.cursor.skip_spaces();
        self.skip_comment();
        if !self.cursor.at_line_end() {
            return Err(in_scalar(self.expected("a comment or a line break"), start));
        }
        self.cursor.take_break();
        Ok(())
    }

    /// Moves over the empty lines at the beginning; the most indented line up to and with the first that has text
    /// decides.
    fn block_indentation(&mut self, least: usize, breaks: &mut Vec<&'static str>) -> (usize, Mark) {
        let mut deepest = 0;
        let mut end = self.cursor.mark();
        loop {
            self.cursor.skip_spaces();
            deepest = deepest.max(self.cursor.column());
            let Some(next) = self.cursor.take_break() else { break };
            breaks.push(next);
            end = self.cursor.mark();
        }
        (deepest.max(least), end)
    }

    fn block_empty_lines(&mut self, indent: usize, breaks: &mut Vec<&'static str>) -> Mark {
        let mut end = self.cursor.mark();
        loop {
            while self.cursor.column() < indent && self.cursor.peek() == b' ' {
                self.cursor.skip(1);
            }
            let Some(next) = self.cursor.take_break() else { return end };
            breaks.push(next);
            end = self.cursor.mark();
        }
    }
}

fn in_scalar(error: Error, start: Mark) -> Error {
    error.context_at("while scanning a block scalar", start)
}

#[cfg(test)]
mod tests {
    use crate::parse;

    fn value(text: &str) -> String {
        parse(text.as_bytes()).unwrap().root().unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn chomping_and_indentation_are_as_the_header_says() {
        assert_eq!(
            (value("|\n  a\n   b\n\n"), value("|-\n a\n\n"), value("|+\n a\n\n")),
            ("a\n b\n".into(), "a".into(), "a\n\n".into())
        );
        assert_eq!((value("|1\n  a\n"), value("|+2\n   a\n")), (" a\n".into(), " a\n".into()));
        assert_eq!(value(">\n a\n b\n\n c\n  d\n e\n"), "a b\nc\n d\ne\n");
    }

    #[test]
    fn headers_that_say_nothing_are_refused() {
        let problem = |text: &str| parse(text.as_bytes()).unwrap_err().problem().to_owned();
        assert_eq!(problem("|0"), "expected indentation indicator in the range 1-9, but found 0");
        assert_eq!(problem("|#c"), "expected chomping or indentation indicators, but found '#'");
        assert_eq!(problem("| a"), "expected a comment or a line break, but found 'a'");
    }
}
