//! The program: its first line, its flags, its end.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::client::control;

/// A running program that is killed at the end of the test.
struct Program(Child);

impl Program {
    fn start(flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudsim"));
        command
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_prints_its_url_and_serves_what_its_flags_say() {
    let mut program = Program::start(&["--app", "a", "--edas-app", "e", "--app", "b", "--quiet"]);
    let url = program.first_line();
    let host = url.strip_prefix("http://").unwrap();
    let applications = control(host, "GET", "applications", &Value::Null)
        .await
        .json();
    let ids: Vec<_> = applications
        .as_array()
        .unwrap()
        .iter()
        .map(|app| (app["id"].clone(), app["product"].clone()))
        .collect();
    let expected = [("a", "sae"), ("b", "sae"), ("e", "edas")];
    assert_eq!(
        ids,
        expected.map(|(id, product)| (json!(id), json!(product)))
    );
}

#[tokio::test]
async fn the_program_has_the_instances_of_its_flags() {
    let flags = ["--instance", "i-1", "--reboot-duration", "1h", "--quiet"];
    let mut program = Program::start(&flags);
    let url = program.first_line();
    let host = url.strip_prefix("http://").unwrap();
    control(host, "POST", "instances/i-1/reboot", &Value::Null).await;
    let instance = control(host, "GET", "instances/i-1", &Value::Null).await;
    assert_eq!(instance.json()["status"], "REBOOTING");
}

#[tokio::test]
async fn the_program_logs_a_request_on_standard_error() {
    let mut program = Program::start(&[]);
    let url = program.first_line();
    let host = url.strip_prefix("http://").unwrap().to_owned();
    let request = format!("GET /nowhere HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let reply = crate::client::exchange(stream, request.as_bytes()).await;
    assert_eq!(reply.code(), "InvalidApi.NotFound");
    let mut line = String::new();
    BufReader::new(program.0.stderr.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(
        line.ends_with("/nowhere - refused 404 InvalidApi.NotFound\n"),
        "{line}"
    );
}

#[test]
fn the_program_ends_with_its_standard_input_when_asked_to() {
    let mut program = Program::start(&["--exit-with-parent", "--quiet"]);
    program.first_line();
    drop(program.0.stdin.take());
    assert!(program.0.wait().unwrap().success());
}

#[test]
fn the_program_writes_the_certificate_to_trust() {
    let file = std::env::temp_dir().join(format!("cloudsim-{}.pem", std::process::id()));
    let mut program = Program::start(&["--tls", "--ca-file", file.to_str().unwrap()]);
    assert!(program.first_line().starts_with("https://127.0.0.1:"));
    let pem = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn wrong_flags_are_refused() {
    for flags in [
        &["--order-duration", "-5s"][..],
        &["--batches", "0"],
        &["--tls"],
    ] {
        let mut program = Program::start(flags);
        assert!(!program.0.wait().unwrap().success(), "{flags:?}");
    }
}
