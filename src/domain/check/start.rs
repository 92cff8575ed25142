//! What becomes of a file only when `ElastAlert` starts: it puts variables of its container's environment in place of
//! `$NAME`, and takes some settings from such variables whatever the file says. The layers know nothing of either.

use crate::domain::check::{Finding, facts};
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::workspace::Environment;
use crate::domain::yaml::Node;

/// Variables that every container has, or that every deploy sets.
pub const ALWAYS: [&str; 10] = [
    "HOME",
    "PATH",
    "HOSTNAME",
    "TZ",
    "ELASTALERT_CONFIG",
    "ELASTALERT_SUPERVISOR_CONF",
    "ELASTICSEARCH_HOST",
    "ELASTICSEARCH_PORT",
    "SET_CONTAINER_TIMEZONE",
    "CONTAINER_TIMEZONE",
];

/// Variables that override a key of `elastalert.yaml`, each with its key.
pub fn overrides() -> impl Iterator<Item = (&'static str, &'static str)> {
    let named = facts::elastalert().environment.iter();
    named.filter_map(|(variable, key)| Some((variable.as_str(), key.as_deref()?)))
}

/// What will be something else once `ElastAlert` has started. `place` finds the place in the template for a byte of
/// the rendered text.
pub fn check(
    path: &str,
    text: &str,
    root: Option<&Node>,
    environment: &Environment,
    place: &impl Fn(usize) -> Place,
) -> Vec<Finding> {
    let given = &environment.target.env;
    let mut findings: Vec<Finding> = variables(text)
        .filter(|(_, name)| ALWAYS.contains(name) || given.contains_key(*name))
        .map(|(at, name)| {
            Finding::warning(
                Problem::new("start.expanded", format!("`${name}` is replaced when ElastAlert starts"))
                    .at(place(at))
                    .why(format!("ElastAlert puts the variable {name} of its container there")),
            )
        })
        .collect();
    if path == CONFIG {
        let overridden = overrides().filter(|(variable, key)| {
            given.contains_key(*variable) && root.is_some_and(|root| root.get(key).is_some())
        });
        findings.extend(overridden.map(|(variable, key)| {
            Finding::note(
                Problem::new("start.override", format!("`{key}` is overridden when ElastAlert starts"))
                    .at(Place::file(place(0).file))
                    .why(format!("`target.env` gives the container the variable {variable}")),
            )
        }));
    }
    findings
}

/// Whether the environment of the container gives a key that the file does not.
pub fn is_given(environment: &Environment, key: &str) -> bool {
    let given = &environment.target.env;
    overrides().any(|(variable, known)| known == key && given.contains_key(variable))
}

/// Every `$NAME` and `${NAME}` of a text, as Python's `expandvars` sees them, and where it stands.
fn variables(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('$').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let name = if let Some(braced) = rest.strip_prefix('{') {
            braced.split_once('}')?.0
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest.get(..end)?
        };
        (!name.is_empty()).then_some((at, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_as_python_finds_them() {
        let names: Vec<&str> = variables("$A ${B} $$C ^x$ ${D $E_1.f").map(|(_, name)| name).collect();
        assert_eq!(names, ["A", "B", "C", "E_1"]);
    }
}
