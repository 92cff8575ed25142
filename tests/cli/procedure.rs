//! A repository in the layout of the deploy procedure before alertdeck renders to the bytes that the procedure lays
//! out. They come from a script of our own that does as it did, and from their recorded digests where no Python is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use sha2::{Digest, Sha256};

use crate::{fixture, root, run, run_with};

const ENVIRONMENTS: [&str; 3] = ["Default", "CI", "Production"];
const OCTOPUS: (&str, &str) = ("BASH_FUNC_get_octopusvariable%%", "() { echo \"$ANSWER\"\n}");
const PATH: (&str, &str) = ("PATH", "/usr/local/bin:/usr/bin:/bin");

type Files = BTreeMap<String, Vec<u8>>;

/// The files below a folder by path.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for part in ["config", "rules"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(format!("{part}/{name}"), fs::read(&path).unwrap());
        }
    }
    found
}

/// What the script lays out; `None` without Python.
fn laid_out(source: &Path, environment: &str, sensitive: &str, order: &str) -> Option<Files> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let script = root().join("tests/procedure/lay_out.py");
    let ended = Command::new("python3")
        .args([&script, &source.join("src"), Path::new(environment), Path::new(sensitive), &out])
        .arg(order)
        .output()
        .ok()?;
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    Some(files(&out))
}

/// What alertdeck writes.
fn rendered(workspace: &Path, environment: &str, variables: &[(&str, &str)]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["render", environment, "--out", out.to_str().unwrap()];
    let arguments =
        if environment.is_empty() { vec!["render", "--out", arguments[3]] } else { arguments.to_vec() };
    let answer = run_with(workspace, &arguments, variables);
    assert!(answer.ends_with("-- exit 0\n"), "{answer}");
    files(&out)
}

fn digests(environment: &str, sensitive: &str, files: &Files) -> String {
    let line = |(path, bytes): (&String, &Vec<u8>)| {
        let digest = Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        format!("{digest}  {environment}/{sensitive}/{path}\n")
    };
    files.iter().map(line).collect()
}

#[test]
fn it_renders_to_the_bytes_that_the_procedure_laid_out() {
    let workspace = fixture("legacy");
    let mut all = String::new();
    for (environment, sensitive) in
        ENVIRONMENTS.map(|name| (name, "Local")).into_iter().chain([("CI", "Octopus")])
    {
        let octopus = [OCTOPUS, PATH, ("ANSWER", environment)];
        let ours = if sensitive == "Octopus" {
            rendered(&workspace, "", &octopus)
        } else {
            rendered(&workspace, environment, &[])
        };
        for order in ["sorted", "reversed"] {
            let Some(theirs) = laid_out(&workspace, environment, sensitive, order) else { continue };
            assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{environment}");
            for (path, bytes) in &theirs {
                let (ours, theirs) = (String::from_utf8_lossy(&ours[path]), String::from_utf8_lossy(bytes));
                assert!(ours == theirs, "{environment} {path}\n{ours}\n---\n{theirs}");
            }
        }
        all.push_str(&digests(environment, sensitive, &ours));
    }
    // With Python they have just been proven, without it they stand for it.
    assert_eq!(all, fs::read_to_string(root().join("tests/procedure/laid-out.sha256")).unwrap());
}

/// A copy of the fixture to change something in.
fn copy(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::write(to, fs::read(entry.path()).unwrap()).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture("legacy/src"), &folder.path().join("src"));
    change(folder.path());
    folder
}

fn append(folder: &Path, path: &str, text: &str) {
    let mut bytes = fs::read(folder.join(path)).unwrap_or_default();
    bytes.extend(text.as_bytes());
    fs::write(folder.join(path), bytes).unwrap();
}

#[test]
fn a_value_that_holds_a_token_is_told_because_the_procedure_went_by_chance() {
    let folder =
        copy(|folder| append(folder, "src/config/substitutions/CI.conf", "ROOM=room-@@ENVIRONMENT@@\n"));
    let answer = run(folder.path(), &["check", "CI"]);
    assert!(answer.contains("error[token.nested]: the value of `ROOM` holds a token"), "{answer}");
    assert!(answer.contains("src/config/substitutions/CI.conf:6"), "{answer}");
    assert!(answer.ends_with("-- exit 3\n"), "{answer}");
    let by = |order| laid_out(folder.path(), "CI", "Local", order);
    if let (Some(one), Some(other)) = (by("sorted"), by("reversed")) {
        let room = |files: &Files| String::from_utf8_lossy(&files["rules/blocked.txt"]).into_owned();
        assert_ne!(room(&one), room(&other), "the order of the keys decides");
        let ours = run(folder.path(), &["render", "CI"]);
        assert!(ours.contains("10.0.0.2 room-@@ENVIRONMENT@@"), "{ours}");
    }
}

#[test]
fn a_value_with_another_equals_sign_is_kept_where_the_procedure_died() {
    let folder = copy(|folder| append(folder, "src/config/substitutions/CI.conf", "ROOM=a=b==\n"));
    let files = rendered(folder.path(), "CI", &[]);
    assert!(String::from_utf8_lossy(&files["rules/blocked.txt"]).contains("10.0.0.2 a=b==\n"));
}

#[test]
fn what_the_procedure_passed_over_is_told() {
    let folder = copy(|folder| {
        append(folder, "src/rules/heartbeat-x.yaml", "\n# @@NOWHERE@@\n");
        append(folder, "src/config/substitutions/CI.conf", "ROOM=one\nROOM=two\n");
        append(folder, "src/config/substitutions/ci.conf", "ROOM=three\n");
        append(folder, "src/config/substitutions/-x.conf", "ROOM=four\n");
        append(folder, "src/config/substitutions/Sensitive.CI.conf", "ROOM=canary\n");
        append(folder, "src/config/rule_exclusions/rule_exclusions.Sensitive.Local.conf", "x\n");
        append(folder, "src/config/rule_exclusions/rule_exclusions.CI.conf", "{latency,spike}*\n");
    });
    let answer = run(folder.path(), &["check"]);
    for part in [
        "error[token.unknown]: no value for `NOWHERE`",
        "error[layer.twice]: the layer CI gives `ROOM` twice (in CI)",
        "error[environment.case]: the environments CI and ci differ only by case",
        "error[environment.name]: `-x` cannot name an environment",
        "warning[environment.empty]: the environment Lab has no values of its own",
        "src/config/substitutions/Sensitive.CI.conf",
        "src/config/rule_exclusions/rule_exclusions.Sensitive.Local.conf",
        "warning[exclusion.unused]: the exclusion `{latency,spike}*` matches no file",
    ] {
        assert!(answer.contains(part), "{part} in {answer}");
    }
}

#[test]
fn octopus_that_answers_nothing_is_an_error_and_so_is_an_empty_name() {
    let workspace = fixture("legacy");
    let answer = run_with(&workspace, &["envs"], &[OCTOPUS, PATH, ("ANSWER", "")]);
    assert!(answer.contains("environment.octopus") && answer.ends_with("-- exit 1\n"), "{answer}");
    for verb in ["envs", "rules", "check", "render", "diff", "plan", "deploy", "status"] {
        let answer = run_with(&workspace, &[verb, "--environment", ""], &[]);
        assert!(answer.contains("environment.empty") && answer.ends_with("-- exit 1\n"), "{verb}: {answer}");
    }
    let unnamed = run_with(&workspace, &["deploy", "--yes"], &[]);
    assert!(unnamed.contains("environment.unnamed") && unnamed.ends_with("-- exit 1\n"), "{unnamed}");
}
