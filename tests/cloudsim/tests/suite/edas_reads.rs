//! EDAS `ListApplication` and `QueryApplicationStatus`.

use cloudsim::{Application, ApplicationStatus, Config, Simulator};
use serde_json::{Value, json};

use crate::calls::{EDAS_APPLICATIONS, EDAS_STATUS};
use crate::client::call;

async fn simulator() -> Simulator {
    let sim = Simulator::start(Config::default()).await.unwrap();
    sim.put_application(Application::edas("ecs").with_instances(["e-1", "e-2"]));
    sim.put_application(Application::edas("k8s").on_cluster(5));
    sim.put_application(Application::running("sae"));
    sim
}

async fn list(sim: &Simulator, params: &[(&str, &str)]) -> Value {
    let body = call(sim, EDAS_APPLICATIONS, params).await.json();
    assert_eq!(body["Code"], 200);
    body["ApplicationList"].clone()
}

#[tokio::test]
async fn the_list_of_applications_tells_their_cluster_type() {
    let sim = simulator().await;
    let all = list(&sim, &[]).await;
    let applications = all["Application"].as_array().unwrap();
    let types: Vec<_> = applications
        .iter()
        .map(|it| (it["AppId"].as_str().unwrap(), it["ClusterType"].as_i64()))
        .collect();
    assert_eq!(types, [("ecs", Some(2)), ("k8s", Some(5))]);
}

#[tokio::test]
async fn applications_are_filtered_and_cut_into_pages() {
    let sim = simulator().await;
    let cluster =
        list(&sim, &[("AppIds", r#"["k8s"]"#)]).await["Application"][0]["ClusterId"].clone();
    for (params, expected) in [
        (&[("AppIds", r#"["k8s","sae"]"#)][..], "k8s"),
        (&[("AppName", "name-of-ecs")], "ecs"),
        (&[("ClusterId", cluster.as_str().unwrap())], "k8s"),
        (&[("PageSize", "1")], "ecs"),
        (&[("PageSize", "1"), ("CurrentPage", "2")], "k8s"),
    ] {
        let found = list(&sim, params).await;
        let found = found["Application"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{params:?}");
        assert_eq!(found[0]["AppId"], expected, "{params:?}");
    }
    assert_eq!(list(&sim, &[("AppIds", r#"["nobody"]"#)]).await, json!({}));
    let reply = call(&sim, EDAS_APPLICATIONS, &[("CurrentPage", "0")]).await;
    assert_eq!(reply.code(), "InvalidCurrentPage");
}

#[tokio::test]
async fn the_status_of_an_application_has_its_eccs_in_wrapped_lists() {
    let sim = simulator().await;
    let body = call(&sim, EDAS_STATUS, &[("AppId", "ecs")]).await.json();
    assert_eq!(body["Code"], 200);
    let info = &body["AppInfo"];
    assert_eq!(info["Application"]["ApplicationId"], "ecs");
    assert_eq!(info["Application"]["RunningInstanceCount"], 2);
    let eccs = info["EccList"]["Ecc"].as_array().unwrap();
    let ids: Vec<_> = eccs
        .iter()
        .map(|it| it["EccId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["e-1", "e-2"]);
    assert_eq!(eccs[0]["AppState"], 7);
    assert_eq!(info["EcuList"], json!({}));
    let stopped = Application::edas("ecs").with_status(ApplicationStatus::Stopped);
    sim.put_application(stopped);
    let body = call(&sim, EDAS_STATUS, &[("AppId", "ecs")]).await.json();
    assert_eq!(body["AppInfo"]["EccList"]["Ecc"][0]["AppState"], 1);
    let body = call(&sim, EDAS_STATUS, &[("AppId", "sae")]).await.json();
    assert_eq!(body["Code"], 601);
}
