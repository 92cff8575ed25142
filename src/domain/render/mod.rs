//! A rendering: all files of one environment after substitution and overlays, with the origin of every value that
//! was put in. Secrets stand in it either filled, for a deploy, or as holes, for looking.

pub mod file;
mod harmless;
pub mod kept;
pub mod origin;
mod select;
pub mod shape;
pub mod substitute;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use zeroize::Zeroizing;

use crate::domain::by_hand::{self, ByHand};
use crate::domain::check::loading::{EnvironmentLoad, Loads, Seen};
use crate::domain::check::{Finding, loading};
use crate::domain::environment::{EnvName, SearchSettings};
pub use crate::domain::layer::LayerValue;
use crate::domain::problem::Place;
use crate::domain::render::file::{Done, render_file};
use crate::domain::render::kept::{OneByOne, Spread};
pub use crate::domain::render::select::Selection;
use crate::domain::rule::Rule;
use crate::domain::secret::Secret;
use crate::domain::workspace::{Environment, Workspace, assume};
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
    pub chain: Arc<Vec<LayerValue>>,
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
    pub rules: Vec<Arc<Rule>>,
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
    render_by(workspace, environment, secrets, &OneByOne)
}

/// The same, its files made as `spread` does it: by many at once, and only while they are wanted.
pub fn render_by(
    workspace: &Workspace,
    environment: &Environment,
    secrets: &BTreeMap<String, Secret>,
    spread: &impl Spread,
) -> Rendering {
    let config = workspace.config();
    let dones: Vec<Option<Done>> = spread.spread(workspace.templates.len(), |template| {
        let template = workspace.templates.get(template)?;
        Some(render_file(template, config, environment, secrets))
    });
    let done = |index: usize| dones.get(index)?.as_ref();
    let text = |index: usize| done(index).map(|done| &done.text);
    let selection = Selection::new(workspace, environment, text);
    let seen = Seen { workspace, environments: &[environment], selections: &[&selection] };
    let file = |_, template| text(template).map(|text| &text.file);
    let before = (&Loads::default(), &|_| None);
    let (_, loads) = Loads::new(&seen, &file, before, &|_| ((), Vec::new()), spread);
    assemble(workspace, environment, &selection, loads.get(0), |index| done(index).cloned())
}

/// Makes a rendering of what became of its templates; `made` says it for each that is not kept out, `loaded` what the
/// loader says of them.
pub(crate) fn assemble(
    workspace: &Workspace,
    environment: &Environment,
    selection: &Selection,
    loaded: Option<&EnvironmentLoad>,
    made: impl Fn(usize) -> Option<Done>,
) -> Rendering {
    let mut findings = selection.findings.clone();
    let mut files = Vec::with_capacity(workspace.templates.len());
    let mut rules = Vec::with_capacity(workspace.templates.len());
    let mut holes = BTreeSet::new();
    let mut hash = Sha256::new();
    for (index, _) in workspace.templates.iter().enumerate().filter(|(index, _)| selection.has(*index)) {
        let Some(Done { text, look }) = made(index) else { continue };
        hash.update(text.digest);
        files.push(Arc::clone(&text.file));
        rules.extend(look.rule.clone());
        findings.extend(text.findings.iter().chain(&look.findings).cloned());
        holes.extend(text.holes.iter().cloned());
    }
    findings.extend(select::absent(workspace, environment, &rules, &selection.away));
    findings.extend(select::same_names(workspace, &rules));
    findings.extend(select::aimless(workspace, environment, &rules, selection, &findings));
    let findings = findings.into_iter().map(|finding| finding.within(&environment.name)).collect();
    let partial = if selection.is_partial() { workspace.only.clone() } else { Vec::new() };
    let mut rendering = Rendering {
        environment: environment.name.clone(),
        files,
        rules,
        excluded: selection.kept_out.clone(),
        by_hand: ByHand { partial, set: by_hand::set(environment) },
        holes: holes.into_iter().collect(),
        findings,
        hash: hexadecimal(&hash.finalize()),
    };
    if let Some(loaded) = loaded {
        let more = loading::findings(workspace, &rendering, loaded);
        rendering.findings.extend(more.into_iter().map(|finding| finding.within(&environment.name)));
    }
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
        self.rules.get(at).map(|rule| &**rule)
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
