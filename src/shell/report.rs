//! Findings as compilers print them: what is wrong, the line of the file with a mark under the place, why, and what to
//! do. A line that could hold a secret is cut before its value.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::domain::check::{Finding, Severity};
use crate::domain::diff::mask::credential;
use crate::domain::mask::Masker;
use crate::domain::secret::SecretSource;
use crate::domain::text::sanitise;
use crate::domain::token::tokens;
use crate::domain::workspace::Workspace;

/// The widest frame; longer lines are cut around the mark.
const WIDTH: usize = 110;

/// Prints findings in frames.
#[derive(Debug)]
pub struct Report<'a> {
    sources: &'a BTreeMap<String, String>,
    /// Keys whose values are never quoted.
    keys: BTreeSet<&'a str>,
    /// Knows the values that are secrets.
    masker: Masker,
    renderer: Renderer,
}

impl<'a> Report<'a> {
    /// A report on a workspace whose files have these texts; `Sensitive` files are not among them.
    pub fn new(workspace: &'a Workspace, sources: &'a BTreeMap<String, String>, colour: bool) -> Self {
        let secrets = || workspace.environments.iter().flat_map(|environment| &environment.secrets);
        let values = secrets().filter_map(|(key, source)| match source {
            SecretSource::Value(secret) => Some((key.as_str(), secret)),
            _ => None,
        });
        let masker = Masker::new(values);
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        Self {
            sources,
            keys: secrets().map(|(key, _)| key.as_str()).collect(),
            masker,
            renderer: renderer.term_width(WIDTH),
        }
    }

    /// One finding.
    pub fn frame(&self, finding: &Finding) -> String {
        let problem = &finding.problem;
        let what = match &finding.environment {
            Some(environment) => format!("{} (in {environment})", problem.what),
            None => problem.what.clone(),
        };
        let title = level(finding.severity).primary_title(clean(&what)).id(problem.code);
        let mut group = Group::with_title(title);
        if let Some(place) = &problem.place {
            let quoted = (place.line > 0)
                .then(|| self.sources.get(&place.file))
                .flatten()
                .and_then(|text| text.lines().nth(place.line as usize - 1))
                .map(|line| self.quote(line.trim_start_matches('\u{feff}'), place.column));
            group = match quoted {
                Some((line, span)) if !line.is_empty() => group.element(
                    Snippet::source(line)
                        .line_start(place.line as usize)
                        .path(clean(&place.file))
                        .annotation(AnnotationKind::Primary.span(span)),
                ),
                _ => {
                    let origin = Origin::path(clean(&place.file));
                    group.element(if place.line > 0 { origin.line(place.line as usize) } else { origin })
                }
            };
        }
        for why in &problem.why {
            group = group.element(Level::NOTE.message(clean(why)));
        }
        if let Some(hint) = &problem.hint {
            group = group.element(Level::HELP.message(clean(hint)));
        }
        self.renderer.render(&[group])
    }

    /// A line as it may be shown, and the bytes to mark: the word at the column, or the whole line.
    fn quote(&self, line: &str, column: u32) -> (String, Range<usize>) {
        let start = (column as usize).checked_sub(1).map_or_else(
            || line.len() - line.trim_start().len(),
            |skipped| line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at),
        );
        let end = if column == 0 {
            line.trim_end().len()
        } else {
            start + word(line.get(start..).unwrap_or_default())
        };
        let shown = self.masked(line);
        // What stands before the mark can be shorter or longer once it is safe to show.
        let before = |end: usize| sanitise(self.masked(line.get(..end).unwrap_or_default()).as_bytes()).len();
        let shown = sanitise(shown.as_bytes());
        let start = boundary(&shown, before(start));
        let end = boundary(&shown, before(end)).max(start);
        (shown, start..end)
    }

    /// A line with what could be a secret hidden.
    fn masked(&self, line: &str) -> String {
        let line = self.masker.mask(line.to_owned());
        let hidden = credential(line.as_bytes()).into_iter().chain(self.after_key(&line)).min();
        match hidden.and_then(|at| line.split_at_checked(at)) {
            // A token is a name and no value.
            Some((_, value)) if tokens(value).next().is_some() || value.trim().is_empty() => line,
            Some((before, _)) => format!("{before}‹secret›"),
            None => line,
        }
    }

    /// Where the value of a key begins that is a secret somewhere.
    fn after_key(&self, line: &str) -> Option<usize> {
        let (key, value) = line.split_once(['=', ':'])?;
        let name = key.trim().trim_matches(['"', '\'']);
        let blanks = value.len() - value.trim_start().len();
        self.keys.contains(name).then_some(key.len() + 1 + blanks)
    }
}

/// The last place up to `at` where a text can be cut.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

fn clean(text: &str) -> String {
    sanitise(text.as_bytes())
}

/// How many bytes the word at the beginning of a text has: a token, or what stands before a blank or a colon.
fn word(text: &str) -> usize {
    if let Some(token) = tokens(text).next().filter(|token| token.range.start == 0) {
        return token.range.end;
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | ',')).unwrap_or(text.len());
    if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end }
}

/// How many findings of each severity there are, in words.
pub fn summary(findings: &[&Finding]) -> String {
    let count = |severity, one: &str, many: &str| match findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
    {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let parts: Vec<String> = [
        count(Severity::Error, "error", "errors"),
        count(Severity::Warning, "warning", "warnings"),
        count(Severity::Note, "note", "notes"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { "nothing to complain about".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::{Place, Problem};
    use crate::domain::workspace::build::{Sources, build};
    use zeroize::Zeroizing;

    fn frame(line: &str, column: u32) -> String {
        let file = |path: &str, text: &str| (path.to_owned(), Zeroizing::new(text.as_bytes().to_vec()));
        let workspace = build(Sources {
            root: "/w".into(),
            prefix: "",
            revision: 1,
            files: vec![file("config/substitutions/Sensitive.Local.conf", "PLAIN=canary\nSHORT=t\n")],
            problems: Vec::new(),
            set: &[],
            octopus: false,
        });
        let sources = BTreeMap::from([("f".to_owned(), format!("first\n{line}\n"))]);
        let place = Place { file: "f".into(), line: 2, column };
        let problem = Problem::new("a.b", "what").at(place).why("because").hint("do");
        Report::new(&workspace, &sources, false).frame(&Finding::error(problem))
    }

    #[test]
    fn a_frame_marks_the_word_and_tells_why_and_what_to_do() {
        assert_eq!(
            frame("es_host: \"@@ES_HSOT@@\"", 11),
            "error[a.b]: what\n --> f:2:11\n  |\n2 | es_host: \"@@ES_HSOT@@\"\n  |           ^^^^^^^^^^^\n  |\n  = note: because\n  = help: do"
        );
        assert!(frame("\tä: b", 2).contains('^'));
        assert!(frame("", 1).contains("f:2"));
        assert!(frame("x", 99).contains("2 | x"));
        assert!(frame("  whole line  ", 0).contains("^^^^^^^^^^"));
    }

    #[test]
    fn no_frame_quotes_a_secret() {
        for line in [
            "slack_webhook_url: https://canary-2",
            "PLAIN=canary-2",
            "PLAIN: canary-2",
            "# canary",
            "x: \u{1b}[2J smtp_password: canary-2",
        ] {
            for column in [0, 1, 4, 99] {
                let frame = frame(line, column);
                assert!(!frame.contains("canary") && !frame.contains('\u{1b}'), "{frame}");
            }
        }
        assert!(frame("slack_webhook_url: \"@@HOOK@@\"", 21).contains("@@HOOK@@"));
        assert!(frame("a title", 1).contains("2 | a title"), "a short one would be told by what it hides");
    }
}
