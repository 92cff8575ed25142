//! How far the mark under a finding goes: over the token, the key, the scalar or the variable that begins there. It
//! looks at one line only, for a template need not be YAML.

use crate::domain::token::tokens;

/// How many bytes of a line, from the place of a finding on, the finding is about.
pub(super) fn span(text: &str, code: &str) -> usize {
    if let Some(token) = tokens(text).next().filter(|token| token.range.start == 0) {
        return token.range.end;
    }
    let one = text.chars().next().map_or(0, char::len_utf8);
    match text.chars().next() {
        None => 0,
        // A reader stops at a sign, and what it was about to read is not known.
        Some(first) if code == "yaml.syntax" || first.is_whitespace() => one,
        Some(quote @ ('"' | '\'')) => quoted(text, quote).unwrap_or(text.trim_end().len()),
        Some('$') => variable(text).unwrap_or(one),
        Some('*' | '&' | '!') => word(text),
        Some(open @ ('[' | '{')) => bracket(text, open).unwrap_or(text.trim_end().len()),
        Some('@') => text.len() - text.trim_start_matches('@').len(),
        Some(_) => plain(text).max(one),
    }
}

/// A quoted scalar with its quotes, when it ends on the line.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return Some(at + 1);
        }
        None
    })
}

/// `$NAME` or `${NAME}`.
fn variable(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    if rest.starts_with('{') {
        return rest.find('}').map(|at| at + 2);
    }
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (name > 0).then_some(name + 1)
}

/// A flow collection with its brackets, when it ends on the line.
fn bracket(text: &str, open: char) -> Option<usize> {
    let close = if open == '[' { ']' } else { '}' };
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
        }
        (depth == 0).then_some(at + 1)
    })
}

fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')).unwrap_or(text.len())
}

/// A plain scalar, or a key: up to a colon, a comment, or what ends it within brackets.
fn plain(text: &str) -> usize {
    let mut before = ' ';
    let mut signs = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((at, c)) = signs.next() {
        let next = signs.peek().map_or(' ', |(_, next)| *next);
        let ends = match c {
            ':' | ',' => next.is_whitespace(),
            '#' => before.is_whitespace() && at > 0,
            '=' | ']' | '}' => true,
            _ => false,
        };
        if ends {
            end = at;
            break;
        }
        before = c;
    }
    text.get(..end).map_or(0, |text| text.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_covers_what_begins_there() {
        for (text, marked) in [
            ("@@KEY@@ rest", "@@KEY@@"),
            ("@@ rest", "@@"),
            ("key: value", "key"),
            ("KEY=VALUE", "KEY"),
            ("a value of words # comment", "a value of words"),
            ("value, next", "value"),
            ("http://a:9200/x", "http://a:9200/x"),
            ("value}", "value"),
            ("\"a \\\" b\": c", "\"a \\\" b\""),
            ("'it' x", "'it'"),
            ("\"open", "\"open"),
            ("$HOME/x", "$HOME"),
            ("${HOME}/x", "${HOME}"),
            ("$ x", "$"),
            ("*alias ]", "*alias"),
            ("{a: {b: c}} # x", "{a: {b: c}}"),
            ("[a", "[a"),
            ("ä: b", "ä"),
            (": b", ":"),
            ("", ""),
        ] {
            assert_eq!(text.get(..span(text, "a.b")), Some(marked), "{text:?}");
        }
        assert_eq!(span("äb: c", "yaml.syntax"), 2);
    }
}
