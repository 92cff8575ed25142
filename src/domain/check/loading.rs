//! What the loader would say of a rendering, as findings: the first thing that keeps each file from being loaded, at its
//! place in the template. What other checks have told already is not told twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::check::load::{self, At, Input, Need, Outcome, Refusal};
use crate::domain::check::{Finding, facts};
use crate::domain::plan::variables;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::Rendering;
use crate::domain::workspace::{Environment, Workspace};

/// What the loader would say.
pub fn findings(workspace: &Workspace, environment: &Environment, rendering: &Rendering) -> Vec<Finding> {
    let Some(config) = rendering.config() else { return Vec::new() };
    let variables = variables(environment, rendering);
    let files: BTreeMap<&str, &[u8]> =
        rendering.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice())).collect();
    let mounts = &environment.target.mounts;
    let input = Input {
        config: &config.path,
        mounts: vec![(mounts.config.as_str(), "config"), (mounts.rules.as_str(), "rules")],
        ..Input::of(files, &variables)
    };
    let loaded = load::load(&input);
    let teller = Teller { workspace, rendering, config: &config.path, skips: loaded.skip_invalid };
    // A file in which something else is wrong is told of once.
    let errors = rendering.findings.iter().filter(|finding| finding.severity == super::Severity::Error);
    let broken: BTreeSet<&str> = errors
        .filter_map(|finding| finding.problem.place.as_ref())
        .map(|place| place.file.as_str())
        .collect();
    let mut findings = Vec::new();
    findings.extend(teller.outcome(&config.path, &loaded.config, &broken));
    for rule in &loaded.rules {
        findings.extend(teller.outcome(&rule.path, &rule.outcome, &broken));
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
        let template = self.workspace.template(&at.file)?;
        let file = self.rendering.file(&at.file)?;
        let text = std::str::from_utf8(&template.bytes).ok()?;
        Some(Lines::new(text).place(&template.source, file.template_offset(at.range.start)))
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
