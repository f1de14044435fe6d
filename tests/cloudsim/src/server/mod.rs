//! Listening, TLS, and the way between HTTP messages and plain requests and answers.
//!
//! Nothing here knows a product, a fault or the ledger.

mod body;
mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use tls::TlsFiles;

use crate::control::Control;

/// Pause after a failed accept, which mostly means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A listener at work. Dropping it ends the listener and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    listener: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(
        listener: TcpListener,
        tls: Option<&TlsFiles>,
        control: Control,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let acceptor = tls.map(|tls| tls.acceptor.clone());
        let context = Arc::new(connection::Context {
            control,
            acceptor,
            stopped,
        });
        let listener = tokio::spawn(listen(listener, context));
        Ok(Self {
            address,
            stop,
            listener: Some(listener),
        })
    }

    /// Ends the listener and waits until its port is free.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(listener) = self.listener.take() {
            // An error means that the listener has ended already.
            let _ = listener.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn listen(listener: TcpListener, context: Arc<connection::Context>) {
    let mut stopped = context.stopped.clone();
    loop {
        tokio::select! {
            () = connection::stop(&mut stopped) => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection::serve(stream, Arc::clone(&context)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
}
