//! The program in its own root.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
};

use restart_operator::api::crds;
use serde_json::json;

use super::{
    built::Image,
    jail,
    support::{
        controlplane::{process::Group, users::User},
        failure::Outcome,
        wait,
        world::World,
    },
};

/// The image's program, unpacked and ready to be started.
struct Unpacked {
    image: Image,
    root: PathBuf,
    folder: tempfile::TempDir,
}

fn unpacked(test: &str) -> Outcome<Option<Unpacked>> {
    let Some(image) = Image::find(test)? else {
        return Ok(None);
    };
    if jail::is_missing(test)? {
        return Ok(None);
    }
    let folder = tempfile::tempdir().unwrap();
    let root = image.unpack(folder.path());
    Ok(Some(Unpacked {
        image,
        root,
        folder,
    }))
}

#[test]
fn it_runs_on_nothing() -> Outcome<()> {
    let Some(Unpacked {
        image,
        root,
        folder: _folder,
    }) = unpacked("it_runs_on_nothing")?
    else {
        return Ok(());
    };
    let run = |arguments: &[&str]| {
        let output = jail::run(&root, &image.environment(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["/restart-operator", "--help"]).contains("at most once per request"));
    let version = format!("restart-operator {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["/restart-operator", "--version"]), version);
    // Of this code, not of an image that was built before a change.
    let printed = run(&["/restart-operator", "crds"]);
    assert!(
        printed == crds::to_yaml().unwrap(),
        "the image is old: make image"
    );
    // There is nothing else to run.
    assert!(
        !jail::run(&root, &[], &["/bin/sh", "-c", "true"])
            .status
            .success()
    );
    Ok(())
}

#[test]
fn without_certificates_it_says_so() -> Outcome<()> {
    let Some(Unpacked {
        image: _image,
        root,
        folder: _folder,
    }) = unpacked("without_certificates_it_says_so")?
    else {
        return Ok(());
    };
    fs::remove_file(root.join("etc/ssl/certs/ca-certificates.crt")).unwrap();
    let ended = jail::run(
        &root,
        &[],
        &["/restart-operator", "run", "--bind", "127.0.0.1:0"],
    );
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the cloud's HTTP client cannot be built"),
        "{said}"
    );
    assert!(said.contains("No CA certificates were loaded"), "{said}");
    Ok(())
}

/// It ends with the test, as its group does.
struct Running {
    child: Child,
    log: PathBuf,
    _group: Group,
}

impl Running {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// A file of `/proc` about it.
    fn proc(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }

    /// The value of a line of its status.
    fn status(&self, field: &str) -> String {
        let status = self.proc("status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{field}:")));
        line.expect(field).trim().to_owned()
    }
}

/// Of a test that fails, its log is shown.
impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// Starts it for one world. A name that only `/etc/hosts` of the root knows leads to the API server, so
/// names are looked up in the root too.
fn start(unpacked: &Unpacked, world: &World) -> Running {
    let root = &unpacked.root;
    let kubeconfig = fs::read_to_string(world.plane.kubeconfig(User::Operator)).unwrap();
    let by_name = kubeconfig.replace("https://127.0.0.1:", "https://api-server.test:");
    let named = by_name.replace(
        "    server: ",
        "    tls-server-name: 127.0.0.1\n    server: ",
    );
    assert_ne!(named, by_name);
    fs::create_dir_all(root.join("run/kube")).unwrap();
    fs::write(root.join("run/kube/config"), named).unwrap();
    fs::write(root.join("etc/hosts"), "127.0.0.1 api-server.test\n").unwrap();
    let mut environment = unpacked.image.environment();
    environment.push(("KUBECONFIG".to_owned(), "/run/kube/config".to_owned()));
    let namespace = &*world.namespace;
    let arguments = [
        "/restart-operator",
        "run",
        "--watch-namespace",
        namespace,
        "--operator-namespace",
        namespace,
        "--bind",
        "127.0.0.1:0",
        "--log-format",
        "text",
        "--development-endpoints",
    ];
    let mut command = jail::command(root, &environment, &arguments);
    let log = unpacked.folder.path().join("log");
    let file = fs::File::create(&log).unwrap();
    command.stderr(file.try_clone().unwrap()).stdout(file);
    let group = Group::new().unwrap();
    group.include(&mut command);
    Running {
        child: command.spawn().unwrap(),
        log,
        _group: group,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_restarts_from_its_own_read_only_root() -> Outcome<()> {
    let Some(unpacked) = unpacked("it_restarts_from_its_own_read_only_root")? else {
        return Ok(());
    };
    let world = World::new("image").await;
    let running = start(&unpacked, &world);
    world.ask("first", json!({})).await;
    let done = async || {
        let object = world.get("first").await;
        let phase = object.status.map(|status| status.phase.as_str());
        phase == Some("Succeeded")
    };
    wait::until("the restart succeeded", done).await;
    assert_eq!(world.ledger().restarts_of("app-1").len(), 1);

    let map: Vec<String> = running
        .proc("uid_map")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!((map[0].as_str(), map[2].as_str()), ("65532", "1"));
    for set in ["CapPrm", "CapEff", "CapInh", "CapAmb"] {
        assert_eq!(running.status(set), "0000000000000000", "{set}");
    }
    // Seen through its own mounts, where even root cannot write.
    let inside = Path::new("/proc")
        .join(running.child.id().to_string())
        .join("root");
    assert!(inside.join("restart-operator").exists());
    let refused = fs::write(inside.join("written"), "").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    Ok(())
}
