//! Tokens: what the scanner makes of characters and the parser of events.

use crate::event::ScalarStyle;
use crate::mark::Mark;
use crate::text::Text;
use std::borrow::Cow;

#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'a> {
    StreamEnd,
    Directive(Directive<'a>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// `!handle!suffix`; without a handle the suffix is the whole tag.
    Tag(Option<&'a str>, Cow<'a, str>),
    Scalar(Text<'a>, ScalarStyle),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Directive<'a> {
    /// Major number (only whether it is 1 matters beyond its value) and minor number; both end at `u32::MAX`.
    Yaml(u32, u32),
    Tag(&'a str, Cow<'a, str>),
    Other,
}

impl TokenKind<'_> {
    /// What PyYAML calls the token in a message.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::StreamEnd => "<stream end>",
            Self::Directive(_) => "<directive>",
            Self::DocumentStart => "<document start>",
            Self::DocumentEnd => "<document end>",
            Self::BlockSequenceStart => "<block sequence start>",
            Self::BlockMappingStart => "<block mapping start>",
            Self::BlockEnd => "<block end>",
            Self::FlowSequenceStart => "[",
            Self::FlowSequenceEnd => "]",
            Self::FlowMappingStart => "{",
            Self::FlowMappingEnd => "}",
            Self::BlockEntry => "-",
            Self::FlowEntry => ",",
            Self::Key => "?",
            Self::Value => ":",
            Self::Alias(_) => "<alias>",
            Self::Anchor(_) => "<anchor>",
            Self::Tag(..) => "<tag>",
            Self::Scalar(..) => "<scalar>",
        }
    }
}
