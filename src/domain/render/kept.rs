//! What became of each template in each environment, kept to be used again: for the next reading, in which most files
//! are what they were, and for other environments. Whatever is used again is what would be made anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::overlay::{Overlay, Subject};
use crate::domain::render::file::{Done, render_file};
use crate::domain::template::Template;
use crate::domain::token::tokens;
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

/// What became of the templates of a workspace, secrets as holes.
#[derive(Debug, Default)]
pub struct Kept {
    workspace: Arc<Workspace>,
    /// For each template what became of it in each environment, in the workspace's order.
    made: Vec<Vec<Arc<Done>>>,
}

/// What a template has become in an environment before.
struct Before<'a> {
    template: &'a Template,
    environment: &'a Environment,
    done: &'a Arc<Done>,
    /// Whether the two environments give every key the same.
    same_values: bool,
}

impl Kept {
    /// Renders each template of a workspace in each environment. What is the same as `before`, or in two environments,
    /// is made once.
    pub fn new(workspace: Arc<Workspace>, before: &Self, spread: &impl Spread) -> Self {
        let config = workspace.config();
        let was_config = before.workspace.config();
        let environments = &workspace.environments;
        let old: Vec<(usize, &Environment)> = before.workspace.environments.iter().enumerate().collect();
        let same_values = |one: &Environment, other: &Environment| one.values == other.values;
        // The one of the same name first: it most likely is what it was.
        let order: Vec<Vec<(usize, &Environment, bool)>> = environments
            .iter()
            .map(|environment| {
                let mut order: Vec<_> =
                    old.iter().map(|(at, was)| (*at, *was, same_values(was, environment))).collect();
                order.sort_by_key(|(_, was, _)| was.name != environment.name);
                order
            })
            .collect();
        let made = spread.spread(workspace.templates.len(), |index| {
            let Some(template) = workspace.templates.get(index) else { return Vec::new() };
            let was = before.workspace.templates.binary_search_by(|was| was.path.cmp(&template.path)).ok();
            let was = was.filter(|_| config == was_config).and_then(|at| {
                let was = before.workspace.templates.get(at)?;
                (was == template).then_some((was, before.made.get(at)?))
            });
            let mut keys = Keys { template, found: None };
            let mut dones: Vec<Arc<Done>> = Vec::with_capacity(environments.len());
            for (environment, order) in environments.iter().zip(&order) {
                let earlier = was.iter().flat_map(|(template, dones)| {
                    order.iter().filter_map(|(at, environment, same_values)| {
                        let done = dones.get(*at)?;
                        Some(Before { template, environment, done, same_values: *same_values })
                    })
                });
                let others = environments.iter().zip(&dones);
                let others = others.map(|(environment, done)| Before {
                    template,
                    environment,
                    done,
                    same_values: false,
                });
                let known =
                    earlier.chain(others).find(|known| known.holds_in(environment, config, &mut keys));
                let done = known.map(|known| Arc::clone(known.done));
                dones.push(done.unwrap_or_else(|| {
                    Arc::new(render_file(template, config, environment, &BTreeMap::new()))
                }));
            }
            dones
        });
        Self { workspace, made }
    }

    /// What became of a template in an environment, both by their place in the workspace.
    pub(crate) fn done(&self, environment: usize, template: usize) -> Option<Arc<Done>> {
        self.made.get(template)?.get(environment).cloned()
    }

    /// How many of them were made, and how often one of them is used.
    pub fn count(&self) -> (usize, usize) {
        let all = || self.made.iter().flatten();
        let own: std::collections::BTreeSet<*const Done> = all().map(Arc::as_ptr).collect();
        (own.len(), all().count())
    }
}

/// The keys of the tokens of a template, looked for when somebody asks.
struct Keys<'a> {
    template: &'a Template,
    found: Option<Vec<&'a str>>,
}

impl<'a> Keys<'a> {
    fn get(&mut self) -> &[&'a str] {
        let template = self.template;
        self.found.get_or_insert_with(|| {
            let text = std::str::from_utf8(&template.bytes).unwrap_or_default();
            tokens(text).map(|token| token.key).collect()
        })
    }
}

impl Before<'_> {
    /// Whether the same would come of the template in this environment. It is the same template.
    fn holds_in(&self, environment: &Environment, config: Option<&str>, keys: &mut Keys<'_>) -> bool {
        let (was, is) = (self.environment, environment);
        let is_config = config == Some(self.template.path.as_str());
        let names_variables =
            is_config || self.template.bytes.contains(&b'$') || self.done.file.bytes.contains(&b'$');
        let subject =
            if is_config { Some(Subject::Config) } else { self.done.called.clone().map(Subject::Rule) };
        let same_value = |key: &&str| {
            let value = is.values.get(*key);
            // What is said about a key without a value depends on all of them.
            value.is_some() && value == was.values.get(*key)
        };
        (self.same_values || keys.get().iter().all(same_value))
            && (was.target.env == is.target.env || !names_variables)
            && subject.is_none_or(|subject| meant(was, &subject).eq(meant(is, &subject)))
    }
}

/// The overlays of an environment that mean this.
fn meant<'a>(environment: &'a Environment, subject: &Subject) -> impl Iterator<Item = &'a Overlay> {
    environment.overlays.iter().filter(move |overlay| overlay.subject == *subject)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::overview::Overview;
    use crate::domain::workspace::build::{Sources, build};

    const FILES: [(&str, &str); 8] = [
        (
            "config/elastalert.yaml",
            "es_host: @@HOST@@\nes_port: 1\nrules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\nwriteback_index: w_@@ENVIRONMENT@@\n",
        ),
        ("config/environments/CI.yaml", "tokens: { HOST: ci }\n"),
        ("config/environments/Default.yaml", "tokens: { HOST: a, LIMIT: 5 }\n"),
        ("config/environments/Lab.yaml", "order: 3\n"),
        ("rules/a.yaml", "name: A\ntype: any\nindex: i\nalert: debug\n"),
        ("rules/b.yaml", "name: B\ntype: any\nindex: i\nalert: debug\nlimit: @@LIMIT@@\n"),
        ("rules/c.yaml", "name: C\ntype: any\nindex: $TEAM\nalert: debug\n"),
        ("rules/list.txt", "@@HOST@@\n"),
    ];

    fn workspace(edits: &[(&str, &str)]) -> Workspace {
        let mut files: BTreeMap<&str, &str> = BTreeMap::from(FILES);
        files.extend(edits.iter().copied());
        files.retain(|_, text| *text != "gone");
        let file = |(path, text): (&str, &str)| (path.to_owned(), Zeroizing::new(text.as_bytes().to_vec()));
        build(Sources {
            root: "/w".into(),
            prefix: "",
            revision: 1,
            files: files.into_iter().map(file).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        })
    }

    #[test]
    fn whatever_is_edited_what_was_kept_makes_no_difference() {
        let edits: [&[(&str, &str)]; 17] = [
            &[],
            &[("rules/a.yaml", "name: A2\ntype: any\nindex: i\nalert: debug\n")],
            &[("rules/a.yaml", "name: B\ntype: any\nindex: i\nalert: debug\n")],
            &[("rules/a.yaml", "gone")],
            &[("rules/0.yaml", "name: N\ntype: any\nindex: @@LIMT@@\nalert: debug\n")],
            &[("rules/b.yaml", "name: [\nlimit: @@LIMIT@@\n")],
            &[("config/environments/Default.yaml", "# moved\n\ntokens: { HOST: a, LIMIT: 5 }\n")],
            &[("config/environments/Default.yaml", "tokens: { HOST: a, LIMITS: 5 }\n")],
            &[("config/environments/Default.yaml", "tokens: { HOST: a, LIMIT: \"x: y\" }\n")],
            &[("config/environments/CI.yaml", "tokens: { HOST: ci, LIMIT: 6 }\n")],
            &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nrules: { B: { limit: 7 } }\n")],
            &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nrules: { A: { name: Z } }\n")],
            &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nconfig: { es_port: 2 }\n")],
            &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nexclude: [\"a*\"]\n")],
            &[("config/environments/CI.yaml", "secrets: { HOST: { env: H } }\n")],
            &[("config/environments/CI.yaml", "target: { env: { TEAM: x, ES_PORT: 3 } }\n")],
            &[
                ("config/environments/CI.yaml", "gone"),
                ("config/environments/New.yaml", "tokens: { HOST: n }\n"),
            ],
        ];
        for one in edits {
            let (first, kept) = Overview::after(workspace(one), &Kept::default(), &OneByOne);
            assert_eq!(first, Overview::of(workspace(one)));
            for other in edits {
                let fresh = Overview::of(workspace(other));
                let (again, _) = Overview::after(workspace(other), &kept, &OneByOne);
                assert_eq!(again, fresh, "{one:?} and then {other:?}");
            }
        }
    }

    #[test]
    fn what_is_the_same_is_made_once() {
        let kept = |workspace, before: &Kept| Kept::new(Arc::new(workspace), before, &OneByOne);
        let first = kept(workspace(&[]), &Kept::default());
        // The configuration is another one in each of three, the list in two; a rule is one for all.
        assert_eq!(first.count(), (3 + 2 + 3, 5 * 3));
        let edited = kept(workspace(&[("rules/b.yaml", "name: B2\nlimit: @@LIMIT@@\n")]), &first);
        let same = |template: usize| {
            (0..3).all(|at| {
                Arc::ptr_eq(&first.done(at, template).unwrap(), &edited.done(at, template).unwrap())
            })
        };
        assert_eq!((0..5).filter(|template| !same(*template)).collect::<Vec<_>>(), [2]);
    }
}
