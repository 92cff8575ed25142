//! Collections in brackets and braces, and the mappings of one pair that may stand in brackets without braces.

use super::node::Place;
use super::{First, Frame, Parser, Result, within};
use crate::event::{Event, EventKind, Properties};
use crate::mark::Mark;
use crate::token::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence(&mut self, start: Mark, first: First) -> Result<Event<'a>> {
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

    pub(super) fn pair_key(&mut self) -> Result<Event<'a>> {
        use TokenKind as T;
        let token = self.take()?;
        if at!(self, T::Value | T::FlowEntry | T::FlowSequenceEnd) {
            self.frame = Frame::PairValue;
            return Ok(Self::empty(token.end));
        }
        self.node(Frame::PairValue, Place::Flow)
    }

    pub(super) fn pair_value(&mut self) -> Result<Event<'a>> {
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

    pub(super) fn flow_key(&mut self, start: Mark, first: First) -> Result<Event<'a>> {
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

    pub(super) fn flow_value(&mut self, start: Mark) -> Result<Event<'a>> {
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
