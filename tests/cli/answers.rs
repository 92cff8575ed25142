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
fn a_diff_of_some_rules_leaves_the_others_out() {
    let arguments = ["diff", "Production", "--against", "CI", "--rule", "sp*"];
    let answer = run(&fixture("healthy"), &arguments);
    assert!(answer.contains("rules/spike.yaml"), "{answer}");
    assert!(!answer.contains("beat.yaml") && !answer.contains("~ config/"), "{answer}");
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

#[test]
fn diff_tells_values_classes_and_what_is_asked_for() {
    let healthy = fixture("healthy");
    assert_snapshot!(run(&healthy, &["diff", "Production", "--against", "CI", "--view", "values"]));
    let with = ["diff", "Production", "--against", "environment:CI", "--exit-code"];
    assert_snapshot!(run(
        &healthy,
        &[with.as_slice(), &["--class", "threshold", "--rule", "spike*"]].concat()
    ));
    let none = run(&healthy, &[with.as_slice(), &["--class", "EXEC"]].concat());
    assert!(none.ends_with("-- exit 0\n"), "{none}");
    let wrong = run(&healthy, &[with.as_slice(), &["--class", "size"]].concat());
    assert!(wrong.contains("class.unknown") && wrong.ends_with("-- exit 1\n"), "{wrong}");
    for (against, code) in
        [("svn:1", "against.unknown"), ("release:0", "release.number"), ("git:-x", "git.revision")]
    {
        let wrong = run(&healthy, &["diff", "CI", "--against", against]);
        assert!(wrong.contains(code) && wrong.ends_with("-- exit 1\n"), "{wrong}");
    }
}

#[test]
fn a_git_revision_is_compared_without_a_checkout() {
    let path = std::env::var("PATH").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("ops/alerts");
    let put = |path: &str, text: &str| {
        let path = workspace.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let git = |arguments: &[&str]| {
        let done = assert_cmd::Command::new("git")
            .env_clear()
            .env("PATH", &path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    put("config/elastalert.yaml", "es_host: @@ES_HOST@@\nes_port: 9200\n");
    put("config/environments/Default.yaml", "tokens: { ES_HOST: es.old }\n");
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "x"]);
    put("config/environments/Default.yaml", "# moved\ntokens:\n  ES_HOST: es.new\n");
    let variables = [("PATH", path.as_str()), ("GIT_CONFIG_GLOBAL", "/dev/null")];
    let with = ["diff", "Default", "--against", "git:HEAD", "--view", "values", "--exit-code"];
    let answer = run_with(&workspace, &with, &variables);
    assert!(answer.contains("~ es_host: es.old → es.new   ENDPOINT"), "{answer}");
    assert!(answer.contains("now: ES_HOST from config/environments/Default.yaml:3"), "{answer}");
    assert!(answer.ends_with("-- exit 2\n"), "{answer}");
    let answer = run_with(&workspace, &["diff", "Default", "--against", "git:HEAD~1"], &variables);
    assert!(answer.contains("git knows no revision HEAD~1") && answer.ends_with("-- exit 1\n"), "{answer}");
}
