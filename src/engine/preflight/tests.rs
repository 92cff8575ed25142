//! The preflight on the fake world: what goes into its container and what comes out. Nothing of it may stay behind,
//! whatever goes wrong on the way.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::check::{Finding, Severity};
use crate::domain::preflight::Preflight;
use crate::domain::problem::{Problem, code};
use crate::engine::fake::{Answer, Call, FakeDocker, FakeWorld, Fault, Launch, Trouble};
use crate::engine::{Docker as _, Engine, World as _};

const IMAGE: &str = "i/elastalert";
const SECRET: &str = "https://hooks/canary-5d1c";
const FILES: &[(&str, &str)] = &[
    (
        "config/elastalert.yaml",
        "es_host: search\nrules_folder: /opt/rules\nslack_webhook_url: \"@@HOOK@@\"\n",
    ),
    (
        "config/environments/Default.yaml",
        "workspace: w\ntokens: { IMAGE_ID: i/elastalert }\nsecrets: { HOOK: { env: HOOK } }\n",
    ),
    ("config/environments/CI.yaml", "target: { env: { EXTRA: more } }\nexclude: [kept-out.yaml]\n"),
    ("rules/a.yaml", "name: a\ntype: any\nindex: i\nalert: debug\n"),
    ("rules/deep/b.yaml", "name: b\ntype: any\nindex: i\n"),
    ("rules/kept-out.yaml", "name: c\n"),
    ("rules/list.txt", "one\n"),
];

/// What a command could see, and the command.
type Run = (Launch, Vec<String>);

struct Stage {
    engine: Engine<FakeWorld>,
    docker: FakeDocker,
    stop: CancellationToken,
}

impl Stage {
    fn new() -> Self {
        let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
        for (path, text) in FILES {
            world.files().put(format!("/w/{path}"), *text);
        }
        world.files().set_variable("HOOK", SECRET);
        let docker = world.default_engine();
        docker.put_image(IMAGE, "elastalert", "elastalert:x:1000:1000::/:/bin/sh\n");
        let engine = Engine::new(world, PathBuf::from("/w"), Vec::new());
        Self { engine, docker, stop: CancellationToken::new() }
    }

    async fn ask(&self) -> Result<(Preflight, Vec<Finding>), Problem> {
        let overview = self.engine.open(1).await.unwrap();
        self.engine.check_in_image(&overview, &"CI".parse().unwrap(), &self.stop).await
    }

    /// What the program in the container sees.
    fn seen(&self) -> Arc<Mutex<Vec<Run>>> {
        let seen: Arc<Mutex<Vec<Run>>> = Arc::default();
        let note = Arc::clone(&seen);
        self.docker.put_answer(Answer::new(move |launch, command| {
            note.lock().unwrap().push((launch.clone(), command.to_vec()));
            None
        }));
        seen
    }

    fn nothing_stays(&self) {
        assert!(self.docker.all().is_empty(), "{:?}", self.docker.all());
        assert!(self.docker.volume_names().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_refused_is_a_finding_in_its_file_and_nothing_stays() {
    let stage = Stage::new();
    let (preflight, findings) = stage.ask().await.unwrap();
    assert_eq!(preflight.rules.len(), 2, "what is excluded is not tried");
    assert!(preflight.refuses() && !preflight.starts);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].problem.code, "preflight.refused");
    assert_eq!(findings[0].problem.place.as_ref().unwrap().file, "rules/deep/b.yaml");
    assert_eq!(findings[0].environment.as_ref().unwrap().as_str(), "CI");
    stage.nothing_stays();
}

#[tokio::test(start_paused = true)]
async fn the_container_has_what_a_deploy_would_give_and_nothing_that_tells_a_secret() {
    let stage = Stage::new();
    let seen = stage.seen();
    stage.ask().await.unwrap();
    let seen = seen.lock().unwrap();
    let (launch, command) = &seen[0];
    assert_eq!(command[..2], ["sh", "/alertdeck-preflight/run.sh"]);
    assert_eq!(launch.env["ELASTALERT_CONFIG"], "/opt/config/elastalert.yaml");
    assert_eq!(launch.env["EXTRA"], "more");
    assert_eq!(launch.user, "elastalert");
    assert_eq!(launch.labels["alertdeck.role"], "preflight");
    let config = &launch.files["/opt/config/elastalert.yaml"];
    assert!(String::from_utf8_lossy(config.bytes.as_ref().unwrap()).contains(SECRET));
    assert_eq!((config.mode, config.uid, config.gid), (0o600, 1000, 1000));
    assert!(
        launch.files.contains_key("/opt/rules/deep/b.yaml")
            && launch.files.contains_key("/opt/rules/list.txt")
    );
    assert!(!launch.files.contains_key("/opt/rules/kept-out.yaml"));
    assert!(launch.files.contains_key("/alertdeck-preflight/preflight.py"));
    let told = format!("{:?}{:?}{:?}", launch.env, launch.labels, command);
    assert!(!told.contains("canary"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn it_is_started_with_the_arguments_that_the_process_will_have() {
    let stage = Stage::new();
    let command = "elastalert --config %(ENV_ELASTALERT_CONFIG)s --verbose --debug --rule a.yaml";
    let text = format!("[program:elastalert]\ncommand={command}\n");
    stage.engine.world.files().put("/w/config/supervisord.conf", text);
    let seen = stage.seen();
    stage.ask().await.unwrap();
    let seen = seen.lock().unwrap();
    let (_, command) = &seen[0];
    let given = &command[command.len() - 3..];
    assert_eq!(given, ["--config=/opt/config/elastalert.yaml", "--rule=a.yaml", "--debug"]);
}

#[tokio::test(start_paused = true)]
async fn files_go_in_only_once_it_would_remove_itself() {
    let stage = Stage::new();
    stage.ask().await.unwrap();
    let calls: Vec<Call> = stage.docker.calls().into_iter().map(|(call, _)| call).collect();
    let at = |call| calls.iter().position(|made| *made == call).unwrap();
    assert!(at(Call::Create) < at(Call::Start) && at(Call::Start) < at(Call::Upload), "{calls:?}");
    assert_eq!(calls.last(), Some(&Call::Discard));
}

#[tokio::test(start_paused = true)]
async fn whatever_call_fails_nothing_stays() {
    let refused = || Trouble::Error(Problem::new(code::ENGINE_REFUSED, format!("no: {SECRET}")));
    for call in [Call::Create, Call::Start, Call::Upload, Call::Download, Call::Output] {
        for trouble in [refused(), Trouble::Unheard, Trouble::Lost] {
            let stage = Stage::new();
            // Each of them, because what may be repeated is.
            stage.docker.fail(Fault::new(call, 0, trouble));
            let problem = stage.ask().await.unwrap_err();
            assert!(!problem.to_string().contains("canary"), "{problem}");
            stage.nothing_stays();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_removes_the_container_before_it_ends() {
    let stage = Stage::new();
    stage.docker.fail(Fault::new(Call::Output, 0, Trouble::Hang));
    let stop = stage.stop.clone();
    let (answer, ()) = tokio::join!(stage.ask(), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        stop.cancel();
    });
    assert_eq!(answer.unwrap_err().code, code::INTERRUPTED);
    stage.nothing_stays();
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_removed_is_told_with_the_command_and_removes_itself() {
    let stage = Stage::new();
    let busy = Trouble::Error(Problem::new(code::ENGINE_REFUSED, "busy"));
    stage.docker.fail(Fault::new(Call::Discard, 0, busy));
    let (_, findings) = stage.ask().await.unwrap();
    let left = findings.iter().find(|finding| finding.problem.code == "preflight.left").unwrap();
    assert_eq!(left.severity, Severity::Warning);
    assert!(left.problem.hint.as_ref().unwrap().contains("docker rm -fv w-ci-preflight-"), "{left:?}");
    tokio::time::sleep(super::ALL + super::SLACK + super::REST + Duration::from_secs(1)).await;
    stage.docker.info().await.unwrap();
    stage.nothing_stays();
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there_is_not_fetched() {
    let stage = Stage::new();
    stage.docker.take_image(IMAGE);
    stage.docker.publish_image(IMAGE, "", "");
    let problem = stage.ask().await.unwrap_err();
    assert_eq!(problem.code, code::ENGINE_MISSING);
    assert_eq!(problem.hint.as_deref(), Some("fetch it: docker pull i/elastalert"));
    assert!(!stage.docker.calls().iter().any(|(call, _)| *call == Call::Create));
}

#[tokio::test(start_paused = true)]
async fn what_its_program_prints_is_bounded_and_no_answer_is_a_problem() {
    let stage = Stage::new();
    stage.docker.put_answer(Answer::new(|_, _| Some(vec![b'x'; super::OUTPUT + 1])));
    assert_eq!(stage.ask().await.unwrap_err().code, "preflight.failed");
    let stage = Stage::new();
    let nothing = r#"{"v":1,"kind":"image","error":"no Python in the image can import elastalert"}"#;
    stage.docker.put_answer(Answer::new(move |_, _| Some(nothing.as_bytes().to_vec())));
    assert!(stage.ask().await.unwrap_err().to_string().contains("can import elastalert"));
    stage.nothing_stays();
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_an_exception_repeats_is_not_told() {
    let stage = Stage::new();
    let lines = [
        r#"{"v":1,"kind":"image","elastalert":"2.31.0"}"#.to_owned(),
        r#"{"v":1,"kind":"config","path":"/opt/config/elastalert.yaml","verdict":"loads"}"#.to_owned(),
        format!(
            r#"{{"v":1,"kind":"rule","path":"/opt/rules/a.yaml","verdict":"refused","error":{{"class":"E","message":"{SECRET} is no number","said":"{SECRET}"}}}}"#
        ),
        r#"{"v":1,"kind":"summary","starts":false,"complete":true}"#.to_owned(),
    ];
    stage.docker.put_answer(Answer::new(move |_, _| Some(lines.join("\n").into_bytes())));
    let (preflight, findings) = stage.ask().await.unwrap();
    let told = format!("{preflight:?}{}", serde_json::to_string(&findings).unwrap());
    assert!(told.contains("‹secret HOOK›") && !told.contains("canary"), "{told}");
}
