//! A rendered file as lines, with every value that a layer put in marked and its origin in words. Secrets are replaced
//! by their placeholders here, whatever the bytes hold.

use crate::domain::environment::EnvName;
use crate::domain::mask::Masker;
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, RenderedFile};
use crate::domain::secret::placeholder;
use crate::domain::text::sanitise;

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

/// Collects lines while the bytes of a file go by.
#[derive(Default)]
struct Lines {
    done: Vec<FileLine>,
    open: FileLine,
}

impl Lines {
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
        return vec![FileLine { text, marks: Vec::new() }];
    }
    let mut lines = Lines::default();
    let mut at = 0;
    for insertion in &file.insertions {
        let range = insertion.range.clone();
        if range.start < at {
            continue;
        }
        lines.add(file.bytes.get(at..range.start).unwrap_or_default(), None);
        if insertion.secret {
            lines.add(placeholder(&insertion.key).as_bytes(), Some(insertion));
        } else {
            lines.add(file.bytes.get(range.clone()).unwrap_or_default(), Some(insertion));
        }
        at = range.end;
    }
    lines.add(file.bytes.get(at..).unwrap_or_default(), None);
    if !lines.open.text.is_empty() {
        lines.done.push(lines.open);
    }
    lines.done
}

#[cfg(test)]
mod tests {
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
            chain: vec![
                value("CI", "es-ci", "config/environments/CI.yaml"),
                value("Default", "localhost", "config/environments/Default.yaml"),
            ],
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
