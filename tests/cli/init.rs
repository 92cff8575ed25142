//! `init` on real folders: a new workspace passes the check, an old one gets what it lacks, and nothing that is there is
//! touched. Each run is looked at as a whole, and so is the folder after it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use insta::assert_snapshot;

use crate::{fixture, run};

/// All files below a folder with their bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

#[test]
fn a_new_workspace_is_made_once_and_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!(run(folder.path(), &["init", "alerts", "--dry-run"]));
    assert!(tree(folder.path()).is_empty(), "a dry run makes nothing");
    assert_snapshot!(run(folder.path(), &["init", "alerts"]));
    let made = tree(folder.path());
    let workspace = folder.path().join("alerts");
    let answer = run(&workspace, &["check"]);
    assert!(answer.contains("4 environments: nothing to complain about (ElastAlert 2.31.0)\n"), "{answer}");
    assert!(answer.ends_with("-- exit 0\n"), "{answer}");
    assert_snapshot!(run(&workspace, &["envs"]));
    assert_snapshot!(run(folder.path(), &["init", "alerts", "--format", "json"]));
    assert_eq!(made, tree(folder.path()), "the second time all of it is left");
    assert_snapshot!(String::from_utf8_lossy(&made["alerts/config/environments/Default.yaml"]));
}

#[test]
fn an_old_workspace_gets_what_it_lacks_and_keeps_what_it_has() {
    for name in ["plain", "named", "spread", "loose", "rules-only", "legacy", "healthy"] {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in tree(&fixture(name)) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let before = tree(folder.path());
        let told = run(folder.path(), &["check", "--workspace", "."]);
        let answer = run(folder.path(), &["init", "."]);
        assert!(answer.ends_with("-- exit 0\n"), "{name}: {answer}");
        let after = tree(folder.path());
        assert!(after.len() > before.len(), "{name}: {answer}");
        for (path, bytes) in &before {
            assert_eq!(after.get(path), Some(bytes), "{name} {path}");
        }
        let now = run(folder.path(), &["check", "--workspace", "."]);
        assert!(!now.contains("error["), "{name}: {answer}\n{now}");
        // Nothing new is complained about; what was assumed before may still be.
        for line in now.lines().filter(|line| line.starts_with("warning[") || line.starts_with("note[")) {
            assert!(told.contains(line), "{name}: {line}\n{answer}");
        }
        assert!(!now.contains("assumed.default"), "{name}: {now}");
        assert!(run(folder.path(), &["init", "."]).contains("left"), "{name}");
        assert_eq!(after, tree(folder.path()), "{name}: the second time all of it is left");
    }
}

#[test]
fn an_image_that_starts_by_itself_gets_no_supervisord() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(folder.path(), &["init", "w", "--image", "jertel/elastalert2:2.31.0"]);
    assert!(!answer.contains("supervisord"), "{answer}");
    let default = fs::read_to_string(folder.path().join("w/config/environments/Default.yaml")).unwrap();
    assert!(
        default.contains("entrypoint: [elastalert, --config, /opt/config/elastalert.yaml, --verbose]"),
        "{default}"
    );
    let checked = run(&folder.path().join("w"), &["check"]);
    assert!(checked.contains("nothing to complain about"), "{checked}");
    let wrong = run(folder.path(), &["init", "x", "--image", "a b"]);
    assert!(wrong.contains("init.image") && wrong.ends_with("-- exit 1\n"), "{wrong}");
}

#[test]
fn what_stands_in_the_way_is_told_before_anything_is_made() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = folder.path();
    symlink(outside.path(), root.join("config")).unwrap();
    fs::write(root.join("rules"), "a file").unwrap();
    let before = tree(root);
    assert_snapshot!(run(root, &["init", "."]));
    assert_eq!(before, tree(root));
    assert!(tree(outside.path()).is_empty());
    let answer = run(root, &["init", "rules"]);
    assert!(answer.contains("`rules` is no folder") && answer.ends_with("-- exit 1\n"), "{answer}");
}

#[test]
fn a_link_in_the_place_of_a_file_is_left() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("rules")).unwrap();
    symlink(outside.path().join("nowhere"), folder.path().join("rules/example.yaml")).unwrap();
    let answer = run(folder.path(), &["init", "."]);
    let words = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("left rules/example.yaml it is there"), "{answer}");
    assert!(tree(outside.path()).is_empty());
}
