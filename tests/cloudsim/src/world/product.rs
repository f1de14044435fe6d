//! Which product of the cloud an application belongs to.

use serde::{Deserialize, Serialize};

use super::is_final;

/// A product that has applications and change orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductKind {
    /// Serverless App Engine.
    #[default]
    Sae,
    /// Enterprise Distributed Application Service.
    Edas,
}

impl ProductKind {
    /// The name used in the ledger and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sae => "sae",
            Self::Edas => "edas",
        }
    }

    /// Whether an order of this status has ended. EDAS has one final status more: 7, partly
    /// succeeded (`GetChangeOrderInfo` field `Status`).
    pub fn ends(self, status: i64) -> bool {
        is_final(status) || (self == Self::Edas && status == PARTLY_SUCCEEDED)
    }
}

/// EDAS order status 7.
const PARTLY_SUCCEEDED: i64 = 7;
