//! What the demo's search engine says of the runs and alerts of each environment. It follows from what its containers
//! do: where no `ElastAlert` lives, no rule runs, and where one does, it has just run.

use serde_json::{Value, json};

use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::remote::Timestamp;
use crate::engine::Clock;

use super::super::docker::FakeDocker;
use super::super::{FakeClock, FakeWorld};
use super::talk;

/// Lets the search engine of the world answer for each environment.
pub(super) fn keep(world: &FakeWorld, overview: &Overview) {
    let version = json!({ "version": { "number": "3.4.0", "distribution": "opensearch" } });
    world.search.answer("/", Ok(version));
    for rendering in &overview.renderings {
        let name = rendering.environment.clone();
        let index = match name.as_str() {
            EnvName::DEFAULT => "elastalert_status".to_owned(),
            _ => format!("elastalert_{}", name.slug()),
        };
        let rules: Vec<String> = rendering.rules.iter().map(|rule| rule.name.clone()).collect();
        let (docker, clock) = (world.default_engine(), world.clock.clone());
        let alerts = alerts(&name);
        world.search.answer(&format!("{index}/"), Ok(alerts));
        world.search.answer_with(&format!("{index}_status/"), move || {
            let buckets: Vec<Value> = rules
                .iter()
                .filter_map(|rule| Some((rule, ran(&docker, &clock, &name, rule)?)))
                .map(|(rule, at)| json!({ "key": rule, "newest": { "value": at.as_millisecond() } }))
                .collect();
            Ok(json!({ "aggregations": { "rules": { "buckets": buckets } } }))
        });
    }
}

/// When a rule ran last.
fn ran(docker: &FakeDocker, clock: &FakeClock, name: &EnvName, rule: &str) -> Option<Timestamp> {
    let now = clock.now();
    let ago = |seconds| now.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok();
    if name.as_str() == "Production" && rule == talk::CRASHED {
        return ago(2 * 3600);
    }
    // More than one thread: it has loaded, and runs.
    let lives = docker.look(|state, now| {
        state
            .containers
            .iter()
            .filter(|container| container.inspect().environment().as_ref() == Some(name))
            .filter_map(|container| container.processes(now))
            .any(|(_, _, alive)| alive.iter().any(|process| process.threads > 1))
    });
    if lives { ago(4) } else { None }
}

fn alerts(name: &EnvName) -> Value {
    let sent = match name.as_str() {
        "Production" => 41,
        "Staging" => 3,
        _ => 14,
    };
    json!({
        "hits": { "hits": [] },
        "aggregations": { "sent": { "doc_count": sent }, "failed": { "doc_count": 0 } }
    })
}
