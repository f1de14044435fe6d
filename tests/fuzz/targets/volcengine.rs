//! Every answer of Volcengine ECS, and what is concluded from instances and events.

use restart_operator::cloud::{
    exchange::Reply,
    types::{Following, OrderId, OrderState, PartState},
    volcengine::{
        classify::read_answer,
        evidence::{self, Events, Sighting},
        verdict::{Mark, Verdict, reboot_answer, worst},
        wire::{EventList, InstanceList},
    },
};

pub(crate) fn answers(data: &[u8]) {
    let Some(reply) = super::reply(data) else {
        return;
    };
    let ids = ["i-a".to_owned(), "i-b".to_owned()];
    a_reboot(&reply, &ids);
    let events = read_answer::<EventList>("DescribeSystemEvents", &reply);
    let events = events.inspect_err(super::check_error);
    let events = events.map_or(Events::Unavailable, |list| Events::Read(list.system_events));
    let instances = read_answer::<InstanceList>("DescribeInstances", &reply);
    let Ok(instances) = instances.inspect_err(super::check_error) else {
        return evidence_of(&ids, None, &events);
    };
    for instance in instances.instances {
        evidence_of(&ids, Some(&instance.status), &events);
    }
}

fn a_reboot(reply: &Reply, ids: &[String]) {
    match reboot_answer(reply, ids) {
        Verdict::Accepted { marks, .. } => {
            assert!((200..300).contains(&reply.status));
            assert_eq!(marks.len(), ids.len());
            assert!(marks.contains(&Mark::Accepted));
            super::check_report(&evidence::report(evidence::accepted(ids, marks)));
        }
        Verdict::EachRefused(errors) => {
            assert_eq!(errors.len(), ids.len());
            errors.iter().for_each(super::check_error);
            assert!(worst(errors).is_some());
        }
        Verdict::Refused(error) | Verdict::Ambiguous(error) => super::check_error(&error),
    }
}

/// Two looks at an instance of this status, beside events.
fn evidence_of(ids: &[String], status: Option<&str>, events: &Events) {
    let started = super::call().signed_at;
    let following = Following {
        named: false,
        taken: vec![],
        order: OrderId("token".into()),
        started,
        baseline: vec![],
        parts: vec![],
    };
    if let Events::Read(list) = events {
        for note in evidence::notes(list, evidence::events_since(started)) {
            super::check_text(&note, 8 * 128);
        }
    }
    for part in evidence::parts(ids, &following) {
        assert_eq!(part.state, PartState::Waiting, "nothing was seen yet");
        let seen = |seconds| Sighting {
            at: started + jiff::SignedDuration::from_secs(seconds),
            status: status.map(str::to_owned),
        };
        let once = evidence::judge(part.clone(), &seen(1), events, started);
        if matches!(events, Events::Unavailable) {
            // One look at an instance that runs proves no reboot.
            assert_ne!(once.state, PartState::Succeeded);
        }
        let twice = evidence::judge(once, &seen(2), events, started);
        let report = evidence::report(vec![part, twice]);
        super::check_report(&report);
        assert_ne!(report.state, OrderState::Succeeded, "one part still waits");
    }
}
