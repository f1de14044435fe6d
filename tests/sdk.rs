//! The official Python SDKs make the calls of `tests/sdk` against the simulator. What they sign is
//! what a real gateway accepts and what they read is what it answers, so this proves the simulator,
//! on which all other tests stand. The operator has no part in it.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

#[path = "sdk/environment.rs"]
mod environment;
mod support;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use support::{
    controlplane::needs::leave_out,
    failure::{Failure, Outcome, While},
    process::built,
};

const TEST: &str = "the_official_sdks_understand_the_simulator";

#[test]
fn the_official_sdks_understand_the_simulator() -> Outcome<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let target = built("cloudsim");
    let target = target
        .ancestors()
        .nth(2)
        .expect("target/<profile>/cloudsim");
    let python = match environment::ready(&folder.join("requirements.txt"), &target.join("sdk")) {
        Ok(python) => python,
        Err(why) => return leave_out(TEST, &why.to_string()),
    };
    let simulator = Simulator::start()?;
    let run = Command::new(python)
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(&folder)
        // Nothing is inherited: no proxy, no credentials and no options of the person who runs it.
        .env_clear()
        .env("CLOUDSIM_URL", &simulator.url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .while_doing("run the tests of the SDKs")?;
    let said = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() || said.contains("Ran 0 tests") {
        let printed = String::from_utf8_lossy(&run.stdout);
        return Err(Failure::new(format!("{}\n{printed}{said}", run.status)));
    }
    Ok(())
}

/// The simulator as a program. It ends when its standard input does, so with this process at the
/// latest.
struct Simulator {
    child: Child,
    url: String,
}

impl Simulator {
    fn start() -> Outcome<Self> {
        let mut child = Command::new(built("cloudsim"))
            .args(["--quiet", "--exit-with-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .while_doing("start the simulator")?;
        let stdout = child.stdout.take().expect("its stdout");
        let mut url = String::new();
        let read = BufReader::new(stdout).read_line(&mut url);
        let started = Self {
            child,
            url: url.trim_end().to_owned(),
        };
        read.while_doing("read the address of the simulator")?;
        Ok(started)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
