//! The credential in a Secret: one GET by name, three keys, bounds before use. No list, no watch.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::SecretString;
use zeroize::Zeroize;

use super::super::deadline;
use crate::{
    telemetry::Chain,
    {api::AccountReason, cloud::credential::Credential},
};

/// Longest access key id, secret and security token in bytes. The clouds' own are far shorter; a
/// token has no documented bound.
const BOUNDS: [(&str, usize); 3] = [
    ("accessKeyId", 128),
    ("accessKeySecret", 256),
    ("securityToken", 8 * 1024),
];

/// Why there is no credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoCredential {
    /// What the account's status says.
    pub reason: AccountReason,
    /// What was looked for and what to do.
    pub message: String,
}

/// Reads the credential.
pub(super) async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Credential, NoCredential> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let not_found = |message: String| NoCredential {
        reason: AccountReason::SecretNotFound,
        message,
    };
    match deadline(api.get_opt(name)).await {
        Ok(Some(secret)) => parse(secret).map_err(|what| NoCredential {
            reason: AccountReason::SecretInvalid,
            message: format!("Secret {namespace}/{name}: {what}"),
        }),
        Ok(None) => Err(not_found(format!(
            "Secret {namespace}/{name} does not exist; create it with the keys accessKeyId and \
             accessKeySecret"
        ))),
        Err(kube::Error::Api(status)) if status.is_forbidden() => Err(not_found(format!(
            "Secret {namespace}/{name} may not be read by the operator; grant its service account \
             `get` on this Secret by a Role in namespace {namespace}"
        ))),
        Err(error) => {
            tracing::warn!(
                error = %Chain(&error),
                namespace,
                name,
                "a Secret could not be read"
            );
            Err(NoCredential {
                reason: AccountReason::Checking,
                message: format!("Secret {namespace}/{name} cannot be read now; it is tried again"),
            })
        }
    }
}

/// Takes the three keys and overwrites what is left of the Secret.
fn parse(mut secret: Secret) -> Result<Credential, String> {
    let mut data = secret.data.take().unwrap_or_default();
    let [id, key, token] = BOUNDS.map(|(name, max)| {
        data.remove(name)
            .map(|bytes| text(name, bytes.0, max))
            .transpose()
    });
    for bytes in data.values_mut() {
        bytes.0.zeroize();
    }
    let missing = |name: &str| format!("the key {name} is missing");
    let id = id?.ok_or_else(|| missing(BOUNDS[0].0))?;
    let key = key?.ok_or_else(|| missing(BOUNDS[1].0))?;
    Ok(Credential::new(
        id,
        key.into(),
        token?.map(SecretString::from),
    ))
}

/// A value that can stand in a header: printable ASCII without blanks. A trailing newline, which
/// `echo` puts there, is cut. The value is never named in an error.
fn text(name: &str, bytes: Vec<u8>, max: usize) -> Result<String, String> {
    if bytes.len() > max {
        return Err(format!("the value of {name} is longer than {max} bytes"));
    }
    let value = String::from_utf8(bytes).map_err(|error| {
        error.into_bytes().zeroize();
        format!("the value of {name} is not text")
    })?;
    let trimmed = value.trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        return Err(format!("the value of {name} is empty"));
    }
    if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "the value of {name} has a blank or a character that is not ASCII"
        ));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    /// The keys of a Secret, and what is said of it.
    type Case<'a> = (&'a [(&'a str, &'a [u8])], &'a str);

    fn secret(keys: &[(&str, &[u8])]) -> Secret {
        let data = keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), ByteString(value.to_vec())));
        Secret {
            data: Some(data.collect()),
            ..Secret::default()
        }
    }

    #[test]
    fn the_three_keys_are_taken_and_a_trailing_newline_is_not() {
        let full = [
            ("accessKeyId", &b"ID\n"[..]),
            ("accessKeySecret", b"KEY\r\n"),
            ("securityToken", b"T"),
        ];
        let credential = parse(secret(&full)).unwrap();
        assert_eq!(
            (credential.id(), credential.secret(), credential.token()),
            ("ID", "KEY", Some("T"))
        );
    }

    #[test]
    fn a_bad_secret_is_named_by_key_and_never_by_value() {
        let canary = b"canary value";
        let cases: [Case<'_>; 5] = [
            (
                &[("accessKeySecret", b"KEY")],
                "the key accessKeyId is missing",
            ),
            (
                &[("accessKeyId", b"ID")],
                "the key accessKeySecret is missing",
            ),
            (
                &[("accessKeyId", b"ID"), ("accessKeySecret", canary)],
                "the value of accessKeySecret has a blank or a character that is not ASCII",
            ),
            (
                &[("accessKeyId", b"\n"), ("accessKeySecret", b"K")],
                "the value of accessKeyId is empty",
            ),
            (
                &[("accessKeyId", &[b'x'; 129]), ("accessKeySecret", b"K")],
                "the value of accessKeyId is longer than 128 bytes",
            ),
        ];
        for (keys, expected) in cases {
            assert_eq!(parse(secret(keys)).unwrap_err(), expected);
        }
    }
}
