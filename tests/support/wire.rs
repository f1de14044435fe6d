//! A door between operators and the simulated cloud that knows only bytes: one connection can be
//! stopped before the cloud gets a byte of it, or after half of a request. What the cloud never got of
//! it is lost with the process that sent it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::oneshot::{Receiver, Sender, channel},
    task::{JoinHandle, JoinSet},
};

/// Longest wait for a fact. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than the head of a request.
const CHUNK: usize = 16 << 10;

/// How much of a connection the cloud gets before it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Not a byte: the connection is open, and that is all.
    Nothing,
    /// Half of what was written first.
    Half,
}

/// See the module.
pub struct Wire {
    address: SocketAddr,
    cloud: Arc<Mutex<String>>,
    stop: Arc<Mutex<Option<Stop>>>,
    server: JoinHandle<()>,
}

struct Stop {
    part: Part,
    reached: Sender<()>,
    release: Receiver<()>,
}

/// The connection that is, or will be, stopped. Dropped without a release, it is stopped until its
/// sender is gone.
pub struct Stopped {
    reached: Receiver<()>,
    release: Sender<()>,
}

impl Wire {
    /// To the cloud at this host and port.
    pub async fn to(cloud: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = Arc::<Mutex<Option<Stop>>>::default();
        let next = stop.clone();
        let cloud = Arc::new(Mutex::new(cloud));
        let leads_to = cloud.clone();
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let stop = next.lock().expect("a stop").take();
                let cloud = leads_to.lock().expect("a host").clone();
                connections.spawn(carry(client, cloud, stop));
            }
        });
        Self {
            address,
            cloud,
            stop,
            server,
        }
    }

    /// Where operators find the cloud.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections come to another host.
    pub fn lead_to(&self, cloud: String) {
        *self.cloud.lock().expect("a host") = cloud;
    }

    /// Stops the next connection that is opened.
    pub fn stop_next(&self, part: Part) -> Stopped {
        let (reached, wait_reached) = channel();
        let (release, wait_release) = channel();
        *self.stop.lock().expect("a stop") = Some(Stop {
            part,
            reached,
            release: wait_release,
        });
        Stopped {
            reached: wait_reached,
            release,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stopped {
    /// Waits until the connection stands at its point.
    pub async fn reached(&mut self) {
        let reached = tokio::time::timeout(PATIENCE, &mut self.reached).await;
        reached.expect("no connection came").expect("a door");
    }

    /// Lets it go on.
    pub fn release(self) {
        self.release.send(()).expect("a stopped connection");
    }
}

async fn carry(mut client: TcpStream, cloud: String, stop: Option<Stop>) {
    let Ok(mut cloud) = TcpStream::connect(cloud).await else {
        return;
    };
    let carried = match stop {
        None => Ok(true),
        Some(stop) => stopped(stop, &mut client, &mut cloud).await,
    };
    if matches!(carried, Ok(true)) {
        // Either side may go whenever it likes.
        let _ = copy_bidirectional(&mut client, &mut cloud).await;
    }
}

/// True: it was released. False: its sender has gone, and the cloud never gets the rest.
async fn stopped(
    stop: Stop,
    client: &mut TcpStream,
    cloud: &mut TcpStream,
) -> std::io::Result<bool> {
    let Stop {
        part,
        reached,
        mut release,
    } = stop;
    let mut held = Vec::with_capacity(CHUNK);
    if part == Part::Half {
        client.read_buf(&mut held).await?;
        let rest = held.split_off(held.len() / 2);
        cloud.write_all(&held).await?;
        held = rest;
    }
    let _ = reached.send(());
    loop {
        tokio::select! {
            released = &mut release => {
                if released.is_err() {
                    std::future::pending::<()>().await;
                }
                cloud.write_all(&held).await?;
                return Ok(true);
            }
            read = client.read_buf(&mut held) => if read? == 0 {
                return Ok(false);
            },
        }
    }
}
