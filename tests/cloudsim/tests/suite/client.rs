//! A signer and an HTTP client, written apart from the simulator.
//!
//! The client writes requests byte by byte and reads to the end of the connection, so that a test
//! sees what really came over the wire.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use cloudsim::{DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Simulator};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const RESTART: (&str, &str, &str) = (
    "RestartApplication",
    "PUT",
    "/pop/v1/sam/app/restartApplication",
);
pub(crate) const STATUS: (&str, &str, &str) = (
    "DescribeApplicationStatus",
    "GET",
    "/pop/v1/sam/app/describeApplicationStatus",
);
pub(crate) const DESCRIBE: (&str, &str, &str) = (
    "DescribeChangeOrder",
    "GET",
    "/pop/v1/sam/changeorder/DescribeChangeOrder",
);
pub(crate) const LIST: (&str, &str, &str) = (
    "ListChangeOrders",
    "GET",
    "/pop/v1/sam/changeorder/ListChangeOrders",
);
pub(crate) const ABORT: (&str, &str, &str) = (
    "AbortChangeOrder",
    "PUT",
    "/pop/v1/sam/changeorder/AbortChangeOrder",
);

/// A request that a test can spoil before or after it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) key_id: String,
    pub(crate) secret: String,
}

/// An answer as it came over the wire; without a status if nothing came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Draft {
    /// A call that lacks only its signature.
    pub(crate) fn new(sim: &Simulator, call: (&str, &str, &str), params: &[(&str, &str)]) -> Self {
        static NONCES: AtomicU64 = AtomicU64::new(0);
        let nonce = format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed));
        let (action, method, path) = call;
        let is_edas = path.starts_with("/pop/v5/");
        let version = if is_edas { "2017-08-01" } else { "2019-05-06" };
        let pairs = params
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        let headers = [
            ("host", sim.host()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-version", version.to_owned()),
            ("x-acs-date", date(sim.now())),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-content-sha256", hash(b"")),
        ];
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.collect::<Vec<_>>().join("&"),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            body: String::new(),
            key_id: DEFAULT_KEY_ID.to_owned(),
            secret: DEFAULT_KEY_SECRET.to_owned(),
        }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn nonce(&self) -> String {
        self.headers
            .iter()
            .find(|(name, _)| name == "x-acs-signature-nonce")
            .unwrap()
            .1
            .clone()
    }

    /// Signs every header there is.
    pub(crate) fn sign(self) -> Self {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.clone()).collect();
        self.sign_only(&names)
    }

    /// Signs these headers.
    pub(crate) fn sign_only(mut self, names: &[String]) -> Self {
        let mut signed: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| names.contains(name))
            .cloned()
            .collect();
        signed.sort();
        let mut query: Vec<&str> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .collect();
        query.sort_unstable();
        let mut text = format!("{}\n{}\n{}\n", self.method, self.path, query.join("&"));
        for (name, value) in &signed {
            let _ = writeln!(text, "{name}:{value}");
        }
        let names: Vec<_> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let _ = write!(text, "\n{names}\n{}", hash(self.body.as_bytes()));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hash(text.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.key_id
        );
        self.headers
            .push(("authorization".to_owned(), authorization));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let mut text = format!(
            "{} {}{mark}{} HTTP/1.1\r\n",
            self.method, self.path, self.query
        );
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let length = self.body.len();
        let _ = write!(
            text,
            "connection: close\r\ncontent-length: {length}\r\n\r\n{}",
            self.body
        );
        text.into_bytes()
    }

    pub(crate) async fn send(&self, sim: &Simulator) -> Reply {
        exchange(TcpStream::connect(sim.host()).await.unwrap(), &self.bytes()).await
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a refusal, after checking that it has the gateway's form.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        for name in ["RequestId", "HostId", "Code", "Message", "Recommend"] {
            assert!(body[name].is_string(), "{name} of {body}");
        }
        body["Code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The datum of a good answer.
    pub(crate) fn data(&self) -> Value {
        let body = self.json();
        assert_eq!(self.status, Some(200), "{body}");
        assert_eq!(body["Success"], true, "{body}");
        assert_eq!(body["Code"], "200", "{body}");
        body["Data"].clone()
    }

    pub(crate) fn order_id(&self) -> String {
        self.data()["ChangeOrderId"].as_str().unwrap().to_owned()
    }
}

/// Signs and sends a call.
pub(crate) async fn call(
    sim: &Simulator,
    what: (&str, &str, &str),
    params: &[(&str, &str)],
) -> Reply {
    Draft::new(sim, what, params).sign().send(sim).await
}

/// Sends an unsigned control request.
pub(crate) async fn control(host: &str, method: &str, path: &str, body: &Value) -> Reply {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} /_control/{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(TcpStream::connect(host).await.unwrap(), request.as_bytes()).await
}

/// Writes a request and reads whatever comes until the connection ends.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
) -> Reply {
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    // A connection that breaks has still delivered what came before.
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Reply {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        assert!(
            bytes.is_empty(),
            "half a head: {}",
            String::from_utf8_lossy(bytes)
        );
        return Reply {
            status: None,
            headers: Vec::new(),
            body: Vec::new(),
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Reply {
        status: Some(status),
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => write!(escaped, "%{other:02X}").unwrap(),
        }
        escaped
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
