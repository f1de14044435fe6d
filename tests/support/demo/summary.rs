//! The end of the demo: what was asked beside what the cloud's ledger says was executed.

use cloudsim::Ledger;
use restart_operator::api::Phase;

use super::{
    OPERATOR, OPERATOR_NAMESPACE,
    cloud::Cloud,
    samples::Request,
    shell::say,
    story::{Objects, short},
};
use crate::support::{
    controlplane::{ControlPlane, audit::Requests},
    failure::Outcome,
};

/// One request, from all sides.
struct Row {
    name: String,
    app: String,
    phase: Phase,
    /// The change order that the status names.
    order: Option<String>,
    /// The change orders of the restarts that were executed for its application.
    executed: Vec<String>,
    /// Writes of its status to the API server.
    writes: usize,
    /// Calls to the cloud about its application.
    calls: usize,
}

pub(super) struct Summary(Vec<Row>);

impl Summary {
    /// Each request has an application of its own, so what is about the one is about the other.
    pub(super) async fn of(
        requests: &[Request],
        objects: &Objects,
        cloud: &Cloud,
        plane: &ControlPlane,
    ) -> Outcome<Self> {
        let ledger = cloud.ledger().await?;
        let user = format!("system:serviceaccount:{OPERATOR_NAMESPACE}:{OPERATOR}");
        let asked = plane
            .audit()?
            .user(&user)
            .resource("restartrequests")
            .subresource("status");
        Ok(Self(
            requests
                .iter()
                .map(|request| row(request, objects, &ledger, &asked))
                .collect(),
        ))
    }

    pub(super) fn print_table(&self) {
        let line = |cells: [&str; 6]| {
            let [name, app, executed, doubled, calls, writes] = cells;
            say(&format!(
                "  {name:<18} {app:<11} {executed:>8} {doubled:>8} {calls:>11} {writes:>13}"
            ));
        };
        line([
            "request",
            "application",
            "restarts",
            "doubled",
            "cloud calls",
            "status writes",
        ]);
        for row in &self.0 {
            let numbers = [row.executed.len(), row.doubled(), row.calls, row.writes];
            let [executed, doubled, calls, writes] = numbers.map(|number| number.to_string());
            line([
                &row.name,
                short(&row.app),
                &executed,
                &doubled,
                &calls,
                &writes,
            ]);
        }
    }

    /// The last lines. Gives whether all is as it should be.
    pub(super) fn print_verdict(&self) -> bool {
        let executed: usize = self.0.iter().map(|row| row.executed.len()).sum();
        let doubled: usize = self.0.iter().map(Row::doubled).sum();
        let lost = self.0.iter().filter(|row| row.executed.is_empty()).count();
        let succeeded = self
            .0
            .iter()
            .filter(|row| row.phase == Phase::Succeeded)
            .count();
        let asked = self.0.len();
        let differences: Vec<String> = self.0.iter().filter_map(Row::difference).collect();
        say(&format!(
            "\n{asked} restarts asked, {executed} executed by the cloud's ledger: {doubled} doubled, {lost} lost. \
             {succeeded} of {asked} Succeeded."
        ));
        for difference in &differences {
            say(&format!("NOT AS IT SHOULD BE: {difference}"));
        }
        differences.is_empty()
    }
}

impl Row {
    fn doubled(&self) -> usize {
        self.executed.len().saturating_sub(1)
    }

    fn difference(&self) -> Option<String> {
        let Self {
            name,
            phase,
            order,
            executed,
            ..
        } = self;
        match &executed[..] {
            _ if *phase != Phase::Succeeded => Some(format!("{name} is {}", phase.as_str())),
            [one] if Some(one) == order.as_ref() => None,
            [one] => Some(format!(
                "{name} names the order {order:?}, but the cloud executed {one}"
            )),
            other => Some(format!("{name} was executed {} times", other.len())),
        }
    }
}

fn row(request: &Request, objects: &Objects, ledger: &Ledger, asked: &Requests) -> Row {
    let status = objects
        .get(&request.name)
        .and_then(|object| object.status.clone())
        .unwrap_or_default();
    let about_it = |call: &&cloudsim::RequestRecord| call.app.as_deref() == Some(&request.app);
    Row {
        name: request.name.clone(),
        app: request.app.clone(),
        phase: status.phase,
        order: status.change_order.and_then(|order| order.id),
        executed: ledger
            .restarts_of(&request.app)
            .into_iter()
            .map(|restart| restart.order.clone())
            .collect(),
        writes: asked.clone().name(&request.name).verb("update").count(),
        calls: ledger.all_requests().iter().filter(about_it).count(),
    }
}
