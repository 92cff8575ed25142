//! What stands in the brackets of a call and of a macro, and what may be assigned to.
//! Python's own rules about names that are given twice hold here too.

use std::collections::HashSet;

use super::constant::Known;
use super::expressions::{Shape, Target};
use super::names;
use super::parser::Parser;
use super::token::Kind;
use super::{Refused, Result};

/// What stands in the brackets of a call.
pub(super) struct Arguments {
    /// Whether one is named `caller`.
    pub(super) caller: bool,
    /// Whether all of them may have values beforehand.
    pub(super) value: Known,
    /// Whether computing one ends in an error that nothing catches.
    pub(super) fails: bool,
}

impl<'a> Parser<'a> {
    /// The arguments of a call.
    pub(super) fn arguments(&mut self) -> Result<Arguments> {
        let line = self.current.line;
        let wrong = || Err(Refused::syntax(line, "invalid syntax for function call expression"));
        self.expect("(")?;
        let (mut first, mut list, mut map) = (true, false, false);
        let mut names = HashSet::new();
        let mut twice = None;
        let mut given = Arguments { caller: false, value: Known::Maybe, fails: false };
        while !self.current.kind.is(")") {
            if !first {
                self.expect(",")?;
                if self.current.kind.is(")") {
                    break;
                }
            }
            first = false;
            let is_name = matches!(self.current.kind, Kind::Name(_));
            if self.current.kind.is("*") {
                if list || map {
                    return wrong();
                }
                self.next()?;
                list = true;
            } else if self.current.kind.is("**") {
                if map {
                    return wrong();
                }
                self.next()?;
                map = true;
            } else if is_name && self.look()?.is("=") {
                if map {
                    return wrong();
                }
                let name = self.expect_name()?;
                self.next()?;
                if !names.insert(name) {
                    twice = twice.or(Some(name));
                }
            } else if list || map || !names.is_empty() {
                return wrong();
            }
            let argument = self.expression()?;
            given.fails |= argument.fails;
            given.value = Known::together([&given.value, &*argument.value]);
        }
        self.expect(")")?;
        // Names that Python reserves make the program pass all names in a way in which they may be there twice.
        if let Some(name) = twice.filter(|_| !names.iter().any(|name| names::is_reserved(name))) {
            self.meaning.python(format!("keyword argument repeated: {name}"));
        }
        Ok(Arguments { caller: names.contains("caller"), ..given })
    }

    /// The arguments that a macro takes; whether `caller` is one without a value.
    pub(super) fn signature(&mut self) -> Result<bool> {
        self.expect("(")?;
        let mut names = HashSet::new();
        let (mut first, mut defaults, mut caller) = (true, false, false);
        while !self.current.kind.is(")") {
            if !first {
                self.expect(",")?;
            }
            first = false;
            let name = self.target_name()?;
            if !names.insert(name) {
                self.meaning.python(format!("duplicate argument '{name}' in function definition"));
            }
            if self.skip("=")? {
                self.expression()?;
                defaults = true;
            } else if defaults {
                return self.fail("non-default argument follows default argument");
            } else {
                caller |= name == "caller";
            }
        }
        self.expect(")")?;
        Ok(caller)
    }

    /// A name that is given a value.
    pub(super) fn target_name(&mut self) -> Result<&'a str> {
        let line = self.current.line;
        let name = self.expect_name()?;
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return Err(Refused::syntax(line, "can't assign to 'name'"));
        }
        Ok(name)
    }

    /// One or more names that are given a value.
    pub(super) fn target(&mut self, kind: Target) -> Result<()> {
        let shape = self.parameters(kind)?;
        for (name, line) in shape.names {
            self.meaning.stores(name, line);
        }
        Ok(())
    }

    fn parameters(&mut self, kind: Target) -> Result<Shape<'a>> {
        let shape = self.tuple_of(false, |parser| parser.primary(kind))?;
        if !shape.assignable {
            return Err(Refused::syntax(shape.line, format!("can't assign to '{}'", shape.kind)));
        }
        Ok(shape)
    }

    /// Names of variables that only what is within sees.
    pub(super) fn parameter(&mut self) -> Result<()> {
        self.parameters(Target::Names).map(|_| ())
    }
}
