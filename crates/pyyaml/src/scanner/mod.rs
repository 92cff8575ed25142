//! Characters to tokens. A token is handed out only when it is certain that no key indicator has to go before it:
//! `a` is a key once `:` is seen behind it, and until then, or until the line or 1,024 characters are over, it waits.

mod block;
mod cursor;
mod keys;
mod plain;
mod properties;
mod quoted;

pub(crate) use properties::{MAX_DIGITS, too_many_digits};

use crate::comment::Comment;
use crate::error::{Error, ErrorClass};
use crate::event::ScalarStyle;
use crate::mark::{Mark, Span};
use crate::repr;
use crate::token::{Token, TokenKind};
use cursor::Cursor;
use keys::Keys;
use std::collections::VecDeque;

type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    cursor: Cursor<'a>,
    tokens: VecDeque<Token<'a>>,
    // Tokens handed out; with it, tokens have numbers that stay.
    taken: usize,
    // The first token is certain, so that looking at it again costs nothing.
    ready: bool,
    done: bool,
    // How many brackets and braces are open. Block structure counts only when none is.
    flow: usize,
    // The columns of the open block collections; -1 is the document itself.
    indent: isize,
    outer_indents: Vec<isize>,
    keys: Keys,
    key_allowed: bool,
    // None when nobody asks for them.
    comments: Option<Vec<Comment>>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            ready: false,
            done: false,
            flow: 0,
            indent: -1,
            outer_indents: Vec::new(),
            keys: Keys::default(),
            key_allowed: true,
            comments: None,
        }
    }

    pub(crate) fn keep_comments(&mut self) {
        self.comments = Some(Vec::new());
    }

    pub(crate) fn take_comments(&mut self) -> Vec<Comment> {
        self.comments.take().unwrap_or_default()
    }

    /// The next token. Behind the last one there is none, which the parser does not ask for.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Option<&Token<'a>>> {
        if !self.ready {
            self.fill()?;
        }
        Ok(self.tokens.front())
    }

    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>> {
        if !self.ready {
            self.fill()?;
        }
        self.ready = false;
        let token = self.tokens.pop_front();
        self.taken += usize::from(token.is_some());
        Ok(token)
    }

    pub(crate) fn mark(&self) -> Mark {
        self.cursor.mark()
    }

    fn fill(&mut self) -> Result<()> {
        while !self.done {
            if !self.tokens.is_empty() {
                self.drop_stale_keys()?;
                if self.keys.first_token() != Some(self.taken) {
                    break;
                }
            }
            self.fetch()?;
        }
        self.ready = true;
        Ok(())
    }

    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.close_blocks(self.column());
        let start_of_line = self.cursor.column() == 0;
        match self.cursor.peek() {
            0 => self.fetch_end(),
            b'%' if start_of_line => self.fetch_directive(),
            b'-' if start_of_line && self.cursor.at_separator() => {
                self.fetch_separator(TokenKind::DocumentStart)
            }
            b'.' if start_of_line && self.cursor.at_separator() => {
                self.fetch_separator(TokenKind::DocumentEnd)
            }
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.cursor.at_blank(1) => self.fetch_block_entry(),
            b'?' if self.flow > 0 || self.cursor.at_blank(1) => self.fetch_key(),
            b':' if self.flow > 0 || self.cursor.at_blank(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' if self.flow == 0 => self.fetch_block_scalar(ScalarStyle::Literal),
            b'>' if self.flow == 0 => self.fetch_block_scalar(ScalarStyle::Folded),
            b'\'' => self.fetch_quoted(ScalarStyle::SingleQuoted),
            b'"' => self.fetch_quoted(ScalarStyle::DoubleQuoted),
            _ if self.at_plain() => self.fetch_plain(),
            _ => {
                let found = repr::char(self.cursor.peek_char());
                Err(self
                    .error(format!("found character {found} that cannot start any token"))
                    .while_("while scanning for the next token"))
            }
        }
    }

    /// An error at the place.
    fn error(&self, problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(ErrorClass::Scanner, problem).at(self.cursor.mark())
    }

    /// `expected x, but found 'y'`, at the place.
    fn expected(&self, expected: &str) -> Error {
        self.error(format!("expected {expected}, but found {}", repr::char(self.cursor.peek_char())))
    }

    fn column(&self) -> isize {
        self.cursor.column().cast_signed()
    }

    /// Moves over blanks, comments and line breaks. Tabs are none of these: they stop here and start no token.
    fn skip_to_token(&mut self) {
        if self.cursor.pos() == 0 && self.cursor.peek_char() == '\u{feff}' {
            self.cursor.skip_char();
        }
        loop {
            self.cursor.skip_spaces();
            self.skip_comment();
            if self.cursor.take_break().is_none() {
                return;
            }
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Moves over a comment if one begins here.
    fn skip_comment(&mut self) {
        if self.cursor.peek() != b'#' {
            return;
        }
        let start = self.cursor.mark();
        self.cursor.take_line();
        if let Some(comments) = &mut self.comments {
            let behind = self.cursor.end_before(start, if self.flow > 0 { &[',', ':'] } else { &[':'] });
            comments.push(Comment { span: Span { start, end: self.cursor.mark() }, behind });
        }
    }

    /// Ends the block collections that are indented deeper than `column`.
    fn close_blocks(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.indent = self.outer_indents.pop().unwrap_or(-1);
            self.push_here(TokenKind::BlockEnd);
        }
    }

    /// Opens a block collection at this column unless one is open there.
    fn open_block(&mut self, column: usize) -> bool {
        let column = column.cast_signed();
        if self.indent >= column {
            return false;
        }
        self.outer_indents.push(self.indent);
        self.indent = column;
        true
    }

    fn push_here(&mut self, kind: TokenKind<'a>) {
        let mark = self.cursor.mark();
        self.tokens.push_back(Token { kind, start: mark, end: mark });
    }

    /// A token of a few ASCII characters.
    fn push_short(&mut self, kind: TokenKind<'a>, length: usize) {
        let start = self.cursor.mark();
        self.cursor.skip(length);
        self.tokens.push_back(Token { kind, start, end: self.cursor.mark() });
    }

    fn fetch_end(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.keys = Keys::default();
        self.push_here(TokenKind::StreamEnd);
        self.done = true;
        Ok(())
    }

    fn fetch_separator(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.push_short(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.note_key()?;
        self.flow += 1;
        self.key_allowed = true;
        self.push_short(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.drop_key()?;
        // One too many is for the parser to refuse, which looks at no token behind it.
        self.flow = self.flow.saturating_sub(1);
        self.key_allowed = false;
        self.push_short(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<()> {
        self.key_allowed = true;
        self.drop_key()?;
        self.push_short(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.error("sequence entries are not allowed here"));
            }
            if self.open_block(self.cursor.column()) {
                self.push_here(TokenKind::BlockSequenceStart);
            }
        }
        self.key_allowed = true;
        self.drop_key()?;
        self.push_short(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.error("mapping keys are not allowed here"));
            }
            if self.open_block(self.cursor.column()) {
                self.push_here(TokenKind::BlockMappingStart);
            }
        }
        self.key_allowed = self.flow == 0;
        self.drop_key()?;
        self.push_short(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        if let Some(key) = self.keys.take(self.flow) {
            let at = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(at, Token { kind: TokenKind::Key, start: key.mark, end: key.mark });
            if self.flow == 0 && self.open_block(key.mark.column) {
                let start = Token { kind: TokenKind::BlockMappingStart, start: key.mark, end: key.mark };
                self.tokens.insert(at, start);
            }
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    return Err(self.error("mapping values are not allowed here"));
                }
                if self.open_block(self.cursor.column()) {
                    self.push_here(TokenKind::BlockMappingStart);
                }
            }
            self.key_allowed = self.flow == 0;
        }
        self.push_short(TokenKind::Value, 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        let mut scanner = Scanner::new(text);
        let mut names = Vec::new();
        while let Some(token) = scanner.next().unwrap() {
            names.push(token.kind.name());
        }
        names.join(" ")
    }

    fn problem(text: &str) -> String {
        let mut scanner = Scanner::new(text);
        loop {
            if let Err(error) = scanner.next() {
                return format!("{} at {}", error.problem(), error.mark().unwrap().column);
            }
        }
    }

    #[test]
    fn a_key_gets_its_indicator_before_it_once_the_colon_is_seen() {
        assert_eq!(tokens("a: b"), "<block mapping start> ? <scalar> : <scalar> <block end> <stream end>");
        assert_eq!(
            tokens("[a]: b"),
            "<block mapping start> ? [ <scalar> ] : <scalar> <block end> <stream end>"
        );
        assert_eq!(tokens("{a\n: b}"), "{ <scalar> : <scalar> } <stream end>");
        let far = format!("[{}]: v", "a".repeat(1021));
        assert_eq!(tokens(&far), "<block mapping start> ? [ <scalar> ] : <scalar> <block end> <stream end>");
        assert_eq!(
            problem(&format!("[{}]: v", "a".repeat(1023))),
            "mapping values are not allowed here at 1025"
        );
    }

    #[test]
    fn a_tab_starts_no_token_but_is_text_inside_of_one() {
        assert_eq!(problem("a:\tb"), "found character '\\t' that cannot start any token at 2");
        assert_eq!(problem("a: b\t"), "found character '\\t' that cannot start any token at 4");
        assert_eq!(
            tokens("a: |\n  \tb"),
            "<block mapping start> ? <scalar> : <scalar> <block end> <stream end>"
        );
        assert_eq!(tokens("'a\n\tb'"), "<scalar> <stream end>");
    }

    #[test]
    fn an_unfinished_key_is_reported_where_it_became_certain() {
        assert_eq!(problem("a: b\nc\nd: e"), "could not find expected ':' at 0");
        assert_eq!(problem("a: b: c"), "mapping values are not allowed here at 4");
        assert_eq!(problem("- a\n b:\n - c: - d"), "mapping values are not allowed here at 2");
    }
}
