//! The engine's own types made ours. What an engine leaves out becomes the value that says least; foreign text is
//! sanitised here, except for what must go back to the engine unchanged, such as ids.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, ContainerState as EngineState, ContainerStateStatusEnum,
    HostConfig, HostConfigLogConfig, Mount as EngineMount, MountPoint, MountType, MountVolumeOptions,
    RestartPolicy as EnginePolicy, RestartPolicyNameEnum,
};

use crate::domain::container::{Container, ContainerId, ContainerState, Mount, RestartPolicy};
use crate::domain::label::Labels;
use crate::domain::plan::ContainerSpec;
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;

/// How much memory a container has that is used once.
const THROWAWAY_MEMORY: i64 = 1 << 30;

fn clean(text: Option<String>) -> String {
    text.map(|text| sanitise(text.as_bytes())).unwrap_or_default()
}

/// A point in time as engines write it; their zero is the year 1 and means never.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

pub(super) fn labels(labels: Option<HashMap<String, String>>) -> Labels {
    labels
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (sanitise(key.as_bytes()), sanitise(value.as_bytes())))
        .collect()
}

/// Labels as the engine filters by them: a key alone stands for any value.
pub(super) fn filter(labels: &Labels) -> Vec<String> {
    labels
        .iter()
        .map(|(key, value)| if value.is_empty() { key.clone() } else { format!("{key}={value}") })
        .collect()
}

pub(super) fn container(inspected: ContainerInspectResponse) -> Container {
    let state = inspected.state.unwrap_or_default();
    let config = inspected.config.unwrap_or_default();
    let host = inspected.host_config.unwrap_or_default();
    Container {
        id: ContainerId(inspected.id.unwrap_or_default()),
        name: clean(inspected.name).trim_start_matches('/').to_owned(),
        image: clean(config.image),
        image_id: clean(inspected.image),
        labels: labels(config.labels),
        started_at: time(state.started_at.as_deref()),
        restart_count: inspected.restart_count.unwrap_or_default(),
        restart_policy: restart_policy(host.restart_policy),
        pid: state.pid.filter(|pid| *pid > 0),
        mounts: mounts(inspected.mounts),
        removes_itself: host.auto_remove.unwrap_or_default(),
        tty: config.tty.unwrap_or_default(),
        state: container_state(&state),
    }
}

fn container_state(state: &EngineState) -> ContainerState {
    match state.status {
        Some(ContainerStateStatusEnum::CREATED) => ContainerState::Created,
        Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING) => {
            ContainerState::Running
        }
        Some(ContainerStateStatusEnum::PAUSED) => ContainerState::Paused,
        Some(ContainerStateStatusEnum::RESTARTING) => ContainerState::Restarting,
        Some(ContainerStateStatusEnum::EXITED) => ContainerState::Exited {
            code: state.exit_code.unwrap_or_default(),
            out_of_memory: state.oom_killed.unwrap_or_default(),
        },
        Some(ContainerStateStatusEnum::REMOVING | ContainerStateStatusEnum::DEAD) => ContainerState::Dead,
        // An engine that does not say: what its flags say.
        Some(ContainerStateStatusEnum::EMPTY) | None => {
            if state.running.unwrap_or_default() {
                ContainerState::Running
            } else {
                ContainerState::Dead
            }
        }
    }
}

fn restart_policy(policy: Option<EnginePolicy>) -> RestartPolicy {
    let policy = policy.unwrap_or_default();
    match policy.name {
        Some(RestartPolicyNameEnum::ALWAYS) => RestartPolicy::Always,
        Some(RestartPolicyNameEnum::UNLESS_STOPPED) => RestartPolicy::UnlessStopped,
        Some(RestartPolicyNameEnum::ON_FAILURE) => {
            RestartPolicy::OnFailure { retries: policy.maximum_retry_count.unwrap_or_default() }
        }
        Some(RestartPolicyNameEnum::NO | RestartPolicyNameEnum::EMPTY) | None => RestartPolicy::No,
    }
}

pub(super) fn engine_policy(policy: &RestartPolicy) -> EnginePolicy {
    let (name, retries) = match policy {
        RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        RestartPolicy::OnFailure { retries } => (RestartPolicyNameEnum::ON_FAILURE, Some(*retries)),
    };
    EnginePolicy { name: Some(name), maximum_retry_count: retries }
}

fn mounts(points: Option<Vec<MountPoint>>) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = points
        .unwrap_or_default()
        .into_iter()
        .map(|point| {
            let volume = point.typ.as_deref() == Some("volume");
            Mount {
                source: clean(if volume { point.name.or(point.source) } else { point.source }),
                target: clean(point.destination),
                read_only: !point.rw.unwrap_or(true),
                volume,
            }
        })
        .collect();
    mounts.sort_by(|one, other| one.target.cmp(&other.target));
    mounts
}

/// A container to be created: with an init process, and never started again by the engine.
pub(super) fn creation(spec: &ContainerSpec) -> ContainerCreateBody {
    let mounts = spec.volumes.iter().map(|mount| EngineMount {
        target: Some(mount.target.clone()),
        source: Some(mount.volume.clone()),
        typ: Some(MountType::VOLUME),
        read_only: Some(mount.read_only),
        volume_options: Some(MountVolumeOptions {
            no_copy: Some(true),
            labels: Some(mount.labels.clone().into_iter().collect()),
            ..MountVolumeOptions::default()
        }),
        ..EngineMount::default()
    });
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        env: Some(spec.env.iter().map(|(key, value)| format!("{key}={value}")).collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        user: spec.user.clone(),
        // One empty word is how an engine is told to use none, not the image's.
        entrypoint: spec
            .entrypoint
            .clone()
            .map(|words| if words.is_empty() { vec![String::new()] } else { words }),
        cmd: spec.command.clone(),
        host_config: Some(HostConfig {
            // Without it a shell is the first process, and that ignores the request to stop.
            init: Some(true),
            mounts: Some(mounts.collect()),
            network_mode: spec.network.clone(),
            cap_add: (!spec.cap_add.is_empty()).then(|| spec.cap_add.clone()),
            restart_policy: Some(engine_policy(&RestartPolicy::No)),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

/// A container that is used once: it keeps no log, has little memory and few processes, and is removed when it ends.
pub(super) fn throwaway(spec: &ContainerSpec) -> ContainerCreateBody {
    let mut body = creation(spec);
    if let Some(host) = &mut body.host_config {
        host.auto_remove = Some(true);
        host.log_config = Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None });
        host.memory = Some(THROWAWAY_MEMORY);
        // Together with swap; the same number is none of it.
        host.memory_swap = Some(THROWAWAY_MEMORY);
        host.pids_limit = Some(256);
        host.security_opt = Some(vec!["no-new-privileges".to_owned()]);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_says_as_little_as_it_can() {
        let container = container(ContainerInspectResponse::default());
        assert_eq!(container.state, ContainerState::Dead);
        assert_eq!((container.pid, container.started_at), (None, None));
    }

    #[test]
    fn never_is_the_year_one() {
        assert_eq!(time(Some("0001-01-01T00:00:00Z")), None);
        assert_eq!(time(Some("not a time")), None);
        assert!(time(Some("2026-01-02T03:04:05.678901234Z")).is_some());
    }

    #[test]
    fn foreign_names_and_labels_are_sanitised() {
        let inspected = ContainerInspectResponse {
            name: Some("/x\u{1b}[31m".into()),
            config: Some(bollard::models::ContainerConfig {
                labels: Some(HashMap::from([("a\r".into(), "b\u{202e}".into())])),
                ..Default::default()
            }),
            ..Default::default()
        };
        let container = container(inspected);
        assert!(!container.name.contains('\u{1b}') && !container.name.starts_with('/'));
        assert_eq!(container.labels.get("a\u{240d}").unwrap(), "b<U+202E>");
    }

    #[test]
    fn restart_policies_come_back_as_they_went() {
        for policy in [
            RestartPolicy::No,
            RestartPolicy::Always,
            RestartPolicy::UnlessStopped,
            RestartPolicy::OnFailure { retries: 3 },
        ] {
            assert_eq!(restart_policy(Some(engine_policy(&policy))), policy);
        }
    }

    #[test]
    fn a_label_without_a_value_is_filtered_by_its_key() {
        let labels = Labels::from([("a".into(), "1".into()), ("b".into(), String::new())]);
        assert_eq!(filter(&labels), ["a=1", "b"]);
    }
}
