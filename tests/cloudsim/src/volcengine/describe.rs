//! ECS `DescribeInstances`.

use serde_json::{Value, json};

use super::call::Context;
use super::{page, params, wire};
use crate::Refusal;
use crate::product::Params;

/// Page size without `MaxResults`, however many ids are asked for.
const PAGE: usize = 10;

/// Most values of a filter.
const MOST: usize = 100;

/// Lists the instances of the region that pass every filter, by id. An id that is asked for and
/// does not exist is left out without an error.
pub(super) fn describe_instances(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    const KNOWN: [&str; 5] = [
        "InstanceIds.N",
        "InstanceTypeIds.N",
        "Status",
        "MaxResults",
        "NextToken",
    ];
    params::only(params, &KNOWN)?;
    let ids = params::filter(params, "InstanceIds", MOST)?;
    let types = params::filter(params, "InstanceTypeIds", MOST)?;
    let status = params.get("Status");
    let at = context.read_at();
    let residents = context.cloud.fleet.residents().filter(|resident| {
        let instance = &resident.instance;
        resident.is_visible(context.region(), at)
            && (ids.is_empty() || ids.contains(&instance.id))
            && (types.is_empty() || types.contains(&instance.type_id))
            && status.is_none_or(|status| status == resident.status(at))
    });
    let instances: Vec<_> = residents
        .map(|resident| wire::instance(resident, at))
        .collect();
    let total = instances.len();
    let (instances, next) = page::page(instances, params, PAGE)?;
    Ok(json!({ "Instances": instances, "NextToken": next, "TotalCount": total }))
}
