//! What a command is given beside its own options: the global ones, the moment, and secrets.

use std::ffi::OsString;
use std::path::PathBuf;

use mtls_ca::Now;

use crate::cli::{Cli, Global};
use crate::output::Style;

/// Made once, in `main`.
pub struct Context {
    pub global: Global,
    /// The word that was typed.
    pub command: &'static str,
    /// The one moment that this process acts at.
    pub now: Now,
    pub no_color: bool,
    /// Style of standard output.
    pub style: Style,
    environment: Environment,
}

/// What the environment says about secrets. Read once; hooks do not inherit it.
struct Environment {
    passphrase: Option<OsString>,
    passphrase_file: Option<PathBuf>,
    credentials_directory: Option<PathBuf>,
}

impl Context {
    pub fn new(parsed: &Cli) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            global: parsed.global.clone(),
            command: parsed.command.name(),
            now: Now::from_system(),
            no_color,
            style: Style::of_stdout(parsed.global.color, no_color),
            environment: Environment {
                passphrase: std::env::var_os("MTLS_CA_PASSPHRASE"),
                passphrase_file: std::env::var_os("MTLS_CA_PASSPHRASE_FILE").map(PathBuf::from),
                credentials_directory: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            },
        }
    }
}
