//! What the console is for, done in the demo as a person does it: look, compare, deploy to a verdict, read the log. The
//! demo's world is slow enough to be seen and quick enough to be waited for.

use crate::terminal::Console;
use crate::{BINARY, USUAL};

fn demo(size: (u16, u16)) -> Console {
    let mut console = Console::start(BINARY, size, &["demo"], &[]);
    console.wait_for("DEMO");
    console.wait_for("Production");
    console
}

fn quit(mut console: Console) {
    console.press("q");
    assert_eq!(console.end().code, 0);
}

#[test]
fn moving_selects_and_the_diff_follows() {
    let mut console = demo(USUAL);
    console.press("1");
    console.wait_for("CI against Default");
    console.press("]");
    console.wait_for("Staging against Default");
    console.wait_for("elastalert_staging");
    console.press("\t\t");
    console.press("n");
    quit(console);
}

#[test]
fn the_log_is_followed() {
    let mut console = demo(USUAL);
    console.press("3");
    console.wait_for("Ran Application errors");
    console.forget();
    console.wait("more of the log", |console| console.written().contains("elastalert"));
    quit(console);
}

#[test]
fn each_environment_has_its_own_trouble() {
    let mut console = demo(USUAL);
    console.press("4");
    console.wait_for("9 rules loaded, 9 expected");
    console.press("]");
    console.wait_for("supervisord gave up");
    console.press("]");
    console.wait_for("Error running query");
    quit(console);
}

#[test]
fn a_deploy_comes_to_its_verdict() {
    let mut console = demo(USUAL);
    console.press("d");
    console.wait_for("nothing is done yet");
    console.wait_for("replaces  elastalert-ci-12");
    console.press("\r");
    console.wait_for("stable for");
    console.wait_for("HEALTHY");
    console.press("\u{1b}");
    console.wait("the report to be closed", |console| !console.screen().contents().contains("HEALTHY"));
    quit(console);
}

#[test]
fn a_deploy_that_fails_is_put_back_and_says_why() {
    let mut console = demo(USUAL);
    console.press("]");
    console.wait_for("Staging against");
    console.press("]");
    console.wait_for("Production against");
    console.press("d");
    console.wait_for("Type Production to deploy");
    console.press("Staging\r");
    console.press(&"\u{7f}".repeat(7));
    console.press("Production\r");
    console.wait_for("PUT BACK");
    console.wait_for("New administrator");
    console.press("\u{1b}");
    console.wait("the report to be closed", |console| !console.screen().contents().contains("PUT BACK"));
    quit(console);
}

#[test]
fn leaving_while_a_deploy_runs_puts_back_what_ran_before() {
    let mut console = demo(USUAL);
    console.press("d");
    console.wait_for("nothing is done yet");
    console.wait_for("replaces");
    console.press("\r");
    console.wait_for("stable for");
    console.signal(rustix::process::Signal::TERM);
    let ended = console.end();
    assert_eq!(ended.code, 5, "{}", ended.shown);
    assert!(ended.shown.contains("The deploy of CI still runs"), "{}", ended.shown);
    assert!(ended.shown.contains("CI: put back"), "{}", ended.shown);
}

#[test]
fn the_console_works_on_a_small_and_on_a_large_terminal() {
    for size in [(80, 24), (200, 50)] {
        let mut console = demo(size);
        console.press("d");
        console.wait_for("nothing is done yet");
        console.wait_for("replaces");
        console.press("\u{1b}");
        console
            .wait("the plan to be left", |console| !console.screen().contents().contains("nothing is done"));
        quit(console);
    }
}

#[test]
fn without_colours_the_selection_is_still_seen() {
    let mut console = Console::start(BINARY, USUAL, &["demo"], &[("NO_COLOR", "1")]);
    console.wait_for("Production");
    let (rows, columns) = console.screen().size();
    let cells = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let all: Vec<_> = cells().filter_map(|(row, column)| console.screen().cell(row, column)).collect();
    assert!(
        all.iter()
            .all(|cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default)
    );
    assert!(all.iter().any(|cell| cell.inverse()), "the selected row is reversed");
    quit(console);
}
