//! What the products of Alibaba Cloud share: the V3 signature, the form of a call, the codes of
//! the gateway that stands before every product. No product, no network, no clock.

pub mod acs3;
pub mod call;
pub mod gateway;
