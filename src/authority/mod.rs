//! The CA itself: everything that needs its directory. Each verb is handed its moment and leaves
//! either what it promised or nothing.

mod adopt;
mod audit;
pub mod backup;
pub mod batch;
mod ceremony;
mod chain;
pub mod check;
mod checkpoint;
mod choose;
mod crl;
mod deliver;
mod derived;
mod desk;
mod ephemeral;
mod error;
mod forms;
mod foundation;
mod generation;
pub mod import;
mod init;
mod intermediate;
mod issue;
mod issue_key;
mod issuer;
pub mod kubeadm;
mod layout;
mod lint;
mod mesh;
mod new_ca;
mod ocsp;
mod passphrase;
mod plan;
mod refresh;
mod renewal;
pub mod restore;
mod revoke;
pub mod rotate;
mod settings;
pub mod status;
mod warnings;
pub mod watch;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use adopt::{Adoption, Past, adopt};
pub use audit::{LogState, record_failed_unlock};
pub use ceremony::{Waiting, complete, request};
pub use choose::Choice;
pub use crl::{AboveState, BuiltCrl, CrlDue, CrlOrder, CrlSet, CrlState, Imported, Published};
pub use deliver::{Delivered, Parcel, RefreshError};
pub use derived::Derived;
pub use desk::Desk;
pub use error::AuthorityError;
pub use generation::Generation;
pub use init::init;
pub use intermediate::intermediate;
pub use issue::Issued;
pub use issue_key::{IssuedKey, KeyOrder, KeyPlan};
pub use issuer::{LockedIssuerKey, Signer};
pub use layout::LayoutOrder;
pub use mesh::{Mesh, MeshOrder, mesh};
pub use new_ca::{CaReport, NewCa};
pub use ocsp::{BuiltResponses, OcspAnswer, OcspBuild, RESPONSE_LIFETIME, Responder};
pub use plan::Plan;
pub use refresh::{Due, Place, Refresh, Target};
pub use renewal::RenewalOrder;
pub use revoke::{RevokeOrder, Selection};
pub use rotate::RotationError;
pub use status::{StatusOrder, StatusReport};

use crate::audit::event::Act;
use crate::audit::settings::{CONFIG, SettingsDigest};
use crate::ledger::Ledger;
use crate::profile::{ProfileName, ProfileSet, Source};
use crate::store::FileError;
use crate::store::config::Config;
use crate::store::layout::Layout;
use crate::store::lock::DirectoryLock;
use crate::store::read::{is_file, read_limited};
use crate::store::sink::Sink;
use crate::words::x509::certificate::Certificate;
use settings::Settings;

/// The most that a profile, `ca.toml` or a chain may weigh.
const LARGEST_TEXT: u64 = 1024 * 1024;

/// An open CA.
#[derive(Debug)]
pub struct Authority {
    ledger: Ledger,
    settings: Settings,
    profiles: ProfileSet,
    issuer: Generation,
    directory: Option<PathBuf>,
    auditor: Option<checkpoint::Auditor>,
    /// As whom refusals to renew are put on record.
    recorder: Option<Act>,
    _lock: Option<DirectoryLock>,
}

/// What an open CA will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking only: opens nothing for writing, waits for nobody.
    Read,
    /// Signing: holds the directory's lock, shared with others who sign. Refused where a CRL is out
    /// that the ledger does not know of.
    Sign,
    /// Writing down what happened, such as revocations: as signing, and never refused.
    Record,
    /// Changing what others sign with: holds the lock alone.
    Alone,
}

impl Authority {
    /// Opens the CA in a directory. `patience` is how long to wait for other processes.
    ///
    /// # Errors
    /// - [`AuthorityError::NotThere`] and [`AuthorityError::Waiting`] where there is no CA, or not yet;
    /// - [`AuthorityError::Lock`] where somebody else has it alone for too long;
    /// - [`AuthorityError::Config`], [`AuthorityError::Ledger`], [`AuthorityError::File`],
    ///   [`AuthorityError::Unreadable`], [`AuthorityError::ForeignChain`] where a part of it cannot be
    ///   used;
    /// - [`AuthorityError::CrlAhead`] for [`Access::Sign`].
    pub fn open(directory: &Path, access: Access, patience: Duration) -> Result<Self, AuthorityError> {
        let layout = Layout::at(directory);
        if !is_file(&layout.ledger())? {
            return Err(Self::absence(&layout, directory)?);
        }
        let (lock, ledger) = match access {
            Access::Read => (None, Ledger::open_for_reading(&layout.ledger(), patience)?),
            Access::Sign | Access::Record => {
                let lock = DirectoryLock::shared(directory, patience)?;
                (Some(lock), Ledger::open(&layout.ledger(), patience)?)
            }
            Access::Alone => {
                let lock = DirectoryLock::alone(directory, patience)?;
                (Some(lock), Ledger::open(&layout.ledger(), patience)?)
            }
        };
        let (text, profiles) = (text_of(&layout.config())?, profiles(&layout)?);
        let settings = Settings::from_config(Config::parse(&text, &layout.config())?)?;
        settings.check_default(&profiles)?;
        let mut ledger = ledger;
        ledger.note_settings(settings_digest(&text, &profiles));
        if access != Access::Read
            && let Some(sink) = &settings.audit_sink
        {
            ledger.send_on_to(Sink::named(&sink.value, directory));
        }
        if access == Access::Sign {
            crl::refuse_where_ahead(&layout, &settings, &ledger)?;
        }
        Ok(Self {
            settings,
            profiles,
            issuer: Generation::active_of(&layout, &ledger)?,
            ledger,
            directory: Some(directory.to_owned()),
            auditor: None,
            recorder: None,
            _lock: lock,
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
    pub fn default_profile(&self) -> Option<&ProfileName> {
        self.settings.default_profile.as_ref().map(|setting| &setting.value)
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
}

/// The profiles of a directory, built-in ones included, without opening its ledger.
///
/// # Errors
/// Where a file cannot be read or is not called as a profile may be.
pub fn profiles_in(directory: &Path) -> Result<ProfileSet, AuthorityError> {
    profiles(&Layout::at(directory))
}

/// What the audit log says of the settings: the digests of `ca.toml` and of each profile file.
fn settings_digest(config: &str, profiles: &ProfileSet) -> SettingsDigest {
    let own = profiles.names().into_iter().filter(|name| profiles.is_operators(name));
    own.fold(SettingsDigest::default().with(CONFIG, config.as_bytes()), |digest, name| {
        let text = profiles.file(name).map_or("", |source| source.text.as_str());
        digest.with(format!("profiles/{name}.toml"), text.as_bytes())
    })
}

/// The same for a directory whose ledger begins now.
fn first_settings(layout: &Layout) -> Result<SettingsDigest, AuthorityError> {
    Ok(settings_digest(&text_of(&layout.config())?, &profiles(layout)?))
}

fn profiles(layout: &Layout) -> Result<ProfileSet, AuthorityError> {
    let folder = layout.profiles();
    let listed = match std::fs::read_dir(&folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ProfileSet::builtin()),
        Err(error) => return Err(FileError::Io { act: "read", path: folder, source: error }.into()),
    };
    let mut sources = Vec::new();
    let mut unreadable = Vec::new();
    for entry in listed {
        let path = entry.map_err(|source| FileError::Io { act: "read", path: folder.clone(), source })?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let file = path.display().to_string();
            // A file that cannot be read is the matter of those who ask for its profile.
            let text = text_of(&path).unwrap_or_else(|error| {
                let below = std::error::Error::source(&error).map_or(String::new(), |below| format!(": {below}"));
                unreadable.push((file.clone(), format!("{error}{below}")));
                String::new()
            });
            sources.push(Source { file, text });
        }
    }
    sources.sort_by(|left, right| left.file.cmp(&right.file));
    Ok(ProfileSet::with_files(sources)?.with_unreadable(unreadable))
}

fn text_of(path: &Path) -> Result<String, AuthorityError> {
    let bytes = read_limited(path, LARGEST_TEXT)?;
    String::from_utf8(bytes).map_err(|_| AuthorityError::Unreadable {
        path: path.to_owned(),
        source: crate::encoding::ReadError { what: "text file", reason: "it is not UTF-8".to_owned() },
    })
}
