//! The real program, killed in the middle of a deploy as by `kill -9`, at one step after the other. From another clone on
//! another path it is said what was cut off, and both ways end soundly. All are killed side by side, each in a workspace
//! of its own, so that the silence after which a lock counts as stale is waited for once.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use alertdeck::domain::container::RestartPolicy;
use alertdeck::domain::operation::SILENCE;
use alertdeck::engine::Docker as _;
use alertdeck::engine::docker::DEFAULT_SOCKET;
use serde_json::Value;

use super::deploy::{Stage, copy, on_a_stage, or};
use super::{IMAGE, block_on, variable};

/// How much longer than that silence it may take until it is noticed.
const SLACK: Duration = Duration::from_secs(30);

/// How often a deploy is begun anew that came to its end before it could be killed.
const TRIES: usize = 5;

/// The steps, in their order.
const STEPS: [&str; 9] =
    ["lock", "stage", "preflight", "create", "stop", "start", "gate", "keep", "put-back"];

/// The ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Finish,
    PutBack,
}

/// What is killed where, and what is done then.
#[derive(Clone, Copy, Debug)]
struct Cut {
    step: &'static str,
    way: Way,
    /// Whether the lock is taken away by hand instead of being waited for.
    unlock: bool,
}

const CUTS: [Cut; 6] = [
    Cut { step: "stage", way: Way::PutBack, unlock: true },
    Cut { step: "create", way: Way::PutBack, unlock: false },
    Cut { step: "stop", way: Way::Finish, unlock: false },
    Cut { step: "start", way: Way::PutBack, unlock: false },
    Cut { step: "gate", way: Way::Finish, unlock: true },
    Cut { step: "keep", way: Way::Finish, unlock: false },
];

/// How a run of the program ended, and what it said.
struct Ran {
    code: Option<i32>,
    records: Vec<Value>,
    said: String,
}

impl Ran {
    fn of(&self, kind: &str) -> Vec<&Value> {
        self.records.iter().filter(|record| record["type"] == kind).collect()
    }

    /// The last record of a kind.
    fn last(&self, kind: &str) -> &Value {
        self.of(kind).last().copied().unwrap_or_else(|| panic!("no {kind}: {:?} {}", self.records, self.said))
    }
}

fn command(index: &str, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("alertdeck"));
    command.args(words).args(["--format", "json"]);
    for (key, value) in [
        ("IMAGE_ID", variable(IMAGE).unwrap_or_default()),
        ("NETWORK", or("ALERTDECK_DEV_NETWORK", "alertdeck-dev")),
        ("ES_HOST", or("ALERTDECK_DEV_ES_HOST", "alertdeck-dev-search")),
        ("ES_PORT", or("ALERTDECK_DEV_ES_PORT", "9200")),
        ("SEARCH_URL", or("ALERTDECK_DEV_SEARCH_URL", "http://127.0.0.1:19200")),
        ("WRITEBACK_INDEX", index.to_owned()),
    ] {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    command.current_dir(folder);
    command.env("DOCKER_HOST", variable("DOCKER_HOST").unwrap_or_else(|| DEFAULT_SOCKET.to_owned()));
    command.stdin(Stdio::null());
    command
}

fn record(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn ran(index: &str, folder: &Path, words: &[&str]) -> Ran {
    let output = command(index, folder, words).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Ran {
        code: output.status.code(),
        records: text.lines().map(record).collect(),
        said: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Deploys, and kills that as soon as it says that the step begins. Whether it was killed and had not ended before.
fn kill_at(index: &str, folder: &Path, step: &str) -> bool {
    let mut child = command(index, folder, &["deploy", "CI", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begins = |line: &str| {
        let record = record(line);
        record["type"] == "progress" && record["step"] == step && record["event"]["event"] == "started"
    };
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = lines.map_while(Result::ok).any(|line| begins(&line));
    assert!(seen, "the step {step} was never begun");
    // As it is here, `kill -9` and not less.
    child.kill().unwrap();
    child.wait().unwrap().signal() == Some(9)
}

/// Another text in one rule, so that there is something to deploy.
fn change(folder: &Path, what: &str) {
    let path = folder.join("rules/platform-heartbeat.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}\n# {what}\n")).unwrap();
}

/// Cuts off a deploy, goes on with it elsewhere, and gives a line of what was seen.
async fn cut(stage: &mut Stage, Cut { step, way, unlock }: Cut) -> String {
    let (index, here) = (stage.index.clone(), stage.folder.path().to_path_buf());
    stage.edit("config/environments/CI.yaml", |text| {
        format!("{text}gate: {{ stable: 3s, deadline: 180s }}\n")
    });
    let first = ran(&index, &here, &["deploy", "CI", "--yes"]);
    assert_eq!(first.code, Some(0), "{step}: {}", first.said);
    let place = |step: &Value| STEPS.iter().position(|name| step == name);
    let wanted = STEPS.iter().position(|name| *name == step);
    let mut before = stage.living().await;
    // The last step is a short one: it may have ended before it could be killed.
    let mut tries = 0;
    let at = loop {
        tries += 1;
        assert!(tries <= TRIES, "{step}: it always ended before it was killed");
        change(&here, &format!("try {tries}"));
        let killed = kill_at(&index, &here, step);
        let history = ran(&index, &here, &["history", "CI"]);
        let newest = history.of("deploy").first().copied().unwrap().clone();
        if killed && newest["outcome"].is_null() {
            break newest["steps"].as_array().and_then(|steps| steps.last()).map(|step| step[0].clone());
        }
        before = stage.living().await;
    };
    let at = at.unwrap_or_default();
    if let (Some(at), Some(wanted)) = (place(&at), wanted) {
        assert!(at.abs_diff(wanted) <= 1, "killed at {step}, and the journal says {at}");
    }

    // Somebody else, who has nothing but another clone.
    let clone = tempfile::tempdir().unwrap();
    let there = clone.path().join("another/path");
    copy(&here, &there);
    let history = ran(&index, &there, &["history", "CI"]);
    let records = history.of("deploy");
    assert!(records[0]["outcome"].is_null() && records.len() >= 2, "{step}: {records:?}");
    assert_eq!(records.last().unwrap()["outcome"]["verdict"], "healthy");
    let held = ran(&index, &there, &["resume", "CI", "--put-back", "--yes"]);
    assert_eq!(held.last("operation")["operation"], "running", "{step}: it may still live");
    assert_eq!(held.code, Some(4), "{step}: {}", held.said);
    let (operation, silent) = cut_off(&index, &there, step, unlock).await;
    assert_eq!(operation["step"], at, "{step}: what was cut off is said");
    let refused = ran(&index, &there, &["deploy", "CI", "--yes"]);
    assert_ne!(refused.code, Some(0), "{step}: nothing new begins before");

    let began = Instant::now();
    let flag = if way == Way::Finish { "--finish" } else { "--put-back" };
    let went_on = ran(&index, &there, &["resume", "CI", flag, "--yes"]);
    assert_eq!(went_on.code, Some(0), "{step} {flag}: {:?} {}", went_on.records, went_on.said);
    let verdict = went_on.last("report")["verdict"].as_str().unwrap().to_owned();
    let took = began.elapsed().as_secs_f64();
    is_sound(stage).await;
    let living = stage.living().await;
    assert_eq!(living.id == before.id, way == Way::PutBack, "{step} {flag}: {} lives", living.name);
    let expected: &[&str] = if way == Way::Finish { &["healthy"] } else { &["refused", "put-back"] };
    assert!(expected.contains(&verdict.as_str()), "{step} {flag}: {verdict}");
    let again = ran(&index, &there, &["resume", "CI"]);
    assert_eq!(again.last("operation")["operation"], "idle", "{step}");

    change(&there, "the next deploy");
    let next = ran(&index, &there, &["deploy", "CI", "--yes"]);
    assert_eq!(next.code, Some(0), "{step} {flag}: {}", next.said);
    is_sound(stage).await;
    assert_ne!(stage.living().await.id, living.id);
    let at = at.as_str().unwrap_or("none").to_owned();
    let found = if unlock { "unlocked".to_owned() } else { format!("silent after {silent:.0} s") };
    format!("{step:<8} {at:<10} {found:<20} {flag:<11} {verdict:<9} {took:>5.1} s")
}

/// Takes the lock away, or waits until nobody counts as holding it; gives what is then said to be cut off, and the seconds.
async fn cut_off(index: &str, there: &Path, step: &str, unlock: bool) -> (Value, f64) {
    let began = Instant::now();
    if unlock {
        let unnamed = ran(index, there, &["unlock", "CI"]);
        assert_ne!(unnamed.code, Some(0), "{step}: {}", unnamed.said);
        let unlocked = ran(index, there, &["unlock", "CI", "--confirm", "CI"]);
        assert_eq!(unlocked.code, Some(0), "{step}: {}", unlocked.said);
        assert_eq!(unlocked.last("unlocked")["environment"], "CI");
    }
    loop {
        let asked = ran(index, there, &["resume", "CI"]);
        let operation = asked.last("operation").clone();
        if operation["operation"] == "cut-off" {
            assert!(asked.said.contains("resume CI --put-back"), "{step}: {}", asked.said);
            return (operation, began.elapsed().as_secs_f64());
        }
        assert!(!unlock && began.elapsed() < SILENCE + SLACK, "{step}: {operation}");
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

/// One lives and comes back by itself, and nobody holds the lock.
async fn is_sound(stage: &Stage) {
    let living = stage.living().await;
    assert_eq!(living.restart_policy, RestartPolicy::UnlessStopped, "{}", living.name);
    let table = stage.docker.processes(&living.id).await.unwrap();
    assert_eq!(table.count(), 1, "{table:?}");
    let lock = format!("{}-ci-lock", stage.workspace);
    assert_eq!(stage.docker.container(&lock).await.unwrap(), None, "a lock is left");
}

pub(crate) fn a_deploy_that_is_killed_at_any_step_is_gone_on_with_from_another_clone(run: &str) {
    let lines: Vec<_> = std::thread::scope(|scope| {
        let begun: Vec<_> = CUTS
            .iter()
            .map(|one| {
                scope.spawn(move || {
                    let mut line = String::new();
                    block_on(on_a_stage(&format!("{run}-{}", one.step), async |stage: &mut Stage| {
                        line = cut(stage, *one).await;
                    }))
                    .unwrap();
                    line
                })
            })
            .collect();
        begun.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    println!("killed   journal    then                 resumed     verdict   took");
    let mut failed = 0;
    for (line, Cut { step, .. }) in lines.into_iter().zip(CUTS) {
        match line {
            Ok(line) => println!("{line}"),
            Err(_told) => {
                failed += 1;
                println!("{step:<8} failed");
            }
        }
    }
    assert_eq!(failed, 0, "see above");
}
