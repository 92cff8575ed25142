//! The one place that talks to a Docker Engine. It turns the port [`Docker`](crate::engine::Docker) into calls of the
//! client library, gives each call a deadline, and makes the engine's types and errors ours; nothing outside of this
//! folder names the library.

#![expect(clippy::disallowed_types, reason = "this is where the engine is spoken to")]

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bollard::Docker as Client;
use bollard::errors::Error;

use crate::domain::environment::Endpoint;
use crate::domain::problem::Problem;

pub use endpoint::{DEFAULT_SOCKET, DockerSettings, resolve};

mod convert;
mod endpoint;
mod exec;
mod failure;
mod port;
mod processes;
mod streams;

/// How long an ordinary call may take.
const QUICK: Duration = Duration::from_secs(10);
/// How long a call that moves many bytes may take.
const SLOW: Duration = Duration::from_secs(300);
/// How many containers are inspected at once.
const AT_ONCE: usize = 8;

/// A Docker Engine behind an endpoint. Making one asks it nothing; it may come up later.
#[derive(Clone)]
pub struct RealDocker {
    endpoint: Endpoint,
    transport: endpoint::Transport,
    client: Arc<OnceLock<Client>>,
}

impl std::fmt::Debug for RealDocker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealDocker").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl RealDocker {
    /// The engine at an endpoint. `tls` says that the environment of the process asks for TLS, which is refused
    /// rather than ignored.
    pub fn new(endpoint: Endpoint, tls: bool) -> Result<Self, Problem> {
        let transport = endpoint::transport(&endpoint, tls)?;
        Ok(Self { endpoint, transport, client: Arc::default() })
    }

    /// The client, made when it is first needed: the library refuses to make one for a socket that is not there.
    fn client(&self) -> Result<Client, Problem> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        // Our own deadlines are shorter; this one only keeps a forgotten call from living for ever.
        let limit = SLOW.as_secs() * 2;
        let made = match &self.transport {
            endpoint::Transport::Local(url) => {
                Client::connect_with_socket(url, limit, bollard::API_DEFAULT_VERSION)
            }
            endpoint::Transport::Http(url) => {
                Client::connect_with_http(url, limit, bollard::API_DEFAULT_VERSION)
            }
        };
        let client =
            made.map_err(|error| failure::problem(&self.endpoint, "cannot reach the engine", &error))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Waits for a call, but not for ever.
    async fn within<T>(
        &self,
        limit: Duration,
        what: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<Result<T, Error>, Problem> {
        tokio::time::timeout(limit, call).await.map_err(|_elapsed| failure::late(&self.endpoint, what, limit))
    }

    /// Waits for a call, and makes its error a problem.
    async fn call<T>(
        &self,
        limit: Duration,
        what: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Problem> {
        self.within(limit, what, call).await?.map_err(|error| failure::problem(&self.endpoint, what, &error))
    }
}
