//! The calls of ECS, one function each: sign, send, classify, tell the observer. What follows from
//! an answer is not decided here.
//!
//! A reboot call is signed with the date of its stored intent and sent once. All else is signed
//! with the present time. Looks at instances that are followed share their reads, by `book`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::{
    book::{Book, READ_MAX},
    call::{self, borrowed, numbered},
    classify::{self, REBOOT},
    evidence::Sighting,
    verdict::{self, Verdict},
    wire::{EventList, Instance, InstanceList, SystemEvent},
};
use crate::cloud::{
    Access, Clock,
    error::{CloudError, Delivery, Kind},
    exchange::Reply,
    http::Http,
    observer::CallObserver,
    types::{Product, Submission, VolcengineInstances},
};

pub(super) const INSTANCES: &str = "DescribeInstances";
pub(super) const EVENTS: &str = "DescribeSystemEvents";

/// Pages that one read asks for at most. One page is enough for the ids of one request.
const PAGES: usize = 10;

/// Sends the calls.
pub(super) struct Client {
    http: Http,
    pub(super) clock: Arc<dyn Clock>,
    observer: Arc<dyn CallObserver>,
    books: Mutex<HashMap<Place, Arc<Shared>>>,
}

/// Whoever asks with the same credential in the same place gets the same answer.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    credential: String,
    region: String,
    endpoint: String,
}

#[derive(Default)]
struct Shared {
    book: Mutex<Book>,
    /// Held while a read is made: who waits for it finds its answer in the book.
    turn: tokio::sync::Mutex<()>,
}

/// An accepted answer and the cloud's clock.
#[derive(Debug)]
pub(super) struct Timed<T> {
    pub(super) data: T,
    /// `Date` header.
    pub(super) date: Option<Timestamp>,
    /// Cloud clock minus ours.
    pub(super) offset: Option<SignedDuration>,
}

/// A list that is read in pages.
trait Paged: DeserializeOwned {
    type Item;
    fn into_page(self) -> (Vec<Self::Item>, String);
}

impl Paged for InstanceList {
    type Item = Instance;
    fn into_page(self) -> (Vec<Instance>, String) {
        (self.instances, self.next_token)
    }
}

impl Paged for EventList {
    type Item = SystemEvent;
    fn into_page(self) -> (Vec<SystemEvent>, String) {
        (self.system_events, self.next_token)
    }
}

impl Client {
    pub(super) fn new(http: Http, clock: Arc<dyn Clock>, observer: Arc<dyn CallObserver>) -> Self {
        Self {
            http,
            clock,
            observer,
            books: Mutex::default(),
        }
    }

    /// What is seen of instances that are followed: one sighting for each id. The read behind it is
    /// shared with everybody who looks at about the same time.
    pub(super) async fn look(
        &self,
        access: &Access,
        region: &str,
        ids: &[String],
    ) -> Result<Vec<Sighting>, CloudError> {
        let shared = self.shared(access, region);
        lock(&shared.book).want(ids, self.clock.boot());
        let _turn = shared.turn.lock().await;
        if let Some(answer) = lock(&shared.book).fresh(ids, self.clock.boot()) {
            return answer;
        }
        let batch = lock(&shared.book).batch(ids);
        let read = self.sight(access, region, &shared, &batch).await;
        // Another's id may be what was refused: then everybody asks for himself.
        let read = match read {
            Err(error) if error.delivery == Delivery::Refused && batch.len() > ids.len() => {
                self.sight(access, region, &shared, ids).await
            }
            read => read,
        };
        match read {
            Ok(seen) => Ok(seen.into_iter().take(ids.len()).collect()),
            Err(error) => {
                lock(&shared.book).note_failure(error.clone(), self.clock.boot());
                Err(error)
            }
        }
    }

    /// These are about to be rebooted: what was seen of them before says nothing any more.
    pub(super) fn forget(&self, access: &Access, region: &str, ids: &[String]) {
        lock(&self.shared(access, region).book).forget(ids);
    }

    // One sighting for each id, in their order.
    async fn sight(
        &self,
        access: &Access,
        region: &str,
        shared: &Shared,
        ids: &[String],
    ) -> Result<Vec<Sighting>, CloudError> {
        let began = self.clock.boot();
        let named: Vec<&str> = ids.iter().map(String::as_str).collect();
        let read = self.instances(access, region, &named).await?;
        let at = read.date.unwrap_or_else(|| self.clock.wall());
        let listed: HashMap<String, String> = read
            .data
            .into_iter()
            .map(|instance| (instance.instance_id, instance.status))
            .collect();
        let seen = ids.iter().map(|id| Sighting {
            at,
            status: listed.get(id).cloned(),
        });
        let seen: Vec<Sighting> = seen.collect();
        lock(&shared.book).note(ids, &seen, began, self.clock.boot());
        Ok(seen)
    }

    fn shared(&self, access: &Access, region: &str) -> Arc<Shared> {
        let now = self.clock.boot();
        let place = Place {
            credential: access.credential.fingerprint(),
            region: region.to_owned(),
            endpoint: access.endpoint.clone(),
        };
        let mut books = lock(&self.books);
        // Who holds a book is about to use it.
        books.retain(|_, shared| Arc::strong_count(shared) > 1 || !lock(&shared.book).is_idle(now));
        books.entry(place).or_default().clone()
    }

    /// `DescribeInstances` of at most 100 ids. Those that do not exist are not in the answer.
    pub(super) async fn instances(
        &self,
        access: &Access,
        region: &str,
        ids: &[&str],
    ) -> Result<Timed<Vec<Instance>>, CloudError> {
        let query = numbered("InstanceIds", ids);
        self.list::<InstanceList>(access, region, INSTANCES, query)
            .await
    }

    /// `DescribeSystemEvents` of at most 100 instances, created at `since` or later. `only` is one
    /// more filter.
    pub(super) async fn events(
        &self,
        access: &Access,
        region: &str,
        ids: &[&str],
        only: (&str, &str),
        since: Timestamp,
    ) -> Result<Timed<Vec<SystemEvent>>, CloudError> {
        let mut query = numbered("ResourceIds", ids);
        query.push((only.0.to_owned(), only.1.to_owned()));
        query.push(("CreatedAtStart".to_owned(), since.to_string()));
        self.list::<EventList>(access, region, EVENTS, query).await
    }

    /// `RebootInstances`, once.
    pub(super) async fn reboot(
        &self,
        access: &Access,
        target: &VolcengineInstances,
        submission: &Submission,
    ) -> Verdict {
        let outgoing = call::reboot(access, target, submission);
        let started = self.clock.boot();
        let reply = self.http.submit(&outgoing).await;
        let verdict = match &reply {
            Ok(reply) => verdict::reboot_answer(reply, &target.instance_ids),
            Err(failure) => verdict::reboot_failure(failure),
        };
        let kind = match &verdict {
            Verdict::Accepted { .. } => None,
            Verdict::Refused(error) | Verdict::Ambiguous(error) => Some(error.kind),
            Verdict::EachRefused(errors) => errors.first().map(|error| error.kind),
        };
        self.observe(REBOOT, kind, started, self.offset(reply.as_ref().ok()));
        verdict
    }

    // All pages. The time is that of the first one: what happened later may not be in the list.
    async fn list<L: Paged>(
        &self,
        access: &Access,
        region: &str,
        action: &'static str,
        mut query: Vec<(String, String)>,
    ) -> Result<Timed<Vec<L::Item>>, CloudError> {
        query.push(("MaxResults".to_owned(), READ_MAX.to_string()));
        let first = self.read::<L>(access, region, action, &query).await?;
        let (mut items, mut next) = first.data.into_page();
        for _ in 1..PAGES {
            if next.is_empty() {
                break;
            }
            let mut following = query.clone();
            following.push(("NextToken".to_owned(), next));
            let page = self.read::<L>(access, region, action, &following).await?;
            let (more, then) = page.data.into_page();
            items.extend(more);
            next = then;
        }
        if next.is_empty() {
            Ok(Timed {
                data: items,
                date: first.date,
                offset: first.offset,
            })
        } else {
            Err(classify::unexpected(action, "the list does not end"))
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        access: &Access,
        region: &str,
        action: &'static str,
        query: &[(String, String)],
    ) -> Result<Timed<T>, CloudError> {
        let now = self.clock.wall();
        let outgoing = call::read(access, region, action, &borrowed(query), now);
        let started = self.clock.boot();
        let reply = self.http.read(&outgoing).await;
        let offset = self.offset(reply.as_ref().ok());
        let understood = match &reply {
            Ok(reply) => classify::read_answer(action, reply),
            Err(failure) => Err(classify::failed(action, failure)),
        };
        let kind = understood.as_ref().err().map(|error| error.kind);
        self.observe(action, kind, started, offset);
        let date = reply.ok().and_then(|reply| reply.date());
        Ok(Timed {
            data: understood?,
            date,
            offset,
        })
    }

    // The header has whole seconds, so the offset has too.
    fn offset(&self, reply: Option<&Reply>) -> Option<SignedDuration> {
        let cloud = reply?.date()?.as_second();
        Some(SignedDuration::from_secs(
            cloud - self.clock.wall().as_second(),
        ))
    }

    fn observe(
        &self,
        operation: &'static str,
        result: Option<Kind>,
        started: Duration,
        offset: Option<SignedDuration>,
    ) {
        let elapsed = self.clock.boot().saturating_sub(started);
        self.observer
            .called(Product::Volcengine, operation, result, elapsed, offset);
    }
}

// Each change under these locks is complete in itself, so a poisoned one is as good as a clean one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
