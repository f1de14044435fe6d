//! restart-operator.

pub mod cloud;
