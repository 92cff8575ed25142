//! Keeps known secrets out of text that others wrote: a log that repeats a webhook, an exception with the path of one.
//! Each value is looked for as it is and in the forms in which programs repeat it, the longest first.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use zeroize::Zeroizing;

use crate::domain::problem::Problem;
use crate::domain::render::origin::Mask;
use crate::domain::render::{Insertion, RenderedFile, Rendering};
use crate::domain::secret::{SHORTEST, Secret, placeholder};

use forms::{base64_forms, forms};
use line::Parts;

mod forms;
mod line;
mod wrapped;

/// Replaces the values of secrets by their placeholders.
#[derive(Clone, Default)]
pub struct Masker {
    known: Vec<(String, Secret)>,
    search: Option<AhoCorasick>,
    placeholders: Vec<String>,
    /// Values of several words, which YAML folds over lines, and their placeholders.
    folded: Vec<(Vec<Secret>, String)>,
    /// Of base64 that is wrapped, where a line stands alone.
    parts: Parts,
}

/// Two maskers are the same when they know the same.
impl PartialEq for Masker {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masker").field("forms", &self.placeholders.len()).finish_non_exhaustive()
    }
}

impl Masker {
    /// A masker for these secrets, each under its key.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Self {
        let known = secrets.into_iter().map(|(key, secret)| (key.to_owned(), secret.clone())).collect();
        Self::of(known)
    }

    /// This masker, knowing these secrets as well.
    #[must_use]
    pub fn with(&self, more: Vec<(String, Secret)>) -> Self {
        let mut known = self.known.clone();
        for secret in more {
            if !known.contains(&secret) {
                known.push(secret);
            }
        }
        if known.len() == self.known.len() { self.clone() } else { Self::of(known) }
    }

    /// This masker, knowing what another one knows as well.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.known.is_empty() { other.clone() } else { self.with(other.known.clone()) }
    }

    /// What it knows, each under its key.
    pub fn known(&self) -> &[(String, Secret)] {
        &self.known
    }

    /// Whether it knows nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.search.is_none() && self.folded.is_empty()
    }

    /// Where secrets stand in a text, in order and without overlap.
    pub fn masks(&self, text: &str) -> Vec<Mask> {
        let mask =
            |(range, shown): (Range<usize>, &str)| Mask { range, shown: shown.to_owned(), hole: false };
        self.find(text).into_iter().map(mask).collect()
    }

    /// A masker for every secret that is filled into a rendering.
    pub fn filled(rendering: &Rendering) -> Self {
        let filled = |file: &RenderedFile| -> Vec<(String, Secret)> {
            let secrets = file.insertions.iter().filter(|insertion| insertion.secret);
            let value = |insertion: &Insertion| {
                let bytes = file.bytes.get(insertion.range.clone())?;
                Some((insertion.key.clone(), Secret::new(std::str::from_utf8(bytes).ok()?.to_owned())))
            };
            secrets.filter_map(value).collect()
        };
        Self::default().with(rendering.files.iter().flat_map(|file| filled(file)).collect())
    }

    fn of(known: Vec<(String, Secret)>) -> Self {
        let mut needles: Vec<(Zeroizing<String>, String)> = Vec::new();
        let mut folded = Vec::new();
        let mut in_base64 = Vec::new();
        for (key, secret) in &known {
            in_base64.extend(base64_forms(secret.expose()).into_iter().map(|form| (form, placeholder(key))));
            let forms = forms(secret.expose()).into_iter().filter(|form| form.len() >= SHORTEST);
            needles.extend(forms.map(|form| (form, placeholder(key))));
            let words: Vec<Secret> =
                secret.expose().split_whitespace().map(|word| Secret::new(word.to_owned())).collect();
            if words.len() > 1 && secret.expose().len() >= SHORTEST {
                folded.push((words, placeholder(key)));
            }
        }
        // Of two secrets with one form the first names it.
        needles.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
        needles.dedup_by(|(left, _), (right, _)| left == right);
        let placeholders = needles.iter().map(|(_, shown)| shown.clone()).collect();
        let search = (!needles.is_empty())
            .then(|| {
                let needles = needles.iter().map(|(needle, _)| needle.as_bytes());
                AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(needles).ok()
            })
            .flatten();
        Self { known, search, placeholders, folded, parts: Parts::new(in_base64) }
    }

    /// The text without the secrets.
    pub fn mask(&self, text: String) -> String {
        let found = self.find(&text);
        if found.is_empty() {
            return text;
        }
        let text = Zeroizing::new(text);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, shown) in found {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(shown);
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Some bytes of a text without the secrets, which are looked for in the whole text: a line of base64 that
    /// is wrapped is not known alone for a part of one.
    pub fn part(&self, text: &str, part: Range<usize>) -> String {
        let mut out = String::new();
        let mut at = part.start;
        for (range, shown) in self.find(text) {
            if range.end > part.start && range.start < part.end {
                out.push_str(text.get(at..range.start.max(at)).unwrap_or_default());
                out.push_str(shown);
                at = range.end;
            }
        }
        out.push_str(text.get(at..part.end.max(at)).unwrap_or_default());
        out
    }

    /// Where secrets stand in a text, in order and without overlap, and what is shown for each.
    fn find(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        if let Some(search) = &self.search {
            let shown = |pattern: usize| self.placeholders.get(pattern).map_or("", |shown| shown.as_str());
            found.extend(search.find_iter(text).map(|hit| (hit.range(), shown(hit.pattern().as_usize()))));
            if let Some(joined) = wrapped::joined(text) {
                let over_lines = search.find_iter(joined.text.as_bytes()).filter_map(|hit| {
                    Some((joined.over_lines(&hit.range())?, shown(hit.pattern().as_usize())))
                });
                found.extend(over_lines);
            }
        }
        if text.contains(['\n', '\r']) {
            for (words, shown) in &self.folded {
                found.extend(folded(text, words).into_iter().map(|range| (range, shown.as_str())));
            }
        }
        found.extend(self.parts.find(text));
        // Of two that overlap the one that begins first takes the other in.
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<(Range<usize>, &str)> = Vec::new();
        for (range, shown) in found {
            match apart.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push((range, shown)),
            }
        }
        apart
    }

    /// The problem without the secrets.
    pub fn problem(&self, mut problem: Problem) -> Problem {
        problem.what = self.mask(problem.what);
        problem.why = problem.why.into_iter().map(|why| self.mask(why)).collect();
        problem.hint = problem.hint.map(|hint| self.mask(hint));
        problem
    }
}

/// Where words stand one after the other with blanks, line ends and the signs of a folded line between them.
fn folded(text: &str, words: &[Secret]) -> Vec<Range<usize>> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let ends = |start: usize| {
        let mut at = start + first.expose().len();
        for word in rest {
            let after = text.get(at..)?;
            let gap =
                after.len() - after.trim_start_matches([' ', '\t', '\r', '\n', '\\', '#', '>', '|']).len();
            at += gap;
            text.get(at..).filter(|after| gap > 0 && after.starts_with(word.expose()))?;
            at += word.expose().len();
        }
        Some(start..at)
    };
    text.match_indices(first.expose()).filter_map(|(start, _)| ends(start)).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn masker(values: &[(&str, &str)]) -> Masker {
        let secrets: Vec<(&str, Secret)> =
            values.iter().map(|(key, value)| (*key, Secret::new((*value).to_owned()))).collect();
        Masker::new(secrets.iter().map(|(key, secret)| (*key, secret)))
    }

    #[test]
    fn a_line_is_masked_by_what_stands_around_it() {
        let value = "a value that is long enough to be wrapped";
        let masker = masker(&[("K", value)]);
        let whole = STANDARD.encode(value);
        let (first, rest) = whole.split_at(16);
        let (second, third) = rest.split_at(16);
        let text = format!("a: >\n  {first}\n  {second}\n  {third}\nb: 1\n");
        assert_eq!(masker.mask(second.to_owned()), second, "it is not known alone");
        let at = text.find(second).unwrap();
        assert_eq!(masker.part(&text, at - 2..at + 16), "‹secret K›");
        let end = text.find("b:").unwrap();
        assert_eq!(
            (masker.part(&text, 0..4), masker.part(&text, end..end + 4)),
            ("a: >".into(), "b: 1".into())
        );
        assert_eq!(masker.part(&text, 90..200), "");
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "https://hooks.internal/services/T0/B0/cAnArY+/=";
        let masker = masker(&[("HOOK", value)]);
        for text in [
            format!("posting to {value} failed"),
            "Max retries exceeded with url: /services/T0/B0/cAnArY+/= (Caused by x)".into(),
            format!("q={}", utf8_percent_encode(value, NON_ALPHANUMERIC)),
            format!("Authorization: {}", STANDARD.encode(value)),
        ] {
            let left = masker.mask(text);
            assert!(!left.contains("cAnArY") && !left.contains(&STANDARD.encode(value)), "{left}");
            assert!(left.contains("‹secret HOOK›"), "{left}");
        }
    }

    #[test]
    fn a_value_is_found_as_other_programs_write_it() {
        let value = "canär-'9Q\" $x/\\~y";
        let masker = masker(&[("K", value)]);
        for text in [
            r#"{"k": "canär-'9Q\" $x/\\~y"}"#,
            r#"{"k": "can\u00e4r-'9Q\" $x\/\\~y"}"#,
            r#"{"k": "can\u00E4r-'9Q\" $x/\\~y"}"#,
            r#"'canär-\'9Q" $x/\\~y'"#,
            r#"b'can\xc3\xa4r-\'9Q" $x/\\~y'"#,
            r#"'canär-'\''9Q" $x/\~y'"#,
            r#"'canär-'"'"'9Q" $x/\~y'"#,
            r#""canär-'9Q\" \$x/\\~y""#,
            r#"canär-\'9Q\"\ \$x/\\\~y"#,
            r#"'canär-''9Q" $x/\~y'"#,
            "can%C3%A4r-%279Q%22%20%24x%2F%5C~y",
            "can%c3%a4r-%279Q%22%20%24x/%5c~y",
            "can%C3%A4r-%279Q%22+%24x%2F%5C%7Ey",
            "can%c3%a4r%2d%279Q%22%20%24x%2f%5c%7ey",
        ] {
            let left = masker.mask(text.to_owned());
            assert!(!left.contains("9Q") && left.contains("‹secret K›"), "{text} became {left}");
        }
    }

    #[test]
    fn a_value_of_several_words_is_found_over_lines() {
        let masker = masker(&[("K", "correct horse battery")]);
        for text in [
            "k: correct horse\n   battery\n",
            "k: >\n  correct\n  horse\n  battery\n",
            "k: \"correct \\\n   horse\r\n battery\"",
        ] {
            let left = masker.mask(text.to_owned());
            assert!(!left.contains("horse") && left.contains("‹secret K›"), "{left}");
        }
        assert_eq!(masker.mask("a horse\nbattery".into()), "a horse\nbattery");
    }

    #[test]
    fn base64_that_is_wrapped_is_found_as_a_whole() {
        let value = "correct-canary-battery-staple-and-more-of-it";
        let masker = masker(&[("K", value)]);
        for before in ["", "u", "u:", "user:"] {
            let digits = STANDARD.encode(format!("{before}{value}"));
            for (gap, width) in [
                ("\n  ", 16),
                ("\n", 4),
                ("\r\n\t", 20),
                (" \\\n   ", 10),
                ("\\n", 24),
                ("\"\n    \"", 12),
                ("\n# ", 30),
            ] {
                let parts: Vec<&str> =
                    digits.as_bytes().chunks(width).map(|part| std::str::from_utf8(part).unwrap()).collect();
                let left = masker.mask(format!("a: 1\nk: \"{}\"\nb: 2\n", parts.join(gap)));
                assert_eq!(left.matches("‹secret K›").count(), 1, "{gap:?} {left}");
                assert!(left.starts_with("a: 1\nk: ") && left.ends_with("\nb: 2\n"), "{left}");
                let rest = left.len() - "a: 1\nk: \"\"\nb: 2\n".len() - "‹secret K›".len();
                // What stands before the secret, and a few bits at either side.
                assert!(rest <= before.len() * 4 / 3 + 8 + gap.len(), "{left}");
            }
        }
        assert_eq!(masker.mask("a: b\nc: d\\ne\n".into()), "a: b\nc: d\\ne\n");
    }

    #[test]
    fn more_secrets_can_be_learnt() {
        let masker =
            masker(&[("A", "canary-new")]).with(vec![("A".into(), Secret::new("canary-old".into()))]);
        assert_eq!(masker.mask("canary-old, canary-new".into()), "‹secret A›, ‹secret A›");
    }

    #[test]
    fn a_problem_is_cleaned_as_a_whole() {
        let problem = Problem::new("x", "canary").why("because canary").hint("not canary");
        let text = format!("{:?}", masker(&[("A", "canary")]).problem(problem));
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn the_longest_value_wins() {
        let masker = masker(&[("SHORT", "password"), ("LONG", "password-of-staging")]);
        assert_eq!(
            masker.mask("x password-of-staging y password".into()),
            "x ‹secret LONG› y ‹secret SHORT›"
        );
    }

    #[test]
    fn what_stands_everywhere_is_not_masked() {
        let masker = masker(&[("NO", "true"), ("EMPTY", "")]);
        assert_eq!(masker.mask("use_ssl: true".into()), "use_ssl: true");
    }

    #[test]
    fn the_lines_of_a_key_are_masked_one_by_one() {
        let masker = masker(&[("KEY", "-----BEGIN KEY-----\nMIIEcanary\n-----END KEY-----\n")]);
        assert_eq!(masker.mask("MIIEcanary".into()), "‹secret KEY›");
    }

    #[test]
    fn it_does_not_print_what_it_looks_for() {
        assert!(!format!("{:?}", masker(&[("A", "canary-value")])).contains("canary"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn no_value_is_left_in_base64(
            value in "[ -~é]{8,40}",
            before in prop::collection::vec(any::<u8>(), 0..7),
            after in prop::collection::vec(any::<u8>(), 0..7),
        ) {
            let bytes = [before.as_slice(), value.as_bytes(), &after].concat();
            let masker = masker(&[("K", &value)]);
            for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                let left = masker.mask(format!("Basic {text}."));
                prop_assert!(left.contains("‹secret K›"), "{left}");
                // At most a few bits at either side are left.
                let rest = left.replace("‹secret K›", "");
                prop_assert!(rest.len() <= "Basic .".len() + text.len() - value.len() * 4 / 3 + 2, "{left}");
            }
        }

        #[test]
        fn no_value_is_left(value in "[ -~é]{6,30}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let masked = masker(&[("K", &value)]).mask(format!("{before}{value}{after}"));
            prop_assert!(!masked.contains(&value) || "‹secret K›".contains(&value), "{masked}");
        }
    }
}
