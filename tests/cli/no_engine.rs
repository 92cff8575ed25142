//! What the verbs that look at an engine say when there is none: where it was tried, what to try next, and code 8. The
//! endpoint is a socket that no machine has.

use insta::assert_snapshot;

use crate::{fixture, run_with};

const NOWHERE: [(&str, &str); 1] = [("DOCKER_HOST", "unix:///nonexistent/docker.sock")];

#[test]
fn a_log_and_processes_cannot_be_had() {
    assert_snapshot!(run_with(&fixture("healthy"), &["logs", "CI"], &NOWHERE));
    assert_snapshot!(run_with(&fixture("healthy"), &["top", "CI", "--format", "json"], &NOWHERE));
}

#[test]
fn health_is_unknown_and_not_absent() {
    let text = run_with(&fixture("healthy"), &["status", "CI"], &NOWHERE);
    assert!(text.contains("engine     failing"), "{text}");
    assert!(text.contains("/nonexistent/docker.sock"), "{text}");
    assert!(!text.contains("not deployed"), "an outage is not emptiness: {text}");
    assert!(text.ends_with("exit 8\n"), "{text}");
}

#[test]
fn a_context_that_is_gone_is_not_another_engine() {
    let variables = [("DOCKER_CONTEXT", "gone"), ("DOCKER_CONFIG", "/nonexistent")];
    assert_snapshot!(run_with(&fixture("healthy"), &["logs", "CI"], &variables));
}

#[test]
fn a_shell_needs_a_terminal() {
    assert_snapshot!(run_with(&fixture("healthy"), &["shell", "CI"], &NOWHERE));
}

#[test]
fn a_time_that_is_none_is_refused() {
    assert_snapshot!(run_with(&fixture("healthy"), &["logs", "CI", "--since", "yesterday"], &NOWHERE));
}

#[test]
fn a_preflight_tells_what_can_be_told_and_then_that_nobody_answers() {
    assert_snapshot!(run_with(&fixture("healthy"), &["check", "CI", "--preflight"], &NOWHERE));
}
