//! The command line as a whole: complete standard output, standard error and exit code on workspaces that lie in
//! `tests/fixtures`, and on the sample workspace. The processes see no variable of the caller's environment.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test that cannot start its program has failed; it makes and reads the files of a run"
)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;

mod answers;
mod assumed;
mod canary;
mod findings;
mod init;
mod interrupted;
mod no_engine;
mod procedure;
mod refusals;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures").join(name)
}

/// What a run in a folder printed, and how it ended.
fn run(folder: &Path, arguments: &[&str]) -> String {
    run_with(folder, arguments, &[])
}

fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::cargo_bin("alertdeck")
        .unwrap()
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    for shown in [&out, &err] {
        assert!(!shown.contains("canary"), "a secret is shown: {shown}");
        assert!(!shown.contains('\u{1b}'), "colours without a terminal: {shown}");
    }
    let code = output.status.code().map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    format!("$ alertdeck {}\n{out}-- stderr\n{err}-- exit {code}\n", arguments.join(" "))
}
