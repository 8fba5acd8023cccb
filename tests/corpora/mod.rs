//! Other people's test data, which is no part of this repository: looked for in `$MTLS_CA_CORPORA`, else in
//! `../shared/corpora`.

use std::path::PathBuf;
use std::process::Command;

/// An archive, unpacked into a temporary folder; where it is missing, `None`, and a line that says so.
pub fn unpacked(name: &str) -> Option<tempfile::TempDir> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let path = std::env::var_os("MTLS_CA_CORPORA").map_or_else(beside, PathBuf::from).join(name);
    let skipped = |reason: &str| {
        eprintln!("SKIPPED: {}: {reason}", path.display());
        None
    };
    if !path.exists() {
        return skipped("the corpus is not there; point MTLS_CA_CORPORA at the folder that has it");
    }
    let folder = tempfile::Builder::new().prefix("mtls-ca-corpus-").tempdir().unwrap();
    match Command::new("tar").arg("-xJf").arg(&path).arg("-C").arg(folder.path()).output() {
        Ok(output) if output.status.success() => Some(folder),
        Ok(output) => panic!("{}: {}", path.display(), String::from_utf8_lossy(&output.stderr)),
        Err(error) => skipped(&format!("tar cannot be run ({error})")),
    }
}
