//! What became of each template in each environment, kept to be used again: for the next reading, in which most files
//! are what they were, and for other environments. Whatever is used again is what would be made anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::check::loading::{Loads, Seen};
use crate::domain::overlay::{Overlay, Subject};
use crate::domain::render::file::{Done, Look, Text, is_meant_by_none, look, render_text};
use crate::domain::render::{Rendering, Selection, assemble};
use crate::domain::template::Template;
use crate::domain::workspace::{Environment, Workspace};

/// How work that falls into parts is done: the domain says what, and whoever has processors says how many at once.
pub trait Spread {
    /// Does the work of each number below `count`, in any order, and gives what came of it in theirs.
    fn spread<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T>;
}

/// One part after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneByOne;

impl Spread for OneByOne {
    fn spread<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        (0..count).map(work).collect()
    }
}

/// The texts that the templates of a workspace became, secrets as holes.
#[derive(Debug, Default)]
pub struct Texts {
    workspace: Arc<Workspace>,
    /// For each template what it became in each environment, in the workspace's order.
    made: Vec<Vec<Arc<Text>>>,
}

/// What became of the templates of a workspace and what there is to say of it, secrets as holes.
#[derive(Debug, Default)]
pub struct Kept {
    texts: Texts,
    /// For each template what there is to see in what it became in each environment.
    looks: Vec<Vec<Arc<Look>>>,
    selections: Vec<Selection>,
    loads: Loads,
}

/// How two environments compare.
#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    /// The place of the one that is known.
    at: usize,
    was: &'a Environment,
    is: &'a Environment,
    /// They give every key the same.
    same_values: bool,
    same_overlays: bool,
    /// The variables of their containers are the same.
    same_env: bool,
}

impl<'a> Pair<'a> {
    fn new(at: usize, was: &'a Environment, is: &'a Environment) -> Self {
        Self {
            at,
            was,
            is,
            same_values: was.values == is.values,
            same_overlays: was.overlays == is.overlays,
            same_env: was.target.env == is.target.env,
        }
    }

    /// For each environment of a workspace those whose texts are known: all of `before`, of the same name first, and
    /// those that stand before it in its own.
    fn all(before: &'a Workspace, workspace: &'a Workspace) -> Vec<[Vec<Self>; 2]> {
        let pairs = |(place, is): (usize, &'a Environment)| {
            let earlier = before.environments.iter().enumerate().map(|(at, was)| Self::new(at, was, is));
            let mut earlier: Vec<Self> = earlier.collect();
            earlier.sort_by_key(|pair| pair.was.name != is.name);
            let others = workspace.environments.iter().take(place).enumerate();
            [earlier, others.map(|(at, was)| Self::new(at, was, is)).collect()]
        };
        workspace.environments.iter().enumerate().map(pairs).collect()
    }

    /// Whether the same text comes of a template in both. `keys` are those of its tokens.
    fn same_text(&self, text: &Text, is_config: bool, keys: &[String]) -> bool {
        let same_value = |key: &String| {
            let value = self.is.values.get(key);
            // What is said about a key without a value depends on all of them.
            value.is_some() && value == self.was.values.get(key)
        };
        let same_meant = || match (&text.called, is_config) {
            (_, true) => meant(self.was, &Subject::Config).eq(meant(self.is, &Subject::Config)),
            (Some(called), _) => {
                let subject = Subject::Rule(called.clone());
                meant(self.was, &subject).eq(meant(self.is, &subject))
            }
            (None, _) => is_meant_by_none(self.is, text),
        };
        (self.same_overlays || same_meant()) && (self.same_values || keys.iter().all(same_value))
    }

    /// Whether the same is to be seen in a text in both.
    fn same_look(&self, text: &Text, is_config: bool) -> bool {
        self.same_env || !is_config && !text.file.bytes.contains(&b'$')
    }
}

impl Texts {
    /// Renders each template of a workspace in each environment. What is the same as `before`, or in two environments,
    /// is made once. Nothing is checked but that no value changes the YAML around it.
    pub fn new(workspace: Arc<Workspace>, before: &Self, spread: &impl Spread) -> Self {
        let config = workspace.config();
        let pairs = Pair::all(&before.workspace, &workspace);
        let made = spread.spread(workspace.templates.len(), |index| {
            let Some(template) = workspace.templates.get(index) else { return Vec::new() };
            let is_config = config == Some(template.path.as_str());
            let was = before.find(template, config).and_then(|at| before.made.get(at));
            let keys = template.bytes.keys();
            let mut texts: Vec<Arc<Text>> = Vec::with_capacity(pairs.len());
            for (environment, [earlier, others]) in workspace.environments.iter().zip(&pairs) {
                let holds = |pair: &Pair<'_>, texts: &[Arc<Text>]| {
                    let text = texts.get(pair.at)?;
                    pair.same_text(text, is_config, keys).then(|| Arc::clone(text))
                };
                let known = was.and_then(|was| earlier.iter().find_map(|pair| holds(pair, was)));
                let known = known.or_else(|| others.iter().find_map(|pair| holds(pair, &texts)));
                texts.push(known.unwrap_or_else(|| {
                    Arc::new(render_text(template, config, environment, &BTreeMap::new()))
                }));
            }
            texts
        });
        Self { workspace, made }
    }

    /// The place of a template that is what it is now.
    fn find(&self, template: &Template, config: Option<&str>) -> Option<usize> {
        let templates = &self.workspace.templates;
        let at = templates.binary_search_by(|was| was.path.cmp(&template.path)).ok()?;
        (templates.get(at)? == template && self.workspace.config() == config).then_some(at)
    }

    /// What became of a template in an environment, both by their place in the workspace.
    pub fn get(&self, environment: usize, template: usize) -> Option<&Arc<Text>> {
        self.made.get(template)?.get(environment)
    }

    /// How many of them were made, and how often one of them is used.
    pub fn count(&self) -> (usize, usize) {
        let all = || self.made.iter().flatten();
        let own: std::collections::BTreeSet<*const Text> = all().map(Arc::as_ptr).collect();
        (own.len(), all().count())
    }
}

impl Kept {
    /// Renders each template of a workspace in each environment, and checks it. What is the same as `before`, or in two
    /// environments, is made once.
    pub fn new(workspace: &Arc<Workspace>, before: &Self, spread: &impl Spread) -> Self {
        let config = workspace.config();
        let was = &before.texts;
        let pairs = Pair::all(&was.workspace, workspace);
        let texts = Texts::new(Arc::clone(workspace), was, spread);
        let environments: Vec<&Environment> = workspace.environments.iter().collect();
        let selections = spread.spread(environments.len(), |at| {
            let environment = environments.get(at)?;
            Some(Selection::new(workspace, environment, |template| texts.get(at, template)))
        });
        let selections: Vec<Selection> = selections.into_iter().flatten().collect();
        let selected: Vec<&Selection> = selections.iter().collect();
        let seen = Seen { workspace, environments: &environments, selections: &selected };
        let old = |template: usize| was.find(workspace.templates.get(template)?, config);
        let look_at = |index: usize| {
            let mut read = Vec::new();
            let mut looks: Vec<Arc<Look>> = Vec::with_capacity(pairs.len());
            let (Some(template), Some(texts)) = (workspace.templates.get(index), texts.made.get(index))
            else {
                return (looks, read);
            };
            let is_config = config == Some(template.path.as_str());
            let earlier = old(index).and_then(|at| Some((was.made.get(at)?, before.looks.get(at)?)));
            for ((text, environment), [before, others]) in texts.iter().zip(&environments).zip(&pairs) {
                let holds = |pair: &Pair<'_>, texts: &[Arc<Text>], looks: &[Arc<Look>]| {
                    let (other, look) = (texts.get(pair.at)?, looks.get(pair.at)?);
                    (Arc::ptr_eq(other, text) && pair.same_look(text, is_config)).then(|| Arc::clone(look))
                };
                let known = earlier
                    .and_then(|(texts, looks)| before.iter().find_map(|pair| holds(pair, texts, looks)));
                let known = known.or_else(|| others.iter().find_map(|pair| holds(pair, texts, &looks)));
                looks.push(known.unwrap_or_else(|| {
                    let (look, loaded) = look(template, text, config, environment, false);
                    read.extend(loaded.map(|loaded| (Arc::clone(&text.file), loaded)));
                    Arc::new(look)
                }));
            }
            (looks, read)
        };
        let file = |environment, template| texts.get(environment, template).map(|text| &text.file);
        let (looks, loads) = Loads::new(&seen, &file, (&before.loads, &old), &look_at, spread);
        Self { texts, looks, selections, loads }
    }

    /// The rendering of an environment, by its place in the workspace.
    pub(crate) fn rendering(&self, environment: usize) -> Option<Rendering> {
        let workspace = &self.texts.workspace;
        let done = |template: usize| {
            let look = Arc::clone(self.looks.get(template)?.get(environment)?);
            Some(Done { text: Arc::clone(self.texts.get(environment, template)?), look })
        };
        let selection = self.selections.get(environment)?;
        let loads = self.loads.get(environment);
        Some(assemble(workspace, workspace.environments.get(environment)?, selection, loads, done))
    }

    /// How many texts were made, and how often one of them is used.
    pub fn count(&self) -> (usize, usize) {
        self.texts.count()
    }
}

/// The overlays of an environment that mean this.
fn meant<'a>(environment: &'a Environment, subject: &Subject) -> impl Iterator<Item = &'a Overlay> {
    environment.overlays.iter().filter(move |overlay| overlay.subject == *subject)
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
