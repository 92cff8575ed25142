//! How the container of a release is set up: its variables, its mounts, its labels. Two deploys that would set it up
//! alike carry the same mark, so that a running container can be told from one that must be replaced.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::environment::Target;
use crate::domain::label::{self, Labels, role};
use crate::domain::plan::{ContainerSpec, ReleaseNumber, VolumeMount, logs_name, object_name};
use crate::domain::render::{RenderedFile, Rendering};
use crate::domain::workspace::Environment;

use super::make::Desired;

/// The container that a deploy of this would create as that release.
pub(super) fn container(desired: &Desired<'_>, release: ReleaseNumber) -> ContainerSpec {
    let Desired { workspace, environment, rendering, .. } = desired;
    let target = &environment.target;
    let name = object_name(workspace, &environment.name, release);
    let of = |role: &str, release| label::labels(workspace, &environment.name, role, release);
    let volume = |volume: String, target: &str, read_only, labels| VolumeMount {
        volume,
        target: target.to_owned(),
        read_only,
        labels,
    };
    let volumes = vec![
        volume(format!("{name}-config"), &target.mounts.config, true, of(role::CONFIG, Some(release))),
        volume(format!("{name}-rules"), &target.mounts.rules, true, of(role::RULES, Some(release))),
        volume(logs_name(workspace, &environment.name), &target.mounts.logs, false, of(role::LOGS, None)),
    ];
    let mut spec = ContainerSpec {
        name,
        image: target.image.clone().unwrap_or_default(),
        env: variables(environment, rendering),
        labels: Labels::new(),
        volumes,
        network: target.network.clone(),
        user: target.user.clone(),
        entrypoint: target.entrypoint.clone(),
        command: target.command.clone(),
        cap_add: target.cap_add.clone(),
    };
    spec.labels = of(role::ELASTALERT, Some(release));
    spec.labels.insert(label::RENDERING.to_owned(), rendering.hash.clone());
    spec.labels.insert(label::RULE_COUNT.to_owned(), rendering.rules.len().to_string());
    let by_hand = &rendering.by_hand;
    for (key, said) in [(label::PARTIAL, &by_hand.partial), (label::SET, &by_hand.set)] {
        if !said.is_empty() {
            spec.labels.insert(key.to_owned(), said.join(", "));
        }
    }
    spec.labels.insert(label::SPEC.to_owned(), mark(&spec));
    spec
}

/// What is the same in two containers that are set up alike, whatever release they belong to.
#[derive(Serialize)]
struct Setup<'a> {
    image: &'a str,
    env: &'a BTreeMap<String, String>,
    mounts: Vec<(&'a str, bool)>,
    network: &'a Option<String>,
    user: &'a Option<String>,
    entrypoint: &'a Option<Vec<String>>,
    command: &'a Option<Vec<String>>,
    cap_add: &'a [String],
}

fn mark(spec: &ContainerSpec) -> String {
    let setup = Setup {
        image: &spec.image,
        env: &spec.env,
        mounts: spec.volumes.iter().map(|mount| (mount.target.as_str(), mount.read_only)).collect(),
        network: &spec.network,
        user: &spec.user,
        entrypoint: &spec.entrypoint,
        command: &spec.command,
        cap_add: &spec.cap_add,
    };
    // Texts, lists and a map with text keys always have a JSON form.
    let text = serde_json::to_string(&setup).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk::<8>().map_or_else(String::new, |half| format!("{:016x}", u64::from_be_bytes(*half)))
}

/// The variables that the procedure before alertdeck set, and on top of them the target's own. A value that is a
/// secret is left out: anyone who reaches the engine reads the variables of a container.
pub fn variables(environment: &Environment, rendering: &Rendering) -> BTreeMap<String, String> {
    variables_with(environment, rendering.config())
}

/// The same where only the configuration is rendered.
pub fn variables_with(environment: &Environment, text: Option<&RenderedFile>) -> BTreeMap<String, String> {
    let Target { mounts, env, .. } = &environment.target;
    let config = text.and_then(|file| file.path.strip_prefix("config/")).unwrap_or("elastalert.yaml");
    let zone = environment.value("TIMEZONE").unwrap_or("UTC");
    let mut variables = BTreeMap::from([
        ("ELASTALERT_CONFIG".to_owned(), format!("{}/{config}", mounts.config)),
        ("ELASTALERT_SUPERVISOR_CONF".to_owned(), format!("{}/supervisord.conf", mounts.config)),
        ("SET_CONTAINER_TIMEZONE".to_owned(), "true".to_owned()),
        ("CONTAINER_TIMEZONE".to_owned(), zone.to_owned()),
        ("TZ".to_owned(), zone.to_owned()),
    ]);
    let search = [("ELASTICSEARCH_HOST", "ES_HOST", "es_host"), ("ELASTICSEARCH_PORT", "ES_PORT", "es_port")];
    for (variable, token, key) in search {
        let value = match environment.value(token) {
            Some(value) => Some(value.to_owned()),
            None => text.and_then(|file| top_level(&file.bytes, key)),
        };
        if let Some(value) = value {
            variables.insert(variable.to_owned(), value);
        }
    }
    variables.extend(env.clone());
    variables
}

/// The plain value of a key at the left margin of a YAML text; `None` where it is a secret that is not filled in.
fn top_level(bytes: &[u8], key: &str) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    (!value.is_empty() && !value.contains(['‹', '@', '{', '['])).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_value_is_found_and_a_secret_is_not() {
        let text = "es_host_x: no\nes_host: \"search\" # the one\nes_port: 9200\nother:\n  es_ssl: 1\n";
        assert_eq!(top_level(text.as_bytes(), "es_host").as_deref(), Some("search"));
        assert_eq!(top_level(text.as_bytes(), "es_port").as_deref(), Some("9200"));
        assert_eq!(top_level(text.as_bytes(), "es_ssl"), None);
        assert_eq!(top_level("es_host: ‹secret HOST›\n".as_bytes(), "es_host"), None);
    }
}
