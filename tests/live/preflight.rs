//! Preflights in a real image: what the real loader takes, and each way in which it refuses, hangs or dies, told rule by
//! rule. Also that the table of facts is what the image says now.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use alertdeck::domain::check::Finding;
use alertdeck::domain::label::{self, Labels};
use alertdeck::domain::preflight::{Preflight, Verdict};
use alertdeck::engine::docker::{DEFAULT_SOCKET, DockerSettings};
use alertdeck::engine::live::RealWorld;
use alertdeck::engine::{Docker as _, Engine, World as _};
use rustix::process::{Pid, Signal, kill_process};
use tokio_util::sync::CancellationToken;

use super::{IMAGE, variable};

/// How long a preflight may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

const CONFIG: &str = "es_host: search.invalid\nes_port: 9200\nwriteback_index: w\nrules_folder: /opt/rules\n\
                      run_every: {minutes: 1}\nbuffer_time: {minutes: 15}\n";

/// A workspace of these rules under a name of its own.
struct Stage {
    engine: Engine<RealWorld>,
    workspace: String,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(run: &str, files: &[(&str, &str)]) -> Self {
        let workspace = format!("alertdeck-preflight-{run}");
        let folder = tempfile::tempdir().unwrap();
        let image = variable(IMAGE).unwrap_or_default();
        let settings = format!("workspace: {workspace}\ntarget: {{ image: \"{image}\" }}\n");
        let own = [("config/elastalert.yaml", CONFIG), ("config/environments/Default.yaml", &settings)];
        for (path, text) in own.iter().chain(files) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let host = variable("DOCKER_HOST").unwrap_or_else(|| DEFAULT_SOCKET.to_owned());
        let world =
            RealWorld::new(DockerSettings { host: Some(host), context: None, tls: false, folder: None });
        let engine = Engine::new(world, folder.path().to_path_buf(), Vec::new());
        Self { engine, workspace, folder }
    }

    async fn ask(&self) -> (Preflight, Vec<Finding>) {
        let overview = self.engine.open(1).await.unwrap();
        let stop = CancellationToken::new();
        let answer = self.engine.check_in_image(&overview, &"Default".parse().unwrap(), &stop).await;
        let docker = self.engine.world.docker(None).unwrap();
        let ours = Labels::from([(label::WORKSPACE.to_owned(), self.workspace.clone())]);
        // The engine may still be removing it.
        let mut left = docker.containers(&ours).await.unwrap();
        for _ in 0..50 {
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            left = docker.containers(&ours).await.unwrap();
        }
        assert!(left.is_empty(), "{left:?}");
        assert!(docker.volumes(&ours).await.unwrap().is_empty());
        assert!(self.folder.path().is_dir());
        answer.unwrap()
    }
}

/// A rule of type `any` with more lines.
fn rule(name: &str, more: &str) -> String {
    format!("name: {name}\ntype: any\nindex: logs-*\nalert: debug\n{more}")
}

fn told<'a>(preflight: &'a Preflight, file: &str) -> (Verdict, &'a str, String, bool) {
    let path = format!("/opt/rules/{file}");
    let result = preflight.rules.iter().find(|rule| rule.path == path).unwrap_or_else(|| panic!("{path}"));
    let refusal = result.refusal.clone().unwrap_or_default();
    let message = [refusal.message, refusal.said].join(" ");
    (result.verdict, &result.stage, format!("{}: {message}", refusal.class), result.skippable)
}

pub(crate) async fn good_rules_load_and_say_what_they_need(run: String) {
    let term = rule("term", "fields: [user]\n").replace("type: any", "type: new_term");
    let jira = rule(
        "jira",
        "jira_server: http://jira.invalid\njira_project: P\njira_issuetype: Bug\njira_account_file: account.txt\n\
         jira_story_points: 3\n",
    )
    .replace("alert: debug", "alert: jira");
    let stage = Stage::new(
        &run,
        &[
            ("rules/plain.yaml", &rule("plain", "")),
            ("rules/deep/term.yaml", &term),
            ("rules/jira.yaml", &jira),
            ("rules/account.txt", "user: u\npassword: p\n"),
            ("rules/disabled.yaml", &rule("disabled", "is_enabled: false\n")),
        ],
    );
    let (preflight, findings) = stage.ask().await;
    assert_eq!(preflight.version, "2.31.0");
    assert!(preflight.starts && !preflight.refuses(), "{preflight:#?}");
    assert_eq!(preflight.count(Verdict::Loads), 4);
    let mut notes: Vec<&str> = findings.iter().map(|finding| finding.problem.what.as_str()).collect();
    notes.sort_unstable();
    let expected = [
        "it needs Jira at http://jira.invalid at start",
        "it needs the search engine at search.invalid:9200 at start",
    ];
    assert_eq!(notes, expected);
}

/// File, text, verdict, stage, what is said, whether `skip_invalid` catches it.
type Case = (&'static str, String, Verdict, &'static str, &'static str, bool);

fn broken() -> Vec<Case> {
    let plain = |file, text: &str, stage, said, caught| {
        (file, text.to_owned(), Verdict::Refused, stage, said, caught)
    };
    let with = |name: &str, from: &str, to: &str| rule(name, "").replace(from, to);
    vec![
        plain("empty.yaml", "", "read", "AttributeError: 'NoneType'", false),
        plain("multi.yaml", "a: 1\n---\nb: 2\n", "read", "ComposerError: expected a single document", false),
        plain("scan.yaml", "a:\n\tb: 1\n", "read", "EAException: while scanning", true),
        plain("parse.yaml", "a: [1\nb: 2\n", "read", "ParserError: while parsing", false),
        plain("import.yaml", "import: nowhere.yaml\n", "read", "FileNotFoundError", false),
        plain("type.yaml", &with("t", "any", "freqency"), "options", "'freqency' is not one of", true),
        plain("none.yaml", &with("n", "type: any\n", ""), "options", "'type' is a required property", true),
        plain(
            "name.yaml",
            &rule("off", "").replace("off", "on"),
            "options",
            "name: True is not of type",
            true,
        ),
        plain(
            "time.yaml",
            &rule("time", "realert: {minuts: 5}\n"),
            "options",
            "'minuts' was unexpected",
            true,
        ),
        plain(
            "jinja.yaml",
            &rule("jinja", "alert_text_type: alert_text_jinja\nalert_text: '{{ x'\n"),
            "options",
            "TemplateSyntaxError: in line 1 of the template",
            false,
        ),
        plain("module.yaml", &with("m", "any", "no.such.Module"), "type", "Could not import module", true),
        plain(
            "cardinality.yaml",
            &with("c", "type: any", "type: cardinality\ncardinality_field: a\ntimeframe: {days: 1}"),
            "type",
            "must have one of either max_cardinality or min_cardinality",
            true,
        ),
        plain(
            "list.yaml",
            &with("l", "type: any", "type: blacklist\ncompare_key: a\nblacklist: ['!file /no']"),
            "type",
            "FileNotFoundError",
            false,
        ),
        plain(
            "hipchat.yaml",
            &with("h", "debug", "hipchat"),
            "alerts",
            "Could not import module hipchat",
            true,
        ),
        plain(
            "slack.yaml",
            &with("s", "debug", "slack"),
            "alerts",
            "required option(s): slack_webhook_url",
            true,
        ),
        plain(
            "email.yaml",
            &with("e", "debug", "email\nemail: a@b\nsmtp_auth_file: nowhere"),
            "alerts",
            "FileNotFoundError",
            false,
        ),
        plain(
            "keys.yaml",
            &rule("keys", "top_count_keys: a\nalert_subject: x\n"),
            "options",
            "is not of type 'array'",
            true,
        ),
    ]
}

pub(crate) async fn each_kind_of_broken_rule_is_told(run: String) {
    let cases = broken();
    let mut files: Vec<(String, String)> =
        cases.iter().map(|(file, text, ..)| (format!("rules/{file}"), text.clone())).collect();
    files.push(("rules/good.yaml".to_owned(), rule("good", "")));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let stage = Stage::new(&run, &files);
    let (preflight, findings) = stage.ask().await;
    for (file, _, verdict, stage, said, caught) in &cases {
        let found = told(&preflight, file);
        assert_eq!((found.0, found.1, found.3), (*verdict, *stage, *caught), "{file}: {}", found.2);
        assert!(found.2.contains(said), "{file}: {}", found.2);
        assert!(found.2.len() < 600, "{file}: {}", found.2.len());
    }
    assert_eq!(told(&preflight, "good.yaml").0, Verdict::Loads);
    assert!(!preflight.starts && preflight.incomplete.is_none());
    assert_eq!(findings.len(), cases.len(), "one finding a rule: {findings:#?}");
}

pub(crate) async fn of_two_rules_with_one_name_the_second_is_told(run: String) {
    let twin = rule("twin", "");
    let stage = Stage::new(&run, &[("rules/a.yaml", &twin), ("rules/b.yaml", &twin)]);
    let (preflight, _) = stage.ask().await;
    assert_eq!(preflight.count(Verdict::Loads), 1);
    let second = preflight.rules.iter().find(|rule| rule.verdict == Verdict::Refused).unwrap();
    assert_eq!(second.stage, "duplicate");
    assert_ne!(second.other.as_deref(), Some(second.path.as_str()));
}

pub(crate) async fn a_rule_that_hangs_or_kills_takes_no_other_with_it(run: String) {
    let module = |name: &str| rule(name, "").replace("type: any", &format!("type: rules.{name}.Rule"));
    let rules: Vec<(String, String)> = [
        ("sleeps", "import time\nprint('asleep', flush=True)\ntime.sleep(10 ** 6)\n"),
        ("ends", "import sys\nsys.exit(3)\n"),
        ("kills", "import os\nprint('{\"v\": 1, \"kind\": \"summary\", \"starts\": true, \"complete\": true}', flush=True)\nos._exit(4)\n"),
        ("crashes", "import os\nos.kill(os.getpid(), 11)\n"),
        ("recurs", "def f():\n    f()\nf()\n"),
        ("eats", "x = []\nwhile True:\n    x.append(bytearray(10 ** 7))\n"),
        ("calls", "import socket\nsocket.create_connection(('db.invalid', 5432))\n"),
        ("floods", "for _ in range(100000):\n    print('x' * 100)\nfrom elastalert.ruletypes import AnyRule as Rule\n"),
    ]
    .iter()
    .flat_map(|(name, code)| {
        [(format!("rules/{name}.yaml"), module(name)), (format!("rules/{name}.py"), (*code).to_owned())]
    })
    .chain((0..20).map(|number| (format!("rules/good-{number}.yaml"), rule(&format!("good {number}"), ""))))
    .collect();
    let files: Vec<(&str, &str)> = rules.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (preflight, findings) = Stage::new(&run, &files).ask().await;
    for (file, verdict, said) in [
        ("sleeps.yaml", Verdict::Hangs, "asleep"),
        ("ends.yaml", Verdict::Died, "exit status 3"),
        ("kills.yaml", Verdict::Died, "exit status 4"),
        ("crashes.yaml", Verdict::Died, "signal 11"),
        ("recurs.yaml", Verdict::Refused, "RecursionError"),
        ("eats.yaml", Verdict::Refused, "MemoryError"),
        ("calls.yaml", Verdict::Unsure, "no network"),
        ("floods.yaml", Verdict::Loads, ""),
    ] {
        let found = told(&preflight, file);
        assert_eq!(found.0, verdict, "{file}: {}", found.2);
        assert!(found.2.contains(said), "{file}: {}", found.2);
    }
    assert_eq!(preflight.count(Verdict::Loads), 21);
    assert!(!preflight.starts && preflight.incomplete.is_none());
    let unsure = findings.iter().find(|finding| finding.problem.code == "preflight.unsure").unwrap();
    assert!(unsure.problem.to_string().contains("the network: db.invalid:5432"), "{unsure:?}");
}

pub(crate) async fn a_configuration_that_is_refused_is_told(run: String) {
    let stage = Stage::new(&run, &[("rules/good.yaml", &rule("good", ""))]);
    let config = stage.folder.path().join("config/elastalert.yaml");
    fs::write(&config, CONFIG.replace("buffer_time", "bufer_time")).unwrap();
    let (preflight, findings) = stage.ask().await;
    assert!(preflight.rules.is_empty() && !preflight.starts);
    assert_eq!(findings[0].problem.code, "preflight.config");
    assert!(findings[0].problem.to_string().contains("must contain buffer_time"), "{findings:?}");
    fs::write(&config, CONFIG.replace("/opt/rules", "/opt/rules/deep")).unwrap();
    fs::create_dir(stage.folder.path().join("rules/deep")).unwrap();
    fs::write(stage.folder.path().join("rules/deep/b.yaml"), rule("deep", "")).unwrap();
    let (preflight, findings) = stage.ask().await;
    assert!(preflight.starts);
    assert_eq!(findings[0].problem.code, "preflight.unseen");
}

pub(crate) async fn the_table_of_facts_is_what_the_image_says(_run: String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = assert_cmd::Command::new(root.join("dev/facts"))
        .arg("--print")
        .env("IMAGE", variable(IMAGE).unwrap_or_default())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let kept = fs::read(root.join("src/domain/check/facts/elastalert.json")).unwrap();
    assert!(made.stdout == kept, "run dev/facts: the image says something else than the file");
}

pub(crate) async fn a_signal_in_the_middle_leaves_no_container(run: String) {
    let module = rule("sleeps", "").replace("type: any", "type: rules.sleeps.Rule");
    let stage = Stage::new(
        &run,
        &[("rules/sleeps.yaml", &module), ("rules/sleeps.py", "import time\ntime.sleep(10 ** 6)\n")],
    );
    let docker = stage.engine.world.docker(None).unwrap();
    let ours = Labels::from([(label::WORKSPACE.to_owned(), stage.workspace.clone())]);
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut check = tokio::process::Command::new(env!("CARGO_BIN_EXE_alertdeck"))
            .args(["check", "Default", "--preflight"])
            .current_dir(stage.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // In the middle: the loader is at the rule that never ends.
        let began = Instant::now();
        loop {
            let made = docker.containers(&ours).await.unwrap();
            let asleep = match made.first() {
                Some(made) => docker
                    .processes(&made.id)
                    .await
                    .is_ok_and(|table| table.processes.iter().any(|process| process.args.contains("python"))),
                None => false,
            };
            if asleep {
                break;
            }
            assert!(began.elapsed() < PATIENCE && check.try_wait().unwrap().is_none(), "it never began");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let pid = Pid::from_raw(i32::try_from(check.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let ended = check.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(130), "{signal:?}: {said}");
        assert!(said.contains("the preflight was interrupted"), "{said}");
        assert_eq!(docker.containers(&ours).await.unwrap(), Vec::new(), "after {signal:?}");
    }
}
