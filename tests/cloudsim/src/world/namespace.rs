//! A namespace of SAE, and how the batch restarts of its applications go.
//!
//! How a batch restart shows in the lists is not documented, so most of it can be chosen here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OrderPlan;

/// A namespace. It also exists, with these defaults, as soon as an application is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Namespace {
    /// Namespace id: a region alone, or `region:short-name`.
    pub id: String,
    /// How the parent order of a batch goes. `None` means as long as its longest member: it
    /// succeeds if all members do, stays in status 1 if one of them never ends, and fails otherwise.
    pub parent_plan: Option<OrderPlan>,
    /// `CoTypeCode` of the parent order. No page names the real one.
    pub parent_type: String,
    /// Whether `DescribeChangeOrder` knows the parent order.
    pub parent_described: bool,
    /// Whether the abort of a parent order aborts its running members. A member that has not
    /// appeared yet starts all the same.
    pub abort_reaches_members: bool,
    /// `CoTypeCode` of the members' own orders.
    pub member_type: String,
    /// Milliseconds by which the order of an application appears later than the parent.
    pub late_ms: BTreeMap<String, u64>,
    /// Applications that get no order.
    pub without_order: BTreeSet<String>,
}

impl Default for Namespace {
    /// Members get their orders at once; an abort of the parent does not reach them.
    fn default() -> Self {
        Self {
            id: String::new(),
            parent_plan: None,
            parent_type: "CoBatchRestartApplication".to_owned(),
            parent_described: true,
            abort_reaches_members: false,
            member_type: "CoRestartApplication".to_owned(),
            late_ms: BTreeMap::new(),
            without_order: BTreeSet::new(),
        }
    }
}

impl Namespace {
    /// A namespace with the defaults.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    /// The same namespace in which this application gets its order late.
    #[must_use]
    pub fn with_late_member(mut self, app: impl Into<String>, late_ms: u64) -> Self {
        self.late_ms.insert(app.into(), late_ms);
        self
    }

    /// The same namespace in which this application gets no order.
    #[must_use]
    pub fn with_member_without_order(mut self, app: impl Into<String>) -> Self {
        self.without_order.insert(app.into());
        self
    }
}
