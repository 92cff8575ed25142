//! Values to text: one line of flow style that YAML 1.1 reads as exactly that value, and YAML 1.2 too wherever both
//! have it.

use super::error::EditError;
use crate::event::ScalarStyle;
use crate::int::Int;
use crate::repr;
use crate::resolver;
use crate::text::Text;
use crate::value::{Date, DateTime, Value};
use std::fmt;

type Result<T> = std::result::Result<T, EditError>;

/// Values within values; deeper ones could not be read back.
const DEEPEST: usize = 490;
/// Characters of a key that may stand without `?`.
const LONGEST_KEY: usize = 1000;
/// Digits that Python reads in a decimal number.
const MOST_DIGITS: usize = 4300;

/// Writes a value on one line, in a form that is read back as exactly that value, in a block as well as within
/// brackets.
///
/// ```
/// use pyyaml::{Text, Value, to_flow};
///
/// let string = |text: &'static str| Value::String(Text::from(text));
/// let value = Value::List(vec![string("on"), string("some words"), string("1e3"), Value::Float(1e3), Value::Null]);
/// assert_eq!(to_flow(&value).unwrap(), r#"["on", some words, "1e3", 1000.0, null]"#);
/// ```
pub fn to_flow(value: &Value) -> Result<String> {
    to_flow_like(value, ScalarStyle::Plain)
}

/// [`to_flow`], but a string takes the quotes of `style` if it can: what `'a'` is replaced by has single quotes too.
pub fn to_flow_like(value: &Value, style: ScalarStyle) -> Result<String> {
    let mut out = String::new();
    match value {
        Value::String(text) => string(text, style, &mut out),
        _ => write(value, &mut out, 0)?,
    }
    Ok(out)
}

fn write(value: &Value, out: &mut String, depth: usize) -> Result<()> {
    if depth > DEEPEST {
        return Err(EditError::Unwritable("it is nested too deep"));
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(value) => int(value, out),
        Value::Float(value) => float(*value, out),
        Value::Complex(real, imaginary) => {
            let sign = if imaginary.is_sign_negative() { "" } else { "+" };
            let text = format!("!!python/complex \"{real:?}{sign}{imaginary:?}j\"").to_lowercase();
            checked(value, &text, out)?;
        }
        Value::String(text) => string(text, ScalarStyle::Plain, out),
        Value::Binary(bytes) => {
            out.push_str("!!binary \"");
            base64(bytes, out);
            out.push('"');
        }
        Value::Date(day) => checked(value, &date(*day), out)?,
        Value::DateTime(time) => checked(value, &date_time(*time)?, out)?,
        Value::List(items) => list(items, out, depth)?,
        Value::Tuple(items) => {
            out.push_str("!!python/tuple ");
            list(items, out, depth)?;
        }
        Value::Map(pairs) => {
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                pair(key, value, out, depth)?;
            }
            out.push('}');
        }
        Value::Set(items) => {
            out.push_str("!!set {");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                key(item, out, depth)?;
            }
            out.push('}');
        }
        Value::OrderedMap(pairs) => {
            out.push_str("!!omap [");
            for (at, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if at == 0 { "{" } else { ", {" });
                pair(key, value, out, depth + 1)?;
                out.push('}');
            }
            out.push(']');
        }
    }
    Ok(())
}

fn list(items: &[Value], out: &mut String, depth: usize) -> Result<()> {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        write(item, out, depth + 1)?;
    }
    out.push(']');
    Ok(())
}

fn pair(name: &Value, value: &Value, out: &mut String, depth: usize) -> Result<()> {
    key(name, out, depth)?;
    out.push_str(": ");
    write(value, out, depth + 1)
}

/// A key, with `?` where it may not stand without.
fn key(name: &Value, out: &mut String, depth: usize) -> Result<()> {
    let start = out.len();
    write(name, out, depth + 1)?;
    let simple = !matches!(name, Value::Tuple(_) | Value::List(_) | Value::Map(_) | Value::Set(_));
    if !simple || out.len() - start > LONGEST_KEY {
        out.insert_str(start, "? ");
        out.push(' ');
    }
    Ok(())
}

/// Writes what could be out of range only if it is read back.
fn checked(value: &Value, text: &str, out: &mut String) -> Result<()> {
    if crate::load(text.as_bytes()).as_ref() != Ok(value) {
        return Err(EditError::Unwritable("there is no such value"));
    }
    out.push_str(text);
    Ok(())
}

fn add(out: &mut String, more: fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    fmt::Write::write_fmt(out, more).unwrap_or_default();
}

fn int(value: &Int, out: &mut String) {
    let digits = value.to_string();
    // Python refuses more digits than that, but only of decimal numbers.
    if digits.len() > MOST_DIGITS {
        add(out, format_args!("{value:#x}"));
    } else {
        out.push_str(&digits);
    }
}

/// Never with an exponent: YAML 1.1 reads `1e3` as a string.
fn float(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str(".nan");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { ".inf" } else { "-.inf" });
    } else {
        let digits = value.to_string();
        out.push_str(&digits);
        out.push_str(if digits.contains('.') { "" } else { ".0" });
    }
}

fn date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

fn date_time(time: DateTime) -> Result<String> {
    let mut text = format!("{}T{:02}:{:02}:{:02}", date(time.date), time.hour, time.minute, time.second);
    if time.microsecond > 0 {
        add(&mut text, format_args!(".{:06}", time.microsecond));
    }
    match time.offset {
        None => {}
        Some(0) => text.push('Z'),
        Some(seconds) if seconds % 60 == 0 => {
            let minutes = seconds.unsigned_abs() / 60;
            let sign = if seconds < 0 { '-' } else { '+' };
            add(&mut text, format_args!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
        Some(_) => return Err(EditError::Unwritable("YAML has no time zones with seconds")),
    }
    Ok(text)
}

fn base64(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| chunk.get(at).copied().map_or(0, usize::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get(bits >> shift & 63).copied().unwrap_or(b'=');
            out.push(if at > chunk.len() { '=' } else { char::from(digit) });
        }
    }
}

fn string(text: &Text<'_>, style: ScalarStyle, out: &mut String) {
    match style {
        ScalarStyle::Plain if is_plain(text) => out.push_str(text.as_str()),
        ScalarStyle::SingleQuoted if text.code_points().all(stands_for_itself) => {
            out.push('\'');
            out.push_str(&text.as_str().replace('\'', "''"));
            out.push('\'');
        }
        _ => double_quoted(text, out),
    }
}

/// Whether a text needs no quotes anywhere, neither in YAML 1.1 nor in 1.2.
fn is_plain(text: &Text<'_>) -> bool {
    // Words that other readers, or readers with another idea of case, take for something else.
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let plain = text.as_str();
    text.surrogates().is_empty()
        && plain.starts_with(char::is_alphabetic)
        && plain.ends_with(char::is_alphanumeric)
        && plain.chars().all(|char| char.is_alphanumeric() || matches!(char, ' ' | '_' | '.' | '/' | '-'))
        && !WORDS.iter().any(|word| plain.eq_ignore_ascii_case(word))
        && resolver::scalar(text, true) == resolver::STRING
}

/// Whether a character may stand in quotes as it is: all that YAML allows, but no line breaks, tabs and marks that
/// nobody sees.
fn stands_for_itself(code: u32) -> bool {
    matches!(code, 0x20..=0x7e | 0xa0..=0xd7ff | 0xe000..=0xfffd | 0x1_0000..=0x10_ffff)
        && !matches!(code, 0x2028 | 0x2029 | 0xfeff)
}

fn double_quoted(text: &Text<'_>, out: &mut String) {
    out.push('"');
    for code in text.code_points() {
        match char::from_u32(code) {
            Some(char @ ('"' | '\\')) => out.extend(['\\', char]),
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some('\r') => out.push_str("\\r"),
            Some(char) if stands_for_itself(code) => out.push(char),
            _ => out.push_str(&repr::escape(code)),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        to_flow(&Value::String(Text::from(text.to_owned()))).unwrap()
    }

    #[test]
    fn texts_that_yaml_takes_for_something_else_are_quoted() {
        for text in [
            "on",
            "Y",
            "1e3",
            "1:30",
            "010",
            "2001-01-01",
            "",
            " ",
            "a ",
            "a: b",
            "a #b",
            "-",
            "~",
            "<<",
            "=",
            "nULL",
        ] {
            assert_eq!(shown(text), format!("{text:?}"));
        }
        for text in ["word", "two words", "ä", "a/b.c-d_e"] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("a\u{85}\u{feff}\n\0\u{1f600}"), "\"a\\x85\\ufeff\\n\\x00\u{1f600}\"");
    }

    #[test]
    fn quotes_are_kept_when_they_can_be() {
        let like =
            |text: &str, style| to_flow_like(&Value::String(Text::from(text.to_owned())), style).unwrap();
        assert_eq!(like("it's", ScalarStyle::SingleQuoted), "'it''s'");
        assert_eq!(like("a\tb", ScalarStyle::SingleQuoted), "\"a\\tb\"");
        assert_eq!(like("word", ScalarStyle::DoubleQuoted), "\"word\"");
        assert_eq!(like("word", ScalarStyle::Literal), "\"word\"");
        assert_eq!(to_flow_like(&Value::Int(5.into()), ScalarStyle::SingleQuoted).unwrap(), "5");
    }

    #[test]
    fn what_has_no_text_is_refused() {
        let day = Date { year: 2001, month: 13, day: 1 };
        assert!(matches!(to_flow(&Value::Date(day)), Err(EditError::Unwritable(_))));
        let date = Date { month: 1, ..day };
        let time = DateTime { date, hour: 0, minute: 0, second: 0, microsecond: 0, offset: Some(1) };
        assert!(matches!(to_flow(&Value::DateTime(time)), Err(EditError::Unwritable(_))));
        let deep = (0..600).fold(Value::Null, |value, _| Value::List(vec![value]));
        assert!(matches!(to_flow(&deep), Err(EditError::Unwritable(_))));
    }
}
