//! What the harness chooses and refuses, without a control plane. A part of `tests/controlplane.rs`.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use kube::config::Kubeconfig;

use crate::support::controlplane::{
    assets::{self, Assets},
    audit::Requests,
    data, duration, existing,
};

fn program(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(folder).unwrap();
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn three(folder: &Path) -> Assets {
    Assets {
        etcd: program(folder, "etcd"),
        apiserver: program(folder, "kube-apiserver"),
        kubectl: program(folder, "kubectl"),
        controller_manager: None,
    }
}

fn environment(pairs: Vec<(&str, PathBuf)>) -> impl Fn(&str) -> Option<OsString> {
    move |name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone().into())
    }
}

#[test]
fn a_variable_for_one_program_wins_over_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let folder = three(&place.path().join("all"));
    let other = program(&place.path().join("other"), "my-etcd");
    let environment = environment(vec![
        ("KUBEBUILDER_ASSETS", place.path().join("all")),
        ("TEST_ASSET_ETCD", other.clone()),
    ]);
    let expected = Assets {
        etcd: other,
        ..folder
    };
    assert_eq!(assets::ready(&environment).unwrap(), Some(expected));
}

#[test]
fn a_folder_that_has_a_controller_manager_gives_it() {
    let place = tempfile::tempdir().unwrap();
    three(place.path());
    let manager = program(place.path(), "kube-controller-manager");
    let environment = environment(vec![("KUBEBUILDER_ASSETS", place.path().into())]);
    let found = assets::ready(&environment).unwrap().unwrap();
    assert_eq!(found.controller_manager, Some(manager));
}

#[test]
fn a_variable_that_names_no_program_is_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    three(place.path());
    let environment = environment(vec![
        ("KUBEBUILDER_ASSETS", place.path().into()),
        ("TEST_ASSET_KUBE_APISERVER", place.path().join("absent")),
    ]);
    let refused = assets::ready(&environment).unwrap_err().to_string();
    assert!(refused.contains("TEST_ASSET_KUBE_APISERVER"), "{refused}");
}

#[test]
fn an_incomplete_folder_fails_and_all_three_ways_are_named() {
    let place = tempfile::tempdir().unwrap();
    let environment = environment(vec![("KUBEBUILDER_ASSETS", place.path().into())]);
    let refused = assets::ready(&environment).unwrap_err().to_string();
    for way in ["KUBEBUILDER_ASSETS", "Go", "USE_EXISTING_CLUSTER"] {
        assert!(refused.contains(way), "{refused}");
    }
}

#[test]
#[cfg(not(target_os = "macos"))]
fn the_store_gives_its_newest_version_that_is_new_enough_and_for_this_machine() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("kubebuilder-envtest/k8s");
    let machine = assets::machine();
    three(&store.join(format!("1.33.9-{machine}")));
    three(&store.join("1.99.0-plan9-mips"));
    three(&store.join(format!("1.32.99-{machine}")));
    let expected = three(&store.join(format!("1.33.10-{machine}")));
    let environment = environment(vec![("XDG_DATA_HOME", place.path().into())]);
    assert_eq!(assets::ready(&environment).unwrap(), Some(expected));
}

/// A kubeconfig with two contexts; `here` is the current one.
fn kubeconfig(server: &str) -> Kubeconfig {
    let text = format!(
        "apiVersion: v1
kind: Config
clusters:
- {{name: other, cluster: {{server: 'https://other.example'}}}}
- {{name: here, cluster: {{server: '{server}'}}}}
users:
- {{name: other, user: {{token: other}}}}
- {{name: here, user: {{token: here}}}}
contexts:
- {{name: other, context: {{cluster: other, user: other}}}}
- {{name: here, context: {{cluster: here, user: here}}}}
current-context: here
"
    );
    existing::current_context(Kubeconfig::from_yaml(&text).unwrap()).unwrap()
}

#[test]
fn only_the_current_context_of_an_existing_cluster_is_used() {
    let config = kubeconfig("https://127.0.0.1:6443");
    let text = serde_json::to_string(&config).unwrap();
    assert!(!text.contains("other"), "{text}");
}

#[test]
fn an_existing_cluster_on_this_machine_is_taken() {
    for server in [
        "https://127.0.0.1:6443",
        "https://localhost:6443",
        "https://[::1]:6443",
    ] {
        existing::permit(&kubeconfig(server), &|_| None).unwrap();
    }
}

#[test]
fn an_existing_cluster_elsewhere_is_refused_and_the_refusal_says_what_to_set() {
    let elsewhere = [
        "https://10.0.0.1",
        "https://127.0.0.1.example",
        "https://localhost.example",
    ];
    for server in elsewhere {
        let refused = existing::permit(&kubeconfig(server), &|_| None)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("TEST_CLUSTER_CONTEXT=here"), "{refused}");
    }
}

#[test]
fn an_existing_cluster_elsewhere_is_taken_only_under_the_name_of_the_current_context() {
    let config = kubeconfig("https://10.0.0.1");
    let named = |name: &str| environment(vec![("TEST_CLUSTER_CONTEXT", name.into())]);
    existing::permit(&config, &named("here")).unwrap();
    let refused = existing::permit(&config, &named("other"))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("current context is here"), "{refused}");
}

#[test]
fn an_existing_cluster_is_used_only_when_asked_for() {
    assert!(!existing::is_wanted(&|_| None));
    assert!(!existing::is_wanted(&environment(vec![(
        "USE_EXISTING_CLUSTER",
        "false".into()
    )])));
    assert!(existing::is_wanted(&environment(vec![(
        "USE_EXISTING_CLUSTER",
        "true".into()
    )])));
}

#[test]
fn durations_are_read_as_go_writes_them() {
    assert_eq!(duration::parse("60s"), Some(Duration::from_secs(60)));
    assert_eq!(duration::parse("1m30s"), Some(Duration::from_secs(90)));
    assert_eq!(duration::parse("250ms"), Some(Duration::from_millis(250)));
    for wrong in ["", "60", "s", "1d", "-5s"] {
        assert_eq!(duration::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_folder_is_stale_only_when_it_is_old_and_its_owner_is_gone() {
    let ours = std::process::id().to_string();
    // Above the highest process id that a kernel gives.
    let gone = "2147483647".to_owned();
    let two_days = Duration::from_secs(2 * 24 * 60 * 60);
    for (owner, age, stale) in [
        (&gone, two_days, true),
        (&gone, Duration::ZERO, false),
        (&ours, two_days, false),
    ] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("owner");
        fs::write(&path, owner).unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - age)
            .unwrap();
        assert_eq!(data::is_stale(place.path()), stale, "{owner} {age:?}");
    }
    let without_owner = tempfile::tempdir().unwrap();
    assert!(!data::is_stale(without_owner.path()));
}

#[test]
fn the_two_lines_of_a_watch_count_once_and_a_line_that_is_not_finished_not_at_all() {
    let watch = r#"{"auditID":"1","verb":"watch","requestURI":"/w","user":{"username":"a"},"objectRef":{"resource":"leases"},"responseStatus":{"code":200}}"#;
    let put = r#"{"auditID":"2","verb":"update","requestURI":"/p","user":{"username":"a"},"objectRef":{"resource":"leases","subresource":"status"},"responseStatus":{"code":409}}"#;
    let log = format!("{watch}\n{put}\n{watch}\n{{\"auditID\":\"3");
    let requests = Requests::parse(&log).unwrap();
    assert_eq!(requests.count(), 2);
    assert_eq!(requests.clone().reads().count(), 1);
    assert_eq!(
        requests
            .subresource("status")
            .verb("update")
            .code(409)
            .count(),
        1
    );
}

#[test]
fn an_impersonated_user_is_the_one_that_counts() {
    let line = r#"{"auditID":"1","verb":"get","requestURI":"/","user":{"username":"admin"},"impersonatedUser":{"username":"author"}}"#;
    let requests = Requests::parse(&format!("{line}\n")).unwrap();
    assert_eq!(requests.user("author").count(), 1);
}
