//! Events: the flat form of a document, one for each thing that begins or ends. They are what the parser makes of
//! tokens, and enough for a reader that does not need a tree.

use crate::mark::{Mark, Span};
use crate::text::Text;
use std::borrow::Cow;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// `text`
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl ScalarStyle {
    /// The character that PyYAML's `style` attribute holds; `None` for a plain scalar.
    pub fn indicator(self) -> Option<char> {
        match self {
            Self::Plain => None,
            Self::SingleQuoted => Some('\''),
            Self::DoubleQuoted => Some('"'),
            Self::Literal => Some('|'),
            Self::Folded => Some('>'),
        }
    }
}

/// One event and the place it takes in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// What it is.
    pub kind: EventKind<'a>,
    /// Where it stands. Ends that the text does not write (of a block) are empty spans.
    pub span: Span,
}

impl<'a> Event<'a> {
    pub(crate) fn new(kind: EventKind<'a>, start: Mark, end: Mark) -> Self {
        Self { kind, span: Span { start, end } }
    }

    /// The same event without a borrow.
    pub fn into_owned(self) -> Event<'static> {
        Event { kind: self.kind.into_owned(), span: self.span }
    }
}

/// The anchor, tag and implicitness that a node's first event carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties<'a> {
    /// The name behind `&`.
    pub anchor: Option<Cow<'a, str>>,
    /// The tag with its handle replaced; `!` alone stays `!`.
    pub tag: Option<Cow<'a, str>>,
}

impl Properties<'_> {
    fn into_owned(self) -> Properties<'static> {
        Properties { anchor: self.anchor.map(own), tag: self.tag.map(own) }
    }
}

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind<'a> {
    /// The first event.
    StreamStart,
    /// The last event.
    StreamEnd,
    /// A document begins.
    DocumentStart {
        /// Whether it is marked with `---`.
        explicit: bool,
        /// Major and minor number of a `%YAML` directive.
        version: Option<(u32, u32)>,
        /// Handles and prefixes of the `%TAG` directives, in their order.
        tags: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    },
    /// A document ends.
    DocumentEnd {
        /// Whether it is marked with `...`.
        explicit: bool,
    },
    /// `*name`
    Alias {
        /// The name behind `*`.
        anchor: Cow<'a, str>,
    },
    /// A scalar.
    Scalar {
        /// Anchor and tag.
        properties: Properties<'a>,
        /// The text, unescaped and with its lines folded.
        value: Text<'a>,
        /// How it is written.
        style: ScalarStyle,
        /// PyYAML's `implicit`: whether the tag may be resolved as a plain scalar's, and as another's.
        implicit: (bool, bool),
    },
    /// A sequence begins.
    SequenceStart {
        /// Anchor and tag.
        properties: Properties<'a>,
        /// PyYAML's `implicit`: no tag, or `!`.
        implicit: bool,
        /// Whether it is written with brackets.
        flow: bool,
    },
    /// A sequence ends.
    SequenceEnd,
    /// A mapping begins.
    MappingStart {
        /// Anchor and tag.
        properties: Properties<'a>,
        /// PyYAML's `implicit`: no tag, or `!`.
        implicit: bool,
        /// Whether it is written with braces.
        flow: bool,
    },
    /// A mapping ends.
    MappingEnd,
}

impl EventKind<'_> {
    fn into_owned(self) -> EventKind<'static> {
        match self {
            Self::StreamStart => EventKind::StreamStart,
            Self::StreamEnd => EventKind::StreamEnd,
            Self::DocumentStart { explicit, version, tags } => {
                let tags = tags.into_iter().map(|(handle, prefix)| (own(handle), own(prefix))).collect();
                EventKind::DocumentStart { explicit, version, tags }
            }
            Self::DocumentEnd { explicit } => EventKind::DocumentEnd { explicit },
            Self::Alias { anchor } => EventKind::Alias { anchor: own(anchor) },
            Self::Scalar { properties, value, style, implicit } => {
                let (properties, value) = (properties.into_owned(), value.into_owned());
                EventKind::Scalar { properties, value, style, implicit }
            }
            Self::SequenceStart { properties, implicit, flow } => {
                EventKind::SequenceStart { properties: properties.into_owned(), implicit, flow }
            }
            Self::SequenceEnd => EventKind::SequenceEnd,
            Self::MappingStart { properties, implicit, flow } => {
                EventKind::MappingStart { properties: properties.into_owned(), implicit, flow }
            }
            Self::MappingEnd => EventKind::MappingEnd,
        }
    }
}
