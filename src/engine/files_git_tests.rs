//! Reading revisions with the real git, in repositories that each test makes for itself. No setting of this machine
//! and none of the person who runs the tests has a part in it.

#![expect(clippy::disallowed_types, reason = "git is what is tested")]

use std::path::Path;
use std::process::Command;

use super::*;

const FOLDERS: [&str; 4] = ["config", "rules", "src/config", "src/rules"];

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
        .args(["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"])
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[expect(clippy::disallowed_methods, reason = "it makes the files of a test")]
fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "x"]);
}

/// A repository with two commits whose workspace is in `sub`, or at its top.
fn repository(sub: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    git(home.path(), &["init", "-q"]);
    put(home.path(), &format!("{sub}config/elastalert.yaml"), "a: 1\r\n");
    put(home.path(), &format!("{sub}rules/a b.yaml"), "name: A\n");
    put(home.path(), "other/config/x.yaml", "no\n");
    commit(home.path());
    put(home.path(), &format!("{sub}config/elastalert.yaml"), "a: 2\n");
    commit(home.path());
    home
}

async fn at(root: &Path, revision: &str) -> Result<RevisionFiles, Problem> {
    read(root, &revision.parse().unwrap(), &FOLDERS, 100, 1_000).await
}

fn texts(found: &RevisionFiles) -> Vec<(&str, String)> {
    let text = |file: &SourceFile| String::from_utf8_lossy(&file.bytes).into_owned();
    found.files.iter().map(|file| (file.path.as_str(), text(file))).collect()
}

#[tokio::test]
async fn a_revision_is_read_as_it_was_committed() {
    for sub in ["", "deep er/ops/"] {
        let home = repository(sub);
        let root = home.path().join(sub);
        let old = at(&root, "HEAD~1").await.unwrap();
        assert_eq!(
            texts(&old),
            [("config/elastalert.yaml", "a: 1\r\n".to_owned()), ("rules/a b.yaml", "name: A\n".to_owned())]
        );
        assert_eq!(old.commit.len(), 7);
        put(home.path(), &format!("{sub}config/elastalert.yaml"), "a: 3\n");
        assert_eq!(texts(&at(&root, "HEAD").await.unwrap())[0].1, "a: 2\n", "not what lies in the folder");
    }
}

#[tokio::test]
async fn what_is_no_revision_and_no_repository_is_told() {
    let home = repository("");
    for revision in ["HEAD~9", "nowhere", "HEAD:rules", "@{u}"] {
        let problem = at(home.path(), revision).await.unwrap_err();
        assert_eq!(problem.code, "git.revision", "{revision}: {problem}");
    }
    let plain = tempfile::tempdir().unwrap();
    let problem = at(plain.path(), "HEAD").await.unwrap_err();
    assert_eq!(problem.code, "git.none");
    assert!(problem.to_string().contains("not a git repository"), "{problem}");
    let problem = at(&home.path().join("other"), "HEAD~1").await;
    assert_eq!(texts(&problem.unwrap()), [("config/x.yaml", "no\n".to_owned())]);
    git(plain.path(), &["init", "-q"]);
    put(plain.path(), "x", "");
    commit(plain.path());
    assert_eq!(at(plain.path(), "HEAD").await.unwrap_err().code, "git.empty");
}

#[tokio::test]
async fn a_shallow_clone_says_how_to_get_the_rest() {
    let home = repository("");
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", home.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &from, "w"]);
    let problem = at(&clone.path().join("w"), "HEAD~1").await.unwrap_err();
    assert!(problem.hint.as_ref().unwrap().contains("--unshallow"), "{problem:?}");
    assert!(at(&clone.path().join("w"), "HEAD").await.is_ok());
}

#[tokio::test]
async fn links_are_followed_within_the_workspace_only() {
    let home = repository("");
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, home.path().join(name)).unwrap();
    put(home.path(), "shared/s.yaml", "name: S\n");
    link("a b.yaml", "rules/again.yaml");
    link("../shared", "rules/shared");
    link("../../etc/passwd", "rules/out.yaml");
    link("/etc/passwd", "rules/abs.yaml");
    link("circle.yaml", "rules/circle.yaml");
    link("gone.yaml", "rules/dangling.yaml");
    put(home.path(), "config/substitutions/Sensitive.Local.conf", "S=1\n");
    link("../config/substitutions", "rules/layers");
    commit(home.path());
    let found = at(home.path(), "HEAD").await.unwrap();
    let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "config/elastalert.yaml",
            "config/substitutions/Sensitive.Local.conf",
            "rules/a b.yaml",
            "rules/again.yaml",
            "rules/shared/s.yaml"
        ]
    );
    assert_eq!(texts(&found)[3].1, "name: A\n");
    assert_eq!(found.problems.len(), 5, "{:?}", found.problems);
    assert!(found.problems.iter().all(|problem| problem.code == "workspace.link"), "{:?}", found.problems);
}

#[tokio::test]
async fn what_is_too_large_is_left_out_or_refused() {
    let home = repository("");
    put(home.path(), "rules/large.yaml", &"x".repeat(2_000));
    commit(home.path());
    let found = at(home.path(), "HEAD").await.unwrap();
    assert_eq!((found.files.len(), found.problems.len()), (2, 1));
    let few = read(home.path(), &Revision::head(), &FOLDERS, 1, 1_000).await.unwrap_err();
    assert_eq!(few.code, "workspace.large");
}

#[tokio::test]
async fn a_revision_is_never_taken_for_a_flag_or_a_path() {
    let home = repository("");
    put(home.path(), "HEAD~5", "a file of that name\n");
    commit(home.path());
    assert_eq!(at(home.path(), "HEAD~5").await.unwrap_err().code, "git.revision");
}
