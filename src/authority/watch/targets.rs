//! The file that lists what `renew --watch` keeps fresh.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use crate::authority::refresh::{Place, Target};
use crate::authority::renewal::RenewalOrder;
use crate::bundle::deliver::Beside;
use crate::bundle::export::{Extras, Format, NotAFormat, Sealing};
use crate::keys::Passphrase;
use crate::store::FileError;
use crate::store::attributes::Attributes;
use crate::store::hook::{Hook, SignalName};
use crate::store::read::read_limited;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish, Threshold};

/// The largest file of targets, and of a passphrase.
const LARGEST: u64 = 1024 * 1024;

/// When a target is due that does not say so: with a third of its lifetime left.
pub const EXPIRING: Threshold = Threshold::Percent(33);

/// Why a file of targets cannot be used.
#[derive(Debug, Error)]
pub enum TargetsError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not written as it should be.
    #[error("`{}` is not a list of targets: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// One of its targets does not make sense.
    #[error("`{}`: target {number}: {reason}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    target: Vec<Written>,
}

/// A target as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    without_key: bool,
    key_passphrase_file: Option<PathBuf>,
    chain_out: Option<PathBuf>,
    ca_out: Option<PathBuf>,
    expiring: Option<String>,
    profile: Option<String>,
    lifetime: Option<String>,
    rekey: Option<String>,
    owner: Option<String>,
    group: Option<String>,
    mode: Option<String>,
    key_mode: Option<String>,
    #[serde(default)]
    exec: Vec<String>,
    #[serde(default)]
    formats: Vec<String>,
    alias: Option<String>,
    store_password_file: Option<PathBuf>,
    exec_timeout: Option<String>,
    exec_retries: Option<u32>,
    reload_pid_file: Option<PathBuf>,
    signal: Option<String>,
}

/// Reads a file of targets. Paths in it begin where the file stands.
///
/// # Errors
/// What is wrong with it.
pub fn read_targets(path: &Path) -> Result<Vec<Target>, TargetsError> {
    let bytes = read_limited(path, LARGEST)?;
    let syntax = |reason: String| TargetsError::Syntax { path: path.to_owned(), reason };
    let text = String::from_utf8(bytes).map_err(|_| syntax("it is not UTF-8".to_owned()))?;
    let listed: Listed = toml::from_str(&text).map_err(|error| syntax(one_line(&error, &text)))?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let number = |(index, written): (usize, Written)| {
        let wrong = |reason| TargetsError::Target { path: path.to_owned(), number: index + 1, reason };
        written.into_target(beside).map_err(wrong)
    };
    listed.target.into_iter().enumerate().map(number).collect()
}

/// What toml says, with the line.
fn one_line(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// A word of the file, read like the option of the same name.
fn parsed<T: std::str::FromStr>(text: Option<String>) -> Result<Option<T>, String>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| text.parse::<T>().map_err(|error| error.to_string())).transpose()
}

/// A secret of the list.
fn first_line(file: &Path) -> Result<Arc<Passphrase>, String> {
    let content = read_limited(file, LARGEST).map_err(|error| error.to_string())?;
    let empty = || format!("the first line of `{}` is empty", file.display());
    Passphrase::from_file_content(content).map(Arc::new).ok_or_else(empty)
}

impl Written {
    fn into_target(self, beside: &Path) -> Result<Target, String> {
        let at = |path: PathBuf| beside.join(path);
        let hook = self.hook(beside)?;
        let new_key = parsed(self.rekey)?;
        let formats: Vec<Format> = self
            .formats
            .into_iter()
            .map(|text| text.parse().map_err(|error: NotAFormat| error.to_string()))
            .collect::<Result<_, _>>()?;
        let password = self.store_password_file.map(|file| first_line(&at(file))).transpose()?;
        let sealing = Sealing { alias: parsed(self.alias)?, password };
        let place = match (self.file, self.folder) {
            (Some(file), None) if new_key.is_none() => {
                let certificate = at(file);
                let key = self.key.map_or_else(|| certificate.with_extension("key"), at);
                let extras = formats.iter().filter(|format| !format.is_given());
                let extras = extras.map(|format| (*format, format.beside(&certificate))).collect();
                let beside = Beside { chain: self.chain_out.map(at), trust: self.ca_out.map(at), extras };
                Place::File { certificate, key: (!self.without_key).then_some(key), beside }
            }
            (Some(_), None) => return Err("`rekey` is for a `folder`, which changes as one".to_owned()),
            (None, Some(folder)) => {
                let of_files =
                    self.key.is_some() || self.without_key || self.chain_out.is_some() || self.ca_out.is_some();
                if of_files {
                    return Err("`key`, `without_key`, `chain_out` and `ca_out` are for a `file`".to_owned());
                }
                Place::Folder(at(folder))
            }
            (Some(_), Some(_)) | (None, None) => return Err("it has to name a `file` or a `folder`".to_owned()),
        };
        let key_passphrase = match self.key_passphrase_file.map(at) {
            Some(file) => Some(first_line(&file)?),
            None => None,
        };
        let lifetime: Option<Lifetime> = parsed(self.lifetime)?;
        Ok(Target {
            place,
            expiring: Some(parsed(self.expiring)?.unwrap_or(EXPIRING)),
            new_key,
            key_passphrase,
            order: RenewalOrder { profile: parsed(self.profile)?, lifetime: lifetime.map(LifetimeWish::For) },
            attributes: Attributes {
                owner: parsed(self.owner)?,
                group: parsed(self.group)?,
                mode: parsed(self.mode)?,
                key_mode: parsed(self.key_mode)?,
            },
            extras: Extras { formats: formats.into_iter().filter(|format| !format.is_given()).collect(), sealing },
            hook,
        })
    }

    fn hook(&self, beside: &Path) -> Result<Option<Hook>, String> {
        let signal: Option<SignalName> = parsed(self.signal.clone())?;
        let timeout: Option<Lifetime> = parsed(self.exec_timeout.clone())?;
        let hook = match (&self.reload_pid_file, self.exec.is_empty()) {
            (Some(_), false) => return Err("`exec` and `reload_pid_file` exclude each other".to_owned()),
            (Some(file), true) => Some(Hook::signal(beside.join(file), signal.unwrap_or(SignalName::HUP))),
            (None, _) => Hook::exec(self.exec.iter().map(Into::into)),
        };
        if hook.is_none() && (signal.is_some() || timeout.is_some() || self.exec_retries.is_some()) {
            return Err("`signal`, `exec_timeout` and `exec_retries` have no effect: nothing is run".to_owned());
        }
        Ok(hook.map(|hook| Hook {
            timeout: timeout.map_or(hook.timeout, |time| Duration::from_secs(time.seconds().unsigned_abs())),
            retries: self.exec_retries.unwrap_or(hook.retries),
            ..hook
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Target>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets.toml");
        std::fs::write(&path, text).unwrap();
        let shown = path.display().to_string();
        read_targets(&path).map_err(|error| error.to_string().replace(&shown, "F"))
    }

    #[test]
    fn targets_are_read_as_options_are() {
        let targets = read(
            "[[target]]\nfile = \"tls/api.crt\"\nexpiring = \"30d\"\nexec = [\"systemctl\", \"reload\", \"nginx\"]\n\
             exec_retries = 2\nowner = \"root\"\n[[target]]\nfolder = \"/srv/tls\"\nrekey = \"ed25519\"\nreload_pid_file = \"/run/x.pid\"\n",
        )
        .unwrap();
        let [first, second] = targets.as_slice() else { panic!("{targets:?}") };
        let Place::File { certificate, key, .. } = &first.place else { panic!() };
        assert!(certificate.ends_with("tls/api.crt") && certificate.is_absolute());
        assert!(key.as_ref().is_some_and(|key| key.ends_with("tls/api.key")));
        assert_eq!((first.expiring, second.expiring), (Some("30d".parse().unwrap()), Some(EXPIRING)));
        assert_eq!(first.hook.as_ref().map(|hook| hook.retries), Some(2));
        assert_eq!(second.place, Place::Folder("/srv/tls".into()));
        assert_eq!(second.hook.as_ref().map(ToString::to_string).as_deref(), Some("SIGHUP to /run/x.pid"));
        assert!(second.new_key.is_some());
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, said) in [
            ("[[target]]\nfil = \"x\"", "`F` is not a list of targets: line 2: unknown field `fil`"),
            ("[[target]]\n", "`F`: target 1: it has to name a `file` or a `folder`"),
            (
                "[[target]]\nfile = \"x\"\nrekey = \"ed25519\"",
                "`F`: target 1: `rekey` is for a `folder`, which changes as one",
            ),
            ("[[target]]\nfile = \"x\"\nexpiring = \"often\"", "`F`: target 1: `often` is neither"),
            ("[[target]]\nfile = \"x\"\nsignal = \"HUP\"", "`F`: target 1: `signal`, `exec_timeout`"),
            ("[[target]]\nfolder = \"x\"\nkey = \"k\"", "`F`: target 1: `key`, `without_key`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
