//! Filters and tests behind an expression, and what is computed beforehand of that and of any other.
//! What is computed is not compiled; only its value stands in the program.

use super::constant::Known;
use super::expressions::{Shape, Target};
use super::meaning::Mark;
use super::parser::Parser;
use super::token::Kind;
use super::{Result, names};

impl<'a> Parser<'a> {
    /// What stands for an expression whose parts were found since the mark, if anything is computed of it.
    pub(super) fn folded(&mut self, mark: Mark, shape: Shape<'a>) -> Shape<'a> {
        if self.meaning.frame.volatile {
            return shape;
        }
        match shape.value.is_folded() {
            _ if shape.fails => self.meaning.no_hash(mark),
            Some(true) => self.meaning.forget(mark),
            Some(false) => {}
            None => self.meaning.doubt(mark),
        }
        shape
    }

    /// What is printed need not have a form in the program where it has a value.
    pub(super) fn printed(&mut self, mark: Mark, shape: &Shape<'a>) {
        match *shape.value {
            _ if self.meaning.is_shadowed() => self.meaning.forget(mark),
            Known::Is(_) => self.meaning.forget(mark),
            Known::Maybe => self.meaning.doubt(mark),
            Known::Never => {}
        }
    }

    pub(super) fn filters_and_tests(&mut self, mark: Mark, mut shape: Shape<'a>) -> Result<Shape<'a>> {
        loop {
            let line = self.current.line;
            shape = match self.current.kind {
                Kind::Operator("|") => self.filters(Some((mark, shape)), false)?,
                Kind::Name("is") => self.test(mark, &shape)?,
                Kind::Operator("(") => self.call(mark, line, &shape)?,
                _ => return Ok(shape),
            };
        }
    }

    /// A name that may have dots in it.
    fn dotted(&mut self) -> Result<String> {
        let mut name = self.expect_name()?.to_owned();
        while self.skip(".")? {
            name.push('.');
            name.push_str(self.expect_name()?);
        }
        Ok(name)
    }

    /// Filters, one after another, of something or of what a tag holds; the first may stand without its bar.
    pub(super) fn filters(&mut self, of: Option<(Mark, Shape<'a>)>, inline: bool) -> Result<Shape<'a>> {
        let line = self.current.line;
        let (mark, mut shape) = of.unwrap_or_else(|| (self.meaning.mark(), Shape::new(line, "filter")));
        let mut bare = inline;
        while bare || self.current.kind.is("|") {
            if !bare {
                self.next()?;
            }
            bare = false;
            let line = self.current.line;
            let name = self.dotted()?;
            let (mut value, mut fails) = (Known::together([&*shape.value]), shape.fails);
            if self.current.kind.is("(") {
                let given = self.arguments()?;
                value = Known::together([&value, &given.value]);
                fails |= given.fails;
            }
            if !names::is_filter(&name) {
                self.meaning.unknown("filter", &name, line, mark);
                value = Known::Never;
            }
            if names::needs_context(&name) || self.meaning.frame.volatile {
                value = Known::Never;
            }
            shape = self.folded(mark, Shape::valued(line, "filter", value, fails));
        }
        Ok(shape)
    }

    fn test(&mut self, mark: Mark, shape: &Shape<'a>) -> Result<Shape<'a>> {
        let line = self.next()?.line;
        let negated = self.skip_name("not")?;
        let name = self.dotted()?;
        let (mut value, mut fails) = (Known::together([&*shape.value]), shape.fails);
        match self.current.kind {
            Kind::Operator("(") => {
                let given = self.arguments()?;
                value = Known::together([&value, &given.value]);
                fails |= given.fails;
            }
            Kind::Name("else" | "or" | "and") => {}
            Kind::Name("is") => return self.fail("You cannot chain multiple tests with is"),
            Kind::Name(_) | Kind::Text(_) | Kind::Int(_) | Kind::Float(_) | Kind::Operator("[" | "{") => {
                let inner = self.meaning.mark();
                let argument = self.primary(Target::None)?;
                let argument = self.postfix(inner, argument)?;
                value = Known::together([&value, &*argument.value]);
                fails |= argument.fails;
            }
            _ => {}
        }
        if !names::is_test(&name) {
            self.meaning.unknown("test", &name, line, mark);
            value = Known::Never;
        }
        if self.meaning.frame.volatile {
            value = Known::Never;
        }
        let kind = if negated { "not" } else { "test" };
        Ok(self.folded(mark, Shape::valued(line, kind, value, fails)))
    }
}
