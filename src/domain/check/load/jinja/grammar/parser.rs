//! Goes through the words of a template: the text, the tags and what must close them.
//! It looks at most one word ahead, and nests no deeper than Python would.

use super::lexer::Lexer;
use super::meaning::Meaning;
use super::token::{Kind, Token};
use super::{Refused, Result};

/// How deep a template may nest; Python's own limit is about there.
const DEEPEST: usize = 910;

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) current: Token<'a>,
    ahead: Option<Token<'a>>,
    /// The names of the tags that are open.
    pub(super) tags: Vec<&'a str>,
    /// The names that may close what is open.
    pub(super) ends: Vec<&'static [&'static str]>,
    pub(super) meaning: Meaning<'a>,
    depth: usize,
}

fn quoted(ends: &[&str]) -> String {
    let names: Vec<String> = ends.iter().map(|end| format!("'{end}'")).collect();
    names.join(" or ")
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str) -> Result<Self> {
        let mut lexer = Lexer::new(source);
        let current = lexer.next()?;
        let (tags, ends) = (Vec::new(), Vec::new());
        Ok(Self { lexer, current, ahead: None, tags, ends, meaning: Meaning::default(), depth: 0 })
    }

    pub(super) fn template(mut self) -> Result<()> {
        self.body(&[])?;
        self.meaning.outcome()
    }

    fn pull(&mut self) -> Result<Token<'a>> {
        let before = self.ahead.unwrap_or(self.current);
        let mut token = self.lexer.next()?;
        if token.kind == Kind::Eof {
            token.line = before.line;
        }
        Ok(token)
    }

    /// Gives the current word and goes on to the next.
    pub(super) fn next(&mut self) -> Result<Token<'a>> {
        let token = self.current;
        self.current = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.pull()?,
        };
        Ok(token)
    }

    pub(super) fn look(&mut self) -> Result<Kind<'a>> {
        if self.ahead.is_none() {
            self.ahead = Some(self.pull()?);
        }
        Ok(self.ahead.map_or(Kind::Eof, |token| token.kind))
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Refused::syntax(self.current.line, message))
    }

    pub(super) fn skip_if(&mut self, is: impl Fn(Kind<'a>) -> bool) -> Result<bool> {
        let found = is(self.current.kind);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn skip_name(&mut self, name: &str) -> Result<bool> {
        self.skip_if(|kind| kind.is_name(name))
    }

    pub(super) fn skip(&mut self, operator: &str) -> Result<bool> {
        self.skip_if(|kind| kind.is(operator))
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T> {
        match self.current.kind {
            Kind::Eof => self.fail(format!("unexpected end of template, expected '{expected}'.")),
            kind => self.fail(format!("expected token '{expected}', got '{kind}'")),
        }
    }

    pub(super) fn expect(&mut self, operator: &str) -> Result<()> {
        if self.skip(operator)? { Ok(()) } else { self.unexpected(operator) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.skip_name(word)? { Ok(()) } else { self.unexpected(word) }
    }

    pub(super) fn expect_kind(&mut self, kind: Kind<'static>) -> Result<()> {
        if self.skip_if(|own| own == kind)? { Ok(()) } else { self.unexpected(&kind.to_string()) }
    }

    pub(super) fn expect_name(&mut self) -> Result<&'a str> {
        match self.current.kind {
            Kind::Name(name) => {
                self.next()?;
                Ok(name)
            }
            _ => self.unexpected("name"),
        }
    }

    /// Goes deeper by the weight of what is entered, as far as Python would.
    pub(super) fn deeper<T>(
        &mut self,
        weight: usize,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.depth = self.depth.saturating_add(weight);
        if self.depth > DEEPEST {
            let message = "maximum recursion depth exceeded".to_owned();
            return Err(Refused { class: "RecursionError", line: None, message });
        }
        let found = inner(self);
        self.depth = self.depth.saturating_sub(weight);
        found
    }

    /// Text and tags up to a tag of one of these names, or to the end. Whether there is anything but white space.
    pub(super) fn body(&mut self, ends: &'static [&'static str]) -> Result<bool> {
        if !ends.is_empty() {
            self.ends.push(ends);
        }
        let mut blank = true;
        loop {
            match self.current.kind {
                Kind::Eof => break,
                Kind::Data { blank: own } => {
                    blank &= own;
                    self.next()?;
                }
                Kind::VariableBegin => {
                    blank = false;
                    self.next()?;
                    let mark = self.meaning.mark();
                    let shape = self.tuple()?;
                    self.printed(mark, &shape);
                    self.expect_kind(Kind::VariableEnd)?;
                }
                _ => {
                    self.next()?;
                    if ends.iter().any(|end| self.current.kind.is_name(end)) {
                        break;
                    }
                    blank &= self.current.kind.is_name("print") && self.look()? == Kind::BlockEnd;
                    self.deeper(3, Self::statement)?;
                    self.expect_kind(Kind::BlockEnd)?;
                }
            }
        }
        if !ends.is_empty() {
            self.ends.pop();
        }
        Ok(!blank)
    }

    /// The body of a tag, up to a tag of one of these names, which is not yet read.
    pub(super) fn statements(&mut self, ends: &'static [&'static str]) -> Result<bool> {
        self.skip(":")?;
        self.expect_kind(Kind::BlockEnd)?;
        let found = self.body(ends)?;
        if self.current.kind == Kind::Eof {
            self.ends.push(ends);
            return self.lost(None, self.current.line);
        }
        Ok(found)
    }

    /// The body of a tag and the tag that closes it.
    pub(super) fn closed(&mut self, ends: &'static [&'static str]) -> Result<bool> {
        let found = self.statements(ends)?;
        self.next()?;
        Ok(found)
    }

    /// A tag that nobody knows here, or none any more.
    pub(super) fn lost<T>(&self, name: Option<&str>, line: usize) -> Result<T> {
        let mut message = match name {
            Some(name) => format!("Encountered unknown tag '{name}'."),
            None => "Unexpected end of template.".to_owned(),
        };
        if let Some(ends) = self.ends.last() {
            let looking = quoted(ends);
            let nested = name.is_some_and(|name| self.ends.iter().any(|ends| ends.contains(&name)));
            let told = if nested {
                " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for "
            } else {
                " Jinja was looking for the following tags: "
            };
            message.extend([told, &looking, "."]);
        }
        if let Some(tag) = self.tags.last() {
            message.extend([" The innermost block that needs to be closed is '", tag, "'."]);
        }
        Err(Refused::syntax(line, message))
    }
}
