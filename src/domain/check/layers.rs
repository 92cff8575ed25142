//! What the layers say about themselves: values that look like tokens, keys that nothing uses, overrides that change
//! nothing, and keys that only some environments have. None of it is said about a secret's value.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::by_hand::SET;
use crate::domain::check::Finding;
use crate::domain::environment::EnvName;
use crate::domain::layer::{LayerValue, Resolved};
use crate::domain::problem::{Place, Problem};
use crate::domain::secret::SecretSource;
use crate::domain::token::{nearest, tokens};
use crate::domain::workspace::Workspace;

/// Keys that are used without a token: the image, and the time zone that a deploy passes on.
const USED: [&str; 3] = ["ENVIRONMENT", "IMAGE_ID", "TIMEZONE"];

/// Checks the layers of all environments.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used: BTreeSet<&str> =
        USED.into_iter().chain(workspace.setting_keys.iter().map(String::as_str)).collect();
    for template in workspace.templates.iter() {
        used.extend(template.bytes.keys().iter().map(String::as_str));
    }
    // Each written value once, however many environments stand on its layer.
    let mut told: BTreeSet<(&str, &Place)> = BTreeSet::new();
    for environment in &workspace.environments {
        for (key, resolved) in &environment.values {
            for link in resolved.chain.iter() {
                let Some(place) = &link.place else {
                    if link.layer == SET && !used.contains(key.as_str()) {
                        let mut problem = unused(key, &Place::file(""), &used).problem;
                        problem.place = None;
                        findings.push(Finding::warning(problem.why(format!("it is given by {SET}"))));
                    }
                    continue;
                };
                if !told.insert((key, place)) {
                    continue;
                }
                if !used.contains(key.as_str()) {
                    findings.push(unused(key, place, &used));
                }
            }
            nested(key, resolved, environment.secrets.get(key), &mut findings);
            same(key, resolved, &environment.name, &mut findings);
        }
    }
    findings.extend(partial(workspace));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    kept
}

fn unused(key: &str, place: &Place, used: &BTreeSet<&str>) -> Finding {
    let mut problem =
        Problem::new("token.unused", format!("nothing uses the value of `{key}`")).at(place.clone());
    problem.hint = nearest(key, used.iter().copied()).map(|near| format!("templates use `{near}`"));
    Finding::warning(problem)
}

/// A value that holds a token: there is one pass only, so it reaches `ElastAlert` as it is.
fn nested(key: &str, resolved: &Resolved, secret: Option<&SecretSource>, findings: &mut Vec<Finding>) {
    let holds = match (&resolved.value, secret) {
        (Some(value), _) => tokens(value).next().is_some(),
        (None, Some(SecretSource::Value(secret))) => tokens(secret.expose()).next().is_some(),
        _ => false,
    };
    if !holds {
        return;
    }
    let mut problem = Problem::new("token.nested", format!("the value of `{key}` holds a token"))
        .why("values are put in once and are not searched for tokens again")
        .hint("write the value out, or put both tokens into the template");
    problem.place = resolved.chain.first().and_then(|link| link.place.clone());
    findings.push(Finding::error(problem));
}

/// An environment that gives a key the value that it has anyway.
fn same(key: &str, resolved: &Resolved, environment: &EnvName, findings: &mut Vec<Finding>) {
    let own = resolved.chain.iter().position(|link| link.layer == environment.as_str());
    let Some(own) = own.filter(|_| environment.as_str() != EnvName::DEFAULT && resolved.value.is_some())
    else {
        return;
    };
    if let (Some(mine), Some(below)) = (resolved.chain.get(own), resolved.chain.get(own + 1))
        && mine.shown == below.shown
        && let Some(place) = &mine.place
    {
        findings.push(Finding::note(
            Problem::new(
                "token.same",
                format!("`{key}` is given the value that it has in {} already", below.layer),
            )
            .at(place.clone())
            .hint("take the line out, unless it is meant to stay when the other changes"),
        ));
    }
}

/// Keys that some environments have a value for, and others have not.
fn partial(workspace: &Workspace) -> Vec<Finding> {
    let mut having: BTreeMap<&str, Vec<(&EnvName, &LayerValue)>> = BTreeMap::new();
    for environment in &workspace.environments {
        for (key, resolved) in &environment.values {
            if let Some(link) = resolved.chain.first() {
                having.entry(key).or_default().push((&environment.name, link));
            }
        }
    }
    let others =
        workspace.environments.iter().filter(|environment| environment.name.as_str() != EnvName::DEFAULT);
    let others: Vec<&EnvName> = others.map(|environment| &environment.name).collect();
    having
        .into_iter()
        .filter_map(|(key, have)| {
            let without: Vec<&str> = others
                .iter()
                .filter(|name| !have.iter().any(|(has, _)| has == *name))
                .map(|name| name.as_str())
                .collect();
            let place = have.iter().find_map(|(_, link)| link.place.clone())?;
            (!without.is_empty()).then(|| {
                Finding::note(
                    Problem::new("token.partial", format!("`{key}` has no value in {}", without.join(", ")))
                        .at(place)
                        .hint("give it one in Default, so that every environment has one"),
                )
            })
        })
        .collect()
}
