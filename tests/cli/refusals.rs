//! Runs that cannot be carried out. They say what happened, where, why and what to do, and end with the code that
//! belongs to it.

use insta::assert_snapshot;

use crate::{fixture, run, run_with};

#[test]
fn an_environment_that_is_not_there_is_named_with_the_nearest_one() {
    assert_snapshot!(run(&fixture("healthy"), &["render", "Prodction"]));
    assert_snapshot!(run(&fixture("healthy"), &["check", "--environment", ""]));
}

#[test]
fn a_value_that_is_not_there_is_named_with_what_is_like_it() {
    assert_snapshot!(run(&fixture("healthy"), &["why", "CI", "rules/spike.yaml:treshold_cur"]));
    assert_snapshot!(run(&fixture("healthy"), &["why", "CI", "rules/spyke.yaml:name"]));
    assert_snapshot!(run(&fixture("healthy"), &["why", "CI"]));
    assert_snapshot!(run(&fixture("healthy"), &["why", "CI", "rules/spike.yaml:"]));
}

#[test]
fn a_value_of_a_flag_needs_a_sign_and_a_key_and_someone_who_uses_it() {
    assert_snapshot!(run(&fixture("healthy"), &["check", "CI", "--set", "NO_SIGN"]));
    assert_snapshot!(run(&fixture("healthy"), &["check", "CI", "--set", "A B=1"]));
    assert_snapshot!(run(&fixture("healthy"), &["check", "CI", "--set", "ES_PROT=1"]));
}

#[test]
fn a_folder_that_is_no_workspace_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(folder.path(), &["check", "--workspace", "."]);
    assert_snapshot!(answer);
}

#[test]
fn a_secret_that_cannot_be_had_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("config/environments");
    std::fs::create_dir_all(&copy).unwrap();
    std::fs::create_dir_all(folder.path().join("rules")).unwrap();
    std::fs::write(copy.join("Default.yaml"), "secrets: { HOOK: { env: NOT_SET } }\n").unwrap();
    std::fs::write(folder.path().join("rules/a.yaml"), "name: A\nurl: @@HOOK@@\n").unwrap();
    assert_snapshot!(run(folder.path(), &["render", "--out", "out"]));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_rendering_with_errors_is_printed_told_and_not_written() {
    assert_snapshot!(run_with(
        &fixture("broken"),
        &["render", "--out", "/nonexistent/out"],
        &[("ENVIRONMENT", "Default")]
    ));
}

#[test]
fn an_engine_that_does_not_answer_is_another_exit_code() {
    assert_snapshot!(run(&fixture("healthy"), &["diff", "Production"]));
}

#[test]
fn a_side_that_cannot_be_meant_is_refused() {
    for (words, told) in [
        (&["diff", "CI@running"][..], "both sides are CI@running"),
        (&["diff", "running", "--environment", "CI"], "both sides are CI@running"),
        (&["diff", "CI", "--against", "Staging@Default"], "`Default` is no state"),
        (&["diff", "CI@git:HEAD", "--environment", "Staging"], "two environments are named"),
        (&["diff", "CI", "--against", "Stagin@git:HEAD"], "no environment Stagin"),
    ] {
        let answer = run(&fixture("healthy"), words);
        assert!(answer.contains(told) && answer.ends_with("-- exit 1\n"), "{words:?}: {answer}");
    }
}

#[test]
fn two_environments_are_compared_in_either_direction() {
    for (words, sides) in [
        (&["diff", "CI", "--against", "Default"][..], "Default → CI: "),
        (&["diff", "--environment", "Default", "--against", "CI"], "CI → Default: "),
    ] {
        let answer = run(&fixture("healthy"), words);
        assert!(answer.contains(sides) && answer.ends_with("-- exit 0\n"), "{words:?}: {answer}");
    }
}

#[test]
fn a_wrong_flag_is_an_error_and_not_a_change() {
    let wrong = run(&fixture("healthy"), &["diff", "CI", "--agianst", "Default"]);
    assert!(wrong.contains("unexpected argument '--agianst'"), "{wrong}");
    assert!(wrong.ends_with("-- exit 1\n"), "{wrong}");
}

#[test]
fn help_is_an_answer() {
    let help = run(&fixture("healthy"), &["--help"]);
    assert!(help.contains("Usage: alertdeck"), "{help}");
    assert!(help.ends_with("-- exit 0\n"), "{help}");
}

#[test]
fn what_check_refuses_of_a_flag_render_refuses_too() {
    for (set, code) in [
        (["--set", "TEAM=@@X@@"].as_slice(), "token.nested"),
        (&["--set", "TEAM=a", "--set", "TEAM=b"], "layer.twice"),
    ] {
        for verb in ["check", "render"] {
            let told = run(&fixture("healthy"), &[[verb, "CI"].as_slice(), set].concat());
            assert!(told.contains(code) && told.contains("-- exit 3"), "{told}");
        }
    }
}

#[test]
fn a_glob_may_begin_with_a_dash() {
    let told = run_with(
        &fixture("healthy"),
        &["plan", "CI", "--rule", "-x*"],
        &[("DOCKER_HOST", "unix:///nonexistent/d.sock")],
    );
    assert!(told.contains("-- exit 8"), "{told}");
}
