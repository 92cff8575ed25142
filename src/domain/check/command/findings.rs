//! What is to be said about the start itself: arguments that are refused, a configuration that is not there, a single
//! rule, alerts that nobody gets. None of it can be seen in a rule.

use super::{Command, Config, Said};
use crate::domain::check::Finding;
use crate::domain::problem::{Place, Problem};

/// The findings. `usual` is the configuration as alertdeck takes it, `there` says which files the rendering has, and
/// `place` finds where the command stands.
pub fn findings(
    command: &Command,
    config: &Config<'_>,
    usual: Option<&str>,
    there: impl Fn(&str) -> bool,
    place: impl Fn(&Said) -> Option<Place>,
) -> Vec<Finding> {
    let at = |mut problem: Problem, said: &Said| {
        problem.place = place(said);
        problem
    };
    let (said, arguments) = match command {
        Command::Unsaid => return Vec::new(),
        Command::Untold { at: said, why } => {
            let problem = Problem::new("start.command", "how ElastAlert is started cannot be told here");
            return vec![Finding::note(at(problem.why(why.clone()).hint(told_with(usual)), said))];
        }
        Command::Told { at, arguments } => (at, arguments),
    };
    if let Some(wrong) = &arguments.wrong {
        let problem = Problem::new("start.arguments", "ElastAlert ends at once with these arguments");
        return vec![Finding::error(at(problem.why(wrong.clone()), said))];
    }
    let mut found = Vec::new();
    match config {
        Config::Elsewhere(path) => {
            let what = format!("ElastAlert is started with {path}, which alertdeck does not mount");
            let problem = Problem::new("start.command", what).hint(told_with(usual));
            found.push(Finding::note(at(problem, said)));
        }
        Config::Mounted(path) if !there(path) => {
            let what = format!("ElastAlert is started with {}, which is not there", arguments.config);
            let mut problem = Problem::new("start.config", what);
            if let Some(usual) = usual {
                problem = problem.hint(format!("the configuration is {usual}"));
            }
            found.push(Finding::error(at(problem, said)));
        }
        Config::Mounted(path) if usual.is_some_and(|usual| usual != path) => {
            let problem = Problem::new("start.other", format!("ElastAlert is started with {path}"))
                .why(format!(
                    "the overlays of the layers and what reads the configuration here go by {}",
                    usual.unwrap_or_default()
                ))
                .hint("keep one of the two");
            found.push(Finding::warning(at(problem, said)));
        }
        Config::Usual | Config::Mounted(_) => {}
    }
    if let Some(rule) = &arguments.rule {
        let problem = Problem::new("start.rule", format!("ElastAlert is started for {rule} alone"))
            .why("it looks at no other rule")
            .hint("take `--rule` out to have it load all of them");
        found.push(Finding::warning(at(problem, said)));
    }
    if arguments.debug {
        let problem = Problem::new("start.debug", "ElastAlert is started with `--debug` and alerts nobody")
            .why("it makes no alerter and writes to its log what it would have sent")
            .hint("`--verbose` logs as much and alerts");
        found.push(Finding::warning(at(problem, said)));
    }
    found
}

fn told_with(usual: Option<&str>) -> String {
    format!("what is said of the rules holds with {}", usual.unwrap_or("the configuration of the workspace"))
}
