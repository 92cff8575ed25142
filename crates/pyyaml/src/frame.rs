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
    if !error.class().is_yaml_error() && error.class() != ErrorClass::Mismatch {
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

#[cfg(test)]
mod tests {
    use crate::{load, parse};

    #[test]
    fn an_error_reads_as_in_python() {
        let source = "a: b\nc\nd: e\n";
        let frame = parse(source.as_bytes()).unwrap_err().render(source.as_bytes(), "x.yaml");
        let wanted = [
            "while scanning a simple key",
            "  in \"x.yaml\", line 2, column 1:",
            "    c",
            "    ^",
            "could not find expected ':'",
            "  in \"x.yaml\", line 3, column 1:",
            "    d: e",
            "    ^",
        ];
        assert_eq!(frame.lines().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let source = format!("{}: a: {}", "k".repeat(60), "v".repeat(60));
        let frame = parse(source.as_bytes()).unwrap_err().render(source.as_bytes(), "x");
        let lines: Vec<_> = frame.lines().skip(2).collect();
        assert_eq!(
            lines,
            [format!("     ... {}: a: {} ... ", "k".repeat(29), "v".repeat(30)), format!("{:41}^", "")]
        );
    }

    #[test]
    fn errors_that_yaml_does_not_know_have_no_frame() {
        assert_eq!(load(b"!!bool maybe").unwrap_err().render(b"", ""), "'maybe'");
        assert_eq!(
            parse(b"a\0").unwrap_err().render(b"a\0", "x").lines().last(),
            Some("  in \"x\", position 1")
        );
    }
}
