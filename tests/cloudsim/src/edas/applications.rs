//! EDAS `QueryApplicationStatus` and `ListApplication`.
//!
//! `ClusterType` of the list decides which restart call is legal for an application.

use serde_json::{Value, json};

use super::wire::wrapped;
use super::{params, wire};
use crate::Refusal;
use crate::product::{Context, Params};
use crate::world::{Application, ApplicationStatus, ProductKind};

/// `PageSize` of `ListApplication` if none is asked for; the real one is not documented.
const USUAL_PAGE_SIZE: usize = 20;
/// `AppState` of an ECC that runs.
const ECC_RUNNING: i64 = 7;
/// `AppState` of an ECC that is stopped.
const ECC_STOPPED: i64 = 1;

/// An application with its ECCs: the check that the ids of `EccInfo` belong to it.
pub(super) fn query_application_status(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let app = params::required(params, "AppId")?;
    params::only(params, &["AppId"])?;
    let application = context
        .application(app)
        .ok_or_else(|| wire::no_application(app))?;
    let created = context.world.application_created(app);
    let created = created.unwrap_or(context.now).as_millisecond();
    let ids = application.instance_ids();
    let group = json!({
        "GroupId": group_of(app),
        "GroupName": "_DEFAULT_GROUP",
        "GroupType": 0,
        "AppId": app,
        "CreateTime": created,
        "UpdateTime": created,
    });
    Ok(json!({ "AppInfo": {
        "Application": {
            "ApplicationId": app,
            "Name": application.name,
            "ClusterId": cluster_of(application),
            "RegionId": application.namespace,
            "InstanceCount": ids.len(),
            "RunningInstanceCount": application.running_instances,
            "CreateTime": created,
        },
        "EccList": wrapped("Ecc", ids.iter().map(|id| ecc(application, id, created))),
        "EcuList": wrapped("Ecu", []),
        "GroupList": wrapped("Group", [group]),
        "DeployRecordList": wrapped("DeployRecord", []),
    } }))
}

/// Applications by id, in pages; the answer has no paging numbers.
pub(super) fn list_application(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Value, Refusal> {
    let known = ["AppIds", "AppName", "ClusterId", "CurrentPage", "PageSize"];
    params::only(params, &known)?;
    let ids = params::json_ids(params, "AppIds")?;
    let name = params::optional(params, "AppName");
    let cluster = params::optional(params, "ClusterId");
    let page = params::number(params, "CurrentPage", 1)?;
    let size = params::number(params, "PageSize", USUAL_PAGE_SIZE)?;
    let all = context.world.applications();
    let found = all
        .filter(|it| it.product == ProductKind::Edas)
        .filter(|it| ids.as_ref().is_none_or(|ids| ids.contains(&it.id)))
        .filter(|it| name.is_none_or(|name| it.name == name))
        .filter(|it| cluster.is_none_or(|cluster| cluster == cluster_of(it)));
    let found = found.skip((page - 1).saturating_mul(size)).take(size);
    Ok(json!({ "ApplicationList": wrapped("Application", found.map(listed)) }))
}

fn listed(application: &Application) -> Value {
    json!({
        "AppId": application.id,
        "Name": application.name,
        "ApplicationType": "FatJar",
        "ClusterType": application.cluster_type,
        "ClusterId": cluster_of(application),
        "Instances": application.instance_ids().len(),
        "RunningInstanceCount": application.running_instances,
        "State": application.status.as_str(),
        "NamespaceId": application.namespace,
        "RegionId": application.namespace,
    })
}

fn ecc(application: &Application, id: &str, created: i64) -> Value {
    let state = match application.status {
        ApplicationStatus::Running => ECC_RUNNING,
        ApplicationStatus::Stopped | ApplicationStatus::Unknown => ECC_STOPPED,
    };
    json!({
        "EccId": id,
        "EcuId": format!("{id}-ecu"),
        "AppId": application.id,
        "GroupId": group_of(&application.id),
        "Ip": "192.0.2.1",
        "AppState": state,
        "TaskState": 0,
        "ContainerStatus": "running",
        "CreateTime": created,
        "UpdateTime": created,
    })
}

/// All applications of one cluster type are in one cluster.
fn cluster_of(application: &Application) -> String {
    format!("cluster-{}", application.cluster_type)
}

fn group_of(app: &str) -> String {
    format!("{app}-group")
}
