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
fn no_secret_is_quoted_by_the_error_that_it_makes_python_stop_with() {
    let ways = [
        ("x: @@S@@", "2024-13-45"),
        ("x: !!int @@S@@", "canary-9Q"),
        ("x: !!int '@@S@@'", "1canary-9Q"),
        ("x: !!float '@@S@@'", "canary-9Q"),
        ("x: !!bool '@@S@@'", "canary-9Q"),
        ("x: !!timestamp '@@S@@'", "canary-9Q"),
        ("x: !!binary '@@S@@'", "canary-9Q-ä"),
        ("x: !@@S@@ y", "canary-9Q"),
        ("x: !a@@S@@ y", "canary-9Q"),
        ("x: *@@S@@", "canary-9Q"),
        ("x: *a@@S@@", "canary-9Q"),
        ("x: &@@S@@ y\nz: &@@S@@ y", "canary-9Q"),
        ("x: @@S@@", "*canary-9Q"),
        ("x: @@S@@", "!canary-9Q y"),
        ("x: @@S@@", "!!int canary-9Q"),
        ("x: @@S@@", "!!python/object:canary.9Q {}"),
        ("x: @@S@@", "@canary-9Q"),
        ("x: @@S@@", "[canary-9Q"),
        ("x: @@S@@", "canary\t9Q: y"),
        ("x: @@S@@", "canary-9Q\u{7}"),
        ("x: @@S@@", "canary\n---\n9Q"),
        ("x: \"@@S@@\"", "canary\\9Q"),
        ("x: \"@@S@@", "canary-9Q"),
        ("x: |@@S@@\n y", "canary-9Q"),
        ("%@@S@@\n---\nx: y", "canary-9Q"),
        ("%TAG @@S@@ y\n---\nx: y", "!canary!9Q"),
        ("@@S@@: x\n@@S@@: y", "canary-9Q"),
    ];
    for (line, secret) in ways {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("config/elastalert.yaml", FILES[0].1.split("smtp").next().unwrap());
        write(
            "config/environments/Default.yaml",
            "secrets: { S: { env: A } }\nrules: { R: { y: 1 }, S: { index: 1 } }\n",
        );
        write("rules/a.yaml", &format!("{line}\nname: R\ntype: any\nindex: i\nalert: debug\n"));
        write("rules/b.yaml", &format!("name: S\n{line}\ntype: any\nindex: i\nalert: debug\n"));
        for verb in
            [&["check"][..], &["check", "Default"], &["render", "Default"], &["plan", "Default"], &["rules"]]
        {
            for format in ["text", "json"] {
                let arguments = [verb, &["--format", format]].concat();
                let variables = [("A", secret), ("DOCKER_HOST", "unix:///nonexistent/d.sock")];
                let answer = run_with(folder.path(), &arguments, &variables);
                for piece in ["9Q", "2024-13", "#x0007"] {
                    assert!(!answer.contains(piece), "{line:?} {arguments:?}: {answer}");
                }
            }
        }
    }
}

#[test]
fn a_sensitive_layer_that_is_no_yaml_is_not_quoted() {
    for text in
        ["tokens: { A: *canary }", "tokens: { A: !canary x }", "canary: 9Q: x", "A: !!int canary", "@canary"]
    {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path());
        fs::write(folder.path().join("config/environments/Sensitive.Local.yaml"), text).unwrap();
        for verb in [&["check"][..], &["check", "CI"], &["envs"]] {
            run_with(folder.path(), verb, &[("DOCKER_HOST", "unix:///nonexistent/d.sock")]);
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
