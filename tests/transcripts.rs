//! The command line as terminal sessions: each file of `tests/transcripts/` is typed into a shell,
//! with the real binary, in an empty folder and a sealed environment, and what comes out is compared
//! with what the file says.
//!
//! In a file, `# ` begins a comment, `$ ` a command and `> ` its next line. Below a command stand its
//! standard output as it is, its standard error with `! ` in front, and `? N` where it ends with
//! another exit code than 0. `[..]` stands for anything within a line, `...` for any lines. What
//! differs from run to run is replaced before the comparison: see `replaced`.
//!
//! `SNAPSHOTS=overwrite cargo test --test transcripts` writes what came out into the files; read
//! every changed line as critically as the code.

mod sandbox;

use std::path::Path;

use sandbox::{Sandbox, replaced};

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(#[test] fn $name() { play(stringify!($name)); })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

transcripts! {
    adopt
    audit
    backup
    busy
    ca_ends
    ceremony
    check
    crl
    crl_locked
    csr
    damaged_directory
    dry_run
    compromised_key
    hold
    init
    exposed
    fingerprint
    formats
    export
    stores
    bundle
    handshake_stores
    hints
    import
    init_refused
    inspect
    intermediate
    needs_renewal
    never_replaced
    ocsp
    issue
    keep_key
    key
    layouts
    lint
    list
    passphrases
    profile
    doctor
    recipe
    rekey
    renew
    revoke
    restore_from_certs
    rotate
    rotate_intermediate
    show
    sign
    sign_many
    sign_refused
    status
    status_scan
    usage
    verify
    verify_many
}

#[test]
fn every_file_is_played() {
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut played = NAMES.to_vec();
    found.sort_unstable();
    played.sort_unstable();
    assert_eq!(found, played);
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

fn play(name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let script = std::fs::read_to_string(&path).unwrap();
    let sandbox = Sandbox::new();
    if let Some(missing) = ["openssl", "flock"].into_iter().find(|tool| sandbox.lacks(tool)) {
        assert!(std::env::var_os("CI").is_none(), "`{missing}` is missing, and this is CI");
        return eprintln!("`{missing}` is missing, so `{name}` was not played");
    }
    let mut played = String::new();
    for Step { comment, command } in steps(&script) {
        played.push_str(&comment);
        if command.is_empty() {
            continue;
        }
        played.push_str(&format!("$ {}\n", command.replace('\n', "\n> ")));
        let ended = sandbox.shell(&command);
        let stderr: String = ended.stderr.lines().map(|line| format!("! {line}\n")).collect();
        for part in [ended.stdout.as_str(), stderr.as_str()] {
            played.push_str(&replaced(part));
            if !part.is_empty() && !part.ends_with('\n') {
                played.push_str("(no end of line)\n");
            }
        }
        if ended.code != 0 {
            played.push_str(&format!("? {}\n", ended.code));
        }
        played.push('\n');
    }
    let expected = snapbox::Data::read_from(&path, Some(snapbox::data::DataFormat::Text));
    snapbox::Assert::new().action_env("SNAPSHOTS").normalize_paths(false).eq(snapbox::Data::text(played), expected);
}

/// One command with the comment above it.
#[derive(Default)]
struct Step {
    comment: String,
    command: String,
}

/// The commands of a file. What was expected of them is compared as a whole, not here.
fn steps(script: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut comment = String::new();
    for line in script.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { comment: std::mem::take(&mut comment), command: command.to_owned() });
        } else if let (Some(more), Some(step)) = (line.strip_prefix("> "), steps.last_mut()) {
            step.command.push_str(&format!("\n{more}"));
        } else if line == "#" || line.starts_with("# ") {
            comment.push_str(&format!("{line}\n"));
        }
    }
    steps
}
