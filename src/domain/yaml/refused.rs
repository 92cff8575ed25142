//! Why a text cannot be read: the error that Python stops with. It can be told with or without repeating a piece of
//! the text, since the text may hold secrets.

use pyyaml::ErrorClass;

/// The error that Python stops with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub(super) pyyaml::Error);

/// What is wrong, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is no YAML.
    Syntax,
    /// It is more than one document.
    Documents,
    /// It is YAML that has no value in Python.
    Value,
    /// It may be fine, and is more than is read here.
    Limit,
}

/// The longest message that is repeated whole.
const LONGEST: usize = 160;

impl Refused {
    /// What is wrong, roughly.
    pub fn kind(&self) -> Kind {
        match self.0.class() {
            ErrorClass::Composer if self.0.problem() == "but found another document" => Kind::Documents,
            ErrorClass::Reader | ErrorClass::Scanner | ErrorClass::Parser | ErrorClass::Composer => {
                Kind::Syntax
            }
            ErrorClass::Limit => Kind::Limit,
            _ => Kind::Value,
        }
    }

    /// The class of the error in Python, such as `ScannerError`.
    pub fn class(&self) -> &'static str {
        self.0.class().name()
    }

    /// Whether the loader of `ElastAlert` catches it and makes an error of its own of it; all others end the program.
    pub fn is_caught(&self) -> bool {
        self.0.class() == ErrorClass::Scanner
    }

    /// The byte at which it is wrong, where that is known.
    pub fn at(&self) -> Option<usize> {
        self.0.mark().map(|mark| mark.byte)
    }

    /// What was being read, and the byte at which that began.
    pub fn context(&self) -> Option<(&str, Option<usize>)> {
        self.0.context().map(|context| (context, self.0.context_mark().map(|mark| mark.byte)))
    }

    /// What is wrong, in the words of `PyYAML`. They can repeat a piece of the text: for one that holds secrets, or
    /// could hold some, there is [`Self::discreet`].
    pub fn words(&self) -> String {
        let problem = self.0.problem();
        if problem.chars().nth(LONGEST).is_none() {
            return problem.to_owned();
        }
        problem.chars().take(LONGEST).chain("…".chars()).collect()
    }

    /// What is wrong, in words that repeat nothing of the text.
    pub fn discreet(&self) -> &'static str {
        self.0.fixed_problem().unwrap_or(match self.0.class() {
            ErrorClass::Reader => "a character that may not stand in YAML",
            ErrorClass::Scanner => "a character that may not stand there",
            ErrorClass::Parser => "something that may not stand there",
            ErrorClass::Composer => "an alias without its anchor, or an anchor that stands there twice",
            ErrorClass::Limit => "more than is read here",
            _ => "a value that Python cannot make",
        })
    }
}
