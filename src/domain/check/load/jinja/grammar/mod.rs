//! Whether a template can be compiled by Jinja2 as ElastAlert sets it up: no extensions, the filters and tests that
//! come with it. What a template renders to is no matter here.

mod constant;
mod expressions;
mod filters;
mod lexer;
mod meaning;
mod names;
mod number;
mod parser;
mod signature;
mod statements;
mod text;
mod token;

use std::borrow::Cow;

/// Why a template cannot be compiled, in the words of Jinja2.
#[derive(Debug)]
pub(super) struct Refused {
    /// The class of the exception.
    pub(super) class: &'static str,
    /// The line within the template, counted from 1.
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

pub(super) use self::meaning::DOUBT;

type Result<T> = std::result::Result<T, Refused>;

impl Refused {
    fn syntax(line: usize, message: impl Into<String>) -> Self {
        Self { class: "TemplateSyntaxError", line: Some(line), message: message.into() }
    }

    fn assertion(line: usize, message: impl Into<String>) -> Self {
        Self { class: "TemplateAssertionError", line: Some(line), message: message.into() }
    }
}

/// Compiles the template, without its result.
pub(super) fn compile(template: &str) -> Result<()> {
    let mut source = Cow::Borrowed(template);
    if source.contains('\r') {
        source = Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"));
    }
    parser::Parser::new(source.strip_suffix('\n').unwrap_or(&source))?.template()
}
