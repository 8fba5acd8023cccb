//! The CA itself: everything that needs its directory. Each verb is handed its moment and leaves
//! either what it promised or nothing.

mod adopt;
mod ceremony;
mod choose;
mod error;
mod init;
mod intermediate;
mod issue;
mod issuer;
mod settings;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use adopt::{Adoption, Past, adopt};
pub use ceremony::{Waiting, complete, request};
pub use choose::Choice;
pub use error::AuthorityError;
pub use init::{CaReport, NewCa, init};
pub use intermediate::intermediate;
pub use issue::{Issued, IssuedWithKey, Plan};
pub use issuer::{LockedIssuerKey, Signer};

use crate::audit::event::{Act, Actor};
use crate::keys::PrivateKey;
use crate::ledger::Ledger;
use crate::profile::{ProfileSet, Source};
use crate::store::config::Config;
use crate::store::layout::Layout;
use crate::store::lock::DirectoryLock;
use crate::store::read::read_limited;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use issuer::{ActiveIssuer, KeyPlace};
use settings::Settings;

/// The most that a profile, `ca.toml` or a chain may weigh.
const LARGEST_TEXT: u64 = 1024 * 1024;

/// An open CA.
#[derive(Debug)]
pub struct Authority {
    ledger: Ledger,
    settings: Settings,
    profiles: ProfileSet,
    issuer: ActiveIssuer,
    directory: Option<PathBuf>,
    _lock: Option<DirectoryLock>,
}

/// What an open CA will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking only: opens nothing for writing, waits for nobody.
    Read,
    /// Signing: holds the directory's lock, shared with others who sign.
    Sign,
}

impl Authority {
    /// Opens the CA in a directory. `patience` is how long to wait for other processes.
    ///
    /// # Errors
    /// Where there is none, or a part of it cannot be used.
    pub fn open(directory: &Path, access: Access, patience: Duration) -> Result<Self, AuthorityError> {
        let layout = Layout::at(directory);
        if !layout.ledger().is_file() {
            let waiting = layout.is_there();
            let directory = directory.to_owned();
            return Err(if waiting { AuthorityError::Waiting(directory) } else { AuthorityError::NotThere(directory) });
        }
        let (lock, ledger) = match access {
            Access::Read => (None, Ledger::open_for_reading(&layout.ledger(), patience)?),
            Access::Sign => {
                let lock = DirectoryLock::shared(directory, patience)?;
                (Some(lock), Ledger::open(&layout.ledger(), patience)?)
            }
        };
        Ok(Self {
            settings: Settings::from_config(config(&layout)?)?,
            profiles: profiles(&layout)?,
            issuer: ActiveIssuer::load(&layout, &ledger)?,
            ledger,
            directory: Some(directory.to_owned()),
            _lock: lock,
        })
    }

    /// A CA in memory, for the tests of other programs: a root with a key of its own, gone when it
    /// is dropped. It is the same code as everywhere, down to the ledger.
    ///
    /// ```
    /// use mtls_ca::{Authority, Now};
    /// let mut ca = Authority::ephemeral(Now::from_system())?;
    /// let server = ca.issue_for_tests("server", &["localhost", "127.0.0.1"])?;
    /// assert!(server.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Where the system gives no randomness or no memory.
    pub fn ephemeral(now: Now) -> Result<Self, AuthorityError> {
        let key = PrivateKey::generate(crate::words::x509::algorithm::KeyAlgorithm::EcdsaP256)?;
        let certificate = init::ephemeral_root(&key, now)?;
        let act = Act { now, actor: Actor::default(), command: "ephemeral".to_owned() };
        let mut ledger = Ledger::in_memory(now)?;
        init::register(&mut ledger, &certificate, crate::ledger::History::Whole, None, &act)?;
        Ok(Self {
            issuer: ActiveIssuer::in_memory(certificate, KeyPlace::Memory(key.into()))?,
            ledger,
            settings: Settings::default(),
            profiles: ProfileSet::builtin(),
            directory: None,
            _lock: None,
        })
    }

    /// The directory, where it has one.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// What was done so far.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The profiles that can be asked for.
    #[must_use]
    pub const fn profiles(&self) -> &ProfileSet {
        &self.profiles
    }

    /// The profile for requests that name none, as `ca.toml` has it.
    #[must_use]
    pub fn default_profile(&self) -> Option<&str> {
        self.settings.default_profile.as_ref().map(|setting| setting.value.as_str())
    }

    /// The certificate that signs.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.issuer.certificate
    }

    /// What goes behind a leaf in a handshake: the issuer and its chain, without the root.
    #[must_use]
    pub fn chain(&self) -> Vec<Certificate> {
        self.issuer.chain()
    }

    /// What peers should trust: the root.
    #[must_use]
    pub fn trust(&self) -> Vec<Certificate> {
        vec![self.issuer.root().clone()]
    }
}

/// The profiles of a directory, built-in ones included, without opening its ledger.
///
/// # Errors
/// Where a file cannot be read or is not called as a profile may be.
pub fn profiles_in(directory: &Path) -> Result<ProfileSet, AuthorityError> {
    profiles(&Layout::at(directory))
}

fn config(layout: &Layout) -> Result<Config, AuthorityError> {
    let path = layout.config();
    let text = text_of(&path)?;
    Ok(Config::parse(&text, &path)?)
}

fn profiles(layout: &Layout) -> Result<ProfileSet, AuthorityError> {
    let folder = layout.profiles();
    let listed = match std::fs::read_dir(&folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ProfileSet::builtin()),
        Err(error) => return Err(crate::store::FileError::Io { act: "read", path: folder, source: error }.into()),
    };
    let mut sources = Vec::new();
    for entry in listed {
        let path =
            entry.map_err(|source| crate::store::FileError::Io { act: "read", path: folder.clone(), source })?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            sources.push(Source { file: path.display().to_string(), text: text_of(&path)? });
        }
    }
    sources.sort_by(|left, right| left.file.cmp(&right.file));
    Ok(ProfileSet::with_files(sources)?)
}

fn text_of(path: &Path) -> Result<String, AuthorityError> {
    let bytes = read_limited(path, LARGEST_TEXT)?;
    String::from_utf8(bytes).map_err(|_| AuthorityError::Unreadable {
        path: path.to_owned(),
        source: crate::encoding::ReadError { what: "text file", reason: "it is not UTF-8".to_owned() },
    })
}
