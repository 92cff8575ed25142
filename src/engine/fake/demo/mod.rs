//! The world of `alertdeck demo`: the sample workspace and three environments with different troubles. CI is healthy and
//! one change behind; in Staging the container runs and `ElastAlert` in it does not; Production runs, with an older
//! release and failing queries, and its next release does not survive the gate.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::container::{Mount, RestartPolicy};
use crate::domain::environment::EnvName;
use crate::domain::label;
use crate::domain::overview::Overview;
use crate::domain::plan::{ContainerSpec, Options, Plan, ReleaseNumber, object_name};
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::domain::render::Rendering;
use crate::engine::Engine;

use super::{FakeWorld, Given};

mod books;
mod sample;
mod talk;

/// Where the workspace of the demo seems to lie.
const ROOT: &str = "/demo";

/// What stands for the one secret of the sample. It leads nowhere.
const WEBHOOK: &str = "https://hooks.slack.invalid/services/T0DEMO/B0DEMO/not-a-secret";

/// The gates of the sample are as long as they should be in earnest; in a demo somebody waits for them.
const GATES: [(&str, &str); 2] = [
    ("gate: { stable: 10s, deadline: 60s }", "gate: { stable: 3s, deadline: 40s }"),
    ("gate: { stable: 15s, deadline: 90s }", "gate: { stable: 3s, deadline: 40s }"),
];

/// What runs in an environment when the demo begins.
struct Before {
    environment: &'static str,
    /// The release that runs.
    release: u32,
    /// Since when.
    up: Duration,
    /// Texts of the workspace, and what they were in that release.
    then: &'static [(&'static str, &'static str)],
    /// Files of the workspace that the release did not have.
    without: &'static [&'static str],
}

const BEFORE: [Before; 3] = [
    Before {
        environment: "CI",
        release: 12,
        up: Duration::from_secs(47 * 60),
        then: &[("threshold_cur: 5", "threshold_cur: 8")],
        without: &[],
    },
    Before {
        environment: "Staging",
        release: 5,
        up: Duration::from_secs(6 * 60),
        then: &[("metric_agg_type: avg", talk::MISTAKE), ("num_events: 25", "num_events: 20")],
        without: &[],
    },
    Before {
        environment: "Production",
        release: 8,
        up: talk::PRODUCTION_UP,
        then: &[("threshold_cur: 50", "threshold_cur: 30"), ("minutes: 45", "minutes: 30")],
        without: &[talk::NEW_RULE],
    },
];

/// Makes the world as it is at `now`, and says where its workspace lies.
pub async fn world(now: Timestamp) -> Result<(FakeWorld, PathBuf), Problem> {
    let world = FakeWorld::new(now);
    let root = PathBuf::from(ROOT);
    for (path, bytes) in sample::FILES {
        world.files.put(root.join(path), in_a_hurry(bytes));
    }
    world.files.set_variable("SLACK_WEBHOOK", WEBHOOK);
    world.files.put(root.join(".dev/slack-webhook"), WEBHOOK);
    let docker = world.default_engine();
    docker.put_image(
        "alertdeck/elastalert:2.31.0",
        "1000:1000",
        "elastalert:x:1000:1000::/home/elastalert:/bin/bash\n",
    );
    docker.put_network("alertdeck-dev");
    docker.put_program(talk::program());
    docker.set_latency(Duration::from_millis(40));
    let engine = Engine::new(world.clone(), root.clone(), Vec::new());
    let overview = engine.open(0).await?;
    for before in &BEFORE {
        arrange(&engine, &overview, before, now).await?;
    }
    books::keep(&world, &overview);
    Ok((world, root))
}

/// A file of the sample with gates that are shorter.
fn in_a_hurry(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            GATES.iter().fold(text.to_owned(), |text, (slow, quick)| text.replace(slow, quick)).into_bytes()
        }
        Err(_) => bytes.to_vec(),
    }
}

/// Lays out what runs in an environment, as a deploy of that release would have.
async fn arrange(
    engine: &Engine<FakeWorld>,
    overview: &Overview,
    before: &Before,
    now: Timestamp,
) -> Result<(), Problem> {
    let name: EnvName = before.environment.parse()?;
    let (plan, _) = engine.plan(overview, &name, Options::default()).await?;
    let rendering = engine.render_for_use(&overview.workspace, &name).await?;
    let docker = engine.world.default_engine();
    let release = before.spec(&overview.workspace.name, &plan);
    for volume in &release.volumes {
        let folder = match &volume.target {
            target if *target == plan.mounts.config => "config/",
            target if *target == plan.mounts.rules => "rules/",
            _ => continue,
        };
        let files = before.files(&rendering, folder);
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        docker.fill_volume(&volume.volume, &volume.labels, &files, 1000);
    }
    let up = jiff::SignedDuration::try_from(before.up).unwrap_or_default();
    docker.give_since(given(release), now.checked_sub(up).unwrap_or(now));
    Ok(())
}

impl Before {
    /// The container of that release: set up as a deploy would now, under its own number.
    fn spec(&self, workspace: &str, plan: &Plan) -> ContainerSpec {
        let mut spec = plan.container.clone();
        let (new, old) =
            (spec.name.clone(), object_name(workspace, &plan.environment, ReleaseNumber(self.release)));
        let number = self.release.to_string();
        spec.name.clone_from(&old);
        let labels = spec.volumes.iter_mut().map(|volume| &mut volume.labels).chain([&mut spec.labels]);
        labels
            .filter_map(|labels| labels.get_mut(label::RELEASE))
            .for_each(|label| label.clone_from(&number));
        for volume in &mut spec.volumes {
            volume.volume = volume.volume.replace(&new, &old);
        }
        // Another rendering than the one that would be deployed now.
        spec.labels.insert(label::RENDERING.to_owned(), format!("{:0>64x}", self.release));
        spec.labels.insert(label::BY.to_owned(), "ana@laptop".to_owned());
        spec
    }

    /// The files of that release below a folder, by their path in it.
    fn files(&self, rendering: &Rendering, folder: &str) -> Vec<(String, String)> {
        let files = rendering.files.iter().filter(|file| !self.without.contains(&file.path.as_str()));
        files
            .filter_map(|file| {
                let text = String::from_utf8_lossy(&file.bytes).into_owned();
                let text = self.then.iter().fold(text, |text, (now, then)| text.replace(now, then));
                Some((file.path.strip_prefix(folder)?.to_owned(), text))
            })
            .collect()
    }
}

fn given(spec: ContainerSpec) -> Given {
    let mounts = spec.volumes.into_iter().map(|volume| Mount {
        source: volume.volume,
        target: volume.target,
        read_only: volume.read_only,
        volume: true,
    });
    Given {
        name: spec.name,
        image: spec.image,
        labels: spec.labels,
        env: spec.env,
        mounts: mounts.collect(),
        restart_policy: RestartPolicy::UnlessStopped,
        removes_itself: false,
        command: spec.command.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::check::Severity;
    use crate::domain::container::ContainerState;
    use crate::domain::progress::{DeployReport, Verdict};

    async fn demo() -> (Engine<FakeWorld>, Overview) {
        let (world, root) = world("2026-03-14T03:12:00Z".parse().unwrap()).await.unwrap();
        let engine = Engine::new(world, root, Vec::new());
        let overview = engine.open(1).await.unwrap();
        (engine, overview)
    }

    async fn deploy(name: &str) -> (DeployReport, Engine<FakeWorld>) {
        let (engine, overview) = demo().await;
        let (plan, diff) = engine.plan(&overview, &name.parse().unwrap(), Options::default()).await.unwrap();
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
        assert!(diff.count().any() && !plan.nothing_to_do, "{:?}", diff.count());
        assert!(plan.previous.is_some(), "something runs before");
        let (progress, mut said) = mpsc::channel(256);
        let deployed = engine.deploy(&overview, &plan, progress, CancellationToken::new());
        let drain = async { while said.recv().await.is_some() {} };
        let (report, ()) = tokio::join!(deployed, drain);
        (report.unwrap(), engine)
    }

    #[tokio::test(start_paused = true)]
    async fn the_workspace_of_the_demo_is_sound() {
        let (_, overview) = demo().await;
        let errors: Vec<_> =
            overview.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(overview.workspace.environments.len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn deploys_of_ci_and_staging_succeed() {
        for name in ["CI", "Staging"] {
            let (report, _) = deploy(name).await;
            assert_eq!(report.verdict, Verdict::Healthy, "{name}: {:?}", report.cause);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_deploy_of_production_is_put_back() {
        let (report, engine) = deploy("Production").await;
        assert_eq!(report.verdict, Verdict::PutBack, "{:?}", report.cause);
        let all = engine.world.default_engine().all();
        let old = all.iter().find(|container| container.name == "elastalert-production-8").unwrap();
        assert_eq!(old.state, ContainerState::Running);
        assert_eq!(old.restart_policy, RestartPolicy::UnlessStopped);
        assert!(report.cause.unwrap().to_string().contains("New administrator"));
    }
}
