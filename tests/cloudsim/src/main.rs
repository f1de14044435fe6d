//! The simulator as a program, to run by hand or beside a program under test.
//!
//! Flags, the first line of output and the request log; everything else is the library's.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use cloudsim::{
    AccessKey, Application, Config, Control, DEFAULT_CREATOR, DEFAULT_KEY_ID, DEFAULT_KEY_SECRET,
    Instance, OrderPlan, RebootPlan, RequestRecord, Simulator, Tls, Verdict, VolcengineConfig,
};
use jiff::SignedDuration;
use tokio::io::AsyncReadExt as _;

/// Simulates the cloud APIs that restart-operator calls.
///
/// The first line on standard output is the base URL. Answered requests are logged on standard
/// error. Control it over HTTP below /_control.
#[derive(Debug, Parser)]
#[command(version)]
struct Flags {
    /// Address to listen on; port 0 lets the system choose one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    bind: SocketAddr,
    /// Time from the creation of a change order to its end, for example 30s or 2m.
    #[arg(long, default_value = "2s", value_parser = duration)]
    order_duration: Duration,
    /// Batches (pipelines) of a change order, at least 1.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    batches: u32,
    /// Final status of change orders: 2 succeeded, 3 failed, 6 aborted, 10 platform fault; any other
    /// number never ends.
    #[arg(long, default_value_t = 2)]
    final_status: i64,
    /// Access key id to accept. Not a real one: this is a simulator.
    #[arg(long, default_value = DEFAULT_KEY_ID, value_name = "ID")]
    access_key_id: String,
    /// Secret of the access key.
    #[arg(long, default_value = DEFAULT_KEY_SECRET, value_name = "SECRET")]
    access_key_secret: String,
    /// STS token that must come with the access key; none by default.
    #[arg(long, value_name = "TOKEN")]
    security_token: Option<String>,
    /// User id that orders made with the access key name as their creator.
    #[arg(long, default_value = DEFAULT_CREATOR, value_name = "USER")]
    creator: String,
    /// Id of an SAE application that exists from the start; may be repeated.
    #[arg(long = "app", value_name = "ID")]
    apps: Vec<String>,
    /// Id of an EDAS application that exists from the start; may be repeated.
    #[arg(long = "edas-app", value_name = "ID")]
    edas_apps: Vec<String>,
    /// Id of a Volcengine instance that exists from the start, in cn-beijing; may be repeated.
    #[arg(long = "instance", value_name = "ID")]
    instances: Vec<String>,
    /// Time from the call of a Volcengine reboot to its end, for example 30s or 2m.
    #[arg(long, default_value = "2s", value_parser = duration)]
    reboot_duration: Duration,
    /// How far the date of a request may be from the simulator's clock.
    #[arg(long, default_value = "15m", value_parser = duration)]
    signature_life: Duration,
    /// Calls per access key, product and minute before Throttling.User; no limit by default.
    #[arg(long, value_name = "CALLS")]
    calls_per_minute: Option<u32>,
    /// Serve HTTPS with a certificate made for this run. Needs --ca-file.
    #[arg(long, requires = "ca_file")]
    tls: bool,
    /// Where to write the certificate to trust, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_file: Option<PathBuf>,
    /// Log no requests.
    #[arg(long)]
    quiet: bool,
    /// Exit when standard input is closed, so as not to outlive the program that started this one.
    #[arg(long)]
    exit_with_parent: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let signed: SignedDuration = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(signed).map_err(|_| "must not be negative".to_owned())
}

impl Flags {
    fn config(&self) -> Config {
        let key = AccessKey::new(&self.access_key_id, &self.access_key_secret, &self.creator);
        let key = AccessKey {
            security_token: self.security_token.clone(),
            ..key
        };
        let plan = OrderPlan::lasting(self.order_duration);
        Config {
            bind: self.bind,
            tls: self.tls.then(Tls::default),
            access_keys: vec![key],
            applications: self.applications(),
            default_plan: plan.batches(self.batches).ending(self.final_status),
            signature_life: self.signature_life,
            volcengine: self.volcengine(),
            calls_per_minute: self.calls_per_minute,
            ..Config::default()
        }
    }

    fn volcengine(&self) -> VolcengineConfig {
        VolcengineConfig {
            instances: self.instances.iter().map(Instance::running).collect(),
            default_plan: RebootPlan::lasting(self.reboot_duration),
            ..VolcengineConfig::default()
        }
    }
}

impl Flags {
    fn applications(&self) -> Vec<Application> {
        let sae = self.apps.iter().map(Application::running);
        sae.chain(self.edas_apps.iter().map(Application::edas))
            .collect()
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let sim = Simulator::start(flags.config()).await?;
    if let (Some(file), Some(pem)) = (&flags.ca_file, sim.ca_pem()) {
        std::fs::write(file, pem)?;
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", sim.base_url())?;
    stdout.flush()?;
    let (quiet, exit_with_parent) = (flags.quiet, flags.exit_with_parent);
    tokio::select! {
        () = log(sim.control()), if !quiet => Ok(()),
        ended = parent_gone(), if exit_with_parent => ended,
        () = std::future::pending() => Ok(()),
    }
}

/// Ends when standard input does.
async fn parent_gone() -> io::Result<()> {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 256];
    while stdin.read(&mut ignored).await? > 0 {}
    // Dropping the runtime would wait for the reading thread; there is nothing left to do here.
    std::process::exit(0);
}

/// Writes a line for each request whose answer was decided, in that order.
async fn log(control: Control) {
    let mut version = 0;
    loop {
        control.changed_since(version).await;
        let news = control.inspect(|ledger| ledger.since(version));
        version = news.version();
        let mut concluded: Vec<_> = news
            .all_requests()
            .iter()
            .filter(|request| request.verdict.is_some())
            .collect();
        concluded.sort_by_key(|request| request.changed);
        for request in concluded {
            eprintln!("{}", line(request));
        }
    }
}

fn line(request: &RequestRecord) -> String {
    let verdict = match &request.verdict {
        Some(Verdict::Served) => "served".to_owned(),
        Some(Verdict::Refused { http, code }) => format!("refused {http} {code}"),
        Some(Verdict::Faulted {
            fault,
            refused: None,
        }) => format!("fault {fault}"),
        Some(Verdict::Faulted {
            fault,
            refused: Some(code),
        }) => {
            format!("fault {fault}, refused {code}")
        }
        None => "open".to_owned(),
    };
    let action = request.action.as_deref().unwrap_or(&request.path);
    let app = request.app.as_deref().unwrap_or("-");
    format!("{} {action} {app} {verdict}", request.at)
}
