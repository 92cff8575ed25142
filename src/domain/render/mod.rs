//! A rendering: all files of one environment after substitution and overlays, with the origin of every value that
//! was put in. Secrets stand in it either filled, for a deploy, or as holes, for looking.

pub mod file;
pub mod kept;
pub mod origin;
pub mod shape;
pub mod substitute;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use sha2::{Digest, Sha256};

use zeroize::Zeroizing;

use crate::domain::by_hand::{self, ByHand, Picked};
use crate::domain::check::files::UNREADABLE;
use crate::domain::check::{Finding, loading};
use crate::domain::environment::{EnvName, SearchSettings};
pub use crate::domain::layer::LayerValue;
use crate::domain::overlay::Subject;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::{CONFIG, Done, render_file};
use crate::domain::render::kept::Spread;
use crate::domain::rule::{Rule, is_rule};
use crate::domain::secret::Secret;
use crate::domain::template::Template;
use crate::domain::token::nearest;
use crate::domain::workspace::{Environment, Exclusion, Workspace, assume};
use crate::domain::yaml::{self, Node, Value};

/// Text that was put in place of a token or by an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// Bytes of the rendered file.
    pub range: Range<usize>,
    /// Bytes of the template that it stands for; none where an overlay adds a key.
    pub replaced: Range<usize>,
    /// The key of the token, or the path of the overlay such as `threshold_cur`.
    pub key: String,
    /// Whether the bytes are a secret.
    pub secret: bool,
    /// Whether it comes from an overlay and not from a token.
    pub overlay: bool,
    /// Where the template has it.
    pub template: Place,
    /// The value that won and those of the layers below it, winner first.
    pub chain: Vec<LayerValue>,
}

/// One file of a rendering.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// `config/…` or `rules/…`, as its template.
    pub path: String,
    /// Its bytes, secrets filled in where they were known. Only a deploy and `render --out` may write them.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What was put in, sorted by range.
    pub insertions: Vec<Insertion>,
}

impl fmt::Debug for RenderedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// All files of one environment after substitution and overlays.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendering {
    /// The environment.
    pub environment: EnvName,
    /// Sorted by path; excluded rules are not among them.
    pub files: Vec<Arc<RenderedFile>>,
    /// The rules among them, sorted by path.
    pub rules: Vec<Rule>,
    /// Rule files that an exclusion keeps out, and where it is written.
    pub excluded: Vec<(String, Place)>,
    /// What was asked for beside the workspace.
    pub by_hand: ByHand,
    /// Keys of secrets that are used and not filled in.
    pub holes: Vec<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// SHA-256 over the digests of its files, in which every secret is left out, in hexadecimal.
    pub hash: String,
}

/// Renders an environment. A secret that is not among `secrets` stays a hole.
pub fn render(
    workspace: &Workspace,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
) -> Rendering {
    let config = workspace.config();
    assemble(workspace, environment, |template| {
        let path = &workspace.templates.get(template)?;
        Some(Arc::new(render_file(path, config, environment, secrets)))
    })
}

/// The same, its files made as `spread` does it: by many at once, and only while they are wanted.
pub fn render_by(
    workspace: &Workspace,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
    spread: &impl Spread,
) -> Rendering {
    let config = workspace.config();
    let made = spread.spread(workspace.templates.len(), |template| {
        let template = workspace.templates.get(template)?;
        Some(Arc::new(render_file(template, config, environment, secrets)))
    });
    assemble(workspace, environment, |template| made.get(template).cloned().flatten())
}

/// Makes a rendering of what became of its templates; `made` says it for each that is not kept out.
pub(crate) fn assemble(
    workspace: &Workspace,
    environment: &Environment,
    made: impl Fn(usize) -> Option<Arc<Done>>,
) -> Rendering {
    let mut findings = Vec::new();
    let mut files = Vec::with_capacity(workspace.templates.len());
    let mut rules = Vec::with_capacity(workspace.templates.len());
    let mut holes = BTreeSet::new();
    let mut hash = Sha256::new();
    let (kept_out, mut exclusion_findings) = exclude(workspace, environment);
    findings.append(&mut exclusion_findings);
    let config = workspace.config();
    let picked = Picked::new(&workspace.only).unwrap_or_else(|problem| {
        findings.push(Finding::error(problem));
        Picked::default()
    });
    let paths = workspace.templates.iter().map(|template| template.path.as_str());
    let picked = picked.with_imports(paths, &environment.target.mounts.rules, |path| {
        let template = workspace.template(path)?;
        let file = render_file(template, config, environment, &BTreeMap::new()).file;
        Some(String::from_utf8_lossy(&file.bytes).into_owned())
    });
    // What is not picked is as little there as what is excluded.
    let mut away = kept_out.clone();
    for (index, template) in workspace.templates.iter().enumerate() {
        if kept_out.binary_search_by(|(path, _)| path.cmp(&template.path)).is_ok() {
            continue;
        }
        if !picked.has(&template.path) {
            away.push((template.path.clone(), Place::file(&template.source)));
            continue;
        }
        let Some(done) = made(index) else { continue };
        hash.update(done.digest);
        files.push(Arc::clone(&done.file));
        rules.extend(done.rule.clone());
        findings.extend(done.findings.iter().cloned());
        holes.extend(done.holes.iter().cloned());
    }
    findings.extend(absent(workspace, environment, config, &rules, &away));
    findings.extend(same_names(workspace, &rules));
    let hidden = findings.iter().any(|finding| hides_name(finding, workspace));
    findings.extend(aimless(workspace, environment, &rules, &away, hidden));
    let findings = findings.into_iter().map(|finding| finding.within(&environment.name)).collect();
    let partial = if away.len() > kept_out.len() { workspace.only.clone() } else { Vec::new() };
    let mut rendering = Rendering {
        environment: environment.name.clone(),
        files,
        rules,
        excluded: kept_out,
        by_hand: ByHand { partial, set: by_hand::set(environment) },
        holes: holes.into_iter().collect(),
        findings,
        hash: hexadecimal(&hash.finalize()),
    };
    let more = loading::findings(workspace, environment, &rendering);
    rendering.findings.extend(more.into_iter().map(|finding| finding.within(&environment.name)));
    rendering
}

impl Rendering {
    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&RenderedFile> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at).map(|file| &**file)
    }

    /// The configuration of `ElastAlert`.
    pub fn config(&self) -> Option<&RenderedFile> {
        self.file(assume::config(|path| self.file(path).is_some())?)
    }

    /// The rule in the file of that path.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        let at = self.rules.binary_search_by(|rule| rule.path.as_str().cmp(path)).ok()?;
        self.rules.get(at)
    }

    /// Whether `ElastAlert` would not load it, or it could not be rendered.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == crate::domain::check::Severity::Error)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

/// A glob as a shell reads it: `*` does not cross a `/`. In a list of the older form braces are plain signs, because a
/// shell that reads a glob from a file does not look for them.
fn matcher(exclusion: &Exclusion) -> Result<GlobMatcher, Problem> {
    let older = exclusion.place.file.contains("/rule_exclusions/");
    let glob =
        if older { exclusion.glob.replace('{', "[{]").replace('}', "[}]") } else { exclusion.glob.clone() };
    GlobBuilder::new(&glob)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            let shown = exclusion.glob.escape_debug();
            Problem::new("exclusion.glob", format!("`{shown}` is no glob"))
                .at(exclusion.place.clone())
                .why(error.kind().to_string())
        })
}

/// Which files below `rules/` stay out, each with the first exclusion that says so.
fn exclude(workspace: &Workspace, environment: &Environment) -> (Vec<(String, Place)>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut kept_out: BTreeMap<String, Place> = BTreeMap::new();
    for exclusion in &environment.exclusions {
        let matcher = match matcher(exclusion) {
            Ok(matcher) => matcher,
            Err(problem) => {
                findings.push(Finding::error(problem));
                continue;
            }
        };
        let mut meets = false;
        for template in &workspace.templates {
            let Some(below) = template.path.strip_prefix("rules/") else { continue };
            let name = below.rsplit('/').next().unwrap_or(below);
            if matcher.is_match(below) || matcher.is_match(name) {
                meets = true;
                kept_out.entry(template.path.clone()).or_insert_with(|| exclusion.place.clone());
            }
        }
        if !meets {
            let shown = exclusion.glob.escape_debug();
            findings.push(Finding::warning(
                Problem::new(
                    "exclusion.unused",
                    format!("the exclusion `{shown}` matches no file of rules/"),
                )
                .at(exclusion.place.clone())
                .hint("a glob is matched against the file name and against the path below rules/"),
            ));
        }
    }
    (kept_out.into_iter().collect(), findings)
}

/// What `ElastAlert` cannot be without, and is not there.
fn absent(
    workspace: &Workspace,
    environment: &Environment,
    config: Option<&str>,
    rules: &[Rule],
    kept_out: &[(String, Place)],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prefix = &workspace.prefix;
    match (config, environment.target.env.get("ELASTALERT_CONFIG")) {
        (Some(_), _) => {}
        (None, Some(path)) => findings.push(Finding::note(
            Problem::new("assumed.image-config", format!("the image has the configuration: {path}"))
                .at(Place::file(format!("{prefix}{CONFIG}")))
                .why("there is none here, and `target.env` names one by ELASTALERT_CONFIG"),
        )),
        (None, None) => findings.push(Finding::error(
            Problem::new("config.absent", "there is no configuration of ElastAlert")
                .at(Place::file(format!("{prefix}{CONFIG}")))
                .why("ElastAlert does not start without it")
                .hint("`alertdeck init` writes one; or `target: { env: { ELASTALERT_CONFIG: … } }` names the image's own"),
        )),
    }
    if rules.is_empty() {
        let out = kept_out.iter().filter(|(path, _)| is_rule(path)).count();
        let problem = match out {
            0 => Problem::new("rules.none", "there are no rules")
                .at(Place::file(format!("{prefix}rules")))
                .hint("a rule is a file below rules/ that ends with .yaml or .yml"),
            _ if !workspace.only.is_empty() => {
                Problem::new("rules.none", format!("no rule matches {}", workspace.only.join(", ")))
                    .at(Place::file(format!("{prefix}rules")))
                    .hint("a glob is matched against the file name and against the path below rules/")
            }
            _ => Problem::new("rules.none", format!("no rule is left, {out} are kept out"))
                .at(Place::file(format!("{prefix}rules"))),
        };
        findings.push(Finding::error(problem.why("an ElastAlert without rules runs and never alerts")));
    }
    findings
}

fn same_names(workspace: &Workspace, rules: &[Rule]) -> Vec<Finding> {
    let source = |rule: &Rule| {
        workspace.template(&rule.path).map_or_else(|| rule.path.clone(), |template| template.source.clone())
    };
    let mut first: BTreeMap<&str, &Rule> = BTreeMap::new();
    let mut findings = Vec::new();
    for rule in rules {
        if let Some(before) = first.get(rule.name.as_str()) {
            findings.push(Finding::error(
                Problem::new("rule.name", format!("two rules are called `{}`", rule.name.escape_debug()))
                    .at(Place::file(source(rule)))
                    .why(format!("{} is called so as well", source(before)))
                    .why("ElastAlert ends when it loads the second one"),
            ));
        } else {
            first.insert(&rule.name, rule);
        }
    }
    findings
}

/// Whether a rule cannot be read for this reason, and so may be any that an overlay means.
fn hides_name(finding: &Finding, workspace: &Workspace) -> bool {
    let at = |template: &Template| {
        finding.problem.place.as_ref().is_some_and(|place| place.file == template.source)
    };
    let code = finding.problem.code;
    (matches!(code, "token.unknown" | "token.shape" | "yaml.encoding") || UNREADABLE.contains(&code))
        && workspace.templates.iter().any(|template| is_rule(&template.path) && at(template))
}

/// Overlays of rules that are not there. A rule that is excluded, or that overlays rename, is; where the names of
/// some rules are `hidden`, only one that is like a known name is told.
fn aimless(
    workspace: &Workspace,
    environment: &Environment,
    rules: &[Rule],
    kept_out: &[(String, Place)],
    hidden: bool,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut told = BTreeSet::new();
    let excluded: Vec<Rule> = workspace
        .templates
        .iter()
        .filter(|template| kept_out.iter().any(|(path, _)| *path == template.path))
        .filter_map(|template| render_file(template, None, environment, &BTreeMap::new()).rule)
        .collect();
    for overlay in &environment.overlays {
        let Subject::Rule(name) = &overlay.subject else { continue };
        let renamed = overlay.key == "name";
        let known = rules.iter().chain(&excluded).any(|rule| rule.name == *name);
        if known || renamed || !told.insert(name) {
            continue;
        }
        let shown = name.escape_debug();
        let mut problem = Problem::new("overlay.rule", format!("no rule is called `{shown}`"))
            .at(overlay.place.clone())
            .why("an overlay of a rule names it by its `name`");
        problem.hint = nearest(name, rules.iter().map(|rule| rule.name.as_str()))
            .map(|near| format!("did you mean `{near}`?"));
        if problem.hint.is_some() || !hidden {
            findings.push(Finding::error(problem));
        }
    }
    findings
}

/// What the search engine's settings are where the workspace does not say: those that `ElastAlert` itself reads.
pub fn search_settings(environment: &Environment, rendering: &Rendering) -> SearchSettings {
    let mut settings = environment.search.clone();
    let Some(text) = rendering.config().and_then(|file| String::from_utf8(file.masked()).ok()) else {
        return settings;
    };
    let Ok(document) = yaml::parse(&text) else { return settings };
    let root = &document.root;
    let given = |key: &str| {
        root.get(key)
            .and_then(|node| match &node.value {
                Value::Integer(number) => Some(number.to_string()),
                _ => node.written(&text),
            })
            .filter(|value| !value.is_empty() && !value.contains(['$', '‹', '@']))
    };
    if settings.url.is_none()
        && let (Some(host), Some(port)) = (given("es_host"), given("es_port"))
    {
        let secure = root.get("use_ssl").is_some_and(Node::is_truthy);
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
        let scheme = if secure { "https" } else { "http" };
        let prefix = given("es_url_prefix").map(|prefix| format!("/{}", prefix.trim_matches('/')));
        settings.url = Some(format!("{scheme}://{host}:{port}{}", prefix.unwrap_or_default()));
    }
    if settings.index.is_none() {
        settings.index = given("writeback_index");
    }
    settings
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod refused_tests;
#[cfg(test)]
mod tests;
