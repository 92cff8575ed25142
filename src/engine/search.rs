//! The one place that speaks HTTP: to the search engine in which `ElastAlert` keeps its books. It asks within bounds of
//! time and size, and no credential of a URL ever stands in an error.

#![expect(clippy::disallowed_types, reason = "this is where HTTP is spoken")]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::Agent;
use ureq::config::Config;
use ureq::tls::{RootCerts, TlsConfig};

use crate::domain::problem::{Problem, code};
use crate::domain::text::sanitise;
use crate::engine::Search;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to find the other side.
const CONNECT: Duration = Duration::from_secs(5);
/// How large an answer may be.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A search engine behind HTTP.
#[derive(Clone, Debug)]
pub struct RealSearch {
    agent: Arc<Agent>,
    direct: Arc<Agent>,
}

impl Default for RealSearch {
    fn default() -> Self {
        let config = || {
            Config::builder()
                .timeout_global(Some(PATIENCE))
                .timeout_connect(Some(CONNECT))
                .http_status_as_error(false)
                // Whoever redirects a question with credentials in it is not the one who was meant.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
                .user_agent(concat!("alertdeck/", env!("CARGO_PKG_VERSION")))
        };
        Self {
            agent: Arc::new(config().build().new_agent()),
            direct: Arc::new(config().proxy(None).build().new_agent()),
        }
    }
}

impl Search for RealSearch {
    async fn ask(&self, url: &str, path: &str, body: Option<Value>) -> Result<Value, Problem> {
        let target = Target::read(url, path)?;
        let shown = target.shown.clone();
        let agent = Arc::clone(if target.local { &self.direct } else { &self.agent });
        // The library blocks; its own deadline is what ends it.
        tokio::task::spawn_blocking(move || ask(&agent, &target, body)).await.map_err(|error| {
            Problem::new(code::SEARCH_UNREACHABLE, format!("the question to {shown} was not asked"))
                .why(sanitise(error.to_string().as_bytes()))
        })?
    }
}

/// Where a question goes.
#[derive(Clone, PartialEq, Eq)]
struct Target {
    /// The address without credentials.
    url: String,
    /// The same without the path, for people.
    shown: String,
    /// The header that carries the credentials.
    authorization: Option<String>,
    /// Whether it is this machine, which no proxy reaches.
    local: bool,
}

impl Target {
    fn read(url: &str, path: &str) -> Result<Self, Problem> {
        let refused = |why: &str| {
            Problem::new("search.url", "the search engine's address cannot be used")
                .why(why)
                .hint("it has the form https://host:9200; set `search.url` of the environment")
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refused("it has no scheme"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(refused("it begins neither with http:// nor with https://"));
        }
        let (authority, prefix) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, authority),
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(refused("it names no host"));
        }
        let authorization = credentials.map(|credentials| {
            let plain = percent_encoding::percent_decode_str(credentials).collect::<Vec<u8>>();
            format!("Basic {}", STANDARD.encode(plain))
        });
        let name = host.strip_prefix('[').map_or_else(
            || host.split(':').next().unwrap_or(host),
            |host| host.split(']').next().unwrap_or(host),
        );
        let local = name == "localhost"
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let prefix = prefix.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        Ok(Self {
            url: format!("{scheme}://{host}{prefix}/{}", path.trim_start_matches('/')),
            shown: sanitise(format!("{scheme}://{host}{prefix}").as_bytes()),
            authorization,
            local,
        })
    }
}

fn ask(agent: &Agent, target: &Target, body: Option<Value>) -> Result<Value, Problem> {
    let authorization = target.authorization.as_deref();
    let answer = if let Some(body) = body {
        let request = agent.post(&target.url);
        match authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        }
        .send_json(body)
    } else {
        let request = agent.get(&target.url);
        match authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        }
        .call()
    };
    let mut response = answer.map_err(|error| unreachable(&target.shown, &error))?;
    let status = response.status();
    let text = response
        .body_mut()
        .with_config()
        .limit(LARGEST)
        .read_to_vec()
        .map_err(|error| unreachable(&target.shown, &error))?;
    if !status.is_success() {
        return Err(refusal(&target.shown, status.as_u16(), &text));
    }
    serde_json::from_slice(&text).map_err(|error| {
        Problem::new("search.answer", format!("{} does not answer as a search engine", target.shown))
            .why(sanitise(error.to_string().as_bytes()))
            .hint("is that the address of Elasticsearch or OpenSearch?")
    })
}

fn unreachable(shown: &str, error: &ureq::Error) -> Problem {
    let why = match error {
        ureq::Error::Timeout(_) => format!("it did not answer within {} s", PATIENCE.as_secs()),
        ureq::Error::HostNotFound => "there is no such host".into(),
        ureq::Error::BadUri(_) => "the address is not valid".into(),
        ureq::Error::Io(error) => sanitise(error.to_string().as_bytes()),
        other => sanitise(other.to_string().as_bytes()),
    };
    Problem::new(code::SEARCH_UNREACHABLE, format!("no search engine answers at {shown}"))
        .why(why)
        .hint("`search.url` of the environment says where this machine reaches it")
}

fn refusal(shown: &str, status: u16, text: &[u8]) -> Problem {
    let reason = serde_json::from_slice::<Value>(text).ok().and_then(|answer| {
        let reason = answer.pointer("/error/reason").or_else(|| answer.pointer("/error/type"));
        reason.or_else(|| answer.get("error")).and_then(Value::as_str).map(|text| sanitise(text.as_bytes()))
    });
    let problem =
        Problem::new("search.refused", format!("the search engine at {shown} refused the question")).why(
            format!("it answered {status}{}", reason.map(|reason| format!(": {reason}")).unwrap_or_default()),
        );
    if matches!(status, 401 | 403) {
        problem.hint("it wants credentials: https://user:password@host:9200, the password percent-encoded")
    } else {
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_into_a_header_and_nowhere_else() {
        let target = Target::read("https://elastic:p%40ss@es.internal:9200/prefix/", "_search").unwrap();
        assert_eq!(target.url, "https://es.internal:9200/prefix/_search");
        assert_eq!(target.shown, "https://es.internal:9200/prefix");
        assert_eq!(target.authorization.unwrap(), format!("Basic {}", STANDARD.encode("elastic:p@ss")));
        let target = Target::read("http://localhost:9200", "/").unwrap();
        assert_eq!(
            (target.url.as_str(), target.authorization, target.local),
            ("http://localhost:9200/", None, true)
        );
        assert!(Target::read("http://[::1]:9200", "").unwrap().local);
        assert!(!Target::read("http://es:9200", "").unwrap().local);
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_repeating_it() {
        for url in ["", "es:9200", "ftp://user:canary@h", "http://", "http://user:canary@", "http://a b"] {
            let Err(problem) = Target::read(url, "") else { panic!("{url}") };
            assert_eq!(problem.code, "search.url");
            assert!(!problem.to_string().contains("canary"), "{problem}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let text =
            br#"{"error":{"type":"security_exception","reason":"missing \u001b[31mtoken"},"status":401}"#;
        let problem = refusal("http://h", 401, text);
        assert_eq!(problem.why, ["it answered 401: missing token"]);
        assert!(problem.hint.is_some());
        assert_eq!(refusal("http://h", 502, b"<html>").why, ["it answered 502"]);
    }
}
