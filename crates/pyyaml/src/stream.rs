//! The events of a text as an iterator that ends at the first error. Those of a text in UTF-16 cannot borrow from it
//! and are made all at once.

use crate::error::Error;
use crate::event::Event;
use crate::limits::Limits;
use crate::parser::Parser;
use crate::reader;
use std::borrow::Cow;
use std::vec::IntoIter;

type Item<'a> = Result<Event<'a>, Error>;

pub(crate) enum Stream<'a> {
    Parsing(Box<Parser<'a>>),
    Made(IntoIter<Item<'a>>),
}

impl<'a> Stream<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        let source = match reader::read(bytes, limits) {
            Ok(source) => source,
            Err(error) => return Self::Made(vec![Err(error)].into_iter()),
        };
        if let Cow::Borrowed(text) = source.text {
            return Self::Parsing(Box::new(Parser::new(text)));
        }
        let restore = |item: Item<'_>| match item {
            Ok(event) => {
                let mut event = event.into_owned();
                source.restore(&mut event.span.start);
                source.restore(&mut event.span.end);
                Ok(event)
            }
            Err(error) => Err(error.map_marks(|mark| source.restore(mark))),
        };
        let events: Vec<Item<'a>> =
            Stream::Parsing(Box::new(Parser::new(&source.text))).map(restore).collect();
        Self::Made(events.into_iter())
    }
}

impl<'a> Iterator for Stream<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Made(events) => events.next(),
            Self::Parsing(parser) => {
                let next = parser.next().transpose();
                if matches!(next, None | Some(Err(_))) {
                    *self = Self::Made(Vec::new().into_iter());
                }
                next
            }
        }
    }
}
