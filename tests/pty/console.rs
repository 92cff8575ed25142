//! Taking the terminal and giving it back: at the end, by a signal, on a crash, stopped and continued. Each test looks
//! at the modes of the terminal itself and not at what the program says about them.

use std::time::Duration;

use rustix::process::Signal;

use crate::terminal::Console;
use crate::{BINARY, USUAL};

fn demo(arguments: &[&str]) -> Console {
    let arguments = [&["demo"], arguments].concat();
    let mut console = Console::start(BINARY, USUAL, &arguments, &[]);
    console.wait_for("alertdeck");
    console
}

#[test]
fn the_terminal_is_taken_and_given_back() {
    let mut console = demo(&[]);
    console.wait("the terminal to be taken", Console::is_taken);
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let console = demo(&[]);
        console.signal(signal);
        assert_eq!(console.end().code, 130, "{signal:?}");
    }
}

#[test]
fn a_crash_gives_the_terminal_back_and_says_where_the_log_is() {
    let mut console = demo(&["--panic-at", "!"]);
    console.press("!");
    let log = console.log_file();
    console.wait("the report", |console| console.screen().contents().contains("alertdeck crashed"));
    let logged = std::fs::read_to_string(&log).expect("the log was written");
    let ended = console.end();
    assert_eq!(ended.code, 1);
    let shown = ended.shown.replace('\n', "");
    assert!(shown.contains(log.to_str().expect("a plain path")), "{shown}");
    assert!(logged.contains("the key that was asked for was pressed"), "{logged}");
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_the_console_is_continued() {
    let mut console = demo(&[]);
    console.wait_for("Production");
    console.press("\u{1a}");
    console.wait("the terminal to be given back", Console::is_restored);
    console.wait_stopped();
    console.signal(Signal::CONT);
    console.wait("the terminal to be taken again", Console::is_taken);
    console.wait_for("alertdeck");
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn being_stopped_without_a_warning_is_survived() {
    let mut console = demo(&[]);
    console.signal(Signal::STOP);
    console.wait_stopped();
    console.forget();
    console.signal(Signal::CONT);
    console.wait("all of it to be drawn anew", |console| {
        let written = console.written();
        written.split_once("\u{1b}[?1049h").is_some_and(|(_, drawn)| drawn.contains("alertdeck"))
    });
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn any_size_is_drawn() {
    let mut console = demo(&[]);
    for (columns, rows) in [(80, 24), (200, 50), (20, 5), (1, 1), (120, 40)] {
        console.resize(columns, rows);
        while console.take(Duration::from_millis(200)) {}
    }
    console.wait_for("alertdeck");
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn frames_are_synchronized_and_an_idle_console_is_silent() {
    let mut console = demo(&[]);
    while console.take(Duration::from_millis(500)) {}
    let bytes = console.written();
    let (begun, ended) = (bytes.matches("\u{1b}[?2026h").count(), bytes.matches("\u{1b}[?2026l").count());
    assert!(begun > 0 && begun == ended, "{begun} begun, {ended} ended");
    console.press("q");
    console.end();
}

#[test]
fn without_a_terminal_it_refuses_kindly() {
    let output = assert_cmd::Command::cargo_bin("alertdeck")
        .expect("the binary")
        .arg("demo")
        .env("HOME", "/nonexistent")
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the console needs a terminal") && said.contains("alertdeck status"), "{said}");
}
