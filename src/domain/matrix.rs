//! Rules against environments: in which environment a rule is the same as in `Default`, differs, is overridden, is
//! excluded or is invalid. It is what the list of rules shows, and what `rules` prints.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use crate::domain::check::Severity;
use crate::domain::environment::EnvName;
use crate::domain::mask::Masker;
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::rule::{Rule, is_rule};
use crate::domain::workspace::Workspace;

/// What a rule is in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Rendered to the same bytes as in `Default`.
    Same,
    /// Rendered to other bytes, because tokens have other values.
    Differs,
    /// Rendered to other bytes, and an overlay has a part in it.
    Overridden,
    /// Kept out by an exclusion.
    Excluded,
    /// Has a finding of severity error.
    Invalid,
}

impl Cell {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Same, Self::Differs, Self::Overridden, Self::Excluded, Self::Invalid];

    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs => "differs",
            Self::Overridden => "overridden",
            Self::Excluded => "excluded",
            Self::Invalid => "invalid",
        }
    }

    /// The sign that stands for it where there is no room for the word.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Same => "=",
            Self::Differs => "~",
            Self::Overridden => "*",
            Self::Excluded => "-",
            Self::Invalid => "!",
        }
    }
}

/// One rule and what it is in each environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// `rules/…`.
    pub path: String,
    /// Its name, as rendered for `Default`, secrets masked.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// One for each environment, in the workspace's order.
    pub cells: Vec<(EnvName, Cell)>,
    /// Name and path in lower case, for a search that is typed.
    #[serde(skip)]
    pub searched: String,
}

/// The rules of a workspace against its renderings, sorted by path. Where `Default` excludes a rule, the first
/// environment that has it stands in for it. `masker` knows the secrets of all of them.
pub fn rows(workspace: &Workspace, renderings: &[Arc<Rendering>], masker: &Masker) -> Vec<RuleRow> {
    let shown = |text: String| if masker.is_empty() { text } else { masker.mask(text) };
    let mut columns: Vec<Column<'_>> = renderings.iter().map(|rendering| Column::new(rendering)).collect();
    workspace
        .templates
        .iter()
        .filter(|template| is_rule(&template.path))
        .map(|template| {
            let path = template.path.as_str();
            let found: Vec<_> = columns.iter_mut().map(|column| column.at(path)).collect();
            let base = found.iter().find_map(|(file, _)| *file);
            let rule = found.iter().find_map(|(_, rule)| *rule);
            let cells = columns
                .iter()
                .zip(&found)
                .map(|(column, (file, _))| {
                    let cell = match (file, base) {
                        (None, _) => Cell::Excluded,
                        (Some(_), _) if column.broken.contains(template.source.as_str()) => Cell::Invalid,
                        (Some(file), Some(base)) if is_same(file, base) => Cell::Same,
                        (Some(file), _) if file.insertions.iter().any(|insertion| insertion.overlay) => {
                            Cell::Overridden
                        }
                        (Some(_), _) => Cell::Differs,
                    };
                    (column.rendering.environment.clone(), cell)
                })
                .collect();
            let unread = || Rule::read(path, None);
            let (name, kind) = rule.map_or_else(
                || (unread().name, unread().kind),
                |rule| (rule.name.clone(), rule.kind.clone()),
            );
            let (name, kind) = (shown(name), shown(kind));
            let mut searched = String::with_capacity(name.len() + 1 + path.len());
            for (text, end) in [(name.as_str(), "\n"), (path, "")] {
                if text.is_ascii() {
                    searched.extend(text.chars().map(|letter| letter.to_ascii_lowercase()));
                } else {
                    searched.push_str(&text.to_lowercase());
                }
                searched.push_str(end);
            }
            RuleRow { path: path.to_owned(), name, kind, cells, searched }
        })
        .collect()
}

fn is_same(file: &Arc<RenderedFile>, base: &Arc<RenderedFile>) -> bool {
    Arc::ptr_eq(file, base) || file.bytes == base.bytes
}

/// A rendering that is gone through by path.
struct Column<'a> {
    rendering: &'a Rendering,
    files: std::slice::Iter<'a, Arc<RenderedFile>>,
    rules: std::slice::Iter<'a, Arc<Rule>>,
    /// The files of the workspace that have an error.
    broken: HashSet<&'a str>,
}

impl<'a> Column<'a> {
    fn new(rendering: &'a Rendering) -> Self {
        let errors = rendering.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let broken = errors.filter_map(|finding| Some(finding.problem.place.as_ref()?.file.as_str()));
        let (files, rules) = (rendering.files.iter(), rendering.rules.iter());
        Self { rendering, files, rules, broken: broken.collect() }
    }

    /// The file of that path and its rule; paths are asked for in their order.
    fn at(&mut self, path: &str) -> (Option<&'a Arc<RenderedFile>>, Option<&'a Rule>) {
        while self.files.as_slice().first().is_some_and(|file| file.path.as_str() < path) {
            self.files.next();
        }
        while self.rules.as_slice().first().is_some_and(|rule| rule.path.as_str() < path) {
            self.rules.next();
        }
        let file = self.files.as_slice().first().filter(|file| file.path == path);
        (file, self.rules.as_slice().first().map(|rule| &**rule).filter(|rule| rule.path == path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::overview::Overview;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    fn overview(files: &[(&str, &str)], prefix: &'static str) -> Overview {
        let file =
            |(path, text): &(&str, &str)| (format!("{prefix}{path}"), Bytes::from(text.as_bytes().to_vec()));
        Overview::of(build(Sources {
            root: "/w".into(),
            prefix,
            revision: 1,
            files: files.iter().map(file).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        }))
    }

    #[test]
    fn each_cell_says_what_a_rule_is_there() {
        let rule = |name: &str, more: &str| {
            format!("name: {name}\ntype: frequency\nindex: i\ntimeframe: {{hours: 1}}\nalert: debug\n{more}")
        };
        let files = [
            ("config/elastalert.yaml", "es_host: h\nes_port: 1\n"),
            ("config/environments/Default.yaml", "tokens: { LIMIT: 5 }\n"),
            (
                "config/environments/CI.yaml",
                "tokens: { LIMIT: '[' }\nexclude: [gone.yaml]\nrules: { Over: { num_events: 7 } }\n",
            ),
            ("config/environments/Staging.yaml", "tokens: { LIMIT: 6 }\n"),
            ("rules/gone.yaml", &rule("Gone", "num_events: 1\n")),
            ("rules/limit.yaml", &rule("Limit", "num_events: @@LIMIT@@\n")),
            ("rules/over.yaml", &rule("Over", "num_events: 1\n")),
            ("rules/same.yaml", &rule("Same", "num_events: 1\n")),
        ];
        for prefix in ["", "src/"] {
            let overview = overview(&files, prefix);
            let signs: Vec<(String, String)> = overview
                .matrix
                .iter()
                .map(|row| (row.name.clone(), row.cells.iter().map(|(_, cell)| cell.sign()).collect()))
                .collect();
            let expected = [("Gone", "=-="), ("Limit", "=!~"), ("Over", "=*="), ("Same", "===")];
            assert_eq!(signs, expected.map(|(name, signs)| (name.to_owned(), signs.to_owned())));
        }
    }

    #[test]
    fn words_and_signs_tell_cells_apart() {
        let words: HashSet<&str> = Cell::ALL.iter().map(|cell| cell.word()).collect();
        let signs: HashSet<&str> = Cell::ALL.iter().map(|cell| cell.sign()).collect();
        assert_eq!((words.len(), signs.len()), (5, 5));
    }
}
