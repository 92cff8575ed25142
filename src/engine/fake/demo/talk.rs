//! What the demo's containers do and say. It follows from the files that they see, as in life: the mistake in
//! Staging's release is a mistake wherever it is deployed, and the rule that ends Production's next release asks its
//! search engine when it loads.

use std::time::Duration;

use crate::domain::label;

use super::super::{Behaviour, Fate, Launch, Program, Repeat};

/// What Staging's release has in place of `avg`.
pub(super) const MISTAKE: &str = "metric_agg_type: average";

/// The rule that asks a question when `ElastAlert` starts.
pub(super) const NEW_RULE: &str = "rules/auth-new-admin.yaml";

/// Production's search engine does not answer questions in time.
const TIMEOUT: &str = "ConnectionTimeout caused by - ReadTimeoutError(HTTPConnectionPool(host='alertdeck-dev-search', \
port=9200): Read timed out. (read timeout=20))";

/// The rule that crashed in Production, and was disabled by it.
pub(super) const CRASHED: &str = "Response times";

/// Since when Production runs.
pub(super) const PRODUCTION_UP: Duration = Duration::from_secs(5 * 3600);

/// For how long the containers that run before have been as talkative as they are now; an engine does not keep more.
const LATELY: Duration = Duration::from_secs(600);

/// Decides what the demo's containers do.
pub(super) fn program() -> Program {
    Program::new(|launch| {
        let environment = launch.labels.get(label::ENVIRONMENT)?;
        if launch.labels.get(label::ROLE).is_none_or(|role| role != label::role::ELASTALERT) {
            return None;
        }
        let behaviour = behaviour(launch, environment);
        let mut script = launch.elastalert(&behaviour);
        if behaviour.fate == Fate::Lives {
            for repeat in talk(environment) {
                script.repeat(repeat);
            }
        }
        Some(script)
    })
}

fn behaviour(launch: &Launch, environment: &str) -> Behaviour {
    let seconds = match environment {
        "CI" => 10,
        "Staging" => 30,
        _ => 60,
    };
    let mut usual = Behaviour { run_every: Duration::from_secs(seconds), ..Behaviour::default() };
    if environment == "Production" {
        usual.says.push(format!("ERROR:elastalert:Error running query: {TIMEOUT}"));
    }
    if let Some(path) = holding(launch, MISTAKE) {
        let cause = format!(
            "Error loading file {path}: Invalid Rule file: {path}\n'average' is not one of ['min', 'max', 'avg', \
             'sum', 'cardinality', 'value_count', 'percentiles']"
        );
        return Behaviour { fate: Fate::DiesLoading(cause), ..usual };
    }
    let file = NEW_RULE.rsplit('/').next().unwrap_or(NEW_RULE);
    if environment == "Production" && launch.rules().iter().any(|(path, _)| path.ends_with(file)) {
        let fate = Fate::DiesLoading(format!("Error initializing rule New administrator: {TIMEOUT}"));
        return Behaviour { load: Duration::from_secs(4), fate, ..usual };
    }
    usual
}

fn holding<'a>(launch: &'a Launch, text: &str) -> Option<&'a str> {
    let holds = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(text);
    launch.rules().into_iter().find(|(_, bytes)| holds(bytes)).map(|(path, _)| path)
}

/// What an `ElastAlert` says beside a line for each rule in each cycle.
fn talk(environment: &str) -> Vec<Repeat> {
    let every = |seconds: u64, from: Duration, lines: &[&str]| Repeat {
        from: from + Duration::from_secs(3 + seconds),
        every: Duration::from_secs(seconds),
        lines: lines.iter().map(|line| line.replace("{TIMEOUT}", TIMEOUT)).collect(),
    };
    match environment {
        "Production" => {
            let from = PRODUCTION_UP.saturating_sub(LATELY);
            vec![
                every(13, from, &["ERROR:elastalert:Error running query: {TIMEOUT}"]),
                every(
                    29,
                    from,
                    &[
                        "WARNING:elastalert:Querying took longer than run_every!",
                        "INFO:elastalert:Disabled rules are: ['Response times']",
                    ],
                ),
            ]
        }
        _ => vec![
            every(
                7,
                Duration::ZERO,
                &[
                    "INFO:elastalert:Queried rule Application errors: 31 / 31 hits",
                    "INFO:elastalert:Alert for Application errors, checkout at web-01: 31 events",
                ],
            ),
            every(
                11,
                Duration::ZERO,
                &["INFO:elastalert:Ignoring match for silenced rule Spike in 5xxs.web"],
            ),
            every(23, Duration::ZERO, &["INFO:elastalert:Disabled rules are: []"]),
        ],
    }
}
