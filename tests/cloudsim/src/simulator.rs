//! Starting and stopping a simulator.
//!
//! What can be done to one that runs is in `control`.

use std::io;
use std::ops::Deref;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::config::Config;
use crate::control::Control;
use crate::server::{Server, TlsFiles};
use crate::state::State;

/// A simulator that listens. It stops when it is dropped.
///
/// Everything a test does to it is a method of [`Control`], to which it dereferences.
#[derive(Debug)]
pub struct Simulator {
    server: Server,
    control: Control,
    base_url: String,
    ca_pem: Option<String>,
}

impl Simulator {
    /// Listens and serves on the current Tokio runtime until dropped.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.bind).await?;
        let tls = config.tls.as_ref().map(TlsFiles::make).transpose()?;
        let control = Control::new(Arc::new(State::new(config, listener.local_addr()?.port())));
        let server = Server::start(listener, tls.as_ref(), control.clone())?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let base_url = format!("{scheme}://{}", server.address);
        Ok(Self {
            server,
            control,
            base_url,
            ca_pem: tls.map(|tls| tls.ca_pem),
        })
    }

    /// Scheme, address and port, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Address and port, as a client writes them into the `host` header.
    pub fn host(&self) -> String {
        self.server.address.to_string()
    }

    /// Certificate of the authority that signed the server's, if it serves HTTPS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// A handle that other tasks may keep; it does not keep the simulator alive.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops and waits until the port is free, so that a connection is refused afterwards.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for Simulator {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}
