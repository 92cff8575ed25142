//! Reads a template word by word: text, comments and raw blocks outside of tags, and names, numbers, strings and
//! operators within.
//! Words are read one at a time, so that the first error is the one that Jinja2 meets first.

use super::number;
use super::text;
use super::token::{Kind, Token};
use super::{Refused, Result};

/// Longest first.
const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
];

#[derive(Clone, Copy)]
enum State {
    Text,
    Comment,
    Raw,
    Block,
    Variable,
}

/// The place up to which a template is read.
pub(super) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    state: State,
    /// The closing brackets that are still to come.
    open: Vec<&'static str>,
}

/// White space as Python has it.
pub(super) fn is_space(found: char) -> bool {
    found.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&found)
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

fn strip_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// What follows a tag that holds only this word, `{% raw %}`; and whether the tag eats the white space before it.
fn word_tag<'a>(text: &'a str, word: &str, plus: bool) -> Option<&'a str> {
    let rest = skip_space(strip_sign(text.strip_prefix("{%")?)).strip_prefix(word)?;
    let rest = skip_space(rest);
    if let Some(rest) = rest.strip_prefix("-%}") {
        return Some(skip_space(rest));
    }
    let rest = if plus { rest.strip_prefix('+').unwrap_or(rest) } else { rest };
    rest.strip_prefix("%}")
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: 0, line: 1, state: State::Text, open: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Goes on by so many bytes.
    fn eat(&mut self, length: usize) -> &'a str {
        let text = self.rest().get(..length).unwrap_or_default();
        self.line = self.line.saturating_add(text.matches('\n').count());
        self.at = self.at.saturating_add(length);
        text
    }

    /// Goes on to where this rest begins.
    fn eat_to(&mut self, rest: &str) {
        self.eat(self.rest().len().saturating_sub(rest.len()));
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Refused::syntax(self.line, message))
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>> {
        loop {
            if self.rest().is_empty() {
                return Ok(Token { line: self.line, kind: Kind::Eof });
            }
            let found = match self.state {
                State::Text => self.text(),
                State::Comment => self.comment()?,
                State::Raw => self.raw()?,
                State::Block | State::Variable => self.word()?,
            };
            if let Some(token) = found {
                return Ok(token);
            }
        }
    }

    /// Text up to this length, if any is left once the tag that follows has eaten the white space before it.
    fn data(&mut self, length: usize, tag: &str) -> Option<Token<'a>> {
        let line = self.line;
        let text = self.eat(length);
        let kept = match tag.as_bytes().get(2) {
            Some(b'-') => text.trim_end_matches(is_space),
            _ => text,
        };
        (!kept.is_empty()).then(|| Token { line, kind: Kind::Data { blank: kept.chars().all(is_space) } })
    }

    fn text(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let opens =
            |at: &usize| matches!(rest.as_bytes().get(at.saturating_add(1)), Some(b'{' | b'%' | b'#'));
        let Some(start) = rest.match_indices('{').map(|(at, _)| at).find(opens) else {
            return self.data(rest.len(), "");
        };
        if let Some(data) = self.data(start, rest.get(start..).unwrap_or_default()) {
            return Some(data);
        }
        let line = self.line;
        let rest = self.rest();
        if let Some(rest) = word_tag(rest, "raw", false) {
            self.eat_to(rest);
            self.state = State::Raw;
            return None;
        }
        let second = rest.as_bytes().get(1).copied();
        self.eat_to(strip_sign(rest.get(2..).unwrap_or_default()));
        let (state, kind) = match second {
            Some(b'#') => {
                self.state = State::Comment;
                return None;
            }
            Some(b'%') => (State::Block, Kind::BlockBegin),
            _ => (State::Variable, Kind::VariableBegin),
        };
        self.state = state;
        Some(Token { line, kind })
    }

    fn comment(&mut self) -> Result<Option<Token<'a>>> {
        let rest = self.rest();
        let Some((inner, after)) = rest.split_once("#}") else {
            return self.fail("Missing end of comment tag");
        };
        self.eat_to(if inner.ends_with('-') { skip_space(after) } else { after });
        self.state = State::Text;
        Ok(None)
    }

    fn raw(&mut self) -> Result<Option<Token<'a>>> {
        let rest = self.rest();
        let end = rest.match_indices("{%").find_map(|(at, _)| {
            let tag = rest.get(at..)?;
            Some((at, tag, word_tag(tag, "endraw", true)?))
        });
        let Some((at, tag, after)) = end else {
            return self.fail("Missing end of raw directive");
        };
        let data = self.data(at, tag);
        self.eat_to(after);
        self.state = State::Text;
        Ok(data)
    }

    /// What follows the tag, where it ends here.
    fn end(&self) -> Option<(&'a str, Kind<'a>)> {
        if !self.open.is_empty() {
            return None;
        }
        let rest = self.rest();
        let (end, kind) = match self.state {
            State::Block => ("%}", Kind::BlockEnd),
            _ => ("}}", Kind::VariableEnd),
        };
        if let Some(after) = rest.strip_prefix('-').and_then(|rest| rest.strip_prefix(end)) {
            return Some((skip_space(after), kind));
        }
        let plus = rest.strip_prefix('+').filter(|_| kind == Kind::BlockEnd).unwrap_or(rest);
        Some((plus.strip_prefix(end)?, kind))
    }

    fn word(&mut self) -> Result<Option<Token<'a>>> {
        let line = self.line;
        let token = |kind| Ok(Some(Token { line, kind }));
        if let Some((after, kind)) = self.end() {
            self.eat_to(after);
            self.state = State::Text;
            return token(kind);
        }
        let rest = self.rest();
        let after = skip_space(rest);
        if after.len() < rest.len() {
            self.eat_to(after);
            return Ok(None);
        }
        let after_dot = self.source.get(..self.at).is_some_and(|before| before.ends_with('.'));
        if let Some((length, kind)) = number::read(rest, after_dot) {
            let digits = self.eat(length);
            if number::is_too_long(digits) {
                let message = "Exceeds the limit (4300 digits) for integer string conversion";
                return Err(Refused { class: "ValueError", line: None, message: message.to_owned() });
            }
            if let Some(digit) = digits.chars().find(|digit| !digit.is_ascii()).filter(|_| kind.is_float()) {
                let message = format!("invalid character '{digit}' (U+{:04X})", u32::from(digit));
                return Err(Refused { class: "SyntaxError", line: None, message });
            }
            return token(kind);
        }
        let length = number::name(rest);
        if length > 0 {
            let name = rest.get(..length).unwrap_or_default();
            if !number::is_identifier(name) {
                return self.fail("Invalid character in identifier");
            }
            self.eat(length);
            return token(Kind::Name(name));
        }
        if let Some(length) = text::length(rest) {
            let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
            if let Some(message) = text::fault(inner) {
                return self.fail(message);
            }
            self.eat(length);
            return token(Kind::Text(inner));
        }
        let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) else {
            let found = rest.chars().next().unwrap_or_default();
            let quoted = match found {
                '\'' => "\"'\"".to_owned(),
                '\\' => "'\\\\'".to_owned(),
                _ if found.is_ascii_control() => format!("'\\x{:02x}'", u32::from(found)),
                _ => format!("'{found}'"),
            };
            let at = self.source.get(..self.at).unwrap_or_default().chars().count();
            return self.fail(format!("unexpected char {quoted} at {at}"));
        };
        self.balance(operator)?;
        self.eat(operator.len());
        token(Kind::Operator(operator))
    }

    fn balance(&mut self, operator: &str) -> Result<()> {
        match operator {
            "(" => self.open.push(")"),
            "[" => self.open.push("]"),
            "{" => self.open.push("}"),
            ")" | "]" | "}" => match self.open.pop() {
                None => return self.fail(format!("unexpected '{operator}'")),
                Some(expected) if expected != operator => {
                    return self.fail(format!("unexpected '{operator}', expected '{expected}'"));
                }
                Some(_) => {}
            },
            _ => {}
        }
        Ok(())
    }
}
