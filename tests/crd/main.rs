//! The three kinds without a server: what is shipped, what their schemas say, what their rules decide, and
//! that everything which is accepted can be read. What only a server can decide is in `tests/admission`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as it should be, and shares with its neighbours"
)]

mod rules;
mod samples;
mod schema;
mod shipped;
mod table;
