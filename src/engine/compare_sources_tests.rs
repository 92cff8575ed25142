//! Releases and git revisions as sides of a comparison, on a world in memory. A release is a stopped container with
//! its files; a revision is what the workspace was.

use super::tests::{FILES, compare, engine, for_use, name, run, statuses, text};
use crate::domain::diff::{Against, FileStatus, ValueStatus};
use crate::domain::plan::ReleaseNumber;
use crate::engine::{Docker, World};

fn against(text: &str) -> Against {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_release_is_read_from_its_container_although_that_is_stopped() {
    let engine = engine();
    let (_, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, Some(ReleaseNumber(3))).await;
    let docker = engine.world.default_engine();
    let id = docker.all()[0].id.clone();
    docker.stop(&id, std::time::Duration::from_secs(1)).await.unwrap();
    engine.world.files().put("/w/rules/a.yaml", FILES[4].1.replace("index: i", "index: j"));
    let (_, rendering) = for_use(&engine, "CI").await;
    run(&engine, &rendering, Some(ReleaseNumber(4))).await;
    engine.world.files().set_variable("HOOK", "https://other-canary/2");

    let diff = compare(&engine, "CI", against("release:3")).await;
    assert_eq!(diff.old, "release 3 (elastalert-ci-3)");
    let shown = text(&diff);
    assert!(shown.contains("Removed index: i") && shown.contains("Added index: j"), "{shown}");
    assert!(shown.contains("‹secret HOOK› (changed)"), "{shown}");
    let diff = compare(&engine, "CI", against("release:4")).await;
    assert!(!text(&diff).contains("index: i"), "{}", text(&diff));
}

#[tokio::test(start_paused = true)]
async fn a_release_without_a_container_says_which_ones_are_kept() {
    let engine = engine();
    let (overview, rendering) = for_use(&engine, "CI").await;
    let problem = engine.compare(&overview, &name("CI"), against("release:2")).await.unwrap_err();
    assert_eq!(problem.code, "release.missing");
    run(&engine, &rendering, Some(ReleaseNumber(7))).await;
    let problem = engine.compare(&overview, &name("CI"), against("release:2")).await.unwrap_err();
    assert_eq!(problem.hint.as_deref(), Some("it keeps release:7"));
}

#[tokio::test(start_paused = true)]
async fn a_revision_has_its_own_layers_and_the_secrets_of_today() {
    let engine = engine();
    engine.world.files().commit("/w", "HEAD");
    engine.world.files().put("/w/config/environments/CI.yaml", "tokens: { ES_HOST: es.new }\n");
    engine.world.files().put("/w/rules/c.yaml", FILES[4].1);
    engine.world.files().take("/w/rules/a.yaml");
    let diff = compare(&engine, "CI", against("git:HEAD")).await;
    assert_eq!(diff.old, "CI at HEAD (fa4e000)");
    assert_eq!(
        statuses(&diff),
        [
            ("config/elastalert.yaml", FileStatus::Changed),
            ("rules/b.yaml", FileStatus::Added),
            ("rules/c.yaml", FileStatus::Renamed)
        ],
        "it was excluded then, and the same name makes it the same rule"
    );
    let values = diff.files[0].values().unwrap();
    let host = &values[0];
    assert_eq!(host.path, "es_host");
    let old = host.old.as_ref().unwrap();
    assert_eq!((old.value.as_str(), old.place.as_ref()), ("es.ci", None), "that place is not today's");
    let new = host.new.as_ref().unwrap();
    assert_eq!(new.value, "es.new");
    assert_eq!(new.place.as_ref().unwrap().file, "config/environments/CI.yaml");
    assert!(diff.files[2].hunks().is_empty() && diff.files[2].from.as_deref() == Some("rules/a.yaml"));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_written_down_then_is_hidden_now() {
    let engine = engine();
    let rule = "name: A\ntype: any\nindex: i\nalert: slack\nslack_webhook_url: \"https://canary/1\"\nnote: https://canary/1\n";
    engine.world.files().put("/w/rules/a.yaml", rule);
    engine.world.files().put("/w/config/environments/Default.yaml", "tokens: { ES_HOST: h, HOOK: canary }\n");
    engine.world.files().commit("/w", "old");
    engine.world.files().put("/w/rules/a.yaml", FILES[4].1);
    engine.world.files().put("/w/config/environments/Default.yaml", FILES[1].1);
    // `compare` looks for the canary in all that comes back.
    let diff = compare(&engine, "CI", against("git:old")).await;
    assert!(text(&diff).contains("Removed note: ‹secret HOOK›"), "{}", text(&diff));
}

#[tokio::test(start_paused = true)]
async fn no_command_that_a_revision_names_is_run() {
    let engine = engine();
    engine.world.files().put("/w/config/environments/CI.yaml", "secrets: { HOOK: { command: [rm, all] } }\n");
    engine.world.files().commit("/w", "evil");
    engine.world.files().put("/w/config/environments/CI.yaml", FILES[2].1);
    let before = engine.world.files().commands_run();
    let diff = compare(&engine, "CI", against("git:evil")).await;
    assert_eq!(engine.world.files().commands_run(), before);
    let rule = diff.files.iter().find(|file| file.path == "rules/a.yaml").unwrap();
    assert_eq!(rule.status, FileStatus::Unchanged, "the same secret on both sides");
    let production = compare(&engine, "Production", against("git:evil")).await;
    assert_eq!(engine.world.files().commands_run(), before, "nor is one of today for looking");
    assert!(
        production
            .files
            .iter()
            .filter_map(|file| file.values())
            .flatten()
            .all(|value| { value.status != ValueStatus::NotCompared })
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_there_then_is_told() {
    let engine = engine();
    engine.world.files().take("/w/config/environments/Production.yaml");
    engine.world.files().commit("/w", "HEAD");
    engine.world.files().put("/w/config/environments/Production.yaml", FILES[3].1);
    let overview = engine.open(1).await.unwrap();
    let problem = engine.compare(&overview, &name("Production"), against("git:HEAD")).await.unwrap_err();
    assert_eq!(problem.to_string(), "there was no environment Production at git:HEAD");
    let problem = engine.compare(&overview, &name("CI"), against("git:nowhere")).await.unwrap_err();
    assert_eq!(problem.code, "git.revision");
}

#[tokio::test(start_paused = true)]
async fn many_files_are_compared_as_few_are() {
    let engine = engine();
    for n in 0..150 {
        let rule = format!("name: R{n}\ntype: any\nindex: i\nalert: debug\nnote: '@@ES_HOST@@'\n");
        engine.world.files().put(format!("/w/rules/r{n:03}.yaml"), rule);
    }
    let diff = compare(&engine, "CI", against("Default")).await;
    let paths: Vec<&str> = diff.files.iter().map(|file| file.path.as_str()).collect();
    assert!(paths.is_sorted(), "{paths:?}");
    assert_eq!((diff.files.len(), diff.count().changed), (153, 151));
}
