//! Findings told as seldom as can be: one that holds in several environments once, and the same in many files once
//! with the other places beside it. Nothing is lost by it.

use std::collections::BTreeMap;

use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::problem::Place;

/// One finding, and where else it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The first of them.
    pub finding: &'a Finding,
    /// The environments in which it is so; none: all.
    pub environments: Vec<&'a EnvName>,
    /// The other places, with the causes where they are not those of the first.
    pub others: Vec<Other<'a>>,
}

/// Another place of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other<'a> {
    /// The finding there.
    pub finding: &'a Finding,
    /// Whether its causes are those of the first.
    pub same_why: bool,
}

impl<'a> Group<'a> {
    /// A finding by itself.
    pub fn single(finding: &'a Finding) -> Self {
        Self { finding, environments: finding.environment.iter().collect(), others: Vec::new() }
    }

    /// `in CI, Staging and Production`; `None` when it is so in all environments.
    pub fn scope(&self) -> Option<String> {
        let names: Vec<&str> = self.environments.iter().map(|name| name.as_str()).collect();
        match names.split_last() {
            None => None,
            Some((only, [])) => Some(format!("in {only}")),
            Some((last, first)) => Some(format!("in {} and {last}", first.join(", "))),
        }
    }

    /// All findings that are told together, the first one first.
    pub fn all(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.finding).chain(self.others.iter().map(|other| other.finding))
    }
}

impl Other<'_> {
    /// `rules/b.yaml:5:1`, and why, where that is not why the first is.
    pub fn words(&self) -> String {
        let place =
            self.finding.problem.place.as_ref().map_or_else(|| "elsewhere".to_owned(), Place::to_string);
        if self.same_why || self.finding.problem.why.is_empty() {
            place
        } else {
            format!("{place} ({})", self.finding.problem.why.join("; "))
        }
    }
}

/// Whether a cause only says where a value is given. Each environment can have it from elsewhere, and a frame quotes
/// the lines themselves.
pub fn is_origin(why: &str) -> bool {
    why.starts_with("the value is given ")
}

/// What makes two findings one, in two environments: all but the environment and where the value is given.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct There<'a> {
    severity: Severity,
    code: &'a str,
    place: Option<&'a Place>,
    what: &'a str,
    why: Vec<&'a String>,
    hint: Option<&'a String>,
}

/// What makes two findings the same, in two files: all but the place and the causes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Same<'a> {
    severity: Severity,
    code: &'a str,
    what: &'a str,
    hint: Option<&'a String>,
    environments: Vec<&'a EnvName>,
}

/// The findings, each told once for the environments in which it is so. They keep their order.
pub fn by_environment<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: BTreeMap<There<'a>, usize> = BTreeMap::new();
    for finding in findings {
        let problem = &finding.problem;
        let there = There {
            severity: finding.severity,
            code: problem.code,
            place: problem.place.as_ref(),
            what: &problem.what,
            why: problem.why.iter().filter(|why| !is_origin(why)).collect(),
            hint: problem.hint.as_ref(),
        };
        let Some(group) = known.get(&there).and_then(|index| groups.get_mut(*index)) else {
            known.insert(there, groups.len());
            groups.push(Group::single(finding));
            continue;
        };
        match &finding.environment {
            // What is so in all of them is not told for one of them.
            Some(name) if group.environments.is_empty() || group.environments.contains(&name) => {}
            Some(name) => group.environments.push(name),
            None => group.environments.clear(),
        }
    }
    groups
}

/// The findings, each told once: for the environments in which it is so, and for the files in which it is so.
pub fn group<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: BTreeMap<Same<'a>, usize> = BTreeMap::new();
    for group in by_environment(findings) {
        let problem = &group.finding.problem;
        let same = Same {
            severity: group.finding.severity,
            code: problem.code,
            what: &problem.what,
            hint: problem.hint.as_ref(),
            environments: group.environments.clone(),
        };
        if let Some(first) = known.get(&same).and_then(|index| groups.get_mut(*index)) {
            let same_why = first.finding.problem.why == problem.why;
            first.others.push(Other { finding: group.finding, same_why });
        } else {
            known.insert(same, groups.len());
            groups.push(group);
        }
    }
    groups
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }

    /// Counts findings told once for each environment, `name` among them or all.
    pub fn within(groups: &[Group<'_>], name: &EnvName) -> Self {
        let here = |group: &&Group<'_>| group.environments.is_empty() || group.environments.contains(&name);
        Self::of(groups.iter().filter(here).flat_map(Group::all))
    }

    /// Counts all findings of groups.
    pub fn all(groups: &[Group<'_>]) -> Self {
        Self::of(groups.iter().flat_map(Group::all))
    }

    /// How many there are in all.
    pub fn sum(&self) -> usize {
        self.errors + self.warnings + self.notes
    }

    /// `2 errors, 1 warning`; `None` when there is nothing.
    pub fn words(&self) -> Option<String> {
        let count = |number: usize, one: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            number => Some(format!("{number} {one}s")),
        };
        let parts: Vec<String> =
            [count(self.errors, "error"), count(self.warnings, "warning"), count(self.notes, "note")]
                .into_iter()
                .flatten()
                .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;

    fn finding(environment: Option<&str>, place: &str, why: &str) -> Finding {
        let found = Finding::error(Problem::new("a.b", "what").at(Place::line(place, 1)).why(why));
        match environment {
            Some(name) => found.within(&name.parse().unwrap()),
            None => found,
        }
    }

    #[test]
    fn the_same_is_told_once_and_nothing_is_lost() {
        let found = [
            finding(Some("CI"), "x", "y"),
            finding(Some("Staging"), "x", "y"),
            finding(Some("Production"), "x", "y"),
            finding(None, "x", "y"),
            finding(Some("CI"), "z", "y"),
        ];
        let three = group(&found[..3]);
        assert_eq!(three.len(), 1);
        assert_eq!(three[0].scope().unwrap(), "in CI, Staging and Production");
        let four = group(&found[..4]);
        assert_eq!((four.len(), four[0].scope()), (1, None));
        let given = |environment, at| finding(Some(environment), "x", &format!("the value is given at {at}"));
        let apart = [given("CI", "a:1"), given("Staging", "b:1")];
        assert_eq!(group(&apart).len(), 1, "wherever each has it from");
        assert_eq!(group(&found).len(), 2, "another place in fewer environments is told by itself");
    }

    #[test]
    fn other_places_keep_causes_of_their_own() {
        let found = [finding(None, "a", "y"), finding(None, "b", "y"), finding(None, "c", "z")];
        let all = group(&found);
        assert_eq!((all.len(), all[0].all().count()), (1, 3));
        let words: Vec<String> = all[0].others.iter().map(Other::words).collect();
        assert_eq!(words, ["b:1", "c:1 (z)"]);
        assert_eq!(Counts::all(&all).words().unwrap(), "3 errors");
        assert_eq!(Counts::default().words(), None);
    }
}
