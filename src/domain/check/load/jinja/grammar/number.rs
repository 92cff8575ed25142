//! Numbers and names within the tags of a template.
//! Digits and letters are those of Unicode, as in Python.

use super::token::Kind;

fn is_digit(found: char) -> bool {
    found.is_ascii_digit()
        || (!found.is_ascii()
            && found.is_numeric()
            && !found.is_alphabetic()
            && unicode_ident::is_xid_continue(found))
}

fn is_word(found: char) -> bool {
    found == '_' || found.is_alphanumeric() || unicode_ident::is_xid_continue(found)
}

/// How long the name is that begins here.
pub(super) fn name(text: &str) -> usize {
    text.find(|found| !is_word(found)).unwrap_or(text.len())
}

pub(super) fn is_identifier(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && rest.all(unicode_ident::is_xid_continue)
}

/// What follows the digits, single underscores between them allowed.
fn digits(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix(is_digit)?;
    loop {
        let after = rest.trim_start_matches(is_digit);
        match after.strip_prefix('_').and_then(|next| next.strip_prefix(is_digit)) {
            Some(next) => rest = next,
            None => return Some(after),
        }
    }
}

fn exponent(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['e', 'E'])?;
    digits(rest.strip_prefix(['+', '-']).unwrap_or(rest))
}

fn float(text: &str) -> Option<&str> {
    let rest = digits(text)?;
    let fraction = rest.strip_prefix('.').and_then(digits);
    fraction.and_then(exponent).or_else(|| exponent(rest)).or(fraction)
}

/// What follows digits of which each may have an underscore before it.
fn run(text: &str, is: impl Fn(char) -> bool) -> &str {
    let mut rest = text;
    while let Some(next) = rest.strip_prefix('_').unwrap_or(rest).strip_prefix(&is) {
        rest = next;
    }
    rest
}

fn integer(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('0') {
        let prefixed = |letters: [char; 2], is: fn(char) -> bool| {
            let digits = rest.strip_prefix(letters)?;
            Some(run(digits, is)).filter(|after| after.len() < digits.len())
        };
        return prefixed(['b', 'B'], |found| matches!(found, '0' | '1'))
            .or_else(|| prefixed(['o', 'O'], |found| matches!(found, '0'..='7')))
            .or_else(|| prefixed(['x', 'X'], |found| found.is_ascii_hexdigit() || is_digit(found)))
            .or_else(|| Some(run(rest, |found| found == '0')));
    }
    text.strip_prefix(|found| matches!(found, '1'..='9')).map(|rest| run(rest, is_digit))
}

/// The length of the number that begins here. After a dot there are only integers: `a.0.1`.
pub(super) fn read(text: &str, after_dot: bool) -> Option<(usize, Kind<'_>)> {
    let own = |rest: &str| text.get(..text.len().saturating_sub(rest.len())).unwrap_or_default();
    if let Some(rest) = float(text).filter(|_| !after_dot) {
        return Some((own(rest).len(), Kind::Float(own(rest))));
    }
    let rest = integer(text)?;
    Some((own(rest).len(), Kind::Int(own(rest))))
}

/// The value of a whole number, where it is not too large and its digits are plain.
pub(super) fn integer_value(written: &str) -> Option<i128> {
    let digits = written.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        _ => (10, digits.as_str()),
    };
    i128::from_str_radix(digits, radix).ok()
}

/// Python reads no whole number of more decimal digits.
pub(super) fn is_too_long(number: &str) -> bool {
    number.len() > 4300
        && !number.contains(['.', 'e', 'E', 'x', 'X', 'b', 'B', 'o', 'O'])
        && number.chars().filter(|found| *found != '_').count() > 4300
}
