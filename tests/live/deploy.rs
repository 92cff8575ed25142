//! Deploys of the sample workspace to a real engine, with a real ElastAlert that queries the real search engine. Each
//! case works on a copy under a name and a writeback index that no other run has, and removes whatever it made.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant};

use alertdeck::domain::container::{Container, ContainerId, RestartPolicy};
use alertdeck::domain::diff::{Against, FileDiff, FileStatus, Spoken};
use alertdeck::domain::environment::EnvName;
use alertdeck::domain::journal::Kind;
use alertdeck::domain::label::{self, Labels, role};
use alertdeck::domain::log::{Assembler, LogLine, Since};
use alertdeck::domain::overview::Overview;
use alertdeck::domain::plan::{ContainerSpec, Options, Plan, ReleaseNumber, Step};
use alertdeck::domain::progress::{DeployReport, Progress, StepEvent, Verdict};
use alertdeck::domain::remote::Timestamp;
use alertdeck::engine::docker::{DEFAULT_SOCKET, DockerSettings, RealDocker};
use alertdeck::engine::live::RealWorld;
use alertdeck::engine::{Docker as _, Engine, Search as _, World as _};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{IMAGE, variable};

/// How long the real world may take for what it does in its own time.
const PATIENCE: Duration = Duration::from_secs(75);

/// The sample workspace under a name of its own, and the engine.
pub(crate) struct Stage {
    pub(crate) engine: Engine<RealWorld>,
    pub(crate) docker: RealDocker,
    pub(crate) workspace: String,
    pub(crate) index: String,
    pub(crate) folder: tempfile::TempDir,
    /// Containers made by the case itself.
    made: Vec<ContainerId>,
}

/// How a deploy ended, and what it told.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) report: DeployReport,
    told: Vec<Progress>,
    /// When the first failure was told.
    pub(crate) failed_at: Option<Timestamp>,
}

impl Ended {
    pub(crate) fn cause(&self) -> String {
        self.report.cause.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn done(&self, step: Step) -> String {
        let text = self.told.iter().find_map(|told| match &told.event {
            StepEvent::Done { text, .. } if told.step == step => Some(text.clone()),
            _ => None,
        });
        text.unwrap_or_default()
    }

    fn took(&self, step: Step) -> Duration {
        self.report
            .timings
            .iter()
            .find(|(other, _)| *other == step)
            .map(|(_, took)| *took)
            .unwrap_or_default()
    }
}

pub(crate) fn or(name: &str, usual: &str) -> String {
    variable(name).unwrap_or_else(|| usual.to_owned())
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

pub(crate) fn ci() -> EnvName {
    "CI".parse().unwrap()
}

impl Stage {
    fn new(run: &str) -> Self {
        let workspace = format!("alertdeck-live-{run}");
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in ["config", "rules"] {
            copy(&source.join(part), &folder.path().join(part));
        }
        let index = workspace.replace('-', "_");
        let search = or("ALERTDECK_DEV_SEARCH_URL", "http://127.0.0.1:19200");
        let set = [
            ("IMAGE_ID", variable(IMAGE).unwrap_or_default()),
            ("NETWORK", or("ALERTDECK_DEV_NETWORK", "alertdeck-dev")),
            ("ES_HOST", or("ALERTDECK_DEV_ES_HOST", "alertdeck-dev-search")),
            ("ES_PORT", or("ALERTDECK_DEV_ES_PORT", "9200")),
            ("SEARCH_URL", search),
            ("WRITEBACK_INDEX", index.clone()),
        ];
        let set = set.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let host = variable("DOCKER_HOST").unwrap_or_else(|| DEFAULT_SOCKET.to_owned());
        let settings = DockerSettings { host: Some(host), context: None, tls: false, folder: None };
        let world = RealWorld::new(settings);
        let docker = world.docker(None).unwrap();
        let engine = Engine::new(world, folder.path().to_path_buf(), set).signed("live@test".to_owned());
        let stage = Self { engine, docker, workspace, index, folder, made: Vec::new() };
        stage.edit("config/environments/Default.yaml", |text| {
            text.replace("workspace: elastalert", &format!("workspace: {}", stage.workspace))
        });
        stage.write(
            ".dev/slack-webhook",
            &or("SLACK_WEBHOOK", "http://alertdeck-dev-sink:8080/services/T/B/live"),
        );
        stage
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(path);
        let before = fs::read_to_string(&path).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after, "the edit of {} changes nothing", path.display());
        fs::write(path, after).unwrap();
    }

    pub(crate) async fn deploy(&self, options: Options) -> Ended {
        let overview: Overview = self.engine.open(1).await.unwrap();
        let (plan, _) = self.engine.plan(&overview, &ci(), options).await.unwrap();
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
        self.carry_out(&overview, &plan).await
    }

    async fn carry_out(&self, overview: &Overview, plan: &Plan) -> Ended {
        let (sender, mut receiver) = mpsc::channel(64);
        let (mut told, mut failed_at) = (Vec::new(), None);
        let (report, ()) =
            tokio::join!(self.engine.deploy(overview, plan, sender, CancellationToken::new()), async {
                while let Some(progress) = receiver.recv().await {
                    if matches!(progress.event, StepEvent::Failed { .. }) {
                        failed_at.get_or_insert_with(Timestamp::now);
                    }
                    told.push(progress);
                }
            });
        Ended { report: report.unwrap(), told, failed_at }
    }

    pub(crate) async fn healthy(&self) -> Ended {
        let ended = self.deploy(Options::default()).await;
        assert_eq!(ended.report.verdict, Verdict::Healthy, "{}\n{:#?}", ended.cause(), ended.report.log_tail);
        ended
    }

    pub(crate) async fn ours(&self) -> Vec<Container> {
        let labels = label::labels(&self.workspace, &ci(), role::ELASTALERT, None);
        self.docker.containers(&labels).await.unwrap()
    }

    pub(crate) async fn living(&self) -> Container {
        let mut alive = self.ours().await;
        alive.retain(|container| container.state.is_alive());
        assert_eq!(alive.len(), 1, "{alive:?}");
        alive.remove(0)
    }

    pub(crate) async fn log(&self, id: &ContainerId) -> Vec<LogLine> {
        let mut assembler = Assembler::default();
        let chunks: Vec<_> = self.docker.logs(id, Since::Beginning, false).collect().await;
        let lines = chunks.into_iter().map(Result::unwrap);
        lines.flat_map(|chunk| assembler.push(chunk.stderr, &chunk.bytes)).collect()
    }

    async fn search(&self, path: &str, body: Value) -> Option<Value> {
        let url = or("ALERTDECK_DEV_SEARCH_URL", "http://127.0.0.1:19200");
        self.engine.world.search().ask(&url, path, Some(body)).await.ok()
    }

    /// A container of nobody's that looks much like one of ours, except for its labels.
    pub(crate) async fn give(&mut self, name: &str, command: &[&str]) -> Container {
        let spec = ContainerSpec {
            name: format!("{}-{name}", self.workspace),
            image: variable(IMAGE).unwrap_or_default(),
            env: std::collections::BTreeMap::new(),
            labels: Labels::new(),
            volumes: Vec::new(),
            network: Some(or("ALERTDECK_DEV_NETWORK", "alertdeck-dev")),
            user: None,
            entrypoint: Some(Vec::new()),
            command: Some(command.iter().map(|&word| word.to_owned()).collect()),
            cap_add: Vec::new(),
        };
        let id = self.docker.create(&spec).await.unwrap();
        self.made.push(id.clone());
        self.docker.start(&id).await.unwrap();
        self.docker.container(&id.0).await.unwrap().unwrap()
    }

    async fn is_untouched(&self, foreign: &Container) {
        let now = self.docker.container(&foreign.id.0).await.unwrap().unwrap();
        assert_eq!(&now, foreign, "a foreign container was touched");
    }

    /// Removes everything that carries the name of this run.
    async fn clean(&self) {
        let labels = Labels::from([(label::WORKSPACE.to_owned(), self.workspace.clone())]);
        let mut ids = self.made.clone();
        ids.extend(
            self.docker.containers(&labels).await.unwrap_or_default().into_iter().map(|found| found.id),
        );
        for id in ids {
            drop(self.docker.set_restart_policy(&id, &RestartPolicy::No).await);
            drop(self.docker.stop(&id, Duration::from_secs(1)).await);
            drop(self.docker.remove(&id).await);
        }
        for volume in self.docker.volumes(&labels).await.unwrap_or_default() {
            drop(self.docker.remove_volume(&volume.name).await);
        }
        let url = or("ALERTDECK_DEV_SEARCH_URL", "http://127.0.0.1:19200");
        for suffix in ["", "_status", "_silence", "_error", "_past"] {
            let index = format!("{url}/{}{suffix}", self.index);
            drop(tokio::task::spawn_blocking(move || ureq::delete(index).call()).await);
        }
    }
}

/// Asks again and again until there is an answer.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "not seen in {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Runs a case, and cleans up after it however it ended.
pub(crate) async fn on_a_stage(run: &str, case: impl AsyncFnOnce(&mut Stage)) {
    let mut stage = Stage::new(run);
    let ended = AssertUnwindSafe(case(&mut stage)).catch_unwind().await;
    stage.clean().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

pub(crate) async fn a_deployed_environment_runs_its_rules_and_alerts(stage: &mut Stage) {
    let ended = stage.healthy().await;
    assert!(ended.done(Step::Gate).starts_with("9 rules loaded, process "), "{}", ended.done(Step::Gate));
    let living = stage.living().await;
    assert_eq!(living.restart_policy, RestartPolicy::UnlessStopped);
    let table = stage.docker.processes(&living.id).await.unwrap();
    assert!(table.elastalert().is_some(), "{table:?}");
    let mounts: Vec<bool> = living.mounts.iter().map(|mount| mount.read_only).collect();
    assert_eq!(mounts, [true, false, true], "config, logs and rules");
    let again = stage.engine.open(1).await.unwrap();
    let (plan, _) = stage.engine.plan(&again, &ci(), Options::default()).await.unwrap();
    assert!(plan.nothing_to_do, "what was just deployed needs no deploy: {plan:?}");
    eventually("a run in the log", async || {
        stage
            .log(&living.id)
            .await
            .iter()
            .any(|line| line.text.contains("INFO:elastalert:Ran "))
            .then_some(())
    })
    .await;
    let sent = json!({ "query": { "term": { "alert_sent": true } } });
    eventually("an alert that ElastAlert wrote into the search engine", async || {
        let answer = stage.search(&format!("{}/_search", stage.index), sent.clone()).await?;
        answer["hits"]["hits"].as_array().filter(|hits| !hits.is_empty()).map(|_| ())
    })
    .await;
}

/// Two releases: what runs is the second, the container of the first is kept, and either can be compared.
pub(crate) async fn what_was_deployed_can_be_compared(stage: &mut Stage) {
    stage.healthy().await;
    let rule = "rules/platform-heartbeat.yaml";
    stage.edit(rule, |text| format!("{text}\n# a second release\npriority: 4\n"));
    stage.healthy().await;
    let overview = stage.engine.open(2).await.unwrap();
    let compare = async |old: &str, new: &str| {
        let side = |text: &str| text.parse::<Spoken>().unwrap().of(&ci());
        let diff = stage.engine.compare_sides(&overview, &side(old), &side(new)).await.unwrap();
        let shown = serde_json::to_string(&diff).unwrap();
        let webhook = fs::read_to_string(stage.folder.path().join(".dev/slack-webhook")).unwrap();
        assert!(!shown.contains(webhook.trim()), "{shown}");
        diff
    };
    for (old, new) in [("running", "CI"), ("running", "release:2")] {
        let same = compare(old, new).await;
        assert!(!same.count().any() && !same.files.is_empty(), "{old} → {new}: {same:?}");
    }
    for (old, new) in [("release:1", "CI"), ("release:1", "running")] {
        let diff = compare(old, new).await;
        let changed: Vec<&FileDiff> =
            diff.files.iter().filter(|file| file.status != FileStatus::Unchanged).collect();
        let [file] = changed.as_slice() else { panic!("{old} → {new}: {changed:?}") };
        assert_eq!((file.path.as_str(), file.removed), (rule, 0));
        let values = file.values().unwrap_or_default();
        assert_eq!(values.iter().map(|value| value.path.as_str()).collect::<Vec<_>>(), ["priority"]);
        assert!(diff.old.starts_with("release 1 ("), "{}", diff.old);
    }
    let overview = stage.engine.open(3).await.unwrap();
    let missing = Against::Release(ReleaseNumber(9));
    let problem = stage.engine.compare(&overview, &ci(), missing).await.unwrap_err();
    assert!(problem.hint.unwrap_or_default().contains("release:1, release:2"));
}

/// Two releases and back to the first: its rules run as the third, and the history tells all three.
pub(crate) async fn a_release_of_before_runs_again(stage: &mut Stage) {
    stage.healthy().await;
    let rule = "rules/platform-heartbeat.yaml";
    fs::remove_file(stage.folder.path().join(rule)).unwrap();
    let second = stage.healthy().await;
    assert!(second.done(Step::Gate).starts_with("8 rules loaded, "), "{}", second.done(Step::Gate));
    let overview: Overview = stage.engine.open(2).await.unwrap();
    let (plan, diff) = stage.engine.plan_back(&overview, &ci(), None, false).await.unwrap();
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    let changed: Vec<&FileDiff> =
        diff.files.iter().filter(|file| file.status != FileStatus::Unchanged).collect();
    assert_eq!(changed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [rule]);
    let ended = stage.carry_out(&overview, &plan).await;
    assert_eq!(ended.report.verdict, Verdict::Healthy, "{}\n{:#?}", ended.cause(), ended.report.log_tail);
    assert!(ended.done(Step::Gate).starts_with("9 rules loaded, "), "{}", ended.done(Step::Gate));
    let living = stage.living().await;
    assert_eq!(living.release(), Some(ReleaseNumber(3)));
    let history = stage.engine.history(&overview, &ci()).await.unwrap();
    let told: Vec<_> = history.iter().map(|record| (record.release.0, record.undertaking.kind)).collect();
    let back = Kind::Rollback { to: ReleaseNumber(1), as_it_was: false };
    assert_eq!(told, [(3, back), (2, Kind::Deploy), (1, Kind::Deploy)]);
}

pub(crate) async fn a_broken_rule_is_put_back_and_nobody_elses_container_is_touched(stage: &mut Stage) {
    let foreign = stage.give("elastalert", &["sleep", "300"]).await;
    stage.healthy().await;
    let before = stage.living().await;
    stage.edit("rules/app-errors.yaml", |text| text.replace("\nalert:", "\nalerts:"));
    let refused = stage.engine.open(1).await.unwrap();
    let (plan, _) = stage.engine.plan(&refused, &ci(), Options::default()).await.unwrap();
    assert!(!plan.obstacles.is_empty(), "the check finds it");
    let ended = stage.deploy(Options { skip_check: true }).await;
    assert_eq!(ended.report.verdict, Verdict::PutBack, "{}", ended.cause());
    assert!(ended.cause().contains("app-errors.yaml"), "{}", ended.cause());
    let after = stage.living().await;
    assert_eq!((&after.id, &after.restart_policy), (&before.id, &RestartPolicy::UnlessStopped));
    assert!(stage.docker.processes(&after.id).await.unwrap().elastalert().is_some());
    let failed = stage.ours().await.into_iter().find(|container| container.id != before.id).unwrap();
    assert_eq!((failed.state.is_alive(), &failed.restart_policy), (false, &RestartPolicy::No));
    let lock = format!("{}-ci-lock", stage.workspace);
    assert_eq!(stage.docker.container(&lock).await.unwrap(), None, "the lock is given back");
    stage.is_untouched(&foreign).await;
}

/// Code of the image is nothing that the check can look into.
pub(crate) async fn what_only_the_image_can_tell_is_refused_before_anything_is_touched(stage: &mut Stage) {
    let good = stage.healthy().await;
    assert!(good.done(Step::Preflight).starts_with("9 rules load in ElastAlert 2."), "{good:?}");
    let before = stage.living().await;
    stage
        .edit("rules/platform-heartbeat.yaml", |text| text.replace("type: flatline", "type: no.such.Module"));
    let ended = stage.deploy(Options::default()).await;
    assert_eq!(ended.report.verdict, Verdict::Refused, "{}", ended.cause());
    assert_eq!(ended.report.cause.as_ref().unwrap().code, "check.failed");
    assert!(ended.cause().contains("Could not import module no.such.Module"), "{}", ended.cause());
    assert!(ended.cause().contains("rules/platform-heartbeat.yaml:3"), "{}", ended.cause());
    assert_eq!(stage.living().await, before, "it was never touched");
    let labels = Labels::from([(label::WORKSPACE.to_owned(), stage.workspace.clone())]);
    let left = stage.docker.containers(&labels).await.unwrap();
    let preflight =
        |container: &&Container| container.has_role(role::PREFLIGHT) && container.state.is_alive();
    assert_eq!(left.iter().find(preflight), None);
}

pub(crate) async fn one_process_that_loads_for_20_seconds_and_dies_is_not_healthy(stage: &mut Stage) {
    // Accepts connections and never answers.
    let listener = "import socket, time\ns = socket.create_server(('', 9999))\nkeep = []\nwhile True: keep.append(s.accept())";
    let silent = stage.give("silent", &["python3", "-c", listener]).await;
    let name = silent.name.clone();
    stage.edit("rules/auth-new-admin.yaml", |text| {
        format!("{text}\nes_host: {name}\nes_port: 9999\nes_conn_timeout: 20\n")
    });
    let ended = stage.deploy(Options { skip_check: true }).await;
    assert_eq!(ended.report.verdict, Verdict::Down, "nothing ran before");
    let gate = ended.took(Step::Gate);
    assert!(gate > Duration::from_secs(18), "it was watched while it loaded, {gate:?}");
    assert!(gate < Duration::from_secs(50), "and not until the deadline, {gate:?}");
    assert_eq!(ended.report.cause.as_ref().unwrap().code, "gate.died", "{}", ended.cause());
    assert!(ended.cause().contains("Error searching for existing terms"), "{}", ended.cause());
    let alive = stage.ours().await.into_iter().filter(|container| container.state.is_alive()).count();
    assert_eq!(alive, 0);
    stage.is_untouched(&silent).await;
}

fn network(verb: &str, name: &str) {
    let docker = assert_cmd::Command::new("docker").args(["network", verb, name]).output().unwrap();
    assert!(docker.status.success(), "{}", String::from_utf8_lossy(&docker.stderr));
}

pub(crate) async fn a_network_that_goes_before_the_stop_costs_nothing(stage: &mut Stage) {
    stage.healthy().await;
    let before = stage.living().await;
    let name = stage.workspace.clone();
    stage.edit("config/environments/Default.yaml", |text| {
        text.replace("network: \"@@NETWORK@@\"", &format!("network: {name}"))
    });
    let overview = stage.engine.open(1).await.unwrap();
    // NETWORK is set by hand and nothing uses it any more, which is a warning.
    let (plan, _) = stage.engine.plan(&overview, &ci(), Options::default()).await.unwrap();
    assert_eq!(plan.obstacles.iter().map(|found| found.code).collect::<Vec<_>>(), ["deploy.network"]);
    network("create", &name);
    let (plan, _) = stage.engine.plan(&overview, &ci(), Options::default()).await.unwrap();
    network("rm", &name);
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    let (sender, mut receiver) = mpsc::channel(64);
    let (report, ()) =
        tokio::join!(stage.engine.deploy(&overview, &plan, sender, CancellationToken::new()), async {
            while receiver.recv().await.is_some() {}
        });
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::Refused, "{:?}", report.cause);
    assert_eq!(report.cause.unwrap().code, "deploy.network");
    assert_eq!(stage.living().await, before, "it was never touched");
    assert_eq!(stage.ours().await.len(), 1, "the new one is removed again");
}
