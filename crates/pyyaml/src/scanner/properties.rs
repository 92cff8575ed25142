//! What stands before nodes and documents: anchors, aliases, tags and directives.

use super::{Result, Scanner};
use crate::error::{Error, ErrorClass};
use crate::mark::Mark;
use crate::python_utf8;
use crate::token::{Directive, Token, TokenKind};
use std::borrow::Cow;

/// Python's default for `sys.set_int_max_str_digits`.
pub(crate) const MAX_DIGITS: usize = 4300;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}

impl<'a> Scanner<'a> {
    pub(super) fn fetch_anchor(&mut self) -> Result<()> {
        self.note_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let is_alias = self.cursor.peek() == b'*';
        self.cursor.skip(1);
        let name = self.take_word();
        let ends = self.cursor.at_blank(0) || b"?:,]}%@`".contains(&self.cursor.peek());
        if name.is_empty() || !ends {
            let context = if is_alias { "while scanning an alias" } else { "while scanning an anchor" };
            return Err(self.expected("alphabetic or numeric character").context_at(context, start));
        }
        let kind = if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        self.tokens.push_back(Token { kind, start, end: self.cursor.mark() });
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Result<()> {
        self.note_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let (handle, suffix) = if self.cursor.peek_at(1) == b'<' {
            self.cursor.skip(2);
            let suffix = self.take_uri("tag", start)?;
            if self.cursor.peek() != b'>' {
                return Err(self.expected("'>'").context_at("while parsing a tag", start));
            }
            self.cursor.skip(1);
            (None, suffix)
        } else if self.cursor.at_blank(1) {
            self.cursor.skip(1);
            (None, Cow::Borrowed("!"))
        } else {
            // A second `!` before the next blank ends a handle.
            let cursor = &self.cursor;
            let mut at = cursor.pos() + 1;
            while !matches!(cursor.byte(at), 0 | b' ' | b'!') && cursor.break_length(at) == 0 {
                at += 1;
            }
            let handle = if cursor.byte(at) == b'!' {
                self.take_handle("tag", start)?
            } else {
                self.cursor.skip(1);
                "!"
            };
            (Some(handle), self.take_uri("tag", start)?)
        };
        if self.cursor.peek() != b' ' && !self.cursor.at_line_end() {
            return Err(self.expected("' '").context_at("while scanning a tag", start));
        }
        self.tokens.push_back(Token { kind: TokenKind::Tag(handle, suffix), start, end: self.cursor.mark() });
        Ok(())
    }

    pub(super) fn fetch_directive(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let name = self.take_word();
        if name.is_empty() || self.cursor.peek() != b' ' && !self.cursor.at_line_end() {
            return Err(in_directive(self.expected("alphabetic or numeric character"), start));
        }
        let directive = match name {
            "YAML" => self.yaml_directive(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => Directive::Other,
        };
        let mut end = self.cursor.mark();
        if directive == Directive::Other {
            self.cursor.take_line();
            end = self.cursor.mark();
        }
        self.cursor.skip_spaces();
        self.skip_comment();
        if !self.cursor.at_line_end() {
            return Err(in_directive(self.expected("a comment or a line break"), start));
        }
        self.cursor.take_break();
        self.tokens.push_back(Token { kind: TokenKind::Directive(directive), start, end });
        Ok(())
    }

    fn yaml_directive(&mut self, start: Mark) -> Result<Directive<'a>> {
        self.cursor.skip_spaces();
        let major = self.directive_number(start)?;
        if self.cursor.peek() != b'.' {
            return Err(in_directive(self.expected("a digit or '.'"), start));
        }
        self.cursor.skip(1);
        let minor = self.directive_number(start)?;
        if self.cursor.peek() != b' ' && !self.cursor.at_line_end() {
            return Err(in_directive(self.expected("a digit or ' '"), start));
        }
        Ok(Directive::Yaml(major, minor))
    }

    fn directive_number(&mut self, start: Mark) -> Result<u32> {
        let from = self.cursor.pos();
        while self.cursor.peek().is_ascii_digit() {
            self.cursor.skip(1);
        }
        let digits = self.cursor.slice(from, self.cursor.pos());
        if digits.is_empty() {
            return Err(in_directive(self.expected("a digit"), start));
        }
        if digits.len() > MAX_DIGITS {
            return Err(Error::new(ErrorClass::Value, too_many_digits(digits.len())).at(self.cursor.mark()));
        }
        let digits = digits.trim_start_matches('0');
        Ok(if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u32::MAX) })
    }

    fn tag_directive(&mut self, start: Mark) -> Result<Directive<'a>> {
        self.cursor.skip_spaces();
        let handle = self.take_handle("directive", start)?;
        if self.cursor.peek() != b' ' {
            return Err(in_directive(self.expected("' '"), start));
        }
        self.cursor.skip_spaces();
        let prefix = self.take_uri("directive", start)?;
        if self.cursor.peek() != b' ' && !self.cursor.at_line_end() {
            return Err(in_directive(self.expected("' '"), start));
        }
        Ok(Directive::Tag(handle, prefix))
    }

    fn take_word(&mut self) -> &'a str {
        let from = self.cursor.pos();
        while is_word(self.cursor.peek()) {
            self.cursor.skip(1);
        }
        self.cursor.slice(from, self.cursor.pos())
    }

    /// `!`, `!!` or `!name!`.
    fn take_handle(&mut self, what: &str, start: Mark) -> Result<&'a str> {
        let from = self.cursor.pos();
        if self.cursor.peek() == b'!' {
            self.cursor.skip(1);
            if self.cursor.peek() == b' ' {
                return Ok("!");
            }
            self.take_word();
        } else {
            return Err(self.expected("'!'").context_at(format!("while scanning a {what}"), start));
        }
        if self.cursor.peek() != b'!' {
            return Err(self.expected("'!'").context_at(format!("while scanning a {what}"), start));
        }
        self.cursor.skip(1);
        Ok(self.cursor.slice(from, self.cursor.pos()))
    }

    fn take_uri(&mut self, what: &str, start: Mark) -> Result<Cow<'a, str>> {
        let mut uri = Cow::Borrowed("");
        let mut from = self.cursor.pos();
        let begin = from;
        while is_uri(self.cursor.peek()) {
            if self.cursor.peek() == b'%' {
                uri.to_mut().push_str(self.cursor.slice(from, self.cursor.pos()));
                let text = self.uri_escapes(what, start)?;
                uri.to_mut().push_str(&text);
                from = self.cursor.pos();
            } else {
                self.cursor.skip(1);
            }
        }
        if self.cursor.pos() == begin {
            return Err(self.expected("URI").context_at(format!("while parsing a {what}"), start));
        }
        let tail = self.cursor.slice(from, self.cursor.pos());
        if uri.is_empty() {
            return Ok(Cow::Borrowed(tail));
        }
        uri.to_mut().push_str(tail);
        Ok(uri)
    }

    /// A row of `%xx`, which together have to be UTF-8.
    fn uri_escapes(&mut self, what: &str, start: Mark) -> Result<String> {
        let mark = self.cursor.mark();
        let mut bytes = Vec::new();
        while self.cursor.peek() == b'%' {
            self.cursor.skip(1);
            let mut code = 0;
            for char in self.cursor.rest().chars().chain(['\0']).take(2) {
                let Some(digit) = char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()) else {
                    let problem = "expected URI escape sequence of 2 hexadecimal numbers, but found ";
                    return Err(self
                        .error(format!("{problem}{}", crate::repr::char(char)))
                        .context_at(format!("while scanning a {what}"), start));
                };
                code = code << 4 | digit;
            }
            bytes.push(code);
            self.cursor.skip(2);
        }
        String::from_utf8(bytes).map_err(|error| {
            let problem = python_utf8::explain(error.as_bytes()).message();
            Error::new(ErrorClass::Scanner, problem)
                .at(mark)
                .context_at(format!("while scanning a {what}"), start)
        })
    }
}

/// Python's message about an integer that is too long to read.
pub(crate) fn too_many_digits(digits: usize) -> String {
    format!(
        "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: value has {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
    )
}

fn in_directive(error: Error, start: Mark) -> Error {
    error.context_at("while scanning a directive", start)
}

#[cfg(test)]
mod tests {
    use crate::parse;

    fn tag(text: &str) -> String {
        parse(text.as_bytes()).unwrap().root().unwrap().tag().to_owned()
    }

    #[test]
    fn tags_are_put_together_from_handle_and_suffix() {
        assert_eq!(
            (tag("!foo[] 1"), tag("!!foo 1"), tag("!<x:y> 1")),
            ("!foo[]".into(), "tag:yaml.org,2002:foo".into(), "x:y".into())
        );
        assert_eq!(
            (tag("%TAG !e! e:\n---\n!e!a%c3%a4 1"), tag("! 1")),
            ("e:aä".into(), "tag:yaml.org,2002:int".into())
        );
    }

    #[test]
    fn names_end_where_they_have_to() {
        let problem = |text: &str| parse(text.as_bytes()).unwrap_err().problem().to_owned();
        assert_eq!(problem("&x.y a"), "expected alphabetic or numeric character, but found '.'");
        assert_eq!(
            problem("!a%ff b"),
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
        );
        assert_eq!(problem("!a^ b"), "expected ' ', but found '^'");
        assert_eq!(problem("%YAML 1\n---"), "expected a digit or '.', but found '\\n'");
        assert!(parse(b"%FOO x\n---\na").is_ok() && parse(b"%YAML 1.3\n---\na").is_ok());
    }
}
