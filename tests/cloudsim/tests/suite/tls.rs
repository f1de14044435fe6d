//! HTTPS: the certificate of a run is trusted through the authority it hands out, and only so.

use std::sync::Arc;

use cloudsim::{Application, Config, Simulator, Tls};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Draft, RESTART, exchange};

async fn connect(sim: &Simulator, ca_pem: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(sim.host()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn start(tls: Tls) -> Simulator {
    let sim = Simulator::start(Config {
        tls: Some(tls),
        ..Config::default()
    })
    .await
    .unwrap();
    sim.put_application(Application::running("app-1"));
    sim
}

#[tokio::test]
async fn a_restart_is_executed_over_https() {
    let sim = start(Tls::default()).await;
    assert!(sim.base_url().starts_with("https://127.0.0.1:"));
    let stream = connect(&sim, sim.ca_pem().unwrap()).await.unwrap();
    let request = Draft::new(&sim, RESTART, &[("AppId", "app-1")])
        .sign()
        .bytes();
    assert_eq!(exchange(stream, &request).await.status, Some(200));
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn another_runs_authority_or_another_name_is_not_trusted() {
    let (sim, other) = (start(Tls::default()).await, start(Tls::default()).await);
    assert!(connect(&sim, other.ca_pem().unwrap()).await.is_err());
    let misnamed = start(Tls {
        names: vec!["sae.example".to_owned()],
    })
    .await;
    assert!(
        connect(&misnamed, misnamed.ca_pem().unwrap())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_stopped_simulator_refuses_connections() {
    let sim = Simulator::start(Config::default()).await.unwrap();
    let host = sim.host();
    assert!(TcpStream::connect(&host).await.is_ok());
    sim.stop().await;
    assert!(TcpStream::connect(&host).await.is_err());
}
