//! The judge: the simulator's ledger of what was really executed against what the requests say of
//! themselves. Never the operator's own words.

use cloudsim::{Ledger, RestartRecord};
use kube::api::ListParams;
use restart_operator::api::RestartRequest;
use uuid::Uuid;

use super::world::{World, phase_of};

/// Every request of the namespace has a true end, and nothing was called or executed twice.
pub async fn judge(world: &World) {
    let ledger = world.ledger();
    let all = world
        .requests()
        .list(&ListParams::default())
        .await
        .expect("a list");
    let executed: usize = all.items.iter().map(|one| judge_one(one, &ledger)).sum();
    assert_eq!(
        executed,
        ledger.restarts().len(),
        "a restart that nobody asked for"
    );
}

/// Judges one request, and gives how many restarts were executed for it.
pub fn judge_one(request: &RestartRequest, ledger: &Ledger) -> usize {
    match token(request) {
        Some(token) => judge_by_token(request, &token, ledger),
        None => judge_by_nonce(request, ledger),
    }
}

fn judge_by_nonce(request: &RestartRequest, ledger: &Ledger) -> usize {
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let status = request.status.clone().unwrap_or_default();
    let nonces = nonces(request);
    for nonce in &nonces {
        let sent = ledger.by_nonce(nonce).len();
        assert!(sent <= 1, "{name}: attempt {nonce} was sent {sent} times");
    }
    let executed: Vec<&RestartRecord> = nonces
        .iter()
        .flat_map(|nonce| ledger.restarts_by_nonce(nonce))
        .collect();
    assert!(executed.len() <= 1, "{name}: executed twice: {executed:#?}");
    let order = executed.first().map(|restart| restart.order.as_str());
    let told = status
        .change_order
        .as_ref()
        .and_then(|order| order.id.as_deref());
    match phase_of(request) {
        "Succeeded" => {
            assert_eq!(
                (executed.len(), told),
                (1, order),
                "{name}: a false success"
            );
        }
        "NotExecuted" | "Failed" | "Cancelled" | "Expired" | "Skipped" => {
            assert_eq!((order, told), (None, None), "{name}: executed all the same");
        }
        "Unknown" => {}
        phase => panic!("{name} has no end, it is {phase}"),
    }
    if phase_of(request) == "NotExecuted" {
        let ended = status.completion_time.map(|time| time.0);
        let window = status.attempt.map(|attempt| attempt.not_after.0);
        assert!(
            ended > window,
            "{name}: told before the signature had ended"
        );
    }
    executed.len()
}

/// One call for all instances, repeated at most under its one token.
fn judge_by_token(request: &RestartRequest, token: &str, ledger: &Ledger) -> usize {
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let executed = ledger.restarts_by_client_token(token);
    let mut instances: Vec<&str> = executed
        .iter()
        .map(|restart| restart.app.as_str())
        .collect();
    instances.sort_unstable();
    let all = instances.len();
    instances.dedup();
    assert_eq!(
        instances.len(),
        all,
        "{name}: an instance was restarted twice: {executed:#?}"
    );
    let target = request.spec.target.volcengine_instances.as_ref();
    let mut asked = target
        .map(|target| target.instance_ids.clone())
        .unwrap_or_default();
    asked.sort_unstable();
    match phase_of(request) {
        "Succeeded" => assert_eq!(instances, asked, "{name}: a false success"),
        "NotExecuted" | "Failed" | "Cancelled" | "Expired" | "Skipped" => {
            assert!(
                instances.is_empty(),
                "{name}: executed all the same: {executed:#?}"
            );
        }
        "Unknown" | "PartiallySucceeded" => {}
        phase => panic!("{name} has no end, it is {phase}"),
    }
    all
}

/// The nonces of all attempts, from what the protocol says and not from the status.
pub fn nonces(request: &RestartRequest) -> Vec<String> {
    let attempt = request
        .status
        .as_ref()
        .and_then(|status| status.attempt.as_ref());
    (1..=attempt.map_or(0, |attempt| attempt.number))
        .map(|number| derived(request, &number.to_string()))
        .collect()
}

/// The token of a call that carries one, from what the protocol says.
pub fn token(request: &RestartRequest) -> Option<String> {
    request.spec.target.volcengine_instances.as_ref()?;
    Some(derived(request, "token"))
}

fn derived(request: &RestartRequest, what: &str) -> String {
    let uid = request.metadata.uid.as_deref().unwrap_or_default();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{uid}/{what}").as_bytes()).to_string()
}
