//! Errors as Python prints them: the message, and under it the line concerned with a caret below the place. Long
//! lines are cut around the place, as PyYAML cuts them.

use crate::error::{Error, ErrorClass};
use crate::mark::Mark;
use crate::utf16;
use std::borrow::Cow;

/// Characters of a line that are shown on either side of the place; beyond them the line is cut.
const HALF: usize = 36;
const CUT: &str = " ... ";

pub(crate) fn render(error: &Error, source: &[u8], name: &str) -> String {
    if error.class() == ErrorClass::Reader {
        let position = error.reader_position().unwrap_or_default();
        return format!("{}\n  in \"{name}\", position {position}", error.problem());
    }
    if !error.class().is_yaml_error() {
        return error.problem().to_owned();
    }
    let mut out = String::new();
    if let Some(context) = error.context() {
        out.push_str(context);
        out.push('\n');
    }
    if let Some(mark) = error.context_mark()
        && error.problem_mark().is_none_or(|other| (other.line, other.column) != (mark.line, mark.column))
    {
        place(&mut out, source, name, mark);
        out.push('\n');
    }
    out.push_str(error.problem());
    if let Some(mark) = error.problem_mark() {
        out.push('\n');
        place(&mut out, source, name, mark);
    }
    out
}

fn place(out: &mut String, source: &[u8], name: &str, mark: Mark) {
    out.extend(["  in \"", name, "\", ", &mark.to_string(), ":\n"]);
    let (before, behind) = source.split_at_checked(mark.byte).unwrap_or((source, &[]));
    let (before, behind) = (decode(source, before), decode(source, behind));
    let is_break = |char| matches!(char, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // Counted from the place outwards, so that a line of a megabyte costs no more than the part that is shown.
    let mut head: Vec<char> =
        before.chars().rev().take_while(|char| !is_break(*char)).take(HALF + 1).collect();
    let cut_head = head.len() > HALF;
    if cut_head {
        head.truncate(HALF + 1 - CUT.len());
    }
    let mut tail: Vec<char> = behind.chars().take_while(|char| !is_break(*char)).take(HALF + 1).collect();
    let cut_tail = tail.len() > HALF;
    if cut_tail {
        tail.truncate(HALF + 1 - CUT.len());
    }
    let caret = 4 + head.len() + if cut_head { CUT.len() } else { 0 };
    out.push_str("    ");
    out.push_str(if cut_head { CUT } else { "" });
    out.extend(head.iter().rev());
    out.extend(tail.iter());
    out.push_str(if cut_tail { CUT } else { "" });
    out.extend(["\n", &" ".repeat(caret), "^"]);
}

fn decode<'a>(source: &[u8], part: &'a [u8]) -> Cow<'a, str> {
    if utf16::is_marked(source) {
        Cow::Owned(utf16::lossy(part, source.first() == Some(&0xff)))
    } else {
        String::from_utf8_lossy(part)
    }
}
