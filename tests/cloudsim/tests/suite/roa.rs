//! A signer of the scheme ROA HMAC-SHA1, written apart from the simulator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudsim::Simulator;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;

use crate::client::Draft;

/// The date form of the scheme.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Draft {
    /// A call of the older scheme that lacks only its signature.
    pub(crate) fn roa(sim: &Simulator, call: (&str, &str, &str), params: &[(&str, &str)]) -> Self {
        Self::new(sim, call, params)
            .without("x-acs-date")
            .without("x-acs-content-sha256")
            .set("accept", "application/json")
            .set("date", &date(sim.now()))
            .set("x-acs-signature-method", "HMAC-SHA1")
            .set("x-acs-signature-version", "1.0")
    }

    /// Signs with decoded values.
    pub(crate) fn sign_roa(mut self) -> Self {
        let value = |name: &str| {
            let found = self.headers.iter().find(|(other, _)| other == name);
            found.map_or("", |(_, value)| value.as_str()).to_owned()
        };
        let mut lines = vec![self.method.clone()];
        lines.extend(["accept", "content-md5", "content-type", "date"].map(value));
        let mut own: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-acs-"))
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        own.sort();
        lines.extend(own);
        let mut query: Vec<String> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(unescape)
            .collect();
        query.sort();
        let mark = if query.is_empty() { "" } else { "?" };
        lines.push(format!("{}{mark}{}", self.path, query.join("&")));
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(lines.join("\n").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let authorization = format!("acs {}:{signature}", self.key_id);
        self.headers
            .push(("authorization".to_owned(), authorization));
        self
    }
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
