//! The console on a real workspace while its engine is down, and when it comes back. The engine is a few lines that
//! answer what the console asks first; what a real one answers is for the live tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

use rustix::process::Signal;

use crate::terminal::Console;
use crate::{BINARY, USUAL};

/// Answers one request; `None` is an answer that goes on for ever.
fn answer(path: &str) -> Option<&'static str> {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    if path.ends_with("/events") {
        return None;
    }
    Some(if path.ends_with("/version") {
        r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12","Os":"linux","Arch":"amd64"}"#
    } else if path.ends_with("/info") {
        r#"{"ID":"PTY","ServerVersion":"20.10.24","SystemTime":"2026-01-01T00:00:00Z"}"#
    } else if path.ends_with("/volumes") {
        r#"{"Volumes":[],"Warnings":[]}"#
    } else {
        "[]"
    })
}

fn serve(stream: &UnixStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            line.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or("/");
        let Some(body) = answer(path) else {
            write!(
                writer,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )?;
            // Until the console hangs up.
            return reader.read_to_end(&mut Vec::new()).map(|_| ());
        };
        write!(
            writer,
            "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

/// An engine begins to listen there.
fn come_up(socket: &Path) {
    let listener = UnixListener::bind(socket).expect("a socket");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(serve(&stream)));
        }
    });
}

#[test]
fn an_engine_that_is_down_is_said_plainly_and_found_again_when_it_comes_up() {
    let folder = tempfile::tempdir().expect("a folder for the socket");
    let socket = folder.path().join("docker.sock");
    let endpoint = format!("unix://{}", socket.display());
    let mut console = Console::start(BINARY, USUAL, &[], &[("DOCKER_HOST", &endpoint)]);
    console.wait_for("alertdeck");
    // Far below that; the machine that runs the tests does other things as well.
    assert!(console.age().as_secs() < 1, "the first frame took {:?}", console.age());
    console.wait_for("unreachable");
    console.wait_for("next try");
    console.wait_for("no engine");
    // What needs no engine works.
    console.press("1");
    console.wait_for("CI against");
    console.wait_for("Spike in 5xxs");
    come_up(&socket);
    console.wait_for("20.10.24 ok");
    console.wait_for("not deployed");
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn the_command_of_a_secret_ends_with_the_console() {
    let folder = tempfile::tempdir().expect("a folder for the workspace");
    let socket = folder.path().join("docker.sock");
    let pipe = folder.path().join("pipe");
    for (path, text) in [
        ("config/elastalert.yaml", "es_host: h\n"),
        (
            "config/environments/Default.yaml",
            "secrets:\n  HOOK: { command: [sh, -c, \"exec 3>pipe; sleep 60 & echo up >&3; wait\"] }\n",
        ),
        ("rules/a.yaml", "name: a\ntype: any\nindex: x\nalert: debug\nx: @@HOOK@@\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    assert!(assert_cmd::Command::new("mkfifo").arg(&pipe).output().expect("mkfifo").status.success());
    come_up(&socket);
    let workspace = folder.path().to_str().expect("a path");
    let endpoint = format!("unix://{}", socket.display());
    let arguments = ["--workspace", workspace];
    let mut console = Console::start(BINARY, USUAL, &arguments, &[("DOCKER_HOST", &endpoint)]);
    console.wait_for("not deployed");
    console.press("d");
    let (sender, opened) = channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(fs::File::open(pipe).expect("the pipe"));
        let mut line = String::new();
        while pipe.read_line(&mut line).expect("the pipe") > 0 {
            drop(sender.send(std::mem::take(&mut line)));
        }
    });
    let within = Duration::from_secs(8);
    assert_eq!(opened.recv_timeout(within).expect("the plan asks the command"), "up\n");
    console.signal(Signal::TERM);
    console.end();
    // The end of the pipe is the end of all that hold it.
    assert_eq!(opened.recv_timeout(within), Err(RecvTimeoutError::Disconnected), "they went on");
}
