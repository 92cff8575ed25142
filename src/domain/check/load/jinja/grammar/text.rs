//! Strings within the tags of a template, and the escapes in them.
//! Only what Python refuses in them matters here.

/// The length of the string that begins here, with its quotes.
pub(super) fn length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|found| matches!(found, '"' | '\''))?;
    let mut characters = text.char_indices().skip(1);
    while let Some((at, found)) = characters.next() {
        if found == '\\' {
            characters.next();
        } else if found == quote {
            return Some(at.saturating_add(1));
        }
    }
    None
}

/// What is wrong with the escapes.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('\\') {
        let mut characters = after.chars();
        let letter = characters.next();
        rest = characters.as_str();
        let fault = match letter {
            Some('x') => hex(rest, 2).is_none().then_some("truncated \\xXX escape"),
            Some('u') => hex(rest, 4).is_none().then_some("truncated \\uXXXX escape"),
            Some('U') => match hex(rest, 8) {
                None => Some("truncated \\UXXXXXXXX escape"),
                Some(code) => (code > 0x10_ffff).then_some("illegal Unicode character"),
            },
            Some('N') => match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                // Which names there are is not known here.
                Some((name, _)) if !name.is_empty() => {
                    let may_be =
                        |found: char| found.is_ascii_alphanumeric() || matches!(found, ' ' | '-' | '(' | ')');
                    (!name.chars().all(may_be)).then_some("unknown Unicode character name")
                }
                _ => Some("malformed \\N character escape"),
            },
            _ => None,
        };
        if fault.is_some() {
            return fault;
        }
    }
    None
}

/// What a string holds, where that is plain to see.
pub(super) fn value(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let letter = after.chars().next()?;
        rest = after.get(letter.len_utf8()..)?;
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' | '0'..='7' => return None,
            _ => 0,
        };
        if digits > 0 {
            out.push(char::from_u32(hex(rest, digits)?)?);
            rest = rest.get(digits..)?;
            continue;
        }
        match letter {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(letter),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            _ => out.extend(['\\', letter]),
        }
    }
    out.push_str(rest);
    Some(out)
}

fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.chars().all(|found| found.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}
