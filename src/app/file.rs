//! A rendered file as lines, with every value that a layer put in marked and its origin in words. Secrets are replaced
//! by their placeholders here, whatever the bytes hold: they are looked for in the whole text, because one can stand in
//! base64 over many lines.

use crate::domain::environment::EnvName;
use crate::domain::mask::Masker;
use crate::domain::problem::Place;
use crate::domain::render::origin::{Mask, merge};
use crate::domain::render::{Insertion, RenderedFile};
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
    /// Its number in the file: a secret over many lines is one line here.
    pub number: usize,
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
        let lines = lines(file, masker);
        Self { environment, path: file.path.clone(), revision, lines, list: List::default(), left: 0 }
    }

    /// The number of the line under the cursor.
    pub fn number(&self) -> usize {
        self.lines.get(self.list.selected).map_or(1, |line| line.number)
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

/// Where a value is from: `ES_HOST from CI (config/environments/CI.yaml:7), where Default has localhost`.
pub fn origin(insertion: &Insertion, masker: &Masker) -> String {
    let secret = if insertion.secret { ", a secret" } else { "" };
    let winner = insertion.chain.first().map_or_else(String::new, |winner| match &winner.place {
        Some(place) => format!(" from {} ({place})", winner.layer),
        None => format!(" from {}", winner.layer),
    });
    let below = insertion.chain.get(1).filter(|_| !insertion.secret).map_or_else(String::new, |below| {
        let shown = sanitise(masker.mask(below.shown.clone()).as_bytes());
        format!(", where {} has {shown}", below.layer)
    });
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
struct Lines<'a> {
    file: &'a RenderedFile,
    masker: &'a Masker,
    /// What was put in, in order and without overlap.
    insertions: Vec<&'a Insertion>,
    done: Vec<FileLine>,
    open: FileLine,
    /// The number of the line of the file that is gone through.
    number: usize,
    tokens: Painted,
}

impl<'a> Lines<'a> {
    fn new(file: &'a RenderedFile, masker: &'a Masker) -> Self {
        let mut at = 0;
        let apart = |insertion: &&Insertion| {
            let fits = insertion.range.start >= at;
            at = if fits { insertion.range.end } else { at };
            fits
        };
        Self {
            file,
            masker,
            insertions: file.insertions.iter().filter(apart).collect(),
            done: Vec::new(),
            open: FileLine { number: 1, ..FileLine::default() },
            number: 1,
            tokens: parts(file),
        }
    }

    /// Adds bytes that may be shown, and marks what was put in.
    fn add_own(&mut self, range: std::ops::Range<usize>) {
        let first = self.insertions.partition_point(|insertion| insertion.range.end <= range.start);
        let mut at = range.start;
        for insertion in self.insertions.get(first..).unwrap_or_default().to_vec() {
            if insertion.range.start >= range.end {
                break;
            }
            let (from, to) = (insertion.range.start.max(at), insertion.range.end.min(range.end));
            self.add_bytes(at..from, None);
            self.add_bytes(from..to, Some(insertion));
            at = to;
        }
        self.add_bytes(at..range.end, None);
    }

    /// Adds bytes of the file as they are, all of one origin.
    fn add_bytes(&mut self, range: std::ops::Range<usize>, mark: Option<&Insertion>) {
        let mut at = range.start;
        let file = self.file;
        for (index, line) in
            file.bytes.get(range).unwrap_or_default().split(|byte| *byte == b'\n').enumerate()
        {
            if index > 0 {
                self.end_line();
            }
            let start = self.open.text.len();
            let shown = line.strip_suffix(b"\r").unwrap_or(line);
            self.add(&sanitise(shown), mark);
            // Where something was made visible, the parts would no longer fit.
            if self.open.text.len() - start == shown.len() {
                self.paint(at..at + line.len(), start);
            }
            at += line.len() + 1;
        }
    }

    fn end_line(&mut self) {
        self.number += 1;
        let next = FileLine { number: self.number, ..FileLine::default() };
        self.done.push(std::mem::replace(&mut self.open, next));
    }

    /// Adds what is shown for a secret. The lines that it goes over are counted, and not shown.
    fn add_mask(&mut self, mask: &Mask) {
        let inside = |insertion: &&&Insertion| insertion.range.contains(&mask.range.start);
        let insertion = self.insertions.iter().find(inside).copied();
        self.add(&mask.shown, insertion);
        let hidden = self.file.bytes.get(mask.range.clone()).unwrap_or_default();
        self.number += hidden.split(|byte| *byte == b'\n').count().saturating_sub(1);
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

    /// Adds a text to the open line.
    fn add(&mut self, text: &str, mark: Option<&Insertion>) {
        let start = self.open.text.len();
        self.open.text.push_str(text);
        let range = start..self.open.text.len();
        let Some(insertion) = mark.filter(|_| !range.is_empty()) else { return };
        let origin = origin(insertion, self.masker);
        let place = insertion.chain.first().and_then(|value| value.place.clone());
        match self.open.marks.last_mut() {
            // A value with a secret in it is one value.
            Some(last) if last.range.end == start && last.origin == origin && last.place == place => {
                last.range.end = range.end;
            }
            _ => self.open.marks.push(Mark { range, origin, place }),
        }
    }
}

fn lines(file: &RenderedFile, masker: &Masker) -> Vec<FileLine> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        let text = format!("{} bytes that are no text", file.bytes.len());
        return vec![FileLine { number: 1, text, ..FileLine::default() }];
    };
    let mut masks = file.masks();
    masks.extend(masker.masks(text));
    let mut lines = Lines::new(file, masker);
    let mut at = 0;
    for mask in merge(&masks) {
        lines.add_own(at..mask.range.start.max(at));
        lines.add_mask(&mask);
        at = mask.range.end;
    }
    lines.add_own(at..file.bytes.len().max(at));
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
        assert_eq!(text.lines[0].marks.len(), 1, "it is one value");
        assert_eq!(text.lines[0].marks[0].range, 5..text.lines[0].text.len());
    }

    #[test]
    fn base64_of_a_secret_over_lines_is_one_line_and_the_others_keep_their_numbers() {
        use base64::Engine as _;
        let secret = crate::domain::secret::Secret::new("canary: a value that is long enough to wrap".into());
        let whole = base64::engine::general_purpose::STANDARD.encode(secret.expose());
        for columns in [5, 16, 24, 76] {
            let wrapped: Vec<&str> =
                whole.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let bytes = format!("a: |\n  {}\nb: es-ci\n", wrapped.join("\n  "));
            let at = bytes.find("es-ci").unwrap();
            let file = RenderedFile {
                path: "config/x.yaml".into(),
                bytes: Zeroizing::new(bytes.into_bytes()),
                insertions: vec![insertion(at..at + 5, "HOST", false)],
            };
            let masker = Masker::new([("KEY", &secret)]);
            let text = FileText::new(EnvName::default_environment(), 1, &file, &masker);
            let shown: Vec<(usize, &str)> =
                text.lines.iter().map(|line| (line.number, line.text.as_str())).collect();
            let last = (wrapped.len() + 2, "b: es-ci");
            assert_eq!(shown[0], (1, "a: |"));
            assert!(shown[1].1.starts_with("  ‹secret KEY›"), "{shown:?}");
            assert_eq!((shown.len(), shown[2]), (3, last));
            assert_eq!(text.lines[2].marks[0].range, 3..8);
            let told = format!("{text:?}");
            assert!(wrapped.iter().all(|line| line.len() < 5 || !told.contains(line)), "{told}");
        }
    }

    #[test]
    fn what_a_layer_below_has_is_masked_as_well() {
        let secret = crate::domain::secret::Secret::new("canary-value".into());
        let masker = Masker::new([("PASSWORD", &secret)]);
        let mut put = insertion(5..6, "URL", false);
        Arc::make_mut(&mut put.chain)[1].shown = "http://u:canary-value@h".into();
        assert_eq!(
            origin(&put, &masker),
            "URL from CI (config/environments/CI.yaml:7), where Default has http://u:‹secret PASSWORD›@h"
        );
        put.secret = true;
        Arc::make_mut(&mut put.chain)[1].shown = "another-canary".into();
        assert!(!origin(&put, &masker).contains("another-canary"), "what a secret covers is one, too");
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
