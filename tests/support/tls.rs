//! One TLS implementation for the process. Nothing else lives here.

use std::sync::Once;

/// Chooses `ring`. To be called before anything opens TLS; further calls do nothing.
///
/// Without it reqwest panics when a client is built, and which test does so first is a matter of
/// luck. Everything in this folder that opens TLS calls it by itself.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error only says that somebody else in this process chose before us.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
