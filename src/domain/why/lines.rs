//! A chain as lines for people: one a step where there is room, else the place below what it says. The command line,
//! the rendered file and the diff of the console show the same ones.

use unicode_width::UnicodeWidthChar as _;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::problem::Place;

use super::{From, Leaf, Step};

/// What a line is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The path, and the value as ElastAlert has it.
    Value,
    /// What gives the value.
    Counts,
    /// What is there and does not count, or says where.
    Dim,
}

/// A line of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// What it is.
    pub role: Role,
    /// The file of the workspace, and the line of it, that it speaks of.
    pub place: Option<Place>,
    /// Which step of the chain it belongs to, from 1; 0 is the value itself.
    pub step: usize,
}

/// How many cells the word takes that begins a step.
const WORD: usize = 10;

impl From {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::Expanded => "expanded",
            Self::Default => "default",
            Self::Import => "import",
            Self::Alias => "alias",
            Self::Rendered => "rendered",
            Self::Overlay => "overlay",
            Self::Token => "token",
            Self::Below => "over",
            Self::Template => "template",
        }
    }
}

impl Step {
    /// What it says, in words.
    pub fn words(&self) -> String {
        let mut words = match self.from {
            From::Variable | From::Expanded => format!("${} = {}", self.key, self.shown),
            From::Alias => format!("{} is {}", self.key, self.shown.trim_start()),
            From::Overlay | From::Token => format!("{} = {}", self.key, self.shown),
            From::Below if !self.key.is_empty() => format!("{} = {}", self.key, self.shown),
            From::Default | From::Import | From::Below | From::Rendered | From::Template => {
                self.shown.trim_start().to_owned()
            }
        };
        if let Some(layer) = &self.layer {
            words.push_str(", ");
            words.push_str(layer);
        }
        if let Some(note) = &self.note {
            words.push_str(" (");
            words.push_str(note);
            words.push(')');
        }
        words
    }

    /// Where the workspace has it; a line of a rendered file lies on no disk.
    pub fn source(&self) -> Option<&Place> {
        self.place.as_ref().filter(|_| !matches!(self.from, From::Rendered | From::Alias))
    }

    fn role(&self) -> Role {
        match self.from {
            From::Below | From::Template | From::Rendered | From::Alias => Role::Dim,
            _ => Role::Counts,
        }
    }
}

impl Leaf {
    /// The value in words: `true, a boolean, written on`.
    pub fn words(&self) -> String {
        match (&self.written, self.kind) {
            (_, "a line") => self.value.clone(),
            (_, "a secret") => format!("{}, a secret", self.value),
            (Some(written), kind) => format!("{}, {kind}, written {written}", self.value),
            (None, kind) => format!("{}, {kind}", self.value),
        }
    }

    /// The place that gives the value: the first file of the workspace that the chain names.
    pub fn place(&self) -> Option<&Place> {
        let gives = |step: &&Step| matches!(step.from, From::Overlay | From::Token | From::Variable);
        let first = self.chain.iter().filter(gives).find_map(Step::source);
        first.or_else(|| self.chain.iter().find_map(Step::source))
    }

    /// The value without the step that shows its line, for where that is seen already.
    #[must_use]
    pub fn without_rendered(&self) -> Self {
        let mut short = self.clone();
        short.chain.retain(|step| step.from != From::Rendered);
        short
    }

    /// The chain as lines of at most so many cells. The first says what the value is.
    pub fn lines(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let head =
            if self.path.is_empty() { self.words() } else { format!("{}: {}", self.path, self.words()) };
        lines.push(Line {
            text: cut(&head, width),
            role: Role::Value,
            place: self.place().cloned(),
            step: 0,
        });
        let place = |step: &Step| step.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let widest = self.chain.iter().map(|step| place(step).width()).max().unwrap_or(0);
        let beside = WORD + 2 + widest + 26 <= width;
        for (index, step) in self.chain.iter().enumerate() {
            let (at, words, role) = (place(step), step.words(), step.role());
            let source = step.source().cloned();
            let mut push = |text: String, role| {
                let text = cut(text.trim_end(), width);
                lines.push(Line { text, role, place: source.clone(), step: index + 1 });
            };
            let word = step.from.word();
            if beside {
                let gap = " ".repeat(widest.saturating_sub(at.width()));
                push(format!("{word:<WORD$}{at}{gap}  {words}"), role);
            } else {
                push(format!("{word:<WORD$}{words}"), role);
                if !at.is_empty() {
                    push(format!("{:WORD$}{}", "", tail(&at, width.saturating_sub(WORD))), Role::Dim);
                }
            }
        }
        lines
    }
}

/// The beginning of a text that fits.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The end of a place, which tells more than its beginning.
fn tail(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().rev().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= width
    });
    let kept: Vec<char> = kept.collect();
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}
