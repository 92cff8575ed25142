//! Opening, rendering and comparing as use cases, on a world in memory. The old side of a comparison is a container
//! that was filled through the archive API, as a deploy does it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::diff::{Against, Diff, FileDiff, FileStatus, LineChange};
use crate::domain::environment::EnvName;
use crate::domain::health::Sync;
use crate::domain::label::{labels, role};
use crate::domain::log::Since;
use crate::domain::overview::Overview;
use crate::domain::plan::{ContainerSpec, Options, ReleaseNumber, VolumeMount};
use crate::domain::problem::code;
use crate::domain::release::{MARKER, Release};
use crate::domain::render::Rendering;
use crate::engine::fake::{FakeWorld, Program, Script};
use crate::engine::running::running_files;
use crate::engine::{Docker, Engine, World};

pub(super) const FILES: &[(&str, &str)] = &[
    (
        "config/elastalert.yaml",
        "run_every: {minutes: 1}\nbuffer_time: {minutes: 5}\nes_host: @@ES_HOST@@\nes_port: 9200\nwriteback_index: w\nrules_folder: /opt/rules\n",
    ),
    (
        "config/environments/Default.yaml",
        "tokens: { ES_HOST: es.local, IMAGE_ID: i }\nsecrets: { HOOK: { env: HOOK } }\n",
    ),
    ("config/environments/CI.yaml", "tokens: { ES_HOST: es.ci }\nexclude: [b.yaml]\n"),
    ("config/environments/Production.yaml", "secrets: { HOOK: { command: [pass, hook] } }\n"),
    ("rules/a.yaml", "name: A\ntype: any\nindex: i\nalert: slack\nslack_webhook_url: \"@@HOOK@@\"\n"),
    ("rules/b.yaml", "name: B\ntype: any\nindex: i\nalert: debug\n"),
];

pub(super) fn name(name: &str) -> EnvName {
    name.parse().unwrap()
}

pub(super) fn engine() -> Engine<FakeWorld> {
    let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
    for (path, text) in FILES {
        world.files().put(format!("/w/{path}"), *text);
    }
    world.files().set_variable("HOOK", "https://canary/1");
    world.files().set_command(&["pass", "hook"], "https://canary/prod");
    Engine::new(world, PathBuf::from("/w"), Vec::new())
}

pub(super) async fn compare(engine: &Engine<FakeWorld>, environment: &str, against: Against) -> Diff {
    let overview = engine.open(1).await.unwrap();
    let diff = engine.compare(&overview, &name(environment), against).await.unwrap();
    assert!(!serde_json::to_string(&diff).unwrap().contains("canary"), "{diff:?}");
    diff
}

pub(super) fn statuses(diff: &Diff) -> Vec<(&str, FileStatus)> {
    diff.files.iter().map(|file| (file.path.as_str(), file.status)).collect()
}

pub(super) fn text(diff: &Diff) -> String {
    let lines = diff.files.iter().flat_map(FileDiff::hunks).flat_map(|hunk| &hunk.lines);
    let mut out = String::new();
    for line in lines {
        let text: String = line.pieces.iter().map(|piece| piece.text.as_str()).collect();
        writeln!(out, "{:?} {text}", line.change).unwrap();
    }
    out
}

/// Deploys a rendering by hand. Without a `release` there is no marker.
pub(super) async fn run(engine: &Engine<FakeWorld>, rendering: &Rendering, release: Option<ReleaseNumber>) {
    let docker = engine.world.default_engine();
    docker.put_image("i", "", "");
    let container = format!("elastalert-ci-{}", release.map_or(7, |number| number.0));
    let volume = |folder: &str| VolumeMount {
        volume: format!("{container}-{folder}"),
        target: format!("/elsewhere/{folder}"),
        read_only: false,
        labels: labels("elastalert", &rendering.environment, folder, None),
    };
    let spec = ContainerSpec {
        name: container.clone(),
        image: "i".into(),
        env: std::collections::BTreeMap::new(),
        labels: labels(
            "elastalert",
            &rendering.environment,
            role::ELASTALERT,
            Some(release.unwrap_or(ReleaseNumber(7))),
        ),
        volumes: vec![volume("config"), volume("rules")],
        network: None,
        user: None,
        entrypoint: None,
        command: Some(vec!["sleep".into(), "600".into()]),
        cap_add: Vec::new(),
    };
    let id = docker.create(&spec).await.unwrap();
    let mut files: Vec<(String, Vec<u8>)> =
        rendering.files.iter().map(|file| (file.path.clone(), file.bytes.to_vec())).collect();
    if let Some(number) = release {
        files.push((format!("config/{MARKER}"), Release::of(rendering, number).to_bytes()));
    }
    for folder in ["config", "rules"] {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, bytes) in &files {
            let Some(below) = path.strip_prefix(&format!("{folder}/")) else { continue };
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o600);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            archive.append_data(&mut header, below, bytes.as_slice()).unwrap();
        }
        let path = format!("/elsewhere/{folder}");
        docker.upload(&id, &path, archive.into_inner().unwrap()).await.unwrap();
    }
    docker.start(&id).await.unwrap();
}

pub(super) async fn for_use(engine: &Engine<FakeWorld>, environment: &str) -> (Overview, Rendering) {
    let overview = engine.open(1).await.unwrap();
    let rendering = engine.render_for_use(&overview.workspace, &name(environment)).await.unwrap();
    (overview, rendering)
}

#[tokio::test(start_paused = true)]
async fn a_workspace_is_opened_and_rendered_for_use() {
    let engine = engine();
    let (overview, rendering) = for_use(&engine, "CI").await;
    assert_eq!(overview.workspace.environments.len(), 3);
    assert!(String::from_utf8_lossy(&rendering.file("rules/a.yaml").unwrap().bytes).contains("canary"));
    assert_eq!(rendering.hash, overview.rendering(&name("CI")).unwrap().hash);
    let unknown = engine.rendering(&overview.workspace, &name("IC")).await.unwrap_err();
    assert_eq!(unknown.code, "environment.unknown");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_had_now_is_noted_and_no_command_is_asked_for_it() {
    let mut engine = engine();
    let missing = |overview: &Overview| {
        let found = overview.findings.iter().filter(|finding| finding.problem.code == code::SECRET_MISSING);
        found.map(|finding| finding.environment.clone().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert!(missing(&engine.open_noted(1).await.unwrap()).is_empty());
    engine.world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
    for (path, text) in FILES {
        engine.world.files().put(format!("/w/{path}"), *text);
    }
    let noted = engine.open_noted(2).await.unwrap();
    assert_eq!(missing(&noted), ["Default", "CI"], "Production asks a command");
    assert_eq!(engine.world.files().commands_run(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_had_is_told_with_its_provider() {
    let engine = engine();
    engine.world.files().put("/w/config/environments/CI.yaml", "secrets: { HOOK: { env: NOT_SET } }\n");
    let overview = engine.open(1).await.unwrap();
    let problem = engine.render_for_use(&overview.workspace, &name("CI")).await.unwrap_err();
    assert_eq!(problem.code, code::SECRET_MISSING);
    assert_eq!(
        problem.to_string(),
        "config/environments/CI.yaml:1:12: the secret HOOK cannot be had from the variable NOT_SET: it is not set"
    );
}

#[tokio::test(start_paused = true)]
async fn a_folder_without_config_is_no_workspace() {
    let engine = Engine { root: PathBuf::from("/nowhere"), ..engine() };
    assert_eq!(engine.open(1).await.unwrap_err().code, "workspace.missing");
}

#[tokio::test(start_paused = true)]
async fn environments_are_compared_with_their_real_secrets() {
    let engine = engine();
    let diff = compare(&engine, "CI", Against::Environment(name("Default"))).await;
    assert_eq!(
        statuses(&diff),
        [
            ("config/elastalert.yaml", FileStatus::Changed),
            ("rules/a.yaml", FileStatus::Unchanged),
            ("rules/b.yaml", FileStatus::Excluded)
        ]
    );
    let mut lines = diff.files[0].hunks()[0].lines.iter();
    let line = lines.find(|line| line.change == LineChange::Added).unwrap();
    assert_eq!(
        line.origin.as_deref(),
        Some("ES_HOST from config/environments/CI.yaml:1:11 (Default: es.local)")
    );
    let diff = compare(&engine, "Production", Against::Environment(name("Default"))).await;
    assert!(text(&diff).contains("Added slack_webhook_url: \"‹secret HOOK› (changed)\""), "{}", text(&diff));
    engine.world.files().set_command(&["pass", "hook"], "https://canary/1");
    let diff = compare(&engine, "Production", Against::Environment(name("Default"))).await;
    assert_eq!(diff.count().changed, 0, "another source, the same value");
}

#[tokio::test(start_paused = true)]
async fn with_nothing_deployed_every_file_is_added() {
    let diff = compare(&engine(), "CI", Against::Running).await;
    assert!(diff.files.iter().all(|file| file.status == FileStatus::Added));
    assert_eq!((diff.old.as_str(), diff.files.len()), ("nothing deployed", 2));
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_compared_by_its_files_and_its_secrets_stay_hidden() {
    let engine = engine();
    let (overview, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, Some(ReleaseNumber(7))).await;
    let docker = engine.world.default_engine();
    let container = docker.all()[0].clone();
    let sync = engine.sync(&overview, &name("CI"), &docker, &container).await.unwrap();
    assert_eq!(sync, Sync::InSync);
    assert_eq!(compare(&engine, "CI", Against::Running).await.count().changed, 0);

    engine.world.files().set_variable("HOOK", "https://other/2");
    let diff = compare(&engine, "CI", Against::Running).await;
    assert_eq!(diff.old, "running elastalert-ci-7");
    assert!(text(&diff).contains("(changed)") && !text(&diff).contains("other"), "{}", text(&diff));
    let sync = engine.sync(&overview, &name("CI"), &docker, &container).await.unwrap();
    assert_eq!(sync, Sync::Differs { files: 1 });

    let tree =
        running_files(&docker, &container, &overview.workspace.environments[1].target.mounts).await.unwrap();
    assert_eq!(tree.files.len(), 2);
    assert_eq!(tree.release.unwrap().release, 7);
}

#[tokio::test(start_paused = true)]
async fn without_a_marker_unknown_secrets_of_a_container_stay_hidden() {
    let engine = engine();
    let (_, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, None).await;
    engine.world.files().set_variable("HOOK", "https://new/2");
    engine.world.files().put(
        "/w/rules/a.yaml",
        FILES[4].1.replace("slack_webhook_url", "url").replace("name: A", "name: A2"),
    );
    let diff = compare(&engine, "CI", Against::Running).await;
    assert!(text(&diff).contains("Removed slack_webhook_url: ‹secret›"), "{}", text(&diff));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_only_a_command_knows_makes_sync_unknown() {
    let engine = engine();
    engine.world.files().put(
        "/w/config/environments/CI.yaml",
        "tokens: { ES_HOST: es.ci }\nsecrets: { HOOK: { command: [pass, hook] } }\nexclude: [b.yaml]\n",
    );
    let (overview, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, Some(ReleaseNumber(7))).await;
    let docker = engine.world.default_engine();
    let sync = engine.sync(&overview, &name("CI"), &docker, &docker.all()[0]).await.unwrap();
    assert_eq!(sync, Sync::Unknown);
    assert_eq!(compare(&engine, "CI", Against::Running).await.count().changed, 0);
}

#[tokio::test(start_paused = true)]
async fn secrets_that_were_deployed_stay_masked_after_they_were_rotated_or_lost() {
    let engine = engine();
    let (_, rendering) = for_use(&engine, "CI").await;
    engine.world.default_engine().put_program(Program::new(|_| {
        let mut script = Script::new("elastalert --hook https://canary/1");
        script.say(Duration::from_millis(1), "Max retries exceeded with url: https://canary/1");
        Some(script)
    }));
    run(&engine, &rendering, Some(ReleaseNumber(3))).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    engine.world.files().set_variable("HOOK", "https://other/2");
    for environment in ["secrets: { HOOK: { env: HOOK } }\n", "secrets: { HOOK: { env: NOT_SET } }\n"] {
        engine.world.files().put("/w/config/environments/CI.yaml", environment);
        let overview = engine.open(2).await.unwrap();
        let (_, table) = engine.processes(&overview, &name("CI")).await.unwrap();
        let (sender, mut receiver) = tokio::sync::mpsc::channel(8);
        engine.log(&overview, &name("CI"), Since::Beginning, sender).await.unwrap();
        let batch = receiver.recv().await.unwrap();
        let (vitals, ladder) = engine.vitals(&overview, &name("CI")).await.unwrap();
        let shown = format!("{table:?}{batch:?}{vitals:?}{ladder:?}");
        assert!(shown.contains("--hook ‹secret HOOK›"), "{shown}");
        assert!(shown.contains("url: ‹secret HOOK›"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_asks_each_provider_once_whether_it_answers_or_not() {
    let engine = engine();
    let (overview, rendering) = for_use(&engine, "Production").await;
    run(&engine, &rendering, Some(ReleaseNumber(7))).await;
    let before = engine.world.files().commands_run();
    engine.plan(&overview, &name("Production"), Options::default()).await.unwrap();
    assert_eq!(engine.world.files().commands_run() - before, 1);
    engine.world.files().forget_commands();
    let (plan, _) = engine.plan(&overview, &name("Production"), Options::default()).await.unwrap();
    assert!(plan.obstacles.iter().any(|obstacle| obstacle.code == code::SECRET_MISSING));
    assert_eq!(engine.world.files().commands_run() - before, 2);
}
