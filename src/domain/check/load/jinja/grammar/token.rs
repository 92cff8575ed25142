//! The words of a template, and how they are called in messages.
//! Texts and numbers keep no more of their value than whether it counts as true.

use std::fmt::{Display, Formatter};

/// One word of a template with the line in which it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) line: usize,
    pub(super) kind: Kind<'a>,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    Eof,
    /// Text outside of tags; whether it is only white space.
    Data {
        blank: bool,
    },
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(&'a str),
    /// Whether anything stands in it.
    Text {
        empty: bool,
    },
    /// Whether it is zero.
    Int {
        zero: bool,
    },
    Float {
        zero: bool,
    },
    Operator(&'static str),
}

impl Kind<'_> {
    pub(super) fn is_name(self, name: &str) -> bool {
        matches!(self, Kind::Name(own) if own == name)
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Kind::Float { .. })
    }

    pub(super) fn is(self, operator: &str) -> bool {
        matches!(self, Kind::Operator(own) if own == operator)
    }
}

impl Display for Kind<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Kind::Eof => "end of template",
            Kind::Data { .. } => "template data / text",
            Kind::VariableBegin => "begin of print statement",
            Kind::VariableEnd => "end of print statement",
            Kind::BlockBegin => "begin of statement block",
            Kind::BlockEnd => "end of statement block",
            Kind::Name(name) => name,
            Kind::Text { .. } => "string",
            Kind::Int { .. } => "integer",
            Kind::Float { .. } => "float",
            Kind::Operator(operator) => operator,
        })
    }
}
