//! What a run was asked for: flags first, then variables of the process environment, then defaults. It is the only
//! file that reads those variables; everything else gets values.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::BaseDirs;

use crate::domain::by_hand::Picked;
use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::engine::docker::DockerSettings;
use crate::engine::workspace::{PREFIXES, no_workspace};

/// How bash exports a shell function of that name to the processes it starts.
const OCTOPUS_FUNCTION: &str = "BASH_FUNC_get_octopusvariable%%";

/// How long Octopus may take to answer.
const OCTOPUS_PATIENCE: Duration = Duration::from_secs(10);

/// Which rule chose the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// Octopus Deploy runs us.
    Octopus,
    /// A flag or an argument.
    Flag,
    /// The variable `ENVIRONMENT`.
    Variable,
    /// Nobody: it is `Default`.
    Nobody,
}

impl ChosenBy {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Octopus => "Octopus Deploy (Octopus.Environment.Name)",
            Self::Flag => "the command line",
            Self::Variable => "the variable ENVIRONMENT",
            Self::Nobody => "nobody; Default is what is left",
        }
    }
}

/// The chosen environment, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: EnvName,
    /// The rule.
    pub by: ChosenBy,
}

/// A variable of the process environment, when it is there and is UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the process environment")]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether the person wants no colours, as <https://no-color.org> has it.
pub fn plain() -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal is of a kind that knows no 256 colours, so that ours would be lost or read as something else.
pub fn few_colours() -> bool {
    variable("TERM").is_none_or(|term| knows_few_colours(&term))
}

fn knows_few_colours(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown" | "linux" | "ansi" | "cygwin" | "xterm-color")
        || ["-16color", "-8color", "-mono", "-m"].iter().any(|end| term.ends_with(end))
        || term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What the process environment says about engines.
pub fn docker() -> DockerSettings {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let home = || BaseDirs::new().map(|folders| folders.home_dir().join(".docker"));
    DockerSettings {
        host: given("DOCKER_HOST"),
        context: given("DOCKER_CONTEXT"),
        tls: given("DOCKER_TLS_VERIFY").is_some(),
        folder: given("DOCKER_CONFIG").map(PathBuf::from).or_else(home),
    }
}

/// Who works, as a claim: `ann@laptop`. Where no variable tells, as in a container or a step of a pipeline, it is the
/// number of the user.
pub fn person() -> String {
    let named = |names: [&str; 2]| names.into_iter().filter_map(variable).find(|name| !name.is_empty());
    let who = named(["USER", "LOGNAME"]).unwrap_or_else(|| {
        let user = rustix::process::getuid();
        if user.is_root() { "root".to_owned() } else { format!("uid {}", user.as_raw()) }
    });
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let clean = |text: String| sanitise(text.as_bytes());
    format!("{}@{}", clean(who), clean(host))
}

/// The person's editor, as they wrote it.
pub fn editor() -> Option<String> {
    ["VISUAL", "EDITOR"].into_iter().filter_map(variable).find(|editor| !editor.trim().is_empty())
}

/// The workspace's folder: the flag, else `ALERTDECK_WORKSPACE` (clap reads both), else the nearest folder from here
/// upward that holds `config/` or `src/config/`, else the nearest one that holds rules.
pub fn workspace(flag: Option<PathBuf>) -> Result<PathBuf, Problem> {
    let holds = |folder: &Path, one: &str| folder.join(one).is_dir();
    if let Some(folder) = flag {
        let is_one = PREFIXES.iter().any(|(one, _)| holds(&folder, one));
        return if is_one { Ok(folder) } else { Err(no_workspace(&folder)) };
    }
    let here = env::current_dir().map_err(|error| {
        Problem::new("workspace.missing", "the current folder cannot be read").why(error.to_string())
    })?;
    // Rules without a configuration are looked for last: other programs have folders of that name too.
    let mut kinds = PREFIXES.chunks(2);
    let found = |kind: &[(&str, &str)]| {
        here.ancestors().find(|folder| kind.iter().any(|(one, _)| holds(folder, one))).map(Path::to_path_buf)
    };
    kinds.find_map(found).ok_or_else(|| {
        Problem::new("workspace.missing", format!("no workspace in `{}` or above it", here.display()))
            .why("no folder on the way up holds `config/`, `src/config/` or `rules/`")
            .hint("go to a workspace, name one with `--workspace DIR`, or make one with `alertdeck init DIR`; `alertdeck demo` needs none")
    })
}

/// Whether Octopus Deploy runs us.
pub fn octopus() -> bool {
    variable(OCTOPUS_FUNCTION).is_some()
}

/// Chooses the environment: Octopus Deploy when it runs us, else the flag, else `ENVIRONMENT`, else `Default`.
pub async fn choose(flag: Option<&str>) -> Result<Choice, Problem> {
    if octopus() {
        let name = ask_octopus().await?;
        return named(&name, ChosenBy::Octopus);
    }
    if let Some(name) = flag {
        return named(name, ChosenBy::Flag);
    }
    match variable("ENVIRONMENT") {
        Some(name) if !name.is_empty() => named(&name, ChosenBy::Variable),
        _ => Ok(Choice { name: EnvName::default_environment(), by: ChosenBy::Nobody }),
    }
}

/// An empty `--environment` is an error, also where nothing asks for the environment: a variable was meant to fill it.
pub fn named_at_all(flag: Option<&str>) -> Result<(), Problem> {
    flag.filter(|name| name.is_empty()).map_or(Ok(()), |name| named(name, ChosenBy::Flag).map(|_| ()))
}

fn named(name: &str, by: ChosenBy) -> Result<Choice, Problem> {
    if name.is_empty() {
        return Err(Problem::new("environment.empty", "the environment is named, but its name is empty")
            .why(format!("it comes from {}", by.describe()))
            .hint("`alertdeck envs` lists the environments of this workspace"));
    }
    Ok(Choice { name: name.parse()?, by })
}

/// Calls the exported shell function. Its answer is trimmed; an empty one is an error.
async fn ask_octopus() -> Result<String, Problem> {
    let failed = |why: String| {
        Problem::new("environment.octopus", "Octopus Deploy does not tell the environment")
            .why(why)
            .hint("pass it: --environment \"$(get_octopusvariable Octopus.Environment.Name)\", after `unset -f get_octopusvariable`")
    };
    let call = tokio::process::Command::new("bash")
        .args(["-c", "get_octopusvariable Octopus.Environment.Name"])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(OCTOPUS_PATIENCE, call)
        .await
        .map_err(|_elapsed| {
            failed(format!("get_octopusvariable took longer than {} s", OCTOPUS_PATIENCE.as_secs()))
        })?
        .map_err(|error| failed(error.to_string()))?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        return Err(failed(format!("get_octopusvariable ended with {}", output.status)));
    }
    if name.is_empty() {
        return Err(failed("get_octopusvariable gave an empty Octopus.Environment.Name".into()));
    }
    Ok(name)
}

/// Reads one `--set KEY=VALUE`; it splits at the first `=`.
pub fn set(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it has the form KEY=VALUE")?;
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
        return Err("a key is made of letters, digits, `_`, `.` and `-`".into());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// A time such as `90s` or `10m`, from a flag.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "a time is written as 90s or 10m".to_owned())
}

/// Reads one `--rule GLOB`.
pub fn glob(text: &str) -> Result<String, String> {
    let glob = text.to_owned();
    match Picked::new(std::slice::from_ref(&glob)) {
        Ok(_) if !text.is_empty() => Ok(glob),
        Ok(_) => Err("it is empty".into()),
        Err(problem) => Err(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_the_sign_that_ends_the_key() {
        assert_eq!(set("QUERY=a=b").unwrap(), ("QUERY".into(), "a=b".into()));
        assert!(set("no value").is_err());
        assert!(set("=x").is_err());
        assert!(set("a b=x").is_err());
    }

    #[test]
    fn terminals_of_few_colours_are_known_by_name() {
        for few in ["", "dumb", "linux", "xterm-16color", "vt100", "vt220-w", "xterm-mono"] {
            assert!(knows_few_colours(few), "{few}");
        }
        for many in ["xterm-256color", "xterm-kitty", "alacritty", "tmux", "screen", "foot", "vte-256color"] {
            assert!(!knows_few_colours(many), "{many}");
        }
    }

    #[test]
    fn an_empty_name_is_an_error_and_not_default() {
        assert_eq!(named("", ChosenBy::Flag).unwrap_err().code, "environment.empty");
    }
}
