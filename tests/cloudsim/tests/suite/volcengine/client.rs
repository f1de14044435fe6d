//! A signer of the scheme HMAC-SHA256, written apart from the simulator.

use std::fmt::Write as _;

use cloudsim::{
    Config, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET, Instance, RebootPlan, Simulator, VolcengineConfig,
};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpStream;

use crate::client::{Reply, escape, exchange, hash};

/// A request that a test can spoil before or after it is signed. Header names are in lower case.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Draft {
    /// A GET that lacks only its signature.
    pub(crate) fn get(sim: &Simulator, action: &str, params: &[(&str, &str)]) -> Self {
        let mut query = vec![
            ("Action".to_owned(), action.to_owned()),
            ("Version".to_owned(), "2020-04-01".to_owned()),
        ];
        query.extend(owned(params));
        let draft = Self {
            method: "GET",
            query,
            headers: Vec::new(),
            body: String::new(),
            key_id: DEFAULT_KEY_ID.to_owned(),
            secret: DEFAULT_KEY_SECRET.to_owned(),
            region: "cn-beijing".to_owned(),
            service: "ecs".to_owned(),
        };
        draft.set("host", &sim.host()).dated(sim.now())
    }

    /// A form POST that lacks only its signature.
    pub(crate) fn post(sim: &Simulator, action: &str, params: &[(&str, &str)]) -> Self {
        let draft = Self {
            method: "POST",
            body: encode(&owned(params)),
            ..Self::get(sim, action, &[])
        };
        draft.set("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn dated(self, at: Timestamp) -> Self {
        self.set("x-date", &at.strftime("%Y%m%dT%H%M%SZ").to_string())
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

    pub(crate) fn with_query(mut self, name: &str, value: &str) -> Self {
        self.query.retain(|(other, _)| other != name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_query(mut self, name: &str) -> Self {
        self.query.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn x_date(&self) -> &str {
        let found = self.headers.iter().find(|(name, _)| name == "x-date");
        found.map_or("", |(_, value)| value)
    }

    /// Hashes the body and signs every header there is.
    pub(crate) fn sign(self) -> Self {
        let draft = self.hashed();
        let names: Vec<_> = draft.headers.iter().map(|(name, _)| name.clone()).collect();
        draft.sign_only(&names)
    }

    pub(crate) fn hashed(self) -> Self {
        let hash = hash(self.body.as_bytes());
        self.set("x-content-sha256", &hash)
    }

    /// Signs these headers.
    pub(crate) fn sign_only(self, names: &[String]) -> Self {
        let mut signed: Vec<_> = self.headers.clone();
        signed.retain(|(name, _)| names.contains(name));
        signed.sort();
        let mut pairs: Vec<_> = self
            .query
            .iter()
            .map(|(n, v)| (escape(n), escape(v)))
            .collect();
        pairs.sort();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut text = format!("{}\n/\n{}\n", self.method, pairs.join("&"));
        for (name, value) in &signed {
            let _ = writeln!(text, "{name}:{value}");
        }
        let names: Vec<_> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let _ = write!(text, "\n{names}\n{}", hash(self.body.as_bytes()));
        let day = self.x_date().get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{}/request", self.region, self.service);
        let to_sign = format!(
            "HMAC-SHA256\n{}\n{scope}\n{}",
            self.x_date(),
            hash(text.as_bytes())
        );
        let mut key = self.secret.clone().into_bytes();
        for step in scope.split('/') {
            key = mac(&key, step);
        }
        let signature = mac(&key, &to_sign)
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let authorization = format!(
            "HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        );
        self.set("authorization", &authorization)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} /?{} HTTP/1.1\r\n", self.method, encode(&self.query));
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

/// Signs and sends a GET, which must be done, and gives its `Result`.
pub(crate) async fn read(sim: &Simulator, action: &str, params: &[(&str, &str)]) -> Value {
    result(&Draft::get(sim, action, params).sign().send(sim).await)
}

/// The `Result` of a good answer.
pub(crate) fn result(reply: &Reply) -> Value {
    let body = reply.json();
    assert_eq!(reply.status, Some(200), "{body}");
    assert!(body["ResponseMetadata"]["RequestId"].is_string(), "{body}");
    assert!(body["ResponseMetadata"]["Error"].is_null(), "{body}");
    body["Result"].clone()
}

/// Status and code of a refusal, after checking that it has the gateway's form.
pub(crate) fn refusal(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    let metadata = &body["ResponseMetadata"];
    assert!(metadata["RequestId"].is_string(), "{body}");
    assert!(metadata["Error"]["Message"].is_string(), "{body}");
    assert!(body["Result"].is_null(), "{body}");
    let code = metadata["Error"]["Code"].as_str().unwrap().to_owned();
    (reply.status.unwrap(), code)
}

/// Sends a request that must be refused, and checks that nothing was executed.
pub(crate) async fn refused(
    sim: &Simulator,
    draft: Draft,
    http: u16,
    code: &str,
    number: Option<u32>,
) {
    let reply = draft.send(sim).await;
    assert_eq!(refusal(&reply), (http, code.to_owned()), "{}", reply.json());
    let error = &reply.json()["ResponseMetadata"]["Error"];
    assert_eq!(error.get("CodeN"), number.map(|n| json!(n)).as_ref());
    let ledger = sim.ledger();
    assert!(ledger.restarts().is_empty());
    assert_eq!(ledger.all_requests().last().unwrap().refusal(), Some(code));
}

/// Signs and sends a form POST that reboots these instances under a token.
pub(crate) async fn reboot(sim: &Simulator, ids: &[&str], token: &str) -> Reply {
    rebooting(sim, ids, &[("ClientToken", token)])
        .sign()
        .send(sim)
        .await
}

/// The draft of a form POST that reboots these instances.
pub(crate) fn rebooting(sim: &Simulator, ids: &[&str], more: &[(&str, &str)]) -> Draft {
    let names: Vec<_> = (1..=ids.len())
        .map(|n| format!("InstanceIds.{n}"))
        .collect();
    let mut params: Vec<_> = names
        .iter()
        .map(String::as_str)
        .zip(ids.iter().copied())
        .collect();
    params.extend_from_slice(more);
    Draft::post(sim, "RebootInstances", &params)
}

/// Ids and error codes of `OperationDetails`; an empty code is an accepted reboot.
pub(crate) fn operations(result: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let details = result["OperationDetails"].as_array().unwrap().iter();
    details
        .map(|detail| (text(&detail["InstanceId"]), text(&detail["Error"]["Code"])))
        .collect()
}

/// `Status` of one instance as `DescribeInstances` shows it.
pub(crate) async fn status(sim: &Simulator, id: &str) -> Option<String> {
    let found = read(sim, "DescribeInstances", &[("InstanceIds.1", id)]).await;
    found["Instances"][0]["Status"].as_str().map(str::to_owned)
}

/// A simulator with these instances and a clock that stands still.
pub(crate) async fn frozen(instances: Vec<Instance>) -> Simulator {
    let volcengine = VolcengineConfig {
        instances,
        default_plan: RebootPlan::lasting(std::time::Duration::from_secs(10)),
        ..VolcengineConfig::default()
    };
    let config = Config {
        volcengine,
        ..Config::default()
    };
    let sim = Simulator::start(config).await.unwrap();
    sim.freeze_clock();
    sim
}

pub(crate) fn pass(sim: &Simulator, seconds: i64) {
    sim.advance_clock(SignedDuration::from_secs(seconds));
}

fn owned(params: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = params.iter();
    pairs
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

fn encode(pairs: &[(String, String)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(n, v)| format!("{}={}", escape(n), escape(v)));
    pairs.collect::<Vec<_>>().join("&")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
