//! What the deploy tests stand on: a workspace of two rules and a secret, an engine with a foreign container on it, and
//! the invariants that must hold whatever happened. Everything runs on tokio's paused clock.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::domain::container::{Container, Mount, RestartPolicy};
use crate::domain::environment::{EnvName, GateSettings, Guard, SearchSettings, Target};
use crate::domain::label::{self, role};
use crate::domain::plan::{self, Desired, Options, Plan, Step};
use crate::domain::problem::{Place, Problem};
use crate::domain::progress::{DeployReport, Progress, StepEvent, Verdict};
use crate::domain::render::{Insertion, RenderedFile, Rendering};
use crate::domain::rule::Rule;
use crate::domain::workspace::Environment;
use crate::engine::Engine;
use crate::engine::deploy::{Work, observe};
use crate::engine::fake::{Behaviour, FakeDocker, FakeWorld, Fate, Given, Program};

pub(super) const IMAGE: &str = "alertdeck/elastalert:2.31.0";
pub(super) const SECRET: &str = "xoxb-canary-7f3a/+";
const PASSWD: &str = "elastalert:x:1000:1000::/home/elastalert:/bin/bash\n";

pub(super) fn ci() -> EnvName {
    "CI".parse().unwrap()
}

pub(super) struct Bench {
    pub(super) engine: Engine<FakeWorld>,
    pub(super) docker: FakeDocker,
    pub(super) environment: Environment,
    foreign: Container,
}

/// How a deploy ended and what it told.
pub(super) struct Ended {
    pub(super) result: Result<DeployReport, Problem>,
    pub(super) told: Vec<Progress>,
}

impl Ended {
    pub(super) fn report(&self) -> &DeployReport {
        self.result.as_ref().unwrap()
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.report().verdict
    }

    /// The cause of a report, in one line.
    pub(super) fn cause(&self) -> String {
        self.report().cause.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The steps that began, in order.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.told.iter().filter(|told| told.event == StepEvent::Started).map(|told| told.step).collect()
    }
}

/// A rendering whose rules have these texts.
pub(super) fn rendering(rules: &[(&str, &str)], hash: &str) -> Rendering {
    let file = |path: String, text: &str| RenderedFile {
        path,
        bytes: Zeroizing::new(text.as_bytes().to_vec()),
        insertions: Vec::new(),
    };
    let config =
        format!("es_host: search\nes_port: 9200\nrules_folder: /opt/rules\nslack_webhook_url: {SECRET}\n");
    let start = config.find(SECRET).unwrap();
    let mut config = file("config/elastalert.yaml".into(), &config);
    config.insertions.push(Insertion {
        range: start..start + SECRET.len(),
        key: "SLACK_WEBHOOK".into(),
        secret: true,
        overlay: false,
        replaced: 0..0,
        template: Place::line("config/elastalert.yaml", 4),
        chain: std::sync::Arc::default(),
    });
    let mut files = vec![config, file("config/supervisord.conf".into(), "[program:elastalert]\n")];
    files.extend(rules.iter().map(|(path, text)| file(format!("rules/{path}"), text)));
    let rules = files
        .iter()
        .filter(|file| file.path.strip_suffix(".yaml").is_some_and(|path| path.starts_with("rules/")))
        .map(|file| Rule {
            path: file.path.clone(),
            name: file.path.clone(),
            kind: "any".into(),
            alerts: Vec::new(),
            enabled: true,
        })
        .map(std::sync::Arc::new)
        .collect();
    Rendering {
        environment: ci(),
        files: files.into_iter().map(std::sync::Arc::new).collect(),
        rules,
        excluded: Vec::new(),
        by_hand: crate::domain::by_hand::ByHand::default(),
        holes: Vec::new(),
        findings: Vec::new(),
        hash: hash.into(),
    }
}

const GOOD: &str = "name: n\ntype: any\nalert: debug\n";

pub(super) fn good(hash: &str) -> Rendering {
    rendering(&[("a.yaml", GOOD), ("deep/er/b.yaml", GOOD), ("lists/hosts.txt", "one\ntwo\n")], hash)
}

pub(super) fn broken() -> Rendering {
    rendering(&[("a.yaml", GOOD), ("b.yaml", "name: n\ntype: any\n")], "broken")
}

impl Bench {
    /// An engine with the image and a foreign container, and nothing of ours.
    pub(super) fn new() -> Self {
        let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
        let docker = world.default_engine();
        docker.put_image(IMAGE, "elastalert", PASSWD);
        let given = Given {
            name: "elastalert".into(),
            image: IMAGE.into(),
            labels: BTreeMap::new(),
            env: BTreeMap::new(),
            mounts: vec![Mount {
                source: "elastalert-rules".into(),
                target: "/opt/other".into(),
                read_only: false,
                volume: true,
            }],
            restart_policy: RestartPolicy::Always,
            removes_itself: false,
            command: vec!["sleep".into(), "1000000".into()],
        };
        docker.give(given, true);
        let foreign = docker.all().remove(0);
        let environment = Environment {
            name: ci(),
            order: 0,
            guard: Guard::Open,
            target: Target { image: Some(IMAGE.into()), ..Target::default() },
            gate: GateSettings::default(),
            search: SearchSettings::default(),
            exclusions: Vec::new(),
            values: BTreeMap::new(),
            secrets: BTreeMap::new(),
            overlays: Vec::new(),
            env_places: BTreeMap::new(),
            masker: crate::domain::mask::Masker::default(),
        };
        let mut engine = Engine::new(world, "/w".into(), Vec::new());
        engine.by = "ann@laptop".into();
        Self { engine, docker, environment, foreign }
    }

    /// The same, and release 1 runs.
    pub(super) async fn with_release_1() -> Self {
        let bench = Self::new();
        let ended = bench.deploy(good("one")).await;
        assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
        bench.check(&ended);
        bench
    }

    /// What containers of that release do, instead of being healthy.
    pub(super) fn release_behaves(&self, release: &'static str, behaviour: Behaviour) {
        self.docker.put_program(Program::new(move |launch| {
            let mine = launch.labels.get(label::RELEASE).is_some_and(|found| found == release)
                && launch.labels.get(label::ROLE).is_some_and(|found| found == role::ELASTALERT);
            mine.then(|| launch.elastalert(&behaviour))
        }));
    }

    pub(super) fn release_meets(&self, release: &'static str, fate: Fate) {
        self.release_behaves(release, Behaviour { fate, ..Behaviour::default() });
    }

    pub(super) async fn plan(&self, rendering: &Rendering) -> Plan {
        self.plan_with(rendering, Options::default()).await
    }

    async fn plan_with(&self, rendering: &Rendering, options: Options) -> Plan {
        let observed = observe(&self.docker, "elastalert", &self.environment).await.unwrap();
        let desired = Desired {
            workspace: "elastalert",
            environment: &self.environment,
            rendering,
            findings: &[],
            missing_secrets: None,
            revision: None,
            secret_notes: &[],
        };
        plan::make(&desired, &observed, options)
    }

    pub(super) async fn deploy(&self, rendering: Rendering) -> Ended {
        let plan = self.plan(&rendering).await;
        self.carry_out(&plan, rendering, CancellationToken::new()).await
    }

    /// Deploys although the check, the preflight among it, would find something.
    pub(super) async fn deploy_unchecked(&self, rendering: Rendering) -> Ended {
        let plan = self.plan_with(&rendering, Options { skip_check: true }).await;
        self.carry_out(&plan, rendering, CancellationToken::new()).await
    }

    pub(super) async fn carry_out(
        &self,
        plan: &Plan,
        rendering: Rendering,
        stop: CancellationToken,
    ) -> Ended {
        let work = Work {
            docker: self.docker.clone(),
            workspace: "elastalert",
            environment: &self.environment,
            plan,
            rendering,
            sources: None,
        };
        let (sender, mut receiver) = mpsc::channel(8);
        let mut told = Vec::new();
        let deploy = self.engine.carry_out(&work, sender, stop);
        let listen = async {
            while let Some(progress) = receiver.recv().await {
                told.push(progress);
            }
        };
        let (result, ()) = tokio::join!(deploy, listen);
        Ended { result, told }
    }

    /// Containers of ours that run `ElastAlert`.
    pub(super) fn ours(&self) -> Vec<Container> {
        let mut ours = self.docker.all();
        ours.retain(|container| container.has_role(role::ELASTALERT));
        ours
    }

    pub(super) fn alive(&self) -> Vec<Container> {
        let mut alive = self.ours();
        alive.retain(|container| container.state.is_alive());
        alive
    }

    /// The name of the one that lives, and its restart policy.
    pub(super) fn living(&self) -> (String, RestartPolicy) {
        let alive = self.alive();
        assert_eq!(alive.len(), 1, "{alive:?}");
        (alive[0].name.clone(), alive[0].restart_policy.clone())
    }

    /// What must hold after every deploy, however it went.
    pub(super) fn check(&self, ended: &Ended) {
        self.never_two();
        assert!(self.alive().len() <= 1);
        self.foreign_untouched();
        self.no_secret(ended);
        let lock = self.docker.all().into_iter().find(|container| container.has_role(role::LOCK));
        if let Ok(report) = &ended.result {
            let way_out = |id: &str| report.commands.iter().any(|command| command.contains(id));
            assert!(lock.is_none_or(|lock| way_out(lock.id.short())), "a lock stays and nobody says so");
            let spoken = report.cause.is_some() || report.verdict == Verdict::Healthy;
            assert!(spoken, "a failure without a cause");
        }
    }

    fn foreign_untouched(&self) {
        let id = &self.foreign.id.0;
        let touched = self.docker.calls().into_iter().find(|(call, about)| call.changes() && about == id);
        assert_eq!(touched, None, "a foreign container was touched");
        let mut foreign = self.docker.all().into_iter().find(|container| container.id.0 == *id).unwrap();
        // A restart of the engine starts it anew, and that is not us.
        foreign.started_at = self.foreign.started_at;
        foreign.pid = self.foreign.pid;
        assert_eq!(foreign, self.foreign);
    }

    pub(super) fn never_two(&self) {
        let ours: BTreeSet<_> = self.ours().into_iter().map(|container| container.id).collect();
        let mut alive = BTreeSet::new();
        for event in self.docker.history() {
            match event.action.as_str() {
                "start" if ours.contains(&event.id) => {
                    alive.insert(event.id);
                }
                "die" => {
                    alive.remove(&event.id);
                }
                _ => {}
            }
            assert!(alive.len() <= 1, "two ElastAlerts: {:?}", self.docker.history());
        }
    }

    fn no_secret(&self, ended: &Ended) {
        let mut readable = format!("{:?} {:?}", ended.result, ended.told);
        readable.push_str(&serde_json::to_string(&ended.told).unwrap());
        for container in self.docker.all() {
            readable.push_str(&self.docker.readable(&container.id).unwrap());
        }
        for form in [SECRET, "xoxb-canary", "canary-7f3a"] {
            assert!(!readable.contains(form), "a secret is readable: {readable}");
        }
    }
}
