//! Bytes to characters. The whole text is looked at before anything else is done with it, as PyYAML does, so that a
//! control character in the last line is reported rather than the error in the first.

use crate::error::{Error, ErrorClass};
use crate::limits::Limits;
use crate::mark::Mark;
use crate::python_utf8;
use crate::utf16;
use std::borrow::Cow;

/// A text whose every character may stand in YAML.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: Cow<'a, str>,
    // For a text that had to be decoded, where each byte of `text` was in the source.
    offsets: Vec<usize>,
}

impl Source<'_> {
    /// Whether marks name the same bytes in the source and in the text.
    pub(crate) fn is_as_given(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Makes a mark in the text one in the source.
    pub(crate) fn restore(&self, mark: &mut Mark) {
        if !self.is_as_given() {
            mark.byte = self.offsets.get(mark.byte).or(self.offsets.last()).copied().unwrap_or(mark.byte);
        }
    }
}

pub(crate) fn read(source: &[u8], limits: Limits) -> Result<Source<'_>, Error> {
    if source.len() > limits.bytes {
        return Err(Error::new(ErrorClass::Limit, format!("the text is longer than {} bytes", limits.bytes)));
    }
    let source = if utf16::is_marked(source) { decode_utf16(source)? } else { decode_utf8(source)? };
    let Some(at) = find_unprintable(source.text.as_bytes()) else { return Ok(source) };
    let (before, behind) = source.text.split_at_checked(at).unwrap_or_default();
    let code = behind.chars().next().map_or(0, u32::from);
    let problem = format!("unacceptable character #x{code:04x}: special characters are not allowed");
    let mut mark = mark_behind(before);
    source.restore(&mut mark);
    Err(Error::new(ErrorClass::Reader, problem).at(mark).position(before.chars().count()))
}

fn decode_utf8(source: &[u8]) -> Result<Source<'_>, Error> {
    match std::str::from_utf8(source) {
        Ok(text) => Ok(Source { text: Cow::Borrowed(text), offsets: Vec::new() }),
        Err(error) => {
            let flaw = python_utf8::explain(source);
            let before = source.get(..error.valid_up_to()).unwrap_or_default();
            let mark = mark_behind(&String::from_utf8_lossy(before));
            Err(undecodable(flaw.first, flaw.reason, flaw.start, mark))
        }
    }
}

fn decode_utf16(source: &[u8]) -> Result<Source<'_>, Error> {
    let mut text = String::with_capacity(source.len());
    let mut offsets = Vec::with_capacity(source.len());
    for item in utf16::chars(source) {
        match item {
            Ok((at, char)) => {
                text.push(char);
                offsets.resize(text.len(), at);
            }
            Err((at, reason)) => {
                let mark = Mark { byte: at, ..mark_behind(&text) };
                return Err(undecodable(source.get(at).copied().unwrap_or(0), reason, at, mark));
            }
        }
    }
    offsets.push(source.len());
    Ok(Source { text: Cow::Owned(text), offsets })
}

fn undecodable(byte: u8, reason: &str, position: usize, mark: Mark) -> Error {
    let problem = format!("unacceptable character #x{byte:04x}: {reason}");
    Error::new(ErrorClass::Reader, problem).at(mark).position(position)
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

/// The mark behind a text.
fn mark_behind(text: &str) -> Mark {
    let is_break = |char| matches!(char, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut mark = Mark { byte: text.len(), line: 0, column: 0 };
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
