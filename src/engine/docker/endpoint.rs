//! Which engine is meant when the workspace names none: `DOCKER_HOST`, then `DOCKER_CONTEXT`, then the current context
//! of the docker command's own settings, then the default socket. Same order as the docker command, so that both
//! talk to the same engine.

use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::environment::Endpoint;
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;

/// Where an engine listens unless somebody says otherwise.
#[cfg(not(windows))]
pub const DEFAULT_SOCKET: &str = "unix:///var/run/docker.sock";
/// Where an engine listens unless somebody says otherwise.
#[cfg(windows)]
pub const DEFAULT_SOCKET: &str = "npipe:////./pipe/docker_engine";

/// What the environment of the process says about engines. The shell reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerSettings {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` asks for TLS.
    pub tls: bool,
    /// The docker command's own folder: `DOCKER_CONFIG`, or `~/.docker`.
    pub folder: Option<PathBuf>,
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct ContextFile {
    #[serde(rename = "Endpoints", default)]
    endpoints: ContextEndpoints,
}

#[derive(Default, Deserialize)]
struct ContextEndpoints {
    docker: Option<ContextEndpoint>,
}

#[derive(Deserialize)]
struct ContextEndpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

/// The engine that the environment of the process means. `read` gives the content of a file below
/// [`DockerSettings::folder`], `None` when there is none.
pub fn resolve(
    settings: &DockerSettings,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Problem>,
) -> Result<Endpoint, Problem> {
    let given = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    if let Some(host) = given(&settings.host) {
        return Ok(Endpoint(sanitise(host.as_bytes())));
    }
    let (context, by) = match given(&settings.context) {
        Some(context) => (context, "DOCKER_CONTEXT"),
        None => match current(&read)? {
            Some(context) => (context, "config.json"),
            None => return Ok(Endpoint(DEFAULT_SOCKET.into())),
        },
    };
    if context == "default" {
        return Ok(Endpoint(DEFAULT_SOCKET.into()));
    }
    let shown = sanitise(context.as_bytes());
    let missing = |why: String| {
        Problem::new("engine.context", format!("the Docker context `{shown}` cannot be used"))
            .why(why)
            .why(format!("{by} names it"))
            .hint("`docker context ls` shows the contexts there are; DOCKER_HOST goes before them")
    };
    let path = format!("contexts/meta/{}/meta.json", hexadecimal(&Sha256::digest(context.as_bytes())));
    let bytes = read(&path)?.ok_or_else(|| missing("there is no such context".into()))?;
    let file: ContextFile = serde_json::from_slice(&bytes)
        .map_err(|error| missing(format!("{path}: {}", sanitise(error.to_string().as_bytes()))))?;
    file.endpoints
        .docker
        .and_then(|endpoint| endpoint.host)
        .map(|host| Endpoint(sanitise(host.as_bytes())))
        .ok_or_else(|| missing("it names no Docker endpoint".into()))
}

fn current(read: impl Fn(&str) -> Result<Option<Vec<u8>>, Problem>) -> Result<Option<String>, Problem> {
    let Some(bytes) = read("config.json")? else { return Ok(None) };
    let file: ConfigFile = serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new("engine.context", "the docker command's config.json cannot be read")
            .why(sanitise(error.to_string().as_bytes()))
            .hint("repair it, or set DOCKER_HOST")
    })?;
    Ok(file.current_context.filter(|name| !name.is_empty()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

/// How an endpoint is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// A socket or pipe of this machine.
    Local(String),
    /// HTTP without encryption.
    Http(String),
}

/// Decides how an endpoint is reached, and refuses what would be something else than was asked for.
pub(super) fn transport(endpoint: &Endpoint, tls: bool) -> Result<Transport, Problem> {
    let refused = |why: &str, hint: String| {
        Err(Problem::new("engine.endpoint", format!("alertdeck cannot talk to {endpoint}"))
            .why(why)
            .hint(hint))
    };
    let url = endpoint.0.as_str();
    if url.starts_with("unix://") || url.starts_with("npipe://") {
        return Ok(Transport::Local(url.into()));
    }
    if let Some(host) = url.strip_prefix("ssh://") {
        return refused(
            "engines behind SSH are not supported yet",
            format!(
                "forward the socket: `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock {host}`, then use \
                 unix:///tmp/engine.sock"
            ),
        );
    }
    if url.starts_with("https://") || (tls && (url.starts_with("tcp://") || url.starts_with("http://"))) {
        return refused(
            "engines behind TLS are not supported yet, and it will not be tried without",
            "forward the engine's socket with `ssh -L`, and unset DOCKER_TLS_VERIFY".into(),
        );
    }
    if url.starts_with("tcp://") || url.starts_with("http://") {
        return Ok(Transport::Http(url.into()));
    }
    refused("an endpoint begins with unix:// or tcp://", format!("the default is {DEFAULT_SOCKET}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docker context create far --docker host=tcp://far:2375` writes.
    const META: &str = r#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://far:2375","SkipTLSVerify":false}}}"#;
    /// The folder is the SHA-256 of the name.
    const META_PATH: &str =
        "contexts/meta/512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868/meta.json";

    fn disk(config: Option<&'static str>) -> impl Fn(&str) -> Result<Option<Vec<u8>>, Problem> {
        move |path| {
            Ok(match path {
                "config.json" => config.map(|text| text.as_bytes().to_vec()),
                META_PATH => Some(META.as_bytes().to_vec()),
                _ => None,
            })
        }
    }

    #[test]
    fn the_host_goes_before_the_context_and_that_before_the_settings() {
        let config = Some(r#"{"auths":{},"currentContext":"far"}"#);
        let mut settings = DockerSettings::default();
        assert_eq!(resolve(&settings, disk(None)).unwrap().0, DEFAULT_SOCKET);
        assert_eq!(resolve(&settings, disk(Some("{}"))).unwrap().0, DEFAULT_SOCKET);
        assert_eq!(resolve(&settings, disk(config)).unwrap().0, "tcp://far:2375");
        settings.context = Some("default".into());
        assert_eq!(resolve(&settings, disk(config)).unwrap().0, DEFAULT_SOCKET);
        settings.context = Some("far".into());
        assert_eq!(resolve(&settings, disk(None)).unwrap().0, "tcp://far:2375");
        settings.host = Some(String::new());
        assert_eq!(resolve(&settings, disk(None)).unwrap().0, "tcp://far:2375", "empty is unset");
        settings.host = Some("unix:///run/other.sock".into());
        assert_eq!(resolve(&settings, disk(config)).unwrap().0, "unix:///run/other.sock");
    }

    #[test]
    fn a_context_that_is_gone_is_a_problem_and_not_the_default_engine() {
        let settings = DockerSettings { context: Some("gone".into()), ..DockerSettings::default() };
        let problem = resolve(&settings, disk(None)).unwrap_err();
        assert_eq!(problem.code, "engine.context");
        assert!(problem.to_string().contains("DOCKER_CONTEXT"), "{problem}");
        let problem = resolve(&DockerSettings::default(), disk(Some("{"))).unwrap_err();
        assert_eq!(problem.code, "engine.context");
    }

    #[test]
    fn what_cannot_be_reached_as_asked_is_refused() {
        let endpoint = |url: &str| Endpoint(url.into());
        assert!(matches!(transport(&endpoint("unix:///x"), true), Ok(Transport::Local(_))));
        assert!(matches!(transport(&endpoint("tcp://h:2375"), false), Ok(Transport::Http(_))));
        for (url, tls) in
            [("tcp://h:2376", true), ("https://h", false), ("ssh://h", false), ("/var/run/x", false)]
        {
            assert_eq!(transport(&endpoint(url), tls).unwrap_err().code, "engine.endpoint", "{url}");
        }
    }
}
