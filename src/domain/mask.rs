//! Keeps known secrets out of text that others wrote: a log that repeats a webhook, an exception with the path of one.
//! Each value is looked for as it is and in the forms in which programs repeat it, the longest first.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::problem::Problem;
use crate::domain::render::{Insertion, RenderedFile, Rendering};
use crate::domain::secret::{Secret, placeholder};
use crate::domain::text::sanitise;

/// The shortest value that is looked for. A shorter one stands in too many places by chance.
const SHORTEST: usize = 6;

/// Replaces the values of secrets by their placeholders.
#[derive(Clone, Default)]
pub struct Masker {
    known: Vec<(String, Secret)>,
    search: Option<AhoCorasick>,
    placeholders: Vec<String>,
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
        let new: Vec<_> = more.into_iter().filter(|secret| !self.known.contains(secret)).collect();
        if new.is_empty() {
            return self.clone();
        }
        let mut known = self.known.clone();
        known.extend(new);
        Self::of(known)
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
        Self::of(rendering.files.iter().flat_map(filled).collect())
    }

    fn of(known: Vec<(String, Secret)>) -> Self {
        let mut needles: Vec<String> = Vec::new();
        let mut placeholders = Vec::new();
        for (key, secret) in &known {
            for form in forms(secret.expose()) {
                if form.len() >= SHORTEST && !needles.contains(&form) {
                    needles.push(form);
                    placeholders.push(placeholder(key));
                }
            }
        }
        let search = (!needles.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&needles).ok())
            .flatten();
        for mut needle in needles {
            zeroize::Zeroize::zeroize(&mut needle);
        }
        Self { known, search, placeholders }
    }

    /// The text without the secrets.
    pub fn mask(&self, text: String) -> String {
        match &self.search {
            Some(search) if search.is_match(&text) => search.replace_all(&text, &self.placeholders),
            _ => text,
        }
    }

    /// The problem without the secrets.
    pub fn problem(&self, mut problem: Problem) -> Problem {
        problem.what = self.mask(problem.what);
        problem.why = problem.why.into_iter().map(|why| self.mask(why)).collect();
        problem.hint = problem.hint.map(|hint| self.mask(hint));
        problem
    }
}

/// The ways in which a value may be repeated.
fn forms(value: &str) -> Vec<String> {
    let mut plain = vec![value.to_owned()];
    // A log knows only lines.
    plain.extend(value.lines().filter(|line| line.len() > SHORTEST).map(str::to_owned));
    // Libraries name the path of a URL without its host; of a webhook that is the secret part.
    if let Some((_, rest)) = value.split_once("://")
        && let Some(path) = rest.find('/').and_then(|at| rest.get(at..))
    {
        plain.push(path.to_owned());
        plain.extend(path.rsplit('/').next().filter(|last| last.len() > SHORTEST).map(str::to_owned));
    }
    let mut forms = Vec::new();
    for form in plain {
        forms.push(utf8_percent_encode(&form, NON_ALPHANUMERIC).to_string());
        forms.push(STANDARD.encode(&form));
        forms.push(URL_SAFE.encode(&form));
        forms.push(sanitise(form.as_bytes()));
        // As Python's and JSON's quotes show it.
        forms.push(form.escape_default().to_string());
        forms.push(form);
    }
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masker(values: &[(&str, &str)]) -> Masker {
        let secrets: Vec<(&str, Secret)> =
            values.iter().map(|(key, value)| (*key, Secret::new((*value).to_owned()))).collect();
        Masker::new(secrets.iter().map(|(key, secret)| (*key, secret)))
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
        #[test]
        fn no_value_is_left(value in "[ -~é]{6,30}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let masked = masker(&[("K", &value)]).mask(format!("{before}{value}{after}"));
            prop_assert!(!masked.contains(&value) || "‹secret K›".contains(&value), "{masked}");
        }
    }
}
