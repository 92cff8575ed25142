//! Findings as compilers print them: what is wrong, the line of the file with a mark under it, the line of the layer
//! that gave the value, why, and what to do. A line that could hold a secret is cut before its value.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group as Section, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::domain::check::group::{Group, Other, is_origin};
use crate::domain::check::span::span;
use crate::domain::check::{Finding, Severity};
use crate::domain::diff::mask::credential;
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::position::{Lines, count};
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, Rendering};
use crate::domain::secret::SecretSource;
use crate::domain::text::sanitise;
use crate::domain::token::tokens;
use crate::domain::workspace::Workspace;

/// How many lines of layers one frame quotes.
const LAYERS: usize = 3;

/// Makes frames of the findings of a workspace.
#[derive(Debug)]
pub struct Frames<'a> {
    workspace: &'a Workspace,
    renderings: &'a [Arc<Rendering>],
    /// Keys whose values are never quoted.
    keys: BTreeSet<&'a str>,
    /// Knows the values that are secrets.
    masker: Masker,
}

/// The value that a finding speaks of, and the layer that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given<'a> {
    /// The key of the token, or the path of the overlay.
    pub key: &'a str,
    /// The layer's name.
    pub layer: &'a str,
    /// Where it is written; `None` for built-in values and flags.
    pub place: Option<&'a Place>,
    /// Whether it is a secret.
    pub secret: bool,
    /// Whether it is an overlay and no token.
    pub overlay: bool,
}

/// A line as it may be shown.
struct Quoted {
    text: String,
    number: u32,
    mark: Range<usize>,
}

impl<'a> Frames<'a> {
    /// Frames of the findings of these files.
    pub fn new(overview: &'a Overview) -> Self {
        let workspace = &*overview.workspace;
        let secrets = || workspace.environments.iter().flat_map(|environment| &environment.secrets);
        let values = secrets().filter_map(|(key, source)| match source {
            SecretSource::Value(secret) => Some((key.as_str(), secret)),
            _ => None,
        });
        Self {
            workspace,
            renderings: &overview.renderings,
            keys: secrets().map(|(key, _)| key.as_str()).collect(),
            masker: Masker::new(values),
        }
    }

    /// A group of findings in a frame, at most `width` columns wide but for its words.
    pub fn frame(&self, group: &Group<'_>, colour: bool, width: usize) -> String {
        let finding = group.finding;
        let problem = &finding.problem;
        let what = match group.scope() {
            Some(scope) => format!("{} ({scope})", problem.what),
            None => problem.what.clone(),
        };
        let title = level(finding.severity).primary_title(clean(&what)).id(problem.code);
        let mut section = Section::with_title(title);
        let given = self.given(group);
        let mut shown: Vec<&Place> = Vec::new();
        let mut unquoted: Vec<String> = Vec::new();
        if let Some(place) = &problem.place {
            if let Some(quoted) = self.line(place, problem.code) {
                section = section.element(
                    Snippet::source(quoted.text)
                        .line_start(quoted.number as usize)
                        .path(clean(&place.file))
                        .annotation(AnnotationKind::Primary.span(quoted.mark)),
                );
                for value in &given {
                    let room = shown.len() < LAYERS;
                    let Some((place, quoted)) = value
                        .place
                        .filter(|_| room)
                        .and_then(|place| Some((place, self.line(place, "layer")?)))
                    else {
                        let at = value.place.map(|place| format!(", at {place}")).unwrap_or_default();
                        unquoted.push(format!("it is {}{at}", value.words()));
                        continue;
                    };
                    shown.push(place);
                    section = section.element(
                        Snippet::source(quoted.text)
                            .line_start(quoted.number as usize)
                            .path(clean(&place.file))
                            .annotation(
                                AnnotationKind::Context.span(quoted.mark).label(clean(&value.words())),
                            ),
                    );
                }
            } else {
                let origin = Origin::path(clean(&place.file));
                section =
                    section.element(if place.line > 0 { origin.line(place.line as usize) } else { origin });
            }
        }
        // Where the value is given is quoted, or said of each layer.
        let why = problem.why.iter().filter(|why| given.is_empty() || !is_origin(why));
        for why in why.chain(&unquoted) {
            section = section.element(Level::NOTE.message(clean(why)));
        }
        if !group.others.is_empty() {
            section = section.element(Level::NOTE.message(others(&group.others, width.max(40) - 10)));
        }
        if let Some(hint) = &problem.hint {
            section = section.element(Level::HELP.message(clean(hint)));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.term_width(width).render(&[section])
    }

    /// A group as one line for each of its places: `path:line:column: severity[code]: what`.
    pub fn short(&self, group: &Group<'_>) -> Vec<String> {
        let scope = group.scope().map(|scope| format!(" ({scope})")).unwrap_or_default();
        let line = |finding: &Finding| {
            let problem = &finding.problem;
            let place = problem.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let (word, code) = (finding.severity.word(), problem.code);
            clean(&format!("{place}{word}[{code}]: {}{scope}", problem.what))
        };
        group.all().map(line).collect()
    }

    /// The values that the finding speaks of, by the layers that gave them in the environments of the group.
    pub fn given(&self, group: &Group<'_>) -> Vec<Given<'a>> {
        let Some(place) = group.finding.problem.place.as_ref().filter(|place| place.column > 0) else {
            return Vec::new();
        };
        let template = self.workspace.templates.iter().find(|template| template.source == place.file);
        let Some(path) = template.map(|template| &template.path) else { return Vec::new() };
        let mut given: Vec<Given<'a>> = Vec::new();
        for rendering in self.renderings {
            let all = group.environments.is_empty();
            if !all && !group.environments.iter().any(|name| **name == rendering.environment) {
                continue;
            }
            let insertions = rendering.file(path).map(|file| file.insertions.as_slice()).unwrap_or_default();
            let value = insertions.iter().find(|insertion| insertion.template == *place).and_then(of);
            given.extend(value.filter(|value| !given.contains(value)));
        }
        given
    }

    /// Where the text ends that a finding is about, for one that has a column: line and column behind it.
    pub fn end(&self, place: &Place, code: &str) -> Option<(u32, u32)> {
        let line = self.text(&place.file)?.lines().nth((place.line as usize).checked_sub(1)?)?;
        let start = (place.column as usize).checked_sub(1)?;
        let from = line.char_indices().nth(start).map_or(line.len(), |(at, _)| at);
        let length = span(line.get(from..)?, code);
        let chars = line.get(from..from + length)?.chars().count();
        Some((place.line, place.column + count(chars)))
    }

    /// The text of a file that may be quoted.
    fn text(&self, path: &str) -> Option<&'a str> {
        text(self.workspace, path)
    }

    /// The line of a place; the last one where the file ends before it.
    fn line(&self, place: &Place, code: &str) -> Option<Quoted> {
        let text = self.text(&place.file)?;
        let index = (place.line as usize).checked_sub(1)?;
        if let Some(line) = text.lines().nth(index).map(bare).filter(|line| !line.is_empty()) {
            // Of base64 that is wrapped, a line alone is not known for a part of a secret.
            let whole = self.masker.part(text, Lines::new(text).range(place.line));
            let whole = bare(whole.trim_end_matches(['\r', '\n']));
            let (text, mark) = if whole == self.masker.mask(line.to_owned()) {
                self.quote(line, place.column, code)
            } else {
                self.quote(whole, 0, code)
            };
            return Some(Quoted { text, number: place.line, mark });
        }
        let (index, line) =
            text.lines().take(index).enumerate().filter(|(_, line)| !line.is_empty()).last()?;
        let (text, _) = self.quote(bare(line), 0, code);
        let end = text.trim_end().len();
        Some(Quoted { text, number: count(index + 1), mark: end..end })
    }

    /// A line as it may be shown, and the bytes to mark: what stands at the column, or the whole line.
    fn quote(&self, line: &str, column: u32, code: &str) -> (String, Range<usize>) {
        let start = (column as usize).checked_sub(1).map_or_else(
            || line.len() - line.trim_start().len(),
            |skipped| line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at),
        );
        let end = if column == 0 {
            line.trim_end().len()
        } else {
            start + span(line.get(start..).unwrap_or_default(), code)
        };
        // What stands before the mark can be shorter or longer once it is safe to show.
        let before = |end: usize| sanitise(self.masked(line.get(..end).unwrap_or_default()).as_bytes()).len();
        let shown = sanitise(self.masked(line).as_bytes());
        let start = boundary(&shown, before(start));
        let end = boundary(&shown, before(end)).max(start);
        (shown, start..end)
    }

    /// A line with what could be a secret hidden.
    fn masked(&self, line: &str) -> String {
        let line = self.masker.mask(line.to_owned());
        // What layers call tokens are values of any kind.
        let (head, line) = match line.find("tokens:").filter(|at| line.trim_start().len() == line.len() - at)
        {
            Some(at) => line.split_at(at + "tokens:".len()),
            None => ("", line.as_str()),
        };
        let hidden = credential(line.as_bytes()).into_iter().chain(self.after_key(line)).min();
        match hidden.and_then(|at| line.split_at_checked(at)) {
            // A token is a name and no value.
            Some((_, value)) if tokens(value).next().is_some() || value.trim().is_empty() => {
                format!("{head}{line}")
            }
            Some((before, _)) => format!("{head}{before}‹secret›"),
            None => format!("{head}{line}"),
        }
    }

    /// Where the value of a key begins that is a secret somewhere.
    fn after_key(&self, line: &str) -> Option<usize> {
        let after = |key: &&str| {
            line.match_indices(*key).find_map(|(at, _)| {
                let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
                let begins = !line.get(..at)?.ends_with(word);
                let rest = line.get(at + key.len()..)?;
                let value = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(['=', ':'])?;
                begins.then(|| line.len() - value.trim_start().len())
            })
        };
        self.keys.iter().filter_map(after).min()
    }
}

impl Given<'_> {
    fn words(&self) -> String {
        let what = match (self.secret, self.overlay) {
            (true, _) => "the secret",
            (_, true) => "the overlay of",
            _ => "the value of",
        };
        format!("{what} `{}` in {}", self.key, self.layer)
    }
}

fn of(insertion: &Insertion) -> Option<Given<'_>> {
    let winner = insertion.chain.first()?;
    Some(Given {
        key: &insertion.key,
        layer: &winner.layer,
        place: winner.place.as_ref(),
        secret: insertion.secret,
        overlay: insertion.overlay,
    })
}

/// `the same at 3 other places:` and the places, as many on a line as there is room for.
fn others(others: &[Other<'_>], width: usize) -> String {
    let head = match others.len() {
        1 => "the same at 1 other place:".to_owned(),
        number => format!("the same at {number} other places:"),
    };
    let mut lines = vec![head];
    for other in others {
        let words = clean(&other.words());
        match lines.last_mut().filter(|line| line.starts_with("  ")) {
            Some(line) if line.chars().count() + 2 + words.chars().count() <= width => {
                line.push_str(", ");
                line.push_str(&words);
            }
            _ => lines.push(format!("  {words}")),
        }
    }
    lines.join("\n")
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

/// A file of the workspace as it was read.
fn text<'a>(workspace: &'a Workspace, path: &str) -> Option<&'a str> {
    if let Some(text) = workspace.texts.get(path) {
        return Some(text);
    }
    let template = workspace.templates.iter().find(|template| template.source == path)?;
    std::str::from_utf8(&template.bytes).ok()
}

/// The place that a frame marks: where the file ends before a place, or the line there is empty, it is the end of the
/// last line before it that says something.
pub fn marked(workspace: &Workspace, place: &Place) -> Place {
    let end = || {
        let text = text(workspace, &place.file)?;
        let index = (place.line as usize).checked_sub(1)?;
        if text.lines().nth(index).is_some_and(|line| !bare(line).is_empty()) {
            return None;
        }
        let (index, line) =
            text.lines().take(index).enumerate().filter(|(_, line)| !line.is_empty()).last()?;
        let column = count(bare(line).trim_end().chars().count() + 1);
        Some(Place { file: place.file.clone(), line: count(index + 1), column })
    };
    end().unwrap_or_else(|| place.clone())
}

/// A line without the mark that some editors put before the first one.
fn bare(line: &str) -> &str {
    line.trim_start_matches('\u{feff}')
}

fn clean(text: &str) -> String {
    sanitise(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_behind_the_end_is_the_end_as_in_the_frame() {
        let workspace = Workspace {
            texts: [("a.yaml".to_owned(), "a: [1,\n  2  \n\n".to_owned())].into_iter().collect(),
            ..Workspace::default()
        };
        let at = |line, column| Place { file: "a.yaml".into(), line, column };
        assert_eq!(marked(&workspace, &at(4, 1)), at(2, 4));
        assert_eq!(marked(&workspace, &at(3, 1)), at(2, 4));
        assert_eq!(marked(&workspace, &at(1, 4)), at(1, 4));
        assert_eq!(marked(&workspace, &Place::file("b.yaml")), Place::file("b.yaml"));
    }
    use crate::domain::problem::Problem;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    fn overview(files: &[(&str, &str)]) -> Overview {
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec()));
        Overview::of(build(Sources {
            root: "/w".into(),
            prefix: "",
            revision: 1,
            files: files.iter().map(file).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        }))
    }

    fn framed(line: &str, column: u32, code: &'static str) -> String {
        let overview = overview(&[
            ("config/substitutions/Sensitive.Local.conf", "PLAIN=canary\nSHORT=t\n"),
            ("config/f", &format!("first\n{line}\n")),
        ]);
        let place = Place { file: "config/f".into(), line: 2, column };
        let problem = Problem::new(code, "what").at(place).why("because").hint("do");
        Frames::new(&overview).frame(&Group::single(&Finding::error(problem)), false, 110)
    }

    #[test]
    fn a_frame_marks_the_word_and_tells_why_and_what_to_do() {
        assert_eq!(
            framed("es_host: \"@@ES_HSOT@@\"", 11, "a.b"),
            "error[a.b]: what\n --> config/f:2:11\n  |\n2 | es_host: \"@@ES_HSOT@@\"\n  |           ^^^^^^^^^^^\n  |\n  = note: because\n  = help: do"
        );
        assert!(framed("\tä: b", 2, "a.b").contains('^'));
        assert!(framed("", 1, "a.b").contains("1 | first"), "{}", framed("", 1, "a.b"));
        assert!(framed("x", 99, "a.b").contains("2 | x"));
        assert!(framed("  whole line  ", 0, "a.b").contains("^^^^^^^^^^"));
    }

    #[test]
    fn no_frame_quotes_a_secret() {
        for line in [
            "slack_webhook_url: https://canary-2",
            "PLAIN=canary-2",
            "PLAIN: canary-2",
            "# canary",
            "x: \u{1b}[2J smtp_password: canary-2",
            "tokens: { A: 1, PLAIN: canary-2 }",
            "tokens: { A: 1, DB_PASSWORD: canary-2 }",
            "secrets: { 'PLAIN' : canary-2 }",
        ] {
            for column in [0, 1, 4, 99] {
                let frame = framed(line, column, "yaml.syntax");
                assert!(!frame.contains("canary") && !frame.contains('\u{1b}'), "{frame}");
            }
        }
        assert!(framed("slack_webhook_url: \"@@HOOK@@\"", 21, "a.b").contains("@@HOOK@@"));
        let tokens = framed("tokens: { HOST: search, XPLAIN: y }", 11, "a.b");
        assert!(tokens.contains("search, XPLAIN: y") && tokens.contains("          ^^^^\n"), "{tokens}");
        assert!(
            framed("a title", 1, "a.b").contains("2 | a title"),
            "a short one would be told by what it hides"
        );
    }

    #[test]
    fn a_value_is_shown_with_the_layer_that_gave_it_and_a_secret_is_not() {
        let files = [
            ("config/substitutions/Default.conf", "# first\nNAME=Errors: all\n"),
            ("config/environments/CI.yaml", "tokens:\n  NAME: \"Other: some\"\n"),
            ("config/substitutions/Sensitive.Local.conf", "HOOK=canary: x\n"),
            (
                "rules/a.yaml",
                "name: @@NAME@@\ntype: any\nindex: i\nalert: debug\nslack_webhook_url: @@HOOK@@\n",
            ),
        ];
        let overview = overview(&files);
        let frames = Frames::new(&overview);
        let found: Vec<&Finding> =
            overview.findings.iter().filter(|finding| finding.problem.code == "token.shape").collect();
        assert!(!found.is_empty());
        for finding in found {
            let group = Group::single(finding);
            let frame = frames.frame(&group, false, 110);
            let given = frames.given(&group);
            assert_eq!(given.len(), 1, "{frame}");
            assert!(frame.contains("1 | name: @@NAME@@") && !frame.contains("is given at"), "{frame}");
            assert!(frame.contains("the value of `NAME` in "), "{frame}");
            assert!(frame.contains("NAME=Errors: all") || frame.contains("NAME: \"Other: some\""), "{frame}");
        }
        let place = Place { file: "rules/a.yaml".into(), line: 5, column: 20 };
        let finding = Finding::error(Problem::new("a.b", "what").at(place));
        let frame = frames.frame(&Group::single(&finding), false, 110);
        assert!(frame.contains("@@HOOK@@") && !frame.contains("canary"), "{frame}");
        assert!(frames.given(&Group::single(&finding)).iter().all(|given| given.secret));
    }
}
