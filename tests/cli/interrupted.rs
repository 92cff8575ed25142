//! Runs that somebody ends while the command of a secret hangs. The command is ended as well, with all that it started.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A workspace with a secret whose command starts another process; both hold the pipe.
fn lay_out(folder: &Path) {
    for (path, text) in [
        ("config/elastalert.yaml", "es_host: h\n"),
        (
            "config/environments/CI.yaml",
            "secrets:\n  HOOK: { command: [sh, -c, \"exec 3>pipe; sleep 60 & echo up >&3; wait\"] }\n",
        ),
        ("rules/a.yaml", "name: a\ntype: any\nindex: x\nalert: debug\nx: @@HOOK@@\n"),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
}

#[test]
fn the_command_of_a_secret_ends_with_us() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path());
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("alertdeck"))
            .args(["render", "CI", "--out", "out"])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = BufReader::new(fs::File::open(folder.path().join("pipe")).unwrap());
        let mut line = String::new();
        pipe.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        let began = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait().unwrap();
        assert_eq!((ended.code(), ended.signal()), (Some(130), None), "{signal:?}");
        // The end of the pipe is the end of all that hold it.
        pipe.read_line(&mut line).unwrap();
        assert!(began.elapsed() < Duration::from_secs(8), "they went on after {signal:?}");
        assert!(!folder.path().join("out").exists());
    }
}
