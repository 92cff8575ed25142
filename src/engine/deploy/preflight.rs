//! The preflight of a deploy: the loader of the very image tries what was laid out while what runs still runs. What it
//! refuses is not deployed; where it cannot be asked, that is said and the gate decides.

use crate::domain::check::command::Command;
use crate::domain::check::{Severity, facts};
use crate::domain::environment::Target;
use crate::domain::plan::Step;
use crate::domain::preflight::{Context, Preflight, Verdict, findings};
use crate::domain::problem::{Problem, code};
use crate::domain::render::RenderedFile;
use crate::domain::workspace::Workspace;
use crate::engine::World;
use crate::engine::preflight::Trial;

use super::run::Run;

/// How many causes are listed before they are only counted.
const LISTED: usize = 5;

impl<W: World> Run<'_, W> {
    /// Asks the image's own loader, where the plan says so.
    pub(super) async fn preflight(&mut self) -> Result<(), Problem> {
        let work = self.work;
        let plan = work.plan;
        if !plan.steps.iter().any(|planned| planned.step == Step::Preflight) {
            return Ok(());
        }
        self.interrupted()?;
        self.enter(Step::Preflight).await?;
        let spec = &plan.container;
        let target = Target {
            entrypoint: spec.entrypoint.clone(),
            command: spec.command.clone(),
            mounts: plan.mounts.clone(),
            ..Target::default()
        };
        // A secret must not come into the arguments of a process, so no file that has one says how it is started.
        let open = |file: &&RenderedFile| !file.insertions.iter().any(|insertion| insertion.secret);
        let file = |path: &str| {
            let file = work.rendering.file(path).filter(open)?;
            Some((file.path.as_str(), file.bytes.as_slice()))
        };
        let trial = Trial {
            workspace: work.workspace,
            rendering: &work.rendering,
            image: &spec.image,
            user: spec.user.as_deref(),
            env: &spec.env,
            mounts: &plan.mounts,
            command: &Command::of(&target, &spec.env, file),
        };
        let (text, left) = match self.engine.preflight(&work.docker, trial, &self.stop).await {
            Ok((preflight, left)) => {
                if let Some(problem) = self.refusal(&preflight) {
                    return Err(problem);
                }
                (said(&preflight), left)
            }
            Err(problem) if problem.code == code::INTERRUPTED => return Err(problem),
            // An image without Python, an engine that is slow: nothing was learned, and nothing speaks against it.
            Err(problem) => (format!("not asked, the gate decides: {problem}"), None),
        };
        let left = left.map(|left| format!("; {left}, {}", left.hint.clone().unwrap_or_default()));
        self.teller.done(format!("{text}{}", left.unwrap_or_default())).await;
        Ok(())
    }

    /// Why it would not start, in the loader's own words.
    fn refusal(&self, preflight: &Preflight) -> Option<Problem> {
        let elsewhere = Workspace::default();
        let context = Context {
            workspace: self.work.sources.unwrap_or(&elsewhere),
            rendering: &self.work.rendering,
            mounts: &self.work.plan.mounts,
            facts: facts::elastalert(),
        };
        let found = findings(preflight, context);
        // That not all could be tried says nothing against those that could not.
        let refused: Vec<&Problem> = found
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| &finding.problem)
            .filter(|problem| problem.code != "preflight.incomplete")
            .collect();
        let first = refused.first()?;
        let name = &self.work.plan.environment;
        let mut problem = Problem::new(code::CHECK_FAILED, "the ElastAlert of the image refuses it");
        problem.place.clone_from(&first.place);
        for refused in refused.iter().take(LISTED) {
            let place = refused.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            problem = problem.why(format!("{place}{refused}"));
        }
        if refused.len() > LISTED {
            problem = problem.why(format!("and {} more", refused.len() - LISTED));
        }
        Some(problem.hint(format!(
            "`alertdeck check {name} --preflight` shows all; --skip-check deploys all the same"
        )))
    }
}

/// What was learned, in one line.
fn said(preflight: &Preflight) -> String {
    let loads = format!("{} rules load in ElastAlert {}", preflight.count(Verdict::Loads), preflight.version);
    let unsure = match preflight.count(Verdict::Unsure) {
        0 => String::new(),
        count => format!(", of {count} only the network can tell"),
    };
    let why = preflight.incomplete.as_ref();
    let untried = why.map(|why| format!("; not every one was tried: {why}")).unwrap_or_default();
    loads + &unsure + &untried
}
