//! What can be wrong with a text, in PyYAML's words and at PyYAML's marks. [`Error::render`] writes what `str(error)`
//! gives in Python, frame included.

use crate::frame;
use crate::mark::Mark;
use std::borrow::Cow;
use std::fmt;

/// The Python class of an error. The first five are PyYAML's, the others are Python's own, which PyYAML lets through
/// (so a program that catches `yaml.YAMLError` does not catch them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// `yaml.reader.ReaderError`: bytes or characters that may not stand in YAML.
    Reader,
    /// `yaml.scanner.ScannerError`: no token can be made of it.
    Scanner,
    /// `yaml.parser.ParserError`: the tokens stand in an order that means nothing.
    Parser,
    /// `yaml.composer.ComposerError`: anchors, aliases, a second document.
    Composer,
    /// `yaml.constructor.ConstructorError`: a tree that has no value.
    Constructor,
    /// `ValueError`.
    Value,
    /// `KeyError`.
    Key,
    /// `IndexError`.
    Index,
    /// `AttributeError`.
    Attribute,
    /// `TypeError`.
    Type,
    /// `OverflowError`.
    Overflow,
    /// `UnicodeEncodeError`, which is a `ValueError`.
    UnicodeEncode,
    /// `RecursionError`: nested deeper than Python's stack allows.
    Recursion,
    /// A limit of this crate, or something that it does not hold; PyYAML may well load it.
    Limit,
    /// A value that is not what a Rust type asks for; with the feature `serde` only.
    Mismatch,
}

impl ErrorClass {
    /// The name of the class in Python; `"Limit"` and `"Mismatch"` for this crate's own.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "ReaderError",
            Self::Scanner => "ScannerError",
            Self::Parser => "ParserError",
            Self::Composer => "ComposerError",
            Self::Constructor => "ConstructorError",
            Self::Value => "ValueError",
            Self::Key => "KeyError",
            Self::Index => "IndexError",
            Self::Attribute => "AttributeError",
            Self::Type => "TypeError",
            Self::Overflow => "OverflowError",
            Self::UnicodeEncode => "UnicodeEncodeError",
            Self::Recursion => "RecursionError",
            Self::Limit => "Limit",
            Self::Mismatch => "Mismatch",
        }
    }

    /// Whether Python code that catches `yaml.YAMLError` catches it.
    pub fn is_yaml_error(self) -> bool {
        matches!(self, Self::Reader | Self::Scanner | Self::Parser | Self::Composer | Self::Constructor)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    details: Box<Details>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    class: ErrorClass,
    context: Option<Cow<'static, str>>,
    context_mark: Option<Mark>,
    problem: Cow<'static, str>,
    problem_mark: Option<Mark>,
    position: Option<usize>,
    // From the root to the value that does not fit, the other way round.
    #[cfg(feature = "serde")]
    steps: Vec<crate::serde::Step>,
}

impl Error {
    pub(crate) fn new(class: ErrorClass, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        let details = Details {
            class,
            context: None,
            context_mark: None,
            problem,
            problem_mark: None,
            position: None,
            #[cfg(feature = "serde")]
            steps: Vec::new(),
        };
        Self { details: Box::new(details) }
    }

    pub(crate) fn at(mut self, mark: Mark) -> Self {
        self.details.problem_mark = Some(mark);
        self
    }

    pub(crate) fn context_at(mut self, context: impl Into<Cow<'static, str>>, mark: Mark) -> Self {
        self.details.context = Some(context.into());
        self.details.context_mark = Some(mark);
        self
    }

    pub(crate) fn while_(mut self, context: impl Into<Cow<'static, str>>) -> Self {
        self.details.context = Some(context.into());
        self
    }

    pub(crate) fn map_marks(mut self, mut map: impl FnMut(&mut Mark)) -> Self {
        let Details { context_mark, problem_mark, .. } = &mut *self.details;
        context_mark.iter_mut().chain(problem_mark).for_each(&mut map);
        self
    }

    pub(crate) fn position(mut self, position: usize) -> Self {
        self.details.position = Some(position);
        self
    }

    /// Says that what does not fit lies within another value.
    #[cfg(feature = "serde")]
    pub(crate) fn within(mut self, step: crate::serde::Step) -> Self {
        self.details.steps.push(step);
        self.details.context = crate::serde::path(&self.details.steps).map(Into::into);
        self
    }

    #[cfg(feature = "serde")]
    pub(crate) fn steps(&self) -> &[crate::serde::Step] {
        &self.details.steps
    }

    /// The Python class.
    pub fn class(&self) -> ErrorClass {
        self.details.class
    }

    /// What was being read, in PyYAML's words: `while scanning a simple key`.
    pub fn context(&self) -> Option<&str> {
        self.details.context.as_deref()
    }

    /// Where that began.
    pub fn context_mark(&self) -> Option<Mark> {
        self.details.context_mark
    }

    /// What is wrong, in PyYAML's words: `could not find expected ':'`. For an error of Python's own its message.
    pub fn problem(&self) -> &str {
        &self.details.problem
    }

    /// [`problem`](Self::problem), if it is the same for every text. Where it is not it repeats a piece of the text,
    /// and must not be shown where the text holds a secret.
    pub fn fixed_problem(&self) -> Option<&'static str> {
        match self.details.problem {
            Cow::Borrowed(problem) => Some(problem),
            Cow::Owned(_) => None,
        }
    }

    /// Where it is wrong. A `ReaderError` has one too, though PyYAML's has only a position; errors of Python's own
    /// carry the mark of the scalar that could not be turned into a value.
    pub fn problem_mark(&self) -> Option<Mark> {
        self.details.problem_mark
    }

    /// The position that PyYAML's `ReaderError` names: a count of characters, or of bytes when they are no UTF-8.
    pub fn reader_position(&self) -> Option<usize> {
        self.details.position
    }

    /// The best single place to point at.
    pub fn mark(&self) -> Option<Mark> {
        self.details.problem_mark.or(self.details.context_mark)
    }

    /// The whole message with the lines concerned, as Python's `str(error)` writes it. `name` is what PyYAML calls
    /// the text: a path, or `<byte string>`.
    pub fn render(&self, source: &[u8], name: &str) -> String {
        frame::render(self, source, name)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(context) = self.context() {
            write!(f, "{context}, ")?;
        }
        f.write_str(self.problem())?;
        match self.mark() {
            Some(mark) => write!(f, " ({mark})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
