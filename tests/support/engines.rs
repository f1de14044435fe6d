//! What Argo CD, Flux and Helm judge objects with: kstatus, Argo CD's Lua, Flux's CEL. They are Go, so
//! they live in a program of their own (`tests/gitops`), which is found, built and asked here.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use serde::Deserialize;
use serde_json::Value;

/// Laid out like Argo CD's own folder of customizations.
pub const ARGOCD: &str = "deploy/argocd";
/// Flux's expressions in place of kstatus.
pub const OVERRIDE: &str = "deploy/flux/cancelled-is-done.yaml";

/// What each tool makes of one object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Verdict {
    /// The word of kstatus, by which Flux and Helm go.
    pub kstatus: String,
    /// What the health script says; a kind without one has no health.
    pub argo: Option<Health>,
    /// The actions that Argo CD offers, and whether each is disabled.
    pub actions: Option<BTreeMap<String, bool>>,
    /// What Flux says with the optional expressions.
    #[serde(rename = "override")]
    pub overridden: String,
}

/// What Argo CD shows of an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// One of Argo CD's words.
    pub status: String,
    /// The line below it.
    pub message: String,
}

impl Verdict {
    /// Argo CD's word.
    pub fn argo(&self) -> &str {
        self.argo.as_ref().map_or("", |health| &health.status)
    }
}

/// Asks the engines about objects; the verdicts come in the same order.
pub fn judge(objects: &[Value]) -> Vec<Verdict> {
    let arguments = ["judge", "--argocd", ARGOCD, "--flux", OVERRIDE];
    let said = ask(&arguments, &serde_json::to_string(objects).unwrap());
    let verdicts: Vec<Verdict> = serde_json::from_str(&said).unwrap();
    assert_eq!(verdicts.len(), objects.len());
    verdicts
}

/// Runs the program, which has to be content, and gives what it printed.
pub fn ask(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Runs the program in the root of the repository.
pub fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program())
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the engines start");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    // Written by a thread, since the program may print before it has read all.
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the engines end");
    writer.join().unwrap().expect("the engines read");
    output
}

/// Built before, or now.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gitops/build.sh");
        let build = Command::new(script)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("the build starts");
        assert!(
            build.status.success(),
            "the engines were not built (see above)"
        );
        let printed = String::from_utf8(build.stdout).unwrap();
        PathBuf::from(printed.lines().last().expect("a path"))
    })
}
