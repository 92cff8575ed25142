//! Makes a workspace of the files that somebody else has read. Environments are the union of the names in the three
//! reserved folders; what is wrong with a file becomes a finding and the rest still stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::by_hand::SET;
use crate::domain::check::{Finding, Severity, codes};
use crate::domain::environment::fields::Written;
use crate::domain::environment::file::TargetSettings;
use crate::domain::environment::{Endpoint, EnvName, GateSettings, Mounts, SearchSettings, Target};
use crate::domain::layer::{Entry, Given, Layer, Resolved, resolve};
use crate::domain::mask::Masker;
use crate::domain::overlay::{Overlay, Subject};
use crate::domain::problem::Problem;
use crate::domain::secret::{Secret, SecretSource};
use crate::domain::template::Bytes;
use crate::domain::token::{nearest, tokens};
use crate::domain::workspace::assume::Layout;
use crate::domain::workspace::collect::{Collected, Named, check_names, collect, sensitive};
use crate::domain::workspace::{Environment, Workspace};

/// The name of a workspace that does not give itself one.
const NAME: &str = "elastalert";

/// The place in the pipeline of an environment that does not name one: behind those that do.
const LAST: i64 = 1_000;

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
    pub files: Vec<(String, Bytes)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Values of the topmost layer.
    pub set: &'a [(String, String)],
    /// Whether Octopus Deploy chose the environment.
    pub octopus: bool,
}

/// What the reading of the disk has found, as bad as the table of codes says.
fn found(problem: Problem) -> Finding {
    let entry = codes::find(problem.code);
    let severity = entry.map_or(Severity::Error, |entry| entry.severity);
    Finding { severity, ..Finding::error(problem) }
}

/// Makes the workspace.
pub fn build(sources: Sources<'_>) -> Workspace {
    let mut findings: Vec<Finding> = sources.problems.iter().cloned().map(found).collect();
    let layout = Layout::of(sources.prefix, &sources.files);
    let Collected { mut named, templates, texts, plain } = collect(&sources, &layout, &mut findings);
    let procedure =
        !layout.has_folders_beside() && !plain && named.values().all(|named| named.native.is_none());
    let sensitive = sensitive(&mut named, sources.octopus);
    check_names(&mut named, &mut findings);
    let mut workspace = Workspace {
        name: NAME.to_owned(),
        root: sources.root,
        prefix: sources.prefix.to_owned(),
        revision: sources.revision,
        environments: Vec::new(),
        templates: Arc::new(templates),
        texts,
        setting_keys: BTreeSet::new(),
        only: Vec::new(),
        findings: Vec::new(),
    };
    findings.extend(layout.notes(plain, workspace.config()));
    if let Some(name) = named.get(EnvName::DEFAULT).and_then(|default| default.file.workspace.clone()) {
        match workspace_name(&name) {
            Ok(name) => workspace.name = name,
            Err(problem) => findings.push(Finding::error(problem)),
        }
    }
    let default = named.remove(EnvName::DEFAULT).unwrap_or_default();
    let set = set_layer(sources.set, &mut findings);
    let mut keys = BTreeSet::new();
    let mut environment = |name: EnvName, own: Option<&Named>, findings: &mut Vec<Finding>| {
        let mut layers = vec![built_in(&name)];
        layers.extend(default.layer.clone());
        layers.extend(own.and_then(|own| own.layer.clone()));
        layers.extend(sensitive.clone());
        layers.extend(set.clone());
        let mut made = assemble(name, &layers, &default, own, &mut keys, findings);
        let said = [Some(&default), own].into_iter().flatten();
        settle(&mut made, &layout, said, procedure, findings);
        made
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

/// What the workspace does not say about the place of the rules, from what its configuration looks for.
fn settle<'a>(
    environment: &mut Environment,
    layout: &Layout,
    said: impl Iterator<Item = &'a Named>,
    procedure: bool,
    findings: &mut Vec<Finding>,
) {
    let mut note = |note: Finding| {
        if !findings.contains(&note) {
            findings.push(note);
        }
    };
    let mut said = said;
    if !said.any(|named| named.file.target.texts.contains_key("mounts.rules"))
        && let Some(mount) = layout.mount()
        && mount != environment.target.mounts.rules
    {
        layout.mounted(&mount).into_iter().for_each(&mut note);
        environment.target.mounts.rules = mount;
    }
    let overlaid = |overlay: &Overlay| overlay.subject == Subject::Config && overlay.key == "rules_folder";
    // The older procedure laid out the file as it is.
    if !procedure
        && !environment.overlays.iter().any(overlaid)
        && let Some((overlay, told)) = layout.overlay(&environment.target.mounts.rules)
    {
        note(told);
        environment.overlays.insert(0, overlay);
    }
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

/// `--set`; two flags for one key are as wrong as two lines of a file.
fn set_layer(set: &[(String, String)], findings: &mut Vec<Finding>) -> Option<Layer> {
    let mut layer = Layer::new(SET);
    for (key, value) in set {
        let entry = Entry { given: Given::Plain(value.clone()), place: None };
        layer.add(key.clone(), entry, findings);
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
    let (mut values, secrets) = resolve(layers);
    let masker = known_secrets(layers);
    let shown = values.values_mut().filter(|resolved| resolved.value.is_some());
    for link in shown.flat_map(|resolved| Arc::make_mut(&mut resolved.chain)) {
        link.shown = masker.mask(std::mem::take(&mut link.shown));
    }
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
        env_places: settings.env.iter().map(|(name, value)| (name.clone(), value.place.clone())).collect(),
        masker,
        values,
        secrets,
        name,
    }
}

/// The secrets whose values stand in layers; also those that a higher layer overrides.
fn known_secrets(layers: &[Layer]) -> Masker {
    let is_secret = |key: &str| {
        let given = layers.iter().filter_map(|layer| layer.entries.get(key));
        given.into_iter().any(|entry| matches!(entry.given, Given::Secret(_)))
    };
    let mut known = Vec::new();
    for (key, entry) in layers.iter().flat_map(|layer| &layer.entries) {
        match &entry.given {
            Given::Secret(SecretSource::Value(secret)) => known.push((key.clone(), secret.clone())),
            Given::Plain(text) if is_secret(key) => known.push((key.clone(), Secret::new(text.clone()))),
            _ => {}
        }
    }
    Masker::default().with(known)
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
