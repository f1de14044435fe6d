//! Files and settings.

use std::process::Command;

use super::{
    built::{Image, printed},
    support::failure::Outcome,
};

const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
/// Of the program; it is 15 MiB with all optimisations.
const LARGEST: u64 = 64 << 20;

#[test]
fn there_is_the_program_and_the_certificates_and_nothing_else() -> Outcome<()> {
    let test = "there_is_the_program_and_the_certificates_and_nothing_else";
    let Some(image) = Image::find(test)? else {
        return Ok(());
    };
    let [layer] = &image.layers[..] else {
        panic!("not one layer");
    };
    let mut list = Command::new("tar");
    list.args(["--numeric-owner", "-tvzf"]).arg(layer);
    let list = printed(&mut list);
    let mut files = Vec::new();
    for line in list.lines() {
        let mut words = line.split_whitespace();
        let (mode, owner) = (words.next().unwrap(), words.next().unwrap());
        let (size, name) = (words.next().unwrap(), words.last().unwrap());
        assert_eq!(owner, "0/0", "{line}");
        // Whoever the program runs as may read it and cannot change it, even without a read-only root.
        let wanted = match name {
            "./restart-operator" => "-rwxr-xr-x",
            _ if mode.starts_with('d') => "drwxr-xr-x",
            _ => "-rw-r--r--",
        };
        assert_eq!(mode, wanted, "{line}");
        if !mode.starts_with('d') {
            assert!(size.parse::<u64>().unwrap() < LARGEST, "{line}");
            files.push(name.trim_start_matches("./").to_owned());
        }
    }
    files.sort();
    assert_eq!(files, [CERTIFICATES, "restart-operator"]);
    Ok(())
}

/// The Dockerfile is what `docker build` reads, so its last stage says what an image is.
#[test]
fn its_settings_are_those_of_the_dockerfile() -> Outcome<()> {
    let Some(image) = Image::find("its_settings_are_those_of_the_dockerfile")? else {
        return Ok(());
    };
    let config = &image.config["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(
        config["Entrypoint"],
        serde_json::json!(["/restart-operator"])
    );
    assert!(config["Cmd"].is_null());
    let variable = ("SSL_CERT_FILE".to_owned(), format!("/{CERTIFICATES}"));
    assert_eq!(image.environment(), [variable]);
    let labels = &config["Labels"];
    for (label, value) in [
        ("title", "restart-operator"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
    ] {
        assert_eq!(labels[format!("org.opencontainers.image.{label}")], value);
    }
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    assert_eq!(image.config["architecture"], machine);
    let dockerfile = include_str!("../../Dockerfile");
    let (_, last) = dockerfile
        .split_once("\nFROM scratch\n")
        .expect("a last stage");
    for line in [
        "USER 65532:65532",
        "ENTRYPOINT [\"/restart-operator\"]",
        "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        "COPY --from=build /restart-operator /restart-operator",
    ] {
        assert!(last.lines().any(|of_stage| of_stage == line), "{line}");
    }
    let copies = last.lines().filter(|line| line.starts_with("COPY")).count();
    assert_eq!(copies, 2);
    assert!(
        dockerfile.contains(".ci/static release"),
        "another build than that of make image"
    );
    Ok(())
}
