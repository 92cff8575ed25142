//! A rendered file as lines, with every value that a layer put in marked and its origin in words. Secrets are replaced
//! by their placeholders here, whatever the bytes hold.

use crate::domain::environment::EnvName;
use crate::domain::mask::Masker;
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, RenderedFile};
use crate::domain::secret::placeholder;
use crate::domain::text::sanitise;
use crate::domain::yaml::{Painted, painted};

use super::list::List;

/// A stretch of a line that a layer or an overlay put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the line.
    pub range: std::ops::Range<usize>,
    /// Where it is from, in words.
    pub origin: String,
    /// The file and line that give the value.
    pub place: Option<Place>,
}

/// A line of a rendered file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLine {
    /// The text, secrets masked.
    pub text: String,
    /// What was put in, from left to right.
    pub marks: Vec<Mark>,
    /// What its parts are in YAML, from left to right; none where the text is not YAML, or not that of the file.
    pub tokens: Painted,
}

/// A rendered file, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// Its environment.
    pub environment: EnvName,
    /// Its path.
    pub path: String,
    /// Of which reading of the workspace.
    pub revision: u64,
    /// Its lines; one that says so for a file that is not text.
    pub lines: Vec<FileLine>,
    /// The cursor.
    pub list: List,
    /// Columns scrolled to the right.
    pub left: usize,
}

impl FileText {
    /// The lines of a file.
    pub fn new(environment: EnvName, revision: u64, file: &RenderedFile, masker: &Masker) -> Self {
        let mut lines = lines(file);
        for line in &mut lines {
            // A secret can stand in another value, too; then the marks no longer fit.
            let shown = masker.mask(line.text.clone());
            if shown != line.text {
                line.text = shown;
                line.tokens.clear();
                line.marks.iter_mut().for_each(|mark| mark.range = 0..0);
            }
        }
        Self { environment, path: file.path.clone(), revision, lines, list: List::default(), left: 0 }
    }

    /// The mark under the cursor: the first one of the line.
    pub fn mark(&self) -> Option<&Mark> {
        self.lines.get(self.list.selected)?.marks.first()
    }

    /// Goes to the next or the previous line with a mark; stays when there is none.
    pub fn go_to_mark(&mut self, forward: bool, height: usize) {
        let marked = |row: &usize| self.lines.get(*row).is_some_and(|line| !line.marks.is_empty());
        let found = if forward {
            (self.list.selected + 1..self.lines.len()).find(marked)
        } else {
            (0..self.list.selected).rev().find(marked)
        };
        if let Some(row) = found {
            self.list.select(row, self.lines.len(), height);
        }
    }
}

/// Where a value is from: `ES_HOST from CI (config/environments/CI.yaml:7), over Default`.
pub fn origin(insertion: &Insertion) -> String {
    let secret = if insertion.secret { ", a secret" } else { "" };
    let winner = insertion.chain.first().map_or_else(String::new, |winner| match &winner.place {
        Some(place) => format!(" from {} ({place})", winner.layer),
        None => format!(" from {}", winner.layer),
    });
    let below = insertion
        .chain
        .get(1)
        .map_or_else(String::new, |below| format!(", where {} has {}", below.layer, below.shown));
    format!("{}{secret}{winner}{below}", insertion.key)
}

/// The largest file whose parts have colours: reading it must not be felt while somebody scrolls.
const MOST_PAINTED: usize = 128 * 1024;

/// What the parts of a file are, when it is YAML.
fn parts(file: &RenderedFile) -> Painted {
    let named = [".yaml", ".yml"].iter().any(|end| file.path.ends_with(end));
    let text = std::str::from_utf8(&file.bytes).ok().filter(|text| named && text.len() <= MOST_PAINTED);
    text.map(|text| painted(text).1).unwrap_or_default()
}

/// Collects lines while the bytes of a file go by.
#[derive(Default)]
struct Lines {
    done: Vec<FileLine>,
    open: FileLine,
    tokens: Painted,
}

impl Lines {
    /// Adds bytes of the file as they are, which stand there from `at` on.
    fn add_own(&mut self, file: &RenderedFile, range: std::ops::Range<usize>, mark: Option<&Insertion>) {
        let mut at = range.start;
        for (index, line) in
            file.bytes.get(range).unwrap_or_default().split(|byte| *byte == b'\n').enumerate()
        {
            let from = self.open.text.len();
            if index > 0 {
                self.add(b"\n", None);
            }
            let start = if index > 0 { 0 } else { from };
            self.add(line, mark);
            // Where something was made visible, the parts would no longer fit.
            if self.open.text.len() - start == line.strip_suffix(b"\r").unwrap_or(line).len() {
                self.paint(at..at + line.len(), start);
            }
            at += line.len() + 1;
        }
    }

    /// Notes what the parts of these bytes are, which stand in the open line from `start` on.
    fn paint(&mut self, range: std::ops::Range<usize>, start: usize) {
        let first = self.tokens.partition_point(|(part, _)| part.end <= range.start);
        let length = self.open.text.len();
        for (part, token) in self.tokens.get(first..).unwrap_or_default() {
            if part.start >= range.end {
                break;
            }
            let from = start + part.start.saturating_sub(range.start);
            let to = (start + part.end - range.start).min(length);
            if from < to {
                self.open.tokens.push((from..to, *token));
            }
        }
    }

    fn add(&mut self, bytes: &[u8], mark: Option<&Insertion>) {
        for (index, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.done.push(std::mem::take(&mut self.open));
            }
            let start = self.open.text.len();
            self.open.text.push_str(&sanitise(part.strip_suffix(b"\r").unwrap_or(part)));
            if let Some(insertion) = mark
                && self.open.text.len() > start
            {
                self.open.marks.push(Mark {
                    range: start..self.open.text.len(),
                    origin: origin(insertion),
                    place: insertion.chain.first().and_then(|value| value.place.clone()),
                });
            }
        }
    }
}

fn lines(file: &RenderedFile) -> Vec<FileLine> {
    if std::str::from_utf8(&file.bytes).is_err() {
        let text = format!("{} bytes that are no text", file.bytes.len());
        return vec![FileLine { text, ..FileLine::default() }];
    }
    let mut lines = Lines { tokens: parts(file), ..Lines::default() };
    let mut at = 0;
    for insertion in &file.insertions {
        let range = insertion.range.clone();
        if range.start < at {
            continue;
        }
        lines.add_own(file, at..range.start, None);
        if insertion.secret {
            lines.add(placeholder(&insertion.key).as_bytes(), Some(insertion));
        } else {
            lines.add_own(file, range.clone(), Some(insertion));
        }
        at = range.end;
    }
    lines.add_own(file, at..file.bytes.len(), None);
    if !lines.open.text.is_empty() {
        lines.done.push(lines.open);
    }
    lines.done
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::render::LayerValue;
    use zeroize::Zeroizing;

    fn insertion(range: std::ops::Range<usize>, key: &str, secret: bool) -> Insertion {
        let value = |layer: &str, shown: &str, file: &str| LayerValue {
            layer: layer.into(),
            shown: shown.into(),
            place: Some(Place::line(file, 7)),
        };
        Insertion {
            replaced: range.clone(),
            range,
            key: key.into(),
            secret,
            overlay: false,
            template: Place::line("config/elastalert.yaml", 1),
            chain: Arc::new(vec![
                value("CI", "es-ci", "config/environments/CI.yaml"),
                value("Default", "localhost", "config/environments/Default.yaml"),
            ]),
        }
    }

    fn file(bytes: &[u8], insertions: Vec<Insertion>) -> FileText {
        let file = RenderedFile {
            path: "config/elastalert.yaml".into(),
            bytes: Zeroizing::new(bytes.to_vec()),
            insertions,
        };
        FileText::new(EnvName::default_environment(), 1, &file, &Masker::default())
    }

    #[test]
    fn a_secret_in_the_bytes_never_becomes_a_line() {
        let text = file(
            b"a: canary\nb: es-ci\n",
            vec![insertion(3..9, "KEY", true), insertion(13..18, "HOST", false)],
        );
        assert_eq!(text.lines[0].text, "a: \u{2039}secret KEY\u{203a}");
        assert_eq!(text.lines[1].text, "b: es-ci");
        assert!(!format!("{text:?}").contains("canary"));
        assert_eq!(
            text.lines[1].marks[0].origin,
            "HOST from CI (config/environments/CI.yaml:7), where Default has localhost"
        );
    }

    #[test]
    fn a_secret_in_another_value_is_masked_too() {
        let file = RenderedFile {
            path: "x".into(),
            bytes: Zeroizing::new(b"url: http://u:canary-value@h\n".to_vec()),
            insertions: vec![insertion(5..28, "URL", false)],
        };
        let secret = crate::domain::secret::Secret::new("canary-value".into());
        let masker = Masker::new([("PASSWORD", &secret)]);
        let text = FileText::new(EnvName::default_environment(), 1, &file, &masker);
        assert_eq!(text.lines[0].text, "url: http://u:‹secret PASSWORD›@h");
    }

    #[test]
    fn the_parts_of_yaml_are_known_wherever_the_text_is_that_of_the_file() {
        use crate::domain::yaml::Token::{Comment, Key, Number, Text};
        let bytes = b"# why\na: canary\nb: 9200 # at\r\nc: |\n  one\n  two\n";
        let text = file(bytes, vec![insertion(9..15, "KEY", true), insertion(19..23, "PORT", false)]);
        let parts = |line: usize| {
            let line = &text.lines[line];
            let told =
                line.tokens.iter().map(|(range, token)| (line.text.get(range.clone()).unwrap(), *token));
            told.collect::<Vec<_>>()
        };
        assert_eq!(parts(0), [("# why", Comment)]);
        assert_eq!(parts(1), [("a", Key)], "nothing of a secret, not even what it would be");
        assert_eq!(parts(2), [("b", Key), ("9200", Number), ("# at", Comment)]);
        assert_eq!((parts(4), parts(5)), (vec![("  one", Text)], vec![("  two", Text)]));
    }

    #[test]
    fn a_value_over_several_lines_is_marked_on_each_and_bad_ranges_do_no_harm() {
        let text =
            file(b"x: [a\nb]\r\n\ty", vec![insertion(3..8, "LIST", false), insertion(5..90, "BAD", false)]);
        assert_eq!(text.lines.len(), 3);
        assert_eq!(text.lines[1].marks[0].range, 0..2);
        let beyond = file(b"abc", vec![insertion(90..99, "BAD", true)]);
        assert!(beyond.lines.iter().any(|line| line.text.contains("secret BAD")));
        assert_eq!(file(b"\xff\xfe", vec![]).lines[0].text, "2 bytes that are no text");
        assert!(file(b"", vec![]).lines.is_empty());
    }
}
