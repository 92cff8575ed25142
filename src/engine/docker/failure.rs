//! What went wrong with an engine, as a problem that a person can act on. Engines and the client library know many
//! errors; code decides on five of them, and people need to hear where it was tried and what to try next.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use bollard::errors::Error;

use crate::domain::environment::Endpoint;
use crate::domain::problem::{Problem, code};
use crate::domain::text::sanitise;

/// The engine's status for "the name is taken" and for "not in that state".
const CONFLICT: u16 = 409;

/// Makes an error of the client library a problem; `what` says in words what was tried.
pub(super) fn problem(endpoint: &Endpoint, what: impl Into<String>, error: &Error) -> Problem {
    let what = what.into();
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            let why = sanitise(message.trim().as_bytes());
            let code = match status_code {
                404 => code::ENGINE_MISSING,
                _ => code::ENGINE_REFUSED,
            };
            Problem::new(code, what).why(format!("the engine answered {status_code}: {why}"))
        }
        Error::DockerStreamError { error } => {
            Problem::new(code::ENGINE_REFUSED, what).why(sanitise(error.trim().as_bytes()))
        }
        Error::RequestTimeoutError => Problem::new(code::ENGINE_TIMEOUT, what)
            .why(format!("the engine at {endpoint} did not answer in time"))
            .hint("it may still have done it; look again before you repeat it"),
        Error::SocketNotFoundError(_) => unreachable(endpoint, Some(ErrorKind::NotFound), String::new()),
        Error::HyperLegacyError { .. } | Error::HyperResponseError { .. } | Error::IOError { .. } => {
            unreachable(endpoint, kind(error), causes(error))
        }
        Error::JsonDataError { message, .. } => Problem::new("engine.answer", what)
            .why(format!("the answer of {endpoint} is not as expected: {}", sanitise(message.as_bytes())))
            .hint("is this a Docker Engine?"),
        other => Problem::new("engine.answer", what).why(sanitise(other.to_string().as_bytes())),
    }
}

/// As [`problem`], for the creation of something by name.
pub(super) fn creation(endpoint: &Endpoint, what: String, error: &Error) -> Problem {
    let mut problem = problem(endpoint, what, error);
    if matches!(error, Error::DockerResponseServerError { status_code: CONFLICT, .. }) {
        problem.code = code::ENGINE_CONFLICT;
    }
    problem
}

/// Whether the engine says that there is no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
}

/// Whether the engine says that it is gone, or on its way out.
pub(super) fn is_going(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404 | 409, .. })
}

/// A deadline of ours passed.
pub(super) fn late(endpoint: &Endpoint, what: impl Into<String>, limit: Duration) -> Problem {
    Problem::new(code::ENGINE_TIMEOUT, what)
        .why(format!("the engine at {endpoint} did not answer within {} s", limit.as_secs()))
        .hint("it may still have done it; look again before you repeat it")
}

/// No engine answers.
pub(super) fn unreachable(endpoint: &Endpoint, kind: Option<ErrorKind>, causes: String) -> Problem {
    let problem = Problem::new(code::ENGINE_UNREACHABLE, format!("no Docker engine answers at {endpoint}"));
    let socket = endpoint.0.strip_prefix("unix://");
    match (kind, socket) {
        (Some(ErrorKind::NotFound), Some(path)) => problem
            .why(format!("there is no socket {path}"))
            .hint("start the engine (`systemctl start docker`), or name another one with DOCKER_HOST or `target.docker`"),
        (Some(ErrorKind::PermissionDenied), Some(path)) => problem
            .why(format!("this user may not open {path}"))
            .hint("join the group that owns the socket (`usermod -aG docker $USER`, then log in anew), or use sudo"),
        (Some(ErrorKind::ConnectionRefused), Some(path)) => problem
            .why(format!("nobody listens on {path}"))
            .hint("start the engine (`systemctl start docker`)"),
        (_, Some(_)) => problem.why(causes).hint("is the engine running? `systemctl status docker` says so"),
        (_, None) => problem
            .why(causes)
            .hint("is the host reachable, does its engine listen there, and is that what you mean? `docker context ls`"),
    }
}

/// The kind of the operating system's error at the bottom of the chain.
fn kind(error: &Error) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            found = Some(io.kind());
        }
        cause = error.source();
    }
    if let Error::IOError { err } = error {
        found = found.or(Some(err.kind()));
    }
    found
}

/// The causes in words, nearest first, each once.
fn causes(error: &Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut cause = error.source();
    if cause.is_none() {
        words.push(sanitise(error.to_string().as_bytes()));
    }
    while let Some(error) = cause {
        let word = sanitise(error.to_string().as_bytes());
        if !words.iter().any(|known| known.contains(&word)) {
            words.push(word);
        }
        cause = error.source();
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> Endpoint {
        Endpoint("unix:///var/run/docker.sock".into())
    }

    fn server(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.into() }
    }

    #[test]
    fn answers_are_told_apart() {
        let what = "cannot start elastalert-ci-1";
        assert_eq!(problem(&socket(), what, &server(404, "No such container")).code, code::ENGINE_MISSING);
        assert_eq!(problem(&socket(), what, &server(409, "is not running")).code, code::ENGINE_REFUSED);
        assert_eq!(problem(&socket(), what, &server(500, "driver failed")).code, code::ENGINE_REFUSED);
        assert_eq!(problem(&socket(), what, &Error::RequestTimeoutError).code, code::ENGINE_TIMEOUT);
        let taken =
            creation(&socket(), "cannot create x".into(), &server(409, "in use by container \"ab12\""));
        assert_eq!(taken.code, code::ENGINE_CONFLICT);
        assert!(taken.why[0].contains("ab12"));
    }

    #[test]
    fn what_an_engine_says_is_foreign_text() {
        let told = problem(&socket(), "cannot start x", &server(500, "\u{1b}[2Jgone\n"));
        assert_eq!(told.why, ["the engine answered 500: gone"]);
    }

    #[test]
    fn an_engine_that_is_down_says_where_and_what_to_try() {
        let missing = problem(&socket(), "x", &Error::SocketNotFoundError("/var/run/docker.sock".into()));
        assert_eq!(missing.code, code::ENGINE_UNREACHABLE);
        assert_eq!(
            missing.to_string(),
            "no Docker engine answers at unix:///var/run/docker.sock: there is no socket /var/run/docker.sock"
        );
        assert!(missing.hint.unwrap().contains("systemctl start docker"));
        let denied = std::io::Error::new(ErrorKind::PermissionDenied, "Permission denied");
        let denied = problem(&socket(), "x", &Error::IOError { err: denied });
        assert!(denied.to_string().contains("may not open"), "{denied}");
        let refused = Endpoint("tcp://10.0.0.1:2375".into());
        let refused = problem(
            &refused,
            "x",
            &Error::IOError { err: std::io::Error::new(ErrorKind::ConnectionRefused, "Connection refused") },
        );
        assert!(refused.to_string().contains("Connection refused"), "{refused}");
    }
}
