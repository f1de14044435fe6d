//! What people see: installing, refusals in kubectl's words, columns, selectors, waiting, explain.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::{Value, json};

use crate::{
    server::Server,
    support::{controlplane::users::User, failure::Outcome, wait},
    table,
};

/// Runs kubectl in the namespace of the test, with `input` on stdin.
fn run(server: &Server, arguments: &[&str], input: &Value) -> Output {
    let mut kubectl = server.plane.kubectl(User::Admin);
    kubectl
        .args(["--namespace", &server.namespace])
        .args(arguments);
    kubectl
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = kubectl.spawn().expect("kubectl starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("kubectl reads");
    drop(stdin);
    child.wait_with_output().expect("kubectl ends")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn request(server: &Server) -> Value {
    server.place(&table::bases()["request"], "x")
}

/// A stored request that was skipped at this generation.
async fn skipped(server: &Server) -> Value {
    let mut stored = server.create(&request(server)).await.expect("accepted");
    let types = [
        "Accepted",
        "Submitted",
        "Succeeded",
        "Finished",
        "Ready",
        "Reconciling",
        "Stalled",
    ];
    let condition = |name: &&str| {
        let holds = ["Accepted", "Finished", "Ready"].contains(name);
        json!({
            "type": name, "status": if holds { "True" } else { "False" },
            "reason": "CreatedAfterStartBefore", "message": "Created after startBefore.",
            "lastTransitionTime": "2026-11-22T07:08:09Z", "observedGeneration": 1,
        })
    };
    let status = json!({
        "observedGeneration": 1, "phase": "Skipped", "targetSummary": "sae app 0099b7be",
        "progress": {"total": 10, "succeeded": 3, "display": "3/10"},
        "completionTime": "2026-11-22T07:08:09Z",
        "conditions": types.iter().map(condition).collect::<Vec<_>>(),
    });
    table::merge(&mut stored, &json!({ "status": status }));
    server.replace_status(&stored).await.expect("accepted")
}

#[tokio::test]
async fn the_definitions_install_without_a_warning_and_again_without_a_change() -> Outcome<()> {
    let server = Server::for_test("install").await?;
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    // A server-side dry run is answered with the same warnings as the installation was.
    for arguments in [
        &["apply", "--dry-run=server", "--filename", crds][..],
        &["get", "crd"][..],
    ] {
        let output = run(&server, arguments, &Value::Null);
        assert!(output.status.success(), "{}", complained(&output));
        assert_eq!(complained(&output), "", "{arguments:?}");
    }
    let output = run(&server, &["get", "crd", "--output=json"], &Value::Null);
    let list: Value = serde_json::from_str(&printed(&output)).unwrap();
    let ours = list["items"].as_array().unwrap().iter();
    let ours: Vec<_> = ours
        .filter(|c| c["spec"]["group"] == "restart-operator.dev")
        .collect();
    assert_eq!(ours.len(), 3);
    for crd in ours {
        let conditions = crd["status"]["conditions"].as_array().unwrap();
        let is = |name: &str| {
            conditions
                .iter()
                .any(|c| c["type"] == name && c["status"] == "True")
        };
        assert!(
            is("Established") && !is("NonStructuralSchema"),
            "{conditions:#?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_field_is_refused_in_every_way_that_is_not_asked_to_warn() -> Outcome<()> {
    let server = Server::for_test("unknown").await?;
    let mut object = request(&server);
    table::merge(&mut object, &json!({"spec": {"minReady": 1}}));
    let strict = "strict decoding error: unknown field \"spec.minReady\"";
    let schema = ".spec.minReady: field not declared in schema";
    for (arguments, says) in [
        (&["create", "-f", "-"][..], strict),
        (&["apply", "-f", "-"][..], strict),
        (&["apply", "--server-side", "-f", "-"][..], schema),
    ] {
        let output = run(&server, arguments, &object);
        assert!(!output.status.success(), "{arguments:?} was accepted");
        assert!(
            complained(&output).contains(says),
            "{arguments:?}: {}",
            complained(&output)
        );
    }
    let warned = run(&server, &["apply", "--validate=warn", "-f", "-"], &object);
    assert!(warned.status.success());
    assert!(complained(&warned).contains("unknown field \"spec.minReady\""));
    Ok(())
}

#[tokio::test]
async fn applying_the_same_twice_changes_nothing() -> Outcome<()> {
    let server = Server::for_test("twice").await?;
    for way in [
        &["apply", "-f", "-"][..],
        &["apply", "--server-side", "-f", "-"][..],
    ] {
        let object = server.place(&table::bases()["request"], &way.len().to_string());
        for _ in 0..2 {
            let output = run(&server, way, &object);
            assert!(output.status.success(), "{}", complained(&output));
        }
        let name = object["metadata"]["name"].as_str().unwrap();
        let output = run(&server, &["get", "rr", name, "--output=json"], &Value::Null);
        let stored: Value = serde_json::from_str(&printed(&output)).unwrap();
        assert_eq!(stored["metadata"]["generation"], 1, "{way:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_generated_name_works_with_create_and_is_explained_by_apply() -> Outcome<()> {
    let server = Server::for_test("generate").await?;
    let mut object = request(&server);
    table::merge(
        &mut object,
        &json!({"metadata": {"name": null, "generateName": "x-"}}),
    );
    assert!(
        run(&server, &["create", "-f", "-"], &object)
            .status
            .success()
    );
    let applied = run(&server, &["apply", "-f", "-"], &object);
    assert!(complained(&applied).contains("cannot use generate name with apply"));
    Ok(())
}

#[tokio::test]
async fn a_fresh_request_is_listed_as_pending() -> Outcome<()> {
    let server = Server::for_test("list").await?;
    server.create(&request(&server)).await.expect("accepted");
    let listed = printed(&run(&server, &["get", "rr"], &Value::Null));
    let words = |line: usize| {
        listed
            .lines()
            .nth(line)
            .unwrap_or_default()
            .split_whitespace()
    };
    let header: Vec<&str> = words(0).collect();
    assert_eq!(
        header,
        ["NAME", "PHASE", "PROGRESS", "TARGET", "REASON", "AGE"],
        "{listed}"
    );
    assert_eq!(words(1).nth(1), Some("Pending"), "{listed}");
    Ok(())
}

#[tokio::test]
async fn the_wide_list_tells_the_whole_story() -> Outcome<()> {
    let server = Server::for_test("wide").await?;
    skipped(&server).await;
    let listed = printed(&run(&server, &["get", "rr", "--output=wide"], &Value::Null));
    let header: Vec<&str> = listed.lines().next().unwrap().split_whitespace().collect();
    let wide = [
        "ACCOUNT", "ORDER", "ATTEMPT", "STARTED", "FINISHED", "MESSAGE",
    ];
    assert_eq!(header[6..], wide, "{listed}");
    for text in [
        "Skipped",
        "3/10",
        "sae app 0099b7be",
        "CreatedAfterStartBefore",
        "ali-prod",
    ] {
        assert!(listed.contains(text), "{text} is not in {listed}");
    }
    assert!(listed.contains("Created after startBefore."), "{listed}");
    Ok(())
}

#[tokio::test]
async fn requests_are_selected_by_phase_account_and_target() -> Outcome<()> {
    let server = Server::for_test("select").await?;
    let mut stored = skipped(&server).await;
    let count = |selector: &str| {
        let arguments = [
            "get",
            "restarts",
            "--output=name",
            "--field-selector",
            selector,
        ];
        printed(&run(&server, &arguments, &Value::Null))
            .lines()
            .count()
    };
    assert_eq!(
        count("status.phase=Skipped,spec.accountRef.name=ali-prod"),
        1
    );
    assert_eq!(count("status.phase=Pending"), 0);
    assert_eq!(count("spec.accountRef.name=other"), 0);
    server.delete(&stored).await;

    stored = server.create(&request(&server)).await.expect("accepted");
    table::merge(
        &mut stored,
        &json!({ "status": table::moves().named["intent"] }),
    );
    server.replace_status(&stored).await.expect("accepted");
    assert_eq!(
        count(&format!("status.attempt.targetHash={}", "a".repeat(64))),
        1
    );
    assert_eq!(
        count(&format!("status.attempt.targetHash={}", "b".repeat(64))),
        0
    );
    Ok(())
}

#[tokio::test]
async fn waiting_ends_with_the_condition_and_never_on_an_older_generation() -> Outcome<()> {
    let server = Server::for_test("wait").await?;
    let stored = skipped(&server).await;
    let resource = format!("rr/{}", stored["metadata"]["name"].as_str().unwrap());
    let wait = |condition: &str, timeout: &str| {
        let arguments = [
            "wait",
            &resource,
            &format!("--for=condition={condition}"),
            &format!("--timeout={timeout}"),
        ];
        run(&server, &arguments, &Value::Null).status.success()
    };
    assert!(wait("Finished", "60s"));
    assert!(!wait("Succeeded", "1s"));

    let mut edited = stored.clone();
    table::merge(&mut edited, &json!({"spec": {"suspend": true}}));
    server.replace(&edited).await.expect("accepted");
    assert!(
        !wait("Finished", "1s"),
        "the condition is about the generation before"
    );
    Ok(())
}

#[tokio::test]
async fn every_field_is_explained() -> Outcome<()> {
    let server = Server::for_test("explain").await?;
    // The server publishes the text of a kind a moment after it serves the kind.
    let known = async || {
        run(&server, &["explain", "rr"], &Value::Null)
            .status
            .success()
    };
    wait::until("kubectl explain knows the kind", known).await;
    let explained = |path: &str| printed(&run(&server, &["explain", path], &Value::Null));
    let target = explained("rr.spec.target");
    for member in [
        "saeApplication",
        "saeInstances",
        "saeApplications",
        "edasApplication",
        "volcengineInstances",
    ] {
        assert!(target.contains(member), "{target}");
    }
    assert!(explained("rr.spec.accountRef.kind").contains("ClusterCloudAccount"));
    assert!(explained("rr.status.phase").contains("PartiallySucceeded"));
    for path in [
        "rr",
        "cac",
        "ccac",
        "rr.spec",
        "rr.status",
        "cac.status",
        "ccac.spec",
    ] {
        let text = explained(path);
        assert!(
            text.contains("DESCRIPTION:") && !text.contains("<empty>"),
            "{path}: {text}"
        );
    }
    Ok(())
}
