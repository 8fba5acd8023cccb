//! A place where the real binary runs: an empty folder, a cleared environment, no terminal.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes away with its value.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// How a command ended.
pub struct Ended {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a line of shell, with `mtls-ca` first in the path.
    pub fn shell(&self, line: &str) -> Ended {
        let mut shell = Command::new("bash");
        shell.args(["-c", line]);
        self.run(&mut shell)
    }

    /// Whether a program of another package is not there.
    pub fn lacks(&self, program: &str) -> bool {
        self.shell(&format!("command -v {program}")).code != 0
    }

    /// Runs the binary with these words.
    pub fn mtls_ca(&self, words: &[&str]) -> Ended {
        self.run(Command::new(env!("CARGO_BIN_EXE_mtls-ca")).args(words))
    }

    fn run(&self, command: &mut Command) -> Ended {
        let output = command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .env("USER", "tester")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[DIR]").replace('\r', "␍")
        };
        Ended { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

/// The folder of the binary, then the system's.
fn search_path() -> OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_mtls-ca"));
    let given = std::env::var_os("PATH").unwrap_or_default();
    let folders = binary.parent().map(PathBuf::from).into_iter().chain(std::env::split_paths(&given));
    std::env::join_paths(folders).unwrap()
}

/// The text with what differs from run to run replaced: `[SHA256]` for 64 hexadecimal digits,
/// `[SERIAL]` for 32 of them, `[KEY ID]` for about 40 (other tools' serial numbers may begin with zeros), `[HEX8]` for the 8 of a root that has no other
/// name, `[NUMBER]` for that of a CRL, `[TIME]` for a moment that is not a round one, `[HOST]` for the machine.
pub fn replaced(text: &str) -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // The account's own name where the machine lists it, else what the environment says.
    let account = mtls_ca::audit::event::Actor::of_process().user;
    let text = text.replace(&format!("{account}@{host}"), "tester@[HOST]");
    let text = text.replace(&format!("tester ({account})@{host}"), "tester@[HOST]");
    let nameless = text.split("mtls-ca root ").skip(1).filter_map(|rest| rest.get(..8)).map(str::to_owned);
    let nameless: Vec<String> = nameless.collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).len();
        let (token, after) = rest.split_at(word.max(first.len_utf8()));
        let hex = token.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b.to_ascii_lowercase()));
        match (token.len(), hex) {
            (64, true) => out.push_str("[SHA256]"),
            (36..=42, true) => out.push_str("[KEY ID]"),
            (8, true) if is_now(token) => out.push_str("[NUMBER]"),
            (8, true) if nameless.iter().any(|hex| hex == token) => out.push_str("[HEX8]"),
            (32, true) => out.push_str("[SERIAL]"),
            (4, true) if moment(rest) > 0 => {
                let (time, after) = rest.split_at(moment(rest));
                // Midnight is a time that somebody wrote.
                out.push_str(if time.ends_with("T00:00:00Z") { time } else { "[TIME]" });
                rest = after;
                continue;
            }
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// Whether it is the number of a CRL that was just built: the seconds since 1970.
fn is_now(hex: &str) -> bool {
    let now = mtls_ca::Now::from_system().time().unix();
    i64::from_str_radix(hex, 16).is_ok_and(|number| (now - 3_600..now + 60).contains(&number))
}

/// How long the moment is that the text begins with (`2026-01-31T12:00:00Z`), else 0.
fn moment(text: &str) -> usize {
    const FORM: &str = "dddd-dd-ddTdd:dd:ddZ";
    let fits = |(form, found): (char, char)| if form == 'd' { found.is_ascii_digit() } else { form == found };
    if text.len() >= FORM.len() && FORM.chars().zip(text.chars()).all(fits) { FORM.len() } else { 0 }
}
