//! The shown call, bare metal, and what is said of instances.

use restart_operator::cloud::{
    error::Kind,
    types::VolcengineInstances,
    volcengine::{
        plan::{by_id, call_text, check_instances, is_bare_metal, running},
        wire::Instance,
    },
};

fn target(count: usize) -> VolcengineInstances {
    VolcengineInstances {
        region: "cn-beijing".into(),
        instance_ids: (1..=count).map(|n| format!("i-{n:062}")).collect(),
        force_stop: true,
        allow_bare_metal: false,
    }
}

#[test]
fn the_shown_call_is_bounded_and_says_what_it_leaves_out() {
    for count in [1, 10, 11, 12, 13, 100] {
        let text = call_text(&target(count));
        assert!(text.len() <= 1024, "{count}: {}", text.len());
        assert!(text.contains("X-Expires=120 ForceStop=true&InstanceIds.1=i-0"));
        assert!(!text.contains("ClientToken"));
        let shown = text.matches("InstanceIds.").count();
        if shown < count {
            let rest = format!(" and {} more", count - shown);
            assert!(text.ends_with(&rest), "{text}");
        }
    }
}

#[test]
fn a_type_is_bare_metal_by_its_family_or_by_being_odd() {
    for (type_id, metal) in [
        ("ecs.g3i.large", false),
        ("ecs.c1ie.2xlarge", false),
        ("ecs.ebmhpcpni2l.32xlarge", true),
        ("ecs.ebmg2.24xlarge", true),
        ("ecs.EBMg2.24xlarge", true),
        ("ecs.hpcebm.24xlarge", true),
        ("", true),
        ("ecs", true),
        ("ecs.g3i", true),
        ("ecs..large", true),
        ("ecs.g3i.", true),
        ("g3i.ecs.large", true),
        ("ecs.g3i.large.more", true),
    ] {
        assert_eq!(is_bare_metal(type_id), metal, "{type_id}");
    }
}

#[test]
fn absent_instances_are_named_and_counted() {
    let error = check_instances(&target(8), &by_id(vec![])).unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.ends_with(" and 3 more"), "{}", error.message);
}

#[test]
fn of_an_instance_that_is_listed_twice_the_later_entry_counts() {
    let instance = |status: &str| Instance {
        instance_id: target(1).instance_ids[0].clone(),
        status: status.into(),
        ..Instance::default()
    };
    let listed = by_id(vec![instance("RUNNING"), instance("STOPPING")]);
    let order = running(&target(1), &listed, &[]).unwrap();
    assert_eq!(order.kind, "STOPPING");
}

#[test]
fn a_state_without_a_name_is_motion() {
    let instance = Instance {
        instance_id: target(1).instance_ids[0].clone(),
        ..Instance::default()
    };
    let order = running(&target(1), &by_id(vec![instance]), &[]).unwrap();
    assert_eq!(order.kind, "UNKNOWN");
}
