//! What a scripted program does over time: which processes it has, what it says, when it ends. A script is a value
//! laid out in advance; what is true at some moment is computed from it and never stored.

use std::collections::BTreeMap;
use std::time::Duration;

/// One thing that happens in a container. Processes have numbers of their own; 1 is the container's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A line of output.
    Line {
        /// Whether to standard error.
        stderr: bool,
        /// Without the line end.
        text: String,
    },
    /// A process begins.
    Spawn {
        /// Its number.
        pid: u32,
        /// Its parent's number; 0 is outside of the container's tree.
        parent: u32,
        /// Its command line.
        args: String,
    },
    /// A process becomes another program, as `exec` does.
    Become {
        /// Its number.
        pid: u32,
        /// Its new command line.
        args: String,
    },
    /// A process has so many threads from now on.
    Threads {
        /// Its number.
        pid: u32,
        /// How many.
        count: u32,
    },
    /// A process ends; the container goes on.
    End {
        /// Its number.
        pid: u32,
    },
    /// The first process ends, and with it the container.
    Exit {
        /// Its exit code.
        code: i64,
        /// Whether it was killed because memory ran out.
        out_of_memory: bool,
    },
}

/// Lines that come again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// When they come first.
    pub from: Duration,
    /// How long until they come again.
    pub every: Duration,
    /// The lines, all to standard error.
    pub lines: Vec<String>,
}

/// A process at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alive {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) args: String,
    pub(super) threads: u32,
    pub(super) since: Duration,
}

/// A program laid out in time, from the start of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    events: Vec<(Duration, Event)>,
    repeats: Vec<Repeat>,
    /// How long it takes to obey a stop; longer than the grace means that it is killed.
    pub stops_in: Duration,
    /// Its exit code when it obeys a stop.
    pub stop_code: i64,
}

impl Default for Script {
    fn default() -> Self {
        Self { events: Vec::new(), repeats: Vec::new(), stops_in: Duration::from_millis(300), stop_code: 0 }
    }
}

impl Script {
    /// A program whose first process is this.
    pub fn new(args: impl Into<String>) -> Self {
        let mut script = Self::default();
        script.push(Duration::ZERO, Event::Spawn { pid: 1, parent: 0, args: args.into() });
        script
    }

    /// Adds something that happens then.
    pub fn push(&mut self, at: Duration, event: Event) {
        let place = self.events.partition_point(|(other, _)| *other <= at);
        self.events.insert(place, (at, event));
    }

    /// Adds a line to standard error.
    pub fn say(&mut self, at: Duration, text: impl Into<String>) {
        self.push(at, Event::Line { stderr: true, text: text.into() });
    }

    /// Adds lines that come again and again.
    pub fn repeat(&mut self, repeat: Repeat) {
        if repeat.every > Duration::ZERO {
            self.repeats.push(repeat);
        }
    }

    /// When it ends by itself, with what exit code, and whether memory ran out.
    pub(super) fn exit(&self) -> Option<(Duration, i64, bool)> {
        self.events.iter().find_map(|(at, event)| match event {
            Event::Exit { code, out_of_memory } => Some((*at, *code, *out_of_memory)),
            _ => None,
        })
    }

    /// Every line said until then, in order.
    pub(super) fn lines(&self, until: Duration) -> Vec<(Duration, bool, String)> {
        let mut lines: Vec<(Duration, bool, String)> = self
            .events
            .iter()
            .take_while(|(at, _)| *at <= until)
            .filter_map(|(at, event)| match event {
                Event::Line { stderr, text } => Some((*at, *stderr, text.clone())),
                _ => None,
            })
            .collect();
        for repeat in &self.repeats {
            let mut at = repeat.from;
            while at <= until {
                lines.extend(repeat.lines.iter().map(|text| (at, true, text.clone())));
                at += repeat.every;
            }
        }
        lines.sort_by_key(|(at, ..)| *at);
        lines
    }

    /// When something is said or happens next.
    pub(super) fn next(&self, after: Duration) -> Option<Duration> {
        let event = self.events.iter().map(|(at, _)| *at).find(|at| *at > after);
        let repeats = self.repeats.iter().map(|repeat| {
            if after < repeat.from {
                return repeat.from;
            }
            let gone = after.saturating_sub(repeat.from).as_nanos() / repeat.every.as_nanos();
            repeat.from + repeat.every.saturating_mul(u32::try_from(gone).unwrap_or(u32::MAX - 1) + 1)
        });
        event.into_iter().chain(repeats).min()
    }

    /// The processes that live then.
    pub(super) fn processes(&self, then: Duration) -> Vec<Alive> {
        let mut alive: BTreeMap<u32, Alive> = BTreeMap::new();
        for (at, event) in self.events.iter().take_while(|(at, _)| *at <= then) {
            match event {
                Event::Spawn { pid, parent, args } => {
                    let born =
                        Alive { pid: *pid, parent: *parent, args: args.clone(), threads: 1, since: *at };
                    alive.insert(*pid, born);
                }
                Event::Become { pid, args } => {
                    if let Some(process) = alive.get_mut(pid) {
                        process.args.clone_from(args);
                    }
                }
                Event::Threads { pid, count } => {
                    if let Some(process) = alive.get_mut(pid) {
                        process.threads = *count;
                    }
                }
                Event::End { pid } => {
                    alive.remove(pid);
                }
                Event::Exit { .. } => alive.clear(),
                Event::Line { .. } => {}
            }
        }
        alive.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_true_follows_from_the_time() {
        let mut script = Script::new("sh");
        script.push(SECOND, Event::Spawn { pid: 2, parent: 1, args: "elastalert".into() });
        script.say(SECOND * 2, "here");
        script.push(SECOND * 3, Event::End { pid: 2 });
        script.repeat(Repeat { from: SECOND * 4, every: SECOND * 10, lines: vec!["again".into()] });
        let names = |at: Duration| script.processes(at).into_iter().map(|p| p.args).collect::<Vec<_>>();
        assert_eq!(names(Duration::ZERO), ["sh"]);
        assert_eq!(names(SECOND * 2), ["sh", "elastalert"]);
        assert_eq!(names(SECOND * 3), ["sh"]);
        assert_eq!(script.lines(SECOND * 25).len(), 4);
        assert_eq!(script.next(SECOND * 3), Some(SECOND * 4));
        assert_eq!(script.next(SECOND * 4), Some(SECOND * 14));
        assert_eq!(script.next(SECOND * 15), Some(SECOND * 24));
    }
}
