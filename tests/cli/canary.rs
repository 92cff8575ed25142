//! A canary through every provider and every way to fail, in search of a place that shows it. `run_with` refuses any
//! answer in which the word stands; here are also the forms in which it could hide. Only `render --out` may write it.

use std::fs;
use std::path::Path;

use crate::{fixture, root, run_with};

const FILES: [(&str, &str); 8] = [
    (
        "config/elastalert.yaml",
        "es_host: h\nes_port: 9200\nrun_every: { minutes: 1 }\nbuffer_time: { minutes: 1 }\nwriteback_index: w\n\
         rules_folder: /opt/rules\nsmtp: \"@@FILE@@\"\nurl: \"https://u:@@ENV@@@h/\"\n",
    ),
    (
        "config/environments/Default.yaml",
        "secrets:\n  ENV: { env: A }\n  FILE: { file: secret }\n  COMMAND: { command: [cat, secret] }\n  SET: { env: NOT_SET }\n",
    ),
    (
        "config/environments/CI.yaml",
        "secrets:\n  ENV: { env: B }\n  FILE: { file: broken }\n  COMMAND: { command: \"cat nowhere\" }\n",
    ),
    (
        "config/environments/Bad.yaml",
        "tokens: { SET: canary-9Q }\nsecrets: { ENV: canary-9Q, FILE: [canary-9Q] }\n",
    ),
    (
        "config/substitutions/Sensitive.Local.conf",
        "LOCAL=canary-9Q\nNESTED=@@canary-9Q@@\nTWICE=canary-9Q\nTWICE=canary-9Q\ncanary-9Q\ncanary 9Q=x\n",
    ),
    (
        "rules/a.yaml",
        "name: \"A @@LOCAL@@\"\ntype: any\nindex: @@ENV@@\nalert: debug\nx: \"@@SET@@ @@NESTED@@ @@TWICE@@\"\n",
    ),
    ("rules/b.yaml", "name: B\ntype: any\nindex: [@@COMMAND@@, @@LOCAL@@\nalert: debug\n"),
    ("rules/lists/c.txt", "@@ENV@@\n@@FILE@@ @@COMMAND@@ @@LOCAL@@ @@SET@@\n"),
];

fn lay_out(folder: &Path) {
    for (path, text) in FILES {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.join("secret"), "canary-9Q\nand: \"more\n").unwrap();
    fs::write(folder.join("broken"), b"canary-9Q\xff").unwrap();
}

#[test]
fn no_verb_shows_a_secret_whatever_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let mut verbs: Vec<Vec<&str>> = vec![vec!["envs"], vec!["rules"], vec!["check"]];
    for environment in ["Default", "CI", "Bad"] {
        verbs.extend([
            vec!["check", environment],
            vec!["render", environment],
            vec!["render", environment, "--out", "/nonexistent/out"],
            vec!["diff", environment, "--against", "Default"],
            vec!["diff", environment, "--against", "CI"],
            vec!["plan", environment],
            vec!["deploy", environment, "--yes", "--skip-check"],
            vec!["status", environment],
        ]);
    }
    for value in ["canary-9Q", "canary: 9Q", "canary\", b: \"9Q", "canary\n9Q", "@@canary@@"] {
        let variables = [
            ("A", value),
            ("B", value),
            ("DOCKER_HOST", "unix:///nonexistent/d.sock"),
            ("PATH", "/usr/bin:/bin"),
        ];
        let set = format!("SET={value}");
        for verb in &verbs {
            for format in ["text", "json"] {
                let more = [verb.as_slice(), &["--format", format, "--set", &set]].concat();
                let answer = run_with(folder.path(), &more, &variables);
                let answer = answer.split_once(&set).map_or("", |(_, answer)| answer);
                // In base64, at any of its three places, and in percent form; `9Q` alone stands for a cut value.
                for form in ["Y2FuYXJ5", "NhbmFye", "jYW5hcn", "canary", "9Q", "%63%61"] {
                    assert!(!answer.contains(form), "{more:?} shows {form}: {answer}");
                }
            }
        }
    }
}

#[test]
fn what_is_written_on_demand_is_all_that_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let bad = ["rules/b.yaml", "config/environments/Bad.yaml", "config/environments/CI.yaml"];
    for path in bad {
        fs::remove_file(folder.path().join(path)).unwrap();
    }
    fs::write(
        folder.path().join("config/substitutions/Sensitive.Local.conf"),
        "LOCAL=canary-9Q\nNESTED=n\nTWICE=t\n",
    )
    .unwrap();
    fs::write(folder.path().join("secret"), "canary-9Q\nmore\n").unwrap();
    let arguments = ["render", "--out", "out", "-e", "Default", "--set", "SET=s"];
    let variables = [("A", "canary-9Q"), ("PATH", "/usr/bin:/bin")];
    let answer = run_with(folder.path(), &arguments, &variables);
    assert!(answer.ends_with("-- exit 0\n"), "{answer}");
    let list = fs::read_to_string(folder.path().join("out/rules/lists/c.txt")).unwrap();
    assert_eq!(list, "canary-9Q\ncanary-9Q\nmore canary-9Q canary-9Q s\n");
}

#[test]
fn the_samples_secret_is_in_no_answer() {
    for verb in [["render", "CI"], ["render", "Production"], ["check", "CI"], ["plan", "CI"]] {
        let variables = [("SLACK_WEBHOOK", "https://canary"), ("DOCKER_HOST", "unix:///nonexistent/d.sock")];
        run_with(root(), &verb, &variables);
    }
    run_with(&fixture("procedure"), &["diff", "CI", "--against", "Default"], &[]);
}
