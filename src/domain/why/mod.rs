//! Why a value is what it is: from what `ElastAlert` has in the end, through the variables of its container, the files
//! that a rule imports, the configuration, overlays and the template, to the line of the layer that gave it. A secret
//! is told to be one, with its provider; neither its value nor its length is ever known here.

pub mod expand;
pub mod lines;
pub mod path;
mod read;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::environment::EnvName;
use crate::domain::layer::Resolved;
use crate::domain::mask::Masker;
use crate::domain::overlay::Overlay;
use crate::domain::plan::variables;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::Rendering;
use crate::domain::rule::is_rule;
use crate::domain::token::nearest;
use crate::domain::workspace::{Environment, Workspace};
use crate::domain::yaml::Node;

use path::{Segment, join, names, parse, shown, walk};
use read::{Read, imports};

/// Where a step of a chain comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// A variable of the container that counts whatever the files say.
    Variable,
    /// A variable of the container that is put in place of its name.
    Expanded,
    /// The configuration, from which a rule has what it does not say itself.
    Default,
    /// A file that the rule imports.
    Import,
    /// An alias or a merge key, behind which the value stands elsewhere.
    Alias,
    /// The line of the rendered file.
    Rendered,
    /// An overlay.
    Overlay,
    /// A token.
    Token,
    /// What the layer below has for the same token or overlay, which does not count.
    Below,
    /// The line of the template.
    Template,
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What kind of step.
    pub from: From,
    /// The variable, the key of the token or overlay, the anchor.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The value or the line, secrets masked.
    pub shown: String,
    /// Where it is written; for `rendered` a line of the rendered file, which lies on no disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// More in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A value with the whole of its chain, what counts most first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// The file that was asked for, as it lies in the workspace.
    pub file: String,
    /// The path in it; empty for a line that holds no value.
    pub path: String,
    /// The value as `ElastAlert` reads it.
    pub value: String,
    /// What it is: a text, a whole number.
    pub kind: &'static str,
    /// How it is written, where that looks like something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Whether a secret stands in it.
    pub secret: bool,
    /// From the container down to the layers.
    pub chain: Vec<Step>,
}

/// What a question for a file and a path, such as `rules/5xx.yaml:threshold_cur`, asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The path of the file in the rendering.
    pub file: String,
    /// The path of the value, as it was written; empty for the whole file.
    pub path: String,
}

/// One file of a rendering with all that its values come from.
#[derive(Clone, Debug)]
pub struct Book {
    environment: EnvName,
    /// The file itself, then what it imports, nearest first, then the configuration where it is a rule.
    reads: Vec<Read>,
    /// How many of them are the rule with its imports.
    own: usize,
    is_config: bool,
    variables: BTreeMap<String, String>,
    variable_places: BTreeMap<String, Place>,
    providers: BTreeMap<String, String>,
    overlays: Vec<Overlay>,
    values: BTreeMap<String, Resolved>,
    masker: Masker,
}

/// Where a value was found: the path, which file, its key and itself.
type Found<'b> = (String, usize, Option<&'b Node>, &'b Node);

/// Takes a question apart: a file of the rendering, by its path, its unique name or the name of its rule, and after a
/// colon the path of a value.
pub fn ask(workspace: &Workspace, rendering: &Rendering, text: &str) -> Result<Asked, Problem> {
    let mut known: Vec<(String, &str)> = Vec::new();
    for file in &rendering.files {
        let path = file.path.as_str();
        known.push((path.to_owned(), path));
        known.extend(workspace.template(path).map(|template| (template.source.clone(), path)));
        known.extend(rendering.rule(path).map(|rule| (rule.name.clone(), path)));
        let name = path.rsplit('/').next().unwrap_or(path);
        let same = |other: &&std::sync::Arc<crate::domain::render::RenderedFile>| {
            other.path.rsplit('/').next() == Some(name)
        };
        if rendering.files.iter().filter(same).count() == 1 {
            known.push((name.to_owned(), path));
        }
    }
    let rest = |name: &str| match text.strip_prefix(name)? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    };
    let found = known.iter().filter_map(|(name, path)| Some((name, *path, rest(name)?)));
    if let Some((_, file, path)) = found.max_by_key(|(name, ..)| name.len()) {
        return Ok(Asked { file: file.to_owned(), path: path.to_owned() });
    }
    let name = text.rsplit_once(':').map_or(text, |(name, _)| name);
    let excluded = rendering.excluded.iter().find(|(path, _)| {
        let source = workspace.template(path).map(|template| template.source.as_str());
        rest(path).is_some() || source.is_some_and(|source| rest(source).is_some())
    });
    let environment = &rendering.environment;
    let shown = name.escape_debug();
    Err(match excluded {
        Some((path, place)) => {
            Problem::new("why.excluded", format!("{path} is excluded in {environment}")).at(place.clone())
        }
        None => Problem::new("why.file", format!("{environment} has no file and no rule `{shown}`")).hint(
            match nearest(name, known.iter().map(|(name, _)| name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a file and a value, such as rules/5xx.yaml:threshold_cur".to_owned(),
            },
        ),
    })
}

impl Book {
    /// Opens a file of a rendering in which the secrets are holes.
    pub fn open(
        workspace: &Workspace,
        environment: &Environment,
        rendering: &Rendering,
        file: &str,
    ) -> Result<Self, Problem> {
        let variables = variables(environment, rendering);
        let open = |path: &str| Read::open(workspace, rendering, &variables, path);
        let first = open(file)?;
        let config = rendering.config().map(|config| config.path.clone());
        let is_config = config.as_deref() == Some(file);
        let mut reads = vec![first];
        if is_rule(file) {
            let mounts = &environment.target.mounts;
            imports(&mut reads, mounts, &open);
        }
        let own = reads.len();
        if is_rule(file)
            && let Some(config) = config
        {
            reads.extend(open(&config));
        }
        Ok(Self {
            environment: environment.name.clone(),
            reads,
            own,
            is_config,
            variables,
            variable_places: environment.env_places.clone(),
            providers: environment.secrets.iter().map(|(key, of)| (key.clone(), of.describe())).collect(),
            overlays: environment.overlays.clone(),
            values: environment.values.clone(),
            masker: environment.masker.clone(),
        })
    }

    /// The file as it lies in the workspace.
    pub fn source(&self) -> &str {
        self.reads.first().map_or("", |read| read.source.as_str())
    }

    /// The values below a path, each with its chain: one, or all leaves of a list or a mapping.
    pub fn find(&self, path: &str) -> Result<Vec<Leaf>, Problem> {
        if let Some(line) = self.line_number(path) {
            return Ok(self.line(line));
        }
        if let Some(problem) = self.reads.first().and_then(|read| read.unreadable.clone()) {
            return Err(problem);
        }
        let segments = parse(path)?;
        let found = self.reach(&segments);
        if found.is_empty() {
            let lone = segments.first().filter(|_| segments.len() == 1);
            return lone
                .and_then(|key| self.only_variable(&key.text))
                .map(|leaf| vec![leaf])
                .ok_or_else(|| self.unknown(path));
        }
        let mut leaves = Vec::new();
        for (path, read, key, node) in found {
            walk(node, key, &path, &mut |path, key, node, leaf| {
                if leaf {
                    leaves.push(self.leaf(path, read, key, node));
                }
            });
        }
        Ok(leaves)
    }

    /// The values that stand on a line of the rendered file, from 1; for a line without any what it is made of.
    pub fn line(&self, line: u32) -> Vec<Leaf> {
        let Some(read) = self.reads.first() else { return Vec::new() };
        let mut leaves = Vec::new();
        if let Some(root) = read.root() {
            walk(root, None, "", &mut |path, key, node, leaf| {
                if leaf && !path.is_empty() && read.stands_on(key, node, line) {
                    leaves.push(self.leaf(path, 0, key, node));
                }
            });
            if leaves.is_empty() {
                // A key whose value begins below it.
                walk(root, None, "", &mut |path, key, node, leaf| {
                    if !leaf && key.is_some_and(|key| read.stands_on(None, key, line)) && leaves.len() < MOST
                    {
                        walk(node, key, path, &mut |path, key, node, leaf| {
                            if leaf && leaves.len() < MOST {
                                leaves.push(self.leaf(path, 0, key, node));
                            }
                        });
                    }
                });
            }
        }
        if leaves.is_empty() {
            leaves.extend(self.bare_line(line));
        }
        leaves
    }

    /// `:12` asks for a line, where there is no key of that name.
    fn line_number(&self, path: &str) -> Option<u32> {
        let line: u32 = path.parse().ok().filter(|line| *line > 0)?;
        let root = self.reads.first()?.root();
        if root.is_some_and(|root| !root.items().is_empty()) {
            return None;
        }
        let segment = Segment { text: path.to_owned(), quoted: false };
        let key = root.is_some_and(|root| root.entries().iter().any(|(key, _)| names(&segment, key)));
        (!key).then_some(line)
    }

    /// What a path leads to. Several files give something only to `filter`, whose lists are joined.
    fn reach(&self, segments: &[Segment]) -> Vec<Found<'_>> {
        let top = self.top();
        let Some((first, rest)) = segments.split_first() else {
            // The whole of a rule is what it says itself, with its imports.
            let own = top.into_iter().filter(|(_, read, ..)| *read < self.own);
            let (filters, mut own): (Vec<_>, Vec<_>) = own.partition(|(path, ..)| path == "filter");
            own.extend(if filters.len() > 1 { joined(filters) } else { filters });
            return own;
        };
        if top.first().is_some_and(|(_, _, key, _)| key.is_none()) {
            return descend(top, segments);
        }
        let odd = |found: &&Found<'_>| found.2.is_some_and(|key| key.text().is_none());
        let named = |found: &&Found<'_>| found.2.is_some_and(|key| names(first, key));
        let key = top
            .iter()
            .filter(odd)
            .find(named)
            .or_else(|| top.iter().find(named))
            .map(|found| found.0.clone());
        let mut found: Vec<Found<'_>> =
            top.into_iter().filter(|found| Some(&found.0) == key.as_ref()).collect();
        if found.len() > 1 {
            found = joined(found);
            match rest.split_first() {
                None => return found,
                Some((index, _)) => {
                    let path = key.as_deref().map_or(String::new(), |key| join(key, &index.text));
                    found.retain(|(found, ..)| *found == path && !index.quoted);
                }
            }
            return descend(found, rest.get(1..).unwrap_or_default());
        }
        descend(found, rest)
    }

    /// What stands at the top of the rule: its own, what it imports, what the configuration gives to every rule.
    fn top(&self) -> Vec<Found<'_>> {
        let mut top: Vec<Found<'_>> = Vec::new();
        for (index, read) in self.reads.iter().enumerate() {
            let Some(root) = read.root() else { continue };
            if root.entries().is_empty() && index == 0 {
                return vec![(String::new(), 0, None, root)];
            }
            for (key, value) in root.entries() {
                let path = shown(key);
                let nearer = top.iter().any(|(known, ..)| *known == path);
                let joins = path == "filter" && index < self.own;
                let dropped = path == "import" && self.own > 1 && index > 0;
                if (!nearer || joins) && !dropped {
                    top.push((path, index, Some(key), value));
                }
            }
        }
        top
    }

    /// That there is no such value, with the names that are like it.
    fn unknown(&self, path: &str) -> Problem {
        let mut known: Vec<String> = Vec::new();
        for (at, read, key, node) in self.top() {
            walk(node, key, &at, &mut |path, _, _, _| {
                if read < self.own || !path.contains('.') {
                    known.push(path.to_owned());
                }
            });
        }
        let parent = path
            .rsplit_once('.')
            .map(|(parent, _)| parent)
            .filter(|parent| known.iter().any(|k| k == parent));
        let below: Vec<&str> = parent.map_or_else(Vec::new, |parent| {
            let deeper = |name: &&String| name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
            known.iter().filter(deeper).map(String::as_str).collect()
        });
        let last = |path: &str| path.rsplit_once('.').map_or(path, |(_, last)| last).to_owned();
        let sisters: Vec<(String, &str)> = below.iter().map(|name| (last(name), *name)).collect();
        let near = if below.is_empty() {
            nearest(path, known.iter().map(String::as_str))
        } else {
            let near = nearest(&last(path), sisters.iter().map(|(last, _)| last.as_str()));
            sisters.iter().find(|(last, _)| Some(last.as_str()) == near).map(|(_, name)| *name)
        };
        let all: Vec<&str> = if below.is_empty() {
            known.iter().map(String::as_str).filter(|name| !name.contains('.')).take(12).collect()
        } else {
            below.into_iter().take(12).collect()
        };
        let problem = Problem::new(
            "why.path",
            format!("{} has no value `{}` in {}", self.source(), path.escape_debug(), self.environment),
        );
        problem.hint(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", all.join(", ")),
        })
    }
}

/// The most values that are told for one line.
const MOST: usize = 20;

/// The items of lists that are joined, those of the file that is read last first.
fn joined(found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    let mut all = Vec::new();
    for (path, read, key, node) in found.into_iter().rev() {
        for item in node.items() {
            all.push((join(&path, &all.len().to_string()), read, key, item));
        }
    }
    all
}

fn descend<'b>(found: Vec<Found<'b>>, segments: &[Segment]) -> Vec<Found<'b>> {
    let down = |(mut at, read, mut key, mut node): Found<'b>| {
        for segment in segments {
            let (step, named, value) = path::below(node, segment)?;
            at = join(&at, &step);
            key = named.or(key);
            node = value;
        }
        Some((at, read, key, node))
    };
    found.into_iter().filter_map(down).collect()
}
