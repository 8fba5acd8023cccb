//! The quickstart runs as it stands, twice in the same folder, and refuses a folder that is not its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn quickstart(folder: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.sh");
    Command::new(script).arg(folder).stdin(Stdio::null()).output().unwrap()
}

#[test]
#[ignore = "run by ./tests/run.sh quickstart: builds a release binary"]
fn runs_again_and_again() {
    let home = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = quickstart(&home.path().join("fresh"));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(text.matches("\nhello CN=billing\n").count(), 2, "{text}");
        assert!(text.ends_with("next: mtls-ca --help\n"), "{text}");
    }
    std::fs::write(home.path().join("precious"), "").unwrap();
    let output = quickstart(home.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(home.path().join("precious").exists());
}
