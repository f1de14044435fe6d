//! The end of the demo: what was asked beside what the cloud's ledger says was executed.

use std::collections::BTreeSet;

use cloudsim::{Ledger, RequestRecord, RestartRecord};
use restart_operator::api::{Phase, RestartRequestStatus};

use super::{
    cloud::Cloud,
    operator::Operator,
    request::{End, Request, Subject},
    shell::say,
    story::Objects,
    words::{ids, message},
};
use crate::support::{
    controlplane::{ControlPlane, audit::Requests},
    failure::Outcome,
};

/// One request, from all sides.
struct Row<'a> {
    request: &'a Request,
    status: RestartRequestStatus,
    restarts: Vec<RestartRecord>,
    /// Applications and instances that were restarted; one that restarted twice is there twice.
    executed: Vec<String>,
    /// Calls to the cloud about its target.
    calls: usize,
    /// Writes of its status to the API server.
    writes: usize,
}

pub(super) struct Summary<'a>(Vec<Row<'a>>);

impl<'a> Summary<'a> {
    /// Each request has a target of its own, so what is about the one is about the other.
    pub(super) async fn of(
        requests: &'a [Request],
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
        say(
            "  request            kind                 asked  executed  doubled  cloud calls  status writes",
        );
        for row in &self.0 {
            let (name, kind) = (&row.request.name, row.request.subject.kind);
            let (asked, executed) = (row.request.subject.asked().len(), row.executed.len());
            let (doubled, calls, writes) = (row.doubled(), row.calls, row.writes);
            say(&format!(
                "  {name:<18} {kind:<19} {asked:>6} {executed:>9} {doubled:>8} {calls:>12} {writes:>14}"
            ));
        }
    }

    /// The last lines. Gives whether all is as it should be.
    pub(super) fn print_verdict(&self) -> bool {
        let rows = |end| self.0.iter().filter(move |row| row.request.end == end);
        let asked: usize = rows(End::Good)
            .map(|row| row.request.subject.asked().len())
            .sum();
        let executed: usize = self.0.iter().map(|row| row.executed.len()).sum();
        let doubled: usize = self.0.iter().map(Row::doubled).sum();
        let lost: usize = rows(End::Good).map(Row::lost).sum();
        let good = rows(End::Good).count();
        let succeeded = rows(End::Good)
            .filter(|row| row.status.phase == Phase::Succeeded)
            .count();
        let refused = rows(End::Refused)
            .filter(|row| row.difference().is_none())
            .count();
        let differences: Vec<String> = self.0.iter().filter_map(Row::difference).collect();
        say(&format!(
            "\n{asked} restarts were to be executed; the cloud's ledger has {executed}: {doubled} doubled, {lost} lost."
        ));
        say(&format!(
            "{succeeded} of {good} requests are Succeeded; {refused} is Failed as it should be, with nothing executed."
        ));
        for difference in &differences {
            say(&format!("NOT AS IT SHOULD BE: {difference}"));
        }
        differences.is_empty()
    }
}

impl Row<'_> {
    /// Restarts beyond the one that was asked for.
    fn doubled(&self) -> usize {
        let different: BTreeSet<&String> = self.executed.iter().collect();
        self.executed.len() - different.len()
    }

    /// What was asked for and did not restart.
    fn lost(&self) -> usize {
        let asked = self.request.subject.asked().iter();
        asked.filter(|id| !self.executed.contains(id)).count()
    }

    fn difference(&self) -> Option<String> {
        let (name, phase) = (&self.request.name, self.status.phase);
        let (asked, wanted) = match self.request.end {
            End::Good => (self.request.subject.asked().len(), Phase::Succeeded),
            End::Refused => (0, Phase::Failed),
        };
        let executed = self.executed.len();
        if phase != wanted {
            let (phase, message) = (phase.as_str(), message(&self.status));
            return Some(format!("{name} is {phase}: {message}"));
        }
        if executed != asked || (asked > 0 && self.lost() > 0) {
            return Some(format!(
                "{name} asked for {asked}, and the cloud executed {executed}: {}",
                self.executed.join(", ")
            ));
        }
        let stranger = self.restarts.iter().find(|restart| !self.names(restart))?;
        let order = &stranger.order;
        Some(format!("the status of {name} does not name order {order}"))
    }

    /// Whether the status names this restart: by its order, the order of the batch, or the token.
    fn names(&self, restart: &RestartRecord) -> bool {
        let order = self.status.change_order.as_ref();
        let order = order.and_then(|order| order.id.as_ref());
        let attempt = self.status.attempt.as_ref();
        let token = attempt.and_then(|attempt| attempt.client_token.as_ref());
        order.is_some_and(|id| *id == restart.order || Some(id) == restart.parent.as_ref())
            || (token.is_some() && token == restart.client_token.as_ref())
    }
}

fn row<'a>(request: &'a Request, objects: &Objects, ledger: &Ledger, asked: &Requests) -> Row<'a> {
    let subject = &request.subject;
    let object = objects.get(&request.name);
    let restarts: Vec<RestartRecord> = subject
        .named
        .iter()
        .flat_map(|id| ledger.restarts_in(subject.product, id))
        .cloned()
        .collect();
    let calls = ledger.all_requests().iter();
    Row {
        request,
        status: object
            .and_then(|object| object.status.clone())
            .unwrap_or_default(),
        executed: restarts.iter().flat_map(restarted).collect(),
        restarts,
        calls: calls.filter(|call| is_about(call, subject)).count(),
        writes: asked.clone().name(&request.name).verb("update").count(),
    }
}

/// The instances, or the application as a whole.
fn restarted(restart: &RestartRecord) -> Vec<String> {
    if restart.parts.is_empty() {
        vec![restart.app.clone()]
    } else {
        restart.parts.clone()
    }
}

/// A call names applications or instances, or the namespace of a batch.
fn is_about(call: &RequestRecord, subject: &Subject) -> bool {
    let named = call.app.as_deref().unwrap_or_default();
    let by_name = ids(named).any(|id| subject.named.iter().any(|ours| ours == id));
    let namespace = call.params.get("NamespaceId");
    by_name || (namespace.is_some() && namespace == subject.namespace.as_ref())
}
