//! restart-operator.
fn main() {}
