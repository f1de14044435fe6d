//! `DescribePipeline` and `ConfirmPipelineBatch`.

use std::time::Duration;

use cloudsim::{Application, Config, OrderPlan, Simulator};
use jiff::SignedDuration;

use crate::calls::{CONFIRM, PIPELINE};
use crate::client::{DESCRIBE, RESTART, call};

const APP: &str = "app-1";

/// A restart that ends in this status after ten seconds, at its end; the id of its last pipeline.
async fn ended(status: i64) -> (Simulator, String, String) {
    let sim = Simulator::start(Config::default()).await.unwrap();
    let plan = OrderPlan::lasting(Duration::from_secs(10)).ending(status);
    sim.put_application(Application::running(APP).with_plan(plan));
    sim.freeze_clock();
    let order = call(&sim, RESTART, &[("AppId", APP)]).await.order_id();
    sim.advance_clock(SignedDuration::from_secs(10));
    let data = call(&sim, DESCRIBE, &[("ChangeOrderId", &order)])
        .await
        .data();
    let pipeline = data["CurrentPipelineId"].as_str().unwrap().to_owned();
    (sim, order, pipeline)
}

#[tokio::test]
async fn the_task_of_a_failed_pipeline_tells_why() {
    let (sim, order, pipeline) = ended(3).await;
    let data = call(&sim, PIPELINE, &[("PipelineId", &pipeline)])
        .await
        .data();
    assert_eq!(data["PipelineStatus"], 3);
    assert_eq!(data["CoStatus"], "3", "a text here");
    let task = &data["StageList"][0]["TaskList"][0];
    assert_eq!(task["ErrorCode"], "EDAS-10022");
    assert!(task["ErrorMessage"].as_str().unwrap().contains("<b>"));
    let first = format!("{order}-0");
    let data = call(&sim, PIPELINE, &[("PipelineId", &first)]).await.data();
    assert_eq!(data["PipelineStatus"], 2);
    assert_eq!(data["NextPipelineId"], pipeline);
    assert_eq!(data["StageList"][0]["TaskList"][0]["ErrorCode"], "");
}

#[tokio::test]
async fn an_order_that_waits_for_a_person_goes_on_when_it_is_confirmed() {
    let (sim, order, pipeline) = ended(8).await;
    let confirm = async |value: &str| {
        let params = [("PipelineId", pipeline.as_str()), ("Confirm", value)];
        call(&sim, CONFIRM, &params).await
    };
    assert_eq!(confirm("false").await.data()["PipelineId"], pipeline);
    assert_eq!(sim.order(&order).unwrap().status, 8);
    assert_eq!(confirm("true").await.data()["PipelineId"], pipeline);
    assert_eq!(sim.order(&order).unwrap().status, 2);
    assert_eq!(confirm("true").await.code(), "InvalidParameter.WithMessage");
    call(&sim, RESTART, &[("AppId", APP)]).await.order_id();
}

#[tokio::test]
async fn an_unknown_pipeline_is_refused() {
    let (sim, order, _) = ended(2).await;
    for id in ["x", &order, &format!("{order}-2"), &format!("{order}-00")] {
        let reply = call(&sim, PIPELINE, &[("PipelineId", id)]).await;
        assert_eq!(reply.code(), "InvalidParameter.WithMessage", "{id}");
    }
    let reply = call(&sim, CONFIRM, &[("PipelineId", &order)]).await;
    assert_eq!(reply.code(), "InvalidParameter.NotEmpty");
}
