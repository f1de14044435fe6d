//! `docs/reference/flags.md` from the arguments of the program.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};
use restart_operator::cli::Cli;

use crate::page::{code, compare, table};

const INTRODUCTION: &str = "\
# Flags and environment

Written by `tests/reference` from `src/cli.rs`; do not edit by hand.

Of `restart-operator run`, which is also what the program does when nothing is said. `restart-operator crds`
prints the custom resource definitions and has no flags. A flag wins over its variable. No flag carries a
secret, and none shortens a time of the protocol.

The kubeconfig is found as kubectl finds it: `KUBECONFIG`, then `~/.kube/config`; in a cluster from the service
account.

";

fn run() -> Command {
    let mut command = Cli::command();
    command.build();
    command.find_subcommand("run").unwrap().clone()
}

fn row(flag: &Arg) -> [String; 4] {
    let takes = flag.get_action().takes_values();
    let value = flag
        .get_value_names()
        .and_then(|names| names.first())
        .filter(|_| takes);
    let name = value.map_or(String::new(), |name| format!(" {name}"));
    let default: Vec<_> = flag
        .get_default_values()
        .iter()
        .map(|v| v.to_string_lossy())
        .collect();
    let default = if takes {
        default.join(", ")
    } else {
        "off".to_owned()
    };
    let variable = flag
        .get_env()
        .map(|name| name.to_string_lossy().into_owned());
    let long = flag.get_long().unwrap();
    [
        code(&format!("--{long}{name}")),
        code(&variable.unwrap_or_default()),
        code(&default),
        flag.get_help().unwrap().to_string() + ".",
    ]
}

#[test]
fn the_page_is_what_the_program_takes() {
    let run = run();
    let mut headings: Vec<&str> = Vec::new();
    for flag in run.get_arguments() {
        let heading = flag.get_help_heading().unwrap_or_default();
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let mut text = INTRODUCTION.to_owned();
    for heading in headings.iter().filter(|heading| !heading.is_empty()) {
        let flags = run
            .get_arguments()
            .filter(|flag| flag.get_help_heading() == Some(heading));
        let rows: Vec<_> = flags.filter(|flag| !flag.is_hide_set()).map(row).collect();
        write!(text, "## {heading}\n\n").unwrap();
        text += &table(["Flag", "Variable", "Default", "Meaning"], &rows);
    }
    let hidden = run
        .get_arguments()
        .filter(|flag| flag.is_hide_set() && flag.get_env().is_some());
    let rows: Vec<_> = hidden
        .map(|flag| {
            let [_, variable, default, meaning] = row(flag);
            [variable, default, meaning]
        })
        .collect();
    text += "## Variables without a flag\n\n";
    text += &table(["Variable", "Default", "Meaning"], &rows);
    compare("flags.md", &(text.trim_end().to_owned() + "\n"));
}
