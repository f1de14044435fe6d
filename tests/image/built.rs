//! The image: found, read and unpacked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::support::{
    controlplane::{assets::process_environment, needs::leave_out},
    failure::Outcome,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An OCI layout with one image in it.
pub struct Image {
    layout: PathBuf,
    /// The settings, as a runtime reads them.
    pub config: Value,
    /// Its layers, gzipped tar files.
    pub layers: Vec<PathBuf>,
}

impl Image {
    /// The image in the target folder; without one `test` is left out.
    pub fn find(test: &str) -> Outcome<Option<Self>> {
        let target = process_environment("CARGO_TARGET_DIR");
        let target = target.map_or_else(|| Path::new(ROOT).join("target"), PathBuf::from);
        let layout = target.join("image/oci");
        if !layout.join("index.json").exists() {
            leave_out(test, "there is no image; make image builds it")?;
            return Ok(None);
        }
        let index: Value =
            serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        let [manifest] = &index["manifests"].as_array().unwrap()[..] else {
            panic!("not one image: {index}");
        };
        let manifest = json(&blob(&layout, manifest));
        let layers = manifest["layers"].as_array().unwrap();
        Ok(Some(Self {
            config: json(&blob(&layout, &manifest["config"])),
            layers: layers.iter().map(|layer| blob(&layout, layer)).collect(),
            layout,
        }))
    }

    /// Its root, as a runtime would unpack it.
    pub fn unpack(&self, into: &Path) -> PathBuf {
        let mut build = Command::new(Path::new(ROOT).join(".ci/go-tools/build.sh"));
        let umoci = printed(build.arg("umoci"));
        let bundle = into.join("bundle");
        let image = format!("{}:{}", self.layout.display(), env!("CARGO_PKG_VERSION"));
        let mut unpack = Command::new(umoci.trim_end());
        unpack
            .args(["unpack", "--rootless", "--image", &image])
            .arg(&bundle);
        printed(&mut unpack);
        bundle.join("rootfs")
    }

    /// Variables that the image sets.
    pub fn environment(&self) -> Vec<(String, String)> {
        let list = self.config["config"]["Env"].as_array().expect("Env");
        let pair = |entry: &Value| {
            let (name, value) = entry.as_str().unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        list.iter().map(pair).collect()
    }
}

/// A blob, which is named by its own hash.
fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().unwrap();
    let path = layout.join("blobs").join(digest.replace(':', "/"));
    let bytes = fs::read(&path).expect("a blob");
    let hash = restart_operator::cloud::hex::lower(&Sha256::digest(&bytes));
    assert_eq!(digest, format!("sha256:{hash}"));
    assert_eq!(descriptor["size"], bytes.len());
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Runs a command and gives what it printed; it may not fail.
pub fn printed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}
