//! What the Volcengine part of a simulator is started with, and its switches.

use serde::{Deserialize, Serialize};

use super::fleet::{Instance, RebootPlan};

/// What the Volcengine part is started with.
#[derive(Clone, Debug, Default)]
pub struct VolcengineConfig {
    /// Instances that exist from the start.
    pub instances: Vec<Instance>,
    /// How reboots go for instances without a plan of their own.
    pub default_plan: RebootPlan,
    /// Answers to what the vendor does not document.
    pub switches: VolcengineSwitches,
}

/// Answers to questions about the real cloud that only a real account can settle. They can be
/// changed while the simulator runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VolcengineSwitches {
    /// Whether the query parameter `X-Expires` limits a signature in the `Authorization` header,
    /// too. If not, only the life of the configuration counts.
    pub expires_counts: bool,
    /// How long a `ClientToken` is remembered, by the simulator's clock. Milliseconds.
    pub token_life_ms: u64,
    /// Whether a `ClientToken` remembers an answer in which every instance was refused. If not, the
    /// same token is executed anew.
    pub replay_rejections: bool,
}

impl Default for VolcengineSwitches {
    /// `X-Expires` counts, a token lives 15 minutes, rejections are replayed.
    fn default() -> Self {
        Self {
            expires_counts: true,
            token_life_ms: 15 * 60 * 1_000,
            replay_rejections: true,
        }
    }
}
