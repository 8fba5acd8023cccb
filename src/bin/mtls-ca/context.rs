//! What a command is given beside its own options: the global ones, the moment, and secrets.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Read;
use std::num::ParseIntError;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use mtls_ca::audit::event::{Act, Actor};
use mtls_ca::authority::{Access, Authority};
use mtls_ca::bundle::deliver::Role;
use mtls_ca::keys::Passphrase;
use mtls_ca::ledger::SinkWatch;
use mtls_ca::store::read::{LARGEST_FILE, read_limited};
use mtls_ca::{Finding, Now};

use crate::cli::{Cli, Global};
use crate::failure::{Exit, Failure};
use crate::output::{Growing, Style};
use crate::{prompt, view};
use mtls_ca::words::typed::typed_path;

/// The longest passphrase that is read.
const LONGEST_PASSPHRASE: u64 = 4_096;

/// Where the passphrase of the command's main key comes from. Without any of these: the variables
/// `MTLS_CA_PASSPHRASE_FILE` and `MTLS_CA_PASSPHRASE`, the systemd credential
/// `mtls-ca-passphrase`, or a prompt where standard input is a terminal.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PassphraseArgs {
    /// Read the passphrase of the key from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Read it from this open file descriptor
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<Descriptor>,
}

impl PassphraseArgs {
    /// Whether one of them was typed.
    pub const fn is_given(&self) -> bool {
        self.passphrase_file.is_some() || self.passphrase_fd.is_some()
    }
}

/// A file descriptor of the caller's. Whether it is open is found out while the command line is
/// read, before a file of our own can get its number.
#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    number: u32,
    open: bool,
}

impl Descriptor {
    fn path(number: u32) -> PathBuf {
        PathBuf::from(format!("/dev/fd/{number}"))
    }
}

impl FromStr for Descriptor {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let number = text.parse()?;
        Ok(Self { number, open: Self::path(number).exists() })
    }
}

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
    /// The answer, where it is printed while it is found out.
    pub growing: Growing,
    environment: Environment,
    /// What is to be told of the CAs that were opened, each with its directory.
    remarks: RefCell<Vec<(PathBuf, Vec<String>)>>,
    /// Whether their audit events could be sent on, which is known at the end.
    sinks: RefCell<Vec<SinkWatch>>,
}

/// What the environment says about secrets. Read once; hooks do not inherit it.
struct Environment {
    passphrase: Option<OsString>,
    passphrase_file: Option<PathBuf>,
    store_password: Option<OsString>,
    store_password_file: Option<PathBuf>,
    credentials_directory: Option<PathBuf>,
}

impl Context {
    pub fn new(parsed: &Cli) -> Self {
        let no_color = no_color();
        Self {
            global: parsed.global.clone(),
            command: parsed.command.name(),
            now: Now::from_system(),
            no_color,
            style: Style::of_stdout(parsed.global.color, no_color),
            growing: Growing::default(),
            environment: Environment {
                passphrase: variable("MTLS_CA_PASSPHRASE"),
                passphrase_file: variable("MTLS_CA_PASSPHRASE_FILE").map(PathBuf::from),
                store_password: variable("MTLS_CA_STORE_PASSWORD"),
                store_password_file: variable("MTLS_CA_STORE_PASSWORD_FILE").map(PathBuf::from),
                credentials_directory: variable("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            },
            remarks: RefCell::default(),
            sinks: RefCell::default(),
        }
    }

    /// Opens the CA of the command line.
    pub fn open(&self, access: Access) -> Result<Authority, Failure> {
        self.open_at(&self.global.ca_dir, access)
    }

    /// Opens a CA. This is the one way to one: what every command has to tell of its CA is noted here,
    /// and told by `output::render`.
    pub fn open_at(&self, directory: &Path, access: Access) -> Result<Authority, Failure> {
        let ca = self.open_untold(directory, access)?;
        self.note(directory, &ca);
        Ok(ca)
    }

    /// Notes once more what there is to tell of the CA of the command line, whose certificate is
    /// another than when it was opened.
    pub fn note_again(&self, ca: &Authority) {
        self.note(&self.global.ca_dir, ca);
    }

    /// In the place of what was noted of it before.
    fn note(&self, directory: &Path, ca: &Authority) {
        let is_own = directory == self.global.ca_dir;
        let typed = |hint: String| if is_own { self.typed(&hint) } else { typed_in(directory, &hint) };
        let findings = ca.warnings(self.now).into_iter();
        let findings = findings.map(|finding| Finding { hint: finding.hint.map(typed), ..finding });
        let lines = view::findings(&findings.collect::<Vec<_>>());
        let mut remarks = self.remarks.borrow_mut();
        match remarks.iter_mut().find(|(known, _)| known == directory) {
            Some((_, before)) => *before = lines,
            None => remarks.push((directory.to_owned(), lines)),
        }
    }

    /// Opens a CA of which the command itself tells everything, and tells it later: what is mended by
    /// then is not to be told of.
    pub fn open_untold(&self, directory: &Path, access: Access) -> Result<Authority, Failure> {
        let mut ca = Authority::open(directory, access, self.patience())?;
        ca.record_refusals(self.act());
        self.sinks.borrow_mut().extend(ca.ledger().sink_watch());
        Ok(ca)
    }

    /// What is to be told of the CAs that were opened so far.
    pub fn remarks(&self) -> Vec<String> {
        let sinks: Vec<Finding> = self.sinks.borrow().iter().filter_map(SinkWatch::failure).collect();
        let mut remarks: Vec<String> = self.remarks.borrow().iter().flat_map(|(_, lines)| lines.clone()).collect();
        remarks.extend(view::findings(&sinks));
        remarks
    }

    /// The passphrase that opens an existing key: `None` where none is to be had without asking
    /// and nobody can be asked.
    pub fn passphrase(&self, args: &PassphraseArgs, of: &str) -> Result<Option<Passphrase>, Failure> {
        if let Some(given) = self.given_passphrase(args)? {
            return Ok(Some(given));
        }
        if self.global.non_interactive || !prompt::is_possible() {
            return Ok(None);
        }
        prompt::passphrase(&format!("passphrase of {of}: ")).map_err(|error| unanswered(&error))
    }

    /// The passphrase for a key that is about to be made. Without any, a terminal is asked twice;
    /// where there is none the key is stored in clear, which the caller tells.
    pub fn new_passphrase(&self, args: &PassphraseArgs, of: &str, none: bool) -> Result<Option<Passphrase>, Failure> {
        let given = self.given_passphrase(args)?;
        if none {
            return match given {
                Some(_) => Err(Failure::usage("`--no-passphrase` and a passphrase exclude each other")),
                None => Ok(None),
            };
        }
        if given.is_some() || self.global.non_interactive || !prompt::is_possible() {
            return Ok(given);
        }
        prompt::new_passphrase(&format!("new passphrase for {of}: ")).map(Some).map_err(|error| unanswered(&error))
    }

    /// The same, and nobody is asked: a look at many files would ask again and again.
    pub fn given_passphrase(&self, args: &PassphraseArgs) -> Result<Option<Passphrase>, Failure> {
        let Environment { passphrase, passphrase_file, .. } = &self.environment;
        let typed = typed_secret(args.passphrase_file.as_deref(), args.passphrase_fd)?;
        let found = match typed {
            Some(typed) => Some(typed),
            None => secret_of(passphrase_file.as_deref(), passphrase.as_ref(), "MTLS_CA_PASSPHRASE")?,
        };
        if found.is_some() {
            return Ok(found);
        }
        let credential = self.environment.credentials_directory.as_ref().map(|dir| dir.join("mtls-ca-passphrase"));
        match credential {
            Some(file) if file.is_file() => passphrase_in(&file).map(Some),
            _ => Ok(None),
        }
    }

    /// The password of stores: from a file or descriptor that was typed, else from the environment. Nobody
    /// is asked for it.
    pub fn store_password(&self, file: Option<&Path>, fd: Option<Descriptor>) -> Result<Option<Passphrase>, Failure> {
        let Environment { store_password, store_password_file, .. } = &self.environment;
        match typed_secret(file, fd)? {
            Some(typed) => Ok(Some(typed)),
            None => secret_of(store_password_file.as_deref(), store_password.as_ref(), "MTLS_CA_STORE_PASSWORD"),
        }
    }

    /// A passphrase from a flag of its own, such as `--parent-passphrase-file`.
    pub fn passphrase_from(&self, file: Option<&Path>, of: &str) -> Result<Option<Passphrase>, Failure> {
        match file {
            Some(file) => passphrase_in(file).map(Some),
            None if self.global.non_interactive || !prompt::is_possible() => Ok(None),
            None => prompt::passphrase(&format!("passphrase of {of}: ")).map_err(|error| unanswered(&error)),
        }
    }

    /// A passphrase that a key is to get, from a flag of its own or typed twice.
    pub fn new_passphrase_from(&self, file: Option<&Path>, of: &str) -> Result<Passphrase, Failure> {
        match file {
            Some(file) => passphrase_in(file),
            None if self.global.non_interactive || !prompt::is_possible() => {
                Err(Failure::new(Exit::Secret, "passphrase_missing", format!("there is no new passphrase for {of}"))
                    .hint("give it with --new-passphrase-file FILE, or leave it in clear with --no-passphrase"))
            }
            None => prompt::new_passphrase(&format!("new passphrase for {of}: ")).map_err(|error| unanswered(&error)),
        }
    }

    /// A file that the user named, or standard input for `-`; at most 10 MiB.
    pub fn read_input(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        if path != Path::new("-") {
            return read_limited(path, LARGEST_FILE).map_err(Failure::from);
        }
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::new(Exit::Failed, "io", "cannot read standard input").cause(error))?;
        if bytes.len() as u64 > LARGEST_FILE {
            let message = format!("standard input is larger than {LARGEST_FILE} bytes");
            return Err(Failure::new(Exit::Failed, "too_large", message));
        }
        Ok(bytes)
    }

    /// Whether a passphrase was given by option, variable or credential.
    pub fn has_passphrase(&self, args: &PassphraseArgs) -> bool {
        let Environment { passphrase, passphrase_file, credentials_directory, .. } = &self.environment;
        let credential = credentials_directory.as_ref().is_some_and(|dir| dir.join("mtls-ca-passphrase").is_file());
        args.is_given() || passphrase.is_some() || passphrase_file.is_some() || credential
    }

    /// The files that a passphrase may be read from.
    pub fn passphrase_files(&self, args: &PassphraseArgs) -> Vec<Role> {
        let files = args.passphrase_file.iter().chain(&self.environment.passphrase_file);
        files.map(|file| Role::new("the passphrase", file)).collect()
    }

    /// How long to wait for other processes.
    pub fn patience(&self) -> Duration {
        self.global.lock_timeout
    }

    /// A hint as it has to be typed for this CA directory: `mtls-ca show` becomes
    /// `mtls-ca --ca-dir issuing show` where the directory was named by an option.
    pub fn typed(&self, hint: &str) -> String {
        if self.global.ca_dir == Path::new("ca") || variable("MTLS_CA_DIR").is_some() {
            return hint.to_owned();
        }
        typed_in(&self.global.ca_dir, hint)
    }

    /// The time, for a process that stays.
    #[expect(clippy::unused_self, reason = "the one place that reads the clock")]
    pub fn clock(&self) -> Now {
        Now::from_system()
    }

    /// What the audit log says of this call.
    pub fn act(&self) -> Act {
        Act { now: self.now, actor: actor(), command: self.command.to_owned() }
    }
}

/// The commands that work on a CA directory.
const COMMANDS: [&str; 23] = [
    "init", "sign", "issue", "list", "show", "profile", "status", "renew", "rekey", "revoke", "crl", "ocsp", "rotate",
    "import", "audit", "check", "backup", "restore", "publish", "key", "lint", "export", "bundle",
];

/// A hint with the CA directory in the commands that need one. A hint that speaks of directories
/// itself stays as it is.
pub fn typed_in(directory: &Path, hint: &str) -> String {
    if hint.contains("--ca-dir") || hint.contains("init --parent") {
        return hint.to_owned();
    }
    COMMANDS.iter().fold(hint.to_owned(), |hint, command| {
        hint.replace(&format!("mtls-ca {command}"), &format!("mtls-ca --ca-dir {} {command}", typed_path(directory)))
    })
}

/// Whether `NO_COLOR` asks for plain text (no-color.org: set and not empty).
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment, besides clap")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn text_variable(name: &str) -> Option<String> {
    variable(name).and_then(|value| value.into_string().ok())
}

/// A secret from a file or descriptor that was named on the command line.
fn typed_secret(file: Option<&Path>, descriptor: Option<Descriptor>) -> Result<Option<Passphrase>, Failure> {
    match (file, descriptor) {
        (Some(file), _) => passphrase_in(file).map(Some),
        (None, Some(Descriptor { number, open: false })) => {
            let message = format!("file descriptor {number} is not open");
            Err(Failure::new(Exit::Secret, "passphrase_unreadable", message)
                .hint(format!("the shell opens it: {number}< FILE")))
        }
        (None, Some(Descriptor { number, open: true })) => passphrase_in(&Descriptor::path(number)).map(Some),
        (None, None) => Ok(None),
    }
}

/// A secret from the environment: the file that one variable names, else what the other one is.
fn secret_of(file: Option<&Path>, value: Option<&OsString>, variable: &str) -> Result<Option<Passphrase>, Failure> {
    match (file, value) {
        (Some(file), _) => passphrase_in(file).map(Some),
        (None, Some(value)) => match Passphrase::new(value.clone().into_vec()) {
            Some(secret) => Ok(Some(secret)),
            None => Err(Failure::new(Exit::Secret, "passphrase_empty", format!("`{variable}` is empty"))
                .hint("unset it, or give it a value")),
        },
        (None, None) => Ok(None),
    }
}

fn passphrase_in(file: &Path) -> Result<Passphrase, Failure> {
    let content = read_limited(file, LONGEST_PASSPHRASE).map_err(|error| {
        let failure = Failure::from(error);
        Failure { exit: Exit::Secret, kind: "passphrase_unreadable", ..failure }
    })?;
    Passphrase::from_file_content(content).ok_or_else(|| {
        let message = format!("the first line of `{}` is empty, where a passphrase was expected", file.display());
        Failure::new(Exit::Secret, "passphrase_empty", message)
    })
}

fn unanswered(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Secret, "passphrase_missing", "no passphrase was typed").cause(error)
}

/// The account and the machine, and the build job where its environment names one.
fn actor() -> Actor {
    let Actor { ci_job: _, host, user } = Actor::of_process();
    // An account that the machine does not list, of a directory service or a container: what it calls
    // itself, with the number that it has.
    let user = match text_variable("USER").or_else(|| text_variable("LOGNAME")) {
        Some(name) if user.starts_with("uid ") => format!("{name} ({user})"),
        _ => user,
    };
    Actor { ci_job: ci_job(text_variable), host, user }
}

/// The job of a build server: where it can be looked at, by the first of these that is set.
fn ci_job(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if let (Some(repository), Some(run)) = (variable("GITHUB_REPOSITORY"), variable("GITHUB_RUN_ID")) {
        let server = variable("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
        let job = variable("GITHUB_JOB").map_or(String::new(), |job| format!(" {job}"));
        return Some(format!("{server}/{repository}/actions/runs/{run}{job}"));
    }
    // GitLab, Buildkite, CircleCI, Azure Pipelines, Jenkins.
    let known = ["CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_BUILDURI", "BUILD_URL"];
    let first = known.iter().find_map(|name| variable(name));
    first.or_else(|| variable("CI_JOB_ID").map(|id| format!("job {id}")))
}
