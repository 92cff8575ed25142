//! The disk as it is read and written, on folders of the tests' own. Links, pipes and commands are real ones.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn file(root: &Path, path: &str, text: &[u8]) {
    let path = root.join(path);
    DirBuilder::new().recursive(true).create(path.parent().unwrap()).unwrap();
    OpenOptions::new().write(true).create_new(true).open(path).unwrap().write_all(text).unwrap();
}

fn tree(root: &Path) -> (Vec<String>, Vec<String>) {
    let (files, problems) = RealFiles.read_tree(root, &["config", "rules"]).unwrap();
    (files.into_iter().map(|file| file.path).collect(), problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_tree_is_read_sorted_and_links_inside_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    file(root, "config/b.yaml", b"b");
    file(root, "config/a.yaml", b"a");
    file(root, "shared/c/list.txt", b"c");
    file(root, "rules/x/r.yaml", b"r");
    symlink("../shared/c", root.join("rules/linked")).unwrap();
    symlink("b.yaml", root.join("config/link.yaml")).unwrap();
    let (files, problems) = tree(root);
    assert_eq!(
        files,
        ["config/a.yaml", "config/b.yaml", "config/link.yaml", "rules/linked/list.txt", "rules/x/r.yaml"]
    );
    let told =
        ["config/link.yaml: the link to `config/b.yaml`", "rules/linked: the link to `shared/c` is followed"];
    assert_eq!(problems.len(), told.len(), "{problems:?}");
    assert!(problems.iter().zip(told).all(|(problem, told)| problem.contains(told)), "{problems:?}");
}

/// What is found in a workspace of these links, each with how bad it is.
fn linked(links: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    file(root, ".git/config", b"token");
    file(root, "config/elastalert.yaml", b"{}");
    file(root, "config/substitutions/Sensitive.Local.conf", b"S=canary");
    file(root, "rules/r.yaml", b"{}");
    file(root, "shared/list.txt", b"a");
    for (link, target) in links {
        symlink(target, root.join(link)).unwrap();
    }
    let (files, problems) = RealFiles.read_tree(root, &["config", "rules"]).unwrap();
    let of_layer = |file: &&crate::engine::SourceFile| {
        !file.path.contains("substitutions/") && *file.bytes == *b"S=canary"
    };
    assert!(files.iter().find(of_layer).is_none(), "no secret lies under another name");
    let sources = crate::domain::workspace::build::Sources {
        root: String::new(),
        prefix: "",
        revision: 1,
        files: files.into_iter().map(|file| (file.path, file.bytes)).collect(),
        problems,
        set: &[],
        octopus: false,
    };
    let workspace = crate::domain::workspace::build::build(sources);
    let found = workspace.findings.iter().filter(|found| found.problem.code.starts_with("workspace."));
    found.map(|found| format!("{} {}", found.severity.word(), found.problem.code)).collect()
}

#[test]
fn a_link_is_a_note_where_it_is_followed_and_an_error_where_it_is_not() {
    assert_eq!(linked(&[]), [""; 0]);
    assert_eq!(linked(&[("rules/list.txt", "../shared/list.txt")]), ["note workspace.linked"]);
    assert_eq!(linked(&[("rules/shared", "../shared")]), ["note workspace.linked"]);
    let default = ("config/substitutions/Default.conf", "Sensitive.Local.conf");
    assert_eq!(linked(&[default]), ["note workspace.linked"], "layers may share a file");
    for target in [
        "/etc/hosts",
        "../nowhere",
        "..",
        ".",
        "../.git/config",
        "../config",
        "../config/substitutions",
        "../config/substitutions/Sensitive.Local.conf",
    ] {
        assert_eq!(linked(&[("rules/link.txt", target)]), ["error workspace.link"], "{target}");
    }
}

#[test]
fn links_out_loops_pipes_and_large_files_are_refused_and_the_rest_is_read() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = folder.path();
    file(root, "rules/good.yaml", b"a");
    file(root, "rules/large.yaml", &vec![b'x'; 1024 * 1024 + 1]);
    file(root, "rules/ctrl\u{1b}[2J.yaml", b"a");
    file(outside.path(), "o/secret.yaml", b"canary");
    symlink(outside.path().join("o"), root.join("rules/out")).unwrap();
    symlink(outside.path().join("o/secret.yaml"), root.join("rules/out.yaml")).unwrap();
    symlink("nowhere", root.join("rules/dangling")).unwrap();
    symlink("..", root.join("rules/loop")).unwrap();
    #[expect(clippy::disallowed_types, reason = "the standard library makes no pipes with names")]
    let made = std::process::Command::new("mkfifo").arg(root.join("rules/pipe")).status();
    let (files, problems) = tree(root);
    assert_eq!(files, ["rules/good.yaml"]);
    let all = problems.join("\n");
    for part in [
        "rules/out: the link leads out",
        "rules/out.yaml: the link leads out",
        "rules/dangling",
        "rules/loop",
        "rules/large.yaml: the file cannot be read: it is larger",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    if made.is_ok_and(|status| status.success()) {
        assert!(all.contains("rules/pipe: it is neither"), "{all}");
    }
    assert!(!all.contains('\u{1b}') && !all.contains("canary"), "{all}");
}

#[test]
fn a_folder_that_is_not_there_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(tree(folder.path()), (Vec::new(), Vec::new()));
    let nowhere = RealFiles.read_tree(&folder.path().join("no"), &["config"]);
    assert_eq!(nowhere.unwrap_err().code, "workspace.unreadable");
}

#[test]
fn what_is_written_is_private_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("out");
    RealFiles.write_private(&root, "rules/r.yaml", b"a").unwrap();
    let mode = |path: &str| root.join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("rules/r.yaml"), mode("rules"), mode("")), (0o600, 0o700, 0o700));
    assert_eq!(RealFiles.write_private(&root, "rules/r.yaml", b"b").unwrap_err().code, "file.unwritten");
    symlink(folder.path(), root.join("config")).unwrap();
    let linked = RealFiles.write_private(&root, "config/a.yaml", b"a").unwrap_err();
    assert!(linked.what.contains("is a link"), "{linked}");
    symlink(folder.path().join("elsewhere"), root.join("rules/l.yaml")).unwrap();
    assert_eq!(RealFiles.write_private(&root, "rules/l.yaml", b"b").unwrap_err().code, "file.unwritten");
    assert!(!folder.path().join("elsewhere").exists() && !folder.path().join("a.yaml").exists());
}

#[test]
fn a_secret_file_loses_its_last_line_end_only() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, bytes: &[u8]| {
        file(folder.path(), name, bytes);
        RealFiles.secret_file(&folder.path().join(name))
    };
    assert_eq!(of("a", b"x \ny\n\r\n").unwrap().expose(), "x \ny\n");
    for (name, bytes) in [("b", b"".as_slice()), ("c", b"\n"), ("d", b"canary\xff")] {
        let problem = of(name, bytes).unwrap_err();
        assert_eq!(problem.code, code::SECRET_MISSING);
        assert!(!problem.to_string().contains("canary"));
    }
    assert!(RealFiles.secret_file(folder.path()).is_err());
    assert!(RealFiles.secret_variable("ALERTDECK_TEST_SURELY_NOT_SET").is_err());
}

#[tokio::test]
async fn a_command_gives_its_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |script: &str| {
        let command = ["sh", "-c", script].map(str::to_owned);
        RealFiles.secret_command(&command, folder.path()).await
    };
    assert_eq!(run("printf 'a b\\nmore\\n'").await.unwrap().secret.expose(), "a b");
    assert_eq!(run("printf last").await.unwrap().secret.expose(), "last");
    for (script, more) in [
        ("echo value", false),
        ("printf 'value\\r\\n \\n\\n'", false),
        ("echo value; echo canary of notes", true),
        ("echo value; exec head -c 3000000 /dev/zero", true),
        ("echo value; sleep 600 &", false),
    ] {
        let spoken = run(script).await.unwrap();
        assert_eq!((spoken.secret.expose(), spoken.more), ("value", more), "{script}");
    }
    assert_eq!(run("yes").await.unwrap().secret.expose(), "y");
    for script in ["true", "exit 3", "echo canary; echo canary >&2; exit 1", "printf 'canary\\377\\n'"] {
        let problem = run(script).await.unwrap_err();
        assert_eq!(problem.code, code::SECRET_MISSING, "{script}");
        assert!(!problem.to_string().contains("canary"), "{problem}");
    }
    let nobody = RealFiles.secret_command(&["/no/such/program".to_owned()], folder.path()).await;
    assert!(nobody.is_err());
}

#[tokio::test]
async fn what_keeps_a_command_from_giving_a_secret_is_told() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "give", b"#!/bin/sh\necho from the workspace\n");
    std::fs::set_permissions(folder.path().join("give"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = async |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        RealFiles.secret_command(&words, folder.path()).await
    };
    assert_eq!(run(&["./give"]).await.unwrap().secret.expose(), "from the workspace");
    for (script, why) in [
        ("head -c 3000000 /dev/zero | tr '\\0' x", "longer than 64 KiB"),
        ("read answer && echo canary$answer", "ended with exit status: 1"),
        ("kill -9 $$", "signal: 9"),
        ("echo; echo canary", "first line is empty"),
        ("printf 'canary\\rcanary\\n'", "a carriage return stands in its first line"),
        ("echo '-----BEGIN KEY-----'; echo canary", "`file:` takes all of them"),
    ] {
        let problem = run(&["sh", "-c", script]).await.unwrap_err();
        assert!(problem.to_string().contains(why), "{script}: {problem}");
        assert!(!problem.to_string().contains("canary"), "{problem}");
    }
    assert!(run(&["no-such-program-here"]).await.unwrap_err().to_string().contains("no such program"));
    assert!(run(&["./no-such-file"]).await.unwrap_err().to_string().contains("no such program"));
    assert!(run(&["."]).await.is_err() && run(&[]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_for_ever_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    // What it started itself holds the output open, and is ended with it.
    let command = ["sh", "-c", "sleep 600 & echo $! >pid; wait"].map(str::to_owned);
    let problem = RealFiles.secret_command(&command, folder.path()).await.unwrap_err();
    assert!(problem.to_string().contains("longer than 10 s"), "{problem}");
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    // The command and its child hold the pipe, so that its end is theirs.
    let command = ["sh", "-c", "exec 3>pipe; sleep 60 & echo up >&3; wait"].map(str::to_owned);
    let opened = tokio::task::spawn_blocking(move || {
        let mut reader = std::io::BufReader::new(OpenOptions::new().read(true).open(pipe).unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
        (line, reader)
    });
    let (mut line, mut reader) = tokio::select! {
        _ = RealFiles.secret_command(&command, folder.path()) => panic!("it ended by itself"),
        opened = opened => opened.unwrap(),
    };
    assert_eq!(line, "up\n");
    let began = tokio::time::Instant::now();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    assert!(began.elapsed() < Duration::from_secs(30), "it went on");
}
