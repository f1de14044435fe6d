//! Access policies: a call needs its permission, by the name that the product gives it.

use cloudsim::{Application, Config, Simulator};

use crate::calls::{EDAS_ABORT, EDAS_ORDERS, EDAS_RESTART};
use crate::client::{DESCRIBE, RESTART, call};
use crate::volcengine::client::{Draft, read, refused};

async fn simulator(allowed: &[&str]) -> Simulator {
    let allowed = allowed.iter().map(|&action| action.to_owned());
    let sim = Simulator::start(Config {
        allowed_actions: Some(allowed.collect()),
        ..Config::default()
    })
    .await
    .unwrap();
    sim.put_application(Application::running("app-1"));
    sim.put_application(Application::edas("edas-1").with_instances(["e-1"]));
    sim
}

#[tokio::test]
async fn a_call_of_sae_needs_the_permission_of_its_name() {
    let app = [("AppId", "app-1")];
    let sim = simulator(&["sae:DescribeChangeOrder"]).await;
    let refused = call(&sim, RESTART, &app).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (Some(403), "Forbidden.RAM")
    );
    let message = refused.json()["Message"].to_string();
    assert!(message.contains("sae:RestartApplication"), "{message}");
    assert!(sim.ledger().restarts().is_empty());
    let order = [("ChangeOrderId", "none")];
    assert_ne!(call(&sim, DESCRIBE, &order).await.code(), "Forbidden.RAM");
    let sim = simulator(&["sae:RestartApplication"]).await;
    assert_eq!(call(&sim, RESTART, &app).await.status, Some(200));
}

#[tokio::test]
async fn edas_knows_reading_and_managing() {
    let sim = simulator(&["edas:ReadApplication"]).await;
    let app = [("AppId", "edas-1")];
    assert_eq!(call(&sim, EDAS_ORDERS, &app).await.status, Some(200));
    for refused in [EDAS_RESTART, EDAS_ABORT] {
        assert_eq!(call(&sim, refused, &app).await.code(), "Forbidden.RAM");
    }
    let sim = simulator(&["edas:ManageApplication"]).await;
    assert_eq!(call(&sim, EDAS_RESTART, &app).await.status, Some(200));
    assert_eq!(sim.ledger().restarts().len(), 1);
}

#[tokio::test]
async fn a_call_of_volcengine_needs_the_permission_of_its_name() {
    let sim = simulator(&["ecs:DescribeInstances"]).await;
    read(&sim, "DescribeInstances", &[]).await;
    let ids = [("InstanceIds.1", "i-1")];
    let draft = Draft::post(&sim, "RebootInstances", &ids).sign();
    refused(&sim, draft, 403, "AccessDenied", Some(100_013)).await;
}
