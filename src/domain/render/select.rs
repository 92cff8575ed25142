//! Which files of the workspace an environment has: all but what an exclusion keeps out or nobody asks for; and what is
//! wrong with the choice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use crate::domain::by_hand::Picked;
use crate::domain::check::Finding;
use crate::domain::check::files::UNREADABLE;
use crate::domain::overlay::Subject;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::{CONFIG, Text, render_file};
use crate::domain::rule::{Rule, is_rule};
use crate::domain::template::Template;
use crate::domain::token::nearest;
use crate::domain::workspace::{Environment, Exclusion, Workspace};

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

/// Which files of the workspace an environment has, and which it has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Rule files that an exclusion keeps out, sorted, and where it is written.
    pub kept_out: Vec<(String, Place)>,
    /// All files that are not there: these, and what is not picked.
    pub(super) away: Vec<(String, Place)>,
    /// For each template whether it is there.
    present: Vec<bool>,
    pub(super) findings: Vec<Finding>,
}

impl Selection {
    /// Selects the files; `text` is what became of a template.
    pub fn new<'t>(
        workspace: &Workspace,
        environment: &Environment,
        text: impl Fn(usize) -> Option<&'t Arc<Text>>,
    ) -> Self {
        let (kept_out, mut findings) = exclude(workspace, environment);
        let picked = Picked::new(&workspace.only).unwrap_or_else(|problem| {
            findings.push(Finding::error(problem));
            Picked::default()
        });
        let paths = workspace.templates.iter().map(|template| template.path.as_str());
        let picked = picked.with_imports(paths, &environment.target.mounts.rules, |path| {
            let at =
                workspace.templates.binary_search_by(|template| template.path.as_str().cmp(path)).ok()?;
            Some(String::from_utf8_lossy(&text(at)?.file.bytes).into_owned())
        });
        // What is not picked is as little there as what is excluded.
        let mut away = kept_out.clone();
        let mut present = |template: &Template| {
            let stays_out = kept_out.binary_search_by(|(path, _)| path.cmp(&template.path)).is_ok();
            let picked = picked.has(&template.path);
            if !stays_out && !picked {
                away.push((template.path.clone(), Place::file(&template.source)));
            }
            !stays_out && picked
        };
        let present = workspace.templates.iter().map(&mut present).collect();
        Self { kept_out, away, present, findings }
    }

    /// Whether the template is there.
    pub fn has(&self, template: usize) -> bool {
        self.present.get(template).is_some_and(|present| *present)
    }

    /// Whether files are away that no exclusion keeps out.
    pub(super) fn is_partial(&self) -> bool {
        self.away.len() > self.kept_out.len()
    }
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
        for template in workspace.templates.iter() {
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
pub(super) fn absent(
    workspace: &Workspace,
    environment: &Environment,
    rules: &[Arc<Rule>],
    kept_out: &[(String, Place)],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prefix = &workspace.prefix;
    match (workspace.config(), environment.target.env.get("ELASTALERT_CONFIG")) {
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

pub(super) fn same_names(workspace: &Workspace, rules: &[Arc<Rule>]) -> Vec<Finding> {
    let source = |rule: &Rule| {
        workspace.template(&rule.path).map_or_else(|| rule.path.clone(), |template| template.source.clone())
    };
    let mut first: HashMap<&str, &Rule> = HashMap::with_capacity(rules.len());
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

/// Overlays of rules that are not there. A rule that is excluded, or that overlays rename, is; where the names of some
/// rules are hidden by what is `told` of them, only one that is like a known name is told.
pub(super) fn aimless(
    workspace: &Workspace,
    environment: &Environment,
    rules: &[Arc<Rule>],
    selection: &Selection,
    told: &[Finding],
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen = BTreeSet::new();
    let named: BTreeSet<&str> = environment
        .overlays
        .iter()
        .filter_map(|overlay| match &overlay.subject {
            Subject::Rule(name) => Some(name.as_str()),
            Subject::Config => None,
        })
        .collect();
    if named.is_empty() {
        return findings;
    }
    let mut known: HashSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    // Rules that are away are read only where somebody asks for them.
    let excluded: Vec<Rule> = if named.iter().all(|name| known.contains(name)) {
        Vec::new()
    } else {
        let away: HashSet<&str> = selection.away.iter().map(|(path, _)| path.as_str()).collect();
        workspace
            .templates
            .iter()
            .filter(|template| away.contains(template.path.as_str()))
            .filter_map(|template| {
                render_file(template, None, environment, &BTreeMap::new()).look.rule.clone()
            })
            .map(|rule| Rule::clone(&rule))
            .collect()
    };
    known.extend(excluded.iter().map(|rule| rule.name.as_str()));
    let hidden = || told.iter().any(|finding| hides_name(finding, workspace));
    for overlay in &environment.overlays {
        let Subject::Rule(name) = &overlay.subject else { continue };
        let renamed = overlay.key == "name";
        if known.contains(name.as_str()) || renamed || !seen.insert(name) {
            continue;
        }
        let shown = name.escape_debug();
        let mut problem = Problem::new("overlay.rule", format!("no rule is called `{shown}`"))
            .at(overlay.place.clone())
            .why("an overlay of a rule names it by its `name`");
        problem.hint = nearest(name, rules.iter().map(|rule| rule.name.as_str()))
            .map(|near| format!("did you mean `{near}`?"));
        if problem.hint.is_some() || !hidden() {
            findings.push(Finding::error(problem));
        }
    }
    findings
}
