//! The `Authorization` header of Volcengine, taken apart.

/// Name of the scheme, first word of the header and of the string to sign.
pub(super) const SCHEME: &str = "HMAC-SHA256";

/// Last part of a credential scope.
pub(super) const SCOPE_END: &str = "request";

/// The `Authorization` header taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// First part of `Credential`.
    pub access_key_id: String,
    /// The rest of `Credential`.
    pub scope: Scope,
    /// `SignedHeaders`, in the order given.
    pub signed_headers: Vec<String>,
    /// `Signature`, lower-case hexadecimal.
    pub signature: String,
}

/// What a signature is good for. Region and service of a call are told nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// Region, for example `cn-beijing`.
    pub region: String,
    /// Service, for example `ecs`.
    pub service: String,
}

impl Scope {
    /// `date/region/service/request`.
    pub fn text(&self) -> String {
        let Self {
            date,
            region,
            service,
        } = self;
        format!("{date}/{region}/{service}/{SCOPE_END}")
    }
}

/// What is wrong with a header that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not of the scheme's form.
    Header,
    /// `Credential` has not the five parts of a credential.
    Credential,
    /// Access key id, region or service is empty.
    Information,
    /// `Signature` is absent or empty.
    Signature,
}

impl Authorization {
    /// Takes apart `HMAC-SHA256 Credential=id/scope, SignedHeaders=a;b, Signature=…`. The space
    /// after a comma may be absent.
    pub fn parse(header: &str) -> Result<Self, Malformed> {
        let parts = header
            .strip_prefix(SCHEME)
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or(Malformed::Header)?;
        let mut parts = parts.split(',').map(str::trim);
        let mut next = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let credential = next("Credential").ok_or(Malformed::Header)?;
        let signed = next("SignedHeaders").ok_or(Malformed::Header)?;
        let signature = next("Signature").unwrap_or_default();
        if signature.is_empty() {
            return Err(Malformed::Signature);
        }
        if signed.is_empty() || parts.next().is_some() {
            return Err(Malformed::Header);
        }
        let (access_key_id, scope) = read_credential(credential)?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: signed.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }
}

fn read_credential(credential: &str) -> Result<(String, Scope), Malformed> {
    let parts: Vec<_> = credential.split('/').map(str::to_owned).collect();
    let [id, date, region, service, end] =
        <[String; 5]>::try_from(parts).map_err(|_| Malformed::Credential)?;
    if end != SCOPE_END || date.len() != 8 {
        return Err(Malformed::Credential);
    }
    if [&id, &region, &service].iter().any(|part| part.is_empty()) {
        return Err(Malformed::Information);
    }
    let scope = Scope {
        date,
        region,
        service,
    };
    Ok((id, scope))
}

#[cfg(test)]
mod tests {
    use super::{Authorization, Malformed};

    #[test]
    fn a_header_is_read_with_and_without_spaces() {
        for header in [
            "HMAC-SHA256 Credential=id/20240115/r/ecs/request, SignedHeaders=a;b, Signature=00",
            "HMAC-SHA256 Credential=id/20240115/r/ecs/request,SignedHeaders=a;b,Signature=00",
        ] {
            let read = Authorization::parse(header).unwrap();
            assert_eq!(
                (read.access_key_id.as_str(), read.signature.as_str()),
                ("id", "00")
            );
            assert_eq!(read.scope.text(), "20240115/r/ecs/request");
            assert_eq!(read.signed_headers, ["a", "b"]);
        }
    }

    #[test]
    fn each_flaw_of_a_header_has_its_name() {
        let with =
            |credential: &str, rest: &str| format!("HMAC-SHA256 Credential={credential}{rest}");
        let rest = ", SignedHeaders=a, Signature=00";
        let good = "id/20240115/r/ecs/request";
        for (header, flaw) in [
            (
                "ACS3-HMAC-SHA256 Credential=id".to_owned(),
                Malformed::Header,
            ),
            (with(good, ", Signature=00"), Malformed::Header),
            (
                with(good, ", SignedHeaders=, Signature=00"),
                Malformed::Header,
            ),
            (
                with(good, ", SignedHeaders=a, Signature=00, X=1"),
                Malformed::Header,
            ),
            (with(good, ", SignedHeaders=a"), Malformed::Signature),
            (
                with(good, ", SignedHeaders=a, Signature="),
                Malformed::Signature,
            ),
            (with("id", rest), Malformed::Credential),
            (
                with("id/20240115/r/ecs/aws4_request", rest),
                Malformed::Credential,
            ),
            (with("id/2024/r/ecs/request", rest), Malformed::Credential),
            (
                with("/20240115/r/ecs/request", rest),
                Malformed::Information,
            ),
            (
                with("id/20240115//ecs/request", rest),
                Malformed::Information,
            ),
        ] {
            assert_eq!(Authorization::parse(&header), Err(flaw), "{header}");
        }
    }
}
