//! How the bytes of a log become lines. An engine sends pieces that are neither a line nor whole lines, standard output
//! and standard error apart, each line with the engine's timestamp in front; however it cuts them, the lines are the
//! same. What it keeps of an unfinished line is bounded.

use super::{Level, LogLine, Stream, level};
use crate::domain::remote::Timestamp;
use crate::domain::text::{LINE_LIMIT, sanitise};

/// The most bytes that an engine stores as one message. What is longer it stores in pieces of this length, and puts the
/// timestamp before each of them.
const MESSAGE: usize = 16 * 1024;

/// The most bytes of one line that are kept: a little more than a sanitised line has, so that a cut is seen.
const KEPT: usize = LINE_LIMIT + MESSAGE;

/// Makes lines out of the pieces of one container's log.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Assembler {
    /// Takes a piece, and gives the lines that it completes.
    pub fn push(&mut self, stderr: bool, bytes: &[u8]) -> Vec<LogLine> {
        let (partial, stream) =
            if stderr { (&mut self.stderr, Stream::Stderr) } else { (&mut self.stdout, Stream::Stdout) };
        let mut lines = Vec::new();
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let rest = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            keep(partial, piece);
            lines.push(line(stream, partial));
            partial.clear();
        }
        keep(partial, rest);
        lines
    }

    /// Ends the log: gives what was not followed by a line end.
    pub fn finish(&mut self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for (partial, stream) in [(&mut self.stdout, Stream::Stdout), (&mut self.stderr, Stream::Stderr)] {
            if !partial.is_empty() {
                lines.push(line(stream, partial));
                *partial = Vec::new();
            }
        }
        lines
    }
}

fn keep(partial: &mut Vec<u8>, piece: &[u8]) {
    let room = KEPT.saturating_sub(partial.len()).min(piece.len());
    partial.extend(piece.iter().take(room));
}

fn line(stream: Stream, bytes: &[u8]) -> LogLine {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let (stamp, at, rest) = stamped(bytes);
    let text = match stamp {
        Some(stamp) if rest.len() > MESSAGE => sanitise(&joined(stamp, rest)),
        _ => sanitise(rest),
    };
    let level = if stream == Stream::Mark { Level::Info } else { level(&text) };
    LogLine { at, stream, level, text }
}

/// The engine's timestamp with the space after it, its value, and what follows.
fn stamped(bytes: &[u8]) -> (Option<&[u8]>, Option<Timestamp>, &[u8]) {
    let stamp =
        bytes.iter().take(40).position(|byte| *byte == b' ').and_then(|at| bytes.split_at_checked(at + 1));
    let parsed = stamp.and_then(|(stamp, rest)| {
        let at = std::str::from_utf8(stamp).ok()?.trim_end().parse::<Timestamp>().ok()?;
        Some((stamp, at, rest))
    });
    match parsed {
        Some((stamp, at, rest)) => (Some(stamp), Some(at), rest),
        None => (None, None, bytes),
    }
}

/// A line that the engine stored in pieces, the timestamps between them taken out.
fn joined(stamp: &[u8], mut rest: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(rest.len());
    while let Some((piece, more)) = rest.split_at_checked(MESSAGE) {
        let Some(more) = more.strip_prefix(stamp) else { break };
        text.extend_from_slice(piece);
        rest = more;
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::text::CUT;

    const STAMP: &str = "2026-11-24T05:59:54.381380077Z ";

    fn all(pieces: &[(bool, &[u8])]) -> Vec<LogLine> {
        let mut assembler = Assembler::default();
        let mut lines: Vec<_> =
            pieces.iter().flat_map(|(stderr, bytes)| assembler.push(*stderr, bytes)).collect();
        lines.extend(assembler.finish());
        lines
    }

    fn texts(lines: &[LogLine]) -> Vec<(Stream, &str)> {
        lines.iter().map(|line| (line.stream, line.text.as_str())).collect()
    }

    #[test]
    fn a_piece_is_not_a_line() {
        let first = format!("{STAMP}one\n{STAMP}tw");
        let lines = all(&[
            (false, first.as_bytes()),
            (true, format!("{STAMP}ERROR:x:bad\n").as_bytes()),
            (false, b"o\n"),
        ]);
        assert_eq!(
            texts(&lines),
            [(Stream::Stdout, "one"), (Stream::Stderr, "ERROR:x:bad"), (Stream::Stdout, "two")]
        );
        assert_eq!(lines[0].at.unwrap().to_string(), "2026-11-24T05:59:54.381380077Z");
        assert_eq!(lines[1].level, Level::Error);
    }

    #[test]
    fn a_line_without_a_time_is_a_line() {
        let lines = all(&[(false, b"no time here\n\nnot-a-time x\n")]);
        assert_eq!(
            texts(&lines),
            [(Stream::Stdout, "no time here"), (Stream::Stdout, ""), (Stream::Stdout, "not-a-time x")]
        );
        assert!(lines.iter().all(|line| line.at.is_none()));
    }

    #[test]
    fn a_terminal_ends_its_lines_with_two_characters() {
        assert_eq!(
            all(&[(false, format!("{STAMP}progress\r50%\r\n").as_bytes())])[0].text,
            "progress\u{240d}50%"
        );
    }

    #[test]
    fn what_the_engine_stored_in_pieces_is_one_line() {
        // As seen from 20.10.24 for a line of 40,003 bytes.
        let x = "x".repeat(MESSAGE);
        let log = format!("{STAMP}{x}{STAMP}{x}{STAMP}{}END\n", "x".repeat(7232));
        let lines = all(&[(false, log.as_bytes())]);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].text, format!("{}END", "x".repeat(40_000)));
    }

    #[test]
    fn an_endless_line_is_bounded() {
        let mut assembler = Assembler::default();
        for _ in 0..100 {
            assert!(assembler.push(false, &[b'x'; 10_000]).is_empty());
            assert!(assembler.stdout.len() <= KEPT);
        }
        let lines = assembler.push(false, b"\nnext\n");
        assert!(lines[0].text.ends_with(CUT) && lines[0].text.len() <= LINE_LIMIT);
        assert_eq!(lines[1].text, "next");
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same_lines(
            log in "([ -~é\\x1b\\r\\n\\t]|2026-11-24T05:59:54.381380077Z |[a-z]{30}){0,60}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let bytes = log.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<(bool, &[u8])> = at.windows(2).map(|pair| (true, &bytes[pair[0]..pair[1]])).collect();
            prop_assert_eq!(all(&pieces), all(&[(true, bytes)]));
        }
    }
}
