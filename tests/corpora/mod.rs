//! Other people's test data, which is no part of this repository: looked for in `$MTLS_CA_CORPORA`, else in
//! `../shared/corpora`. What is missing is told of by a line, and the test does without.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// An archive, unpacked into a temporary folder.
pub fn unpacked(name: &str) -> Option<tempfile::TempDir> {
    let path = found(name)?;
    let folder = tempfile::Builder::new().prefix("mtls-ca-corpus-").tempdir().unwrap();
    output(&path, Command::new("tar").arg("-xJf").arg(&path).arg("-C").arg(folder.path()))?;
    Some(folder)
}

/// A compressed JSON document.
pub fn json(name: &str) -> Option<Value> {
    let path = found(name)?;
    let document = output(&path, Command::new("xz").arg("-dc").arg(&path))?;
    Some(serde_json::from_slice(&document).expect("JSON"))
}

fn found(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let path = std::env::var_os("MTLS_CA_CORPORA").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    skipped(&path, "the corpus is not there; point MTLS_CA_CORPORA at the folder that has it")
}

/// What a tool says about the file.
fn output(path: &Path, command: &mut Command) -> Option<Vec<u8>> {
    match command.output() {
        Ok(output) if output.status.success() => Some(output.stdout),
        Ok(output) => panic!("{}: {}", path.display(), String::from_utf8_lossy(&output.stderr)),
        Err(error) => skipped(path, &format!("{command:?} cannot be run ({error}); install tar and xz-utils")),
    }
}

fn skipped<T>(path: &Path, reason: &str) -> Option<T> {
    eprintln!("SKIPPED: {}: {reason}", path.display());
    None
}
