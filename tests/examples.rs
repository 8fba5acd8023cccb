//! The examples of `examples/renew/` are what they claim to be: units that systemd takes, YAML that
//! parses, command lines that our parser takes, and the same text in the documentation.

mod session;

use std::path::{Path, PathBuf};
use std::process::Command;

use mtls_ca::authority::watch::read_targets;
use session::Session;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/renew")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

#[test]
fn the_page_shows_them_as_they_are() {
    let page = include_str!("../docs/renewal.md");
    for name in ["targets.toml", "mtls-ca-renew.service", "mtls-ca-renew.timer", "crontab"] {
        assert!(page.contains(&text(name)), "docs/renewal.md shows another {name}");
    }
}

#[test]
fn the_list_of_targets_is_one() {
    let targets = read_targets(&folder().join("targets.toml")).unwrap();
    assert_eq!(targets.len(), 2);
    assert!(targets.iter().all(|target| target.hook.is_some()));
}

/// Every command line of ours in them, tried with `--dry-run`-like care: a CA that is not there ends
/// with 1, a word that is not known with 2.
#[test]
fn their_command_lines_are_taken() {
    let session = Session::new();
    let mut seen = 0;
    for name in ["mtls-ca-renew.service", "mtls-ca-watch.service", "crontab", "gitlab-ci.yml", "github-workflow.yml"] {
        for line in text(name).lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some((_, words)) = line.split_once("mtls-ca ") else { continue };
            let words: Vec<&str> = words.split(" > ").next().unwrap().split_whitespace().collect();
            let ended = session.mtls_ca(&words).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            // Neither the CA nor the list is on this machine.
            assert!(
                ended.status.code() == Some(1) || said.contains("is one file, and there may be several"),
                "{name}: {words:?}: {said}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn units_and_jobs_are_well_formed() {
    let systemd = Command::new("systemd-analyze").arg("--version").output().is_ok_and(|ended| ended.status.success());
    if systemd {
        // The program stands elsewhere here, so that it is the one thing that may be missing.
        let units = tempfile::tempdir().unwrap();
        for name in ["mtls-ca-renew.service", "mtls-ca-renew.timer", "mtls-ca-watch.service"] {
            let here = text(name).replace("/usr/bin/mtls-ca", "/bin/true");
            std::fs::write(units.path().join(name), here).unwrap();
        }
        for name in ["mtls-ca-renew.timer", "mtls-ca-watch.service"] {
            let ended = Command::new("systemd-analyze").arg("verify").arg(units.path().join(name)).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            let ours: Vec<&str> = said.lines().filter(|line| line.contains("mtls-ca")).collect();
            assert!(ours.is_empty(), "{ours:#?}");
        }
    } else {
        eprintln!("systemd-analyze is not here, and did not look");
    }
    let yaml =
        "import sys, yaml\nfor name in sys.argv[1:]:\n    assert isinstance(yaml.safe_load(open(name)), dict), name";
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).status().is_ok_and(|status| status.success());
    if has_yaml {
        let files = ["gitlab-ci.yml", "github-workflow.yml"].map(|name| folder().join(name));
        assert!(Command::new("python3").args(["-c", yaml]).args(files).status().unwrap().success());
    } else {
        eprintln!("Python's yaml is not here, and did not look");
    }
}
