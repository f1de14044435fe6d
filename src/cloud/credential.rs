//! Secret-bearing types. They have no `Clone`, `Display` or `Serialize`, their `Debug` prints
//! nothing of their content, and their memory is overwritten when they go.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// An access key, or a temporary one with its security token.
pub struct Credential {
    access_key_id: String,
    access_key_secret: SecretString,
    security_token: Option<SecretString>,
}

impl Credential {
    /// Takes the parts as they are; bounds are checked where they are read.
    #[must_use]
    pub fn new(id: String, secret: SecretString, token: Option<SecretString>) -> Self {
        Self {
            access_key_id: id,
            access_key_secret: secret,
            security_token: token,
        }
    }

    /// The access key id. Not secret, and still kept out of status and logs.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret: for a signer, and for nothing else.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.access_key_secret.expose_secret()
    }

    /// The security token of a temporary credential.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.security_token
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// 16 hex digits of a hash of the access key id: names a credential without showing it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        super::hex::lower(&Sha256::digest(self.access_key_id.as_bytes())[..8])
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(redacted)")
    }
}
