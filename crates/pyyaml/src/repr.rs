//! `repr` as Python writes it, which PyYAML puts into its messages.

use crate::text::Text;

/// `repr` of a string of one character.
pub(crate) fn char(char: char) -> String {
    string(char.encode_utf8(&mut [0; 4]))
}

/// `repr` of a string.
pub(crate) fn string(text: &str) -> String {
    text_of(&Text::from(text))
}

/// `repr` of a string that may hold lone surrogates.
pub(crate) fn text_of(text: &Text<'_>) -> String {
    codes(text.code_points())
}

/// `repr` of a string that is given as its code points.
pub(crate) fn codes(text: impl Iterator<Item = u32> + Clone) -> String {
    let has = |wanted: char| text.clone().any(|code| code == u32::from(wanted));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for code in text {
        match char::from_u32(code).unwrap_or('\0') {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            char if char == quote => out.extend(['\\', char]),
            char if is_printable(char) => out.push(char),
            _ => out.push_str(&escape(code)),
        }
    }
    out.push(quote);
    out
}

/// `\xe4`, `\u20ac` or `\U0001f600`.
pub(crate) fn escape(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Python's `str.isprintable`. Rust's `escape_debug` draws the same line, but for marks that extend the character
/// before them, which it escapes only at the beginning.
fn is_printable(char: char) -> bool {
    matches!(char, '\'' | '"') || {
        let mut pair = String::from("a");
        pair.push(char);
        pair.escape_debug().eq(pair.chars())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_written_as_python_writes_them() {
        assert_eq!(super::string("a'b"), "\"a'b\"");
        assert_eq!(super::string("'\"\\"), "'\\'\"\\\\'");
        assert_eq!(
            super::string("\0\u{7f}ä\u{301}\u{200b}\u{10ffff}"),
            "'\\x00\\x7fä\u{301}\\u200b\\U0010ffff'"
        );
    }
}
