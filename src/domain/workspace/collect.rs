//! Sorts the files of a workspace: which are templates, and which say something about an environment, by its name. What
//! is wrong with a file becomes a finding, in its own environment where it belongs to one, and the rest still stands.

use std::collections::BTreeMap;

use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::environment::file::EnvironmentFile;
use crate::domain::layer::Layer;
use crate::domain::position::count;
use crate::domain::problem::{Place, Problem};
use crate::domain::template::Template;
use crate::domain::workspace::Exclusion;
use crate::domain::workspace::assume::Layout;
use crate::domain::workspace::build::Sources;

/// The layers whose values are all secrets.
const SENSITIVE: [&str; 2] = ["Sensitive.Local", "Sensitive.Octopus"];

/// The files of one name in the reserved folders, while they are collected.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) layer: Option<Layer>,
    pub(super) file: EnvironmentFile,
    /// The native file, once one was read.
    pub(super) native: Option<String>,
    pub(super) exclusions: Vec<Exclusion>,
    /// Whether something in its files could not be read.
    broken: bool,
    pub(super) first: Option<String>,
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
        let secret = |name: &str| name.to_lowercase().starts_with("sensitive");
        return stem.filter(|stem| name(Some(stem)) && !secret(stem)).map_or(Role::Stray, Role::Exclusions);
    }
    Role::Template
}

/// The files of a workspace, sorted.
#[derive(Debug)]
pub(super) struct Collected {
    /// What each name says, among them `Default` and the `Sensitive` ones.
    pub(super) named: BTreeMap<String, Named>,
    /// Sorted by path, each path once.
    pub(super) templates: Vec<Template>,
    /// What may be quoted of the files that name environments.
    pub(super) texts: BTreeMap<String, String>,
    /// Whether nothing stands in a reserved folder.
    pub(super) plain: bool,
}

/// Sorts the files.
pub(super) fn collect(sources: &Sources<'_>, layout: &Layout, findings: &mut Vec<Finding>) -> Collected {
    let mut named: BTreeMap<String, Named> = BTreeMap::new();
    let mut templates = Vec::new();
    let mut texts = BTreeMap::new();
    let mut plain = true;
    for (path, bytes) in &sources.files {
        let Some(inner) = layout.template(path) else {
            findings.extend(no_folder(sources.prefix, path));
            continue;
        };
        let name = match role(&inner) {
            Role::Template => {
                templates.push(Template { path: inner, source: path.clone(), bytes: bytes.clone() });
                continue;
            }
            Role::Stray => {
                plain = false;
                if !inner.rsplit('/').next().is_some_and(|file| file.starts_with('.')) {
                    findings.push(stray(path));
                }
                continue;
            }
            Role::Native(name) | Role::Plain(name) | Role::Exclusions(name) => name,
        };
        plain = false;
        let entry = named.entry(name.to_owned()).or_default();
        entry.first.get_or_insert_with(|| path.clone());
        let from = findings.len();
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                if !is_sensitive(name) {
                    texts.insert(path.clone(), text.to_owned());
                }
                entry.read(&role(&inner), name, path, text, findings);
            }
            Err(_) => findings.push(Finding::error(
                Problem::new("workspace.encoding", "the file is not UTF-8").at(Place::file(path.clone())),
            )),
        }
        entry.broken |= findings.iter().skip(from).any(|finding| finding.severity == Severity::Error);
        // What is wrong with a layer of one environment is wrong there and nowhere else.
        let only = name.parse::<EnvName>().ok().filter(|only| only.as_str() != EnvName::DEFAULT);
        if let Some(only) = only.filter(|_| !is_sensitive(name)) {
            findings.iter_mut().skip(from).for_each(|finding| finding.environment = Some(only.clone()));
        }
    }
    templates.sort_by(|left, right| left.path.cmp(&right.path));
    templates.dedup_by(|twin, kept| {
        let same = twin.path == kept.path;
        if same {
            findings.push(same_place(twin, kept));
        }
        same
    });
    Collected { named, templates, texts, plain }
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
                if let Some(before) = self.native.replace(path.to_owned()) {
                    findings.push(Finding::error(
                        Problem::new("environment.files", format!("the environment {name} has two files"))
                            .at(Place::file(path))
                            .why(format!("{before} is one as well, and this one counts"))
                            .hint("keep one of the two"),
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
pub(super) fn sensitive(named: &mut BTreeMap<String, Named>, octopus: bool) -> Option<Layer> {
    let [local, remote] = SENSITIVE.map(|name| named.remove(name).and_then(|found| found.layer));
    let chosen = if octopus { remote.or(local) } else { local.or(remote) };
    named.retain(|name, _| !is_sensitive(name));
    chosen
}

/// Drops names that cannot be ones, and tells those that an engine could not tell apart.
pub(super) fn check_names(named: &mut BTreeMap<String, Named>, findings: &mut Vec<Finding>) {
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
        let values = files.broken || files.layer.as_ref().is_some_and(|layer| !layer.entries.is_empty());
        if !values && files.file == EnvironmentFile::default() && name != EnvName::DEFAULT {
            let why = if files.exclusions.is_empty() {
                "its file says nothing"
            } else {
                "it has exclusions only, so its name may be misspelt"
            };
            findings.push(Finding::warning(
                Problem::new("environment.empty", format!("the environment {name} has no values of its own"))
                    .at(place)
                    .why(why),
            ));
        }
        true
    });
}

/// A file where a folder of the workspace belongs.
fn no_folder(prefix: &str, path: &str) -> Option<Finding> {
    let inner = path.strip_prefix(prefix)?;
    matches!(inner, "config" | "rules").then(|| {
        Finding::error(
            Problem::new("workspace.folder", format!("`{path}` is a file, and no folder"))
                .at(Place::file(path))
                .why("what a workspace is made of lies in a folder of that name"),
        )
    })
}

fn same_place(twin: &Template, kept: &Template) -> Finding {
    Finding::error(
        Problem::new("workspace.twice", format!("two files are to lie at {}", kept.path))
            .at(Place::file(&twin.source))
            .why(format!("{} lies there as well, and this one is not used", kept.source))
            .hint("give one of them another name"),
    )
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
