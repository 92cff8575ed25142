//! What a deploy writes down on the engine: its journal, and the release itself without secrets. It can be read after
//! whatever happened to the deploy.

use tokio_util::sync::CancellationToken;

use crate::domain::journal::{Kind, Record};
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::Verdict;
use crate::domain::stored::StoredRelease;
use crate::engine::Docker;
use crate::engine::deploy::observe;
use crate::engine::fake::{Call, Fault, Trouble};
use crate::engine::state::Owned;

use super::bench::{Bench, SECRET, broken, ci, good};

async fn records(bench: &Bench) -> Vec<Record> {
    observe(&bench.docker, "elastalert", &bench.environment).await.unwrap().records
}

async fn stored(bench: &Bench, release: u32) -> Option<StoredRelease> {
    let environment = ci();
    let state = Owned { docker: &bench.docker, workspace: "elastalert", environment: &environment };
    let all = bench.docker.containers(&crate::domain::label::Labels::new()).await.unwrap();
    state.stored(ReleaseNumber(release), &all, None).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_deploy_is_a_record_with_its_steps_and_its_end() {
    let bench = Bench::with_release_1().await;
    bench.deploy_unchecked(broken()).await;
    let records = records(&bench).await;
    let ends: Vec<(u32, Verdict)> =
        records.iter().map(|record| (record.release.0, record.outcome.as_ref().unwrap().verdict)).collect();
    assert_eq!(ends, [(2, Verdict::PutBack), (1, Verdict::Healthy)]);
    let failed = &records[0];
    let steps: Vec<Step> = failed.steps.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [Step::Stage, Step::Create, Step::Stop, Step::Start, Step::Gate, Step::PutBack]);
    assert_eq!(failed.old.as_ref().unwrap().name, "elastalert-ci-1");
    assert!(failed.touched() && failed.new.is_some());
    assert_eq!((failed.undertaking.by.as_str(), failed.undertaking.kind), ("ann@laptop", Kind::Deploy));
    let outcome = failed.outcome.as_ref().unwrap();
    assert!(outcome.cause.as_ref().unwrap().to_string().contains("'alert' is a required property"));
    let took: Vec<Step> = outcome.timings.iter().map(|(step, _)| *step).collect();
    assert_eq!(took[..2], [Step::Image, Step::Lock]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_deploy_is_a_record_and_its_number_is_not_given_again() {
    let bench = Bench::with_release_1().await;
    let refused = Trouble::Error(Problem::new(code::ENGINE_REFUSED, "no"));
    bench.docker.fail(Fault::new(Call::Create, 3, refused));
    assert_eq!(bench.deploy(good("two")).await.verdict(), Verdict::Refused);
    assert!(!records(&bench).await[0].touched());
    let ended = bench.deploy(good("two")).await;
    assert_eq!((ended.verdict(), ended.report().release), (Verdict::Healthy, ReleaseNumber(3)));
}

#[tokio::test(start_paused = true)]
async fn a_stored_release_has_all_its_files_and_no_secret() {
    let bench = Bench::with_release_1().await;
    let release = stored(&bench, 1).await.unwrap();
    let rendering = good("one");
    let paths: Vec<&str> = rendering.files.iter().map(|file| file.path.as_str()).collect();
    let mut kept: Vec<&str> = release.files.keys().map(String::as_str).collect();
    kept.sort_by_key(|path| paths.iter().position(|other| other == path));
    assert_eq!(kept, paths);
    assert_eq!(release.manifest.holes["config/elastalert.yaml"].len(), 1);
    assert_eq!(release.manifest.rules.len(), 2);
    assert_eq!(stored(&bench, 2).await, None);
    for (path, node) in bench.docker.files_of("elastalert-ci-state").unwrap() {
        let text = String::from_utf8_lossy(&node.bytes.unwrap_or_default()).into_owned();
        assert!(!text.contains(SECRET) && !text.contains("canary"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_half_written_is_none() {
    let bench = Bench::with_release_1().await;
    assert!(records(&bench).await[0].outcome.is_some());
    let last = bench
        .docker
        .files_of("elastalert-ci-state")
        .unwrap()
        .keys()
        .filter(|path| path.starts_with("journal/1/") && !path.ends_with("alive.json"))
        .max()
        .cloned()
        .unwrap();
    bench.docker.cut_file("elastalert-ci-state", &last, 40);
    let record = records(&bench).await.remove(0);
    assert_eq!((record.outcome, record.steps.last().unwrap().0), (None, Step::Keep));
}

#[tokio::test(start_paused = true)]
async fn a_state_container_that_was_pruned_is_made_again() {
    let bench = Bench::with_release_1().await;
    bench.docker.remove_by_force("elastalert-ci-state");
    assert_eq!(records(&bench).await.len(), 1);
    assert!(bench.docker.all().iter().any(|container| container.name == "elastalert-ci-state"));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_stops_before_anything_is_touched() {
    // Each upload in turn: the disk is full.
    for nth in 1..=8 {
        let bench = Bench::with_release_1().await;
        let rendering = good("two");
        let plan = bench.plan(&rendering).await;
        let full =
            Trouble::Error(Problem::new(code::ENGINE_REFUSED, "cannot write").why("no space left on device"));
        bench.docker.fail(Fault::new(Call::Upload, nth, full));
        let ended = bench.carry_out(&plan, rendering, CancellationToken::new()).await;
        bench.check(&ended);
        assert_eq!(bench.alive().len(), 1, "upload {nth}");
        let name = bench.living().0;
        match ended.verdict() {
            Verdict::Healthy => assert_eq!(name, "elastalert-ci-2", "upload {nth}"),
            Verdict::Refused | Verdict::PutBack => assert_eq!(name, "elastalert-ci-1", "upload {nth}"),
            other => panic!("upload {nth}: {other:?}"),
        }
    }
}
