//! restart-operator.
