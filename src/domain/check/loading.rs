//! What the loader would say of a rendering, as findings: the first thing that keeps each file from being loaded, at its
//! place in the template. What other checks have told already is not told twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::check::command::{self, Command, Config, Said};
use crate::domain::check::load::{
    self, At, Depends, Given, Input, Loader, Need, Opened, Outcome, Refusal, RuleOutcome, Varying,
};
use crate::domain::check::{Finding, facts};
use crate::domain::environment::Mounts;
use crate::domain::plan::variables_with;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::render::kept::Spread;
use crate::domain::render::{RenderedFile, Rendering, Selection};
use crate::domain::workspace::{Environment, Workspace, assume};

/// The renderings that the loader looks at side by side.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Some of its environments.
    pub environments: &'a [&'a Environment],
    /// Which files each of them has.
    pub selections: &'a [&'a Selection],
}

/// What the loader said of all rules of some environments, kept for the next reading.
#[derive(Debug, Default)]
pub struct Loads {
    each: Vec<EnvironmentLoad>,
    /// In which keys the configurations differ; what was found to be the same in them was by this.
    varying: Varying,
}

/// What the loader said in one environment.
#[derive(Debug)]
pub struct EnvironmentLoad {
    setting: Setting,
    config: Outcome,
    skips: bool,
    /// For each template, once for each path as which it is loaded.
    verdicts: Vec<Vec<Arc<Verdict>>>,
}

/// What all rules of an environment stand on.
#[derive(Debug, Default)]
struct Setting {
    name: String,
    config: Option<Arc<RenderedFile>>,
    variables: BTreeMap<String, String>,
    mounts: Mounts,
    command: Command,
    /// The files that are there.
    paths: Arc<Vec<String>>,
}

/// What the loader said of one rule.
#[derive(Debug)]
struct Verdict {
    path: String,
    file: Arc<RenderedFile>,
    told: RuleOutcome,
    depends: Depends,
}

/// Texts that were read for something else, each with the file that it is of.
pub type Texts = Vec<(Arc<RenderedFile>, Given)>;

impl Loads {
    /// Has the loader look at everything, along with other work: `first` is that work for one template, and gives the
    /// texts that it read. `file` is the file of an environment that a template became, and `was` the place that the
    /// template had `before`.
    pub fn new<'f, T: Send>(
        seen: &Seen<'_>,
        file: &(impl Fn(usize, usize) -> Option<&'f Arc<RenderedFile>> + Sync),
        (before, was): (&Self, &(impl Fn(usize) -> Option<usize> + Sync)),
        first: &(impl Fn(usize) -> (T, Texts) + Sync),
        spread: &impl Spread,
    ) -> (Vec<T>, Self) {
        let templates = &seen.workspace.templates;
        let there = |at: usize, template: usize| {
            let there = seen.selections.get(at).is_some_and(|selection| selection.has(template));
            there.then(|| file(at, template)).flatten()
        };
        let files: Vec<BTreeMap<&str, &[u8]>> = (0..seen.environments.len())
            .map(|at| {
                let all = (0..templates.len()).filter_map(|template| there(at, template));
                all.map(|file| (file.path.as_str(), file.bytes.as_slice())).collect()
            })
            .collect();
        let settings = settings(seen, &files, &there);
        let inputs: Vec<Input<'_>> = settings
            .iter()
            .zip(files)
            .map(|(setting, files)| Input {
                config: setting.config.as_ref().map_or(CONFIG, |config| &config.path),
                mounts: mounts(&setting.mounts).to_vec(),
                only: setting.command.arguments().and_then(|arguments| arguments.rule.as_deref()),
                debug: setting.command.arguments().is_some_and(|arguments| arguments.debug),
                ..Input::of(files, &setting.variables)
            })
            .collect();
        let opened: Vec<Opened<'_>> = inputs.iter().map(Opened::new).collect();
        let loaders: Vec<Loader<'_>> =
            inputs.iter().zip(&opened).map(|(input, opened)| Loader::new(input, opened)).collect();
        let varying = Loader::varying(&loaders);
        let known = settings.iter().map(|setting| before.find(setting, &varying)).collect();
        let ready = Ready { loaders: &loaders, settings: &settings, varying: &varying, before, known };
        let done = spread.spread(templates.len(), |template| {
            let (first, texts) = first(template);
            let files: Vec<_> = (0..loaders.len()).map(|at| there(at, template)).collect();
            (first, ready.verdicts(&files, was(template), &texts))
        });
        let mut each: Vec<EnvironmentLoad> = Vec::with_capacity(loaders.len());
        for loader in &loaders {
            each.push(EnvironmentLoad {
                setting: Setting::default(),
                config: loader.outcome.clone(),
                skips: loader.skip_invalid,
                verdicts: Vec::with_capacity(templates.len()),
            });
        }
        for (load, setting) in each.iter_mut().zip(settings) {
            load.setting = setting;
        }
        let mut firsts = Vec::with_capacity(done.len());
        for (first, verdicts) in done {
            firsts.push(first);
            for (load, verdicts) in each.iter_mut().zip(verdicts) {
                load.verdicts.push(verdicts);
            }
        }
        (firsts, Self { each, varying })
    }

    /// What was said in an environment, by its place.
    pub fn get(&self, environment: usize) -> Option<&EnvironmentLoad> {
        self.each.get(environment)
    }

    /// The environment in which rules stood on the same but for the files, and whether the same files were there.
    fn find(&self, setting: &Setting, varying: &Varying) -> Option<(usize, bool)> {
        let at = self.each.iter().position(|load| {
            let was = &load.setting;
            was.name == setting.name
                && was.config.as_ref().map(|file| (&file.path, &file.bytes))
                    == setting.config.as_ref().map(|file| (&file.path, &file.bytes))
                && was.variables == setting.variables
                && was.mounts == setting.mounts
                && was.command == setting.command
        })?;
        let was = &self.each.get(at).filter(|_| self.varying == *varying)?.setting;
        Some((at, was.paths == setting.paths))
    }
}

/// Where the container has the files of a rendering.
fn mounts(mounts: &Mounts) -> [(&str, &'static str); 2] {
    [(mounts.config.as_str(), "config"), (mounts.rules.as_str(), "rules")]
}

/// What the rules of each environment stand on.
fn settings<'f>(
    seen: &Seen<'_>,
    files: &[BTreeMap<&str, &[u8]>],
    there: &impl Fn(usize, usize) -> Option<&'f Arc<RenderedFile>>,
) -> Vec<Setting> {
    let templates = &seen.workspace.templates;
    let mut settings: Vec<Setting> = Vec::with_capacity(files.len());
    for (at, (environment, files)) in seen.environments.iter().zip(files).enumerate() {
        let find = |path: &str| {
            let template = templates.binary_search_by(|template| template.path.as_str().cmp(path)).ok()?;
            there(at, template).cloned()
        };
        let usual = assume::config(|path| files.contains_key(path)).and_then(find);
        let variables = variables_with(environment, usual.as_deref());
        let file = |path: &str| files.get_key_value(path).map(|(path, bytes)| (*path, *bytes));
        let command = Command::of(&environment.target, &variables, file);
        let config = match command.config(&mounts(&environment.target.mounts)) {
            Config::Mounted(path) => find(&path),
            Config::Usual | Config::Elsewhere(_) => usual,
        };
        let same = |other: &&Setting| other.paths.iter().map(String::as_str).eq(files.keys().copied());
        let paths = match settings.iter().find(same) {
            Some(other) => Arc::clone(&other.paths),
            None => Arc::new(files.keys().map(|path| (*path).to_owned()).collect()),
        };
        settings.push(Setting {
            name: environment.name.to_string(),
            variables,
            config,
            command,
            mounts: environment.target.mounts.clone(),
            paths,
        });
    }
    settings
}

/// One loader for each environment, ready to load rules.
struct Ready<'a> {
    loaders: &'a [Loader<'a>],
    settings: &'a [Setting],
    varying: &'a Varying,
    before: &'a Loads,
    /// For each environment the one of before that stands on the same, and whether the same files were there.
    known: Vec<Option<(usize, bool)>>,
}

impl Ready<'_> {
    /// The verdicts on what a template became in each environment. What is known from before or from another environment
    /// is not looked at again.
    fn verdicts(
        &self,
        files: &[Option<&Arc<RenderedFile>>],
        was: Option<usize>,
        texts: &Texts,
    ) -> Vec<Vec<Arc<Verdict>>> {
        let mut all: Vec<Vec<Arc<Verdict>>> = Vec::with_capacity(files.len());
        for (at, (loader, file)) in self.loaders.iter().zip(files).enumerate() {
            let Some(file) = file.filter(|_| self.settings.get(at).is_some_and(|it| it.config.is_some()))
            else {
                all.push(Vec::new());
                continue;
            };
            let given = || texts.iter().find(|(read, _)| Arc::ptr_eq(read, file)).map(|(_, given)| given);
            let verdicts = loader.paths(&file.path).map(|path| {
                let known = self
                    .known_before(at, was, file, path)
                    .or_else(|| self.known_elsewhere(at, &all, file, path));
                known.cloned().unwrap_or_else(|| {
                    let (told, depends) = loader.rule(path, &file.path, given(), self.varying);
                    Arc::new(Verdict { path: path.to_owned(), file: Arc::clone(file), told, depends })
                })
            });
            let verdicts = verdicts.collect();
            all.push(verdicts);
        }
        all
    }

    fn known_before(
        &self,
        at: usize,
        was: Option<usize>,
        file: &Arc<RenderedFile>,
        path: &str,
    ) -> Option<&Arc<Verdict>> {
        let (before, same_paths) = (*self.known.get(at)?)?;
        let verdicts = self.before.get(before)?.verdicts.get(was?)?;
        let verdict = verdicts.iter().find(|verdict| verdict.is_of(file, path))?;
        self.loaders.get(at)?.answers(path, &verdict.depends, same_paths).then_some(verdict)
    }

    fn known_elsewhere<'v>(
        &self,
        at: usize,
        others: &'v [Vec<Arc<Verdict>>],
        file: &Arc<RenderedFile>,
        path: &str,
    ) -> Option<&'v Arc<Verdict>> {
        let setting = self.settings.get(at)?;
        others.iter().zip(self.settings).find_map(|(verdicts, other)| {
            let verdict = verdicts.iter().find(|verdict| verdict.is_of(file, path))?;
            let depends = &verdict.depends;
            let same_paths = other.paths == setting.paths && other.mounts == setting.mounts;
            let holds = !depends.config
                && (!depends.variables || other.variables == setting.variables)
                && self.loaders.get(at)?.answers(path, depends, same_paths);
            holds.then_some(verdict)
        })
    }
}

impl Verdict {
    fn is_of(&self, file: &Arc<RenderedFile>, path: &str) -> bool {
        Arc::ptr_eq(&self.file, file) && self.path == path
    }
}

/// What the loader would say.
pub fn findings(workspace: &Workspace, rendering: &Rendering, load: &EnvironmentLoad) -> Vec<Finding> {
    let setting = &load.setting;
    let usual = rendering.config().map(|config| config.path.as_str());
    let path = setting.config.as_ref().map(|config| config.path.as_str());
    let teller = Teller { workspace, rendering, config: path.unwrap_or(CONFIG), skips: load.skips };
    let mut findings = command::findings(
        &setting.command,
        &setting.command.config(&mounts(&setting.mounts)),
        usual,
        |path| rendering.file(path).is_some(),
        |said| teller.said(said),
    );
    if path.is_none() {
        return findings;
    }
    // A file in which something else is wrong is told of once.
    let errors = rendering.findings.iter().filter(|finding| finding.severity == super::Severity::Error);
    let broken: BTreeSet<&str> = errors
        .filter_map(|finding| finding.problem.place.as_ref())
        .map(|place| place.file.as_str())
        .collect();
    findings.extend(teller.outcome(teller.config, &load.config, &broken));
    let rules: Vec<&RuleOutcome> = load.verdicts.iter().flatten().map(|verdict| &verdict.told).collect();
    let names: Vec<Option<&str>> = rules.iter().map(|rule| load::taken(rule)).collect();
    // Names that are taken twice are told elsewhere, and whatever else is wrong with such a rule comes after it.
    let again: BTreeSet<usize> = load::twice(&names).into_iter().map(|(rule, _)| rule).collect();
    for (at, rule) in rules.iter().enumerate() {
        if !rule.outcome.loads() && !again.contains(&at) {
            findings.extend(teller.outcome(&rule.path, &rule.outcome, &broken));
        }
    }
    findings
}

struct Teller<'a> {
    workspace: &'a Workspace,
    rendering: &'a Rendering,
    config: &'a str,
    skips: bool,
}

impl Teller<'_> {
    fn source(&self, path: &str) -> String {
        self.workspace.template(path).map_or_else(|| path.to_owned(), |template| template.source.clone())
    }

    fn outcome(&self, path: &str, outcome: &Outcome, broken: &BTreeSet<&str>) -> Vec<Finding> {
        let source = self.source(path);
        let mut findings: Vec<Finding> = Vec::new();
        match outcome {
            Outcome::Loads => {}
            Outcome::Unknown(_) if broken.contains(source.as_str()) => {}
            Outcome::Unknown(need) => findings.extend(untold(need, &source)),
            Outcome::Refused(refusal) => {
                let elsewhere = refusal.at.as_ref().map(|at| self.source(&at.file));
                let told = broken.contains(source.as_str())
                    || elsewhere.is_some_and(|file| broken.contains(file.as_str()))
                    || refusal.code == "rule.name";
                if !told && !refusal.at.as_ref().is_some_and(|at| self.is_hole(at)) {
                    findings.push(Finding::error(self.problem(path, &source, refusal)));
                }
            }
        }
        findings
    }

    /// Whether a place holds a secret that is not filled in: what stands there then is not what will.
    fn is_hole(&self, at: &At) -> bool {
        let Some(file) = self.rendering.file(&at.file) else { return false };
        file.insertions.iter().any(|insertion| {
            insertion.secret
                && self.rendering.holes.contains(&insertion.key)
                && insertion.range.start < at.range.end.max(at.range.start + 1)
                && at.range.start < insertion.range.end
        })
    }

    fn place(&self, at: &At) -> Option<Place> {
        self.place_in(&at.file, at.range.start)
    }

    fn place_in(&self, path: &str, offset: usize) -> Option<Place> {
        let template = self.workspace.template(path)?;
        let file = self.rendering.file(path)?;
        let text = std::str::from_utf8(&template.bytes).ok()?;
        Some(Lines::new(text).place(&template.source, file.template_offset(offset)))
    }

    /// Where the command stands that starts `ElastAlert`.
    fn said(&self, said: &Said) -> Option<Place> {
        match said {
            Said::File(path, offset) => self.place_in(path, *offset),
            Said::Target => None,
        }
    }

    fn problem(&self, path: &str, source: &str, refusal: &Refusal) -> Problem {
        let place = refusal.at.as_ref().filter(|at| at.range.end > 0).and_then(|at| self.place(at));
        let mut problem = Problem::new(refusal.code, refusal.message.clone());
        let elsewhere = place.as_ref().is_some_and(|place| place.file != source);
        problem = problem.at(place.unwrap_or_else(|| Place::file(source)));
        if elsewhere {
            problem = problem.why(format!("{source} stands on it"));
        }
        let (facts, class) = (facts::elastalert(), refusal.class);
        problem = problem.why(match (path == self.config, refusal.caught_by_skip_invalid, self.skips) {
            _ if class == "hangs" => format!("{facts} never comes to an end with it"),
            (true, ..) => format!("{facts} ends with this {class}"),
            (false, true, true) => format!("{facts} leaves the rule out, because `skip_invalid` is on"),
            (false, true, false) => format!("{facts} ends with this {class}, unless `skip_invalid` is on"),
            (false, false, _) => format!("{facts} ends with this {class}, whatever `skip_invalid` says"),
        });
        problem.hint.clone_from(&refusal.hint);
        problem
    }
}

/// What cannot be told here.
fn untold(need: &Need, source: &str) -> Option<Finding> {
    let what = match need {
        Need::Module { .. } | Need::Expression { .. } => {
            let problem = Problem::new("rule.exec", "it runs Python code of the image when it is loaded")
                .at(Place::file(source))
                .why("EXEC: whether that works only the image can tell")
                .hint("`alertdeck check ENV --preflight` asks it");
            return Some(Finding::note(problem));
        }
        Need::File { path } | Need::Folder { path } => {
            format!("it needs {path}, which alertdeck does not mount")
        }
        Need::Aws => "it needs the credentials of AWS".to_owned(),
        Need::Other { what } => format!("only the image can tell what becomes of {what}"),
        Need::Search { .. } | Need::Jira { .. } | Need::Statsd { .. } => return None,
    };
    let problem = Problem::new("check.unknown", what).at(Place::file(source));
    Some(Finding::note(problem.hint("`alertdeck check ENV --preflight` asks the image")))
}
