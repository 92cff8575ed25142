//! Base64 that is wrapped over lines, where only one of the lines is at hand: a log gives line by line. A run of base64 is
//! part of a secret where it ends with the beginning of one, begins with its end, or is a piece of it.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use zeroize::Zeroizing;

use crate::domain::secret::Secret;

/// So many signs of base64 are six bytes: no shorter part is known alone.
const MARK: usize = 8;

/// A line with no beginning and no end of a secret is at least this long, or nobody wraps at it.
const LINE: usize = 32;

/// What is looked for.
#[derive(Clone, Default)]
pub(super) struct Parts {
    /// Secrets in base64, and what is shown for each.
    forms: Vec<(Secret, String)>,
    /// The first and the last signs of each form.
    marks: Option<AhoCorasick>,
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// The runs of base64 in a text. A line end that is written as `\n` is none of it.
fn runs(text: &[u8]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut at, mut start) = (0, None);
    while let Some(&byte) = text.get(at) {
        if is_base64(byte) {
            start.get_or_insert(at);
            at += 1;
            continue;
        }
        runs.extend(start.take().map(|start| start..at));
        at += if byte == b'\\' && matches!(text.get(at + 1), Some(b'n' | b'r')) { 2 } else { 1 };
    }
    runs.extend(start.map(|start| start..at));
    runs
}

impl Parts {
    /// Looks for these.
    pub(super) fn new(forms: Vec<(Zeroizing<String>, String)>) -> Self {
        let mut forms = forms;
        forms.retain(|(form, _)| form.len() >= MARK);
        forms.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
        forms.dedup_by(|(left, _), (right, _)| left == right);
        if forms.is_empty() {
            return Self::default();
        }
        let marks = forms.iter().flat_map(|(form, _)| {
            let form = form.as_bytes();
            [form.get(..MARK).unwrap_or_default(), form.get(form.len() - MARK..).unwrap_or_default()]
        });
        let marks = AhoCorasick::new(marks).ok();
        let forms = forms.into_iter().map(|(form, shown)| (Secret::new(form.to_string()), shown)).collect();
        Self { forms, marks }
    }

    fn form(&self, number: usize) -> Option<(&[u8], &str)> {
        self.forms.get(number).map(|(form, shown)| (form.expose().as_bytes(), shown.as_str()))
    }

    /// Where parts of wrapped values stand, in any order.
    pub(super) fn find(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let Some(marks) = &self.marks else { return Vec::new() };
        let text = text.as_bytes();
        self.parts(marks, text, &runs(text))
    }

    /// Parts that are known alone.
    fn parts(&self, marks: &AhoCorasick, text: &[u8], runs: &[Range<usize>]) -> Vec<(Range<usize>, &str)> {
        let mut found = Vec::new();
        for run in runs.iter().filter(|run| run.len() >= MARK) {
            let Some(of_run) = text.get(run.clone()) else { continue };
            for hit in marks.find_overlapping_iter(of_run) {
                let (number, is_end) = (hit.pattern().as_usize() / 2, hit.pattern().as_usize() % 2 == 1);
                let Some((form, shown)) = self.form(number) else { continue };
                let (part, fits) = if is_end {
                    let part = of_run.get(..hit.end()).unwrap_or_default();
                    (run.start..run.start + hit.end(), form.ends_with(part))
                } else {
                    // The signs that fill the last group up are no part of the value.
                    let part = of_run.get(hit.start()..).unwrap_or_default();
                    (run.start + hit.start()..run.end, form.starts_with(part))
                };
                if fits {
                    found.push((part, shown));
                }
            }
            if of_run.len() >= LINE {
                let holds = |(form, _): &&(Secret, String)| {
                    form.expose().len() > of_run.len()
                        && std::str::from_utf8(of_run).is_ok_and(|run| form.expose().contains(run))
                };
                found.extend(self.forms.iter().find(holds).map(|(_, shown)| (run.clone(), shown.as_str())));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use crate::domain::mask::Masker;
    use crate::domain::secret::Secret;

    fn masker(value: &str) -> Masker {
        Masker::new([("K", &Secret::new(value.to_owned()))])
    }

    /// The text in base64, in lines of so many columns.
    fn lines(bytes: &[u8], columns: usize) -> Vec<String> {
        let text = STANDARD.encode(bytes).into_bytes();
        text.chunks(columns).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
    }

    /// Whether a piece of the value's own base64 is left, longer than so many signs.
    fn leaks(left: &str, lines: &[String], most: usize) -> bool {
        let whole = lines.concat();
        (0..whole.len().saturating_sub(most)).any(|at| left.contains(whole.get(at..=at + most).unwrap()))
    }

    const LONG: &str = "https://hooks.internal/services/T00000000/B00000000/cAnArYcAnArYcAnArYcAnArY?thread=77&more=\
                        0123456789abcdefghijklmnopqrstuvwxyz-and-then-some-more-of-it-so-that-it-has-three-lines";

    #[test]
    fn each_line_of_a_log_is_masked_alone() {
        let masker = masker(LONG);
        let lines = lines(LONG.as_bytes(), 76);
        assert_eq!(lines.len(), 4, "a beginning, two pieces, an end");
        for line in &lines {
            let left = masker.mask(format!("INFO: {line}"));
            assert!(!leaks(&left, &lines, 9), "{line} became {left}");
        }
    }

    #[test]
    fn what_only_looks_like_base64_stays() {
        let masker = masker(LONG);
        for text in [
            "path/to/services/T00000000/B1\nand/more/of/it/so/that/it/has/three\n",
            "aHR0\ncHM6\n",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ] {
            assert_eq!(masker.mask(text.to_owned()), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_value_is_left_however_it_is_wrapped(
            value in "[!-~]{6,90}",
            before in prop::collection::vec(any::<u8>(), 0..80),
            after in prop::collection::vec(any::<u8>(), 0..80),
            columns in 4_usize..80,
        ) {
            let bytes = [before.as_slice(), value.as_bytes(), &after].concat();
            let text = lines(&bytes, columns).join("\n");
            let left = masker(&value).mask(text);
            prop_assert!(left.contains("‹secret K›"), "{left}");
            let rest: String = left.replace("‹secret K›", "").split_whitespace().collect();
            let whole = STANDARD.encode(&bytes);
            // At most a few bits at either side are left.
            prop_assert!(rest.len() <= whole.len() - value.len() * 4 / 3 + 2, "{left}");
        }
    }
}
