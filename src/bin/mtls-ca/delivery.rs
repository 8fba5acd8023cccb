//! How delivered files look and what runs afterwards, in the same words for every command that
//! delivers.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use mtls_ca::Lifetime;
use mtls_ca::authority::RefreshError;
use mtls_ca::bundle::deliver::{DeliveryError, Restored};
use mtls_ca::ledger::NotRenewable;
use mtls_ca::store::attributes::{Attributes, Group, Mode, Owner};
use mtls_ca::store::hook::{Hook, SignalName};
use mtls_ca::words::typed::typed_path;

use crate::failure::{Exit, Failure};
use crate::formats::store_closed;

/// Owner and mode of files, and what runs when they have changed.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Delivery")]
pub struct DeliveryArgs {
    /// Whose the files are; else as before, or yours where they are new
    #[arg(long, value_name = "USER")]
    pub owner: Option<Owner>,
    /// Of which group
    #[arg(long, value_name = "GROUP")]
    pub group: Option<Group>,
    /// Their mode; a key gets no more of it than 0640. Else as before, or 0644, and 0600 for keys
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// The key's mode, however wide
    #[arg(long, value_name = "MODE")]
    pub key_mode: Option<Mode>,
    /// Send a signal to the process whose number is in this file, once the files have changed
    #[arg(long, value_name = "FILE", conflicts_with = "exec")]
    pub reload_pid_file: Option<PathBuf>,
    /// Which signal [default: HUP]
    #[arg(long, value_name = "NAME", requires = "reload_pid_file")]
    pub signal: Option<SignalName>,
    /// How long the command may take [default: 30s]
    #[arg(long, value_name = "TIME", requires = "exec")]
    pub exec_timeout: Option<Lifetime>,
    /// How often it is tried again [default: 0]
    #[arg(long, value_name = "N")]
    pub exec_retries: Option<u32>,
    /// Run this once the files have changed, without a shell; where it fails, the files before come
    /// back. Everything behind it belongs to the command, so it stands last
    #[arg(long, value_name = "CMD ARG", num_args = 1.., allow_hyphen_values = true, value_terminator = ";")]
    pub exec: Vec<OsString>,
}

impl DeliveryArgs {
    /// Whose the files are.
    pub const fn attributes(&self) -> Attributes {
        let Self { owner, group, mode, key_mode, .. } = self;
        Attributes { owner: *owner, group: *group, mode: *mode, key_mode: *key_mode }
    }

    /// What runs afterwards.
    pub fn hook(&self) -> Result<Option<Hook>, Failure> {
        let signal = self.signal.unwrap_or(SignalName::HUP);
        let hook = match &self.reload_pid_file {
            Some(file) => Some(Hook::signal(file, signal)),
            None => Hook::exec(self.exec.iter().cloned()),
        };
        if hook.is_none() && self.exec_retries.is_some() {
            return Err(Failure::usage("`--exec-retries` has no effect: nothing is run")
                .hint("name a command, as the last option: --exec systemctl reload nginx"));
        }
        Ok(hook.map(|hook| Hook {
            timeout: self.exec_timeout.map_or(hook.timeout, |time| Duration::from_secs(time.seconds().unsigned_abs())),
            retries: self.exec_retries.unwrap_or(hook.retries),
            ..hook
        }))
    }

    /// Whether anything was said that changes how a plain file is written.
    pub fn is_given(&self) -> bool {
        self.attributes() != Attributes::default() || self.reload_pid_file.is_some() || !self.exec.is_empty()
    }
}

impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Self {
        let message = error.to_string();
        match error {
            RefreshError::Authority(error) => error.into(),
            RefreshError::NoKey(_) => Self::new(Exit::Failed, "no_key", message)
                .hint("name it with `--key FILE`, or say that it is on another machine with `--without-key`"),
            RefreshError::NoCertificate(path) => Self::new(Exit::Failed, "no_certificate", message)
                .hint(format!("mtls-ca inspect {}", typed_path(&path))),
            RefreshError::TwoFiles(path) => {
                let folder = path.with_extension("tls");
                Self::new(Exit::Usage, "two_files", message).hint(format!(
                    "a folder changes as one: mtls-ca rekey {} --deliver {}",
                    typed_path(&path),
                    typed_path(&folder)
                ))
            }
            RefreshError::StoreClosed { ref path, wrong } => store_closed(&error, path, wrong),
            RefreshError::Form(error) => error.into(),
            RefreshError::Export { serial, .. } => Self::new(Exit::Failed, "not_exported", message)
                .hint(format!("it is in the ledger: mtls-ca show {serial} --pem")),
            RefreshError::Undelivered { serial, error } => {
                Self::undelivered(message, *error).hint(format!("it is in the ledger: mtls-ca show {serial} --pem"))
            }
        }
    }
}

impl From<DeliveryError> for Failure {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::File(error) => error.into(),
            hook @ DeliveryError::Hook { .. } => Self::undelivered("the files are as they were".to_owned(), hook),
        }
    }
}

impl Failure {
    /// Files that did not get to their place, or did not stay there.
    fn undelivered(message: String, error: DeliveryError) -> Self {
        match error {
            DeliveryError::File(error) => {
                let below = Self::from(error);
                Self { message, causes: [vec![below.message], below.causes].concat(), ..below }
            }
            DeliveryError::Hook { error, restored } => {
                let failure = Self::new(Exit::Failed, "hook_failed", message).cause(error);
                match restored {
                    Restored::Working => failure.cause("the files before are back, and it worked on them"),
                    Restored::NotWorking(again) => {
                        failure.cause(format!("the files before are back, and on them {again}"))
                    }
                    Restored::Not(error) => failure.cause(format!("the files before are not back: {error}")),
                }
            }
        }
    }
}

impl From<NotRenewable> for Failure {
    fn from(error: NotRenewable) -> Self {
        let kind = match error {
            NotRenewable::Revoked { .. } => "revoked",
            NotRenewable::OnHold { .. } => "on_hold",
            NotRenewable::NotIssued { .. } => "not_issued",
            NotRenewable::Bare { .. } => "bare",
            NotRenewable::Superseded { .. } => "superseded",
        };
        let failure = Self::new(Exit::Refused, kind, error.to_string()).findings(vec![error.finding()]);
        match error {
            NotRenewable::Revoked { .. } => failure.hint("make a new one with a new key: mtls-ca issue NAME"),
            NotRenewable::OnHold { .. } | NotRenewable::NotIssued { .. } | NotRenewable::Bare { .. } => failure,
            NotRenewable::Superseded { serial, by } => failure
                .hint(format!("renew the newest: mtls-ca renew {by}"))
                .hint(format!("this one all the same: mtls-ca renew {serial} --force")),
        }
    }
}
