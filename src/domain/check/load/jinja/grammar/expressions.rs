//! Expressions, from the loosest operator to the tightest.
//! What Jinja2 computes beforehand it does not compile, so that nothing in it is wrong.

use super::constant::{Known, Value};
use super::meaning::Mark;
use super::parser::Parser;
use super::token::Kind;
use super::{Refused, Result, number, text};

/// What an expression is, as far as it matters to what is around it.
pub(super) struct Shape<'a> {
    pub(super) line: usize,
    /// As Jinja2 names it in messages.
    pub(super) kind: &'static str,
    pub(super) assignable: bool,
    /// The names that are given a value where this is assigned to.
    pub(super) names: Vec<(&'a str, usize)>,
    /// What Jinja2 computes of it before the template runs.
    pub(super) value: Box<Known>,
    /// Whether computing it ends in an error that nothing catches.
    pub(super) fails: bool,
    /// Whether it is a call that names `caller` itself.
    pub(super) caller: bool,
}

impl Shape<'_> {
    pub(super) fn new(line: usize, kind: &'static str) -> Self {
        Self {
            line,
            kind,
            assignable: false,
            names: Vec::new(),
            value: Box::new(Known::Never),
            fails: false,
            caller: false,
        }
    }

    pub(super) fn valued(line: usize, kind: &'static str, value: Known, fails: bool) -> Self {
        Self { value: Box::new(value), fails, ..Self::new(line, kind) }
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
            let test = self.any()?;
            let (mut other, mut fails) = (Known::Never, shape.fails || test.fails);
            if self.skip_name("else")? {
                let found = self.deeper(3, Self::conditional)?;
                fails |= found.fails;
                other = *found.value;
            }
            self.meaning.soften(mark);
            let value = test.value.choose(*shape.value, other);
            shape = self.folded(mark, Shape::valued(line, "condexpr", value, fails));
        }
        Ok(shape)
    }

    /// An expression without `if`.
    pub(super) fn any(&mut self) -> Result<Shape<'a>> {
        let (line, mark) = (self.current.line, self.meaning.mark());
        let mut shape = self.all()?;
        while self.skip_name("or")? {
            let right = self.all()?;
            let (value, fails) = (shape.value.or(*right.value), shape.fails || right.fails);
            shape = self.folded(mark, Shape::valued(line, "or", value, fails));
        }
        Ok(shape)
    }

    fn all(&mut self) -> Result<Shape<'a>> {
        let (line, mark) = (self.current.line, self.meaning.mark());
        let mut shape = self.not()?;
        while self.skip_name("and")? {
            let right = self.not()?;
            let (value, fails) = (shape.value.and(*right.value), shape.fails || right.fails);
            shape = self.folded(mark, Shape::valued(line, "and", value, fails));
        }
        Ok(shape)
    }

    fn not(&mut self) -> Result<Shape<'a>> {
        let (line, mark) = (self.current.line, self.meaning.mark());
        if self.skip_name("not")? {
            let inner = self.deeper(4, Self::not)?;
            return Ok(self.folded(mark, Shape::valued(line, "not", inner.value.not(), inner.fails)));
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<Shape<'a>> {
        let (line, mark) = (self.current.line, self.meaning.mark());
        let first = self.level(0)?;
        let mut fails = first.fails;
        let (mut result, mut left) = ((*first.value).clone(), (*first.value).clone());
        let (mut any, mut goes_on) = (false, left != Known::Never);
        loop {
            let kind = self.current.kind;
            let operator = if let Some(own) = ["==", "!=", "<", "<=", ">", ">=", "in"]
                .into_iter()
                .find(|own| kind.is(own) || kind.is_name(own))
            {
                self.next()?;
                own
            } else if kind.is_name("not") && self.look()?.is_name("in") {
                self.next()?;
                self.next()?;
                "not in"
            } else {
                break;
            };
            any = true;
            let right = self.level(0)?;
            fails |= right.fails;
            if goes_on {
                result = left.compare(operator, &right.value);
                goes_on = result == Known::truth(true);
                left = *right.value;
            }
        }
        if !any {
            return Ok(first);
        }
        Ok(self.folded(mark, Shape::valued(line, "compare", result, fails)))
    }

    fn level(&mut self, level: usize) -> Result<Shape<'a>> {
        let Some(operators) = LEVELS.get(level) else { return self.unary(true) };
        let (line, mark) = (self.current.line, self.meaning.mark());
        let next = level.saturating_add(1);
        let mut shape = self.level(next)?;
        while let Some((operator, kind)) = operators.iter().find(|(own, _)| self.current.kind.is(own)) {
            self.expect(operator)?;
            let right = self.level(next)?;
            let fails = shape.fails || right.fails;
            let value = match *operator {
                "~" => shape.value.concat(*right.value),
                operator => shape.value.binary(operator, *right.value),
            };
            shape = self.folded(mark, Shape::valued(line, kind, value, fails));
        }
        Ok(shape)
    }

    fn unary(&mut self, filters: bool) -> Result<Shape<'a>> {
        let (line, mark) = (self.current.line, self.meaning.mark());
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
                let value = inner.value.sign(kind == "neg");
                self.folded(mark, Shape::valued(line, kind, value, inner.fails))
            }
            None => self.primary(Target::None)?,
        };
        let shape = self.postfix(mark, shape)?;
        if filters { self.filters_and_tests(mark, shape) } else { Ok(shape) }
    }

    /// A name, a literal or something in brackets; as a target of an assignment names are not read.
    pub(super) fn primary(&mut self, target: Target) -> Result<Shape<'a>> {
        let (line, kind) = (self.current.line, self.current.kind);
        match kind {
            Kind::Name("true" | "True") => self.literal(line, Known::truth(true)),
            Kind::Name("false" | "False") => self.literal(line, Known::truth(false)),
            Kind::Name("none" | "None") => self.literal(line, Known::Is(Value::None)),
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
            Kind::Text(_) => {
                let mut whole = Some(String::new());
                while let Kind::Text(written) = self.current.kind {
                    whole = whole.zip(text::value(written)).map(|(whole, more)| whole + &more);
                    self.next()?;
                }
                let value = whole.map_or(Known::Maybe, |whole| Known::Is(Value::Text(whole)));
                Ok(Shape::valued(line, "const", value, false))
            }
            Kind::Int(written) => self.literal(line, whole(written)),
            Kind::Float(written) => {
                let value = written.replace('_', "").parse();
                self.literal(line, value.map_or(Known::Maybe, |value| Known::Is(Value::Float(value))))
            }
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

    fn literal(&mut self, line: usize, value: Known) -> Result<Shape<'a>> {
        self.next()?;
        Ok(Shape::valued(line, "const", value, false))
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
        let fails = items.iter().any(|item| item.fails);
        let assignable = items.iter().all(|item| item.assignable);
        let (names, values): (Vec<_>, Vec<_>) =
            items.into_iter().map(|item| (item.names, *item.value)).unzip();
        let names = names.into_iter().flatten().collect();
        Ok(Shape { assignable, names, ..Shape::valued(line, "tuple", Known::tuple(values), fails) })
    }

    fn list(&mut self, line: usize) -> Result<Shape<'a>> {
        self.expect("[")?;
        let (mut items, mut fails) = (Vec::new(), false);
        while !self.current.kind.is("]") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            if self.current.kind.is("]") {
                break;
            }
            let item = self.expression()?;
            fails |= item.fails;
            items.push(*item.value);
        }
        self.expect("]")?;
        Ok(Shape::valued(line, "list", Known::list(items), fails))
    }

    fn dict(&mut self, line: usize) -> Result<Shape<'a>> {
        self.expect("{")?;
        let (mut items, mut fails) = (Vec::new(), false);
        while !self.current.kind.is("}") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            if self.current.kind.is("}") {
                break;
            }
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            fails |= key.fails || value.fails;
            items.push((*key.value, *value.value));
        }
        self.expect("}")?;
        let (value, no_hash) = Known::dict(items);
        Ok(Shape::valued(line, "dict", value, fails || no_hash))
    }

    pub(super) fn postfix(&mut self, mark: Mark, mut shape: Shape<'a>) -> Result<Shape<'a>> {
        loop {
            let line = self.current.line;
            shape = match self.current.kind {
                Kind::Operator(".") => {
                    self.next()?;
                    let attribute = self.next()?;
                    let (kind, value) = match attribute.kind {
                        Kind::Name(_) => ("getattr", shape.value.attribute()),
                        Kind::Int(written) => ("getitem", shape.value.item(&[whole(written)], false)),
                        _ => return Err(Refused::syntax(attribute.line, "expected name or number")),
                    };
                    self.folded(mark, Shape::valued(line, kind, value, shape.fails))
                }
                Kind::Operator("[") => self.subscript(mark, line, shape)?,
                Kind::Operator("(") => self.call(mark, line, &shape)?,
                _ => return Ok(shape),
            };
        }
    }

    pub(super) fn call(&mut self, mark: Mark, line: usize, shape: &Shape<'a>) -> Result<Shape<'a>> {
        let given = self.arguments()?;
        let fails = shape.fails || given.fails;
        let call = Shape { caller: given.caller, fails, ..Shape::new(line, "call") };
        Ok(self.folded(mark, call))
    }

    fn subscript(&mut self, mark: Mark, line: usize, shape: Shape<'a>) -> Result<Shape<'a>> {
        self.expect("[")?;
        let (mut items, mut slices, mut fails) = (Vec::new(), false, shape.fails);
        while !self.current.kind.is("]") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            let (value, slice, fail) = self.subscribed()?;
            items.push(value);
            slices |= slice;
            fails |= fail;
        }
        self.expect("]")?;
        if items.len() > 1 && slices {
            self.meaning.python("invalid syntax".to_owned());
        }
        let value = shape.value.item(&items, slices);
        Ok(self.folded(mark, Shape::valued(line, "getitem", value, fails)))
    }

    /// An index or a slice; its value, whether it is a slice, and whether computing it fails.
    fn subscribed(&mut self) -> Result<(Known, bool, bool)> {
        let (mut parts, mut fails) = (Vec::new(), false);
        if !self.current.kind.is(":") {
            let index = self.expression()?;
            if !self.current.kind.is(":") {
                return Ok((*index.value, false, index.fails));
            }
            fails |= index.fails;
            parts.push(*index.value);
        }
        self.next()?;
        let ends = |kind: Kind<'_>| kind.is("]") || kind.is(",");
        if !self.current.kind.is(":") && !ends(self.current.kind) {
            let end = self.expression()?;
            fails |= end.fails;
            parts.push(*end.value);
        }
        if self.skip(":")? && !ends(self.current.kind) {
            let step = self.expression()?;
            fails |= step.fails;
            parts.push(*step.value);
        }
        Ok((Known::together(&parts), true, fails))
    }
}

fn whole(written: &str) -> Known {
    number::integer_value(written).map_or(Known::Maybe, |value| Known::Is(Value::Int(value)))
}
