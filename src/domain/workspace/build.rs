//! Makes a workspace of the files that somebody else has read. Environments are the union of the names in the three
//! reserved folders; what is wrong with a file becomes a finding and the rest still stands.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use crate::domain::check::Finding;
use crate::domain::environment::fields::Written;
use crate::domain::environment::file::{EnvironmentFile, TargetSettings};
use crate::domain::environment::{Endpoint, EnvName, GateSettings, Mounts, SearchSettings, Target};
use crate::domain::layer::{Entry, Given, Layer, Resolved, resolve};
use crate::domain::position::count;
use crate::domain::problem::{Place, Problem};
use crate::domain::template::Template;
use crate::domain::token::{nearest, tokens};
use crate::domain::workspace::{Environment, Exclusion, Workspace};

/// The name of a workspace that does not give itself one.
const NAME: &str = "elastalert";

/// The place in the pipeline of an environment that does not name one: behind those that do.
const LAST: i64 = 1_000;

/// The layers whose values are all secrets.
const SENSITIVE: [&str; 2] = ["Sensitive.Local", "Sensitive.Octopus"];

/// What a workspace is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The folder, for display.
    pub root: String,
    /// What stands before `config/` and `rules/`: nothing, or `src/`.
    pub prefix: &'static str,
    /// Counts up with each reading.
    pub revision: u64,
    /// Path relative to the root, and bytes.
    pub files: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Values of the topmost layer.
    pub set: &'a [(String, String)],
    /// Whether Octopus Deploy chose the environment.
    pub octopus: bool,
}

/// The files of one name in the reserved folders, while they are collected.
#[derive(Debug, Default)]
struct Named {
    layer: Option<Layer>,
    file: EnvironmentFile,
    exclusions: Vec<Exclusion>,
    first: Option<String>,
}

/// What a path below `config/` is.
enum Role<'a> {
    Native(&'a str),
    Plain(&'a str),
    Exclusions(&'a str),
    Stray,
    Template,
}

fn role(path: &str) -> Role<'_> {
    let below = |folder: &str| path.strip_prefix("config/").and_then(|path| path.strip_prefix(folder));
    let name = |name: Option<&'_ str>| name.is_some_and(|name| !name.contains('/'));
    // No environment: its values are meant to be secrets, and would be shown.
    let misnamed = |name: Option<&'_ str>| {
        name.is_some_and(|name| {
            let lower = name.to_lowercase();
            (lower == "sensitive" || lower.starts_with("sensitive.")) && !SENSITIVE.contains(&name)
        })
    };
    if let Some(file) = below("environments/") {
        let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"));
        return stem.filter(|_| name(stem) && !misnamed(stem)).map_or(Role::Stray, Role::Native);
    }
    if let Some(file) = below("substitutions/") {
        let stem = file.strip_suffix(".conf");
        return stem.filter(|_| name(stem) && !misnamed(stem)).map_or(Role::Stray, Role::Plain);
    }
    if let Some(file) = below("rule_exclusions/") {
        let stem = file.strip_prefix("rule_exclusions.").and_then(|file| file.strip_suffix(".conf"));
        return stem.filter(|_| name(stem)).map_or(Role::Stray, Role::Exclusions);
    }
    Role::Template
}

/// Makes the workspace.
pub fn build(sources: Sources<'_>) -> Workspace {
    let mut findings: Vec<Finding> = sources.problems.iter().cloned().map(Finding::error).collect();
    let mut named: BTreeMap<String, Named> = BTreeMap::new();
    let mut templates = Vec::new();
    for (path, bytes) in &sources.files {
        let Some(inner) = path.strip_prefix(sources.prefix) else { continue };
        let name = match role(inner) {
            Role::Template => {
                templates.push(Template { path: inner.to_owned(), bytes: bytes.as_slice().into() });
                continue;
            }
            Role::Stray => {
                if !inner.rsplit('/').next().is_some_and(|file| file.starts_with('.')) {
                    findings.push(stray(path));
                }
                continue;
            }
            Role::Native(name) | Role::Plain(name) | Role::Exclusions(name) => name,
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            findings.push(Finding::error(
                Problem::new("workspace.encoding", "the file is not UTF-8").at(Place::file(path.clone())),
            ));
            continue;
        };
        let entry = named.entry(name.to_owned()).or_default();
        entry.first.get_or_insert_with(|| path.clone());
        entry.read(&role(inner), name, path, text, &mut findings);
    }
    templates.sort_by(|left, right| left.path.cmp(&right.path));
    let sensitive = sensitive(&mut named, sources.octopus);
    check_names(&mut named, &mut findings);
    let mut workspace = Workspace {
        name: NAME.to_owned(),
        root: sources.root,
        prefix: sources.prefix.to_owned(),
        revision: sources.revision,
        environments: Vec::new(),
        templates,
        setting_keys: BTreeSet::new(),
        findings: Vec::new(),
    };
    if let Some(name) = named.get(EnvName::DEFAULT).and_then(|default| default.file.workspace.clone()) {
        match workspace_name(&name) {
            Ok(name) => workspace.name = name,
            Err(problem) => findings.push(Finding::error(problem)),
        }
    }
    let default = named.remove(EnvName::DEFAULT).unwrap_or_default();
    let set = set_layer(sources.set);
    let mut keys = BTreeSet::new();
    let mut environment = |name: EnvName, own: Option<&Named>, findings: &mut Vec<Finding>| {
        let mut layers = vec![built_in(&name)];
        layers.extend(default.layer.clone());
        layers.extend(own.and_then(|own| own.layer.clone()));
        layers.extend(sensitive.clone());
        layers.extend(set.clone());
        assemble(name, &layers, &default, own, &mut keys, findings)
    };
    workspace.environments.push(environment(EnvName::default_environment(), None, &mut findings));
    let mut others: Vec<Environment> = named
        .iter()
        .filter_map(|(text, own)| Some(environment(text.parse().ok()?, Some(own), &mut findings)))
        .collect();
    others.sort_by(|left, right| (left.order, &left.name).cmp(&(right.order, &right.name)));
    workspace.environments.append(&mut others);
    workspace.setting_keys = keys;
    workspace.findings = findings;
    workspace
}

impl Named {
    fn read(&mut self, role: &Role<'_>, name: &str, path: &str, text: &str, findings: &mut Vec<Finding>) {
        let secret = is_sensitive(name);
        match role {
            Role::Native(_) => {
                let layer = self.layer.get_or_insert_with(|| Layer::new(name));
                let file = EnvironmentFile::read(path, text, layer, secret, findings);
                if let Some(workspace) = &file.workspace
                    && name != EnvName::DEFAULT
                {
                    findings.push(Finding::error(
                        Problem::new("environment.key", "`workspace` stands in an environment of its own")
                            .at(workspace.place.clone())
                            .hint("it belongs in Default.yaml, because it is one name for all environments"),
                    ));
                }
                self.file = file;
            }
            Role::Plain(_) => {
                let layer = self.layer.get_or_insert_with(|| Layer::new(name));
                layer.read_plain(path, text, secret, findings);
            }
            Role::Exclusions(_) => {
                let globs = text.trim_start_matches('\u{feff}').lines().enumerate();
                self.exclusions.extend(globs.filter_map(|(index, line)| {
                    let glob = line.trim();
                    let place = Place::line(path, count(index + 1));
                    (!glob.is_empty() && !glob.starts_with('#'))
                        .then(|| Exclusion { glob: glob.to_owned(), place })
                }));
            }
            Role::Stray | Role::Template => {}
        }
    }
}

fn is_sensitive(name: &str) -> bool {
    name.starts_with("Sensitive.")
}

/// Takes the Sensitive layers out and keeps the one that counts.
fn sensitive(named: &mut BTreeMap<String, Named>, octopus: bool) -> Option<Layer> {
    let [local, remote] = SENSITIVE.map(|name| named.remove(name).and_then(|found| found.layer));
    let chosen = if octopus { remote.or(local) } else { local.or(remote) };
    named.retain(|name, _| !is_sensitive(name));
    chosen
}

/// Drops names that cannot be ones, and tells those that an engine could not tell apart.
fn check_names(named: &mut BTreeMap<String, Named>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, String> =
        BTreeMap::from([(EnvName::DEFAULT.to_lowercase(), EnvName::DEFAULT.to_owned())]);
    named.retain(|name, files| {
        let place = Place::file(files.first.clone().unwrap_or_default());
        if let Err(problem) = name.parse::<EnvName>() {
            findings.push(Finding::error(problem.at(place)));
            return false;
        }
        if let Some(other) = seen.insert(name.to_lowercase(), name.clone())
            && other != *name
        {
            findings.push(Finding::error(
                Problem::new(
                    "environment.case",
                    format!("the environments {other} and {name} differ only by case"),
                )
                .at(place.clone())
                .why("their containers and volumes would have the same names"),
            ));
        }
        if files.layer.is_none() && name != EnvName::DEFAULT {
            findings.push(Finding::warning(
                Problem::new("environment.empty", format!("the environment {name} has no values of its own"))
                    .at(place)
                    .why("it has exclusions only, so its name may be misspelt"),
            ));
        }
        true
    });
}

fn stray(path: &str) -> Finding {
    Finding::warning(
        Problem::new("workspace.stray", "the file is not used")
            .at(Place::file(path))
            .why("it stands in a reserved folder and its name is not one of that folder's")
            .hint(
            "environments/<Env>.yaml, substitutions/<Env>.conf, rule_exclusions/rule_exclusions.<Env>.conf; \
             Sensitive.Local and Sensitive.Octopus in place of <Env> for secrets",
        ),
    )
}

fn workspace_name(written: &Written) -> Result<String, Problem> {
    let ok = written.text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && written
            .text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '-'));
    if ok {
        return Ok(written.text.clone());
    }
    Err(Problem::new("workspace.name", "the name of the workspace cannot begin the names of containers")
        .at(written.place.clone())
        .why("it begins with a lower-case letter or digit and goes on with those, `_`, `.` or `-`"))
}

fn built_in(name: &EnvName) -> Layer {
    let mut layer = Layer::new("built-in");
    let entry = Entry { given: Given::Plain(name.to_string()), place: None };
    layer.entries.insert("ENVIRONMENT".to_owned(), entry);
    layer
}

/// `--set`; of two flags for one key the later one wins, as flags do.
fn set_layer(set: &[(String, String)]) -> Option<Layer> {
    let mut layer = Layer::new("--set");
    for (key, value) in set {
        layer.entries.insert(key.clone(), Entry { given: Given::Plain(value.clone()), place: None });
    }
    (!set.is_empty()).then_some(layer)
}

fn assemble(
    name: EnvName,
    layers: &[Layer],
    default: &Named,
    own: Option<&Named>,
    keys: &mut BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Environment {
    let (values, secrets) = resolve(layers);
    let file = own.map(|own| &own.file);
    let lower = &default.file;
    let expand = &mut Expand { name: &name, values: &values, keys: BTreeSet::new(), findings: Vec::new() };
    let settings = file.map_or_else(|| lower.target.clone(), |file| file.target.over(&lower.target));
    let target = expand.target(&settings);
    let search = SearchSettings {
        url: expand.optional(file.and_then(|file| file.search_url.as_ref()).or(lower.search_url.as_ref())),
        index: expand
            .optional(file.and_then(|file| file.search_index.as_ref()).or(lower.search_index.as_ref())),
    };
    findings.append(&mut expand.findings);
    keys.append(&mut expand.keys);
    let gate = GateSettings::default();
    let mine = own.unwrap_or(default);
    let mut overlays = lower.overlays.clone();
    overlays.extend(file.into_iter().flat_map(|file| file.overlays.clone()));
    Environment {
        order: mine.file.order.unwrap_or(LAST),
        guard: file.and_then(|file| file.guard).or(lower.guard).unwrap_or_default(),
        target,
        gate: GateSettings {
            stable: file.and_then(|file| file.stable).or(lower.stable).unwrap_or(gate.stable),
            deadline: file.and_then(|file| file.deadline).or(lower.deadline).unwrap_or(gate.deadline),
        },
        search,
        exclusions: mine.exclusions.iter().chain(&mine.file.exclusions).cloned().collect(),
        overlays,
        values,
        secrets,
        name,
    }
}

/// Replaces the tokens in settings. A secret cannot stand there: settings are shown and become labels and variables.
struct Expand<'a> {
    name: &'a EnvName,
    values: &'a BTreeMap<String, Resolved>,
    keys: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl Expand<'_> {
    fn text(&mut self, written: &Written) -> String {
        let mut out = String::new();
        let mut at = 0;
        for token in tokens(&written.text) {
            out.push_str(written.text.get(at..token.range.start).unwrap_or_default());
            at = token.range.end;
            let key = token.key;
            self.keys.insert(key.to_owned());
            let problem = match self.values.get(key) {
                Some(Resolved { value: Some(value), .. }) => {
                    out.push_str(value);
                    continue;
                }
                Some(_) => Problem::new("token.secret", format!("the secret `{key}` stands in a setting"))
                    .why("settings are shown and become variables and labels of a container")
                    .hint("put the secret into a file of config/ or rules/"),
                None => {
                    let mut problem = Problem::new("token.unknown", format!("no value for `{key}`"));
                    problem.hint = nearest(key, self.values.keys().map(String::as_str))
                        .map(|near| format!("did you mean `{near}`?"));
                    problem
                }
            };
            let problem = problem.at(written.place.clone());
            self.findings.push(Finding::error(problem).within(self.name));
            out.push_str(written.text.get(token.range).unwrap_or_default());
        }
        out.push_str(written.text.get(at..).unwrap_or_default());
        out
    }

    fn optional(&mut self, written: Option<&Written>) -> Option<String> {
        written.map(|written| self.text(written)).filter(|text| !text.is_empty())
    }

    fn list(&mut self, settings: &TargetSettings, key: &str) -> Option<Vec<String>> {
        settings.lists.get(key).map(|list| list.iter().map(|item| self.text(item)).collect())
    }

    fn target(&mut self, settings: &TargetSettings) -> Target {
        let mounts = Mounts::default();
        let image = self.values.get("IMAGE_ID").and_then(|found| found.value.clone());
        let mut text = |key: &str| self.optional(settings.texts.get(key));
        Target {
            docker: text("docker").map(Endpoint),
            image: text("image").or(image),
            build: text("build"),
            network: text("network"),
            mounts: Mounts {
                config: text("mounts.config").unwrap_or(mounts.config),
                rules: text("mounts.rules").unwrap_or(mounts.rules),
                logs: text("mounts.logs").unwrap_or(mounts.logs),
            },
            user: text("user"),
            entrypoint: self.list(settings, "entrypoint"),
            command: self.list(settings, "command"),
            env: settings.env.iter().map(|(name, value)| (name.clone(), self.text(value))).collect(),
            cap_add: self.list(settings, "cap_add").unwrap_or_default(),
        }
    }
}
