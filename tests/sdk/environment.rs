//! A virtual environment of Python with the packages of a list, made once for each list and Python.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sha2::{Digest, Sha256};

use crate::support::failure::{Failure, Outcome, While};

/// Written last, so an environment without it is half made.
const COMPLETE: &str = "complete";

/// The Python of an environment below `place` that has everything in `requirements`. A failure says
/// what this machine lacks.
pub(crate) fn ready(requirements: &Path, place: &Path) -> Outcome<PathBuf> {
    let list = fs::read(requirements).while_doing("read the list of packages")?;
    let version = version_of_python()?;
    let name = Sha256::new().chain_update(list).chain_update(version);
    let name: String = name.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let home = place.join(name);
    let python = home.join("bin/python");
    fs::create_dir_all(place).while_doing("make the folder of the environments")?;
    // Two runs in the same target folder make it one after the other.
    let turn = File::create(place.join("lock")).while_doing("open a lock file")?;
    turn.lock().while_doing("wait for the lock")?;
    if home.join(COMPLETE).exists() && runs(&python) {
        return Ok(python);
    }
    if home.exists() {
        fs::remove_dir_all(&home).while_doing("remove a half made environment")?;
    }
    make(&home)?;
    install(&python, requirements)?;
    fs::write(home.join(COMPLETE), "").while_doing("mark the environment")?;
    Ok(python)
}

/// It no longer does when the Python that it was made from is gone.
fn runs(python: &Path) -> bool {
    let ran = Command::new(python).arg("--version").output();
    ran.is_ok_and(|ran| ran.status.success())
}

/// Version and place, for an environment belongs to one Python.
fn version_of_python() -> Outcome<Vec<u8>> {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.version, sys.base_prefix)"])
        .output();
    match asked {
        Ok(said) if said.status.success() => Ok(said.stdout),
        Ok(said) => Err(failed("python3 does not run", &said)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Failure::new(
            "python3 is missing: install Python 3.10 or newer",
        )),
        Err(error) => Err(error).while_doing("run python3"),
    }
}

fn make(home: &Path) -> Outcome<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "venv"]).arg(home);
    let lack = "python3 cannot make a virtual environment: it lacks venv or ensurepip, which Debian \
                and Ubuntu have in the package python3-venv";
    done(command, lack)
}

fn install(python: &Path, requirements: &Path) -> Outcome<()> {
    let mut command = Command::new(python);
    command
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--no-deps", "--requirement"])
        .arg(requirements);
    let lack = "pip could not install the SDKs, for which it needs a package registry and Python 3.10 \
                or newer";
    done(command, lack)
}

fn done(mut command: Command, lack: &str) -> Outcome<()> {
    let ran = command.output().while_doing("run Python")?;
    if ran.status.success() {
        return Ok(());
    }
    Err(failed(lack, &ran))
}

/// In one line, as the list of tests that were left out has one line for each.
fn failed(lack: &str, ran: &Output) -> Failure {
    let said = [ran.stdout.as_slice(), ran.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    let said: Vec<&str> = said.split_whitespace().collect();
    Failure::new(format!("{lack}. It said: {}", said.join(" ")))
}
