//! A namespace for one test, with the users in it who would be in a real one.

use k8s_openapi::api::{
    core::v1::Namespace,
    rbac::v1::{Role, RoleBinding, RoleRef, Subject},
};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};

use super::{
    ControlPlane,
    install::kind,
    users::{User, write_private},
};
use crate::support::failure::{Outcome, While};

const RBAC: &str = "rbac.authorization.k8s.io";
/// In the folder of the control plane: the roles that a namespace of the operator needs.
const KEPT_ROLES: &str = "namespace-roles.json";

/// Creates one. `author` may edit and `reader` may view; `operator` has what it has at home.
pub async fn create(plane: &ControlPlane, prefix: &str) -> Outcome<String> {
    let client = plane.client(User::Admin).await?;
    let mut namespace = Namespace::default();
    namespace.metadata.generate_name = Some(format!("{prefix}-"));
    let created = Api::all(client.clone())
        .create(&PostParams::default(), &namespace)
        .await;
    let name = created
        .while_doing("create a namespace")?
        .metadata
        .name
        .unwrap_or_default();
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), &name);
    for (user, role) in [(User::Author, "edit"), (User::Reader, "view")] {
        let bound = bindings
            .create(&PostParams::default(), &bind(user, role))
            .await;
        bound.while_doing(format_args!("let {} into {name}", user.name()))?;
    }
    copy_roles(plane, &client, &name).await?;
    Ok(name)
}

/// Keeps the roles and bindings that the operator is given in its own namespace, for those to come.
pub fn keep_roles(plane: &ControlPlane, roles: &[Value]) -> Outcome<()> {
    let text = serde_json::to_string(roles).while_doing("keep the roles")?;
    write_private(&plane.folder().join(KEPT_ROLES), &text)
}

/// In tests each operator has a namespace of its own, for its Lease too. So it gets there the roles that
/// are shipped for its home.
async fn copy_roles(plane: &ControlPlane, client: &Client, namespace: &str) -> Outcome<()> {
    let Ok(kept) = std::fs::read_to_string(plane.folder().join(KEPT_ROLES)) else {
        // Nothing is installed here, so there are no roles to give.
        return Ok(());
    };
    let objects: Vec<Value> = serde_json::from_str(&kept).while_doing("read the kept roles")?;
    let doing = format!("give the operator its roles in {namespace}");
    let new = PostParams::default();
    for mut object in objects {
        object["metadata"]["namespace"] = json!(namespace);
        if kind(&object) == "Role" {
            let role: Role = serde_json::from_value(object).while_doing(&doing)?;
            let roles: Api<Role> = Api::namespaced(client.clone(), namespace);
            roles.create(&new, &role).await.while_doing(&doing)?;
        } else {
            let mut binding: RoleBinding = serde_json::from_value(object).while_doing(&doing)?;
            binding
                .subjects
                .get_or_insert_default()
                .push(subject(User::Operator));
            let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), namespace);
            bindings.create(&new, &binding).await.while_doing(&doing)?;
        }
    }
    Ok(())
}

/// Gives `user` a cluster role in the namespace that the binding is created in.
fn bind(user: User, role: &str) -> RoleBinding {
    let mut binding = RoleBinding {
        role_ref: RoleRef {
            api_group: Some(RBAC.into()),
            kind: "ClusterRole".into(),
            name: role.into(),
        },
        subjects: Some(vec![subject(user)]),
        ..RoleBinding::default()
    };
    binding.metadata.name = Some(user.name().into());
    binding
}

/// A user in the words of a binding.
pub fn subject(user: User) -> Subject {
    Subject {
        api_group: Some(RBAC.into()),
        kind: "User".into(),
        name: user.name().into(),
        namespace: None,
    }
}
