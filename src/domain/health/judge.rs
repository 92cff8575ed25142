//! From evidence to a ladder. Each rung is judged by its own evidence first; then what stands above a failing rung
//! becomes unknown, because nothing good can be said about the rules of a process that is dead.

use std::time::Duration;

use super::vitals::{ExpectedRun, RuleRun, Vitals};
use super::{Baseline, Ladder, Rung, RungName, State};
use crate::domain::container::{Container, ContainerState, RestartPolicy};
use crate::domain::loader::Loader;
use crate::domain::problem::{Problem, code};
use crate::domain::process::ProcessTable;
use crate::domain::remote::{Remote, Seen, Timestamp, age};

/// How far the engine's clock may be off.
const SKEW: Duration = Duration::from_secs(5);
/// How old a table of processes may be and still say that one lives.
const STALE: Duration = Duration::from_secs(30);
/// How long a death is worth a warning.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How late a run may be beyond twice its interval.
const SLACK: Duration = Duration::from_secs(60);
/// How many names stand in a sentence.
const NAMES: usize = 3;

impl Vitals {
    /// The ladder that follows from this evidence, and from nothing else.
    pub fn ladder(&self) -> Ladder {
        let mut rungs = vec![self.engine_rung()];
        let deployed = self.container.current().map(Option::is_some);
        if deployed == Some(false) {
            let at = self.container.last().map(|seen| seen.at);
            rungs.extend(
                RungName::ALL
                    .into_iter()
                    .skip(1)
                    .map(|name| Rung::new(name, State::Unknown, "nothing is deployed", at)),
            );
            return Ladder { rungs, deployed };
        }
        rungs.push(self.container_rung());
        rungs.push(self.process_rung());
        rungs.push(self.rules_rung());
        rungs.push(self.search_rung());
        rungs.push(self.runs_rung());
        rungs.push(self.alerts_rung());
        let mut below: Option<RungName> = None;
        for rung in &mut rungs {
            if let Some(failing) = below {
                rung.state = State::Unknown;
                rung.evidence = format!("not known while {} fails", failing.name());
            } else if rung.state == State::Failing {
                below = Some(rung.name);
            }
        }
        Ladder { rungs, deployed }
    }

    fn age(&self, at: Timestamp) -> String {
        age(at, self.now)
    }

    fn is_older(&self, at: Timestamp, limit: Duration) -> bool {
        self.now.duration_since(at).as_secs() > i64::try_from(limit.as_secs()).unwrap_or(i64::MAX)
    }

    /// `2 h ago`, or `now`.
    fn ago(&self, at: Timestamp) -> String {
        match self.age(at).as_str() {
            "now" => "just now".into(),
            age => format!("{age} ago"),
        }
    }

    /// ` since 2 h`, or ` since just now`.
    fn since(&self, at: Timestamp) -> String {
        match self.age(at).as_str() {
            "now" => " since just now".into(),
            age => format!(" since {age}"),
        }
    }

    fn engine_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Engine, state, evidence, at);
        match &self.engine {
            Remote::Unknown => rung(State::Unknown, "not asked yet".into(), None),
            Remote::Loading { last } => {
                rung(State::Unknown, "asked, no answer yet".into(), last.as_ref().map(|s| s.at))
            }
            Remote::Failed { problem, last } => {
                let at = last.as_ref().map(|seen| seen.at);
                rung(state_of(problem), said(problem), at)
            }
            Remote::Ready(Seen { value, at }) => {
                let skew =
                    value.time.map(|time| time.duration_since(*at).abs().as_secs()).unwrap_or_default();
                if u64::try_from(skew).unwrap_or(u64::MAX) > SKEW.as_secs() {
                    rung(
                        State::Degraded,
                        format!("version {}, its clock is {skew} s off", value.version),
                        Some(*at),
                    )
                } else {
                    rung(State::Ok, format!("version {} answers", value.version), Some(*at))
                }
            }
        }
    }

    fn container_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Container, state, evidence, at);
        match &self.container {
            Remote::Unknown => rung(State::Unknown, "not looked for yet".into(), None),
            Remote::Loading { last } => {
                rung(State::Unknown, "being looked for".into(), last.as_ref().map(|s| s.at))
            }
            Remote::Failed { problem, last } => {
                rung(State::Unknown, said(problem), last.as_ref().map(|s| s.at))
            }
            Remote::Ready(Seen { value: None, at }) => {
                rung(State::Unknown, "nothing is deployed".into(), Some(*at))
            }
            Remote::Ready(Seen { value: Some(container), at }) => {
                let (state, evidence) = self.container_state(container);
                rung(state, evidence, Some(*at))
            }
        }
    }

    fn container_state(&self, container: &Container) -> (State, String) {
        let name = &container.name;
        match container.state {
            ContainerState::Running => {}
            ContainerState::Exited { .. } => {
                let words = self.loader.as_ref().and_then(Loader::last_words);
                let why = words.map(|words| format!(": {words}")).unwrap_or_default();
                return (State::Failing, format!("{name} {}{why}", container.state));
            }
            ContainerState::Created => return (State::Failing, format!("{name} was never started")),
            state => return (State::Failing, format!("{name} is {state}")),
        }
        let since = container.started_at.map(|at| self.since(at)).unwrap_or_default();
        let changed = self.baseline.is_some_and(|before| before != Baseline::of(container));
        let again = changed || container.restart_count > 0;
        // A container that was started again long ago, and has run since, is as good as any other.
        if again && container.started_at.is_none_or(|at| !self.is_older(at, REMEMBERED)) {
            let by = if container.restart_count > 0 {
                format!(" by the engine, {} times so far", container.restart_count)
            } else {
                String::new()
            };
            return (State::Degraded, format!("{name} runs{since}: it was started again{by}"));
        }
        if !matches!(container.restart_policy, RestartPolicy::UnlessStopped | RestartPolicy::Always) {
            let policy = &container.restart_policy;
            return (
                State::Degraded,
                format!(
                    "{name} runs{since}, but with restart policy {policy} it does not survive its engine"
                ),
            );
        }
        (State::Ok, format!("{name} runs{since}"))
    }

    fn process_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Process, state, evidence, at);
        match &self.processes {
            Remote::Unknown => rung(State::Unknown, "not looked at yet".into(), None),
            Remote::Loading { last } => {
                rung(State::Unknown, "being looked at".into(), last.as_ref().map(|s| s.at))
            }
            Remote::Failed { problem, last } => {
                rung(State::Unknown, said(problem), last.as_ref().map(|s| s.at))
            }
            Remote::Ready(Seen { at, .. }) if self.is_older(*at, STALE) => {
                rung(State::Unknown, format!("last seen {}", self.ago(*at)), Some(*at))
            }
            Remote::Ready(Seen { value, at }) => {
                let (state, evidence) = self.process_state(value, *at);
                rung(state, evidence, Some(*at))
            }
        }
    }

    fn process_state(&self, table: &ProcessTable, at: Timestamp) -> (State, String) {
        let Some(process) = table.elastalert() else { return (State::Failing, self.absence(table)) };
        let count = table.count();
        if count > 1 {
            return (
                State::Degraded,
                format!("{count} ElastAlerts run, so that every alert is sent {count} times"),
            );
        }
        let began = process.elapsed.and_then(|seconds| at.checked_sub(Duration::from_secs(seconds)).ok());
        let lives =
            format!("pid {} lives{}", process.pid, began.map(|began| self.since(began)).unwrap_or_default());
        let recent = self.loader.as_ref().and_then(|loader| {
            let died = loader.died.as_ref().filter(|died| !self.is_older(died.at, REMEMBERED))?;
            (loader.deaths > 0).then_some((loader, died))
        });
        match recent {
            Some((loader, died)) => {
                let times =
                    if loader.deaths == 1 { "once".into() } else { format!("{} times", loader.deaths) };
                (State::Degraded, format!("{lives}, but it died {times}, last {}", self.ago(died.at)))
            }
            None => (State::Ok, lives),
        }
    }

    /// Why there is no `ElastAlert` in a container that runs.
    fn absence(&self, table: &ProcessTable) -> String {
        let Some(loader) = &self.loader else {
            return format!("no ElastAlert among {} processes", table.processes.len());
        };
        let why = loader.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        if loader.gave_up.is_some() && loader.gave_up >= loader.spawned {
            return format!("supervisord gave up starting it{why}");
        }
        match &loader.died {
            Some(died) => format!("it died {} ({}){why}", self.ago(died.at), died.value),
            None => format!("no ElastAlert among {} processes", table.processes.len()),
        }
    }

    fn rules_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Rules, state, evidence, at);
        let Some(log) = &self.loader else {
            return rung(State::Unknown, "the log was not read".into(), None);
        };
        let Some(loaded) = &log.loaded else {
            return rung(State::Unknown, self.silence(), log.spawned);
        };
        let (count, at) = (loaded.value, Some(loaded.at));
        if let Some(disabled) = log.disabled.as_ref().filter(|disabled| !disabled.value.is_empty()) {
            let all = disabled.value.len() >= count;
            let state = if all { State::Failing } else { State::Degraded };
            return rung(
                state,
                format!(
                    "{} of {count} rules crashed and are disabled: {}",
                    disabled.value.len(),
                    names(&disabled.value)
                ),
                Some(disabled.at),
            );
        }
        if let Some(failed) = &log.not_reloaded {
            return rung(State::Degraded, failed.value.clone(), Some(failed.at));
        }
        match self.expected_rules {
            None => {
                rung(State::Unknown, format!("{count} rules loaded, how many it should be is not known"), at)
            }
            Some(expected) if expected == count => {
                rung(State::Ok, format!("{count} rules loaded, {expected} expected"), at)
            }
            Some(expected) => {
                let state = if count == 0 { State::Failing } else { State::Degraded };
                rung(state, format!("{count} rules loaded, {expected} expected"), at)
            }
        }
    }

    /// Why nothing was said about rules.
    fn silence(&self) -> String {
        let talks = self.processes.current().and_then(ProcessTable::elastalert).map(|process| {
            process.args.split_whitespace().any(|word| matches!(word, "--verbose" | "--debug"))
        });
        match talks {
            Some(false) => "it runs without --verbose, and so does not say".into(),
            Some(true) => "it is still loading, or the log begins later".into(),
            None => "it has said nothing about rules yet".into(),
        }
    }

    fn search_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Search, state, evidence, at);
        let answered = self.loader.as_ref().and_then(|loader| loader.answered);
        let failed = self.loader.as_ref().and_then(|loader| loader.query_failed.as_ref());
        if let Some(failed) = failed
            && answered.is_none_or(|answered| failed.at >= answered)
        {
            return rung(State::Failing, failed.value.clone(), Some(failed.at));
        }
        let own = match &self.search {
            Remote::Ready(seen) => Some(seen.at),
            _ => None,
        };
        match (answered, own, self.search.problem()) {
            (Some(at), _, None) => {
                rung(State::Ok, format!("ElastAlert's queries are answered, last {}", self.ago(at)), Some(at))
            }
            (Some(at), _, Some(_)) => rung(
                State::Ok,
                format!(
                    "ElastAlert's queries are answered, last {}; it does not answer this machine",
                    self.ago(at)
                ),
                Some(at),
            ),
            (None, Some(at), _) => {
                rung(State::Ok, "it answers this machine, and no query is seen to fail".into(), Some(at))
            }
            (None, None, Some(problem)) => rung(State::Unknown, said(problem), None),
            (None, None, None) => rung(State::Unknown, "not asked yet".into(), None),
        }
    }

    fn runs_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Runs, state, evidence, at);
        let (newest, at) = match &self.runs {
            Remote::Ready(seen) => (&seen.value, seen.at),
            Remote::Failed { problem, last } => {
                return rung(State::Unknown, said(problem), last.as_ref().map(|seen| seen.at));
            }
            Remote::Unknown | Remote::Loading { .. } => {
                return rung(State::Unknown, "not looked at yet".into(), None);
            }
        };
        let Some(expected) = &self.expected_runs else {
            return rung(State::Unknown, "which rules should run is not known".into(), Some(at));
        };
        let began =
            self.container.current().and_then(Option::as_ref).and_then(|container| container.started_at);
        let judged: Vec<(&str, Run)> = expected
            .iter()
            .filter_map(|expected| Some((expected.rule.as_str(), self.run(expected, newest, began)?)))
            .collect();
        let with = |wanted: Run| -> Vec<String> {
            judged.iter().filter(|(_, run)| *run == wanted).map(|(rule, _)| (*rule).to_owned()).collect()
        };
        let (late, waiting, total) = (with(Run::Late), with(Run::Waiting), judged.len());
        if total == 0 {
            return rung(State::Unknown, "no rule is known to run at an interval".into(), Some(at));
        }
        if !late.is_empty() {
            let state = if late.len() == total { State::Failing } else { State::Degraded };
            return rung(
                state,
                format!("{} of {total} rules are late: {}", late.len(), names(&late)),
                Some(at),
            );
        }
        if waiting.is_empty() {
            return rung(State::Ok, format!("{total} of {total} rules ran when they should have"), Some(at));
        }
        let ran = total - waiting.len();
        rung(
            State::Unknown,
            format!("{ran} of {total} rules ran since the start, the others may still"),
            Some(at),
        )
    }

    /// Whether a rule ran when it should have; `None` when its interval is not known.
    fn run(&self, expected: &ExpectedRun, runs: &[RuleRun], began: Option<Timestamp>) -> Option<Run> {
        let limit = expected.every? * 2 + SLACK;
        let newest = runs.iter().filter(|run| run.rule == expected.rule).map(|run| run.at).max();
        if newest.is_some_and(|at| !self.is_older(at, limit)) {
            // A run from before the start says nothing about this process.
            let before = began.is_some_and(|began| newest.is_some_and(|at| at < began));
            return Some(if before { Run::Waiting } else { Run::InTime });
        }
        Some(if began.is_some_and(|began| !self.is_older(began, limit)) { Run::Waiting } else { Run::Late })
    }

    fn alerts_rung(&self) -> Rung {
        let rung = |state, evidence: String, at| Rung::new(RungName::Alerts, state, evidence, at);
        let (count, at) = match &self.alerts {
            Remote::Ready(seen) => (&seen.value, seen.at),
            Remote::Failed { problem, last } => {
                return rung(State::Unknown, said(problem), last.as_ref().map(|seen| seen.at));
            }
            Remote::Unknown | Remote::Loading { .. } => {
                return rung(State::Unknown, "not looked at yet".into(), None);
            }
        };
        if count.failed > 0 {
            let state = if count.sent == 0 { State::Failing } else { State::Degraded };
            let why = count.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            return rung(
                state,
                format!(
                    "{} of {} alerts could not be sent in 24 h{why}",
                    count.failed,
                    count.failed + count.sent
                ),
                Some(at),
            );
        }
        rung(State::Ok, format!("{} alerts sent in 24 h, none failed", count.sent), Some(at))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    InTime,
    Waiting,
    Late,
}

/// What a failed question means: no answer in time says nothing about the one who was asked.
fn state_of(problem: &Problem) -> State {
    if problem.code == code::ENGINE_TIMEOUT { State::Unknown } else { State::Failing }
}

fn said(problem: &Problem) -> String {
    match problem.why.first() {
        Some(why) => format!("{}: {why}", problem.what),
        None => problem.what.clone(),
    }
}

/// The first few names, and how many more there are.
fn names(all: &[String]) -> String {
    let shown = all.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
