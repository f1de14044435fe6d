//! The wire format of Kubernetes: group `restart-operator.dev`, version `v1alpha1`.
//!
//! What lives here: the fields of the three kinds with their bounds, defaults, admission rules and
//! columns, and the closed lists of words that their status uses. The comments on fields are
//! printed by `kubectl explain`, so they are written for users.
//!
//! What may not live here: behaviour. No clock, no client, nothing of the other modules. A field
//! added later must be an `Option` or carry a default, because objects written by an older
//! version have to stay readable.
//!
//! Three places carry a field, and all three are needed: its Rust type (decoding), its bounds in
//! the schema (admission), its rule in `rules` or `fence` (what may change).

#![expect(
    clippy::doc_markdown,
    reason = "the comments on fields are printed by kubectl explain, where backticks are noise"
)]
#![expect(
    clippy::duplicated_attributes,
    reason = "two columns of one kind may have the same type; the lint takes them for one attribute"
)]
#![expect(
    unreachable_pub,
    reason = "the schema derive copies every struct, `pub` included, into a function"
)]

mod closed_list;
mod fence;
mod rules;

pub mod account;
pub mod account_parts;
pub mod attempt;
pub mod bounds;
pub mod cluster_account;
pub mod condition;
pub mod crds;
pub mod reason;
pub mod request;
pub mod status;
pub mod target;

pub use account::{CloudAccount, CloudAccountSpec, SecretCredentials};
pub use account_parts::{
    AssumeRole, CloudAccountStatus, CloudProvider, Creators, Guards, Identity, SecretRef,
    SignatureAlgorithm,
};
pub use attempt::{
    Answer, Attempt, Attribution, ChangeOrder, ErrorDetail, TargetState, TargetStatus,
};
pub use cluster_account::{
    AllowedNamespaces, AllowedTargets, ClusterCloudAccount, ClusterCloudAccountSpec,
    ClusterCredentials, Endpoints, InstanceRole, NamespaceSelector, Oidc,
};
pub use condition::{Condition, ConditionStatus, ConditionType};
pub use reason::{AccountReason, Reason};
pub use request::{AccountKind, AccountRef, Resolution, RestartRequest, RestartRequestSpec};
pub use status::{ForeignOrder, Phase, Preflight, Progress, Queue, RestartRequestStatus, Warning};
pub use target::{
    EdasApplication, SaeApplication, SaeApplications, SaeInstances, TargetKind, TargetSpec,
    VolcengineInstances,
};

/// The API group of all kinds.
pub const GROUP: &str = "restart-operator.dev";

/// The version that is served and stored.
pub const VERSION: &str = "v1alpha1";
