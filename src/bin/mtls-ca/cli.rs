//! What may be typed: the global options and the list of commands. Each command's own options are
//! in its file, and its doc comments are its help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use mtls_ca::Lifetime;
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::lifetime::NotALifetime;

use crate::commands;

/// What stands at the end of every long help.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: input or output, unreadable input, network
  2  wrong usage
  3  the answer is no (verify, doctor, handshake, recipe --check, lint, status, check,
     audit verify, needs-renewal, ocsp respond)
  4  refused by policy, lint or missing proof of possession
  5  busy: the lock was not to be had in time
  6  a secret is missing or wrong
  7  some of many failed
  70 internal error";

/// A private certificate authority for mutual TLS between services.
#[derive(Debug, Parser)]
#[command(name = "mtls-ca", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  mtls-ca init                          a root CA in ./ca
  mtls-ca sign client.csr               answer a CSR: client.crt
  mtls-ca issue api.internal --profile server --out tls
  mtls-ca inspect client.crt            what it says and when it expires
  mtls-ca verify client.crt --as client
  mtls-ca status                        what ends when, and what to type")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The CA directory
    #[arg(long, global = true, env = "MTLS_CA_DIR", default_value = "ca", value_name = "DIR", hide_env_values = true)]
    pub ca_dir: PathBuf,
    /// Print one JSON document on standard output, for success and failure alike
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no notices, only data and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: with `sign` and `issue` what was asked and granted, and by which rule
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub non_interactive: bool,
    /// How long to wait for other processes on the same CA directory; 0 not at all
    #[arg(long, global = true, default_value = "30s", value_name = "TIME", value_parser = patience)]
    pub lock_timeout: Duration,
}

fn patience(text: &str) -> Result<Duration, NotALifetime> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        _ => text.parse().map(|time: Lifetime| Duration::from_secs(time.seconds().unsigned_abs())),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

macro_rules! commands {
    ($($variant:ident = $module:ident, $name:literal;)*) => {
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $(#[command(after_long_help = EXIT_CODES)] $variant(commands::$module::Args),)*
        }

        impl Command {
            /// The word that was typed, as JSON names it.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }
        }
    };
}

commands! {
    Init = init, "init";
    Csr = csr, "csr";
    Key = key, "key";
    Sign = sign, "sign";
    Issue = issue, "issue";
    Renew = renew, "renew";
    Rekey = rekey, "rekey";
    Revoke = revoke, "revoke";
    Crl = crl, "crl";
    List = list, "list";
    Show = show, "show";
    Status = status, "status";
    Export = export, "export";
    Bundle = bundle, "bundle";
    Import = import, "import";
    Backup = backup, "backup";
    Restore = restore, "restore";
    Ocsp = ocsp, "ocsp";
    Rotate = rotate, "rotate";
    Recipe = recipe, "recipe";
    Profile = profile, "profile";
    Audit = audit, "audit";
    Check = check, "check";
    Inspect = inspect, "inspect";
    Verify = verify, "verify";
    Doctor = doctor, "doctor";
    Lint = lint, "lint";
    Handshake = handshake, "handshake";
    Fingerprint = fingerprint, "fingerprint";
    NeedsRenewal = needs_renewal, "needs-renewal";
    Completions = completions, "completions";
    Man = man, "man";
}

/// A command line that is not run: help, version, or a usage error.
pub struct Unparsed {
    pub error: clap::Error,
    /// Whether `--json` was among the words.
    pub json: bool,
    /// The command, where one was named.
    pub command: String,
}

/// Reads the process's own command line.
pub fn parse() -> Result<Cli, Unparsed> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let json = words.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json");
    let definition = command();
    let known = |word: &&str| definition.find_subcommand(word).is_some();
    let named = words.iter().skip(1).filter_map(|word| word.to_str()).find(known).unwrap_or_default().to_owned();
    let shown = harmless(&words);
    read(words).map_err(|error| Unparsed {
        error: shown.and_then(|shown| read(shown).err()).unwrap_or(error),
        json,
        command: named,
    })
}

fn read(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    command().try_get_matches_from(words).and_then(|matches| Cli::from_arg_matches(&matches))
}

/// The words as they may be shown, where they hold what a terminal would obey: an error quotes them.
fn harmless(words: &[OsString]) -> Option<Vec<OsString>> {
    let shown: Vec<OsString> = words.iter().map(|word| escaped(&word.to_string_lossy()).into()).collect();
    (shown != words).then_some(shown)
}

/// The definition that help, completions and man pages are made from.
pub fn command() -> clap::Command {
    Cli::command()
}
