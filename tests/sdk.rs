//! The official Python SDKs make the calls of `tests/sdk` against the simulator. What they sign is
//! what a real gateway accepts and what they read is what it answers, so this proves the simulator,
//! on which all other tests stand. The operator has no part in it.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

#[path = "sdk/environment.rs"]
mod environment;
mod support;

use std::{path::Path, process::Stdio};

use cloudsim::{Config, Simulator};
use support::{
    controlplane::needs::leave_out,
    failure::{Failure, Outcome, While},
};
use tokio::process::Command;

const TEST: &str = "the_official_sdks_understand_the_simulator";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdks_understand_the_simulator() -> Outcome<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let here = std::env::current_exe().while_doing("find this test")?;
    let target = here
        .ancestors()
        .nth(3)
        .expect("target/<profile>/deps/<test>");
    let python = match environment::ready(&folder.join("requirements.txt"), &target.join("sdk")) {
        Ok(python) => python,
        Err(why) => return leave_out(TEST, &why.to_string()),
    };
    let simulator = Simulator::start(Config::default())
        .await
        .while_doing("start the simulator")?;
    let run = Command::new(python)
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(&folder)
        // Nothing is inherited: no proxy, no credentials and no options of the person who runs it.
        .env_clear()
        .env("CLOUDSIM_URL", simulator.base_url())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .while_doing("run the tests of the SDKs")?;
    let said = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() || said.contains("Ran 0 tests") {
        let printed = String::from_utf8_lossy(&run.stdout);
        return Err(Failure::new(format!("{}\n{printed}{said}", run.status)));
    }
    Ok(())
}
