//! What a plan says in each situation: who would be replaced, what stands in the way, what a person should know. It
//! also says when there is nothing to do, and that must never be said too easily.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::*;
use crate::domain::check::{Finding, Severity};
use crate::domain::container::{ContainerId, ContainerState, EngineInfo, Image, Mount, RestartPolicy};
use crate::domain::environment::{SearchSettings, Target};
use crate::domain::label;
use crate::domain::layer::Resolved;
use crate::domain::problem::code;
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::rule::Rule;
use crate::domain::workspace::Environment;

fn ci() -> EnvName {
    "CI".parse().unwrap()
}

fn environment() -> Environment {
    Environment {
        name: ci(),
        order: 0,
        guard: Guard::Confirm,
        target: Target { image: Some("elastalert:2".into()), ..Target::default() },
        gate: GateSettings::default(),
        search: SearchSettings::default(),
        exclusions: Vec::new(),
        values: BTreeMap::from([(
            "TIMEZONE".to_owned(),
            Resolved { value: Some("Europe/Berlin".into()), chain: std::sync::Arc::default() },
        )]),
        secrets: BTreeMap::new(),
        overlays: Vec::new(),
        env_places: BTreeMap::new(),
        masker: crate::domain::mask::Masker::default(),
    }
}

fn rendering() -> Rendering {
    let file = |path: &str, text: &str| {
        let bytes = Zeroizing::new(text.as_bytes().to_vec());
        std::sync::Arc::new(RenderedFile { path: path.into(), bytes, insertions: Vec::new() })
    };
    Rendering {
        environment: ci(),
        files: vec![
            file("config/elastalert.yaml", "es_host: search\nes_port: 9200\n"),
            file("rules/a.yaml", "name: a\n"),
        ],
        rules: vec![Arc::new(Rule {
            path: "rules/a.yaml".into(),
            name: "a".into(),
            kind: "any".into(),
            alerts: Vec::new(),
            enabled: true,
        })],
        excluded: Vec::new(),
        by_hand: crate::domain::by_hand::ByHand::default(),
        holes: Vec::new(),
        findings: Vec::new(),
        hash: "h1".into(),
    }
}

fn observed(containers: Vec<Container>) -> Observed {
    Observed {
        engine: EngineInfo { id: "E".into(), version: String::new(), api: String::new(), time: None },
        endpoint: Endpoint("unix:///x".into()),
        containers,
        volumes: Vec::new(),
        image: Some(Image { id: "sha256:1".into(), user: String::new() }),
        changes: ChangeCount::default(),
        records: Vec::new(),
        process_lives: true,
        absent_network: None,
    }
}

fn foreign(name: &str) -> Container {
    Container {
        id: ContainerId(format!("{name:0<64}")),
        name: name.into(),
        image: "elastalert:2".into(),
        image_id: "sha256:1".into(),
        state: ContainerState::Running,
        labels: Labels::new(),
        started_at: None,
        restart_count: 0,
        restart_policy: RestartPolicy::UnlessStopped,
        pid: Some(1),
        mounts: Vec::new(),
        removes_itself: false,
        tty: false,
    }
}

/// The container that a deploy of release `number` leaves behind.
fn ours(number: u32, state: ContainerState) -> Container {
    let plan = plan_of(&environment(), &observed(Vec::new()), &[], Options::default());
    let name = object_name("elastalert", &ci(), ReleaseNumber(number));
    let mut labels = plan.container.labels;
    labels.insert(label::RELEASE.into(), number.to_string());
    Container { state, labels, ..foreign(&name) }
}

fn plan_of(environment: &Environment, observed: &Observed, findings: &[Finding], options: Options) -> Plan {
    let rendering = rendering();
    let desired = Desired {
        workspace: "elastalert",
        environment,
        rendering: &rendering,
        findings,
        missing_secrets: None,
        revision: None,
        secret_notes: &[],
    };
    make(&desired, observed, options)
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn a_first_deploy_makes_release_1_with_the_variables_of_the_procedure() {
    let plan = plan_of(&environment(), &observed(Vec::new()), &[], Options::default());
    assert_eq!((plan.release, plan.previous, plan.nothing_to_do), (ReleaseNumber(1), None, false));
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    assert_eq!(plan.container.name, "elastalert-ci-1");
    let env: Vec<_> = plan.container.env.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        env,
        [
            "CONTAINER_TIMEZONE=Europe/Berlin",
            "ELASTALERT_CONFIG=/opt/config/elastalert.yaml",
            "ELASTALERT_SUPERVISOR_CONF=/opt/config/supervisord.conf",
            "ELASTICSEARCH_HOST=search",
            "ELASTICSEARCH_PORT=9200",
            "SET_CONTAINER_TIMEZONE=true",
            "TZ=Europe/Berlin",
        ]
    );
    let volumes: Vec<_> =
        plan.container.volumes.iter().map(|mount| (mount.volume.as_str(), mount.read_only)).collect();
    assert_eq!(
        volumes,
        [("elastalert-ci-1-config", true), ("elastalert-ci-1-rules", true), ("elastalert-ci-logs", false)]
    );
    assert_eq!(plan.steps.len(), 9);
}

#[test]
fn what_runs_already_is_left_alone() {
    let running = ours(3, ContainerState::Running);
    let world = observed(vec![running.clone()]);
    assert!(plan_of(&environment(), &world, &[], Options::default()).nothing_to_do);
    let changed = Observed { changes: ChangeCount { changed: 1, ..ChangeCount::default() }, ..world.clone() };
    let dead = Observed { process_lives: false, ..world.clone() };
    let rebuilt = Observed { image: Some(Image { id: "sha256:2".into(), user: String::new() }), ..world };
    let unkept = observed(vec![Container { restart_policy: RestartPolicy::No, ..running }]);
    for other in [changed, dead, rebuilt, unkept] {
        let plan = plan_of(&environment(), &other, &[], Options::default());
        assert!(!plan.nothing_to_do);
        assert_eq!(plan.release, ReleaseNumber(4));
    }
    let mut elsewhere = environment();
    elsewhere.target.network = Some("other".into());
    assert!(
        !plan_of(&elsewhere, &observed(vec![ours(3, ContainerState::Running)]), &[], Options::default())
            .nothing_to_do
    );
}

#[test]
fn the_newest_living_one_is_replaced_and_all_that_live_are_stopped() {
    let exited = ContainerState::Exited { code: 0, out_of_memory: false };
    let world = observed(vec![
        ours(4, exited),
        ours(2, ContainerState::Running),
        ours(3, ContainerState::Restarting),
        foreign("other"),
    ]);
    let plan = plan_of(&environment(), &world, &[], Options::default());
    assert_eq!(plan.previous.unwrap().name, "elastalert-ci-3");
    assert_eq!(plan.release, ReleaseNumber(5));
    let stop = plan.steps.iter().find(|step| step.step == Step::Stop).unwrap();
    assert_eq!(stop.what, "stop elastalert-ci-3 (restarting), elastalert-ci-2 (running)");
}

#[test]
fn volumes_that_a_dead_deploy_left_behind_use_up_their_number() {
    let left = label::labels("elastalert", &ci(), label::role::RULES, Some(ReleaseNumber(7)));
    let other =
        label::labels("elastalert", &"Staging".parse().unwrap(), label::role::RULES, Some(ReleaseNumber(99)));
    let world = Observed { volumes: vec![left, other], ..observed(Vec::new()) };
    assert_eq!(plan_of(&environment(), &world, &[], Options::default()).release, ReleaseNumber(8));
}

#[test]
fn errors_of_this_environment_stand_in_the_way_unless_the_check_is_skipped() {
    let finding = |at: Option<&str>, severity| Finding {
        severity,
        environment: at.map(|name| name.parse().unwrap()),
        problem: Problem::new("rule.type", "no type"),
    };
    let here = [finding(Some("CI"), Severity::Error)];
    let plan = plan_of(&environment(), &observed(Vec::new()), &here, Options::default());
    assert_eq!(codes(&plan.obstacles), [code::CHECK_FAILED]);
    let plan = plan_of(&environment(), &observed(Vec::new()), &here, Options { skip_check: true });
    assert!(plan.obstacles.is_empty());
    assert_eq!(codes(&plan.warnings), [code::CHECK_FAILED]);
    let elsewhere = [finding(Some("Staging"), Severity::Error), finding(Some("CI"), Severity::Warning)];
    let plan = plan_of(&environment(), &observed(Vec::new()), &elsewhere, Options::default());
    assert!(plan.obstacles.is_empty());
}

#[test]
fn what_cannot_work_is_said_before_anything_is_done() {
    let mut environment = environment();
    environment.guard = Guard::ReadOnly;
    environment.target.image = None;
    let lock = Container {
        labels: label::labels("elastalert", &ci(), label::role::LOCK, None),
        ..foreign("elastalert-ci-lock")
    };
    let world = observed(vec![foreign("elastalert-ci-1"), lock]);
    let plan = plan_of(&environment, &world, &[], Options { skip_check: true });
    assert_eq!(codes(&plan.obstacles), [code::GUARDED, "deploy.no-image", "deploy.name-taken", code::LOCKED]);
    let lock = plan.obstacles.last().unwrap();
    assert_eq!(
        lock.hint.as_deref(),
        Some("wait for it: --lock-wait 10m; when nobody is deploying any more: alertdeck unlock CI")
    );
    let paused = observed(vec![ours(1, ContainerState::Paused)]);
    assert_eq!(
        codes(&plan_of(&super::make_tests::environment(), &paused, &[], Options::default()).obstacles),
        ["deploy.paused"]
    );
}

#[test]
fn risks_and_look_alikes_are_named_and_not_touched() {
    let mut environment = environment();
    environment.target.cap_add = vec!["SYS_TIME".into()];
    let mount = |target: &str| Mount {
        source: "/srv".into(),
        target: target.into(),
        read_only: false,
        volume: false,
    };
    let old = Container { mounts: vec![mount("/opt/config"), mount("/opt/rules")], ..foreign("old") };
    let removes = Container { removes_itself: true, ..ours(1, ContainerState::Running) };
    let plan = plan_of(&environment, &observed(vec![old, foreign("web"), removes]), &[], Options::default());
    assert_eq!(codes(&plan.warnings), ["deploy.capabilities", "deploy.removes-itself", "deploy.unmanaged"]);
    assert!(!plan.steps.iter().any(|step| step.what.contains("old")));
}

#[test]
fn the_target_has_the_last_word_and_no_secret_stands_in_a_variable() {
    let mut environment = environment();
    environment.target.env =
        BTreeMap::from([("TZ".into(), "Asia/Tokyo".into()), ("EXTRA".into(), "1".into())]);
    let mut rendering = rendering();
    let bytes = Zeroizing::new("es_host: \"‹secret HOST›\"\n".as_bytes().to_vec());
    let path = "config/config.yaml".into();
    rendering.files[0] = std::sync::Arc::new(RenderedFile { path, bytes, insertions: Vec::new() });
    let desired = Desired {
        workspace: "w",
        environment: &environment,
        rendering: &rendering,
        findings: &[],
        missing_secrets: None,
        revision: None,
        secret_notes: &[],
    };
    let env = make(&desired, &observed(Vec::new()), Options::default()).container.env;
    assert_eq!((env["TZ"].as_str(), env["EXTRA"].as_str()), ("Asia/Tokyo", "1"));
    assert_eq!(env["ELASTALERT_CONFIG"], "/opt/config/config.yaml");
    assert!(!env.contains_key("ELASTICSEARCH_HOST"));
}

#[test]
fn what_was_asked_for_by_hand_is_on_the_container_and_in_the_plan() {
    let environment = environment();
    let mut rendering = rendering();
    rendering.by_hand.partial = vec!["web-*".into(), "app/*".into()];
    rendering.by_hand.set = vec!["ES_PORT=1".into(), "TOKEN".into()];
    let desired = Desired {
        workspace: "w",
        environment: &environment,
        rendering: &rendering,
        findings: &[],
        missing_secrets: None,
        revision: None,
        secret_notes: &[],
    };
    let plan = make(&desired, &observed(Vec::new()), Options::default());
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    assert_eq!(plan.container.labels[label::PARTIAL], "web-*, app/*");
    assert_eq!(plan.container.labels[label::SET], "ES_PORT=1, TOKEN");
    let codes: Vec<&str> = plan.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["deploy.partial", "deploy.set"]);
    let why = plan.warnings[0].why.join(" ");
    assert!(
        why.contains("they import rules/"),
        "none of the rules matches, so they are there for others: {why}"
    );
    let unused = Finding::warning(Problem::new("token.unused", "nothing uses the value of `ES_PROT`"));
    let mut written = unused.clone();
    written.problem.place = Some(crate::domain::problem::Place::file("config/substitutions/CI.conf"));
    let findings = [unused.clone(), written];
    let told =
        make(&Desired { findings: &findings, ..desired.clone() }, &observed(Vec::new()), Options::default());
    assert_eq!(told.warnings.last(), Some(&unused.problem));
    assert_eq!(
        told.warnings.len(),
        plan.warnings.len() + 1,
        "what a file says in vain is no news of a deploy"
    );
    let guarded = Environment { guard: Guard::TypeName, ..environment.clone() };
    let plan = make(
        &Desired { environment: &guarded, ..desired },
        &observed(Vec::new()),
        Options { skip_check: true },
    );
    assert_eq!(plan.obstacles.iter().map(|problem| problem.code).collect::<Vec<_>>(), [code::GUARDED]);
}

#[test]
fn a_network_that_is_not_there_stands_in_the_way() {
    let absent = Observed { absent_network: Some("nowhere".into()), ..observed(Vec::new()) };
    let plan = plan_of(&environment(), &absent, &[], Options::default());
    assert_eq!(codes(&plan.obstacles), ["deploy.network"]);
    for (mode, means) in [
        ("host", Network::BuiltIn),
        ("default", Network::BuiltIn),
        ("alerts", Network::Named("alerts")),
        ("container:search", Network::Of("search")),
    ] {
        assert_eq!(network(mode), means);
    }
}
