//! The one sanitiser. Everything that others wrote, such as logs, names, labels and engine errors, passes through it
//! where it enters, so that no escape sequence, control character or direction override reaches a terminal. It is a
//! state machine (`vte`), not a pattern: what a terminal would take as one sequence goes as one sequence.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;
use vte::{Parser, Perform};

/// The most bytes that one sanitised line has; what is cut off is marked.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Stands at the end of a line that was cut.
pub const CUT: &str = "… (cut)";

/// How many marks a letter may carry. More than these climb over the lines around them.
const MARKS: usize = 4;

/// Columns between two tab stops.
const TAB: usize = 8;

/// Makes foreign text safe to show on one line: whole escape sequences are removed, tabs become spaces, other
/// control and direction characters become visible, invalid UTF-8 becomes U+FFFD. Doing it twice changes nothing.
///
/// A sequence that never ends is shown, so that nobody can hide the rest of a line behind one.
pub fn sanitise(bytes: &[u8]) -> String {
    let (bytes, whole) = match bytes.get(..LINE_LIMIT) {
        Some(front) if bytes.len() > LINE_LIMIT => (front, false),
        _ => (bytes, true),
    };
    if whole && bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let text = seven_bit(&String::from_utf8_lossy(bytes));
    let mut writer = Writer::default();
    let mut parser = Parser::new();
    // The parser says nothing at the end of an unfinished sequence. DEL does not end one, and is printed outside.
    let (front, last) = text.rfind('\u{1b}').map_or((text.as_str(), ""), |at| text.split_at(at));
    parser.advance(&mut writer, front.as_bytes());
    let before = writer.clone();
    parser.advance(&mut writer, last.as_bytes());
    writer.probing = true;
    parser.advance(&mut writer, b"\x7f");
    if !writer.probed {
        writer = before;
        for c in last.chars() {
            writer.character(c);
        }
    }
    if !whole {
        writer.full = true;
    }
    writer.finish()
}

/// The eight-bit forms of the sequence introducers, as their seven-bit forms: `vte` knows only those.
fn seven_bit(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Of the C1 set only DCS, SOS, CSI, ST, OSC, PM and APC begin or end sequences.
            '\u{90}' | '\u{98}' | '\u{9b}'..='\u{9f}' => {
                out.push('\u{1b}');
                out.extend(u8::try_from(u32::from(c) - 0x40).map(char::from));
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a character is unseen, or changes how its neighbours are seen.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Whether a character only chooses how the one before is drawn; terminals disagree about the width it leaves.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[derive(Clone, Default)]
struct Writer {
    out: String,
    column: usize,
    marks: usize,
    full: bool,
    probing: bool,
    probed: bool,
}

impl Writer {
    fn push(&mut self, c: char, width: usize) {
        if self.full || self.out.len() + c.len_utf8() > LINE_LIMIT {
            self.full = true;
        } else {
            self.out.push(c);
            self.column += width;
        }
    }

    fn visible(&mut self, c: char) {
        let mut text = String::new();
        match u32::from(c) {
            code @ 0..=0x1f => text.extend(char::from_u32(0x2400 + code)),
            0x7f => text.push('\u{2421}'),
            // A String takes whatever is written to it.
            code => drop(write!(text, "<U+{code:04X}>")),
        }
        for c in text.chars() {
            self.push(c, 1);
        }
        self.marks = 0;
    }

    fn character(&mut self, c: char) {
        if c == '\t' {
            for _ in 0..TAB - self.column % TAB {
                self.push(' ', 1);
            }
            self.marks = 0;
        } else if is_variation(c) {
            // Dropped.
        } else if c.is_control() || is_unseen(c) {
            self.visible(c);
        } else {
            match c.width() {
                None | Some(0) => {
                    if self.out.is_empty() {
                        self.push('\u{25cc}', 1);
                    }
                    if self.marks < MARKS {
                        self.marks += 1;
                        self.push(c, 0);
                    }
                }
                Some(width) => {
                    self.marks = 0;
                    self.push(c, width);
                }
            }
        }
    }

    fn finish(mut self) -> String {
        if self.full {
            let mut end = LINE_LIMIT.saturating_sub(CUT.len()).min(self.out.len());
            while !self.out.is_char_boundary(end) {
                end -= 1;
            }
            self.out.truncate(end);
            self.out.push_str(CUT);
        }
        self.out
    }
}

impl Perform for Writer {
    fn print(&mut self, c: char) {
        if self.probing {
            self.probed = true;
        } else {
            self.character(c);
        }
    }

    fn execute(&mut self, byte: u8) {
        self.character(char::from(byte));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_sequences_go() {
        for (text, left) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}[2J\u{1b}[1;1Hb", "ab"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}P1$r0m\u{1b}\\x", "x"),
            ("\u{1b}_Gq=2;AAAA\u{1b}\\x", "x"),
            ("\u{1b}^private\u{1b}\\x", "x"),
            ("\u{9b}31mred\u{9b}0m", "red"),
            ("\u{9d}0;title\u{9c}x", "x"),
            ("\u{1b}(0qqq", "qqq"),
            ("\u{1b}cx", "x"),
            ("\u{1b}[38:2::1:2:3mx", "x"),
        ] {
            assert_eq!(sanitise(text.as_bytes()), left, "{text:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_hides_nothing() {
        assert_eq!(sanitise(b"ok \x1b]0;rm -rf"), "ok \u{241b}]0;rm -rf");
        assert_eq!(sanitise(b"ok \x1bP the rest"), "ok \u{241b}P the rest");
        assert_eq!(sanitise(b"ok \x1b["), "ok \u{241b}[");
        assert_eq!(sanitise(b"ok \x1b"), "ok \u{241b}");
        assert_eq!(sanitise(b"\x1b[1mok\x1b_ never"), "ok\u{241b}_ never");
    }

    #[test]
    fn controls_are_visible() {
        assert_eq!(sanitise(b"50%\r100%\x08\x00\x7f\n"), "50%\u{240d}100%\u{2408}\u{2400}\u{2421}\u{240a}");
        assert_eq!(sanitise("a\u{85}b".as_bytes()), "a<U+0085>b");
    }

    #[test]
    fn directions_and_unseen_characters_are_visible() {
        assert_eq!(sanitise("user\u{202e}nimda".as_bytes()), "user<U+202E>nimda");
        assert_eq!(sanitise("pass\u{200b}word".as_bytes()), "pass<U+200B>word");
        assert_eq!(sanitise("\u{2066}x\u{2069}\u{feff}".as_bytes()), "<U+2066>x<U+2069><U+FEFF>");
        assert_eq!(sanitise("a\u{e0041}".as_bytes()), "a<U+E0041>");
        assert_eq!(sanitise("\u{2764}\u{fe0f}".as_bytes()), "\u{2764}");
    }

    #[test]
    fn tabs_stop_at_every_eighth_column() {
        assert_eq!(sanitise(b"a\tb"), "a       b");
        assert_eq!(sanitise("日本\tb".as_bytes()), "日本    b");
        assert_eq!(sanitise(b"\x1b[1m\tb"), "        b");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let text = format!("e{}x", "\u{301}".repeat(200));
        assert_eq!(sanitise(text.as_bytes()), format!("e{}x", "\u{301}".repeat(4)));
        assert_eq!(sanitise("\u{301}".as_bytes()), "\u{25cc}\u{301}");
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        assert_eq!(sanitise(b"a\xff\xfeb"), "a\u{fffd}\u{fffd}b");
        assert_eq!(sanitise(b"\xc3"), "\u{fffd}");
        assert_eq!(sanitise(b"\x9b31m"), "\u{fffd}31m", "a raw byte is no introducer in UTF-8");
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let line = sanitise(&vec![b'x'; LINE_LIMIT + 1]);
        assert!(line.len() <= LINE_LIMIT && line.ends_with(CUT));
        assert_eq!(sanitise(&vec![b'x'; LINE_LIMIT]).len(), LINE_LIMIT);
        let tabs = sanitise(&vec![b'\t'; LINE_LIMIT]);
        assert!(tabs.len() <= LINE_LIMIT && tabs.ends_with(CUT));
        let wide = sanitise("日".repeat(LINE_LIMIT).as_bytes());
        assert!(wide.len() <= LINE_LIMIT && wide.ends_with(CUT));
    }

    #[test]
    fn text_that_is_already_safe_is_kept() {
        for text in ["", "plain", "Größe 5 €", "日本語", "cafe\u{301}", "\u{240d} ⏎ <U+202E>"] {
            assert_eq!(sanitise(text.as_bytes()), text);
        }
    }

    /// Bytes that like to be sequences.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<Vec<u8>>(),
            "[\\x00-\\x1f\\x7f-\\u{9f}\\[\\]P_^X;?0-9mhJ\\\\]{0,6}".prop_map(String::into_bytes),
            "\\PC{0,8}".prop_map(String::into_bytes),
            any::<String>().prop_map(String::into_bytes),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_left(bytes in hostile()) {
            let text = sanitise(&bytes);
            prop_assert!(text.chars().all(|c| !c.is_control() && !is_unseen(c) && !is_variation(c)), "{text:?}");
            prop_assert!(text.len() <= LINE_LIMIT);
        }

        #[test]
        fn twice_is_once(bytes in hostile()) {
            let once = sanitise(&bytes);
            prop_assert_eq!(sanitise(once.as_bytes()), once);
        }
    }
}
