//! Expressions, from the loosest operator to the tightest.
//! What Jinja2 itself computes beforehand is followed only for plain literals.

use super::names;
use super::parser::Parser;
use super::token::Kind;
use super::{Refused, Result};

/// What an expression is, as far as it matters to what is around it.
pub(super) struct Shape<'a> {
    pub(super) line: usize,
    /// As Jinja2 names it in messages.
    pub(super) kind: &'static str,
    pub(super) assignable: bool,
    /// The names that are given a value where this is assigned to.
    pub(super) names: Vec<(&'a str, usize)>,
    /// Whether it is true, where that is known beforehand.
    truth: Option<bool>,
    /// Whether it is a call that names `caller` itself.
    pub(super) caller: bool,
}

impl Shape<'_> {
    fn new(line: usize, kind: &'static str) -> Self {
        Self { line, kind, assignable: false, names: Vec::new(), truth: None, caller: false }
    }

    fn constant(line: usize, truth: bool) -> Self {
        Self { truth: Some(truth), ..Self::new(line, "const") }
    }
}

/// What an expression is assigned to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// It is read.
    None,
    Names,
    /// Names, and attributes of namespaces.
    Attributes,
}

/// The operators of two sides, loosest first, without those of comparison.
const LEVELS: [&[(&str, &str)]; 4] = [
    &[("+", "add"), ("-", "sub")],
    &[("~", "concat")],
    &[("*", "mul"), ("/", "div"), ("//", "floordiv"), ("%", "mod")],
    &[("**", "pow")],
];

impl<'a> Parser<'a> {
    /// An expression, with `a if b else c`.
    pub(super) fn expression(&mut self) -> Result<Shape<'a>> {
        self.deeper(13, Self::conditional)
    }

    fn conditional(&mut self) -> Result<Shape<'a>> {
        let line = self.current.line;
        let mark = self.meaning.mark();
        let mut shape = self.any()?;
        while self.skip_name("if")? {
            self.any()?;
            if self.skip_name("else")? {
                self.deeper(1, Self::conditional)?;
            }
            self.meaning.soften(mark);
            shape = Shape::new(line, "condexpr");
        }
        Ok(shape)
    }

    /// An expression without `if`.
    pub(super) fn any(&mut self) -> Result<Shape<'a>> {
        let line = self.current.line;
        let mut shape = self.all()?;
        while self.skip_name("or")? {
            let mark = self.meaning.mark();
            let right = self.all()?;
            let truth = match shape.truth {
                Some(true) => {
                    self.meaning.forget(mark);
                    Some(true)
                }
                Some(false) => right.truth,
                None => None,
            };
            shape = Shape { truth, ..Shape::new(line, "or") };
        }
        Ok(shape)
    }

    fn all(&mut self) -> Result<Shape<'a>> {
        let line = self.current.line;
        let mut shape = self.not()?;
        while self.skip_name("and")? {
            let mark = self.meaning.mark();
            let right = self.not()?;
            let truth = match shape.truth {
                Some(false) => {
                    self.meaning.forget(mark);
                    Some(false)
                }
                Some(true) => right.truth,
                None => None,
            };
            shape = Shape { truth, ..Shape::new(line, "and") };
        }
        Ok(shape)
    }

    fn not(&mut self) -> Result<Shape<'a>> {
        let line = self.current.line;
        if self.skip_name("not")? {
            let inner = self.deeper(4, Self::not)?;
            return Ok(Shape { truth: inner.truth.map(|truth| !truth), ..Shape::new(line, "not") });
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<Shape<'a>> {
        let line = self.current.line;
        let mut shape = self.level(0)?;
        loop {
            let kind = self.current.kind;
            if ["==", "!=", "<", "<=", ">", ">="].into_iter().any(|own| kind.is(own)) || kind.is_name("in") {
                self.next()?;
            } else if kind.is_name("not") && self.look()?.is_name("in") {
                self.next()?;
                self.next()?;
            } else {
                return Ok(shape);
            }
            self.level(0)?;
            shape = Shape::new(line, "compare");
        }
    }

    fn level(&mut self, level: usize) -> Result<Shape<'a>> {
        let Some(operators) = LEVELS.get(level) else { return self.unary(true) };
        let line = self.current.line;
        let next = level.saturating_add(1);
        let mut shape = self.level(next)?;
        while let Some((operator, kind)) = operators.iter().find(|(own, _)| self.current.kind.is(own)) {
            self.expect(operator)?;
            self.level(next)?;
            shape = Shape::new(line, kind);
        }
        Ok(shape)
    }

    fn unary(&mut self, filters: bool) -> Result<Shape<'a>> {
        let line = self.current.line;
        let kind = if self.skip("-")? {
            Some("neg")
        } else if self.skip("+")? {
            Some("pos")
        } else {
            None
        };
        let shape = match kind {
            Some(kind) => {
                let inner = self.deeper(4, |parser| parser.unary(false))?;
                Shape { truth: inner.truth, ..Shape::new(line, kind) }
            }
            None => self.primary(Target::None)?,
        };
        let shape = self.postfix(shape)?;
        if filters { self.filters_and_tests(shape) } else { Ok(shape) }
    }

    /// A name, a literal or something in brackets; as a target of an assignment names are not read.
    pub(super) fn primary(&mut self, target: Target) -> Result<Shape<'a>> {
        let (line, kind) = (self.current.line, self.current.kind);
        match kind {
            Kind::Name("true" | "True") => self.literal(line, true),
            Kind::Name("false" | "False" | "none" | "None") => self.literal(line, false),
            Kind::Name(name) => {
                self.next()?;
                if target == Target::None {
                    self.meaning.reads(name);
                }
                if target == Target::Attributes && self.skip(".")? {
                    self.expect_name()?;
                    return Ok(Shape { assignable: true, ..Shape::new(line, "nsref") });
                }
                Ok(Shape { assignable: true, names: vec![(name, line)], ..Shape::new(line, "name") })
            }
            Kind::Text { .. } => {
                let mut some = false;
                while let Kind::Text { empty } = self.current.kind {
                    some |= !empty;
                    self.next()?;
                }
                Ok(Shape::constant(line, some))
            }
            Kind::Int { zero } | Kind::Float { zero } => self.literal(line, !zero),
            Kind::Operator("(") => {
                self.next()?;
                let shape = self.tuple_of(true, Self::expression)?;
                self.expect(")")?;
                Ok(shape)
            }
            Kind::Operator("[") => self.list(line),
            Kind::Operator("{") => self.dict(line),
            _ => self.fail(format!("unexpected '{kind}'")),
        }
    }

    fn literal(&mut self, line: usize, truth: bool) -> Result<Shape<'a>> {
        self.next()?;
        Ok(Shape::constant(line, truth))
    }

    /// What is printed: an expression, or more than one.
    pub(super) fn tuple(&mut self) -> Result<Shape<'a>> {
        self.tuple_of(false, Self::expression)
    }

    /// What stands after `in` and `if`: `a if b` is no expression there.
    pub(super) fn tuple_without_if(&mut self) -> Result<Shape<'a>> {
        self.tuple_of(false, |parser| parser.deeper(13, Self::any))
    }

    pub(super) fn tuple_of(
        &mut self,
        bracketed: bool,
        item: impl Fn(&mut Self) -> Result<Shape<'a>>,
    ) -> Result<Shape<'a>> {
        let line = self.current.line;
        let mut items: Vec<Shape<'a>> = Vec::new();
        let mut many = false;
        loop {
            if !items.is_empty() {
                self.expect(",")?;
            }
            let kind = self.current.kind;
            if matches!(kind, Kind::VariableEnd | Kind::BlockEnd | Kind::Operator(")")) {
                break;
            }
            items.push(item(self)?);
            if !self.current.kind.is(",") {
                break;
            }
            many = true;
        }
        if !many {
            if let Some(only) = items.pop() {
                return Ok(only);
            }
            if !bracketed {
                return self.fail(format!("Expected an expression, got '{}'", self.current.kind));
            }
        }
        let truth =
            if items.iter().all(|item| item.truth.is_some()) { Some(!items.is_empty()) } else { None };
        let assignable = items.iter().all(|item| item.assignable);
        let names = items.into_iter().flat_map(|item| item.names).collect();
        Ok(Shape { assignable, names, truth, ..Shape::new(line, "tuple") })
    }

    fn list(&mut self, line: usize) -> Result<Shape<'a>> {
        self.expect("[")?;
        let (mut some, mut known) = (false, true);
        while !self.current.kind.is("]") {
            if some {
                self.expect(",")?;
            }
            if self.current.kind.is("]") {
                break;
            }
            known &= self.expression()?.truth.is_some();
            some = true;
        }
        self.expect("]")?;
        Ok(Shape { truth: known.then_some(some), ..Shape::new(line, "list") })
    }

    fn dict(&mut self, line: usize) -> Result<Shape<'a>> {
        self.expect("{")?;
        let (mut some, mut known) = (false, true);
        while !self.current.kind.is("}") {
            if some {
                self.expect(",")?;
            }
            if self.current.kind.is("}") {
                break;
            }
            known &= self.expression()?.truth.is_some();
            self.expect(":")?;
            known &= self.expression()?.truth.is_some();
            some = true;
        }
        self.expect("}")?;
        Ok(Shape { truth: known.then_some(some), ..Shape::new(line, "dict") })
    }

    fn postfix(&mut self, mut shape: Shape<'a>) -> Result<Shape<'a>> {
        loop {
            let line = self.current.line;
            shape = match self.current.kind {
                Kind::Operator(".") => {
                    self.next()?;
                    let attribute = self.next()?;
                    match attribute.kind {
                        Kind::Name(_) => Shape::new(line, "getattr"),
                        Kind::Int { .. } => Shape::new(line, "getitem"),
                        _ => return Err(Refused::syntax(attribute.line, "expected name or number")),
                    }
                }
                Kind::Operator("[") => self.subscript(line)?,
                Kind::Operator("(") => self.call(line)?,
                _ => return Ok(shape),
            };
        }
    }

    fn call(&mut self, line: usize) -> Result<Shape<'a>> {
        let caller = self.arguments()?;
        Ok(Shape { caller, ..Shape::new(line, "call") })
    }

    fn subscript(&mut self, line: usize) -> Result<Shape<'a>> {
        self.expect("[")?;
        let (mut items, mut slices) = (0_usize, 0_usize);
        while !self.current.kind.is("]") {
            if items > 0 {
                self.expect(",")?;
            }
            items = items.saturating_add(1);
            slices = slices.saturating_add(usize::from(self.subscribed()?));
        }
        self.expect("]")?;
        if items > 1 && slices > 0 {
            self.meaning.python("invalid syntax".to_owned());
        }
        Ok(Shape::new(line, "getitem"))
    }

    /// An index or a slice; whether it is a slice.
    fn subscribed(&mut self) -> Result<bool> {
        if !self.current.kind.is(":") {
            self.expression()?;
            if !self.current.kind.is(":") {
                return Ok(false);
            }
        }
        self.next()?;
        let ends = |kind: Kind<'_>| kind.is("]") || kind.is(",");
        if !self.current.kind.is(":") && !ends(self.current.kind) {
            self.expression()?;
        }
        if self.skip(":")? && !ends(self.current.kind) {
            self.expression()?;
        }
        Ok(true)
    }

    fn filters_and_tests(&mut self, mut shape: Shape<'a>) -> Result<Shape<'a>> {
        loop {
            let line = self.current.line;
            shape = match self.current.kind {
                Kind::Operator("|") => {
                    self.filter(false)?;
                    Shape::new(line, "filter")
                }
                Kind::Name("is") => {
                    self.test()?;
                    Shape::new(line, "test")
                }
                Kind::Operator("(") => self.call(line)?,
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

    /// Filters, one after another; the first may stand without its bar.
    pub(super) fn filter(&mut self, inline: bool) -> Result<()> {
        let mut bare = inline;
        while bare || self.current.kind.is("|") {
            if !bare {
                self.next()?;
            }
            bare = false;
            let line = self.current.line;
            let name = self.dotted()?;
            if self.current.kind.is("(") {
                self.arguments()?;
            }
            if !names::is_filter(&name) {
                self.meaning.unknown("filter", &name, line);
            }
        }
        Ok(())
    }

    fn test(&mut self) -> Result<()> {
        let line = self.next()?.line;
        self.skip_name("not")?;
        let name = self.dotted()?;
        match self.current.kind {
            Kind::Operator("(") => {
                self.arguments()?;
            }
            Kind::Name("else" | "or" | "and") => {}
            Kind::Name("is") => return self.fail("You cannot chain multiple tests with is"),
            Kind::Name(_)
            | Kind::Text { .. }
            | Kind::Int { .. }
            | Kind::Float { .. }
            | Kind::Operator("[" | "{") => {
                let argument = self.primary(Target::None)?;
                self.postfix(argument)?;
            }
            _ => {}
        }
        if !names::is_test(&name) {
            self.meaning.unknown("test", &name, line);
        }
        Ok(())
    }
}
