//! Collections that indentation holds together. A key or a value that is not written is null, and stands where it
//! would begin.

use super::node::Place;
use super::{Frame, Parser, Result, within};
use crate::event::{Event, EventKind};
use crate::mark::Mark;
use crate::token::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn block_sequence(&mut self, start: Mark) -> Result<Event<'a>> {
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

    pub(super) fn indentless(&mut self) -> Result<Event<'a>> {
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

    pub(super) fn block_key(&mut self, start: Mark) -> Result<Event<'a>> {
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

    pub(super) fn block_value(&mut self, start: Mark) -> Result<Event<'a>> {
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
}
