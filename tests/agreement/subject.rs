//! What alertdeck itself says about a workspace, without ElastAlert: its own loader, in the form in which the judge's
//! answers are. Nothing is decided here; a word that the two spell differently is put into the judge's.

use std::collections::BTreeMap;

use alertdeck::domain::check::load::{self, Input, Need, Outcome, Refusal};

use crate::told::{Answer, Told, in_order};
use crate::workspace::{CONFIG, ROOT, Workspace};

/// The mounts, longest first, and what a rendering calls them. Everything else in `/opt` is known not to be there.
const MOUNTS: [(&str, &str); 3] = [("/opt/config", "config"), ("/opt/rules", "rules"), ("/opt", "opt")];

/// Alertdeck's own answer.
pub(crate) fn answer(workspace: &Workspace) -> Answer {
    let files = workspace.plain().into_iter().map(|(path, bytes)| (rendered(&path), bytes));
    let (files, variables): (BTreeMap<_, _>, _) = (files.collect(), workspace.variables());
    let (only, debug) = (workspace.only.as_deref(), workspace.debug);
    let input =
        Input { mounts: MOUNTS.to_vec(), only, debug, ..Input::new(&files, &variables).with_values() };
    let loaded = load::load(&input);
    let mut answer = Answer { print: workspace.print(), ..Answer::default() };
    answer.config = told(CONFIG.to_owned(), &loaded.config, &loaded.needs);
    answer.config.caught = None;
    for rule in loaded.rules {
        let mut told = told(laid_out(&rule.path), &rule.outcome, &rule.needs);
        told.name = rule.name;
        told.values = rule.values.filter(|_| told.loads()).map(in_order);
        answer.rules.push(told);
    }
    answer
}

/// The path that a rendering has for one of the container.
fn rendered(path: &str) -> String {
    let mount = MOUNTS.iter().find_map(|(mount, files)| Some((files, path.strip_prefix(mount)?)));
    mount.map_or_else(|| path.to_owned(), |(files, below)| format!("{files}{below}"))
}

/// The other way round.
fn laid_out(path: &str) -> String {
    format!("{ROOT}{}", path.strip_prefix("opt/").unwrap_or(path))
}

fn told(path: String, outcome: &Outcome, needs: &[Need]) -> Told {
    let mut needs: Vec<String> =
        needs.iter().map(|need| format!("{} {}", need.kind(), need.subject())).collect();
    let mut told = Told { path, verdict: "loads".to_owned(), ..Told::default() };
    match outcome {
        Outcome::Loads => {}
        Outcome::Unknown(need) => {
            "unsure".clone_into(&mut told.verdict);
            needs.push(format!("{} {}", need.kind(), need.subject()));
        }
        Outcome::Refused(refusal) => refused(&mut told, refusal),
    }
    needs.sort();
    needs.dedup();
    told.needs = needs;
    told
}

fn refused(told: &mut Told, refusal: &Refusal) {
    let Refusal { class, cause, message, at, template_line, caught_by_skip_invalid, .. } = refusal;
    if *class == "hangs" {
        "hangs".clone_into(&mut told.verdict);
        return;
    }
    "refused".clone_into(&mut told.verdict);
    told.class = Some((*class).to_owned());
    told.cause = cause.map(str::to_owned);
    told.caught = Some(*caught_by_skip_invalid);
    // Of a template the judge names the line within it.
    let line = template_line.or_else(|| at.as_ref().map(|at| at.line));
    told.line = line.map(|line| u64::try_from(line).unwrap());
    told.message = Some(message.clone());
}
