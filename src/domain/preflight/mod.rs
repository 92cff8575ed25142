//! What `ElastAlert` itself says about a rendering: whether its own loader takes the configuration and each rule, tried
//! in a container of the image to be deployed. Here are the values, how they are read, and what they mean as findings.

use serde::Serialize;

use crate::domain::mask::Masker;
use crate::domain::text::sanitise;

pub use findings::{Context, findings};
pub use read::read;

mod findings;
mod read;

/// How the loader took a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It loads.
    Loads,
    /// It is refused.
    Refused,
    /// It failed at a connection, which nobody could make there: only the network can tell.
    Unsure,
    /// Loading it does not come to an end.
    Hangs,
    /// Loading it ends the process.
    Died,
}

/// What loading a rule or the configuration asks of the world. Where it was tried nothing answers; `ElastAlert` is
/// told what it wants to hear.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Need {
    /// `search`, `jira`, `statsd`, or `network` for anything else.
    pub kind: String,
    /// Host and port, or a URL.
    pub place: String,
    /// What for.
    pub why: String,
}

impl Need {
    /// Whom it is asked of, in words.
    pub fn whom(&self) -> String {
        let whom = match self.kind.as_str() {
            "search" => "the search engine at",
            "jira" => "Jira at",
            "statsd" => "statsd at",
            _ => "the network:",
        };
        format!("{whom} {}", self.place)
    }
}

/// One thing that the schema has against a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// Where in the rule: keys and indices.
    pub path: Vec<String>,
    /// What, in one sentence.
    pub message: String,
    /// What would do, where that is a short list.
    pub allowed: Vec<String>,
}

/// Why something does not load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The Python class of the exception, such as `EAException`; `Deadline`, `Exit` or `Signal` where there was none.
    pub class: String,
    /// What it says, in one sentence of bounded length.
    pub message: String,
    /// The file it happened in, where that is not the rule's own: a path in the container.
    pub file: Option<String>,
    /// Line from 1; 0 where it is not known.
    pub line: u32,
    /// Column from 1; 0 where it is not known.
    pub column: u32,
    /// What the schema has against it, most telling first.
    pub flaws: Vec<Flaw>,
    /// The end of what the process said before it ended or was ended.
    pub said: String,
}

/// What the loader made of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreflightResult {
    /// The file, a path in the container.
    pub path: String,
    /// How it was taken.
    pub verdict: Verdict,
    /// The rule's name, as far as it was read.
    pub name: Option<String>,
    /// The step at which it failed: `read`, `options`, `type`, `alerts`, `duplicate`, `start`; for the configuration
    /// `config` and `find`.
    pub stage: String,
    /// Why, unless it loads.
    pub refusal: Option<Refusal>,
    /// Whether `skip_invalid` would leave the rule out, so that `ElastAlert` starts all the same.
    pub skippable: bool,
    /// The rule file that has the same name already, a path in the container.
    pub other: Option<String>,
    /// What it asks of the world.
    pub needs: Vec<Need>,
    /// What `ElastAlert` warns of.
    pub warnings: Vec<String>,
}

/// What `ElastAlert` says about a rendering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// The version of `ElastAlert` in the image; empty where it does not say.
    pub version: String,
    /// The configuration.
    pub config: PreflightResult,
    /// The rules, in the loader's own order. None where the configuration is refused.
    pub rules: Vec<PreflightResult>,
    /// Whether `skip_invalid` is set.
    pub skip_invalid: bool,
    /// Whether `ElastAlert` would start.
    pub starts: bool,
    /// Why not every rule was tried, where that is so.
    pub incomplete: Option<String>,
}

impl Preflight {
    /// How many rules were taken so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rules.iter().filter(|rule| rule.verdict == verdict).count()
    }

    /// Whether anything was refused, or could not be tried.
    pub fn refuses(&self) -> bool {
        let bad = |result: &PreflightResult| !matches!(result.verdict, Verdict::Loads | Verdict::Unsure);
        self.incomplete.is_some() || bad(&self.config) || self.rules.iter().any(bad)
    }
}

/// Foreign text as it may be shown: no secret, no escape sequence, one line of bounded length.
fn clean(text: &str, masker: &Masker) -> String {
    const LONGEST: usize = 500;
    let text = masker.mask(sanitise(masker.mask(text.to_owned()).as_bytes()));
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
