//! The words of a template, and how they are called in messages.
//! Texts and numbers are kept as they are written.

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
    /// What stands between the quotes.
    Text(&'a str),
    Int(&'a str),
    Float(&'a str),
    Operator(&'static str),
}

impl Kind<'_> {
    pub(super) fn is_name(self, name: &str) -> bool {
        matches!(self, Kind::Name(own) if own == name)
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Kind::Float(_))
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
            Kind::Text(_) => "string",
            Kind::Int(_) => "integer",
            Kind::Float(_) => "float",
            Kind::Operator(operator) => operator,
        })
    }
}
