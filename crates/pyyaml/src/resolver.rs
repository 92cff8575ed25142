//! The tag of a plain scalar by its text: YAML 1.1 as PyYAML has it, where `off` is a bool, `1:30` is 90 and `1e3`
//! a string.

use crate::text::Text;
use std::borrow::Cow;

pub(crate) const NULL: &str = "tag:yaml.org,2002:null";
pub(crate) const BOOL: &str = "tag:yaml.org,2002:bool";
pub(crate) const INT: &str = "tag:yaml.org,2002:int";
pub(crate) const FLOAT: &str = "tag:yaml.org,2002:float";
pub(crate) const TIMESTAMP: &str = "tag:yaml.org,2002:timestamp";
pub(crate) const MERGE: &str = "tag:yaml.org,2002:merge";
pub(crate) const VALUE: &str = "tag:yaml.org,2002:value";
pub(crate) const STRING: &str = "tag:yaml.org,2002:str";
pub(crate) const SEQUENCE: &str = "tag:yaml.org,2002:seq";
pub(crate) const MAPPING: &str = "tag:yaml.org,2002:map";
pub(crate) const BINARY: &str = "tag:yaml.org,2002:binary";
pub(crate) const SET: &str = "tag:yaml.org,2002:set";
pub(crate) const OMAP: &str = "tag:yaml.org,2002:omap";
pub(crate) const PAIRS: &str = "tag:yaml.org,2002:pairs";
const YAML: &str = "tag:yaml.org,2002:yaml";

/// The tag without an allocation when it is one of YAML's own.
pub(crate) fn known_tag(tag: &str) -> Cow<'static, str> {
    const ALL: [&str; 14] = [
        NULL, BOOL, INT, FLOAT, TIMESTAMP, MERGE, VALUE, STRING, SEQUENCE, MAPPING, BINARY, SET, OMAP, PAIRS,
    ];
    ALL.into_iter().find(|known| *known == tag).map_or_else(|| Cow::Owned(tag.to_owned()), Cow::Borrowed)
}

/// The tag of a scalar that has none; `plain` when its text may decide.
pub(crate) fn scalar(value: &Text<'_>, plain: bool) -> &'static str {
    if !plain {
        return STRING;
    }
    let text = value.as_str();
    // Python's `$` matches before a line break at the end too, which `! |` brings here.
    let ended = text.strip_suffix('\n').unwrap_or(text);
    let Some(first) = text.bytes().next() else { return NULL };
    match first {
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(ended),
        b'~' | b'n' | b'N' if matches!(ended, "~" | "null" | "Null" | "NULL") => NULL,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if boolean(ended).is_some() => {
            BOOL
        }
        b'<' if ended == "<<" => MERGE,
        b'=' if ended == "=" => VALUE,
        b'!' | b'&' | b'*' if ended.len() == 1 => YAML,
        _ => STRING,
    }
}

fn boolean(text: &str) -> Option<bool> {
    Some(match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => true,
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => false,
        _ => return None,
    })
}

fn number(text: &str) -> &'static str {
    let bytes = text.as_bytes();
    if is_float(bytes) {
        FLOAT
    } else if is_int(bytes) {
        INT
    } else if bytes.first().is_some_and(u8::is_ascii_digit)
        && Timestamp::read(text).is_some_and(|stamp| stamp.time.is_some() || text.len() == "2001-01-01".len())
    {
        TIMESTAMP
    } else {
        STRING
    }
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    }
}

fn split_while(bytes: &[u8], accept: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !accept(*byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

fn is_digit_or_line(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// Groups of `:` and a number up to 59, at least one; gives what is behind them.
fn sexagesimal(mut bytes: &[u8]) -> Option<&[u8]> {
    let mut any = false;
    while let [b':', rest @ ..] = bytes {
        let (digits, behind) = split_while(rest, |byte| byte.is_ascii_digit());
        match digits {
            [_] | [b'0'..=b'5', _] => {}
            _ => return None,
        }
        bytes = behind;
        any = true;
    }
    any.then_some(bytes)
}

fn is_int(bytes: &[u8]) -> bool {
    match unsigned(bytes) {
        [b'0'] => true,
        [b'0', b'b', rest @ ..] => {
            !rest.is_empty() && rest.iter().all(|byte| matches!(byte, b'0' | b'1' | b'_'))
        }
        [b'0', b'x', rest @ ..] => {
            !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'_')
        }
        [b'0', rest @ ..] => rest.iter().all(|byte| matches!(byte, b'0'..=b'7' | b'_')),
        [b'1'..=b'9', rest @ ..] => {
            let (_, behind) = split_while(rest, is_digit_or_line);
            behind.is_empty() || sexagesimal(behind).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

fn is_float(bytes: &[u8]) -> bool {
    let plain = unsigned(bytes);
    match plain {
        [b'.', rest @ ..] => match rest {
            b"inf" | b"Inf" | b"INF" => true,
            b"nan" | b"NaN" | b"NAN" => plain.len() == bytes.len(),
            [b'0'..=b'9', ..] if plain.len() == bytes.len() => {
                is_exponent(split_while(rest, is_digit_or_line).1)
            }
            _ => false,
        },
        [b'0'..=b'9', ..] => match split_while(plain, is_digit_or_line).1 {
            [b'.', rest @ ..] => is_exponent(split_while(rest, is_digit_or_line).1),
            behind => match sexagesimal(behind) {
                Some([b'.', rest @ ..]) => split_while(rest, is_digit_or_line).1.is_empty(),
                _ => false,
            },
        },
        _ => false,
    }
}

/// Nothing, or an exponent with its sign, which YAML 1.1 wants.
fn is_exponent(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// The parts of a timestamp as they are written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Timestamp<'t> {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) time: Option<Time<'t>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Time<'t> {
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) fraction: &'t str,
    pub(crate) zone: Zone,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    None,
    Utc,
    /// Whether west, hours, minutes.
    Offset(bool, u8, u8),
}

impl<'t> Timestamp<'t> {
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let mut rest = Rest(text);
        let year = rest.digits(4, 4)?;
        rest.eat('-')?;
        let month = rest.digits(1, 2)?;
        rest.eat('-')?;
        let day = rest.digits(1, 2)?;
        let small = |value| u8::try_from(value).ok();
        let mut stamp = Self { year, month: small(month)?, day: small(day)?, time: None };
        if rest.0.is_empty() {
            return Some(stamp);
        }
        if rest.eat('T').or_else(|| rest.eat('t')).is_none() {
            let before = rest.0.len();
            rest.blanks();
            if rest.0.len() == before {
                return None;
            }
        }
        let hour = small(rest.digits(1, 2)?)?;
        rest.eat(':')?;
        let minute = small(rest.digits(2, 2)?)?;
        rest.eat(':')?;
        let second = small(rest.digits(2, 2)?)?;
        let mut fraction = "";
        if rest.eat('.').is_some() {
            let end = rest.0.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.0.len());
            (fraction, rest.0) = rest.0.split_at_checked(end)?;
        }
        let zone = rest.zone()?;
        stamp.time = Some(Time { hour, minute, second, fraction, zone });
        Some(stamp)
    }
}

struct Rest<'t>(&'t str);

impl Rest<'_> {
    fn eat(&mut self, char: char) -> Option<()> {
        self.0 = self.0.strip_prefix(char)?;
        Some(())
    }

    fn blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u16> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.parse().ok()
    }

    fn zone(&mut self) -> Option<Zone> {
        if self.0.is_empty() {
            return Some(Zone::None);
        }
        self.blanks();
        if self.eat('Z').is_some() {
            return self.0.is_empty().then_some(Zone::Utc);
        }
        let west = self.eat('-').is_some();
        if !west {
            self.eat('+')?;
        }
        let hours = u8::try_from(self.digits(1, 2)?).ok()?;
        let mut minutes = 0;
        if self.eat(':').is_some() {
            minutes = u8::try_from(self.digits(2, 2)?).ok()?;
        }
        self.0.is_empty().then_some(Zone::Offset(west, hours, minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> &'static str {
        scalar(&Text::from(text), true).rsplit(':').next().unwrap()
    }

    #[test]
    fn plain_text_means_what_it_means_in_yaml_1_1() {
        for (wanted, texts) in [
            ("bool", "yes No TRUE off On"),
            ("int", "0 -0 010 1_000 0x_f 0b_ 1:30 +12 1:59:59"),
            ("float", "1. 1.5e+3 .5 -1_0.5 1:30.5 .inf -.INF .nan 0.e-1"),
            ("str", "1e3 08 0o10 y N -.nan 1:60 .e+3 +.5 2001-1-1 1.5e3 . - 0b 0x _1 12a TRue"),
            ("timestamp", "2001-12-14 2001-1-1T1:02:03 2001-12-14T21:59:43.10-5:00 2001-13-45"),
            ("null", "~ null Null NULL"),
            ("merge", "<<"),
            ("value", "="),
        ] {
            for text in texts.split(' ') {
                assert_eq!(tag(text), wanted, "{text}");
            }
        }
        assert_eq!((tag(""), tag("12\n"), tag("12\n\n")), ("null", "int", "str"));
    }
}
