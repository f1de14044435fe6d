//! The pure half of Volcengine: what an answer means, what a look proves, who shares a read, what a
//! reboot would do.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod answers;
mod book;
mod codes;
mod evidence;
mod plan;
mod reads;
