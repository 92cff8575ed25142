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
            vec!["why", environment, "rules/a.yaml"],
            vec!["why", environment, "rules/lists/c.txt:2"],
            vec!["why", environment, "config/elastalert.yaml"],
            vec!["why", environment, "A:nope"],
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

/// All files below a folder that hold the word in clear or in base64, or are called by it.
fn holding(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, found);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        let forms: [&[u8]; 4] = [b"canary", b"Y2FuYXJ5", b"NhbmFye", b"jYW5hcn"];
        if forms.iter().any(|form| holds(form)) || path.to_string_lossy().contains("canary") {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn no_verb_leaves_a_secret_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (root, home) = (folder.path().join("w"), folder.path().join("home"));
    fs::create_dir_all(root.join("config/environments")).unwrap();
    fs::create_dir_all(root.join("rules")).unwrap();
    fs::create_dir_all(&home).unwrap();
    fs::write(
        root.join("config/elastalert.yaml"),
        "es_host: h\nes_port: 9200\nrun_every: { minutes: 1 }\nbuffer_time: { minutes: 1 }\nwriteback_index: w\n\
         rules_folder: /opt/rules\nx: \"@@VARIABLE@@ @@COMMAND@@\"\n",
    )
    .unwrap();
    fs::write(
        root.join("config/environments/Default.yaml"),
        "guard: open\ntokens: { IMAGE_ID: none }\nsecrets:\n  VARIABLE: { env: A }\n  COMMAND: { command: [printenv, A] }\n",
    )
    .unwrap();
    fs::write(root.join("rules/a.yaml"), "name: A\ntype: any\nindex: i\nalert: debug\nk: \"@@VARIABLE@@\"\n")
        .unwrap();
    fs::create_dir_all(root.join("full/rules")).unwrap();
    fs::write(root.join("full/rules/a.yaml"), "there already").unwrap();
    let home = home.to_str().unwrap();
    let variables = [
        ("A", "canary-9Q-value"),
        ("HOME", home),
        ("TMPDIR", home),
        ("DOCKER_HOST", "unix:///nonexistent/d.sock"),
        ("PATH", "/usr/bin:/bin"),
        ("ALERTDECK_LOG", "trace"),
    ];
    for verb in [
        vec!["envs"],
        vec!["rules"],
        vec!["check"],
        vec!["check", "Default"],
        vec!["render", "Default"],
        vec!["render", "Default", "--out", "full"],
        vec!["render", "Default", "--out", "config/out"],
        vec!["why", "Default", "rules/a.yaml"],
        vec!["diff", "Default", "--against", "Default"],
        vec!["diff", "Default"],
        vec!["plan", "Default"],
        vec!["deploy", "Default", "--yes"],
        vec!["status"],
        vec!["logs", "Default"],
        vec!["top", "Default"],
        vec!["shell", "Default"],
        vec!["keys"],
    ] {
        for format in ["text", "json"] {
            let set = "OTHER=canary-9Q";
            let more = [verb.as_slice(), &["--format", format, "--set", set]].concat();
            let answer = run_with(&root, &more, &variables);
            assert!(!answer.replace(set, "").contains("9Q"), "{answer}");
        }
    }
    let mut found = Vec::new();
    holding(folder.path(), &mut found);
    assert!(found.is_empty(), "{found:?}");
    let answer = run_with(&root, &["render", "Default", "--out", "out"], &variables);
    assert!(answer.contains("warning: COMMAND, VARIABLE can be read there in clear"), "{answer}");
    holding(folder.path(), &mut found);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|path| path.starts_with(root.join("out").to_str().unwrap())), "{found:?}");
}

#[test]
fn what_is_written_is_private_whatever_the_umask_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let binary = assert_cmd::cargo::cargo_bin("alertdeck");
    for umask in ["000", "777", "022"] {
        let script = format!("umask {umask}; exec \"$0\" render CI --out \"$1\" --workspace \"$2\"");
        let out = folder.path().join(umask);
        let output = assert_cmd::Command::new("sh")
            .env_clear()
            .args(["-c", &script, binary.to_str().unwrap(), out.to_str().unwrap()])
            .arg(fixture("healthy"))
            .output()
            .unwrap();
        if umask == "777" {
            // A folder that nobody may enter; only root comes on.
            if !output.status.success() {
                continue;
            }
        } else {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(fs::metadata(out.join("rules/spike.yaml")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(out.join("rules")).unwrap().permissions().mode() & 0o077, 0);
    }
    let (out, outside) = (folder.path().join("linked"), folder.path().join("outside"));
    fs::create_dir_all(&out).unwrap();
    fs::create_dir_all(&outside).unwrap();
    symlink(&outside, out.join("rules")).unwrap();
    let workspace = fixture("healthy");
    let arguments = ["render", "CI", "--out", "linked", "--workspace", workspace.to_str().unwrap()];
    let answer = run_with(folder.path(), &arguments, &[]);
    assert!(answer.contains("is a link") && answer.ends_with("-- exit 1\n"), "{answer}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "nothing else was written either");
}

#[test]
fn the_samples_secret_is_in_no_answer() {
    for verb in [["render", "CI"], ["render", "Production"], ["check", "CI"], ["plan", "CI"]] {
        let variables = [("SLACK_WEBHOOK", "https://canary"), ("DOCKER_HOST", "unix:///nonexistent/d.sock")];
        run_with(root(), &verb, &variables);
    }
    run_with(&fixture("procedure"), &["diff", "CI", "--against", "Default"], &[]);
}
