//! What happens, a line each: changes of the requests, from a watch, and calls to the cloud, from its ledger.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use cloudsim::{Ledger, RequestRecord, RestartRecord};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use restart_operator::api::{Phase, RestartRequest};

use super::{
    cloud::Cloud,
    request::Request,
    shell::{say, wrapped},
    words::{ids, message, options, outcome, reason, short, shorts},
};
use crate::support::{
    controlplane::{ControlPlane, users::User},
    failure::{Failure, Outcome, While},
};

/// Longest wait for the next end of a request. It takes 10 s.
const PATIENCE: Duration = Duration::from_mins(1);
/// In these phases nothing of the cloud's answer is known.
const BEFORE_THE_CALL: [Phase; 2] = [Phase::Pending, Phase::Submitting];
/// The status of a batch that was restarted.
const BATCH_DONE: i64 = 2;
const WATCH: &str = "watch the requests";

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
    /// Executed restarts, by the call that caused them: one for each application or ECS instance.
    restarts: HashMap<u64, Vec<RestartRecord>>,
    /// Names of the requests, by application or ECS instance.
    names: HashMap<String, String>,
}

impl<'a> Story<'a> {
    /// Begins to watch. What happens from now on is not missed, however late it is told.
    pub(super) async fn begin(
        plane: &ControlPlane,
        cloud: &'a Cloud,
        requests: &[Request],
    ) -> Outcome<Self> {
        let api: Api<RestartRequest> = Api::all(plane.client(User::Admin).await?);
        let mut events = watcher(api, watcher::Config::default())
            .default_backoff()
            .boxed();
        while !matches!(
            events.try_next().await.while_doing(WATCH)?,
            Some(watcher::Event::InitDone)
        ) {}
        let names = requests.iter().flat_map(|request| {
            let ids = request.subject.named.iter();
            ids.map(|id| (id.clone(), request.name.clone()))
        });
        Ok(Self {
            began: Instant::now(),
            watch: events.applied_objects().boxed(),
            objects: Objects::new(),
            said: HashMap::new(),
            cloud,
            version: 0,
            restarts: HashMap::new(),
            names: names.collect(),
        })
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Tells what happens until this request has ended, well or not. Gives up in the end, and says so:
    /// what came instead is a matter of the summary.
    pub(super) async fn until_ended(&mut self, name: &str) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended(name) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(next) = tokio::time::timeout(left, self.next()).await else {
                self.say(&format!("{name} did not end within {PATIENCE:?}"));
                return Ok(());
            };
            next?;
        }
        Ok(())
    }

    fn has_ended(&self, name: &str) -> bool {
        let status = self
            .objects
            .get(name)
            .and_then(|object| object.status.as_ref());
        status.is_some_and(|status| status.completion_time.is_some())
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
        let Some(object) = object.while_doing(WATCH)? else {
            return Err(Failure::new("the watch of the requests ended"));
        };
        let phase = object
            .status
            .as_ref()
            .map(|status| status.phase)
            .unwrap_or_default();
        if !BEFORE_THE_CALL.contains(&phase) {
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
            .as_ref()
            .map_or("-", |progress| &*progress.display);
        let phase = status.phase.as_str();
        let line = format!("{name:<18} {phase:<11} {progress:<5} {}", reason(&status));
        if self.said.get(&name) != Some(&line) {
            self.say(&line);
            self.said.insert(name.clone(), line);
            if [Phase::Resolving, Phase::Failed].contains(&status.phase) {
                explain(0, &message(&status));
            }
        }
        self.objects.insert(name, object);
    }

    /// Tells what is new in the cloud, in the order in which it was answered.
    async fn tell(&mut self, news: Ledger) -> Outcome<()> {
        self.version = news.version();
        for restart in news.restarts() {
            let of_call = self.restarts.entry(restart.request).or_default();
            of_call.push(restart.clone());
        }
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
        let product = request.product.as_deref().unwrap_or("cloud");
        let about = request.app.as_deref().unwrap_or_default();
        let line = format!("    {product}: {action} {}", shorts(about))
            .trim_end()
            .to_owned();
        match action {
            "RestartApplication"
            | "RestartInstances"
            | "BatchRestartApplications"
            | "RebootInstances" => {
                self.until_intent_is_seen(about).await?;
                self.say(&format!("{line}{}", options(request)));
                explain(4, &self.executed(request));
            }
            _ if !request.is_served() => self.say(&format!("{line}, {}", outcome(request))),
            "DescribeChangeOrder" | "GetChangeOrderInfo" => {
                let progress = self.progress(request).await?;
                self.say(&format!("{line}, {progress}"));
            }
            "DescribeInstances" => {
                let states = self.states(about).await?;
                self.say(&format!("{line}: {states}"));
            }
            _ => self.say(&line),
        }
        Ok(())
    }

    /// The intent was stored before the call was made, but its news may come here later.
    async fn until_intent_is_seen(&mut self, about: &str) -> Outcome<()> {
        let name = ids(about).find_map(|id| self.names.get(id));
        let Some(name) = name.cloned() else {
            return Ok(());
        };
        while matches!(self.phase(&name), None | Some(Phase::Pending)) {
            let object = self.watch.try_next().await;
            Box::pin(self.see(object)).await?;
        }
        Ok(())
    }

    /// What the cloud did with a restart call.
    fn executed(&self, request: &RequestRecord) -> String {
        let restarts = self.restarts.get(&request.seq);
        let of_ecs = request.product.as_deref() == Some("volcengine");
        let (verb, noun) = if of_ecs {
            ("rebooted", "event")
        } else {
            ("restarted", "order")
        };
        let each: Vec<String> = restarts
            .into_iter()
            .flatten()
            .map(|restart| {
                let (what, order) = (short(&restart.app), short(&restart.order));
                format!("{what} {verb} by {noun} {order}")
            })
            .collect();
        if each.is_empty() {
            format!("nothing executed, {}", outcome(request))
        } else {
            let each = each.join(", ");
            format!("signature good, {each}, {}", outcome(request))
        }
    }

    async fn progress(&self, request: &RequestRecord) -> Outcome<String> {
        let Some(id) = request.params.get("ChangeOrderId") else {
            return Ok("no order".to_owned());
        };
        let order = self.cloud.order(id).await?;
        let done = order
            .pipelines
            .iter()
            .filter(|status| **status == BATCH_DONE)
            .count();
        Ok(format!(
            "order {}: {done} of {} batches done",
            short(id),
            order.pipelines.len()
        ))
    }

    /// How these ECS instances stand.
    async fn states(&self, about: &str) -> Outcome<String> {
        let mut states = Vec::new();
        for id in ids(about).filter(|id| self.names.contains_key(*id)) {
            states.push(self.cloud.instance(id).await?);
        }
        Ok(states.join(", "))
    }

    fn say(&self, line: &str) {
        say(&format!(
            "  {:>5.1} s  {line}",
            self.began.elapsed().as_secs_f32()
        ));
    }
}

/// More about the last line, below it.
fn explain(indent: usize, text: &str) {
    for line in wrapped(text, 84 - indent).lines() {
        say(&format!("           {:indent$}{line}", ""));
    }
}
