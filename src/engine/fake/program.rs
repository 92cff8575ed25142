//! The programs that containers of the fake world run. Which one it is follows from the command, the image and the
//! files that the container can see, as it does in life: an `ElastAlert` counts the rules that were laid out, and one
//! whose files belong to somebody else cannot read them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use std::collections::BTreeMap;

use crate::domain::label::Labels;

use super::script::{Event, Repeat, Script};
use super::tree::Tree;

/// Everything a program can see when its container starts.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Name of the container.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The entry point asked for; `None`: the image's.
    pub entrypoint: Option<Vec<String>>,
    /// The command asked for; empty: the image's.
    pub command: Vec<String>,
    /// Variables.
    pub env: BTreeMap<String, String>,
    /// Labels.
    pub labels: Labels,
    /// The user it runs as.
    pub user: String,
    /// How often it was started before.
    pub starts: u32,
    /// Every file it can see, by its path.
    pub files: Tree,
}

type Decide = dyn Fn(&Launch) -> Option<Script> + Send + Sync;

/// Decides what a container does when it is started.
#[derive(Clone)]
pub struct Program(Arc<Decide>);

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Program")
    }
}

impl Program {
    /// A program; it answers `None` for a container that is none of its business.
    pub fn new(script: impl Fn(&Launch) -> Option<Script> + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }

    pub(super) fn script(&self, launch: &Launch) -> Option<Script> {
        (self.0)(launch)
    }
}

/// How an `ElastAlert` behaves; what is not said is as in a healthy one.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How long it loads.
    pub load: Duration,
    /// What becomes of it.
    pub fate: Fate,
    /// Whether it runs with `--verbose` and so says what it loads.
    pub verbose: bool,
    /// How often it says what it queried.
    pub run_every: Duration,
    /// What it says each time, beside a line for each rule.
    pub says: Vec<String>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            load: Duration::from_millis(900),
            fate: Fate::Lives,
            verbose: true,
            run_every: Duration::from_secs(10),
            says: Vec::new(),
        }
    }
}

/// What becomes of an `ElastAlert`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives on.
    Lives,
    /// It dies at the end of its loading, saying this, each time supervisord starts it, until that gives up.
    DiesLoading(String),
    /// It never appears; supervisord lives.
    Absent,
    /// It loads for ever.
    LoadsForEver,
    /// It dies and is started anew, each life that long, without supervisord ever giving up.
    Flaps(Duration),
    /// The container ends at once with that exit code, saying this.
    Exits(i64, String),
    /// It loads and runs, and that much later says this and stays.
    Says(Duration, String),
}

impl Launch {
    fn readable(&self, path: &str) -> Option<&[u8]> {
        let node = self.files.get(path)?;
        let mine = self.uid().is_none_or(|uid| uid == 0 || uid == node.uid);
        (mine || node.mode & 0o004 != 0).then_some(node.bytes.as_deref()).flatten()
    }

    /// The number of its user; `None` when the image does not know the name.
    fn uid(&self) -> Option<u64> {
        let user = self.user.split(':').next().unwrap_or_default();
        if user.is_empty() {
            return Some(0);
        }
        user.parse().ok().or_else(|| {
            let passwd =
                String::from_utf8_lossy(self.files.get("/etc/passwd")?.bytes.as_deref()?).into_owned();
            let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
            line.split(':').nth(2)?.parse().ok()
        })
    }

    /// The rule files, as `ElastAlert` finds them.
    pub fn rules(&self) -> Vec<(&str, &[u8])> {
        let folder = self.rules_folder();
        self.files
            .keys()
            .filter(|path| path.starts_with(&folder))
            .filter(|path| [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending)))
            .filter_map(|path| Some((path.as_str(), self.readable(path)?)))
            .collect()
    }

    fn rules_folder(&self) -> String {
        let config = self.env.get("ELASTALERT_CONFIG").and_then(|path| self.readable(path));
        let text = String::from_utf8_lossy(config.unwrap_or_default()).into_owned();
        let folder = text.lines().find_map(|line| line.strip_prefix("rules_folder:"));
        format!("{}/", folder.unwrap_or("/opt/rules").trim().trim_end_matches('/'))
    }

    /// What a container does when no test says otherwise.
    pub(super) fn usual_script(&self) -> Script {
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        match command.as_slice() {
            ["sleep", seconds] => sleeper(seconds.parse().unwrap_or(0)),
            ["sh", "-c", "echo out; echo err >&2; exit 3"] => {
                let mut script = under_init(&self.command.join(" "));
                let at = Duration::from_millis(5);
                script.push(at, Event::Line { stderr: false, text: "out".to_owned() });
                script.push(at, Event::Line { stderr: true, text: "err".to_owned() });
                script.push(Duration::from_millis(10), Event::Exit { code: 3, out_of_memory: false });
                script
            }
            [] if self.image.contains("elastalert") => self.elastalert(&Behaviour::default()),
            _ => Script::new(format!("{} {}", self.image, self.command.join(" "))),
        }
    }

    /// An `ElastAlert` under supervisord that behaves like this. It reads the files it was given: missing or
    /// unreadable ones, and rules without a type or alerter, end it as they would in life.
    pub fn elastalert(&self, behaviour: &Behaviour) -> Script {
        let config =
            self.env.get("ELASTALERT_SUPERVISOR_CONF").map_or("/opt/config/supervisord.conf", |path| path);
        let entry = "/sbin/docker-init -- /bin/bash /opt/image/entry.sh";
        let mut script = Script::new(entry);
        script.stops_in = Duration::from_millis(700);
        if let Fate::Exits(code, text) = &behaviour.fate {
            script.say(Duration::from_millis(50), text.clone());
            script.push(Duration::from_millis(80), Event::Exit { code: *code, out_of_memory: false });
            return script;
        }
        if self.readable(config).is_none() {
            script.say(Duration::from_millis(20), format!("entry: {config} is not there or may not be read"));
            script.push(Duration::from_millis(30), Event::Exit { code: 1, out_of_memory: false });
            return script;
        }
        let at = Duration::from_millis;
        script.push(at(10), Event::Spawn { pid: 2, parent: 1, args: "/bin/bash /opt/image/entry.sh".into() });
        script.push(
            at(50),
            Event::Spawn {
                pid: 3,
                parent: 2,
                args: "python3 /opt/image/ready-index.py /opt/config/elastalert.yaml".into(),
            },
        );
        script.push(at(400), Event::End { pid: 3 });
        script.push(
            at(400),
            Event::Become {
                pid: 2,
                args: format!(
                    "/opt/venv/bin/python3 /opt/venv/bin/supervisord --nodaemon --configuration {config}"
                ),
            },
        );
        script.say(at(500), "INFO supervisord started with pid 7");
        script.push(
            at(510),
            Event::Spawn {
                pid: 4,
                parent: 2,
                args: "python3 /opt/image/keep-log.py /opt/logs 5000000".into(),
            },
        );
        self.lives(&mut script, behaviour, at(520));
        script
    }

    fn lives(&self, script: &mut Script, behaviour: &Behaviour, begin: Duration) {
        let config = self.env.get("ELASTALERT_CONFIG").map_or("/opt/config/elastalert.yaml", |path| path);
        let verbose = if behaviour.verbose { " --verbose" } else { "" };
        let args = format!("/opt/venv/bin/python3 /opt/venv/bin/elastalert --config {config}{verbose}");
        let spawn = |script: &mut Script, at: Duration, pid: u32| {
            script.say(at, format!("INFO spawned: 'elastalert' with pid {}", pid + 5));
            script.push(at, Event::Spawn { pid, parent: 2, args: args.clone() });
        };
        match self.flaw(config).map_or_else(|| behaviour.fate.clone(), Fate::DiesLoading) {
            Fate::Absent | Fate::Exits(..) => {}
            Fate::LoadsForEver => spawn(script, begin, 10),
            Fate::DiesLoading(cause) => {
                let mut at = begin;
                for attempt in 0..4 {
                    spawn(script, at, 10 + attempt);
                    let end = at + behaviour.load;
                    script.say(end, "Traceback (most recent call last):");
                    // The engine puts its time before each line.
                    for line in format!("elastalert.util.EAException: {cause}").lines() {
                        script.say(end, line);
                    }
                    die(script, end, 10 + attempt);
                    at = end + Duration::from_secs(u64::from(attempt) + 1);
                }
                let gave_up =
                    "INFO gave up: elastalert entered FATAL state, too many start retries too quickly";
                script.say(at, gave_up);
            }
            Fate::Flaps(life) => {
                let mut at = begin;
                for pid in 10..60 {
                    spawn(script, at, pid);
                    self.loads(script, behaviour, at + behaviour.load, pid);
                    at += behaviour.load + life;
                    die(script, at, pid);
                    at += Duration::from_secs(1);
                }
            }
            Fate::Lives => {
                spawn(script, begin, 10);
                self.runs(script, behaviour, begin + behaviour.load);
            }
            Fate::Says(later, text) => {
                spawn(script, begin, 10);
                self.runs(script, behaviour, begin + behaviour.load);
                script.say(begin + behaviour.load + later, text);
            }
        }
    }

    fn loads(&self, script: &mut Script, behaviour: &Behaviour, at: Duration, pid: u32) {
        if behaviour.verbose {
            script.say(at, format!("INFO:elastalert:{} rules loaded", self.rules().len()));
            script.say(at, "INFO:elastalert:Starting up");
        }
        script.push(at, Event::Threads { pid, count: 3 });
    }

    fn runs(&self, script: &mut Script, behaviour: &Behaviour, at: Duration) {
        self.loads(script, behaviour, at, 10);
        script.say(
            at + Duration::from_secs(10),
            "INFO success: elastalert entered RUNNING state, process has stayed up for > than 10 seconds (startsecs)",
        );
        if !behaviour.verbose {
            return;
        }
        let mut lines: Vec<String> = Vec::new();
        for (path, bytes) in self.rules() {
            let text = String::from_utf8_lossy(bytes);
            let name = text.lines().find_map(|line| line.strip_prefix("name:")).unwrap_or(path).trim();
            lines.push(format!(
                "INFO:elastalert:Ran {name}: 0 query hits (0 already seen), 0 matches, 0 alerts sent"
            ));
        }
        lines.extend(behaviour.says.iter().cloned());
        script.repeat(Repeat { from: at + Duration::from_millis(500), every: behaviour.run_every, lines });
    }

    /// The key that a rule does not have and must have.
    pub(super) fn lack(rule: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(rule);
        let lacks =
            ["type:", "alert:"].into_iter().find(|key| !text.lines().any(|line| line.starts_with(key)))?;
        Some(lacks.trim_end_matches(':').to_owned())
    }

    /// What keeps an `ElastAlert` from loading these files.
    fn flaw(&self, config: &str) -> Option<String> {
        if self.readable(config).is_none() {
            return Some(format!("PermissionError: [Errno 13] Permission denied: '{config}'"));
        }
        let folder = self.rules_folder();
        if let Some(path) = self.files.iter().find_map(|(path, node)| {
            (path.starts_with(&folder) && node.bytes.is_some() && self.readable(path).is_none())
                .then_some(path)
        }) {
            return Some(format!("PermissionError: [Errno 13] Permission denied: '{path}'"));
        }
        self.rules().into_iter().find_map(|(path, bytes)| {
            let key = Self::lack(bytes)?;
            Some(format!(
                "Error loading file {path}: Invalid Rule file: {path}: '{key}' is a required property"
            ))
        })
    }
}

fn die(script: &mut Script, at: Duration, pid: u32) {
    script.push(at, Event::End { pid });
    script.say(at, "WARN exited: elastalert (exit status 1; not expected)");
}

/// A command as a child of the init process that every container of ours has.
fn under_init(command: &str) -> Script {
    let mut script = Script::new(format!("/sbin/docker-init -- {command}"));
    script.push(Duration::ZERO, Event::Spawn { pid: 2, parent: 1, args: command.to_owned() });
    script
}

fn sleeper(seconds: u64) -> Script {
    let mut script = under_init(&format!("sleep {seconds}"));
    script.push(Duration::from_secs(seconds), Event::Exit { code: 0, out_of_memory: false });
    // With an init process a stop ends it at once, by the signal.
    script.stops_in = Duration::from_millis(20);
    script.stop_code = 143;
    script
}
