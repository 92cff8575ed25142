//! Tokens to events. What may come next is a frame; the frames of the collections around it wait on a stack, so that
//! depth costs memory and never recursion.

use crate::error::{Error, ErrorClass};
use crate::event::{Event, EventKind, Properties, ScalarStyle};
use crate::mark::Mark;
use crate::repr;
use crate::scanner::Scanner;
use crate::text::Text;
use crate::token::{Directive, Token, TokenKind};
use std::borrow::Cow;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// A key or value of a block mapping, which a sequence may follow without indentation.
    BlockEntry,
}

/// The events of one text.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    frame: Frame,
    outer: Vec<Frame>,
    // Handles of the document's %TAG directives.
    handles: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Whether the next token is one of these.
macro_rules! at {
    ($parser:expr, $pattern:pat) => {
        matches!($parser.scanner.peek()?.map(|token| &token.kind), Some($pattern))
    };
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            frame: Frame::StreamStart,
            outer: Vec::new(),
            handles: Vec::new(),
        }
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
        let mark = self.scanner.mark();
        Ok(self.scanner.peek()?.map_or((mark, mark, "<stream end>"), |t| (t.start, t.end, t.kind.name())))
    }

    fn take(&mut self) -> Result<Token<'a>> {
        let mark = self.scanner.mark();
        let end = Token { kind: TokenKind::StreamEnd, start: mark, end: mark };
        Ok(self.scanner.next()?.unwrap_or(end))
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
                    if self.handles.iter().any(|(known, _)| known == handle) {
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
        let own = self.handles.iter().find(|(known, _)| known == handle).map(|(_, prefix)| &**prefix);
        own.or(match handle {
            "!" => Some("!"),
            "!!" => Some("tag:yaml.org,2002:"),
            _ => None,
        })
    }

    /// A node, after which `then` comes.
    fn node(&mut self, then: Frame, place: Place) -> Result<Event<'a>> {
        use TokenKind as T;
        if at!(self, T::Alias(_)) {
            let token = self.take()?;
            self.frame = then;
            let anchor = Cow::Borrowed(if let T::Alias(name) = token.kind { name } else { "" });
            return Ok(Event::new(EventKind::Alias { anchor }, token.start, token.end));
        }
        let (properties, marks) = self.properties()?;
        let (start, end) = match marks {
            Some(marks) => marks,
            None => self.here().map(|(start, ..)| (start, start))?,
        };
        let implicit = properties.tag.as_deref().is_none_or(|tag| tag == "!");
        if place == Place::BlockEntry && at!(self, T::BlockEntry) {
            let end = self.here()?.1;
            self.outer.push(then);
            self.frame = Frame::Indentless;
            return Ok(Event::new(
                EventKind::SequenceStart { properties, implicit, flow: false },
                start,
                end,
            ));
        }
        let block = place != Place::Flow;
        let (token_start, token_end, name) = self.here()?;
        let (kind, end, inside) = match self.scanner.peek()?.map(|token| &token.kind) {
            Some(T::Scalar(..)) => return self.scalar(then, properties, start),
            Some(T::FlowSequenceStart) => {
                let kind = EventKind::SequenceStart { properties, implicit, flow: true };
                (kind, token_end, Frame::FlowSequence(token_start, true))
            }
            Some(T::FlowMappingStart) => {
                let kind = EventKind::MappingStart { properties, implicit, flow: true };
                (kind, token_end, Frame::FlowKey(token_start, true))
            }
            Some(T::BlockSequenceStart) if block => {
                let kind = EventKind::SequenceStart { properties, implicit, flow: false };
                (kind, token_start, Frame::BlockSequence(token_start))
            }
            Some(T::BlockMappingStart) if block => {
                let kind = EventKind::MappingStart { properties, implicit, flow: false };
                (kind, token_start, Frame::BlockKey(token_start))
            }
            _ if marks.is_some() => {
                self.frame = then;
                let style = ScalarStyle::Plain;
                let implicit = (implicit, false);
                let kind = EventKind::Scalar { properties, value: Text::default(), style, implicit };
                return Ok(Event::new(kind, start, end));
            }
            _ => {
                let found = repr::string(name);
                let problem = format!("expected the node content, but found {found}");
                let context = if block { "while parsing a block node" } else { "while parsing a flow node" };
                return Err(Error::new(ErrorClass::Parser, problem)
                    .at(token_start)
                    .context_at(context, start));
            }
        };
        self.take()?;
        self.outer.push(then);
        self.frame = inside;
        Ok(Event::new(kind, start, end))
    }

    fn scalar(&mut self, then: Frame, properties: Properties<'a>, start: Mark) -> Result<Event<'a>> {
        let token = self.take()?;
        self.frame = then;
        let (value, style) = match token.kind {
            TokenKind::Scalar(value, style) => (value, style),
            _ => (Text::default(), ScalarStyle::Plain),
        };
        let implicit = match properties.tag.as_deref() {
            None if style == ScalarStyle::Plain => (true, false),
            Some("!") => (true, false),
            None => (false, true),
            Some(_) => (false, false),
        };
        Ok(Event::new(EventKind::Scalar { properties, value, style, implicit }, start, token.end))
    }

    /// Anchor and tag in either order, one of each, and where they begin and end.
    fn properties(&mut self) -> Result<(Properties<'a>, Option<(Mark, Mark)>)> {
        let mut properties = Properties::default();
        let mut marks: Option<(Mark, Mark)> = None;
        let mut tag = None;
        loop {
            let wanted = match self.scanner.peek()?.map(|token| &token.kind) {
                Some(TokenKind::Anchor(_)) => properties.anchor.is_none(),
                Some(TokenKind::Tag(..)) => tag.is_none(),
                _ => false,
            };
            if !wanted {
                break;
            }
            let token = self.take()?;
            marks = Some((marks.map_or(token.start, |(start, _)| start), token.end));
            match token.kind {
                TokenKind::Anchor(name) => properties.anchor = Some(Cow::Borrowed(name)),
                TokenKind::Tag(handle, suffix) => tag = Some((handle, suffix, token.start)),
                _ => {}
            }
        }
        if let (Some((handle, suffix, mark)), Some((start, _))) = (tag, marks) {
            properties.tag = Some(match handle {
                None => suffix,
                Some(handle) => {
                    let Some(prefix) = self.resolve_handle(handle) else {
                        let problem = format!("found undefined tag handle {}", repr::string(handle));
                        let error = Error::new(ErrorClass::Parser, problem).at(mark);
                        return Err(error.context_at("while parsing a node", start));
                    };
                    Cow::Owned([prefix, &suffix].concat())
                }
            });
        }
        Ok((properties, marks))
    }

    /// Ends the collection that `frame` belongs to.
    fn close(&mut self, kind: EventKind<'a>) -> Result<Event<'a>> {
        let token = self.take()?;
        self.frame = self.outer.pop().unwrap_or(Frame::Nothing);
        Ok(Event::new(kind, token.start, token.end))
    }

    fn block_sequence(&mut self, start: Mark) -> Result<Event<'a>> {
        use TokenKind as T;
        if at!(self, T::BlockEntry) {
            let token = self.take()?;
            if at!(self, T::BlockEntry | T::BlockEnd) {
                return Ok(Self::empty(token.end));
            }
            return self.node(self.frame, Place::Block);
        }
        if !at!(self, T::BlockEnd) {
            let error = self.unexpected("expected <block end>, but found");
            return Err(within(error, "while parsing a block collection", start));
        }
        self.close(EventKind::SequenceEnd)
    }

    fn indentless(&mut self) -> Result<Event<'a>> {
        use TokenKind as T;
        if at!(self, T::BlockEntry) {
            let token = self.take()?;
            if at!(self, T::BlockEntry | T::Key | T::Value | T::BlockEnd) {
                return Ok(Self::empty(token.end));
            }
            return self.node(self.frame, Place::Block);
        }
        let (start, ..) = self.here()?;
        self.frame = self.outer.pop().unwrap_or(Frame::Nothing);
        Ok(Event::new(EventKind::SequenceEnd, start, start))
    }

    fn block_key(&mut self, start: Mark) -> Result<Event<'a>> {
        use TokenKind as T;
        if at!(self, T::Key) {
            let token = self.take()?;
            let then = Frame::BlockValue(start);
            if at!(self, T::Key | T::Value | T::BlockEnd) {
                self.frame = then;
                return Ok(Self::empty(token.end));
            }
            return self.node(then, Place::BlockEntry);
        }
        if !at!(self, T::BlockEnd) {
            let error = self.unexpected("expected <block end>, but found");
            return Err(within(error, "while parsing a block mapping", start));
        }
        self.close(EventKind::MappingEnd)
    }

    fn block_value(&mut self, start: Mark) -> Result<Event<'a>> {
        use TokenKind as T;
        let then = Frame::BlockKey(start);
        if !at!(self, T::Value) {
            self.frame = then;
            return self.empty_here();
        }
        let token = self.take()?;
        if at!(self, T::Key | T::Value | T::BlockEnd) {
            self.frame = then;
            return Ok(Self::empty(token.end));
        }
        self.node(then, Place::BlockEntry)
    }

    fn flow_sequence(&mut self, start: Mark, first: First) -> Result<Event<'a>> {
        use TokenKind as T;
        if !at!(self, T::FlowSequenceEnd) {
            if !first {
                if !at!(self, T::FlowEntry) {
                    let error = self.unexpected("expected ',' or ']', but got");
                    return Err(within(error, "while parsing a flow sequence", start));
                }
                self.take()?;
            }
            let then = Frame::FlowSequence(start, false);
            if at!(self, T::Key) {
                let (start, end, _) = self.here()?;
                self.outer.push(then);
                self.frame = Frame::PairKey;
                let properties = Properties::default();
                return Ok(Event::new(
                    EventKind::MappingStart { properties, implicit: true, flow: true },
                    start,
                    end,
                ));
            }
            if !at!(self, T::FlowSequenceEnd) {
                return self.node(then, Place::Flow);
            }
        }
        self.close(EventKind::SequenceEnd)
    }

    fn pair_key(&mut self) -> Result<Event<'a>> {
        use TokenKind as T;
        let token = self.take()?;
        if at!(self, T::Value | T::FlowEntry | T::FlowSequenceEnd) {
            self.frame = Frame::PairValue;
            return Ok(Self::empty(token.end));
        }
        self.node(Frame::PairValue, Place::Flow)
    }

    fn pair_value(&mut self) -> Result<Event<'a>> {
        use TokenKind as T;
        if !at!(self, T::Value) {
            self.frame = Frame::PairEnd;
            return self.empty_here();
        }
        let token = self.take()?;
        if at!(self, T::FlowEntry | T::FlowSequenceEnd) {
            self.frame = Frame::PairEnd;
            return Ok(Self::empty(token.end));
        }
        self.node(Frame::PairEnd, Place::Flow)
    }

    fn flow_key(&mut self, start: Mark, first: First) -> Result<Event<'a>> {
        use TokenKind as T;
        if !at!(self, T::FlowMappingEnd) {
            if !first {
                if !at!(self, T::FlowEntry) {
                    let error = self.unexpected("expected ',' or '}', but got");
                    return Err(within(error, "while parsing a flow mapping", start));
                }
                self.take()?;
            }
            if at!(self, T::Key) {
                let token = self.take()?;
                let then = Frame::FlowValue(start);
                if at!(self, T::Value | T::FlowEntry | T::FlowMappingEnd) {
                    self.frame = then;
                    return Ok(Self::empty(token.end));
                }
                return self.node(then, Place::Flow);
            }
            if !at!(self, T::FlowMappingEnd) {
                return self.node(Frame::FlowNoValue(start), Place::Flow);
            }
        }
        self.close(EventKind::MappingEnd)
    }

    fn flow_value(&mut self, start: Mark) -> Result<Event<'a>> {
        use TokenKind as T;
        let then = Frame::FlowKey(start, false);
        if !at!(self, T::Value) {
            self.frame = then;
            return self.empty_here();
        }
        let token = self.take()?;
        if at!(self, T::FlowEntry | T::FlowMappingEnd) {
            self.frame = then;
            return Ok(Self::empty(token.end));
        }
        self.node(then, Place::Flow)
    }
}

/// Says what was being parsed, unless the error is one of the scanner's.
fn within(error: Error, context: &'static str, start: Mark) -> Error {
    if error.class() == ErrorClass::Parser { error.context_at(context, start) } else { error }
}
