//! The labels by which alertdeck knows what is its own on an engine. Nothing without them is ever stopped or removed.
//! They are readable by anyone who reaches the engine, so no secret and no hash of one stands in them.

use std::collections::BTreeMap;

use crate::domain::environment::EnvName;
use crate::domain::plan::ReleaseNumber;

/// The workspace whose object it is: [`crate::domain::environment`]'s `workspace` key.
pub const WORKSPACE: &str = "alertdeck.workspace";
/// The environment whose object it is.
pub const ENVIRONMENT: &str = "alertdeck.environment";
/// The release that created it.
pub const RELEASE: &str = "alertdeck.release";
/// What it is: `elastalert`, `lock`, `state`, `preflight`, `config`, `rules`, `logs`.
pub const ROLE: &str = "alertdeck.role";
/// The hash of the rendering with its secrets left out.
pub const RENDERING: &str = "alertdeck.rendering";
/// How many rules it was given, so that whoever looks later knows how many its loader must report.
pub const RULE_COUNT: &str = "alertdeck.rule-count";
/// Which rules it was given, as globs, where it was not given all.
pub const PARTIAL: &str = "alertdeck.partial";
/// Which values it was given by hand, those of secrets without their value.
pub const SET: &str = "alertdeck.set";
/// The hash of how its container is set up: image, variables, mounts, network, capabilities.
pub const SPEC: &str = "alertdeck.spec";
/// On a lock: since when it is held.
pub const SINCE: &str = "alertdeck.since";
/// On a lock and on what was made under it: a number that no other deploy has.
pub const NONCE: &str = "alertdeck.nonce";
/// The newest release that had been proven when this one was made; 0 for none. Whatever was made and is named by none
/// that came after it has failed.
pub const PROVEN: &str = "alertdeck.proven";
/// Who deployed it, as a claim.
pub const BY: &str = "alertdeck.by";
/// The version of these labels.
pub const SCHEMA: &str = "alertdeck.schema";

/// Values of [`ROLE`].
pub mod role {
    /// The container that runs `ElastAlert`.
    pub const ELASTALERT: &str = "elastalert";
    /// The container that is the lock and the hand that fills volumes.
    pub const LOCK: &str = "lock";
    /// The volume with the journal and the stored releases, and the container through which it is read.
    pub const STATE: &str = "state";
    /// A container in which a rendering is tried.
    pub const PREFLIGHT: &str = "preflight";
    /// A volume with rendered configuration.
    pub const CONFIG: &str = "config";
    /// A volume with rendered rules.
    pub const RULES: &str = "rules";
    /// The volume with logs.
    pub const LOGS: &str = "logs";
}

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// The labels that every object of an environment has, with its role and, where it belongs to one, its release.
pub fn labels(workspace: &str, environment: &EnvName, role: &str, release: Option<ReleaseNumber>) -> Labels {
    let mut labels = Labels::from([
        (WORKSPACE.to_owned(), workspace.to_owned()),
        (ENVIRONMENT.to_owned(), environment.as_str().to_owned()),
        (ROLE.to_owned(), role.to_owned()),
        (SCHEMA.to_owned(), "1".to_owned()),
    ]);
    if let Some(release) = release {
        labels.insert(RELEASE.to_owned(), release.to_string());
    }
    labels
}
