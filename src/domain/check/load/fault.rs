//! How loading ends early: an error of Python's, in the words of alertdeck, or something that nobody can tell here.
//! Where Python catches an error and raises another one, so does this.

use super::outcome::{At, Need, Outcome, Refusal, Stage, Step};

/// The class that `ElastAlert` raises itself, and catches.
pub(super) const EA: &str = "EAException";

/// Why loading ends.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// It is refused.
    Fault(Box<Fault>),
    /// Nobody can tell.
    Unknown(Need),
}

/// An error of Python's.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) class: &'static str,
    pub(super) cause: Option<&'static str>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) at: Option<At>,
    pub(super) path: Vec<Step>,
    pub(super) other: Option<String>,
    pub(super) template_line: Option<usize>,
}

/// The result of a step.
pub(super) type Result<T> = std::result::Result<T, Stop>;

impl Fault {
    /// An error of that class, in one sentence.
    pub(super) fn new(code: &'static str, class: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            class,
            cause: None,
            message,
            hint: None,
            at: None,
            path: Vec::new(),
            other: None,
            template_line: None,
        }
    }

    /// An error that `ElastAlert` raises itself.
    pub(super) fn ea(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, EA, message)
    }

    /// Says where.
    pub(super) fn at(mut self, at: Option<At>) -> Self {
        self.at = at;
        self
    }

    /// Says under which key.
    pub(super) fn key(mut self, key: &str) -> Self {
        self.path = vec![Step::Key(key.to_owned())];
        self
    }

    /// Says what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends loading with it.
    pub(super) fn stop<T>(self) -> Result<T> {
        Err(Stop::Fault(Box::new(self)))
    }
}

impl Stop {
    /// What it is told as.
    pub(super) fn into_outcome(self, stage: Stage) -> Outcome {
        match self {
            Self::Unknown(need) => Outcome::Unknown(need),
            Self::Fault(fault) => {
                let Fault { code, class, cause, message, hint, at, path, other, template_line } = *fault;
                let caught_by_skip_invalid =
                    class == EA && !matches!(stage, Stage::Config | Stage::Find | Stage::Start);
                Outcome::Refused(Box::new(Refusal {
                    code,
                    class,
                    cause,
                    message,
                    hint,
                    at,
                    path,
                    stage,
                    caught_by_skip_invalid,
                    template_line,
                    other,
                }))
            }
        }
    }

    /// The error that Python's `except (KeyError, EAException)` makes of it: one that `ElastAlert` raises.
    pub(super) fn wrapped(self, classes: &[&str]) -> Self {
        match self {
            Self::Fault(mut fault) => {
                if classes.contains(&fault.class) && fault.class != EA {
                    // What raised it stays to be seen behind it.
                    fault.class = EA;
                }
                Self::Fault(fault)
            }
            Self::Unknown(need) => Self::Unknown(need),
        }
    }
}
