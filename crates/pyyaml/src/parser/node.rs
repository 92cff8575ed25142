//! Nodes: anchor and tag, then an alias, a scalar or the beginning of a collection, or nothing, which is null.

use super::{Frame, Parser, Result};
use crate::error::{Error, ErrorClass};
use crate::event::{Event, EventKind, Properties, ScalarStyle};
use crate::mark::Mark;
use crate::repr;
use crate::text::Text;
use crate::token::TokenKind;
use std::borrow::Cow;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Flow,
    Block,
    /// A key or value of a block mapping, which a sequence may follow without indentation.
    BlockEntry,
}

impl<'a> Parser<'a> {
    /// A node, after which `then` comes.
    pub(super) fn node(&mut self, then: Frame, place: Place) -> Result<Event<'a>> {
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

    pub(super) fn scalar(
        &mut self,
        then: Frame,
        properties: Properties<'a>,
        start: Mark,
    ) -> Result<Event<'a>> {
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
    pub(super) fn properties(&mut self) -> Result<(Properties<'a>, Option<(Mark, Mark)>)> {
        let mut properties = Properties::default();
        let mut marks: Option<(Mark, Mark)> = None;
        let mut tag = None;
        // Behind both nothing is looked at, so that an undefined handle comes before what is wrong there.
        while properties.anchor.is_none() || tag.is_none() {
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
}
