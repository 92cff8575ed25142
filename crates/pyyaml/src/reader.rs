//! Bytes to characters. The whole text is looked at before anything else is done with it, as PyYAML does, so that a
//! control character in the last line is reported rather than the error in the first.

use crate::error::{Error, ErrorClass};
use crate::limits::Limits;
use crate::mark::Mark;
use crate::python_utf8;

/// The text, when every character of it may stand in YAML.
pub(crate) fn read(source: &[u8], limits: Limits) -> Result<&str, Error> {
    if source.len() > limits.bytes {
        return Err(Error::new(ErrorClass::Limit, format!("the text is longer than {} bytes", limits.bytes)));
    }
    let text = std::str::from_utf8(source).map_err(|error| {
        let flaw = python_utf8::explain(source);
        let problem = format!("unacceptable character #x{:04x}: {}", flaw.first, flaw.reason);
        Error::new(ErrorClass::Reader, problem).at(mark_at(source, error.valid_up_to())).position(flaw.start)
    })?;
    match find_unprintable(source) {
        None => Ok(text),
        Some(at) => {
            let char = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\0');
            let problem = format!(
                "unacceptable character #x{:04x}: special characters are not allowed",
                u32::from(char)
            );
            let index = text.get(..at).unwrap_or("").chars().count();
            Err(Error::new(ErrorClass::Reader, problem).at(mark_at(source, at)).position(index))
        }
    }
}

/// The offset of the first character that YAML does not allow, in UTF-8.
fn find_unprintable(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let suspect = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 0x7f | 0xc2 | 0xef);
        let at = from + bytes.get(from..)?.iter().position(suspect)?;
        let rest = bytes.get(at + 1..).unwrap_or(&[]);
        let refused = match (bytes.get(at), rest) {
            (Some(0xc2), [next, ..]) => *next < 0xa0 && *next != 0x85,
            (Some(0xef), rest) => rest.starts_with(&[0xbf, 0xbe]) || rest.starts_with(&[0xbf, 0xbf]),
            _ => true,
        };
        if refused {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The mark of an offset before which all is UTF-8.
fn mark_at(source: &[u8], byte: usize) -> Mark {
    let text = source.get(..byte).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("");
    let is_break = |char| matches!(char, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut mark = Mark { byte, line: 0, column: 0 };
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if is_break(char) || char == '\r' && chars.peek() != Some(&'\n') {
            mark.line += 1;
            mark.column = 0;
        } else if char != '\u{feff}' {
            mark.column += 1;
        }
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(source: &[u8]) -> (String, usize) {
        let error = read(source, Limits::default()).unwrap_err();
        (error.problem().to_owned(), error.reader_position().unwrap())
    }

    #[test]
    fn what_is_no_utf8_is_told_from_what_may_not_stand_in_yaml() {
        assert_eq!(problem(b"\0a\xff"), ("unacceptable character #x00ff: invalid start byte".into(), 2));
        assert_eq!(problem(b"a\xe2\x82").0, "unacceptable character #x00e2: unexpected end of data");
        assert_eq!(
            problem("ä\u{1}".as_bytes()).0,
            "unacceptable character #x0001: special characters are not allowed"
        );
        assert_eq!(problem("ää\u{ffff}".as_bytes()).1, 2);
        assert!(read("\t\r\n ~\u{85}\u{a0}\u{feff}\u{fffd}\u{10000}".as_bytes(), Limits::default()).is_ok());
    }
}
