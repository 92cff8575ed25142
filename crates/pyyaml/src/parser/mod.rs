//! Tokens to events. What may come next is a frame; the frames of the collections around it wait on a stack, so that
//! depth costs memory and never recursion.

/// Whether the next token is one of these.
macro_rules! at {
    ($parser:expr, $pattern:pat) => {
        matches!($parser.scanner.peek()?.map(|token| &token.kind), Some($pattern))
    };
}

mod block;
mod flow;
mod node;

use crate::comment::Comment;
use crate::error::{Error, ErrorClass};
use crate::event::{Event, EventKind, Properties, ScalarStyle};
use crate::mark::Mark;
use crate::repr;
use crate::scanner::Scanner;
use crate::text::Text;
use crate::token::{Directive, Token, TokenKind};
use node::Place;
use std::borrow::Cow;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, Error>;

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Frame {
    StreamStart,
    /// A document; the first one may begin without `---`.
    Document {
        first: bool,
    },
    /// The content of a document that began without `---`, which cannot be empty.
    BareContent,
    DocumentContent,
    DocumentEnd,
    BlockSequence(Mark),
    /// The entries of a sequence at the column of the key that it belongs to.
    Indentless,
    BlockKey(Mark),
    BlockValue(Mark),
    FlowSequence(Mark, First),
    /// `[a: b]`, a mapping of one pair.
    PairKey,
    PairValue,
    PairEnd,
    FlowKey(Mark, First),
    FlowValue(Mark),
    /// The value of a key in braces without `:`.
    FlowNoValue(Mark),
    Nothing,
}

/// Whether nothing has been read yet that a comma would have to follow.
type First = bool;

/// The events of one text.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    frame: Frame,
    outer: Vec<Frame>,
    // Handles of the document's %TAG directives.
    handles: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    // The place of each, since there may be thousands.
    places: HashMap<&'a str, usize>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            frame: Frame::StreamStart,
            outer: Vec::new(),
            handles: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// One that keeps the comments.
    pub(crate) fn with_comments(text: &'a str) -> Self {
        let mut parser = Self::new(text);
        parser.scanner.keep_comments();
        parser
    }

    /// The comments so far; behind the last event they are all.
    pub(crate) fn take_comments(&mut self) -> Vec<Comment> {
        self.scanner.take_comments()
    }

    /// The next event; `None` behind the last one.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>> {
        use TokenKind as T;
        let event = match self.frame {
            Frame::Nothing => return Ok(None),
            Frame::StreamStart => {
                self.frame = Frame::Document { first: true };
                Event::new(EventKind::StreamStart, Mark::default(), Mark::default())
            }
            Frame::Document { first } => self.document(first)?,
            Frame::BareContent => self.node(Frame::DocumentEnd, Place::Block)?,
            Frame::DocumentContent => {
                if at!(self, T::Directive(_) | T::DocumentStart | T::DocumentEnd | T::StreamEnd) {
                    self.frame = Frame::DocumentEnd;
                    self.empty_here()?
                } else {
                    self.node(Frame::DocumentEnd, Place::Block)?
                }
            }
            Frame::DocumentEnd => {
                let (start, ..) = self.here()?;
                let mut end = start;
                let explicit = at!(self, T::DocumentEnd);
                if explicit {
                    end = self.take()?.end;
                }
                self.frame = Frame::Document { first: false };
                Event::new(EventKind::DocumentEnd { explicit }, start, end)
            }
            Frame::BlockSequence(start) => self.block_sequence(start)?,
            Frame::Indentless => self.indentless()?,
            Frame::BlockKey(start) => self.block_key(start)?,
            Frame::BlockValue(start) => self.block_value(start)?,
            Frame::FlowSequence(start, first) => self.flow_sequence(start, first)?,
            Frame::PairKey => self.pair_key()?,
            Frame::PairValue => self.pair_value()?,
            Frame::PairEnd => {
                let (start, ..) = self.here()?;
                self.frame = self.outer.pop().unwrap_or(Frame::Nothing);
                Event::new(EventKind::MappingEnd, start, start)
            }
            Frame::FlowKey(start, first) => self.flow_key(start, first)?,
            Frame::FlowValue(start) => self.flow_value(start)?,
            Frame::FlowNoValue(start) => {
                self.frame = Frame::FlowKey(start, false);
                self.empty_here()?
            }
        };
        Ok(Some(event))
    }

    /// Start, end and name of the next token.
    fn here(&mut self) -> Result<(Mark, Mark, &'static str)> {
        if let Some(token) = self.scanner.peek()? {
            return Ok((token.start, token.end, token.kind.name()));
        }
        let mark = self.scanner.mark();
        Ok((mark, mark, "<stream end>"))
    }

    fn take(&mut self) -> Result<Token<'a>> {
        if let Some(token) = self.scanner.next()? {
            return Ok(token);
        }
        let mark = self.scanner.mark();
        Ok(Token { kind: TokenKind::StreamEnd, start: mark, end: mark })
    }

    /// A null that is not written.
    fn empty(mark: Mark) -> Event<'a> {
        let kind = EventKind::Scalar {
            properties: Properties::default(),
            value: Text::default(),
            style: ScalarStyle::Plain,
            implicit: (true, false),
        };
        Event::new(kind, mark, mark)
    }

    fn empty_here(&mut self) -> Result<Event<'a>> {
        Ok(Self::empty(self.here()?.0))
    }

    /// What cannot go on as it has to: `expected`, then the name of the token that is there.
    fn unexpected(&mut self, expected: &str) -> Error {
        match self.here() {
            Ok((start, _, name)) => {
                Error::new(ErrorClass::Parser, format!("{expected} {}", repr::string(name))).at(start)
            }
            Err(error) => error,
        }
    }

    fn document(&mut self, first: bool) -> Result<Event<'a>> {
        use TokenKind as T;
        self.handles.clear();
        self.places.clear();
        if first && !at!(self, T::Directive(_) | T::DocumentStart | T::StreamEnd) {
            let (start, ..) = self.here()?;
            self.frame = Frame::BareContent;
            let kind = EventKind::DocumentStart { explicit: false, version: None, tags: Vec::new() };
            return Ok(Event::new(kind, start, start));
        }
        while at!(self, T::DocumentEnd) {
            self.take()?;
        }
        let (start, ..) = self.here()?;
        if at!(self, T::StreamEnd) {
            let token = self.take()?;
            self.frame = Frame::Nothing;
            return Ok(Event::new(EventKind::StreamEnd, token.start, token.end));
        }
        let version = self.directives()?;
        if !at!(self, T::DocumentStart) {
            return Err(self.unexpected("expected '<document start>', but found"));
        }
        let end = self.take()?.end;
        self.frame = Frame::DocumentContent;
        let kind = EventKind::DocumentStart { explicit: true, version, tags: self.handles.clone() };
        Ok(Event::new(kind, start, end))
    }

    fn directives(&mut self) -> Result<Option<(u32, u32)>> {
        let mut version = None;
        while at!(self, TokenKind::Directive(_)) {
            let token = self.take()?;
            let refuse = |problem: String| Err(Error::new(ErrorClass::Parser, problem).at(token.start));
            match token.kind {
                TokenKind::Directive(Directive::Yaml(major, minor)) => {
                    if version.is_some() {
                        return refuse("found duplicate YAML directive".into());
                    }
                    if major != 1 {
                        return refuse("found incompatible YAML document (version 1.* is required)".into());
                    }
                    version = Some((major, minor));
                }
                TokenKind::Directive(Directive::Tag(handle, prefix)) => {
                    if self.places.insert(handle, self.handles.len()).is_some() {
                        return refuse(format!("duplicate tag handle {}", repr::string(handle)));
                    }
                    self.handles.push((Cow::Borrowed(handle), prefix));
                }
                _ => {}
            }
        }
        Ok(version)
    }

    fn resolve_handle(&self, handle: &str) -> Option<&str> {
        let own = self.places.get(handle).and_then(|at| self.handles.get(*at)).map(|(_, prefix)| &**prefix);
        own.or(match handle {
            "!" => Some("!"),
            "!!" => Some("tag:yaml.org,2002:"),
            _ => None,
        })
    }

    /// Ends the collection that `frame` belongs to.
    fn close(&mut self, kind: EventKind<'a>) -> Result<Event<'a>> {
        let token = self.take()?;
        self.frame = self.outer.pop().unwrap_or(Frame::Nothing);
        Ok(Event::new(kind, token.start, token.end))
    }
}

/// Says what was being parsed, unless the error is one of the scanner's.
fn within(error: Error, context: &'static str, start: Mark) -> Error {
    if error.class() == ErrorClass::Parser { error.context_at(context, start) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> String {
        let mut parser = Parser::new(text);
        let mut out = Vec::new();
        while let Some(event) = parser.next().unwrap() {
            let Mark { line, column, .. } = event.span.start;
            let name = match event.kind {
                EventKind::DocumentStart { explicit: true, .. } => "---",
                EventKind::DocumentEnd { explicit: true } => "...",
                EventKind::Alias { .. } => "*",
                EventKind::Scalar { .. } => "=",
                EventKind::SequenceStart { .. } => "[",
                EventKind::SequenceEnd => "]",
                EventKind::MappingStart { .. } => "{",
                EventKind::MappingEnd => "}",
                _ => continue,
            };
            out.push(format!("{name}{line}:{column}"));
        }
        out.join(" ")
    }

    #[test]
    fn what_is_not_written_stands_where_it_would() {
        assert_eq!(events("a:\n- b\n-\n"), "{0:0 =0:0 [1:0 =1:2 =2:1 ]3:0 }3:0");
        assert_eq!(events("{a, ? b, c: }"), "{0:0 =0:1 =0:2 =0:6 =0:7 =0:9 =0:11 }0:12");
        assert_eq!(events("[a: b, ? c]"), "[0:0 {0:1 =0:1 =0:4 }0:5 {0:7 =0:9 =0:10 }0:10 ]0:10");
        assert_eq!(events("--- &a\n...\n--- [&b x, *b]"), "---0:0 =0:4 ...1:0 ---2:0 [2:4 =2:5 *2:11 ]2:13");
    }

    #[test]
    fn what_cannot_go_on_is_named() {
        let problem = |text: &str| {
            let mut parser = Parser::new(text);
            loop {
                if let Err(error) = parser.next() {
                    return error.to_string();
                }
            }
        };
        assert_eq!(
            problem("[a b: c"),
            "while parsing a flow sequence, expected ',' or ']', but got '<stream end>' (line 1, column 8)"
        );
        assert_eq!(
            problem("a: ]"),
            "while parsing a block node, expected the node content, but found ']' (line 1, column 4)"
        );
        assert_eq!(
            problem("- a\nb: c"),
            "while parsing a block collection, expected <block end>, but found '?' (line 2, column 1)"
        );
        assert_eq!(
            problem("%YAML 2.0\n---"),
            "found incompatible YAML document (version 1.* is required) (line 1, column 1)"
        );
    }
}
