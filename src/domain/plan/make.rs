//! From what is wanted and what is there to a plan. A pure function: the same two values always give the same plan,
//! so that what a person confirmed is what is carried out.

use crate::domain::by_hand::{ByHand, Picked};
use crate::domain::check::{Finding, Severity};
use crate::domain::container::{Container, ContainerState, EngineInfo, Image, RestartPolicy};
use crate::domain::environment::{Endpoint, EnvName, Guard};
use crate::domain::journal::{GitState, Kind, Record};
use crate::domain::label::{self, Labels, role};
use crate::domain::operation::{Operation, operation};
use crate::domain::plan::{
    ChangeCount, ContainerSpec, Fingerprint, KEPT_RELEASES, Plan, PlannedStep, ReleaseNumber, Step,
    lock_name, state_name,
};
use crate::domain::problem::{Problem, code};
use crate::domain::render::Rendering;
use crate::domain::workspace::Environment;

use super::setup;

/// How many causes a problem lists before it only counts them.
const LISTED: usize = 5;

/// What a person asks for beside the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Deploy although the check found errors.
    pub skip_check: bool,
}

/// What should run.
#[derive(Clone, Debug)]
pub struct Desired<'a> {
    /// The name of the workspace.
    pub workspace: &'a str,
    /// The environment.
    pub environment: &'a Environment,
    /// Its rendering, secrets as holes.
    pub rendering: &'a Rendering,
    /// What the check found, in whatever environment.
    pub findings: &'a [Finding],
    /// Why secrets could not be had, where they could not.
    pub missing_secrets: Option<&'a Problem>,
    /// The state of the repository, where the workspace lies in one.
    pub revision: Option<GitState>,
    /// What is to be said of the secrets that were had.
    pub secret_notes: &'a [Problem],
}

/// What is there.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The engine.
    pub engine: EngineInfo,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// Every container of the engine.
    pub containers: Vec<Container>,
    /// The labels of every volume of ours.
    pub volumes: Vec<Labels>,
    /// The image that is asked for, where it is there.
    pub image: Option<Image>,
    /// How the files of the current container differ from what would be deployed.
    pub changes: ChangeCount,
    /// Whether `ElastAlert` was seen to live in the current container.
    pub process_lives: bool,
    /// What the journal says, newest first.
    pub records: Vec<Record>,
    /// The network that the container would get, where the engine does not have it.
    pub absent_network: Option<String>,
}

/// Whether labels say that an object belongs to this environment.
pub(crate) fn is_ours(labels: &Labels, workspace: &str, environment: &EnvName) -> bool {
    labels.get(label::WORKSPACE).is_some_and(|found| found == workspace)
        && labels.get(label::ENVIRONMENT).is_some_and(|found| found == environment.as_str())
}

impl Observed {
    /// The containers of this environment that run `ElastAlert`, newest release first.
    pub(crate) fn ours(&self, workspace: &str, environment: &EnvName) -> Vec<&Container> {
        let mut ours: Vec<&Container> = self
            .containers
            .iter()
            .filter(|container| {
                is_ours(&container.labels, workspace, environment) && container.has_role(role::ELASTALERT)
            })
            .collect();
        ours.sort_by_key(|container| std::cmp::Reverse(container.release()));
        ours
    }

    /// The container that a deploy would replace: the newest one that may be alive.
    pub(crate) fn current(&self, workspace: &str, environment: &EnvName) -> Option<&Container> {
        self.ours(workspace, environment).into_iter().find(|container| container.state.is_alive())
    }

    /// What is being done to the environment.
    pub(crate) fn operation(&self, workspace: &str, environment: &EnvName) -> Operation {
        operation(&self.records, self.lock(workspace, environment), self.engine.time)
    }

    /// The lock of the environment, where somebody holds it.
    pub(crate) fn lock(&self, workspace: &str, environment: &EnvName) -> Option<&Container> {
        let name = lock_name(workspace, environment);
        self.containers.iter().find(|container| {
            container.name == name
                && container.has_role(role::LOCK)
                && is_ours(&container.labels, workspace, environment)
        })
    }

    /// The number of the next release: one above all that left anything behind.
    pub(crate) fn next_release(&self, workspace: &str, environment: &EnvName) -> ReleaseNumber {
        let containers = self.ours(workspace, environment).into_iter().filter_map(Container::release);
        let volumes = self
            .volumes
            .iter()
            .filter(|labels| is_ours(labels, workspace, environment))
            .filter_map(|labels| labels.get(label::RELEASE)?.parse().ok());
        let tried = self.records.iter().map(|record| record.release);
        ReleaseNumber(
            containers
                .chain(volumes)
                .chain(tried)
                .map(|release| release.0)
                .max()
                .unwrap_or(0)
                .saturating_add(1),
        )
    }
}

/// Makes the plan.
pub fn make(desired: &Desired<'_>, observed: &Observed, options: Options) -> Plan {
    let Desired { workspace, environment, rendering, .. } = desired;
    let name = &environment.name;
    let release = observed.next_release(workspace, name);
    let previous = observed.current(workspace, name);
    let container = setup::container(desired, release);
    let (mut obstacles, mut warnings) = (Vec::new(), Vec::new());
    check(desired, options, &mut obstacles, &mut warnings);
    obstacles.extend(desired.missing_secrets.cloned());
    obstacles.extend(read_only(environment));
    obstacles.extend(no_part(environment, rendering));
    obstacles.extend(no_image(environment));
    let absent = observed.absent_network.as_deref();
    obstacles.extend(absent.map(|network| no_network(network, &observed.endpoint)));
    taken_names(desired, observed, &container, &mut obstacles);
    obstacles.extend(observed.operation(workspace, name).obstacle(name));
    obstacles.extend(previous.and_then(|previous| paused(previous, &observed.endpoint)));
    risks(&container, previous, &mut warnings);
    warnings.extend(by_hand(rendering));
    warnings.extend(in_vain(desired));
    warnings.extend(desired.secret_notes.iter().cloned());
    warnings.extend(look_alikes(desired, observed));
    let nothing_to_do = previous.is_some_and(|previous| is_the_same(previous, &container, observed));
    Plan {
        environment: name.clone(),
        kind: Kind::Deploy,
        guard: environment.guard,
        endpoint: observed.endpoint.clone(),
        release,
        previous: previous.cloned(),
        mounts: environment.target.mounts.clone(),
        gate: environment.gate,
        expected_rules: rendering.rules.len(),
        steps: if nothing_to_do {
            Vec::new()
        } else {
            steps(desired, observed, &container, previous, options)
        },
        changes: observed.changes,
        obstacles,
        warnings,
        by_hand: rendering.by_hand.clone(),
        revision: desired.revision.clone(),
        fingerprint: Fingerprint {
            engine: observed.engine.id.clone(),
            container: previous.map(|container| container.id.0.clone()),
            rendering: rendering.hash.clone(),
        },
        nothing_to_do,
        container,
    }
}

/// Whether a container is what would be created, and as it should be.
fn is_the_same(current: &Container, wanted: &ContainerSpec, observed: &Observed) -> bool {
    let same =
        |key: &str| current.labels.contains_key(key) && current.labels.get(key) == wanted.labels.get(key);
    current.state == ContainerState::Running
        && observed.process_lives
        && matches!(current.restart_policy, RestartPolicy::UnlessStopped | RestartPolicy::Always)
        && same(label::RENDERING)
        && same(label::SPEC)
        && observed.image.as_ref().is_some_and(|image| image.id == current.image_id)
        && !observed.changes.any()
}

fn check(desired: &Desired<'_>, options: Options, obstacles: &mut Vec<Problem>, warnings: &mut Vec<Problem>) {
    let Desired { environment, rendering, .. } = desired;
    let name = &environment.name;
    let mut found = Vec::new();
    let errors: Vec<&Finding> = desired
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter(|finding| finding.environment.as_ref().is_none_or(|at| at == name))
        .collect();
    if !errors.is_empty() {
        let what = match errors.len() {
            1 => format!("the check of {name} found an error"),
            count => format!("the check of {name} found {count} errors"),
        };
        let mut problem = Problem::new(code::CHECK_FAILED, what);
        problem.why.extend(errors.iter().take(LISTED).map(|finding| finding.problem.to_string()));
        if errors.len() > LISTED {
            problem = problem.why(format!("and {} more", errors.len() - LISTED));
        }
        found.push(problem);
    }
    // The check says so as well, where it was asked.
    if rendering.rules.is_empty() && !errors.iter().any(|finding| finding.problem.code == "rules.none") {
        let problem = Problem::new(code::CHECK_FAILED, format!("{name} has no rules"))
            .why("an ElastAlert without rules runs and never alerts");
        found.push(problem);
    }
    for problem in found {
        if options.skip_check {
            warnings.push(problem.hint("it is deployed all the same, because of --skip-check"));
        } else {
            obstacles.push(
                problem
                    .hint(format!("`alertdeck check {name}` shows all; --skip-check deploys all the same")),
            );
        }
    }
}

fn read_only(environment: &Environment) -> Option<Problem> {
    (environment.guard == Guard::ReadOnly).then(|| {
        Problem::new(code::GUARDED, format!("{} is read-only", environment.name))
            .why("its guard allows no change from here")
            .hint("whoever may decide that changes `guard` in its file below config/environments/")
    })
}

/// Where a name has to be typed, people rely on all the rules.
fn no_part(environment: &Environment, rendering: &Rendering) -> Option<Problem> {
    let partial = &rendering.by_hand.partial;
    (environment.guard == Guard::TypeName && !partial.is_empty()).then(|| {
        Problem::new(code::GUARDED, format!("{} is not deployed in part", environment.name))
            .why(format!("only rules that match {} were asked for", partial.join(", ")))
            .hint("leave --rule out; it is for trying rules where nobody relies on the others")
    })
}

/// What the person asked for that the workspace does not say.
fn by_hand(rendering: &Rendering) -> Vec<Problem> {
    let ByHand { partial, set } = &rendering.by_hand;
    let mut told = Vec::new();
    if !partial.is_empty() {
        let count = rendering.rules.len();
        let mut problem =
            Problem::new("deploy.partial", format!("partial: only rules that match {}", partial.join(", ")))
                .why(format!("{count} of the environment's rules are laid out, and the others will not run"));
        let picked = Picked::new(partial).unwrap_or_default();
        let imported = rendering.rules.iter().filter(|rule| !picked.is_asked_for(&rule.path));
        let imported: Vec<&str> = imported.map(|rule| rule.path.as_str()).collect();
        if !imported.is_empty() {
            problem = problem.why(format!("they import {}, which runs as well", imported.join(", ")));
        }
        told.push(problem);
    }
    if !set.is_empty() {
        told.push(
            Problem::new("deploy.set", format!("set by hand: {}", set.join(", ")))
                .why("the next deploy has the values of the workspace again"),
        );
    }
    told
}

/// A value that was given by hand and that nothing uses is a slip of the pen.
fn in_vain(desired: &Desired<'_>) -> Vec<Problem> {
    let of_this = |finding: &&Finding| {
        finding.environment.as_ref().is_none_or(|name| *name == desired.environment.name)
    };
    // Only what no file says has no place.
    let unused = desired.findings.iter().filter(of_this).map(|finding| &finding.problem);
    unused.filter(|problem| problem.code == "token.unused" && problem.place.is_none()).cloned().collect()
}

fn no_image(environment: &Environment) -> Option<Problem> {
    environment.target.image.as_deref().unwrap_or_default().is_empty().then(|| {
        Problem::new("deploy.no-image", format!("{} names no image", environment.name))
            .hint("set `target.image`, or give the token IMAGE_ID a value")
    })
}

/// What the network mode of a container means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network<'a> {
    /// `bridge`, `host`, `none`: every engine has them.
    BuiltIn,
    /// The network of that name or id.
    Named(&'a str),
    /// The network of another container, by its name or id.
    Of(&'a str),
}

/// Reads a network mode.
pub fn network(mode: &str) -> Network<'_> {
    match (mode, mode.split_once(':')) {
        ("" | "default" | "bridge" | "host" | "none", _) => Network::BuiltIn,
        (_, Some(("container", name))) => Network::Of(name),
        _ => Network::Named(mode),
    }
}

/// Says that the network of a container is not there.
pub fn no_network(network: &str, endpoint: &Endpoint) -> Problem {
    Problem::new("deploy.network", format!("the engine has no network `{network}`"))
        .why("a container in a network that is not there can be created, but not started")
        .hint(format!(
            "set `target.network` to one that is there ({0} network ls), or make it: {0} network create {network}",
            endpoint.docker_command()
        ))
}

fn paused(previous: &Container, endpoint: &Endpoint) -> Option<Problem> {
    (previous.state == ContainerState::Paused).then(|| {
        Problem::new("deploy.paused", format!("{} is paused", previous.name))
            .why("a paused container can be neither stopped nor proven to be")
            .hint(format!("{} unpause {}", endpoint.docker_command(), previous.id))
    })
}

/// Names that the deploy needs and that somebody else has.
fn taken_names(
    desired: &Desired<'_>,
    observed: &Observed,
    wanted: &ContainerSpec,
    obstacles: &mut Vec<Problem>,
) {
    let lock = lock_name(desired.workspace, &desired.environment.name);
    let state = state_name(desired.workspace, &desired.environment.name);
    for name in [&wanted.name, &lock, &state] {
        let Some(holder) = observed.containers.iter().find(|container| container.name == *name) else {
            continue;
        };
        let ours = is_ours(&holder.labels, desired.workspace, &desired.environment.name);
        if !(ours && (holder.has_role(role::LOCK) || holder.has_role(role::STATE))) {
            obstacles.push(
                Problem::new(
                    "deploy.name-taken",
                    format!("the name `{name}` belongs to a container that is not ours"),
                )
                .why(format!("{} has it: image {}, {}", holder.id, holder.image, holder.state))
                .hint(
                    "rename that container, or set another `workspace` in config/environments/Default.yaml",
                ),
            );
        }
    }
}

/// Says who holds the lock of an environment, and the way out.
pub fn locked(environment: &EnvName, holder: &Container) -> Problem {
    let of = |key: &str| holder.labels.get(key).map_or("unknown", String::as_str);
    Problem::new(code::LOCKED, format!("{environment} is being deployed by somebody else"))
        .why(format!(
            "container {} ({}) is the lock, held by {} since {}",
            holder.id,
            holder.name,
            of(label::BY),
            of(label::SINCE)
        ))
        .hint(format!(
            "wait for it: --lock-wait 10m; when nobody is deploying any more: alertdeck unlock {environment}"
        ))
}

fn risks(container: &ContainerSpec, previous: Option<&Container>, warnings: &mut Vec<Problem>) {
    if !container.cap_add.is_empty() {
        warnings.push(
            Problem::new(
                "deploy.capabilities",
                format!("the container gets {}", container.cap_add.join(", ")),
            )
            .why("capabilities reach beyond the container, as SYS_TIME does to the clock of the host"),
        );
    }
    if let Some(previous) = previous.filter(|previous| previous.removes_itself) {
        warnings.push(
            Problem::new("deploy.removes-itself", format!("{} cannot be put back", previous.name))
                .why("it was started with --rm and is gone once it stops"),
        );
    }
}

/// Containers without our labels that look as if they were this environment's `ElastAlert`.
fn look_alikes(desired: &Desired<'_>, observed: &Observed) -> Vec<Problem> {
    let target = &desired.environment.target;
    let mounts = &target.mounts;
    let alike = |container: &&Container| {
        !container.labels.contains_key(label::WORKSPACE)
            && container.state.is_alive()
            && (target.image.as_deref() == Some(container.image.as_str())
                && container.mounts.iter().any(|mount| mount.target == mounts.rules)
                || [&mounts.config, &mounts.rules]
                    .iter()
                    .all(|path| container.mounts.iter().any(|mount| mount.target == **path)))
    };
    let problem = |container: &Container| {
        Problem::new(
            "deploy.unmanaged",
            format!("{} looks like an ElastAlert that alertdeck does not manage", container.name),
        )
        .why(format!(
            "container {} runs {} with the same mounts and has no labels of ours",
            container.id, container.image
        ))
        .hint("it is left alone; two ElastAlerts with the same rules alert twice")
    };
    observed.containers.iter().filter(alike).map(problem).collect()
}

fn steps(
    desired: &Desired<'_>,
    observed: &Observed,
    container: &ContainerSpec,
    previous: Option<&Container>,
    options: Options,
) -> Vec<PlannedStep> {
    let Desired { workspace, environment, rendering, .. } = desired;
    let step = |step, what: String| PlannedStep { step, what };
    let gate = environment.gate;
    let others = observed
        .ours(workspace, &environment.name)
        .into_iter()
        .filter(|other| other.state.is_alive() && previous.is_none_or(|previous| previous.id != other.id));
    let mut stopped: Vec<String> = previous
        .into_iter()
        .chain(others)
        .map(|container| format!("{} ({})", container.name, container.state))
        .collect();
    if stopped.is_empty() {
        stopped.push("nothing: no container of this environment runs".to_owned());
    }
    let mut steps = vec![
        step(
            Step::Image,
            match &observed.image {
                Some(_) => format!("{} is there", container.image),
                None => format!("pull {}", container.image),
            },
        ),
        step(Step::Lock, format!("take {}", lock_name(workspace, &environment.name))),
        step(
            Step::Stage,
            format!(
                "lay out {} files in {} and {}-rules",
                rendering.files.len(),
                container.volumes.first().map_or("", |mount| mount.volume.as_str()),
                container.name
            ),
        ),
        step(Step::Preflight, format!("let the ElastAlert of {} load them", container.image)),
        step(Step::Create, format!("create {}, not started", container.name)),
        step(Step::Stop, format!("stop {}", stopped.join(", "))),
        step(Step::Start, format!("start {}", container.name)),
        step(
            Step::Gate,
            format!(
                "{} rules loaded and the same process for {} s, within {} s",
                rendering.rules.len(),
                gate.stable.as_secs(),
                gate.deadline.as_secs()
            ),
        ),
        step(
            Step::Keep,
            format!(
                "restart policy {}, keep the last {KEPT_RELEASES} releases",
                RestartPolicy::UnlessStopped
            ),
        ),
    ];
    steps.retain(|planned| planned.step != Step::Preflight || !options.skip_check);
    steps
}
