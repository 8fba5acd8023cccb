//! The real binary in a folder of its own, with a bare environment.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A request that openssl made: `O=Example, CN=billing`, `DNS:billing.internal`, clientAuth.
pub const REQUEST: &[u8] = include_bytes!("../fixtures/billing.csr");

/// Whether this is the long form (`./tests/run.sh long`): every point instead of a spread of them.
pub fn is_long() -> bool {
    std::env::var_os("MTLS_CA_LONG").is_some_and(|value| value == "true")
}

/// A temporary folder with `billing.csr` in it.
pub struct Session {
    folder: tempfile::TempDir,
}

impl Session {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mtls-ca-session-").tempdir().unwrap();
        fs::write(folder.path().join("billing.csr"), REQUEST).unwrap();
        Self { folder }
    }

    /// Another folder with all that is in this one, modes and times too.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        let all = format!("{}/.", self.path().display());
        assert!(copy.command("cp", &["-a", &all, "."]).status().unwrap().success());
        copy
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that would run in this folder, with nothing but PATH and HOME set.
    pub fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.path()).stdin(Stdio::null());
        command.env_clear().env("HOME", self.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub fn mtls_ca(&self, words: &[&str]) -> Command {
        self.command(binary(), words)
    }

    /// Runs our binary and fails the test where it fails.
    pub fn ok(&self, words: &[&str]) -> Output {
        let output = self.mtls_ca(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Serials and states of all rows of the ledger.
    pub fn ledger(&self) -> Vec<(String, String)> {
        let output = self.ok(&["list", "--status", "all", "--json"]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let rows = document["certificates"].as_array().unwrap();
        rows.iter().map(|row| (text(row, "serial"), text(row, "status"))).collect()
    }

    /// Every file below this folder.
    pub fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join(below)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.symlink_metadata().unwrap().is_dir() {
                    folders.push(path.clone());
                }
                found.push(path);
            }
        }
        found.sort();
        found
    }
}

pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_mtls-ca")
}

/// The serials of every whole certificate in this text, as hexadecimal digits.
pub fn serials_in(text: &[u8]) -> BTreeSet<String> {
    let blocks = pem::parse_many(text).unwrap_or_default();
    let certificates = blocks.iter().filter(|block| block.tag() == "CERTIFICATE");
    certificates
        .map(|block| {
            let (_, certificate) = x509_parser::parse_x509_certificate(block.contents()).unwrap();
            data_encoding::HEXLOWER.encode(certificate.raw_serial())
        })
        .collect()
}
