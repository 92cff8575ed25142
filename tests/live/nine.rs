//! Nine deploys, one good and eight that cannot be: what each ends with, how soon after the death of the new ElastAlert
//! that is told, and whether the environment is up afterwards. The table that is printed stands in docs/deploy.md.

use std::time::{Duration, Instant};

use alertdeck::domain::container::{Container, RestartPolicy};
use alertdeck::domain::plan::Options;
use alertdeck::domain::progress::Verdict;
use alertdeck::domain::remote::Timestamp;
use alertdeck::engine::Docker as _;

use super::deploy::{Ended, Stage};

/// How soon a death must be told.
const SOON: Duration = Duration::from_secs(5);

/// One deploy: what is changed in which file, and how it must end.
struct Case {
    what: &'static str,
    file: &'static str,
    change: fn(&Stage, String) -> String,
    verdict: Verdict,
    /// What must be said of the cause.
    cause: &'static str,
}

fn with(text: &str, from: &str, to: &str) -> String {
    text.replace(from, to)
}

/// The eight that cannot be.
fn bad() -> [Case; 8] {
    const HEARTBEAT: &str = "rules/platform-heartbeat.yaml";
    const HEARTBEAT_MOUNTED: &str = "/opt/rules/platform-heartbeat.yaml";
    let rule = |what, change, cause| Case { what, file: HEARTBEAT, change, verdict: Verdict::PutBack, cause };
    [
        rule("broken YAML", |_, text| format!("{text}broken: [1\n"), "while parsing a flow sequence"),
        rule("required option missing", |_, text| with(&text, "threshold: 1\n", ""), HEARTBEAT_MOUNTED),
        rule("unknown alerter", |_, text| with(&text, "- debug", "- pigeon"), "pigeon"),
        rule(
            "duplicate rule name",
            |_, text| with(&text, "Heartbeat lost", "Application errors"),
            "Duplicate rule named Application errors",
        ),
        rule(
            "unknown rule type",
            |_, text| with(&text, "type: flatline", "type: no.such.Module"),
            "no.such.Module",
        ),
        Case {
            what: "bad elastalert.yaml",
            file: "config/elastalert.yaml",
            change: |_, text| with(&text, "  seconds: @@RUN", "  secunds: @@RUN"),
            verdict: Verdict::PutBack,
            cause: "secunds",
        },
        Case {
            what: "search engine down",
            file: "config/elastalert.yaml",
            // A host that is there and has nobody on that port.
            change: |stage, text| with(&text, "\"@@ES_HOST@@\"", &format!("{}-nobody", stage.workspace)),
            verdict: Verdict::PutBack,
            cause: "Connection refused",
        },
        Case {
            what: "image missing",
            file: "config/environments/Default.yaml",
            change: |_, text| with(&text, "target:\n", "target:\n  image: 127.0.0.1:9/alertdeck/nowhere:1\n"),
            verdict: Verdict::Refused,
            cause: "127.0.0.1:9/alertdeck/nowhere:1",
        },
    ]
}

/// A line of the table.
fn line(what: &str, ended: &Ended, took: Duration, after: Option<Duration>, up: &str) -> String {
    let verdict = match ended.report.verdict {
        Verdict::Healthy => "healthy",
        Verdict::NothingToDo => "nothing to do",
        Verdict::Refused => "refused",
        Verdict::PutBack => "put back",
        Verdict::Down => "down",
    };
    let after = after.map_or_else(|| "–".to_owned(), |after| format!("{:.1} s", after.as_secs_f64()));
    format!("| {what} | {verdict} | {:.1} s | {after} | {up} |", took.as_secs_f64())
}

/// How long after the death of the failed container's `ElastAlert` it was told; `None`: none was ever started.
async fn after_the_death(stage: &Stage, ended: &Ended) -> Option<Duration> {
    let release = ended.report.release;
    let failed = stage.ours().await.into_iter().find(|container| container.release() == Some(release))?;
    let lines = stage.log(&failed.id).await;
    let died = lines.iter().find(|line| line.text.contains("exited: elastalert"));
    let died: Timestamp = died.and_then(|line| line.at).unwrap_or_else(|| panic!("no death in {lines:#?}"));
    Some(Duration::try_from(ended.failed_at?.duration_since(died)).unwrap_or_default())
}

/// Whether that container runs, is the only one, comes back by itself, and `ElastAlert` lives in it.
async fn runs(stage: &Stage, wanted: &Container) -> bool {
    let living = stage.living().await;
    let table = stage.docker.processes(&living.id).await.unwrap();
    living.id == wanted.id && living.restart_policy == RestartPolicy::UnlessStopped && table.count() == 1
}

pub(crate) async fn each_of_nine_deploys_ends_as_it_should(stage: &mut Stage) {
    stage.give("nobody", &["sleep", "600"]).await;
    let mut lines = vec![
        "| deploy | verdict | took | told after the death | afterwards |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    let began = Instant::now();
    let good = stage.healthy().await;
    lines.push(line("good", &good, began.elapsed(), None, "up, the new one"));
    let before = stage.living().await;
    let mut flaws = Vec::new();
    for case in bad() {
        let path = stage.folder.path().join(case.file);
        let text = std::fs::read_to_string(&path).unwrap();
        stage.edit(case.file, |text| (case.change)(stage, text));
        let began = Instant::now();
        let ended = stage.deploy(Options { skip_check: true }).await;
        let took = began.elapsed();
        std::fs::write(path, text).unwrap();
        let up = runs(stage, &before).await;
        let after = after_the_death(stage, &ended).await;
        let shown = if up { "up, the old one" } else { "DOWN" };
        lines.push(line(case.what, &ended, took, after, shown));
        println!("{}: {}", case.what, ended.cause());
        let right = ended.report.verdict == case.verdict && ended.cause().contains(case.cause);
        let soon = case.verdict == Verdict::Refused || after.is_some_and(|after| after <= SOON);
        if !(right && soon && up) {
            flaws.push(format!("{}: right {right}, soon {soon}, up {up}: {}", case.what, ended.cause()));
        }
    }
    println!("{}", lines.join("\n"));
    assert!(flaws.is_empty(), "{flaws:#?}");
}
