//! Arguments and environment: nothing else reads them. No flag shortens a time of the protocol,
//! and none carries a secret.
#![allow(
    clippy::doc_markdown,
    reason = "the comments on flags are the help text"
)]

use std::{io::IsTerminal as _, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{cloud::endpoint::check_suffix, telemetry::LogFormat};

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
    pub fn chosen(self) -> Command {
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
        value_parser = namespace_or_nothing,
        help_heading = "Installation"
    )]
    watch_namespaces: Vec<String>,

    /// Home of the Lease and of the Secrets of ClusterCloudAccounts
    #[arg(
        long,
        value_name = "NS",
        env = "POD_NAMESPACE",
        value_parser = namespace,
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
        value_parser = private_suffix,
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
    /// The namespaces to watch, sorted, each once; empty: all. An empty `WATCH_NAMESPACE` means all,
    /// as with other operators.
    #[must_use]
    pub fn watch_namespaces(&self) -> Vec<String> {
        let named = self.watch_namespaces.iter().filter(|name| !name.is_empty());
        let unique: std::collections::BTreeSet<_> = named.cloned().collect();
        unique.into_iter().collect()
    }

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

fn namespace_or_nothing(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Ok(String::new()),
        name => namespace(name),
    }
}

/// Checked here, because a misspelt one would only show as an account that is not ready, and a far too
/// wide one not at all.
fn private_suffix(text: &str) -> Result<String, String> {
    check_suffix(text).map_err(str::to_owned)
}

/// Checked here, because the name becomes part of URL paths, and a misspelt one would only show as
/// an operator that sees nothing.
fn namespace(text: &str) -> Result<String, String> {
    let end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(end) && text.bytes().last().is_some_and(end);
    if ends && text.len() <= 63 && text.bytes().all(|byte| end(byte) || byte == b'-') {
        Ok(text.to_owned())
    } else {
        Err("not a namespace name: 1 to 63 of a-z, 0-9 and -, no - at either end".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn run(args: &[&str]) -> RunArgs {
        let all = std::iter::once("restart-operator").chain(args.iter().copied());
        match Cli::try_parse_from(all).unwrap().chosen() {
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
        let args = run(&["run", "--watch-namespace", "c, b", "--watch-namespace", "a"]);
        assert_eq!(args.watch_namespaces(), ["a", "b", "c"]);
        let args = run(&["--watch-namespace=a", "--watch-namespace=a"]);
        assert_eq!(args.watch_namespaces(), ["a"]);
    }

    #[test]
    fn an_empty_list_of_namespaces_is_no_namespace_with_an_empty_name() {
        assert!(
            run(&["--watch-namespace", ""])
                .watch_namespaces()
                .is_empty()
        );
        assert_eq!(run(&["--watch-namespace", "a,"]).watch_namespaces(), ["a"]);
    }

    #[test]
    fn a_name_that_no_namespace_can_have_is_refused() {
        for flag in ["--watch-namespace", "--operator-namespace"] {
            for name in ["A", "a/b", "..", "-a", "a-", "a.b", &"a".repeat(64)] {
                let line = ["restart-operator".to_owned(), format!("{flag}={name}")];
                let error = Cli::try_parse_from(line).unwrap_err().to_string();
                assert!(
                    error.contains("not a namespace name"),
                    "{flag} {name}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_domain_that_is_none_is_refused() {
        let flag = "--private-endpoint-suffix";
        let args = run(&[flag, ".Cloud.Example.com", flag, "sae.internal"]);
        assert_eq!(
            args.private_endpoint_suffixes,
            ["cloud.example.com", "sae.internal"]
        );
        for domain in ["", "com", "*.example.com", "https://example.com"] {
            let line = ["restart-operator".to_owned(), format!("{flag}={domain}")];
            let error = Cli::try_parse_from(line).unwrap_err().to_string();
            assert!(error.contains("not a domain such as"), "{domain}: {error}");
        }
    }

    #[test]
    fn variables_are_exactly_the_documented_ones() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let variable = |flag: &clap::Arg| Some(flag.get_env()?.to_str()?.to_owned());
        let mut variables: Vec<_> = run.get_arguments().filter_map(variable).collect();
        variables.sort_unstable();
        let documented = [
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
            "POD_NAMESPACE",
            "POD_UID",
            "RUST_LOG",
            "VOLCENGINE_OIDC_TOKEN_FILE",
            "WATCH_NAMESPACE",
        ];
        assert_eq!(variables, documented);
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
