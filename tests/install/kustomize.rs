//! `deploy/` on the API server: `install.yaml` is what it renders to, each of its parts is taken
//! without a warning, and a misspelt field is not.

use std::{
    fs,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use super::{
    chart::examples,
    helm::template,
    manifests::{assert_up_to_date, chart, objects, printed, read, root, title},
    support::{
        controlplane::{ControlPlane, assets, users::User},
        failure::Outcome,
    },
};

const HEAD: &str = "\
# Everything that one installation for a whole cluster needs, in one file:
#
#   kubectl apply --server-side -f install.yaml
#
# Written by `make manifests` from deploy/kustomization.yaml; do not edit by hand.
";

/// What a kustomization renders to.
pub fn build(folder: &str) -> String {
    let kubectl = assets::find().expect("kubectl").kubectl;
    printed(
        Command::new(kubectl)
            .arg("kustomize")
            .arg(root().join(folder)),
    )
}

/// Runs kubectl as admin; input may be empty.
pub fn kubectl(plane: &ControlPlane, arguments: &[&str], input: &str) -> Output {
    let mut kubectl = plane.kubectl(User::Admin);
    let mut child = kubectl
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl");
    // One that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().expect("kubectl")
}

/// It succeeded, and nobody had anything to warn of. Gives what it printed.
pub fn clean(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The server decides as it would in earnest: every field known, every value allowed, every policy asked.
/// A schema alone would not see the last two.
fn dry_run(plane: &ControlPlane, manifest: &Value) -> Output {
    let apply = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    kubectl(plane, &apply, &manifest.to_string())
}

fn list(items: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

#[test]
fn the_one_file_is_what_deploy_renders_to() {
    assert_up_to_date("deploy/install.yaml", &format!("{HEAD}{}", build("deploy")));
}

/// What Pod Security says to the Deployments is in `installed`.
#[tokio::test]
async fn everything_that_is_rendered_is_taken_without_a_warning() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    let names = ["restart-operator", "shop", "bank"];
    let namespaces = list(&names.map(namespace)).to_string();
    clean(&kubectl(&plane, &["apply", "-f", "-"], &namespaces));
    let home = tempfile::tempdir().unwrap();
    let mut manifests = vec![
        ("install.yaml".to_owned(), read("deploy/install.yaml")),
        ("one-namespace".to_owned(), build("deploy/one-namespace")),
    ];
    for case in ["default", "namespaces", "everything"] {
        let values = chart().join(format!("ci/{case}-values.yaml"));
        let mut render = template(home.path(), &["--values", values.to_str().unwrap()]);
        manifests.push((format!("chart, {case}"), printed(&mut render)));
    }
    for (name, text) in manifests {
        let mut all = objects(&text);
        // Their kinds belong to the Prometheus operator, which is not here.
        all.retain(|object| object["apiVersion"] != "monitoring.coreos.com/v1");
        let objects = all.len();
        let said = clean(&dry_run(&plane, &list(&all)));
        assert_eq!(said.lines().count(), objects, "{name}: {said}");
    }
    clean(&dry_run(&plane, &list(&examples())));
    Ok(())
}

#[tokio::test]
async fn a_misspelt_field_is_refused() -> Outcome<()> {
    let plane = ControlPlane::shared_or_start().await?;
    for mut object in objects(&read("deploy/install.yaml")) {
        let title = title(&object);
        object["misspelt"] = json!(true);
        let refused = dry_run(&plane, &object);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains("misspelt"),
            "{title}: {said}"
        );
    }
    Ok(())
}

/// The page tells how a second installation in one namespace gets a Lease of its own.
#[test]
fn a_lease_of_another_name_has_a_role_that_names_it() {
    let page = read("docs/how-to/install.md");
    let (_, rest) = page
        .split_once("<!-- lease: begin -->\n```yaml\n")
        .expect("the example");
    let (example, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir_in(root().join("deploy")).unwrap();
    let written = example.replace("path/to/deploy/", "../");
    fs::write(folder.path().join("kustomization.yaml"), written).unwrap();
    let all = objects(&build(
        folder
            .path()
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap(),
    ));
    let find = |title_: &str| {
        all.iter()
            .find(|object| title(object) == title_)
            .expect(title_)
    };
    let container =
        &find("Deployment restart-operator-blue")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["args"], json!(["run", "--lease-name=blue"]));
    let rule = &find("Role restart-operator-blue")["rules"][1];
    assert_eq!(
        (&rule["resources"], &rule["resourceNames"]),
        (&json!(["leases"]), &json!(["blue"]))
    );
}
