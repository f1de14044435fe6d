//! Arguments and environment: nothing else reads them. No flag shortens a time of the protocol,
//! and none carries a secret.

use std::{io::IsTerminal as _, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::telemetry::LogFormat;

/// Restarts cloud workloads from Kubernetes, at most once per request.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `run` when nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
    /// Arguments of `run`.
    #[command(flatten)]
    run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator
    Run(Box<RunArgs>),
    /// Print the custom resource definitions as YAML
    Crds,
}

impl Cli {
    /// The command, `run` by default.
    #[must_use]
    pub fn command(self) -> Command {
        self.command
            .unwrap_or_else(|| Command::Run(Box::new(self.run)))
    }
}

/// Flags of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Namespace whose requests and accounts are handled; may be given several times. Default: all
    #[arg(
        long = "watch-namespace",
        value_name = "NS",
        env = "WATCH_NAMESPACE",
        value_delimiter = ',',
        help_heading = "Installation"
    )]
    pub watch_namespaces: Vec<String>,

    /// Home of the Lease and of the Secrets of ClusterCloudAccounts
    #[arg(
        long,
        value_name = "NS",
        env = "POD_NAMESPACE",
        default_value = "restart-operator-system",
        help_heading = "Installation"
    )]
    pub operator_namespace: String,

    /// Name of the Lease: one per installation
    #[arg(
        long,
        value_name = "NAME",
        default_value = "restart-operator",
        help_heading = "Installation"
    )]
    pub lease_name: String,

    /// Holder in the Lease and in intents. Default: random
    #[arg(
        long,
        value_name = "NAME",
        env = "POD_UID",
        help_heading = "Installation"
    )]
    identity: Option<String>,

    /// Address of /healthz, /readyz and /metrics; port 0 takes a free one and logs it
    #[arg(
        long,
        value_name = "ADDR:PORT",
        default_value = "0.0.0.0:8080",
        help_heading = "Running"
    )]
    pub bind: SocketAddr,

    /// Passes at once, 1 to 1000
    #[arg(
        long,
        value_name = "N",
        default_value_t = 32,
        value_parser = clap::value_parser!(u16).range(1..=1000),
        help_heading = "Running"
    )]
    pub concurrency: u16,

    /// Form of the log lines. Default: text on a terminal, else json. RUST_LOG sets the level
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Running")]
    log_format: Option<LogFormat>,

    /// Level of the log lines, such as `info` or `info,restart_operator=debug`
    #[arg(
        long = "log-filter",
        env = "RUST_LOG",
        default_value = "info",
        hide = true
    )]
    pub log_filter: String,

    /// Let ClusterCloudAccounts use the role of the node
    #[arg(long, help_heading = "Identity")]
    pub allow_instance_role: bool,

    /// The operator's own projected token for Alibaba Cloud, for accounts with `oidc`
    #[arg(
        long,
        value_name = "FILE",
        env = "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        help_heading = "Identity"
    )]
    pub alibaba_oidc_token_file: Option<PathBuf>,

    /// The operator's own projected token for Volcengine, for accounts with `oidc`
    #[arg(
        long,
        value_name = "FILE",
        env = "VOLCENGINE_OIDC_TOKEN_FILE",
        help_heading = "Identity"
    )]
    pub volcengine_oidc_token_file: Option<PathBuf>,

    /// Domain below which `endpoints` of a ClusterCloudAccount may lie besides the public clouds';
    /// may be given several times
    #[arg(
        long = "private-endpoint-suffix",
        value_name = "SUFFIX",
        help_heading = "Private clouds"
    )]
    pub private_endpoint_suffixes: Vec<String>,

    /// PEM file with certificates that are trusted besides those of the system
    #[arg(long, value_name = "FILE", help_heading = "Private clouds")]
    pub extra_ca: Option<PathBuf>,

    /// UNSAFE: allow http, loopback and any host in `endpoints` of a ClusterCloudAccount
    #[arg(long, help_heading = "Development")]
    pub development_endpoints: bool,
}

impl RunArgs {
    /// The holder in Lease and intents: as given, else 32 random hex digits.
    #[must_use]
    pub fn identity(&self) -> String {
        self.identity
            .clone()
            .filter(|given| !given.is_empty())
            .unwrap_or_else(|| {
                let mut random = [0; 16];
                // Without random numbers the process id must do: the identity is for people.
                match getrandom::fill(&mut random) {
                    Ok(()) => crate::cloud::hex::lower(&random),
                    Err(_) => format!("pid-{}", std::process::id()),
                }
            })
    }

    /// The form of the log lines.
    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        let terminal = std::io::stderr().is_terminal();
        self.log_format.unwrap_or(if terminal {
            LogFormat::Text
        } else {
            LogFormat::Json
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn run(args: &[&str]) -> RunArgs {
        let all = std::iter::once("restart-operator").chain(args.iter().copied());
        match Cli::try_parse_from(all).unwrap().command() {
            Command::Run(args) => *args,
            Command::Crds => panic!("not run"),
        }
    }

    #[test]
    fn run_is_what_is_done_when_nothing_is_said() {
        let args = run(&[]);
        assert_eq!(args.lease_name, "restart-operator");
        assert_eq!(args.bind.to_string(), "0.0.0.0:8080");
        assert_eq!((args.concurrency, args.development_endpoints), (32, false));
        assert_eq!(run(&["run", "--concurrency", "7"]).concurrency, 7);
        assert_eq!(run(&["--concurrency", "7"]).concurrency, 7);
    }

    #[test]
    fn the_flags_have_exactly_the_names_that_scripts_rely_on() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let mut names: Vec<_> = run
            .get_arguments()
            .filter(|arg| !arg.is_hide_set())
            .filter_map(clap::Arg::get_long)
            .filter(|name| !["help", "version"].contains(name))
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "alibaba-oidc-token-file",
                "allow-instance-role",
                "bind",
                "concurrency",
                "development-endpoints",
                "extra-ca",
                "identity",
                "lease-name",
                "log-format",
                "operator-namespace",
                "private-endpoint-suffix",
                "volcengine-oidc-token-file",
                "watch-namespace",
            ]
        );
    }

    #[test]
    fn namespaces_may_be_repeated_and_separated_by_commas() {
        let args = run(&["run", "--watch-namespace", "a,b", "--watch-namespace", "c"]);
        assert_eq!(args.watch_namespaces, ["a", "b", "c"]);
    }

    #[test]
    fn unsafe_endpoints_cannot_be_switched_on_by_the_environment() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let flag = run
            .get_arguments()
            .find(|arg| arg.get_long() == Some("development-endpoints"));
        assert_eq!(flag.unwrap().get_env(), None);
    }

    #[test]
    fn an_identity_is_never_empty() {
        assert_eq!(run(&["--identity", "pod-7"]).identity(), "pod-7");
        assert_eq!(run(&["--identity", ""]).identity().len(), 32);
    }
}
