//! SAE `ListApplications`, `DescribeApplicationGroups` and `DescribeApplicationInstances`.
//!
//! An application has one group, which has all its instances.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::page::Page;
use super::params;
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Application, Order, ProductKind, no_application};

/// `PageSize` of `ListApplications` if none is asked for, and the largest one.
const APPLICATIONS: (usize, i64) = (20, 10_000);
/// The same of `DescribeApplicationInstances`.
const INSTANCES: (usize, i64) = (10, 100);
/// The same of `DescribeApplicationGroups`.
const GROUPS: (usize, i64) = (10, 100);

/// Applications by id, filtered by `NamespaceId`, `AppName` and, as `FieldType`, `appIds` or
/// `appName`.
pub(super) fn list_applications(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let known = [
        "NamespaceId",
        "AppName",
        "FieldType",
        "FieldValue",
        "CurrentPage",
        "PageSize",
    ];
    params::only(params, &known)?;
    let page = Page::read(params, APPLICATIONS.0, APPLICATIONS.1)?;
    let namespace = params::optional(params, "NamespaceId");
    let name = params::optional(params, "AppName");
    let field = Field::read(params)?;
    let all = context.world.applications();
    let found: Vec<&Application> = all
        .filter(|it| it.product == ProductKind::Sae)
        .filter(|it| namespace.is_none_or(|wanted| it.namespace == wanted))
        .filter(|it| name.is_none_or(|wanted| it.name == wanted) && field.wants(it))
        .collect();
    let items = page.cut(&found).iter().map(|it| application(it));
    Ok(json!({
        "Applications": items.collect::<Vec<_>>(),
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": found.len(),
    }))
}

/// The only group. `Data` is an array here.
pub(super) fn describe_application_groups(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    params::only(params, &["AppId", "CurrentPage", "PageSize"])?;
    let page = Page::read(params, GROUPS.0, GROUPS.1)?;
    let application = context
        .application(app)
        .ok_or_else(|| no_application(app))?;
    let groups = [json!({
        "GroupId": group_of(app),
        "GroupName": "_DEFAULT_GROUP",
        "GroupType": 0,
        "Replicas": application.instance_ids().len(),
        "RunningInstances": application.running_instances,
        "PackageType": "Image",
        "PackageUrl": "",
        "PackageVersion": "1",
        "PackageVersionId": "",
        "ImageUrl": "",
    })];
    Ok(page.cut(&groups).into())
}

/// The instances of the group, in pages.
pub(super) fn describe_application_instances(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    let group = params::required(params, "GroupId")?;
    let known = [
        "AppId",
        "GroupId",
        "InstanceId",
        "CurrentPage",
        "PageSize",
        "Reverse",
    ];
    params::only(params, &known)?;
    let page = Page::read(params, INSTANCES.0, INSTANCES.1)?;
    let reverse = params::boolean(params, "Reverse")?.unwrap_or(false);
    let wanted = params::optional(params, "InstanceId");
    let application = context
        .application(app)
        .ok_or_else(|| no_application(app))?;
    if group != group_of(app) {
        let message = format!("The group {group} does not belong to the application.");
        return Err(params::invalid_because(message));
    }
    let mut ids = application.instance_ids();
    ids.retain(|id| wanted.is_none_or(|wanted| wanted == id));
    if reverse {
        ids.reverse();
    }
    let items = page.cut(&ids).iter().map(|id| instance(context, app, id));
    Ok(json!({
        "Instances": items.collect::<Vec<_>>(),
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": ids.len(),
    }))
}

/// `FieldType` and `FieldValue`.
enum Field<'a> {
    Any,
    Ids(Vec<&'a str>),
    Name(&'a str),
}

impl<'a> Field<'a> {
    fn read(params: &'a Params) -> Result<Self, Refusal> {
        let value = params::optional(params, "FieldValue");
        match (params::optional(params, "FieldType"), value) {
            (None, None) => Ok(Self::Any),
            (Some("appIds"), Some(value)) => Ok(Self::Ids(value.split(',').collect())),
            (Some("appName"), Some(value)) => Ok(Self::Name(value)),
            (None, Some(_)) => Err(params::invalid("FieldValue")),
            (Some(_), _) => Err(params::invalid("FieldType")),
        }
    }

    fn wants(&self, application: &Application) -> bool {
        match self {
            Self::Any => true,
            Self::Ids(ids) => ids.contains(&application.id.as_str()),
            Self::Name(name) => application.name == *name,
        }
    }
}

fn application(application: &Application) -> Value {
    json!({
        "AppId": application.id,
        "AppName": application.name,
        "AppDescription": "",
        "NamespaceId": application.namespace,
        "RegionId": application.namespace.split(':').next(),
        "Instances": application.instance_ids().len(),
        "RunningInstances": application.running_instances,
        "AppDeletingStatus": false,
        "Tags": [],
        "Children": [],
    })
}

fn instance(context: &Context<'_>, app: &str, id: &str) -> Value {
    let created = context.world.application_created(app);
    let created = created.unwrap_or(context.now).as_millisecond();
    let mut orders = context.world.orders_of(app);
    let restarts = orders
        .by_ref()
        .filter(|order| restarted(order, id, context.now));
    json!({
        "InstanceId": id,
        "GroupId": group_of(app),
        "InstanceContainerStatus": "Running",
        "InstanceHealthStatus": "WithoutHealthCheckConfig",
        "InstanceContainerRestarts": restarts.count(),
        "InstanceContainerIp": "192.0.2.1",
        "ImageUrl": "",
        "PackageVersion": "1",
        "CreateTimeStamp": created,
        "FinishTimeStamp": created,
        "VSwitchId": "",
        "Eip": "",
        "TrafficStatus": "",
        "UnhealthyMessage": "",
    })
}

/// Whether an ended order has restarted this instance's container.
fn restarted(order: &Order, instance: &str, now: Timestamp) -> bool {
    let ended = order.progress(now).finished.is_some();
    ended && order.has_appeared(now) && order.restarted_parts().iter().any(|it| it == instance)
}

fn group_of(app: &str) -> String {
    format!("{app}-group")
}
