//! Numbers as Python's `int`, `float` and `complex` read them from a string, which is wider than what YAML calls a
//! number: `!!int ' 12 '` and digits of any script are read, and what is refused is refused in Python's words.

use crate::error::{Error, ErrorClass};
use crate::int::Int;
use crate::repr;
use crate::scanner::{MAX_DIGITS, too_many_digits};
use crate::text::Text;

type Result<T> = std::result::Result<T, Error>;

/// The zeros of the scripts that have decimal digits; nine more follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The characters of a scalar without `_`, as code points, since lone surrogates may be among them.
fn without_lines(text: &Text<'_>) -> Vec<u32> {
    text.code_points().filter(|code| *code != u32::from('_')).collect()
}

/// The string that Python's number parsers look at: digits of any script made ASCII, blanks cut off, and everything
/// behind a character that is neither cut off too, with `?` in its place.
fn ascii(codes: &[u32]) -> String {
    let mut text = String::with_capacity(codes.len());
    for code in codes {
        let digit = || ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|by| *by < 10));
        match char::from_u32(*code) {
            Some(char) if char.is_ascii() => text.push(char),
            Some(char) if char.is_whitespace() => text.push(' '),
            _ => {
                let Some(digit) = digit().and_then(|digit| char::from_digit(digit, 10)) else {
                    text.push('?');
                    break;
                };
                text.push(digit);
            }
        }
    }
    text.trim_matches(BLANKS).to_owned()
}

/// What C's `isspace` calls a blank.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

fn value_error(problem: String) -> Error {
    Error::new(ErrorClass::Value, problem)
}

fn out_of_range() -> Error {
    Error::new(ErrorClass::Index, "string index out of range")
}

/// Cuts the sign off, as the constructors of int and float do, and says whether it is a minus.
fn split_sign(codes: &[u32]) -> Result<(bool, &[u32])> {
    let (first, rest) = codes.split_first().ok_or_else(out_of_range)?;
    Ok(match char::from_u32(*first) {
        Some('-') => (true, rest),
        Some('+') => (false, rest),
        _ => (false, codes),
    })
}

pub(super) fn int(text: &Text<'_>) -> Result<Int> {
    if let Ok(value) = text.as_str().parse::<i64>()
        && !text.as_str().trim_start_matches(['+', '-']).starts_with('0')
    {
        return Ok(Int::from(value));
    }
    let codes = without_lines(text);
    let (negative, codes) = split_sign(&codes)?;
    let start: String = codes.iter().take(2).map(|code| char::from_u32(*code).unwrap_or('?')).collect();
    let behind = codes.get(2..).unwrap_or(&[]);
    let value = match start.as_str() {
        "" => return Err(out_of_range()),
        "0" if codes.len() == 1 => Int::default(),
        "0b" => python_int(behind, 2)?,
        "0x" => python_int(behind, 16)?,
        _ if start.starts_with('0') => python_int(codes, 8)?,
        _ => sexagesimal_int(codes)?,
    };
    Ok(if negative { value.negated() } else { value })
}

fn sexagesimal_int(codes: &[u32]) -> Result<Int> {
    let mut value = Int::default();
    // The square of the length would be the cost of a long row; nobody writes one.
    let parts: Vec<_> = codes.split(|code| *code == u32::from(':')).collect();
    if parts.len() > MAX_DIGITS {
        return Err(Error::new(ErrorClass::Limit, format!("a number of more than {MAX_DIGITS} parts")));
    }
    for part in parts {
        value = value.times(60).plus(&python_int(part, 10)?);
    }
    Ok(value)
}

/// `int(text, base)`
fn python_int(codes: &[u32], base: u32) -> Result<Int> {
    let text = ascii(codes);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = match base {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["\0", "\0"],
    };
    let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
    let count = digits.chars().take_while(|char| char.is_digit(base)).count();
    if base == 10 && count > MAX_DIGITS {
        return Err(value_error(too_many_digits(count)));
    }
    let value = if count == 0 { None } else { Int::from_digits(negative, digits, base) };
    value.ok_or_else(|| {
        let found: String = repr::codes(codes.iter().copied()).chars().take(200).collect();
        value_error(format!("invalid literal for int() with base {base}: {found}"))
    })
}

/// Every `.nan` is the same object in Python, and so the same key; only `float("nan")` makes a NaN of its own. The
/// lowest bit tells them apart.
pub(super) const SHARED_NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

pub(super) fn float(text: &Text<'_>) -> Result<f64> {
    let codes = without_lines(&text.to_lowercase());
    let (negative, codes) = split_sign(&codes)?;
    let sign = if negative { -1.0 } else { 1.0 };
    let plain: String = codes.iter().map(|code| char::from_u32(*code).unwrap_or('?')).collect();
    match plain.as_str() {
        // Not multiplied by the sign: whether a product keeps the bits of a NaN is not for sure.
        ".nan" => Ok(SHARED_NAN),
        ".inf" => Ok(sign * f64::INFINITY),
        _ if plain.contains(':') => Ok(sign * sexagesimal_float(codes)?),
        _ => Ok(sign * python_float(codes)?),
    }
}

fn sexagesimal_float(codes: &[u32]) -> Result<f64> {
    let parts: Vec<_> = codes.split(|code| *code == u32::from(':')).collect();
    let digits = parts.iter().map(|part| python_float(part)).collect::<Result<Vec<_>>>()?;
    let mut base = Int::from(1);
    let mut value = 0.0;
    for digit in digits.iter().rev() {
        // Reading its digits is the one conversion to float that is known to round well.
        let factor: f64 = base.to_string().parse().unwrap_or(f64::INFINITY);
        if factor.is_infinite() {
            return Err(Error::new(ErrorClass::Overflow, "int too large to convert to float"));
        }
        value += digit * factor;
        base = base.times(60);
    }
    Ok(value)
}

/// `float(text)`
fn python_float(codes: &[u32]) -> Result<f64> {
    let read: Option<f64> = ascii(codes).parse().ok();
    read.ok_or_else(|| {
        let found = repr::codes(codes.iter().copied());
        value_error(format!("could not convert string to float: {found}"))
    })
}

/// `complex(text)`
pub(super) fn complex(text: &Text<'_>) -> Result<(f64, f64)> {
    let codes: Vec<u32> = text.code_points().collect();
    let text = ascii(&codes);
    let Some(text) = join_digits(&text) else {
        let found = repr::codes(codes.iter().copied());
        return Err(value_error(format!("could not convert string to complex: {found}")));
    };
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let bare = inner.unwrap_or(&text).trim_matches(BLANKS);
    read_complex(&bare.to_ascii_lowercase())
        .ok_or_else(|| value_error("complex() arg is a malformed string".into()))
}

fn read_complex(text: &str) -> Option<(f64, f64)> {
    let Some(body) = text.strip_suffix('j') else { return Some((text.parse().ok()?, 0.0)) };
    // The sign that parts real and imaginary is the last one that belongs to no exponent.
    let bytes = body.as_bytes();
    let is_sign = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        matches!(bytes.get(*at), Some(b'+' | b'-')) && before != Some(b'e')
    };
    let at = (0..bytes.len()).rev().find(is_sign).unwrap_or(0);
    let (real, imaginary) = body.split_at_checked(at)?;
    let imaginary = match imaginary {
        "" | "+" => 1.0,
        "-" => -1.0,
        _ => imaginary.parse().ok()?,
    };
    Some((if real.is_empty() { 0.0 } else { real.parse().ok()? }, imaginary))
}

/// Takes out each `_` between two digits; one elsewhere is no number, nor is one in a text with a NUL.
fn join_digits(text: &str) -> Option<String> {
    if text.contains('_') && text.contains('\0') {
        return None;
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let misplaced =
        |(at, byte): (usize, &u8)| *byte == b'_' && !(digit(at.checked_sub(1)) && digit(at.checked_add(1)));
    (!bytes.iter().enumerate().any(misplaced)).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        int(&Text::from(text)).map_or_else(|error| error.problem().to_owned(), |value| value.to_string())
    }

    #[test]
    fn integers_are_read_in_all_notations() {
        for (text, value) in [("010", 8), ("-0x1F", -31), ("0b1_0", 2), ("190:20:30", 685_230), ("+-5", -5)] {
            assert_eq!(read(text), value.to_string(), "{text}");
        }
        assert_eq!((read(" 1_2 "), read("0o17"), read("1:-5")), ("12".into(), "15".into(), "55".into()));
        assert_eq!(read("\u{661}\u{662}"), "12");
        assert_eq!(read("09"), "invalid literal for int() with base 8: '09'");
        assert_eq!(
            (read(""), read("-")),
            ("string index out of range".into(), "string index out of range".into())
        );
    }

    #[test]
    fn complex_numbers_are_read() {
        let read = |text: &str| complex(&Text::from(text)).ok();
        assert_eq!((read("1+2j"), read("-1e-3-j")), (Some((1.0, 2.0)), Some((-0.001, -1.0))));
        assert_eq!(
            (read("(3)"), read("j"), read("1e+2j")),
            (Some((3.0, 0.0)), Some((0.0, 1.0)), Some((0.0, 100.0)))
        );
        assert_eq!((read(""), read("1+"), read("1 + 2j")), (None, None, None));
    }
}
