//! What Jinja2 refuses only when it turns a whole template into a program: unknown filters and tests, blocks that are
//! there twice, `loop` as a variable, and what Python then refuses in that program.
//! What is found is kept until the whole template is read, since errors of grammar come first.

use std::collections::HashSet;

use super::{Refused, Result};

/// Where a statement stands.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct Frame {
    /// Directly within an `if`: filters and tests are looked up when the text is rendered.
    pub(super) soft: bool,
    /// Within something that has variables of its own.
    pub(super) inner: bool,
    /// Within something that is rendered for itself, whatever the template extends: a macro, a block.
    pub(super) apart: bool,
    /// Within something whose text is collected first.
    pub(super) buffered: bool,
    /// Within an `autoescape` that only rendering decides: nothing is computed beforehand.
    pub(super) volatile: bool,
    /// Within a block, counted from 1; blocks are compiled after all else.
    pub(super) block: usize,
}

/// What is found so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct Meaning<'a> {
    pub(super) frame: Frame,
    /// Each with its turn.
    faults: Vec<(usize, Refused)>,
    /// Where the first that Python finds is among them.
    python: Option<usize>,
    blocks: HashSet<&'a str>,
    /// How many `for` are around this.
    pub(super) loops: usize,
    /// For each macro around this, whether its body reads `caller`.
    pub(super) callers: Vec<Option<bool>>,
    extended: bool,
    /// Whether anything extends another template, wherever it stands.
    extends: bool,
    /// Whether something prints nothing where only a template that extends none prints.
    idle: bool,
    stopped: bool,
}

/// The class of a fault that may not be one, which depends on what Jinja2 computes beforehand.
pub(in super::super) const DOUBT: &str = "doubt";

/// A place to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl<'a> Meaning<'a> {
    fn note(&mut self, turn: usize, fault: Refused) {
        self.faults.push((turn, fault));
    }

    fn turn(&self) -> usize {
        self.frame.block.saturating_add(1)
    }

    pub(super) fn fault(&mut self, line: usize, message: String) {
        if !self.stopped || self.frame.block > 0 {
            self.note(self.turn(), Refused::assertion(line, message));
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.faults.len())
    }

    /// What was found since then is of no matter: it is never looked at.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.faults.truncate(mark.0);
        self.python = self.python.filter(|at| *at < mark.0);
    }

    /// Filters and tests since then are looked up only when the text is rendered.
    pub(super) fn soften(&mut self, mark: Mark) {
        let late = self.faults.split_off(mark.0.min(self.faults.len()));
        if let Some(fault) = late.into_iter().find(|(turn, _)| *turn == usize::MAX) {
            self.python = Some(mark.0);
            self.faults.push(fault);
        }
    }

    /// A filter or test that there is not. It is looked up before what has been found since the mark.
    pub(super) fn unknown(&mut self, what: &str, name: &str, line: usize, mark: Mark) {
        if !self.frame.soft {
            let before = self.faults.len();
            self.fault(line, format!("No {what} named '{name}'."));
            if self.faults.len() > before
                && mark.0 < before
                && let Some(since) = self.faults.get_mut(mark.0..)
            {
                since.rotate_right(1);
                self.python = self.python.map(|at| if at >= mark.0 { at.saturating_add(1) } else { at });
            }
        }
    }

    /// What was found since the second mark comes before what was found since the first.
    pub(super) fn before(&mut self, first: Mark, second: Mark) {
        if let Some(since) = self.faults.get_mut(first.0..) {
            since.rotate_left(second.0.saturating_sub(first.0).min(since.len()));
        }
        self.python = self.faults.iter().position(|(turn, _)| *turn == usize::MAX);
    }

    /// What Python says when a mapping is computed with a key that has no hash; nothing within is looked at any more.
    pub(super) fn no_hash(&mut self, mark: Mark) {
        self.forget(mark);
        if !self.stopped || self.frame.block > 0 {
            let message = "the key of a mapping has no hash".to_owned();
            self.note(self.turn(), Refused { class: "TypeError", line: None, message });
        }
    }

    /// What was found since then may be of no matter.
    pub(super) fn doubt(&mut self, mark: Mark) {
        let found = self.faults.get(mark.0..).unwrap_or_default();
        let Some(turn) = found.iter().map(|(turn, _)| *turn).min() else { return };
        self.forget(mark);
        let message = "what Jinja2 computes beforehand decides whether this is compiled".to_owned();
        self.note(turn, Refused { class: DOUBT, line: None, message });
    }

    /// Something that prints nothing.
    pub(super) fn prints_nothing(&mut self) {
        self.idle |= !self.frame.apart && !self.frame.buffered && !self.extended && !self.stopped;
    }

    /// Texts at the top of a template that extends another are not rendered.
    pub(super) fn is_shadowed(&self) -> bool {
        self.extended && !self.frame.apart
    }

    pub(super) fn extends(&mut self, line: usize) {
        self.extends = true;
        if self.frame.inner {
            self.fault(line, "cannot use extend from a non top-level scope".to_owned());
        } else if !self.frame.soft {
            // What follows a second one is not compiled, blocks aside.
            self.stopped |= self.extended;
            self.extended = true;
        }
    }

    /// Enters a block; gives the frame to go back to.
    pub(super) fn block(&mut self, name: &'a str, line: usize) -> Frame {
        if !self.blocks.insert(name) {
            self.note(0, Refused::assertion(line, format!("block '{name}' defined twice")));
        }
        let block = self.blocks.len();
        std::mem::replace(&mut self.frame, Frame { inner: true, apart: true, block, ..Frame::default() })
    }

    /// Enters something that has variables of its own.
    pub(super) fn enter(&mut self) -> Frame {
        let old = self.frame;
        self.frame = Frame { soft: false, inner: true, ..old };
        old
    }

    /// Enters something whose text is collected first.
    pub(super) fn enter_buffered(&mut self) -> Frame {
        let old = self.enter();
        self.frame.buffered = true;
        old
    }

    /// Enters something that is also rendered for itself.
    pub(super) fn enter_apart(&mut self) -> Frame {
        let old = self.enter_buffered();
        self.frame.apart = true;
        old
    }

    pub(super) fn stores(&mut self, name: &str, line: usize) {
        if name == "loop" && self.loops > 0 {
            // The loop itself is looked at first, with all that is in it.
            let message = "Can't assign to special loop variable in for-loop target";
            self.note(1, Refused::assertion(line, message));
        }
        if name == "caller" {
            for caller in self.callers.iter_mut().filter(|caller| **caller == Some(false)) {
                *caller = None;
            }
        }
    }

    pub(super) fn reads(&mut self, name: &str) {
        if name == "caller" {
            for caller in self.callers.iter_mut().flatten() {
                *caller = true;
            }
        }
    }

    pub(super) fn enter_macro(&mut self) {
        self.callers.push(Some(false));
    }

    /// Leaves a macro, which may name `caller` itself, without a value.
    pub(super) fn leave_macro(&mut self, names_caller: bool, line: usize) {
        if self.callers.pop() == Some(Some(true)) && names_caller {
            let message = "When defining macros or call blocks the special \"caller\" argument must be omitted or be \
                           given a default.";
            self.fault(line, message.to_owned());
        }
    }

    /// What Python refuses in the program.
    pub(super) fn python(&mut self, message: String) {
        if self.python.is_none() && (!self.stopped || self.frame.block > 0) {
            self.python = Some(self.faults.len());
            self.note(usize::MAX, Refused { class: "SyntaxError", line: None, message });
        }
    }

    pub(super) fn outcome(self) -> Result<()> {
        let first = self.faults.into_iter().min_by_key(|(turn, _)| *turn);
        if self.idle && self.extends && first.as_ref().is_none_or(|(turn, _)| *turn == usize::MAX) {
            let message = "expected an indented block after 'if' statement".to_owned();
            return Err(Refused { class: "IndentationError", line: None, message });
        }
        match first {
            Some((_, fault)) => Err(fault),
            None => Ok(()),
        }
    }
}
