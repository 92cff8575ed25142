//! Workspaces that do not say all of it: they open, say what was assumed, and render to what a container can run. What
//! cannot be assumed away is an error.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::{fixture, run};

#[test]
fn a_workspace_that_says_little_opens_and_says_what_it_assumed() {
    for name in ["plain", "named", "spread", "loose", "rules-only"] {
        let workspace = fixture(name);
        let answer =
            ["check", "envs", "render"].map(|verb| run(&workspace, &[verb, "--workspace", "."])).concat();
        assert_snapshot!(name, answer);
    }
    assert_snapshot!("plain-json", run(&fixture("plain"), &["envs", "--format", "json"]));
}

fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const CONFIG: (&str, &str) = (
    "config/elastalert.yaml",
    "es_host: a\nes_port: 1\nrules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\nwriteback_index: a\n",
);
const RULE: (&str, &str) = ("rules/a.yaml", "name: A\ntype: any\nindex: a\nalert: debug\n");

fn fails(folder: &Path, code: &str) -> String {
    let answer = run(folder, &["check"]);
    assert!(
        answer.contains(&format!("error[{code}]")) && answer.ends_with("-- exit 3\n"),
        "{code}: {answer}"
    );
    answer
}

#[test]
fn a_workspace_without_rules_does_not_pass() {
    fails(workspace(&[CONFIG]).path(), "rules.none");
    let file = workspace(&[CONFIG, ("rules", "I am a file\n")]);
    fails(file.path(), "workspace.folder");
    let out = workspace(&[CONFIG, RULE, ("config/rule_exclusions/rule_exclusions.CI.conf", "*\n")]);
    let answer = fails(out.path(), "rules.none");
    assert!(answer.contains("no rule is left, 1 are kept out (in CI)"), "{answer}");
}

#[test]
fn two_files_for_one_place_and_two_files_of_one_environment_are_errors() {
    let text = CONFIG.1.replace("/opt/rules", "[rules, team]");
    let files = [
        ("config/elastalert.yaml", text.as_str()),
        ("rules/team/a.yaml", RULE.1),
        ("team/a.yaml", "name: B\ntype: any\nindex: a\nalert: debug\n"),
    ];
    let answer = fails(workspace(&files).path(), "workspace.twice");
    assert!(answer.contains("--> team/a.yaml"), "{answer}");
    let twins = [
        CONFIG,
        RULE,
        ("config/environments/CI.yaml", "order: 1\n"),
        ("config/environments/CI.yml", "order: 2\n"),
    ];
    fails(workspace(&twins).path(), "environment.files");
}

#[test]
fn what_the_workspace_says_goes_before_what_is_assumed() {
    let plain = CONFIG.1.replace("/opt/rules", "/srv/rules");
    let say = |text: &str| {
        let files =
            [("config/elastalert.yaml", plain.as_str()), RULE, ("config/environments/Default.yaml", text)];
        run(workspace(&files).path(), &["check"])
    };
    assert!(say("order: 1\n").contains("note[assumed.mount]: rules are mounted at /srv/rules"));
    let told = say("target: { mounts: { rules: /opt/rules } }\n");
    assert!(!told.contains("assumed."), "{told}");
    let relative = CONFIG.1.replace("/opt/rules", "rules");
    let files = [
        ("config/elastalert.yaml", relative.as_str()),
        RULE,
        ("config/environments/Default.yaml", "config: { rules_folder: /opt/rules }\n"),
    ];
    let told = run(workspace(&files).path(), &["check"]);
    assert!(!told.contains("assumed."), "{told}");
}

#[test]
fn a_link_to_another_place_is_not_followed_for_a_folder_that_the_configuration_names() {
    let text = CONFIG.1.replace("/opt/rules", "[rules, team]");
    let folder = workspace(&[("config/elastalert.yaml", text.as_str()), RULE]);
    let outside = workspace(&[("secret.yaml", "canary\n")]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("team")).unwrap();
    let answer = run(folder.path(), &["check"]);
    assert!(answer.contains("the link leads out of the workspace"), "{answer}");
}

#[test]
fn an_environment_whose_own_layer_is_broken_is_marked_in_its_row() {
    let files = [
        CONFIG,
        RULE,
        ("config/environments/CI.yaml", "tokens: [\n"),
        ("config/environments/Lab.yaml", "order: 2\n"),
    ];
    let answer = run(workspace(&files).path(), &["envs", "--format", "json"]);
    let row = |name: &str| {
        let line = answer.lines().find(|line| line.contains(&format!("\"name\":\"{name}\"")));
        let record: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        record["errors"].as_u64().unwrap()
    };
    assert_eq!((row("CI"), row("Lab"), row("Default")), (1, 0, 0), "{answer}");
}

#[test]
fn an_environment_may_be_called_running() {
    let files = [CONFIG, RULE, ("config/substitutions/running.conf", "A=1\n")];
    let folder = workspace(&files);
    let answer = run(folder.path(), &["diff", "Default", "--against", "environment:running"]);
    assert!(answer.contains("running → Default: no differences"), "{answer}");
    let answer = run(folder.path(), &["diff", "Default", "--against", "environment:runing"]);
    assert!(answer.contains("did you mean running?"), "{answer}");
}

#[test]
fn rules_alone_are_found_from_below_and_a_folder_with_a_configuration_goes_before() {
    let folder = workspace(&[RULE, ("rules/web/b.yaml", "name: B\ntype: any\nindex: a\nalert: debug\n")]);
    let answer = run(&folder.path().join("rules/web"), &["envs"]);
    assert!(answer.contains("Default  confirm  2"), "{answer}");
    let folder = workspace(&[CONFIG, RULE, ("doc/rules/readme.txt", "x")]);
    let answer = run(&folder.path().join("doc"), &["envs"]);
    assert!(answer.contains("Default  confirm  1"), "{answer}");
}
