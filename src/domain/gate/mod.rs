//! The gate of a deploy: decides from what is seen and heard of a new container whether `ElastAlert` in it is proven,
//! has failed, or must be watched on. The same process must live for a while counted from the end of its loading,
//! because one that cannot reach its server keeps a process for a minute and more while it loads, and then dies.

use std::time::Duration;

use crate::domain::container::{Container, ContainerState};
use crate::domain::environment::GateSettings;
use crate::domain::loader::{self, Said};
use crate::domain::log::{LogLine, after_time};
use crate::domain::problem::Problem;
use crate::domain::process::{Process, ProcessTable};
use crate::domain::remote::Timestamp;

#[cfg(test)]
mod tests;

/// What the gate says after it was shown something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Not yet; the text says what is waited for.
    Wait(String),
    /// Proven; the text says how.
    Pass(String),
    /// It failed.
    Fail(Problem),
}

/// Watches one start of one container. Times are counted from that start.
#[derive(Clone, Debug)]
pub struct Gate {
    settings: GateSettings,
    /// How many rules the loader must report; `None`: it is not known.
    expected_rules: Option<usize>,
    started_at: Option<Timestamp>,
    restart_count: i64,
    process: Option<(i64, Duration)>,
    verbose: bool,
    loaded: Option<Duration>,
    rules: Option<usize>,
    heard_anything: bool,
    last_seen: String,
}

impl Gate {
    /// A gate for a container as it is right after its start.
    pub fn new(settings: GateSettings, expected_rules: Option<usize>, started: &Container) -> Self {
        Self {
            settings,
            expected_rules,
            started_at: started.started_at,
            restart_count: started.restart_count,
            process: None,
            verbose: false,
            loaded: None,
            rules: None,
            heard_anything: false,
            last_seen: "nothing was seen yet".to_owned(),
        }
    }

    /// Takes a line of the container's log, heard at that time.
    pub fn hear(&mut self, line: &LogLine, at: Duration) -> Ruling {
        self.heard_anything = true;
        let said = loader::read(&line.text);
        if let Some(problem) = death(said.as_ref(), &line.text) {
            return Ruling::Fail(problem);
        }
        if let Some(Said::Loaded(count)) = said {
            self.rules = Some(count);
            self.loaded.get_or_insert(at);
            if let Some(expected) = self.expected_rules.filter(|expected| *expected != count) {
                return Ruling::Fail(
                    Problem::new("gate.rules", format!("ElastAlert loaded {count} rules, not {expected}"))
                        .why("it left out rules that were laid out, or found some that were not")
                        .hint("does `rules_folder` of elastalert.yaml name the folder where the rules are mounted?"),
                );
            }
        }
        self.waiting(at)
    }

    /// Takes a look at the container and its processes. `None` for the container: there is no such any more.
    pub fn see(
        &mut self,
        container: Option<&Container>,
        table: Result<&ProcessTable, &Problem>,
        at: Duration,
    ) -> Ruling {
        let Some(container) = container else {
            return Ruling::Fail(
                Problem::new("gate.gone", "the container is gone")
                    .why("somebody removed it")
                    .hint("find out who, then deploy again"),
            );
        };
        if let Some(problem) = self.ended(container) {
            return Ruling::Fail(problem);
        }
        let table = match table {
            Ok(table) => table,
            Err(problem) => {
                self.last_seen = format!("its processes could not be read: {problem}");
                return self.overdue(at).unwrap_or_else(|| self.waiting(at));
            }
        };
        if let Some(problem) = self.identify(table, at) {
            return Ruling::Fail(problem);
        }
        self.proven(at).or_else(|| self.overdue(at)).unwrap_or_else(|| self.waiting(at))
    }

    /// Takes note that the engine could not be asked: what is there is unknown, and the time runs on.
    pub fn see_nothing(&mut self, problem: &Problem, at: Duration) -> Ruling {
        self.last_seen = format!("the engine could not be asked: {problem}");
        self.overdue(at).unwrap_or_else(|| self.waiting(at))
    }

    fn ended(&self, container: &Container) -> Option<Problem> {
        if !container.state.is_alive() {
            let problem = Problem::new("gate.exited", format!("the container {}", container.state));
            return Some(match container.state {
                ContainerState::Exited { out_of_memory: true, .. } => {
                    problem.hint("give it more memory, or split the rules")
                }
                _ => problem,
            });
        }
        let again = container.restart_count != self.restart_count || container.started_at != self.started_at;
        again.then(|| {
            Problem::new("gate.restarted", "the container was started again while it was watched")
                .why("somebody or something else started it, or the engine itself was started again")
                .hint("find out who, then deploy again")
        })
    }

    /// Finds `ElastAlert`, and says what is wrong with what was found.
    fn identify(&mut self, table: &ProcessTable, at: Duration) -> Option<Problem> {
        let process = table.elastalert();
        if table.count() > 1 {
            return Some(
                Problem::new("gate.two", "more than one ElastAlert runs in the container")
                    .why("each of them alerts")
                    .hint(
                        "supervisord.conf must start one, without `numprocs`, and the image none of its own",
                    ),
            );
        }
        match (self.process, process) {
            (None, None) => {
                self.last_seen = format!("no ElastAlert among {}", names(table));
                None
            }
            (Some((pid, _)), None) => {
                Some(Problem::new("gate.died", format!("ElastAlert (process {pid}) died {}", self.phase())))
            }
            (Some((pid, _)), Some(process)) if process.pid != pid => Some(
                Problem::new(
                    "gate.unstable",
                    format!("ElastAlert died {} and was started anew", self.phase()),
                )
                .why(format!("it was process {pid} and is {} now", process.pid)),
            ),
            (before, Some(process)) => {
                self.follow(process, before, at);
                None
            }
        }
    }

    fn follow(&mut self, process: &Process, before: Option<(i64, Duration)>, at: Duration) {
        self.process = before.or(Some((process.pid, at)));
        self.verbose = process.args.split_whitespace().any(|word| word == "--verbose" || word == "--debug");
        let threads = process.threads.unwrap_or(1);
        if threads > 1 {
            self.loaded.get_or_insert(at);
        }
        self.last_seen =
            format!("process {} with {threads} thread{}", process.pid, if threads == 1 { "" } else { "s" });
    }

    fn phase(&self) -> &'static str {
        if self.loaded.is_some() { "after it had loaded" } else { "while it loaded" }
    }

    /// Since when both the process and the end of its loading are known.
    fn settled(&self) -> Option<Duration> {
        let (_, since) = self.process?;
        Some(since.max(self.loaded?))
    }

    fn proven(&self, at: Duration) -> Option<Ruling> {
        let (pid, _) = self.process?;
        if at.saturating_sub(self.settled()?) < self.settings.stable {
            return None;
        }
        let stable = self.settings.stable.as_secs();
        match (self.rules, self.expected_rules) {
            (Some(rules), _) => {
                Some(Ruling::Pass(format!("{rules} rules loaded, process {pid} stable for {stable} s")))
            }
            // Whoever says what it loads must have said so; a log that cannot be read at all proves nothing.
            (None, Some(_)) if self.verbose && self.heard_anything => None,
            (None, _) => Some(Ruling::Pass(format!(
                "process {pid} stable for {stable} s; how many rules it loaded is unknown"
            ))),
        }
    }

    fn overdue(&self, at: Duration) -> Option<Ruling> {
        (at >= self.settings.deadline).then(|| {
            let limit = self.settings.deadline.as_secs();
            let more = "`gate: { deadline: … }` in the environment's file gives it more time";
            let (what, hint) = match (self.process, self.loaded) {
                (None, _) => (
                    format!("no ElastAlert process in {limit} s"),
                    "does `command` of [program:elastalert] in supervisord.conf start it?",
                ),
                (Some(_), None) => (format!("ElastAlert did not finish loading in {limit} s"), more),
                (Some(_), Some(_)) => (format!("ElastAlert is not proven in {limit} s"), more),
            };
            Ruling::Fail(Problem::new("gate.deadline", what).why(self.last_seen.clone()).hint(hint))
        })
    }

    fn waiting(&self, at: Duration) -> Ruling {
        Ruling::Wait(match (self.process, self.settled()) {
            (None, _) => "waiting for the ElastAlert process".to_owned(),
            (Some((pid, _)), None) => format!("process {pid} is loading, {} s", at.as_secs()),
            (Some((pid, _)), Some(since)) => {
                let rules = self.rules.map(|count| format!("{count} rules loaded, ")).unwrap_or_default();
                let (stable, asked) = (at.saturating_sub(since).as_secs(), self.settings.stable.as_secs());
                format!("{rules}process {pid} stable for {} of {asked} s", stable.min(asked))
            }
        })
    }
}

/// What supervisord says when `ElastAlert` dies under it. During the gate an expected end is a death as well.
fn death(said: Option<&Said<'_>>, text: &str) -> Option<Problem> {
    match said {
        Some(Said::Exited { how, .. }) => Some(Problem::new("gate.died", format!("ElastAlert died ({how})"))),
        Some(Said::GaveUp) => Some(Problem::new("gate.gave-up", "supervisord cannot keep ElastAlert alive")),
        _ if text.contains("spawnerr: can't find command") => {
            let why = after_time(text).split_once("spawnerr: ").map_or(text, |(_, why)| why).to_owned();
            Some(
                Problem::new("gate.gave-up", "supervisord does not find ElastAlert").why(why).hint(
                    "`command` of [program:elastalert] in supervisord.conf must be one that the image has",
                ),
            )
        }
        _ => None,
    }
}

fn names(table: &ProcessTable) -> String {
    let mut names: Vec<&str> = table.processes.iter().take(6).map(|process| process.args.as_str()).collect();
    if table.processes.len() > names.len() {
        names.push("…");
    }
    if names.is_empty() { "no processes at all".to_owned() } else { names.join(", ") }
}
