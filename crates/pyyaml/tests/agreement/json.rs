//! Writes JSON as Python's `json.dumps` writes it without blanks, so that answers are compared as text. Only a line
//! that differs is ever parsed, which keeps a hundred thousand comparisons cheap in an unoptimised build.

use std::fmt::Write;

use pyyaml::Text;

/// A JSON text that grows. Commas are set where they are needed.
#[derive(Default)]
pub(crate) struct Json {
    pub(crate) out: String,
}

impl Json {
    fn comma(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'[' | b'{' | b':')) {
            self.out.push(',');
        }
    }

    pub(crate) fn open(&mut self, bracket: char) {
        self.comma();
        self.out.push(bracket);
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.out.push(bracket);
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.comma();
        self.out.extend(["\"", key, "\":"]);
    }

    /// Something that needs no quotes.
    pub(crate) fn raw(&mut self, value: impl std::fmt::Display) {
        self.comma();
        write!(self.out, "{value}").unwrap();
    }

    pub(crate) fn flag(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub(crate) fn string(&mut self, value: &str) {
        self.prefixed("", value.chars().map(u32::from));
    }

    pub(crate) fn maybe(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.string(value),
            None => self.raw("null"),
        }
    }

    pub(crate) fn text(&mut self, prefix: &str, value: &Text<'_>) {
        self.prefixed(prefix, value.code_points());
    }

    fn prefixed(&mut self, prefix: &str, code_points: impl Iterator<Item = u32>) {
        self.comma();
        self.out.push('"');
        self.out.push_str(prefix);
        for code in code_points {
            self.code_point(code);
        }
        self.out.push('"');
    }

    fn code_point(&mut self, code: u32) {
        match code {
            0x22 => self.out.push_str("\\\""),
            0x5c => self.out.push_str("\\\\"),
            0x0a => self.out.push_str("\\n"),
            0x0d => self.out.push_str("\\r"),
            0x09 => self.out.push_str("\\t"),
            0x08 => self.out.push_str("\\b"),
            0x0c => self.out.push_str("\\f"),
            0x20..0x7f => self.out.push(char::from(u8::try_from(code).unwrap())),
            // What no JSON reader takes stands behind a mark of our own, as oracle.py writes it.
            0xd800..0xe000 | 0xffff => write!(self.out, "\\uffff{code:04X}").unwrap(),
            0x7f => self.out.push('\x7f'),
            _ => {
                let mut units = [0; 2];
                for unit in char::from_u32(code).unwrap().encode_utf16(&mut units) {
                    write!(self.out, "\\u{unit:04x}").unwrap();
                }
            }
        }
    }
}
