//! `check` where there is much to say: what is the same is told once, what fails a run is chosen, and every code has its
//! entry. The workspaces are made for it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::{fixture, run};

const CONFIG: &str = "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\n\
                      es_host: \"@@HOST@@\"\nes_port: 9200\nwriteback_index: elastalert\n";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// 500 rules in four environments, with some forty things wrong.
fn large(root: &Path) {
    write(root, "config/elastalert.yaml", CONFIG);
    write(root, "config/environments/Default.yaml", "tokens: { HOST: search, TITLE: plain, OLD: x }\n");
    write(root, "config/environments/CI.yaml", "order: 1\ntokens:\n  TITLE: \"errors: all\"\n");
    write(root, "config/environments/Staging.yaml", "order: 2\ntokens:\n  TITLE: \"errors: all\"\n");
    write(root, "config/environments/Production.yaml", "order: 3\nexclude: [gone*]\n");
    for number in 0..500 {
        let mut text = format!("name: Rule {number}\ntype: any\nindex: logs-*\n");
        if number % 25 != 7 {
            text.push_str("alert: debug\n");
        }
        if number % 40 == 3 {
            writeln!(text, "owner: @@OWNR@@").unwrap();
        }
        if number == 11 {
            writeln!(text, "description: @@TITLE@@").unwrap();
        }
        if number % 100 == 50 {
            writeln!(text, "index: metrics-*").unwrap();
        }
        write(root, &format!("rules/team-{}/rule-{number:03}.yaml", number / 100), &text);
    }
}

#[test]
fn forty_findings_in_five_hundred_rules_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path());
    let answer = run(folder.path(), &["check"]);
    // 20 rules without an alert, 13 tokens without a value, each place is named.
    for number in (7..500).step_by(25).chain((3..500).step_by(40)) {
        let name = format!("rule-{number:03}.yaml");
        assert!(answer.contains(&name), "{name} is lost: {answer}");
    }
    assert!(answer.lines().count() < 90, "{answer}");
    assert_snapshot!(answer);
}

#[test]
fn one_line_for_each_finding_is_what_editors_read() {
    assert_snapshot!(run(&fixture("broken"), &["check", "--short", "--severity", "warning"]));
}

#[test]
fn filters_hide_and_do_not_excuse() {
    let hidden = run(&fixture("broken"), &["check", "--code", "layer.*", "--code", "token.unused"]);
    assert!(hidden.contains("warning[layer.line]") && !hidden.contains("error["), "{hidden}");
    assert!(hidden.contains(" of them not shown (ElastAlert 2.31.0)"), "{hidden}");
    assert!(hidden.ends_with("-- exit 3\n"), "{hidden}");
    let errors = run(&fixture("broken"), &["check", "--severity", "error"]);
    assert!(errors.contains("error[token.unknown]") && !errors.contains("warning["), "{errors}");
    let wrong = run(&fixture("broken"), &["check", "--code", "[x"]);
    assert!(wrong.contains("[x") && wrong.ends_with("-- exit 1\n"), "{wrong}");
}

#[test]
fn warnings_and_notes_fail_a_check_that_denies_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "config/elastalert.yaml", CONFIG);
    write(root, "rules/a.yaml", "name: A\ntype: any\nindex: logs-*\nalert: debug\n");
    write(root, "config/environments/Default.yaml", "tokens: { HOST: search }\n");
    write(root, "config/environments/CI.yaml", "tokens: { HOST: search }\n");
    let ends = |arguments: &[&str], code: u8| {
        let answer = run(root, arguments);
        assert!(answer.ends_with(&format!("-- exit {code}\n")), "{answer}");
    };
    ends(&["check"], 0);
    ends(&["check", "--deny", "warnings"], 0);
    ends(&["check", "--deny", "notes"], 3);
    write(root, "rules/a.yaml", "name: A\nname: A\ntype: any\nindex: logs-*\nalert: debug\n");
    ends(&["check"], 0);
    ends(&["check", "--deny", "warnings"], 3);
    ends(&["check", "--deny", "warnings", "--severity", "error"], 3);
}

#[test]
fn each_code_has_its_entry_and_an_unknown_one_the_nearest() {
    let nowhere = tempfile::tempdir().unwrap();
    assert_snapshot!(run(nowhere.path(), &["check", "--explain", "token.shape"]));
    assert_snapshot!(run(nowhere.path(), &["check", "--explain", "token.shap"]));
    let all = run(nowhere.path(), &["checks"]);
    assert!(all.contains("yaml.duplicate") && all.ends_with("-- exit 0\n"), "{all}");
    let json = run(nowhere.path(), &["check", "--explain", "yaml.empty", "--format", "json"]);
    assert!(json.contains("{\"type\":\"code\",\"code\":\"yaml.empty\",\"severity\":\"error\""), "{json}");
}

#[test]
fn a_link_that_leads_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "w/config/elastalert.yaml", CONFIG);
    write(root, "hosts.txt", "out\n");
    fs::create_dir_all(root.join("w/rules")).unwrap();
    std::os::unix::fs::symlink(root.join("hosts.txt"), root.join("w/rules/hosts.txt")).unwrap();
    let answer = run(&root.join("w"), &["check", "--short"]);
    assert!(answer.contains("rules/hosts.txt: error[workspace.link]: the link leads out"), "{answer}");
}
