//! What `check` has found, as it is printed: frames for people, one line each for editors, records for programs, and
//! the counts below them. What they say is made in `domain/check`.

use serde::Serialize;

use crate::domain::check::frame::{Frames, Given};
use crate::domain::check::group::{Counts, Group, group, is_origin};
use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Place;

/// The widest frame; longer lines are cut around the mark.
const WIDTH: usize = 110;

/// Prints findings.
#[derive(Debug)]
pub struct Report<'a> {
    overview: &'a Overview,
    frames: Frames<'a>,
    colour: bool,
}

/// A finding as programs read it.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    severity: Severity,
    code: &'a str,
    /// The environments in which it is so, all of them named.
    environments: Vec<&'a EnvName>,
    what: &'a str,
    /// Where it is, up to where.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Marked<'a>>,
    /// The values that it speaks of, by the layers that gave them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Given<'a>>,
    why: Vec<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// A place and its end.
#[derive(Debug, Serialize)]
struct Marked<'a> {
    #[serde(flatten)]
    place: &'a Place,
    /// The line in which it ends; 0 when only the file is known.
    end_line: u32,
    /// The column behind its end; 0 when only the line is known.
    end_column: u32,
}

impl<'a> Report<'a> {
    /// A report on the findings of a workspace.
    pub fn new(overview: &'a Overview, colour: bool) -> Self {
        Self { overview, frames: Frames::new(overview), colour }
    }

    /// A group of findings in a frame.
    pub fn frame(&self, group: &Group<'_>) -> String {
        self.frames.frame(group, self.colour, WIDTH)
    }

    /// One finding in a frame.
    pub fn single(&self, finding: &Finding) -> String {
        self.frame(&Group::single(finding))
    }

    /// A group of findings as one line for each place.
    pub fn short(&self, group: &Group<'_>) -> Vec<String> {
        self.frames.short(group)
    }

    /// A group of findings of one place as programs read it.
    pub fn record<'r>(&'r self, group: &Group<'r>) -> Record<'r> {
        let Finding { severity, problem, .. } = group.finding;
        let environments = if group.environments.is_empty() {
            self.overview.workspace.environments.iter().map(|environment| &environment.name).collect()
        } else {
            group.environments.clone()
        };
        let marked = |place: &'r Place| {
            let end = self.frames.end(place, problem.code);
            let (end_line, end_column) = end.unwrap_or((place.line, place.column));
            Marked { place, end_line, end_column }
        };
        let values = self.frames.given(group);
        let why = problem.why.iter().filter(|why| values.is_empty() || !is_origin(why)).collect();
        Record {
            severity: *severity,
            code: problem.code,
            environments,
            what: &problem.what,
            place: problem.place.as_ref().map(marked),
            values,
            why,
            hint: problem.hint.as_deref(),
        }
    }

    /// The counts of each environment, one line each; none where there is one environment only.
    pub fn by_environment(&self, groups: &[Group<'_>]) -> Vec<String> {
        let names = self.overview.workspace.environments.iter().map(|environment| &environment.name);
        let widest = names.clone().map(|name| name.as_str().len()).max().unwrap_or_default();
        let line = |name: &EnvName| {
            let words = Counts::within(groups, name).words();
            format!("  {:widest$}  {}", name.as_str(), words.as_deref().unwrap_or("nothing"))
        };
        let lines: Vec<String> = names.map(line).collect();
        if lines.len() > 1 { lines } else { Vec::new() }
    }
}

/// The findings in groups, the worst last: nearest to where the person types.
pub fn worst_last<'a>(findings: &[&'a Finding]) -> Vec<Group<'a>> {
    let mut groups = group(findings.iter().copied());
    groups.sort_by_key(|group| group.finding.severity);
    groups
}

/// How many findings of each severity there are, in words.
pub fn summary(counts: Counts) -> String {
    counts.words().unwrap_or_else(|| "nothing to complain about".to_owned())
}
