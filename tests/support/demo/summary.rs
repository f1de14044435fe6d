//! The end of the demo: what was asked beside what the cloud's ledger says was executed.

use cloudsim::{Ledger, RequestRecord};
use restart_operator::api::Phase;

use super::{
    cloud::Cloud,
    operator::Operator,
    samples::Request,
    shell::say,
    story::Objects,
    words::{message, short},
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
    message: String,
    /// The change order that the status names.
    order: Option<String>,
    /// The change orders of the restarts that were executed for its application.
    executed: Vec<String>,
    /// Calls to the cloud about its application.
    calls: usize,
    /// Writes of its status to the API server.
    writes: usize,
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
        let asked = plane
            .audit()?
            .user(&Operator::user())
            .resource("restartrequests")
            .subresource("status");
        let rows = requests
            .iter()
            .map(|request| row(request, objects, &ledger, &asked));
        Ok(Self(rows.collect()))
    }

    pub(super) fn print_table(&self) {
        say("  request            application  restarts  doubled  cloud calls  status writes");
        for Row {
            name,
            app,
            calls,
            writes,
            executed,
            ..
        } in &self.0
        {
            let (app, restarts, doubled) = (short(app), executed.len(), doubled(executed));
            say(&format!(
                "  {name:<18} {app:<11} {restarts:>9} {doubled:>8} {calls:>12} {writes:>14}"
            ));
        }
    }

    /// The last lines. Gives whether all is as it should be.
    pub(super) fn print_verdict(&self) -> bool {
        let rows = || self.0.iter();
        let asked = self.0.len();
        let executed: usize = rows().map(|row| row.executed.len()).sum();
        let doubled: usize = rows().map(|row| doubled(&row.executed)).sum();
        let lost = rows().filter(|row| row.executed.is_empty()).count();
        let succeeded = rows().filter(|row| row.phase == Phase::Succeeded).count();
        let differences: Vec<String> = rows().filter_map(Row::difference).collect();
        say(&format!(
            "\n{asked} restarts were asked for; the cloud's ledger has {executed}: {doubled} doubled, {lost} lost."
        ));
        say(&format!("{succeeded} of {asked} requests are Succeeded."));
        for difference in &differences {
            say(&format!("NOT AS IT SHOULD BE: {difference}"));
        }
        differences.is_empty()
    }
}

/// Restarts beyond the one that was asked for.
fn doubled(executed: &[String]) -> usize {
    executed.len().saturating_sub(1)
}

impl Row {
    fn difference(&self) -> Option<String> {
        let (name, phase, message) = (&self.name, self.phase.as_str(), &self.message);
        match &self.executed[..] {
            _ if self.phase != Phase::Succeeded => Some(format!("{name} is {phase}: {message}")),
            [one] if Some(one) == self.order.as_ref() => None,
            [one] => {
                let order = self.order.as_deref().unwrap_or("none");
                Some(format!(
                    "{name} names order {order}, but the cloud executed {one}"
                ))
            }
            other => Some(format!(
                "the restart of {name} was executed {} times",
                other.len()
            )),
        }
    }
}

fn row(request: &Request, objects: &Objects, ledger: &Ledger, asked: &Requests) -> Row {
    let object = objects.get(&request.name);
    let status = object
        .and_then(|object| object.status.clone())
        .unwrap_or_default();
    let executed = ledger.restarts_of(&request.app);
    let about_it = |call: &&RequestRecord| call.app.as_deref() == Some(&request.app);
    Row {
        name: request.name.clone(),
        app: request.app.clone(),
        phase: status.phase,
        message: message(&status),
        order: status.change_order.and_then(|order| order.id),
        executed: executed
            .into_iter()
            .map(|restart| restart.order.clone())
            .collect(),
        calls: ledger.all_requests().iter().filter(about_it).count(),
        writes: asked.clone().name(&request.name).verb("update").count(),
    }
}
