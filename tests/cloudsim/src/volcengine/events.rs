//! ECS `DescribeSystemEvents`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::Context;
use super::errors::invalid_argument;
use super::fleet::Event;
use super::{page, params, wire};
use crate::Refusal;
use crate::product::Params;

/// Page size without `MaxResults`.
const PAGE: usize = 20;

/// How far back a list without `CreatedAtStart` goes.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What a list of events is narrowed to. An empty list narrows nothing.
struct Filters {
    resources: Vec<String>,
    kinds: Vec<String>,
    statuses: Vec<String>,
    from: Timestamp,
    to: Timestamp,
}

/// Lists events of instances of the region that pass every filter, newest first.
pub(super) fn describe_system_events(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let filters = Filters::read(params, context.now)?;
    let at = context.read_at();
    let fleet = &context.cloud.fleet;
    let in_region = |event: &Event| {
        let resident = fleet.get(&event.instance);
        resident.is_none_or(|resident| resident.instance.region == context.region())
    };
    let mut events: Vec<_> = fleet
        .events()
        .iter()
        .rev()
        .filter(|event| event.shown <= at && in_region(event) && filters.pass(event, at))
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.created));
    let (events, next) = page::page(events, params, PAGE)?;
    let events: Vec<_> = events
        .into_iter()
        .map(|event| wire::event(event, at))
        .collect();
    Ok(json!({ "SystemEvents": events, "NextToken": next }))
}

impl Filters {
    fn read(params: &Params, now: Timestamp) -> Result<Self, Refusal> {
        const KNOWN: [&str; 7] = [
            "ResourceIds.N",
            "Types.N",
            "Status.N",
            "CreatedAtStart",
            "CreatedAtEnd",
            "MaxResults",
            "NextToken",
        ];
        params::only(params, &KNOWN)?;
        let earliest = now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        Ok(Self {
            resources: params::filter(params, "ResourceIds", 100)?,
            kinds: params::filter(params, "Types", 100)?,
            statuses: params::filter(params, "Status", 10)?,
            from: moment(params, "CreatedAtStart")?.unwrap_or(earliest),
            to: moment(params, "CreatedAtEnd")?.unwrap_or(Timestamp::MAX),
        })
    }

    fn pass(&self, event: &Event, at: Timestamp) -> bool {
        let one_of = |wanted: &[String], value: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted == value)
        };
        one_of(&self.resources, &event.instance)
            && one_of(&self.kinds, &event.kind)
            && one_of(&self.statuses, event.status(at))
            && (self.from..=self.to).contains(&event.created)
    }
}

/// RFC 3339 with any offset.
fn moment(params: &Params, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| invalid_argument(name))
}
