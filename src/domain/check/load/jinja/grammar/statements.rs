//! The tags that Jinja2 knows.
//! Extensions are off, so that every other tag is unknown.

use super::constant::Known;
use super::expressions::Target;
use super::parser::Parser;
use super::token::Kind;
use super::{Refused, Result};

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Result<()> {
        let line = self.current.line;
        let Kind::Name(tag) = self.current.kind else { return self.fail("tag name expected") };
        let parse = match tag {
            "for" => Self::tag_for,
            "if" => Self::tag_if,
            "block" => Self::tag_block,
            "extends" => Self::tag_extends,
            "print" => Self::tag_print,
            "macro" => Self::tag_macro,
            "include" => Self::tag_include,
            "from" => Self::tag_from,
            "import" => Self::tag_import,
            "set" => Self::tag_set,
            "with" => Self::tag_with,
            "autoescape" => Self::tag_autoescape,
            "call" => Self::tag_call,
            "filter" => Self::tag_filter,
            _ => return self.lost(Some(tag), line),
        };
        self.tags.push(tag);
        self.next()?;
        parse(self, line)?;
        self.tags.pop();
        Ok(())
    }

    fn tag_for(&mut self, _: usize) -> Result<()> {
        let outer = self.meaning.frame;
        self.meaning.loops = self.meaning.loops.saturating_add(1);
        self.target(Target::Names)?;
        self.expect_word("in")?;
        let over = self.meaning.mark();
        self.tuple_without_if()?;
        self.meaning.enter();
        if self.skip_name("if")? {
            // It becomes a function of its own, which stands before the loop.
            let test = self.meaning.mark();
            self.expression()?;
            self.meaning.before(over, test);
        }
        if self.skip_name("recursive")? {
            self.meaning.frame.buffered = true;
        }
        self.statements(&["endfor", "else"])?;
        if self.next()?.kind.is_name("else") {
            self.closed(&["endfor"])?;
        }
        self.meaning.loops = self.meaning.loops.saturating_sub(1);
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_if(&mut self, _: usize) -> Result<()> {
        let outer = self.meaning.frame;
        self.meaning.frame.soft = true;
        loop {
            self.tuple_without_if()?;
            self.statements(&["elif", "else", "endif"])?;
            match self.next()?.kind {
                Kind::Name("elif") => {}
                Kind::Name("else") => {
                    self.closed(&["endif"])?;
                    break;
                }
                _ => break,
            }
        }
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_block(&mut self, line: usize) -> Result<()> {
        let name = self.expect_name()?;
        self.skip_name("scoped")?;
        let required = self.skip_name("required")?;
        if self.current.kind.is("-") {
            return self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an \
                 underscore instead.",
            );
        }
        let outer = self.meaning.block(name, line);
        let callers = std::mem::take(&mut self.meaning.callers);
        let some = self.closed(&["endblock"])?;
        self.meaning.callers = callers;
        if required && some {
            return self.fail("Required blocks can only contain comments or whitespace");
        }
        self.meaning.frame = outer;
        self.skip_name(name)?;
        Ok(())
    }

    fn tag_extends(&mut self, line: usize) -> Result<()> {
        self.expression()?;
        self.meaning.extends(line);
        Ok(())
    }

    fn tag_print(&mut self, _: usize) -> Result<()> {
        let mut first = true;
        while self.current.kind != Kind::BlockEnd {
            if !first {
                self.expect(",")?;
            }
            first = false;
            let mark = self.meaning.mark();
            let shape = self.expression()?;
            self.printed(mark, &shape);
        }
        if first {
            self.meaning.prints_nothing();
        }
        Ok(())
    }

    fn tag_macro(&mut self, line: usize) -> Result<()> {
        self.target_name()?;
        let outer = self.meaning.enter_apart();
        let caller = self.signature()?;
        self.meaning.enter_macro();
        self.closed(&["endmacro"])?;
        self.meaning.leave_macro(caller, line);
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_call(&mut self, line: usize) -> Result<()> {
        let outer = self.meaning.frame;
        self.meaning.enter_apart();
        let within = self.meaning.frame;
        let caller = self.current.kind.is("(") && self.signature()?;
        self.meaning.frame = outer;
        let call = self.expression()?;
        if call.kind != "call" {
            return Err(Refused::syntax(line, "expected call"));
        }
        if call.caller {
            self.meaning.python("keyword argument repeated: caller".to_owned());
        }
        self.meaning.frame = within;
        self.meaning.enter_macro();
        self.closed(&["endcall"])?;
        self.meaning.leave_macro(caller, line);
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_filter(&mut self, _: usize) -> Result<()> {
        let outer = self.meaning.enter_buffered();
        self.filtered(true, &["endfilter"])?;
        self.meaning.frame = outer;
        Ok(())
    }

    /// Filters and what they are put on, which is compiled first.
    fn filtered(&mut self, inline: bool, ends: &'static [&'static str]) -> Result<()> {
        let filters = self.meaning.mark();
        self.filters(None, inline)?;
        let body = self.meaning.mark();
        self.closed(ends)?;
        self.meaning.before(filters, body);
        Ok(())
    }

    fn tag_with(&mut self, _: usize) -> Result<()> {
        let outer = self.meaning.frame;
        let mut first = true;
        while self.current.kind != Kind::BlockEnd {
            if !first {
                self.expect(",")?;
            }
            first = false;
            self.parameter()?;
            self.expect("=")?;
            self.expression()?;
        }
        self.meaning.enter();
        self.closed(&["endwith"])?;
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_autoescape(&mut self, _: usize) -> Result<()> {
        let outer = self.meaning.enter();
        let mark = self.meaning.mark();
        let escapes = self.expression()?;
        if escapes.fails {
            self.meaning.no_hash(mark);
        }
        self.meaning.frame.volatile |= *escapes.value == Known::Never;
        self.closed(&["endautoescape"])?;
        self.meaning.frame = outer;
        Ok(())
    }

    fn tag_set(&mut self, _: usize) -> Result<()> {
        self.target(Target::Attributes)?;
        if self.skip("=")? {
            self.tuple()?;
            return Ok(());
        }
        let outer = self.meaning.enter_apart();
        self.filtered(false, &["endset"])?;
        self.meaning.frame = outer;
        Ok(())
    }

    /// `with context`, `without context`, or neither.
    fn context(&mut self) -> Result<bool> {
        let with = matches!(self.current.kind, Kind::Name("with" | "without"));
        let found = with && self.look()?.is_name("context");
        if found {
            self.next()?;
            self.next()?;
        }
        Ok(found)
    }

    fn tag_include(&mut self, _: usize) -> Result<()> {
        self.expression()?;
        if self.current.kind.is_name("ignore") && self.look()?.is_name("missing") {
            self.next()?;
            self.next()?;
        }
        self.context()?;
        Ok(())
    }

    fn tag_import(&mut self, _: usize) -> Result<()> {
        self.expression()?;
        self.expect_word("as")?;
        self.target_name()?;
        self.context()?;
        Ok(())
    }

    fn tag_from(&mut self, _: usize) -> Result<()> {
        self.expression()?;
        self.expect_word("import")?;
        let mut first = true;
        loop {
            if !first {
                self.expect(",")?;
            }
            first = false;
            if !matches!(self.current.kind, Kind::Name(_)) {
                self.expect_name()?;
            }
            if self.context()? {
                return Ok(());
            }
            let line = self.current.line;
            let name = self.target_name()?;
            if name.starts_with('_') {
                let message = "names starting with an underline can not be imported";
                return Err(Refused::assertion(line, message));
            }
            if self.skip_name("as")? {
                self.target_name()?;
            }
            if self.context()? || !self.current.kind.is(",") {
                return Ok(());
            }
        }
    }
}
