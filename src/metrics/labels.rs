//! The labels. Each value is a word of a closed list.

use prometheus_client::encoding::EncodeLabelSet;

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($label:ident),+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name { $(#[doc = "A word of a closed list."] pub $label: &'static str),+ }
    )+};
}

labels! {
    /// Of a product.
    ByProduct { product }
    /// Of a product's call.
    ByOperation { product, operation }
    /// Of a request by its phase.
    ByPhase { product, phase }
    /// Of a request by its end.
    ByOutcome { product, operation, outcome }
    /// Of a restart call by its answer.
    ByAnswer { product, operation, answer }
    /// Of a cloud call by its result.
    ByResult { product, operation, result }
    /// Of an account.
    ByReady { kind, ready }
    /// Of a watch.
    ByKind { kind }
    /// Of a pass.
    ByPass { result }
    /// Of a request to the API server.
    ByRequest { verb, resource, code }
}
