//! What the products of Alibaba Cloud share: both signatures, the form of a call and of an answer,
//! the codes of the gateway that stands before every product, the window of a call. No product.
//!
//! `client` is the only file that waits for the network; all else is pure.

pub mod acs3;
pub mod answer;
pub mod call;
pub mod client;
pub mod gateway;
pub mod json;
pub mod roa;
pub mod window;
