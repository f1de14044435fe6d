//! A request as it arrived, without any connection attached to it.
//!
//! Because it is plain data it can be handled after its connection is gone and can be repeated.

use bytes::Bytes;

/// A request, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    /// In capitals, as sent.
    pub(crate) method: String,
    /// As sent, without the query.
    pub(crate) path: String,
    /// As sent, without the question mark; empty if there is none.
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim())
    }

    /// The access key id the request claims, good signature or not.
    pub(crate) fn claimed_key(&self) -> Option<String> {
        let header = self.header("authorization")?;
        if let Some(roa) = header.strip_prefix("acs ") {
            return roa.split_once(':').map(|(id, _)| id.to_owned());
        }
        let (_, rest) = header.split_once("Credential=")?;
        // Volcengine writes the credential scope after the id.
        Some(rest.split([',', '/']).next().unwrap_or(rest).to_owned())
    }

    /// The date of the signature as sent: `x-acs-date` in ACS3, `date` in ROA.
    pub(crate) fn signed_at(&self) -> Option<String> {
        let found = self.header("x-acs-date").or_else(|| self.header("date"));
        found.map(str::to_owned)
    }
}
