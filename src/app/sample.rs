//! A console in known situations, for tests of the state and of the screens. The workspace is a real one, read from
//! the texts below; the rest is what the engine would say.

use std::sync::Arc;

use crate::domain::by_hand::ByHand;
use crate::domain::container::{Container, ContainerId, ContainerState, EngineInfo, RestartPolicy};
use crate::domain::diff::side::Side;
use crate::domain::diff::{Diff, compare};
use crate::domain::environment::{Endpoint, EnvName, GateSettings, Guard, Mounts};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::health::{Ladder, Rung, RungName, State, Sync};
use crate::domain::label::{labels, role};
use crate::domain::log::{Level, LogBatch, LogLine, Stream};
use crate::domain::overview::Overview;
use crate::domain::plan::{ChangeCount, ContainerSpec, Fingerprint, Plan, PlannedStep, ReleaseNumber, Step};
use crate::domain::problem::{Problem, code};
use crate::domain::process::{Process, ProcessTable};
use crate::domain::remote::Timestamp;
use crate::domain::render::render;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

use super::{Effect, Header, Key, Model, Msg, Outcome, Ticket, Viewports, update};

/// The time at which samples begin.
pub(crate) const START: i64 = 1_800_000_000;

/// A time so many seconds after the beginning.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

pub(crate) fn name(text: &str) -> EnvName {
    text.parse().unwrap()
}

const FILES: &[(&str, &str)] = &[
    (
        "config/elastalert.yaml",
        "# how ElastAlert runs\nrules_folder: /opt/rules\nes_host: @@ES_HOST@@\nes_port: @@ES_PORT@@\nes_password: \
         @@ES_PASSWORD@@\nrun_every:\n  seconds: @@RUN_EVERY@@\nbuffer_time:\n  minutes: 15\nwriteback_index: \
         elastalert_status\nalert_time_limit:\n  days: 2\n",
    ),
    (
        "config/environments/Default.yaml",
        "tokens: { ES_HOST: localhost, ES_PORT: 9200, RUN_EVERY: 60, LIMIT: 50 }\nsecrets:\n  ES_PASSWORD: { env: \
         ES_PASSWORD }\n",
    ),
    (
        "config/environments/CI.yaml",
        "order: 10\nguard: open\ntokens:\n  ES_HOST: search-ci\n  RUN_EVERY: 10\n",
    ),
    ("config/environments/Staging.yaml", "order: 20\nguard: confirm\ntokens:\n  ES_HOST: search-staging\n"),
    (
        "config/environments/Production.yaml",
        "order: 30\nguard: type-name\ntokens:\n  ES_HOST: search.prod.internal\n  LIMIT: 200\n",
    ),
    ("config/rule_exclusions/rule_exclusions.CI.conf", "web-heartbeat*\n"),
    (
        "rules/web-5xx.yaml",
        "name: Spike in 5xxs\ntype: spike\nindex: web-*\nspike_height: 3\nspike_type: up\ntimeframe: {hours: 1}\nthreshold_cur: @@LIMIT@@\nalert: [debug]\n",
    ),
    (
        "rules/web-heartbeat.yaml",
        "name: No heartbeat from web\ntype: flatline\nindex: web-*\nthreshold: 1\ntimeframe: {minutes: 5}\nalert: [debug]\n",
    ),
    (
        "rules/auth-admin.yaml",
        "name: A new administrator\ntype: new_term\nindex: auth-*\nfields: [user]\nalert: [debug]\n",
    ),
    (
        "rules/app-errors.yaml",
        "name: Errors of the app\ntype: frequency\nindex: app-*\nnum_events: @@LIMIT@@\ntimeframe: {minutes: 5}\nalert: [debug]\n",
    ),
    (
        "rules/batch-backup.yaml",
        "name: Nightly backup is missing\ntype: flatline\nindex: batch-*\nthreshold: 1\ntimeframe: {days: 1}\nalert: [debug]\n",
    ),
];

/// The workspace, read.
pub(crate) fn overview(revision: u64) -> Overview {
    with_environments(revision, 0)
}

/// The workspace with so many environments more.
fn with_environments(revision: u64, more: usize) -> Overview {
    let more = (0..more).map(|n| {
        let path = format!("config/environments/Region-{n:02}-of-the-world.yaml");
        (path, Bytes::from(format!("order: {}\ntokens: {{ RUN_EVERY: {n} }}\n", 40 + n).into_bytes()))
    });
    Overview::of(build(Sources {
        root: "/home/ana/alerts".into(),
        prefix: "",
        revision,
        files: FILES
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec())))
            .chain(more)
            .collect(),
        problems: Vec::new(),
        set: &[],
        octopus: false,
    }))
}

pub(crate) fn container(environment: &str, release: u32) -> Container {
    let environment = name(environment);
    Container {
        id: ContainerId(format!("{release:0>64}")),
        name: format!("elastalert-{}-{release}", environment.slug()),
        image: "alertdeck/elastalert:2.31.0".into(),
        image_id: "sha256:1".into(),
        state: ContainerState::Running,
        labels: labels("elastalert", &environment, role::ELASTALERT, Some(ReleaseNumber(release))),
        started_at: Some(at(-7_200)),
        restart_count: 0,
        restart_policy: RestartPolicy::UnlessStopped,
        pid: Some(4_711),
        mounts: Vec::new(),
        removes_itself: false,
        tty: false,
    }
}

/// A ladder whose rungs up to the given one are fine, that one is in the given state, and none is known above it.
pub(crate) fn ladder(rung: RungName, state: State, evidence: &str) -> Ladder {
    let fine = [
        "Docker 28.1 answers",
        "running, never restarted",
        "pid 4711 for 2 h",
        "5 of 5 rules loaded",
        "last query answered",
        "every rule ran in the last minute",
        "no alert failed to be sent",
    ];
    let rungs = RungName::ALL
        .iter()
        .zip(fine)
        .map(|(name, fine)| {
            if *name == rung {
                (*name, state, evidence.to_owned())
            } else if *name > rung && state == State::Failing {
                (*name, State::Unknown, "not looked at above a failing rung".to_owned())
            } else {
                (*name, State::Ok, fine.to_owned())
            }
        })
        .map(|(name, state, evidence)| Rung { name, state, evidence, at: Some(at(-7)) })
        .collect();
    Ladder { rungs, deployed: Some(true) }
}

/// What differs between Default and CI.
pub(crate) fn diff() -> Arc<Diff> {
    Arc::new(compared("Default", "CI"))
}

/// What differs between two environments.
pub(crate) fn compared(old: &str, new: &str) -> Diff {
    let workspace = overview(1).workspace;
    let secrets = std::collections::BTreeMap::from([(
        "ES_PASSWORD".to_owned(),
        crate::domain::secret::Secret::new("canary".to_owned()),
    )]);
    let side = |environment: &str| {
        let rendering = render(&workspace, workspace.environment(&name(environment)).unwrap(), &secrets);
        Side::of(Arc::new(rendering), Arc::clone(&workspace))
    };
    compare::diff(&side(old), &side(new))
}

/// A plan of a deploy of that environment.
pub(crate) fn plan(environment: &str, guard: Guard) -> Plan {
    let previous = container(environment, 12);
    let environment = name(environment);
    let step = |step, what: &str| PlannedStep { step, what: what.into() };
    Plan {
        endpoint: Endpoint("unix:///var/run/docker.sock".into()),
        release: ReleaseNumber(13),
        container: ContainerSpec {
            name: format!("elastalert-{}-13", environment.slug()),
            image: "alertdeck/elastalert:2.32.0".into(),
            env: std::collections::BTreeMap::new(),
            labels: labels("elastalert", &environment, role::ELASTALERT, Some(ReleaseNumber(13))),
            volumes: Vec::new(),
            network: None,
            user: None,
            entrypoint: None,
            command: None,
            cap_add: Vec::new(),
        },
        mounts: Mounts::default(),
        gate: GateSettings::default(),
        expected_rules: 5,
        steps: vec![
            step(Step::Image, "use alertdeck/elastalert:2.32.0, which is there"),
            step(Step::Lock, "take the lock elastalert-ci-lock"),
            step(Step::Stage, "fill two new volumes with 7 files"),
            step(Step::Preflight, "let the ElastAlert of alertdeck/elastalert:2.32.0 load them"),
            step(Step::Create, "create elastalert-ci-13, not started"),
            step(Step::Stop, "stop elastalert-ci-12 (running since 2 h)"),
            step(Step::Start, "start elastalert-ci-13"),
            step(Step::Gate, "watch it until 5 rules are loaded and it lived 10 s"),
            step(Step::Keep, "let the engine restart it, remove what is older than five releases"),
        ],
        changes: ChangeCount { changed: 1, renamed: 0, added: 0, removed: 1 },
        obstacles: Vec::new(),
        warnings: vec![
            Problem::new(
                "plan.restart",
                "four rules look back an hour and are blind until they have seen it again",
            )
            .hint("deploy when nobody needs them"),
        ],
        by_hand: ByHand::default(),
        revision: None,
        fingerprint: Fingerprint {
            engine: "engine".into(),
            container: Some(previous.id.0.clone()),
            rendering: overview(1).rendering(&environment).unwrap().hash.clone(),
        },
        kind: crate::domain::journal::Kind::Deploy,
        nothing_to_do: false,
        previous: Some(previous),
        environment,
        guard,
    }
}

pub(crate) fn unreachable() -> Problem {
    Problem::new(code::ENGINE_UNREACHABLE, "no engine answers at unix:///var/run/docker.sock")
        .why("connect: no such file or directory")
        .hint("start Docker, or name another engine with DOCKER_HOST")
}

/// A line of a log.
pub(crate) fn log_line(second: i64, level: Level, text: &str) -> LogLine {
    LogLine { at: Some(at(second)), stream: Stream::Stderr, level, text: text.into() }
}

/// A console and the keys and facts that go into it.
pub(crate) struct Script {
    pub(crate) model: Model,
}

impl Script {
    /// A console that just started.
    pub(crate) fn new() -> Self {
        let header = Header { workspace: "/home/ana/alerts".into(), demo: false, theme: "dark".into() };
        let mut script = Self { model: Model::new(header, at(0)) };
        let viewports = Viewports {
            environments: 4,
            rules: 8,
            detail: 12,
            detail_width: 60,
            detail_rows: 7,
            dialog: 10,
            dialog_rows: 40,
            ..Viewports::default()
        };
        script.send(Msg::Viewed(viewports));
        script
    }

    /// A console on the sample workspace.
    pub(crate) fn opened() -> Self {
        Self::with_environments(0)
    }

    /// A console on a workspace with much that is wrong.
    pub(crate) fn broken() -> Self {
        let mut files: Vec<(String, String)> =
            FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        for number in 0..30 {
            let alert = if number % 2 == 0 { "" } else { "alert: debug\n" };
            let text = format!("name: More {number}\ntype: any\nindex: logs-*\nowner: @@TITLE@@\n{alert}");
            files.push((format!("rules/more/rule-{number:02}.yaml"), text));
        }
        for (layer, value) in [("Default", "plain"), ("CI", "errors: all"), ("Staging", "errors: some")] {
            files.push((format!("config/substitutions/{layer}.conf"), format!("TITLE={value}\nOLD=1\n")));
        }
        Self::reading(files)
    }

    /// A console on a workspace of these files.
    pub(crate) fn reading(files: Vec<(String, String)>) -> Self {
        let mut script = Self::new();
        let effects = script.send(Msg::Started);
        let Some(Effect::Start { ticket, .. }) = effects.first() else { panic!("{effects:?}") };
        let overview = Overview::of(build(Sources {
            root: "/home/ana/alerts".into(),
            prefix: "",
            revision: 1,
            files: files.into_iter().map(|(path, text)| (path, Bytes::from(text.into_bytes()))).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        }));
        script.done(*ticket, Outcome::Opened(Ok(overview)));
        script
    }

    /// A console on the sample workspace with so many environments more.
    pub(crate) fn with_environments(more: usize) -> Self {
        let mut script = Self::new();
        let effects = script.send(Msg::Started);
        let Some(Effect::Start { ticket, .. }) = effects.first() else { panic!("{effects:?}") };
        script.done(*ticket, Outcome::Opened(Ok(with_environments(1, more))));
        script
    }

    /// The same with everything running: CI fine, Staging degraded, Production without its process.
    pub(crate) fn running() -> Self {
        let mut script = Self::opened();
        script.engine(true);
        for (environment, release, sync) in [
            ("CI", 12, Sync::InSync),
            ("Staging", 7, Sync::Differs { files: 3 }),
            ("Production", 41, Sync::Differs { files: 1 }),
        ] {
            let environment_name = name(environment);
            script.fact(FactKind::Containers {
                environment: environment_name.clone(),
                answer: Ok(vec![container(environment, release)]),
            });
            script.fact(FactKind::Sync { environment: environment_name.clone(), sync: Ok(sync) });
        }
        script.fact(FactKind::Containers { environment: name("Default"), answer: Ok(Vec::new()) });
        let health = [
            ("CI", ladder(RungName::Alerts, State::Ok, "no alert failed to be sent")),
            (
                "Staging",
                ladder(
                    RungName::Runs,
                    State::Degraded,
                    "“Errors of the app” ran last 4 min ago, every 1 min",
                ),
            ),
            (
                "Production",
                ladder(RungName::Process, State::Failing, "no ElastAlert process among 3 processes"),
            ),
        ];
        for (environment, ladder) in health {
            script.fact(FactKind::Health { environment: name(environment), ladder });
        }
        let process = |pid, ppid, args: &str| Process {
            pid,
            ppid,
            elapsed: Some(7_260),
            threads: Some(9),
            args: args.into(),
        };
        let table = ProcessTable {
            processes: vec![
                process(1, 0, "/usr/bin/tini -- supervisord"),
                process(9, 1, "/usr/bin/python3 /usr/bin/supervisord -n"),
                process(
                    14,
                    9,
                    "/usr/bin/python3 -m elastalert.elastalert --verbose --config /opt/config/elastalert.yaml",
                ),
                process(77, 9, "tail -f /opt/logs/elastalert.log"),
            ],
            root: Some(1),
        };
        script.fact(FactKind::Processes { environment: name("CI"), answer: Ok(table) });
        let ticket = Ticket(script.model.tickets);
        script.done(ticket, Outcome::Diff(Ok(diff())));
        script
    }

    pub(crate) fn send(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    pub(crate) fn done(&mut self, ticket: Ticket, outcome: Outcome) -> Vec<Effect> {
        self.send(Msg::Done { ticket, outcome })
    }

    pub(crate) fn fact(&mut self, what: FactKind) -> Vec<Effect> {
        let at = self.model.now;
        self.send(Msg::Fact(Box::new(Fact { at, what })))
    }

    /// The engine answers, or does not and is asked again in 4 s.
    pub(crate) fn engine(&mut self, answers: bool) -> Vec<Effect> {
        let info =
            EngineInfo { id: "engine".into(), version: "28.1.0".into(), api: "1.49".into(), time: None };
        let retry = (!answers).then(|| at(self.model.now.as_second() - START + 4));
        self.fact(FactKind::Engine {
            endpoint: Endpoint("unix:///var/run/docker.sock".into()),
            environments: ["Default", "CI", "Staging", "Production"].map(name).to_vec(),
            answer: if answers { Ok(info) } else { Err(unreachable()) },
            retry,
        })
    }

    /// Presses keys, written as the table writes them, and gives back all effects.
    pub(crate) fn keys(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace()
            .flat_map(|key| {
                let key: Key = key.parse().unwrap();
                self.send(Msg::Key(key))
            })
            .collect()
    }

    pub(crate) fn tick(&mut self, second: i64) -> bool {
        let before = self.model.revision();
        self.send(Msg::Tick(at(second)));
        self.model.revision() != before
    }

    /// Asks for a plan of the selected environment and gets it.
    pub(crate) fn planned(&mut self, guard: Guard) {
        let environment = self.model.environment_name().unwrap();
        self.keys("d");
        let ticket = Ticket(self.model.tickets);
        let plan = plan(environment.as_str(), guard);
        self.done(ticket, Outcome::Plan(Ok((Arc::new(plan), diff()))));
    }

    pub(crate) fn log(&mut self, lines: Vec<LogLine>) {
        let ticket = self.model.log.ticket.unwrap();
        self.send(Msg::Log { ticket, batch: LogBatch { lines } });
    }
}
