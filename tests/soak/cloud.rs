//! The simulated cloud of a soak: its targets, and what goes wrong in it.

use std::time::Duration;

use cloudsim::{
    Application, Canned, Config, Control, Fault, FaultRule, Instance, NewOrder, OrderPlan, Point,
    RebootPlan,
};
use fastrand::Rng;

use crate::{
    plan::{self, PARTS, Targets},
    support::world::APP,
};

/// How long a signature lives: longer than in tests of one request, since a crowd makes calls wait.
pub(crate) const SIGNATURE_LIFE: Duration = Duration::from_secs(12);
/// The calls that must not be made twice.
const RESTARTS: [(&str, &str); 5] = [
    ("sae", "RestartApplication"),
    ("sae", "RestartInstances"),
    ("sae", "BatchRestartApplications"),
    ("edas", "RestartApplication"),
    ("volcengine", "RebootInstances"),
];
/// What is read to check, to follow and to find out, and the abort.
const READS: [&str; 12] = [
    "ListChangeOrders",
    "ListNamespaceChangeOrders",
    "DescribeChangeOrder",
    "DescribeApplicationStatus",
    "DescribeApplicationInstances",
    "DescribeNamespaceResources",
    "ListRecentChangeOrder",
    "GetChangeOrderInfo",
    "QueryApplicationStatus",
    "DescribeInstances",
    "DescribeSystemEvents",
    "AbortChangeOrder",
];
/// Every answer to a restart call comes this late, so that a killed or frozen operator leaves calls open.
const ANSWER_MS: u64 = 150;
/// Orders are missing from lists for less than the time that the operator waits for them to appear
/// (`settle` of the short policy).
const LAG_MS: u64 = 800;
/// Between two faults.
const FAULT_STEP: Duration = Duration::from_millis(600);
/// Rules until those that nothing met are swept away.
const RULES: usize = 60;

/// Sets up the targets. Some of them end badly, always in the same way.
pub(crate) fn configure(config: &mut Config, targets: Targets) {
    config.signature_life = SIGNATURE_LIFE;
    let sae = (0..targets.sae).map(|number| {
        let plan = lasting(number);
        let end = if number % 7 == 3 { 3 } else { 2 };
        Application::running(plan::sae(number))
            .with_instances((1..=PARTS).map(|part| format!("{}-{part}", plan::sae(number))))
            .with_plan(plan.ending(end))
    });
    let edas = (0..targets.edas).map(|number| {
        let id = plan::edas(number);
        let plan = match number % 5 {
            2 => lasting(number).ending(3),
            _ => lasting(number),
        };
        let eccs = (1..=PARTS).map(|part| format!("{id}-{part}"));
        Application::edas(&id).with_instances(eccs).with_plan(plan)
    });
    config.applications = sae.chain(edas).chain([Application::running(APP)]).collect();
    config.volcengine.instances = (0..targets.instances).map(instance).collect();
}

/// Orders of 0.2 to 1.4 s.
fn lasting(number: usize) -> OrderPlan {
    let millis = 200 + 300 * u64::try_from(number % 5).unwrap_or(0);
    OrderPlan::lasting(Duration::from_millis(millis)).batches(2)
}

fn instance(number: usize) -> Instance {
    let plan = RebootPlan::lasting(Duration::from_millis(900));
    let one = Instance::running(plan::instance(number));
    match number % 6 {
        1 => one.with_plan(plan.by_way_of("RUNNING")),
        3 => one
            .with_plan(plan)
            .refusing("OperationDenied.ResourceLocked"),
        _ => one.with_plan(plan),
    }
}

/// Breaks the cloud, a fault at a time, for as long as it is polled.
pub(crate) async fn break_it(cloud: Control, mut rng: Rng, targets: Targets) {
    loop {
        cloud.clear_faults();
        for (product, action) in RESTARTS {
            let late = Fault::Delay {
                ms: ANSWER_MS,
                point: Point::After,
            };
            cloud.inject(FaultRule::on(action, late).product(product).always());
        }
        for _ in 0..RULES {
            tokio::time::sleep(FAULT_STEP).await;
            one_fault(&cloud, &mut rng);
            if rng.u8(..4) == 0 {
                somebody_else(&cloud, &mut rng, targets);
            }
        }
    }
}

fn one_fault(cloud: &Control, rng: &mut Rng) {
    let rule = if rng.bool() {
        let (product, action) = *rng.choice(&RESTARTS).unwrap_or(&RESTARTS[0]);
        FaultRule::on(action, at_a_restart(rng)).product(product)
    } else {
        let action = *rng.choice(&READS).unwrap_or(&READS[0]);
        FaultRule::on(action, at_a_read(rng))
    };
    cloud.inject(rule.nth(rng.u64(1..3)).times(rng.u64(1..4)));
}

/// Lost before or after, late before or after, refused, answered with nonsense.
fn at_a_restart(rng: &mut Rng) -> Fault {
    let delay = |ms, point| Fault::Delay { ms, point };
    match rng.u8(..15) {
        0 | 1 => Fault::DropBefore,
        2 | 3 => Fault::DropAfter,
        4 => Fault::StatusAfter(Canned::status(500)),
        5 => Fault::StatusAfter(Canned::body(502, "<html>Bad Gateway</html>")),
        6 => Fault::AnswerInstead(Canned::code(503, "ServiceUnavailable")),
        7 => Fault::Hang { executed: true },
        8 => Fault::Hang { executed: false },
        9 => delay(2_500, Point::Before),
        10 => delay(13_000, Point::Before),
        11 => delay(2_500, Point::After),
        12 => Fault::Cut { bytes: 20 },
        13 => Fault::Repeat { copies: 1 },
        _ => throttle(),
    }
}

/// Without the hint the operator makes no call for a minute, and a soak would be a wait.
fn throttle() -> Fault {
    Fault::Throttle {
        retry_after_ms: Some(700),
    }
}

fn at_a_read(rng: &mut Rng) -> Fault {
    match rng.u8(..9) {
        0 => Fault::DropBefore,
        1 => Fault::DropAfter,
        2 => Fault::StatusAfter(Canned::status(500)),
        3 => Fault::AnswerInstead(Canned::code(503, "ServiceUnavailable")),
        4 => throttle(),
        5 => Fault::Delay {
            ms: 1_000,
            point: Point::After,
        },
        6 => Fault::Cut { bytes: 30 },
        _ => Fault::ListLag { ms: LAG_MS },
    }
}

/// A person restarts or deploys something in the console, or reboots an instance there.
fn somebody_else(cloud: &Control, rng: &mut Rng, targets: Targets) {
    let order = match rng.u8(..4) {
        0 => NewOrder::by_hand(plan::edas(rng.usize(..targets.edas))),
        1 => NewOrder::by_hand(plan::sae(rng.usize(..targets.sae))).of_type("CoDeploy"),
        2 => NewOrder::by_api(plan::sae(rng.usize(..targets.sae)), "290000000000000777"),
        _ => {
            cloud.reboot_by_hand(&plan::instance(rng.usize(..targets.instances)));
            return;
        }
    };
    // Refused while another order runs, as in the console.
    let _ = cloud.start_order(order);
}
