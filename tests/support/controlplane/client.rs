//! A kube client from a kubeconfig, set the way all tests want it.

use std::path::Path;

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use crate::support::{
    failure::{Outcome, While},
    tls,
};

/// A client that sends each request once: a hidden second one would falsify every count.
pub async fn from_file(kubeconfig: &Path) -> Outcome<Client> {
    tls::install();
    let doing = format!("use {}", kubeconfig.display());
    let file = Kubeconfig::read_from(kubeconfig).while_doing(&doing)?;
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(file, &options)
        .await
        .while_doing(&doing)?;
    config.default_retry = false;
    Client::try_from(config).while_doing(&doing)
}

/// The HTTP status that the API server answered with; 0 when it did not answer.
pub fn code(error: &kube::Error) -> u16 {
    if let kube::Error::Api(status) = error {
        status.code
    } else {
        0
    }
}
