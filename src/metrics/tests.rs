//! What a scrape looks like.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::*;

#[test]
fn a_scrape_is_alone_while_it_fills_and_reads_the_gauges() {
    let metrics = Arc::new(Metrics::new());
    let (other, alone) = (Arc::downgrade(&metrics), Arc::new(AtomicBool::new(false)));
    let seen = alone.clone();
    metrics.read_from(move || {
        let other = other.upgrade().unwrap();
        seen.store(other.scrape.try_lock().is_err(), Ordering::Relaxed);
        Snapshot::default()
    });
    drop(metrics.encode());
    assert!(alone.load(Ordering::Relaxed));
}

#[test]
fn every_counter_with_closed_labels_begins_at_zero() {
    let text = Metrics::new().encode();
    for line in [
        "restart_operator_requests_finished_total{product=\"edas\",operation=\"RestartApplication\",outcome=\"Skipped\"} 0",
        "restart_operator_request_wait_seconds_count{product=\"sae\",operation=\"RestartInstances\"} 0",
        "restart_operator_request_duration_seconds_count{product=\"volcengine\",operation=\"RebootInstances\"} 0",
        "restart_operator_submissions_total{product=\"sae\",operation=\"BatchRestartApplications\",answer=\"ambiguous\"} 0",
        "restart_operator_orders_adopted_total{product=\"volcengine\"} 0",
        "restart_operator_cloud_requests_total{product=\"sae\",operation=\"ListChangeOrders\",result=\"throttled\"} 0",
        "restart_operator_reconcile_total{result=\"undecodable\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_phase_that_nothing_is_in_is_a_zero() {
    let metrics = Metrics::new();
    metrics.read_from(Snapshot::default);
    let text = metrics.encode();
    for line in [
        "restart_operator_requests{product=\"volcengine\",phase=\"Unknown\"} 0",
        "restart_operator_oldest_unfinished_seconds{product=\"edas\"} 0",
        "restart_operator_accounts{kind=\"ClusterCloudAccount\",ready=\"false\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_phases_counted_as_ends_are_those_of_the_protocol() {
    use crate::{api::Reason, protocol::story};
    let ends = Reason::ALL.iter().filter(|reason| story::ends(**reason));
    let mut ends: Vec<_> = ends.map(|reason| story::phase(*reason).as_str()).collect();
    let mut counted: Vec<_> = closed::ENDS.iter().map(|phase| phase.as_str()).collect();
    ends.sort_unstable();
    ends.dedup();
    counted.sort_unstable();
    assert_eq!(ends, counted);
}

#[test]
fn a_scrape_names_every_metric_as_the_reference_does() {
    let metrics = Metrics::new();
    let (product, operation) = ("sae", "RestartApplication");
    metrics.submission(ByAnswer {
        product,
        operation,
        answer: "accepted",
    });
    metrics.adopted(product);
    metrics.submitted(ByOperation { product, operation }, 0.2);
    metrics.finished(
        ByOutcome {
            product,
            operation,
            outcome: "Succeeded",
        },
        Some(3.0),
    );
    metrics.cloud_call(
        ByResult {
            product,
            operation,
            result: "ok",
        },
        0.1,
    );
    metrics.clock_offset(product, -1.0);
    metrics.watch_success("RestartRequest", 1.7e9);
    metrics.passes_active(1);
    metrics.passes_active(-1);
    metrics.pass_ended("ok", 0.2);
    metrics.kube_request(ByRequest {
        verb: "update",
        resource: "restartrequests",
        code: "200",
    });
    metrics.read_from(|| Snapshot {
        requests: vec![(
            ByPhase {
                product: "sae",
                phase: "Running",
            },
            2,
        )],
        oldest: vec![(ByProduct { product: "sae" }, 9.0)],
        accounts: vec![(
            ByReady {
                kind: "CloudAccount",
                ready: "true",
            },
            1,
        )],
        leads: true,
    });
    let text = metrics.encode();
    for line in [
        "restart_operator_build_info{version=",
        "restart_operator_leader 1",
        "restart_operator_requests{product=\"sae\",phase=\"Running\"} 2",
        "restart_operator_requests_finished_total{product=\"sae\",operation=\"RestartApplication\",outcome=\"Succeeded\"} 1",
        "restart_operator_request_wait_seconds_bucket{",
        "restart_operator_request_duration_seconds_count{",
        "restart_operator_oldest_unfinished_seconds{product=\"sae\"} 9",
        "restart_operator_submissions_total{product=\"sae\",operation=\"RestartApplication\",answer=\"accepted\"} 1",
        "restart_operator_orders_adopted_total{product=\"sae\"} 1",
        "restart_operator_cloud_requests_total{product=\"sae\",operation=\"RestartApplication\",result=\"ok\"} 1",
        "restart_operator_cloud_request_duration_seconds_sum{",
        "restart_operator_cloud_clock_offset_seconds{product=\"sae\"} -1",
        "restart_operator_accounts{kind=\"CloudAccount\",ready=\"true\"} 1",
        "restart_operator_watch_last_success_timestamp_seconds{kind=\"RestartRequest\"} 1700000000",
        "restart_operator_reconcile_total{result=\"ok\"} 1",
        "restart_operator_reconcile_duration_seconds_count{result=\"ok\"} 1",
        "restart_operator_reconciles_active 0",
        "restart_operator_kube_requests_total{verb=\"update\",resource=\"restartrequests\",code=\"200\"} 1",
        "restart_operator_development_endpoints 0",
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_start_time_seconds ",
        "process_open_fds ",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("_total_total"));
}
