//! What happens, a line each: changes of the requests, from a watch, and calls to the cloud, from its ledger.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use cloudsim::{Ledger, RequestRecord, RestartRecord, Verdict};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use restart_operator::api::{ConditionType, Phase, RestartRequest, condition};

use super::{cloud::Cloud, samples::Request, shell::say};
use crate::support::{
    controlplane::{ControlPlane, users::User},
    failure::{Failure, Outcome, While},
};

/// Longest wait for the next end of a request. It takes 12 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// The requests as last seen, by name.
pub(super) type Objects = BTreeMap<String, RestartRequest>;

/// See the module.
pub(super) struct Story<'a> {
    began: Instant,
    watch: BoxStream<'static, Result<RestartRequest, watcher::Error>>,
    objects: Objects,
    /// What was last said of each request.
    said: HashMap<String, String>,
    cloud: &'a Cloud,
    /// What was already told of the cloud.
    version: u64,
    /// Executed restarts, by the call that caused them.
    restarts: HashMap<u64, RestartRecord>,
    /// Names of the requests, by application.
    names: HashMap<String, String>,
}

impl<'a> Story<'a> {
    pub(super) async fn begin(
        plane: &ControlPlane,
        cloud: &'a Cloud,
        requests: &[Request],
    ) -> Outcome<Self> {
        let api: Api<RestartRequest> = Api::all(plane.client(User::Admin).await?);
        let watch = watcher(api, watcher::Config::default())
            .default_backoff()
            .applied_objects()
            .boxed();
        Ok(Self {
            began: Instant::now(),
            watch,
            objects: Objects::new(),
            said: HashMap::new(),
            cloud,
            version: 0,
            restarts: HashMap::new(),
            names: requests
                .iter()
                .map(|request| (request.app.clone(), request.name.clone()))
                .collect(),
        })
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Tells what happens until this request has succeeded. Another end, and none, is a failure.
    pub(super) async fn until_succeeded(&mut self, name: &str) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.phase(name) != Some(Phase::Succeeded) {
            let ended = self
                .objects
                .get(name)
                .and_then(|object| object.status.as_ref()?.completion_time.as_ref());
            if ended.is_some() {
                return Err(Failure::new(format!("{name} did not succeed")));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let next = tokio::time::timeout(left, self.next()).await;
            next.unwrap_or_else(|_| {
                Err(Failure::new(format!(
                    "{name} did not end within {PATIENCE:?}"
                )))
            })?;
        }
        Ok(())
    }

    async fn next(&mut self) -> Outcome<()> {
        tokio::select! {
            object = self.watch.try_next() => self.see(object).await,
            news = self.cloud.news(self.version) => self.tell(news?).await,
        }
    }

    fn phase(&self, name: &str) -> Option<Phase> {
        Some(self.objects.get(name)?.status.as_ref()?.phase)
    }

    /// A change of a request. A phase that follows from an answer of the cloud is told after that answer.
    async fn see(&mut self, object: Result<Option<RestartRequest>, watcher::Error>) -> Outcome<()> {
        let Some(object) = object.while_doing("watch the requests")? else {
            return Err(Failure::new("the watch of the requests ended"));
        };
        let phase = object
            .status
            .as_ref()
            .map(|status| status.phase)
            .unwrap_or_default();
        if ![Phase::Pending, Phase::Submitting].contains(&phase) {
            let news = self.cloud.since(self.version).await?;
            Box::pin(self.tell(news)).await?;
        }
        self.keep(object);
        Ok(())
    }

    /// Keeps it, and says it if a column of `kubectl get` has changed.
    fn keep(&mut self, object: RestartRequest) {
        let name = object.metadata.name.clone().unwrap_or_default();
        let status = object.status.clone().unwrap_or_default();
        let progress = status
            .progress
            .map_or_else(|| "-".to_owned(), |progress| progress.display);
        let reason = condition::find(&status.conditions, ConditionType::Ready)
            .map_or("-", |ready| ready.reason.as_str());
        let line = format!(
            "{name:<18} {:<11} {progress:<4} {reason}",
            status.phase.as_str()
        );
        if self.said.get(&name) != Some(&line) {
            self.say(&line);
            self.said.insert(name.clone(), line);
        }
        self.objects.insert(name, object);
    }

    /// Tells what is new in the cloud, in the order in which it was answered.
    async fn tell(&mut self, news: Ledger) -> Outcome<()> {
        self.version = news.version();
        self.restarts.extend(
            news.restarts()
                .iter()
                .map(|restart| (restart.request, restart.clone())),
        );
        let mut answered: Vec<_> = news
            .all_requests()
            .iter()
            .filter(|request| request.verdict.is_some())
            .collect();
        answered.sort_by_key(|request| request.changed);
        for request in answered {
            self.call(request).await?;
        }
        Ok(())
    }

    async fn call(&mut self, request: &RequestRecord) -> Outcome<()> {
        let action = request.action.as_deref().unwrap_or(&request.path);
        let app = request.app.as_deref().unwrap_or_default();
        let said = match action {
            "RestartApplication" => {
                self.until_intent_is_seen(app).await?;
                self.restart(request)
            }
            "DescribeChangeOrder" => self.progress(request).await?,
            _ if request.is_served() => String::new(),
            _ => format!(": {}", outcome(request)),
        };
        self.say(&format!("   cloud  {action} {}{said}", short(app)));
        Ok(())
    }

    /// The intent was stored before the call was made, but its news may come here later.
    async fn until_intent_is_seen(&mut self, app: &str) -> Outcome<()> {
        let Some(name) = self.names.get(app).cloned() else {
            return Ok(());
        };
        while matches!(self.phase(&name), None | Some(Phase::Pending)) {
            let object = self.watch.try_next().await;
            Box::pin(self.see(object)).await?;
        }
        Ok(())
    }

    fn restart(&self, request: &RequestRecord) -> String {
        let options: Vec<_> = request
            .params
            .iter()
            .filter(|(name, _)| *name != "AppId")
            .collect();
        let options: String = options
            .iter()
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        let executed = match self.restarts.get(&request.seq) {
            Some(restart) => format!("executed, order {}", short(&restart.order)),
            None => "not executed".to_owned(),
        };
        format!("{options}: {}, {executed}", outcome(request))
    }

    async fn progress(&self, request: &RequestRecord) -> Outcome<String> {
        let Some(id) = request.params.get("ChangeOrderId") else {
            return Ok(String::new());
        };
        let order = self.cloud.order(id).await?;
        let done = order
            .pipelines
            .iter()
            .filter(|status| **status == 2)
            .count();
        Ok(format!(
            ": order {}, {done} of {} batches done",
            short(id),
            order.pipelines.len()
        ))
    }

    fn say(&self, line: &str) {
        say(&format!(
            "  {:>5.1} s  {line}",
            self.began.elapsed().as_secs_f32()
        ));
    }
}

fn outcome(request: &RequestRecord) -> String {
    match &request.verdict {
        Some(Verdict::Served) => "signature good".to_owned(),
        Some(Verdict::Refused { code, .. }) => format!("refused, {code}"),
        Some(Verdict::Faulted { .. }) => "answer lost".to_owned(),
        None => "no answer yet".to_owned(),
    }
}

/// Enough of an id to tell it from the others.
pub(super) fn short(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}
