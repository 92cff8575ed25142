//! Verbs that look at a workspace and answer. Each snapshot is a whole answer, as a person or a program gets it.

use std::fs;

use insta::assert_snapshot;

use crate::{fixture, root, run, run_with};

#[test]
fn envs_lists_environments_and_says_which_is_chosen() {
    assert_snapshot!(run(&fixture("healthy"), &["envs"]));
    assert_snapshot!(run_with(&fixture("healthy"), &["envs", "--format", "json"], &[("ENVIRONMENT", "CI")]));
}

#[test]
fn rules_tells_where_each_differs() {
    assert_snapshot!(run(&fixture("healthy"), &["rules"]));
    assert_snapshot!(run(&fixture("healthy"), &["rules", "-e", "CI", "--format", "json"]));
}

#[test]
fn render_prints_the_files_with_secrets_masked() {
    assert_snapshot!(run(&fixture("healthy"), &["render", "Production"]));
    assert_snapshot!(run(&fixture("healthy"), &["render", "CI", "--format", "json", "--set", "ES_PORT=1"]));
}

#[test]
fn why_follows_a_value_to_its_layer() {
    assert_snapshot!(run(&fixture("healthy"), &["why", "CI", "rules/spike.yaml"]));
    assert_snapshot!(run(
        &fixture("healthy"),
        &["why", "-e", "CI", "config/elastalert.yaml:es_port", "--set", "ES_PORT=1", "--format", "json"]
    ));
}

#[test]
fn diff_shows_what_differs_and_where_it_comes_from() {
    assert_snapshot!(run(&fixture("healthy"), &["diff", "Production", "--against", "CI"]));
    assert_snapshot!(run(
        &fixture("healthy"),
        &["diff", "CI", "--against", "Default", "--exit-code", "--format", "json"]
    ));
    assert_snapshot!(run(&fixture("healthy"), &["diff", "CI", "--against", "CI", "--exit-code"]));
}

#[test]
fn a_diff_of_a_part_says_that_it_is_one() {
    let arguments = ["diff", "Production", "--against", "CI", "--rule", "sp*"];
    let answer = run(&fixture("healthy"), &arguments);
    assert!(answer.contains("CI → Production (partial: sp*):"), "{answer}");
    assert!(!answer.contains("beat.yaml"), "{answer}");
    let wrong = run(&fixture("healthy"), &["plan", "CI", "--rule", "[x"]);
    assert!(wrong.contains("is no glob") && wrong.ends_with("-- exit 1\n"), "{wrong}");
}

#[test]
fn check_finds_nothing_in_a_healthy_workspace() {
    assert_snapshot!(run(&fixture("healthy"), &["check"]));
}

#[test]
fn check_prints_findings_as_compilers_do() {
    assert_snapshot!(run(&fixture("broken"), &["check"]));
    assert_snapshot!(run(&fixture("broken"), &["check", "CI", "--format", "json"]));
}

#[test]
fn a_workspace_of_the_old_procedure_opens_unchanged() {
    assert_snapshot!(run(&fixture("procedure"), &["render", "CI"]));
    assert_snapshot!(run(&fixture("procedure"), &["check"]));
}

#[test]
fn the_sample_workspace_is_without_findings() {
    let answer = run(root(), &["check"]);
    assert!(answer.ends_with("-- exit 0\n"), "{answer}");
    for environment in ["Default", "CI", "Staging", "Production"] {
        let answer = run(root(), &["diff", environment, "--against", "Default"]);
        assert!(answer.ends_with("-- exit 0\n"), "{answer}");
    }
}

#[test]
fn render_writes_files_that_hold_their_secrets_once_and_privately() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["render", "CI", "--out", "out", "--workspace"];
    let workspace = fixture("healthy");
    let with = [arguments.as_slice(), &[workspace.to_str().unwrap()]].concat();
    let answer = run(folder.path(), &with).replace(workspace.to_str().unwrap(), "WORKSPACE");
    assert_snapshot!(answer);
    let rule = out.join("rules/spike.yaml");
    assert!(fs::read_to_string(&rule).unwrap().contains("https://canary.example/hook\""));
    assert_eq!(fs::metadata(&rule).unwrap().permissions().mode() & 0o777, 0o600);
    let again = run(folder.path(), &with);
    assert!(again.contains("file.unwritten") && again.ends_with("-- exit 1\n"), "{again}");
}
